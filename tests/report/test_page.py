"""What the page of a cohort shows is what a naive count of its rows gives."""

from collections import Counter

import pytest

from cohort_membership.plan import Plan
from cohort_membership.problems import Location, StorageDenied, UnknownLevel
from cohort_membership.report.flow import Node, narrow_flow, wide_flow
from cohort_membership.report.known import Known
from cohort_membership.report.page import page_of
from tests.algebra.given import Given, naive, planned, read_given
from tests.algebra.naive_experiment import Rejected
from tests.algebra.naive_membership import NaiveMembership
from tests.case_folders import Case, cases

WORKED = [case for case in (*cases("valid"), *cases("algebra")) if "sha256" not in case.content]
STAGES = {"answer": {"id_prefix": "a_", "columns": {"template_id": "t", "llm_model_id": "m"}}}


def plan_of(**spec: object) -> Plan:
    return planned(Given(spec, {}, {"subject": "q", "stages": STAGES})).unwrap()


@pytest.mark.parametrize("case", WORKED, ids=lambda case: case.name)
def test_the_sums_of_a_worked_case_are_those_of_a_naive_count(case: Case) -> None:
    given = read_given(case.folder / "data", case.cohort_id, case.content.get("seed"))
    plan, found = planned(given).unwrap(), naive(given)
    assert isinstance(found, NaiveMembership)
    assert not isinstance(found, Rejected)
    page = page_of(Known(plan.cohort_id, plan))
    assert page.stages is not None
    assert page.design is not None
    rows = Counter((str(row["stage"]), row.get("llm_model_id")) for row in found.rows)
    counts = {
        (stage.name, one.model): one.count for stage in page.stages.counts.shown for one in stage.models.shown
    }
    assert counts == dict(rows)
    assert page.rows == len(found.rows) == sum(counts.values())
    assert {one.name: one.count for one in page.stages.counts.shown} == plan.counts
    assert {one.name: one.count for one in page.stages.narrow.boxes if not one.is_subject} == plan.counts
    levels = {one.name: one.count for one in page.design.axes.shown}
    assert levels == {axis: len(plan.levels(axis)) for axis in plan.experiment.axes}
    if page.design.steps.shown:
        assert page.design.steps.shown[-1].rows == page.design.rows or page.design.designs > 1


def test_many_levels_models_and_rules_are_cut_with_the_number_of_those_not_shown() -> None:
    models = [f"m{number}" for number in range(100)]
    rules = {f"r{number}": f"m <> 'm{number}'" for number in range(70)}
    page = page_of(Known("c", plan_of(axes={"q": ["a"], "t": ["t"], "m": models}, rules={"where": rules})))
    assert page.design is not None
    assert page.stages is not None
    (axis,) = (one for one in page.design.axes.shown if one.name == "m")
    assert (axis.count, len(axis.levels.shown), axis.levels.more) == (30, 12, 18)
    assert (len(page.design.steps.shown), page.design.steps.more) == (60, 10)
    (stage,) = page.stages.counts.shown
    assert (len(stage.models.shown), stage.models.more) == (30, 0)


def test_a_page_of_a_billion_generations_is_made_from_the_plan_alone() -> None:
    def levels(letter: str, number: int) -> list[str]:
        return [f"{letter}{one}" for one in range(number)]

    axes = {"q": levels("q", 100_000), "t": levels("t", 1_000), "m": levels("m", 10)}
    given = Given({"axes": axes}, {}, {"subject": "q", "stages": STAGES})
    page = page_of(Known("c", planned(given, 2**62).unwrap()))
    assert page.rows == 10**9
    assert page.stages is not None
    assert {one.count for one in page.stages.counts.shown[0].models.shown} == {10**8}


def test_a_union_begins_anew_with_each_design() -> None:
    axes = {"q": ["a"], "t": ["x", "y"], "m": ["1", "2"]}
    designs = {"grid": {"rules": {"subsets": {"t": ["x"]}}}, "more": {"rules": {"subsets": {"m": ["1"]}}}}
    page = page_of(Known("c", plan_of(axes=axes, designs=designs)))
    assert page.design is not None
    assert [(one.beginning, one.before, one.rows) for one in page.design.steps.shown] == [
        ("all combinations of grid", 4, 2),
        ("all combinations of more", 4, 2),
        ("the designs, one after the other", 4, 3),
    ]


def test_a_rule_is_drawn_from_the_rows_before_it_to_those_after_it() -> None:
    axes = {"q": ["a", "b"], "t": ["x", "y"], "m": ["1", "2"]}
    page = page_of(Known("c", plan_of(axes=axes, rules={"subsets": {"t": ["x"]}, "ties": {"s": ["t"]}})))
    assert page.design is not None
    first, _ = page.design.steps.shown
    assert (first.beginning, first.before) == ("all combinations", 8)
    assert (first.rows, first.taken, first.top, first.bottom) == (4, "−50 %", 1.0, 0.5)
    assert [(axis, levels.shown) for axis, levels in first.unused] == [("t", ("y",))]


def test_a_problem_is_shown_with_its_line_and_the_place_marked() -> None:
    at = Location("cohorts/c/spec/config.yaml", 3, 8, 5)
    problem = UnknownLevel(location=at, axis="m", level="fjrod", catalog="models.csv", suggestion="fjord")
    page = page_of(Known("c", problems=(problem,), lines={at: "  m: ['fjrod', x]"}))
    (shown,) = page.problems.shown
    assert shown.excerpt is not None
    assert (shown.place, shown.hint) == ("cohorts/c/spec/config.yaml:3:8", "did you mean 'fjord'?")
    assert (shown.excerpt.before, shown.excerpt.marked) == ("  m: ['", "fjrod")
    assert (page.rows, page.design, page.command) == (None, None, "cohort-membership validate c")


def test_the_lines_of_a_hint_that_are_there_to_be_copied_stay_lines() -> None:
    problem = StorageDenied(action="read it", reason="it is old", remedy="write:\naxes:\n  q: [a]")
    (shown,) = page_of(Known("c", problems=(problem,))).problems.shown
    assert (shown.hint, shown.to_write) == ("write:", ("axes:", "  q: [a]"))


@pytest.mark.parametrize("depth", [1, 3, 4, 12, 40])
def test_the_boxes_of_a_chain_stand_inside_the_picture_and_not_on_one_another(depth: int) -> None:
    nodes = [Node("s0", None, 2, "", 1)]
    nodes += [
        Node(f"s{one}", f"s{one - 1}", 10**18, "×5", 5 if one % 2 else 0.5) for one in range(1, depth + 1)
    ]
    flows = [wide_flow(nodes), narrow_flow(nodes)]
    assert (flows[0] is None) is (depth > 3)
    for flow in (one for one in flows if one is not None):
        for place, box in enumerate(flow.boxes):
            assert box.x >= 0
            assert box.width >= 100
            assert box.x + box.width <= flow.width
            assert box.y + box.height <= flow.height
            for other in flow.boxes[:place]:
                assert box.y >= other.y + other.height or box.x >= other.x + other.width
        assert len(flow.strands) == sum(5 if one % 2 else 1 for one in range(1, depth + 1))


def test_a_parent_stands_amid_its_children() -> None:
    children = [Node(name, "q", 1, "×1", 1) for name in ("a", "b", "c")]
    flow = wide_flow([Node("q", None, 1, "", 1), *children, Node("d", "c", 1, "×1", 1)])
    assert flow is not None
    assert {one.name: one.y for one in flow.boxes} == {"q": 76, "a": 0, "b": 76, "c": 152, "d": 152}
