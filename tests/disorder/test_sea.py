"""Electrons one by one against the kinetic equation, the conservation law, and what their steps must conserve."""

import numpy as np
import pytest

from torquelib.bands import FreeElectron
from torquelib.disorder.boltzmann import Collisions, SpiralBoltzmann
from torquelib.disorder.sea import ElectronSea
from torquelib.units import hbar, m_e

P, J, E_F, TAU, E = 0.01, 0.53, 1.0, 6.0, 0.05
DT = 0.1


def sea(**changes):
    return ElectronSea(**({"p": P, "J": J, "E_F": E_F, "tau": TAU} | changes))


def run(electrons, steps, keeps):
    """⟨σ⟩ after each of ``steps``, the field coming on slowly against ħ/2J."""
    means = []
    for _ in range(steps):
        electrons.step(DT, E=E * (1 + np.tanh((electrons.t - 12) / 3.5)) / 2, keeps=keeps)
        means.append(electrons.mean_spin())
    return np.array(means)


@pytest.fixture(scope="module", params=["spin", "state"])
def history(request):
    return request.param, run(sea(), 1500, request.param)


def test_the_means_are_those_of_the_kinetic_equation(history):
    keeps, means = history
    gas = SpiralBoltzmann(FreeElectron(dimension=2), P, J=J, E_F=E_F, kT=0.02, shells=192, angles=12)
    density = m_e * E_F / (np.pi * hbar**2)                                   # both discs
    along, normal = gas.steady(Collisions(TAU, {"spin": 1.0, "state": 0.0}[keeps]))
    scale = gas.intrinsic / density * E
    found = means[700:, :2].mean(axis=0)
    assert found[0] / scale == pytest.approx(along / gas.intrinsic, abs=0.02)
    assert found[1] / scale == pytest.approx(normal / gas.intrinsic, rel=0.02)
    assert sea().intrinsic(E=E) == pytest.approx(scale, rel=2e-3)
    steady = np.array([along, normal]) / density * E
    assert sea().expected(E=E, keeps=keeps) == pytest.approx(steady, abs=3e-3 * abs(scale))


def test_a_spin_that_collisions_keep_is_turned_by_the_exchange_alone(history):
    # (8.3): ħ Δ⟨σ_y⟩ = 2J ∫⟨σ_x⟩dt, over the ringing, too
    keeps, means = history
    turned = 2 * J / hbar * DT * (means[1:, 0] + means[:-1, 0]).sum() / 2
    grown = means[-1, 1] - means[0, 1]
    assert (abs(turned / grown - 1) < 5e-3) == (keeps == "spin")


def test_without_collisions_the_spin_of_3_stays_and_k_drifts():
    electrons = sea(number=1000)
    start = electrons.k.copy()
    means = run(electrons, 600, None)
    assert means[-1, 0] == pytest.approx(electrons.intrinsic(E=E), rel=5e-3)
    drift = electrons.k - start
    assert np.ptp(drift[:, 0]) < 1e-12 and drift[0, 0] < 0 and not drift[:, 1].any()


def test_a_step_keeps_the_length_of_spins_and_a_collision_their_shells():
    electrons = sea(number=1000)
    shells = np.linalg.norm(electrons.k, axis=1)
    run(electrons, 300, "spin")
    assert np.allclose(np.linalg.norm(electrons.spin, axis=1), 1, rtol=0, atol=1e-12)
    still = sea(number=1000)
    for _ in range(100):
        still.step(DT, E=0.0, keeps="state")
    assert np.allclose(np.linalg.norm(still.k, axis=1), shells)
    # in equilibrium each electron stays in its eigenstate, and pairs in pairs
    assert np.allclose(still.spin[:, 0], 0, rtol=0, atol=1e-15) and np.allclose(still.k[:500], -still.k[500:])


def test_the_discs_hold_the_shares_of_both_bands():
    electrons = sea()
    for s, energy in ((-1, E_F + J), (1, E_F - J)):
        k = np.linalg.norm(electrons.k[electrons.s == s], axis=1)
        assert np.mean(k**2) == pytest.approx(m_e * energy / hbar**2, rel=1e-3)
        assert np.mean(electrons.s == s) == pytest.approx(energy / (2 * E_F), rel=1e-3)


def test_collisions_come_at_their_rate_and_from_the_seed():
    electrons, twin, other = sea(), sea(), sea(seed=2)
    for each in (electrons, twin, other):
        each.step(1.0, E=0.0, keeps="spin")
    moved = np.any(electrons.k != sea().k, axis=1)
    assert moved.mean() == pytest.approx(1 - np.exp(-1 / TAU), abs=0.012)
    assert np.array_equal(electrons.k, twin.k) and not np.array_equal(electrons.k, other.k)
    angle = np.arctan2(*electrons.k[:5000][moved[:5000]].T)
    assert abs(np.exp(1j * angle).mean()) < 0.1


@pytest.mark.parametrize("changes, message", [
    ({"p": 0.0}, "p must lie in"), ({"J": -1.0}, "J must lie in"),
    ({"E_F": 0.5}, "E_F must"), ({"tau": 0.0}, "tau must lie in"),
    ({"number": 1001}, "number must be even, electrons come in pairs; got 1001"),
    ({"number": 2}, "number must"), ({"seed": 0}, "seed must"),
])
def test_wrong_seas(changes, message):
    with pytest.raises(ValueError, match=message):
        sea(**changes)


def test_wrong_steps():
    with pytest.raises(ValueError, match="keeps must be one of 'spin', 'state'; got 'energy'"):
        sea(number=10).step(DT, E=E, keeps="energy")
    with pytest.raises(ValueError, match="dt must lie in"):
        sea(number=10).step(0.0, E=E, keeps=None)
    with pytest.raises(ValueError, match="keeps must be one of"):
        sea(number=10).expected(E=E, keeps="none")
