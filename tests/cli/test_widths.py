"""Terminals of every width from 0 to 200: nothing fails, grows, or breaks what is there to be copied."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from cohort_membership.cli import main
from cohort_membership.cli.cohort_states import Built, CohortState
from cohort_membership.cli.rejections import tell
from cohort_membership.cli.show.next_steps import show_next
from cohort_membership.cli.show.results import show_build, show_cohorts
from cohort_membership.cli.show.terminal import Terminal
from cohort_membership.cli.told import Told, no_cohorts_folder
from cohort_membership.membership import BuildReport
from cohort_membership.problems import Location

from .conftest import Run
from .terminals import TerminalText, terminal_as

WIDTHS = range(201)


def words(page: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m|[\s╭╮╰╯│─]", "", page)


def at_every_width(
    monkeypatch: pytest.MonkeyPatch, stream: str, show: Callable[[], object]
) -> dict[int, str]:
    text: TerminalText = terminal_as(monkeypatch, stream)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.delenv("UV_RUN_RECURSION_DEPTH", raising=False)
    pages = {}
    for columns in WIDTHS:
        monkeypatch.setenv("COLUMNS", str(columns))
        show()
        pages[columns] = text.taken()
    return pages


def test_help_is_drawn_at_every_width_and_below_20_as_at_80(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = at_every_width(monkeypatch, "stdout", lambda: main(["verify", "--help"]))
    assert all(pages[columns] == pages[80] for columns in range(20))
    for columns, page in pages.items():
        assert words(pages[80])[:40] == words(page)[:40], columns
        assert len(page) < 20_000, columns


def test_a_long_hint_is_broken_between_words_and_a_long_word_and_a_command_nowhere(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    text = terminal_as(monkeypatch, "stderr")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "40")
    long_word, command = "w" * 50, "`cohort-membership init --data-root here`"
    hint = f"the axes are combo_id, 十句话十句话 and {long_word}; or {command} it is"
    tell(Terminal(), [Told("unknown-axis", "unknown axis", None, hint)], tmp_path)
    lines = [line.strip() for line in text.taken().splitlines()]
    assert lines[1:7] == [
        "= hint: the axes are combo_id,",
        "十句话十句话 and",
        f"{long_word};",
        "or",
        command,
        "it is",
    ]


def test_problems_are_shown_at_every_width_and_a_command_in_a_hint_is_never_broken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "config.yaml").write_text("axes: {draft_template: [outline-frist]}\n")
    problems = [
        Told(
            "unknown-level",
            "draft_template: " + "a word " * 20,
            Location("config.yaml", 1, 25, 13),
            "x " * 50,
        ),
        no_cohorts_folder("/a/long/path/without/a/place/to/break/it/" * 3),
    ]
    pages = at_every_width(monkeypatch, "stderr", lambda: tell(Terminal(), problems, tmp_path))
    assert all(pages[columns] == pages[80] for columns in range(20))
    for columns, page in pages.items():
        assert "`cohort-membership init DIR`" in page, columns
        assert f"--> {tmp_path}/config.yaml:1:25\n" in page, columns
        assert "^" in page, columns
        assert words(page).count("aword") == 20, columns


def test_results_are_shown_at_every_width_and_paths_and_commands_are_never_broken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = "/srv/" + "a folder/" * 20 + "membership.csv"
    report = BuildReport("demo", {"draft": 12, "evaluation": 10**12}, 3, 4, {"membership.csv": path})
    states = [CohortState("first-steps", Built(48, 7, None)), CohortState("b", None, problems=2)]
    command = "sed s/pebble-8b/peble-8b/ cohorts/first-steps/spec/config.yaml > cohorts/oops/spec/config.yaml"

    def show() -> None:
        show_build(Terminal(), report)
        show_cohorts(Terminal(), states, Path("data"))
        show_next(Terminal(), ("why", command))

    pages = at_every_width(monkeypatch, "stdout", show)
    assert all(pages[columns] == pages[80] for columns in range(20))
    for columns, page in pages.items():
        assert path + "\n" in page, columns
        assert f"  {command}\n" in page, columns
        assert "  cohort-membership validate b --data-root data\n" in page, columns
        for word in ("1,000,000,000,012", "first-steps", "2problems", "(builtwithseed7)"):
            assert word in words(page), columns


@pytest.mark.parametrize("columns", ["", "-5", "x", "²", "1" * 30])
def test_a_width_that_is_none_is_no_error(monkeypatch: pytest.MonkeyPatch, columns: str) -> None:
    text = terminal_as(monkeypatch, "stdout", columns)
    assert main(["list", "--help"]) == 0
    assert len(text.getvalue()) < 200_000


@pytest.mark.parametrize(("columns", "hidden"), [(80, True), (120, False), (40, True)])
def test_the_tour_names_the_columns_that_a_terminal_has_no_room_for(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, columns: int, hidden: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    text = terminal_as(monkeypatch, "stdout", columns)
    assert main(["demo"]) == 0
    page = text.getvalue()
    assert ("not shown at this width" in " ".join(page.split())) is hidden
    for name in ("stage", "gen_id", "parent_gen_id", "template_id", "llm_model_id", "replicate", "combo_id"):
        assert name in page
    assert page.count("d_30id6s5dko7a8y4z") == 3
