"""Electrons in a planar spiral, exactly in its pitch: what the three conserving calculations start from.

Electron side: eV, nm, fs. In a spiral of pitch p along x, θ = px, the rotated frame (8) holds before any expansion in
the gradient as

    H'(k) = ε(k_x − (p/2) σ_y, k_y) + J σ_z,        ħ v'(k) = ∂H'/∂k_x,

σ_x along e_θ = ∂_x m/p, σ_y along the normal of the spiral's plane, σ_z along m. Kinetic energy and velocity are
functions of k and of σ_y alone. So σ_y commutes with both, with a field E along x, and with any spin-independent
potential; only the exchange energy turns it, and

    ħ ∂_t⟨σ_y⟩ = 2J ⟨σ_x⟩.                                                                                  (8.3)

`torus` (exact eigenstates), `boltzmann` (kinetic equation) and `scba` (diagrams) each compute ⟨σ_x⟩ without using it.
"""

import numpy as np
from numpy.typing import ArrayLike

from .. import _validate as check
from ..algebra import SIGMA_0, SIGMA_Y, SIGMA_Z
from ..bands import BandLike, as_band
from ..quadrature import fermi_function
from ..response.fermi_sea import FermiDirac, _coarsest_step, _warn_if_coarse
from ..response.grids import _reciprocal_vectors
from ..units import e, hbar


def spiral_hamiltonian(band: BandLike, k: ArrayLike, p: float, *, J: float) -> np.ndarray:
    """H'(k) = ε(k_x − (p/2)σ_y, k_y) + Jσ_z in eV, shape (..., 2, 2), for k (..., 2) and the pitch p in 1/nm.

    Raises ValueError for a band that is not two-dimensional, J ≤ 0 or k ± p/2 outside the band's domain.
    """
    band, k, p = _checked(band, k, p)
    return _hamiltonian(band, k, p, check.positive("J", J, "eV"))


def spiral_gradient(band: BandLike, k: ArrayLike, p: float) -> np.ndarray:
    """∇_k H'(k) in eV nm, shape (..., 2, 2, 2), the direction first: what `response.kubo_spin` takes. v' = ∇_k H'/ħ.

    For k (..., 2) and the pitch p in 1/nm. Raises ValueError as `spiral_hamiltonian`.
    """
    return hbar * _velocity(*_checked(band, k, p))


def _checked(band, k, p):
    band = _two_dimensional(band)
    k, p = check.finite("k", k, shape=(..., 2)), check.number("p", p, unit="1/nm")
    _check_ends(band, k, p)
    return band, k, p


def _check_ends(band, k, p):
    for end in (-p/2, p/2):
        band._within(k + [end, 0.0], "k ± p/2")


def _two_dimensional(band):
    band = as_band(band)
    if band.dimension != 2:
        raise ValueError(f"band must be two-dimensional; got dimension {band.dimension}")
    return band


def _on_lattice(band):
    band = _two_dimensional(band)
    if band.reciprocal_vectors is None:
        raise ValueError(f"band must have a lattice, as TightBinding has; {type(band).__name__} has no "
                         "reciprocal_vectors")
    return band


def _hamiltonian(band, k, p, J):
    return _of_sigma_y(band._energy, k, p) + J * SIGMA_Z


def _velocity(band, k, p):
    """v' (..., 2, 2, 2) in nm/fs, the direction first."""
    return np.stack([_of_sigma_y(lambda q, i=i: band._velocity(q)[..., i], k, p) for i in (0, 1)], axis=-3)


def _of_sigma_y(g, k, p):
    """g(k_x − (p/2)σ_y, k_y) for a number-valued g: g(k_x ∓ p/2, k_y) on the states of σ_y = ±1."""
    shift = np.array([p / 2, 0.0])
    up, down = g(k - shift), g(k + shift)
    return ((up + down)[..., None, None] * SIGMA_0 + (up - down)[..., None, None] * SIGMA_Y) / 2


def _zone(band, points, lattice_constant):
    """k (n, n, 2) on the band's Brillouin zone, −½ ≤ u < ½ in the order of `numpy.fft.fftfreq`, and its vectors."""
    vectors = _reciprocal_vectors(band, lattice_constant)
    u = np.fft.fftfreq(check.integer("points", points, minimum=2))
    k = np.stack(np.meshgrid(u, u, indexing="ij"), axis=-1) @ vectors
    return band._within(k, "k in the Brillouin zone"), vectors


def _square_zone(band, points, lattice_constant):
    """k (n, n, 2) as `_zone`, and a in nm; ValueError unless the lattice is square."""
    k, vectors = _zone(band, points, lattice_constant)
    if not np.allclose(vectors, vectors[0, 0] * np.eye(2), rtol=0, atol=1e-9 * abs(vectors[0, 0])):
        raise ValueError("band must live on a square lattice along x and y, as this sample does; got the reciprocal "
                         f"vectors {vectors[0].round(4)} and {vectors[1].round(4)} 1/nm")
    return k, 2*np.pi / vectors[0, 0]


def intrinsic_response(band: BandLike, p: float, *, J: float, E_F: float, kT: float, points: int = 1024,
                       lattice_constant: float | None = None) -> float:
    """χ_x without collisions: the spin of (11), (12) along ∂_x m/p per field, in (1/nm²)/(V/nm).

    p (ħ²e/4J²) Σ_{k,s} s f_s M_xx⁻¹, summed over the Brillouin zone of ``points``² k-points at the temperature ``kT``
    in eV: the number that `torus` and `scba` divide by. (For Σ over a sharp Fermi sea take kT → 0, its error ∝ kT².)
    The zone is that of the band's ``reciprocal_vectors``; a band without a lattice needs the ``lattice_constant`` in nm
    of a square one. Warns (`response.CoarseGridWarning`) if the Fermi function falls too fast for the points. Raises
    ValueError if there is neither, if the band has not these periods, or if its domain ends inside the zone.
    """
    band = _two_dimensional(band)
    k, vectors = _zone(band, points, lattice_constant)
    J, p = check.positive("J", J, "eV"), check.number("p", p, unit="1/nm")
    E_F, kT = check.number("E_F", E_F, unit="eV"), check.positive("kT", kT, "eV")
    energy, mass = band._energy(k), band._inverse_mass(k)[..., 0, 0]
    distribution = FermiDirac(E_F, kT)
    _warn_if_coarse(_coarsest_step(energy, band._velocity(k), vectors / points, J, distribution), distribution)
    polarization = sum(s * np.sum(mass * fermi_function(energy + s*J - E_F, kT)) for s in (1, -1))
    cell = abs(np.linalg.det(vectors)) / (2*np.pi * points)**2                       # d²k/(2π)²
    return float(p * hbar**2 * e / (4*J**2) * polarization * cell)
