"""Appendix A of the paper, (A1)–(A10): the spins of drifting and rotating spirals, as corrected and as printed."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import _validate as check
from ..algebra import sigma
from ..bands import BandLike, as_band
from ..response.shift import _spin_shift
from ..spins import _spin_expectation
from ..units import e, hbar, m_e
from .field import _checked, _misalignment_energy

# Appendix A. Positions x in nm, times t in fs; p along x, ω, x and t are numbers or arrays that broadcast with k's
# leading shape (...); the electric field E in V/nm is a number (along x) or a vector (d,) and counts to first order.


def tilt_angle(band: BandLike, k: ArrayLike, p: ArrayLike, *, J: float) -> NDArray:
    """α of (A3), the angle by which a spin leans out of the spiral's plane: tan α = Q/J. Radians, shape (...).

    Corrects (A4), which needs sin α = k_x p/√(k_x²p² + k_B⁴) for a free electron, ħ²k_B²/2m = J. ``p`` in 1/nm a number
    (along x) or a vector. Raises ValueError as `misalignment_energy`, and for J ≤ 0.
    """
    return np.arctan2(_misalignment_energy(*_checked(band, k, p)), check.positive("J", J, "eV"))


def extra_tilt(band: BandLike, k: ArrayLike, p: ArrayLike, *, J: float, omega: ArrayLike) -> NDArray:
    """φ of (A5), what a drift adds to the tilt: arctan[(Q + ħω/2)/J] − arctan[Q/J]. Radians, shape (...).

    Corrects (A6). To first order φ = (ħω/2J) cos²α. Arguments as `tilt_angle`, ``omega`` in rad/fs.
    """
    band, k, p = _checked(band, k, p)
    omega, J = check.finite("omega", omega, unit="rad/fs"), check.positive("J", J, "eV")
    check.common_shape(**{"k without its last axis": k[..., 0]}, omega=omega)
    q = _misalignment_energy(band, k, p)
    return np.arctan2(q + hbar*omega/2, J) - np.arctan2(q, J)


def drifting_spin(band: BandLike, k: ArrayLike, p: ArrayLike, x: ArrayLike = 0.0, t: ArrayLike = 0.0, *, s: int,
                  J: float, omega: ArrayLike = 0.0, E: ArrayLike = 0.0, order: str = "first") -> NDArray:
    """⟨σ⟩ in the drifting spiral (A1), in the lab frame: shape (..., 3). (A2), and its cases (A3) and (A5).

    ``order``: "exact", the eigenstate to all orders in p and ω and its lag in the field, exact in p,

        s[J m − q ŷ]/√(J² + q²) + s (ħe/4) J [v(k + p/2) − v(k − p/2)]·E/(J² + q²)^{3/2} ∂_θ m,   q = Q + ħω/2;

    "local", (A2) as printed: the same with Q = ħv_x p/2, and the field's term (12); "first", all terms to first order
    in p and ω. Raises ValueError for J ≤ 0, s not ±1, an unknown order, k ± p/2 outside the band's domain.
    """
    band, k, p, x, t, omega, J, s, E = _appendix_arguments(band, k, p, x, t, omega, J, s, E)
    check.choice("order", order, ("first", "local", "exact"))
    return _drifting_spin(band, k, p, x, t, omega, J, s, E, order)


def _drifting_spin(band, k, p, x, t, omega, J, s, E, order):
    m, along, y = _in_plane(p*x + omega*t)
    if order == "exact":
        end = _along_x(band, p/2)
        q = _misalignment_energy(band, k, _along_x(band, p)) + hbar*omega/2
        size = np.hypot(J, q)
        lag = hbar*e/4 * (band._velocity(k + end) - band._velocity(k - end)) @ E * J / size**3
    else:
        q = _first_order_energy(band, k, p) + hbar*omega/2
        size = np.hypot(J, q) if order == "local" else np.full_like(q, J)
        lag = p * _shift(band, k, J, E)
    return s * ((J*m - q[..., None]*y) / size[..., None] + lag[..., None] * along)


def drifting_spin_shifted(band: BandLike, k: ArrayLike, p: ArrayLike, x: ArrayLike = 0.0, t: ArrayLike = 0.0, *, s: int,
                          J: float, omega: ArrayLike = 0.0, E: ArrayLike = 0.0) -> NDArray:
    """(A8): (A5) with the magnetization taken at x + Δx, Δx the spin shift (4) along x. Lab frame, shape (..., 3).

    Agrees with `drifting_spin` to first order in E up to terms of third order in p and ω. Errors as there.
    """
    band, k, p, x, t, omega, J, s, E = _appendix_arguments(band, k, p, x, t, omega, J, s, E)
    return _drifting_spin(band, k, p, x + _shift(band, k, J, E), t, omega, J, s, np.zeros(band.dimension), "local")


def rotating_spin(band: BandLike, k: ArrayLike, p: ArrayLike, x: ArrayLike = 0.0, t: ArrayLike = 0.0, *, s: int,
                  J: float, omega: ArrayLike = 0.0, E: ArrayLike = 0.0) -> NDArray:
    """⟨σ⟩ in the rotating spiral (A9), in the lab frame: shape (..., 3). (A10) with the corrected sign of Q.

    The eigenstate in the field at (x, t), b = J m(x + Δx) − Q e_φ − (ħω/2) ẑ with e_φ = (−sin ωt, cos ωt, 0), so that
    Q = ħv_x p/2 appears as +Q(sin ωt x̂ − cos ωt ŷ). Holds while b varies slowly along the electron's path: the error is
    of second order in derivatives, p·ω. Errors as `drifting_spin`.
    """
    return _rotating_spin(*_appendix_arguments(band, k, p, x, t, omega, J, s, E))


def adiabatic_expansion_spin(band: BandLike, k: ArrayLike, p: ArrayLike, x: ArrayLike = 0.0, t: ArrayLike = 0.0, *,
                             s: int, J: float, omega: ArrayLike = 0.0) -> NDArray:
    """Spin of the state (A7) in the drifting spiral, computed: lab frame, shape (..., 3).

    Diagonalises the lab-frame Hamiltonian of the spinor at x at the instant t, ε(k − p/2)P↑ + ε(k + p/2)P↓ + Jσ·m(x, t)
    (P↑↓ project on spin along ±ŷ), takes ⟨ψ_j|∂_t ψ_0⟩ = ⟨ψ_j|∂_t H|ψ_0⟩/(E_0 − E_j), and adds the first-order
    admixture iħ|ψ_j⟩⟨ψ_j|∂_t ψ_0⟩/(E_j − E_0). The state is normalised. Equals (A5) to first order in ω.
    """
    band, k, p, x, t, omega, J, s, _ = _appendix_arguments(band, k, p, x, t, omega, J, s, 0.0)
    end = _along_x(band, p/2)
    minus, plus = band._energy(k - end)[..., None, None], band._energy(k + end)[..., None, None]
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
    return _spin_expectation(psi)


# The formulas of Appendix A that carry a slip, exactly as printed, for comparison only. Use the functions above.

def printed_a4(k_x: ArrayLike, p: ArrayLike, *, J: float, mass: float = m_e) -> NDArray:
    """(A4) as printed: sin α = k_x p/(k_x²p² + k_B²), which carries a unit (nm²/nm²·nm², see `tilt_angle`)."""
    k_x, p = check.finite("k_x", k_x, unit="1/nm"), check.finite("p", p, unit="1/nm")
    check.common_shape(k_x=k_x, p=p)
    k_B_squared = 2 * check.positive("mass", mass, "eV fs²/nm²") * check.positive("J", J, "eV") / hbar**2
    return k_x*p / ((k_x*p)**2 + k_B_squared)


def printed_a6(*, J: float, omega: ArrayLike) -> NDArray:
    """φ of (A6) as printed: sin(φ/2) = (ħω/2)/√((ħω/2)² + J²). Radians. See `extra_tilt`."""
    half = hbar * check.finite("omega", omega, unit="rad/fs") / 2
    return 2*np.arcsin(half / np.hypot(half, check.positive("J", J, "eV")))


def printed_a10(band: BandLike, k: ArrayLike, p: ArrayLike, x: ArrayLike = 0.0, t: ArrayLike = 0.0, *, s: int, J: float,
                omega: ArrayLike = 0.0, E: ArrayLike = 0.0) -> NDArray:
    """(A10) as printed, with −Q(sin ωt x̂ − cos ωt ŷ): lab frame, shape (..., 3). See `rotating_spin`."""
    return _rotating_spin(*_appendix_arguments(band, k, p, x, t, omega, J, s, E), sign=-1)


def _appendix_arguments(band, k, p, x, t, omega, J, s, E):
    band = as_band(band)
    k = check.finite("k", k, shape=(..., band.dimension), unit="1/nm")
    rest = {name: check.finite(name, value, unit=unit) for name, value, unit in
            (("p", p, "1/nm"), ("x", x, ""), ("t", t, ""), ("omega", omega, "rad/fs"))}
    shape = check.common_shape(**{"k without its last axis": k[..., 0]}, **rest)
    k, p = np.broadcast_to(k, shape + k.shape[-1:]), np.broadcast_to(rest.pop("p"), shape)
    end = _along_x(band, p/2)
    band._within(k + end, "k + p/2"), band._within(k - end, "k − p/2")
    return (band, k, p, *(np.broadcast_to(a, shape) for a in rest.values()), check.positive("J", J, "eV"),
            check.band_index("s", s), check.vector("E", E, band.dimension, "V/nm"))


def _along_x(band, length):
    return length[..., None] * np.eye(band.dimension)[0]


def _shift(band, k, J, E):
    """Δx of (4), shape (...)."""
    return _spin_shift(band, k, J, E)[..., 0]


def _in_plane(theta):
    """m, ∂_θ m and ŷ for φ = 0, each (..., 3)."""
    zero, one = np.zeros_like(theta), np.ones_like(theta)
    return (np.stack([np.sin(theta), zero, np.cos(theta)], -1), np.stack([np.cos(theta), zero, -np.sin(theta)], -1),
            np.stack([zero, one, zero], -1))


def _first_order_energy(band, k, p):
    """Q = ħv_x p/2, shape (...)."""
    return hbar * band._velocity(k)[..., 0] * p / 2


def _rotating_spin(band, k, p, x, t, omega, J, s, E, *, sign=1):
    """s b/|b| with b = J m(x + Δx) ∓ Q e_φ − (ħω/2)ẑ; |b| is taken at x, as (A10) has it."""
    q = sign * _first_order_energy(band, k, p)
    size = np.linalg.norm(_rotating_field(q, p, J, x, t, omega), axis=-1, keepdims=True)
    return s * _rotating_field(q, p, J, x + _shift(band, k, J, E), t, omega) / size


def _rotating_field(q, p, J, x, t, omega):
    """b = J m − q e_φ − (ħω/2)ẑ of the rotating spiral, (..., 3) in the lab frame."""
    theta, phi = p*x, omega*t
    zero = np.zeros_like(theta)
    m = np.stack([np.sin(theta)*np.cos(phi), np.sin(theta)*np.sin(phi), np.cos(theta)], -1)
    e_phi = np.stack([-np.sin(phi), np.cos(phi), zero], -1)
    return J*m - q[..., None]*e_phi - np.stack([zero, zero, hbar*omega/2], -1)
