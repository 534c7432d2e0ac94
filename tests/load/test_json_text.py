"""JSON is read token by token: what json.loads accepts, with the same texts, and a place each."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from returns.pipeline import is_successful

from cohort_membership.document import List, Map, Node, Scalar
from cohort_membership.load.text import tree
from cohort_membership.load.text.faults import Fault, Faults
from cohort_membership.load.text.json import parse_json
from cohort_membership.problems import Location


def parsed(text: str) -> Node | None:
    return parse_json(text, "f").unwrap()


def faults(text: str) -> Faults:
    return parse_json(text, "f").failure()


def place(one: Fault) -> tuple[int | None, int | None]:
    assert one.location is not None
    return one.location.line, one.location.column


def plain(node: Node | None) -> Any:
    match node:
        case Scalar(text=text, is_null=is_null):
            return None if is_null else text
        case List(items=items):
            return [plain(item) for item in items]
        case Map(entries=entries):
            return {key.text: plain(value) for key, value in entries}
    return None


def as_texts(data: Any) -> Any:
    """What json.loads gives, with numbers and booleans as JSON writes them."""
    if isinstance(data, dict):
        return {key: as_texts(value) for key, value in data.items()}
    if isinstance(data, list):
        return [as_texts(item) for item in data]
    return data if data is None or isinstance(data, str) else json.dumps(data)


DATA = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(DATA, st.booleans(), st.sampled_from([None, 0, 2, "\t"]), st.sampled_from(["\n", "\r\n", "\r"]))
def test_texts_are_as_json_loads_has_them(data: Any, is_ascii: bool, indent: Any, line_end: str) -> None:
    text = json.dumps(data, ensure_ascii=is_ascii, indent=indent).replace("\n", line_end)
    assert plain(parsed(text)) == as_texts(data)


@given(st.text(st.sampled_from('{}[]",:\\/ \t\n\r01.-+eEtrufalsn\u0000\u2028\ufeffdD89aé😀'), max_size=12))
def test_exactly_what_json_loads_accepts_is_accepted(text: str) -> None:
    try:
        json.loads(text, parse_constant=int)
        is_json = True
    except ValueError:
        is_json = False
    result = parse_json(text, "f")
    known = {"each key once", "text"}  # refused here, and not by json.loads
    if is_successful(result) or {one.expected for one in result.failure()} - known:
        assert is_successful(result) == is_json


@given(st.lists(st.text(st.sampled_from('\\/"ud83de00n\b'), max_size=8)))
def test_escapes_mean_what_json_loads_says(written: list[str]) -> None:
    for text in (json.dumps(written), json.dumps(written).replace("/", r"\/")):
        assert plain(parsed(text)) == json.loads(text)


def test_numbers_and_words_are_the_text_as_written() -> None:
    assert plain(parsed("[1.50, 1E+2, -0, true, false, null]")) == [
        "1.50",
        "1E+2",
        "-0",
        "true",
        "false",
        None,
    ]
    assert plain(parsed("1" * 10_000)) == "1" * 10_000


def test_null_as_text_is_text() -> None:
    assert plain(parsed('["null"]')) == ["null"]


def test_places_count_characters_from_one_on_any_line_end() -> None:
    node = parsed('{"😀":\r\n\t["é",\r "b"]}')
    assert isinstance(node, Map)
    key, value = node.entries[0]
    assert isinstance(value, List)
    assert key.location == Location("f", 1, 2, width=3)
    assert value.location == Location("f", 2, 2)
    assert [item.location for item in value.items] == [Location("f", 2, 3, 3), Location("f", 3, 2, 3)]


def test_a_surrogate_pair_is_one_character_and_half_of_one_is_refused() -> None:
    assert plain(parsed(r'["\ud83d\ude00", "\\ud83d"]')) == ["😀", r"\ud83d"]
    assert [place(one) for one in faults(r'["\ud83d", "\ude00"]')] == [(1, 2), (1, 12)]


def test_every_duplicate_key_is_told_at_its_second_place() -> None:
    assert [place(one) for one in faults('{"a": 1,\n"a": 2,\n"b": {"c": 1, "c": 2}}')] == [(2, 1), (3, 15)]


@pytest.mark.parametrize(
    ("text", "expected", "got", "at"),
    [
        ("", "a value", "the end of the text", (1, 1)),
        ("[1", "',' or ']'", "the end of the text", (1, 3)),
        ("[1,]", "a value", "']'", (1, 4)),
        ("[}", "a value or ']'", "'}'", (1, 2)),
        ("[] []", "the end of the text", "'['", (1, 4)),
        ('{"a" 1}', "':'", "'1'", (1, 6)),
        ('{"a":1 "b"', "',' or '}'", "'\"b\"'", (1, 8)),
        ('{"a":1,}', "a key in double quotes", "'}'", (1, 8)),
        ("{'a'", "a key in double quotes or '}'", '"\'"', (1, 2)),
        ("\n NaN", "a value", "'NaN'", (2, 2)),
        ("01", "the end of the text", "'1'", (1, 2)),
        ('["a', "a string with a closing quote", "none up to the end of the text", (1, 2)),
        ('["a\tb"]', "no control character in a string", "U+0009", (1, 4)),
        (r'["\x"]', r"an escape of JSON, such as \n or \u00e9", r"'\\x'", (1, 3)),
    ],
)
def test_what_was_expected_is_told_where_something_else_stands(
    text: str, expected: str, got: str, at: tuple[int, int]
) -> None:
    (found,) = faults(text)
    assert (found.expected, found.got, place(found)) == (expected, got, at)


def test_64_levels_are_nested_and_more_are_too_deep() -> None:
    assert isinstance(parsed("[" * 64 + "]" * 64), List)
    for text in ("[" * 65 + "]" * 65, "[" * 100_000, '{"a":' * 100_000):
        assert "nested" in faults(text)[0].expected


def test_more_nodes_than_the_limit_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "MAX_NODES", 4)
    assert plain(parsed("[1, 2, 3]")) == ["1", "2", "3"]
    (found,) = faults("[1, 2, 3, 4, 5, 6")
    assert (found.expected, place(found)) == ("at most 4 nodes in all, with aliases expanded", (1, 11))


def test_a_long_string_without_an_end_is_no_hang() -> None:
    assert place(faults('["' + r"\n" * 1_000_000)[0]) == (1, 2)
