"""The machine that figures were taken on."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from tests.benchmarks.measure import NOT_PASSED_ON

PACKAGES = ("cohort-membership", "polars", "numpy", "pandas", "duckdb", "scikit-learn")
BUSY = 0.5
"""Load a core from which figures are not to be trusted."""


def machine() -> dict[str, Any]:
    return {
        "cpu": cpu(),
        "cores": cores(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "packages": {name: found for name in PACKAGES if (found := installed(name))},
        "load": round(os.getloadavg()[0], 2),
    }


def cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def installed(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def header(about: dict[str, Any]) -> list[str]:
    packages = ", ".join(f"{name} {found}" for name, found in about["packages"].items())
    lines = [
        f"{about['cpu']}, {about['cores']} cores, {about['memory_gb']} GB; {about['system']}",
        f"Python {about['python']}; {packages}",
        f"Each figure is of a process of its own, started without {', '.join(NOT_PASSED_ON)}, as from a "
        "user's shell; bytecode is cached. Medians of rounds that take turns.",
        "Kernels are forced; left alone, a build takes `fast` where the package was built with a C compiler.",
    ]
    missing = [name for name in PACKAGES if name not in about["packages"]]
    if missing:
        lines.append(f"Not installed, so not measured: {', '.join(missing)}.")
    return lines


def warning(about: dict[str, Any]) -> str | None:
    if about["load"] <= BUSY * about["cores"]:
        return None
    return f"The machine is busy (load {about['load']}): times are too long; ratios hold roughly."
