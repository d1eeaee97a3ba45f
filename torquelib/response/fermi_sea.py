"""Who is where: the Fermi function, a sea that drifts in the field, and the densities it makes (below Eq. (6)).

Electrons have charge −e: a field E (V/nm) drives their wave vector by ħ dk/dt = −eE. Two bands, in this order
everywhere: index 0 is the majority (s = −1, lower energy), index 1 the minority (s = +1), as `numpy.linalg.eigh`
returns them.
"""

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import _validate as check
from ..bands import BandLike, as_band
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
    Raises ValueError for non-finite arguments or kT < 0; warns of a kT that cannot be in eV, such as 300 K.
    """

    chemical_potential: float
    kT: float

    def __post_init__(self):
        check.keep(self, chemical_potential=check.number("chemical_potential", self.chemical_potential, unit="eV"),
                   kT=check.plausible("kT", check.nonnegative("kT", self.kT, "eV"), 0, 10, "eV"))

    def __call__(self, energy: ArrayLike) -> NDArray:
        return self._of(check.finite("energy", energy))

    def _of(self, energy):
        return fermi_function(energy - self.chemical_potential, self.kT)


def drift(*, E: ArrayLike, tau: float) -> NDArray:
    """Wave vector −eEτ/ħ (1/nm) that carriers of charge −e gain from E (V/nm, any shape) in the time ``tau`` (fs).

    Raises ValueError for a non-finite field or tau < 0; warns of values that cannot be in these units.
    """
    return -e / hbar * check.finite("E", E, unit="V/nm") * check.nonnegative("tau", tau, "fs")


def occupations(band: BandLike, grid: KGrid, distribution: FermiDirac, *, J: float, shift: ArrayLike = 0.0) -> NDArray:
    """f_s(k) = f₀(ε(k − shift) + sJ) on a grid: a Fermi sea, moved rigidly by ``shift``; shape (n, 2).

    ``band`` a Band, ``distribution`` a `FermiDirac`, ``J`` > 0 in eV, ``shift`` in 1/nm, a number (along x) or (d,):
    `drift` gives the one of the relaxation-time approximation. Columns: majority, minority.
    Warns (`CoarseGridWarning`) if the Fermi function falls too fast for a uniform grid. Raises ValueError if band and
    grid differ in dimension, for J ≤ 0 or a k − shift outside the band's domain, TypeError for another distribution.
    """
    band = as_band(band)
    _check_dimension(band, grid)
    check.instance("distribution", distribution, FermiDirac)
    J, shift = check.positive("J", J, "eV"), check.vector("shift", shift, grid.dimension, "1/nm")
    k = band._within(grid.points - shift, "grid − shift")
    energy = band._energy(k)
    if grid.steps is not None:
        _warn_if_coarse(_coarsest_step(energy, band._velocity(k), grid.steps, J, distribution), distribution)
    return distribution._of(energy[:, None] + J * np.array([-1.0, 1.0]))


def spin_density(grid: KGrid, f: ArrayLike) -> float:
    """n_s = −Σ_{k,s} s f_{k,s}, below Eq. (6): majority minus minority electrons, nm⁻ᵈ, for occupations f (n, 2).

    Raises ValueError for another shape or occupations outside [0, 1].
    """
    f = _checked_occupations(f, check.instance("grid", grid, KGrid))
    return float(grid.sum(f[:, 0] - f[:, 1]))


def spin_current(band: BandLike, grid: KGrid, f: ArrayLike) -> NDArray:
    """j_s = e Σ_{k,s} s v f, below Eq. (6), shape (d,), e nm/fs nm⁻ᵈ, for occupations f (n, 2).

    Points along the electric current although the carriers are negative: the majority has s = −1. Raises ValueError if
    band and grid differ in dimension, or for occupations of another shape or outside [0, 1].
    """
    band = as_band(band)
    _check_dimension(band, grid)
    f = _checked_occupations(f, grid)
    return e * grid.sum((f[:, 1] - f[:, 0])[:, None] * band._velocity(band._within(grid.points, "grid")))


def charge_current(band: BandLike, grid: KGrid, f: ArrayLike) -> NDArray:
    """j = −e Σ_{k,s} v f, shape (d,), e nm/fs nm⁻ᵈ, for occupations f (n, 2). Raises as `spin_current`."""
    band = as_band(band)
    _check_dimension(band, grid)
    f = _checked_occupations(f, grid)
    return -e * grid.sum((f[:, 1] + f[:, 0])[:, None] * band._velocity(band._within(grid.points, "grid")))


def _check_dimension(band, grid):
    if check.instance("grid", grid, KGrid).dimension != band.dimension:
        raise ValueError(f"grid must have the band's dimension, {band.dimension}; got {grid.dimension}")


def _checked_occupations(f, grid, name="f"):
    f = check.finite(name, f)
    if f.shape not in ((grid.size, 2), (2,)):
        raise ValueError(f"{name} must have shape ({grid.size}, 2), or (2,) for bands filled evenly; got {f.shape}")
    if np.any(f < 0) or np.any(f > 1):
        raise ValueError(f"{name} must lie in [0, 1]; got values from {f.min():g} to {f.max():g}")
    return np.broadcast_to(f, (grid.size, 2))


def _coarsest_step(energy, velocity, steps, J, distribution):
    """Largest change in eV of ε ± J between neighbours in k at the Fermi level, 0 where the temperature allows it:
    ``energy`` (...) and ``velocity`` (..., d) of the band where points lie ``steps`` (d, d), rows, apart."""
    step = hbar * np.max(np.abs(velocity @ steps.T), axis=-1)
    distance = np.minimum(*(np.abs(energy + s*J - distribution.chemical_potential) for s in (1, -1)))
    return np.max(step, where=(distance < step) & (step > _STEPS_PER_KT * distribution.kT), initial=0.0)


def _warn_if_coarse(step, distribution):
    if step > 0:
        warnings.warn(
            f"the grid is too coarse for kT = {distribution.kT:g} eV: at the Fermi level the energy changes by "
            f"{step:.2g} eV between neighbouring k-points, more than {_STEPS_PER_KT:g} kT; "
            "take more points or a higher temperature", CoarseGridWarning, stacklevel=3)
