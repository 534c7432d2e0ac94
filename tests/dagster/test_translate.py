"""Results as Dagster says them; each a plain value in, a plain value out."""

import dagster as dg
import pytest
from returns.result import Success

from cohort_membership.dagster import data_version, failure, report_metadata, unwrap
from cohort_membership.dagster.progress import progress_log
from cohort_membership.dagster.translate import COLUMN_SCHEMA, TABLE_ROWS, problem_text, table
from cohort_membership.membership import WIDE_COLUMNS, BuildReport
from cohort_membership.problems import (
    CatalogNotFound,
    CohortLocked,
    Location,
    Problem,
    UnknownLevel,
    fail,
)

REPORT = BuildReport("demo", {"draft": 1, "essay": 2}, seeded=2, reused=1, artifacts={})


def test_the_value_of_a_success_is_unwrapped() -> None:
    assert unwrap(Success(3)) == 3


def test_a_failure_is_raised_with_all_its_problems_numbered() -> None:
    problems = (
        UnknownLevel(
            location=Location("cohorts/demo/spec/config.yaml", 4, 15),
            axis="draft_llm",
            level="fjrod",
            catalog="1_raw/llm_models.csv",
            suggestion="fjord",
        ),
        CatalogNotFound(catalog="combo_mappings.csv"),
    )
    with pytest.raises(dg.Failure) as raised:
        unwrap(fail(*problems))
    assert raised.value.description == problem_text(problems)
    assert raised.value.description.splitlines()[0] == "2 problems. Trying again will not help."
    assert "1. unknown-level at cohorts/demo/spec/config.yaml:4:15" in raised.value.description
    assert "2. catalog-not-found\n" in raised.value.description


def test_a_retry_is_allowed_only_if_every_problem_is_retryable() -> None:
    def allowed(*problems: Problem) -> bool:
        return failure(problems).allow_retries

    locked, missing = CohortLocked(cohort_id="demo"), CatalogNotFound(catalog="combo_mappings.csv")
    assert allowed(locked)
    assert not allowed(missing)
    assert not allowed(locked, missing)


def test_exactly_the_problems_of_a_busy_or_full_store_are_retried() -> None:
    retried = {kind.code for kind in Problem.__args__ if kind.retryable}
    assert retried == {"storage-unavailable", "storage-full", "cohort-locked"}


def test_the_documented_columns_are_those_of_the_wide_table() -> None:
    assert tuple(column.name for column in COLUMN_SCHEMA.columns) == WIDE_COLUMNS
    assert all(column.description for column in COLUMN_SCHEMA.columns)


def test_an_artifact_with_an_address_is_a_link_and_one_on_disk_a_path() -> None:
    report = BuildReport("demo", {}, 0, 0, {"a.csv": "s3://bucket/a.csv", "b.csv": "/data/b.csv"})
    found = report_metadata(report)
    assert isinstance(found["artifact/a.csv"], dg.UrlMetadataValue)
    assert isinstance(found["artifact/b.csv"], dg.PathMetadataValue)


def test_a_report_without_notices_or_preview_has_neither() -> None:
    assert not {"notices", "preview"} & report_metadata(REPORT).keys()
    assert report_metadata(REPORT)["dagster/row_count"].value == 3


def test_metadata_of_the_builder_goes_along_whatever_its_type() -> None:
    report = BuildReport(
        "demo", {}, 0, 0, {}, metadata={"kernel": "fast", "seed": 3, "parts": [1], "cold": True, "none": None}
    )
    found = report_metadata(report)
    assert {key: found[key].value for key in ("kernel", "seed", "parts", "cold")} == {
        "kernel": "fast",
        "seed": 3,
        "parts": [1],
        "cold": True,
    }
    assert "none" not in found


def test_the_data_version_is_the_digest_and_the_seed_if_there_is_one() -> None:
    def version(seed: int | None) -> str:
        report = BuildReport("demo", {}, 0, 0, {}, metadata={"spec_digest": "ab12", "seed": seed})
        return data_version(report).value

    assert (version(None), version(0)) == ("ab12", "ab12-seed0")


def test_a_table_holds_no_more_rows_than_a_browser_draws() -> None:
    assert len(table({"n": n} for n in range(TABLE_ROWS + 5)).records) == TABLE_ROWS  # type: ignore[attr-defined]
    assert table([]).records == []  # type: ignore[attr-defined]


def test_a_long_build_says_a_line_every_ten_seconds_and_a_short_one_none() -> None:
    now = 0.0
    lines: list[str] = []
    notify = progress_log(lines.append, clock=lambda: now)
    for second in range(35):
        now = float(second)
        notify("draft", second * 1_000, 100_000)
    assert [line.split(",")[0] for line in lines] == [f"draft: {n}" for n in (10, 20, 30)]
    assert "30,000 of 100,000 rows (30 %), 1,000 rows a second, about 70 s to go" in lines[-1]
    short: list[str] = []
    progress_log(short.append)("draft", 5, 5)
    assert short == []
