"""From a cohort spec to its membership: every generation to run, each with an id and a parent.

The names here are imported when they are first used, so that importing the package, and starting the
command line, costs next to nothing. The steps themselves (`load`, `validate`, `generate`, `persist`)
are in `cohort_membership.pipeline`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cohort_membership.identity import gen_id
    from cohort_membership.load.catalog_text import catalogs_from_ids
    from cohort_membership.load.spec_mapping import spec_from_mapping
    from cohort_membership.membership import BuildReport, BuildRequest, Membership, Slice
    from cohort_membership.pipeline import CohortMembershipBuilder, unwrap_or_raise
    from cohort_membership.plan import Plan
    from cohort_membership.ports import CohortSpecReader, MembershipCatalogReader, MembershipWriter
    from cohort_membership.problems import CohortRejected, Location, Problem, Problems, plain_text
    from cohort_membership.stores.local_read import read_membership
    from cohort_membership.stores.local_verify import verify_local
    from cohort_membership.wiring import local_builder, open_builder

_HOMES = {
    "BuildReport": "membership",
    "BuildRequest": "membership",
    "CohortMembershipBuilder": "pipeline",
    "CohortRejected": "problems",
    "CohortSpecReader": "ports",
    "Location": "problems",
    "Membership": "membership",
    "MembershipCatalogReader": "ports",
    "MembershipWriter": "ports",
    "Plan": "plan",
    "Problem": "problems",
    "Problems": "problems",
    "Slice": "membership",
    "catalogs_from_ids": "load.catalog_text",
    "gen_id": "identity",
    "local_builder": "wiring",
    "open_builder": "wiring",
    "plain_text": "problems",
    "read_membership": "stores.local_read",
    "spec_from_mapping": "load.spec_mapping",
    "unwrap_or_raise": "pipeline",
    "verify_local": "stores.local_verify",
}

__all__ = [
    "BuildReport",
    "BuildRequest",
    "CohortMembershipBuilder",
    "CohortRejected",
    "CohortSpecReader",
    "Location",
    "Membership",
    "MembershipCatalogReader",
    "MembershipWriter",
    "Plan",
    "Problem",
    "Problems",
    "Slice",
    "catalogs_from_ids",
    "gen_id",
    "local_builder",
    "open_builder",
    "plain_text",
    "read_membership",
    "spec_from_mapping",
    "unwrap_or_raise",
    "verify_local",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
