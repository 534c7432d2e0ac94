"""Generation against the contract's words: distinct rows in order of first appearance, ids one by one."""

import itertools
import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from returns.pipeline import is_successful

from cohort_membership.catalog import Catalogs
from cohort_membership.design import axes_of
from cohort_membership.document import Scalar
from cohort_membership.draft_essay_evaluation import DRAFT_ESSAY_EVALUATION
from cohort_membership.generate import Generator, generate
from cohort_membership.identity import gen_id
from cohort_membership.identity.bulk import choose_kernel
from cohort_membership.load.catalogs.text import catalogs_from_ids
from cohort_membership.membership import BuildRequest, Slice, with_plain_texts
from cohort_membership.plan import Plan
from cohort_membership.rules.pairs import PairRule
from cohort_membership.rules.ties import TieRule
from cohort_membership.rules.tuples import TupleRule
from cohort_membership.sources import Sources
from cohort_membership.spec import Rows
from cohort_membership.stage import MODEL, REPLICATE, TEMPLATE
from cohort_membership.validate import validate
from tests.plain_specs import levels, spec

TEXTS = ["alpha", "Beta", "十句话", "d-4", "e/v2.1"]
COPYING = "plain-copy"
CHAIN = DRAFT_ESSAY_EVALUATION.stages


@dataclass(frozen=True)
class Drawn:
    plan: Plan
    seed: int | None


def catalogs() -> Catalogs:
    modes = dict.fromkeys(TEXTS, "llm")
    templates = {"draft": modes, "essay": modes | {COPYING: "copy"}, "evaluation": modes}
    return catalogs_from_ids(templates, TEXTS, TEXTS)


def planned(axes: Mapping[str, Sequence[str]], *rules: object, seed: int | None = None) -> Plan:
    request = BuildRequest("cohort", seed=seed)
    result = validate(Sources(request, spec(axes, *rules), catalogs()))
    assert is_successful(result), result.failure()
    return result.unwrap()


def some(texts: Sequence[str], most: int = 3) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(texts), min_size=1, max_size=most, unique=True)


@st.composite
def cohorts(draw: st.DrawFn) -> Drawn:
    """Valid cohorts of every shape: shuffled axes, replicates, couplings, copying templates, seeds."""
    axes: dict[str, Sequence[str]] = {
        "combo_id": draw(some(TEXTS)),
        "draft_template": draw(some(TEXTS)),
        "draft_llm": draw(some(TEXTS)),
        "evaluation_template": draw(some(TEXTS)),
        "evaluation_llm": draw(some(TEXTS)),
    }
    for replicates in DRAFT_ESSAY_EVALUATION.replicates:
        if draw(st.booleans()):
            axes[replicates] = draw(some(["1", "2", "10", "7"]))
    rules: list[object] = []
    essays = draw(st.sampled_from(["one model", "tied", "by tuple", "copying", "paired with combos"]))
    axes["essay_template"] = [COPYING] if essays in {"copying", "paired with combos"} else draw(some(TEXTS))
    axes["essay_llm"] = (
        draw(some(TEXTS)) if essays in {"copying", "paired with combos"} else [draw(st.sampled_from(TEXTS))]
    )
    if essays == "tied":
        axes["essay_llm"] = axes["draft_llm"]
        rules.append(TieRule("tie", Scalar("shared"), (Scalar("draft_llm"), Scalar("essay_llm"))))
    elif essays == "by tuple":
        del axes["essay_template"], axes["essay_llm"]
        rows = [(template, "alpha") for template in draw(some(TEXTS))]
        rows += [(COPYING, model) for model in draw(some(TEXTS))]
        names = (Scalar("essay_template"), Scalar("essay_llm"))
        rules.append(TupleRule("tuple", Scalar("bundle"), names, _rows(draw(st.permutations(rows)))))
    elif essays == "paired with combos":
        rows = list(itertools.product(axes["combo_id"], axes["essay_llm"]))
        kept = draw(st.lists(st.sampled_from(rows), min_size=1, unique=True))
        rules.append(PairRule("pair", Scalar("p"), Scalar("combo_id"), Scalar("essay_llm"), _rows(kept)))
    order = draw(st.permutations(list(axes)))
    seed = draw(st.none() | st.integers(0, 99))
    return Drawn(planned({axis: axes[axis] for axis in order}, *rules, seed=seed), seed)


def _rows(rows: Sequence[tuple[str, ...]]) -> Rows:
    return Rows(tuple(rows), tuple((None,) * len(row) for row in rows))


def reference(drawn: Drawn) -> list[tuple[Any, ...]]:
    """The membership row by row, on dicts, with plain hashlib: what the fast way must equal."""
    (block,) = drawn.plan.blocks
    names = axes_of(block.factors)
    design = [
        dict(zip(names, itertools.chain(*parts), strict=True))
        for parts in itertools.product(*(one.frame.rows() for one in block.factors))
    ]
    if drawn.seed is not None:
        Random(drawn.seed).shuffle(design)
    rows: list[tuple[Any, ...]] = []
    ids: dict[tuple[str, ...], str] = {}
    for stage in CHAIN:
        identity = DRAFT_ESSAY_EVALUATION.identity(stage)
        axis = stage.axis_of
        parent_identity = identity[: len(identity) - len(stage.identity)]
        for row in design:
            key = (stage.name, *(row[one] for one in identity))
            if key in ids:
                continue
            parent = ids[_parent(stage.parent, row, parent_identity)] if stage.parent else ""
            head = parent or row["combo_id"]
            ids[key] = gen_id(stage.id_prefix, [head, *(row[one] for one in stage.identity)])
            rows.append(
                (
                    *(stage.name, ids[key], "cohort", parent, row["combo_id"]),
                    *(row[axis[TEMPLATE]], row[axis[MODEL]], int(row[axis[REPLICATE]])),
                )
            )
    return rows


def _parent(stage: str, row: Mapping[str, str], identity: Sequence[str]) -> tuple[str, ...]:
    return (stage, *(row[one] for one in identity))


@given(cohorts())
@settings(max_examples=150)
def test_the_membership_is_what_the_contract_says_row_by_row(drawn: Drawn) -> None:
    membership = generate(drawn.plan)
    table = membership.frame()
    assert tuple(table.columns) == DRAFT_ESSAY_EVALUATION.wide_columns
    assert table.rows() == reference(drawn)
    assert membership.rows == table.height
    assert dict(table.group_by("stage", maintain_order=True).len().rows()) == dict(membership.counts)


@given(cohorts(), st.data())
@settings(max_examples=40)
def test_any_slice_is_that_part_of_the_whole(drawn: Drawn, data: st.DataObject) -> None:
    membership = generate(drawn.plan)
    stage = data.draw(st.sampled_from(list(membership.counts)))
    whole = membership.table(Slice(stage, 0, membership.counts[stage]))
    start = data.draw(st.integers(0, whole.height))
    stop = data.draw(st.integers(start, whole.height))
    assert membership.table(Slice(stage, start, stop)).equals(whole[start:stop])
    cut = pl.concat(membership.batches(batch_rows=data.draw(st.integers(1, 7))))
    assert with_plain_texts(cut).equals(membership.frame())


@given(cohorts())
@settings(max_examples=30)
def test_ids_are_unique_and_every_parent_is_in_the_membership(drawn: Drawn) -> None:
    table = generate(drawn.plan).frame()
    assert table["gen_id"].is_unique().all()
    parents = table.filter(pl.col("parent_gen_id") != "")["parent_gen_id"]
    assert set(parents) <= set(table["gen_id"])


def test_large_parent_stages_and_many_tails_give_the_same_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = planned(
        {
            "evaluation_llm": TEXTS,
            "combo_id": TEXTS,
            "draft_template": TEXTS,
            "draft_llm": TEXTS[:2],
            "essay_template": TEXTS,
            "essay_llm": TEXTS[:1],
            "evaluation_template": TEXTS,
        }
    )
    expected = generate(plan).frame()
    monkeypatch.setattr("cohort_membership.generate.block.LARGEST_PARENT_STAGE", 3)
    monkeypatch.setattr("cohort_membership.generate.block.LARGEST_TABLE", 3)
    monkeypatch.setattr("cohort_membership.radix.INNER_ROWS", 8)
    assert generate(plan).frame().equals(expected)
    assert pl.concat(map(with_plain_texts, generate(plan).batches(batch_rows=11))).equals(expected)


def test_very_many_levels_are_text_and_few_are_categories(monkeypatch: pytest.MonkeyPatch) -> None:
    axes = dict.fromkeys(("combo_id", "draft_template", "draft_llm", "essay_template"), TEXTS)
    axes |= dict.fromkeys(("essay_llm", "evaluation_template", "evaluation_llm"), TEXTS[:1])
    part = Slice("draft", 0, len(TEXTS) ** 3)
    few = generate(planned(axes)).table(part)
    monkeypatch.setattr("cohort_membership.generate.layout.MOST_CATEGORIES", 3)
    many = generate(planned(axes)).table(part)
    assert few["combo_id"].dtype == pl.Enum(TEXTS)
    assert many["combo_id"].dtype == pl.String
    assert few.select(pl.all().cast(pl.String)).equals(many.select(pl.all().cast(pl.String)))


def test_nothing_is_laid_out_before_a_slice_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def told(*_: object) -> None:
        raise AssertionError("laid out")

    monkeypatch.setattr("cohort_membership.generate.block.lay_out", told)
    axes = dict.fromkeys(("combo_id", "draft_template", "draft_llm", "evaluation_llm"), TEXTS[:2])
    membership = generate(
        planned(axes | dict.fromkeys(("essay_template", "essay_llm", "evaluation_template"), TEXTS[:1]))
    )
    assert membership.rows == 8 + 8 + 16
    with pytest.raises(AssertionError, match="laid out"):
        membership.table(Slice("draft", 0, 1))


def test_a_plan_travels_to_another_process_and_gives_the_same_rows() -> None:
    axes = dict.fromkeys(("combo_id", "draft_template", "draft_llm", "evaluation_llm"), TEXTS[:2])
    axes |= dict.fromkeys(("essay_template", "essay_llm", "evaluation_template"), TEXTS[:1])
    plan = planned(axes, seed=3)
    travelled = Generator(pickle.loads(pickle.dumps(plan)), choose_kernel())
    part = Slice("evaluation", 1, 6)
    assert travelled.table(part).equals(generate(plan).table(part))


def test_levels_differing_only_in_order_give_the_same_ids() -> None:
    axes = dict.fromkeys(("combo_id", "draft_template", "evaluation_template"), TEXTS)
    axes |= dict.fromkeys(("draft_llm", "essay_llm", "essay_template", "evaluation_llm"), TEXTS[:1])
    backwards = {axis: texts[::-1] for axis, texts in reversed(axes.items())}
    forth, back = generate(planned(axes)).frame(), generate(planned(backwards)).frame()
    assert set(forth["gen_id"]) == set(back["gen_id"])
    assert levels(TEXTS).texts == tuple(TEXTS)
