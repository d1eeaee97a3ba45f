"""Electrons one by one: a Fermi sea that drifts, precesses and collides, of which `boltzmann` is the average.

Electron side: eV, nm, fs. Free electrons in two dimensions in a planar spiral of pitch p along x. On its frame
(`bloch_spiral`) each electron has a wave vector and a spin,

    ħ dk/dt = −eE x̂,    ħ dσ/dt = 2b(k) × σ,    b(k) = (0, −ħ²k_x p/2m, J),

and collides at the rate 1/τ. A collision turns k to any direction and gives it the length back that it had at the
start: a cold lattice takes the heat. The spin stays what it is, or turns with the eigenstate, σ → (σ·b̂) b̂'.

Electrons come in pairs (k, −k) that collide together and leave in opposite directions. Their tilts cancel as those of
the whole sea do, so ten thousand are enough to see a mean a thousand times smaller than the tilt of one.

The same equation runs in a reader's browser, in drawing/live_sea.js; both draw their numbers from xorshift32, so that
they can be compared electron by electron.
"""

import numpy as np

from .. import _validate as check
from ..spirals.field import _free_misalignment_energy
from ..units import e, hbar, m_e


class ElectronSea:
    """A Fermi sea at zero temperature, both bands occupied, each electron in the eigenstate of its k.

    Parameters
    ----------
    p : float
        Pitch of the spiral in 1/nm, above zero. Small: the tilt ħ²k_F p/2mJ stays well below 1.
    J, E_F : float
        In eV; 0 < J < E_F, so that the minority band holds electrons, too.
    tau : float
        Time between collisions in fs.
    number : int
        Electrons; even.
    seed : int
        Of the collisions.

    ``k`` (number, 2) in 1/nm, ``spin`` (number, 3), ``s`` (number,) and the time ``t`` in fs tell its state.
    Raises ValueError, TypeError for arguments outside what is said above.
    """

    def __init__(self, p: float, *, J: float, E_F: float, tau: float, number: int = 10_000, seed: int = 1):
        self.p, self.J = check.positive("p", p, "1/nm"), check.positive("J", J, "eV")
        self.E_F = check.number("E_F", E_F, unit="eV", minimum=self.J, exclusive=True)
        self.tau = check.positive("tau", tau, "fs")
        self.number, self.seed = check.integer("number", number, minimum=4), check.integer("seed", seed, minimum=1)
        if self.number % 2:
            raise ValueError(f"number must be even, electrons come in pairs; got {number}")
        pairs = self.number // 2
        majority = round(pairs * (self.E_F + self.J) / (2 * self.E_F))   # area of its Fermi disc over both
        radius = np.concatenate([  # equal areas
            np.sqrt(2 * m_e * (self.E_F + sign * self.J)) / hbar * np.sqrt((np.arange(n) + 0.5) / n)
            for sign, n in ((1, majority), (-1, pairs - majority))])
        angle = np.pi * (np.sqrt(5) - 1) * np.arange(pairs)              # the golden angle spreads them evenly
        kx, ky = radius * np.cos(angle), radius * np.sin(angle)
        self.k = np.stack([np.concatenate([kx, -kx]), np.concatenate([ky, -ky])], axis=1)
        self._shell = np.concatenate([radius, radius])
        self.s = np.tile(np.repeat([-1.0, 1.0], [majority, pairs - majority]), 2)
        self.spin = self.s[:, None] * self._axis()[0]
        self.t = 0.0
        self._random = (np.arange(1, pairs + 1, dtype=np.uint32) * np.uint32(2654435761)
                        ^ np.uint32(self.seed * 40503 % 2**32)) | np.uint32(1)
        for _ in range(8):                                               # neighbouring seeds part
            self._draw(slice(None))

    def step(self, dt: float, *, E: float, keeps: str | None) -> None:
        """Advance by ``dt`` fs in the field ``E`` (V/nm); collisions keep the "spin" or the "state"; None: none.

        The rotation is exact for the k in the middle of the step. Collisions come at its end: if they keep the state,
        the mean after it lies below `expected` by dt/2τ of it. Raises ValueError for another ``keeps``, dt ≤ 0.
        """
        dt, E = check.positive("dt", dt, "fs"), check.number("E", E, unit="V/nm")
        if keeps is not None:
            check.choice("keeps", keeps, ("spin", "state"))
        drift = e * E * dt / hbar
        self.k[:, 0] -= drift / 2
        axis, b = self._axis()
        turn = (2 * dt / hbar * b)[:, None]
        self.spin = (np.cos(turn) * self.spin + np.sin(turn) * np.cross(axis, self.spin)
                     + (1 - np.cos(turn)) * np.sum(axis * self.spin, axis=1, keepdims=True) * axis)
        self.k[:, 0] -= drift / 2
        if keeps is not None:
            self._collide(1 - np.exp(-dt / self.tau), keeps)
        self.t += dt

    def mean_spin(self) -> np.ndarray:
        """⟨σ⟩ per electron on (∂_x m/p, normal of the spiral's plane, m), (3,)."""
        return self.spin.mean(axis=0)

    def intrinsic(self, *, E: float) -> float:
        """⟨σ_x⟩ per electron of (3), summed over the sea, for the field ``E`` in V/nm."""
        return float(hbar**2 * e * check.number("E", E, unit="V/nm") * self.p / (4 * m_e * self.J**2) * self.s.mean())

    def expected(self, *, E: float, keeps: str) -> tuple[float, float]:
        """Steady (⟨σ_x⟩, ⟨σ_y⟩) per electron under collisions that keep the "spin" or the "state"."""
        intrinsic, beta = self.intrinsic(E=E), hbar / (2 * self.J * self.tau)
        if check.choice("keeps", keeps, ("spin", "state")) == "spin":
            return 0.0, intrinsic / beta
        return intrinsic / (1 + beta**2), intrinsic / beta / (1 + beta**2)

    def _axis(self):
        """b̂(k) (number, 3) and |b| (number,) in eV."""
        across = -_free_misalignment_energy(self.k[:, 0], self.p, m_e)
        size = np.sqrt(across**2 + self.J**2)
        return np.stack([np.zeros(len(size)), across / size, self.J / size], axis=1), size

    def _collide(self, probability, keeps):
        pairs = self.number // 2
        hit = np.flatnonzero(self._draw(slice(None)) < probability)
        angle = 2 * np.pi * self._draw(hit)
        out = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        both = np.concatenate([hit, hit + pairs])
        along = np.sum(self._axis()[0][both] * self.spin[both], axis=1, keepdims=True)
        self.k[both] = self._shell[both, None] * np.concatenate([out, -out])
        if keeps == "state":
            self.spin[both] = along * self._axis()[0][both]

    def _draw(self, which):
        """The next number of xorshift32 in [0, 1) for the pairs ``which``."""
        x = self._random[which]
        x = x ^ (x << np.uint32(13))
        x = x ^ (x >> np.uint32(17))
        x = x ^ (x << np.uint32(5))
        self._random[which] = x
        return x / 2.0**32
