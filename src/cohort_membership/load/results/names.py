"""Which names of folders may be ids of a stage's generations."""

from cohort_membership.identity import DIGITS, MAX_DIGITS
from cohort_membership.stage import Stage

_ALLOWED = frozenset(DIGITS)


def is_generation(name: str, stage: Stage) -> bool:
    """Whether a folder of this name may be a generation's: anything else is not ours.

    >>> stage = Stage("answer", "a_", None, ())
    >>> [is_generation(name, stage) for name in ("a_1z", "a_", "b_1", "a_../x")]
    [True, False, False, False]
    """
    digits = name[len(stage.id_prefix) :]
    return name.startswith(stage.id_prefix) and 0 < len(digits) <= MAX_DIGITS and _ALLOWED.issuperset(digits)
