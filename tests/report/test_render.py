"""The page as text: whole, small, without a request, and every name in it is text, whatever it holds."""

import sys

import pytest

from cohort_membership import render_report
from cohort_membership.report import html
from cohort_membership.report.texts import named

from .pages import HOSTILE, PLAIN, page, plan_of
from .parsed import Parsed

pytest.importorskip("jinja2", reason="the extra `report` is not installed")


def test_a_level_is_text_whatever_it_holds() -> None:
    hostile, plain = Parsed(page(HOSTILE)), Parsed(page(PLAIN))
    assert hostile.names == plain.names
    assert not hostile.unbalanced
    for level in HOSTILE[:12]:
        assert named(level) in hostile.texts
    assert not any("\u202e" in one or "\x1b" in one or "\u200b" in one for one in hostile.texts)


def test_a_page_asks_for_nothing_and_runs_nothing() -> None:
    text = page(HOSTILE)
    parsed = Parsed(text)
    assert not {"script", "img", "iframe", "object", "embed", "form", "base"} & set(parsed.names)
    for tag, attributes in parsed.tags:
        assert not [name for name in attributes if name.startswith("on")]
        assert attributes.get("href", "data:,") == "data:,"
        assert "src" not in attributes
        assert "style" not in attributes, tag
    style = text[text.index("<style>") : text.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style
    policy = next(one["content"] for _, one in parsed.tags if "http-equiv" in one)
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def test_the_same_values_give_the_same_text_and_all_parts_are_there() -> None:
    text = page(PLAIN)
    assert text == page(PLAIN)
    shown = Parsed(text).shown
    for heading in (
        *("Problems", "Notices", "Stages", "Design", "What the rules leave", "What a build would change"),
        *("How far it is", "What it costs", "How to reproduce it"),
    ):
        assert heading in shown
    assert "cohort-membership build drawn" in shown


def test_a_page_of_a_huge_and_hostile_design_stays_under_a_megabyte() -> None:
    text = page(tuple(f"{number}{'<&>' * 200}" for number in range(300)), 2_000)
    assert len(text.encode()) < 1_000_000
    assert not Parsed(text).unbalanced


def test_a_plan_alone_has_a_page() -> None:
    text = render_report(plan_of(PLAIN)).unwrap()
    parsed = Parsed(text)
    assert not parsed.unbalanced
    assert "How far it is" not in parsed.shown
    assert "What it costs" not in parsed.shown


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    html._template.cache_clear()
    monkeypatch.setitem(sys.modules, "jinja2", None)
    (problem,) = render_report(plan_of(PLAIN)).failure()
    assert problem.code == "storage-denied"
    assert "pip install 'cohort-membership[report]'" in str(problem)
    monkeypatch.undo()
    assert render_report(plan_of(PLAIN)).unwrap()
