"""The guide "Moving an existing asset over", followed step by step on code like the first user's.

What the old asset wrote is a case of the suite, whose files another implementation made.
"""

import csv
import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest

from cohort_membership.dagster import (
    CohortBuildConfig,
    CohortMembershipResource,
    cohort_frames,
    cohort_membership_assets,
    cohort_membership_checks,
    spec_reader_from,
)
from cohort_membership.ports import CohortSpecReader
from tests.case_folders import Case, cases, contents
from tests.dagster.test_data_root import checked

CASE: Case = next(one for one in cases("valid") if one.name == "golden01")
COHORT, SEED = CASE.cohort_id, CASE.content["seed"]
EXPECTED = CASE.folder / "expected"
STAGES = ("draft", "essay", "evaluation")

cohort_spec_partitions = dg.StaticPartitionsDefinition([COHORT])
draft_gens = dg.DynamicPartitionsDefinition(name="draft_gens")


# ------------------------------------------------------------------ the code that is there before


class SpecResource(dg.ConfigurableResource[object]):
    """Gives specs as objects, and the seed that the old asset shuffles with."""

    data_root: str
    seed: int = SEED

    def compile_definition(self, cohort_id: str) -> "Definition":
        return Definition(_config(Path(self.data_root), cohort_id))


@dataclass
class Definition:
    """A spec as the old code has it: an object."""

    axes: Mapping[str, Any]
    rules: Mapping[str, Any] | None = None
    output: Mapping[str, Any] | None = None

    def __init__(self, config: Mapping[str, Any]) -> None:
        self.axes, self.rules, self.output = config["axes"], config.get("rules"), config.get("output")


def _config(root: Path, cohort_id: str) -> Mapping[str, Any]:
    import yaml

    (file,) = (root / "cohorts" / cohort_id / "spec").glob("config.yaml")
    found: Mapping[str, Any] = yaml.load(file.read_text(), Loader=yaml.BaseLoader)
    return found


@dg.asset(partitions_def=cohort_spec_partitions, required_resource_keys={"data_root"})
def cohort_plan(context: dg.AssetExecutionContext) -> str:
    """The other old asset: it writes a manifest.json of its own, and is an input of the old membership."""
    folder = Path(context.resources.data_root) / "cohorts" / context.partition_key
    (folder / "manifest.json").write_text(json.dumps({"combos": ["c1"], "llms": {"draft": ["m"]}}))
    return "planned"


@dg.asset(
    name="cohort_membership",
    partitions_def=cohort_spec_partitions,
    required_resource_keys={"data_root", "cohort_spec"},
)
def old_membership(context: dg.AssetExecutionContext, cohort_plan: str) -> pl.DataFrame:
    root, cohort_id = Path(context.resources.data_root), context.partition_key
    assert context.resources.cohort_spec.compile_definition(cohort_id).axes
    rows = list(csv.DictReader((EXPECTED / "wide.csv").read_text().splitlines()))
    for place, told in json.loads((EXPECTED / "metadata.json").read_text()).items():
        folder = root / "gens" / place
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "metadata.json").write_text(json.dumps(told, indent=1))  # a form of its own
    lines = ["stage,gen_id", *(f"{row['stage']},{row['gen_id']}" for row in rows)]
    (root / "cohorts" / cohort_id / "membership.csv").write_text("\n".join(lines) + "\n")
    return pl.DataFrame(rows)


@dg.asset(partitions_def=cohort_spec_partitions)
def register_cohort_partitions(context: dg.AssetExecutionContext, cohort_membership: pl.DataFrame) -> None:
    for stage, rows in cohort_membership.group_by("stage"):
        context.instance.add_dynamic_partitions(f"{stage[0]}_gens", rows["gen_id"].to_list())


@dg.asset(partitions_def=draft_gens)
def draft() -> None:
    """An asset that runs a stage."""


# ------------------------------------------------------------------ after


def _report() -> dg.AssetsDefinition:
    """What took the old frame as an input: it stays as it is."""

    @dg.asset(partitions_def=cohort_spec_partitions)
    def report(context: dg.AssetExecutionContext, cohort_membership: pl.DataFrame) -> None:
        context.add_output_metadata({"drafts": cohort_membership.filter(pl.col("stage") == "draft").height})

    return report


class OwnMembership(CohortMembershipResource):
    """The same, with the project's own spec resource handed in."""

    specs: dg.ResourceDependency[SpecResource]

    def spec_reader(self) -> CohortSpecReader:
        return spec_reader_from(self.specs.compile_definition)


def after(resource: CohortMembershipResource) -> dg.Definitions:
    cohort_membership, registered_generations = cohort_membership_assets(
        cohorts=cohort_spec_partitions,
        group_name="cohort",
        partition_sets={stage: f"{stage}_gens" for stage in STAGES},
        io_manager_key="memberships",
        deps=["prepared_templates"],
    )
    return dg.Definitions(
        assets=[cohort_membership, registered_generations, _report(), draft],
        asset_checks=[cohort_membership_checks(cohort_membership, cohorts=cohort_spec_partitions)],
        resources={"cohort_membership": resource, "memberships": cohort_frames()},
    )


def command(root: Path, *arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "cohort_membership.cli", *arguments, "--data-root", str(root)],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def before(root: Path, instance: dg.DagsterInstance) -> None:
    """The old assets have run, and a draft is done."""
    resources = {"data_root": str(root), "cohort_spec": SpecResource(data_root=str(root))}
    assets = [cohort_plan, old_membership, register_cohort_partitions]
    assert dg.materialize(assets, resources=resources, instance=instance, partition_key=COHORT).success
    done = instance.get_dynamic_partitions("draft_gens")[0]
    assert dg.materialize([draft], instance=instance, partition_key=done).success


@pytest.mark.parametrize("own", [False, True], ids=["files", "own-resources"])
def test_every_step_of_the_guide_works_and_what_is_there_stays(
    own: bool, tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    root = CASE.lay_out(tmp_path / "root")
    before(root, instance)
    another = root / "cohorts" / "another" / "manifest.json"  # of a cohort that was not moved yet
    another.parent.mkdir()
    another.write_text(json.dumps({"combos": ["c1"], "llms": {"draft": ["m"]}}))
    old = contents(root)
    sets = {stage: instance.get_dynamic_partitions(f"{stage}_gens") for stage in STAGES}

    # Steps 1 and 2.
    assert command(root, "validate", COHORT)[0] == 0
    code, text = command(root, "build", COHORT, "--dry-run", "--seed", str(SEED), "--json")
    assert code == 0, text
    assert json.loads(text)["reused"] == CASE.content["rows"]

    # Steps 3 to 6.
    specs = SpecResource(data_root=str(root))
    resource = (
        OwnMembership(data_root=str(root), seed=SEED, specs=specs)
        if own
        else CohortMembershipResource(data_root=str(root), seed=SEED)
    )
    everything = dg.AssetSelection.all() - dg.AssetSelection.assets("draft")
    move = dg.Definitions(jobs=[dg.define_asset_job("move", everything)])
    job = dg.Definitions.merge(after(resource), move).resolve_job_def("move")
    result = job.execute_in_process(instance=instance, partition_key=COHORT, raise_on_error=False)
    assert result.success
    assert all(passed for name, passed in checked(result).items() if name != "complete")
    new = contents(root)
    changed = {name for name in old if new.get(name) != old[name]}
    assert changed == {f"cohorts/{COHORT}/manifest.json"}
    assert new[f"cohorts/{COHORT}/membership.csv"] == (EXPECTED / "membership.csv").read_bytes()
    for stage, keys in sets.items():
        assert instance.get_dynamic_partitions(f"{stage}_gens") == keys
    assert instance.get_materialized_partitions(dg.AssetKey("draft")) == {sets["draft"][0]}
    (event,) = result.asset_materializations_for_node("report")
    assert event.metadata["drafts"].value == len(sets["draft"])
    assert len(instance.fetch_materializations(dg.AssetKey("cohort_membership"), limit=9).records) == 2


def test_a_test_that_calls_the_asset_directly_gives_it_a_context_and_its_resource(tmp_path: Path) -> None:
    root = CASE.lay_out(tmp_path)
    cohort_membership, _ = cohort_membership_assets(cohorts=cohort_spec_partitions)
    resource = CohortMembershipResource(data_root=str(root), seed=SEED)
    context = dg.build_asset_context(partition_key=COHORT, resources={"cohort_membership": resource})
    result: Any = cohort_membership(context, CohortBuildConfig())
    assert result.metadata["dagster/row_count"].value == CASE.content["rows"]
