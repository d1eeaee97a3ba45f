"""The figure on the cover: spins in a spiral, and what an electric field does to them."""

from torquelib.drawing.figure import COLORS, Figure

from .ch01 import side_and_above


def spins_in_a_field(x, m, right, left, field, shift, factor):
    """Magnetization and spins of a right- and a left-mover, each (n, 3), at x (n,) in nm.

    ``field`` in V/µm and ``shift`` in nm are for the words; ``shift`` times ``factor`` is drawn between the two.
    """
    fig, axes = side_and_above(x, m, right, left, height=3.5)
    axes[0].set_title("from the side, both", loc="left")
    axes[1].set_title("from above, moving right")
    axes[2].set_title("from above, moving left")
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
