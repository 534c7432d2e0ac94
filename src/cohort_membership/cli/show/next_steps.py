"""Commands to copy, with why one would."""

import os
import shlex
from pathlib import Path

from cohort_membership.cli.show.terminal import Terminal, styled, unwrapped


def typed(command: str, data_root: Path, cohort_id: str | None = None) -> str:
    """A command to copy, started in the way in which this one was."""
    runner = ["uv", "run"] if "UV_RUN_RECURSION_DEPTH" in os.environ else []
    name = [] if cohort_id is None else [cohort_id]
    root = ["--data-root", str(data_root)]
    rest = [*root, "--", *name] if cohort_id is not None and cohort_id.startswith("-") else [*name, *root]
    return shlex.join([*runner, "cohort-membership", command, *rest])


def show_next(terminal: Terminal, *steps: tuple[str, str]) -> None:
    """Steps, each why and a command; one without a why belongs to the step before it."""
    terminal.show("", styled(("Try next", "bold")))
    for why, command in steps:
        if why:
            terminal.show(styled((f"  # {why}", "dim")))
        terminal.show(unwrapped("  ", (command, "cyan")))
