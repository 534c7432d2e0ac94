"""What a build has left under a data root on the local disk, checked."""

from pathlib import Path

from returns.result import Result

from cohort_membership.plan import Plan
from cohort_membership.problems import Problems
from cohort_membership.stores.local.reader import LocalReader
from cohort_membership.stores.verification import VerifyReport, verify_membership


def verify_local(data_root: Path, plan: Plan) -> Result[VerifyReport, Problems]:
    """Check what the last build of a plan's cohort has left under a data root (see `verify_membership`)."""
    return verify_membership(LocalReader(data_root), plan)
