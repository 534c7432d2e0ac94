"""What a project changes of the component: translation, op, and the methods of a subclass."""

from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster.components.core.component_tree import ComponentTreeException

from cohort_membership.dagster import CohortBuildConfig, CohortMembershipComponent, MembershipService

MEMBERSHIP, REGISTERED = dg.AssetKey("cohort_membership"), dg.AssetKey("registered_generations")


def defs_of(component: CohortMembershipComponent) -> dg.Definitions:
    return component.build_defs(dg.ComponentTree.for_test().load_context)


def resolved(data_root: Path, **attributes: object) -> dg.Definitions:
    """The definitions that these attributes give, as `defs.yaml` has them."""
    given = {"data_root": str(data_root), "cohorts": "static", **attributes}
    return defs_of(CohortMembershipComponent.resolve_from_dict(given))


def test_translation_changes_the_spec_of_each_asset(data_root: Path) -> None:
    tags = {"team": "research", "of": "{{ name }}"}
    defs = resolved(data_root, translation={"tags": tags, "group_name": "writing"})
    for key in (MEMBERSHIP, REGISTERED):
        spec = defs.resolve_assets_def(key).get_asset_spec(key)
        assert spec.tags["of"] == key.path[-1]
        assert spec.group_name == "writing"
        assert spec.kinds


def test_translation_may_give_another_key_and_what_hangs_on_it_follows(
    data_root: Path, instance: dg.DagsterInstance
) -> None:
    defs = resolved(data_root, translation={"key": "mine/{{ name }}"})
    dg.Definitions.validate_loadable(defs)
    graph = defs.resolve_asset_graph()
    membership = dg.AssetKey(["mine", "cohort_membership"])
    assert graph.get(dg.AssetKey(["mine", "registered_generations"])).parent_keys == {membership}
    assert {one.asset_key for one in graph.asset_check_keys} == {membership}
    job = defs.resolve_implicit_global_asset_job_def()
    assert job.execute_in_process(instance=instance, partition_key="first-steps").success


def test_op_says_how_the_steps_run(data_root: Path, instance: dg.DagsterInstance) -> None:
    op = {
        "name": "build",
        "pool": "builds",
        "tags": {"size": "small"},
        "backfill_policy": {"type": "single_run"},
        "config": {"seed": 7},
    }
    defs = resolved(data_root, op=op)
    asset = defs.resolve_assets_def(MEMBERSHIP)
    assert (asset.op.name, asset.op.pool, asset.op.tags["size"]) == ("build", "builds", "small")
    assert asset.backfill_policy == dg.BackfillPolicy.single_run()
    job = defs.resolve_implicit_global_asset_job_def()
    result = job.execute_in_process(instance=instance, partition_key="first-steps")
    (event,) = result.asset_materializations_for_node("build")
    assert event.metadata["seed"].value == 7


def test_a_severity_is_chosen_by_check_and_an_unknown_check_fails_the_load(data_root: Path) -> None:
    resolved(data_root, check_severities={"complete": "ERROR"})
    with pytest.raises((dg.DagsterInvalidDefinitionError, ComponentTreeException), match="completed"):
        resolved(data_root, check_severities={"completed": "ERROR"})


class OwnComponent(CohortMembershipComponent):
    """What a project writes: another spec, and a line in the log around the build."""

    def get_asset_spec(self, spec: dg.AssetSpec) -> dg.AssetSpec:
        return super().get_asset_spec(spec).merge_attributes(tags={"own": "yes"})

    def execute(
        self, context: dg.AssetExecutionContext, service: MembershipService, config: CohortBuildConfig, /
    ) -> dg.MaterializeResult[Any]:
        context.log.info("before the build")
        built = super().execute(context, service, config)
        return built._replace(metadata={**(built.metadata or {}), "own": "yes"})


def test_a_subclass_overrides_the_spec_and_what_builds(data_root: Path, instance: dg.DagsterInstance) -> None:
    defs = defs_of(OwnComponent(data_root=str(data_root), cohorts="static"))
    assert defs.resolve_assets_def(MEMBERSHIP).get_asset_spec(MEMBERSHIP).tags["own"] == "yes"
    job = defs.resolve_implicit_global_asset_job_def()
    result = job.execute_in_process(instance=instance, partition_key="first-steps")
    (event,) = result.asset_materializations_for_node("cohort_membership")
    assert event.metadata["own"].value == "yes"
    lines = [one.user_message for one in instance.all_logs(result.run_id)]
    assert "before the build" in lines
