"""The built-in experiment: the chain that is in force where a data root has no experiment file."""

from typing import Final

from cohort_membership.experiment import CatalogSource, Experiment
from cohort_membership.stage import Stage

NAME: Final = "draft-essay-evaluation"

_STAGES = (
    Stage(
        "draft",
        "d_",
        None,
        (
            ("template_id", "draft_template"),
            ("llm_model_id", "draft_llm"),
            ("replicate", "draft_replicate"),
        ),
    ),
    Stage(
        "essay",
        "e_",
        "draft",
        (
            ("template_id", "essay_template"),
            ("replicate", "essay_replicate"),
            ("llm_model_id", "essay_llm"),
        ),
        uncounted=frozenset({"llm_model_id"}),
    ),
    Stage(
        "evaluation",
        "v_",
        "essay",
        (
            ("template_id", "evaluation_template"),
            ("llm_model_id", "evaluation_llm"),
            ("replicate", "evaluation_replicate"),
        ),
    ),
)
_NAMES = tuple(stage.name for stage in _STAGES)


def _templates(stage: str) -> CatalogSource:
    return CatalogSource(
        file=f"1_raw/{stage}_templates.csv",
        column="template_id",
        mode="generator",
        mode_is_optional=True,
        empty_mode="nan",  # as the system wrote it whose data the contract protects
        text=f"1_raw/templates/{stage}/{{id}}.txt",
        forbidden="active",
        is_confined=False,
    )


def _models(*also: str) -> CatalogSource:
    return CatalogSource(file="1_raw/llm_models.csv", column="id", also=also, is_confined=False)


DRAFT_ESSAY_EVALUATION: Final = Experiment(
    subject="combo_id",
    stages=_STAGES,
    catalogs={
        "combo_id": CatalogSource(file="combo_mappings.csv", column="combo_id", is_confined=False),
        **{f"{name}_template": _templates(name) for name in _NAMES},
        "draft_llm": _models(),
        "essay_llm": _models("None"),
        "evaluation_llm": _models(),
    },
    aliases={
        "combo": "combo_id",
        "draft_model": "draft_llm",
        "generation_llm": "draft_llm",
        "evaluation_llm_replicate": "evaluation_replicate",
        **{f"{name}_template_replicate": f"{name}_replicate" for name in _NAMES},
        **{f"{name}_rep": f"{name}_replicate" for name in _NAMES},
    },
    replication_file="1_raw/replication_config.csv",
    manifest_shape={
        "combos": "combo_id",
        "templates": {name: f"{name}_template" for name in _NAMES},
        "llms": {"generation": "draft_llm", "evaluation": "evaluation_llm"},
    },
    is_built_in=True,
)
"""Drafts on a combo of concepts, essays from drafts, evaluations of essays."""
