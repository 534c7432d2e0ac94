"""`orphans`: generations on disk that no cohort holds."""

import polars as pl
from returns.pipeline import is_successful
from returns.result import Result

from cohort_membership.follow.edges import Followed, failures, whole
from cohort_membership.follow.rows import held_by_none
from cohort_membership.life.orphans import Orphans, orphans
from cohort_membership.problems import Problems


@whole
def orphaned(followed: Followed) -> Result[Orphans, Problems]:
    """The generations on disk, or with results, that no cohort holds. It can return what `status` can."""
    experiment = followed.experiment
    outcomes, folders = followed.results.outcomes(experiment), followed.results.folders(experiment)
    if not is_successful(outcomes) or not is_successful(folders):
        return failures(outcomes, folders)
    ids = pl.concat([outcomes.unwrap().marks["gen_id"], *folders.unwrap().values()]).unique()
    left = held_by_none(followed, ids, set())
    return left.map(lambda found: orphans(found, outcomes.unwrap(), experiment))
