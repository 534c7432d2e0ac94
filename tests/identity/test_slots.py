"""Ids in slots: what can be taken from them, and that a polars series owns its own copy."""

import gc
import pickle
import threading

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cohort_membership.identity.slots import Ids, Texts

DIGITS = st.text("0123456789abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=16)


def ids_of(values: list[str]) -> Ids:
    return Ids(np.array([value.encode() for value in values], "S18"))


@given(st.lists(DIGITS.map("d_".__add__), max_size=50))
def test_a_series_holds_the_ids(values: list[str]) -> None:
    series = ids_of(values).to_series("parent_gen_id")
    assert series.dtype == pl.String
    assert series.name == "parent_gen_id"
    assert series.to_list() == values


def test_a_series_outlives_the_ids() -> None:
    values = [f"d_{number:016d}"[: 18 - number % 3] for number in range(1000)]
    for kept in (values, [value for value in values if len(value) == 18]):
        series = ids_of(kept).to_series()
        gc.collect()
        ids_of(["x_overwritten"] * 5000)
        assert series.to_list() == kept
        dropping = threading.Thread(target=lambda held: held.clear(), args=([series],))
        del series
        dropping.start()
        dropping.join()


def test_slots_cannot_be_written_to() -> None:
    """A series may share their memory."""
    source = np.array([b"d_a"], "S18")
    with pytest.raises(ValueError, match="read-only"):
        Ids(source).slots[0] = b"d_b"
    source[0] = b"d_c"  # the caller's own array is left as it was


def test_rows_are_taken_in_their_order() -> None:
    ids = ids_of(["d_a", "d_b", "d_c", "d_d"])
    assert ids.take(np.array([3, 0, 0])).tolist() == [b"d_d", b"d_a", b"d_a"]
    assert ids.picked(np.array([1], np.uint32)) == [b"d_b"]
    assert ids.take(slice(1, 3)).tolist() == [b"d_b", b"d_c"]
    assert ids.take(slice(None, None, 2)).to_series().to_list() == ["d_a", "d_c"]
    assert np.shares_memory(ids.take(slice(1, 3)).slots, ids.slots)
    assert len(ids) == 4


def test_lengths_count_bytes() -> None:
    assert ids_of(["d_0", "d_3sofzlpblw0d61sv"]).lengths.tolist() == [3, 18]
    assert Texts(["ä|1".encode(), b"", b"a\0"]).lengths.tolist() == [4, 0, 2]


def test_texts_keep_nuls_and_are_padded_with_them() -> None:
    texts = Texts([b"a\0", b"", b"abc"])
    assert texts.picked(np.array([0, 2])) == [b"a\0", b"abc"]
    assert texts.padded(4).tobytes() == b"a\0\0\0" + b"\0" * 4 + b"abc\0"
    assert texts.padded(2).tobytes() == b"a\0" + b"\0" * 4, "a longer text is left out"


def test_texts_are_sent_without_what_is_derived_from_them() -> None:
    texts = Texts([b"a", b"bc"])
    bare = len(pickle.dumps(texts))
    texts.padded(1000)
    texts.picked(np.array([0]))
    assert len(pickle.dumps(texts)) == bare
    assert pickle.loads(pickle.dumps(texts)).items == texts.items


@pytest.mark.parametrize("width", [1, 2, 18])
def test_no_texts_are_no_bytes(width: int) -> None:
    assert Texts([]).padded(width).tobytes() == b""
