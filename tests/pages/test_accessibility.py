"""The built book for every reader: screen readers, dark mode, small screens, large letters."""

import pytest
from axe_playwright_python.sync_playwright import Axe

# Formulas are aria-hidden beside their MathML, pictures have an alternative text: their inside only costs time.
READ = {"exclude": [["mjx-container > :not(mjx-assistive-mml)"], ["svg > *"]]}
# The theme changes colours alone.
RULES = {"light": {}, "dark": {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}}
OPEN_BOXES = "document.querySelectorAll('details').forEach(box => { box.open = true; })"
# what the right edge of the screen cuts, and what no finger can bring back
CUT = """() => {
    const edge = innerWidth + 1, cut = [];
    if (document.documentElement.scrollWidth > innerWidth) cut.push(`page ${document.documentElement.scrollWidth}`);
    const scrolls = e => ['auto', 'scroll'].includes(getComputedStyle(e).overflowX)
        && e.getBoundingClientRect().right <= edge;
    for (const e of document.querySelectorAll('main *:not(.bd-sidebar-secondary, .bd-sidebar-secondary *)')) {
        const box = e.getBoundingClientRect();
        if (!box.width || box.right <= edge || e.closest('mjx-assistive-mml')) continue;
        let outer = e;
        while (outer !== document.body && !scrolls(outer)) outer = outer.parentElement;
        if (outer === document.body) cut.push(`${Math.round(box.right)}: ${e.outerHTML.slice(0, 120)}`);
    }
    return cut.slice(0, 8)}"""
NUMBERS_OUT_OF_SIGHT = """() => [...document.querySelectorAll('mjx-labels')].filter(e => e.offsetWidth)
    .map(e => e.firstElementChild.getBoundingClientRect())
    .filter(box => box.right > innerWidth || box.left < 0).length"""


@pytest.fixture(scope="module")
def page(page_name, site, browser):
    """One page of the book, open in light mode."""
    page = browser.new_page(reduced_motion="reduce", color_scheme="light")
    page.goto(f"{site}/{page_name}.html" + ("?q=torque" if page_name == "search" else ""))
    yield page
    page.close()


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_axe_finds_nothing(page, mode):
    page.set_viewport_size({"width": 1280, "height": 900})
    page.evaluate(OPEN_BOXES)
    page.evaluate(f"document.documentElement.dataset.theme = '{mode}'")
    found = Axe().run(page, READ, {"resultTypes": ["violations"], **RULES[mode]}).response["violations"]
    assert [f"{v['id']} ({v['impact']}): {node['html'][:200]} {node['failureSummary']}"
            for v in found for node in v["nodes"][:3]] == []


@pytest.mark.parametrize("width", [320, 360, 390, 1280])
def test_nothing_is_cut_with_every_box_open(page, width):
    page.set_viewport_size({"width": width, "height": 900})
    page.evaluate(OPEN_BOXES)
    assert page.evaluate(CUT) == []
    assert page.evaluate(NUMBERS_OUT_OF_SIGHT) == 0


def test_letters_of_twice_the_size_fit_a_phone(page):
    page.set_viewport_size({"width": 390, "height": 900})
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    page.wait_for_timeout(50)
    width = page.evaluate("document.documentElement.scrollWidth")
    page.evaluate("document.documentElement.style.fontSize = ''")
    assert width <= 390
