"""The edges put together: a builder over a data root, and a store to persist in.

Addresses choose both (stores/README.md): specs and catalogs are read from a local folder or an object
store; memberships go to the same place, or to any other store.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from returns.pipeline import is_successful
from returns.result import Failure, Result, Success

from cohort_membership.catalog import Catalogs
from cohort_membership.executors import ExecutorChoice, unfit
from cohort_membership.load.catalogs.reader import catalog_reader
from cohort_membership.load.files.local import local_cohort_names, local_file_reader
from cohort_membership.load.results.local import LocalResults
from cohort_membership.load.spec.bundle import CONFIG_NAMES, spec_reader
from cohort_membership.load.templates import text_reader
from cohort_membership.membership import BuildReport, BuildRequest, Membership, is_cohort_id
from cohort_membership.persist import Guarded
from cohort_membership.pipeline import CohortMembershipBuilder
from cohort_membership.ports import (
    CohortNames,
    FileReader,
    MembershipReader,
    MembershipWriter,
    Notify,
    ResultsReader,
)
from cohort_membership.problems import Problem, Problems, StorageDenied, fail
from cohort_membership.stores.addresses import (
    STORES,
    Address,
    StoreModule,
    import_for,
    local_root,
    open_writer,
    parse_address,
)
from cohort_membership.stores.local.reader import LocalReader
from cohort_membership.stores.local.store import LocalStore, silent


def local_builder(
    data_root: str | Path, notify: Notify = silent, executor: ExecutorChoice = None
) -> CohortMembershipBuilder:
    """A builder that reads specs and catalogs from a local data root and writes memberships there.

    Where `data_root` is the address of another store, all that the builder gives is `storage-denied`.
    """
    root = local_root(data_root, "work") if isinstance(data_root, str) else Success(data_root)
    if not is_successful(root):
        rejected = Failure(root.failure())
        return CohortMembershipBuilder(lambda _: rejected, lambda: rejected, lambda *_: rejected)
    reader = LocalReader(root.unwrap())
    store = _with_executor(LocalStore(root.unwrap(), notify, executor), executor)
    return _builder(_local_root(root.unwrap()), Guarded(store, reader), reader)


def open_builder(
    data_root: str,
    store: str | None = None,
    notify: Notify = silent,
    executor: ExecutorChoice = None,
) -> Result[CohortMembershipBuilder, Problems]:
    """A builder over addresses: `data_root` is read, and `store` (the data root where None) written.

    An address that is none, or whose extra is not installed, is `storage-denied`. `executor` (see
    `executors`) shares the work of a local store's large memberships. The builder's problems give files
    relative to the data root, and those of another store by their whole address.

    >>> open_builder("data").unwrap().write
    Guarded(write=LocalStore(data_root=PosixPath('data'), ...), reader=LocalReader(...))
    """
    reader = parse_address(data_root).bind(_reader)
    writer = parse_address(store or data_root).bind(
        lambda address: _writer(address, store or data_root, notify, executor).map(
            lambda write: write if store in {None, data_root} else Elsewhere(write, address)
        )
    )
    stored = parse_address(store or data_root).bind(_membership_reader)
    return reader.bind(
        lambda root: writer.bind(lambda write: stored.map(lambda found: _builder(root, write, found)))
    )


def open_data_root(address: str) -> Result["DataRoot", Problems]:
    """The edges that read the data root at an address; a store of memberships only is `storage-denied`."""
    return parse_address(address).bind(_reader)


def open_reader(address: str) -> Result[MembershipReader, Problems]:
    """The reader of the memberships that are at an address, whatever store it names.

    An address that is none, or whose extra is not installed, is `storage-denied`. Nothing is connected to
    yet.

    >>> open_reader("nowhere").unwrap().cohorts().unwrap()
    ()
    """
    return parse_address(address).bind(_membership_reader)


def open_catalogs(data_root: str) -> Result[Catalogs, Problems]:
    """The experiment of a data root and its catalogs, all of them read; else what kept one from it.

    >>> open_catalogs("nowhere").failure()[0].code
    'catalog-not-found'
    """
    read = open_builder(data_root).bind(lambda builder: builder.read_catalogs())
    return read.bind(lambda found: Failure(found.problems) if found.problems else Success(found))


def cohorts_with_spec(data_root: str) -> Result[tuple[str, ...], Problems]:
    """The cohorts of a data root that have a spec, sorted; none where the store cannot be reached.

    >>> cohorts_with_spec("nowhere").unwrap()
    ()
    """
    return open_data_root(data_root).map(_with_spec)


def _with_spec(root: "DataRoot") -> tuple[str, ...]:
    def has_spec(cohort_id: str) -> bool:
        home = f"cohorts/{cohort_id}/spec"
        found = (root.read(f"{home}/{name}", within=home, limit=0) for name in CONFIG_NAMES)
        return any(is_successful(one) or one.failure().kind != "missing" for one in found)

    return tuple(sorted(one for one in root.cohorts() if is_cohort_id(one) and has_spec(one)))


@dataclass(frozen=True, slots=True)
class DataRoot:
    """How specs and catalogs are read, which cohorts there are, and where results are."""

    read: FileReader
    cohorts: CohortNames
    results: ResultsReader


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A writer to another place than the data root: its problems' files are given by their whole address."""

    write: MembershipWriter
    address: Address

    def __call__(self, membership: Membership, request: BuildRequest, /) -> Result[BuildReport, Problems]:
        return self.write(membership, request).alt(lambda problems: tuple(map(self._placed, problems)))

    def _placed(self, problem: Problem) -> Problem:
        if problem.location is None:
            return problem
        file = self.address.joined(problem.location.file)
        whole = str(Path(file).absolute()) if self.address.is_local and "://" not in file else file
        return replace(problem, location=replace(problem.location, file=whole))


@dataclass(frozen=True, slots=True)
class WithExecutor:
    """A writer that was given an executor: it is judged before anything is written, and where it is not
    used, a notice says why."""

    write: MembershipWriter
    executor: ExecutorChoice

    def __call__(self, membership: Membership, request: BuildRequest, /) -> Result[BuildReport, Problems]:
        wrong = unfit(self.executor)
        if wrong is not None:
            return fail(wrong)
        done = self.write(membership, request)
        reason = self._unused(membership)
        if reason is None:
            return done
        name = self.executor if isinstance(self.executor, str) else type(self.executor).__name__
        notice = f"the executor {name} was not used: {reason}"
        return done.map(lambda report: replace(report, notices=(*report.notices, notice)))

    def _unused(self, membership: Membership) -> str | None:
        if not isinstance(self.write, LocalStore):
            return "it shares the work of a local data root only"
        if membership.rows <= self.write.single_rows:
            return f"up to {self.write.single_rows:,} generations are written as one table, by one process"
        return None


def _with_executor(write: MembershipWriter, executor: ExecutorChoice) -> MembershipWriter:
    return write if executor in (None, "inline") else WithExecutor(write, executor)


def _builder(root: DataRoot, write: MembershipWriter, stored: MembershipReader) -> CohortMembershipBuilder:
    return CohortMembershipBuilder(
        spec_reader(root.read, root.cohorts),
        catalog_reader(root.read),
        write,
        stored.seeded,
        text_reader(root.read),
    )


def _local_root(path: Path) -> DataRoot:
    return DataRoot(local_file_reader(path), local_cohort_names(path), LocalResults(path))


def _writer(
    address: Address, text: str, notify: Notify, executor: ExecutorChoice
) -> Result[MembershipWriter, Problems]:
    opened: Result[MembershipWriter, Problems] = (
        Success(LocalStore(address.path, notify, executor)) if address.is_local else open_writer(text, notify)
    )
    return opened.bind(
        lambda write: _membership_reader(address).map(
            lambda reader: Guarded(_with_executor(write, executor), reader)
        )
    )


def _membership_reader(address: Address) -> Result[MembershipReader, Problems]:
    if address.is_local:
        return Success(LocalReader(address.path))
    module: Result[StoreModule, Problems] = import_for(address, STORES[address.scheme].module)
    return module.bind(lambda one: one.open_reader(address))


def _reader(address: Address) -> Result[DataRoot, Problems]:
    if address.is_local:
        return Success(_local_root(address.path))
    if STORES[address.scheme].extra != "s3":
        return fail(
            StorageDenied(
                action=f"read specs and catalogs from {address}",
                reason="a store of memberships only",
                remedy="keep them in a folder or an object store, and name this one with --store",
            )
        )
    return import_for(address, "cohort_membership.load.files.objects").bind(
        lambda files: import_for(address, "cohort_membership.load.results.objects").bind(
            lambda results: import_for(address, "cohort_membership.stores.objects.client").bind(
                lambda client: client.open_objects(address).map(
                    lambda opened: DataRoot(
                        files.object_file_reader(opened.objects, client.object_errors.classified),
                        files.object_cohort_names(opened.objects),
                        results.ObjectResults(opened.objects, client.object_errors.classified),
                    )
                )
            )
        )
    )
