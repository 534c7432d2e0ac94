"""The plain reference: the contract's vectors, and what an id counts of a text."""

import subprocess
import sys
from hashlib import blake2b

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cohort_membership.identity import base36, gen_id, normalised

VECTORS = [
    ("d_", ["combo_v1_a1", "outline-first", "atlas-70b", 1], "d_3sofzlpblw0d61sv"),
    ("e_", ["d_3sofzlpblw0d61sv", "long-form-v4", 1], "e_5aj8fnanmk6g209s"),
    ("v_", ["e_5aj8fnanmk6g209s", "clarity-rubric", "fjord", 2], "v_25lqtmn7v1ms4wak"),
    ("d_", ["combo_v1_a1", "十句话", "delta/v2.1", 3], "d_wca9yhrl6i4c9uf"),
    ("d_", ["c", "t3972", "m", 1], "d_ll4fyxuc0ludp"),
]


@pytest.mark.parametrize(("prefix", "components", "expected"), VECTORS)
def test_known_components_have_their_known_id(
    prefix: str, components: list[str | int], expected: str
) -> None:
    assert gen_id(prefix, components) == expected


def test_case_and_surrounding_space_do_not_count() -> None:
    assert gen_id("d_", [" Combo\t", "ÄRGER\u00a0", 1]) == gen_id("d_", ["combo", "ärger", 1])
    assert normalised("  İx ") == "  İx ".strip().lower()


@given(st.integers(min_value=0, max_value=2**80 - 1))
def test_base_36_reads_back_and_is_not_padded(number: int) -> None:
    digits = base36(number)
    assert int(digits, 36) == number
    assert len(digits) == 1 or not digits.startswith("0")


@given(st.lists(st.text().filter(lambda text: "|" not in text), min_size=1, max_size=5))
def test_an_id_is_the_digest_of_the_joined_components(components: list[str]) -> None:
    text = "|".join(one.strip().lower() for one in components)
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=10).digest()
    assert int(gen_id("d_", components)[2:], 36) == int.from_bytes(digest, "big")


def test_the_reference_needs_no_numpy() -> None:
    code = "import cohort_membership.identity, sys; print(*{'numpy', 'polars'} & set(sys.modules))"
    assert not subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout.strip()
