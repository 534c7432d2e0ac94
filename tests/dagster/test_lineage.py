"""Children run after their parents: by a mapping between static sets, or by a sensor on dynamic ones."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from dagster._core.definitions.partitions.context import partition_loading_context
from dagster._core.definitions.sensor_definition import SensorExecutionData

from cohort_membership.dagster import (
    CohortMembershipResource,
    children_sensor,
    generation_partitions,
    lineage_only,
    static_generations,
)
from cohort_membership.dagster.registration import register
from cohort_membership.membership import BuildRequest
from cohort_membership.wiring import local_builder
from tests.case_folders import cases
from tests.dagster.fakes import AXES, FakeService

STAGES = ("draft", "essay", "evaluation")
PARENTS = {"draft": None, "essay": "draft", "evaluation": "essay"}
GROWN: Mapping[str, object] = {"axes": {**AXES, "draft_replicate": ["1", "2"]}}


@dataclass
class Chain:
    """Stage assets on dynamic sets, which run in this process; what they ran, and which must fail."""

    instance: dg.DagsterInstance
    service: FakeService = field(default_factory=FakeService)
    ran: list[str] = field(default_factory=list)
    failing: set[str] = field(default_factory=set)
    cursor: str | None = None

    def assets(self) -> dict[str, dg.AssetsDefinition]:
        return {stage: self._asset(stage, parent) for stage, parent in PARENTS.items()}

    def _asset(self, stage: str, parent: str | None) -> dg.AssetsDefinition:
        @dg.asset(
            name=stage,
            partitions_def=generation_partitions(stage),
            deps=[] if parent is None else [lineage_only(parent)],
        )
        def run(context: dg.AssetExecutionContext) -> None:
            self.ran.append(context.partition_key)
            if context.partition_key in self.failing:
                raise dg.Failure("the model answered nonsense", allow_retries=False)

        return run

    def build(self, spec: Mapping[str, object]) -> None:
        self.service.specs = {"demo": spec}
        self.service.builder().build(BuildRequest("demo")).unwrap()
        register(self.instance, "demo", self.service.memberships(), say=lambda line: None)

    def look(self, sensor: dg.SensorDefinition) -> SensorExecutionData:
        resources = {"cohort_membership": self.service}
        context = dg.build_sensor_context(
            instance=self.instance,
            cursor=self.cursor,
            resources=resources,
            definitions=dg.Definitions(self.assets().values(), sensors=[sensor], resources=resources),
        )
        # The context is what a code server evaluates a tick in.
        with context, partition_loading_context(dynamic_partitions_store=self.instance):
            return sensor.evaluate_tick(context)

    def tick(self) -> list[str]:
        """One look of the sensor, and the runs that it requests."""
        outcome = self.look(children_sensor({stage: stage for stage in STAGES}))
        self.cursor = outcome.cursor or self.cursor
        assets = self.assets()
        for request in outcome.run_requests or ():
            (key,) = request.asset_selection or ()
            dg.materialize(
                list(assets.values()),
                selection=[assets[key.to_user_string()]],
                instance=self.instance,
                partition_key=request.partition_key,
                raise_on_error=False,
            )
        return [str(request.partition_key) for request in outcome.run_requests or ()]

    def settle(self) -> None:
        while self.tick():
            pass

    def held(self) -> pl.DataFrame:
        table = self.service.built.tables["demo"].select("stage", "gen_id", "parent_gen_id")
        return table.with_columns(pl.col("stage").cast(pl.String))


@pytest.fixture
def chain(instance: dg.DagsterInstance) -> Chain:
    return Chain(instance)


def test_the_sensor_starts_each_generation_once_and_after_its_parent(chain: Chain) -> None:
    chain.build({"axes": AXES})
    chain.settle()
    held = chain.held()
    assert sorted(chain.ran) == sorted(held["gen_id"].to_list())
    for gen_id, parent in held.select("gen_id", "parent_gen_id").iter_rows():
        assert parent == "" or chain.ran.index(parent) < chain.ran.index(gen_id)


def test_a_failed_parent_holds_back_its_own_children_only(chain: Chain) -> None:
    chain.build({"axes": AXES})
    held = chain.held()
    first, second = held.filter(pl.col("stage") == "draft")["gen_id"].to_list()
    chain.failing = {first}
    chain.settle()
    essays = held.filter(pl.col("stage") == "essay")
    free = essays.filter(pl.col("parent_gen_id") == second)["gen_id"].to_list()
    evaluations = held.filter(pl.col("parent_gen_id").is_in(free))["gen_id"].to_list()
    assert sorted(chain.ran) == sorted([first, second, *free, *evaluations])
    chain.failing = set()
    dg.materialize(list(chain.assets().values())[:1], instance=chain.instance, partition_key=first)
    chain.settle()
    assert set(chain.ran) == set(held["gen_id"].to_list())


def test_of_a_cohort_that_grows_exactly_the_new_generations_run(chain: Chain) -> None:
    chain.build({"axes": AXES})
    chain.settle()
    before = set(chain.ran)
    chain.ran.clear()
    chain.build(GROWN)
    chain.settle()
    assert sorted(chain.ran) == sorted(set(chain.held()["gen_id"].to_list()) - before)
    assert len(chain.ran) == len(before)


def test_a_tick_requests_no_more_than_its_share_and_the_next_goes_on(chain: Chain) -> None:
    chain.build({"axes": AXES})
    sensor = children_sensor({"draft": "draft"}, most=1)
    asked: list[object] = []
    for _ in range(3):
        outcome = chain.look(sensor)
        chain.cursor = outcome.cursor or chain.cursor
        asked += [request.partition_key for request in outcome.run_requests or ()]
    assert asked == chain.held().filter(pl.col("stage") == "draft")["gen_id"].to_list()


def test_where_nothing_has_changed_a_tick_reads_no_membership_and_after_a_build_only_that_one(
    chain: Chain,
) -> None:
    chain.build({"axes": AXES})
    chain.service.specs = {"other": {"axes": AXES}}
    chain.service.builder().build(BuildRequest("other")).unwrap()
    sensor, built = children_sensor({stage: stage for stage in STAGES}), chain.service.built

    def reads() -> list[str]:
        built.reads.clear()
        outcome = chain.look(sensor)
        chain.cursor = outcome.cursor or chain.cursor
        return built.reads

    assert reads() == ["demo", "other"]
    assert reads() == []
    draft = chain.held()["gen_id"][0]
    dg.materialize([chain.assets()["draft"]], instance=chain.instance, partition_key=draft)
    assert reads() == []
    chain.build(GROWN)
    assert reads() == ["demo"]


def test_a_cohort_whose_manifest_is_damaged_is_passed_over_and_the_others_run(
    data_root: Path, instance: dg.DagsterInstance
) -> None:
    service = built(data_root, "first-steps", "coupled-judges")
    register(instance, "first-steps", service.memberships(), say=lambda line: None)
    (data_root / "cohorts" / "coupled-judges" / "manifest.json").write_text("{")
    chain = Chain(instance, service)  # type: ignore[arg-type]
    requests = chain.look(children_sensor({"draft": "draft"})).run_requests or ()
    assert len(requests) == 12


def test_a_run_is_told_by_the_cohort_the_template_and_the_model_of_its_generation(chain: Chain) -> None:
    chain.build({"axes": AXES})
    (request, *_) = chain.look(children_sensor({"draft": "draft"})).run_requests or ()
    wanted = {"cohort": "demo", "combo_id": "c1", "template_id": "plain", "llm_model_id": "fjord"}
    assert wanted.items() <= request.tags.items()


@pytest.mark.parametrize("text", ["d_1\nd_2", "[]", '{"seen": 1}', "{"])
def test_a_cursor_that_is_none_of_ours_counts_as_none(chain: Chain, text: str) -> None:
    chain.build({"axes": AXES})
    chain.cursor = text
    assert len(chain.look(children_sensor({"draft": "draft"})).run_requests or ()) == 2


def built(root: Path, *cohort_ids: str) -> CohortMembershipResource:
    for cohort_id in cohort_ids:
        local_builder(root).build_or_raise(BuildRequest(cohort_id))
    return CohortMembershipResource(data_root=str(root))


def test_static_sets_map_each_parent_to_its_children(data_root: Path) -> None:
    found = static_generations(built(data_root, "first-steps", "coupled-judges"))
    assert list(found.partitions) == list(STAGES)
    tables = [
        pl.read_parquet(data_root / "cohorts" / one / "membership.parquet").select(
            pl.col("stage", "gen_id", "parent_gen_id").cast(pl.String)
        )
        for one in ("first-steps", "coupled-judges")
    ]
    held = pl.concat(tables).unique("gen_id")
    for stage in STAGES:
        wanted = held.filter(pl.col("stage") == stage)
        assert set(found.partitions[stage].get_partition_keys()) == set(wanted["gen_id"])
        if stage != "draft":
            children = found.mappings[stage].downstream_partition_keys_by_upstream_partition_key
            pairs = {(child, parent) for parent, ones in children.items() for child in ones}
            assert pairs == set(wanted.select("gen_id", "parent_gen_id").iter_rows())


def test_definitions_with_static_sets_load_and_the_graph_knows_each_generations_parent(
    data_root: Path,
) -> None:
    found = static_generations(built(data_root, "first-steps"))

    def asset(stage: str, parent: str | None) -> dg.AssetsDefinition:
        deps = [] if parent is None else [found.dep(stage, parent)]

        @dg.asset(name=stage, partitions_def=found.partitions[stage], deps=deps)
        def run() -> None: ...

        return run

    defs = dg.Definitions([asset(stage, parent) for stage, parent in PARENTS.items()])
    dg.Definitions.validate_loadable(defs)
    graph = defs.resolve_asset_graph()
    essay, draft = dg.AssetKey("essay"), dg.AssetKey("draft")
    one = found.partitions["essay"].get_partition_keys()[0]
    mapping = graph.get_partition_mapping(essay, draft)
    upstream = mapping.get_upstream_mapped_partitions_result_for_partitions(
        found.partitions["essay"].subset_with_partition_keys([one]),
        found.partitions["essay"],
        found.partitions["draft"],
    )
    table = pl.read_parquet(data_root / "cohorts" / "first-steps" / "membership.parquet")
    row = table.filter(pl.col("gen_id") == one).row(0, named=True)
    assert set(upstream.partitions_subset.get_partition_keys()) == {row["parent_gen_id"]}


def test_static_sets_of_a_forked_experiment_have_a_mapping_for_each_child(tmp_path: Path) -> None:
    case = next(one for one in cases("algebra") if one.name == "alg01")
    found = static_generations(built(case.lay_out(tmp_path), case.cohort_id))
    assert set(found.partitions) == {"answer", "baseline", "verdict"}
    assert set(found.mappings) == {"verdict"}


def test_before_a_first_build_static_sets_are_empty(data_root: Path) -> None:
    found = static_generations(CohortMembershipResource(data_root=str(data_root)))
    assert [len(one.get_partition_keys()) for one in found.partitions.values()] == [0, 0, 0]
