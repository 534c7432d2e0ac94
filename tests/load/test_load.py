"""The stage reads everything and judges nothing but the cohort's name."""

from collections.abc import Callable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from returns.result import Failure, Result, Success

from cohort_membership.catalog import Catalogs
from cohort_membership.load import load
from cohort_membership.load.catalogs.reader import catalog_reader
from cohort_membership.load.catalogs.text import catalogs_from_ids
from cohort_membership.load.spec.bundle import spec_reader
from cohort_membership.load.spec.mapping import spec_from_mapping
from cohort_membership.membership import BuildRequest
from cohort_membership.ports import FileReader, ReadFault
from cohort_membership.problems import (
    InvalidCohortId,
    InvalidSeed,
    Problems,
    SpecNotFound,
    StorageUnavailable,
    plain_text,
)
from cohort_membership.sources import Sources
from cohort_membership.spec import Spec

SPEC = spec_from_mapping({"axes": {"combo_id": ["c1"]}})
CATALOGS = catalogs_from_ids({}, ["m1"], ["c1"])
Files = Mapping[str, str | bytes | ReadFault]


def read_spec(cohort_id: str, /) -> Result[Spec, Problems]:
    return Success(SPEC)


def read_catalogs() -> Result[Catalogs, Problems]:
    return Success(CATALOGS)


def no_spec(cohort_id: str, /) -> Result[Spec, Problems]:
    return Failure((SpecNotFound(cohort_id=cohort_id),))


def no_catalogs() -> Result[Catalogs, Problems]:
    return Failure((StorageUnavailable(action="read", reason="a timeout"),))


def test_sources_hold_what_was_read() -> None:
    request = BuildRequest("demo")
    assert load(request, read_spec, read_catalogs) == Success(Sources(request, SPEC, CATALOGS))


def test_what_both_readers_fail_with_is_kept() -> None:
    sources = load(BuildRequest("demo"), no_spec, no_catalogs).unwrap()
    assert (sources.spec, sources.catalogs) == (None, None)
    assert [problem.code for problem in sources.problems] == ["spec-not-found", "storage-unavailable"]


def test_one_reader_fails_without_the_other() -> None:
    assert load(BuildRequest("demo"), no_spec, read_catalogs).unwrap().catalogs == CATALOGS
    assert load(BuildRequest("demo"), read_spec, no_catalogs).unwrap().spec == SPEC


@pytest.mark.parametrize("cohort_id", ["a", "A.b-c_9", "_x", "9", "x" * 128, "a..b"])
def test_names_that_a_cohort_may_have(cohort_id: str) -> None:
    assert isinstance(load(BuildRequest(cohort_id), read_spec, read_catalogs), Success)


@pytest.mark.parametrize(
    "cohort_id", ["", ".", "..", ".a", "-a", "a/b", "a\\b", "a b", "é", "x" * 129, "a\n", "\0", "٣", "../x"]
)
def test_another_name_is_refused_before_anything_is_read(cohort_id: str) -> None:
    def never(*_: object) -> Result[Spec, Problems]:
        raise AssertionError

    result = load(BuildRequest(cohort_id), never, no_catalogs)
    assert result == Failure((InvalidCohortId(cohort_id=cohort_id),))


def test_a_negative_seed_is_refused_since_it_would_shuffle_as_the_positive_one() -> None:
    result = load(BuildRequest("demo", seed=-7), read_spec, read_catalogs)
    assert result == Failure((InvalidSeed(seed=-7),))
    assert isinstance(load(BuildRequest("demo", seed=0), read_spec, read_catalogs), Success)


NAMES = ("config.yaml", "config.json", "a.csv", "a.txt", "a.yaml", "a.json")
KEYS = "axes rules pairs tuples ties subsets left right items allowed output a b"
ENDS = ("csv", "txt", "yaml", "json")
WORDS = [*(f"{key}: " for key in KEYS.split()), *(f"'@file:a.{end}' " for end in ENDS)]
SPEC_LIKE = st.lists(st.sampled_from([*WORDS, *"[]{},-&*\"'~é1x \n\t\0", "\n  "])).map("".join)


@given(
    st.dictionaries(
        st.sampled_from([f"cohorts/demo/spec/{name}" for name in NAMES] + ["1_raw/llm_models.csv"]),
        SPEC_LIKE | st.text() | st.binary(),
    )
)
def test_no_files_are_a_crash(files: Files) -> None:
    sources = load(BuildRequest("demo"), spec_reader(_reader(files)), catalog_reader(_reader(files))).unwrap()
    plain_text(sources.problems + (sources.spec.problems if sources.spec else ()))


def _reader(files: Files) -> FileReader:
    def read(path: str, /, *, within: str, limit: int) -> Result[bytes, ReadFault]:
        found = files.get(path, ReadFault("missing", "no such file"))
        if isinstance(found, ReadFault):
            return Failure(found)
        return Success(found.encode() if isinstance(found, str) else found)

    return read


def test_the_reader_of_the_tests_is_a_reader(in_memory: Callable[[Files], FileReader]) -> None:
    assert in_memory({"a": "b"})("a", within=".", limit=1) == _reader({"a": "b"})("a", within=".", limit=1)
