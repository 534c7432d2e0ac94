"""What the assets are given: a resource that provides the builder, and adapters to a project's own.

A project that keeps its specs and catalogs behind resources of its own subclasses
`CohortMembershipResource` and overrides `spec_reader` and `catalog_reader`; its resources stay as they
are (README.md of this folder).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from typing import Any, Protocol, cast, runtime_checkable

import dagster as dg
import polars as pl
from pydantic import BaseModel, Field
from returns.result import Result, Success

from cohort_membership.catalog import Catalogs
from cohort_membership.dagster.translate import unwrap
from cohort_membership.draft_essay_evaluation import DRAFT_ESSAY_EVALUATION
from cohort_membership.experiment import Experiment
from cohort_membership.follow.edges import Followed
from cohort_membership.load.catalogs.text import Given, catalogs_from_ids, catalogs_of
from cohort_membership.load.spec.mapping import spec_from_mapping
from cohort_membership.load.templates import SubjectRows, TemplateTexts
from cohort_membership.membership import DEFAULT_MAX_ROWS, BuildRequest
from cohort_membership.metadata import decoded
from cohort_membership.pipeline import CohortMembershipBuilder
from cohort_membership.ports import (
    CohortSpecReader,
    MembershipCatalogReader,
    MembershipReader,
    MembershipWriter,
    Notify,
    TextReader,
)
from cohort_membership.problems import Problems, SpecNotFound, UnknownGeneration, fail
from cohort_membership.spec import Spec
from cohort_membership.stores.local.os_errors import as_problem
from cohort_membership.stores.local.store import silent
from cohort_membership.wiring import cohorts_with_spec, open_builder, open_data_root, open_reader


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


@runtime_checkable
class FollowedService(Protocol):
    """What a service may offer besides: the edges that tell how far its cohorts are."""

    def followed(self) -> Followed: ...


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
    seed: int | None = Field(
        default=None, ge=0, description="Shuffles the design where a run gives no seed of its own."
    )

    def builder(self, notify: Notify = silent, /) -> CohortMembershipBuilder:
        return CohortMembershipBuilder(
            read_spec=self.spec_reader(),
            read_catalogs=self.catalog_reader(),
            write=self.writer(notify),
            read_generations=self.memberships().seeded,
            with_texts=self.text_reader(),
        )

    def request(self, cohort_id: str, seed: int | None = None, /) -> BuildRequest:
        return BuildRequest(
            cohort_id,
            seed=self.seed if seed is None else seed,
            max_rows=self.max_rows,
            seed_metadata=self.seed_metadata,
        )

    def memberships(self) -> MembershipReader:
        """Override it to read back from a store that no address names."""
        return unwrap(open_reader(self.store or self.data_root))

    def generation(self, stage: str, gen_id: str) -> Mapping[str, Any]:
        """What a generation is, as its metadata tells it: its parent, template, model and the rest.

        For an asset that runs a stage: `context.partition_key` is the id. It is a `dg.Failure` where the
        store holds no such metadata.
        """
        (text,) = unwrap(self.memberships().seeded(stage, pl.Series([gen_id], dtype=pl.String)))
        told = None if text is None else decoded(text)
        return unwrap(fail(UnknownGeneration(gen_id=gen_id))) if told is None else told

    def cohort_ids(self) -> Sequence[str]:
        """Override it where specs are not files of the data root."""
        return unwrap(cohorts_with_spec(self.data_root))

    def followed(self) -> Followed:
        """The edges that tell how far cohorts are: results are where the data root's experiment says."""
        root, builder = unwrap(open_data_root(self.data_root)), self.builder()
        experiment = unwrap(builder.read_catalogs()).experiment
        return Followed(
            experiment,
            builder,
            self.memberships(),
            root.results,
            TemplateTexts(root.read, experiment),
            SubjectRows(builder.read_catalogs, experiment.subject),
            root.read,
            self.cohort_ids,
        )

    def spec_reader(self) -> CohortSpecReader:
        """Override it to read specs from elsewhere: see `spec_reader_from`."""
        return unwrap(open_builder(self.data_root)).read_spec

    def text_reader(self) -> TextReader:
        """Override it where templates' texts are not files of the data root."""
        return unwrap(open_builder(self.data_root)).with_texts

    def catalog_reader(self) -> MembershipCatalogReader:
        """Override it to read catalogs from elsewhere: see `catalog_reader_from`."""
        return unwrap(open_builder(self.data_root)).read_catalogs

    def writer(self, notify: Notify) -> MembershipWriter:
        """Override it to write by other means than an address names, and `memberships` with it."""
        return unwrap(open_builder(self.data_root, self.store, notify)).write


def loaded(service: MembershipService) -> MembershipService:
    """The service with its configuration resolved, such as a data root from the environment."""
    if isinstance(service, dg.ConfigurableResource):
        return cast(MembershipService, service.process_config_and_initialize())
    return service


def spec_reader_from(get_spec: Callable[[str], object]) -> CohortSpecReader:
    """A spec reader over a function (a method of a resource) that gives a cohort's spec as plain data.

    It has the shape of a config file: `axes`, `rules`, `output`; as a mapping, a dataclass or a pydantic
    model, whose fields that are None count as left out. Anything else is `spec-invalid`. A `KeyError` or a
    `FileNotFoundError` of the function is `spec-not-found`, another `OSError` the storage problem that
    it is; any other exception is a bug and passes.

    >>> read = spec_reader_from({"demo": {"axes": {"question_id": ["c1"]}}}.__getitem__)
    >>> read("demo").unwrap().axes[0].levels.texts
    ('c1',)
    >>> [problem.code for problem in read("other").failure()]
    ['spec-not-found']
    """

    def read_spec(cohort_id: str, /) -> Result[Spec, Problems]:
        try:
            return Success(spec_from_mapping(_as_mapping(get_spec(cohort_id))))
        except (KeyError, FileNotFoundError):
            return fail(SpecNotFound(cohort_id=cohort_id))
        except OSError as error:
            return fail(as_problem(error, f"read the spec of {cohort_id}"))

    return read_spec


def _as_mapping(spec: object) -> Mapping[str, object]:
    """A spec that is an object, as the mapping of its fields; what is none is left to the reader to tell."""
    if isinstance(spec, BaseModel):
        return spec.model_dump(exclude_none=True)
    if is_dataclass(spec) and not isinstance(spec, type):
        return {name: value for name, value in asdict(spec).items() if value is not None}
    return cast(Mapping[str, object], spec)


class CatalogIds(Protocol):
    """Where the ids of each catalog come from: functions, or methods of a resource."""

    def __call__(self) -> Iterable[str]: ...


def catalog_reader_from(
    *,
    templates: Callable[[], Mapping[str, Iterable[str] | Mapping[str, str]]],
    models: CatalogIds,
    combos: CatalogIds,
    replication: Callable[[], Mapping[str, int]] = dict,
    experiment: Experiment = DRAFT_ESSAY_EVALUATION,
) -> MembershipCatalogReader:
    """A catalog reader over functions (methods of a resource) that give the ids.

    `templates` gives, by stage, the template ids, or each with its mode (`llm` or `copy`); `models` the
    models of every stage, `combos` what first stages start from. An `OSError` of any of them is the
    storage problem that it is. Where axes have other catalogs, see `catalog_reader_by_axis`.

    >>> read = catalog_reader_from(
    ...     templates=lambda: {stage.name: ["plain"] for stage in DRAFT_ESSAY_EVALUATION.stages},
    ...     models=lambda: ["fjord"],
    ...     combos=lambda: ["c1"],
    ... )
    >>> read().unwrap().of_templates(DRAFT_ESSAY_EVALUATION.stages[0].name).modes
    {'plain': 'llm'}
    """
    return _reading(lambda: catalogs_from_ids(templates(), models(), combos(), replication(), experiment))


def catalog_reader_by_axis(
    experiment: Experiment, levels: Callable[[], Mapping[str, Given]]
) -> MembershipCatalogReader:
    """A catalog reader of any experiment: `levels` gives, by axis, the levels that there are.

    Levels are a list, a mapping of templates to their modes, or a frame whose first column holds them.
    An axis that is not there takes any text. An `OSError` is the storage problem that it is.

    >>> from cohort_membership.stage import Stage
    >>> answer = Stage("answer", "a_", None, (("template_id", "answer_template"),))
    >>> experiment = Experiment("question_id", (answer,))
    >>> read = catalog_reader_by_axis(experiment, lambda: {"question_id": ["q1", "q2"]})
    >>> sorted(read().unwrap().by_axis["question_id"].ids)
    ['q1', 'q2']
    """
    return _reading(lambda: catalogs_of(experiment, levels()))


def _reading(catalogs: Callable[[], Catalogs]) -> MembershipCatalogReader:
    def read_catalogs() -> Result[Catalogs, Problems]:
        try:
            return Success(catalogs())
        except OSError as error:
            return fail(as_problem(error, "read the catalogs"))

    return read_catalogs
