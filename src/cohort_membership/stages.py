"""The stage chain as data: what a generation of each stage is made from, and what its id counts.

Adding a stage adds a value here and touches no function.
"""

from collections.abc import Mapping
from dataclasses import dataclass

SUBJECT_AXIS = "combo_id"
"""The axis that every chain starts from: what the first stage writes about."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One generation step.

    `identity` are the axes whose levels the id counts, in the id's order, after the parent's id;
    `attributes` are axes that a generation carries but its id does not count.
    """

    name: str
    id_prefix: str
    parent: str | None
    identity: tuple[str, ...]
    attributes: tuple[str, ...] = ()

    @property
    def template_axis(self) -> str:
        return f"{self.name}_template"

    @property
    def llm_axis(self) -> str:
        return f"{self.name}_llm"

    @property
    def replicate_axis(self) -> str:
        return f"{self.name}_replicate"

    @property
    def axes(self) -> tuple[str, ...]:
        """Every axis the stage reads, identity first."""
        return self.identity + self.attributes


DRAFT = Stage("draft", "d_", None, (SUBJECT_AXIS, "draft_template", "draft_llm", "draft_replicate"))
ESSAY = Stage("essay", "e_", "draft", ("essay_template", "essay_replicate"), ("essay_llm",))
EVALUATION = Stage(
    "evaluation", "v_", "essay", ("evaluation_template", "evaluation_llm", "evaluation_replicate")
)

CHAIN: tuple[Stage, ...] = (DRAFT, ESSAY, EVALUATION)

AXES: tuple[str, ...] = tuple(axis for stage in CHAIN for axis in stage.axes)
REPLICATE_AXES: frozenset[str] = frozenset(stage.replicate_axis for stage in CHAIN)
REQUIRED_AXES: tuple[str, ...] = tuple(axis for axis in AXES if axis not in REPLICATE_AXES)

OLDER_NAMES: Mapping[str, str] = {
    "combo": SUBJECT_AXIS,
    "draft_model": "draft_llm",
    "generation_llm": "draft_llm",
    "evaluation_llm_replicate": "evaluation_replicate",
    **{f"{stage.name}_template_replicate": stage.replicate_axis for stage in CHAIN},
    **{f"{stage.name}_rep": stage.replicate_axis for stage in CHAIN},
}
"""Names that specs written earlier use, and the axis that each means."""


def canonical(axis: str) -> str:
    """The axis's name of today.

    >>> canonical("draft_model"), canonical("essay_template")
    ('draft_llm', 'essay_template')
    """
    return OLDER_NAMES.get(axis, axis)


def cumulative_identity(chain: tuple[Stage, ...], stage: Stage) -> tuple[str, ...]:
    """The axes whose levels tell one generation of `stage` from another: its own and its ancestors'."""
    by_name = {one.name: one for one in chain}
    ancestors = () if stage.parent is None else cumulative_identity(chain, by_name[stage.parent])
    return ancestors + stage.identity
