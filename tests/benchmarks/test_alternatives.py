"""Every alternative that is measured makes the membership that we make, byte for byte."""

import json
import subprocess
from pathlib import Path

import pytest

from cohort_membership.identity.bulk import STANDARD
from tests.benchmarks.cohort import Cohort, lay_out
from tests.benchmarks.measure import environment
from tests.benchmarks.steps import build_of
from tests.benchmarks.ways import ALTERNATIVES, SEED_LOOP, Way
from tests.case_folders import contents

CASE = Path(__file__).parents[1] / "cases" / "valid" / "large" / "case.json"


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Cohort:
    cohort = lay_out(tmp_path_factory.mktemp("alternatives") / "root", 1_000)
    build_of(cohort.root, STANDARD, seed_metadata=True)
    return cohort


def run(way: Way, cohort: Cohort) -> None:
    subprocess.run(way.command(cohort, cohort), check=True, env=environment(), capture_output=True)


@pytest.mark.parametrize("way", ALTERNATIVES, ids=lambda way: way.key)
def test_an_alternative_writes_our_membership(way: Way, cohort: Cohort) -> None:
    if way.needs:
        pytest.importorskip(way.needs)
    run(way, cohort)
    assert cohort.other.read_bytes() == cohort.membership.read_bytes()


def test_the_plain_loop_writes_our_seeds(cohort: Cohort) -> None:
    run(SEED_LOOP, cohort)
    ours, theirs = (
        {name: json.loads(text) for name, text in contents(root / "gens").items() if isinstance(text, bytes)}
        for root in (cohort.root, cohort.other.parent)
    )
    assert theirs == ours


def test_a_cohort_has_the_shape_of_the_large_case(tmp_path: Path) -> None:
    case = json.loads(CASE.read_text(encoding="utf-8"))
    assert lay_out(tmp_path / "root", case["rows"]).rows == case["rows"]
