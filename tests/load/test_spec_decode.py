"""Shapes of a spec: what is wrong is told where it stands, and the rest is decoded."""

from collections.abc import Mapping

import pytest

from cohort_membership.load.spec.decode import decode_spec, wanted_includes
from cohort_membership.load.text.yaml import parse_yaml
from cohort_membership.problems import Location, SpecInvalid
from cohort_membership.rules.subsets import SubsetRule
from cohort_membership.spec import as_levels
from cohort_membership.suggest import SUGGESTIONS
from tests.load.spec_texts import decoded, told, unclear


def axis(value: str, files: Mapping[str, str] | None = None) -> tuple[tuple[str, ...], bool, list[str]]:
    spec = decoded(f"axes:\n  combo_id: {value}\n", files)
    (only,) = spec.axes
    return tuple(as_levels(only.levels).texts), only.is_clear, told(spec)


# ------------------------------------------------------------------- documents


@pytest.mark.parametrize(
    ("text", "place"),
    [("", "f:None:None"), ("[]", "1:1"), ("x", "1:1"), ("~", "1:1")],
)
def test_a_document_that_is_no_map_is_told_once(text: str, place: str) -> None:
    spec = decoded(text)
    assert told(spec) == [f"{place.removeprefix('f:')} spec-invalid spec"]
    assert not spec.axes_clear


def test_a_document_without_a_file_has_problems_without_a_place() -> None:
    assert told(decode_spec(None, {})) == ["- spec-invalid spec"]


def test_missing_axes_are_told_at_the_document() -> None:
    spec = decoded("\noutput: {}")
    assert told(spec) == ["2:1 spec-invalid spec"]
    assert not spec.axes_clear
    assert spec.axes_at is None


def test_null_and_misshapen_axes_are_told_where_they_stand() -> None:
    assert told(decoded("axes:")) == ["1:6 spec-invalid axes"]
    assert told(decoded("axes: [a]")) == ["1:7 spec-invalid axes"]
    assert not decoded("axes: [a]").axes_clear


def test_an_unknown_key_offers_the_nearest_known_one() -> None:
    spec = decoded("axes: {}\nrule: {}\noutput: {field_ordre: [a]}\nzzzzz: 1\n")
    assert told(spec) == [
        "2:1 spec-invalid spec (rules?)",
        "4:1 spec-invalid spec",
        "3:10 spec-invalid output (field_order?)",
    ]


def test_a_misspelt_key_is_read_as_the_one_it_resembles() -> None:
    spec = decoded("axis: {combo_id: [a]}\nrules:\n  subset: {combo_id: [a]}\n")
    assert told(spec) == ["1:1 spec-invalid spec (axes?)", "3:3 spec-invalid rules (subsets?)"]
    assert [one.name.text for one in spec.axes] == ["combo_id"]
    assert isinstance(spec.rules[0], SubsetRule)
    assert spec.axes_at == Location("f", 1, 1, 4)


def test_a_crowd_of_unknown_keys_gets_few_suggestions() -> None:
    spec = decoded("axes: {}\n" + "".join(f"rule{number}:\n" for number in range(100)))
    assert len(spec.problems) == 100
    assert sum(line.endswith("(rules?)") for line in told(spec)) == SUGGESTIONS


def test_a_misspelt_key_beside_the_right_one_is_not_read() -> None:
    spec = decoded("axes: {combo_id: [a]}\naxis: {combo_id: 1}\naxess: 2\n")
    assert told(spec) == ["2:1 spec-invalid spec (axes?)", "3:1 spec-invalid spec (axes?)"]
    assert len(spec.axes) == 1


def test_nothing_under_rules_output_or_a_section_is_as_if_absent() -> None:
    spec = decoded("axes: {}\nrules: {ties: , pairs: ~}\noutput:\n")
    assert (told(spec), spec.rules, spec.field_order) == ([], (), ())
    assert told(decoded("axes: {}\nrules:\noutput: {field_order: }\n")) == []


def test_misshapen_rules_and_output_are_told() -> None:
    spec = decoded("axes: {}\nrules: [a]\noutput: a\n")
    assert told(spec) == ["2:8 spec-invalid rules", "3:9 spec-invalid output"]
    assert list(map(unclear, spec.rules)) == [("rules", None)]


def test_the_field_order_is_a_list_of_axes() -> None:
    spec = decoded("axes: {}\noutput: {field_order: [b, ' a ']}\n")
    assert [(name.text, str(name.location)) for name in spec.field_order] == [
        ("b", "f:2:24"),
        ("a", "f:2:27"),
    ]
    assert told(decoded("axes: {}\noutput: {field_order: a}\n")) == ["2:23 spec-invalid output.field_order"]
    assert told(decoded("axes: {}\noutput: {field_order: []}\n")) == []


# ------------------------------------------------------------------------ axes


def test_levels_are_stripped_texts_with_places() -> None:
    spec = decoded("axes:\n  draft_replicate: [1, ' 2 ', no]\n")
    levels = as_levels(spec.axes[0].levels)
    assert levels.texts == ("1", "2", "no")
    assert [str(place) for place in levels.places] == ["f:2:21", "f:2:24", "f:2:31"]
    assert spec.axes[0].is_clear


def test_every_bad_level_is_told_and_the_others_are_kept() -> None:
    assert axis("[a, '', ~, [b], {c: 1}, ' ', '@file:x.csv', d]") == (
        ("a", "d"),
        False,
        [f"2:{column} spec-invalid axes.combo_id" for column in (17, 21, 24, 29, 37, 42)],
    )


@pytest.mark.parametrize("value", ["[]", "a", "{a: 1}", "", "''"])
def test_an_axis_without_levels_is_told_and_is_not_missing(value: str) -> None:
    texts, is_clear, problems = axis(value)
    assert (texts, is_clear) == ((), False)
    assert problems == ["2:13 spec-invalid axes.combo_id"] or value == ""
    assert len(problems) == 1


def test_an_axis_of_bad_levels_only_is_not_also_empty() -> None:
    assert axis("['']") == ((), False, ["2:14 spec-invalid axes.combo_id"])


def test_an_axis_without_a_name_hides_which_axes_there_are() -> None:
    spec = decoded("axes:\n  ~: [a]\n  ' ': ['']\n  combo_id: [c]\n")
    assert told(spec) == ["2:3 spec-invalid axes", "3:3 spec-invalid axes", "3:9 spec-invalid axes"]
    assert not spec.axes_clear
    assert [one.name.text for one in spec.axes] == ["combo_id"]


# -------------------------------------------------------------------- includes


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("a.csv", "name\nx\n\ny\n"),
        ("a.txt", "x\n y \n"),
        ("a.yaml", "- x\n- y\n"),
        ("a.yml", "[x, y]"),
        ("a.json", '["x", "y"]'),
    ],
)
def test_levels_may_be_included_from_any_format(path: str, data: str) -> None:
    assert axis(f"'@file:{path}'", {path: data}) == (("x", "y"), True, [])
    assert axis(f"' @file: {path} '", {path: data}) == (("x", "y"), True, [])


def test_included_levels_stand_in_their_own_file() -> None:
    spec = decoded("axes: {combo_id: '@file:a.csv'}", {"a.csv": "name\n\nx\n"})
    assert list(as_levels(spec.axes[0].levels).places) == [Location("spec/a.csv", 3)]


def test_a_problem_with_the_whole_include_stands_at_the_reference() -> None:
    assert axis("'@file:gone.csv'") == ((), False, ["2:13 include-not-found"])
    assert axis("'@file:a.csv'", {"a.csv": "left,right\nx,y\n"}) == (
        (),
        False,
        ["2:13 spec-invalid axes.combo_id"],
    )


def test_a_problem_inside_of_an_include_stands_there_and_is_told_once() -> None:
    files = {"a.yaml": "- x\n- ''\n- [y]\n", "b.csv": "a,b\n1\n"}
    assert axis("'@file:a.yaml'", files)[2] == [
        "spec/a.yaml:2:3 spec-invalid include 'a.yaml'",
        "spec/a.yaml:3:3 spec-invalid include 'a.yaml'",
    ]
    twice = decoded("axes: {combo_id: '@file:b.csv', draft_llm: '@file:b.csv'}", files)
    assert told(twice) == ["spec/b.csv:2:None include-invalid"]


@pytest.mark.parametrize("data", ["", "a: 1", "x", "'@file:a.csv'"])
def test_an_included_document_must_be_a_list(data: str) -> None:
    (problem,) = axis("'@file:a.yaml'", {"a.yaml": data})[2]
    assert problem.startswith("spec/a.yaml:")
    assert problem.endswith("include-invalid")


@pytest.mark.parametrize(("path", "data"), [("a.csv", "name\n"), ("a.txt", "\n"), ("a.json", "[]")])
def test_an_include_without_levels_is_an_axis_without_levels(path: str, data: str) -> None:
    assert axis(f"'@file:{path}'", {path: data}) == ((), False, ["2:13 spec-invalid axes.combo_id"])


def test_an_include_where_no_files_are_read_is_told() -> None:
    assert axis("'@file:a.csv'") == ((), False, ["2:13 spec-invalid axes.combo_id"])


def test_the_wanted_includes_are_those_where_a_list_is_expected() -> None:
    text = """
        axes: {a: '@file:1.csv', b: ['@file:no.csv'], c: '@file:1.csv'}
        rules:
          subsets: {a: '@file:2.csv'}
          ties: {t: '@file:3.csv', u: {axes: '@file:4.csv'}}
          pairs: {p: {left: '@file:no.csv', allowed: '@file:5.csv'}}
          tuples: {q: {axes: '@file:6.csv', items: '@file:7.csv'}, r: '@file:no.csv'}
        output: {field_order: '@file:8.csv'}
    """
    assert wanted_includes(parse_yaml(text, "f").unwrap()) == tuple(f"{number}.csv" for number in range(1, 9))


def test_a_description_and_keys_that_begin_with_x_are_passed_over() -> None:
    text = (
        "description: any [thing]\nx-shared: &llms [fjord, delta]\nx-1: {a: 1}\naxes:\n  draft_llm: *llms\n"
    )
    spec = decoded(text)
    assert told(spec) == []
    assert tuple(as_levels(spec.axes[0].levels).texts) == ("fjord", "delta")


def test_a_single_level_is_told_how_it_is_written_as_a_list() -> None:
    spec = decoded("axes: {draft_replicate: 3, combo_id: c1}")
    expected = [one.expected for one in spec.problems if isinstance(one, SpecInvalid)]
    assert [one.partition(", '@catalog'")[0] for one in expected] == [
        "a list with a level each, e.g. [1, 2, 3]",
        "a list with a level each, e.g. [c1]",
    ]
