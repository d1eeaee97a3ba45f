"""Planar spirals, which can be solved exactly: Appendix A, and the dynamics of section III.D."""

from .appendix_a import (adiabatic_expansion_spin, drifting_spin, drifting_spin_shifted, extra_tilt, printed_a4,
                         printed_a6, printed_a10, rotating_spin, tilt_angle)
from .field import misalignment_energy, spiral_field
from .plane_waves import RotatingSpiralState

__all__ = ["RotatingSpiralState", "adiabatic_expansion_spin", "drifting_spin", "drifting_spin_shifted", "extra_tilt",
           "misalignment_energy", "printed_a10", "printed_a4", "printed_a6", "rotating_spin", "spiral_field",
           "tilt_angle"]
