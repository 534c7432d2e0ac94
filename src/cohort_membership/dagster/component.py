"""The component: everything of the boundary from a few lines of YAML, and its scaffolder."""

import shutil
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import as_file
from pathlib import Path
from typing import Annotated, Any

import dagster as dg
from dagster.components.component_scaffolding import scaffold_component
from dagster.components.resolved.core_models import OpSpec
from dagster.components.utils.translation import TranslationFn, TranslationFnResolver
from pydantic import BaseModel, Field, GetJsonSchemaHandler
from pydantic_core import CoreSchema
from returns.pipeline import is_successful

from cohort_membership.dagster.assets import RESOURCE_KEY, RETRIES, OpSettings
from cohort_membership.dagster.building import CohortBuildConfig, build_cohorts
from cohort_membership.dagster.checks import Severity
from cohort_membership.dagster.definitions import cohort_membership_definitions
from cohort_membership.dagster.partitions import CohortSet
from cohort_membership.dagster.registration import Registration
from cohort_membership.dagster.resources import CohortMembershipResource, MembershipService
from cohort_membership.dagster.translate import problem_text
from cohort_membership.example import example_root
from cohort_membership.membership import DEFAULT_MAX_ROWS
from cohort_membership.stores.addresses import parse_address

DEFAULT_DATA_ROOT = "data"

_TEMPLATE = r"\{\{"
_PATTERNS = {
    "group_name": rf"^[A-Za-z0-9_]+(/[A-Za-z0-9_]+)*$|{_TEMPLATE}",
    "owners": rf"^team:.+$|^[^@\s]+@[^@\s]+\.[^@\s]+$|{_TEMPLATE}",
}
"""What Dagster takes as a group and as an owner."""

_MINIMA: Mapping[str, float] = {"max_rows": 1, "max_retries": 0, "retry_delay_seconds": 0.0}


class ScaffoldParams(BaseModel):
    """What `dg scaffold defs` may be told."""

    data_root: str = Field(
        default=DEFAULT_DATA_ROOT,
        description="The data root, relative to the project; the example is put there if it is missing.",
    )


class CohortMembershipScaffolder(dg.Scaffolder[ScaffoldParams]):
    """Writes `defs.yaml`, and the example data root where there is none yet, so that it works at once."""

    @classmethod
    def get_scaffold_params(cls) -> type[ScaffoldParams]:
        return ScaffoldParams

    def scaffold(self, request: dg.ScaffoldRequest[ScaffoldParams]) -> None:
        data_root = request.params.data_root
        folder = (request.project_root or request.target_path) / data_root
        if not folder.exists():
            with as_file(example_root()) as example:
                shutil.copytree(example, folder)
        scaffold_component(request, {"data_root": data_root, "cohorts": "dynamic"})


class CohortOpConfig(dg.Model, dg.Resolvable):
    """What a run has that gives nothing itself."""

    seed: int | None = Field(default=None, ge=0, description="Shuffles the design.")
    new_ids: bool = Field(default=False, description="Build although the experiment gives other ids now.")


class CohortOp(OpSpec):
    """Dagster's settings of an op, and the config of a run."""

    config: CohortOpConfig = Field(default_factory=CohortOpConfig)

    def settings(self) -> OpSettings:
        return OpSettings(
            self.name,
            self.tags or {},
            self.description,
            self.pool,
            self.backfill_policy,
            CohortBuildConfig(seed=self.config.seed, new_ids=self.config.new_ids),
        )


def _says(description: str) -> dg.Resolver:
    """What `dg` and editors show of an attribute."""
    resolver: dg.Resolver = dg.Resolver.default(description=description)
    return resolver


def _number(name: str, description: str) -> dg.Resolver:
    """A number of at least the attribute's minimum, or a template that gives one: a text, from a variable."""
    kind = type(_MINIMA[name])

    def resolved(context: dg.ResolutionContext, value: Any) -> float:
        found = kind(context.resolve_value(value))
        if found < _MINIMA[name]:
            raise ValueError(f"{name}: {found} is less than {_MINIMA[name]}")
        return found

    resolver: dg.Resolver = dg.Resolver(resolved, model_field_type=kind | str, description=description)
    return resolver


@dg.scaffold_with(CohortMembershipScaffolder)
class CohortMembershipComponent(dg.Component, dg.Model, dg.Resolvable):
    """Cohort memberships of a data root: the assets, their checks, the sensor for new cohorts."""

    data_root: Annotated[
        str, _says("The data root: a folder, relative to the project's root, or an address such as s3://…")
    ]
    store: Annotated[
        str | None,
        _says("Where memberships are kept: a folder or an address; the data root where it is left out."),
    ] = None
    cohorts: Annotated[
        CohortSet,
        _says("dynamic: a sensor adds new cohorts; static: they appear when the code location is reloaded."),
    ] = "dynamic"
    registration: Annotated[
        Registration,
        _says("add-only, or reconcile, which also removes generations that the cohort no longer holds."),
    ] = "add-only"
    max_rows: Annotated[int, _number("max_rows", "A cohort with more generations is rejected.")] = (
        DEFAULT_MAX_ROWS
    )
    seed_metadata: Annotated[bool, _says("Whether a build writes each generation's metadata.json.")] = True
    key_prefix: Annotated[
        list[str], _says("Stands before the keys of the assets; a second data root needs one.")
    ] = Field(default_factory=list)
    partition_sets: Annotated[
        dict[str, str], _says("By stage, the name of its set of generations, where it keeps an older one.")
    ] = Field(default_factory=dict)
    group_name: Annotated[str, _says("The group of the assets: letters, digits and '_'.")] = "cohorts"
    owners: Annotated[list[str], _says("Owners of the assets: an e-mail address, or team:<name>.")] = Field(
        default_factory=list
    )
    max_retries: Annotated[
        int, _number("max_retries", "How often a retryable problem is tried again; no other is.")
    ] = RETRIES.max_retries
    retry_delay_seconds: Annotated[
        float, _number("retry_delay_seconds", "The wait before the first retry; it doubles with each.")
    ] = float(RETRIES.delay or 0)
    blocking_checks: Annotated[bool, _says("Whether a failed check stops what is downstream.")] = False
    check_severities: Annotated[
        dict[str, Severity], _says("By check, ERROR or WARN, where it is not the usual one.")
    ] = Field(default_factory=dict)
    op: Annotated[
        CohortOp | None,
        _says(
            "How the steps run: name, tags, description, pool, backfill_policy, and config (seed, new_ids)."
        ),
    ] = None
    translation: Annotated[TranslationFn[str] | None, TranslationFnResolver(lambda name: {"name": name})] = (
        None
    )

    @classmethod
    def get_model_cls(cls) -> type[BaseModel]:
        return _strict(cls.model())

    @classmethod
    def get_spec(cls) -> dg.ComponentTypeSpec:
        return dg.ComponentTypeSpec(
            description=cls.__doc__, tags=["experiments", "cohorts"], owners=[], metadata={}
        )

    def build_defs(self, context: dg.ComponentLoadContext) -> dg.Definitions:
        return cohort_membership_definitions(
            self.get_service(context.project_root),
            cohorts=self.cohorts,
            registration=self.registration,
            partition_sets=self.partition_sets,
            key_prefix=self.key_prefix,
            group_name=self.group_name,
            owners=self.owners,
            retry_policy=self._retry_policy(),
            blocking_checks=self.blocking_checks,
            check_severities=self.check_severities,
            resource_key="_".join([*self.key_prefix, RESOURCE_KEY]),  # of another data root another
            op=None if self.op is None else self.op.settings(),
            execute=self.execute,
            change_spec=self.get_asset_spec,
        )

    def get_service(self, project: Path) -> MembershipService:
        """The resource of the definitions; override it to read specs and catalogs from elsewhere."""
        return CohortMembershipResource(
            data_root=_place(self.data_root, project),
            store=None if self.store is None else _place(self.store, project),
            max_rows=self.max_rows,
            seed_metadata=self.seed_metadata,
        )

    def get_asset_spec(self, spec: dg.AssetSpec) -> dg.AssetSpec:
        """What the spec of each asset becomes; override it to change more than `translation` does."""
        return spec if self.translation is None else self.translation(spec, spec.key.path[-1])

    def execute(
        self, context: dg.AssetExecutionContext, service: MembershipService, config: CohortBuildConfig, /
    ) -> dg.MaterializeResult[Any]:
        """Builds the cohorts of a run; override it to do something before or after."""
        return build_cohorts(context, service, config)

    def _retry_policy(self) -> dg.RetryPolicy | None:
        if self.max_retries == 0:
            return None
        return dg.RetryPolicy(
            max_retries=self.max_retries,
            delay=self.retry_delay_seconds,
            backoff=RETRIES.backoff,
            jitter=RETRIES.jitter,
        )


def _place(text: str, project: Path) -> str:
    """An address as it is, a path from the project's root; what is neither fails the load."""
    parsed = parse_address(text)
    if not is_successful(parsed):
        raise dg.DagsterInvalidDefinitionError(problem_text(parsed.failure()))
    address = parsed.unwrap()
    is_path = address.is_local and "://" not in text
    return str(project / address.path) if is_path else text


@cache
def _strict(model: type[BaseModel]) -> type[BaseModel]:
    """The attributes' schema, with text in place of another type only if it is a template.

    Dagster lets any attribute be a text, since a template may give its value. So `cohorts: dinamic`
    and `max_rows: many` would pass `dg check yaml` and fail only when the definitions are loaded; so
    would a group and owners that Dagster does not take.
    """

    class Attributes(model):  # type: ignore[misc, valid-type]
        @classmethod
        def __get_pydantic_json_schema__(
            cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
        ) -> dict[str, Any]:
            schema = handler.resolve_ref_schema(handler(core_schema))
            properties = schema["properties"]
            for one in properties.values():
                for choice in one.get("anyOf", ()):
                    if choice == {"type": "string"} and _has_another_type(one):
                        choice["pattern"] = _TEMPLATE
            for name, minimum in _MINIMA.items():
                properties[name]["anyOf"][0]["minimum"] = minimum
            for name, pattern in _PATTERNS.items():
                for text in _texts(properties[name]):
                    text["pattern"] = pattern
            return schema

    return Attributes


def _has_another_type(schema: Mapping[str, Any]) -> bool:
    return any(one.get("type") not in {"string", "null"} for one in schema["anyOf"])


def _texts(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The schemas of texts in the schema of an attribute, but for those that must be a template."""
    if schema.get("type") == "string" and schema.get("pattern") != _TEMPLATE:
        yield schema
    for inner in (*schema.get("anyOf", ()), *([schema["items"]] if "items" in schema else ())):
        yield from _texts(inner)
