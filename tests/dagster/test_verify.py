"""The pure checks of what was persisted. They need no Dagster; its asset checks are made of them."""

import json

import polars as pl
import pytest
from returns.pipeline import is_successful

from cohort_membership.artifacts import Artifact
from cohort_membership.load.catalogs.text import catalogs_from_ids
from cohort_membership.manifest import parse_manifest
from cohort_membership.problems import CatalogNotFound, Problems
from cohort_membership.verify import (
    MOST_PROBLEMS,
    digest_mismatches,
    duplicate_ids,
    missing_parents,
    unknown_levels,
)

CATALOGS = catalogs_from_ids(
    {"draft": ["plain"], "essay": ["brief"], "evaluation": ["depth"]}, ["fjord", "judge"], ["c1"]
)


def wide(*rows: tuple[str, str, str, str, str, str]) -> pl.DataFrame:
    columns = ("stage", "gen_id", "parent_gen_id", "combo_id", "template_id", "llm_model_id")
    return pl.DataFrame(list(rows), schema=columns, orient="row")


DRAFT = ("draft", "d_1", "", "c1", "plain", "fjord")
ESSAY = ("essay", "e_1", "d_1", "c1", "brief", "None")
EVALUATION = ("evaluation", "v_1", "e_1", "c1", "depth", "judge")


def parents_missing_in(table: pl.DataFrame) -> Problems:
    return missing_parents(table, CATALOGS.experiment)


def test_a_whole_membership_has_no_problem() -> None:
    table = wide(DRAFT, ESSAY, EVALUATION)
    assert parents_missing_in(table) == duplicate_ids(table, "m") == unknown_levels(table, CATALOGS) == ()


def test_a_missing_parent_is_told_once_with_an_example_and_how_many_it_touches() -> None:
    others = [("essay", f"e_{number}", "d_9", "c1", "brief", "None") for number in (2, 3, 4)]
    (problem,) = parents_missing_in(wide(DRAFT, ESSAY, *others, EVALUATION))
    assert (problem.gen_id, problem.parent_gen_id, problem.touched) == ("e_2", "d_9", 3)  # type: ignore[union-attr]


@pytest.mark.parametrize("parent", ["", "e_1"], ids=["no-parent", "a-parent-of-its-own-stage"])
def test_an_essay_needs_a_draft(parent: str) -> None:
    (problem,) = parents_missing_in(wide(DRAFT, ("essay", "e_1", parent, "c1", "brief", "None")))
    assert problem.code == "missing-parent"


def test_a_check_reports_no_more_problems_than_a_person_reads() -> None:
    orphans = [("essay", f"e_{n}", f"d_{n}", "c1", "brief", "None") for n in range(2, MOST_PROBLEMS + 10)]
    assert len(parents_missing_in(wide(DRAFT, *orphans))) == MOST_PROBLEMS


def test_a_level_without_a_catalog_entry_gets_the_nearest_name() -> None:
    table = wide(DRAFT, ("draft", "d_2", "", "c2", "plian", "fjrod"))
    told = [(one.axis, one.level, one.suggestion) for one in unknown_levels(table, CATALOGS)]  # type: ignore[union-attr]
    assert told == [
        ("combo_id", "c2", None),
        ("draft_template", "plian", "plain"),
        ("draft_llm", "fjrod", "fjord"),
    ]


def test_only_an_essay_may_do_without_a_model() -> None:
    told = unknown_levels(wide(("draft", "d_1", "", "c1", "plain", "None"), ESSAY), CATALOGS)
    assert [one.axis for one in told] == ["draft_llm"]  # type: ignore[union-attr]


def test_a_catalog_that_is_not_there_is_told_and_hides_its_levels() -> None:
    from dataclasses import replace

    missing = CatalogNotFound(catalog="1_raw/llm_models.csv")
    models = [axis for axis in CATALOGS.by_axis if axis.endswith("_llm")]
    catalogs = replace(CATALOGS, by_axis={**CATALOGS.by_axis, **dict.fromkeys(models)}, problems=(missing,))
    assert unknown_levels(wide(("draft", "d_1", "", "c1", "plain", "fjrod")), catalogs) == (missing,)


def test_each_repeated_id_is_told() -> None:
    assert [one.got for one in duplicate_ids(wide(DRAFT, DRAFT, ESSAY, ESSAY), "m")] == [  # type: ignore[union-attr]
        "d_1 in 2 rows",
        "e_1 in 2 rows",
    ]


def test_an_artifact_of_other_bytes_and_one_that_is_gone_are_told_with_their_paths() -> None:
    listed = {name: Artifact(f"cohorts/demo/{name}", "ab" * 32, 1) for name in ("a", "b", "c")}
    told = digest_mismatches(listed, {"a": "ab" * 32, "b": "cd" * 32, "c": None})
    assert [str(one.location) for one in told] == ["cohorts/demo/b", "cohorts/demo/c"]


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"schema_version": "1"}',
        b'{"schema_version": 99}',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
def test_what_is_no_manifest_of_this_version_is_a_problem(text: bytes) -> None:
    assert [one.code for one in parse_manifest(text, "m").failure()] == ["artifact-corrupt"]


@pytest.mark.parametrize(
    "artifacts",
    [None, [], {"a": None}, {"a": {"path": "a"}}, {"a": {"path": "/a", "sha256": "", "rows": 1}}],
)
def test_artifacts_that_cannot_be_are_a_problem(artifacts: object) -> None:
    result = parse_manifest(json.dumps({"schema_version": 1, "artifacts": artifacts}).encode(), "m")
    assert not is_successful(result)
    assert [one.code for one in result.failure()] == ["artifact-corrupt"]
