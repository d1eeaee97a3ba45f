"""Figures of chapter 4: a spin that follows its moving field, the spin shift, fillings and lifetimes."""

import numpy as np

from torquelib.drawing.figure import COLORS, Figure, canvas

_BANDS = (("majority", -1, "-"), ("minority", +1, "--"))


def lag(evolutions, predicted):
    """Changing tilt and the deviation that this takes: evolutions {s: Evolution}, predicted {s: Eq. (3) along e_θ}."""
    fig, (tilt, behind) = canvas(rows=2, height=4.4, sharex=True)
    for name, s, line in _BANDS:
        run = evolutions[s]
        tilt.plot(run.times, 1e4*(run.eigenspin[:, 1] - run.eigenspin[0, 1]), line, color=COLORS[name], label=name)
        behind.plot(run.times, 1e5*run.deviation[:, 0], line, color=COLORS[name])
        behind.axhline(1e5*predicted[s], color=COLORS["reference"], linestyle=":", label="Eq. (3)" if s == 1 else None)
    tilt.set(ylabel="change of the tilt (10$^{-4}$)")
    tilt.legend(fontsize=9)
    behind.set(xlabel="time (fs)", ylabel="Δσ along e$_θ$ (10$^{-5}$)")
    behind.legend(loc="center right", fontsize=9)
    return Figure(fig, alt="While the field rises and then stays, the tilt of each spin keeps changing; "
                           "the deviation along ∂m that this takes settles at the value of Eq. (3), opposite for the "
                           "two bands.")


def error_slopes(periods, ramp_errors, rates, gradient_errors, expected):
    """Deviation from Eq. (3): against the length of the ramp, and against the gradient."""
    fig, (ramp, gradient) = canvas(rows=2, height=4.8)
    n = np.geomspace(periods[0], periods[-1], 50)
    ramp.loglog(n, 1/(4*n**2 - 1), color=COLORS["reference"], linestyle="--", label="1/(4n² − 1)")
    ramp.loglog(periods, ramp_errors, "o", color=COLORS["exact"], markerfacecolor="none", label="evolved")
    ramp.set(xlabel="ramp, in periods n of the precession", ylabel="ringing / Eq. (3)")
    ramp.legend(fontsize=9)
    gradient.loglog(rates, expected, color=COLORS["reference"], linestyle="--", label="3Q²/2J²")
    gradient.loglog(rates, gradient_errors, "o", color=COLORS["exact"], markerfacecolor="none", label="evolved")
    gradient.set(xlabel="p (1/nm)", ylabel="deviation / Eq. (3)")
    gradient.legend(fontsize=9)
    ramp.set_xticks(periods, [str(n) for n in periods])
    gradient.set_xticks(rates, [f"{rate:g}" for rate in rates])
    for ax in (ramp, gradient):
        ax.minorticks_off()
    return Figure(fig, alt="The ringing left by a smooth ramp falls as the inverse square of its length; "
                           "the deviation from Eq. (3) grows as the square of the gradient.")


def shifted_spins(x, m, spins, E, shift, period, magnified):
    """m (n, 3) and the spins of both bands, majority first, at x (nm) along a spiral in a field of ``E`` mV/nm;
    they lie ``magnified`` times the true ``shift`` (nm) away."""
    fig, ax = canvas(width="wide", height=2.9)
    for label, vector, y in zip(("m", "majority", "minority"), (m, *spins), (2, 0, 1)):
        ax.quiver(x, np.full_like(x, y), vector[:, 0], vector[:, 2], color=COLORS[label], pivot="middle",
                  scale=24, width=0.007, headwidth=4)
        ax.text(-1.5, y, label, ha="right", va="center", color=COLORS[label])
    for start in (0.5*period, period):
        end = start - magnified*shift
        ax.plot([start, start, end, end], [2.4, 1.65, 1.35, -0.4], color=COLORS["E"], linewidth=1.2, linestyle="--")
    ax.set(xlabel="x (nm)", xlim=(-0.8, 1.5*period + 0.8), ylim=(-0.6, 2.6), yticks=[])
    ax.grid(False)
    ax.spines["left"].set_visible(False)
    ax.set_title(f"Δx = {1e3*shift:+.3f} pm".replace("-", "−") + ", drawn 10$^5$ times larger", fontsize=10)
    side = "to neither side" if E == 0 else "towards −x" if shift > 0 else "towards +x"
    return Figure(fig, alt=f"A field of {E:g} mV/nm shows each electron, of either band, the magnetization "
                           f"{abs(1e3*shift):.3f} pm away: the pattern of the spins moves {side}.")


def fillings(electrons, kubo, summed):
    """Spin per field against the filling of a lattice band: Eq. (10) against Eq. (11)."""
    fig, ax = canvas()
    ax.axhline(0, color=COLORS["reference"], linewidth=0.8)
    ax.plot(electrons, 1e3*np.array(summed), color=COLORS["approx"], label="Eq. (11)")
    ax.plot(electrons, 1e3*np.array(kubo), "o", color=COLORS["exact"], markerfacecolor="none", label="Eq. (10)")
    ax.set(xlabel="electrons per site", ylabel="spin / field (10$^{-3}$/V nm)")
    ax.legend(fontsize=9)
    return Figure(fig, alt="The spin made by the field changes sign with the filling and vanishes for an empty and "
                           "for a full band.")


def lifetimes(tau, torques):
    """Both torques (tau, 3) on (e_θ, e_φ, m) at a fixed field against the lifetime, in units of the intrinsic one."""
    adiabatic, intrinsic = np.abs(torques[:, :2]).T
    fig, ax = canvas()
    ax.plot(tau, adiabatic / intrinsic[0], "o-", color=COLORS["majority"], label="adiabatic: follows the current")
    ax.plot(tau, intrinsic / intrinsic[0], "s--", color=COLORS["E"], label="intrinsic: follows the field")
    ax.set(xlabel="lifetime τ (fs)", ylabel="torque / intrinsic torque", ylim=(0, None), xlim=(0, None))
    ax.legend(fontsize=9)
    return Figure(fig, alt="At a fixed field the adiabatic torque grows in proportion to the lifetime; the intrinsic "
                           "one does not change.")
