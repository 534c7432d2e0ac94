"""What a cohort asks for: axes, levels and rules, each with its place in the spec's files.

A `Spec` is what the text says, decoded but not yet judged: `validate` judges it. What could not be
decoded is left out and named in `Spec.problems`; what it hides is marked, so that nothing which
merely follows from a problem is reported beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from cohort_membership.problems import Location, Problems

# ------------------------------------------------------- documents, as parsed


@dataclass(frozen=True, slots=True)
class Scalar:
    """One text of a document. `is_null` tells a null (an empty place, `~`, `null`) from text."""

    text: str
    location: Location | None = None
    is_null: bool = False


@dataclass(frozen=True, slots=True)
class List:
    items: "tuple[Node, ...]"
    location: Location | None = None


@dataclass(frozen=True, slots=True)
class Map:
    """Keys are unique within a map."""

    entries: "tuple[tuple[Scalar, Node], ...]"
    location: Location | None = None


Node: TypeAlias = Scalar | List | Map
"""A document, or a part of one, that knows its place."""

# ----------------------------------------------------------- what a spec holds


@dataclass(frozen=True, slots=True)
class Levels:
    """Texts in the order given, stripped, none empty; `places[i]` is where `texts[i]` stands.

    `places` may compute a location when asked, so that a long included file costs a number a level.
    """

    texts: tuple[str, ...]
    places: Sequence[Location | None]


Cell: TypeAlias = str | tuple[str, ...]
"""A level, or the level of a tuple: its levels in the tuple's order."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of cells, as given; `places[i][j]` is where cell j of row i stands.

    `flat` rows come from a CSV file, where the level of a tuple is spread over several cells.
    """

    rows: tuple[tuple[Cell, ...], ...]
    places: Sequence[Sequence[Location | None]]
    flat: bool = False


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis as declared: `name` as written (it may be an older name), `levels` with repeats.

    `is_clear` is false where a problem hides some of its levels.
    """

    name: Scalar
    levels: Levels
    is_clear: bool = True


@dataclass(frozen=True, slots=True)
class SubsetRule:
    """Keep the levels of `axis` that are listed, in the axis's order."""

    where: str
    axis: Scalar
    keep: Levels


@dataclass(frozen=True, slots=True)
class TieRule:
    """All `axes` take the same level; `name` may be one of them, and decides their place."""

    where: str
    name: Scalar
    axes: tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class PairRule:
    """`left` and `right` (axes, or earlier rules by name) take the allowed pairs, in that order."""

    where: str
    name: Scalar
    left: Scalar
    right: Scalar
    allowed: Rows
    balance: Literal["left", "right", "both"] | None = None
    balance_at: Location | None = None


@dataclass(frozen=True, slots=True)
class TupleRule:
    """The listed rows replace `axes`, which are declared nowhere else."""

    where: str
    name: Scalar
    axes: tuple[Scalar, ...]
    items: Rows


@dataclass(frozen=True, slots=True)
class UnclearRule:
    """A rule that a problem hides. It may have touched `names`; any name at all where None."""

    where: str
    names: tuple[str, ...] | None


Rule: TypeAlias = SubsetRule | TieRule | PairRule | TupleRule | UnclearRule


@dataclass(frozen=True, slots=True)
class Spec:
    """A decoded spec: axes in declaration order, rules in the order they apply.

    `axes_at` is the place of the `axes` key. `axes_clear` is false where not even the names of all
    axes are known. `digest` is the SHA-256 of the bundle: the config file and what it includes.
    """

    axes: tuple[Axis, ...]
    rules: tuple[Rule, ...] = ()
    field_order: tuple[Scalar, ...] = ()
    axes_at: Location | None = None
    axes_clear: bool = True
    digest: str = ""
    problems: Problems = field(default=())
