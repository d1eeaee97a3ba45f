"""Figures of chapter 8: what collisions leave of the field-induced spin."""

import numpy as np

from torquelib.drawing.figure import COLORS, Figure, canvas

_BLUE, _VERMILION, _GREEN = COLORS["cycle"][:3]


def switching(energies, families, clean, kinetic):
    """R of the torus against ħη: ``families`` {label: (mean, error)}, ``kinetic`` {label: curve on 60 energies}."""
    fig, ax = canvas(height=3.3)
    fine = np.geomspace(energies[0] * 0.8, energies[-1] * 1.15, 60)
    ax.semilogx(energies, clean, "D--", color=COLORS["reference"], markerfacecolor="none", label="no impurities")
    for (label, (mean, error)), color, marker in zip(families.items(), (_BLUE, _VERMILION), "os"):
        ax.errorbar(energies, mean, error, fmt=marker, color=color, capsize=3, label=f"torus, {label}")
        ax.semilogx(fine, kinetic[label](fine), color=color, linewidth=1, label=f"lifetimes, {label}, no fit")
    ax.axhline(0, color=COLORS["reference"], linewidth=0.8)
    ax.set(xlabel="ħη (eV): slower switching to the left", ylabel="spin along ∂$_x$m / Eq. (3)", ylim=(-0.12, 1.12))
    ax.set_xticks(energies, [f"{x:g}" for x in energies], minor=False)
    ax.minorticks_off()
    ax.legend(loc="upper left", bbox_to_anchor=(0, 0.9), fontsize=9)
    lowest = max(mean[0] for mean, _ in families.values())
    return Figure(fig, alt="Without impurities the spin of Eq. (3) is there however slowly the field is switched on. "
                           f"With impurities it dies away as switching slows down, to {lowest:.1f} or less of Eq. (3) "
                           "at the left; for weak disorder it follows the curve that lifetimes predict without a fit.")


def samples(x, growth):
    """Each sample and rate a dot: χ_θ against ħηχ_φ/2J, both over the clean value; arrays (samples, rates)."""
    fig, ax = canvas()
    ends = [min(x.min(), growth.min()), max(x.max(), growth.max())]
    ax.plot(ends, ends, color=COLORS["reference"], linestyle="--", label="equal")
    for i, (label, marker, color) in enumerate((("slowest switching", "o", _BLUE), ("fastest", "s", _VERMILION))):
        ax.plot(growth[:, -i], x[:, -i], marker, color=color, markerfacecolor="none", label=label)
    ax.set(xlabel="growth of the normal spin, ħηχ$_φ$/2J, over Eq. (3)",
           ylabel="spin along ∂$_x$m, χ$_θ$, over Eq. (3)")
    ax.legend()
    return Figure(fig, alt="The spin along the gradient scatters widely from sample to sample, but in every sample it "
                           "equals the growth of the spin along the normal: all dots lie on the diagonal.")


def sea_course(t, along, normal, expected, window):
    """Both spins over Eq. (3) after a field comes on, at ``t`` (fs), the second over 2Jτ/ħ, too: each instant, and the
    average over ``window`` instants; ``expected``: both at the end."""
    fig, axes = canvas(rows=2, height=3.6, sharex=True)
    for ax, spin, mark, color, label in zip(axes, (along, normal), expected, (COLORS["E"], COLORS["exact"]),
                                            ("along ∂$_x$m / (3)", "normal / (2Jτ/ħ × (3))")):
        ax.plot(t, spin, color=color, linewidth=0.6, alpha=0.4, label="each instant")
        ax.plot(t[window - 1:], np.convolve(spin, np.full(window, 1 / window), "valid"), color=color, linewidth=2,
                label="average")
        ax.axhline(mark, color=COLORS["reference"], linestyle="--", label="expected at the end")
        ax.set(ylabel=label, ylim=(-0.5, 1.6))
    axes[1].set(xlabel="time (fs)")
    axes[1].legend(loc="lower right", ncols=3, fontsize=8)
    return Figure(fig, alt=f"The spin along the gradient ends near {expected[0] + 0:.2f} of Eq. (3), the spin along "
                           "the normal near that of a shifted sea; thin lines are instants, thick ones averages.")


def after_switching(times, field, free_flight, spin, fraction, fractions, ends):
    """The spin over Eq. (3) after a field comes on, at ``times`` (fs), without collisions and for a ``fraction`` that
    conserves spin; and where it ``ends`` against ``fractions``."""
    fig, (top, bottom) = canvas(rows=2, height=4.9)
    top.plot(times, field, color=COLORS["E"], linestyle=":", label="field")
    top.plot(times, free_flight, color=COLORS["reference"], linestyle="--", label="no collisions")
    top.plot(times, spin, color=_BLUE, label="one collision in 10 fs")
    top.set(xlabel="time (fs)", ylabel="spin / Eq. (3)", ylim=(-0.1, 1.15))
    top.legend(ncols=3, loc="lower center", bbox_to_anchor=(0.47, 1.0), fontsize=9, columnspacing=1, handlelength=1.6)
    here = spin[-1]
    bottom.plot(fractions, ends, color=COLORS["reference"], label="end, against the fraction")
    bottom.plot(fraction, here, "o", color=_BLUE, markersize=8)
    bottom.annotate(f"R = {here + 0:.2f}".replace("-0.00", "0.00"), (fraction, here),
                    (8, 8) if fraction < 0.9 else (4, 10), textcoords="offset points", in_layout=False,
                    ha="left" if fraction < 0.9 else "right")
    bottom.set(xlabel="fraction of collisions that conserve spin", ylabel="R", xlim=(-0.03, 1.14), ylim=(-0.1, 1.25))
    return Figure(fig, alt=f"With {100*fraction:.0f} % of the collisions conserving spin, the spin along the "
                           f"gradient rises when the field comes on and ends at {abs(here):.2f} of Eq. (3).")


def lattice(energies, paper, points, computed, J):
    """R against E_F on a lattice with spin-independent impurities: the paper's formula and the conserving lattice."""
    fig, ax = canvas()
    ax.plot(energies, paper, color=COLORS["approx"], linestyle="--", label="the paper's substitution")
    ax.axhline(0, color=COLORS["reference"], linewidth=0.8)
    ax.plot(points, computed, "o", color=COLORS["exact"], label="conserving lattice")
    ax.axvline(J, color=COLORS["reference"], linestyle=":")
    ax.annotate("minority band\nbegins", (J, 0.75), (6, 0), textcoords="offset points", fontsize=9)
    ax.set(xlabel="Fermi energy (eV)", ylabel="R")
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), fontsize=9, ncols=2)
    return Figure(fig, alt="On a square lattice with spin-independent impurities the paper's ratio varies with the "
                           f"Fermi energy between {min(paper):.1f} and {max(paper):.1f}; the conserving calculation "
                           "gives zero everywhere.")


def parts(rows):
    """What surface, ladder and sea contribute to R: ``rows`` {label: (bubble, ladder, sea)}."""
    fig, ax = canvas(height=0.9 + 0.85*len(rows))
    names, colors, hatches = ("surface", "ladder", "sea"), (_BLUE, _VERMILION, _GREEN), ("", "//", "")
    for y, values in enumerate(rows.values()):
        for i, value in enumerate(values):
            ax.barh(y + 0.25*(i - 1), value, 0.22, color=colors[i], hatch=hatches[i], edgecolor="#ffffff",
                    label=names[i] if y == 0 else None)
        ax.plot([sum(values)]*2, [y - 0.4, y + 0.4], color=COLORS["exact"], linewidth=2,
                label="sum, R" if y == 0 else None)
    ax.axvline(0, color=COLORS["reference"], linewidth=0.8)
    ax.set(xlabel="contribution to R", yticks=range(len(rows)), yticklabels=rows)
    ax.invert_yaxis()
    ax.legend(ncols=4, loc="upper center", bbox_to_anchor=(0.42, 1 + 0.45/len(rows)), fontsize=9, columnspacing=1,
              handlelength=1.2)
    sums = "; ".join(f"{label}: {abs(sum(v)):.2f}" for label, v in rows.items())
    return Figure(fig, alt="Surface, ladder and sea each contribute; their sum is zero for spin-independent "
                           f"impurities only. Sums: {sums}.")


def one_line(families):
    """χ_θ/χ_φ against ħ/2Jτ_s: ``families`` {label: (expected, found)}."""
    fig, ax = canvas()
    top = 1.1 * max(max(expected) for expected, _ in families.values())
    ax.plot([0, top], [0, top], color=COLORS["reference"], linestyle="--", label="β = ħ/2J τ$_s$")
    for (label, (expected, found)), marker, color in zip(families.items(), "os", (_BLUE, _VERMILION)):
        ax.plot(expected, found, marker, color=color, markerfacecolor="none", label=label)
    ax.set(xlabel="ħ/2J τ$_s$, from the rate of spin loss", ylabel="β = χ$_θ$/χ$_φ$, from the response")
    ax.legend(fontsize=9, loc="upper left")
    return Figure(fig, alt="Whatever makes electrons lose spin, eigenstate-conserving collisions or magnetic "
                           "impurities, the ratio of the two spins equals ħ over 2J times the spin-relaxation time: "
                           "all points lie on one line.")
