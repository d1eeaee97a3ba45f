"""Checks of arguments: each names the argument, the value and what is allowed."""

import numpy as np


def _describe(value):
    text = np.array2string(np.asarray(value), threshold=6, precision=6)
    return text if len(text) < 80 else text[:77] + "..."


def finite(name, value, *, shape=None, dtype=float):
    """``value`` as a finite array, of ``shape`` if given (None for a free axis, ... in front for any)."""
    try:
        array = np.asarray(value, dtype=dtype)
    except (TypeError, ValueError):
        raise TypeError(f"{name} must be numeric; got {value!r}") from None
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
    return array


def number(name, value, *, unit="", minimum=None, maximum=None, exclusive=False):
    """``value`` as a finite float within [minimum, maximum], ends excluded if ``exclusive``."""
    array = finite(name, value)
    if array.ndim:
        raise ValueError(f"{name} must be a single number; got shape {array.shape}")
    x = float(array)
    unit = f" {unit}" if unit else ""
    low = minimum is not None and (x < minimum or (exclusive and x == minimum))
    high = maximum is not None and (x > maximum or (exclusive and x == maximum))
    if low or high:
        opening, closing = ("(", ")") if exclusive else ("[", "]")
        ends = ["-inf" if minimum is None else f"{minimum:g}", "inf" if maximum is None else f"{maximum:g}"]
        raise ValueError(f"{name} must lie in {opening}{ends[0]}, {ends[1]}{closing}{unit}; got {x:g}{unit}")
    return x


def positive(name, value, unit=""):
    """``value`` as a finite float above zero."""
    return number(name, value, unit=unit, minimum=0.0, exclusive=True)


def nonnegative(name, value, unit=""):
    """``value`` as a finite float, zero or above."""
    return number(name, value, unit=unit, minimum=0.0)


def integer(name, value, *, minimum=None):
    """``value`` as an int, at least ``minimum``."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{name} must be an integer; got {value!r}")
    if minimum is not None and value < minimum:
        raise ValueError(f"{name} must be at least {minimum}; got {value}")
    return int(value)


def choice(name, value, allowed):
    """``value`` if it is one of ``allowed``."""
    if value not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, allowed))}; got {value!r}")
    return value


def unit_vectors(name, value, *, tolerance=1e-6):
    """``value`` as an array (..., 3) of unit vectors."""
    array = finite(name, value, shape=(..., 3))
    error = np.abs(np.linalg.norm(array, axis=-1) - 1)
    if np.any(error > tolerance):
        raise ValueError(f"{name} must hold unit vectors; the largest | |{name}| - 1 | is {error.max():.2g}")
    return array


def hermitian(name, value, *, tolerance=1e-10):
    """``value`` as a complex array (..., 2, 2) of hermitian matrices."""
    array = finite(name, value, shape=(..., 2, 2), dtype=complex)
    error = np.max(np.abs(array - np.conj(np.swapaxes(array, -1, -2))), initial=0.0)
    scale = max(np.max(np.abs(array), initial=0.0), 1e-300)
    if error > tolerance * scale:
        raise ValueError(f"{name} must be hermitian; the largest |{name} - {name}†| is {error:.2g}")
    return array


def band_index(name, value):
    """``value`` as +1 (minority) or −1 (majority)."""
    if np.ndim(value) or value not in (1, -1):
        raise ValueError(f"{name} must be +1 (minority) or -1 (majority); got {value!r}")
    return int(value)
