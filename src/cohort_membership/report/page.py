"""What the page of a cohort shows, as a frozen value: all that the templates are given."""

from collections.abc import Iterator
from dataclasses import dataclass
from shlex import join

from cohort_membership.manifest import Manifest, plan_digest
from cohort_membership.plan import Plan
from cohort_membership.report.design import DesignShown, design_of
from cohort_membership.report.known import Known
from cohort_membership.report.life import ChangeShown, ProgressShown, change_of, progress_of
from cohort_membership.report.mistakes import ProblemShown, problem_of
from cohort_membership.report.money import CostShown, cost_of
from cohort_membership.report.stages import StagesShown, stages_of
from cohort_membership.report.texts import Cut, cut, named

MOST_PROBLEMS, MOST_NOTICES, MOST_ARTIFACTS = 50, 50, 20


@dataclass(frozen=True, slots=True)
class Page:
    """A part that is None is not known; `rows` are the generations of all stages.

    `origin` are what the cohort was made from, `artifacts` what is written of it: names and values.
    """

    cohort_id: str
    rows: int | None
    is_built: bool
    problems: Cut[ProblemShown]
    notices: Cut[str]
    design: DesignShown | None
    stages: StagesShown | None
    change: ChangeShown | None
    progress: ProgressShown | None
    cost: CostShown | None
    command: str
    origin: tuple[tuple[str, str], ...]
    artifacts: Cut[tuple[str, int, str]]


def page_of(known: Known) -> Page:
    plan, is_built = known.plan, known.in_force is not None
    problems = (
        problem_of(one, known.lines.get(one.location)) if one.location else problem_of(one, None)
        for one in known.problems
    )
    notices = tuple(dict.fromkeys(known.notices))
    artifacts = () if known.in_force is None else tuple(known.in_force.artifacts.values())
    return Page(
        cohort_id=named(known.cohort_id, 128),
        rows=None if plan is None else plan.rows,
        is_built=is_built,
        problems=cut(problems, len(known.problems), MOST_PROBLEMS),
        notices=cut((named(one, 600) for one in notices), len(notices), MOST_NOTICES),
        design=None if plan is None else design_of(plan),
        stages=None if plan is None else stages_of(plan),
        change=None
        if known.compared is None
        else change_of(known.compared, known.usd_of_new, is_built=is_built),
        progress=None if known.status is None else progress_of(known.status),
        cost=None if known.bill is None else cost_of(known.bill),
        command=_command(known.cohort_id, plan),
        origin=() if plan is None else tuple(_origin(plan, known.in_force)),
        artifacts=cut(
            ((named(one.path, 300), one.rows, one.sha256) for one in artifacts),
            len(artifacts),
            MOST_ARTIFACTS,
        ),
    )


def _command(cohort_id: str, plan: Plan | None) -> str:
    seed = [] if plan is None or plan.seed is None else ["--seed", str(plan.seed)]
    return join(["cohort-membership", "build" if plan else "validate", cohort_id, *seed])


def _origin(plan: Plan, in_force: Manifest | None) -> Iterator[tuple[str, str]]:
    yield "spec", plan.spec_digest
    yield "experiment", "the built-in one" if plan.experiment.is_built_in else plan.experiment.digest
    yield "plan", plan_digest(plan)
    yield "seed", "none" if plan.seed is None else str(plan.seed)
    if in_force is not None and in_force.plan_digest is not None:
        yield "plan in force", in_force.plan_digest
