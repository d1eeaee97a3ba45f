"""What a link to a page shows elsewhere: the page's title, its description, and a picture.

The picture needs the address where the book is published, and is drawn only where that is known (`BOOK_URL`).
"""

import re
import textwrap
from pathlib import Path

GENERATED = {"search": "Search the book: equations by number, terms, sections, functions.",
             "genindex": "Every term, name and function of the book in the order of the alphabet.",
             "py-modindex": "The modules of torquelib, each with a sentence on what it is for."}


def describe(app, page, template, context, doctree):
    """Give the template the description that the page gives of itself; a page without a source has one of ours."""
    if page in GENERATED:
        context["metatags"] = context.get("metatags", "") + f'<meta content="{GENERATED[page]}" name="description" />'
        context["description"] = GENERATED[page]
    elif found := re.search(r'<meta content="([^"]*)" name="description"', context.get("metatags", "")):
        context["description"] = found[1]
        app.cards = {**getattr(app, "cards", {}), page: app.env.titles[page].astext()}


def picture(title):
    """Return the figure for a page called `title`: the cover's spiral, and spins that an electric field has turned."""
    import numpy as np  # here: most builds draw none
    from matplotlib.figure import Figure

    from torquelib.bands import FreeElectron
    from torquelib.drawing.arrows import arrows
    from torquelib.drawing.figure import COLORS
    from torquelib.response import shifted_spin
    from torquelib.textures import DriftingSpiral

    fig = Figure(figsize=(12, 6.3), dpi=100, facecolor="white")
    fig.text(0.06, 0.88, textwrap.fill(title, 26), fontsize=42, weight="bold", va="top", color="#14181f")
    fig.text(0.06, 0.09, "Intrinsic spin torque, a book that runs", fontsize=20, color="#48505c")
    ax = fig.add_axes((0, 0.18, 1, 0.3))
    spiral, x = DriftingSpiral(0.5), np.linspace(0, 4 * np.pi, 15)
    spins = shifted_spin(FreeElectron(dimension=1), spiral, [3.0], x, s=+1, J=0.2, E=3.0, order="local")
    for height, vectors, color, length in ((0.35, spiral.m(x), COLORS["m"], 0.66),
                                           (-0.35, spins, COLORS["minority"], 0.55)):
        arrows(ax, x, height, vectors, color, seen="from the side", length=length, width=0.09, pivot="middle")
    ax.set(xlim=(-0.9, x[-1] + 0.9), ylim=(-0.75, 0.75))
    ax.set_axis_off()
    return fig


def draw(app, exception):
    if exception is not None or not app.config.html_baseurl:
        return
    for page, title in getattr(app, "cards", {}).items():
        path = Path(app.outdir, "_static", "cards", f"{Path(page).name}.png")
        path.parent.mkdir(exist_ok=True)
        picture(title).savefig(path)


def setup(app):
    app.connect("html-page-context", describe)
    app.connect("build-finished", draw)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
