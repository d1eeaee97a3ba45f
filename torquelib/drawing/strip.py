"""A strip of frames: what stands on paper, and where no script runs, for a figure that moves."""

import html

from torquelib.drawing.figure import beside

_WITHOUT_SCRIPTS = "<noscript><style>.te-strip{display:grid}</style></noscript>"


def strip(frames, prefix):
    """HTML of ``frames`` [(caption, Figure)], hidden on a screen where scripts run."""
    shown = "".join(f"<figure>{figure.svg(f'{prefix}s{n}')}<figcaption>{html.escape(words)}</figcaption></figure>"
                    for n, (words, figure) in enumerate(frames))
    return f'<style>\n{beside("strip.css")}</style>{_WITHOUT_SCRIPTS}<div class="te-strip">{shown}</div>'
