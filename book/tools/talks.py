"""Talks: decks of slides, made from the short texts in book/talks and the figures of the executed notebooks.

A deck's text names what it shows, and the build takes it from the pages: `figure: ch01.following` is the figure that
`following` of book/figures/ch01.py draws, or the output of the cell of that name in chapter 1; likewise `explorable:`,
`live:`, `output:` (what a cell prints) and `equation: 1.3`. `vote: ch01` is the question that opens the chapter. The
poster is written in the same words.

reveal.js turns the slides; it is taken from the wheel of sphinx-revealjs. That package's builder would read the book a
second time, and nbconvert makes slides of cells; this module needs neither, and keeps the mathematics of `mathematics`
and the policy of `page_files`.
"""

import html
import importlib.util
import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import nbformat
from docutils import nodes
from downloads import place
from execution import PACKAGES
from markdown_it import MarkdownIt
from mathematics import FOLLOWING
from mdit_py_plugins.dollarmath import dollarmath_plugin
from numbers_of_equations import equations
from page_files import bundle, policy
from py_mini_racer import JSEvalException
from sphinx import addnodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

logger = logging.getLogger(__name__)

REVEAL = Path(importlib.util.find_spec("sphinx_revealjs").origin).parent / "_static/revealjs/dist"
DRAWING = PACKAGES["torquelib"] / "drawing"
SHEETS = (REVEAL / "reset.css", REVEAL / "reveal.css", "mathematics.css",
          *(DRAWING / name for name in ("figure.css", "explorable.css", "strip.css", "live.css")), "talk.css")
SCRIPTS = (REVEAL / "reveal.js", "letters.js", "talk.js")
POSTER = ("mathematics.css", DRAWING / "figure.css", "poster.css")

SHOWN = {"figure": r'<figure[^>]*class="torque-figure"', "explorable": "torque-explorable", "live": "torque-live",
         "output": r"^<pre>|torque-table"}
NAMED = re.compile(r"^(figure|explorable|live|output|equation|vote|answer): *(\S+) *$", re.MULTILINE)
FOLLOWED = re.compile(rf"<mjx-container(?:(?!</mjx-container).)*</mjx-container>{FOLLOWING.pattern}")  # on one line
SLIDES = range(12, 21)
CREDIT = "After K.-W. Kim, K.-J. Lee, H.-W. Lee and M. D. Stiles, Phys. Rev. B <b>92</b>, 224426 (2015)"
LONG = 230  # signs of text that stand beside a figure, not above it


class Mistake(Exception):
    """What is wrong on a line of a deck."""


# --- what the notebooks show --------------------------------------------------------------------------------------

class Chapter:
    """The cells of a page, by the names that a deck may use."""

    def __init__(self, env, name):
        self.env, self.name = env, name

    @cached_property
    def cells(self):
        return nbformat.read(self.env.doc2path(self.name), as_version=4).cells

    @cached_property
    def shown(self):
        """(names, HTML) of each output."""
        found = []
        containers = list(self.env.get_doctree(self.name).findall(nodes.container))
        for output in (node for node in containers if node.get("nb_element") == "cell_code_output"):
            cell = self.cells[output.parent["cell_index"]]
            own = (name.removeprefix("fig-") for name in (cell.id, *cell.metadata.get("tags", ())))
            names = {*own, *re.findall(r"\b(?:ch\d\d|cover|road)\.(\w+)", cell.source)}
            found += [(names, fragment) for fragment in fragments(output)]
        return found

    def find(self, kind, name):
        """Return the HTML of what `name` names: all that a cell prints, or one figure."""
        fitting = [(names, fragment) for names, fragment in self.shown if re.search(SHOWN[kind], fragment)]
        found = [fragment for names, fragment in fitting if name in names]
        if kind == "output" and found:
            return "".join(found)
        if len(found) != 1:
            known = sorted({min(names, key=len) for names, _ in fitting})
            raise Mistake(f"{len(found)} things of the kind {kind!r} are named {name!r} in {self.name}; "
                          f"it has {', '.join(known)}")
        return found[0]

    def question(self):
        """The question that opens the chapter: the text of its first box, without the call to write down."""
        box = re.search(r":::\{admonition\} Commit before you read on\n:class: tip commit\n(.*?)\n:::",
                        self.cells[0].source, re.DOTALL)
        if not box:
            raise Mistake(f"{self.name} opens without a question")
        text = re.sub(r"\n+(?:Write|Hold) .*", "", box[1], flags=re.DOTALL)
        start, *options = re.split(r"\s*(?:- \*\*)?\(([a-c])\)(?:\*\*)? ", text)
        letters, rest = options[::2], options[1::2]
        return start.strip(), {letter: option.strip(" ,;.\n") for letter, option in zip(letters, rest)}


def fragments(output):
    """The HTML of each thing in the output of a cell."""
    for part in output.children:
        if isinstance(part, nodes.literal_block):
            yield f"<pre>{html.escape(part.astext().rstrip())}</pre>"
        elif isinstance(part, nodes.container) and part.get("nb_element") == "mime_bundle":
            yield from [raw.astext() for raw in part.findall(nodes.raw) if "html" in raw["format"]][:1]


def chapter(env, name):
    """Return the page for `ch01`, or for the beginning of another page's name."""
    wanted = name.removeprefix("ch") if re.fullmatch(r"ch\d\d", name) else name
    pages = [page for page in sorted(env.found_docs) if page.startswith(f"book/{wanted}")]
    if not pages:
        raise Mistake(f"no page of the book begins with {wanted!r}")
    if not hasattr(env.app, "talk_chapters"):
        env.app.talk_chapters = {}
    return env.app.talk_chapters.setdefault(pages[0], Chapter(env, pages[0]))


# --- decks --------------------------------------------------------------------------------------------------------

@dataclass
class Slide:
    """A headline, what stands below it in order as (kind, text), and the speaker's notes; `line` is where it begins."""

    headline: str
    parts: list
    notes: str
    line: int


@dataclass
class Deck:
    """A file of book/talks: `title`, `minutes` and other words of its head, and the slides."""

    path: Path
    head: dict = field(default_factory=dict)
    slides: list = field(default_factory=list)

    @classmethod
    def read(cls, path):
        deck, line = cls(path), 1
        for number, block in enumerate(re.split(r"^---\n", path.read_text(encoding="utf-8"), flags=re.MULTILINE)):
            if number == 0:
                deck.head = dict(re.findall(r"^(\w+): *(.*)$", block, flags=re.MULTILINE))
            else:
                deck.slides.append(slide(block, line))
            line += block.count("\n") + 1
        return deck


def slide(block, line):
    shown, _, notes = block.partition("\nnotes:")
    headline = re.search(r"^# (.*)$", shown, re.MULTILINE)
    text, *named = NAMED.split(shown.replace(headline[0], "", 1) if headline else shown)
    parts = [("text", text)]
    for kind, value, text in zip(named[::3], named[1::3], named[2::3]):
        parts += [(kind, value), ("text", text)]
    parts = [(kind, value.strip()) for kind, value in parts if value.strip()]
    return Slide(headline[1].strip() if headline else "", parts, notes.strip(), line)


class Writer:
    """Decks as pages of HTML."""

    def __init__(self, app):
        self.app, self.env = app, app.env
        self.markdown = MarkdownIt("commonmark").enable("table").use(
            dollarmath_plugin, allow_space=False, renderer=self.formula)

    def formula(self, tex, options):
        return self.app.typesetter.typeset(tex.strip(), options["display_mode"])

    def write(self, deck):
        if len(deck.slides) + 1 not in SLIDES:
            logger.warning("a talk has 12 to 20 slides, its title among them; this has %d", len(deck.slides) + 1,
                           location=str(deck.path))
        self.page(deck, "talk.html", self.opening(deck), self.slide)

    def write_poster(self, deck):
        about = self.markdown.render(deck.head["about"])
        opening = f'<header><h1>{html.escape(deck.head["title"])}</h1>{about}</header>'
        book = f'<a href="../index.html">{html.escape(self.app.config.html_title)}</a>'
        closing = f"<footer><p>{CREDIT}. Computed and tested in the book {book} · CC BY 4.0</p></footer>"
        self.page(deck, "poster.html", opening, self.panel, closing)

    def page(self, deck, template, opening, body, closing=""):
        """Write `deck` with `body` of each slide, and say which line of it names what does not exist."""
        shown = [opening]
        for each in deck.slides:
            try:
                shown.append(body(each))
            except (Mistake, JSEvalException) as error:  # the second: mathematics that MathJax cannot read
                logger.warning("%s", str(error).split("\n")[0], location=(str(deck.path), each.line))
        head, page = ((Path(__file__).parent / "templates" / name).read_text(encoding="utf-8").strip()
                      for name in ("talk_head.html", template))
        for name, value in {"head": head, "title": html.escape(deck.head["title"]),
                            "slides": "\n".join([*shown, closing])}.items():
            page = page.replace(f"{{{{ {name} }}}}", value)
        page = FOLLOWED.sub(r'<span class="kept">\g<0></span>', page)
        page = page.replace("{{ policy }}", policy(page))
        target = Path(self.app.outdir, "talks", f"{deck.path.stem}.html")
        target.parent.mkdir(exist_ok=True)
        target.write_text(page, encoding="utf-8")

    def panel(self, slide):
        """A part of the poster: what its source names, in this order."""
        shown = []
        for kind, value in slide.parts:
            if kind in SHOWN:
                page, picture = self.picture(kind, value)
                shown += [strip_styles(picture), source(page, picture)]
            else:
                shown.append(getattr(self, kind)(value))
        return f"<section><h2>{self.markdown.renderInline(slide.headline)}</h2>{''.join(filter(None, shown))}</section>"

    def opening(self, deck):
        minutes = f"{deck.head['minutes']} minutes" if "minutes" in deck.head else ""
        about = self.markdown.render(deck.head.get("about", ""))
        notes = self.markdown.render(deck.head.get("say", ""))
        return (f'<section class="opening"><h1>{html.escape(deck.head["title"])}</h1>{about}'
                f'<p class="credit">{CREDIT}<br>{html.escape(self.app.config.html_title)} · CC BY 4.0</p>'
                f'<aside class="notes"><p>{minutes}</p>{notes}</aside></section>')

    def slide(self, slide):
        if not slide.headline:
            raise Mistake("a slide without a headline, # …")
        if sum(kind == "equation" for kind, _ in slide.parts) + sum("$$" in text for _, text in slide.parts) > 1:
            raise Mistake("a slide shows one equation at most")
        words = sum(len(text) for kind, text in slide.parts if kind == "text")
        text, pictures, sources = [], [], []
        for kind, value in slide.parts:
            if kind in SHOWN:
                page, picture = self.picture(kind, value)
                pictures.append(picture)
                sources.append(source(page, picture))
            else:
                text.append(getattr(self, kind)(value))
        beside = bool(pictures) and "torque-live" not in pictures[0] and (
            words > LONG or any(kind in ("vote", "answer") for kind, _ in slide.parts) or tall(pictures[0]))
        body = f'<div class="words">{"".join(text)}</div>' if text else ""
        body += "".join(f'<div class="shown">{strip_styles(picture)}</div>' for picture in pictures)
        if not text and not pictures:
            raise Mistake("a slide with nothing below its headline")
        layout = "beside" if beside else "stacked"
        return (f'<section class="{layout}"><h2>{self.markdown.renderInline(slide.headline)}</h2>{body}'
                f'{"".join(filter(None, sources))}'
                f'<aside class="notes">{self.markdown.render(slide.notes)}</aside></section>')

    def picture(self, kind, value):
        page, _, name = value.partition(".")
        found = chapter(self.env, page)
        return found, found.find(kind, name)

    def text(self, value):
        return self.markdown.render(value)

    def equation(self, number):
        known = equations(self.env)
        if number not in known:
            raise Mistake(f"no equation ({number}) in the book")
        tex = known[number][1]
        return f'<div class="math" data-tex="{html.escape(tex)}">{self.formula(tex, {"display_mode": True})}</div>'

    def vote(self, name):
        question, options = chapter(self.env, name).question()
        rows = "".join(f"<li><b>{letter}</b> <span>{self.markdown.renderInline(option)}</span></li>"
                       for letter, option in options.items())
        return f'<div class="vote">{self.markdown.render(question)}<ul>{rows}</ul></div>'

    def answer(self, value):
        name, _, letter = value.partition(".")
        options = chapter(self.env, name).question()[1]
        if letter not in options:
            raise Mistake(f"the question of {name} has no answer {letter!r}; it has {', '.join(options) or 'none'}")
        return (f'<div class="vote"><ul class="right"><li><b>{letter}</b> '
                f"<span>{self.markdown.renderInline(options[letter])}</span></li></ul></div>")


def source(page, picture):
    """A link to where the figure stands in the book."""
    found = re.search(r'<figure id="([^"]+)".*?<b>([^<]*)\.</b>', picture, re.DOTALL)
    return found and f'<a class="source" href="../{page.name}.html#{found[1]}">{found[2]}</a>'


def strip_styles(picture):
    """The picture without the sheets and the caption that stand on a page: a deck has one sheet, and headlines."""
    picture = re.sub(r"<style>.*?</style>", "", picture, flags=re.DOTALL)
    picture = picture.replace('<figure id="', '<figure data-name="', 1)
    return re.sub(r'<figcaption class="torque-caption">.*?</figcaption>', "", picture, flags=re.DOTALL)


def tall(picture):
    box = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', picture)
    return bool(box) and float(box[2]) > 0.66 * float(box[1])


def decks(app):
    """All decks: those for the whole book, then those of the chapters."""
    paths = {*folder(app).glob("*.md")} - {folder(app) / "poster.md"}
    return [Deck.read(path) for path in sorted(paths, key=lambda path: (path.stem.isdigit(), path.stem))]


def folder(app):
    return Path(app.confdir, "book", "talks")


def write_decks(app, exception):
    if exception is None and app.builder.format == "html":
        writer = Writer(app)
        for deck in decks(app):
            writer.write(deck)
        writer.write_poster(Deck.read(folder(app) / "poster.md"))


def write_files(app, exception):
    if exception is None and app.builder.format == "html":
        poster = Path(app.outdir, "talks", "poster.html")
        bundle(app, "talks", SHEETS, SCRIPTS, sorted({*poster.parent.glob("*.html")} - {poster}))
        bundle(app, "poster", POSTER, (), [poster])


class Talks(SphinxDirective):
    """The list of the decks, with links to each."""

    def run(self):
        rows, printed = [], []
        up = "../" * self.env.docname.count("/")
        for style in ("talk.css", "letters.js", "talk.js", "poster.css"):
            self.env.note_dependency(str(Path(self.env.srcdir, "book/static", style)))
        for deck in decks(self.env.app):
            self.env.note_dependency(str(deck.path))
            head = deck.head
            number = f"{int(deck.path.stem)}. " if deck.path.stem.isdigit() else ""
            title = number + html.escape(head["title"])
            printed.append(nodes.list_item("", nodes.paragraph("", number + head["title"])))
            title = (f'<a href="{up}talks/{deck.path.stem}.html">{title}</a>'
                     f' {place(f"talks/{deck.path.stem}.pdf")}'
                     f'<details><summary>to prepare</summary>{html.escape(head["say"])}</details>')
            rows.append(f'<tr><td>{title}</td><td>{len(deck.slides) + 1}</td><td>{head["minutes"]}</td></tr>')
        table = (f'<div class="pst-scrollable-table-container"><table class="table"><thead><tr><th>Talk</th><th>Slides'
                 f"</th><th>Minutes</th></tr></thead><tbody>{''.join(rows)}</tbody></table></div>")
        paper = addnodes.only("", nodes.bullet_list("", *printed), expr="latex")
        return [nodes.raw("", table, format="html"), paper]


def setup(app):
    app.add_directive("talks", Talks)
    app.connect("build-finished", write_decks, priority=300)  # before mathematics ends its engine
    app.connect("build-finished", write_files, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
