"""A backfill of two stages on static sets, launched over GraphQL in a real `dg dev`."""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest
from dagster._daemon.controller import RELOAD_WORKSPACE_INTERVAL

from tests.dagster.servers import DG, Server, dg_dev
from tests.dagster.studies import Study, new_study

pytestmark = pytest.mark.skipif(not DG.exists(), reason="dagster-dg-cli is not installed")

LAUNCH = """mutation Launch($params: LaunchBackfillParams!) {
  launchPartitionBackfill(backfillParams: $params) {
    __typename
    ... on LaunchBackfillSuccess { backfillId }
    ... on PythonError { message }
  }
}"""

STATUS = """query Status($id: String!) {
  partitionBackfillOrError(backfillId: $id) { ... on PartitionBackfill {
    status error { message }
  } }
}"""

LOCATIONS = "{ workspaceOrError { ... on Workspace { locationEntries { name } } } }"

RELOAD = """mutation Reload($name: String!) {
  reloadRepositoryLocation(repositoryLocationName: $name) { __typename }
}"""

KEYS = "{ assetNodes { assetKey { path } partitionKeys } }"


@dataclass(frozen=True)
class Opened:
    """A study, and a `dg dev` on it."""

    study: Study
    server: Server

    def backfill(self, drafts: list[str]) -> tuple[str, str]:
        """Launches a backfill of these drafts and what follows from them; how it ended, and why it failed."""
        params = {"assetSelection": [{"path": ["draft"]}, {"path": ["essay"]}], "partitionNames": drafts}
        launched = self.server.ask(LAUNCH, params=params)["launchPartitionBackfill"]
        assert launched["__typename"] == "LaunchBackfillSuccess", launched

        def ended() -> tuple[str, str] | None:
            found = self.server.ask(STATUS, id=launched["backfillId"])["partitionBackfillOrError"]
            is_going = found["status"] in {"REQUESTED", "CANCELING", "FAILING"}
            return None if is_going else (str(found["status"]), str(found["error"]))

        return self.server.wait(ended, 400)

    def reload(self) -> None:
        """Loads the code location anew, and waits until the daemon has seen it: it looks once a minute."""
        (entry,) = self.server.ask(LOCATIONS)["workspaceOrError"]["locationEntries"]
        self.server.ask(RELOAD, name=entry["name"])
        time.sleep(RELOAD_WORKSPACE_INTERVAL + 15)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    study = new_study(tmp_path)
    home = tmp_path / "home"
    home.mkdir()
    (home / "dagster.yaml").write_text("telemetry: {enabled: false}\nnux: {enabled: false}\n")
    project = tmp_path / "project"
    environment = {
        **os.environ,
        "DAGSTER_HOME": str(home),
        "STUDY": str(tmp_path),
        "PYTHONPATH": str(project / "src"),
    }
    with dg_dev(project, environment, tmp_path / "server.log") as server:
        server.wait(lambda: server.ask(KEYS)["assetNodes"], 240)
        yield Opened(study, server)


@pytest.mark.slow  # a process a partition, and a daemon that looks twice a minute: minutes
def test_children_run_after_their_parents_a_failure_holds_back_its_own_and_growth_runs_the_new(
    opened: Opened,
) -> None:
    study = opened.study
    held = study.build("free-association")
    drafts = held.filter(pl.col("stage") == "draft")["gen_id"].to_list()
    first, second = drafts[:2]
    study.fail(first)
    assert "FAILED" in opened.backfill([first, second])[0]
    children = held.filter(pl.col("parent_gen_id") == second)["gen_id"].to_list()
    ran = study.ran()
    assert sorted(ran) == sorted([second, *children])
    assert ran[0] == second

    grown = study.build("free-association, analogy-hunt")
    opened.reload()
    new = grown.filter(~pl.col("gen_id").is_in(held["gen_id"].to_list()))
    one = new.filter(pl.col("stage") == "draft")["gen_id"][0]
    assert opened.backfill([one]) == ("COMPLETED_SUCCESS", "None")
    children = grown.filter(pl.col("parent_gen_id") == one)["gen_id"].to_list()
    assert sorted(study.ran()[len(ran) :]) == sorted([one, *children])
