"""Base 36 in arrays and in compiled code: exact at every power of 36 that the 80 bits are split at."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cohort_membership.identity import base36
from cohort_membership.identity.slots import Ids
from cohort_membership.identity.standard import slots_of_digests

BOUNDARIES = sorted(
    {0, 1, 35, 2**16 - 1, 2**16, 2**64 - 1, 2**64, 2**80 - 36, 2**80 - 2, 2**80 - 1}
    | {36**power + step for power in range(1, 16) for step in (-1, 0, 1)}
    | {digit * 36**power for power in range(16) for digit in (1, 5)}
)


def in_arrays(numbers: list[int]) -> list[bytes]:
    digests = b"".join(number.to_bytes(10, "big") for number in numbers)
    return Ids(slots_of_digests("d_", digests)).tolist()


def compiled(numbers: list[int]) -> list[bytes]:
    fast = pytest.importorskip("cohort_membership.identity._fast", reason="built without a C compiler")
    slots = np.zeros(18 * len(numbers), np.uint8)
    fast.digits_into(slots, b"d_", b"".join(number.to_bytes(10, "big") + b"\xaa" * 6 for number in numbers))
    return list(slots.view("S18").tolist())


@pytest.mark.parametrize("convert", [in_arrays, compiled])
def test_boundaries_are_exact(convert: Any) -> None:
    assert convert(BOUNDARIES) == [b"d_" + base36(number).encode() for number in BOUNDARIES]


@pytest.mark.parametrize("convert", [in_arrays, compiled])
@given(numbers=st.lists(st.integers(0, 80).flatmap(lambda bits: st.integers(0, 2**bits - 1)), max_size=40))
def test_any_number_is_exact(convert: Any, numbers: list[int]) -> None:
    assert convert(numbers) == [b"d_" + base36(number).encode() for number in numbers]
