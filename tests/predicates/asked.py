"""A predicate asked in one go, as a rule and a catalog query ask it."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
from returns.pipeline import is_successful

from cohort_membership.predicates import Axis, Fault, Kind, holds, judge, parse

AXES = {
    "judge": Axis(attributes=("family", "size", "a b")),
    "author": Axis(attributes=("family", "size")),
    "turn": Axis(Kind.WHOLE),
}


def faults(text: str, known: Mapping[str, Axis] = AXES, **options: Any) -> tuple[Fault, ...]:
    """What is wrong in the text, read and judged."""
    parsed = parse(text)
    if not is_successful(parsed):
        return parsed.failure()
    judged = judge(parsed.unwrap(), known, **options)
    return () if is_successful(judged) else judged.failure()


def told(text: str, known: Mapping[str, Axis] = AXES, **options: Any) -> list[tuple[str, str, str | None]]:
    """The same, each as (where, what, what instead)."""
    return [
        (text[one.start : one.stop], one.detail, one.suggestion or one.remedy)
        for one in faults(text, known, **options)
    ]


def answer(text: str, columns: Mapping[str, Sequence[Any]], known: Mapping[str, Axis] = AXES) -> Any:
    """For each row whether the predicate holds; the faults' (where, what) instead if there are any."""
    condition = judge(parse(text).unwrap(), known).unwrap()
    whole = {name for name, axis in known.items() if axis.kind is Kind.WHOLE}
    frame = pl.DataFrame(
        [
            pl.Series(name, values, pl.Int64 if name in whole else pl.String)
            for name, values in columns.items()
        ]
    )
    held = holds(condition, frame)
    if is_successful(held):
        return held.unwrap().to_list()
    return [(text[one.start : one.stop], one.detail) for one in held.failure()]
