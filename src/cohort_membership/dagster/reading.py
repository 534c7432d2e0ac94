"""What was built, read back from any store: the parts of a membership that checks and registration need."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl
from returns.pipeline import is_successful
from returns.result import Failure, Result, Success

from cohort_membership.artifacts import MANIFEST
from cohort_membership.follow.edges import whole
from cohort_membership.manifest import Manifest, corrupt
from cohort_membership.ports import MembershipReader
from cohort_membership.problems import Problems, fail
from cohort_membership.stores.sql.wide_rows import types_of


def manifest_of(memberships: MembershipReader, cohort_id: str) -> Result[Manifest, Problems]:
    """The manifest of a built cohort; `artifact-corrupt` where there is none."""

    def there(found: Manifest | None) -> Result[Manifest, Problems]:
        if found is not None:
            return Success(found)
        file = f"cohorts/{cohort_id}/{MANIFEST}"
        return fail(corrupt(file, "the manifest of a built cohort", "none", "build the cohort"))

    return memberships.manifest(cohort_id).bind(there)


@whole
def table_of(
    memberships: MembershipReader, cohort_id: str, columns: Sequence[str]
) -> Result[pl.DataFrame, Problems]:
    """These columns of a built cohort's wide table, whole; `artifact-corrupt` where it was never built."""
    # Asked for first: of a cohort that was never built a store gives no rows, and no problem.
    built = manifest_of(memberships, cohort_id)
    return built.bind(lambda _: memberships.rows(cohort_id, columns)).map(
        lambda batches: pl.concat([pl.DataFrame(schema=types_of(columns)), *batches])
    )


def generations_of(memberships: MembershipReader, cohort_id: str) -> Result[pl.DataFrame, Problems]:
    """`stage` and `gen_id` of every generation of a built cohort, in membership order."""
    return table_of(memberships, cohort_id, ("stage", "gen_id"))


def digest_of(texts: Iterable[str]) -> str:
    """One digest of many texts, in their order."""
    digest = hashlib.sha256()
    for text in texts:
        digest.update(text.encode() + b"\0")
    return digest.hexdigest()


def manifest_digests(memberships: MembershipReader) -> Result[tuple[Mapping[str, str], Problems], Problems]:
    """A digest of the manifest of each built cohort, another one where it was built anew; and the problems of
    those that cannot be read."""

    def digests(cohorts: Sequence[str]) -> tuple[Mapping[str, str], Problems]:
        found = {one: manifest_of(memberships, one) for one in cohorts}
        told = {
            cohort: digest_of([json.dumps(dict(one.unwrap().content), sort_keys=True, default=str)])
            for cohort, one in found.items()
            if is_successful(one)
        }
        failed = [problem for one in found.values() if not is_successful(one) for problem in one.failure()]
        return told, tuple(failed)

    return memberships.cohorts().map(digests)


@dataclass(eq=False)
class BuiltGenerations:
    """The generations of every built cohort. It keeps what it has read: a membership is read again only
    once its manifest is another, so that a sensor can ask at every look.
    """

    _kept: dict[str, tuple[str, pl.DataFrame]] = field(default_factory=dict)

    def read(
        self,
        memberships: MembershipReader,
        columns: Sequence[str],
        digests: Mapping[str, str] | None = None,
    ) -> Result[pl.DataFrame, Problems]:
        """These columns of every generation, each once, in membership order; `gen_id` is among them.

        `digests` are those of the manifests in force (`manifest_digests`), where they are known.
        """
        known = Success(digests) if digests is not None else manifest_digests(memberships).bind(_all_whole)
        if not is_successful(known):
            return Failure(known.failure())
        tables = [pl.DataFrame(schema=types_of(columns))]
        for cohort, digest in known.unwrap().items():
            kept = self._kept.get(cohort)
            if kept is None or kept[0] != digest or tuple(kept[1].columns) != tuple(columns):
                table = table_of(memberships, cohort, columns)
                if not is_successful(table):
                    return Failure(table.failure())
                kept = self._kept[cohort] = (digest, table.unwrap())
            tables.append(kept[1])
        for gone in self._kept.keys() - known.unwrap().keys():
            del self._kept[gone]
        return Success(pl.concat(tables).unique("gen_id", keep="first", maintain_order=True))


def _all_whole(found: tuple[Mapping[str, str], Problems]) -> Result[Mapping[str, str], Problems]:
    digests, problems = found
    return Failure(problems) if problems else Success(digests)
