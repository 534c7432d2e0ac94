"""What is known of a cohort when its page is made."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from cohort_membership.cost.bill import Bill
from cohort_membership.life.changes import Comparison
from cohort_membership.life.states import Status
from cohort_membership.manifest import Manifest
from cohort_membership.plan import Plan
from cohort_membership.problems import Location, Problems


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """What is None is not known, and has no place on the page.

    `plan` is None where the spec has problems, `in_force` where the cohort was never built. `compared` tells
    what a build would change, and `usd_of_new` what that costs. `lines` are lines of files that problems
    stand on.
    """

    cohort_id: str
    plan: Plan | None = None
    in_force: Manifest | None = None
    compared: Comparison | None = None
    usd_of_new: Decimal | None = None
    status: Status | None = None
    bill: Bill | None = None
    problems: Problems = ()
    notices: tuple[str, ...] = ()
    lines: Mapping[Location, str] = field(default_factory=dict)
