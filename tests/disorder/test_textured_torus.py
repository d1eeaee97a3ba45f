"""Textures on the lattice's own spin axes, and the drag of their emergent field."""

import numpy as np
import pytest
from routes import PAULI
from scipy.integrate import solve_ivp
from scipy.special import expit

from torquelib.bands import CustomBand, TightBinding
from torquelib.disorder.bloch_spiral import intrinsic_response
from torquelib.disorder.drag import emergent_drag
from torquelib.disorder.impurities import Magnetic, SpinIndependent
from torquelib.disorder.torus import DisorderedTorus, TexturedTorus, average_along_slope, mean_and_error
from torquelib.textures import DresselhausTexture, DriftingSpiral, RashbaTexture, Uniform
from torquelib.units import e, hbar

T, A, J, E_F, KT = 1.0, 0.3, 0.8, 2.0, 0.1
BAND = TightBinding(T, A, dimension=2)
SCALAR = SpinIndependent(1 / A**2, 0.9 * A**2)
ETA = np.array([0.06, 0.25]) / hbar
AT = dict(J=J, E_F=E_F, kT=KT)


def pitch(sites, turns=1):
    return 2*np.pi*turns / (sites * A)


@pytest.mark.parametrize("turns", [1, 2])
@pytest.mark.parametrize("impurities", [None, SCALAR])
def test_planar_spiral_against_the_rotated_frame(turns, impurities):
    """The same sample on the turning axes: σ_x there is the spin along ∂_x m/p. A turn of m by 2π gives the rotated
    states a sign."""
    n, p = 6, pitch(6, turns)
    still = TexturedTorus(BAND, impurities, DriftingSpiral(p, 0.0), J=J, sites=n, seed=3)
    turning = DisorderedTorus(BAND, impurities, p, J=J, sites=n, seed=3, antiperiodic=(turns % 2 == 1, False))
    assert np.allclose(still.energies, turning.energies, rtol=0, atol=1e-11)
    found = still.along_slope(E_F=E_F, kT=KT, eta=ETA)
    assert np.allclose(found, turning.response(E_F=E_F, kT=KT, eta=ETA).x / p, rtol=1e-8)


def by_hand(n, m, potential, shift):
    """H with hops written one by one; ``shift`` = eA/ħ in 1/nm as a Peierls phase."""
    H = np.zeros((n, n, 2, n, n, 2), complex)
    for x in range(n):
        for y in range(n):
            H[x, y, :, x, y, :] += 4*T*np.eye(2) + potential[x*n + y]
            H[x, y, :, x, y, :] += J * np.tensordot(m[x*n + y], PAULI, 1)
            hop = -T * np.exp(1j * shift * A) * np.eye(2)
            H[x, y, :, (x + 1) % n, y, :] += hop
            H[(x + 1) % n, y, :, x, y, :] += hop.conj()
            H[x, y, :, x, (y + 1) % n, :] -= T * np.eye(2)
            H[x, (y + 1) % n, :, x, y, :] -= T * np.eye(2)
    return H.reshape(2*n*n, 2*n*n)


def test_response_against_time_evolution():
    """A texture that is not coplanar, followed in time under hops written by hand; and the force on it as the
    derivative of the energy, moved by a differenced m."""
    n, eta, E = 4, 0.5 / hbar, 2e-3
    texture = RashbaTexture(pitch(n))
    torus = TexturedTorus(BAND, SCALAR, texture, J=J, sites=n, seed=7)
    x, y = (A * i.ravel() for i in np.indices((n, n)))
    f = expit((E_F - torus.energies) / KT)
    start = ((torus.states * f) @ torus.states.conj().T).astype(complex)
    H = lambda shift: by_hand(n, texture.m(x, y), torus.potential, shift)
    zero, quarter, half = (H(angle / A) for angle in (0, np.pi/2, np.pi))
    assert np.allclose(torus.hamiltonian, zero, rtol=0, atol=1e-13)
    mean, cosine = (zero + half) / 2, (zero - half) / 2

    def final(field):
        def flow(t, rho):
            rho = rho.reshape(start.shape)
            angle = -e * field / eta * np.exp(eta * t) / hbar * A
            H = mean + np.cos(angle) * cosine + np.sin(angle) * (quarter - mean)
            return (-1j / hbar * (H @ rho - rho @ H)).ravel()
        path = solve_ivp(flow, (-14 / eta, 0), start.ravel(), method="DOP853", rtol=1e-9, atol=1e-11)
        return path.y[:, -1].reshape(start.shape)

    change = (final(E) - final(-E)) / (2 * E) / torus.area
    h = 1e-5
    moved = (by_hand(n, texture.m(x + h, y), torus.potential, 0) - by_hand(n, texture.m(x - h, y), torus.potential, 0))
    force = np.trace(moved / (2*h) @ change).real                              # J ∫ s·∂_x m per area
    slope = np.mean(np.sum(texture.gradient(x, y)[:, 0]**2, axis=-1))
    assert np.isclose(force / (J * slope), torus.along_slope(E_F=E_F, kT=KT, eta=[eta])[0], rtol=1e-4)


def bent_lattice(share=0.15):
    """Hopping to the second neighbours too: M_xy is not zero."""
    c, n = np.cos, np.sin

    def energy(k):
        x, y = np.moveaxis(A*k, -1, 0)
        return T * (4 - 2*c(x) - 2*c(y) + 4*share*(c(x)*c(y) - 1))

    def velocity(k):
        x, y = np.moveaxis(A*k, -1, 0)
        return T*A/hbar * np.stack([2*n(x) - 4*share*n(x)*c(y), 2*n(y) - 4*share*c(x)*n(y)], -1)

    def inverse_mass(k):
        x, y = np.moveaxis(A*k, -1, 0)
        xx, yy, xy = 2*c(x) - 4*share*c(x)*c(y), 2*c(y) - 4*share*c(x)*c(y), 4*share*n(x)*n(y)
        return T*(A/hbar)**2 * np.stack([np.stack([xx, xy], -1), np.stack([xy, yy], -1)], -2)
    return CustomBand(energy, velocity, inverse_mass, dimension=2, reciprocal_vectors=2*np.pi/A * np.eye(2))


@pytest.mark.parametrize("axis, texture", [("x", RashbaTexture), ("y", DresselhausTexture)])
@pytest.mark.parametrize("band, n, tolerance", [
    (BAND, 10, 0.13), (bent_lattice(), 10, 0.13),
    pytest.param(BAND, 14, 0.08, marks=pytest.mark.thorough)])
def test_drag_against_exact_states_without_impurities(band, n, tolerance, axis, texture):
    """A half metal, ħvp/2J = 0.4 or 0.3, switched on in a time shorter than an electron takes through a period: what
    the double turn adds to the planar spiral."""
    eta, at = np.array([0.5, 0.8]) / hbar, dict(J=2.0, E_F=0.0, kT=0.15)
    p = pitch(n)
    both, planar = (average_along_slope(band, None, one, sites=n, samples=4, eta=eta, **at).mean(0)
                    for one in (texture(p), DriftingSpiral(p, 0.0)))
    drag = [emergent_drag(band, p, tau=np.inf, eta=rate, axis=axis, **at) for rate in eta]
    assert np.allclose(both - planar, drag, rtol=tolerance), (both - planar) / drag
    assert planar[0] == pytest.approx(intrinsic_response(band, p, **at) / p, rel=0.12)


def test_electrons_that_pile_up_hold_the_sideways_current_back():
    """Among impurities, exact states: the same two turns in the same samples drag where Ω varies along the current, and
    hardly where it varies across, though the texture is steep on half of the film only."""
    n, eta, at = 8, np.array([0.12]) / hbar, dict(J=2.0, E_F=0.0, kT=0.1)
    run = lambda texture: average_along_slope(BAND, SCALAR, texture, sites=n, samples=24, eta=eta, seed=1, **at)
    unit, planar = intrinsic_response(BAND, pitch(n), **at) / pitch(n), run(DriftingSpiral(pitch(n), 0.0))
    for texture, axis in ((RashbaTexture, "x"), (DresselhausTexture, "y")):
        mean, error = (found[0] / unit for found in mean_and_error(run(texture(pitch(n))) - planar))
        expected = emergent_drag(BAND, pitch(n), tau=0.91, eta=eta[0], axis=axis, **at) / unit
        assert abs(mean - expected) < 3*abs(error) and abs(error) < 0.15, (axis, mean, error, expected)


def test_drag_of_few_electrons_against_the_closed_form():
    """Near the band's bottom electrons are free: −(ħ²/4J)(p²/2) e n/(mγ)² times 2[√(1 + x²) − 1]/x², x = pvτ."""
    mass, n_F = hbar**2 / (2*T*A**2), 0.15
    p, tau, at = 0.4, 5.0, dict(J=2.0, E_F=-2.0 + n_F, kT=0.004)
    density = n_F * mass / (2*np.pi * hbar**2)
    x = p * np.sqrt(2*n_F / mass) * tau
    expected = -hbar**2 / 8 * p**2 * e * density * (tau / mass)**2 / 2.0 * 2*(np.sqrt(1 + x*x) - 1) / x**2
    assert emergent_drag(BAND, p, tau=tau, points=1200, **at) == pytest.approx(expected, rel=0.03)
    assert abs(emergent_drag(BAND, p, tau=tau, axis="y", points=1200, **at)) < 1e-3 * abs(expected)
    # across, switched on at the rate η: from ⟨1/(Γ + iqv_y)⟩ = 1/√(Γ² + q²v²) = P by partial fractions
    rate, along = 1/tau + 0.1, x / (p * tau)
    P = 1 / np.hypot(rate, p * along)
    held = (1 - rate*P) / rate * (rate - (1 - rate*P) / (tau - P))
    across = -hbar**2 / (4*2.0) * e * 2*density / (mass * along)**2 * held
    assert emergent_drag(BAND, p, tau=tau, eta=0.1, axis="y", points=1200, **at) == pytest.approx(across, rel=0.04)
    half = emergent_drag(BAND, p, tau=2*tau, eta=1 / (2*tau), points=1200, **at)
    assert half == pytest.approx(emergent_drag(BAND, p, tau=tau, points=1200, **at), rel=1e-9)
    metal = lambda tau: emergent_drag(BAND, p, tau=tau, **AT)                  # two bands, each with its own
    assert metal((1.0, 2.0)) + metal((2.0, 1.0)) == pytest.approx(metal(1.0) + metal(2.0))
    assert abs(metal((2.0, 1.0))) > abs(metal((1.0, 2.0)))                     # the majority is faster


def test_samples_are_paired_and_reproducible():
    run = lambda texture, **more: average_along_slope(BAND, SCALAR, texture, sites=4, samples=4, eta=ETA, seed=1,
                                                      **AT, **more)
    planar = run(DriftingSpiral(pitch(4), 0.0))
    assert planar.shape == (4, 2)
    assert np.array_equal(planar, run(DriftingSpiral(pitch(4), 0.0)))
    assert np.allclose(planar, run(DriftingSpiral(pitch(4), 0.0), workers=2), rtol=1e-9)
    a, b = (TexturedTorus(BAND, SCALAR + Magnetic(1.0, 0.1), texture, J=J, sites=4, seed=5)
            for texture in (RashbaTexture(pitch(4)), DriftingSpiral(pitch(4), 0.0)))
    assert np.array_equal(a.potential, b.potential)


def test_bad_input():
    make = lambda **change: TexturedTorus(**{**dict(band=BAND, impurities=None, texture=RashbaTexture(pitch(4)), J=J,
                                                    sites=4), **change})
    for change, message in (({"texture": RashbaTexture(0.7)}, "texture must have the period 1.2 nm"),
                            ({"texture": Uniform(0.3, 0.1)}, "texture must turn along x"),
                            ({"J": -1.0}, "J must lie in"), ({"sites": 3}, "sites must be at least 4"),
                            ({"band": TightBinding(1.0, 0.3, dimension=3)}, "two-dimensional")):
        with pytest.raises(ValueError, match=message):
            make(**change)
    for more in (lambda k: np.sin(0.3*k[..., 0]) * np.sin(0.3*k[..., 1]),
                 lambda k: np.sin(0.3*k[..., 0]), lambda k: np.sin(0.3*k[..., 1])):
        lopsided = CustomBand(lambda k, more=more: BAND.energy(k) + more(k), BAND.velocity, BAND.inverse_mass,
                              dimension=2, reciprocal_vectors=BAND.reciprocal_vectors)
        with pytest.raises(ValueError, match="band must be even in k_x and in k_y; CustomBand is not"):
            emergent_drag(lopsided, 0.5, tau=1.0, **AT)
    with pytest.raises(TypeError, match="texture must be an object such as"):
        make(texture=lambda x, y: x)
    for change, message in (({"tau": 0.0}, "tau must lie in"),
                            ({"tau": [1.0] * 3}, "tau must be one number or two"),
                            ({"tau": np.inf}, "eta must be above zero where tau"),
                            ({"axis": "z"}, "axis must be"),
                            ({"eta": -1.0}, "eta must"), ({"kT": 0.0}, "kT must lie in")):
        with pytest.raises(ValueError, match=message):
            emergent_drag(BAND, 0.5, **{**dict(tau=1.0, **AT), **change})


@pytest.mark.parametrize("p", [1e-5, 1e-8, 1e-11])
def test_drag_goes_as_the_square_of_a_small_pitch(p):
    along = {axis: emergent_drag(BAND, p, tau=5.0, axis=axis, points=128, **AT) / p**2 for axis in ("x", "y")}
    assert along["x"] == pytest.approx(emergent_drag(BAND, 1e-3, tau=5.0, points=128, **AT) / 1e-6, rel=1e-4)
    assert abs(along["y"]) < 1e-9 * abs(along["x"])  # electrons pile up until they hold the sideways current back


def test_no_texture_takes_nothing():
    for axis in ("x", "y"):
        assert emergent_drag(BAND, 0.0, tau=5.0, axis=axis, points=128, **AT) == 0
