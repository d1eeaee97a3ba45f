"""Small tables of numbers: what was computed beside what was expected, with a mark.

In a notebook's text a table is aligned lines, which the tests compare; in the page it is a table that fits a phone.
"""

import html

import numpy as np

from torquelib.drawing.figure import medium, minus, style

_SPOKEN = {"✓": '<span role="img" aria-label="agrees">✓</span>',
           "✗": '<span role="img" aria-label="differs">✗</span>', "": ""}


def check(rows, format="g", *, rtol=0.0, atol=0.0, columns=("computed", "expected"), label=""):
    """Computed beside expected, a row each, marked ✓ where they agree and ✗ where not: a `Table`.

    Raises TypeError or ValueError if there is no row, or a row has neither a truth value nor a number for each column.

    Parameters
    ----------
    rows : dict
        What was checked → (computed, expected), or → a truth value. Numbers, or arrays of shape (n,); values beyond
        the first two are shown and not compared.
    format : str
        How a number is written, as in ``format(value, "g")``.
    rtol, atol : float
        They agree if \\|computed − expected\\| ≤ atol + rtol·\\|expected\\|. Default: if they are written alike.
    columns : sequence of str
        Headings.
    label : str
        Heading of the rows' names.
    """
    marks = {}
    for name, values in rows.items():
        if isinstance(values, bool | np.bool_):
            marks[name] = bool(values)
            continue
        computed, expected = (np.asarray(value, dtype=float) for value in values[:2])
        if rtol or atol:
            marks[name] = bool(np.all(np.abs(computed - expected) <= atol + rtol * np.abs(expected)))
        else:
            marks[name] = _cell(computed, format) == _cell(expected, format)
    return Table(rows, columns, format, label=label, marks=marks)


def table(rows, columns, format="g", *, label=""):
    """Numbers in columns, a row each: a `Table`.

    ``rows`` maps the name of a row to its values: numbers, arrays of shape (n,), or words. ``columns`` are headings,
    ``label`` that of the rows' names; ``format`` says how a number is written, one for all columns or one for each.
    Raises ValueError if there is no row, or a row has not one value for each column.
    """
    return Table(rows, columns, format, label=label, marks={})


class Table:
    """A table that shows itself as text or as HTML; made by `check` and `table`."""

    def __init__(self, rows, columns, format, *, label, marks):
        formats = [format] * len(columns) if isinstance(format, str) else list(format)
        if not rows:
            raise ValueError("rows must hold at least one row; got none")
        self.lines = []
        for name, values in rows.items():
            if isinstance(values, bool | np.bool_):
                cells = []
            elif len(values) != len(columns):
                raise ValueError(f"row {name!r} must have {len(columns)} values, one a column; got {len(values)}")
            else:
                cells = [_cell(value, spec) for value, spec in zip(values, formats, strict=True)]
            self.lines.append((str(name), cells, {True: "✓", False: "✗", None: ""}[marks.get(name)]))
        self.columns = list(columns) if any(cells for _, cells, _ in self.lines) else []
        self.label = label

    def __repr__(self):
        rows = [(name, cells + [""] * (len(self.columns) - len(cells)), mark) for name, cells, mark in self.lines]
        if self.columns or self.label:
            rows.insert(0, (self.label, self.columns, ""))
        first = max(len(name) for name, _, _ in rows)
        widths = [max(len(cells[i]) for _, cells, _ in rows) for i in range(len(self.columns))]
        return "\n".join(
            "   ".join([name.ljust(first), *(cell.rjust(width) for cell, width in zip(cells, widths)), mark]).rstrip()
            for name, cells, mark in rows
        )

    def html(self):
        """The table as an HTML fragment that needs nothing else."""
        marked = any(mark for _, _, mark in self.lines)

        def row(name, cells, mark, element, scope):
            name, *cells = (html.escape(minus(text)) for text in (name, *cells))
            span = 1 + len(self.columns) - len(cells)  # a truth has no numbers
            return (f'<tr><th scope="{scope}"' + (f' colspan="{span}"' if span > 1 else "") + f">{name}</th>"
                    + "".join(f"<{element}>{cell}</{element}>" for cell in cells)
                    + (f'<td class="mark">{_SPOKEN[mark]}</td>' if marked else "") + "</tr>")

        head = f"<thead>{row(self.label, self.columns, '', 'th', 'col')}</thead>" if self.columns or self.label else ""
        body = "".join(row(*line, "td", "row") for line in self.lines)
        return f'<div class="torque-table">{style()}<table>{head}<tbody>{body}</tbody></table></div>'

    def _repr_mimebundle_(self, include=None, exclude=None):
        bundle = {"text/plain": repr(self)}
        return bundle if medium() == "text" else bundle | {"text/html": self.html()}


def written(value, spec):
    """``value`` as text, zero without a sign, no power of ten below a million."""
    text = format(value + 0.0, spec)
    if spec.endswith("g") and "e+0" in text and abs(value) < 1e6:
        text = f"{float(text):{'+' * ('+' in spec)}.0f}"
    return text.lstrip("-") if float(text.rstrip("%")) == 0 else text


def _cell(value, spec):
    """A number, an array (n,) or a word as the text of a cell."""
    if isinstance(value, str):
        return value
    value = np.asarray(value, dtype=float)
    if value.ndim == 0:
        return written(float(value), spec)
    if value.ndim == 1:
        return "  ".join(written(float(one), spec) for one in value)
    raise ValueError(f"a cell must hold a number, numbers in a row or a word; got shape {value.shape}")
