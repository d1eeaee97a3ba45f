"""Appendix A of the paper, (A1)–(A10): the spins of drifting and rotating spirals, as corrected and as printed."""

import numpy as np

from .. import _validate as check
from ..algebra import sigma
from ..response.shift import spin_shift
from ..spins import spin_expectation
from ..units import e, hbar, m_e
from .field import misalignment_energy

# Appendix A. Positions x in nm, times t in fs, fields E in V/nm along x; p, ω, x, t, E are numbers or arrays that
# broadcast with k's leading shape (...).

def tilt_angle(band, k, p, J):
    """α of (A3), the angle by which a spin leans out of the spiral's plane: tan α = Q/J. Radians, shape (...).

    Corrects (A4), which needs sin α = k_x p/√(k_x²p² + k_B⁴) for a free electron, ħ²k_B²/2m = J.
    """
    return np.arctan2(misalignment_energy(band, k, p), check.positive("J", J, "eV"))


def extra_tilt(band, k, p, J, omega):
    """φ of (A5), what a drift adds to the tilt: arctan[(Q + ħω/2)/J] − arctan[Q/J]. Radians, shape (...).

    Corrects (A6). To first order φ = (ħω/2J) cos²α.
    """
    check.band(band)
    omega = check.finite("omega", omega)
    q = misalignment_energy(band, k, p)
    J = check.positive("J", J, "eV")
    check.common_shape(**{"k without its last axis": q}, omega=omega)
    return np.arctan2(q + hbar*omega/2, J) - np.arctan2(q, J)


def drifting_spin(band, k, p, J, s, *, x=0.0, t=0.0, omega=0.0, E=0.0, order="exact"):
    """⟨σ⟩ in the drifting spiral (A1), in the lab frame: shape (..., 3). (A2), and its cases (A3) and (A5).

    ``order``: "exact", the eigenstate to all orders in p and ω and its lag in the field (exact in p, first order in E),

        s[J m − q ŷ]/√(J² + q²) + s ħeE J [v_x(k + p/2) − v_x(k − p/2)]/[4(J² + q²)^{3/2}] ∂_θ m,   q = Q + ħω/2;

    "paper", (A2) as printed, with Q = ħv_x p/2 and the field's term (12); "first", all terms to first order in p and ω.
    Raises ValueError for J ≤ 0, s not ±1, an unknown order, k ± p/2 outside the band's domain.
    """
    k, p, x, t, omega, E = _appendix_arguments(band, k, p, x, t, omega, E)
    check.choice("order", order, ("exact", "paper", "first"))
    J, s = check.positive("J", J, "eV"), check.band_index("s", s)
    theta = p*x + omega*t
    m, along, y = _in_plane(theta)
    q = _turning_energy(band, k, p, exact=order == "exact") + hbar*omega/2
    size = np.full_like(q, J) if order == "first" else np.hypot(J, q)
    lag = _lag_energy(band, k, p, E, exact=order == "exact") * (J / size**3 if order == "exact" else 1 / J**2)
    return s * ((J*m - q[..., None]*y) / size[..., None] + lag[..., None] * along)


def drifting_spin_shifted(band, k, p, J, s, *, x=0.0, t=0.0, omega=0.0, E=0.0):
    """(A8): (A5) with the magnetization taken at x + Δx, Δx = (ħ²eE/4J²)[M⁻¹]_xx. Lab frame, shape (..., 3).

    The spin shift (4). Agrees with `drifting_spin` to first order in E up to terms of third order in p and ω.
    """
    k, p, x, t, omega, E = _appendix_arguments(band, k, p, x, t, omega, E)
    return drifting_spin(band, k, p, J, s, x=x + _shift(band, k, J, E), t=t, omega=omega, order="paper")


def rotating_spin(band, k, p, J, s, *, x=0.0, t=0.0, omega=0.0, E=0.0, order="local"):
    """⟨σ⟩ in the rotating spiral (A9), in the lab frame: shape (..., 3). (A10) with the corrected sign of Q.

    The eigenstate in the field at (x, t), b = J m − Q e_φ − (ħω/2) ẑ with e_φ = (−sin ωt, cos ωt, 0), so that Q appears
    as +Q(sin ωt x̂ − cos ωt ŷ). ``order``: "local", Q exact in p and the lag in the field,
    −s (eE·∂Q/∂k/2b³) b × e_φ; "paper", the form of (A10), Q = ħv_x p/2 and m at x + Δx. Both hold while b varies slowly
    along the electron's path: the error is of second order in derivatives, p·ω. Errors as `drifting_spin`.
    """
    k, p, x, t, omega, E = _appendix_arguments(band, k, p, x, t, omega, E)
    check.choice("order", order, ("local", "paper"))
    J, s = check.positive("J", J, "eV"), check.band_index("s", s)
    q = _turning_energy(band, k, p, exact=order == "local")
    _, e_phi, b = _rotating_field(q, p, J, x, t, omega)
    size = np.linalg.norm(b, axis=-1, keepdims=True)
    if order == "paper":
        return s * _rotating_field(q, p, J, x + _shift(band, k, J, E), t, omega)[2] / size
    return s * (b/size - _lag_energy(band, k, p, E, exact=True)[..., None] / size**3 * np.cross(b, e_phi))


def adiabatic_expansion_spin(band, k, p, J, s, *, x=0.0, t=0.0, omega=0.0):
    """Spin of the state (A7) in the drifting spiral, computed: lab frame, shape (..., 3).

    Diagonalises the lab-frame Hamiltonian of the spinor at x at the instant t, ε(k − p/2)P↑ + ε(k + p/2)P↓ + Jσ·m(x, t)
    (P↑↓ project on spin along ±ŷ), takes ⟨ψ_j|∂_t ψ_0⟩ = ⟨ψ_j|∂_t H|ψ_0⟩/(E_0 − E_j), and adds the first-order
    admixture iħ|ψ_j⟩⟨ψ_j|∂_t ψ_0⟩/(E_j − E_0). The state is normalised. Equals (A5) to first order in ω.
    """
    k, p, x, t, omega, _ = _appendix_arguments(band, k, p, x, t, omega, 0.0)
    J, s = check.positive("J", J, "eV"), check.band_index("s", s)
    shift = p[..., None] * np.eye(band.dimension)[0] / 2
    minus, plus = band.energy(k - shift)[..., None, None], band.energy(k + shift)[..., None, None]
    sx, sy, sz = sigma
    m, along, _ = _in_plane(p*x + omega*t)
    H = minus * (np.eye(2) + sy)/2 + plus * (np.eye(2) - sy)/2 + J*np.einsum("...a,aij->...ij", m, sigma)
    dH = J * np.einsum("...a,aij->...ij", along * omega[..., None], sigma)
    energy, states = np.linalg.eigh(H)
    own, other = (1, 0) if s == 1 else (0, 1)
    psi, phi = states[..., own], states[..., other]
    gap = energy[..., other] - energy[..., own]
    turning = -np.einsum("...i,...ij,...j->...", phi.conj(), dH, psi) / gap
    psi = psi + 1j*hbar * (turning / gap)[..., None] * phi
    return spin_expectation(psi)


# The formulas of Appendix A that carry a slip, exactly as printed, for comparison only. Use the functions above.

def printed_a4(k_x, p, J, mass=m_e):
    """(A4) as printed: sin α = k_x p/(k_x²p² + k_B²), which carries a unit (nm²/nm²·nm², see `tilt_angle`)."""
    k_x, p = check.finite("k_x", k_x), check.finite("p", p)
    k_B_squared = 2 * check.positive("mass", mass) * check.positive("J", J, "eV") / hbar**2
    return k_x*p / ((k_x*p)**2 + k_B_squared)


def printed_a6(J, omega):
    """φ of (A6) as printed: sin(φ/2) = (ħω/2)/√((ħω/2)² + J²). Radians. See `extra_tilt`."""
    half = hbar * check.finite("omega", omega) / 2
    return 2*np.arcsin(half / np.hypot(half, check.positive("J", J, "eV")))


def printed_a10(band, k, p, J, s, *, x=0.0, t=0.0, omega=0.0, E=0.0):
    """(A10) as printed, with −Q(sin ωt x̂ − cos ωt ŷ): lab frame, shape (..., 3). See `rotating_spin`."""
    k, p, x, t, omega, E = _appendix_arguments(band, k, p, x, t, omega, E)
    J, s = check.positive("J", J, "eV"), check.band_index("s", s)
    q = -_turning_energy(band, k, p, exact=False)
    size = np.linalg.norm(_rotating_field(q, p, J, x, t, omega)[2], axis=-1, keepdims=True)
    return s * _rotating_field(q, p, J, x + _shift(band, k, J, E), t, omega)[2] / size


def _appendix_arguments(band, k, p, x, t, omega, E):
    k = check.finite("k", k, shape=(..., check.band(band).dimension))
    rest = {name: check.finite(name, value) for name, value in zip(("p", "x", "t", "omega", "E"), (p, x, t, omega, E))}
    shape = check.common_shape(**{"k without its last axis": k[..., 0]}, **rest)
    return (np.broadcast_to(k, shape + k.shape[-1:]), *(np.broadcast_to(a, shape) for a in rest.values()))


def _shift(band, k, J, E):
    """Δx of (4) for fields E of any shape."""
    return E * spin_shift(band, k, J, np.eye(band.dimension)[0])[..., 0]


def _in_plane(theta):
    """m, ∂_θ m and ŷ for φ = 0, each (..., 3)."""
    zero, one = np.zeros_like(theta), np.ones_like(theta)
    return (np.stack([np.sin(theta), zero, np.cos(theta)], -1), np.stack([np.cos(theta), zero, -np.sin(theta)], -1),
            np.stack([zero, one, zero], -1))


def _turning_energy(band, k, p, exact):
    """Q for a spiral along x: [ε(k + p/2) − ε(k − p/2)]/2, or ħv_x p/2."""
    if not exact:
        return hbar * band.velocity(k)[..., 0] * p / 2
    shift = p[..., None] * np.eye(band.dimension)[0] / 2
    return (band.energy(k + shift) - band.energy(k - shift)) / 2


def _lag_energy(band, k, p, E, exact):
    """(eE/2)∂Q/∂k_x in eV², which over J² is the size of (3): ħeE[v_x(k + p/2)
    − v_x(k − p/2)]/4, or ħ²eE p M⁻¹_xx/4."""
    if not exact:
        return hbar**2 * e * E * p * band.inverse_mass(k)[..., 0, 0] / 4
    shift = p[..., None] * np.eye(band.dimension)[0] / 2
    return hbar * e * E * (band.velocity(k + shift) - band.velocity(k - shift))[..., 0] / 4


def _rotating_field(q, p, J, x, t, omega):
    """m, e_φ and b = J m − q e_φ − (ħω/2)ẑ of the rotating spiral, each (..., 3) in the lab frame."""
    theta, phi = p*x, omega*t
    zero = np.zeros_like(theta)
    m = np.stack([np.sin(theta)*np.cos(phi), np.sin(theta)*np.sin(phi), np.cos(theta)], -1)
    e_phi = np.stack([-np.sin(phi), np.cos(phi), zero], -1)
    return m, e_phi, J*m - q[..., None]*e_phi - np.stack([zero, zero, hbar*omega/2], -1)
