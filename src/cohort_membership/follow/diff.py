"""`diff`: what two built cohorts share."""

from returns.pipeline import is_successful
from returns.result import Result, Success

from cohort_membership.follow.edges import Followed, failures, whole
from cohort_membership.follow.rows import built_rows
from cohort_membership.life.changes import Side, columns_to_compare, compare
from cohort_membership.life.planned import Difference
from cohort_membership.problems import Problems


@whole
def diff(followed: Followed, a: str, b: str) -> Result[Difference, Problems]:
    """What two built cohorts share, and what only one of them holds. It can return what `status` can."""
    columns = columns_to_compare(followed.experiment)
    rows = [built_rows(followed, cohort, columns) for cohort in (a, b)]
    if not all(map(is_successful, rows)):
        return failures(*rows)
    before, after = (Side(one.unwrap(), followed.experiment) for one in rows)
    return Success(Difference(compare(before, after)))
