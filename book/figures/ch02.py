"""Figures of chapter 2: the gauge transformation."""

import numpy as np

from torquelib.drawing.arrows import arrows
from torquelib.drawing.figure import COLORS, Figure, canvas, minus
from torquelib.units import hbar

_COMPONENTS = (("$A^θ$", "-"), ("$A^φ$", "--"), ("$A^m$", "-."))


def _color(component):
    return COLORS["cycle"][component]


def two_views(x, m, field, enlarged):
    """The same electrons twice: m (n, 3) in the lab at x (n,) in nm; then m along z,
    and the field (n, 3) in units of J, drawn ``enlarged`` times larger."""
    fig, axes = canvas(rows=2, width="wide", height=2.9, sharex=True)
    views = ((m, "xyz", "in the lab: the magnetization turns"),
             (np.tile([0.0, 0.0, 1.0], (len(x), 1)), ("$e_θ$", "$e_φ$", "$m$"),
              f"on the rotated axes: uniform, and a field (drawn {enlarged} times larger)"))
    step, length = x[1] - x[0], 0.32
    corner = x[0] - 2*step
    for ax, (vectors, names, words) in zip(axes, views):
        arrows(ax, x, 0, vectors, COLORS["m"], width=0.04)
        arrows(ax, np.full(3, corner), 0, np.eye(3), "black", width=0.01, length=length)
        for axis, name in zip(np.eye(3), names):
            u, v = axis[0] + 0.62*axis[1], axis[2] + 0.42*axis[1]
            ax.annotate(name, (corner, 0), (90*length*u, 90*length*v), textcoords="offset points", ha="center",
                        va="center")
        ax.set(ylim=(-0.4, 0.9), yticks=[], xlim=(corner - step, x[-1] + 1.5*step), title=words)
        ax.grid(False)
        ax.spines["left"].set_visible(False)
    arrows(axes[1], x, 0, enlarged * field, COLORS["field"], width=0.03, zorder=3)
    axes[1].set(xlabel="position x (nm)", xticks=[tick for tick in axes[1].get_xticks() if x[0] <= tick <= x[-1]])
    return Figure(fig, alt="In the lab the magnetization turns from place to place. On the rotated axes it points "
                           f"along z everywhere, and a field of up to "
                           f"{np.max(np.linalg.norm(field, axis=-1)):.3f} J across it has appeared.")


def three_routes(x, closed_form, from_U, from_axes):
    """A_x on the rotated axes, each (n, 3) in eV fs/nm, against x (n,) in nm, by three routes."""
    fig, ax = canvas(height=3.2)
    for a, (name, style) in enumerate(_COMPONENTS):
        ax.plot(x, closed_form[:, a], style, color=_color(a))
        ax.plot(x[::10], from_U[::10, a], "o", color=_color(a), markersize=6, markerfacecolor="none")
        ax.plot(x[5::10], from_axes[5::10, a], "x", color=_color(a), markersize=6)
        ax.annotate(name, (x[-1], closed_form[-1, a]), (5, 0), textcoords="offset points", va="center", color=_color(a))
    for label, marker in (("closed form", "-"), ("differences of U", "o"), ("turning of the axes", "x")):
        ax.plot([], [], marker, color="black", markerfacecolor="none", label=label)
    ax.set(xlabel="position x (nm)", ylabel="gauge potential $A_x$ (eV fs/nm)")
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, 1.2), ncols=3, columnspacing=1, handletextpad=0.4)
    apart = max(np.abs(closed_form - from_U).max(), np.abs(closed_form - from_axes).max())
    return Figure(fig, alt="Three routes to the gauge potential give the same three curves"
                           + (", to better than one part in a million." if apart < 1e-6 * np.abs(closed_form).max()
                              else "."))


def turned_axes(x, A, lab, turns):
    """A_x (n, 3) on axes turned ``turns`` times about m along the ring;
    its part across m as a vector in space (n, 3)."""
    fig, (above, below) = canvas(rows=2, height=4.4, sharex=True)
    for a, (_, style) in enumerate(_COMPONENTS):
        above.plot(x, A[:, a], style, color=_color(a), label=("$A^1$", "$A^2$", "$A^m$")[a])
        below.plot(x, lab[:, a], style, color=COLORS["cycle"][3 + a] if a < 2 else "black", label=f"along {'xyz'[a]}")
    above.set(ylabel="on the axes\n(eV fs/nm)", ylim=(-0.45, 0.6))
    below.set(xlabel="position x (nm)", ylabel="across m, in space\n(eV fs/nm)", ylim=(-0.09, 0.13))
    above.legend(loc="upper left", ncols=3)
    below.legend(loc="upper left", ncols=3)
    loop = np.sum((A[1:, 2] + A[:-1, 2]) / 2 * np.diff(x)) / (np.pi * hbar)
    above.set_title(minus(f"axes turned {turns:g} times, ∮$A^m$d$x$ = {loop:.2f} πħ"), fontsize=10)
    return Figure(fig, alt=f"With the axes turned {turns:g} times about m the loop integral of its component along m "
                           f"is {loop:.2f} πħ; the vector across m, in space, is always the same.")


def loop_shifts(angle, shifts, fine, half_solid_angle):
    """Shift of the wave number times L against the cone's angle (n,): ``shifts`` {(s, J):
    (n,)} computed; ±Ω/2 at ``fine``."""
    fig, ax = canvas(height=3.3)
    markers = iter("os^D")
    for (s, J), shift in shifts.items():
        name = "minority" if s > 0 else "majority"
        ax.plot(angle, shift, next(markers), color=COLORS[name], markerfacecolor="none" if J < 1 else COLORS[name],
                markersize=10 if J < 1 else 4.5, label=f"{name}, J = {J:g} eV")
    for sign in (1, -1):
        ax.plot(fine, sign * half_solid_angle, color=COLORS["exact"],
                label="± half the solid angle" if sign > 0 else None)
    ax.set(xlabel="angle between m and z (rad)", ylabel="shift of the wave number × L (rad)", ylim=(-3.2, 5))
    ax.legend(loc="upper left", fontsize=9)
    return Figure(fig, alt="The computed shifts of the wave number, times L, lie on plus half the solid angle that m "
                           "encloses for the minority and on minus half of it for the majority; "
                           "two values of J give the same.")


def spin_on_ring(x, exact, local):
    """Spin across m on (e_θ, e_φ): ``exact`` from plane waves and ``local`` from (8), each (n, 2), at x (n,) in nm."""
    fig, axes = canvas(rows=2, height=4.0, sharex=True)
    for a, ax in enumerate(axes):
        ax.plot(x, exact[:, a], color=COLORS["exact"], label="plane waves, exact")
        ax.plot(x, local[:, a], "--", color=COLORS["approx"], linewidth=2.2, label="local state of (8)")
        ax.set_ylabel(("along e$_θ$", "along e$_φ$")[a])
    axes[0].legend(loc="upper center", bbox_to_anchor=(0.5, 1.3), ncols=2)
    axes[1].set_xlabel("position x (nm)")
    return Figure(fig, alt=f"The spin leans up to {np.abs(exact).max():.3f} away from m. The local state of (8) "
                           f"follows the exact one to {np.abs(exact - local).max():.4f}.")


def convergence(length, without, with_field):
    """Largest spin error against the texture's length (n,) in nm: spin along m, and spin of the local state of (8)."""
    fig, ax = canvas()
    for error, power, color, marker, words in ((without, 1, COLORS["reference"], "s", "spin along m"),
                                               (with_field, 2, COLORS["approx"], "o", "local state of (8)")):
        ax.loglog(length, error[0] * (length[0] / length)**power, ":", color=color)
        ax.loglog(length, error, marker, color=color)
        ax.annotate(f"{words}, error ∝ 1/L" + ("²" if power == 2 else ""), (length[1], error[1]), (8, 8),
                    textcoords="offset points", color=color)
    ax.set(xlabel="length L of the texture (nm)", ylabel="largest error of the spin")
    ax.set_xticks(length, [f"{value:g}" for value in length])
    ax.minorticks_off()
    slope = np.polyfit(np.log(length), np.log(with_field), 1)[0]
    return Figure(fig, alt=f"With the field of (8) the error falls with the power {slope:.1f} of the texture's length; "
                           "a spin taken along m errs in first order.")
