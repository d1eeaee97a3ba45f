"""What an electric field does to the spins: the Kubo formula (10), Eqs. (3), (4), (11), (12), and sums over the Fermi sea.

Electrons have charge −e: a field E (V/nm) drives their wave vector by ħ dk/dt = −eE. Two bands, in this order
everywhere: index 0 is the majority (s = −1, lower energy), index 1 the minority (s = +1), as `numpy.linalg.eigh`
returns them. Sums over k are integrals ∫dᵈk/(2π)ᵈ, so densities come out in nm⁻ᵈ.
"""

import os
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numba import njit

from . import _validate as check
from .spins import local_spin
from .units import e, hbar

_BLOCK = 1 << 14
_STEPS_PER_KT = 4.0


class CoarseGridWarning(UserWarning):
    """The occupation changes by more than the grid can follow between neighbouring k-points."""


# --- grids in k ------------------------------------------------------------------------------------------------------

class KGrid:
    """Points k and weights w, so that Σ_k w g(k) ≈ ∫dᵈk/(2π)ᵈ g(k).

    ``points`` (n, d) in 1/nm and ``weights`` (n,) in nm⁻ᵈ. ``spacing`` (d,) in 1/nm is the distance of neighbours
    of a uniform grid; None for nodes without one (Gauss–Legendre), where no check against the temperature is possible.
    `brillouin_zone`, `k_box` and `fermi_sphere` build grids that make their points block by block.
    Raises ValueError for wrong shapes, non-finite values or a spacing that is not positive.
    """

    def __init__(self, points, weights, spacing=None):
        self._points = check.finite("points", points, shape=(None, None))
        self.size, self.dimension = self._points.shape
        check.choice("dimension of points", self.dimension, (1, 2, 3))
        self._weights = check.finite("weights", weights, shape=(self.size,))
        self.spacing = _checked_spacing(spacing, self.dimension)

    def block(self, start, stop):
        """(points, weights) of the entries start … stop − 1, shapes (m, d) and (m,)."""
        return self._points[start:stop], self._weights[start:stop]

    @property
    def points(self):
        """All points, shape (n, d), in 1/nm."""
        return self.block(0, self.size)[0]

    @property
    def weights(self):
        """All weights, shape (n,), in nm⁻ᵈ."""
        return self.block(0, self.size)[1]

    def sum(self, values):
        """Σ_k w(k) values(k) for ``values`` of shape (n, ...). Raises ValueError for another first axis."""
        values = np.asarray(values)
        if values.ndim == 0 or values.shape[0] != self.size:
            raise ValueError(f"values must have {self.size} entries along the first axis; got shape {values.shape}")
        return np.tensordot(self.weights, values, axes=1)


class _ProductGrid(KGrid):
    """A grid that is the product of one-dimensional rules; ``to_k`` maps the product's coordinates to k."""

    def __init__(self, nodes, weights, spacing=None, to_k=None):
        self._nodes, self._factors, self._to_k = nodes, weights, to_k
        self._shape = tuple(len(n) for n in nodes)
        self.size, self.dimension = int(np.prod(self._shape)), len(nodes)
        self.spacing = _checked_spacing(spacing, self.dimension)

    def block(self, start, stop):
        index = np.unravel_index(np.arange(start, min(stop, self.size)), self._shape)
        q = np.stack([nodes[i] for nodes, i in zip(self._nodes, index)], axis=-1)
        w = np.prod([factors[i] for factors, i in zip(self._factors, index)], axis=0)
        return (q if self._to_k is None else self._to_k(q)), w


def _checked_spacing(spacing, dimension):
    if spacing is None:
        return None
    spacing = check.finite("spacing", spacing)
    if spacing.shape not in ((), (dimension,)):
        raise ValueError(f"spacing must be a number or have shape ({dimension},); got {spacing.shape}")
    return np.broadcast_to(check.above_zero("spacing", spacing, "1/nm"), (dimension,)).copy()


def brillouin_zone(lattice_constant, points, dimension):
    """Uniform grid on the Brillouin zone |k_i| < π/a of a chain, square or cubic lattice, symmetric under k → −k.

    ``lattice_constant`` a in nm, ``points`` per direction, ``dimension`` 1, 2 or 3. Periodic functions converge
    faster than any power of ``points``. Raises ValueError for a ≤ 0 or fewer than 2 points.
    """
    a = check.positive("lattice_constant", lattice_constant, "nm")
    return k_box(np.pi / a, points, dimension)


def k_box(k_max, points, dimension):
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
    return _ProductGrid([nodes] * d, [factors] * d, spacing=step)


def fermi_sphere(radii, dimension, *, radial=24, angular=16):
    """Nodes for sums over Fermi seas that end sharply (kT = 0) at the wave vectors ``radii``, in 1/nm.

    Between 0 and each of the sorted ``radii`` lie ``radial`` Gauss–Legendre nodes in |k|: a band filled up to one
    of the radii is integrated with no error from the edge. Directions: both signs (d = 1), ``angular`` equidistant
    angles (d = 2), ``angular`` equidistant azimuths times angular/2 Gauss–Legendre nodes in cos ϑ (d = 3), exact for
    polynomials in k/|k| of degree below ``angular``. Raises ValueError for radii that are not positive and distinct.
    """
    radii = np.sort(check.finite("radii", np.atleast_1d(check.finite("radii", radii)), shape=(None,)))
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


def _from_polar(q):
    k, angle = q.T
    return np.stack([k * np.cos(angle), k * np.sin(angle)], axis=-1)


def _from_spherical(q):
    k, u, angle = q.T
    rho = k * np.sqrt(1 - u**2)
    return np.stack([rho * np.cos(angle), rho * np.sin(angle), k * u], axis=-1)


# --- occupations and the densities they make -------------------------------------------------------------------------

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
        x = check.finite("energy", energy) - self.chemical_potential
        if self.kT == 0:
            return 0.5 * (1 - np.sign(x))
        return 0.5 * (1 - np.tanh(x / (2*self.kT)))


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


# --- one state: Eqs. (3), (4), (12) ----------------------------------------------------------------------------------

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


# --- the Kubo formula (10) -------------------------------------------------------------------------------------------

def local_hamiltonian(band, A, J):
    """H'(k) of Eq. (8) at one point of a texture and its gradient ∇_k H', as two functions of k (..., d).

    ``A`` (4, 3) is the gauge potential there (`gauge.gauge_potential`), ``J`` > 0 in eV. The functions return
    (..., 2, 2) in eV and (..., d, 2, 2) in eV nm: what `kubo_spin` takes. Raises ValueError for another shape of A or
    J ≤ 0.
    """
    check.band(band)
    A = check.finite("A", A, shape=(4, 3))
    J = check.positive("J", J, "eV")
    A_space, still = A[:band.dimension], np.array([0.0, 0.0, J]) - A[3]

    def hamiltonian(k):
        return _pauli_matrices(band.energy(k), still - band.velocity(k) @ A_space)

    def gradient(k):
        inverse_mass = band.inverse_mass(k)
        h = -hbar * (inverse_mass.reshape(-1, band.dimension) @ A_space)      # one product, faster than one a point
        return _pauli_matrices(hbar * band.velocity(k), h.reshape(inverse_mass.shape[:-1] + (3,)))

    return hamiltonian, gradient


def _pauli_matrices(h0, h):
    """h₀ + h·σ, shape (..., 2, 2), for h₀ (...) and h (..., 3)."""
    out = np.empty((h0.size, 2, 2), dtype=complex)
    _pauli_kernel(np.ascontiguousarray(h0).ravel(), np.ascontiguousarray(h).reshape(-1, 3), out)
    return out.reshape(h0.shape + (2, 2))


@njit(cache=True, nogil=True)
def _pauli_kernel(h0, h, out):
    for n in range(h0.size):
        out[n, 0, 0], out[n, 1, 1] = h0[n] + h[n, 2], h0[n] - h[n, 2]
        out[n, 0, 1], out[n, 1, 0] = h[n, 0] - 1j*h[n, 1], h[n, 0] + 1j*h[n, 1]


def kubo_spin(hamiltonian, gradient, grid, occupation):
    """The Kubo formula (10) for a two-band H'(k), all directions of spin and field: χ with Δ⟨σ_a⟩ = Σ_i χ_ai E_i.

    Parameters
    ----------
    hamiltonian : function of k (m, d) returning H'(k) (m, 2, 2) in eV, or the array (n, 2, 2) on the grid.
    gradient : likewise ∇_k H', (m, d, 2, 2) or (n, d, 2, 2) in eV nm.
    grid : a `KGrid`.
    occupation : a `FermiDirac`, or occupations (n, 2) or (2,) of the lower and upper band.

    Returns χ, shape (3, d), in nm⁻ᵈ per V/nm, on the axes of H' (in a texture: e_θ, e_φ, m). Multiply by E; turn to
    the lab frame with those axes. Memory goes with a block of k-points and the functions are called block by block,
    from several threads.

    With H' = h₀ + h·σ the sum over the two bands closes to e Σ_k (f₊ − f₋) h × (E·∇_k)h / 2|h|³.

    Raises ValueError for matrices that are not hermitian or not finite, degenerate bands (|h| = 0) and wrong shapes,
    TypeError for a grid that is no KGrid.
    Warns (`CoarseGridWarning`) if the Fermi function falls too fast for a uniform grid.
    """
    check.instance("grid", grid, KGrid)
    distribution = occupation if isinstance(occupation, FermiDirac) else None
    f = np.empty((0, 2)) if distribution else _checked_occupations(occupation, grid, "occupation, if no FermiDirac,")
    mu, kT = (distribution.chemical_potential, distribution.kT) if distribution else (0.0, 0.0)
    spacing = grid.spacing if distribution and grid.spacing is not None else np.zeros(0)
    values = [_on_grid("hamiltonian", hamiltonian, grid, (2, 2)),
              _on_grid("gradient", gradient, grid, (grid.dimension, 2, 2))]

    def one_block(start):
        stop = min(start + _BLOCK, grid.size)
        k, w = grid.block(start, stop)
        H, dH = (value(k, start, stop) for value in values)
        total, report = np.zeros((3, grid.dimension)), np.zeros(6)
        _kubo_kernel(H, dH, np.ascontiguousarray(w), np.ascontiguousarray(f[start:stop]), mu, kT, spacing, total, report)
        report[_GAP_AT] += start
        return total, report

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        blocks = list(pool.map(one_block, range(0, grid.size, _BLOCK)))
    reports = np.array([report for _, report in blocks])
    _raise_if_bad(reports, grid)
    if distribution:
        _warn_if_coarse(reports[:, _STEP].max(), distribution)
    return e * np.sum([total for total, _ in blocks], axis=0)


def _on_grid(name, value, grid, tail):
    """A function of (k, start, stop) that gives a block of ``value``, with its shape checked."""
    if callable(value):
        def of_block(k, start, stop):
            block = np.asarray(value(k))
            if block.shape != (len(k), *tail):
                raise ValueError(f"{name} must return shape {(len(k), *tail)} for k of shape {k.shape}; got {block.shape}")
            return np.ascontiguousarray(block, dtype=complex)
        return of_block
    array = np.asarray(value)
    if array.shape != (grid.size, *tail):
        raise ValueError(f"{name} must have shape {(grid.size, *tail)}, one matrix per k-point; got {array.shape}")
    return lambda k, start, stop: np.ascontiguousarray(array[start:stop], dtype=complex)


_ERROR, _SCALE, _GAP, _GAP_AT, _STEP, _NOT_FINITE = range(6)


def _raise_if_bad(reports, grid):
    if reports[:, _NOT_FINITE].any():
        raise ValueError("hamiltonian and gradient must be finite on the whole grid; got nan or inf")
    scale = max(reports[:, _SCALE].max(), 1e-300)
    error = reports[:, _ERROR].max()
    if error > 1e-10 * scale:
        raise ValueError(f"hamiltonian and gradient must be hermitian; the largest |H' - H'†| is {error:.2g} eV "
                         "(or eV nm for the gradient)")
    worst = reports[np.argmin(reports[:, _GAP])]
    if worst[_GAP] <= 1e-10 * scale:
        at = int(worst[_GAP_AT])
        raise ValueError("hamiltonian must have two bands apart at every k-point, for (10) divides by the gap squared; "
                         f"the gap is {worst[_GAP]:.2g} eV at k = {grid.block(at, at + 1)[0][0]} 1/nm")


@njit(cache=True, nogil=True)
def _kubo_kernel(H, dH, weights, f, mu, kT, spacing, total, report):
    """Add Σ_k w (f₊ − f₋) h × ∂_i h / 2|h|³ to total[:, i]; what was met on the way goes to ``report``."""
    error, scale, least, least_at, worst_step, finite = 0.0, 0.0, np.inf, 0, 0.0, True
    d = dH.shape[1]
    for n in range(H.shape[0]):
        H00, H01, H10, H11 = H[n, 0, 0], H[n, 0, 1], H[n, 1, 0], H[n, 1, 1]
        error = max(error, abs(H00.imag), abs(H11.imag), abs(H01.real - H10.real), abs(H01.imag + H10.imag))
        h0, hx, hy, hz = (H00.real + H11.real) / 2, H01.real, -H01.imag, (H00.real - H11.real) / 2
        h = np.sqrt(hx*hx + hy*hy + hz*hz)
        scale = max(scale, abs(h0) + h)
        if not np.isfinite(h0 + h + H10.real + H10.imag + H00.imag + H11.imag):
            finite = False
        if h < least:
            least, least_at = h, n
        if f.shape[0]:
            difference = f[n, 1] - f[n, 0]
        elif kT > 0:
            # f₊ − f₋ without cancellation: −sinh(h/kT)/(cosh(h/kT) + cosh((h0 − μ)/kT)), divided by exp(largest)
            a, b = h / kT, abs(h0 - mu) / kT
            top = max(a, b)
            difference = -(np.exp(a - top) - np.exp(-a - top)) / (
                np.exp(a - top) + np.exp(-a - top) + np.exp(b - top) + np.exp(-b - top))
        else:
            difference = 0.5 * (np.sign(h0 - h - mu) - np.sign(h0 + h - mu))
        factor = weights[n] * difference / (2*h*h*h) if h > 0 else 0.0
        for i in range(d):
            D00, D01, D10, D11 = dH[n, i, 0, 0], dH[n, i, 0, 1], dH[n, i, 1, 0], dH[n, i, 1, 1]
            error = max(error, abs(D00.imag), abs(D11.imag), abs(D01.real - D10.real), abs(D01.imag + D10.imag))
            dx, dy, dz = D01.real, -D01.imag, (D00.real - D11.real) / 2
            if not np.isfinite(dx + dy + dz + D00.real + D10.real + D10.imag + D00.imag + D11.imag):
                finite = False
            total[0, i] += factor * (hy*dz - hz*dy)
            total[1, i] += factor * (hz*dx - hx*dz)
            total[2, i] += factor * (hx*dy - hy*dx)
            if spacing.shape[0]:
                common, split = (D00.real + D11.real) / 2, (hx*dx + hy*dy + hz*dz) / h if h > 0 else 0.0
                for s in (-1, 1):
                    step = abs(common + s*split) * spacing[i]
                    if step > _STEPS_PER_KT * kT and abs(h0 + s*h - mu) < step and step > worst_step:
                        worst_step = step
    report[0], report[1], report[2], report[3], report[4], report[5] = error, scale, 2*least, least_at, worst_step, not finite
