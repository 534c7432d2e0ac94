"""A cohort that starts from generations that a store holds."""

from pathlib import Path

from tests.stores.rescored import assert_rescored
from tests.stores.sql.tables import Tables


def test_generations_that_exist_are_rescored(tables: Tables, tmp_path: Path) -> None:
    assert_rescored(tmp_path, tables.address)
