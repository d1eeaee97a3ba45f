"""The talks in a real browser, from files: each slide fits, is readable from the last row, and shows what it names."""

import re
from pathlib import Path
from types import SimpleNamespace

import downloads
import pytest
import talks
from axe_playwright_python.sync_playwright import Axe
from talks import Chapter, Deck, Mistake
from talks_pdf import asked, print_talks
from words import WORDS

from torquelib import torques

ROOT = Path(__file__).resolve().parents[2]
DECKS = {path.stem: Deck.read(path) for path in sorted((ROOT / "book" / "talks").glob("*.md"))
         if path.stem != "poster"}
CHAPTERS = [path.name[:2] for path in sorted((ROOT / "book").glob("[0-9][0-9]_*.ipynb"))]

# Sizes in pixels of a screen of 1280 × 720, in drawings too. Links to where a figure stands may be smaller; so are
# indices, and the words in a picture that is no drawing are not seen.
LOOK = """least => {
  const WORDS = """ + WORDS + """;
  const slide = Reveal.getCurrentSlide(), box = slide.getBoundingClientRect(), faults = [];
  const scale = box.width / 1280, hidden = ".notes, mjx-assistive-mml, .te-strip, noscript, script, .te-status";
  const parts = [...slide.children].filter(part => !part.matches(".notes, .source"));
  const rects = parts.map(part => part.getBoundingClientRect());
  rects.forEach((a, i) => rects.slice(0, i).forEach(b => {
    if (a.left < b.right - 2 && b.left < a.right - 2 && a.top < b.bottom - 2 && b.top < a.bottom - 2)
      faults.push("parts overlap");
  }));
  for (const part of slide.querySelectorAll("*")) {
    if (part.closest(hidden) || part.closest("svg") !== part && part.closest("svg")) continue;
    const own = part.getBoundingClientRect();
    if (!own.width || !own.height) continue;
    if (own.left < box.left - 1 || own.top < box.top - 1 || own.right > box.right + 1 || own.bottom > box.bottom + 1)
      faults.push(`outside: ${part.tagName} ${part.className}`);
    const holder = part.parentElement.closest(".words, .shown");
    const bound = holder && holder.getBoundingClientRect();
    if (bound && bound.width && (own.right > bound.right + 2 || own.bottom > bound.bottom + 2))
      faults.push(`runs over: ${part.tagName} ${part.className}`);
  }
  const letters = document.createTreeWalker(slide, NodeFilter.SHOW_TEXT);
  let text = "";
  while (letters.nextNode()) {
    const node = letters.currentNode, holder = node.parentElement;
    if (!node.data.trim() || holder.closest(hidden) || !holder.getClientRects().length) continue;
    text += node.data;
    if (holder.closest("mjx-container, .source")) continue;
    let size = parseFloat(getComputedStyle(holder).fontSize) * (holder.currentCSSZoom || 1);
    if (holder.closest("svg")) {
      const word = holder.closest("text"), matrix = holder.getCTM(), parts = [...word.querySelectorAll("tspan"), word];
      size = Math.max(...parts.map(part => parseFloat(part.style.fontSize) || 0)) * Math.hypot(matrix.a, matrix.b);
    }
    if (size < least - 0.05) faults.push(`${size.toFixed(1)} px: ${node.data.trim().slice(0, 30)}`);
  }
  for (const formula of slide.querySelectorAll(".words mjx-container"))
    if (parseFloat(getComputedStyle(formula).fontSize) < least) faults.push("a small formula");
  for (const canvas of slide.querySelectorAll("canvas"))
    if (parseFloat(canvas.getContext("2d").font) * canvas.currentCSSZoom < least) faults.push("small letters, live");
  for (const drawing of slide.querySelectorAll(".shown svg[role=img]")) {
    if (drawing.closest(hidden)) continue;
    faults.push(...WORDS(drawing).faults);
  }
  const raw = text.match(/\\$|\\\\[a-z]+|\\{[a-z-]+\\}`|:::|^(figure|explorable|live|vote|notes):/m);
  if (raw) faults.push(`raw source: ${raw[0]}`);
  const shown = [...slide.querySelectorAll(".shown")].filter(part => {
    const drawn = part.querySelector("svg, canvas, img, pre, table");
    return drawn && drawn.getBoundingClientRect().height > 60 * scale;
  });
  return {faults: [...new Set(faults)], shown: shown.length, headline: slide.querySelector("h1, h2").textContent,
          notes: slide.querySelector(".notes").textContent.trim().length};
}"""


OUT_OF_THE_POSTER = """() => {
  const out = [], bound = document.querySelector("main").getBoundingClientRect();
  if (document.documentElement.scrollWidth > innerWidth) out.push("scrolls sideways");
  for (const part of document.querySelectorAll("main *")) {
    if (part.closest("svg, mjx-assistive-mml")) continue;
    const own = part.getBoundingClientRect(), section = part.closest("section, header, footer").getBoundingClientRect();
    if (own.right > section.right + 2 || own.bottom > section.bottom + 2 || own.bottom > bound.bottom + 1)
      out.push(`${part.tagName} ${part.textContent.trim().slice(0, 40)}`);
  }
  return out;
}"""


def open_deck(name, html, browser):
    """The deck's page, with the requests to other places and the messages of its console."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    page = context.new_page()
    page.problems = []
    page.on("request", lambda request: request.url.startswith(("file:", "data:", "blob:"))
            or page.problems.append(f"asks for {request.url}"))
    page.on("requestfailed", lambda request: page.problems.append(f"not loaded: {request.url}"))
    page.on("pageerror", lambda error: page.problems.append(f"error: {error}"))
    page.on("console", lambda message: message.type in ("error", "warning") and page.problems.append(message.text))
    page.goto(f"{html.as_uri()}/talks/{name}.html")
    page.wait_for_selector(".reveal.ready")
    page.evaluate("document.fonts.ready.then(() => true)")
    return page


def test_there_is_a_deck_for_each_chapter_and_two_for_the_whole(html):
    assert {*CHAPTERS, "seminar", "four_lectures"} == set(DECKS)
    assert {path.stem for path in (html / "talks").glob("*.html")} == {*DECKS, "poster"}
    listed = (html / "book" / "talks.html").read_text(encoding="utf-8")
    assert all(f'href="../talks/{name}.html"' in listed for name in DECKS)


@pytest.mark.parametrize("name", DECKS)
def test_each_slide_fits_and_can_be_read_and_shows_what_it_names(name, html, browser):
    deck = DECKS[name]
    page = open_deck(name, html, browser)
    assert page.evaluate("Reveal.getTotalSlides()") == len(deck.slides) + 1 and 12 <= len(deck.slides) + 1 <= 20
    faults = []
    for size in ((1280, 720), (1920, 1080)):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        for n in range(len(deck.slides) + 1):
            page.evaluate("n => Reveal.slide(n)", n)
            seen = page.evaluate(LOOK, 24)
            faults += [f"{size[1]}, slide {n + 1}: {fault}" for fault in seen["faults"]]
            if n:
                named = sum(kind in talks.SHOWN for kind, _ in deck.slides[n - 1].parts)
                if seen["shown"] != named:
                    faults.append(f"slide {n + 1} shows {seen['shown']} of {named} things")
            if seen["notes"] < 20:
                faults.append(f"slide {n + 1} tells the speaker nothing")
    page.context.close()
    assert faults + page.problems == []


def test_arrows_and_a_clicker_turn_slides_and_a_slider_keeps_its_keys(html, browser):
    page = open_deck("01", html, browser)
    at = "Reveal.getIndices().h"
    for key, expected in (("ArrowRight", 1), ("PageDown", 2), (" ", 3), ("ArrowLeft", 2), ("PageUp", 1)):
        page.keyboard.press(key)
        assert page.evaluate(at) == expected, key
    n = next(i for i, slide in enumerate(DECKS["01"].slides, 1) if slide.parts[0][0] == "explorable")
    page.evaluate("n => Reveal.slide(n)", n)
    slider = page.locator("section.present input[type=range]")
    value = slider.input_value()
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate(at) == n and slider.input_value() != value
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowRight")
    assert page.evaluate(at) == n + 1
    page.keyboard.press("ArrowLeft")
    slider.click()
    page.wait_for_timeout(50)
    page.keyboard.press("ArrowRight")
    assert page.evaluate(at) == n + 1, "after the mouse the arrows turn slides"
    slider_page = page.evaluate("n => { Reveal.slide(n); return Reveal.getIndices().h; }", n)
    slider.focus()
    page.keyboard.press("PageDown")
    assert page.evaluate(at) == slider_page + 1, "a clicker turns slides whatever has the focus"
    page.context.close()


def test_an_explorable_and_a_simulation_live_in_a_deck(html, browser, until):
    page = open_deck("01", html, browser)
    for kind in ("explorable", "live"):
        n = next(i for i, slide in enumerate(DECKS["01"].slides, 1) if slide.parts[0][0] == kind)
        page.evaluate("n => Reveal.slide(n)", n)
        if kind == "explorable":
            before = page.locator("section.present .te-frame").inner_html()
            page.locator("section.present input[type=range]").press("End")
            until(page, "old => document.querySelector('section.present .te-frame').innerHTML !== old", before)
        else:
            picture = "document.querySelector('section.present canvas').toDataURL()"
            until(page, f"old => {picture} !== old", page.evaluate(picture))
    assert page.problems == []
    page.context.close()


def test_the_speaker_sees_the_notes_and_both_windows_turn_together(html, browser, until):
    page = open_deck("01", html, browser)
    with page.expect_popup() as opened:
        page.keyboard.press("s")
    desk = opened.value
    desk.wait_for_selector(".reveal.ready")
    page.keyboard.press("ArrowRight")
    until(desk, "document.querySelector('.said').textContent.includes('count hands')")
    assert desk.locator(".preview h2").inner_text().startswith("One energy ties")
    assert desk.evaluate("""() => {
        const box = document.querySelector(".preview .reveal").getBoundingClientRect(), edge = innerHeight + 1;
        const slide = document.querySelector(".preview section").getBoundingClientRect();
        return [box.bottom < edge, Math.abs(slide.width - box.width) < 4, Math.abs(slide.height - box.height) < 4];
    }""") == [True] * 3
    desk.keyboard.press("ArrowRight")
    until(page, "Reveal.getIndices().h === 2")
    assert page.locator(".notes").first.is_hidden() and page.problems == []
    page.keyboard.press("o")
    places = page.evaluate("""() => Reveal.getSlides().map(slide => {
        const {left, right, top, bottom} = slide.getBoundingClientRect();
        return left >= 0 && right <= innerWidth && top >= 0 && bottom <= innerHeight && `${left} ${top}`;
    })""")
    assert all(places) and len(set(places)) == len(DECKS["01"].slides) + 1, "O shows all slides beside each other"
    page.keyboard.press("o")
    page.keyboard.press("Shift+?")
    page.wait_for_selector(".r-overlay-help table")
    assert page.evaluate("""() => {
        const list = document.querySelector(".r-overlay-help table").getBoundingClientRect();
        return list.top >= 0 && list.bottom <= innerHeight;
    }"""), "the list of keys leaves the window"
    page.context.close()


def test_the_poster_fits_one_page_and_its_numbers_are_the_library_s(html, browser, tmp_path):
    path, = print_talks(["poster"], browser, html, tmp_path)
    printed = path.read_bytes()
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1
    width, height = map(float, re.search(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)", printed).groups())
    assert (width, height) == pytest.approx((420 / 25.4 * 72, 297 / 25.4 * 72), abs=1)
    context = browser.new_context(bypass_csp=True)
    page = context.new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{html.as_uri()}/talks/poster.html")
    for medium, size in (("print", (1587, 1123)), ("screen", (1600, 1100)), ("screen", (1280, 800)),
                         ("screen", (390, 800)), ("screen", (320, 800))):
        page.emulate_media(media=medium)
        page.set_viewport_size({"width": size[0], "height": size[1]})
        assert page.evaluate(OUT_OF_THE_POSTER) == [], (medium, size)
        assert Axe().run(page).response["violations"] == []
    assert all(url.startswith((html.as_uri(), "data:")) for url in asked) and len(set(asked)) <= 12
    text = page.locator("main").inner_text().replace("\xa0", " ")
    for tau in (10.0, 1.0):
        assert f"τ = {tau:4.1f} fs: β_int = {torques.beta_intrinsic(J=1.0, tau=tau):.2f}" in text
    for tau_s in (10.0, 20.0):
        row = page.locator("tr", has_text=f"τ_s = {tau_s:.0f} fs").inner_text().split()
        expected = torques.beta_intrinsic(J=0.5, tau=tau_s)
        assert [float(number) for number in row[-3:-1]] == pytest.approx([expected, expected], rel=2e-3)
    assert '<a href="../talks/poster.html">' in (html / "book" / "index.html").read_text(encoding="utf-8")
    context.close()


def test_a_talk_to_print_that_is_not_there_is_named(tmp_path):
    with pytest.raises(SystemExit, match="run `make slides` first"):
        asked([], tmp_path)
    (tmp_path / "talks").mkdir()
    for name in ("01", "seminar"):
        (tmp_path / "talks" / f"{name}.html").touch()
    assert asked([], tmp_path) == ["01", "seminar"] and asked(["seminar"], tmp_path) == ["seminar"]
    with pytest.raises(SystemExit, match="no talk '1'; there are 01, seminar"):
        asked(["1"], tmp_path)


def test_a_deck_prints_a_slide_a_page(html, browser, tmp_path):
    path, = print_talks(["seminar"], browser, html, tmp_path)
    pages = re.findall(rb"/Type\s*/Page\b", path.read_bytes())
    assert len(pages) == len(DECKS["seminar"].slides) + 1
    page = browser.new_page()
    page.goto(f"{html.as_uri()}/talks/seminar.html?print-pdf")
    page.wait_for_selector(".pdf-page svg[data-fitted]")
    sizes = page.evaluate("""() => [...document.querySelectorAll(".shown svg text[style*=font-size]")].filter(
        word => !word.closest(".te-strip")).map(
        word => parseFloat(word.style.fontSize) * Math.hypot(word.getCTM().a, word.getCTM().b))""")
    assert len(sizes) > 50 and min(sizes) > 23.95
    page.close()


def test_figures_are_those_of_the_pages(html):
    """Taken, not copied: each drawing of a deck stands on the page of its chapter, letter for letter."""
    pages = "".join(path.read_text(encoding="utf-8") for path in (html / "book").glob("*.html"))
    found = 0
    for path in (html / "talks").glob("*.html"):
        for drawing in re.findall(r"<svg role=\"img\".*?</svg>", path.read_text(encoding="utf-8"), re.DOTALL):
            found += 1
            assert drawing in pages, f"{path.name}: {drawing[:120]}"
    assert found > 100


def test_the_policy_of_a_deck_is_that_of_a_page(html):
    for path in (html / "talks").glob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert "script-src 'self' 'sha256-" in text or "<script>" not in text
        assert not re.findall(r'<[^>]* on[a-z]+="', text)


# ------------------------------------------------------------------ what a deck may say

QUESTION = (":::{admonition} Commit before you read on\n:class: tip commit\nWhich?\n\n"
            "- **(a)** This,\n- **(b)** that.\n\nWrite your answer down.\n:::")


def chapter(*shown):
    made = Chapter(SimpleNamespace(), "book/01_x")
    made.__dict__.update(cells=[SimpleNamespace(source=QUESTION)], shown=list(shown))
    return made


def test_a_deck_is_read_as_it_is_written(tmp_path):
    path = tmp_path / "01.md"
    path.write_text("title: A deck\nminutes: 10\n---\n# One\n\nwords\n\nfigure: ch01.two\nequation: 1.3\n\nmore\n\n"
                    "notes:\nSay it.\n---\n# Two\n\nvote: ch01\n")
    deck = Deck.read(path)
    assert deck.head == {"title": "A deck", "minutes": "10"}
    first, second = deck.slides
    assert first.headline == "One" and first.notes == "Say it." and first.line == 4 and second.line == 16
    assert first.parts == [("text", "words"), ("figure", "ch01.two"), ("equation", "1.3"), ("text", "more")]
    assert second.parts == [("vote", "ch01")] and second.notes == ""


def test_the_question_is_the_chapters():
    assert chapter().question() == ("Which?", {"a": "This", "b": "that"})


def test_a_name_must_name_one_thing():
    figure = '<figure class="torque-figure"><svg></svg></figure>'
    made = chapter(({"c1", "bands"}, figure), ({"c2", "twice"}, figure), ({"c3", "twice"}, figure),
                   ({"c4"}, "<pre>1</pre>"), ({"c4"}, "<pre>2</pre>"))
    assert made.find("figure", "bands") == figure and made.find("output", "c4") == "<pre>1</pre><pre>2</pre>"
    for kind, name, said in (("figure", "none", "0 things"), ("figure", "twice", "2 things"), ("live", "bands", "0 th"),
                             ("output", "bands", "0 things")):
        with pytest.raises(Mistake, match=f"{said}.*{kind}.*{name}"):
            made.find(kind, name)


def test_a_file_is_linked_when_it_is_there_and_else_its_command_is_named(tmp_path):
    app = SimpleNamespace(outdir=tmp_path / "html", builder=SimpleNamespace(format="html"))
    page, made = tmp_path / "html" / "book" / "talks.html", tmp_path / "latex" / "book.pdf"
    page.parent.mkdir(parents=True)
    page.write_text(downloads.place("latex/book.pdf", "make pdf") + downloads.place("talks/01.pdf"))
    downloads.link_files(app, None)
    assert "<code>make pdf</code>" in page.read_text() and "href" not in page.read_text()
    made.parent.mkdir()
    made.write_bytes(b"%PDF" * 500_000)
    downloads.link_files(app, None)
    assert '<a href="../downloads/book.pdf">book.pdf</a>, 2.0 MB' in page.read_text()
    assert (tmp_path / "html" / "downloads" / "book.pdf").read_bytes() == made.read_bytes()
    made.unlink()
    downloads.link_files(app, None)
    assert "href" not in page.read_text() and not (tmp_path / "html" / "downloads" / "book.pdf").exists()
