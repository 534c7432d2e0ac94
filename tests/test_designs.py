"""Unions of designs on plain values, and what hides a predicate."""

from dataclasses import replace

from returns.pipeline import is_successful

from cohort_membership.catalog import Catalogs
from cohort_membership.experiment import Experiment
from cohort_membership.generate import generate
from cohort_membership.load.catalogs.text import catalogs_of
from cohort_membership.load.spec.mapping import spec_from_mapping
from cohort_membership.membership import BuildRequest
from cohort_membership.plan import Plan
from cohort_membership.problems import CatalogNotFound, Problem
from cohort_membership.sources import Sources
from cohort_membership.stage import Stage
from cohort_membership.validate import validate

ANSWER = Stage("answer", "a_", None, (("template_id", "style"), ("llm_model_id", "model")))
NAMED = Stage("answer", "a_", None, ANSWER.columns, uncounted=frozenset({"llm_model_id"}))
AXES = {"question": ["q1", "q2"], "style": ["long", "short"], "model": ["m1", "m2"]}


def judged(
    spec: dict[str, object], stage: Stage = ANSWER, catalogs: Catalogs | None = None
) -> Plan | tuple[Problem, ...]:
    catalogs = catalogs or catalogs_of(Experiment("question", (stage,)), {})
    result = validate(Sources(BuildRequest("c"), spec_from_mapping(spec), catalogs))
    return result.unwrap() if is_successful(result) else result.failure()


def rows(spec: dict[str, object]) -> list[tuple[str, ...]]:
    plan = judged(spec)
    assert isinstance(plan, Plan), plan
    return generate(plan).frame().select("question", "template_id", "llm_model_id").rows()


def codes(judgement: Plan | tuple[Problem, ...]) -> list[str]:
    return [] if isinstance(judgement, Plan) else [problem.code for problem in judgement]


def test_designs_may_give_all_axes_themselves() -> None:
    one, other = {**AXES, "model": ["m1"]}, {**AXES, "question": ["q1"]}
    assert rows({"designs": {"one": {"axes": one}, "other": {"axes": other}}}) == [
        *((question, style, "m1") for question in ("q1", "q2") for style in ("long", "short")),
        ("q1", "long", "m2"),
        ("q1", "short", "m2"),
    ]


def test_a_spec_without_axes_and_designs_lacks_its_axes() -> None:
    assert codes(judged({"rules": {}})) == ["spec-invalid"]


def test_an_axis_that_one_design_lacks_is_missing() -> None:
    lacking = {axis: levels for axis, levels in AXES.items() if axis != "model"}
    designs = {"one": {"axes": AXES}, "other": {"axes": lacking}}
    assert codes(judged({"designs": designs})) == ["missing-axis"]


def test_two_designs_that_give_one_id_to_two_generations_are_told() -> None:
    designs = {"one": {"axes": {"model": ["m1"]}}, "other": {"axes": {"model": ["m2"]}}}
    assert codes(judged({"axes": AXES, "designs": designs}, NAMED)) == ["ambiguous-generation"]
    respelt = {"one": {}, "other": {"axes": {"style": ["Long"]}}}
    assert codes(judged({"axes": AXES, "designs": respelt})) == ["ambiguous-generation"]


def test_a_predicate_on_a_catalog_that_could_not_be_read_says_nothing_more() -> None:
    missing = CatalogNotFound(catalog="models.csv")
    catalogs = catalogs_of(Experiment("question", (ANSWER,)), {})
    unread = replace(catalogs, by_axis={"model": None}, problems=(missing,))
    spec: dict[str, object] = {"axes": AXES, "rules": {"where": {"free": "model.tier = 'free'"}}}
    assert judged(spec, catalogs=unread) == (missing,)
