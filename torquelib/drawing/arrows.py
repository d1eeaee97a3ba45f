"""Spins and magnetization as arrows along a wire, seen obliquely: the x–z plane in the page, ŷ slanting into it."""

import numpy as np

_Y_AXIS = 0.75 * np.array([np.cos(0.6), np.sin(0.6)])  # where ŷ points on the page


def arrows(ax, x, height, vectors, color, *, length=0.42, width=0.016, **options):
    """Arrows of ``vectors`` (n, 3) at positions x, seen with the x–z plane in the page and ŷ slanting into it.

    A unit vector in the page is ``length`` inches long. Returns the quiver.
    """
    u = vectors[:, 0] + _Y_AXIS[0] * vectors[:, 1]
    v = vectors[:, 2] + _Y_AXIS[1] * vectors[:, 1]
    return ax.quiver(x, np.full(len(x), float(height)), u, v, color=color, angles="uv", scale_units="inches",
                     scale=1 / length, units="inches", width=width, **options)


def view(ax, x, *, length=0.42):
    """The three directions of the oblique view, to the left of the arrows at x."""
    step = (x[-1] - x[0]) / (len(x) - 1)
    left = x[0] - 2.6 * step
    arrows(ax, np.full(3, left), 0, np.eye(3), "black", length=0.75 * length, width=0.01)
    for axis, name in zip(np.eye(3), "xyz"):
        u, v = axis[0] + _Y_AXIS[0] * axis[1], axis[2] + _Y_AXIS[1] * axis[1]
        ax.annotate(name, (left, 0), xytext=(u * length * 72, v * length * 72), textcoords="offset points",
                    ha="center", va="center")
    ax.set(xlim=(left - step, x[-1] + 1.6 * step), yticks=[], xlabel="position x (nm)")
    ax.set_xticks([tick for tick in ax.get_xticks() if x[0] <= tick <= x[-1]])
    ax.grid(False)
    ax.spines["left"].set_visible(False)
    ax.spines["bottom"].set_bounds(x[0], x[-1])
