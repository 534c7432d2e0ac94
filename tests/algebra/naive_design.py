"""A second reading of the contract: rules and designs (§§3, 11), on plain lists of rows.

A factor is a list of rows, a row a dict from axes to levels. Rules are applied in the order in which the
spec declares them; SQLite is asked for every predicate.
"""

import itertools
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any, TypeAlias

from tests.algebra.naive_experiment import NaiveExperiment, Rejected, prepared

Row: TypeAlias = Mapping[str, str]
NaiveFactor: TypeAlias = Sequence[Row]

_ILIKE = re.compile(r"(\S+) (NOT )?ILIKE ('(?:[^']|'')*')")


def text_of(level: object) -> str:
    return str(level).strip()


def listed_levels(experiment: NaiveExperiment, axis: str, given: Any) -> list[str]:
    """The levels of a list, each once; those of a catalog where it is asked."""
    if not isinstance(given, str):
        return list(dict.fromkeys(map(text_of, given)))
    catalog = experiment.catalogs.get(axis)
    assert given.startswith("@catalog"), given
    if catalog is None:
        raise Rejected("spec-invalid", f"{axis} has no catalog")
    _, _, predicate = given.partition(":")
    found = catalog.asked(_as_sqlite(predicate)) if predicate.strip() else catalog.levels()
    if not found:
        raise Rejected("rule-empties-axis", axis)
    return found


def judged_levels(experiment: NaiveExperiment, axis: str, levels: Sequence[str]) -> Sequence[str]:
    """The levels that an axis is given, found good."""
    catalog = experiment.catalogs.get(axis)
    for level in levels:
        if not level:
            raise Rejected("spec-invalid", f"{axis}: an empty level")
        if "|" in level:
            raise Rejected("reserved-character", level)
        if axis in experiment.replicates() and not re.fullmatch("[1-9][0-9]*", level):
            raise Rejected("invalid-replicate", level)
        if catalog is not None and level not in [*catalog.levels(), *catalog.also]:
            raise Rejected("unknown-level", f"{axis}: {level}")
    return levels


class Design:
    """One design under construction: factors in order, and what the names of rules stand for."""

    def __init__(self, experiment: NaiveExperiment, axes: Mapping[str, Any], rules: Sequence[Any]) -> None:
        self.experiment = experiment
        self.names: dict[str, list[str]] = {}
        given = [*axes, *(axis for _, kind, rule in rules for axis in _gives(kind, rule))]
        canonical = [experiment.canonical(axis) for axis in given]
        for axis in canonical:
            if axis not in experiment.axes():
                raise Rejected("unknown-axis", axis)
        if len(set(canonical)) < len(canonical):
            raise Rejected("duplicate-axis", str(canonical))
        for axis in experiment.axes():
            if axis not in canonical and axis not in experiment.defaults():
                raise Rejected("missing-axis", axis)
        self.factors: list[NaiveFactor] = []
        for axis, levels in axes.items():
            name = experiment.canonical(axis)
            self.factors.append([{name: level} for level in self.judged(name, self.levels(name, levels))])
        self.defaults: list[NaiveFactor] = [
            [{axis: level}] for axis, level in experiment.defaults().items() if axis not in canonical
        ]
        self.factors += self.defaults

    def levels(self, axis: str, given: Any) -> list[str]:
        return listed_levels(self.experiment, axis, given)

    def judged(self, axis: str, levels: Sequence[str]) -> Sequence[str]:
        return judged_levels(self.experiment, axis, levels)

    def axes_of(self, reference: str) -> list[str]:
        if reference in self.names:
            return self.names[reference]
        axis = self.experiment.canonical(reference)
        if not any(axis in factor[0] for factor in self.factors):
            raise Rejected("unknown-axis", reference)
        return [axis]

    def one_axis(self, reference: str) -> str:
        axes = self.axes_of(reference)
        if len(axes) > 1:
            raise Rejected("spec-invalid", f"{reference} is several axes")
        return axes[0]

    def held(self, axis: str) -> list[str]:
        """The levels that an axis has by now, in order."""
        factor = next(one for one in self.factors if axis in one[0])
        return list(dict.fromkeys(row[axis] for row in factor))

    def combinations(self, axes: Sequence[str]) -> set[tuple[str, ...]]:
        """The levels that axes of one factor have together, by now."""
        factor = next(one for one in self.factors if axes[0] in one[0])
        return {tuple(row[axis] for axis in axes) for row in factor}

    def demand(self, axis: str, level: str) -> None:
        if level not in self.held(axis):
            raise Rejected("level-outside-axis", f"{axis}: {level}")

    def keep(
        self,
        axes: Sequence[str],
        test: Callable[[Row], bool],
        rank: Callable[[Row], int] = lambda _: 0,
        at: str | None = None,
    ) -> None:
        """The factors that hold these axes become one: its rows are those of their product that are kept."""
        places = [place for place, one in enumerate(self.factors) if set(axes) & set(one[0])]
        target = places[0] if at is None else next(p for p in places if at in self.factors[p][0])
        rows = [
            {axis: level for part in parts for axis, level in part.items()}
            for parts in itertools.product(*(self.factors[place] for place in places))
        ]
        kept = sorted(filter(test, rows), key=rank)
        if not kept:
            raise Rejected("rule-empties-axis", str(axes))
        self.factors = [
            kept if place == target else one
            for place, one in enumerate(self.factors)
            if place == target or place not in places
        ]

    def give(self, factor: NaiveFactor) -> None:
        """A factor of axes that are declared nowhere else: after the axes that are, before what is absent."""
        absent = {axis for one in self.defaults for axis in one[0]}
        place = next(
            (p for p, one in enumerate(self.factors) if next(iter(one[0])) in absent), len(self.factors)
        )
        self.factors.insert(place, factor)

    # ------------------------------------------------------------------- the rules

    def subsets(self, name: str, listed: Any) -> None:
        (axis,) = self.axes_of(name)
        wanted = self.levels(axis, listed)
        self.keep([axis], lambda row: row[axis] in wanted)

    def ties(self, name: str, rule: Any) -> None:
        axes = [self.one_axis(axis) for axis in (rule["axes"] if isinstance(rule, Mapping) else rule)]
        order = self.held(axes[0])
        own = self.experiment.canonical(name)
        self.keep(
            axes,
            lambda row: len({row[axis] for axis in axes}) == 1,
            lambda row: order.index(row[axes[0]]),
            own if own in axes else None,
        )
        self.names[name] = [axes[0]]

    def pairs(self, name: str, rule: Any) -> None:
        sides = [self.axes_of(rule["left"]), self.axes_of(rule["right"])]
        if set(sides[0]) & set(sides[1]):
            raise Rejected("spec-invalid", "the same axis on both sides")
        allowed = list(dict.fromkeys(tuple(_side(cell) for cell in row) for row in rule["allowed"]))
        for row in allowed:
            for axes, cell in zip(sides, row, strict=True):
                if len(axes) != len(cell):
                    raise Rejected("spec-invalid", f"{cell} for {axes}")
                if cell not in self.combinations(axes):
                    raise Rejected("level-outside-axis", f"{axes}: {cell}")
        for place, side in enumerate(("left", "right")):
            if rule.get("balance") in (side, "both"):
                levels = [row[place] for row in allowed]
                if len({levels.count(level) for level in levels}) > 1:
                    raise Rejected("pair-unbalanced", name)
        both = [*sides[0], *sides[1]]
        order = [left + right for left, right in allowed]
        self.keep(
            both,
            lambda row: tuple(row[axis] for axis in both) in order,
            lambda row: order.index(tuple(row[axis] for axis in both)),
        )
        self.names[name] = both

    def tuples(self, name: str, rule: Any) -> None:
        axes = [self.experiment.canonical(axis) for axis in rule["axes"]]
        rows = list(dict.fromkeys(tuple(map(text_of, row)) for row in rule["items"]))
        for place, axis in enumerate(axes):
            self.judged(axis, [row[place] for row in rows])
        self.give([dict(zip(axes, row, strict=True)) for row in rows])
        self.names[name] = axes

    def excludes(self, _: str, rule: Any) -> None:
        axes = [self.one_axis(axis) for axis in rule["axes"]]
        items = [tuple(map(text_of, row)) for row in rule["items"]]
        for row in items:
            for axis, level in zip(axes, row, strict=True):
                self.demand(axis, level)
        self.keep(axes, lambda row: tuple(row[axis] for axis in axes) not in items)

    def where(self, _: str, predicate: str) -> None:
        words = set(re.findall(r"[a-z][a-z0-9_]*", re.sub(r"'[^']*'", "", predicate)))
        known = {name: self.experiment.canonical(name) for name in words}
        held = {axis for factor in self.factors for axis in factor[0]}
        used = {name: axis for name, axis in known.items() if axis in held}
        true = set(self._true(predicate, used))
        axes = list(dict.fromkeys(used.values()))
        if not axes:
            raise Rejected("spec-invalid", f"no axis in {predicate}")
        self.keep(axes, lambda row: tuple(row[axis] for axis in used.values()) in true)

    def _true(self, predicate: str, used: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
        """The combinations of levels for which the predicate is true: a table an axis, of its levels."""
        with closing(sqlite3.connect(":memory:")) as database:
            prepared(database)
            for name, axis in used.items():
                catalog = self.experiment.catalogs.get(axis)
                attributes = [one for one in (catalog.rows[0] if catalog else ()) if one != name]
                kind = "INTEGER" if axis in self.experiment.replicates() else "TEXT"
                columns = ", ".join(f'"{one}" TEXT' for one in attributes)
                database.execute(
                    f'CREATE TABLE "{name}" ("{name}" {kind}, "_level" TEXT{columns and ", "}{columns})'
                )
                marks = ", ".join("?" * (len(attributes) + 2))
                for level in self.held(axis):
                    cells = [catalog.attribute(level, one) for one in attributes] if catalog else []
                    database.execute(f'INSERT INTO "{name}" VALUES ({marks})', [level, level, *cells])
            wanted = ", ".join(f'"{name}"."_level"' for name in used)
            tables = ", ".join(f'"{name}"' for name in used)
            query = f"SELECT {wanted} FROM {tables} WHERE {_as_sqlite(predicate)}"
            try:
                found = database.execute(query).fetchall() if used else []
            except sqlite3.OperationalError as unknown:
                raise Rejected("spec-invalid", str(unknown)) from unknown
        yield from found

    def nested(self, _: str, rule: Any) -> None:
        within = self.one_axis(rule["within"])
        axis = self.experiment.canonical(rule["axis"])
        own = {text_of(level): self.levels(axis, levels) for level, levels in rule["levels"].items()}
        otherwise = self.levels(axis, rule["otherwise"]) if "otherwise" in rule else None
        for levels in (*own.values(), otherwise or ()):
            self.judged(axis, levels)
        for level in own:
            self.demand(within, level)
        if otherwise is None and set(self.held(within)) - set(own):
            raise Rejected("spec-invalid", "a level with no entry and no otherwise")
        place = next(p for p, one in enumerate(self.factors) if within in one[0])
        self.factors[place] = [
            {**row, axis: level}
            for row in self.factors[place]
            for level in own.get(row[within], otherwise or [])
        ]

    def rows(self) -> list[Row]:
        axes = self.experiment.axes()
        expanded = (
            {axis: level for part in parts for axis, level in part.items()}
            for parts in itertools.product(*self.factors)
        )
        return [{axis: row[axis] for axis in axes} for row in expanded]


def _gives(kind: str, rule: Any) -> list[str]:
    return list(rule["axes"]) if kind == "tuples" else [rule["axis"]] if kind == "nested" else []


def _side(cell: Any) -> tuple[str, ...]:
    return tuple(map(text_of, cell)) if isinstance(cell, list) else (text_of(cell),)


def _as_sqlite(predicate: str) -> str:
    return _ILIKE.sub(lambda found: f"LOWER({found[1]}) {found[2] or ''}LIKE LOWER({found[3]})", predicate)
