"""Each step of a build at one size, in process, by pytest-benchmark; for one's own before and after:

    pytest tests/benchmarks/bench_steps.py -o addopts=--import-mode=importlib --benchmark-autosave
    pytest tests/benchmarks/bench_steps.py -o addopts=--import-mode=importlib --benchmark-compare

Whole processes, their memory and the alternatives: `python -m tests.benchmarks`.
"""

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from cohort_membership.identity.bulk import Kernel
from tests.benchmarks.cohort import lay_out
from tests.benchmarks.steps import STEPS, Work, kernel_called
from tests.benchmarks.ways import KERNELS

ROWS = 100_000
ROUNDS = 5
NAMES = [name for name in STEPS if not name.startswith("seeds")]


def do(works: list[Work]) -> None:
    for work in works:
        work()


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("step", NAMES)
def test_step(benchmark: Any, tmp_path: Path, step: str, kernel: str) -> None:
    if kernel == "fast":
        pytest.importorskip("cohort_membership.identity._fast")
    cohort = lay_out(tmp_path / "root", ROWS)
    chosen: Kernel = kernel_called(kernel)

    def afresh() -> tuple[tuple[list[Work]], dict[str, Any]]:
        cohort.clean()
        return (list(STEPS[step](cohort.root, chosen)),), {}

    benchmark.pedantic(partial(do), setup=afresh, rounds=ROUNDS, warmup_rounds=1)
    benchmark.extra_info["ns_a_row"] = round(benchmark.stats.stats.median / cohort.rows * 1e9, 1)
