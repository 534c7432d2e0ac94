"""The schema for editors: it takes what the decoder takes, refuses what it refuses, and knows every rule."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from cohort_membership.catalog import Catalogs, catalog_of
from cohort_membership.draft_essay_evaluation import DRAFT_ESSAY_EVALUATION
from cohort_membership.example import EXAMPLES, example_root
from cohort_membership.experiment import Experiment
from cohort_membership.json_schema import DIALECT, shape_schema
from cohort_membership.load.spec.decode import decode_spec
from cohort_membership.load.text.yaml import parse_yaml
from cohort_membership.rules import KINDS
from cohort_membership.rules.shape import Either, Keys, Part, Shape, Word
from cohort_membership.spec_schema import MOST_LEVELS, spec_schema
from cohort_membership.stage import Stage
from cohort_membership.wiring import local_builder
from tests.case_folders import Case, cases

VALID = [*cases("valid"), *cases("algebra"), *cases("rescoring")]

BEYOND_SHAPES = {
    "spec-invalid-merge-key",  # PyYAML, which reads it here, merges the keys
    "spec-invalid-tuple-row-length",  # a width that another key gives
    *(  # an included file is wrong
        "spec-invalid-header-only",
        "spec-invalid-include-without-levels",
        "spec-invalid-null-level-in-include",
        "spec-invalid-rows-as-levels",
    ),
}
INVALID = [
    case
    for case in cases("invalid")
    if case.name.startswith("spec-invalid") and case.name not in BEYOND_SHAPES
]

TEXTS = Catalogs(Experiment("q", (Stage("s", "s_", None, (("template_id", "t"), ("llm_model_id", "m"))),)))


def faults(root: Path, cohort_id: str) -> list[str]:
    """What the schema of a data root finds in a spec."""
    schema = spec_schema(local_builder(root).read_catalogs().unwrap())
    Draft202012Validator.check_schema(schema)
    (file,) = (root / "cohorts" / cohort_id / "spec").glob("config.*")
    return told(schema, yaml.safe_load(file.read_text(encoding="utf-8")))


def told(schema: Any, document: object) -> list[str]:
    return [error.message for error in Draft202012Validator(schema).iter_errors(document)]


def is_decoded(document: object) -> bool:
    """Whether the decoder takes the document."""
    text = yaml.safe_dump(document, sort_keys=False)
    return not decode_spec(parse_yaml(text, "config.yaml").unwrap(), {}).problems


@pytest.mark.parametrize("case", VALID, ids=lambda case: case.name)
def test_the_spec_of_a_worked_case_is_taken(case: Case, tmp_path: Path) -> None:
    assert faults(case.lay_out(tmp_path), case.cohort_id) == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_specs_of_an_example_are_taken(name: str) -> None:
    root = Path(str(example_root(name)))
    for spec in (root / "cohorts").glob("*/spec"):
        assert faults(root, spec.parent.name) == []


@pytest.mark.parametrize("case", INVALID, ids=lambda case: case.name)
def test_a_spec_of_a_wrong_shape_is_refused(case: Case, tmp_path: Path) -> None:
    assert faults(case.lay_out(tmp_path), case.cohort_id) != []


def test_there_are_specs_of_wrong_shapes() -> None:
    assert len(INVALID) >= 30


def test_an_axis_that_the_experiment_has_not_is_refused_where_it_stands() -> None:
    assert told(spec_schema(TEXTS), {"axes": {"qq": ["a"]}}) == [
        "Additional properties are not allowed ('qq' was unexpected)"
    ]


# ------------------------------------------------------------------------ rules


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.section)
def test_every_kind_of_rule_has_its_shape_in_the_schema(kind: Any) -> None:
    rules = spec_schema(TEXTS)["$defs"]["rules"]
    assert rules["properties"][kind.section]["additionalProperties"] == shape_schema(kind.shape)
    assert rules["properties"][kind.section]["description"] == kind.does


def test_the_schema_has_no_kind_of_rule_that_there_is_not() -> None:
    rules = spec_schema(TEXTS)["$defs"]["rules"]
    assert list(rules["properties"]) == [kind.section for kind in KINDS]
    assert rules["additionalProperties"] is False


@pytest.mark.parametrize("part", Part)
def test_every_part_of_a_rule_has_a_schema(part: Part) -> None:
    Draft202012Validator.check_schema(shape_schema(part))


def well_shaped(shape: Shape) -> st.SearchStrategy[Any]:
    """Values of a shape; of maps all keys."""
    words = st.sampled_from(["q", "t", "m"])
    levels = st.one_of(st.lists(words | st.integers(1, 9), min_size=1, max_size=2), st.just("@catalog"))
    match shape:
        case Keys(required=required, optional=optional):
            every = {**required, **optional}
            return st.fixed_dictionaries({key: well_shaped(one) for key, one in every.items()})
        case Either(shapes=shapes):
            return st.one_of(*map(well_shaped, shapes))
        case Word(known=known):
            return st.sampled_from(known)
        case Part.LEVELS | Part.ANY_LEVELS:
            return levels
        case Part.LEVELS_BY_LEVEL:
            return st.dictionaries(words, levels, max_size=2)
        case Part.AXIS | Part.GIVEN_AXIS | Part.STAGE:
            return words
        case Part.IDS:
            return st.lists(words, min_size=1, max_size=2)
        case Part.AXES | Part.GIVEN_AXES:
            return st.lists(words, min_size=2, max_size=2)
        case Part.PAIRS | Part.ROWS:
            return st.lists(st.lists(words, min_size=2, max_size=2), min_size=1, max_size=2)
        case _:
            return st.just("q <> t")


@st.composite
def damaged_rules(draw: st.DrawFn) -> dict[str, Any]:
    """A rule of any kind: whole, or with a key left out, null, of another shape, or that there is not."""
    kind = draw(st.sampled_from(KINDS))
    rule = draw(well_shaped(kind.shape))
    strange: st.SearchStrategy[Any] = st.sampled_from(
        [None, "", "q", [], {}, [[]], [["q", []]], [None], "@catalog", {"zz": 1}]
    )
    damage = draw(st.sampled_from(["none", "whole", "left out", "changed", "unknown"]))
    if damage == "whole":
        rule = draw(strange)
    elif isinstance(rule, dict) and rule and damage != "none":
        key = draw(st.sampled_from(sorted(rule)))
        rest = {one: value for one, value in rule.items() if one != key}
        added = {"changed": {key: draw(strange)}, "unknown": {key: rule[key], "zz": 1}}.get(damage, {})
        rule = {**rest, **added}
    return {kind.section: {draw(st.sampled_from(["q", "t"])): rule}}


@settings(max_examples=150, deadline=None)
@given(damaged_rules())
def test_the_schema_takes_a_rule_just_where_the_decoder_does(rules: dict[str, Any]) -> None:
    document = {"axes": {"q": ["a"]}, "rules": rules}
    validator = Draft202012Validator(spec_schema(TEXTS))
    assert validator.is_valid(document) == is_decoded(document)


# ---------------------------------------------------------------- beside the rules


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"axes": None},
        {"axes": None, "designs": {"grid": None}},
        {"axes": {"q": ["a"]}, "rules": None, "designs": None, "sample": None, "output": None},
        {"axes": {"q": ["a"]}, "rules": {"ties": None}},
        {"axes": {"q": "@catalog: tier = 'free'", "t": "@catalogs", "m": ["@catalog"]}},
        {"axes": {"q": ["@file:a.csv"]}},
        {"axes": {"q": [1, 0.5, True, "no"]}, "description": ["any"], "x-mine": {"a": 1}},
        {"axes": {"q": ["a"]}, "designs": {}},
        {"designs": {"grid": {"axes": {"q": ["a"]}, "sample": {}}}},
        {"axes": {"q": ["a"]}, "sample": {"rows": 0, "seed": 7}},
        {"axes": {"q": ["a"]}, "sample": {"rows": 2, "seed": 0, "by": []}},
        {"axes": {"q": ["a"]}, "sample": {"rows": "2", "seed": "-1"}},
        {"axes": {"q": ["a"]}, "sample": {"rows": 2}},
        {"axes": {"q": ["a"]}, "output": {"field_order": []}},
        {"axes": {"q": ["a"]}, "output": {"order": ["q"]}},
    ],
    ids=str,
)
def test_the_schema_takes_what_stands_beside_rules_just_where_the_decoder_does(document: Any) -> None:
    assert Draft202012Validator(spec_schema(TEXTS)).is_valid(document) == is_decoded(document)


# ------------------------------------------------------------------- what is completed


def test_axes_are_completed_with_the_levels_of_their_catalogs() -> None:
    catalogs = Catalogs(TEXTS.experiment, {"m": catalog_of("models", ["b", "a", "b"], also=["None"])})
    axes = spec_schema(catalogs)["$defs"]["axes"]["properties"]
    assert list(axes) == ["q", "t", "m"]
    assert axes["m"]["anyOf"][0]["items"]["anyOf"][0] == {"enum": ["b", "a", "None"]}
    assert told(spec_schema(catalogs), {"axes": {"m": ["c"]}}) == []


def test_a_large_catalog_is_not_written_out() -> None:
    catalogs = Catalogs(TEXTS.experiment, {"m": catalog_of("models", map(str, range(MOST_LEVELS + 1)))})
    assert spec_schema(catalogs)["$defs"]["axes"]["properties"]["m"]["anyOf"][0]["items"] == {
        "$ref": "#/$defs/text"
    }


def test_an_older_name_of_an_axis_is_taken_and_marked() -> None:
    schema = spec_schema(Catalogs(DRAFT_ESSAY_EVALUATION))
    assert told(schema, {"axes": {"combo": ["c"], "draft_rep": [1, "2"]}}) == []
    assert told(schema, {"axes": {"draft_rep": [0]}}) != []
    assert schema["$defs"]["axes"]["properties"]["combo"]["deprecated"] is True


def test_the_schema_names_its_dialect_and_is_the_same_each_time() -> None:
    schema = spec_schema(TEXTS)
    assert schema["$schema"] == DIALECT
    assert schema == spec_schema(TEXTS)
