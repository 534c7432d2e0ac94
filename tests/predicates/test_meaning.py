"""What a predicate gives for rows that were thought of, and what its README says of them."""

import math
import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import cohort_membership.predicates
from cohort_membership.predicates import Axis, holds, judge, parse
from tests.predicates.asked import AXES, answer

README = (Path(cohort_membership.predicates.__file__).parent / "README.md").read_text(encoding="utf-8")


def _tables(text: str) -> list[list[list[str]]]:
    """The cells of each table, row by row, its header first and without the line under it."""
    found = re.findall(r"(?:^\|.*\n)+", text, re.M)
    return [
        [[cell.strip() for cell in line.strip("|").split("|")] for line in table.strip().split("\n")][:1]
        + [[cell.strip() for cell in line.strip("|").split("|")] for line in table.strip().split("\n")[2:]]
        for table in found
    ]


LANGUAGE, ROWS, EXAMPLES = _tables(README)


@pytest.mark.parametrize("example", EXAMPLES[1:], ids=lambda example: example[0])
def test_the_examples_of_the_readme_keep_what_it_says(example: list[str]) -> None:
    header, *rows = ROWS
    columns: dict[str, list[Any]] = {
        name: [row[place] or None for row in rows] for place, name in enumerate(header)
    }
    columns["turn"] = [int(one) for one in columns["turn"]]
    kept = answer(example[0].strip("`"), columns)
    assert [judge for judge, held in zip(columns["judge"], kept, strict=True) if held] == example[1].split(
        ", "
    )


def test_the_language_that_the_readme_shows_is_what_is_read() -> None:
    known = {"judge_llm": Axis(attributes=("family", "a-b")), "tokens per s": Axis(), "x": Axis()}
    shown = [cell for row in LANGUAGE[1:] for cell in re.findall(r"`([^`]+)`", row[0])]
    words = " ".join(shown)
    assert all(
        word in words for word in ("LIKE", "ILIKE", "BETWEEN", "IN", "IS NULL", "CAST", "LOWER", "LENGTH")
    )
    for one in shown:
        if one not in ("= <> < <= > >=", "AND OR NOT", "( )", "+ - * /", "x BETWEEN 1 AND 3"):
            tree = parse(f"({one}) IS NOT NULL")
            assert judge(tree.unwrap(), known).unwrap()


SIZES = ["7", " 70 ", "-8", "+405", "007", None]


@pytest.mark.parametrize(
    ("predicate", "kept"),
    [
        ("CAST(judge.size AS INTEGER) > 8", [False, True, False, True, False, False]),
        ("CAST(judge.size AS INTEGER) = 7", [True, False, False, False, True, False]),
        ("CAST(judge.size AS DOUBLE) / 2 = 3.5", [True, False, False, False, True, False]),
        ("CAST(judge.size AS INTEGER) IS NULL", [False, False, False, False, False, True]),
        ("CAST(judge.size AS INTEGER) / 2 = -4", [False, False, True, False, False, False]),
        ("CAST(CAST(judge.size AS DOUBLE) / 2 AS INTEGER) = 3", [True, False, False, False, True, False]),
        ("CAST(judge.size AS INTEGER) / 0 IS NULL", [True] * 6),
        ("NOT CAST(judge.size AS INTEGER) / 0 = 1", [False] * 6),
        ("-CAST(judge.size AS INTEGER) BETWEEN 8 AND 8", [False, False, True, False, False, False]),
    ],
)
def test_a_cast_reads_numbers(predicate: str, kept: list[bool]) -> None:
    assert answer(predicate, {"judge.size": SIZES}) == kept


@pytest.mark.parametrize(
    "bad", ["", "8b", "1.5", "1e3", "1_0", "٣", "0x8", "+", "- 1", "--1", "inf", "9" * 19]
)
def test_a_cast_of_what_is_no_whole_number_is_a_fault_that_shows_it(bad: str) -> None:
    text = "judge.family = 'x' OR 8 < CAST(judge.size AS INTEGER)"
    told = answer(text, {"judge.family": ["y"] * 3, "judge.size": ["7", bad, "worse"]})
    assert told == [
        (
            "CAST(judge.size AS INTEGER)",
            f"CAST(judge.size AS INTEGER) fails: '{bad}' is not a whole number of 64 bits",
        )
    ]


@pytest.mark.parametrize(
    "bad", ["", "8b", "1e", ".", "1_0", "٣", "0x8", "inf", "nan", "Infinity", "1e999", "1,5"]
)
def test_a_cast_of_what_is_no_decimal_number_is_a_fault_that_shows_it(bad: str) -> None:
    told = answer("CAST(judge.size AS DOUBLE) > 1", {"judge.size": ["7", "0.5", ".5e-1", "5.", bad]})
    assert told[0][1] == f"CAST(judge.size AS DOUBLE) fails: '{bad}' is not a decimal number of 64 bits"


WHOLE = re.compile(r"\s*[+-]?[0-9]+\s*")
DECIMAL = re.compile(r"\s*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\s*")


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text("0123456789+-.eE_ \tinfax", max_size=6), st.text(max_size=3)))
@example("１")
@example("1d5")
@example("")
def test_a_cast_reads_a_number_as_written_and_nothing_else(text: str) -> None:
    for target, written in (("INTEGER", WHOLE), ("DOUBLE", DECIMAL)):
        held = answer(f"CAST(judge AS {target}) IS NOT NULL", {"judge": [text]})
        # What 64 bits cannot hold is a fault too, although it is written as a number.
        is_number = bool(written.fullmatch(text)) and math.isfinite(float(text))
        assert (held == [True]) == is_number


@pytest.mark.parametrize(
    "predicate",
    [
        "judge.family = 'atlas' AND CAST(judge.size AS INTEGER) > 8",
        "CAST(judge.size AS INTEGER) > 8 AND judge.family = 'atlas'",
        "NOT (judge.family <> 'atlas' OR CAST(judge.size AS INTEGER) <= 8)",
    ],
)
def test_a_cast_may_fail_in_a_row_that_another_condition_decides(predicate: str) -> None:
    columns = {"judge.family": ["atlas", "fjord"], "judge.size": ["70", "large"]}
    assert answer(predicate, columns) == [True, False]


@pytest.mark.parametrize(
    "predicate",
    [
        "judge.family = 'fjord' AND CAST(judge.size AS INTEGER) > 8",
        "CAST(judge.size AS INTEGER) IS NULL",
        "CAST(judge.size AS INTEGER) + 1 IS NOT NULL",
        "(CAST(judge.size AS INTEGER) > 8) IS NULL",
        "CAST(judge.size AS INTEGER) IN (1, 2)",
    ],
)
def test_a_cast_that_fails_is_a_fault_where_the_row_hangs_on_it(predicate: str) -> None:
    columns = {"judge.family": ["atlas", "fjord"], "judge.size": ["70", "large"]}
    (fault,) = answer(predicate, columns)
    assert fault[1] == "CAST(judge.size AS INTEGER) fails: 'large' is not a whole number of 64 bits"


def test_each_cast_that_fails_is_told() -> None:
    told = answer(
        "CAST(judge.size AS INTEGER) > 8 OR CAST(author.size AS DOUBLE) > 8",
        {"judge.size": ["7", "a"], "author.size": ["b", "c"]},
    )
    assert [one[1].partition(": ")[2] for one in told] == [
        "'a' is not a whole number of 64 bits",
        "'b' is not a decimal number of 64 bits",
    ]


@pytest.mark.parametrize(
    "number",
    [
        "9223372036854775807 + turn",
        "-9223372036854775808 / (0 - turn)",
        "turn * 4e18 * 1e300",
        "1e308 * 1e308",
    ],
)
def test_a_number_beyond_64_bits_is_a_fault(number: str) -> None:
    ((_, detail),) = answer(f"{number} > 0", {"turn": [1]})
    assert detail.endswith("gives a number that does not fit in 64 bits")


def test_the_largest_numbers_are_exact() -> None:
    assert answer("turn - 1 + 1 = 9223372036854775807", {"turn": [2**63 - 1, 2**63 - 2]}) == [True, False]
    assert answer("turn = -9223372036854775808", {"turn": [-(2**63)]}) == [True]


def test_case_is_that_of_all_scripts() -> None:
    columns = {"judge": ["Éa", "éA", "ΣΑΣ", "十"]}
    assert answer("LOWER(judge) = 'éa'", columns) == [True, True, False, False]
    assert answer("judge ILIKE 'É_'", columns) == [True, True, False, False]
    assert answer("LENGTH(judge) = 1", columns) == [False, False, False, True]
    assert answer("judge = 'éa' OR judge LIKE 'éa'", columns) == [False] * 4


def test_a_name_is_text_whatever_its_characters() -> None:
    columns = ("*", "^.*$", "a b", 'say "x"', "a.b", "", "row", "answer", "made0_0", "十", "like")
    for name in columns:
        quoted = '"' + name.replace('"', '""') + '"'
        frame = pl.DataFrame({one: ["no" if one != name else "yes", None] for one in columns})
        known = {one: Axis() for one in columns}
        condition = judge(parse(f"LOWER({quoted}) = 'yes'").unwrap(), known, noun="column").unwrap()
        assert condition.columns == (name,)
        assert holds(condition, frame).unwrap().to_list() == [True, False]


def test_an_alias_stands_for_the_axis_that_there_is() -> None:
    predicate = parse("old.family = 'm' AND judge = 'j'").unwrap()
    condition = judge(predicate, AXES, aliases={"old": "judge"}).unwrap()
    frame = pl.DataFrame({"judge": ["j", "j"], "judge.family": ["m", None]})
    assert condition.columns == ("judge.family", "judge")
    assert holds(condition, frame).unwrap().to_list() == [True, False]


def test_replicates_may_be_text_and_levels_may_be_enums() -> None:
    condition = judge(parse("turn > 9 AND judge < 'b'").unwrap(), AXES).unwrap()
    frame = pl.DataFrame(
        {"turn": ["10", "9"], "judge": pl.Series(["a", "a"], dtype=pl.Enum(["z", "b", "a"]))}
    )
    assert holds(condition, frame).unwrap().to_list() == [True, False]


@pytest.mark.parametrize("predicate", ["1 = 1", "1 + 1 = 2", "CAST('7' AS INTEGER) = 7", "'a' IN ('a', 'b')"])
def test_a_condition_without_names_holds_for_every_row(predicate: str) -> None:
    for height in (0, 1, 3):
        assert answer(predicate, {"judge": ["x"] * height}) == [True] * height


def test_the_names_of_a_predicate_stand_in_source_order_with_their_places() -> None:
    text = 'judge = \'x\' AND NOT ("author" . "a ""b" IN (turn))'
    names = parse(text).unwrap().names
    assert [(one.axis, one.attribute, text[one.start : one.stop]) for one in names] == [
        ("judge", None, "judge"),
        ("author", 'a "b', '"author" . "a ""b"'),
        ("turn", None, "turn"),
    ]
