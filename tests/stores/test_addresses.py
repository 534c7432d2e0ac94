"""One address chooses the store; what is wrong with one is told without its secrets."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from returns.pipeline import is_successful

from cohort_membership.membership import BuildRequest
from cohort_membership.persist import Guarded
from cohort_membership.problems import Problems, as_json, plain_text
from cohort_membership.redaction import redacted, without_secrets
from cohort_membership.stores import addresses
from cohort_membership.stores.addresses import STORES, local_root, open_writer, parse_address
from cohort_membership.stores.local.store import LocalStore
from cohort_membership.wiring import local_builder, open_builder
from tests.secret_texts import PIECE, SECRET_TEXTS
from tests.stores.cohorts import lay_out

SECRET = "SENTINEL-s3cret"
OPTIONAL = ("obstore", "deltalake", "adbc_driver_manager", "adbc_driver_postgresql", "adbc_driver_sqlite")


def silent(stage: str, done: int, total: int) -> None:
    pass


def problems_of(address: str) -> Problems:
    return open_writer(address, silent).failure()


@pytest.mark.parametrize("address", ["data", "./a b", "/srv/a:b", "file:///srv/data", "./a:b/c", "a/b=c/d@e"])
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
        (f"postgresql:/ann:{SECRET}@host/db", "one without '//'"),
        (f"postgresql://ann:SEC@RET-{SECRET}@host/db", "more than one '@'"),
        (f"jdbc:postgresql://host/db?password={SECRET}", "neither a path nor an address"),
        (f"host=db password={SECRET}", "neither a path nor an address"),
        (f"/srv/data;password={SECRET}", "neither a path nor an address"),
        (f"//ann:{SECRET}@host/db", "neither a path nor an address"),
        (f"ann:{SECRET}@host/db", "neither a path nor an address"),
        ("a:b/c", "neither a path nor an address"),
        ("~nobody-of-that-name/data", "the home of a user who is not known"),
        ("s3://bucket with space/x", "a bucket whose name can be none"),
        ("s3://bucket:80/x", "a bucket whose name can be none"),
        ("postgresql://h:port/db", "a host or a port that can be none"),
        ("postgresql://a host/db", "a host or a port that can be none"),
        ("postgresql://[::1/db", "one that is no URL"),
        ("file:///srv/data?x", "no local path"),
        ("s3:///x", "one without a bucket"),
        ("file://host/x", "no local path"),
        ("sqlite://x.db", "one without a file"),
        ("sqlite:///", "one without a file"),
        ("delta+postgresql://host/x", "Delta Lake on 'postgresql'"),
        ("delta+delta+s3://b/x", "Delta Lake on 'delta'"),
        ("delta://b/x", "the unknown scheme 'delta'"),
        (f"DELTA+S3://key:{SECRET}@b/x", "credentials or options in it"),
        ("postgresql://h/%zz", "a '%' that is no escape"),
        (f"s3://key:{SECRET}@bucket/x", "credentials or options in it"),
        (f"s3://bucket/x?secret={SECRET}", "credentials or options in it"),
        (f"delta+s3://key:{SECRET}@bucket/x", "credentials or options in it"),
        (f"postgresql://ann:{SECRET}/x@host/db", "a password with '/'"),
        (f"postgresql://host:5432/db?password=x@{SECRET}", "a password with '/'"),
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
    from cohort_membership.stores.objects.access import access

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
    from cohort_membership.stores.objects.access import access

    (tmp_path / "credentials").write_text(text)
    environment = {
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
        "AWS_PROFILE": "lab",
        "HOME": "/no",
    }
    problems = access(parse_address("s3://bucket/x").unwrap(), environment).failure()
    assert "cannot be read" in plain_text(problems)
    assert SECRET not in repr(problems)


@pytest.mark.parametrize(
    "address", ["S3://bucket/x", "POSTGRESQL://host/db", "SQLite:///m.db", "DELTA+s3://b/x", "Memory:///"]
)
def test_a_scheme_is_known_in_any_case(address: str) -> None:
    assert (
        parse_address(address).unwrap().shown
        == address.split("://", maxsplit=1)[0].lower() + "://" + (address.split("://")[1])
    )


@pytest.mark.parametrize(
    "address",
    [
        "sqlite:////srv/m.db",
        "postgresql://u:QQQQ@h:5/db?host=/run/pg&port=6000",
        "s3://b/x",
        "delta+s3://b/x",
    ],
)
def test_what_a_store_is_shown_as_can_be_given_again(address: str) -> None:
    shown = parse_address(address).unwrap()
    again = parse_address(shown.joined("memberships")).unwrap()
    assert "QQQQ" not in again.text
    assert again.shown.startswith(shown.shown)


def test_a_quoted_home_is_the_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ann")
    assert parse_address("~/proj").unwrap().path == Path("/home/ann/proj")
    write = local_builder("~/proj").write
    assert isinstance(write, Guarded)
    assert write.write == LocalStore(Path("/home/ann/proj"))


@pytest.mark.parametrize("address", ["s3://bucket/x", "sqlite:///m.db", f"postgresql://u:{SECRET}@h/db"])
def test_an_address_is_no_folder(address: str) -> None:
    problems = local_root(address, "list cohorts").failure()
    assert plain_text(problems).startswith("storage-denied: storage: cannot list cohorts at ")
    assert local_builder(address).build(BuildRequest("demo")).failure()[0].code == "storage-denied"
    assert SECRET not in plain_text(problems)


def test_a_problem_of_another_store_is_placed_there(tmp_path: Path) -> None:
    lay_out(tmp_path / "data", "alpha")
    (tmp_path / "out/cohorts/alpha/membership.csv").mkdir(parents=True)
    builder = open_builder(str(tmp_path / "data"), str(tmp_path / "out")).unwrap()
    location = builder.build(BuildRequest("alpha")).failure()[0].location
    assert location is not None
    assert location.file == str(tmp_path / "out/cohorts/alpha/membership.csv")


def shown_by_all(address: str, data_root: str) -> str:
    """Everything that is told of an address, however it is used: messages, hints, JSON and reprs."""
    told: list[object] = []
    for result in (
        parse_address(address),
        local_root(address, "list cohorts"),
        open_builder(address),
        open_builder(data_root, address),
        open_builder(data_root, executor=address).bind(lambda builder: builder.build(BuildRequest("alpha"))),
        local_builder(address).build(BuildRequest("alpha")) if "://" in address else parse_address(address),
    ):
        told += [result, result.map(str)]
        if not is_successful(result):
            told += [plain_text(result.failure()), *map(as_json, result.failure())]
    return "\n".join(f"{one!r} {one}" for one in told)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(SECRET_TEXTS)
def test_no_text_that_is_given_as_an_address_has_its_password_in_any_output(
    tmp_path: Path, address: str
) -> None:
    if not (tmp_path / "cohorts").exists():
        lay_out(tmp_path, "alpha")
    shown = shown_by_all(address, str(tmp_path))
    assert not PIECE.findall(shown)
    assert not list(Path().glob("*QQ*"))


@given(st.text(max_size=40))
def test_any_text_is_an_address_or_told_to_be_none(text: str) -> None:
    parsed = parse_address(text)
    assert is_successful(parsed) or parsed.failure()[0].code == "storage-denied"


@given(
    st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=4),
    st.sampled_from(["postgresql://u:{}@h/db", "s3://{}@b/x", "postgresql://h/db?password={}", "x://h/p#{}"]),
)
def test_what_is_redacted_holds_no_password(password: str, form: str) -> None:
    address = form.format(f"QQ{password}")
    assert f"QQ{password}" not in redacted(address)
    assert f"QQ{password}" not in without_secrets(f"could not reach {address}, sorry", [])
