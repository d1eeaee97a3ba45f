"""Figures of chapter 14: a spin that walks, the torque of a uniform magnet, how far Eq. (26) holds."""

import functools

import numpy as np

from torquelib.bands import FreeElectron
from torquelib.chiral import RASHBA, precession_wave_number, uniform_magnet
from torquelib.drawing.arrows import arrows, view
from torquelib.drawing.figure import COLORS, Figure, canvas
from torquelib.response import FermiDirac, k_box, kubo_spin
from torquelib.units import e, hbar, m_e


def walking_spin(alpha, length, points=13):
    """A spin on its way along x in a Rashba film with m = ẑ, and m as that spin sees it; α in eV nm, length in nm."""
    x = np.linspace(0, length, points)
    angle = precession_wave_number(alpha_R=alpha) * x
    zero, one = np.zeros(points), np.ones(points)
    m = np.stack([zero, zero, one], axis=-1)
    spin = np.stack([-np.sin(angle), zero, np.cos(angle)], axis=-1)         # turned about −ŷ
    seen = np.stack([np.sin(angle), zero, np.cos(angle)], axis=-1)          # m turned back
    fig, (ax, bx) = canvas(rows=2, width="wide", height=3.4, sharex=True)
    arrows(ax, x, 0, m, COLORS["m"], width=0.03)
    arrows(ax, x, 0, spin, COLORS["exact"])
    arrows(bx, x, 0, seen, COLORS["m"], width=0.03)
    arrows(bx, x, 0, m, COLORS["exact"])
    for panel, title in ((ax, "in the film: m (grey) is uniform, the spin turns"),
                         (bx, "with the spin: m turns, as in a texture")):
        view(panel, x)
        panel.set(ylim=(-1, 1), title=title)
    ax.set_xlabel("")
    turns = abs(angle[-1]) / (2*np.pi)
    return Figure(fig, alt=(
        f"Two views of one walk. In the film the spin makes {turns:.1f} turns over {length:g} nm under a uniform m; "
        "on axes that go with the spin, the spin stands still and m turns the other way, as in a texture."
    ))


@functools.lru_cache(maxsize=4)
def _grid(points):
    return k_box(12.0, points, 2)


def kubo_size(m, alpha, J=0.5, chemical_potential=2.0, kT=0.05, points=220):
    """|m × Δ⟨σ⟩| for E ∥ x from the Kubo formula, over its value n_s e|αE|/2J² of Eq. (26) for m ⟂ ŷ."""
    band = FreeElectron(dimension=2)
    magnet = uniform_magnet(band, m, RASHBA, J=J, alpha_R=alpha)
    chi = kubo_spin(*magnet, _grid(points), FermiDirac(chemical_potential, kT))
    n_s = m_e * J / (np.pi * hbar**2)                                       # both bands occupied
    return np.linalg.norm(np.cross(m, chi[:, 0])) / (n_s * e * abs(alpha) / (2 * J**2))


def turning_magnetization(ratio, J=0.5, chemical_potential=2.0):
    """The torque against the angle of m, Kubo against (26), for a coupling with αk_F/J = ``ratio``."""
    k_F = np.sqrt(2*m_e * (chemical_potential + J)) / hbar
    alpha = ratio * J / k_F
    fine, angle = np.linspace(0, 180, 181), np.linspace(0, 180, 19)
    fig, ax = canvas(height=3.3)
    worst = {}
    for plane, color, marker, style in (("x", COLORS["majority"], "o", "-"), ("y", COLORS["minority"], "^", "--")):
        m = np.zeros((len(angle), 3))
        m[:, "xy".index(plane)], m[:, 2] = np.sin(np.radians(angle)), np.cos(np.radians(angle))
        size = np.array([kubo_size(direction, alpha, J, chemical_potential) for direction in m])
        printed = np.ones_like(fine) if plane == "x" else np.abs(np.cos(np.radians(fine)))
        ax.plot(fine, printed, style, color=color, label=f"(26), m in the {plane}–z plane")
        ax.plot(angle, size, marker, color=color, mfc="none", ls="", label="Kubo")
        worst[plane] = size
    ax.set(xlabel="angle between m and the film normal (°)", ylabel="torque / largest of (26) (1)",
           ylim=(0, 1.5), xticks=range(0, 181, 45))
    ax.legend(ncols=2, fontsize=8.5, loc="upper center")
    return Figure(fig, alt=(
        f"At αk_F/J = {ratio:g} the Kubo torque is {worst['x'][0]:.2f} of Eq. (26) for m along the normal "
        f"and {worst['x'][9]:.2f} of it for m in the film along the field."
    ))


def deviation(ratios, curves):
    """Relative deviation of the Kubo torque from (26) against αk_F/J; ``curves``: label → values."""
    fig, ax = canvas(height=3.1)
    for (label, values), color, marker in zip(curves.items(), COLORS["cycle"], "o^s"):
        ax.loglog(ratios, values, marker, ls="-", lw=0.8, mfc="none", color=color, label=label)
    guide = np.array([ratios[0], ratios[-1]])
    first = next(iter(curves.values()))
    ax.loglog(guide, 2.5 * first[0] * (guide / ratios[0])**2, ":", color=COLORS["reference"], label="slope 2")
    ax.set(xlabel=r"$\alpha_R k_F/J$ (1)", ylabel="relative deviation from (26) (1)")
    ax.set_xticks(ratios, [f"{r:.2g}" for r in ratios])
    ax.minorticks_off()
    ax.legend(fontsize=9, loc="lower right")
    return Figure(fig, alt=(
        "The deviation of the Kubo torque from Eq. (26) falls with the square of αk_F/J; at "
        f"αk_F/J = {ratios[0]:.2g} it is {first[0]:.1e}."
    ))
