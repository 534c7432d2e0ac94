"""A `MembershipService` in memory: the builder's edges are plain functions, and the writer is scripted."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl
import polars.selectors as cs
from returns.result import Result, Success

from cohort_membership.dagster import catalog_reader_from, spec_reader_from
from cohort_membership.manifest import Manifest
from cohort_membership.membership import BuildReport, BuildRequest, Membership
from cohort_membership.pipeline import CohortMembershipBuilder
from cohort_membership.ports import MembershipReader, Notify
from cohort_membership.problems import ArtifactCorrupt, CohortLocked, Problem, Problems, fail
from cohort_membership.stores.local.store import silent

AXES = {
    "combo_id": ["c1", "c2"],
    "draft_template": ["plain"],
    "draft_llm": ["fjord"],
    "essay_template": ["brief"],
    "essay_llm": ["fjord"],
    "evaluation_template": ["depth", "clarity"],
    "evaluation_llm": ["judge"],
}
SPEC: Mapping[str, object] = {"axes": AXES}
BAD_SPEC: Mapping[str, object] = {"axes": {**AXES, "draft_llm": ["fjrod"], "draft_tempo": ["x"]}}
"""A misspelt level and an axis that no stage uses."""

read_catalogs = catalog_reader_from(
    templates=lambda: {"draft": ["plain"], "essay": ["brief"], "evaluation": ["depth", "clarity"]},
    models=lambda: ["fjord", "judge"],
    combos=lambda: ["c1", "c2"],
)


@dataclass
class FakeMemberships:
    """What was built, as frames by cohort; `origins` tells who seeded a generation, `reads` whose rows were
    read."""

    tables: dict[str, pl.DataFrame] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)
    unreadable: set[str] = field(default_factory=set)
    reads: list[str] = field(default_factory=list)

    def cohorts(self) -> Result[Sequence[str], Problems]:
        return Success(sorted(self.tables))

    def manifest(self, cohort_id: str) -> Result[Manifest | None, Problems]:
        if cohort_id not in self.tables:
            return Success(None)
        return Success(Manifest({"plan_digest": f"{self.tables[cohort_id].height}"}, {}))

    def rows(self, cohort_id: str, columns: Sequence[str]) -> Result[Iterator[pl.DataFrame], Problems]:
        if cohort_id in self.unreadable:
            return fail(ArtifactCorrupt(artifact="membership.csv", expected="the file", got="other bytes"))
        self.reads.append(cohort_id)
        texts = cs.exclude("replicate").cast(pl.String)
        return Success(self.tables[cohort_id].select(columns).with_columns(texts).iter_slices(3))

    def seeded(self, stage: str, ids: pl.Series) -> Result[pl.Series, Problems]:
        texts = [json.dumps({"origin_cohort_id": self.origins.get(one)}) for one in ids.to_list()]
        return Success(pl.Series(texts, dtype=pl.String))


@dataclass
class FakeService:
    """Builds in memory. Each build meets the next problem of `troubles`, or none when they are used up;
    `calls` counts the builds that were tried."""

    specs: Mapping[str, Mapping[str, object]] = field(default_factory=lambda: {"demo": SPEC, "bad": BAD_SPEC})
    troubles: list[tuple[Problem, ...]] = field(default_factory=list)
    built: FakeMemberships = field(default_factory=FakeMemberships)
    calls: int = 0
    notify: Notify = silent

    def builder(self, notify: Notify = silent, /) -> CohortMembershipBuilder:
        self.notify = notify
        return CohortMembershipBuilder(spec_reader_from(self._spec), read_catalogs, self._write)

    def _spec(self, cohort_id: str) -> Mapping[str, object]:
        self.calls += 1
        return self.specs[cohort_id]

    def request(self, cohort_id: str, seed: int | None = None, /) -> BuildRequest:
        return BuildRequest(cohort_id, seed=seed)

    def memberships(self) -> MembershipReader:
        return self.built

    def cohort_ids(self) -> tuple[str, ...]:
        return tuple(sorted(self.specs))

    def _write(self, membership: Membership, request: BuildRequest, /) -> Result[BuildReport, Problems]:
        self.notify("draft", 1, membership.rows)
        trouble = self.troubles.pop(0) if self.troubles else ()
        if trouble:
            return fail(*trouble)
        self.built.tables[membership.cohort_id] = membership.frame()
        return Success(
            BuildReport(
                cohort_id=membership.cohort_id,
                counts=membership.counts,
                seeded=membership.rows,
                reused=0,
                artifacts={"membership.csv": "memory://membership.csv"},
                notices=("one thing to know",),
                metadata={"spec_digest": membership.plan.spec_digest, "seed": request.seed},
            )
        )


def busy(cohort_id: str = "demo") -> CohortLocked:
    return CohortLocked(cohort_id=cohort_id)


def frame(rows: Iterable[tuple[str, str]]) -> pl.DataFrame:
    """`stage` and `gen_id`."""
    return pl.DataFrame(list(rows), schema={"stage": pl.String, "gen_id": pl.String}, orient="row")
