"""Reading a membership from the local disk, whole: the old one or the new one, whatever a build is doing.

The manifest names the digest of every file; a file that has another one is of another membership, or
damaged. While a build switches, what the manifest in force names may stand aside for a moment, or the
manifest itself change: then it is looked at again.
"""

import hashlib
import io
import time
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import polars as pl
from returns.result import Failure, Result, Success

from cohort_membership.artifacts import CSV, MANIFEST, PARQUET, SCHEMA_VERSION
from cohort_membership.problems import ArtifactCorrupt, Location, Problem, Problems, StorageUnavailable
from cohort_membership.stores.local_commit import READ_SIZE, digests, places, read_json
from cohort_membership.stores.local_parts import DATASET
from cohort_membership.stores.os_errors import as_problem

ATTEMPTS = 40
PAUSE = 0.025
"""Seconds between two attempts: a switch takes a few renames."""


@dataclass(frozen=True, slots=True)
class ReadMembership:
    """A membership as it was at one moment; what a build does afterwards does not change it.

    `table` is the wide table (see `Membership`); of a dataset, whose parts are read when it is collected,
    collecting fails with a file not found once a build has replaced it, and never mixes the two. `csv`
    is membership.csv, open at its start.
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
    what the manifest says and does not become so, and the storage problems.

    >>> read_membership(Path("nowhere"), "demo", attempts=1).failure()[0].code
    'storage-unavailable'
    """
    folder = data_root / "cohorts" / cohort_id
    problems: Problems = ()
    for attempt in range(attempts):
        if attempt:
            time.sleep(PAUSE)
        try:
            found = _read(folder, cohort_id)
        except OSError as error:
            return Failure((as_problem(error, f"read the membership of {cohort_id}"),))
        if isinstance(found, ReadMembership):
            return Success(found)
        problems = found
    return Failure(problems)


def _read(folder: Path, cohort_id: str) -> ReadMembership | Problems:
    manifest = read_json(folder / MANIFEST)
    file = f"cohorts/{cohort_id}/{MANIFEST}"
    if manifest is None:
        if (folder / MANIFEST).is_file():
            return (_corrupt(file, "a JSON object", "something else"),)
        return (
            StorageUnavailable(
                action=f"read the membership of {cohort_id}",
                reason="no manifest: the cohort was not built yet",
                location=Location(file),
            ),
        )
    version = manifest.get("schema_version")
    if not isinstance(version, int) or version > SCHEMA_VERSION:
        return (_corrupt(file, f"schema version {SCHEMA_VERSION}", f"version {version!r}"),)
    named = digests(manifest)
    if CSV not in named or not (PARQUET in named or any(map(_is_part, named))):
        return (_corrupt(file, f"`artifacts` with {CSV} and {PARQUET} or parts of it", "others"),)
    kept: dict[str, BinaryIO] = {}
    parts: list[Path] = []
    with ExitStack() as opened:
        for name, digest in named.items():
            found = _open(folder, name, digest)
            if found is None:
                wanted = f"the file with the SHA-256 {digest[:12]}… that the manifest names"
                return (_corrupt(f"cohorts/{cohort_id}/{name}", wanted, "none, or other bytes"),)
            path, kept[name] = found
            if _is_part(name):
                parts.append(path)
                kept[name].close()
            opened.callback(kept[name].close)
        table = _whole(kept[PARQUET]) if PARQUET in kept else pl.scan_parquet(parts)
        csv = kept.pop(CSV)
        opened.pop_all()
    for one in kept.values():
        one.close()
    return ReadMembership(manifest, table, csv)


def _is_part(name: str) -> bool:
    return name.startswith(f"{DATASET}/")


def _whole(file: BinaryIO) -> pl.LazyFrame:
    """The table of one file, read into memory: `single_rows` bounds it."""
    return pl.read_parquet(io.BytesIO(file.read())).lazy()


def _open(folder: Path, name: str, digest: str) -> tuple[Path, BinaryIO] | None:
    """The file with this digest, open at its start; None where it is at none of its places."""
    for path in places(folder, name):
        with suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError):
            file = path.open("rb")
            if _sha256(file) == digest:
                file.seek(0)
                return path, file
            file.close()
    return None


def _sha256(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    while block := file.read(READ_SIZE):
        digest.update(block)
    return digest.hexdigest()


def _corrupt(file: str, expected: str, got: str) -> Problem:
    return ArtifactCorrupt(
        artifact=file, expected=expected, got=got, remedy="build the cohort again", location=Location(file)
    )
