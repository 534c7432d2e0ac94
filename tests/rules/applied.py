"""Rules as they are written, applied to the design of a small experiment."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
import pytest

from cohort_membership.catalog import Catalogs
from cohort_membership.experiment import Experiment
from cohort_membership.load.catalogs.text import catalogs_of
from cohort_membership.problems import Problem, SpecInvalid
from cohort_membership.stage import Stage
from cohort_membership.validate.couple import Coupled, couple
from tests.load.spec_texts import decoded

STAGE = Stage("stage", "s_", None, (("first", "a"), ("second", "b"), ("third", "c"), ("replicate", "n")))
EXPERIMENT = Experiment("subject", (STAGE,), aliases={"older": "a"})
ATTRIBUTES = pl.DataFrame({"id": ["a1", "a2", "a3"], "family": ["tall", None, "short"]})
CATALOGS: Catalogs = catalogs_of(EXPERIMENT, {"a": ATTRIBUTES})
GRID = "{a: [a1, a2], b: [b1, b2], c: [c1, c2]}"


def coupled(rules: str, axes: str = GRID, files: Mapping[str, str] | None = None) -> Coupled:
    """The design of these axes and rules, each a map in one line: `axes` stand on line 1, `rules` on 2."""
    spec = decoded(f"axes: {axes}\nrules: {rules}\n", files)
    assert spec.problems == ()
    return couple(spec.axes, spec.rules, CATALOGS, 1, axes_clear=spec.axes_clear)


def kept(rules: str, axes: str = GRID, files: Mapping[str, str] | None = None) -> list[str]:
    """The rows of the design in order, levels in the order of the factors; replicates only if there are."""
    found = coupled(rules, axes, files)
    assert found.problems == ()
    parts = [
        one.frame.rows() for one in found.factors if one.axes != ("n",) or one.levels("n").to_list() != ["1"]
    ]
    return [" ".join(itertools.chain(*row)) for row in itertools.product(*parts)]


def told(rules: str, axes: str = GRID, files: Mapping[str, str] | None = None) -> list[str]:
    """All problems in short: of the shape, then of what the rules do.

    Each as "code of 'the text where it stands' in path.of.keys (suggestion?)".
    """
    text = f"axes: {axes}\nrules: {rules}\n"
    spec = decoded(text, files)
    found = couple(spec.axes, spec.rules, CATALOGS, 1, axes_clear=spec.axes_clear)
    return [_in_short(problem, text.splitlines()) for problem in (*spec.problems, *found.problems)]


def _in_short(problem: Problem, lines: Sequence[str]) -> str:
    at = problem.location
    assert at is not None
    assert at.line is not None
    assert at.column is not None
    start = at.column - 1
    said = f"{problem.code} of {lines[at.line - 1][start : start + at.width]!r}"
    if not isinstance(problem, SpecInvalid):
        return said
    return f"{said} in {problem.where}" + (f" ({problem.suggestion}?)" if problem.suggestion else "")


def heights_of_joins(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The rows of each table that a join makes from now on."""
    heights: list[int] = []
    join = pl.DataFrame.join

    def counted(*given: Any, **named: Any) -> pl.DataFrame:
        joined = join(*given, **named)
        heights.append(joined.height)
        return joined

    monkeypatch.setattr(pl.DataFrame, "join", counted)
    return heights
