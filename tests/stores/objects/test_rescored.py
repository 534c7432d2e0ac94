"""A cohort that starts from generations that a store holds."""

from pathlib import Path

from tests.stores.objects.bucket import Bucket
from tests.stores.rescored import assert_rescored


def test_generations_that_exist_are_rescored(bucket: Bucket, tmp_path: Path) -> None:
    assert_rescored(tmp_path, bucket.address)
