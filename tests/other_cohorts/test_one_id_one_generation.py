"""One id is of one generation, in whatever cohorts of a store it stands."""

import json
from pathlib import Path

import pytest
from returns.pipeline import is_successful
from returns.result import Result

from cohort_membership.membership import BuildReport, BuildRequest
from cohort_membership.problems import GenerationConflict, Problems, plain_text
from cohort_membership.stores.verification import verify_membership
from cohort_membership.wiring import open_builder, open_reader

EXPERIMENT = """
subject: question_id
stages:
  answer:
    id_prefix: a_
    columns: {template_id: style, llm_model_id: model}
    uncounted: [llm_model_id]
  verdict: {parent: answer, id_prefix: j_, columns: {template_id: rubric}}
catalogs:
  style: {file: styles.csv, column: id, mode: mode}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "data"
    root.mkdir()
    (root / "experiment.yaml").write_text(EXPERIMENT)
    (root / "styles.csv").write_text("id,mode\nplain,llm\nverbatim,copy\n")
    return root


def cohort(
    root: Path, cohort_id: str, *, models: str, styles: str = "[plain]", questions: str = "[q1]"
) -> None:
    spec = root / "cohorts" / cohort_id / "spec"
    spec.mkdir(parents=True)
    axes = f"question_id: {questions}, style: {styles}, model: {models}, rubric: [r1]"
    (spec / "config.yaml").write_text(f"axes: {{{axes}}}\n")


def build(
    root: Path,
    cohort_id: str,
    store: str | None = None,
    *,
    seed_metadata: bool = False,
    dry_run: bool = False,
) -> Result[BuildReport, Problems]:
    request = BuildRequest(cohort_id, seed_metadata=seed_metadata, dry_run=dry_run)
    return open_builder(str(root), store).bind(lambda builder: builder.build(request))


@pytest.mark.parametrize("store", [None, "sqlite"])
@pytest.mark.parametrize("dry_run", [True, False])
def test_an_id_that_another_cohort_holds_for_another_model_is_a_conflict(
    root: Path, store: str | None, dry_run: bool
) -> None:
    address = None if store is None else f"sqlite:///{root.parent}/m.db"
    cohort(root, "first", models="[m1]")
    cohort(root, "second", models="[m2]")
    assert is_successful(build(root, "first", address))
    (problem,) = build(root, "second", address, dry_run=dry_run).failure()
    assert isinstance(problem, GenerationConflict)
    assert (problem.cohort, problem.uncounted) == ("first", ("llm_model_id",))
    text = plain_text((problem,))
    assert "'m2'" in text
    assert "cohort 'first' holds it for" in text
    assert "the id does not count llm_model_id" in text
    assert not (root / "cohorts/second/manifest.json").exists()


@pytest.mark.parametrize("seeded", [("first",), ("second",), ()])
def test_metadata_of_one_of_the_two_does_not_hide_it(root: Path, seeded: tuple[str, ...]) -> None:
    cohort(root, "first", models="[m1]")
    cohort(root, "second", models="[m2]")
    assert is_successful(build(root, "first", seed_metadata="first" in seeded))
    found = build(root, "second", seed_metadata="second" in seeded).failure()
    assert {problem.code for problem in found} == {"generation-conflict"}


@pytest.mark.parametrize(
    "second",
    [
        {"models": "[m1]"},
        {"models": "[M1]"},
        {"models": "[m2]", "questions": "[q2]"},
        {"models": "[m2]", "styles": "[verbatim]"},
    ],
    ids=["same model", "same but for case", "other question", "a copy asks no model"],
)
def test_cohorts_that_agree_in_what_the_id_does_not_count_are_built(
    root: Path, second: dict[str, str]
) -> None:
    cohort(root, "first", models="[m1]", styles="[plain, verbatim]")
    cohort(root, "second", **second)
    for cohort_id in ("first", "second", "first"):
        report = build(root, cohort_id)
        assert is_successful(report), plain_text(report.failure())


def test_verify_tells_of_an_id_that_two_cohorts_hold(root: Path) -> None:
    cohort(root, "first", models="[m1]")
    cohort(root, "second", models="[m2]")
    assert is_successful(build(root, "second"))
    elsewhere = root / "cohorts/second"
    hidden = root / "second"
    elsewhere.rename(hidden)
    assert is_successful(build(root, "first"))
    hidden.rename(elsewhere)
    plan = open_builder(str(root)).unwrap().plan(BuildRequest("first")).unwrap()
    (problem,) = verify_membership(open_reader(str(root)).unwrap(), plan).failure()
    assert isinstance(problem, GenerationConflict)
    assert problem.cohort == "second"


def test_an_edited_prefix_is_told_before_anything_is_written_and_new_ids_says_what_it_costs(
    root: Path,
) -> None:
    cohort(root, "first", models="[m1]")
    assert is_successful(build(root, "first", seed_metadata=True))
    (root / "experiment.yaml").write_text(EXPERIMENT.replace("a_", "x_"))
    before = sorted(path for path in root.rglob("*"))
    (problem,) = build(root, "first", seed_metadata=True).failure()
    assert problem.code == "experiment-changed"
    assert sorted(path for path in root.rglob("*")) == before
    builder = open_builder(str(root)).unwrap()
    report = builder.build(BuildRequest("first", new_ids=True)).unwrap()
    assert report.notices == ("new ids: this experiment gives other ids to 2 generations of first",)
    manifest = json.loads((root / "cohorts/first/manifest.json").read_text())
    assert manifest["identity"]["answer"]["id_prefix"] == "x_"
    assert is_successful(build(root, "first", seed_metadata=True))


def test_a_damaged_manifest_of_another_cohort_stops_no_build(root: Path) -> None:
    cohort(root, "first", models="[m1]")
    (root / "cohorts/damaged").mkdir(parents=True)
    (root / "cohorts/damaged/manifest.json").write_text("{")
    assert is_successful(build(root, "first"))
