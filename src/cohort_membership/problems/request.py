"""The cohort that was asked for, and how."""

from typing import ClassVar, TypeAlias, assert_never

from cohort_membership.problems.located import Located, kind
from cohort_membership.problems.phrases import Wording, given_name


@kind
class InvalidCohortId(Located):
    """A name that no cohort can have."""

    code: ClassVar[str] = "invalid-cohort-id"
    cohort_id: str


@kind
class InvalidSeed(Located):
    """A seed that would shuffle as another one does."""

    code: ClassVar[str] = "invalid-seed"
    seed: int


RequestProblem: TypeAlias = InvalidCohortId | InvalidSeed


def words(problem: RequestProblem) -> Wording:
    """What a person reads of it."""
    match problem:
        case InvalidCohortId(cohort_id=cohort_id):
            return Wording(
                f"cohort id {given_name(cohort_id)}: only letters, digits, '.', '_' and '-' are allowed, "
                "at most 128, and no '.' or '-' at its start",
                "a cohort has the name of its folder under cohorts/; `cohort-membership list` shows them",
            )
        case InvalidSeed(seed=seed):
            return Wording(f"seed {seed}: a negative seed would shuffle as {-seed} does", f"use {-seed}")
        case _ as never:
            assert_never(never)
