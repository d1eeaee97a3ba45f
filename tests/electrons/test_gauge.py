"""The gauge transformation: U turns z into m, A_μ by independent routes, covariance, and bad input."""

import numpy as np
import pytest
from routes import TEXTURES
from scipy.linalg import expm

from torquelib.algebra import sigma
from torquelib.bands import CosineLinear, CustomBand, FreeElectron, TightBinding
from torquelib.gauge import (
    gauge_freedom,
    gauge_potential,
    gauge_potential_numerical,
    transformed_hamiltonian,
    transverse_gauge_potential,
    unitary,
)
from torquelib.textures import CustomTexture, DresselhausTexture, RashbaTexture, Skyrmion, Uniform
from torquelib.units import hbar, m_e


@pytest.fixture
def points():
    return np.random.default_rng(0).uniform(-8, 8, (4, 60))


def dagger(matrix):
    return np.conj(np.swapaxes(matrix, -1, -2))


def test_unitary_is_the_product_of_two_rotations():
    rng = np.random.default_rng(1)
    for theta, phi in rng.uniform(-7, 7, (20, 2)):
        expected = expm(-0.5j * phi * sigma[2]) @ expm(-0.5j * theta * sigma[1])
        assert np.allclose(unitary(theta, phi), expected, rtol=0, atol=1e-14)


def test_unitary_turns_z_into_m(points):
    for texture in TEXTURES:
        U, m = unitary(*texture.angles(*points)), texture.m(*points)
        assert np.allclose(dagger(U) @ U, np.eye(2), rtol=0, atol=1e-14)
        assert np.allclose(dagger(U) @ np.einsum("...a,aij->...ij", m, sigma) @ U, sigma[2], rtol=0, atol=1e-13)
        # and x, y into e_θ, e_φ: the axes on which A is given
        for axis, matrix in zip(range(3), sigma):
            along = np.einsum("...a,aij->...ij", texture.axes(*points)[..., axis, :], sigma)
            assert np.allclose(dagger(U) @ along @ U, matrix, rtol=0, atol=1e-13)


@pytest.mark.parametrize("texture", TEXTURES, ids=repr)
def test_potential_from_angles_is_that_of_finite_differences_of_U(texture, points):
    A, numerical = gauge_potential(texture, *points), gauge_potential_numerical(texture, *points)
    assert A.shape == numerical.shape == (60, 4, 3)
    assert np.allclose(A, numerical, rtol=0, atol=1e-9 * max(1, np.abs(A).max()))


@pytest.mark.parametrize("texture", TEXTURES, ids=repr)
def test_transverse_potential_is_m_cross_dm(texture, points):
    m, axes = texture.m(*points), texture.axes(*points)
    lab = np.einsum("...ma,...ac->...mc", transverse_gauge_potential(texture, *points), axes)
    gradient, rate = texture.gradient(*points), texture.time_derivative(*points)
    assert np.allclose(lab[..., :3, :], hbar/2 * np.cross(m[..., None, :], gradient), rtol=0, atol=1e-14)
    assert np.allclose(lab[..., 3, :], hbar/2 * np.cross(m, rate), rtol=0, atol=1e-14)


def test_numerical_potential_ignores_jumps_of_phi():
    texture = CustomTexture(lambda x, y, z, t: 1.0 + 0.1*x, lambda x, y, z, t: np.mod(0.5*x, 2*np.pi))
    jump = 2*np.pi/0.5
    expected = hbar/2 * np.array([-np.sin(1 + 0.1*jump) * 0.5, 0.1, np.cos(1 + 0.1*jump) * 0.5])
    assert np.allclose(gauge_potential_numerical(texture, jump + 1e-4)[0], expected, rtol=0, atol=1e-5)
    assert np.allclose(gauge_potential(texture, jump + 1e-4)[0], expected, rtol=0, atol=1e-5)


def test_paper_values_of_c2_and_c5():
    p = 0.01
    A = gauge_potential(RashbaTexture(p), 0.0)
    assert np.allclose(A[:3], hbar*p/2 * np.array([[0, 1, 0], [-1, 0, 0], [0, 0, 0]]), rtol=0, atol=1e-17)
    A = gauge_potential(DresselhausTexture(p), 0.0)
    assert np.allclose(A[:3], hbar*p/2 * np.array([[-1, 0, 0], [0, 1, 0], [0, 0, 0]]), rtol=0, atol=1e-17)


def test_skyrmion_centre():
    skyrmion = Skyrmion(2.0, 1.5)
    gradient = skyrmion.gradient(0.0)
    lab = transverse_gauge_potential(skyrmion, 0.0)[:3] @ skyrmion.axes(0.0)
    assert np.allclose(lab, hbar/2 * np.cross(skyrmion.m(0.0), gradient), rtol=0, atol=1e-15)
    with pytest.raises(ValueError, match="skyrmion's centre"):
        gauge_potential(skyrmion, 0.0)


def chi(x, y, z, t):
    return 0.4*x + np.sin(0.3*y) - 0.2*t


def test_gauge_freedom_is_that_of_a_further_rotation(points):
    # independent: finite differences of U exp(−iχσ_z/2), built from matrices
    texture = CustomTexture(lambda x, y, z, t: 1 + 0.3*np.sin(x/4), lambda x, y, z, t: 0.2*x + 0.1*y - t/50)
    x, y, z, t = points
    derivatives = np.stack([0.4 + 0*x, 0.3*np.cos(0.3*y), 0*x, -0.2 + 0*x])
    A = gauge_freedom(gauge_potential(texture, *points), chi(*points), derivatives)

    def U(*at):
        angle = chi(*at)
        turn = np.zeros(angle.shape + (2, 2), dtype=complex)
        turn[..., 0, 0], turn[..., 1, 1] = np.exp(-0.5j*angle), np.exp(0.5j*angle)
        return unitary(*texture.angles(*at)) @ turn
    h = 1e-4
    for mu in range(4):
        shift = np.zeros((4, 1))
        shift[mu] = h
        dU = (U(*(points + shift)) - U(*(points - shift))) / (2*h)
        matrix = 1j*hbar * dagger(U(*points)) @ dU
        assert np.allclose(np.einsum("...a,aij->...ij", A[..., mu, :], sigma), matrix, rtol=0, atol=1e-7)


def test_gauge_freedom_leaves_transverse_vector_and_curl(points):
    skyrmion = Skyrmion(4.0, 2.0, helicity=0.3)
    angle = chi(*points)
    derivatives = np.stack([0.4 + 0*angle, 0.3*np.cos(0.3*points[1]), 0*angle, -0.2 + 0*angle])
    before = gauge_potential(skyrmion, *points)
    after = gauge_freedom(before, angle, derivatives)
    axes = skyrmion.axes(*points)
    turned = axes.copy()  # U exp(−iχσ_z/2) turns e_θ, e_φ by χ about m
    turned[..., 0, :] = np.cos(angle)[:, None] * axes[..., 0, :] + np.sin(angle)[:, None] * axes[..., 1, :]
    turned[..., 1, :] = -np.sin(angle)[:, None] * axes[..., 0, :] + np.cos(angle)[:, None] * axes[..., 1, :]
    for mu in range(4):
        assert np.allclose(np.einsum("...a,...ac->...c", before[..., mu, :2], axes[..., :2, :]),
                           np.einsum("...a,...ac->...c", after[..., mu, :2], turned[..., :2, :]), rtol=0, atol=1e-14)
    assert np.allclose(after[..., 2] - before[..., 2], hbar/2 * derivatives.T)


def test_curl_of_A_z_is_the_solid_angle_density(points):
    # ∂_x A_y^z − ∂_y A_x^z = −(ħ/2) m·(∂_x m × ∂_y m): what no gauge changes
    skyrmion = Skyrmion(4.0, 2.0, helicity=0.3)
    x, y = points[:2]
    h = 1e-4
    curl = ((gauge_potential(skyrmion, x + h, y)[:, 1, 2] - gauge_potential(skyrmion, x - h, y)[:, 1, 2])
            - (gauge_potential(skyrmion, x, y + h)[:, 0, 2] - gauge_potential(skyrmion, x, y - h)[:, 0, 2])) / (2*h)
    g = skyrmion.gradient(x, y)
    density = np.sum(skyrmion.m(x, y) * np.cross(g[:, 0], g[:, 1]), axis=-1)
    assert np.allclose(curl, -hbar/2 * density, rtol=0, atol=1e-6)


def test_transformed_hamiltonian_is_hermitian_with_the_right_pauli_parts():
    rng = np.random.default_rng(3)
    band, J = TightBinding(0.8, 0.4, dimension=3), 0.9
    k, A = rng.normal(size=(50, 3)), rng.normal(size=(50, 4, 3)) * 0.05
    H = transformed_hamiltonian(band, k, A, J=J)
    assert H.shape == (50, 2, 2) and np.allclose(H, dagger(H))
    # written out for one point, as in Eq. (8)
    v = band.velocity(k)[7]
    expected = band.energy(k)[7]*np.eye(2) + J*sigma[2]
    for i in range(3):
        for a in range(3):
            expected = expected - v[i] * A[7, i, a] * sigma[a]
    expected = expected - sum(A[7, 3, a] * sigma[a] for a in range(3))
    assert np.allclose(H[7], expected, rtol=0, atol=1e-14)


@pytest.mark.parametrize("band", [FreeElectron(dimension=1), TightBinding(0.8, 0.4, dimension=1),
                                  CosineLinear(1.5, 0.3, dimension=1)], ids=repr)
def test_transformed_hamiltonian_is_first_order_of_the_exact_shift(band):
    # for A along one axis ε(k − σ·A/ħ) is known exactly from ε(k ± a); the error of (8) falls as A²
    k, J, axis = np.array([2.0]), 1.0, np.array([0.48, 0.6, 0.64])
    errors = []
    for a in (0.02, 0.01):
        A = np.zeros((4, 3))
        A[0] = hbar * a * axis
        plus, minus = band.energy(k - a), band.energy(k + a)
        exact = (plus + minus)/2 * np.eye(2) + (plus - minus)/2 * np.einsum("a,aij->ij", axis, sigma) + J*sigma[2]
        errors.append(np.abs(transformed_hamiltonian(band, k, A, J=J) - exact).max())
    assert errors[0] / errors[1] == pytest.approx(4, rel=0.05)


def test_transformed_schroedinger_equation():
    # (8) from (7) with nothing but differentiation: apply H − iħ∂_t to U(x, t)χ(x, t) and compare with U(H' − iħ∂_t)χ.
    # Exact for a linear band ε = ħck, for which (8) has no higher orders.
    c, J, h = 0.7, 1.1, 1e-3
    texture = CustomTexture(lambda x, y, z, t: 1 + 0.4*np.sin(0.3*x + 0.2*t), lambda x, y, z, t: 0.5*x - 0.3*t)
    chi_state = lambda x, t: np.stack([np.exp(1j*(0.8*x - t)), (0.3 + 0.1*x) * np.exp(1j*t)], -1)  # noqa: E731
    x, t = np.linspace(-3, 3, 7), 0.4

    def along(function, mu):
        def move(n):
            return function(x + n*h*(mu == 0), t + n*h*(mu == 1))
        return (8*(move(1) - move(-1)) - (move(2) - move(-2))) / (12*h)

    def psi(x, t):
        return np.einsum("xij,xj->xi", unitary(*texture.angles(x, t=t)), chi_state(x, t))
    exchange = J * np.einsum("xa,aij->xij", texture.m(x, t=t), sigma)
    left = -1j*hbar*c * along(psi, 0) + np.einsum("xij,xj->xi", exchange, psi(x, t)) - 1j*hbar * along(psi, 1)
    linear = CustomBand(lambda k: hbar*c*k[..., 0], lambda k: c + 0*k, lambda k: 0*k[..., None], dimension=1)
    H_field = transformed_hamiltonian(linear, [0.0], gauge_potential(texture, x, t=t), J=J)    # (8) without ε(k) = ħck
    right = -1j*hbar*c * along(chi_state, 0) + np.einsum("xij,xj->xi", H_field,
                                                         chi_state(x, t)) - 1j*hbar * along(chi_state, 1)
    assert np.allclose(left, np.einsum("xij,xj->xi", unitary(*texture.angles(x, t=t)), right), rtol=0, atol=1e-9)


def test_p_to_minus_p_with_k_to_minus_k():
    band = FreeElectron(mass=m_e, dimension=2)
    k = np.random.default_rng(4).normal(size=(20, 2))
    forward = transformed_hamiltonian(band, k, gauge_potential(RashbaTexture(0.05), 0.0), J=1.0)
    backward = transformed_hamiltonian(band, -k, gauge_potential(RashbaTexture(-0.05), 0.0), J=1.0)
    assert np.allclose(forward, backward, rtol=0, atol=1e-15)


def test_bad_input():
    band = FreeElectron(dimension=2)
    A = np.zeros((4, 3))
    with pytest.raises(ValueError, match="theta must be finite"):
        unitary(np.nan, 0.0)
    with pytest.raises(TypeError, match="phi must be numeric"):
        unitary(0.0, "east")
    with pytest.raises(ValueError, match="x must be finite"):
        gauge_potential(Uniform(), np.inf)
    with pytest.raises(ValueError, match="x must be finite"):
        transverse_gauge_potential(Uniform(), np.inf)
    with pytest.raises(ValueError, match="t must be finite"):
        gauge_potential_numerical(Uniform(), 0.0, t=np.nan)
    with pytest.raises(ValueError, match="step"):
        gauge_potential_numerical(Uniform(), 0.0, step=0.0)
    with pytest.raises(ValueError, match=r"A must have shape \(\.\.\., 4, 3\); got \(3, 3\)"):
        gauge_freedom(np.zeros((3, 3)), 0.0, np.zeros(4))
    with pytest.raises(ValueError, match="chi must be finite"):
        gauge_freedom(A, np.nan, np.zeros(4))
    with pytest.raises(ValueError, match=r"chi_derivatives must have shape \(4, \.\.\.\); got \(3,\)"):
        gauge_freedom(A, 0.0, np.zeros(3))
    with pytest.raises(ValueError, match=r"chi_derivatives must have shape \(4, \.\.\.\); got \(\)"):
        gauge_freedom(A, 0.0, 0.1)
    with pytest.raises(ValueError, match=r"A .*, chi, chi_derivatives .* must broadcast .*\(2,\), \(3,\), \(3,\)"):
        gauge_freedom(np.zeros((2, 4, 3)), np.zeros(3), np.zeros((4, 3)))
    with pytest.raises(ValueError, match=r"J must lie in \(0, inf\) eV; got 0 eV"):
        transformed_hamiltonian(band, np.zeros(2), A, J=0.0)
    with pytest.raises(ValueError, match="A must be finite"):
        transformed_hamiltonian(band, np.zeros(2), A + np.nan, J=1.0)
    with pytest.raises(ValueError, match=r"k must have shape \(\.\.\., 2\)"):
        transformed_hamiltonian(band, np.zeros(3), A, J=1.0)
