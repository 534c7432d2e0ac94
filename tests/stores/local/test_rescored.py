"""A cohort that starts from generations that a data root holds."""

from pathlib import Path

from tests.stores.rescored import assert_rescored


def test_generations_that_exist_are_rescored(tmp_path: Path) -> None:
    assert_rescored(tmp_path, str(tmp_path / "rescored"))
    assert_rescored(tmp_path / "other", str(tmp_path / "elsewhere"))
