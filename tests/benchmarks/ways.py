"""What is measured: each way from a spec to rows, as a command line for a process of its own."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, TypeAlias

from tests.benchmarks.alternatives.script import COHORT_ID
from tests.benchmarks.cohort import Cohort

HERE = Path(__file__).parent
KERNELS = ("standard", "fast")
COMPILED = "cohort_membership.identity._fast"

Section: TypeAlias = Literal["step", "whole", "seeds"]
"""`step`: timed in a process that has imported and warmed up; `whole`: from a cold start."""


@dataclass(frozen=True)
class Way:
    """`key` is what `--only` names; `result` the membership.csv it leaves, None where it makes none."""

    key: str
    label: str
    section: Section
    command: Callable[[Cohort, Cohort], list[str]]
    """Given the cohort and a tiny one."""
    kernel: str = ""
    result: Callable[[Cohort], Path] | None = None
    needs: str = ""
    """The package without which it cannot be."""

    @property
    def name(self) -> str:
        return f"{self.key}/{self.kernel}" if self.kernel else self.key

    is_alternative: bool = False
    is_again: bool = False
    """Done over what the way before it has left."""

    @property
    def is_possible(self) -> bool:
        return not self.needs or find_spec(self.needs) is not None


def _step(key: str, label: str, kernel: str, section: Section = "step", *, is_told: bool = True) -> Way:
    def command(cohort: Cohort, tiny: Cohort) -> list[str]:
        return python("-m", "tests.benchmarks.steps", key, kernel, str(cohort.root), str(tiny.root))

    return Way(
        key,
        label,
        section,
        command,
        kernel=kernel if is_told else "",
        result=None if section == "step" and key != "build" else _ours,
        needs=COMPILED if kernel == "fast" else "",
    )


def _command(kernel: str) -> Way:
    def command(cohort: Cohort, tiny: Cohort) -> list[str]:
        arguments = ["build", COHORT_ID, "--data-root", str(cohort.root), "--no-seed-metadata"]
        most = ["--max-rows", str(max(cohort.rows, 1))]
        return python(str(HERE / "forced_command.py"), kernel, *arguments, *most, "--json")

    needs = COMPILED if kernel == "fast" else ""
    return Way("command", "cohort-membership build", "whole", command, kernel, _ours, needs)


def _script(cohort: Cohort, tiny: Cohort) -> list[str]:
    return python("-m", "tests.benchmarks.to_csv", str(cohort.root), str(cohort.other))


def _alternative(key: str, label: str, module: str, needs: str = "", section: Section = "whole") -> Way:
    def command(cohort: Cohort, tiny: Cohort) -> list[str]:
        script = HERE / "alternatives" / f"{module}.py"
        return python(str(script), str(cohort.levels_file), str(cohort.other))

    return Way(key, label, section, command, result=_theirs, needs=needs, is_alternative=True)


def _ours(cohort: Cohort) -> Path:
    return cohort.membership


def _theirs(cohort: Cohort) -> Path:
    return cohort.other


def python(*arguments: str) -> list[str]:
    return [sys.executable, *arguments]


LOOP = _alternative("loop", "plain loop: itertools + hashlib", "plain_loop")
ALTERNATIVES = (
    LOOP,
    _alternative("pandas", "pandas MultiIndex.from_product", "with_pandas", needs="pandas"),
    _alternative("duckdb", "DuckDB cross join, Python UDF", "with_duckdb", needs="duckdb"),
    _alternative("sklearn", "scikit-learn ParameterGrid", "with_sklearn", needs="sklearn"),
)

WAYS: tuple[Way, ...] = (
    _step("plan", "plan: load and validate", "standard", is_told=False),
    *(_step("ids", "ids", kernel) for kernel in KERNELS),
    *(_step("table", "wide table, ids included", kernel) for kernel in KERNELS),
    *(_step("csv", "ids to membership.csv", kernel) for kernel in KERNELS),
    _step("parquet", "wide table to parquet", "standard", is_told=False),
    *(_step("build", "build: spec to artifacts", kernel) for kernel in KERNELS),
    *(_command(kernel) for kernel in KERNELS),
    Way("script", "script: membership.csv alone", "whole", _script, "fast", _theirs, COMPILED),
    *ALTERNATIVES,
)

SEEDS = _step("seeds", "build with seeds", "standard", "seeds", is_told=False)
SEEDS_AGAIN = replace(SEEDS, key="seeds-again", label="build with seeds: again", is_again=True)
SEED_LOOP = _alternative("seeds-loop", "plain loop: mkdir + write_text", "plain_seeds", section="seeds")
SEED_LOOP_AGAIN = replace(
    SEED_LOOP, key="seeds-loop-again", label="plain loop: again, exists()", is_again=True
)
SEED_WAYS = (SEEDS, SEEDS_AGAIN, SEED_LOOP, SEED_LOOP_AGAIN)
SEED_YARDSTICKS = {SEEDS: SEED_LOOP, SEEDS_AGAIN: SEED_LOOP_AGAIN}

GROUPS = {
    "steps": [way.key for way in WAYS if way.section == "step"],
    "alternatives": [way.key for way in ALTERNATIVES],
}
NAMES = list(dict.fromkeys([way.key for way in WAYS] + ["seeds", "alone"] + list(GROUPS)))
"""What `--only` and `--skip` take: ways, groups of them, the seeds, and the ids alone against hashlib."""


@dataclass(frozen=True)
class Choice:
    """What is asked for by `--only` and `--skip`."""

    only: Sequence[str] = ()
    skip: Sequence[str] = ()
    kernels: Sequence[str] = KERNELS

    def has(self, key: str) -> bool:
        return (not self.only or key in _keys(self.only)) and key not in _keys(self.skip)

    def of(self, ways: Sequence[Way]) -> list[Way]:
        """Of these ways those that are asked for and possible here."""
        return [
            way
            for way in ways
            if self.has(way.key) and (not way.kernel or way.kernel in self.kernels) and way.is_possible
        ]


def _keys(names: Sequence[str]) -> list[str]:
    return [key for name in names for key in GROUPS.get(name, [name])]
