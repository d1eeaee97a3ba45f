"""The chiral connection, Eqs. (26) and (C1)–(C6): linear spin–orbit coupling looks like a texture.

A coupling linear in k, H_SO = α Σ_i k_i w_i·σ, is given by its strength α (eV nm) and by the spin direction w_i that
goes with each direction of motion, the rows of an array (d, 3):

    RASHBA       σ·(k×ẑ)         w_x = −ŷ, w_y = x̂
    DRESSELHAUS  σ_x k_x − σ_y k_y   w_x = x̂, w_y = −ŷ
    WEYL         σ·k             w_i = x̂_i

On its way along i the spin precesses about w_i by k_so = 2αm/ħ² per length. Seen by that spin a uniform m turns the
other way: ∂̃_i m = ∂_i m − k_so w_i × m, for Rashba k_R (ẑ×x̂_i) × m. Electrons have charge −e, J > 0, s = −1 is the
majority. The electrons' side (eV, nm, fs); `spin_orbit_torque` alone speaks to the magnet and is SI, as `torques`.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _validate as check
from .algebra import sigma
from .bands import BandLike, as_band
from .torques import _intrinsic_velocity
from .units import hbar, m_e

RASHBA = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0]])
"""w_i of σ·(k×ẑ) = σ_x k_y − σ_y k_x, Eq. (C3)."""

DRESSELHAUS = np.array([[1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
"""w_i of σ_x k_x − σ_y k_y, Eq. (C6)."""

WEYL = np.eye(3)
"""w_i of σ·k."""


def precession_wave_number(*, alpha_R: ArrayLike, mass: float = m_e) -> NDArray:
    """k_so = 2αm/ħ² in rad/nm, above Eq. (26): the angle per length by which the coupling turns a spin.

    ``alpha_R``, the strength α of any of the couplings, in eV nm, any shape and sign; ``mass`` > 0 in eV fs²/nm².
    Raises ValueError for a non-finite α or mass ≤ 0. A texture with p = k_so imitates the coupling:
    `texture_coupling` is the inverse.
    """
    return _precession_wave_number(check.finite("alpha_R", alpha_R), check.positive("mass", mass, "eV fs²/nm²"))


def _precession_wave_number(alpha_R, mass=m_e):
    return 2 * alpha_R * mass / hbar**2


def texture_coupling(p: ArrayLike, *, mass: float = m_e) -> NDArray:
    """α = pħ²/2m in eV nm, below Eqs. (C3) and (C6): the coupling that a texture (C1) or (C4) of slope p imitates.

    ``p`` in rad/nm, any shape; ``mass`` > 0 in eV fs²/nm². Raises ValueError for a non-finite p or mass ≤ 0. The α_R of
    Eq. (13) is the momentum ħp/2, this one times m/ħ.
    """
    return check.finite("p", p) * hbar**2 / (2 * check.positive("mass", mass, "eV fs²/nm²"))


def chiral_derivative(m: ArrayLike, gradient: ArrayLike, coupling: ArrayLike = RASHBA, *, k_so: float) -> NDArray:
    """∂̃_i m = ∂_i m − k_so w_i × m, above Eq. (26); for Rashba ∂_i m + k_R (ẑ×x̂_i) × m.

    Parameters
    ----------
    m : (..., 3) unit vectors.
    gradient : (..., d, 3), ∂_i m with i first, or 0 for a uniform m; its unit is that of ``k_so``.
    coupling : (d, 3), the spin directions w_i; default `RASHBA`.
    k_so : number, from `precession_wave_number`, in rad/nm (or rad/m).

    Returns (..., d, 3). Raises ValueError for vectors that are not of unit length, wrong shapes or non-finite input.
    """
    m = check.unit_vectors("m", m)
    w = _directions(coupling)
    gradient = check.finite("gradient", gradient)
    if (gradient.shape[-2:] != w.shape) if gradient.ndim else (gradient != 0):
        raise ValueError(f"gradient must be 0 or have shape (..., {w.shape[0]}, 3), as coupling; "
                         f"got {gradient if not gradient.ndim else gradient.shape}")
    if gradient.ndim:
        check.common_shape(**{"m without its last axis": m[..., 0],
                              "gradient without its last two": gradient[..., 0, 0]})
    return gradient - check.number("k_so", k_so) * np.cross(w, m[..., None, :])


def spin_orbit_torque(m: ArrayLike, coupling: ArrayLike = RASHBA, *, E: ArrayLike, alpha_R: float, n_s: float, J: float,
                      Ms: float) -> NDArray:
    """The intrinsic spin–orbit torque of a uniform magnet, Eq. (26), and for other couplings, to first order in α.

        T = −m × (c·∂̃)m,  (c·∂̃)m = −k_so Σ_i c_i w_i × m,  c = n_s μ_B ħ e E/(2 m_e J M_s)

    which for Rashba is k_R (n_s μ_B ħ e/2m_e J M_s) m×[m×(ẑ×E)]. The mass drops out of k_so c.

    Parameters
    ----------
    m : (..., 3) unit vectors.
    coupling : (d, 3), the spin directions w_i; default `RASHBA`.
    E : (..., d), electric field in V/m along the d directions of ``coupling``.
    alpha_R : coupling strength α in eV nm.
    n_s : n_majority − n_minority in 1/m³.
    J, Ms : exchange energy in eV, saturation magnetization in A/m, above zero.

    Returns T, (..., 3), in 1/s. Holds for α k_F ≪ J, without vertex corrections. Raises ValueError for wrong shapes,
    non-finite input, |m| ≠ 1, J or Ms ≤ 0; warns of a J that cannot be in eV.
    """
    m, w = check.unit_vectors("m", m), _directions(coupling)
    E, n_s = check.finite("E", E, shape=(..., len(w))), check.number("n_s", n_s, unit="1/m³")
    check.common_shape(**{"m without its last axis": m[..., 0], "E without its last axis": E[..., 0]})
    c = _intrinsic_velocity(E, n_s, check.positive("J", J, "eV"), check.positive("Ms", Ms, "A/m"))
    k_so = _precession_wave_number(check.number("alpha_R", alpha_R, unit="eV nm")) * 1e9
    turn = -k_so * np.cross(w, m[..., None, :])
    return -np.cross(m, np.einsum("...i,...ia->...a", c, turn))


def uniform_magnet(band: BandLike, m: ArrayLike, coupling: ArrayLike = RASHBA, *, J: float,
                   alpha_R: float) -> tuple[Callable[[ArrayLike], NDArray], Callable[[ArrayLike], NDArray]]:
    """H(k) = ε(k) + α Σ_i k_i w_i·σ + Jσ·m and ∇_k H, as two functions of k: Eq. (C3) for Rashba, (C6) for Dresselhaus.

    Parameters
    ----------
    band : a Band of torquelib.bands, ε(k); its dimension d must be that of ``coupling``.
    m : (3,) unit vector, the magnetization; (C3) and (C6) have m = ẑ.
    coupling : (d, 3), the spin directions w_i; default `RASHBA`.
    J : exchange energy > 0 in eV. alpha_R : coupling strength α in eV nm.

    The functions take k (..., d) in 1/nm and return (..., 2, 2) in eV and (..., d, 2, 2) in eV nm: what
    `response.kubo_spin` takes. Raises ValueError for |m| ≠ 1, J ≤ 0, non-finite input or another dimension.
    """
    band = as_band(band)
    m = check.unit_vectors("m", check.finite("m", m, shape=(3,)))
    J = check.positive("J", J, "eV")
    alpha = check.number("alpha_R", alpha_R, unit="eV nm")
    w = _directions(coupling)
    if band.dimension != len(w):
        raise ValueError(f"coupling must have one row per direction of the band, {band.dimension}; got {len(w)}")
    spin_orbit = alpha * np.einsum("ia,abc->ibc", w, sigma)
    exchange = J * np.einsum("a,abc->bc", m, sigma)

    def hamiltonian(k):
        k = band._checked(k)
        return (band._energy(k)[..., None, None] * np.eye(2)
                + np.einsum("...i,ibc->...bc", k, spin_orbit) + exchange)

    def gradient(k):
        return hbar * band._velocity(band._checked(k))[..., None, None] * np.eye(2) + spin_orbit

    return hamiltonian, gradient


def berry_curvature(m: ArrayLike, k: ArrayLike, coupling: ArrayLike = RASHBA, *, J: float, alpha_R: float,
                    step: float = 1e-3) -> NDArray:
    """Ω_ai = −2 Im⟨∂u/∂M_a | ∂u/∂k_i⟩ with M = Jm, shape (..., 2, 3, d), in nm/eV; majority first.

    A field E changes the spin of a state by Δσ_a = e Σ_i Ω_ai E_i (carriers −e): the Berry-phase form of the Kubo
    formula (10). Computed as the phase that the numerical eigenvector picks up around a small square in (M_a, k_i),
    over the square's area: no velocity, no sum over states, no gap. ε(k) drops out.

    ``m`` (3,) a unit vector; ``k`` (..., d) in 1/nm; ``J`` > 0 in eV; ``alpha_R`` (α) in eV nm; ``step`` is the
    square's side as a fraction of J along M and, in 1/nm, along k; errors go as its square. Raises ValueError for
    wrong shapes, non-finite input, |m| ≠ 1, J ≤ 0 or step ≤ 0, and where the bands come so close that the square may
    hold a point at which they touch.
    """
    w = _directions(coupling)
    k = check.finite("k", k, shape=(..., len(w)))
    J = check.positive("J", J, "eV")
    M = J * check.unit_vectors("m", check.finite("m", m, shape=(3,)))
    alpha = check.number("alpha_R", alpha_R, unit="eV nm")
    step = check.positive("step", step)
    side = step * J
    gap = 2 * np.linalg.norm(M + alpha * k @ w, axis=-1)
    nearest = np.argmin(gap) if gap.size else 0
    smallest = side + abs(alpha) * step * np.max(np.linalg.norm(w, axis=-1))
    if np.any(gap <= smallest):
        raise ValueError(f"k must keep the two bands apart, by more than {smallest:.2g} eV with this step; "
                         f"the gap is {gap.flat[nearest]:.2g} eV at k = {k.reshape(-1, len(w))[nearest]} 1/nm")
    corners = [(-1, -1), (1, -1), (1, 1), (-1, 1)]
    curvature = np.empty(k.shape[:-1] + (2, 3, len(w)))
    for a in range(3):
        for i in range(len(w)):
            states = []
            for in_M, in_k in corners:
                field = M + in_M * side/2 * np.eye(3)[a] + alpha * (k + in_k * step/2 * np.eye(len(w))[i]) @ w
                states.append(np.linalg.eigh(np.einsum("...a,abc->...bc", field, sigma))[1])
            loop = 1.0
            for here, there in zip(states, states[1:] + states[:1]):
                loop = loop * np.sum(np.conj(here) * there, axis=-2)
            curvature[..., a, i] = -np.angle(loop) / (side * step)
    return curvature


def _directions(coupling):
    w = check.finite("coupling", coupling, shape=(None, 3))
    if len(w) not in (1, 2, 3):
        raise ValueError(f"coupling must have 1, 2 or 3 rows, one per direction of motion; got {len(w)}")
    return w
