"""The experiment as a value: its stages, what their ids count, and where their catalogs are.

An `Experiment` is checked when it is made; a text is read by `load.experiment`, which reports what
`faults` finds with its place. Formats are the contract's (§10).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

from toolz import unique

from cohort_membership.pricing import CallTokens, Price
from cohort_membership.results import Results
from cohort_membership.stage import KEY_COLUMNS, REPLICATE, Stage, faults

ManifestShape: TypeAlias = "str | Mapping[str, ManifestShape]"
"""Where a manifest lists the levels of an axis: keys that lead to the axis's name."""


@dataclass(frozen=True, slots=True)
class CatalogSource:
    """Where the levels that an axis may take are listed: in a CSV file, or here (`levels`).

    `also` are levels that need no row. `mode` is the column that says `llm` or `copy`; metadata records an
    empty cell, which means `llm`, as `empty_mode`. `text` is the path of a row's text, with `{id}` in it.
    `forbidden` is a column of an older form that is refused. Paths are relative to the data root;
    `is_confined` files must stay in it after resolving links.
    """

    file: str | None = None
    column: str = ""
    levels: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    mode: str | None = None
    mode_is_optional: bool = False
    empty_mode: str = "llm"
    text: str | None = None
    forbidden: str | None = None
    is_confined: bool = True


@dataclass(frozen=True)
class Experiment:
    """What can be run: stages in the order of the membership, parents before their children.

    `catalogs` are by axis; an axis without one takes any text. `aliases` are older names of axes.
    `replication_file` holds replicates by stage, for the manifest, whose form of old `manifest_shape`
    gives. `results` tell what came of a generation, `prices` (by model) and `tokens` (of a call, by stage)
    what it costs. `file` is the one that it was read from, None for one that was not, and `digest` the file's
    SHA-256. A value that breaks a rule of the contract is a ValueError that says which.

    >>> answer = Stage("answer", "a_", None, (("template_id", "answer_template"), ("style", "tone")))
    >>> experiment = Experiment("question_id", (answer,))
    >>> experiment.axes
    ('question_id', 'answer_template', 'tone')
    >>> experiment.wide_columns[4:]
    ('question_id', 'template_id', 'style')
    """

    subject: str
    stages: tuple[Stage, ...]
    catalogs: Mapping[str, CatalogSource] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    replication_file: str | None = None
    manifest_shape: Mapping[str, ManifestShape] | None = None
    results: Results = field(default_factory=Results)
    prices: Mapping[str, Price] = field(default_factory=dict)
    tokens: Mapping[str, CallTokens] = field(default_factory=dict)
    is_built_in: bool = False
    digest: str = ""
    file: str | None = None

    def __post_init__(self) -> None:
        found = [f"{'.'.join(one.path)}: {one.detail}" for one in faults(self.subject, self.stages)]
        found += [
            f"catalogs.{axis}: no stage uses this axis" for axis in self.catalogs if axis not in self.axes
        ]
        if found:
            raise ValueError("; ".join(found))

    # ------------------------------------------------------------------- stages

    @cached_property
    def by_name(self) -> Mapping[str, Stage]:
        return {stage.name: stage for stage in self.stages}

    def parent_of(self, stage: Stage) -> Stage | None:
        return None if stage.parent is None else self.by_name[stage.parent]

    def ancestry(self, stage: Stage) -> tuple[Stage, ...]:
        """The stage's ancestors from the first one on, and itself."""
        parent = self.parent_of(stage)
        return (stage,) if parent is None else (*self.ancestry(parent), stage)

    def identity(self, stage: Stage) -> tuple[str, ...]:
        """The axes that tell one generation of a stage from another: the subject, its ancestors', its own."""
        return (self.subject, *(axis for one in self.ancestry(stage) for axis in one.identity))

    # --------------------------------------------------------------------- axes

    @cached_property
    def axes(self) -> tuple[str, ...]:
        """Every axis: the subject, then those of each stage."""
        return (self.subject, *(axis for stage in self.stages for axis in stage.axes))

    @cached_property
    def defaults(self) -> Mapping[str, str]:
        """The level of each axis that a spec may leave out: replicates, and what was added."""
        return {
            **dict.fromkeys(self.replicates, "1"),
            **{one.axis: one.default for stage in self.stages for one in stage.added},
        }

    @cached_property
    def replicates(self) -> tuple[str, ...]:
        """The axes whose levels are whole numbers."""
        return tuple(axis for stage in self.stages for column, axis in stage.columns if column == REPLICATE)

    @cached_property
    def stages_of(self) -> Mapping[str, tuple[Stage, ...]]:
        """The stages that an axis belongs to: for the subject all first stages, else the one."""
        firsts = tuple(stage for stage in self.stages if stage.parent is None)
        return {self.subject: firsts, **{axis: (stage,) for stage in self.stages for axis in stage.axes}}

    def axes_of_column(self, column: str) -> tuple[str, ...]:
        """The axes that fill a column of the wide table, in the order of their stages."""
        if column == self.subject:
            return (self.subject,)
        return tuple(stage.axis_of[column] for stage in self.stages if column in stage.axis_of)

    def canonical(self, axis: str) -> str:
        """The axis's name of today."""
        return self.aliases.get(axis, axis)

    @cached_property
    def has_texts(self) -> bool:
        """Whether templates may have texts (`text` of their catalogs)."""
        axes = (stage.template_axis for stage in self.stages)
        return any(axis in self.catalogs and self.catalogs[axis].text is not None for axis in axes if axis)

    # --------------------------------------------------------------- what is written

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The columns of all stages in order of first appearance, added ones after them."""
        own = (column for stage in self.stages for column, _ in stage.columns)
        added = (one.column for stage in self.stages for one in stage.added)
        return tuple(unique((*own, *added)))

    @cached_property
    def wide_columns(self) -> tuple[str, ...]:
        """The columns of the wide table."""
        return (*KEY_COLUMNS, self.subject, *self.columns)

    @cached_property
    def identities(self) -> Mapping[str, Mapping[str, Any]]:
        """What each stage's ids count, as the manifest holds it (`identity`)."""
        return {
            stage.name: {
                "id_prefix": stage.id_prefix,
                "parent": stage.parent,
                "columns": [column for column, _ in stage.counted],
                "added": {one.column: one.default for one in stage.added},
            }
            for stage in self.stages
        }
