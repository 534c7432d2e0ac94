"""The expected failures: frozen values in one closed union, and the words that tell them.

Every value says where it stands (`location`) and carries what its words need. A family is a module: its
kinds, with their words beside them, so that a message reads the same in a terminal, in JSON and in an
orchestrator. Codes and their families are the contract's table (problems/README.md).
"""

from cohort_membership.problems.answers import (
    CohortRejected,
    all_retryable,
    as_json,
    by_code,
    fail,
    in_source_order,
    plain_text,
)
from cohort_membership.problems.catalogs import CatalogInvalid, CatalogNotFound, UnknownLevel
from cohort_membership.problems.experiment import ExperimentChanged, ExperimentInvalid, ExperimentUnreadable
from cohort_membership.problems.located import Location
from cohort_membership.problems.membership import (
    AmbiguousGeneration,
    DesignTooLarge,
    GenerationConflict,
    MissingParent,
    PlanOutdated,
    UnknownGeneration,
)
from cohort_membership.problems.phrases import Wording, counted
from cohort_membership.problems.request import InvalidCohortId, InvalidSeed
from cohort_membership.problems.rules import (
    MAX_REPLICATE,
    DuplicateAxis,
    InvalidReplicate,
    LevelOutsideAxis,
    MissingAxis,
    PairUnbalanced,
    ReservedCharacter,
    RuleEmptiesAxis,
    UnknownAxis,
)
from cohort_membership.problems.spec import (
    IncludeInvalid,
    IncludeNotFound,
    IncludeOutsideBundle,
    SpecInvalid,
    SpecNotFound,
    SpecSyntax,
    SpecUnreadable,
)
from cohort_membership.problems.storage import (
    ArtifactCorrupt,
    CohortLocked,
    StorageDenied,
    StorageFull,
    StorageUnavailable,
)
from cohort_membership.problems.union import CODES, Problem, Problems, wording

__all__ = [
    "CODES",
    "MAX_REPLICATE",
    "AmbiguousGeneration",
    "ArtifactCorrupt",
    "CatalogInvalid",
    "CatalogNotFound",
    "CohortLocked",
    "CohortRejected",
    "DesignTooLarge",
    "DuplicateAxis",
    "ExperimentChanged",
    "ExperimentInvalid",
    "ExperimentUnreadable",
    "GenerationConflict",
    "IncludeInvalid",
    "IncludeNotFound",
    "IncludeOutsideBundle",
    "InvalidCohortId",
    "InvalidReplicate",
    "InvalidSeed",
    "LevelOutsideAxis",
    "Location",
    "MissingAxis",
    "MissingParent",
    "PairUnbalanced",
    "PlanOutdated",
    "Problem",
    "Problems",
    "ReservedCharacter",
    "RuleEmptiesAxis",
    "SpecInvalid",
    "SpecNotFound",
    "SpecSyntax",
    "SpecUnreadable",
    "StorageDenied",
    "StorageFull",
    "StorageUnavailable",
    "UnknownAxis",
    "UnknownGeneration",
    "UnknownLevel",
    "Wording",
    "all_retryable",
    "as_json",
    "by_code",
    "counted",
    "fail",
    "in_source_order",
    "plain_text",
    "wording",
]
