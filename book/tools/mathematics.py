"""Mathematics, typeset while the book is built: MathJax runs in V8 here, and a page holds its result and no script.

Each formula becomes MathJax's HTML for the eye, with MathML beside it for screen readers and its TeX in `data-tex` for
the clipboard. The style rules of all formulas go once into the sheet that `page_files` writes.
"""

import html
import importlib.util
import re
from functools import lru_cache
from pathlib import Path

from docutils import nodes
from py_mini_racer import MiniRacer
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

logger = logging.getLogger(__name__)

MATHJAX = Path(importlib.util.find_spec("mathjax").origin).parent / "static" / "mathjax"
RULE = re.compile(r'[^{}]+\{(?:"[^"]*"|[^{}"])*\}')  # a brace's own rule has a brace in its string
COMPONENTS = ("loader", "core", "adaptors/liteDOM", "input/tex-full", "output/chtml", "output/chtml/fonts/tex",
              "a11y/assistive-mml")
FOLLOWING = re.compile("[.,;:!?)’”]+")
SHORT = 12  # signs of a formula that is never broken
OPENING, CLOSING, COMMA, SPACED = {"28", "5B", "7B", "27E8"}, {"29", "5D", "7D", "27E9"}, "2C", 'space="4"'
# MathJax's parts put together by hand: its own start waits for a browser or for Node
START = """
const {liteAdaptor} = MathJax._.adaptors.liteAdaptor;
const adaptor = liteAdaptor();
MathJax._.a11y['assistive-mml'].AssistiveMmlHandler(MathJax._.handlers.html_ts.RegisterHTMLHandler(adaptor));
const output = new MathJax._.output.chtml_ts.CHTML(
    {font: new MathJax._.output.chtml.fonts.tex_ts.TeXFont(), fontURL: 'fonts', adaptiveCSS: true});
const packages = ['base', 'ams', 'boldsymbol', 'cancel', 'color', 'newcommand', 'textmacros'];
const tex = new MathJax._.input.tex_ts.TeX({packages, formatError: (jax, error) => { throw Error(error.message); }});
const document = MathJax._.mathjax.mathjax.document('', {InputJax: tex, OutputJax: output});
const typeset = (source, display) => adaptor.outerHTML(document.convert(source, {display, em: 16, ex: 8}));
const rules = () => adaptor.textContent(output.styleSheet(document));
"""


class Typesetter:
    """MathJax in an engine of its own; close it, or the interpreter waits for it at its end."""

    def __init__(self):
        self.engine = MiniRacer()
        self.engine.eval("var MathJax = {loader: {load: []}}; 0")
        for name in COMPONENTS:
            self.engine.eval((MATHJAX / "es5" / f"{name}.js").read_text(encoding="utf-8") + "; 0")
        self.engine.eval(START + "; 0")
        self.typeset = lru_cache(maxsize=None)(self._typeset)

    def _typeset(self, tex, display):
        found = self.engine.call("typeset", tex, display)
        # a number shown twice on a page would bear its id twice; links lead to the book's own anchors
        found = re.sub(r' id="mjx-eqn[^"]*"| unselectable="on"| class="MathJax"| style="height: NaNem;"', "", found)
        return found if display else breakable(found)

    def rules(self):
        """Return the style rules that the formulas so far need, as a list of texts."""
        return RULE.findall(self.engine.eval("rules()"))

    def close(self):
        self.engine.close()


def breakable(formula):
    """Let a long formula in the text break after relations and commas: its parts, each kept whole, are <mjx-part>s."""
    head, math, rest = re.fullmatch(r"(.*?<mjx-math[^>]*>)(.*)(</mjx-math>.*)", formula, re.DOTALL).groups()
    if math.count("<mjx-c ") <= SHORT:
        return formula
    parts, part, outer, depth, brackets, relation = [], "", "", 0, 0, False
    for tag in re.findall(r"<[^>]*>", math):  # a formula of classes: it holds no text of its own
        part += tag
        if depth == 1 and tag.startswith("<mjx-c "):
            sign = re.search(r"mjx-c([0-9A-F]+)", tag)[1]
            brackets += (sign in OPENING) - (sign in CLOSING)
            relation = "<mjx-mo" in outer and (SPACED in outer or sign == COMMA) and brackets <= 0
        if tag.startswith("</"):
            depth -= 1
            if depth == 0 and relation:
                parts.append(part)
                part, relation = "", False
        else:
            if depth == 0:
                outer = tag
            depth += 1
    parts = [*parts, part] if part else parts
    return head + "".join(f"<mjx-part>{part}</mjx-part>" for part in parts) + rest


def start(app):
    if app.builder.format == "html":
        app.typesetter = Typesetter()


def write_rules(app, exception):
    """Write the rules of all formulas, those of pages that this build did not write included, and stop the engine."""
    if not hasattr(app, "typesetter"):
        return
    if exception is None:
        path = Path(app.outdir, "_static", "mathematics.css")
        known = RULE.findall(path.read_text(encoding="utf-8")) if path.exists() else []
        rules = dict.fromkeys(rule.strip() for rule in known + app.typesetter.rules())
        path.write_text("\n\n".join(rules), encoding="utf-8")
    app.typesetter.close()
    del app.typesetter


def typeset(translator, node, tex, display):
    try:
        return translator.builder.app.typesetter.typeset(tex, display)
    except Exception as error:
        message = str(error).split("\n")[0]
        logger.warning("MathJax cannot read %r: %s", tex, message, location=node)
        return html.escape(tex)


class Punctuation(SphinxPostTransform):
    """Give a formula in the text the signs that follow it: no joiner keeps a browser from breaking before them."""

    default_priority = 900
    formats = ("html",)

    def run(self, **options):
        for node in list(self.document.findall(nodes.math)):
            parent, next_one = node.parent, node.parent.index(node) + 1
            after = parent[next_one] if next_one < len(parent) else None
            if isinstance(after, nodes.Text) and (signs := FOLLOWING.match(after)):
                node["followed"] = signs[0]
                parent[next_one] = nodes.Text(after[signs.end():])


def visit_inline(self, node):
    tex = node.astext()
    attributes = {"data-tex": tex, "class": "math notranslate nohighlight"}
    formula = self.starttag(node, "span", "", **attributes) + typeset(self, node, tex, False) + "</span>"
    self.body.append(f'<span class="kept">{formula}{node["followed"]}</span>' if "followed" in node else formula)
    raise nodes.SkipNode


def visit_block(self, node):
    source = node.astext()
    tex = source
    if not node["nowrap"]:
        parts = [rf"\begin{{split}}{p}\end{{split}}" if r"\\" in p else p for p in source.split("\n\n") if p.strip()]
        tex = parts[0] if len(parts) == 1 else (
            r"\begin{align}\begin{aligned}" + r"\\".join(parts) + r"\end{aligned}\end{align}")
    attributes = {"data-tex": source.strip(), "class": "math notranslate nohighlight"}
    self.body.append(self.starttag(node, "div", "", **attributes))
    if node["number"]:
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, "Link to this equation")
        self.body.append("</span>")
    self.body.append(typeset(self, node, tex, True) + "</div>\n")
    raise nodes.SkipNode


def setup(app):
    app.add_html_math_renderer("typeset", (visit_inline, None), (visit_block, None))
    app.add_post_transform(Punctuation)
    app.connect("builder-inited", start)
    app.connect("build-finished", write_rules, priority=400)  # before page_files gathers the sheets
    return {"parallel_read_safe": True, "parallel_write_safe": False}
