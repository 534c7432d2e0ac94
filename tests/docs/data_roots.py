"""The data roots that the pages speak of: the example, and one for question → answer → verdict."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from cohort_membership.cli import main

from .pages import EXPERIMENT, MAIN, RULES, blocks

FILES = {
    "questions.csv": "question_id,topic\ntides,physics\nrainbow,physics\n"
    "enzymes,biology\ndark-matter,physics\n",
    "models.csv": "id,family,tier,size\natlas-70b,atlas,paid,70\natlas-8b,atlas,free,8\n"
    "fjord,fjord,free,12\necho-405b,echo,paid,405\n",
    "templates/answer.csv": "template_id,generator\nplain,llm\nterse,\nstep-by-step,llm\n",
    "templates/verdict.csv": "template_id\ncorrectness\nclarity\n",
    "cohorts/tried/spec/items/judged.csv": "verdict_template,verdict_llm\n"
    "correctness,atlas-70b\nclarity,echo-405b\n",
    "cohorts/tried/spec/items/best.csv": "gen_id\na_1oiedmepeyp6bk1j\n",
    "cohorts/tried/spec/items/ragged.csv": "verdict_template,verdict_llm\ncorrectness,atlas-70b\nclarity\n",
}
TRIED = "tried"
"""The cohort that has the spec which is tried."""


def questions_root(folder: Path) -> Path:
    """A data root of the experiment that the experiment's page shows first, and the main page's cohort."""
    experiment = next(blocks(EXPERIMENT, "yaml")).text
    spec = next(blocks(MAIN, "yaml")).text
    files = {**FILES, "experiment.yaml": experiment, "cohorts/judged/spec/config.yaml": spec}
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return folder


def example_root(folder: Path) -> Path:
    """The example that `init` writes."""
    assert main(["init", str(folder)]) == 0
    return folder


def tried(root: Path, text: str) -> None:
    (root / "cohorts" / TRIED / "spec").mkdir(parents=True, exist_ok=True)
    (root / "cohorts" / TRIED / "spec" / "config.yaml").write_text(text, encoding="utf-8")


def laid_over_the_axes(part: str) -> str:
    """A part of a spec, over the axes that the page on rules begins with, but for those that a rule gives."""
    whole: Any = yaml.safe_load(next(blocks(RULES, "yaml")).text)
    given: Any = yaml.safe_load(part)
    rules: Mapping[str, Any] = given.get("rules", {})
    gone = {axis for rule in rules.get("tuples", {}).values() for axis in rule["axes"]}
    gone |= {axis for axis in whole["axes"] if "existing" in rules and not axis.startswith("verdict_")}
    axes = {**{axis: levels for axis, levels in whole["axes"].items() if axis not in gone}}
    axes |= given.get("axes", {})
    return yaml.safe_dump({**given, "axes": axes}, sort_keys=False)
