"""The rotating spiral (A9) by brute force: plane waves, no gauge transformation in space. Confirms (A10)."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import jv

from .. import _validate as check
from ..algebra import sigma
from ..bands import BandLike, as_band
from ..spins import _spin_expectation
from ..units import hbar
from .field import _spiral_field


class RotatingSpiralState:
    """An eigenstate of the rotating spiral (A9) by brute force: plane waves, no gauge transformation in space.

    In the frame that turns with φ = ωt the Hamiltonian is static, ε(k) + Jσ·(sin px, 0, cos px) − (ħω/2)σ_z. It couples
    the plane waves k + (j + ½)p; ``waves`` of them on each side of k are kept. Of the eigenstates, the one is taken
    that overlaps most with the electron of band ``s`` and wave vector k in the spiral at rest.

    ``energy`` eV, ``coefficients`` (2 waves, 2), ``wave_vectors`` (2 waves, d), ``overlap`` the squared overlap.
    Raises ValueError if no eigenstate overlaps by more than one half (two bands cross at this k), for p = 0, J ≤ 0.
    """

    def __init__(self, band: BandLike, k: ArrayLike, p: float, *, J: float, s: int, omega: float, waves: int = 10):
        band = as_band(band)
        self.k = band._within(check.finite("k", k, shape=(band.dimension,), unit="1/nm"))
        self.p = check.number("p", p, unit="1/nm")
        if self.p == 0:
            raise ValueError("p must not be 0; got 0")
        if band._velocity(self.k)[0] == 0:
            raise ValueError(f"k must have a velocity along x, or the electron turns back; got k = {self.k} 1/nm")
        self.J, s = check.positive("J", J, "eV"), check.band_index("s", s)
        self.omega = check.number("omega", omega, unit="1/fs")
        waves = check.integer("waves", waves, minimum=2)
        self.steps = (np.arange(-waves, waves) + 0.5) * self.p
        self.wave_vectors = self.k + self.steps[:, None] * np.eye(band.dimension)[0]
        kinetic = np.kron(np.diag(band._energy(band._within(self.wave_vectors, "k ± p (waves − ½)"))), np.eye(2))
        energies, states = np.linalg.eigh(kinetic + self.potential())
        b = _spiral_field(band, self.k, self.p * np.eye(band.dimension)[0], self.J, 0.0, np.array([0.0, 1.0, 0.0]))
        spin = b / np.linalg.norm(b)
        own = np.linalg.eigh(np.einsum("a,aij->ij", s * spin, sigma))[1][:, -1]
        # U = exp(−iθσ_y/2), θ = px, splits into the two waves k ∓ p/2 with spin along ±ŷ; on its way through the energy
        # −s(J/b)(ħω/2) cos px the electron gathers the phase exp(i η sin px) = Σ_n J_n(η) exp(inpx)
        eta = s * self.J * self.omega / (2 * np.linalg.norm(b) * self.p * band._velocity(self.k)[0])
        n = np.arange(-waves, waves)
        guess = (jv(n + 1, eta)[:, None] * ((np.eye(2) + sigma[1]) @ own / 2)
                 + jv(n, eta)[:, None] * ((np.eye(2) - sigma[1]) @ own / 2))
        overlaps = np.abs(states.conj().T @ guess.ravel())**2
        best = int(np.argmax(overlaps))
        self.overlap = float(overlaps[best])
        if self.overlap <= 0.5:
            raise ValueError(f"k must lie away from crossings of the bands; at k = {self.k} 1/nm no eigenstate "
                             f"overlaps by more than {self.overlap:.2g} with the electron of the spiral at rest")
        self.energy = float(energies[best])
        self.coefficients = states[:, best].reshape(-1, 2)

    def potential(self) -> NDArray:
        """Jσ·m − (ħω/2)σ_z on the plane waves: (4 waves, 4 waves), wave index first, spin last."""
        n = self.steps.size
        up = np.eye(n, k=-1)                                   # e^{ipx}: wave j to wave j + 1
        sin, cos = (up - up.T) / 2j, (up + up.T) / 2
        sx, _, sz = sigma
        return self.J * (np.kron(sin, sx) + np.kron(cos, sz)) - hbar*self.omega/2 * np.kron(np.eye(n), sz)

    def spin(self, x: ArrayLike, t: ArrayLike = 0.0) -> NDArray:
        """Spin per electron at x (nm) and t (fs), ψ†σψ/ψ†ψ in the lab frame: shape (..., 3)."""
        x, t = check.finite("x", x), check.finite("t", t)
        check.common_shape(x=x, t=t)
        x, t = np.broadcast_arrays(x, t)
        return self._spin(x, t, self.coefficients)

    def _spin(self, x, t, coefficients):
        spin = _spin_expectation(np.exp(1j * x[..., None] * self.steps) @ coefficients)
        cosine, sine = np.cos(self.omega * t), np.sin(self.omega * t)
        return np.stack([cosine*spin[..., 0] - sine*spin[..., 1], sine*spin[..., 0] + cosine*spin[..., 1],
                         spin[..., 2]], -1)
