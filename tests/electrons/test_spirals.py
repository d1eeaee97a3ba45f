"""Appendix A: against brute force in the lab frame, time evolution, and each other."""

import numpy as np
import pytest
from routes import slope
from scipy.spatial.transform import Rotation

from torquelib.bands import CosineLinear, FreeElectron, Quartic, TightBinding
from torquelib.bruteforce import helix_eigenstates
from torquelib.spirals import (
    RotatingSpiralState,
    adiabatic_expansion_spin,
    drifting_spin,
    drifting_spin_shifted,
    extra_tilt,
    misalignment_energy,
    printed_a4,
    printed_a6,
    printed_a10,
    rotating_spin,
    spiral_field,
    tilt_angle,
)
from torquelib.spirals.evolution import SwitchedField, accelerated, evolve, evolve_rotating_spiral
from torquelib.textures import DriftingSpiral, RotatingSpiral
from torquelib.units import e, hbar, m_e

J = 0.53
FREE = FreeElectron(dimension=1)
BANDS = [FREE, TightBinding(0.5, 0.4, dimension=1), Quartic(quartic=0.02, dimension=1),
         CosineLinear(1.0, 0.3, dimension=1)]
X = np.linspace(0, 40, 9)


def test_spiral_textures_turn_as_printed():
    """(A1) and (A9), against their definition."""
    x, t = 1.7, 2.3
    np.testing.assert_allclose(DriftingSpiral(0.3, 0.2).m(x, t=t), [np.sin(0.97), 0, np.cos(0.97)])
    np.testing.assert_allclose(RotatingSpiral(0.3, 0.2).m(x, t=t),
                               [np.sin(0.51)*np.cos(0.46), np.sin(0.51)*np.sin(0.46), np.cos(0.51)])


@pytest.mark.parametrize("band", BANDS)
@pytest.mark.parametrize("s, index", ((-1, 0), (1, 1)))
def test_case_i_is_exact(band, s, index):
    """(A3) at any p, against the generalised Bloch theorem in the lab frame."""
    k, p = np.array([[2.0], [-3.5]]), 0.8
    lab = helix_eigenstates(band, k, p, J=J).spin(X)[:, index]
    found = drifting_spin(band, k[:, None], p, J=J, s=s, x=X, order="exact")
    np.testing.assert_allclose(found, lab, rtol=0, atol=1e-12)


def test_a4_is_the_angle_of_a3():
    k, p = np.array([[5.0], [-2.0]]), 0.4
    k_B = np.sqrt(2*m_e*J) / hbar
    sine = k[:, 0]*p / np.sqrt((k[:, 0]*p)**2 + k_B**4)
    np.testing.assert_allclose(np.sin(tilt_angle(FREE, k, p, J=J)), sine)
    lab = helix_eigenstates(FREE, k, p, J=J).spin(np.array([0.0]))[:, 1, 0]
    np.testing.assert_allclose(np.sin(tilt_angle(FREE, k, p, J=J)), -lab[:, 1], rtol=0, atol=1e-12)
    assert printed_a4(5.0, p, J=J) == pytest.approx(2.0 / (4 + k_B**2))
    assert printed_a4(7.5, p, J=J) == pytest.approx(3.0 / (9 + k_B**2))
    assert abs(printed_a4(5.0, p, J=J) - sine[0]) > 0.01


@pytest.mark.parametrize("band", BANDS)
def test_case_ii_is_stationary(band):
    """(A5): on axes that turn with the spiral the spin (A5) does not move, in any band and for any p and ω."""
    texture, times = DriftingSpiral(0.5, omega=0.4), np.linspace(0, 20, 5)
    k = np.array([2.5])
    start = drifting_spin(band, k, 0.5, J=J, s=1, omega=0.4, order="exact") @ texture.axes(0.0, t=0.0).T
    run = evolve(band, texture, SwitchedField(0.0), k, times, J=J, spin=start, s=-1)
    np.testing.assert_allclose(run.lab(run.spin), drifting_spin(band, k, 0.5, 0.0, times, s=1, J=J, omega=0.4,
                                                                     order="exact"), rtol=0, atol=1e-10)


def test_a6_is_the_angle_between_a3_and_a5():
    k, p, omega = np.array([[4.0], [0.0]]), 0.3, 0.2
    a3, a5 = (drifting_spin(FREE, k, p, J=J, s=1, omega=w, order="exact") for w in (0.0, omega))
    np.testing.assert_allclose(extra_tilt(FREE, k, p, J=J, omega=omega), np.arccos(np.sum(a3 * a5, axis=-1)), rtol=1e-9)
    w = 1e-4
    first = hbar*w / (2*J) * np.cos(tilt_angle(FREE, k, p, J=J))**2
    np.testing.assert_allclose(extra_tilt(FREE, k, p, J=J, omega=w), first, rtol=1e-4)
    assert printed_a6(J=J, omega=w) / extra_tilt(FREE, [0.0], p, J=J, omega=w) == pytest.approx(2)


@pytest.mark.parametrize("band", BANDS)
def test_a7_gives_a5_to_first_order(band):
    omegas = np.array([0.2, 0.1, 0.05])
    errors = [np.abs(adiabatic_expansion_spin(band, [3.0], 0.3, J=J, s=-1, x=X, t=1.0, omega=w)
                     - drifting_spin(band, [3.0], 0.3, X, 1.0, s=-1, J=J, omega=w, order="exact")).max()
              for w in omegas]
    no_admixture = np.abs(drifting_spin(band, [3.0], 0.3, J=J, s=-1, x=X, t=1.0, omega=0.05, order="exact")
                          - drifting_spin(band, [3.0], 0.3, J=J, s=-1, x=X + 1.0*0.05/0.3, order="exact")).max()
    assert slope(omegas, errors) == pytest.approx(2, abs=0.2)
    assert errors[-1] < 0.1 * no_admixture


@pytest.mark.parametrize("band", BANDS)
@pytest.mark.parametrize("s", (-1, 1))
@pytest.mark.parametrize("omega", (0.0, 0.3))
def test_case_iii_against_evolution(band, s, omega):
    """The lag in the field, exact in p and ω, against a slow ramp of the exact equation of motion."""
    p, E, times = 0.6, 1e-5, np.linspace(0, 200, 401)
    run = evolve(band, DriftingSpiral(p, omega), SwitchedField(E, ramp=150.0), [2.5], times, J=J, s=s)
    k = run.k[-1]
    assert run.deviation[-1, 0] != 0
    with_field = drifting_spin(band, k, p, J=J, s=s, t=times[-1], omega=omega, E=E, order="exact")
    without = drifting_spin(band, k, p, J=J, s=s, t=times[-1], omega=omega, order="exact")
    np.testing.assert_allclose(run.lab(run.deviation)[-1], with_field - without, rtol=0,
                               atol=1e-3 * hbar**2*e*E*p/(4*m_e*J**2))


def test_orders_of_the_drifting_spiral():
    """What (A2) and the first order leave out falls as the square (tilt) of p and ω together."""
    scales = np.array([1.0, 0.5, 0.25])

    def error(order, scale, E=0.0):
        spins = [drifting_spin(FREE, [3.0], 0.2*scale, X, 1.0, s=1, J=J, omega=0.1*scale, E=E, order=o)
                 for o in (order, "exact")]
        return np.abs(spins[0] - spins[1]).max()

    assert slope(scales, [error("first", c) for c in scales]) == pytest.approx(2, abs=0.1)
    assert error("local", 1.0) < 1e-12                                    # a parabola: the printed (A3), (A5) are exact
    relative = [error("local", c, E=1e-3) / c for c in scales]            # the field's term is of first order in p
    assert slope(scales, relative) == pytest.approx(2, abs=0.1)


def test_a8_is_a_shift_of_a5():
    E = 1e-3
    at, more = (FREE, [3.0], 0.1, X), dict(s=1, J=J, omega=0.05)
    shifted = drifting_spin_shifted(*at, E=E, **more)
    added, plain = (drifting_spin(*at, E=field, order="exact", **more) for field in (E, 0.0))
    assert np.abs(shifted - added).max() < 0.02 * np.abs(added - plain).max()


@pytest.mark.parametrize("band", BANDS[:3])
@pytest.mark.parametrize("s", (-1, 1))
def test_a10_against_plane_waves(band, s):
    """Brute force in the turning frame: the corrected sign errs in second order, the printed one in first."""
    scales = np.array([1.0, 0.5, 0.25])
    right, printed = [], []
    for c in scales:
        p, omega = 0.2*c, 0.1*c
        exact = RotatingSpiralState(band, [4.0], p, J=J, s=s, omega=omega).spin(X, 3.0)
        for errors, formula in ((right, rotating_spin), (printed, printed_a10)):
            errors.append(np.abs(formula(band, [4.0], p, X, 3.0, s=s, J=J, omega=omega) - exact).max())
    assert slope(scales, right) == pytest.approx(2, abs=0.15)
    assert slope(scales, printed) == pytest.approx(1, abs=0.1)


def test_the_spin_turns_with_the_spiral():
    """By the right-handed rotation about z that turns the texture."""
    state = RotatingSpiralState(FREE, [4.0], 0.3, J=J, s=1, omega=0.1)
    turned = Rotation.from_rotvec([0, 0, 0.1 * 3.0])
    np.testing.assert_allclose(RotatingSpiral(0.3, 0.1).m(X, t=3.0), turned.apply(RotatingSpiral(0.3, 0.1).m(X)),
                               rtol=0, atol=1e-14)
    np.testing.assert_allclose(state.spin(X, 3.0), turned.apply(state.spin(X)), rtol=0, atol=1e-14)


def test_the_overlap_with_the_electron_of_the_spiral_at_rest():
    """In real space, where the phase that it gathers on its way is a factor exp(i η sin px)."""
    p, omega, k = 0.3, 0.4, 4.0
    turning, still = (RotatingSpiralState(FREE, [k], p, J=J, s=1, omega=w) for w in (omega, 0.0))
    x = np.linspace(0, 2*np.pi/p, 200, endpoint=False)
    there, here = (np.exp(1j * x[:, None] * one.steps) @ one.coefficients for one in (turning, still))
    b = np.hypot(J, hbar**2 * k * p / (2*m_e))
    gathered = np.exp(1j * J * omega / (2 * b * p * hbar*k/m_e) * np.sin(p*x))[:, None]
    assert still.overlap == pytest.approx(1, abs=1e-12)
    assert turning.overlap == pytest.approx(np.abs(np.sum(there.conj() * gathered * here) / x.size)**2, rel=1e-6)
    assert turning.overlap < 0.999


def test_motion_along_the_crests_does_not_matter_to_a_free_electron():
    along = RotatingSpiralState(FREE, [4.0], 0.3, J=J, s=1, omega=0.1)
    oblique = RotatingSpiralState(FreeElectron(dimension=2), [4.0, 0.7], 0.3, J=J, s=1, omega=0.1)
    np.testing.assert_allclose(oblique.spin(X, 3.0), along.spin(X, 3.0), rtol=0, atol=1e-12)
    assert oblique.energy - along.energy == pytest.approx((hbar*0.7)**2 / (2*m_e), rel=1e-9)


def test_places_may_stand_in_any_shape():
    state = RotatingSpiralState(FREE, [4.0], 0.3, J=J, s=1, omega=0.1)
    x, t = np.linspace(0, 7, 6).reshape(2, 3), np.array([1.0, 2.0])[:, None]
    found = state.spin(x, t)
    assert found.shape == (2, 3, 3)
    for at in np.ndindex(2, 3):
        np.testing.assert_allclose(found[at], state.spin(x[at], t[at[0], 0]), rtol=0, atol=1e-14)


def test_a10_without_rotation_is_a3():
    kwargs = dict(x=X, t=2.0)
    np.testing.assert_allclose(rotating_spin(FREE, [3.0], 0.3, J=J, s=1, **kwargs),
                               drifting_spin(FREE, [3.0], 0.3, J=J, s=1, x=X, order="exact"))
    printed = printed_a10(FREE, [3.0], 0.3, J=J, s=1, **kwargs)
    np.testing.assert_allclose(printed, drifting_spin(FREE, [-3.0], 0.3, J=J, s=1, x=X, order="exact"))


def test_plane_waves_at_rest_are_the_helix():
    state = RotatingSpiralState(FREE, [4.0], 0.5, J=J, s=1, omega=0.0)
    exact = drifting_spin(FREE, [4.0], 0.5, J=J, s=1, x=X, order="exact")
    np.testing.assert_allclose(state.spin(X), exact, rtol=0, atol=1e-10)
    assert state.overlap == pytest.approx(1)
    assert state.energy == pytest.approx(helix_eigenstates(FREE, [4.0], 0.5, J=J).energies[1])


def test_plane_waves_of_a_rotating_spiral_are_followed_from_rest():
    """The wave that is expected carries the phase of the energy −s(ħω/2)cos px, which is not small here."""
    k, p, omega = 18.0, 0.1, 0.2
    assert J * omega / (2 * np.hypot(J, hbar**2*k*p/(2*m_e)) * p * hbar*k/m_e) > 0.4  # rad
    for s in (-1, 1):
        state = RotatingSpiralState(FREE, [k], p, J=J, s=s, omega=omega)
        assert state.overlap > 0.99
        at_rest = helix_eigenstates(FREE, [k], p, J=J).energies[(s + 1) // 2]
        assert state.energy == pytest.approx(at_rest, abs=hbar*omega/20)


@pytest.mark.parametrize("band", (FREE, BANDS[1]))
def test_spin_shift_in_the_rotating_spiral(band):
    """Case (iii) for (A10): evolve the plane waves; the spin along ∂_x m, averaged over a period, is the lag."""
    p, omega, E = 0.2, 0.01, 1e-3
    period = 2*np.pi / p * np.arange(16) / 16
    state = RotatingSpiralState(band, [5.0], p, J=J, s=-1, omega=omega)
    field, times = SwitchedField(E, ramp=180.0), np.linspace(0, 200, 3)
    spin = evolve_rotating_spiral(band, state, field, period, times)[-1]
    k = accelerated(band, field, [5.0], times)[-1]
    at_rest = RotatingSpiralState(band, k, p, J=J, s=-1, omega=omega).spin(period, times[-1])
    e_theta = RotatingSpiral(p, omega).axes(period, t=times[-1])[:, 0]
    found = np.sum((spin - at_rest) * e_theta, axis=-1).mean()
    formula = (rotating_spin(band, k, p, J=J, s=-1, x=period, t=200.0, omega=omega, E=E)
               - rotating_spin(band, k, p, J=J, s=-1, x=period, t=200.0, omega=omega))
    expected = np.sum(formula * e_theta, axis=-1).mean()
    assert found == pytest.approx(expected, rel=0.05)


def test_spins_reverse_with_band_and_tilt_with_p():
    more = dict(x=X, omega=0.0)
    np.testing.assert_allclose(drifting_spin(FREE, [3.0], 0.3, J=J, s=1, **more),
                               -drifting_spin(FREE, [3.0], 0.3, J=J, s=-1, **more))
    np.testing.assert_allclose(tilt_angle(FREE, [3.0], 0.3, J=J), -tilt_angle(FREE, [3.0], -0.3, J=J))
    np.testing.assert_allclose(np.linalg.norm(rotating_spin(FREE, [3.0], 0.3, J=J, s=1, x=X, omega=0.2), axis=-1), 1)


def test_arrays_broadcast():
    k = np.random.default_rng(0).normal(size=(5, 1, 2))
    band = FreeElectron(dimension=2)
    shape = (5, 9, 3)
    assert drifting_spin(band, k, 0.1, J=J, s=1, x=X, E=1e-3, order="exact").shape == shape
    assert rotating_spin(band, k, 0.1, J=J, s=1, x=X, omega=0.1).shape == shape
    assert adiabatic_expansion_spin(band, k, 0.1, J=J, s=1, x=X, omega=0.1).shape == shape
    assert misalignment_energy(band, k, (0.1, 0.2)).shape == (5, 1)
    assert spiral_field(band, k, (0.1, 0.2), J=J).shape == (5, 1, 3)


@pytest.mark.parametrize("function",
                         (drifting_spin, drifting_spin_shifted, rotating_spin, adiabatic_expansion_spin, printed_a10))
@pytest.mark.parametrize("change, message", [
    ({"J": 0.0}, "J must lie in"), ({"J": -0.5}, "J must lie in"), ({"s": 2}, "s must be"),
    ({"k": [np.inf]}, "k must be finite"), ({"k": [1.0, 2.0]}, "k must have shape"),
    ({"p": np.nan}, "p must be finite"),
    ({"omega": np.nan}, "omega must be finite")])
def test_bad_input(function, change, message):
    arguments = {"k": [1.0], "p": 0.1, "J": J, "s": 1, "omega": 0.1} | change
    k, p, J_, s, omega = arguments.values()
    with pytest.raises(ValueError, match=message):
        function(FREE, k, p, s=s, J=J_, omega=omega)


def test_bad_input_elsewhere():
    with pytest.raises(ValueError, match="order must be one of"):
        drifting_spin(FREE, [1.0], 0.1, J=J, s=1, order="second")
    for function in (drifting_spin, rotating_spin, drifting_spin_shifted, adiabatic_expansion_spin, printed_a10):
        with pytest.raises(ValueError, match=r"k without its last axis, p, x, t, omega must broadcast .* \(2,\), "
                                             r"\(\), \(0,\)"):
            function(FREE, [[1.0], [2.0]], 0.1, np.array([]), s=1, J=J)
    with pytest.raises(ValueError, match=r"^k \+ p/2 must lie in the domain of Quartic"):
        drifting_spin(Quartic(quartic=-0.01, dimension=1), [7.05], 0.1, J=J, s=1, order="exact")
    with pytest.raises(ValueError, match="J must lie in"):
        tilt_angle(FREE, [1.0], 0.1, J=0.0)
    with pytest.raises(ValueError, match="J must lie in"):
        extra_tilt(FREE, [1.0], 0.1, J=-1.0, omega=0.1)
    with pytest.raises(ValueError, match=r"k without its last axis, omega must broadcast .* \(2,\), \(3,\)"):
        extra_tilt(FREE, [[1.0], [2.0]], 0.1, J=1.0, omega=np.ones(3))
    with pytest.raises(ValueError, match="omega must be finite"):
        extra_tilt(FREE, [1.0], 0.1, J=1.0, omega=np.nan)
    with pytest.raises(ValueError, match="J must lie in"):
        printed_a6(J=0.0, omega=0.1)
    with pytest.raises(ValueError, match="mass must lie in"):
        printed_a4(1.0, 0.1, J=J, mass=-1.0)
    with pytest.raises(ValueError, match="p must not be 0"):
        RotatingSpiralState(FREE, [1.0], 0.0, J=J, s=1, omega=0.1)
    with pytest.raises(ValueError, match="velocity along x"):
        RotatingSpiralState(FREE, [0.0], 0.1, J=J, s=1, omega=0.1)
    with pytest.raises(ValueError, match="crossings"):
        RotatingSpiralState(FREE, [0.1], 0.2, J=J, s=1, omega=0.2)
    with pytest.raises(ValueError, match="waves must be at least"):
        RotatingSpiralState(FREE, [1.0], 0.1, J=J, s=1, omega=0.1, waves=1)
    state = RotatingSpiralState(FREE, [4.0], 0.2, J=J, s=1, omega=0.1)
    with pytest.raises(ValueError, match="times must rise"):
        evolve_rotating_spiral(FREE, state, SwitchedField(1e-3), X, [0, 2, 1])
    with pytest.raises(TypeError, match="field must be"):
        evolve_rotating_spiral(FREE, state, 1e-3, X, [0, 1, 2])
