"""No unit and no axis is special: other lengths, other energies, other axes give the same physics.

In every case lengths are multiplied by L and energies by W; times by 1/W, since ħ stays what it is."""

from types import SimpleNamespace

import numpy as np
import pytest

from torquelib import motive_force
from torquelib.bands import CosineLinear, CustomBand, FreeElectron, Quartic, TightBinding
from torquelib.bruteforce import helix_eigenstates
from torquelib.disorder import fermi, vertex
from torquelib.disorder.bloch_spiral import intrinsic_response, spiral_gradient, spiral_hamiltonian
from torquelib.disorder.boltzmann import Collisions, SpiralBoltzmann
from torquelib.disorder.drag import emergent_drag
from torquelib.disorder.impurities import Magnetic, SpinIndependent
from torquelib.disorder.scba import LatticeDisorder
from torquelib.disorder.torus import DisorderedTorus
from torquelib.response import (
    FermiDirac,
    brillouin_zone,
    charge_current,
    kubo_spin,
    local_hamiltonian,
    occupations,
    spin_current,
    spin_shift,
)
from torquelib.spirals import extra_tilt, tilt_angle
from torquelib.spirals.evolution import SwitchedField, evolve
from torquelib.spirals.open_systems import angular_momentum_flow
from torquelib.textures import DriftingSpiral
from torquelib.units import hbar, m_e

J, E_F = 0.53, 1.1


def anisotropic(L, W):
    """Free electrons with two masses: a band without lattice."""
    inverse = np.diag([1.0, 1/3]) * (W*L**2 / m_e)
    return CustomBand(lambda k: hbar**2/2 * np.einsum("...i,ij,...j->...", k, inverse, k),
                      lambda k: hbar * np.einsum("ij,...j->...i", inverse, k),
                      lambda k: np.broadcast_to(inverse, k.shape[:-1] + (2, 2)).copy(), dimension=2)


def units(L, W):
    """Bands, impurities and numbers in units in which lengths are L and energies W times as large."""
    def impurities(d):
        return SpinIndependent(0.3 / L**d, 0.5 * W*L**d) + Magnetic(0.3 / L**d, 0.4 * W*L**d, anisotropy=0.6)

    return SimpleNamespace(
        L=L, W=W, J=J*W, E_F=E_F*W, impurities=impurities, mass=m_e / (W*L**2),
        free={d: FreeElectron(m_e / (W*L**2), dimension=d) for d in (1, 2, 3)},
        quartic=Quartic(m_e / (W*L**2), 0.02 * L**2, dimension=2), linear=CosineLinear(1.0*W, 0.5*L, dimension=2),
        lattice=TightBinding(0.4*W, 0.3*L, dimension=2), anisotropic=anisotropic(L, W))


def averages(u, band, cutoff=None):
    found = fermi.fermi_averages(band, J=u.J, E_F=u.E_F, cutoff=cutoff)
    d = band.dimension
    return [found.density * u.L**d, found.density_of_states * u.L**d * u.W, found.velocity_squared * u.L**(d - 2) / u.W]


def ratios(u, band, cutoff=None, d=2):
    return [f(band, u.impurities(d), J=u.J, E_F=u.E_F, cutoff=cutoff)
            for f in (vertex.paper_ratio, vertex.bare_bubble_ratio, vertex.full_ladder_ratio)]


def finite(u, band, cutoff=None, d=2, order="first"):
    at = dict(J=u.J, E_F=u.E_F, cutoff=cutoff)
    correction = vertex.vertex_correction(band, u.impurities(d), alpha_R=0.05 / u.L, order=order, **at) / (u.L*u.W)
    return [correction, vertex.finite_ratio(band, u.impurities(d), **at)]


def conserving(u):
    sample = LatticeDisorder(u.lattice, u.impurities(2), 1.5 / u.L, J=u.J, E_F=u.E_F, points=256)
    return ([np.array([(part.bubble, part.ladder, part.sea) for part in sample.response()]) * u.L*u.W]
            + [sample.self_energy / u.W, sample.density_of_states * u.W*u.L**2, sample.ward_mismatch() / u.W])


def kinetic(u):
    gas = SpiralBoltzmann(u.free[2], 0.01 / u.L, J=u.J, E_F=u.E_F, kT=0.05*u.W, shells=96, angles=8)
    collisions = Collisions(4.0 / u.W, 0.4, 0.1*u.W)
    times = np.linspace(0, 10, 41) / u.W
    run = gas.evolve(collisions, times, E=lambda t: 0.01 * u.W/u.L * np.sin(t*u.W))
    return [np.array(gas.steady(collisions)) * u.L*u.W, run * u.L**2, gas.intrinsic * u.L*u.W]


def torus(u):
    sample = DisorderedTorus(u.lattice, u.impurities(2), 1.5 / u.L, J=u.J, sites=4, seed=3)
    found = sample.response(E_F=u.E_F, kT=0.1*u.W, eta=[0.2*u.W])
    plain = DisorderedTorus(u.lattice, SpinIndependent(0.3 / u.L**2, 0.5*u.W*u.L**2), 1.5 / u.L, J=u.J, sites=4)
    current = motive_force.torus_current(plain, E_F=u.E_F, eta=[0.2*u.W], kT=0.1*u.W)
    return [found.x * u.L*u.W, found.y * u.L*u.W, found.y_static * u.L*u.W, current * u.L]


def kubo(u):
    grid, sea, p = brillouin_zone(u.lattice, 48), FermiDirac(u.E_F, 0.1*u.W), 1.5 / u.L
    chi = kubo_spin(lambda k: spiral_hamiltonian(u.lattice, k, p, J=u.J), lambda k: spiral_gradient(u.lattice, k, p),
                    grid, sea)
    f = occupations(u.lattice, grid, sea, J=u.J, shift=(0.3 / u.L, 0.0))
    return [chi * u.L*u.W, charge_current(u.lattice, grid, f) * u.L / u.W, spin_current(u.lattice, grid, f) * u.L / u.W,
            intrinsic_response(u.lattice, p, J=u.J, E_F=u.E_F, kT=0.1*u.W, points=64) * u.L*u.W]


def drag(u):
    at = dict(J=u.J, E_F=u.E_F, kT=0.1*u.W, eta=0.05*u.W, points=96)
    return [emergent_drag(u.lattice, 0.1 / u.L, tau=tau, axis=axis, **at) * u.W
            for axis in "xy" for tau in (6.0 / u.W, (4.0 / u.W, 9.0 / u.W))]


def wire(u):
    at = dict(k_F=5.0 / u.L, omega=0.02*u.W, J=u.J, mass=u.mass)
    p = 0.4 / u.L
    return [np.array([f(p, **at, **rest) / u.W for f, rest in (
        (motive_force.drift_current, {}), (motive_force.interband_current, {}), (motive_force.stationary_current, {}),
        (motive_force.stationary_current, {"occupation": "rotating"}))]),
        motive_force.evolved_current(p, np.array([10.0, 30.0]) / u.W, ramp=20.0 / u.W, **at) / u.W]


def one_electron(u):
    k, p, E = np.array([2.0]) / u.L, 0.3 / u.L, 0.02 * u.W/u.L
    run = evolve(u.free[1], DriftingSpiral(p), SwitchedField(E, 5.0 / u.W), k, np.linspace(0, 40, 81) / u.W, s=-1,
                 J=u.J)
    states = helix_eigenstates(u.free[1], k, p, J=u.J)
    return [run.spin, run.eigenspin, run.k * u.L, tilt_angle(u.free[1], k, p, J=u.J),
            extra_tilt(u.free[1], k, p, J=u.J, omega=0.1*u.W), spin_shift(u.free[1], k, J=u.J, E=E) / u.L,
            *(part / u.W for part in angular_momentum_flow(run, J=u.J)[:2]),
            states.energies / u.W, states.alignment]


CASES = {
    **{f"Fermi points, lines, surfaces, d = {d}": lambda u, d=d: averages(u, u.free[d]) for d in (1, 2, 3)},
    "Fermi lines of (18)": lambda u: averages(u, u.linear),
    "Fermi lines of a lattice": lambda u: averages(u, u.lattice),
    "Fermi lines in a square": lambda u: averages(u, u.anisotropic, cutoff=13.0 / u.L),
    **{f"ratios, d = {d}": lambda u, d=d: ratios(u, u.free[d], d=d) for d in (1, 2, 3)},
    "ratios of a quartic band": lambda u: ratios(u, u.quartic),
    "ratios of a lattice": lambda u: ratios(u, u.lattice),
    "ratios of two masses": lambda u: ratios(u, u.anisotropic, cutoff=13.0 / u.L),
    **{f"vertex, d = {d}": lambda u, d=d: finite(u, u.free[d], d=d) for d in (1, 2, 3)},
    "vertex of a lattice": lambda u: finite(u, u.lattice),
    "exact vertex": lambda u: finite(u, u.quartic, order="exact"),
    "exact vertex of a lattice": lambda u: finite(u, u.lattice, order="exact"),
    "conserving": conserving, "kinetic": kinetic, "torus": torus, "Kubo": kubo, "drag": drag, "wire": wire,
    "one electron": one_electron,
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("L, W", [(30.0, 0.02), (0.03, 40.0)], ids=["long and weak", "short and strong"])
def test_no_unit_of_length_or_energy_is_special(name, L, W):
    for found, expected in zip(CASES[name](units(L, W)), CASES[name](units(1.0, 1.0)), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7 * np.max(np.abs(expected)))


TURNED, UNTURNED = 0.7, np.eye(2)
ROTATION = np.array([[np.cos(TURNED), -np.sin(TURNED)], [np.sin(TURNED), np.cos(TURNED)]])
AT = dict(J=J, E_F=0.8)


def rectangular(R=UNTURNED):
    """A rectangular lattice with two hopping energies, turned by the matrix R."""
    hopping, a = np.array([0.4, 0.15]), np.array([0.3, 0.35])
    return CustomBand(lambda k: np.sum(2*hopping * (1 - np.cos(k @ R * a)), axis=-1),
                      lambda k: (2*hopping * a / hbar * np.sin(k @ R * a)) @ R.T,
                      lambda k: np.einsum("ai,...i,bi->...ab", R, 2*hopping * (a/hbar)**2 * np.cos(k @ R * a), R),
                      dimension=2, reciprocal_vectors=2*np.pi * np.diag(1 / a) @ R.T)


@pytest.mark.parametrize("function", [
    vertex.paper_ratio, vertex.bare_bubble_ratio, vertex.full_ladder_ratio, vertex.finite_ratio,
    lambda *args, **at: np.linalg.norm(vertex.clean_vertex(*args, alpha_R=0.05, **at)),
    lambda *args, **at: np.linalg.norm(vertex.vertex_correction(*args, alpha_R=0.05, **at)),
    lambda *args, **at: np.linalg.norm(vertex.vertex_correction(*args, alpha_R=0.05, order="exact", **at))],
    ids="paper bare full finite clean first exact".split())
def test_turned_together_band_and_field_change_nothing(function):
    """The field alone does; left out, it is along x."""
    impurities = units(1.0, 1.0).impurities(2)
    along_x = function(rectangular(), impurities, angle=0.0, **AT)
    np.testing.assert_array_equal(function(rectangular(), impurities, **AT), along_x)
    np.testing.assert_allclose(function(rectangular(ROTATION), impurities, angle=TURNED, **AT), along_x, rtol=1e-6)
    assert abs(function(rectangular(), impurities, angle=1.0, **AT) / along_x - 1) > 1e-2


def test_sums_over_the_zone_turn_with_the_band():
    plain, turned = (fermi.fermi_averages(rectangular(R), **AT) for R in (UNTURNED, ROTATION))
    np.testing.assert_allclose(turned.density, plain.density, rtol=1e-6)
    np.testing.assert_allclose(turned.velocity_squared, ROTATION @ plain.velocity_squared @ ROTATION.T, rtol=1e-6)

    A, sea = np.random.default_rng(1).normal(size=(4, 3)) * 0.1, FermiDirac(0.8, 0.1)
    B = A.copy()
    B[:2] = ROTATION @ A[:2]
    plain, turned = (kubo_spin(*local_hamiltonian(band, potential, J=J), brillouin_zone(band, 48), sea)
                     for band, potential in ((rectangular(), A), (rectangular(ROTATION), B)))
    np.testing.assert_allclose(turned, plain @ ROTATION.T, rtol=0, atol=1e-9 * np.abs(plain).max())
