"""Electrons in a planar spiral, exactly in its pitch: what the three conserving calculations start from.

In a spiral of pitch p along x, θ = px, the rotated frame (8) holds before any expansion in the gradient as

    H'(k) = ε(k_x − (p/2) σ_y, k_y) + J σ_z,        ħ v'(k) = ∂H'/∂k_x,

σ_x along e_θ = ∂_x m/p, σ_y along the normal of the spiral's plane, σ_z along m. Kinetic energy and velocity are
functions of k and of σ_y alone. So σ_y commutes with both, with a field E along x, and with any spin-independent
potential; only the exchange energy turns it, and

    ħ ∂_t⟨σ_y⟩ = 2J ⟨σ_x⟩.                                                                                  (8.3)

`torus` (exact eigenstates), `boltzmann` (kinetic equation) and `scba` (diagrams) each compute ⟨σ_x⟩ without using it.
"""

import numpy as np

from .. import _validate as check
from ..algebra import SIGMA_0, SIGMA_Y, SIGMA_Z
from ..quadrature import fermi_function
from ..units import e, hbar


def spiral_hamiltonian(band, k, p, J):
    """H'(k) = ε(k_x − (p/2)σ_y, k_y) + Jσ_z in eV, shape (..., 2, 2), for k (..., 2) and the pitch p in 1/nm.

    Raises ValueError for a band that is not two-dimensional, J ≤ 0 or k ± p/2 outside the band's domain.
    """
    return _of_sigma_y(check.band(band), band.energy, k, p) + check.positive("J", J, "eV") * SIGMA_Z


def spiral_velocity(band, k, p):
    """v'(k) = (1/ħ) ∂H'/∂k_x in nm/fs, shape (..., 2, 2), for k (..., 2) and the pitch p in 1/nm.

    Raises ValueError as `spiral_hamiltonian`.
    """
    return _of_sigma_y(band, lambda q: band.velocity(q)[..., 0], k, p)


def _of_sigma_y(band, g, k, p):
    """g(k_x − (p/2)σ_y, k_y) for a number-valued g: g(k_x ∓ p/2, k_y) on the states of σ_y = ±1."""
    if check.band(band).dimension != 2:
        raise ValueError(f"band must be two-dimensional; got dimension {band.dimension}")
    k = check.finite("k", k, shape=(..., 2))
    shift = np.array([check.number("p", p, unit="1/nm") / 2, 0.0])
    up, down = g(k - shift), g(k + shift)
    return ((up + down)[..., None, None] * SIGMA_0 + (up - down)[..., None, None] * SIGMA_Y) / 2


def square_zone(band, points, lattice_constant=None):
    """k (n, n, 2) on the Brillouin zone −π/a ≤ k_i < π/a in the order of `numpy.fft.fftfreq`, and a in nm.

    `bands.TightBinding` brings its lattice constant; any other band needs ``lattice_constant`` in nm.
    Raises ValueError if there is none, or if it is not the band's own.
    """
    own = getattr(check.band(band), "lattice_constant", None)
    if lattice_constant is None:
        lattice_constant = own
    if lattice_constant is None:
        raise ValueError(f"lattice_constant must be given for {type(band).__name__}, which has none")
    a = check.positive("lattice_constant", lattice_constant, "nm")
    if own is not None and not np.isclose(a, own, rtol=1e-9):
        raise ValueError(f"lattice_constant must be that of the band, {own:g} nm, or left out; got {a:g} nm")
    k = 2*np.pi / a * np.fft.fftfreq(check.integer("points", points, minimum=2))
    return np.stack(np.meshgrid(k, k, indexing="ij"), axis=-1), a


def intrinsic_response(band, p, J, fermi_energy, kT, points=1024, lattice_constant=None):
    """χ_x without collisions: the spin of (11), (12) along ∂_x m/p per field, in (1/nm²)/(V/nm).

    p (ħ²e/4J²) Σ_{k,s} s f_s M_xx⁻¹, summed over the Brillouin zone of ``points``² k-points at the temperature ``kT``
    in eV: the number that `torus` and `scba` divide by. (For Σ over a sharp Fermi sea take kT → 0, its error ∝ kT².)
    """
    k, a = square_zone(band, points, lattice_constant)
    J, p = check.positive("J", J, "eV"), check.number("p", p, unit="1/nm")
    E_F, kT = check.number("fermi_energy", fermi_energy, unit="eV"), check.positive("kT", kT, "eV")
    energy, mass = band.energy(k), band.inverse_mass(k)[..., 0, 0]
    polarization = sum(s * np.sum(mass * fermi_function(energy + s*J - E_F, kT)) for s in (1, -1))
    return float(p * hbar**2 * e / (4*J**2) * polarization / (points * a)**2)
