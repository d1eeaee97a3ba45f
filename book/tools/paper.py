"""The book on paper: what LaTeX needs and the pages do not.

A chapter bears the number of its file, and its solutions stand together at its end; a formula keeps its number and can
be referred to; a figure stays with its caption on one page; a table fits the page.
"""

import re

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx_exercise.nodes import exercise_enumerable_node, exercise_node, solution_node

FIGURE = re.compile(r"Figure \d+(\.\d+)?\.")
WITHOUT_NUMBER, NUMBERED = r"\setcounter{secnumdepth}{-2}", r"\setcounter{secnumdepth}{1}\setcounter{chapter}{%d}"


class Paper(SphinxPostTransform):
    default_priority = 950  # after sphinx-exercise has written the titles, and after the links are made
    formats = ("latex",)

    def run(self, **options):
        self.collect_solutions()
        for page in self.document.findall(addnodes.start_of_file):
            number = re.match(r"(\d+)_", page["docname"].split("/")[-1])
            page.insert(0, raw(NUMBERED % (int(number[1]) - 1) if number else WITHOUT_NUMBER))
        for title in self.document.findall(nodes.title):
            if title.astext() == "Part":  # the part of _toc.yml that has no caption
                title[:] = [nodes.Text("Before you start")]
        for exercise in list(self.document.findall(
                lambda node: isinstance(node, exercise_node | exercise_enumerable_node))):
            place = f"{self.page_of(exercise['label'])}:{exercise['label']}"
            exercise.parent.insert(exercise.parent.index(exercise),
                                   raw(rf"\phantomsection\label{{\detokenize{{{place}}}}}"))
        for reference in list(self.document.findall(addnodes.number_reference)):
            self.number(reference)
        for formula in list(self.document.findall(nodes.math_block)):
            set_formula(formula)
        for caption in list(self.document.findall(nodes.paragraph)):
            parent = caption.parent
            if FIGURE.match(caption.astext()) and any(parent.findall(nodes.image)):
                parent.insert(0, raw("\\begin{center}\\begin{minipage}{\\linewidth}\\centering\n"))
                parent.append(raw("\\end{minipage}\\end{center}\n"))
        for table in list(self.document.findall(nodes.table)):
            table.parent.insert(table.parent.index(table), addnodes.tabular_col_spec(spec=columns(table)))

    def number(self, reference):
        """Write the number of an exercise as the pages have it: LaTeX counts in its own way."""
        page, _, label = reference.get("refuri", "").removeprefix("%").partition("#")
        for numbers in self.env.toc_fignumbers.get(page, {}).values():
            if label in numbers:
                text = "Exercise " + ".".join(map(str, numbers[label]))
                reference.replace_self(nodes.reference("", text, internal=True, refuri=reference["refuri"]))

    def collect_solutions(self):
        """Move the solutions of each chapter into a section of their own, at its end."""
        sections = {}
        pages = {page["docname"]: page for page in self.document.findall(addnodes.start_of_file)}
        for solution in list(self.document.findall(solution_node)):
            page = self.page_of(solution["target_label"])
            if page in pages:
                if page not in sections:
                    sections[page] = nodes.section("", nodes.title("", "Solutions"), ids=["solutions"])
                    next(pages[page].findall(nodes.section)).append(sections[page])
                solution.parent.remove(solution)
                sections[page] += solution

    def page_of(self, label):
        """Return the name of the page on which the exercise stands: all pages are one document here."""
        return self.env.sphinx_exercise_registry[label]["docname"]


def raw(tex):
    return nodes.raw("", tex, format="latex")


def set_formula(formula):
    if formula["ids"]:
        formula.parent.insert(formula.parent.index(formula), nodes.target("", "", ids=formula["ids"]))
        formula["ids"] = []
    if not formula.get("nowrap"):  # Sphinx would wrap it in `split`, which has no \tag
        tex = re.sub(r"\n\s*\n", "\n", formula.astext().strip())
        formula[:] = [nodes.Text(f"\\begin{{equation*}}\n{tex}\n\\end{{equation*}}")]
        formula["nowrap"] = True


def columns(table):
    """Return the columns of a table as shares of the line: wide where a cell is long, enough for its longest word."""
    rows = [[re.sub(r"\\[a-zA-Z]+|[{}$^_]", "", cell.astext()) for cell in row.findall(nodes.entry)]
            for row in table.findall(nodes.row)]
    widths = []
    for cells in zip(*rows):
        word = max(len(word) for cell in cells for word in cell.split() or [""])
        widths.append(max(min(max(map(len, cells)), 45), word, 10) + 3)
    return "".join(rf"\X{{{width}}}{{{max(sum(widths), 75)}}}" for width in widths)


def setup(app):
    app.add_post_transform(Paper)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
