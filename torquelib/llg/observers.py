"""What to look at while a simulation runs: functions of a `Simulation`, for `Simulation.run(..., observe={"name": function})`.

Any function of the simulation will do; it is called between steps, at the times asked for.
"""

import numpy as np

from .. import _validate as check


def average(simulation):
    """⟨m⟩, shape (3,)."""
    return simulation.m.reshape(-1, 3).mean(0)


def snapshot(simulation):
    """m as it is, (nx, 3) or (ny, nx, 3)."""
    return simulation.m


def energies(simulation):
    """Energy of each kind of term and the total, a dict in J."""
    return simulation.energies()


def _rows(simulation, component):
    component = check.choice("component", component, (0, 1, 2))
    m = simulation.m
    return m.reshape(-1, simulation.problem.mesh.nx, 3), component


def wall_position(simulation, component=2):
    """Position in m of one wall that crosses the film at fixed x, from the mean of the component of m that changes sign.

    Both ends of the film must be inside a domain; a Record then follows the wall to a small fraction of a cell.
    """
    m, component = _rows(simulation, component)
    profile = m[..., component].mean(0)
    length = simulation.problem.mesh.nx * simulation.problem.mesh.dx
    return float(np.sign(profile[0] - profile[-1]) * profile.mean() * length / 2)


def wall_tilt(simulation, component=2):
    """Angle φ in rad of the wall's spins in the plane normal to the easy axis, from the first to the second of the other two
    axes in the order x → y → z → x; in (−π, π]. Spins count with the square of their transverse part."""
    m, component = _rows(simulation, component)
    first, second = m[..., (component + 1) % 3], m[..., (component + 2) % 3]
    weight = np.hypot(first, second)
    return float(np.arctan2(np.sum(weight * second), np.sum(weight * first)))


def wall_width(simulation, component=2):
    """Width Δ in m of one wall, from ∫(1 − m²) dx = 2Δ of the profile tanh(x/Δ)."""
    m, component = _rows(simulation, component)
    return float(np.sum(1 - m[..., component]**2) / len(m) * simulation.problem.mesh.dx / 2)
