"""The stages as a picture: boxes, and strands from each parent to its child, as many as it has children.

All is geometry in the units of the picture's `viewBox`; the template draws it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

MOST_STRANDS = 9
WIDEST = 900
"""A picture that would be wider is drawn from top to bottom everywhere."""

_BOX, _HEIGHT, _GAP, _ROW = 152, 56, 84, 76
_NARROW, _INDENT, _DEEPEST = 344, 40, 180
_CHARACTER = 9
"""The width of a character of a name, at most."""


@dataclass(frozen=True, slots=True)
class Node:
    """A stage, or the subject, with its generations and how many there are of each of its parent's."""

    name: str
    parent: str | None
    count: int
    times: str
    fan_out: float


@dataclass(frozen=True, slots=True)
class Box:
    x: float
    y: float
    width: float
    height: float
    name: str
    label: str
    count: int
    times: str
    is_subject: bool


@dataclass(frozen=True, slots=True)
class Flow:
    """`strands` are SVG path data."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    strands: tuple[str, ...]


def wide_flow(nodes: Sequence[Node]) -> Flow | None:
    """From left to right, a column a depth; None where that is too wide.

    >>> flow = wide_flow([Node("q", None, 2, "", 1), Node("answer", "q", 6, "×3", 3)])
    >>> [(box.name, box.x) for box in flow.boxes], len(flow.strands)
    ([('q', 0), ('answer', 236)], 3)
    """
    depths, rows = _depths(nodes), _rows(nodes)
    width = (max(depths.values()) + 1) * (_BOX + _GAP) - _GAP
    if width > WIDEST:
        return None
    boxes = {
        one.name: _box(one, depths[one.name] * (_BOX + _GAP), rows[one.name] * _ROW, _BOX) for one in nodes
    }
    strands = tuple(
        path for one in nodes if one.parent for path in _across(one, boxes[one.parent], boxes[one.name])
    )
    return Flow(width, (max(rows.values()) + 1) * _ROW - _ROW + _HEIGHT, tuple(boxes.values()), strands)


def narrow_flow(nodes: Sequence[Node]) -> Flow:
    """From top to bottom, a row a stage, children indented below their parent.

    >>> flow = narrow_flow([Node("q", None, 2, "", 1), Node("answer", "q", 6, "×3", 3)])
    >>> [(box.name, box.x, box.y) for box in flow.boxes]
    [('q', 0, 0), ('answer', 40, 76)]
    """
    depths = _depths(nodes)
    indent = min(_INDENT, _DEEPEST / max(1, *depths.values()))
    boxes: dict[str, Box] = {}
    for row, one in enumerate(_family(nodes, None)):
        x = depths[one.name] * indent
        boxes[one.name] = _box(one, x, row * _ROW, _NARROW - x)
    strands = tuple(
        path for one in nodes if one.parent for path in _down(one, boxes[one.parent], boxes[one.name], indent)
    )
    return Flow(_NARROW, len(nodes) * _ROW - _ROW + _HEIGHT, tuple(boxes.values()), strands)


def _depths(nodes: Sequence[Node]) -> Mapping[str, int]:
    depths: dict[str, int] = {}
    for one in nodes:
        depths[one.name] = 0 if one.parent is None else depths[one.parent] + 1
    return depths


def _family(nodes: Sequence[Node], parent: str | None) -> Iterator[Node]:
    """Each node of a parent, followed by its own."""
    for one in nodes:
        if one.parent == parent:
            yield one
            yield from _family(nodes, one.name)


def _rows(nodes: Sequence[Node]) -> Mapping[str, float]:
    """Where each stands from top to bottom: the last ones below each other, a parent amid its children."""
    rows: dict[str, float] = {}
    parents = {one.parent for one in nodes}
    leaves = [one.name for one in _family(nodes, None) if one.name not in parents]
    rows.update({name: float(place) for place, name in enumerate(leaves)})
    for one in reversed(nodes):
        own = [rows[child.name] for child in nodes if child.parent == one.name]
        if own:
            rows[one.name] = (own[0] + own[-1]) / 2
    return rows


def _box(node: Node, x: float, y: float, width: float) -> Box:
    room = int((width - 24) / _CHARACTER)
    label = node.name if len(node.name) <= room else f"{node.name[: room - 1]}…"
    return Box(
        *(x, y, width, _HEIGHT, node.name, label, node.count, node.times),
        is_subject=node.parent is None,
    )


def _spread(node: Node, room: float) -> tuple[float, ...]:
    """How far from the middle each strand ends."""
    count = min(max(1, ceil(node.fan_out)), MOST_STRANDS)
    step = 0.0 if count == 1 else min(room / (count - 1), 9)
    return tuple((place - (count - 1) / 2) * step for place in range(count))


def _across(node: Node, parent: Box, child: Box) -> Iterator[str]:
    x, y = parent.x + parent.width, parent.y + parent.height / 2
    to_x, to_y = child.x, child.y + child.height / 2
    half = (x + to_x) / 2
    for off in _spread(node, child.height - 12):
        yield f"M{x:g} {y:g}C{half:g} {y:g} {half:g} {to_y + off:g} {to_x:g} {to_y + off:g}"


def _down(node: Node, parent: Box, child: Box, indent: float) -> Iterator[str]:
    x, y = parent.x + indent / 3, parent.y + parent.height
    to_y = child.y + child.height / 2
    for off in _spread(node, child.height - 12):
        end = f"{child.x:g} {to_y + off:g}"
        yield f"M{x:g} {y:g}V{child.y:g}C{x:g} {to_y + off:g} {x:g} {to_y + off:g} {end}"
