"""Random predicates, of the kinds that the contract allows, over what a drawn experiment has."""

import random
from collections.abc import Mapping, Sequence

from tests.algebra.drawn_experiments import Drawn


def draw_predicate(rng: random.Random, drawn: Drawn, levels: Mapping[str, Sequence[str]]) -> str:
    """A predicate over some of these axes; one in a hundred names what there is not."""
    held = list(levels)
    models = [one for one in held if "family" in drawn.attributes.get(one, ())] or [held[0]]
    templates = [one for one in held if drawn.attributes.get(one) == ["kind"]] or [held[0]]
    whole = [one for one in held if one.endswith("_replicate")]
    texts = [one for one in held if one not in whole]
    a, b, m, n, t = (rng.choice(one) for one in (texts, texts, models, models, templates))
    older = drawn.aliases.get(m)
    m = rng.choice(older) if older and rng.random() < 0.15 else m
    known = ["{a} <> {b}", "{a} LIKE '%e%'", "{a} NOT ILIKE 'S%'", "LENGTH({a}) > 3", "UPPER({a}) <> 'X'"]
    known += ["{a} BETWEEN 'a' AND 'r'", "{a} IN ('terse', '0.7', 'q-001', '{level}')"]
    if len(models) > 1 or "family" in drawn.attributes.get(models[0], ()):
        known += ["{m}.family <> {n}.family OR {m} = 'fjord'", "{m}.tier IS NULL OR {m}.size <> '8'"]
        known += ["CAST({m}.size AS INTEGER) < 100", "{m}.tier IN ('free', 'paid') OR {a} = '{level}'"]
        known += [
            "CAST({m}.size AS DOUBLE) / 2 > 3.5",
            "NOT ({m}.family = 'atlas' AND {n}.tier = 'free')",
        ]
    if drawn.attributes.get(templates[0]) == ["kind"]:
        known += ["{t}.kind <> 'long' OR {a} > 'm'", "{t}.kind IS NOT NULL"]
    if whole:
        known += ["{r} + 1 > 2 OR {a} <> '{level}'", "{r} = 1", "{r} * 2 <= LENGTH({a})", "{r} IN (1, 3)"]
    if rng.random() < 0.01:
        known = ["nonsense = 'x'", "{a}.nonsense = 'x'"]
    text = rng.choice(known)
    level = rng.choice(levels[a])
    return text.format(a=a, b=b, m=m, n=n, t=t, r=rng.choice(whole or [a]), level=level)
