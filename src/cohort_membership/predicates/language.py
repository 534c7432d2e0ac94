"""The words of a predicate: its tree, the names that it uses, and what can be wrong in it."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in a predicate, and where: `start` and `stop` count characters of its text."""

    start: int
    stop: int
    detail: str
    suggestion: str | None = None
    """The nearest thing that there is: a name, a function, an operator."""
    remedy: str | None = None
    """What to write instead."""


class Kind(Enum):
    """What a part of a predicate gives; the value is how a message says it."""

    TEXT = "text"
    WHOLE = "a whole number"
    DOUBLE = "a decimal number"
    TRUTH = "a condition"


@dataclass(frozen=True, slots=True)
class Axis:
    """A name that a predicate may use: text or a whole number, and the attributes of its catalog."""

    kind: Kind = Kind.TEXT
    attributes: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Name:
    """An axis, or an attribute of the level that an axis has."""

    start: int
    stop: int
    axis: str
    attribute: str | None
    quoted: bool
    depth: int = 1

    @property
    def column(self) -> str:
        """The column of a frame that holds it: `axis`, or `axis.attribute`."""
        return self.axis if self.attribute is None else f"{self.axis}.{self.attribute}"


@dataclass(frozen=True, slots=True)
class Literal:
    """A text or a number that is written out; None is the word NULL."""

    start: int
    stop: int
    value: str | int | float | None
    depth: int = 1


@dataclass(frozen=True, slots=True)
class Term:
    """An operator or a function, in capitals, and what it is applied to."""

    start: int
    stop: int
    operator: str
    operands: "tuple[Node, ...]"
    type_name: str | None = None
    """The type of a CAST, as written."""
    depth: int = field(init=False)

    def __post_init__(self) -> None:
        # Counted as the tree grows, from the leaves: no walk has to go deep to find out.
        object.__setattr__(self, "depth", 1 + max((one.depth for one in self.operands), default=0))


Node: TypeAlias = Name | Literal | Term


@dataclass(frozen=True, slots=True)
class Predicate:
    """A condition that was read, and not judged yet."""

    text: str
    root: Node = field(repr=False)

    @property
    def names(self) -> tuple[Name, ...]:
        """Every axis and attribute that it uses, each time it does, in source order."""
        return tuple(sorted(_names(self.root), key=lambda one: one.start))

    def source(self, node: Node, most: int = 60) -> str:
        """The text of a part of it, on one line, cut where it is long."""
        text = " ".join(self.text[node.start : node.stop].split())
        return text if len(text) <= most else f"{text[: most - 1]}…"


@dataclass(frozen=True, slots=True)
class Condition:
    """A predicate that was judged: each of its names is known, and each operator gets what it takes."""

    predicate: Predicate
    kinds: Mapping[str, Kind] = field(repr=False)
    """The columns that a frame must have, by name, with what each holds."""

    aliases: Mapping[str, str] = field(repr=False)

    def column(self, name: Name) -> str:
        """The column of a frame that holds what the name stands for."""
        return replace(name, axis=self.aliases.get(name.axis, name.axis)).column

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that a frame must have: `axis` and `axis.attribute`, in order of first use."""
        return tuple(self.kinds)


def _names(root: Node) -> Iterator[Name]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Name):
            yield node
        elif isinstance(node, Term):
            waiting.extend(node.operands)
