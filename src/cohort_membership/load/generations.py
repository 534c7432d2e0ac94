"""EDGE: the generations that a spec starts from, read through an injected reader, beside pure rules.

They are read stage by stage up to the first: their parents are what their metadata names.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import TypeAlias

import polars as pl
from returns.pipeline import is_successful
from returns.result import Failure, Result, Success

from cohort_membership.artifacts import METADATA
from cohort_membership.experiment import Experiment
from cohort_membership.manifest import corrupt
from cohort_membership.metadata import PARENT, decoded
from cohort_membership.ports import GenerationReader
from cohort_membership.problems import Problem, Problems
from cohort_membership.rules.existing import MOST_PROBLEMS
from cohort_membership.rules.rule import Rule, Stored
from cohort_membership.spec import Design, Spec
from cohort_membership.stage import Stage

_Metadata: TypeAlias = Mapping[str, object]

REMEDY = "look at the file: it is never overwritten"


def nothing_stored(_: str, ids: pl.Series, /) -> Result[pl.Series, Problems]:
    """A reader of a store in which no generation is.

    >>> nothing_stored("answer", pl.Series(["a_1"])).unwrap().to_list()
    [None]
    """
    return Success(pl.Series("metadata", [None] * len(ids), dtype=pl.String))


def with_generations(spec: Spec, experiment: Experiment, read: GenerationReader) -> Spec:
    """The spec with its rules as they are once the generations that they start from were read.

    What is wrong with these is among its problems: `missing-parent`, `generation-conflict`,
    `artifact-corrupt`, and what the reader fails with.
    """
    problems: list[Problem] = []

    def resolved(rule: Rule) -> Rule:
        asked = rule.starts_from
        if asked is None:
            return rule
        stored = _stored(experiment, *asked, read)
        found, wrong = rule.with_stored(stored.value_or(None), experiment)
        problems.extend((*(() if is_successful(stored) else stored.failure()), *wrong))
        return found

    def design(one: Design) -> Design:
        return replace(one, rules=tuple(map(resolved, one.rules)))

    rules, designs = tuple(map(resolved, spec.rules)), tuple(map(design, spec.designs))
    return replace(spec, rules=rules, designs=designs, problems=(*spec.problems, *problems))


def _stored(
    experiment: Experiment, name: str, ids: Sequence[str], read: GenerationReader
) -> Result[Stored, Problems]:
    """The metadata of these generations and of their ancestors, as far as it is there.

    An id that is not there is looked for in the stages whose ids begin as it does.
    """
    stage = experiment.by_name.get(name)
    known: dict[str, Mapping[str, _Metadata]] = {}
    if stage is None:
        return Success(known)
    line = [(one, None) for one in reversed(experiment.ancestry(stage))]
    others = [(one, one.id_prefix) for one in experiment.stages if one is not stage]
    wanted: Iterable[object] = ids
    for of, prefix in (*line, *others):
        if prefix is not None:
            wanted = [one for one in ids if one not in known[stage.name] and one.startswith(prefix)]
        there = _read(of, wanted, read)
        if not is_successful(there):
            return Failure(there.failure())
        known[of.name] = {**known.get(of.name, {}), **there.unwrap()}
        wanted = (found.get(PARENT) for found in there.unwrap().values())
    return Success(known)


def _read(
    stage: Stage, wanted: Iterable[object], read: GenerationReader
) -> Result[Mapping[str, _Metadata], Problems]:
    """The metadata of those that are there; `artifact-corrupt` where it is none."""
    ids = list(dict.fromkeys(one for one in wanted if isinstance(one, str) and one))
    texts = read(stage.name, pl.Series("gen_id", ids, dtype=pl.String)) if ids else Success(pl.Series())
    if not is_successful(texts):
        return Failure(texts.failure())
    there = {one: text for one, text in zip(ids, texts.unwrap(), strict=True) if text is not None}
    found = {one: decoded(text) for one, text in there.items()}
    bad = [
        corrupt(
            f"gens/{stage.name}/{one}/{METADATA}", "the metadata of a generation", "something else", REMEDY
        )
        for one in islice((one for one, metadata in found.items() if metadata is None), MOST_PROBLEMS)
    ]
    return (
        Failure(tuple(bad))
        if bad
        else Success({one: held for one, held in found.items() if held is not None})
    )
