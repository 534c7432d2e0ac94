"""JSON text (RFC 8259, no extension) to a tree of nodes that know their places, without recursion.

`json.loads` keeps no places, recurses on nesting and lets `NaN` pass; so the text is read token by
token. What is accepted, and every text, is as `json.loads` has it (the tests prove that).
"""

import json
import re
from collections.abc import Mapping

from returns.result import Result

from cohort_membership.document import Node, Scalar, quoted
from cohort_membership.load.text.faults import Fault, Faults
from cohort_membership.load.text.tree import Grown, Nodes, Tree
from cohort_membership.problems import Location

_INSIDE = r'[^"\\\x00-\x1f]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*+)*+'
_BLANK = r"[ \t\r\n]*+"
_TOKEN = re.compile(
    rf'{_BLANK}(?:(?P<string>"{_INSIDE}")'
    r"|(?P<mark>[\[\]{},:])"
    r"|(?P<bare>-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?|true|false|null)"
    r"|(?P<end>\Z)"
    rf'|(?P<broken>"{_INSIDE})'
    r"|(?P<word>\w++|.))",
    re.DOTALL,
)
_BREAK = re.compile(r"\r\n?|\n")


class _Expect:
    """What may stand next, in words."""

    VALUE = "a value"
    ITEM_OR_END = "a value or ']'"
    KEY = "a key in double quotes"
    KEY_OR_END = "a key in double quotes or '}'"
    COLON = "':'"
    NEXT_ITEM = "',' or ']'"
    NEXT_ENTRY = "',' or '}'"
    END = "the end of the text"


_OPENERS = frozenset({"[", "{"})
_SCALARS = frozenset({"string", "bare"})
_SEPARATORS = frozenset({",", ":"})
_VALUES = _SCALARS | _OPENERS
_ALLOWED: Mapping[str, frozenset[str]] = {
    _Expect.VALUE: _VALUES,
    _Expect.ITEM_OR_END: _VALUES | {"]"},
    _Expect.KEY: frozenset({"string"}),
    _Expect.KEY_OR_END: frozenset({"string", "}"}),
    _Expect.COLON: frozenset({":"}),
    _Expect.NEXT_ITEM: frozenset({",", "]"}),
    _Expect.NEXT_ENTRY: frozenset({",", "}"}),
    _Expect.END: frozenset({"end"}),
}


def parse_json(text: str, file: str, nodes: Nodes | None = None) -> Result[Node | None, Faults]:
    """The tree of the text's value, or all faults found in it. Numbers are text as written.

    `nodes` is what may be read where documents share a budget.

    >>> parse_json('["depth", 1.50]', "a.json").unwrap().items[1]
    Scalar(text='1.50', location=Location(file='a.json', line=1, column=11, width=4), is_null=False)
    >>> parse_json('["depth",]', "a.json").failure()[0].expected
    'a value'
    """
    reading = _Reading(text, file, nodes)
    for token in _TOKEN.finditer(text):
        reading.take(str(token.lastgroup), token.start(token.lastgroup or 0), token.end())
        if reading.tree.stopped:
            break
    return reading.tree.result()


class _Reading:
    """The tree so far, and what may stand next."""

    def __init__(self, text: str, file: str, nodes: Nodes | None) -> None:
        self.tree = Tree(nodes)
        self._text = text
        self._file = file
        self._expected = _Expect.VALUE
        self._position = 0
        self._line = 1
        self._line_start = 0

    def take(self, group: str, start: int, end: int) -> None:
        """Takes the token that stands from `start` to `end`."""
        found = self._text[start:end]
        kind = found if group == "mark" else group
        if kind == "broken":
            self.tree.report(self._broken_string(start, end), stop=True)
        elif kind not in _ALLOWED[self._expected]:
            got = quoted(found) if found else "the end of the text"
            self.tree.report(Fault(self._expected, got, self._place(start, end)), stop=True)
        elif kind in _SEPARATORS:
            self._expected = _Expect.KEY if self._expected == _Expect.NEXT_ENTRY else _Expect.VALUE
        elif kind in _OPENERS:
            self.tree.open(self._place(start, end), is_map=kind == "{")
            self._expected = _Expect.KEY_OR_END if kind == "{" else _Expect.ITEM_OR_END
        elif kind != "end":
            self._finish(kind, found, start, end)

    def _finish(self, kind: str, found: str, start: int, end: int) -> None:
        """A key or a value that is complete."""
        if kind in _SCALARS:
            self._scalar(kind, found, self._place(start, end))
        else:
            self.tree.close()
        frame = self.tree.innermost
        if frame is None:
            self._expected = _Expect.END
        elif frame.has_key:
            self._expected = _Expect.COLON
        else:
            self._expected = _Expect.NEXT_ENTRY if frame.is_map else _Expect.NEXT_ITEM

    def _scalar(self, kind: str, found: str, at: Location) -> None:
        text = found if kind == "bare" else _text_of(found)
        self.tree.add(Grown(Scalar(text, at, is_null=found == "null")), at)

    def _broken_string(self, start: int, end: int) -> Fault:
        """A string from `start` on that has something at `end` which is no part of one."""
        next_two = self._text[end : end + 2]
        if not next_two:
            got = "none up to the end of the text"
            return Fault("a string with a closing quote", got, self._place(start, start + 1))
        at = self._place(end, end + 1)
        if next_two[0] == "\\":
            return Fault(r"an escape of JSON, such as \n or \u00e9", quoted(next_two), at)
        remedy = r"write it as \n, \t or \u...."
        return Fault("no control character in a string", f"U+{ord(next_two[0]):04X}", at, remedy)

    def _place(self, start: int, end: int) -> Location:
        """The place of a token; tokens come in order, so lines are counted between them."""
        for found in _BREAK.finditer(self._text, self._position, start):
            self._line += 1
            self._line_start = found.end()
        self._position = start
        return Location(self._file, self._line, start - self._line_start + 1, end - start or 1)


def _text_of(string: str) -> str:
    """The text that a string token means."""
    return str(json.loads(string)) if "\\" in string else string[1:-1]
