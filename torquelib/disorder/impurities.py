"""Impurities: the random potential, averaged.

A static random potential of zero mean with point-like correlations is fixed, in the
Born approximation, by three numbers,

    ⟨V(r) ⊗ V(r′)⟩ = [w_0 1⊗1 + w_⊥ (σ_x⊗σ_x + σ_y⊗σ_y) + w_z σ_z⊗σ_z] δ(r − r′),

in eV² nm^d (d the dimension), on the rotated spin axes whose z axis is m. (The paper
prints ⟨V V′⟩ = n_i u² below (13); δ(r − r′) completes its dimensions.) A new kind of
impurity is a class with one method, ``correlations``.

Electron side: eV, nm, fs. Arrays over the two bands are in ascending energy: index 0 majority (s = −1), index 1
minority (s = +1). Matrices in spin space are in the basis of σ_z: row 0 is the spin parallel to m, hence the minority.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .. import _validate as check


class Impurities(ABC):
    """A kind of impurity, or a mixture: anything that gives its three correlations.

    ``a + b`` mixes independent impurities, ``a.diluted(x)`` multiplies the concentration by x.
    """

    @abstractmethod
    def correlations(self) -> tuple[float, float, float]:
        """(w_0, w_⊥, w_z) in eV² nm^d, each zero or above, not all zero."""

    def diluted(self, factor: float) -> "Impurities":
        """The same impurities with ``factor`` (above zero) times their concentration."""
        return _Diluted(self, check.positive("factor", factor))

    def __add__(self, other):
        if not isinstance(other, Impurities):
            return NotImplemented
        return Mixture((self, other))

    @property
    def transverse(self) -> float:
        """Λ = w_0 − w_z (eV² nm^d): σ_x and σ_y, averaged over a collision, come back multiplied by Λ, (7.6)."""
        return _transverse(checked_correlations(self))

    def average(self, matrix: ArrayLike) -> np.ndarray:
        """⟨V X V⟩, one rung of the ladder, for ``matrix`` X (..., 2, 2); returns (..., 2, 2).

        With X = G this is the Born self-energy, with X = G^A v G^R the rung of (14).
        """
        w_0, w_perp, w_z = w = checked_correlations(self)
        X = check.finite("matrix", matrix, shape=(..., 2, 2), dtype=complex)
        out = _transverse(w) * X
        for row in (0, 1):
            out[..., row, row] = (w_0 + w_z) * X[..., row, row] + 2*w_perp * X[..., 1 - row, 1 - row]
        return out

    def broadening(self, density_of_states: ArrayLike) -> np.ndarray:
        """Γ = −Im Σ^R of each band, (15): Γ_s = π[(w_0 + w_z) N_s + 2 w_⊥ N_{−s}].

        ``density_of_states`` (..., 2): N of majority and minority at the Fermi energy, 1/(eV nm^d).
        Returns (..., 2) in eV; the lifetime is ħ/2Γ. Raises ValueError for a negative N.
        """
        N = check.finite("density_of_states", density_of_states, shape=(..., 2))
        if np.any(N < 0):
            raise ValueError(f"density_of_states must be zero or above; the smallest value is {N.min():g}")
        return _broadening(checked_correlations(self), N)


def _transverse(w):
    return w[0] - w[2]


def _broadening(w, N):
    return np.pi * ((w[0] + w[2]) * N + 2*w[1] * N[..., ::-1])


@dataclass(frozen=True)
class SpinIndependent(Impurities):
    """V(r) = u Σ_i δ(r − R_i): w_0 = n_i u².

    ``concentration`` n_i in 1/nm^d, ``strength`` u in eV nm^d.
    """

    concentration: float
    strength: float

    def __post_init__(self):
        check.keep(self, concentration=check.nonnegative("concentration", self.concentration, "1/nm^d"),
                   strength=check.number("strength", self.strength, unit="eV nm^d"))

    def correlations(self) -> tuple[float, float, float]:
        return self.concentration * self.strength**2, 0.0, 0.0


@dataclass(frozen=True)
class Magnetic(Impurities):
    """V(r) = u Σ_i (σ_x S_x + σ_y S_y + γ σ_z S_z) δ(r − R_i), the spin S of random direction.

    w_⊥ = n_m u² S²/3 and w_z = γ² w_⊥. ``concentration`` n_m in 1/nm^d, ``strength`` u in
    eV nm^d, ``anisotropy`` γ ≥ 0 (the paper's 0 < γ < 1; 1 is isotropic), ``spin`` S.
    Source: the paper's section III.B, after Ren (2008), where the printed V lacks the factor u.
    """

    concentration: float
    strength: float
    anisotropy: float = 1.0
    spin: float = 1.0

    def __post_init__(self):
        check.keep(self, concentration=check.nonnegative("concentration", self.concentration, "1/nm^d"),
                   strength=check.number("strength", self.strength, unit="eV nm^d"),
                   anisotropy=check.nonnegative("anisotropy", self.anisotropy), spin=check.positive("spin", self.spin))

    def correlations(self) -> tuple[float, float, float]:
        w = self.concentration * self.strength**2 * self.spin**2 / 3
        return 0.0, w, self.anisotropy**2 * w


@dataclass(frozen=True)
class Mixture(Impurities):
    """Independent impurities together: their correlations add. ``parts`` is a sequence of Impurities."""

    parts: tuple

    def __post_init__(self):
        if not isinstance(self.parts, (tuple, list)):
            raise TypeError(f"parts must be a sequence of Impurities; got {self.parts!r}")
        object.__setattr__(self, "parts", tuple(self.parts))
        if not self.parts:
            raise ValueError("parts must hold at least one kind of impurity; got none")
        for part in self.parts:
            if not isinstance(part, Impurities):
                raise TypeError(f"parts must hold Impurities; got {part!r}")

    def correlations(self) -> tuple[float, float, float]:
        w_0, w_perp, w_z = np.sum([part.correlations() for part in self.parts], axis=0).tolist()
        return w_0, w_perp, w_z


@dataclass(frozen=True)
class _Diluted(Impurities):
    whole: Impurities
    factor: float

    def correlations(self) -> tuple[float, float, float]:
        w_0, w_perp, w_z = self.whole.correlations()
        return self.factor * w_0, self.factor * w_perp, self.factor * w_z


def checked_correlations(impurities: Impurities) -> tuple[float, float, float]:
    """(w_0, w_⊥, w_z) of ``impurities``; ValueError unless finite, ≥ 0, not all zero; TypeError for other objects."""
    if not isinstance(impurities, Impurities):
        raise TypeError(f"impurities must be an Impurities object such as SpinIndependent(...); got {impurities!r}")
    w = check.finite("correlations", impurities.correlations(), shape=(3,))
    if np.any(w < 0):
        raise ValueError(f"correlations must be zero or above, in the order (w_0, w_perp, w_z); got {tuple(w)}")
    if not np.any(w > 0):
        raise ValueError("impurities must scatter: every correlation is zero (no concentration, or no strength)")
    return float(w[0]), float(w[1]), float(w[2])
