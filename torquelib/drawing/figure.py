"""The book's figure style, and figures that show themselves wherever they are read.

A drawing function takes a canvas, draws on it and returns a `Figure`::

    def ringing(times, spin):
        fig, ax = canvas()
        ax.plot(times, spin, color=COLORS["exact"])
        ax.set(xlabel="time (fs)", ylabel="spin along the texture")
        return Figure(fig, alt="The spin rings about its new direction.")

Black is ink and white is paper: both follow the reader's theme, light or dark. Every other
colour stays as drawn, so take it from `COLORS`.

The environment variable ``TORQUELIB_MEDIUM`` chooses what a notebook shows: unset, a live
kernel (inline SVG); ``page``, the built book (inline SVG, and PDF for print); ``text``, the
tests (the sentence in ``alt`` only; every picture is drawn all the same, so an error shows).
"""

import base64
import functools
import hashlib
import html
import io
import os
import re
from importlib import resources

import matplotlib
import numpy as np
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure as _MatplotlibFigure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from torquelib._validate import choice, integer, positive

INK, PAPER = "#000000", "#ffffff"
"""Follow the reader's theme: text and axes, and whatever must look like the background."""

_BLUE, _VERMILION, _GREEN = "#2079b8", "#d55e00", "#009470"
_PURPLE, _OCHRE, _GREY = "#b8609c", "#a87900", "#808080"

COLORS = {
    "majority": _BLUE,
    "minority": _VERMILION,
    "m": _GREY,
    "E": _GREEN,
    "field": _GREEN,
    "exact": INK,
    "approx": _PURPLE,
    "reference": _GREY,
    "cycle": (_BLUE, _VERMILION, _GREEN, _PURPLE, _OCHRE, _GREY),
}
"""Colours by meaning. Each keeps a contrast of 3:1 or more on white and on a dark page."""

_WIDTHS = {"narrow": 4.6, "wide": 5.4}  # inches; 10 pt text then stays above 9 px on a phone
_PIXELS_PER_INCH = 115  # the widest a figure grows on a large screen
_HEAVIEST_SVG = 150_000  # bytes; a heavier drawing is shown as PNG

_STYLE = {
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.prop_cycle": matplotlib.cycler(color=COLORS["cycle"]),
    "axes.titlesize": 10,
    "grid.color": _GREY,
    "grid.alpha": 0.3,
    "grid.linewidth": 0.6,
}
_RENDERING = {"svg.fonttype": "none", "svg.image_inline": True, "path.simplify": True, "pdf.fonttype": 42}


def canvas(rows=1, cols=1, width="narrow", height=None, **subplots):
    """(fig, ax): a matplotlib figure in the book's style and its axes, an array of them when there are several panels.

    No pyplot, no window. Raises ValueError for an unknown width, a height that is not positive, fewer than one row or
    column.

    Parameters
    ----------
    rows, cols : int
        Panels. Stack them: two beside each other are the most a phone can show.
    width : {"narrow", "wide"}
        4.6 or 5.4 inches. Text of 10 pt stays readable on a phone in both.
    height : float, optional
        Inches. Default: 2.9 for one row, 2.1 for each of several.
    **subplots
        Passed to `matplotlib.figure.Figure.subplots` (``sharex``, ``height_ratios``, ``subplot_kw``, …).
    """
    rows, cols = integer("rows", rows, minimum=1), integer("cols", cols, minimum=1)
    inches = _WIDTHS[choice("width", width, tuple(_WIDTHS))]
    if height is None:
        height = 2.9 if rows == 1 else 2.1 * rows
    with matplotlib.rc_context(_STYLE):
        fig = _MatplotlibFigure(figsize=(inches, positive("height", height, "inches")), layout="constrained")
        axes = fig.subplots(rows, cols, **subplots)
    return fig, axes


class Figure:
    """A drawing and the sentence that says what it shows.

    ``fig`` is a matplotlib figure, from `canvas`; ``alt`` one sentence with the figure's message, for readers who do
    not see it. Numbers in it come rounded from the computation. Raises TypeError or ValueError if ``fig`` is no figure,
    or ``alt`` is empty.
    """

    def __init__(self, fig, alt):
        if not isinstance(fig, _MatplotlibFigure):
            raise TypeError(f"fig must be a matplotlib Figure, as canvas() makes it; got {type(fig).__name__}")
        if not isinstance(alt, str):
            raise TypeError(f"alt must be a sentence; got {alt!r}")
        if not alt.strip():
            raise ValueError(f"alt must say what the figure shows; got {alt!r}")
        self.fig = fig
        self.alt = minus(" ".join(alt.split()))
        self._laid_out = False
        for ax in fig.axes:
            for line in (*ax.get_xgridlines(), *ax.get_ygridlines()):
                line.set_clip_on(False)  # it ends at the frame by itself
            if ax.get_legend():
                patch = ax.get_legend().get_frame()  # keeps the words readable where lines pass behind
                patch.set(facecolor=PAPER, edgecolor="none", alpha=0.8)
            for artist in ax.collections:
                if isinstance(artist, QuadMesh) or len(artist.get_offsets()) > 1500:
                    artist.set_rasterized(True)

    def __repr__(self):
        return f"Figure: {self.alt}"

    def svg(self, prefix=None):
        """The drawing as inline SVG text: ink and paper follow the theme, ids start with ``prefix``."""
        out = io.StringIO()
        with matplotlib.rc_context(_RENDERING):
            self._lay_out()
            self._mark_words()
            self.fig.savefig(out, format="svg", transparent=True, dpi=150, metadata={"Date": None, "Creator": None})
        return _inline(out.getvalue(), self.alt, prefix)

    def png(self, dpi=200):
        """The drawing as PNG bytes, black on white."""
        out = io.BytesIO()
        with matplotlib.rc_context(_RENDERING):
            self._lay_out()
            self.fig.savefig(out, format="png", facecolor="white", dpi=dpi, metadata={"Software": None})
        return out.getvalue()

    def _lay_out(self):
        """Place the panels once; matplotlib would do it twice for each file."""
        if not self._laid_out and self.fig.get_layout_engine() is not None:
            self.fig.get_layout_engine().execute(self.fig)
            self.fig.set_layout_engine(None)  # not "none", with which each file is drawn twice
            self._laid_out = True

    def _mark_words(self):
        """Note on each text where it is held, and by which end, for `_flowing`: (0, 0) is the file's upper left."""
        scale, height = 72 / self.fig.dpi, 72 * self.fig.get_figheight()
        for text in self.fig.findobj(Text):
            if text.get_rotation() == 0 or text.get_rotation_mode() == "anchor":
                x, y = text.get_transform().transform(text.get_unitless_position()) * scale
                end = {"left": "start", "center": "middle", "right": "end"}[text.get_horizontalalignment()]
                text.set_gid(f"held {end} {x:.2f} {height - y:.2f}")

    def html(self, prefix=None):
        """The drawing as an HTML fragment that needs nothing else."""
        picture = self.svg(prefix)
        if len(picture) > _HEAVIEST_SVG:
            data = base64.b64encode(self.png()).decode()
            picture = f'<img alt="{html.escape(self.alt)}" src="data:image/png;base64,{data}">'
        width = f'style="max-width:{self.max_width}px"'
        return f'<figure class="torque-figure" {width}>{style()}{picture}{caption(self.alt)}</figure>'

    @property
    def max_width(self):
        """Widest display in CSS pixels."""
        return round(self.fig.get_figwidth() * _PIXELS_PER_INCH)

    def _repr_mimebundle_(self, include=None, exclude=None):
        if medium() == "text":
            self.svg()
            return {"text/plain": repr(self)}
        bundle = {"text/plain": repr(self), "text/html": self.html()}
        if medium() == "page":
            bundle["application/pdf"] = printed([("", self)])
        return bundle


def printed(frames):
    """A PDF in base64 with a page for each of ``frames`` [(caption, Figure)], its caption above the drawing."""
    from matplotlib.backends.backend_pdf import PdfPages

    out = io.BytesIO()
    nameless = {"CreationDate": None, "Creator": None, "Producer": None}
    with matplotlib.rc_context(_RENDERING), PdfPages(out, metadata=nameless) as pages:
        for words, figure in frames:
            figure._lay_out()
            width, height = figure.fig.get_size_inches()
            title = figure.fig.text(0.5, 1 + 0.08 / height, words, ha="center", va="bottom")
            page = Bbox([[0, 0], [width, height + (0.3 if words else 0)]])
            pages.savefig(figure.fig, bbox_inches=page, transparent=True, dpi=200)
            title.remove()
    return base64.b64encode(out.getvalue()).decode()


@functools.cache
def beside(name):
    """The text of a file beside this module."""
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def style():
    """The style element that figures and tables bring along."""
    return f"<style>\n{beside('figure.css')}</style>"


def caption(words):
    """The message below a figure, for those who see it; the book's build puts a number before it."""
    return f'<figcaption class="torque-caption">{_typeset(words)}</figcaption>'


def _typeset(words):
    """Words as a caption prints them: powers of ten, indices, curly apostrophes; a quantity stays on one line."""
    words = html.escape(words, quote=False).replace("'", "’")
    words = re.sub(r"(?<=\d)e([-+]?)0*(\d+)",
                   lambda m: "\u00a0·\u00a010" + f"{m[1].strip('+')}{m[2]}".translate(_RAISED), words)
    words = re.sub(r"(?<![\w/.])([^\W\d_]{1,2}k?)_(\w+)", r"\1<sub>\2</sub>", words)
    words = re.sub(r" ([=≈±]|&[lg]t;) ", "\u00a0\\1\u00a0", words)
    return re.sub(r"(?<=[\d⁰¹²³⁴-⁹]) (?=(?:nm|pm|µV|mV|V|eV|meV|fs|ps|ns|m/s|mT|T|K|%)\b|%)", "\u00a0", words)


_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def minus(text):
    """``text`` with a minus sign before its negative numbers, where ``format`` wrote a hyphen; none before a zero."""
    return re.sub(r"(?<![\w.])-(?=[\d.])", "−", re.sub(r"(?<![\w.])-(?=0(?:\.0*)?(?![\d.e]))", "", text))


def medium():
    """Where output goes: ``live``, ``page`` or ``text``, from the environment variable TORQUELIB_MEDIUM."""
    return choice("TORQUELIB_MEDIUM", os.environ.get("TORQUELIB_MEDIUM") or "live", ("live", "page", "text"))


@functools.cache
def _advance(character, size, oblique):
    """How far matplotlib's own letters move on, in px."""
    font = get_font(findfont(FontProperties(family="DejaVu Sans", style="oblique" if oblique else "normal")))
    font.set_size(size, 72)
    return font.load_char(ord(character)).linearHoriAdvance / 65536


_WORDS = re.compile(
    r'<g id="(?P<id>[^"]*)"'
    r'|(?P<group><g (?:style="[^"]*" )?'
    r'transform="translate\((?P<x>\S+) (?P<y>[^ )]+)\)(?: rotate\((?P<turn>[^)]+)\))?">)'
    r'\s*<text>(?P<spans>.*?)</text>(?P<rest>\s*</g>)?'
    r'|<text style="(?P<style>[^"]*)" transform="translate\((?P<at>\S+ [^ )]+)\)(?: rotate\((?P<by>[^)]+)\))?">',
    re.DOTALL)
_SPAN = re.compile(r'<tspan x="([^"]+)" y="([^"]+)" style="([^"]*)">([^<]*)</tspan>')


def _flowing(svg):
    """Matplotlib places each letter of a formula, and each line of several, for its own font. In the page's font they
    must follow each other: from, about, or up to the point where the text is held."""
    held = ("start", 0.0, 0.0)

    def place(x, y, turn):
        """text-anchor and x along the line that starts at (x, y)."""
        end, at_x, at_y = held
        angle = np.deg2rad(float(turn or 0))
        along = 0.0 if end == "start" else (at_x - float(x))*np.cos(angle) + (at_y - float(y))*np.sin(angle)
        return end, round(along, 2)

    def formula(match):
        spans = sorted(((float(x), float(y), style, html.unescape(letter))
                        for x, y, style, letter in _SPAN.findall(match["spans"])), key=lambda span: span[0])
        size = [float(re.search(r"font-size: ([\d.]+)px", style)[1]) for _, _, style, _ in spans]
        gaps = [b[0] - a[0] - _advance(a[3], s, "oblique" in a[2]) for a, b, s in zip(spans, spans[1:], size)]
        stacked = any(gap < -0.25*s for gap, s in zip(gaps, size))           # a fraction, a root, an accent
        if stacked or not (spans and match["rest"]):
            return match.group()
        end, along = place(match["x"], match["y"], match["turn"])
        words, y, style = "", spans[0][1], None
        for (_, here, own, letter), gap, s in zip(spans, [0.0, *gaps], size):
            shift = f' dy="{here - y:.2f}"' if abs(here - y) > 0.05 else ""
            space = f' dx="{gap:.2f}"' if gap > 0.08*s else ""
            if (own, "", "") != (style, shift, space):
                words += ("</tspan>" if words else "") + f'<tspan style="{own}"{space}{shift}>'
            words += html.escape(letter)
            y, style = here, own
        anchor = "" if end == "start" else f' style="text-anchor: {end}"'
        return f'{match["group"]}<text{anchor} x="{along:g}" y="{spans[0][1]:g}">{words}</tspan></text>{match["rest"]}'

    def mend(match):
        nonlocal held
        if match["id"] is not None:
            kind, *place_of = match["id"].split(" ")
            held = (place_of[0], *map(float, place_of[1:])) if kind == "held" else ("start", 0.0, 0.0)
            return match.group()
        if match["group"]:
            return formula(match)
        end, along = place(*match["at"].split(" "), match["by"])
        anchor = "" if end == "start" else f"; text-anchor: {end}"
        turn = f' rotate({match["by"]})' if match["by"] else ""
        return f'<text style="{match["style"]}{anchor}" x="{along:g}" transform="translate({match["at"]}){turn}">'
    return _WORDS.sub(mend, svg)


def _inline(svg, alt, prefix):
    """Matplotlib's SVG file made fit to stand, among others, inside an HTML page."""
    view = re.search(r'viewBox="([^"]+)"', svg).group(1)
    body = _flowing(svg[svg.index(">", svg.index("<svg")) + 1 : svg.rindex("</svg>")])
    body = re.sub(r"<!--.*?-->|<metadata>.*?</metadata>|<style.*?</style>", "", body, flags=re.DOTALL)
    body = re.sub(r'(?<= d=")[^"]*', lambda m: " ".join(m.group().split()), body)
    body = body.replace("xlink:href", "href")
    body = re.sub(r" ?font-family: [^;\"]*;?", "", body)  # letters are the page's
    body = re.sub(r' transform="rotate\(-?0 [^"]*"', "", body)

    def shorten(match):
        if match.group(1):  # words of the figure, a scale or a matrix: keep their numbers
            return match.group()
        return f"{round(float(match.group()), 2) + 0.0:g}"

    body = re.sub(r"(>[^<]+<|(?:scale|matrix)\([^)]*\))|-?\d+\.\d{3,}", shorten, body)
    used = {name: str(n) for n, name in enumerate(dict.fromkeys(re.findall(r'(?:href="#|url\(#)([^")]+)', body)))}
    body = re.sub(r' id="([^"]+)"', lambda m: f' id="{used[m[1]]}"' if m[1] in used else "", body)
    body = re.sub(r'(href="#|url\(#)([^")]+)', lambda m: m[1] + used[m[2]], body)
    prefix = prefix or "f" + hashlib.sha256((alt + body).encode()).hexdigest()[:8]
    body = re.sub(r'( id="|href="#|url\(#)', rf"\g<1>{prefix}-", body)
    body = body.replace(INK, "currentColor")
    body = body.replace(PAPER, "var(--pst-color-background,var(--jp-layout-color0,#fff))")
    lines = (line.strip() for line in body.splitlines())
    body = "\n".join(line for line in lines if line)
    return (
        f'<svg role="img" aria-label="{html.escape(alt)}" viewBox="{view}" '
        f'fill="currentColor" stroke-linejoin="round">\n{body}\n</svg>'
    )
