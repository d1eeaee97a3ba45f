"""Print each talk of the built book by Chromium, a slide a page: `make talks-pdf`, or some with TALKS="01 seminar"."""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

BUILD = Path(__file__).resolve().parents[2] / "_build"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def print_talks(names, browser, folder):
    """Write NAME.pdf into `folder` for each of `names`, and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    page, written = browser.new_page(viewport={"width": 1280, "height": 720}), []
    for name in names:
        page.goto(f"{(BUILD / 'html' / 'talks' / name).as_uri()}.html?print-pdf")
        page.wait_for_function("window.Reveal && Reveal.isReady() && document.querySelector('.pdf-page')")
        page.evaluate("document.fonts.ready.then(() => true)")
        written.append(folder / f"{name}.pdf")
        page.pdf(path=written[-1], prefer_css_page_size=True, print_background=True)
    page.close()
    return written


if __name__ == "__main__":
    asked = sys.argv[1:] or sorted(path.stem for path in (BUILD / "html" / "talks").glob("*.html"))
    with sync_playwright() as playwright:
        path = next(filter(None, map(shutil.which, CHROMIUM)), None)
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for pdf in print_talks(asked, browser, BUILD / "talks"):
            print(pdf)
        browser.close()
