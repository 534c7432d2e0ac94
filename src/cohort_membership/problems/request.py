"""The cohort that was asked for."""

from typing import ClassVar, TypeAlias, assert_never

from cohort_membership.problems.located import Located, kind
from cohort_membership.problems.phrases import Wording, given_name


@kind
class InvalidCohortId(Located):
    """A name that no cohort can have."""

    code: ClassVar[str] = "invalid-cohort-id"
    cohort_id: str


RequestProblem: TypeAlias = InvalidCohortId


def words(problem: RequestProblem) -> Wording:
    """What a person reads of it."""
    match problem:
        case InvalidCohortId(cohort_id=cohort_id):
            return Wording(
                f"cohort id {given_name(cohort_id)}: only letters, digits, '.', '_' and '-' are allowed, "
                "at most 128, and no '.' or '-' at its start",
                "a cohort has the name of its folder under cohorts/; `cohort-membership list` shows them",
            )
        case _ as never:
            assert_never(never)
