"""Whatever a database or a lake holds in place of what a build wrote, reading gives a result or a problem."""

import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cohort_membership.membership import BuildRequest
from cohort_membership.wiring import open_builder, open_reader
from tests.stores.cohorts import lay_out
from tests.stores.damage import TYPES, assert_read, damaged

FEW = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

CELLS = [
    *("NULL", "''", "3.5", "9e999", "-1", "x'00ff'", "CAST(x'ff41' AS TEXT)", "'a' || char(0) || 'b'"),
    *("9223372036854775807", "CAST(x'eda080' AS TEXT)", "CAST('1e999' AS BLOB)", "'draft'"),
]
"""What any cell of SQLite may hold, whatever its column says."""

COLUMNS = ["stage", "gen_id", "origin_cohort_id", "parent_gen_id", "combo_id", "template_id", "replicate"]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lay_out(tmp_path_factory.mktemp("derived"), "alpha", "beta")


def built(root: Path, address: str) -> None:
    builder = open_builder(str(root), address).unwrap()
    builder.build(BuildRequest("alpha")).unwrap()
    builder.build(BuildRequest("beta", seed_metadata=False)).unwrap()


def assert_store_read(root: Path, address: str) -> None:
    assert_read(open_reader(address).unwrap(), open_builder(str(root), address).unwrap())


@pytest.fixture(scope="module")
def database(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("adbc_driver_sqlite")
    file = tmp_path_factory.mktemp("sqlite") / "whole.db"
    built(root, f"sqlite:///{file}")
    return file


@FEW
@given(data=st.data())
def test_cells_of_a_database(root: Path, database: Path, data: st.DataObject) -> None:
    import adbc_driver_sqlite.dbapi

    copy = database.with_name("copy.db")
    for one in database.parent.glob("copy.db*"):
        one.unlink()
    connect = adbc_driver_sqlite.dbapi.connect
    with connect(str(database), autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute(f"VACUUM INTO '{copy}'")
    with connect(str(copy), autocommit=True) as connection, connection.cursor() as cursor:
        for change in data.draw(changes(connection)):
            cursor.execute(change)
    assert_store_read(root, f"sqlite:///{copy}")


@st.composite
def changes(draw: st.DrawFn, connection: Any) -> list[str]:
    """Statements that put something else into a manifest, or into some cells."""
    found: list[str] = []
    if draw(st.booleans()):
        with connection.cursor() as cursor:
            cursor.execute("SELECT manifest FROM cohort_manifests WHERE cohort_id = 'alpha'")
            whole = pl.DataFrame(cursor.fetch_arrow()).item().encode()
        text = draw(damaged(whole))
        kind = draw(st.sampled_from(["TEXT", "BLOB"]))
        found.append(f"UPDATE cohort_manifests SET manifest = CAST(x'{text.hex()}' AS {kind})")
    for _ in range(draw(st.integers(0 if found else 1, 3))):
        table = draw(st.sampled_from(["memberships", "generations"]))
        column = draw(st.sampled_from([*COLUMNS, *(["position"] if table == "memberships" else [])]))
        cell = draw(st.sampled_from(CELLS))
        where = draw(st.sampled_from(["", " WHERE stage = 'draft'", " WHERE combo_id = 'c1'"]))
        found.append(f"UPDATE OR IGNORE {table} SET {column} = {cell}{where}")
    return found


@pytest.fixture(scope="module")
def lake(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("deltalake")
    home = tmp_path_factory.mktemp("delta") / "whole"
    built(root, f"delta+{home}")
    return home


@FEW
@given(data=st.data())
def test_files_of_a_lake(root: Path, lake: Path, data: st.DataObject) -> None:
    copy = lake.with_name("copy")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(lake, copy)
    files = sorted(path for path in copy.rglob("*") if path.is_file())
    kinds = {path.relative_to(copy).parts[0] + path.suffix: path for path in files}
    path = data.draw(st.sampled_from(list(kinds.values())))
    whole = path.read_bytes()
    match data.draw(st.sampled_from(["bytes", "gone", "empty"])):
        case "bytes":
            start = data.draw(st.integers(0, len(whole)))
            path.write_bytes(
                whole[:start] + data.draw(st.binary(min_size=1, max_size=6)) + whole[start + 3 :]
            )
        case "gone":
            path.unlink()
        case _:
            path.write_bytes(b"")
    assert_store_read(root, f"delta+{copy}")


@FEW
@given(data=st.data())
def test_columns_of_a_lake(root: Path, lake: Path, data: st.DataObject) -> None:
    from deltalake import write_deltalake

    copy = lake.with_name("copy")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(lake, copy)
    name = data.draw(st.sampled_from(["memberships", "generations", "manifests"]))
    table = _rows(copy / name)
    column = data.draw(st.sampled_from(table.columns))
    if column == "manifest":
        whole = table["manifest"][0].encode()
        text = data.draw(damaged(whole)).decode(errors="replace")
        table = table.with_columns(pl.lit(text).alias(column))
    elif data.draw(st.booleans()):
        table = table.drop(column)
    else:
        kinds = [one for one in TYPES if not isinstance(one, pl.Null | pl.Categorical | pl.UInt64)]
        table = table.with_columns(pl.lit(None, data.draw(st.sampled_from(kinds))).alias(column))
    shutil.rmtree(copy / name)
    write_deltalake(copy / name, table)
    assert_store_read(root, f"delta+{copy}")


def _rows(table: Path) -> pl.DataFrame:
    from deltalake import DeltaTable

    from cohort_membership.stores.delta.arrow import queried

    return queried(DeltaTable(table), "SELECT * FROM t")
