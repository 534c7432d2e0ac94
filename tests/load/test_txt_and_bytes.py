"""Lines of text give levels; bytes give text if they are UTF-8."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from returns.pipeline import is_successful

from cohort_membership.load.spec.includes import open_include
from cohort_membership.load.text.lines import WHITE_SPACE, lines_of, place_at
from cohort_membership.load.text.txt import parse_txt
from cohort_membership.load.text.utf8 import decode_utf8
from cohort_membership.problems import Location


def test_lines_that_hold_anything_are_levels_with_their_places() -> None:
    levels = parse_txt("\n a \r\n\r\nb c\r\u2028d\x0ce", "f").unwrap()
    assert levels.texts == ("a", "b c", "d\x0ce")
    assert list(levels.places) == [Location("f", 2), Location("f", 4), Location("f", 5)]


def test_a_nul_character_is_refused() -> None:
    (found,) = parse_txt("a\nb\0", "f").failure()
    assert found.location == Location("f", 2, 2)


def test_a_byte_order_mark_is_dropped() -> None:
    assert decode_utf8(b"\xef\xbb\xbfa", "f").unwrap() == "a"


def test_the_first_byte_that_is_not_utf8_is_told() -> None:
    (found,) = decode_utf8(b"\xef\xbb\xbfa\r\nb\rc\n\xe9t\xe9", "f").failure()
    assert (found.got, found.location) == ("the byte 0xe9 at offset 10", Location("f", 4))


def test_an_unfinished_character_is_told() -> None:
    (found,) = decode_utf8(b"a\xe2\x82", "f").failure()
    assert found.got == "the byte 0xe2 at offset 1"


@given(st.text(st.sampled_from("ab\r\n\x0b\x0c\x85\u2028")))
def test_lines_make_up_the_text_and_tell_places(text: str) -> None:
    lines = list(lines_of(text))
    assert "".join(lines) == text
    assert all(not line.rstrip("\r\n").count("\n") + line.rstrip("\r\n").count("\r") for line in lines)
    end = place_at(text, len(text), "f")
    assert end.line == len(lines) + (not text or text[-1] in "\r\n")


@given(st.binary())
def test_no_bytes_are_a_crash(data: bytes) -> None:
    result = decode_utf8(data, "f")
    assert is_successful(result) or result.failure()


def test_white_space_is_what_python_strips() -> None:
    assert [character for character in map(chr, range(0x110000)) if character.isspace()] == sorted(
        WHITE_SPACE
    )


@given(st.text(st.sampled_from("ab\n\r \x1c\x85\u2028é😀")))
def test_lines_of_plain_text_are_those_that_hold_anything(text: str) -> None:
    levels = parse_txt(text, "f").unwrap()
    held = [(line.strip(), number) for number, line in enumerate(lines_of(text), start=1) if line.strip()]
    places = [place.line for place in levels.places if place]
    assert list(zip(levels.texts, places, strict=True)) == held


@pytest.mark.parametrize("name", ["a.csv", "a.txt", "a.yaml", "a.json"])
@given(
    data=st.binary()
    | st.lists(st.sampled_from(list(map(bytes, zip(b'[]{},:"\n\r-&*!%@\t\\')))) | st.binary(max_size=2)).map(
        b"".join
    )
)
def test_no_bytes_of_an_included_file_are_a_crash(name: str, data: bytes) -> None:
    result = open_include(name, "f", data)
    assert is_successful(result) or result.failure()
