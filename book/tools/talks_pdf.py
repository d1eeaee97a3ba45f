"""Print the poster and each talk of the built book, a slide a page: `make talks-pdf`, some with TALKS="01 seminar"."""

import sys
from pathlib import Path

from chromium import chromium

BUILD = Path(__file__).resolve().parents[2] / "_build"


def print_talks(names, browser, html, folder):
    """Write NAME.pdf into `folder` for each of `names`, talks or poster of the book `html`, and yield its path."""
    folder.mkdir(parents=True, exist_ok=True)
    page = browser.new_page(viewport={"width": 1280, "height": 720}, bypass_csp=True)  # Playwright's waiting needs eval
    for name in names:
        page.goto(f"{(html / 'talks' / name).as_uri()}.html?print-pdf")
        page.wait_for_function("!window.Reveal || Reveal.isReady() && document.querySelector('.pdf-page')")
        page.evaluate("document.fonts.ready.then(() => true)")
        page.pdf(path=folder / f"{name}.pdf", prefer_css_page_size=True, print_background=True)
        yield folder / f"{name}.pdf"
    page.close()


def asked(names, html):
    """Return the talks of the book `html` that `names` ask for, all without a name."""
    there = sorted(path.stem for path in (html / "talks").glob("*.html"))
    if not there:
        raise SystemExit("The slides are not made: run `make slides` first.")
    if absent := [name for name in names if name not in there]:
        raise SystemExit(f"There is no talk {absent[0]!r}; there are {', '.join(there)}.")
    return names or there


if __name__ == "__main__":
    names = asked(sys.argv[1:], BUILD / "html")
    with chromium() as browser:
        for path in print_talks(names, browser, BUILD / "html", BUILD / "talks"):
            print(path)
