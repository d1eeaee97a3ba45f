import warnings

import numpy as np
import pytest

from torquelib.algebra import SIGMA_X, SIGMA_Y
from torquelib.bands import Band, CosineLinear, CustomBand, FreeElectron, Quartic, TightBinding, check_band
from torquelib.disorder.bloch_spiral import _square_zone, intrinsic_response, spiral_gradient, spiral_hamiltonian
from torquelib.disorder.drag import emergent_drag
from torquelib.disorder.fermi import fermi_averages
from torquelib.disorder.impurities import SpinIndependent
from torquelib.disorder.scba import LatticeDisorder
from torquelib.disorder.torus import DisorderedTorus, TexturedTorus
from torquelib.gauge import gauge_potential
from torquelib.response import (
    CoarseGridWarning,
    FermiDirac,
    brillouin_zone,
    field_spin_density,
    kubo_spin,
    local_hamiltonian,
    occupations,
)
from torquelib.textures import DriftingSpiral
from torquelib.units import hbar

BAND, P, J = TightBinding(0.97, 0.3, dimension=2), 0.7, 0.6
K = np.random.default_rng(1).uniform(-9, 9, (50, 2))


def test_hamiltonian_by_diagonalising_sigma_y():
    # U turns σ_y into diag(1, −1): there H' − Jσ_z is ε at the two shifted wave vectors, exact in the lab frame
    y, U = np.linalg.eigh(SIGMA_Y)
    kinetic = U.conj().T @ (spiral_hamiltonian(BAND, K, P, J=J) - J*np.diag([1, -1])) @ U
    shifted = np.stack([BAND.energy(K - [s * P / 2, 0]) for s in y], axis=-1)
    assert np.allclose(kinetic, shifted[..., None] * np.eye(2), rtol=0, atol=1e-13)


def test_velocity_is_the_derivative_of_the_hamiltonian():
    h = np.array([1e-4, 0])
    slope = (spiral_hamiltonian(BAND, K + h, P, J=J) - spiral_hamiltonian(BAND, K - h, P, J=J)) / (2e-4 * hbar)
    assert np.allclose(hbar * slope, spiral_gradient(BAND, K, P)[:, 0], rtol=0, atol=1e-6)


def test_only_exchange_turns_sigma_y():
    H, v = spiral_hamiltonian(BAND, K, P, J=J), spiral_gradient(BAND, K, P)[:, 0]
    assert np.allclose(H @ SIGMA_Y - SIGMA_Y @ H, -2j * J * SIGMA_X, rtol=0, atol=1e-13)  # (i/ħ)[H', σ_y] = 2Jσ_x/ħ
    assert np.allclose(v @ SIGMA_Y, SIGMA_Y @ v, rtol=0, atol=1e-13)


def test_intrinsic_response_is_the_sum_over_states_of_12():
    E, kT, E_F, p = 2e-3, 0.05, 2.0, 0.02
    grid = brillouin_zone(BAND, 400)
    f = occupations(BAND, grid, FermiDirac(E_F, kT), J=J)
    spin = field_spin_density(BAND, DriftingSpiral(p), grid, f, 0.0, J=J, E=[E, 0.0])
    gradient = DriftingSpiral(p).gradient(0.0)[0] / p  # unit vector along ∂_x m
    assert np.isclose(spin @ gradient / E, intrinsic_response(BAND, p, J=J, E_F=E_F, kT=kT, points=400), rtol=1e-6)


def test_kubo_takes_the_gradient():
    E_F, kT, p = 2.0, 0.05, 0.02
    grid = brillouin_zone(BAND, 200)
    f = np.stack([1 / (np.exp((BAND.energy(grid.points) + s*J - E_F) / kT) + 1) for s in (-1, 1)], axis=-1)
    chi = kubo_spin(lambda k: spiral_hamiltonian(BAND, k, p, J=J), lambda k: spiral_gradient(BAND, k, p), grid, f)
    assert np.isclose(chi[0, 0], intrinsic_response(BAND, p, J=J, E_F=E_F, kT=kT, points=200), rtol=1e-3)


class Triangular(Band):
    """ε = 2t Σ (1 − cos k·d) over the three bonds d of length a."""

    dimension, t, a = 2, 0.5, 0.4
    bonds = a * np.array([[1.0, 0.0], [0.5, np.sqrt(0.75)], [-0.5, np.sqrt(0.75)]])
    reciprocal_vectors = 2*np.pi * np.linalg.inv(bonds[:2]).T

    def _energy(self, k):
        return 2*self.t * np.sum(1 - np.cos(k @ self.bonds.T), axis=-1)

    def _velocity(self, k):
        return 2*self.t / hbar * np.sin(k @ self.bonds.T) @ self.bonds

    def _inverse_mass(self, k):
        return 2*self.t / hbar**2 * np.einsum("...b,bi,bj->...ij", np.cos(k @ self.bonds.T), self.bonds, self.bonds)


def test_a_lattice_that_is_not_square_is_summed_over_its_own_zone():
    """Against a rectangle that holds two zones, 2π/a by 4π/√3a, counted twice."""
    band, J, E_F, kT, n = Triangular(), 0.4, 4.4, 0.05, 600
    check_band(band, K[:20])
    u = (np.arange(n) + 0.5) / n
    k = np.stack(np.meshgrid(4*np.pi/band.a * u, 4*np.pi/(np.sqrt(3)*band.a) * u, indexing="ij"), axis=-1)
    f = [1 / (np.exp((band.energy(k) + s*J - E_F) / kT) + 1) for s in (-1, 1)]
    sea = np.mean((f[1] - f[0]) * band.inverse_mass(k)[..., 0, 0]) / (np.sqrt(0.75) * band.a**2)
    expected = hbar**2 / (4*J**2) * sea
    found = intrinsic_response(band, 1.0, J=J, E_F=E_F, kT=kT)
    assert np.isclose(found, expected, rtol=1e-6)
    assert np.isclose(intrinsic_response(band, 0.05, J=J, E_F=E_F, kT=0.1), 0.01315, rtol=1e-3)
    E_F = 3.0                                         # (4.4 eV puts the minority on the saddle points of the band)
    averages = fermi_averages(band, J=J, E_F=E_F)     # the same sum is one over the lines: F_− − F_+, at kT = 0
    lines = hbar**2 / (4*J**2) * (averages.velocity_squared[1] - averages.velocity_squared[0])[0, 0]
    assert np.isclose(intrinsic_response(band, 1.0, J=J, E_F=E_F, kT=0.005, points=2048), lines, rtol=2e-3)
    assert np.isclose(averages.density.sum(), np.mean(np.sum([band.energy(k) + s*J < E_F for s in (-1, 1)], axis=0))
                      / (np.sqrt(0.75) * band.a**2), rtol=2e-3)


def test_every_sum_over_states_takes_the_zone_of_the_band():
    """Δσ = 1.35e-4 per nm² for E = 0.01 V/nm, by (12), by (10), by intrinsic_response; a square zone gives 9.2e-5."""
    band, J, p, E, sea = Triangular(), 0.4, 0.05, 0.01, FermiDirac(4.4, 0.06)
    grid = brillouin_zone(band, 200)
    assert np.isclose(grid.weights.sum(), 1 / (np.sqrt(0.75) * band.a**2))
    assert np.allclose(np.linalg.norm(grid.steps, axis=1), 4*np.pi / (np.sqrt(3) * band.a) / 200)
    assert np.allclose(grid.sum(band.velocity(grid.points)), 0, rtol=0, atol=1e-12)
    texture = DriftingSpiral(p)
    f = occupations(band, grid, sea, J=J)
    by_12 = field_spin_density(band, texture, grid, f, 0.0, J=J, E=E)[0]
    by_10 = kubo_spin(*local_hamiltonian(band, gauge_potential(texture, 0.0), J=J), grid, sea)[0, 0] * E
    assert by_12 == pytest.approx(1.35e-4, rel=3e-3) and by_10 == pytest.approx(by_12, rel=1e-3)
    assert E * intrinsic_response(band, p, J=J, E_F=4.4, kT=0.06) == pytest.approx(by_12, rel=1e-6)
    with pytest.warns(CoarseGridWarning):                                  # the steps of an oblique zone are vectors
        occupations(band, brillouin_zone(band, 20), sea, J=J)


def test_samples_on_a_square_refuse_another_lattice():
    for make in (lambda band, **more: DisorderedTorus(band, None, P, J=J, sites=4, **more),
                 lambda band, **more: LatticeDisorder(band, SpinIndependent(1.0, 1.0), P, J=J, E_F=2.0, **more)):
        with pytest.raises(ValueError, match="square lattice along x and y"):
            make(Triangular())
    unaware = CustomBand(Triangular().energy, Triangular().velocity, Triangular().inverse_mass, dimension=2)
    for call in (lambda: DisorderedTorus(unaware, None, P, J=J, sites=4, lattice_constant=0.4),
                 lambda: intrinsic_response(unaware, P, J=J, E_F=2.0, kT=0.1, lattice_constant=0.4)):
        with pytest.raises(ValueError, match="band must have the period"):
            call()


@pytest.mark.parametrize("of, more", [(intrinsic_response, {}), (emergent_drag, {"tau": 5.0})])
def test_points_too_few_for_the_temperature_are_told(of, more):
    """Where no warning comes, twice the points give the same number."""
    run = lambda kT, **points: of(TightBinding(0.5, 0.3, dimension=2), 0.1, J=0.3, E_F=0.8, kT=kT, **more, **points)
    with pytest.warns(CoarseGridWarning, match="too coarse for kT = 0.0001 eV") as told:
        run(1e-4)
    assert told[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        few, many = run(0.01, points=256), run(0.01, points=512)
    assert few == pytest.approx(many, rel=1e-2)


DISC = CustomBand(BAND.energy, BAND.velocity, BAND.inverse_mass, dimension=2, domain="|k| < 5/nm",
                  contains=lambda k: np.hypot(*np.moveaxis(k, -1, 0)) < 5, reciprocal_vectors=BAND.reciprocal_vectors)
BUMP = CustomBand(BAND.energy, BAND.velocity, BAND.inverse_mass, dimension=2, domain="away from (4, 3)/nm",
                  contains=lambda k: np.hypot(k[..., 0] - 4, k[..., 1] - 3) > 0.5,
                  reciprocal_vectors=BAND.reciprocal_vectors)
ENDS = CustomBand(BAND.energy, BAND.velocity, BAND.inverse_mass, dimension=2, domain="|k_x| < 10.5/nm",
                  contains=lambda k: np.abs(k[..., 0]) < 10.5, reciprocal_vectors=BAND.reciprocal_vectors)


@pytest.mark.parametrize("call", [
    lambda: intrinsic_response(Quartic(quartic=-0.02, dimension=2), 0.05, J=0.2, E_F=0.25, kT=0.02,
                               lattice_constant=0.3),
    lambda: intrinsic_response(DISC, 0.05, J=0.2, E_F=0.5, kT=0.05),
    lambda: emergent_drag(DISC, 0.05, J=0.2, E_F=0.5, kT=0.05, tau=5.0),
    lambda: LatticeDisorder(DISC, SpinIndependent(0.8, 1.0), 0.05, J=0.5, E_F=3.0, points=256),
    lambda: LatticeDisorder(ENDS, SpinIndependent(0.8, 1.0), 0.2, J=0.5, E_F=3.0, points=256),
    lambda: DisorderedTorus(DISC, None, 0.05, J=0.5, sites=4), lambda: DisorderedTorus(ENDS, None, 0.2, J=0.5, sites=4),
    lambda: TexturedTorus(DISC, None, DriftingSpiral(2*np.pi/1.2), J=0.5, sites=4),
    lambda: fermi_averages(BUMP, J=0.2, E_F=0.5)])
def test_no_sum_leaves_the_domain_of_a_band(call):
    """Beyond its top a quartic band falls without end: the corners of a large zone would be filled."""
    with pytest.raises(ValueError, match="must lie in the domain of (Quartic|CustomBand), "):
        call()


def test_what_has_no_lattice_constant_asks_for_a_lattice():
    for call in (lambda band: TexturedTorus(band, None, DriftingSpiral(1.0), J=0.5, sites=4),
                 lambda band: emergent_drag(band, 0.1, J=0.5, E_F=1.0, kT=0.1, tau=1.0)):
        with pytest.raises(ValueError, match="band must have a lattice, as TightBinding has; FreeElectron"):
            call(FreeElectron(dimension=2))


def test_filled_zone_has_no_intrinsic_response():
    assert abs(intrinsic_response(BAND, 0.02, J=J, E_F=40.0, kT=0.05, points=64)) < 1e-15


def test_bad_input():
    with pytest.raises(ValueError, match="two-dimensional; got dimension 3"):
        spiral_hamiltonian(FreeElectron(dimension=3), np.zeros((1, 3)), P, J=J)
    with pytest.raises(ValueError, match="J must lie in"):
        spiral_hamiltonian(BAND, K, P, J=-J)
    with pytest.raises(ValueError, match=r"k must have shape \(..., 2\)"):
        spiral_gradient(BAND, K[:, :1], P)
    with pytest.raises(ValueError, match="lattice_constant must be given for CosineLinear"):
        _square_zone(CosineLinear(1.0, 0.5, dimension=2), 8, None)
    with pytest.raises(ValueError, match="must be left out, or that of the band's own lattice; got 0.2 nm"):
        _square_zone(BAND, 8, 0.2)
    assert _square_zone(BAND, 8, 0.3)[1] == 0.3
    with pytest.raises(ValueError, match="kT must lie in"):
        intrinsic_response(BAND, P, J=J, E_F=1.0, kT=0.0)
