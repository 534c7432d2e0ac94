"""The first user's code location: it opens on the example data with nothing to configure."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import dagster as dg
import pytest

from cohort_membership.membership import BuildRequest
from daydreaming_dagster.services.cohort_membership import cohort_membership_builder, data_root


def test_without_configuration_the_data_root_is_a_copy_of_the_example(tmp_path: Path) -> None:
    copy = data_root()
    assert copy == tmp_path / "xdg" / "daydreaming" / "example"
    assert (copy / "cohorts" / "first-steps" / "spec" / "config.yaml").is_file()


def test_the_copy_is_made_once_and_kept(tmp_path: Path) -> None:
    (data_root() / "mine.txt").write_text("mine")
    assert (data_root() / "mine.txt").read_text() == "mine"


def test_processes_that_start_at_once_share_one_whole_copy(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        copies = list(pool.map(lambda _: data_root(), range(16)))
    assert len(set(copies)) == 1
    assert sorted(path.name for path in copies[0].parent.iterdir()) == ["example"]


def test_the_variable_names_another_data_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAYDREAMING_DATA_ROOT", str(tmp_path / "mine"))
    assert data_root() == tmp_path / "mine"


def test_a_script_builds_with_the_same_builder() -> None:
    report = cohort_membership_builder().build_or_raise(BuildRequest("first-steps"))
    assert report.rows == 48


def test_the_code_location_loads_with_its_assets_checks_and_sensor() -> None:
    from daydreaming_dagster.definitions import defs

    loaded = defs() if callable(defs) else defs
    assert isinstance(loaded, dg.Definitions)
    dg.Definitions.validate_loadable(loaded)
    graph = loaded.resolve_asset_graph()
    assert {key.to_user_string() for key in graph.get_all_asset_keys()} == {
        "cohort_membership",
        "registered_generations",
    }
    assert len(graph.asset_check_keys) == 7
    assert [sensor.name for sensor in loaded.sensors or ()] == ["new_cohorts"]


def test_importing_the_definitions_touches_no_data(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-c", "import daydreaming_dagster.definitions"],
        env={**os.environ, "XDG_DATA_HOME": str(tmp_path / "untouched")},
        check=True,
        timeout=120,
    )
    assert not (tmp_path / "untouched").exists()
