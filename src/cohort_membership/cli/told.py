"""What the command line tells of a failure: a problem of the pipeline in words, or one of its own."""

from dataclasses import dataclass
from typing import Any

from cohort_membership.problems import Location, Problem, wording


@dataclass(frozen=True, slots=True)
class Told:
    """A problem in words, ready to be shown or printed as JSON (README, "Problems")."""

    code: str
    message: str
    location: Location | None = None
    hint: str | None = None
    retryable: bool = False

    def as_json(self) -> dict[str, Any]:
        at = self.location
        return {
            "code": self.code,
            "message": self.message,
            "location": None if at is None else {"file": at.file, "line": at.line, "column": at.column},
            "hint": self.hint,
            "retryable": self.retryable,
        }


def told(problem: Problem) -> Told:
    words = wording(problem)
    return Told(problem.code, words.message, problem.location, words.hint, problem.retryable)


def no_cohorts_folder(data_root: str) -> Told:
    """There is nothing to list; most likely the data root is elsewhere."""
    return Told(
        "spec-not-found",
        f"data root: expected a folder 'cohorts' in {data_root}, got none",
        hint="name your data root with --data-root, or write an example: `cohort-membership init DIR`",
    )


def folder_in_use(folder: str) -> Told:
    """The example goes into a folder of its own, so that it can overwrite nothing."""
    return Told(
        "storage-denied",
        f"storage: expected a new or an empty folder for the example, got {folder}, which holds files",
        hint="name another folder",
    )


def not_a_folder(path: str) -> Told:
    return Told(
        "storage-denied",
        f"storage: expected a new or an empty folder for the example, got {path}, which is a file",
        hint="name another folder",
    )
