"""Band structures ε(k): energy, velocity and inverse mass tensor, each with its domain.

A wave vector is an array (..., d) in 1/nm, d being the band's dimension (also for d = 1: write
``k[:, None]`` for a list of numbers). Every band gives

- ``energy(k)``        ε in eV, shape (...),
- ``velocity(k)``      v = ∇_k ε/ħ in nm/fs, shape (..., d), as below Eq. (8),
- ``inverse_mass(k)``  [M⁻¹]_ij = (1/ħ²) ∂²ε/∂k_i∂k_j in nm²/(eV fs²), shape (..., d, d), as below Eq. (12),

and raises ValueError for a k outside ``domain``. These three and ``dimension`` are what a function that takes a band
needs (`BandLike`); for an object without them it raises TypeError. To add a band, subclass `Band` (or `IsotropicBand`),
or hand three functions to `CustomBand`; `check_band` tells whether they are derivatives of each other.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _validate as check
from .quadrature import central_difference
from .units import hbar, m_e


class BandLike(Protocol):
    """What a reader's own band needs; no base class. It may also have ``reciprocal_vectors``, as `Band`."""

    dimension: int

    def energy(self, k: Any, /) -> Any:
        """ε(k) in eV, shape (...), for an array k (..., d) in 1/nm."""

    def velocity(self, k: Any, /) -> Any:
        """∇_k ε/ħ in nm/fs, shape (..., d)."""

    def inverse_mass(self, k: Any, /) -> Any:
        """∂²ε/∂k∂k/ħ² in nm²/(eV fs²), shape (..., d, d)."""


class Band:
    """A dispersion ε(k) of one spin, without the exchange energy ±J.

    A subclass sets ``dimension`` and writes ``_energy``, ``_velocity`` and ``_inverse_mass`` for an array k (..., d);
    it may restrict ``_contains`` and say so in ``domain``. A lattice also sets ``reciprocal_vectors`` (d, d), rows in
    1/nm: every sum over a Brillouin zone runs over the cell that they span.
    """

    dimension: int
    isotropic = False
    domain = "all k"
    reciprocal_vectors: Any = None

    def energy(self, k: ArrayLike) -> NDArray:
        """ε(k) in eV, shape (...), for k of shape (..., d) in 1/nm. Raises ValueError outside ``domain``."""
        return self._of_shape("_energy", self._checked(k), ())

    def velocity(self, k: ArrayLike) -> NDArray:
        """v(k) = ∇_k ε/ħ in nm/fs, shape (..., d), for k of shape (..., d). Raises ValueError outside ``domain``."""
        return self._of_shape("_velocity", self._checked(k), (self.dimension,))

    def inverse_mass(self, k: ArrayLike) -> NDArray:
        """M⁻¹(k) = ∂²ε/∂k∂k/ħ² in nm²/(eV fs²), shape (..., d, d). Raises ValueError outside ``domain``."""
        return self._of_shape("_inverse_mass", self._checked(k), (self.dimension, self.dimension))

    def _of_shape(self, name, k, tail):
        """The body ``name`` at k, if a subclass wrote it to return shape (..., *tail)."""
        value = getattr(self, name)(k)
        _check_shape(f"{type(self).__name__}.{name}(k)", value, k, k.shape[:-1] + tail)
        return value

    # the bodies: k is an array (..., d) that was checked at the door

    def _energy(self, k):
        raise NotImplementedError(f"{type(self).__name__} must write _energy(k)")

    def _velocity(self, k):
        raise NotImplementedError(f"{type(self).__name__} must write _velocity(k)")

    def _inverse_mass(self, k):
        raise NotImplementedError(f"{type(self).__name__} must write _inverse_mass(k)")

    def _contains(self, k):
        return True

    def _checked(self, k):
        return self._within(check.finite("k", k, shape=(..., self.dimension), unit="1/nm"))

    def _within(self, k, name="k"):
        """``k``, an array (..., d), if it lies in the domain; ``name`` says which k it is."""
        if not np.all(self._contains(k)):
            outside = k[~np.broadcast_to(self._contains(k), k.shape[:-1])]
            raise ValueError(f"{name} must lie in the domain of {type(self).__name__}, {self.domain}; got "
                             f"{outside[0]} 1/nm")
        return k


def _check_shape(name, value, k, shape):
    if np.shape(value) != shape:
        raise ValueError(f"{name} must return shape {shape} for k of shape {k.shape}; got {np.shape(value)}")


class IsotropicBand(Band):
    """A band whose energy depends on |k| alone.

    A subclass sets ``dimension`` and writes ``_radial(k)``: for an array of lengths k = |k| ≥ 0, of any shape, it
    returns the three arrays (ε, dε/dk/ħ, d²ε/dk²/ħ²) of that shape, in eV, nm/fs and nm²/(eV fs²); everything else
    follows. It may restrict ``k_max`` (1/nm) and say so in ``domain``. A parabola in two dimensions:

        class Parabola(IsotropicBand):
            dimension = 2

            def _radial(self, k):
                return (hbar*k)**2 / (2*m_e), hbar*k / m_e, np.full_like(k, 1 / m_e)
    """

    isotropic = True
    k_max = np.inf

    def radial(self, k: ArrayLike) -> tuple[NDArray, NDArray, NDArray]:
        """(energy, velocity, inverse mass) along k for the lengths k = |k| ≥ 0 of any shape, each of that shape.

        Units: 1/nm → eV, nm/fs, nm²/(eV fs²). Raises ValueError for negative k or k outside ``domain``.
        """
        k = check.finite("k", k, unit="1/nm")
        if np.any(k < 0) or np.any(k > self.k_max):
            wrong = k[(k < 0) | (k > self.k_max)]
            raise ValueError(f"k must lie in [0, {self.k_max:g}] 1/nm; got {wrong.flat[0]:g} 1/nm")
        values = self._radial(k)
        for value, part in zip(values, ("energy", "velocity", "inverse mass")):
            _check_shape(f"{type(self).__name__}._radial(k), its {part},", value, k, k.shape)
        return values

    def _radial(self, k):
        raise NotImplementedError(f"{type(self).__name__} must write _radial(k)")

    def _contains(self, k):
        return np.linalg.norm(k, axis=-1) <= self.k_max

    def _energy(self, k):
        return self._radial(np.linalg.norm(k, axis=-1))[0]

    def _velocity(self, k):
        length = np.linalg.norm(k, axis=-1)
        return self._radial(length)[1][..., None] * _direction(k, length)

    def _inverse_mass(self, k):
        length = np.linalg.norm(k, axis=-1)
        _, velocity, along = self._radial(length)
        across = np.divide(velocity, hbar * length, out=np.array(along, dtype=float), where=length > 0)
        unit = _direction(k, length)
        parallel = unit[..., :, None] * unit[..., None, :]
        return across[..., None, None] * (np.eye(self.dimension) - parallel) + along[..., None, None] * parallel


def _direction(k, length):
    return np.divide(k, length[..., None], out=np.zeros_like(k), where=length[..., None] > 0)


@dataclass(frozen=True)
class FreeElectron(IsotropicBand):
    """ε = ħ²k²/2m, Eq. (1). ``mass`` in eV fs²/nm² (default the free electron's), ``dimension`` 1, 2 or 3."""

    mass: float = m_e
    dimension: int = field(kw_only=True)

    def __post_init__(self):
        check.keep(self, mass=check.positive("mass", self.mass, "eV fs²/nm²"),
                   dimension=check.choice("dimension", self.dimension, (1, 2, 3)))

    def _radial(self, k):
        return (hbar * k)**2 / (2*self.mass), hbar * k / self.mass, np.full_like(k, 1 / self.mass)


@dataclass(frozen=True)
class TightBinding(Band):
    """ε = 2t Σ_i (1 − cos k_i a): nearest neighbours on a chain, a square or a cubic lattice, bottom at 0.

    ``hopping`` t in eV, ``lattice_constant`` a in nm, ``dimension`` 1, 2 (square) or 3. Periodic in k.
    The mass at the bottom is ħ²/2ta².
    """

    hopping: float
    lattice_constant: float
    dimension: int = field(kw_only=True)

    def __post_init__(self):
        check.keep(self, hopping=check.positive("hopping", self.hopping, "eV"),
                   lattice_constant=check.positive("lattice_constant", self.lattice_constant, "nm"),
                   dimension=check.choice("dimension", self.dimension, (1, 2, 3)))

    @property
    def reciprocal_vectors(self) -> NDArray:
        """Rows b_i (d, d) in 1/nm."""
        return 2*np.pi / self.lattice_constant * np.eye(self.dimension)

    def _energy(self, k):
        return 2*self.hopping * np.sum(1 - np.cos(k * self.lattice_constant), axis=-1)

    def _velocity(self, k):
        return 2*self.hopping * self.lattice_constant / hbar * np.sin(k * self.lattice_constant)

    def _inverse_mass(self, k):
        diagonal = 2*self.hopping * (self.lattice_constant / hbar)**2 * np.cos(k * self.lattice_constant)
        return diagonal[..., None] * np.eye(self.dimension)


@dataclass(frozen=True)
class Quartic(IsotropicBand):
    """ε = (ħ²k²/2m)(1 + q k²): a parabola with a quartic correction.

    ``mass`` in eV fs²/nm², ``quartic`` q in nm². For q < 0 the domain ends where the band stops rising, at
    |k| = 1/√(−2q).
    """

    mass: float = m_e
    quartic: float = 0.0
    dimension: int = field(kw_only=True)

    def __post_init__(self):
        check.keep(self, mass=check.positive("mass", self.mass, "eV fs²/nm²"),
                   quartic=check.number("quartic", self.quartic, unit="nm²"),
                   dimension=check.choice("dimension", self.dimension, (1, 2, 3)))

    @property
    def k_max(self):
        """Largest |k| of the domain in 1/nm (inf for q ≥ 0)."""
        return np.inf if self.quartic >= 0 else 1 / np.sqrt(-2*self.quartic)

    @property
    def domain(self):
        """The domain in words."""
        return "all k" if self.quartic >= 0 else f"|k| ≤ 1/√(−2q) = {self.k_max:.6g} 1/nm"

    def _radial(self, k):
        q = self.quartic
        return ((hbar * k)**2 / (2*self.mass) * (1 + q*k**2),
                hbar * k / self.mass * (1 + 2*q*k**2),
                (1 + 6*q*k**2) / self.mass)


@dataclass(frozen=True)
class CosineLinear(IsotropicBand):
    """Equation (18): ε = ε₀(1 − cos kχ) for kχ < π/2, continued by the straight line ε₀(kχ − π/2) + ε₀.

    ``epsilon0`` ε₀ in eV, ``chi`` χ in nm. Energy, velocity and inverse mass are continuous; the third derivative
    jumps at kχ = π/2.
    """

    epsilon0: float
    chi: float
    dimension: int = field(kw_only=True)

    def __post_init__(self):
        check.keep(self, epsilon0=check.positive("epsilon0", self.epsilon0, "eV"),
                   chi=check.positive("chi", self.chi, "nm"),
                   dimension=check.choice("dimension", self.dimension, (1, 2, 3)))

    def _radial(self, k):
        x = k * self.chi
        curved = x < np.pi/2
        slope = self.epsilon0 * self.chi / hbar
        return (self.epsilon0 * np.where(curved, 1 - np.cos(x), x - np.pi/2 + 1),
                slope * np.where(curved, np.sin(x), 1.0),
                slope * self.chi / hbar * np.where(curved, np.cos(x), 0.0))


@dataclass(frozen=True, eq=False)
class CustomBand(Band):
    """A reader's own band from three functions of k (..., d): ε (...), ∇ε/ħ (..., d) and ∂²ε/∂k∂k/ħ² (..., d, d).

    ``contains(k)``, if given, returns a boolean array (...) that is False outside the domain, which ``domain``
    describes in words; ``reciprocal_vectors`` (d, d) in 1/nm are those of a lattice. Call `check_band` once to see that
    the three functions belong together.
    """

    energy_function: Callable = field(repr=False)
    velocity_function: Callable = field(repr=False)
    inverse_mass_function: Callable = field(repr=False)
    dimension: int = field(kw_only=True)
    domain: str = "all k"
    contains: Callable | None = field(default=None, repr=False)
    reciprocal_vectors: Any = field(default=None, repr=False)

    def __post_init__(self):
        for name in ("energy_function", "velocity_function", "inverse_mass_function", "contains"):
            check.function(name, getattr(self, name), "k", optional=name == "contains")
        d = check.choice("dimension", self.dimension, (1, 2, 3))
        if self.reciprocal_vectors is not None:
            vectors = np.array(check.finite("reciprocal_vectors", self.reciprocal_vectors, shape=(d, d), unit="1/nm"))
            if abs(np.linalg.det(vectors)) <= 1e-9 * np.prod(np.linalg.norm(vectors, axis=1)):
                raise ValueError(f"reciprocal_vectors must span {d} dimension(s), one vector a row; got "
                                 f"{vectors.tolist()}")
            vectors.flags.writeable = False
            check.keep(self, reciprocal_vectors=vectors)
        check.keep(self, dimension=d)

    def _contains(self, k):
        if self.contains is None:
            return True
        inside = np.asarray(self.contains(k))
        if inside.dtype != bool:
            raise TypeError(f"contains must return booleans; got {inside.dtype}")
        if inside.shape not in ((), k.shape[:-1]):
            raise ValueError(f"contains must return shape {k.shape[:-1]} for k of shape {k.shape}; got {inside.shape}")
        return inside

    def _energy(self, k):
        return self._result("energy_function", k, ())

    def _velocity(self, k):
        return self._result("velocity_function", k, (self.dimension,))

    def _inverse_mass(self, k):
        return self._result("inverse_mass_function", k, (self.dimension, self.dimension))

    def _result(self, name, k, tail):
        value = check.finite(f"{name}(k) for {self.domain}", getattr(self, name)(k))
        _check_shape(name, value, k, k.shape[:-1] + tail)
        return value


def as_band(band: BandLike) -> Band:
    """``band`` with the unchecked bodies that the library calls: itself, or a `CustomBand` of a reader's functions.

    The one door for bands. Raises TypeError for an object that is no band.
    """
    if isinstance(band, Band):
        return band
    check.band(band)
    return CustomBand(band.energy, band.velocity, band.inverse_mass, dimension=band.dimension,
                      reciprocal_vectors=getattr(band, "reciprocal_vectors", None))


def check_band(band: BandLike, k: ArrayLike, *, step: float = 1e-3, tolerance: float = 1e-6) -> tuple[float, float]:
    """Compare a band's velocity and inverse mass with finite differences of its energy and velocity.

    ``k`` (..., d) are the points to look at; they need to lie ``step`` (1/nm) × 2 inside the domain. Returns the
    largest deviations (velocity, inverse mass), each divided by the largest value found. Raises ValueError, naming
    which function is wrong, if one exceeds ``tolerance`` or has another shape. Fourth-order central differences.
    """
    step = check.positive("step", step, "1/nm")
    tolerance = check.positive("tolerance", tolerance)
    own = as_band(band)
    k = own._checked(k)
    if isinstance(own, IsotropicBand):
        own.radial(np.linalg.norm(k, axis=-1))
    velocity, inverse_mass = own.velocity(k), own.inverse_mass(k)
    errors: list[float] = []
    for name, given, function in (("velocity", velocity, own.energy), ("inverse_mass", inverse_mass, own.velocity)):
        numerical = np.stack([_difference(function, k, i, step) for i in range(own.dimension)], axis=-1) / hbar
        scale = max(np.max(np.abs(numerical), initial=0.0), np.max(np.abs(given), initial=0.0), 1e-300)
        error = np.max(np.abs(given - numerical), initial=0.0) / scale
        if not error <= tolerance:
            of = "energy" if name == "velocity" else "velocity"
            raise ValueError(f"{name} must be the derivative of {of} divided by ħ; the largest relative deviation is "
                             f"{error:.2g}, allowed {tolerance:g}")
        errors.append(float(error))
    return errors[0], errors[1]


def _difference(function, k, i, step):
    shift = step * np.eye(k.shape[-1])[i]
    return central_difference(lambda n: function(k + n*shift), step)
