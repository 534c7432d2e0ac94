"""EDGE: reads the catalogs of a data root, each file beside its pure parse."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TypeVar

from returns.pipeline import is_successful
from returns.result import Result, Success

from cohort_membership.catalog import (
    COMBOS_FILE,
    MODELS_FILE,
    REPLICATION_FILE,
    TEMPLATE_FILES,
    Catalogs,
    Template,
)
from cohort_membership.load.catalog_text import parse_ids, parse_replication, parse_templates
from cohort_membership.load.faults import Faults, as_catalog_invalid
from cohort_membership.load.utf8_text import decode_utf8
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
"""The bytes that a catalog may have: it holds a row for each concept of a combo, and grows with use."""

ANYWHERE = "/"
"""Catalogs may be links to files that data roots share: only what a spec includes is confined."""

_T = TypeVar("_T")


def catalog_reader(read: FileReader) -> MembershipCatalogReader:
    """A reader of catalogs in CSV files (README, "Data root").

    It always succeeds. A catalog that is missing (`catalog-not-found`), malformed (`catalog-invalid`)
    or out of reach (`storage-denied`, `storage-unavailable`) is None, or no replication, and
    `problems` says why; the replication file may be missing.

    >>> from returns.result import Failure
    >>> def read(path, *, within, limit):
    ...     return Success(b"id\\nfjord\\n") if "models" in path else Failure(ReadFault("missing", "none"))
    >>> catalogs = catalog_reader(read)().unwrap()
    >>> catalogs.models, catalogs.combos, len(catalogs.problems)
    (frozenset({'fjord'}), None, 4)
    """

    def read_catalogs() -> Result[Catalogs, Problems]:
        templates = {stage: _template_catalog(read, stage) for stage in TEMPLATE_FILES}
        models = _catalog(read, MODELS_FILE, partial(parse_ids, file=MODELS_FILE, column="id"))
        combos = _catalog(read, COMBOS_FILE, partial(parse_ids, file=COMBOS_FILE, column="combo_id"))
        replication = _replication(read)
        failed = (one for one in (*templates.values(), models, combos, replication) if not is_successful(one))
        return Success(
            Catalogs(
                templates={stage: catalog.value_or(None) for stage, catalog in templates.items()},
                models=models.value_or(None),
                combos=combos.value_or(None),
                replication=replication.value_or({}),
                problems=tuple(problem for one in failed for problem in one.failure()),
            )
        )

    return read_catalogs


def _template_catalog(read: FileReader, stage: str) -> Result[Mapping[str, Template], Problems]:
    return _catalog(read, TEMPLATE_FILES[stage], partial(parse_templates, stage=stage))


def _replication(read: FileReader) -> Result[Mapping[str, int], Problems]:
    data = read(REPLICATION_FILE, within=ANYWHERE, limit=LIMIT)
    if not is_successful(data) and data.failure().kind == "missing":
        return Success({})
    return _parsed(data, REPLICATION_FILE, parse_replication)


def _catalog(read: FileReader, file: str, parse: Callable[[str], Result[_T, Faults]]) -> Result[_T, Problems]:
    return _parsed(read(file, within=ANYWHERE, limit=LIMIT), file, parse)


def _parsed(
    data: Result[bytes, ReadFault], file: str, parse: Callable[[str], Result[_T, Faults]]
) -> Result[_T, Problems]:
    if not is_successful(data):
        return fail(unread_catalog(data.failure(), file))
    faults_or = decode_utf8(data.unwrap(), file).bind(parse)
    return faults_or.alt(partial(as_catalog_invalid, catalog=file))


def unread_catalog(fault: ReadFault, file: str) -> Problem:
    """The problem with a catalog that could not be read.

    >>> unread_catalog(ReadFault("missing", "no such file"), "combo_mappings.csv").code
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
