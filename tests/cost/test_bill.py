"""Money is exact: no sum is rounded, what is unknown is unknown, and each source has its place."""

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import TypeAlias

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cohort_membership.catalog import Catalog, Catalogs
from cohort_membership.cost.bill import Item, bill_of, exactly, itemised, usd_of
from cohort_membership.cost.calls import Call
from cohort_membership.cost.learnt import LEAST, learn
from cohort_membership.cost.rates import Rates, Why
from cohort_membership.experiment import Experiment
from cohort_membership.pricing import CallTokens, Price
from cohort_membership.stage import Stage

STAGE = Stage("answer", "a_", None, (("template_id", "t"), ("llm_model_id", "m")))
Cells: TypeAlias = dict[str, list[str | None]]
CALL = Call("answer", "terse", "atlas")
amounts = st.decimals(min_value=0, max_value=999_999_999, allow_nan=False, places=6)
counts = st.integers(0, 10**15)
prices = st.builds(Price, amounts, amounts)
tokens = st.builds(CallTokens, amounts, amounts)


def usd(count: int, price: Price, takes: CallTokens) -> Fraction:
    """What calls cost, in fractions."""
    of_each = Fraction(takes.input) * Fraction(price.input) + Fraction(takes.output) * Fraction(price.output)
    return count * of_each / 10**6


def _total(lines: Iterable[tuple[int, Price, CallTokens]]) -> Fraction:
    return sum((usd(*line) for line in lines), Fraction(0))


@given(st.lists(st.tuples(st.sampled_from("abc"), counts, counts, prices, tokens), max_size=8))
@settings(max_examples=60, deadline=None)
def test_totals_are_the_exact_sums_of_fractions(
    lines: list[tuple[str, int, int, Price, CallTokens]],
) -> None:
    items = [
        Item(Call("answer", str(number), model), count + left, left, price, takes)
        for number, (model, count, left, price, takes) in enumerate(lines)
    ]
    bill = bill_of("c", items)
    assert bill.usd is not None
    assert bill.remaining_usd is not None
    assert Fraction(bill.usd) == _total(
        (count + left, price, takes) for _, count, left, price, takes in lines
    )
    assert Fraction(bill.remaining_usd) == _total((left, price, takes) for _, _, left, price, takes in lines)
    assert usd_of(items) == bill.remaining_usd
    assert bill.is_within(bill.remaining_usd)
    with exactly():
        assert bill.usd == sum((row.usd for row in bill.rows if row.usd is not None), Decimal(0))
        assert not bill.remaining_usd or not bill.is_within(bill.remaining_usd - Decimal("1e-30"))


def test_what_is_unknown_is_named_and_no_total_counts_it_as_nothing() -> None:
    known = Item(CALL, 3, 1, Price(Decimal(2), Decimal(3)), CallTokens(Decimal(100), Decimal(10)))
    unknown = Item(
        Call("answer", "terse", "fjord"), 4, 0, None, CallTokens(Decimal(5), Decimal(6)), None, "why"
    )
    bill = bill_of("c", [known, unknown])
    assert (bill.usd, bill.remaining_usd) == (None, Decimal("0.00023"))  # nothing unknown remains
    assert bill.is_within(Decimal("0.00023"))
    assert bill.as_json()["unknown"] == [
        {"stage": "answer", "llm_model_id": "fjord", "calls": 4, "why": "why"}
    ]
    assert bill.as_json()["rows"] == [
        {
            **{"stage": "answer", "llm_model_id": "atlas", "calls": 3, "remaining_calls": 1},
            **{"input_tokens": 300, "output_tokens": 30, "usd": 0.00069, "remaining_usd": 0.00023},
        },
        {
            **{"stage": "answer", "llm_model_id": "fjord", "calls": 4, "remaining_calls": 0},
            **{"input_tokens": 20, "output_tokens": 24, "usd": None, "remaining_usd": 0},
        },
    ]
    left = Item(Call("answer", "kind", "fjord"), 4, 1, None, None, None, "why")
    bill = bill_of("c", [known, left])
    assert (bill.usd, bill.remaining_usd, bill.rows[1].input_tokens) == (None, None, None)
    assert not bill.is_within(Decimal(10**9))


# ------------------------------------------------------------------------- precedence


def catalogs(
    models: Cells | None = None,
    templates: Cells | None = None,
    prices: dict[str, Price] | None = None,
    tokens: dict[str, CallTokens] | None = None,
) -> Catalogs:
    experiment = Experiment("q", (STAGE,), prices=prices or {}, tokens=tokens or {})
    tables = {
        "m": {"id": ["atlas", "atlas"], **(models or {})},
        "t": {"id": ["terse", "kind"], **(templates or {})},
    }
    return Catalogs(
        experiment,
        {
            axis: Catalog(f"{axis}.csv", pl.DataFrame(table, schema=dict.fromkeys(table, pl.String())), "id")
            for axis, table in tables.items()
        },
    )


def of(number: int) -> Price:
    return Price(Decimal(number), Decimal(number))


def took(number: int) -> CallTokens:
    return CallTokens(Decimal(number), Decimal(number))


IN_CATALOG: Cells = {"input_price": ["2", "9"], "output_price": ["2", "9"], "model": ["public", "other"]}


def listed(model: str) -> Price | None:
    return {"public": of(3), "atlas": of(4)}.get(model)


@pytest.mark.parametrize(
    ("rates", "expected"),
    [
        (Rates(catalogs(IN_CATALOG, prices={"atlas": of(1)}), {}, listed), of(1)),
        (Rates(catalogs(IN_CATALOG, prices={"fjord": of(1)}), {}, listed), of(2)),
        (Rates(catalogs({"model": ["public", "other"]}), {}, listed), of(3)),
        (Rates(catalogs({"model": [None, "public"]}), {}, listed), of(4)),
        (
            Rates(
                catalogs({**IN_CATALOG, "input_price": [None, "1"], "output_price": [None, "1"]}), {}, listed
            ),
            of(3),
        ),
        (Rates(catalogs()), Why("no price")),
        (Rates(catalogs({"input_price": ["2", "9"]}), {}, listed), Why("m.csv has no output_price")),
        (
            Rates(catalogs({**IN_CATALOG, "input_price": ["0,9", "1"]}), {}, listed),
            Why("m.csv has input_price '0,9', which is no number from 0"),
        ),
    ],
)
def test_a_price_is_the_first_that_there_is(rates: Rates, expected: Price | Why) -> None:
    assert rates.price("answer", "atlas") == expected


def test_a_stage_that_names_no_model_has_no_price() -> None:
    stage = Stage("note", "n_", None, (("style", "style"),))
    rates = Rates(Catalogs(Experiment("q", (stage,))))
    assert rates.price("note", None) == Why("the stage names no model")


def usage(*rows: tuple[str, str, int, int]) -> pl.DataFrame:
    """Done generations by template and model, with a number of them and what each took."""
    lines = [
        ("answer", template, model, each, each) for template, model, count, each in rows for _ in range(count)
    ]
    names = ["stage", "template", "model", "input_tokens", "output_tokens"]
    return pl.DataFrame(lines, schema=names, orient="row")


TEMPLATE_TELLS: Cells = {"input_tokens": ["7", None], "output_tokens": ["7", None]}


@pytest.mark.parametrize(
    ("done", "templates", "tokens", "expected", "key"),
    [
        ([("terse", "atlas", LEAST, 2), ("terse", "fjord", 9, 5)], TEMPLATE_TELLS, took(8), took(2), 3),
        ([("Terse", " ATLAS", LEAST, 2), ("terse", "fjord", 9, 5)], {}, None, took(2), 3),
        ([("terse", "atlas", LEAST - 1, 2), ("terse", "fjord", 1, 7)], TEMPLATE_TELLS, took(8), took(3), 2),
        ([("terse", "atlas", LEAST - 1, 2), ("kind", "fjord", 1, 7)], TEMPLATE_TELLS, took(8), took(3), 1),
        ([("terse", "atlas", LEAST - 1, 2)], TEMPLATE_TELLS, took(8), took(7), None),
        ([], {"input_tokens": [None, "1"], "output_tokens": [None, "1"]}, took(8), took(8), None),
        ([], {}, None, None, None),
    ],
)
def test_tokens_are_the_first_that_there_are(
    done: list[tuple[str, str, int, int]],
    templates: Cells,
    tokens: CallTokens | None,
    expected: CallTokens | None,
    key: int | None,
) -> None:
    given = catalogs(templates=templates, tokens={} if tokens is None else {"answer": tokens})
    (item,) = itemised({CALL: 1}, {CALL: 1}, Rates(given, learn(usage(*done))))
    assert item.tokens == expected
    assert (item.learnt and len(item.learnt.key)) == key
    assert ("no tokens" in item.why) is (expected is None)


@given(st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 10**9)), min_size=5, max_size=30))
@settings(max_examples=40, deadline=None)
def test_a_mean_is_that_of_the_fractions_to_a_millionth_of_a_token(pairs: list[tuple[int, int]]) -> None:
    lines = [("answer", "t", "m", *pair) for pair in pairs]
    names = ["stage", "template", "model", "input_tokens", "output_tokens"]
    found = learn(pl.DataFrame(lines, schema=names, orient="row"))["answer", "t", "m"]
    exact = [Fraction(sum(pair[place] for pair in pairs), len(pairs)) for place in (0, 1)]
    for mean, wanted in zip((found.mean.input, found.mean.output), exact, strict=True):
        assert abs(Fraction(mean) - wanted) <= Fraction(1, 2_000_000)
    assert found.calls == len(pairs)
