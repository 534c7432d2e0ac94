"""Rules of a spec: each is decoded, or unclear where a problem hides some of it."""

import pytest

from cohort_membership.problems import Location
from cohort_membership.rules.pairs import PairRule
from cohort_membership.rules.subsets import SubsetRule
from cohort_membership.rules.ties import TieRule
from cohort_membership.rules.tuples import TupleRule
from cohort_membership.spec import as_levels
from tests.load.spec_texts import decoded, rule, told, unclear


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
    assert list(map(unclear, spec.rules)) == [
        ("rules.tuples", None),
        ("rules.subsets", None),
        ("rules", None),
    ]


def test_a_rule_without_a_name_is_unclear() -> None:
    spec = decoded("axes: {}\nrules: {subsets: {'': [a]}}\n")
    assert told(spec) == ["2:19 spec-invalid rules.subsets"]
    assert list(map(unclear, spec.rules)) == [("rules.subsets", None)]


def test_a_subset_keeps_levels_and_may_be_empty() -> None:
    one = rule("  subsets: {' a ': [x, y]}")
    assert isinstance(one, SubsetRule)
    assert (one.name.text, as_levels(one.keep).texts) == ("a", ("x", "y"))
    none = rule("  subsets: {a: []}")
    assert isinstance(none, SubsetRule)
    assert as_levels(none.keep).texts == ()


def test_a_subset_that_cannot_be_read_is_unclear() -> None:
    spec = decoded("axes: {}\nrules: {subsets: {a: [''], b: }}\n")
    assert told(spec) == ["2:23 spec-invalid rules.subsets.a", "2:31 spec-invalid rules.subsets.b"]
    assert list(map(unclear, spec.rules)) == [
        ("rules.subsets.a", ("a",)),
        ("rules.subsets.b", ("b",)),
    ]


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
    assert list(map(unclear, spec.rules[:2])) == [("rules.ties.t", ("t",)), ("rules.ties.u", ("u", "a"))]
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
    assert one.balance is not None
    assert (one.balance.sides, str(one.balance.location)) == ("both", "f:3:75")


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
    assert list(map(unclear, spec.rules)) == [("rules.pairs.p", ("p",))]


def test_missing_keys_of_a_pair_are_told_at_its_name() -> None:
    spec = decoded("axes: {}\nrules: {pairs: {p: {left: a}, q: [], r: ~}}\n")
    assert told(spec) == [
        "2:17 spec-invalid rules.pairs.p",
        "2:17 spec-invalid rules.pairs.p",
        "2:34 spec-invalid rules.pairs.q",
        "2:41 spec-invalid rules.pairs.r",
    ]
    assert list(map(unclear, spec.rules[:2])) == [("rules.pairs.p", ("p", "a")), ("rules.pairs.q", ("q",))]


def test_an_include_with_one_column_gives_no_pairs() -> None:
    spec = decoded(
        "axes: {}\nrules: {pairs: {p: {left: a, right: b, allowed: '@file:a.txt'}}}\n", {"a.txt": "x\n"}
    )
    assert told(spec) == ["2:49 spec-invalid rules.pairs.p.allowed"]


def test_rows_of_a_pair_that_cannot_be_read_hide_themselves_only() -> None:
    spec = decoded("axes: {}\nrules: {pairs: {p: {left: a, right: b, allowed: [[x], [x, y], z, [w, v]]}}}\n")
    assert told(spec) == [
        "2:50 spec-invalid rules.pairs.p.allowed",
        "2:63 spec-invalid rules.pairs.p.allowed",
    ]
    (one,) = spec.rules
    assert isinstance(one, PairRule)
    assert one.allowed.rows == (("x", "y"), ("w", "v"))
    assert (one.is_clear, one.allowed.is_clear) == (False, False)


@pytest.mark.parametrize(("balance", "suggestion"), [("Left", " (left?)"), ("most", ""), ("[left]", "")])
def test_a_balance_that_is_none_is_told_and_the_pair_is_read(balance: str, suggestion: str) -> None:
    spec = decoded(
        f"axes: {{}}\nrules: {{pairs: {{p: {{left: a, right: b, allowed: [[x, y]], balance: {balance}}}}}}}\n"
    )
    assert told(spec) == [f"2:68 spec-invalid rules.pairs.p.balance{suggestion}"]
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
        ("'@file:t.csv'", {"t.csv": "\na,b,c\n1,2,3\n"}, "2:43 spec-invalid rules.tuples.t.items"),
        ("'@file:t.csv'", {"t.csv": "a,b\n"}, "2:43 spec-invalid rules.tuples.t.items"),
        ("'@file:t.csv'", {"t.csv": "a\n1\n"}, "2:43 spec-invalid rules.tuples.t.items"),
        ("'@file:t.yaml'", {"t.yaml": "- [1]\n"}, "2:43 spec-invalid rules.tuples.t.items"),
        ("'@file:gone.csv'", {}, "2:43 include-not-found"),
    ],
)
def test_rows_that_do_not_fit_are_told(items: str, files: dict[str, str], problem: str) -> None:
    spec = decoded(f"axes: {{}}\nrules: {{tuples: {{t: {{axes: [a, b], items: {items} }}}}}}\n", files)
    assert told(spec) == [problem]
    assert list(map(unclear, spec.rules)) == [("rules.tuples.t", ("t", "a", "b"))]


def test_rows_of_a_tuple_that_cannot_be_read_hide_themselves_only() -> None:
    spec = decoded("axes: {}\nrules: {tuples: {t: {axes: [a, b], items: [[1, 2], [1], x]}}}\n")
    assert told(spec) == [f"2:{column} spec-invalid rules.tuples.t.items" for column in (52, 57)]
    (one,) = spec.rules
    assert isinstance(one, TupleRule)
    assert [name.text for name in one.axes] == ["a", "b"]
    assert (one.items.rows, one.is_clear) == ((("1", "2"),), False)


@pytest.mark.parametrize("axes", ["[]", "a", "[a, '']", ""])
def test_a_tuple_without_clear_axes_may_give_any_axis(axes: str) -> None:
    spec = decoded(f"axes: {{}}\nrules: {{tuples: {{t: {{axes: {axes}, items: [[x, 1], [y]]}}}}}}\n")
    assert len(told(spec)) == 1
    assert list(map(unclear, spec.rules)) == [("rules.tuples.t", None)]


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
    assert [as_levels(one.levels).texts for one in spec.axes] == [("x",), ("x",)]
