"""Figures of chapter 9: the equation of motion, materials, Fermi sea and Fermi surface."""

import numpy as np

from torquelib.drawing.figure import COLORS, PAPER, Figure, canvas


def wall_torques(width, beta):
    """The two torques of Eq. (6) across a Bloch wall, by their components along e_θ and e_φ (field along +x)."""
    x = np.linspace(-5 * width, 5 * width, 200)
    steepness = 1 / np.cosh(x / width)  # |∂m/∂x|·width of a 180° wall
    fig, ax = canvas()
    ax.plot(x, steepness, color=COLORS["majority"], label=r"along $\partial_x m$: adiabatic")
    ax.plot(x, -beta * steepness, color=COLORS["minority"], ls="--",
            label=r"along $m\times\partial_x m$: non-adiabatic")
    ax.axhline(0, color=COLORS["reference"], lw=0.8)
    ax.set(xlabel="position across the wall (nm)", ylabel=r"torque $\times$ width$/b$ (1)")
    ax.set_ylim(-0.35, 1.5)
    ax.legend(loc="upper right", fontsize=9)
    return Figure(fig, alt=(
        "Both torques live only where the wall turns. The adiabatic one lies along the turn of m and at first moves "
        f"the wall; the non-adiabatic one, here {beta:g} times as large, stands across it and at first tilts the wall "
        "out of its plane."
    ))


def cleaning_a_metal(times, b, c, J, tau, beta):
    """Torques ``b`` (n,) and ``c`` (m/s) in a fixed field against τ (fs); ``beta`` is their ratio at ``tau``."""
    at = np.interp(tau, times, b)
    fig, ax = canvas(height=3.1)
    ax.loglog(times, b, color=COLORS["majority"], label="adiabatic, b")
    ax.loglog(times, np.full_like(times, c), "--", color=COLORS["minority"], label="intrinsic, c")
    ax.plot([tau, tau], [at, c], "o-", color=COLORS["E"], lw=1.2)
    ax.annotate(rf"$c/b=\beta_\mathrm{{int}}={beta:.3f}$", (tau, np.sqrt(at * c)),
                xytext=(6 if tau < 10 else -6, 0), ha="left" if tau < 10 else "right", textcoords="offset points",
                va="center", in_layout=False, bbox=dict(facecolor=PAPER, edgecolor="none", pad=1, alpha=0.8))
    ax.set(xlabel="momentum-relaxation time τ (fs)", ylabel="velocity of the torque (m/s)",
           ylim=(0.02, 200), xlim=(0.5, 50))
    ax.legend(loc="upper left", fontsize=9)
    return Figure(fig, alt=(
        f"In a fixed field the adiabatic torque grows with τ and the intrinsic one does not: at J = {J:g} eV and "
        f"τ = {tau:g} fs their ratio is {beta:.3f}."
    ))


def beta_ranges(metals, measured):
    """β_int beside the damping α, as ranges on a logarithmic axis, with the ``measured`` β and their error bars."""
    fig, ax = canvas(height=2.9)
    low, high = np.transpose([metal.beta_int() for metal in metals])
    least, most = np.transpose([metal.alpha for metal in metals])
    row = np.arange(len(metals))
    ax.hlines(row + 0.16, low, high, lw=7, color=COLORS["minority"], label=r"$\beta_\mathrm{int}$ of (20)")
    ax.hlines(row - 0.16, least, most, lw=3, color=COLORS["majority"], label=r"$\alpha$")
    names = [metal.name for metal in metals]
    value, error = np.transpose([(entry.value, entry.error) for entry in measured])
    at = [names.index(entry.metal) for entry in measured]
    ax.errorbar(value, at, xerr=error, fmt="o", ms=4, capsize=2, color=COLORS["exact"], label=r"$\beta$, measured")
    ax.axvline(1, color=COLORS["reference"], ls=":")
    ax.annotate(r"$\hbar/\tau=2J$", (1, len(metals) - 0.6), xytext=(-6, 0), textcoords="offset points", ha="right")
    ax.set(xscale="log", xlabel="dimensionless", yticks=row, yticklabels=names, ylim=(-0.5, len(metals) - 0.3))
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), fontsize=9, ncols=3)
    above = value.max() / low[at[0]]
    return Figure(fig, alt=(
        f"The ranges of β_int lie above the damping α, by a factor {np.min(low / most):.1f} at the least; those of "
        "nickel and permalloy reach beyond 1, where the formula no longer holds. The largest β measured in permalloy "
        f"is {above:.1f} of the smallest β_int there."
    ))


def sea_and_surface(energies, sea, surface_energies, surface):
    """Hall conductivity from the Fermi sea (line) and from the Fermi line (circles)."""
    fig, ax = canvas()
    ax.plot(energies, sea, color=COLORS["exact"], label="all occupied states")
    ax.plot(surface_energies, surface, "o", mfc="none", color=COLORS["minority"], label="Fermi line only")
    ax.set(xlabel="Fermi energy (hopping energies)", ylabel=r"Hall conductivity ($e^2/h$)")
    ax.legend(loc="lower left", fontsize=9)
    return Figure(fig, alt=(
        "The anomalous Hall conductivity summed over every occupied state agrees with the Berry phase of the Fermi "
        f"line alone, within {np.max(np.abs(np.interp(surface_energies, energies, sea) - surface)):.0e}."
    ))


def strip_bands(kx, energy, position, fermi_energy):
    """Bands of a strip, states at its lower and upper edge marked."""
    fig, ax = canvas(height=3.4)
    for n in range(energy.shape[1]):
        ax.plot(kx, energy[:, n], lw=0.6, color=COLORS["reference"])
    for edge, color, marker, label in ((position < 0.15, COLORS["majority"], "o", "lower edge"),
                                       (position > 0.85, COLORS["minority"], "^", "upper edge")):
        where = np.nonzero(edge & (np.abs(energy) < 0.99))
        ax.plot(kx[where[0]], energy[where], marker, ms=3.5, color=color, ls="", label=label)
    ax.axhline(fermi_energy, color=COLORS["E"], ls="--", lw=1, label="Fermi energy")
    ax.set(xlabel=r"$k_x$ (1/lattice constant)", ylabel="energy (hopping energies)", ylim=(-2.5, 3.1))
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), fontsize=9, ncols=3)
    return Figure(fig, alt=(
        "In a strip of finite width, states that run along one edge only cross the gap of the bulk: "
        "what the filled band does in the bulk shows at the Fermi energy at the edges."
    ))
