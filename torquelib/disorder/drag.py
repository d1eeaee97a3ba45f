"""What a texture that is not coplanar takes from a current: the drag of its emergent field.

Electron side: eV, nm, fs. The spin of a band's electrons follows m, and its Berry phase acts on them like a magnetic
field along z, ħ dk/dt ∋ s (ħ/2) Ω v × ẑ with

    Ω = m·(∂_x m × ∂_y m).

It bends a current along x to either side. The sideways current feels the field in its turn, and the force on it points
against the current; on the texture acts the opposite force. In the texture of `textures.RashbaTexture`, θ = π/2 + px,
φ = py, Ω = p² cos px alternates, and Boltzmann's equation with one lifetime τ gives, to first order in the electric
field E e^{ηt} and second in Ω,

    J ∫ s·∂_x m / ∫|∂_x m|² = −(ħ²/4)(p²/2) eE Σ_ks (−f') M_xx⁻¹ v_y² / (γ² + p²v_x²),      γ = 1/τ + η,

s the spin density; for free electrons slow against pvτ it is −(ħ²/4)(p²/2) eE n/(mγ)². No spin is lost anywhere:
impurities need only take up momentum.
"""

import numpy as np
from numpy.typing import ArrayLike

from .. import _validate as check
from ..bands import BandLike
from ..units import e, hbar
from .bloch_spiral import _two_dimensional, _zone


def emergent_drag(band: BandLike, p: float, *, J: float, E_F: float, kT: float, tau: ArrayLike, eta: float = 0.0,
                  points: int = 512) -> float:
    """∫ s·∂_x m / ∫|∂_x m|² per field along x, in (1/nm)/(V/nm): the part of `TexturedTorus.along_slope` that comes
    with the emergent field of `RashbaTexture` with the pitch ``p`` in 1/nm. (3) has `intrinsic_response`/p.

    ``band`` a two-dimensional lattice, symmetric in x and y; ``J``, ``E_F``, ``kT`` in eV; ``tau`` in fs, above zero,
    one for both bands or two, majority first, inf without impurities; ``eta`` in 1/fs, not negative, above zero if tau
    is inf. The sum runs over ``points``² k-points. Holds where electrons follow m, ħvp ≪ 2J, and where the emergent
    field bends them little between collisions, ħp²/2m ≪ γ. Raises ValueError outside what is said.
    """
    band, p = _two_dimensional(band), check.number("p", p, unit="1/nm")
    J, kT = check.positive("J", J, "eV"), check.positive("kT", kT, "eV")
    E_F, eta = check.number("E_F", E_F, unit="eV"), check.nonnegative("eta", eta, "1/fs")
    if np.shape(tau) not in ((), (2,)):
        raise ValueError(f"tau must be one number or two, majority first; got shape {np.shape(tau)}")
    rates = eta + np.array([0.0 if t == np.inf else 1 / check.positive("tau", t, "fs") for t in np.ravel(tau)])
    if np.any(rates == 0):
        raise ValueError("eta must be above zero where tau is inf; got 0")
    k, vectors = _zone(band, points, None)
    energy, v, mass = band._energy(k), band._velocity(k), band._inverse_mass(k)[..., 0, 0]
    cell = abs(np.linalg.det(vectors)) / (2*np.pi * points)**2                    # d²k/(2π)²
    sideways = 0.0
    for s, rate in zip((-1, 1), np.broadcast_to(rates, 2)):
        x = np.exp(-np.abs(energy + s*J - E_F) / kT)
        slope = x / (1 + x)**2 / kT                                               # −f'
        sideways += cell * np.sum(slope * mass * v[..., 1]**2 / (rate**2 + (p * v[..., 0])**2))
    return float(-hbar**2 / (4*J) * p**2 / 2 * e * sideways)
