"""How much is tried: a share that is quick by default, everything with COHORT_SWEEP=1."""

import os
from collections.abc import Sequence
from typing import TypeVar

FULL = os.environ.get("COHORT_SWEEP") == "1"

_Case = TypeVar("_Case")


def share(cases: Sequence[_Case], most: int) -> Sequence[_Case]:
    """The cases, or so many of them, evenly spread, the first and the last among them."""
    if FULL or len(cases) <= most:
        return cases
    if most == 1:
        return [cases[len(cases) // 2]]
    return [cases[round(place * (len(cases) - 1) / (most - 1))] for place in range(most)]
