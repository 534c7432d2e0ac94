"""What a build would change, and what two cohorts differ in, as answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from cohort_membership.cost.bill import plain
from cohort_membership.life.changes import Comparison, Side
from cohort_membership.life.drift import Drift, drift_notices
from cohort_membership.life.outcomes import Outcomes
from cohort_membership.plan import Plan


@dataclass(frozen=True, slots=True, eq=False)
class PlannedChange:
    """`stages` gives for each stage `rows`, `new`, `kept`, `gone`, `reused` and `done`. `usd` is what the new
    generations cost that are not done, None where that is unknown."""

    cohort_id: str
    stages: Mapping[str, Mapping[str, int]]
    compared: Comparison
    notices: tuple[str, ...] = ()
    usd: Decimal | None = None

    def as_json(self) -> dict[str, object]:
        return {
            "ok": True,
            "cohort_id": self.cohort_id,
            "stages": {name: dict(one) for name, one in self.stages.items()},
            "changes": [one.as_json() for one in self.compared.changes],
            "usd": plain(self.usd),
        }


def planned_change(
    cohort_id: str,
    plan: Plan,
    *,
    compared: Comparison,
    after: Side,
    reused: Mapping[str, int],
    outcomes: Outcomes,
    drift: Mapping[Drift, int],
    usd: Decimal | None = None,
) -> PlannedChange:
    """The answer of `plan`: `reused` are new generations that are seeded already, by stage."""
    stages = {
        stage: {
            "rows": plan.counts[stage],
            "new": change.new,
            "kept": change.kept,
            "gone": change.gone,
            "reused": reused.get(stage, 0),
            "done": outcomes.done_among(after.ids(stage)),
        }
        for stage, change in compared.stages.items()
    }
    return PlannedChange(cohort_id, stages, compared, (*plan.notices, *drift_notices(drift)), usd)


@dataclass(frozen=True, slots=True, eq=False)
class Difference:
    """What two cohorts share: the first is the membership before, the second that after."""

    compared: Comparison

    def as_json(self) -> dict[str, object]:
        stages = {
            name: {"shared": one.kept, "only_a": one.gone, "only_b": one.new}
            for name, one in self.compared.stages.items()
        }
        return {"ok": True, "stages": stages, "changes": [one.as_json() for one in self.compared.changes]}
