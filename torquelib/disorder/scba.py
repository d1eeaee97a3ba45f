"""Self-consistent Born approximation, ladder and Kubo–Bastin formula on a lattice: a conserving calculation.

Electron side: eV, nm, fs. Electrons of `bloch_spiral` on a square lattice with point-like impurities: matrices in spin
space, exact in the pitch p, uniform grids of k, complex energies z. With G = [z − H'(k) − Σ(z)]⁻¹ and one rung
ℒ[X] = ⟨V X V⟩,

    Σ(z) = ℒ[Σ_k G],        Γ(z₁, z₂) = v' + ℒ[Σ_k G(z₁) Γ G(z₂)],        B(z₁, z₂) = Tr σ_i Σ_k G(z₁) Γ G(z₂).

The same rung in self-energy and ladder is what makes the approximation conserving. Per field, at kT = 0,

    χ_i = (eħ/2π) { −[B^{RA} − Re B^{RR}] at E_F + ∫_{−∞}^{E_F} dE Re (∂₁ − ∂₂)B^{RR}(E, E) },

a Fermi surface and a Fermi sea (Bastin's form). B^{RR} at equal energies is a sum over k of a total derivative,
G v' G = ∂G/ħ∂k_x, and vanishes. The sea is analytic above the real axis, so its energy runs down a
vertical line to E_F, where the Green's functions are smooth.

For a band even in k_x and k_y, k_x → −k_x together with σ_z·σ_z leaves G as it is and turns v' into −v'. Hence Σ is
diagonal, a ladder on v' has σ_x and σ_y only, and a quarter of the zone suffices: all other elements sum to zero.
"""

from dataclasses import dataclass

import numpy as np

from .. import _validate as check
from .._compiler import njit, prange, several_threads
from ..algebra import SIGMA_0, SIGMA_X, SIGMA_Y, SIGMA_Z
from ..bands import BandLike
from ..units import e, hbar
from .bloch_spiral import _check_ends, _square_zone, _two_dimensional
from .impurities import Impurities, checked_correlations

_DECAY = 12.0
"""A grid of n points per direction errs by about exp(−n a Γ/ħv): the exponent asked for."""
_ITERATIONS, _TOLERANCE = 500, 1e-13
_FARTHEST = 1e4
"""Top of the vertical line in units of the band's width; what lies beyond falls as its inverse square."""


@dataclass(frozen=True)
class SpinResponse:
    """Spin density per field, (1/nm²)/(V/nm): the Fermi surface's bare bubble, its ladder, the Fermi sea."""

    bubble: float
    ladder: float
    sea: float

    @property
    def total(self) -> float:
        """Sum of the three."""
        return self.bubble + self.ladder + self.sea


class LatticeDisorder:
    """Impurities on a square lattice, averaged in the self-consistent Born approximation.

    Parameters
    ----------
    band : Band
        Two-dimensional, periodic in the Brillouin zone of a square lattice, even in k_x and in k_y.
    impurities : Impurities
        Nothing of them is used but their correlations.
    p : float
        Pitch of the spiral in 1/nm. Responses are linear in it while ħvp ≪ 4J.
    J : float
        Exchange energy in eV, above zero.
    E_F : float
        In eV, within a band: above the bottom of the majority, below the top of the minority, in no gap.
    points : int
        Largest number of k-points per direction, even; away from the real axis fewer are taken.
    nodes : int
        Energies on the vertical line.
    lattice_constant : float, optional
        In nm, for a band that has none of its own: its energy must have the period 2π/a.

    ``self_energy`` (2,) is Σ(E_F + i0) in eV, ``density_of_states`` (2,) in 1/(eV nm²), each majority first.
    Raises ValueError or TypeError for arguments outside what is said above, and for a grid that cannot resolve the
    broadening.
    """

    def __init__(self, band: BandLike, impurities: Impurities, p: float, *, J: float, E_F: float, points: int = 1024,
                 nodes: int = 40, lattice_constant: float | None = None):
        self.band = band = _two_dimensional(band)
        self.points = check.integer("points", points, minimum=16)
        if self.points % 2:
            raise ValueError(f"points must be even; got {points}")
        self.nodes = check.integer("nodes", nodes, minimum=4)
        self.J, self.p = check.positive("J", J, "eV"), check.number("p", p, unit="1/nm")
        self._rung_diagonal, self._rung_transverse = _rung(impurities)

        k, self._a = _square_zone(band, 64, lattice_constant)
        _check_ends(band, k, self.p)
        energy = band._energy(k)
        if not all(np.allclose(x[1:], x[:0:-1], atol=1e-9 * np.ptp(energy)) for x in (energy, energy.T)):
            raise ValueError("band must be even in k_x and in k_y")
        period = 2*np.pi / self._a
        if not all(np.allclose(band._energy(k[::9, ::7] + period * axis), energy[::9, ::7], atol=1e-9 * np.ptp(energy))
                   for axis in np.eye(2)):
            raise ValueError(f"band must have the period 2π/a = {period:g} 1/nm in k_x and in k_y, for the "
                             f"lattice_constant a = {self._a:g} nm; it has not")
        low, high = energy.min() - self.J, energy.max() + self.J
        self.E_F = check.number("E_F", E_F, unit="eV", minimum=low, maximum=high, exclusive=True)
        self._width, self._fastest = high - low, np.abs(band._velocity(k)).max()
        self._grids: dict[int, tuple] = {}

        self._sigma = self._solve(self.E_F, np.full(2, -0.02j * self._width), self.points)
        green = self._green(self._grid(self.points), self.E_F, self._sigma)
        self.self_energy, self.density_of_states = self._sigma[::-1], -green[::-1].imag / np.pi
        if self.density_of_states.max() * self._a**2 * self._width < 1e-6:
            raise ValueError(f"E_F must lie within a band, not in the gap between the two; got {self.E_F:g} eV")
        crossing = self.density_of_states > 1e-3 * self.density_of_states.max()  # bands that have a Fermi line
        broadening = -self.self_energy.imag[crossing].max()
        if self._points_for(broadening) > self.points:
            raise ValueError(f"points must be at least {self._points_for(broadening)} to resolve the broadening "
                             f"{broadening:.3g} eV; got {self.points}")

    def response(self) -> tuple[SpinResponse, SpinResponse]:
        """(along, normal): the `SpinResponse` of σ_x, along ∂_x m/p, and of σ_y, normal to the spiral's plane.

        The first is the field-induced spin of (3), (12) after collisions; the second that of the current, (2) with
        shifted occupations.
        """
        z, S, grid = self.E_F, self._sigma, self._grid(self.points)
        GG, GvG = self._pairs(grid, z, S, z, S.conj())
        ladder = GG @ self._dress(GG, GvG)
        sea = self._sea()
        scale = e * hbar / (2*np.pi)
        along, normal = (SpinResponse(-scale * _trace(i, GvG), -scale * _trace(i, ladder), scale * _trace(i, sea))
                         for i in (SIGMA_X, SIGMA_Y))
        return along, normal

    def ward_mismatch(self) -> np.ndarray:
        """By how much the ladder at E_F misses the Ward identity of σ_y: elements (1,2), (2,1) of a matrix, in eV.

        If impurities leave σ_y alone, the vertex [σ_y, H'] = 2iJσ_x, dressed by the ladder of G^R and G^A, is
        G_R⁻¹σ_y − σ_yG_A⁻¹ = 2iJσ_x − (Σ^Rσ_y − σ_yΣ^A). Zero then, up to the convergence of Σ.
        """
        z, S = self.E_F, self._sigma
        GG = self._pairs(self._grid(self.points), z, S, z, S.conj())[0]
        bare = 2j * self.J * _off_diagonal(SIGMA_X)
        dressed = np.linalg.solve(np.eye(2) - self._rung_transverse @ GG, bare)
        y = _off_diagonal(SIGMA_Y)
        return dressed - (bare - (S * y - y * S.conj()[::-1]))

    def _dress(self, GG, GvG):
        """The part of Γ that impurities add, ℒ[Σ G Γ G], from Σ G ⊗ G and Σ G v' G."""
        return np.linalg.solve(np.eye(2) - self._rung_transverse @ GG, self._rung_transverse @ GvG)

    def _sea(self):
        """∫_{−∞}^{E_F} dE (∂₁ − ∂₂) Σ_k G Γ G at (E, E), retarded: −i∫_0^∞ dy at E_F + iy, coming down from the top.

        Substituted y = scale·(eᵗ − 1), so that equal steps of t are fine near E_F and wide above: dy = scale·eᵗ dt.
        """
        x, w = np.polynomial.legendre.leggauss(self.nodes)
        scale = max(-self._sigma.imag.min(), 1e-3 * self._width)
        top = np.log(_FARTHEST * self._width / scale)
        stretched, w = top/2 * (1 + x), top/2 * w
        total, S = np.zeros(2, complex), np.zeros(2, complex)
        for t, weight in zip(stretched[::-1], w[::-1]):
            y = scale * np.expm1(t)
            points = min(self.points, 1 << int(np.ceil(np.log2(self._points_for(y)))))
            z = self.E_F + 1j*y
            S = self._solve(z, S, points)
            total += -1j * weight * scale * np.exp(t) * self._sea_integrand(self._grid(points), z, S)
        return total

    def _sea_integrand(self, grid, z, S):
        """(∂₁ − ∂₂) Σ_k G(z₁) Γ G(z₂) at z₁ = z₂ = z, where Σ_k G v' G = 0 (a total derivative) leaves Γ = v'."""
        out = np.empty((len(grid[0]), 12), complex)
        with several_threads:
            _sea_kernel(*grid, self.J, z, S, out)
        total = out.sum(axis=0) / self._norm(grid)
        same, GG, turned = total[:4].reshape(2, 2), total[4:8].reshape(2, 2), total[8:].reshape(2, 2)
        # G' = −G(1 − Σ')G, with Σ' = ℒ[Σ_k G']
        slope = np.linalg.solve(np.eye(2) - self._rung_diagonal @ same, np.ones(2))  # 1 − Σ'
        change = slope @ turned
        return change + GG @ self._dress(GG, change)

    def _solve(self, z, S, points):
        """Σ(z), diagonal, by iteration from S."""
        grid = self._grid(points)
        for _ in range(_ITERATIONS):
            new = self._rung_diagonal @ self._green(grid, z, S)
            change, S = np.max(np.abs(new - S)), new
            if change < _TOLERANCE * self._width:
                return S
        raise ValueError(f"points or impurities: the self-energy at {z:.4g} eV did not settle on {points} points per "
                         f"direction (last change {change:.2g} eV); the broadening may be too small for the grid")

    def _green(self, grid, z, S):
        out = np.empty((len(grid[0]), 2), complex)
        with several_threads:
            _green_kernel(grid[0], grid[1], self.J, complex(z), S, out)
        return out.sum(axis=0) / self._norm(grid)

    def _pairs(self, grid, z1, S1, z2, S2):
        """Σ_k G₁ ⊗ G₂ on (X₁₂, X₂₁), (2, 2), and Σ_k G₁ v' G₂, (2,)."""
        out = np.empty((len(grid[0]), 6), complex)
        with several_threads:
            _pair_kernel(*grid, self.J, complex(z1), S1, complex(z2), S2, out)
        total = out.sum(axis=0) / self._norm(grid)
        return total[:4].reshape(2, 2), total[4:]

    def _norm(self, grid):
        return grid[0].size * self._a**2

    def _points_for(self, imaginary):
        """Points per direction that resolve Green's functions ``imaginary`` eV off the real axis."""
        return max(32, 2 * int(np.ceil(_DECAY * hbar * self._fastest / (2 * self._a * max(imaginary, 1e-300)))))

    def _grid(self, points):
        if points not in self._grids:
            self._grids[points] = self._quarter_zone(points)
        return self._grids[points]

    def _quarter_zone(self, points):
        """ε and v_x at k_x − p/2 and at k_x + p/2 for 0 < k_x, k_y < π/a: four arrays (points/2, points/2)."""
        half = (np.arange(points // 2) + 0.5) * 2*np.pi / (points * self._a)
        k = np.stack(np.meshgrid(half, half, indexing="ij"), axis=-1)
        shift = np.array([self.p / 2, 0.0])
        parts = [g for q in (k - shift, k + shift) for g in (self.band._energy(q), self.band._velocity(q)[..., 0])]
        return tuple(np.ascontiguousarray(parts[i]) for i in (0, 2, 1, 3))


def _rung(impurities):
    """ℒ on the diagonal (X₁₁, X₂₂) and on (X₁₂, X₂₁): two matrices (2, 2) in eV² nm²."""
    w_0, w_across, w_along = checked_correlations(impurities)
    rung = sum(w * np.kron(s, s.T) for w, s in
               ((w_0, SIGMA_0), (w_across, SIGMA_X), (w_across, SIGMA_Y), (w_along, SIGMA_Z)))
    return rung[np.ix_([0, 3], [0, 3])], rung[np.ix_([1, 2], [1, 2])]


def _off_diagonal(matrix):
    return np.array([matrix[0, 1], matrix[1, 0]])


def _trace(sigma, X):
    """Re Tr σX from (X₁₂, X₂₁)."""
    return float((sigma[1, 0] * X[0] + sigma[0, 1] * X[1]).real)


@njit(inline="always")
def _resolvent(h, q, J, z, S):
    """G = [z − H' − Σ]⁻¹ for H' = h + qσ_y + Jσ_z and diagonal Σ: G₁₁, G₁₂, G₂₁, G₂₂."""
    a, d = z - S[0] - h - J, z - S[1] - h + J
    inverse = 1 / (a*d - q*q)
    return d * inverse, -1j*q * inverse, 1j*q * inverse, a * inverse


@njit(parallel=True, cache=True, nogil=True)
def _green_kernel(up, down, J, z, S, out):
    """Σ_ky G₁₁, G₂₂ for each k_x."""
    for i in prange(up.shape[0]):
        first, second = 0j, 0j
        for j in range(up.shape[1]):
            h, q = (up[i, j] + down[i, j]) / 2, (up[i, j] - down[i, j]) / 2
            a, d = z - S[0] - h - J, z - S[1] - h + J
            inverse = 1 / (a*d - q*q)
            first += d * inverse
            second += a * inverse
        out[i, 0], out[i, 1] = first, second


@njit(parallel=True, cache=True, nogil=True)
def _pair_kernel(up, down, v_up, v_down, J, z1, S1, z2, S2, out):
    """Σ_ky G₁ X G₂ for X₁₂, X₂₁ (4 elements) and for X = v' (2), elements (1,2) and (2,1), for each k_x."""
    for i in prange(up.shape[0]):
        t = np.zeros(6, np.complex128)
        for j in range(up.shape[1]):
            h, q = (up[i, j] + down[i, j]) / 2, (up[i, j] - down[i, j]) / 2
            v, u = (v_up[i, j] + v_down[i, j]) / 2, (v_up[i, j] - v_down[i, j]) / 2  # v' = v + uσ_y
            g11, g12, g21, g22 = _resolvent(h, q, J, z1, S1)
            f11, f12, f21, f22 = _resolvent(h, q, J, z2, S2)
            t[0] += g11 * f22
            t[1] += g12 * f12
            t[2] += g21 * f21
            t[3] += g22 * f11
            w11, w12 = g11*v + g12*1j*u, g12*v - g11*1j*u  # G₁ v'
            w21, w22 = g21*v + g22*1j*u, g22*v - g21*1j*u
            t[4] += w11*f12 + w12*f22
            t[5] += w21*f11 + w22*f21
        out[i] = t


@njit(parallel=True, cache=True, nogil=True)
def _sea_kernel(up, down, v_up, v_down, J, z, S, out):
    """For each k_x, summed over k_y: G ⊗ G on the diagonal (4) and off it (4), and with G'_s = −G P_s G for a change of
    z on spin s alone, G'_s v' G − G v' G'_s, elements (1,2) and (2,1) (4)."""
    for i in prange(up.shape[0]):
        t = np.zeros(12, np.complex128)
        for j in range(up.shape[1]):
            h, q = (up[i, j] + down[i, j]) / 2, (up[i, j] - down[i, j]) / 2
            v, u = (v_up[i, j] + v_down[i, j]) / 2, (v_up[i, j] - v_down[i, j]) / 2
            g11, g12, g21, g22 = _resolvent(h, q, J, z, S)
            t[0] += g11 * g11
            t[1] += g12 * g21
            t[2] += g21 * g12
            t[3] += g22 * g22
            t[4] += g11 * g22
            t[5] += g12 * g12
            t[6] += g21 * g21
            t[7] += g22 * g11
            w11, w12 = g11*v + g12*1j*u, g12*v - g11*1j*u
            w21, w22 = g21*v + g22*1j*u, g22*v - g21*1j*u
            m11, m12 = w11*g11 + w12*g21, w11*g12 + w12*g22  # G v' G
            m21, m22 = w21*g11 + w22*g21, w21*g12 + w22*g22
            # G' v' G = −G P_s (G v' G) and G v' G' = −(G v' G) P_s G
            t[8] += -g11*m12 + m11*g12
            t[9] += -g21*m11 + m21*g11
            t[10] += -g12*m22 + m12*g22
            t[11] += -g22*m21 + m22*g21
        out[i] = t
