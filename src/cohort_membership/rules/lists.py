"""Lists of a spec, inline or included: of levels, of names, of rows. Every problem is kept."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from returns.pipeline import is_successful
from returns.result import Result

from cohort_membership.columns import Cell
from cohort_membership.document import List, Node, Scalar, as_a_list, described, quoted
from cohort_membership.problems import (
    Location,
    Problem,
    Problems,
    SpecInvalid,
    counted,
)
from cohort_membership.spec import CatalogQuery, Levels, LevelsGiven, Rows

FILE = "@file:"
CATALOG = "@catalog"


@dataclass(frozen=True, slots=True)
class Included:
    """What an included file holds. `path` is relative to the bundle, and names it in problems.

    `header` are the names of a CSV file's columns; `is_nested` where a cell of a row is a list.
    """

    path: str
    content: Levels | Rows | List
    header: tuple[str, ...] = ()
    is_nested: bool = False

    @property
    def width(self) -> int:
        """How many cells a row has; 1 of levels, 0 where it cannot be told."""
        match self.content:
            case Levels():
                return 1
            case Rows(rows=rows):
                return len(self.header) or len(rows[0])
            case _:
                return 0

    @property
    def shape(self) -> str:
        """How many columns there are, told as got, with the header that was read."""
        columns = counted(self.width, "column")
        if not self.header:
            return columns
        is_odd = self.width == 1 and _SEPARATOR.search(self.header[0])
        separated = ", and columns are separated by ','" if is_odd else ""
        return f"{columns} (the header is {quoted(','.join(self.header))}{separated})"


_SEPARATOR = re.compile("[;\t|]")
"""What separates columns elsewhere."""


Includes = Mapping[str, Result[Included, Problems]]
"""What each include gave, by its path as written. A problem without a place stands at the reference."""


def reference(node: Node) -> str | None:
    """The path that the node includes, as written; None if it is no include.

    >>> reference(Scalar("@file:items/judges.csv"))
    'items/judges.csv'
    """
    text = _written(node)
    return text.removeprefix(FILE).strip() if text.startswith(FILE) else None


def catalog_query(node: Node) -> CatalogQuery | None:
    """The question to a catalog that the node asks; None if it is none.

    >>> catalog_query(Scalar("@catalog: tier = 'free'")).predicate
    "tier = 'free'"
    >>> catalog_query(Scalar("@catalog")).predicate is None
    True
    """
    text = _written(node)
    if text == CATALOG:
        return CatalogQuery(None, node.location)
    predicate = text.removeprefix(f"{CATALOG}:")
    return None if predicate == text else CatalogQuery(predicate.strip(), node.location)


def _written(node: Node) -> str:
    return node.text.strip() if isinstance(node, Scalar) and not node.is_null else ""


@dataclass(frozen=True, slots=True)
class Given:
    """A list that was given. `at` is its place, which for an include is the reference.

    An inline list counts as included from no path.
    """

    included: Included
    at: Location | None
    where: str


class Lists:
    """Decodes lists; keeps the `problems`, and the includes that were `wanted` and not there."""

    def __init__(self, includes: Includes) -> None:
        self.problems: list[Problem] = []
        self.wanted: dict[str, None] = {}
        self._includes = includes

    def invalid(
        self, at: Location | None, where: str, expected: str, got: str, suggestion: str | None = None
    ) -> None:
        """Keeps a `spec-invalid`."""
        self.problems.append(
            SpecInvalid(location=at, where=where, expected=expected, got=got, suggestion=suggestion)
        )

    def text(self, node: Node, where: str, expected: str) -> Scalar | None:
        """The text, stripped; None, with a problem, for anything else."""
        text = _text(node)
        if text is None:
            self.invalid(node.location, where, expected, _got(node))
            return None
        return Scalar(text, node.location)

    def levels(self, node: Node, where: str, *, may_be_empty: bool = False) -> tuple[LevelsGiven, bool]:
        """The levels of an axis that could be read, or are asked of its catalog; whether these are all."""
        query, instead = catalog_query(node), f"{as_a_list(node)}, '{CATALOG}'"
        return (query, True) if query else self._texts(node, where, "a level", may_be_empty, instead)

    def _texts(
        self, node: Node, where: str, noun: str, may_be_empty: bool, instead: str = ""
    ) -> tuple[Levels, bool]:
        """The texts that could be read, and whether these are all. `noun` names one of them."""
        given = self._given(node, where, f"a list with {noun} each{instead}")
        if given is None:
            return Levels((), ()), False
        levels, is_clear = self._levels(given, noun)
        if is_clear and not levels.texts and not may_be_empty:
            self.invalid(given.at, where, f"a list with at least {_one(noun)}", "an empty one")
            return levels, False
        return levels, is_clear

    def names(self, node: Node, where: str, *, may_be_empty: bool = False) -> tuple[tuple[Scalar, ...], bool]:
        """As `levels`, of axes, each with its place."""
        levels, is_clear = self._texts(node, where, "an axis", may_be_empty)
        return tuple(map(Scalar, levels.texts, levels.places)), is_clear

    def pairs(self, node: Node, where: str) -> Rows | None:
        """At least one row of two cells, each a level or the list of a tuple's levels.

        None if a problem hides them all; not clear where it hides some.
        """
        given = self._given(node, where, "a list of pairs")
        return None if given is None else self._some(given, self._pairs_of(given))

    def rows(self, node: Node, where: str, width: int | None) -> Rows | None:
        """As `pairs`: at least one row of `width` levels (any width where None)."""
        given = self._given(node, where, "a list of rows")
        return None if given is None else self._some(given, self._rows_of(given, width))

    def _some(self, given: Given, rows: Rows | None) -> Rows | None:
        if rows and not rows.rows:
            self.invalid(given.at, given.where, "a list with at least one row", "an empty one")
            return None
        return rows

    def _pairs_of(self, given: Given) -> Rows | None:
        match given.included.content:
            case Rows(flat=flat) as rows if flat or given.included.width == 2:
                return rows
            case Rows() | Levels():
                self._misfit(given, "two columns, one a side", given.included.shape)
                return None
            case rows:
                return self._rows(given, rows, width=2, is_nested=True)

    def _rows_of(self, given: Given, width: int | None) -> Rows | None:
        match given.included.content:
            case List() as rows:
                return self._rows(given, rows, width, is_nested=False)
            case Levels(texts=texts, places=places):
                if width not in (None, 1):
                    self._misfit(given, f"{width} columns, one an axis", given.included.shape)
                    return None
                return Rows(tuple((text,) for text in texts), tuple((place,) for place in places))
            case rows:
                if given.included.is_nested:
                    self._misfit(given, "rows of levels", "rows of lists")
                elif width in (None, given.included.width):
                    return rows
                else:
                    self._misfit(given, f"{counted(width, 'column')}, one an axis", given.included.shape)
                return None

    def _given(self, node: Node, where: str, expected: str) -> Given | None:
        if isinstance(node, List):
            return Given(Included("", node), node.location, where)
        written = reference(node)
        if written is None:
            self.invalid(node.location, where, f"{expected}, or '{FILE}...'", described(node))
            return None
        if written not in self._includes:
            self.wanted[written] = None
            self.invalid(node.location, where, f"{expected}, as no file is read here", described(node))
            return None
        result = self._includes[written]
        if not is_successful(result):
            self.problems.extend(
                replace(problem, location=problem.location or node.location) for problem in result.failure()
            )
            return None
        return Given(result.unwrap(), node.location, where)

    def _levels(self, given: Given, noun: str) -> tuple[Levels, bool]:
        match given.included.content:
            case Levels() as levels:
                return levels, True
            case Rows():
                self._misfit(given, "one column", given.included.shape)
                return Levels((), ()), False
            case given_list:
                items = given_list.items
                texts = [(text, item.location) for item in items if (text := self._level(given, item, noun))]
                levels = Levels(tuple(text for text, _ in texts), tuple(place for _, place in texts))
                return levels, len(texts) == len(items)

    def _level(self, given: Given, node: Node, noun: str) -> str | None:
        text = _text(node)
        if text is None:
            self._blame(given, node, noun, _got(node))
        return text

    def _rows(self, given: Given, rows: List, width: int | None, *, is_nested: bool) -> Rows | None:
        read = [self._row(given, row, width, is_nested=is_nested) for row in rows.items]
        whole = [row for row in read if row is not None]
        if read and not whole:
            return None
        return Rows(
            tuple(tuple(cell for cell, _ in row) for row in whole),
            tuple(tuple(place for _, place in row) for row in whole),
            is_clear=len(whole) == len(read),
        )

    def _row(
        self, given: Given, row: Node, width: int | None, *, is_nested: bool
    ) -> list[tuple[Cell, Location | None]] | None:
        if not isinstance(row, List):
            self._blame(given, row, "a list for each row", _got(row))
            return None
        if width is not None and len(row.items) != width:
            self._blame(given, row, f"a row with {counted(width, 'cell')}", f"{len(row.items)}")
            return None
        cells = [(self._cell(given, cell, is_nested=is_nested), cell.location) for cell in row.items]
        read = [(cell, place) for cell, place in cells if cell is not None]
        return read if len(read) == len(cells) else None

    def _cell(self, given: Given, node: Node, *, is_nested: bool) -> Cell | None:
        if not is_nested or not isinstance(node, List):
            return self._level(given, node, "a level")
        if not node.items:
            self._blame(given, node, "a level, or the list of a tuple's levels", "an empty list")
            return None
        texts = [self._level(given, item, "a level") for item in node.items]
        read = tuple(text for text in texts if text is not None)
        return read if len(read) == len(texts) else None

    def _blame(self, given: Given, node: Node, expected: str, got: str) -> None:
        """A problem with one part of a list, where it stands, be that in an included file."""
        path = given.included.path
        self.invalid(node.location, f"include {path!r}" if path else given.where, expected, got)

    def _misfit(self, given: Given, expected: str, got: str) -> None:
        """A problem with an included list as a whole, which is in order but serves elsewhere."""
        self.invalid(given.at, given.where, expected, f"{got} in {given.included.path!r}")


def _text(node: Node) -> str | None:
    """The text of a level or a name, stripped; None where the node is none."""
    return None if _stands_for_a_list(node) else _written(node) or None


def _got(node: Node) -> str:
    if _stands_for_a_list(node):
        return f"{described(node)}, which stands for a whole list"
    return described(node)


def _stands_for_a_list(node: Node) -> bool:
    return reference(node) is not None or catalog_query(node) is not None


def _one(noun: str) -> str:
    return "one " + noun.split(" ", 1)[1]
