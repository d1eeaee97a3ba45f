"""Who is where: the Fermi function, a sea that drifts in the field, and the densities it makes (below Eq. (6)).

Electrons have charge −e: a field E (V/nm) drives their wave vector by ħ dk/dt = −eE. Two bands, in this order
everywhere: index 0 is the majority (s = −1, lower energy), index 1 the minority (s = +1), as `numpy.linalg.eigh`
returns them.
"""

import warnings
from dataclasses import dataclass

import numpy as np

from .. import _validate as check
from ..quadrature import fermi_function
from ..units import e, hbar
from .grids import KGrid

_STEPS_PER_KT = 4.0


class CoarseGridWarning(UserWarning):
    """The occupation changes by more than the grid can follow between neighbouring k-points."""


@dataclass(frozen=True)
class FermiDirac:
    """The Fermi function f(E) = 1/(exp[(E − μ)/kT] + 1); ``chemical_potential`` μ and ``kT`` ≥ 0 in eV.

    Call it with energies in eV of any shape. kT = 0 is the step, ½ at E = μ.
    Raises ValueError for non-finite arguments or kT < 0.
    """

    chemical_potential: float
    kT: float

    def __post_init__(self):
        check.number("chemical_potential", self.chemical_potential, unit="eV")
        check.nonnegative("kT", self.kT, "eV")

    def __call__(self, energy):
        return fermi_function(check.finite("energy", energy) - self.chemical_potential, self.kT)


def drift(electric_field, tau):
    """Wave vector −eEτ/ħ (1/nm) that carriers of charge −e gain from E (V/nm, any shape) in the time ``tau`` (fs).

    Raises ValueError for a non-finite field or tau < 0.
    """
    return -e / hbar * check.finite("electric_field", electric_field) * check.nonnegative("tau", tau, "fs")


def occupations(band, grid, J, distribution, shift=0.0):
    """f_s(k) = f₀(ε(k − shift) + sJ) on a grid: a Fermi sea, moved rigidly by ``shift``; shape (n, 2).

    ``band`` a Band, ``J`` > 0 in eV, ``distribution`` a `FermiDirac`, ``shift`` in 1/nm, a number or (d,): `drift`
    gives the one of the relaxation-time approximation. Columns: majority, minority.
    Warns (`CoarseGridWarning`) if the Fermi function falls too fast for a uniform grid. Raises ValueError if band and
    grid differ in dimension, for J ≤ 0 or a k − shift outside the band's domain, TypeError for another distribution.
    """
    _check_band(band, grid)
    J = check.positive("J", J, "eV")
    check.instance("distribution", distribution, FermiDirac)
    shift = check.finite("shift", shift)
    if shift.ndim > 1 or (shift.ndim == 1 and shift.shape != (grid.dimension,)):
        raise ValueError(f"shift must be a number or have shape ({grid.dimension},); got {shift.shape}")
    k = grid.points - shift
    energy = band.energy(k)[:, None] + J * np.array([-1.0, 1.0])
    if grid.spacing is not None:
        step = hbar * np.max(np.abs(band.velocity(k)) * grid.spacing, axis=-1)[:, None]
        crossing = (np.abs(energy - distribution.chemical_potential) < step) & (step > _STEPS_PER_KT * distribution.kT)
        _warn_if_coarse(np.max(np.where(crossing, step, 0.0)), distribution)
    return distribution(energy)


def spin_density(grid, f):
    """n_s = −Σ_{k,s} s f_{k,s}, below Eq. (6): majority minus minority electrons, nm⁻ᵈ, for occupations f (n, 2).

    Raises ValueError for another shape or occupations outside [0, 1].
    """
    f = _checked_occupations(f, grid)
    return float(grid.sum(f[:, 0] - f[:, 1]))


def spin_current(band, grid, f):
    """j_s = e Σ_{k,s} s v f, below Eq. (6), shape (d,), e nm/fs nm⁻ᵈ, for occupations f (n, 2).

    Points along the electric current although the carriers are negative: the majority has s = −1. Raises ValueError if
    band and grid differ in dimension, or for occupations of another shape or outside [0, 1].
    """
    _check_band(band, grid)
    f = _checked_occupations(f, grid)
    return e * grid.sum((f[:, 1] - f[:, 0])[:, None] * band.velocity(grid.points))


def charge_current(band, grid, f):
    """j = −e Σ_{k,s} v f, shape (d,), e nm/fs nm⁻ᵈ, for occupations f (n, 2). Raises as `spin_current`."""
    _check_band(band, grid)
    f = _checked_occupations(f, grid)
    return -e * grid.sum((f[:, 1] + f[:, 0])[:, None] * band.velocity(grid.points))


def _check_band(band, grid):
    check.band(band), check.instance("grid", grid, KGrid)
    if band.dimension != grid.dimension:
        raise ValueError(f"grid must have the band's dimension, {band.dimension}; got {grid.dimension}")


def _checked_occupations(f, grid, name="f"):
    check.instance("grid", grid, KGrid)
    f = check.finite(name, f)
    if f.shape not in ((grid.size, 2), (2,)):
        raise ValueError(f"{name} must have shape ({grid.size}, 2), or (2,) for bands filled evenly; got {f.shape}")
    if np.any(f < 0) or np.any(f > 1):
        raise ValueError(f"{name} must lie in [0, 1]; got values from {f.min():g} to {f.max():g}")
    return np.broadcast_to(f, (grid.size, 2))


def _warn_if_coarse(step, distribution):
    if step > 0:
        warnings.warn(
            f"the grid is too coarse for kT = {distribution.kT:g} eV: at the Fermi level the energy changes by "
            f"{step:.2g} eV between neighbouring k-points, more than {_STEPS_PER_KT:g} kT; "
            "take more points or a higher temperature", CoarseGridWarning, stacklevel=3)
