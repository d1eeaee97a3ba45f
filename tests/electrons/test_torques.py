"""Coefficients of Eqs. (5), (6), (19), (20) against sums over states and against each other."""

import numpy as np
import pytest
from routes import PAULI
from scipy.integrate import solve_ivp
from scipy.linalg import expm

from torquelib import torques
from torquelib._validate import ImplausibleValueWarning
from torquelib.units import SI_E, SI_GAMMA, SI_HBAR, SI_M_E, hbar, m_e

J, MS = 0.8, 7.0e5  # eV, A/m


def fermi_sphere(k_F, n=41):
    """Grid points k (N, 3) in 1/nm inside a sphere and the weight of each state in 1/m³."""
    axis = np.linspace(-k_F, k_F, n)
    k = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
    inside = np.linalg.norm(k, axis=1) <= k_F
    cell = (axis[1] - axis[0]) ** 3 / (2 * np.pi) ** 3
    return k[inside], cell * 1e27


def spiral_spin(k, s, p, J=J):
    """Exact spins at x = 0 of a helix m = (sin px, 0, cos px): 2×2 eigenvectors of ε(k ∓ p/2), no Eq. (2)."""
    kx = k[:, 0]
    up, down = ((kx[:, None] + np.array([-0.5, 0.5]) * p) ** 2 * hbar**2 / (2 * m_e)).T
    # Quantised along y, up carries e^{i(k-p/2)x} and down e^{i(k+p/2)x}; J σ·m couples the two.
    H = np.zeros((len(kx), 2, 2), dtype=complex)
    H[:, 0, 0], H[:, 1, 1] = up, down
    H[:, 0, 1] = H[:, 1, 0] = J
    vectors = np.linalg.eigh(H)[1][:, :, 0 if s == -1 else 1]
    a, b = vectors[:, 0], vectors[:, 1]
    return np.stack([2 * np.imag(np.conj(a) * b), abs(a) ** 2 - abs(b) ** 2, 2 * np.real(np.conj(a) * b)], axis=-1)


def test_torque_returns_what_the_electrons_lose():
    """Sign and size of T in Eq. (5): the moment gains what Schrödinger evolution takes from the spins."""
    rng = np.random.default_rng(5)
    spinors = rng.normal(size=(20, 2)) + 1j * rng.normal(size=(20, 2))
    spinors /= np.linalg.norm(spinors, axis=1, keepdims=True)
    weights = rng.uniform(1e27, 1e28, 20)
    m = np.array([0.48, 0.6, 0.64])
    step = 1e-4  # fs

    def spin(t):
        evolved = expm(-1j * t / hbar * J * np.einsum("a,aij->ij", m, PAULI)) @ spinors.T
        return np.real(np.einsum("in,aij,jn->na", evolved.conj(), PAULI, evolved))

    rate_of_electrons = SI_HBAR / 2 * weights @ (spin(step) - spin(-step)) / (2 * step * 1e-15)
    torque = torques.torque_from_states(m, spin(0.0), weights, J=J, Ms=MS)
    rate_of_moment = -MS / SI_GAMMA * torque  # angular momentum of the moment is −M_s m/γ
    assert rate_of_moment == pytest.approx(-rate_of_electrons, rel=1e-6)


def test_adiabatic_torque_is_the_sum_over_a_shifted_fermi_sea():
    """(b·∇)m of Eq. (6) against Σ m×σ f with exact helix spins and a shifted sea."""
    p, shift = 0.02, 0.3
    m, torque, j_s = np.array([0.0, 0.0, 1.0]), np.zeros(3), 0.0
    for s, k_F in ((-1, 6.0), (1, 4.0)):
        k, weight = fermi_sphere(k_F)
        k = k + [shift, 0, 0]
        torque += torques.torque_from_states(m, spiral_spin(k, s, p), np.full(len(k), weight), J=J, Ms=MS)
        j_s += SI_E * s * np.sum(hbar * k[:, 0] / m_e) * weight * 1e6
    gradient = np.array([p * 1e9, 0, 0])
    expected = torques.adiabatic_velocity(j_s=j_s, Ms=MS) * gradient
    assert torque == pytest.approx(expected, rel=2e-2, abs=1e-3 * abs(expected[0]))


def test_intrinsic_torque_is_the_sum_over_lagging_spins():
    """−m×(c·∇)m of Eq. (6) against spins evolved through a ramp of the field, summed over the sea."""
    p, E, ramp = 0.05, 1e-4, 60.0
    lag = {}
    for s in (-1, 1):
        k0 = 0.0
        h = lambda k: np.array([0.0, -hbar**2 * k * p / (2 * m_e), J])
        ramped = lambda t: E * (t / ramp - np.sin(2 * np.pi * t / ramp) / (2 * np.pi))
        integral = lambda t: E * (t**2 / (2 * ramp) + ramp * (np.cos(2 * np.pi * t / ramp) - 1) / (2 * np.pi) ** 2)
        start = s * h(k0) / np.linalg.norm(h(k0))
        rate = lambda t, n: 2 / hbar * np.cross(h(k0 - integral(t) / hbar), n)
        final = solve_ivp(rate, (0, ramp), start, rtol=1e-10, atol=1e-13, method="DOP853").y[:, -1]
        lag[s] = final[0]  # along e_θ = ∂_x m / p
        assert ramped(ramp) == pytest.approx(E)
    n_majority, n_minority = 3e28, 1e28
    m, e_theta = np.array([0, 0, 1.0]), np.array([1.0, 0, 0])
    spins = np.stack([lag[-1] * e_theta, lag[1] * e_theta])
    torque = torques.torque_from_states(m, spins, np.array([n_majority, n_minority]), J=J, Ms=MS)
    c = torques.intrinsic_velocity(E=E * 1e9, n_s=n_majority - n_minority, J=J, Ms=MS)
    expected = -np.cross(m, c * p * 1e9 * e_theta)
    assert torque == pytest.approx(expected, rel=2e-3, abs=1e-6 * np.abs(expected).max())


def test_beta_is_the_ratio_of_the_two_velocities():
    """Eq. (20) against c/b with Drude's current put in."""
    tau, n_s, E = 4.0, 2e28, 1e5
    j_s = n_s * SI_E**2 * tau * 1e-15 / SI_M_E * E
    ratio = torques.intrinsic_velocity(E=E, n_s=n_s, J=J, Ms=MS) / torques.adiabatic_velocity(j_s=j_s, Ms=MS)
    assert ratio == pytest.approx(torques.beta_intrinsic(J=J, tau=tau), rel=1e-9)
    assert torques.beta_intrinsic(J=1.0, tau=[1.0, 10.0]) == pytest.approx([0.33, 0.033], rel=5e-3)


def test_drude_time_gives_back_the_resistivity():
    tau = torques.drude_time(resistivity=1e-7, density=9e28) * 1e-15
    assert SI_M_E / (9e28 * SI_E**2 * tau) == pytest.approx(1e-7)


def precession(n_s, B, on_electrons):
    """Precession of a moment and its electrons' spins, coupled by J, over γB: each obeys its own equation of motion.

    ``B`` (T) acts on the moment, and with ``on_electrons`` also on the electrons' spins, g = 2: +μ_B σ·B in their
    energy.
    """
    J, duration = 0.53, 5e-13

    def rate(t, y):
        m, sigma = y[:3], y[3:]
        field, exchange = np.array([0, 0, B]), J * SI_E * np.cross(m, sigma)
        dm = -SI_GAMMA * np.cross(m, field) + SI_GAMMA / MS * n_s * exchange
        return np.concatenate([dm, 2 / SI_HBAR * exchange + on_electrons * SI_GAMMA * np.cross(field, sigma)])

    m0 = np.array([np.sin(0.5), 0, np.cos(0.5)])
    run = solve_ivp(rate, (0, duration), [*m0, *-m0], method="DOP853", rtol=1e-8, atol=1e-10)
    return np.unwrap(np.arctan2(run.y[1], run.y[0]))[-1] / (SI_GAMMA * B * duration)


def test_renormalised_precession_of_moment_and_electrons_together():
    """γ' of Eq. (19) against the coupled motion with the field on the moment alone, nothing adiabatic assumed."""
    n_s = 4e28
    factor = torques.renormalisation(n_s=n_s, Ms=MS)
    assert 1 / precession(n_s, 20.0, on_electrons=False) == pytest.approx(factor, rel=5e-3)
    assert factor > 1.4, "a factor too close to one tests nothing"
    assert torques.renormalisation(n_s=n_s, Ms=MS, gamma=SI_GAMMA / 2) - 1 == pytest.approx((factor - 1) / 2)


@pytest.mark.parametrize("n_s", (1e28, 4e28))
def test_resonance_of_moment_and_electrons_shows_gamma_itself(n_s):
    """A field that acts on both (g = 2 each) turns both at γB, whatever the exchange between them."""
    assert precession(n_s, 20.0, on_electrons=True) == pytest.approx(1, rel=1e-6)


def test_gilbert_rate_solves_the_implicit_equation():
    rng = np.random.default_rng(0)
    m = rng.normal(size=(50, 3))
    m /= np.linalg.norm(m, axis=1, keepdims=True)
    torque = np.cross(m, rng.normal(size=(50, 3)))
    rate = torques.gilbert_rate(m, torque, alpha=0.3)
    assert rate == pytest.approx(torque + 0.3 * np.cross(m, rate), abs=1e-13)


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: torques.adiabatic_velocity(j_s=1e12, Ms=-1.0), "Ms"),
        (lambda: torques.adiabatic_velocity(j_s=np.nan, Ms=MS), "j_s"),
        (lambda: torques.intrinsic_velocity(E=1e5, n_s=1e28, J=-0.5, Ms=MS), "J"),
        (lambda: torques.intrinsic_velocity(E=1e5, n_s=np.inf, J=0.5, Ms=MS), "n_s"),
        (lambda: torques.intrinsic_velocity(E=1e5, n_s=1e28, J=0.5, Ms=MS, mass_ratio=0), "mass_ratio"),
        (lambda: torques.beta_intrinsic(J=1.0, tau=-1.0), "tau"),
        (lambda: torques.beta_intrinsic(J=0.0, tau=1.0), "J"),
        (lambda: torques.drude_time(resistivity=0.0, density=1e28), "resistivity"),
        (lambda: torques.drude_time(resistivity=1e-7, density=-1e28), "density"),
        (lambda: torques.renormalisation(n_s=1e28, Ms=0.0), "Ms"),
        (lambda: torques.renormalisation(n_s=1e28, Ms=MS, gamma=-1.0), "gamma must lie in"),
        (lambda: torques.gilbert_rate([1, 0, 0], [1, 0, 0], alpha=0.1), "torque"),
        (lambda: torques.gilbert_rate([1, 1, 0], [0, 0, 1], alpha=0.1), "m must hold unit"),
        (lambda: torques.gilbert_rate([1, 0, 0], [0, 0, 1], alpha=-0.1), "alpha"),
        (lambda: torques.beta_intrinsic(J=[0.5, 1], tau=[3, 4, 5]), r"J, tau must broadcast .* \(2,\), \(3,\)"),
        (lambda: torques.drude_time(resistivity=[1e-7, 2e-7], density=[1e28] * 3), "density must broadcast"),
        (lambda: torques.renormalisation(n_s=[1e28, 2e28, 3e28], Ms=[8e5, 1e6]), "n_s, Ms must broadcast"),
        (lambda: torques.gilbert_rate(np.eye(3), np.ones((2, 3)), alpha=0.1), r"m, torque must broadcast .* \(2, 3\)"),
        (lambda: torques.torque_from_states([1, 0, 0], np.ones((4, 3)), np.ones(3), J=J, Ms=MS), "weights"),
        (lambda: torques.torque_from_states([1, 0, 0], np.ones((4, 2)), np.ones(4), J=J, Ms=MS), "spins"),
    ],
)
def test_bad_input(call, words):
    with pytest.raises(ValueError, match=words):
        call()


@pytest.mark.parametrize("call, words", [
    (lambda: torques.beta_intrinsic(J=1.0, tau=1e-15), "tau is taken in fs"),
    (lambda: torques.beta_intrinsic(J=1.6e-19, tau=3.0), "J is taken in eV"),
    (lambda: torques.intrinsic_velocity(E=1e5, n_s=1e28, J=1.6e-19, Ms=MS), "J is taken in eV"),
    (lambda: torques.torque_from_states([1, 0, 0], np.ones((4, 3)), np.ones(4), J=1.6e-19, Ms=MS), "J is taken in eV"),
    (lambda: torques.drude_time(resistivity=10.0, density=8e28), "resistivity is taken in Ω m"),
    (lambda: torques.drude_time(resistivity=1e-7, density=80.0), "density is taken in 1/m³"),
    (lambda: torques.intrinsic_velocity(E=1e5, n_s=20.0, J=1.0, Ms=MS), "n_s is taken in 1/m³"),
    (lambda: torques.renormalisation(n_s=[-20.0, 1e28], Ms=MS), "n_s is taken in 1/m³"),
    (lambda: torques.renormalisation(n_s=1e28, Ms=MS, gamma=28e9), r"gamma is taken in rad/\(s T\)"),
    (lambda: torques.renormalisation(n_s=1e28, Ms=MS, gamma=2.211e5), r"gamma is taken in rad/\(s T\)")])
def test_numbers_in_another_unit_are_noticed(call, words):
    with pytest.warns(ImplausibleValueWarning, match=words):
        call()
