"""A process of its own that puts what is no file, or far too large a one, where a command reads an input.

Its parent ends it after a while: so a read that hangs fails the test. It prints what each command told.
"""

import io
import json
import os
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

from cohort_membership.cli import main as command_line
from cohort_membership.membership import BuildRequest
from cohort_membership.stores.local.read import read_membership
from cohort_membership.stores.local.reader import LocalReader
from cohort_membership.stores.local.verify import verify_local
from tests.stores.local.local_cohorts import PARTED, build, lay_out, local
from tests.stores.local.unfit_files import codes

HUGE = 1 << 40
"""A sparse file of this size takes no room on the disk; whoever reads it takes a terabyte of memory."""


def _huge(path: Path) -> None:
    path.touch()
    os.truncate(path, HUGE)


KINDS: dict[str, Callable[[Path], None]] = {
    "pipe": os.mkfifo,
    "link to a device": lambda path: path.symlink_to("/dev/zero"),
    "huge": _huge,
}
INPUTS = {
    "experiment.yaml": ["validate", "first-steps"],
    "results.csv": ["status", "first-steps"],
    "templates/answer/plain.txt": ["build", "first-steps"],
    "plan.json": ["build", "first-steps", "--plan", "plan.json"],
}
"""What is read below the data root (here also the working folder), and a command that reads it."""


def ran(*arguments: str) -> tuple[int, list[str]]:
    """The exit code, and the codes of the problems."""
    out = io.StringIO()
    with redirect_stdout(out), redirect_stderr(io.StringIO()):
        code = command_line([*arguments, "--json"])
    answer: dict[str, Any] = json.loads(out.getvalue())
    return code, [f"{one['code']}{' retryable' * one['retryable']}" for one in answer.get("problems", ())]


def data_root(home: Path) -> None:
    ran("init", str(home), "--example", "question-answer-verdict")
    os.chdir(home)
    experiment = home / "experiment.yaml"
    table = "results: {table: results.csv, id: gen_id, state: status, done: [ok], failed: [error]}\n"
    kept = [line for line in experiment.read_text().splitlines(True) if not line.startswith("results:")]
    experiment.write_text("".join(kept) + table)
    (home / "results.csv").write_text("gen_id,status\n")
    assert ran("build", "first-steps", "--data-root", ".") == (0, [])
    assert ran("plan", "first-steps", "--data-root", ".", "--out", "plan.json") == (0, [])
    for command in INPUTS.values():
        assert ran(*command, "--data-root", ".")[1] == [], command


def of_a_part(home: Path, put: Callable[[Path], None]) -> dict[str, list[str]]:
    """What is told of a part of a large membership."""
    root = lay_out(home, "alpha", replicates=3)
    build(root, store=PARTED).unwrap()
    plan = local(root).plan(BuildRequest("alpha")).unwrap()
    part = sorted((root / "cohorts/alpha/membership").rglob("*.parquet"))[0]
    part.unlink()
    put(part)
    return {
        "verify": codes(verify_local(root, plan)),
        "read": codes(read_membership(root, "alpha", attempts=1)),
        "rows": codes(LocalReader(root).rows("alpha", ("gen_id",))),
        "build": codes(build(root, store=PARTED)),
    }


def main(folder: Path, kind: str) -> None:
    folder.mkdir()
    told: dict[str, Any] = {}
    if kind != "huge":  # a part is read as a stream: to find its digest wrong takes time, and no memory
        told["part"] = of_a_part(folder / "parted", KINDS[kind])
    home = folder / "data"
    data_root(home)
    for name, command in INPUTS.items():
        path = home / name
        kept = path.read_bytes()
        path.unlink()
        KINDS[kind](path)
        told[name] = ran(*command, "--data-root", ".")
        path.unlink()
        path.write_bytes(kept)
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
