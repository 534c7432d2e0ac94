"""The steps of a build, in process: pieces of work to be timed, each made just before it is done.

`python -m tests.benchmarks.steps STEP KERNEL ROOT TINY_ROOT` does one step in a process of its own: once on
a tiny cohort, so that nothing is imported or compiled while the clock runs, then timed. It prints seconds.
"""

import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TypeAlias

import polars as pl

from cohort_membership.generate import Generator
from cohort_membership.identity.bulk import STANDARD, Ids, Kernel, choose_kernel, csv_lines
from cohort_membership.membership import BuildRequest, Membership
from cohort_membership.persist import persist
from cohort_membership.pipeline import unwrap_or_raise
from cohort_membership.plan import Plan
from cohort_membership.stores.local.parts import parquet as as_parquet
from cohort_membership.wiring import local_builder
from tests.benchmarks.alternatives.script import COHORT_ID
from tests.benchmarks.cohort import OTHER

Work: TypeAlias = Callable[[], object]
Step: TypeAlias = Callable[[Path, Kernel], Iterator[Work]]

MAX_ROWS = 2_000_000_000


def plan(root: Path, kernel: Kernel) -> Iterator[Work]:
    """Load and validate."""
    yield partial(plan_of, root)


def ids(root: Path, kernel: Kernel) -> Iterator[Work]:
    generator, membership = made(root, kernel)
    for part in membership.slices():
        yield partial(generator.ids, part)


def table(root: Path, kernel: Kernel) -> Iterator[Work]:
    """The wide table, ids and all, in batches."""
    _, membership = made(root, kernel)
    for part in membership.slices():
        yield partial(membership.table, part)


def csv(root: Path, kernel: Kernel) -> Iterator[Work]:
    """The lines of membership.csv from ids that are there, written."""
    generator, membership = made(root, kernel)
    for part in membership.slices():
        yield partial(append_lines, root / OTHER / "lines.csv", part.stage, generator.ids(part)[0], kernel)


def parquet(root: Path, kernel: Kernel) -> Iterator[Work]:
    """Parts of the wide table, which are there, as parquet, written."""
    for batch in made(root, kernel)[1].batches():
        yield partial(write_parquet, root / OTHER / "table.parquet", batch)


def build(root: Path, kernel: Kernel) -> Iterator[Work]:
    """Spec to artifacts on disk, without seeds."""
    yield partial(build_of, root, kernel)


def seeds(root: Path, kernel: Kernel) -> Iterator[Work]:
    """The same, with seeds."""
    yield partial(build_of, root, kernel, seed_metadata=True)


STEPS: dict[str, Step] = {step.__name__: step for step in (plan, ids, table, csv, parquet, build, seeds)}


def plan_of(root: Path) -> Plan:
    return local_builder(root).plan(BuildRequest(COHORT_ID, max_rows=MAX_ROWS)).unwrap()


def made(root: Path, kernel: Kernel) -> tuple[Generator, Membership]:
    """As `generate`, with this kernel whatever the rows."""
    generator = Generator(plan_of(root), kernel)
    return generator, generator.membership()


def build_of(root: Path, kernel: Kernel, *, seed_metadata: bool = False) -> None:
    request = BuildRequest(COHORT_ID, max_rows=MAX_ROWS, seed_metadata=seed_metadata)
    _, membership = made(root, kernel)
    unwrap_or_raise(persist(local_builder(root).write, request)(membership))


def append_lines(path: Path, stage: str, made_ids: Ids, kernel: Kernel) -> None:
    with path.open("ab", buffering=0) as file:
        file.write(csv_lines(stage, made_ids, kernel=kernel))


def write_parquet(path: Path, batch: pl.DataFrame) -> None:
    with path.open("wb", buffering=0) as file:
        file.write(as_parquet(batch))


def kernel_called(name: str) -> Kernel:
    """The kernel by its name; `fast` where it was built."""
    if name == STANDARD.name:
        return STANDARD
    kernel = choose_kernel()
    if kernel.name != name:
        raise SystemExit(f"no kernel {name!r} here: the package was built without a C compiler")
    return kernel


def seconds(step: Step, root: Path, kernel: Kernel) -> float:
    total = 0.0
    for work in step(root, kernel):
        start = perf_counter()
        work()
        total += perf_counter() - start
    return total


if __name__ == "__main__":
    name, kernel_name, root, tiny = sys.argv[1:]
    chosen = kernel_called(kernel_name)
    seconds(STEPS[name], Path(tiny), chosen)
    print(seconds(STEPS[name], Path(root), chosen))
