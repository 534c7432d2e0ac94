"""The assets over a builder in memory: what succeeds, what fails, and what a `RetryPolicy` makes of it."""

import inspect
import logging
from functools import partial
from typing import Any

import dagster as dg
import pytest

import cohort_membership.dagster.assets as assets_module
import cohort_membership.dagster.building as building_module
from cohort_membership.dagster import CohortBuildConfig, cohort_membership_assets
from cohort_membership.dagster.progress import progress_log
from cohort_membership.problems import (
    Problem,
    StorageDenied,
    StorageFull,
    StorageUnavailable,
    as_json,
)
from tests.dagster.fakes import AXES, FakeService, busy

UNAVAILABLE = StorageUnavailable(action="write", reason="input/output error")
FULL = StorageFull(action="write", reason="no space left on device")
DENIED = StorageDenied(action="write", reason="permission denied")


@pytest.fixture
def instance(instance: dg.DagsterInstance) -> dg.DagsterInstance:
    instance.add_dynamic_partitions("cohorts", ["demo", "bad", "none"])
    return instance


def materialize(
    service: object,
    instance: dg.DagsterInstance,
    cohort_id: str = "demo",
    retries: int = 0,
    config: CohortBuildConfig | None = None,
) -> dg.ExecuteInProcessResult:
    policy = dg.RetryPolicy(max_retries=retries) if retries else None
    return dg.materialize(
        cohort_membership_assets(retry_policy=policy),
        resources={"cohort_membership": service},
        instance=instance,
        partition_key=cohort_id,
        run_config=None if config is None else dg.RunConfig(ops={"cohort_membership": config}),
        raise_on_error=False,
    )


def metadata(result: dg.ExecuteInProcessResult, asset: str = "cohort_membership") -> dict[str, Any]:
    (event,) = result.asset_materializations_for_node(asset)
    return {key: value.value for key, value in event.metadata.items()}


def failure_of(result: dg.ExecuteInProcessResult) -> Any:
    (event,) = result.get_step_failure_events()
    data = event.step_failure_data.user_failure_data
    assert data is not None
    return data


def test_the_body_of_cohort_membership_is_a_few_lines_of_orchestration() -> None:
    source = inspect.getsource(assets_module.cohort_membership_assets)
    body = source.split("def cohort_membership(")[1].split("@dg.asset")[0]
    assert len(body.splitlines()) < 40


def test_a_success_carries_the_metadata_that_users_look_for(instance: dg.DagsterInstance) -> None:
    result = materialize(FakeService(), instance)
    assert result.success
    found = metadata(result)
    assert found["dagster/row_count"] == 8
    assert [column.name for column in found["dagster/column_schema"].columns][:2] == ["stage", "gen_id"]
    assert {key: found[key] for key in ("rows/draft", "rows/essay", "rows/evaluation")} == {
        "rows/draft": 2,
        "rows/essay": 2,
        "rows/evaluation": 4,
    }
    assert (found["seeded"], found["reused"]) == (8, 0)
    assert found["artifact/membership.csv"] == "memory://membership.csv"
    assert len(found["preview"].records) == 2 + 2 + 3
    assert [row.data for row in found["notices"].records] == [{"notice": "one thing to know"}]


def test_a_notice_is_a_warning_in_the_log(instance: dg.DagsterInstance) -> None:
    result = materialize(FakeService(), instance)
    warnings = [one.user_message for one in instance.all_logs(result.run_id) if one.level == logging.WARNING]
    assert warnings == ["one thing to know"]


def test_the_progress_of_a_build_is_lines_in_the_log(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building_module, "progress_log", partial(progress_log, every=0.0))
    result = materialize(FakeService(), instance)
    lines = [one.user_message for one in instance.all_logs(result.run_id) if one.level == logging.INFO]
    assert lines[0].startswith("draft: 1 of 8 rows (12 %)")


def test_the_generations_are_registered_one_set_a_stage(instance: dg.DagsterInstance) -> None:
    service = FakeService()
    result = materialize(service, instance)
    table = service.built.tables["demo"]
    for stage in ("draft", "essay", "evaluation"):
        expected = table.filter(table["stage"].cast(str) == stage)["gen_id"].to_list()
        assert instance.get_dynamic_partitions(f"{stage}_generations") == expected
    assert metadata(result, "registered_generations")["added"] == 8


def test_unchanged_input_shows_as_unchanged_and_changed_input_does_not(
    instance: dg.DagsterInstance,
) -> None:
    service = FakeService()

    def versions(config: CohortBuildConfig | None = None) -> list[str]:
        result = materialize(service, instance, config=config)
        return [
            result.asset_materializations_for_node(name)[0].tags["dagster/data_version"]  # type: ignore[index]
            for name in ("cohort_membership", "registered_generations")
        ]

    first = versions()
    assert versions() == first
    assert versions(CohortBuildConfig(seed=7))[0] != first[0]
    service.specs = {"demo": {"axes": {**AXES, "draft_replicate": ["1", "2"]}}}
    changed = versions()
    assert changed[0] != first[0]
    assert changed[1] != first[1]


def test_a_bad_spec_fails_with_every_problem_in_words_as_json_and_as_a_table(
    instance: dg.DagsterInstance,
) -> None:
    service = FakeService()
    rejected = service.builder().build(service.request("bad")).failure()
    assert len(rejected) == 2
    failure = failure_of(materialize(service, instance, "bad"))
    for problem in rejected:
        words = as_json(problem)
        assert words["code"] in failure.description
        assert words["message"] in failure.description
        assert words["hint"] in failure.description
    told = {key: value.value for key, value in failure.metadata.items()}
    assert told["problems"] == [as_json(problem) for problem in rejected]
    assert [row.data["code"] for row in failure.metadata["problem_table"].records] == [
        problem.code for problem in rejected
    ]
    assert (told["problem_count"], told["retryable"]) == (2, False)
    assert "bad" not in service.built.tables


def test_nothing_is_registered_of_a_cohort_that_failed(instance: dg.DagsterInstance) -> None:
    result = materialize(FakeService(), instance, "bad")
    assert not result.asset_materializations_for_node("registered_generations")
    assert instance.get_dynamic_partitions("draft_generations") == []


@pytest.mark.parametrize(
    ("cohort_id", "troubles", "calls", "succeeds"),
    [
        ("demo", [], 1, True),
        ("demo", [(busy(),)], 2, True),
        ("demo", [(UNAVAILABLE,), (FULL,), (busy(),)], 4, True),
        ("demo", [(busy(),)] * 4, 4, False),
        ("demo", [(busy(), UNAVAILABLE, FULL)], 2, True),
        ("demo", [(DENIED,)], 1, False),
        ("demo", [(busy(), DENIED)], 1, False),
        ("bad", [], 1, False),
        ("none", [], 1, False),
    ],
    ids=[
        "no-trouble",
        "busy-once",
        "three-retryable-troubles",
        "busy-for-ever",
        "several-retryable-at-once",
        "permanent",
        "one-permanent-among-retryable",
        "bad-spec",
        "no-spec",
    ],
)
def test_a_retry_policy_retries_what_is_retryable_and_nothing_else(
    instance: dg.DagsterInstance,
    cohort_id: str,
    troubles: list[tuple[Problem, ...]],
    calls: int,
    succeeds: bool,
) -> None:
    service = FakeService(troubles=list(troubles))
    result = materialize(service, instance, cohort_id, retries=3)
    assert (service.calls, result.success) == (calls, succeeds)


def test_a_bug_is_no_problem_and_passes_as_it_is(instance: dg.DagsterInstance) -> None:
    class Broken(FakeService):
        def request(self, cohort_id: str, seed: int | None = None, /) -> Any:
            raise ZeroDivisionError("a bug")

    result = materialize(Broken(), instance)
    (event,) = result.get_step_failure_events()
    assert event.step_failure_data.user_failure_data is None
    assert "ZeroDivisionError" in str(event.step_failure_data.error)


def test_the_assets_have_what_the_catalog_shows() -> None:
    membership, registered = cohort_membership_assets(
        key_prefix=["study"], group_name="essays", owners=["team:research"]
    )
    spec = membership.get_asset_spec()
    assert spec.key == dg.AssetKey(["study", "cohort_membership"])
    assert (spec.group_name, list(spec.owners)) == ("essays", ["team:research"])
    assert spec.kinds == {"python", "polars", "parquet"}
    assert spec.description
    assert [dep.asset_key for dep in registered.get_asset_spec().deps] == [membership.key]
    assert isinstance(membership.partitions_def, dg.DynamicPartitionsDefinition)
