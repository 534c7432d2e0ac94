"""What table stores share in reading: batches that have begun, rows as metadata, a manifest's text."""

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

import polars as pl
from returns.result import Result, Success

from cohort_membership.manifest import Manifest, parse_manifest
from cohort_membership.ports import ReadFailed
from cohort_membership.problems import Problems, fail
from cohort_membership.stores.sql import wide_rows
from cohort_membership.stores.sql.wide_rows import POSITION


def begun(batches: Iterator[pl.DataFrame]) -> Result[Iterator[pl.DataFrame], Problems]:
    """The batches, the first of them read already: what is wrong from the start is a problem.

    >>> [table.height for table in begun(iter([pl.DataFrame({"a": [1]}), pl.DataFrame({"a": [2]})])).unwrap()]
    [1, 1]
    """
    try:
        first = next(batches, None)
    except ReadFailed as failed:
        return fail(failed.problem)
    return Success(iter(()) if first is None else chain((first,), batches))


def batch_numbers(of_cohort: str) -> str:
    """The SELECT of the numbers of the batches that rows are in; `of_cohort` is what follows its columns.

    Asked for, and not counted up to the last position: in a damaged table that can be any number.
    """
    number = f"CAST({POSITION} / {wide_rows.BATCH_ROWS} AS bigint)"
    return f"SELECT DISTINCT {number} AS batch {of_cohort} AND {POSITION} IS NOT NULL ORDER BY batch"


def batches_at(numbers: pl.DataFrame) -> Iterator[str]:
    """The condition on a row's position for each batch.

    >>> list(batches_at(pl.DataFrame({"batch": [0, 1]})))
    ['position >= 0 AND position < 100000', 'position >= 100000 AND position < 200000']
    """
    for number in numbers["batch"].drop_nulls().to_list():
        start = number * wide_rows.BATCH_ROWS
        yield f"{POSITION} >= {start} AND {POSITION} < {start + wide_rows.BATCH_ROWS}"


def parsed(text: str | None, place: str) -> Result[Manifest | None, Problems]:
    """A manifest from a table; None where there is none, `artifact-corrupt` where it is damaged."""
    return Success(None) if text is None else parse_manifest(text.encode(), place)


def metadata_texts(ids: pl.Series, found: Iterable[pl.DataFrame]) -> pl.Series:
    """For each id its row, as `metadata.json` holds it: keys sorted, without those that are null.

    >>> row = pl.DataFrame({"stage": ["answer"], "gen_id": ["a_1"], "mode": [None]})
    >>> metadata_texts(pl.Series(["a_2", "a_1"]), [row]).to_list()
    [None, '{\\n  "gen_id": "a_1",\\n  "stage": "answer"\\n}\\n']
    """
    texts = {row["gen_id"]: _as_json(row) for table in found for row in table.iter_rows(named=True)}
    return pl.Series("metadata", [texts.get(one) for one in ids.to_list()], dtype=pl.String)


def _as_json(row: Mapping[str, Any]) -> str:
    held = {key: row[key] for key in sorted(row) if row[key] is not None}
    # A damaged table may hold bytes where a text should be: they are told as they are.
    return json.dumps(held, indent=2, ensure_ascii=False, default=repr) + "\n"
