"""Integrals over k: on the Fermi points, lines or surfaces, and on points that resolve a broadening.

Electron side: eV, nm, fs. Both bands ε(k) + sJ are meant; arrays over them are in ascending energy, index 0 majority
(s = −1), index 1 minority (s = +1). Every k-integral carries dᵈk/(2π)ᵈ, d the band's dimension: 1, 2 or 3 for a band
that depends on |k| alone, 2 for any other.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from .. import _validate as check
from ..bands import BandLike, as_band
from ..response.grids import _reciprocal_vectors
from ..units import hbar

SIGNS = np.array([-1.0, 1.0])
"""s of the two bands, in the order of every array here: majority, minority."""


@dataclass(frozen=True, eq=False)
class FermiAverages:
    """What the Fermi lines (points, surfaces) of both bands contribute to the clean limit; an empty band has zeros.

    density            (2,)       n_s, electrons per nm^d
    density_of_states  (2,)       N_s = ∫ δ(E_F − E_s), 1/(eV nm^d); the paper's D_s/L^d
    velocity_squared   (2, d, d)  F_s,ij = ∫ v_i v_j δ(E_F − E_s) = ∫ f_s M⁻¹_ij, nm^(2−d)/(eV fs²)
    """

    density: np.ndarray
    density_of_states: np.ndarray
    velocity_squared: np.ndarray


def fermi_averages(band: BandLike, *, J: float, E_F: float, cutoff: float | None = None) -> FermiAverages:
    """`FermiAverages` of a band split by the exchange energy.

    ``J`` > 0 in eV, ``E_F`` in eV from the band's own zero. Isotropic bands, of any dimension, use their Fermi wave
    vectors. Any other band must be two-dimensional; it is traced in its Brillouin zone, or, if it has no lattice, in
    the square |k_x|, |k_y| ≤ ``cutoff`` (1/nm), which a lattice must not have. Raises ValueError for E_F below both
    bands, for an isotropic band that does not rise steadily, for a line that leaves the square or meets a saddle point.
    """
    band, J, E_F = _checked_levels(band, J, E_F)
    return _averages(band, J, E_F, _half_zone(band, cutoff))


def _averages(band, J, E_F, zone):
    if zone is None:
        d, k_F = band.dimension, _wave_vectors(band, J, E_F)
        v = band._radial(k_F)[1]
        N = np.divide(_shell(k_F, d), hbar * v, out=np.zeros(2), where=k_F > 0)
        return FermiAverages(_shell(k_F, d) * k_F / d, N, (N * v**2 / d)[:, None, None] * np.eye(d))
    n, N, F = np.zeros(2), np.zeros(2), np.zeros((2, 2, 2))
    for i, s in enumerate(SIGNS):
        k, weight, n[i] = _fermi_line(band._energy, lambda q: hbar * band._velocity(q), E_F - s*J, zone)
        v = band._velocity(k)
        N[i], F[i] = weight.sum(), np.einsum("n,ni,nj->ij", weight, v, v)
    if n[0] == 0:
        raise ValueError(f"E_F must lie above the bottom of the majority band; got {E_F:g} eV")
    return FermiAverages(n, N, F)


def fermi_wave_vectors(band: BandLike, *, J: float, E_F: float) -> np.ndarray:
    """k_F of majority and minority (2,) in 1/nm of an isotropic band, 0 for an empty one.

    Raises ValueError if E_F is below both bands or above the band's top, or if ε(k) falls anywhere below E_F.
    """
    band, J, E_F = _checked_levels(band, J, E_F)
    if not band.isotropic:
        raise ValueError("band must be isotropic to have one Fermi wave vector a spin")
    return _wave_vectors(band, J, E_F)


def _wave_vectors(band, J, E_F):
    bottom = float(band._radial(np.array(0.0))[0])
    if E_F + J <= bottom:
        raise ValueError(f"E_F must lie above the bottom of the majority band, {bottom - J:g} eV; got {E_F:g} eV")
    top = min(1.0, band.k_max)
    while band._radial(np.array(top))[0] < E_F + J:
        if top >= min(band.k_max, 1e6):
            raise ValueError(f"E_F + J = {E_F + J:g} eV must lie below the top of the band's domain")
        top = min(2*top, band.k_max)
    k = np.linspace(0, top, 2001)[1:]
    energy, velocity, _ = band._radial(k)
    wrong = (velocity <= 0) & (energy - E_F - J < 0)
    if np.any(wrong):
        raise ValueError("band must rise steadily with |k| below E_F to have one Fermi wave vector a spin; "
                         f"it falls at |k| = {k[wrong][0]:.4g} 1/nm")

    def k_F(level):
        if level <= bottom:
            return 0.0
        return brentq(lambda q: float(band._radial(np.array(q))[0]) - level, 0.0, top, xtol=1e-14, rtol=1e-14)

    return np.array([k_F(E_F - s*J) for s in SIGNS])


def _shell(k, dimension):
    """States per dk and volume at |k| = k, Ωk^(d−1)/(2π)ᵈ: 1/π (both ±k), k/2π, k²/2π² for d = 1, 2, 3."""
    return k**(dimension - 1) / (np.pi, 2*np.pi, 2*np.pi**2)[dimension - 1]


def _checked_levels(band, J, E_F):
    """``band``, ``J`` and ``E_F`` after a check; ValueError for a dimension that is not integrated here."""
    band = as_band(band)
    if band.dimension != 2 and not band.isotropic:
        raise ValueError(f"band must have dimension 2, or depend on |k| alone; got dimension {band.dimension}")
    return band, check.positive("J", J, "eV"), check.number("E_F", E_F, unit="eV")


def _half_zone(band, cutoff):
    """Half the vectors that span the k integrated over, rows (2, 2) in 1/nm: k = u @ zone for −1 ≤ u ≤ 1.

    None for an isotropic band, which needs none. Raises ValueError for a ``cutoff`` beside a lattice, and unless ε is
    even in k and, on the zone of a lattice, periodic.
    """
    if cutoff is not None:
        cutoff = check.positive("cutoff", cutoff, "1/nm")
    if band.isotropic:
        return None
    if band.reciprocal_vectors is not None:
        if cutoff is not None:
            raise ValueError("cutoff must be left out for a band with a lattice: its sums run over one Brillouin zone; "
                             f"got {cutoff:g} 1/nm")
        zone = _reciprocal_vectors(band, None) / 2
    elif cutoff is not None:
        zone = cutoff * np.eye(2)
    else:
        raise ValueError("cutoff must be given in 1/nm: this band has no lattice, hence no Brillouin zone")
    u = np.linspace(-1, 1, 65)                  # a domain that ends inside is named
    band._within(np.stack(np.meshgrid(u, u, indexing="ij"), axis=-1) @ zone)
    k = np.stack(np.meshgrid([0.13, 0.41, 1.0], [-1.0, -0.29, 0.47], indexing="ij"), axis=-1) @ zone
    if not np.allclose(band._energy(k), band._energy(-k), rtol=1e-9, atol=1e-12):
        raise ValueError("band must be even in k, ε(−k) = ε(k)")
    return zone


# ---------------------------------------------------------------- Fermi lines

def _fermi_line(energy, gradient, level, zone, tolerance=1e-8):
    """Points k (n, 2) and weights (n,) on the line energy(k) = level, and the density below it.

    Σ weight·q(k) = ∫ d²k/(2π)² δ(level − energy) q, over the k = u @ ``zone`` with −1 ≤ u ≤ 1 (see `_half_zone`).
    ``energy`` and its k-``gradient`` (eV nm) take k (..., 2). The square of u is cut into triangles; in each the line
    is followed by twelve Gauss–Legendre points, moved onto it by Newton steps. The triangles halve until weight and
    density settle to ``tolerance`` and no pocket fits between their corners, which hold the points of high symmetry.
    """
    t = np.linspace(-1, 1, 65)
    for u in (np.stack([np.ones_like(t), t], axis=1), np.stack([t, np.ones_like(t)], axis=1)):
        edge, opposite = u @ zone, u * np.where(u[-2] == 1, -1, 1) @ zone
        if np.any(energy(edge) < level) and not np.allclose(gradient(edge), gradient(opposite), atol=1e-9):
            raise ValueError("cutoff must hold the whole Fermi line (or be the zone edge of a periodic band): the "
                             f"states below {level:g} eV reach beyond |k| = {np.linalg.norm(zone[0]):.4g} 1/nm")
    area, last, pocket = abs(np.linalg.det(zone)), None, None
    for cells in (66, 132, 264, 528):
        u, weight, density = _traced(lambda u: energy(u @ zone), lambda u: gradient(u @ zone) @ zone.T, level, cells)
        now = area * np.array([weight.sum(), density])
        if last is not None and np.all(np.abs(now - last) <= tolerance * np.maximum(np.abs(now), 1e-12)):
            pocket = _hidden_pocket(lambda u: energy(u @ zone), level, cells)
            if pocket is None:
                return u @ zone, area * weight, area * density
        last = now
    if pocket is not None:
        raise ValueError(f"the Fermi line at {level:g} eV could not be followed: it has too small a pocket around k = "
                         f"{pocket @ zone} 1/nm")
    raise ValueError(f"the Fermi line at {level:g} eV could not be followed: it meets a saddle point of the band")


def _hidden_pocket(energy, level, cells):
    """u (2,) in a pocket of energy(u) = level, of electrons or holes, that holds no corner of a triangle; or None."""
    axis, around = np.linspace(-1, 1, cells + 1), np.linspace(-1, 1, 9)
    corner = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1)
    around = np.stack(np.meshgrid(around, around, indexing="ij"), axis=-1).reshape(-1, 2)
    above = energy(corner) - level
    for sign in (1, -1):
        height = sign * above
        near = np.lib.stride_tricks.sliding_window_view(np.pad(height, 1, mode="edge"), (3, 3))
        lowest, highest = near.min(axis=(2, 3)), near.max(axis=(2, 3))
        for u in corner[(height > 0) & (height == lowest) & (height < highest - height)]:
            for size in 2 / cells / 3.0**np.arange(16):                      # down to the bottom
                points = np.clip(u + size * around, -1, 1)
                left = sign * (energy(points) - level)
                u = points[np.argmin(left)]
                if left.min() < 0:
                    return u
    return None


def _traced(energy, gradient, level, cells):
    axis = np.linspace(-1, 1, cells + 1)
    corner = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1)
    below = energy(corner) < level
    low, high = slice(None, -1), slice(1, None)
    a, b, c, d = (low, low), (high, low), (low, high), (high, high)

    def triangles(x):
        return np.concatenate([np.stack([x[i], x[j], x[k]], axis=2).reshape(cells**2, 3, *x.shape[2:])
                               for i, j, k in ((a, b, d), (a, d, c))])

    vertex, inside = triangles(corner), triangles(below)
    count = inside.sum(axis=1)
    area = (2 / cells)**2 / 2
    filled = area * np.sum(count == 3)
    cut = (count == 1) | (count == 2)
    vertex, inside = vertex[cut], inside[cut]
    lone_inside = inside.sum(axis=1) == 1
    lone = np.argmax(inside == lone_inside[:, None], axis=1)           # the vertex on its own side of the line
    rows = np.arange(len(vertex))
    v_0, v_1, v_2 = (vertex[rows, (lone + i) % 3] for i in range(3))
    t_1, t_2 = _crossing(energy, level, v_0, v_1, lone_inside), _crossing(energy, level, v_0, v_2, lone_inside)
    p_1, p_2 = v_0 + t_1[:, None]*(v_1 - v_0), v_0 + t_2[:, None]*(v_2 - v_0)
    filled += area * np.sum(np.where(lone_inside, t_1*t_2, 1 - t_1*t_2))

    chord = p_2 - p_1
    length = np.linalg.norm(chord, axis=1)
    keep = length > 1e-12
    e_1, e_2 = v_1 - v_0, v_2 - v_0
    outward = (np.where(lone_inside, 1, -1) * np.sign(e_1[:, 0]*e_2[:, 1] - e_1[:, 1]*e_2[:, 0]))[keep]
    p_1, chord, length = p_1[keep], chord[keep], length[keep]
    normal = outward[:, None] * np.stack([chord[:, 1], -chord[:, 0]], axis=1) / length[:, None]
    x, w = np.polynomial.legendre.leggauss(12)
    base = p_1[:, None] + (x[:, None] + 1)/2 * chord[:, None]
    k, n = base, normal[:, None]
    shift = np.zeros(base.shape[:2])
    for _ in range(12):
        slope = np.sum(gradient(k) * n, axis=-1)
        with np.errstate(divide="ignore", invalid="ignore"):
            step = (level - energy(k)) / slope
        step = np.nan_to_num(np.clip(step, -length[:, None], length[:, None]))
        shift = np.clip(shift + step, -length[:, None], length[:, None])
        k = np.clip(base + shift[..., None] * n, -1, 1)
    slope = np.abs(np.sum(gradient(k) * n, axis=-1))
    measure = length[:, None] * w / 2
    filled += np.sum(measure * shift)
    with np.errstate(divide="ignore"):
        weight = measure / slope / (4*np.pi**2)
    if not np.all(np.isfinite(weight)):
        raise ValueError(f"the Fermi line at {level:g} eV meets a point of zero velocity: its density of states "
                         "diverges")
    return k.reshape(-1, 2), weight.ravel(), filled / (4*np.pi**2)


def _crossing(energy, level, start, end, start_inside):
    low, high = np.zeros(len(start)), np.ones(len(start))
    for _ in range(48):
        middle = (low + high) / 2
        same = (energy(start + middle[:, None]*(end - start)) < level) == start_inside
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    return (low + high) / 2


# ---------------------------------------------------------------- points that resolve a broadening

def _radial_integral(integrand, k_F, width, k_top, tolerance=1e-10):
    """∫_0^k_top dk integrand(k), an array (m,), for peaks of ``width`` (2,) at ``k_F`` (2,), in 1/nm.

    ``integrand`` takes k (n,) and returns complex values (n, m). Panels of sixteen Gauss–Legendre points double in
    length away from each peak; a panel is halved until that changes its part by less than ``tolerance`` of the whole,
    real and imaginary parts apart. One that vanishes beside the other but for rounding has settled.
    """
    edges = [np.array([0.0, k_top])]
    for k, w in zip(k_F, width):
        steps = w * 2.0**np.arange(-1, np.ceil(np.log2(k_top / w)) + 1)
        edges.append(np.concatenate([k - steps, [k], k + steps]))
    edges = np.unique(np.concatenate(edges))
    edges = edges[(edges >= 0) & (edges <= k_top)]
    x, w = np.polynomial.legendre.leggauss(16)

    def panels(left, right):
        half = (right - left)[:, None] / 2
        values = integrand((left[:, None] + half * (x + 1)).ravel())
        return np.einsum("pn,pnm->pm", half * w, values.reshape(len(left), len(x), -1))

    def apart(values):
        return np.concatenate([values.real, values.imag], axis=1)

    left, right = edges[:-1], edges[1:]
    coarse, total, scale = panels(left, right), 0.0, None
    while len(left) < 5000:
        middle = (left + right) / 2
        parts = panels(np.concatenate([left, middle]), np.concatenate([middle, right]))
        first, second = parts[:len(left)], parts[len(left):]
        if scale is None:
            scale, whole = np.sum(np.abs(apart(parts)), axis=0), np.sum(np.abs(parts), axis=0)
            scale = np.where(scale < 1e-12 * np.tile(whole, 2), np.inf, scale)
        bad = np.any(np.abs(apart(first + second - coarse)) > tolerance * scale, axis=1)
        total = total + np.sum((first + second)[~bad], axis=0)
        if not np.any(bad):
            return total
        coarse = np.concatenate([first[bad], second[bad]])
        left, right = np.concatenate([left[bad], middle[bad]]), np.concatenate([middle[bad], right[bad]])
    raise ValueError("the radial integral did not settle: E_F must not lie at the bottom of a band (± J), the "
                     "band must be smooth, and Γ not too small for double precision")


def _refined_cells(energies_and_slopes, distance, zone, max_cells=40_000):
    """Corners (n, 2) and sides (n,) of square cells of u, no larger than their distance from a pole.

    k = u @ ``zone``, 0 ≤ u_x ≤ 1, |u_y| ≤ 1. ``energies_and_slopes(k)`` gives |E_F − E_s(k)| and |∇_k E_s|, each
    (n, bands); ``distance`` (bands,) is the broadening Γ_s in eV. A cell of size h is halved while ħ|v| h exceeds
    √(x² + Γ²), x the smallest |E_F − E_s| in it. ValueError when that takes more than
    ``max_cells``: the grid cannot resolve the broadening.
    """
    n, longest = 24, np.linalg.norm(zone, 2)    # of k for a unit step of u
    axis = -1 + 2/n * np.arange(n)
    corners = np.stack(np.meshgrid(axis[n//2:], axis, indexing="ij"), axis=-1).reshape(-1, 2)
    size, done, sizes = 2/n, [], []
    total = 0
    while len(corners):
        x, slope = energies_and_slopes((corners + size/2) @ zone)
        slope = longest * slope
        nearest = np.maximum(x - 0.71*slope*size, 0)
        split = np.any(slope*size > np.hypot(nearest, distance), axis=1)
        done.append(corners[~split])
        sizes.append(np.full(np.sum(~split), size))
        total += len(done[-1])
        size /= 2
        parents = corners[split]
        if total + 4*len(parents) > max_cells:
            raise ValueError(f"the k-grid cannot resolve the broadening {np.min(distance[distance > 0]):.2g} eV with "
                             f"{max_cells} cells; more impurities, or a larger max_cells, would do")
        corners = (parents[:, None] + size * np.array([[0, 0], [0, 1], [1, 0], [1, 1]])).reshape(-1, 2)
    return np.concatenate(done), np.concatenate(sizes)


def _cell_points(corners, sizes, zone, order=6):
    """k (n order², 2) and weights d²k/(2π)² (n order²,) of Gauss–Legendre points in the cells of `_refined_cells`."""
    x, w = np.polynomial.legendre.leggauss(order)
    x, w = (x + 1)/2, w/2
    offset = np.stack(np.meshgrid(x, x, indexing="ij"), axis=-1).reshape(-1, 2)
    u = corners[:, None] + sizes[:, None, None] * offset
    weight = abs(np.linalg.det(zone)) * sizes[:, None]**2 * np.outer(w, w).ravel() / (4*np.pi**2)
    return u.reshape(-1, 2) @ zone, weight.ravel()
