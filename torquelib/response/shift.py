"""The spin that an electric field gives to a state: the shift Δr of Eq. (4), Eqs. (3), (12), and their sum (11)."""

import numpy as np

from .. import _validate as check
from ..spins import local_spin
from ..units import e, hbar
from .fermi_sea import _check_band, _checked_occupations


def spin_shift(band, k, J, electric_field):
    """Δr of Eq. (4), (Δr)_j = (ħ²e/4J²) Σ_i E_i [M⁻¹(k)]_ij, in nm, shape (..., d); for free electrons ħ²eE/4mJ².

    ``k`` (..., d) in 1/nm, ``J`` > 0 in eV, ``electric_field`` (d,) in V/nm (a number for d = 1). Raises ValueError for
    J ≤ 0, a field of another shape, or k outside the band's domain.
    """
    check.band(band)
    J = check.positive("J", J, "eV")
    E = _checked_field(electric_field, band.dimension)
    return hbar**2 * e / (4*J**2) * np.einsum("i,...ij->...j", E, band.inverse_mass(k))


def field_spin(band, texture, k, x, y=0.0, z=0.0, t=0.0, *, s, J, electric_field):
    """Δσ_{k,s} = s (Δr·∇)m of Eq. (12), Eq. (3) for free electrons: the spin that E adds to |k, s⟩, lab frame.

    ``k`` (..., d) in 1/nm; x, y, z (nm) and t (fs) broadcast with its leading axes; ``s`` = ±1, ``J`` > 0 in eV,
    ``electric_field`` (d,) in V/nm. Returns (..., 3). Errs by a relative 3Q²/2J², Q = ħ v·p/2 of a helix. Raises
    ValueError for another s and as `spin_shift`.
    """
    check.band(band), check.texture(texture)
    s, shift = check.band_index("s", s), spin_shift(band, k, J, electric_field)
    gradient = texture.gradient(x, y, z, t)[..., :band.dimension, :]
    check.common_shape(**{"k without its last axis": shift[..., 0]}, x=x, y=y, z=z, t=t)
    return s * np.einsum("...j,...jc->...c", shift, gradient)


def shifted_spin(band, texture, k, x, y=0.0, z=0.0, t=0.0, *, s, J, electric_field, order="first"):
    """Right-hand side of Eq. (4): the spin without field, (2)/(9), of the texture at r + Δr; lab frame, (..., 3).

    Arguments as in `field_spin`; ``order`` as in `spins.local_spin`. Agrees with (2) + (3) to first order in E.
    Raises as `field_spin`.
    """
    check.band(band), check.texture(texture)
    shift = spin_shift(band, k, J, electric_field)
    position = [check.finite(name, r) for name, r in zip("xyz", (x, y, z))]
    check.common_shape(**{"k without its last axis": shift[..., 0]}, x=x, y=y, z=z, t=t)
    for i in range(band.dimension):
        position[i] = position[i] + shift[..., i]
    return local_spin(band, texture, k, *position, t, s=s, J=J, order=order)


def field_spin_density(band, texture, grid, f, x, y=0.0, z=0.0, t=0.0, *, J, electric_field):
    """Δ⟨σ⟩ = Σ_{k,s} Δσ_{k,s} f_{k,s}, Eq. (11) with (12), at one point: shape (3,), nm⁻ᵈ.

    ``f`` (n, 2) are any occupations on ``grid``, or (2,) for evenly filled bands. Raises as `field_spin` and
    `spin_current`.
    """
    check.band(band), check.texture(texture), _check_band(band, grid)
    f = _checked_occupations(f, grid)
    return sum(grid.sum(f[:, i, None] * field_spin(band, texture, grid.points, x, y, z, t, s=s, J=J,
                                                   electric_field=electric_field))
               for i, s in enumerate((-1, 1)))


def _checked_field(electric_field, dimension):
    E = np.atleast_1d(check.finite("electric_field", electric_field))
    if E.shape != (dimension,):
        raise ValueError(f"electric_field must have shape ({dimension},), the band's dimension; got {E.shape}")
    return E
