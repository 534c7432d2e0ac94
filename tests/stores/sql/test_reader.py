"""What a database's reader answers: nothing of what was never built, and a problem of what is damaged."""

from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cohort_membership.stores.sql import wide_rows
from tests.stores.cohorts import NEW, Laid, build, lay_out, read_table
from tests.stores.sql.tables import SqliteTables, Tables


def test_what_was_never_built_is_nothing_and_no_file_is_made(tables: Tables, root: Path) -> None:
    reader = tables.reader
    for _ in range(2):
        assert list(reader.cohorts().unwrap()) in ([], ["beta"])
        assert reader.manifest("alpha").unwrap() is None
        assert list(reader.rows("alpha", ["gen_id"]).unwrap()) == []
        assert reader.seeded("draft", pl.Series(["d_1"])).unwrap().to_list() == [None]
        if tables.contents() == {}:
            build(lay_out(root, "beta"), tables.address, "beta").unwrap()


def test_rows_come_in_batches_with_the_columns_asked_for(
    tables: Tables, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(lay_out(root, "alpha", combos=NEW), tables.address).unwrap()
    monkeypatch.setattr(wide_rows, "BATCH_ROWS", 4)
    found = list(tables.reader.rows("alpha", ["replicate", "gen_id", "temperature"]).unwrap())
    assert [table.height for table in found] == [4, 4, 1]
    assert found[0].schema == {"replicate": pl.Int32, "gen_id": pl.String, "temperature": pl.String}
    assert pl.concat(found)["temperature"].null_count() == 9


def test_the_batches_are_of_one_moment_though_a_build_comes_between(
    tables: Tables, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(root, tables.address).unwrap()
    monkeypatch.setattr(wide_rows, "BATCH_ROWS", 4)
    batches = tables.reader.rows("alpha", ["gen_id"]).unwrap()
    first = next(batches)
    build(lay_out(root, "alpha", combos=NEW), tables.address).unwrap()
    assert first.height + sum(one.height for one in batches) == 6
    assert read_table(tables.reader, Laid(root).experiment).height == 9


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no JSON",
        "[]",
        '{"schema_version": 1e999}',
        '{"artifacts": 3}',
        '{"artifacts": {"a": {"rows": 1e999}}}',
    ],
)
def test_a_damaged_manifest_is_artifact_corrupt(tables: Tables, root: Path, text: str) -> None:
    build(root, tables.address).unwrap()
    tables.run(f"UPDATE cohort_manifests SET manifest = '{text}'")
    assert [one.code for one in tables.reader.manifest("alpha").failure()] == ["artifact-corrupt"]
    assert list(tables.reader.cohorts().unwrap()) == ["alpha"]


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=12), kind=st.sampled_from(["TEXT", "BLOB"]))
def test_whatever_bytes_a_manifest_of_sqlite_holds_are_read_and_written_over(
    sqlite: SqliteTables, root: Path, data: bytes, kind: str
) -> None:
    build(root, sqlite.address).unwrap()
    sqlite.run(f"UPDATE cohort_manifests SET manifest = CAST(x'{data.hex()}' AS {kind})")
    assert [one.code for one in sqlite.reader.manifest("alpha").failure()] == ["artifact-corrupt"]
    build(root, sqlite.address).unwrap()
    assert sqlite.reader.manifest("alpha").unwrap() is not None


@pytest.mark.parametrize("value", ["CAST(x'ff41' AS TEXT)", "x'ff41'", "3.5", "NULL"])
def test_cells_of_another_kind_are_read_without_a_crash(sqlite: SqliteTables, root: Path, value: str) -> None:
    build(root, sqlite.address).unwrap()
    sqlite.run(
        f"UPDATE memberships SET combo_id = {value}, replicate = {value} WHERE position = 1",
        f"UPDATE generations SET combo_id = {value}, replicate = {value} WHERE stage = 'draft'",
    )
    found = sqlite.reader.rows("alpha", ["gen_id", "combo_id", "replicate"]).unwrap()
    table = pl.concat(found)
    assert table.height == 6
    ids = table["gen_id"].filter(table["gen_id"].str.starts_with("d_"))
    assert sqlite.reader.seeded("draft", ids).unwrap().null_count() == 0
    build(root, sqlite.address)


def test_a_position_far_away_costs_no_more_than_the_rows_that_are_there(tables: Tables, root: Path) -> None:
    build(root, tables.address).unwrap()
    tables.run("UPDATE memberships SET position = 4000000000000000000 WHERE position = 5")
    assert pl.concat(tables.reader.rows("alpha", ["gen_id"]).unwrap()).height == 6
