"""The yardstick for seeding: the plain loop, then `mkdir` and `write_text(json.dumps(...))` a generation.

What is there is left alone.
"""

import json
from pathlib import Path

from tests.benchmarks.alternatives.plain_loop import Row, membership, write_csv
from tests.benchmarks.alternatives.script import Levels, run


def build(levels: Levels, target: Path) -> None:
    """`membership.csv` at `target`, and the seeds in `gens/` beside it."""
    rows = membership(levels)
    for row in rows:
        folder = target.parent / "gens" / row["stage"] / row["gen_id"]
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "metadata.json"
        if not path.exists():
            path.write_text(json.dumps(metadata(row), indent=2, sort_keys=True) + "\n", encoding="utf-8")
    write_csv(rows, target)


def metadata(row: Row) -> Row:
    other = "parent_gen_id" if row["stage"] == "draft" else "combo_id"
    return {"mode": "llm", **{name: value for name, value in row.items() if name != other}}


if __name__ == "__main__":
    run(build)
