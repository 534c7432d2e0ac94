"""A lake of its own for each test: on disk, and in moto's S3 server."""

import os
import urllib.request
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

pytest.importorskip("deltalake")

from tests.stores.cohorts import lay_out
from tests.stores.delta.lake import Lake
from tests.stores.s3_server import S3Server, s3_server

_NUMBERS = count()


@pytest.fixture(scope="session")
def s3() -> Iterator[S3Server]:
    with s3_server() as server:
        yield server


@pytest.fixture
def disk(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"))


@pytest.fixture
def bucket(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lake]:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    settings = {
        "AWS_ACCESS_KEY_ID": "SENTINEL-access-key",
        "AWS_SECRET_ACCESS_KEY": "SENTINEL-s3cret-key",
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": s3.endpoint,
        "COHORT_STORAGE_TIMEOUT": "20",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    s3.reset()
    name = f"lake{next(_NUMBERS)}"
    urllib.request.urlopen(urllib.request.Request(f"{s3.endpoint}/{name}", method="PUT")).close()
    s3.reset()
    yield Lake(f"s3://{name}/data", s3)
    s3.reset()


@pytest.fixture(params=["disk", "bucket"])
def lake(request: pytest.FixtureRequest) -> Lake:
    found: Lake = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A data root with the cohort alpha as it was."""
    return lay_out(tmp_path / "root", "alpha")
