"""What each alternative is given, and how it is run as a script.

`python -m tests.benchmarks.alternatives.NAME LEVELS.json MEMBERSHIP.csv` prints the seconds that it took
after its imports. An alternative need not read a spec, judge it or write safely: it only has to be fast.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any, TypeAlias

Levels: TypeAlias = dict[str, list[Any]]
"""The levels of each axis, in the design's order; drafts and essays share the axis `model`."""

COHORT_ID = "grid"

DRAFT = ["combo_id", "draft_template", "draft_replicate", "model"]
ESSAY = ["combo_id", "draft_template", "essay_template", "draft_replicate", "model"]
EVALUATION = [
    "combo_id",
    "draft_template",
    "essay_template",
    "evaluation_template",
    "evaluation_llm",
    "draft_replicate",
    "evaluation_replicate",
    "model",
]
"""The axes that tell the generations of each stage apart, in the design's order."""


def run(build: Callable[[Levels, Path], None]) -> None:
    start = perf_counter()
    levels, target = sys.argv[1:]
    build(json.loads(Path(levels).read_text(encoding="utf-8")), Path(target))
    print(perf_counter() - start)
