"""What stands where a build would write, in a cohort's folder: found before anything is written."""

import os
from collections.abc import Iterator
from pathlib import Path

from cohort_membership.artifacts import CSV, MANIFEST, PARQUET
from cohort_membership.manifest import of_newer_schema
from cohort_membership.problems import Location, Problem, StorageDenied
from cohort_membership.stores.local.commit import read_json
from cohort_membership.stores.local.parts import DATASET, is_part


def obstacles(data_root: Path, cohort_id: str, *, is_parted: bool) -> Iterator[Problem]:
    """`storage-denied` for what is no file of a build, `artifact-corrupt` for a newer version's manifest."""
    home = f"cohorts/{cohort_id}"

    def denied(name: str, reason: str) -> Problem:
        return StorageDenied(action=f"write {name}", reason=reason, location=Location(f"{home}/{name}"))

    for name in (PARQUET, CSV, MANIFEST):
        path = data_root / home / name
        if path.is_dir():
            yield denied(name, "a folder in its place")
        elif path.exists() and not path.is_file():
            yield denied(name, "a pipe, a socket or a device in its place")
    dataset = data_root / home / DATASET
    if is_parted and os.path.lexists(dataset):
        if not dataset.is_dir():
            yield denied(DATASET, "a file in its place")
        elif not is_of_parts(dataset):
            yield denied(DATASET, "a folder that holds something else than parts of a membership")
    manifest = read_json(data_root / home / MANIFEST, data_root) or {}
    newer = of_newer_schema(manifest, f"{home}/{MANIFEST}")
    if newer is not None:
        yield newer


def is_of_parts(dataset: Path) -> bool:
    """Whether a folder holds nothing but parts of a membership."""
    return dataset.is_dir() and all(
        is_part(path.relative_to(dataset).as_posix()) for path in dataset.rglob("*") if not path.is_dir()
    )
