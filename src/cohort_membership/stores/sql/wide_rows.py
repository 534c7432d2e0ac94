"""Rows of the wide table as tables elsewhere hold them: plain types, a position, a digest of them all."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import polars as pl
from returns.pipeline import is_successful

from cohort_membership import metadata
from cohort_membership.artifacts import Artifact
from cohort_membership.experiment import Experiment
from cohort_membership.manifest import manifest_text, of_newer_schema, parse_manifest
from cohort_membership.membership import BuildRequest, Membership
from cohort_membership.metadata import MODE, ORIGIN, PARENT, SUBJECT_SHA256, TEMPLATE_SHA256
from cohort_membership.plan import Plan
from cohort_membership.problems import (
    GenerationConflict,
    Location,
    Problem,
    Problems,
    StorageDenied,
)
from cohort_membership.stage import REPLICATE, TEMPLATE

MEMBERSHIPS, GENERATIONS = "memberships", "generations"
"""The tables: all memberships, and the metadata of all generations, each seeded once."""

POSITION, MANIFEST_ID = "position", "manifest_sha256"
"""Columns of our own in `memberships`: a row's place in its membership, from 0 (tables have no order of
their own), and, where rows name their manifest, its digest."""

BATCH_ROWS = 100_000
"""Few enough that the next batch can be made while one is written, many enough that a load costs little."""

MOST_CONFLICTS = 1_000
"""How many conflicts a build reports."""


def types_of(columns: Iterable[str]) -> pl.Schema:
    """The types of columns of the wide table where they are plain: text, and whole numbers of replicates."""
    return pl.Schema({name: pl.Int32() if name == REPLICATE else pl.String() for name in columns})


def own_columns(experiment: Experiment) -> pl.Schema:
    """The columns that are the experiment's own, with their types: the subject, and those of its stages.

    All may be null in a table, since a stage need not have each of them.

    >>> from cohort_membership.stage import Stage
    >>> stage = Stage("answer", "a_", None, (("replicate", "take"),))
    >>> dict(own_columns(Experiment("question_id", (stage,))))
    {'question_id': String, 'replicate': Int32}
    """
    return types_of((experiment.subject, *experiment.columns))


def seed_columns(experiment: Experiment) -> tuple[str, ...]:
    """The columns of `generations`: the keys of the metadata of any stage; null where a stage has none."""
    digests = (TEMPLATE_SHA256, SUBJECT_SHA256) if experiment.has_texts else ()
    own = (experiment.subject, PARENT, *experiment.columns)
    return ("gen_id", "stage", ORIGIN, MODE, *own, *digests)


def unfit_name(experiment: Experiment, longest: int | None = None) -> Problem | None:
    """What is wrong where a table cannot have the experiment's columns: a name that is taken, or too long."""
    for name in own_columns(experiment):
        reason = ""
        if name in {POSITION, MANIFEST_ID}:
            reason = "the tables have a column of this name for themselves"
        elif longest is not None and len(name) > longest:
            reason = f"a name of more than {longest} characters"
        if reason:
            return StorageDenied(
                action=f"keep the column {name!r} in a table",
                reason=reason,
                remedy="give the column another name in the experiment, or use another kind of store",
            )
    return None


@dataclass(slots=True)
class RowsDigest:
    """The SHA-256 of a membership's rows, the same in every table store.

    It is that of the rows in membership order, in UTF-8: the columns of the experiment's wide table in
    their order, '|' between them (no level holds one), nothing for a null, LF at the end.

    >>> digest = RowsDigest(("stage", "gen_id"))
    >>> digest.add(pl.DataFrame({"stage": ["x", None], "gen_id": ["y", "z"]}))
    >>> digest.sha256 == hashlib.sha256(b"x|y" + bytes([10]) + b"|z" + bytes([10])).hexdigest()
    True
    """

    columns: Sequence[str]
    rows: int = 0
    _digest: Any = field(default_factory=hashlib.sha256)

    def add(self, table: pl.DataFrame) -> None:
        lines = table.select(self.columns).write_csv(include_header=False, separator="|", quote_style="never")
        self._digest.update(lines.encode())
        self.rows += table.height

    @property
    def sha256(self) -> str:
        return str(self._digest.hexdigest())


def digest_for(plan: Plan) -> RowsDigest:
    """The digest, still empty, of the rows of a plan."""
    return RowsDigest(plan.experiment.wide_columns)


def positioned(table: pl.DataFrame, start: int) -> pl.DataFrame:
    """A part of the wide table as it is stored: text for Enum, and each row's position from `start`."""
    positions = pl.int_range(start, start + table.height, dtype=pl.Int64, eager=True).alias(POSITION)
    return table.cast(types_of(table.columns)).insert_column(0, positions)


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
    return manifest_text(plan, listed, has_seeds=request.seed_metadata)


def newer_manifest(manifest: bytes | str, place: str) -> Problem | None:
    """What is wrong where a newer version of this package has written the manifest that is in force."""
    try:
        return of_newer_schema(dict(json.loads(manifest)), place)
    except (ValueError, TypeError, RecursionError):
        return None  # It is damaged, and will be made again.


def listed_rows(manifest: str | None, plan: Plan, request: BuildRequest) -> Artifact | None:
    """The rows that a manifest lists, where it is the one that a build of this plan would write."""
    if manifest is None:
        return None
    read = parse_manifest(manifest.encode(), MEMBERSHIPS)
    if not is_successful(read):
        return None
    artifacts = read.unwrap().artifacts
    is_same = manifest == manifest_text(plan, artifacts, has_seeds=request.seed_metadata)
    return artifacts.get(MEMBERSHIPS) if is_same else None


def modes(plan: Plan) -> pl.DataFrame:
    """What seeded metadata says of each template: `stage`, `template_id`, `mode`, `template_sha256`."""
    of_templates: dict[tuple[str, str], list[str | None]] = {}
    for number, told in enumerate((plan.modes, plan.texts)):
        for stage, by_template in told.items():
            for template, value in by_template.items():
                of_templates.setdefault((stage, template), [None, None])[number] = value
    rows = [(*key, *values) for key, values in of_templates.items()]
    columns = ("stage", TEMPLATE, MODE, TEMPLATE_SHA256)
    return pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String), orient="row")


def subjects(plan: Plan) -> pl.DataFrame:
    """What seeded metadata says of each subject: the subject, `subject_sha256`."""
    columns = (plan.experiment.subject, SUBJECT_SHA256)
    return pl.DataFrame(list(plan.subjects.items()), schema=dict.fromkeys(columns, pl.String), orient="row")


def seed_rows(
    table: pl.DataFrame, plan_modes: pl.DataFrame, plan_subjects: pl.DataFrame, experiment: Experiment
) -> pl.DataFrame:
    """The seeds of stored rows, as `generations` holds them."""
    is_first = pl.col(PARENT) == ""
    if TEMPLATE in table.columns:
        table = table.join(plan_modes, on=["stage", TEMPLATE], how="left", maintain_order="left")
    else:
        nothing = pl.lit(None, pl.String)
        table = table.with_columns(nothing.alias(MODE), nothing.alias(TEMPLATE_SHA256))
    table = table.join(plan_subjects, on=experiment.subject, how="left", maintain_order="left")
    has_text = pl.col(TEMPLATE_SHA256).is_not_null()
    return table.with_columns(
        pl.when(is_first).then(experiment.subject).alias(experiment.subject),
        pl.when(~is_first).then(PARENT).alias(PARENT),
        pl.when(is_first & has_text).then(SUBJECT_SHA256).alias(SUBJECT_SHA256),
    ).select(seed_columns(experiment))


def conflicts_among(pairs: Iterable[Mapping[str, Any]], experiment: Experiment) -> Problems:
    """The conflicts among seeds that differ from what is wanted; at most a thousand.

    Each pair holds a seed that is there under `seed_columns`, and what is wanted under the same names
    with `wanted_` before them; null is a key that is not there.
    """
    columns = seed_columns(experiment)
    found: list[Problem] = []
    for pair in pairs:
        there = {name: pair[name] for name in columns if pair[name] is not None}
        wanted = {name: pair[f"wanted_{name}"] for name in columns if pair[f"wanted_{name}"] is not None}
        if not metadata.belongs(there, wanted, experiment):
            found.append(
                GenerationConflict(
                    gen_id=wanted["gen_id"],
                    expected=metadata.described(wanted, experiment),
                    got=metadata.described(there, experiment),
                    location=Location(f"{GENERATIONS}/{wanted['gen_id']}"),
                )
            )
        if len(found) == MOST_CONFLICTS:
            break
    return tuple(found)
