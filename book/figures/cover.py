"""The figure on the cover: spins in a spiral, and what an electric field does to them."""

from torquelib.drawing.arrows import arrows, view
from torquelib.drawing.figure import COLORS, Figure, canvas


def spins_in_a_field(x, m, right, left, field, shift, factor):
    """Magnetization and spins of a right- and a left-mover, each (n, 3), at x (n,) in nm.

    ``field`` in V/µm and ``shift`` in nm are for the words; ``shift`` times ``factor`` is drawn between the two.
    """
    fig, axes = canvas(rows=2, width="wide", height=3.4, sharex=True)
    for ax, spin, words in zip(axes, (right, left), ("moving right", "moving left")):
        arrows(ax, x, 0, m, COLORS["m"], width=0.04)
        arrows(ax, x, 0, spin, COLORS["minority"], zorder=3)
        view(ax, x)
        ax.set(ylim=(-1, 1))
        ax.set_title(words, loc="left")
    top, bottom = axes
    top.set_xlabel("")
    top.spines["bottom"].set_visible(False)
    top.tick_params(bottom=False)
    middle = x.mean()
    top.annotate("", (middle + factor * shift, 0.75), (middle, 0.75), annotation_clip=False,
                 arrowprops={"arrowstyle": "-|>", "color": COLORS["E"], "linewidth": 2, "shrinkA": 0, "shrinkB": 0})
    top.plot([middle] * 2, [0.65, 0.85], color=COLORS["E"])
    towards = "on" if shift >= 0 else "back"
    top.set_title(f"they point as m does {abs(1e3 * shift):.3f} pm further {towards} (×{factor:,})", loc="right",
                  color=COLORS["E"])
    lean = abs(right[:, 1]).max()
    return Figure(fig, alt=f"Field {field + 0.0:.2f} V/µm: the spins lean out of the plane of the spiral by "
                           f"{lean:.2f}, to opposite sides, and both point as the magnetization does "
                           f"{abs(1e3 * shift):.3f} pm further {towards}.")
