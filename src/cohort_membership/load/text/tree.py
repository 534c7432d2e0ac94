"""Grows the tree of a document from its events, one at a time, without recursion.

The limits of the contract hold here, for every format: nesting, nodes with aliases expanded, and a
key once in its map.
"""

import re
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from returns.result import Failure, Result, Success

from cohort_membership.document import List, Map, Node, Scalar, quoted
from cohort_membership.load.text.faults import MAX_FAULTS, Fault, Faults
from cohort_membership.problems import Location

_SURROGATE = re.compile("[\ud800-\udfff]")

MAX_DEPTH = 64
MAX_NODES = 1_000_000


class Nodes:
    """How many more nodes may be read: documents share it, so that many are no more work than one."""

    def __init__(self) -> None:
        self.left = MAX_NODES

    @property
    def are_spent(self) -> bool:
        return self.left < 0


class Grown(NamedTuple):
    """A whole node: how many nodes it holds and how many levels deep, with aliases expanded."""

    node: Node
    size: int = 1
    height: int = 0


@dataclass(slots=True)
class Frame:
    """A list or a map that is still open. `has_key` is true between a key and its value."""

    at: Location | None
    is_map: bool
    items: list[Node] = field(default_factory=list)
    keys: list[Scalar] = field(default_factory=list)
    seen: dict[str, Location | None] = field(default_factory=dict)
    has_key: bool = False
    size: int = 1
    height: int = 1

    def closed(self) -> Grown:
        node: Node
        if self.is_map:
            node = Map(tuple(zip(self.keys, self.items, strict=True)), self.at)
        else:
            node = List(tuple(self.items), self.at)
        return Grown(node, self.size, self.height)


class Tree:
    """A document that grows. It is `stopped` where reading on would be useless or dangerous.

    >>> tree = Tree()
    >>> frame = tree.open(None, is_map=False)
    >>> tree.add(Grown(Scalar("depth")), None)
    >>> whole = tree.close()
    >>> tree.result().unwrap()
    List(items=(Scalar(text='depth', location=None, is_null=False),), location=None)
    """

    def __init__(self, nodes: Nodes | None = None) -> None:
        self.stopped = False
        self._faults: list[Fault] = []
        self._frames: list[Frame] = []
        self._root: Node | None = None
        self._nodes = nodes or Nodes()

    @property
    def innermost(self) -> Frame | None:
        """The open list or map that the next node goes into."""
        return self._frames[-1] if self._frames else None

    def open(self, at: Location | None, *, is_map: bool) -> Frame:
        """Begins a list or a map."""
        self._count(1, height=1, at=at)
        self._frames.append(Frame(at, is_map))
        return self._frames[-1]

    def close(self) -> Grown:
        """Ends the innermost list or map, and puts it where it stands."""
        grown = self._frames.pop().closed()
        self._place(grown, grown.node.location)
        return grown

    def add(self, grown: Grown, at: Location | None) -> None:
        """Puts a whole node at `at`, which for an alias is not the node's own place."""
        self._count(grown.size, height=grown.height, at=at)
        node = grown.node
        if isinstance(node, Scalar) and not node.text.isascii() and _SURROGATE.search(node.text):
            self.report(Fault("text", "half of a surrogate pair", at))
        self._place(grown, at)

    def report(self, fault: Fault, *, stop: bool = False) -> None:
        """Keeps what is wrong with the document."""
        self._faults.append(fault)
        self.stopped = self.stopped or stop or len(self._faults) >= MAX_FAULTS

    def result(self) -> Result[Node | None, Faults]:
        """The document (None: there is none in the text), or all that is wrong with it."""
        return Failure(tuple(self._faults)) if self._faults else Success(self._root)

    def _count(self, size: int, *, height: int, at: Location | None) -> None:
        self._nodes.left -= size
        if len(self._frames) + height > MAX_DEPTH:
            self.report(too_deep(at), stop=True)
        elif self._nodes.are_spent:
            expected = f"at most {MAX_NODES:,} nodes in all, with aliases expanded"
            self.report(Fault(expected, "more", at, "put a long list into a .csv or .txt file"), stop=True)

    def _place(self, grown: Grown, at: Location | None) -> None:
        if not self._frames:
            self._root = grown.node
            return
        frame = self._frames[-1]
        frame.size += grown.size
        frame.height = max(frame.height, grown.height + 1)
        if frame.is_map and not frame.has_key:
            frame.keys.append(self._key(frame, grown.node, at))
            frame.has_key = True
        else:
            frame.items.append(grown.node)
            frame.has_key = False

    def _key(self, frame: Frame, node: Node, at: Location | None) -> Scalar:
        if not isinstance(node, Scalar):
            self.report(Fault("a text as a key", "a list" if isinstance(node, List) else "a map", at))
            return Scalar("", at)
        if node.text in frame.seen:
            first = frame.seen[node.text]
            got = f"{quoted(node.text)} a second time" + (f" (first on line {first.line})" if first else "")
            self.report(Fault("each key once", got, at))
        frame.seen.setdefault(node.text, at)
        return node if node.location is at else replace(node, location=at)


def too_deep(at: Location | None) -> Fault:
    """Lists and maps in one another, beyond the limit."""
    return Fault(f"lists and maps nested at most {MAX_DEPTH} levels deep", "a deeper one", at)
