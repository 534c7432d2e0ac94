"""The nearest known name: what somebody who made a typo meant."""

import difflib
from collections.abc import Iterable

MAX_CANDIDATES = 20_000
"""More names of a similar length than this are not compared: a suggestion is not worth the wait."""

MAX_LENGTH = 200
"""Longer names are not compared: the comparison takes time with the square of the length."""

SUGGESTIONS = 20
"""How many problems of one kind get a suggestion; a file of typos would else take minutes to compare."""

SIMILARITY = 0.6
"""Twice the shared characters over all characters, from 0 to 1: less than this is another name."""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name most like `name`; one that differs in case only wins; None where none is near.

    The answer does not depend on the order of `known`.

    >>> nearest("clarity-rubrik", ["depth", "clarity-rubric"])
    'clarity-rubric'
    >>> nearest("FJORD", ["fjords", "fjord"])
    'fjord'
    >>> nearest("zebra", ["depth"]) is None
    True
    """
    wanted = name.strip().casefold()
    if not wanted or len(wanted) > MAX_LENGTH:
        return None
    # Names share at most the shorter one's characters, so lengths alone rule many out.
    least = len(wanted) * SIMILARITY / (2 - SIMILARITY)
    most = len(wanted) * (2 - SIMILARITY) / SIMILARITY
    names: dict[str, list[str]] = {}
    for one in known:
        if least - 1 <= len(one) <= most + 1:
            folded = one.strip().casefold()
            names.setdefault(folded, []).append(one)
    if wanted in names:
        return _most_like(name, names[wanted])
    if len(names) > MAX_CANDIDATES:
        return None
    matches = difflib.get_close_matches(wanted, names, n=1, cutoff=SIMILARITY)
    return _most_like(name, names[matches[0]]) if matches else None


def _most_like(name: str, spellings: Iterable[str]) -> str:
    """Of spellings that differ in case only, the one most like the name; the first in order among equals."""
    return max(sorted(spellings), key=lambda one: difflib.SequenceMatcher(None, name, one).ratio())
