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


def _columns(observer, simulation, component):
    """x (n,) in m of the columns from the first to the last that hold the magnet, their cells as m (rows, n, 3), the
    share (rows, n) of each cell in the mean over its column's filled ones, and the component as a number."""
    component = _COMPONENTS[check.choice("component", component, tuple(_COMPONENTS))]
    mesh = check.instance("simulation", simulation, Simulation).problem.mesh
    m = simulation.m.reshape(-1, mesh.nx, 3)
    filled = np.any(m != 0, axis=-1)
    count = filled.sum(0)
    here = slice(np.argmax(count > 0), mesh.nx - np.argmax(count[::-1] > 0))
    if np.any(count[here] == 0):
        raise ValueError(f"{observer} needs a film without a gap; no cell is inside at x = "
                         f"{mesh.x[here][count[here] == 0][0]:g} m")
    return mesh.x[here], m[:, here], filled[:, here] / count[here], component


def _wall(observer, simulation, component):
    """`_columns` and the component's profile (n,), for a film whose ends lie in opposite domains."""
    x, m, share, component = _columns(observer, simulation, component)
    profile = np.sum(share * m[..., component], axis=0)
    left, right = profile[[0, -1]]
    if not (left * right < 0 and min(abs(left), abs(right)) >= 0.5):
        raise ValueError(f"{observer} needs a wall: component {component} of m is {left:.2g} at the left "
                         f"and {right:.2g} at the right end")
    return x, m, share, component, profile


def wall_position(simulation, component=2):
    """Position in m of one wall that crosses the film at fixed x, from the mean of the component of m that changes
    sign, 0, 1, 2 or "x", "y", "z".

    Both ends of the film must be inside a domain; a Record then follows the wall to a small fraction of a cell.
    Of a film that does not fill its mesh each column counts with the mean over its filled cells. Raises ValueError if
    the component's mean over an end is below 0.5 or has the same sign at both: there is no wall, it has left the film,
    or it is leaving; and if a column between the ends is empty.
    """
    x, *_, profile = _wall("wall_position", simulation, component)
    length = len(x) * simulation.problem.mesh.dx
    return float((x[0] + x[-1]) / 2 + np.sign(profile[0] - profile[-1]) * profile.mean() * length / 2)


def wall_positions(simulation, component=2):
    """Positions in m of all walls that cross the film at fixed x, from left to right, (n,), n = 0 for none: where the
    mean over y of the component of m that is named as in `wall_position` changes sign, along the profile
    tanh[(x − X)/Δ] through the two cells beside it; where the film is periodic along x also between its last cell and
    its first. A Record fills up with nan what has fewer walls than at other times. Raises ValueError if a column
    between the ends is empty."""
    x, m, share, component = _columns("wall_positions", simulation, component)
    mesh = simulation.problem.mesh
    profile = np.sum(share * m[..., component], axis=0)
    slant = np.arctanh(np.clip(profile, -1 + 1e-12, 1 - 1e-12))
    if mesh.periodic[0] and len(x) == mesh.nx:
        slant = np.append(slant, slant[0])
    left = np.flatnonzero(np.signbit(slant[1:]) != np.signbit(slant[:-1]))
    found = x[left] + mesh.dx * slant[left] / (slant[left] - slant[left + 1])
    end = mesh.nx * mesh.dx / 2
    return np.sort(np.where(found > end, found - 2*end, found))


def wall_tilt(simulation, component=2):
    """Angle φ in rad of the wall's spins in the plane normal to the easy axis, from the first to the second of the
    other two axes in the order x → y → z → x; in (−π, π]. Spins count with the square of their transverse part.
    Raises ValueError as `wall_position` does."""
    _, m, _, component, _ = _wall("wall_tilt", simulation, component)
    first, second = m[..., (component + 1) % 3], m[..., (component + 2) % 3]
    weight = np.hypot(first, second)
    return float(np.arctan2(np.sum(weight * second), np.sum(weight * first)))


def wall_width(simulation, component=2):
    """Width Δ in m of one wall, from ∫(1 − m²) dx = 2Δ of the profile tanh(x/Δ).
    Raises ValueError as `wall_position` does."""
    _, m, share, component, _ = _wall("wall_width", simulation, component)
    return float(np.sum(share * (1 - m[..., component]**2)) * simulation.problem.mesh.dx / 2)
