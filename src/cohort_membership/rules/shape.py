"""The shapes that parts of a rule or of an experiment may have.

Decoders read their keys here, and the schemas for editors too.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias


class Part(Enum):
    """A part that has no keys of its own."""

    # of a rule
    LEVELS = "levels of an axis: a list, an include, or what a catalog answers"
    ANY_LEVELS = "as levels, and the list may be empty"
    LEVELS_BY_LEVEL = "a map from levels to levels"
    AXIS = "an axis, or the name of an earlier rule"
    AXES = "a list of axes or names of earlier rules, or an include"
    GIVEN_AXIS = "an axis of the experiment, which the rule provides"
    GIVEN_AXES = "a list of axes of the experiment, which the rule provides, or an include"
    PAIRS = "rows of two cells, each a level or the list of a tuple's levels, or an include"
    ROWS = "rows of levels, or an include"
    STAGE = "a stage of the experiment"
    IDS = "a list of ids of generations, or an include"
    PREDICATE = "a predicate"
    # of an experiment
    NAME = "a name of a stage, a column or an axis"
    NAMES = "a list of names, which may be empty"
    COLUMN = "a name of a column that a stage may have"
    ADDED_COLUMN = "a name of a column that may come later"
    PREFIX = "what ids begin with"
    TEXT = "any text"
    DEFAULT = "a level that an added axis has where a spec leaves it out"
    LISTED = "a list of levels"
    ANY_LISTED = "a list of levels, which may be empty"
    CATALOG_FILE = "the path of a .csv file below the data root"
    TEXT_FILE = "a path below the data root with {id} in it"
    TABLE_FILES = "the path of a table of results below the data root, or a glob"
    FILE_NAMES = "the name of a file, or a list of names"
    ANY_FILE_NAMES = "as file names, and the list may be empty"
    MARKS = "a mark, or a list of marks"
    ANY_MARKS = "as marks, and the list may be empty"
    LABEL = "a name of any kind"
    AMOUNT = "a number that is not negative"


@dataclass(frozen=True, slots=True)
class Word:
    """One of a few words."""

    known: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Keys:
    """A map with these keys; `optional` ones may be absent or null. `does` tells people what keys do."""

    required: Mapping[str, "Shape"]
    optional: Mapping[str, "Shape"] = field(default_factory=dict)
    does: Mapping[str, str] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """Every key, in the order in which messages list them.

        >>> Keys({"axis": Part.GIVEN_AXIS}, {"otherwise": Part.LEVELS}).names
        ('axis', 'otherwise')
        """
        return (*self.required, *self.optional)


@dataclass(frozen=True, slots=True)
class KeysBy:
    """A map whose keys depend on whether `key` is there and not null: those of `given`, or `otherwise`."""

    key: str
    given: Keys
    otherwise: Keys

    @property
    def names(self) -> tuple[str, ...]:
        """Every key that there may be, in the order in which messages list them.

        >>> KeysBy("table", Keys({"table": Part.TEXT}, {"id": Part.TEXT}), Keys({"done": Part.TEXT})).names
        ('done', 'table', 'id')
        """
        return tuple(dict.fromkeys((*self.otherwise.names, *self.given.names)))

    @property
    def only_given(self) -> tuple[str, ...]:
        """The keys that may stand beside `key` only."""
        return tuple(one for one in self.given.names if one not in self.otherwise.names and one != self.key)

    @property
    def only_otherwise(self) -> tuple[str, ...]:
        """The keys that may not stand beside `key`."""
        return tuple(one for one in self.otherwise.names if one not in self.given.names)


@dataclass(frozen=True, slots=True)
class Named:
    """A map from names of one shape to values of one shape; some `known` names have a value of their own."""

    name: Part
    value: "Shape"
    known: Mapping[str, "Shape"] = field(default_factory=dict)
    may_be_empty: bool = True


@dataclass(frozen=True, slots=True)
class Either:
    """One of several shapes."""

    shapes: tuple["Shape", ...]


Shape: TypeAlias = Part | Word | Keys | KeysBy | Named | Either
