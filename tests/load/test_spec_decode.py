"""Shapes of a spec: what is wrong is told where it stands, and the rest is decoded."""

from collections.abc import Mapping
from typing import Any

import pytest
from returns.result import Failure, Result

from cohort_membership.load.includes import Included, open_include
from cohort_membership.load.spec_decode import decode_spec, wanted_includes
from cohort_membership.load.yaml_text import parse_yaml
from cohort_membership.problems import IncludeNotFound, Location, Problem, Problems, SpecInvalid
from cohort_membership.spec import (
    PairRule,
    Rule,
    Spec,
    SubsetRule,
    TieRule,
    TupleRule,
    UnclearRule,
)
from cohort_membership.suggest import SUGGESTIONS

MISSING: Result[Included, Problems] = Failure((IncludeNotFound(include="gone.csv"),))


def decoded(text: str, files: Mapping[str, str] | None = None) -> Spec:
    includes = {path: open_include(path, "spec", data.encode()) for path, data in (files or {}).items()}
    return decode_spec(parse_yaml(text, "f").unwrap(), {**includes, "gone.csv": MISSING}, file="f")


def told(spec: Spec) -> list[str]:
    """Each problem as 'line:column code where expected|got', with a suggestion where there is one."""
    return [_told(problem) for problem in spec.problems]


def _told(problem: Problem) -> str:
    at = problem.location
    place = (
        "-"
        if at is None
        else f"{at.file}:{at.line}:{at.column}"
        if at.file != "f"
        else f"{at.line}:{at.column}"
    )
    parts: list[Any] = [place, problem.code]
    if isinstance(problem, SpecInvalid):
        parts.append(problem.where)
        if problem.suggestion:
            parts.append(f"({problem.suggestion}?)")
    return " ".join(parts)


def rule(text: str, files: Mapping[str, str] | None = None) -> Rule:
    """The only rule of a clean spec."""
    spec = decoded("axes: {}\nrules:\n" + text, files)
    assert told(spec) == []
    (only,) = spec.rules
    return only


def axis(value: str, files: Mapping[str, str] | None = None) -> tuple[tuple[str, ...], bool, list[str]]:
    spec = decoded(f"axes:\n  combo_id: {value}\n", files)
    (only,) = spec.axes
    return only.levels.texts, only.is_clear, told(spec)


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
    assert spec.rules == (UnclearRule("rules", None),)


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
    levels = spec.axes[0].levels
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
    assert list(spec.axes[0].levels.places) == [Location("spec/a.csv", 3)]


def test_a_problem_with_the_whole_include_stands_at_the_reference() -> None:
    assert axis("'@file:gone.csv'") == ((), False, ["2:13 include-not-found"])
    assert axis("'@file:a.csv'", {"a.csv": "left,right\nx,y\n"}) == ((), False, ["2:13 include-invalid"])


def test_a_problem_inside_of_an_include_stands_there_and_is_told_once() -> None:
    files = {"a.yaml": "- x\n- ''\n- [y]\n", "b.csv": "a,b\n1\n"}
    assert axis("'@file:a.yaml'", files)[2] == [
        "spec/a.yaml:2:3 include-invalid",
        "spec/a.yaml:3:3 include-invalid",
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


# ----------------------------------------------------------------------- rules


def test_rules_apply_in_the_order_they_are_declared() -> None:
    spec = decoded("""
        axes: {}
        rules:
          pairs: {p: {left: a, right: b, allowed: []}}
          subsets: {z: [x], a: [x]}
          ties: {t: [a, b]}
    """)
    assert [one.where for one in spec.rules] == [
        "rules.pairs.p",
        "rules.subsets.z",
        "rules.subsets.a",
        "rules.ties.t",
    ]


def test_a_section_that_makes_no_sense_may_have_given_any_axis() -> None:
    spec = decoded("axes: {}\nrules: {wwwwww: {}, tuples: [a], subsets: a}\n")
    assert told(spec) == [
        "2:9 spec-invalid rules",
        "2:29 spec-invalid rules.tuples",
        "2:43 spec-invalid rules.subsets",
    ]
    assert spec.rules == (
        UnclearRule("rules.tuples", None),
        UnclearRule("rules.subsets", ()),
        UnclearRule("rules", None),
    )


def test_a_rule_without_a_name_is_unclear() -> None:
    spec = decoded("axes: {}\nrules: {subsets: {'': [a]}}\n")
    assert told(spec) == ["2:19 spec-invalid rules.subsets"]
    assert spec.rules == (UnclearRule("rules.subsets", None),)


def test_a_subset_keeps_levels_and_may_be_empty() -> None:
    one = rule("  subsets: {' a ': [x, y]}")
    assert isinstance(one, SubsetRule)
    assert (one.axis.text, one.keep.texts) == ("a", ("x", "y"))
    none = rule("  subsets: {a: []}")
    assert isinstance(none, SubsetRule)
    assert none.keep.texts == ()


def test_a_subset_that_cannot_be_read_is_unclear() -> None:
    spec = decoded("axes: {}\nrules: {subsets: {a: [''], b: }}\n")
    assert told(spec) == ["2:23 spec-invalid rules.subsets.a", "2:31 spec-invalid rules.subsets.b"]
    assert spec.rules == (
        UnclearRule("rules.subsets.a", ("a",)),
        UnclearRule("rules.subsets.b", ("b",)),
    )


@pytest.mark.parametrize("value", ["[a, b]", "{axes: [a, b]}", "'@file:t.txt'", "{axes: '@file:t.txt'}"])
def test_a_tie_lists_axes(value: str) -> None:
    one = rule(f"  ties: {{t: {value}}}", {"t.txt": "a\nb\n"})
    assert isinstance(one, TieRule)
    assert (one.name.text, [name.text for name in one.axes]) == ("t", ["a", "b"])


def test_a_tie_that_cannot_be_read_is_unclear() -> None:
    spec = decoded(
        "axes: {}\nrules:\n  ties: {t: , u: [a, ''], v: [], w: {}, x: {axes: }, y: {axes: [a], zz: 1}}\n"
    )
    assert told(spec) == [
        "3:13 spec-invalid rules.ties.t",
        "3:22 spec-invalid rules.ties.u",
        "3:30 spec-invalid rules.ties.v",
        "3:34 spec-invalid rules.ties.w",
        "3:51 spec-invalid rules.ties.x.axes",
        "3:69 spec-invalid rules.ties.y",
    ]
    assert spec.rules[:2] == (UnclearRule("rules.ties.t", ("t",)), UnclearRule("rules.ties.u", ("u", "a")))
    assert isinstance(spec.rules[5], TieRule)


def test_a_pair_has_two_sides_and_allowed_pairs() -> None:
    one = rule("  pairs: {p: {left: a, right: q, allowed: [[x, y], [z, [u, 1]]], balance: both}}")
    assert isinstance(one, PairRule)
    assert (one.name.text, one.left.text, one.right.text) == ("p", "a", "q")
    assert one.allowed.rows == (("x", "y"), ("z", ("u", "1")))
    assert not one.allowed.flat
    assert [[str(place) for place in row] for row in one.allowed.places] == [
        ["f:3:45", "f:3:48"],
        ["f:3:53", "f:3:56"],
    ]
    assert (one.balance, str(one.balance_at)) == ("both", "f:3:75")


def test_allowed_pairs_may_be_included() -> None:
    text = "  pairs: {p: {left: a, right: b, allowed: '@file:%s', balance: }}"
    flat = rule(text % "p.csv", {"p.csv": "l,r,s\n1,2,3\n"})
    assert isinstance(flat, PairRule)
    assert (flat.allowed.rows, flat.allowed.flat, flat.balance) == ((("1", "2", "3"),), True, None)
    nested = rule(text % "p.json", {"p.json": "[[1, [2, 3]]]"})
    assert isinstance(nested, PairRule)
    assert nested.allowed.rows == (("1", ("2", "3")),)
    assert nested.allowed.places[0][1] == Location("spec/p.json", 1, 6)


def test_every_fault_of_a_pair_is_told() -> None:
    spec = decoded(
        "axes: {}\nrules:\n"
        "  pairs: {p: {left: [a], right: , allowed: [[x], y, [[], z], [[''], z], [w, {}]]}}\n"
    )
    assert told(spec) == [
        "3:21 spec-invalid rules.pairs.p.left",
        "3:33 spec-invalid rules.pairs.p.right",
        *(f"3:{column} spec-invalid rules.pairs.p.allowed" for column in (45, 50, 54, 64, 77)),
    ]
    assert spec.rules == (UnclearRule("rules.pairs.p", ("p",)),)


def test_missing_keys_of_a_pair_are_told_at_its_name() -> None:
    spec = decoded("axes: {}\nrules: {pairs: {p: {left: a}, q: [], r: ~}}\n")
    assert told(spec) == [
        "2:17 spec-invalid rules.pairs.p",
        "2:17 spec-invalid rules.pairs.p",
        "2:34 spec-invalid rules.pairs.q",
        "2:41 spec-invalid rules.pairs.r",
    ]
    assert spec.rules[0] == UnclearRule("rules.pairs.p", ("p", "a"))
    assert spec.rules[1] == UnclearRule("rules.pairs.q", ("q",))


def test_an_include_with_one_column_gives_no_pairs() -> None:
    spec = decoded(
        "axes: {}\nrules: {pairs: {p: {left: a, right: b, allowed: '@file:a.txt'}}}\n", {"a.txt": "x\n"}
    )
    assert told(spec) == ["2:49 include-invalid"]


@pytest.mark.parametrize("right", ["draft_llm", "generation_llm"])
def test_a_pair_needs_two_axes(right: str) -> None:
    spec = decoded(f"axes: {{}}\nrules: {{pairs: {{p: {{left: draft_llm, right: {right}, allowed: []}}}}}}\n")
    assert told(spec) == ["2:45 spec-invalid rules.pairs.p.right"]
    assert spec.rules == (UnclearRule("rules.pairs.p", ("p", "draft_llm", right)),)


@pytest.mark.parametrize(("balance", "suggestion"), [("Left", " (left?)"), ("most", ""), ("[left]", "")])
def test_a_balance_that_is_none_is_told_and_the_pair_is_read(balance: str, suggestion: str) -> None:
    spec = decoded(
        f"axes: {{}}\nrules: {{pairs: {{p: {{left: a, right: b, allowed: [], balance: {balance}}}}}}}\n"
    )
    assert told(spec) == [f"2:62 spec-invalid rules.pairs.p.balance{suggestion}"]
    assert isinstance(spec.rules[0], PairRule)
    assert spec.rules[0].balance is None


def test_a_tuple_has_axes_and_rows() -> None:
    one = rule("  tuples: {t: {axes: [a, b], items: [[x, 1], [y, 2]]}}")
    assert isinstance(one, TupleRule)
    assert ([name.text for name in one.axes], one.items.rows) == (["a", "b"], (("x", "1"), ("y", "2")))
    assert str(one.items.places[1][0]) == "f:3:47"


@pytest.mark.parametrize(
    ("axes", "path", "data", "rows"),
    [
        ("[a, b]", "t.csv", "l,r\n1,2\n", (("1", "2"),)),
        ("[a, b]", "t.yaml", "- [1, 2]\n", (("1", "2"),)),
        ("[a]", "t.csv", "l\n1\n2\n", (("1",), ("2",))),
        ("[a]", "t.txt", "1\n", (("1",),)),
    ],
)
def test_rows_of_a_tuple_may_be_included(
    axes: str, path: str, data: str, rows: tuple[tuple[str, ...], ...]
) -> None:
    one = rule(f"  tuples: {{t: {{axes: {axes}, items: '@file:{path}'}}}}", {path: data})
    assert isinstance(one, TupleRule)
    assert one.items.rows == rows
    assert one.items.places[0][0] is not None
    assert one.items.places[0][0].file == f"spec/{path}"


@pytest.mark.parametrize(
    ("items", "files", "problem"),
    [
        ("[]", {}, "2:43 spec-invalid rules.tuples.t.items"),
        ("[[x]]", {}, "2:44 spec-invalid rules.tuples.t.items"),
        ("[[x, [y]]]", {}, "2:48 spec-invalid rules.tuples.t.items"),
        ("[[x, '']]", {}, "2:48 spec-invalid rules.tuples.t.items"),
        ("x", {}, "2:43 spec-invalid rules.tuples.t.items"),
        ("", {}, "2:44 spec-invalid rules.tuples.t.items"),
        ("'@file:t.csv'", {"t.csv": "\na,b,c\n1,2,3\n"}, "spec/t.csv:2:None include-invalid"),
        ("'@file:t.csv'", {"t.csv": "a,b\n"}, "2:43 spec-invalid rules.tuples.t.items"),
        ("'@file:t.csv'", {"t.csv": "a\n1\n"}, "2:43 include-invalid"),
        ("'@file:t.yaml'", {"t.yaml": "- [1, 2]\n- [1]\n"}, "spec/t.yaml:2:3 include-invalid"),
        ("'@file:gone.csv'", {}, "2:43 include-not-found"),
    ],
)
def test_rows_that_do_not_fit_are_told(items: str, files: dict[str, str], problem: str) -> None:
    spec = decoded(f"axes: {{}}\nrules: {{tuples: {{t: {{axes: [a, b], items: {items} }}}}}}\n", files)
    assert told(spec) == [problem]
    assert spec.rules == (UnclearRule("rules.tuples.t", ("t", "a", "b")),)


@pytest.mark.parametrize("axes", ["[]", "a", "[a, '']", ""])
def test_a_tuple_without_clear_axes_may_give_any_axis(axes: str) -> None:
    spec = decoded(f"axes: {{}}\nrules: {{tuples: {{t: {{axes: {axes}, items: [[x, 1], [y]]}}}}}}\n")
    assert len(told(spec)) == 1
    assert spec.rules == (UnclearRule("rules.tuples.t", None),)


def test_a_tuple_without_clear_axes_takes_rows_of_any_width() -> None:
    text = "axes: {}\nrules: {tuples: {t: {axes: '@file:gone.csv', items: '@file:%s'}}}\n"
    for path, data in (("a.csv", "a,b\n1,2\n"), ("a.txt", "x\n")):
        assert told(decoded(text % path, {path: data})) == ["2:28 include-not-found"]


def test_missing_keys_of_a_tuple_are_told_at_its_name() -> None:
    spec = decoded("axes: {}\nrules: {tuples: {t: {}, u: [a]}}\n")
    assert told(spec) == [
        "2:18 spec-invalid rules.tuples.t",
        "2:18 spec-invalid rules.tuples.t",
        "2:28 spec-invalid rules.tuples.u",
    ]


def test_a_shared_list_serves_several_axes() -> None:
    spec = decoded("axes: {draft_llm: &judges [x], evaluation_llm: *judges}")
    assert [one.levels.texts for one in spec.axes] == [("x",), ("x",)]
