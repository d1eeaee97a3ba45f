"""Files that other commands make of the built book: a page links to those that are there, or says how to make them.

`place` marks where a link may stand. Each build looks again, also when it does not write the page anew.
"""

import re
import shutil
from functools import partial
from pathlib import Path

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

FILES = {"intrinsic-spin-torque-figures.zip": ("all figures", "make figures"),
         "latex/book.pdf": ("the book on paper", "make pdf"),
         "talks/poster.pdf": ("the poster, A3", "make talks-pdf")}
MARK = re.compile(r"<!--made (\S+) by ([^>]*)-->.*?<!--/made-->", re.DOTALL)


def place(path, command=""):
    """Return the mark for the file `path` of the build's folder, which `command` makes."""
    return f"<!--made {path} by {command}--><!--/made-->"


class Downloads(SphinxDirective):
    """The list of FILES."""

    def run(self):
        rows = (f"<li>{words}: {place(path, command)}</li>" for path, (words, command) in FILES.items())
        return [nodes.raw("", f"<ul>{''.join(rows)}</ul>", format="html")]


def link(outdir, match):
    """Return the mark `match` with a link to a copy of its file beside the pages, or with the command."""
    path, command = match.groups()
    made = outdir.parent / path
    copy = outdir / "downloads" / made.name
    if made.exists():
        copy.parent.mkdir(exist_ok=True)
        shutil.copy2(made, copy)
        size = f", {made.stat().st_size / 1e6:.1f} MB" if command else ""  # in the narrow column of a table: none
        text = f'<a href="../downloads/{made.name}">{made.name}</a>{size}'
    else:
        copy.unlink(missing_ok=True)
        text = f"not made with these pages; <code>{command}</code> makes it" if command else ""
    return f"<!--made {path} by {command}-->{text}<!--/made-->"


def link_files(app, exception):
    page = Path(app.outdir, "book", "talks.html")
    if exception is None and app.builder.format == "html" and page.exists():
        page.write_text(MARK.sub(partial(link, Path(app.outdir)), page.read_text(encoding="utf-8")), encoding="utf-8")


def setup(app):
    app.add_directive("downloads", Downloads)
    app.connect("build-finished", link_files)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
