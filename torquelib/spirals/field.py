"""Planar spirals, where an electron is a two-level system: the field on its spin, without expansion in the gradient.

In a planar spiral the magnetization turns at a constant rate about one axis, the plane's normal N. On the axes
(e_θ, e_φ, m) that turn with it nothing depends on position or time, k is a quantum number, and Eq. (8) can be written
without expanding in the gradient p:

    H' = [ε(k + p/2) + ε(k − p/2)]/2 + σ·b,    b = J m − (Q + ħω/2) N,    Q = [ε(k + p/2) − ε(k − p/2)]/2.

For ε = ħ²k²/2m, Q = ħ²k·p/2m. The spin of band s = ±1 is s b/|b|.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import _validate as check
from ..bands import BandLike, as_band
from ..units import hbar


def _spiral_rates(texture):
    """Of a planar spiral: wave vector p (3,) in 1/nm, rate ω in 1/fs and normal N (3,) on the axes (e_θ, e_φ, m).

    A texture counts as one if its magnetization stays in a plane through the z axis (φ constant, N = e_φ, as in (A1))
    or in the x-y plane (θ = π/2, N = −e_θ) and turns at a constant rate; a uniform texture has p = ω = 0.
    """
    points = np.array([[0, 0, 0, 0], [1.3, 0, 0, 0], [0, -2.1, 0, 0], [0, 0, 0.7, 0], [0, 0, 0, 3.1],
                       [17, 11, -13, 19.]])
    theta, _ = texture._angles(*points.T)
    dtheta, dphi = (np.moveaxis(d, 0, -1) for d in texture._angle_derivatives(*points.T))
    scale = max(np.abs(dtheta).max(), np.abs(dphi).max(), 1e-300)
    constant = max(np.ptp(dtheta, axis=0).max(), np.ptp(dphi, axis=0).max()) < 1e-8 * scale
    if constant and np.abs(dphi).max() < 1e-12 * scale:
        rates, normal = dtheta[0], np.array([0.0, 1.0, 0.0])
    elif constant and np.abs(dtheta).max() < 1e-12 * scale and np.abs(theta - np.pi/2).max() < 1e-12:
        rates, normal = dphi[0], np.array([-1.0, 0.0, 0.0])
    else:
        raise ValueError("texture must be a planar spiral: constant ∂_μθ at constant φ, or constant ∂_μφ at θ = π/2; "
                         f"got {texture!r}")
    return rates[:3].copy(), float(rates[3]), normal


def misalignment_energy(band: BandLike, k: ArrayLike, p: ArrayLike) -> NDArray:
    """Q = [ε(k + p/2) − ε(k − p/2)]/2 in eV, shape (...), exact in the gradient p; ħ²k·p/2m for a free electron.

    ``k`` (..., d) in 1/nm, ``p`` in 1/nm a number (along x) or a vector. To first order in p, Q = ħ v·p/2, the term
    v·(σ·A) of Eq. (8). Raises ValueError if k ± p/2 leaves the band's domain.
    """
    return _misalignment_energy(*_checked(band, k, p))


def _misalignment_energy(band, k, p):
    return (band._energy(k + p/2) - band._energy(k - p/2)) / 2


def _free_misalignment_energy(k, p, mass):
    """The same for free electrons, k and p along one line."""
    return hbar**2 * k * p / (2*mass)


def _checked(band, k, p):
    """The three, valid: k ± p/2 lie in the band's domain, and p is a vector (d,)."""
    band = as_band(band)
    k, p = check.finite("k", k, shape=(..., band.dimension), unit="1/nm"), check.vector("p", p, band.dimension, "1/nm")
    band._within(k + p/2, "k + p/2"), band._within(k - p/2, "k − p/2")
    return band, k, p


def spiral_field(band: BandLike, k: ArrayLike, p: ArrayLike, *, J: float, omega: float = 0.0,
                 normal: ArrayLike = (0.0, 1.0, 0.0)) -> NDArray:
    """Field b = J m − (Q + ħω/2) N on the spin, H' = … + σ·b: shape (..., 3) in eV on the axes (e_θ, e_φ, m).

    ``k`` (..., d) in 1/nm, ``p`` 1/nm (number or vector), ``J`` > 0 in eV, ``omega`` in rad/fs, ``normal`` the plane's
    normal on the same axes (e_φ for the spiral (A1)). Eq. (8) without expansion in p.
    """
    band, k, p = _checked(band, k, p)
    return _spiral_field(band, k, p, check.positive("J", J, "eV"), check.number("omega", omega, unit="rad/fs"),
                         check.unit_vectors("normal", normal))


def _spiral_field(band, k, p, J, omega, normal):
    q = _misalignment_energy(band, k, p) + hbar*omega/2
    return np.array([0.0, 0.0, J]) - q[..., None] * normal
