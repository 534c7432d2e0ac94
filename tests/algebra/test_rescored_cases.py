"""The naive reading gives what the rescoring cases hold: existing generations are a tuple of their levels."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.algebra.given import Given, naive, read_given
from tests.algebra.naive_experiment import NaiveExperiment, Rejected, naive_experiment
from tests.case_folders import Case, cases


def _levels(root: Path, experiment: NaiveExperiment, stage: str, gen_id: str) -> Mapping[str, str]:
    """The levels of a generation and its ancestors by axis, as the metadata on disk has them."""
    held: dict[str, Any] = json.loads((root / f"gens/{stage}/{gen_id}/metadata.json").read_text())
    one = experiment.stage(stage)
    own = {axis: str(held[column]) for column, axis in one.all_columns().items()}
    if one.parent is None:
        return {experiment.subject: held[experiment.subject], **own}
    return {**_levels(root, experiment, one.parent, held["parent_gen_id"]), **own}


def _as_tuples(given: Given, root: Path) -> Given:
    experiment = naive_experiment(given.experiment, given.files)
    rules = {}
    for kind, section in given.spec["rules"].items():
        if kind != "existing":
            rules[kind] = section
            continue
        ((name, rule),) = section.items()
        rows = [_levels(root, experiment, rule["stage"], one) for one in rule["ids"]]
        items = [list(row.values()) for row in rows]
        rules["tuples"] = {name: {"axes": list(rows[0]), "items": items}}
    return replace(given, spec={**given.spec, "rules": rules})


@pytest.mark.parametrize("case", cases("rescoring"), ids=lambda case: case.name)
def test_existing_generations_are_a_tuple_of_their_levels(case: Case) -> None:
    root = case.folder / "data"
    found = naive(_as_tuples(read_given(root, case.cohort_id, None), root))
    assert not isinstance(found, Rejected)
    expected = case.folder / "expected"
    assert found.lines() == (expected / "membership.csv").read_text(encoding="utf-8")
    written = json.loads((expected / "metadata.json").read_text(encoding="utf-8"))
    before = {f"{path.parent.parent.name}/{path.parent.name}" for path in root.glob("gens/*/*/metadata.json")}
    assert {one for one, held in written.items() if held["origin_cohort_id"] != case.cohort_id} == before

    def without_origin(held: Mapping[str, Any]) -> Mapping[str, Any]:
        return {key: value for key, value in held.items() if key != "origin_cohort_id"}

    assert {one: without_origin(held) for one, held in written.items()} == {
        one: without_origin(held) for one, held in found.metadata.items()
    }
