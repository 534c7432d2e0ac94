"""What was read for a request: the spec, the catalogs, and what the readers failed with."""

from dataclasses import dataclass

from cohort_membership.catalog import Catalogs
from cohort_membership.membership import BuildRequest
from cohort_membership.problems import Problems
from cohort_membership.spec import Spec


@dataclass(frozen=True, slots=True)
class Sources:
    """`spec` or `catalogs` is None where its reader failed; `problems` then says why.

    What was wrong inside of them is in `spec.problems` and `catalogs.problems`: `validate` reports
    all three together.
    """

    request: BuildRequest
    spec: Spec | None
    catalogs: Catalogs | None
    problems: Problems = ()
