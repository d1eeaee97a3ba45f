"""What to look at while a simulation runs: functions of a `Simulation`,
for `Simulation.run(..., observe={"name": function})`.

Any function of the simulation will do; it is called between steps, at the times asked for.
"""

import numpy as np

from .. import _validate as check
from .simulation import Simulation


def average(simulation):
    """⟨m⟩ over the cells that hold the magnet, shape (3,)."""
    check.instance("simulation", simulation, Simulation)
    return simulation.m.reshape(-1, 3).sum(0) / simulation.problem.mesh.filled


def snapshot(simulation):
    """m as it is, (nx, 3) or (ny, nx, 3)."""
    return check.instance("simulation", simulation, Simulation).m


def energies(simulation):
    """Energy of each kind of term and the total, a dict in J."""
    return check.instance("simulation", simulation, Simulation).energies()


_COMPONENTS = {"x": 0, "y": 1, "z": 2, 0: 0, 1: 1, 2: 2}


def _wall(observer, simulation, component):
    """m as (rows, nx, 3) and the component as a number, for a film whose ends lie in opposite domains."""
    component = _COMPONENTS[check.choice("component", component, tuple(_COMPONENTS))]
    check.instance("simulation", simulation, Simulation)
    m = simulation.m.reshape(-1, simulation.problem.mesh.nx, 3)
    left, right = m[:, 0, component].mean(), m[:, -1, component].mean()
    if not (left * right < 0 and min(abs(left), abs(right)) >= 0.5):
        raise ValueError(f"{observer} needs a wall: component {component} of m is {left:.2g} at the left "
                         f"and {right:.2g} at the right end")
    return m, component


def wall_position(simulation, component=2):
    """Position in m of one wall that crosses the film at fixed x, from the mean of the component of m that changes
    sign, 0, 1, 2 or "x", "y", "z".

    Both ends of the film must be inside a domain; a Record then follows the wall to a small fraction of a cell.
    Raises ValueError if the component's mean over an end is below 0.5 or has the same sign at both: there is no wall,
    it has left the film, or it is leaving.
    """
    m, component = _wall("wall_position", simulation, component)
    profile = m[..., component].mean(0)
    length = simulation.problem.mesh.nx * simulation.problem.mesh.dx
    return float(np.sign(profile[0] - profile[-1]) * profile.mean() * length / 2)


def wall_positions(simulation, component=2):
    """Positions in m of all walls that cross the film at fixed x, from left to right, (n,), n = 0 for none: where the
    mean over y of the component of m that is named as in `wall_position` changes sign, along the profile
    tanh[(x − X)/Δ] through the two cells beside it. A Record fills up with nan what has fewer walls than at other
    times."""
    component = _COMPONENTS[check.choice("component", component, tuple(_COMPONENTS))]
    mesh = check.instance("simulation", simulation, Simulation).problem.mesh
    profile = simulation.m.reshape(-1, mesh.nx, 3)[..., component].mean(0)
    slant = np.arctanh(np.clip(profile, -1 + 1e-12, 1 - 1e-12))
    left = np.flatnonzero(np.signbit(slant[1:]) != np.signbit(slant[:-1]))
    return mesh.x[left] + mesh.dx * slant[left] / (slant[left] - slant[left + 1])


def wall_tilt(simulation, component=2):
    """Angle φ in rad of the wall's spins in the plane normal to the easy axis, from the first to the second of the
    other two axes in the order x → y → z → x; in (−π, π]. Spins count with the square of their transverse part.
    Raises ValueError as `wall_position` does."""
    m, component = _wall("wall_tilt", simulation, component)
    first, second = m[..., (component + 1) % 3], m[..., (component + 2) % 3]
    weight = np.hypot(first, second)
    return float(np.arctan2(np.sum(weight * second), np.sum(weight * first)))


def wall_width(simulation, component=2):
    """Width Δ in m of one wall, from ∫(1 − m²) dx = 2Δ of the profile tanh(x/Δ).
    Raises ValueError as `wall_position` does."""
    m, component = _wall("wall_width", simulation, component)
    return float(np.sum(1 - m[..., component]**2) / len(m) * simulation.problem.mesh.dx / 2)
