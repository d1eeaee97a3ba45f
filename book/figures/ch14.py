"""Figures of chapter 14: a spin that walks, the torque of a uniform magnet, how far Eq. (26) holds."""

import numpy as np

from torquelib.drawing.arrows import arrows, view
from torquelib.drawing.figure import COLORS, Figure, canvas


def walking_spin(x, angle):
    """A spin on its way along x (n,) nm in a Rashba film with m = ẑ, turned by ``angle`` (n,), and m as it sees it."""
    zero, one = np.zeros(len(x)), np.ones(len(x))
    m = np.stack([zero, zero, one], axis=-1)
    spin = np.stack([-np.sin(angle), zero, np.cos(angle)], axis=-1)         # turned about −ŷ
    seen = np.stack([np.sin(angle), zero, np.cos(angle)], axis=-1)          # m turned back
    fig, (ax, bx) = canvas(rows=2, width="wide", height=3.4, sharex=True)
    for panel, magnetization, of_spin, title in (
            (ax, m, spin, "in the film: m (grey) is uniform, the spin turns"),
            (bx, seen, m, "with the spin: m turns, as in a texture")):
        arrows(panel, x, 0, magnetization, COLORS["m"], seen="from the side", width=0.03)
        arrows(panel, x, 0, of_spin, COLORS["exact"], seen="from the side")
        view(panel, x, seen="from the side")
        panel.set(ylim=(-1, 1), title=title)
    ax.set_xlabel("")
    turns = abs(angle[-1]) / (2*np.pi)
    return Figure(fig, alt=(
        f"Two views of one walk. In the film the spin makes {turns:.1f} turns over {x[-1]:g} nm under a uniform m; "
        "on axes that go with the spin, the spin stands still and m turns the other way, as in a texture."
    ))


def turning_magnetization(angle, sizes, ratio):
    """Kubo torque over the largest of (26) against the angle (n,) of m in °: ``sizes`` {plane: (n,)}; (26) as lines."""
    fine = np.linspace(0, 180, 181)
    fig, ax = canvas(height=3.3)
    for plane, color, marker, style in (("x", COLORS["majority"], "o", "-"), ("y", COLORS["minority"], "^", "--")):
        printed = np.ones_like(fine) if plane == "x" else np.abs(np.cos(np.radians(fine)))
        ax.plot(fine, printed, style, color=color, label=f"(26), m in {plane}–z")
        ax.plot(angle, sizes[plane], marker, color=color, mfc="none", ls="", label="Kubo")
    ax.set(xlabel="angle between m and the film normal (°)", ylabel="torque / largest of (26) (1)",
           ylim=(0, 1.1), xticks=range(0, 181, 45))
    ax.legend(ncols=2, fontsize=8.5, loc="lower center", bbox_to_anchor=(0.45, 1))
    return Figure(fig, alt=(
        f"At αk_F/J = {ratio:g} the Kubo torque is {sizes['x'][0]:.2f} of Eq. (26) for m along the normal "
        f"and {sizes['x'][9]:.2f} of it for m in the film along the field."
    ))


def deviation(ratios, curves):
    """Relative deviation of the Kubo torque from (26) against αk_F/J; ``curves``: label → values."""
    fig, ax = canvas(height=3.1)
    for (label, values), color, marker in zip(curves.items(), COLORS["cycle"], "o^s"):
        ax.loglog(ratios, values, marker, ls="-", lw=0.8, mfc="none", color=color, label=label)
    guide = np.array([ratios[0], ratios[-1]])
    first = next(iter(curves.values()))
    ax.loglog(guide, 2.5 * first[0] * (guide / ratios[0])**2, ":", color=COLORS["reference"], label="slope 2")
    ax.set(xlabel=r"$\alpha_R k_F/J$ (1)", ylabel="relative deviation from (26)")
    ax.set_xticks(ratios, [f"{r:.2g}" for r in ratios])
    ax.minorticks_off()
    ax.legend(fontsize=9, loc="lower right")
    return Figure(fig, alt=(
        "The deviation of the Kubo torque from Eq. (26) falls with the square of αk_F/J; at "
        f"αk_F/J = {ratios[0]:.2g} it is {first[0]:.1e}."
    ))
