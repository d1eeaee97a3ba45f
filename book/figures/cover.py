"""The figure on the cover: spins in a spiral, and what an electric field does to them."""

from torquelib.drawing.arrows import arrows, share_position, view
from torquelib.drawing.figure import COLORS, Figure, canvas


def spins_in_a_field(x, m, right, left, field, shift, factor):
    """Magnetization and spins of a right- and a left-mover, each (n, 3), at x (n,) in nm.

    ``field`` in V/µm and ``shift`` in nm are for the words; ``shift`` times ``factor`` is drawn between the two.
    """
    fig, axes = canvas(rows=3, width="wide", height=3.5, sharex=True, height_ratios=(1.7, 1, 1))
    rows = (("from the side", (right, left), "both"), ("from above", (right,), "moving right"),
            ("from above", (left,), "moving left"))
    for ax, (seen, spins, words) in zip(axes, rows):
        arrows(ax, x, 0, m, COLORS["m"], seen=seen, width=0.04)
        for spin in spins:
            arrows(ax, x, 0, spin, COLORS["minority"], seen=seen, zorder=3)
        view(ax, x, seen=seen)
        ax.set(ylim=(-1, 1))
        ax.set_title(f"{seen}, {words}", loc="left" if seen == "from the side" else "center")
    share_position(axes)
    if shift:
        top, middle, towards = axes[0], x.mean(), "on" if shift > 0 else "back"
        top.annotate("", (middle + factor * shift, 0.75), (middle, 0.75), annotation_clip=False,
                     arrowprops={"arrowstyle": "-|>", "color": COLORS["E"], "linewidth": 2, "shrinkA": 0, "shrinkB": 0})
        top.plot([middle] * 2, [0.65, 0.85], color=COLORS["E"])
        top.set_title(f"as m does {abs(1e3 * shift):.3f} pm further {towards} (×{factor:,})", loc="right",
                      color=COLORS["E"])
    lean = abs(right[:, 1]).max()
    points = f"both point as m does {abs(1e3 * shift):.3f} pm further {towards}" if shift else "they point as m does"
    return Figure(fig, alt=f"Field {field + 0.0:.2f} V/µm: seen from above the spins lean out of the spiral's plane by "
                           f"{lean:.2f}, to opposite sides; seen from the side {points}.")
