"""The built book for every reader: screen readers, dark mode, small screens, large letters."""

import pytest
from axe_playwright_python.sync_playwright import Axe

# Formulas are aria-hidden beside their MathML, pictures have an alternative text, code has a few colours in a thousand
# words: axe's time grows with all of them, and it learns no more than from the frames and from one word of each colour.
THINNED = """() => {
    const places = [...document.querySelectorAll('mjx-container > :not(mjx-assistive-mml), svg')]
        .map(e => [e, e.getBoundingClientRect(), getComputedStyle(e).display]);
    for (const [e, box, display] of places) {
        e.style.width = `${box.width}px`;
        e.style.height = `${box.height}px`;
        if (display === 'inline') e.style.display = 'inline-block';
        e.replaceChildren(...e.querySelectorAll(':scope > title, :scope > desc'));
    }
    for (const formula of document.querySelectorAll('mjx-assistive-mml > math'))
        formula.textContent = formula.textContent;
    const seen = new Set();
    for (const code of document.querySelectorAll('pre')) {
        const place = code.closest('[class*=cell_], [class*=highlight-]')?.className;
        for (const word of code.querySelectorAll('span')) {
            const kind = `${place} ${word.className}`;
            if (seen.has(kind) || !word.className) word.replaceWith(...word.childNodes);
            seen.add(kind);
        }
        code.normalize();
    }}"""
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


def opened(page_name, site, browser):
    page = browser.new_page(reduced_motion="reduce", color_scheme="light", viewport={"width": 1280, "height": 900})
    page.goto(f"{site}/{page_name}.html" + ("?q=torque" if page_name == "search" else ""))
    return page


@pytest.fixture(scope="module")
def page(page_name, site, browser):
    """One page of the book, open in light mode."""
    page = opened(page_name, site, browser)
    yield page
    page.close()


@pytest.fixture(scope="module")
def thinned(page_name, site, browser):
    """One page of the book with every box open, without the inside of formulas and pictures."""
    page = opened(page_name, site, browser)
    page.add_style_tag(content="* { content-visibility: visible !important; }")  # else axe sees sections overlap
    page.evaluate(OPEN_BOXES)
    page.evaluate(THINNED)
    yield page
    page.close()


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_axe_finds_nothing(thinned, mode):
    thinned.evaluate(f"document.documentElement.dataset.theme = '{mode}'")
    found = Axe().run(thinned, options={"resultTypes": ["violations"], **RULES[mode]}).response["violations"]
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


def test_code_is_read_without_scrolling(thinned):
    assert thinned.evaluate("""() => [...document.querySelectorAll('.cell_input pre')].filter(
        e => e.scrollWidth > e.clientWidth).map(e => e.textContent.slice(0, 80))""") == []
    thinned.emulate_media(media="print")
    sizes = thinned.eval_on_selector_all(
        ".cell_input pre", "all => all.map(e => parseFloat(getComputedStyle(e).fontSize))")
    thinned.emulate_media(media="screen")
    assert all(size < 11.5 for size in sizes), "px; 78 characters of 8.5 pt fit a sheet"
