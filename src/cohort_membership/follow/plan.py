"""`plan`: what a build would change."""

from collections import Counter
from collections.abc import Mapping

from returns.pipeline import is_successful
from returns.result import Failure, Result, Success

from cohort_membership.follow.cost import cost_of_new
from cohort_membership.follow.edges import Followed, failures, whole
from cohort_membership.follow.stale import drifted_rows
from cohort_membership.generate import generate
from cohort_membership.life.changes import Side, columns_to_compare, compare
from cohort_membership.life.drift import Drift, drift_counts
from cohort_membership.life.planned import PlannedChange, planned_change
from cohort_membership.life.saved_plan import SavedPlan, saved_plan
from cohort_membership.membership import DEFAULT_MAX_ROWS, BuildRequest
from cohort_membership.plan import Plan
from cohort_membership.problems import Problems


@whole
def plan(
    followed: Followed, cohort_id: str, seed: int | None = None, max_rows: int = DEFAULT_MAX_ROWS
) -> Result[tuple[PlannedChange, SavedPlan], Problems]:
    """What a build would change against the membership in force, and the plan as a file holds it.

    It can return any problem of `build` before it writes, and those of reading.
    """
    planned = followed.builder.plan(BuildRequest(cohort_id, seed, max_rows))
    if not is_successful(planned):
        return Failure(planned.failure())
    made, experiment = planned.unwrap(), followed.experiment
    manifest = followed.reader.manifest(cohort_id)
    outcomes = followed.results.outcomes(experiment)
    rows = followed.reader.rows(cohort_id, columns_to_compare(experiment))
    if not is_successful(manifest) or not is_successful(outcomes) or not is_successful(rows):
        return failures(manifest, outcomes, rows)
    in_force = manifest.unwrap()
    before = Side(rows.unwrap() if in_force else (), experiment)
    after = Side(generate(made).batches(), experiment)
    compared = compare(before, after)
    reused = {}
    for stage, ids in compared.new.items():
        found = followed.reader.seeded(stage, ids) if len(ids) else Success(ids)
        if not is_successful(found):
            return Failure(found.failure())
        reused[stage] = len(ids) - found.unwrap().null_count()
    drift = _drift(followed, made)
    if not is_successful(drift):
        return Failure(drift.failure())
    usd = cost_of_new(followed, made, after=after, new=compared.new, outcomes=outcomes.unwrap())
    if not is_successful(usd):
        return Failure(usd.failure())
    change = planned_change(
        cohort_id,
        made,
        compared=compared,
        after=after,
        reused=reused,
        outcomes=outcomes.unwrap(),
        drift=drift.unwrap(),
        usd=usd.unwrap(),
    )
    return Success((change, saved_plan(made, in_force, change)))


def _drift(followed: Followed, made: Plan) -> Result[Mapping[Drift, int], Problems]:
    """What has changed since generations of the plan were seeded: a build keeps them as they are."""
    found: Counter[Drift] = Counter()
    for batch in generate(made).batches() if made.texts else ():
        rows = drifted_rows(followed.reader, made.experiment, batch, made.texts, made.subjects)
        if not is_successful(rows):
            return Failure(rows.failure())
        found += drift_counts(rows.unwrap(), made.experiment.subject)
    return Success(found)
