"""PostgreSQL, started for the suite, and SQLite: the same tests hold for both."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("adbc_driver_manager")

from tests.stores.cohorts import lay_out
from tests.stores.postgres_server import PostgresServer, postgres_server, runnable
from tests.stores.sql.tables import PostgresTables, SqliteTables, Tables


@pytest.fixture(scope="session")
def server() -> Iterator[PostgresServer]:
    pytest.importorskip("adbc_driver_postgresql")
    if not runnable():
        pytest.skip("no PostgreSQL server is installed")
    with postgres_server() as one:
        PostgresTables(one).create()
        yield one


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("PG")]:
        monkeypatch.delenv(name)


@pytest.fixture
def postgres(server: PostgresServer) -> PostgresTables:
    """A database that is as if it were new: to make one takes half a second, and to remove it longer."""
    tables = PostgresTables(server)
    tables.empty()
    return tables


@pytest.fixture
def sqlite(tmp_path: Path) -> SqliteTables:
    pytest.importorskip("adbc_driver_sqlite")
    return SqliteTables(tmp_path / "store" / "cohorts.db")


@pytest.fixture(params=["postgres", "sqlite"])
def tables(request: pytest.FixtureRequest) -> Tables:
    found: Tables = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A data root with the cohort alpha as it was."""
    return lay_out(tmp_path / "root", "alpha")
