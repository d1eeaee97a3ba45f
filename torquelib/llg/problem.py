"""What is simulated: a mesh, a material, energy terms and drives, in SI units (J in eV).

The equation is Eq. (6) of the paper with the intrinsic term (Gilbert form):

    ∂t m = −γ m × B + α m × ∂t m + (b·∇)m − m × ([βb + ηE]·∇)m,
    b = μ_B j_s/(e M_s),   η = n_s μ_B ħ e/(2 m_e J M_s).

One sign convention, the paper's: j_s is parallel to the electric current of spin-polarised carriers of charge −e, and a
domain wall moves with the electrons, along −j_s. The drift velocity of the literature is u = −b.
"""

import warnings
from dataclasses import dataclass, field, fields

import numpy as np
from scipy.constants import mu_0

from .. import _validate as check
from ..torques import adiabatic_velocity, intrinsic_velocity
from ..units import SI_GAMMA
from . import demag, kernels

RK4_RADIUS = 2.6
"""The classical Runge–Kutta method is stable for |λ| dt below this for every damping: 2.83 at α = 0, 2.65 at α = 0.5,
2.79 for α → ∞, all with a little to spare."""

TURN = 0.35
"""Turn of the DMI's spiral from cell to cell in rad, above which the cells count as coarse: 18 cells a turn."""


def _show(value, scale=1.0, unit=""):
    array = np.asarray(value, dtype=float) / scale
    text = f"{array:.4g}" if array.ndim == 0 else f"{array.min():.4g} … {array.max():.4g} (varies)"
    return f"{text} {unit}".rstrip()


class _Readable:
    """Prints a dataclass by its fields, a field of numbers by its range."""

    def __repr__(self):
        def show(value):
            if callable(value):
                return "a function of t"
            array = np.asarray(value)
            if array.dtype.kind in "fiu":
                return _show(array) if array.ndim == 0 or array.size > 3 else str(tuple(array.tolist()))
            return str(value)
        values = ", ".join(f"{f.name}={show(getattr(self, f.name))}" for f in fields(self) if f.repr)
        return f"{type(self).__name__}({values})"


def _own(thing):
    """Replace the arrays and lists among a frozen dataclass's fields by read-only copies,
    so that it cannot change later."""
    for f in fields(thing):
        value = getattr(thing, f.name)
        if not (callable(value)
                or all(np.isscalar(part) for part in (value if isinstance(value, tuple) else (value,)))):
            copy = np.array(value, dtype=float)
            copy.setflags(write=False)
            object.__setattr__(thing, f.name, copy)


# ------------------------------------------------------------------ mesh and material

@dataclass(frozen=True)
class Mesh:
    """A chain or film of cells; x = 0, y = 0 is its middle.

    Parameters: cells, nx or (nx, ny); cell_size, one length or (dx, dy, dz) in m; periodic, one bool or (in x, in y);
    layers, how many such films lie on each other, coupled by exchange. `shape`, that of arrays with one value a cell,
    the same in all layers, is (nx,) for a chain given by nx, else (ny, nx); m has one axis of 3 more, and with several
    layers one axis in front, the lowest layer first: `m_shape`.
    Raises TypeError for a count of cells that is no integer, ValueError for one below 1, for lengths that are not above
    zero or not finite, and for any other form of the three.
    """

    cells: object
    cell_size: object
    periodic: object = False
    layers: int = 1
    shape: tuple = field(init=False, repr=False)

    def __post_init__(self):
        chain = np.ndim(self.cells) == 0
        counts = (self.cells, 1) if chain else tuple(self.cells)
        if len(counts) != 2:
            raise ValueError(f"cells must be nx or (nx, ny); got {self.cells!r}")
        counts = tuple(check.integer("cells", n, minimum=1) for n in counts)
        size = check.finite("cell_size", self.cell_size)
        if size.shape not in ((), (3,)):
            raise ValueError(f"cell_size must be one length or (dx, dy, dz) in m; got shape {size.shape}")
        size = tuple(check.positive("cell_size", s, "m") for s in np.broadcast_to(size, 3))
        check.integer("layers", self.layers, minimum=1)
        periodic = (self.periodic, self.periodic) if np.ndim(self.periodic) == 0 else tuple(self.periodic)
        if len(periodic) != 2 or not all(isinstance(p, (bool, np.bool_)) for p in periodic):
            raise ValueError(f"periodic must be a bool or a pair of bools (in x, in y); got {self.periodic!r}")
        set_ = object.__setattr__
        set_(self, "cells", counts)
        set_(self, "cell_size", size)
        set_(self, "periodic", periodic if not chain else (periodic[0], False))
        set_(self, "shape", (counts[0],) if chain else (counts[1], counts[0]))

    nx = property(lambda self: self.cells[0])
    ny = property(lambda self: self.cells[1])
    dx = property(lambda self: self.cell_size[0])
    dy = property(lambda self: self.cell_size[1])
    dz = property(lambda self: self.cell_size[2])

    @property
    def m_shape(self):
        """Shape of m: (nx, 3), (ny, nx, 3), or (layers, ny, nx, 3)."""
        return self.shape + (3,) if self.layers == 1 else (self.layers, self.ny, self.nx, 3)

    @property
    def x(self):
        """Middles of the cells along x in m, shape (nx,)."""
        return (np.arange(self.nx) - (self.nx - 1) / 2) * self.dx

    @property
    def y(self):
        """Middles of the cells along y in m, shape (ny,)."""
        return (np.arange(self.ny) - (self.ny - 1) / 2) * self.dy

    @property
    def cell_volume(self):
        """Volume of a cell in m³."""
        return self.dx * self.dy * self.dz

    def parameter(self, name, value):
        """``value`` as a float, or as an array (ny, nx) if it varies from cell to cell."""
        array = check.finite(name, value)
        if array.ndim == 0:
            return float(array)
        if array.shape != self.shape:
            raise ValueError(f"{name} must be one number or have the mesh's shape {self.shape}; got {array.shape}")
        return array.reshape(self.ny, self.nx)

    def magnetization(self, m):
        """``m`` as an array (layers, ny, nx, 3) of unit vectors: one vector, an array (of one layer: all are alike), or
        a function of (x, y) in m."""
        if callable(m):
            m = m(self.x, 0.0) if len(self.shape) == 1 else m(*np.meshgrid(self.x, self.y))
        array = check.finite("m", m)
        if array.shape not in ((3,), self.shape + (3,), self.m_shape):
            raise ValueError(f"m must be one vector (3,) or have the shape {self.m_shape}; got {array.shape}")
        check.unit_vectors("m", array)
        if array.shape == self.shape + (3,):
            array = array.reshape(self.ny, self.nx, 3)
        array = np.broadcast_to(array, (self.layers, self.ny, self.nx, 3))
        return array / np.linalg.norm(array, axis=-1, keepdims=True)

    def __repr__(self):
        edges = [("periodic" if p else "open") + f" in {a}" for p, a, n in zip(self.periodic, "xy", self.cells)
                 if n > 1]
        nm = " × ".join(f"{s * 1e9:g}" for s in self.cell_size)
        layers = f"{self.layers} layers of " if self.layers > 1 else ""
        return f"Mesh of {layers}{self.nx} × {self.ny} cells of {nm} nm³, edges {', '.join(edges) or 'open'}"


@dataclass(frozen=True, repr=False)
class Material(_Readable):
    """Ms: saturation magnetization in A/m; alpha: Gilbert damping; gamma: gyromagnetic ratio in rad/(s T).

    Ms and alpha may be fields with one value a cell, in the mesh's shape; arrays are copied. Raises ValueError unless
    Ms and gamma are above zero, alpha is not below it, and all are finite; TypeError for what is not numeric."""

    Ms: object
    alpha: object
    gamma: float = SI_GAMMA

    def __post_init__(self):
        check.above_zero("Ms", self.Ms, "A/m")
        alpha = check.finite("alpha", self.alpha)
        if np.any(alpha < 0):
            raise ValueError(f"alpha must not be negative; got {alpha.min():g}")
        check.positive("gamma", self.gamma, "rad/(s T)")
        _own(self)


# ------------------------------------------------------------------ energy terms

def _links(values, axis, mean, periodic):
    """Means over neighbouring cells along an axis: (n,) links,
    the last joins the last cell to the first (0 if open)."""
    following = np.roll(values, -1, axis)
    link = mean(values, following)
    if not periodic:
        index = [slice(None)] * 2
        index[axis] = -1
        link[tuple(index)] = 0.0
    return link


def _harmonic(a, b):
    total = a + b
    return np.divide(2 * a * b, total, out=np.zeros_like(total), where=total != 0)


def _arithmetic(a, b):
    return (a + b) / 2


def _full(mesh, value):
    return np.array(np.broadcast_to(value, (mesh.ny, mesh.nx)))


_DIRECTIONS = (("x", 1, 0), ("y", 0, 1))
"""Name, axis of an array (ny, nx), index into cells and cell_size."""


@dataclass(frozen=True, repr=False)
class Exchange(_Readable):
    """Exchange, energy density A |∇m|². A in J/m, one number or an array in the mesh's shape (copied); between cells of
    different A its harmonic mean. Raises ValueError for A that is negative or not finite."""

    A: object

    def __post_init__(self):
        if np.any(check.finite("A", self.A) < 0):
            raise ValueError(f"A must not be negative; got {np.min(self.A):g} J/m")
        _own(self)

    def energy(self, problem, m):
        """Energy in J; m (ny, nx, 3)."""
        mesh, total = problem.mesh, 0.0
        A = _full(mesh, mesh.parameter("A", self.A))
        for _, axis, n in _DIRECTIONS:
            link = _links(A, axis, _harmonic, mesh.periodic[n])
            total += np.sum(link * np.sum((np.roll(m, -1, axis) - m)**2, -1)) / mesh.cell_size[n]**2
        return total * mesh.cell_volume

    def between(self, problem, below, above):
        """Energy in J of a layer's exchange with the next; each (ny, nx, 3)."""
        mesh = problem.mesh
        A = mesh.parameter("A", self.A)
        return np.sum(A * np.sum((above - below)**2, -1)) / mesh.dz**2 * mesh.cell_volume


@dataclass(frozen=True, repr=False)
class UniaxialAnisotropy(_Readable):
    """Uniaxial anisotropy: an easy axis for K > 0, energy density K [1 − (m·axis)²]; a hard one for K < 0, |K|
    (m·axis)². K in J/m³, one number or an array in the mesh's shape (copied); axis a vector (3,) of any length but zero
    or "x", "y", "z". Raises ValueError for K that is not finite or any other axis.

    A thin film's shape anisotropy, ½ μ0 Ms² m_z², is `UniaxialAnisotropy(-mu_0 * Ms**2 / 2, "z")`."""

    K: object
    axis: object = "z"

    def __post_init__(self):
        check.finite("K", self.K)
        if isinstance(self.axis, str):
            vector = np.eye(3)["xyz".index(check.choice("axis", self.axis, ("x", "y", "z")))]
        else:
            vector = check.finite("axis", self.axis, shape=(3,))
            if not np.linalg.norm(vector) > 0:
                raise ValueError("axis must not be the zero vector")
            vector = vector / np.linalg.norm(vector)
        object.__setattr__(self, "axis", tuple(float(a) for a in vector))
        _own(self)

    def energy(self, problem, m):
        """Energy in J; m (ny, nx, 3)."""
        K = problem.mesh.parameter("K", self.K)
        along = m @ np.array(self.axis)
        return np.sum(np.maximum(K, 0) - K * along**2) * problem.mesh.cell_volume


@dataclass(frozen=True, repr=False)
class Zeeman(_Readable):
    """Zeeman term, energy density −M_s m·B. B in T: (3,), or a vector a cell, mesh.shape + (3,) (copied). Raises
    ValueError for B that is not finite or has no last axis of 3."""

    B: object

    def __post_init__(self):
        check.finite("B", self.B, shape=(..., 3))
        _own(self)

    def components(self, mesh):
        """B_x, B_y, B_z, each a float or (ny, nx)."""
        B = np.asarray(self.B, dtype=float)
        if B.ndim == 1:
            return tuple(float(b) for b in B)
        if B.shape != mesh.shape + (3,):
            raise ValueError(f"B must have shape (3,) or {mesh.shape + (3,)}; got {B.shape}")
        return tuple(mesh.parameter("B", B[..., a]) for a in range(3))

    def energy(self, problem, m):
        """Energy in J; m (ny, nx, 3)."""
        B = self.components(problem.mesh)
        Ms = problem.mesh.parameter("Ms", problem.material.Ms)
        return -np.sum(Ms * sum(B[a] * m[..., a] for a in range(3))) * problem.mesh.cell_volume


@dataclass(frozen=True, repr=False)
class InterfacialDMI(_Readable):
    """Interfacial Dzyaloshinskii–Moriya interaction, energy density D [m_z ∇·m − (m·∇)m_z]. D in J/m², one number or an
    array in the mesh's shape (copied); between cells of different D its mean.
    Raises ValueError for D that is not finite.

    At an open edge with outward normal n the energy is stationary for 2A ∂_n m = D m × (n × ẑ). A ghost cell with the
    edge spin turned by arctan(D dx/2A) about n × ẑ realises this to second order in the cell size, and exactly as the
    derivative of an energy (Rohart and Thiaville, Phys. Rev. B 88, 184422, give the condition).
    """

    D: object

    def __post_init__(self):
        check.finite("D", self.D)
        _own(self)

    def energy(self, problem, m):
        """Energy in J; m (ny, nx, 3)."""
        mesh, total = problem.mesh, 0.0
        D, A = _full(mesh, mesh.parameter("D", self.D)), _full(mesh, problem.exchange_constant)
        z = m[..., 2]
        for _, axis, n in _DIRECTIONS:
            if mesh.cells[n] == 1 and not mesh.periodic[n]:
                continue
            size, along = mesh.cell_size[n], m[..., n]
            link = _links(D, axis, _arithmetic, mesh.periodic[n]) / size
            total += np.sum(link * (z * np.roll(along, -1, axis) - along * np.roll(z, -1, axis)))
            if not mesh.periodic[n]:                       # what the turned ghost spins store at both edges
                for edge in (0, -1):
                    a, d = 2 * A.take(edge, axis) / size**2, D.take(edge, axis) / size
                    square = along.take(edge, axis)**2 + z.take(edge, axis)**2
                    total -= np.sum((np.hypot(a, d) - a) * square) / 2
        return total * mesh.cell_volume


@dataclass(frozen=True, repr=False)
class Demagnetization(_Readable):
    """The demagnetising field of the film, energy density −½ μ0 M·H (see `demag`); a problem holds it once.

    repeats: periods that the field of a periodic direction reaches to either side; a cell then sees all that lies
    within repeats + ½ periods, and what lies beyond would add a field of some M_s dz/(repeats · period). No matter for
    open directions. Raises TypeError or ValueError unless it is an integer, zero or above.
    """

    repeats: int = 10

    def __post_init__(self):
        check.integer("repeats", self.repeats, minimum=0)

    def convolution(self, mesh):
        """What gives the field of a magnetisation on the mesh."""
        repeats = [self.repeats if periodic else None for periodic in mesh.periodic]
        return demag.Convolution((*mesh.cells, mesh.layers), mesh.cell_size, repeats)

    def energy(self, problem, m):
        """Energy in J; m (layers, ny, nx, 3)."""
        mesh = problem.mesh
        Ms = mesh.parameter("Ms", problem.material.Ms)
        m = np.moveaxis(m.reshape(mesh.layers, mesh.ny, mesh.nx, 3), -1, 1).reshape(-1, mesh.ny, mesh.nx)
        return -np.sum(Ms * m * self.convolution(mesh).field(m, Ms)) / 2 * mesh.cell_volume


# ------------------------------------------------------------------ drives

def _in_plane(name, value):
    """A number (along x) or a pair, as a pair of floats."""
    array = check.finite(name, value)
    if array.shape not in ((), (2,)):
        raise ValueError(f"{name} must be a number (along x) or a pair (along x, along y); got shape {array.shape}")
    return (float(array), 0.0) if array.ndim == 0 else (float(array[0]), float(array[1]))


class _Drive(_Readable):
    """What the two drives share: a vector in the plane, constant or a function of time."""

    def _check(self):
        """Look at the vector, at t = 0 if it is a function, and remember its shape."""
        value = self._value(0.0) if callable(self._value) else self._value
        _in_plane(self._driven, value)
        object.__setattr__(self, "_shape", np.shape(value))
        _own(self)

    def at(self, t):
        """The vector (along x, along y) at time t in s."""
        value = self._value(t) if callable(self._value) else self._value
        pair = _in_plane(self._driven, value)
        # the kernel has no coefficient for a second component that comes later
        if np.shape(value) != self._shape:
            raise ValueError(f"{self._driven} must have the same shape at all times; got {self._shape} at t = 0 and "
                             f"{np.shape(value)} at t = {t:.6g} s")
        return pair

    _value = property(lambda self: getattr(self, self._driven))
    constant = property(lambda self: not callable(self._value))

    def axes(self):
        """Whether the vector may have a component along x, along y."""
        if self.constant:
            return tuple(v != 0 for v in self.at(0.0))
        return (True, self._shape == (2,))


@dataclass(frozen=True, repr=False)
class SpinCurrent(_Drive):
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

    The derivative is the central difference. At an open edge the ghost cell repeats the edge spin (turned if there is
    DMI), as for exchange, so that ∂m vanishes on the edge itself and the difference stays of second order.
    """

    j_s: object
    beta: object = 0.0
    beta_int: object = 0.0
    _driven = "j_s"

    def __post_init__(self):
        check.finite("beta", self.beta)
        check.finite("beta_int", self.beta_int)
        self._check()

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


@dataclass(frozen=True, repr=False)
class IntrinsicTorque(_Drive):
    """The electric-field-induced torque, last term of Eq. (6): ∂t m ∋ −η m × (E·∇)m, η = n_s μ_B ħ e/(2 m_e J M_s).

    electric_field: E in V/m, a number (along x), a pair, or a function of t in s, read as `SpinCurrent` reads its own;
    spin_density: n_s in 1/m³; J: exchange energy in eV; mass_ratio: effective mass over the free electron's.
    Raises ValueError for another shape, what is not finite, or J and mass_ratio that are not above zero; TypeError for
    what is not numeric.
    """

    electric_field: object
    spin_density: float
    J: float
    mass_ratio: float = 1.0
    _driven = "electric_field"

    def __post_init__(self):
        self.coefficient(1.0)
        self._check()

    def coefficient(self, Ms):
        """η in m²/(V s), so that ηE is a velocity; Ms in A/m."""
        return intrinsic_velocity(E=1.0, n_s=self.spin_density, J=self.J, Ms=1.0, mass_ratio=self.mass_ratio) / Ms


# ------------------------------------------------------------------ the problem

class Problem:
    """A mesh, a material, energy terms and drives.

    Parameters: mesh (`Mesh`), material (`Material`), terms (list of `Exchange`, `UniaxialAnisotropy`, `Zeeman`,
    `InterfacialDMI`, any number of each), drive (list of at most one `SpinCurrent` and one `IntrinsicTorque`).
    Warns if a cell is larger than half the width √(A/K) of the narrowest wall that the anisotropies allow, or if the
    spiral that the Dzyaloshinskii–Moriya interaction favours turns by more than 0.35 rad from cell to cell.
    Raises ValueError or TypeError for parameters that do not fit the mesh.
    """

    def __init__(self, mesh, material, terms=(), drive=()):
        if not isinstance(mesh, Mesh):
            raise TypeError(f"mesh must be an llg.Mesh; got {mesh!r}")
        if not isinstance(material, Material):
            raise TypeError(f"material must be an llg.Material; got {material!r}")
        self.mesh, self.material = mesh, material
        self.terms = tuple(terms) if isinstance(terms, (list, tuple)) else (terms,)
        self.drive = tuple(drive) if isinstance(drive, (list, tuple)) else (drive,)
        for term in self.terms:
            if not isinstance(term, (Exchange, UniaxialAnisotropy, Zeeman, InterfacialDMI, Demagnetization)):
                raise TypeError(f"terms must hold energy terms; got {term!r}")
        for kind in (SpinCurrent, IntrinsicTorque):
            if sum(isinstance(d, kind) for d in self.drive) > 1:
                raise ValueError(f"drive must hold at most one {kind.__name__}; add the vectors of several")
        if sum(isinstance(t, Demagnetization) for t in self.terms) > 1:
            raise ValueError("terms must hold at most one Demagnetization")
        for d in self.drive:
            if not isinstance(d, _Drive):
                raise TypeError(f"drive must hold SpinCurrent or IntrinsicTorque; got {d!r}")
        self.coefficients = self._coefficients()
        self.edges = self._edges()
        self._warn_about_cells()

    def with_drive(self, *drive):
        """The same problem with another drive."""
        return Problem(self.mesh, self.material, self.terms, drive)

    def __repr__(self):
        lines = [repr(self.mesh), repr(self.material), *map(repr, self.terms), *map(repr, self.drive)]
        return "\n".join(["Problem", *("  " + line for line in lines)])

    # -------------------------------------------------------------- sums over terms of a kind

    def _sum(self, kind, name):
        values = [self.mesh.parameter(name, getattr(t, name)) for t in self.terms if isinstance(t, kind)]
        return sum(values) if values else 0.0

    @property
    def exchange_constant(self):
        """Sum of all A, J/m."""
        return self._sum(Exchange, "A")

    @property
    def anisotropy_matrix(self):
        """Sum of K axis axisᵀ, (3, 3) in J/m³, entries floats or (ny, nx)."""
        matrix = [[0.0] * 3 for _ in range(3)]
        for t in self.terms:
            if isinstance(t, UniaxialAnisotropy):
                K = self.mesh.parameter("K", t.K)
                for a in range(3):
                    for b in range(3):
                        if t.axis[a] and t.axis[b]:
                            matrix[a][b] = matrix[a][b] + K * t.axis[a] * t.axis[b]
        return matrix

    def _drive_of(self, kind):
        return next((d for d in self.drive if isinstance(d, kind)), None)

    @property
    def demagnetization(self):
        """The `Demagnetization` among the terms, or None."""
        return next((t for t in self.terms if isinstance(t, Demagnetization)), None)

    def history(self, fields, threads):
        """The demagnetising field's past for a simulation with these fields, or None."""
        if not self.demagnetization:
            return None
        mesh, gamma = self.mesh, self.material.gamma
        Ms, alpha = mesh.parameter("Ms", self.material.Ms), mesh.parameter("alpha", self.material.alpha)
        # as `scale` in the coefficients
        force = gamma / (1 + alpha**2) if np.ndim(Ms) == np.ndim(alpha) == 0 else Ms
        return demag.History(self.demagnetization.convolution(mesh), fields, Ms=Ms, gamma=gamma, force=force,
                             periodic=mesh.periodic[0], threads=threads)

    @property
    def constant_drive(self):
        """Whether no drive depends on time."""
        return all(d.constant for d in self.drive)

    def drive_at(self, t):
        """(j_s,x, j_s,y, E_x, E_y) at time t, shape (4,)."""
        current, field_ = self._drive_of(SpinCurrent), self._drive_of(IntrinsicTorque)
        return np.array([*(current.at(t) if current else (0.0, 0.0)), *(field_.at(t) if field_ else (0.0, 0.0))])

    # -------------------------------------------------------------- input of the kernel

    def _coefficients(self):
        mesh = self.mesh
        Ms, alpha = mesh.parameter("Ms", self.material.Ms), mesh.parameter("alpha", self.material.alpha)
        scale = self.material.gamma / (Ms * (1 + np.square(alpha)))
        folded = np.ndim(scale) == 0
        factor = float(scale) if folded else 1.0
        pad = ((0, 0), (kernels.PAD, kernels.PAD + 2 * kernels.CHUNK))

        def ready(value):
            if value is None:
                return None
            if np.ndim(value) == 0:
                return float(value)
            return np.ascontiguousarray(np.pad(value, pad, mode="wrap" if mesh.periodic[0] else "edge"))

        c = dict.fromkeys(kernels.Coefficients._fields)
        if not folded:
            c["scale"] = scale
        c["alpha"] = alpha
        present = [n > 1 or periodic for n, periodic in zip(mesh.cells, mesh.periodic)]
        for kind, name, mean, power in ((Exchange, "exchange", _harmonic, 2), (InterfacialDMI, "dmi", _arithmetic, 1)):
            if not any(isinstance(t, kind) for t in self.terms):
                continue
            value = self._sum(kind, "A" if kind is Exchange else "D")
            for (_, axis, n), (ahead, behind) in zip(_DIRECTIONS, (("e", "w"), ("n", "s"))):
                if not present[n]:
                    continue
                unit = (2 if kind is Exchange else 1) * factor / mesh.cell_size[n]**power
                if np.ndim(value) == 0:
                    forward = backward = value * unit
                else:
                    link = _links(value, axis, mean, True)
                    # across an open edge the ghost counts with the cell's own value
                    if not mesh.periodic[n]:
                        edge = [slice(None)] * 2
                        edge[axis] = -1
                        link[tuple(edge)] = value[tuple(edge)]
                        forward, backward = link * unit, np.roll(link, 1, axis) * unit
                        edge[axis] = 0
                        backward[tuple(edge)] = value[tuple(edge)] * unit
                    else:
                        forward, backward = link * unit, np.roll(link, 1, axis) * unit
                c[f"{name}_{ahead}"], c[f"{name}_{behind}"] = forward, backward
            around = [c[f"{name}_{direction}"] for direction in "ewns"]
            if all(np.ndim(x) == 0 for x in around) and len(set(around)) == 1:
                c[name] = around[0]
                c.update(dict.fromkeys(f"{name}_{direction}" for direction in "ewns"))
        if mesh.layers > 1 and any(isinstance(t, Exchange) for t in self.terms):
            c["exchange_z"] = 2 * factor / mesh.dz**2 * self.exchange_constant
        matrix = self.anisotropy_matrix
        if self.demagnetization:                           # a cell in itself; the others are added as the run goes
            for a, N in enumerate(demag.in_itself(mesh.cell_size)):
                matrix[a][a] = matrix[a][a] - mu_0 * np.square(Ms) * N / 2
        for a, b in ((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2)):
            if np.any(matrix[a][b]):
                c["k_" + "xyz"[a] + "xyz"[b]] = 2 * factor * matrix[a][b]
        for a in range(3):
            B = sum((t.components(mesh)[a] for t in self.terms if isinstance(t, Zeeman)), 0.0)
            if np.any(B):
                c["b_" + "xyz"[a]] = Ms * B * factor
        current, field_ = self._drive_of(SpinCurrent), self._drive_of(IntrinsicTorque)
        for n, a in enumerate("xy"):
            difference = 1 / (2 * mesh.cell_size[n]) / (1 + np.square(alpha))
            if current and current.axes()[n] and present[n]:
                beta = mesh.parameter("beta", current.beta) + mesh.parameter("beta_int", current.beta_int)
                b = adiabatic_velocity(j_s=1.0, Ms=1.0) / Ms
                c[f"p_current_{a}"] = b * (beta - alpha) * difference
                c[f"q_current_{a}"] = b * (1 + alpha * beta) * difference
            if field_ and field_.axes()[n] and present[n]:
                eta = field_.coefficient(Ms)
                c[f"p_field_{a}"] = eta * difference
                c[f"q_field_{a}"] = alpha * eta * difference
        return kernels.Coefficients(**{name: ready(value) for name, value in c.items()})

    def _edges(self):
        mesh = self.mesh
        A, D = _full(mesh, self.exchange_constant), _full(mesh, self._sum(InterfacialDMI, "D"))

        def turn(axis, index, n):
            angle = np.arctan2(D.take(index, axis), 2 * A.take(index, axis) / mesh.cell_size[n])
            return np.stack([np.cos(angle), np.sin(angle)], -1)

        wide = (kernels.PAD, kernels.PAD + 2 * kernels.CHUNK)
        south, north = (np.pad(turn(0, i, 1), (wide, (0, 0)), mode="wrap" if mesh.periodic[0] else "edge")
                        for i in (0, -1))
        return kernels.Edges(turn(1, 0, 0), turn(1, -1, 0), south, north)

    # -------------------------------------------------------------- what the grid allows

    @property
    def wall_width(self):
        """√(A/K) in m of the narrowest wall, K the largest difference between the anisotropies of two directions;
        inf without one."""
        matrix = [[_full(self.mesh, e) for e in row] for row in self.anisotropy_matrix]
        levels = np.linalg.eigvalsh(np.moveaxis(np.array(matrix), (0, 1), (-2, -1)))
        K = levels[..., -1] - levels[..., 0]
        A = _full(self.mesh, self.exchange_constant)
        with np.errstate(divide="ignore", invalid="ignore"):
            width = np.where((K > 0) & (A > 0), np.sqrt(A / K), np.inf)
        return float(width.min())

    def _warn_about_cells(self):
        sizes = [size for size, n in zip(self.mesh.cell_size, self.mesh.cells) if n > 1]
        if not sizes:
            return
        size, width = max(sizes), self.wall_width
        if size > width / 2:
            warnings.warn(f"cells of {size * 1e9:.3g} nm are too coarse for walls as narrow as {width * 1e9:.3g} nm; "
                          "this is √(A/K) with the largest anisotropy difference; half of it or less is advised",
                          stacklevel=3)
        A, D = np.broadcast_arrays(self.exchange_constant, np.abs(self._sum(InterfacialDMI, "D")))
        wavenumber = np.max(np.divide(D, 2 * A, out=np.zeros(A.shape), where=A > 0))
        if wavenumber * size > TURN:
            warnings.warn(f"cells of {size * 1e9:.3g} nm are too coarse for the DMI's spiral of "
                          f"{2e9 * np.pi / wavenumber:.3g} nm a turn; it turns by D dx/2A = {wavenumber * size:.3g} "
                          f"rad a cell; {TURN:g} rad or less is advised", stacklevel=3)

    def stability_limit(self, t=0.0):
        """The longest stable step of the classical Runge–Kutta method in s, from a bound on the fastest precession; the
        drive is taken at time t."""
        mesh, material = self.mesh, self.material
        Ms, alpha = np.min(material.Ms), np.min(material.alpha)
        A, D = np.max(self.exchange_constant), np.max(np.abs(self._sum(InterfacialDMI, "D")))
        inverse = [1 / size if n > 1 or p else 0.0 for size, n, p in zip(mesh.cell_size, mesh.cells, mesh.periodic)]
        up = 1 / mesh.dz if mesh.layers > 1 else 0.0
        B = 8 * A / Ms * (sum(i**2 for i in inverse) + up**2) + 2 * D / Ms * sum(inverse)
        matrix = [[_full(mesh, e) for e in row] for row in self.anisotropy_matrix]
        levels = np.linalg.eigvalsh(np.moveaxis(np.array(matrix), (0, 1), (-2, -1)))
        B += 2 * np.max(levels[..., -1] - levels[..., 0]) / Ms
        for term in self.terms:
            if isinstance(term, Zeeman):
                B += np.max(np.linalg.norm(np.asarray(term.B), axis=-1))
        if self.demagnetization:
            B += mu_0 * np.max(material.Ms)
        rate = material.gamma * B
        j_x, j_y, E_x, E_y = np.abs(self.drive_at(t))
        current, field_ = self._drive_of(SpinCurrent), self._drive_of(IntrinsicTorque)
        for n, (j, E) in enumerate(((j_x, E_x), (j_y, E_y))):
            if current:
                beta = np.max(np.abs(np.add(current.beta, current.beta_int)))
                rate += adiabatic_velocity(j_s=j, Ms=Ms) * np.hypot(1, beta) * inverse[n]
            if field_:
                rate += abs(field_.coefficient(Ms)) * E * inverse[n]
        limit = float(RK4_RADIUS * np.sqrt(1 + alpha**2) / rate) if rate > 0 else np.inf
        return min(limit, demag.longest(material.gamma, np.max(material.Ms))) if self.demagnetization else limit

    # -------------------------------------------------------------- energy and torque of a state

    def energies(self, m):
        """Energy of each kind of term in J, and their sum under "total"; m as `Mesh.magnetization` takes it."""
        m = self.mesh.magnetization(m)
        out = {}
        for term in self.terms:
            if isinstance(term, Demagnetization):
                energy = term.energy(self, m)
            else:
                energy = sum(term.energy(self, layer) for layer in m)
            if isinstance(term, Exchange):
                energy += sum(term.between(self, below, above) for below, above in zip(m, m[1:]))
            name = type(term).__name__
            out[name] = out.get(name, 0.0) + float(energy)
        out["total"] = float(sum(out.values()))
        return out

    def torque(self, m, t=0.0):
        """∂t m in 1/s, in the shape of m, for the drive at time t."""
        from .simulation import Simulation
        return Simulation(self, m, t=t).torque()
