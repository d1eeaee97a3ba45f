"""The gauge transformation of Eqs. (7) and (8): a texture becomes a uniform direction and a field A_μ.

U = exp(−iφσ_z/2) exp(−iθσ_y/2) turns the z axis into m(r, t): U†(σ·m)U = σ_z. Seen through it the Hamiltonian
H = ε(k) + Jσ·m turns into H' with the gauge potential

    σ·A_μ = iħ U†∂_μU,   A_μ = (ħ/2)(−sinθ ∂_μφ, ∂_μθ, cosθ ∂_μφ)   on the rotated axes (e_θ, e_φ, m).

An array A has the shape (..., 4, 3): μ = x, y, z (eV fs/nm), t (eV), then the component on e_θ, e_φ, m. The observable
is U†σU, not σ. A^z (the component along m) depends on the gauge and must not enter a spin tilt.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _validate as check
from .algebra import sigma
from .bands import BandLike, as_band
from .quadrature import central_difference
from .textures import TextureLike, _positions, as_texture
from .units import hbar


def unitary(theta: ArrayLike, phi: ArrayLike) -> NDArray:
    """U = exp(−iφσ_z/2) exp(−iθσ_y/2), shape (..., 2, 2), for angles in rad that broadcast to (...). Eq. (8)."""
    theta, phi = check.finite("theta", theta), check.finite("phi", phi)
    check.common_shape(theta=theta, phi=phi)
    return _unitary(*np.broadcast_arrays(theta, phi))


def _unitary(theta, phi):
    cos, sin, phase = np.cos(theta/2), np.sin(theta/2), np.exp(-0.5j*phi)
    U = np.empty(theta.shape + (2, 2), dtype=complex)
    U[..., 0, 0], U[..., 0, 1] = phase * cos, -phase * sin
    U[..., 1, 0], U[..., 1, 1] = np.conj(phase) * sin, np.conj(phase) * cos
    return U


def gauge_potential(texture: TextureLike, x: ArrayLike, y: ArrayLike = 0.0, z: ArrayLike = 0.0,
                    t: ArrayLike = 0.0) -> NDArray:
    """A_μ on the rotated axes from the angles of ``texture``, shape (..., 4, 3). Eq. (8).

    Units: eV fs/nm for μ = x, y, z and eV for μ = t. At the centre of a skyrmion A^z diverges with ∂φ: ValueError; what
    does not depend on the gauge is finite there, see `transverse_gauge_potential`.
    """
    texture, at = as_texture(texture), _positions(x, y, z, t)
    theta, _ = texture._angles(*at)
    _, d_phi = texture._angle_derivatives(*at)
    A = _transverse_gauge_potential(texture, at)
    A[..., 2] = np.moveaxis(hbar/2 * np.cos(theta) * d_phi, 0, -1)
    return A


def transverse_gauge_potential(texture: TextureLike, x: ArrayLike, y: ArrayLike = 0.0, z: ArrayLike = 0.0,
                               t: ArrayLike = 0.0) -> NDArray:
    """A_μ without its component along m, shape (..., 4, 3): (ħ/2) m × ∂_μ m on the rotated axes. Finite at the poles.

    Units and arguments as `gauge_potential`.
    """
    return _transverse_gauge_potential(as_texture(texture), _positions(x, y, z, t))


def _transverse_gauge_potential(texture, at):
    d_theta, sin_d_phi = texture._transverse_derivatives(*at)
    return hbar/2 * np.moveaxis(np.stack([-sin_d_phi, d_theta, np.zeros_like(d_theta)], axis=-1), 0, -2)


def gauge_potential_numerical(texture: TextureLike, x: ArrayLike, y: ArrayLike = 0.0, z: ArrayLike = 0.0,
                              t: ArrayLike = 0.0, *, step: float = 1e-3) -> NDArray:
    """A_μ from finite differences of U, σ·A_μ = iħ U†∂_μU, shape (..., 4, 3); no derivative of an angle is used.

    Fourth-order central differences of U†(r)U(r + n·step), ``step`` in nm and fs. A jump of φ by 2π, which changes the
    sign of U, does no harm. Positions within two steps of a pole where φ is singular give no meaningful result.
    """
    own, at = as_texture(texture), _positions(x, y, z, t)
    step = check.positive("step", step, "nm and fs")
    U_dagger = np.conj(np.swapaxes(_unitary(*own._angles(*at)), -1, -2))
    A = np.empty(at[0].shape + (4, 3))
    for mu in range(4):
        def relative(n, mu=mu):
            moved = (value + (n * step if i == mu else 0.0) for i, value in enumerate(at))
            W = U_dagger @ _unitary(*own._angles(*moved))
            trace = np.trace(W, axis1=-2, axis2=-1).real
            return W * np.where(trace < 0, -1.0, 1.0)[..., None, None]
        derivative = central_difference(relative, step)
        A[..., mu, :] = 0.5 * np.einsum("aij,...ji->...a", sigma, 1j*hbar * derivative).real
    return A


def gauge_freedom(A: ArrayLike, chi: ArrayLike, chi_derivatives: ArrayLike) -> NDArray:
    """A_μ after the further rotation U → U exp(−iχσ_z/2) about m, shape (..., 4, 3).

    ``A`` (..., 4, 3); ``chi`` (...) in rad; ``chi_derivatives`` (4, ...) = ∂_μχ in rad/nm and rad/fs. The rotated axes
    e_θ, e_φ turn by χ about m, so the transverse part of A turns by −χ on them: in space it is the same vector. A^z
    grows by ħ∂_μχ/2, with no limit: it cannot be observed by itself, its curl can. Raises ValueError for other shapes.
    """
    A, chi = check.finite("A", A, shape=(..., 4, 3)), check.finite("chi", chi)
    gained = check.finite("chi_derivatives", chi_derivatives)
    if gained.shape[:1] != (4,):
        raise ValueError(f"chi_derivatives must have shape (4, ...); got {gained.shape}")
    check.common_shape(**{"A without its last two axes": A[..., 0, 0], "chi": chi,
                          "chi_derivatives without its first": gained[0]})
    gained, chi = np.moveaxis(gained, 0, -1), chi[..., None]
    cos, sin = np.cos(chi), np.sin(chi)
    return np.stack(np.broadcast_arrays(cos * A[..., 0] + sin * A[..., 1],
                                        -sin * A[..., 0] + cos * A[..., 1],
                                        A[..., 2] + hbar/2 * gained), axis=-1)


def transformed_hamiltonian(band: BandLike, k: ArrayLike, A: ArrayLike, *, J: float) -> NDArray:
    """H'(k) = ε(k) + Jσ_z − Σ_i v_i(k) σ·A_i − σ·A_t to first order in gradients, shape (..., 2, 2) in eV. Eq. (8).

    ``k`` (..., d) in 1/nm with d = ``band.dimension``: k_x, then k_y, k_z; ``A`` (..., 4, 3) from `gauge_potential`;
    ``J`` > 0 in eV. The leading shapes of k and A broadcast; ValueError if they do not.
    """
    band = as_band(band)
    k, A = band._checked(k), check.finite("A", A, shape=(..., 4, 3))
    check.common_shape(**{"k without its last axis": k[..., 0], "A without its last two": A[..., 0, 0]})
    J = check.positive("J", J, "eV")
    velocity = band._velocity(k)
    field = -np.einsum("...i,...ia->...a", velocity, A[..., :band.dimension, :]) - A[..., 3, :]
    field = field + J * np.array([0.0, 0.0, 1.0])
    return band._energy(k)[..., None, None] * np.eye(2) + np.einsum("...a,aij->...ij", field, sigma)
