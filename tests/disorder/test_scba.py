import pickle
import re

import numpy as np
import pytest

from torquelib.algebra import SIGMA_0, SIGMA_X, SIGMA_Y, SIGMA_Z
from torquelib.bands import CosineLinear, CustomBand, FreeElectron, TightBinding
from torquelib.disorder.bloch_spiral import intrinsic_response, spiral_gradient, spiral_hamiltonian
from torquelib.disorder.impurities import Magnetic, SpinIndependent
from torquelib.disorder.scba import LatticeDisorder
from torquelib.disorder.vertex import finite_ratio, full_ladder_ratio
from torquelib.response import FermiDirac, brillouin_zone, drift, occupations
from torquelib.spins import local_spin
from torquelib.textures import DriftingSpiral
from torquelib.units import e, hbar

A, J, P = 0.3, 0.8, 0.03
TIGHT = 1.5
"""A pitch at which the spiral mixes the spins as strongly as it can: each element of G counts."""
BAND = TightBinding(0.97, A, dimension=2)
SCALAR = SpinIndependent(0.1 / A**2, 0.9 * A**2)
SPINS = Magnetic(0.1 / A**2, 1.3 * A**2, anisotropy=0.5)
MIXED = SCALAR + SPINS


def with_next_neighbours(t, t2, a):
    """ε = 2t Σ(1 − cos k_i a) + 4t₂(1 − cos k_x a cos k_y a): not a sum of a part in k_x and a part in k_y."""
    c, s = (lambda k: np.cos(k * a)), (lambda k: np.sin(k * a))
    return CustomBand(
        lambda k: 2*t*np.sum(1 - c(k), axis=-1) + 4*t2*(1 - np.prod(c(k), axis=-1)),
        lambda k: (2*t*s(k) + 4*t2*s(k)*c(k)[..., ::-1]) * a / hbar,
        lambda k: (2*t*c(k) + 4*t2*np.prod(c(k), axis=-1)[..., None])[..., None] * np.eye(2) * (a/hbar)**2
        - 4*t2*np.prod(s(k), axis=-1)[..., None, None] * (1 - np.eye(2)) * (a/hbar)**2, dimension=2)


class Direct:
    """The same approximation with whole matrices on the whole zone, no symmetry used, derivatives by differences."""

    def __init__(self, impurities, points, p):
        k = 2*np.pi * (np.arange(points) + 0.5) / (points * A)
        k = np.stack(np.meshgrid(k, k, indexing="ij"), axis=-1).reshape(-1, 2)
        self.H, self.v = spiral_hamiltonian(BAND, k, p, J=J), spiral_gradient(BAND, k, p)[:, 0] / hbar
        self.norm = points**2 * A**2
        self.w = impurities.correlations()

    def rung(self, X):
        w0, wt, wz = self.w
        return w0*X + wt*(SIGMA_X @ X @ SIGMA_X + SIGMA_Y @ X @ SIGMA_Y) + wz*(SIGMA_Z @ X @ SIGMA_Z)

    def green(self, z):
        sigma = -0.1j * np.sign(z.imag + 1e-30) * SIGMA_0
        for _ in range(60):
            G = np.linalg.inv(z*SIGMA_0 - self.H - sigma)
            sigma = self.rung(G.sum(axis=0) / self.norm)
        return G, sigma

    def dressed(self, G1, X, G2):
        """Σ_k G₁ Γ G₂ with Γ = X + ℒ[Σ G₁ Γ G₂], by summing the ladder rung after rung."""
        pair = np.einsum("kab,kcd->abcd", G1, G2) / self.norm
        total = term = (G1 @ X @ G2).sum(axis=0) / self.norm
        for _ in range(3000):
            term = np.einsum("abcd,bc->ad", pair, self.rung(term))
            total = total + term
        return total


def test_self_energy_and_fermi_surface_against_whole_matrices():
    strong = MIXED.diluted(4)
    lattice = LatticeDisorder(BAND, strong, TIGHT, J=J, E_F=2.6, points=144)
    direct = Direct(strong, 144, TIGHT)
    G, sigma = direct.green(2.6 + 0j)
    assert np.allclose(np.diag(sigma)[::-1], lattice.self_energy, rtol=1e-9)
    assert abs(sigma[0, 1]) < 1e-12
    GA = np.conj(np.swapaxes(G, 1, 2))
    for axis, found in zip((SIGMA_X, SIGMA_Y), lattice.response()):
        bubble = np.trace(axis @ ((G @ direct.v @ GA) - (G @ direct.v @ G)).sum(axis=0)).real / direct.norm
        whole = np.trace(axis @ direct.dressed(G, direct.v, GA)).real
        assert np.isclose(-e*hbar/(2*np.pi) * bubble, found.bubble, rtol=1e-8)
        assert np.isclose(-e*hbar/(2*np.pi) * whole, found.bubble + found.ladder, rtol=1e-8)


@pytest.mark.parametrize("z", [2.6 + 0.2j, 2.6 + 2j])
def test_sea_integrand_against_differences_of_whole_matrices(z):
    strong = MIXED.diluted(4)
    lattice = LatticeDisorder(BAND, strong, TIGHT, J=J, E_F=2.6, points=96)
    direct, h = Direct(strong, 96, TIGHT), 1e-4
    up, down = direct.green(z + h)[0], direct.green(z - h)[0]
    slope = (direct.dressed(up, direct.v, down) - direct.dressed(down, direct.v, up)) / (2*h)  # (∂₁ − ∂₂)P
    found = lattice._sea_integrand(lattice._grid(96), z, lattice._solve(z, np.zeros(2, complex), 96))
    assert np.allclose(found, [slope[0, 1], slope[1, 0]], rtol=1e-5)


def test_sea_does_not_depend_on_the_contour():
    few, many = (LatticeDisorder(BAND, MIXED, P, J=J, E_F=2.6, points=512, nodes=n).response()[0].sea for n in (32, 60))
    assert np.isclose(few, many, rtol=1e-4)


@pytest.mark.parametrize("band, E_F, J", [(BAND, 2.6, 0.8), (BAND, 0.5, 0.8), (BAND, 4.9, 0.6),
                                             (with_next_neighbours(1.0, 0.1, A), 2.4, 0.5)],
                         ids=["both bands", "half metal", "near the middle", "next neighbours"])
def test_spin_independent_impurities_leave_nothing(band, E_F, J):
    p = 0.02
    along, _ = LatticeDisorder(band, SCALAR.diluted(1.5), p, J=J, E_F=E_F, points=1024, lattice_constant=A).response()
    clean = intrinsic_response(band, p, J=J, E_F=E_F, kT=0.02, lattice_constant=A)
    assert abs(along.total / clean) < 1e-4
    # it cancels, it is not absent
    assert abs(along.sea / clean) > 1e-3 and abs((along.bubble + along.ladder) / clean) > 1e-3


@pytest.mark.parametrize("impurities", [pytest.param(SPINS, marks=pytest.mark.thorough), MIXED],
                         ids=["magnetic", "mixture"])
def test_magnetic_impurities_against_the_full_ladder(impurities):
    p = 0.01
    clean = intrinsic_response(BAND, p, J=J, E_F=2.6, kT=0.01, points=2048)
    ratio = {}
    for x in (0.3, 0.6):
        diluted = impurities.diluted(x)
        ratio[x] = LatticeDisorder(BAND, diluted, p, J=J, E_F=2.6, points=2048).response()[0].total / clean
    assert np.isclose(ratio[0.3], full_ladder_ratio(BAND, impurities, J=J, E_F=2.6), rtol=0.01)
    assert np.isclose(ratio[0.3], finite_ratio(BAND, impurities.diluted(0.3), J=J, E_F=2.6), rtol=0.01)
    # what is left is linear in the concentration: the band shift Re Σ, which the Born broadening does not have
    assert np.isclose(2*ratio[0.3] - ratio[0.6], full_ladder_ratio(BAND, impurities, J=J, E_F=2.6), rtol=0.002)


def test_operator_identity_behind_the_conservation_law():
    assert np.abs(LatticeDisorder(BAND, SCALAR.diluted(4), 0.5, J=J, E_F=2.6, points=256).ward_mismatch()).max() < 1e-12
    assert np.abs(LatticeDisorder(BAND, SPINS.diluted(4), 0.5, J=J, E_F=2.6, points=256).ward_mismatch()).min() > 1e-2


def test_normal_spin_is_that_of_shifted_seas():
    # chapter 3: the spins (2) of two Fermi seas, each shifted by its own lifetime ħ/2Γ_s
    p, E, E_F = 0.01, 1e-5, 1.2
    lattice = LatticeDisorder(BAND, SCALAR, p, J=J, E_F=E_F, points=1536)
    grid, distribution, expected = brillouin_zone(BAND, 400), FermiDirac(E_F, 0.03), 0.0
    for i, s in enumerate((-1, 1)):
        shift = drift(E=E, tau=hbar / (-2*lattice.self_energy[i].imag))
        f = occupations(BAND, grid, distribution, J=J, shift=shift)[:, i]
        expected += grid.sum(f * local_spin(BAND, DriftingSpiral(p), grid.points, 0.0, s=s, J=J)[:, 1]) / E
    assert np.isclose(lattice.response()[1].total, expected, rtol=0.03)


def periodic(a):
    """`TightBinding` with a period that only its functions know."""
    band = TightBinding(0.97, a, dimension=2)
    return CustomBand(band.energy, band.velocity, band.inverse_mass, dimension=2)


def test_an_own_band_gets_its_lattice_constant():
    # 258 points: even, as they must be, but no multiple of four
    given = LatticeDisorder(periodic(A), SCALAR.diluted(4), P, J=J, E_F=2.6, points=258, lattice_constant=A)
    own = LatticeDisorder(BAND, SCALAR.diluted(4), P, J=J, E_F=2.6, points=258)
    assert np.allclose(given.self_energy, own.self_energy, rtol=1e-9)


def test_as_many_points_as_the_message_asks_for_are_enough():
    make = lambda points: LatticeDisorder(BAND, SCALAR.diluted(4), P, J=J, E_F=2.6, points=points)
    asked, tried = 64, []
    while asked not in tried:  # the broadening, hence the message, is that of the points so far
        tried.append(asked)
        try:
            make(asked)
        except ValueError as refused:
            asked = int(re.search(r"points must be at least (\d+) to resolve", str(refused)).group(1))
    assert 1 < len(tried) < 5
    make(asked)
    with pytest.raises(ValueError, match="points must be at least"):
        make(asked - 2)


def test_can_be_sent_to_another_process():
    lattice = LatticeDisorder(BAND, SCALAR.diluted(4), P, J=J, E_F=2.6, points=256)
    assert pickle.loads(pickle.dumps(lattice)).response() == lattice.response()


def test_bad_input():
    usual = dict(band=BAND, impurities=SCALAR.diluted(4), p=P, J=J, E_F=2.6, points=256)
    make = lambda **change: LatticeDisorder(**{**usual, **change})
    odd_in = lambda axis: CustomBand(lambda k: np.sin(k[..., axis] * A), lambda k: k,
                                     lambda k: np.zeros((*k.shape, 2)), dimension=2)
    for change, message in (({"E_F": 9.5}, "E_F must lie in"), ({"E_F": -0.9}, "E_F must lie in"),
                            ({"J": 8.0, "E_F": 4.0}, "E_F must lie within a band, not in the gap .*; got 4"),
                            ({"points": 255}, "points must be even"), ({"points": 8}, "points must be at least 16"),
                            ({"impurities": SpinIndependent(0.0, 1.0)}, "impurities must scatter"),
                            ({"impurities": SCALAR.diluted(0.5)}, "points must be at least .* to resolve"),
                            ({"J": -1.0}, "J must lie in"), ({"nodes": 2}, "nodes must be at least 4"),
                            ({"band": odd_in(0), "lattice_constant": A}, "band must be even"),
                            ({"band": odd_in(1), "lattice_constant": A}, "band must be even"),
                            ({"band": CosineLinear(1.0, 0.5, dimension=2)}, "lattice_constant must be given"),
                            ({"lattice_constant": 0.2}, "lattice_constant must be left out, or that of"),
                            ({"band": FreeElectron(dimension=2), "lattice_constant": A},
                             r"band must have the period 2π/a = 20.944 1/nm .*lattice_constant a = 0.3 nm"),
                            ({"band": periodic(0.3), "lattice_constant": 0.2}, "band must have the period .*31.4159")):
        with pytest.raises(ValueError, match=message):
            make(**change)
    with pytest.raises(TypeError, match="impurities must be an Impurities object"):
        make(impurities=None)
    with pytest.raises(ValueError, match="concentration must lie in"):
        SpinIndependent(-0.1, 1.0)
