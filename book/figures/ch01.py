"""Figures of chapter 1: electrons in a magnetic texture."""

from torquelib.drawing.arrows import arrows, share_position, view
from torquelib.drawing.figure import COLORS, Figure, canvas


def exchange_bands(k, majority, minority, fermi_energy):
    """Energies (n,) in eV of the two bands of a uniform magnet against k (n,) in 1/nm."""
    fig, ax = canvas()
    for energy, name, style in ((minority, "minority", "--"), (majority, "majority", "-")):
        ax.plot(k, energy, style, color=COLORS[name])
    ax.annotate("minority, s = +1\nspin along m", (0, minority.min()), (0, 10), textcoords="offset points",
                ha="center", color=COLORS["minority"])
    ax.annotate("majority, s = −1\nspin against m", (0, majority.min()), (0, -32), textcoords="offset points",
                ha="center", color=COLORS["majority"])
    ax.axhline(fermi_energy, color=COLORS["reference"], linewidth=1)
    ax.annotate("Fermi energy", (0, fermi_energy), (0, 3), textcoords="offset points", ha="center",
                color=COLORS["reference"])
    ax.set(xlabel="wave number k (1/nm)", ylabel="energy (eV)", ylim=(majority.min() - 0.8, majority.max()))
    return Figure(fig, alt=f"Two parabolas, apart by 2J = {minority.min() - majority.min():.1f} eV everywhere; the "
                           "lower one, the majority, holds more electrons below the Fermi energy.")


def following(times, sudden, steady):
    """Spins (n, 3) on the axes (e_θ, ŷ, m) against times (n,) in fs: started along m, and started tilted."""
    fig, (across, lag) = canvas(rows=2, height=4.0, sharex=True)
    for ax, component in ((across, 1), (lag, 0)):
        ax.plot(times, sudden[:, component], color=COLORS["minority"], label="started along m")
        ax.plot(times, steady[:, component], "--", color=COLORS["majority"], label="started tilted by α")
    across.set_ylabel("out of the plane, σ·ŷ")
    lag.set(xlabel="time (fs)", ylabel="in the plane, σ·e$_θ$")
    across.legend(loc="upper right", ncols=2, bbox_to_anchor=(1.02, 1.28))
    return Figure(fig, alt=f"A spin started along m rings between 0 and {sudden[:, 1].min():.3f} out of the plane and "
                           f"as much in it; a spin started tilted by {steady[0, 1]:.3f} keeps that tilt and stays at "
                           "0 in the plane.")


def flight(x, m, spin, width, missed):
    """m and one spin (n, 3), along z and out of the plane, on the path x (n,) in nm through a wall of ``width`` nm."""
    fig, (along, across) = canvas(rows=2, height=3.8, sharex=True)
    along.plot(x, m[:, 2], color=COLORS["m"], linewidth=4, label="magnetization")
    along.plot(x, spin[:, 2], color=COLORS["minority"], label="spin")
    across.plot(x, spin[:, 1], color=COLORS["minority"])
    along.set(ylabel="along z", ylim=(-1.1, 1.1), title=f"the spin misses the turn with probability {missed:.2g}")
    across.set(xlabel="position x (nm)", ylabel="out of the plane", xlim=(-6, 6), ylim=(-1.1, 1.1))
    along.legend(loc="upper right")
    return Figure(fig, alt=f"Wall of width {width:g} nm: the spin misses the turn with probability {missed:.2g}.")


def missed_turn(ratio, computed, fine, exact):
    """Probability to miss a wall's turn against J·width/(ħv): computed at ``ratio``, Rosen and Zener's on ``fine``."""
    fig, ax = canvas()
    ax.semilogy(fine, exact, color=COLORS["exact"], label="Rosen and Zener, 1932")
    ax.semilogy(ratio, computed, "o", color=COLORS["minority"], label="computed flight")
    ax.set(xlabel="wall width in units of ħv/J", ylabel="probability to miss the turn", ylim=(1e-6, 2))
    ax.legend()
    return Figure(fig, alt="The probability to miss the turn falls exponentially with the wall's width, to "
                           f"{computed[-1]:.0e} at {ratio[-1]:.1f} ħv/J; computed points lie on the formula.")


def tilt(k, helix, first_order, k_ring, ring):
    """Out-of-plane component of the minority's spin against k in 1/nm: helix, first order, plane waves on a ring."""
    fig, ax = canvas()
    ax.plot(k, first_order, "--", color=COLORS["approx"], label="first order, −ħvp/2J")
    ax.plot(k, helix, color=COLORS["exact"], label="2×2 matrix, exact")
    ax.plot(k_ring, ring, "o", color=COLORS["minority"], markersize=4, label="plane waves on a ring")
    ax.set(xlabel="wave number k (1/nm)", ylabel="out-of-plane spin, ⟨σ⟩·ŷ")
    ax.legend()
    return Figure(fig, alt="The out-of-plane spin is odd in k: positive for electrons that move left, negative for "
                           "those that move right. The ring agrees with the exact curve; first order is its tangent "
                           "at k = 0.")


def side_and_above(x, m, right, left, height):
    """Panels with m and the spins of two electrons, each (n, 3), at x (n,): both from the side, each from above."""
    fig, axes = canvas(rows=3, width="wide", height=height, sharex=True, height_ratios=(1.7, 1, 1))
    for ax, seen, spins in zip(axes, ("from the side", "from above", "from above"), ((right, left), (right,), (left,))):
        arrows(ax, x, 0, m, COLORS["m"], seen=seen, width=0.04)
        for spin in spins:
            arrows(ax, x, 0, spin, COLORS["minority"], seen=seen, zorder=3)
        view(ax, x, seen=seen)
        ax.set(ylim=(-1, 1))
    share_position(axes)
    return fig, axes


def tilted_spins(x, m, right, left):
    """Figure 1(a): m and the spins of an electron moving right and one moving left, each (n, 3), at x (n,) in nm."""
    fig, axes = side_and_above(x, m, right, left, height=3.6)
    for ax, words in zip(axes, ("from the side: both electrons", "from above: the electron moving right",
                                "from above: the electron moving left")):
        ax.set_title(words)
    return Figure(fig, alt="From the side the spins of both electrons lie along m. From above they lean out of the "
                           f"plane of the spiral, by {abs(right[0, 1]):.2f} towards −y if the electron moves right and "
                           f"by {abs(left[0, 1]):.2f} towards +y if it moves left.")


def shifted_spins(x, m, spin, factor, shift):
    """Figure 1(b): m, and the in-plane part (n, 3) of spins that point as m does ``shift`` nm, times ``factor``, on."""
    fig, ax = canvas(width="wide", height=2.0)
    arrows(ax, x, 0, m, COLORS["m"], seen="from the side", width=0.04)
    arrows(ax, x, 0, spin, COLORS["E"], seen="from the side", zorder=3)
    view(ax, x, seen="from the side")
    ax.set(ylim=(-1, 1), title=f"from the side: a shift of {shift * 1e3:.3f} pm, drawn {factor:,} times larger")
    return Figure(fig, alt="With a field every spin turns within the plane and points as m does "
                           f"{shift * 1e3:.3f} pm further on; the drawing exaggerates the turn {factor:,} times.")
