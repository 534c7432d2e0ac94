"""EDGE: reads files of a data root in an object store."""

import posixpath
from collections.abc import Callable
from typing import Any, Literal, TypeAlias

import obstore
from returns.result import Failure, Result, Success

from cohort_membership.ports import CohortNames, FileReader, ReadFault

Classify: TypeAlias = Callable[[Exception], tuple[Literal["missing", "denied", "full", "unavailable"], str]]
"""Tells what kind of failure an error of the store is, and words for what was got."""


def object_file_reader(objects: Any, classify: Classify) -> FileReader:
    """A reader of objects, by their paths below the store's prefix.

    There are no links among objects: a path is inside of `within` by its name, after '.' and '..'. An
    object's size is asked for before its bytes are.

    >>> from obstore.store import MemoryStore
    >>> objects = MemoryStore()
    >>> _ = objects.put("cohorts/demo/spec/config.yaml", b"axes: {}")
    >>> read = object_file_reader(objects, lambda error: ("missing", "no such object"))
    >>> read("cohorts/demo/spec/config.yaml", within="cohorts/demo/spec", limit=100).unwrap()
    b'axes: {}'
    >>> read("cohorts/demo/spec/../../x", within="cohorts/demo/spec", limit=100).failure().kind
    'outside'
    """

    def read(path: str, /, *, within: str, limit: int) -> Result[bytes, ReadFault]:
        place = _inside(path, within)
        if place is None:
            return Failure(ReadFault("outside", f"a path that leaves {within}"))
        try:
            size = obstore.head(objects, place)["size"]
            if size > limit:
                return Failure(_too_large(size, limit))
            # It may have been replaced by a larger one since: no more than the limit is asked for.
            data = bytes(obstore.get_range(objects, place, start=0, end=limit + 1)) if size else b""
        except Exception as error:  # obstore's errors have no parent of their own; classify knows them
            kind, reason = classify(error)
            return Failure(ReadFault("unavailable" if kind == "full" else kind, reason))
        return Success(data) if len(data) <= limit else Failure(_too_large(len(data), limit))

    return read


def object_cohort_names(objects: Any) -> CohortNames:
    """The names of what lies below `cohorts/`, or none where the store does not tell.

    >>> from obstore.store import MemoryStore
    >>> objects = MemoryStore()
    >>> _ = objects.put("cohorts/demo/spec/config.yaml", b"axes: {}")
    >>> object_cohort_names(objects)()
    ['demo']
    """

    def names() -> list[str]:
        try:
            found = obstore.list_with_delimiter(objects, "cohorts")["common_prefixes"]
        except Exception:  # a suggestion is not worth an error
            return []
        return [posixpath.basename(prefix.rstrip("/")) for prefix in found]

    return names


def _inside(path: str, within: str) -> str | None:
    """The object's name; None where it leaves the folder, or is no name at all."""
    name, folder = posixpath.normpath(path), posixpath.normpath(within)
    if name in {".", "/"} or name.startswith(("/", "../")):
        return None
    is_inside = folder in {"/", "."} or name.startswith(f"{folder}/")
    return name if is_inside else None


def _too_large(size: int, limit: int) -> ReadFault:
    return ReadFault("too-large", f"{size:,} bytes, more than {limit:,}")
