"""Energy terms, each a class that holds all of itself.

A term writes what it has of the methods of `EnergyTerm`: its energy, the kernel's coefficients that follow from it, the
bound on the rate at which it turns a spin, and, where it has them, what it does at edges and to the width of a wall.
`Problem` adds them up and knows no class by name. A coefficient of another form is a name in `kernels.Coefficients` and
a line of `kernels._torque`.
"""

from copy import copy
from dataclasses import dataclass

import numpy as np
from scipy.constants import mu_0

from .. import _validate as check
from . import demag
from .material import Parameters, filled


class Term(Parameters):
    """What the equation of motion has a term for; what a subclass does not write is nothing."""

    _varying = ""
    """The parameter that may be a function of t in s."""

    _only = ""
    """What a problem can hold but one of, such as what varies in the same `kernels.Signals`."""

    @property
    def constant(self):
        """Whether the term does not depend on time."""
        return not (self._varying and callable(getattr(self, self._varying)))

    def _first(self):
        """Read the parameter that may be a function of time, keep it if it is none, and own the arrays. Raises
        TypeError for a function of anything else."""
        value = getattr(self, self._varying)
        if not self.constant and not check.takes(value, 1):
            raise TypeError(f"{self._varying} must be numbers or a function of t alone; got a function of other "
                            "arguments: give its values, an array in the mesh's shape")
        value = self._read(value if self.constant else value(0.0), 0.0)
        object.__setattr__(self, "_constant", copy(value) if self.constant else None)
        self._own()

    def at(self, t):
        """The parameter that may be a function of time, at time t in s."""
        return self._constant if self.constant else self._read(getattr(self, self._varying)(t), t)

    def _read(self, value, t):
        """A value of the parameter that may be a function of time, checked; t is named where it is not allowed."""
        raise NotImplementedError

    def signals(self, t):
        """Values of `kernels.Signals` by name at time t in s."""
        return {}

    def rate(self, problem, t):
        """A bound in rad/s on the rate at which the term turns a spin of the smallest deviation at time t in s."""
        return 0.0


class EnergyTerm(Term):
    """A term with an energy. In each method m is (layers, ny, nx, 3) or (ny, nx, 3), zero outside of the magnet."""

    def energy(self, problem, m):
        """Energy in J; of a field that varies in time, at t = 0."""
        raise NotImplementedError

    def coefficients(self, problem):
        """`kernels.Coefficients` by name, each a number or (ny, nx), of F = −δE/δm in J/m³; what is parallel to m may
        be left out."""
        return {}

    def still(self, t):
        """The term as it is at time t in s."""
        return self

    def stiffness(self, mesh):
        """What it adds to A of the energy density A |∇m|², in J/m, a number or (ny, nx)."""
        return 0.0

    def anisotropy(self, mesh):
        """What it adds to the matrix K of the energy density −m·K·m, in J/m³, (3, 3, 1, 1) or (3, 3, ny, nx)."""
        return np.zeros((3, 3, 1, 1))

    def twist(self, mesh, direction):
        """What it adds to Γ of the energy density −Γ·(m × ∂m) along a direction, in J/m², (1, 1, 3) or (ny, nx, 3)."""
        return np.zeros((1, 1, 3))

    def history(self, problem, fields, threads):
        """For a field that is evaluated once for several steps: its past (see `demag.History`), else None."""
        return None

    def longest_step(self, problem):
        """A bound in s on the step for other reasons than the rate."""
        return np.inf


# ------------------------------------------------------------------ differences on the mesh

def _harmonic(a, b):
    total = a + b
    return np.divide(2 * a * b, total, out=np.zeros_like(total), where=total != 0)


def _arithmetic(a, b):
    return (a + b) / 2


def _links(value, direction, mean):
    """A parameter between a cell and the next along a direction: a number or (ny, nx)."""
    return value if np.ndim(value) == 0 else mean(value, np.roll(value, -1, direction.axis + 1))


def _both_ways(value, direction, mean):
    """A parameter towards the neighbours ahead and behind; across an open edge the ghost has the cell's own."""
    ahead = _links(value, direction, mean)
    if np.ndim(value) == 0:
        return ahead, ahead
    behind = np.roll(ahead, 1, direction.axis + 1)
    if not direction.periodic:
        for links, edge in ((ahead, -1), (behind, 0)):
            np.moveaxis(links, direction.axis + 1, 0)[edge] = np.moveaxis(value, direction.axis + 1, 0)[edge]
    return ahead, behind


def _by_neighbour(name, value, mesh, mean, power):
    """Coefficients name_e, …: a parameter towards each neighbour over the cell's size to a power."""
    return {f"{name}_{place}": towards / direction.size**power for direction in mesh.directions
            for place, towards in zip(("ew", "ns")[direction.number], _both_ways(value, direction, mean))}


# ------------------------------------------------------------------ the terms

@dataclass(frozen=True, repr=False, eq=False)
class Exchange(EnergyTerm):
    """Exchange, energy density A |∇m|². A in J/m, one number or an array in the mesh's shape (copied); between cells of
    different A its harmonic mean. Raises ValueError for A that is negative or not finite.

    Permalloy: `Exchange(1.3e-11)`."""

    A: object
    _per_cell = ("A",)

    def __post_init__(self):
        A = filled("A", check.finite("A", self.A))
        if np.any(A < 0):
            raise ValueError(f"A must not be negative; got {A.min():g} J/m")
        check.plausible("A", A.max(), 1e-15, 1e-9, "J/m")
        self._own()

    def stiffness(self, mesh):
        return mesh.per_cell(self.A)

    def energy(self, problem, m):
        mesh, total = problem.mesh, 0.0
        A = mesh.per_cell(self.A)
        for direction in mesh.directions:
            link = _links(A, direction, _harmonic) * mesh.joined(direction)
            total += np.sum(link * np.sum((np.roll(m, -1, direction.axis) - m)**2, -1)) / direction.size**2
        if m.ndim == 4:                                    # m = 0 of vacuum lies on m = 0
            total += np.sum(A * np.sum((m[1:] - m[:-1])**2, -1)) / mesh.dz**2
        return total * mesh.cell_volume

    def coefficients(self, problem):
        mesh = problem.mesh
        A = mesh.per_cell(self.A)
        found = _by_neighbour("exchange", 2 * A, mesh, _harmonic, 2)
        if mesh.layers > 1:
            found["exchange_z"] = 2 * A / mesh.dz**2
        return found

    def rate(self, problem, t):
        mesh = problem.mesh
        inverse = sum(1 / direction.size**2 for direction in mesh.directions) + (mesh.layers > 1) / mesh.dz**2
        return problem.turning(8 * np.max(problem.mesh.per_cell(self.A)) * inverse)


@dataclass(frozen=True, repr=False, eq=False)
class UniaxialAnisotropy(EnergyTerm):
    """Uniaxial anisotropy: an easy axis for K > 0, energy density K [1 − (m·axis)²]; a hard one for K < 0, |K|
    (m·axis)². K in J/m³, one number or an array in the mesh's shape (copied); axis a vector (3,) of any length but zero
    or "x", "y", "z". Raises ValueError for K that is not finite or any other axis.

    A thin film's shape anisotropy, ½ μ0 Ms² m_z², is `UniaxialAnisotropy(-mu_0 * Ms**2 / 2, "z")`."""

    K: object
    axis: object = "z"
    _per_cell = ("K",)

    def __post_init__(self):
        check.plausible("K", np.max(np.abs(filled("K", check.finite("K", self.K)))), 1.0, 1e10, "J/m³")
        if isinstance(self.axis, str):
            vector = np.eye(3)["xyz".index(check.choice("axis", self.axis, ("x", "y", "z")))]
        else:
            vector = check.finite("axis", self.axis, shape=(3,))
            if not np.linalg.norm(vector) > 0:
                raise ValueError("axis must not be the zero vector")
            vector = vector / np.linalg.norm(vector)
        object.__setattr__(self, "axis", tuple(float(a) for a in vector))
        self._own()

    def anisotropy(self, mesh):
        return np.multiply.outer(np.outer(self.axis, self.axis), np.atleast_2d(mesh.per_cell(self.K)))

    def energy(self, problem, m):
        K = problem.mesh.per_cell(self.K)
        return np.sum(np.maximum(K, 0) * np.sum(m**2, -1) - K * (m @ np.array(self.axis))**2) * problem.mesh.cell_volume

    def coefficients(self, problem):
        K = problem.mesh.per_cell(self.K)
        return {"k_" + "xyz"[a] + "xyz"[b]: 2 * K * self.axis[a] * self.axis[b] for a in range(3) for b in range(a, 3)}
    # its rate is in that of all anisotropies together


@dataclass(frozen=True, repr=False, eq=False)
class Zeeman(EnergyTerm):
    """Zeeman term, energy density −M_s m·B. B in T: (3,), a vector a cell, mesh.shape + (3,) (copied), or a function of
    t in s that returns one (3,), read as `SpinCurrent` reads its own; a problem holds one such function. Raises
    ValueError for B that is not finite or has no last axis of 3.

    Half a tesla along x: `Zeeman((0.5, 0.0, 0.0))`."""

    B: object
    _varying = "B"

    def __post_init__(self):
        self._first()
        if not self.constant:
            object.__setattr__(self, "_only", "Zeeman with a function of time")

    def _read(self, value, t):
        value = check.finite("B", value, shape=(..., 3) if self.constant else (3,))
        check.plausible("B", np.max(np.abs(value), initial=0.0), 0.0, 1e3, "T")
        return value

    def fit(self, mesh):
        if self.constant and np.shape(self.B) not in ((3,), mesh.shape + (3,)):
            raise ValueError(f"B must have shape (3,) or {mesh.shape + (3,)}; got {np.shape(self.B)}")

    def still(self, t):
        return self if self.constant else Zeeman(self.at(t))

    def signals(self, t):
        return {} if self.constant else dict(zip(("B_x", "B_y", "B_z"), self.at(t)))

    def energy(self, problem, m):
        B = self.at(0.0)
        B = B if B.ndim == 1 else B.reshape(problem.mesh.ny, problem.mesh.nx, 3)
        return -np.sum(problem.Ms * np.sum(B * m, -1)) * problem.mesh.cell_volume

    def coefficients(self, problem):
        if not self.constant:
            return {"b": problem.Ms}
        B = self.at(0.0)
        return {"b_" + "xyz"[a]: problem.Ms * problem.mesh.per_cell(B[..., a]) for a in range(3)}

    def rate(self, problem, t):
        B = [problem.mesh.per_cell(B) for B in np.moveaxis(self.at(t), -1, 0)]
        return problem.material.gamma * np.max(np.sqrt(sum(map(np.square, B))))


class _DMI(EnergyTerm):
    """A Dzyaloshinskii–Moriya interaction with the energy density −D Σ_n e_n·(m × ∂_n m), the sum over x and y.

    At an open edge with outward normal n the energy is stationary for 2A ∂_n m = Γ × m, Γ = D e_n (Rohart and
    Thiaville, Phys. Rev. B 88, 184422, for the interfacial one). A ghost cell with the edge spin turned by
    arctan(Γ dx/2A) about Γ realises this to second order in the cell size, and exactly as the derivative of an energy:
    its pull on the edge spin is √[(2A/dx²)² + (Γ/dx)²] of the part across Γ and 2A/dx² of the part along it. The kernel
    turns ghosts at the film's edges; at inner edges, next to m = 0, the same pull is an anisotropy of the edge cells.

    The ghosts store energy also where m is uniform: −D² dx/8A per area of an edge, for D = 1 mJ/m², A = 10 pJ/m and
    cells of 1 nm some −12.5 µJ/m², which goes with the cell size. It is part of `energy`, and of no torque but the one
    that cants the edge.
    """

    D: object
    _per_cell = ("D",)
    _name = ""
    """Of the kernel's coefficients."""

    _directions: tuple
    """e_x and e_y."""

    def __post_init__(self):
        check.plausible("D", np.max(np.abs(filled("D", check.finite("D", self.D)))), 1e-9, 0.1, "J/m²")
        self._own()

    def twist(self, mesh, direction):
        return np.multiply.outer(np.atleast_2d(mesh.per_cell(self.D)), self._directions[direction.number])

    def energy(self, problem, m):
        mesh, total = problem.mesh, 0.0
        D = mesh.per_cell(self.D)
        for direction in mesh.directions:
            link = _links(D, direction, _arithmetic) * mesh.joined(direction) / direction.size
            total -= np.sum(link * (np.cross(m, np.roll(m, -1, direction.axis)) @ self._directions[direction.number]))
            axis, size, pull = problem.edge_pull(direction)                    # its share of what ghost spins store
            share = np.divide(np.sum(self.twist(mesh, direction) * axis, -1), size, out=np.zeros_like(size + D),
                              where=size > 0)
            total -= np.sum(share * pull * (np.sum(m**2, -1) - np.sum(axis * m, -1)**2)) / 2
        return total * mesh.cell_volume

    def coefficients(self, problem):
        return _by_neighbour(self._name, problem.mesh.per_cell(self.D), problem.mesh, _arithmetic, 1)

    def rate(self, problem, t):
        return problem.turning(2 * np.max(np.abs(problem.mesh.per_cell(self.D)))
                               * sum(1 / d.size for d in problem.mesh.directions))


@dataclass(frozen=True, repr=False, eq=False)
class InterfacialDMI(_DMI):
    """Interfacial Dzyaloshinskii–Moriya interaction, energy density D [m_z ∇·m − (m·∇)m_z], which favours Néel walls.
    D in J/m², one number or an array in the mesh's shape (copied); between cells of different D its mean. At an edge
    with outward normal n it asks for 2A ∂_n m = D (n × ẑ) × m. Raises ValueError for D that is not finite.

    Pt/Co: `InterfacialDMI(1.5e-3)`."""

    D: object
    _name, _directions = "dmi", ((0.0, -1.0, 0.0), (1.0, 0.0, 0.0))


@dataclass(frozen=True, repr=False, eq=False)
class BulkDMI(_DMI):
    """Dzyaloshinskii–Moriya interaction of a chiral crystal, energy density D m·(∇ × m), which favours Bloch walls.
    D as in `InterfacialDMI`; at an edge with outward normal n it asks for 2A ∂_n m = D n × m.

    FeGe: `BulkDMI(1.6e-3)`."""

    D: object
    _name, _directions = "bulk", ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))


@dataclass(frozen=True, repr=False, eq=False)
class Demagnetization(EnergyTerm):
    """The demagnetising field of the film, energy density −½ μ0 M·H (see `demag`); a problem holds it once.

    repeats: periods that the field of a periodic direction reaches to either side; a cell then sees all that lies
    within repeats + ½ periods, and what lies beyond would add a field of some M_s dz/(repeats · period). No matter for
    open directions. Raises TypeError or ValueError unless it is an integer, zero or above.

    A film with it holds some 20 times the memory of m, half a gigabyte for 1024² cells of one layer: the transforms,
    padded to twice the width and height, 7.4, the state and its slopes 4, the polynomial in time 3, its past fields 4.

    `Demagnetization()` reaches ten periods."""

    repeats: int = 10
    _only = "Demagnetization"

    def __post_init__(self):
        object.__setattr__(self, "repeats", check.integer("repeats", self.repeats, minimum=0))

    def convolution(self, mesh):
        """What gives the field of a magnetisation on the mesh."""
        repeats = [self.repeats if periodic else None for periodic in mesh.periodic]
        return demag.Convolution((*mesh.cells, mesh.layers), mesh.cell_size, repeats)

    def energy(self, problem, m):
        mesh = problem.mesh
        m = np.moveaxis(m.reshape(mesh.layers, mesh.ny, mesh.nx, 3), -1, 1).reshape(-1, mesh.ny, mesh.nx)
        return -np.sum(problem.Ms * m * self.convolution(mesh).field(m, problem.Ms)) / 2 * mesh.cell_volume

    def coefficients(self, problem):
        """A cell in itself; the others are added as the run goes, by `history`."""
        return {f"k_{a}{a}": -mu_0 * np.square(problem.Ms) * N
                for a, N in zip("xyz", demag.in_itself(problem.mesh.cell_size))}

    def history(self, problem, fields, threads):
        return demag.History(self.convolution(problem.mesh), fields, Ms=problem.Ms, gamma=problem.material.gamma,
                             force=problem.Ms * problem.factor, periodic=problem.mesh.periodic[0], threads=threads)

    def rate(self, problem, t):
        return problem.material.gamma * mu_0 * np.max(problem.Ms)

    def longest_step(self, problem):
        return demag.longest(problem.material.gamma, np.max(problem.Ms))
