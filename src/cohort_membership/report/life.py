"""The life of a cohort on the page: what a build would change, and how far it is."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from cohort_membership.cost.bill import dollars
from cohort_membership.life.changes import Comparison, LevelChange
from cohort_membership.life.states import STATES, StageStatus, Status
from cohort_membership.report.texts import Cut, cut, named, percent

MOST_CHANGES, MOST_STAGES = 20, 40


@dataclass(frozen=True, slots=True)
class LevelShown:
    """A level that is added or removed, and the generations that carry it, by stage."""

    axis: str
    level: str
    is_added: bool
    stages: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class ChangeShown:
    """`stages` are rows of a stage's name and its new, kept and gone generations."""

    kind: Literal["first", "same", "other"]
    stages: Cut[tuple[str, int, int, int]]
    new: int
    kept: int
    gone: int
    usd: str | None
    levels: Cut[LevelShown]


@dataclass(frozen=True, slots=True)
class StageProgress:
    """`parts` are, of each state that there is, where it begins and how much it is, as shares of all."""

    name: str
    counts: Mapping[str, int]
    parts: tuple[tuple[str, float, float], ...]
    done: str


@dataclass(frozen=True, slots=True)
class ProgressShown:
    """How far a built cohort is."""

    is_complete: bool
    total: StageProgress
    stages: Cut[StageProgress]
    unexpected: int


def change_of(compared: Comparison, usd: Decimal | None, *, is_built: bool) -> ChangeShown:
    rows = [(name, one.new, one.kept, one.gone) for name, one in compared.stages.items()]
    new, kept, gone = (sum(counts) for counts in zip(*(row[1:] for row in rows), strict=True))
    kind: Literal["first", "same", "other"] = (
        "first" if not is_built else "other" if new or gone or compared.changes else "same"
    )
    return ChangeShown(
        kind,
        cut(rows, len(rows), MOST_STAGES),
        new,
        kept,
        gone,
        dollars(usd),
        cut(map(_level, compared.changes), len(compared.changes), MOST_CHANGES),
    )


def progress_of(status: Status) -> ProgressShown:
    counts = [one.as_json() for one in status.stages.values()]
    whole = StageStatus(*(sum(one[name] for one in counts) for name in ("rows", *STATES, "stale")))
    stages = (_progress(name, one) for name, one in status.stages.items())
    return ProgressShown(
        status.is_complete,
        _progress("total", whole),
        cut(stages, len(status.stages), MOST_STAGES),
        status.unexpected,
    )


def _level(change: LevelChange) -> LevelShown:
    return LevelShown(named(change.axis), named(change.level), change.is_added, tuple(change.stages.items()))


def _progress(name: str, stage: StageStatus) -> StageProgress:
    return StageProgress(name, stage.as_json(), tuple(_parts(stage)), percent(stage.done, stage.rows))


def _parts(stage: StageStatus) -> Iterator[tuple[str, float, float]]:
    begin = 0
    for state in STATES:
        count = getattr(stage, state)
        if count:
            yield state, begin / stage.rows, count / stage.rows
        begin += count
