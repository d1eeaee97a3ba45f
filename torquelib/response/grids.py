"""Points and weights for sums over k: Σ_k g(k) ≈ ∫dᵈk/(2π)ᵈ g(k), so that densities come out in nm⁻ᵈ."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import _validate as check
from ..bands import BandLike, as_band


class KGrid:
    """Points k and weights w, so that Σ_k w g(k) ≈ ∫dᵈk/(2π)ᵈ g(k).

    ``points`` (n, d) in 1/nm and ``weights`` (n,) in nm⁻ᵈ. ``spacing`` in 1/nm is the distance of neighbours of a
    uniform grid, a number or (d,); ``steps`` (d, d) are then the vectors to neighbours, rows. None for nodes without
    (Gauss–Legendre), where no check against the temperature is possible.
    A single state is the one point ``KGrid(k[None], [1.0])`` for k (d,), with occupations (1, 0) or (0, 1).
    `brillouin_zone`, `k_box` and `fermi_sphere` build grids that make their points block by block.
    The arrays are copied and cannot be written to. Raises ValueError for wrong shapes, no points, non-finite values or
    a spacing that is not positive.
    """

    size: int
    dimension: int
    steps: NDArray | None

    def __init__(self, points: ArrayLike, weights: ArrayLike, spacing: ArrayLike | None = None):
        self._points = np.array(check.finite("points", points, shape=(None, None), unit="1/nm"))
        self.size, self.dimension = self._points.shape
        if self.size == 0:
            raise ValueError("points must hold at least one k; got none")
        check.choice("dimension of points", self.dimension, (1, 2, 3))
        self._weights = np.array(check.finite("weights", weights, shape=(self.size,)))
        self.steps = None
        if spacing is not None:
            spacing = check.above_zero("spacing", spacing, "1/nm")
            if spacing.shape not in ((), (self.dimension,)):
                raise ValueError(f"spacing must be a number or have shape ({self.dimension},); got {spacing.shape}")
            self.steps = np.eye(self.dimension) * spacing
        self._points.flags.writeable = self._weights.flags.writeable = False         # functions of k see these arrays

    def __repr__(self):
        return f"<KGrid of {self.size} points in {self.dimension} dimension(s)>"

    def block(self, start: int, stop: int) -> tuple[NDArray, NDArray]:
        """(points, weights) of the entries start … stop − 1, shapes (m, d) and (m,)."""
        return self._points[start:stop], self._weights[start:stop]

    @property
    def points(self) -> NDArray:
        """All points, shape (n, d), in 1/nm."""
        return self.block(0, self.size)[0]

    @property
    def weights(self) -> NDArray:
        """All weights, shape (n,), in nm⁻ᵈ."""
        return self.block(0, self.size)[1]

    def sum(self, values: ArrayLike) -> NDArray:
        """Σ_k w(k) values(k) for ``values`` of shape (n, ...). Raises ValueError for another first axis."""
        values = np.asarray(values)
        if values.ndim == 0 or values.shape[0] != self.size:
            raise ValueError(f"values must have {self.size} entries along the first axis; got shape {values.shape}")
        return np.tensordot(self.weights, values, axes=1)


class _ProductGrid(KGrid):
    """A grid that is the product of one-dimensional rules; ``to_k`` maps the product's coordinates to k."""

    def __init__(self, nodes: Sequence[NDArray], weights: Sequence[NDArray], steps: NDArray | None = None,
                 to_k: Callable[[NDArray], NDArray] | None = None):
        self._nodes, self._factors, self._to_k = nodes, weights, to_k
        self._shape = tuple(len(n) for n in nodes)
        self.size, self.dimension = int(np.prod(self._shape)), len(nodes)
        self.steps = steps

    def block(self, start, stop):
        index = np.unravel_index(np.arange(start, min(stop, self.size)), self._shape)
        q = np.stack([nodes[i] for nodes, i in zip(self._nodes, index)], axis=-1)
        w = np.prod([factors[i] for factors, i in zip(self._factors, index)], axis=0)
        return (q if self._to_k is None else self._to_k(q)), w


def brillouin_zone(band: BandLike, points: int, *, lattice_constant: float | None = None) -> KGrid:
    """Uniform (midpoint) grid on the Brillouin zone of the ``band``, symmetric under k → −k.

    The zone is the cell spanned by the band's ``reciprocal_vectors``, with ``points`` along each; a band without a
    lattice needs the ``lattice_constant`` a in nm of a chain, a square or a cubic lattice. Periodic functions converge
    faster than any power of ``points``. Raises ValueError if there is no lattice, or two; for a ≤ 0 or fewer than 2
    points.
    """
    vectors = _reciprocal_vectors(as_band(band), lattice_constant)
    n, d = check.integer("points", points, minimum=2), len(vectors)
    nodes, factors = (np.arange(n) + 0.5) / n - 0.5, np.full(n, abs(np.linalg.det(vectors))**(1/d) / (2*np.pi * n))
    return _ProductGrid([nodes] * d, [factors] * d, steps=vectors / n, to_k=partial(_from_cell, vectors))


def _reciprocal_vectors(band, lattice_constant):
    """The vectors that span the band's Brillouin zone, rows (d, d) in 1/nm: its own, or those of a square lattice.

    Raises ValueError if there is no lattice, if two are given, or if the band has not these periods. (A band that
    depends on |k| alone has none and may be cut at the zone of any lattice.)
    """
    own = band.reciprocal_vectors
    if lattice_constant is None:
        if own is None:
            raise ValueError(f"lattice_constant must be given for {type(band).__name__}, which has none")
        vectors = np.asarray(own, dtype=float)
    else:
        a = check.positive("lattice_constant", lattice_constant, "nm")
        vectors = 2*np.pi / a * np.eye(band.dimension)
        if own is not None and not np.allclose(vectors, own, rtol=1e-9):
            raise ValueError(f"lattice_constant must be left out, or that of the band's own lattice; got {a:g} nm")
    if not band.isotropic:
        k = np.array([[0.13, -0.29, 0.37], [0.41, 0.47, -0.11], [-0.37, 0.08, 0.23]])[:, :band.dimension] @ vectors
        for vector in vectors:
            if not np.allclose(band._energy(k + vector), band._energy(k), rtol=1e-9, atol=1e-12):
                raise ValueError(f"band must have the period {vector.round(4)} 1/nm of its lattice in k; it has not")
    return vectors


def k_box(k_max: float, points: int, dimension: int) -> KGrid:
    """Uniform (midpoint) grid on the box |k_i| < k_max, symmetric under k → −k.

    ``k_max`` in 1/nm, ``points`` per direction, ``dimension`` 1, 2 or 3. The spins of a free-electron gas converge
    fast if the box holds all occupied states. Raises ValueError for k_max ≤ 0 or fewer than 2 points.
    """
    k_max = check.positive("k_max", k_max, "1/nm")
    n = check.integer("points", points, minimum=2)
    d = check.choice("dimension", dimension, (1, 2, 3))
    step = 2 * k_max / n
    nodes = -k_max + step * (np.arange(n) + 0.5)
    factors = np.full(n, step / (2*np.pi))
    return _ProductGrid([nodes] * d, [factors] * d, steps=step * np.eye(d))


def fermi_sphere(radii: ArrayLike, dimension: int, *, radial: int = 24, angular: int = 16) -> KGrid:
    """Nodes for sums over Fermi seas that end sharply (kT = 0) at the wave vectors ``radii``, in 1/nm.

    Between 0 and each of the sorted ``radii`` lie ``radial`` Gauss–Legendre nodes in |k|: a band filled up to one
    of the radii is integrated with no error from the edge. Directions: both signs (d = 1), ``angular`` equidistant
    angles (d = 2), ``angular`` equidistant azimuths times angular/2 Gauss–Legendre nodes in cos ϑ (d = 3), exact for
    polynomials in k/|k| of degree below ``angular``. Raises ValueError for radii that are not positive and distinct.
    """
    radii = np.sort(check.finite("radii", np.atleast_1d(check.finite("radii", radii, unit="1/nm")), shape=(None,)))
    if radii.size == 0:
        raise ValueError("radii must hold at least one wave vector; got none")
    edges = np.concatenate([[0.0], radii])
    if np.any(np.diff(edges) <= 0):
        raise ValueError(f"radii must be positive and distinct, in 1/nm; got {radii}")
    d = check.choice("dimension", dimension, (1, 2, 3))
    n, m = check.integer("radial", radial, minimum=2), check.integer("angular", angular, minimum=4)
    x, w = np.polynomial.legendre.leggauss(n)
    k = np.concatenate([(a + b + (b - a)*x) / 2 for a, b in zip(edges, edges[1:])])
    wk = np.concatenate([(b - a)/2 * w for a, b in zip(edges, edges[1:])]) * k**(d - 1) / (2*np.pi)**d
    if d == 1:
        return _ProductGrid([np.concatenate([-k[::-1], k])], [np.concatenate([wk[::-1], wk])])
    angle, wa = 2*np.pi * (np.arange(m) + 0.5) / m, np.full(m, 2*np.pi / m)
    if d == 2:
        return _ProductGrid([k, angle], [wk, wa], to_k=_from_polar)
    u, wu = np.polynomial.legendre.leggauss((m + 1) // 2)
    return _ProductGrid([k, u, angle], [wk, wu, wa], to_k=_from_spherical)


def _from_cell(vectors, u):
    return u @ vectors


def _from_polar(q):
    k, angle = q.T
    return np.stack([k * np.cos(angle), k * np.sin(angle)], axis=-1)


def _from_spherical(q):
    k, u, angle = q.T
    rho = k * np.sqrt(1 - u**2)
    return np.stack([rho * np.cos(angle), rho * np.sin(angle), k * u], axis=-1)
