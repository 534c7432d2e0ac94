"""The Dagster boundary's tests; where Dagster is not installed the folder is not collected.

Not `importorskip("dagster")`: this folder's own name would do for the import.
"""

import shutil
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import as_file
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cohort_membership.example import example_root

if TYPE_CHECKING:
    import dagster as dg

try:
    DAGSTER = version("dagster")
except PackageNotFoundError:
    DAGSTER = ""

collect_ignore_glob = [] if DAGSTER else ["*.py"]


THIRD_PARTY_WARNINGS = (
    # Dagster 1.13 on pydantic 2.14, where resources depend on resources and where components are loaded.
    "ignore:The `__fields__` attribute is deprecated:pydantic.warnings.PydanticDeprecatedSince20",
    "ignore:`parse_obj_as` is deprecated:pydantic.warnings.PydanticDeprecatedSince20",
    # Dagster 1.13 on itself, at the same two places.
    "ignore:InitResourceContext.dagster_run is deprecated:DeprecationWarning",
    r"ignore:Class `(Local|Code)\w*Reference\w*` is currently in beta:dagster.BetaWarning",
    "ignore:Parameter `owners` of initializer `SensorDefinition:dagster.BetaWarning",
    "ignore:Parameter `execution_type` of function `AssetsDefinition.__init__`:dagster.BetaWarning",
    # Dagster 1.13 on Python 3.12, where checks of many partitions are recorded.
    r"ignore:datetime.datetime.utcfromtimestamp:DeprecationWarning:dagster\..*",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent == Path(__file__).parent:
            for warning in THIRD_PARTY_WARNINGS:
                item.add_marker(pytest.mark.filterwarnings(warning))


@pytest.fixture(autouse=True)
def _no_telemetry(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DAGSTER_DISABLE_TELEMETRY", "1")
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    monkeypatch.delenv("DAYDREAMING_DATA_ROOT", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "xdg"))


@pytest.fixture
def data_root(tmp_path: Path) -> Path:
    """The example data root, to write to."""
    with as_file(example_root()) as example:
        return shutil.copytree(example, tmp_path / "data")


@pytest.fixture
def instance() -> "Iterator[dg.DagsterInstance]":
    """An instance of Dagster in memory, which knows the example's cohorts."""
    import dagster as dg

    with dg.DagsterInstance.ephemeral() as ephemeral:
        ephemeral.add_dynamic_partitions("cohorts", ["first-steps", "coupled-judges"])
        yield ephemeral
