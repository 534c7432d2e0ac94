"""From a cohort spec to its membership: every generation to run, each with an id and a parent.

The names here are imported when they are first used, so that importing the package, and starting the
command line, costs next to nothing. The steps themselves (`load`, `validate`, `generate`, `persist`)
are in `cohort_membership.pipeline`. API.md beside this file shows every name.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cohort_membership.draft_essay_evaluation import DRAFT_ESSAY_EVALUATION
    from cohort_membership.experiment import CatalogSource, Experiment
    from cohort_membership.identity import gen_id
    from cohort_membership.load.catalogs.text import catalogs_from_ids, catalogs_of
    from cohort_membership.load.experiment.mapping import experiment_from_mapping
    from cohort_membership.load.spec.mapping import spec_from_mapping
    from cohort_membership.membership import BuildReport, BuildRequest, Membership, Slice
    from cohort_membership.notebook import Cohort, open_cohort
    from cohort_membership.pipeline import CohortMembershipBuilder, unwrap_or_raise
    from cohort_membership.plan import Plan
    from cohort_membership.ports import (
        CohortSpecReader,
        GenerationReader,
        MembershipCatalogReader,
        MembershipReader,
        MembershipWriter,
    )
    from cohort_membership.problems import CohortRejected, Location, Problem, Problems, plain_text
    from cohort_membership.report.html import render_report
    from cohort_membership.stage import Added, Stage
    from cohort_membership.stores.local.read import read_membership
    from cohort_membership.stores.local.verify import verify_local
    from cohort_membership.stores.verification import verify_membership
    from cohort_membership.wiring import local_builder, open_builder, open_reader

_HOMES = {
    "DRAFT_ESSAY_EVALUATION": "draft_essay_evaluation",
    "Added": "stage",
    "BuildReport": "membership",
    "BuildRequest": "membership",
    "CatalogSource": "experiment",
    "Cohort": "notebook",
    "CohortMembershipBuilder": "pipeline",
    "CohortRejected": "problems",
    "CohortSpecReader": "ports",
    "Experiment": "experiment",
    "GenerationReader": "ports",
    "Location": "problems",
    "Membership": "membership",
    "MembershipCatalogReader": "ports",
    "MembershipReader": "ports",
    "MembershipWriter": "ports",
    "Plan": "plan",
    "Problem": "problems",
    "Problems": "problems",
    "Slice": "membership",
    "Stage": "stage",
    "catalogs_from_ids": "load.catalogs.text",
    "catalogs_of": "load.catalogs.text",
    "experiment_from_mapping": "load.experiment.mapping",
    "gen_id": "identity",
    "local_builder": "wiring",
    "open_builder": "wiring",
    "open_cohort": "notebook",
    "open_reader": "wiring",
    "plain_text": "problems",
    "read_membership": "stores.local.read",
    "render_report": "report.html",
    "spec_from_mapping": "load.spec.mapping",
    "unwrap_or_raise": "pipeline",
    "verify_local": "stores.local.verify",
    "verify_membership": "stores.verification",
}

__all__ = [
    "DRAFT_ESSAY_EVALUATION",
    "Added",
    "BuildReport",
    "BuildRequest",
    "CatalogSource",
    "Cohort",
    "CohortMembershipBuilder",
    "CohortRejected",
    "CohortSpecReader",
    "Experiment",
    "GenerationReader",
    "Location",
    "Membership",
    "MembershipCatalogReader",
    "MembershipReader",
    "MembershipWriter",
    "Plan",
    "Problem",
    "Problems",
    "Slice",
    "Stage",
    "catalogs_from_ids",
    "catalogs_of",
    "experiment_from_mapping",
    "gen_id",
    "local_builder",
    "open_builder",
    "open_cohort",
    "open_reader",
    "plain_text",
    "read_membership",
    "render_report",
    "spec_from_mapping",
    "unwrap_or_raise",
    "verify_local",
    "verify_membership",
]


if not TYPE_CHECKING:  # a type checker that sees it takes every name for one of ours

    def __getattr__(name: str) -> Any:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
