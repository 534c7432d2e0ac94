"""One address chooses the store.

    data, ./data, file:///srv/data       files on the local disk
    s3://bucket/prefix, gs://…, az://…   objects (extra `s3`), under the names of the local layout
    delta+s3://…, delta+/srv/lake        Delta Lake tables (extra `delta`)
    postgresql://host/database           tables in PostgreSQL (extra `postgres`)
    sqlite:///cohorts.db                 tables in SQLite (extra `sqlite`)

A text without a scheme is a path only if nothing before its first '/' is a ':', '=' or '@': so neither a
connection string nor an address of another program is ever taken for a folder.

`STORES` is the whole of it: to add a store, write its module and add its line.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from returns.result import Result, Success

from cohort_membership.ports import MembershipReader, MembershipWriter, Notify
from cohort_membership.problems import Problems, StorageDenied, fail
from cohort_membership.redaction import (
    names_credentials,
    redacted,
    secrets_of,
    shown_address,
    without_secrets,
)
from cohort_membership.stores.local.store import LocalStore


@dataclass(frozen=True, slots=True)
class Address:
    """An address that has been taken apart.

    `text` may hold a password and is for the store alone; what is shown is `shown`. Of
    `delta+<address>` the text is the address inside.
    """

    scheme: str
    text: str = field(repr=False)
    shown: str = ""
    secrets: tuple[str, ...] = field(default=(), repr=False)

    @property
    def is_local(self) -> bool:
        return self.scheme == "file"

    @property
    def path(self) -> Path:
        """The folder that a local address names.

        >>> parse_address("file:///srv/my%20data").unwrap().path
        PosixPath('/srv/my data')
        """
        return Path(unquote(urlsplit(self.text).path)) if "://" in self.text else Path(self.text)

    def __str__(self) -> str:
        return self.shown

    def joined(self, *parts: str) -> str:
        """The address of something in the store, as it may be shown; a database's has a '#' before it."""
        if self.scheme in (*_DATABASES, "sqlite"):
            return f"{self.shown}#{'/'.join(parts)}"
        return "/".join((self.shown.rstrip("/"), *parts))

    def clean(self, text: str) -> str:
        """The text without anything of this address, or of the environment, that is secret."""
        return without_secrets(text, self.secrets)


@dataclass(frozen=True, slots=True)
class Store:
    """A kind of store: the module that opens it, the extra that brings what the module imports."""

    module: str
    extra: str
    example: str


class StoreModule(Protocol):
    """What a store's module offers."""

    def open_store(self, address: Address, notify: Notify, /) -> Result[MembershipWriter, Problems]: ...
    def open_reader(self, address: Address, /) -> Result[MembershipReader, Problems]: ...


_OBJECTS = "cohort_membership.stores.objects.store"
STORES: Mapping[str, Store] = MappingProxyType(
    {
        "s3": Store(_OBJECTS, "s3", "s3://bucket/prefix"),
        "s3a": Store(_OBJECTS, "s3", "s3a://bucket/prefix"),
        "gs": Store(_OBJECTS, "s3", "gs://bucket/prefix"),
        "az": Store(_OBJECTS, "s3", "az://container/prefix"),
        "abfs": Store(_OBJECTS, "s3", "abfs://container/prefix"),
        "abfss": Store(_OBJECTS, "s3", "abfss://container/prefix"),
        "memory": Store(_OBJECTS, "s3", "memory:///"),
        "delta": Store("cohort_membership.stores.delta.store", "delta", "delta+s3://bucket/prefix"),
        "postgresql": Store(
            "cohort_membership.stores.sql.postgres", "postgres", "postgresql://host/database"
        ),
        "postgres": Store("cohort_membership.stores.sql.postgres", "postgres", "postgres://host/database"),
        "sqlite": Store("cohort_membership.stores.sql.sqlite", "sqlite", "sqlite:///cohorts.db"),
    }
)
"""The store of each scheme; a local path needs none."""

DELTA = "delta+"
_DELTA_ON = ("file", "s3", "s3a", "gs", "az", "abfs", "abfss")
_DATABASES = ("postgresql", "postgres")
_HOSTLESS = ("memory", "sqlite", *_DATABASES)
"""Schemes whose address may name no host: `sqlite:///path`, `postgresql:///database`."""

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_NO_PATH = re.compile(r"[:=@]")
_AUTHORITY = re.compile(r"//[^/]*[:@]")
_BUCKET = re.compile(r"[A-Za-z0-9._-]*")
_HOST = r"(?:[A-Za-z0-9._%-]*|\[[0-9A-Fa-f:.]+\])(?::\d{0,5})?"
_HOSTS = re.compile(rf"{_HOST}(?:,{_HOST})*")
"""PostgreSQL takes several hosts, and a socket's folder with its slashes escaped."""

_A_PATH = "a path, or the address of a store (a folder whose name holds ':', '=' or '@': './' before it)"

CREDENTIALS = (
    "an address that holds no credentials: they come from the environment or a profile (README of stores)"
)


def open_writer(address: str, notify: Notify) -> Result[MembershipWriter, Problems]:
    """The writer that persists memberships at the address.

    An address that is none, a scheme that is not known and an extra that is not installed are
    `storage-denied`. Nothing is connected to yet, so a store that is out of reach is found by the build.

    >>> open_writer("ftp://host/x", lambda *progress: None).failure()[0].reason[:50]
    "the unknown scheme 'ftp' (known: a local path, s3,"
    """
    parsed = parse_address(address)
    return parsed.bind(
        lambda one: Success(LocalStore(one.path, notify)) if one.is_local else _open(one, notify)
    )


def local_root(text: str | Path, action: str) -> Result[Path, Problems]:
    """The folder that an address names, for what works on this machine's disk alone.

    Another store's address is `storage-denied`; `action` completes "expected to …".

    >>> local_root("file:///srv/data", "list cohorts").unwrap()
    PosixPath('/srv/data')
    >>> local_root("s3://bucket/x", "list cohorts").failure()[0].action
    'list cohorts at s3://bucket/x'
    """

    def local(address: Address) -> Result[Path, Problems]:
        if address.is_local:
            return Success(address.path)
        reason = "a store that is no folder of this machine"
        remedy = "give a folder, or its address (file:///srv/data)"
        return fail(StorageDenied(action=f"{action} at {address}", reason=reason, remedy=remedy))

    return parse_address(str(text)).bind(local)


def parse_address(text: str) -> Result[Address, Problems]:
    """The address, or the `storage-denied` that says what is wrong with it, without its secrets.

    >>> parse_address("s3://bucket/cohorts").unwrap()
    Address(scheme='s3', shown='s3://bucket/cohorts')
    >>> parse_address("data").unwrap().path
    PosixPath('data')
    """
    if not text.strip() or "\0" in text:
        return _malformed(text, "an empty one" if not text.strip() else "a NUL in it")
    if text[: len(DELTA)].lower() == DELTA:
        return parse_address(text[len(DELTA) :]).bind(lambda inner: _on_delta(text, inner))
    found = _SCHEME.match(text)
    if found is None:
        return _path(text)
    scheme = found[1].lower()
    if scheme == "file":
        return _file(scheme + text[len(scheme) :])
    if scheme not in STORES or scheme == "delta":
        return _malformed(text, f"the unknown scheme {scheme!r} (known: {_known()})")
    return _remote(scheme, scheme + text[len(scheme) :])


def _path(text: str) -> Result[Address, Problems]:
    """A text without a scheme: a path, where it cannot be anything else."""
    first = text.partition("/")[0]
    if first.partition(":")[0].lower() in {*STORES, "file"} and ":" in first:
        return _malformed(text, "one without '//'")
    if _NO_PATH.search(first) or names_credentials(text) or "://" in text or _AUTHORITY.match(text):
        return _malformed(text, "neither a path nor an address that is known", expected=_A_PATH)
    try:
        path = str(Path(text).expanduser())
    except RuntimeError:
        return _malformed(text, "the home of a user who is not known", expected="the folder's full path")
    return Success(Address("file", path, path))


def _remote(scheme: str, text: str) -> Result[Address, Problems]:
    if scheme not in _DATABASES and ("@" in _netloc(text) or "?" in text or names_credentials(text)):
        return _malformed(text, "credentials or options in it", expected=CREDENTIALS)
    fault = _fault(scheme, text)
    if fault is not None:
        return _malformed(text, f"{fault} (such as {STORES[scheme].example})")
    place, _, table = text.partition("#")  # what a build prints may be given again, table and all
    if scheme in (*_DATABASES, "sqlite") and re.fullmatch(r"[a-z_/]*", table):
        text = place
    return Success(Address(scheme, text, shown_address(text), secrets_of(text, os.environ)))


def _fault(scheme: str, text: str) -> str | None:
    """What is wrong with the form of an address; None where nothing is."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return "one that is no URL"
    host = parts.netloc.rpartition("@")[2]
    is_database = scheme in _DATABASES
    faults = {
        "a '%' that is no escape: write it as '%25'": bool(re.search(r"%(?![0-9A-Fa-f]{2})", text)),
        "a password with '/', '?' or '#' in it: write it as '%2F', '%3F' or '%23'": (
            is_database and "@" in text and "@" not in parts.netloc
        ),
        "more than one '@': write those of a password as '%40'": is_database and text.count("@") > 1,
        "one without a bucket": not parts.netloc and scheme not in _HOSTLESS,
        "one without a file": scheme == "sqlite" and bool(parts.netloc or not parts.path.strip("/")),
        "a bucket whose name can be none": not is_database and not _BUCKET.fullmatch(host),
        "a host or a port that can be none": is_database and not _HOSTS.fullmatch(host),
        "a database's name with ':', '=' or '@' in it": (
            is_database and bool(_NO_PATH.search(unquote(parts.path)))
        ),
        "white space: write it as '%20'": is_database and bool(re.search(r"\s", text)),
    }
    return next((fault for fault, is_so in faults.items() if is_so), None)


def _netloc(text: str) -> str:
    return re.split(r"[/?#]", text.partition("://")[2], maxsplit=1)[0]


def _file(text: str) -> Result[Address, Problems]:
    parts = urlsplit(text) if not re.search(r"[?#]|://[^/]*[\[\]]", text) else urlsplit("")
    if parts.netloc not in {"", "localhost"} or not parts.path or names_credentials(text):
        return _malformed(text, "one that is no local path (such as file:///srv/data)")
    return Success(Address("file", text, text))


def _on_delta(text: str, inner: Address) -> Result[Address, Problems]:
    if inner.scheme not in _DELTA_ON:
        return _malformed(
            text, f"Delta Lake on {inner.scheme!r} (it goes on a local path or an object store)"
        )
    place = str(inner.path.absolute()) if inner.is_local else inner.text
    return Success(Address("delta", place, DELTA + inner.shown, secrets_of(inner.text, os.environ)))


def import_for(address: Address, module: str) -> Result[Any, Problems]:
    """A module that the address's extra brings what it imports for; `storage-denied` without the extra."""
    try:
        return Success(import_module(module))
    except ModuleNotFoundError as error:
        if error.name is not None and error.name.startswith("cohort_membership"):
            raise
        return fail(
            StorageDenied(
                action=f"open the store at {address}",
                reason=f"no module {error.name!r}",
                remedy=f"install the extra: pip install 'cohort-membership[{STORES[address.scheme].extra}]'",
            )
        )


def _open(address: Address, notify: Notify) -> Result[MembershipWriter, Problems]:
    module: Result[StoreModule, Problems] = import_for(address, STORES[address.scheme].module)
    return module.bind(lambda one: one.open_store(address, notify))


def _known() -> str:
    names = [DELTA if scheme == "delta" else scheme for scheme in STORES]
    return ", ".join(["a local path", *names])


def _malformed(text: str, got: str, expected: str | None = None) -> Result[Address, Problems]:
    action = f"open the store at {redacted(text)!r}"
    remedy = f"give {expected}" if expected else "write it as the documentation's table of stores does"
    return fail(StorageDenied(action=action, reason=got, remedy=remedy))
