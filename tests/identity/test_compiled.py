"""The compiled kernel alone: threads, and buffers that do not fit each other."""

import sys
from typing import Any

import numpy as np
import pytest

pytest.importorskip("cohort_membership.identity._fast", reason="built without a C compiler")

from cohort_membership.identity import _fast, fast
from cohort_membership.identity.bulk import FAST, bulk_ids


@pytest.mark.parametrize("rows", [1, 63, 64, 65, 1000])
def test_threads_make_the_same_ids(monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    monkeypatch.setattr(fast, "THREAD_ROWS", 64)
    assert FAST is not None
    heads, tails = [b"combo-%d" % n for n in range(7)], [b"|template-%d|1" % n for n in range(150)]
    batch = (heads, tails, np.arange(rows) % 7, np.arange(rows) % 150)
    one, two = (bulk_ids("d_", *batch, kernel=FAST, threads=threads) for threads in (1, 2))
    assert one.tolist() == two.tolist()


def arguments(**changed: Any) -> list[Any]:
    """Three rows of two heads and one tail, as `ids_into` takes them."""
    given: dict[str, Any] = {
        "slots": bytearray(3 * 18),
        "label": b"d_",
        "heads": bytes(2 * 8 + 32),
        "head_sizes": b"\x08\x07",
        "head_pitch": 8,
        "tails": bytes(64),
        "tail_sizes": b"\x05",
        "tail_pitch": 64,
        "head_index": np.array([0, 1, 0], np.uint32),
        "tail_index": np.array([0, 0, 0], np.uint32),
        "start": 0,
        "stop": 3,
    }
    return list((given | changed).values())


def test_buffers_that_fit_are_written() -> None:
    given = arguments()
    _fast.ids_into(*given)
    assert given[0].count(b"d_") == 3


@pytest.mark.parametrize(
    "changed",
    [
        {"slots": bytearray(3 * 18 - 1)},
        {"label": b"nine-long"},
        {"heads": bytes(2 * 8 + 31)},
        {"head_sizes": b"\x09\x07"},
        {"head_pitch": 0},
        {"head_pitch": -8},
        {"head_pitch": 129},
        {"tails": bytes(63)},
        {"tail_sizes": b"\x41"},
        {"tail_pitch": 32},
        {"tail_index": np.array([0, 0], np.uint32)},
        {"start": 4},
        {"start": -1},
        {"stop": 4},
        {"stop": -1},
    ],
    ids=str,
)
def test_buffers_that_do_not_fit_each_other_are_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="do not fit"):
        _fast.ids_into(*arguments(**changed))


@pytest.mark.parametrize("name", ["head_index", "tail_index"])
def test_an_index_past_its_texts_is_refused(name: str) -> None:
    with pytest.raises(IndexError, match="does not fit"):
        _fast.ids_into(*arguments(**{name: np.array([0, 2, 0], np.uint32)}))


@pytest.mark.parametrize("name", ["head_index", "tail_index"])
def test_an_index_that_is_not_aligned_is_refused(name: str) -> None:
    shifted = memoryview(bytearray(16))[1:13]  # three numbers, a byte off
    with pytest.raises(ValueError, match="do not fit"):
        _fast.ids_into(*arguments(**{name: shifted}))


def test_a_width_that_is_too_large_to_be_added_to_is_no_line() -> None:
    assert _fast.lines_into(bytearray(), b"s,", b"", sys.maxsize) == 0
    with pytest.raises(ValueError, match="cannot hold"):
        _fast.lines_into(bytearray(42), b"s,", bytes(36), sys.maxsize)


@pytest.mark.parametrize(("lines", "width"), [(40, 18), (42, 0), (42, -18), (42, 17)])
def test_lines_that_cannot_hold_their_ids_are_refused(lines: int, width: int) -> None:
    with pytest.raises(ValueError, match="cannot hold"):
        _fast.lines_into(bytearray(lines), b"s,", bytes(36), width)


@pytest.mark.parametrize(("slots", "label"), [(35, b"d_"), (36, b"nine-long"), (54, b"d_")])
def test_slots_that_do_not_fit_their_digests_are_refused(slots: int, label: bytes) -> None:
    with pytest.raises(ValueError, match="do not fit"):
        _fast.digits_into(bytearray(slots), label, bytes(32))
