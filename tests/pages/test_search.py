"""The search: at once, offline, equations by number and terms of the glossary first, into closed boxes."""

import json
import re

import pytest


def results(page, query, box="main"):
    page.fill(f"{box} form.bd-search input", query)
    page.wait_for_function("text => document.querySelector(text).textContent", arg=f"{box} .book-search [role=status]")
    page.wait_for_timeout(100)
    return [item.split("\n") for item in page.locator(f"{box} .book-search li").all_inner_texts()]


@pytest.fixture(scope="module", params=["http", "file"])
def page(request, html, site, browser):
    page = browser.new_page()
    page.requests = []
    page.on("request", lambda request: page.requests.append(request.url))
    page.goto(f"{site if request.param == 'http' else html.as_uri()}/search.html")
    yield page
    page.close()


@pytest.mark.parametrize("query, number", [
    ("(10)", "(10)"), ("10", "(10)"), ("Eq. 10", "(10)"), ("eq 10", "(10)"), ("equation (A3)", "(A3)"), ("a3", "(A3)"),
    ("C6", "(C6)"), ("(7.5)", "(7.5)"), ("Eq. 8.13", "(8.13)")])
def test_equations_are_found_by_number(page, query, number):
    first = page.locator("main .book-search li a").first
    assert results(page, query)[0][0].startswith(number)
    assert first.get_attribute("href").endswith("#eq-" + number.strip("()").lower().replace(".", "-"))


@pytest.mark.parametrize("query, first", [
    ("adiabatic torque", "adiabatic torque"), ("Walker", "Walker breakdown"), ("BERRY PH", "Berry phase"),
    ("vertex corr", "vertex correction")])
def test_terms_of_the_glossary_come_first(page, query, first):
    assert results(page, query)[0][:2] == [first, "glossary · Glossary"]


def test_functions_come_last_unless_one_writes_their_name(page):
    assert "torquelib" not in results(page, "torque")[0][1]
    assert results(page, "field_spin_density")[0][0].endswith(".field_spin_density")


def test_nothing_is_said_to_be_found_where_nothing_is(page):
    assert results(page, "xylophone") == []
    assert page.inner_text("main .book-search [role=status]") == "No places"


def test_answers_cost_one_request_and_come_at_once(page):
    results(page, "spin")
    text = [url for url in page.requests if "search-text" in url]
    assert len(text) == 1 and not [url for url in page.requests if "/book/" in url]
    assert page.locator("main .book-search li").count() == 21  # and a button for the others
    page.locator("main .book-search button").click()
    assert page.locator("main .book-search li").count() > 100


def test_a_text_that_did_not_come_is_asked_for_again(html, site, browser):
    page, faults, there = browser.new_page(), [], []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.route("**/search-text.js", lambda route: route.continue_() if there else route.abort())
    page.goto(f"{site}/search.html")
    page.fill("main form.bd-search input", "spir")
    page.get_by_text("The text of the book did not load.").wait_for()
    there.append("the network")
    page.fill("main form.bd-search input", "spiral")
    page.locator("main .book-search li").first.wait_for()
    assert not faults
    page.close()


def test_excerpts_hold_no_tex_and_no_markup(html):
    text = (html / "_static" / "search-text.js").read_text(encoding="utf-8")
    entries = json.loads(text.partition(" = ")[2])
    assert {kind for kind, *_ in entries} == {"equation", "term", "section", "box", "code"}
    assert len({page for _, page, *_ in entries}) > 15
    assert [(page, anchor, found) for kind, page, anchor, title, words, _ in entries if kind != "code"
            for found in re.findall(r"\\[a-z]+|\$|</?[a-z]+>|&\w+;|\{[a-z]+\}`", title + words)] == []


def test_exponents_fractions_and_roots_survive_on_a_line(html):
    text = (html / "_static" / "search-text.js").read_text(encoding="utf-8")
    assert "ℏ²eE/4meJ²" in text and "√(J²+Q²)" in text and "ℏ²/2me" in text
    assert "ℏ2" not in text


def test_every_entry_leads_to_its_place(html):
    text = (html / "_static" / "search-text.js").read_text(encoding="utf-8")
    pages = {}
    for _, page, anchor, title, *_ in json.loads(text.partition(" = ")[2]):
        if page not in pages:
            pages[page] = set(re.findall(r' id="([^"]*)"', (html / f"{page}.html").read_text(encoding="utf-8")))
        assert anchor in pages[page], (page, title)


def test_a_hit_in_a_closed_box_opens_it(html, browser):
    text = (html / "_static" / "search-text.js").read_text(encoding="utf-8")
    box = next(entry for entry in json.loads(text.partition(" = ")[2]) if entry[2].startswith("solution-"))
    page = browser.new_page()
    page.goto(f"{html.as_uri()}/search.html")
    results(page, " ".join(re.findall(r"[A-Za-z]{3,}", box[4])[:8]))
    page.locator(f"main .book-search a[href$='#{box[2]}']").click()
    page.wait_for_url(f"**#{box[2]}")
    assert page.evaluate("id => document.getElementById(id).open", box[2])
    page.close()


def test_the_dialog_of_every_page_answers(html, browser):
    page = browser.new_page(viewport={"width": 390, "height": 800})
    page.goto(f"{html.as_uri()}/book/conventions.html")
    page.evaluate("new Promise(done => setTimeout(done))")  # behind the theme's scripts, tasks of their own
    page.keyboard.press("Control+k")
    assert results(page, "Eq. 10", "dialog")[0][0].startswith("(10)")
    box = page.locator("#pst-search-dialog").bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 390
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.textContent").startswith("(10)")
    page.keyboard.press("Enter")
    page.wait_for_url("**/04_spin_from_field.html#eq-10")
    page.close()
