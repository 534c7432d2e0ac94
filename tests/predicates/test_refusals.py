"""What is not in the language, or wrong in it: each has its place, its words and what to write instead."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from returns.pipeline import is_successful

from cohort_membership.predicates import Axis, judge, parse
from cohort_membership.predicates.grammar import MAX_DEPTH, MAX_LENGTH
from cohort_membership.suggest import SUGGESTIONS
from tests.predicates.asked import AXES, answer, faults, told

COLUMNS: dict[str, list[Any]] = {"judge": ["x"], "judge.size": ["7"], "judge.family": [None], "turn": [1]}
COMMENT = ("a comment cannot stand in a predicate", "write it beside the predicate, after a #")
SUBQUERY = ("a predicate cannot hold a subquery", None)
NUMBER = ("this is not a number", "write digits, e.g. 12 or 0.5")
PARAMETER = ("there are no parameters in a predicate", "write the value itself")
EMPTY = ("the predicate is empty", "write a condition, e.g. axis = 'level'")
CONDITION = "compare it with something, e.g. with = or IS NOT NULL"
NULL = ("a comparison with NULL is never true", "write IS NULL or IS NOT NULL")
LIKE = "use LIKE with % and _"
JOIN = "join two comparisons with AND, or put one in brackets"


@pytest.mark.parametrize(
    ("text", "where", "what", "instead"),
    [
        ("", "", *EMPTY),
        (" \n", " \n", *EMPTY),
        ("judge = 'x' -- all", "--", *COMMENT),
        ("judge = 'x' /* all */", "/*", *COMMENT),
        ("turn --1 = 1", "--", *COMMENT),
        ("judge = 'x'; DROP TABLE t", ";", "a predicate is one condition, not a statement", "leave out ';'"),
        ("judge IN (SELECT id FROM models)", "SELECT", *SUBQUERY),
        ("EXISTS (SELECT 1)", "SELECT", *SUBQUERY),
        ("CASE WHEN turn = 1 THEN 1 END", "CASE", "there is no CASE in a predicate", "use AND and OR"),
        ("judge GLOB 'x*'", "GLOB", "there is no GLOB in a predicate", LIKE),
        ("judge regexp 'x'", "regexp", "there is no REGEXP in a predicate", LIKE),
        ("judge MATCH 'x'", "MATCH", "there is no MATCH in a predicate", LIKE),
        ("judge LIKE 'x!%' ESCAPE '!'", "ESCAPE", "LIKE has no ESCAPE here", None),
        (
            "judge COLLATE NOCASE = 'x'",
            "COLLATE",
            "there is no COLLATE in a predicate",
            "use LOWER(…) or ILIKE to ignore case",
        ),
        ("judge IS DISTINCT FROM 'x'", "DISTINCT", "there is no DISTINCT in a predicate", None),
        ("judge || 'x' = 'y'", "||", "texts cannot be joined in a predicate", None),
        ("turn % 2 = 0", "%", "there is no remainder in a predicate", None),
        (
            "judge.size::int = 1",
            "::",
            "a cast is written in another way",
            "write CAST(… AS INTEGER) or CAST(… AS DOUBLE)",
        ),
        ("`judge` = 'x'", "`", "a name is quoted in another way", 'write "name"'),
        ("[judge] = 'x'", "[", "a name is quoted in another way", 'write "name"'),
        ("judge = ‘x’", "‘", "this is not a straight quote", "write 'text' and \"name\""),
        (
            "judge = 'it's'",
            "s",
            "unexpected s",
            "a quote within a text is doubled: 'it''s'",
        ),
        (
            "judge = 'x",
            "'",
            "the text that begins here has no closing quote",
            "a quote within a text is doubled: 'it''s'",
        ),
        ('judge = "x', '"', "the name that begins here has no closing quote", None),
        ("judge = ?", "?", *PARAMETER),
        ("judge = :x", ":x", *PARAMETER),
        ("judge = $1", "$1", *PARAMETER),
        ("turn = 0x1F", "0x1F", *NUMBER),
        ("turn = 1_000", "1_000", *NUMBER),
        ("turn = 1st", "1st", *NUMBER),
        ("judge ~ 'x'", "~", "unexpected '~' (U+007E)", None),
        ("judge\u00a0= 'x'", "\u00a0", "unexpected an invisible character (U+00A0)", None),
        ("judge = 'x'\0", "\0", "unexpected an invisible character (U+0000)", None),
        ("judge = '\ud800'", "\ud800", "U+D800 is half of a character", None),
        ("judge = 'x' AND", "", "the predicate ends too early", None),
        ("(judge = 'x'", "", "the predicate ends too early", "write ')'"),
        ("judge = 'x')", ")", "unexpected )", None),
        ("judge IN ()", ")", "unexpected )", None),
        ("judge IN 'x'", "'x'", "unexpected 'x'", None),
        ("judge = 'x' 'y'", "'y'", "unexpected 'y'", None),
        ("judge IS TRUE", "TRUE", "unexpected TRUE", None),
        ("judge.a.b = 'x'", ".", "unexpected .", None),
        (
            "like = 'x'",
            "like",
            "unexpected like",
            'a name that is a word of the language stands in double quotes: "like"',
        ),
        ("1 < turn < 3", "<", "unexpected <", JOIN),
        ("turn = 1 = 1", "=", "unexpected =", JOIN),
        ("turn = NOT turn", "NOT", "unexpected NOT", None),
        # what is read, and refused where it is judged
        ("judge != 'x'", "judge != 'x'", "there is no operator !=", "<>"),
        ("judge == 'x'", "judge == 'x'", "there is no operator ==", "="),
        ("judge = NULL", "NULL", *NULL),
        ("judge IN ('x', NULL)", "NULL", *NULL),
        (
            "turn = 9223372036854775808",
            "9223372036854775808",
            "the number 9223372036854775808 does not fit in 64 bits",
            None,
        ),
        ("turn = 1e999", "1e999", "the number 1e999 does not fit in 64 bits", None),
        (
            "read_csv('/etc/passwd') = 'x'",
            "read_csv('/etc/passwd')",
            "there is no function READ_CSV in a predicate",
            "the functions are LOWER, UPPER, LENGTH and CAST",
        ),
        ("lowr(judge) = 'x'", "lowr(judge)", "there is no function LOWR in a predicate", "LOWER"),
        (
            "random() > 1",
            "random()",
            "there is no function RANDOM in a predicate",
            "the functions are LOWER, UPPER, LENGTH and CAST",
        ),
        ("LENGTH() = 1", "LENGTH()", "LENGTH takes one text, got 0 values", None),
        ("LENGTH(judge, judge) = 1", "LENGTH(judge, judge)", "LENGTH takes one text, got 2 values", None),
        ("CAST(judge AS INT) = 1", "CAST(judge AS INT)", "there is no type INT to cast to", "INTEGER"),
        (
            "CAST(turn AS TEXT) = '1'",
            "CAST(turn AS TEXT)",
            "there is no type TEXT to cast to",
            "a cast gives INTEGER or DOUBLE",
        ),
        (
            "CAST(judge) = 1",
            "CAST(judge)",
            "CAST has no type",
            "write CAST(… AS INTEGER) or CAST(… AS DOUBLE)",
        ),
        (
            "TRY_CAST(judge AS INTEGER) = 1",
            "TRY_CAST(judge AS INTEGER)",
            "there is no TRY_CAST(… AS …) in a predicate",
            "CAST",
        ),
        (
            "CAST(turn = 1 AS INTEGER) = 1",
            "turn = 1",
            "CAST takes a text or a number; turn = 1 is a condition",
            None,
        ),
        # names
        ("judg = 'x'", "judg", "unknown axis 'judg'", "judge"),
        ("Judge = 'x'", "Judge", "unknown axis 'Judge'", "judge"),
        ("judg.family = 'x'", "judg.family", "unknown axis 'judg'", "judge"),
        ("judge.famly = 'x'", "judge.famly", "axis 'judge' has no attribute 'famly'", "family"),
        (
            "turn.family = 'x'",
            "turn.family",
            "axis 'turn' has no attribute 'family'",
            "only the axis itself can be used",
        ),
        ("family = 'x'", "family", "unknown axis 'family'", "judge.family"),
        ("judge = delta", "delta", "unknown axis 'delta'", "a text stands in single quotes: 'delta'"),
        ('judge = "it\'s"', '"it\'s"', "unknown axis 'it's'", "a text stands in single quotes: 'it''s'"),
        # kinds
        ("judge", "judge", "a predicate is a condition; judge is text", CONDITION),
        ("turn + 1", "turn + 1", "a predicate is a condition; turn + 1 is a whole number", CONDITION),
        ("NOT judge", "judge", "NOT takes conditions; judge is text", CONDITION),
        ("judge AND turn = 1", "judge", "AND takes conditions; judge is text", CONDITION),
        (
            "judge.size > 8",
            "judge.size > 8",
            "judge.size is text, 8 is a whole number: they cannot be compared",
            "write CAST(judge.size AS INTEGER)",
        ),
        (
            "0.5 < judge.size",
            "0.5 < judge.size",
            "0.5 is a decimal number, judge.size is text: they cannot be compared",
            "write CAST(judge.size AS DOUBLE)",
        ),
        (
            "turn IN ('1', 2)",
            "turn IN ('1', 2)",
            "turn is a whole number, '1' is text: they cannot be compared",
            "write a number without quotes",
        ),
        (
            "turn BETWEEN 1 AND judge",
            "turn BETWEEN 1 AND judge",
            "turn is a whole number, judge is text: they cannot be compared",
            "write CAST(judge AS INTEGER)",
        ),
        (
            "(turn = 1) < (turn = 2)",
            "(turn = 1) < (turn = 2)",
            "conditions can only be compared with = and <>",
            None,
        ),
        ("judge + 1 = 2", "judge", "+ takes numbers; judge is text", "write CAST(judge AS INTEGER)"),
        ("-judge = 2", "judge", "a sign takes a number; judge is text", "write CAST(judge AS INTEGER)"),
        ("turn LIKE '1'", "turn", "LIKE takes a text; turn is a whole number", None),
        (
            "judge ILIKE judge",
            "judge",
            "the pattern of ILIKE is not a text in quotes",
            "write it in single quotes, with % for any text and _ for one character",
        ),
        ("LOWER(turn) = '1'", "turn", "LOWER takes a text; turn is a whole number", None),
        ("LENGTH(1) = 1", "1", "LENGTH takes a text; 1 is a whole number", "write '1'"),
    ],
)
def test_what_is_refused_is_told_at_its_place_with_what_to_write(
    text: str, where: str, what: str, instead: str | None
) -> None:
    assert told(text) == [(where, what, instead)]


def test_everything_that_is_wrong_in_names_and_kinds_is_told_at_once_in_source_order() -> None:
    text = "judg = 'x' OR judge.famly != 'y' AND turn = NULL OR sqrt(turn) > 1 OR NOT judge"
    assert [detail for _, detail, _ in told(text)] == [
        "unknown axis 'judg'",
        "axis 'judge' has no attribute 'famly'",
        "there is no operator !=",
        "a comparison with NULL is never true",
        "there is no function SQRT in a predicate",
        "NOT takes conditions; judge is text",
    ]


def test_nothing_is_told_that_follows_from_something_else_and_nothing_twice() -> None:
    assert len(faults("judg + 1 > 'x' AND LOWER(judg) LIKE 'y' AND judg")) == 1


def test_a_query_of_a_catalog_speaks_of_columns() -> None:
    columns = {"id": Axis(), "family": Axis(), "tier": Axis()}
    assert told("famly = 'x' AND judge.tier = 'y' AND id.tier = 'z'", columns, noun="column") == [
        ("famly", "unknown column 'famly'", "family"),
        ("judge.tier", "unknown column 'judge'", "tier"),
        ("id.tier", "column 'id' has no attribute 'tier'", "write tier alone"),
    ]


def test_suggestions_are_looked_for_a_few_times_only() -> None:
    many = " OR ".join(f"judg{place} = 'x'" for place in range(500))
    found = faults(many)
    assert len(found) == 500
    assert sum(one.suggestion is not None for one in found) <= SUGGESTIONS


LONGEST = [
    ("judge='x' or ", "judge='x'", 700, [True]),
    ("turn=2 or ", "turn=2", 950, [False]),
    ("(", "turn=1", 4900, None),
    ("not ", "turn=2", 61, [True]),
    ("- ", "1=1", 4900, [True]),
    ("turn+", "0>1", 60, [True]),
    ("CAST(judge.size AS INTEGER)=7 or ", "turn=2", 290, [True]),
]


@pytest.mark.parametrize(("part", "end", "times", "held"), LONGEST)
def test_a_long_predicate_is_answered(part: str, end: str, times: int, held: list[bool] | None) -> None:
    text = part * times + end + (")" * times if part == "(" else "")
    assert answer(text, COLUMNS) == (held or [True])


@pytest.mark.parametrize(
    "text",
    [
        "not " * 2400 + "turn=1",
        "turn" + "+1" * 4000 + ">1",
        "- " * 4900 + "turn=1",
        "LOWER(" * 999 + "judge" + ")" * 999 + "='x'",
    ],
)
def test_too_deep_a_predicate_is_refused(text: str) -> None:
    assert [one.detail for one in faults(text)] == [f"operators are nested more than {MAX_DEPTH} deep"]


def test_too_long_a_predicate_is_refused() -> None:
    text = "judge = '" + "x" * MAX_LENGTH + "'"
    assert [one.detail for one in faults(text)] == [
        f"a predicate has at most 10000 characters; this has {len(text)}"
    ]


@pytest.mark.parametrize(
    "text", ["(" * 9990, ")" * 9990, "'" * 9991, '"' * 9991, "a." * 4999, "%TAG ! x\n" * 900, "1" * 9990]
)
def test_junk_is_refused(text: str) -> None:
    assert faults(text)


@pytest.mark.parametrize(
    "wild", ["_" * 9900, "%_" * 4900, "%a" * 4900, "十" * 9900, "%" * 9900, "(.*" * 3000]
)
def test_any_pattern_can_be_matched(wild: str) -> None:
    assert answer(f"judge LIKE '{wild}'", COLUMNS) == [not wild.strip("%")]
    assert answer(f"judge ILIKE '{wild}'", COLUMNS) == [not wild.strip("%")]


PARTS = [
    *(
        "judge",
        "turn",
        "judge.size",
        "judge.family",
        "AND",
        "OR",
        "NOT",
        "IN",
        "BETWEEN",
        "LIKE",
        "ILIKE",
        "IS",
    ),
    *(
        "NULL",
        "CAST(",
        "AS",
        "INTEGER)",
        "DOUBLE)",
        "LOWER(",
        "LENGTH(",
        "(",
        ")",
        ",",
        ".",
        "+",
        "-",
        "*",
        "/",
    ),
    *(
        "=",
        "<>",
        "<",
        ">=",
        "'x'",
        "'7'",
        "''",
        "1",
        "2",
        "0",
        "0.5",
        "1e308",
        "9223372036854775807",
        '"',
        "'",
    ),
    *(";", "--", "::"),
]
PIECES = st.one_of(
    st.sampled_from(PARTS),
    st.text(max_size=2),
)


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.lists(PIECES, max_size=14).map(" ".join), st.text(max_size=20)))
def test_any_text_is_answered_or_refused_within_its_bounds(text: str) -> None:
    parsed = parse(text)
    judged = parsed.bind(lambda one: judge(one, AXES))
    if not is_successful(judged):
        assert judged.failure()
        for one in judged.failure():
            assert 0 <= one.start <= one.stop <= len(text)
    else:
        assert len(answer(text, COLUMNS)) >= 1
