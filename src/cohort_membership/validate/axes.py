"""Rules on which axes a spec gives: each known, each once, all that the stages need."""

from collections.abc import Iterable, Iterator

from cohort_membership.problems import DuplicateAxis, Location, MissingAxis, Problem, UnknownAxis
from cohort_membership.spec import PairRule, Scalar, Spec, TieRule, TupleRule, UnclearRule
from cohort_membership.stages import AXES, CHAIN, REQUIRED_AXES, canonical
from cohort_membership.suggest import nearest
from cohort_membership.validate.evidence import Evidence


def axes_are_known(evidence: Evidence) -> Iterable[Problem]:
    """An axis that no stage uses is a typo, or it would multiply the design and change nothing."""
    for where, name in _given(evidence.spec):
        if canonical(name.text) not in AXES:
            yield _unknown(where, name, AXES)
    known = {canonical(name.text) for _, name in _given(evidence.spec)} | set(AXES)
    named = (TieRule, PairRule, TupleRule)
    rules = {rule.name.text for rule in evidence.spec.rules if isinstance(rule, named)}
    if not _any_hidden(evidence.spec):
        for name in evidence.spec.field_order:
            if not {name.text, canonical(name.text)} & (known | rules):
                yield _unknown("output.field_order", name, known | rules)


def axes_are_given_once(evidence: Evidence) -> Iterable[Problem]:
    """One problem an axis, at its second place, whatever names it goes by."""
    first: dict[str, tuple[str, Location | None]] = {}
    reported: set[str] = set()
    for where, name in _given(evidence.spec):
        axis = canonical(name.text)
        if axis not in first:
            first[axis] = (where, name.location)
        elif axis not in reported:
            reported.add(axis)
            (earlier, earlier_at), (later, later_at) = sorted(
                [first[axis], (where, name.location)], key=lambda one: _line_and_column(one[1])
            )
            place = f" at {earlier_at}" if earlier_at else ""
            yield DuplicateAxis(axis=axis, first=earlier + place, second=later, location=later_at)


def axes_are_complete(evidence: Evidence) -> Iterable[Problem]:
    """Every axis that a stage needs is given; one that a problem may hide is not called missing."""
    spec = evidence.spec
    if _any_hidden(spec):
        return
    given = {canonical(name.text) for _, name in _given(spec)}
    meant = {nearest(name, AXES) for name in given if name not in AXES}
    hidden = {canonical(name) for name in _touched_by_unclear_rules(spec)} | meant
    for stage in CHAIN:
        for axis in stage.axes:
            if axis in REQUIRED_AXES and axis not in given | hidden:
                yield MissingAxis(axis=axis, stage=stage.name, location=spec.axes_at)


def _given(spec: Spec) -> Iterator[tuple[str, Scalar]]:
    """Every axis that the spec gives, with where: declared with levels, or provided by a tuple."""
    for axis in spec.axes:
        yield f"axes.{axis.name.text}", axis.name
    for rule in spec.rules:
        if isinstance(rule, TupleRule):
            yield from ((f"{rule.where}.axes", name) for name in rule.axes)


def _any_hidden(spec: Spec) -> bool:
    """Whether a problem may hide axes of which not even the name is known."""
    return not spec.axes_clear or any(
        isinstance(rule, UnclearRule) and rule.names is None for rule in spec.rules
    )


def _touched_by_unclear_rules(spec: Spec) -> Iterator[str]:
    for rule in spec.rules:
        if isinstance(rule, UnclearRule):
            yield from rule.names or ()


def _unknown(where: str, name: Scalar, known: Iterable[str]) -> Problem:
    suggestion = nearest(name.text, known)
    return UnknownAxis(where=where, axis=name.text, suggestion=suggestion, location=name.location)


def _line_and_column(at: Location | None) -> tuple[int, int]:
    return ((at and at.line) or 0, (at and at.column) or 0)
