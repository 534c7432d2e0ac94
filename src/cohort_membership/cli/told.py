"""A failure as the command line shows it: a problem of the pipeline in words, or one of its own."""

from dataclasses import dataclass
from typing import Any

from cohort_membership.problems import Location, Problem, wording


@dataclass(frozen=True, slots=True)
class Told:
    """A problem in words, ready to be shown or printed as JSON (problems/README.md)."""

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
        f"data root: there is no folder 'cohorts' in {data_root}",
        hint="give your data root with --data-root, or write an example: `cohort-membership init DIR`",
    )


def folder_in_use(folder: str) -> Told:
    """The example goes into a folder of its own, so that it can overwrite nothing."""
    return Told(
        "storage-denied",
        f"storage: {folder} is not empty; the example needs a new or empty folder",
        hint="give another folder",
    )


def not_a_folder(path: str) -> Told:
    return Told(
        "storage-denied",
        f"storage: {path} is a file; the example needs a new or empty folder",
        hint="give another folder",
    )
