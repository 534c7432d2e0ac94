"""Nanoseconds an id: the kernels against one call of hashlib a row, as interleaved rounds of one run.

    pytest tests/benchmarks/bench_ids.py -o addopts=--import-mode=importlib -s

A batch is a stage of 20 children to a parent: parents' ids of 18 bytes, tails of some 30. The last test
prints the medians with their ratios; they are told, never asserted: the machine may be shared.
`python -m tests.benchmarks` shows the same figures beside all others.
"""

import json
import sys
from collections.abc import Callable
from functools import cache
from hashlib import blake2b
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from cohort_membership.identity.bulk import (
    STANDARD,
    Ids,
    Kernel,
    Texts,
    bulk_ids,
    choose_kernel,
    csv_lines,
)

ROWS = 1_000_000
MANY_ROWS = 10_000_000
CHILDREN = 20
ROUNDS = 5

Index = NDArray[np.uint32]
FAST = choose_kernel()
needs_compiler = pytest.mark.skipif(FAST is STANDARD, reason="built without a C compiler")


@cache
def batch(rows: int) -> tuple[Ids, Texts, Index, Index]:
    parents = rows // CHILDREN
    heads = bulk_ids(
        "d_", [b"combo|"], [b"%d" % n for n in range(parents)], [0] * parents, range(parents), kernel=FAST
    )
    tails = Texts([b"|essay-template-v%d|model-%d|1" % (n, n % 3) for n in range(CHILDREN)])
    head_index = np.repeat(np.arange(parents, dtype=np.uint32), CHILDREN)
    return heads, tails, head_index, np.tile(np.arange(CHILDREN, dtype=np.uint32), parents)


def one_hash_a_row(rows: int) -> list[bytes]:
    """What the ratio is to: the digests alone, without base 36."""
    heads, tails, head_index, tail_index = batch(rows)
    head, tail = heads.tolist(), tails.items
    return [
        blake2b(head[h] + tail[t], digest_size=10).digest()
        for h, t in zip(head_index.tolist(), tail_index.tolist(), strict=True)
    ]


def standard(rows: int) -> Ids:
    return bulk_ids("e_", *batch(rows), kernel=STANDARD)


def fast_one_thread(rows: int) -> Ids:
    return bulk_ids("e_", *batch(rows), kernel=FAST)


def fast_two_threads(rows: int) -> Ids:
    return bulk_ids("e_", *batch(rows), kernel=FAST, threads=2)


WAYS: list[Callable[[int], object]] = [one_hash_a_row, standard, fast_one_thread, fast_two_threads]


def ways(*which: Callable[[int], object]) -> list[object]:
    return [
        pytest.param(way, id=way.__name__, marks=needs_compiler if "fast" in way.__name__ else ())
        for way in which
    ]


def told(benchmark: Any, work: Callable[[int], object], rows: int) -> None:
    batch(rows)
    benchmark.pedantic(work, (rows,), rounds=ROUNDS, warmup_rounds=1)
    benchmark.extra_info["ns_a_row"] = round(benchmark.stats.stats.median / rows * 1e9, 1)


@pytest.mark.parametrize("way", ways(*WAYS))
def test_ids(benchmark: Any, way: Callable[[int], object]) -> None:
    told(benchmark, way, ROWS)


@pytest.mark.parametrize("way", ways(fast_one_thread, fast_two_threads))
def test_many_ids(benchmark: Any, way: Callable[[int], object]) -> None:
    told(benchmark, way, MANY_ROWS)


@pytest.mark.parametrize(
    "kernel", [STANDARD, pytest.param(FAST, marks=needs_compiler)], ids=lambda one: one.name
)
def test_csv_lines(benchmark: Any, kernel: Kernel) -> None:
    ids = fast_one_thread(ROWS)
    told(benchmark, lambda _: csv_lines("essay", ids, kernel=kernel), ROWS)


def test_series(benchmark: Any) -> None:
    ids = fast_one_thread(ROWS)
    told(benchmark, lambda _: ids.to_series(), ROWS)


def interleaved(rows: int, rounds: int) -> dict[str, list[float]]:
    """Seconds of each way, round by round: they take turns, so a busy moment falls on all of them alike."""
    measured = WAYS if FAST.name == "fast" else [one_hash_a_row, standard]
    seen: dict[str, list[float]] = {way.__name__: [] for way in measured}
    for number in range(rounds + 1):
        for way in measured:
            start = perf_counter()
            way(rows)
            if number:  # the first round warms up
                seen[way.__name__].append(perf_counter() - start)
    return seen


def test_the_ratios_of_interleaved_rounds() -> None:
    seen = interleaved(ROWS, ROUNDS)
    print(f"\n{'way':<20}{'ns a row':>10}{'least':>10}{'times':>8}")
    base = median(seen["one_hash_a_row"])
    for name, times in seen.items():
        took = median(times)
        print(f"{name:<20}{took / ROWS * 1e9:>10.1f}{min(times) / ROWS * 1e9:>10.1f}{base / took:>8.1f}")


if __name__ == "__main__":
    print(json.dumps(interleaved(int(sys.argv[1]), int(sys.argv[2]))))
