"""The questions after a build, at a million generations: `python -m tests.benchmarks.life [ROWS]`.

A cohort of ROWS generations with its results in a table, then in folders; then, for `explain`, ten times as
many rows in a hundred cohorts. Each command is a process of its own: its start and its imports count.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

import polars as pl

from cohort_membership.membership import BuildRequest
from cohort_membership.wiring import local_builder
from tests.benchmarks.alternatives.script import COHORT_ID
from tests.benchmarks.cohort import Cohort, lay_out
from tests.benchmarks.measure import environment
from tests.benchmarks.ways import HERE

ROUNDS, COHORTS = 3, 100
TABLE = "extends: draft-essay-evaluation\nresults: {table: results.parquet}\n"


def main(rows: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        one = lay_out(Path(folder) / "one", rows)
        (one.root / "experiment.yaml").write_text(TABLE)
        _build(one, COHORT_ID)
        done = _ids(one).head(rows // 2)
        done.select("gen_id", status=pl.lit("ok")).write_parquet(one.root / "results.parquet")
        print(f"{one.rows:,} generations, {done.height:,} of them done, results in a table")
        for command in ("plan", "next", "status"):
            _tell(one, command, COHORT_ID)
        (one.root / "experiment.yaml").unlink()
        _build(one, COHORT_ID)
        for stage, gen_id in done.iter_rows():
            home = one.root / "gens" / stage / gen_id
            home.mkdir(parents=True)
            (home / "parsed.txt").write_text("text")
        print("results in folders")
        for command in ("plan", "next", "status"):
            _tell(one, command, COHORT_ID)
        shutil.rmtree(one.root / "gens")
        many = lay_out(Path(folder) / "many", 10 * rows // COHORTS)
        for number in range(COHORTS):
            _another(many, f"cohort-{number:03}", number)
        print(f"{COHORTS * many.rows:,} generations in {COHORTS} cohorts")
        _tell(many, "explain", _ids(many, f"cohort-{COHORTS - 1:03}")["gen_id"][-1])


def _build(cohort: Cohort, name: str) -> None:
    local_builder(cohort.root).build(BuildRequest(name, seed_metadata=False)).unwrap()


def _another(cohort: Cohort, name: str, number: int) -> None:
    """A cohort that shares nothing with the others but its models: its replicates are others."""
    spec = cohort.root / "cohorts" / name / "spec"
    shutil.copytree(cohort.folder / "spec", spec)
    text = (spec / "config.yaml").read_text()
    replicates = f"draft_replicate: [{2 * number + 1}, {2 * number + 2}]"
    (spec / "config.yaml").write_text(text.replace("draft_replicate: [1, 2]", replicates))
    _build(cohort, name)


def _ids(cohort: Cohort, name: str = COHORT_ID) -> pl.DataFrame:
    path = cohort.root / "cohorts" / name / "membership.csv"
    return pl.read_csv(path)


def _tell(cohort: Cohort, *command: str) -> None:
    program = str(Path(sys.executable).parent / "cohort-membership")
    launcher = [sys.executable, "-I", "-S", str(HERE / "launch.py"), os.devnull]
    found = []
    for _ in range(ROUNDS):
        # `status` ends with 3 where not all is done: the shell makes it 0.
        line = [*launcher, "/bin/sh", "-c", '"$@" || [ $? = 3 ]', "sh", program, *command, "--json"]
        done = subprocess.run(
            [*line, "--data-root", str(cohort.root)],
            capture_output=True,
            text=True,
            check=True,
            env=environment(),
        )
        found.append(json.loads(done.stdout))
    seconds, peak = (median(one[key] for one in found) for key in ("seconds", "peak"))
    print(f"  {command[0]:8} {seconds:6.2f} s {peak / 2**20:8.0f} MiB")


if __name__ == "__main__":
    main(int(sys.argv[1].replace("_", "")) if len(sys.argv) > 1 else 1_000_000)
