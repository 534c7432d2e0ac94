"""The membership of a cohort: the request for one, the table, and the report of what was persisted."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from cohort_membership.plan import Plan

DEFAULT_MAX_ROWS = 10_000_000
MOST_ADDRESSABLE = 2**62
"""The most rows that a membership can have: they are numbered by signed 64-bit integers."""

DEFAULT_BATCH_ROWS = 500_000

WIDE_COLUMNS: tuple[str, ...] = (
    "stage",
    "gen_id",
    "origin_cohort_id",
    "parent_gen_id",
    "combo_id",
    "template_id",
    "llm_model_id",
    "replicate",
)
"""The columns of the wide table, in order."""


@dataclass(frozen=True, slots=True)
class BuildRequest:
    """What is asked for. `max_rows` bounds the membership, counted before anything is expanded."""

    cohort_id: str
    seed: int | None = None
    max_rows: int = DEFAULT_MAX_ROWS
    dry_run: bool = False
    seed_metadata: bool = True


@dataclass(frozen=True, slots=True)
class Slice:
    """The generations number `start` to `stop` (not included) of one stage, in membership order."""

    stage: str
    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start


@dataclass(frozen=True, slots=True, eq=False)
class Membership:
    """All generations of a cohort, made when asked for, a slice at a time.

    `table(slice)` gives the wide table of a slice: `stage`, `combo_id`, `template_id`,
    `llm_model_id`, `origin_cohort_id` (Enum, or String where an axis has very many levels), `gen_id`,
    `parent_gen_id` (String, empty for a first stage) and `replicate` (Int32).
    `lines(slice)` gives the slice's lines of the CSV `stage,gen_id`, for what wants nothing else, and
    `table_and_lines(slice)` both, from the same ids. A membership pickles as its plan, which is small:
    any process can make any slice.
    """

    plan: Plan
    table: Callable[[Slice], pl.DataFrame]
    lines: Callable[[Slice], bytes | memoryview]
    table_and_lines: Callable[[Slice], tuple[pl.DataFrame, bytes | memoryview]]
    kernel: str = "standard"

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
        """The whole wide table: the batches, one after the other."""
        return pl.concat(self.batches(), rechunk=True)


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did, or would do where `dry_run`.

    `counts` are rows by stage, in chain order; `seeded` and `reused` count metadata files written now
    and found there; `artifacts` gives each artifact's path (or address); `metadata` holds what a
    caller may pass on: spec digest, seed, the kernel that made the ids.
    """

    cohort_id: str
    counts: Mapping[str, int]
    seeded: int
    reused: int
    artifacts: Mapping[str, str]
    notices: tuple[str, ...] = ()
    dry_run: bool = False
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
        }
