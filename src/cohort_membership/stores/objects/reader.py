"""The read side of an object store; a `MembershipReader`."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import BinaryIO, cast

import polars as pl
from returns.result import Failure, Result, Success

from cohort_membership.artifacts import MANIFEST, METADATA, Artifact
from cohort_membership.manifest import Manifest, corrupt, parse_manifest
from cohort_membership.membership import is_cohort_id
from cohort_membership.problems import Problems, StorageUnavailable, fail
from cohort_membership.stores.objects.client import ObjectClient, StoreFailed
from cohort_membership.stores.objects.places import artifact_path, version_path
from cohort_membership.stores.objects.seeds import PARALLEL
from cohort_membership.stores.parquet_rows import batches, plain_tables
from cohort_membership.verify import digest_mismatches

ATTEMPTS = 10
"""How often a reader or a finishing build looks again where builds follow one another closely."""


@dataclass(frozen=True, slots=True)
class ObjectReader:
    """Reads what builds have left in an object store.

    What is read of a table stands in a temporary file until it has been used. It can return
    `artifact-corrupt` and the storage problems.
    """

    client: ObjectClient

    def cohorts(self) -> Result[Sequence[str], Problems]:
        """The cohorts that have a manifest, sorted."""
        try:
            names = sorted(filter(is_cohort_id, self.client.folders("cohorts")))
            with ThreadPoolExecutor(PARALLEL) as pool:
                built = list(pool.map(lambda name: self.client.has(artifact_path(name, MANIFEST)), names))
        except StoreFailed as failed:
            return Failure((failed.problem,))
        return Success([name for name, is_built in zip(names, built, strict=True) if is_built])

    def manifest(self, cohort_id: str, /) -> Result[Manifest | None, Problems]:
        """The manifest in force; None where the cohort was never built."""
        if not is_cohort_id(cohort_id):
            return Success(None)
        path = artifact_path(cohort_id, MANIFEST)
        try:
            found = self.client.get(path)
        except StoreFailed as failed:
            return Failure((failed.problem,))
        return Success(None) if found is None else parse_manifest(found.data, path)

    def rows(self, cohort_id: str, columns: Sequence[str], /) -> Result[Iterator[pl.DataFrame], Problems]:
        """These columns of the wide table in force, in membership order, in batches."""
        action = f"read the membership of {cohort_id}"
        seen: Mapping[str, Artifact] | None = None
        for _ in range(ATTEMPTS):
            built = self.manifest(cohort_id)
            manifest = built.value_or(None)
            if manifest is None:
                return built.map(lambda _: iter(()))
            found = self._tables(cohort_id, manifest, columns)
            if isinstance(found, Success) or manifest.artifacts == seen:
                return found.map(batches)
            seen = manifest.artifacts  # another build may have put a new one meanwhile
        return fail(StorageUnavailable(action=action, reason="a new manifest at every look"))

    def seeded(self, stage: str, ids: pl.Series, /) -> Result[pl.Series, Problems]:
        """For each of these generations the metadata that is there, as JSON text; null where none is."""

        def text(gen_id: str | None) -> str | None:
            found = None if gen_id is None else self.client.get(f"gens/{stage}/{gen_id}/{METADATA}")
            return None if found is None else found.data.decode("utf-8-sig", errors="replace") or None

        try:
            with ThreadPoolExecutor(PARALLEL) as pool:
                texts = list(pool.map(text, ids.to_list()))
        except StoreFailed as failed:
            return Failure((failed.problem,))
        return Success(pl.Series("metadata", texts, dtype=pl.String))

    def mismatches(self, cohort_id: str, manifest: Manifest, /) -> Result[Problems, Problems]:
        """`artifact-corrupt` for each artifact that is not there or holds something else."""
        try:
            # Under the contract's names: that is what people read.
            listed = manifest.artifacts
            digests = {name: self.client.get_file(artifact_path(cohort_id, name)) for name in listed}
        except StoreFailed as failed:
            return Failure((failed.problem,))
        return Success(digest_mismatches(listed, digests))

    def _tables(
        self, cohort_id: str, manifest: Manifest, columns: Sequence[str]
    ) -> Result[Mapping[str, pl.LazyFrame], Problems]:
        listed = {name: one for name, one in manifest.artifacts.items() if name.endswith(".parquet")}
        with ExitStack() as stack:
            files: dict[str, BinaryIO] = {}
            for name, one in listed.items():
                file = cast(BinaryIO, stack.enter_context(tempfile.TemporaryFile(buffering=0)))
                try:
                    is_whole = self._fetch(cohort_id, name, one.sha256, file)
                except StoreFailed as failed:
                    return Failure((failed.problem,))
                if not is_whole:
                    return fail(corrupt(one.path, f"bytes of sha256 {one.sha256[:12]}…", "none such"))
                files[one.path] = file
            return plain_tables(files, columns)

    def _fetch(self, cohort_id: str, name: str, sha256: str, file: BinaryIO) -> bool:
        """Fill a file with an artifact; whether it has this digest."""
        # The contract's name serves a data root that another tool has copied here.
        for path in (version_path(cohort_id, name, sha256), artifact_path(cohort_id, name)):
            file.seek(0)
            file.truncate()
            if self.client.get_file(path, file) == sha256:
                file.seek(0)
                return True
        return False
