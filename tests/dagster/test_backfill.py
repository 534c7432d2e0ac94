"""A backfill of two stages on static sets: what the daemon does with it, in this process."""

import gc
import logging
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from dagster._core.execution.backfill import BulkActionStatus, PartitionBackfill
from dagster._core.remote_origin import InProcessCodeLocationOrigin
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import InProcessWorkspaceLoadTarget
from dagster._daemon.backfill import execute_backfill_iteration
from dagster._time import get_current_timestamp

from tests.dagster.studies import Study, new_study

pytestmark = [
    pytest.mark.filterwarnings("ignore:Function `AssetSelection.sources`:DeprecationWarning"),
    # A run inside the daemon's own event loop, which only a test does, leaves its own loop unclosed.
    pytest.mark.filterwarnings("ignore:coroutine 'BaseEventLoop:RuntimeWarning"),
]

GOING = {BulkActionStatus.REQUESTED, BulkActionStatus.CANCELING, BulkActionStatus.FAILING}


@dataclass
class Daemon:
    """Dagster's daemon on a study, with runs in this process."""

    instance: dg.DagsterInstance
    study: Study

    def backfill(self, name: str, drafts: list[str]) -> str:
        """Backfills these drafts and what follows from them; how it ended."""
        # A file of its own: Python loads each once, as a code location does until it is reloaded.
        file = shutil.copy(self.study.definitions, self.study.root / f"definitions_{name}.py")
        target = LoadableTargetOrigin(python_file=str(file), working_directory=str(self.study.root))
        origin = InProcessCodeLocationOrigin(target)
        with WorkspaceProcessContext(self.instance, InProcessWorkspaceLoadTarget(origin)) as workspace:
            self.instance.add_backfill(
                PartitionBackfill.from_asset_partitions(
                    backfill_id=name,
                    asset_graph=workspace.create_request_context().asset_graph,
                    partition_names=drafts,
                    asset_selection=[dg.AssetKey("draft"), dg.AssetKey("essay")],
                    backfill_timestamp=get_current_timestamp(),
                    tags={},
                    dynamic_partitions_store=self.instance,
                    all_partitions=False,
                    title=None,
                    description=None,
                    run_config=None,
                )
            )
            for _ in range(10):
                problems = list(execute_backfill_iteration(workspace, logging.getLogger("backfill")))
                assert not any(problems), problems
                found = self.instance.get_backfill(name)
                assert found is not None
                if found.status not in GOING:
                    return found.status.value
        raise AssertionError(f"the backfill {name} did not end")


def _class(module: str, name: str) -> dict[str, str]:
    return {"module": f"dagster._core.{module}", "class": name}


HERE = {
    "run_launcher": _class("launcher.sync_in_memory_run_launcher", "SyncInMemoryRunLauncher"),
    "run_coordinator": _class("run_coordinator", "DefaultRunCoordinator"),
}
"""Settings of an instance whose runs are in this process, one after the other."""


@pytest.fixture
def daemon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Daemon]:
    monkeypatch.setenv("STUDY", str(tmp_path))
    home = tmp_path / "home"
    home.mkdir()
    with dg.instance_for_test(temp_dir=str(home), overrides=HERE) as instance:
        yield Daemon(instance, new_study(tmp_path))
    gc.collect()  # what is left is told here, and not in another test


def test_children_run_after_their_parents_a_failure_holds_back_its_own_and_growth_runs_the_new(
    daemon: Daemon,
) -> None:
    study = daemon.study
    held = study.build("free-association")
    first, second = held.filter(pl.col("stage") == "draft")["gen_id"].to_list()[:2]
    study.fail(first)
    assert "FAILED" in daemon.backfill("one", [first, second])
    children = held.filter(pl.col("parent_gen_id") == second)["gen_id"].to_list()
    ran = study.ran()
    assert sorted(ran) == sorted([second, *children])
    assert ran[0] == second

    grown = study.build("free-association, analogy-hunt")
    new = grown.filter(~pl.col("gen_id").is_in(held["gen_id"].to_list()))
    drafts = new.filter(pl.col("stage") == "draft")["gen_id"].to_list()
    assert daemon.backfill("two", drafts) == "COMPLETED_SUCCESS"
    assert sorted(study.ran()[len(ran) :]) == sorted(new["gen_id"].to_list())
