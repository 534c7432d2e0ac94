"""A bucket of its own for each test, in moto's S3 server."""

import os
import urllib.request
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

pytest.importorskip("obstore")
pytest.importorskip("moto")

from tests.stores.cohorts import lay_out
from tests.stores.objects.bucket import Bucket
from tests.stores.s3_server import S3Server, s3_server

SENTINEL = "SENTINEL-s3cret-key"
_NUMBERS = count()


@pytest.fixture(scope="session")
def s3() -> Iterator[S3Server]:
    with s3_server() as server:
        yield server


@pytest.fixture
def bucket(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    settings = {
        "AWS_ACCESS_KEY_ID": "SENTINEL-access-key",
        "AWS_SECRET_ACCESS_KEY": SENTINEL,
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": s3.endpoint,
        "COHORT_STORAGE_TIMEOUT": "20",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    s3.reset()
    name = f"bucket{next(_NUMBERS)}"
    urllib.request.urlopen(urllib.request.Request(f"{s3.endpoint}/{name}", method="PUT")).close()
    s3.reset()
    yield Bucket(s3, name)
    s3.reset()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A data root with the cohort alpha as it was."""
    return lay_out(tmp_path / "root", "alpha")
