"""`schema`: the JSON Schema of specs or of experiments, printed, in a file, and with `--json`."""

import json
import re
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from cohort_membership.example import EXAMPLES

from .conftest import Run

REFERRED = re.compile(r"# yaml-language-server: \$schema=(\S+)\n")


def test_the_schema_is_printed_as_a_document_and_is_one(run: Run, data: Path) -> None:
    ran = run("schema")
    assert (ran.code, ran.err) == (0, "")
    Draft202012Validator.check_schema(json.loads(ran.out))
    assert ran.out.startswith('{\n  "$schema": "https://json-schema.org/draft/2020-12/schema",\n')
    assert run("schema", "--json").object == {"ok": True, "schema": json.loads(ran.out)}


def test_the_schema_is_that_of_the_experiment_in_force(run: Run, tmp_path: Path) -> None:
    run("init", tmp_path, "--example", "question-answer-verdict")
    axes = json.loads(run("schema", "--data-root", tmp_path).out)["$defs"]["axes"]["properties"]
    assert "answer_temperature" in axes
    assert "combo_id" not in axes


def test_a_catalog_that_cannot_be_read_is_told(run: Run, data: Path) -> None:
    (data / "1_raw" / "llm_models.csv").unlink()
    ran = run("schema", "--json")
    assert ran.code == 1
    assert [problem["code"] for problem in ran.object["problems"]] == ["catalog-not-found"]


def test_a_schema_goes_into_a_file_and_the_older_one_is_replaced(run: Run, data: Path) -> None:
    file = data / "of specs.json"
    file.write_text("older")
    ran = run("schema", "--out", file)
    assert (ran.code, ran.err) == (0, "")
    assert file.read_text() == run("schema", "spec").out
    assert run("schema", "--out", file, "--json").object == {"ok": True, "file": str(file)}
    assert run("schema", "--out", data / "none" / "file.json").code == 1


def test_the_schema_of_experiments_needs_no_data_root_in_order(run: Run, tmp_path: Path) -> None:
    (tmp_path / "experiment.yaml").write_text("subject: [")
    ran = run("schema", "experiment", "--data-root", tmp_path)
    assert ran.code == 0
    Draft202012Validator.check_schema(json.loads(ran.out))


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_file_of_an_example_refers_to_a_schema_that_is_there_and_takes_it(
    run: Run, tmp_path: Path, name: str
) -> None:
    run("init", tmp_path, "--example", name)
    described = [*tmp_path.glob("experiment.yaml"), *tmp_path.glob("cohorts/*/spec/config.yaml")]
    assert described
    for file in described:
        text = file.read_text()
        first = REFERRED.match(text)
        assert first
        schema = file.parent / first[1]
        Draft202012Validator(json.loads(schema.read_text())).validate(yaml.safe_load(text))
        kind = "experiment" if file.name == "experiment.yaml" else "spec"
        assert schema.read_text() == run("schema", kind, "--data-root", tmp_path).out
