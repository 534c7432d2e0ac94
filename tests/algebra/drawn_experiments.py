"""Random experiments and catalogs: chains, forks, two roots, one stage, the built-in and what extends it."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.algebra.naive_experiment import BUILT_IN

SUBJECTS = ["q-001", "q-002", "q-019", "q-044", "q-101"]
TEMPLATES = ["terse", "chain.v2", "Socratic", "mind map", "résumé", "十句话"]
MODELS = ["atlas-70b", "atlas-8b", "Borealis_large", "cirrus-mini:free", "delta/v2.1", "fjord"]
STYLES = ["plain", "formal", "odd one"]
TEMPERATURES = ["0", "0.7", "1"]

# Stages with their parents. Names do not matter, so the built-in's names stand elsewhere in a chain too.
SHAPES: Sequence[Mapping[str, str | None]] = (
    {"answer": None},
    {"answer": None, "verdict": "answer"},
    {"outline": None, "draft": "outline", "critique": "draft"},
    {"outline": None, "draft": "outline", "critique": "draft", "essay": "draft"},
    {"answer": None, "baseline": None, "verdict": "answer"},
    {"draft": None, "note": None, "essay": "draft", "grade": "essay", "remark": "note"},
)


@dataclass(frozen=True)
class Drawn:
    """An experiment's document (None: the built-in), the catalogs' texts, and the levels to draw from."""

    document: Mapping[str, Any] | None
    files: Mapping[str, str]
    pools: Mapping[str, Sequence[str]]
    required: Sequence[str]
    optional: Sequence[str]
    uncounted: frozenset[str]
    attributes: Mapping[str, Sequence[str]]
    aliases: Mapping[str, Sequence[str]]


def draw_experiment(rng: random.Random) -> Drawn:
    kind = rng.random()
    if kind < 0.3:
        return _drawn(None, BUILT_IN, rng)
    if kind < 0.42:
        return _extended(rng)
    document = _document(rng)
    return _drawn(document, document, rng)


def _extended(rng: random.Random) -> Drawn:
    """The built-in experiment with an added axis on one of its stages, or one more stage, or both."""
    stages: dict[str, Any] = {}
    catalogs: dict[str, Any] = {}
    if rng.random() < 0.6:
        name = rng.choice(["draft", "essay", "evaluation"])
        stages[name] = {"added": {"temperature": {"axis": f"{name}_temperature", "default": "0.7"}}}
        catalogs[f"{name}_temperature"] = {"levels": TEMPERATURES}
    if rng.random() < 0.6 or not stages:
        parent = rng.choice(["evaluation", "essay", "draft", None])
        stages["review"] = _stage("review", parent, "r_", rng)
        catalogs |= _catalogs("review", stages["review"], rng)
    document = {"extends": "draft-essay-evaluation", "stages": stages, "catalogs": catalogs}
    whole = {
        "subject": "combo_id",
        "stages": {
            name: {**BUILT_IN["stages"].get(name, {}), **stages.get(name, {})}
            for name in [*BUILT_IN["stages"], *(one for one in stages if one not in BUILT_IN["stages"])]
        },
        "catalogs": {**BUILT_IN["catalogs"], **catalogs},
    }
    return _drawn(document, whole, rng)


def _document(rng: random.Random) -> Mapping[str, Any]:
    subject = rng.choice(["question_id", "item", "combo_id"])
    prefixes = rng.sample(["a_", "z_", "jj_", "x1_", "d_", "e_", "v_"], 5)
    stages: dict[str, Any] = {}
    catalogs: dict[str, Any] = {subject: {"file": "data/subjects.csv", "column": subject}}
    for (name, parent), prefix in zip(rng.choice(SHAPES).items(), prefixes, strict=False):
        stages[name] = _stage(name, parent, prefix, rng)
        catalogs |= _catalogs(name, stages[name], rng)
    if rng.random() < 0.1:
        del catalogs[rng.choice(list(catalogs))]
    return {"subject": subject, "stages": stages, "catalogs": catalogs}


def _stage(name: str, parent: str | None, prefix: str, rng: random.Random) -> dict[str, Any]:
    columns = [("template_id", f"{name}_template"), ("llm_model_id", f"{name}_llm")]
    if rng.random() < 0.6:
        columns.append(("replicate", f"{name}_replicate"))
    if rng.random() < 0.3:
        columns.append(("style", f"{name}_style"))
    rng.shuffle(columns)
    stage: dict[str, Any] = {"id_prefix": prefix, "columns": dict(columns)}
    if parent is not None:
        stage["parent"] = parent
    if rng.random() < 0.35:
        stage["uncounted"] = ["llm_model_id"]
    if rng.random() < 0.35:
        added = {"temperature": {"axis": f"{name}_temperature", "default": rng.choice(TEMPERATURES)}}
        if rng.random() < 0.3:
            added["note"] = {"axis": f"{name}_note", "default": "Plain"}
        stage["added"] = added
    return stage


def _catalogs(name: str, stage: Mapping[str, Any], rng: random.Random) -> dict[str, Any]:
    template = {"file": f"templates/{name}.csv", "column": "template_id"}
    models = {"file": "models.csv", "column": "id"}
    catalogs: dict[str, Any] = {
        f"{name}_template": {**template, "mode": "generator"} if rng.random() < 0.8 else template,
        f"{name}_llm": {**models, "also": ["None"]} if rng.random() < 0.3 else models,
    }
    if f"{name}_style" in stage["columns"].values() and rng.random() < 0.5:
        catalogs[f"{name}_style"] = {"levels": STYLES}
    if "added" in stage and rng.random() < 0.6:
        catalogs[f"{name}_temperature"] = {"levels": TEMPERATURES}
    return catalogs


def _drawn(document: Mapping[str, Any] | None, whole: Mapping[str, Any], rng: random.Random) -> Drawn:
    files: dict[str, str] = {}
    for source in whole["catalogs"].values():
        file = source.get("file")
        if file and file not in files:
            files[file] = _catalog_text(source, rng)
    subject = whole["subject"]
    pools: dict[str, Sequence[str]] = {subject: SUBJECTS}
    required: list[str] = [subject]
    optional: list[str] = []
    uncounted: set[str] = set()
    for stage in whole["stages"].values():
        for column, axis in stage["columns"].items():
            pools[axis] = _pool(column, whole["catalogs"].get(axis, {}))
            (optional if column == "replicate" else required).append(axis)
            if column in stage.get("uncounted", ()):
                uncounted.add(axis)
        for column, entry in stage.get("added", {}).items():
            pools[entry["axis"]] = TEMPERATURES if column == "temperature" else ["plain", "Plain ", "loud"]
            optional.append(entry["axis"])
    attributes = {
        axis: ["kind"] if axis.endswith("_template") else ["family", "tier", "size"]
        for axis, source in whole["catalogs"].items()
        if "file" in source and axis != subject
    }
    is_built_in = document is None or "extends" in document
    aliases = {
        "combo_id": ["combo"],
        "draft_llm": ["draft_model", "generation_llm"],
        "evaluation_replicate": ["evaluation_llm_replicate", "evaluation_rep"],
        "draft_replicate": ["draft_template_replicate", "draft_rep"],
    }
    return Drawn(
        document,
        files,
        pools,
        required,
        optional,
        frozenset(uncounted),
        attributes,
        aliases if is_built_in else {},
    )


def _pool(column: str, source: Mapping[str, Any]) -> Sequence[str]:
    match column:
        case "template_id":
            return TEMPLATES
        case "llm_model_id":
            return [*MODELS, *source.get("also", ())]
        case "replicate":
            return ["1", "2", "3", "10"]
        case _:
            return STYLES


def _catalog_text(source: Mapping[str, Any], rng: random.Random) -> str:
    """The text of a catalog: with attributes, empty cells, ids that repeat, templates that copy."""
    column = source["column"]
    if column == "id":
        rows = [
            f"{model},{rng.choice([model.split('-')[0], ''])},{rng.choice(['free', 'paid', 'retired', ''])},"
            f"{rng.choice([7, 8, 70, 405])}"
            for model in [*MODELS, *rng.sample(MODELS, rng.choice([0, 0, 2]))]
        ]
        return "\n".join(["id,family,tier,size", *rows, ""])
    if column == "template_id":
        rows = [
            f"{template},{rng.choice(['long', 'short', ''])},{rng.choice(['llm', 'llm', '', 'copy'])}"
            for template in TEMPLATES
        ]
        return "\n".join(["template_id,kind,generator", *rows, ""])
    rows = [f"{subject},{number}" for subject in SUBJECTS for number in range(rng.choice([1, 1, 2]))]
    return "\n".join([f"{column},concept", *rows, ""])
