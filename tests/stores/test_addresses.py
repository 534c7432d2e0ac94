"""One address chooses the store; what is wrong with one is told without its secrets."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cohort_membership.problems import Problems, plain_text
from cohort_membership.stores import addresses
from cohort_membership.stores.addresses import STORES, open_writer, parse_address
from cohort_membership.stores.local import LocalStore
from cohort_membership.stores.redaction import redacted, without_secrets

SECRET = "SENTINEL-s3cret"
OPTIONAL = ("obstore", "deltalake", "adbc_driver_manager", "adbc_driver_postgresql", "adbc_driver_sqlite")


def silent(stage: str, done: int, total: int) -> None:
    pass


def problems_of(address: str) -> Problems:
    return open_writer(address, silent).failure()


@pytest.mark.parametrize("address", ["data", "./a b", "/srv/data", "file:///srv/data", "a:b/c", "http:x"])
def test_a_path_is_a_local_store(address: str) -> None:
    writer = open_writer(address, silent).unwrap()
    assert isinstance(writer, LocalStore)


def test_a_file_address_is_its_path() -> None:
    assert parse_address("file:///srv/my%20data").unwrap().path == Path("/srv/my data")


@pytest.mark.parametrize(("scheme", "store"), STORES.items(), ids=list(STORES))
def test_every_example_is_opened_by_its_module(scheme: str, store: addresses.Store) -> None:
    assert parse_address(store.example).unwrap().scheme == scheme


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("", "an empty one"),
        ("ftp://host/x", "the unknown scheme 'ftp'"),
        ("s3:bucket", "one without '//'"),
        ("s3:///x", "one without a bucket"),
        ("file://host/x", "no local path"),
        ("sqlite://x.db", "one without a file"),
        ("sqlite:///", "one without a file"),
        ("delta+postgresql://host/x", "Delta Lake on 'postgresql'"),
        ("delta+delta+s3://b/x", "Delta Lake on 'delta'"),
        ("delta://b/x", "the unknown scheme 'delta'"),
        ("postgresql://h/%zz", "a '%' that is no escape"),
        (f"s3://key:{SECRET}@bucket/x", "credentials or options in it"),
        (f"s3://bucket/x?secret={SECRET}", "credentials or options in it"),
        (f"delta+s3://key:{SECRET}@bucket/x", "credentials or options in it"),
        (f"postgresql://ann:{SECRET}/x@host/db", "a password with '/'"),
        (f"postgresql://ann:{SECRET}#x@host/db", "a password with '/'"),
        (f"postgresql://ann:%zz{SECRET}@host/db", "a '%' that is no escape"),
        (f"ftp://ann:{SECRET}@host/x", "the unknown scheme 'ftp'"),
    ],
)
def test_an_address_that_is_none_is_told_without_its_secrets(address: str, words: str) -> None:
    problems = problems_of(address)
    text = plain_text(problems)
    assert words in text
    assert SECRET not in text + repr(problems)
    assert not problems[0].retryable


def test_an_address_shows_no_secret() -> None:
    address = parse_address(f"postgresql://ann:{SECRET}@db/x?sslpassword={SECRET}").unwrap()
    assert SECRET not in f"{address} {address!r} {address.joined('memberships')}"
    assert address.clean(f"got {SECRET}") == "got ***"


@pytest.mark.parametrize(
    ("address", "extra"),
    [
        ("s3://b/x", "s3"),
        ("delta+s3://b/x", "delta"),
        ("postgresql:///x", "postgres"),
        ("sqlite:///x.db", "sqlite"),
    ],
)
def test_an_extra_that_is_missing_is_named(address: str, extra: str) -> None:
    # In a process of its own: modules that are imported once more here would stay beside the first ones.
    code = (
        "import sys\n"
        f"sys.modules.update(dict.fromkeys({OPTIONAL!r}))\n"
        "from cohort_membership.problems import plain_text\n"
        "from cohort_membership.stores.addresses import open_writer\n"
        f"print(plain_text(open_writer({address!r}, print).failure()))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert f"pip install 'cohort-membership[{extra}]'" in done.stdout


def test_an_aws_profile_gives_keys_region_and_endpoint_and_nothing_of_it_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cohort_membership.stores.object_access import access

    (tmp_path / "credentials").write_text(
        f"[lab]\naws_access_key_id = AKIA\naws_secret_access_key = {SECRET}\n[empty]\n"
    )
    (tmp_path / "config").write_text(
        "[profile lab]\nregion = eu-north-1\nendpoint_url = http://127.0.0.1:9\n"
    )
    files = {
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
    }
    address = parse_address("s3://bucket/x").unwrap()
    how = access(address, {**files, "AWS_PROFILE": "lab"}).unwrap()
    assert how.aws == {
        "access_key_id": "AKIA",
        "secret_access_key": SECRET,
        "region": "eu-north-1",
        "endpoint_url": "http://127.0.0.1:9",
    }
    assert how.allow_http
    assert SECRET not in repr(how)
    assert access(address, {**files, "AWS_PROFILE": "lab", "AWS_ACCESS_KEY_ID": "own"}).unwrap().aws == {}
    assert "no AWS profile 'none'" in repr(access(address, {**files, "AWS_PROFILE": "none"}).failure())


@pytest.mark.parametrize("text", [f"[lab\n{SECRET}", f"{SECRET} = 1", "[lab]\n" * 2 + SECRET])
def test_settings_that_cannot_be_read_are_told_without_their_lines(tmp_path: Path, text: str) -> None:
    from cohort_membership.stores.object_access import access

    (tmp_path / "credentials").write_text(text)
    environment = {
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
        "AWS_PROFILE": "lab",
        "HOME": "/no",
    }
    problems = access(parse_address("s3://bucket/x").unwrap(), environment).failure()
    assert "cannot be read" in plain_text(problems)
    assert SECRET not in repr(problems)


@given(
    st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=4),
    st.sampled_from(["postgresql://u:{}@h/db", "s3://{}@b/x", "postgresql://h/db?password={}", "x://h/p#{}"]),
)
def test_what_is_redacted_holds_no_password(password: str, form: str) -> None:
    address = form.format(f"QQ{password}")
    assert f"QQ{password}" not in redacted(address)
    assert f"QQ{password}" not in without_secrets(f"could not reach {address}, sorry", [])
