"""Simulations that run in the page: `live` shows a problem of the library, its equation of motion in plain JavaScript.

For each kind of problem there are three files: ``live_X.js`` is the equation of motion, ``live_X.html`` what stands on
the page, ``live_X_view.js`` draws it; ``live.js`` and ``live.css`` are what all share. Nothing is loaded, nothing is
sent. In a notebook, too, the browser computes: it takes the library's steps to 1e-9, and a kernel would have to send
sixty pictures a second. On paper stand frames that the library computed.
"""

import hashlib
import html
import json

from torquelib._validate import choice
from torquelib.drawing.figure import COLORS, Figure, beside, caption, medium, printed, style
from torquelib.drawing.strip import strip
from torquelib.units import SI_GAMMA, hbar, m_e

_LEANING = {"J": 0.2, "enlarged": 20_000, "hbar": hbar, "m_e": m_e}
_HEAVIEST = 40_000  # bytes of HTML without the frames for paper
_KINDS = {
    "sea": ("ElectronSea", "sea", ("p", "J", "E_F", "tau", "number", "seed"), {"hbar": hbar, "m_e": m_e}),
    "flight": ("DriftingSpiral", "flight", ("p",), {"hbar": hbar}),
    "spiral": ("DriftingSpiral", "spiral", ("p",), _LEANING),
    "cover": ("DriftingSpiral", "spiral", ("p",), _LEANING | {"pulses": 1}),
    "ramp": ("DriftingSpiral", "ramp", ("p",), {"J": 0.5, "k": 3.0, "E": 1e-3, "hbar": hbar, "m_e": m_e}),
    "skyrmion": ("SkyrmionModel", "skyrmion", ("A", "K", "D", "rest"),
                 {"Ms": 8e5, "alpha": 0.1, "cell": 2e-9, "cells": 64, "gamma": SI_GAMMA}),
    "wall": ("WallChain", "wall", ("A", "K", "K_hard", "Ms", "alpha", "cell"), {"gamma": SI_GAMMA, "cells": 240}),
}
"""For each kind: its problem's class (by name, since numba, which some need, is not everywhere), the scripts' name,
what a problem tells of itself, what is told besides."""


def live(problem, *, frames, alt, kind=None):
    """A simulation that the reader drives: a `Live`, running in a notebook and in the page, a strip of frames in print.

    Raises TypeError or ValueError for a problem of another class, no frames, no ``alt`` or a kind that does not fit.

    Parameters
    ----------
    problem : ElectronSea, DriftingSpiral (electrons in it), SkyrmionModel (it in a periodic film) or WallChain
        What is simulated, in its state at the start.
    frames : dict of str to Figure
        Caption and picture of each frame that stands for the simulation on paper.
    alt : str
        One sentence: what moves, and what the reader learns from it.
    kind : {"sea", "flight", "spiral", "cover", "ramp", "skyrmion", "wall"}, optional
        Which simulation of the problem; the first that fits by default.
    """
    return Live(problem, frames, alt, kind)


class Live:
    """A simulation in the page; made by `live`."""

    def __init__(self, problem, frames, alt, kind=None):
        fitting = tuple(name for name, entry in _KINDS.items() if type(problem).__name__ == entry[0])
        if not fitting:
            classes = ", ".join(dict.fromkeys(entry[0] for entry in _KINDS.values()))
            raise TypeError(f"problem must be one of {classes}; got {problem!r}")
        if not (isinstance(frames, dict) and frames and all(isinstance(frame, Figure) for frame in frames.values())):
            raise TypeError(f"frames must map captions to Figures, at least one; got {frames!r}")
        if not isinstance(alt, str) or not alt.strip():
            raise ValueError(f"alt must say what the simulation shows; got {alt!r}")
        self.kind = fitting[0] if kind is None else choice("kind", kind, fitting)
        _, self.scripts, names, besides = _KINDS[self.kind]
        told = {name: getattr(problem, name) for name in names}
        self.settings = {name: value() if callable(value) else value for name, value in told.items()} | besides
        self.frames, self.alt = list(frames.items()), " ".join(alt.split())

    def __repr__(self):
        return f"Live: {self.alt}"

    def html(self):
        """The simulation as one HTML fragment: no kernel, no network, no library."""
        name = "l" + hashlib.sha256(self.alt.encode()).hexdigest()[:8]
        colors = {meaning: COLORS[meaning] for meaning in ("majority", "minority", "E", "reference")}
        files = f"live_{self.scripts}.js", f"live_{self.scripts}_view.js", "live.js"
        script = "\n".join(map(beside, files))
        start = json.dumps({"root": name, "settings": self.settings, "colors": colors})
        body = (
            f'<figure class="torque-figure torque-live" aria-label="{html.escape(self.alt)}">'
            f'{style()}<style>\n{beside("live.css")}</style>'
            f'<div id="{name}">{beside(f"live_{self.kind}.html").replace("NAME", name)}</div>'
            f"{{frames}}{caption(self.alt)}"
            f"<script>\n(function () {{\n{script}\nrun({start});\n}})();</script></figure>"
        )
        if len(body.encode()) > _HEAVIEST:
            raise ValueError(f"a simulation must weigh at most {_HEAVIEST // 1000} kB in the page; "
                             f"got {len(body.encode()) / 1000:.0f} kB")
        return body.replace("{frames}", strip(self.frames, name), 1)

    def _repr_mimebundle_(self, include=None, exclude=None):
        fragment = self.html()
        if medium() == "text":
            return {"text/plain": repr(self)}
        bundle = {"text/plain": repr(self), "text/html": fragment}
        if medium() == "page":
            bundle["application/pdf"] = printed(self.frames)
        return bundle
