"""Pieces of CSV text in which all is in order, to columns, by polars."""

import csv
from functools import reduce
from operator import and_

import polars as pl

from cohort_membership.load.text.lines import WHITE_SPACE

_MANY = 1000
"""Columns from which a table is no table for polars: each costs as much as thousands of rows."""

_WITHIN_A_LINE = "".join(sorted(set(WHITE_SPACE) - {"\n", "\r"}))


def with_plain_ends(piece: str) -> str:
    r"""The piece with a line feed at the end of each line; where a cell is quoted, as it is.

    >>> with_plain_ends("a\r\nb\r")
    'a\nb\n'
    """
    if "\r" not in piece or '"' in piece:
        return piece
    return piece.replace("\r\n", "\n").replace("\r", "\n")


def without_quotes(piece: str) -> str:
    r"""The piece without its quotes where none is needed: no quoted cell has a comma, a quote or a line break
    in it. Else the piece as it is, and so where a quote stands beside anything but a comma or a line break.

    >>> without_quotes('"a","b"\n"",c\n'), without_quotes('"a,b"\n'), without_quotes('"a" ,b\n')
    ('a,b\n,c\n', '"a,b"\n', '"a" ,b\n')
    """
    parts = piece.split('"')  # by turns what is outside and what is inside of quotes
    if len(parts) == 1 or len(parts) % 2 == 0:
        return piece
    inside = "".join(parts[1::2])
    first, *between, last = parts[::2]
    is_apart = all(one and one[0] in _ENDS and one[-1] in _ENDS for one in set(between))
    if any(end in inside for end in _ENDS) or not is_apart:
        return piece
    if (first and first[-1] not in _ENDS) or (last and last[0] not in _ENDS):
        return piece
    return "".join(parts)


_ENDS = ",\n\r"
"""What a cell ends with."""


def in_order(piece: str, width: int) -> tuple[list[pl.Series], pl.Series] | None:
    r"""The columns of a piece in which all is in order, and the line of each row, from 0.

    None where something may not be: a quote, a row of another width, a very long cell.

    >>> columns, lines = in_order("1, a\n\n2,b\n", width=2)
    >>> [column.to_list() for column in columns], lines.to_list()
    ([['1', '2'], ['a', 'b']], [0, 2])
    """
    if '"' in piece or width > _MANY:
        return None
    piece, numbers = _without_empty_lines(piece)
    try:
        table = pl.read_csv(
            piece.encode(),
            has_header=False,
            schema={str(number): pl.String for number in range(width)},
            quote_char=None,
            glob=False,
            raise_if_empty=False,
        )
    except pl.exceptions.PolarsError:  # such as a row with more cells
        return None
    # No row has more cells; so none has fewer where there are enough commas.
    if table.height != len(numbers) or piece.count(",") != table.height * (width - 1):
        return None
    columns = [column.fill_null("") if column.null_count() else column for column in table.get_columns()]
    longest = csv.field_size_limit()
    if len(piece) > longest // 4 and any((column.str.len_bytes().max() or 0) > longest for column in columns):  # type: ignore[operator]
        return None
    if not piece.isascii() or any(character in piece for character in _WITHIN_A_LINE):
        columns = [column.str.strip_chars(WHITE_SPACE) for column in columns]
    return held(columns, numbers)


def _without_empty_lines(piece: str) -> tuple[str, pl.Series]:
    """The lines that are not empty, each with its number, from 0."""
    piece = piece.strip("\n") if not piece.strip("\n") else piece.removesuffix("\n")
    if not piece:
        return "", pl.Series(dtype=pl.UInt32)
    if piece and not piece.startswith("\n") and "\n\n" not in piece and not piece.endswith("\n"):
        return piece, pl.int_range(piece.count("\n") + 1, dtype=pl.UInt32, eager=True)
    lines = pl.Series(piece.split("\n"), dtype=pl.String)
    is_held = lines != ""
    return "\n".join(lines.filter(is_held).to_list()), is_held.arg_true()


def held(columns: list[pl.Series], lines: pl.Series) -> tuple[list[pl.Series], pl.Series]:
    """The rows that hold anything."""
    empty = [column == "" for column in columns]
    if not any(one.any() for one in empty):
        return columns, lines
    is_held = ~reduce(and_, empty)
    return [column.filter(is_held) for column in columns], lines.filter(is_held)
