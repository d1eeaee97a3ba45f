"""Figures of chapter 10: a wall's profile, its motion, velocity against current, the phase diagram, a film."""

import numpy as np

from torquelib.drawing.figure import COLORS, INK, Figure, canvas

_LINES = ("-", "--", "-.", ":")


def profile(x, m, width):
    """Components of a relaxed wall at cells x (m), and the profile of width Δ (m)."""
    fig, ax = canvas(height=3.0)
    fine = np.linspace(x[0], x[-1], 400)
    ax.plot(fine * 1e9, -np.tanh(fine / width), color=COLORS["reference"],
            label=r"$-\tanh$, $1/\cosh$")
    ax.plot(fine * 1e9, 1 / np.cosh(fine / width), color=COLORS["reference"])
    for component, name, mark, color in ((2, "$m_z$", "o", COLORS["majority"]), (0, "$m_x$", "s", COLORS["minority"])):
        ax.plot(x[::2] * 1e9, m[::2, component], mark, ms=4, color=color, markerfacecolor="none",
                label=f"{name} of the engine")
    ax.set(xlabel="position x (nm)", ylabel="magnetization m (1)")
    ax.legend(fontsize=9, loc="lower left")
    return Figure(fig, alt=f"The relaxed wall turns from up to down within a few times Δ = {width * 1e9:.0f} nm, "
                           "on the analytic profile.")


def motion(runs):
    """Position and tilt against time, for runs {label: (record, X, tilt)}; X (m) and tilt (rad) of two coordinates."""
    fig, (position, tilt) = canvas(rows=2, height=4.6, sharex=True)
    for n, (label, (record, X, angle)) in enumerate(runs.items()):
        color = COLORS["cycle"][n]
        for ax, full, model in ((position, record.position * 1e9, X * 1e9),
                                (tilt, np.degrees(record.tilt), np.degrees(angle))):
            ax.plot(record.t * 1e9, full, "os^"[n], ms=3, markevery=6, color=color, markerfacecolor="none",
                    label=label)
            ax.plot(record.t * 1e9, model, color=color, lw=1)
    position.set(ylabel="position X (nm)")
    tilt.set(xlabel="time (ns)", ylabel="tilt φ (°)")
    position.legend(fontsize=9)
    return Figure(fig, alt="Below breakdown the tilt settles and the wall reaches a steady speed; above it the tilt "
                           "turns over and over and the wall moves in jerks. Symbols: the engine; lines: the two "
                           "equations for position and tilt.")


def velocity_curves(drift, curves, points):
    """Mean velocity against drift (n,): ``curves`` {beta: (n,)} closed, ``points`` {beta: (u, v)} engine; m/s."""
    fig, ax = canvas(height=3.4)
    for n, (beta, velocity) in enumerate(curves.items()):
        ax.plot(drift, velocity, _LINES[n], color=COLORS["cycle"][n], label=rf"$\beta={beta:g}$")
        ax.plot(*points[beta], "os^D"[n], ms=5, color=COLORS["cycle"][n], markerfacecolor="none")
    ax.set(xlabel="drift velocity of the electrons u (m/s)", ylabel="mean velocity of the wall (m/s)")
    ax.legend(fontsize=9, loc="upper left")
    return Figure(fig, alt="Mean wall velocity against drift velocity. With β = 0 the wall stands still up to the "
                           "breakdown; with β above α it runs ahead of the electrons and slows down beyond breakdown. "
                           "Symbols: engine; lines: closed form.")


def more_beta(drift, curves, breakdown, limit, beta, beta_int, alpha):
    """Velocity against drift (n,) without and with β_int: two ``curves``, their ``breakdown`` (u, v), the speed Δω."""
    fig, ax = canvas(height=3.4)
    for velocity, end, line, color, label in zip(curves, breakdown, ("--", "-"), ("reference", "exact"), (
            f"β = {beta:g} alone", f"β + β_int = {beta + beta_int:.2f}")):
        ax.plot(drift, velocity, line, color=COLORS[color], label=label)
        if end[0] <= drift[-1]:
            ax.plot(*end, "o", color=COLORS[color])
    ax.axhline(limit, color=COLORS["E"], lw=1, ls=":")
    ax.text(198, limit - 5, "Δω", color=INK, ha="right", va="top", fontsize=9)
    ax.set(xlabel="drift velocity of the electrons u (m/s)", ylabel="mean velocity of the wall (m/s)",
           ylim=(0, 210), xlim=(0, 200))
    ax.legend(fontsize=9, loc="upper left")
    return Figure(fig, alt=f"With β_int = {beta_int:.2f} on top of β = {beta:g} and α = {alpha:g}, a wall starts its "
                           f"steady branch with slope {(beta + beta_int) / alpha:.1f}; dots mark breakdown.")


def phase_map(u, beta, ratio, turned, fine, limits, alpha):
    """Wall velocity over drift velocity (len(beta), len(u)); crosses where it turned; ``limits`` at β = ``fine``."""
    fig, ax = canvas(height=3.8)
    mesh = ax.pcolormesh(u, beta, ratio, shading="nearest", cmap="cividis", vmin=0, vmax=np.ceil(np.max(ratio)))
    fig.colorbar(mesh, ax=ax, label="wall velocity / u (1)")
    rows, columns = np.nonzero(turned)
    ax.plot(u[columns], beta[rows], "x", color="white", ms=5, mew=2.6)
    ax.plot(u[columns], beta[rows], "x", color="black", ms=5, mew=1.1, label="turned over")
    for side in (fine < alpha, fine > alpha):
        ax.plot(limits[side], fine[side], color="white", lw=3)
        ax.plot(limits[side], fine[side], color=COLORS["minority"], lw=1.6,
                label="Walker breakdown" if side[0] else None)
    du, dbeta = (u[1] - u[0]) / 2, (beta[1] - beta[0]) / 2
    ax.set(xlabel="drift velocity u (m/s)", ylabel=r"$\beta+\beta_\mathrm{int}$ (1)",
           xlim=(u[0] - du, u[-1] + du), ylim=(beta[0] - dbeta, beta[-1] + dbeta))
    ax.grid(False)
    ax.legend(fontsize=9, loc="lower left", bbox_to_anchor=(-0.02, 1.0), ncols=2, frameon=False)
    return Figure(fig, alt="Phase diagram of a driven wall. Around β = α the wall never turns over; away from it "
                           "breakdown comes at ever smaller drift. The crosses, where the engine saw the wall turn "
                           "over, lie beyond the line of Walker breakdown.")


def turning_wall(record, cell, t):
    """One frame of a film: the spins about the wall at time t (ns) seen from above, and its track; cells in m."""
    n = int(np.argmin(np.abs(record.t * 1e9 - t)))
    m = record.m[n]
    middle = int(np.argmin(np.abs(m[:, 2])))
    around = np.arange(middle - 24, middle + 25, 2)
    x = (around - middle) * cell * 1e9
    spins = m[around]
    fig, (top, track) = canvas(rows=2, height=3.8, height_ratios=[1.0, 1.2])
    for up, mark, color in ((spins[:, 2] > 0, "o", "majority"), (spins[:, 2] <= 0, "X", "minority")):
        top.scatter(x[up], np.zeros(np.count_nonzero(up)), marker=mark, s=70 * spins[up, 2]**2, color=COLORS[color])
    top.quiver(x, np.zeros(len(x)), spins[:, 0], spins[:, 1], color=INK,
               angles="uv", pivot="mid", scale=9, width=0.008, headwidth=4)
    top.set(ylim=(-1, 1.3), xlim=(-54, 54), yticks=[],
            xlabel="distance from the wall (nm), seen from above", ylabel="film y")
    top.grid(False)
    for label, place, color in (("● up", 0.02, COLORS["majority"]), ("✖ down", 0.84, COLORS["minority"])):
        top.text(place, 0.88, label, transform=top.transAxes, color=color, fontsize=9)
    track.plot(record.t * 1e9, record.position * 1e9, color=COLORS["reference"], lw=1)
    track.plot(record.t[n] * 1e9, record.position[n] * 1e9, "o", color=COLORS["minority"])
    track.set(xlabel="time (ns)", ylabel="position X (nm)")
    angle = np.degrees(record.tilt[n])
    return Figure(fig, alt=f"At {record.t[n] * 1e9:.1f} ns the wall has moved {record.position[n] * 1e9:.0f} nm "
                           f"and its spins have turned by {angle:.0f}°.")


def pulse(t, u, position, expected):
    """A pulse of drift velocity (m/s) and the position (m) of the wall; `expected` the final position in m."""
    fig, (drive, path) = canvas(rows=2, height=4.0, sharex=True)
    drive.plot(t * 1e9, u, color=COLORS["E"])
    drive.set(ylabel="drift u (m/s)")
    path.plot(t * 1e9, position * 1e9, color=COLORS["exact"])
    path.axhline(expected * 1e9, color=COLORS["reference"], ls="--", label=r"$(\beta/\alpha)\int u\,dt$")
    path.set(xlabel="time (ns)", ylabel="position X (nm)")
    path.legend()
    return Figure(fig, alt="The wall follows the pulse with a delay and comes to rest where the integral of the "
                           "pulse says.")
