"""Vertex corrections: the ladder of (14) and what it does to the torque.

The model is (13), the transformed Hamiltonian of a texture whose gradients along x and y
turn m towards the rotated axes x′ and y′ (the paper's (C1)):

    H′ = ε(k) + α_R (v_y σ_x − v_x σ_y) + J σ_z,   α_R = ħp/2 a momentum (eV fs/nm),

with point-like impurities whose Born broadening is Γ_s, (15). (The symbol α_R of (C3) and
(26) is an energy times a length.) ε(k) must be even in k.

Vertex corrections ṽ are returned as their components (ṽ_x, ṽ_y) on (σ_x, σ_y), in nm/fs. By
the symmetry k → −k, σ_x,y → −σ_x,y nothing else can occur; diagonal parts solve the
homogeneous equation and only shift the chemical potential (the paper's note 41).
``angle`` is that of E from the x axis, in rad.

Three ratios "torque with / without vertex corrections" are told apart by name:

- `paper_ratio`        the paper's: ṽ put into (10) beside the bare velocity;
- `bare_bubble_ratio`  no ladder, but lifetimes that differ between the bands;
- `full_ladder_ratio`  both: the bubble G^R (ν + ṽ) G^A, and the Fermi sea.

Arrays over bands are in ascending energy: majority, minority.
"""

import numpy as np
from scipy.optimize import brentq
from scipy.special import log1p

from .. import _validate as check
from ..algebra import sigma
from ..units import hbar
from .fermi import SIGNS, cell_points, energies, fermi_averages, fermi_line, fermi_wave_vectors
from .fermi import is_isotropic, radial_integral, refined_cells, square
from .impurities import checked_correlations


def hamiltonian(band, k, alpha_R, J):
    """H′(k) of (13) in eV, shape (..., 2, 2), for k (..., 2) in 1/nm."""
    _, J = energies(band, 0.0, J)
    alpha_R = check.number("alpha_R", alpha_R, unit="eV fs/nm")
    v = band.velocity(k)
    field = np.stack([alpha_R * v[..., 1], -alpha_R * v[..., 0], np.full(v.shape[:-1], J)], axis=-1)
    return band.energy(k)[..., None, None] * np.eye(2) + np.einsum("...a,aij->...ij", field, sigma)


def current_vertex(band, k, alpha_R, angle=0.0):
    """ν(k) = n·∇_k H′/ħ in nm/fs, shape (..., 2, 2); n along E. (The paper's E·∇_k H′ is E ħν.)"""
    check.band(band)
    alpha_R = check.number("alpha_R", alpha_R, unit="eV fs/nm")
    n = _direction(angle)
    v, mass = band.velocity(k) @ n, band.inverse_mass(k) @ n
    return v[..., None, None] * np.eye(2) + alpha_R * (
        mass[..., 1, None, None] * sigma[0] - mass[..., 0, None, None] * sigma[1])


# ---------------------------------------------------------------- closed forms, clean limit

def clean_vertex(band, E_F, J, alpha_R, impurities=None, angle=0.0, cutoff=None):
    """ṽ for vanishing concentration, (16) for spin-independent impurities; (2,) in nm/fs.

    With other ``impurities`` the rung Λ and the broadenings Γ_s replace the paper's:
    ṽ_i = α_R (C_ix σ_y − C_iy σ_x),  C_ij = (πΛ/2J) [F_−,ij/Γ_− − F_+,ij/Γ_+]; an empty band drops out.
    ``impurities`` None means spin-independent ones: neither their strength nor their concentration is left in (16).
    ``E_F``, ``J`` in eV, ``alpha_R`` in eV fs/nm, ``cutoff`` as in `fermi_averages`.
    """
    check.band(band)
    alpha_R = check.number("alpha_R", alpha_R, unit="eV fs/nm")
    averages = fermi_averages(band, E_F, J, cutoff)
    C = _clean_tensor(averages, J, impurities) @ _direction(angle)
    return alpha_R * np.array([-C[1], C[0]])


def circular_vertex(band, E_F, J, alpha_R):
    """ṽ for E along x from (17): (0, α_R [v(k_F−)² − v(k_F+)² Θ(E_F − J)]/4J) in nm/fs; isotropic bands."""
    check.band(band)
    alpha_R = check.number("alpha_R", alpha_R, unit="eV fs/nm")
    k_F = fermi_wave_vectors(band, E_F, J)
    v = np.where(k_F > 0, band.radial(k_F)[1], 0.0)
    return np.array([0.0, alpha_R * (v[0]**2 - v[1]**2) / (4*J)])


def _clean_tensor(averages, J, impurities):
    N, F = averages.density_of_states, averages.velocity_squared
    if impurities is None:                                  # (16): Λ = λ and Γ_s = πλN_s, so that λ drops out
        rung, gamma = 1.0, np.pi * N
    else:
        rung, gamma = _rung(impurities), _broadening(impurities, averages)
    lifetime = np.divide(1.0, gamma, out=np.zeros(2), where=N > 0)
    return np.pi * rung / (2*J) * np.einsum("s,sij->ij", -SIGNS * lifetime, F)


def _rung(impurities):
    """Λ, after a look at what ``impurities`` are."""
    checked_correlations(impurities)
    return impurities.transverse


def _broadening(impurities, averages):
    checked_correlations(impurities)
    N = averages.density_of_states
    gamma = impurities.broadening(N)
    if np.any(gamma[N > 0] <= 0):
        band = "majority" if gamma[0] <= 0 else "minority"
        raise ValueError(f"impurities must broaden every occupied band; these do not scatter the {band} band")
    return gamma


def paper_ratio(band, E_F, J, impurities=None, angle=0.0, cutoff=None):
    """The paper's ratio: ν + ṽ in place of ν in (10), clean limit.

    R = 1 − C (n_− − n_+)/(F_− − F_+) with C = ṽ_y/α_R: 0 for free electrons with both bands occupied, 1 for (18)
    above J + ε_0. ``impurities`` None means spin-independent, as in `clean_vertex`. This is the paper's formula and
    no consistent sum of diagrams; see `full_ladder_ratio`. ValueError where the torque itself vanishes, F_− = F_+.
    """
    averages = fermi_averages(band, E_F, J, cutoff)
    C, n = _clean_tensor(averages, J, impurities), _direction(angle)
    return 1 - (n @ C @ n) * (averages.density[0] - averages.density[1]) / _bare(averages, n)


def bare_bubble_ratio(band, E_F, J, impurities, angle=0.0, cutoff=None):
    """No vertex correction, lifetimes from (15): R = ½(Γ_+ + Γ_−) [F_−/Γ_− − F_+/Γ_+]/(F_− − F_+), clean limit.

    It is 1 if the lifetimes agree. It differs from 1 even for vanishing concentration, since a current ∝ 1/Γ meets
    an admixture ∝ Γ_+ − Γ_−.
    """
    return _lifetime_factor(band, E_F, J, impurities, angle, cutoff, ladder=False)


def full_ladder_ratio(band, E_F, J, impurities, angle=0.0, cutoff=None):
    """Ladder and lifetimes: R = ½[Γ_+ + Γ_− − πΛ(N_+ + N_−)] [F_−/Γ_− − F_+/Γ_+]/(F_− − F_+), clean limit.

    Zero for spin-independent impurities, whatever the band. Not in the paper; derived in chapter 7.
    """
    return _lifetime_factor(band, E_F, J, impurities, angle, cutoff, ladder=True)


def _lifetime_factor(band, E_F, J, impurities, angle, cutoff, ladder):
    averages, n = fermi_averages(band, E_F, J, cutoff), _direction(angle)
    rung = _rung(impurities) if ladder else 0.0
    N, F = averages.density_of_states, averages.velocity_squared @ n @ n
    gamma = _broadening(impurities, averages)
    lifetime = np.divide(1.0, gamma, out=np.zeros(2), where=N > 0)
    return 0.5*(gamma.sum() - np.pi*rung*N.sum()) * np.sum(-SIGNS * F * lifetime) / _bare(averages, n)


def _bare(averages, n):
    F = averages.velocity_squared @ n @ n
    if abs(F[0] - F[1]) <= 1e-9 * F.sum():
        raise ValueError("the torque without vertex corrections vanishes here (F_- = F_+): no ratio exists")
    return F[0] - F[1]


# ---------------------------------------------------------------- finite concentration

def vertex_correction(band, E_F, J, alpha_R, impurities, angle=0.0, order="first", cutoff=None, max_cells=40_000):
    """ṽ that solves (14) at finite impurity concentration, with full 2×2 Green's functions; (2,) in nm/fs.

    ``order``: "first" in α_R, or "all". The broadening is (15) of the bands in question. Isotropic bands: adaptive
    radial quadrature, angles exactly, up to ``cutoff`` (1/nm; infinity if the integral converges — for a band that
    grows only linearly, such as (18), it diverges logarithmically and ``cutoff`` must be given). Other bands: square
    |k_x|, |k_y| ≤ ``cutoff`` (default π/a), in cells refined down to the broadening.
    """
    check.band(band)
    alpha_R = check.number("alpha_R", alpha_R, unit="eV fs/nm")
    check.choice("order", order, ("first", "all"))
    n, rung = _direction(angle), _rung(impurities)
    if order == "first":
        T, _, pair = _first_order_sums(band, E_F, J, impurities, cutoff, max_cells)
        z = rung * np.conj(T) / (1 - rung * np.conj(pair)) @ n          # (14) has G^A on the left
        return alpha_R * np.array([z[1].real - z[0].imag, -z[0].real - z[1].imag])
    source, pair = _all_order_sums(band, E_F, J, alpha_R, impurities, cutoff, max_cells)
    return np.linalg.solve(np.eye(2) - rung * pair, rung * source @ n)


def finite_ratio(band, E_F, J, impurities, angle=0.0, ladder=True, cutoff=None, max_cells=40_000):
    """`full_ladder_ratio` (or, with ``ladder`` False, `bare_bubble_ratio`) at finite impurity concentration.

    First order in α_R, the broadening (15) taken as independent of energy: Fermi surface G^R (ν + ṽ) G^A, and the
    sea integral over all occupied energies in closed form. Approaches the clean limit linearly in the concentration.
    """
    n = _direction(angle)
    T, sea, pair = _first_order_sums(band, E_F, J, impurities, cutoff, max_cells)
    if ladder:
        T = T / (1 - _rung(impurities) * pair)
    bare = _bare(fermi_averages(band, E_F, J, None if is_isotropic(band) else cutoff), n)
    return -2 * np.imag(n @ (T + sea) @ n) * J**2 / (np.pi * bare)


def _first_order_sums(band, E_F, J, impurities, cutoff, max_cells):
    """T_ij, Y_ij (2, 2) and I of chapter 7: bubble, sea and rung integrals, complex."""
    E_F, J = energies(band, E_F, J)
    gamma = _broadening(impurities, fermi_averages(band, E_F, J, None if is_isotropic(band) else cutoff))

    def at(g, vv, mass):
        """Integrands for g = E_F − ε (n,), v_i v_j and M⁻¹_ij (n, 3) on xx, xy, yy: real (n, 14)."""
        x_p, x_m = g - J + 1j*gamma[1], g + J + 1j*gamma[0]
        R_p, R_m = 1/x_p, 1/x_m
        A_p, A_m = R_p.conj(), R_m.conj()
        pair = R_p * A_m
        T = vv * (R_p*R_m*A_m + R_p*A_p*A_m)[:, None] + mass * pair[:, None]
        D = x_m - x_p
        sea = mass * (-(R_p + R_m)/D - 2/D**2 * (log1p(-D/x_m)))[:, None]
        out = np.concatenate([T, sea, pair[:, None]], axis=1)
        return np.concatenate([out.real, out.imag], axis=1)

    if is_isotropic(band):
        def ring(k):
            energy, v, along = band.radial(k)
            across = np.divide(v, hbar*k, out=along.copy(), where=k > 0)
            half = np.array([0.5, 0.0, 0.5])                            # ⟨cos²⟩, ⟨cos sin⟩, ⟨sin²⟩ over directions
            values = at(E_F - energy, (v**2)[:, None] * half, (along + across)[:, None] * half)
            return k[:, None] / (2*np.pi) * values

        sums = _radial(ring, band, fermi_wave_vectors(band, E_F, J)[:, None], gamma, cutoff)
    else:
        def point(k):
            v, mass = band.velocity(k), band.inverse_mass(k)
            vv = np.stack([v[:, 0]**2, v[:, 0]*v[:, 1], v[:, 1]**2], axis=1)
            return at(E_F - band.energy(k), vv, np.stack([mass[:, 0, 0], mass[:, 0, 1], mass[:, 1, 1]], axis=1))

        def distance(k):
            slope = hbar * np.linalg.norm(band.velocity(k), axis=-1)
            return np.abs(E_F - band.energy(k)[:, None] - SIGNS*J), np.stack([slope, slope], axis=1)

        sums = _over_cells(point, distance, gamma, square(band, cutoff), max_cells)
    sums = sums[:7] + 1j*sums[7:]
    index = np.array([[0, 1], [1, 2]])
    return sums[index], sums[3 + index], sums[6]


def _all_order_sums(band, E_F, J, alpha_R, impurities, cutoff, max_cells):
    """½Tr σ_a G^A ν_i G^R and ½Tr σ_a G^A σ_b G^R, summed over k: real (2, 2) each."""
    E_F, J = energies(band, E_F, J)
    split = _SplitBands(band, J, alpha_R)
    circles, N = split.density_of_states(E_F, cutoff)
    gamma = impurities.broadening(N)
    if np.any(gamma <= 0):
        raise ValueError(f"impurities must broaden both spins; got Γ = {gamma[0]:.3g}, {gamma[1]:.3g} eV")

    def at(k):
        green = np.linalg.inv((E_F + 0j)*np.eye(2) - hamiltonian(band, k, alpha_R, J) + 1j*np.diag(gamma[::-1]))
        advanced = np.conj(np.swapaxes(green, 1, 2))
        v = np.stack([current_vertex(band, k, alpha_R, a) for a in (0.0, np.pi/2)] + [
            np.broadcast_to(s, green.shape) for s in sigma[:2]], axis=1)
        inner = advanced[:, None] @ v @ green[:, None]
        return 0.5 * np.einsum("aij,nbji->nab", sigma[:2], inner).real.reshape(len(k), 8)

    if is_isotropic(band):
        turn = np.arange(8) * np.pi/4                   # the integrand has harmonics up to 4: eight directions are exact
        unit = np.stack([np.cos(turn), np.sin(turn)], axis=1)

        def ring(k):
            values = at((k[:, None, None] * unit).reshape(-1, 2)).reshape(len(k), 8, 8).mean(axis=1)
            return k[:, None] / (2*np.pi) * values

        sums = _radial(ring, band, circles, gamma, cutoff)
    else:
        def distance(k):
            return np.abs(E_F - split.energy(k)), hbar * np.linalg.norm(split.velocity(k), axis=-1)

        sums = _over_cells(at, distance, gamma, square(band, cutoff), max_cells)
    sums = sums.reshape(2, 4)
    return sums[:, :2], sums[:, 2:]


class _SplitBands:
    """E_b(k) = ε + b √(J² + α_R² v²), b = −1, +1: the exact bands of (13), of shape (..., 2)."""

    def __init__(self, band, J, alpha_R):
        self.band, self.J, self.alpha_R = band, J, alpha_R

    def gap(self, k):
        return np.hypot(self.J, self.alpha_R * np.linalg.norm(self.band.velocity(k), axis=-1))

    def energy(self, k):
        return self.band.energy(k)[..., None] + SIGNS * self.gap(k)[..., None]

    def velocity(self, k):
        """∇_k E_b/ħ, shape (..., 2 bands, 2 directions)."""
        v = self.band.velocity(k)
        tilt = self.alpha_R**2 * np.einsum("...ij,...j->...i", self.band.inverse_mass(k), v) / self.gap(k)[..., None]
        return v[..., None, :] + SIGNS[:, None] * tilt[..., None, :]

    def density_of_states(self, E_F, cutoff):
        """Fermi wave vectors of each band (if isotropic), and the density of states of spin −m and +m (2,) at E_F."""
        circles, N = [], np.zeros(2)
        for b in (0, 1):
            if is_isotropic(self.band):
                k, weight = self._circles(b, E_F)
                circles.append(k[:, 0])
            else:
                k, weight, _ = fermi_line(lambda q: self.energy(q)[..., b], lambda q: hbar * self.velocity(q)[..., b, :],
                                          E_F, square(self.band, cutoff))
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
        return k, k[:, 0] / (2*np.pi * hbar * np.abs(self.velocity(k)[:, b, 0]))


def _radial(ring, band, circles, gamma, cutoff):
    """∫ dk ring(k) from 0 to the cutoff, with panels that resolve Γ_s around the Fermi wave vectors ``circles``."""
    width = np.concatenate([np.full(len(k), g) for k, g in zip(circles, gamma)])
    k_F = np.concatenate([np.asarray(k, dtype=float) for k in circles])
    k_F, width = k_F[k_F > 0], width[k_F > 0]
    if cutoff is not None:
        k_top = min(check.positive("cutoff", cutoff, "1/nm"), band.k_max)
        if k_top <= k_F.max():
            raise ValueError(f"cutoff must lie beyond the Fermi wave vector {k_F.max():.4g} 1/nm; got {k_top:g} 1/nm")
    elif np.isfinite(band.k_max):
        k_top = band.k_max
    else:
        k_top = 1e6 * k_F.max()
        energy, v, _ = band.radial(np.array(k_top))
        if hbar * v * k_top < 1.05 * energy:
            raise ValueError("cutoff must be given (1/nm): this band grows only linearly with |k|, so that (14) "
                             "diverges logarithmically at large |k|")
    return radial_integral(ring, k_F, width / (hbar * band.radial(k_F)[1]), k_top)


def _over_cells(integrand, distance, gamma, side, max_cells):
    """Σ over refined square cells of half the square, the integrand being even, in blocks that bound the memory."""
    corners, sizes = refined_cells(distance, gamma, side, max_cells)
    total = 0.0
    for block in range(0, len(sizes), 2000):
        k, weight = cell_points(corners[block:block + 2000], sizes[block:block + 2000])
        total = total + 2 * weight @ integrand(k)
    return total


def _direction(angle):
    angle = check.number("angle", angle, unit="rad")
    return np.array([np.cos(angle), np.sin(angle)])
