"""JSON Schema of the shapes that decoders read: what the schemas for editors are made of."""

import json
import re
from collections.abc import Mapping
from typing import Any, TypeAlias

from cohort_membership.pricing import AMOUNT
from cohort_membership.results import FORMATS
from cohort_membership.rules.lists import CATALOG, FILE
from cohort_membership.rules.shape import Either, Keys, KeysBy, Named, Part, Shape, Word
from cohort_membership.stage import NAME, PREFIX, REPLICATE, RESERVED_COLUMNS

DIALECT = "https://json-schema.org/draft/2020-12/schema"

Schema: TypeAlias = dict[str, Any]

_IS_A_LIST = f"{FILE}|{CATALOG}:|{CATALOG}\\s*$"
_IN_THE_ROOT = rf"(?!\s*({FILE}|/|\.\./|\.{{1,2}}\s*$))"

DEFINED: Mapping[str, Schema] = {
    "text": {
        "anyOf": [
            {"type": "string", "pattern": f"^(?!\\s*({_IS_A_LIST}))[\\s\\S]*\\S"},
            {"type": ["number", "boolean"]},
        ]
    },
    "include": {"type": "string", "pattern": f"^\\s*{FILE}"},
    "query": {"type": "string", "pattern": f"^\\s*{CATALOG}(\\s*$|:)"},
    "name": {"type": "string", "pattern": "^(?!\\s*<<\\s*$)[\\s\\S]*\\S"},
}
"""Definitions that schemas refer to, so that the whole stays short."""


def schema_text(schema: Schema) -> str:
    """The schema as the text of a file; in ASCII, so that it reads the same in every encoding.

    >>> schema_text({"const": "é"})
    '{\\n  "const": "\\\\u00e9"\\n}\\n'
    """
    return json.dumps(schema, indent=2) + "\n"


def shape_schema(shape: Shape) -> Schema:
    """The schema of a shape; it refers to definitions: those `DEFINED`, and the axes of `spec_schema`.

    >>> shape_schema(Word(("left", "right")))
    {'enum': ['left', 'right']}
    """
    match shape:
        case Keys():
            return closed(_properties(shape), tuple(shape.required))
        case KeysBy():
            return _keys_by(shape)
        case Named(name=name, value=value, known=known, may_be_empty=may_be_empty):
            return {
                "type": "object",
                **({"properties": {key: shape_schema(one) for key, one in known.items()}} if known else {}),
                "propertyNames": shape_schema(name),
                "additionalProperties": shape_schema(value),
                **({} if may_be_empty else {"minProperties": 1}),
            }
        case Either(shapes=shapes):
            return {"anyOf": [shape_schema(one) for one in shapes]}
        case Word(known=words):
            return {"enum": list(words)}
        case part:
            return dict(_PARTS[part])


def _properties(keys: Keys) -> dict[str, Schema]:
    properties = {
        **{key: shape_schema(one) for key, one in keys.required.items()},
        **{key: or_nothing(shape_schema(one)) for key, one in keys.optional.items()},
    }
    return {
        key: {"description": keys.does[key], **schema} if key in keys.does else schema
        for key, schema in properties.items()
    }


def _keys_by(shape: KeysBy) -> Schema:
    """What is the same in both variants stands once, so that the whole stays short."""
    given, otherwise = _properties(shape.given), _properties(shape.otherwise)
    shared = {key: one for key, one in given.items() if otherwise.get(key) == one}

    def variant(keys: Keys, own: Mapping[str, Schema], others: tuple[str, ...]) -> Schema:
        differing = {key: one for key, one in own.items() if key not in shared}
        return {"properties": {**differing, **dict.fromkeys(others, False)}, "required": list(keys.required)}

    return {
        "type": "object",
        "properties": {key: shared.get(key, True) for key in shape.names},
        "additionalProperties": False,
        "if": {"required": [shape.key], "properties": {shape.key: {"not": _NOTHING}}},
        "then": variant(shape.given, given, shape.only_otherwise),
        "else": variant(shape.otherwise, otherwise, shape.only_given),
    }


# ---------------------------------------------------------------- what schemas are made of


def ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def levels_schema(level: Schema, least: int) -> Schema:
    """A list of levels, an include, or what a catalog answers."""
    return {"anyOf": [list_of(level, least), ref("include"), ref("query")]}


def listed(item: Schema, least: int = 1) -> Schema:
    """A list, or an include."""
    return {"anyOf": [list_of(item, least), ref("include")]}


def list_of(item: Schema, least: int = 1) -> Schema:
    return {"type": "array", "items": item, **({"minItems": least} if least else {})}


def closed(properties: Mapping[str, Schema], required: tuple[str, ...]) -> Schema:
    """A map with these keys and no other."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": False,
    }


def or_nothing(schema: Schema) -> Schema:
    """The schema, or a null. Of a map by its type alone, as an editor then says what is wrong inside."""
    if schema.get("type") == "object":
        return {**schema, "type": ["object", "null"]}
    return {"anyOf": [schema, _NOTHING]} if schema else schema


def _or_listed(item: Schema, least: int) -> Schema:
    return {"anyOf": [item, list_of(item, least)]}


def _matching(pattern: str) -> Schema:
    """A text that is this once it is stripped."""
    return {"type": "string", "pattern": rf"^\s*{pattern}\s*$"}


def _path(end: str = r"\S") -> Schema:
    """A path below the data root, as far as a pattern can tell."""
    return {"type": "string", "pattern": rf"^{_IN_THE_ROOT}[\s\S]*{end}\s*$"}


_NOTHING: Schema = {"type": "null"}
_TEXTS = list_of(ref("text"))
_CELL: Schema = {"anyOf": [ref("text"), _TEXTS]}
_NAME = _matching(NAME.pattern)
_FILE_NAME: Schema = {
    "anyOf": [
        {"allOf": [ref("text"), {"type": "string", "pattern": r"^(?!\s*\.{1,2}\s*$)[^/]*$"}]},
        {"type": ["number", "boolean"]},
    ]
}

_PARTS: Mapping[Part, Schema] = {
    Part.LEVELS: levels_schema(ref("text"), least=1),
    Part.ANY_LEVELS: levels_schema(ref("text"), least=0),
    Part.LEVELS_BY_LEVEL: {
        "type": "object",
        "propertyNames": ref("name"),
        "additionalProperties": levels_schema(ref("text"), least=1),
    },
    Part.AXIS: ref("axis"),
    Part.AXES: listed(ref("axis")),
    Part.GIVEN_AXIS: ref("given_axis"),
    Part.GIVEN_AXES: listed(ref("given_axis")),
    Part.PAIRS: listed({**list_of(_CELL, 2), "maxItems": 2}),
    Part.ROWS: listed(_TEXTS),
    Part.STAGE: ref("stage"),
    Part.IDS: listed(ref("text")),
    Part.PREDICATE: ref("text"),
    Part.NAME: _NAME,
    Part.NAMES: list_of(_NAME, 0),
    Part.COLUMN: {**_NAME, "not": {"enum": sorted(RESERVED_COLUMNS)}},
    Part.ADDED_COLUMN: {**_NAME, "not": {"enum": sorted({*RESERVED_COLUMNS, REPLICATE})}},
    Part.PREFIX: _matching(PREFIX.pattern),
    Part.TEXT: ref("text"),
    Part.DEFAULT: {"allOf": [ref("text"), {"not": {"type": "string", "pattern": r"\|"}}]},
    Part.LISTED: _TEXTS,
    Part.ANY_LISTED: list_of(ref("text"), 0),
    Part.CATALOG_FILE: _path(r"\.[cC][sS][vV]"),
    Part.TEXT_FILE: {"allOf": [_path(), {"pattern": r"\{id\}"}]},
    Part.TABLE_FILES: _path(f"({'|'.join(map(re.escape, FORMATS))})"),
    Part.FILE_NAMES: _or_listed(_FILE_NAME, 1),
    Part.ANY_FILE_NAMES: _or_listed(_FILE_NAME, 0),
    Part.MARKS: _or_listed(ref("text"), 1),
    Part.ANY_MARKS: _or_listed(ref("text"), 0),
    Part.LABEL: ref("name"),
    Part.AMOUNT: {
        "anyOf": [{"type": "number", "minimum": 0, "exclusiveMaximum": 10**9}, _matching(AMOUNT.pattern)]
    },
}
