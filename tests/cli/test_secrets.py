"""Whatever is typed where, no command shows the password of an address."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cohort_membership.cli.app import app
from cohort_membership.cli.commands import COMMANDS
from tests.cli.conftest import Run
from tests.secret_texts import PIECE, SECRET_TEXTS

ADDRESS = "postgresql://ann:QQ0zz@127.0.0.1:1/db"
FLAGS = ("--json", "--dry-run", "--no-seed-metadata", "--new-ids", "--force", "--all", "--retry-failed")


def options(command: str) -> list[str]:
    """The options of a command that take a value, by name."""
    arguments = app[command].assemble_argument_collection()
    names = [name for argument in arguments for name in argument.names if name.startswith("--")]
    return [name for name in names if name not in FLAGS and not name.startswith("--no-")]


def ways() -> Iterator[tuple[str, ...]]:
    """Every place of a command line in which a text can stand; `{}` is where."""
    yield ("{}",)
    yield ("--{}",)
    for command in COMMANDS:
        yield (command, "{}")
        yield (command, "first-steps", "{}")
        yield (command, "first-steps", "--", "{}")
        yield (command, "first-steps", "--unknown={}")
        yield (command, "first-steps", "-{}")
        yield (command, "first-steps", "--json={}")
        for option in options(command):
            yield (command, "first-steps", option, "{}")
            yield (command, "first-steps", f"{option}={{}}")


WAYS = tuple(ways())


def typed(way: tuple[str, ...], text: str) -> list[str]:
    return [part.replace("{}", text) for part in way]


def test_every_option_and_every_argument_is_among_the_ways() -> None:
    assert {"--plan", "--executor", "--seed", "--store"} <= set(options("build"))
    assert len(WAYS) > 200


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.usefixtures("data")
def test_an_address_is_shown_without_its_password_wherever_it_is_typed(run: Run, command: str) -> None:
    for way in [one for one in WAYS if one[0] == command]:
        done = run(*typed(way, ADDRESS))
        assert not PIECE.findall(done.out + done.err), way


@example(way=("demo", "-{}"), text="postgresql://u:QQ0zz=QQ1zz@h/db")
@example(way=("build", "--password={}"), text="QQ0zz")
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(way=st.sampled_from(WAYS), text=SECRET_TEXTS)
def test_no_text_with_a_password_is_shown_wherever_it_is_typed(
    run: Run, data: Path, way: tuple[str, ...], text: str
) -> None:
    done = run(*typed(way, text))
    assert not PIECE.findall(done.out + done.err)
    assert not [
        name for _, folders, files in os.walk(data.parent) for name in folders + files if "QQ" in name
    ]
