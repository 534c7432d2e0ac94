"""The files that hold a membership: their names, the lines of the CSV, and what a manifest says of each.

Nothing here knows a clock, a host or an absolute path, so the same inputs give the same bytes.
"""

from dataclasses import dataclass

import polars as pl

PARQUET, CSV, MANIFEST, METADATA = "membership.parquet", "membership.csv", "manifest.json", "metadata.json"

CSV_HEADER = b"stage,gen_id\n"


@dataclass(frozen=True, slots=True)
class Artifact:
    """A persisted file: `path` relative to the data root, the SHA-256 of its bytes, its data rows."""

    path: str
    sha256: str
    rows: int


def csv_lines(table: pl.DataFrame) -> bytes:
    """The lines of `membership.csv` for a part of the wide table, without the header.

    >>> csv_lines(pl.DataFrame({"stage": ["answer"], "gen_id": ["a_1"], "replicate": [1]}))
    b'answer,a_1\\n'
    """
    return table.select("stage", "gen_id").write_csv(include_header=False, quote_style="never").encode()
