"""EDGE: reads the experiment of a data root and its catalogs, each file beside its pure parse."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import TypeVar

from returns.pipeline import is_successful
from returns.result import Result, Success

from cohort_membership.catalog import Catalog, Catalogs, catalog_of
from cohort_membership.experiment import CatalogSource, Experiment
from cohort_membership.load.catalogs.text import parse_catalog, parse_replication
from cohort_membership.load.experiment.reader import read_experiment
from cohort_membership.load.text.faults import Faults, as_catalog_invalid
from cohort_membership.load.text.utf8 import decode_utf8
from cohort_membership.ports import FileReader, MembershipCatalogReader, ReadFault
from cohort_membership.problems import (
    CatalogInvalid,
    CatalogNotFound,
    Location,
    Problem,
    Problems,
    StorageDenied,
    StorageUnavailable,
    fail,
)

LIMIT = 2**30
"""The bytes that a catalog may have: it may hold several rows a level, and grows with use."""

ANYWHERE = "/"
"""A catalog of the built-in experiment may be a link to a file that data roots share."""

DATA_ROOT = "."
"""What an experiment file names stays in the data root, after resolving links too."""

_T = TypeVar("_T")


def catalog_reader(read: FileReader, experiment: Experiment | None = None) -> MembershipCatalogReader:
    """A reader of the experiment that a data root holds (or of the one given), and of its catalogs.

    It fails where there is an experiment file that cannot be used (`experiment-unreadable`,
    `experiment-invalid`, `storage-unavailable`). A catalog that is missing (`catalog-not-found`),
    malformed (`catalog-invalid`) or out of reach (`storage-denied`, `storage-unavailable`) is None, or
    no replication, and `problems` says why; the replication file may be missing.

    >>> from returns.result import Failure
    >>> def read(path, *, within, limit):
    ...     return Success(b"id\\nfjord\\n") if "models" in path else Failure(ReadFault("missing", "none"))
    >>> catalogs = catalog_reader(read)().unwrap()
    >>> sum(catalog is None for catalog in catalogs.by_axis.values()), len(catalogs.problems)
    (4, 4)
    """

    def read_catalogs() -> Result[Catalogs, Problems]:
        found = read_experiment(read) if experiment is None else Success(experiment)
        return found.map(partial(_catalogs, read))

    return read_catalogs


def _catalogs(read: FileReader, experiment: Experiment) -> Catalogs:
    """All catalogs; a file that several axes share is read once."""
    files: dict[CatalogSource, Result[Catalog, Problems]] = {}
    by_axis: dict[str, Catalog | None] = {}
    for axis, source in experiment.catalogs.items():
        if source.file is None:
            by_axis[axis] = catalog_of(f"the experiment's levels of {axis}", source.levels, also=source.also)
            continue
        shared = replace(source, also=())
        if shared not in files:
            files[shared] = _catalog(read, shared)
        by_axis[axis] = files[shared].map(partial(_with_also, source)).value_or(None)
    replication = _replication(read, experiment)
    failed = (one for one in (*files.values(), replication) if not is_successful(one))
    nothing: Mapping[str, int] = {}
    return Catalogs(
        experiment,
        by_axis,
        replication.value_or(nothing),
        tuple(problem for one in failed for problem in one.failure()),
    )


def _with_also(source: CatalogSource, catalog: Catalog) -> Catalog:
    return replace(catalog, also=source.also) if source.also else catalog


def _replication(read: FileReader, experiment: Experiment) -> Result[Mapping[str, int], Problems]:
    file = experiment.replication_file
    if file is None:
        return Success({})
    data = read(file, within=ANYWHERE, limit=LIMIT)
    if not is_successful(data) and data.failure().kind == "missing":
        return Success({})
    return _parsed(data, file, lambda text: parse_replication(text, experiment))


def _catalog(read: FileReader, source: CatalogSource) -> Result[Catalog, Problems]:
    file = source.file or ""
    data = read(file, within=DATA_ROOT if source.is_confined else ANYWHERE, limit=LIMIT)
    return _parsed(data, file, lambda text: parse_catalog(text, source))


def _parsed(
    data: Result[bytes, ReadFault], file: str, parse: Callable[[str], Result[_T, Faults]]
) -> Result[_T, Problems]:
    if not is_successful(data):
        return fail(unread_catalog(data.failure(), file))
    faults_or = decode_utf8(data.unwrap(), file).bind(parse)
    return faults_or.alt(partial(as_catalog_invalid, catalog=file))


def unread_catalog(fault: ReadFault, file: str) -> Problem:
    """The problem with a catalog that could not be read.

    >>> unread_catalog(ReadFault("missing", "no such file"), "models.csv").code
    'catalog-not-found'
    """
    at = Location(file)
    match fault.kind:
        case "missing":
            return CatalogNotFound(location=at, catalog=file)
        case "denied":
            return StorageDenied(location=at, action=f"read {file}", reason=fault.reason)
        case "unavailable":
            return StorageUnavailable(location=at, action=f"read {file}", reason=fault.reason)
        case "too-large":
            return CatalogInvalid(location=at, catalog=file, expected="at most 1 GiB", got=fault.reason)
        case _:  # no file, or one that is out of bounds
            return CatalogInvalid(location=at, catalog=file, expected="a file", got=fault.reason)
