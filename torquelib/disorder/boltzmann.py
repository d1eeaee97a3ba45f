"""Boltzmann's equation for the 2×2 density matrix n(k) of electrons in a planar spiral under an electric field.

Electron side: eV, nm, fs. With the Hamiltonian H'(k) of `bloch_spiral` and carriers −e, to first order in a field E(t)
along x,

    ∂_t n = −(i/ħ)[H', n] + (eE/ħ) ∂f(H')/∂k_x + I[n],

n being the deviation from the equilibrium f(H'). Two idealised collisions, each turning the direction of k within a
shell |k| = const (its average is ⟨…⟩) at the rate 1/τ:

    spin-conserving        n → ⟨n⟩                         the spin stays what it is,
    eigenstate-conserving  n → Σ_s P_s(k) ⟨tr P_s n⟩       |k s⟩ → |k' s⟩: the spin turns with the eigenstate, and
                                                            coherence between the two is lost (section III.D).

P_s(k) projects on the eigenstate s of H'(k). `Collisions` mixes both in any ratio. A bath may also dephase without
moving the electron, n → Σ_s P_s n P_s at the same k, at a rate of its own.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import expm

from .. import _validate as check
from ..algebra import SIGMA_0, SIGMA_X, SIGMA_Y, SIGMA_Z
from ..bands import BandLike, IsotropicBand, as_band
from ..quadrature import fermi_function
from ..spirals.evolution import _uniform_times
from ..units import e, hbar
from .bloch_spiral import _check_ends, _hamiltonian, _velocity

_PAULI = np.stack([SIGMA_0, SIGMA_X, SIGMA_Y, SIGMA_Z])
_TAIL = 30.0
"""The last shell lies this many kT above the Fermi energy: occupations there are e^−30."""


@dataclass(frozen=True)
class Collisions:
    """Collisions every ``tau`` fs on average, of which the fraction ``spin_conserving`` (0 to 1) conserves the spin.

    The rest conserves the eigenstate. ``dephasing`` (1/fs, zero or above) is the rate at which coherence between the
    eigenstates decays at fixed k, besides. Raises ValueError for τ ≤ 0, a fraction outside [0, 1], a negative rate.
    """

    tau: float
    spin_conserving: float
    dephasing: float = 0.0

    def __post_init__(self):
        check.keep(self, tau=check.positive("tau", self.tau, "fs"),
                   spin_conserving=check.number("spin_conserving", self.spin_conserving, minimum=0.0, maximum=1.0),
                   dephasing=check.nonnegative("dephasing", self.dephasing, "1/fs"))


class SpiralBoltzmann:
    """The linearised equation on a polar grid of k.

    Parameters
    ----------
    band : IsotropicBand
        Two-dimensional.
    p : float
        Pitch of the spiral in 1/nm. Small: shells of |k| are those of the band without spiral.
    J, E_F, kT : float
        In eV; J and kT above zero, the Fermi energy above the bottom of the majority band.
    shells, angles : int
        Gauss–Legendre nodes in |k| and equidistant angles.

    ``intrinsic`` is the spin along ∂_x m/p of (11), (12) per field on the same shells, (1/nm²)/(V/nm).
    Raises ValueError or TypeError for arguments outside what is said above, for a band whose domain ends before its
    energy passes the Fermi energy by J + 30 kT, and for shells too far apart for the temperature.
    """

    def __init__(self, band: BandLike, p: float, *, J: float, E_F: float, kT: float, shells: int = 128,
                 angles: int = 16):
        band = as_band(band)
        if not isinstance(band, IsotropicBand) or band.dimension != 2:
            raise TypeError(f"band must be isotropic and two-dimensional; got {band!r}")
        J, p, kT = check.positive("J", J, "eV"), check.number("p", p, unit="1/nm"), check.positive("kT", kT, "eV")
        bottom = float(band._radial(np.array(0.0))[0]) - J
        E_F = check.number("E_F", E_F, unit="eV", minimum=bottom, exclusive=True)
        shells, angles = check.integer("shells", shells, minimum=8), check.integer("angles", angles, minimum=8)

        k_max = _wave_vector_at(band, E_F + J + _TAIL*kT)
        x, w = np.polynomial.legendre.leggauss(shells)
        radius, angle = k_max/2 * (1 + x), 2*np.pi * (np.arange(angles) + 0.5) / angles
        levels, speeds, _ = band._radial(np.linspace(0, k_max, 1001))        # on coarse shells the speed seems lower
        coarse = hbar * np.max(speeds[levels <= E_F + J]) * k_max * np.pi / (2*shells)
        if coarse > 2*kT:
            needed = int(shells * coarse / (2*kT)) + 1
            raise ValueError(f"shells must be at least {needed} for kT = {kT:g} eV; got {shells}")
        k = radius[:, None, None] * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
        _check_ends(band, k, p)
        self._weight = (k_max/2 * w * radius / (2*np.pi * angles))[:, None]  # ∫d²k/(2π)²

        H, dH = _hamiltonian(band, k, p, J), hbar * _velocity(band, k, p)[..., 0, :, :]
        self._b = _components(H)[..., 1:]
        self._axis = self._b / np.linalg.norm(self._b, axis=-1, keepdims=True)
        self._drive = e / hbar * _components(_derivative_of_f(H, dH, E_F, kT))
        f = [fermi_function(band._radial(radius)[0] + s*J - E_F, kT) for s in (-1, 1)]
        mass = band._inverse_mass(k)[..., 0, 0]
        self.intrinsic = float(p * hbar**2 * e / (4*J**2) * np.sum(self._weight * mass * (f[1] - f[0])[:, None]))

    def steady(self, collisions: Collisions, *, eta: float | None = None) -> tuple[float, float]:
        """(χ_x, χ_y): spin densities per field in (1/nm²)/(V/nm), for a field E e^{ηt}.

        ``eta`` in 1/fs, above zero. Default 1e-9/τ: a steady state.
        """
        L = self._generator(collisions)
        eta = 1e-9 / collisions.tau if eta is None else check.positive("eta", eta, "1/fs")
        n = np.linalg.solve(eta * np.eye(L.shape[-1]) - L, self._drive.reshape(len(L), -1, 1))
        return self._spin(n.reshape(self._drive.shape))

    def evolve(self, collisions: Collisions, times: ArrayLike, *, E: Callable[[float], float]) -> np.ndarray:
        """(⟨σ_x⟩, ⟨σ_y⟩) in 1/nm², (2, n), at ``times`` (n,) for the field ``E``, a function of t in fs, in V/nm.

        Equidistant times, equilibrium at the first. The field is taken in the middle of each step, the rest exactly.
        Raises ValueError for other times or an E(t) that is no finite number, TypeError for an E that is no function.
        """
        times = _uniform_times(times)
        check.function("E", E, "t")
        fields = [check.number(f"E({t:g} fs)", E(t), unit="V/nm") for t in (times[:-1] + times[1:]) / 2]
        L = self._generator(collisions)
        size = L.shape[-1]
        # e^{Mh} of the enlarged M = [[L, d], [0, 0]] holds the step of n and what a constant field adds
        M = np.zeros((len(L), size + 1, size + 1))
        M[:, :size, :size], M[:, :size, size] = L, self._drive.reshape(len(L), -1)
        step = expm(M * (times[-1] - times[0]) / (times.size - 1))
        n, spins = np.zeros((len(L), size, 1)), [(0.0, 0.0)]
        for field in fields:
            n = step[:, :size, :size] @ n + field * step[:, :size, size:]
            spins.append(self._spin(n.reshape(self._drive.shape)))
        return np.array(spins).T

    def _spin(self, n):
        return tuple(2 * np.sum(self._weight[..., None] * n, axis=(0, 1))[1:3])  # tr σ_i n = 2 n_i

    def _generator(self, collisions):
        """L in ∂_t n = L n + E d for each shell, (shells, 4·angles, 4·angles), n in components on 1 and σ."""
        if not isinstance(collisions, Collisions):
            raise TypeError(f"collisions must be Collisions(tau, spin_conserving); got {collisions!r}")
        shells, angles = self._b.shape[:2]
        x, rate = collisions.spin_conserving, 1 / collisions.tau
        L = np.zeros((shells, angles, 4, angles, 4))
        each = np.arange(angles)

        cross = np.zeros((angles, shells, 4, 4))  # −(i/ħ)[b·σ, n·σ] = (2/ħ)(b × n)·σ
        b = np.moveaxis(self._b, 1, 0)
        for i, j, m, sign in ((1, 2, 3, 1), (2, 3, 1, 1), (3, 1, 2, 1), (1, 3, 2, -1), (2, 1, 3, -1), (3, 2, 1, -1)):
            cross[..., i, m] = sign * 2/hbar * b[..., j - 1]
        L[:, each, :, each, :] += cross

        axis = np.concatenate([np.zeros((shells, angles, 1)), self._axis], axis=-1)
        number = np.eye(4)[0]
        keep_spin = np.broadcast_to(np.eye(4)[None, None, :, None, :], L.shape)
        keep_state = (number[:, None, None] * number)[None, None] + np.einsum("sai,sbj->saibj", axis, axis)
        L += rate / angles * (x * keep_spin + (1 - x) * keep_state)  # scattered in, from all directions
        L[:, each, :, each, :] -= rate * np.eye(4)                   # scattered out
        along = number[:, None] * number + np.einsum("sai,saj->asij", axis, axis)
        L[:, each, :, each, :] += collisions.dephasing * (along - np.eye(4))
        return L.reshape(shells, 4*angles, 4*angles)


def _components(matrix):
    """The real components on 1, σ_x, σ_y, σ_z of hermitian matrices (..., 2, 2): shape (..., 4)."""
    return np.einsum("iab,...ba->...i", _PAULI, matrix).real / 2


def _derivative_of_f(H, dH, E_F, kT):
    """The derivative of f(H) along dH: ⟨m|dH|n⟩ (f_m − f_n)/(E_m − E_n) on the eigenstates of H."""
    energy, states = np.linalg.eigh(H)
    f = fermi_function(energy - E_F, kT)
    slope = np.zeros(H.shape)
    for s in (0, 1):
        slope[..., s, s] = -f[..., s] * (1 - f[..., s]) / kT
    slope[..., 0, 1] = slope[..., 1, 0] = (f[..., 1] - f[..., 0]) / (energy[..., 1] - energy[..., 0])
    dagger = np.conj(np.swapaxes(states, -1, -2))
    return states @ (slope * (dagger @ dH @ states)) @ dagger


def _wave_vector_at(band, energy):
    """|k| in 1/nm at which the band reaches ``energy``."""
    k_max = min(1.0, band.k_max)
    while band._radial(np.array(k_max))[0] < energy:
        if k_max >= min(band.k_max, 1e6):
            raise ValueError(f"band must reach {energy:.3g} eV, the Fermi energy + J + {_TAIL:g} kT, within its "
                             "domain; it ends before")
        k_max = min(1.5*k_max, band.k_max)
    low = 0.0
    for _ in range(60):
        middle = (low + k_max) / 2
        low, k_max = (middle, k_max) if band._radial(np.array(middle))[0] < energy else (low, middle)
    return k_max
