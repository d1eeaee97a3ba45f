import re

import numpy as np
import pytest

from torquelib.bands import CosineLinear, FreeElectron, IsotropicBand, Quartic, TightBinding
from torquelib.disorder.boltzmann import Collisions, SpiralBoltzmann
from torquelib.response import FermiDirac, drift, k_box, occupations
from torquelib.spins import local_spin
from torquelib.textures import DriftingSpiral
from torquelib.units import hbar, m_e

J, P, KT = 0.53, 0.01, 0.05
BANDS = {"free": (FreeElectron(dimension=2), 2.0), "half metal": (FreeElectron(dimension=2), 0.1),
         "quartic": (Quartic(m_e, 0.02, dimension=2), 1.5), "eq 18": (CosineLinear(1.0, 0.5, dimension=2), 2.5)}


@pytest.fixture(scope="module", params=BANDS)
def boltzmann(request):
    band, E_F = BANDS[request.param]
    return SpiralBoltzmann(band, P, J=J, E_F=E_F, kT=KT, shells=256, angles=12)


@pytest.fixture(scope="module")
def free():
    return SpiralBoltzmann(FreeElectron(dimension=2), P, J=J, E_F=2.0, kT=KT, shells=192, angles=12)


def test_spin_conserving_collisions_leave_nothing(boltzmann):
    for tau in (0.5, 5.0, 50.0):
        assert abs(boltzmann.steady(Collisions(tau, 1.0))[0] / boltzmann.intrinsic) < 1e-5


def test_eigenstate_conserving_collisions_leave_3(boltzmann):
    for tau in (0.5, 5.0, 50.0):
        along, _ = boltzmann.steady(Collisions(tau, 0.0))
        assert np.isclose(along / boltzmann.intrinsic, 1 / (1 + (hbar / (2*J*tau))**2), rtol=3e-4)


def test_filling_the_eigenstates_of_a_shell_alike_is_stationary(free):
    """Only collisions that change |k| could empty them; a spin that is not along the axis of its k decays."""
    L = free._generator(Collisions(3.0, 0.0, dephasing=0.1))
    axis = np.concatenate([np.zeros((*free._axis.shape[:2], 1)), free._axis], axis=-1)
    for filling in (np.eye(4)[0] + axis, np.eye(4)[0] - axis):
        assert np.abs(L @ filling.reshape(len(L), -1, 1)).max() < 1e-12
    moved = np.roll(axis, 3, axis=1)
    assert np.abs(L @ moved.reshape(len(L), -1, 1)).max() > 1e-3


def test_mixtures_follow_the_rate_at_which_spin_is_lost(free):
    # the torque is β times that of the current, with the spin-relaxation time τ/(1 − x) in β = ħ/2Jτ_s
    for x in (0.0, 0.3, 0.9):
        along, normal = free.steady(Collisions(4.0, x))
        assert np.isclose(along / normal, hbar * (1 - x) / (2*J * 4.0), rtol=2e-3)


def test_dephasing_at_fixed_k_is_no_sink(free):
    # it takes the spin across the tilted axis of each k, and the tilts of a steady current are what it leaves
    for rate in (0.1, 1.0, 10.0):
        assert abs(free.steady(Collisions(5.0, 1.0, rate))[0] / free.intrinsic) < 1e-4
    along, _ = free.steady(Collisions(5.0, 0.4, 0.7))
    assert np.isclose(along / free.intrinsic, 0.6 / (1 + (hbar/(2*J) * (0.6/5.0 + 0.7))**2), rtol=1e-3)


def test_normal_spin_is_that_of_a_shifted_sea():
    # 2π/(spin per state) sum of (2) over rigidly shifted occupations, by the library of chapter 3; ħ/2Jτ ≪ 1
    tau, E = 20.0, 1e-5
    band = FreeElectron(dimension=2)
    found = SpiralBoltzmann(band, P, J=J, E_F=2.0, kT=KT, shells=192, angles=12).steady(Collisions(tau, 1.0))[1]
    grid = k_box(12.0, 500, 2)
    f = occupations(band, grid, FermiDirac(2.0, KT), J=J, shift=[drift(E=E, tau=tau), 0.0])
    spin = sum(grid.sum(f[:, [i]] * local_spin(band, DriftingSpiral(P), grid.points, 0.0, s=s, J=J))
               for i, s in enumerate((-1, 1)))
    assert np.isclose(spin[1] / E, found, rtol=2e-3)


def test_switching_rate_and_collisions_do_not_commute(free):
    # η ≪ 1/τ: nothing; η ≫ 1/τ: all of (3), up to (ħη/2J)²
    for eta, tau in ((0.01, 5.0), (0.1, 5.0), (0.1, 500.0)):
        along, _ = free.steady(Collisions(tau, 1.0), eta=eta)
        expected = eta * tau / (1 + eta * tau) / (1 + (hbar * eta / (2*J))**2)
        assert np.isclose(along / free.intrinsic, expected, rtol=3e-4)


def test_evolution_ends_in_the_steady_state(free):
    collisions = Collisions(3.0, 0.4)
    times = np.linspace(0, 60, 601)
    x, y = free.evolve(collisions, times, E=lambda t: 1e-3 * (1 - np.exp(-(t / 4)**2)))
    late = free.evolve(collisions, times + 1024, E=lambda t: 1e-3 * (1 - np.exp(-((t - 1024) / 4)**2)))
    np.testing.assert_allclose(late, [x, y], rtol=0, atol=1e-9 * np.abs(x).max())
    assert np.allclose([x[-1], y[-1]], 1e-3 * np.array(free.steady(collisions)), rtol=1e-4)
    assert x[0] == y[0] == 0


def test_as_many_shells_as_the_message_asks_for_are_enough():
    make = lambda shells: SpiralBoltzmann(FreeElectron(dimension=2), P, J=J, E_F=2.0, kT=KT, shells=shells, angles=8)
    with pytest.raises(ValueError, match="shells must be at least") as refused:
        make(16)
    asked = int(re.search(r"at least (\d+)", str(refused.value)).group(1))
    make(asked)
    edge = np.sqrt(2*m_e * (2.0 + J + 30*KT)) / hbar
    energies = (hbar * edge/2 * (1 + np.polynomial.legendre.leggauss(asked)[0]))**2 / (2*m_e)
    steps = np.diff(energies)[energies[1:] < 2.0 + J]
    assert 1.5*KT < steps.max() < 2*KT                               # shells lie closer at the edge than amid
    with pytest.raises(ValueError, match=f"shells must be at least {asked}"):
        make(asked - 1)


def test_conservation_law_along_an_evolution(free):
    times = np.linspace(0, 12, 1201)
    x, y = free.evolve(Collisions(2.0, 1.0), times, E=lambda t: 1e-3 * np.sin(t / 3)**2)
    growth = hbar * np.gradient(y, times, edge_order=2)
    assert np.allclose(growth, 2*J*x, rtol=0, atol=2e-4 * np.abs(2*J*x).max())
    x, y = free.evolve(Collisions(2.0, 0.0), times, E=lambda t: 1e-3 * np.sin(t / 3)**2)
    lost = 2*J*x - hbar * np.gradient(y, times, edge_order=2)
    assert np.allclose(lost, hbar * y / 2.0, rtol=0, atol=3e-3 * np.abs(lost).max())  # the spin along y decays at 1/τ


class Shifted(IsotropicBand):
    """Free electrons with the bottom elsewhere."""

    dimension = 2

    def __init__(self, bottom):
        self.bottom = bottom

    def _radial(self, k):
        energy, *rest = FreeElectron(dimension=2)._radial(k)
        return (self.bottom + energy, *rest)


@pytest.mark.parametrize("bottom", [-3.0, 30.0])
def test_only_the_fermi_energy_above_the_bottom_matters(bottom):
    at = dict(p=P, J=J, kT=KT, shells=160)
    expected = SpiralBoltzmann(FreeElectron(dimension=2), E_F=2.0, **at).intrinsic
    assert SpiralBoltzmann(Shifted(bottom), E_F=2.0 + bottom, **at).intrinsic == pytest.approx(expected, rel=1e-9)


class FurtherQuartic(Quartic):
    """Quartic, said to reach a little further."""

    k_max = 6.0


def test_a_domain_may_end_just_above_the_last_shell():
    """The band reaches 0.476 eV at the end of its domain, 5/nm; the last shell lies at 0.45 eV."""
    found, expected = (SpiralBoltzmann(kind(quartic=-0.02, dimension=2), 0.05, J=0.05, E_F=0.25, kT=0.005).intrinsic
                       for kind in (Quartic, FurtherQuartic))
    assert found == pytest.approx(expected, rel=1e-9)


def test_collisions_keep_double_precision():
    collisions = Collisions(np.float32(2.0), np.uint8(1), np.float32(0.5))
    assert all(type(x) is float for x in (collisions.tau, collisions.spin_conserving, collisions.dephasing))


def test_bad_input():
    with pytest.raises(ValueError, match="tau must lie in"):
        Collisions(0.0, 0.5)
    with pytest.raises(ValueError, match="spin_conserving must lie in"):
        Collisions(1.0, 1.5)
    with pytest.raises(ValueError, match="dephasing must lie in"):
        Collisions(1.0, 0.5, -0.1)
    with pytest.raises(TypeError, match="isotropic"):
        SpiralBoltzmann(TightBinding(1.0, 0.3, dimension=2), P, J=J, E_F=2.0, kT=KT)
    with pytest.raises(TypeError, match="two-dimensional"):
        SpiralBoltzmann(FreeElectron(dimension=3), P, J=J, E_F=2.0, kT=KT)
    usual = dict(band=FreeElectron(dimension=2), p=P, J=J, E_F=2.0, kT=KT)
    make = lambda **change: SpiralBoltzmann(**{**usual, **change})
    for change, message in (({"E_F": -0.6}, "E_F must lie in"), ({"J": 0.0}, "J must lie in"),
                            ({"kT": 0.0}, "kT must lie in"), ({"p": np.inf}, "p must be finite"),
                            ({"kT": 1e-4}, "shells must be at least"), ({"angles": 4}, "angles must be at least 8"),
                            ({"band": Shifted(30.0)}, r"E_F must lie in \(29.47, inf\) eV; got 2 eV"),
                            ({"band": Quartic(m_e, -0.02, dimension=2), "E_F": 0.9}, "band must reach"),
                            ({"band": Quartic(m_e, -0.02, dimension=2), "J": 0.05, "E_F": 0.275, "kT": 0.005,
                              "p": 0.5}, "k ± p/2 must lie in the domain of Quartic")):
        with pytest.raises(ValueError, match=message):
            make(**change)
    free = make()
    with pytest.raises(TypeError, match="collisions must be Collisions"):
        free.steady(2.0)
    with pytest.raises(ValueError, match="eta must lie in"):
        free.steady(Collisions(1.0, 1.0), eta=-1.0)
    for times, message in (([0.0, 1.0, 3.0], "times must have equal steps; got steps from 1 to 2"),
                           ([0.0, -1.0], "times must rise; got 0 fs followed by -1 fs"),
                           ([0.0], "times must hold at least 2 instants; got 1")):
        with pytest.raises(ValueError, match=message):
            free.evolve(Collisions(1.0, 1.0), times, E=lambda t: 0.0)
    with pytest.raises(TypeError, match="E must be a function of t; got 0.001"):
        free.evolve(Collisions(1.0, 1.0), [0.0, 1.0], E=1e-3)
    for value, error, message in ((np.nan, ValueError, r"E\(0.5 fs\) must be finite"),
                                  (None, TypeError, "must be numeric; got None"),
                                  ([0.1, 0.2], ValueError, "must be a single number"), (1j, TypeError, "must be real")):
        with pytest.raises(error, match=message):
            free.evolve(Collisions(1.0, 1.0), [0.0, 1.0], E=lambda t: value)
