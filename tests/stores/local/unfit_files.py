"""A process of its own that puts what is no file in each place where one is read, and uses every command.

Its parent ends it after a while: so a read that hangs fails the test. It prints what each command told.
"""

import json
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from returns.pipeline import is_successful
from returns.result import Result

from cohort_membership.membership import BuildRequest
from cohort_membership.problems import Problems
from cohort_membership.stores.local.read import read_membership
from cohort_membership.stores.local.reader import LocalReader
from cohort_membership.stores.local.verify import verify_local
from cohort_membership.wiring import local_builder
from tests.stores.cohorts import lay_out

HOME = "cohorts/alpha"
READ = (
    *(f"{HOME}/{name}" for name in ("manifest.json", "membership.csv", "membership.parquet")),
    *(f"{HOME}/spec/config.yaml", "1_raw/llm_models.csv", "combo_mappings.csv", "metadata"),
)


def _socket(path: Path) -> None:
    os.chdir(path.parent)  # a socket's path has a hundred bytes at most
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(path.name)


def _linked_pipe(path: Path) -> None:
    os.mkfifo(path.with_name("pipe"))
    path.symlink_to("pipe")


KINDS: dict[str, Callable[[Path], None]] = {
    "pipe": os.mkfifo,
    "socket": _socket,
    "link to a pipe": _linked_pipe,
    "link to a device": lambda path: path.symlink_to("/dev/zero"),
    "link to nowhere": lambda path: path.symlink_to("nowhere"),
    "link to an empty file": lambda path: path.symlink_to(os.environ["OUTSIDE"]),
}


def codes(result: Result[Any, Problems]) -> list[str]:
    if is_successful(result):
        return []
    return [f"{one.code}{' retryable' if one.retryable else ''}" for one in result.failure()]


def main(folder: Path, kind: str) -> None:
    told: dict[str, dict[str, list[str]]] = {}
    for number, name in enumerate(READ):
        root = lay_out(folder / str(number), "alpha")
        builder, request = local_builder(root), BuildRequest("alpha")
        plan = builder.plan(request).unwrap()
        builder.build(request).unwrap()
        metadata = sorted((root / "gens/draft").glob("*/metadata.json"))[0]
        path = metadata if name == "metadata" else root / name
        path.unlink()
        KINDS[kind](path)
        told[name] = {
            "verify": codes(verify_local(root, plan)),
            "read": codes(read_membership(root, "alpha", attempts=1)),
            "dry run": codes(builder.build(BuildRequest("alpha", dry_run=True))),
            "build": codes(builder.build(request)),
            "list": codes(LocalReader(root).manifest("alpha")),
        }
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
