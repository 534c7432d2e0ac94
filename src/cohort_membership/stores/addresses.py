"""One address chooses the store.

    data, ./data, file:///srv/data       files on the local disk
    s3://bucket/prefix, gs://…, az://…   objects (extra `s3`), under the names of the local layout
    delta+s3://…, delta+/srv/lake        Delta Lake tables (extra `delta`)
    postgresql://host/database           tables in PostgreSQL (extra `postgres`)
    sqlite:///cohorts.db                 tables in SQLite (extra `sqlite`)

`STORES` is the whole of it: to add a store, write its module and add its line.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from returns.result import Result, Success

from cohort_membership.ports import MembershipWriter, Notify
from cohort_membership.problems import Problems, StorageDenied, fail
from cohort_membership.stores.local import LocalStore
from cohort_membership.stores.redaction import redacted, secrets_of, without_secrets


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
        """The address of something in the store, as it may be shown."""
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
    """What a store's module offers: `open_store`."""

    def open_store(self, address: Address, notify: Notify, /) -> Result[MembershipWriter, Problems]: ...


_OBJECTS = "cohort_membership.stores.object_store"
STORES: Mapping[str, Store] = MappingProxyType(
    {
        "s3": Store(_OBJECTS, "s3", "s3://bucket/prefix"),
        "s3a": Store(_OBJECTS, "s3", "s3a://bucket/prefix"),
        "gs": Store(_OBJECTS, "s3", "gs://bucket/prefix"),
        "az": Store(_OBJECTS, "s3", "az://container/prefix"),
        "abfs": Store(_OBJECTS, "s3", "abfs://container/prefix"),
        "abfss": Store(_OBJECTS, "s3", "abfss://container/prefix"),
        "memory": Store(_OBJECTS, "s3", "memory:///"),
        "delta": Store("cohort_membership.stores.delta", "delta", "delta+s3://bucket/prefix"),
        "postgresql": Store("cohort_membership.stores.postgres", "postgres", "postgresql://host/database"),
        "postgres": Store("cohort_membership.stores.postgres", "postgres", "postgres://host/database"),
        "sqlite": Store("cohort_membership.stores.sqlite", "sqlite", "sqlite:///cohorts.db"),
    }
)
"""The store of each scheme; a local path needs none."""

DELTA = "delta+"
_DELTA_ON = ("file", "s3", "s3a", "gs", "az", "abfs", "abfss")
_DATABASES = ("postgresql", "postgres")
_HOSTLESS = ("memory", "sqlite", *_DATABASES)
"""Schemes whose address may name no host: `sqlite:///path`, `postgresql:///database`."""

CREDENTIALS = (
    "an address that holds no credentials: they come from the environment or a profile (README, 'Stores')"
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


def parse_address(text: str) -> Result[Address, Problems]:
    """The address, or the `storage-denied` that says what is wrong with it, without its secrets.

    >>> parse_address("s3://bucket/cohorts").unwrap()
    Address(scheme='s3', shown='s3://bucket/cohorts')
    >>> parse_address("data").unwrap().path
    PosixPath('data')
    """
    if not text.strip() or "\0" in text:
        return _malformed(text, "an empty one" if not text.strip() else "a NUL in it")
    if text.startswith(DELTA):
        return parse_address(text.removeprefix(DELTA)).bind(lambda inner: _on_delta(text, inner))
    scheme, colon, rest = text.partition(":")
    scheme = scheme.lower()
    if not colon or (scheme not in STORES and not rest.startswith("//")):
        return Success(Address("file", text, text))
    if scheme == "file":
        return _file(text)
    if scheme not in STORES or scheme == "delta":
        return _malformed(text, f"the unknown scheme {scheme!r} (known: {_known()})")
    return _remote(scheme, text)


def _remote(scheme: str, text: str) -> Result[Address, Problems]:
    fault = _fault(scheme, text)
    if fault is not None:
        return _malformed(text, f"{fault} (such as {STORES[scheme].example})")
    if scheme not in _DATABASES and ("@" in urlsplit(text).netloc or urlsplit(text).query):
        return _malformed(text, "credentials or options in it", expected=CREDENTIALS)
    return Success(Address(scheme, text, redacted(text), secrets_of(text, os.environ)))


def _fault(scheme: str, text: str) -> str | None:
    """What is wrong with the form of an address; None where nothing is."""
    if "://" not in text:
        return "one without '//'"
    try:
        parts = urlsplit(text)
    except ValueError:
        return "one that is no URL"
    faults = {
        "a '%' that is no escape: write it as '%25'": not _percents_are_whole(text),
        "a password with '/', '?' or '#' in it: write it as '%2F', '%3F' or '%23'": (
            scheme in _DATABASES and "@" in text and "@" not in parts.netloc
        ),
        "one without a bucket": not parts.netloc and scheme not in _HOSTLESS,
        "one without a file": scheme == "sqlite" and bool(parts.netloc or not parts.path.strip("/")),
    }
    return next((fault for fault, is_so in faults.items() if is_so), None)


def _file(text: str) -> Result[Address, Problems]:
    parts = urlsplit(text)
    if parts.netloc not in {"", "localhost"} or not parts.path:
        return _malformed(text, "one that is no local path (such as file:///srv/data)")
    return Success(Address("file", text, redacted(text)))


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


def _percents_are_whole(text: str) -> bool:
    return all(
        len(part) >= 2 and all(digit in "0123456789abcdefABCDEF" for digit in part[:2])
        for part in text.split("%")[1:]
    )


def _known() -> str:
    names = [DELTA if scheme == "delta" else scheme for scheme in STORES]
    return ", ".join(["a local path", *names])


def _malformed(text: str, got: str, expected: str | None = None) -> Result[Address, Problems]:
    action = f"open the store at {redacted(text)!r}"
    remedy = f"give {expected}" if expected else "write it as the README's table of stores does"
    return fail(StorageDenied(action=action, reason=got, remedy=remedy))
