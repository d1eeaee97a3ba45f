"""The built book for every reader: screen readers, dark mode, small screens."""

import pytest
from axe_playwright_python.sync_playwright import Axe

GRAVE = ("serious", "critical")
WIDTHS = {"wide": 1280, "phone": 390}


@pytest.fixture(scope="module")
def page(page_name, site, browser):
    """One page of the book, open in light mode."""
    page = browser.new_page(reduced_motion="reduce", color_scheme="light")
    page.goto(f"{site}/{page_name}.html")
    yield page
    page.close()


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_axe_finds_nothing_grave(page, mode):
    page.set_viewport_size({"width": WIDTHS["wide"], "height": 900})
    page.evaluate(f"document.documentElement.dataset.theme = '{mode}'")
    found = Axe().run(page).response["violations"]
    assert [
        f"{v['id']} ({v['impact']}): {node['html'][:200]} {node['failureSummary']}"
        for v in found if v["impact"] in GRAVE for node in v["nodes"][:3]
    ] == []


@pytest.mark.parametrize("size", WIDTHS)
def test_page_is_not_wider_than_the_screen(page, size):
    page.set_viewport_size({"width": WIDTHS[size], "height": 900})
    sticking_out = page.evaluate(
        """() => document.documentElement.scrollWidth <= window.innerWidth ? [] :
            [...document.querySelectorAll('main *')]
              .filter(e => e.getBoundingClientRect().right > window.innerWidth + 1)
              .map(e => e.outerHTML.slice(0, 120)).slice(0, 8)
              .concat([`page ${document.documentElement.scrollWidth}, screen ${window.innerWidth}`])"""
    )
    assert sticking_out == []
