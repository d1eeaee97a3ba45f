"""The material of a film, and what it has in common with the terms: numbers that a mesh must fit."""

from dataclasses import dataclass, fields
from numbers import Number

import numpy as np

from .. import _validate as check
from ..units import SI_GAMMA


def _shown(value):
    if callable(value):
        return "a function of t"
    array = np.asarray(value)
    if array.dtype.kind not in "fiu":
        return str(value)
    if array.ndim == 0:
        return f"{float(array):.4g}"
    return str(tuple(array.tolist())) if array.size <= 3 else f"{array.min():.4g} … {array.max():.4g} (varies)"


def filled(name, value):
    """``value``, a checked number or array, unless it is empty."""
    if np.size(value) == 0:
        raise ValueError(f"{name} must be one number or have one value a cell; got an empty array")
    return value


class Parameters:
    """A frozen dataclass of numbers: it prints by its fields, an array by its range, owns its arrays, and is equal to
    another of its class that holds the same numbers and functions."""

    _per_cell: tuple[str, ...] = ()
    """Names of the fields that may have one value a cell."""

    def _own(self):
        """Make numbers of the fields floats, and read-only copies of arrays and lists, so that they cannot change
        later."""
        for f in fields(self):
            value = getattr(self, f.name)
            if isinstance(value, Number):
                object.__setattr__(self, f.name, float(value))
            elif isinstance(value, tuple) and all(isinstance(part, Number) for part in value):
                object.__setattr__(self, f.name, tuple(map(float, value)))
            elif not (callable(value) or isinstance(value, str)):
                copy = np.array(value, dtype=float)
                copy.setflags(write=False)
                object.__setattr__(self, f.name, copy)

    def fit(self, mesh):
        """Raise ValueError for a field that varies in another shape than the mesh's."""
        for name in self._per_cell:
            if (shape := np.shape(getattr(self, name))) not in ((), mesh.shape):
                raise ValueError(f"{name} must be one number or have the mesh's shape {mesh.shape}; got {shape}")

    def __eq__(self, other):
        return type(self) is type(other) and self._key == other._key

    def __hash__(self):
        return hash((type(self), self._key))

    @property
    def _key(self):
        values = ((value, np.asarray(value)) for value in (getattr(self, f.name) for f in fields(self) if f.compare))
        return tuple((array.shape, (array + 0.0).tobytes()) if array.dtype.kind in "fiub" else value    # -0.0 is 0.0
                     for value, array in values)

    def __repr__(self):
        values = ", ".join(f"{f.name}={_shown(getattr(self, f.name))}" for f in fields(self) if f.repr)
        return f"{type(self).__name__}({values})"


@dataclass(frozen=True, repr=False, eq=False)
class Material(Parameters):
    """Ms: saturation magnetization in A/m; alpha: Gilbert damping; gamma: gyromagnetic ratio in rad/(s T).

    Ms and alpha may be fields with one value a cell, in the mesh's shape; arrays are copied. Where there is no magnet,
    say so by the mesh's `inside`. Warns if Ms looks like kA/m or emu/cm³, or gamma like one of A/m or of Hz. Raises
    ValueError unless Ms and gamma are above zero, alpha is not below it, and all are finite; TypeError for what is not
    numeric."""

    Ms: object
    alpha: object
    gamma: float = SI_GAMMA
    _per_cell = ("Ms", "alpha")

    def __post_init__(self):
        check.plausible("Ms", np.max(filled("Ms", check.above_zero("Ms", self.Ms, "A/m"))), 2e3, 1e7, "A/m")
        alpha = filled("alpha", check.finite("alpha", self.alpha))
        if np.any(alpha < 0):
            raise ValueError(f"alpha must not be negative; got {alpha.min():g}")
        check.plausible("gamma", check.positive("gamma", self.gamma, "rad/(s T)"), 8e10, 1e12, "rad/(s T)")
        self._own()
