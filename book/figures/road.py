"""The one figure of the page "The road ahead": two ways to miss −m, and the torques that they make."""

from torquelib.drawing.figure import COLORS, INK, Figure, canvas


def compass(right, left, shift, torques):
    """What a majority spin lacks to −m, and the torque on m of each, as pairs of components on (∂ₓm, m×∂ₓm).

    ``right``, ``left``: the leans of electrons that move so; ``shift``; ``torques``: of the three, in this order.
    Only directions are drawn: the arrows have lengths of their own. Solid is what a field to the right leaves.
    """
    fig, panels = canvas(cols=2, width="wide", height=3.0)
    blue, green = COLORS["majority"], COLORS["E"]
    names = (("lean, moving right", "lean, moving left", "shift"),
             ("(moving right)", "adiabatic", "intrinsic"))
    for ax, arrows, words in zip(panels, ((right, left, shift), torques), names):
        for (x, y), name, color, line in zip(arrows, words, (blue, blue, green), ("--", "-", "-")):
            ax.annotate("", (x, y), (0, 0), arrowprops={"arrowstyle": "-|>", "color": color, "linestyle": line,
                                                        "linewidth": 2, "mutation_scale": 15, "shrinkA": 0})
            side = -1 if y < 0 else 1
            ax.text(0.75*x if y == 0 else 0.12, 0.2 if y == 0 else y - 0.15*side, name, color=color, fontsize=10,
                    ha="left" if y else "center", va="center")
        ax.plot(0, 0, "o", color=INK, markersize=4)
        ax.set(xlim=(-1.4, 1.7), ylim=(-1.2, 1.2), aspect="equal", xticks=[], yticks=[],
               xlabel="along the texture, ∂$_x$m →")
        ax.grid(False)
    panels[0].text(-1.3, -0.7, "E →\nelectrons\ndrift ←", color=green, fontsize=10, ha="left", va="center")
    panels[0].set(title="how a spin misses −m", ylabel="across it, m × ∂$_x$m →")
    panels[1].set(title="the torque on m")
    return Figure(fig, alt="The spin of a majority electron leans across the texture, to one side if it moves right "
                           "and to the other if it moves left; an electric field to the right shifts the spins of "
                           "both along the texture, to the same side. Each torque is a quarter turn further: the "
                           "leans make the adiabatic torque, which cancels between right- and left-movers, the "
                           "shifts the intrinsic torque, which does not.")
