"""Figures of chapter 11: a skyrmion at rest and driven, spin waves and a spiral in a current, the drag of a texture."""

import numpy as np
from matplotlib.colors import LinearSegmentedColormap

from torquelib.drawing.figure import COLORS, INK, Figure, canvas

_BLUE, _VERMILION, _GREEN, _PURPLE = COLORS["cycle"][:4]
_MIDDLE, _ARROW = "#d8d8d8", "#202020"      # between the colours of up and down; dark on all of them, in both themes
_UP_DOWN = LinearSegmentedColormap.from_list("up-down", [_VERMILION, _MIDDLE, _BLUE])


def at_rest(x, m, radius, profile):
    """A film from above and m_z through its middle: cells x (n,) in m, m (n, n, 3), and the two-number ``profile``, a
    function of places (k,) in nm, with its radius in m."""
    fig, (top, bottom) = canvas(rows=2, height=5.6, height_ratios=[1.75, 1])
    nm = x * 1e9
    mesh = top.pcolormesh(nm, nm, m[..., 2], shading="nearest", cmap=_UP_DOWN, vmin=-1, vmax=1, rasterized=True)
    every = slice(1, None, 3)
    X, Y = np.meshgrid(nm[every], nm[every])
    inside = np.hypot(m[every, every, 0], m[every, every, 1]) > 0.12
    top.quiver(X[inside], Y[inside], m[every, every, 0][inside], m[every, every, 1][inside], color=_ARROW, pivot="mid",
               angles="xy", scale_units="xy", scale=0.16, width=0.006, headwidth=4)
    top.set(aspect="equal", xlim=(-36, 36), ylim=(-36, 36), xlabel="x (nm)", ylabel="y (nm)")
    top.grid(False)
    fig.colorbar(mesh, ax=top, label="$m_z$ (1)", ticks=[-1, 0, 1])
    fine = np.linspace(-46, 46, 301)
    bottom.plot(fine, profile(fine), color=COLORS["reference"], label="profile of two numbers")
    middle = m[len(x) // 2, :, 2]
    shown = np.abs(nm) < 46
    bottom.plot(nm[shown], middle[shown], "o", ms=4, color=_BLUE, markerfacecolor="none", label="engine")
    bottom.axhline(0, color=COLORS["reference"], lw=0.8)
    bottom.set(xlabel="x (nm), through the middle", ylabel="$m_z$ (1)", ylim=(-1.15, 2.7), yticks=[-1, 0, 1])
    bottom.legend(fontsize=9, loc="upper center")
    return Figure(fig, alt=f"A whirl in a film that points up: its middle points down, and on a ring of radius "
                           f"{radius * 1e9:.0f} nm the spins lie in the plane and point outwards. The engine's m_z is "
                           "on the profile of two numbers.")


def hall(ratio, line, points):
    """v_x and v_y over u against β/α: ``line`` (n, 2) at ``ratio`` (n,); ``points`` {label: (ratios, velocities)}."""
    fig, (along, across) = canvas(rows=2, height=4.6, sharex=True)
    for n, (ax, name) in enumerate(((along, "$v_x/u$"), (across, "$v_y/u$"))):
        ax.plot(ratio, line[:, n], color=COLORS["reference"], label="Thiele, (11.5)")
        for (label, (at, v)), mark, color in zip(points.items(), "so", (_VERMILION, _BLUE)):
            ax.plot(at, v[:, n], mark, ms=6, color=color, markerfacecolor="none", label=label)
        ax.set(ylabel=f"{name} (1)")
    across.axhline(0, color=COLORS["reference"], lw=0.8)
    across.axvline(1, color=_GREEN, lw=1, ls=":")
    along.axvline(1, color=_GREEN, lw=1, ls=":")
    across.text(1.03, 0.96, r"$\alpha=\beta$", color=_GREEN, transform=across.get_xaxis_transform(), va="top")
    across.set(xlabel=r"$\beta/\alpha$ (1)")
    across.legend(fontsize=9, loc="lower right")
    below = ", ".join(f"{np.max(np.interp(at, ratio, line[:, 0]) - v[:, 0]):.0%} in {label.partition(', ')[2]}"
                      for label, (at, v) in points.items()).replace("%", " %")
    return Figure(fig, alt="The velocity along the current hardly depends on β; the velocity across grows with β − α "
                           "and is zero at α = β. Across, the engine's symbols lie on Thiele's line; along, they stay "
                           f"below it by up to {below}.")


def twice(pushes):
    """The emergent field, Ω > 0, on a current along x, {band: (push on it (3,), push on the sideways current (3,))}."""
    fig, axes = canvas(cols=2, height=2.3)
    for ax, (band, (aside, back)) in zip(axes, pushes.items()):
        middle = np.array([0.75, 0.0])
        for start, arrow, color in (((0, 0), (1.5, 0), INK), (middle, aside[:2], _PURPLE),
                                    (middle + aside[:2], back[:2], _VERMILION)):
            ax.annotate("", np.add(start, arrow), start, arrowprops=dict(
                arrowstyle="-|>", color=color, linewidth=2, shrinkA=0, shrinkB=0, mutation_scale=14))
        for place, text, color in (((1.55, 0.15), "current", INK),
                                   (middle + 0.5*aside[:2] + (0.08, 0), "once", _PURPLE),
                                   (middle + aside[:2] + (0.08, 0), "twice", _VERMILION)):
            ax.text(*place, text, color=color, fontsize=9, ha="right" if text == "current" else "left", va="center")
        ax.set(title=band, xlim=(-0.6, 1.9), ylim=(-1.35, 1.35), aspect="equal")
        ax.set_axis_off()
    side = {band: "left" if aside[1] > 0 else "right" for band, (aside, _) in pushes.items()}
    return Figure(fig, alt=f"Where Ω is positive the emergent field pushes electrons that flow along x to the "
                           f"{side['majority']} in the majority band and to the {side['minority']} in the minority "
                           "band. It pushes this sideways current once more, and the second push points against the "
                           "current in both bands.")


def track(m, x, u, alpha, beta, velocity, ratios, angles, duration):
    """One frame: the skyrmion, where it goes in ``duration`` (s) with ``velocity`` (2,) in m/s while electrons drift
    at u along x; below, the angles (n,) in degrees against the ratios β/α."""
    fig, (film, curve) = canvas(rows=2, height=4.6, height_ratios=[1.5, 1])
    nm, way = x * 1e9, velocity * duration * 1e9
    every = slice(1, None, 3)
    X, Y = np.meshgrid(nm[every], nm[every])
    spins = m[every, every]
    ring = (np.hypot(X, Y) < 30)
    for up, color in ((True, _BLUE), (False, _VERMILION)):
        shown = ring & ((spins[..., 2] > 0) == up)
        film.quiver(X[shown] + way[0], Y[shown] + way[1], spins[shown][:, 0], spins[shown][:, 1], color=color,
                    pivot="mid", angles="xy", scale_units="xy", scale=0.16, width=0.004, headwidth=4)
    circle = np.linspace(0, 2*np.pi, 60)
    film.plot(14*np.cos(circle), 14*np.sin(circle), color=COLORS["reference"], lw=1, ls=":")
    film.annotate("", way, (0, 0), arrowprops={"arrowstyle": "->", "color": INK, "lw": 1.6, "shrinkA": 0, "shrinkB": 0})
    film.annotate("", (u * duration * 1e9, -38), (0, -38),
                  arrowprops={"arrowstyle": "->", "color": _GREEN, "lw": 1.6, "shrinkA": 0, "shrinkB": 0})
    film.text(0, -41, "electrons' drift, $u$", color=_GREEN, va="top", fontsize=9)
    film.set(aspect="equal", xlim=(-32, 152), ylim=(-58, 74), xlabel="x (nm)", ylabel="y (nm)")
    film.grid(False)
    curve.plot(ratios, angles, color=COLORS["reference"])
    angle = np.degrees(np.arctan2(velocity[1], velocity[0]))
    curve.plot(beta / alpha, angle, "o", color=_VERMILION)
    curve.axhline(0, color=COLORS["reference"], lw=0.8)
    curve.set(xlabel=r"$\beta/\alpha$ (1)", ylabel="Hall angle (°)")
    side = "left" if angle > 0.5 else "right" if angle < -0.5 else "side"
    return Figure(fig, alt=f"With α = {alpha:g} and β = {beta:.2f} the skyrmion moves at {np.hypot(*velocity) / u:.2f} "
                           f"times the electrons' drift and {abs(angle):.0f}° to its {side}.")


def doppler(k, lines, points, rates, u):
    """Frequencies against k (n,) in 1/m: ``lines`` and ``points`` {drift: frequencies (n,) in 1/s}; damping rates
    ``rates`` {β: (drifts, points, line)} in 1/s against the drift in m/s."""
    fig, (top, bottom) = canvas(rows=2, height=5.0)
    for n, drift in enumerate(lines):
        color = COLORS["cycle"][n]
        name = f"u = {drift:g} m/s".replace("-", "−")
        top.plot(k[0] * 1e-9, lines[drift] * 1e-9, ("-", "--", "-.")[n], color=color, label=name)
        top.plot(k[1] * 1e-9, points[drift] * 1e-9, "os^"[n], ms=5, color=color, markerfacecolor="none")
    top.set(xlabel="wave number k (rad/nm)", ylabel="frequency (GHz)")
    top.legend(fontsize=9)
    for n, (beta, (drifts, found, line)) in enumerate(rates.items()):
        color = COLORS["cycle"][n]
        bottom.plot(u, line * 1e-9, ("-", "--", "-.")[n], color=color, label=f"β = {beta:g}")
        bottom.plot(drifts, found * 1e-9, "os^"[n], ms=5, color=color, markerfacecolor="none")
    bottom.axhline(0, color=COLORS["reference"], lw=0.8)
    bottom.set(xlabel="drift velocity u (m/s)", ylabel="damping rate (1/ns)")
    bottom.legend(fontsize=9, loc="lower left")
    return Figure(fig, alt="Above: the current shifts a spin wave's frequency by uk, up for waves that run with the "
                           "electrons, down for the others. Below: whether it damps or feeds a wave hangs on α − β; at "
                           "α = β the damping does not know the current. Symbols: engine; lines: Eq. (11.6).")


def spiral(line, cant, points, speed, speeds):
    """The cant m_y and the velocity over u of a spiral against u/u_1: ``line`` (n,), ``cant`` (n,) of the formula,
    ``points`` {label: (u/u_1, m_y)}; ``speed`` {label: β/α} and ``speeds`` {label: (u/u_1, v/u)}."""
    fig, (top, bottom) = canvas(rows=2, height=4.6, sharex=True)
    top.plot(line, cant, color=COLORS["reference"], label="Eq. (11.8)")
    for n, (label, (at, found)) in enumerate(points.items()):
        top.plot(at, found, "os^"[n], ms=5 + n, color=COLORS["cycle"][n], markerfacecolor="none", label=label)
        at, found = speeds[label]
        bottom.axhline(speed[label], color=COLORS["reference"], lw=1)
        bottom.plot(at, found, "os^"[n], ms=5 + n, color=COLORS["cycle"][n], markerfacecolor="none", label=label)
    top.set(ylabel="cant $|m_y|$ (1)")
    top.legend(fontsize=9, loc="upper left")
    bottom.set(xlabel="drift velocity $u/u_1$ (1)", ylabel="velocity $v/u$ (1)")
    return Figure(fig, alt="A spiral in a current cants out of its plane in proportion to the drift, until at u₁ all "
                           "spins point along its axis. Until then it moves with β/α times the drift.")


def drag(periods, found, places, lines, local):
    """What the double turn adds, over Eq. (3), against the period in nm, where Ω varies along the current and across:
    ``found`` (2, 2, n), for each way mean and error; ``lines`` (2, k), Boltzmann's equation at ``places`` in nm, and
    ``local`` (k,), its limit along the current. Both axes are logarithmic."""
    fig, ax = canvas(height=4.0)
    ax.loglog(places, local, ":", color=COLORS["reference"], label=r"Eq. (11.11), $\propto1/\lambda^2$")
    for way, (mean, error), line, color, mark, style in zip(("along", "across"), found, lines, (_VERMILION, _BLUE),
                                                            "os", ("-", "--")):
        ax.loglog(places, line, style, color=color, label=f"Boltzmann, {way}")
        ax.errorbar(periods, mean, error, fmt=mark, color=color, capsize=3, label=f"exact states, {way}")
    ax.set(xlabel="period λ (nm)", ylabel="spin along ∂$_x$m / Eq. (3)", ylim=(0.04, 2.4))
    ax.set_xticks(periods, [f"{x:.1f}" for x in periods], minor=False)
    ax.minorticks_off()
    ticks = [0.05, 0.1, 0.2, 0.5, 1, 2]
    ax.set_yticks(ticks, [f"{x:g}" for x in ticks])
    ax.legend(fontsize=9, loc="lower center", bbox_to_anchor=(0.45, 1.0), ncols=2, columnspacing=1.0)
    mean, across = found[0, 0], found[1, 0]
    return Figure(fig, alt="With impurities that conserve spin a texture that turns about two axes keeps a torque, "
                           f"{mean[0]:.1f} of Eq. (3) at a period of {periods[0]:.1f} nm and {mean[-1]:.1f} at "
                           f"{periods[-1]:.1f} nm: about as one over the period squared. Where its emergent field "
                           "varies across the current electrons pile up, and less than "
                           f"{np.ceil(across.max()*10)/10:.1f} is left.")


def pulse_of_growth(k, rates):
    """Growth rate of spin waves in 1/s against k (1/m) for drifts {label: (line, points)}; points (k, rate)."""
    fig, ax = canvas()
    for n, (label, (line, at, found)) in enumerate(rates.items()):
        color = COLORS["cycle"][n]
        ax.plot(k * 1e-9, line * 1e-9, ("-", "--")[n], color=color, label=label)
        ax.plot(at * 1e-9, found * 1e-9, "os"[n], color=color, markerfacecolor="none")
    ax.axhline(0, color=COLORS["reference"], lw=0.8)
    ax.set(xlabel="wave number k (rad/nm)", ylabel="growth rate (1/ns)")
    ax.legend()
    return Figure(fig, alt="Below the threshold every wave decays; above it the waves near k = 1/Δ grow.")
