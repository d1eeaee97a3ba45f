"""Skyrmions and vortices: functions of a `Simulation`, for `Simulation.run(..., observe={"name": function})`.

All rest on the charge of B. Berg and M. Lüscher, Nucl. Phys. B 190, 412 (1981): the film is cut into triangles of three
neighbouring cells, and the solid angle that their three spins span, over 4π, is the triangle's share of

    Q = (1/4π) ∫ m·(∂_x m × ∂_y m) dx dy,

an integer wherever the edge is uniform, whatever the cells. A skyrmion with m_z = −1 in its middle has Q =
−(vorticity). Of a film of several layers each is the mean over the layers.
"""

from typing import NamedTuple

import numpy as np

from .. import _validate as check
from ..quadrature import central_difference
from .simulation import Simulation


class _Triangles(NamedTuple):
    """charge, x, y, (layers, 2, rows, columns) each, the middle's place in m; filled, whether all three corners hold
    the magnet; corners (3, layers, 2, rows, columns, 3). The charge is zero where they do not."""

    charge: np.ndarray
    x: np.ndarray
    y: np.ndarray
    filled: np.ndarray
    corners: np.ndarray


def _film(simulation, what):
    """The mesh, of two cells or more in x and y, and m (layers, ny, nx, 3)."""
    mesh = check.instance("simulation", simulation, Simulation).problem.mesh
    if mesh.nx < 2 or mesh.ny < 2:
        raise ValueError(f"{what} needs a film of two cells or more in x and y; got {mesh.nx} × {mesh.ny}")
    return mesh, simulation.m.reshape(-1, mesh.ny, mesh.nx, 3)


def _triangles(simulation):
    mesh, m = _film(simulation, "a topological charge")
    m = np.pad(m, ((0, 0), (0, mesh.periodic[1]), (0, mesh.periodic[0]), (0, 0)), mode="wrap")
    here, east, north, across = m[:, :-1, :-1], m[:, :-1, 1:], m[:, 1:, :-1], m[:, 1:, 1:]
    a, b, c = corners = np.stack([[here, across], [east, north], [north, east]]).swapaxes(1, 2)
    dot = lambda u, v: np.sum(u * v, axis=-1)
    angle = 2*np.arctan2(dot(a, np.cross(b, c)), 1 + dot(a, b) + dot(b, c) + dot(c, a))
    rows, columns = here.shape[1:3]
    third = np.array([1, 2])[:, None, None] / 3
    x = mesh.x[:columns] + third*mesh.dx + np.zeros((rows, 1))
    y = mesh.y[:rows, None] + third*mesh.dy + np.zeros(columns)
    filled = np.all(np.any(corners != 0, axis=-1), axis=0)
    return _Triangles(np.where(filled, angle / (4*np.pi), 0.0), *np.broadcast_arrays(x, y, angle)[:2], filled, corners)


def topological_charge(simulation):
    """Q, the number of times that m covers the sphere, counted with its sign. Raises ValueError for a chain."""
    triangles = _triangles(simulation)
    return float(triangles.charge.sum() / len(triangles.charge))


def dissipation_tensor(simulation):
    """𝒟_ij = ∫ ∂_i m·∂_j m dx dy of Thiele's equation, (2, 2) without dimension, the mean over the layers; by
    differences of fourth order, so that it is the texture's and not that of the engine's differences. Beyond an edge,
    the mesh's or one to cells that are not inside, m is taken as at the edge: keep the texture away from them. Raises
    ValueError for a chain."""
    mesh, m = _film(simulation, "a dissipation tensor")
    inside = np.any(m != 0, axis=-1, keepdims=True)
    slopes = []
    for axis, size, periodic in ((2, mesh.dx, mesh.periodic[0]), (1, mesh.dy, mesh.periodic[1])):
        wide = [(0, 0)] * 4
        wide[axis] = (2, 2)
        padded = np.pad(m, wide, mode="wrap" if periodic else "edge")
        moved = {n: padded.take(2 + n + np.arange(m.shape[axis]), axis) for n in (-2, -1, 1, 2)}
        for way in (-1, 1):
            empty = [~np.any(moved[n] != 0, axis=-1, keepdims=True) for n in (way, 2*way)]
            moved[way] = np.where(empty[0], m, moved[way])
            moved[2*way] = np.where(empty[0] | empty[1], moved[way], moved[2*way])
        slopes.append(inside * central_difference(moved.get, size))
    return np.array([[np.sum(a * b) for b in slopes] for a in slopes]) * mesh.dx*mesh.dy / len(m)


class _Skyrmion(NamedTuple):
    """The triangles of a film with one skyrmion or one polarised vortex, its position (x, y), the triangles' middles
    from there on (the shorter way round a period), and the sign of m_z at the position."""

    triangles: _Triangles
    position: np.ndarray
    from_x: np.ndarray
    from_y: np.ndarray
    polarity: float


def _skyrmion(simulation, observer):
    triangles, mesh = _triangles(simulation), simulation.problem.mesh
    total = triangles.charge.sum()
    if abs(total) < 0.25 * len(triangles.charge):
        raise ValueError(f"{observer} needs a skyrmion or a vortex; the film's topological charge is "
                         f"{total / len(triangles.charge):.2g}")
    position, offsets = [], []
    for place, n, size, periodic in zip((triangles.x, triangles.y), mesh.cells, mesh.cell_size, mesh.periodic):
        if periodic:
            length = n*size
            middle = np.angle(np.sum(triangles.charge * np.exp(2j*np.pi*place/length)) / total) * length/(2*np.pi)
            offsets.append((place - middle + length/2) % length - length/2)
        else:
            middle = np.sum(triangles.charge * place) / total
            offsets.append(place - middle)
        position.append(middle)
    distance = np.where(triangles.filled, np.hypot(*offsets), np.inf)
    nearest = np.unravel_index(np.argmin(distance), distance.shape)
    polarity = np.sign(triangles.corners[(slice(None), *nearest, 2)].mean())
    return _Skyrmion(triangles, np.array(position), *offsets, polarity)


def skyrmion_position(simulation):
    """(x, y) in m of the charge's centre, Thiele's guiding centre: that of one skyrmion, or of a vortex's core. In a
    periodic direction the mean is one of angles. Raises ValueError where |Q| < 1/4: there is none."""
    return _skyrmion(simulation, "skyrmion_position").position


def skyrmion_radius(simulation):
    """Radius in m of the circle with the area in which m_z has the sign of the skyrmion's middle; the edge m_z = 0 is
    drawn straight across each triangle. Raises ValueError where |Q| < 1/4, or where m_z has one sign throughout."""
    skyrmion, mesh = _skyrmion(simulation, "skyrmion_radius"), simulation.problem.mesh
    filled = skyrmion.triangles.filled
    low, middle, high = np.sort(skyrmion.triangles.corners[..., 2] * skyrmion.polarity, axis=0)
    if low[filled].min() >= 0:
        raise ValueError("skyrmion_radius needs a skyrmion; m_z has the same sign throughout the film")
    with np.errstate(divide="ignore", invalid="ignore"):
        below, above = low**2 / ((middle - low)*(high - low)), high**2 / ((high - low)*(high - middle))
    share = np.where(middle > 0, 1 - below, above)
    share = np.where(low >= 0, 1.0, np.where(high <= 0, 0.0, share)) * filled
    return float(np.sqrt(share.sum() / len(share) * mesh.dx*mesh.dy/2 / np.pi))


def skyrmion_helicity(simulation):
    """Helicity h in rad, in (−π, π], of m's angle φ = vψ + h in the plane, ψ the angle about the skyrmion's position
    and v = ±1 its vorticity: 0 and π are of Néel's kind, ±π/2 of Bloch's. Triangles count with their charge.
    Raises ValueError where |Q| < 1/4."""
    triangles, _, from_x, from_y, polarity = _skyrmion(simulation, "skyrmion_helicity")
    vorticity = np.sign(triangles.charge.sum()) * polarity
    mean = triangles.corners.mean(0)
    turned = (mean[..., 0] + 1j*mean[..., 1]) * np.exp(-1j*vorticity*np.arctan2(from_y, from_x))
    return float(np.angle(np.sum(np.abs(triangles.charge) * turned)))


def vortex_position(simulation):
    """(x, y) in m of a vortex's core, the peak of |m_z| in the mean over the layers, by a parabola through the cell
    with the largest and its neighbours. Raises ValueError where the peak lies at an edge, of the mesh or to cells that
    are not inside, below 1/2, or is none: |m_z| does not fall around it."""
    mesh, m = _film(simulation, "a vortex")
    z = m[..., 2].mean(0)
    j, i = np.unravel_index(np.argmax(np.abs(z)), z.shape)
    inside = all(p or 0 < k < n - 1 for k, n, p in ((i, mesh.nx, mesh.periodic[0]), (j, mesh.ny, mesh.periodic[1])))
    inside = inside and all(np.any(m[:, b % mesh.ny, a % mesh.nx] != 0)
                            for a, b in ((i - 1, j), (i + 1, j), (i, j - 1), (i, j + 1)))
    if not (inside and abs(z[j, i]) >= 0.5):
        raise ValueError(f"vortex_position needs a core; the largest |m_z| is {abs(z[j, i]):.2g}, "
                         f"at the cell ({i}, {j}) of {mesh.nx} × {mesh.ny}")

    def shift(before, here, after):
        bend = before - 2*here + after
        if not abs(bend) > 1e-9:
            raise ValueError(f"vortex_position needs a core; m_z is {here:.2g} at the cell ({i}, {j}) and beside it, "
                             "the largest")
        return (before - after) / (2*bend)
    along_x = shift(z[j, i - 1], z[j, i], z[j, (i + 1) % mesh.nx])
    along_y = shift(z[j - 1, i], z[j, i], z[(j + 1) % mesh.ny, i])
    return np.array([mesh.x[i] + along_x*mesh.dx, mesh.y[j] + along_y*mesh.dy])
