"""The skyrmion as a particle: size, energy and velocity against the engine, which knows none of the formulas."""

import numpy as np
import pytest

from torquelib import llg
from torquelib.textures import Skyrmion

A, K, D, MS, ALPHA = 1.3e-11, 1.3e5, 1.3e-3, 8e5, 0.1
MODEL = llg.SkyrmionModel(A, K, D)


def film(cell=2e-9, D=D, length=128e-9, drive=()):
    n = round(length / cell)
    terms = [llg.Exchange(A), llg.UniaxialAnisotropy(K, "z"), llg.InterfacialDMI(D)]
    return llg.Problem(llg.Mesh((n, n), (cell, cell, 1e-9), periodic=True), llg.Material(MS, ALPHA), terms, drive)


def state(problem, radius=12e-9, width=8e-9, helicity=0.0):
    texture = Skyrmion(radius * 1e9, width * 1e9, helicity)
    return llg.Simulation(problem, lambda x, y: texture.m(x * 1e9, y * 1e9), threads=1)


@pytest.fixture(scope="module")
def relaxed():
    """Films with cells of 4 and 2 nm and the skyrmion at rest in them."""
    return {cell: state(film(cell), *MODEL.rest()).relax(torque=1e-6) for cell in (4e-9, 2e-9)}


@pytest.mark.parametrize("D, helicity", [(D, 0.0), (-D, np.pi)])
@pytest.mark.parametrize("radius, width", [(12e-9, 8e-9), (20e-9, 5e-9), (5e-9, 9e-9)])
def test_energy_and_dissipation_of_the_profile_against_a_film_of_cells(D, helicity, radius, width):
    """Sums over cells of 1 nm, which know no radial integral; second order in the cell over the width."""
    simulation = state(film(1e-9, D, 160e-9), radius, width, helicity)
    model = llg.SkyrmionModel(A, K, D)
    assert model.energy(radius, width) == pytest.approx(simulation.energies()["total"] / 1e-9, rel=6e-3, abs=0)
    tensor = llg.dissipation_tensor(simulation)
    assert np.allclose(tensor, model.dissipation(radius, width) * np.eye(2), rtol=1e-3, atol=1e-10)


@pytest.mark.parametrize("radius", [1e-14, 1e-12, 1e-10])
def test_a_small_skyrmion_is_that_of_exchange_alone(radius):
    """Belavin and Polyakov's, θ = 2 arctan(R/ρ), whatever R: ∫|∇m|² = 8π, the DMI's integral 8πR; ∫sin²θ grows with the
    logarithm of Δ/R, where the exponential tail begins."""
    width = 8e-9
    exchange, easy, dmi = MODEL._integrals(radius, width)
    assert MODEL.dissipation(radius, width) == pytest.approx(4*np.pi, rel=1e-4)
    assert exchange == pytest.approx(8*np.pi, rel=1e-4, abs=0) and dmi == pytest.approx(8*np.pi*radius, rel=1e-3, abs=0)
    assert easy / (8*np.pi*radius**2) == pytest.approx(np.log(width / (2*radius)) + 0.5, abs=2e-3)


@pytest.mark.parametrize("ratio", [20, 40, 200])
def test_a_large_skyrmion_is_a_ring_of_wall(ratio):
    """2πR of a straight wall, whose energy is 4√(AK) at its best width and −π|D| of the DMI; corrections ∝ (Δ/R)²."""
    width = 6e-9
    exchange, easy, dmi = MODEL._integrals(ratio * width, width)
    assert exchange / (2*np.pi*ratio) == pytest.approx(2, rel=2 / ratio**2)
    assert easy / (2*np.pi*ratio*width**2) == pytest.approx(2, rel=2 / ratio**2)
    assert dmi / (2*np.pi*ratio*width) == pytest.approx(np.pi, rel=2 / ratio**2)


def test_dissipation_tensor_of_waves():
    """m turns by p_x x + p_y y in a plane: 𝒟_ij = p_i p_j times the area, to fourth order in p dx; a stack of layers
    has the mean."""
    for layers in (1, 2):
        mesh = llg.Mesh((40, 30), (2e-9, 3e-9, 1e-9), periodic=True, layers=layers)
        p = 2*np.pi * np.array([1 / 80e-9, 2 / 90e-9])

        def wave(x, y, p=p):
            angle = p[0]*x + p[1]*y
            return np.stack([np.sin(angle), 0*x, np.cos(angle)], -1)
        simulation = llg.Simulation(llg.Problem(mesh, llg.Material(MS, ALPHA), [llg.Exchange(A)]), wave)
        assert np.allclose(llg.dissipation_tensor(simulation), np.outer(p, p) * 80e-9 * 90e-9, rtol=4e-3)


def test_rest_is_a_minimum_and_thin_walls_are_its_limit():
    radius, width = MODEL.rest()
    least = MODEL.energy(radius, width)
    for factor in (0.99, 1.01):
        assert MODEL.energy(radius * factor, width) > least
        assert MODEL.energy(radius, width * factor) > least
    strong = llg.SkyrmionModel(A, K, -0.995 * MODEL.largest_D)             # a large bubble
    assert np.allclose(strong.rest(), strong.thin_wall(), rtol=0.02)
    radius, width = strong.thin_wall()
    assert strong.energy(radius, width) == pytest.approx(8*np.pi * A * width / radius, rel=0.05, abs=0)
    assert strong.dissipation(radius, width) == pytest.approx(2*np.pi * (radius/width + width/radius), rel=0.01)


def test_relaxed_skyrmion_against_the_profile(relaxed):
    """The cells' error is of second order and taken off by extrapolation; what is left, 3e-4, is of fourth."""
    energy, radius = ([quantity(relaxed[cell]) for cell in (4e-9, 2e-9)] for quantity in (
        lambda s: s.energies()["total"] / 1e-9, llg.skyrmion_radius))
    extrapolated = [fine + (fine - coarse) / 3 for coarse, fine in (energy, radius)]
    bound = MODEL.energy(*MODEL.rest())
    assert extrapolated[0] == pytest.approx(bound, rel=3e-4, abs=0)
    assert extrapolated[1] == pytest.approx(MODEL.rest()[0], rel=3e-3)


def velocity(simulation, u, beta):
    """Slope of the position between 0.1 and 0.2 ns; the skyrmion has settled by then."""
    problem = simulation.problem.with_drive(llg.SpinCurrent.from_drift_velocity(u, MS, beta))
    run = llg.Simulation(problem, simulation.m, threads=1)
    record = run.run(0.2e-9, times=[0.1e-9, 0.2e-9], observe={"r": llg.skyrmion_position}, progress=False)
    return (record.r[1] - record.r[0]) / 0.1e-9


@pytest.mark.parametrize("beta", [0.0, 0.05, 0.3])
@pytest.mark.parametrize("direction", [(1, 0), (0.6, -0.8)])
def test_velocity_against_thiele(relaxed, beta, direction):
    """Within 1 % on cells of 2 nm; four times as far off on cells of 4 nm. The share is that by which the current's
    difference quotient misses ∂m, the same for all β: divided by it, five times closer."""
    u = 20 * np.array(direction)
    errors = {}
    for cell, simulation in relaxed.items():
        dissipation = llg.dissipation_tensor(simulation)
        expected = llg.thiele_velocity(u, charge=-1, dissipation=dissipation, alpha=ALPHA, beta=beta)
        found = velocity(simulation, u, beta)
        errors[cell] = np.linalg.norm(found - expected) / np.linalg.norm(expected)
        smeared = np.dot(velocity(simulation, u, ALPHA), u) / 400
        assert np.linalg.norm(found / smeared - expected) / np.linalg.norm(expected) < errors[cell] / 5
    assert errors[2e-9] < 0.01
    assert errors[4e-9] / errors[2e-9] == pytest.approx(4, rel=0.15)


def test_no_hall_motion_at_equal_alpha_and_beta(relaxed):
    """Galilei's: at α = β a moving texture is a solution. Left is the cells' error."""
    v = velocity(relaxed[2e-9], 20.0, ALPHA)
    assert v[0] == pytest.approx(20.0, rel=0.01)
    assert abs(v[1]) < 1e-3 * v[0]


@pytest.mark.parametrize("charge", [-1, 1, 0, -2])
def test_thiele_velocity_solves_its_equation(charge):
    """The equation, its two terms written out by components; and closed forms for an isotropic 𝒟."""
    alpha, beta, u = 0.2, 0.07, np.array([3.0, -1.0])
    tensor = np.array([[15.0, 2.0], [2.0, 18.0]])
    v = llg.thiele_velocity(u, charge=charge, dissipation=tensor, alpha=alpha, beta=beta)
    slip = u - v
    gyration = 4*np.pi*charge * np.array([-slip[1], slip[0]])
    assert np.allclose(gyration, tensor @ (alpha*v - beta*u), rtol=0, atol=1e-12)
    along, across = llg.thiele_velocity(1.0, charge=charge, dissipation=15.0, alpha=alpha, beta=beta)
    G = 4*np.pi*charge
    assert along == pytest.approx((G*G + alpha*beta*225) / (G*G + alpha**2*225))
    assert across == pytest.approx((alpha - beta) * 15*G / (G*G + alpha**2*225))


def test_bad_input():
    for change, message in (({"A": 0.0}, "A must lie in"), ({"K": -1.0}, "K must lie in"),
                            ({"D": 0.0}, "D must be between"), ({"D": -2e-3}, "D must be between")):
        with pytest.raises(ValueError, match=message):
            llg.SkyrmionModel(**{**dict(A=A, K=K, D=D), **change})
    with pytest.raises(ValueError, match="radius must lie in"):
        MODEL.energy(0.0, 1e-9)
    with pytest.raises(ValueError, match="width must lie in"):
        MODEL.dissipation(1e-9, -1e-9)
    arguments = dict(u=1.0, charge=-1, dissipation=15.0, alpha=0.1, beta=0.0)
    for change, message in (({"u": [1.0, 2.0, 3.0]}, "u must be a number"), ({"alpha": 0.0}, "alpha must lie in"),
                            ({"dissipation": [1.0, 2.0]}, "dissipation must be a number"),
                            ({"charge": 0, "dissipation": 0.0}, "dissipation must be above zero along every"),
                            ({"charge": 0, "dissipation": [[2.0, 0.0], [0.0, 0.0]]}, "dissipation must be above zero"),
                            ({"charge": np.nan}, "charge must be finite")):
        with pytest.raises(ValueError, match=message):
            llg.thiele_velocity(**{**arguments, **change})
    chain = llg.Problem(llg.Mesh(20, 1e-9), llg.Material(MS, ALPHA), [llg.Exchange(A)])
    with pytest.raises(ValueError, match="dissipation tensor needs a film"):
        llg.dissipation_tensor(llg.Simulation(chain, (0, 0, 1)))


def test_no_number_of_the_model_is_taken_for_nanometres(recwarn):
    llg.SkyrmionModel(1.3e-11, 1.3e5, 1.3e-3).rest()
    assert not recwarn.list


def test_a_bloch_skyrmion_is_the_neel_skyrmion_with_its_spins_turned(relaxed):
    """By 90° about z: under bulk DMI of the same D it is at rest, with the same energy, and moves alike."""
    still = relaxed[4e-9]
    turned = still.m @ np.array([[0, 1, 0], [-1, 0, 0], [0, 0, 1.0]])
    terms = [llg.Exchange(A), llg.UniaxialAnisotropy(K, "z"), llg.BulkDMI(D)]
    bloch = llg.Simulation(llg.Problem(still.problem.mesh, still.problem.material, terms), turned, threads=1)
    assert llg.skyrmion_helicity(bloch) == pytest.approx(np.pi/2, abs=1e-4)
    assert bloch.energies()["total"] == pytest.approx(still.energies()["total"], rel=1e-10, abs=0)
    assert np.allclose(velocity(bloch, 20.0, 0.3), velocity(still, 20.0, 0.3), rtol=1e-6)
