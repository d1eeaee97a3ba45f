"""Topological charge, position, radius and helicity against the texture that was put in."""

import inspect

import numpy as np
import pytest

from torquelib import llg
from torquelib.llg import observers, topology
from torquelib.textures import Skyrmion


def film(texture, n=100, size=1.0, at=(3.3, -5.7), periodic=False):
    """A skyrmion at a place that is no cell's; sizes in nm."""
    mesh = llg.Mesh((n, n), size * 1e-9, periodic)
    problem = llg.Problem(mesh, llg.Material(8e5, 0.1), [llg.Exchange(1.3e-11)])
    length = n*size

    def m(x, y):
        x, y = x*1e9 - at[0], y*1e9 - at[1]
        if periodic:
            x, y = (x + length/2) % length - length/2, (y + length/2) % length - length/2
        return texture.m(x, y)
    return llg.Simulation(problem, m)


@pytest.mark.parametrize("vorticity", [1, -1, 2])
def test_charge_is_minus_the_vorticity(vorticity):
    """An integer to the last digits on cells of 2 nm, since the edge is uniform; the integral over the analytic
    gradient agrees."""
    texture = Skyrmion(radius=12.0, wall_width=3.0, helicity=0.7, vorticity=vorticity)
    charge = topology.topological_charge(film(texture, n=60, size=2.0, at=(3.3, -5.7)))
    assert charge == pytest.approx(-vorticity, abs=1e-9)
    x, y = np.meshgrid(np.linspace(-60, 60, 400), np.linspace(-60, 60, 400))
    gradient = texture.gradient(x, y)
    density = np.sum(texture.m(x, y) * np.cross(gradient[..., 0, :], gradient[..., 1, :]), axis=-1)
    assert density.sum() * (120/399)**2 / (4*np.pi) == pytest.approx(-vorticity, abs=5e-3)


@pytest.mark.parametrize("periodic, at", [(False, (3.3, -5.7)), (True, (48.2, -47.1)), (True, (21.3, -30.7))])
@pytest.mark.parametrize("vorticity, helicity", [(1, 0.0), (1, np.pi/2), (1, -2.5), (-1, 0.4)])
def test_position_radius_and_helicity(vorticity, helicity, periodic, at):
    """In the middle, and across the edges of a periodic film."""
    simulation = film(Skyrmion(15.0, 4.0, helicity, vorticity), at=at, periodic=periodic)
    np.testing.assert_allclose(topology.skyrmion_position(simulation) * 1e9, at, rtol=0, atol=0.02)
    assert topology.skyrmion_radius(simulation) * 1e9 == pytest.approx(15.0, abs=0.03)
    assert topology.skyrmion_helicity(simulation) == pytest.approx(helicity, abs=0.01)


def test_on_cells_that_are_not_square():
    """What a square lattice's symmetry would give to a wrong angle, an oblong cell does not."""
    problem = llg.Problem(llg.Mesh((100, 64), (1e-9, 1.6e-9, 3e-9)), llg.Material(8e5, 0.1), [])
    for vorticity, helicity in ((1, 0.3), (-1, -2.0)):
        texture = Skyrmion(15.0, 4.0, helicity, vorticity)
        simulation = llg.Simulation(problem, lambda x, y, made=texture: made.m(x*1e9 - 3.3, y*1e9 + 5.7))
        np.testing.assert_allclose(topology.skyrmion_position(simulation) * 1e9, (3.3, -5.7), rtol=0, atol=0.02)
        assert topology.skyrmion_radius(simulation) * 1e9 == pytest.approx(15.0, abs=0.05)
        assert topology.skyrmion_helicity(simulation) == pytest.approx(helicity, abs=0.01)


def test_radius_converges_with_the_square_of_the_cell():
    errors = [abs(topology.skyrmion_radius(film(Skyrmion(15.0, 4.0), n=n, size=size)) * 1e9 - 15)
              for n, size in ((50, 2.0), (200, 0.5))]
    assert errors[1] < errors[0] / 8


def test_a_skyrmion_that_points_up():
    """m → −m turns the charge round and the helicity by π, and leaves place and radius."""
    simulation = film(Skyrmion(15.0, 4.0, 0.3))
    simulation.m = -simulation.m
    assert topology.topological_charge(simulation) == pytest.approx(1, abs=1e-6)
    np.testing.assert_allclose(topology.skyrmion_position(simulation) * 1e9, (3.3, -5.7), rtol=0, atol=0.02)
    assert topology.skyrmion_radius(simulation) * 1e9 == pytest.approx(15.0, abs=0.03)
    assert topology.skyrmion_helicity(simulation) == pytest.approx(0.3 - np.pi, abs=0.01)


def test_vortex():
    """A core of m_z = exp(−r²/2w²); half a charge on a film that ends in the plane."""
    mesh = llg.Mesh((80, 70), 1e-9)
    x0, y0, w = 4.3, -6.2, 6.0

    def m(x, y):
        x, y = x*1e9 - x0, y*1e9 - y0
        z = np.exp(-(x*x + y*y) / (2*w*w))
        rho = np.maximum(np.hypot(x, y), 1e-9)
        return np.stack([-y/rho * np.sqrt(1 - z*z), x/rho * np.sqrt(1 - z*z), z], -1)
    simulation = llg.Simulation(llg.Problem(mesh, llg.Material(8e5, 0.1), [llg.Exchange(1.3e-11)]), m)
    np.testing.assert_allclose(topology.vortex_position(simulation) * 1e9, (x0, y0), rtol=0, atol=0.01)
    np.testing.assert_allclose(topology.skyrmion_position(simulation) * 1e9, (x0, y0), rtol=0, atol=0.05)
    assert abs(topology.topological_charge(simulation)) == pytest.approx(0.5, abs=1e-3)
    with pytest.raises(ValueError, match="skyrmion_radius needs a skyrmion; m_z has the same sign throughout"):
        topology.skyrmion_radius(simulation)


@pytest.mark.parametrize("axis", [0, 1])
def test_a_core_is_found_up_to_the_cell_before_the_edge(axis):
    """There the parabola has its three cells; at the edge it has not."""
    mesh = llg.Mesh((12, 9), 1e-9)
    places = (mesh.x, mesh.y)[axis]

    def position(at):
        middle = np.array([mesh.x[5], mesh.y[4]])
        middle[axis] = places[at]

        def m(x, y):
            z = np.exp(-((x - middle[0])**2 + (y - middle[1])**2) / (2*(2e-9)**2))
            return np.stack([np.sqrt(1 - z*z), 0*z, z], -1)
        run = llg.Simulation(llg.Problem(mesh, llg.Material(8e5, 0.1), [llg.Exchange(1.3e-11)]), m)
        return topology.vortex_position(run) - middle
    for at in (1, -2):
        np.testing.assert_allclose(position(at), 0, rtol=0, atol=1e-12)
    for at in (0, -1):
        with pytest.raises(ValueError, match="vortex_position needs a core; the largest"):
            position(at)


def test_films_without_one_are_named():
    flat = llg.Problem(llg.Mesh((20, 20), 1e-9), llg.Material(8e5, 0.1), [llg.Exchange(1.3e-11)])
    uniform = llg.Simulation(flat, (0, 0, 1))
    for observer in (topology.skyrmion_position, topology.skyrmion_radius, topology.skyrmion_helicity):
        with pytest.raises(ValueError, match=f"{observer.__name__} needs a skyrmion.*charge is 0"):
            observer(uniform)
    with pytest.raises(ValueError, match="vortex_position needs a core"):
        topology.vortex_position(uniform)
    closed = llg.Problem(llg.Mesh((20, 20), 1e-9, periodic=True), llg.Material(8e5, 0.1), [llg.Exchange(1.3e-11)])
    stripe = lambda x, y: np.stack([np.sin(x / 5e-9), 0*x, np.cos(x / 5e-9)], -1)
    for m in ((0, 0, 1), stripe):
        with pytest.raises(ValueError, match="vortex_position needs a core; m_z is .* and beside it"):
            topology.vortex_position(llg.Simulation(closed, m))
    for cells in (20, (1, 20)):
        chain = llg.Problem(llg.Mesh(cells, 1e-9), llg.Material(8e5, 0.1), [llg.Exchange(1.3e-11)])
        with pytest.raises(ValueError, match="needs a film"):
            topology.topological_charge(llg.Simulation(chain, (0, 0, 1)))


def test_the_smallest_film_has_two_triangles():
    """Spins along x, y and z, and one more x: an eighth of the sphere and nothing."""
    problem = llg.Problem(llg.Mesh((2, 2), 1e-9), llg.Material(8e5, 0.1), [])
    corners = llg.Simulation(problem, np.array([[[1.0, 0, 0], [0, 1, 0]], [[1, 0, 0], [0, 0, 1]]]))
    assert topology.topological_charge(corners) == pytest.approx(1/8, rel=1e-12)


OBSERVERS = [function for function in map(vars(llg).get, llg.__all__)
             if inspect.getmodule(function) in (topology, observers)]


@pytest.mark.parametrize("observer", OBSERVERS, ids=lambda f: f.__name__)
def test_a_film_in_a_larger_mesh_is_the_film(observer):
    """Each observer gives for cells that `inside` picks what it gives for a mesh of just these."""
    sizes = (48, 40)
    own = llg.Mesh(sizes, 1e-9)
    larger = llg.Mesh((64, 60), 1e-9, inside=lambda x, y: (abs(x - 3e-9) < 24e-9) & (abs(y + 4e-9) < 20e-9))
    assert larger.filled == own.filled
    terms = [llg.Exchange(1.3e-11), llg.UniaxialAnisotropy(1.3e5)]
    one, other = (llg.Problem(mesh, llg.Material(8e5, 0.1), terms) for mesh in (own, larger))

    def value(problem, x0, y0):
        if "wall" in observer.__name__:
            m = llg.wall(problem, x0 + 5e-9, tilt=0.4, width=4e-9)
        elif observer is topology.vortex_position:
            def m(x, y):
                a, b = x - x0 - 1.2e-9, y - y0 + 0.4e-9
                return np.stack([-b, a, np.full_like(a, 3e-9)], -1) / np.sqrt(a**2 + b**2 + 9e-18)[..., None]
        else:
            texture = Skyrmion(radius=8.0, wall_width=2.0, helicity=0.7)
            m = lambda x, y: texture.m((x - x0)*1e9 - 1, (y - y0)*1e9)
        return observer(llg.Simulation(problem, m))
    found, expected = value(other, 3e-9, -4e-9), value(one, 0.0, 0.0)
    if observer is llg.snapshot:
        found = found[larger.inside].reshape(expected.shape)
    elif observer.__name__.endswith(("_position", "_positions")):
        found = found - ([3e-9, -4e-9] if np.shape(found) == (2,) else 3e-9)
    if isinstance(found, dict):
        found, expected = list(found.values()), list(expected.values())
    assert np.any(expected)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9 * np.abs(expected).max())


def test_a_hole_is_no_part_of_a_skyrmion():
    mesh = llg.Mesh((100, 100), 1e-9, inside=lambda x, y: np.hypot(x - 40e-9, y) > 6e-9)
    holed = llg.Simulation(llg.Problem(mesh, llg.Material(8e5, 0.1), []),
                           lambda x, y: Skyrmion(radius=12.0, wall_width=3.0).m(x*1e9, y*1e9))
    whole = film(Skyrmion(radius=12.0, wall_width=3.0), at=(0.0, 0.0))
    for observer in (topology.skyrmion_radius, topology.dissipation_tensor):
        np.testing.assert_allclose(observer(holed), observer(whole), rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("periodic, core", [(False, (8, 5)), (True, (0, 0)), (True, (17, 11))])
@pytest.mark.parametrize("empty", [(1, 0), (-1, 0), (0, 1), (0, -1)])
def test_a_core_at_a_hole_is_refused(empty, core, periodic):
    """One cell beside it is missing, on either side, also across the seam of a periodic film."""
    nx, ny, size = 18, 12, 1e-9
    i, j = (core[0] + empty[0]) % nx, (core[1] + empty[1]) % ny
    full = llg.Mesh((nx, ny), size, periodic)
    missing = llg.Mesh((nx, ny), size, periodic,
                       inside=lambda x, y: (abs(x - full.x[i]) > size/2) | (abs(y - full.y[j]) > size/2))

    def m(x, y):
        x, y = ((x - full.x[core[0]] + nx*size/2) % (nx*size) - nx*size/2,
                (y - full.y[core[1]] + ny*size/2) % (ny*size) - ny*size/2)
        z = np.exp(-(x*x + y*y) / (2*(2*size)**2))
        return np.stack([np.sqrt(1 - z*z), 0*z, z], -1)
    whole, holed = (llg.Simulation(llg.Problem(mesh, llg.Material(8e5, 0.1), [llg.Exchange(1.3e-11)]), m)
                    for mesh in (full, missing))
    np.testing.assert_allclose(topology.vortex_position(whole), (full.x[core[0]], full.y[core[1]]), rtol=0, atol=1e-20)
    with pytest.raises(ValueError, match="vortex_position needs a core; the largest"):
        topology.vortex_position(holed)


def stacked(layers):
    """One film of several layers from films of one."""
    mesh, old = layers[0].problem.mesh, layers[0].problem
    mesh = llg.Mesh(mesh.cells[:2], mesh.cell_size, mesh.periodic, layers=len(layers))
    return llg.Simulation(llg.Problem(mesh, old.material, old.terms), np.stack([one.m for one in layers]))


def test_layers_that_differ_count_alike():
    """Three layers with a skyrmion each, of three charges: each number is the mean of what the layers have alone."""
    layers = [film(kind, n=48, at=(0.3, -0.2)) for kind in (
        Skyrmion(8.0, 2.0), Skyrmion(5.0, 2.0, vorticity=-1), Skyrmion(6.0, 2.5, vorticity=2))]
    area = lambda simulation: (topology.skyrmion_radius(simulation) / 1e-9)**2
    for observer in (topology.topological_charge, topology.dissipation_tensor, area):
        np.testing.assert_allclose(observer(stacked(layers)), np.mean([observer(one) for one in layers], axis=0),
                                   rtol=1e-12, atol=1e-12)


def test_layers_turned_against_each_other_have_the_helicity_between():
    layers = [film(Skyrmion(8.0, 2.0, helicity), n=48, at=(0.3, -0.2)) for helicity in (0.4, 1.0)]
    assert topology.skyrmion_helicity(stacked(layers)) == pytest.approx(0.7, abs=0.01)


def test_a_skyrmion_in_few_of_the_layers_is_none():
    """|Q| < 1/4 is that of the mean over the layers."""
    one, none = film(Skyrmion(8.0, 2.0), n=48, at=(0.3, -0.2)), film(Skyrmion(8.0, 2.0), n=48, at=(500.0, 0.0))
    assert np.all(np.abs(topology.skyrmion_position(stacked([one, none, none])) * 1e9 - (0.3, -0.2)) < 0.1)
    with pytest.raises(ValueError, match="needs a skyrmion or a vortex; the film's topological charge is -0.2"):
        topology.skyrmion_position(stacked([one, none, none, none, none]))


@pytest.mark.parametrize("gap", [1, 2])
@pytest.mark.parametrize("axis", [0, 1])
def test_a_film_with_a_gap_is_two_films(axis, gap):
    """The charges and the dissipation tensors of both add up, however narrow the gap."""
    counts, rng = np.roll((17, 9), axis), np.random.default_rng(3)
    inside = np.ones((counts[1], counts[0]), dtype=bool)
    np.moveaxis(inside, 1 - axis, 0)[6:6 + gap] = False
    m = rng.normal(size=(counts[1], counts[0], 3))
    m /= np.linalg.norm(m, axis=-1, keepdims=True)

    def made(inside, m):
        mesh = llg.Mesh(m.shape[1::-1], (1e-9, 2e-9, 1e-9), inside=inside)
        return llg.Simulation(llg.Problem(mesh, llg.Material(8e5, 0.1), []), m)
    parts = [np.moveaxis(np.moveaxis(m, 1 - axis, 0)[cut], 0, 1 - axis) for cut in (slice(6), slice(6 + gap, None))]
    for observer in (topology.topological_charge, topology.dissipation_tensor):
        np.testing.assert_allclose(observer(made(inside, m)), sum(observer(made(None, part)) for part in parts),
                                   rtol=1e-12, atol=1e-12)
