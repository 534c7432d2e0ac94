"""A data root as plain values, and the two ways to its membership: ours and the naive one."""

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from returns.pipeline import is_successful
from returns.result import Failure, Result, Success

from cohort_membership.generate import generate
from cohort_membership.load.catalogs.reader import catalog_reader
from cohort_membership.load.spec.bundle import spec_reader
from cohort_membership.membership import DEFAULT_MAX_ROWS, BuildRequest
from cohort_membership.metadata import seeds
from cohort_membership.pipeline import CohortMembershipBuilder
from cohort_membership.plan import Plan
from cohort_membership.ports import ReadFault
from cohort_membership.problems import Problems, plain_text
from tests.algebra.naive_experiment import Rejected
from tests.algebra.naive_membership import NaiveMembership, naive_membership

COHORT = "drawn"


@dataclass(frozen=True)
class Given:
    """`spec` and `experiment` are their documents, `files` the texts of the catalogs by path."""

    spec: Mapping[str, Any]
    files: Mapping[str, str]
    experiment: Mapping[str, Any] | None = None
    seed: int | None = None
    cohort_id: str = COHORT

    def texts(self) -> dict[str, str]:
        """The data root: every file by its path."""
        folder = f"cohorts/{self.cohort_id}/spec"
        own = {} if self.experiment is None else {"experiment.json": json.dumps(self.experiment)}
        return {**self.files, **own, f"{folder}/config.json": json.dumps(self.spec)}


def planned(given: Given, max_rows: int = DEFAULT_MAX_ROWS) -> Result[Plan, Problems]:
    """The plan of a data root that is in memory only."""
    texts = given.texts()

    def read(path: str, /, *, within: str, limit: int) -> Result[bytes, ReadFault]:
        if path in texts:
            return Success(texts[path].encode())
        return Failure(ReadFault("missing", "no such file"))

    def write(*_: object) -> Any:
        raise AssertionError("nothing is written here")

    builder = CohortMembershipBuilder(spec_reader(read), catalog_reader(read), write)
    return builder.plan(BuildRequest(given.cohort_id, given.seed, max_rows))


def ours(plan: Plan) -> NaiveMembership:
    """The membership of a plan, in the naive one's form."""
    membership = generate(plan)
    frame = membership.frame()
    lines = b"".join(bytes(membership.lines(one)) for one in membership.slices(7)).decode()
    rows = frame.rows(named=True)
    told = NaiveMembership(
        frame.columns,
        rows,
        {f"{seed.stage}/{seed.gen_id}": json.loads(seed.text) for seed in seeds(frame, plan)},
    )
    assert "stage,gen_id\n" + lines == told.lines()
    return told


def naive(given: Given) -> NaiveMembership | Rejected:
    try:
        return naive_membership(given.cohort_id, given.experiment, given.spec, given.files, given.seed)
    except Rejected as rejected:
        return rejected


def difference(given: Given) -> str | None:
    """In what our build and the naive one differ; None where they agree."""
    expected = naive(given)
    plan = planned(given)
    if not is_successful(plan):
        problems = plan.failure()
        if not isinstance(expected, Rejected):
            return f"only ours rejects it: {plain_text(problems)}"
        codes = {one.code for one in problems}
        return None if expected.code in codes else f"{expected} is told as {plain_text(problems)}"
    if isinstance(expected, Rejected):
        return f"only the naive one rejects it: {expected}"
    found = ours(plan.unwrap())
    for what, one, other in (
        ("columns", list(found.columns), list(expected.columns)),
        ("rows", list(found.rows), list(expected.rows)),
        ("metadata", dict(found.metadata), dict(expected.metadata)),
    ):
        if one != other:
            return f"other {what}: {one} and not {other}"
    return None


def read_given(root: Path, cohort_id: str, seed: int | None) -> Given:
    """The values of a data root on disk, includes put in place; every scalar is text."""
    bundle = root / "cohorts" / cohort_id / "spec"
    (config,) = bundle.glob("config.*")
    experiment = root / "experiment.yaml"
    files = {
        path.relative_to(root).as_posix(): path.read_text(encoding="utf-8")
        for path in root.rglob("*.csv")
        if bundle not in path.parents
    }
    return Given(
        _included(_parsed(config), config.parent),
        files,
        _parsed(experiment) if experiment.exists() else None,
        seed,
        cohort_id,
    )


def _parsed(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)


def _included(value: Any, folder: Path) -> Any:
    if isinstance(value, dict):
        return {key: _included(one, folder) for key, one in value.items()}
    if isinstance(value, list):
        return [_included(one, folder) for one in value]
    if not isinstance(value, str) or not value.startswith("@file:"):
        return value
    path = folder / value.removeprefix("@file:")
    text = path.read_text(encoding="utf-8")
    match path.suffix:
        case ".csv":
            header, *rows = csv.reader(io.StringIO(text))
            return [row[0] for row in rows if row and row[0].strip()] if len(header) == 1 else rows
        case ".txt":
            return [line.strip() for line in text.splitlines() if line.strip()]
        case _:
            return _parsed(path)
