"""Problems on the page: where, what is wrong, what to do, and the line itself with the place marked."""

from dataclasses import dataclass

from cohort_membership.problems import Location, Problem, wording
from cohort_membership.report.texts import named
from cohort_membership.visible_text import visible

BEFORE, MARKED, AFTER = 60, 80, 60
"""Characters of a line that are shown: the line of a hostile file may be megabytes long."""


MOST_WORDS, MOST_LINES = 600, 20
"""Characters of a message, and lines of a hint, that are shown."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A line of a file in three parts; the middle one is what is wrong."""

    number: int
    before: str
    marked: str
    after: str


@dataclass(frozen=True, slots=True)
class ProblemShown:
    """`to_write` are the lines of a hint that are there to be copied."""

    code: str
    message: str
    place: str | None
    hint: str | None
    to_write: tuple[str, ...]
    excerpt: Excerpt | None


def problem_of(problem: Problem, line: str | None) -> ProblemShown:
    words, at = wording(problem), problem.location
    hint, *to_write = (words.hint or "").split("\n")
    return ProblemShown(
        problem.code,
        named(words.message, MOST_WORDS),
        None if at is None else named(str(at), MOST_WORDS),
        named(hint, MOST_WORDS) or None,
        tuple(named(one, MOST_WORDS) for one in to_write[:MOST_LINES]),
        None if at is None or line is None else excerpt(line, at),
    )


def excerpt(line: str, at: Location) -> Excerpt | None:
    """The line around the place; None where the location names no column.

    >>> excerpt("template: [plian, terse]", Location("f", 3, 12, 5))
    Excerpt(number=3, before='template: [', marked='plian', after=', terse]')
    """
    if at.line is None or at.column is None:
        return None
    start = min(at.column - 1, len(line))
    end = start + min(max(1, at.width), MARKED)
    before, after = line[max(0, start - BEFORE) : start], line[end : end + AFTER]
    return Excerpt(
        at.line,
        ("…" if start > BEFORE else "") + visible(before),
        visible(line[start:end]),
        visible(after) + ("…" if len(line) > end + AFTER else ""),
    )
