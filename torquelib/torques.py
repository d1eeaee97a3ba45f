"""Coefficients of the equation of motion: Eqs. (5), (6), (19), (20).

The magnet's side of the book: SI throughout. Two exceptions that the field's habit asks for: the exchange energy
``J`` is in eV, the relaxation time ``tau`` in fs, and masses are in units of the free electron's. Current densities
j_s are in A/m², electric fields E in V/m (a number means along x), densities n_s in 1/m³, magnetizations Ms in A/m.

Eq. (6) written with two velocities b and c (both m/s):

    ∂m/∂t = −γ m×H_eff + α m×∂m/∂t + (b·∇)m − β m×(b·∇)m − m×(c·∇)m

A texture drifts along −b, the way the electrons move: u = −b.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _validate as check
from .units import SI_E, SI_GAMMA, SI_HBAR, SI_M_E, SI_MU_B, hbar

_DENSITIES = 1e18, 1e32
"""Densities of spins in 1/m³ lie between; in 1/nm³ or 1/cm³ few do."""


def adiabatic_velocity(*, j_s: ArrayLike, Ms: float) -> NDArray:
    """b = μ_B j_s/(e M_s), the coefficient of the adiabatic torque (b·∇)m in Eq. (6), in m/s, shaped as ``j_s``.

    ``j_s``: the spin-polarised current density in A/m², any shape. ``Ms``: saturation magnetization in A/m, above zero.
    Raises ValueError for a non-finite current or Ms ≤ 0.
    """
    return _adiabatic_velocity(check.finite("j_s", j_s), check.positive("Ms", Ms, "A/m"))


def _adiabatic_velocity(j_s, Ms):
    return SI_MU_B * j_s / (SI_E * Ms)


def intrinsic_velocity(*, E: ArrayLike, n_s: float, J: float, Ms: float, mass_ratio: float = 1.0) -> NDArray:
    """c = n_s μ_B ħ e E/(2 m_e J M_s), the coefficient of −m×(c·∇)m in Eq. (6), in m/s, shaped as ``E``.

    Parameters
    ----------
    E : electric field in V/m, any shape.
    n_s : n_majority − n_minority in 1/m³ (negative if the majority is reversed).
    J : exchange energy in eV (the bands are 2J apart), above zero.
    Ms : saturation magnetization in A/m, above zero.
    mass_ratio : effective mass over the free electron's, above zero.

    Raises ValueError for non-finite input or J, Ms, mass_ratio ≤ 0; warns of a J or n_s that cannot be in these units.
    """
    n_s = check.plausible("n_s", check.number("n_s", n_s, unit="1/m³"), *_DENSITIES, "1/m³")
    return _intrinsic_velocity(check.finite("E", E), n_s,
                               check.positive("J", J, "eV"), check.positive("Ms", Ms, "A/m"),
                               check.positive("mass_ratio", mass_ratio))


def _intrinsic_velocity(E, n_s, J, Ms, mass_ratio=1.0):
    return n_s * SI_MU_B * SI_HBAR * SI_E * E / (2 * mass_ratio*SI_M_E * J*SI_E * Ms)


def beta_intrinsic(*, J: ArrayLike, tau: ArrayLike) -> NDArray:
    """β_int = ħ/2Jτ, Eq. (20): the intrinsic torque in units of the Drude current's.

    ``J`` in eV and the momentum-relaxation time ``tau`` in fs, above zero, shapes that broadcast. Raises ValueError
    otherwise; warns of a J or τ that cannot be in eV and fs.
    """
    J = check.above_zero("J", J, "eV")
    tau = check.plausible("tau", check.above_zero("tau", tau, "fs"), 1e-3, 1e6, "fs")
    check.common_shape(J=J, tau=tau)
    return hbar / (2 * J * tau)


def drude_time(*, resistivity: ArrayLike, density: ArrayLike, mass_ratio: float = 1.0) -> NDArray:
    """Momentum-relaxation time τ = m/(n e² ρ) in fs.

    ``resistivity`` in Ω m and carrier ``density`` in 1/m³ above zero, shapes that broadcast; ``mass_ratio`` as in
    `intrinsic_velocity`. Raises ValueError otherwise; warns of values that cannot be those of a metal in these units.
    """
    rho = check.plausible("resistivity", check.above_zero("resistivity", resistivity, "Ω m"), 1e-12, 1e-2, "Ω m")
    n = check.plausible("density", check.above_zero("density", density, "1/m³"), 1e22, 1e31, "1/m³")
    check.common_shape(resistivity=rho, density=n)
    return check.positive("mass_ratio", mass_ratio) * SI_M_E / (n * SI_E**2 * rho) * 1e15


def torque_from_states(m: ArrayLike, spins: ArrayLike, weights: ArrayLike, *, J: float, Ms: float) -> NDArray:
    """T = (Jγ/M_s) Σ m×σ f, the definition below Eq. (5): a sum over states, no formula for T. Shape (3,), in 1/s.

    Parameters
    ----------
    m : (3,) direction of the magnetization, a unit vector.
    spins : (..., 3) spin expectation values σ of the states.
    weights : (...) occupation times states per volume, f/V, in 1/m³.
    J, Ms : exchange energy in eV, saturation magnetization in A/m, above zero.

    Raises ValueError for wrong shapes, non-finite input, |m| ≠ 1, J or Ms ≤ 0; warns of a J that cannot be in eV.
    """
    m = check.unit_vectors("m", check.finite("m", m, shape=(3,)))
    spins = check.finite("spins", spins, shape=(..., 3))
    weights = check.finite("weights", weights, shape=spins.shape[:-1])
    total = np.tensordot(weights, spins, axes=weights.ndim)
    return check.positive("J", J, "eV")*SI_E * SI_GAMMA / check.positive("Ms", Ms, "A/m") * np.cross(m, total)


def renormalisation(*, n_s: ArrayLike, Ms: ArrayLike, gamma: float = SI_GAMMA) -> NDArray:
    """1 + n_s γħ/2M_s, by which A_t divides γ, α and μ_B in Eq. (19), for a field on the moment alone.

    n_s γħ/2M_s is the electrons' angular momentum n_s ħ/2 over the moment's, M_s/γ. ``n_s`` in 1/m³ and ``Ms`` in A/m
    above zero have shapes that broadcast; ``gamma`` > 0 is the moment's γ in rad/(s T), as in Eq. (5) (g = 2 unless
    given). Raises ValueError otherwise; warns of an n_s or γ that cannot be in these units.
    """
    n_s, Ms = check.plausible("n_s", check.finite("n_s", n_s), *_DENSITIES, "1/m³"), check.above_zero("Ms", Ms, "A/m")
    check.common_shape(n_s=n_s, Ms=Ms)
    gamma = check.plausible("gamma", check.positive("gamma", gamma, "rad/(s T)"), 5e10, 1e12, "rad/(s T)")
    return 1 + n_s * gamma * SI_HBAR / (2 * Ms)


def gilbert_rate(m: ArrayLike, torque: ArrayLike, *, alpha: float) -> NDArray:
    """∂m/∂t that solves ∂m/∂t = T + α m×∂m/∂t for a torque T ⟂ m.

    The damping term holds the unknown. For |m| = 1 and T ⟂ m the solution is (T + α m×T)/(1 + α²): the factor that
    turns Gilbert's form into Landau and Lifshitz's.

    ``m`` (..., 3) unit vectors, ``torque`` (..., 3) in 1/s, ``alpha`` ≥ 0. Raises ValueError if T is not
    perpendicular to m within 1e-6 of its length.
    """
    m = check.unit_vectors("m", m)
    T = check.finite("torque", torque, shape=(..., 3))
    alpha = check.nonnegative("alpha", alpha)
    check.common_shape(m=m, torque=T)
    along = np.abs(np.sum(m * T, axis=-1))
    if np.any(along > 1e-6 * np.linalg.norm(T, axis=-1)):
        raise ValueError(f"torque must be perpendicular to m; got |m·T| up to {along.max():.2g} 1/s")
    return (T + alpha * np.cross(m, T)) / (1 + alpha**2)
