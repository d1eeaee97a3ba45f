"""Boxes that open and close: whatever leads into one opens it."""

import re

import pytest

CLOSED = "[...document.querySelectorAll('article details:not([open])')]"
WORDS = """id => {
    const box = document.getElementById(id), walker = document.createTreeWalker(box, NodeFilter.SHOW_TEXT);
    for (let text; text = walker.nextNode();) {
        const words = text.data.match(/[A-Za-z]{3,}( [a-z]{3,}){3,}/);
        if (words && !text.parentElement.closest('summary, .math, details.hide')) return words[0];
    }
    return null;
}"""


@pytest.mark.parametrize("scheme, every", [("file", 5), *(pytest.param(scheme, 1, marks=pytest.mark.thorough)
                                                        for scheme in ("file", "http"))])
def test_a_link_into_a_closed_box_opens_it(page_name, scheme, every, html, site, browser):
    address = f"{site if scheme == 'http' else html.as_uri()}/{page_name}.html"
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(address)
    inside = page.evaluate(f"{CLOSED}.flatMap(box => [box, ...box.querySelectorAll('[id]:not(svg *)')])"
                           ".map(e => e.id).filter(id => id && !id.startsWith('codecell'))")  # names of copy buttons
    if re.match(r"book/\d\d_", page_name):
        assert len(inside) >= 3
    for count, anchor in enumerate(list(dict.fromkeys(inside))[::every]):  # a box in a box is found twice
        if count == 0:  # the page opens there; later the reader follows links on it
            page.goto("about:blank")
            page.goto(f"{address}#{anchor}")
            page.wait_for_timeout(100)
        opened, top = page.evaluate(f"""async id => {{
            const target = document.getElementById(id), boxes = [];
            if ({count}) {{
                for (const box of document.querySelectorAll('article details')) box.open = false;
                location.hash = id;
                await new Promise(done => requestAnimationFrame(() => setTimeout(done, 20)));
            }}
            for (let box = target.closest('details'); box; box = box.parentElement.closest('details')) boxes.push(box);
            return [boxes.every(box => box.open), target.getBoundingClientRect().top];}}""", anchor)
        assert opened and 0 < top < 900, (anchor, opened, top)
    page.close()


def test_words_sought_inside_a_closed_box_open_it(html, browser):
    """A text fragment opens boxes by the same rule as the browser's own find."""
    address = f"{html.as_uri()}/book/04_spin_from_field.html"
    page = browser.new_page()
    page.goto(address)
    boxes = page.evaluate("[...document.querySelectorAll('details.dropdown')].map(box => box.id)")
    found = {box: page.evaluate(WORDS, box) for box in boxes}
    tried = 0
    for box, words in found.items():
        if words and page.evaluate("words => document.querySelector('article').textContent.split(words).length",
                                   words) == 2:
            page.goto("about:blank")
            page.goto(f"{address}#:~:text={words}")
            page.wait_for_timeout(300)
            assert page.evaluate("id => document.getElementById(id).open", box), words
            tried += 1
    assert tried >= 3
    page.close()


def test_a_title_opens_its_box_by_mouse_and_by_keyboard(html, browser):
    page = browser.new_page()
    page.goto(f"{html.as_uri()}/book/04_spin_from_field.html")
    box = page.locator("details.solution").first
    is_open = "box => box.open"
    box.locator("summary").click(position={"x": 60, "y": 12})
    assert box.evaluate(is_open) and "#" not in page.url
    box.locator("summary").press("Enter")
    assert not box.evaluate(is_open)
    page.close()


def test_names_of_boxes_stay(html):
    """Permanent links: a solution is called after its exercise."""
    for path in (html / "book").glob("[0-9]*.html"):
        page = path.read_text(encoding="utf-8")
        exercises = re.findall(r'<div class="exercise admonition" id="([^"]+)"', page)
        solutions = re.findall(r'<details class="solution dropdown admonition" id="([^"]+)"', page)
        assert exercises and set(solutions) <= {f"solution-{name}" for name in exercises}, path.name
        assert not re.findall(r'<div[^>]*class="[^"]*dropdown admonition', page)
        assert not re.findall(r"<details[^>]*>\s*<(?!summary)", page), "a line of its own above the title"


def test_no_name_stands_twice_on_a_page(html):
    for path in html.rglob("*.html"):
        if "_static" not in path.parts:
            names = re.findall(r'<[a-z][^>]*?\sid="([^"]*)"', path.read_text(encoding="utf-8"))
            assert sorted({name for name in names if names.count(name) > 1}) == [], path.name


def test_everything_in_a_box_is_printed(html, browser):
    page = browser.new_page()
    page.goto(f"{html.as_uri()}/book/04_spin_from_field.html")
    heights = "[...document.querySelectorAll('details.dropdown > :last-child')].map(e => e.offsetHeight)"
    page.emulate_media(media="print")
    assert min(page.evaluate(heights)) > 10
    page.close()
