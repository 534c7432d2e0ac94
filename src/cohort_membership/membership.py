"""The membership of a cohort: the request for one, the table, and the report of what was persisted."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl
from polars import selectors

from cohort_membership.plan import Plan

DEFAULT_MAX_ROWS = 10_000_000
MOST_ADDRESSABLE = 2**62
"""The most rows that a membership can have: they are numbered by signed 64-bit integers."""

DEFAULT_BATCH_ROWS = 500_000

_COHORT_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")


def is_cohort_id(text: str) -> bool:
    """Whether a cohort may have this name: letters and digits of ASCII, '.', '_' and '-', at most 128,
    not starting with a dot or a dash.

    >>> is_cohort_id("demo-1.2"), is_cohort_id("../demo")
    (True, False)
    """
    return _COHORT_ID.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class BuildRequest:
    """What is asked for. `max_rows` bounds the membership, counted before anything is expanded; with
    `new_ids` a build goes on although the experiment gives other ids than cohorts that are built have."""

    cohort_id: str
    seed: int | None = None
    max_rows: int = DEFAULT_MAX_ROWS
    dry_run: bool = False
    seed_metadata: bool = True
    new_ids: bool = False


@dataclass(frozen=True, slots=True)
class Slice:
    """The generations number `start` to `stop` (not included) of one stage, in membership order."""

    stage: str
    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Membership:
    """All generations of a cohort, made when asked for, a slice at a time.

    `table(slice)` gives the wide table of a slice: `stage`, `gen_id`, `origin_cohort_id`, `parent_gen_id`
    (empty for a first stage), then the subject and the columns of the experiment's stages, null where a
    stage has no such column: all text (Enum for few levels, else String) but `replicate` (Int32).
    `frame()` is all of it, with String alone.
    `lines(slice)` gives the slice's lines of the CSV `stage,gen_id`, for what wants nothing else, and
    `table_and_lines(slice)` both, from the same ids. A membership pickles as its plan, which is small:
    any process can make any slice.
    """

    plan: Plan
    table: Callable[[Slice], pl.DataFrame]
    lines: Callable[[Slice], bytes | memoryview]
    table_and_lines: Callable[[Slice], tuple[pl.DataFrame, bytes | memoryview]]
    kernel: str = "standard"

    def __repr__(self) -> str:
        return f"Membership of {self.plan!r}"

    @property
    def cohort_id(self) -> str:
        return self.plan.cohort_id

    @property
    def counts(self) -> Mapping[str, int]:
        return self.plan.counts

    @property
    def rows(self) -> int:
        return self.plan.rows

    def slices(self, batch_rows: int = DEFAULT_BATCH_ROWS) -> Iterator[Slice]:
        """The membership cut into slices of at most `batch_rows`, in membership order."""
        for stage, count in self.counts.items():
            for start in range(0, count, batch_rows):
                yield Slice(stage, start, min(start + batch_rows, count))

    def batches(self, batch_rows: int = DEFAULT_BATCH_ROWS) -> Iterator[pl.DataFrame]:
        """The wide table in batches, in membership order; memory depends on the batch only."""
        return map(self.table, self.slices(batch_rows))

    def frame(self) -> pl.DataFrame:
        """The whole wide table: the batches one after the other, their texts as String.

        So it joins tables of any other source, and stands below the table of any other cohort.
        """
        return pl.concat(map(with_plain_texts, self.batches()))


def with_plain_texts(table: pl.DataFrame) -> pl.DataFrame:
    """A part of the wide table, its texts as String where they are an Enum of this cohort's levels.

    >>> with_plain_texts(pl.DataFrame({"stage": ["answer"]}, schema={"stage": pl.Enum(["answer"])})).dtypes
    [String]
    """
    return table.with_columns(selectors.enum().cast(pl.String))


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did, or would do where `dry_run`.

    `counts` are rows by stage, in chain order; `seeded` and `reused` count metadata files written now
    and found there; where `is_unchanged` all was there and nothing was written. `artifacts` gives each
    artifact's path (or address); `metadata` holds what a caller may pass on: spec digest, seed, the kernel
    that made the ids.
    """

    cohort_id: str
    counts: Mapping[str, int]
    seeded: int
    reused: int
    artifacts: Mapping[str, str]
    notices: tuple[str, ...] = ()
    dry_run: bool = False
    is_unchanged: bool = False
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        return sum(self.counts.values())

    def as_json(self) -> dict[str, Any]:
        """The report as the command line gives it: plain JSON types only."""
        return {
            "ok": True,
            "cohort_id": self.cohort_id,
            "counts": dict(self.counts),
            "rows": self.rows,
            "seeded": self.seeded,
            "reused": self.reused,
            "artifacts": dict(self.artifacts),
            "notices": list(self.notices),
            **({"dry_run": True} if self.dry_run else {}),
        }
