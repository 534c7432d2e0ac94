"""The factor algebra against brute force: rules as filters on `itertools.product`."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from cohort_membership import design
from cohort_membership.catalog import Catalogs
from cohort_membership.document import Scalar
from cohort_membership.draft_essay_evaluation import DRAFT_ESSAY_EVALUATION
from cohort_membership.projection import height, project
from cohort_membership.rules.pairs import PairRule
from cohort_membership.rules.subsets import SubsetRule
from cohort_membership.rules.ties import TieRule
from cohort_membership.rules.tuples import TupleRule
from cohort_membership.spec import Rows, as_levels
from cohort_membership.validate.couple import Coupled
from cohort_membership.validate.couple import couple as coupled_of
from tests.plain_specs import levels, spec

AXES = DRAFT_ESSAY_EVALUATION.axes
DECLARED = ("combo_id", "draft_template", "draft_llm", "essay_template", "evaluation_llm")
GIVEN = ("essay_llm", "evaluation_template")
TEXTS = ["a", "b", "c", "d"]


@dataclass(frozen=True)
class Drawn:
    axes: Mapping[str, Sequence[str]]
    rules: tuple[object, ...]


@st.composite
def specs(draw: st.DrawFn) -> Drawn:
    """Axes over few levels, rules of every kind in any order, each over axes given before it."""
    axes = {axis: draw(st.lists(st.sampled_from(TEXTS), min_size=1, max_size=4)) for axis in DECLARED}
    rules: list[object] = []
    available = list(DECLARED)
    cell = st.sampled_from(TEXTS)
    for number in range(draw(st.integers(0, 4))):
        name = f"rule{number}"
        kind = draw(st.sampled_from(["subset", "tie", "pair", "tuple"]))
        if kind == "subset":
            keep = draw(st.lists(cell, min_size=1, max_size=4))
            rules.append(SubsetRule(name, Scalar(draw(st.sampled_from(available))), levels(keep)))
        elif kind == "tie":
            tied = draw(st.lists(st.sampled_from(available), min_size=1, max_size=3, unique=True))
            tie_name = draw(st.sampled_from([name, tied[-1]]))
            rules.append(TieRule(name, Scalar(tie_name), tuple(map(Scalar, tied))))
        elif kind == "pair":
            left, right = draw(st.lists(st.sampled_from(available), min_size=2, max_size=2, unique=True))
            rows = draw(st.lists(st.tuples(cell, cell), min_size=1, max_size=6))
            rules.append(PairRule(name, Scalar(name), Scalar(left), Scalar(right), _rows(rows)))
        elif GIVEN[0] not in available:
            rows = draw(st.lists(st.tuples(cell, cell), min_size=1, max_size=4))
            rules.append(TupleRule(name, Scalar(name), tuple(map(Scalar, GIVEN)), _rows(rows)))
            available += GIVEN
    return Drawn(axes, tuple(rules))


def _rows(rows: Sequence[tuple[str, ...]]) -> Rows:
    return Rows(tuple(rows), tuple((None,) * len(row) for row in rows))


def brute_force(drawn: Drawn) -> tuple[tuple[str, ...], set[tuple[str, ...]]]:
    """All rows of the product, kept where every rule holds."""
    tuples = [rule for rule in drawn.rules if isinstance(rule, TupleRule)]
    names = (*drawn.axes, *(axis.text for rule in tuples for axis in rule.axes))
    kept = set()
    for parts in itertools.product(
        *([(level,) for level in levels_] for levels_ in drawn.axes.values()),
        *(rule.items.rows for rule in tuples),
    ):
        row = dict(zip(names, (str(text) for part in parts for text in part), strict=True))
        if all(_holds(rule, row) for rule in drawn.rules):
            kept.add(tuple(row[name] for name in names))
    return names, kept


def _holds(rule: object, row: Mapping[str, str]) -> bool:
    match rule:
        case SubsetRule():
            return row[rule.name.text] in as_levels(rule.keep).texts
        case TieRule():
            return len({row[axis.text] for axis in rule.axes}) == 1
        case PairRule():
            return (row[rule.left.text], row[rule.right.text]) in rule.allowed.rows
        case _:
            return True


def model(drawn: Drawn) -> list[dict[str, str]]:
    """The design's rows in order, by the contract's words on places and orders, on plain lists."""
    factors = [[{axis: level} for level in dict.fromkeys(texts)] for axis, texts in drawn.axes.items()]
    for rule in drawn.rules:
        match rule:
            case SubsetRule():
                factors = [
                    [row for row in one if row.get(rule.name.text) in (None, *as_levels(rule.keep).texts)]
                    for one in factors
                ]
            case TupleRule():
                rows = dict.fromkeys(rule.items.rows)
                factors.append(
                    [dict(zip((axis.text for axis in rule.axes), map(str, row), strict=True)) for row in rows]
                )
            case TieRule():
                axes = [axis.text for axis in rule.axes]
                first = dict.fromkeys(row[axes[0]] for one in factors for row in one if axes[0] in row)
                wanted = [dict.fromkeys(axes, level) for level in first]
                at = rule.name.text if rule.name.text in axes else None
                factors = _merged(factors, axes, wanted, at)
            case PairRule():
                axes = [rule.left.text, rule.right.text]
                wanted = [
                    dict(zip(axes, map(str, row), strict=True)) for row in dict.fromkeys(rule.allowed.rows)
                ]
                factors = _merged(factors, axes, wanted, None)
    return [
        {axis: level for part in parts for axis, level in part.items()}
        for parts in itertools.product(*factors)
    ]


def _merged(
    factors: list[list[dict[str, str]]], axes: list[str], wanted: list[dict[str, str]], at: str | None
) -> list[list[dict[str, str]]]:
    places = [place for place, one in enumerate(factors) if set(axes) & set(one[0])]
    target = places[0] if at is None else next(p for p, one in enumerate(factors) if at in one[0])
    rows = [
        {axis: level for part in parts for axis, level in part.items()}
        for goal in wanted
        for parts in itertools.product(*(factors[place] for place in places))
        if all(part[axis] == goal[axis] for part in parts for axis in part if axis in goal)
    ]
    return [
        rows if place == target else one
        for place, one in enumerate(factors)
        if place == target or place not in places
    ]


def couple(drawn: Drawn) -> Coupled:
    one = spec(drawn.axes, *drawn.rules)
    return coupled_of(one.axes, one.rules, Catalogs(DRAFT_ESSAY_EVALUATION), 10**9, axes_clear=True)


@given(specs())
def test_the_design_is_the_filtered_product_in_the_contracts_order(drawn: Drawn) -> None:
    coupled = couple(drawn)
    if coupled.problems:
        return
    names, expected = brute_force(drawn)
    replicates = tuple(axis for axis in AXES if axis.endswith("_replicate"))
    rows = [
        {axis: level for frame in parts for axis, level in frame.items()}
        for parts in itertools.product(*(one.frame.rows(named=True) for one in coupled.factors))
    ]
    assert {tuple(row[name] for name in names) for row in rows} == expected
    assert len(rows) == len(expected) == design.size(coupled.factors)
    assert [{name: row[name] for name in names} for row in rows] == model(drawn)
    assert all(row[axis] == "1" for row in rows for axis in replicates)


@given(specs())
def test_a_coupling_that_keeps_nothing_is_a_problem_and_no_other_leaves_the_design_empty(
    drawn: Drawn,
) -> None:
    coupled = couple(drawn)
    if not coupled.problems:
        assert design.size(coupled.factors) > 0


@given(specs(), st.sets(st.sampled_from(DECLARED + GIVEN), min_size=1))
def test_the_projection_of_the_product_is_the_product_of_the_projections(
    drawn: Drawn, onto: set[str]
) -> None:
    coupled = couple(drawn)
    if coupled.problems:
        return
    wanted = [axis for one in coupled.factors for axis in one.axes if axis in onto]
    in_order = dict.fromkeys(tuple(row[axis] for axis in wanted) for row in model(drawn) if wanted)
    projection = project(coupled.factors, wanted)
    projected = [
        tuple(level for frame in parts for level in frame)
        for parts in itertools.product(*(one.frame.rows() for one in projection))
    ]
    columns = [axis for one in projection for axis in one.frame.columns]
    assert (
        projected
        == [tuple(dict(zip(wanted, row, strict=True))[axis] for axis in columns) for row in in_order]
        or not wanted
    )
    assert height(projection) == max(1, len(in_order))
