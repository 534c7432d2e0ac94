"""A JSON Schema of specs, for editors: it completes axes, rules and levels, and checks shapes.

Keys and shapes are those that the decoder reads (`rules.KINDS`, `spec`); axes and levels are those of the
experiment in force. What only a build can judge (a rule that leaves nothing, an include) is not in it.
"""

from collections.abc import Iterable, Mapping

from cohort_membership.catalog import Catalog, Catalogs
from cohort_membership.experiment import Experiment
from cohort_membership.json_schema import (
    DEFINED,
    DIALECT,
    Schema,
    closed,
    levels_schema,
    listed,
    or_nothing,
    ref,
    shape_schema,
)
from cohort_membership.rules import KINDS
from cohort_membership.rules.rule import RuleKind
from cohort_membership.spec import DESIGN_KEYS, OUTPUT_KEYS, SAMPLE_KEYS, SPEC_KEYS

MOST_LEVELS = 1_000
"""Levels of an axis that an editor is given to complete: of a larger catalog none, as it would be slow."""


def spec_schema(catalogs: Catalogs) -> Schema:
    """The JSON Schema (2020-12) of a spec for an experiment, as plain JSON types.

    An axis has its levels to complete where its catalog was read and has at most `MOST_LEVELS`; a level
    that the catalog lacks is a matter for `validate`, as catalogs grow.

    >>> from cohort_membership.draft_essay_evaluation import DRAFT_ESSAY_EVALUATION
    >>> schema = spec_schema(Catalogs(DRAFT_ESSAY_EVALUATION))
    >>> list(schema["properties"])
    ['axes', 'rules', 'designs', 'sample', 'output', 'description']
    >>> list(schema["$defs"]["rules"]["properties"])
    ['subsets', 'ties', 'pairs', 'tuples', 'excludes', 'where', 'nested', 'existing']
    """
    experiment = catalogs.experiment
    parts: Mapping[str, Schema] = {
        "axes": ref("axes"),
        "rules": ref("rules"),
        "designs": or_nothing(_named(or_nothing(_design()), "The union of several designs.", least=1)),
        "sample": or_nothing(_sample()),
        "output": or_nothing(_output()),
    }
    return {
        "$schema": DIALECT,
        "title": "The spec of a cohort",
        "type": "object",
        "properties": {**{key: parts[key] for key in SPEC_KEYS}, "description": True},
        "patternProperties": {"^x-": True},
        "additionalProperties": False,
        "anyOf": [
            {"required": [key], "properties": {key: {"type": "object"}}} for key in ("axes", "designs")
        ],
        "$defs": {
            **DEFINED,
            "axis": _completed(experiment.axes),
            "stage": _completed(experiment.by_name),
            "given_axis": {"enum": [*experiment.axes, *experiment.aliases]},
            "axes": or_nothing(_axes(catalogs)),
            "rules": or_nothing(_rules(experiment)),
        },
    }


# ----------------------------------------------------------------------------- axes


def _axes(catalogs: Catalogs) -> Schema:
    experiment = catalogs.experiment
    older = {
        alias: {"$ref": f"#/$defs/axes/properties/{axis}", "deprecated": True}
        for alias, axis in experiment.aliases.items()
    }
    return {
        "description": "The dimensions of the design, each with its levels; the last varies fastest.",
        "type": "object",
        "properties": {**{axis: _axis(axis, catalogs) for axis in experiment.axes}, **older},
        "additionalProperties": False,
    }


def _axis(axis: str, catalogs: Catalogs) -> Schema:
    experiment = catalogs.experiment
    stages = " and ".join(stage.name for stage in experiment.stages_of[axis])
    default = experiment.defaults.get(axis)
    told = "" if default is None else f" May be left out: then it is {default}."
    source = experiment.catalogs.get(axis)
    listed = f" Listed in {source.file}." if source and source.file else ""
    return {
        "description": f"An axis of {stages}.{listed}{told}",
        **levels_schema(_level(axis, catalogs), least=1),
    }


def _level(axis: str, catalogs: Catalogs) -> Schema:
    if axis in catalogs.experiment.replicates:
        return {
            "anyOf": [
                {"type": "integer", "minimum": 1},
                {"type": "string", "pattern": r"^\s*[1-9][0-9]*\s*$"},
            ]
        }
    catalog = catalogs.by_axis.get(axis)
    return ref("text") if catalog is None else _completed(_known(catalog))


def _known(catalog: Catalog) -> list[str]:
    """The levels that the catalog has, in its order; none of a large one."""
    levels = catalog.table[catalog.id_column].unique(maintain_order=True).to_list()
    known = [*levels, *catalog.also]
    return known if len(known) <= MOST_LEVELS else []


# ---------------------------------------------------------------------------- rules


def _rules(experiment: Experiment) -> Schema:
    return {
        "description": "Couplings of axes. Sections apply in the order in which they are written.",
        "type": "object",
        "properties": {kind.section: _section(kind, experiment) for kind in KINDS},
        "additionalProperties": False,
    }


def _section(kind: RuleKind, experiment: Experiment) -> Schema:
    section = _named(shape_schema(kind.shape), kind.does)
    if kind.is_for_axis:
        section["properties"] = dict.fromkeys(experiment.axes, shape_schema(kind.shape))
    return or_nothing(section)


def _named(value: Schema, description: str, least: int = 0) -> Schema:
    """A map from names to values of one shape."""
    return {
        "description": description,
        "type": "object",
        "propertyNames": ref("name"),
        "additionalProperties": value,
        **({"minProperties": least} if least else {}),
    }


def _completed(known: Iterable[str]) -> Schema:
    """Any text; editors complete the known ones."""
    words = list(known)
    return {"anyOf": [{"enum": words}, ref("text")]} if words else ref("text")


# ------------------------------------------------------- what stands beside the rules


def _design() -> Schema:
    parts = {"axes": ref("axes"), "rules": ref("rules")}
    return closed({key: parts[key] for key in DESIGN_KEYS}, ())


def _sample() -> Schema:
    parts = {
        "rows": _whole_number(1),
        "seed": _whole_number(0),
        "by": or_nothing(listed(ref("axis"), least=0)),
    }
    schema = closed({key: parts[key] for key in SAMPLE_KEYS}, ("rows", "seed"))
    return {"description": "How many rows of the design to keep (of each combination of `by`).", **schema}


def _whole_number(least: int) -> Schema:
    digits = r"0*[1-9][0-9]*" if least else r"[0-9]+"
    return {
        "anyOf": [
            {"type": "integer", "minimum": least},
            {"type": "string", "pattern": rf"^\s*{digits}\s*$"},
        ]
    }


def _output() -> Schema:
    parts = {"field_order": or_nothing(listed(ref("axis"), least=0))}
    schema = closed({key: parts[key] for key in OUTPUT_KEYS}, ())
    return {"description": "The order of the design's columns.", **schema}
