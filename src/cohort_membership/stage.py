"""A generation step as a value, and all that can be wrong with the steps of an experiment."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

REPLICATE = "replicate"
"""The column that counts repetitions: whole numbers from 1; a spec may leave it out."""

TEMPLATE = "template_id"
"""The column whose catalog tells how a stage generates (`mode`)."""

MODEL = "llm_model_id"
"""The column that names the model a generation asks."""

KEY_COLUMNS = ("stage", "gen_id", "origin_cohort_id", "parent_gen_id")
"""The wide table's first columns; the subject follows, then the columns of the stages."""

RESERVED_COLUMNS = frozenset({*KEY_COLUMNS, "mode"})

NAME = re.compile("[a-z][a-z0-9_]*")
PREFIX = re.compile("[a-z][a-z0-9_]*_")


@dataclass(frozen=True, slots=True)
class Added:
    """A column that came later. A spec without its axis means `default`, which ids leave out."""

    column: str
    axis: str
    default: str


@dataclass(frozen=True, slots=True)
class Stage:
    """One generation step.

    `columns` are pairs of a wide table's column and the axis that fills it, in the order in which the
    id counts them, after the parent's id or the subject; columns that are `uncounted` are carried, and
    the id does not count them.
    """

    name: str
    id_prefix: str
    parent: str | None
    columns: tuple[tuple[str, str], ...]
    uncounted: frozenset[str] = frozenset()
    added: tuple[Added, ...] = ()

    @property
    def counted(self) -> tuple[tuple[str, str], ...]:
        """The columns that the id counts always, with their axes."""
        return tuple(one for one in self.columns if one[0] not in self.uncounted)

    @property
    def identity(self) -> tuple[str, ...]:
        """The stage's own axes that tell its generations apart."""
        return (*(axis for _, axis in self.counted), *(one.axis for one in self.added))

    @property
    def attributes(self) -> tuple[str, ...]:
        """The axes that a generation carries and its id does not count."""
        return tuple(axis for column, axis in self.columns if column in self.uncounted)

    @property
    def axis_of(self) -> Mapping[str, str]:
        """The axis of each of the stage's columns, added ones last."""
        return {**dict(self.columns), **{one.column: one.axis for one in self.added}}

    @property
    def axes(self) -> tuple[str, ...]:
        return tuple(self.axis_of.values())

    @property
    def template_axis(self) -> str | None:
        return self.axis_of.get(TEMPLATE)


@dataclass(frozen=True, slots=True)
class ExperimentFault:
    """What is wrong with an experiment: `path` leads to it, key by key; `meant` is the nearest name."""

    path: tuple[str, ...]
    detail: str
    known: Sequence[str] = ()
    wrong: str = ""


def faults(subject: str, stages: Sequence[Stage]) -> Iterator[ExperimentFault]:
    """All that breaks a rule of the contract in these stages, each at its cause.

    >>> [one.detail for one in faults("q", [Stage("a", "a_", "b", (("template_id", "t"),))])]
    ["the parent 'b' is no stage that stands before"]
    """
    if not NAME.fullmatch(subject):
        yield ExperimentFault(("subject",), _bad_name(subject))
    if not stages:
        yield ExperimentFault(("stages",), "there is no stage")
    used_axes = {subject: "the subject"}
    prefixes: dict[str, str] = {}
    names: list[str] = []
    for stage in stages:
        path = ("stages", stage.name)
        if not NAME.fullmatch(stage.name):
            yield ExperimentFault(path, _bad_name(stage.name))
        elif stage.name in names:
            yield ExperimentFault(path, f"the stage {stage.name!r} is there already")
        yield from _prefix_faults(stage, prefixes)
        if stage.parent is not None and stage.parent not in names:
            detail = f"the parent {stage.parent!r} is no stage that stands before"
            yield ExperimentFault((*path, "parent"), detail, tuple(names), stage.parent)
        yield from _column_faults(stage, subject, used_axes)
        names.append(stage.name)


def _prefix_faults(stage: Stage, prefixes: dict[str, str]) -> Iterator[ExperimentFault]:
    path = ("stages", stage.name, "id_prefix")
    if not PREFIX.fullmatch(stage.id_prefix):
        detail = (
            f"{stage.id_prefix!r} is no prefix of ids: write small letters, digits and '_', "
            "with a letter first and '_' last"
        )
        yield ExperimentFault(path, detail)
    elif stage.id_prefix in prefixes:
        detail = f"the prefix {stage.id_prefix!r} is that of the stage {prefixes[stage.id_prefix]!r}"
        yield ExperimentFault(path, detail)
    prefixes.setdefault(stage.id_prefix, stage.name)


def _column_faults(stage: Stage, subject: str, used: dict[str, str]) -> Iterator[ExperimentFault]:
    path = ("stages", stage.name)
    columns = [((*path, "columns", column), column, axis) for column, axis in stage.columns]
    columns += [((*path, "added", one.column), one.column, one.axis) for one in stage.added]
    seen: set[str] = set()
    for where, column, axis in columns:
        if not NAME.fullmatch(column):
            yield ExperimentFault(where, _bad_name(column))
        elif column in RESERVED_COLUMNS or column == subject:
            yield ExperimentFault(where, f"a stage cannot have the column {column!r}: every table has it")
        elif column in seen:
            yield ExperimentFault(where, f"the column {column!r} is there already")
        elif column == REPLICATE and "added" in where:
            yield ExperimentFault(where, f"{REPLICATE!r} cannot be added later: it always counts")
        seen.add(column)
        if not NAME.fullmatch(axis):
            yield ExperimentFault(where, _bad_name(axis))
        elif axis in used:
            yield ExperimentFault(where, f"the axis {axis!r} is used already, by {used[axis]}")
        used.setdefault(axis, f"{stage.name}.{column}")
    for one in stage.added:
        if not one.default.strip() or "|" in one.default:
            detail = f"{one.default!r} is no default: write a level, without '|'"
            yield ExperimentFault((*path, "added", one.column, "default"), detail)
    own = [column for column, _ in stage.columns]
    for column in sorted(stage.uncounted - set(own)):
        detail = f"{column!r} is no column of the stage"
        yield ExperimentFault((*path, "uncounted"), detail, tuple(own), column)


def _bad_name(name: str) -> str:
    return f"{name!r} is no name: write small letters, digits and '_', with a letter first"
