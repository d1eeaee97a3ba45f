"""The page that lists every numbered equation: formula, place in the book, code, check, status."""

import inspect
import re
from pathlib import Path
from pkgutil import resolve_name

import yaml
from docutils import nodes
from numbers_of_equations import TAG, anchor_of, equations
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective

SOURCE = Path("book", "equations.yml")


class equation_map(nodes.General, nodes.Element):  # noqa: N801 - docutils names nodes so
    """Where the list goes, once all pages are read."""


class EquationMap(SphinxDirective):
    def run(self):
        self.env.note_dependency(str(Path(self.env.srcdir, SOURCE)))
        self.env.note_reread()  # the equations stand on other pages
        return [equation_map()]


class WriteMap(SphinxPostTransform):
    """Replace the place of the list by its rows: the paper's equations in their order, then the book's own."""

    default_priority = 5
    formats = ("html", "latex")

    def run(self, **options):
        for place in list(self.document.findall(equation_map)):
            entries = yaml.safe_load(Path(self.env.srcdir, SOURCE).read_text(encoding="utf-8"))
            known = equations(self.env)
            listed = {entry["number"] for entry in entries}
            own = {entry["number"]: entry for entry in entries if "." in entry["number"]}
            rows = [self.row(entry, known) for entry in entries if "." not in entry["number"]]
            others = [own.get(number) or {"number": number, "title": known[number][2], "status": "the book's own"}
                      for number in sorted(set(known) - listed | set(own), key=order) if "." in number]
            parts = [("The paper’s equations", "papers-equations", rows),
                     ("The book’s own", "own-equations", [self.row(entry, known) for entry in others])]
            place.replace_self([
                nodes.section("", nodes.title("", title), nodes.bullet_list("", *found, classes=["equation-map"]),
                              ids=[name]) for title, name, found in parts])

    def row(self, entry, known):
        number = entry["number"]
        page, block, _ = known[number]
        if "chapter" in entry:  # other pages may repeat it
            page = f"book/{entry['chapter']}"
            block = self.env.numbered_equations[page][number][0]
        row = nodes.list_item(classes=["corrected"] if entry["status"] == "corrected" else [])
        row += nodes.paragraph("", "", self.link(f"({number})", page, anchor_of(number), "number"), nodes.Text(" "),
                               nodes.inline("", entry["title"], classes=["title"]), nodes.Text(" "),
                               nodes.inline("", entry["status"], classes=["status"]))
        row += nodes.math_block("", formula(block, number), nowrap=False, number=None)
        if "callable" in entry:
            function, check = entry["callable"], entry["check"].removeprefix("tests/")
            row += nodes.paragraph("", "", nodes.Text("Code: "), self.code(function), nodes.Text(". Confirmed by: "),
                                   nodes.Text(f"{entry['route']}, "), nodes.literal("", check), nodes.Text("."))
        return row

    def link(self, text, page, anchor, name):
        address = self.app.builder.get_relative_uri(self.env.docname, page) + f"#{anchor}"
        return nodes.reference("", text, internal=True, refuri=address, classes=[name])

    def code(self, path):
        """Return a link to the line where the function begins."""
        shown = nodes.literal("", path.removeprefix("torquelib."))
        if self.app.builder.format != "html":  # on paper stands no source
            return shown
        function = resolve_name(path)
        page = "_modules/" + inspect.unwrap(function).__module__.replace(".", "/")
        link = self.link("", page, function.__qualname__, "code")
        link += shown
        return link


def order(number):
    return [int(part) for part in number.split(".")]


def formula(block, number):
    """Return of a displayed block the lines that bear `number`, without it."""
    inner = re.fullmatch(r"\s*\\begin\{align\*?\}(.*)\\end\{align\*?\}\s*", block, re.DOTALL)
    if not inner:
        return TAG.sub("", block).strip()
    lines, kept = re.split(r"\\\\(?:\[[^\]]*\])?", inner[1]), []
    for line in lines if len(TAG.findall(inner[1])) > 1 else ():  # one number is that of all lines
        kept.append(line)
        if TAG.search(line):
            if number in TAG.findall(line):
                break
            kept = []
    else:
        kept = lines
    return r"\begin{aligned}" + r"\\".join(TAG.sub("", line).strip() for line in kept) + r"\end{aligned}"


def setup(app):
    app.add_node(equation_map)
    app.add_directive("equation-map", EquationMap)
    app.add_post_transform(WriteMap)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
