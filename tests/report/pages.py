"""A page with all of its parts, with levels wherever a level can be."""

from decimal import Decimal

from cohort_membership.cost.bill import bill_of, itemised
from cohort_membership.cost.calls import calls_of
from cohort_membership.cost.rates import Rates
from cohort_membership.life.changes import Comparison, LevelChange, StageChange
from cohort_membership.life.states import StageStatus, Status
from cohort_membership.load.catalogs.text import catalogs_of
from cohort_membership.plan import Plan
from cohort_membership.problems import Location, UnknownLevel
from cohort_membership.report.html import render
from cohort_membership.report.known import Known
from cohort_membership.report.page import page_of
from tests.algebra.given import Given, planned

HOSTILE = (
    *("<script>alert(1)</script>", "\"'><img src=x onerror=alert(1)>", "&amp; & <b>", "' onload='x"),
    *("</style><style>*{display:none}", "<!-- x -->", "{{ 7*7 }}{% raw %}", "javascript:alert(1)"),
    *("שלום עולם", "مرحبا", "\u202eevil\u202c", "a\x07b\x1b[31mred", "\u200b", "十句话", "x" * 500),
)
STAGES = {
    "answer": {"id_prefix": "a_", "columns": {"template_id": "t", "llm_model_id": "m"}},
    "verdict": {"id_prefix": "v_", "parent": "answer", "columns": {"llm_model_id": "j"}},
}


def plan_of(levels: tuple[str, ...], more: int = 0) -> Plan:
    long = [f"{number} {'<&>' * 60}" for number in range(more)]
    axes = {"q": [*levels[:8], *long], "t": [*levels, *long], "m": ["m1", *levels[:3]], "j": [*levels]}
    rules = {"excludes": {levels[0]: {"axes": ["t", "m"], "items": [[levels[0], "m1"]]}}}
    given = Given({"axes": axes, "rules": rules}, {}, {"subject": "q", "stages": STAGES})
    return planned(given, 2**62).unwrap()


def page(levels: tuple[str, ...], more: int = 0) -> str:
    """A page with all of its parts, on which these levels are wherever a level can be."""
    plan = plan_of(levels, more)
    calls = calls_of(plan)
    rates = Rates(catalogs_of(plan.experiment, {}))
    status = Status("drawn", {"answer": StageStatus(9, 3, 1, 5), "verdict": StageStatus(7, 0, 0, 1, 6, 2)}, 3)
    changes = [LevelChange("t", level, number % 2 == 0, {"answer": 2}) for number, level in enumerate(levels)]
    stages = {"answer": StageChange(1, 2, 3), "verdict": StageChange(0, 0, 5)}
    at = Location(f"cohorts/drawn/spec/{levels[0]}", 3, 5, 4)
    problem = UnknownLevel(location=at, axis="t", level=levels[0], catalog=levels[1], suggestion=levels[2])
    known = Known(
        plan.cohort_id,
        plan,
        compared=Comparison(stages, changes, {}),
        usd_of_new=Decimal("0.5"),
        status=status,
        bill=bill_of("drawn", itemised(calls, calls, rates)),
        problems=(problem,),
        notices=levels,
        lines={at: levels[0]},
    )
    return render(page_of(known)).unwrap()


PLAIN = tuple(f"level {number}" for number in range(len(HOSTILE)))
