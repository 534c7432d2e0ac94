"""Specs as texts of a file `f`, and their problems in short."""

from collections.abc import Mapping

from returns.result import Failure, Result

from cohort_membership.load.spec.decode import decode_spec
from cohort_membership.load.spec.includes import open_include
from cohort_membership.load.text.yaml import parse_yaml
from cohort_membership.problems import IncludeNotFound, Problem, Problems, SpecInvalid
from cohort_membership.rules.lists import Included
from cohort_membership.rules.rule import Rule, UnclearRule
from cohort_membership.spec import Spec

MISSING: Result[Included, Problems] = Failure((IncludeNotFound(include="gone.csv"),))


def decoded(text: str, files: Mapping[str, str] | None = None) -> Spec:
    includes = {path: open_include(path, "spec", data.encode()) for path, data in (files or {}).items()}
    return decode_spec(parse_yaml(text, "f").unwrap(), {**includes, "gone.csv": MISSING}, file="f")


def told(spec: Spec) -> list[str]:
    """Each problem as 'line:column code where (suggestion?)'; the file only where it is another."""
    return [_told(problem) for problem in spec.problems]


def _told(problem: Problem) -> str:
    at = problem.location
    place = "-" if at is None else f"{at.file}:{at.line}:{at.column}".removeprefix("f:")
    parts = [place, problem.code]
    if isinstance(problem, SpecInvalid):
        parts.append(problem.where)
        if problem.suggestion:
            parts.append(f"({problem.suggestion}?)")
    return " ".join(parts)


def unclear(rule: Rule) -> tuple[str, tuple[str, ...] | None]:
    """Where an unclear rule is, and the names that it may have touched: any where None."""
    assert isinstance(rule, UnclearRule)
    assert not rule.is_clear
    return rule.where, rule.names


def rule(text: str, files: Mapping[str, str] | None = None) -> Rule:
    """The only rule of a clean spec."""
    spec = decoded("axes: {}\nrules:\n" + text, files)
    assert told(spec) == []
    (only,) = spec.rules
    return only
