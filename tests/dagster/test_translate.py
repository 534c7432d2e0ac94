"""Results as Dagster says them; each a plain value in, a plain value out."""

from html.parser import HTMLParser

import dagster as dg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from returns.result import Success

from cohort_membership.dagster import data_version, failure, report_metadata, unwrap
from cohort_membership.dagster.progress import progress_log
from cohort_membership.dagster.translate import (
    TABLE_ROWS,
    column_schema,
    markdown,
    preview,
    problem_text,
    table,
    without_retries,
)
from cohort_membership.draft_essay_evaluation import DRAFT_ESSAY_EVALUATION
from cohort_membership.experiment import Experiment
from cohort_membership.generate import generate
from cohort_membership.membership import BuildReport, Membership
from cohort_membership.problems import (
    CatalogNotFound,
    CohortLocked,
    Location,
    Problem,
    UnknownLevel,
    fail,
)
from cohort_membership.stage import Stage
from tests.dagster.fakes import FakeService

FORKED = Experiment(
    "question_id",
    (
        Stage("answer", "a_", None, (("template_id", "answer_template"), ("llm_model_id", "answer_llm"))),
        Stage("verdict", "j_", "answer", (("template_id", "verdict_template"),)),
        Stage("critique", "c_", "answer", (("template_id", "critique_template"), ("tone", "critique_tone"))),
    ),
)
EXPERIMENTS = [
    pytest.param(DRAFT_ESSAY_EVALUATION, id="built-in"),
    pytest.param(FORKED, id="forked"),
]


class TextAndTags(HTMLParser):
    """The texts and the tags of a piece of HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


REPORT = BuildReport("demo", {"draft": 1, "essay": 2}, seeded=2, reused=1, artifacts={})


def test_the_value_of_a_success_is_unwrapped() -> None:
    assert unwrap(Success(3)) == 3


def test_a_failure_is_raised_with_all_its_problems_numbered() -> None:
    problems = (
        UnknownLevel(
            location=Location("cohorts/demo/spec/config.yaml", 4, 15),
            axis="draft_llm",
            level="fjrod",
            catalog="1_raw/llm_models.csv",
            suggestion="fjord",
        ),
        CatalogNotFound(catalog="combo_mappings.csv"),
    )
    with pytest.raises(dg.Failure) as raised:
        unwrap(fail(*problems))
    assert raised.value.description == problem_text(problems)
    assert raised.value.description.splitlines()[0] == "2 problems. Trying again will not help."
    assert "1. unknown-level at cohorts/demo/spec/config.yaml:4:15" in raised.value.description
    assert "2. catalog-not-found\n" in raised.value.description


def test_a_retry_is_allowed_only_if_every_problem_is_retryable() -> None:
    def allowed(*problems: Problem) -> bool:
        return failure(problems).allow_retries

    locked, missing = CohortLocked(cohort_id="demo"), CatalogNotFound(catalog="combo_mappings.csv")
    assert allowed(locked)
    assert not allowed(missing)
    assert not allowed(locked, missing)


def test_exactly_the_problems_of_a_busy_or_full_store_are_retried() -> None:
    retried = {kind.code for kind in Problem.__args__ if kind.retryable}
    assert retried == {"storage-unavailable", "storage-full", "cohort-locked"}


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_the_documented_columns_are_those_of_the_wide_table(experiment: Experiment) -> None:
    columns = column_schema(experiment).columns
    assert tuple(column.name for column in columns) == experiment.wide_columns
    assert all(column.description for column in columns)


def test_a_column_that_a_stage_lacks_is_nullable_and_says_who_has_it() -> None:
    columns = {column.name: column for column in column_schema(FORKED).columns}
    assert columns["tone"].constraints.nullable
    assert "critique" in (columns["tone"].description or "")
    assert not columns["template_id"].constraints.nullable


def membership(seed: int | None = None, cohort_id: str = "demo") -> Membership:
    service = FakeService()
    return service.builder().plan(service.request(cohort_id, seed)).map(generate).unwrap()


def test_an_artifact_with_an_address_is_a_link_and_one_on_disk_a_path() -> None:
    report = BuildReport("demo", {}, 0, 0, {"a.csv": "s3://bucket/a.csv", "b.csv": "/data/b.csv"})
    found = report_metadata(report, membership())
    assert isinstance(found["artifact/a.csv"], dg.UrlMetadataValue)
    assert isinstance(found["artifact/b.csv"], dg.PathMetadataValue)


def test_a_report_without_notices_shows_none_and_its_rows() -> None:
    found = report_metadata(REPORT, membership())
    assert "notices" not in found
    assert found["dagster/row_count"].value == 3


def test_metadata_of_the_builder_goes_along_whatever_its_type() -> None:
    report = BuildReport(
        "demo", {}, 0, 0, {}, metadata={"kernel": "fast", "seed": 3, "parts": [1], "cold": True, "none": None}
    )
    found = report_metadata(report, membership())
    assert {key: found[key].value for key in ("seed", "parts", "cold")} == {
        "seed": 3,
        "parts": [1],
        "cold": True,
    }
    assert not {"none", "kernel"} & found.keys()


def test_the_data_version_is_that_of_the_plan_seed_included() -> None:
    versions = [data_version(membership(seed).plan).value for seed in (None, None, 0, 1)]
    assert versions[0] == versions[1]
    assert len(set(versions)) == 3


def test_the_preview_is_the_first_rows_of_each_stage_as_they_are_stored() -> None:
    rows = preview(membership(), 1)
    whole = membership().frame().drop("origin_cohort_id", "parent_gen_id").to_dicts()
    assert [row["stage"] for row in rows] == ["draft", "essay", "evaluation"]
    assert all(row in whole for row in rows)


HOSTILE = (
    "[x](javascript:alert(1))",
    "<img src=x onerror=alert(1)>",
    "![](https://evil.example/x.png)",
    "<https://evil.example>",
    "https://evil.example",
    "www.evil.example",
    "`code` **bold** _it_ ~~gone~~ a|b",
    "&lt;b&gt; &#60;b&#62;",
    "me@evil.example",
)


def drawn(text: str) -> tuple[str, set[str]]:
    """What a renderer of GitHub's markdown shows of a text, with HTML allowed: the text, and the tags."""
    html = MarkdownIt("commonmark", {"html": True}).enable(["strikethrough", "table"]).render(text)
    seen = TextAndTags()
    seen.feed(html)
    return "".join(seen.texts).rstrip("\n"), seen.tags


@pytest.mark.parametrize("text", HOSTILE)
def test_a_level_is_shown_as_text_wherever_markdown_is_drawn(text: str) -> None:
    assert drawn(markdown(f"draft_llm: {text!r} is new")) == (f"draft_llm: {text!r} is new", {"p"})


@given(st.text(st.sampled_from("[](){}<>!&;#*_`~|\\@:/.w ajpt-+=\"'"), max_size=30))
def test_no_text_becomes_a_link_an_image_or_a_tag(text: str) -> None:
    assert not {"a", "img", "script", "code", "em", "strong", "s"} & drawn("x " + markdown(text))[1]


def test_what_github_makes_a_link_by_itself_is_broken_up() -> None:
    assert markdown("https://a.b www.a.b me@a.b") == "https\\://a.b www\\.a.b me\\@a.b"


def test_notices_are_a_table_which_is_drawn_as_text() -> None:
    report = BuildReport("demo", {}, 0, 0, {}, notices=HOSTILE)
    found = report_metadata(report, membership())["notices"]
    assert [row.data["notice"] for row in found.records] == list(HOSTILE)  # type: ignore[attr-defined]


def test_at_the_last_try_the_problem_is_told_and_no_retry_is_asked_for() -> None:
    locked = (CohortLocked(cohort_id="demo"),)
    assert failure(locked).allow_retries
    last = without_retries(failure(locked))
    assert not last.allow_retries
    assert (last.description, last.metadata) == (failure(locked).description, failure(locked).metadata)


def test_a_table_holds_no_more_rows_than_a_browser_draws() -> None:
    assert len(table({"n": n} for n in range(TABLE_ROWS + 5)).records) == TABLE_ROWS  # type: ignore[attr-defined]
    assert table([]).records == []  # type: ignore[attr-defined]


def test_a_long_build_says_a_line_every_ten_seconds_and_a_short_one_none() -> None:
    now = 0.0
    lines: list[str] = []
    notify = progress_log(lines.append, clock=lambda: now)
    for second in range(35):
        now = float(second)
        notify("draft", second * 1_000, 100_000)
    assert [line.split(",")[0] for line in lines] == [f"draft: {n}" for n in (10, 20, 30)]
    assert "30,000 of 100,000 rows (30 %), 1,000 rows a second, about 70 s to go" in lines[-1]
    short: list[str] = []
    progress_log(short.append)("draft", 5, 5)
    assert short == []
