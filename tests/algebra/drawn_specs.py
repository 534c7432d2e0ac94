"""Random specs over a random experiment: all kinds of rules in any order, designs, samples, seeds.

Most are valid. Some hold a mistake (a level that is not there, an axis that comes later, a name used
twice), since what is rejected is compared too.
"""

import random
from collections.abc import Sequence
from typing import Any

from tests.algebra.drawn_experiments import Drawn, draw_experiment
from tests.algebra.drawn_predicates import draw_predicate
from tests.algebra.given import Given, naive
from tests.algebra.naive_experiment import Rejected

MOST_ROWS = 600
SECTIONS = ("subsets", "ties", "pairs", "tuples", "excludes", "where", "nested")


def draw(seed: int) -> Given:
    """The data root number `seed`. What the naive reading rejects is mostly drawn again, a few times."""
    rng = random.Random(seed)
    for _ in range(4):
        drawn = draw_experiment(rng)
        spec = _Drawing(rng, drawn).spec()
        given = Given(spec, drawn.files, drawn.document, rng.choice([None, None, 7, 41]))
        if rng.random() < 0.25 or not isinstance(naive(given), Rejected):
            break
    return given


def draw_two(seed: int) -> tuple[Given, Given]:
    """Two specs over the experiment and the catalogs number `seed`."""
    rng = random.Random(seed)
    drawn = draw_experiment(rng)
    one, other = (Given(_Drawing(rng, drawn).spec(), drawn.files, drawn.document) for _ in range(2))
    return one, other


class _Drawing:
    """The state of one drawing: which axes are there by now, and with which levels, about."""

    def __init__(self, rng: random.Random, drawn: Drawn) -> None:
        self.rng = rng
        self.drawn = drawn
        self.held: dict[str, list[str]] = {}
        self.names: dict[str, list[str]] = {}
        self.used: list[str] = []
        self.tuple_rows: dict[tuple[str, ...], list[list[str]]] = {}

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def spec(self) -> dict[str, Any]:
        axes = [*self.drawn.required, *(axis for axis in self.drawn.optional if self.chance(0.4))]
        self.rng.shuffle(axes)
        later = self._given_by_rules(axes)
        levels = self._levels(
            [axis for axis in axes if axis not in {one for group in later for one in group}]
        )
        if self.chance(0.01):
            levels.pop(self.rng.choice(list(levels)))
        self.held = {
            axis: list(dict.fromkeys(str(one).strip() for one in own)) for axis, own in levels.items()
        }
        for axis in self.drawn.optional:
            if axis not in axes:
                self.held[axis] = ["1"] if axis.endswith("_replicate") else ["0.7"]
        spec: dict[str, Any] = {"axes": self._declared(levels)}
        rules = self._rules(later, 1.0)
        if rules or self.chance(0.2):
            spec["rules"] = rules
        if self.chance(0.25):
            spec["designs"] = self._designs(levels)
        if self.chance(0.25):
            spec["sample"] = self._sample(axes)
        if self.chance(0.1):
            spec |= {"description": "drawn", "x-of": [1, 2]}
        return spec

    def _given_by_rules(self, axes: Sequence[str]) -> list[list[str]]:
        """Axes that tuples (two or three each) and nested rules (one each) provide."""
        pool = [axis for axis in axes if axis not in self.drawn.uncounted]
        groups = []
        for size, share in ((self.rng.choice([2, 3]), 0.25), (2, 0.08), (1, 0.2)):
            if self.chance(share) and len(pool) > size + 2:
                group = self.rng.sample(pool, size)
                pool = [axis for axis in pool if axis not in group]
                groups.append(group)
        return groups

    def _levels(self, axes: Sequence[str]) -> dict[str, list[Any]]:
        levels: dict[str, list[Any]] = {}
        rows = 1
        for axis in axes:
            pool = self.drawn.pools[axis]
            most = 1 if axis in self.drawn.uncounted and self.chance(0.8) else 3
            size = self.rng.randint(1, min(most, len(pool), max(1, MOST_ROWS // rows)))
            rows *= size
            own: list[Any] = self.rng.sample(list(pool), size)
            if axis.endswith("_replicate"):
                own = [int(one) if self.chance(0.5) else one for one in own]
            if self.chance(0.05):
                own.append(own[0])
            if self.chance(0.006):
                own.append(self.rng.choice(["nowhere", "a|b", own[0] if axis in self.held else "ODD"]))
            levels[axis] = own
        return levels

    def _declared(self, levels: dict[str, list[Any]]) -> dict[str, Any]:
        return {self.called(axis): self._maybe_query(axis, own) for axis, own in levels.items()}

    def _maybe_query(self, axis: str, own: list[Any]) -> Any:
        has_models = "family" in self.drawn.attributes.get(axis, ())
        if has_models and axis not in self.drawn.uncounted and self.chance(0.06):
            query = self._query()
            self.held[axis] = list(self.drawn.pools[axis])
            return query
        return own

    def _query(self) -> str:
        query = self.rng.choice(
            [
                "family = 'atlas' AND tier <> 'retired'",
                "CAST(size AS INTEGER) < 100",
                "id LIKE '%a%' AND size IN ('7', '8', '70')",
                "family IS NULL OR id = 'fjord'",
            ]
        )
        return f"@catalog: {query}"

    def called(self, axis: str) -> str:
        """The axis by one of its names."""
        older = self.drawn.aliases.get(axis)
        return self.rng.choice(older) if older and self.chance(0.15) else axis

    # -------------------------------------------------------------------- rules

    def _rules(self, later: list[list[str]], share: float) -> dict[str, Any]:
        wanted = {
            "subsets": self.rng.choice([0, 0, 1, 2]),
            "ties": self.rng.choice([0, 0, 0, 1]),
            "pairs": self.rng.choice([0, 0, 1, 2]),
            "excludes": self.rng.choice([0, 0, 1, 1]),
            "where": self.rng.choice([0, 0, 1, 2]),
        }
        sections = list(SECTIONS)
        self.rng.shuffle(sections)
        if self.chance(0.85):  # mostly what a rule gives is there before it is used
            sections.sort(key=lambda one: one not in ("tuples", "nested"))
        rules: dict[str, Any] = {}
        for section in sections:
            own: dict[str, Any] = {}
            if section in ("tuples", "nested"):
                for group in later:
                    if (len(group) > 1) == (section == "tuples"):
                        name, rule = self._tuple(group) if section == "tuples" else self._nested(group[0])
                        own[name] = rule
            for _ in range(wanted.get(section, 0) if self.chance(share) else 0):
                made = getattr(self, f"_{section}")()
                if made is not None:
                    own[made[0]] = made[1]
            if own:
                rules[section] = own
        return rules

    def name(self, kind: str) -> str:
        if self.used and self.chance(0.01):
            return self.rng.choice(self.used)
        name = f"{kind}{len(self.used)}"
        if self.chance(0.01):
            name = self.rng.choice(list(self.held))
        self.used.append(name)
        return name

    def axis(self) -> str:
        if self.chance(0.01):
            return self.rng.choice([*self.drawn.required, "nonsense"])
        return self.rng.choice(list(self.held))

    def some(self, axis: str, least: int = 1) -> list[str]:
        held = self.held.get(axis) or list(self.drawn.pools.get(axis, ["x"]))
        chosen = self.rng.sample(held, self.rng.randint(min(least, len(held)), len(held)))
        return [*chosen, "nowhere"] if self.chance(0.01) else chosen

    def _subsets(self) -> tuple[str, Any] | None:
        axis = self.axis()
        if self.drawn.attributes.get(axis) == ["family", "tier", "size"] and self.chance(0.15):
            return self.called(axis), self._query()
        kept = self.some(axis)
        self.held[axis] = [one for one in self.held.get(axis, ()) if one in kept] or kept
        return self.called(axis), kept

    def _ties(self) -> tuple[str, Any] | None:
        for _ in range(8):
            axes = self.rng.sample(list(self.held), min(len(self.held), self.rng.choice([1, 2, 2, 3])))
            shared = set.intersection(*(set(self.held[axis]) for axis in axes))
            if shared:
                break
        else:
            return None
        name = self.rng.choice(axes) if self.chance(0.4) else self.name("tie")
        self.names.setdefault(name, [axes[0]])
        for axis in axes:
            self.held[axis] = [one for one in self.held[axis] if one in shared]
        listed = [self.called(axis) for axis in axes]
        return name, {"axes": listed} if self.chance(0.5) else listed

    def _pairs(self) -> tuple[str, Any] | None:
        sides: list[tuple[str, list[str]]] = [
            (self.called(axis), [axis]) for axis in (self.axis(), self.axis())
        ]
        tuples = {name: axes for name, axes in self.names.items() if len(axes) > 1}
        if tuples and self.chance(0.5):
            sides[self.rng.choice([0, 1])] = self.rng.choice(list(tuples.items()))
        levels = [self._joint(axes) for _, axes in sides]
        rows = [[left, right] for left in levels[0] for right in levels[1]]
        allowed = self.rng.sample(rows, self.rng.randint(1, len(rows)))
        if self.chance(0.05):
            allowed.append(allowed[0])
        rule: dict[str, Any] = {"left": sides[0][0], "right": sides[1][0], "allowed": allowed}
        if self.chance(0.25):
            rule["balance"] = self.rng.choice(["left", "right", "both"])
            rule["allowed"] = rows if self.chance(0.7) else allowed
        for place, (_, axes) in enumerate(sides):
            if len(axes) == 1 and axes[0] in self.held:
                kept = [row[place] for row in rule["allowed"]]
                self.held[axes[0]] = [one for one in self.held[axes[0]] if one in kept] or kept
        return self.name("pair"), rule

    def _joint(self, axes: Sequence[str]) -> list[Any]:
        if len(axes) == 1:
            return list(self.some(axes[0]))
        rows = self.rng.sample(self.tuple_rows[tuple(axes)], 1 + self.chance(0.5))
        return [list(row) for row in dict.fromkeys(map(tuple, rows))]

    def _tuple(self, axes: Sequence[str]) -> tuple[str, Any]:
        rows = [[self.rng.choice(list(self.drawn.pools[axis])) for axis in axes] for _ in range(3)]
        rows = [list(row) for row in dict.fromkeys(tuple(one.strip() for one in row) for row in rows)] * 2
        self.tuple_rows = {**self.tuple_rows, tuple(axes): rows}
        for place, axis in enumerate(axes):
            self.held[axis] = list(dict.fromkeys(row[place] for row in rows))
        name = self.name("tuple")
        self.names[name] = list(axes)
        return name, {"axes": [self.called(axis) for axis in axes], "items": rows[: len(rows) // 2 + 1]}

    def _nested(self, axis: str) -> tuple[str, Any]:
        within = self.axis()
        pool = list(self.drawn.pools[axis])
        some = self.some(within)
        own = {level: self.rng.sample(pool, self.rng.randint(1, 2)) for level in some}
        rule: dict[str, Any] = {"axis": self.called(axis), "within": self.called(within), "levels": own}
        if set(self.held.get(within, ())) - set(own) or self.chance(0.3):
            rule["otherwise"] = self.rng.sample(pool, self.rng.randint(1, 2))
        self.held[axis] = list(dict.fromkeys(one.strip() for levels in own.values() for one in levels))
        return self.name("nested"), rule

    def _excludes(self) -> tuple[str, Any] | None:
        axes = self.rng.sample(list(self.held), min(len(self.held), self.rng.choice([1, 2, 2, 3])))
        items = [[self.rng.choice(self.some(axis)) for axis in axes] for _ in range(self.rng.choice([1, 2]))]
        return self.name("bad"), {"axes": [self.called(axis) for axis in axes], "items": items}

    def _where(self) -> tuple[str, Any] | None:
        return self.name("where"), draw_predicate(self.rng, self.drawn, self.held)

    # ------------------------------------------------------- designs and samples

    def _designs(self, levels: dict[str, list[Any]]) -> dict[str, Any]:
        designs: dict[str, Any] = {}
        before = {axis: list(own) for axis, own in self.held.items()}, dict(self.names), list(self.used)
        for name in self.rng.sample(["grid", "extra", "third"], self.rng.choice([1, 2, 2, 3])):
            held, names, used = before
            self.held = {axis: list(own) for axis, own in held.items()}
            self.names, self.used = dict(names), list(used)
            own: dict[str, Any] = {}
            if self.chance(0.6):
                axes = self.rng.sample(list(levels), 1 + self.chance(0.3))
                axes = [axis for axis in axes if axis in self.held]
                drawn = self._levels(axes)
                own["axes"] = self._declared(drawn)
            if self.chance(0.5):
                rules = self._rules([], 0.4)
                if rules:
                    own["rules"] = rules
            designs[name] = own
        return designs

    def _sample(self, axes: Sequence[str]) -> dict[str, Any]:
        rows = self.rng.choice([1, 2, 5, 40, 1000])
        sample: dict[str, Any] = {"rows": rows, "seed": self.rng.randint(0, 99)}
        if self.chance(0.5):
            by = self.rng.sample(list(axes), self.rng.choice([1, 2]))
            sample["by"] = [self.called(axis) for axis in by]
        return sample
