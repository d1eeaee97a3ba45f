"""No axis and no unit is special: a film that is turned by a quarter, mirrored, or measured in other units moves alike.
"""

import numpy as np
import pytest

from torquelib import llg

RIGHT = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])         # x → y → −x
MIRROR = np.diag([1.0, -1.0, -1.0])                                            # of axial vectors, for x → −x


class Plain:
    """How a film looks: numbers a cell (…, ny, nx), axial vectors with an axis of 3 more, pairs in the plane."""

    swapped, chirality = False, 1.0

    def cells(self, a):
        return a

    def axial(self, v):
        return np.asarray(v)

    def pair(self, v):
        return tuple(v)


class Turned(Plain):
    swapped = True

    def cells(self, a):
        return np.flip(np.swapaxes(a, -1, -2), -1)

    def axial(self, v):
        return np.asarray(v) @ RIGHT.T

    def pair(self, v):
        return -v[1], v[0]


class Mirrored(Plain):
    chirality = -1.0

    def cells(self, a):
        return np.flip(a, -1)

    def axial(self, v):
        return np.asarray(v) @ MIRROR.T

    def pair(self, v):
        return -v[0], v[1]


def field_of(view, v):
    """Axial vectors a cell, (…, ny, nx, 3)."""
    return np.moveaxis(view.cells(np.moveaxis(view.axial(v), -1, 0)), 0, -1)


def film(view, L=1.0, M=1.0, *, layers=1, periodic=(False, False), demagnetised=False, alpha=0.1, drive=1.0):
    """A problem with every term and drive, all of which vary in space where they may, and a state of it. Lengths are L,
    magnetizations M times as large, hence rates M times."""
    random = np.random.default_rng(5)
    counts, size = (6, 5), (2e-9*L, 3e-9*L, 1.5e-9*L)
    vary = lambda value: view.cells(value * random.uniform(0.8, 1.2, counts[::-1]))
    inside = np.ones(counts[::-1], dtype=bool)
    inside[0, 0] = inside[2, 3] = False
    swap = (lambda a: (a[1], a[0], *a[2:])) if view.swapped else (lambda a: a)
    mesh = llg.Mesh(swap(counts), swap(size), swap(periodic), layers=layers, inside=view.cells(inside).copy())
    terms = [llg.Exchange(vary(1.3e-11 * M**2 * L**2)),
             llg.UniaxialAnisotropy(vary(8e4 * M**2), view.axial((1.0, 2.0, 0.5))),
             llg.Zeeman(field_of(view, random.normal(size=(*counts[::-1], 3)) * 0.05 * M)),
             llg.InterfacialDMI(vary(5e-4 * M**2 * L)), llg.BulkDMI(vary(4e-4 * M**2 * L * view.chirality))]
    terms += [llg.Demagnetization(repeats=1)] if demagnetised else []
    push = drive * L*M**2
    drives = [llg.SpinCurrent(view.pair((3e12 * push, -2e12 * push)), beta=vary(0.03), beta_int=vary(0.02)),
              llg.IntrinsicTorque(view.pair((1e6 * push, 2e6 * push)), n_s=5e28, J=0.7),
              llg.SpinTorque(drive * view.axial((0.6, -1.0, 1.6)), damping_like=vary(0.02 * M),
                             field_like=vary(0.01 * M))]
    problem = llg.Problem(mesh, llg.Material(vary(5e5 * M), vary(alpha)), terms, drives)
    x, y = np.meshgrid(np.arange(6.0), np.arange(5.0))
    angle = 0.5*x - 0.3*y + 0.2*np.sin(x + 2*y)
    m = np.stack([np.sin(angle), np.cos(angle) * np.sin(0.3*x), np.cos(angle) * np.cos(0.3*x)], -1)
    m = np.stack([m, np.roll(m, 1, -1)])[:layers] if layers > 1 else m
    return problem, field_of(view, m) * mesh.inside[..., None]


def dynamics(view, L=1.0, M=1.0, **options):
    """What a film does, without units: its rates, m after 20 ps, energies, bounds on the step."""
    problem, m = film(view, L, M, **options)
    run = llg.Simulation(problem, m, threads=1)
    run.run(20e-12 / M, tolerance=1e-7)
    energies = np.array(list(problem.energies(m).values())) / (M**2 * L**3)
    return (llg.torque(problem, m) / M, run.m, energies, problem.stability_limit() * M, problem.adaptive_limit() * M)


OPTIONS = pytest.mark.parametrize("options", [
    pytest.param({}, marks=pytest.mark.thorough, id="film"),                   # a variant of the kernel to compile
    pytest.param({"layers": 2, "periodic": (True, False), "demagnetised": True}, id="layers")])


@OPTIONS
@pytest.mark.parametrize("view", [Turned(), Mirrored()], ids=["turned", "mirrored"])
@pytest.mark.filterwarnings("ignore:cells of")
def test_no_axis_is_special(view, options):
    (rate, m, *numbers), (rate_seen, m_seen, *numbers_seen) = dynamics(Plain(), **options), dynamics(view, **options)
    for found, expected in zip(numbers_seen, numbers, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12)
    np.testing.assert_allclose(rate_seen, field_of(view, rate), rtol=0, atol=1e-11 * np.abs(rate).max())
    np.testing.assert_allclose(m_seen, field_of(view, m), rtol=0, atol=1e-7)


@OPTIONS
@pytest.mark.filterwarnings("ignore:cells of")
def test_no_unit_is_special(options):
    for found, expected in zip(dynamics(Plain(), 5.0, 0.3, **options), dynamics(Plain(), **options), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9 * np.max(np.abs(expected)))


@OPTIONS
@pytest.mark.filterwarnings("ignore:cells of")
def test_all_terms_together_turn_the_spins_as_their_energy_says(options):
    """Both DMIs share the ghosts at edges: what they store is no sum."""
    problem, m = film(Plain(), alpha=0.0, drive=0.0, **options)
    mesh, step = problem.mesh, 1e-5
    B = np.zeros_like(m)
    for place in zip(*np.nonzero(np.any(m, -1))):
        for axis in range(3):
            ends = [m.copy(), m.copy()]
            for end, sign in zip(ends, (1, -1)):
                end[*place, axis] += sign * step
            energies = [sum(term.energy(problem, end.reshape(-1, mesh.ny, mesh.nx, 3)) for term in problem.terms)
                        for end in ends]
            B[*place, axis] = (energies[1] - energies[0]) / (2 * step)
    B /= np.broadcast_to(problem.Ms, (mesh.ny, mesh.nx))[..., None] * mesh.cell_volume
    expected = -problem.material.gamma * np.cross(m, B)
    np.testing.assert_allclose(llg.torque(problem, m), expected, rtol=0, atol=1e-6 * np.abs(expected).max())


def texture_of(view, L=1.0, M=1.0):
    """A film with a skyrmion that is no circle, off the middle, and what the observers see of it, without units."""
    counts, size = (24, 20), (2e-9*L, 3e-9*L, 1.5e-9*L)
    swap = (lambda a: (a[1], a[0], *a[2:])) if view.swapped else (lambda a: a)
    mesh = llg.Mesh(swap(counts), swap(size), swap((True, False)))
    x, y = np.meshgrid(*((np.arange(n) - (n - 1) / 2) * s for n, s in zip(counts, size)))
    x, y = (x + 5e-9*L) / (9e-9*L), (y - 4e-9*L) / (11e-9*L)
    theta, phi = 2*np.arctan2(1.0, (x**2 + y**2)**0.8), np.arctan2(y, x) + 0.4
    m = np.stack([np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)], -1)
    problem = llg.Problem(mesh, llg.Material(5e5*M, 0.1), [llg.Exchange(1e-11 * M**2*L**2)])
    run = llg.Simulation(problem, field_of(view, m), threads=1)
    return (llg.skyrmion_position(run) / L, llg.vortex_position(run) / L, llg.dissipation_tensor(run),
            llg.topological_charge(run), llg.skyrmion_radius(run) / L)


@pytest.mark.parametrize("view, turn", [(Turned(), RIGHT[:2, :2]), (Mirrored(), np.diag([-1.0, 1.0]))],
                         ids=["turned", "mirrored"])
def test_a_texture_is_seen_where_it_is(view, turn):
    (place, core, tensor, charge, radius), seen = texture_of(Plain()), texture_of(view)
    np.testing.assert_allclose(seen[0], turn @ place, rtol=0, atol=0.02e-9)   # the triangles' diagonals turn, too
    np.testing.assert_allclose(seen[1], turn @ core, rtol=1e-9)
    np.testing.assert_allclose(seen[2], turn @ tensor @ turn.T, rtol=0, atol=1e-11 * tensor.max())
    assert seen[3] == pytest.approx(charge * np.linalg.det(turn), rel=1e-9)
    assert seen[4] == pytest.approx(radius, abs=0.02e-9)


def models(L=1.0, M=1.0):
    """The wall and the skyrmion as particles, a chain with a wall, without units. Rates are M, velocities LM times."""
    wall = llg.WallModel(1.3e-11 * M**2*L**2, 1.3e5 * M**2, 2e4 * M**2, 8e5*M, 0.05, 0.03)
    u, times = np.array([-40.0, 200.0]) * L*M, np.linspace(0, 2e-9, 5) / M
    place, tilt = wall.trajectory(times, u[1], position=3e-9*L, tilt=0.2)
    pulsed = wall.trajectory(times, lambda t: u[1] * np.sin(1e10*M*t), position=3e-9*L, tilt=0.2)
    skyrmion = llg.SkyrmionModel(1e-11 * M**2*L**2, 3e5 * M**2, 1.5e-3 * M**2*L)
    chain = llg.WallChain(1.3e-11 * M**2*L**2, 1.3e5 * M**2, 2e4 * M**2, 8e5*M, 0.05, 2e-9*L)
    run = chain.run(200.0 * L*M, 0.03, 0.2e-9 / M, beta_int=0.02, samples=5, observe={"width": llg.wall_width})
    at = chain.problem(300e-9*L)
    return [wall.width / L, wall.hard_rate / M, wall.walker_drift() / (L*M), wall.walker_drift(False) / (L*M),
            *(f(u) / (L*M) for f in (wall.initial_velocity, wall.steady_velocity, wall.mean_velocity)),
            *np.array(wall.velocities(0.3, u)) / np.array([[L*M], [M]]), place / L, tilt, pulsed[0] / L, pulsed[1],
            skyrmion.largest_D / (M**2*L), skyrmion.energy(9e-9*L, 4e-9*L) / (M**2*L**2),
            np.array(skyrmion.rest()) / L, np.array(skyrmion.thin_wall()) / L, skyrmion.dissipation(9e-9*L, 4e-9*L),
            run.position / L, run.tilt, run.width / L, at.wall_width / L,
            llg.wall(at, 7e-9*L, 0.3), llg.mean_velocity(run) / (L*M)]


@pytest.mark.filterwarnings("ignore:the wall is still on its way")
@pytest.mark.parametrize("L, M", [(5.0, 0.3), (0.4, 1.5)])
def test_no_unit_is_special_to_a_wall_or_a_skyrmion(L, M):
    for found, expected in zip(models(L, M), models(), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6 * np.max(np.abs(expected)))
    for found, expected in zip(texture_of(Plain(), L, M), texture_of(Plain()), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9 * np.max(np.abs(expected)))
