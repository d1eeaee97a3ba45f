"""The cells of a chain or a film, in SI units."""

from dataclasses import dataclass, field
from inspect import Parameter, signature
from typing import NamedTuple

import numpy as np

from .. import _validate as check


class Direction(NamedTuple):
    """A direction in the plane in which cells have neighbours: its number, 0 for x or 1 for y, the axis of an array
    (..., ny, nx, 3), the cell's size in m, and whether the film is periodic along it."""

    number: int
    axis: int
    size: float
    periodic: bool


@dataclass(frozen=True, eq=False)
class Mesh:
    """A chain or film of cells; x = 0, y = 0 is its middle.

    Parameters: cells, nx or (nx, ny); cell_size, one length or (dx, dy, dz) in m; periodic, one bool or (in x, in y);
    layers, how many such films lie on each other, coupled by exchange; inside, which cells hold the magnet, as bools in
    `shape` or as a function of (x, y) in m, of x alone for a chain given by nx (further parameters with defaults keep
    them); None for all. A disk:

        Mesh((100, 100), 2e-9, inside=lambda x, y: np.hypot(x, y) < 90e-9)

    `shape`, that of arrays with one value a cell, the same in all layers, is (nx,) for a chain given by nx, else
    (ny, nx); m has one axis of 3 more, and with several layers one axis in front, the lowest layer first: `m_shape`.
    In cells that are not inside, m is zero.
    Raises TypeError for a count of cells that is no integer, ValueError for one below 1, for lengths that are not above
    zero or not finite, for a magnet without a cell, and for any other form of the parameters.
    """

    cells: object
    cell_size: object
    periodic: object = False
    layers: int = 1
    inside: object = None
    shape: tuple = field(init=False, repr=False)

    def __post_init__(self):
        chain = np.ndim(self.cells) == 0
        counts = (self.cells, 1) if chain else tuple(self.cells)
        if len(counts) != 2:
            raise ValueError(f"cells must be nx or (nx, ny); got {self.cells!r}")
        counts = tuple(check.integer("cells", n, minimum=1) for n in counts)
        size = check.finite("cell_size", self.cell_size)
        if size.shape not in ((), (3,)):
            raise ValueError(f"cell_size must be one length or (dx, dy, dz) in m; got shape {size.shape}")
        size = tuple(check.positive("cell_size", s, "m") for s in np.broadcast_to(size, 3))
        check.plausible("cell_size", np.array(size), 1e-12, 1e-3, "m")
        check.integer("layers", self.layers, minimum=1)
        periodic = (self.periodic, self.periodic) if np.ndim(self.periodic) == 0 else tuple(self.periodic)
        if len(periodic) != 2 or not all(isinstance(p, (bool, np.bool_)) for p in periodic):
            raise ValueError(f"periodic must be a bool or a pair of bools (in x, in y); got {self.periodic!r}")
        set_ = object.__setattr__
        set_(self, "cells", counts)
        set_(self, "cell_size", size)
        set_(self, "periodic", periodic if not chain else (periodic[0], False))
        set_(self, "shape", (counts[0],) if chain else (counts[1], counts[0]))
        if self.inside is not None:
            inside = np.array(self.at_cells(self.inside) if callable(self.inside) else self.inside)
            if inside.dtype != bool or inside.shape != self.shape or not inside.any():
                raise ValueError(f"inside must give bools in the mesh's shape {self.shape}, not all False; got "
                                 f"{inside.dtype} in the shape {inside.shape}")
            inside = inside.reshape(self.ny, self.nx)
            inside.setflags(write=False)
            set_(self, "inside", inside)

    def __eq__(self, other):
        return isinstance(other, Mesh) and self._key == other._key

    def __hash__(self):
        return hash(self._key)

    @property
    def _key(self):
        return (self.cells, self.cell_size, self.periodic, self.layers, self.shape,
                None if self.inside is None else self.inside.tobytes())

    nx = property(lambda self: self.cells[0])
    ny = property(lambda self: self.cells[1])
    dx = property(lambda self: self.cell_size[0])
    dy = property(lambda self: self.cell_size[1])
    dz = property(lambda self: self.cell_size[2])

    @property
    def m_shape(self):
        """Shape of m: (nx, 3), (ny, nx, 3), or (layers, ny, nx, 3)."""
        return self.shape + (3,) if self.layers == 1 else (self.layers, self.ny, self.nx, 3)

    @property
    def x(self):
        """Middles of the cells along x in m, shape (nx,)."""
        return (np.arange(self.nx) - (self.nx - 1) / 2) * self.dx

    @property
    def y(self):
        """Middles of the cells along y in m, shape (ny,)."""
        return (np.arange(self.ny) - (self.ny - 1) / 2) * self.dy

    @property
    def cell_volume(self):
        """Volume of a cell in m³."""
        return self.dx * self.dy * self.dz

    @property
    def filled(self):
        """How many cells hold the magnet, in all layers."""
        return self.layers * int(self.nx * self.ny if self.inside is None else np.count_nonzero(self.inside))

    @property
    def directions(self):
        """Each `Direction` in which cells have neighbours."""
        return [Direction(n, -2 - n, self.cell_size[n], self.periodic[n]) for n in (0, 1)
                if self.cells[n] > 1 or self.periodic[n]]

    def joined(self, direction):
        """1.0 where a cell and the next one along a `Direction` are neighbours, both inside, else 0.0; (ny, nx)."""
        inside = np.ones((self.ny, self.nx)) if self.inside is None else self.inside.astype(float)
        joined = inside * np.roll(inside, -1, direction.axis + 1)
        if not direction.periodic:
            np.moveaxis(joined, direction.axis + 1, 0)[-1] = 0.0
        return joined

    def inner_edges(self, direction):
        """Whether the next cell along a `Direction`, and whether the one before, is on the mesh but not inside while
        the cell is; (ny, nx) each."""
        axis, found = direction.axis + 1, []
        for step, last in ((-1, -1), (1, 0)):
            edge = self.inside & ~np.roll(self.inside, step, axis)
            if not direction.periodic:
                np.moveaxis(edge, axis, 0)[last] = False
            found.append(edge)
        return found

    def at_cells(self, function):
        """A function of (x, y), for a chain given by nx of x or of (x, y), at the cells' middles. On a chain a second
        parameter with a default is not y."""
        chain = len(self.shape) == 1
        x, y = (self.x, np.zeros(self.nx)) if chain else np.meshgrid(self.x, self.y)
        if check.takes(function, 2) and not (chain and _second_has_default(function)):
            return function(x, y)
        if not (chain and check.takes(function, 1)):
            name = getattr(function, "__name__", type(function).__name__)
            raise TypeError(f"a function of the place must take (x, y){', or x alone' * chain}; got {name}"
                            f"{signature(function)}")
        return function(x)

    def per_cell(self, value):
        """A parameter as a float, or as an array (ny, nx) if it varies from cell to cell. Cells that are not inside get
        the mean of the others: what is said of them must not set a step, a width or a warning."""
        if np.ndim(value) == 0:
            return float(value)
        value = np.reshape(value, (self.ny, self.nx))
        return value if self.inside is None else np.where(self.inside, value, np.mean(value[self.inside]))

    def magnetization(self, m):
        """``m`` as an array (layers, ny, nx, 3) of unit vectors: one vector, an array (of one layer: all are alike), or
        a function of (x, y) in m, for a chain given by nx also of x alone. Cells that are not inside get zeros,
        whatever m says there."""
        array = check.finite("m", self.at_cells(m) if callable(m) else m)
        if array.shape not in ((3,), self.shape + (3,), self.m_shape):
            raise ValueError(f"m must be one vector (3,) or have the shape {self.m_shape}; got {array.shape}")
        array = np.broadcast_to(array, (self.layers, self.ny, self.nx, 3))
        inside = ... if self.inside is None else np.broadcast_to(self.inside, array.shape[:-1])
        length = np.linalg.norm(array[inside], axis=-1, keepdims=True)
        if (error := np.abs(length - 1).max()) > 1e-6:
            raise ValueError(f"m must hold unit vectors; the largest | |m| - 1 | is {error:.2g}")
        out = np.zeros(array.shape)
        out[inside] = array[inside] / length
        return out

    def __repr__(self):
        edges = [("periodic" if p else "open") + f" in {a}" for p, a, n in zip(self.periodic, "xy", self.cells)
                 if n > 1]
        nm = " × ".join(f"{s * 1e9:g}" for s in self.cell_size)
        layers = f"{self.layers} layers of " if self.layers > 1 else ""
        some = "" if self.inside is None else f", {self.filled} of them filled"
        return f"Mesh of {layers}{self.nx} × {self.ny} cells of {nm} nm³{some}, edges {', '.join(edges) or 'open'}"


def _second_has_default(function):
    """Whether the function names a second parameter and needs no value for it; False for a built-in that does not
    say."""
    try:
        parameters = signature(function).parameters.values()
    except ValueError:
        return False
    named = [p for p in parameters if p.kind in (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)]
    return len(named) > 1 and named[1].default is not Parameter.empty
