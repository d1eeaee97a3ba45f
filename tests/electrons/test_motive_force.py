"""Eqs. (21)–(25): the motive force by reciprocity, by sums over exact states and by evolution in the lab frame."""

import numpy as np
import pytest

from torquelib import motive_force as mf
from torquelib._validate import ImplausibleValueWarning
from torquelib.bands import FreeElectron, TightBinding
from torquelib.bruteforce import helix_eigenstates
from torquelib.disorder.impurities import Magnetic, SpinIndependent
from torquelib.disorder.torus import DisorderedTorus
from torquelib.gauge import gauge_potential_numerical
from torquelib.textures import CustomTexture, DriftingSpiral
from torquelib.torques import adiabatic_velocity, beta_intrinsic, intrinsic_velocity
from torquelib.units import SI_E, SI_HBAR, SI_M_E, e, hbar, m_e

J, K_F = 0.8, 7.0  # eV, 1/nm; k_B = 4.6 1/nm
SLOW = 1e-4        # 1/fs
PITCHES = np.array([0.4, 0.2, 0.1])


# --- (21) ------------------------------------------------------------------------------------------------------------

def test_current_is_the_onsager_partner_of_the_torque():
    """(21) has the coefficient of the last term of (6): one number from the magnet's side, one from the electrons'."""
    n_s, Ms, mass_ratio = 2e28, 7e5, 1.3
    c = intrinsic_velocity(E=1.0, n_s=n_s, J=J, Ms=Ms, mass_ratio=mass_ratio)
    K = mf.onsager_coefficient(torque_per_field=c, Ms=Ms)
    assert K == pytest.approx(n_s * SI_E * SI_HBAR**2 / (4 * mass_ratio * SI_M_E * J * SI_E), rel=1e-9, abs=0)
    p, omega = 0.3, 0.02
    gradient, rate = np.zeros((3, 3)), np.array([omega, 0.0, 0.0])
    gradient[0, 0] = p
    j = mf.motive_current(gradient, rate, n_s=n_s * 1e-27, J=J, mass=mass_ratio*m_e)
    np.testing.assert_allclose(j * SI_E * 1e33, [K * p * omega * 1e24, 0, 0], rtol=1e-9)  # e/(fs nm²) in A/m²


def test_field_drives_the_current_in_drudes_metal():
    """Both halves of (21): Σ_s n_s e²τ E_s/m with β_int = ħ/2Jτ is the current, whatever τ is."""
    texture = DriftingSpiral(0.3, omega=0.02)
    gradient, rate = texture.gradient(1.7, t=2.0), texture.time_derivative(1.7, t=2.0)
    n = {-1: 30.0, 1: 12.0}  # 1/nm³
    expected = mf.motive_current(gradient, rate, n_s=n[-1] - n[1], J=J)
    assert expected[0] > 0 and expected[1] == expected[2] == 0
    for tau in (1.0, 20.0):
        fields = {s: mf.motive_field(gradient, rate, beta=beta_intrinsic(J=J, tau=tau), s=s) for s in n}
        np.testing.assert_allclose(sum(n[s] * e**2 * tau / m_e * fields[s] for s in n), expected, rtol=1e-12)


def test_berry_field_is_the_curl_of_the_gauge_potential():
    """−s(ħ/2e) m·(∂_t m×∂_x m) against the field of the charge −e in A^z: E = −s(∂_x A_t − ∂_t A_x)/e."""
    texture = CustomTexture(lambda x, y, z, t: 1.0 + 0.2*np.sin(x) + 0.1*t,
                            lambda x, y, z, t: 0.3*x + 0.05*t + 0.1*np.sin(x*t))
    x, t, h = 0.7, 1.1, 1e-3

    def A(x, t):
        return gauge_potential_numerical(texture, x, 0.0, 0.0, t)[..., 2]

    curl = (A(x + h, t)[3] - A(x - h, t)[3] - A(x, t + h)[0] + A(x, t - h)[0]) / (2*h)
    for s in (-1, 1):
        E = mf.berry_motive_field(texture.m(x, t=t), texture.gradient(x, t=t), texture.time_derivative(x, t=t), s=s)
        assert E[0] == pytest.approx(-s * curl / e, rel=1e-3) and abs(E[0]) > 1e-3


def test_berry_field_is_the_onsager_partner_of_the_adiabatic_torque():
    conductivity, Ms = 3e6, 8e5  # spin-polarised, S/m
    K = mf.onsager_coefficient(torque_per_field=adiabatic_velocity(j_s=conductivity, Ms=Ms), Ms=Ms)
    m, gradient, rate = np.array([0, 0, 1.0]), np.zeros((3, 3)), np.array([0.0, 0.02, 0.0])
    gradient[0, 0] = 0.3
    E = mf.berry_motive_field(m, gradient, rate, s=-1)[0]                    # V/nm, on the majority
    assert conductivity * E * 1e9 == pytest.approx(K * (m @ np.cross(rate, gradient[0])) * 1e24, rel=1e-9)


# --- (22) to (25) ----------------------------------------------------------------------------------------------------

def test_matrix_element_from_exact_states():
    """|⟨ψ₊|∂_t ψ₋⟩| and |⟨ψ₊|∂_x ψ₋⟩| by differences of the exact lab-frame states of the helix."""
    band, p, omega, h = FreeElectron(dimension=1), 0.6, 0.3, 1e-4
    x = 2*np.pi/p * np.arange(64) / 64
    for k in (0.0, 2.0, -6.0):
        states = helix_eigenstates(band, [k], p, J=J)
        q, c = states.wave_numbers[0], states.coefficients

        def spinor(n, x):
            """ψ at rest; motion by ωt is the same state at x + ωt/p, up to the phase of e^{ikx}."""
            return np.exp(1j * np.multiply.outer(x, q - k)) @ c[n]

        upper = spinor(1, x)
        slope = (spinor(0, x + h) - spinor(0, x - h)) / (2*h)
        along_x = np.mean(np.sum(upper.conj() * slope, axis=-1))           # e^{ikx} adds ik⟨ψ₊|ψ₋⟩ = 0
        assert abs(along_x) == pytest.approx(abs(mf.interband_element(k, p, J=J, rate=p)), rel=1e-6)
        assert abs(along_x * omega/p) == pytest.approx(abs(mf.interband_element(k, p, J=J, rate=omega)), rel=1e-6)
    assert mf.interband_element(0.0, p, J=J, rate=omega) == pytest.approx(-0.5j * omega)


def test_one_band_integral_by_counting():
    k_F, k_B = 5.0, 3.0
    k = np.linspace(-8, 8, 400_001)
    counted = np.sum((k**2 < k_F**2 + k_B**2) & ~(k**2 < k_F**2 - k_B**2)) * (k[1] - k[0])
    assert mf.one_band_integral(k_F=k_F, k_B=k_B) == pytest.approx(counted, abs=2e-4)


@pytest.mark.parametrize("k_F", (K_F, 3.0))
@pytest.mark.parametrize("mass", (m_e, 2*m_e))
def test_interband_formula_is_the_sum_over_states(k_F, mass):
    """(22) with (23) against Σf⟨v⟩ over diagonalised states, exact in the pitch; also where only one band is filled."""
    p = np.array([-0.8, 0.1, 0.5, 1.5])
    direct = mf.stationary_current(p, k_F=k_F, omega=SLOW, J=J, mass=mass)
    np.testing.assert_allclose(mf.interband_current(p, k_F=k_F, omega=SLOW, J=J, mass=mass), direct, rtol=1e-6)
    np.testing.assert_array_equal(np.sign(direct), np.sign(p))


def test_closed_form_is_the_limit_of_long_pitch():
    direct = mf.stationary_current(PITCHES, k_F=K_F, omega=SLOW, J=J)
    errors = np.abs(direct / mf.drift_current(PITCHES, k_F=K_F, omega=SLOW, J=J) - 1)
    assert errors[-1] < 2e-3
    assert np.polyfit(np.log(PITCHES), np.log(errors), 1)[0] == pytest.approx(2, abs=0.05)


def test_closed_form_is_21_in_a_wire():
    texture = DriftingSpiral(0.2, omega=SLOW)
    majority, minority = mf.band_densities(k_F=K_F, J=J)
    j = mf.motive_current(texture.gradient(0.4), texture.time_derivative(0.4), n_s=majority - minority, J=J)
    assert mf.drift_current(0.2, k_F=K_F, omega=SLOW, J=J) == pytest.approx(j[0], rel=1e-12)


def test_densities_count_the_states_at_rest():
    band = FreeElectron(dimension=1)
    k = np.linspace(-12, 12, 20_001)[:, None]
    energy = helix_eigenstates(band, k, 1e-6, J=J).energies
    counted = np.sum(energy < hbar**2*K_F**2/(2*m_e), axis=0) * (k[1, 0] - k[0, 0]) / (2*np.pi)
    np.testing.assert_allclose(mf.band_densities(k_F=K_F, J=J), counted, rtol=0, atol=1e-3)
    assert mf.band_densities(k_F=3.0, J=J)[1] == 0


def test_sum_over_states_is_a_difference_at_the_fermi_points():
    """One turn moves e(sin α₋ − sin α₊), exactly in p; a spiral whose gap holds E_F moves one electron a turn."""
    for k_F, p, weak in ((K_F, 0.8, J), (2.5, 5.0, 0.05), (2.5, 5.0, 0.0125)):
        k_B = mf.exchange_wave_number(J=weak)
        root = np.sqrt(k_B**4 + (k_F*p)**2)
        points = np.sqrt(np.maximum(k_F**2 + p**2/4 + np.array([root, -root]), 0))
        lean = points * p / np.hypot(k_B**2, points * p)
        turns = mf.stationary_current(p, k_F=k_F, omega=SLOW, J=weak) * 2*np.pi / (e*SLOW)
        assert turns == pytest.approx(lean[0] - lean[1], rel=1e-4)
    assert turns == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("k_F", (K_F, 3.0))
@pytest.mark.parametrize("omega", (0.01, 0.1))
def test_states_filled_in_the_moving_frame_carry_no_current(k_F, omega):
    lattice = mf.stationary_current(0.3, k_F=k_F, omega=omega, J=J)
    assert abs(mf.stationary_current(0.3, k_F=k_F, omega=omega, J=J, occupation="rotating")) < 1e-7 * abs(lattice)
    edges = np.array([[-1], [1]]) * mf._fermi_point(k_F, 0.3, J, m_e, -1)
    filled = mf._rotating_fermi_point(edges, -1, k_F, 0.3, omega, J, m_e)
    np.testing.assert_allclose(mf._state(filled, -1, 0.3, omega, J, m_e)[0], (hbar*k_F)**2 / (2*m_e), rtol=1e-9)


@pytest.mark.parametrize("p", (0.2, -0.2))
def test_spiral_set_in_motion_drives_the_current(p):
    """Schrödinger evolution in the lab frame against the stationary sum and (25)."""
    omega, times = 0.05, np.linspace(0, 120, 61)
    j = mf.evolved_current(p, times, k_F=K_F, omega=omega, J=J, ramp=80.0)
    assert abs(j[0]) < 1e-6 * abs(j[-1])
    late = j[times > 90].mean()
    assert late == pytest.approx(mf.stationary_current(p, k_F=K_F, omega=omega, J=J), rel=1e-3)
    assert late == pytest.approx(mf.drift_current(p, k_F=K_F, omega=omega, J=J), rel=1e-2)


def at_the_fermi_points(p, *, k_F, omega, J):
    """−e Σf⟨v⟩ as the difference of E'/ħ between −k and k of each band, exact in p and ω: no integral."""
    current, k_B = 0.0, mf.exchange_wave_number(J=J)
    for s in (-1, 1):
        Q, lag = hbar**2 * p / (2*m_e) * np.sqrt(k_F**2 + p**2/4 - s*np.hypot(k_B**2, k_F*p)), hbar*omega/2
        current -= s * e / (2*np.pi*hbar) * 4*Q*lag / (np.hypot(J, Q + lag) + np.hypot(J, Q - lag))
    return current


@pytest.mark.parametrize("p, k_F, weak", [(1.0, 5.0, 1e-3), (0.3, 10.0, 5e-4), (19.9, 10.0, 1e-2), (19.99, 10.0, 1e-3)])
def test_weak_exchange_turns_the_spin_within_a_sliver_of_k(p, k_F, weak):
    """The spin turns within |k| ~ 2mJ/ħ²p; ħω/J reaches 0.13 in ``SLOW``, so (22) is asked at a hundredth of it."""
    direct = mf.stationary_current(p, k_F=k_F, omega=SLOW, J=weak)
    assert direct == pytest.approx(at_the_fermi_points(p, k_F=k_F, omega=SLOW, J=weak), rel=1e-6, abs=0)
    slower = {"k_F": k_F, "omega": SLOW / 100, "J": weak}
    assert mf.interband_current(p, **slower) == pytest.approx(at_the_fermi_points(p, **slower), rel=1e-6, abs=0)


def test_a_fast_spiral_turns_the_spin_beside_k_0():
    for omega in (0.05, 1.0):
        at = {"k_F": K_F, "omega": omega, "J": 1e-3}                          # Q = −ħω/2 at k = −mω/ħp
        assert mf.stationary_current(0.3, **at) == pytest.approx(at_the_fermi_points(0.3, **at), rel=1e-8)


@pytest.mark.parametrize("omega", [0.05, -0.05])
def test_electrons_stand_dense_on_both_sides_of_where_the_spin_turns(omega):
    p, weak, edge = 0.3, 1e-4, 5.0
    width, place = mf._turning(K_F, p, omega, weak, m_e)
    misalignment = hbar**2 * p * np.array([place - width, place, place + width]) / (2*m_e) + hbar*omega/2
    np.testing.assert_allclose(misalignment, [-weak, 0, weak], rtol=0, atol=1e-6*weak)
    assert width < 0.01 and 1 < abs(place) < edge
    k, weight = mf._panels(edge, 1.0, K_F, p, omega, weak, m_e)
    for center in (0.0, place):  # a Lorentzian there, and its primitive
        exact = np.arctan((edge - center)/width) + np.arctan((edge + center)/width)
        assert np.sum(weight * width/(width**2 + (k - center)**2)) == pytest.approx(exact, rel=1e-9)


def test_late_currents_do_not_alias():
    """A soft start ends in the steady current, however far the phases of neighbouring k have spread."""
    at = {"k_F": 5.0, "omega": 1e-3, "J": 0.01}
    late = mf.evolved_current(0.5, [200.0, 500.0, 1000.0], ramp=50.0, **at)
    np.testing.assert_allclose(late, at_the_fermi_points(0.5, **at), rtol=0.02)
    at = {"k_F": 8.0, "omega": 1e-3, "J": 0.5}
    late = mf.evolved_current(2.0, [50.0, 200.0], ramp=1.0, **at)          # rings still, by 1/√t
    np.testing.assert_allclose(late, at_the_fermi_points(2.0, **at), rtol=0.05)


def test_an_evolution_is_the_same_whatever_instants_are_asked_for():
    arguments = {"k_F": K_F, "omega": 0.01, "J": J, "ramp": 5.0}
    whole = mf.evolved_current(0.4, [0.0, 0.25, 0.5, 8.0], **arguments)
    np.testing.assert_allclose(mf.evolved_current(0.4, [0.25, 8.0], **arguments), whole[[1, 3]], rtol=1e-6)
    np.testing.assert_allclose(mf.evolved_current(0.4, [8.0], **arguments), whole[3:], rtol=1e-6)


def test_evolution_may_end_where_it_starts():
    assert mf.evolved_current(0.1, [0.0], k_F=K_F, omega=0.01, J=J, ramp=10.0) == pytest.approx([0.0], abs=1e-12)


# --- impurities ------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("impurities", (None, SpinIndependent(1/0.09, 0.5*0.09)))
def test_reciprocity_holds_in_each_sample(impurities):
    """Current per rate of the spiral = −J × spin along ∂_x m per field, sample by sample, at every η."""
    band, eta = TightBinding(0.97, 0.3, dimension=2), np.array([0.05, 0.2, 0.8])
    for seed in range(3):
        torus = DisorderedTorus(band, impurities, 0.1, J=J, sites=6, seed=seed, antiperiodic=(True, False))
        spin, current = torus.response(E_F=2.0, kT=0.1, eta=eta).x, mf.torus_current(torus, E_F=2.0, eta=eta, kT=0.1)
        np.testing.assert_allclose(current, -J * spin, rtol=0, atol=1e-9 * np.abs(spin).max())


def test_arrays_broadcast():
    k_F, p = np.array([[5.0], [7.0]]), np.array([0.1, 0.2, 0.3])
    for function in (mf.drift_current, mf.interband_current, mf.stationary_current):
        assert function(p, k_F=k_F, omega=SLOW, J=J).shape == (2, 3)
        assert np.ndim(function(0.1, k_F=7.0, omega=SLOW, J=J)) == 0
    assert mf.motive_current(np.ones((2, 3, 3)), np.ones((2, 3)), n_s=[1.0, 2.0], J=J).shape == (2, 3)
    assert mf.motive_field(np.ones((2, 3, 3)), np.ones((2, 3)), beta=0.1, s=1).shape == (2, 3)


@pytest.mark.parametrize("function", (mf.drift_current, mf.interband_current, mf.stationary_current))
@pytest.mark.parametrize("change, message", [
    ({"k_F": 0.0}, "k_F must lie above 0"), ({"k_F": np.nan}, "k_F must be finite"),
    ({"J": -0.5}, "J must lie above 0 eV; got -0.5"), ({"J": np.nan}, "J must be finite"),
    ({"p": np.inf}, "p must be finite"), ({"omega": np.nan}, "omega must be finite"),
    ({"mass": 0.0}, "mass must lie above 0")])
def test_bad_input(function, change, message):
    arguments = {"k_F": K_F, "p": 0.1, "omega": SLOW, "J": J} | change
    with pytest.raises(ValueError, match=message):
        function(**arguments)


@pytest.mark.parametrize("mass", (0.3*m_e, m_e))
def test_the_pitch_may_grow_until_the_majority_leaves_k_0(mass):
    """The energy of the majority at k = 0, ħ²p²/8m − J, stays below the Fermi energy ħ²k_F²/2m."""
    longest = np.sqrt(8*mass*J + 4*(hbar*K_F)**2) / hbar
    arguments = {"k_F": K_F, "omega": SLOW, "J": J, "mass": mass}
    assert np.isfinite(mf.interband_current(0.999*longest, **arguments))
    with pytest.raises(ValueError, match=rf"must stay below .* = {longest:.4g} 1/nm; got {1.001*longest:g}"):
        mf.interband_current(1.001*longest, **arguments)


@pytest.mark.parametrize("function", (mf.drift_current, mf.interband_current, mf.stationary_current))
@pytest.mark.parametrize("change", ({"omega": 1e12}, {"p": 1e8}))
def test_numbers_in_si_are_warned_of(function, change):
    name = next(iter(change))
    with pytest.warns(ImplausibleValueWarning, match=f"{name} is taken in 1/"):
        if "p" in change and function is not mf.drift_current:
            with pytest.raises(ValueError, match="p must stay below"):
                function(**{"k_F": K_F, "p": 0.1, "omega": SLOW, "J": J} | change)
        else:
            function(**{"k_F": K_F, "p": 0.1, "omega": SLOW, "J": J} | change)


MANY, FEW = np.ones((4, 3, 3)), np.ones((5, 3))


@pytest.mark.parametrize("call, message", [
    (lambda: mf.motive_current(MANY, FEW, n_s=1.0, J=J), r"gradient without its last two axes, rate without its last "
     r"axis, n_s, J, mass must broadcast against each other; got shapes \(4,\), \(5,\), \(\), \(\), \(\)"),
    (lambda: mf.motive_current(MANY, FEW[:4], n_s=[1.0, 2.0], J=J), "n_s, J, mass must broadcast"),
    (lambda: mf.motive_field(MANY, FEW, beta=0.1, s=1), "gradient .*, rate .*, beta must broadcast"),
    (lambda: mf.berry_motive_field([0, 0, 1.0], MANY, FEW, s=1), "gradient .*, rate .*, m .* must broadcast"),
    (lambda: mf.berry_motive_field(np.tile([0, 0, 1.0], (2, 1)), MANY, FEW[:4], s=1), "m .* must broadcast"),
    (lambda: mf.exchange_wave_number(J=[1.0, 2.0], mass=np.ones(3)), "J, mass must broadcast"),
    (lambda: mf.band_densities(k_F=np.ones(2), J=np.ones(3)), "k_F, J, mass must broadcast"),
    (lambda: mf.one_band_integral(k_F=np.ones(2), k_B=np.ones(3)), "k_F, k_B must broadcast"),
    (lambda: mf.interband_element(np.ones(2), np.ones(3), J=J, rate=1.0), "k, p, J, rate, mass must broadcast"),
    (lambda: mf.drift_current(np.ones(2), k_F=np.full(3, K_F), omega=SLOW, J=J), "p, k_F, omega, J, mass must broadc"),
    (lambda: mf.interband_current(np.ones(2), k_F=K_F, omega=SLOW, J=np.ones(3)), "p, k_F, omega, J, mass must broadc"),
    (lambda: mf.stationary_current(np.ones(2), k_F=K_F, omega=SLOW, J=np.ones(3)), "p, k_F, omega, J, mass must br")])
def test_shapes_that_do_not_broadcast_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("call, message", [
    (lambda: mf.one_band_integral(k_F=3.0, k_B=4.0), "k_F must exceed k_B = 4 1/nm"),
    (lambda: mf.one_band_integral(k_F=4.0, k_B=4.0), "k_F must exceed"),
    (lambda: mf.drift_current(0.1, k_F=[7.0, 3.0], omega=SLOW, J=J), "k_F must exceed k_B = 4.5823 1/nm.*got 3"),
    (lambda: mf.interband_current(20.0, k_F=K_F, omega=SLOW, J=J), "p must stay below"),
    (lambda: mf.stationary_current(0.1, k_F=K_F, omega=SLOW, J=J, occupation="moving"), "occupation must be one of"),
    (lambda: mf.stationary_current(0.1, k_F=K_F, omega=1e3, J=J, occupation="rotating"), "omega must be small enough"),
    (lambda: mf.exchange_wave_number(J=0.0), "J must lie above 0"),
    (lambda: mf.band_densities(k_F=-1.0, J=J), "k_F must lie above 0"),
    (lambda: mf.interband_element(np.nan, 0.1, J=J, rate=0.1), "k must be finite"),
    (lambda: mf.interband_element(1.0, 0.1, J=0.0, rate=0.1), "J must lie above 0"),
    (lambda: mf.motive_current(np.ones(3), np.ones(3), n_s=1.0, J=J), "gradient must have shape"),
    (lambda: mf.motive_current(np.ones((3, 3)), np.ones(3), n_s=np.nan, J=J), "n_s must be finite"),
    (lambda: mf.motive_current(np.ones((3, 3)), np.ones(3), n_s=1.0, J=0.0), "J must lie above 0"),
    (lambda: mf.motive_field(np.ones((3, 3)), np.ones(2), beta=0.1, s=1), "rate must have shape"),
    (lambda: mf.motive_field(np.ones((3, 3)), np.ones(3), beta=0.1, s=0), "s must be"),
    (lambda: mf.motive_field(np.ones((3, 3)), np.ones(3), beta=np.nan, s=1), "beta must be finite"),
    (lambda: mf.berry_motive_field([1.0, 1.0, 0.0], np.ones((3, 3)), np.ones(3), s=1), "m must hold unit vectors"),
    (lambda: mf.onsager_coefficient(torque_per_field=np.nan, Ms=8e5), "torque_per_field must be finite"),
    (lambda: mf.onsager_coefficient(torque_per_field=1.0, Ms=0.0), "Ms must lie in"),
    (lambda: mf.evolved_current(0.1, [0, 2, 1], k_F=K_F, omega=0.01, J=J, ramp=10.0), "times must rise"),
    (lambda: mf.evolved_current(0.1, [0, 1], k_F=K_F, omega=0.01, J=J, ramp=0.0), "ramp must lie in"),
    (lambda: mf.evolved_current(0.5, [1e7], k_F=K_F, omega=0.01, J=0.1, ramp=1.0), "times must end before"),
    (lambda: mf.evolved_current([0.1, 0.2], [0, 1], k_F=K_F, omega=0.01, J=J, ramp=1.0), "p must be a single number"),
    (lambda: mf.evolved_current(0.1, [0, 1], k_F=K_F, omega=np.nan, J=J, ramp=1.0), "omega must be finite")])
def test_bad_input_elsewhere(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_bad_input_to_the_torus():
    band = TightBinding(0.97, 0.3, dimension=2)
    torus = DisorderedTorus(band, None, 0.1, J=J, sites=4)
    with pytest.raises(ValueError, match="eta must be a list of rates above zero"):
        mf.torus_current(torus, E_F=2.0, eta=[0.1, 0.0], kT=0.1)
    with pytest.raises(ValueError, match="kT must lie in"):
        mf.torus_current(torus, E_F=2.0, eta=0.1, kT=0.0)
    with pytest.raises(ValueError, match="E_F must lie in"):
        mf.torus_current(torus, E_F=200.0, eta=0.1, kT=0.1)
    magnetic = DisorderedTorus(band, Magnetic(1/0.09, 0.05, anisotropy=1.0), 0.1, J=J, sites=4)
    with pytest.raises(ValueError, match="spin-independent"):
        mf.torus_current(magnetic, E_F=2.0, eta=0.1, kT=0.1)
