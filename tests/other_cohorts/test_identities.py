"""Ids are for ever: what counts as another identity of a stage, and what it costs."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cohort_membership.draft_essay_evaluation import DRAFT_ESSAY_EVALUATION
from cohort_membership.experiment import Experiment
from cohort_membership.manifest import Manifest
from cohort_membership.other_cohorts.identities import changed_identities, new_ids_notice
from cohort_membership.stage import Added, Stage

ANSWER = Stage("answer", "a_", None, (("template_id", "style"), ("llm_model_id", "model")))
VERDICT = Stage("verdict", "j_", "answer", (("template_id", "rubric"),))
WARMER = Added("temperature", "warmth", "0.7")
BEFORE = Experiment("question_id", (ANSWER, VERDICT))


def built(experiment: Experiment, **counts: int) -> Manifest:
    return Manifest({"identity": experiment.identities, "counts": counts}, {})


def with_answer(**fields: Any) -> Experiment:
    given = {"columns": ANSWER.columns, "added": (), "uncounted": frozenset(), "id_prefix": "a_", **fields}
    return Experiment("question_id", (Stage("answer", parent=None, **given), VERDICT))


@pytest.mark.parametrize(
    ("now", "differs"),
    [
        (with_answer(id_prefix="x_"), "the prefix was 'a_' and is 'x_'"),
        (
            with_answer(columns=ANSWER.columns[:1]),
            "the ids counted template_id and llm_model_id and count template_id",
        ),
        (
            with_answer(columns=ANSWER.columns[::-1]),
            "the ids counted template_id and llm_model_id and count llm_model_id and template_id",
        ),
        (
            with_answer(uncounted=frozenset({"llm_model_id"})),
            "the ids counted template_id and llm_model_id and count template_id",
        ),
    ],
)
def test_a_stage_whose_ids_count_something_else_is_told_with_what_depends_on_it(
    now: Experiment, differs: str
) -> None:
    cohorts = {"pilot": built(BEFORE, answer=3, verdict=12), "empty": built(BEFORE)}
    (problem,) = changed_identities(now, cohorts)
    assert (problem.stage, problem.differs) == ("answer", differs)
    assert (problem.cohorts, problem.generations) == (("pilot", "empty"), 15)
    assert new_ids_notice(now, cohorts) == (
        "new ids: this experiment gives other ids to 15 generations of pilot and empty",
    )


def test_a_parent_that_is_another_changes_the_ids() -> None:
    now = Experiment("question_id", (ANSWER, Stage("verdict", "j_", None, VERDICT.columns)))
    (problem,) = changed_identities(now, {"pilot": built(BEFORE, answer=3, verdict=12)})
    assert problem.differs == "the parent was 'answer' and is the subject"
    assert problem.generations == 12


def test_a_further_added_axis_another_stage_and_another_name_of_an_axis_change_nothing() -> None:
    renamed = tuple((column, f"{axis}_of_today") for column, axis in ANSWER.columns)
    further = Stage("critique", "c_", "answer", (("template_id", "tone"),))
    now = Experiment("question_id", (Stage("answer", "a_", None, renamed, added=(WARMER,)), VERDICT, further))
    cohorts = {"pilot": built(BEFORE, answer=3)}
    assert changed_identities(now, cohorts) == new_ids_notice(now, cohorts) == ()


@pytest.mark.parametrize(
    ("now", "are"),
    [
        ((), "none"),
        ((Added("temperature", "warmth", "1"),), "temperature (default '1')"),
        (
            (Added("seed", "seed", "1"), Added("temperature", "warmth", "0.70")),
            "seed (default '1') and temperature (default '0.70')",
        ),
    ],
)
def test_an_added_axis_that_goes_or_gets_another_default_changes_the_ids(
    now: tuple[Added, ...], are: str
) -> None:
    (problem,) = changed_identities(with_answer(added=now), {"pilot": built(with_answer(added=(WARMER,)))})
    assert problem.differs == f"the added columns were temperature (default '0.7') and are {are}"


def test_an_added_axis_may_come_before_those_that_there_are_and_its_default_ignores_case() -> None:
    before = with_answer(added=(Added("tone", "tone", "Plain"),))
    now = with_answer(added=(WARMER, Added("tone", "tone", "plain ")))
    assert changed_identities(now, {"pilot": built(before)}) == ()


def test_a_manifest_that_does_not_say_what_ids_count_is_of_the_built_in_experiment() -> None:
    earlier = {"old": Manifest({"counts": {"draft": 2, "essay": 3}}, {})}
    assert changed_identities(DRAFT_ESSAY_EVALUATION, earlier) == ()
    now = Experiment("combo_id", (Stage("draft", "d_", None, (("template_id", "draft_template"),)),))
    (problem,) = changed_identities(now, earlier)
    assert (problem.stage, problem.generations) == ("draft", 5)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(JSON, st.dictionaries(st.sampled_from(["answer", "verdict"]), JSON))
def test_a_manifest_with_anything_in_it_is_compared_without_an_error(
    answer: object, identity: dict[str, object]
) -> None:
    content = {"identity": {**identity, "answer": answer}, "counts": {"answer": 1, "verdict": 2}}
    for problem in changed_identities(BEFORE, {"odd": Manifest(content, {})}):
        assert problem.differs
