"""Pages lead to pages that are there, and every folder that is spoken of travels with the package."""

import re
from pathlib import Path

import pytest

from cohort_membership.problems import CODES, Problem

from .pages import MAIN, PACKAGE, PAGES, REPOSITORY, name

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        assert found.is_file(), target
        headings = re.findall(r"^#+ (.*)$", found.read_text(encoding="utf-8"), re.MULTILINE)
        assert not anchor or anchor in {
            re.sub(r"[^\w-]", "", one.lower().replace(" ", "-")) for one in headings
        }


@pytest.mark.parametrize("page", [page for page in PAGES if page.is_relative_to(PACKAGE)], ids=name)
def test_a_page_of_the_package_leads_to_pages_of_the_package(page: Path) -> None:
    """It is read in the installed package too, where there is nothing else."""
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        if not target.startswith(("https://", "#")):
            assert (page.parent / target.partition("#")[0]).resolve().is_relative_to(PACKAGE)


def test_every_page_can_be_reached_from_the_main_page() -> None:
    reached, waiting = {MAIN}, [MAIN]
    while waiting:
        page = waiting.pop()
        for target in LINK.findall(page.read_text(encoding="utf-8")):
            found = (page.parent / target.partition("#")[0]).resolve()
            if found.suffix == ".md" and found not in reached and not target.startswith("https://"):
                reached.add(found)
                waiting.append(found)
    assert set(PAGES) <= reached


def test_the_main_page_is_short() -> None:
    words = MAIN.read_text(encoding="utf-8").split()
    assert sum(any(map(str.isalnum, word)) for word in words) < 900


def test_pages_are_part_of_the_wheel() -> None:
    assert '"README.md", "API.md"]' in (REPOSITORY / "pyproject.toml").read_text(encoding="utf-8")


def test_the_page_on_problems_names_every_code_once_and_which_may_pass() -> None:
    text = (PACKAGE / "problems" / "README.md").read_text(encoding="utf-8")
    table = text[text.index("| family | codes |") :].split("\n\n")[0]
    named = re.findall(r"`([a-z-]+)`( \(retryable\))?", table)
    assert [code for code, _ in named] == list(CODES)
    retryable = {kind.code for kind in Problem.__args__ if kind.retryable}
    assert {code for code, said in named if said} == retryable
