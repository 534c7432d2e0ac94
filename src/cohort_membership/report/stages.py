"""The stages on the page: their fan-out, and generations by stage and model."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from cohort_membership.cost.calls import generations_of
from cohort_membership.plan import Plan
from cohort_membership.report.flow import Flow, Node, narrow_flow, wide_flow
from cohort_membership.report.texts import Cut, cut, named, times

MOST_STAGES, MOST_MODELS = 40, 30


@dataclass(frozen=True, slots=True)
class ModelCount:
    """Generations of a stage by one model, None where the stage names none; `share` is of the most."""

    model: str | None
    count: int
    share: float


@dataclass(frozen=True, slots=True)
class StageCount:
    """A stage's generations by model."""

    name: str
    count: int
    models: Cut[ModelCount]


@dataclass(frozen=True, slots=True)
class StagesShown:
    """`wide` and `narrow` are the same picture, for a screen and for a phone."""

    wide: Flow | None
    narrow: Flow
    counts: Cut[StageCount]


def stages_of(plan: Plan) -> StagesShown:
    nodes = tuple(islice(nodes_of(plan), MOST_STAGES + 1))
    counts = plan.counts
    by_model: dict[str, dict[str | None, int]] = {stage: {} for stage in counts}
    for call, count in generations_of(plan).items():
        models = by_model[call.stage]
        models[call.model] = models.get(call.model, 0) + count
    most = max((count for models in by_model.values() for count in models.values()), default=1)
    shown = (_counted(stage, counts[stage], models, most) for stage, models in by_model.items())
    return StagesShown(wide_flow(nodes), narrow_flow(nodes), cut(shown, len(counts), MOST_STAGES))


def _counted(stage: str, count: int, models: dict[str | None, int], most: int) -> StageCount:
    rows = (
        ModelCount(None if model is None else named(model), own, own / most) for model, own in models.items()
    )
    return StageCount(stage, count, cut(rows, len(models), MOST_MODELS))


def nodes_of(plan: Plan) -> Iterator[Node]:
    """The subject and the stages, parents first, each with how many there are of each of its parent's."""
    experiment, counts = plan.experiment, plan.counts
    subjects = len(plan.levels(experiment.subject))
    yield Node(experiment.subject, None, subjects, "", 1)
    for stage in experiment.stages:
        own, of = counts[stage.name], subjects if stage.parent is None else counts[stage.parent]
        yield Node(stage.name, stage.parent or experiment.subject, own, times(own, of), own / max(1, of))
