"""Generations on disk that no cohort holds."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from cohort_membership.experiment import Experiment
from cohort_membership.life.outcomes import Outcomes


@dataclass(frozen=True, slots=True)
class Orphans:
    """`stages` gives for each stage `generations` and `done`; `gen_ids` are sorted within a stage."""

    stages: Mapping[str, Mapping[str, int]]
    gen_ids: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        stages = {name: dict(one) for name, one in self.stages.items()}
        return {"ok": True, "stages": stages, "gen_ids": list(self.gen_ids)}


def orphans(ids: pl.Series, outcomes: Outcomes, experiment: Experiment) -> Orphans:
    """The answer of `orphans` for ids that no cohort holds; one of no stage's prefix is left out.

    >>> from cohort_membership.draft_essay_evaluation import DRAFT_ESSAY_EVALUATION
    >>> marks = pl.DataFrame({"gen_id": ["e_1"], "is_done": [True]})
    >>> orphans(pl.Series(["e_1", "d_2", "x"]), Outcomes(marks), DRAFT_ESSAY_EVALUATION).gen_ids
    ('d_2', 'e_1')
    """
    done = outcomes.done
    stages: dict[str, Mapping[str, int]] = {}
    gen_ids: list[str] = []
    for stage in experiment.stages:
        own = ids.filter(ids.str.contains(f"^{stage.id_prefix}[0-9a-z]+$")).sort()
        stages[stage.name] = {"generations": len(own), "done": int(own.is_in(done.implode()).sum())}
        gen_ids += own.to_list()
    return Orphans(stages, tuple(gen_ids))
