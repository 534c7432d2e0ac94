"""A spec's tree to a `Spec`: its shapes, with every problem kept and the rest decoded.

A misspelt key is reported, and then read as the key it resembles, so that nothing seems missing
which is only misspelt.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from cohort_membership.load.faults import quoted
from cohort_membership.load.includes import described
from cohort_membership.load.spec_lists import Includes, Lists
from cohort_membership.problems import Location
from cohort_membership.spec import (
    Axis,
    Map,
    Node,
    PairRule,
    Rule,
    Scalar,
    Spec,
    SubsetRule,
    TieRule,
    TupleRule,
    UnclearRule,
)
from cohort_membership.stages import canonical
from cohort_membership.suggest import SUGGESTIONS, nearest

_SIDES: Mapping[str, Literal["left", "right", "both"]] = {"left": "left", "right": "right", "both": "both"}
_Entry: TypeAlias = tuple[Scalar, Node]


def decode_spec(root: Node | None, includes: Includes, *, file: str | None = None, digest: str = "") -> Spec:
    """What the document says, and in `problems` what it says wrongly. `file` is where it stands.

    >>> from cohort_membership.spec import List
    >>> levels = List((Scalar("depth"), Scalar(" ")))
    >>> spec = decode_spec(Map(((Scalar("axes"), Map(((Scalar("evaluation_template"), levels),))),)), {})
    >>> spec.axes[0].levels.texts, [problem.where for problem in spec.problems]
    (('depth',), ['axes.evaluation_template'])
    """
    return _Decoder(includes).spec(root, file, digest)


def wanted_includes(root: Node | None) -> tuple[str, ...]:
    """The paths that the document includes, as written, each once.

    >>> wanted_includes(Map(((Scalar("axes"), Map(((Scalar("combo_id"), Scalar("@file:c.csv")),))),)))
    ('c.csv',)
    """
    decoder = _Decoder({})
    decoder.spec(root, None, "")
    return tuple(decoder.lists.wanted)


@dataclass(frozen=True, slots=True)
class _Fields:
    """The known keys of a map with their values, in order. Not `complete` where a key made no sense."""

    entries: Mapping[str, _Entry]
    complete: bool

    def value(self, key: str) -> Node | None:
        """The value, or None where the key is absent or null."""
        entry = self.entries.get(key)
        return None if entry is None or _is_null(entry[1]) else entry[1]


class _Decoder:
    def __init__(self, includes: Includes) -> None:
        self.lists = Lists(includes)
        self._asked = 0
        self._sections: Mapping[str, Callable[[str, Scalar, Node], Rule]] = {
            "subsets": self._subset,
            "ties": self._tie,
            "pairs": self._pair,
            "tuples": self._tuple,
        }

    def spec(self, root: Node | None, file: str | None, digest: str) -> Spec:
        if not isinstance(root, Map):
            at = root.location if root else None
            self.lists.invalid(
                at or (Location(file) if file else None), "spec", "a map with the key 'axes'", described(root)
            )
            return Spec((), axes_clear=False, digest=digest, problems=tuple(self.lists.problems))
        fields = self._fields(root, ("axes", "rules", "output"), "spec")
        axes, axes_clear = self._axes(fields, root)
        rules = self._rules(fields.value("rules"))
        field_order = self._field_order(fields.value("output"))
        at = fields.entries["axes"][0].location if "axes" in fields.entries else None
        problems = tuple(dict.fromkeys(self.lists.problems))
        return Spec(axes, rules, field_order, at, axes_clear, digest, problems)

    # ------------------------------------------------------------ axes, output

    def _axes(self, fields: _Fields, root: Map) -> tuple[tuple[Axis, ...], bool]:
        node = self._required(fields, "axes", "spec", root.location)
        if not isinstance(node, Map):
            if node is not None:
                self.lists.invalid(node.location, "axes", "a map from axes to levels", described(node))
            return (), False
        named = [(self._name(key, "axes"), value) for key, value in node.entries]
        axes = []
        for name, value in named:
            where = f"axes.{name.text}" if name else "axes"
            levels, is_clear = self.lists.levels(value, where, "a level")
            if name:
                axes.append(Axis(name, levels, is_clear))
        return tuple(axes), len(axes) == len(named)

    def _field_order(self, node: Node | None) -> tuple[Scalar, ...]:
        if node is None:
            return ()
        if not isinstance(node, Map):
            self.lists.invalid(node.location, "output", "a map with the key 'field_order'", described(node))
            return ()
        names = self._fields(node, ("field_order",), "output").value("field_order")
        return () if names is None else self.lists.names(names, "output.field_order", may_be_empty=True)[0]

    # ------------------------------------------------------------------- rules

    def _rules(self, node: Node | None) -> tuple[Rule, ...]:
        if node is None:
            return ()
        if not isinstance(node, Map):
            expected = f"a map with the keys {_listed(tuple(self._sections))}"
            self.lists.invalid(node.location, "rules", expected, described(node))
            return (UnclearRule("rules", None),)
        fields = self._fields(node, tuple(self._sections), "rules")
        rules = [
            rule
            for section, (_, value) in fields.entries.items()
            if not _is_null(value)
            for rule in self._section(section, value)
        ]
        # A key that resembles no section may have been meant to give any axis.
        return (*rules, *(() if fields.complete else (UnclearRule("rules", None),)))

    def _section(self, section: str, node: Node) -> Sequence[Rule]:
        where = f"rules.{section}"
        if not isinstance(node, Map):
            self.lists.invalid(node.location, where, "a map from names to rules", described(node))
            return [UnclearRule(where, () if section == "subsets" else None)]
        rules: list[Rule] = []
        for key, value in node.entries:
            name = self._name(key, where)
            rule = self._sections[section](f"{where}.{key.text.strip()}", name or key, value)
            rules.append(rule if name else UnclearRule(where, None))
        return rules

    def _subset(self, where: str, name: Scalar, node: Node) -> Rule:
        keep, is_clear = self.lists.levels(node, where, "a level", may_be_empty=True)
        return SubsetRule(where, name, keep) if is_clear else UnclearRule(where, (name.text,))

    def _tie(self, where: str, name: Scalar, node: Node) -> Rule:
        axes_node: Node | None = node
        if isinstance(node, Map):
            axes_node = self._required(self._fields(node, ("axes",), where), "axes", where, name.location)
        axes, is_clear = self._axis_names(axes_node, where)
        names = (name.text, *(axis.text for axis in axes))
        return TieRule(where, name, axes) if is_clear else UnclearRule(where, names)

    def _pair(self, where: str, name: Scalar, node: Node) -> Rule:
        fields = self._rule_fields(node, ("left", "right", "allowed", "balance"), where)
        if fields is None:
            return UnclearRule(where, (name.text,))
        left, right = (self._side(fields, side, where, name) for side in ("left", "right"))
        allowed_node = self._required(fields, "allowed", where, name.location)
        allowed = None if allowed_node is None else self.lists.pairs(allowed_node, f"{where}.allowed")
        balance = self._balance(fields.value("balance"), f"{where}.balance")
        if left and right and canonical(left.text) == canonical(right.text):
            got = f"{quoted(right.text)} on both sides"
            self.lists.invalid(right.location, f"{where}.right", "another axis than on the left", got)
            allowed = None
        if left is None or right is None or allowed is None:
            return UnclearRule(where, (name.text, *(side.text for side in (left, right) if side)))
        balance_node = fields.value("balance")
        balance_at = balance_node.location if balance_node else None
        return PairRule(where, name, left, right, allowed, balance, balance_at)

    def _tuple(self, where: str, name: Scalar, node: Node) -> Rule:
        fields = self._rule_fields(node, ("axes", "items"), where)
        if fields is None:
            return UnclearRule(where, None)
        axes_node = self._required(fields, "axes", where, name.location)
        axes, is_clear = self._axis_names(axes_node, f"{where}.axes")
        items_node = self._required(fields, "items", where, name.location)
        width = len(axes) if is_clear else None
        items = None if items_node is None else self.lists.rows(items_node, f"{where}.items", width)
        if not is_clear:
            return UnclearRule(where, None)
        if items is None:
            return UnclearRule(where, (name.text, *(axis.text for axis in axes)))
        return TupleRule(where, name, axes, items)

    # ------------------------------------------------------------ parts of rules

    def _axis_names(self, node: Node | None, where: str) -> tuple[tuple[Scalar, ...], bool]:
        return ((), False) if node is None else self.lists.names(node, where)

    def _side(self, fields: _Fields, side: str, where: str, name: Scalar) -> Scalar | None:
        node = self._required(fields, side, where, name.location)
        return None if node is None else self.lists.text(node, f"{where}.{side}", "an axis")

    def _balance(self, node: Node | None, where: str) -> Literal["left", "right", "both"] | None:
        text = None if node is None else self.lists.text(node, where, _listed(_SIDES))
        if text is None or text.text in _SIDES:
            return None if text is None else _SIDES[text.text]
        guess = nearest(text.text, _SIDES)
        self.lists.invalid(text.location, where, _listed(_SIDES), quoted(text.text), guess)
        return None

    # --------------------------------------------------------------------- maps

    def _name(self, key: Scalar, where: str) -> Scalar | None:
        text = key.text.strip()
        if key.is_null or not text:
            self.lists.invalid(key.location, where, "a name", described(key))
            return None
        return Scalar(text, key.location)

    def _rule_fields(self, node: Node, known: tuple[str, ...], where: str) -> _Fields | None:
        if isinstance(node, Map):
            return self._fields(node, known, where)
        self.lists.invalid(node.location, where, f"a map with the keys {_listed(known)}", described(node))
        return None

    def _required(self, fields: _Fields, key: str, where: str, otherwise_at: Location | None) -> Node | None:
        """The value of the key; None, with a problem, where it is absent or null."""
        value = fields.value(key)
        if value is None and key in fields.entries:
            at = fields.entries[key][1].location
            self.lists.invalid(at, key if where == "spec" else f"{where}.{key}", "a value", "nothing")
        elif value is None:
            self.lists.invalid(otherwise_at, where, f"the key '{key}'", "none")
        return value

    def _nearest(self, key: str, known: tuple[str, ...]) -> str | None:
        self._asked += 1
        return nearest(key, known) if self._asked <= SUGGESTIONS else None

    def _fields(self, node: Map, known: tuple[str, ...], where: str) -> _Fields:
        exact = {key.text for key, _ in node.entries if key.text in known}
        entries: dict[str, _Entry] = {}
        complete = True
        for key, value in node.entries:
            if key.text in exact:
                entries[key.text] = (key, value)
                continue
            guess = self._nearest(key.text, known)
            expected = (
                f"only the keys {_listed(known)}" if len(known) > 1 else f"only the key {_listed(known)}"
            )
            self.lists.invalid(key.location, where, expected, quoted(key.text), guess)
            if guess is None:
                complete = False
            elif guess not in exact:
                entries.setdefault(guess, (key, value))
        return _Fields(entries, complete)


def _is_null(node: Node) -> bool:
    return isinstance(node, Scalar) and node.is_null


def _listed(names: Sequence[str] | Mapping[str, object]) -> str:
    """'left', 'right' or 'both'."""
    *most, last = (f"'{name}'" for name in names)
    return " or ".join((", ".join(most), last) if most else (last,))
