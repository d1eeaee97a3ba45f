"""Figures of chapter 6: where the angular momentum goes."""

import numpy as np
from matplotlib.patches import FancyBboxPatch

from torquelib.drawing.figure import COLORS, Figure, canvas

_UNIT = "in units of (3)"


def ringing(times, runs):
    """Deviation along ∂m in units of (3) against time in fs: {label: (n,)}."""
    fig, ax = canvas()
    for (label, deviation), color, style in zip(runs.items(), ("minority", "majority", "exact"), ("-", "--", "-")):
        ax.plot(times, deviation, style, color=COLORS[color], label=label)
    ax.axhline(1, color=COLORS["reference"], linewidth=1)
    ax.set(xlabel="time (fs)", ylabel=f"deviation along ∂m, {_UNIT}", ylim=(-0.1, 2.6))
    ax.legend(loc="upper center", ncols=3, fontsize=9, handlelength=1.5, columnspacing=1)
    last = [deviation[-len(times) // 3:] for deviation in runs.values()]
    return Figure(fig, alt=f"A sudden field makes the spin swing between {last[0].min() + 0:.1f} and "
                           f"{last[0].max():.1f} times (3) for ever; after the slowest ramp it stays between "
                           f"{last[-1].min():.2f} and {last[-1].max():.2f}.")


def two_states(eigenspin, deviation, eq3):
    """The plane across m: eigenspin (n, 3), a spin that starts on it, and the eigenspin moved by (3) along e_θ."""
    fig, ax = canvas(height=3.2)
    along, up = 1e5 * deviation[:, 0], 1e3 * (eigenspin[:, 1] + deviation[:, 1])
    rest = 1e3 * eigenspin[:, 1]
    ax.plot(0 * rest, rest, "--", color=COLORS["reference"], label="eigenspin of H′(k(t))")
    ax.plot(0 * rest + 1e5 * eq3, rest, color=COLORS["exact"], label="|k, −⟩ of the paper: with the admixture")
    ax.plot(along, up, color=COLORS["minority"], label="evolved from the eigenspin")
    ax.set(xlabel="along ∂m (10$^{-5}$)", ylabel="along ŷ (10$^{-3}$)", xlim=(2.3e5 * eq3, -0.4e5 * eq3),
           ylim=(rest.min() - 0.01, rest.max() + 0.05))
    ax.legend(loc="upper left", fontsize=9)
    return Figure(fig, alt="Seen along m, the eigenspin moves along the y axis while the field acts; the paper's "
                           "state moves beside it, at the distance (3); a spin that starts on the first draws a "
                           "cycloid about the second.")


def sea(times, one, average):
    """The same for one electron and averaged over many, early and late: times (2, n) in fs, deviations (2, n)."""
    fig, axes = canvas(rows=2, height=3.9, sharey=True)
    for ax, t, single, mean, name in zip(axes, times, one, average, ("early", "late")):
        ax.plot(t, single, "--", color=COLORS["majority"], label="one electron", zorder=3)
        ax.plot(t, mean, color=COLORS["minority"], label="average over the sea", lw=2.5)
        ax.set(ylabel=_UNIT, ylim=(-0.1, 2.1))
        ax.set_title(name, loc="left")
    axes[1].set_xlabel("time (fs)")
    axes[0].legend(loc="upper right", ncols=2, bbox_to_anchor=(1.02, 1.34), fontsize=9)
    return Figure(fig, alt=f"After {times[1][0]:.0f} fs the average over the Fermi sea still swings between "
                           f"{average[1].min() + 0:.2f} and {average[1].max():.2f} times (3), as a single electron "
                           "does.")


def ramp(durations, measured, fine, formula):
    """Amplitude of the ringing that is left against the ramp's duration in fs, logarithmic."""
    fig, ax = canvas()
    ax.loglog(fine, formula, color=COLORS["exact"], linewidth=1, label="closed form (6.5)")
    ax.loglog(durations, measured, "o", color=COLORS["minority"], label="evolved")
    ax.set(xlabel="duration of the ramp (fs)", ylabel=f"amplitude, {_UNIT}", ylim=(2e-4, 2))
    ax.legend(loc="upper right")
    return Figure(fig, alt="The ringing that a ramp leaves falls as one over its duration squared, from "
                           f"{measured[0]:.2f} of (3) at {durations[0]:.0f} fs to {measured[-1]:.0e} at "
                           f"{durations[-1]:.0f} fs; evolution and closed form agree.")


def settling(times, along, across, ratio, duration):
    """Deviation along ∂m and along the misalignment against time in fs, with the steady values."""
    fig, ax = canvas()
    ax.plot(times, along, color=COLORS["minority"], label="along ∂m")
    ax.plot(times, across, "--", color=COLORS["majority"], label="along the misalignment")
    for value in (1 / (1 + ratio**2), -ratio / (1 + ratio**2)):
        ax.axhline(value, color=COLORS["reference"], linewidth=1)
    how = "sudden" if duration == 0 else f"ramp of {duration:g} fs"
    ax.set(xlabel="time (fs)", ylabel=f"deviation, {_UNIT}", ylim=(-1.1, 2.1), title=f"ħΓ/2J = {ratio:.2g}, {how}")
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.08), ncols=2, fontsize=9)
    return Figure(fig, alt=f"With ħΓ/2J = {ratio:.2g} ({how}) the deviation along ∂m ends at {along[-1]:.2f} times "
                           f"(3), the one along the misalignment at {across[-1]:.2f}.")


def rates(ratio, along, across, bath_ratio, bath, fine):
    """Steady deviations against ħΓ/2J over decades: QuTiP's two solvers and the closed form (6.8)."""
    fig, ax = canvas(height=3.2)
    ax.axvspan(fine[0], 0.1, color=COLORS["reference"], alpha=0.15, linewidth=0)
    ax.semilogx(fine, 1 / (1 + fine**2), color=COLORS["exact"], linewidth=1)
    ax.semilogx(fine, -fine / (1 + fine**2), color=COLORS["exact"], linewidth=1, label="closed form (6.8)")
    ax.semilogx(ratio, along, "o", color=COLORS["minority"], label="along ∂m, mesolve")
    ax.semilogx(ratio, across, "s", color=COLORS["majority"], label="along the misalignment, mesolve")
    for i, values in enumerate(bath.T):
        ax.semilogx(bath_ratio, values, "x", color=COLORS["approx"], markersize=8,
                    label="both, brmesolve" if i == 0 else None)
    ax.set(xlabel="dephasing rate, ħΓ/2J", ylabel=f"steady deviation, {_UNIT}", ylim=(-0.65, 1.75),
           xlim=(fine[0], fine[-1]))
    ax.legend(loc="upper right", fontsize=8.5)
    return Figure(fig, alt="Over the decades below ħΓ/2J = 0.1 the deviation along ∂m does not depend on the rate; "
                           f"at ħΓ = 2J it has fallen to half of (3), and to {along[-1]:.0e} of it at {ratio[-1]:g} "
                           "times 2J.")


def flights(lengths, cartoon, metal):
    """Wave number in 1/nm and spin along ∂m over (3) against time, flight after flight: lists of (k, spin), one pair
    for each of the ``lengths`` in fs, for an electron thrown back to one k and for one that begins anywhere."""
    fig, (top, bottom) = canvas(rows=2, height=4.2, sharex=True)
    begins = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    for runs, style, color, label in ((metal, "-", "minority", "in a metal: from anywhere"),
                                      (cartoon, "--", "majority", "the cartoon: back to one k")):
        for begin, length, (k, spin) in zip(begins, lengths, runs):
            times = begin + np.linspace(0, length, len(k))
            top.plot(times, k, style, color=COLORS[color], label=label)
            bottom.plot(times, spin, style, color=COLORS[color])
            label = None
    bottom.axhline(1, color=COLORS["reference"], linewidth=1)
    top.set(ylabel="k (1/nm)")
    bottom.set(xlabel="time (fs)", ylabel="spin along ∂m / (3)")
    top.legend(loc="upper right", ncols=2, bbox_to_anchor=(1.02, 1.2), fontsize=9)
    return Figure(fig, alt="Two electrons that collide at the same moments. One is thrown back to the same wave "
                           "number, the other begins each flight at another one; their spins along ∂m ring about (3) "
                           "alike.")


def flows(ledgers):
    """Who hands angular momentum to whom: {name: AngularMomentumFlow of numbers in units of J times (3)}."""
    fig, axes = canvas(rows=len(ledgers), width="wide", height=1.55 * len(ledgers))
    for ax, (name, flow) in zip(np.atleast_1d(axes), ledgers.items()):
        ax.set(xlim=(0, 10), ylim=(0, 2), title=name)
        ax.set_axis_off()
        for x, partner, gain, color in ((0.1, "magnetization", flow.magnetization, "m"),
                                        (3.75, "electrons", flow.electrons, "majority"),
                                        (7.4, "lattice", flow.lattice, "E")):
            ax.add_patch(FancyBboxPatch((x + 0.1, 0.35), 2.3, 1.3, boxstyle="round,pad=0.08", facecolor="none",
                                        edgecolor=COLORS[color], linewidth=2))
            ax.text(x + 1.25, 1.25, partner, ha="center", va="center")
            ax.text(x + 1.25, 0.72, f"{_rounded(gain):+.2f}".replace("-", "−").replace("+0.00", "0"), ha="center",
                    va="center", weight="bold")
        for left, right, value in ((2.65, 3.7, flow.magnetization), (6.3, 7.35, -flow.lattice)):
            if abs(value) > 5e-3:
                start, end = (right, left) if value > 0 else (left, right)
                ax.annotate("", (end, 1), (start, 1), arrowprops=dict(arrowstyle="-|>", color="black", linewidth=0.8
                                                                      + 2.5*abs(value), mutation_scale=14))
    gains = [[f"{_rounded(gain):+.2f}".replace("+0.00", "0") for gain in (f.magnetization, f.electrons, f.lattice)]
             for f in ledgers.values()]
    rows = "; ".join(f"{name}: {', '.join(gain)}" for name, gain in zip(ledgers, gains))
    return Figure(fig, alt="Gain of angular momentum along the spiral's normal, in units of J times (3), of "
                           f"magnetization, electrons and lattice. {rows[0].upper()}{rows[1:]}. Each row adds up to "
                           "zero.")


def _rounded(value):
    return round(float(value), 2) + 0.0
