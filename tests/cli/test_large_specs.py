"""Whatever a spec says, judging and counting stay below a gigabyte: a join is guarded before it is made."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

EXPERIMENT = """
subject: topic
stages: {reply: {id_prefix: r_, columns: {template_id: style, llm_model_id: model}}}
"""

WIDE = [f"level-{number}" for number in range(20_000)]


PROGRAM = """
import pathlib, re, sys
from cohort_membership.cli import main
code = main(sys.argv[1:])
print(re.search(r"VmHWM:\\s+(\\d+)", pathlib.Path("/proc/self/status").read_text())[1], file=sys.stderr)
sys.exit(code)
"""


def ran(root: Path, *arguments: str) -> tuple[int, Any, int]:
    """The exit code of a command, its answer, and the most MiB that its process held."""
    command = [sys.executable, "-c", PROGRAM, *arguments, "--json", "--data-root", str(root)]
    done = subprocess.run(command, capture_output=True, check=False)
    return done.returncode, json.loads(done.stdout), int(done.stderr) // 1024


def laid(root: Path, axes: dict[str, list[str]], rules: dict[str, Any]) -> Path:
    home = root / "cohorts/wide/spec"
    home.mkdir(parents=True)
    (root / "experiment.yaml").write_text(EXPERIMENT)
    (home / "config.json").write_text(json.dumps({"axes": {"topic": ["t"], **axes}, "rules": rules}))
    return root


@pytest.mark.parametrize("command", ["validate", "count"])
def test_a_tie_of_two_wide_axes_is_judged_in_little_memory(tmp_path: Path, command: str) -> None:
    axes = {"style": WIDE[:5_000], "model": WIDE[:5_000]}
    root = laid(tmp_path, axes, {"ties": {"same": ["style", "model"]}})
    limit = ("--max-rows", "1000") if command == "validate" else ()
    code, answer, held = ran(root, command, "wide", *limit)
    if command == "count":
        assert (code, answer["rows"]) == (0, 5_000)
    else:
        assert [one["code"] for one in answer["problems"]] == ["design-too-large"]
    assert held < 700


def test_a_pair_of_two_wide_axes_is_counted_from_its_rows(tmp_path: Path) -> None:
    allowed = [[one, WIDE[-1 - number]] for number, one in enumerate(WIDE[:300])]
    rules = {"pairs": {"few": {"left": "style", "right": "model", "allowed": allowed}}}
    code, answer, held = ran(laid(tmp_path, {"style": WIDE, "model": WIDE}, rules), "count", "wide")
    assert (code, answer["rows"]) == (0, 300)
    assert held < 700
