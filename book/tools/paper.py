"""The book on paper: what LaTeX needs and the pages do not.

The title page names the paper and the version; a chapter bears the number of its file; the solutions stand together in
an appendix; a formula keeps its number and can be referred to; a figure stays with its caption on one page, one that
moves as a strip of frames; a table fits the page.
"""

import re
import shutil
import subprocess
from pathlib import Path

import yaml
from docutils import nodes
from sphinx import addnodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx_exercise.nodes import exercise_enumerable_node, exercise_node, solution_node

FIGURE = re.compile(r"Figure \d+(\.\d+)?\.(?!\d)")
WITHOUT_NUMBER, NUMBERED = r"\setcounter{secnumdepth}{-2}", r"\setcounter{secnumdepth}{1}\setcounter{chapter}{%d}"


def keep_apart(app):
    """Give the printed book a store of its own for what was read: pages and paper are read with different settings."""
    if app.outdir.name == "latex":
        app.doctreedir = app.doctreedir.with_name(".doctrees-latex")
        # sphinx-jupyterbook-latex sets this after the store is read, which then seems to be of another book
        app.connect("config-inited", lambda app, config: setattr(config, "numfig_secnum_depth", 2))


def title_page(app, config):
    """Write what CITATION.cff and the repository know into macros for the title page, in torquebook.sty."""
    cited = yaml.safe_load(Path(app.confdir, "CITATION.cff").read_text(encoding="utf-8"))
    title, _, subtitle = cited["title"].partition(": ")
    paper = cited["references"][0]
    names = ", ".join(f"{author['given-names']} {author['family-names']}" for author in paper["authors"])
    version = str(cited["version"])
    if shutil.which("git"):
        command = ["git", "-C", app.confdir, "log", "-1", "--format=%cd, commit %h", "--date=format:%-d %B %Y"]
        version += ", " + subprocess.run(command, capture_output=True, text=True).stdout.strip()
    facts = {"title": title, "subtitle": subtitle[:1].upper() + subtitle[1:], "authors": config.author,
             "version": version.rstrip(", "), "copyright": config.copyright.split(",")[0] + " " + config.author,
             "paper": rf"{names}, \textit{{{paper['title']}}}, {paper['journal']} \textbf{{{paper['volume']}}}, "
                      f"{paper['start']} ({paper['year']})"}
    macros = "\n".join(rf"\newcommand{{\book{name}}}{{{words}}}" for name, words in facts.items())
    config.latex_elements["preamble"] += f"\n{macros}"


class Paper(SphinxPostTransform):
    default_priority = 950  # after sphinx-exercise has written the titles, and after the links are made
    formats = ("latex",)

    def run(self, **options):
        next(self.document.findall(nodes.section)).insert(1, raw(
            r"\chapter*{\booksubtitle}\markboth{\booksubtitle}{\booksubtitle}"))
        for page in self.document.findall(addnodes.start_of_file):
            number = re.match(r"(\d+)_", page["docname"].split("/")[-1])
            page.insert(0, raw(NUMBERED % (int(number[1]) - 1) if number else WITHOUT_NUMBER))
        self.collect_solutions()
        for title in list(self.document.findall(nodes.title)):
            if title.astext() == "Part":  # the part of _toc.yml that has no caption
                title[:] = [nodes.Text("Before you start")]
            if title.astext() == "Works cited":  # LaTeX sets them at the end, under this title
                title.parent.parent.remove(title.parent)
        for reference in list(self.document.findall(addnodes.number_reference)):
            self.number(reference)
        for formula in list(self.document.findall(nodes.math_block)):
            set_formula(formula)
        for image in list(self.document.findall(nodes.image)):
            set_image(image, self.app.srcdir)
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
        """Move the solutions into an appendix, a section for each chapter, and tell each exercise their pages."""
        chapters, solved = {}, {}
        for solution in list(self.document.findall(solution_node)):
            page = self.page_of(solution["target_label"])
            if page not in chapters:
                number = int(page.split("/")[-1].split("_")[0])
                title = nodes.title("", f"{number}. {self.env.titles[page].astext()}")
                chapters[page] = nodes.section("", title, ids=["solutions"])
            label = rf"\detokenize{{{page}:{solution['label']}}}"
            solution.parent.remove(solution)
            title, *body = solution.children  # without the box, in which LaTeX breaks pages badly
            chapters[page] += [raw(rf"\phantomsection\label{{{label}}}"), nodes.rubric("", "", *title.children)]
            for part in body:
                chapters[page] += part.children if isinstance(part, nodes.section) else [part]
            solved[solution["target_label"]] = label
        for exercise in list(self.document.findall(
                lambda node: isinstance(node, exercise_node | exercise_enumerable_node))):
            label = exercise["label"]
            exercise.parent.insert(exercise.parent.index(exercise), raw(
                rf"\phantomsection\label{{\detokenize{{{self.page_of(label)}:{label}}}}}"))
            if label in solved:
                exercise.append(raw(rf"\par\hfill\hyperref[{solved[label]}]{{Solution on page "
                                    rf"\pageref*{{{solved[label]}}}}}"))
        for part in list(self.document.findall(nodes.section)):
            if part[0].astext() == "Back matter" and chapters:
                files = (addnodes.start_of_file("", section, docname=page) for page, section in chapters.items())
                part.insert(1, nodes.section("", nodes.title("", "Solutions"), *files))

    def page_of(self, label):
        """Return the name of the page on which the exercise stands: all pages are one document here."""
        return self.env.sphinx_exercise_registry[label]["docname"]


def raw(tex):
    return nodes.raw("", tex, format="latex")


def set_formula(formula):
    place = formula.parent.index(formula)
    before = formula.parent[place - 1] if place else None
    if formula["ids"] and not (isinstance(before, nodes.target) and before.get("refid") in formula["ids"]):
        formula.parent.insert(place, nodes.target("", "", ids=formula["ids"]))
    formula["ids"] = []
    if not formula.get("nowrap"):  # Sphinx would wrap it in `split`, which has no \tag
        tex = re.sub(r"\n\s*\n", "\n", formula.astext().strip())
        formula[:] = [nodes.Text(f"\\begin{{equation*}}\n{tex}\n\\end{{equation*}}")]
        formula["nowrap"] = True


def set_image(image, folder):
    """Make a drawing a little smaller than on the page; set the pages of one that moves, its frames, two in a line."""
    file = Path(folder, image["uri"])
    count = file.read_bytes().count(b"/Type /Page ") if file.suffix == ".pdf" else 1
    if count == 1:
        image["scale"] = 85
        return
    strip = nodes.paragraph()
    for number in range(1, count + 1):
        strip += [raw(rf"\frameofstrip{{{number}}}{{"), image.deepcopy(), raw("}")]
    image.replace_self(strip)


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
    keep_apart(app)
    app.connect("config-inited", title_page)
    app.add_post_transform(Paper)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
