"""Spec to membership.csv and nothing else, as a script composes the pure steps: what the plain loop does.

`python -m tests.benchmarks.to_csv DATA_ROOT MEMBERSHIP.csv` prints the seconds it took after its imports.
"""

import sys
from pathlib import Path
from time import perf_counter

from cohort_membership.artifacts import CSV_HEADER
from cohort_membership.generate import generate
from cohort_membership.membership import BuildRequest
from cohort_membership.wiring import local_builder
from tests.benchmarks.alternatives.script import COHORT_ID


def to_csv(root: Path, target: Path) -> None:
    plan = local_builder(root).plan(BuildRequest(COHORT_ID, max_rows=2_000_000_000)).unwrap()
    membership = generate(plan)
    with target.open("wb", buffering=0) as file:
        file.write(CSV_HEADER)
        for part in membership.slices():
            file.write(membership.lines(part))


if __name__ == "__main__":
    start = perf_counter()
    to_csv(*map(Path, sys.argv[1:]))
    print(perf_counter() - start)
