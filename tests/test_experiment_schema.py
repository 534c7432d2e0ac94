"""The schema of experiments, for editors: it takes what the decoder takes, and refuses what it refuses."""

import copy
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import yaml
from jsonschema import Draft202012Validator
from returns.pipeline import is_successful

from cohort_membership import draft_essay_evaluation
from cohort_membership.example import EXAMPLES, example_root
from cohort_membership.load.experiment.mapping import experiment_from_mapping
from cohort_membership.load.experiment.reader import parse_experiment
from cohort_membership.load.experiment.schema import experiment_schema
from cohort_membership.problems import ExperimentInvalid
from tests.case_folders import Case, cases

KeyPath: TypeAlias = tuple[str, ...]

SCHEMA = Draft202012Validator(experiment_schema())

EXPERIMENTS = sorted(
    file
    for kind in ("valid", "algebra")
    for case in cases(kind)
    for file in (case.folder / "data").glob("experiment.*")
)
BEYOND_SHAPES = {
    *("experiment-invalid-duplicate-key", "experiment-invalid-nested-too-deep"),  # what YAML itself forbids
    "experiment-invalid-two-files",
    "experiment-invalid-axis-used-twice",  # two places: each of them alone is in order
    "experiment-invalid-catalog-of-unknown-axis",
    "experiment-invalid-parent-comes-later",
    "experiment-invalid-uncounted-is-no-column",
    "stage-prefix-twice",
    "stage-unknown-parent",
}
INVALID = [
    case
    for case in (*cases("invalid"), *cases("algebra-invalid"))
    if any(one["code"] == "experiment-invalid" for one in case.content["expected"])
    and case.name not in BEYOND_SHAPES
]


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(experiment_schema())


@pytest.mark.parametrize("file", EXPERIMENTS, ids=lambda file: file.parent.parent.name)
def test_the_experiment_of_a_worked_case_is_taken(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert is_successful(parse_experiment(text.encode(), file.name))
    assert told(yaml.safe_load(text)) == []


@pytest.mark.parametrize("name", EXAMPLES[1:])
def test_the_experiment_of_an_example_is_taken(name: str) -> None:
    assert told(yaml.safe_load((example_root(name) / "experiment.yaml").read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("case", INVALID, ids=lambda case: case.name)
def test_an_experiment_of_a_wrong_shape_is_refused(case: Case, tmp_path: Path) -> None:
    (file,) = case.lay_out(tmp_path).glob("experiment.*")
    assert told(yaml.safe_load(file.read_text(encoding="utf-8"))) != []


def test_there_are_experiments_of_both_kinds() -> None:
    assert len(EXPERIMENTS) >= 10
    assert len(INVALID) >= 10


def told(document: object) -> list[str]:
    return [error.message for error in SCHEMA.iter_errors(document)]


# ---------------------------------------------------------- one thing wrong at a time

OWN: dict[str, Any] = {
    "subject": "q",
    "stages": {
        "answer": {
            "id_prefix": "a_",
            "columns": {"template_id": "t", "llm_model_id": "m", "replicate": "r"},
            "uncounted": ["llm_model_id"],
            "added": {"temperature": {"axis": "temperature", "default": 0.7}},
        },
        "verdict": {"parent": "answer", "id_prefix": "v_", "columns": {"llm_model_id": "judge"}},
    },
    "catalogs": {
        "q": {"file": "q.csv", "column": "id", "also": ["None"], "mode": "kind", "text": "texts/{id}.txt"},
        "temperature": {"levels": ["0", 1], "also": []},
    },
    "results": {"table": "results/*.jsonl", "id": "gen_id", "state": "s", "done": ["ok"], "failed": []},
    "prices": {"m": {"input": 1, "output": "2.50"}},
    "tokens": {"answer": {"input": 900.5, "output": 1e-7}},
    "description": ["any"],
    "x-mine": 1,
}
EXTENDED: dict[str, Any] = {
    "extends": draft_essay_evaluation.NAME,
    "subject": "combo_id",
    "stages": {
        "draft": {"added": {"warmth": {"axis": "warmth", "default": "0"}}},
        "critique": {"parent": "essay", "id_prefix": "c_", "columns": {"template_id": "critique_template"}},
    },
    "catalogs": {"warmth": {"levels": ["0"]}},
    "results": {"done": "parsed.txt", "failed": ["raw.txt", 1]},
}

OF_TWO_PLACES = (
    "no stage uses the axis",
    "is no stage that stands before",
    "is no column of the stage",
    "is used already, by",
    "is that of the stage",
    "there is no stage",
)
"""What the decoder says where one part does not fit another: each of them alone is in order."""

STRANGE: tuple[Any, ...] = (
    *(None, "", " ", [], {}, [[]], [None], ["a", None], {"zz": 1}, 7),
    *("@catalog", "@file:a.csv", "1x", "No", "a|b", "/a.csv", "../a.csv", "a.txt", "a/{id}", ".", "mode"),
)


def keys(document: object, above: KeyPath = ()) -> Iterator[KeyPath]:
    """The path of every key."""
    if isinstance(document, dict):
        for key, value in document.items():
            yield (*above, key)
            yield from keys(value, (*above, key))


def damaged(document: dict[str, Any]) -> Iterator[tuple[KeyPath, str, dict[str, Any]]]:
    """The document with one key left out, renamed, put beside another or with a strange value."""
    for path in keys(document):
        for damage in ("left out", "misspelt", "doubled", *STRANGE):
            copied = copy.deepcopy(document)
            inner = copied
            for key in path[:-1]:
                inner = inner[key]
            last = path[-1]
            if damage == "left out":
                del inner[last]
            elif damage == "misspelt":
                inner[f"{last} X"] = inner.pop(last)
            elif damage == "doubled":
                inner["mode"] = inner[last]
            else:
                inner[last] = damage
            yield path, repr(damage), copied


def verdict(document: dict[str, Any]) -> bool | None:
    """Whether the decoder takes the document; None where it only finds that two parts do not fit."""
    found = experiment_from_mapping(document)
    if is_successful(found):
        return True
    problems = [one for one in found.failure() if isinstance(one, ExperimentInvalid)]
    return None if all(any(words in one.detail for words in OF_TWO_PLACES) for one in problems) else False


@pytest.mark.parametrize("document", [OWN, EXTENDED], ids=["own", "extended"])
def test_the_schema_takes_an_experiment_just_where_the_decoder_does(document: dict[str, Any]) -> None:
    assert told(document) == []
    assert verdict(document) is True
    judged = [(path, damage, verdict(changed), changed) for path, damage, changed in damaged(document)]
    counts = Counter(taken for _, _, taken, _ in judged)
    assert counts[True] > 30
    assert counts[False] > 50
    differing = [
        (path, damage)
        for path, damage, taken, changed in judged
        if taken is not None and SCHEMA.is_valid(changed) is not taken
    ]
    assert differing == []
