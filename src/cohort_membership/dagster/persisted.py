"""EDGE: reads back what builds have persisted, for metadata, checks and registration."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Protocol

import polars as pl
from returns.pipeline import is_successful
from returns.result import Result, Success
from toolz import concat

from cohort_membership.artifacts import CSV, MANIFEST, METADATA, Artifact
from cohort_membership.load import is_cohort_id
from cohort_membership.load.spec_bundle import CONFIG_NAMES
from cohort_membership.membership import WIDE_COLUMNS
from cohort_membership.problems import ArtifactCorrupt, Location, Problem, Problems, StorageDenied, fail
from cohort_membership.stages import CHAIN
from cohort_membership.stores.local_read import ReadMembership, read_membership
from cohort_membership.stores.os_errors import as_problem
from cohort_membership.verify import REBUILD, digest_mismatches, manifest_artifacts, parse_manifest

_UNREADABLE = (pl.exceptions.PolarsError, pl.exceptions.PanicException)
"""What polars raises at bytes that are no table; it panics at some."""

_GEN_ID = re.compile(r"[a-z]+_[0-9a-z]+")


class MembershipReader(Protocol):
    """Reads what was built. `LocalMemberships` does it for a data root; another store brings its own."""

    def built_cohort_ids(self) -> tuple[str, ...]:
        """The cohorts that have a manifest, sorted."""
        ...

    def table(self, cohort_id: str, /) -> Result[pl.DataFrame, Problems]:
        """The wide table, as it is there; `artifact-corrupt` where none can be read."""
        ...

    def preview(self, cohort_id: str, rows: int, /) -> Result[pl.DataFrame, Problems]:
        """The first rows of each stage of the wide table, without reading all of it."""
        ...

    def generations(self, cohort_id: str, /) -> Result[pl.DataFrame, Problems]:
        """`stage` and `gen_id` of every generation; only what the manifest vouches for is given."""
        ...

    def mismatches(self, cohort_id: str, /) -> Result[Problems, Problems]:
        """What is not as the manifest says; a failure where there is no manifest to compare with."""
        ...

    def membership_digest(self, cohort_id: str, /) -> Result[str, Problems]:
        """The SHA-256 of `membership.csv` by the manifest: the version of what downstream reads."""
        ...

    def origin(self, stage: str, gen_id: str, /) -> str | None:
        """The cohort that seeded a generation; None where its metadata is not there or does not say."""
        ...


def cohorts_with(data_root: Path, marks: Iterable[str]) -> tuple[str, ...]:
    """The cohorts under a data root whose folder holds one of these files, sorted."""
    home = data_root / "cohorts"
    folders = {path.relative_to(home).parts[0] for mark in marks for path in home.glob(f"*/{mark}")}
    return tuple(sorted(folder for folder in folders if is_cohort_id(folder)))


def cohorts_with_spec(data_root: Path) -> tuple[str, ...]:
    """The cohorts under a data root that have a spec, sorted."""
    return cohorts_with(data_root, [f"spec/{name}" for name in CONFIG_NAMES])


@dataclass(frozen=True, slots=True)
class UnreadableMemberships:
    """The memberships of a store that nothing here reads back: building works, looking does not."""

    store: str

    def built_cohort_ids(self) -> tuple[str, ...]:
        return ()

    def table(self, _cohort_id: str, /) -> Result[pl.DataFrame, Problems]:
        return fail(self._problem)

    def preview(self, _cohort_id: str, _rows: int, /) -> Result[pl.DataFrame, Problems]:
        return fail(self._problem)

    def generations(self, _cohort_id: str, /) -> Result[pl.DataFrame, Problems]:
        return fail(self._problem)

    def mismatches(self, _cohort_id: str, /) -> Result[Problems, Problems]:
        return fail(self._problem)

    def membership_digest(self, _cohort_id: str, /) -> Result[str, Problems]:
        return fail(self._problem)

    def origin(self, _stage: str, _gen_id: str, /) -> str | None:
        return None

    @property
    def _problem(self) -> Problem:
        return StorageDenied(
            action="read the membership back",
            reason=f"the store {self.store}, which only a local one allows: override `memberships`",
        )


@dataclass(frozen=True, slots=True)
class LocalMemberships:
    """The memberships under a data root on the local disk."""

    data_root: Path

    def built_cohort_ids(self) -> tuple[str, ...]:
        return cohorts_with(self.data_root, (MANIFEST,))

    def table(self, cohort_id: str, /) -> Result[pl.DataFrame, Problems]:
        return self._artifacts(cohort_id).bind(self._read_table)

    def preview(self, cohort_id: str, rows: int, /) -> Result[pl.DataFrame, Problems]:
        return self._artifacts(cohort_id).bind(partial(self._read_preview, rows=rows))

    def generations(self, cohort_id: str, /) -> Result[pl.DataFrame, Problems]:
        # Asked for first, so that a cohort that was not built is told as that, and not as a busy disk.
        built = self._artifacts(cohort_id)
        return built.bind(lambda _: read_membership(self.data_root, cohort_id)).map(_generations)

    def mismatches(self, cohort_id: str, /) -> Result[Problems, Problems]:
        return self._artifacts(cohort_id).bind(partial(self._mismatches, cohort_id))

    def membership_digest(self, cohort_id: str, /) -> Result[str, Problems]:
        return self._artifacts(cohort_id).bind(_csv_of).map(lambda csv: csv.sha256)

    def origin(self, stage: str, gen_id: str, /) -> str | None:
        # A partition key can be any text; only an id may become a path.
        if _GEN_ID.fullmatch(gen_id) is None:
            return None
        try:
            content = json.loads((self.data_root / "gens" / stage / gen_id / METADATA).read_bytes())
        except (OSError, ValueError, RecursionError):
            return None
        origin = content.get("origin_cohort_id") if isinstance(content, dict) else None
        return origin if isinstance(origin, str) else None

    def _artifacts(self, cohort_id: str) -> Result[Mapping[str, Artifact], Problems]:
        file = f"cohorts/{cohort_id}/{MANIFEST}"
        return (
            self._bytes(file)
            .bind(lambda data: parse_manifest(data, file))
            .bind(lambda manifest: manifest_artifacts(manifest, file))
        )

    def _read_table(self, artifacts: Mapping[str, Artifact]) -> Result[pl.DataFrame, Problems]:
        parts = _tables_of(artifacts)
        tables = [self._bytes(path).bind(partial(_decoded, path=path)) for path in parts]
        problems = tuple(concat(one.failure() for one in tables if not is_successful(one)))
        if problems or not tables:
            return fail(*problems or (_corrupt(MANIFEST, "a parquet file among the artifacts", "none"),))
        return Success(pl.concat([one.unwrap() for one in tables]))

    def _read_preview(self, artifacts: Mapping[str, Artifact], rows: int) -> Result[pl.DataFrame, Problems]:
        paths = _tables_of(artifacts)
        try:
            table = pl.scan_parquet([self.data_root / path for path in paths], hive_partitioning=False)
            stage = pl.col("stage").cast(pl.String)
            heads = [table.filter(stage == one.name).head(rows) for one in CHAIN]
            return Success(pl.concat(heads).collect())
        except (*_UNREADABLE, OSError):
            return fail(_corrupt(paths[0] if paths else MANIFEST, "a parquet file", "none that can be read"))

    def _mismatches(self, cohort_id: str, artifacts: Mapping[str, Artifact]) -> Result[Problems, Problems]:
        found = self._digests(artifacts).map(partial(digest_mismatches, artifacts))
        # A build that is switching looks like damage; reading waits until it is done.
        if found.value_or(()) and is_successful(whole := read_membership(self.data_root, cohort_id)):
            whole.unwrap().close()
            return Success(())
        return found

    def _digests(self, artifacts: Mapping[str, Artifact]) -> Result[Mapping[str, str | None], Problems]:
        digests: dict[str, str | None] = {}
        for name, one in artifacts.items():
            try:
                with (self.data_root / one.path).open("rb") as file:
                    digests[name] = hashlib.file_digest(file, "sha256").hexdigest()
            except FileNotFoundError:
                digests[name] = None
            except OSError as error:
                return fail(as_problem(error, f"read {one.path}", one.path))
        return Success(digests)

    def _bytes(self, path: str) -> Result[bytes, Problems]:
        try:
            return Success((self.data_root / path).read_bytes())
        except FileNotFoundError:
            return fail(_corrupt(path, "the file of a built cohort", "no file"))
        except OSError as error:
            return fail(as_problem(error, f"read {path}", path))


def _tables_of(artifacts: Mapping[str, Artifact]) -> list[str]:
    """The wide table's files, in membership order: there are several where it is stored in parts."""
    return [one.path for one in artifacts.values() if one.path.endswith(".parquet")]


def _csv_of(artifacts: Mapping[str, Artifact]) -> Result[Artifact, Problems]:
    if CSV in artifacts:
        return Success(artifacts[CSV])
    return fail(_corrupt(MANIFEST, f"{CSV} among the artifacts", "none"))


def _decoded(data: bytes, path: str) -> Result[pl.DataFrame, Problems]:
    try:
        table = pl.read_parquet(BytesIO(data))
    except (*_UNREADABLE, OSError):
        return fail(_corrupt(path, "a parquet file", "bytes that are none"))
    missing = [column for column in WIDE_COLUMNS if column not in table.columns]
    if missing:
        return fail(_corrupt(path, f"the columns {', '.join(WIDE_COLUMNS)}", f"none named {missing[0]}"))
    return Success(table.select(WIDE_COLUMNS))


def _generations(membership: ReadMembership) -> pl.DataFrame:
    with membership:
        return pl.read_csv(membership.csv, schema={"stage": pl.String, "gen_id": pl.String})


def _corrupt(file: str, expected: str, got: str) -> ArtifactCorrupt:
    return ArtifactCorrupt(artifact=file, expected=expected, got=got, remedy=REBUILD, location=Location(file))
