"""An artifact of the membership that is in force in an object store, whole, while builds go on."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from returns.result import Failure, Result, Success

from cohort_membership.artifacts import CSV, MANIFEST
from cohort_membership.manifest import SCHEMA_VERSION
from cohort_membership.membership import is_cohort_id
from cohort_membership.problems import (
    ArtifactCorrupt,
    InvalidCohortId,
    Location,
    Problems,
    StorageUnavailable,
    fail,
)
from cohort_membership.stores.addresses import parse_address
from cohort_membership.stores.objects.client import ObjectClient, StoreFailed, open_objects
from cohort_membership.stores.objects.places import artifact_path, version_path
from cohort_membership.stores.objects.reader import ATTEMPTS


@dataclass(frozen=True, slots=True)
class ReadArtifact:
    """An artifact of a membership as read: its manifest, and the bytes whose digest the manifest has."""

    manifest: Mapping[str, Any]
    data: bytes


def read_artifact(address: str, cohort_id: str, name: str = CSV) -> Result[ReadArtifact, Problems]:
    """An artifact of the membership that is in force, whole, while builds go on.

    Two artifacts belong to one membership if their manifests are equal. It can return the storage
    problems; `artifact-corrupt` where there is no membership, or what the manifest names is damaged; and
    `invalid-cohort-id`.

    >>> read_artifact("memory:///", "../../outside").failure()[0].code
    'invalid-cohort-id'
    """
    if not is_cohort_id(cohort_id):
        return fail(InvalidCohortId(cohort_id=cohort_id))
    try:
        return parse_address(address).bind(open_objects).bind(lambda one: _read(one, cohort_id, name))
    except StoreFailed as failed:
        return Failure((failed.problem,))


def _read(client: ObjectClient, cohort_id: str, name: str) -> Result[ReadArtifact, Problems]:
    path = artifact_path(cohort_id, MANIFEST)
    previous: bytes | None = None
    for _ in range(ATTEMPTS):
        found = client.get(path)
        if found is None:
            return _corrupt(path, "the manifest of a built cohort", "no object")
        content = decoded(found.data)
        digest = digests(found.data).get(name)
        if content is None or digest is None:
            return _corrupt(
                path, f"a manifest (schema version {SCHEMA_VERSION}) that lists {name}", "another"
            )
        # The contract's name serves a data root that another tool has copied here.
        for place in (version_path(cohort_id, name, digest), artifact_path(cohort_id, name)):
            one = client.get(place)
            if one is not None and hashlib.sha256(one.data).hexdigest() == digest:
                return Success(ReadArtifact(content, one.data))
        if found.data == previous:
            return _corrupt(artifact_path(cohort_id, name), f"bytes of sha256 {digest[:12]}…", "none such")
        previous = found.data
    return fail(
        StorageUnavailable(action=f"read {name} of {cohort_id}", reason="a new manifest at every look")
    )


def decoded(data: bytes) -> dict[str, Any] | None:
    """What a manifest holds; None of one that cannot be understood."""
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        return None
    is_known = isinstance(content, dict) and content.get("schema_version") == SCHEMA_VERSION
    return content if is_known else None


def digests(manifest: bytes) -> dict[str, str]:
    """The digests of the artifacts that a manifest lists; none of one that cannot be understood."""
    listed = (decoded(manifest) or {}).get("artifacts")
    if not isinstance(listed, dict):
        return {}
    return {
        name: one["sha256"]
        for name, one in listed.items()
        if isinstance(one, dict) and isinstance(one.get("sha256"), str)
    }


def _corrupt(path: str, expected: str, got: str) -> Result[Any, Problems]:
    return fail(
        ArtifactCorrupt(
            artifact=path, expected=expected, got=got, remedy="build the cohort", location=Location(path)
        )
    )
