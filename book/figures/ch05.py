"""Figures of chapter 5: spin spirals."""

import numpy as np

from torquelib.drawing.arrows import arrows, share_position, view
from torquelib.drawing.figure import COLORS, Figure, canvas


def two_spirals(x, drifting, rotating, times):
    """m (2 instants, n, 3) of the drifting and of the rotating spiral at x (n,) in nm; ``times`` (2,) in fs."""
    fig, axes = canvas(rows=4, width="wide", height=5.0, sharex=True, height_ratios=(1.7, 1, 1.7, 1.4))
    rows = [(name, m, seen) for name, m in (("drifting", drifting), ("rotating", rotating))
            for seen in ("from the side", "from above")]
    for ax, (name, m, seen) in zip(axes, rows):
        arrows(ax, x, 0, m[0], COLORS["m"], seen=seen, width=0.04)
        arrows(ax, x, 0, m[1], COLORS["E"], seen=seen, zorder=3)
        view(ax, x, seen=seen)
        ax.set(ylim=(-1, 1), title=f"{name}, {seen}: thick at {times[0]:g} fs, thin at {times[1]:g} fs")
    share_position(axes)
    turned = np.degrees(np.arctan2(*rotating[1][len(x) // 4, 1::-1]))
    return Figure(fig, alt="The drifting spiral keeps its plane: from above all its arrows stay on one line. The "
                           f"rotating one stays where it is, and from above its plane has turned by {turned:.0f}°.")


def field_sum(J, Q, drift, s=1):
    """The field b = J m − (Q + ħω/2) ŷ as a sum of arrows, and the minority's spin;
    all energies in eV, drift = ħω/2."""
    fig, ax = canvas(height=3.3)

    def arrow(start, end, color, **options):
        ax.annotate("", end, start,
                    arrowprops=dict(arrowstyle="-|>", color=color, shrinkA=0, shrinkB=0, linewidth=2, **options))

    arrow((0, 0), (0, J), COLORS["m"])
    if Q:
        arrow((0, J), (-Q, J), COLORS["majority"])
    if drift:
        arrow((-Q, J + 0.015), (-Q - drift, J + 0.015), COLORS["E"])
    arrow((0, 0), (-Q - drift, J), COLORS["exact"])
    length = 0.3 / np.hypot(J, Q + drift)
    arrow((0, 0), (-(Q + drift) * length, J * length), COLORS["minority"], mutation_scale=18)
    angle = np.degrees(np.arctan2(Q + drift, J))
    for text, color in (("J m", "m"), ("−Q ŷ, from the electron’s motion", "majority"),
                        ("−(ħω/2) ŷ, from the drift", "E"), ("b, their sum", "exact"),
                        ("spin of the minority", "minority")):
        ax.plot([], [], color=COLORS[color], linewidth=2.5, label=text)
    ax.legend(loc="lower left", fontsize=8.5, bbox_to_anchor=(0.0, -0.02), handlelength=1.2)
    ax.set(xlim=(-0.75, 0.75), ylim=(-0.42, 0.62), aspect="equal", xlabel="out of the plane, along ŷ (eV)",
           ylabel="along m (eV)",
           title=f"tilt α + φ = {round(angle, 1) + 0.0:.1f}°".replace("-", "−"))
    return Figure(fig, alt=f"Q = {Q:.2f} eV and ħω/2 = {drift:.2f} eV add up out of the plane: the spin tilts by "
                           f"{angle:.0f} degrees.")


def tilt_of_drift(k, tilts, omegas, ride):
    """Tilt α + φ in degrees (one curve per ω) against k in 1/nm,
    and the k at which the electron rides with the spiral."""
    fig, ax = canvas()
    for tilt, omega, at, style in zip(tilts, omegas, ride, ("-", "--", ":")):
        line, = ax.plot(k, tilt, style, label=f"ω = {omega:g} rad/fs")
        ax.plot(at, 0, "o", color=line.get_color())
    ax.axhline(0, color=COLORS["reference"], linewidth=1)
    ax.set(xlabel="wave number k (1/nm)", ylabel="tilt α + φ (degrees)")
    ax.legend()
    return Figure(fig, alt="The tilt vanishes for the electron that rides with the spiral (circles), not for the "
                           "electron at rest.")


def slopes(scale, errors, xlabel, guides, message):
    """Errors {label: (n,)} against ``scale`` (n,), both logarithmic, with guide lines of the slopes ``guides``."""
    fig, ax = canvas()
    markers = iter(("o-", "s--", "^:"))
    for (label, error), color in zip(errors.items(), ("exact", "minority", "approx")):
        ax.loglog(scale, error, next(markers), color=COLORS[color], markersize=5, label=label)
    for error, guide in zip(map(np.asarray, errors.values()), guides):
        middle = len(scale) // 2
        ax.loglog(scale, 1.9 * error[middle] * (scale / scale[middle])**guide, color=COLORS["reference"], linewidth=0.8)
        ax.annotate(f"slope {guide}", (scale[middle], 1.9 * error[middle]), xytext=(-4, 4), textcoords="offset points",
                    ha="right", color=COLORS["reference"])
    ax.set(xlabel=xlabel, ylabel="largest error of the spin")
    ax.xaxis.set_major_formatter("{x:g}")
    ax.xaxis.set_minor_formatter("")
    ax.set_xticks([tick for tick in (0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0) if scale.min() <= tick <= scale.max()])
    ax.minorticks_off()
    ax.legend(loc="lower right", fontsize=9)
    return Figure(fig, alt=message)


def lag(ratio, exact, points_at, points):
    """The field's deviation in units of (3) against Q/J: closed form (n,), evolved points, and (3) itself."""
    fig, ax = canvas()
    ax.axhline(1, color=COLORS["approx"], linestyle="--", label="first order, (3)")
    ax.plot(ratio, exact, color=COLORS["exact"], label="closed form, (5.5)")
    ax.plot(points_at, points, "o", color=COLORS["minority"], label="evolved through a slow ramp")
    ax.set(xlabel="misalignment Q/J", ylabel="deviation along ∂m, in units of (3)", ylim=(0, 1.15))
    ax.legend(loc="lower center")
    return Figure(fig, alt="The deviation that the field makes equals (3) for small misalignment and falls to "
                           f"{exact[-1]:.2f} of it at Q = {ratio[-1]:.2f} J; the evolved points lie on the closed "
                           "form.")


def shifted(x, m, spin, shift, p, E):
    """m and the minority's in-plane spin (n, 3) at x (n,) in nm; where m points the same way is ``shift`` away."""
    fig, ax = canvas(width="wide", height=2.3)
    arrows(ax, x, 0, m, COLORS["m"], seen="from the side", width=0.045)
    arrows(ax, x, 0, spin, COLORS["minority"], seen="from the side", zorder=3)
    view(ax, x, seen="from the side")
    angle = np.degrees(p * shift)
    ax.set(ylim=(-1, 1), title=f"shift Δx = {shift:.3f} nm, turn pΔx = {angle:.1f}°".replace("-", "−"))
    return Figure(fig, alt=f"At p = {p:g}/nm and E = {E:g} V/nm each spin (thin) turns by {angle:.0f} degrees from "
                           f"its m (thick), and points as m does {shift:.2f} nm further on.")


def rotating(x, exact, corrected, printed, omega):
    """Spin along e_φ and its change along z, (n, 2), by plane waves and by (A10) corrected and as printed,
    x (n,) in nm."""
    fig, axes = canvas(rows=2, height=4.0, sharex=True)
    curves = ((exact, "plane waves", "exact", "-"), (corrected, "(A10) corrected", "minority", "--"),
              (printed, "as printed", "approx", ":"))
    for component, ax in enumerate(axes):
        for spin, name, color, style in curves:
            ax.plot(x, spin[:, component], style, color=COLORS[color], linewidth=1.4 if style == "-" else 2.4,
                    label=name)
        ax.axhline(0, color=COLORS["reference"], linewidth=0.8)
    axes[0].set(ylabel="out of plane, e$_φ$", ylim=(-0.22, 0.22))
    axes[1].set(xlabel="position x (nm)", ylabel="change along z", ylim=(-0.17, 0.05))
    axes[0].legend(loc="center", ncols=2, fontsize=8.5, handlelength=1.6, columnspacing=1)
    return Figure(fig, alt=f"At ω = {omega:.3f} rad/fs plane waves and the corrected (A10) lie on each other, out of "
                           f"the plane near {exact[:, 0].mean():.2f}; the printed sign gives "
                           f"{printed[:, 0].mean():.2f}.")
