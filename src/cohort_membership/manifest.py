"""The manifest: what a membership was made from, and the digests of what was written.

The one module that knows its keys. The format is the contract's (§7, §10).
"""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

from returns.result import Result, Success

from cohort_membership.artifacts import Artifact
from cohort_membership.experiment import Experiment, ManifestShape
from cohort_membership.plan import Plan
from cohort_membership.problems import ArtifactCorrupt, Location, Problem, Problems, fail

SCHEMA_VERSION = 1
"""Raised when a reader of the old one would read the new one wrongly."""

PLAN_DIGEST, SEEDED = "plan_digest", "seeded"
"""Keys: what the build was made from, and whether it has looked at the seeds."""

REBUILD = "build the cohort again: it is derived from the spec and the catalogs"


@dataclass(frozen=True, slots=True, eq=False)
class Manifest:
    """A manifest as read: `content` is what the JSON holds, `artifacts` the files or tables it lists."""

    content: Mapping[str, Any]
    artifacts: Mapping[str, Artifact]

    @property
    def plan_digest(self) -> str | None:
        """The digest of the plan that was built; None where an early version did not record it."""
        found = self.content.get(PLAN_DIGEST)
        return found if isinstance(found, str) else None

    @property
    def seed(self) -> int | None:
        found = self.content.get("seed")
        return found if _is_count(found) else None

    @property
    def has_seeds(self) -> bool:
        """Whether the build looked at the metadata of every generation."""
        return self.content.get(SEEDED) is True

    @property
    def counts(self) -> Mapping[str, int]:
        """The rows of each stage."""
        found = self.content.get("counts")
        return {stage: n for stage, n in found.items() if _is_count(n)} if isinstance(found, dict) else {}

    @property
    def rows(self) -> int:
        return sum(self.counts.values())

    @property
    def identity(self) -> Mapping[str, Any] | None:
        """What each stage's ids count; None where it does not say: then it is of the built-in experiment."""
        found = self.content.get("identity")
        return found if isinstance(found, dict) else None

    def levels(self, experiment: Experiment) -> Mapping[str, Collection[str]]:
        """The levels of the design by axis, of those axes of the experiment that it tells."""
        shape: ManifestShape = experiment.manifest_shape or {"levels": {one: one for one in experiment.axes}}
        return {
            axis: found
            for axis, found in _leaves(shape, self.content)
            if isinstance(found, list) and all(isinstance(one, str) for one in found)
        }


def manifest_text(plan: Plan, artifacts: Mapping[str, Artifact], *, has_seeds: bool) -> str:
    """The text of the manifest of a membership whose files or tables are `artifacts`."""
    experiment = plan.experiment
    digest = {} if experiment.is_built_in else {"experiment_digest": experiment.digest}
    content = {
        "schema_version": SCHEMA_VERSION,
        "cohort_id": plan.cohort_id,
        "spec_digest": plan.spec_digest,
        **digest,
        "seed": plan.seed,
        "counts": dict(plan.counts),
        **_levels(plan),
        "identity": experiment.identities,
        "artifacts": {
            name: {"path": one.path, "sha256": one.sha256, "rows": one.rows}
            for name, one in artifacts.items()
        },
        PLAN_DIGEST: plan_digest(plan),
        SEEDED: has_seeds,
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _levels(plan: Plan) -> Mapping[str, Any]:
    """The levels of the design by axis, sorted, since they are sets; in the experiment's own form."""

    def filled(shape: ManifestShape) -> Any:
        if isinstance(shape, str):
            return sorted(plan.levels(shape))
        return {key: filled(part) for key, part in shape.items()}

    shape = plan.experiment.manifest_shape
    if shape is None:
        return {"levels": {axis: sorted(plan.levels(axis)) for axis in plan.experiment.axes}}
    return {**{key: filled(part) for key, part in shape.items()}, "replication": dict(plan.replication)}


def _leaves(shape: ManifestShape, content: object) -> Iterator[tuple[str, object]]:
    """What a manifest holds for each axis of a shape."""
    if isinstance(shape, str):
        yield shape, content
    elif isinstance(content, dict):
        for key, part in shape.items():
            yield from _leaves(part, content.get(key))


def plan_digest(plan: Plan) -> str:
    """The SHA-256 of everything that rows, ids and metadata follow from, as hexadecimal text.

    Two builds with the same one write the same. It is of the design's factors, the stages, the seed, and
    of the modes of the templates in the design. It tells more than the spec's digest: a catalog or the
    experiment can change while the spec stays.
    """
    digest = hashlib.sha256()

    def add(value: object) -> None:
        digest.update(json.dumps(value, ensure_ascii=True, sort_keys=True).encode() + b"\n")

    experiment = plan.experiment
    add([SCHEMA_VERSION, plan.cohort_id, plan.seed, experiment.subject, experiment.wide_columns])
    for stage in experiment.stages:
        add([stage.name, experiment.identities[stage.name], stage.columns, sorted(stage.uncounted)])
        add([[one.column, one.axis] for one in stage.added])
    for block in plan.blocks:
        add("design")
        for factor in block.factors:
            add(["factor", *factor.axes])
            for axis in factor.axes:
                add(factor.frame[axis].to_list())
    add(plan.modes)
    return digest.hexdigest()


def parse_manifest(data: bytes, file: str) -> Result[Manifest, Problems]:
    """A manifest from its bytes; `artifact-corrupt` where it is none that this version understands.

    >>> parse_manifest(b'{"schema_version": 1, "seed": 7, "artifacts": {}}', "manifest.json").unwrap().seed
    7
    """
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        return fail(corrupt(file, "a manifest in JSON", "something else"))
    if not isinstance(content, dict):
        return fail(corrupt(file, "a manifest: a JSON object", f"a JSON {type(content).__name__}"))
    newer = of_newer_schema(content, file)
    if newer is not None:
        return fail(newer)
    artifacts = _artifacts(content, file)
    return artifacts.map(lambda listed: Manifest(content, listed))


def of_newer_schema(content: Mapping[str, Any], file: str) -> Problem | None:
    """What is wrong where a newer version of this package wrote the manifest."""
    version = content.get("schema_version", SCHEMA_VERSION)
    if isinstance(version, int) and version <= SCHEMA_VERSION:
        return None
    return ArtifactCorrupt(
        artifact=file,
        expected=f"a manifest of schema {SCHEMA_VERSION} or older",
        got=f"schema {version!r}, from a newer version of this package",
        remedy="use that version, or move the manifest away to build the membership anew",
        location=Location(file),
    )


def _artifacts(content: Mapping[str, Any], file: str) -> Result[Mapping[str, Artifact], Problems]:
    try:
        found = {
            str(name): Artifact(str(one["path"]), str(one["sha256"]), int(one["rows"]))
            for name, one in content["artifacts"].items()
        }
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        return fail(corrupt(file, "`artifacts`, each with path, sha256 and rows", "something else"))
    outside = [path for name, one in found.items() for path in (name, one.path) if not is_inside(path)]
    if outside:
        return fail(corrupt(file, "paths inside the data root", ascii(outside[0])))
    return Success(found)


def is_inside(path: str) -> bool:
    """Whether a path that was read from a manifest may be one of a file below a folder.

    >>> [is_inside(path) for path in ("membership/part-1.parquet", "../x", "/x", "\\0", "\\ud800")]
    [True, False, False, False, False]
    """
    if path.startswith("/") or {"", ".", ".."}.intersection(path.split("/")) or "\0" in path:
        return False
    return not any("\ud800" <= character <= "\udfff" for character in path)  # no file's name holds these


def _is_count(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def corrupt(file: str, expected: str, got: str, remedy: str = REBUILD) -> ArtifactCorrupt:
    """The problem with a file that a build wrote and that is not what it was."""
    return ArtifactCorrupt(artifact=file, expected=expected, got=got, remedy=remedy, location=Location(file))
