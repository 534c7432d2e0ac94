"""YAML is read from the parser's events: every scalar is text, every node knows its place."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from returns.pipeline import is_successful

from cohort_membership.document import List, Map, Node, Scalar
from cohort_membership.load.text import tree
from cohort_membership.load.text import yaml as yaml_text
from cohort_membership.load.text.faults import MAX_FAULTS, Fault, Faults
from cohort_membership.load.text.yaml import parse_yaml
from cohort_membership.problems import Location


def parsed(text: str) -> Node | None:
    return parse_yaml(text, "f").unwrap()


def faults(text: str) -> Faults:
    return parse_yaml(text, "f").failure()


def fault(text: str) -> Fault:
    (only,) = faults(text)
    return only


def place(one: Fault | Node | None) -> tuple[int | None, int | None]:
    assert one is not None
    assert one.location is not None
    return one.location.line, one.location.column


def texts(node: Node | None) -> list[str]:
    assert isinstance(node, List)
    return [item.text for item in node.items if isinstance(item, Scalar)]


def values(text: str) -> dict[str, Node]:
    node = parsed(text)
    assert isinstance(node, Map)
    return {key.text: value for key, value in node.entries}


@pytest.fixture(params=["CSafeLoader", "SafeLoader"], autouse=True)
def loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything holds with and without libyaml."""
    monkeypatch.setattr(yaml_text, "LOADER", getattr(yaml, request.param))


def test_scalars_are_the_text_as_written() -> None:
    written = ["no", "on", "1:30", "010", "1", "1.50", "true", "2020-01-01", "0x1F", "1_000", ".inf"]
    assert texts(parsed(f"[{', '.join(written)}]")) == written


@pytest.mark.parametrize("written", ["", "~", "null", "Null", "NULL", "!!null x"])
def test_only_a_plain_null_is_a_null(written: str) -> None:
    null = values(f"a: {written}")["a"]
    assert isinstance(null, Scalar)
    assert null.is_null


@pytest.mark.parametrize("written", ["''", "'null'", "nULL", "! null", "!!str null", '"~"'])
def test_a_quoted_or_tagged_null_is_text(written: str) -> None:
    text = values(f"a: {written}")["a"]
    assert isinstance(text, Scalar)
    assert not text.is_null


def test_an_empty_text_holds_no_document() -> None:
    assert parsed("") is None
    assert parsed("# only a comment\n") is None


def test_places_count_characters_from_one() -> None:
    node = values("'😀': [é, ﬁne]\n")["😀"]
    assert isinstance(node, List)
    assert node.location == Location("f", 1, 6)
    assert node.items[1].location == Location("f", 1, 10, width=3)


def test_a_scalar_over_several_lines_has_no_width() -> None:
    assert parsed("'a\n b'") == Scalar("a b", Location("f", 1, 1, width=1))


def test_a_merge_key_is_a_key_like_any_other() -> None:
    assert list(values("a: &a {x: 1}\nb:\n  <<: *a\n")) == ["a", "b"]
    assert isinstance(values("<<: {a: 1}")["<<"], Map)


def test_core_tags_are_accepted() -> None:
    assert texts(parsed("!!seq [!!str a, !!int 1, !!float 1.5, !!bool yes, ! b]")) == [
        "a",
        "1",
        "1.5",
        "yes",
        "b",
    ]
    assert isinstance(parsed("!!map {a: 1}"), Map)


@pytest.mark.parametrize(
    "written", ["!!python/object:os.system x", "!!set {a}", "!mine [a]", "!!seq x", "!!str [a]"]
)
def test_other_tags_are_refused_where_they_stand(written: str) -> None:
    found = fault(f"a: {written}")
    assert "not supported" in found.got
    assert place(found) == (1, 4)


def test_an_alias_gives_the_node_that_its_anchor_names() -> None:
    both = values("a: &judges [x, y]\nb: *judges\n")
    assert texts(both["a"]) == texts(both["b"]) == ["x", "y"]


def test_a_text_is_placed_where_its_alias_stands_and_a_part_of_a_list_where_it_is_written() -> None:
    all_of = values("a: [&j x, &l [y]]\nb: [*j, *l]\n")["b"]
    assert isinstance(all_of, List)
    assert [place(one) for one in all_of.items] == [(2, 5), (2, 9)]
    inner = all_of.items[1]
    assert isinstance(inner, List)
    assert place(inner.items[0]) == (1, 15)


def test_an_anchor_given_anew_names_the_later_node() -> None:
    both = values("a: &n x\nb: *n\nc: &n [&n y]\nd: *n\n")
    assert isinstance(both["b"], Scalar)
    assert both["b"].text == "x"
    assert isinstance(both["d"], Scalar)
    assert both["d"].text == "y"


def test_an_alias_may_be_a_key_and_stands_where_it_is_used() -> None:
    node = parsed("- &k a\n- {*k : 1}\n")
    assert isinstance(node, List)
    assert isinstance(node.items[1], Map)
    assert node.items[1].entries[0][0] == Scalar("a", Location("f", 2, 4, width=2))


def test_an_alias_inside_of_its_own_anchor_is_refused() -> None:
    assert place(fault("a: &a [*a]")) == (1, 8)


def test_an_alias_of_nothing_is_refused() -> None:
    assert place(fault("a: *b")) == (1, 4)


def test_every_duplicate_key_is_told_at_its_second_place() -> None:
    found = faults("a: 1\nb: {c: 1, c: 2}\na: 3\n'a': 4\n")
    assert [place(one) for one in found] == [(2, 11), (3, 1), (4, 1)]
    assert "first on line 1" in found[1].got


def test_duplicate_keys_are_told_beside_a_later_error_of_syntax() -> None:
    assert [place(one)[0] for one in faults("a: 1\na: 2\nb: [\n")] == [2, 3]


@pytest.mark.parametrize("key", ["[a]", "{a: 1}"])
def test_a_key_must_be_text(key: str) -> None:
    found = fault(f"? {key}\n: b\n")
    assert found.expected == "a text as a key"
    assert place(found) == (1, 3)


def test_a_second_document_is_refused_where_it_begins() -> None:
    assert place(fault("a: 1\n---\nb: [")) == (2, 1)


@pytest.mark.parametrize("character", ["\0", "\x07", "\x7f", "\ufffe", "\ud800"])
def test_control_characters_are_refused_where_they_stand(character: str) -> None:
    found = fault(f"a: 1\r\nb: x{character}")
    assert place(found) == (2, 5)
    assert f"U+{ord(character):04X}" in found.got


@pytest.mark.parametrize("escape", [r'"\ud800"', r'"\U00110000"'])
def test_an_escape_of_no_character_is_refused(escape: str) -> None:
    assert fault(f"a: {escape}")


def test_64_levels_are_nested_and_65_are_too_deep() -> None:
    assert isinstance(parsed("[" * 64 + "x" + "]" * 64), List)
    assert place(fault("[" * 65 + "]" * 65)) == (1, 65)


@pytest.mark.parametrize("opening", ["[", "{", "- ", "? ", "{a: ", "!!seq [", "&a ["])
def test_100_000_levels_are_refused_and_not_a_crash(opening: str) -> None:
    assert "nested" in fault(opening * 100_000).expected


def test_nesting_counts_what_aliases_bring_in() -> None:
    chain = "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 100))
    assert place(fault(chain))[0] == 64


def test_aliases_that_expand_past_a_million_nodes_are_refused() -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    bomb += "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 50))
    found = fault(bomb)
    assert "1,000,000 nodes" in found.expected
    assert place(found)[0] == 6


def test_faults_are_told_up_to_a_thousand() -> None:
    assert len(faults("a: 1\n" * 5000)) == MAX_FAULTS


def test_an_unquoted_include_says_how_to_quote_it() -> None:
    found = fault("axes:\n  combo_id: @file:items/combos.csv\n")
    assert place(found) == (2, 13)
    assert found.remedy is not None
    assert "'@file:...'" in found.remedy


def test_a_tab_as_indentation_says_so() -> None:
    assert fault("a:\n\tb: 1\n").remedy == "indent with spaces"


def test_an_error_at_the_end_points_behind_the_last_visible_character() -> None:
    found = fault("a: [1, 2\n\n\n")
    assert place(found) == (1, 9)
    assert "starts at line 1, column 4" in found.got


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        (
            "axes:\n  a: [x, y\n  b: [z]\n",
            "close the bracket that opens at line 2, column 6; or else put a text",
        ),
        ("a: {x: 1\nb: 2\n", "close the bracket that opens at line 1, column 4; or else put a text"),
        ("a: [1, 2\n\n", "close the bracket that opens at line 1, column 4"),
        ("a: [1,\n [2, 3,\n", "close the bracket that opens at line 2, column 2"),
        ("a: [x: y: z]\n", "put a text that holds ': ' in quotes"),
        ("a: [x,\n @file:y]\n", "put it in quotes: '@file:...'"),
    ],
)
def test_a_bracket_that_is_not_closed_is_named_with_its_place(text: str, remedy: str) -> None:
    told = fault(text).remedy
    assert told is not None
    assert told.startswith(remedy)


def test_lines_of_tags_are_bounded() -> None:
    lines = "".join(f"%TAG !a{number}! tag:x,{number}:\n" for number in range(yaml_text.MAX_TAG_LINES))
    assert texts(parsed(f"{lines}---\n[a]")) == ["a"]
    found = fault(f"{lines}%TAG !z! tag:z\n---\n[a]")
    assert (place(found), found.got) == ((65, 1), "more")


def test_documents_may_share_a_budget_of_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "MAX_NODES", 7)
    nodes = tree.Nodes()
    assert texts(parse_yaml("[a, b]", "f", nodes).unwrap()) == ["a", "b"]
    assert texts(parse_yaml("[c, d]", "f", nodes).unwrap()) == ["c", "d"]
    assert [one.expected for one in parse_yaml("[e, f]", "f", nodes).failure()] == [
        "at most 7 nodes in all, with aliases expanded"
    ]
    assert nodes.are_spent


def test_a_long_line_is_no_trouble() -> None:
    assert texts(parsed(f"[{'x' * 500_000}]")) == ["x" * 500_000]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]))))
def test_texts_come_back_as_they_were_dumped(written: list[str]) -> None:
    dumped = yaml.safe_dump(written, allow_unicode=True, default_style='"')
    assert texts(parse_yaml(dumped, "f").unwrap()) == written


@given(st.text(st.sampled_from("ab:- \n\t[]{},&*!?'\"#|>%@`\0\x85\u2028é😀~<")))
def test_no_text_is_a_crash(text: str) -> None:
    result = parse_yaml(text, "f")
    assert is_successful(result) or result.failure()
