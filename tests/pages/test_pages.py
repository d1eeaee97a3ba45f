"""The built book in a real browser: it asks no other host for anything, and nothing on a page is broken."""

import base64
import gzip
import json
import re
import time
from html.parser import HTMLParser
from types import SimpleNamespace
from urllib.parse import unquote, urldefrag, urljoin, urlparse

import pytest
from page_files import STOPS
from words import WORDS

LOADING = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href", "object": "data"}


class Page(HTMLParser):
    """What one page links to, loads, and can be linked to."""

    def __init__(self, path):
        super().__init__()
        self.links, self.loads, self.anchors = set(), set(), set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.anchors |= {attributes.get("id"), attributes.get("name")}
        if tag == "a" and "href" in attributes:
            self.links.add(attributes["href"])
        if tag in LOADING and attributes.get(LOADING[tag]):
            self.loads.add(attributes[LOADING[tag]])


@pytest.fixture(scope="module")
def visit(request, page_name, html, site, browser):
    """One page, opened by http or from its file and read to its end: what came, what failed, what moved meanwhile."""
    base = site if request.param == "http" else html.as_uri()
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    visit = SimpleNamespace(page=page, base=base, requests=[], problems=[], loaded={})
    page.on("request", lambda request: visit.requests.append(request.url))
    page.on("requestfailed", lambda request: visit.problems.append(f"not loaded: {request.url}"))
    page.on("response", lambda response: visit.loaded.update({response.url: response}))
    page.on("pageerror", lambda error: visit.problems.append(f"page error: {error}"))
    page.on("console",
            lambda message: message.type in ("error", "warning") and visit.problems.append(message.text))
    page.add_init_script("""window.shift = 0; new PerformanceObserver(list => {
        for (const entry of list.getEntries()) window.shift += entry.value; })
        .observe({type: 'layout-shift', buffered: true})""")
    page.goto(f"{base}/{page_name}.html")
    page.evaluate("document.fonts.ready.then(() => true)")
    page.wait_for_timeout(300)
    first = list(visit.loaded.items())  # reading a body lets late responses in, which change the dictionary
    visit.first = {url: response.body() for url, response in first if request.param == "http"}
    visit.shift = page.evaluate("window.shift")
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    page.wait_for_timeout(300)  # lazy loading after the scroll
    yield visit
    page.close()


BY_HTTP = pytest.mark.parametrize("visit", ["http"], indirect=True)
BOTH_WAYS = pytest.mark.parametrize("visit", ["http", "file"], indirect=True)
BUDGET = {"requests": 12, "bytes": 400_000}  # a page's first load, text compressed


@BOTH_WAYS
def test_page_loads_without_errors_and_without_other_hosts(visit):
    assert visit.problems == []
    assert {url: response.status for url, response in visit.loaded.items() if response.status >= 400} == {}
    assert len(visit.requests) >= 3, "the log of requests holds the page and what it loads"
    assert [url for url in visit.requests if not url.startswith((visit.base, "data:", "blob:"))] == []
    assert visit.page.title().strip()
    assert visit.page.locator(".cell_output .traceback, .problematic").count() == 0, "a cell error or a broken role"


@BY_HTTP
def test_page_is_light(visit, page_name):
    files = {url: body for url, body in visit.first.items() if url.startswith(visit.base)}
    assert f"{visit.base}/{page_name}.html" in files and f"{visit.base}/_static/pages.css" in files
    weight = sum(len(gzip.compress(body, 6)) for body in files.values())
    head = files[f"{visit.base}/{page_name}.html"].decode().partition("</head>")[0]
    blocking = [tag for tag in re.findall(r"<script[^>]* src=[^>]*>", head) if not re.search(r"\b(defer|async)\b", tag)]
    assert len(files) <= BUDGET["requests"], sorted(files)
    assert weight <= BUDGET["bytes"]
    assert "<script" in head and blocking == []
    assert not any("mathjax" in url.lower() and url.endswith(".js") for url in files)


@BY_HTTP
def test_layout_is_stable_from_the_first_paint(visit):
    assert visit.shift <= 0.05


def test_a_chapter_bears_the_number_of_its_file(html):
    shown = {}
    for path in (html / "book").glob("[0-9]*.html"):
        text = path.read_text(encoding="utf-8")
        shown[path.name] = [re.search(pattern, text) for pattern in (
            r'<h1><span class="section-number">(\d+)\.', r'href="#">\s*(\d+)\.', r'Exercise (\d+)\.1\b')]
    assert len(shown) >= 10
    assert {name for name, found in shown.items()
            if any(f is None or int(f[1]) != int(name[:2]) for f in found)} == set()


def test_no_page_names_another_host_as_a_source(html):
    foreign = {
        f"{path.relative_to(html)}: {address}"
        for path in html.rglob("*.html") if "_static" not in path.parts
        for address in Page(path).loads if urlparse(address).netloc
    }
    styles = {
        f"{path.relative_to(html)}: {address}"
        for path in html.rglob("*.css")
        for address
        in re.findall(r"(?:@import\s+|url\()\W{0,2}((?:https?:)?//[^\"')]+)", path.read_text(encoding="utf-8"))
    }
    assert foreign | styles == set()


def test_every_internal_link_leads_somewhere(html):
    pages = {path: Page(path) for path in html.rglob("*.html") if "_static" not in path.parts}
    assert len(pages) > 5
    broken = []
    for path, page in pages.items():
        for link in page.links:
            address, anchor = urldefrag(urljoin(path.as_uri(), link))
            if not address.startswith("file:"):
                continue
            target = type(path)(unquote(urlparse(address).path))
            if not target.is_file():
                broken.append(f"{path.name}: {link} (no such file)")
            elif anchor and target in pages and unquote(anchor) not in pages[target].anchors:
                broken.append(f"{path.name}: {link} (no such place)")
    assert broken == []


def test_every_formula_is_typeset_readable_and_copied_as_tex(html):
    formulas = 0
    for path in (html / "book").glob("*.html"):
        found = re.findall(r'<(span|div) class="math notranslate nohighlight"([^>]*)>(.{0,60})',
                           path.read_text(encoding="utf-8"))
        formulas += len(found)
        assert [f for f in found if "data-tex=" not in f[1]] == []
        text = path.read_text(encoding="utf-8")
        assert text.count("<mjx-container") == text.count("<mjx-assistive-mml") >= len(found), path.name
        assert "mjx-merror" not in text
    assert formulas > 1000


@pytest.mark.parametrize("width", [390, 1280])
def test_no_sign_after_a_formula_begins_a_line(width, html, site, browser):
    page = browser.new_page(viewport={"width": width, "height": 900})
    for name in ("08_what_survives", "10_domain_walls"):
        page.goto(f"{site}/book/{name}.html")
        page.evaluate("document.querySelectorAll('article details').forEach(box => { box.open = true; })")
        checked, alone = page.evaluate("""() => {
            const alone = [], sections = document.querySelectorAll('.bd-article > section > section');
            for (const section of sections) section.style.contentVisibility = 'visible';
            const all = [...document.querySelectorAll('article span.math')];
            const formulas = all.filter(formula => formula.offsetWidth &&
                formula.nextSibling instanceof Text && /^[.,;:!?)]/.test(formula.nextSibling.data));
            for (const formula of formulas) {
                const box = formula.querySelector('mjx-container').getBoundingClientRect();
                const sign = document.createRange();
                sign.setStart(formula.nextSibling, 0);
                sign.setEnd(formula.nextSibling, 1);
                const place = sign.getBoundingClientRect();
                if (place.left < box.left && place.top > box.top + 8) alone.push(formula.parentElement.textContent);
            }
            return [formulas.length, alone];}""")
        assert checked > 20 and alone == [], name
    page.close()


@pytest.mark.parametrize("scheme", ["http", "file"])
def test_frames_of_an_explorable_come_when_it_is_near(scheme, html, site, browser):
    page = browser.new_page(viewport={"width": 1280, "height": 500})
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{site if scheme == 'http' else html.as_uri()}/book/04_spin_from_field.html")
    figure = page.locator(".torque-explorable").first
    picture = figure.locator(".te-frame svg")
    page.wait_for_timeout(300)
    assert not any("/frames/" in url for url in asked)
    shown = picture.get_attribute("aria-label")
    if scheme == "http":  # of files none can be held back here
        page.route("**/frames/*.js", lambda route: route.abort())
        figure.locator("input").first.focus()
        page.keyboard.press("ArrowRight")
        figure.get_by_text("Move the slider to ask for them again.").wait_for()
        assert picture.get_attribute("aria-label") == shown
        page.unroute("**/frames/*.js")
    figure.locator("input").first.focus()
    page.keyboard.press("ArrowRight")
    figure.locator(f".te-frame svg:not([aria-label={json.dumps(shown)}])").wait_for()
    assert sum("/frames/" in url for url in asked) >= (2 if scheme == "http" else 1)
    page.close()


@pytest.mark.parametrize("width", [390, 1280])
def test_words_of_every_stop_lie_inside_and_on_no_other(width, html, browser):
    """The page moves no slider before a reader does, so that other tests meet the first stop only."""
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.goto(f"{html.as_uri()}/book/05_spin_spirals.html")
    files = sorted((html / "_static" / "frames").glob("*.js"))
    assert files
    for path in files:
        data = json.loads(gzip.decompress(base64.b64decode(path.read_text(encoding="utf-8").split('"')[1])))
        frames = ["\n".join(data["lines"][i] for i in frame) for frame in data["frames"]]
        found = page.evaluate("frames => { const holder = document.querySelector('.te-frame'), words = " + WORDS + """;
            return frames.map(frame => { holder.innerHTML = frame; return words(holder.querySelector("svg")); });}""",
                              frames)
        assert [stop["faults"] for stop in found] == [[]] * len(frames), path.name
        assert all(stop["words"] > 5 for stop in found), path.name
    page.close()


@pytest.mark.parametrize("chosen, system, shown", [(None, "dark", "dark"), (None, "light", "light"),
                                                   ("auto", "dark", "dark"), ("light", "dark", "light")])
def test_the_first_paint_has_the_reader_s_colours(chosen, system, shown, html, site, browser):
    """Without waiting for the theme's script, which then has nothing to restyle."""
    context = browser.new_context(color_scheme=system)
    context.route("**/pages.js", lambda route: route.abort())
    page = context.new_page()
    page.goto(f"{site}/book/conventions.html")
    if chosen:
        page.evaluate("mode => { localStorage.mode = mode; localStorage.theme = 'light'; }", chosen)
        page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == shown
    context.close()


@pytest.mark.parametrize("name", ["book/road_ahead", "book/11_skyrmions", "talks/seminar"])
def test_no_line_moves_when_the_fonts_of_formulas_come(name, html, site, browser):
    """Theirs is a moment after the first paint: MathJax's font without height too, which stands in the sheet."""
    context = browser.new_context(viewport={"width": 412, "height": 823})
    context.add_init_script("""window.moved = []; new PerformanceObserver(list => {
        for (const entry of list.getEntries()) for (const source of entry.sources)
            if (source.node) window.moved.push(source.node); }).observe({type: 'layout-shift', buffered: true})""")
    page = context.new_page()
    page.route("**/*.woff", lambda route: (time.sleep(0.5), route.continue_()))
    page.goto(f"{site}/{name}.html")
    page.evaluate("document.fonts.ready.then(() => true)")
    page.wait_for_timeout(300)
    assert page.evaluate("document.querySelectorAll('mjx-container').length") > 10
    assert page.evaluate("""window.moved.map(node => node.nodeType === 1 ? node : node.parentElement)
        .filter(node => node && node.closest('article, .reveal') && !node.closest('.bd-header-article'))
        .map(node => node.outerHTML.slice(0, 100))""") == []
    context.close()


def test_printed_pages_are_light(html, site, browser):
    page = browser.new_page(color_scheme="dark")
    page.goto(f"{site}/book/conventions.html")
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.close()


def test_the_sheet_is_read_to_its_end(html, site, browser):
    page = browser.new_page()
    page.goto(f"{site}/book/conventions.html")
    style = "getComputedStyle(document.documentElement)"
    assert page.evaluate(f"[{style}.scrollBehavior, {style}.scrollPaddingTop]") == ["auto", "80px"]
    page.close()


@pytest.mark.parametrize("scheme, every", [("file", 6), *(pytest.param(scheme, 1, marks=pytest.mark.thorough)
                                                        for scheme in ("file", "http"))])
def test_link_to_an_equation_lands_below_the_bar(page_name, scheme, every, html, site, browser):
    base = site if scheme == "http" else html.as_uri()
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{base}/{page_name}.html")
    for anchor in page.evaluate("[...document.querySelectorAll('[id^=eq-]')].map(e => e.id)")[::every]:
        page.goto("about:blank")
        page.goto(f"{base}/{page_name}.html#{anchor}")
        page.wait_for_timeout(100)
        top, bottom, bar = page.evaluate("""id => {
            const box = document.getElementById(id).getBoundingClientRect();
            const bar = document.querySelector('.bd-header-article').getBoundingClientRect().bottom;
            return [box.top, box.bottom, bar]}""", anchor)
        assert bar <= top + 1 and bottom < 900, (anchor, top, bottom)
        assert top < bar + 150 or page.evaluate("innerHeight + scrollY >= document.body.scrollHeight - 2"), anchor
    page.close()


def test_sections_out_of_sight_wait_and_are_where_links_and_the_reader_look_for_them(html, site, browser):
    page = browser.new_page(viewport={"width": 412, "height": 823})
    page.goto(f"{site}/book/07_vertex_corrections.html")
    laid_out = """id => document.getElementById(id).checkVisibility({contentVisibilityAuto: true})
        && document.querySelector(`#${id} p`).checkVisibility({contentVisibilityAuto: true})"""
    top = "id => document.getElementById(id).getBoundingClientRect().top"
    last, middle = "take-along", "is-this-a-consistent-sum"
    assert not page.evaluate(laid_out, last)
    page.evaluate(f"location.hash = '{middle}'")
    assert page.evaluate(laid_out, last) and page.evaluate(top, middle) == pytest.approx(80, abs=1)
    page.wait_for_function("id => document.querySelector('#pst-page-toc-nav a.active')?.hash === '#' + id", arg=middle)
    page.goto(f"{site}/book/07_vertex_corrections.html")
    page.mouse.move(100, 100)
    page.wait_for_function(laid_out, arg=last)
    page.evaluate(f"document.getElementById('{last}').scrollIntoView()")
    before = page.evaluate(top, last)
    page.reload()
    page.wait_for_timeout(300)
    assert page.evaluate(top, last) == pytest.approx(before, abs=2)
    page.goto(f"{site}/book/07_vertex_corrections.html")
    page.emulate_media(media="print")
    assert page.evaluate(laid_out, last)
    page.close()


def test_what_is_cut_from_the_theme_is_still_in_it(html):
    """Else an update has brought back, under another form, a search that lays out the whole page."""
    theme = (html / "_static/scripts/pydata-sphinx-theme.js").read_text(encoding="utf-8")
    assert len(STOPS.findall(theme)) == 1
    assert not STOPS.search((html / "_static/pages.js").read_text(encoding="utf-8"))


def test_the_policy_lets_every_part_of_a_page_work_and_nothing_else(html, site, browser):
    """The content-security policy: a page's own scripts run, one that is slipped in does not."""
    page = browser.new_page()
    refused = []
    page.on("console", lambda message: "Content Security Policy" in message.text and refused.append(message.text))
    for base in (site, html.as_uri()):
        page.goto(f"{base}/book/04_spin_from_field.html")
        assert page.locator("meta[http-equiv='Content-Security-Policy']").count() == 1
        assert page.evaluate("document.documentElement.dataset.mode") == "auto"  # the script in the head has run
        page.locator("[data-action=boxes]").click()
        assert page.locator("article details:not([open])").count() == 0
        page.locator("[data-action=boxes]").click()
        assert page.locator("article details[open]").count() == 0
        slider = page.locator("input[type=range]").first
        before = slider.get_attribute("aria-valuetext")
        slider.press("ArrowRight")
        page.wait_for_function("([slider, old]) => slider.getAttribute('aria-valuetext') !== old",
                               arg=[slider.element_handle(), before])
        assert refused == []
        page.evaluate("""() => { const script = document.createElement('script');
            script.textContent = 'window.slipped = true'; document.head.append(script); }""")
        assert page.evaluate("window.slipped === undefined") and refused
        refused.clear()
    page.close()


def test_no_handler_or_script_stands_on_a_page_without_its_hash(html):
    for path in html.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        if "_static" not in path.parts and "data-content_root" in text:
            assert not re.findall(r'<[^>]* on[a-z]+="', text), path.name
            assert re.search(r'Content-Security-Policy" content="[^"]*script-src \'self\' \'sha256-', text), path.name


def test_every_simulation_of_the_book_runs_in_its_page(html, site, browser):
    pages = [path for path in (html / "book").glob("*.html") if "torque-live" in path.read_text(encoding="utf-8")]
    assert len(pages) >= 3
    page = browser.new_page(reduced_motion="reduce")
    for path in pages:
        page.goto(f"{site}/book/{path.name}")
        for simulation in page.locator(".torque-live").all():
            simulation.scroll_into_view_if_needed()
            assert simulation.locator("canvas").first.is_visible(), path.name
            assert simulation.get_by_role("button", name="Play").is_visible(), path.name
    page.close()


def test_each_chapter_answers_its_question(html):
    for path in sorted((html / "book").glob("[0-9]*.html")):
        text = path.read_text(encoding="utf-8")
        question = text[text.index('<div class="tip commit'):text.index("</section>")]
        letters = re.findall(r"<li><p><strong>\((\w)\)</strong>", question)
        boxes = [classes.split() for classes in re.findall(r'<details class="([^"]*)"', text)]
        answers = [classes for classes in boxes if "answer" in classes]
        right = [name[-1] for name in sum(answers, []) if name.startswith("answer-")]
        assert answers and len(right) == bool(letters) and set(right) <= set(letters), path.name


def test_the_answer_waits_for_a_choice_that_the_page_keeps(html, site, browser):
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{site}/book/06_angular_momentum.html")
    answer, said = page.locator("details.answer"), page.locator("div.own-answer")
    answer.scroll_into_view_if_needed()
    # text_content, not inner_text, which a browser does not tell of a section out of sight that is not laid out yet
    assert not answer.evaluate("box => box.open") and "You have not chosen yet" in said.text_content()
    page.get_by_role("radio", name="(a)").focus()
    page.keyboard.press("Space")
    assert said.text_content() == "You chose (a); the book does not."
    page.keyboard.press("ArrowDown")
    assert said.text_content() == "You chose (b), and so does the book."
    assert answer.evaluate("box => box.open")
    page.get_by_label("Your reason").fill("all in step")
    page.goto("about:blank")
    page.goto(f"{site}/book/06_angular_momentum.html")
    answer.scroll_into_view_if_needed()
    assert page.get_by_role("radio", name="(b)").is_checked() and answer.evaluate("box => box.open")
    assert page.get_by_label("Your reason").input_value() == "all in step"
    assert said.text_content().endswith("You wrote: all in step")
    page.get_by_role("button", name="Forget it").click()
    stored = page.evaluate("() => ['choice', 'answer'].map(name => localStorage[`${name} 06_angular_momentum.html`])")
    assert stored == ["", ""]
    assert page.locator(".commit :checked").count() == 0 and not answer.evaluate("box => box.open")
    page.emulate_media(media="print")
    assert answer.locator("p").last.bounding_box()["height"] > 20
    page.emulate_media(media="screen")
    said.get_by_role("button", name="(c)").click()
    assert answer.evaluate("box => box.open") and page.get_by_role("radio", name="(c)").is_checked()
    context.close()


def test_the_page_keeps_what_the_reader_has_read(html, site, browser):
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{site}/book/06_angular_momentum.html")
    link = page.locator(".bd-sidenav a", has_text="Where the angular momentum goes").first
    assert link.locator(".minutes").inner_text() == "70 min" and link.locator(".read").count() == 0
    page.locator("#take-along").scroll_into_view_if_needed()
    page.wait_for_selector(".bd-sidenav .read", state="attached")
    page.goto(f"{site}/book/errata.html")
    assert page.locator(".bd-sidenav a:has(.read)").count() == 1
    context.close()


def test_chapters_read_in_two_tabs_are_both_kept(html, site, browser):
    context = browser.new_context()
    names = ["06_angular_momentum.html", "05_spin_spirals.html"]
    pages = [context.new_page() for _ in names]
    for page, name in zip(pages, names):
        page.goto(f"{site}/book/{name}")
    for page, count in zip(pages, (1, 2)):
        page.bring_to_front()
        page.locator("#take-along").scroll_into_view_if_needed()
        page.wait_for_selector(f":nth-match(.bd-sidenav .read, {count})", state="attached")
    assert sorted(pages[0].evaluate("localStorage.read").split()) == sorted(names)
    context.close()


@pytest.mark.parametrize("what", ["window, 'localStorage'", "Storage.prototype, 'setItem'"])
def test_a_page_works_where_nothing_can_be_kept(what, html, site, browser):
    """Access forbidden, as by a browser that blocks all cookies, or no room left."""
    context = browser.new_context(color_scheme="dark")
    context.add_init_script(f"Object.defineProperty({what}, {{get() {{ throw new DOMException('no'); }}}})")
    page, faults = context.new_page(), []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(f"{site}/book/06_angular_momentum.html")
    page.wait_for_selector(".boxes-button")
    page.locator(".theme-switch-button:visible").first.click()
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    page.keyboard.press("Control+k")
    page.locator("dialog[open] input").wait_for()
    assert not faults
    context.close()


def test_an_address_with_a_bare_percent_sign_ends_no_script(html, site, browser):
    page, faults = browser.new_page(), []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(f"{site}/book/06_angular_momentum.html#100%")
    page.wait_for_load_state("load")
    assert page.locator(".boxes-button").count() == 1 and not faults
    page.close()
