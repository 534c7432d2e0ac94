"""What a spec may refer to: templates, models and combos, by id.

Files and columns are the contract's data root (README, "Data root").
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from cohort_membership.problems import Problems

Mode: TypeAlias = Literal["llm", "copy"]
"""How a template generates: it asks a model, or it copies its parent (and the model is irrelevant)."""

WITHOUT_MODEL = "None"
"""What stands for no model; essays may take it."""

COMBOS_FILE = "combo_mappings.csv"
MODELS_FILE = "1_raw/llm_models.csv"
REPLICATION_FILE = "1_raw/replication_config.csv"
TEMPLATE_FILES: Mapping[str, str] = {
    stage: f"1_raw/{stage}_templates.csv" for stage in ("draft", "essay", "evaluation")
}


@dataclass(frozen=True, slots=True)
class Template:
    """`recorded_mode` is what seeded metadata says of the mode: see `mode_as_recorded`."""

    template_id: str
    mode: Mode = "llm"
    recorded_mode: str = "llm"


@dataclass(frozen=True, slots=True)
class Catalogs:
    """The ids that may be referenced. A catalog that could not be read is None and hides its checks.

    `templates` is keyed by stage, then by template id; `replication` gives replicates by stage.
    """

    templates: Mapping[str, Mapping[str, Template] | None]
    models: frozenset[str] | None
    combos: frozenset[str] | None
    replication: Mapping[str, int] = field(default_factory=dict)
    problems: Problems = ()


def mode_as_recorded(generator: str | None) -> str:
    """What `metadata.json` says of a template's mode, given the catalog's cell (None: no such column).

    An empty cell is recorded as `nan`: the system whose data the contract protects wrote it so, the
    worked cases hold it, and readers of stored metadata already meet it. It means `llm`.

    >>> mode_as_recorded("copy"), mode_as_recorded(None), mode_as_recorded("")
    ('copy', 'llm', 'nan')
    """
    if generator is None:
        return "llm"
    return generator.strip().lower() or "nan"
