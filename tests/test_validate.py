"""The rules on plain values: what the cases on disk do not reach, or reach only by the way."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from returns.pipeline import is_successful

from cohort_membership.columns import Cell
from cohort_membership.design import axis_factor, subset
from cohort_membership.document import Scalar
from cohort_membership.load.catalogs.text import catalogs_from_ids
from cohort_membership.membership import BuildRequest
from cohort_membership.plan import Plan
from cohort_membership.problems import (
    AmbiguousGeneration,
    DesignTooLarge,
    Problem,
    SpecInvalid,
    UnknownLevel,
    by_code,
    wording,
)
from cohort_membership.rules.excludes import ExcludesRule
from cohort_membership.rules.pairs import PairRule
from cohort_membership.rules.rule import Rule, UnclearRule
from cohort_membership.rules.subsets import SubsetRule
from cohort_membership.rules.ties import TieRule
from cohort_membership.rules.tuples import TupleRule
from cohort_membership.sources import Sources
from cohort_membership.spec import Rows
from cohort_membership.validate import validate
from cohort_membership.validate.levels import MOST_PER_AXIS
from tests.plain_specs import levels, spec

COMBOS = [f"c{number}" for number in range(10)]
TEXTS = ["a", "b", "c", "A"]
HIDING = SpecInvalid(where="rules.tuples.x", expected="a tuple", got="something else")
AXES: Mapping[str, Sequence[str]] = {
    "combo_id": ["c1", "c2"],
    "draft_template": ["a", "b"],
    "draft_llm": ["a"],
    "essay_template": ["a", "b"],
    "essay_llm": ["a"],
    "evaluation_template": ["a", "b"],
    "evaluation_llm": ["a", "b"],
}
BUNDLE = TupleRule(
    "rules.tuples.bundle",
    Scalar("bundle"),
    (Scalar("essay_template"), Scalar("essay_llm")),
    Rows((("a", "a"), ("b", "a")), ((None, None), (None, None))),
)
WITHOUT_ESSAYS = {axis: texts for axis, texts in AXES.items() if not axis.startswith("essay")}


STAGES = ("draft", "essay", "evaluation")


def judged(
    axes: Mapping[str, Sequence[str]] = AXES, *rules: object, max_rows: int = 10**6, seed: int | None = None
) -> Plan | tuple[Problem, ...]:
    modes = dict.fromkeys(TEXTS, "llm") | {"copied": "copy"}
    stages = dict.fromkeys(STAGES, modes)
    catalogs = catalogs_from_ids(stages, TEXTS, COMBOS)
    request = BuildRequest("cohort", max_rows=max_rows, seed=seed)
    hidden = any(isinstance(rule, UnclearRule) for rule in rules)
    asked = replace(spec(axes, *rules), problems=(HIDING,) if hidden else ())
    result = validate(Sources(request, asked, catalogs))
    return result.unwrap() if is_successful(result) else result.failure()


def told(judgement: Plan | tuple[Problem, ...]) -> tuple[SpecInvalid, ...]:
    """The problems of a cohort that has none but `spec-invalid`."""
    assert isinstance(judgement, tuple)
    problems = tuple(one for one in judgement if isinstance(one, SpecInvalid))
    assert problems == judgement
    return problems


def codes(judgement: Plan | tuple[Problem, ...]) -> dict[str, int]:
    return {} if isinstance(judgement, Plan) else dict(by_code(judgement))


def counts(judgement: Plan | tuple[Problem, ...]) -> dict[str, int]:
    assert isinstance(judgement, Plan), judgement
    return dict(judgement.counts)


def rows(*cells: tuple[Cell, ...], flat: bool = False) -> Rows:
    return Rows(cells, tuple((None,) * len(row) for row in cells), flat)


def pair(left: str, right: str, *cells: tuple[Cell, ...], flat: bool = False) -> PairRule:
    return PairRule("rules.pairs.p", Scalar("p"), Scalar(left), Scalar(right), rows(*cells, flat=flat))


def test_a_plan_counts_its_stages_without_expanding_them() -> None:
    assert counts(judged()) == {"draft": 4, "essay": 8, "evaluation": 32}


def test_a_pair_takes_a_tuple_by_its_name_with_lists_as_levels() -> None:
    rule = pair("draft_template", "bundle", ("a", ("b", "a")), ("b", ("a", "a")))
    assert counts(judged(WITHOUT_ESSAYS, BUNDLE, rule)) == {"draft": 4, "essay": 4, "evaluation": 16}


def test_a_pair_from_a_csv_file_spreads_the_level_of_a_tuple_over_its_columns() -> None:
    rule = pair("draft_template", "bundle", ("a", "b", "a"), ("b", "a", "a"), flat=True)
    assert counts(judged(WITHOUT_ESSAYS, BUNDLE, rule)) == {"draft": 4, "essay": 4, "evaluation": 16}


def test_a_row_of_a_csv_file_with_too_few_cells_for_a_tuple_is_a_problem() -> None:
    rule = pair("draft_template", "bundle", ("a", "b"), flat=True)
    assert codes(judged(WITHOUT_ESSAYS, BUNDLE, rule)) == {"spec-invalid": 1}


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (("a", "b"), "spec-invalid"),
        ((("a", "b"), ("b", "a")), "spec-invalid"),
        (("a", ("a", "c")), "level-outside-axis"),
    ],
)
def test_a_pair_whose_cells_do_not_fit_their_sides_is_a_problem(row: tuple[Cell, ...], code: str) -> None:
    assert codes(judged(WITHOUT_ESSAYS, BUNDLE, pair("draft_template", "bundle", row))) == {code: 1}


def test_a_pair_may_take_an_earlier_pair_apart_by_one_of_its_axes() -> None:
    first = pair("combo_id", "draft_template", ("c1", "a"), ("c2", "b"))
    second = replace(
        pair("draft_template", "evaluation_llm", ("b", "a"), ("a", "b"), ("a", "a")), name=Scalar("q")
    )
    assert counts(judged(AXES, first, second)) == {"draft": 2, "essay": 4, "evaluation": 12}


def test_a_pair_of_an_axis_with_a_rule_that_holds_it_is_a_problem() -> None:
    first = pair("combo_id", "draft_template", ("c1", "a"))
    again = replace(pair("p", "combo_id", (("c1", "a"), "c1")), name=Scalar("q"))
    assert codes(judged(AXES, first, again)) == {"spec-invalid": 1}


@pytest.mark.parametrize("right", ["draft_llm", "generation_llm"])
def test_a_pair_needs_two_axes(right: str) -> None:
    judgement = judged(AXES, pair("draft_llm", right, ("a", "a")))
    assert [one.where for one in told(judgement)] == ["rules.pairs.p.right"]


def test_pairs_that_contradict_each_other_leave_nothing_and_that_is_told_once() -> None:
    first = pair("combo_id", "draft_template", ("c1", "a"))
    second = replace(pair("combo_id", "draft_template", ("c1", "b"), ("c2", "a")), name=Scalar("q"))
    assert codes(judged(AXES, first, second)) == {"level-outside-axis": 2}
    wide = pair("combo_id", "draft_template", ("c1", "a"), ("c2", "b"))
    crossed = replace(pair("combo_id", "draft_template", ("c1", "b"), ("c2", "a")), name=Scalar("q"))
    assert codes(judged(AXES, wide, crossed)) == {"rule-empties-axis": 1}


def test_a_pair_that_would_explode_is_stopped_before_it_is_built() -> None:
    wide = {**AXES, "combo_id": COMBOS, "draft_template": ["a"], "essay_template": TEXTS[:2]}
    rows: list[tuple[Cell, ...]] = [(combo, "a") for combo in COMBOS]
    first = pair("combo_id", "draft_template", *rows)
    second = replace(pair("draft_template", "essay_template", ("a", "a"), ("a", "b")), name=Scalar("q"))
    judgement = judged(wide, first, second, max_rows=15)
    assert codes(judgement) == {"design-too-large": 1}


@pytest.mark.parametrize(
    "rule",
    [
        SubsetRule("rules.subsets.bundle", Scalar("bundle"), levels(["a"])),
        TieRule("rules.ties.t", Scalar("t"), (Scalar("bundle"), Scalar("draft_llm"))),
    ],
)
def test_a_rule_over_single_axes_does_not_take_a_tuple(rule: object) -> None:
    assert codes(judged(WITHOUT_ESSAYS, BUNDLE, rule)) == {"spec-invalid": 1}


def test_a_tie_by_its_name_stands_for_its_axes() -> None:
    tie = TieRule("rules.ties.t", Scalar("t"), (Scalar("draft_llm"), Scalar("evaluation_llm")))
    keep = SubsetRule("rules.subsets.t", Scalar("t"), levels(["a", "zzz"]))
    judgement = judged(AXES, tie, keep)
    assert isinstance(judgement, Plan)
    assert judgement.notices == (
        "rules.ties.t leaves the level 'b' of evaluation_llm unused",
        "rules.subsets.t: 'zzz' is not a level of draft_llm, so it keeps nothing",
    )


def tie(name: str, *axes: str) -> TieRule:
    return TieRule(f"rules.ties.{name}", Scalar(name), tuple(map(Scalar, axes)))


def excluded(name: str) -> ExcludesRule:
    return ExcludesRule(f"rules.excludes.{name}", Scalar(name), (Scalar("draft_template"),), rows(("b",)))


@pytest.mark.parametrize("name", ["combo_id", "essay_replicate", "generation_llm"])
@pytest.mark.parametrize(
    "rule",
    [
        tie("t", "draft_template", "evaluation_template"),
        pair("combo_id", "draft_template", ("c1", "a"), ("c2", "b")),
        excluded("e"),
    ],
    ids=["tie", "pair", "excludes"],
)
def test_a_rule_may_not_have_the_name_of_an_axis(rule: Rule, name: str) -> None:
    (problem,) = told(judged(AXES, replace(rule, name=Scalar(name))))
    assert (problem.where, problem.detail) == (rule.where, f"the name {name!r} is that of an axis")


def test_a_tuple_may_not_have_the_name_of_an_axis_that_it_gives() -> None:
    (problem,) = told(judged(WITHOUT_ESSAYS, replace(BUNDLE, name=Scalar("essay_llm"))))
    assert problem.where == BUNDLE.where


@pytest.mark.parametrize("name", ["draft_llm", "generation_llm", "evaluation_llm"])
def test_a_tie_may_have_the_name_of_an_axis_that_it_ties(name: str) -> None:
    assert counts(judged(AXES, tie(name, "draft_llm", "evaluation_llm"))) == {
        **{"draft": 4, "essay": 8, "evaluation": 16}
    }


@pytest.mark.parametrize(
    "second",
    [excluded("p"), tie("p", "draft_llm", "evaluation_llm")],
    ids=["excludes", "tie"],
)
def test_a_name_serves_one_rule(second: Rule) -> None:
    first = pair("combo_id", "draft_template", ("c1", "a"), ("c2", "b"))
    (problem,) = told(judged(AXES, first, second))
    assert (problem.where, problem.detail) == (second.where, "the name 'p' is taken: rules.pairs.p has it")


def test_a_rule_above_the_tuple_that_gives_its_axis_is_told_to_move() -> None:
    judgement = judged(WITHOUT_ESSAYS, SubsetRule("s", Scalar("essay_llm"), levels(["a"])), BUNDLE)
    assert isinstance(judgement, tuple)
    (problem,) = judgement
    assert problem.code == "unknown-axis"
    assert wording(problem).message == "s: 'essay_llm' is only given further down, by rules.tuples.bundle"


def test_a_rule_that_touches_what_is_unclear_says_nothing() -> None:
    unclear = UnclearRule("rules.tuples.x", Scalar("x"), names=("bundle", "essay_template", "essay_llm"))
    later = [
        SubsetRule("s", Scalar("essay_llm"), levels(["nothing"])),
        TieRule("t", Scalar("t"), (Scalar("essay_llm"), Scalar("draft_llm"))),
        pair("draft_template", "bundle", ("nothing", "nothing")),
    ]
    assert judged(WITHOUT_ESSAYS, unclear, *later) == (HIDING,)


def test_a_tuple_of_which_no_axis_is_known_hides_what_is_missing() -> None:
    hidden = UnclearRule("rules.tuples.x", Scalar("x"))
    later = SubsetRule("s", Scalar("anything"), levels(["a"]))
    assert judged(WITHOUT_ESSAYS, hidden, later) == (HIDING,)


def test_a_limit_counts_the_rows_that_a_shuffle_would_hold() -> None:
    axes = {**AXES, "essay_template": ["copied"], "essay_llm": ["a", "b", "c"]}
    assert counts(judged(axes)) == {"draft": 4, "essay": 4, "evaluation": 16}
    assert counts(judged(axes, seed=1, max_rows=48)) == {"draft": 4, "essay": 4, "evaluation": 16}
    assert codes(judged(axes, seed=1, max_rows=47)) == {"design-too-large": 1}


def test_a_design_of_many_billions_is_counted_at_once() -> None:
    replicates = [str(number) for number in range(1, 2001)]
    axes = {**AXES, **{f"{stage}_replicate": replicates for stage in ("draft", "essay", "evaluation")}}
    judgement = judged(axes)
    assert isinstance(judgement, tuple)
    (problem,) = judgement
    assert isinstance(problem, DesignTooLarge)
    assert dict(problem.counts)["evaluation"] == 32 * 2000**3


def test_models_of_copied_essays_collapse_to_the_first_with_a_notice() -> None:
    judgement = judged({**AXES, "essay_template": ["copied"], "essay_llm": ["b", "a"]})
    assert isinstance(judgement, Plan)
    assert "'a' not used there" in judgement.notices[0]


def test_a_collision_in_case_tells_an_example_and_how_much_it_touches() -> None:
    judgement = judged({**AXES, "draft_template": ["a", "A"]})
    assert isinstance(judgement, tuple)
    (problem,) = judgement
    assert isinstance(problem, AmbiguousGeneration)
    assert (problem.stage, problem.levels, problem.touched) == ("draft", ("a", "A"), 4)
    assert "draft_template 'a'" in wording(problem).message


@pytest.mark.parametrize("is_unclear", [False, True])
def test_what_an_unclear_rule_may_have_changed_is_not_called_ambiguous(is_unclear: bool) -> None:
    unclear = UnclearRule("rules.tuples.x", Scalar("x"))
    judgement = judged({**AXES, "draft_template": ["a", "A"]}, *([unclear] if is_unclear else []))
    assert codes(judgement) == ({"spec-invalid": 1} if is_unclear else {"ambiguous-generation": 1})


def test_a_level_that_is_unknown_is_not_also_ambiguous() -> None:
    assert codes(judged({**AXES, "draft_template": ["b", "B"]})) == {"unknown-level": 1}


def test_a_file_of_unknown_levels_does_not_flood_the_answer() -> None:
    judgement = judged({**AXES, "combo_id": [f"unknown{number}" for number in range(5_000)]})
    assert codes(judgement) == {"unknown-level": MOST_PER_AXIS}
    assert isinstance(judgement, tuple)
    assert sum(isinstance(one, UnknownLevel) and one.suggestion is not None for one in judgement) <= 20


def test_sources_that_were_not_read_give_what_their_readers_failed_with_and_nothing_more() -> None:
    request = BuildRequest("cohort")
    assert validate(Sources(request, None, None, (HIDING,))).failure() == (HIDING,)
    with pytest.raises(AssertionError, match="no problem tells of it"):
        validate(Sources(request, None, None))


def test_a_rule_on_an_axis_that_no_factor_has_is_a_bug() -> None:
    with pytest.raises(KeyError):
        subset((axis_factor("x", ["1"]),), "y", ["1"])


def test_levels_that_look_alike_are_told_with_what_tells_them_apart() -> None:
    two = ["cafe\u0301", "caf\u00e9"]
    axes = {**AXES, "draft_template": two}
    catalogs = catalogs_from_ids({stage: [*TEXTS, *two] for stage in STAGES}, TEXTS, COMBOS)
    plan = validate(Sources(BuildRequest("cohort"), spec(axes), catalogs)).unwrap()
    told = [notice for notice in plan.notices if notice.startswith("draft_template")]
    (notice,) = told
    assert notice.endswith("looks like 'cafe\u0301', and is another level (U+00E9 against U+0065 U+0301)")


def test_replicates_that_disagree_with_the_replication_file_are_told() -> None:
    catalogs = catalogs_from_ids(dict.fromkeys(STAGES, TEXTS), TEXTS, COMBOS, {"draft": 2, "essay": 1})
    plan = validate(Sources(BuildRequest("cohort"), spec(AXES), catalogs)).unwrap()
    assert plan.notices == (
        "1_raw/replication_config.csv: draft has 2 replicates there and 1 in this cohort; "
        "the file goes into the manifest and changes no row",
    )
