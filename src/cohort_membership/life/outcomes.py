"""What came of generations, as results tell it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from cohort_membership.results import USAGE

MARKS = {"gen_id": pl.String, "is_done": pl.Boolean}
NO_USAGE = pl.DataFrame(schema={"gen_id": pl.String, **dict.fromkeys(USAGE, pl.Int64)})


@dataclass(frozen=True, slots=True, eq=False)
class Outcomes:
    """`marks` has a row for each generation with a mark: `gen_id` (String, each once) and `is_done`
    (Boolean; False: failed). `unread` counts the rows of a table that did not read: half-written lines.
    `usage` has the tokens that done generations took, where a table tells both: `gen_id`, `input_tokens` and
    `output_tokens` (Int64).
    """

    marks: pl.DataFrame
    unread: int = 0
    usage: pl.DataFrame = field(default_factory=lambda: NO_USAGE)

    @property
    def done(self) -> pl.Series:
        return self.marks.filter("is_done")["gen_id"]

    def done_among(self, ids: pl.Series) -> int:
        """How many of these ids are done."""
        done = self.marks.filter("is_done").select("gen_id")
        return pl.DataFrame({"gen_id": ids.cast(pl.String)}).join(done, on="gen_id", how="semi").height


def outcomes_of_rows(
    rows: pl.DataFrame, done: Sequence[str], failed: Sequence[str], unread: int = 0
) -> Outcomes:
    """The outcomes that rows of a results table tell, in their order: `gen_id` and `state`, both text.

    They may have both columns of `USAGE` besides.

    The last row of an id counts, also where it says neither done nor failed.

    >>> rows = pl.DataFrame({"gen_id": ["a_1", "a_2", "a_1"], "state": ["error", "ok", "ok"]})
    >>> outcomes_of_rows(rows, ["ok"], ["error"]).marks.rows()
    [('a_2', True), ('a_1', True)]
    """
    last = rows.drop_nulls("gen_id").unique("gen_id", keep="last", maintain_order=True)
    state = pl.col("state")
    marks = last.filter(state.is_in([*done, *failed])).select(
        "gen_id", state.is_in(list(done)).alias("is_done")
    )
    if not last.columns[2:]:
        return Outcomes(marks, unread)
    told = last.filter(state.is_in(list(done))).select("gen_id", *USAGE).drop_nulls()
    return Outcomes(marks, unread, told)
