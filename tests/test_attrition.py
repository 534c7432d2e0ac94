"""What each rule took away, told on the small tables."""

from cohort_membership.attrition import attrition
from cohort_membership.experiment import Experiment
from cohort_membership.load.catalogs.text import catalogs_of
from cohort_membership.load.spec.mapping import spec_from_mapping
from cohort_membership.membership import BuildRequest
from cohort_membership.plan import Plan
from cohort_membership.sources import Sources
from cohort_membership.stage import Stage
from cohort_membership.validate import validate

STAGES = (
    Stage("answer", "a_", None, (("template_id", "answer_template"), ("llm_model_id", "answer_llm"))),
    Stage("verdict", "v_", "answer", (("llm_model_id", "verdict_llm"),)),
)
AXES = {
    "question": ["q1", "q2"],
    "answer_template": ["long", "short"],
    "answer_llm": ["m1", "m2", "m3"],
    "verdict_llm": ["m1", "m2"],
}


def planned(**more: object) -> Plan:
    spec = spec_from_mapping({"axes": AXES, **more})
    catalogs = catalogs_of(Experiment("question", STAGES), {})
    return validate(Sources(BuildRequest("c"), spec, catalogs)).unwrap()


def test_each_rule_is_a_step_with_rows_stages_and_unused_levels() -> None:
    rules = {"subsets": {"answer_template": ["long"]}, "where": {"other": "answer_llm <> verdict_llm"}}
    first, second = attrition(planned(rules=rules))
    assert (first.where, first.rows, first.stages) == (
        "rules.subsets.answer_template",
        (24, 12),
        {"answer": (12, 6), "verdict": (24, 12)},
    )
    assert first.unused == (("answer_template", ("short",)),)
    assert (second.where, second.rows, second.unused) == ("rules.where.other", (12, 8), ())
    assert second.stages == {"answer": (6, 6), "verdict": (12, 8)}


def test_a_union_and_a_sample_are_steps_of_their_own() -> None:
    designs = {"all": {}, "again": {"rules": {"subsets": {"answer_llm": ["m1"]}}}, "more": {}}
    steps = attrition(planned(designs=designs, sample={"rows": 5, "seed": 1}))
    assert [(one.design, one.where, one.rows) for one in steps] == [
        ("again", "designs.again.rules.subsets.answer_llm", (24, 8)),
        (None, "designs", (56, 24)),
        (None, "sample", (24, 5)),
    ]
    assert steps[1].stages["verdict"] == (56, 24)
    assert steps[2].stages["verdict"] == (24, 5)


def test_a_cohort_without_rules_has_no_step() -> None:
    assert attrition(planned()) == ()
