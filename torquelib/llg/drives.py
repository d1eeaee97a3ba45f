"""Currents and fields that drive m, each a class that holds all of itself: the torques of Eq. (6), and those of a
uniform polarisation.

One sign convention, the paper's: j_s is parallel to the electric current of spin-polarised carriers of charge −e, and a
domain wall moves with the electrons, along −j_s. The drift velocity of the literature is u = −b.
"""

from dataclasses import dataclass

import numpy as np

from .. import _validate as check
from ..torques import _intrinsic_velocity, adiabatic_velocity, intrinsic_velocity
from .terms import Term


def _in_plane(name, value):
    """A number (along x) or a pair, as a pair of floats."""
    array = check.finite(name, value)
    if array.shape not in ((), (2,)):
        raise ValueError(f"{name} must be a number (along x) or a pair (along x, along y); got shape {array.shape}")
    return (float(array), 0.0) if array.ndim == 0 else (float(array[0]), float(array[1]))


class Drive(Term):
    """A term without an energy: T_D and T_F of −m × (m × T_D) − m × T_F on the right-hand side of Eq. (6)."""

    def coefficients(self, problem):
        """`kernels.Coefficients` by name, those of P = (T_F − αT_D)/(1 + α²) and Q = (T_D + αT_F)/(1 + α²)."""
        raise NotImplementedError

    def __post_init__(self):
        for name in self._per_cell:
            check.finite(name, getattr(self, name))
        self._first()


class _Gradient(Drive):
    """A vector v in the plane, which acts by (v·∇)m; a number is along x."""

    _signals: tuple
    """Names of its components among `kernels.Signals`."""

    _name = ""
    """Of the kernel's coefficients p_…, q_…."""

    _shape = None
    """Of the vector at t = 0."""

    def _read(self, value, t):
        pair = _in_plane(self._varying, value)
        if self._shape is None:
            object.__setattr__(self, "_shape", np.shape(value))
        # the kernel has no coefficient for a second component that comes later
        if np.shape(value) != self._shape:
            raise ValueError(f"{self._varying} must have the same shape at all times; got {self._shape} at t = 0 and "
                             f"{np.shape(value)} at t = {t:.6g} s")
        return pair

    def signals(self, t):
        return dict(zip(self._signals, self.at(t)))

    def velocities(self, problem):
        """T_D and T_F over (v·∇)m, each a number or (ny, nx)."""
        raise NotImplementedError

    def coefficients(self, problem):
        alpha, found = problem.alpha, {}
        damping, field = self.velocities(problem)
        present = self.at(0.0) if self.constant else (True, self._shape == (2,))
        for direction in problem.mesh.directions:
            if present[direction.number]:
                unit = 1 / (2 * direction.size) / (1 + np.square(alpha))
                axis = "xy"[direction.number]
                found[f"p_{self._name}_{axis}"] = (field - alpha * damping) * unit
                found[f"q_{self._name}_{axis}"] = (damping + alpha * field) * unit
                if (turns := problem.inner_turns(direction)) is not None:
                    found[f"turn_{axis}"] = turns
        return found

    def rate(self, problem, t):
        most = np.max(np.hypot(*self.velocities(problem)))
        return most * sum(abs(self.at(t)[d.number]) / d.size for d in problem.mesh.directions)


@dataclass(frozen=True, repr=False, eq=False)
class SpinCurrent(_Gradient):
    """Adiabatic and non-adiabatic torque of a spin-polarised current, third and fourth term of Eq. (6).

    j_s: spin-polarised electric current density in A/m², a number (along x), a pair (along x, along y), or a function
    of t in s that returns a number at all times or a pair at all times. beta: non-adiabaticity; beta_int: the intrinsic
    part, Eq. (20), which adds to it. Either may vary in space, an array in the mesh's shape; arrays are copied.
    Raises ValueError for another shape or what is not finite, TypeError for what is not numeric; a function is looked
    at at t = 0 and during the run.

    A function of t is read at the beginning, the middle and the end of each step. The tolerance of adaptive steps does
    not see a jump or a pulse that falls between: give `Simulation.run` a `longest_step` or a `dt` shorter than the
    rise.

    ∂t m ∋ (b·∇)m − (β + β_int) m × (b·∇)m with b = μ_B j_s/(e M_s); walls move along −j_s, with the electrons.

    The derivative is the central difference. At an open edge, the mesh's or one to cells that are not inside, the ghost
    cell repeats the edge spin, turned if there is DMI, as for exchange: the mean of ∂m over the edge cell is
    (m_i − m_{i−1})/2dx + Γ × m_i/4A with the boundary condition 2A ∂_n m = Γ × m. (mumax³ leaves the last term out.)

    A terampere per square metre along x: `SpinCurrent(1e12, beta=0.04)`.
    """

    j_s: object
    beta: object = 0.0
    beta_int: object = 0.0
    _varying, _signals, _name, _only = "j_s", ("j_x", "j_y"), "current", "SpinCurrent"
    _per_cell = ("beta", "beta_int")

    @classmethod
    def from_drift_velocity(cls, u, Ms, beta=0.0, beta_int=0.0):
        """The current whose electrons drift with u = −μ_B j_s/(e M_s), in m/s: a number (along x), a pair, or a
        function of t in s that returns one; a wall moves along +u. Raises ValueError as `SpinCurrent` does,
        and for Ms that is not above zero."""
        b = adiabatic_velocity(j_s=1.0, Ms=Ms)

        def current(value):
            j_s = -np.asarray(_in_plane("u", value)) / b
            return tuple(j_s.tolist()) if np.ndim(value) or not callable(u) else float(j_s[0])
        return cls((lambda t: current(u(t))) if callable(u) else current(u), beta, beta_int)

    def velocities(self, problem):
        b = adiabatic_velocity(j_s=1.0, Ms=1.0) / problem.Ms
        return b, b * (problem.mesh.per_cell(self.beta) + problem.mesh.per_cell(self.beta_int))


@dataclass(frozen=True, repr=False, eq=False)
class IntrinsicTorque(_Gradient):
    """The electric-field-induced torque, last term of Eq. (6): ∂t m ∋ −η m × (E·∇)m, η = n_s μ_B ħ e/(2 m_e J M_s).

    E: electric field in V/m, a number (along x), a pair, or a function of t in s, read as `SpinCurrent` reads its own;
    n_s: density of the spins in 1/m³; J: exchange energy in eV; mass_ratio: effective mass over the free electron's.
    Raises ValueError for another shape, what is not finite, or J and mass_ratio that are not above zero; TypeError for
    what is not numeric.

    A volt per micrometre along x: `IntrinsicTorque(1e6, n_s=2e28, J=0.8)`.
    """

    E: object
    n_s: float
    J: float
    mass_ratio: float = 1.0
    _varying, _signals, _name, _only = "E", ("E_x", "E_y"), "field", "IntrinsicTorque"

    def __post_init__(self):
        intrinsic_velocity(E=1.0, n_s=self.n_s, J=self.J, Ms=1.0, mass_ratio=self.mass_ratio)  # checks them
        super().__post_init__()

    def coefficient(self, Ms):
        """η in m²/(V s), so that ηE is a velocity; Ms in A/m."""
        return _intrinsic_velocity(1.0, self.n_s, self.J, Ms, self.mass_ratio)

    def velocities(self, problem):
        return 0.0, self.coefficient(problem.Ms)


@dataclass(frozen=True, repr=False, eq=False)
class SpinTorque(Drive):
    """The torques of electrons with one polarisation everywhere, such as the spin–orbit torque of Eq. (26) or that of
    a spin Hall layer: ∂t m ∋ −γ m × (B_F p) − γ m × (m × B_D p).

    polarization: p, a vector (3,) of any length, or a function of t in s that returns one, read as `SpinCurrent` reads
    its own; field_like, B_F, and damping_like, B_D, in T for |p| = 1: numbers or arrays in the mesh's shape (copied).
    Raises ValueError for another shape or what is not finite, TypeError for what is not numeric.

    Twenty millitesla towards y: `SpinTorque((0.0, 1.0, 0.0), damping_like=0.02)`.
    """

    polarization: object
    damping_like: object = 0.0
    field_like: object = 0.0
    _varying, _only, _per_cell = "polarization", "SpinTorque", ("damping_like", "field_like")

    def _read(self, value, t):
        return check.finite("polarization", value, shape=(3,))

    def signals(self, t):
        return dict(zip(("s_x", "s_y", "s_z"), self.at(t)))

    def _rates(self, problem):
        return [problem.material.gamma * problem.mesh.per_cell(B) for B in (self.damping_like, self.field_like)]

    def coefficients(self, problem):
        alpha = problem.alpha
        damping, field = self._rates(problem)
        unit = 1 / (1 + np.square(alpha))
        return {"p_spin": (field - alpha * damping) * unit, "q_spin": (damping + alpha * field) * unit}

    def rate(self, problem, t):
        return np.max(np.hypot(*self._rates(problem))) * np.linalg.norm(self.at(t))
