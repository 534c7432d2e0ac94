"""Tables: aligned, with bars and totals on a terminal, plain in a pipe, and whole at every width."""

import pytest

from cohort_membership.cli.show.table import Cell, Column, Parts, Table
from cohort_membership.cli.show.terminal import Terminal

from .terminals import terminal_as

STAGES = (Column("stage"), Column("rows", "number"), Column("", "bar"))
COUNTS: list[tuple[Cell, ...]] = [("draft", 1, 1), ("essay", 6_000, 6_000), ("evaluation", 12_000, 12_000)]
COUNTED = Table(STAGES, COUNTS, total=("total", 18_001))


def drawn(monkeypatch: pytest.MonkeyPatch, table: Table, columns: int) -> list[str]:
    monkeypatch.setenv("NO_COLOR", "1")
    text = terminal_as(monkeypatch, "stdout", columns)
    Terminal().show(table)
    return [line.rstrip() for line in text.getvalue().splitlines()]


def test_in_a_pipe_a_table_is_aligned_text_without_bars(capsys: pytest.CaptureFixture[str]) -> None:
    Terminal().show(COUNTED)
    assert [line.rstrip() for line in capsys.readouterr().out.splitlines()] == [
        "  stage         rows",
        "  draft            1",
        "  essay        6,000",
        "  evaluation  12,000",
        "  ──────────  ──────",
        "  total       18,001",
    ]


@pytest.mark.parametrize("columns", [80, 120])
def test_on_a_terminal_bars_show_the_shares_and_what_is_not_nothing_is_seen(
    monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    assert drawn(monkeypatch, COUNTED, columns) == [
        "  stage         rows",
        "  draft            1  ▊",
        "  essay        6,000  ████████████",
        "  evaluation  12,000  ████████████████████████",
        "  ──────────  ──────",
        "  total       18,001",
    ]


def test_a_terminal_without_room_for_bars_shows_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert drawn(monkeypatch, COUNTED, 24)[3] == "  evaluation  12,000"
    assert drawn(monkeypatch, COUNTED, 30)[3] == "  evaluation  12,000  ████████"


def test_a_table_that_does_not_fit_is_shown_as_names_and_values(monkeypatch: pytest.MonkeyPatch) -> None:
    columns = (Column("stage"), Column("gen_id"), Column("replicate", "number"))
    table = Table(
        columns, [("draft", "d_30id6s5dko7a8y4z", 1), ("essay", "e_1", None)], total=("total", None, 3)
    )
    assert drawn(monkeypatch, table, 36) == [
        "  stage      draft",
        "  gen_id     d_30id6s5dko7a8y4z",
        "  replicate  1",
        "",
        "  stage      essay",
        "  gen_id     e_1",
        "  replicate  –",
        "",
        "  stage      total",
        "  gen_id     –",
        "  replicate  3",
    ]


def test_text_that_may_wrap_does_and_the_rest_stays_in_line(monkeypatch: pytest.MonkeyPatch) -> None:
    columns = (Column("cohort"), Column("rows", "number"), Column("state", wraps=True))
    rows: list[tuple[Cell, ...]] = [("first-steps", 48, ("not up to date: the spec changed", "red"))]
    assert drawn(monkeypatch, Table(columns, rows), 42) == [
        "  cohort       rows  state",
        "  first-steps    48  not up to date: the",
        "                     spec changed",
    ]


def test_every_value_of_a_table_is_there_at_every_width(monkeypatch: pytest.MonkeyPatch) -> None:
    for columns in range(20, 130):
        text = "".join(drawn(monkeypatch, COUNTED, columns))
        for word in ("draft", "essay", "evaluation", "6,000", "12,000", "18,001"):
            assert word in text, columns


def test_numbers_have_separators_and_what_is_unknown_is_a_dash(capsys: pytest.CaptureFixture[str]) -> None:
    columns = (Column("model"), Column("calls", "number"), Column("usd", "number"), Column("", "bar"))
    Terminal().show(Table(columns, [("m", 10**15, 1234.5, 0.0), ("n\x1b", 0, None, None)]))
    assert [line.rstrip() for line in capsys.readouterr().out.splitlines()] == [
        "  model                  calls       usd",
        "  m      1,000,000,000,000,000  1,234.50",
        "  n␛                         0         –",
    ]


def test_a_table_without_rows_is_its_header(capsys: pytest.CaptureFixture[str]) -> None:
    Terminal().show(Table(STAGES, []))
    assert capsys.readouterr().out.split() == ["stage", "rows"]


BILL = (Column("stage"), Column("model"), Column("input tokens", "number"), Column("", "bar"))
CALLS: list[tuple[Cell, ...]] = [
    ("answer", "atlas", 1_200, 1_200),
    ("answer", "fjord", 600, 600),
    ("verdict", None, 300, 300),
]
GROUPED = Table(BILL, CALLS, total=("total", "", 2_100), grouped=True)


def test_a_group_stands_above_its_rows_on_a_terminal_and_in_each_row_of_a_pipe(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Terminal().show(GROUPED)
    assert [line.rstrip() for line in capsys.readouterr().out.splitlines()] == [
        "  stage    model  input tokens",
        "  answer   atlas         1,200",
        "  answer   fjord           600",
        "  verdict  –               300",
        "  ───────  ─────  ────────────",
        "  total                  2,100",
    ]
    assert drawn(monkeypatch, GROUPED, 50) == [
        "  model    input tokens",
        "  answer",
        "    atlas         1,200  ████████████████████████",
        "    fjord           600  ████████████",
        "  verdict",
        "    –               300  ██████",
        "  ───────  ────────────",
        "  total           2,100",
    ]


def test_a_terminal_without_room_breaks_the_names_of_columns_before_it_leaves_bars_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert drawn(monkeypatch, GROUPED, 28)[:4] == [
        "            input",
        "  model    tokens",
        "  answer",
        "    atlas   1,200  █████████",
    ]
    assert drawn(monkeypatch, GROUPED, 23)[0] == "  model    input tokens"


def test_the_parts_of_a_bar_fill_it_and_each_that_is_not_nothing_is_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def bar(*shares: float) -> Parts:
        return Parts([(share, character, "") for share, character in zip(shares, "█▓▒░", strict=True)])

    rows: list[tuple[Cell, ...]] = [
        ("a", bar(0.998, 0.001, 0, 0.001)),
        ("b", bar(0.25, 0.25, 0.25, 0.25)),
        ("c", bar(1, 0, 0, 0)),
        ("d", bar(0, 0, 0, 0)),
    ]
    table = Table((Column("stage"), Column("", "bar")), rows)
    assert [line[9:] for line in drawn(monkeypatch, table, 20)[1:]] == [
        "█████████▓░",
        "█████▓▓▒▒░░",
        "███████████",
        "",
    ]
