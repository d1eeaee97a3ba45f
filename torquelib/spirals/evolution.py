"""Time evolution of an electron in a planar spiral while an electric field is switched on.

A field moves the wave vector, ħ dk/dt = −eE. In a planar spiral the spin then precesses in a field b(k(t)) that is
known without expansion (see `torquelib.spirals`),

    dσ/dt = (2/ħ) b(t) × σ      on the axes (e_θ, e_φ, m),

which `evolve` integrates. `evolve_schroedinger` solves the Schrödinger equation for (1) in the lab frame with QuTiP,
with no gauge transformation: the independent route to the same spin.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.integrate import solve_ivp

from .. import _validate as check
from .._compiler import njit
from ..bands import BandLike, as_band
from ..textures import TextureLike, as_texture
from ..units import e, hbar
from .field import _spiral_field, _spiral_rates
from .plane_waves import RotatingSpiralState

_GAUSS = np.array([0.5 - np.sqrt(3)/6, 0.5 + np.sqrt(3)/6])
_MOST_TURNS, _MOST_TURNS_OF_QUTIP = 1e6, 1e4


class FieldLike(Protocol):
    """What a reader's own electric field needs; no base class."""

    def integral(self, t: Any, /) -> Any:
        """∫E dt' up to each of ``t`` (n,) in fs, in V fs/nm: shape (n,), along x, or (n, d)."""


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
        amplitude = check.finite("amplitude", self.amplitude, unit="V/nm")
        if amplitude.ndim > 1:
            raise ValueError(f"amplitude must be a number or a vector; got shape {amplitude.shape}")
        check.keep(self, amplitude=tuple(amplitude.tolist()) if amplitude.ndim else float(amplitude),
                   ramp=check.nonnegative("ramp", self.ramp, "fs"), start=check.number("start", self.start, unit="fs"))

    def __call__(self, t: ArrayLike) -> NDArray:
        after = check.finite("t", t) - self.start
        if self.ramp == 0:
            return self._along((after >= 0).astype(float))
        return self._along(np.sin(np.pi/2 * np.clip(after / self.ramp, 0, 1))**2)

    def integral(self, t: ArrayLike) -> NDArray:
        """∫E dt' up to ``t`` (fs), in V fs/nm."""
        return self._integral(check.finite("t", t))

    def _integral(self, t):
        after = t - self.start
        rising = np.clip(after, 0, self.ramp)
        area = np.clip(after - self.ramp, 0, None)
        if self.ramp > 0:
            area = area + rising/2 - self.ramp/(2*np.pi) * np.sin(np.pi * rising / self.ramp)
        return self._along(area)

    def _along(self, value):
        amplitude = np.asarray(self.amplitude, dtype=float)
        return amplitude * value if amplitude.ndim == 0 else amplitude * value[..., None]


@dataclass(frozen=True, eq=False)
class Evolution:
    """Spin of electrons along their paths k(t); spins are expectation values of σ on the axes (e_θ, e_φ, m).

    ``times`` (n,) fs, ``k`` (..., n, d) 1/nm, ``spin`` (..., n, 3), and ``eigenspin`` (..., n, 3), the spin of the
    eigenstate of H'(k(t)) that the electron started from.
    """

    times: np.ndarray
    k: np.ndarray
    spin: np.ndarray
    eigenspin: np.ndarray
    texture: TextureLike

    @property
    def deviation(self) -> NDArray:
        """Spin minus the eigenstate's: what the field adds, Δσ of Eqs. (3) and (12) once it is steady. (..., n, 3)"""
        return self.spin - self.eigenspin

    def lab(self, vectors: ArrayLike, x: float = 0.0, y: float = 0.0, z: float = 0.0) -> NDArray:
        """``vectors`` (..., n, 3) on (e_θ, e_φ, m), such as ``spin``, in the lab frame at one point (nm).

        Raises ValueError for another shape, values that are not finite, or more than one point.
        """
        vectors = check.finite("vectors", vectors, shape=(..., len(self.times), 3))
        x, y, z = (check.number(name, value, unit="nm") for name, value in zip("xyz", (x, y, z)))
        return np.einsum("...na,nai->...ni", vectors, as_texture(self.texture).axes(x, y, z, self.times))


def _uniform_times(times):
    """``times`` as a float array (n ≥ 2,), rising in equal steps; raises ValueError otherwise."""
    times = check.finite("times", times, shape=(None,), unit="fs")
    if times.size < 2:
        raise ValueError(f"times must hold at least 2 instants; got {times.size}")
    steps = np.diff(times)
    if np.any(steps <= 0):
        i = int(np.argmax(steps <= 0))
        raise ValueError(f"times must rise; got {times[i]:g} fs followed by {times[i + 1]:g} fs")
    if np.ptp(steps) > 1e-6 * steps.mean():
        raise ValueError(f"times must have equal steps; got steps from {steps.min():g} to {steps.max():g} fs")
    return times


def precess(b: Callable[[NDArray], NDArray], times: ArrayLike, spin: ArrayLike, *,
            largest_angle: float = 0.2) -> NDArray:
    """Spin in the field b(t): solves dσ/dt = (2/ħ) b × σ, that is H = σ·b. Returns σ at ``times``, shape (..., n, 3).

    ``b(t)`` takes instants (q,) in fs and returns fields (..., q, 3) in eV; ``times`` (n,) rises in equal steps;
    ``spin`` (..., 3) is σ at ``times[0]``. Fourth-order Magnus steps, each a rotation, so |σ| is kept; between two
    ``times`` there are as many steps as keep the rotation per step below ``largest_angle`` (radians), by the largest
    |b| at the ``times`` and at the instants that the steps use. Raises ValueError for other shapes or values.
    """
    times = _uniform_times(times)
    spin = check.finite("spin", spin, shape=(..., 3))
    largest_angle = check.positive("largest_angle", largest_angle, "rad")
    check.function("b", b, "time")

    def field(t):
        return check.finite("b(t)", b(t), shape=(..., t.size, 3))

    probe = field(times)
    check.common_shape(**{"b(t) without its last two axes": probe[..., 0, 0],
                          "spin without its last axis": spin[..., 0]})
    return _precess(field, times, spin, largest_angle, probe)


def _precess(b, times, spin, largest_angle, probe):
    """``probe`` is b(times)."""
    interval = (times[-1] - times[0]) / (times.size - 1)

    def enough(b):
        fastest = 2/hbar * np.sqrt(np.max(np.sum(b**2, axis=-1), initial=0.0))
        return max(1, int(np.ceil(interval * fastest / largest_angle)))

    substeps = enough(probe)
    batch = np.broadcast_shapes(probe.shape[:-2], spin.shape[:-1])
    sigma = np.broadcast_to(spin, batch + (3,)).reshape(-1, 3).copy()
    out = np.empty((sigma.shape[0], times.size, 3))
    out[:, 0] = sigma
    first = 0
    while first < times.size - 1:
        last = min(first + max(1, 200_000 // (substeps * sigma.shape[0])), times.size - 1)
        step = interval / substeps
        starts = times[first] + step * np.arange((last - first) * substeps)
        nodes = b((starts[:, None] + step * _GAUSS).ravel())
        if enough(nodes) > substeps:                                       # b was larger than at ``times``: once more
            substeps = enough(nodes)
            continue
        nodes = np.broadcast_to(nodes, batch + nodes.shape[-2:]).reshape(sigma.shape[0], -1, 2, 3)
        _magnus(np.ascontiguousarray(nodes), step, substeps, sigma, out[:, first + 1:last + 1])
        first = last
    return out.reshape(batch + (times.size, 3))


@njit(cache=True, nogil=True)
def _magnus(b, step, substeps, sigma, out):
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


def accelerated(band: BandLike, field: FieldLike, k: ArrayLike, times: ArrayLike) -> NDArray:
    """k(t) = k − (e/ħ)∫E dt for carriers of charge −e: shape (..., n, d) in 1/nm for ``k`` (..., d), ``times`` (n,).

    ``field`` a `SwitchedField`, or anything with ``integral(t)``; ``times`` in fs. Raises ValueError for other shapes.
    """
    band, area = as_band(band), _integral(field)
    k = check.finite("k", k, shape=(..., band.dimension), unit="1/nm")
    return _path(band.dimension, area, k)(check.finite("times", times, shape=(None,), unit="fs"))


def _integral(field):
    """The integral of a field as a function, checked in each call if it is a reader's own."""
    if isinstance(field, SwitchedField):
        return field._integral
    if not callable(getattr(field, "integral", None)):
        raise TypeError(f"field must be a SwitchedField, or have integral(t); got {field!r}")
    return lambda t: check.finite("field.integral(t)", field.integral(t))


def _path(dimension, area, k):
    """k(t) as a function of t (n,), shape (..., n, d)."""
    def path(t):
        gained = area(t)
        if gained.ndim == 1:
            gained = gained[:, None] * np.eye(dimension)[0]
        if gained.shape[-1] != dimension:
            raise ValueError(f"field must have {dimension} component(s), as the band; got {gained.shape[-1]}")
        return k[..., None, :] - e/hbar * gained
    return path


def _check_ramp(field, times):
    if isinstance(field, SwitchedField) and field.start + field.ramp > times[-1]:
        raise ValueError(f"times must reach the end of the ramp at {field.start + field.ramp:g} fs; "
                         f"they end at {times[-1]:g} fs")


class _Motion:
    """The arguments of a run, valid; the way k(t) of the electrons, and the field b(t) on their spins."""

    def __init__(self, band, texture, field, k, times, s, J, leading=()):
        self.band, self.texture, self.times = as_band(band), as_texture(texture), _uniform_times(times)
        d = self.band.dimension
        self.k = check.finite("k", k, shape=(*leading, d), unit="1/nm")
        if self.k.size == 0:
            raise ValueError("k must hold at least one wave vector; got none")
        self.s, self.J = check.band_index("s", s), check.positive("J", J, "eV")
        self.path = _path(d, _integral(field), self.k)
        _check_ramp(field, self.times)
        p, self.omega, self.normal = _spiral_rates(self.texture)
        if np.any(p[d:] != 0):
            raise ValueError(f"texture must turn in the {d} dimension(s) of the band; got p = {p} 1/nm")
        self.p, self.reached = p[:d], self.path(self.times)
        for end in (-self.p/2, self.p/2):
            self.band._within(self.reached + end, "k(t) ± p/2, from k, field and texture,")
        self.fields = self.b(self.times)

    def b(self, t):
        """The field (..., n, 3) in eV at the instants t (n,)."""
        return _spiral_field(self.band, self.path(t), self.p, self.J, self.omega, self.normal)

    def eigenspin(self):
        return self.s * self.fields / np.linalg.norm(self.fields, axis=-1, keepdims=True)

    def check_turns(self, most):
        duration = self.times[-1] - self.times[0]
        turns = np.max(np.abs(self.fields)) / (np.pi * hbar) * duration
        if turns > most:
            raise ValueError(f"J and times must let the spin turn at most {most:.0f} times, as every turn takes tens "
                             f"of steps; got {turns:.3g} turns in {duration:g} fs")


def evolve(band: BandLike, texture: TextureLike, field: FieldLike, k: ArrayLike, times: ArrayLike, *, s: int, J: float,
           spin: ArrayLike | None = None, largest_angle: float = 0.2) -> Evolution:
    """Spin of electrons in a planar spiral while ``field`` acts, exactly (no expansion in gradient or field).

    ``field`` a `SwitchedField` (or anything with ``integral(t)``), ``k`` (..., d) in 1/nm at a time before the field,
    ``times`` (n,) in fs, rising in equal steps and reaching beyond the ramp, ``J`` > 0 in eV. The electrons start at
    ``times[0]`` in the eigenstate of band ``s``, or with ``spin`` (..., 3) on the axes (e_θ, e_φ, m) if given: an
    expectation value of σ, |σ| ≤ 1, of a shape that broadcasts against that of ``k``.
    Returns an `Evolution`. Source: (1) and (8) with ħ dk/dt = −eE; Magnus integration, see `precess`.
    Raises ValueError for a texture that is no planar spiral, times that do not fit or let the spin turn more than a
    million times, or k(t) outside the band's domain at one of the ``times``; TypeError for an object that is no band,
    texture or field.
    """
    run = _Motion(band, texture, field, k, times, s, J, leading=(...,))
    run.check_turns(_MOST_TURNS)
    eigenspin = run.eigenspin()
    start = eigenspin[..., 0, :] if spin is None else _spin(spin, run.k)
    largest_angle = check.positive("largest_angle", largest_angle, "rad")
    return Evolution(run.times, run.reached, _precess(run.b, run.times, start, largest_angle, run.fields), eigenspin,
                     run.texture)


def _spin(spin, k):
    spin = check.finite("spin", spin, shape=(..., 3))
    length = np.max(np.linalg.norm(spin, axis=-1), initial=0.0)
    if length > 1 + 1e-6:
        raise ValueError(f"spin must be an expectation value of σ, of length 1 at most; got length {length:.6g}")
    check.common_shape(**{"k without its last axis": k[..., 0], "spin without its last axis": spin[..., 0]})
    return spin


def evolve_schroedinger(band: BandLike, texture: TextureLike, field: FieldLike, k: ArrayLike, times: ArrayLike, *,
                        s: int, J: float, tolerance: float = 1e-10) -> NDArray:
    """The same spin as ``evolve(...).lab(spin)`` at the origin, from the Schrödinger equation of (1): shape (n, 3).

    One electron, ``k`` (d,). No gauge transformation: a spiral couples |k − p/2, N↑⟩ to |k + p/2, N↓⟩ only, so the
    lab-frame spinor at the origin obeys H = ε(k − p/2)P↑ + ε(k + p/2)P↓ + Jσ·m(0, t), with P↑↓ the projections on spin
    along ±N. QuTiP's ``sesolve`` solves it. The initial state is the eigenstate in the frame that turns with m (for
    ω = 0: of H). Needs qutip; at most 10⁴ turns of the spin; ``tolerance`` above 0. Arguments and errors as `evolve`.
    """
    qutip = check.optional("qutip", "open-systems", "evolve_schroedinger")
    run = _Motion(band, texture, field, k, times, s, J)
    tolerance = check.positive("tolerance", tolerance)
    run.check_turns(_MOST_TURNS_OF_QUTIP)
    pauli = [qutip.sigmax(), qutip.sigmay(), qutip.sigmaz()]
    energy, origin = run.band._energy, np.zeros(3)
    axes = run.texture._axes(*np.broadcast_arrays(*origin, run.times[0]))
    along_normal = sum((component * matrix for component, matrix in zip(run.normal @ axes, pauli)), 0 * pauli[0])

    def ends(t):
        k = run.path(np.atleast_1d(t))[0]
        return float(energy(k - run.p/2)), float(energy(k + run.p/2))

    offset = float(energy(run.k))
    hamiltonian = [[qutip.qeye(2), lambda t: (sum(ends(t)) / 2 - offset) / hbar],
                   [along_normal, lambda t: -np.diff(ends(t))[0] / 2 / hbar]]
    for i, matrix in enumerate(pauli):
        hamiltonian.append([matrix, lambda t, i=i: run.J/hbar
                            * float(run.texture._m(*np.broadcast_arrays(*origin, t))[i])])
    direction = run.eigenspin()[0] @ axes
    initial = sum((component * matrix for component, matrix in zip(direction, pauli)),
                  0 * pauli[0]).eigenstates()[1][-1]
    result = qutip.sesolve(qutip.QobjEvo(hamiltonian), initial, run.times, e_ops=pauli,
                           options={"rtol": tolerance, "atol": tolerance * 1e-3, "nsteps": 1_000_000,
                                    "max_step": np.pi * hbar / run.J / 8})
    return np.stack(result.expect, axis=-1)


def evolve_rotating_spiral(band: BandLike, state: RotatingSpiralState, field: FieldLike, x: ArrayLike, times: ArrayLike,
                           *, tolerance: float = 1e-9) -> NDArray:
    """Spin at points ``x`` (nm) in the rotating spiral (A9) while ``field`` acts: lab frame, (n,) + x.shape + (3,).

    ``state`` is a `torquelib.spirals.RotatingSpiralState` of the same ``band``, in which the electron starts at
    ``times[0]``. In the frame that turns with φ the field moves the energies ε(k_j(t)) of its plane waves, the exchange
    field stays: SciPy's DOP853 solves the Schrödinger equation of the coefficients. No gauge transformation in space,
    no local approximation. Other arguments and errors as `evolve`.
    """
    band = as_band(band)
    check.instance("state", state, RotatingSpiralState)
    area, times, x = _integral(field), _uniform_times(times), check.finite("x", x)
    tolerance = check.positive("tolerance", tolerance)
    _check_ramp(field, times)
    V, path = state.potential(), _path(band.dimension, area, state.wave_vectors)
    band._within(path(times), "the plane waves' k(t)")

    def schroedinger(t, c):
        waves = path(np.array([t]))[:, 0]
        return -1j/hbar * (np.repeat(band._energy(waves) - state.energy, 2) * c + V @ c)

    run = solve_ivp(schroedinger, times[[0, -1]], state.coefficients.ravel().astype(complex), method="DOP853",
                    t_eval=times, rtol=tolerance, atol=tolerance)
    return np.stack([state._spin(x, t, c.reshape(-1, 2)) for t, c in zip(times, run.y.T)])
