"""A real `dg dev` of this repository, opened on the example data and driven over GraphQL."""

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from daydreaming_dagster.services.cohort_membership import data_root
from tests.dagster.servers import CHROMIUM, DG, Server, dg_dev, holders, members, page

PROJECT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(not DG.exists(), reason="dagster-dg-cli is not installed")

ASSETS = """{
  assetNodes { assetKey { path } groupName kinds partitionKeys description
    owners { ... on TeamAssetOwner { team } } }
}"""

REPOSITORY = """{
  repositoriesOrError { ... on RepositoryConnection { nodes { name location { name } } } }
}"""

LAUNCH = """mutation Launch($params: ExecutionParams!) {
  launchRun(executionParams: $params) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on PythonError { message }
    ... on RunConfigValidationInvalid { errors { message } }
  }
}"""

STATUS = "query Status($run: ID!) { runOrError(runId: $run) { ... on Run { status } } }"

MATERIALIZATION = """query Latest($key: AssetKeyInput!, $partitions: [String!]) {
  assetOrError(assetKey: $key) { ... on Asset {
    assetMaterializations(partitions: $partitions, limit: 1) {
      partition
      metadataEntries { label
        ... on IntMetadataEntry { intValue }
        ... on TextMetadataEntry { text }
        ... on PathMetadataEntry { path }
        ... on TableMetadataEntry { table { records } }
        ... on TableSchemaMetadataEntry { schema { columns { name description } } }
      } } } }
}"""

FAILURE = """query Failure($run: ID!) {
  logsForRun(runId: $run) { ... on EventConnection { events {
    ... on ExecutionStepFailureEvent {
      error { message }
      failureMetadata { metadataEntries { label
        ... on JsonMetadataEntry { jsonString }
        ... on TableMetadataEntry { table { records } } } }
    } } } }
}"""

CHECKS = """query Checks($key: AssetKeyInput!) {
  assetCheckExecutions(assetKey: $key, checkName: "parent_integrity", limit: 5) {
    status partition evaluation { success }
  }
}"""


@dataclass
class Opened:
    """The server, and the data root that it serves."""

    server: Server
    data_root: Path

    def launch(self, cohort_id: str) -> tuple[str, str]:
        """Materializes a cohort's partition of both assets; the run's id and how it ended."""
        (repository,) = self.server.ask(REPOSITORY)["repositoriesOrError"]["nodes"]
        params = {
            "selector": {
                "repositoryName": repository["name"],
                "repositoryLocationName": repository["location"]["name"],
                "jobName": "__ASSET_JOB",
                "assetSelection": [{"path": ["cohort_membership"]}, {"path": ["registered_generations"]}],
            },
            # One process a run, not one a step: the machine that tests may be small.
            "runConfigData": {"execution": {"config": {"in_process": {}}}},
            "mode": "default",
            "executionMetadata": {"tags": [{"key": "dagster/partition", "value": cohort_id}]},
        }
        launched = self.server.ask(LAUNCH, params=params)["launchRun"]
        assert launched["__typename"] == "LaunchRunSuccess", launched
        run = launched["run"]["runId"]

        def ended() -> str | None:
            status = self.server.ask(STATUS, run=run)["runOrError"]["status"]
            return status if status in {"SUCCESS", "FAILURE", "CANCELED"} else None

        return run, self.server.wait(ended, 240)

    def partitions(self) -> list[str]:
        return list(self.server.ask(ASSETS)["assetNodes"][0]["partitionKeys"])

    def add_a_mistaken_cohort(self) -> None:
        """A copy of first-steps with a misspelt level and a misspelt axis, while the server runs."""
        cohorts = self.data_root / "cohorts"
        shutil.copytree(cohorts / "first-steps" / "spec", cohorts / "mistaken" / "spec")
        config = cohorts / "mistaken" / "spec" / "config.yaml"
        text = config.read_text().replace("draft_llm: [larch-large", "draft_llm: [larch-lrage")
        config.write_text(text.replace("evaluation_llm:", "evaluation_llms:"))


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    """`dg dev` on the example data, with nothing configured but where a user's files are."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DAYDREAMING_DATA_ROOT", raising=False)
        patch.setenv("XDG_DATA_HOME", str(home / "xdg"))
        patch.setenv("DAGSTER_HOME", str(home / "dagster"))
        patch.setenv("DAGSTER_DISABLE_TELEMETRY", "1")
        (home / "dagster").mkdir()
        (home / "dagster" / "dagster.yaml").write_text("telemetry: {enabled: false}\nnux: {enabled: false}\n")
        environment = {**os.environ}
        with dg_dev(PROJECT, environment, home / "server.log") as server:
            server.wait(lambda: server.ask(ASSETS)["assetNodes"], 240)
            found = Opened(server, data_root())
            server.wait(found.partitions, 60)
            found.add_a_mistaken_cohort()
            yield found
    assert members(server.process.pid) == []
    assert holders(str(home)) == []


def test_the_assets_are_listed_with_the_examples_cohorts(opened: Opened) -> None:
    nodes = {one["assetKey"]["path"][-1]: one for one in opened.server.ask(ASSETS)["assetNodes"]}
    assert set(nodes) == {"cohort_membership", "registered_generations"}
    node = nodes["cohort_membership"]
    assert {"coupled-judges", "first-steps"} <= set(node["partitionKeys"])
    assert node["groupName"] == "daydreaming"
    assert node["owners"] == [{"team": "daydreaming"}]
    assert set(node["kinds"]) == {"python", "polars", "parquet"}
    assert "Every generation of a cohort" in node["description"]


def test_a_partition_is_launched_finishes_and_its_metadata_is_read_back(opened: Opened) -> None:
    assert opened.launch("coupled-judges")[1] == "SUCCESS"
    asset = opened.server.ask(
        MATERIALIZATION, key={"path": ["cohort_membership"]}, partitions=["coupled-judges"]
    )
    (event,) = asset["assetOrError"]["assetMaterializations"]
    found: dict[str, Any] = {one["label"]: one for one in event["metadataEntries"]}
    folder = opened.data_root / "cohorts" / "coupled-judges"
    manifest = json.loads((folder / "manifest.json").read_text())
    assert found["dagster/row_count"]["intValue"] == sum(manifest["counts"].values())
    assert found["spec_digest"]["text"] == manifest["spec_digest"]
    assert found["artifact/membership.csv"]["path"] == str(folder / "membership.csv")
    assert found["dagster/column_schema"]["schema"]["columns"][1]["name"] == "gen_id"
    assert len(found["preview"]["table"]["records"]) == 9
    (check,) = opened.server.ask(CHECKS, key={"path": ["cohort_membership"]})["assetCheckExecutions"]
    assert (check["status"], check["partition"]) == ("SUCCEEDED", "coupled-judges")


@pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed")
def test_the_assets_page_shows_what_it_is_in_a_browser(opened: Opened, tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{opened.server.port}/assets/cohort_membership?view=overview"
    text = page(url, tmp_path, "--dump-dom").decode()
    for shown in ("cohort_membership", "Every generation of a cohort", "daydreaming"):
        assert shown in text


def test_a_new_cohort_appears_without_a_restart_and_the_run_of_a_bad_one_shows_its_problems(
    opened: Opened,
) -> None:
    opened.server.wait(lambda: "mistaken" in opened.partitions() or None, 90)
    run, status = opened.launch("mistaken")
    assert status == "FAILURE"
    events = opened.server.ask(FAILURE, run=run)["logsForRun"]["events"]
    (event,) = (one for one in events if one.get("error"))
    told = {one["label"]: one for one in event["failureMetadata"]["metadataEntries"]}
    problems = json.loads(told["problems"]["jsonString"])
    assert [one["hint"] for one in problems] == [
        "did you mean 'larch-large'?",
        "did you mean 'evaluation_llm'?",
    ]
    assert len(told["problem_table"]["table"]["records"]) == 2
    for one in problems:
        assert one["message"] in event["error"]["message"]
