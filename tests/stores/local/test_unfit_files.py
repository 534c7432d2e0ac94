"""What has a file's name and is none never hangs a reader, and nothing is written through a link."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cohort_membership.stores.local.os_errors import as_problem
from tests.stores.local import unfit_inputs
from tests.stores.local.local_cohorts import build, lay_out
from tests.stores.local.unfit_files import HOME, KINDS

HANGS = 120
"""Seconds after which a read is said to hang; it takes two."""


def told_by(module: str, *arguments: str, **environment: str) -> Any:
    """What a process of its own prints; it fails the test where it hangs."""
    done = subprocess.run(
        [sys.executable, "-m", f"tests.stores.local.{module}", *arguments],
        capture_output=True,
        text=True,
        timeout=HANGS,
        cwd=Path(__file__).parents[3],
        env={**os.environ, **environment},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_file_is_told_wherever_a_file_is_read_and_never_waited_for(
    tmp_path: Path, kind: str
) -> None:
    outside = tmp_path / "outside"
    outside.touch()
    told = told_by("unfit_files", str(tmp_path / "work"), kind, OUTSIDE=str(outside))
    assert outside.read_bytes() == b""
    assert told["metadata"]["build"] == told["metadata"]["dry run"] == ["storage-denied"]
    assert told["metadata"]["verify"]
    for name in ("manifest.json", "membership.csv", "membership.parquet"):
        one = told[f"{HOME}/{name}"]
        assert one["verify"] == ["artifact-corrupt"]
        assert one["read"] == ["artifact-corrupt"]
        # A link to a file, or to none, is replaced by the file that a build makes.
        replaced = [] if kind in {"link to nowhere", "link to an empty file"} else ["storage-denied"]
        assert one["build"] == one["dry run"] == replaced
    assert all("retryable" not in code for one in told.values() for codes in one.values() for code in codes)
    # A catalog may be a link; an empty one lacks its header.
    catalog = "catalog-not-found" if kind == "link to nowhere" else "catalog-invalid"
    assert told["combo_mappings.csv"]["build"] == [catalog]


@pytest.mark.parametrize("kind", unfit_inputs.KINDS)
def test_an_input_that_is_no_file_or_far_too_large_is_told_and_never_read(tmp_path: Path, kind: str) -> None:
    told = told_by("unfit_inputs", str(tmp_path / "work"), kind)
    # Of a part the build makes another: a link or a pipe is replaced.
    corrupt = ["artifact-corrupt"]
    assert told.pop("part", None) in (
        None,
        {"verify": corrupt, "read": corrupt, "rows": corrupt, "build": []},
    )
    # A template without a file of its own has no text; one that cannot be read is told.
    text = [1, ["catalog-invalid"]] if kind == "huge" else [0, []]
    assert told == {
        "experiment.yaml": [1, ["experiment-unreadable"]],
        "results.csv": [1, ["storage-denied"]],
        "templates/answer/plain.txt": text,
        "plan.json": [1, ["storage-denied"]],
    }


@pytest.mark.parametrize("name", [f"{HOME}/.build", "gens/.seeding-alpha", "gens"])
@pytest.mark.parametrize("target", ["nowhere", "elsewhere"])
def test_a_link_where_a_build_needs_a_folder_is_not_tried_again(
    tmp_path: Path, name: str, target: str
) -> None:
    root = lay_out(tmp_path / "data", "alpha")
    (tmp_path / "elsewhere").mkdir()
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(tmp_path / target)
    result = build(root)
    if name == "gens" and target == "elsewhere":  # the folder of seeds may lie on another disk
        result.unwrap()
        return
    problems = result.failure()
    assert [(one.code, one.retryable) for one in problems] == [("storage-denied", False)]
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.parametrize("number", ["EFBIG", "EBUSY", "ENOTDIR", "ENXIO", "EEXIST", "EXDEV", "ELOOP"])
def test_what_the_same_call_meets_again_is_not_tried_again(number: str) -> None:
    problem = as_problem(OSError(getattr(errno, number), "words"), "write")
    assert (problem.code, problem.retryable) == ("storage-denied", False)
