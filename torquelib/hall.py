"""A lattice model of the anomalous Hall effect, computed from the Fermi sea and from the Fermi surface.

Appendix B of the paper leans on this analogy: an electric field distorts every state
below the Fermi energy, and still the outcome can be read off at the Fermi energy. The
model is that of Qi, Wu and Zhang, Phys. Rev. B 74, 085308 (2006), on a square lattice
with lattice constant 1: H(k) = d(k)·σ, d = (sin k_x, sin k_y, M + cos k_x + cos k_y).
Neither side of the book: lengths in lattice constants, energies in hopping energies,
conductivities in e²/h.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq

from . import _validate as check
from .algebra import SIGMA_X, SIGMA_Y, SIGMA_Z


@dataclass(frozen=True)
class QiWuZhang:
    """The lower band of H = d(k)·σ, filled up to a Fermi energy below zero.

    ``mass``: M, with −2 < M < 0, where the lower band has its bottom at (π, π).
    Raises ValueError outside that range.
    """

    mass: float

    def __post_init__(self):
        check.keep(self, mass=check.number("mass", self.mass, minimum=-2, maximum=0, exclusive=True))

    def d(self, kx: ArrayLike, ky: ArrayLike) -> NDArray:
        """d(k), shape (..., 3), for ``kx`` and ``ky`` that broadcast to (...). Raises ValueError if not finite."""
        kx, ky = check.finite("kx", kx), check.finite("ky", ky)
        check.common_shape(kx=kx, ky=ky)
        kx, ky = np.broadcast_arrays(kx, ky)
        return np.stack([np.sin(kx), np.sin(ky), self.mass + np.cos(kx) + np.cos(ky)], axis=-1)

    def hall_sea(self, *, E_F: float, n: int = 400) -> float:
        """σ_xy = −(1/2π) ∫ f Ω d²k over the Fermi sea, Ω the Berry curvature, on an n×n grid.

        Ω = ½ d̂·(∂_x d̂ × ∂_y d̂) for the lower band; the sign is that of carriers −e,
        whose anomalous velocity is −k̇×Ω with ħk̇ = −eE. Returns a float. ``E_F`` ≤ 0, ``n`` ≥ 8.
        """
        E_F = check.number("E_F", E_F, maximum=0.0)
        n = check.integer("n", n, minimum=8)
        k = -np.pi + 2 * np.pi * (np.arange(n) + 0.5) / n
        kx, ky = np.meshgrid(k, k, indexing="ij")
        d = self.d(kx, ky)
        length = np.linalg.norm(d, axis=-1)
        zero = np.zeros_like(kx)
        dx = np.stack([np.cos(kx), zero, -np.sin(kx)], axis=-1)
        dy = np.stack([zero, np.cos(ky), -np.sin(ky)], axis=-1)
        curvature = 0.5 * np.sum(d * np.cross(dx, dy), axis=-1) / length**3
        filled = -length <= E_F
        return float(-np.sum(curvature[filled]) * (2 * np.pi / n) ** 2 / (2 * np.pi))

    def fermi_line(self, *, E_F: float, n: int = 400) -> NDArray:
        """n points (n, 2) of the Fermi line, a loop around (π, π), anticlockwise.

        Raises ValueError if the lower band has no such loop at ``E_F``, and for ``n`` below 8.
        """
        n = check.integer("n", n, minimum=8)
        top, bottom = -max(self.mass + 2, -self.mass), -(2 - self.mass)      # the least on the lines k_x, k_y = 0
        E_F = check.number("E_F", E_F, minimum=bottom, maximum=top, exclusive=True)
        angle = 2 * np.pi * np.arange(n) / n

        def excess(q, a):
            return -np.linalg.norm(self.d(np.pi + q * np.cos(a), np.pi + q * np.sin(a))) - E_F

        q = np.array([brentq(excess, 0.0, np.pi / max(abs(np.cos(a)), abs(np.sin(a))), args=(a,)) for a in angle])
        return np.pi + q[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=-1)

    def hall_surface(self, *, E_F: float, n: int = 400) -> float:
        """σ_xy modulo 1 from the Berry phase of the Fermi line alone (Haldane 2004).

        The eigenvectors are taken on n points of the line only; nothing inside it is looked at. Returns a float within
        [−½, ½]. Raises ValueError as `fermi_line`.
        """
        d = self.d(*self.fermi_line(E_F=E_F, n=n).T)
        H = d[:, 0, None, None] * SIGMA_X + d[:, 1, None, None] * SIGMA_Y + d[:, 2, None, None] * SIGMA_Z
        lower = np.linalg.eigh(H)[1][:, :, 0]
        overlaps = np.sum(lower.conj() * np.roll(lower, -1, axis=0), axis=1)
        return float(np.angle(np.prod(overlaps / abs(overlaps))) / (2 * np.pi))

    def ribbon(self, kx: ArrayLike, *, width: int) -> tuple[NDArray, NDArray]:
        """Energies (nk, 2·width) and mean position across (nk, 2·width) of a strip along x, open edges.

        ``kx`` (nk,), ``width`` ≥ 2 in sites. The position is 0 at the lower edge, 1 at the upper.
        """
        kx = check.finite("kx", kx, shape=(None,))
        width = check.integer("width", width, minimum=2)
        up, across = np.eye(width, k=1), np.eye(width)
        hop = 0.5 * (SIGMA_Z - 1j * SIGMA_Y)
        fixed = np.kron(up, hop) + np.kron(up.T, hop.conj().T) + np.kron(across, self.mass * SIGMA_Z)
        kx = kx[:, None, None]
        H = fixed + np.sin(kx) * np.kron(across, SIGMA_X) + np.cos(kx) * np.kron(across, SIGMA_Z)
        energy, states = np.linalg.eigh(H)
        weight = np.sum(np.abs(states.reshape(len(kx), width, 2, 2 * width)) ** 2, axis=2)
        return energy, np.einsum("w,kwn->kn", np.linspace(0, 1, width), weight)

    def edge_channels(self, *, E_F: float, width: int = 30, n: int = 401) -> int:
        """Net number of right-moving states at the Fermi energy on the lower edge of a strip.

        It equals σ_xy when the Fermi energy lies in the gap: lifting the lower edge's
        electrons by eE_y·width drives a current e²/h per channel. Looked for between ``n`` ≥ 8 values of k_x; returns
        an int. Counted by the charge that leaves the lower edge as k_x grows, since the states of the two edges may
        cross between two values of k_x, and sorted energies do not show it.
        """
        n = check.integer("n", n, minimum=8)
        E_F = check.number("E_F", E_F)
        kx = -np.pi + 2 * np.pi * (np.arange(n) + 0.25) / n                  # never 0 or π, where the edges may mix
        energy, position = self.ribbon(kx, width=width)
        lower = np.sum(np.where(energy < E_F, 1 - position, 0), axis=1)
        return -int(np.sum(np.round(np.roll(lower, -1) - lower)))
