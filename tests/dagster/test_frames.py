"""The membership as an input of assets downstream, and what one generation is."""

from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest

from cohort_membership.dagster import (
    CohortMembershipResource,
    cohort_frame,
    cohort_frames,
    cohort_membership_assets,
    cohort_membership_definitions,
    dynamic_cohorts,
)
from cohort_membership.dagster.frames import as_type
from cohort_membership.dagster.translate import column_schema
from cohort_membership.membership import BuildRequest
from cohort_membership.wiring import local_builder

COHORTS = ("first-steps", "coupled-judges")
seen: list[Any] = []


@dg.asset(partitions_def=dynamic_cohorts())
def lazy(cohort_membership: pl.LazyFrame) -> None:
    seen.append(cohort_membership)


@dg.asset(partitions_def=dynamic_cohorts())
def eager(cohort_membership: pl.DataFrame) -> None:
    seen.append(cohort_membership)


@dg.asset
def of_all(cohort_membership) -> None:  # type: ignore[no-untyped-def]
    seen.append(cohort_membership)


def build(root: Path, *cohorts: str) -> None:
    for cohort_id in cohorts:
        local_builder(root).build_or_raise(BuildRequest(cohort_id))


def materialize(
    root: Path, instance: dg.DagsterInstance, asset: dg.AssetsDefinition, cohort_id: str | None = None
) -> bool:
    """Materializes an asset downstream; what it was given is in `seen`."""
    seen.clear()
    mine = dg.Definitions([asset], jobs=[dg.define_asset_job("job", dg.AssetSelection.assets(asset))])
    store = f"file://{root.parent}/store"
    defs = cohort_membership_definitions(CohortMembershipResource(data_root=str(root), store=store))
    if not instance.get_materialized_partitions(dg.AssetKey("cohort_membership")):
        job = defs.resolve_implicit_global_asset_job_def()
        assert job.execute_in_process(instance=instance, partition_key="first-steps").success
    job = dg.Definitions.merge(defs, mine).resolve_job_def("job")
    return job.execute_in_process(instance=instance, partition_key=cohort_id, raise_on_error=False).success


def test_an_asset_gets_its_cohort_from_its_store_as_the_type_that_it_says(
    data_root: Path, instance: dg.DagsterInstance
) -> None:
    assert materialize(data_root, instance, lazy, "first-steps")
    (frame,) = seen
    assert isinstance(frame, pl.LazyFrame)
    assert frame.filter(pl.col("stage") == "draft").select("gen_id").collect().height == 12
    assert materialize(data_root, instance, eager, "first-steps")
    (table,) = seen
    assert isinstance(table, pl.DataFrame)
    assert table.height == 48


def test_an_asset_without_partitions_gets_all_cohorts_that_are_built(
    data_root: Path, instance: dg.DagsterInstance
) -> None:
    assert materialize(data_root, instance, of_all)
    assert seen[0].collect()["origin_cohort_id"].unique().to_list() == ["first-steps"]


def test_a_cohort_that_is_not_built_fails_what_takes_it(
    data_root: Path, instance: dg.DagsterInstance
) -> None:
    assert not materialize(data_root, instance, lazy, "coupled-judges")


def test_a_pandas_frame_is_given_to_whoever_asks_for_one() -> None:
    class DataFrame:
        """As much of pandas' class as is used: a mapping of columns to lists."""

        def __init__(self, columns: dict[str, list[object]]) -> None:
            self.columns = columns

    DataFrame.__module__ = "pandas.core.frame"
    found = as_type(pl.LazyFrame({"gen_id": ["a_1"], "replicate": [1]}), DataFrame)
    assert isinstance(found, DataFrame)
    assert found.columns == {"gen_id": ["a_1"], "replicate": [1]}


def test_the_frame_the_file_and_the_documented_schema_have_the_same_types(data_root: Path) -> None:
    build(data_root, "first-steps")
    service = CohortMembershipResource(data_root=str(data_root))
    schema = cohort_frame(service, "first-steps").collect_schema()
    file = data_root / "cohorts" / "first-steps" / "membership.parquet"
    assert schema == pl.read_parquet_schema(file)
    columns = column_schema(service.builder().read_catalogs().unwrap().experiment).columns
    assert {one.name: one.type for one in columns} == {name: str(kind) for name, kind in schema.items()}


def test_the_files_of_two_cohorts_are_scanned_at_once(data_root: Path) -> None:
    build(data_root, *COHORTS)
    files = [data_root / "cohorts" / one / "membership.parquet" for one in COHORTS]
    assert pl.scan_parquet(files).collect().height == 48 + 528


def test_an_asset_of_a_stage_is_told_what_its_generation_is(data_root: Path) -> None:
    build(data_root, "first-steps")
    service = CohortMembershipResource(data_root=str(data_root))
    row = cohort_frame(service, "first-steps").filter(pl.col("stage") == "essay").collect().row(0, named=True)
    told = service.generation("essay", row["gen_id"])
    for key in ("parent_gen_id", "template_id", "llm_model_id"):
        assert told[key] == row[key]
    with pytest.raises(dg.Failure, match="unknown-generation"):
        service.generation("essay", "e_none")


def test_the_io_manager_is_given_to_the_factory_by_its_key(
    data_root: Path, instance: dg.DagsterInstance
) -> None:
    assets = cohort_membership_assets(io_manager_key="memberships")
    resources = {
        "cohort_membership": CohortMembershipResource(data_root=str(data_root)),
        "memberships": cohort_frames(),
    }
    seen.clear()
    result = dg.materialize(
        [*assets, lazy], resources=resources, instance=instance, partition_key="first-steps"
    )
    assert result.success
    assert seen[0].collect().height == 48
