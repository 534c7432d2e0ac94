"""States, shards and changes equal what a naive loop over the rows says."""

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from cohort_membership.experiment import Experiment
from cohort_membership.identity import base36
from cohort_membership.life.changes import Side, compare
from cohort_membership.life.outcomes import Outcomes
from cohort_membership.life.shards import Shard, remainders
from cohort_membership.life.states import tallied, with_states
from cohort_membership.stage import Stage

EXPERIMENT = Experiment(
    "q",
    (
        Stage("answer", "a_", None, (("template_id", "answer_template"), ("llm_model_id", "answer_llm"))),
        Stage("verdict", "j_", "answer", (("template_id", "verdict_template"),)),
    ),
)
IDS = [f"a_{number}" for number in range(4)] + [f"j_{number}" for number in range(6)]
MARKS = st.dictionaries(st.sampled_from([*IDS, "a_unknown"]), st.booleans())


@settings(max_examples=60, deadline=None)
@given(MARKS)
def test_states_equal_a_naive_count(marks: dict[str, bool]) -> None:
    rows = [("answer", one, "") for one in IDS[:4]]
    rows += [("verdict", one, f"a_{number // 2}") for number, one in enumerate(IDS[4:])]
    table = pl.DataFrame(rows, schema=["stage", "gen_id", "parent_gen_id"], orient="row")
    outcomes = Outcomes(
        pl.DataFrame({"gen_id": list(marks), "is_done": list(marks.values())}, schema=_SCHEMA)
    )
    expected = []
    for _, gen_id, parent in rows:
        if gen_id in marks:
            expected.append("done" if marks[gen_id] else "failed")
        else:
            expected.append("ready" if not parent or marks.get(parent) else "blocked")
    found = with_states(table, outcomes)
    assert found["state"].cast(pl.String).to_list() == expected
    counts = found.group_by("stage", "state").len().cast({"state": pl.String}).iter_rows()
    tally = tallied(counts, EXPERIMENT)
    for stage, one in tally.items():
        states = [state for (name, _, _), state in zip(rows, expected, strict=True) if name == stage]
        for state in ("done", "failed", "ready", "blocked"):
            assert one.as_json()[state] == states.count(state)
        assert one.rows == len(states)


_SCHEMA = {"gen_id": pl.String, "is_done": pl.Boolean}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 2**80 - 1), min_size=1, max_size=20), st.integers(1, 10**6))
def test_a_shard_is_told_by_the_number_of_the_id(numbers: list[int], of: int) -> None:
    ids = pl.Series([f"a_b_{base36(number)}" for number in numbers])
    assert remainders(ids, of).tolist() == [number % of for number in numbers]
    parts = [Shard(number, 3).mask(ids) for number in (1, 2, 3)]
    assert [sum(map(bool, one)) for one in zip(*parts, strict=True)] == [1] * len(numbers)


def test_no_rows_have_no_shard() -> None:
    assert Shard(1, 2).mask(pl.Series([], dtype=pl.String)).to_list() == []


ANSWERS = st.sets(st.tuples(st.sampled_from("pq"), st.sampled_from("st"), st.sampled_from("mn")), max_size=6)
RUBRICS = st.sets(st.sampled_from("xyz"), max_size=2)


def _rows(answers: set[tuple[str, str, str]], rubrics: set[str]) -> list[tuple[str, ...]]:
    """Ids that tell all they count."""
    rows: list[tuple[str, ...]] = [("answer", f"a_{q}{t}{m}", "", q, t, m) for q, t, m in sorted(answers)]
    rows += [
        ("verdict", f"j_{q}{t}{m}{v}", f"a_{q}{t}{m}", q, v, "")
        for q, t, m in sorted(answers)
        for v in sorted(rubrics)
    ]
    return rows


def _side(rows: list[tuple[str, ...]]) -> Side:
    names = ["stage", "gen_id", "parent_gen_id", "q", "template_id", "llm_model_id"]
    table = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")
    return Side([table.head(3), table.slice(3)], EXPERIMENT)


def _carried(row: tuple[str, ...]) -> dict[str, str]:
    _, gen_id, _, q, _, _ = row
    own = {"q": q, "answer_template": gen_id[3], "answer_llm": gen_id[4]}
    return own if row[0] == "answer" else {**own, "verdict_template": gen_id[5]}


@settings(max_examples=100, deadline=None)
@given(ANSWERS, RUBRICS, ANSWERS, RUBRICS)
def test_changes_equal_a_comparison_row_by_row(
    old: set[tuple[str, str, str]],
    old_rubrics: set[str],
    new: set[tuple[str, str, str]],
    new_rubrics: set[str],
) -> None:
    before, after = _rows(old, old_rubrics), _rows(new, new_rubrics)
    found = compare(_side(before), _side(after))
    ids = {row[1] for row in before}, {row[1] for row in after}
    for stage in ("answer", "verdict"):
        was, now = ({one for one in side if one[0] == stage[0].replace("v", "j")} for side in ids)
        change = found.stages[stage]
        assert (change.kept, change.gone, change.new) == (len(was & now), len(was - now), len(now - was))
    expected: dict[tuple[str, str, bool], dict[str, int]] = {}
    for own, other, is_added in ((after, before, True), (before, after, False)):
        levels = {pair for row in other for pair in _carried(row).items()}
        others = {row[1] for row in other}
        for row in own:
            for axis, level in _carried(row).items():
                if (axis, level) not in levels:
                    counts = expected.setdefault((axis, level, is_added), {})
                    if row[1] not in others:
                        counts[row[0]] = counts.get(row[0], 0) + 1
    assert {(one.axis, one.level, one.is_added): dict(one.stages) for one in found.changes} == expected
