"""Coefficients of the equation of motion: Eqs. (5), (6), (19), (20).

The magnet's side of the book, so SI throughout, with two exceptions that the field's
habit asks for: the exchange energy ``J`` is in eV and masses are in units of the free
electron's. Current densities are vectors (A/m²), fields V/m, densities 1/m³.

Eq. (6) written with two velocities b and c (both m/s):

    ∂m/∂t = −γ m×H_eff + α m×∂m/∂t + (b·∇)m − β m×(b·∇)m − m×(c·∇)m

A texture drifts along −b, the way the electrons move: u = −b.
"""

from dataclasses import dataclass

import numpy as np

from torquelib import _validate as check
from torquelib.units import SI_E, SI_GAMMA, SI_HBAR, SI_M_E, SI_MU_B, hbar


def adiabatic_velocity(spin_current, Ms):
    """b = μ_B j_s/(e M_s), the coefficient of the adiabatic torque (b·∇)m in Eq. (6).

    Parameters
    ----------
    spin_current : (..., 3) or scalar, the spin-polarised current density j_s in A/m².
    Ms : saturation magnetization in A/m, above zero.

    Returns b in m/s, shaped as ``spin_current``.
    Raises ValueError for a non-finite current or Ms ≤ 0.
    """
    j_s = check.finite("spin_current", spin_current)
    Ms = check.positive("Ms", Ms, "A/m")
    return SI_MU_B * j_s / (SI_E * Ms)


def intrinsic_velocity(electric_field, spin_density, J, Ms, mass_ratio=1.0):
    """c = n_s μ_B ħ e E/(2 m_e J M_s), the coefficient of −m×(c·∇)m in Eq. (6).

    Parameters
    ----------
    electric_field : (..., 3) or scalar, E in V/m.
    spin_density : n_s = n_majority − n_minority in 1/m³ (negative if the majority is reversed).
    J : exchange energy in eV (the bands are 2J apart), above zero.
    Ms : saturation magnetization in A/m, above zero.
    mass_ratio : effective mass over the free electron's, above zero.

    Returns c in m/s, shaped as ``electric_field``.
    Raises ValueError for non-finite input or J, Ms, mass_ratio ≤ 0.
    """
    E = check.finite("electric_field", electric_field)
    n_s = check.number("spin_density", spin_density, unit="1/m³")
    J = check.positive("J", J, "eV") * SI_E
    Ms = check.positive("Ms", Ms, "A/m")
    m = check.positive("mass_ratio", mass_ratio) * SI_M_E
    return n_s * SI_MU_B * SI_HBAR * SI_E * E / (2 * m * J * Ms)


def beta_intrinsic(J, tau):
    """β_int = ħ/2Jτ, Eq. (20): the intrinsic torque in units of the Drude current's.

    Parameters: ``J`` in eV and momentum-relaxation time ``tau`` in fs, both arrays or
    scalars, above zero. Raises ValueError otherwise.
    """
    J, tau = check.above_zero("J", J, "eV"), check.above_zero("tau", tau, "fs")
    check.common_shape(J=J, tau=tau)
    return hbar / (2 * J * tau)


def drude_time(resistivity, density, mass_ratio=1.0):
    """Momentum-relaxation time τ = m/(n e² ρ) in fs.

    ``resistivity`` in Ω m and carrier ``density`` in 1/m³ may be arrays, above zero.
    """
    rho, n = check.above_zero("resistivity", resistivity, "Ω m"), check.above_zero("density", density, "1/m³")
    check.common_shape(resistivity=rho, density=n)
    m = check.positive("mass_ratio", mass_ratio) * SI_M_E
    return m / (n * SI_E**2 * rho) * 1e15


def torque_from_states(m, spins, weights, J, Ms):
    """T = (Jγ/M_s) Σ m×σ f, the definition below Eq. (5): a sum over states, no formula for T.

    Parameters
    ----------
    m : (3,) direction of the magnetization, a unit vector.
    spins : (..., 3) spin expectation values σ of the states.
    weights : (...) occupation times states per volume, f/V, in 1/m³.
    J, Ms : exchange energy in eV, saturation magnetization in A/m, above zero.

    Returns T, shape (3,), in 1/s.
    Raises ValueError for wrong shapes, non-finite input, |m| ≠ 1, J or Ms ≤ 0.
    """
    m = check.unit_vectors("m", check.finite("m", m, shape=(3,)))
    spins = check.finite("spins", spins, shape=(..., 3))
    weights = check.finite("weights", weights, shape=spins.shape[:-1])
    J = check.positive("J", J, "eV") * SI_E
    Ms = check.positive("Ms", Ms, "A/m")
    total = np.tensordot(weights, spins, axes=weights.ndim)
    return J * SI_GAMMA / Ms * np.cross(m, total)


def renormalisation(spin_density, Ms):
    """1 + n_s γħ/2M_s, by which A_t divides γ, α and μ_B in Eq. (19).

    n_s μ_B/M_s is the share of the magnetization that the electrons themselves carry.
    ``spin_density`` in 1/m³, ``Ms`` in A/m above zero; both may be arrays.
    """
    n_s, Ms = check.finite("spin_density", spin_density), check.above_zero("Ms", Ms, "A/m")
    check.common_shape(spin_density=n_s, Ms=Ms)
    return 1 + n_s * SI_GAMMA * SI_HBAR / (2 * Ms)


def gilbert_rate(m, torque, alpha):
    """∂m/∂t that solves ∂m/∂t = T + α m×∂m/∂t for a torque T ⟂ m.

    The damping term holds the unknown. For |m| = 1 and T ⟂ m the solution is
    (T + α m×T)/(1 + α²): the factor that turns Gilbert's form into Landau and Lifshitz's.

    ``m`` (..., 3) unit vectors, ``torque`` (..., 3) in 1/s, ``alpha`` ≥ 0.
    Raises ValueError if T is not perpendicular to m within 1e-6 of its length.
    """
    m = check.unit_vectors("m", m)
    T = check.finite("torque", torque, shape=(..., 3))
    alpha = check.nonnegative("alpha", alpha)
    check.common_shape(m=m, torque=T)
    along = np.abs(np.sum(m * T, axis=-1))
    if np.any(along > 1e-6 * np.linalg.norm(T, axis=-1)):
        raise ValueError(f"torque must be perpendicular to m; got |m·T| up to {along.max():.2g} 1/s")
    return (T + alpha * np.cross(m, T)) / (1 + alpha**2)


@dataclass(frozen=True)
class Material:
    """A metal, with the range that the literature leaves open for each number.

    ``Ms`` A/m; ``splitting`` 2J in eV (lowest, highest); ``resistivity`` Ω m (lowest,
    highest); ``density`` of carriers 1/m³ (lowest, highest); ``alpha`` Gilbert damping
    (lowest, highest). A single number stands for a range without width. Raises ValueError
    unless all are above zero and the lowest comes first.
    """

    name: str
    Ms: float
    splitting: tuple
    resistivity: tuple
    density: tuple
    alpha: tuple

    def __post_init__(self):
        check.positive("Ms", self.Ms, "A/m")
        for name, unit in (("splitting", "eV"), ("resistivity", "Ω m"), ("density", "1/m³"), ("alpha", "")):
            ends = np.atleast_1d(check.above_zero(name, getattr(self, name), unit)).tolist()
            if np.ndim(getattr(self, name)) > 1 or len(ends) not in (1, 2) or ends[0] > ends[-1]:
                raise ValueError(f"{name} must be a number or (lowest, highest); got {getattr(self, name)}")
            object.__setattr__(self, name, (ends[0], ends[-1]))

    def tau(self):
        """Drude's τ in fs, (shortest, longest) over the ranges, free-electron mass."""
        return (drude_time(self.resistivity[1], self.density[1]), drude_time(self.resistivity[0], self.density[0]))

    def beta_int(self):
        """β_int of Eq. (20), (smallest, largest) over the ranges."""
        tau = self.tau()
        return (
            beta_intrinsic(self.splitting[1] / 2, tau[1]),
            beta_intrinsic(self.splitting[0] / 2, tau[0]),
        )


MATERIALS = (
    Material("Fe", 1.71e6, (1.5, 2.2), (9.6e-8, 30e-8), (4.2e28, 17e28), (0.0013, 0.0019)),
    Material("Co", 1.44e6, (1.1, 1.9), (6.2e-8, 20e-8), (4.5e28, 18e28), (0.0011, 0.011)),
    Material("Ni", 4.9e5, (0.3, 0.6), (6.9e-8, 20e-8), (4.6e28, 18e28), (0.017, 0.064)),
    Material("Permalloy", 8.0e5, (0.27, 0.6), (15e-8, 40e-8), (4.5e28, 18e28), (0.006, 0.01)),
)
"""Room-temperature values with honest spreads, a tuple. To pick one by its name:
``permalloy = next(metal for metal in MATERIALS if metal.name == "Permalloy")``.

``Ms``: Coey, Magnetism and Magnetic Materials (2010). ``splitting``: photoemission, Eastman,
Himpsel and Knapp, Phys. Rev. Lett. 44, 95 (1980), and Petrovykh et al., Appl. Phys. Lett. 73,
3459 (1998), up to what band theory gives. ``resistivity``: bulk up to thin films. ``density``:
half to two carriers an atom. ``alpha``: from Gilmore, Idzerda and Stiles, Phys. Rev. Lett. 99,
027204 (2007), up to films, Oogane et al., Jpn. J. Appl. Phys. 45, 3889 (2006).
"""
