"""Eigenstates of H = ε(k) + Jσ·m with no gauge transformation and no expansion in gradients, Eqs. (1) and (7).

`ring_eigenstates` expands in plane waves on a ring, for any texture that closes on it; `helix_eigenstates` uses the
generalised Bloch theorem for the planar spiral θ = px. Both confirm what the other modules derive, and share no formula
with them: the Pauli matrices and the energies ε(k ± p/2) are written here again on purpose.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import eigh

from . import _validate as check
from .bands import BandLike, as_band
from .spins import _spin_expectation
from .textures import TextureLike, _positions, as_texture


@dataclass(frozen=True, eq=False)
class PlaneWaveStates:
    """Normalised states ψ(x) = Σ_q c_q exp(iqx), one for each leading index (...).

    ``energies`` (...) in eV; ``alignment`` (...) = ⟨σ·m⟩, near +1 for a minority and −1 for a majority state;
    ``wave_numbers`` (..., q) in 1/nm; ``coefficients`` (..., q, 2), Σ|c|² = 1.
    ``states[n]`` picks along the first axis.
    """

    energies: np.ndarray
    alignment: np.ndarray = field(repr=False)
    wave_numbers: np.ndarray = field(repr=False)
    coefficients: np.ndarray = field(repr=False)

    @property
    def mean_wave_number(self) -> NDArray:
        """⟨−i∂_x⟩ in 1/nm, shape (...)."""
        return np.sum(self.wave_numbers * np.sum(np.abs(self.coefficients)**2, axis=-1), axis=-1)

    def __getitem__(self, n):
        return PlaneWaveStates(self.energies[n], self.alignment[n], self.wave_numbers[n], self.coefficients[n])

    def spinor(self, x: ArrayLike) -> NDArray:
        """ψ(x), shape (...) + x.shape + (2,), for x in nm; the mean of ψ†ψ over the ring or the spiral is 1."""
        x = check.finite("x", x)
        phases = np.exp(1j * self.wave_numbers[..., None, :] * x.reshape(-1, 1))
        psi = phases @ self.coefficients
        return psi.reshape(psi.shape[:-2] + x.shape + (2,))

    def spin(self, x: ArrayLike) -> NDArray:
        """Direction of the spin ψ†σψ/ψ†ψ at x, shape (...) + x.shape + (3,)."""
        return _spin_expectation(self.spinor(x))

    def nearest(self, k: float, *, s: int) -> "PlaneWaveStates":
        """The state of a ring with ⟨σ·m⟩ of the sign ``s`` whose mean wave number is nearest to ``k`` (1/nm).

        Raises ValueError if the nearest is more than half the spacing of the plane waves away.
        """
        k, s = check.number("k", k, unit="1/nm"), check.band_index("s", s)
        if np.ndim(self.energies) != 1:
            raise ValueError("nearest must be asked of a list of states, as of a ring; got states of shape "
                             f"{np.shape(self.energies)}")
        distance = np.where(np.sign(self.alignment) == s, np.abs(self.mean_wave_number - k), np.inf)
        n = int(np.argmin(distance))
        allowed = (self.wave_numbers[n, 1] - self.wave_numbers[n, 0]) / 2
        if distance[n] > allowed:
            raise ValueError(f"k must be near a state with s = {s:+d}; got {k:g} 1/nm, the nearest one is "
                             f"{distance[n]:.2g} away, allowed {allowed:.2g}: choose k near the wave numbers of the "
                             "ring, and a twist that separates k from −k")
        return self[n]


def ring_eigenstates(band: BandLike, texture: TextureLike, length: float, *, J: float, twist: float = 0.0,
                     n_waves: int = 64, t: float = 0.0) -> PlaneWaveStates:
    """Eigenstates of Eq. (1)/(7) on a ring of ``length`` (nm) by exact diagonalisation in plane waves. ``J`` > 0 in eV.

    The plane waves are q = twist + 2πn/length with n = −n_waves … n_waves; their energies ε(q) are exact for any band
    of dimension 1. ``twist`` (1/nm) is the Bloch phase ψ(x + length) = exp(i twist length) ψ(x): it separates the
    states moving right from those moving left, which without it are degenerate and mix. For states near one k it saves
    plane waves to choose twist = k: the q are then centred on it. The texture is frozen at time ``t``
    (fs) and must return to itself after one length; at y = z = 0. Returns `PlaneWaveStates`, 2(2 n_waves + 1) of them,
    energies ascending; the highest feel the cut at n_waves. The cost grows as n_waves³ (0.1 s for 64). For a lattice
    band keep the plane waves inside the first zone: states beyond it are copies.

    Raises ValueError if the texture does not close or has Fourier components that n_waves cannot hold.
    """
    band, texture = as_band(band), as_texture(texture)
    length, J = check.positive("length", length, "nm"), check.positive("J", J, "eV")
    twist, t = check.number("twist", twist, unit="1/nm"), check.number("t", t, unit="fs")
    n_waves = check.integer("n_waves", n_waves, minimum=1)
    if band.dimension != 1:
        raise ValueError(f"band must have dimension 1 on a ring; got {band.dimension}")
    ends = texture._m(*_positions(np.array([0.0, length]), 0.0, 0.0, t))
    if not np.allclose(ends[0], ends[1], atol=1e-9):
        raise ValueError(f"texture must close on the ring: m(0) = {ends[0].round(6)}, m(length) = {ends[1].round(6)}")

    samples = 8 * n_waves
    m = texture._m(*_positions(np.arange(samples) * length / samples, 0.0, 0.0, t))
    # m = Σ_n fourier[n] exp(2πi n x/length)
    fourier = np.fft.fft(m, axis=0) / samples
    lost = np.max(np.abs(fourier[n_waves:-n_waves]))
    if lost > 1e-6:
        raise ValueError(f"n_waves must resolve the texture; with {n_waves} a Fourier component {lost:.2g} of m is "
                         "lost")

    n = np.arange(-n_waves, n_waves + 1)
    q = twist + 2*np.pi / length * n
    exchange = J * fourier[n[:, None] - n[None, :]]                              # (q, q', component)
    H = np.empty((len(n), 2, len(n), 2), dtype=complex)
    kinetic = band._energy(band._within(q[:, None], "q"))
    H[:, 0, :, 0], H[:, 1, :, 1] = np.diag(kinetic) + exchange[..., 2], np.diag(kinetic) - exchange[..., 2]
    H[:, 0, :, 1], H[:, 1, :, 0] = exchange[..., 0] - 1j*exchange[..., 1], exchange[..., 0] + 1j*exchange[..., 1]
    energies, vectors = eigh(H.reshape(2*len(n), 2*len(n)))
    coefficients = vectors.T.reshape(-1, len(n), 2)
    alignment = (energies - np.sum(np.abs(coefficients)**2, axis=-1) @ kinetic) / J      # E = ⟨ε⟩ + J⟨σ·m⟩
    return PlaneWaveStates(energies, alignment, np.broadcast_to(q, (len(energies), len(q))), coefficients)


def helix_eigenstates(band: BandLike, k: ArrayLike, p: float, *, J: float) -> PlaneWaveStates:
    """The two eigenstates of the planar spiral θ = px, φ = 0 at each wave vector ``k`` (..., d), for any band. Exact.

    A plane wave with its spin along ±y meets only one other: the generalised Bloch theorem couples exp(i(k_x −
    p/2)x)|+y⟩ with exp(i(k_x + p/2)x)|−y⟩ through J, and nothing else. ``p`` in rad/nm, ``J`` > 0 in eV. Returns
    `PlaneWaveStates` along x of leading shape (..., 2), majority first.
    """
    band = as_band(band)
    J, p = check.positive("J", J, "eV"), check.number("p", p, unit="rad/nm")
    k = check.finite("k", k, shape=(..., band.dimension))
    half_turn = np.zeros(band.dimension)
    half_turn[0] = p / 2
    kinetic = np.stack([band._energy(band._within(k + turn, "k ± p/2")) for turn in (-half_turn, half_turn)], axis=-1)
    H = kinetic[..., None] * np.eye(2) + J * np.array([[0.0, 1.0], [1.0, 0.0]])
    energies, vectors = np.linalg.eigh(H)
    weights = np.swapaxes(vectors, -1, -2)                                       # (..., state, q)
    plus_and_minus_y = np.array([[1, 1j], [1, -1j]]) / np.sqrt(2)
    alignment = (energies - np.einsum("...nq,...q->...n", weights**2, kinetic)) / J
    wave_numbers = k[..., :1] + np.array([-p/2, p/2])
    return PlaneWaveStates(energies, alignment, np.broadcast_to(wave_numbers[..., None, :], weights.shape),
                           weights[..., None] * plus_and_minus_y)
