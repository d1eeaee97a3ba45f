"""The text of the book, for the search in the page: one script that also loads from a file.

An entry is [kind, page, anchor, title, text, title of the page], the kinds being those of KINDS. Formulas stand in it
as a reader sees them, in letters; code and printed output are left out.
"""

import html
import json
import re
from pathlib import Path
from xml.etree import ElementTree

import yaml
from boxes import Box, BoxTitle
from docutils import nodes
from numbers_of_equations import TAG, anchor_of
from sphinx import addnodes

KINDS = ("equation", "term", "section", "box", "code")
CAPTION = re.compile(r'<figcaption[^>]*>(.*?)</figcaption>', re.DOTALL)
OPENING = "BOOK_TEXT = "
RAISED = str.maketrans("0123456789+−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻")


def in_line(node):
    """Return a formula's MathML as one writes it on a line: x², a/b, √c."""
    kind, parts = node.tag.rpartition("}")[2], [in_line(child) for child in node]
    if kind == "mfrac":
        return "/".join(map(bracketed, parts))
    if kind == "msqrt":
        return "√" + bracketed("".join(parts))
    if kind in ("msup", "msubsup"):
        return "".join(parts[:-1]) + parts[-1].translate(RAISED)
    return (node.text or "").replace("\u2061", " ") + "".join(parts)  # sin φ


def bracketed(text):
    return text if text.isalnum() else f"({text})"


class Reader:
    """Walks through one page and collects its entries."""

    def __init__(self, app, page, titles):
        self.typeset, self.page, self.titles = app.typesetter.typeset, page, titles
        self.entries = []

    def letters(self, tex):
        """Return a formula as a line of letters."""
        found = re.search(r"<math.*</math>", self.typeset(tex, False), re.DOTALL)
        return in_line(ElementTree.fromstring(found[0])) if found else ""

    def words(self, node):
        """Return the text of `node` with its formulas in letters."""
        parts = (self.letters(part.astext()) if isinstance(part.parent, nodes.math) else part.astext()
                 for part in node.findall(nodes.Text))
        return " ".join("".join(parts).split())

    def entry(self, kind, anchor, title):
        self.entries.append([kind, self.page, anchor, title, []])
        return self.entries[-1][-1]

    def read(self, node, text):
        for child in node.children:
            if isinstance(child, nodes.section) and child["ids"]:
                self.read(child, self.entry("section", child["ids"][0], self.words(child[0])))
            elif isinstance(child, Box):
                self.read(child, self.entry("box", child["ids"][0], self.words(child[0])))
            elif isinstance(child, nodes.definition_list_item) and child[0]["ids"]:
                names = ", ".join(self.words(name) for name in child.children if isinstance(name, nodes.term))
                self.read(child[-1], self.entry("term", child[0]["ids"][0], names))
            elif isinstance(child, addnodes.desc):
                name = child[0]["ids"][0] if child[0]["ids"] else ""
                if name:
                    first = next((line for block in child.findall(nodes.literal_block)
                                  for line in block.astext().splitlines() if line.strip()), "")
                    self.entry("code", name, name.removeprefix("torquelib.")).append(first.strip())
                for inner in child.findall(addnodes.desc_content):
                    self.read(inner, [])
                    break
            elif isinstance(child, nodes.math_block):
                for number in TAG.findall(child.astext()):
                    self.entry("equation", anchor_of(number), f"({number})").append(self.titles.get(number, ""))
            elif isinstance(child, nodes.math):
                text.append(self.letters(child.astext()))
            elif isinstance(child, nodes.bullet_list) and "equation-map" in child["classes"]:
                pass  # the equations are entries themselves
            elif isinstance(child, nodes.raw):
                text += [html.unescape(re.sub(r"<[^>]*>", "", found)) for found in CAPTION.findall(child.astext())]
            elif isinstance(child, nodes.Text):
                text.append(child.astext())
            elif not isinstance(child, (nodes.title, BoxTitle, nodes.literal_block, nodes.image, nodes.comment)):
                self.read(child, text)
                if isinstance(child, (nodes.TextElement, nodes.Admonition)) and not isinstance(child, nodes.Inline):
                    text.append(" ")


def read_page(app, page, template, context, doctree):
    if doctree is None:
        return
    equations = yaml.safe_load(Path(app.srcdir, "book", "equations.yml").read_text(encoding="utf-8"))
    reader = Reader(app, page, {entry["number"]: entry["title"] for entry in equations})
    reader.read(doctree, [])
    where = html.unescape(re.sub(r"<[^>]*>", "", context["title"]))
    found = [[kind, page, anchor, title, " ".join("".join(text).split()), where]
             for kind, page, anchor, title, text in reader.entries]
    section = where
    for entry in found:  # a number of the book's own says where it stands
        if entry[0] == "section":
            section = entry[3]
        elif entry[0] == "equation" and not entry[4]:
            entry[4] = section
    app.book_text = {**getattr(app, "book_text", {}), page: found}


def write_text(app, exception):
    """Write the entries of the pages of this build, and those of the others as they were."""
    if exception is not None or app.builder.format != "html":
        return
    path = Path(app.outdir, "_static", "search-text.js")
    known = {}
    if path.exists():
        for entry in json.loads(path.read_text(encoding="utf-8").removeprefix(OPENING)):
            known.setdefault(entry[1], []).append(entry)
    pages = {**known, **getattr(app, "book_text", {})}
    entries = [entry for page in reading_order(app.env, app.config.root_doc) for entry in pages.get(page, [])]
    path.write_text(OPENING + json.dumps(entries, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")


def reading_order(env, page):
    yield page
    for child in env.toctree_includes.get(page, ()):
        yield from reading_order(env, child)


def own_search_page(app):
    """In place of Sphinx's index and search page."""
    app.builder.search = False


def setup(app):
    app.config.templates_path.append(str(Path(__file__).parent / "templates"))
    app.config.html_additional_pages = {**app.config.html_additional_pages, "search": "search.html"}
    app.connect("builder-inited", own_search_page)
    app.connect("html-page-context", read_page)
    app.connect("build-finished", write_text, priority=300)  # the typesetter stops at 400
    return {"parallel_read_safe": True, "parallel_write_safe": False}
