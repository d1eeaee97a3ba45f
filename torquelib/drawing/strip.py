"""A strip of frames: what stands on paper, and where no script runs, for a figure that moves."""

import html
import io

from matplotlib import image
from matplotlib.figure import Figure as _MatplotlibFigure

from torquelib.drawing.figure import Figure, beside

_WITHOUT_SCRIPTS = "<noscript><style>.te-strip{display:grid}</style></noscript>"


def strip(frames, prefix):
    """HTML of ``frames`` [(caption, Figure)], hidden on a screen where scripts run."""
    shown = "".join(f"<figure>{figure.svg(f'{prefix}s{n}')}<figcaption>{html.escape(words)}</figcaption></figure>"
                    for n, (words, figure) in enumerate(frames))
    return f'<style>\n{beside("strip.css")}</style>{_WITHOUT_SCRIPTS}<div class="te-strip">{shown}</div>'


def sheet(frames, alt):
    """PNG bytes of ``frames`` [(caption, Figure)] in two columns."""
    rows = -(-len(frames) // 2)
    page = _MatplotlibFigure(figsize=(8, 3 * rows), layout="constrained")
    for position, (words, figure) in enumerate(frames):
        ax = page.add_subplot(rows, 2, position + 1)
        ax.imshow(image.imread(io.BytesIO(figure.png())))
        ax.set_title(words, fontsize=9)
        ax.set_axis_off()
    return Figure(page, alt).png()
