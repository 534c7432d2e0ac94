"""What a cohort asks for: axes, levels and rules, each with its place in the spec's files.

A `Spec` is what the text says, decoded but not yet judged: `validate` judges it. What could not be
decoded is left out and named in `Spec.problems`; what it hides is marked, so that nothing which
merely follows from a problem is reported beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias, overload

from cohort_membership.columns import Cell, TextColumn, columns_of
from cohort_membership.document import Scalar
from cohort_membership.problems import Location, Problems, counted

if TYPE_CHECKING:
    from cohort_membership.rules.rule import Rule

# The keys that a spec's maps may have. The decoder and the schema for editors both read them here.
SPEC_KEYS = ("axes", "rules", "designs", "sample", "output")
DESIGN_KEYS = ("axes", "rules")
SAMPLE_KEYS = ("rows", "seed", "by")
OUTPUT_KEYS = ("field_order",)


@dataclass(frozen=True, slots=True)
class Levels:
    """Texts in the order given, stripped, none empty; `places[i]` is where `texts[i]` stands.

    A long included file gives a `TextColumn`, and places that are computed when asked.
    `are_asked` levels are a catalog's answer to a query.
    """

    texts: Sequence[str]
    places: Sequence[Location | None]
    are_asked: bool = False


@dataclass(frozen=True, slots=True)
class CatalogQuery:
    """The levels of an axis's catalog for which `predicate` is true, in its order; all where None."""

    predicate: str | None
    location: Location | None = None


LevelsGiven: TypeAlias = Levels | CatalogQuery
"""Levels as a spec gives them: listed, or asked of the catalog."""


def as_levels(given: LevelsGiven) -> Levels:
    """The levels, of a spec whose queries have been answered."""
    if isinstance(given, CatalogQuery):
        raise TypeError("the query has not been answered yet")
    return given


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of cells, as given; `places[i][j]` is where cell j of row i stands.

    `flat` rows come from a CSV file, where the level of a tuple is spread over several cells; they are
    `RowColumns`. `is_clear` is false where a problem hides some of the rows.
    """

    rows: Sequence[tuple[Cell, ...]]
    places: Sequence[Sequence[Location | None]]
    flat: bool = False
    is_clear: bool = True

    def column(self, number: int) -> Levels:
        """The cells of one column, of rows that hold levels only."""
        return Levels(TextColumn(columns_of(self.rows)[number]), ColumnPlaces(self.places, number))


@dataclass(frozen=True, slots=True)
class ColumnPlaces(Sequence[Location | None]):
    """The places of one column of rows, looked up when asked."""

    places: Sequence[Sequence[Location | None]]
    number: int

    def __len__(self) -> int:
        return len(self.places)

    @overload
    def __getitem__(self, index: int) -> Location | None: ...

    @overload
    def __getitem__(self, index: slice) -> "ColumnPlaces": ...

    def __getitem__(self, index: int | slice) -> "Location | ColumnPlaces | None":
        if isinstance(index, slice):
            return ColumnPlaces(self.places[index], self.number)
        return self.places[index][self.number]


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis as declared: `name` as written (it may be an older name), `levels` with repeats.

    `is_clear` is false where a problem hides some of its levels.
    """

    name: Scalar
    levels: LevelsGiven
    is_clear: bool = True


@dataclass(frozen=True, slots=True)
class Design:
    """One of the designs whose union a spec asks for: its own axes and rules, put over the shared ones.

    `is_clear` is false where not even the names of all its axes are known.
    """

    name: Scalar
    axes: tuple[Axis, ...] = ()
    rules: "tuple[Rule, ...]" = ()
    is_clear: bool = True


@dataclass(frozen=True, slots=True)
class Sample:
    """How many rows of the design to keep, of each combination of levels of `by`."""

    rows: int
    seed: int
    by: tuple[Scalar, ...] = ()
    location: Location | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Spec:
    """A decoded spec: axes in declaration order, rules in the order they apply.

    `designs` are those of a union, none where there is but one design. `axes_at` is the place of the
    `axes` key. `axes_clear` is false where not even the names of all axes are known. `digest` is the
    SHA-256 of the bundle: the config file and what it includes.
    """

    axes: tuple[Axis, ...]
    rules: "tuple[Rule, ...]" = ()
    designs: tuple[Design, ...] = ()
    sample: Sample | None = None
    field_order: tuple[Scalar, ...] = ()
    axes_at: Location | None = None
    axes_clear: bool = True
    digest: str = ""
    problems: Problems = field(default=())

    def __repr__(self) -> str:
        axes = ", ".join(axis.name.text for axis in self.axes)
        parts = (axes, counted(len(self.rules), "rule"), counted(len(self.problems), "problem"))
        return f"Spec({'; '.join(part for part in parts if part)})"
