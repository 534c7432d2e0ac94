"""A cohort as a value tells what the commands tell, as tables."""

import json
import pickle
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from cohort_membership import BuildRequest, Cohort, CohortRejected, local_builder, open_cohort
from cohort_membership.cli import main
from cohort_membership.follow.edges import open_followed
from cohort_membership.follow.plan import plan
from cohort_membership.life.shards import Shard

from .stores.cohorts import QUESTIONS, lay_out


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A data root with a cohort `alpha`: 4 answers, 4 verdicts."""
    return lay_out(tmp_path / "data", "alpha", kind=QUESTIONS)


@pytest.fixture
def cohort(root: Path) -> Cohort:
    local_builder(root).build_or_raise(BuildRequest("alpha"))
    return open_cohort(root, "alpha")


def _mark(root: Path, row: dict[str, Any], name: str = "parsed.txt") -> None:
    folder = root / row["folder"]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("text", encoding="utf-8")


def _codes(rejected: "pytest.ExceptionInfo[CohortRejected]") -> list[str]:
    return [problem.code for problem in rejected.value.problems]


def test_the_frame_is_the_wide_table_read_when_it_is_collected(cohort: Cohort, root: Path) -> None:
    frame = cohort.frame()
    assert isinstance(frame, pl.LazyFrame)
    stored = pl.read_parquet(root / "cohorts/alpha/membership.parquet")
    texts = stored.with_columns(pl.col(pl.Enum, pl.Categorical).cast(pl.String))
    assert_frame_equal(frame.collect(), texts)
    some = frame.filter(pl.col("stage") == "verdict").select("gen_id", "replicate").head(3)
    verdicts = texts.filter(pl.col("stage") == "verdict")
    assert some.collect().rows() == verdicts[:3, ["gen_id", "replicate"]].rows()
    assert frame.select(pl.len()).collect().item() == texts.height
    assert frame.head(2).collect().height == 2
    assert frame.tail(1).collect(engine="streaming")["gen_id"].item() == texts["gen_id"][-1]


def test_a_table_that_is_damaged_after_all_is_a_rejection_when_it_is_collected(
    cohort: Cohort, root: Path
) -> None:
    frame = cohort.frame()
    (root / "cohorts/alpha/membership.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(CohortRejected) as rejected:
        frame.collect()
    assert _codes(rejected) == ["artifact-corrupt"]


def test_states_and_next_follow_the_results_that_workers_leave(cohort: Cohort, root: Path) -> None:
    ready = cohort.next()
    assert ready["stage"].unique().to_list() == ["answer"]
    assert ready.columns == [*cohort.frame().collect_schema(), "folder", "parent_folder", "template"]
    first, second = ready.head(2).to_dicts()
    _mark(root, first)
    _mark(root, second, "raw.txt")
    states = dict(cohort.states().select("gen_id", "state").iter_rows())
    assert list(states) == cohort.frame().collect()["gen_id"].to_list()
    assert states[first["gen_id"]] == "done"
    assert states[second["gen_id"]] == "failed"
    (verdict,) = cohort.next("verdict").to_dicts()
    assert verdict["parent_folder"] == first["folder"]
    assert verdict["gen_id"] in {one for one, state in states.items() if state == "ready"}
    assert second["gen_id"] not in cohort.next()["gen_id"]
    assert second["gen_id"] in cohort.next(retry_failed=True)["gen_id"]
    assert cohort.next(limit=2).height == 2


def test_shards_share_out_what_can_run(cohort: Cohort) -> None:
    ready = cohort.next()["gen_id"]
    shards = [cohort.next(shard=(number, 3))["gen_id"] for number in (1, 2, 3)]
    assert sorted(pl.concat(shards)) == sorted(ready)
    assert shards[1].to_list() == ready.filter(Shard(2, 3).mask(ready)).to_list()


def test_next_gives_what_the_command_gives(
    cohort: Cohort, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["next", "alpha", "--data-root", str(root), "--shard", "1/2"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    found = cohort.next(shard=(1, 2)).to_dicts()
    assert [{key: row[key] for key in line} for row, line in zip(found, lines, strict=True)] == lines


def test_what_has_nothing_to_run_gives_a_table_with_the_columns(cohort: Cohort) -> None:
    assert cohort.next("verdict").schema == cohort.next("answer").schema
    assert cohort.next("verdict").height == 0


@pytest.mark.parametrize(
    "wrong", [{"stage": "verdit"}, {"shard": (0, 3)}, {"shard": (4, 3)}, {"limit": -1}], ids=str
)
def test_what_cannot_be_asked_is_said(cohort: Cohort, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"there is no|must not be"):
        cohort.next(**wrong)


def test_a_negative_seed_is_a_rejection_since_it_would_shuffle_as_the_positive_one(cohort: Cohort) -> None:
    for ask in (cohort.plan, cohort.changes):
        with pytest.raises(CohortRejected, match="seed -7: a negative seed would shuffle as 7 does"):
            ask(seed=-7)


def test_a_plan_tells_each_stage_and_the_levels_that_come_and_go(cohort: Cohort, root: Path) -> None:
    lay_out(root, "alpha", kind=QUESTIONS, combos=("c2", "c3"))
    planned = plan(open_followed(str(root)).unwrap(), "alpha").unwrap()[0].as_json()
    table = {row.pop("stage"): row for row in cohort.plan().to_dicts()}
    assert table == planned["stages"]
    assert table["answer"] == {"rows": 4, "new": 2, "kept": 2, "gone": 2, "reused": 0, "done": 0}
    assert cohort.changes().rows() == [
        ("question_id", "c3", "added", "answer", 2),
        ("question_id", "c3", "added", "verdict", 2),
        ("question_id", "c1", "removed", "answer", 2),
        ("question_id", "c1", "removed", "verdict", 2),
    ]
    assert open_cohort(root, "alpha").plan(seed=3)["rows"].to_list() == [4, 4]


def test_a_lineage_has_a_row_for_each_verdict_with_its_answer(cohort: Cohort) -> None:
    wide = cohort.lineage()
    table = cohort.frame().collect()
    verdicts = table.filter(pl.col("stage") == "verdict")
    assert wide["gen_id"].to_list() == verdicts["gen_id"].to_list()
    assert wide["answer_gen_id"].to_list() == verdicts["parent_gen_id"].to_list()
    assert {"answer_llm", "answer_temperature", "verdict_template"} <= set(wide.columns)
    assert set(wide.schema.dtypes()) == {pl.String(), pl.Int32()}


def test_a_cohort_that_was_not_built_has_a_plan_and_no_frame(root: Path) -> None:
    cohort = open_cohort(root, "alpha")
    assert cohort.plan()["new"].to_list() == [4, 4]
    for answer in (cohort.frame, cohort.states, cohort.lineage, cohort.next):
        with pytest.raises(CohortRejected) as rejected:
            answer()
        assert _codes(rejected) == ["artifact-corrupt"]
        assert "it was not built yet" in str(rejected.value)


def test_a_cohort_that_there_is_not_is_told_when_it_is_opened(root: Path) -> None:
    for name, code in (("alhpa", "spec-not-found"), ("../alpha", "invalid-cohort-id")):
        with pytest.raises(CohortRejected) as rejected:
            open_cohort(root, name)
        assert _codes(rejected) == [code]
    with pytest.raises(CohortRejected) as rejected:
        open_cohort("nonsense://x", "alpha")
    assert _codes(rejected) == ["storage-denied"]


def test_it_shows_itself_as_a_table_and_escapes_what_it_shows(root: Path) -> None:
    odd = root.rename(root.with_name("<b>&data"))
    cohort = open_cohort(odd, "alpha")
    before = cohort._repr_html_()
    assert "not built" in before
    assert "<td>answer</td><td>4</td><td>4</td>" in before
    assert "&lt;b&gt;&amp;data" in before
    assert "<b>&data" not in before
    local_builder(odd).build_or_raise(BuildRequest("alpha"))
    for row in cohort.next().to_dicts():
        _mark(odd, row)
    assert "not complete" in cohort._repr_html_()
    assert "<td>answer</td><td>4</td><td>4</td><td>0</td>" in cohort._repr_html_()
    for row in cohort.next().to_dicts():
        _mark(odd, row)
    assert ": complete" in cohort._repr_html_()
    spec = odd / "cohorts/alpha/spec/config.yaml"
    (odd / "cohorts/alpha/manifest.json").unlink()
    spec.write_text("axes: {'<script>': [x]}\n", encoding="utf-8")
    wrong = cohort._repr_html_()
    assert "&lt;script&gt;" in wrong
    assert "<script>" not in wrong


def test_a_cohort_is_a_plain_value(cohort: Cohort, root: Path) -> None:
    assert cohort == Cohort(str(root), "alpha")
    assert repr(cohort) == f"Cohort(data_root={str(root)!r}, cohort_id='alpha', store=None)"
    assert pickle.loads(pickle.dumps(cohort)).plan().equals(cohort.plan())


def test_a_membership_in_another_store_is_read_from_there(root: Path, tmp_path: Path) -> None:
    pytest.importorskip("adbc_driver_sqlite")
    from cohort_membership import open_builder

    store = f"sqlite:///{tmp_path}/cohorts.db"
    open_builder(str(root), store).unwrap().build_or_raise(BuildRequest("alpha"))
    cohort = open_cohort(root, "alpha", store)
    local_builder(root).build_or_raise(BuildRequest("alpha"))
    here = open_cohort(root, "alpha")
    assert_frame_equal(cohort.frame().collect(), here.frame().collect())
    assert_frame_equal(cohort.lineage(), here.lineage())
    assert_frame_equal(cohort.next(), here.next())
    assert cohort.plan()["kept"].to_list() == [4, 4]
