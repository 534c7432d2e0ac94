"""Rows of the wide table as tables elsewhere hold them: plain types, a position, a digest of them all."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from cohort_membership import artifacts
from cohort_membership.artifacts import Artifact
from cohort_membership.membership import WIDE_COLUMNS, BuildReport, BuildRequest, Membership
from cohort_membership.plan import Plan
from cohort_membership.problems import ArtifactCorrupt, GenerationConflict, Location, Problem, Problems
from cohort_membership.stores.local import PLAN_DIGEST, SEEDED
from cohort_membership.stores.plan_digest import plan_digest

MEMBERSHIPS, GENERATIONS = "memberships", "generations"
"""The tables: all memberships, and the metadata of all generations, each seeded once."""

POSITION = "position"
"""A row's place in its membership, from 0: tables have no order of their own."""

BATCH_ROWS = 100_000
"""Few enough that the next batch can be made while one is written, many enough that a load costs little."""

SEED_COLUMNS = (
    *("gen_id", "stage", "origin_cohort_id", "mode", "template_id", "combo_id", "parent_gen_id"),
    *("llm_model_id", "replicate"),
)
"""The columns of `generations`: the keys of a seed's `metadata.json`, null where it has no such key."""

MOST_CONFLICTS = 1_000
"""How many conflicts a build reports."""


@dataclass(slots=True)
class RowsDigest:
    """The SHA-256 of a membership's rows, the same in every table store.

    It is that of the rows in membership order, in UTF-8: the columns of the wide table in their order,
    '|' between them (no level holds one), LF at the end.

    >>> digest = RowsDigest()
    >>> digest.add(pl.DataFrame({name: ["x"] for name in WIDE_COLUMNS}))
    >>> digest.sha256 == hashlib.sha256(b"x|x|x|x|x|x|x|x" + bytes([10])).hexdigest()
    True
    """

    rows: int = 0
    _digest: Any = field(default_factory=hashlib.sha256)

    def add(self, table: pl.DataFrame) -> None:
        lines = table.select(WIDE_COLUMNS).write_csv(include_header=False, separator="|", quote_style="never")
        self._digest.update(lines.encode())
        self.rows += table.height

    @property
    def sha256(self) -> str:
        return str(self._digest.hexdigest())


def positioned(table: pl.DataFrame, start: int) -> pl.DataFrame:
    """A part of the wide table as it is stored: text for Enum, and each row's position from `start`."""
    positions = pl.int_range(start, start + table.height, dtype=pl.Int64, eager=True).alias(POSITION)
    text = [pl.col(name).cast(pl.String) for name in WIDE_COLUMNS if name != "replicate"]
    return table.select(positions, *text, pl.col("replicate").cast(pl.Int32)).select(POSITION, *WIDE_COLUMNS)


def stored_batches(membership: Membership, digest: RowsDigest) -> Iterator[pl.DataFrame]:
    """The rows as they are stored, in batches; the digest grows with them."""
    for table in membership.batches(BATCH_ROWS):
        start = digest.rows
        digest.add(table)
        yield positioned(table, start)


def made_ahead(batches: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """The same batches, the next one being made on another thread while one is used.

    >>> [table.height for table in made_ahead(iter([pl.DataFrame({"a": [1]}), pl.DataFrame({"a": [2, 3]})]))]
    [1, 2]
    """
    with ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(next, batches, None)
        while (table := waiting.result()) is not None:
            waiting = thread.submit(next, batches, None)
            yield table


def manifest_of(plan: Plan, digest: RowsDigest, request: BuildRequest) -> str:
    """The manifest of a membership in a table. It lists one artifact: the rows, with their digest."""
    listed = {MEMBERSHIPS: Artifact(MEMBERSHIPS, digest.sha256, digest.rows)}
    more = {PLAN_DIGEST: plan_digest(plan), SEEDED: request.seed_metadata}
    return artifacts.manifest_text(artifacts.manifest(plan, listed, **more))


def of_newer_schema(manifest: bytes | str, place: str) -> Problem | None:
    """What is wrong where a newer version of this package has written the manifest that is in force."""
    try:
        version = dict(json.loads(manifest)).get("schema_version", artifacts.SCHEMA_VERSION)
    except (ValueError, TypeError, RecursionError):
        return None  # It is damaged, and will be made again.
    if isinstance(version, int) and version <= artifacts.SCHEMA_VERSION:
        return None
    return ArtifactCorrupt(
        artifact=place,
        expected=f"a manifest of schema {artifacts.SCHEMA_VERSION} or older",
        got=f"schema {version!r}, from a newer version of this package",
        remedy="use that version, or move the manifest away to build the membership anew",
        location=Location(place),
    )


def modes(plan: Plan) -> pl.DataFrame:
    """What seeded metadata says of each template's mode: `stage`, `template_id`, `mode`."""
    rows = [
        (stage, template.template_id, template.recorded_mode)
        for stage in plan.counts
        for template in plan.templates[stage].values()
    ]
    return pl.DataFrame(rows, schema=["stage", "template_id", "mode"], orient="row")


def seed_rows(table: pl.DataFrame, plan_modes: pl.DataFrame) -> pl.DataFrame:
    """The seeds of stored rows, as `generations` holds them."""
    is_first = pl.col("parent_gen_id") == ""
    return table.join(plan_modes, on=["stage", "template_id"], how="left", maintain_order="left").select(
        *("gen_id", "stage", "origin_cohort_id", "mode", "template_id"),
        pl.when(is_first).then("combo_id").alias("combo_id"),
        pl.when(~is_first).then("parent_gen_id").alias("parent_gen_id"),
        *("llm_model_id", "replicate"),
    )


def conflicts_among(pairs: Iterable[Mapping[str, Any]]) -> Problems:
    """The conflicts among seeds that differ from what is wanted; at most a thousand.

    Each pair holds a seed that is there under `SEED_COLUMNS`, and what is wanted under the same names
    with `wanted_` before them; null is a key that is not there.
    """
    found: list[Problem] = []
    for pair in pairs:
        there = {name: pair[name] for name in SEED_COLUMNS if pair[name] is not None}
        wanted = {name: pair[f"wanted_{name}"] for name in SEED_COLUMNS if pair[f"wanted_{name}"] is not None}
        if not artifacts.belongs(there, wanted):
            found.append(
                GenerationConflict(
                    gen_id=wanted["gen_id"],
                    expected=artifacts.described(wanted),
                    got=artifacts.described(there),
                    location=Location(f"{GENERATIONS}/{wanted['gen_id']}"),
                )
            )
        if len(found) == MOST_CONFLICTS:
            break
    return tuple(found)


def report_of(
    membership: Membership, request: BuildRequest, places: Mapping[str, str], seeded: int
) -> BuildReport:
    """The report of a build into tables; `seeded` of all generations were new."""
    plan = membership.plan
    return BuildReport(
        cohort_id=plan.cohort_id,
        counts=plan.counts,
        seeded=seeded,
        reused=membership.rows - seeded if request.seed_metadata else 0,
        artifacts=places,
        notices=plan.notices,
        dry_run=request.dry_run,
        metadata={"spec_digest": plan.spec_digest, "seed": plan.seed, "kernel": membership.kernel},
    )


@dataclass(frozen=True, slots=True, eq=False)
class StoredMembership:
    """A membership as read from a table store: its manifest, and the wide table in its order."""

    manifest: Mapping[str, Any]
    table: pl.DataFrame
