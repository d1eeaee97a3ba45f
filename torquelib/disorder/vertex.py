"""Vertex corrections: the ladder of (14) and what it does to the torque, in one, two and three dimensions.

Electron side: eV, nm, fs. The model is (13), the transformed Hamiltonian of a texture whose gradients along x and y
turn m towards the rotated axes x′ and y′ (the paper's (C1)):

    H′ = ε(k) + α_R (v_y σ_x − v_x σ_y) + J σ_z,   α_R = ħp/2 a momentum (eV fs/nm),

with point-like impurities whose Born broadening is Γ_s, (15). (The symbol α_R of (C3) and (26) is an energy times a
length.) ε(k) must be even in k. For a band that is not even in k_x and in k_y, as the paper's is, ṽ for E along x has a
σ_x part too, and the ratios are those of the spin ∝ E_i ∂_i m alone, without the adiabatic spin of the sideways
current. The paper's k is two-dimensional. In one dimension there is no v_y, in three ε depends on k_z too; (14)–(16)
keep their form, and (17) gets 2J·d for 4J.

Vertex corrections ṽ are returned as their components (ṽ_x, ṽ_y) on (σ_x, σ_y), in nm/fs. By the symmetry k → −k,
σ_x,y → −σ_x,y nothing else can occur; diagonal parts solve the homogeneous equation and only shift the chemical
potential (the paper's note 41). ``angle`` is that of E from the x axis in the xy plane, in rad.

Three ratios "torque with / without vertex corrections" are told apart by name:

- `paper_ratio`        the paper's: ṽ put into (10) beside the bare velocity;
- `bare_bubble_ratio`  no ladder, but lifetimes that differ between the bands;
- `full_ladder_ratio`  both: the bubble G^R (ν + ṽ) G^A, and the Fermi sea.

In each of them ``impurities`` None means spin-independent ones: neither their strength nor their concentration is left.
``J`` > 0 and ``E_F`` are in eV; ``cutoff`` is that of `fermi_averages`. Arrays over bands are in ascending energy:
majority, minority.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq

from .. import _validate as check
from ..algebra import sigma
from ..bands import BandLike, as_band
from ..units import hbar
from .fermi import (
    SIGNS,
    FermiAverages,
    _averages,
    _cell_points,
    _checked_levels,
    _fermi_line,
    _half_zone,
    _radial_integral,
    _refined_cells,
    _shell,
    _wave_vectors,
)
from .impurities import Impurities, _broadening, _transverse, checked_correlations


def hamiltonian(band: BandLike, k: ArrayLike, *, J: float, alpha_R: float) -> np.ndarray:
    """H′(k) of (13) in eV, shape (..., 2, 2), for k (..., d) in 1/nm and ``alpha_R`` in eV fs/nm."""
    band, J, alpha_R = as_band(band), check.positive("J", J, "eV"), _checked_alpha(alpha_R)
    return _hamiltonian(band, band._checked(k), J, alpha_R)


def _hamiltonian(band, k, J, alpha_R):
    v = _in_plane(band._velocity(k))
    field = np.stack([alpha_R * v[..., 1], -alpha_R * v[..., 0], np.full(v.shape[:-1], J)], axis=-1)
    return band._energy(k)[..., None, None] * np.eye(2) + np.einsum("...a,aij->...ij", field, sigma)


def current_vertex(band: BandLike, k: ArrayLike, *, alpha_R: float, angle: float = 0.0) -> np.ndarray:
    """ν(k) = n·∇_k H′/ħ in nm/fs, shape (..., 2, 2); n along E. (The paper's E·∇_k H′ is E ħν.)"""
    band, alpha_R = as_band(band), _checked_alpha(alpha_R)
    return _current_vertex(band, band._checked(k), alpha_R, _direction(angle, band.dimension))


def _current_vertex(band, k, alpha_R, n):
    mass = _in_plane(band._inverse_mass(k) @ n)
    return (band._velocity(k) @ n)[..., None, None] * np.eye(2) + alpha_R * (
        mass[..., 1, None, None] * sigma[0] - mass[..., 0, None, None] * sigma[1])


# ---------------------------------------------------------------- closed forms, clean limit

def clean_vertex(band: BandLike, impurities: Impurities | None = None, *, J: float, E_F: float, alpha_R: float,
                 angle: float = 0.0, cutoff: float | None = None) -> np.ndarray:
    """ṽ for vanishing concentration, (16) for spin-independent impurities; (2,) in nm/fs.

    With other ``impurities`` the rung Λ and the broadenings Γ_s replace the paper's:
    ṽ_i = α_R (C_ix σ_y − C_iy σ_x),  C_ij = (πΛ/2J) [F_−,ij/Γ_− − F_+,ij/Γ_+]; an empty band drops out.
    """
    clean = _clean_limit(band, impurities, J, E_F, angle, cutoff)
    return _checked_alpha(alpha_R) * _across(clean.vertex)


def circular_vertex(band: BandLike, *, J: float, E_F: float, alpha_R: float) -> np.ndarray:
    """ṽ for E along x from (17): (0, α_R [v(k_F−)² − v(k_F+)² Θ(E_F − J)]/2dJ) in nm/fs; isotropic bands.

    d is the band's dimension; the paper's 4J is that of d = 2.
    """
    band, J, E_F = _checked_levels(band, J, E_F)
    if not band.isotropic:
        raise ValueError("band must be isotropic to have one Fermi wave vector a spin")
    k_F = _wave_vectors(band, J, E_F)
    v = np.where(k_F > 0, band._radial(k_F)[1], 0.0)
    return np.array([0.0, _checked_alpha(alpha_R) * (v[0]**2 - v[1]**2) / (2*band.dimension*J)])


class _CleanLimit(NamedTuple):
    averages: FermiAverages
    rung: float             # Λ
    gamma: np.ndarray       # Γ_s, (2,)
    current: np.ndarray     # [F_−/Γ_− − F_+/Γ_+] n, (d,)
    vertex: np.ndarray      # C n of (7.11), (d,)
    n: np.ndarray           # the direction of E, (d,)

    @property
    def bare(self):
        """F_− − F_+ along E, which the clean torque (12) is proportional to."""
        return _bare(self.averages, self.n)


def _clean_limit(band, impurities, J, E_F, angle, cutoff):
    band, J, E_F = _checked_levels(band, J, E_F)
    n = _direction(angle, band.dimension)
    w = (1.0, 0.0, 0.0) if impurities is None else checked_correlations(impurities)     # any strength drops out
    averages = _averages(band, J, E_F, _half_zone(band, cutoff))
    rung, gamma = _transverse(w), _occupied_broadening(w, averages)
    lifetime = np.divide(1.0, gamma, out=np.zeros(2), where=averages.density_of_states > 0)
    current = np.einsum("s,sij,j->i", -SIGNS * lifetime, averages.velocity_squared, n)
    return _CleanLimit(averages, rung, gamma, current, np.pi * rung / (2*J) * current, n)


def _occupied_broadening(w, averages):
    N = averages.density_of_states
    gamma = _broadening(w, N)
    if np.any(gamma[N > 0] <= 0):              # flips alone, without a minority to flip to
        raise ValueError("impurities must broaden every occupied band; these do not scatter the majority band")
    return gamma


def _bare(averages, n):
    F = averages.velocity_squared @ n @ n
    if abs(F[0] - F[1]) <= 1e-9 * F.sum():
        raise ValueError("the torque without vertex corrections vanishes here (F_- = F_+): no ratio exists")
    return F[0] - F[1]


def paper_ratio(band: BandLike, impurities: Impurities | None = None, *, J: float, E_F: float, angle: float = 0.0,
                cutoff: float | None = None) -> float:
    """The paper's ratio: ν + ṽ in place of ν in (10), clean limit.

    R = 1 − C (n_− − n_+)/(F_− − F_+) with C = ṽ_y/α_R. For spin-independent impurities and a parabola with both bands
    occupied it is 1 − 2/d: −1, 0, 1/3 in one, two, three dimensions. In two it is 1 for (18) above J + ε_0. This is
    the paper's formula and no consistent sum of diagrams; see `full_ladder_ratio`. Raises ValueError where the torque
    itself vanishes, F_− = F_+.
    """
    clean = _clean_limit(band, impurities, J, E_F, angle, cutoff)
    return 1 - clean.n @ clean.vertex * (clean.averages.density[0] - clean.averages.density[1]) / clean.bare


def bare_bubble_ratio(band: BandLike, impurities: Impurities | None = None, *, J: float, E_F: float, angle: float = 0.0,
                      cutoff: float | None = None) -> float:
    """No vertex correction, lifetimes from (15): R = ½(Γ_+ + Γ_−) [F_−/Γ_− − F_+/Γ_+]/(F_− − F_+), clean limit.

    It is 1 if the lifetimes agree. It differs from 1 even for vanishing concentration, since a current ∝ 1/Γ meets
    an admixture ∝ Γ_+ − Γ_−. Not in the paper; derived in chapter 7, (7.15).
    """
    clean = _clean_limit(band, impurities, J, E_F, angle, cutoff)
    return 0.5 * clean.gamma.sum() * (clean.n @ clean.current) / clean.bare


def full_ladder_ratio(band: BandLike, impurities: Impurities | None = None, *, J: float, E_F: float, angle: float = 0.0,
                      cutoff: float | None = None) -> float:
    """Ladder and lifetimes: R = ½[Γ_+ + Γ_− − πΛ(N_+ + N_−)] [F_−/Γ_− − F_+/Γ_+]/(F_− − F_+), clean limit.

    Zero for spin-independent impurities, whatever the band and its dimension. Not in the paper; derived in chapter 7,
    (7.16).
    """
    clean = _clean_limit(band, impurities, J, E_F, angle, cutoff)
    returned = np.pi * clean.rung * clean.averages.density_of_states.sum()
    return 0.5 * (clean.gamma.sum() - returned) * (clean.n @ clean.current) / clean.bare


# ---------------------------------------------------------------- finite concentration

def vertex_correction(band: BandLike, impurities: Impurities, *, J: float, E_F: float, alpha_R: float,
                      angle: float = 0.0, order: str = "first", cutoff: float | None = None,
                      max_cells: int = 40_000) -> np.ndarray:
    """ṽ that solves (14) at finite impurity concentration, with full 2×2 Green's functions; (2,) in nm/fs.

    ``order``: "first" in α_R, or "exact" (two dimensions only). The broadening is (15) of the bands in question.
    Isotropic bands: adaptive radial quadrature, angles exactly, up to ``cutoff`` (1/nm; infinity if the integral
    converges; for a band that grows too slowly, such as (18) in two dimensions, it diverges and ``cutoff`` must be
    given). Other bands: their Brillouin zone, or the square |k_x|, |k_y| ≤ ``cutoff``, in at most ``max_cells`` cells
    refined down to the broadening. Raises ValueError where that does not resolve it.
    """
    band, J, E_F = _checked_levels(band, J, E_F)
    w, alpha_R, n = checked_correlations(impurities), _checked_alpha(alpha_R), _direction(angle, band.dimension)
    zone, cutoff = _half_zone(band, cutoff), _checked_cutoff(cutoff)
    if check.choice("order", order, ("first", "exact")) == "first":
        gamma = _occupied_broadening(w, _averages(band, J, E_F, zone))
        T, _, pair = _first_order_sums(band, J, E_F, gamma, zone, cutoff, max_cells)
        z = _in_plane(_transverse(w) * np.conj(T) / (1 - _transverse(w) * np.conj(pair)) @ n)  # (14): G^A on the left
        return alpha_R * np.array([z[1].real - z[0].imag, -z[0].real - z[1].imag])
    if band.dimension != 2:
        raise ValueError(f"band must have dimension 2 for order 'exact'; got {band.dimension}")
    source, pair = _exact_sums(band, J, E_F, alpha_R, w, zone, cutoff, max_cells)
    return np.linalg.solve(np.eye(2) - _transverse(w) * pair, _transverse(w) * source @ n)


def finite_ratio(band: BandLike, impurities: Impurities, *, J: float, E_F: float, angle: float = 0.0,
                 ladder: bool = True, cutoff: float | None = None, max_cells: int = 40_000) -> float:
    """`full_ladder_ratio` (or, with ``ladder`` False, `bare_bubble_ratio`) at finite impurity concentration.

    First order in α_R, the broadening (15) taken as independent of energy: Fermi surface G^R (ν + ṽ) G^A, and the
    sea integral over all occupied energies in closed form. Approaches the clean limit linearly in the concentration.
    Other arguments and errors as for `vertex_correction`.
    """
    band, J, E_F = _checked_levels(band, J, E_F)
    w, n = checked_correlations(impurities), _direction(angle, band.dimension)
    zone, cutoff = _half_zone(band, cutoff), _checked_cutoff(cutoff)
    averages = _averages(band, J, E_F, zone)
    T, sea, pair = _first_order_sums(band, J, E_F, _occupied_broadening(w, averages), zone, cutoff, max_cells)
    if ladder:
        T = T / (1 - _transverse(w) * pair)
    return -2 * np.imag(n @ (T + sea) @ n) * J**2 / (np.pi * _bare(averages, n))


def _first_order_sums(band, J, E_F, gamma, zone, cutoff, max_cells):
    """T_ij, Y_ij (d, d) and I of chapter 7: bubble, sea and rung integrals, complex."""
    D = 2*J + 1j*(gamma[0] - gamma[1])

    def at(g, vv, mass):
        """Integrands for g = E_F − ε (n,), v_i v_j and M⁻¹_ij (n, m) on m independent pairs ij: complex (n, 2m + 1)."""
        x_p, x_m = g - J + 1j*gamma[1], g + J + 1j*gamma[0]
        R_p, R_m = 1/x_p, 1/x_m
        A_p, A_m = R_p.conj(), R_m.conj()
        pair = R_p * A_m
        T = vv * (R_p*R_m*A_m + R_p*A_p*A_m)[:, None] + mass * pair[:, None]
        return np.concatenate([T, mass * _sea(x_p, x_m, D)[:, None], pair[:, None]], axis=1)

    if zone is None:
        d, tensor = band.dimension, np.zeros((band.dimension,)*2, dtype=int)             # one number times δ_ij

        def ring(k):
            energy, v, along = band._radial(k)
            across = np.divide(v, hbar*k, out=along.copy(), where=k > 0)
            values = at(E_F - energy, (v**2 / d)[:, None], ((along + (d - 1)*across) / d)[:, None])
            return _shell(k, d)[:, None] * values

        sums = _radial(ring, band, _wave_vectors(band, J, E_F)[:, None], gamma, cutoff)
        shape = np.eye(d)
    else:
        tensor, shape = np.array([[0, 1], [1, 2]]), 1.0                                  # xx, xy, yy

        def point(k):
            v, mass = band._velocity(k), band._inverse_mass(k)
            vv = np.stack([v[:, 0]**2, v[:, 0]*v[:, 1], v[:, 1]**2], axis=1)
            return at(E_F - band._energy(k), vv, np.stack([mass[:, 0, 0], mass[:, 0, 1], mass[:, 1, 1]], axis=1))

        def distance(k):
            slope = hbar * np.linalg.norm(band._velocity(k), axis=-1)
            return np.abs(E_F - band._energy(k)[:, None] - SIGNS*J), np.stack([slope, slope], axis=1)

        sums = _over_cells(point, distance, gamma, zone, max_cells)
    m = len(sums) // 2
    return shape * sums[tensor], shape * sums[m + tensor], sums[-1]


def _sea(x_p, x_m, D):
    """Chapter 7's ∫^{E_F} dE R_+R_−(R_+ − R_−) = −(R_+ + R_−)/D + (2/D²) log(x_−/x_+), for x_− − x_+ = D.

    With c = (x_+ + x_−)/2 and w = D/2c it is (4/D²)[artanh w − w/(1 − w²)]: far from the Fermi energy its terms cancel
    down to w³, so there it is summed as a series. D is the caller's: x_− − x_+ would cancel as well.
    """
    c = (x_p + x_m) / 2
    w = D / (2*c)
    near = np.abs(w) > 0.1
    out = np.zeros_like(w)
    for n in range(17, 1, -2):                                                           # Σ_{n odd ≥ 3} (1/n − 1) wⁿ
        out = (out + 1/n - 1) * w**2
    out = out * w
    x_p, x_m, c = x_p[near], x_m[near], c[near]
    out[near] = (np.log(x_m) - np.log(x_p)) / 2 - D * c / (2 * x_p * x_m)
    return 4 / D**2 * out


def _exact_sums(band, J, E_F, alpha_R, w, zone, cutoff, max_cells):
    """½Tr σ_a G^A ν_i G^R and ½Tr σ_a G^A σ_b G^R, summed over k: real (2, 2) each."""
    split = _SplitBands(band, J, alpha_R)
    circles, N = split.density_of_states(E_F, zone)
    gamma = _broadening(w, N)
    if np.any(gamma <= 0):
        raise ValueError(f"impurities must broaden both spins; got Γ = {gamma[0]:.3g}, {gamma[1]:.3g} eV")

    def at(k):
        inverse = (E_F + 0j)*np.eye(2) - _hamiltonian(band, k, J, alpha_R) + 1j*np.diag(gamma[::-1])
        green = np.linalg.inv(inverse)
        advanced = np.conj(np.swapaxes(green, 1, 2))
        v = np.stack([_current_vertex(band, k, alpha_R, n) for n in np.eye(2)] + [
            np.broadcast_to(s, green.shape) for s in sigma[:2]], axis=1)
        inner = advanced[:, None] @ v @ green[:, None]
        on_x, on_y = 0.5 * np.einsum("aij,nbji->anb", sigma[:2], inner).real
        return on_x + 1j*on_y                           # one is a measure for the other: either may vanish

    if zone is None:
        turn = np.arange(8) * np.pi/4                   # harmonics up to 4: eight directions are exact
        unit = np.stack([np.cos(turn), np.sin(turn)], axis=1)

        def ring(k):
            values = at((k[:, None, None] * unit).reshape(-1, 2)).reshape(len(k), 8, 4).mean(axis=1)
            return _shell(k, 2)[:, None] * values

        sums = _radial(ring, band, circles, gamma, cutoff)
    else:
        def distance(k):
            return np.abs(E_F - split.energy(k)), hbar * np.linalg.norm(split.velocity(k), axis=-1)

        sums = _over_cells(at, distance, gamma, zone, max_cells)
    sums = np.stack([sums.real, sums.imag])
    return sums[:, :2], sums[:, 2:]


class _SplitBands:
    """E_b(k) = ε + b √(J² + α_R² v²), b = −1, +1: the exact bands of (13) in two dimensions, of shape (..., 2)."""

    def __init__(self, band, J, alpha_R):
        self.band, self.J, self.alpha_R = band, J, alpha_R

    def gap(self, k):
        return np.hypot(self.J, self.alpha_R * np.linalg.norm(self.band._velocity(k), axis=-1))

    def energy(self, k):
        return self.band._energy(k)[..., None] + SIGNS * self.gap(k)[..., None]

    def velocity(self, k):
        """∇_k E_b/ħ, shape (..., 2 bands, 2 directions)."""
        v = self.band._velocity(k)
        tilt = self.alpha_R**2 * np.einsum("...ij,...j->...i", self.band._inverse_mass(k), v) / self.gap(k)[..., None]
        return v[..., None, :] + SIGNS[:, None] * tilt[..., None, :]

    def density_of_states(self, E_F, zone):
        """Fermi wave vectors of each band (if isotropic), and the density of states of spin −m and +m (2,) at E_F."""
        circles, N = [], np.zeros(2)
        for b in (0, 1):
            if zone is None:
                k, weight = self._circles(b, E_F)
                circles.append(k[:, 0])
            else:
                k, weight, _ = _fermi_line(lambda q, b=b: self.energy(q)[..., b],
                                          lambda q, b=b: hbar * self.velocity(q)[..., b, :], E_F, zone)
            along = SIGNS[b] * self.J / self.gap(k)
            N += np.sum(weight[:, None] * (1 + SIGNS * along[:, None]) / 2, axis=0)
        if not np.any(N > 0):
            raise ValueError(f"E_F must lie above the bottom of the lower band; got {E_F:g} eV")
        return circles, N

    def _circles(self, b, E_F):
        top = min(1.0, self.band.k_max)
        while self.energy(np.array([top, 0.0]))[0] < E_F + self.J:
            if top >= min(self.band.k_max, 1e6):
                raise ValueError(f"E_F = {E_F:g} eV must lie below the top of the band's domain by more than J")
            top = min(1.5*top, self.band.k_max)
        k = np.linspace(0, top, 4001)
        energy = self.energy(np.stack([k, 0*k], axis=1))[:, b] - E_F
        roots = [brentq(lambda q: self.energy(np.array([q, 0.0]))[b] - E_F, k[i], k[i + 1], xtol=1e-15, rtol=1e-14)
                 for i in np.flatnonzero((energy[:-1] < 0) != (energy[1:] < 0))]
        k = np.stack([roots, np.zeros(len(roots))], axis=1)
        return k, _shell(k[:, 0], 2) / (hbar * np.abs(self.velocity(k)[:, b, 0]))


def _radial(ring, band, circles, gamma, cutoff):
    """∫ dk ring(k) from 0 to the cutoff, with panels that resolve Γ_s around the Fermi wave vectors ``circles``."""
    width = np.concatenate([np.full(len(k), g) for k, g in zip(circles, gamma)])
    k_F = np.concatenate([np.asarray(k, dtype=float) for k in circles])
    k_F, width = k_F[k_F > 0], width[k_F > 0]
    if cutoff is not None:
        k_top = min(cutoff, band.k_max)
        if k_top <= k_F.max():
            raise ValueError(f"cutoff must lie beyond the Fermi wave vector {k_F.max():.4g} 1/nm; got {k_top:g} 1/nm")
    elif np.isfinite(band.k_max):
        k_top = band.k_max
    else:
        k_top = 1e6 * k_F.max()
        energy, v, _ = band._radial(np.array(k_top))
        if hbar * v * k_top < 1.05 * energy * band.dimension / 2:      # ∫ k^(d−1) dk/ε², the rung, does not converge
            raise ValueError("cutoff must be given (1/nm): this band " + (
                "grows only linearly with |k|, so that (14) diverges logarithmically at large |k|"
                if band.dimension == 2 else "grows too slowly with |k|, so that (14) diverges at large |k|"))
    return _radial_integral(ring, k_F, width / (hbar * band._radial(k_F)[1]), k_top)


def _over_cells(integrand, distance, gamma, zone, max_cells):
    """Σ over refined square cells of half the zone, the integrand being even, in blocks that bound the memory."""
    corners, sizes = _refined_cells(distance, gamma, zone, check.integer("max_cells", max_cells, minimum=1))
    total = 0.0
    for block in range(0, len(sizes), 2000):
        k, weight = _cell_points(corners[block:block + 2000], sizes[block:block + 2000], zone)
        total = total + 2 * weight @ integrand(k)
    return total


# ---------------------------------------------------------------- directions and arguments

def _in_plane(vector):
    """The x and y components (..., 2) of a vector (..., d); y is zero in one dimension."""
    return vector[..., :2] if vector.shape[-1] > 1 else np.concatenate([vector, 0*vector], axis=-1)


def _across(vector):
    """Components on (σ_x, σ_y) of C_x σ_y − C_y σ_x."""
    x, y = _in_plane(vector)
    return np.array([-y, x])


def _direction(angle, dimension):
    angle = check.number("angle", angle, unit="rad")
    if dimension == 1 and angle != 0:
        raise ValueError(f"angle must be 0 in one dimension; got {angle:g} rad")
    return np.array([np.cos(angle), np.sin(angle), 0.0])[:dimension]


def _checked_alpha(alpha_R):
    return check.number("alpha_R", alpha_R, unit="eV fs/nm")


def _checked_cutoff(cutoff):
    return None if cutoff is None else check.positive("cutoff", cutoff, "1/nm")
