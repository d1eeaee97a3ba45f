"""Time evolution of an electron in a planar spiral while an electric field is switched on.

A field moves the wave vector, ħ dk/dt = −eE. In a planar spiral the spin then precesses in a field b(k(t)) that is
known without expansion (see `torquelib.spirals`),

    dσ/dt = (2/ħ) b(t) × σ      on the axes (e_θ, e_φ, m),

which `evolve` integrates. `evolve_schroedinger` solves the Schrödinger equation for (1) in the lab frame with QuTiP,
with no gauge transformation: the independent route to the same spin.
"""

from dataclasses import dataclass

import numba
import numpy as np
from scipy.integrate import solve_ivp

from .. import _validate as check
from ..units import e, hbar
from .field import gradient_vector, spiral_field, spiral_rates
from .plane_waves import RotatingSpiralState

_GAUSS = np.array([0.5 - np.sqrt(3)/6, 0.5 + np.sqrt(3)/6])
_MOST_TURNS, MOST_TURNS_OF_QUTIP = 1e6, 1e4


@dataclass(frozen=True)
class SwitchedField:
    """Electric field E(t): zero until ``start``, up as E sin²(π(t − start)/2 ramp), constant afterwards.

    ``amplitude`` E in V/nm, a number (along x) or a vector; ``ramp`` ≥ 0 and ``start`` in fs. ``ramp = 0`` switches the
    field on at once. Called with t it returns E(t), and ``integral(t)`` gives ∫E dt in V fs/nm: shape (...)
    or (..., d).
    """

    amplitude: float | tuple
    ramp: float = 0.0
    start: float = 0.0

    def __post_init__(self):
        amplitude = check.finite("amplitude", self.amplitude)
        if amplitude.ndim > 1:
            raise ValueError(f"amplitude must be a number or a vector; got shape {amplitude.shape}")
        check.nonnegative("ramp", self.ramp, "fs")
        check.number("start", self.start, unit="fs")

    def __call__(self, t):
        after = check.finite("t", t) - self.start
        if self.ramp == 0:
            return self._along((after >= 0).astype(float))
        return self._along(np.sin(np.pi/2 * np.clip(after / self.ramp, 0, 1))**2)

    def integral(self, t):
        """∫E dt' up to ``t`` (fs), in V fs/nm."""
        after = check.finite("t", t) - self.start
        rising = np.clip(after, 0, self.ramp)
        area = np.clip(after - self.ramp, 0, None)
        if self.ramp > 0:
            area = area + rising/2 - self.ramp/(2*np.pi) * np.sin(np.pi * rising / self.ramp)
        return self._along(area)

    def _along(self, value):
        amplitude = np.asarray(self.amplitude, dtype=float)
        return amplitude * value if amplitude.ndim == 0 else amplitude * value[..., None]


@dataclass(frozen=True)
class Evolution:
    """Spin of electrons along their paths k(t); spins are expectation values of σ on the axes (e_θ, e_φ, m).

    ``times`` (n,) fs, ``k`` (..., n, d) 1/nm, ``spin`` (..., n, 3), and ``eigenspin`` (..., n, 3), the spin of the
    eigenstate of H'(k(t)) that the electron started from.
    """

    times: np.ndarray
    k: np.ndarray
    spin: np.ndarray
    eigenspin: np.ndarray
    texture: object

    @property
    def deviation(self):
        """Spin minus the eigenstate's: what the field adds, Δσ of Eqs. (3) and (12) once it is steady. (..., n, 3)"""
        return self.spin - self.eigenspin

    def lab(self, vectors, x=0.0, y=0.0, z=0.0):
        """``vectors`` (..., n, 3) on (e_θ, e_φ, m), such as ``spin``, in the lab frame at one point (nm).

        Raises ValueError for another shape, values that are not finite, or more than one point.
        """
        vectors = check.finite("vectors", vectors, shape=(..., len(self.times), 3))
        at = (check.number(name, value, unit="nm") for name, value in zip("xyz", (x, y, z)))
        return np.einsum("...na,nai->...ni", vectors, self.texture.axes(*at, self.times))


def uniform_times(name, times):
    """``times`` as a float array (n ≥ 2,), rising in equal steps; raises ValueError otherwise."""
    times = check.finite(name, times, shape=(None,))
    if times.size < 2:
        raise ValueError(f"{name} must hold at least 2 instants; got {times.size}")
    steps = np.diff(times)
    if np.any(steps <= 0):
        i = int(np.argmax(steps <= 0))
        raise ValueError(f"{name} must rise; got {times[i]:g} fs followed by {times[i + 1]:g} fs")
    if np.ptp(steps) > 1e-6 * steps.mean():
        raise ValueError(f"{name} must have equal steps; got steps from {steps.min():g} to {steps.max():g} fs")
    return times


def precess(b, times, spin, *, largest_angle=0.2):
    """Spin in the field b(t): solves dσ/dt = (2/ħ) b × σ, that is H = σ·b. Returns σ at ``times``, shape (..., n, 3).

    ``b(t)`` takes instants (q,) in fs and returns fields (..., q, 3) in eV; ``times`` (n,) rises in equal steps;
    ``spin`` (..., 3) is σ at ``times[0]``. Fourth-order Magnus steps, each a rotation, so |σ| is kept; between two
    ``times`` there are as many steps as keep the rotation per step below ``largest_angle`` (radians).
    """
    times = uniform_times("times", times)
    spin = check.finite("spin", spin, shape=(..., 3))
    largest_angle = check.positive("largest_angle", largest_angle, "rad")
    if not callable(b):
        raise TypeError(f"b must be a function of time; got {b!r}")
    interval = (times[-1] - times[0]) / (times.size - 1)
    probe = check.finite("b(t)", b(times), shape=(..., times.size, 3))
    fastest = 2/hbar * np.sqrt(np.max(np.sum(probe**2, axis=-1)))
    substeps = max(1, int(np.ceil(interval * fastest / largest_angle)))
    step = interval / substeps
    batch = np.broadcast_shapes(probe.shape[:-2], spin.shape[:-1])
    sigma = np.broadcast_to(spin, batch + (3,)).reshape(-1, 3).copy()
    out = np.empty((sigma.shape[0], times.size, 3))
    out[:, 0] = sigma
    per_block = max(1, 200_000 // (substeps * sigma.shape[0]))
    for first in range(0, times.size - 1, per_block):
        last = min(first + per_block, times.size - 1)
        starts = times[first] + step * np.arange((last - first) * substeps)
        nodes = b((starts[:, None] + step * _GAUSS).ravel())
        nodes = np.broadcast_to(nodes, batch + nodes.shape[-2:]).reshape(sigma.shape[0], -1, 2, 3)
        _precess(np.ascontiguousarray(nodes), step, substeps, sigma, out[:, first + 1:last + 1])
    return out.reshape(batch + (times.size, 3))


@numba.njit(cache=True, nogil=True)
def _precess(b, step, substeps, sigma, out):
    """Fourth-order Magnus: b (K, M, 2, 3) at the two Gauss points of each step; updates sigma (K, 3), fills out."""
    rate = 2 / hbar
    half, commutator = 0.5 * step * rate, np.sqrt(3) / 12 * (step * rate)**2
    for i in range(b.shape[0]):
        x, y, z = sigma[i]
        for j in range(b.shape[1]):
            u, v = b[i, j, 0], b[i, j, 1]
            wx = half * (u[0] + v[0]) - commutator * (u[1]*v[2] - u[2]*v[1])
            wy = half * (u[1] + v[1]) - commutator * (u[2]*v[0] - u[0]*v[2])
            wz = half * (u[2] + v[2]) - commutator * (u[0]*v[1] - u[1]*v[0])
            angle = np.sqrt(wx*wx + wy*wy + wz*wz)
            if angle > 1e-8:
                sine, versine = np.sin(angle) / angle, 2 * (np.sin(angle/2) / angle)**2
            else:
                sine, versine = 1.0, 0.5
            cx, cy, cz = wy*z - wz*y, wz*x - wx*z, wx*y - wy*x
            x, y, z = (x + sine*cx + versine*(wy*cz - wz*cy),
                       y + sine*cy + versine*(wz*cx - wx*cz),
                       z + sine*cz + versine*(wx*cy - wy*cx))
            if (j + 1) % substeps == 0:
                n = (j + 1) // substeps - 1
                out[i, n, 0], out[i, n, 1], out[i, n, 2] = x, y, z
        sigma[i, 0], sigma[i, 1], sigma[i, 2] = x, y, z


def accelerated(band, k, field, times):
    """k(t) = k − (e/ħ)∫E dt for carriers of charge −e: shape (..., n, d) in 1/nm for ``k`` (..., d), ``times`` (n,)."""
    k = check.finite("k", k, shape=(..., check.band(band).dimension))
    area = _with_integral(field).integral(check.finite("times", times, shape=(None,)))
    area = check.finite("field.integral(times)", area)
    if area.ndim == 1:
        area = area[:, None] * np.eye(band.dimension)[0]
    if area.shape[-1] != band.dimension:
        raise ValueError(f"the field must have {band.dimension} component(s), as the band; got {area.shape[-1]}")
    return k[..., None, :] - e/hbar * area


def check_ramp(field, times):
    """Raise unless ``field`` has ``integral(t)`` and, for a `SwitchedField`, ``times`` reach the end of its ramp."""
    if isinstance(_with_integral(field), SwitchedField) and field.start + field.ramp > times[-1]:
        raise ValueError(f"times must reach the end of the ramp at {field.start + field.ramp:g} fs; "
                         f"they end at {times[-1]:g} fs")


def _with_integral(field):
    if not callable(getattr(field, "integral", None)):
        raise TypeError(f"field must be a SwitchedField, or have integral(t); got {field!r}")
    return field


def check_turns(b, times, most):
    """Raise if a spin turns more than ``most`` times in the field ``b`` (..., 3), in eV,
    from the first to the last of ``times``."""
    duration = times[-1] - times[0]
    turns = np.max(np.abs(b)) / (np.pi * hbar) * duration
    if turns > most:
        raise ValueError(f"J and times must let the spin turn at most {most:.0f} times, as every turn takes tens of "
                         f"steps; got {turns:.3g} turns in {duration:g} fs")


def _setting(band, texture, k, J, field, times, s):
    check.band(band), check.texture(texture)
    times = uniform_times("times", times)
    if np.size(k) == 0:
        raise ValueError("k must hold at least one wave vector; got none")
    J = check.positive("J", J, "eV")
    s = check.band_index("s", s)
    check_ramp(field, times)
    p, omega, normal = spiral_rates(texture)
    p = gradient_vector(band, p)

    def b(t):
        return spiral_field(band, accelerated(band, k, field, t), p, J, omega, normal)

    return times, J, s, b


def evolve(band, texture, k, J, field, times, *, s=-1, spin=None, largest_angle=0.2):
    """Spin of electrons in a planar spiral while ``field`` acts, exactly (no expansion in gradient or field).

    ``k`` (..., d) in 1/nm at a time before the field, ``J`` > 0 in eV, ``field`` a `SwitchedField` (or anything with
    ``integral(t)``), ``times`` (n,) in fs, rising in equal steps and reaching beyond the ramp. The electrons start at
    ``times[0]`` in the eigenstate of band ``s``, or with ``spin`` (..., 3) on the axes (e_θ, e_φ, m) if given.
    Returns an `Evolution`. Source: (1) and (8) with ħ dk/dt = −eE; Magnus integration, see `precess`.
    Raises ValueError for a texture that is no planar spiral, times that do not fit or let the spin turn more than a
    million times, or k(t) outside the band's domain; TypeError for an object that is no band, texture or field.
    """
    times, J, s, b = _setting(band, texture, k, J, field, times, s)
    fields = b(times)
    check_turns(fields, times, _MOST_TURNS)
    eigenspin = s * fields / np.linalg.norm(fields, axis=-1, keepdims=True)
    start = eigenspin[..., 0, :] if spin is None else check.finite("spin", spin, shape=(..., 3))
    sigma = precess(b, times, start, largest_angle=largest_angle)
    return Evolution(times, accelerated(band, k, field, times), sigma, eigenspin, texture)


def evolve_schroedinger(band, texture, k, J, field, times, *, s=-1, tolerance=1e-10):
    """The same spin as ``evolve(...).lab(spin)`` at the origin, from the Schrödinger equation of (1): shape (n, 3).

    One electron, ``k`` (d,). No gauge transformation: a spiral couples |k − p/2, N↑⟩ to |k + p/2, N↓⟩ only, so the
    lab-frame spinor at the origin obeys H = ε(k − p/2)P↑ + ε(k + p/2)P↓ + Jσ·m(0, t), with P↑↓ the projections on spin
    along ±N. QuTiP's ``sesolve`` solves it. The initial state is the eigenstate in the frame that turns with m (for
    ω = 0: of H). Needs qutip; at most 10⁴ turns of the spin; ``tolerance`` above 0. Arguments and errors as `evolve`.
    """
    qutip = check.optional("qutip", "open-systems", "evolve_schroedinger")
    times, J, s, b = _setting(band, texture, k, J, field, times, s)
    tolerance = check.positive("tolerance", tolerance)
    check_turns(b(times), times, MOST_TURNS_OF_QUTIP)
    k = check.finite("k", k, shape=(band.dimension,))
    p, _, normal = spiral_rates(texture)
    p = gradient_vector(band, p)
    pauli = [qutip.sigmax(), qutip.sigmay(), qutip.sigmaz()]
    axes = texture.axes(0.0, 0.0, 0.0, times[0])
    along_normal = sum((component * matrix for component, matrix in zip(normal @ axes, pauli)), 0 * pauli[0])

    def path(t):
        return accelerated(band, k, field, np.atleast_1d(t))[0]

    def mean(t):
        return float(band.energy(path(t) - p/2) + band.energy(path(t) + p/2)) / 2 - offset

    def half_difference(t):
        return float(band.energy(path(t) - p/2) - band.energy(path(t) + p/2)) / 2

    offset = float(band.energy(k))
    hamiltonian = [[qutip.qeye(2), lambda t: mean(t) / hbar], [along_normal, lambda t: half_difference(t) / hbar]]
    for i, matrix in enumerate(pauli):
        hamiltonian.append([matrix, lambda t, i=i: J/hbar * float(texture.m(0.0, 0.0, 0.0, t)[i])])
    fields = b(times[:1])[0]
    direction = (s * fields / np.linalg.norm(fields)) @ axes
    initial = sum((component * matrix for component, matrix in zip(direction, pauli)),
                  0 * pauli[0]).eigenstates()[1][-1]
    result = qutip.sesolve(qutip.QobjEvo(hamiltonian), initial, times, e_ops=pauli,
                           options={"rtol": tolerance, "atol": tolerance * 1e-3, "nsteps": 1_000_000,
                                    "max_step": np.pi * hbar / J / 8})
    return np.stack(result.expect, axis=-1)


def evolve_rotating_spiral(state, band, field, times, x, *, tolerance=1e-9):
    """Spin at points ``x`` (nm) in the rotating spiral (A9) while ``field`` acts: lab frame,
    shape (n,) + x.shape + (3,).

    ``state`` is a `torquelib.spirals.RotatingSpiralState`, in which the electron starts at ``times[0]``. In the frame
    that turns with φ the field moves the energies ε(k_j(t)) of its plane waves, the exchange field stays: SciPy's
    DOP853 solves the Schrödinger equation of the coefficients. No gauge transformation in space, no local
    approximation. Arguments and errors as `evolve`.
    """
    check.band(band), check.instance("state", state, RotatingSpiralState)
    times = uniform_times("times", times)
    x = check.finite("x", x)
    tolerance = check.positive("tolerance", tolerance)
    check_ramp(field, times)
    V = state.potential()

    def schroedinger(t, c):
        waves = accelerated(band, state.wave_vectors, field, np.array([t]))[:, 0]
        return -1j/hbar * (np.repeat(band.energy(waves) - state.energy, 2) * c + V @ c)

    run = solve_ivp(schroedinger, times[[0, -1]], state.coefficients.ravel().astype(complex), method="DOP853",
                    t_eval=times, rtol=tolerance, atol=tolerance)
    return np.stack([state.spin(x, t, c.reshape(-1, 2)) for t, c in zip(times, run.y.T)])
