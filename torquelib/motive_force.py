"""The spin motive force: the current that a moving magnetization drives, Eqs. (21)–(25).

Onsager reciprocity ties it to the torques of Eq. (6). Three routes lead to the current of the drifting spiral (A1) in
a wire of free electrons: the paper's inter-band formula (22), `stationary_current` (a sum of f⟨v⟩ over exact states)
and `evolved_current` (the Schrödinger equation in the lab frame). `torus_current` adds impurities.

The electrons' side: eV, nm, fs with e = 1; a current in a wire comes out in e/fs (1 e/fs = 0.16 mA), a current
density of a d-dimensional system in e/(fs nm^{d−1}). Carriers have charge −e; s = +1 is the minority, s = −1 the
majority, n_s = n₋ − n₊. The Fermi wave number k_F is that of E_F = ħ²k_F²/2m, counted from the middle between the two
bands, and ħ²k_B²/2m = J. `onsager_coefficient` alone speaks to the magnet and is SI, as `torques`.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.integrate import solve_ivp

from . import _validate as check
from .algebra import SIGMA_Y
from .disorder.torus import DisorderedTorus
from .spirals.field import _free_misalignment_energy
from .units import SI_GAMMA, e, hbar, m_e

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(64)
_PANEL, _PANEL_WEIGHTS = np.polynomial.legendre.leggauss(24)
_PANEL_PHASE = 40.0  # rad, what the 24 points of a panel integrate to 1e-10
_MOST_PHASE = 1e6


# --- (21): what reciprocity predicts ----------------------------------------------------------------------------------

def onsager_coefficient(*, torque_per_field: ArrayLike, Ms: float) -> NDArray:
    """K in j_i = K ∂_i m·∂_t m, reciprocal to the torque −m×(c·∇)m with c = ``torque_per_field`` × E. In A s/m.

    K = (M_s/γ)(c/E): electrons enter only through the torque. ``torque_per_field`` in (m/s)/(V/m), any shape; ``Ms``
    > 0 in A/m. With c of Eq. (6), K = n_s eħ²/4mJ, the coefficient of (21). For the torque (b·∇)m the same function
    gives the coefficient of m·(∂_t m × ∂_i m). Raises ValueError for non-finite input or M_s ≤ 0.
    """
    return check.positive("Ms", Ms, "A/m") / SI_GAMMA * check.finite("torque_per_field", torque_per_field)


def motive_current(gradient: ArrayLike, rate: ArrayLike, *, n_s: ArrayLike, J: ArrayLike,
                   mass: ArrayLike = m_e) -> NDArray:
    """(21), left: j_i = (n_s eħ²/4mJ) ∂_i m·∂_t m, shape (..., 3), in e/(fs nm^{d−1}).

    ``gradient`` (..., 3, 3) = ∂_i m_a in 1/nm and ``rate`` (..., 3) = ∂_t m in 1/fs, as a `Texture` gives them;
    ``n_s`` = n₋ − n₊ in nm⁻ᵈ; ``J`` > 0 in eV; ``mass`` > 0 in eV fs²/nm². Raises ValueError otherwise, or if the
    leading shapes (...) of all these do not broadcast.
    """
    n_s = check.finite("n_s", n_s)
    J, mass = check.above_zero("J", J, "eV"), check.above_zero("mass", mass, "eV fs²/nm²")
    gradient, rate = _changes(gradient, rate, n_s=n_s, J=J, mass=mass)
    return (n_s * e * hbar**2 / (4*mass*J))[..., None] * _overlap(gradient, rate)


def motive_field(gradient: ArrayLike, rate: ArrayLike, *, beta: ArrayLike, s: int) -> NDArray:
    """(21), right: E_i = −s (ħ/2e) β ∂_i m·∂_t m on the electrons of band ``s``, shape (..., 3), in V/nm.

    ``gradient`` and ``rate`` as in `motive_current`; ``beta`` a number or array without unit, β_int = ħ/2Jτ for the
    paper's force. Raises ValueError for s other than ±1, non-finite input or shapes that do not broadcast.
    """
    beta, s = check.finite("beta", beta), check.band_index("s", s)
    gradient, rate = _changes(gradient, rate, beta=beta)
    return -s * hbar / (2*e) * beta[..., None] * _overlap(gradient, rate)


def berry_motive_field(m: ArrayLike, gradient: ArrayLike, rate: ArrayLike, *, s: int) -> NDArray:
    """E_i = −s (ħ/2e) m·(∂_t m × ∂_i m) on the electrons of band ``s``, shape (..., 3), in V/nm.

    The reciprocal of the adiabatic torque (Volovik 1987, Barnes and Maekawa 2007). ``m`` (..., 3) unit vectors,
    ``gradient`` and ``rate`` as in `motive_current`. Raises ValueError for s other than ±1, |m| ≠ 1 or shapes that do
    not broadcast.
    """
    m, s = check.unit_vectors("m", m), check.band_index("s", s)
    gradient, rate = _changes(gradient, rate, **{"m without its last axis": m[..., 0]})
    return -s * hbar / (2*e) * _overlap(gradient, np.cross(m, rate))


def _changes(gradient, rate, **others):
    """∂_i m and ∂_t m, valid; their leading shapes broadcast against the ``others``."""
    gradient = check.finite("gradient", gradient, shape=(..., 3, 3), unit="rad/nm")
    rate = check.finite("rate", rate, shape=(..., 3), unit="rad/fs")
    check.common_shape(**{"gradient without its last two axes": gradient[..., 0, 0],
                          "rate without its last axis": rate[..., 0]}, **others)
    return gradient, rate


def _overlap(gradient, rate):
    return np.einsum("...ia,...a->...i", gradient, rate)


# --- the drifting spiral in a wire, to lowest order in its pitch -----------------------------------------------------

def exchange_wave_number(*, J: ArrayLike, mass: ArrayLike = m_e) -> NDArray:
    """k_B in 1/nm, ħ²k_B²/2m = J (below (A4)). ``J`` in eV and ``mass`` in eV fs²/nm², above zero, any shape."""
    J, mass = check.above_zero("J", J, "eV"), check.above_zero("mass", mass, "eV fs²/nm²")
    check.common_shape(J=J, mass=mass)
    return _exchange_wave_number(J, mass)


def _exchange_wave_number(J, mass):
    return np.sqrt(2 * mass * J) / hbar


def band_densities(*, k_F: ArrayLike, J: ArrayLike, mass: ArrayLike = m_e) -> tuple[NDArray, NDArray]:
    """(n₋, n₊) in 1/nm: n_± = √(k_F² ∓ k_B²)/π, below (25). Any shape; n₊ = 0 where E_F lies below the band.

    ``k_F`` in 1/nm, ``J`` in eV, ``mass`` in eV fs²/nm², all above zero; ValueError otherwise.
    """
    k_F, J = check.above_zero("k_F", k_F, "1/nm"), check.above_zero("J", J, "eV")
    mass = check.above_zero("mass", mass, "eV fs²/nm²")
    check.common_shape(k_F=k_F, J=J, mass=mass)
    k_B = _exchange_wave_number(J, mass)
    return np.sqrt(k_F**2 + k_B**2) / np.pi, np.sqrt(np.maximum(k_F**2 - k_B**2, 0)) / np.pi


def one_band_integral(*, k_F: ArrayLike, k_B: ArrayLike) -> NDArray:
    """(24): ∫dk f₋(1 − f₊) = 2(√(k_F² + k_B²) − √(k_F² − k_B²)), in 1/nm. Any shape.

    Raises ValueError unless 0 < k_B < k_F: below, the minority band is empty and the second root is not real.
    """
    k_F, k_B = check.above_zero("k_F", k_F, "1/nm"), check.above_zero("k_B", k_B, "1/nm")
    check.common_shape(k_F=k_F, k_B=k_B)
    return _one_band_integral(k_F, k_B)


def _one_band_integral(k_F, k_B):
    k_F, k_B = np.broadcast_arrays(k_F, k_B)
    outside = k_F <= k_B
    if np.any(outside):
        raise ValueError(f"k_F must exceed k_B = {k_B[outside][0]:g} 1/nm, or the minority band is empty; "
                         f"got {k_F[outside][0]:g} 1/nm")
    return 2 * (np.sqrt(k_F**2 + k_B**2) - np.sqrt(k_F**2 - k_B**2))


def drift_current(p: ArrayLike, *, k_F: ArrayLike, omega: ArrayLike, J: ArrayLike, mass: ArrayLike = m_e) -> NDArray:
    """(25): the current (n₋ − n₊)(eħ²/4mJ) pω of the drifting spiral in a wire, in e/fs. Any shape.

    Pitch ``p`` and ``k_F`` in 1/nm, ``omega`` in 1/fs, ``J`` in eV. Raises ValueError unless k_F > k_B, see
    `one_band_integral`.
    """
    k_F, p, omega, J, mass = _valid(k_F, p, omega, J, mass)
    n_s = _one_band_integral(k_F, _exchange_wave_number(J, mass)) / (2*np.pi)
    return n_s * e * hbar**2 / (4*mass*J) * p * omega


# --- exactly in the pitch ---------------------------------------------------------------------------------------------

def interband_element(k: ArrayLike, p: ArrayLike, *, J: ArrayLike, rate: ArrayLike, mass: ArrayLike = m_e) -> NDArray:
    """(23): ⟨ψ_{k+}|∂_μ ψ_{k−}⟩ = −(i/2) ∂_μθ cos α_k, for ``rate`` = ∂_μθ (p for x, ω for t). Complex, any shape.

    tan α = Q/J, Q = ħ²kp/2m. The phase is a choice of the phases of the two states; the modulus is not. ``k``, ``p``
    in 1/nm.
    """
    k, p = check.finite("k", k, unit="1/nm"), check.finite("p", p, unit="1/nm")
    J, rate = check.above_zero("J", J, "eV"), check.finite("rate", rate)
    mass = check.above_zero("mass", mass, "eV fs²/nm²")
    check.common_shape(k=k, p=p, J=J, rate=rate, mass=mass)
    return _interband_element(k, p, J, rate, mass)


def _interband_element(k, p, J, rate, mass):
    return -0.5j * rate * J / _half_gap(k, p, J, mass)


def _half_gap(k, p, J, mass):
    """√(J² + Q²) with Q = ħ²kp/2m."""
    return np.hypot(J, _free_misalignment_energy(k, p, mass))


def interband_current(p: ArrayLike, *, k_F: ArrayLike, omega: ArrayLike, J: ArrayLike,
                      mass: ArrayLike = m_e) -> NDArray:
    """(22) at zero temperature in e/fs, with (23), the gap 2J/cos α at every k: exact in ``p``,
    first order in ``omega``.

    All arguments broadcast. Also for k_F ≤ k_B, where the minority band is empty. Raises ValueError for values that
    are not positive (k_F, J, mass), or a pitch so short that the majority band is not filled around k = 0.
    """
    k_F, p, omega, J, mass = _wire(k_F, p, omega, J, mass)
    majority, minority = (_fermi_point(k_F, p, J, mass, s) for s in (-1, 1))
    scale, _ = _turning(k_F, p, omega, J, mass)
    k, weight = _nodes(minority, majority, 0.0, scale)                     # f₋(1 − f₊) = 1 for k₊ < |k| < k₋
    p, omega, J, mass = (a[..., None] for a in (p, omega, J, mass))
    gap = -2 * _half_gap(k, p, J, mass)                                    # E₋ − E₊
    along_t = _interband_element(k, p, J, omega, mass)                     # ⟨ψ₊|∂_t ψ₋⟩
    along_x = -_interband_element(k, p, J, p, mass)                        # ⟨∂_x ψ₋|ψ₊⟩ in the phases of (23)
    both_signs_of_k_and_hc = 4 * np.sum(weight * (along_x * along_t).real / gap, axis=-1)
    return -e * hbar**2 / (2*np.pi * mass[..., 0]) * both_signs_of_k_and_hc


def stationary_current(p: ArrayLike, *, k_F: ArrayLike, omega: ArrayLike, J: ArrayLike, mass: ArrayLike = m_e,
                       occupation: str = "lattice") -> NDArray:
    """−e Σ f⟨v⟩ over the exact stationary states of the drifting spiral, in e/fs: to all orders in ``p`` and ``omega``.

    The states come from diagonalising H' = ε(k − pσ_y/2) + Jσ_z − (ħω/2)σ_y, the velocities from v(k − pσ_y/2): no
    formula of (22)–(25) enters. ``occupation`` says which states are filled up to E_F: "lattice", those whose
    instantaneous energy (ω = 0) lies below, as when a spiral in equilibrium is set in motion slowly; "rotating",
    those whose eigenvalue of H' does. All arguments broadcast. Raises ValueError as `interband_current`, and where a
    fast spiral's Fermi points cannot be followed.
    """
    check.choice("occupation", occupation, ("lattice", "rotating"))
    arguments = _wire(k_F, p, omega, J, mass)
    k_F, p, omega, J, mass = arguments
    scale, middle = _turning(*arguments)
    total = np.zeros(np.shape(k_F))
    for s in (-1, 1):
        edge = _fermi_point(k_F, p, J, mass, s)
        left, right = -edge, edge
        if occupation == "rotating":
            left, right = (_rotating_fermi_point(side, s, *arguments) for side in (left, right))
        between = np.clip(middle, left, right)
        for ends in ((left, between), (between, right)):
            k, weight = _nodes(*ends, between, scale)
            lean = _state(k, s, *(a[..., None] for a in (p, omega, J, mass)))[1]
            total += hbar*p / (2*mass) * np.sum(weight * lean, axis=-1)
        total += hbar * (right**2 - left**2) / (2*mass)                     # ∫ ħk/m dk
    return -e / (2*np.pi) * total


def evolved_current(p: float, times: ArrayLike, *, k_F: float, omega: float, J: float, ramp: float,
                    mass: float = m_e) -> NDArray:
    """Current in e/fs at ``times`` (n,) of a spiral set in motion: its rate rises as ω sin²(πt/2 ramp), then stays.

    Each electron starts at t = 0 in an eigenstate of the spiral at rest, filled up to E_F, and follows the Schrödinger
    equation in the lab frame. In the basis e^{i(k−p/2)x}|+y⟩, e^{i(k+p/2)x}|−y⟩ no gauge transformation is needed:

        iħ∂_t (c₊, c₋) = [[ε(k − p/2), Je^{−iϑ}], [Je^{iϑ}, ε(k + p/2)]] (c₊, c₋),   ϑ = ∫ω dt,

    and the velocity is |c₊|² v(k − p/2) + |c₋|² v(k + p/2). Numbers, not arrays, but for ``times`` in fs ≥ 0, which
    rise; ``ramp`` > 0 in fs. The wave numbers are so dense that neighbours stay in step up to the last of ``times``.
    Raises ValueError otherwise, or if ``times`` end after more than 10⁶ rad between the first electron and the last.
    """
    k_F, p, omega, J, mass = (float(a) for a in _wire(*(check.number(n, v) for n, v in (
        ("k_F", k_F), ("p", p), ("omega", omega), ("J", J), ("mass", mass)))))
    times, ramp = check.finite("times", times, shape=(None,), unit="fs"), check.positive("ramp", ramp, "fs")
    if times.size == 0 or times[0] < 0 or np.any(np.diff(times) <= 0):
        raise ValueError(f"times must rise from 0 fs or later; got {times}")
    k, weight, s = (np.concatenate(parts) for parts in zip(*(
        (*nodes, np.full(nodes[0].size, s)) for s in (-1, 1) for nodes in [
            _panels(_fermi_point(k_F, p, J, mass, s), times[-1], k_F, p, omega, J, mass)])))
    Q = ((hbar*(k + p/2))**2 - (hbar*(k - p/2))**2) / (4*mass)             # half of ε(k + p/2) − ε(k − p/2)
    H = J * np.array([[0, 1], [1, 0]]) - Q[:, None, None] * np.diag([1, -1])
    start = np.linalg.eigh(H)[1][np.arange(k.size), :, (s + 1) // 2].T     # (2, states)

    def rate(t, c):
        early = min(t, ramp)
        angle = omega * (early/2 - ramp/(2*np.pi) * np.sin(np.pi*early/ramp) + t - early)
        up, down = c.reshape(2, -1)
        return -1j / hbar * np.concatenate([-Q*up + J*np.exp(-1j*angle)*down, J*np.exp(1j*angle)*up + Q*down])

    run = solve_ivp(rate, (0, times[-1] or 1.0), start.ravel().astype(complex), method="DOP853", t_eval=times,
                    rtol=1e-9, atol=1e-11)
    up, down = np.abs(run.y.reshape(2, k.size, times.size))**2
    velocity = hbar/mass * ((k - p/2)[:, None] * up + (k + p/2)[:, None] * down)
    return -e / (2*np.pi) * weight @ velocity


# --- with impurities --------------------------------------------------------------------------------------------------

def torus_current(torus: DisorderedTorus, *, E_F: float, eta: ArrayLike, kT: float) -> NDArray:
    """Current density per rate ω of a moving spiral on a `torus.DisorderedTorus`, shape (n,), in e/nm.

    The spiral's rate grows as ω e^{ηt} from t = −∞. On the axes that move with the spiral, impurities at rest that do
    not touch the spin stay as they are, and the motion is the perturbation −(ħω/2)σ_y. To first order the density
    matrix is ρ_mn = (f_m − f_n)⟨m|−(ħω/2)σ_y|n⟩/(E_m − E_n − iħη), and j = −e Tr ρv per area. ``E_F`` and ``kT`` in
    eV, ``eta`` (n,) in 1/fs above zero. Raises ValueError otherwise, or if the impurities touch the spin: they would
    not stay at rest.
    """
    check.instance("torus", torus, DisorderedTorus)
    if np.any(np.abs(torus.potential - torus.potential[:, :1, :1] * np.eye(2)) > 1e-12):
        raise ValueError("torus must hold spin-independent impurities only; its potential acts on the spin")
    rates, occupied, gap = torus.switched_on(E_F=E_F, kT=kT, eta=eta)
    pairs = occupied * torus.on_site(-hbar/2 * SIGMA_Y) * torus.elements(torus.velocity @ torus.states).T
    return np.array([-e * np.sum(pairs / (gap - 1j*hbar*rate)).real for rate in rates]) / torus.area


# --- what the wire's functions share ----------------------------------------------------------------------------------

def _valid(k_F, p, omega, J, mass):
    """The five arguments, valid and of one shape."""
    k_F, J = check.above_zero("k_F", k_F, "1/nm"), check.above_zero("J", J, "eV")
    mass = check.above_zero("mass", mass, "eV fs²/nm²")
    p, omega = check.finite("p", p, unit="1/nm"), check.finite("omega", omega, unit="1/fs")
    check.common_shape(p=p, k_F=k_F, omega=omega, J=J, mass=mass)
    return np.broadcast_arrays(k_F, p, omega, J, mass)


def _wire(k_F, p, omega, J, mass):
    """The same, with a pitch that leaves the majority filled around k = 0."""
    k_F, p, omega, J, mass = _valid(k_F, p, omega, J, mass)
    longest = 2 * np.sqrt(k_F**2 + 2*mass*J/hbar**2)
    if np.any(np.abs(p) >= longest):
        raise ValueError(f"p must stay below 2√(k_F² + k_B²) = {np.min(longest):.4g} 1/nm; "
                         f"got {np.abs(p).max():g} 1/nm")
    return k_F, p, omega, J, mass


def _fermi_point(k_F, p, J, mass, s):
    """k ≥ 0 where band s of the spiral at rest meets E_F = ħ²k_F²/2m; 0 if the band is empty."""
    k_B = _exchange_wave_number(J, mass)
    return np.sqrt(np.maximum(k_F**2 + p**2/4 - s*np.sqrt(k_B**4 + (k_F*p)**2), 0))


def _turning(k_F, p, omega, J, mass):
    """(width, place) in k over which the spin turns from +y to −y: |Q + ħω/2| < J. Far away for p → 0."""
    p = np.where(np.abs(p) < 1e-6*k_F, 1e-6*k_F, p)
    return 2*mass*J / (hbar**2 * np.abs(p)), -mass*omega / (hbar*p)


def _nodes(left, right, middle, scale):
    """Points and weights (..., 64) from ``left`` to ``right``: Gauss–Legendre in u, k = middle + scale sinh u."""
    first, last = (np.arcsinh((np.asarray(end) - middle) / scale)[..., None] for end in (left, right))
    u = (last + first) / 2 + (last - first) / 2 * _NODES
    middle, scale = np.asarray(middle)[..., None], scale[..., None]
    return middle + scale*np.sinh(u), scale*np.cosh(u) * (last - first) / 2 * _WEIGHTS


def _panels(edge, t, k_F, p, omega, J, mass):
    """Points and weights (n,) from −``edge`` to ``edge`` for electrons that evolve up to ``t``.

    Panels of 24 Gauss–Legendre points, graded about k = 0, where the spin turns at the start, and about where it turns
    in the moving spiral; in none does the phase ∫2√(J² + Q²)dt/ħ spread over more than `_PANEL_PHASE`.
    """
    scale, middle = _turning(k_F, p, omega, J, mass)
    Q = _free_misalignment_energy(edge, np.abs(p), mass) + hbar*np.abs(omega)/2
    phase = 2*edge * hbar*np.abs(p)*t/mass * Q/np.hypot(J, Q)                # bounds |d(phase)/dk| × the length
    if phase > _MOST_PHASE:
        raise ValueError(f"times must end before the electrons' phases spread over {_MOST_PHASE:g} rad; got "
                         f"{phase:.3g} rad at {t:g} fs")
    graded = scale * np.sinh(np.arange(1, np.arcsinh(2*edge/scale) + 1))
    bounds = np.concatenate([[-edge, 0, edge]] + [place + side*graded for side in (-1, 1) for place in (
        [0, middle] if np.abs(middle) > scale else [0])])
    bounds = np.unique(bounds[np.abs(bounds) <= edge])
    pieces = np.ceil(phase / _PANEL_PHASE * np.diff(bounds) / (2*edge or 1)).astype(int).clip(1)
    bounds = np.concatenate([np.linspace(*ends, n, endpoint=False) for *ends, n in zip(bounds, bounds[1:], pieces)]
                            + [[edge]])
    middles, halves = ((bounds[1:] + bounds[:-1]) / 2)[:, None], (np.diff(bounds) / 2)[:, None]
    return (middles + halves*_PANEL).ravel(), (halves*_PANEL_WEIGHTS).ravel()


def _state(k, s, p, omega, J, mass):
    """(E', −⟨σ_y⟩) of the stationary state of band s, by diagonalising H' in the basis of σ_y.

    Its velocity is ħ(k − p⟨σ_y⟩/2)/m.
    """
    k, p, omega, J, mass = np.broadcast_arrays(k, p, omega, J, mass)
    ends = np.stack([k - p/2, k + p/2], axis=-1)
    H = np.zeros(k.shape + (2, 2))
    H[..., 0, 0], H[..., 1, 1] = np.moveaxis((hbar*ends)**2 / (2*mass[..., None]), -1, 0)
    H[..., 0, 0] -= hbar*omega/2
    H[..., 1, 1] += hbar*omega/2
    H[..., 0, 1] = H[..., 1, 0] = J
    energy, states = np.linalg.eigh(H)
    n = (s + 1) // 2
    return energy[..., n], states[..., 1, n]**2 - states[..., 0, n]**2


def _rotating_fermi_point(k, s, k_F, p, omega, J, mass):
    """The root of E'(k) = E_F next to ``k``, by Newton's method; stays where the band is empty (k = 0)."""
    filled, target = k != 0, (hbar*k_F)**2 / (2*mass)
    for _ in range(30):
        energy, lean = _state(k, s, p, omega, J, mass)
        k = np.where(filled, k - (energy - target) / np.where(filled, hbar**2 * (k + lean*p/2) / mass, 1), k)
    error = np.abs(_state(k, s, p, omega, J, mass)[0] - target)
    if np.any(filled & ~(error < 1e-9*target)):
        raise ValueError("omega must be small enough for the Fermi points to follow the spiral; "
                         f"got up to {np.abs(omega).max():g} 1/fs")
    return k
