"""Planar spirals, where an electron is a two-level system: the field on its spin, without expansion in the gradient.

In a planar spiral the magnetization turns at a constant rate about one axis, the plane's normal N. On the axes
(e_θ, e_φ, m) that turn with it nothing depends on position or time, k is a quantum number, and Eq. (8) can be written
without expanding in the gradient p:

    H' = [ε(k + p/2) + ε(k − p/2)]/2 + σ·b,    b = J m − (Q + ħω/2) N,    Q = [ε(k + p/2) − ε(k − p/2)]/2.

For ε = ħ²k²/2m, Q = ħ²k·p/2m. The spin of band s = ±1 is s b/|b|.
"""

import numpy as np
from scipy.special import jv

from . import _validate as check
from .response import spin_shift
from .spins import sigma, spin_expectation
from .units import e, hbar, m_e


def spiral_rates(texture):
    """Wave vector p (3,) in 1/nm, turning rate ω in 1/fs and normal N (3,) on the axes (e_θ, e_φ, m) of a planar spiral.

    A texture counts as one if its magnetization stays in a plane through the z axis (φ constant, N = e_φ, as in (A1))
    or in the x-y plane (θ = π/2, N = −e_θ) and turns at a constant rate; a uniform texture has p = ω = 0.
    Raises ValueError for any other texture.
    """
    check.texture(texture)
    points = np.array([[0, 0, 0, 0], [1.3, 0, 0, 0], [0, -2.1, 0, 0], [0, 0, 0.7, 0], [0, 0, 0, 3.1], [17, 11, -13, 19.]])
    theta, phi = texture.angles(*points.T)
    dtheta, dphi = (np.moveaxis(np.asarray(d, float), 0, -1) for d in texture.angle_derivatives(*points.T))
    theta, dtheta, dphi = np.broadcast_to(theta, 6), np.broadcast_to(dtheta, (6, 4)), np.broadcast_to(dphi, (6, 4))
    scale = max(np.abs(dtheta).max(), np.abs(dphi).max(), 1e-300)
    constant = max(np.ptp(dtheta, axis=0).max(), np.ptp(dphi, axis=0).max()) < 1e-8 * scale
    if constant and np.abs(dphi).max() < 1e-12 * scale:
        rates, normal = dtheta[0], np.array([0.0, 1.0, 0.0])
    elif constant and np.abs(dtheta).max() < 1e-12 * scale and np.abs(theta - np.pi/2).max() < 1e-12:
        rates, normal = dphi[0], np.array([-1.0, 0.0, 0.0])
    else:
        raise ValueError("texture must be a planar spiral: constant ∂_μθ at constant φ, or constant ∂_μφ at θ = π/2; "
                         f"got {texture!r}")
    return rates[:3].copy(), float(rates[3]), normal


def gradient_vector(band, p, *, name="p"):
    """``p`` as a vector (d,) for the band's dimension d: a number means along x.

    Raises ValueError, calling it ``name``, if it has components beyond the band's dimension that are not zero.
    """
    check.band(band)
    p = np.atleast_1d(check.finite(name, p))
    if p.ndim != 1 or p.size > 3:
        raise ValueError(f"{name} must be a number or a vector of at most 3 components; got shape {p.shape}")
    d = band.dimension
    if np.any(p[d:] != 0):
        raise ValueError(f"{name} must lie in the {d} dimension(s) of the band; got {p}")
    return np.pad(p[:d], (0, max(d - p.size, 0)))


def misalignment_energy(band, k, p):
    """Q = [ε(k + p/2) − ε(k − p/2)]/2 in eV, shape (...), exact in the gradient p; ħ²k·p/2m for a free electron.

    ``k`` (..., d) in 1/nm, ``p`` in 1/nm a number (along x) or a vector. To first order in p, Q = ħ v·p/2, the term
    v·(σ·A) of Eq. (8). Raises ValueError if k ± p/2 leaves the band's domain.
    """
    p = gradient_vector(band, p)
    k = check.finite("k", k, shape=(..., band.dimension))
    return (band.energy(k + p/2) - band.energy(k - p/2)) / 2


def spiral_field(band, k, p, J, omega=0.0, normal=(0.0, 1.0, 0.0)):
    """Field b = J m − (Q + ħω/2) N on the spin, H' = … + σ·b: shape (..., 3) in eV on the axes (e_θ, e_φ, m).

    ``k`` (..., d) in 1/nm, ``p`` 1/nm (number or vector), ``J`` > 0 in eV, ``omega`` in 1/fs, ``normal`` the plane's
    normal on the same axes (e_φ for the spiral (A1)). Eq. (8) without expansion in p.
    """
    check.band(band)
    J = check.positive("J", J, "eV")
    omega = check.number("omega", omega, unit="1/fs")
    normal = check.unit_vectors("normal", normal)
    q = misalignment_energy(band, k, p) + hbar*omega/2
    return np.array([0.0, 0.0, J]) - q[..., None] * normal


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
    (P↑↓ project on spin along ±ŷ), takes ⟨ψ_j|∂_t ψ_0⟩ = ⟨ψ_j|∂_t H|ψ_0⟩/(E_0 − E_j), and adds the first-order admixture
    iħ|ψ_j⟩⟨ψ_j|∂_t ψ_0⟩/(E_j − E_0). The state is normalised. Equals (A5) to first order in ω.
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


class RotatingSpiralState:
    """An eigenstate of the rotating spiral (A9) by brute force: plane waves, no gauge transformation in space.

    In the frame that turns with φ = ωt the Hamiltonian is static, ε(k) + Jσ·(sin px, 0, cos px) − (ħω/2)σ_z. It couples
    the plane waves k + (j + ½)p; ``waves`` of them on each side of k are kept. Of the eigenstates, the one is taken that
    overlaps most with the electron of band ``s`` and wave vector k in the spiral at rest.

    ``energy`` eV, ``coefficients`` (2 waves, 2), ``wave_vectors`` (2 waves, d), ``overlap`` the squared overlap.
    Raises ValueError if no eigenstate overlaps by more than one half (two bands cross at this k), for p = 0, J ≤ 0.
    """

    def __init__(self, band, k, p, J, s, omega, waves=10):
        self.k = check.finite("k", k, shape=(check.band(band).dimension,))
        self.p = check.number("p", p, unit="1/nm")
        if self.p == 0:
            raise ValueError("p must not be 0; got 0")
        if band.velocity(self.k)[0] == 0:
            raise ValueError(f"k must have a velocity along x, or the electron turns back; got k = {self.k} 1/nm")
        self.J, s = check.positive("J", J, "eV"), check.band_index("s", s)
        self.omega = check.number("omega", omega, unit="1/fs")
        waves = check.integer("waves", waves, minimum=2)
        self.steps = (np.arange(-waves, waves) + 0.5) * self.p
        self.wave_vectors = self.k + self.steps[:, None] * np.eye(band.dimension)[0]
        kinetic = np.kron(np.diag(band.energy(self.wave_vectors)), np.eye(2))
        energies, states = np.linalg.eigh(kinetic + self.potential())
        b = spiral_field(band, self.k, self.p, self.J)
        spin = b / np.linalg.norm(b)
        own = np.linalg.eigh(np.einsum("a,aij->ij", s * spin, sigma))[1][:, -1]
        # U = exp(−iθσ_y/2), θ = px, splits into the two waves k ∓ p/2 with spin along ±ŷ; on its way through the energy
        # −s(J/b)(ħω/2) cos px the electron gathers the phase exp(i η sin px) = Σ_n J_n(η) exp(inpx)
        eta = s * self.J * self.omega / (2 * np.linalg.norm(b) * self.p * band.velocity(self.k)[0])
        n = np.arange(-waves, waves)
        guess = (jv(n + 1, eta)[:, None] * ((np.eye(2) + sigma[1]) @ own / 2)
                 + jv(n, eta)[:, None] * ((np.eye(2) - sigma[1]) @ own / 2))
        overlaps = np.abs(states.conj().T @ guess.ravel())**2
        best = int(np.argmax(overlaps))
        self.overlap = float(overlaps[best])
        if self.overlap <= 0.5:
            raise ValueError(f"k must lie away from crossings of the bands; at k = {self.k} 1/nm no eigenstate overlaps by "
                             f"more than {self.overlap:.2g} with the electron of the spiral at rest")
        self.energy = float(energies[best])
        self.coefficients = states[:, best].reshape(-1, 2)

    def potential(self):
        """Jσ·m − (ħω/2)σ_z on the plane waves: (4 waves, 4 waves), wave index first, spin last."""
        n = self.steps.size
        up = np.eye(n, k=-1)                                   # e^{ipx}: wave j to wave j + 1
        sin, cos = (up - up.T) / 2j, (up + up.T) / 2
        sx, _, sz = sigma
        return self.J * (np.kron(sin, sx) + np.kron(cos, sz)) - hbar*self.omega/2 * np.kron(np.eye(n), sz)

    def spin(self, x, t=0.0, coefficients=None):
        """Spin per electron at x (nm) and t (fs), ψ†σψ/ψ†ψ in the lab frame: shape (..., 3)."""
        x, t = np.broadcast_arrays(check.finite("x", x), check.finite("t", t))
        c = self.coefficients if coefficients is None else coefficients
        psi = np.exp(1j * x[..., None] * self.steps) @ c
        spin = spin_expectation(psi)
        cosine, sine = np.cos(self.omega * t), np.sin(self.omega * t)
        return np.stack([cosine*spin[..., 0] - sine*spin[..., 1], sine*spin[..., 0] + cosine*spin[..., 1], spin[..., 2]], -1)


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
    """(eE/2)∂Q/∂k_x in eV², which over J² is the size of (3): ħeE[v_x(k + p/2) − v_x(k − p/2)]/4, or ħ²eE p M⁻¹_xx/4."""
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
