"""`@catalog`: the levels that a spec asks of a catalog, put in the place of the question."""

from collections.abc import Sequence
from dataclasses import replace

from returns.pipeline import is_successful

from cohort_membership.catalog import Catalog, Catalogs
from cohort_membership.problems import Problem, RuleEmptiesAxis, SpecInvalid
from cohort_membership.rules.predicate import catalog_levels
from cohort_membership.rules.rule import AnswerQuery, Rule
from cohort_membership.spec import Axis, CatalogQuery, Design, Levels, LevelsGiven, Spec


def answered(spec: Spec, catalogs: Catalogs) -> Spec:
    """The spec with levels in the place of each query; what is wrong with one hides it.

    A predicate that cannot be read or judged is `spec-invalid`, one that no row meets
    `rule-empties-axis`.
    """
    problems: list[Problem] = []

    def rules(given: Sequence[Rule]) -> tuple[Rule, ...]:
        return tuple(rule.answered(_answer(rule.where, catalogs, problems)) for rule in given)

    def axes(given: Sequence[Axis], where: str) -> tuple[Axis, ...]:
        return tuple(_axis(one, _answer(f"{where}.{one.name.text}", catalogs, problems)) for one in given)

    def design(given: Design) -> Design:
        where = f"designs.{given.name.text}.axes"
        return replace(given, axes=axes(given.axes, where), rules=rules(given.rules))

    asked = replace(
        spec,
        axes=axes(spec.axes, "axes"),
        rules=rules(spec.rules),
        designs=tuple(map(design, spec.designs)),
    )
    return replace(asked, problems=(*spec.problems, *problems))


def _axis(axis: Axis, answer: AnswerQuery) -> Axis:
    levels = answer(axis.name.text, axis.levels)
    return (
        replace(axis, levels=Levels((), ()), is_clear=False)
        if levels is None
        else replace(axis, levels=levels)
    )


def _answer(where: str, catalogs: Catalogs, problems: list[Problem]) -> AnswerQuery:
    def answer(name: str, given: LevelsGiven) -> Levels | None:
        if isinstance(given, Levels):
            return given
        axis = catalogs.experiment.canonical(name)
        catalog = catalogs.by_axis.get(axis)
        if catalog is None:
            if axis in catalogs.experiment.axes and axis not in catalogs.by_axis:
                problems.append(_no_catalog(where, axis, given))
            return None
        return _asked(where, axis, given, catalog, problems)

    return answer


def _asked(
    where: str, axis: str, query: CatalogQuery, catalog: Catalog, problems: list[Problem]
) -> Levels | None:
    levels = catalog_levels(where, query, catalog)
    if not is_successful(levels):
        problems.extend(levels.failure())
        return None
    found = levels.unwrap()
    if not found:
        is_predicate = query.predicate is not None
        problems.append(
            RuleEmptiesAxis(where=where, axes=(axis,), is_predicate=is_predicate, location=query.location)
        )
        return None
    return Levels(found, [query.location] * len(found), are_asked=True)


def _no_catalog(where: str, axis: str, query: CatalogQuery) -> Problem:
    return SpecInvalid(
        where=where,
        detail=f"the axis {axis!r} has no catalog",
        remedy="list its levels here, or give it a catalog in the experiment",
        location=query.location,
    )
