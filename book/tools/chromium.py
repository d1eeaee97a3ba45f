"""Chromium for tools and tests: the system's, else Playwright's own."""

import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Error, sync_playwright

WITH_WINDOWS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
NAMES = ("chromium-headless-shell", *WITH_WINDOWS)
"""The shell without windows first: a page opens in half the time."""

OPTIONS = ("--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
           " --disable-component-update --disable-sync").split()
MISSING = """\
This needs Chromium, and none was found or could be installed.
Install it (Debian, Ubuntu: apt-get install chromium; macOS: brew install --cask chromium) or let Playwright
fetch its own: .venv/bin/playwright install --with-deps chromium"""


def path(names=NAMES):
    """Return where the system's browser is, or None."""
    return next(filter(None, map(shutil.which, names)), None)


@contextmanager
def chromium():
    """A browser without a window. Where there is none, Playwright fetches its own."""
    with sync_playwright() as playwright:
        found = path()
        if found is None and not Path(playwright.chromium.executable_path).exists():
            subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], stdin=subprocess.DEVNULL)
        try:
            browser = playwright.chromium.launch(executable_path=found, args=OPTIONS)
        except Error as error:
            raise SystemExit(f"{MISSING}\n\n{error}") from None
        yield browser
        browser.close()
