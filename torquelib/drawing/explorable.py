"""Figures with a slider, in three media from one call.

With a kernel an explorable is a live widget; in the built book it is one fragment of HTML
with a native slider, its frames drawn beforehand, that works without a kernel, without a
network and from a file; on paper it is a strip of frames. See `explore`.
"""

import base64
import functools
import gzip
import hashlib
import html
import inspect
import itertools
import json

from torquelib._validate import finite, number
from torquelib.drawing.figure import Figure, beside, caption, medium, printed, style
from torquelib.drawing.strip import strip
from torquelib.drawing.tables import written

_HEAVIEST_PAGE = 400_000  # bytes of HTML for one explorable


class Parameter:
    """A quantity the reader can move.

    Raises TypeError or ValueError if values are fewer than two, not finite or not increasing; if start lies outside
    them.

    Parameters
    ----------
    name : str
        The argument of the drawing function that it feeds.
    values : array_like, shape (n,)
        The stops of the slider, increasing, at least two.
    label : str
        What the reader sees beside the slider.
    unit : str, optional
    start : float, optional
        Where the slider starts: the stop closest to this value. Default: the first stop.
    format : str, optional
        How a value is written, as in ``format(value, "g")``.
    """

    def __init__(self, name, values, label, unit="", start=None, format="g"):
        if not (isinstance(name, str) and name.isidentifier()):
            raise ValueError(f"name must be an argument of the drawing function; got {name!r}")
        if not (isinstance(label, str) and label.strip()):
            raise ValueError(f"label must say what parameter {name!r} is; got {label!r}")
        array = finite(f"values of {name!r}", values)
        if array.ndim != 1 or array.size < 2:
            raise ValueError(f"values of {name!r} must be a list of at least two numbers; got shape {array.shape}")
        for low, high in zip(array[:-1], array[1:]):
            if not high > low:
                raise ValueError(f"values of {name!r} must increase; got {high:g} after {low:g}")
        if start is None:
            start = array[0]
        start = number(f"start of {name!r}", start, unit=unit, minimum=array[0], maximum=array[-1])
        self.name, self.label, self.unit = name, label, unit
        self.values = array.tolist()
        self.start = int(abs(array - start).argmin())
        self.texts = [(written(value, format) + f" {unit}").strip().replace("-", "−") for value in self.values]


def explore(draw, *parameters, alt):
    """A figure the reader can move: an `Explorable`, a widget with a kernel, a slider in the page, a strip in print.

    ``draw`` takes the parameters by name and returns a `torquelib.drawing.figure.Figure`; there are one or two
    ``parameters``, and in the page every combination is drawn beforehand. ``alt`` says in one sentence what moves, and
    what the reader learns from it. Raises TypeError or ValueError if there is no parameter or more than two, if
    ``draw`` does not take them, if ``alt`` is empty.
    """
    return Explorable(draw, parameters, alt)


class Explorable:
    """A drawing function with its sliders; made by `explore`."""

    def __init__(self, draw, parameters, alt):
        if not callable(draw):
            raise TypeError(f"draw must be a function; got {draw!r}")
        if not 1 <= len(parameters) <= 2:
            raise ValueError(f"parameters must be one or two; got {len(parameters)}")
        for parameter in parameters:
            if not isinstance(parameter, Parameter):
                raise TypeError(f"parameters must be of class Parameter; got {parameter!r}")
        names = [parameter.name for parameter in parameters]
        if len(set(names)) < len(names):
            raise ValueError(f"parameters must differ in name; got {names[0]!r} twice")
        try:
            inspect.signature(draw).bind(**dict.fromkeys(names))
        except TypeError as error:
            raise TypeError(f"draw must take {', '.join(names)}: {error}") from None
        if not isinstance(alt, str) or not alt.strip():
            raise ValueError(f"alt must say what the explorable shows; got {alt!r}")
        self.draw, self.parameters, self.alt = draw, parameters, " ".join(alt.split())
        self._frames = {}

    def __repr__(self):
        return f"Explorable: {self.alt}"

    @property
    def start(self):
        """The stop of each slider at the start."""
        return tuple(parameter.start for parameter in self.parameters)

    def frame(self, index):
        """The figure at the stops ``index``, drawn once."""
        if index not in self._frames:
            chosen = {p.name: p.values[i] for p, i in zip(self.parameters, index)}
            figure = self.draw(**chosen)
            if not isinstance(figure, Figure):
                raise TypeError(f"draw must return a Figure; got {type(figure).__name__} for {chosen}")
            self._frames[index] = figure
        return self._frames[index]

    def caption(self, index):
        """The values at the stops ``index`` in words."""
        return ", ".join(f"{p.label} {p.texts[i]}" for p, i in zip(self.parameters, index))

    def strip(self):
        """The three or four stops that stand for all on paper: (caption, figure) of each."""
        sizes = [len(p.values) for p in self.parameters]
        count = min(4, sizes[0])
        stops = (itertools.product((0, sizes[0] - 1), (0, sizes[1] - 1)) if len(sizes) == 2 else
                 [(round(i * (sizes[0] - 1) / (count - 1)),) for i in range(count)])
        return [(self.caption(index), self.frame(index)) for index in stops]

    def html(self):
        """The explorable as one HTML fragment: no kernel, no network, no library. Raises ValueError above 400 kB."""
        stops = list(itertools.product(*(range(len(p.values)) for p in self.parameters)))
        first = self.frame(self.start)
        prefix = "e" + hashlib.sha256(f"{self.alt}{stops}".encode()).hexdigest()[:8]
        lines, frames = {}, []
        for index in stops:
            drawn = self.frame(index).svg(prefix).split("\n")
            frames.append([lines.setdefault(line, len(lines)) for line in drawn])
        data = {"lines": list(lines), "frames": frames, "texts": [p.texts for p in self.parameters]}
        packed = base64.b64encode(gzip.compress(json.dumps(data, separators=(",", ":")).encode(), 9, mtime=0)).decode()
        sliders = "".join(
            f'<div class="te-row"><label>{html.escape(p.label)} <input type="range" min="0" max="{len(p.values) - 1}" '
            f'step="1" value="{p.start}" autocomplete="off" aria-valuetext="{html.escape(p.texts[p.start])}"></label>'
            f'<output aria-live="off">{html.escape(p.texts[p.start])}</output></div>'
            for p in self.parameters
        )
        fragment = (
            f'<figure class="torque-figure torque-explorable" aria-label="{html.escape(self.alt)}" '
            f'style="max-width:{first.max_width}px">{style()}<style>\n{beside("explorable.css")}</style>'
            f'<div class="te-frame">{first.svg(prefix)}</div>'
            f'<div class="te-controls" hidden>{sliders}<button type="button">Play</button></div>'
            f'<p class="te-status" aria-live="polite"></p>{strip(self.strip(), prefix)}'
            f'{caption(self.alt)}<script type="text/plain">{packed}</script>'
            f'<script>\n{beside("explorable.js")}</script></figure>'
        )
        size = len(fragment.encode())
        if size > _HEAVIEST_PAGE:
            raise ValueError(
                f"the explorable must weigh at most {_HEAVIEST_PAGE // 1000} kB in the page; got {size / 1000:.0f} kB "
                f"in {len(stops)} frames: give fewer values, or draw fewer points ({self.alt!r})"
            )
        return fragment

    def widget(self):
        """The explorable as an ipywidgets box, for a live kernel."""
        import ipywidgets

        @functools.cache
        def drawn(*index):
            return self.frame(index).html()

        picture = ipywidgets.HTML(drawn(*self.start))
        sliders = [
            ipywidgets.SelectionSlider(
                options=[(text, i) for i, text in enumerate(p.texts)], value=p.start, description=p.label,
                style={"description_width": "initial"}, layout={"width": "min(30em, 100%)"},
            )
            for p in self.parameters
        ]

        def show(_):
            picture.value = drawn(*(slider.value for slider in sliders))

        for slider in sliders:
            slider.observe(show, names="value")
        first = self.parameters[0]
        play = ipywidgets.Play(min=0, max=len(first.values) - 1, value=first.start, interval=250)
        ipywidgets.link((play, "value"), (sliders[0], "value"))
        return ipywidgets.VBox([picture, *sliders, play])

    def _repr_mimebundle_(self, include=None, exclude=None):
        if medium() == "live":
            return self.widget()._repr_mimebundle_(include=include, exclude=exclude)
        fragment = self.html()  # for the tests, too: it draws every stop and is weighed
        if medium() == "text":
            return {"text/plain": repr(self)}
        return {"text/plain": repr(self), "text/html": fragment, "application/pdf": printed(self.strip())}
