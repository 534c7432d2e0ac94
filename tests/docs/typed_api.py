"""What type checkers see of the public API. It is read by mypy (with the suite) and by pyright (in a test).

Each `# type: ignore` is an error that must be there: both checkers are told to report one that is not needed.
"""
# pyright: standard, reportUnnecessaryTypeIgnoreComment=true

from collections.abc import Mapping
from pathlib import Path

import polars as pl
from returns.result import Result, Success

import cohort_membership
from cohort_membership import (
    DRAFT_ESSAY_EVALUATION,
    BuildReport,
    BuildRequest,
    Cohort,
    CohortMembershipBuilder,
    Experiment,
    Membership,
    MembershipWriter,
    Plan,
    Problems,
    catalogs_from_ids,
    catalogs_of,
    experiment_from_mapping,
    gen_id,
    local_builder,
    open_builder,
    open_cohort,
    plain_text,
    spec_from_mapping,
)
from cohort_membership.pipeline import generate, load, persist, validate

local: CohortMembershipBuilder = local_builder("data")
from_path: CohortMembershipBuilder = local_builder(Path("data"))
opened: Result[CohortMembershipBuilder, Problems] = open_builder("data", store="sqlite:///cohorts.db")
request = BuildRequest("judged", seed=7)
experiment: Result[Experiment, Problems] = experiment_from_mapping({"subject": "question_id"})
built_in: Experiment = DRAFT_ESSAY_EVALUATION
one_id: str = gen_id("a_", ["q1", "plain", 1])


def rejected_by_checkers() -> None:
    local_builder(7)  # type: ignore[arg-type]
    local.bild(request)  # type: ignore[attr-defined]
    request.seed = 8  # type: ignore[misc]
    open_cohort("data", "judged").next(shard="2/3")  # type: ignore[arg-type]
    experiment.unwrap().stages.append  # type: ignore[attr-defined]  # noqa: B018
    cohort_membership.read_membershp  # type: ignore[attr-defined]  # noqa: B018
    from cohort_membership import reed_membership  # type: ignore[attr-defined]  # noqa: F401


def write(membership: Membership, request: BuildRequest, /) -> Result[BuildReport, Problems]:
    return Success(BuildReport(membership.cohort_id, membership.counts, 0, 0, {}))


def wrong(membership: Membership) -> BuildReport:
    return BuildReport(membership.cohort_id, membership.counts, 0, 0, {})


writer: MembershipWriter = write
no_writer: MembershipWriter = wrong  # type: ignore[assignment]


def by_steps() -> Result[BuildReport, Problems]:
    """The sentence, composed by hand."""
    spec = spec_from_mapping({"axes": {"question_id": ["q1"]}})
    catalogs = catalogs_of(built_in, {})
    catalogs_from_ids({}, ["m1"], ["c1"])
    sources = load(request, lambda _: Success(spec), lambda: Success(catalogs))
    plan: Result[Plan, Problems] = sources.bind(validate)
    membership: Result[Membership, Problems] = plan.map(generate)
    return membership.bind(persist(writer, request))


def told(problems: Problems) -> str:
    return plain_text(problems)


def counts() -> Mapping[str, int]:
    return local.build_or_raise(request).counts


def in_a_notebook() -> list[pl.DataFrame]:
    cohort: Cohort = open_cohort(Path("data"), "judged", store="sqlite:///cohorts.db")
    wide: pl.LazyFrame = cohort.frame()
    some: pl.DataFrame = cohort.next("answer", shard=(2, 3), limit=10, retry_failed=True)
    return [cohort.plan(), cohort.changes(), cohort.states(), cohort.lineage(), some, wide.collect()]
