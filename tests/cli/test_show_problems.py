"""Problems are shown where they stand, and what stands there cannot steer the terminal."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from cohort_membership.cli.show.problems import MOST_SHOWN, Sources, show_problems, summary, underlined
from cohort_membership.cli.show.terminal import Terminal
from cohort_membership.cli.told import Told, told
from cohort_membership.problems import Location, UnknownLevel, as_json

from .conftest import Run

SPEC = "cohorts/bad/spec/config.yaml"


@pytest.fixture
def show(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Callable[..., str]:
    """Shows problems of a spec with this text, and gives what a person reads."""

    def shown(text: str, *problems: Told) -> str:
        path = tmp_path / SPEC
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
        show_problems(Terminal(), problems, tmp_path, "nothing was written")
        captured = capsys.readouterr()
        assert captured.out == ""
        return captured.err.replace(f"{tmp_path}/", "data/")

    return shown


def unknown(level: str, line: int, column: int | None, suggestion: str | None = None) -> Told:
    return told(
        UnknownLevel(
            axis="draft_template",
            level=level,
            catalog="1_raw/draft_templates.csv",
            suggestion=suggestion,
            location=Location(SPEC, line, column, width=len(level)),
        )
    )


def test_the_line_is_shown_with_its_level_underlined_and_the_hint_below(show: Callable[..., str]) -> None:
    text = "axes:\n  combo_id: [a]\n  draft_template: [plain, outline-frist]\n"
    assert show(text, unknown("outline-frist", 3, 27, "outline-first")) == (
        "error[unknown-level] draft_template: 'outline-frist' is not in 1_raw/draft_templates.csv\n"
        "  --> data/cohorts/bad/spec/config.yaml:3:27\n"
        "   |\n"
        " 3 |   draft_template: [plain, outline-frist]\n"
        "   |                           ^^^^^^^^^^^^^\n"
        "   = hint: did you mean 'outline-first'?\n"
        "\n"
        "1 problem (1 unknown-level); nothing was written.\n"
    )


def test_the_lines_of_a_hint_stand_below_it_as_they_can_be_copied(show: Callable[..., str]) -> None:
    shown = show("", Told("spec-invalid", "spec: older", None, "write:\naxes:\n  combo_id: [a]"))
    assert "  = hint: write:\naxes:\n  combo_id: [a]\n\n" in shown


def test_wide_characters_are_underlined_by_the_cells_they_take(show: Callable[..., str]) -> None:
    text = "\n" * 99 + "draft_template: [一, 十句话, é]\r\n"
    assert show(text, unknown("十句话", 100, 21)).splitlines()[2:5] == [
        "    |",
        "100 | draft_template: [一, 十句话, é]",
        "    |                      ^^^^^^",
    ]


@pytest.mark.parametrize(
    ("line", "column", "width", "shown", "marks"),
    [
        ("\ta:\t[level]", 6, 5, "    a:    [level]", "           ^^^^^"),
        ("cafe\u0301: [x]", 9, 1, "cafe\u0301: [x]", "       ^"),
        ("a: [\x1b[31mred]", 5, 8, "a: [␛[31mred]", "    ^^^^^^^^"),
        ("a: [\u202ered]", 5, 4, "a: [<U+202E>red]", "    ^^^^^^^^^^^"),
        ("a: [\x00\x7f\x9b]", 5, 3, "a: [␀␡<U+009B>]", "    ^^^^^^^^^^"),
        ("a: [", 5, 1, "a: [", "    ^"),
        ("short", 99, 7, "short", "     ^"),
        ("a line without a column", None, 1, "a line without a column", ""),
        ("", 1, 1, "", "^"),
    ],
)
def test_marks_stand_where_a_person_sees_the_level(
    line: str, column: int | None, width: int, shown: str, marks: str
) -> None:
    assert underlined(line, column, width, 60) == (shown, marks)


@pytest.mark.parametrize(
    ("line", "column", "width", "shown", "marks"),
    [
        ("LEVEL" + "b" * 90, 1, 5, "LEVELbbbbbbbbbbbbbbbbb…", "^^^^^"),
        ("a" * 90 + "LEVEL", 91, 5, "…aaaaaaaaaaaaaaaaaLEVEL", " " * 18 + "^^^^^"),
        ("a" * 9 + "LEVEL" + "b" * 90, 10, 5, "aaaaaaaaaLEVELbbbbbbbb…", " " * 9 + "^^^^^"),
        ("a" * 90 + "LEVEL" + "b" * 90, 91, 5, "…aaaaaaaaLEVELbbbbbbbbb…", " " * 9 + "^^^^^"),
        ("a" * 90 + "L" * 90, 91, 90, "…aaaaaaaaLLLLLLLLLLLLLL…", " " * 9 + "^" * 14),
        ("十" * 90 + "句" + "话" * 90, 91, 1, "…十十十十句话话话话话话…", " " * 9 + "^^"),
    ],
)
def test_a_long_line_is_clipped_around_its_level(
    line: str, column: int, width: int, shown: str, marks: str
) -> None:
    assert underlined(line, column, width, 24) == (shown, marks)


def test_a_line_of_megabytes_is_shown_at_once() -> None:
    shown, marks = underlined("\x1b" * 3_000_000, 1_500_000, 2_000_000, 80)
    assert len(shown) == 80
    assert len(marks) <= 80


def test_no_character_of_a_spec_or_a_message_reaches_the_terminal_as_a_control(
    show: Callable[..., str],
) -> None:
    hostile = "".join(map(chr, (*range(32), *range(127, 160), 0x200E, 0x2028, 0x202E, 0x2066, 0xFEFF)))
    line = hostile.replace("\n", "").replace("\r", "")
    text = show(f"{line}\n", Told(hostile, hostile, Location(SPEC, 1, 1, 20), hostile))
    assert [one for one in text.replace("\n", "") if one < " " or one in hostile] == []


def test_fifty_problems_are_shown_in_full_and_the_rest_is_counted(show: Callable[..., str]) -> None:
    problems = [unknown(f"level-{number}", 1, None) for number in range(MOST_SHOWN + 3)]
    text = show("axes:\n", *problems)
    assert text.count("error[") == MOST_SHOWN
    assert text.endswith(
        "\n… and 3 more (--json shows all)\n\n53 problems (53 unknown-level); nothing was written.\n"
    )


def test_the_summary_counts_the_codes_in_order_of_appearance() -> None:
    problems = [Told(code, "") for code in ("unknown-level", "missing-axis", "unknown-level")]
    assert summary(problems) == "3 problems (2 unknown-level, 1 missing-axis)"


@pytest.mark.parametrize("file", ["none.yaml", "folder", "pipe", "link", "../secret", "\0", "a/" * 3000])
def test_what_cannot_or_should_not_be_read_is_not_shown(tmp_path: Path, file: str) -> None:
    root = tmp_path / "root"
    (root / "folder").mkdir(parents=True)
    (tmp_path / "secret").write_text("secret\n")
    os.mkfifo(root / "pipe")
    (root / "link").symlink_to(tmp_path / "secret")
    assert Sources(root).line(file, 1) is None


def test_lines_are_counted_as_the_loader_counts_them(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"\xef\xbb\xbfa\r\nb\rc\xe2\x80\xa8d\n\xff")
    sources = Sources(tmp_path)
    assert [sources.line("f", number) for number in range(6)] == [None, "a", "b", "c\u2028d", "�", None]


def test_a_problem_that_was_put_in_words_is_the_same_as_json() -> None:
    problem = UnknownLevel(axis="a", level="b", catalog="c", suggestion="d", location=Location("f", 1, 2, 3))
    assert told(problem).as_json() == as_json(problem)


def test_a_problem_of_a_spec_is_shown_by_validate_and_build_alike(
    run: Run, misspell: Callable[[str, str], None]
) -> None:
    misspell("pebble-8b", "pebble-b8")
    validated, built = run("validate", "first-steps"), run("build", "first-steps")
    assert validated == built
    assert (built.code, built.out) == (1, "")
    assert built.err == (
        "error[unknown-level] draft_llm: 'pebble-b8' is not in 1_raw/llm_models.csv\n"
        "  --> data/cohorts/first-steps/spec/config.yaml:17:28\n"
        "   |\n"
        "17 |   draft_llm: [larch-large, pebble-b8]\n"
        "   |                            ^^^^^^^^^\n"
        "   = hint: did you mean 'pebble-8b'?\n"
        "\n"
        "1 problem (1 unknown-level); nothing was written.\n"
    )
