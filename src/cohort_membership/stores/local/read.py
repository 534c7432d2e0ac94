"""Reading a membership from the local disk, whole: the old one or the new one, whatever a build is doing.

The manifest names the digest of every file; a file that has another one is of another membership, or
damaged. While a build switches, what the manifest in force names may stand aside for a moment, or the
manifest itself change: then it is looked at again. What has been found whole is open, and read from there.
"""

import hashlib
import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

import polars as pl
from returns.pipeline import is_successful
from returns.result import Failure, Result, Success

from cohort_membership.artifacts import CSV, MANIFEST
from cohort_membership.manifest import Manifest, corrupt, parse_manifest
from cohort_membership.membership import is_cohort_id
from cohort_membership.problems import InvalidCohortId, Location, Problems, StorageUnavailable, fail
from cohort_membership.regular_files import open_binary, read_regular
from cohort_membership.stores.local.commit import NO_FILE, READ_SIZE, places
from cohort_membership.stores.local.os_errors import as_problem
from cohort_membership.stores.parquet_rows import plain_tables

ATTEMPTS = 40
PAUSE = 0.025
"""Seconds between two attempts: a switch takes a few renames."""

Opened: TypeAlias = tuple[Manifest, dict[str, BinaryIO]]
"""A manifest, and files that it lists, open at their start, by name."""


@dataclass(frozen=True, slots=True)
class ReadMembership:
    """A membership as it was at one moment; what a build does afterwards does not change it.

    `table` is the wide table (see `Membership`), its texts as String; it is read when it is collected, from
    files that are open. `csv` is membership.csv, open at its start.
    """

    manifest: Mapping[str, Any]
    table: pl.LazyFrame
    csv: BinaryIO

    def close(self) -> None:
        self.csv.close()

    def __enter__(self) -> "ReadMembership":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def read_membership(
    data_root: Path, cohort_id: str, *, attempts: int = ATTEMPTS
) -> Result[ReadMembership, Problems]:
    """The membership of a built cohort: its manifest, its table and its csv, which belong together.

    It can return `storage-unavailable` where there is none yet, `artifact-corrupt` where a file is not
    what the manifest says and does not become so, `invalid-cohort-id` and the storage problems.

    >>> read_membership(Path("nowhere"), "demo", attempts=1).failure()[0].code
    'storage-unavailable'
    """
    opened = _opened(data_root, cohort_id, lambda name: name == CSV or is_table(name), attempts)
    return opened.bind(_read)


def read_tables(
    data_root: Path, cohort_id: str, columns: Sequence[str]
) -> Result[Mapping[str, pl.LazyFrame], Problems]:
    """These columns of the wide table of a built cohort, file by file (see `plain_tables`)."""
    opened = _opened(data_root, cohort_id, is_table, ATTEMPTS)
    return opened.bind(lambda one: _tables(one, columns))


def is_table(name: str) -> bool:
    """Whether an artifact is the wide table, or a part of it."""
    return name.endswith(".parquet")


def _read(opened: Opened) -> Result[ReadMembership, Problems]:
    manifest, files = opened
    csv = files.pop(CSV)
    tables = _tables((manifest, files), None)
    if not is_successful(tables):
        csv.close()
    return tables.map(lambda found: ReadMembership(manifest.content, pl.concat(found.values()), csv))


def _tables(opened: Opened, columns: Sequence[str] | None) -> Result[Mapping[str, pl.LazyFrame], Problems]:
    manifest, files = opened
    try:
        return plain_tables({manifest.artifacts[name].path: file for name, file in files.items()}, columns)
    finally:
        for file in files.values():
            file.close()


def _opened(
    data_root: Path, cohort_id: str, is_wanted: Callable[[str], bool], attempts: int
) -> Result[Opened, Problems]:
    """The files of one membership that are wanted; looked for again while a build may be switching."""
    if not is_cohort_id(cohort_id):
        return fail(InvalidCohortId(cohort_id=cohort_id))
    found: Result[Opened, Problems] = Failure(())
    for attempt in range(attempts):
        if attempt:
            time.sleep(PAUSE)
        try:
            found = _manifest(data_root, cohort_id).bind(
                lambda one: _files(data_root, cohort_id, one, is_wanted)
            )
        except OSError as error:
            return Failure((as_problem(error, f"read the membership of {cohort_id}"),))
        if is_successful(found):
            break
    return found


def _manifest(data_root: Path, cohort_id: str) -> Result[Manifest, Problems]:
    file = f"cohorts/{cohort_id}/{MANIFEST}"
    try:
        return parse_manifest(read_regular(data_root / file, data_root), file)
    except NO_FILE:
        if os.path.lexists(data_root / file):
            return fail(corrupt(file, "a manifest", "something that is no file of the data root"))
    reason = "no manifest: the cohort was not built yet"
    action = f"read the membership of {cohort_id}"
    return fail(StorageUnavailable(action=action, reason=reason, location=Location(file)))


def _files(
    data_root: Path, cohort_id: str, manifest: Manifest, is_wanted: Callable[[str], bool]
) -> Result[Opened, Problems]:
    home = f"cohorts/{cohort_id}"
    wanted = {name: one.sha256 for name, one in manifest.artifacts.items() if is_wanted(name)}
    if not any(map(is_table, wanted)) or (is_wanted(CSV) and CSV not in wanted):
        return fail(corrupt(f"{home}/{MANIFEST}", f"`artifacts` with {CSV} and a table", "others"))
    files: dict[str, BinaryIO] = {}
    with ExitStack() as stack:
        for name, digest in wanted.items():
            file = _open(data_root, data_root / home, name, digest)
            if file is None:
                expected = f"the file with the SHA-256 {digest[:12]}… that the manifest names"
                return fail(corrupt(f"{home}/{name}", expected, "none, or other bytes"))
            files[name] = stack.enter_context(file)
        stack.pop_all()
    return Success((manifest, files))


def _open(data_root: Path, folder: Path, name: str, digest: str) -> BinaryIO | None:
    """The file with this digest, open at its start; None where it is at none of its places."""
    for path in places(folder, name):
        with suppress(*NO_FILE):
            file = open_binary(path, data_root)
            if _sha256(file) == digest:
                file.seek(0)
                return file
            file.close()
    return None


def _sha256(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    while block := file.read(READ_SIZE):
        digest.update(block)
    return digest.hexdigest()
