"""The list of an included YAML or JSON file, judged once, however many rules use it."""

from collections.abc import Iterator
from itertools import islice

from returns.result import Failure, Result, Success

from cohort_membership.columns import Cell
from cohort_membership.document import List, Node, Scalar, described
from cohort_membership.load.text.faults import MAX_FAULTS
from cohort_membership.problems import Location, Problem, Problems, SpecInvalid, counted
from cohort_membership.spec import Levels, Rows


def listed(root: List, path: str) -> Result[Levels | Rows | List, Problems]:
    """Levels, or rows where the first item is a list; what is wrong with either, `spec-invalid` each.

    Rows are equally wide, and their cells levels or lists of levels. An empty list stays what it is: it
    may be either.

    >>> listed(List((Scalar("depth"), Scalar(" fjord "))), "judges.yaml").unwrap().texts
    ('depth', 'fjord')
    >>> [problem.got for problem in listed(List((Scalar("depth"), List(()))), "judges.yaml").failure()]
    ['a list']
    """
    first = root.items[0] if root.items else None
    if first is None:
        return Success(root)
    is_rows = isinstance(first, List)
    width = len(first.items) if isinstance(first, List) else 0
    told = _row_problems(root, path, width) if is_rows else _level_problems(root.items, path)
    problems = tuple(islice(told, MAX_FAULTS))
    if problems:
        return Failure(problems)
    return Success(_rows(root) if is_rows else _levels(root))


def _levels(root: List) -> Levels:
    return Levels(tuple(map(_text, root.items)), tuple(item.location for item in root.items))


def _rows(root: List) -> Rows:
    rows = [row.items for row in root.items if isinstance(row, List)]
    return Rows(
        tuple(tuple(map(_cell, cells)) for cells in rows),
        tuple(tuple(cell.location for cell in cells) for cells in rows),
    )


def _cell(node: Node) -> Cell:
    return tuple(map(_text, node.items)) if isinstance(node, List) else _text(node)


def _text(node: Node) -> str:
    """The text of a level, stripped; empty where it is none."""
    if not isinstance(node, Scalar) or node.is_null:
        return ""
    text = node.text.strip()
    return "" if _stands_for_a_list(text) else text


def _stands_for_a_list(text: str) -> bool:
    return text == "@catalog" or text.startswith(("@file:", "@catalog:"))


def _level_problems(items: tuple[Node, ...], path: str) -> Iterator[Problem]:
    for item in items:
        if not _text(item):
            yield _wrong(item.location, path, "a level", _got(item))


def _row_problems(root: List, path: str, width: int) -> Iterator[Problem]:
    for row in root.items:
        if not isinstance(row, List):
            yield _wrong(row.location, path, "a list for each row", _got(row))
        elif len(row.items) != width or not width:
            expected = f"a row with {counted(width, 'cell')}, as the first" if width else "a row with cells"
            yield _wrong(row.location, path, expected, f"{len(row.items)}")
        else:
            yield from _cell_problems(row, path)


def _cell_problems(row: List, path: str) -> Iterator[Problem]:
    for cell in row.items:
        if not isinstance(cell, List):
            yield from _level_problems((cell,), path)
        elif cell.items:
            yield from _level_problems(cell.items, path)
        else:
            expected = "a level, or the list of a tuple's levels"
            yield _wrong(cell.location, path, expected, "an empty list")


def _wrong(at: Location | None, path: str, expected: str, got: str) -> Problem:
    return SpecInvalid(location=at, where=f"include {path!r}", expected=expected, got=got)


def _got(node: Node) -> str:
    told = described(node)
    is_reference = isinstance(node, Scalar) and not node.is_null and _stands_for_a_list(node.text.strip())
    return f"{told}, which stands for a whole list" if is_reference else told
