"""The assets and checks on a real data root."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest

from cohort_membership.dagster import (
    CohortBuildConfig,
    CohortMembershipResource,
    cohort_membership_definitions,
)
from cohort_membership.dagster.checks import CHECKS, OF_THE_ARTIFACTS
from cohort_membership.membership import BuildRequest
from cohort_membership.ports import MembershipWriter, Notify
from cohort_membership.stores.local.store import LocalStore
from cohort_membership.wiring import local_builder
from tests.case_folders import Case, cases, contents

VALID = cases("valid")
OTHERS = [case for case in cases("algebra") if (case.folder / "data" / "experiment.yaml").exists()]
"""Cases of other experiments: a chain of two, a fork, two roots, one stage."""

SMALL = [case for case in VALID if "sha256" not in case.content] + OTHERS[:4]
LARGE = [case for case in VALID if "sha256" in case.content]
COHORT = "coupled-judges"

AFTER_A_BUILD = {**dict.fromkeys(CHECKS, True), "complete": False}
"""The checks after a first build: nothing is done yet."""


def definitions(root: Path, **options: Any) -> dg.Definitions:
    resource = CohortMembershipResource(data_root=str(root), seed_metadata=options.pop("seed_metadata", True))
    return cohort_membership_definitions(resource, **options)


def run(
    defs: dg.Definitions,
    instance: dg.DagsterInstance,
    cohort_id: str = COHORT,
    *,
    assets: tuple[str, ...] = ("cohort_membership", "registered_generations"),
    seed: int | None = None,
) -> dg.ExecuteInProcessResult:
    """Materializes the assets and evaluates their checks."""
    job = dg.define_asset_job("job", dg.AssetSelection.assets(*assets))
    config = dg.RunConfig(ops={"cohort_membership": CohortBuildConfig(seed=seed)})
    return (
        dg.Definitions.merge(defs, dg.Definitions(jobs=[job]))
        .resolve_job_def("job")
        .execute_in_process(
            instance=instance,
            partition_key=cohort_id,
            run_config=config if "cohort_membership" in assets else None,
            raise_on_error=False,
        )
    )


def run_checks(defs: dg.Definitions, instance: dg.DagsterInstance) -> dict[str, dg.AssetCheckEvaluation]:
    """Evaluates the checks alone, as the UI does."""
    checks = dg.AssetSelection.checks_for_assets(dg.AssetKey("cohort_membership"))
    job = dg.define_asset_job("job", checks)
    result = (
        dg.Definitions.merge(defs, dg.Definitions(jobs=[job]))
        .resolve_job_def("job")
        .execute_in_process(instance=instance, tags={"dagster/partition": COHORT}, raise_on_error=False)
    )
    return {one.check_name: one for one in result.get_asset_check_evaluations()}


def checked(result: dg.ExecuteInProcessResult) -> dict[str, bool]:
    return {one.check_name: one.passed for one in result.get_asset_check_evaluations()}


@pytest.mark.parametrize("case", SMALL, ids=lambda case: case.name)
def test_a_worked_case_gives_the_same_bytes_as_through_the_builder(
    case: Case, tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    by_builder, by_asset = tmp_path / "builder", tmp_path / "asset"
    case.lay_out(by_builder)
    case.lay_out(by_asset)
    seed = case.content.get("seed")
    local_builder(by_builder).build_or_raise(BuildRequest(case.cohort_id, seed=seed))
    instance.add_dynamic_partitions("cohorts", [case.cohort_id])
    result = run(definitions(by_asset), instance, case.cohort_id, assets=("cohort_membership",), seed=seed)
    assert result.success
    assert contents(by_asset) == contents(by_builder)
    written = by_asset / "cohorts" / case.cohort_id / "membership.csv"
    assert written.read_bytes() == (case.folder / "expected" / "membership.csv").read_bytes()


@pytest.mark.parametrize("case", LARGE, ids=lambda case: case.name)
def test_a_large_case_is_built_registered_and_checked(
    case: Case, tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    root = case.lay_out(tmp_path)
    instance.add_dynamic_partitions("cohorts", [case.cohort_id])
    result = run(definitions(root, seed_metadata=False), instance, case.cohort_id)
    assert result.success
    assert checked(result) == AFTER_A_BUILD
    csv = (root / "cohorts" / case.cohort_id / "membership.csv").read_bytes()
    assert hashlib.sha256(csv).hexdigest() == case.content["sha256"]
    registered = {
        stage: len(instance.get_dynamic_partitions(f"{stage}_generations"))
        for stage in case.content["counts"]
    }
    assert registered == case.content["counts"]
    assert sum(registered.values()) > 36_000


@pytest.mark.parametrize("case", OTHERS, ids=lambda case: case.name)
def test_another_experiment_is_built_registered_checked_and_shown_by_its_own_stages(
    case: Case, tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    root = case.lay_out(tmp_path)
    experiment = local_builder(root).read_catalogs().unwrap().experiment
    instance.add_dynamic_partitions("cohorts", [case.cohort_id])
    defs = definitions(root)
    result = run(defs, instance, case.cohort_id, seed=case.content.get("seed"))
    assert result.success
    assert checked(result) == AFTER_A_BUILD
    (event,) = result.asset_materializations_for_node("cohort_membership")
    stages = [stage.name for stage in experiment.stages]
    shown = [row.data["stage"] for row in event.metadata["preview"].records]  # type: ignore[attr-defined]
    assert list(dict.fromkeys(shown)) == stages
    columns = event.metadata["dagster/column_schema"].value.columns  # type: ignore[union-attr]
    assert tuple(column.name for column in columns) == experiment.wide_columns
    wide = pl.read_csv(case.folder / "expected" / "wide.csv")
    for stage in stages:
        wanted = wide.filter(pl.col("stage") == stage)["gen_id"].to_list()
        assert instance.get_dynamic_partitions(f"{stage}_generations") == wanted
    description = next(iter(defs.resolve_assets_def("registered_generations").specs)).description or ""
    assert all(f"`{stage}_generations`" in description for stage in stages)


def test_what_an_experiment_gains_is_another_data_version(
    tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    case = OTHERS[0]
    root = case.lay_out(tmp_path)
    instance.add_dynamic_partitions("cohorts", [case.cohort_id])

    def version() -> str:
        result = run(definitions(root), instance, case.cohort_id, assets=("cohort_membership",))
        (event,) = result.asset_materializations_for_node("cohort_membership")
        return str((event.tags or {})["dagster/data_version"])

    before = version()
    assert version() == before
    file = root / "experiment.yaml"
    first_stage = "      replicate: answer_replicate\n"
    gained = first_stage + "    added: {style: {axis: answer_style, default: plain}}\n"
    file.write_text(file.read_text().replace(first_stage, gained, 1))
    assert version() != before


def test_an_experiment_that_cannot_be_read_leaves_the_definitions_loadable_and_is_told_by_the_run(
    data_root: Path, instance: dg.DagsterInstance
) -> None:
    (data_root / "experiment.yaml").write_text("subject: [")
    defs = definitions(data_root)
    dg.Definitions.validate_loadable(defs)
    result = run(defs, instance, assets=("cohort_membership",))
    (event,) = result.get_step_failure_events()
    assert "experiment-invalid" in str(event.step_failure_data.error)


def test_the_example_is_materialized_and_its_metadata_read_back(
    data_root: Path, instance: dg.DagsterInstance
) -> None:
    result = run(definitions(data_root), instance)
    assert result.success
    assert checked(result) == AFTER_A_BUILD
    event = instance.get_latest_materialization_event(dg.AssetKey("cohort_membership"))
    assert event is not None
    assert event.asset_materialization is not None
    metadata = event.asset_materialization.metadata
    manifest = json.loads((data_root / "cohorts" / COHORT / "manifest.json").read_bytes())
    assert metadata["dagster/row_count"].value == sum(manifest["counts"].values())
    assert metadata["spec_digest"].value == manifest["spec_digest"]
    assert metadata["artifact/membership.csv"].value == str(data_root / "cohorts" / COHORT / "membership.csv")
    assert len(metadata["preview"].records) == 9  # type: ignore[attr-defined]


def test_a_membership_in_parts_is_previewed_registered_and_checked(
    data_root: Path, instance: dg.DagsterInstance
) -> None:
    class InParts(CohortMembershipResource):
        def writer(self, notify: Notify) -> MembershipWriter:
            return LocalStore(data_root, notify, single_rows=100, part_rows=50)

    defs = cohort_membership_definitions(InParts(data_root=str(data_root)))
    result = run(defs, instance)
    assert result.success
    assert checked(result) == AFTER_A_BUILD
    assert len(list((data_root / "cohorts" / COHORT).rglob("part-*.parquet"))) > 3
    (event,) = result.asset_materializations_for_node("cohort_membership")
    assert len(event.metadata["preview"].records) == 9  # type: ignore[attr-defined]
    assert len(instance.get_dynamic_partitions("evaluation_generations")) == 432


def test_building_again_reuses_the_seeds_and_shows_as_unchanged(
    data_root: Path, instance: dg.DagsterInstance
) -> None:
    def built() -> tuple[int, str]:
        (event,) = run(definitions(data_root), instance).asset_materializations_for_node("cohort_membership")
        return event.metadata["reused"].value, event.tags["dagster/data_version"]  # type: ignore[index, return-value]

    first, again = built(), built()
    assert (first[0], again[0]) == (0, 528)
    assert first[1] == again[1]


def test_reconciling_removes_what_a_shorter_spec_no_longer_gives(
    data_root: Path, instance: dg.DagsterInstance
) -> None:
    defs = definitions(data_root, registration="reconcile")
    run(defs, instance, "first-steps")
    run(defs, instance, COHORT)
    before = set(instance.get_dynamic_partitions("draft_generations"))
    config = data_root / "cohorts" / "first-steps" / "spec" / "config.yaml"
    config.write_text(config.read_text().replace("[free-association, analogy-hunt]", "[analogy-hunt]"))
    (event,) = run(defs, instance, "first-steps").asset_materializations_for_node("registered_generations")
    gone = before - set(instance.get_dynamic_partitions("draft_generations"))
    assert gone
    removed: Any = event.metadata["removed_keys"].value
    assert set(removed["draft"]) == gone
    shared = set(pl.read_csv(data_root / "cohorts" / COHORT / "membership.csv")["gen_id"])
    assert not gone & shared


# ------------------------------------------------------------------ damage


def replace_the_table(folder: Path, change: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
    """Another table, which the manifest vouches for: as a program with a fault would leave it."""
    file = folder / "membership.parquet"
    change(pl.read_parquet(file)).write_parquet(file)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["artifacts"]["membership.parquet"]["sha256"] = hashlib.sha256(file.read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))


def drop_a_draft(folder: Path) -> None:
    replace_the_table(folder, lambda table: table.filter(pl.int_range(pl.len()) > 0))


def repeat_a_row(folder: Path) -> None:
    replace_the_table(folder, lambda table: pl.concat([table, table.head(1)]))


def forget_a_model(folder: Path) -> None:
    models = folder.parents[1] / "1_raw" / "llm_models.csv"
    models.write_text("\n".join(line for line in models.read_text().splitlines() if "basalt" not in line))


def cut_the_csv(folder: Path) -> None:
    csv = folder / "membership.csv"
    csv.write_bytes(csv.read_bytes()[:-10])


def lose_the_csv(folder: Path) -> None:
    (folder / "membership.csv").unlink()


def scramble_the_parquet(folder: Path) -> None:
    (folder / "membership.parquet").write_bytes(b"PAR1 this is none PAR1")


def spoil_the_manifest(folder: Path) -> None:
    (folder / "manifest.json").write_text('{"schema_version": 1, "artifacts": ')


def lead_the_manifest_outside(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["artifacts"]["membership.csv"]["path"] = "../../etc/passwd"
    (folder / "manifest.json").write_text(json.dumps(manifest))


EVERY = set(OF_THE_ARTIFACTS)


@pytest.mark.parametrize(
    ("damage", "failing", "told"),
    [
        (drop_a_draft, {"parent_integrity"}, "is not in the membership"),
        (repeat_a_row, {"unique_ids"}, "in 2 rows"),
        (forget_a_model, {"catalog_coverage"}, "'basalt-70b' is not in "),
        (cut_the_csv, {"artifact_digests"}, "other bytes"),
        (lose_the_csv, {"artifact_digests"}, "got no file"),
        (scramble_the_parquet, EVERY, "other bytes"),
        (spoil_the_manifest, EVERY, "expected a manifest in JSON"),
        (lead_the_manifest_outside, EVERY, "expected paths inside the data root"),
    ],
    ids=lambda value: value.__name__ if callable(value) else None,
)
def test_each_check_fails_usefully_on_a_damaged_data_root(
    damage: Callable[[Path], None],
    failing: set[str],
    told: str,
    data_root: Path,
    instance: dg.DagsterInstance,
) -> None:
    defs = definitions(data_root)
    assert run(defs, instance, assets=("cohort_membership",)).success
    damage(data_root / "cohorts" / COHORT)
    evaluations = {name: one for name, one in run_checks(defs, instance).items() if name in OF_THE_ARTIFACTS}
    assert {name for name, one in evaluations.items() if not one.passed} == failing
    for name in failing:
        assert evaluations[name].metadata["problem_count"].value
        assert evaluations[name].partition == COHORT
    assert any(told in (evaluations[name].description or "") for name in failing)


def test_a_cohort_that_was_not_built_fails_every_check_and_says_what_to_do(
    data_root: Path, instance: dg.DagsterInstance
) -> None:
    evaluations = run_checks(definitions(data_root), instance)
    assert set(evaluations) == set(CHECKS)
    for one in evaluations.values():
        assert not one.passed
        assert any(words in (one.description or "") for words in ("build the cohort", "build it")), one


def test_a_membership_that_its_manifest_does_not_vouch_for_is_not_registered(
    data_root: Path, instance: dg.DagsterInstance
) -> None:
    defs = definitions(data_root)
    run(defs, instance, assets=("cohort_membership",))
    scramble_the_parquet(data_root / "cohorts" / COHORT)
    assert not run(defs, instance, assets=("registered_generations",)).success
    assert instance.get_dynamic_partitions("draft_generations") == []
