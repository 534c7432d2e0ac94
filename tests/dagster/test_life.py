"""How far a cohort is, as asset checks tell it; and runs of many cohorts at once."""

from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.storage.tags import ASSET_PARTITION_RANGE_END_TAG, ASSET_PARTITION_RANGE_START_TAG

from cohort_membership.dagster import CohortBuildConfig, OpSettings, cohort_membership_checks
from cohort_membership.dagster.checks import OF_LIFE, OF_THE_ARTIFACTS
from cohort_membership.membership import BuildRequest
from cohort_membership.wiring import local_builder
from tests.dagster.fakes import AXES, FakeService
from tests.dagster.test_data_root import definitions, run, run_checks

COHORT = "coupled-judges"
ONE_RUN = OpSettings(backfill_policy=dg.BackfillPolicy.single_run())


def life(data_root: Path, instance: dg.DagsterInstance) -> dict[str, dg.AssetCheckEvaluation]:
    found = run_checks(definitions(data_root), instance)
    return {name: found[name] for name in OF_LIFE}


def rows(evaluation: dg.AssetCheckEvaluation, name: str) -> list[dict[str, Any]]:
    return [dict(one.data) for one in evaluation.metadata[name].records]  # type: ignore[attr-defined]


def leave(data_root: Path, gen_id: str, stage: str, name: str) -> None:
    folder = data_root / "gens" / stage / gen_id
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("an answer")


def test_before_a_first_build_the_plan_is_shown_as_a_table(
    data_root: Path, instance: dg.DagsterInstance
) -> None:
    check = life(data_root, instance)["up_to_date"]
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert "24 new drafts, 72 new essays, 432 new evaluations, " in (check.description or "")
    assert [(one["stage"], one["new"], one["gone"]) for one in rows(check, "plan")] == [
        ("draft", 24, 0),
        ("essay", 72, 0),
        ("evaluation", 432, 0),
    ]


def test_after_a_build_it_is_up_to_date_and_after_an_edit_the_change_is_told(
    data_root: Path, instance: dg.DagsterInstance
) -> None:
    local_builder(data_root).build_or_raise(BuildRequest(COHORT, seed=7))
    assert life(data_root, instance)["up_to_date"].passed
    config = data_root / "cohorts" / COHORT / "spec" / "config.yaml"
    config.write_text(config.read_text() + "\n# a comment changes nothing\n")
    assert life(data_root, instance)["up_to_date"].passed
    config.write_text(config.read_text().replace("draft_template: [free-association, ", "draft_template: ["))
    check = life(data_root, instance)["up_to_date"]
    assert not check.passed
    assert "12 gone drafts" in (check.description or "")
    gone = {"axis": "draft_template", "level": "free-association", "change": "removed", "draft": 12}
    assert gone.items() <= rows(check, "changes")[0].items()


def test_a_spec_that_is_wrong_now_is_told_as_its_problems(
    data_root: Path, instance: dg.DagsterInstance
) -> None:
    local_builder(data_root).build_or_raise(BuildRequest(COHORT))
    config = data_root / "cohorts" / COHORT / "spec" / "config.yaml"
    config.write_text(config.read_text().replace("draft_llm:", "draft_lmm:"))
    check = life(data_root, instance)["up_to_date"]
    assert not check.passed
    assert check.metadata["problem_count"].value


def test_what_is_done_failed_ready_and_blocked_is_counted_apart(
    data_root: Path, instance: dg.DagsterInstance
) -> None:
    builder = local_builder(data_root)
    builder.build_or_raise(BuildRequest(COHORT))
    from cohort_membership import open_cohort

    drafts = open_cohort(data_root, COHORT).next("draft")["gen_id"].to_list()
    leave(data_root, drafts[0], "draft", "parsed.txt")
    leave(data_root, drafts[1], "draft", "raw.txt")
    check = life(data_root, instance)["complete"]
    counts = {state: check.metadata[state].value for state in ("done", "failed", "ready", "blocked")}
    assert (counts["done"], counts["failed"], sum(counts.values())) == (1, 1, 528)  # type: ignore[arg-type]
    assert counts["ready"] == 22 + 3
    assert check.description == f"1 of 528 are done; 1 failed, 25 ready, {counts['blocked']} blocked."
    assert [one["stage"] for one in rows(check, "stages")] == ["draft", "essay", "evaluation"]


def test_what_was_made_with_an_earlier_text_is_stale(data_root: Path, instance: dg.DagsterInstance) -> None:
    text = data_root / "1_raw" / "templates" / "draft" / "analogy-hunt.txt"
    text.parent.mkdir(parents=True)
    text.write_text("A text.")
    local_builder(data_root).build_or_raise(BuildRequest(COHORT))
    assert life(data_root, instance)["nothing_stale"].passed
    text.write_text("Another text.")
    check = life(data_root, instance)["nothing_stale"]
    assert (check.passed, check.metadata["stale"].value) == (False, 12)
    assert check.description == "12 drafts were made with an earlier text of analogy-hunt"


def test_the_severity_of_a_check_is_chosen_and_a_check_that_there_is_not_is_told(
    data_root: Path, instance: dg.DagsterInstance
) -> None:
    defs = definitions(data_root, check_severities={"complete": "ERROR", "unique_ids": "WARN"})
    found = run_checks(defs, instance)
    assert found["complete"].severity == dg.AssetCheckSeverity.ERROR
    assert found["unique_ids"].severity == dg.AssetCheckSeverity.WARN
    with pytest.raises(dg.DagsterInvalidDefinitionError, match="there is no check 'completed'"):
        cohort_membership_checks(dg.AssetKey("a"), severities={"completed": "WARN"})


def test_a_service_that_tells_no_results_has_these_checks_skipped(instance: dg.DagsterInstance) -> None:
    from cohort_membership.dagster import cohort_membership_definitions

    instance.add_dynamic_partitions("cohorts", ["demo"])
    result = run(cohort_membership_definitions(FakeService()), instance, "demo")
    names = {one.check_name for one in result.get_asset_check_evaluations()}
    assert result.success
    assert "up_to_date" in names
    assert not {"complete", "nothing_stale"} & names


# ------------------------------------------------------------------ many cohorts in a run


def run_all(defs: dg.Definitions, instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    """One run over every cohort, as a backfill with a single-run policy launches it."""
    cohorts = instance.get_dynamic_partitions("cohorts")
    return defs.resolve_implicit_global_asset_job_def().execute_in_process(
        instance=instance,
        tags={ASSET_PARTITION_RANGE_START_TAG: cohorts[0], ASSET_PARTITION_RANGE_END_TAG: cohorts[-1]},
        raise_on_error=False,
    )


def latest(instance: dg.DagsterInstance, cohort_id: str) -> dg.AssetMaterialization | None:
    filter_ = dg.AssetRecordsFilter(dg.AssetKey("cohort_membership"), asset_partitions=[cohort_id])
    records = instance.fetch_materializations(filter_, limit=1).records
    return records[0].asset_materialization if records else None


def test_one_run_builds_registers_and_checks_many_cohorts_each_with_its_own_metadata(
    data_root: Path, instance: dg.DagsterInstance
) -> None:
    assert run_all(definitions(data_root, op=ONE_RUN), instance).success
    counts = {}
    for cohort_id in ("first-steps", COHORT):
        event = latest(instance, cohort_id)
        assert event is not None
        counts[cohort_id] = event.metadata["dagster/row_count"].value
    assert counts == {"first-steps": 48, COHORT: 528}
    for name in OF_THE_ARTIFACTS:
        key = dg.AssetCheckKey(dg.AssetKey("cohort_membership"), name)
        history = instance.event_log_storage.get_asset_check_execution_history(key, limit=20)
        told = {one.partition for one in history if one.status.value == "SUCCEEDED"}
        assert {"first-steps", COHORT} <= told


def test_a_cohort_that_is_rejected_fails_the_run_and_the_others_are_recorded(
    data_root: Path, instance: dg.DagsterInstance
) -> None:
    config = data_root / "cohorts" / "first-steps" / "spec" / "config.yaml"
    config.write_text(config.read_text().replace("draft_llm:", "draft_lmm:"))
    result = run_all(definitions(data_root, op=ONE_RUN), instance)
    assert not result.success
    (failed,) = [one for one in result.get_step_failure_events() if one.step_failure_data.user_failure_data]
    assert "draft_llm" in str(failed.step_failure_data.user_failure_data)
    assert latest(instance, "first-steps") is None
    event = latest(instance, COHORT)
    assert event is not None
    assert (event.tags or {})["dagster/data_version"]


def test_new_ids_of_a_run_reach_the_builder(instance: dg.DagsterInstance) -> None:
    asked: list[bool] = []

    class Recorded(FakeService):
        def _write(self, membership: Any, request: BuildRequest, /) -> Any:
            asked.append(request.new_ids)
            return super()._write(membership, request)

    from cohort_membership.dagster import cohort_membership_assets

    instance.add_dynamic_partitions("cohorts", ["demo"])
    for config in (CohortBuildConfig(), CohortBuildConfig(new_ids=True)):
        dg.materialize(
            cohort_membership_assets(),
            resources={"cohort_membership": Recorded(specs={"demo": {"axes": AXES}})},
            instance=instance,
            partition_key="demo",
            run_config=dg.RunConfig(ops={"cohort_membership": config}),
        )
    assert asked == [False, True]
