"""PURE: what was persisted, checked: its digests, its ids, its parents, and the catalogs' ids.

Each check is a function from values that an edge has read to the problems it finds. None of them
reads, and none stops at the first: a damaged membership is told whole.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import polars as pl
from returns.result import Result, Success

from cohort_membership.artifacts import SCHEMA_VERSION, Artifact
from cohort_membership.catalog import COMBOS_FILE, MODELS_FILE, TEMPLATE_FILES, WITHOUT_MODEL, Catalogs
from cohort_membership.problems import ArtifactCorrupt, Location, MissingParent, Problems, UnknownLevel, fail
from cohort_membership.stages import CHAIN, ESSAY, SUBJECT_AXIS
from cohort_membership.suggest import SUGGESTIONS, nearest

REBUILD = "build the cohort again: it is derived from the spec and the catalogs"

MOST_PROBLEMS = 1_000
"""How many problems one check reports: a wrong file would else fill a log with millions."""


def parse_manifest(data: bytes, file: str) -> Result[Mapping[str, Any], Problems]:
    """A manifest from its bytes; `artifact-corrupt` where it is none that this version understands.

    >>> parse_manifest(b'{"schema_version": 1, "artifacts": {}}', "cohorts/demo/manifest.json").unwrap()
    {'schema_version': 1, 'artifacts': {}}
    """
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        return fail(_corrupt(file, "a manifest in JSON", "something else"))
    if not isinstance(content, dict):
        return fail(_corrupt(file, "a manifest: a JSON object", f"a JSON {type(content).__name__}"))
    version = content.get("schema_version")
    if not isinstance(version, int) or version > SCHEMA_VERSION:
        return fail(_corrupt(file, f"a manifest of schema version {SCHEMA_VERSION}", f"version {version!r}"))
    return Success(content)


def manifest_artifacts(manifest: Mapping[str, Any], file: str) -> Result[Mapping[str, Artifact], Problems]:
    """The artifacts that a manifest lists, by name; `artifact-corrupt` where it lists none that can be.

    >>> listed = {"m.csv": {"path": "cohorts/demo/m.csv", "sha256": "00", "rows": 1}}
    >>> manifest_artifacts({"artifacts": listed}, "manifest.json").unwrap()["m.csv"].rows
    1
    """
    try:
        found = {
            name: Artifact(str(one["path"]), str(one["sha256"]), int(one["rows"]))
            for name, one in manifest["artifacts"].items()
        }
    except (KeyError, TypeError, ValueError, AttributeError):
        return fail(_corrupt(file, "`artifacts`, each with path, sha256 and rows", "something else"))
    outside = [one.path for one in found.values() if not _is_inside(one.path)]
    if outside:
        return fail(_corrupt(file, "paths inside the data root", repr(outside[0])))
    return Success(found)


def digest_mismatches(artifacts: Mapping[str, Artifact], digests: Mapping[str, str | None]) -> Problems:
    """`artifact-corrupt` for each artifact whose SHA-256 is not the manifest's; None: it is not there.

    >>> listed = {"membership.csv": Artifact("cohorts/demo/membership.csv", "ab" * 32, 1)}
    >>> digest_mismatches(listed, {"membership.csv": "ab" * 32})
    ()
    >>> [problem.got for problem in digest_mismatches(listed, {"membership.csv": None})]
    ['no file']
    """
    return tuple(
        _corrupt(
            one.path,
            f"the file that the manifest lists (sha256 {_abbreviated(one.sha256)})",
            "no file" if digest is None else f"other bytes (sha256 {_abbreviated(digest)})",
        )
        for name, one in artifacts.items()
        if (digest := digests.get(name)) != one.sha256
    )


def missing_parents(table: pl.DataFrame) -> Problems:
    """`missing-parent`, once for each parent that should be in the table and is not.

    `table` has `stage`, `gen_id` and `parent_gen_id`, as the wide table has.

    >>> rows = [("draft", "d_1", ""), ("essay", "e_1", "d_2")]
    >>> table = pl.DataFrame(rows, schema=["stage", "gen_id", "parent_gen_id"], orient="row")
    >>> [(problem.gen_id, problem.parent_gen_id) for problem in missing_parents(table)]
    [('e_1', 'd_2')]
    """
    orphans = [
        _of(table, stage.name)
        .join(
            _of(table, stage.parent).select("gen_id"), left_on="parent_gen_id", right_on="gen_id", how="anti"
        )
        .with_columns(pl.col("stage").cast(pl.String))
        for stage in CHAIN
        if stage.parent is not None
    ]
    by_parent = (
        pl.concat(one.select("stage", "gen_id", "parent_gen_id") for one in orphans)
        .group_by("stage", "parent_gen_id", maintain_order=True)
        .agg(pl.col("gen_id").first(), pl.len().alias("touched"))
    )
    return tuple(
        MissingParent(stage=stage, gen_id=gen_id, parent_gen_id=parent, touched=touched)
        for stage, parent, gen_id, touched in by_parent.head(MOST_PROBLEMS).iter_rows()
    )


def duplicate_ids(table: pl.DataFrame, file: str) -> Problems:
    """`artifact-corrupt` for each `gen_id` that stands in more than one row of the table; `file` holds it.

    >>> table = pl.DataFrame({"gen_id": ["d_1", "d_2", "d_1"]})
    >>> [problem.got for problem in duplicate_ids(table, "membership.parquet")]
    ['d_1 in 2 rows']
    """
    repeated = (
        table.group_by("gen_id", maintain_order=True).agg(pl.len().alias("rows")).filter(pl.col("rows") > 1)
    )
    return tuple(
        _corrupt(file, "every gen_id in one row", f"{gen_id} in {rows:,} rows")
        for gen_id, rows in repeated.head(MOST_PROBLEMS).iter_rows()
    )


def unknown_levels(table: pl.DataFrame, catalogs: Catalogs) -> Problems:
    """`unknown-level` for each level of the wide table that its catalog does not hold.

    What is wrong with the catalogs themselves comes first; one that could not be read hides its check.
    """
    found = (
        UnknownLevel(
            axis=axis,
            level=level,
            catalog=file,
            suggestion=nearest(level, ids) if number < SUGGESTIONS else None,
        )
        for number, (axis, level, file, ids) in enumerate(_uncatalogued(table, catalogs))
        if number < MOST_PROBLEMS
    )
    return (*catalogs.problems, *found)


def _uncatalogued(table: pl.DataFrame, catalogs: Catalogs) -> Iterator[tuple[str, str, str, Iterable[str]]]:
    """Axis and level of what no catalog holds, with the catalog's file and ids."""
    for level in _levels(table, "combo_id", catalogs.combos):
        yield SUBJECT_AXIS, level, COMBOS_FILE, catalogs.combos or ()
    for stage in CHAIN:
        rows, templates = _of(table, stage.name), catalogs.templates.get(stage.name)
        for level in _levels(rows, "template_id", templates):
            yield stage.template_axis, level, TEMPLATE_FILES[stage.name], templates or ()
        for level in _levels(rows, "llm_model_id", catalogs.models):
            if stage is not ESSAY or level != WITHOUT_MODEL:
                yield stage.llm_axis, level, MODELS_FILE, catalogs.models or ()


def _levels(table: pl.DataFrame, column: str, ids: Iterable[str] | None) -> list[str]:
    """The column's distinct values that are not among the ids; none where there is no catalog."""
    if ids is None:
        return []
    known = frozenset(ids)
    values = table[column].unique(maintain_order=True).cast(pl.String).to_list()
    return [value for value in values if value not in known]


def _of(table: pl.DataFrame, stage: str) -> pl.DataFrame:
    # As text: an Enum of a damaged table may not know the stage, and comparing would raise.
    return table.filter(table["stage"].cast(pl.String) == stage)


def _is_inside(path: str) -> bool:
    return not path.startswith("/") and ".." not in path.split("/")


def _abbreviated(digest: str) -> str:
    return f"{digest[:12]}…" if len(digest) > 12 else digest


def _corrupt(file: str, expected: str, got: str) -> ArtifactCorrupt:
    return ArtifactCorrupt(artifact=file, expected=expected, got=got, remedy=REBUILD, location=Location(file))
