"""A disordered torus: the spin that a field makes, from the exact eigenstates of one sample after another.

Electrons on N × N sites, periodic both ways, in the planar spiral of `conserving`,

    H' = ε(k_x − (p/2) σ_y, k_y) + J σ_z + V(r),

with a random V(r) on the sites. A uniform field E e^{ηt} along x, switched on from t = −∞, enters as the vector
potential k_x → k_x + eA/ħ, A = −(E/η) e^{ηt}. Linear response is then a sum over pairs of exact eigenstates: no
diagram, no lifetime, no average is involved. The level spacing of a finite torus is the smallest ħη that means anything.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh

from .. import _validate as check
from ..algebra import SIGMA_0, SIGMA_X, SIGMA_Y, SIGMA_Z
from ..quadrature import fermi_function
from ..units import e, hbar
from .bloch_spiral import spiral_hamiltonian, spiral_velocity, square_zone
from .impurities import checked_correlations

_DEGENERATE = 1e-9  # eV


@dataclass(frozen=True)
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
    def y_lag(self):
        """χ_y − its static part: the sum over pairs with (E_m − E_n)(E_m − E_n + iħη) below, as in (10)."""
        return self.y - self.y_static

    @property
    def imbalance(self):
        """χ_x − ħ(ηχ_y − torque)/2J: zero if nothing but exchange and impurities turns σ_y."""
        return self.x - hbar * (self.eta * self.y - self.torque) / (2*self.J)


class DisorderedTorus:
    """One sample, diagonalised.

    Parameters
    ----------
    band : Band
        Two-dimensional; its k runs over the Brillouin zone of the sites.
    p : float
        Pitch of the spiral in 1/nm.
    J : float
        Exchange energy in eV, above zero.
    sites : int
        N, at least 4: matrices have 2N² rows.
    impurities : Impurities, optional
        Each correlation w sets the variance w/a² of its part of V on a site. None: a clean torus.
    seed : int, numpy.random.SeedSequence or Generator
        V is uniformly distributed on each site, independent between sites.
    antiperiodic : pair of bool
        Whether states change sign once around x, around y.
    lattice_constant : float, optional
        In nm, for a band that has none of its own.

    Attributes: ``hamiltonian`` (2N², 2N²), ``energies`` (2N²,) in eV ascending, ``states`` in columns; rows go
    site by site, spin last. Raises ValueError or TypeError for arguments outside what is said above.
    """

    def __init__(self, band, p, J, sites, impurities=None, *, seed=0, antiperiodic=(False, False), lattice_constant=None):
        check.band(band)
        k, a = square_zone(band, check.integer("sites", sites, minimum=4), lattice_constant)
        turn = np.pi * check.finite("antiperiodic", antiperiodic, shape=(2,), dtype=bool)  # phase of one circuit
        k = k + turn / (sites * a)
        self.J, self.area = check.positive("J", J, "eV"), (sites * a)**2
        self.potential = _potential(impurities, sites**2, a, seed)
        self.velocity = _hopping(spiral_velocity(band, k, p), turn)
        self.hamiltonian = _hopping(spiral_hamiltonian(band, k, p, J), turn)
        here = np.arange(sites**2)
        self.hamiltonian.reshape(sites**2, 2, sites**2, 2)[here, :, here, :] += self.potential
        H = self.hamiltonian
        self.energies, self.states = eigh(H.real if np.allclose(H.imag, 0, atol=1e-14 * np.abs(H).max()) else H)

    def response(self, fermi_energy, eta, kT):
        """The `TorusResponse` to fields switched on at the rates ``eta`` (n,) in 1/fs, above zero.

        ``fermi_energy`` in eV within the spectrum, ``kT`` in eV above zero: take at least the level spacing.
        Raises ValueError otherwise.
        """
        eta, occupied, gap = self.switched_on(fermi_energy, eta, kT)
        push = occupied * self.elements(self.velocity @ self.states).T  # (f_m − f_n) ⟨n|v|m⟩

        def kubo(on_site):
            """−(e/η) Σ_mn (f_m − f_n) ⟨m|O|n⟩⟨n|v|m⟩ / (E_m − E_n + iħη) per area, one value for each η."""
            pairs = self.on_site(on_site) * push
            return np.array([-e / rate * np.sum(pairs / (gap + 1j*hbar*rate)).real for rate in eta]) / self.area

        turning = 1j / hbar * (self.potential @ SIGMA_Y - SIGMA_Y @ self.potential)
        torque = kubo(turning) if np.any(turning) else np.zeros(len(eta))
        apart = np.abs(gap) > _DEGENERATE
        static = np.sum(self.on_site(SIGMA_Y)[apart] * push[apart] / gap[apart]).real / self.area
        return TorusResponse(eta, self.J, kubo(SIGMA_X), kubo(SIGMA_Y), -e / eta * static, torque)

    def switched_on(self, fermi_energy, eta, kT):
        """(eta (n,), f_m − f_n, E_m − E_n), what every response to something that grows as e^{ηt} needs. Raises as `response`."""
        eta = np.atleast_1d(check.finite("eta", eta))
        if eta.ndim != 1 or np.any(eta <= 0):
            raise ValueError(f"eta must be a list of rates above zero, in 1/fs; got {eta}")
        E_F = check.number("fermi_energy", fermi_energy, unit="eV", minimum=self.energies[0], maximum=self.energies[-1])
        f = fermi_function(self.energies - E_F, check.positive("kT", kT, "eV"))
        return eta, f[:, None] - f, self.energies[:, None] - self.energies

    def on_site(self, matrix):
        """⟨m|O|n⟩ of an operator that acts site by site: ``matrix`` (2, 2), or one for each site."""
        columns = self.states.reshape(-1, 2, self.states.shape[1])
        return self.elements((matrix @ columns).reshape(self.states.shape))

    def elements(self, acted):
        """⟨m|O|n⟩ for ``acted`` = O on the eigenstates, in columns."""
        return self.states.conj().T @ acted


def average_torus(band, p, J, sites, impurities, samples, fermi_energy, eta, kT, *, seed=0, workers=1,
                  lattice_constant=None):
    """Responses of ``samples`` tori with different impurities: a `TorusResponse` of arrays (samples, n).

    One after the other they take the four combinations of periodic and antiperiodic boundaries: average over a
    multiple of four, and the Brillouin zone is sampled twice as finely. ``workers`` above one share the samples out
    with joblib; the numbers do not depend on it. Other arguments as for `DisorderedTorus` and its ``response``;
    `mean_and_error` averages.
    """
    check.band(band)
    seeds = np.random.SeedSequence(seed).spawn(check.integer("samples", samples, minimum=1))

    def one(i):
        torus = DisorderedTorus(band, p, J, sites, impurities, seed=seeds[i], antiperiodic=(bool(i & 1), bool(i & 2)),
                                lattice_constant=lattice_constant)
        return torus.response(fermi_energy, eta, kT)

    if check.integer("workers", workers, minimum=1) == 1:
        responses = [one(i) for i in range(samples)]
    else:
        joblib = check.optional("joblib", "sweeps", "average_torus with workers above 1")
        responses = joblib.Parallel(n_jobs=workers)(joblib.delayed(one)(i) for i in range(samples))
    stacked = {name: np.stack([getattr(r, name) for r in responses]) for name in ("x", "y", "y_static", "torque")}
    return TorusResponse(responses[0].eta, responses[0].J, **stacked)


def mean_and_error(samples):
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


def _potential(impurities, sites, a, seed):
    """V on each site, (sites, 2, 2) in eV."""
    if impurities is None:
        return np.zeros((sites, 2, 2), dtype=complex)
    scalar, across, along = np.sqrt(np.array(checked_correlations(impurities)) / a**2)
    draws = np.sqrt(3) * np.random.default_rng(seed).uniform(-1, 1, (sites, 4))  # variance 1
    return np.einsum("ni,iab->nab", draws * [scalar, across, across, along], [SIGMA_0, SIGMA_X, SIGMA_Y, SIGMA_Z])
