"""Keys that run out are asked for again while a store is open."""

import sys
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cohort_membership.stores.addresses import parse_address
from cohort_membership.stores.objects import access
from cohort_membership.stores.objects.client import open_objects
from tests.stores.objects.bucket import Bucket


@dataclass
class Session:
    """A profile's credentials as botocore gives them, other ones at every look."""

    profile_name: str
    given: list[str] = field(default_factory=list)

    def get_credentials(self) -> "Session":
        return self

    def get_frozen_credentials(self) -> Any:
        self.given.append(f"SENTINEL-{len(self.given)}")
        return SimpleNamespace(access_key="AKIA", secret_key=self.given[-1], token=None)


@pytest.fixture
def session(bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    (tmp_path / "config").write_text("[profile lab]\nrole_arn = arn:aws:iam::1:role/x\nregion = us-east-1\n")
    session = Session("lab")
    monkeypatch.setitem(sys.modules, "boto3", SimpleNamespace(Session=lambda profile_name: session))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_PROFILE", "lab")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    return session


def test_a_store_that_is_open_for_longer_than_its_keys_asks_for_new_ones(
    bucket: Bucket, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "KEYS_KEPT", timedelta(0))
    client = parse_address(bucket.address).bind(open_objects).unwrap()
    assert client.create("a", b"1")
    asked = len(session.given)
    assert client.create("b", b"2")
    assert len(session.given) > asked > 1
    assert client.clean(" ".join(session.given)) == " ".join("***" for _ in session.given)
    assert "SENTINEL" not in repr(client)


def test_keys_that_still_hold_are_not_asked_for_again(bucket: Bucket, session: Session) -> None:
    client = parse_address(bucket.address).bind(open_objects).unwrap()
    for name in ("a", "b", "c"):
        assert client.create(name, b"")
    assert len(session.given) == 2  # when it was opened, and for its first request


def test_delta_asks_with_each_table_that_it_opens(bucket: Bucket, session: Session) -> None:
    pytest.importorskip("deltalake")
    from cohort_membership.stores.delta.tables import lake_at

    store = parse_address(f"delta+{bucket.address}").bind(lake_at).unwrap()
    first, second = store.options, store.options
    assert first["AWS_SECRET_ACCESS_KEY"] != second["AWS_SECRET_ACCESS_KEY"]
