"""Magnetic textures m(r, t): angles in, m and its derivatives out.

m = (sinθ cosφ, sinθ sinφ, cosθ) as below Eq. (7). Positions x, y, z in nm and times t in fs are numbers or arrays
that broadcast against each other to a common shape (...). The rotated axes of the book are

    e_θ = ∂m/∂θ = (cosθ cosφ, cosθ sinφ, −sinθ),   e_φ = (−sinφ, cosφ, 0),   m,

so that ∂m = ∂θ e_θ + sinθ ∂φ e_φ. At a pole (θ = 0 or π) φ has no meaning and its gradient may diverge, while ∂θ and
sinθ ∂φ stay finite: what depends on m alone is computed from these two.

A function that takes a texture needs its methods (`TextureLike`), and raises TypeError for an object without them. To
add one, subclass `Texture`, or hand the two angles to `CustomTexture`; `check_texture` tells whether the derivatives
belong to the angles.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _validate as check
from .quadrature import central_difference


class TextureLike(Protocol):
    """What a reader's own texture needs; no base class. x, y, z (nm) and t (fs) are arrays of one shape (...)."""

    def angles(self, x: Any, y: Any, z: Any, t: Any, /) -> Any:
        """(θ, φ) in rad, each (...)."""

    def angle_derivatives(self, x: Any, y: Any, z: Any, t: Any, /) -> Any:
        """(∂_μθ, ∂_μφ), each (4, ...), μ = x, y, z, t."""


class Texture:
    """A texture given by its angles. A subclass writes ``_angles`` and ``_angle_derivatives`` of arrays (x, y, z, t).

    ``_angles`` returns (θ, φ), each (...). ``_angle_derivatives`` returns (∂θ, ∂φ), each (4, ...) in the order x, y, z,
    t. Where φ is singular, override ``_transverse_derivatives`` too.
    """

    def angles(self, x: ArrayLike, y: ArrayLike = 0.0, z: ArrayLike = 0.0,
               t: ArrayLike = 0.0) -> tuple[NDArray, NDArray]:
        """(θ, φ) in rad, each of the common shape (...)."""
        return self._pair_of_shape("_angles", _positions(x, y, z, t))

    def angle_derivatives(self, x: ArrayLike, y: ArrayLike = 0.0, z: ArrayLike = 0.0,
                          t: ArrayLike = 0.0) -> tuple[NDArray, NDArray]:
        """(∂_μθ, ∂_μφ), each (4, ...), μ = x, y, z (rad/nm), t (rad/fs).

        Raises ValueError at a point where φ has no derivative (the centre of a skyrmion).
        """
        return self._pair_of_shape("_angle_derivatives", _positions(x, y, z, t), (4,))

    def transverse_derivatives(self, x: ArrayLike, y: ArrayLike = 0.0, z: ArrayLike = 0.0,
                               t: ArrayLike = 0.0) -> tuple[NDArray, NDArray]:
        """(∂_μθ, sinθ ∂_μφ), each (4, ...): the components of ∂_μ m along e_θ and e_φ. Finite at the poles."""
        return self._pair_of_shape("_transverse_derivatives", _positions(x, y, z, t), (4,))

    def _pair_of_shape(self, name, at, head=()):
        """The body ``name`` at the positions, if a subclass wrote it to return two arrays (*head, ...)."""
        first, second = getattr(self, name)(*at)
        shape = head + at[0].shape
        if not np.shape(first) == np.shape(second) == shape:
            raise ValueError(f"{type(self).__name__}.{name}(x, y, z, t) must return two arrays of shape {shape}; got "
                             f"{np.shape(first)}, {np.shape(second)}")
        return first, second

    def axes(self, x: ArrayLike, y: ArrayLike = 0.0, z: ArrayLike = 0.0, t: ArrayLike = 0.0) -> NDArray:
        """Rotated axes as the rows (e_θ, e_φ, m) of an array (..., 3, 3)."""
        return self._axes(*_positions(x, y, z, t))

    def m(self, x: ArrayLike, y: ArrayLike = 0.0, z: ArrayLike = 0.0, t: ArrayLike = 0.0) -> NDArray:
        """Direction of the magnetization, shape (..., 3)."""
        return self._m(*_positions(x, y, z, t))

    def gradient(self, x: ArrayLike, y: ArrayLike = 0.0, z: ArrayLike = 0.0, t: ArrayLike = 0.0) -> NDArray:
        """∂_i m in 1/nm, shape (..., 3, 3): the direction i of the derivative first, the component of m last."""
        return self._gradient(*_positions(x, y, z, t))

    def time_derivative(self, x: ArrayLike, y: ArrayLike = 0.0, z: ArrayLike = 0.0, t: ArrayLike = 0.0) -> NDArray:
        """∂_t m in 1/fs, shape (..., 3)."""
        return self._derivatives_of_m(*_positions(x, y, z, t))[3]

    # the bodies: x, y, z, t are arrays of one shape (...) that were checked at the door

    def _angles(self, x, y, z, t):
        raise NotImplementedError(f"{type(self).__name__} must write _angles(x, y, z, t)")

    def _angle_derivatives(self, x, y, z, t):
        raise NotImplementedError(f"{type(self).__name__} must write _angle_derivatives(x, y, z, t)")

    def _transverse_derivatives(self, x, y, z, t):
        theta, _ = self._angles(x, y, z, t)
        d_theta, d_phi = self._angle_derivatives(x, y, z, t)
        return d_theta, np.sin(theta) * d_phi

    def _axes(self, x, y, z, t):
        return _axes(*self._angles(x, y, z, t))

    def _m(self, x, y, z, t):
        return _direction(*self._angles(x, y, z, t))

    def _gradient(self, x, y, z, t):
        return np.moveaxis(self._derivatives_of_m(x, y, z, t)[:3], 0, -2)

    def _derivatives_of_m(self, x, y, z, t):
        """∂_μ m, shape (4, ..., 3)."""
        axes = self._axes(x, y, z, t)
        along_theta, along_phi = self._transverse_derivatives(x, y, z, t)
        return along_theta[..., None] * axes[..., 0, :] + along_phi[..., None] * axes[..., 1, :]


def _positions(x, y, z, t):
    at = {name: check.finite(name, value, unit="" if np.size(value) == 1 else "fs" if name == "t" else "nm")
          for name, value in zip("xyzt", (x, y, z, t))}                    # one point may lie as near 0 as it likes
    check.common_shape(**at)
    return np.broadcast_arrays(*at.values())


def _direction(theta, phi):
    return np.stack([np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)], axis=-1)


def _axes(theta, phi):
    e_theta = np.stack([np.cos(theta) * np.cos(phi), np.cos(theta) * np.sin(phi), -np.sin(theta)], axis=-1)
    e_phi = np.stack([-np.sin(phi), np.cos(phi), np.zeros_like(phi)], axis=-1)
    return np.stack([e_theta, e_phi, _direction(theta, phi)], axis=-2)


def _linear(shape, slopes):
    """Derivatives (4, ...) that are the same everywhere."""
    return np.broadcast_to(np.reshape(np.asarray(slopes, dtype=float), (4,) + (1,) * len(shape)), (4,) + shape).copy()


@dataclass(frozen=True)
class Uniform(Texture):
    """One direction everywhere, given by ``theta`` and ``phi`` in rad."""

    theta: float = 0.0
    phi: float = 0.0

    def __post_init__(self):
        check.keep(self, theta=check.number("theta", self.theta, unit="rad"),
                   phi=check.number("phi", self.phi, unit="rad"))

    def _angles(self, x, y, z, t):
        return np.full(x.shape, self.theta), np.full(x.shape, self.phi)

    def _angle_derivatives(self, x, y, z, t):
        return _linear(x.shape, (0, 0, 0, 0)), _linear(x.shape, (0, 0, 0, 0))


@dataclass(frozen=True)
class DriftingSpiral(Texture):
    """Equation (A1): θ = px + ωt, φ = 0. Planar spiral in the x–z plane, drifting with velocity −ω/p.

    ``p`` in rad/nm, ``omega`` in rad/fs.
    """

    p: float
    omega: float = 0.0

    def __post_init__(self):
        check.keep(self, p=check.number("p", self.p, unit="rad/nm"),
                   omega=check.number("omega", self.omega, unit="rad/fs"))

    def _angles(self, x, y, z, t):
        return self.p * x + self.omega * t, np.zeros(x.shape)

    def _angle_derivatives(self, x, y, z, t):
        return _linear(x.shape, (self.p, 0, 0, self.omega)), _linear(x.shape, (0, 0, 0, 0))


@dataclass(frozen=True)
class RotatingSpiral(Texture):
    """Equation (A9): θ = px, φ = ωt. The plane of the spiral turns about z.

    ``p`` in rad/nm, ``omega`` in rad/fs.
    """

    p: float
    omega: float

    __post_init__ = DriftingSpiral.__post_init__

    def _angles(self, x, y, z, t):
        return self.p * x, self.omega * t

    def _angle_derivatives(self, x, y, z, t):
        return _linear(x.shape, (self.p, 0, 0, 0)), _linear(x.shape, (0, 0, 0, self.omega))


class _Wall(Texture):
    """θ = 2 arctan exp(x/Δ): m_z = −tanh(x/Δ), up on the left and down on the right."""

    def __post_init__(self):
        check.keep(self, width=check.positive("width", self.width, "nm"))

    def _angles(self, x, y, z, t):
        return 2*np.arctan(np.exp(np.clip(x / self.width, -700, 700))), np.full(x.shape, self._phi)

    def _angle_derivatives(self, x, y, z, t):
        d_theta = _linear(x.shape, (0, 0, 0, 0))
        d_theta[0] = 1 / (self.width * np.cosh(np.clip(x / self.width, -700, 700)))
        return d_theta, _linear(x.shape, (0, 0, 0, 0))


@dataclass(frozen=True)
class BlochWall(_Wall):
    """180° wall across x: m_z = −tanh(x/Δ), m turns in the y–z plane (φ = π/2). ``width`` Δ in nm."""

    width: float
    _phi = np.pi/2


@dataclass(frozen=True)
class NeelWall(_Wall):
    """180° wall across x: m_z = −tanh(x/Δ), m turns in the x–z plane (φ = 0). ``width`` Δ in nm."""

    width: float
    _phi = 0.0


@dataclass(frozen=True)
class Skyrmion(Texture):
    """θ = 2 arctan[sinh(R/Δ)/sinh(ρ/Δ)], φ = vψ + h in polar coordinates (ρ, ψ) of the x–y plane.

    m points down at the centre (θ = π), up far away, and lies in the plane at ρ = ``radius`` R (nm). ``wall_width`` Δ
    in nm; ``helicity`` h in rad (0 Néel, π/2 Bloch); ``vorticity`` v a non-zero integer (−1: antiskyrmion). The profile
    is the 360° wall of X. S. Wang, H. Y. Yuan and X. R. Wang, Commun. Phys. 1, 31 (2018).

    At the centre φ has no derivative: ``angle_derivatives`` raises there, while m, ``gradient`` and
    ``transverse_derivatives`` are exact (with ψ = 0 at the centre) for v = ±1. For |v| > 1 this profile has a conical
    point at the centre, and they give the derivatives along the ray ψ = 0.
    """

    radius: float
    wall_width: float
    helicity: float = 0.0
    vorticity: int = 1

    def __post_init__(self):
        check.keep(self, radius=check.positive("radius", self.radius, "nm"),
                   wall_width=check.positive("wall_width", self.wall_width, "nm"),
                   helicity=check.number("helicity", self.helicity, unit="rad"),
                   vorticity=check.integer("vorticity", self.vorticity))
        if self.vorticity == 0:
            raise ValueError("vorticity must be a non-zero integer; got 0")

    def _angles(self, x, y, z, t):
        ratio = self._profile(np.hypot(x, y))[0]
        theta = 2*np.arctan2(1.0, ratio)
        return theta, self.vorticity * np.arctan2(y, x) + self.helicity

    def _angle_derivatives(self, x, y, z, t):
        rho = np.hypot(x, y)
        if np.any(rho == 0):
            raise ValueError("x, y must not be the skyrmion's centre (0, 0): φ has no derivative there "
                             "(gradient and transverse_derivatives are finite)")
        d_theta, sin_d_phi = self._transverse_derivatives(x, y, z, t)
        d_phi = np.zeros_like(sin_d_phi)
        d_phi[0], d_phi[1] = -self.vorticity * y / rho**2, self.vorticity * x / rho**2
        return d_theta, d_phi

    def _transverse_derivatives(self, x, y, z, t):
        psi = np.arctan2(y, x)
        _, d_theta_d_rho, sin_over_rho = self._profile(np.hypot(x, y))
        zero = np.zeros(x.shape)
        d_theta = np.stack([d_theta_d_rho * np.cos(psi), d_theta_d_rho * np.sin(psi), zero, zero])
        sin_d_phi = self.vorticity * np.stack([-sin_over_rho * np.sin(psi), sin_over_rho * np.cos(psi), zero, zero])
        return d_theta, sin_d_phi

    def _profile(self, rho):
        """q = sinh(ρ/Δ)/sinh(R/Δ) = cot(θ/2), dθ/dρ and sinθ/ρ, without overflow and finite at ρ = 0."""
        width = self.wall_width
        growth = np.exp(np.minimum((rho - self.radius) / width, 300.0)) / -np.expm1(-2*self.radius / width)
        shrink = -np.expm1(-2*rho / width)                       # 1 − e^{−2ρ/Δ}
        ratio = growth * shrink
        shrink_over_rho = np.divide(shrink, rho, out=np.full(rho.shape, 2 / width), where=rho > 0)
        d_theta_d_rho = -2 / width * growth * (2 - shrink) / (1 + ratio**2)
        return ratio, d_theta_d_rho, 2*growth * shrink_over_rho / (1 + ratio**2)


@dataclass(frozen=True)
class RashbaTexture(Texture):
    """Equation (C1): θ = π/2 + px, φ = py. ``p`` in rad/nm; the paper's correspondence holds for |p| x, |p| y ≪ 1."""

    p: float

    def __post_init__(self):
        check.keep(self, p=check.number("p", self.p, unit="rad/nm"))

    def _angles(self, x, y, z, t):
        return np.pi/2 + self.p * x, self.p * y

    def _angle_derivatives(self, x, y, z, t):
        return _linear(x.shape, (self.p, 0, 0, 0)), _linear(x.shape, (0, self.p, 0, 0))


@dataclass(frozen=True)
class DresselhausTexture(Texture):
    """Equation (C4): θ = π/2 + py, φ = px. ``p`` in rad/nm; the paper's correspondence holds for |p| x, |p| y ≪ 1."""

    p: float

    __post_init__ = RashbaTexture.__post_init__

    def _angles(self, x, y, z, t):
        return np.pi/2 + self.p * y, self.p * x

    def _angle_derivatives(self, x, y, z, t):
        return _linear(x.shape, (0, self.p, 0, 0)), _linear(x.shape, (self.p, 0, 0, 0))


@dataclass(frozen=True)
class CustomTexture(Texture):
    """A reader's own texture: ``theta`` and ``phi``, functions of (x, y, z, t) that return rad for arrays (...).

    ``theta_derivatives`` and ``phi_derivatives``, functions of (x, y, z, t) that return (∂_x, ∂_y, ∂_z, ∂_t), are
    optional. Without them the derivatives are fourth-order central differences with ``step`` (nm in space, fs in time),
    accurate to about 1e-11 for a texture that varies over nanometres; a jump of φ by 2π does no harm. Where φ is
    singular at a pole, leave them out: m itself is then differentiated.
    """

    theta: Callable = field(repr=False)
    phi: Callable = field(repr=False)
    theta_derivatives: Callable | None = field(default=None, repr=False)
    phi_derivatives: Callable | None = field(default=None, repr=False)
    step: float = 1e-3

    def __post_init__(self):
        check.keep(self, step=check.positive("step", self.step, "nm and fs"))
        for name in ("theta", "phi", "theta_derivatives", "phi_derivatives"):
            check.function(name, getattr(self, name), "(x, y, z, t)", optional="derivatives" in name)
        if (self.theta_derivatives is None) != (self.phi_derivatives is None):
            raise TypeError("theta_derivatives and phi_derivatives must be given both or neither")

    def _angles(self, x, y, z, t):
        return tuple(self._result(name, (x, y, z, t)) for name in ("theta", "phi"))

    def _angle_derivatives(self, x, y, z, t):
        if self.theta_derivatives is None:
            theta = _differences(lambda *at: self._angles(*at)[0], (x, y, z, t), self.step)
            phi = _differences(lambda *at: self._angles(*at)[1], (x, y, z, t), self.step, period=2*np.pi)
            return theta, phi
        return tuple(self._given_derivatives(name, (x, y, z, t)) for name in ("theta_derivatives", "phi_derivatives"))

    def _given_derivatives(self, name, at):
        given = getattr(self, name)(*at)
        parts = [given] if np.isscalar(given) else list(given)
        if len(parts) != 4:
            raise ValueError(f"{name} must return 4 entries, (∂_x, ∂_y, ∂_z, ∂_t); got {len(parts)}")
        return np.stack([self._broadcast(name, part, at[0].shape) for part in parts])

    def _transverse_derivatives(self, x, y, z, t):
        if self.theta_derivatives is not None:
            return super()._transverse_derivatives(x, y, z, t)
        of_m = _differences(lambda *at: _direction(*self._angles(*at)), (x, y, z, t), self.step)
        axes = _axes(*self._angles(x, y, z, t))
        return np.sum(of_m * axes[..., 0, :], axis=-1), np.sum(of_m * axes[..., 1, :], axis=-1)

    def _result(self, name, at):
        return self._broadcast(name, getattr(self, name)(*at), at[0].shape)

    @staticmethod
    def _broadcast(name, value, shape):
        value = check.finite(name, value)
        try:
            return np.broadcast_to(value, shape)
        except ValueError:
            message = f"{name} must return shape {shape} for positions of that shape; got {value.shape}"
            raise ValueError(message) from None


def _differences(function, at, step, period=None):
    """∂_μ of function(x, y, z, t) → (...) by fourth-order central differences, shape (4, ...)."""
    derivatives = []
    for mu in range(4):
        def moved(n, mu=mu):
            return function(*(value + (n * step if i == mu else 0) for i, value in enumerate(at)))
        derivatives.append(central_difference(moved, step,
                                              wrap=period and (lambda d: d - period * np.round(d / period))))
    return np.stack(derivatives)


class _Lent(Texture):
    """A reader's texture without our base class: its methods under the names of the bodies, their results checked."""

    def __init__(self, own):
        self._own = own

    def _angles(self, x, y, z, t):
        return self._pair("angles", (x, y, z, t), x.shape)

    def _angle_derivatives(self, x, y, z, t):
        return self._pair("angle_derivatives", (x, y, z, t), (4, *x.shape))

    def _transverse_derivatives(self, x, y, z, t):
        if hasattr(self._own, "transverse_derivatives"):
            return self._pair("transverse_derivatives", (x, y, z, t), (4, *x.shape))
        return super()._transverse_derivatives(x, y, z, t)

    def _pair(self, name, at, shape):
        first, second = (check.finite(f"texture.{name}(x, y, z, t)", part) for part in getattr(self._own, name)(*at))
        try:
            return np.broadcast_to(first, shape), np.broadcast_to(second, shape)
        except ValueError:
            raise ValueError(f"texture.{name}(x, y, z, t) must return two arrays of shape {shape}; got {first.shape}, "
                             f"{second.shape}") from None


def as_texture(texture: TextureLike) -> Texture:
    """``texture`` with the unchecked bodies that the library calls: itself, or a reader's methods under their names.

    The one door for textures. Raises TypeError for an object that is no texture.
    """
    if isinstance(texture, Texture):
        return texture
    return _Lent(check.texture(texture))


def check_texture(texture: TextureLike, x: ArrayLike, y: ArrayLike = 0.0, z: ArrayLike = 0.0, t: ArrayLike = 0.0, *,
                  step: float = 1e-3, tolerance: float = 1e-6) -> float:
    """Compare a texture's ∂_μ m with finite differences of its m.

    Returns the largest deviation divided by the largest |∂_μ m| found. Raises ValueError if it exceeds ``tolerance``,
    or if the texture's functions return another shape than that of the positions. ``step`` in nm and fs.
    """
    step = check.positive("step", step, "nm and fs")
    tolerance = check.positive("tolerance", tolerance)
    own, at = as_texture(texture), _positions(x, y, z, t)
    own.angles(*at)
    axes, parts = own._axes(*at), own.transverse_derivatives(*at)
    given = sum(part[..., None] * axes[..., i, :] for i, part in enumerate(parts))
    numerical = _differences(own._m, at, step)
    largest = max(np.max(np.abs(given), initial=0.0), np.max(np.abs(numerical), initial=0.0))
    error = np.max(np.abs(given - numerical), initial=0.0) / (largest or 1.0)
    if not error <= tolerance:
        raise ValueError(f"the derivatives of {type(texture).__name__} must be those of its angles; the largest "
                         f"relative deviation is {error:.2g}, allowed {tolerance:g}")
    return float(error)
