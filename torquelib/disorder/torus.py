"""A disordered torus: the spin that a field makes, from the exact eigenstates of one sample after another.

Electron side: eV, nm, fs. Electrons on N × N sites of a square lattice, periodic both ways, in the planar spiral of
`bloch_spiral`,

    H' = ε(k_x − (p/2) σ_y, k_y) + J σ_z + V(r),

with a random V(r) on the sites. A uniform field E e^{ηt} along x, switched on from t = −∞, enters as the vector
potential k_x → k_x + eA/ħ, A = −(E/η) e^{ηt}. Linear response is then a sum over pairs of exact eigenstates: no
diagram, no lifetime, no average is involved. The level spacing of a finite torus is the smallest ħη with a meaning.
`TexturedTorus` does the same for any texture, on the axes of the lattice.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import SeedSequence, default_rng
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import eigh

from .. import _validate as check
from ..algebra import SIGMA_0, SIGMA_X, SIGMA_Y, SIGMA_Z, sigma
from ..bands import BandLike, as_band
from ..quadrature import fermi_function
from ..textures import TextureLike, as_texture
from ..units import e, hbar
from .bloch_spiral import _check_ends, _hamiltonian, _on_lattice, _square_zone, _two_dimensional, _velocity
from .impurities import Impurities, checked_correlations

_DEGENERATE = 1e-9  # eV


@dataclass(frozen=True, eq=False)
class TorusResponse:
    """Response of a torus, or of the average over several, to E e^{ηt}.

    ``eta`` (n,) in 1/fs. ``x``, ``y`` (..., n): spin densities χ_x, χ_y per field, (1/nm²)/(V/nm).
    ``y_static`` (..., n): the part of ``y`` that the eigenstates carry along with A at fixed occupations.
    ``torque`` (..., n): response of (i/ħ)[V, σ_y], by which impurities turn σ_y, in the units of ``y`` per fs.
    """

    eta: np.ndarray
    J: float
    x: np.ndarray
    y: np.ndarray
    y_static: np.ndarray
    torque: np.ndarray

    @property
    def y_dynamic(self) -> np.ndarray:
        """χ_y − its static part: the sum over pairs with (E_m − E_n)(E_m − E_n + iħη) below, as in (10)."""
        return self.y - self.y_static

    @property
    def imbalance(self) -> np.ndarray:
        """χ_x − ħ(ηχ_y − torque)/2J: zero if nothing but exchange and impurities turns σ_y."""
        return self.x - hbar * (self.eta * self.y - self.torque) / (2*self.J)


class _Sample:
    """A Hamiltonian on sites and its velocity along x, diagonalised: what linear response sums over."""

    def __init__(self, band, J, sites, antiperiodic, lattice_constant):
        """``sites`` N, wave vectors ``k`` (N, N, 2), lattice ``a``, ``length`` N a; ``turn``, the phase once round."""
        self.sites = check.integer("sites", sites, minimum=4)
        k, self.a = _square_zone(band, self.sites, lattice_constant)
        self.turn = np.pi * check.finite("antiperiodic", antiperiodic, shape=(2,), dtype=bool)
        self.length = self.sites * self.a
        self.k = k + self.turn / self.length
        self.J, self.area = check.positive("J", J, "eV"), self.length**2

    def _diagonalise(self, hamiltonian, velocity, on_site):
        """``hamiltonian`` and ``velocity`` (N, N, 2, 2) on the wave vectors; what acts ``on_site``, (N², 2, 2)."""
        n = len(on_site)
        self.velocity, H = _hopping(velocity, self.turn), _hopping(hamiltonian, self.turn)
        H.reshape(n, 2, n, 2)[np.arange(n), :, np.arange(n), :] += on_site
        self.hamiltonian = H
        self.energies, self.states = eigh(H.real if np.allclose(H.imag, 0, atol=1e-14 * np.abs(H).max()) else H)

    def switched_on(self, *, E_F: float, kT: float, eta: ArrayLike) -> tuple[NDArray, NDArray, NDArray]:
        """(eta (n,), f_m − f_n, E_m − E_n): what any response to a growth as e^{ηt} needs; raises as `response`."""
        eta = np.atleast_1d(check.finite("eta", eta))
        if eta.ndim != 1 or np.any(eta <= 0):
            raise ValueError(f"eta must be a list of rates above zero, in 1/fs; got {eta}")
        E_F = check.number("E_F", E_F, unit="eV", minimum=self.energies[0], maximum=self.energies[-1])
        f = fermi_function(self.energies - E_F, check.positive("kT", kT, "eV"))
        return eta, f[:, None] - f, self.energies[:, None] - self.energies

    def on_site(self, matrix):
        """⟨m|O|n⟩ of an operator that acts site by site: ``matrix`` (2, 2), or one for each site."""
        columns = self.states.reshape(-1, 2, self.states.shape[1])
        return self.elements((matrix @ columns).reshape(self.states.shape))

    def elements(self, acted):
        """⟨m|O|n⟩ for ``acted`` = O on the eigenstates, in columns."""
        return self.states.conj().T @ acted

    def _push(self, *, E_F, kT, eta):
        """(eta, (f_m − f_n) ⟨n|v|m⟩, E_m − E_n): a field along x."""
        eta, occupied, gap = self.switched_on(E_F=E_F, kT=kT, eta=eta)
        return eta, occupied * self.elements(self.velocity @ self.states).T, gap

    def _kubo(self, on_site, eta, push, gap):
        """−(e/η) Σ_mn (f_m − f_n) ⟨m|O|n⟩⟨n|v|m⟩ / (E_m − E_n + iħη) per area, one value for each η."""
        pairs = self.on_site(on_site) * push
        return np.array([-e / rate * np.sum(pairs / (gap + 1j*hbar*rate)).real for rate in eta]) / self.area


class DisorderedTorus(_Sample):
    """One sample, diagonalised.

    Parameters
    ----------
    band : Band
        Two-dimensional; its k runs over the Brillouin zone of the sites, a square lattice.
    impurities : Impurities or None
        Each correlation w sets the variance w/a² of its part of V on a site. None: a clean torus.
    p : float
        Pitch of the spiral in 1/nm.
    J : float
        Exchange energy in eV, above zero.
    sites : int
        N, at least 4: matrices have 2N² rows.
    seed : int, numpy.random.SeedSequence or Generator
        V is uniformly distributed on each site, independent between sites.
    antiperiodic : pair of bool
        Whether states change sign once around x, around y.
    lattice_constant : float, optional
        In nm, for a band that has none of its own.

    Attributes: ``hamiltonian`` (2N², 2N²), ``energies`` (2N²,) in eV ascending, ``states`` in columns; rows go
    site by site, spin last. Raises ValueError or TypeError for arguments outside what is said above.
    """

    def __init__(self, band: BandLike, impurities: Impurities | None, p: float, *, J: float, sites: int, seed: Any = 0,
                 antiperiodic: tuple[bool, bool] = (False, False), lattice_constant: float | None = None):
        band, p = _two_dimensional(band), check.number("p", p, unit="1/nm")
        super().__init__(band, J, sites, antiperiodic, lattice_constant)
        _check_ends(band, self.k, p)
        self.potential = _potential(impurities, self.sites**2, self.a, seed)
        self._diagonalise(_hamiltonian(band, self.k, p, self.J), _velocity(band, self.k, p)[..., 0, :, :],
                          self.potential)

    def response(self, *, E_F: float, kT: float, eta: ArrayLike) -> TorusResponse:
        """The `TorusResponse` to fields switched on at the rates ``eta`` (n,) in 1/fs, above zero.

        ``E_F`` in eV within the spectrum, ``kT`` in eV above zero: take at least the level spacing.
        Raises ValueError otherwise.
        """
        eta, push, gap = self._push(E_F=E_F, kT=kT, eta=eta)
        kubo = lambda matrix: self._kubo(matrix, eta, push, gap)
        turning = 1j / hbar * (self.potential @ SIGMA_Y - SIGMA_Y @ self.potential)
        torque = kubo(turning) if np.any(turning) else np.zeros(len(eta))
        apart = np.abs(gap) > _DEGENERATE
        static = np.sum(self.on_site(SIGMA_Y)[apart] * push[apart] / gap[apart]).real / self.area
        return TorusResponse(eta, self.J, kubo(SIGMA_X), kubo(SIGMA_Y), -e / eta * static, torque)


def average_torus(band: BandLike, impurities: Impurities | None, p: float, *, J: float, E_F: float, kT: float,
                  eta: ArrayLike, sites: int, samples: int, seed: int = 0, workers: int = 1,
                  lattice_constant: float | None = None) -> TorusResponse:
    """Responses of ``samples`` tori with different impurities: a `TorusResponse` of arrays (samples, n).

    One after the other they take the four combinations of periodic and antiperiodic boundaries: average over a
    multiple of four, and the Brillouin zone is sampled twice as finely. ``workers`` above one share the samples out
    with joblib; the numbers do not depend on it. Other arguments as for `DisorderedTorus` and its ``response``;
    `mean_and_error` averages.
    """
    band = _two_dimensional(band)

    def one(number, antiperiodic):
        torus = DisorderedTorus(band, impurities, p, J=J, sites=sites, seed=number, antiperiodic=antiperiodic,
                                lattice_constant=lattice_constant)
        return torus.response(E_F=E_F, kT=kT, eta=eta)

    responses = _over_samples("average_torus", one, samples, seed, workers)
    stacked = {name: np.stack([getattr(r, name) for r in responses]) for name in ("x", "y", "y_static", "torque")}
    return TorusResponse(responses[0].eta, responses[0].J, **stacked)


def _over_samples(caller, one, samples, seed, workers):
    """[one(seed, antiperiodic), …] of ``samples`` samples, the four boundary conditions in turn."""
    seeds = _seeded(SeedSequence, seed).spawn(check.integer("samples", samples, minimum=1))
    calls = [(seeds[i], (bool(i & 1), bool(i & 2))) for i in range(samples)]
    if check.integer("workers", workers, minimum=1) == 1:
        return [one(*call) for call in calls]
    joblib = check.optional("joblib", "sweeps", f"{caller} with workers above 1")
    return joblib.Parallel(n_jobs=workers)(joblib.delayed(one)(*call) for call in calls)


class TexturedTorus(_Sample):
    """One sample of any texture m(x, y) that closes on the torus, diagonalised on the lattice's own spin axes,

        H = ε(k) + J σ·m(r) + V(r),

    with no rotated frame and no gauge field. Electron side, as `DisorderedTorus`; the site (i, j) lies at (ia, ja).

    Parameters: band, impurities, J, sites, seed and antiperiodic as for `DisorderedTorus` (the same seed gives the
    same V; the band has a lattice of its own); texture, a `Texture` whose m has the period of the torus, N a, along x
    and along y. Raises ValueError or TypeError for arguments outside what is said, and for a texture that does not
    close or does not turn along x.
    """

    def __init__(self, band: BandLike, impurities: Impurities | None, texture: TextureLike, *, J: float, sites: int,
                 seed: Any = 0, antiperiodic: tuple[bool, bool] = (False, False)):
        band, texture = as_band(band), as_texture(texture)
        super().__init__(_on_lattice(band), J, sites, antiperiodic, None)
        band._within(self.k)
        x, y = (self.a * i.ravel() for i in np.indices((self.sites, self.sites)))
        z = np.zeros_like(x)
        m = texture._m(x, y, z, z)
        for shifted in ((x + self.length, y, z, z), (x, y + self.length, z, z)):
            if not np.allclose(texture._m(*shifted), m, atol=1e-8):
                raise ValueError(f"texture must have the period {self.length:.6g} nm of the torus along x and y; "
                                 f"got {texture!r}")
        self.slope = texture._gradient(x, y, z, z)[:, 0]                       # ∂_x m, (N², 3)
        if not np.any(np.abs(self.slope) > 1e-12):
            raise ValueError(f"texture must turn along x; got {texture!r}")
        self.potential = _potential(impurities, self.sites**2, self.a, seed)
        self._diagonalise(band._energy(self.k)[..., None, None] * SIGMA_0,
                          band._velocity(self.k)[..., 0, None, None] * SIGMA_0,
                          self.potential + self.J * np.einsum("na,aij->nij", m, sigma))

    def along_slope(self, *, E_F: float, kT: float, eta: ArrayLike) -> np.ndarray:
        """∫ s·∂_x m / ∫ |∂_x m|² per field E e^{ηt} along x, s the density of σ, in (1/nm)/(V/nm): shape of ``eta``
        (n,). JE times it is the force per |∂_x m|² on the texture along x; (3) has `intrinsic_response`/p.

        Arguments and errors as `DisorderedTorus.response`.
        """
        eta, push, gap = self._push(E_F=E_F, kT=kT, eta=eta)
        along = np.einsum("na,aij->nij", self.slope, sigma)
        return self._kubo(along, eta, push, gap) / np.mean(np.sum(self.slope**2, axis=-1))


def average_along_slope(band: BandLike, impurities: Impurities | None, texture: TextureLike, *, J: float, E_F: float,
                        kT: float, eta: ArrayLike, sites: int, samples: int, seed: int = 0,
                        workers: int = 1) -> np.ndarray:
    """`TexturedTorus.along_slope` of ``samples`` samples, (samples, n): impurities, boundaries and ``workers`` as in
    `average_torus`. Two textures with the same seed, sites and samples meet the same impurities: subtract before
    `mean_and_error`."""
    band, texture = as_band(band), as_texture(texture)

    def one(number, antiperiodic):
        torus = TexturedTorus(band, impurities, texture, J=J, sites=sites, seed=number, antiperiodic=antiperiodic)
        return torus.along_slope(E_F=E_F, kT=kT, eta=eta)

    return np.stack(_over_samples("average_along_slope", one, samples, seed, workers))


def mean_and_error(samples: ArrayLike) -> tuple[NDArray, NDArray]:
    """Mean over the first axis and its standard error, from at least two ``samples`` (n, ...)."""
    samples = check.finite("samples", samples)
    if samples.ndim == 0 or len(samples) < 2:
        raise ValueError(f"samples must hold at least two for an error; got shape {samples.shape}")
    return samples.mean(axis=0), samples.std(axis=0, ddof=1) / np.sqrt(len(samples))


def _hopping(in_k, turn):
    """A matrix function (N, N, 2, 2) on the wave vectors of the torus as hopping between its sites, (2N², 2N²)."""
    n = len(in_k)
    between = np.fft.ifft2(in_k, axes=(0, 1))
    site = np.stack(np.divmod(np.arange(n**2), n))
    x, y = site[:, :, None] - site[:, None, :]
    phase = np.exp(1j * (turn[0]*x + turn[1]*y) / n)
    return (phase[..., None, None] * between[x % n, y % n]).transpose(0, 2, 1, 3).reshape(2*n**2, 2*n**2)


def _seeded(generator, seed):
    """``generator`` (seed), with an error that names what is not allowed."""
    try:
        return generator(seed)
    except (TypeError, ValueError) as error:
        wanted = "integers, zero or above" + (", a SeedSequence or a Generator" if generator is default_rng else "")
        raise type(error)(f"seed must be {wanted}; got {seed!r}") from None


def _potential(impurities, sites, a, seed):
    """V on each site, (sites, 2, 2) in eV."""
    random = _seeded(default_rng, seed)
    if impurities is None:
        return np.zeros((sites, 2, 2), dtype=complex)
    scalar, across, along = np.sqrt(np.array(checked_correlations(impurities)) / a**2)
    draws = np.sqrt(3) * random.uniform(-1, 1, (sites, 4))  # variance 1
    return np.einsum("ni,iab->nab", draws * [scalar, across, across, along], [SIGMA_0, SIGMA_X, SIGMA_Y, SIGMA_Z])
