"""The resource, the adapters to a project's own resources, and the sets of cohorts."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from pydantic import BaseModel, ValidationError
from returns.pipeline import is_successful

from cohort_membership.dagster import (
    CohortMembershipResource,
    catalog_reader_by_axis,
    catalog_reader_from,
    cohort_membership_assets,
    cohort_membership_definitions,
    cohort_sensor,
    spec_reader_from,
    static_cohorts,
)
from cohort_membership.dagster.building import CohortBuildConfig
from cohort_membership.dagster.component import CohortOpConfig
from cohort_membership.experiment import Experiment
from cohort_membership.ports import CohortSpecReader, MembershipCatalogReader
from cohort_membership.problems import Problem
from cohort_membership.stage import Stage
from tests.dagster.fakes import AXES, SPEC


class ExperimentSpecs(dg.ConfigurableResource[object]):
    """A resource that a project had before: it knows nothing of this package."""

    version: str

    def load_spec(self, name: str) -> Mapping[str, object]:
        return {f"demo-{self.version}": SPEC}[name]


class ExperimentCatalogs(dg.ConfigurableResource[object]):
    def template_names(self) -> dict[str, list[str]]:
        return {"draft": ["plain"], "essay": ["brief"], "evaluation": ["depth", "clarity"]}

    def model_names(self) -> list[str]:
        return ["fjord", "judge"]

    def combo_names(self) -> list[str]:
        return ["c1", "c2"]


class AdaptedResource(CohortMembershipResource):
    """The adapter: what a project writes to hand its own resources in."""

    specs: dg.ResourceDependency[ExperimentSpecs]
    catalogs: dg.ResourceDependency[ExperimentCatalogs]

    def spec_reader(self) -> CohortSpecReader:
        return spec_reader_from(self.specs.load_spec)

    def catalog_reader(self) -> MembershipCatalogReader:
        return catalog_reader_from(
            templates=self.catalogs.template_names,
            models=self.catalogs.model_names,
            combos=self.catalogs.combo_names,
        )


def codes(problems: tuple[Problem, ...]) -> list[str]:
    return [problem.code for problem in problems]


def test_a_projects_own_resources_are_handed_in_as_they_are(
    tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    instance.add_dynamic_partitions("cohorts", ["demo-v1"])
    specs = ExperimentSpecs.configure_at_launch()
    result = dg.materialize(
        cohort_membership_assets(),
        resources={
            "specs": specs,
            "cohort_membership": AdaptedResource(
                data_root=str(tmp_path), specs=specs, catalogs=ExperimentCatalogs()
            ),
        },
        instance=instance,
        partition_key="demo-v1",
        run_config={"resources": {"specs": {"config": {"version": "v1"}}}},
    )
    assert result.success
    assert (tmp_path / "cohorts" / "demo-v1" / "membership.csv").read_text().count("\n") == 9


def test_the_resource_limits_the_rows_and_seeds_only_if_it_should(data_root: Path) -> None:
    small = CohortMembershipResource(data_root=str(data_root), max_rows=10, seed_metadata=False)
    request = small.request("first-steps", 3)
    assert (request.max_rows, request.seed_metadata, request.seed) == (10, False, 3)
    assert codes(small.builder().build(request).failure()) == ["design-too-large"]


def test_a_data_root_may_come_from_the_environment(
    data_root: Path, monkeypatch: pytest.MonkeyPatch, instance: dg.DagsterInstance
) -> None:
    monkeypatch.setenv("COHORTS", str(data_root))
    resource = CohortMembershipResource(data_root=dg.EnvVar("COHORTS"))
    defs = cohort_membership_definitions(resource, cohorts="static")
    job = defs.resolve_implicit_global_asset_job_def()
    assert job.execute_in_process(instance=instance, partition_key="first-steps").success


def test_memberships_may_go_to_another_store_than_the_data_root(
    data_root: Path, tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    resource = CohortMembershipResource(data_root=str(data_root), store=f"file://{tmp_path}/store")
    defs = cohort_membership_definitions(resource, cohorts="static")
    job = defs.resolve_implicit_global_asset_job_def()
    assert job.execute_in_process(instance=instance, partition_key="first-steps").success
    assert (tmp_path / "store" / "cohorts" / "first-steps" / "membership.csv").is_file()
    assert not (data_root / "gens").exists()


def test_an_address_that_is_none_is_a_problem_that_is_not_retried() -> None:
    with pytest.raises(dg.Failure, match="storage-denied") as raised:
        CohortMembershipResource(data_root="data", store="gopher://cohorts").builder()
    assert not raised.value.allow_retries


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (KeyError("demo"), "spec-not-found"),
        (FileNotFoundError("demo.yaml"), "spec-not-found"),
        (PermissionError(13, "Permission denied"), "storage-denied"),
        (TimeoutError(110, "Connection timed out"), "storage-unavailable"),
    ],
)
def test_an_error_of_a_projects_resource_is_the_problem_that_it_is(error: Exception, code: str) -> None:
    def raises(cohort_id: str) -> Mapping[str, object]:
        raise error

    assert codes(spec_reader_from(raises)("demo").failure()) == [code]


def test_an_error_of_a_projects_catalogs_is_the_problem_that_it_is() -> None:
    def raises() -> list[str]:
        raise TimeoutError(110, "Connection timed out")

    read = catalog_reader_from(templates=dict, models=raises, combos=list)
    assert codes(read().failure()) == ["storage-unavailable"]


def test_a_bug_of_a_projects_resource_passes() -> None:
    def raises(cohort_id: str) -> Mapping[str, object]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        spec_reader_from(raises)("demo")


def test_a_mapping_that_is_no_spec_is_told_as_problems() -> None:
    spec = spec_reader_from({"demo": {"axis": {}}}.__getitem__)("demo")
    assert is_successful(spec)
    assert codes(spec.unwrap().problems)[0] == "spec-invalid"


@dataclass
class SpecObject:
    axes: Mapping[str, object]
    rules: Mapping[str, object] | None = None


class SpecModel(BaseModel):
    axes: dict[str, list[str]]
    rules: dict[str, object] | None = None


@pytest.mark.parametrize("spec", [SpecObject(AXES), SpecModel(axes=AXES)], ids=["dataclass", "pydantic"])
def test_a_spec_may_be_an_object_and_is_read_as_its_mapping(spec: object) -> None:
    read = spec_reader_from({"demo": spec}.__getitem__)("demo").unwrap()
    assert read.problems == ()
    assert read.digest == spec_reader_from({"demo": SPEC}.__getitem__)("demo").unwrap().digest


def test_what_is_no_spec_at_all_is_told_as_a_problem() -> None:
    assert codes(spec_reader_from({"demo": 3}.__getitem__)("demo").unwrap().problems)[0].startswith("spec-")


def test_the_resource_has_a_default_seed_and_a_run_another() -> None:
    resource = CohortMembershipResource(data_root="data", seed=7)
    assert [resource.request("demo").seed, resource.request("demo", 0).seed] == [7, 0]


@pytest.mark.parametrize(
    "takes_a_seed",
    [partial(CohortMembershipResource, data_root="data"), CohortBuildConfig, CohortOpConfig],
    ids=["resource", "run", "component"],
)
def test_a_negative_seed_is_refused_where_it_is_given(takes_a_seed: Any) -> None:
    assert takes_a_seed(seed=0).seed == 0
    with pytest.raises(ValidationError, match="greater than or equal to 0"):
        takes_a_seed(seed=-7)


def test_what_the_membership_waits_for_is_given_to_the_factory() -> None:
    membership, _ = cohort_membership_assets(deps=["prepared_templates"])
    assert [dep.asset_key for dep in membership.get_asset_spec().deps] == [dg.AssetKey("prepared_templates")]


def test_any_experiments_catalogs_come_from_a_projects_resources_by_axis(
    tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    experiment = Experiment(
        "question_id",
        (Stage("answer", "a_", None, (("template_id", "answer_template"), ("llm_model_id", "answer_llm"))),),
    )
    levels = {"question_id": ["q1", "q2"], "answer_template": ["terse"], "answer_llm": ["fjord"]}

    class Own(CohortMembershipResource):
        def spec_reader(self) -> CohortSpecReader:
            return spec_reader_from({"demo": {"axes": levels}}.__getitem__)

        def catalog_reader(self) -> MembershipCatalogReader:
            return catalog_reader_by_axis(experiment, lambda: levels)

    instance.add_dynamic_partitions("cohorts", ["demo"])
    result = dg.materialize(
        cohort_membership_assets(experiment=experiment),
        resources={"cohort_membership": Own(data_root=str(tmp_path))},
        instance=instance,
        partition_key="demo",
    )
    assert result.success
    assert len(instance.get_dynamic_partitions("answer_generations")) == 2


# ----------------------------------------------------------------- cohorts


def tick(data_root: Path, instance: dg.DagsterInstance) -> list[str]:
    """The cohorts that a tick of the sensor adds."""
    resources = {"cohort_membership": CohortMembershipResource(data_root=str(data_root))}
    with dg.build_sensor_context(instance=instance, resources=resources) as context:
        outcome = cohort_sensor().evaluate_tick(context)
    assert outcome.skip_message
    requests = outcome.dynamic_partitions_requests or ()
    assert all(request.partitions_def_name == "cohorts" for request in requests)
    return [key for request in requests for key in request.partition_keys]


def new_spec(data_root: Path, cohort_id: str) -> None:
    folder = data_root / "cohorts" / cohort_id / "spec"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")


def test_the_sensor_picks_up_a_new_spec_folder(data_root: Path, instance: dg.DagsterInstance) -> None:
    assert tick(data_root, instance) == []
    new_spec(data_root, "third-time")
    (data_root / "cohorts" / "no-spec-yet").mkdir()
    assert tick(data_root, instance) == ["third-time"]


def test_the_sensor_passes_over_what_cannot_be_a_partition_key(
    data_root: Path, instance: dg.DagsterInstance
) -> None:
    new_spec(data_root, "from...to")
    new_spec(data_root, "-not-a-cohort")
    assert tick(data_root, instance) == []


def test_the_sensor_has_nothing_to_say_of_a_data_root_that_is_not_there(
    tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    assert tick(tmp_path / "none", instance) == []


def test_the_static_set_holds_the_cohorts_of_the_moment(data_root: Path) -> None:
    resource = CohortMembershipResource(data_root=str(data_root))
    defs = cohort_membership_definitions(resource, cohorts="static")
    (asset, _) = defs.assets or ()
    assert isinstance(asset, dg.AssetsDefinition)
    assert asset.partitions_def == static_cohorts(["coupled-judges", "first-steps"])
    assert not defs.sensors
