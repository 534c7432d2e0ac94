"""Specs in the older spelling get one problem with the spec rewritten; words of other tools get a hint."""

import pytest

from cohort_membership.document import Node
from cohort_membership.load.spec.decode import decode_spec
from cohort_membership.load.spec.older_spelling import MOST_LINES, older_spelling
from cohort_membership.load.text.yaml import parse_yaml
from cohort_membership.problems import Location, SpecInvalid, wording
from cohort_membership.rules.key_hints import hint_for_key

OLDER = """
axes:
  combo_id: [c1]
  draft_template: {levels: [plain, fancy], catalog_lookup: {catalog: drafts}}
  essay_template: {levels: '@file:items/essays.txt'}
  essay_llm: [m1]
  draft_llm: ['1', m1]
rules:
  - subset: {axis: draft_template, keep: [plain]}
  - tie: {axes: [draft_llm, judge_llm], to: shared_llm}
  - tie: {axes: [a, b]}
  - pair: {left: draft_template, right: essay_template, name: de, allowed: [[plain, long]], balance: left}
  - tuple: {name: essays, axes: [essay_template, essay_llm], items: [[long, m1]], expand: true}
replicates:
  draft_template: {count: 2, column: draft_replicate}
  essay_template: {count: 1}
output: {expand_pairs: true, keep_pair_axis: false, field_order: [combo_id, draft_template]}
"""

REWRITTEN = """write:
axes:
  combo_id: [c1]
  draft_template: [plain, fancy]
  draft_llm: ['1', m1]
  draft_replicate: [1, 2]
  essay_template_replicate: [1]
rules:
  tuples:
    essays:
      axes: [essay_template, essay_llm]
      items:
      - [long, m1]
  subsets:
    draft_template: [plain]
  ties:
    shared_llm: [draft_llm, judge_llm]
    a: [a, b]
  pairs:
    de:
      left: draft_template
      right: essay_template
      allowed:
      - [plain, long]
      balance: left
output:
  field_order: [combo_id, draft_template]"""


def parsed(text: str) -> Node | None:
    return parse_yaml(text, "f").unwrap()


def test_a_spec_in_the_older_spelling_is_one_problem_with_the_spec_rewritten() -> None:
    found = older_spelling(parsed(OLDER))
    assert isinstance(found, SpecInvalid)
    assert found.location == Location("f", 4, 20, width=6)
    assert wording(found).message == (
        "spec: this is the older spelling of the language ('levels', 'catalog_lookup', 'rules', 'replicates',"
        " 'expand_pairs', 'keep_pair_axis')"
    )
    assert found.remedy == REWRITTEN


def test_a_spec_of_the_older_spelling_is_rejected_by_that_one_problem() -> None:
    assert decode_spec(parsed(OLDER), {}).problems == (older_spelling(parsed(OLDER)),)


@pytest.mark.parametrize("text", ["<<: {combo_id: [c1]}", "axes: {<<: {combo_id: [c1]}}"])
def test_a_merge_key_is_told_what_it_is(text: str) -> None:
    (problem, *_) = decode_spec(parsed(text), {}).problems
    assert "merge" in (wording(problem).message + (wording(problem).hint or ""))


def test_the_rewritten_spec_is_read_without_a_problem() -> None:
    rewritten = parsed(REWRITTEN.removeprefix("write:\n"))
    assert older_spelling(rewritten) is None
    assert decode_spec(rewritten, {}).problems == ()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[a]",
        "axes: {combo_id: [c1]}",
        "axes: {combo_id: [c1]}\nrules: {subsets: {combo_id: [c1]}}",
        "axes: {combo_id: {levels: [c1], more: 1}}",
        "axes: {combo_id: {levels: {a: b}}}",
        "axes: {combo_id: [c1]}\nreplicates: 3",
        "axes: {combo_id: [c1]}\nreplicates: {draft_template: {count: 0}}",
        "axes: {combo_id: [c1]}\nreplicates: {draft_template: {count: 1000000000}}",
        "axes: {combo_id: [c1]}\nrules: [{subset: {axis: combo_id}}]",
        "axes: {combo_id: [c1]}\nrules: [{subset: {axis: a, keep: [b]}}, {subset: {axis: a, keep: [c]}}]",
        "axes: {combo_id: [c1]}\nrules: [a]",
        "axes: {combo_id: [c1]}\nrules: []\nmore: 1",
        "axes: {combo_id: [c1]}\noutput: {expand_ties: true, more: 1}",
        "rules: []",
    ],
)
def test_any_other_document_is_told_piece_by_piece(text: str) -> None:
    assert older_spelling(parsed(text)) is None


def test_a_long_rewritten_spec_is_cut() -> None:
    axes = "".join(f"  a{number}: {{levels: [x]}}\n" for number in range(MOST_LINES + 1))
    found = older_spelling(parsed(f"axes:\n{axes}"))
    assert isinstance(found, SpecInvalid)
    assert (found.remedy or "").splitlines()[-2:] == [f"  a{MOST_LINES - 2}: [x]", "# ... and so on"]


@pytest.mark.parametrize(
    ("key", "where", "word"),
    [
        ("exclude", "rules", "excludes"),
        ("zip", "rules", "tuple"),
        ("Matrix", "spec", "under `axes`"),
        ("include", "spec", "@file:"),
        ("replicates", "spec", "<stage>_replicate"),
        ("repeats", "spec", "<stage>_replicate"),
        ("range", "axes.draft_replicate", "[1, 2, 3]"),
        ("levels", "axes.combo_id", "holds its levels itself"),
        ("expand", "rules.tuples.t", "leave this key out"),
        ("<<", "axes", "no merge keys"),
        ("<<", "rules.pairs", "no merge keys"),
    ],
)
def test_a_word_of_another_tool_is_given_the_name_it_has_here(key: str, where: str, word: str) -> None:
    assert word in (hint_for_key(key, where) or "")


@pytest.mark.parametrize(
    ("key", "where"),
    [("axis", "spec"), ("zip", "rules.pairs"), ("grid", "designs"), ("zip", "designs.a.rules.ties")],
)
def test_other_keys_and_chosen_names_get_no_hint(key: str, where: str) -> None:
    assert hint_for_key(key, where) is None
