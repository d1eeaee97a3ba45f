"""Figures of chapter 12: paths of a vortex's core, the core as a particle, what a slip costs."""

import numpy as np

from torquelib.drawing.figure import COLORS, INK, Figure, canvas

_MARKS, _LINES = "os^D", ("-", "--", "-.", ":")


def paths(runs):
    """Paths of the core for runs {ξ: (core (n, 2), particle (k, 2))} in m; marks for 2 ns, then its rest."""
    fig, ax = canvas(height=4.2)
    for n, (xi, (core, particle)) in enumerate(runs.items()):
        color = COLORS["cycle"][n]
        ax.plot(*core[:21].T * 1e9, _MARKS[n], ms=4, color=color, markerfacecolor="none", label=f"ξ = {xi:g}")
        ax.plot(*particle.T * 1e9, _LINES[n], color=color, lw=1)
        ax.plot(*core[-1] * 1e9, "X", ms=9, color=color, markeredgecolor=INK)
    ax.set(xlabel="core, x (nm)", ylabel="core, y (nm)", aspect="equal")
    ax.legend(fontsize=9, loc="upper right")
    ends = ", ".join(f"({round(x)}, {round(y)})" for x, y in (core[-1] * 1e9 for core, _ in runs.values()))
    return Figure(fig, alt="From the middle the core sets out with the electrons, to the left, and spirals in to its "
                           f"place of rest, at {ends} nm for ξ = {', '.join(f'{xi:g}' for xi in runs)}. "
                           "Symbols: the engine, its last place a cross; lines: Thiele's equation.")


def particle(xi, path, rests):
    """The core's path (n, 2) in m by Thiele's equation for one ξ, among the places of rest of all, ``rests`` (k, 2)."""
    fig, ax = canvas(height=3.9)
    ax.plot(*rests.T * 1e9, color=COLORS["reference"], ls="--", label="places of rest, all ξ")
    ax.plot(*path.T * 1e9, color=COLORS["exact"])
    ax.plot(*path[0] * 1e9, "o", color=INK, ms=5)
    ax.plot(*path[-1] * 1e9, "X", ms=9, color=COLORS["minority"], markeredgecolor=INK, label=f"at rest, ξ = {xi:g}")
    ax.set(xlabel="core, x (nm)", ylabel="core, y (nm)", xlim=(-26, 12), ylim=(-26, 6), aspect="equal")
    ax.legend(fontsize=9, loc="lower right")
    x, y = path[-1] * 1e9
    return Figure(fig, alt=f"For ξ = {xi:g} the core comes to rest at ({x:.1f}, {y:.1f}) nm: the further to the left, "
                           "the larger ξ, on an arc that bends back to the middle.")


def slips(changes, tolerance):
    """Largest change of the mean magnetization at 1 ns for each slip {name: change}, beside a solver's tolerance."""
    fig, ax = canvas(height=2.9)
    names = list(changes)
    values = np.array([changes[name] for name in names])
    place = np.arange(len(names))[::-1]
    ax.barh(place, values, height=0.55, color=COLORS["minority"])
    for y, value in zip(place, values):
        ax.text(value * 1.15, y, f"{value:.2g}", va="center", fontsize=9, color=INK)
    ax.axvline(tolerance, color=COLORS["exact"], ls="--")
    ax.text(tolerance * 1.15, len(names) - 0.45, "tolerance", va="center", fontsize=9, color=COLORS["exact"])
    ax.set(xscale="log", xlim=(tolerance / 3, 5), ylim=(-0.6, len(names) - 0.15), yticks=place, yticklabels=names,
           xlabel="change of a mean of m (1)")
    largest, smallest = names[int(values.argmax())], names[int(values.argmin())]
    return Figure(fig, alt=f"What a slip changes in the mean magnetization at 1 ns, from {values.min():.1g} "
                           f"({smallest}) to {values.max():.1g} ({largest}); the tolerance of a solver's own test is "
                           f"{tolerance:g}.")
