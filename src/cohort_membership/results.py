"""Where workers leave what came of a generation (contract §12): files in its folder, or rows of a table."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Results:
    """Marks of done and failed generations.

    Without a `table` they are names of files in `gens/<stage>/<gen_id>/`, which count where they are not
    empty. With one (a path or a glob of .csv, .jsonl or .parquet files, relative to the data root) they are
    values of its column `state`; the last row of an id counts.
    """

    done: tuple[str, ...] = ("parsed.txt",)
    failed: tuple[str, ...] = ("raw.txt",)
    table: str | None = None
    id: str = "gen_id"
    state: str = "status"


USAGE = ("input_tokens", "output_tokens")
"""Columns of a table of results that tell what a call took."""

FORMATS = (".csv", ".jsonl", ".parquet")
"""How the name of a table of results ends."""
