"""Processes measured one by one, in rounds that take turns, so that a busy moment falls on all alike."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from tests.benchmarks.cohort import Cohort
from tests.benchmarks.ways import HERE, Way

REPOSITORY = HERE.parents[1]
NOT_PASSED_ON = ("PYTHONDONTWRITEBYTECODE",)
"""No user's shell sets it, and with it every start compiles all over again."""


class WrongBytes(Exception):
    """Two ways gave different memberships: then their times mean nothing."""


@dataclass(frozen=True)
class Run:
    """One process: its wall time, its peak of memory in bytes, and the seconds it tells of itself."""

    seconds: float
    peak: int
    inside: float | None


@dataclass
class Figures:
    """All runs of one way at one size. `seconds` is what counts for its section of the table."""

    way: Way
    rows: int
    runs: list[Run] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return {"way": self.way.name, "rows": self.rows, "runs": [asdict(run) for run in self.runs]}

    @classmethod
    def of_json(cls, way: Way, content: dict[str, Any]) -> "Figures":
        return cls(way, content["rows"], [Run(**run) for run in content["runs"]])

    @property
    def each(self) -> list[float]:
        return [run.seconds for run in self.runs] if self.way.section == "whole" else self.insides

    @property
    def insides(self) -> list[float]:
        return [run.inside for run in self.runs if run.inside is not None]

    @property
    def seconds(self) -> float:
        return median(self.each)

    @property
    def inside(self) -> float | None:
        return median(self.insides) if self.insides else None

    @property
    def peak(self) -> float:
        return median(run.peak for run in self.runs)


def measure(
    ways: Sequence[Way], cohort: Cohort, tiny: Cohort, rounds: int, tell: Callable[[str], None]
) -> list[Figures]:
    """Figures of each way; all memberships are compared by their digests, in the first round."""
    figures = [Figures(way, cohort.rows) for way in ways]
    digests: dict[str, str] = {}
    for way in ways:
        tell(f"warming up: {way.label} {way.kernel}")
        one_run(way, tiny, tiny)
    for number in range(1, rounds + 1):
        for one in figures:
            tell(f"{cohort.rows:,} rows, round {number} of {rounds}: {one.way.label} {one.way.kernel}")
            one.runs.append(one_run(one.way, cohort, tiny))
            if number == 1 and one.way.result is not None:
                digests[one.way.name] = digest(one.way.result(cohort))
    if len(set(digests.values())) > 1:
        raise WrongBytes(f"membership.csv differs: {digests}")
    return figures


def one_run(way: Way, cohort: Cohort, tiny: Cohort) -> Run:
    if not way.is_again:
        cohort.clean()
    tiny.clean()
    os.sync()  # what the one before left in memory is not written on this one's time
    told = cohort.root / "told.txt"
    launcher = [sys.executable, "-I", "-S", str(HERE / "launch.py"), str(told)]
    done = subprocess.run(
        [*launcher, *way.command(cohort, tiny)],
        capture_output=True,
        text=True,
        check=False,
        cwd=cohort.root,
        env=environment(),
    )
    if done.returncode:
        raise RuntimeError(f"{way.name} failed:\n{done.stderr}")
    found = json.loads(done.stdout)
    return Run(found["seconds"], found["peak"], own_seconds(told.read_text()))


def own_seconds(told: str) -> float | None:
    try:
        return float(told.rsplit(maxsplit=1)[-1])
    except (IndexError, ValueError):
        return None


def environment() -> dict[str, str]:
    """What the processes that are measured are given."""
    kept = {name: value for name, value in os.environ.items() if name not in NOT_PASSED_ON}
    return {**kept, "PYTHONPATH": str(REPOSITORY)}


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def ratio(yardstick: Figures, one: Figures, *, inside: bool = False) -> float | None:
    """How many times as fast as the yardstick: the median over the rounds, each round by itself."""
    if inside:
        pairs = list(zip(yardstick.insides, one.insides, strict=False))
    else:
        pairs = list(zip(yardstick.each, one.each, strict=False))
    return median(base / took for base, took in pairs) if pairs else None
