"""What is said of the files after a build that failed is true for its store."""

import pytest

from cohort_membership.cli.building import NO_MEMBERSHIP, UNFINISHED, Places, ending
from cohort_membership.cli.rejections import NOTHING_WRITTEN
from cohort_membership.executors import unfit
from cohort_membership.membership import BuildRequest
from cohort_membership.problems import (
    ArtifactCorrupt,
    CohortLocked,
    InvalidCohortId,
    Problem,
    StorageFull,
)

LOCKED = CohortLocked(cohort_id="demo")
FULL = StorageFull(action="write the membership of demo", reason="no space left on device")
CORRUPT = ArtifactCorrupt(artifact="m.csv", expected="a file", got="none", remedy="build again")
REMOTE = ["s3://bucket/x", "delta+s3://bucket/x", "postgresql://host/db", "sqlite:///m.db"]


@pytest.mark.parametrize("store", REMOTE)
@pytest.mark.parametrize("problem", [LOCKED, CORRUPT])
def test_other_stores_may_have_metadata_of_a_build_that_was_too_late(store: str, problem: Problem) -> None:
    assert ending((problem,), Places("data", store), BuildRequest("demo")) == NO_MEMBERSHIP


@pytest.mark.parametrize("places", [Places("data"), Places("data", "/srv/other"), Places("file:///srv/data")])
def test_the_local_store_finds_these_before_it_writes(places: Places) -> None:
    assert ending((LOCKED,), places, BuildRequest("demo")) == NOTHING_WRITTEN


@pytest.mark.parametrize("store", [None, *REMOTE])
def test_a_store_that_failed_leaves_a_build_unfinished(store: str | None) -> None:
    assert ending((FULL,), Places("data", store), BuildRequest("demo")) == UNFINISHED


@pytest.mark.parametrize("store", [None, *REMOTE])
def test_an_executor_that_is_unfit_is_found_before_anything_is_written(store: str | None) -> None:
    problem = unfit("dask://nowhere")
    assert problem is not None
    assert ending((problem,), Places("data", store), BuildRequest("demo")) == NOTHING_WRITTEN


@pytest.mark.parametrize("store", [None, *REMOTE])
def test_a_dry_run_and_rejected_input_write_nothing(store: str | None) -> None:
    places = Places("data", store)
    assert ending((FULL, LOCKED), places, BuildRequest("demo", dry_run=True)) == NOTHING_WRITTEN
    assert ending((InvalidCohortId(cohort_id="../x"),), places, BuildRequest("../x")) == NOTHING_WRITTEN
