"""Local eigenstates and spins: against eigh, against Eq. (8) by matrices, covariance, symmetry, and bad input."""

import numpy as np
import pytest

from torquelib._validate import ImplausibleValueWarning
from torquelib.algebra import sigma
from torquelib.bands import FreeElectron, TightBinding
from torquelib.bruteforce import helix_eigenstates
from torquelib.gauge import gauge_potential, transformed_hamiltonian, unitary
from torquelib.spins import local_eigenstates, local_spin, spin_expectation
from torquelib.textures import BlochWall, CustomTexture, DriftingSpiral, RotatingSpiral, Skyrmion, Texture, Uniform
from torquelib.units import hbar, m_e

J = 1.07
CONICAL = CustomTexture(lambda x, y, z, t: 1 + 0.02*np.sin(x/4 + y/7) - 0.003*t,
                        lambda x, y, z, t: 0.03*x + 0.05*z + t/90)
TEXTURES = [DriftingSpiral(0.05, 0.02), RotatingSpiral(0.05, 0.03), Skyrmion(20.0, 8.0, helicity=0.4), CONICAL]


class Rotated(Texture):
    """A texture turned as a whole in spin space."""

    def __init__(self, texture, rotation):
        self.texture, self.rotation = texture, rotation

    def _angles(self, x, y, z, t):
        m = self.texture.m(x, y, z, t) @ self.rotation.T
        return np.arccos(m[..., 2]), np.arctan2(m[..., 1], m[..., 0])

    def _angle_derivatives(self, x, y, z, t):
        m = self.texture.m(x, y, z, t) @ self.rotation.T
        dm = np.concatenate([np.moveaxis(self.texture.gradient(x, y, z, t), -2, 0),
                             self.texture.time_derivative(x, y, z, t)[None]]) @ self.rotation.T
        d_theta = -dm[..., 2] / np.sqrt(1 - m[..., 2]**2)
        d_phi = (m[..., 0] * dm[..., 1] - m[..., 1] * dm[..., 0]) / (m[..., 0]**2 + m[..., 1]**2)
        return d_theta, d_phi


@pytest.fixture
def points():
    return np.random.default_rng(0).uniform(-8, 8, (4, 60))


@pytest.fixture
def k():
    return np.random.default_rng(1).uniform(-4, 4, (60, 3))


def test_spin_expectation_against_matrices():
    psi = np.random.default_rng(2).normal(size=(5, 4, 2, 2)) @ np.array([1, 1j])
    expected = np.einsum("...i,aij,...j->...a", psi.conj(), sigma, psi).real / np.sum(np.abs(psi)**2, -1)[..., None]
    assert np.allclose(spin_expectation(psi), expected, rtol=0, atol=1e-14)
    assert np.allclose(np.linalg.norm(spin_expectation(psi), axis=-1), 1)


def test_eigenstates_lie_along_the_field():
    # H = h0 + h·σ: energies h0 ∓ |h|, spins ∓h/|h|, index 0 the majority, antiparallel to h
    rng = np.random.default_rng(3)
    mean, h = rng.normal(size=200), rng.normal(size=(200, 3))
    H = mean[:, None, None] * np.eye(2) + np.einsum("na,aij->nij", h, sigma)
    length = np.linalg.norm(h, axis=-1)
    energies, states = local_eigenstates(H)
    assert np.allclose(energies, np.stack([mean - length, mean + length], axis=-1), rtol=0, atol=1e-13)
    for n, s in ((0, -1), (1, +1)):
        assert np.allclose(spin_expectation(states[..., n]), s * h / length[:, None], rtol=0, atol=1e-12)
    assert np.allclose(np.conj(np.swapaxes(states, -1, -2)) @ states, np.eye(2), rtol=0, atol=1e-14)


@pytest.mark.parametrize("texture", TEXTURES, ids=lambda t: type(t).__name__)
@pytest.mark.parametrize("band", [FreeElectron(dimension=3), TightBinding(0.8, 0.4, dimension=3)],
                         ids=lambda b: type(b).__name__)
def test_spin_by_diagonalising_8_and_rotating_back(texture, band, points, k):
    # route: 2×2 matrices of (8) from U's potential, numerical eigenvectors χ, spin of Uχ
    A = gauge_potential(texture, *points)
    A[..., 2] = 0  # the gauge in which the component along m vanishes at each point
    _, states = np.linalg.eigh(transformed_hamiltonian(band, k, A, J=J))
    psi = unitary(*texture.angles(*points)) @ states
    for n, s in ((0, -1), (1, +1)):
        exact = local_spin(band, texture, k, *points, s=s, J=J, order="local")
        assert np.allclose(exact, spin_expectation(psi[..., n]), rtol=0, atol=1e-13)


@pytest.mark.parametrize("s", [1, -1])
def test_first_order_is_9_and_error_is_second_order(s, points, k):
    band = TightBinding(0.8, 0.4, dimension=3)
    m, v = CONICAL.m(*points), band.velocity(k)
    rate = np.einsum("ni,nic->nc", v, CONICAL.gradient(*points)) + CONICAL.time_derivative(*points)
    first = local_spin(band, CONICAL, k, *points, s=s, J=J)
    assert np.allclose(first, s*m - s*hbar/(2*J) * np.cross(m, rate), rtol=0, atol=1e-14)
    deviations = []
    for p in (0.1, 0.05):
        pair = [local_spin(band, DriftingSpiral(p), k, *points, s=s, J=J, order=order) for order in ("first", "local")]
        deviations.append(np.abs(pair[0] - pair[1]).max())
    assert deviations[0] / deviations[1] == pytest.approx(4, rel=0.1)


@pytest.mark.parametrize("s", [1, -1])
def test_exact_spin_of_free_electrons_in_a_helix(s):
    # independent: generalised Bloch theorem, plane waves in the lab frame
    band, p, x = FreeElectron(dimension=1), 0.8, np.linspace(0, 5, 9)
    k = np.linspace(-6, 6, 13)[:, None]
    spins = helix_eigenstates(band, k, p, J=J).spin(x)[:, (s + 1)//2]
    local = local_spin(band, DriftingSpiral(p), k[:, None], x, s=s, J=J, order="local")
    assert np.allclose(local, spins, rtol=0, atol=1e-12)


@pytest.mark.parametrize("s", [1, -1])
def test_first_order_spin_in_a_helix_errs_by_p_squared(s):
    x = np.linspace(0, 5, 9)
    for band in (FreeElectron(dimension=1), TightBinding(0.8, 0.4, dimension=1)):
        k, errors = np.array([3.0]), []
        for p in (0.02, 0.01):
            exact = helix_eigenstates(band, k, p, J=J).spin(x)[(s + 1)//2]
            errors.append(np.abs(local_spin(band, DriftingSpiral(p), k, x, s=s, J=J) - exact).max())
        assert errors[0] / errors[1] == pytest.approx(4, rel=0.02)


def test_moving_textures_against_a2_and_corrected_a10():
    band, k, x, t = FreeElectron(dimension=1), np.array([2.5]), np.linspace(0, 30, 12), 4.0
    p, omega = 0.2, 0.3
    Q = hbar**2 * 2.5 * p / (2*m_e)
    b = J*DriftingSpiral(p, omega).m(x, t=t) - (Q + hbar*omega/2) * np.array([0, 1, 0])
    spin = local_spin(band, DriftingSpiral(p, omega), k, x, t=t, s=1, J=J, order="local")
    assert np.allclose(spin, b / np.sqrt(J**2 + (Q + hbar*omega/2)**2), rtol=0, atol=1e-14)
    # rotating spiral: −A_t is −(ħω/2)ẑ without its part along m; to first order that part does not matter
    m = RotatingSpiral(p, omega).m(x, t=t)
    e_phi = np.array([-np.sin(omega*t), np.cos(omega*t), 0])
    b = J*m - Q*e_phi - hbar*omega/2 * (np.array([0, 0, 1]) - m[:, 2:] * m)
    spin = local_spin(band, RotatingSpiral(p, omega), k, x, t=t, s=-1, J=J, order="local")
    assert np.allclose(spin, -b / np.linalg.norm(b, axis=-1, keepdims=True), rtol=0, atol=1e-14)


@pytest.mark.parametrize("order", ["first", "local"])
@pytest.mark.parametrize("texture", TEXTURES, ids=lambda t: type(t).__name__)
def test_lab_spin_turns_with_a_global_rotation(order, texture, points, k):
    rotation, _ = np.linalg.qr(np.random.default_rng(5).normal(size=(3, 3)))
    rotation *= np.sign(np.linalg.det(rotation))
    spin = local_spin(FreeElectron(dimension=3), texture, k, *points, s=1, J=J, order=order)
    turned = local_spin(FreeElectron(dimension=3), Rotated(texture, rotation), k, *points, s=1, J=J, order=order)
    assert np.allclose(turned, spin @ rotation.T, rtol=0, atol=1e-10)


@pytest.mark.parametrize("order", ["first", "local"])
def test_symmetries(order, k):
    band, x = FreeElectron(dimension=3), np.linspace(-5, 5, 60)
    spin = local_spin(band, DriftingSpiral(0.1), k, x, s=1, J=J, order=order)
    # p → −p with k → −k and x → −x: the same texture at the same place
    assert np.allclose(local_spin(band, DriftingSpiral(-0.1), -k, -x, s=1, J=J, order=order), spin, rtol=0, atol=1e-14)
    # k → −k mirrors the spin about the plane of the spiral
    assert np.allclose(local_spin(band, DriftingSpiral(0.1), -k, x, s=1, J=J, order=order), spin * [1, -1, 1],
                       rtol=0, atol=1e-14)
    # the two bands are opposite
    assert np.allclose(local_spin(band, DriftingSpiral(0.1), k, x, s=-1, J=J, order=order), -spin, rtol=0, atol=1e-14)
    if order == "local":
        assert np.allclose(np.linalg.norm(spin, axis=-1), 1, rtol=0, atol=1e-14)


def test_uniform_texture_and_large_j_leave_the_spin_along_m(k, points):
    band, still = FreeElectron(dimension=3), Uniform(0.7, 2.0)
    assert np.allclose(local_spin(band, still, k, *points, s=1, J=J), still.m(0.0))
    with pytest.warns(ImplausibleValueWarning, match="J is taken in eV"):
        spin = local_spin(band, CONICAL, k, *points, s=-1, J=1e9)
    assert np.allclose(spin, -CONICAL.m(*points), rtol=0, atol=1e-8)


def test_finite_and_continuous_through_a_skyrmion_centre():
    band, k = FreeElectron(dimension=2), np.array([3.0, 1.0])
    x = np.array([-1e-7, 0.0, 1e-7])
    for order in ("first", "local"):
        spin = local_spin(band, Skyrmion(3.0, 2.0, helicity=0.3), k, x, s=1, J=J, order=order)
        assert np.all(np.isfinite(spin)) and np.ptp(spin, axis=0).max() < 1e-6
        assert np.linalg.norm(spin[1] - [0, 0, -1]) > 1e-3  # a real tilt


def test_lower_dimensions_use_the_first_directions():
    x = np.linspace(-3, 3, 5)
    flat = local_spin(FreeElectron(dimension=1), BlochWall(2.0), np.array([3.0]), x, s=1, J=J)
    whole = local_spin(FreeElectron(dimension=3), BlochWall(2.0), np.array([3.0, 5.0, -1.0]), x, s=1, J=J)
    assert np.allclose(whole, flat)


@pytest.mark.parametrize("size", [1e200, 1e-200, 1e-310])
def test_spin_of_spinors_of_any_size(size):
    assert np.allclose(spin_expectation(size * np.array([[1, 1], [1, 0], [1, 1j], [0, -1]])),
                       [[1, 0, 0], [0, 0, 1], [0, 1, 0], [0, 0, -1]], rtol=0, atol=1e-12)


def test_bad_input():
    arguments = dict(band=FreeElectron(dimension=3), texture=Uniform(), k=np.zeros(3), x=0.0, s=1, J=1.0)
    for name, value, message in [("s", 0, r"s must be \+1 \(minority\) or -1 \(majority\); got 0"),
                                 ("s", "up", r"s must be \+1"),
                                 ("J", -1.0, r"J must lie in \(0, inf\) eV; got -1 eV"),
                                 ("order", "second", "order must be one of 'first', 'local'; got 'second'"),
                                 ("k", np.zeros(2), r"k must have shape \(\.\.\., 3\)"),
                                 ("x", np.nan, "x must be finite"),
                                 ("x", np.ones((2, 1)), None), ("x", np.zeros(0), None)]:
        if message is None:                                                # k (4, 3) and x do not fit
            arguments, message = {**arguments,
                                  "k": np.zeros((4, 3))}, "k without its last axis, x, y, z, t must broadcast"
            value = np.ones(3) if len(value) else value
        with pytest.raises(ValueError, match=message):
            local_spin(**{**arguments, name: value})
    with pytest.raises(ValueError, match="psi must not vanish"):
        spin_expectation([0, 0])
    with pytest.raises(ValueError, match=r"psi must have shape \(\.\.\., 2\)"):
        spin_expectation(np.ones(3))
    with pytest.raises(ValueError, match="H must be hermitian"):
        local_eigenstates([[1, 2], [3, 4]])
    with pytest.raises(ValueError, match="H must not be degenerate"):
        local_eigenstates(np.eye(2))
    with pytest.raises(ValueError, match=r"H must have shape \(\.\.\., 2, 2\)"):
        local_eigenstates(np.eye(3))
