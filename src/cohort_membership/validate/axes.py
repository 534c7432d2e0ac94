"""Rules on which axes a spec gives: each known, each once, all that the stages need."""

from collections.abc import Iterable, Iterator

from cohort_membership.document import Scalar
from cohort_membership.problems import DuplicateAxis, Location, MissingAxis, Problem, UnknownAxis
from cohort_membership.rules.rule import UnclearRule
from cohort_membership.validate.evidence import Coupling, Evidence


def axes_are_known(evidence: Evidence) -> Iterable[Problem]:
    """An axis that no stage uses is a typo, or it would multiply the design and change nothing."""
    experiment = evidence.experiment
    axes = experiment.axes
    given = [one for design in evidence.designs for one in design.given()]
    for where, name in given:
        if experiment.canonical(name.text) not in axes:
            yield _unknown(evidence, where, name, axes)
    known = {experiment.canonical(name.text) for _, name in given} | set(axes)
    rules = {rule.name.text for design in evidence.designs for rule in design.rules if rule.is_named}
    if any(map(_hides_any, evidence.designs)):
        return
    for name in evidence.spec.field_order:
        if not {name.text, experiment.canonical(name.text)} & (known | rules):
            yield _unknown(evidence, "output.field_order", name, known | rules)
    sample = evidence.spec.sample
    for name in sample.by if sample else ():
        if experiment.canonical(name.text) not in known:
            yield _unknown(evidence, "sample.by", name, known)


def axes_are_given_once(evidence: Evidence) -> Iterable[Problem]:
    """One problem an axis, at its second place, whatever names it goes by."""
    for design in evidence.designs:
        yield from _given_again(design, evidence)


def _given_again(design: Coupling, evidence: Evidence) -> Iterable[Problem]:
    first: dict[str, tuple[str, Location | None]] = {}
    reported: set[str] = set()
    for where, name in design.given():
        axis = evidence.experiment.canonical(name.text)
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
    for design in evidence.designs:
        if not _hides_any(design):
            yield from _missing(design, evidence)


def _missing(design: Coupling, evidence: Evidence) -> Iterator[Problem]:
    experiment = evidence.experiment
    given = {experiment.canonical(name.text) for _, name in design.given()}
    meant = {
        evidence.suggestions.nearest(name, experiment.axes) for name in given if name not in experiment.axes
    }
    touched = {
        experiment.canonical(name)
        for rule in design.rules
        if isinstance(rule, UnclearRule)
        for name in rule.names or ()
    }
    at = evidence.spec.axes_at
    if design.design and len(evidence.designs) > 1 and not evidence.spec.axes:
        at = design.design.name.location
    for axis in experiment.axes:
        if axis not in experiment.defaults and axis not in given | touched | meant:
            yield MissingAxis(axis=axis, stage=experiment.stages_of[axis][0].name, location=at)


def _hides_any(design: Coupling) -> bool:
    """Whether a problem may hide axes of which not even the name is known."""
    return not design.axes_clear or any(
        isinstance(rule, UnclearRule) and rule.names is None for rule in design.rules
    )


def _unknown(evidence: Evidence, where: str, name: Scalar, known: Iterable[str]) -> Problem:
    suggestion = evidence.suggestions.nearest(name.text, known)
    axes = tuple(evidence.experiment.axes)
    return UnknownAxis(where=where, axis=name.text, suggestion=suggestion, known=axes, location=name.location)


def _line_and_column(at: Location | None) -> tuple[int, int]:
    return ((at and at.line) or 0, (at and at.column) or 0)
