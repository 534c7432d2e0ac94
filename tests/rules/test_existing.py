"""`existing` starts from generations that are there, and believes no id that does not come out again."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from returns.pipeline import is_successful
from returns.result import Result, Success

from cohort_membership.draft_essay_evaluation import DRAFT_ESSAY_EVALUATION
from cohort_membership.experiment import Experiment
from cohort_membership.generate import generate
from cohort_membership.identity import gen_id_of
from cohort_membership.load import load
from cohort_membership.load.catalogs.text import catalogs_of
from cohort_membership.membership import BuildRequest
from cohort_membership.metadata import seeds
from cohort_membership.plan import Plan
from cohort_membership.ports import GenerationReader
from cohort_membership.problems import Problems, StorageUnavailable, fail, plain_text
from cohort_membership.rules.rule import UnclearRule
from cohort_membership.stage import Added, Stage
from cohort_membership.validate import validate

from ..load.spec_texts import decoded

SKETCH = Stage(
    "sketch", "s_", None, (("style", "tone"), ("replicate", "take")), added=(Added("size", "size", "small"),)
)
POEM = Stage("poem", "p_", "sketch", (("template_id", "form"), ("model", "poet")), frozenset({"model"}))
TITLE = Stage("title", "t_", "poem", (("model", "namer"),))
EXPERIMENT = Experiment("topic", (SKETCH, POEM, TITLE))

Store = dict[str, dict[str, dict[str, Any]]]


def planned(
    text: str,
    store: Store | None = None,
    experiment: Experiment = EXPERIMENT,
    files: Mapping[str, str] | None = None,
) -> Result[Plan, Problems]:
    """The plan of a spec over a store that holds this metadata."""
    spec, catalogs = decoded(text, files), catalogs_of(experiment, {})
    sources = load(BuildRequest("c"), lambda _: Success(spec), lambda: Success(catalogs), reader(store or {}))
    return sources.bind(validate)


def reader(store: Store) -> GenerationReader:
    def read(stage: str, ids: pl.Series, /) -> Result[pl.Series, Problems]:
        held = store.get(stage, {})
        texts = [json.dumps(held[one]) if one in held else None for one in ids]
        return Success(pl.Series("metadata", texts, dtype=pl.String))

    return read


def stored(plan: Plan) -> Store:
    """What a build of the plan would have left."""
    found: Store = {}
    for seed in seeds(generate(plan).frame(), plan):
        found.setdefault(seed.stage, {})[seed.gen_id] = json.loads(seed.text)
    return found


AXES = (
    "topic: [sea, wind], tone: [dry, Warm], take: [2, 3], size: [small, large], form: [ode], poet: [ann, bob]"
)
WRITTEN = (
    f"axes: {{{AXES}, namer: [zoe]}}\n"
    "rules: {pairs: {p: {left: tone, right: poet, allowed: [[dry, ann], [Warm, bob]]}}}\n"
)


@pytest.fixture(scope="module")
def plan() -> Plan:
    return planned(WRITTEN).unwrap()


@pytest.fixture
def store(plan: Plan) -> Store:
    return stored(plan)


def poems(plan: Plan) -> pl.DataFrame:
    return generate(plan).frame().filter(pl.col("stage") == "poem")


def spec(ids: Sequence[str], stage: str = "poem", more: str = "", axes: str = "namer: [max, zoe]") -> str:
    listed = ", ".join(ids)
    return f"axes: {{{axes}}}\nrules: {{existing: {{best: {{stage: {stage}, ids: [{listed}]}}}}{more}}}\n"


def told(text: str, store: Store) -> list[str]:
    """The problems in short: each code with the text where it stands."""
    result = planned(text, store)
    assert not is_successful(result)
    found = []
    for problem in result.failure():
        at = problem.location
        assert at is not None
        assert at.line is not None
        assert at.column is not None
        start = at.column - 1
        found.append(f"{problem.code} of {text.splitlines()[at.line - 1][start : start + at.width]}")
    return found


def test_the_listed_generations_come_out_again_in_their_order_with_what_is_new_below(
    plan: Plan, store: Store
) -> None:
    table = poems(plan)
    wanted = table[[5, 0, 2]]
    found = generate(planned(spec(wanted["gen_id"].to_list()), store).unwrap()).frame()
    again = found.filter(pl.col("stage") == "poem")
    assert again.drop("origin_cohort_id").rows() == wanted.drop("origin_cohort_id").rows()
    whole = generate(plan).frame()
    sketches = found.filter(pl.col("stage") == "sketch")["gen_id"]
    assert set(sketches) == set(wanted["parent_gen_id"]) <= set(whole["gen_id"])
    titles = found.filter(pl.col("stage") == "title")
    assert titles["parent_gen_id"].to_list() == again["gen_id"].to_list() * 2
    assert titles["model"].to_list() == ["max"] * 3 + ["zoe"] * 3


@settings(max_examples=25)
@given(st.data())
def test_any_choice_of_any_stage_gives_those_generations_and_no_others(data: st.DataObject) -> None:
    whole = generate(planned(WRITTEN).unwrap()).frame()
    held = stored(planned(WRITTEN).unwrap())
    stage = data.draw(st.sampled_from(["sketch", "poem", "title"]))
    ids = data.draw(st.lists(st.sampled_from(sorted(held[stage])), min_size=1, max_size=6))
    below = {"sketch": "form: [ode], poet: [ann], namer: [max]", "poem": "namer: [max]", "title": ""}
    found = generate(planned(spec(ids, stage, axes=below[stage]), held).unwrap()).frame()
    listed = list(dict.fromkeys(ids))
    assert found.filter(pl.col("stage") == stage)["gen_id"].to_list() == listed
    above = [one.name for one in EXPERIMENT.ancestry(EXPERIMENT.by_name[stage])]
    known = found.filter(pl.col("stage").cast(pl.String).is_in(above))
    names = [one for one in whole.columns if one != "origin_cohort_id"]
    old = {row[1]: row for row in whole.select(names).rows()}
    assert all(old[row[1]] == row for row in known.select(names).rows())


def test_ids_may_be_included_from_a_file_and_stand_there(plan: Plan, store: Store) -> None:
    ids = poems(plan)["gen_id"].to_list()[:2]
    text = "axes: {namer: [max]}\nrules: {existing: {best: {stage: poem, ids: '@file:best.csv'}}}\n"
    found = planned(text, store, files={"best.csv": "gen_id\n" + "\n".join(ids) + "\n"}).unwrap()
    assert found.counts["poem"] == 2
    result = planned(text, store, files={"best.csv": f"gen_id\n{ids[0]}\np_none\n"})
    (problem,) = result.failure()
    assert problem.location is not None
    assert (problem.code, problem.location.line) == ("missing-parent", 3)
    assert problem.location.file.endswith("best.csv")


def test_later_rules_may_refer_to_its_axes_and_to_its_name(plan: Plan, store: Store) -> None:
    rows = poems(plan)
    ids = rows["gen_id"].to_list()
    kept = planned(spec(ids, more=", subsets: {topic: [wind]}"), store).unwrap()
    assert kept.counts["poem"] == len(ids) // 2
    where = planned(spec(ids, more=", where: {w: \"poet = 'ann' AND namer = 'max'\"}"), store).unwrap()
    assert where.counts["title"] == len(ids) // 2
    one = store["poem"][ids[0]]
    above = store["sketch"][one["parent_gen_id"]]
    level = [
        above["topic"],
        above["style"],
        str(above["replicate"]),
        above["size"],
        one["template_id"],
        one["model"],
    ]
    pair = f", pairs: {{p: {{left: best, right: namer, allowed: [[[{', '.join(level)}], zoe]]}}}}"
    assert planned(spec(ids, more=pair), store).unwrap().counts == {"sketch": 1, "poem": 1, "title": 1}


def test_a_design_of_a_union_may_start_from_them(plan: Plan, store: Store) -> None:
    ids = poems(plan)["gen_id"].to_list()[:2]
    few = "topic: [sea], tone: [dry], take: [2], size: [small], form: [ode], poet: [ann], namer: [max]"
    text = f"""designs:
  old: {{axes: {{namer: [max]}}, rules: {{existing: {{best: {{stage: poem, ids: {ids}}}}}}}}}
  new: {{axes: {{{few}}}}}
"""
    found = planned(text, store).unwrap()
    new = gen_id_of(
        EXPERIMENT, POEM, {"topic": "sea", "tone": "dry", "take": "2", "size": "small", "form": "ode"}
    )
    assert found.counts["poem"] == len({*ids, new})


def test_an_id_that_is_not_there_is_a_missing_parent_where_it_stands(plan: Plan, store: Store) -> None:
    ids = poems(plan)["gen_id"].to_list()[:3]
    del store["poem"][ids[1]]
    del store["sketch"][store["poem"][ids[2]]["parent_gen_id"]]
    assert told(spec(ids), store) == [f"missing-parent of {ids[1]}", f"missing-parent of {ids[2]}"]
    assert told(spec([ids[0]]), {}) == [f"missing-parent of {ids[0]}"]


def test_without_a_store_there_are_no_generations(plan: Plan) -> None:
    text = decoded(spec(["p_1"]))
    sources = load(BuildRequest("c"), lambda _: Success(text), lambda: Success(catalogs_of(EXPERIMENT, {})))
    assert [problem.code for problem in sources.bind(validate).failure()] == ["missing-parent"]


@pytest.mark.parametrize(
    "change",
    [
        lambda own, above: own.update(template_id="elegy"),
        lambda own, above: own.update(gen_id="p_other"),
        lambda own, above: own.update(stage="title"),
        lambda own, above: own.update(parent_gen_id=None),
        lambda own, above: own.pop("template_id"),
        lambda own, above: own.pop("model"),
        lambda own, above: own.update(template_id=" "),
        lambda own, above: above.update(style="wet"),
        lambda own, above: above.update(replicate=7),
        lambda own, above: above.update(size="huge"),
        lambda own, above: above.update(topic="land"),
        lambda own, above: above.pop("topic"),
        lambda own, above: above.update(stage="poem"),
    ],
)
def test_metadata_that_gives_another_id_or_no_id_is_a_conflict(
    plan: Plan, store: Store, change: Callable[[dict[str, Any], dict[str, Any]], object]
) -> None:
    bad = poems(plan)["gen_id"][0]
    own = store["poem"][bad]
    change(own, store["sketch"][str(own["parent_gen_id"])])
    assert told(spec([bad]), store) == [f"generation-conflict of {bad}"]


def test_an_id_of_another_stage_is_a_conflict(plan: Plan, store: Store) -> None:
    poem, sketch, title = (min(store[stage]) for stage in ("poem", "sketch", "title"))
    assert told(spec([poem, sketch, title]), store) == [
        f"generation-conflict of {sketch}",
        f"generation-conflict of {title}",
    ]


def test_what_metadata_leaves_out_or_writes_otherwise_has_the_same_id(plan: Plan) -> None:
    text = "axes: {topic: [sea], tone: [dry], form: [ode], poet: [ann], namer: [max]}\n"
    first = planned(text).unwrap()
    held = stored(first)
    (sketch,) = held["sketch"].values()
    for key in ("replicate", "size", "stage", "gen_id", "origin_cohort_id"):
        del sketch[key]
    sketch["more"] = {"of": ["another", "tool"]}
    (poem,) = held["poem"]
    assert planned(spec([poem]), held).unwrap().counts["poem"] == 1
    sketch["replicate"] = 1.0
    assert planned(spec([poem]), held).unwrap().counts["poem"] == 1


def test_an_axis_that_it_gives_may_not_be_declared(plan: Plan, store: Store) -> None:
    ids = poems(plan)["gen_id"].to_list()[:1]
    found = told(spec(ids, axes="namer: [max], tone: [dry]"), store)
    assert [one.split()[0] for one in found] == ["duplicate-axis"]


def test_an_axis_that_no_stage_above_has_is_still_missing(plan: Plan, store: Store) -> None:
    ids = poems(plan)["gen_id"].to_list()[:1]
    result = planned(spec(ids, axes=""), store)
    assert [problem.code for problem in result.failure()] == ["missing-axis"]


def test_a_stage_that_there_is_not_is_told_with_the_nearest(store: Store) -> None:
    assert told(spec(["p_1"], stage="pome"), store) == ["spec-invalid of pome"]
    said = plain_text(planned(spec(["p_1"], stage="pome"), store).failure())
    assert "expected a stage of the experiment, got 'pome' (did you mean 'poem'?)" in said


def test_every_fault_of_its_shape_is_told() -> None:
    spec = decoded(
        "axes: {}\nrules: {existing: {a: {}, b: [x], c: {stage: [], ids: p_1}, "
        "d: {stage: poem, ids: ['', p_1]}}}"
    )
    assert [(one.code, getattr(one, "where", "")) for one in spec.problems] == [
        ("spec-invalid", "rules.existing.a"),
        ("spec-invalid", "rules.existing.a"),
        ("spec-invalid", "rules.existing.b"),
        ("spec-invalid", "rules.existing.c.stage"),
        ("spec-invalid", "rules.existing.c.ids"),
        ("spec-invalid", "rules.existing.d.ids"),
    ]
    assert sum(isinstance(rule, UnclearRule) for rule in spec.rules) == 3


def test_a_list_of_which_a_part_is_hidden_tells_that_part_alone(store: Store) -> None:
    ids = [min(store["poem"]), "''"]
    assert told(spec(ids), store) == ["spec-invalid of ''"]
    assert told(spec(["''"]), store) == ["spec-invalid of ''"]


def test_what_keeps_the_store_from_being_read_is_told_once(plan: Plan) -> None:
    def broken(stage: str, ids: pl.Series, /) -> Result[pl.Series, Problems]:
        return fail(StorageUnavailable(action="read the metadata", reason="a timeout"))

    text = decoded(spec(["p_1", "p_2"], more=", subsets: {tone: [dry]}"))
    sources = load(
        BuildRequest("c"), lambda _: Success(text), lambda: Success(catalogs_of(EXPERIMENT, {})), broken
    )
    assert [problem.code for problem in sources.bind(validate).failure()] == ["storage-unavailable"]


def test_metadata_that_is_none_is_told_with_its_file(plan: Plan) -> None:
    def damaged(stage: str, ids: pl.Series, /) -> Result[pl.Series, Problems]:
        return Success(pl.Series(["[]"] * len(ids)))

    text = decoded(spec(["p_1"]))
    sources = load(
        BuildRequest("c"), lambda _: Success(text), lambda: Success(catalogs_of(EXPERIMENT, {})), damaged
    )
    (problem,) = sources.bind(validate).failure()
    assert problem.code == "artifact-corrupt"
    assert str(problem.location) == "gens/poem/p_1/metadata.json"


def test_a_wrong_store_tells_a_thousand_ids_and_no_more() -> None:
    result = planned(spec([f"p_{number}" for number in range(1_200)]), {})
    assert len(result.failure()) == 1_000


def test_an_axis_named_as_the_parents_key_is_no_parent() -> None:
    first = Stage("first", "f_", None, (("a", "parent_gen_id"),))
    second = Stage("second", "x_", "first", (("b", "b"),))
    experiment = Experiment("topic", (first, second))
    text = "axes: {topic: [sea], parent_gen_id: [x], b: [y]}\n"
    held = stored(planned(text, experiment=experiment).unwrap())
    (one,) = held["second"]
    again = planned(spec([one], stage="second", axes=""), held, experiment)
    assert again.unwrap().counts == {"first": 1, "second": 1}


def test_evaluations_of_essays_that_exist_are_new_and_nothing_else_is() -> None:
    text = (
        "axes: {combo_id: [c1, c2], draft_template: [o], draft_llm: [m], essay_template: [e], "
        "essay_llm: [m], essay_replicate: [1, 2], evaluation_template: [r], evaluation_llm: [j]}\n"
    )
    first = planned(text, experiment=DRAFT_ESSAY_EVALUATION).unwrap()
    held = stored(first)
    essays = sorted(held["essay"])[:2]
    more = "evaluation_template: [r, s], evaluation_llm: [j]"
    again = planned(spec(essays, "essay", axes=more), held, DRAFT_ESSAY_EVALUATION).unwrap()
    table = generate(again).frame()
    known = {one for ids in held.values() for one in ids}
    new = table.filter(~pl.col("gen_id").is_in(list(known)))
    assert new["stage"].unique().to_list() == ["evaluation"]
    assert new["template_id"].cast(pl.String).unique().to_list() == ["s"]
    assert set(new["parent_gen_id"]) == set(essays)
