"""Figures of chapter 13: the current that a moving spiral drives."""

import numpy as np

from torquelib.drawing.figure import COLORS, Figure, canvas


def dragged(x, before, after, shift, speed, speeds, flow):
    """The x and z components of m (n, 3) along a spiral at x (n,) that slides by ``shift`` (nm) at ``speed``, and below
    ``flow``, electrons per ps at ``speeds`` (nm/fs), for spirals of two gradients: {p: (n,)}."""
    fig, (ax, bx) = canvas(rows=2, height=4.0, height_ratios=(1.2, 1))
    for row, m, label in ((1, before, "before"), (0, after, "after")):
        ax.quiver(x, np.full(len(x), float(row)), m[:, 0], m[:, 2], color=COLORS["m"], pivot="mid", scale=24,
                  width=0.006)
        ax.text(x[0] - 0.6, row, label, ha="right", va="center", fontsize=9)
    middle = x[len(x) // 2]
    if shift:
        ax.annotate("", (middle + shift, 0.5), (middle, 0.5),
                    arrowprops={"arrowstyle": "->", "color": COLORS["E"], "lw": 1.6})
    ax.set(xlabel="position along the wire (nm)", xlim=(x[0] - 3.2, x[-1] + 1), ylim=(-0.6, 1.6), yticks=[])
    ax.set_xticks(np.arange(x[0], x[-1] + 0.1, 2))
    ax.spines["left"].set_visible(False)
    ax.grid(False)
    for (p, passing), color, style in zip(flow.items(), ("exact", "approx"), ("-", "--")):
        bx.plot(speeds, passing, style, color=COLORS[color], label=f"p = {p:g} per nm".replace("-", "−"))
    now = np.interp(speed, speeds, next(iter(flow.values())))
    bx.plot([speed], [now], "o", color=COLORS["E"])
    bx.set(xlabel="speed of the spiral (nm/fs)", ylabel="electrons (1/ps)")
    bx.legend(loc="upper left", fontsize=9)
    ways = {-1: "to the left", 0: "", 1: "to the right"}
    slides = f"slides {ways[np.sign(speed)]} at {abs(speed):.3f} nm/fs" if speed else "stands still"
    passing = f"{abs(now):.1f} electrons per ps go {ways[np.sign(now)]}" if speed else "no electrons pass"
    return Figure(fig, alt=f"A spiral of magnetization along a wire {slides}; {passing}, for either handedness.")



def set_in_motion(times, current, lattice, rotating, ramp):
    """Current (e/ps) against time (fs) while a spiral is set in motion, with the two stationary sums."""
    fig, ax = canvas()
    ax.axvspan(0, ramp, color=COLORS["reference"], alpha=0.12, lw=0)
    ax.plot(times, 1e3 * current, color=COLORS["exact"], label="Schrödinger evolution")
    ax.axhline(1e3 * lattice, color=COLORS["majority"], ls="--", label="sum, filled at rest")
    ax.axhline(1e3 * rotating, color=COLORS["minority"], ls=":", label="sum, filled by moving energies")
    ax.text(ramp/2, 1.12e3 * lattice, "speeding up", ha="center", fontsize=9)
    ax.set(xlabel="time (fs)", ylabel="current (e/ps)", xlim=(times[0], times[-1]),
           ylim=(-0.15e3*lattice, 1.25e3*lattice))
    ax.legend(loc="center right", fontsize=9, bbox_to_anchor=(1.0, 0.47))
    return Figure(fig, alt=(
        "A spiral in equilibrium is set in motion: the current rises with its speed and settles at the sum over "
        "states filled as they were at rest. The sum over states filled by their energies in the moving frame is zero."
    ))


def splitting(J, exact, sums, closed, length, fermi_energy):
    """Current per pitch and rate, j/(pω), against J (n,) in eV for a spiral of ``length`` nm per turn: (22) exact in p,
    direct sum at every eighth J, and (25) at the first J, below the Fermi energy."""
    fig, ax = canvas(height=3.1)
    ax.axvspan(fermi_energy, J[-1], color=COLORS["reference"], alpha=0.14, lw=0)
    ax.text((fermi_energy + J[-1]) / 2, 0.0015, "minority band empty:\n(24), (25) not defined", ha="center",
            va="bottom", fontsize=9)
    ax.plot(J, exact, color=COLORS["majority"], label="(22), exact in p")
    ax.plot(J[::8], sums, "o", ms=4.5, mfc="none", color=COLORS["exact"], label="sum of f⟨v⟩")
    ax.plot(J[:len(closed)], closed, "--", color=COLORS["approx"], label="(25)")
    ax.set(xlabel="exchange energy J (eV)", ylabel="current / pω (e nm)", xlim=(0, J[-1]), ylim=(0, 0.046))
    ax.legend(loc="upper left", fontsize=9)
    worst = np.max(np.abs(exact[:len(closed)] / closed - 1)[J[:len(closed)] > 0.5])
    return Figure(fig, alt=(
        f"One turn in {length:g} nm: the current of the moving spiral against the exchange energy. The sum over "
        f"states lies on (22); for J above 0.5 eV (25) is off by up to {100*worst:.1f} %, and it ends at J = "
        f"{fermi_energy:g} eV, the Fermi energy."
    ))


def reciprocity(energies, tori, slowest):
    """Torque and current over their clean values against ħη in eV: ``tori`` {label: (mean, error)}, each (2, rates).

    ``slowest`` (samples, 2): both in each sample with impurities, at the lowest rate.
    """
    fig, (ax, each) = canvas(rows=2, height=5.0, height_ratios=(1.4, 1))
    for (label, ((torque, current), (error, _))), color in zip(tori.items(), COLORS["cycle"]):
        ax.errorbar(energies, torque, error, fmt="o", ms=9, mfc="none", color=color, capsize=3,
                    label=f"torque, {label}")
        ax.semilogx(energies, current, "x--", ms=6, lw=1, color=color, label=f"current, {label}")
    ax.axhline(0, color=COLORS["reference"], lw=0.8)
    ax.set(xscale="log", xlabel="ħη (eV): slower switching to the left", ylabel="over its clean value (1)",
           ylim=(-0.1, 1.1))
    ax.set_xticks(energies, [f"{x:g}" for x in energies], minor=False)
    ax.minorticks_off()
    ax.legend(loc="center", bbox_to_anchor=(0.5, 0.56), fontsize=9)
    ends = [slowest.min(), slowest.max()]
    each.plot(ends, ends, color=COLORS["reference"], label="equal")
    each.plot(slowest[:, 1], slowest[:, 0], "o", mfc="none", color=COLORS["cycle"][1], label="one sample")
    each.set(xlabel="its current (1)", ylabel="its torque (1)", title=f"at {energies[0]:g} eV")
    each.legend(loc="upper left", fontsize=9)
    return Figure(fig, alt=(
        "With and without impurities the field's torque and the spiral's current fall on the same points. Without "
        f"impurities both keep their clean value however slow the switching; with impurities {torque[0]:.2f} ± "
        f"{error[0]:.2f} of it remain at the left. Single samples there scatter from {ends[0]:.1f} to {ends[1]:.1f}, "
        "torque and current alike."
    ))


def wall_voltage(fields, steady, turning, breakdown):
    """Voltages of a field-driven wall in µV against the field in mT: the β force and the force of the turning wall."""
    fig, ax = canvas()
    ax.plot(fields, steady, color=COLORS["minority"], label="β force, from the sliding")
    ax.plot(fields, turning, "--", color=COLORS["majority"], label="Berry force, from the turning")
    ax.axvline(breakdown, color=COLORS["reference"], ls=":")
    top = max(np.max(steady), np.max(turning))
    ax.annotate("Walker\nbreakdown", (breakdown, 1.1*top), xytext=(-6, 0), textcoords="offset points", fontsize=9,
                ha="right")
    ax.set(xlabel="driving field (mT)", ylabel="voltage (µV)", ylim=(-0.05*top, 1.35*top), xlim=(fields[0], fields[-1]))
    ax.legend(loc="upper right", fontsize=9)
    return Figure(fig, alt=(
        f"Voltage of a wall driven by a magnetic field. Below breakdown at {breakdown:.2f} mT only the β force acts "
        f"and the voltage grows with the speed, up to {np.max(steady):.2f} µV; beyond it the wall turns, and the "
        "Berry force takes over."
    ))
