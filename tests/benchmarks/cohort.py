"""The cohort that is measured: that of tests/cases/valid/large, with as many combos as the rows need.

A combo has 36 drafts, 180 essays and 5 400 evaluations. Where fewer rows are wanted than one combo has,
it has fewer draft templates.
"""

import json
import shutil
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from tests.benchmarks.alternatives.script import COHORT_ID, DRAFT, ESSAY, EVALUATION, Levels

ROWS_A_TEMPLATE = 6 + 30 + 900
DRAFT_TEMPLATES = 6
ROWS_A_COMBO = DRAFT_TEMPLATES * ROWS_A_TEMPLATE

OTHER = "other"
"""The folder of a data root that everything is written to but what a build writes."""


def levels(rows: int) -> Levels:
    """The levels of a cohort of about so many rows, as a grid of them is written down by hand."""
    combos = max(1, round(rows / ROWS_A_COMBO))
    templates = DRAFT_TEMPLATES if combos > 1 else min(DRAFT_TEMPLATES, max(1, round(rows / ROWS_A_TEMPLATE)))
    models = [f"model-{number:02}-instruct" for number in range(3)]
    return {
        "combo_id": [
            f"combo_v1_{sha256(b'%d' % number).hexdigest()[:12]}"  # as long as real ones
            for number in range(combos)
        ],
        "draft_template": [f"draft-style-{number:03}" for number in range(templates)],
        "essay_template": [f"essay-form-{number:03}" for number in range(5)],
        "evaluation_template": [f"rubric-{number:03}" for number in range(5)],
        "evaluation_llm": models,
        "draft_replicate": [1, 2],
        "evaluation_replicate": [1, 2],
        "model": models,
    }


@dataclass(frozen=True)
class Cohort:
    """A data root with the cohort's spec, and the same levels as a file for the alternatives."""

    root: Path
    levels: Levels

    @cached_property
    def rows(self) -> int:
        sizes = {axis: len(values) for axis, values in self.levels.items()}
        total = 0
        for axes in (DRAFT, ESSAY, EVALUATION):
            rows = 1
            for axis in axes:
                rows *= sizes[axis]
            total += rows
        return total

    @property
    def folder(self) -> Path:
        return self.root / "cohorts" / COHORT_ID

    @property
    def membership(self) -> Path:
        return self.folder / "membership.csv"

    @property
    def levels_file(self) -> Path:
        return self.root / "levels.json"

    @property
    def other(self) -> Path:
        """Where an alternative writes its membership.csv."""
        return self.root / OTHER / "membership.csv"

    def clean(self) -> None:
        """Take away all that was written, so that the next to be measured starts afresh.

        Seeds are set aside and not removed: for half a minute ext4 does not give out an inode that was
        freed, and looks for others so long that each new file takes ten times its time.
        """
        for gens in (self.root / "gens", self.other.parent / "gens"):
            if gens.exists():
                aside = self.root / "aside"
                aside.mkdir(exist_ok=True)
                gens.rename(aside / str(len(list(aside.iterdir()))))
        shutil.rmtree(self.other.parent, ignore_errors=True)
        self.other.parent.mkdir()
        for path in self.folder.iterdir():
            if path.is_dir() and path.name != "spec":
                shutil.rmtree(path)
            elif not path.is_dir():
                path.unlink()


def lay_out(root: Path, rows: int) -> Cohort:
    """Write the cohort's data root."""
    cohort = Cohort(root, levels(rows))
    spec, raw = cohort.folder / "spec", root / "1_raw"
    (spec / "items").mkdir(parents=True)
    raw.mkdir()
    cohort.levels_file.write_text(json.dumps(cohort.levels), encoding="utf-8")
    (spec / "items" / "combos.txt").write_text("\n".join(cohort.levels["combo_id"]) + "\n", encoding="utf-8")
    (spec / "config.yaml").write_text(_spec(cohort.levels), encoding="utf-8")
    for stage in ("draft", "essay", "evaluation"):
        _catalog(raw / f"{stage}_templates.csv", "template_id", cohort.levels[f"{stage}_template"])
    _catalog(raw / "llm_models.csv", "id", cohort.levels["model"])
    _catalog(root / "combo_mappings.csv", "combo_id", cohort.levels["combo_id"])
    cohort.clean()
    return cohort


def _spec(levels: Levels) -> str:
    axes = {axis: values for axis, values in levels.items() if axis not in ("combo_id", "model")}
    lines = [f"  {axis}: {json.dumps(values)}" for axis, values in axes.items()]
    pairs = json.dumps([[model, model] for model in levels["model"]])
    return "\n".join(
        [
            "axes:",
            "  combo_id: '@file:items/combos.txt'",
            *lines,
            "rules:",
            "  tuples:",
            f"    generation: {{axes: [draft_llm, essay_llm], items: {pairs}}}",
            "",
        ]
    )


def _catalog(path: Path, column: str, ids: list[str]) -> None:
    path.write_text("\n".join([column, *ids]) + "\n", encoding="utf-8")
