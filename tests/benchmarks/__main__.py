"""The benchmark suite: one command, a table for each size, a chart.

uv run --group bench python -m tests.benchmarks
uv run --group bench python -m tests.benchmarks --rows 10_000_000 --rounds 3
uv run --group bench python -m tests.benchmarks --rows 100_000_000 --only command --kernel fast --rounds 1
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from tests.benchmarks.chart import draw
from tests.benchmarks.cohort import lay_out
from tests.benchmarks.machine import header, machine, warning
from tests.benchmarks.measure import Figures, environment, measure
from tests.benchmarks.table import ids_table, seeds_table, steps_table, whole_table
from tests.benchmarks.ways import KERNELS, NAMES, SEED_WAYS, WAYS, Choice, Way, python

SIZES = (1_000, 10_000, 100_000, 1_000_000)
TINY = 1_000
SEEDS = 100_000
SEED_ROUNDS = 3
MOST_IDS = 1_000_000
MOST_FOR_ALTERNATIVES = 20_000_000
"""Above, those hold more than most machines have: they are measured only where they are named."""


def main() -> int:
    asked = arguments()
    screen = Console() if sys.stdout.isatty() else Console(width=125)
    progress = Console(stderr=True)
    about = machine()
    for line in header(about):
        screen.print(escape(line), soft_wrap=True, highlight=False)
    if (busy := warning(about)) is not None:
        screen.print(f"[yellow]{busy}[/]")
    earlier, figures, alone = read_earlier(asked.add), list[Figures](), dict[str, Any]()
    with tempfile.TemporaryDirectory(dir=asked.scratch) as folder, progress.status("") as status:
        suite = Suite(asked, Path(folder), status.update)
        for rows in asked.rows:
            found = suite.of_size(rows)
            figures += found
            for table in (steps_table(found), whole_table(found)) if found else ():
                if table.row_count:
                    screen.print(table)
            write_json(asked.json, about, figures, alone)
        if found := suite.seeds():
            figures += found
            screen.print(seeds_table(found))
        if asked.choice.has("alone") and asked.rows:
            alone = suite.ids_alone(min(max(asked.rows), MOST_IDS))
            screen.print(ids_table(alone))
    write_json(asked.json, about, figures, alone)
    if asked.chart is not None:
        draw(
            [*earlier, *figures],
            f"{about['cpu']}, {about['cores']} cores, Python {about['python']}",
            asked.chart,
        )
    return 0


class Suite:
    """Measures what was asked for, in folders of its own below `folder`."""

    def __init__(self, asked: Any, folder: Path, tell: Any) -> None:
        self.asked, self.folder, self.tell = asked, folder, tell
        self.tiny = lay_out(folder / "tiny", TINY)

    def of_size(self, rows: int) -> list[Figures]:
        ways = self.asked.choice.of(WAYS)
        if rows > MOST_FOR_ALTERNATIVES:
            ways = [way for way in ways if not way.is_alternative or way.key in self.asked.choice.only]
        return self._measured(ways, rows, self.rounds(rows))

    def seeds(self) -> list[Figures]:
        if not self.asked.choice.has("seeds") or not self.asked.rows:
            return []
        rows = min(SEEDS, max(self.asked.rows))
        return self._measured(SEED_WAYS, rows, min(SEED_ROUNDS, self.rounds(rows)))

    def ids_alone(self, rows: int) -> dict[str, Any]:
        self.tell(f"ids alone, {rows:,}")
        command = python("-m", "tests.benchmarks.bench_ids", str(rows), str(self.rounds(rows)))
        done = subprocess.run(command, env=environment(), check=True, capture_output=True, text=True)
        return {"rows": rows, "seconds": json.loads(done.stdout)}

    def rounds(self, rows: int) -> int:
        return int(self.asked.rounds or (5 if rows <= 1_000_000 else 3))

    def _measured(self, ways: Sequence[Way], rows: int, rounds: int) -> list[Figures]:
        home = self.folder / "cohort"
        try:
            return measure(ways, lay_out(home, rows), self.tiny, rounds, self.tell)
        finally:
            shutil.rmtree(home)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "python -m tests.benchmarks",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description=__doc__,
    )
    add = parser.add_argument
    add(
        "--rows",
        type=int,
        nargs="*",
        default=list(SIZES),
        metavar="N",
        help="sizes, about (default: 1e3 to 1e6)",
    )
    add("--up-to", type=int, metavar="N", help="all powers of ten from 1000 to N")
    add("--rounds", type=int, metavar="N", help="rounds of each size (default: 5; 3 above a million rows)")
    add("--only", nargs="+", choices=NAMES, default=[], metavar="WAY", help=f"of {', '.join(NAMES)}")
    add("--skip", nargs="+", choices=NAMES, default=[], metavar="WAY", help="the same names")
    add("--kernel", nargs="+", choices=KERNELS, default=KERNELS, help="of our own ways")
    add("--chart", type=Path, metavar="FILE", help="draw the whole processes' times: .svg or .png")
    add("--json", type=Path, metavar="FILE", help="write every single figure")
    add(
        "--add", type=Path, nargs="+", default=[], metavar="FILE", help="draw these --json files' figures too"
    )
    add("--scratch", type=Path, metavar="DIR", help="where to work (default: the system's temporary folder)")
    asked = parser.parse_args()
    if asked.up_to is not None:
        asked.rows = [10**power for power in range(3, len(str(asked.up_to))) if 10**power <= asked.up_to]
    asked.choice = Choice(asked.only, asked.skip, asked.kernel)
    return asked


def write_json(
    path: Path | None, about: dict[str, Any], figures: Sequence[Figures], alone: dict[str, Any]
) -> None:
    if path is not None:
        content = {"machine": about, "figures": [one.as_json() for one in figures], "ids_alone": alone}
        path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def read_earlier(paths: Sequence[Path]) -> list[Figures]:
    by_name = {way.name: way for way in (*WAYS, *SEED_WAYS)}
    return [
        Figures.of_json(by_name[one["way"]], one)
        for path in paths
        for one in json.loads(path.read_text(encoding="utf-8"))["figures"]
    ]


if __name__ == "__main__":
    sys.exit(main())
