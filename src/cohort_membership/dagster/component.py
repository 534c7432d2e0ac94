"""The component: everything of the boundary from a few lines of YAML, and its scaffolder."""

import shutil
from functools import cache
from importlib.resources import as_file
from typing import Annotated, Any

import dagster as dg
from dagster.components.component_scaffolding import scaffold_component
from pydantic import BaseModel, Field, GetJsonSchemaHandler
from pydantic_core import CoreSchema

from cohort_membership.dagster.assets import RETRIES
from cohort_membership.dagster.definitions import CohortSet, cohort_membership_definitions
from cohort_membership.dagster.partitions import Registration
from cohort_membership.dagster.resources import CohortMembershipResource
from cohort_membership.example import example_root
from cohort_membership.membership import DEFAULT_MAX_ROWS

DEFAULT_DATA_ROOT = "data"


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


def _says(description: str) -> dg.Resolver:
    """What `dg` and editors show of an attribute."""
    resolver: dg.Resolver = dg.Resolver.default(description=description)
    return resolver


@dg.scaffold_with(CohortMembershipScaffolder)
class CohortMembershipComponent(dg.Component, dg.Model, dg.Resolvable):
    """Cohort memberships of a data root: the assets, their checks, the sensor for new cohorts."""

    data_root: Annotated[str, _says("The data root; a relative path starts at the project's root.")]
    cohorts: Annotated[
        CohortSet,
        _says("dynamic: a sensor adds new cohorts; static: they appear when the code location is reloaded."),
    ] = "dynamic"
    registration: Annotated[
        Registration,
        _says("add-only, or reconcile, which also removes generations that the cohort no longer holds."),
    ] = "add-only"
    max_rows: Annotated[int, _says("A cohort with more generations is rejected."), Field(ge=1)] = (
        DEFAULT_MAX_ROWS
    )
    seed_metadata: Annotated[bool, _says("Whether a build writes each generation's metadata.json.")] = True
    key_prefix: Annotated[
        list[str], _says("Stands before the keys of the assets; a second data root needs one.")
    ] = Field(default_factory=list)
    group_name: Annotated[str, _says("The group of the assets.")] = "cohorts"
    owners: Annotated[list[str], _says("Owners of the assets: an e-mail address, or team:<name>.")] = Field(
        default_factory=list
    )
    max_retries: Annotated[
        int, _says("How often a retryable problem is tried again; no other is."), Field(ge=0)
    ] = RETRIES.max_retries
    retry_delay_seconds: Annotated[
        float, _says("The wait before the first retry; it doubles with each."), Field(ge=0)
    ] = float(RETRIES.delay or 0)
    blocking_checks: Annotated[bool, _says("Whether a failed check stops what is downstream.")] = False

    @classmethod
    def get_model_cls(cls) -> type[BaseModel]:
        return _strict(cls.model())

    @classmethod
    def get_spec(cls) -> dg.ComponentTypeSpec:
        return dg.ComponentTypeSpec(
            description=cls.__doc__, tags=["experiments", "cohorts"], owners=[], metadata={}
        )

    def build_defs(self, context: dg.ComponentLoadContext) -> dg.Definitions:
        resource = CohortMembershipResource(
            data_root=str(context.project_root / self.data_root),
            max_rows=self.max_rows,
            seed_metadata=self.seed_metadata,
        )
        return cohort_membership_definitions(
            resource,
            cohorts=self.cohorts,
            registration=self.registration,
            key_prefix=self.key_prefix,
            group_name=self.group_name,
            owners=self.owners,
            retry_policy=self._retry_policy(),
            blocking_checks=self.blocking_checks,
            resource_key="_".join([*self.key_prefix, "cohort_membership"]),
        )

    def _retry_policy(self) -> dg.RetryPolicy | None:
        if self.max_retries == 0:
            return None
        return dg.RetryPolicy(
            max_retries=self.max_retries,
            delay=self.retry_delay_seconds,
            backoff=RETRIES.backoff,
            jitter=RETRIES.jitter,
        )


@cache
def _strict(model: type[BaseModel]) -> type[BaseModel]:
    """The attributes' schema, with text in place of another type only if it is a template.

    Dagster lets any attribute be a text, since a template may give its value. So `cohorts: dinamic`
    and `max_rows: many` would pass `dg check yaml` and fail only when the definitions are loaded.
    """

    class Attributes(model):  # type: ignore[misc, valid-type]
        @classmethod
        def __get_pydantic_json_schema__(
            cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
        ) -> dict[str, Any]:
            schema = handler.resolve_ref_schema(handler(core_schema))
            for one in schema["properties"].values():
                for choice in one.get("anyOf", ()):
                    if choice == {"type": "string"}:
                        choice["pattern"] = r"\{\{"
            return schema

    return Attributes
