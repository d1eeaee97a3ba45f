"""Figures of chapter 3: tilted spins, their sum over the Fermi sea, the adiabatic torque."""

import numpy as np

from torquelib.drawing.figure import COLORS, Figure, canvas
from torquelib.units import e, hbar

_BANDS = (("majority", "o", "-"), ("minority", "s", "--"))


def tilts(k, first, exact):
    """Out-of-plane spin of both bands (2, n), majority first, against k (n,): first order and exact."""
    fig, ax = canvas()
    for (name, marker, _), line, points in zip(_BANDS, first, exact):
        ax.plot(k, line, color=COLORS[name], label=f"{name}, Eq. (2)")
        ax.plot(k[::2], points[::2], marker, color=COLORS[name], markerfacecolor="none", label=f"{name}, exact")
    ax.set(xlabel="wave vector k (1/nm)", ylabel="spin across the plane, σ$_y$")
    ax.legend(ncols=2, loc="upper center", bbox_to_anchor=(0.5, 1.28), fontsize=9)
    return Figure(fig, alt="The spin across the spiral's plane is odd in the wave vector and opposite in the two "
                           "bands; the first-order line meets the exact points.")


def error_against_pitch(rates, errors, expected):
    """Error of the first-order spin against p, with the line expected at second order."""
    fig, ax = canvas()
    ax.loglog(rates, errors, "o", color=COLORS["approx"], markerfacecolor="none", label="computed")
    ax.loglog(rates, expected, color=COLORS["reference"], linestyle="--", label="Q²/2J², slope 2")
    ax.set(xlabel="p (1/nm)", ylabel="|first order − exact|")
    ax.legend()
    slope = np.polyfit(np.log(rates), np.log(errors), 1)[0]
    return Figure(fig, alt="The error of the first-order spin falls with the gradient along a line of slope "
                           f"{slope:.1f}.")


def torque_on_ring(x, computed, expected, drift):
    """Adiabatic torque along a ring: sum over exact states against (ħ/2e)(j_s·∇)m."""
    fig, ax = canvas()
    ax.plot(x, 1e6*expected, color=COLORS["approx"], label="(ħ/2e) (j$_s$·∇)m")
    ax.plot(x, 1e6*computed, "o", color=COLORS["exact"], markerfacecolor="none", label="sum over exact states")
    ax.plot(x, 1e6*drift, "x", color=COLORS["reference"], label="the same, no current")
    ax.set(xlabel="x (nm)", ylabel="torque in the plane (µeV/nm)", ylim=(None, 1.5e6*np.max(expected)))
    ax.legend(loc="upper center", fontsize=9)
    return Figure(fig, alt="Along a ring with a spiral of uneven pitch, the torque summed over exact eigenstates of a "
                           "shifted Fermi sea follows the gradient of the magnetization; without current it vanishes.")


def collapse(families):
    """Torque over gradient against spin current, one set of points (J, j_s, torque) per exchange energy."""
    fig, ax = canvas()
    end = 1.05 * max(np.max(j_s) for _, j_s, _ in families)
    ax.plot([0, end], [0, hbar/(2*e) * end], color=COLORS["reference"], linestyle="--", label="slope ħ/2e")
    for (J, j_s, torque), marker, color in zip(families, "os^", COLORS["cycle"]):
        ax.plot(j_s, torque, marker, color=color, markerfacecolor="none", label=f"J = {J} eV")
    ax.set(xlabel="spin current j$_s$ (e/fs)", ylabel="torque / |∂$_x$m| (eV)")
    ax.legend()
    return Figure(fig, alt="Torques for three exchange energies and several lifetimes fall on one line through the "
                           "origin: the spin current alone decides.")


def shifted_sea(k, weighted, net, drift, line):
    """Tilt times occupation (n, 2) over k (n,), and its sum ``net``, for a sea shifted by ``drift`` (1/nm);
    ``line``: shifts and their sums."""
    fig, (sea, sums) = canvas(rows=2, height=4.4, height_ratios=(1.5, 1))
    for n, (name, _, style) in enumerate(_BANDS):
        sea.plot(k, weighted[:, n], color=COLORS[name], linestyle=style, label=name)
        sea.fill_between(k, weighted[:, n], color=COLORS[name], alpha=0.25, linewidth=0)
    sea.set(xlabel="wave vector k (1/nm)", ylabel="tilt × occupation", ylim=(-0.027, 0.027), xlim=(-9.5, 9.5))
    sea.legend(loc="upper left", fontsize=9)
    sums.plot(*line, color=COLORS["reference"])
    sums.plot([drift], [net], "o", color=COLORS["exact"], markersize=8)
    sums.set(xlabel="shift of the sea (1/nm)", ylabel="net tilt (1/nm)", xlim=(-1.6, 1.6))
    word = "cancel" if abs(net) < 1e-12 else f"leave {net:+.4f} per nm"
    return Figure(fig, alt=f"With the Fermi sea shifted by {drift:+.2f} per nm the tilts of all electrons {word}.")
