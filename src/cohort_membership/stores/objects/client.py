"""The few things that are asked of an object store, each with its failure as a problem."""

import hashlib
import os
import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError
from obstore.store import from_url
from returns.result import Failure, Result, Success

from cohort_membership.problems import Location, Problem, Problems, StorageDenied
from cohort_membership.redaction import without_secrets
from cohort_membership.stores.addresses import Address
from cohort_membership.stores.objects import errors as object_errors
from cohort_membership.stores.objects.access import RETRIES, Access, access

Objects: TypeAlias = Any
"""An obstore store; its own alias is there for type checkers only."""

ERRORS = (BaseError, OSError, ValueError)
"""What obstore raises: its own errors, `FileNotFoundError`, and `ValueError` for a bad setting."""

MOST_PARTS = 9_000
"""A multipart upload may have 10 000 parts; a large file is cut into larger ones."""

SMALLEST_PART = 8 * 2**20

LARGEST_COPY = 5 * 2**30
"""S3 copies objects of at most 5 GiB by itself; a larger one goes by way of a temporary file."""


class StoreFailed(Exception):
    """Carries a problem from a call to the edge that returns it."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Found:
    """An object as read: its bytes, and the version that a conditional put names."""

    data: bytes
    e_tag: str | None
    version: str | None


@dataclass(frozen=True, slots=True)
class Listed:
    """An object as listed; `e_tag` without its quotation marks."""

    path: str
    size: int
    e_tag: str


@dataclass(frozen=True, slots=True)
class ObjectClient:
    """An opened store. Every call but `reading` raises `StoreFailed` for what it cannot do."""

    objects: Objects = field(repr=False)
    address: Address
    secrets: Collection[str] = field(default=(), repr=False)

    def clean(self, text: str) -> str:
        return without_secrets(self.address.clean(text), self.secrets)

    def get(self, path: str) -> Found | None:
        """The object, whole; None where there is none."""
        with self._calling(f"read {path}", path):
            try:
                result = obstore.get(self.objects, path)
                data = bytes(result.bytes())
            except FileNotFoundError as error:
                if object_errors.classified(error)[0] == "missing":
                    return None
                raise
            return Found(data, result.meta["e_tag"], result.meta["version"])

    def get_file(self, path: str, file: BinaryIO | None = None) -> str | None:
        """The SHA-256 of an object's bytes, None where there is none; a file is filled with them."""
        digest = hashlib.sha256()
        with self._calling(f"read {path}", path):
            try:
                for block in obstore.get(self.objects, path).stream(min_chunk_size=SMALLEST_PART):
                    digest.update(block)
                    if file is not None:
                        file.write(block)
            except FileNotFoundError as error:
                if object_errors.classified(error)[0] == "missing":
                    return None
                raise
        return digest.hexdigest()

    def create(self, path: str, data: bytes) -> bool:
        """Put an object where there is none; False where there is one, which stays as it is."""
        with self._calling(f"write {path}", path):
            try:
                obstore.put(self.objects, path, data, mode="create")
            except AlreadyExistsError:
                return False
            return True

    def replace(self, path: str, data: bytes, known: Found | Listed) -> bool:
        """Put an object over the version that is known; False where that is no longer the one there."""
        version = known.version if isinstance(known, Found) else None
        e_tag = known.e_tag if isinstance(known, Found) else f'"{known.e_tag}"'
        update = {key: value for key, value in (("e_tag", e_tag), ("version", version)) if value is not None}
        with self._calling(f"write {path}", path):
            try:
                obstore.put(self.objects, path, data, mode=update)  # type: ignore[arg-type]
            except PreconditionError:
                return False
            return True

    def put(self, path: str, file: Path) -> None:
        """Put a file, whatever was there; in parts where it is large."""
        size = file.stat().st_size
        with self._calling(f"write {path}", path):
            obstore.put(self.objects, path, file, chunk_size=max(SMALLEST_PART, size // MOST_PARTS + 1))

    def copy(self, source: str, target: str) -> bool:
        """Copy an object over another, by the store where it can; False where there is none."""
        with self._calling(f"write {target}", target):
            try:
                size = obstore.head(self.objects, source)["size"]
            except FileNotFoundError as error:
                if object_errors.classified(error)[0] == "missing":
                    return False
                raise
            if size <= LARGEST_COPY:
                obstore.copy(self.objects, source, target)
                return True
            with tempfile.TemporaryDirectory(prefix="cohort-") as folder:
                file = Path(folder, "copied")
                with file.open("wb") as out:
                    for block in obstore.get(self.objects, source).stream(min_chunk_size=SMALLEST_PART):
                        out.write(block)
                self.put(target, file)
        return True

    def has(self, path: str) -> bool:
        """Whether there is such an object."""
        with self._calling(f"look for {path}", path):
            try:
                obstore.head(self.objects, path)
            except FileNotFoundError:
                return False
            return True

    def delete(self, path: str) -> None:
        """Remove an object; one that is not there is no failure."""
        with self._calling(f"remove {path}", path), suppress(FileNotFoundError):
            obstore.delete(self.objects, path)

    def list(self, prefix: str) -> Iterator[Listed]:
        """All objects under a prefix."""
        with self._calling(f"list {prefix}", prefix):
            for page in obstore.list(self.objects, prefix, chunk_size=1_000):
                for one in page:
                    yield Listed(one["path"], one["size"], (one["e_tag"] or "").strip('"'))

    def folders(self, prefix: str) -> Sequence[str]:
        """The names right under a prefix that have objects under them."""
        with self._calling(f"list {prefix}", prefix):
            found = obstore.list_with_delimiter(self.objects, prefix)["common_prefixes"]
            return [one.rstrip("/").rpartition("/")[2] for one in found]

    @contextmanager
    def _calling(self, action: str, path: str) -> Iterator[None]:
        try:
            yield
        except ERRORS as error:
            clean: Callable[[str], str] = self.clean
            raise StoreFailed(object_errors.as_problem(error, action, clean, Location(path))) from None


def open_objects(address: Address) -> Result[ObjectClient, Problems]:
    """The object store at an address; nothing is asked of it yet.

    It can return `storage-denied`: a profile that is not there, a setting that is missing.
    """
    return access(address, os.environ).bind(lambda how: _open(address, how))


def _open(address: Address, how: Access) -> Result[ObjectClient, Problems]:
    options: dict[str, Any] = {}
    if not address.text.startswith("memory:"):
        options = {
            "client_options": {
                "allow_http": how.allow_http,
                "timeout": timedelta(seconds=how.timeout),
                "connect_timeout": timedelta(seconds=how.connect_timeout),
            },
            "retry_config": {"max_retries": RETRIES, "retry_timeout": timedelta(seconds=how.timeout)},
        }
    if how.aws:
        options["config"] = {f"aws_{key}": value for key, value in how.aws.items()}
    secrets = {value for key, value in how.aws.items() if key not in {"region", "endpoint_url"}}
    if how.keys is not None:
        options["credential_provider"] = how.keys
        secrets = how.keys.secrets
    try:
        return Success(ObjectClient(from_url(address.text, **options), address, secrets))
    except ERRORS as error:
        # Nothing has been asked of the store yet: an address or a setting that stays wrong when tried again.
        reason = address.clean(object_errors.classified(error)[1])
        return Failure((StorageDenied(action=f"open {address}", reason=reason),))
