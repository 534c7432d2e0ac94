"""The one closed union of all kinds, their codes, and the words of any of them."""

from typing import TypeAlias, assert_never

from cohort_membership.problems import catalogs, experiment, membership, request, rules, spec, storage
from cohort_membership.problems.phrases import Wording

Problem: TypeAlias = (
    request.RequestProblem
    | spec.SpecProblem
    | rules.RuleProblem
    | catalogs.CatalogProblem
    | experiment.ExperimentProblem
    | membership.MembershipProblem
    | storage.StorageProblem
)
Problems: TypeAlias = tuple[Problem, ...]

CODES: tuple[str, ...] = tuple(kind.code for kind in Problem.__args__)
"""Every code of the contract's table, in its order."""


def wording(problem: Problem) -> Wording:
    """What a person reads of a problem; the words of each kind stand beside it, in its family's module.

    >>> typo = catalogs.UnknownLevel(
    ...     axis="answer_llm", level="fjrod", catalog="models.csv", suggestion="fjord"
    ... )
    >>> told = wording(typo)
    >>> told.message, told.hint
    ("answer_llm: 'fjrod' is not in models.csv", "did you mean 'fjord'?")
    """
    if isinstance(problem, request.RequestProblem):
        return request.words(problem)
    if isinstance(problem, spec.SpecProblem):
        return spec.words(problem)
    if isinstance(problem, rules.RuleProblem):
        return rules.words(problem)
    if isinstance(problem, catalogs.CatalogProblem):
        return catalogs.words(problem)
    if isinstance(problem, experiment.ExperimentProblem):
        return experiment.words(problem)
    if isinstance(problem, membership.MembershipProblem):
        return membership.words(problem)
    if isinstance(problem, storage.StorageProblem):
        return storage.words(problem)
    assert_never(problem)
