"""YAML text to a tree of nodes that know their places, straight from the parser's events.

Every scalar is text as written, as YAML 1.2's core schema reads names (https://yaml.org/spec/1.2.2,
chapter 10.3): `no`, `on`, `1:30` and `010` stay text, `<<` is a key like any other. PyYAML's composer
is not used: it recurses on nesting, and keeps the last of two equal keys without a word.
"""

import re
from dataclasses import replace
from itertools import islice
from typing import Any

import yaml
from returns.result import Failure, Result

from cohort_membership.document import Node, Scalar, quoted
from cohort_membership.load.text.faults import Fault, Faults
from cohort_membership.load.text.lines import place_at
from cohort_membership.load.text.tree import Frame, Grown, Nodes, Tree, too_deep
from cohort_membership.problems import Location

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_CORE = "tag:yaml.org,2002:"
_SCALAR_TAGS = frozenset({None, "!", *(_CORE + name for name in ("str", "int", "float", "bool", "null"))})
_LIST_TAGS = frozenset({None, "!", _CORE + "seq"})
_MAP_TAGS = frozenset({None, "!", _CORE + "map"})

# What YAML calls printable (chapter 5.1), complemented.
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_REMEDIES = {
    "@": "put it in quotes: '@file:...'",
    "\t": "indent with spaces",
    "`": "put the text in quotes",
    "%": "put the text in quotes",
    ":": "put a text that holds ': ' in quotes",
}


MAX_TAG_LINES = 64
"""Lines that begin with '%TAG': PyYAML compares each with all before it."""

_TAG_LINE = re.compile("^%TAG", re.MULTILINE)


def parse_yaml(text: str, file: str, nodes: Nodes | None = None) -> Result[Node | None, Faults]:
    r"""The tree of the text's only document, or all faults found in it; None for an empty text.

    `nodes` is what may be read where documents share a budget.

    >>> parse_yaml("replicates: [1, no]", "a.yaml").unwrap().entries[0][1].items[1]
    Scalar(text='no', location=Location(file='a.yaml', line=1, column=17, width=2), is_null=False)
    >>> [str(fault.location) for fault in parse_yaml("a: 1\na: 2\na: 3", "a.yaml").failure()]
    ['a.yaml:2:1', 'a.yaml:3:1']
    """
    unprintable = _UNPRINTABLE.search(text)
    if unprintable:
        at = place_at(text, unprintable.start(), file)
        got = f"the control character U+{ord(unprintable.group()):04X}"
        return Failure((Fault("printable text", got, at),))
    one_too_many = next(islice(_TAG_LINE.finditer(text), MAX_TAG_LINES, None), None)
    if one_too_many:
        at = place_at(text, one_too_many.start(), file)
        return Failure((Fault(f"at most {MAX_TAG_LINES} lines that begin with '%TAG'", "more", at),))
    reading = _Reading(file, nodes)
    try:
        for event in yaml.parse(text, Loader=LOADER):
            reading.take(event)
            if reading.tree.stopped:
                break
    except yaml.MarkedYAMLError as error:
        reading.tree.report(_syntax_fault(error, text, file, reading.bracket))
    except (yaml.YAMLError, ValueError) as error:  # such as the Python scanner's, for '\U00110000'
        reading.tree.report(Fault("valid YAML", str(error), Location(file)))
    return reading.tree.result()


class _Reading:
    """The tree so far, and the anchors: an open list or map, or a whole node, by name."""

    def __init__(self, file: str, nodes: Nodes | None) -> None:
        self.tree = Tree(nodes)
        self._file = file
        self._documents = 0
        self._anchors: dict[str, Grown | Frame] = {}
        self._anchored: list[str | None] = []
        self._brackets: list[Location | None] = []

    @property
    def bracket(self) -> Location | None:
        """Where the innermost '[' or '{' stands that is not closed yet."""
        return self._brackets[-1] if self._brackets else None

    def take(self, event: yaml.Event) -> None:
        match event:
            case yaml.ScalarEvent():
                self._scalar(event)
            case yaml.AliasEvent():
                self._alias(event)
            case yaml.SequenceStartEvent():
                self._open(event, is_map=False)
            case yaml.MappingStartEvent():
                self._open(event, is_map=True)
            case yaml.CollectionEndEvent():
                self._close()
            case yaml.DocumentStartEvent():
                self._document(event)
            case _:
                pass

    def _document(self, event: yaml.DocumentStartEvent) -> None:
        self._documents += 1
        if self._documents > 1:
            self.tree.report(Fault("one document", "a second one", self._place(event)), stop=True)

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        at = self._place(event)
        self._check_tag(event.tag, _SCALAR_TAGS, at)
        grown = Grown(Scalar(event.value, at, _is_null(event)))
        if event.anchor is not None:
            self._anchors[event.anchor] = grown
        self.tree.add(grown, at)

    def _open(self, event: yaml.CollectionStartEvent, *, is_map: bool) -> None:
        at = self._place(event)
        self._check_tag(event.tag, _MAP_TAGS if is_map else _LIST_TAGS, at)
        frame = self.tree.open(at, is_map=is_map)
        if event.anchor is not None:
            self._anchors[event.anchor] = frame
        self._anchored.append(event.anchor)
        self._brackets.append(at if event.flow_style else None)

    def _close(self) -> None:
        frame, anchor = self.tree.innermost, self._anchored.pop()
        self._brackets.pop()
        grown = self.tree.close()
        # An anchor may have been given anew inside of what it named first.
        if anchor is not None and self._anchors[anchor] is frame:
            self._anchors[anchor] = grown

    def _alias(self, event: yaml.AliasEvent) -> None:
        at = self._place(event)
        anchor = str(event.anchor)
        named = self._anchors.get(anchor)
        if isinstance(named, Grown):
            # What is wrong with a text is told where it is used; the parts of a list stand where they stand.
            self.tree.add(named._replace(node=replace(named.node, location=at)), at)
            return
        name = quoted(anchor)
        got = f"one of {name}, which is not complete" if named else f"one of {name}, which names nothing yet"
        self.tree.report(Fault("an alias of a complete list, map or text", got, at))
        self.tree.add(Grown(Scalar("", at, is_null=True)), at)

    def _check_tag(self, tag: str | None, known: frozenset[str | None], at: Location) -> None:
        if tag not in known:
            got = f"the tag {quoted(str(tag).replace(_CORE, '!!'))}, which is not supported"
            self.tree.report(Fault("no tag, or one of YAML's core schema", got, at))

    def _place(self, event: Any) -> Location:
        start, end = event.start_mark, event.end_mark
        width = max(end.column - start.column, 1) if end.line == start.line else 1
        return Location(self._file, start.line + 1, start.column + 1, width)


def _is_null(event: yaml.ScalarEvent) -> bool:
    is_plain = event.tag is None and event.implicit[0]
    return event.tag == _CORE + "null" or (is_plain and event.value in _NULLS)


def _syntax_fault(error: yaml.MarkedYAMLError, text: str, file: str, bracket: Location | None) -> Fault:
    """PyYAML's complaint. One about the end of the text points behind its last visible character."""
    mark, problem = error.problem_mark, str(error.problem)
    index = 0 if mark is None else min(mark.index, len(text.rstrip()))
    at = place_at(text, index, file)
    if "nesting depth" in problem:
        return too_deep(at)
    context = ""
    if error.context and error.context_mark:
        opened = error.context_mark
        context = f" ({error.context} that starts at line {opened.line + 1}, column {opened.column + 1})"
    elif error.context:
        context = f" ({error.context})"
    remedy = _remedy(text[index : index + 1], at, bracket)
    return Fault("valid YAML", f"this: {problem}{context}", at, remedy)


def _remedy(found: str, at: Location, bracket: Location | None) -> str | None:
    """What to do about the character that does not fit.

    A bracket that is open since an earlier line, or up to the end, was forgotten.
    """
    known = _REMEDIES.get(found)
    if bracket is None or found in ("@", "`", "%") or (bracket.line == at.line and found.strip()):
        return known
    close = f"close the bracket that opens at line {bracket.line}, column {bracket.column}"
    return f"{close}; or else {known}" if found == ":" else close
