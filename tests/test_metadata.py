"""Metadata that is there is the generation's own where nothing in it says otherwise."""

import json

import pytest

from cohort_membership.draft_essay_evaluation import DRAFT_ESSAY_EVALUATION
from cohort_membership.metadata import Seed, judged

ESSAY = {
    "gen_id": "e_1",
    "llm_model_id": "fjord",
    "mode": "llm",
    "origin_cohort_id": "alpha",
    "parent_gen_id": "d_1",
    "replicate": 1,
    "stage": "essay",
    "template_id": "long",
}
WANTED = Seed("essay", "e_1", json.dumps(ESSAY))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("replicate", 1.0),
        ("replicate", "1"),
        ("replicate", None),
        ("llm_model_id", None),
        ("template_id", " LONG "),
    ],
)
def test_numbers_compare_as_numbers_and_null_as_an_absent_key(key: str, value: object) -> None:
    found = json.dumps({**ESSAY, key: value})
    assert judged(WANTED, found, DRAFT_ESSAY_EVALUATION, "f") is None


@pytest.mark.parametrize(("key", "value"), [("replicate", 1.5), ("replicate", 2), ("llm_model_id", "delta")])
def test_what_differs_is_a_conflict(key: str, value: object) -> None:
    found = judged(WANTED, json.dumps({**ESSAY, key: value}), DRAFT_ESSAY_EVALUATION, "f")
    assert getattr(found, "code", None) == "generation-conflict"
