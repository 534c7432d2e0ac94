"""PURE: sources to a plan, or every problem there is.

`RULES` is what is demanded of a cohort: each is a small function from the evidence to the problems it
finds, all of them run, and all they find is reported together. The couplings are applied once, in
`couple`, since each depends on what the ones before it left.
"""

from collections.abc import Callable, Iterable

from returns.result import Failure, Result, Success

from cohort_membership.plan import VALIDATED, Plan, StagePlan
from cohort_membership.problems import Problem, Problems, in_source_order
from cohort_membership.sources import Sources
from cohort_membership.stages import CHAIN
from cohort_membership.validate.axes import axes_are_complete, axes_are_given_once, axes_are_known
from cohort_membership.validate.evidence import (
    Evidence,
    couplings_fit_their_axes,
    gather,
    sources_were_read,
)
from cohort_membership.validate.levels import (
    levels_are_in_their_catalogs,
    levels_hold_no_separator,
    replicates_are_whole_numbers,
)
from cohort_membership.validate.membership import (
    generations_are_unambiguous,
    is_whole,
    membership_is_within_its_limit,
    notices_of_collapse,
    project_stages,
)

RULES: tuple[Callable[[Evidence], Iterable[Problem]], ...] = (
    sources_were_read,
    axes_are_known,
    axes_are_given_once,
    axes_are_complete,
    levels_hold_no_separator,
    replicates_are_whole_numbers,
    levels_are_in_their_catalogs,
    couplings_fit_their_axes,
    generations_are_unambiguous,
    membership_is_within_its_limit,
)


def validate(sources: Sources) -> Result[Plan, Problems]:
    """The plan of a valid cohort; a failure holds every problem found, in source order.

    It can return every problem of the families spec, rules and catalogs, and of the membership's
    `design-too-large` and `ambiguous-generation`.
    """
    evidence = gather(sources)
    problems = in_source_order(problem for rule in RULES for problem in rule(evidence))
    if problems:
        return Failure(problems)
    if not is_whole(evidence):
        raise AssertionError("a part of the design is hidden, and no problem tells of it")
    return Success(_plan(evidence))


def _plan(evidence: Evidence) -> Plan:
    request, coupled = evidence.request, evidence.coupled
    return Plan(
        cohort_id=request.cohort_id,
        spec_digest=evidence.spec.digest,
        seed=request.seed,
        design=coupled.factors,
        stages=tuple(
            StagePlan(stage, one) for stage, one in zip(CHAIN, project_stages(evidence), strict=True)
        ),
        templates={stage: templates or {} for stage, templates in evidence.catalogs.templates.items()},
        replication=evidence.catalogs.replication,
        field_order=tuple(one.text for one in evidence.spec.field_order),
        notices=(*coupled.notices, *notices_of_collapse(evidence)),
        proof=VALIDATED,
    )
