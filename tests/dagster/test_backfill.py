"""A backfill of two stages on static sets, launched over GraphQL in a real `dg dev`."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import as_file
from pathlib import Path

import polars as pl
import pytest

from cohort_membership.example import example_root
from cohort_membership.membership import BuildRequest
from cohort_membership.wiring import local_builder
from tests.dagster.servers import DG, Server, dg_dev

pytestmark = pytest.mark.skipif(not DG.exists(), reason="dagster-dg-cli is not installed")

COHORT = "first-steps"

DEFINITIONS = """
import os
from pathlib import Path

import dagster as dg
from cohort_membership.dagster import CohortMembershipResource, static_generations

ROOT = Path(os.environ["STUDY"])
found = static_generations(CohortMembershipResource(data_root=str(ROOT / "data")))


def work(context: dg.AssetExecutionContext) -> None:
    if (ROOT / "failing").read_text() == context.partition_key:
        raise dg.Failure("the model answered nonsense")
    with (ROOT / "ran").open("a") as log:
        log.write(context.partition_key + "\\n")


@dg.asset(partitions_def=found.partitions["draft"])
def draft(context: dg.AssetExecutionContext) -> None:
    work(context)


@dg.asset(partitions_def=found.partitions["essay"], deps=[found.dep("essay", "draft")])
def essay(context: dg.AssetExecutionContext) -> None:
    work(context)


defs = dg.Definitions([draft, essay], executor=dg.in_process_executor)
"""

LAUNCH = """mutation Launch($params: LaunchBackfillParams!) {
  launchPartitionBackfill(backfillParams: $params) {
    __typename
    ... on LaunchBackfillSuccess { backfillId }
    ... on PythonError { message }
  }
}"""

STATUS = """query Status($id: String!) {
  partitionBackfillOrError(backfillId: $id) { ... on PartitionBackfill { status } }
}"""

LOCATIONS = "{ workspaceOrError { ... on Workspace { locationEntries { name } } } }"

RELOAD = """mutation Reload($name: String!) {
  reloadRepositoryLocation(repositoryLocationName: $name) { __typename }
}"""

KEYS = "{ assetNodes { assetKey { path } partitionKeys } }"


@dataclass
class Study:
    """A data root, a project on it, and what its stages ran."""

    root: Path
    server: Server | None = None

    @property
    def opened(self) -> Server:
        assert self.server is not None
        return self.server

    def build(self, templates: str) -> pl.DataFrame:
        """Builds the cohort with these draft templates; its drafts and essays."""
        config = self.root / "data" / "cohorts" / COHORT / "spec" / "config.yaml"
        lines = config.read_text().splitlines()
        kept = [f"  draft_template: [{templates}]" if "draft_template:" in line else line for line in lines]
        config.write_text("\n".join(kept) + "\n")
        local_builder(self.root / "data").build_or_raise(BuildRequest(COHORT))
        table = pl.read_parquet(self.root / "data" / "cohorts" / COHORT / "membership.parquet")
        stages = pl.col("stage", "gen_id", "parent_gen_id").cast(pl.String)
        return table.select(stages).filter(pl.col("stage") != "evaluation")

    def backfill(self, drafts: list[str]) -> str:
        """Launches a backfill of these drafts and what follows from them; how it ended."""
        params = {"assetSelection": [{"path": ["draft"]}, {"path": ["essay"]}], "partitionNames": drafts}
        launched = self.opened.ask(LAUNCH, params=params)["launchPartitionBackfill"]
        assert launched["__typename"] == "LaunchBackfillSuccess", launched

        def ended() -> str | None:
            found = self.opened.ask(STATUS, id=launched["backfillId"])["partitionBackfillOrError"]["status"]
            return None if found in {"REQUESTED", "CANCELING", "FAILING"} else str(found)

        return self.opened.wait(ended, 400)

    def reload(self) -> None:
        (entry,) = self.opened.ask(LOCATIONS)["workspaceOrError"]["locationEntries"]
        self.opened.ask(RELOAD, name=entry["name"])

    def ran(self) -> list[str]:
        return (self.root / "ran").read_text().split()


@pytest.fixture
def study(tmp_path: Path) -> Iterator[Study]:
    project = tmp_path / "project"
    package = project / "src" / "study"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "definitions.py").write_text(DEFINITIONS)
    (project / "pyproject.toml").write_text(
        '[project]\nname = "study"\nversion = "0"\n\n'
        '[tool.dg]\ndirectory_type = "project"\n\n[tool.dg.project]\nroot_module = "study"\n'
    )
    with as_file(example_root()) as example:
        shutil.copytree(example, tmp_path / "data")
    (tmp_path / "ran").touch()
    (tmp_path / "failing").touch()
    home = tmp_path / "home"
    home.mkdir()
    (home / "dagster.yaml").write_text("telemetry: {enabled: false}\nnux: {enabled: false}\n")
    environment = {
        **os.environ,
        "DAGSTER_HOME": str(home),
        "STUDY": str(tmp_path),
        "PYTHONPATH": str(project / "src"),
    }
    found = Study(tmp_path)
    found.build("free-association")
    with dg_dev(project, environment, tmp_path / "server.log") as server:
        server.wait(lambda: server.ask(KEYS)["assetNodes"], 240)
        found.server = server
        yield found


@pytest.mark.slow  # a process a partition: minutes
def test_children_run_after_their_parents_a_failure_holds_back_its_own_and_growth_runs_the_new(
    study: Study,
) -> None:
    held = study.build("free-association")
    drafts = held.filter(pl.col("stage") == "draft")["gen_id"].to_list()
    first, second = drafts[:2]
    (study.root / "failing").write_text(first)
    assert "FAILED" in study.backfill([first, second])
    children = held.filter(pl.col("parent_gen_id") == second)["gen_id"].to_list()
    ran = study.ran()
    assert sorted(ran) == sorted([second, *children])
    assert ran[0] == second

    grown = study.build("free-association, analogy-hunt")
    study.reload()
    new = grown.filter(~pl.col("gen_id").is_in(held["gen_id"].to_list()))
    one = new.filter(pl.col("stage") == "draft")["gen_id"][0]
    assert study.backfill([one]) == "COMPLETED_SUCCESS"
    children = grown.filter(pl.col("parent_gen_id") == one)["gen_id"].to_list()
    assert sorted(study.ran()[len(ran) :]) == sorted([one, *children])
