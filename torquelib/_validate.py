"""Checks of arguments: each names the argument, the value and what is allowed."""

import sys
import warnings
from collections.abc import Callable
from importlib import import_module
from inspect import signature
from numbers import Number
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike

Value = TypeVar("Value", bound=ArrayLike)


class ImplausibleValueWarning(UserWarning):
    """A value that is allowed, but so far from any real one that another unit was probably meant."""


def keep(record, **checked):
    """Keep the ``checked`` parameters of a frozen record, as Python's own float or int: no later sum shall run in the
    caller's type (float32, uint8, Fraction)."""
    for name, value in checked.items():
        object.__setattr__(record, name, value.item() if isinstance(value, np.generic) else value)


def _describe(value):
    return _shortened(np.array2string(np.asarray(value), threshold=6, precision=6))


def _shortened(text):
    text = " ".join(text.split())
    return text if len(text) < 80 else text[:77] + "..."


PLAUSIBLE = {
    "eV": (1e-16, 1e3), "fs": (1e-9, 1e15), "nm": (1e-5, 1e9), "rad/nm": (0, 1e4), "1/nm": (0, 1e4),
    "V/nm": (1e-18, 1e3), "rad/fs": (0, 1e4), "1/fs": (0, 1e4), "eV nm": (1e-10, 1e4), "eV fs²/nm²": (1e-10, 1e10),
    "s": (0, 1e-3),
}
"""Units: between these sizes lies whatever is measured in them here. SI numbers given for the electrons lie outside."""


def finite(name: str, value: Any, *, shape: tuple | None = None, dtype: type = float, unit: str = "") -> np.ndarray:
    """``value`` as a finite array, of ``shape`` if given (None for a free axis, ... in front for any).

    Warns if the largest entry cannot be in ``unit``, see `PLAUSIBLE`.
    """
    if np.ma.is_masked(value):
        raise ValueError(f"{name} must have no masked entries; got {_shortened(str(value))}")
    try:
        array = np.asarray(value)
        if array.dtype == object and all(isinstance(x, Number) for x in array.flat):  # 10**28, a Fraction
            array = array.astype(complex if any(isinstance(x, complex) for x in array.flat) else float)
    except ValueError:                                                                # [[1, 2], [3]]
        array = np.array(None)
    if array.dtype.kind not in "biufc":
        raise TypeError(f"{name} must be numeric; got {'a function' if callable(value) else _shortened(repr(value))}")
    if array.dtype.kind == "c" and dtype is float:
        raise TypeError(f"{name} must be real; got {_describe(value)}")
    array = array.astype(dtype, copy=False)
    if not np.all(np.isfinite(array)):
        raise ValueError(f"{name} must be finite; got {_describe(value)}")
    if shape is not None:
        free = bool(shape) and shape[0] is Ellipsis
        tail = shape[1:] if free else shape
        fits = array.ndim >= len(tail) if free else array.ndim == len(tail)
        fits = fits and all(n is None or n == m for n, m in zip(tail, array.shape[array.ndim - len(tail):]))
        if not fits:
            wanted = ", ".join("..." if n is Ellipsis else "n" if n is None else str(n) for n in shape)
            raise ValueError(f"{name} must have shape ({wanted}); got {array.shape}")
    if unit in PLAUSIBLE:
        plausible(name, np.max(np.abs(array), initial=0.0), *PLAUSIBLE[unit], unit)
    return array


def vector(name: str, value: Any, dimension: int, unit: str = "") -> np.ndarray:
    """``value`` as a vector (dimension,): a number means along x; components beyond the dimension must be zero."""
    v = np.atleast_1d(finite(name, value, unit=unit))
    if v.ndim != 1 or v.size > 3:
        raise ValueError(f"{name} must be a number or a vector of at most 3 components; got shape {v.shape}")
    if np.any(v[dimension:] != 0):
        raise ValueError(f"{name} must lie in the {dimension} dimension(s) of the band; got {v}")
    return np.pad(v[:dimension], (0, max(dimension - v.size, 0)))


def number(name: str, value: Any, *, unit: str = "", minimum: float | None = None, maximum: float | None = None,
           exclusive: bool = False) -> float:
    """``value`` as a finite float within [minimum, maximum], ends excluded if ``exclusive``."""
    array = finite(name, value)
    if array.ndim:
        raise ValueError(f"{name} must be a single number; got shape {array.shape}")
    x = float(array)
    low = minimum is not None and (x < minimum or (exclusive and x == minimum))
    high = maximum is not None and (x > maximum or (exclusive and x == maximum))
    if low or high:
        unit = f" {unit}" if unit else ""
        opening, closing = ("(", ")") if exclusive else ("[", "]")
        ends = ["-inf" if minimum is None else f"{minimum:g}", "inf" if maximum is None else f"{maximum:g}"]
        raise ValueError(f"{name} must lie in {opening}{ends[0]}, {ends[1]}{closing}{unit}; got {x:g}{unit}")
    if unit in PLAUSIBLE:
        plausible(name, x, *PLAUSIBLE[unit], unit)
    return x


def positive(name: str, value: Any, unit: str = "") -> float:
    """``value`` as a finite float above zero."""
    return number(name, value, unit=unit, minimum=0.0, exclusive=True)


def above_zero(name: str, value: Any, unit: str = "") -> np.ndarray:
    """``value`` as an array of finite numbers above zero."""
    array = finite(name, value)
    if np.any(array <= 0):
        raise ValueError(f"{name} must lie above 0{unit and ' ' + unit}; got {array.min():g}")
    if unit in PLAUSIBLE:
        plausible(name, np.max(array, initial=0.0), *PLAUSIBLE[unit], unit)
    return array


def nonnegative(name: str, value: Any, unit: str = "") -> float:
    """``value`` as a finite float, zero or above."""
    return number(name, value, unit=unit, minimum=0.0)


def plausible(name: str, value: Value, low: float, high: float, unit: str) -> Value:
    """``value``, checked before; warns if any |value| > 0 lies outside [low, high] ``unit``. Bounds:
    orders beyond any use."""
    size = np.abs(value)
    odd = (size > 0) & ((size < low) | (size > high))
    if np.any(odd):
        level, frame = 2, sys._getframe(1)
        while frame.f_back and frame.f_globals.get("__name__", "").startswith("torquelib."):  # to the caller's own line
            level, frame = level + 1, frame.f_back
        warnings.warn(f"{name} is taken in {unit}: {np.asarray(value)[odd].flat[0]:g} {unit} is far from any real "
                      f"value ({low:g} to {high:g}); is it in another unit?", ImplausibleValueWarning, stacklevel=level)
    return value


def integer(name: str, value: Any, *, minimum: float | None = None) -> int:
    """``value`` as an int, at least ``minimum``."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{name} must be an integer; got {value!r}")
    if minimum is not None and value < minimum:
        raise ValueError(f"{name} must be at least {minimum}; got {value}")
    return int(value)


def choice(name, value, allowed):
    """``value`` if it is one of ``allowed``, integers or strings."""
    if isinstance(value, (bool, float, np.floating, np.ndarray)) or value not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, allowed))}; got {value!r}")
    return value


def unit_vectors(name: str, value: Any, *, tolerance: float = 1e-6) -> np.ndarray:
    """``value`` as an array (..., 3) of unit vectors."""
    array = finite(name, value, shape=(..., 3))
    error = np.abs(np.linalg.norm(array, axis=-1) - 1)
    if np.any(error > tolerance):
        raise ValueError(f"{name} must hold unit vectors; the largest | |{name}| - 1 | is {error.max():.2g}")
    return array


def hermitian(name: str, value: Any, *, tolerance: float = 1e-10) -> np.ndarray:
    """``value`` as a complex array (..., 2, 2) of hermitian matrices."""
    array = finite(name, value, shape=(..., 2, 2), dtype=complex)
    error = np.max(np.abs(array - np.conj(np.swapaxes(array, -1, -2))), initial=0.0)
    scale = max(np.max(np.abs(array), initial=0.0), 1e-300)
    if error > tolerance * scale:
        raise ValueError(f"{name} must be hermitian; the largest |{name} - {name}†| is {error:.2g}")
    return array


def band_index(name: str, value: Any) -> int:
    """``value`` as +1 (minority) or −1 (majority)."""
    if np.ndim(value) or value not in (1, -1):
        raise ValueError(f"{name} must be +1 (minority) or -1 (majority); got {value!r}")
    return int(value)


def common_shape(**arrays):
    """The shape to which the ``arrays``, given with their names, broadcast."""
    shapes = [np.shape(array) for array in arrays.values()]
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        raise ValueError(f"{', '.join(arrays)} must broadcast against each other; "
                         f"got shapes {', '.join(map(str, shapes))}") from None


def instance(name, value, kind):
    """``value`` if it is an instance of the class ``kind``."""
    if not isinstance(value, kind):
        article = "an" if kind.__name__[0] in "AEIOU" else "a"
        raise TypeError(f"{name} must be {article} {kind.__name__}; got {_shortened(repr(value))}")
    return value


def function(name, value, of, *, optional=False):
    """``value`` if it can be called: a function of what ``of`` says; or None, if that is allowed."""
    if not callable(value) and not (optional and value is None):
        raise TypeError(f"{name} must be a function of {of}{' or None' * optional}; got {value!r}")
    return value


def band(value):
    """``value`` if it has what every calculation needs of a band; its class does not matter."""
    return _provides("band", value, ("dimension", "energy", "velocity", "inverse_mass"), "FreeElectron(dimension=2)")


def texture(value):
    """``value`` if it has what every calculation needs of a texture; its class does not matter."""
    return _provides("texture", value, ("angles", "angle_derivatives"), "BlochWall(5.0)")


def _provides(name, value, needed, example):
    wanted = f"{name} must be an object such as {example}, with {', '.join(needed)}"
    if isinstance(value, type):
        raise TypeError(f"{wanted}; got the class {value.__name__} itself, call it")
    if not all(hasattr(value, attribute) for attribute in needed):
        raise TypeError(f"{wanted}; got {_shortened(repr(value))}")
    return value


def takes(function: Callable, count: int) -> bool:
    """Whether ``function`` can be called with ``count`` arguments; True for a built-in that does not say."""
    try:
        signature(function).bind(*range(count))
    except TypeError:
        return False
    except ValueError:
        pass
    return True


def optional(package, extra, caller):
    """The module ``package``, which ``caller`` needs and torquelib's ``extra`` brings."""
    try:
        return import_module(package)
    except ModuleNotFoundError:
        raise ImportError(f"{caller} needs {package}, of the extra {extra}: pip install {package}") from None
