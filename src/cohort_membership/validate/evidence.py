"""What the rules look at: the sources, and what follows from them once for all rules."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cohort_membership.catalog import Catalogs
from cohort_membership.membership import BuildRequest
from cohort_membership.problems import Problem
from cohort_membership.sources import Sources
from cohort_membership.spec import Levels, Spec, TupleRule
from cohort_membership.stages import canonical
from cohort_membership.validate.couple import Coupled, couple

_NO_SPEC = Spec(axes=(), axes_clear=False)
_NO_CATALOGS = Catalogs(templates={}, models=None, combos=None)


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """The sources of a cohort and its couplings applied.

    A spec or a catalog that could not be read stands here as one of which nothing is known.
    """

    sources: Sources
    spec: Spec
    catalogs: Catalogs
    coupled: Coupled

    @property
    def request(self) -> BuildRequest:
        return self.sources.request

    def level_lists(self) -> Iterator[tuple[str, Levels]]:
        """Every list of levels that the spec gives, with the axis (by today's name) it gives them to."""
        for axis in self.spec.axes:
            yield canonical(axis.name.text), axis.levels
        for rule in self.spec.rules:
            if isinstance(rule, TupleRule):
                for column, name in enumerate(rule.axes):
                    yield canonical(name.text), _column(rule, column)


def gather(sources: Sources) -> Evidence:
    spec = sources.spec or _NO_SPEC
    return Evidence(sources, spec, sources.catalogs or _NO_CATALOGS, couple(spec, sources.request.max_rows))


def sources_were_read(evidence: Evidence) -> Iterable[Problem]:
    """What the readers could not read or decode."""
    return (*evidence.sources.problems, *evidence.spec.problems, *evidence.catalogs.problems)


def couplings_fit_their_axes(evidence: Evidence) -> Iterable[Problem]:
    """What was found while the rules were applied, each to what the ones before it left."""
    return evidence.coupled.problems


def _column(rule: TupleRule, column: int) -> Levels:
    cells = [
        (str(row[column]), places[column])
        for row, places in zip(rule.items.rows, rule.items.places, strict=True)
    ]
    return Levels(tuple(text for text, _ in cells), tuple(place for _, place in cells))
