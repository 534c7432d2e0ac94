"""Tables follow the experiment: they gain what they lack where that loses nothing; or it is told."""

from pathlib import Path

import pytest

from cohort_membership.problems import plain_text
from tests.stores.cohorts import (
    ALONE,
    FORKED,
    QUESTIONS,
    Kind,
    assert_read_as_written,
    build,
    built_into_one,
    codes,
    lay_out,
)
from tests.stores.sql.tables import Tables

OF_OLD = """
CREATE TABLE memberships (position bigint NOT NULL, stage text NOT NULL, gen_id text NOT NULL,
  origin_cohort_id text NOT NULL, parent_gen_id text NOT NULL, combo_id text NOT NULL,
  template_id text NOT NULL, llm_model_id text NOT NULL, replicate integer NOT NULL);
CREATE TABLE generations (gen_id text PRIMARY KEY, stage text NOT NULL, origin_cohort_id text NOT NULL,
  mode text, template_id text NOT NULL, combo_id text, parent_gen_id text, llm_model_id text,
  replicate integer NOT NULL);
CREATE TABLE cohort_manifests (cohort_id text PRIMARY KEY, spec_digest text NOT NULL, manifest text NOT NULL)
"""
"""The tables as the first version of this package made them."""


def test_experiments_share_a_database_and_each_reads_what_it_wrote(tables: Tables, tmp_path: Path) -> None:
    laid = built_into_one(tables.address, tmp_path, (QUESTIONS, FORKED, ALONE))
    assert_read_as_written(tables.reader, laid)


def test_an_experiment_that_gains_an_axis_gains_a_column_and_keeps_its_rows_and_seeds(
    tables: Tables, tmp_path: Path
) -> None:
    root = lay_out(tmp_path / "root", "alpha", kind=ALONE)
    build(root, tables.address).unwrap()
    before = tables.contents()
    gained = (
        "{id_prefix: r_, columns: {model: reply_model}, added: {tone: {axis: reply_tone, default: plain}}}"
    )
    (root / "experiment.yaml").write_text(f"subject: prompt\nstages: {{reply: {gained}}}\n")
    assert build(root, tables.address, dry_run=True).unwrap().reused == 2
    assert tables.contents() == before
    report = build(root, tables.address).unwrap()
    assert (report.seeded, report.reused) == (0, 2)
    after = tables.contents()
    assert [row[: len(row) - 1] for row in after["memberships"]] == before["memberships"]
    assert {row[-1] for row in after["memberships"]} == {"plain"}


def test_a_dry_run_judges_tables_that_lack_a_column(tables: Tables, tmp_path: Path) -> None:
    build(lay_out(tmp_path / "one", "one", kind=ALONE), tables.address, "one").unwrap()
    other = lay_out(tmp_path / "two", "two", kind=FORKED)
    assert build(other, tables.address, "two", dry_run=True).unwrap().seeded == 8


def test_the_tables_of_the_first_version_take_the_built_in_experiment(tables: Tables, root: Path) -> None:
    build(root, tables.address).unwrap()
    made = tables.contents()
    tables.clear()
    tables.prepare()
    tables.run(*OF_OLD.split(";"))
    build(root, tables.address).unwrap()
    assert tables.contents()["memberships"] == made["memberships"]


@pytest.mark.parametrize("dry_run", [False, True])
def test_tables_that_demand_what_the_experiment_leaves_empty_are_told_and_stay(
    tables: Tables, tmp_path: Path, dry_run: bool
) -> None:
    tables.prepare()
    tables.run(*OF_OLD.split(";"))
    before = tables.contents()
    result = build(lay_out(tmp_path / "root", "alpha", kind=QUESTIONS), tables.address, dry_run=dry_run)
    assert codes(result) == ["artifact-corrupt"]
    assert "'combo_id' may not be null" in plain_text(result.failure())
    assert "another database" in plain_text(result.failure())
    assert tables.contents() == before


def test_tables_of_another_shape_are_told_and_stay(tables: Tables, root: Path) -> None:
    build(root, tables.address).unwrap()
    tables.run("ALTER TABLE memberships RENAME COLUMN parent_gen_id TO parent")
    before = tables.contents()
    assert codes(build(root, tables.address)) == ["artifact-corrupt"]
    assert tables.contents() == before


@pytest.mark.parametrize(("column", "why"), [("position", "for themselves"), ("x" * 64, "63 characters")])
def test_a_column_that_a_table_cannot_have_is_told_before_anything_is_made(
    tables: Tables, tmp_path: Path, column: str, why: str
) -> None:
    stage = f"{{id_prefix: r_, columns: {{{column}: axis}}}}"
    files = {"experiment.yaml": f"subject: prompt\nstages: {{reply: {stage}}}\n"}
    kind = Kind("odd", "prompt", "prompts.csv", files, "axis: [a]")
    result = build(lay_out(tmp_path / "root", "alpha", kind=kind), tables.address)
    if tables.name == "sqlite" and len(column) == 64:
        assert codes(result) == []
        return
    assert codes(result) == ["storage-denied"]
    assert why in plain_text(result.failure())
    assert tables.contents() == {}
