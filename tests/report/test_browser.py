"""The page in a real browser: nothing is asked for, nothing fails, and it fits phone, screen and paper."""

from pathlib import Path

import pytest

from tests.dagster.servers import CHROMIUM

from .browser import tab
from .pages import HOSTILE, page

pytest.importorskip("jinja2", reason="the extra `report` is not installed")
pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed")

WIDTH = "document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth"
PAPER = "getComputedStyle(document.body).backgroundColor"
OUTSIDE = """[...document.querySelectorAll('body *')].filter(one => {
  const box = one.getBoundingClientRect();
  const isHidden = !box.width || one.closest('thead');
  return !isHidden && (box.right > innerWidth + 1 || box.left < -1);
}).map(one => one.outerHTML.slice(0, 200))"""


def test_a_page_fits_every_screen_and_asks_for_nothing(tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_text(page(HOSTILE), encoding="utf-8")
    with tab(tmp_path / "profile") as browser:
        browser.open(file)
        papers = {}
        for width in (320, 400, 800, 1200):
            for theme in ("light", "dark"):
                browser.show(width, theme)
                papers[theme] = browser.value(PAPER)
                assert browser.value(WIDTH) == 0, (width, theme)
                assert browser.value(OUTSIDE) == [], (width, theme)
                browser.picture(tmp_path / f"{width}-{theme}.png")
        browser.show(720, "dark", "print")
        assert browser.value(PAPER) == "rgb(255, 255, 255)"
        assert browser.value(WIDTH) == 0
        assert papers["light"] != papers["dark"]
        assert browser.value("document.querySelectorAll('script, img').length") == 0
        assert browser.faults() == []
        assert browser.requests() == [file.as_uri()]
