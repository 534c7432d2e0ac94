"""CSV gives levels (one column) or rows (several), each with the line it starts on."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from returns.pipeline import is_successful

from cohort_membership.load.text import sheet as sheets
from cohort_membership.load.text.csv import Table, parse_csv
from cohort_membership.load.text.faults import MAX_FAULTS, Faults
from cohort_membership.load.text.lines import lines_of
from cohort_membership.problems import Location
from cohort_membership.spec import Levels, Rows


def table(text: str) -> Table:
    return parse_csv(text, "f").unwrap()


def faults(text: str) -> Faults:
    return parse_csv(text, "f").failure()


def lines(found: Faults) -> list[int | None]:
    return [one.location.line if one.location else None for one in found]


def test_one_column_gives_levels_and_blank_lines_are_skipped() -> None:
    content = table("name\n a \n\n  \nb\r\n\rc").content
    assert isinstance(content, Levels)
    assert content.texts == ("a", "b", "c")
    assert list(content.places) == [Location("f", 2), Location("f", 5), Location("f", 7)]


def test_several_columns_give_flat_rows_in_header_order() -> None:
    content = table("left, right\nx,y\n,\n z , w \n").content
    assert isinstance(content, Rows)
    assert content.flat
    assert content.rows == (("x", "y"), ("z", "w"))
    assert [list(row) for row in content.places] == [[Location("f", 2)] * 2, [Location("f", 4)] * 2]


def test_a_row_stands_where_it_starts() -> None:
    content = table('a,b\n"x\ny",1\n\nz,2\n').content
    assert isinstance(content, Rows)
    assert content.rows == (("x\ny", "1"), ("z", "2"))
    assert [row[0] for row in content.places] == [Location("f", 2), Location("f", 5)]


def test_the_header_is_told_with_its_place() -> None:
    found = table("\n a , b \n")
    assert found.header == ("a", "b")
    assert isinstance(found.content, Rows)
    assert found.content.rows == ()


@pytest.mark.parametrize("text", ["", "\n\n", " , \n"])
def test_a_header_is_required(text: str) -> None:
    (found,) = faults(text)
    assert "header" in found.expected


def test_every_header_fault_is_told() -> None:
    found = faults("a,,b,a,,b\n1,2,3,4,5,6\n")
    assert [one.got for one in found] == [
        "none for column 2",
        "none for column 5",
        "'a' 2 times",
        "'b' 2 times",
    ]
    assert lines(found) == [1, 1, 1, 1]


def test_every_row_with_an_empty_cell_is_told_at_its_line() -> None:
    found = faults("a,b\n1,\n1,2\n,\n ,2\n")
    assert lines(found) == [2, 5]
    assert [one.got for one in found] == ["none in cell 2", "none in cell 1"]


def test_rows_with_an_empty_cell_are_told_up_to_a_thousand() -> None:
    assert len(faults("a,b\n" + "1,\n" * 5000)) == MAX_FAULTS


def test_rows_of_another_width_are_told_once_at_the_first() -> None:
    found = faults("a,b\n1,\n1\n1,2\n1,2,3\n ,2\n")
    assert lines(found) == [2, 3, 6]
    assert (found[1].expected, found[1].got) == (
        "2 cells, as in the header",
        "1; 1 more row of another width",
    )
    assert [one.got for one in faults("a\n1,2\nx\n")] == ["2"]
    assert [one.got for one in faults("a,b\n" + "1\n" * 5000)] == ["1; 4,999 more rows of another width"]


def test_a_text_of_another_width_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "PIECE", 8)
    monkeypatch.setattr(sheets, "MOST_RAGGED", 4)
    assert [one.got for one in faults("a,b\n" + "1\n" * 5000)] == ["1; 4 more rows of another width"]


def test_a_line_for_a_spreadsheet_is_told_as_such() -> None:
    (found,) = faults("sep=;\na;b\n1;2\n")
    assert "'sep=;'" in found.got


def test_a_fault_of_syntax_is_told_beside_the_bad_rows_before_it() -> None:
    assert lines(faults('a,b\n1\n1,"2"x\n3\n')) == [2, 3]
    assert lines(faults('a,b\n1,2\n\n"x\n\n\n')) == [4]
    assert lines(faults('"a')) == [1]


def test_a_nul_character_is_refused_at_its_line() -> None:
    assert lines(faults("a\nb\n\0")) == [3]


def test_a_cell_beyond_the_readers_limit_is_a_fault() -> None:
    assert lines(faults("a\n" + "x" * 200_000)) == [2]


def test_places_can_be_sliced() -> None:
    levels, rows = table("a\nx\ny\n").content, table("a,b\n1,2\n3,4\n").content
    assert list(levels.places[1:]) == [Location("f", 3)]
    assert list(rows.places[1:]) == [(Location("f", 3), Location("f", 3))]
    assert (len(levels.places), len(rows.places)) == (2, 2)


CELL = (
    st.text(st.characters(exclude_characters="\0\ud800", exclude_categories=["Cs"]))
    .map(str.strip)
    .filter(bool)
)


@given(st.lists(st.tuples(CELL, CELL)), st.sampled_from(["\n", "\r\n"]))
def test_rows_come_back_as_they_were_written(rows: list[tuple[str, str]], end: str) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=end, quoting=csv.QUOTE_ALL).writerows([("a", "b"), *rows])
    content = table(text.getvalue()).content
    assert isinstance(content, Rows)
    assert content.rows == tuple(rows)


CSV_TEXT = st.text(st.sampled_from('ab,"\n\r \0é😀\u2028\x1c'))


def by_hand(text: str) -> tuple[list[list[str]], list[int], bool]:
    """The rows that hold anything with their lines, as Python's own reader sees the whole text."""
    rows, found, numbers, before = csv.reader(lines_of(text), strict=True), [], [], 0
    try:
        for cells in rows:
            if any(cell.strip() for cell in cells):
                found.append([cell.strip() for cell in cells])
                numbers.append(before + 1)
            before = rows.line_num
    except csv.Error:
        return found, numbers, True
    return found, numbers, False


@pytest.mark.parametrize("piece", [1, 5, 20, sheets.PIECE])
@given(
    text=st.one_of(
        CSV_TEXT,
        st.lists(st.sampled_from(["a,b\n", "é, c\r\n", '"', "a\n", ",", "\r"])).map("".join),
        st.lists(st.sampled_from(['"a","b"\n', '" é ",c\r\n', '"",""\n', '"a,b",c\n', '"\n",a\n'])).map(
            "".join
        ),
    )
)
def test_pieces_give_the_rows_that_a_careful_reader_gives(piece: int, text: str) -> None:
    text = text.replace("\0", "")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sheets, "PIECE", piece)
        result = sheets.read_sheet(text, "f")
    rows, numbers, is_broken = by_hand(text)
    if not rows:
        assert not is_successful(result)
        return
    sheet, header = result.unwrap(), rows[0]
    fit = [
        (cells, line) for cells, line in zip(rows[1:], numbers[1:], strict=True) if len(cells) == len(header)
    ]
    assert (list(sheet.header), sheet.header_line) == (header, numbers[0])
    assert [list(cells) for cells in zip(*sheet.columns, strict=True)] == [cells for cells, _ in fit]
    assert sheet.lines.to_list() == [line for _, line in fit]
    odd = [line for cells, line in zip(rows, numbers, strict=True) if len(cells) != len(header)]
    assert len(sheet.faults) == bool(odd) + is_broken
    if odd:
        assert lines(sheet.faults[:1]) == odd[:1]


def test_quotes_that_are_not_needed_are_read_in_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    def by_rows(*_: object) -> None:
        raise AssertionError("read row by row")

    monkeypatch.setattr(sheets, "_columns", by_rows)
    content = table('"a","b"\r\n"1"," x"\r\n2,"y;z"\r\n').content
    assert isinstance(content, Rows)
    assert content.rows == (("1", "x"), ("2", "y;z"))


def test_a_row_that_goes_on_for_too_long_is_a_fault() -> None:
    found = faults("a,b\n1,2\n" + '"\n",' * (sheets.MAX_ROW // 4 + 1) + "1\n")
    assert (lines(found), found[0].expected) == ([3], "rows of at most 4,194,304 characters")
    assert lines(faults("a,b\n1,2\n" + "x," * sheets.MAX_ROW)) == [3]
    assert lines(faults("a," * sheets.MAX_ROW)) == [1]


@given(CSV_TEXT)
def test_no_text_is_a_crash(text: str) -> None:
    result = parse_csv(text, "f")
    assert is_successful(result) or result.failure()
