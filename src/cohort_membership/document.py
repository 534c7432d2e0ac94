"""A document as parsed: texts, lists and maps, each with its place in its file."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from cohort_membership.problems import Location


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


def is_null(node: Node | None) -> bool:
    """Whether there is nothing: no node, or a null."""
    return node is None or (isinstance(node, Scalar) and node.is_null)


def described(node: Node | None) -> str:
    """What the node is, to tell it as got.

    >>> described(Scalar("", is_null=True)), described(Scalar("fjord")), described(List(()))
    ('nothing', "'fjord'", 'a list')
    """
    match node:
        case None:
            return "nothing"
        case Scalar(text=text, is_null=is_null):
            return "nothing" if is_null else quoted(text)
        case List():
            return "a list"
        case _:
            return "a map"


def as_a_list(node: Node) -> str:
    """What a single text may have meant as a list: a small number as many replicates, another as itself.

    >>> as_a_list(Scalar("3")), as_a_list(Scalar("fjord")), as_a_list(List(()))
    (', e.g. [1, 2, 3]', ', e.g. [fjord]', '')
    """
    if not isinstance(node, Scalar) or (not node.text.isidentifier() and not node.text.isdecimal()):
        return ""
    number = int(node.text) if node.text.isdecimal() and len(node.text) == 1 else 0
    return f", e.g. [{', '.join(map(str, range(1, number + 1))) or node.text}]"


def quoted(text: str, limit: int = 80) -> str:
    """The text in quotes, with its middle left out where it is long.

    >>> quoted("depth"), quoted("x" * 100, limit=8)
    ("'depth'", "'xxx…xxx'")
    """
    if len(text) <= limit:
        return repr(text)
    half = limit // 2 - 1
    return repr(f"{text[:half]}…{text[-half:]}")


def in_words(names: Iterable[str], last: str = "or") -> str:
    """Names in a sentence.

    >>> in_words(["left", "right", "both"])
    "'left', 'right' or 'both'"
    """
    *most, end = (f"'{name}'" for name in names)
    return f" {last} ".join((", ".join(most), end) if most else (end,))
