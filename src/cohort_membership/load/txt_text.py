"""Plain text to a list of levels: a line each."""

from array import array

from returns.result import Failure, Result, Success

from cohort_membership.load.csv_text import nul_fault
from cohort_membership.load.faults import Faults
from cohort_membership.load.lines import LinePlaces, lines_of
from cohort_membership.spec import Levels


def parse_txt(text: str, file: str) -> Result[Levels, Faults]:
    r"""The lines that hold anything, stripped.

    >>> parse_txt("depth\n\n  fjord \n", "a.txt").unwrap().texts
    ('depth', 'fjord')
    """
    nul = nul_fault(text, file)
    if nul:
        return Failure((nul,))
    texts: list[str] = []
    lines = array("I")
    for number, line in enumerate(lines_of(text), start=1):
        stripped = line.strip()
        if stripped:
            texts.append(stripped)
            lines.append(number)
    return Success(Levels(tuple(texts), LinePlaces(file, lines)))
