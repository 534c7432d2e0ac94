"""A spec's tree to a `Spec`: its shapes, with every problem kept and the rest decoded."""

import re
from collections.abc import Sequence

from cohort_membership.document import Map, Node, Scalar, described, is_null, quoted
from cohort_membership.load.spec.older_spelling import older_spelling
from cohort_membership.problems import Location
from cohort_membership.rules import KINDS
from cohort_membership.rules.decoding import Decoding, Fields
from cohort_membership.rules.lists import Includes
from cohort_membership.rules.rule import Rule, UnclearRule
from cohort_membership.spec import (
    DESIGN_KEYS,
    OUTPUT_KEYS,
    SAMPLE_KEYS,
    SPEC_KEYS,
    Axis,
    Design,
    Sample,
    Spec,
)

_KINDS = {kind.section: kind for kind in KINDS}
_WHOLE_NUMBER = re.compile("[0-9]{1,18}")


def decode_spec(root: Node | None, includes: Includes, *, file: str | None = None, digest: str = "") -> Spec:
    """What the document says, and in `problems` what it says wrongly. `file` is where it stands.

    >>> from cohort_membership.document import List
    >>> levels = List((Scalar("depth"), Scalar(" ")))
    >>> spec = decode_spec(Map(((Scalar("axes"), Map(((Scalar("verdict_template"), levels),))),)), {})
    >>> spec.axes[0].levels.texts, [problem.where for problem in spec.problems]
    (('depth',), ['axes.verdict_template'])
    """
    return _spec(Decoding(includes), root, file, digest)


def wanted_includes(root: Node | None) -> tuple[str, ...]:
    """The paths that the document includes, as written, each once.

    >>> wanted_includes(Map(((Scalar("axes"), Map(((Scalar("combo_id"), Scalar("@file:c.csv")),))),)))
    ('c.csv',)
    """
    decoding = Decoding({})
    _spec(decoding, root, None, "")
    return tuple(decoding.wanted)


def _spec(decoding: Decoding, root: Node | None, file: str | None, digest: str) -> Spec:
    older = older_spelling(root)
    if older is not None:
        return Spec((), axes_clear=False, digest=digest, problems=(older,))
    fields = decoding.fields(root, SPEC_KEYS, "spec", extensions=True) if isinstance(root, Map) else None
    if root is None or fields is None:
        at = root.location if root else None
        expected = "a map with the key 'axes'"
        decoding.invalid(at or (Location(file) if file else None), "spec", expected, described(root))
        return Spec((), axes_clear=False, digest=digest, problems=tuple(decoding.problems))
    shared = fields.value("axes")
    if shared is None and fields.value("designs") is None:
        shared = decoding.required(fields, "axes", "spec", root.location)
    has_none = shared is None and fields.value("designs") is not None  # each design may give its own
    axes, axes_clear = ((), True) if has_none else _axes(decoding, shared, "axes")
    rules = _rules(decoding, fields.value("rules"), "rules")
    designs = _designs(decoding, fields.value("designs"))
    sample = _sample(decoding, fields.value("sample"))
    field_order = _field_order(decoding, fields.value("output"))
    key = fields.key("axes")
    return Spec(
        axes=axes,
        rules=rules,
        designs=designs,
        sample=sample,
        field_order=field_order,
        axes_at=key.location if key else None,
        axes_clear=axes_clear,
        digest=digest,
        problems=tuple(dict.fromkeys(decoding.problems)),
    )


def _axes(decoding: Decoding, node: Node | None, where: str) -> tuple[tuple[Axis, ...], bool]:
    """The axes that could be read, and whether the names of all are known."""
    if not isinstance(node, Map):
        if node is not None:
            decoding.invalid(node.location, where, "a map from axes to levels", described(node))
        return (), False
    named = [(decoding.name(key, where), value) for key, value in node.entries]
    axes = []
    for name, value in named:
        levels, is_clear = decoding.levels(value, f"{where}.{name.text}" if name else where)
        if name:
            axes.append(Axis(name, levels, is_clear))
    return tuple(axes), len(axes) == len(named)


def _rules(decoding: Decoding, node: Node | None, where: str) -> tuple[Rule, ...]:
    if node is None:
        return ()
    fields = decoding.fields(node, tuple(_KINDS), where)
    everything = UnclearRule(where, Scalar("", node.location))
    if fields is None:
        return (everything,)
    rules = [
        rule
        for section, (_, value) in fields.entries.items()
        if not is_null(value)
        for rule in _section(decoding, section, value, f"{where}.{section}")
    ]
    # A key that resembles no section may have been meant to give any axis.
    return (*rules, *(() if fields.complete else (everything,)))


def _section(decoding: Decoding, section: str, node: Node, where: str) -> Sequence[Rule]:
    everything = UnclearRule(where, Scalar("", node.location))
    if not isinstance(node, Map):
        decoding.invalid(node.location, where, "a map from names to rules", described(node))
        return [everything]
    rules: list[Rule] = []
    for key, value in node.entries:
        name = decoding.name(key, where)
        rule = _KINDS[section].decode(decoding, f"{where}.{key.text.strip()}", name or key, value)
        rules.append(rule if name else everything)
    return rules


def _designs(decoding: Decoding, node: Node | None) -> tuple[Design, ...]:
    if node is None:
        return ()
    if not isinstance(node, Map) or not node.entries:
        got = "an empty one" if isinstance(node, Map) else described(node)
        decoding.invalid(node.location, "designs", "a map from names to designs", got)
        return ()
    return tuple(_design(decoding, key, value) for key, value in node.entries)


def _design(decoding: Decoding, key: Scalar, node: Node) -> Design:
    name = decoding.name(key, "designs") or key
    where = f"designs.{name.text}"
    fields = None if is_null(node) else decoding.fields(node, DESIGN_KEYS, where)
    if fields is None:
        return Design(name, is_clear=is_null(node))
    own = fields.value("axes")
    axes, is_clear = ((), True) if own is None else _axes(decoding, own, f"{where}.axes")
    rules = _rules(decoding, fields.value("rules"), f"{where}.rules")
    return Design(name, axes, rules, is_clear and fields.complete)


def _sample(decoding: Decoding, node: Node | None) -> Sample | None:
    fields = None if node is None else decoding.fields(node, SAMPLE_KEYS, "sample")
    if node is None or fields is None:
        return None
    rows = _whole_number(decoding, fields, "rows", 1, node.location)
    seed = _whole_number(decoding, fields, "seed", 0, node.location)
    by_node = fields.value("by")
    by = () if by_node is None else decoding.names(by_node, "sample.by", may_be_empty=True)[0]
    # What is wrong with `rows` or `seed` hides nothing of `by`: its axes are judged all the same.
    return Sample(rows or 1, seed or 0, by, node.location)


def _whole_number(
    decoding: Decoding, fields: Fields, key: str, least: int, otherwise_at: Location | None
) -> int | None:
    where = f"sample.{key}"
    expected = f"a whole number from {least}"
    node = decoding.required(fields, key, "sample", otherwise_at)
    text = None if node is None else decoding.text(node, where, expected)
    if text is None:
        return None
    if not _WHOLE_NUMBER.fullmatch(text.text) or int(text.text) < least:
        decoding.invalid(text.location, where, expected, quoted(text.text))
        return None
    return int(text.text)


def _field_order(decoding: Decoding, node: Node | None) -> tuple[Scalar, ...]:
    fields = None if node is None else decoding.fields(node, OUTPUT_KEYS, "output")
    names = fields.value("field_order") if fields else None
    return () if names is None else decoding.names(names, "output.field_order", may_be_empty=True)[0]
