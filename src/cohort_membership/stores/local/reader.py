"""The read side of a data root on the local disk; a `MembershipReader`."""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import polars as pl
from returns.pipeline import is_successful
from returns.result import Failure, Result, Success

from cohort_membership.artifacts import MANIFEST, METADATA, Artifact
from cohort_membership.manifest import Manifest, corrupt, parse_manifest
from cohort_membership.membership import is_cohort_id
from cohort_membership.problems import Location, Problems, StorageDenied, fail
from cohort_membership.regular_files import Unfit, read_regular
from cohort_membership.stores.local.commit import NO_FILE, places, sha256_of
from cohort_membership.stores.local.os_errors import as_problem
from cohort_membership.stores.local.read import ATTEMPTS, read_tables
from cohort_membership.stores.parquet_rows import batches
from cohort_membership.verify import digest_mismatches

READERS = 8
"""Files read at once: it pays where a disk is far away."""

MANY = 1_000
"""As many generations are looked for in a listing of their stage's folder, and not one by one."""

_NAME = re.compile("[A-Za-z0-9_]+")


@dataclass(frozen=True, slots=True)
class LocalReader:
    """Reads what builds have left under a data root.

    It can return `artifact-corrupt` and the storage problems.
    """

    data_root: Path

    def cohorts(self) -> Result[Sequence[str], Problems]:
        """The cohorts that have a manifest, sorted."""
        home = self.data_root / "cohorts"
        try:
            names = sorted(filter(is_cohort_id, os.listdir(home)))  # noqa: PTH208
        except (FileNotFoundError, NotADirectoryError):
            return Success(())
        except OSError as error:
            return Failure((as_problem(error, "list the cohorts", "cohorts"),))
        return Success([name for name in names if os.path.lexists(home / name / MANIFEST)])

    def manifest(self, cohort_id: str, /) -> Result[Manifest | None, Problems]:
        """The manifest in force; None where the cohort was never built."""
        if not is_cohort_id(cohort_id):
            return Success(None)
        file = f"cohorts/{cohort_id}/{MANIFEST}"
        try:
            return parse_manifest(read_regular(self.data_root / file, self.data_root), file)
        except NO_FILE:
            if os.path.lexists(self.data_root / file):
                return fail(corrupt(file, "a manifest", "something that is no file of the data root"))
            return Success(None)
        except OSError as error:
            return Failure((as_problem(error, f"read {file}", file),))

    def rows(self, cohort_id: str, columns: Sequence[str], /) -> Result[Iterator[pl.DataFrame], Problems]:
        """These columns of the wide table in force, in membership order, in batches."""
        built = self.manifest(cohort_id)
        if not is_successful(built):
            return Failure(built.failure())
        if built.unwrap() is None:
            return Success(iter(()))
        return read_tables(self.data_root, cohort_id, columns).map(batches)

    def seeded(self, stage: str, ids: pl.Series, /) -> Result[pl.Series, Problems]:
        """For each of these generations the metadata that is there, as JSON text; null where none is."""
        home, names = self.data_root / "gens" / stage, ids.to_list()
        there = _listed(home) if len(names) >= MANY else None
        wanted = names if there is None else [one if one in there else None for one in names]
        step = max(1, -(-len(names) // READERS))
        some = [wanted[start : start + step] for start in range(0, len(names), step)]
        with ThreadPoolExecutor(READERS) as readers:
            read = readers.map(lambda part: [self._metadata(home, one) for one in part], some)
            texts = list(chain.from_iterable(read))
        problems = tuple(one for text in texts if not is_successful(text) for one in text.failure())
        if problems:
            return Failure(problems)
        return Success(pl.Series("metadata", [text.unwrap() for text in texts], dtype=pl.String))

    def _metadata(self, home: Path, gen_id: str | None) -> Result[str | None, Problems]:
        if gen_id is None or not _NAME.fullmatch(gen_id):  # an id becomes a path only where it may be one
            return Success(None)
        file = f"gens/{home.name}/{gen_id}/{METADATA}"
        try:
            data = read_regular(home / gen_id / METADATA, self.data_root)
        except FileNotFoundError:
            return Success(None)
        except (Unfit, IsADirectoryError, NotADirectoryError):
            reason = "something that is no file of the data root in its place"
            return fail(StorageDenied(action=f"read {file}", reason=reason, location=Location(file)))
        except OSError as error:
            return Failure((as_problem(error, f"read {file}", file),))
        return Success(data.decode("utf-8-sig", errors="replace") or None)

    def mismatches(self, cohort_id: str, manifest: Manifest, /) -> Result[Problems, Problems]:
        """`artifact-corrupt` for each artifact that is not there or holds something else."""
        home = f"cohorts/{cohort_id}/"
        found: Problems = ()
        for _ in range(ATTEMPTS):
            listed = manifest.artifacts
            try:
                digests = {name: self._digest(home, one) for name, one in listed.items()}
            except OSError as error:
                return Failure((as_problem(error, f"read the membership of {cohort_id}"),))
            found = digest_mismatches(listed, digests)
            now: Result[Manifest | None, Problems] = self.manifest(cohort_id) if found else Success(None)
            latest = now.value_or(None)
            if latest is None or latest.artifacts == listed:
                break
            manifest = latest  # a build has put another membership in its place meanwhile
        return Success(found)

    def _digest(self, home: str, one: Artifact) -> str | None:
        """The digest that the artifact has where a file with it is, else that of the file in its place."""
        paths: Iterable[Path] = (self.data_root / one.path,)
        if one.path.startswith(home):
            paths = places(self.data_root / home, one.path.removeprefix(home))
        digests = []
        for path in paths:
            with suppress(*NO_FILE):
                digests.append(sha256_of(path, self.data_root))
                if digests[-1] == one.sha256:
                    return one.sha256
        return digests[0] if digests else None


def _listed(folder: Path) -> frozenset[str] | None:
    """The names in a folder; None where it cannot be listed."""
    try:
        return frozenset(os.listdir(folder))  # noqa: PTH208 - a million paths would take their time
    except (FileNotFoundError, NotADirectoryError):
        return frozenset()
    except OSError:
        return None
