"""What the assets are given: a resource that provides the builder, and adapters to a project's own.

A project that keeps its specs and catalogs behind resources of its own subclasses
`CohortMembershipResource` and overrides `spec_reader` and `catalog_reader`; its resources stay as they
are (README, "Dagster").
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

import dagster as dg
from pydantic import Field
from returns.result import Result, Success

from cohort_membership.catalog import Catalogs, Mode
from cohort_membership.dagster.persisted import (
    LocalMemberships,
    MembershipReader,
    UnreadableMemberships,
    cohorts_with_spec,
)
from cohort_membership.dagster.translate import unwrap
from cohort_membership.load.catalog_text import catalogs_from_ids
from cohort_membership.load.spec_mapping import spec_from_mapping
from cohort_membership.membership import DEFAULT_MAX_ROWS, BuildRequest
from cohort_membership.pipeline import CohortMembershipBuilder
from cohort_membership.ports import CohortSpecReader, MembershipCatalogReader, MembershipWriter, Notify
from cohort_membership.problems import Problems, SpecNotFound, fail
from cohort_membership.spec import Spec
from cohort_membership.stores.addresses import parse_address
from cohort_membership.stores.local import silent
from cohort_membership.stores.os_errors import as_problem
from cohort_membership.wiring import open_builder


class MembershipService(Protocol):
    """What the assets, checks and the sensor ask of the resource they are given; any object will do."""

    def builder(self, notify: Notify = ..., /) -> CohortMembershipBuilder:
        """The builder; `notify` is told of the progress of a build."""
        ...

    def request(self, cohort_id: str, seed: int | None = ..., /) -> BuildRequest:
        """The request for a cohort, with the limits that the resource sets."""
        ...

    def memberships(self) -> MembershipReader:
        """Reads back what the builder has persisted."""
        ...

    def cohort_ids(self) -> Sequence[str]:
        """The cohorts that have a spec, sorted."""
        ...


class CohortMembershipResource(dg.ConfigurableResource[MembershipService]):
    """Builds memberships over a data root and a store; a `MembershipService`.

    >>> resource = CohortMembershipResource(data_root="data", max_rows=1_000)
    >>> resource.request("demo").max_rows
    1000
    """

    data_root: str = Field(description="Where specs and catalogs are read: a folder, or an address.")
    store: str | None = Field(
        default=None,
        description="The address of the store that memberships are written to; the data root by default.",
    )
    max_rows: int = Field(
        default=DEFAULT_MAX_ROWS,
        ge=1,
        description="A cohort with more generations is rejected, before anything is expanded.",
    )
    seed_metadata: bool = Field(
        default=True, description="Whether a build writes each generation's metadata.json, once."
    )

    def builder(self, notify: Notify = silent, /) -> CohortMembershipBuilder:
        return CohortMembershipBuilder(
            read_spec=self.spec_reader(), read_catalogs=self.catalog_reader(), write=self.writer(notify)
        )

    def request(self, cohort_id: str, seed: int | None = None, /) -> BuildRequest:
        return BuildRequest(cohort_id, seed=seed, max_rows=self.max_rows, seed_metadata=self.seed_metadata)

    def memberships(self) -> MembershipReader:
        """Override it to read back from a store that is not on the local disk."""
        address = unwrap(parse_address(self.store or self.data_root))
        return LocalMemberships(address.path) if address.is_local else UnreadableMemberships(str(address))

    def cohort_ids(self) -> Sequence[str]:
        """Override it where specs are not files of a local data root."""
        address = unwrap(parse_address(self.data_root))
        return cohorts_with_spec(address.path) if address.is_local else ()

    def spec_reader(self) -> CohortSpecReader:
        """Override it to read specs from elsewhere: see `spec_reader_from`."""
        return unwrap(open_builder(self.data_root)).read_spec

    def catalog_reader(self) -> MembershipCatalogReader:
        """Override it to read catalogs from elsewhere: see `catalog_reader_from`."""
        return unwrap(open_builder(self.data_root)).read_catalogs

    def writer(self, notify: Notify) -> MembershipWriter:
        """Override it to write by other means than an address names, and `memberships` with it."""
        return unwrap(open_builder(self.data_root, self.store, notify)).write


def spec_reader_from(get_spec: Callable[[str], Mapping[str, object]]) -> CohortSpecReader:
    """A spec reader over a function (a method of a resource) that gives a cohort's spec as plain data.

    The mapping has the shape of a config file: `axes`, `rules`, `output`. A `KeyError` or a
    `FileNotFoundError` of the function is `spec-not-found`, another `OSError` the storage problem that
    it is; any other exception is a bug and passes.

    >>> read = spec_reader_from({"demo": {"axes": {"combo_id": ["c1"]}}}.__getitem__)
    >>> read("demo").unwrap().axes[0].levels.texts
    ('c1',)
    >>> [problem.code for problem in read("other").failure()]
    ['spec-not-found']
    """

    def read_spec(cohort_id: str, /) -> Result[Spec, Problems]:
        try:
            return Success(spec_from_mapping(get_spec(cohort_id)))
        except (KeyError, FileNotFoundError):
            return fail(SpecNotFound(cohort_id=cohort_id))
        except OSError as error:
            return fail(as_problem(error, f"read the spec of {cohort_id}"))

    return read_spec


class CatalogIds(Protocol):
    """Where the ids of each catalog come from: functions, or methods of a resource."""

    def __call__(self) -> Iterable[str]: ...


def catalog_reader_from(
    *,
    templates: Callable[[], Mapping[str, Iterable[str] | Mapping[str, Mode]]],
    models: CatalogIds,
    combos: CatalogIds,
    replication: Callable[[], Mapping[str, int]] = dict,
) -> MembershipCatalogReader:
    """A catalog reader over functions (methods of a resource) that give the ids.

    `templates` gives, by stage, the template ids, or each with its mode (`llm` or `copy`). An `OSError`
    of any of them is the storage problem that it is.

    >>> read = catalog_reader_from(
    ...     templates=lambda: {"draft": ["plain"], "essay": {"brief": "copy"}, "evaluation": ["depth"]},
    ...     models=lambda: ["fjord"],
    ...     combos=lambda: ["c1"],
    ... )
    >>> read().unwrap().templates["essay"]["brief"].mode
    'copy'
    """

    def read_catalogs() -> Result[Catalogs, Problems]:
        try:
            return Success(catalogs_from_ids(templates(), models(), combos(), replication()))
        except OSError as error:
            return fail(as_problem(error, "read the catalogs"))

    return read_catalogs
