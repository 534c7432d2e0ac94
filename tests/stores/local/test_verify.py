"""Verifying tells what is whole, what is missing and what is not ours; it changes nothing."""

import json
from pathlib import Path

import pytest
from returns.result import Result

from cohort_membership.membership import BuildRequest
from cohort_membership.problems import Problems
from cohort_membership.stores.local.verify import verify_local
from cohort_membership.stores.verification import VerifyReport
from tests.case_folders import contents
from tests.stores.local.local_cohorts import PARTED, build, lay_out, local


@pytest.fixture
def root(scratch: Path) -> Path:
    return lay_out(scratch / "data", "alpha", replicates=3)


def verify(root: Path) -> Result[VerifyReport, Problems]:
    before = contents(root)
    plan = local(root).plan(BuildRequest("alpha")).unwrap()
    result = verify_local(root, plan)
    assert contents(root) == before
    return result


def found(root: Path) -> list[tuple[str, str]]:
    """Code and file of each problem."""
    return [(one.code, one.location.file if one.location else "") for one in verify(root).failure()]


def test_a_whole_build_is_reported_with_what_was_checked(root: Path) -> None:
    build(root).unwrap()
    assert verify(root).unwrap() == VerifyReport("alpha", rows=10, files=2, seeds=10, is_current=True)
    build(root, store=PARTED).unwrap()
    assert verify(root).unwrap() == VerifyReport("alpha", rows=10, files=6, seeds=10, is_current=True)


def test_a_build_of_an_older_spec_is_whole_but_not_current(root: Path) -> None:
    build(root).unwrap()
    lay_out(root, "alpha", replicates=4)
    assert not verify(root).unwrap().is_current


def test_a_cohort_that_was_not_built_has_no_manifest(root: Path) -> None:
    assert found(root) == [("artifact-corrupt", "cohorts/alpha/manifest.json")]


def test_seeds_are_not_asked_for_where_none_were_written(root: Path) -> None:
    build(root, seed_metadata=False).unwrap()
    assert verify(root).unwrap().seeds == 0


def test_every_damage_is_told_and_a_build_repairs_all_but_what_is_not_its_own(root: Path) -> None:
    build(root, store=PARTED).unwrap()
    whole = contents(root)
    gone, empty, *_ = sorted(root.glob("gens/evaluation/*/metadata.json"))
    gone.unlink()
    empty.write_bytes(b"")
    foreign = next(root.glob("gens/draft/*/metadata.json"))
    text = foreign.read_text()
    foreign.write_text(json.dumps({**json.loads(text), "combo_id": "another"}))
    (root / "cohorts/alpha/membership.csv").unlink()
    assert found(root) == [
        ("artifact-corrupt", "cohorts/alpha/membership.csv"),
        ("generation-conflict", foreign.relative_to(root).as_posix()),
        ("artifact-corrupt", gone.relative_to(root).as_posix()),
        ("artifact-corrupt", empty.relative_to(root).as_posix()),
    ]
    assert [one.code for one in build(root, store=PARTED).failure()] == ["generation-conflict"]
    foreign.write_text(text)
    build(root, store=PARTED).unwrap()
    assert contents(root) == whole


def test_of_a_damaged_part_its_damage_alone_is_told(root: Path) -> None:
    build(root, store=PARTED).unwrap()
    part = next((root / "cohorts/alpha/membership").glob("stage=draft/*"))
    part.write_bytes(part.read_bytes()[:-4])
    assert found(root) == [("artifact-corrupt", part.relative_to(root).as_posix())]
