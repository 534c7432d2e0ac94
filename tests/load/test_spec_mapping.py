"""A spec may come from plain Python data, without files and places."""

import enum
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cohort_membership.load.spec.mapping import spec_from_mapping
from cohort_membership.load.text import tree
from cohort_membership.problems import plain_text
from cohort_membership.rules.pairs import PairRule
from cohort_membership.spec import as_levels


class Color(enum.Enum):
    RED = 1


def test_plain_data_decodes_as_a_config_file_does() -> None:
    spec = spec_from_mapping(
        {
            "axes": {"combo_id": ("a", "b"), "draft_replicate": [1, 2], "draft_llm": [True, 1.5]},
            "rules": {"pairs": {"p": {"left": "combo_id", "right": "draft_llm", "allowed": [("a", "true")]}}},
            "output": None,
        }
    )
    assert spec.problems == ()
    assert [as_levels(axis.levels).texts for axis in spec.axes] == [("a", "b"), ("1", "2"), ("true", "1.5")]
    assert isinstance(spec.rules[0], PairRule)
    assert spec.rules[0].allowed.rows == (("a", "true"),)


def test_the_digest_depends_on_order_and_on_levels_as_text() -> None:
    one = spec_from_mapping({"axes": {"a": [1], "b": [None]}}).digest
    assert one == spec_from_mapping({"axes": {"a": ("1",), "b": [None]}}).digest
    assert one != spec_from_mapping({"axes": {"b": [None], "a": [1]}}).digest
    assert one != spec_from_mapping({"axes": {"a": [1], "b": [""]}}).digest


def test_what_is_wrong_is_told_without_a_place() -> None:
    spec = spec_from_mapping({"axes": {"a": [""], "b": "@file:b.csv"}, "rule": {}})
    assert [(problem.code, problem.location) for problem in spec.problems] == [("spec-invalid", None)] * 3


@pytest.mark.parametrize(
    "part",
    [
        date(2020, 1, 1),
        Color.RED,
        {1, 2},
        b"x",
        object(),
        pytest.param(10**5000, id="long"),
        pytest.param("\ud800", id="half"),
    ],
)
def test_what_is_no_plain_data_is_told(part: object) -> None:
    spec = spec_from_mapping({"axes": {"a": [part]}})
    assert [problem.code for problem in spec.problems] == ["spec-syntax"]
    assert not spec.axes_clear
    plain_text(spec.problems).encode()


def test_keys_that_are_the_same_text_are_told() -> None:
    assert [problem.code for problem in spec_from_mapping({"axes": {1: ["a"], "1": ["b"]}}).problems] == [
        "spec-syntax"
    ]


def test_data_that_holds_itself_is_no_hang() -> None:
    data: dict[str, Any] = {}
    data["axes"] = data
    assert "nested" in plain_text(spec_from_mapping(data).problems)


def test_data_that_shares_its_parts_without_end_is_no_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "MAX_NODES", 5_000)
    data: Any = ["x"] * 10
    for _ in range(40):
        data = [data] * 10
    assert "5,000 nodes" in plain_text(spec_from_mapping({"axes": data}).problems)


ANY_DATA = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner),
    max_leaves=15,
)


@given(st.dictionaries(st.sampled_from(["axes", "rules", "output", "x"]), ANY_DATA))
def test_no_data_is_a_crash(data: dict[str, object]) -> None:
    spec = spec_from_mapping(data)
    assert spec.problems or spec.digest
