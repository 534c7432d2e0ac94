"""Cohorts that are fine in a world that is not: each case's fault, its problem, and nothing changed."""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from cohort_membership.membership import BuildRequest
from cohort_membership.problems import as_json, plain_text
from cohort_membership.wiring import local_builder
from tests.case_folders import Case, cases, contents
from tests.stores.local.file_calls import CHANGES, FileCalls, Point, listening

FAULTS = {
    "no-space-left": errno.ENOSPC,
    "quota-exceeded": errno.EDQUOT,
    "permission-denied": errno.EACCES,
    "read-only-file-system": errno.EROFS,
    "io-error": errno.EIO,
}
GIVEN = [case for case in cases("invalid") if "given" in case.content and "command" not in case.content]


@contextmanager
def given(world: str, root: Path, cohort_id: str) -> Iterator[None]:
    """The world that a case names."""
    if world == "lock-held":
        descriptor = os.open(root / "cohorts" / cohort_id, os.O_RDONLY)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        try:
            yield
        finally:
            os.close(descriptor)
        return

    def fail(met: Point) -> None:
        if met[0] in CHANGES:
            raise OSError(FAULTS[world], os.strerror(FAULTS[world]), str(root / met[1]))

    with listening(FileCalls(root, fail)):
        yield


def test_there_is_a_case_for_every_fault() -> None:
    assert {case.content["given"] for case in GIVEN} == {*FAULTS, "lock-held"}


@pytest.mark.parametrize("is_built", [False, True], ids=["first", "built-before"])
@pytest.mark.parametrize("case", GIVEN, ids=lambda case: case.name)
def test_a_case_gives_exactly_its_problems_and_changes_no_file(
    case: Case, tmp_path: Path, is_built: bool
) -> None:
    root = case.lay_out(tmp_path)
    request = BuildRequest(case.cohort_id)
    if is_built:
        local_builder(root).build(replace(request, seed=7)).unwrap()
    before = contents(root)
    with given(case.content["given"], root, case.cohort_id):
        result = local_builder(root).build(request)
    found = [as_json(problem) for problem in result.failure()]
    assert [one["code"] for one in found] == [one["code"] for one in case.content["expected"]]
    assert [one["retryable"] for one in found] == ["denied" not in found[0]["code"]]
    assert "Traceback" not in plain_text(result.failure())
    assert contents(root) == before
