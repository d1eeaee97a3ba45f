"""Figures of chapter 7: diagrams of disorder averaging, the ladder and its clean limit, the three ratios."""

import numpy as np

from torquelib.drawing.figure import COLORS, INK, Figure, canvas

# ---------------------------------------------------------------- diagrams

def _blank(rows, height):
    fig, axes = canvas(rows=rows, height=height)
    axes = np.atleast_1d(axes)
    for ax in axes:
        ax.set_axis_off()
        ax.set_aspect("equal")
    return fig, axes


def _electron(ax, start, end, color=INK, double=False, arrow=True):
    """A Green's function: a straight line with an arrow; doubled once the impurities are in it."""
    start, end = np.array(start, dtype=float), np.array(end, dtype=float)
    along = (end - start) / np.linalg.norm(end - start)
    across = 0.07 * np.array([-along[1], along[0]])
    for shift in ((across, -across) if double else (0*across,)):
        ax.plot(*zip(start + shift, end + shift), color=color, linewidth=1.6, solid_capstyle="butt")
    if arrow:
        tip = (start + end)/2 + 0.16*along
        wing = 0.17 * np.array([-along[1], along[0]])
        ax.fill(*zip(tip, tip - 0.32*along + wing, tip - 0.32*along - wing), color=color, linewidth=0)


def _impurity(ax, x, y, feet):
    """One impurity, a cross, and the dashed lines along which it scatters twice."""
    for foot in feet:
        ax.plot([x, foot[0]], [y, foot[1]], linestyle=(0, (3, 2)), color=COLORS["reference"], linewidth=1.4)
    ax.plot([x], [y], marker="x", markersize=8, markeredgewidth=1.8, color=COLORS["minority"])


def averaged_electron():
    """Dyson's equation: the averaged Green's function as a sum over pairs of scatterings."""
    fig, (ax, bx) = _blank(2, 2.0)
    _electron(ax, (0, 0), (1.6, 0), double=True)
    ax.text(2.0, 0, "=", ha="center", va="center")
    _electron(ax, (2.4, 0), (3.6, 0))
    ax.text(4.0, 0, "+", ha="center", va="center")
    for a, b in ((4.4, 5.2), (5.2, 6.6), (6.6, 7.4)):
        _electron(ax, (a, 0), (b, 0))
    _impurity(ax, 5.9, 1.1, [(5.2, 0), (6.6, 0)])
    ax.text(7.8, 0, "+", ha="center", va="center")
    for a, b in ((8.2, 8.8), (8.8, 9.8), (9.8, 10.5), (10.5, 11.5), (11.5, 12.1)):
        _electron(ax, (a, 0), (b, 0), arrow=a in (8.8, 10.5))
    _impurity(ax, 9.3, 1.1, [(8.8, 0), (9.8, 0)])
    _impurity(ax, 11.0, 1.1, [(10.5, 0), (11.5, 0)])
    ax.text(12.5, 0, "+ …", ha="left", va="center")
    ax.set(xlim=(-0.3, 13.8), ylim=(-0.6, 1.5))

    _electron(bx, (0, 0), (1.6, 0), double=True)
    bx.text(2.0, 0, "=", ha="center", va="center")
    _electron(bx, (2.4, 0), (3.6, 0))
    bx.text(4.0, 0, "+", ha="center", va="center")
    _electron(bx, (4.4, 0), (5.5, 0))
    _electron(bx, (5.5, 0), (7.3, 0), double=True)
    _impurity(bx, 6.4, 1.1, [(5.5, 0), (7.3, 0)])
    _electron(bx, (7.3, 0), (9.0, 0), double=True)
    bx.annotate("self-energy Σ", (7.0, 0.75), (8.3, 1.15), va="center",
                arrowprops={"arrowstyle": "-", "color": INK, "linewidth": 0.8})
    bx.set(xlim=(-0.3, 13.8), ylim=(-0.6, 1.5))
    return Figure(fig, alt="The averaged Green's function, a double line, is the free line plus all pairs of "
                           "scatterings off the same impurity; summed up, a self-energy joins free and double line.")


def ladder():
    """The vertex equation (14): a rung joins the retarded and the advanced line."""
    fig, (ax,) = _blank(1, 2.1)

    def corner(x, filled):
        ax.fill([x, x + 0.75, x], [-0.75, 0, 0.75], facecolor=COLORS["majority"] if filled else "none",
                edgecolor=COLORS["majority"], linewidth=1.6)

    corner(0.0, True)
    ax.text(0.1, -1.35, r"$\nu_x+\tilde v_x$", ha="center")
    ax.text(1.6, 0, "=", ha="center", va="center")
    corner(2.5, False)
    ax.text(2.75, -1.35, r"$\nu_x$", ha="center")
    ax.text(4.0, 0, "+", ha="center", va="center")
    _impurity(ax, 4.9, 0, [(4.9, 1.0), (4.9, -1.0)])
    for y, way in ((1.0, 1), (-1.0, -1)):
        start, end = (7.6, y*0.75), (4.9, y)
        _electron(ax, *((start, end) if way > 0 else (end, start)), double=True)
    ax.fill([7.6, 8.35, 7.6], [-0.75, 0, 0.75], facecolor=COLORS["majority"], edgecolor=COLORS["majority"],
            linewidth=1.6)
    ax.text(6.2, 1.35, r"$G^A$", ha="center")
    ax.text(6.2, -1.75, r"$G^R$", ha="center")
    ax.text(8.3, -1.35, r"$\nu_x+\tilde v_x$", ha="center")
    ax.set(xlim=(-0.7, 9.3), ylim=(-2.0, 1.9))
    return Figure(fig, alt="The dressed velocity is the bare velocity plus one impurity line that joins the advanced "
                           "and the retarded electron line, behind which the dressed velocity stands again.")


# ---------------------------------------------------------------- disorder averaging

def averaged_spectrum(energy, sampled, width, center):
    """−Im⟨G(k)⟩ of drawn random potentials against ε(k),
    with a Lorentzian of half width ``width`` (eV) about ``center``."""
    fig, ax = canvas()
    fine = np.linspace(energy.min(), energy.max(), 600)
    ax.plot(fine, width / ((fine - center)**2 + width**2), color=COLORS["approx"], label="width Γ + η, Born's Γ = πwN")
    ax.plot(energy, sampled, "o", color=COLORS["exact"], markerfacecolor="none", markersize=4, label="drawn potentials")
    ax.set(xlabel="ε(k) (eV)", ylabel="−Im ⟨G(k, E)⟩ (1/eV)", xlim=(center - 1.5, center + 1.5))
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), fontsize=9, ncols=2)
    return Figure(fig, alt="Averaged over drawn random potentials, the response of a plane wave at fixed energy is a "
                           "Lorentzian in its band energy whose width is that of the Born approximation plus the "
                           "small η put in.")


def rungs(sums, solution):
    """Partial sums of the ladder against the number of rungs."""
    fig, ax = canvas()
    ax.axhline(solution, color=COLORS["reference"], linestyle="--", label="solution of (14)")
    ax.plot(np.arange(1, len(sums) + 1), sums, "o-", color=COLORS["approx"], label="rung after rung")
    ax.set(xlabel="number of rungs", ylabel=r"$\tilde v_y$ / $\alpha_R$  (nm²/eV fs²)")
    ax.legend()
    return Figure(fig, alt="The ladder added rung after rung settles within a few rungs at the solution of the vertex "
                           "equation.")


def clean_limit(concentrations, errors):
    """Distance of the finite-concentration vertex from (16), for several bands (name, values)."""
    fig, ax = canvas()
    for (name, values), marker in zip(errors, "os^"):
        ax.loglog(concentrations, values, marker + "-", markerfacecolor="none", linewidth=0.8, label=name)
    guide = 0.5 * errors[0][1][-1] * np.array([concentrations[0] / concentrations[-1], 1.0])
    ax.loglog([concentrations[0], concentrations[-1]], guide, color=COLORS["reference"], linestyle=":", label="slope 1")
    ax.set(xlabel=r"$n_iu^2$ (eV² nm²)", ylabel=r"|$\tilde v$ − (16)| / |(16)|")
    ax.legend(fontsize=9)
    slope = np.polyfit(np.log(concentrations[-3:]), np.log(errors[0][1][-3:]), 1)[0]
    return Figure(fig, alt="The vertex correction at finite concentration tends to Eq. (16); the distance falls with "
                           f"slope {slope:.1f}.")


# ---------------------------------------------------------------- the ratios

def however_few(flights, answers, flight, film):
    """Torque over that of the clean crystal, (3, n): paper, bubble, ladder, against the time between two collisions in
    fs, and at ``flight``; above, the impurities (m, 2) that are then left in a piece of film of 60 nm × 15 nm."""
    fig, (above, ax) = canvas(rows=2, height=4.4, height_ratios=(1, 2.6))
    above.plot(*film.T, "x", color=COLORS["minority"], markersize=4.5)
    above.set(xlim=(0, 60), ylim=(0, 15), xticks=[], yticks=[], aspect="equal",
              title=f"impurities in 60 nm × 15 nm of the film: {len(film) or '< 1'}")
    above.spines[["top", "right"]].set_visible(True)
    ax.axhline(1, color=COLORS["reference"], linewidth=1)
    ax.text(flights[-1], 0.97, "no impurities", fontsize=9, va="top", ha="right")
    ax.axvline(flight, color=COLORS["reference"], linewidth=1, linestyle=":")
    lines = ((":", COLORS["cycle"][2], "bubble with lifetimes"), ("--", COLORS["approx"], "the paper's substitution"),
             ("-", COLORS["exact"], "full ladder"))
    paper, bubble, ladder = answers
    for (style, color, label), values in zip(lines, (bubble, paper, ladder)):
        ax.semilogx(flights, values, style, color=color, label=label, linewidth=2)
        ax.plot([flight], [np.interp(flight, flights, values)], "o", color=color)
    ax.set(xlabel="time between two collisions (fs), impurities fewer →", ylabel="torque / clean torque",
           ylim=(-0.45, 1.75))
    ax.legend(fontsize=9, loc="upper left", ncols=2, columnspacing=1)
    now = [np.interp(flight, flights, values) for values in answers]
    return Figure(fig, alt=f"With a collision every {flight:.3g} fs three ways to add up the same collisions give "
                           f"{now[0]:.2f}, {now[1]:.2f} and {now[2]:.2f} of the clean crystal's torque.")


def paper_ratios(E_F, J, energies, curves, here, speeds):
    """R_paper against E_F: ``curves`` {name: (n,)} at ``energies`` (n,), ``here`` {name: at E_F}; and the squared
    velocities that decide it, ``speeds`` {name: (ε, m_e v²/4)}; energies in eV."""
    fig, (ax, bx) = canvas(rows=2, height=4.9)
    for n, (name, curve) in enumerate(curves.items()):
        color, line = COLORS["cycle"][n], ("-", "--", "-.")[n]
        ax.plot(energies, curve, line, color=color, label=name)
        ax.plot([E_F], [here[name]], "o", color=color)
        energy, speed = speeds[name]
        bx.plot(energy, speed, line, color=color)
        for band, level, marker in (("majority", E_F + J, "v"), ("minority", E_F - J, "^")):
            if level > 0:
                label = f"{band} at E$_F$" if n == 0 else None
                bx.plot([level], [np.interp(level, energy, np.sqrt(speed))**2], marker, color=color, label=label)
    for level, name in ((E_F + J, "majority"), (E_F - J, "minority")):
        if level > 0:
            bx.axvline(level, color=COLORS[name], linewidth=1, linestyle=":")
    ax.axvline(J, color=COLORS["reference"], linewidth=1)
    ax.set(xlabel="Fermi energy (eV)", ylabel="R, the paper's formula", xlim=(-1.5, 3.05), ylim=(-0.4, 1.15))
    ax.legend(loc="upper right", fontsize=8.5, ncols=3, bbox_to_anchor=(1.02, 1.22), columnspacing=1, handlelength=1.8)
    bx.set(xlabel="band energy ε (eV)", ylabel="m$_e$v²/4 (eV)", xlim=(0, 4.5), ylim=(0, 4))
    bx.legend(loc="upper right", fontsize=8.5)
    values = ", ".join(f"{name} {ratio + 0.0:.2f}" for name, ratio in here.items())
    return Figure(fig, alt=f"Torque ratio by the paper's formula at E_F = {E_F:.2f} eV and J = {J:.2f} eV: {values}. "
                           "Below, the squared velocities at the two Fermi lines whose difference decides.")


def enhancement(anisotropy, computed):
    """Torque ratio of free electrons for magnetic impurities against their anisotropy, with (7.14)
    and the quoted factor."""
    fig, ax = canvas()
    fine = np.linspace(0, 1, 60)
    share = fine**2 / (2 + fine**2)
    ax.plot(fine, 1 + share, color=COLORS["exact"], label="this ladder: 1 + γ²/(2 + γ²)")
    ax.plot(anisotropy, computed, "o", color=COLORS["approx"], markerfacecolor="none", label="(14) solved, dilute")
    ax.plot(fine, 1 + 2*share, color=COLORS["reference"], linestyle="--", label="quoted: spin Hall conductivity")
    ax.set(xlabel="anisotropy γ", ylabel="enhancement")
    ax.legend(loc="upper left")
    return Figure(fig, alt="Magnetic impurities enhance the torque of free electrons in two dimensions, by the paper's "
                           "formula: the solved vertex equation lies on 1 + γ²/(2 + γ²), below the factor quoted from "
                           "the spin Hall effect.")


def three_ratios(energies, J, paper, bare, full):
    """The three ratios against the Fermi energy for one band and one kind of impurity."""
    fig, ax = canvas()
    ax.axvline(J, color=COLORS["reference"], linewidth=1)
    ax.plot(energies, bare, ":", color=COLORS["cycle"][2], linewidth=2, label="bare bubble, lifetimes (15)")
    ax.plot(energies, paper, "--", color=COLORS["approx"], label="the paper's substitution")
    ax.plot(energies, full, color=COLORS["exact"], label="full ladder")
    ax.annotate("minority band begins", (J, 0.25), xytext=(6, 0), textcoords="offset points", fontsize=9, va="center")
    ax.set(xlabel="Fermi energy (eV)", ylabel="R, torque over (12)")
    ax.legend(fontsize=9)
    return Figure(fig, alt="For spin-independent impurities the three formulas give three answers; only the full "
                           "ladder is zero at every Fermi energy.")
