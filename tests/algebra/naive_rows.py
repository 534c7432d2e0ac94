"""A second reading of the contract: the rows of a whole spec, its designs' union and its sample (§11)."""

import hashlib
from collections.abc import Mapping
from typing import Any

from tests.algebra.naive_design import Design, Row, judged_levels, listed_levels
from tests.algebra.naive_experiment import NaiveExperiment, Rejected


def in_order(rules: Mapping[str, Any]) -> list[tuple[str, str, Any]]:
    """The rules as (name, section, rule), in the order in which they are declared."""
    return [(name, kind, rule) for kind, section in rules.items() for name, rule in section.items()]


def one_design(
    experiment: NaiveExperiment, axes: Mapping[str, Any], rules: list[tuple[str, str, Any]]
) -> list[Row]:
    design = Design(experiment, axes, rules)
    names: set[str] = set()
    for name, kind, rule in rules:
        if kind != "subsets":
            tied = kind == "ties" and experiment.canonical(name) in [
                experiment.canonical(axis) for axis in (rule["axes"] if isinstance(rule, Mapping) else rule)
            ]
            if name in names or (experiment.canonical(name) in experiment.axes() and not tied):
                raise Rejected("spec-invalid", f"the name {name} is taken")
            names.add(name)
    for name, kind, rule in rules:
        getattr(design, kind)(name, rule)
    return design.rows()


def naive_rows(experiment: NaiveExperiment, spec: Mapping[str, Any]) -> list[Row]:
    """The rows of a spec: its designs one after the other, each row once, then sampled."""
    shared, rules = spec["axes"], in_order(spec.get("rules", {}))
    for axis, levels in shared.items():  # a bad level is one even where every design replaces it
        name = experiment.canonical(axis)
        if name in experiment.axes():
            judged_levels(experiment, name, listed_levels(experiment, name, levels))
    rows: dict[tuple[str, ...], Row] = {}
    for own in spec.get("designs", {"": {}}).values():
        own_axes = own.get("axes", {})
        replaced = {experiment.canonical(axis): axis for axis in own_axes}
        axes = {
            axis: own_axes[replaced[experiment.canonical(axis)]]
            if experiment.canonical(axis) in replaced
            else levels
            for axis, levels in shared.items()
        }
        there = set(map(experiment.canonical, axes))
        axes |= {axis: levels for axis, levels in own_axes.items() if experiment.canonical(axis) not in there}
        for row in one_design(experiment, axes, [*rules, *in_order(own.get("rules", {}))]):
            rows.setdefault(tuple(row.values()), row)
    return sampled(experiment, list(rows.values()), spec.get("sample"))


def sampled(experiment: NaiveExperiment, rows: list[Row], sample: Mapping[str, Any] | None) -> list[Row]:
    if sample is None:
        return rows
    by = [experiment.canonical(axis) for axis in sample.get("by", ())]
    groups: dict[tuple[str, ...], list[tuple[bytes, int]]] = {}
    for place, row in enumerate(rows):
        parts = [str(int(sample["seed"]))]
        for axis in sorted(row):
            level = row[axis].strip().lower()
            default = experiment.added().get(axis)
            if axis in experiment.replicates():
                level = str(int(level))
            if default is None or level != default.strip().lower():
                parts.append(f"{axis}={level}")
        digest = hashlib.blake2b("|".join(parts).encode(), digest_size=10).digest()
        groups.setdefault(tuple(row[axis] for axis in by), []).append((digest, place))
    kept = {place for group in groups.values() for _, place in sorted(group)[: int(sample["rows"])]}
    return [row for place, row in enumerate(rows) if place in kept]
