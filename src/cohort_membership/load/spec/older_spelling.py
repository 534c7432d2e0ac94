"""Specs in the older spelling of the language: what to write instead.

The older spelling has `levels` and `catalog_lookup` under an axis, `rules` as a list of maps with one key
each, `replicates`, and flags that expand (https://github.com/zby/DayDreamingDayDreaming, `docs/spec_dsl.md`).
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, TypeAlias

import yaml

from cohort_membership.document import List, Map, Node, Scalar
from cohort_membership.problems import Problem, SpecInvalid

MOST_LINES = 60
"""Lines of a rewritten spec that are shown: the rest is written alike."""

MOST_REPLICATES = 100

_FLAGS = {"expand_pairs", "expand_ties", "expand_tuples", "keep_pair_axis"}

_Plain: TypeAlias = Any
"""A document as texts, lists and dicts; None for a null."""


def older_spelling(root: Node | None) -> Problem | None:
    """One problem, `spec-invalid`, with the spec rewritten, for a document in the older spelling.

    None for any other: one that holds something which the older spelling does not know is told piece by
    piece. The rewritten spec stands in the remedy, in lines.

    >>> axis = Map(((Scalar("levels"), List((Scalar("c1"),))),))
    >>> told = older_spelling(Map(((Scalar("axes"), Map(((Scalar("combo_id"), axis),))),)))
    >>> print(told.remedy)
    write:
    axes:
      combo_id: [c1]
    """
    older = tuple(islice(_older_keys(root), 1000))
    spec = _rewritten(_plain(root)) if older else None
    if spec is None:
        return None
    text = yaml.safe_dump(spec, sort_keys=False, allow_unicode=True, default_flow_style=None, width=100)
    lines = text.splitlines()
    shown = [*lines[:MOST_LINES], *(["# ... and so on"] if len(lines) > MOST_LINES else [])]
    words = ", ".join(f"'{word}'" for word in dict.fromkeys(key.text for key in older))
    return SpecInvalid(
        location=older[0].location,
        where="spec",
        detail=f"this is the older spelling of the language ({words})",
        remedy="\n".join(["write:", *shown]),
    )


def _older_keys(root: Node | None) -> Iterator[Scalar]:
    """The keys that only the older spelling has, or has with such a value."""
    for key, value in root.entries if isinstance(root, Map) else ():
        if key.text == "replicates" or (key.text == "rules" and isinstance(value, List)):
            yield key
        elif key.text in ("axes", "output") and isinstance(value, Map):
            inner = value.entries if key.text == "output" else _entries_of_maps(value)
            yield from (one for one, _ in inner if one.text in _FLAGS | {"levels", "catalog_lookup"})


def _entries_of_maps(node: Map) -> Iterator[tuple[Scalar, Node]]:
    return (entry for _, value in node.entries if isinstance(value, Map) for entry in value.entries)


def _plain(node: Node | None) -> _Plain:
    """The tree's depth is bounded, so that this may recurse."""
    match node:
        case Map(entries=entries):
            return {key.text: _plain(value) for key, value in entries}
        case List(items=items):
            return [_plain(item) for item in items]
        case Scalar(text=text, is_null=False):
            return text
        case _:
            return None


def _rewritten(root: _Plain) -> _Plain:
    """The document in the spelling of today; None where it is not in the older one."""
    match root:
        case {"axes": dict(given), **rest} if set(rest) <= {"rules", "replicates", "output"}:
            axes = {name: _levels(value) for name, value in given.items()}
            rules = _rules(rest.get("rules"))
            replicates = _replicates(rest.get("replicates"))
            output = _output(rest.get("output"))
        case _:
            return None
    if rules is None or replicates is None or output is None or None in axes.values():
        return None
    tupled = {axis for rule in rules.get("tuples", {}).values() for axis in rule["axes"]}
    kept = {name: levels for name, levels in axes.items() if name not in tupled}
    return {"axes": {**kept, **replicates}, **({"rules": rules} if rules else {}), **output}


def _levels(value: _Plain) -> _Plain:
    match value:
        case {"levels": list() | str() as levels, **rest} if set(rest) <= {"catalog_lookup"}:
            return levels
        case list() | str():
            return value
        case _:
            return None


def _rules(given: _Plain) -> dict[str, dict[str, _Plain]] | None:
    """The rules by section and name. Tuples come first, as what they give must stand before its use."""
    if given is None:
        return {}
    sections: dict[str, dict[str, _Plain]] = {"tuples": {}}
    for number, rule in enumerate(given if isinstance(given, list) else [None], start=1):
        rewritten = _rule(rule, number)
        if rewritten is None:
            return None
        section, name, body = rewritten
        if sections.setdefault(section, {}).setdefault(name, body) is not body:
            return None
    return {section: rules for section, rules in sections.items() if rules}


def _rule(rule: _Plain, number: int) -> tuple[str, str, _Plain] | None:
    match rule:
        case {"subset": {"axis": str(axis), "keep": list() | str() as keep, **rest}} if not rest:
            return "subsets", axis, keep
        case {"tie": {"axes": [str(first), *_] as axes, **rest}} if set(rest) <= {"to"}:
            return "ties", str(rest.get("to", first)), axes
        case {"pair": {"left": str(), "right": str(), "allowed": list() | str(), **rest} as pair} if set(
            rest
        ) <= {"name", "balance"}:
            body = {key: pair[key] for key in ("left", "right", "allowed", "balance") if key in pair}
            return "pairs", str(rest.get("name", f"pair_{number}")), body
        case {"tuple": {"axes": [str(), *_] as axes, "items": list() | str() as items, **rest}} if set(
            rest
        ) <= {"name", "expand"}:
            return "tuples", str(rest.get("name", f"tuple_{number}")), {"axes": axes, "items": items}
        case _:
            return None


def _replicates(given: _Plain) -> Mapping[str, list[int]] | None:
    """The axes that number the replicates."""
    axes: dict[str, list[int]] = {}
    for axis, replicate in (given or {}).items() if isinstance(given, dict | None) else [("", None)]:
        match replicate:
            case {"count": str(count), **rest} if set(rest) <= {"column"} and count.isdecimal():
                if not 1 <= int(count[:4]) <= MOST_REPLICATES:
                    return None
                axes[str(rest.get("column", f"{axis}_replicate"))] = list(range(1, int(count[:4]) + 1))
            case _:
                return None
    return axes


def _output(given: _Plain) -> Mapping[str, _Plain] | None:
    match given:
        case None:
            return {}
        case {**rest} if set(rest) <= {"field_order", *_FLAGS}:
            return {"output": {"field_order": rest["field_order"]}} if "field_order" in rest else {}
        case _:
            return None
