"""Lighthouse on pages of the built book, as a table: `make audit`, or `make audit PAGES="book/10_domain_walls search"`;
`make weights` prints what each page loads, without npm.

Pages are served compressed, as a web server does. Numbers of a busy machine are low: compare runs of a quiet one.
"""

import gzip
import json
import os
import shutil
import subprocess
import sys
import tempfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import chromium

HTML = Path(__file__).resolve().parents[2] / "_build" / "html"
LIGHTHOUSE = "lighthouse@12.8.2"
PAGES = ("book/index", "book/01_electrons_in_a_texture", "book/05_spin_spirals", "book/07_vertex_corrections",
         "book/10_domain_walls", "book/14_chiral_connection", "book/equation_map", "book/reference", "search")
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")


class Compressed(SimpleHTTPRequestHandler):
    """Serves text compressed."""

    def do_GET(self):  # noqa: N802 - the name that http.server calls
        path = Path(self.translate_path(self.path))
        if path.suffix not in (".html", ".css", ".js") or not path.is_file():
            super().do_GET()
            return
        body = gzip.compress(path.read_bytes(), 6)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


def missing(pages=()):
    """Return what is missing for an audit, in words, or nothing; pages = ["--weights"] needs the book alone."""
    if not (HTML / "index.html").exists():
        return "The book is not built: run `make book` first."
    if pages == ["--weights"]:
        return ""
    if absent := [page for page in pages if not (HTML / f"{page}.html").exists()]:
        return f"There is no page {absent[0]!r} in {HTML}; a page's name is as {PAGES[0]!r}."
    if shutil.which("npx") is None:
        return "Lighthouse comes by npm, and npm was not found (Debian, Ubuntu: apt-get install npm)."
    if chromium.path(chromium.WITH_WINDOWS) is None:
        return "Lighthouse needs Chromium or Chrome, and none was found (Debian, Ubuntu: apt-get install chromium)."
    return ""


def report(address, preset):
    """Return Lighthouse's report on one page."""
    flags = "--headless --no-sandbox --disable-gpu --disable-quic --disable-background-networking"
    with tempfile.TemporaryDirectory() as folder:
        command = ["npx", "--yes", LIGHTHOUSE, address, "--quiet", "--output=json",
                   f"--output-path={folder}/report.json", f"--chrome-flags={flags}",
                   f"--only-categories={','.join(CATEGORIES)}"]
        result = subprocess.run([*command, "--preset=desktop"] if preset == "desktop" else command, capture_output=True,
                                text=True, env={**os.environ, "CHROME_PATH": chromium.path(chromium.WITH_WINDOWS)})
        if not Path(folder, "report.json").exists():
            sys.exit(f"Lighthouse did not run:\n{result.stderr[-2000:]}")
        return json.loads(Path(folder, "report.json").read_text(encoding="utf-8"))


def row(address, page):
    cells = [page]
    for preset in ("desktop", "mobile"):
        found = report(f"{address}/{page}.html", preset)
        audits = found["audits"]
        cells += [f"{100 * (found['categories'][name]['score'] or 0):.0f}" for name in CATEGORIES]
        cells += [f"{audits['largest-contentful-paint']['numericValue'] / 1000:.1f} s",
                  f"{audits['cumulative-layout-shift']['numericValue']:.3f}"]
    requests = audits["network-requests"]["details"]["items"]
    size = sum(item.get("transferSize", 0) for item in requests) / 1000
    return [*cells, f"{size:.0f} kB / {len(requests)}"]


def weights(address):
    """Print what each page loads at first, text compressed, heaviest first."""
    rows = []
    with chromium.chromium() as browser:
        for file in (*sorted((HTML / "book").rglob("*.html")), HTML / "search.html", HTML / "genindex.html"):
            page, sizes = browser.new_page(), {}
            page.on("response", lambda response, sizes=sizes: sizes.update(
                {response.url: int(response.headers.get("content-length", 0))}))
            page.goto(f"{address}/{file.relative_to(HTML)}", wait_until="networkidle")
            rows.append((sum(sizes.values()) / 1000, sizes[page.url] / 1000, len(sizes), file.relative_to(HTML)))
            page.close()
    print("| page | kB, compressed | of it the page itself | requests |\n|---|---|---|---|")
    for total, own, requests, name in sorted(rows, reverse=True):
        print(f"| {name} | {total:.0f} | {own:.0f} | {requests} |")


def main(pages):
    if message := missing(pages):
        sys.exit(message)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Compressed, directory=str(HTML)))
    Thread(target=server.serve_forever, daemon=True).start()
    if pages == ["--weights"]:
        weights(f"http://127.0.0.1:{server.server_port}")
        return
    names = ["perf", "acc", "best", "seo", "LCP", "CLS"]
    print("| page | " + " | ".join([f"desktop {n}" for n in names] + [f"mobile {n}" for n in names]) + " | weight |")
    print("|---" * 14 + "|")
    for page in pages or PAGES:
        print("| " + " | ".join(row(f"http://127.0.0.1:{server.server_port}", page)) + " |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
