"""Checks of how far a built cohort is: whether its spec has moved on, what is stale, what is left to do."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import dagster as dg
from returns.pipeline import is_successful
from returns.result import Result

from cohort_membership.dagster.evidence import Evidence, Finding, Outcome, Skipped, rejected
from cohort_membership.dagster.translate import table
from cohort_membership.follow.plan import plan as plan_of
from cohort_membership.life.drift import drift_notices
from cohort_membership.life.planned import PlannedChange
from cohort_membership.life.states import STATES, Status
from cohort_membership.manifest import plan_digest
from cohort_membership.problems import Problems, counted

NOT_FOLLOWED = "this service does not tell results: it has no method `followed`"


def is_up_to_date(evidence: Evidence) -> Finding:
    """A build would change nothing: spec, experiment and catalogs are those that the membership is of.

    Where it would, the plan is shown as a table. So this check can be run before a build.
    """
    in_force = evidence.memberships.manifest(evidence.cohort_id)
    if not is_successful(in_force):
        return rejected(in_force.failure())
    manifest = in_force.unwrap()
    request = evidence.service.request(evidence.cohort_id)
    seed = request.seed if manifest is None else manifest.seed
    planned = evidence.service.builder().plan(evidence.service.request(evidence.cohort_id, seed))
    if not is_successful(planned):
        return rejected(planned.failure())
    if manifest is not None and manifest.plan_digest == plan_digest(planned.unwrap()):
        return Outcome(True)
    followed = evidence.followed
    if followed is None:
        return Outcome(False, "The membership is not up to date: build the cohort.")
    change: Result[PlannedChange, Problems] = plan_of(
        followed, evidence.cohort_id, seed, request.max_rows
    ).map(lambda both: both[0])
    if not is_successful(change):
        return rejected(change.failure())
    what = "The cohort is not built" if manifest is None else "The membership is not up to date"
    description = f"{what}: build the cohort. A build gives {told(change.unwrap())}."
    return Outcome(False, description, plan_metadata(change.unwrap()))


def is_nothing_stale(evidence: Evidence) -> Finding:
    """No generation was made with an earlier text of its template, or earlier catalog rows of its subject."""
    status = evidence.status
    if status is None:
        return Skipped(NOT_FOLLOWED)
    if not is_successful(status):
        return rejected(status.failure())
    found = status.unwrap()
    stale = sum(one.stale for one in found.stages.values())
    description = "; ".join(drift_notices(found.drift)) or None
    return Outcome(stale == 0, description, {"stale": dg.MetadataValue.int(stale), **stages_metadata(found)})


def is_complete(evidence: Evidence) -> Finding:
    """Every generation is done."""
    status = evidence.status
    if status is None:
        return Skipped(NOT_FOLLOWED)
    if not is_successful(status):
        return rejected(status.failure())
    found = status.unwrap()
    totals = {name: sum(getattr(one, name) for one in found.stages.values()) for name in ("rows", *STATES)}
    left = ", ".join(f"{totals[state]:,} {state}" for state in STATES if state != "done" and totals[state])
    description = f"{totals['done']:,} of {totals['rows']:,} are done" + (f"; {left}" if left else "")
    counts = {state: dg.MetadataValue.int(totals[state]) for state in STATES}
    more = {"unexpected": dg.MetadataValue.int(found.unexpected)} if found.unexpected else {}
    return Outcome(found.is_complete, f"{description}.", {**counts, **more, **stages_metadata(found)})


def told(change: PlannedChange) -> str:
    """A plan in a line: '12 new verdicts, 3 gone verdicts, 3.40 USD'."""
    counts = [
        counted(one[kind], f"{kind} {stage}")
        for stage, one in change.stages.items()
        for kind in ("new", "gone")
        if one[kind]
    ]
    return ", ".join([*(counts or ["no other generation"]), _usd(change.usd)])


def plan_metadata(change: PlannedChange) -> Mapping[str, dg.MetadataValue[Any]]:
    """A plan as tables: what becomes of each stage, and the levels that are added or removed."""
    changes = [
        {
            "axis": one.axis,
            "level": one.level,
            "change": "added" if one.is_added else "removed",
            **{stage: one.stages.get(stage, 0) for stage in change.stages},
        }
        for one in change.compared.changes
    ]
    return {
        "plan": table({"stage": stage, **counts} for stage, counts in change.stages.items()),
        "cost": dg.MetadataValue.text(_usd(change.usd)),
        **({"changes": table(changes)} if changes else {}),
        **({"notices": table({"notice": one} for one in change.notices)} if change.notices else {}),
    }


def stages_metadata(status: Status) -> Mapping[str, dg.MetadataValue[Any]]:
    """How far each stage is, as a table."""
    return {"stages": table({"stage": name, **one.as_json()} for name, one in status.stages.items())}


def _usd(amount: Decimal | None) -> str:
    return "cost unknown" if amount is None else f"{amount:,.2f} USD"
