"""Catalogs are CSV files; a bad one hides only itself, and every fault in it is told."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from returns.pipeline import is_successful
from returns.result import Result

from cohort_membership.catalog import Catalog, Catalogs
from cohort_membership.draft_essay_evaluation import DRAFT_ESSAY_EVALUATION
from cohort_membership.experiment import CatalogSource
from cohort_membership.load.catalogs.reader import catalog_reader
from cohort_membership.load.catalogs.text import catalogs_from_ids, parse_catalog, parse_replication
from cohort_membership.load.text.faults import MAX_FAULTS, Faults
from cohort_membership.ports import FileReader, ReadFault
from cohort_membership.problems import plain_text

STAGES = tuple(stage.name for stage in DRAFT_ESSAY_EVALUATION.stages)
TEMPLATE_FILES = {stage: f"1_raw/{stage}_templates.csv" for stage in STAGES}
MODELS = tuple(f"{stage}_llm" for stage in STAGES)

Files = Mapping[str, str | bytes | ReadFault]
Reader = Callable[[Files], FileReader]

GOOD: Files = {
    **dict.fromkeys(TEMPLATE_FILES.values(), "template_id,generator\nt1,llm\n"),
    "1_raw/llm_models.csv": "id\nm1\n",
    "combo_mappings.csv": "combo_id,concept\nc1,x\nc1,y\n",
}


def catalogs(read: FileReader) -> Catalogs:
    return catalog_reader(read)().unwrap()


def told(found: Catalogs) -> list[str]:
    return [f"{problem.location} {problem.code}" for problem in found.problems]


def ids(found: Catalogs, axis: str) -> frozenset[str] | None:
    catalog = found.by_axis[axis]
    return None if catalog is None else catalog.ids


def modes(found: Catalogs) -> dict[str, Mapping[str, str] | None]:
    """The modes of the templates by stage; None where the catalog could not be read."""
    catalogs = {stage: found.of_templates(stage) for stage in STAGES}
    return {stage: None if one is None else one.modes for stage, one in catalogs.items()}


def parse_templates(text: str, stage: str) -> Result[Mapping[str, str] | None, Faults]:
    source = DRAFT_ESSAY_EVALUATION.catalogs[f"{stage}_template"]
    return parse_catalog(text, source).map(lambda catalog: catalog.modes)


def parse_ids(text: str, file: str, column: str) -> Result[Catalog, Faults]:
    return parse_catalog(text, CatalogSource(file, column))


def replication(text: str) -> Result[Mapping[str, int], Faults]:
    return parse_replication(text, DRAFT_ESSAY_EVALUATION)


def faults(result: Result[Any, Faults]) -> list[tuple[int | None, str]]:
    return [(one.location.line if one.location else None, one.got) for one in result.failure()]


# --------------------------------------------------------------------- reading


def test_a_good_data_root_gives_all_catalogs(in_memory: Reader) -> None:
    found = catalogs(in_memory({**GOOD, "1_raw/replication_config.csv": "stage,replicates\ndraft,3\n"}))
    assert found.problems == ()
    assert modes(found) == {stage: {"t1": "llm"} for stage in STAGES}
    assert [ids(found, axis) for axis in MODELS] == [frozenset({"m1"})] * 3
    assert ids(found, "combo_id") == frozenset({"c1"})
    assert found.replication == {"draft": 3}


def test_replication_may_be_missing(in_memory: Reader) -> None:
    found = catalogs(in_memory(GOOD))
    assert (found.problems, found.replication) == ((), {})


def test_missing_catalogs_are_told_together_and_are_none(in_memory: Reader) -> None:
    found = catalogs(in_memory({}))
    assert sorted(told(found)) == sorted(f"{file} catalog-not-found" for file in GOOD)
    assert set(found.by_axis.values()) == {None}


def test_a_bad_catalog_hides_only_itself(in_memory: Reader) -> None:
    found = catalogs(in_memory({**GOOD, "1_raw/llm_models.csv": "name\nm1\n"}))
    assert told(found) == ["1_raw/llm_models.csv:1 catalog-invalid"]
    assert [ids(found, axis) for axis in MODELS] == [None] * 3
    assert ids(found, "combo_id") == frozenset({"c1"})


@pytest.mark.parametrize("file", [*GOOD, "1_raw/replication_config.csv"])
@pytest.mark.parametrize(
    ("kind", "code", "is_retryable"),
    [
        ("denied", "storage-denied", False),
        ("unavailable", "storage-unavailable", True),
        ("not-a-file", "catalog-invalid", False),
        ("too-large", "catalog-invalid", False),
        ("outside", "catalog-invalid", False),
    ],
)
def test_a_catalog_that_cannot_be_read_says_why(
    in_memory: Reader, file: str, kind: str, code: str, is_retryable: bool
) -> None:
    fault = ReadFault(kind, "a reason")  # type: ignore[arg-type]
    found = catalogs(in_memory({**GOOD, file: fault}))
    assert told(found) == [f"{file} {code}"]
    assert found.problems[0].retryable == is_retryable
    assert "a reason" in plain_text(found.problems)


def test_bytes_that_are_not_utf8_are_told_with_their_line(in_memory: Reader) -> None:
    assert told(catalogs(in_memory({**GOOD, "combo_mappings.csv": b"combo_id\nc\xe9\n"}))) == [
        "combo_mappings.csv:2 catalog-invalid"
    ]


def test_a_byte_order_mark_is_dropped(in_memory: Reader) -> None:
    found = catalogs(in_memory({**GOOD, "1_raw/llm_models.csv": b"\xef\xbb\xbfid\nm1\n"}))
    assert ids(found, MODELS[0]) == frozenset({"m1"})


# ------------------------------------------------------------------- templates


def test_templates_have_a_mode_and_what_is_recorded_of_it() -> None:
    text = 'name,generator,template_id\nA, COPY , t1 \n"b,\nc",,t2\n\n,,\nD, LLM ,t3\n'
    assert parse_templates(text, "draft").unwrap() == {"t1": "copy", "t2": "nan", "t3": "llm"}


def test_without_a_generator_column_the_mode_is_llm() -> None:
    assert parse_templates("template_id\nt1\n", "draft").unwrap() == {"t1": "llm"}


def test_a_template_may_repeat_with_one_generator_and_not_with_two() -> None:
    text = "template_id,generator\na,llm\na,\nb,copy\nb,llm\nb,copy\n"
    assert faults(parse_templates(text, "draft")) == [(5, "'copy' before and 'llm' here")]
    assert parse_templates("template_id,generator\na,llm\na,\n", "draft").unwrap() == {"a": "llm"}


@pytest.mark.parametrize("generator", ["human", "nan", "copy2"])
def test_another_generator_is_told(generator: str) -> None:
    text = f"template_id,generator\na,{generator}\nb,\n"
    assert faults(parse_templates(text, "draft")) == [(2, repr(generator))]


def test_the_legacy_column_is_told_beside_the_other_faults() -> None:
    text = "template_id,active\na,true\n,true\n"
    assert faults(parse_templates(text, "draft")) == [(1, "one"), (3, "none")]
    assert is_successful(parse_ids("id,active\nm1,true\n", "f", "id"))


# --------------------------------------------------------------------- any file


@pytest.mark.parametrize(
    "parse",
    [partial(parse_templates, stage="essay"), partial(parse_ids, file="f", column="id"), replication],
)
def test_an_empty_file_is_told(parse: Callable[[str], Result[Any, Faults]]) -> None:
    assert {got for _, got in faults(parse(""))} == {"an empty file"}
    assert {got for _, got in faults(parse("\n \n"))} == {"an empty file"}


def test_a_missing_or_repeated_column_is_told_at_the_header() -> None:
    assert faults(parse_ids("\nname,x\na,b,c\n", "f", "id")) == [(2, "'name,x'")]
    assert faults(parse_ids("id,x,id\na,b,c\n", "f", "id")) == [(1, "2 times")]
    assert faults(parse_templates("template_id,generator,generator\na,,\n", "draft")) == [(1, "2 times")]


def test_other_columns_may_have_any_name() -> None:
    table = parse_ids(",id,x,x\n0,a,1,2\n", "f", "id").unwrap().table
    assert table.to_dicts() == [{"id": "a", "x": "1"}]


def test_ragged_rows_and_empty_ids_are_told_at_their_lines() -> None:
    text = 'id,note\na,"1\n2"\nb\n,x\n\n,\nc,1,2\n'
    told = [(4, "1; 1 more row of another width"), (5, "none")]
    assert faults(parse_ids(text, "f", "id")) == told


def test_a_fault_of_syntax_is_told_at_its_line() -> None:
    assert [line for line, _ in faults(parse_ids('id\na\n"b"c\n', "f", "id"))] == [3]
    assert [line for line, _ in faults(parse_ids('"id\n', "f", "id"))] == [1]
    assert [line for line, _ in faults(parse_ids("id\na\n\0", "f", "id"))] == [3]


def test_faults_are_told_up_to_a_thousand() -> None:
    assert len(faults(parse_ids("id,x\n" + ",a\n" * 5000, "f", "id"))) == MAX_FAULTS


# ----------------------------------------------------------------- replication


@pytest.mark.parametrize("cell", ["0", "-1", "1.0", "x", "", "2147483648", "9" * 5000, "²"])
def test_replicates_are_whole_numbers_from_one(cell: str) -> None:
    assert [line for line, _ in faults(replication(f"stage,replicates\nessay,{cell}\n"))] == [2]


def test_replication_names_stages_and_each_has_one_number() -> None:
    text = "replicates,stage\n2,draft\n2,draft\n3,draft\n1,poem\n"
    assert faults(replication(text)) == [(4, "2 before and 3 here"), (5, "'poem'")]


# ------------------------------------------------------------------ plain data


def test_catalogs_may_come_from_plain_data() -> None:
    found = catalogs_from_ids({"draft": ["a"], "essay": {"b": "copy"}}, {"m"}, ["c", "c"], {"draft": 2})
    assert modes(found) == {"draft": {"a": "llm"}, "essay": {"b": "copy"}, "evaluation": None}
    assert [ids(found, axis) for axis in ("combo_id", *MODELS)] == [frozenset(one) for one in "cmmm"]
    assert (found.replication, found.problems) == ({"draft": 2}, ())


@given(st.text(st.sampled_from('idx,"\n\r \0é'), max_size=30), st.sampled_from(["", "id,x\n"]))
def test_no_text_is_a_crash(text: str, header: str) -> None:
    result = parse_ids(header + text, "f", "id")
    assert is_successful(result) or result.failure()
