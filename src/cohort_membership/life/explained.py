"""What an id is: its levels, its ancestors, its children, the cohorts that hold it."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any, TypeAlias

import polars as pl

from cohort_membership.experiment import Experiment
from cohort_membership.life.drift import Drift
from cohort_membership.life.outcomes import Outcomes
from cohort_membership.life.states import with_states
from cohort_membership.stage import Stage

Rows: TypeAlias = Callable[[str, Sequence[str]], Iterable[pl.DataFrame]]
"""Gives columns of the rows of a cohort, in batches."""

Columns: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Explained:
    """`lineage` goes from the first stage to the generation itself; `children` counts by stage."""

    gen_id: str
    stage: str
    cohorts: tuple[str, ...]
    origin_cohort_id: str
    columns: Columns
    lineage: tuple[tuple[str, str, Columns], ...]
    children: Mapping[str, int]
    state: str = ""
    drift: Mapping[Drift, int] = field(default_factory=dict)

    @property
    def stale(self) -> bool:
        return bool(self.drift)

    def with_state(self, outcomes: Outcomes) -> "Explained":
        """What results tell of it and of its parent."""
        parent = self.lineage[-2][1] if len(self.lineage) > 1 else ""
        row = pl.DataFrame({"gen_id": [self.gen_id], "parent_gen_id": [parent]})
        return replace(self, state=str(with_states(row, outcomes)["state"].item()))

    def with_metadata(self, text: str | None, drift: Mapping[Drift, int]) -> "Explained":
        """What the metadata that was seeded adds: which cohort was first, and what has changed since."""
        try:
            origin = json.loads(text or "{}").get("origin_cohort_id")
        except (ValueError, AttributeError):
            origin = None
        return replace(
            self, drift=drift, origin_cohort_id=origin if isinstance(origin, str) else self.origin_cohort_id
        )

    def as_json(self) -> dict[str, object]:
        lineage = [
            {"stage": stage, "gen_id": gen_id, "columns": dict(columns)}
            for stage, gen_id, columns in self.lineage
        ]
        return {
            "ok": True,
            "gen_id": self.gen_id,
            "stage": self.stage,
            "cohorts": list(self.cohorts),
            "origin_cohort_id": self.origin_cohort_id,
            "columns": dict(self.columns),
            "lineage": lineage,
            "children": dict(self.children),
            "state": self.state,
            "stale": self.stale,
        }


def explained(gen_id: str, holders: Sequence[str], rows: Rows, experiment: Experiment) -> Explained | None:
    """What the id is, its state left open; None where no cohort holds it.

    `holders` are the cohorts that hold it, and `rows` gives columns of the wide table of one. A cohort that
    holds a generation holds its parent, so its children are in these cohorts alone.
    """
    line = _line(gen_id, lambda: rows(holders[0], experiment.wide_columns), experiment) if holders else ()
    if not line:
        return None
    lineage = tuple((row["stage"], row["gen_id"], _columns(row, experiment)) for row in line)
    ids = ("stage", "gen_id", "parent_gen_id")
    children = pl.concat(
        batch.filter(pl.col("parent_gen_id") == gen_id).select(pl.col(ids).cast(pl.String))
        for holder in holders
        for batch in rows(holder, ids)
    ).unique("gen_id")
    counts = dict(children.group_by("stage").len().iter_rows())
    own = line[-1]
    return Explained(
        gen_id,
        own["stage"],
        tuple(holders),
        own["origin_cohort_id"],
        lineage[-1][2],
        lineage,
        {stage.name: counts[stage.name] for stage in experiment.stages if stage.name in counts},
    )


def _line(
    gen_id: str, rows: Callable[[], Iterable[pl.DataFrame]], experiment: Experiment
) -> Sequence[Mapping[str, Any]]:
    """The rows from the first ancestor to the generation. A parent stands before its children, so each is
    looked for in one pass up to where its child was found.
    """
    line: list[Mapping[str, Any]] = []
    wanted = gen_id
    while wanted and len(line) < len(experiment.stages):
        own = (batch.filter(pl.col("gen_id") == wanted) for batch in rows())
        found = next((one for one in own if one.height), None)
        if found is None:
            break
        line.insert(0, found.row(0, named=True))
        wanted = line[0]["parent_gen_id"]
    return line


def _columns(row: Mapping[str, Any], experiment: Experiment) -> Columns:
    """The subject and the columns of the row's stage."""
    stage: Stage = experiment.by_name[row["stage"]]
    own = chain((experiment.subject,), (one for one in experiment.columns if one in stage.axis_of))
    return {column: row[column] for column in own}


def known_like(gen_id: str, ids: pl.Series, most: int = 100) -> Sequence[str]:
    """Ids that may be the one that was meant: alike at the beginning or at the end.

    >>> known_like("d_3sofzlpblw0d61sw", pl.Series(["d_3sofzlpblw0d61sv", "e_5aj8fnanmk6g209s"]))
    ['d_3sofzlpblw0d61sv']
    """
    head, tail = gen_id[:7], gen_id[-6:]
    return ids.filter(ids.str.starts_with(head) | ids.str.ends_with(tail)).head(most).to_list()
