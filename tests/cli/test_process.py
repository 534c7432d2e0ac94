"""The command as a process: streams, signals, terminals."""

import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from cohort_membership.cli import main
from cohort_membership.cli.show import progress
from cohort_membership.cli.show.terminal import Terminal

from .conftest import Run
from .terminals import terminal_as

COMMAND = [sys.executable, "-m", "cohort_membership.cli"]


def on_terminal(arguments: list[str], environment: Mapping[str, str]) -> str:
    """What a command writes to a terminal of its own."""
    ours, theirs = pty.openpty()
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    done = subprocess.Popen(
        [*COMMAND, *arguments], stdout=theirs, stderr=theirs, env={**kept, "TERM": "xterm", **environment}
    )
    os.close(theirs)
    written = b""
    try:
        while part := os.read(ours, 65536):
            written += part
    except OSError:  # Linux says EIO when the other end is closed
        pass
    os.close(ours)
    done.wait()
    return written.decode()


def test_colours_are_for_terminals_only_and_no_color_turns_them_off(run: Run, tmp_path: Path) -> None:
    arguments = ["list", "--data-root", str(tmp_path)]
    assert "\x1b[1;31merror\x1b[0m" in on_terminal(arguments, {})
    assert "\x1b" not in on_terminal(arguments, {"NO_COLOR": "1"})
    assert "\x1b" not in run(*arguments).err
    assert "\x1b[36m" in on_terminal(["--help"], {})
    assert "\x1b" not in on_terminal(["--help"], {"NO_COLOR": "1"})
    assert "\x1b" not in on_terminal(["list", "x", "--help"], {"NO_COLOR": "1"})


def test_json_is_the_only_thing_on_stdout_of_a_process(data: Path) -> None:
    done = subprocess.run([*COMMAND, "list", "--json"], capture_output=True, check=False, cwd=data.parent)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b'{"ok": true, "cohorts": [{"cohort_id": "coupled-judges"')
    assert done.stdout.count(b"\n") == 1


@pytest.mark.parametrize("arguments", [["--help"], ["list"], ["list", "--json"]])
def test_a_reader_that_went_away_is_no_error(data: Path, arguments: list[str]) -> None:
    theirs, ours = os.pipe()
    os.close(theirs)
    done = subprocess.run(
        [*COMMAND, *arguments], stdout=ours, stderr=subprocess.PIPE, cwd=data.parent, check=False
    )
    os.close(ours)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_closed_stdout_is_no_error(data: Path) -> None:
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" >&-', "sh", *COMMAND, "list"],
        stderr=subprocess.PIPE,
        cwd=data.parent,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("arguments", [["--help"], ["list"], ["list", "--json"]])
def test_a_result_that_cannot_be_written_is_a_storage_problem(data: Path, arguments: list[str]) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*COMMAND, *arguments], stdout=full, stderr=subprocess.PIPE, check=False, cwd=data.parent
        )
    assert done.returncode == 75
    assert done.stderr == (b"error[storage-full] storage: cannot write the result: no space left on device\n")


def test_an_old_encoding_gets_escapes_and_not_an_error(data: Path) -> None:
    done = subprocess.run(
        [*COMMAND, "list"],
        capture_output=True,
        check=False,
        cwd=data.parent,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert rb"\u2013" in done.stdout


def test_ctrl_c_ends_with_130_and_one_line(tmp_path: Path) -> None:
    (tmp_path / "cohorts" / "a" / "spec").mkdir(parents=True)
    started = tmp_path / "started"
    program = (
        "import sys, time, pathlib\n"
        "from cohort_membership.cli import cohort_states, main\n"
        f"cohort_states.cohort_states = lambda *_: (pathlib.Path({str(started)!r}).touch(), time.sleep(60))\n"
        "sys.exit(main(['list']))"
    )
    process = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE)
    while not started.exists() and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate()
    assert (process.returncode, told) == (130, b"interrupted\n")


@pytest.mark.parametrize("bug", [ZeroDivisionError("a slip"), BaseException("a panic")])
def test_a_bug_says_that_it_is_one(run: Run, monkeypatch: pytest.MonkeyPatch, bug: BaseException) -> None:
    from cohort_membership.cli import cohort_states

    def fails(*_: object) -> int:
        raise bug

    monkeypatch.setattr(cohort_states, "cohort_states", fails)
    ran = run("list")
    assert (ran.code, ran.out) == (70, "")
    assert "Traceback" in ran.err
    assert "this is a bug in cohort-membership, not in your input" in ran.err


def test_a_long_build_shows_rows_rate_and_what_remains(monkeypatch: pytest.MonkeyPatch) -> None:
    text = terminal_as(monkeypatch, "stderr")
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    with progress.progress(Terminal(), "big\x1b") as notify:
        notify("draft", 1_000, 20_000)
        time.sleep(0.3)
    assert "big␛" in text.getvalue()
    assert "1,000 of 20,000 rows" in text.getvalue()


def test_a_short_build_shows_no_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    text = terminal_as(monkeypatch, "stderr")
    with progress.progress(Terminal(), "small") as notify:
        notify("draft", 20, 20)
    assert text.getvalue() == ""


def test_in_a_pipe_there_is_no_progress(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    with progress.progress(Terminal(), "big") as notify:
        notify("draft", 1, 20)
        time.sleep(0.05)
    assert capsys.readouterr() == ("", "")


def test_the_arguments_of_the_process_are_the_default(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["cohort-membership", "--version"])
    assert main() == 0
    assert capsys.readouterr().out.startswith("cohort-membership ")
