"""The wide table for assets downstream: what they take as an input is read from the store, whatever it is."""

from dataclasses import dataclass
from typing import Any, cast

import dagster as dg
import polars as pl
from returns.pipeline import is_successful

from cohort_membership.dagster.assets import RESOURCE_KEY
from cohort_membership.dagster.reading import manifest_of
from cohort_membership.dagster.resources import MembershipService
from cohort_membership.dagster.translate import unwrap
from cohort_membership.follow.frames import lazy_table


def cohort_frame(service: MembershipService, cohort_id: str) -> pl.LazyFrame:
    """The wide table of a built cohort, from any store: only the columns that are needed are read.

    Columns are those of the experiment: String, `replicate` Int32, null where a stage has no such column. It
    raises `dg.Failure` where the cohort was not built, or the experiment cannot be read.
    """
    memberships = service.memberships()
    unwrap(manifest_of(memberships, cohort_id))
    return lazy_table(memberships, cohort_id, unwrap(service.builder().read_catalogs()).experiment)


@dataclass(frozen=True)
class CohortFrames(dg.IOManager):
    """Gives `cohort_membership` to the assets that take it, as the type that they say.

    `pl.LazyFrame` (also where no type is said), `pl.DataFrame`, or a pandas frame. An asset that takes many
    cohorts gets their rows one below the other (`origin_cohort_id` tells them apart); those that are not
    built are left out, and the log says which.
    """

    service: MembershipService

    def handle_output(self, context: dg.OutputContext, obj: Any) -> None:
        """The build has written it."""

    def load_input(self, context: dg.InputContext) -> Any:
        cohorts = context.asset_partition_keys
        if len(cohorts) != 1:
            memberships = self.service.memberships()
            built = [one for one in cohorts if is_successful(manifest_of(memberships, one))]
            if len(built) < len(cohorts):
                missing = ", ".join(one for one in cohorts if one not in built)
                context.log.warning(f"left out, since they are not built: {missing}")
            cohorts = built or cohorts
        frame = pl.concat([cohort_frame(self.service, one) for one in cohorts])
        return as_type(frame, context.dagster_type.typing_type)


def as_type(frame: pl.LazyFrame, wanted: Any) -> Any:
    """A frame as the type that an asset says: lazy where it says none."""
    if wanted is pl.DataFrame:
        return frame.collect()
    if getattr(wanted, "__module__", "").partition(".")[0] == "pandas":
        return wanted(frame.collect().to_dict(as_series=False))  # needs no pyarrow
    return frame


def cohort_frames(resource_key: str = RESOURCE_KEY) -> dg.IOManagerDefinition:
    """The IO manager that gives memberships to assets downstream; it asks the service of `resource_key`."""

    @dg.io_manager(
        required_resource_keys={resource_key},
        description="Gives a cohort's wide table to the assets that take `cohort_membership`.",
    )
    def frames(context: dg.InitResourceContext) -> CohortFrames:
        return CohortFrames(cast(MembershipService, getattr(context.resources, resource_key)))

    return frames
