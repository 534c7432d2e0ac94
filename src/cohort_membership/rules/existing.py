"""`existing`: generations that are there give the axes of their stage and its ancestors their levels.

Ids are checked, not believed: each must come out again from the levels that its metadata holds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import polars as pl

from cohort_membership.columns import RowColumns
from cohort_membership.document import Node, Scalar, quoted
from cohort_membership.experiment import Experiment
from cohort_membership.identity import gen_id_of
from cohort_membership.problems import (
    GenerationConflict,
    Location,
    MissingParent,
    Problem,
    Problems,
    SpecInvalid,
)
from cohort_membership.rules.decoding import Decoding
from cohort_membership.rules.rule import Applied, AxisNames, Rule, RuleKind, Scope, Stored, UnclearRule
from cohort_membership.rules.shape import Keys, Part
from cohort_membership.rules.tuples import TupleRule
from cohort_membership.spec import Levels, Rows
from cohort_membership.stage import Stage
from cohort_membership.suggest import nearest

_KEYS = Keys({"stage": Part.STAGE, "ids": Part.IDS})

MOST_PROBLEMS = 1_000
"""How many bad ids are told: with a wrong store it is each of them."""

PARENT = "parent_gen_id"
_ABOVE = ""
"""Where a generation's parent stands among its levels: under what is no name of an axis."""


@dataclass(frozen=True, slots=True)
class ExistingRule(Rule):
    """The generations of a stage with these ids; what they are must be read before it can be applied."""

    stage: Scalar
    ids: Levels

    @property
    def starts_from(self) -> tuple[str, Sequence[str]]:
        return self.stage.text, self.ids.texts

    def with_stored(self, stored: Stored | None, experiment: Experiment) -> tuple[Rule, Problems]:
        """The rows of the generations, as a tuple gives them, in the order of their ids.

        It can tell `spec-invalid` (no such stage), `missing-parent` and `generation-conflict` at an id.
        """
        stage = experiment.by_name.get(self.stage.text)
        if stage is None:
            return UnclearRule(self.where, self.name), (self._no_stage(experiment),)
        axes = (experiment.subject, *(axis for one in experiment.ancestry(stage) for axis in one.axes))
        if stored is None:
            return UnclearRule(self.where, self.name, names=(self.name.text, *axes)), ()
        judged = [
            _row(gen_id, stage, stored, experiment, place)
            for gen_id, place in zip(self.ids.texts, self.ids.places, strict=True)
        ]
        problems = tuple(islice((one for one in judged if not isinstance(one, Mapping)), MOST_PROBLEMS))
        if problems or not judged:
            return UnclearRule(self.where, self.name, names=(self.name.text, *axes)), problems
        rows = [one for one in judged if isinstance(one, Mapping)]
        columns = tuple(pl.Series([row[axis] for row in rows], dtype=pl.String) for axis in axes)
        places = [(place,) * len(axes) for place in self.ids.places]
        names = tuple(Scalar(axis, self.stage.location) for axis in axes)
        return TupleRule(
            self.where, self.name, names, Rows(RowColumns(columns), places), is_clear=self.is_clear
        ), ()

    def apply(self, axes: Sequence[AxisNames], scope: Scope) -> Applied:
        raise TypeError("the generations have not been read yet")

    def _no_stage(self, experiment: Experiment) -> Problem:
        return SpecInvalid(
            where=f"{self.where}.stage",
            expected="a stage of the experiment",
            got=quoted(self.stage.text),
            suggestion=nearest(self.stage.text, experiment.by_name),
            location=self.stage.location,
        )


def _row(
    gen_id: str, stage: Stage, stored: Stored, experiment: Experiment, at: Location | None
) -> Mapping[str, str] | Problem:
    """The levels of a generation and its ancestors by axis, if its id comes out of them again."""
    row: dict[str, str] = {}
    line: list[tuple[Stage, str]] = []
    own = gen_id
    for one in reversed(experiment.ancestry(stage)):
        found = stored[one.name].get(own)
        elsewhere = [name for name, there in stored.items() if own in there]
        if found is None and (line or not elsewhere):
            return MissingParent(
                stage=stage.name, gen_id=gen_id, parent_gen_id=own, touched=1, is_listed=True, location=at
            )
        levels = _levels({"stage": elsewhere[0]} if found is None else found, own, one, experiment)
        if isinstance(levels, str):
            return _conflict(own, one, {}, levels, at)
        line.append((one, own))
        row |= levels
        own = row.pop(_ABOVE, own)
    for one, own in reversed(line):
        made = gen_id_of(experiment, one, row)
        if made != own:
            return _conflict(own, one, {axis: row[axis] for axis in one.axes}, f"gives the id {made}", at)
    return row


def _levels(
    found: Mapping[str, object], gen_id: str, stage: Stage, experiment: Experiment
) -> Mapping[str, str] | str:
    """The levels by axis that metadata holds, with the subject or the parent's id; or what it is instead."""
    for key, own in (("stage", stage.name), ("gen_id", gen_id)):
        if found.get(key) not in (None, own):
            return f"is of the {'stage' if key == 'stage' else 'id'} {found[key]}"
    head = (experiment.subject, experiment.subject) if stage.parent is None else (_ABOVE, PARENT)
    wanted = {head[0]: head[1], **{axis: column for column, axis in stage.axis_of.items()}}
    levels = {
        axis: _level(found.get(column)) or experiment.defaults.get(axis, "")
        for axis, column in wanted.items()
    }
    lacking = [column for axis, column in wanted.items() if not levels[axis]]
    return f"has no {lacking[0]}" if lacking else levels


def _level(value: object) -> str:
    """A value of metadata as a level; empty where there is none."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else str(value).strip()


def _conflict(
    gen_id: str, stage: Stage, levels: Mapping[str, str], gives: str, at: Location | None
) -> Problem:
    got = ", ".join(f"{axis} {level!r}" for axis, level in levels.items() if level)
    return GenerationConflict(
        gen_id=gen_id, expected=f"stage {stage.name!r}", got=got, gives=gives, location=at
    )


def _decode(decoding: Decoding, where: str, name: Scalar, node: Node) -> Rule:
    fields = decoding.fields(node, _KEYS.names, where)
    if fields is None:
        return UnclearRule(where, name)
    stage_node, ids_node = (decoding.required(fields, key, where, name.location) for key in ("stage", "ids"))
    stage = None if stage_node is None else decoding.text(stage_node, f"{where}.stage", "a stage")
    ids, is_clear = (None, False) if ids_node is None else decoding.ids(ids_node, f"{where}.ids")
    if stage is None or ids is None:
        return UnclearRule(where, name)
    return ExistingRule(where, name, stage, ids, is_clear=is_clear)


EXISTING = RuleKind(
    "existing", _decode, _KEYS, "Starts from generations that exist: they give their axes, row by row."
)
