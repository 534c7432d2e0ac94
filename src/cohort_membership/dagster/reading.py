"""What was built, read back from any store: the parts of a membership that checks and registration need."""

from collections.abc import Sequence

import polars as pl
from returns.result import Result, Success

from cohort_membership.artifacts import MANIFEST
from cohort_membership.manifest import Manifest, corrupt
from cohort_membership.ports import MembershipReader
from cohort_membership.problems import Problems, fail
from cohort_membership.stores.sql.wide_rows import types_of


def manifest_of(memberships: MembershipReader, cohort_id: str) -> Result[Manifest, Problems]:
    """The manifest of a built cohort; `artifact-corrupt` where there is none."""

    def there(found: Manifest | None) -> Result[Manifest, Problems]:
        if found is not None:
            return Success(found)
        file = f"cohorts/{cohort_id}/{MANIFEST}"
        return fail(corrupt(file, "the manifest of a built cohort", "none", "build the cohort"))

    return memberships.manifest(cohort_id).bind(there)


def table_of(
    memberships: MembershipReader, cohort_id: str, columns: Sequence[str]
) -> Result[pl.DataFrame, Problems]:
    """These columns of a built cohort's wide table, whole; `artifact-corrupt` where it was never built."""
    # Asked for first: of a cohort that was never built a store gives no rows, and no problem.
    built = manifest_of(memberships, cohort_id)
    return built.bind(lambda _: memberships.rows(cohort_id, columns)).map(
        lambda batches: pl.concat([pl.DataFrame(schema=types_of(columns)), *batches])
    )


def generations_of(memberships: MembershipReader, cohort_id: str) -> Result[pl.DataFrame, Problems]:
    """`stage` and `gen_id` of every generation of a built cohort, in membership order."""
    return table_of(memberships, cohort_id, ("stage", "gen_id"))
