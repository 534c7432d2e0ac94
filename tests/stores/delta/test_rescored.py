"""A cohort that starts from generations that a store holds."""

from pathlib import Path

from tests.stores.delta.lake import Lake
from tests.stores.rescored import assert_rescored


def test_generations_that_exist_are_rescored(lake: Lake, tmp_path: Path) -> None:
    assert_rescored(tmp_path, lake.address)
