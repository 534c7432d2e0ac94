"""What is persisted of a membership, as plain values: the metadata seeds, the manifest, their text.

Formats are the contract's (README, "Artifacts"). Nothing here knows a clock, a host or an absolute
path, so the same inputs give the same bytes.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from cohort_membership.identity import normalised
from cohort_membership.plan import Plan
from cohort_membership.stages import CHAIN, DRAFT, EVALUATION, SUBJECT_AXIS

SCHEMA_VERSION = 1
"""The manifest's: raised when a reader of the old one would read the new one wrongly."""

PARQUET, CSV, MANIFEST, METADATA = "membership.parquet", "membership.csv", "manifest.json", "metadata.json"

CSV_HEADER = b"stage,gen_id\n"


@dataclass(frozen=True, slots=True)
class Artifact:
    """A persisted file: `path` relative to the data root, the SHA-256 of its bytes, its data rows."""

    path: str
    sha256: str
    rows: int


@dataclass(frozen=True, slots=True)
class Seed:
    """The metadata of one generation, to be written before it runs."""

    stage: str
    gen_id: str
    text: str


def csv_lines(table: pl.DataFrame) -> bytes:
    """The lines of `membership.csv` for a part of the wide table, without the header.

    >>> csv_lines(pl.DataFrame({"stage": ["draft"], "gen_id": ["d_1"], "replicate": [1]}))
    b'draft,d_1\\n'
    """
    return table.select("stage", "gen_id").write_csv(include_header=False, quote_style="never").encode()


def seeds(table: pl.DataFrame, plan: Plan) -> Iterator[Seed]:
    """The metadata of each row of a part of the wide table, as `metadata.json` holds it."""
    quoted: dict[str, str] = {}

    def quote(text: str) -> str:
        if text not in quoted:
            quoted[text] = json.dumps(text, ensure_ascii=False)
        return quoted[text]

    for stage, gen_id, origin, parent, combo, template, llm, replicate in table.iter_rows():
        is_first = parent == ""
        mode = quote(plan.templates[stage][template].recorded_mode)
        combo_line = f'  "combo_id": {quote(combo)},\n' if is_first else ""
        parent_line = "" if is_first else f'  "parent_gen_id": "{parent}",\n'
        text = (
            f'{{\n{combo_line}  "gen_id": "{gen_id}",\n  "llm_model_id": {quote(llm)},\n  "mode": {mode},\n'
            f'  "origin_cohort_id": "{origin}",\n{parent_line}  "replicate": {replicate},\n'
            f'  "stage": "{stage}",\n  "template_id": {quote(template)}\n}}\n'
        )
        yield Seed(stage, gen_id, text)


def belongs(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether metadata found under an id is that of the generation wanted there.

    What the id counts must agree, as ids compare texts; an essay that asks a model must also name the
    same model, since its id does not tell. A key that is not there contradicts nothing; whatever else
    the file holds does not matter.
    """
    counted = ["stage", "gen_id", "combo_id", "parent_gen_id", "template_id", "replicate"]
    if wanted.get("mode") != "copy":
        counted.append("llm_model_id")
    return all(
        normalised(str(found[key])) == normalised(str(wanted[key]))
        for key in counted
        if key in found and key in wanted
    )


def described(metadata: Mapping[str, Any]) -> str:
    """A generation in words, for a message."""
    keys = ("stage", "combo_id", "parent_gen_id", "template_id", "llm_model_id", "replicate")
    return ", ".join(f"{key} {metadata[key]!r}" for key in keys if key in metadata)


def manifest(plan: Plan, artifacts: Mapping[str, Artifact], **more: Any) -> dict[str, Any]:
    """The manifest of a membership: what it was made from, and the digests of what was written."""
    return {
        "schema_version": SCHEMA_VERSION,
        "cohort_id": plan.cohort_id,
        "spec_digest": plan.spec_digest,
        "seed": plan.seed,
        "counts": dict(plan.counts),
        "combos": _levels(plan, SUBJECT_AXIS),
        "templates": {stage.name: _levels(plan, stage.template_axis) for stage in CHAIN},
        "llms": {
            "generation": _levels(plan, DRAFT.llm_axis),
            "evaluation": _levels(plan, EVALUATION.llm_axis),
        },
        "replication": dict(plan.replication),
        "artifacts": {
            name: {"path": one.path, "sha256": one.sha256, "rows": one.rows}
            for name, one in artifacts.items()
        },
        **more,
    }


def manifest_text(content: Mapping[str, Any]) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _levels(plan: Plan, axis: str) -> list[str]:
    """The distinct levels of an axis in the design, sorted: they are a set."""
    return sorted(level for one in plan.design if axis in one.axes for level in one.levels(axis))
