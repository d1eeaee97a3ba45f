"""Planar spirals, where an electron is a two-level system: the field on its spin, without expansion in the gradient.

In a planar spiral the magnetization turns at a constant rate about one axis, the plane's normal N. On the axes
(e_θ, e_φ, m) that turn with it nothing depends on position or time, k is a quantum number, and Eq. (8) can be written
without expanding in the gradient p:

    H' = [ε(k + p/2) + ε(k − p/2)]/2 + σ·b,    b = J m − (Q + ħω/2) N,    Q = [ε(k + p/2) − ε(k − p/2)]/2.

For ε = ħ²k²/2m, Q = ħ²k·p/2m. The spin of band s = ±1 is s b/|b|.
"""

import numpy as np

from .. import _validate as check
from ..units import hbar


def spiral_rates(texture):
    """Wave vector p (3,) in 1/nm, turning rate ω in 1/fs and normal N (3,) on the axes (e_θ, e_φ,
    m) of a planar spiral.

    A texture counts as one if its magnetization stays in a plane through the z axis (φ constant, N = e_φ, as in (A1))
    or in the x-y plane (θ = π/2, N = −e_θ) and turns at a constant rate; a uniform texture has p = ω = 0.
    Raises ValueError for any other texture.
    """
    check.texture(texture)
    points = np.array([[0, 0, 0, 0], [1.3, 0, 0, 0], [0, -2.1, 0, 0], [0, 0, 0.7, 0], [0, 0, 0, 3.1],
                       [17, 11, -13, 19.]])
    theta, phi = texture.angles(*points.T)
    dtheta, dphi = (np.moveaxis(np.asarray(d, float), 0, -1) for d in texture.angle_derivatives(*points.T))
    theta, dtheta, dphi = np.broadcast_to(theta, 6), np.broadcast_to(dtheta, (6, 4)), np.broadcast_to(dphi, (6, 4))
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


def gradient_vector(band, p, *, name="p"):
    """``p`` as a vector (d,) for the band's dimension d: a number means along x.

    Raises ValueError, calling it ``name``, if it has components beyond the band's dimension that are not zero.
    """
    check.band(band)
    p = np.atleast_1d(check.finite(name, p))
    if p.ndim != 1 or p.size > 3:
        raise ValueError(f"{name} must be a number or a vector of at most 3 components; got shape {p.shape}")
    d = band.dimension
    if np.any(p[d:] != 0):
        raise ValueError(f"{name} must lie in the {d} dimension(s) of the band; got {p}")
    return np.pad(p[:d], (0, max(d - p.size, 0)))


def misalignment_energy(band, k, p):
    """Q = [ε(k + p/2) − ε(k − p/2)]/2 in eV, shape (...), exact in the gradient p; ħ²k·p/2m for a free electron.

    ``k`` (..., d) in 1/nm, ``p`` in 1/nm a number (along x) or a vector. To first order in p, Q = ħ v·p/2, the term
    v·(σ·A) of Eq. (8). Raises ValueError if k ± p/2 leaves the band's domain.
    """
    p = gradient_vector(band, p)
    k = check.finite("k", k, shape=(..., band.dimension))
    return (band.energy(k + p/2) - band.energy(k - p/2)) / 2


def spiral_field(band, k, p, J, omega=0.0, normal=(0.0, 1.0, 0.0)):
    """Field b = J m − (Q + ħω/2) N on the spin, H' = … + σ·b: shape (..., 3) in eV on the axes (e_θ, e_φ, m).

    ``k`` (..., d) in 1/nm, ``p`` 1/nm (number or vector), ``J`` > 0 in eV, ``omega`` in 1/fs, ``normal`` the plane's
    normal on the same axes (e_φ for the spiral (A1)). Eq. (8) without expansion in p.
    """
    check.band(band)
    J = check.positive("J", J, "eV")
    omega = check.number("omega", omega, unit="1/fs")
    normal = check.unit_vectors("normal", normal)
    q = misalignment_energy(band, k, p) + hbar*omega/2
    return np.array([0.0, 0.0, J]) - q[..., None] * normal
