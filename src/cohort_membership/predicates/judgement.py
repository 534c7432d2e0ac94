"""Predicates judged: each name is one that there is, and each operator gets what it takes."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal as Choice

from returns.result import Failure, Result, Success

from cohort_membership.predicates.language import (
    Axis,
    Condition,
    Fault,
    Kind,
    Literal,
    Name,
    Node,
    Predicate,
    Term,
)
from cohort_membership.suggest import SUGGESTIONS, nearest

NUMBERS = (Kind.WHOLE, Kind.DOUBLE)
COMPARISONS = ("=", "<>", "<", "<=", ">", ">=")
OTHER_SPELLINGS = MappingProxyType({"!=": "<>", "==": "="})
ARITHMETIC = MappingProxyType({"+": "adds", "-": "subtracts", "*": "multiplies", "/": "divides"})
SIGNS = ("+x", "-x")
FUNCTIONS = MappingProxyType({"LOWER()": Kind.TEXT, "UPPER()": Kind.TEXT, "LENGTH()": Kind.WHOLE})
"""The functions that there are, each of one text, with what it gives."""
CAST = "CAST() AS"
CASTS = MappingProxyType({"INTEGER": Kind.WHOLE, "DOUBLE": Kind.DOUBLE})
OTHER_TYPES = MappingProxyType(
    {
        **dict.fromkeys(("INT", "BIGINT", "SMALLINT", "INT64", "NUMBER"), "INTEGER"),
        **dict.fromkeys(("REAL", "FLOAT", "NUMERIC", "DECIMAL", "FLOAT64"), "DOUBLE"),
    }
)
NO_ALIASES: Mapping[str, str] = MappingProxyType({})


def judge(
    predicate: Predicate,
    known: Mapping[str, Axis],
    *,
    aliases: Mapping[str, str] = NO_ALIASES,
    noun: Choice["axis", "column"] = "axis",
) -> Result[Condition, tuple[Fault, ...]]:
    """The condition that a predicate is over the names that there are; or all that is wrong, in source order.

    `known` holds the axes by name, or for a catalog its columns (`noun="column"`). `aliases` maps an older
    name to the one in `known`; the columns of the condition have the known names.

    >>> from cohort_membership.predicates.grammar import parse
    >>> axes = {"judge": Axis(attributes=("family",)), "turn": Axis(Kind.WHOLE)}
    >>> judge(parse("judge.family = 'm' AND turn > 1").unwrap(), axes).unwrap().columns
    ('judge.family', 'turn')
    >>> fault, = judge(parse("judge.famly = 'm'").unwrap(), axes).failure()
    >>> fault.detail, fault.suggestion
    ("axis 'judge' has no attribute 'famly'", 'family')
    """
    judging = _Judging(predicate, known, aliases, noun)
    kind = judging.kind(predicate.root)
    judging.expect(predicate.root, kind, (Kind.TRUTH,), "a predicate is a condition")
    if judging.faults:
        return Failure(tuple(_once(sorted(judging.faults, key=lambda one: (one.start, one.stop)))))
    return Success(Condition(predicate, judging.kinds, aliases))


def _once(faults: Iterable[Fault]) -> Iterator[Fault]:
    """Each thing that is wrong at the first place where it stands."""
    told: set[tuple[str, str | None]] = set()
    for one in faults:
        if (one.detail, one.remedy) not in told:
            told.add((one.detail, one.remedy))
            yield one


@dataclass(slots=True)
class _Judging:
    predicate: Predicate
    known: Mapping[str, Axis]
    aliases: Mapping[str, str]
    noun: str
    faults: list[Fault] = field(default_factory=list)
    kinds: dict[str, Kind] = field(default_factory=dict)
    missing: dict[str, str | None] = field(default_factory=dict)
    """The names that there are not, with the nearest that there is: each is looked for once."""

    def kind(self, node: Node) -> Kind | None:
        """What the node gives; None where it is at fault, so that nothing follows from that."""
        if isinstance(node, Name):
            return self._name(node)
        if isinstance(node, Literal):
            return self._literal(node)
        kinds = [self.kind(one) for one in node.operands]
        return self._term(node, kinds)

    def expect(self, node: Node, kind: Kind | None, wanted: tuple[Kind, ...], why: str) -> bool:
        if kind is None or kind in wanted:
            return kind is not None
        source = self.predicate.source(node)
        self._fault(node, f"{why}; {source} is {kind.value}", remedy=_remedy(node, source, kind, wanted))
        return False

    def _fault(
        self, node: Node, detail: str, suggestion: str | None = None, remedy: str | None = None
    ) -> None:
        self.faults.append(Fault(node.start, node.stop, detail, suggestion, remedy))

    def _literal(self, node: Literal) -> Kind | None:
        if node.value is None:
            remedy = "write IS NULL or IS NOT NULL"
            self._fault(node, "a comparison with NULL is never true", remedy=remedy)
            return None
        if isinstance(node.value, str):
            return Kind.TEXT
        if isinstance(node.value, int):
            fits, kind = -(2**63) <= node.value < 2**63, Kind.WHOLE
        else:
            fits, kind = math.isfinite(node.value), Kind.DOUBLE
        if not fits:
            self._fault(node, f"the number {self.predicate.source(node)} does not fit in 64 bits")
        return kind if fits else None

    def _name(self, node: Name) -> Kind | None:
        axis = self.aliases.get(node.axis, node.axis)
        found = self.known.get(axis)
        if found is None:
            self._unknown(node)
            return None
        if node.attribute is None:
            self.kinds.setdefault(axis, found.kind)
            return found.kind
        if node.attribute not in found.attributes:
            self._unknown_attribute(node, found)
            return None
        self.kinds[f"{axis}.{node.attribute}"] = Kind.TEXT
        return Kind.TEXT

    def _unknown(self, node: Name) -> None:
        remedy = None
        suggestion = self._nearest(node.axis, self._candidates(node))
        if suggestion is None and node.attribute is None:
            remedy = f"a text stands in single quotes: {_quoted(node.axis)}"
        self._fault(node, f"unknown {self.noun} '{node.axis}'", suggestion, remedy)

    def _candidates(self, node: Name) -> Callable[[], Iterable[str]]:
        """What could be meant: an axis, the axis of a bare attribute, or the attribute itself."""
        owners = [f"{axis}.{node.axis}" for axis, one in self.known.items() if node.axis in one.attributes]
        bare = node.attribute if node.attribute in self.known else None
        meant = bare or (owners[0] if owners and node.attribute is None else None)
        if meant is not None:
            self.missing.setdefault(node.axis, meant)
        return lambda: (*self.known, *self.aliases)

    def _unknown_attribute(self, node: Name, found: Axis) -> None:
        remedy = None
        if node.attribute in self.known and self.noun == "column":
            remedy = f"write {node.attribute} alone"
        elif not found.attributes:
            remedy = f"only the {self.noun} itself can be used"
        name = node.attribute or ""
        suggestion = None if remedy else self._nearest(node.column, lambda: found.attributes, name)
        self._fault(node, f"{self.noun} '{node.axis}' has no attribute '{name}'", suggestion, remedy)

    def _nearest(self, key: str, known: Callable[[], Iterable[str]], name: str | None = None) -> str | None:
        if key not in self.missing:
            if len(self.missing) >= SUGGESTIONS:
                return None
            self.missing[key] = nearest(name or key, known())
        return self.missing[key]

    def _term(self, node: Term, kinds: list[Kind | None]) -> Kind | None:
        operator = node.operator
        if operator in ("AND", "OR", "NOT"):
            for one, kind in zip(node.operands, kinds, strict=True):
                self.expect(one, kind, (Kind.TRUTH,), f"{operator} takes conditions")
            return Kind.TRUTH
        if operator == "IS NULL":
            return Kind.TRUTH
        if operator in OTHER_SPELLINGS:
            suggestion = OTHER_SPELLINGS[operator]
            self._fault(node, f"there is no operator {operator}", suggestion)
            operator = suggestion
        if operator in (*COMPARISONS, "BETWEEN", "IN"):
            self._alike(node, kinds)
            return Kind.TRUTH
        if operator in ("LIKE", "ILIKE"):
            return self._like(node, kinds)
        if operator in ARITHMETIC or operator in SIGNS:
            return self._arithmetic(node, kinds)
        return self._cast(node, kinds) if operator.endswith(" AS") else self._call(node, kinds)

    def _alike(self, node: Term, kinds: list[Kind | None]) -> None:
        """The first operand is compared with each of the others: texts with texts, numbers with numbers."""
        first, kind = node.operands[0], kinds[0]
        for one, other in zip(node.operands[1:], kinds[1:], strict=True):
            if kind is None or other is None or kind is other or {kind, other} <= set(NUMBERS):
                continue
            sides = f"{self.predicate.source(first)} is {kind.value}"
            detail = f"{sides}, {self.predicate.source(one)} is {other.value}: they cannot be compared"
            text, number = (first, other) if kind is Kind.TEXT else (one, kind)
            remedy = None
            if Kind.TEXT in (kind, other) and number in NUMBERS:
                remedy = _remedy(text, self.predicate.source(text), Kind.TEXT, (number,))
            self._fault(node, detail, remedy=remedy)
        if kind is Kind.TRUTH and node.operator not in ("=", "<>", "!=", "=="):
            self._fault(node, "conditions can only be compared with = and <>")

    def _like(self, node: Term, kinds: list[Kind | None]) -> Kind:
        value, pattern = node.operands
        self.expect(value, kinds[0], (Kind.TEXT,), f"{node.operator} takes a text")
        if not (isinstance(pattern, Literal) and (isinstance(pattern.value, str) or pattern.value is None)):
            remedy = "write it in single quotes, with % for any text and _ for one character"
            self._fault(pattern, f"the pattern of {node.operator} is not a text in quotes", remedy=remedy)
        return Kind.TRUTH

    def _arithmetic(self, node: Term, kinds: list[Kind | None]) -> Kind | None:
        why = "a sign takes a number" if node.operator in SIGNS else f"{node.operator} takes numbers"
        fit = [self.expect(one, kind, NUMBERS, why) for one, kind in zip(node.operands, kinds, strict=True)]
        return number_kind(kinds) if all(fit) else None

    def _cast(self, node: Term, kinds: list[Kind | None]) -> Kind | None:
        if node.operator != CAST:
            name = node.operator.removesuffix("() AS")
            self._fault(node, f"there is no {name}(… AS …) in a predicate", nearest(name, ["CAST"]))
            return None
        self.expect(node.operands[0], kinds[0], (Kind.TEXT, *NUMBERS), "CAST takes a text or a number")
        wanted = (node.type_name or "").upper()
        if wanted not in CASTS:
            suggestion = OTHER_TYPES.get(wanted) or nearest(wanted, CASTS)
            remedy = "a cast gives INTEGER or DOUBLE"
            self._fault(node, f"there is no type {node.type_name} to cast to", suggestion, remedy)
        return CASTS.get(wanted)

    def _call(self, node: Term, kinds: list[Kind | None]) -> Kind | None:
        name = node.operator.removesuffix("()")
        if node.operator not in FUNCTIONS:
            if name == "CAST":
                self._fault(node, "CAST has no type", remedy="write CAST(… AS INTEGER) or CAST(… AS DOUBLE)")
                return None
            there_are = [*(one.removesuffix("()") for one in FUNCTIONS), "CAST"]
            remedy = "the functions are LOWER, UPPER, LENGTH and CAST"
            self._fault(node, f"there is no function {name} in a predicate", nearest(name, there_are), remedy)
            return None
        if len(kinds) != 1:
            self._fault(node, f"{name} takes one text, got {len(kinds)} values")
        else:
            self.expect(node.operands[0], kinds[0], (Kind.TEXT,), f"{name} takes a text")
        return FUNCTIONS[node.operator]


def number_kind(kinds: Iterable[Kind | None]) -> Kind:
    """What arithmetic on these gives: a whole number where all are."""
    return Kind.DOUBLE if Kind.DOUBLE in kinds else Kind.WHOLE


def _remedy(node: Node, source: str, kind: Kind, wanted: tuple[Kind, ...]) -> str | None:
    if Kind.TRUTH in wanted:
        return "compare it with something, e.g. with = or IS NOT NULL"
    if kind is Kind.TEXT and any(one in NUMBERS for one in wanted):
        if isinstance(node, Literal):
            return "write a number without quotes" if str(node.value).strip().isdecimal() else None
        target = "DOUBLE" if wanted == (Kind.DOUBLE,) else "INTEGER"
        return f"write CAST({source} AS {target})"
    if kind in NUMBERS and wanted == (Kind.TEXT,) and isinstance(node, Literal):
        return f"write {_quoted(source)}"
    return None


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
