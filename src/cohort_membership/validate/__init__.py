"""PURE: sources to a plan, or every problem there is.

`RULES` is what is demanded of a cohort: each is a small function from the evidence to the problems it
finds, all of them run, and all they find is reported together. The couplings are applied once, in
`couple`, since each depends on what the ones before it left.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace

from returns.result import Failure, Result, Success
from toolz import unique

from cohort_membership.plan import Block, Plan
from cohort_membership.problems import Problem, Problems, in_source_order
from cohort_membership.sources import Sources
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
    designs_can_be_compared,
    generations_are_unambiguous,
    membership_is_within_its_limit,
    notices_of_collapse,
    notices_of_sample,
)
from cohort_membership.validate.notices import notices_of_look_alikes, notices_of_replication

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
    designs_can_be_compared,
    membership_is_within_its_limit,
)


def validate(sources: Sources) -> Result[Plan, Problems]:
    """The plan of a valid cohort; a failure holds every problem found, in source order.

    It can return every problem of the families spec, rules, experiment and catalogs, and of the
    membership's `design-too-large` and `ambiguous-generation`.
    """
    evidence = None if sources.catalogs is None else gather(sources, sources.catalogs)
    if evidence is None:  # without an experiment nothing can be said of a spec but its shape
        problems = in_source_order((*sources.problems, *(sources.spec.problems if sources.spec else ())))
    else:
        problems = in_source_order(problem for rule in RULES for problem in rule(evidence))
    if problems:
        return Failure(problems)
    if evidence is None or evidence.blocks is None:
        raise AssertionError("a part of the design is hidden, and no problem tells of it")
    return Success(_plan(evidence, evidence.blocks))


def _plan(evidence: Evidence, blocks: tuple[Block, ...]) -> Plan:
    request = evidence.request
    plan = Plan(
        cohort_id=request.cohort_id,
        experiment=evidence.experiment,
        spec_digest=evidence.spec.digest,
        seed=request.seed,
        blocks=blocks,
        modes={},
        replication=evidence.catalogs.replication,
        field_order=tuple(one.text for one in evidence.spec.field_order),
        notices=(),
        taken=tuple(
            replace(taken, design=one.design.name.text if one.design else None)
            for one in evidence.designs
            for taken in one.coupled.taken
        ),
        union=evidence.union.unwrap(),
    )
    found = (
        *(notice for design in evidence.designs for notice in design.coupled.notices),
        *notices_of_collapse(evidence),
        *notices_of_sample(evidence),
        *notices_of_look_alikes(evidence),
        *notices_of_replication(evidence, plan),
    )
    return replace(plan, modes=_modes(evidence, plan), notices=tuple(unique(found)))


def _modes(evidence: Evidence, plan: Plan) -> dict[str, dict[str, str]]:
    """The modes of the templates in the design, of stages whose templates tell one."""
    modes = {}
    for stage in evidence.experiment.stages:
        catalog = evidence.catalogs.of_templates(stage.name)
        if catalog is not None and catalog.modes is not None and stage.template_axis:
            modes[stage.name] = {
                level: catalog.modes.get(level, "llm") for level in plan.levels(stage.template_axis)
            }
    return modes
