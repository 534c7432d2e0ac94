"""Problems as answers: sorted, as JSON, as text, as an exception."""

from collections.abc import Iterable, Mapping
from typing import Any, Never

from returns.result import Failure, Result

from cohort_membership.problems.union import Problem, Problems, wording


def in_source_order(problems: Iterable[Problem]) -> Problems:
    """Each problem once, sorted by file, line and column; those without a place come last."""

    def place(problem: Problem) -> tuple[bool, str, int, int]:
        at = problem.location
        return (at is None, at.file if at else "", (at and at.line) or 0, (at and at.column) or 0)

    return tuple(sorted(dict.fromkeys(problems), key=place))


def as_json(problem: Problem) -> dict[str, Any]:
    """The problem as the command line and orchestrators give it: plain JSON types only."""
    words, at = wording(problem), problem.location
    return {
        "code": problem.code,
        "message": words.message,
        "location": None if at is None else {"file": at.file, "line": at.line, "column": at.column},
        "hint": words.hint,
        "retryable": problem.retryable,
    }


def all_retryable(problems: Problems) -> bool:
    """Whether doing the same again may help: only if every single problem is retryable."""
    return all(problem.retryable for problem in problems)


def fail(*problems: Problem) -> Result[Never, Problems]:
    """A failure that carries these problems."""
    return Failure(problems)


def plain_text(problems: Problems) -> str:
    """All problems as lines of text, for logs and exceptions: place, code, message, hint."""
    lines = []
    for problem in problems:
        words = wording(problem)
        place = f"{problem.location}: " if problem.location else ""
        lines.append(f"{place}{problem.code}: {words.message}" + (f" ({words.hint})" if words.hint else ""))
    return "\n".join(lines)


class CohortRejected(Exception):
    """The exception twin of a failed result, for callers who prefer exceptions.

    `problems` holds the values; the text shows all of them.
    """

    def __init__(self, problems: Problems) -> None:
        super().__init__(plain_text(problems))
        self.problems = problems


def by_code(problems: Problems) -> Mapping[str, int]:
    """How many problems of each code, in order of appearance."""
    counts: dict[str, int] = {}
    for problem in problems:
        counts[problem.code] = counts.get(problem.code, 0) + 1
    return counts
