"""Local eigenstates and their spins in the lab frame, Eqs. (2) and (9).

Band s = +1 is the minority (spin along m, energy +J), s = −1 the majority. Where states are listed, energies ascend:
index 0 is the majority, index 1 the minority.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _validate as check
from .algebra import sigma
from .bands import BandLike, as_band
from .gauge import _transverse_gauge_potential
from .textures import TextureLike, _positions, as_texture

__all__ = ["sigma", "spin_expectation", "local_eigenstates", "local_spin"]


def spin_expectation(psi: ArrayLike) -> NDArray:
    """⟨ψ|σ|ψ⟩/⟨ψ|ψ⟩ of spinors ψ (..., 2): unit vectors (..., 3). Raises ValueError for ψ = 0.

    For a state χ in the rotated frame the lab-frame spin is that of Uχ: ⟨χ|U†σU|χ⟩.
    """
    return _spin_expectation(check.finite("psi", psi, shape=(..., 2), dtype=complex))


def _spin_expectation(psi):
    largest = np.max(np.maximum(np.abs(psi.real), np.abs(psi.imag)), axis=-1, keepdims=True)
    if np.any(largest == 0):
        raise ValueError("psi must not vanish: a spinor of norm 0 has no spin")
    psi = psi.real / largest + 1j * (psi.imag / largest)                     # squares neither overflow nor vanish
    up, down = psi[..., 0], psi[..., 1]
    norm = np.abs(up)**2 + np.abs(down)**2
    flip = 2 * np.conj(up) * down
    return np.stack([flip.real, flip.imag, np.abs(up)**2 - np.abs(down)**2], axis=-1) / norm[..., None]


def local_eigenstates(H: ArrayLike) -> tuple[NDArray, NDArray]:
    """(energies (..., 2) ascending, states (..., 2, 2)) of hermitian matrices H (..., 2, 2) in eV.

    ``states[..., :, n]`` is the normalised spinor of ``energies[..., n]``: n = 0 majority, n = 1 minority. Raises
    ValueError where H is degenerate and a spin has no meaning.
    """
    energies, states = np.linalg.eigh(check.hermitian("H", H))
    if np.any(energies[..., 1] - energies[..., 0] <= 1e-13 * np.abs(energies).max(axis=-1)):
        raise ValueError("H must not be degenerate: where its two energies coincide the spin has no direction")
    return energies, states


def local_spin(band: BandLike, texture: TextureLike, k: ArrayLike, x: ArrayLike, y: ArrayLike = 0.0, z: ArrayLike = 0.0,
               t: ArrayLike = 0.0, *, s: int, J: float, order: str = "first") -> NDArray:
    """Spin of the local eigenstate |k, s⟩ in the lab frame, shape (..., 3).

    ``order="first"`` is Eq. (9) (for free electrons Eq. (2)), with the texture's motion included as in (A2):

        σ = s m − s (ħ/2J) m × (v·∇ + ∂_t) m,

    whose length differs from 1 in second order. ``order="local"`` diagonalises H' of Eq. (8) instead: σ = s b/|b| with
    b = Jm − (ħ/2) m × (v·∇ + ∂_t) m. A^z, which depends on the gauge, is left out of both.

    ``k`` (..., d) in 1/nm broadcasts against the positions (...) in nm and fs; ``s`` = +1 or −1; ``J`` > 0 in eV.
    Raises ValueError for other values or shapes, or k outside the band's domain; warns of a J that cannot be in eV.
    """
    band, texture = as_band(band), as_texture(texture)
    k, at = band._checked(k), _positions(x, y, z, t)
    check.common_shape(**{"k without its last axis": k[..., 0], "x, y, z, t": at[0]})
    s, J = check.band_index("s", s), check.positive("J", J, "eV")
    check.choice("order", order, ("first", "local"))
    return _local_spin(band, texture, k, at, s, J, order)


def _local_spin(band, texture, k, at, s, J, order):
    A = _transverse_gauge_potential(texture, at)
    along = np.einsum("...i,...ia->...a", band._velocity(k), A[..., :band.dimension, :]) + A[..., 3, :]
    field = np.array([0.0, 0.0, 1.0]) - along / J                            # b/J on the axes (e_θ, e_φ, m)
    if order == "local":
        field = field / np.linalg.norm(field, axis=-1, keepdims=True)
    return s * np.einsum("...a,...ac->...c", field, texture._axes(*at))
