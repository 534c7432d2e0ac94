"""Every store in Dagster: built, checked, registered, previewed, listed and read downstream as on disk."""

import os
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

pytest.importorskip("obstore")
pytest.importorskip("moto")
pytest.importorskip("deltalake")
pytest.importorskip("adbc_driver_sqlite")
pytest.importorskip("adbc_driver_postgresql")

import obstore

from cohort_membership.dagster import (
    CohortMembershipResource,
    cohort_frame,
    cohort_membership_definitions,
    static_generations,
)
from cohort_membership.dagster.checks import CHECKS
from cohort_membership.ports import ArtifactReader
from tests.dagster.test_data_root import checked, run
from tests.stores.objects.bucket import Bucket
from tests.stores.postgres_server import postgres_server, runnable
from tests.stores.s3_server import S3Server, s3_server
from tests.stores.sql.tables import PostgresTables

COHORT = "first-steps"
STORES = ("disk", "sqlite", "delta", "s3", "delta-on-s3", "postgres")


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    with s3_server() as server:
        yield server


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresTables]:
    if not runnable():
        pytest.skip("no PostgreSQL server is installed")
    with postgres_server() as server:
        tables = PostgresTables(server)
        tables.create()
        yield tables


@pytest.fixture
def bucket(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    settings = {
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": s3.endpoint,
        "AWS_ALLOW_HTTP": "true",
        "COHORT_STORAGE_TIMEOUT": "20",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    s3.reset()
    name = f"bucket{abs(hash(os.environ['PYTEST_CURRENT_TEST'])) % 10**9}"
    urllib.request.urlopen(urllib.request.Request(f"{s3.endpoint}/{name}", method="PUT")).close()
    return Bucket(s3, name)


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a store that is empty."""
    match request.param:
        case "disk":
            return str(tmp_path / "store")
        case "sqlite":
            return f"sqlite:///{tmp_path}/store.db"
        case "delta":
            return f"delta+{tmp_path}/lake"
        case "s3":
            return str(request.getfixturevalue("bucket").address)
        case "delta-on-s3":
            return f"delta+{request.getfixturevalue('bucket').address}"
        case _:
            tables = request.getfixturevalue("postgres")
            tables.empty()
            return str(tables.address)


def test_a_cohort_is_built_checked_registered_and_read_in_every_store(
    store: str, data_root: Path, instance: dg.DagsterInstance
) -> None:
    service = CohortMembershipResource(data_root=str(data_root), store=store)
    result = run(cohort_membership_definitions(service, registration="reconcile"), instance, COHORT)
    assert result.success
    unanswered = set() if isinstance(service.memberships(), ArtifactReader) else {"artifact_digests"}
    assert checked(result) == {name: name != "complete" for name in CHECKS if name not in unanswered}
    skipped = [
        one.user_message for one in instance.all_logs(result.run_id) if "is skipped" in one.user_message
    ]
    assert len(skipped) == len(unanswered)
    (event,) = result.asset_materializations_for_node("cohort_membership")
    assert len(event.metadata["preview"].records) == 9  # type: ignore[attr-defined]
    assert list(service.memberships().cohorts().unwrap()) == [COHORT]
    table = cohort_frame(service, COHORT).collect()
    drafts = table.filter(pl.col("stage") == "draft")["gen_id"].to_list()
    assert instance.get_dynamic_partitions("draft_generations") == drafts
    assert static_generations(service).partitions["draft"].get_partition_keys() == drafts
    assert service.generation("draft", drafts[0])["stage"] == "draft"


def test_the_cohorts_of_a_data_root_in_a_bucket_are_listed_and_built(
    bucket: Bucket, data_root: Path, instance: dg.DagsterInstance
) -> None:
    for path in data_root.rglob("*"):
        if path.is_file():
            obstore.put(bucket.objects, str(path.relative_to(data_root)), path.read_bytes())
    service = CohortMembershipResource(data_root=bucket.address)
    assert service.cohort_ids() == ("coupled-judges", COHORT)
    result = run(cohort_membership_definitions(service), instance, COHORT)
    assert result.success
    (event,) = result.asset_materializations_for_node("cohort_membership")
    assert isinstance(event.metadata["artifact/membership.csv"], dg.UrlMetadataValue)
