"""Spins and magnetization as arrows along a wire, seen from the side, from above, or obliquely."""

import numpy as np

_VIEWS = {  # where x̂, ŷ and ẑ point on the page
    "from the side": np.array([[1, 0], [0, 0], [0, 1]]),  # along ŷ
    "from above": np.array([[1, 0], [0, 1], [0, 0]]),  # against ẑ
    "obliquely": np.array([[1, 0], [0.75 * np.cos(0.6), 0.75 * np.sin(0.6)], [0, 1]]),  # ŷ slants into the page
}


def arrows(ax, x, height, vectors, color, *, seen="obliquely", length=0.42, width=0.016, **options):
    """Arrows of ``vectors`` (n, 3) at positions x, ``seen`` as ``_VIEWS`` names it; a unit vector in the page is
    ``length`` inches long. Returns the quiver.
    """
    u, v = (vectors @ _VIEWS[seen]).T
    return ax.quiver(x, np.full(len(x), float(height)), u, v, color=color, angles="uv", scale_units="inches",
                     scale=1 / length, units="inches", width=width, **options)


def view(ax, x, *, seen, length=0.42):
    """The directions in the page, to the left of the arrows at x."""
    step = (x[-1] - x[0]) / (len(x) - 1)
    left = x[0] - 2.6 * step
    for axis, on_page, name in zip(np.eye(3), _VIEWS[seen], "xyz"):
        if on_page.any():
            arrows(ax, np.array([left]), 0, axis[None], "black", seen=seen, length=0.75 * length, width=0.01)
            ax.annotate(name, (left, 0), xytext=on_page * length * 72, textcoords="offset points", ha="center",
                        va="center")
    ax.set(xlim=(left - step, x[-1] + 1.6 * step), yticks=[], xlabel="position x (nm)")
    ax.set_xticks([tick for tick in ax.get_xticks() if x[0] <= tick <= x[-1]])
    ax.grid(False)
    ax.spines["left"].set_visible(False)
    ax.spines["bottom"].set_bounds(x[0], x[-1])


def share_position(axes):
    """Leave the axis of the position to the lowest of panels that share it."""
    for ax in axes[:-1]:
        ax.set_xlabel("")
        ax.spines["bottom"].set_visible(False)
        ax.tick_params(bottom=False)
