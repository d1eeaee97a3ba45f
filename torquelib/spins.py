"""Local eigenstates and their spins in the lab frame, Eqs. (2) and (9).

Band s = +1 is the minority (spin along m, energy +J), s = −1 the majority. Where states are listed, energies ascend:
index 0 is the majority, index 1 the minority.
"""

import numpy as np

from . import _validate as check
from .algebra import sigma
from .gauge import transverse_gauge_potential

__all__ = ["sigma", "spin_expectation", "local_eigenstates", "local_spin"]


def spin_expectation(psi):
    """⟨ψ|σ|ψ⟩/⟨ψ|ψ⟩ of spinors ψ (..., 2): unit vectors (..., 3). Raises ValueError for ψ = 0.

    For a state χ in the rotated frame the lab-frame spin is that of Uχ: ⟨χ|U†σU|χ⟩.
    """
    psi = check.finite("psi", psi, shape=(..., 2), dtype=complex)
    up, down = psi[..., 0], psi[..., 1]
    norm = np.abs(up)**2 + np.abs(down)**2
    if np.any(norm == 0):
        raise ValueError("psi must not vanish: a spinor of norm 0 has no spin")
    flip = 2 * np.conj(up) * down
    return np.stack([flip.real, flip.imag, np.abs(up)**2 - np.abs(down)**2], axis=-1) / norm[..., None]


def local_eigenstates(H):
    """(energies (..., 2) ascending, states (..., 2, 2)) of hermitian matrices H (..., 2, 2) in eV.

    ``states[..., :, n]`` is the normalised spinor of ``energies[..., n]``: n = 0 majority, n = 1 minority. Raises
    ValueError where H is degenerate and a spin has no meaning.
    """
    energies, states = np.linalg.eigh(check.hermitian("H", H))
    if np.any(energies[..., 1] - energies[..., 0] <= 1e-13 * np.abs(energies).max(axis=-1)):
        raise ValueError("H must not be degenerate: where its two energies coincide the spin has no direction")
    return energies, states


def local_spin(band, texture, k, x, y=0.0, z=0.0, t=0.0, *, s, J, order="first"):
    """Spin of the local eigenstate |k, s⟩ in the lab frame, shape (..., 3).

    ``order="first"`` is Eq. (9) (for free electrons Eq. (2)), with the texture's motion included as in (A2):

        σ = s m − s (ħ/2J) m × (v·∇ + ∂_t) m,

    whose length differs from 1 in second order. ``order="exact"`` diagonalises H' of Eq. (8) instead: σ = s b/|b| with
    b = Jm − (ħ/2) m × (v·∇ + ∂_t) m. A^z, which depends on the gauge, is left out of both.

    ``k`` (..., d) in 1/nm broadcasts against the positions (...) in nm and fs; ``s`` = +1 or −1; ``J`` > 0 in eV.
    """
    check.band(band), check.texture(texture)
    s, J = check.band_index("s", s), check.positive("J", J, "eV")
    check.choice("order", order, ("first", "exact"))
    velocity = band.velocity(k)
    check.common_shape(**{"k without its last axis": velocity[..., 0]}, x=x, y=y, z=z, t=t)
    A = transverse_gauge_potential(texture, x, y, z, t)
    along = np.einsum("...i,...ia->...a", velocity, A[..., :band.dimension, :]) + A[..., 3, :]
    field = np.array([0.0, 0.0, 1.0]) - along / J                            # b/J on the axes (e_θ, e_φ, m)
    if order == "exact":
        field = field / np.linalg.norm(field, axis=-1, keepdims=True)
    return s * np.einsum("...a,...ac->...c", field, texture.axes(x, y, z, t))
