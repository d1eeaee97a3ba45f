"""Units and constants.

Electrons: energies in eV, lengths in nm, times in fs, charge in units of e. The
electric field is then in V/nm, velocities in nm/fs and masses in eV fs²/nm².
Magnetization: SI. The constants are those of CODATA through ``scipy.constants``.
"""

from scipy import constants as _si

e = 1.0
"""Magnitude of the electron's charge; carriers have charge −e."""

hbar = _si.hbar / _si.e * 1e15
"""Reduced Planck constant in eV fs."""

m_e = _si.m_e / _si.e * 1e12
"""Mass of the free electron in eV fs²/nm² (1 kg m²/s² = 1 J; nm²/fs² = 1e12 m²/s²)."""

SI_E = _si.e
"""Elementary charge in C."""

SI_HBAR = _si.hbar
"""Reduced Planck constant in J s."""

SI_M_E = _si.m_e
"""Mass of the free electron in kg."""

SI_MU_0 = _si.mu_0
"""Vacuum permeability in T m/A."""

SI_MU_B = _si.physical_constants["Bohr magneton"][0]
"""Bohr magneton in J/T."""

SI_GAMMA = 2 * SI_MU_B / SI_HBAR
"""Gyromagnetic ratio for g = 2 in rad/(s T), positive: the paper's μ_B = γħ/2."""
