"""Where things are read and written."""

from typing import ClassVar, TypeAlias, assert_never

from cohort_membership.problems.located import Located, kind
from cohort_membership.problems.phrases import Wording, mismatch


@kind
class StorageUnavailable(Located):
    """Storage that fails now and may work later."""

    code: ClassVar[str] = "storage-unavailable"
    retryable: ClassVar[bool] = True
    action: str
    reason: str


@kind
class StorageDenied(Located):
    """Storage that will go on refusing until somebody changes something."""

    code: ClassVar[str] = "storage-denied"
    action: str
    reason: str
    remedy: str | None = None


@kind
class StorageFull(Located):
    """Storage without room."""

    code: ClassVar[str] = "storage-full"
    retryable: ClassVar[bool] = True
    action: str
    reason: str


@kind
class CohortLocked(Located):
    """A cohort that another build is writing."""

    code: ClassVar[str] = "cohort-locked"
    retryable: ClassVar[bool] = True
    cohort_id: str


@kind
class ArtifactCorrupt(Located):
    """A file or table that is not as a build writes it."""

    code: ClassVar[str] = "artifact-corrupt"
    artifact: str
    expected: str
    got: str
    remedy: str | None = None


StorageProblem: TypeAlias = StorageUnavailable | StorageDenied | StorageFull | CohortLocked | ArtifactCorrupt


def words(problem: StorageProblem) -> Wording:
    """What a person reads of it."""
    match problem:
        case StorageUnavailable(action=action, reason=reason):
            return Wording(f"storage: cannot {action}: {reason}", "try again")
        case StorageDenied(action=action, reason=reason, remedy=remedy):
            return Wording(f"storage: cannot {action}: {reason}", remedy or "check the permissions")
        case StorageFull(action=action, reason=reason):
            return Wording(f"storage: cannot {action}: {reason}", "free some space and try again")
        case CohortLocked(cohort_id=cohort_id):
            return Wording(
                f"cohort {cohort_id!r}: another build of it is running", "wait for it to end and try again"
            )
        case ArtifactCorrupt(artifact=artifact, expected=expected, got=got, remedy=remedy):
            return Wording(f"{artifact}: {mismatch(expected, got)}", remedy)
        case _ as never:
            assert_never(never)
