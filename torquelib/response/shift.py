"""The spin that an electric field gives to a state: the shift Δr of Eq. (4), Eqs. (3), (12), and their sum (11)."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import _validate as check
from ..bands import BandLike, as_band
from ..spins import _local_spin
from ..textures import TextureLike, _positions, as_texture
from ..units import e, hbar
from .fermi_sea import _check_dimension, _checked_occupations
from .grids import KGrid


def spin_shift(band: BandLike, k: ArrayLike, *, J: float, E: ArrayLike) -> NDArray:
    """Δr of Eq. (4), (Δr)_j = (ħ²e/4J²) Σ_i E_i [M⁻¹(k)]_ij, in nm, shape (..., d); for free electrons ħ²eE/4mJ².

    ``k`` (..., d) in 1/nm, ``J`` > 0 in eV, ``E`` in V/nm, a number (along x) or (d,). Raises ValueError for J ≤ 0, a
    field of another shape, or k outside the band's domain; warns of values that cannot be in these units.
    """
    band = as_band(band)
    return _spin_shift(band, band._checked(k), check.positive("J", J, "eV"),
                       check.vector("E", E, band.dimension, "V/nm"))


def _spin_shift(band, k, J, E):
    return hbar**2 * e / (4*J**2) * np.einsum("i,...ij->...j", E, band._inverse_mass(k))


def field_spin(band: BandLike, texture: TextureLike, k: ArrayLike, x: ArrayLike, y: ArrayLike = 0.0, z: ArrayLike = 0.0,
               t: ArrayLike = 0.0, *, s: int, J: float, E: ArrayLike) -> NDArray:
    """Δσ_{k,s} = s (Δr·∇)m of Eq. (12), Eq. (3) for free electrons: the spin that E adds to |k, s⟩, lab frame.

    ``k`` (..., d) in 1/nm; x, y, z (nm) and t (fs) broadcast with its leading axes; ``s`` = ±1, ``J`` > 0 in eV,
    ``E`` in V/nm, a number (along x) or (d,). Returns (..., 3). Errs by a relative 3Q²/2J², Q = ħ v·p/2 of a helix.
    Raises ValueError for another s and as `spin_shift`.
    """
    band, texture, k, at, s, J, E = _checked(band, texture, k, (x, y, z, t), s, J, E)
    return s * _along_gradient(_spin_shift(band, k, J, E), texture, at)


def _along_gradient(shift, texture, at):
    """(Δr·∇)m, shape (..., 3)."""
    return np.einsum("...j,...jc->...c", shift, texture._gradient(*at)[..., :shift.shape[-1], :])


def shifted_spin(band: BandLike, texture: TextureLike, k: ArrayLike, x: ArrayLike, y: ArrayLike = 0.0,
                 z: ArrayLike = 0.0, t: ArrayLike = 0.0, *, s: int, J: float, E: ArrayLike,
                 order: str = "first") -> NDArray:
    """Right-hand side of Eq. (4): the spin without field, (2)/(9), of the texture at r + Δr; lab frame, (..., 3).

    Arguments as in `field_spin`; ``order`` as in `spins.local_spin`. Agrees with (2) + (3) to first order in E.
    Raises as `field_spin`.
    """
    band, texture, k, at, s, J, E = _checked(band, texture, k, (x, y, z, t), s, J, E)
    check.choice("order", order, ("first", "local"))
    moved = list(at)
    for i, shift in enumerate(np.moveaxis(_spin_shift(band, k, J, E), -1, 0)):
        moved[i] = at[i] + shift
    return _local_spin(band, texture, k, np.broadcast_arrays(*moved), s, J, order)


def field_spin_density(band: BandLike, texture: TextureLike, grid: KGrid, f: ArrayLike, x: float, y: float = 0.0,
                       z: float = 0.0, t: float = 0.0, *, J: float, E: ArrayLike) -> NDArray:
    """Δ⟨σ⟩ = Σ_{k,s} Δσ_{k,s} f_{k,s}, Eq. (11) with (12), at one point: shape (3,), nm⁻ᵈ.

    ``f`` (n, 2) are any occupations on ``grid``, or (2,) for evenly filled bands. Raises as `field_spin` and
    `spin_current`.
    """
    band, texture = as_band(band), as_texture(texture)
    _check_dimension(band, grid)
    f = _checked_occupations(f, grid)
    at = [np.asarray(check.number(name, value)) for name, value in zip("xyzt", (x, y, z, t))]
    J, E = check.positive("J", J, "eV"), check.vector("E", E, band.dimension, "V/nm")
    k = band._within(grid.points, "grid")
    spin = _along_gradient(_spin_shift(band, k, J, E), texture, at)                          # of the minority
    return grid.sum(f[:, 1, None] * spin) - grid.sum(f[:, 0, None] * spin)


def _checked(band, texture, k, at, s, J, E):
    band, texture = as_band(band), as_texture(texture)
    k, at = band._checked(k), _positions(*at)
    check.common_shape(**{"k without its last axis": k[..., 0], "x, y, z, t": at[0]})
    return (band, texture, k, at, check.band_index("s", s), check.positive("J", J, "eV"),
            check.vector("E", E, band.dimension, "V/nm"))
