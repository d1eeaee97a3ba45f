"""What the tests share: the medium of the notebooks under test, and the built book in a real browser."""

import os
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import nbval.kernel
import pytest
import yaml

ROOT = Path(__file__).parent
sys.path[:0] = [str(ROOT / "book" / "tools"), str(ROOT / "book")]  # the build's tools, and the chapters' figures

from execution import jobs, own_sockets  # noqa: E402

os.environ["TORQUELIB_MEDIUM"] = "text"  # the kernels that nbval starts inherit it

HTML = ROOT / "_build" / "html"
BARE_PAGE = (
    '<!doctype html><html lang="en" data-theme="light"><head><meta charset="utf-8"><title>t</title><style>'
    "html{color:#111;background:#fff}html[data-theme=dark]{color:#eee;background:#121212}</style></head>"
)


class SocketKernelManager(nbval.kernel.KernelManager):
    """A kernel manager whose kernels cannot take each other's ports, for nbval, which has no option for it."""

    def __init__(self, **options):
        super().__init__(config=own_sockets(), **options)


nbval.kernel.KernelManager = SocketKernelManager


def pytest_configure(config):
    """Without the compiler, unsigned integers of the kernels wrap around aloud."""
    if os.environ.get("NUMBA_DISABLE_JIT") == "1":
        wraps = "ignore:overflow encountered in scalar:RuntimeWarning:torquelib.llg.kernels"
        config.addinivalue_line("filterwarnings", wraps)


@pytest.hookimpl(optionalhook=True)  # xdist may be missing
def pytest_xdist_auto_num_workers(config):
    """Answer `pytest -n auto`."""
    return jobs()


def toc_files(node):
    """Return the pages that a part of _toc.yml names, in reading order."""
    if isinstance(node, list):
        return [file for item in node for file in toc_files(item)]
    if isinstance(node, dict):
        own = [node[key] for key in ("root", "file") if key in node]
        return own + [file for value in node.values() for file in toc_files(value)]
    return []


def pytest_generate_tests(metafunc):
    """Run a test that asks for `page_name` once for each page of the built book."""
    if "page_name" in metafunc.fixturenames:
        pages = toc_files(yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8")))
        metafunc.parametrize("page_name", [*pages, "search", "genindex"], scope="module")


@pytest.fixture(scope="session")
def html():
    """The folder of the built book."""
    if not (HTML / "index.html").exists():
        pytest.fail("The book is not built: run `make book` first, or `make test`, which does.")
    return HTML


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture(scope="session")
def site(html):
    """The address of the built book, served over http."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(html)))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium: the system's, else Playwright's own, fetched if need be."""
    from chromium import chromium  # Playwright is not everywhere that the library is tested

    with chromium() as running:
        yield running


@pytest.fixture
def open_page(browser, tmp_path):
    """A function that opens fragments of HTML as one file; a script's error or a request to anywhere fails the test."""
    pages, faults = [], []

    def opened(*fragments, width=390, **options):
        path = tmp_path / "page.html"
        path.write_text(f"{BARE_PAGE}<body><main>{''.join(fragments)}</main></body></html>", encoding="utf-8")
        page = browser.new_page(viewport={"width": width, "height": 900}, **options)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda message: message.type == "error" and faults.append(message.text))
        page.on("request", lambda request: request.url.startswith(("file:", "data:")) or faults.append(request.url))
        page.goto(path.as_uri())
        pages.append(page)
        return page

    yield opened
    for page in pages:
        page.context.close()
    assert not faults


@pytest.fixture(scope="session")
def until():
    """A function that waits until an expression holds in a page: Playwright's own needs eval, which pages forbid."""
    def wait(page, expression, arg=None):
        for _ in range(200):
            if page.evaluate(expression, arg):
                return
            page.wait_for_timeout(50)
        pytest.fail(f"never true: {expression}")
    return wait
