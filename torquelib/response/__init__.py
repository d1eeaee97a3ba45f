"""What an electric field does to the spins of a clean crystal: Eqs. (3), (4), (10)–(12),
and sums over the Fermi sea."""

from .grids import KGrid, brillouin_zone, fermi_sphere, k_box
from .kubo import kubo_spin, local_hamiltonian
from .fermi_sea import (CoarseGridWarning, FermiDirac, charge_current, drift, occupations, spin_current,
                          spin_density)
from .shift import field_spin, field_spin_density, shifted_spin, spin_shift

__all__ = ["CoarseGridWarning", "FermiDirac", "KGrid", "brillouin_zone", "charge_current", "drift", "fermi_sphere",
           "field_spin", "field_spin_density", "k_box", "kubo_spin", "local_hamiltonian", "occupations",
           "shifted_spin", "spin_current", "spin_density", "spin_shift"]
