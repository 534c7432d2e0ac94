"""What calls cost together: exact totals by stage and model, and what is unknown, by name."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from decimal import Context, Decimal, Inexact, localcontext
from functools import cache
from typing import Any

from cohort_membership.cost.calls import Call, Calls
from cohort_membership.cost.interval import Interval, interval_of
from cohort_membership.cost.learnt import Learnt
from cohort_membership.cost.rates import Rates, Why
from cohort_membership.pricing import CallTokens, Price

MILLION = 6
"""Prices are for ten to so many tokens."""

MOST_PLACES = 4
"""Places after the point that a column of amounts has."""


@dataclass(frozen=True, slots=True)
class Item:
    """Calls of one kind, with what one costs and takes, as far as that is known."""

    call: Call
    calls: int
    remaining: int
    price: Price | None
    tokens: CallTokens | None
    learnt: Learnt | None = None
    why: str = ""

    def usd(self, calls: int) -> Decimal | None:
        """What so many of these calls cost; none of them cost nothing."""
        if not calls:
            return Decimal(0)
        if self.price is None or self.tokens is None:
            return None
        each = self.tokens.input * self.price.input + self.tokens.output * self.price.output
        return (calls * each).scaleb(-MILLION)


@dataclass(frozen=True, slots=True)
class BillRow:
    """The calls of a stage to a model. Tokens and dollars are of all of them; None where unknown."""

    stage: str
    model: str | None
    calls: int
    remaining: int
    input_tokens: Decimal | None
    output_tokens: Decimal | None
    usd: Decimal | None
    remaining_usd: Decimal | None


@dataclass(frozen=True, slots=True)
class Unknown:
    """Calls whose cost is unknown, and why."""

    stage: str
    model: str | None
    calls: int
    why: str


@dataclass(frozen=True, slots=True)
class Bill:
    """What a cohort costs: all of it, and what is not done yet. Dollars are exact; None where unknown.

    `interval` is where the cost of what remains lies nine times of ten, as far as it was learnt from results.
    """

    cohort_id: str
    rows: Sequence[BillRow]
    unknown: Sequence[Unknown]
    usd: Decimal | None
    remaining_usd: Decimal | None
    learnt_from: int = 0
    interval: Interval | None = None
    notices: tuple[str, ...] = ()

    def is_within(self, budget: Decimal) -> bool:
        """Whether what remains costs no more than this; not where any of it is unknown."""
        return self.remaining_usd is not None and self.remaining_usd <= budget

    @property
    def known(self) -> Decimal | None:
        """What the rows come to whose cost is known; None where that is true of none."""
        found = [one.usd for one in self.rows if one.usd is not None]
        with exactly():
            return sum(found, Decimal(0)) if found else None

    def as_json(self) -> dict[str, object]:
        return {
            "ok": True,
            "cohort_id": self.cohort_id,
            "usd": {"all": plain(self.usd), "remaining": plain(self.remaining_usd)},
            "rows": [
                {
                    "stage": one.stage,
                    "llm_model_id": one.model,
                    "calls": one.calls,
                    "remaining_calls": one.remaining,
                    "input_tokens": plain(one.input_tokens),
                    "output_tokens": plain(one.output_tokens),
                    "usd": plain(one.usd),
                    "remaining_usd": plain(one.remaining_usd),
                }
                for one in self.rows
            ],
            "unknown": [
                {"stage": one.stage, "llm_model_id": one.model, "calls": one.calls, "why": one.why}
                for one in self.unknown
            ],
        }


def itemised(calls: Calls, remaining: Calls, rates: Rates) -> Sequence[Item]:
    """Each kind of call with its price and its tokens, or why they are unknown."""
    price_of, expected = cache(rates.price), cache(rates.expected)  # a catalog is asked once, not a call each
    items = []
    for call, count in calls.items():
        learnt, price = rates.learnt(call), price_of(call.stage, call.model)
        tokens = learnt.mean if learnt else expected(call.stage, call.template)
        items.append(
            Item(
                call,
                count,
                remaining.get(call, 0),
                None if isinstance(price, Why) else price,
                None if isinstance(tokens, Why) else tokens,
                learnt,
                "; ".join(one.text for one in (price, tokens) if isinstance(one, Why)),
            )
        )
    return items


def bill_of(cohort_id: str, items: Sequence[Item], notices: Iterable[str] = ()) -> Bill:
    """The items summed, exactly: no sum is rounded.

    >>> item = Item(Call("answer", None, "atlas"), 3, 2, Price(Decimal("0.9"), Decimal(2)),
    ...     CallTokens(Decimal(1000), Decimal(500)))
    >>> bill_of("demo", [item]).usd
    Decimal('0.0057000')
    """
    with exactly():
        rows = tuple(_rows(items))
        return Bill(
            cohort_id,
            rows,
            tuple(_unknown(items)),
            _sum(one.usd for one in rows),
            _sum(one.remaining_usd for one in rows),
            _learnt_from(items),
            interval_of(items),
            tuple(notices),
        )


def usd_of(items: Sequence[Item]) -> Decimal | None:
    """What remains of the items costs together; None where any of it is unknown."""
    with exactly():
        return _sum(one.usd(one.remaining) for one in items)


def exactly() -> AbstractContextManager[Context]:
    """Decimal arithmetic that is exact: a result that would be rounded is an error."""
    return localcontext(Context(prec=1_000, traps=[Inexact]))


def plain(value: Decimal | None) -> int | float | None:
    """An amount as JSON has numbers.

    >>> plain(Decimal("12.000")), plain(Decimal("0.30")), plain(None)
    (12, 0.3, None)
    """
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)


def dollars(amount: Decimal | None) -> str | None:
    """An amount as people read them: cents, and more places where there are only fractions of one.

    >>> dollars(Decimal("1234.5")), dollars(Decimal("0.00057")), dollars(Decimal(0)), dollars(None)
    ('1,234.50', '0.00057', '0.00', None)
    """
    return None if amount is None else f"{amount:,.{_places(amount)}f}"


def dollars_alike(amounts: Iterable[Decimal | None]) -> Sequence[str | None]:
    """The same of a column of amounts, with as many places in each, so that they stand below one another;
    an amount that would be rounded to nothing keeps its own.

    >>> dollars_alike([Decimal("12.5"), Decimal("0.023"), Decimal(0), None, Decimal("0.0000012")])
    ['12.5000', '0.0230', '0.0000', None, '0.0000012']
    """
    column = list(amounts)
    places = min(MOST_PLACES, max((_places(one) for one in column if one is not None), default=2))
    least = Decimal(5).scaleb(-places - 1)
    return [dollars(one) if one is None or 0 < one < least else f"{one:,.{places}f}" for one in column]


def by_reason(unknown: Iterable[Unknown]) -> Mapping[str, Mapping[str, Sequence[Unknown]]]:
    """The unknown calls by why that is so, and by stage."""
    found: dict[str, dict[str, list[Unknown]]] = {}
    for one in unknown:
        found.setdefault(one.why, {}).setdefault(one.stage, []).append(one)
    return found


def _places(amount: Decimal) -> int:
    return 2 if not amount or amount >= Decimal("0.095") else 1 - amount.adjusted()


def _rows(items: Sequence[Item]) -> Iterator[BillRow]:
    for (stage, model), own in _grouped(items).items():
        yield BillRow(
            stage,
            model,
            sum(one.calls for one in own),
            sum(one.remaining for one in own),
            _sum(None if one.tokens is None else one.calls * one.tokens.input for one in own),
            _sum(None if one.tokens is None else one.calls * one.tokens.output for one in own),
            _sum(one.usd(one.calls) for one in own),
            _sum(one.usd(one.remaining) for one in own),
        )


def _grouped(items: Iterable[Item]) -> Mapping[tuple[str, str | None], list[Item]]:
    found: dict[tuple[str, str | None], list[Item]] = {}
    for one in items:
        found.setdefault((one.call.stage, one.call.model), []).append(one)
    return found


def _unknown(items: Iterable[Item]) -> Iterator[Unknown]:
    calls: dict[tuple[str, str | None, str], int] = {}
    for one in items:
        if one.why and one.calls:
            key = (one.call.stage, one.call.model, one.why)
            calls[key] = calls.get(key, 0) + one.calls
    for (stage, model, why), count in calls.items():
        yield Unknown(stage, model, count, why)


def _learnt_from(items: Iterable[Item]) -> int:
    """How many done generations the means were taken of, each once: a wider mean holds the closer ones."""
    calls = {one.learnt.key: one.learnt.calls for one in items if one.learnt}
    return sum(
        count for key, count in calls.items() if not any(key[:size] in calls for size in range(1, len(key)))
    )


def _sum(values: "Iterable[Any]") -> Decimal | None:
    found = list(values)
    return None if any(one is None for one in found) else sum(found, Decimal(0))
