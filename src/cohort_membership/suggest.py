"""The nearest known name: what somebody who made a typo meant."""

import difflib
from collections.abc import Collection, Iterable
from typing import Final

MAX_CANDIDATES: Final = 20_000
"""More names of a similar length than this are not compared: a suggestion is not worth the wait."""

MAX_LENGTH: Final = 100
"""Longer names are not compared: at worst the comparison takes time with the cube of the length."""

SUGGESTIONS: Final = 20
"""How many suggestions one judgement gives; nobody reads more of them."""

SIMILARITY: Final = 0.6
"""Twice the shared characters over all characters, from 0 to 1: less than this is another name."""

WORK: Final = 10_000_000
"""What all suggestions of one judgement may cost, in steps of `Suggestions`: less than a second."""


class Suggestions:
    """A budget of work that all suggestions of one judgement share, so that no input makes them slow.

    The work is counted, not timed: the same input gets the same suggestions on any machine. Once it is
    spent there are no more.

    >>> suggestions = Suggestions()
    >>> suggestions.nearest("clarity-rubrik", ["depth", "clarity-rubric"])
    'clarity-rubric'
    >>> Suggestions(work=0).nearest("clarity-rubrik", ["depth", "clarity-rubric"]) is None
    True
    """

    def __init__(self, work: int = WORK, most: int = SUGGESTIONS) -> None:
        self._left = work
        self._most = most

    @property
    def left(self) -> int:
        """The steps that are not spent, from 0."""
        return max(self._left, 0)

    def nearest(self, name: str, known: Iterable[str]) -> str | None:
        """The known name most like `name`, as `nearest` gives it; None where the budget is spent."""
        found = self._nearest(name, known) if self._most > 0 else None
        self._most -= found is not None
        return found

    def _nearest(self, name: str, known: Iterable[str]) -> str | None:
        wanted = name.strip().casefold()
        if not wanted or len(wanted) > MAX_LENGTH or self._left <= 0:
            return None
        names = self._of_similar_length(wanted, known)
        if wanted in names:
            return self._most_like(name, names[wanted], 0)
        if len(names) > MAX_CANDIDATES:
            return None
        match = self._most_like(wanted, names, SIMILARITY)
        return None if match is None else self._most_like(name, names[match], 0)

    def _of_similar_length(self, wanted: str, known: Iterable[str]) -> dict[str, set[str]]:
        """Known names by their folded form; two names share at most the shorter one's characters."""
        least = len(wanted) * SIMILARITY / (2 - SIMILARITY) - 1
        most = min(len(wanted) * (2 - SIMILARITY) / SIMILARITY + 1, MAX_LENGTH)
        names: dict[str, set[str]] = {}
        left = self._left
        for one in known:
            left -= _LOOKED_AT
            if least <= len(one) <= most:
                left -= _FOLDED
                names.setdefault(one.strip().casefold(), set()).add(one)
            if left <= 0:
                break
        self._left = left
        return names if left > 0 else {}

    def _most_like(self, wanted: str, names: Collection[str], similarity: float) -> str | None:
        """Of names that are at least so similar the most similar one; the first in order among equals."""
        if len(names) == 1 and not similarity:
            return next(iter(names))
        matcher = difflib.SequenceMatcher(b=wanted, autojunk=False)
        best: str | None = None
        for one in names:
            self._left -= _COMPARED + 2 * len(one)
            if self._left <= 0:
                return None
            matcher.set_seq1(one)
            if matcher.real_quick_ratio() < similarity or matcher.quick_ratio() < similarity:
                continue
            ratio = matcher.ratio()
            # Each matching block has cost a search through what is left of both names.
            searches = 3 + len(matcher.get_matching_blocks())
            self._left -= _ALIGNED + len(one) * len(wanted) * searches // 4
            if ratio > similarity or (ratio == similarity and (best is None or one < best)):
                best, similarity = one, ratio
        return best


_LOOKED_AT: Final = 2
_FOLDED: Final = 8
_COMPARED: Final = 40
_ALIGNED: Final = 100
"""What is done to one name, in steps. They were measured: a step takes some 50 nanoseconds."""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name most like `name`; one that differs in case only wins; None where none is near.

    The answer does not depend on the order of `known`. Whoever asks for many names shares one
    `Suggestions` among them.

    >>> nearest("clarity-rubrik", ["depth", "clarity-rubric"])
    'clarity-rubric'
    >>> nearest("FJORD", ["fjords", "fjord"])
    'fjord'
    >>> nearest("zebra", ["depth"]) is None
    True
    """
    return Suggestions().nearest(name, known)
