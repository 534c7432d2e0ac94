"""A stage laid out for generation: for each row its parent's number, its id's texts, its columns."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import islice

import numpy as np
import polars as pl
from toolz import unique

from cohort_membership.identity import SEPARATOR, added_text, normalised
from cohort_membership.projection import Projection, distinct
from cohort_membership.radix import Numbers, RadixSum, projected_numbers, row_numbers, strides
from cohort_membership.stage import Stage

MOST_CATEGORIES = 4_000
"""Above this many levels a column is plain text: a larger Enum makes parquet files grow."""

LARGEST_TABLE = 200_000
"""The most tails that are kept for a whole stage; above it each batch makes those it needs."""


@dataclass(frozen=True, slots=True)
class Base:
    """The product whose rows are addressed: its frames, in order, each with distinct rows."""

    frames: tuple[pl.DataFrame, ...]

    @property
    def heights(self) -> list[int]:
        return [frame.height for frame in self.frames]

    def zeros(self) -> list[Numbers]:
        return [np.zeros(height, np.int64) for height in self.heights]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the wide table: a level's number for each row, and the levels."""

    numbers: RadixSum
    levels: pl.Series

    def values(self, numbers: str) -> pl.Expr:
        """The levels, by the column of their numbers."""
        if self.levels.dtype == pl.Enum:
            return pl.col(numbers).cat.to(self.levels.dtype)
        return pl.lit(self.levels).gather(pl.col(numbers))


@dataclass(frozen=True, slots=True)
class Tails:
    """The part of an id's text that is the stage's own, for each row: '|template|llm|replicate'.

    `numbers` gives each row the number of its tail; the tails are a product too, of `components` (own
    components in the id's order, each with its texts, '|' included).
    """

    numbers: RadixSum
    count: int
    components: tuple[tuple[RadixSum, tuple[str, ...]], ...]

    def texts(self, numbers: Numbers) -> list[bytes]:
        """The tails with these numbers, as UTF-8."""
        parts = [
            pl.Series(texts, dtype=pl.String)[component.at(numbers)] for component, texts in self.components
        ]
        if not parts:
            return [b""] * len(numbers)
        names = [str(place) for place in range(len(parts))]
        joined = pl.DataFrame(dict(zip(names, parts, strict=True))).select(pl.concat_str(names))
        return [text.encode() for text in joined.to_series().to_list()]


@dataclass(frozen=True, slots=True)
class Layout:
    """Everything a slice of one stage is made from.

    `heads` numbers each row's head: its parent in the parent stage's projection, or its subject's
    level, whose texts are `subjects` (none where the stage has a parent). `columns` are the wide table's
    that the stage has.
    """

    stage: Stage
    heads: RadixSum
    subjects: tuple[bytes, ...]
    tails: Tails
    columns: Mapping[str, Column]


def lay_out(
    stage: Stage, subject: str, base: Base, parent: Projection | None, dtypes: Mapping[str, pl.DataType]
) -> Layout:
    """The layout of a stage over a product that holds all the axes of the stage and its ancestors."""
    subjects = pl.Series(dtype=pl.String)
    if parent is None:
        heads, subjects = _level_numbers(base, subject)
    else:
        heads = projected_numbers(base.frames, parent)
    axes = {subject: subject, **stage.axis_of}
    return Layout(
        stage=stage,
        heads=RadixSum(heads),
        subjects=tuple(normalised(text).encode() for text in subjects),
        tails=_tails(base, stage),
        columns={column: _column(base, axis, dtypes[column]) for column, axis in axes.items()},
    )


def column_type(levels: Iterable[str]) -> pl.DataType:
    """Enum for few levels, so that a row costs a byte or two; text for many, not all of them looked at."""
    distinct = list(islice(unique(levels), MOST_CATEGORIES + 1))
    return pl.Enum(distinct) if len(distinct) <= MOST_CATEGORIES else pl.String()


def _tails(base: Base, stage: Stage) -> Tails:
    """The distinct own parts of the ids, numbered over the whole product."""
    own = stage.identity
    tables = base.zeros()
    parts: list[tuple[int, pl.DataFrame]] = []
    for place, frame in enumerate(base.frames):
        axes = [axis for axis in frame.columns if axis in own]
        if axes:
            parts.append((place, distinct(frame, axes)))
    heights = [frame.height for _, frame in parts]
    for (place, frame), step in zip(parts, strides(heights), strict=True):
        tables[place] = row_numbers(base.frames[place], frame) * step
    part = Base(tuple(frame for _, frame in parts))
    components = [_component(part, axis, normalised) for _, axis in stage.counted]
    components += [_component(part, one.axis, partial(added_text, one)) for one in stage.added]
    return Tails(RadixSum(tables), int(np.prod(heights, dtype=object)), tuple(components))


def _component(part: Base, axis: str, text_of: Callable[[str], str]) -> tuple[RadixSum, tuple[str, ...]]:
    """A component of the ids: for each tail the number of its text, and the texts."""
    numbers, levels = _level_numbers(part, axis)
    texts = (text_of(level) for level in levels)
    return RadixSum(numbers), tuple(f"{SEPARATOR}{text}" if text else "" for text in texts)


_PHYSICAL = {"UInt8": np.uint8, "UInt16": np.uint16, "UInt32": np.uint32}
"""The numpy type of an Enum's numbers, by polars' name for it."""


def _column(base: Base, axis: str, dtype: pl.DataType) -> Column:
    """The wide table's column of one axis."""
    place = _place(base, axis)
    tables = base.zeros()
    if isinstance(dtype, pl.Enum):
        values = base.frames[place][axis].cast(dtype).to_physical()
        tables[place] = values.to_numpy().astype(np.int64)
        numpy_type = _PHYSICAL[str(values.dtype)]
        return Column(RadixSum(tables, numpy_type), dtype.categories.cast(dtype))
    numbers, texts = _level_numbers(base, axis)
    return Column(RadixSum(numbers, np.uint32), texts.cast(dtype))


def _level_numbers(base: Base, axis: str) -> tuple[list[Numbers], pl.Series]:
    """Tables that give each row the number of its level on an axis, and the levels by number."""
    place = _place(base, axis)
    tables = base.zeros()
    frame = base.frames[place]
    if frame.width == 1:  # of one axis each level is there once: there may be millions
        tables[place] = np.arange(frame.height)
        return tables, frame[axis]
    levels = frame[axis].to_list()
    number_of = {level: number for number, level in enumerate(dict.fromkeys(levels))}
    tables[place] = np.fromiter((number_of[level] for level in levels), np.int64, len(levels))
    return tables, pl.Series(list(number_of), dtype=pl.String)


def _place(base: Base, axis: str) -> int:
    return next(place for place, frame in enumerate(base.frames) if axis in frame.columns)
