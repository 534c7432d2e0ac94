"""The edges put together: a builder over a data root, and a store to persist in.

Addresses choose both (README, "Stores"): specs and catalogs are read from a local folder or an object
store; memberships go to the same place, or to any other store.
"""

from pathlib import Path

from returns.pipeline import is_successful
from returns.result import Result, Success

from cohort_membership.executors import ExecutorChoice
from cohort_membership.load.catalogs import catalog_reader
from cohort_membership.load.local_files import local_file_reader
from cohort_membership.load.spec_bundle import spec_reader
from cohort_membership.pipeline import CohortMembershipBuilder
from cohort_membership.ports import FileReader, MembershipWriter, Notify
from cohort_membership.problems import Problems, StorageDenied, fail
from cohort_membership.stores.addresses import STORES, Address, import_for, open_writer, parse_address
from cohort_membership.stores.local import LocalStore, silent


def local_builder(
    data_root: Path, notify: Notify = silent, executor: ExecutorChoice = None
) -> CohortMembershipBuilder:
    """A builder that reads specs and catalogs from a local data root and writes memberships there."""
    return _builder(local_file_reader(data_root), LocalStore(data_root, notify, executor))


def open_builder(
    data_root: str,
    store: str | None = None,
    notify: Notify = silent,
    executor: ExecutorChoice = None,
) -> Result[CohortMembershipBuilder, Problems]:
    """A builder over addresses: `data_root` is read, and `store` (the data root where None) written.

    An address that is none, or whose extra is not installed, is `storage-denied`. `executor` (see
    `executors`) shares the work of a local store's large memberships.

    >>> open_builder("data").unwrap().write
    LocalStore(data_root=PosixPath('data'), ...)
    """
    reader = parse_address(data_root).bind(_reader)
    writer = _writer(store or data_root, notify, executor)
    return reader.bind(lambda read: writer.map(lambda write: _builder(read, write)))


def _builder(read: FileReader, write: MembershipWriter) -> CohortMembershipBuilder:
    return CohortMembershipBuilder(spec_reader(read), catalog_reader(read), write)


def _writer(text: str, notify: Notify, executor: ExecutorChoice) -> Result[MembershipWriter, Problems]:
    address = parse_address(text)
    if is_successful(address) and address.unwrap().is_local:
        return Success(LocalStore(address.unwrap().path, notify, executor))
    return open_writer(text, notify)


def _reader(address: Address) -> Result[FileReader, Problems]:
    if address.is_local:
        return Success(local_file_reader(address.path))
    if STORES[address.scheme].extra != "s3":
        return fail(
            StorageDenied(
                action=f"read specs and catalogs from {address}",
                reason="a store of memberships only",
                remedy="keep them in a folder or an object store, and name this one with --store",
            )
        )
    return import_for(address, "cohort_membership.load.object_files").bind(
        lambda files: import_for(address, "cohort_membership.stores.object_client").bind(
            lambda client: client.open_objects(address).map(
                lambda opened: files.object_file_reader(opened.objects, client.object_errors.classified)
            )
        )
    )
