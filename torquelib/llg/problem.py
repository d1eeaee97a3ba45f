"""What is simulated: a mesh, a material, energy terms and drives, in SI units (J in eV).

The equation is Eq. (6) of the paper with the intrinsic term (Gilbert form):

    ∂t m = −γ m × B + α m × ∂t m + (b·∇)m − m × ([βb + ηE]·∇)m,
    b = μ_B j_s/(e M_s),   η = n_s μ_B ħ e/(2 m_e J M_s).

`drives` has its sign convention, and the torques of a uniform polarisation besides.
"""

import copy
import warnings

import numpy as np

from .. import _validate as check
from . import kernels
from .drives import Drive
from .material import Material
from .mesh import Mesh
from .terms import EnergyTerm

RK4_RADIUS = 2.6
"""The classical Runge–Kutta method is stable for |λ| dt below this for every damping: 2.83 at α = 0, 2.65 at α = 0.5,
2.79 for α → ∞, all with a little to spare."""

NUMERICAL_DAMPING = 1e-5
"""Damping α that the method itself may add to waves of five cells where α is smaller than ten times this."""

TURN = 0.35
"""Turn of the DMI's spiral from cell to cell in rad, above which the cells count as coarse: 18 cells a turn."""


class Problem:
    """A mesh, a material, energy terms and drives.

    Parameters: mesh (`Mesh`), material (`Material`), terms (list of `EnergyTerm`s, any number of each kind but
    `Demagnetization`), drive (list of `Drive`s, at most one of each kind).
    Warns if a cell is larger than half the width √(A/K) of the narrowest wall that the anisotropies allow, or if the
    spiral that the Dzyaloshinskii–Moriya interaction favours turns by more than 0.35 rad from cell to cell.
    Raises ValueError or TypeError for parameters that do not fit the mesh.
    """

    def __init__(self, mesh, material, terms=(), drive=()):
        self.mesh, self.material = check.instance("mesh", mesh, Mesh), check.instance("material", material, Material)
        self.terms = tuple(terms) if isinstance(terms, (list, tuple)) else (terms,)
        self.drive = tuple(drive) if isinstance(drive, (list, tuple)) else (drive,)
        for name, things, kind in (("terms", self.terms, EnergyTerm), ("drive", self.drive, Drive)):
            for thing in things:
                if not isinstance(thing, kind):
                    raise TypeError(f"{name} must hold {'energy terms' if kind is EnergyTerm else 'drives'}, such as "
                                    f"{'Exchange' if kind is EnergyTerm else 'SpinCurrent'}; got {thing!r}")
            only = [thing._only for thing in things if thing._only]
            for label in only:
                if only.count(label) > 1:
                    raise ValueError(f"{name} must hold at most one {label}; add up what several would do")
        self._prepare()
        self._warn_about_cells()

    def _prepare(self):
        """All that follows from the parameters."""
        mesh = self.mesh
        for part in (self.material, *self.terms, *self.drive):
            part.fit(mesh)
        self.Ms, self.alpha = mesh.per_cell(self.material.Ms), mesh.per_cell(self.material.alpha)
        self.scale = self.material.gamma / (self.Ms * (1 + np.square(self.alpha)))
        self._folded = np.ndim(self.scale) == 0            # then F is scaled here, else by the kernel
        self.factor = self.scale if self._folded else 1.0
        self.exchange_constant = sum((term.stiffness(mesh) for term in self.terms), 0.0)
        self.anisotropy_matrix = sum((term.anisotropy(mesh) for term in self.terms), np.zeros((3, 3, 1, 1)))
        self.constant = all(term.constant for term in (*self.terms, *self.drive))
        self.coefficients = self._coefficients()
        self.edges = self._edges()

    def replaced(self, **changes):
        """The same problem with another mesh, material, terms or drive: `problem.replaced(drive=())`."""
        parts = {"mesh": self.mesh, "material": self.material, "terms": self.terms, "drive": self.drive}
        return Problem(**parts | changes)

    def with_drive(self, *drive):
        """The same problem with another drive."""
        return self.replaced(drive=drive)

    def _at_rest(self, material):
        """The problem for a relaxation with another material. The drive stays in, with signals of zero: no new variant
        of the kernel to compile."""
        still = copy.copy(self)
        still.material = material
        still._prepare()
        return still

    def __repr__(self):
        lines = [repr(self.mesh), repr(self.material), *map(repr, self.terms), *map(repr, self.drive)]
        return "\n".join(["Problem", *("  " + line for line in lines)])

    # -------------------------------------------------------------- sums over terms

    def twist(self, direction):
        """Sum of all Γ of the energy density −Γ·(m × ∂m) along a direction, (1, 1, 3) or (ny, nx, 3) in J/m²."""
        return sum((term.twist(self.mesh, direction) for term in self.terms), np.zeros((1, 1, 3)))

    def signals(self, t, *, driven=True):
        """`kernels.Signals` but the last at time t in s, (10,); those of drives zero unless `driven`."""
        values = dict.fromkeys(kernels.Signals._fields[:-1], 0.0)
        for term in (*self.terms, *(self.drive if driven else ())):
            values.update(term.signals(t))
        return np.array(list(values.values()))

    def history(self, fields, threads):
        """The past of a field that is evaluated once for several steps, for a simulation with these `fields`, or None
        (see `demag.History`)."""
        return next(filter(None, (term.history(self, fields, threads) for term in self.terms)), None)

    def turning(self, F):
        """Rate in rad/s at which F in J/m³ turns a spin, at most."""
        return self.material.gamma * F / np.min(self.Ms)

    # -------------------------------------------------------------- input of the kernel

    def _coefficients(self):
        found = {}
        for term in self.terms:
            for name, value in term.coefficients(self).items():
                found[name] = found.get(name, 0.0) + self.factor * value
        for name, value in self._inner_edges().items():
            found[name] = found.get(name, 0.0) + self.factor * value
        found = {name: value for name, value in found.items() if np.any(value)}
        for name in ("exchange", "dmi", "bulk"):           # the same to all four neighbours: one coefficient
            around = [found.get(f"{name}_{direction}") for direction in "ewns"]
            if all(value is not None and np.ndim(value) == 0 for value in around) and len(set(around)) == 1:
                found[name] = around[0]
                for direction in "ewns":
                    del found[f"{name}_{direction}"]
        for drive in self.drive:                           # zero too, so that a relaxation needs no other variant
            found.update(drive.coefficients(self))
        if lacking := sorted(set(found) - set(kernels.Coefficients._fields)):
            raise ValueError(f"kernels.Coefficients lacks {', '.join(lacking)}, which a term or drive asks for")
        found.update({"alpha": self.alpha} if self._folded else {"alpha": self.alpha, "scale": self.scale})
        return kernels.Coefficients(**{name: self._padded(found[name]) if name in found else None
                                       for name in kernels.Coefficients._fields})

    def _padded(self, value):
        if np.ndim(value) == 0:
            return float(value)
        pad = ((0, 0),) * (np.ndim(value) - 1) + ((kernels.PAD, kernels.PAD + 2 * kernels.CHUNK),)
        return np.ascontiguousarray(np.pad(value, pad, mode="wrap" if self.mesh.periodic[0] else "edge"))

    def _turns(self, direction, sign):
        """Matrices less 1 that make of a spin at an edge the ghost ahead of it, `sign` 1, or behind, −1, for
        2A ∂_n m = Γ × m: turns about Γ by arctan(Γ size/2A); (3, 3, ny, nx)."""
        mesh = self.mesh
        axis, size, _ = self._twisted(direction)
        angle = np.arctan2(size, 2 * self.exchange_constant / direction.size)
        x, y, z = np.moveaxis(axis, -1, 0)
        zero = np.zeros_like(x)
        cross = np.array([[zero, -z, y], [z, zero, -x], [-y, x, zero]])                              # cross @ m = u × m
        turns = sign * np.sin(angle) * cross + (1 - np.cos(angle)) * np.einsum("abji,bcji->acji", cross, cross)
        return np.broadcast_to(turns, (3, 3, mesh.ny, mesh.nx))                                      # Rodrigues

    def _edges(self):
        mesh, wide = self.mesh, (kernels.PAD, kernels.PAD + 2 * kernels.CHUNK)
        turns = {(n, place): np.multiply.outer(np.eye(3), np.ones(count))
                 for n, count in enumerate((mesh.ny, mesh.nx)) for place in (0, -1)}
        for direction in mesh.directions:
            for place, sign in ((0, -1), (-1, 1)):
                turns[direction.number, place] += self._turns(direction, sign).take(place, direction.axis + 1)
        south, north = (np.pad(turns[1, place], ((0, 0), (0, 0), wide), mode="wrap" if mesh.periodic[0] else "edge")
                        for place in (0, -1))
        return kernels.Edges(*(np.ascontiguousarray(turn) for turn in (turns[0, 0], turns[0, -1], south, north)))

    def _twisted(self, direction):
        """Γ of a direction by its unit vector u (zero where Γ is) and its size, and that by which √(a² + d²), the pull
        of a turned ghost on the part of the edge spin across u, exceeds that of one not turned, a = 2A/size²,
        d = Γ/size, in J/m³."""
        twist, A = self.twist(direction), self.exchange_constant
        size = np.linalg.norm(twist, axis=-1)
        axis = np.divide(twist, size[..., None], out=np.zeros_like(twist), where=size[..., None] > 0)
        a = 2 * np.asarray(A) / direction.size**2
        return axis, size, np.hypot(a, size / direction.size) - a

    def edge_pull(self, direction):
        """`_twisted`, its last part for all ghosts that a cell sees along a direction."""
        axis, size, pull = self._twisted(direction)
        joined = self.mesh.joined(direction)
        inside = 1.0 if self.mesh.inside is None else self.mesh.inside
        return axis, size, pull * inside * (2 - joined - np.roll(joined, 1, direction.axis + 1))

    def _inner_edges(self):
        """The ghosts' pull at edges to cells that are not inside, as coefficients of an anisotropy."""
        mesh = self.mesh
        if mesh.inside is None:
            return {}
        matrix = np.zeros((3, 3, mesh.ny, mesh.nx))
        for direction in mesh.directions:
            axis, _, pull = self._twisted(direction)
            pull = pull * sum(mesh.inner_edges(direction))     # the film's own edges have ghosts in the kernel
            across = np.eye(3)[..., None, None] - np.einsum("jia,jib->abji", axis, axis)
            matrix += pull * across
        return {"k_" + "xyz"[a] + "xyz"[b]: matrix[a, b] for a in range(3) for b in range(a, 3)
                if np.any(matrix[a, b])}

    def inner_turns(self, direction):
        """What turning the ghosts at inner edges adds to the difference of m along a direction, (3, 3, ny, nx) times m;
        None where nothing turns."""
        if self.mesh.inside is None or not np.any(self.twist(direction)):
            return None
        ahead, behind = self.mesh.inner_edges(direction)
        return self._turns(direction, 1) * ahead - self._turns(direction, -1) * behind

    # -------------------------------------------------------------- what the grid allows

    @property
    def _anisotropy(self):
        """Largest difference between the anisotropies of two directions in J/m³, (1, 1) or (ny, nx)."""
        levels = np.linalg.eigvalsh(np.moveaxis(self.anisotropy_matrix, (0, 1), (-2, -1)))
        return levels[..., -1] - levels[..., 0]

    @property
    def wall_width(self):
        """√(A/K) in m of the narrowest wall, K the largest difference between the anisotropies of two directions;
        inf without one."""
        A, K = np.broadcast_arrays(self.exchange_constant, self._anisotropy)
        ratio = np.divide(A, K, out=np.full(K.shape, np.inf), where=(K > 0) & (A > 0))
        return float(np.sqrt(ratio.min()))

    def _warn_about_cells(self):
        sizes = [size for size, n in zip(self.mesh.cell_size, self.mesh.cells) if n > 1]
        if not sizes:
            return
        size, width = max(sizes), self.wall_width
        if size > width / 2:
            warnings.warn(f"cells of {size * 1e9:.3g} nm are too coarse for walls as narrow as {width * 1e9:.3g} nm; "
                          "this is √(A/K) with the largest anisotropy difference; half of it or less is advised",
                          stacklevel=3)
        twist = self._twisted(self.mesh.directions[0])[1]
        A, D = np.broadcast_arrays(self.exchange_constant, twist)
        wavenumber = np.max(np.divide(D, 2 * A, out=np.zeros(A.shape), where=A > 0))
        if wavenumber * size > TURN:
            warnings.warn(f"cells of {size * 1e9:.3g} nm are too coarse for the DMI's spiral of "
                          f"{2e9 * np.pi / wavenumber:.3g} nm a turn; it turns by D dx/2A = {wavenumber * size:.3g} "
                          f"rad a cell; {TURN:g} rad or less is advised", stacklevel=3)

    def stability_limit(self, t=0.0, *, driven=True):
        """The longest stable step of the classical Runge–Kutta method in s, from a bound on the fastest precession; the
        drive is taken at time t, or left out."""
        rate = self._rate(self.terms, t, driven)
        limit = float(RK4_RADIUS * np.sqrt(1 + np.min(self.alpha)**2) / rate) if rate > 0 else np.inf
        return min([limit, *(term.longest_step(self) for term in self.terms)])

    def adaptive_limit(self, t=0.0):
        """The longest step in s that adaptive stepping takes by default at time t: stable, and so short that waves of
        five cells or more, of the frequency ω, are not damped by the method itself. Its share of the damping is
        (ω step)⁵/144, held below α/10 or `NUMERICAL_DAMPING`."""
        rate = self._rate([term for term in self.terms if not np.any(term.stiffness(self.mesh))], t, True)
        rate += self.turning(2 * np.max(self.exchange_constant) * (2 - 2 * np.cos(2 * np.pi / 5))
                             * max([1 / d.size**2 for d in self.mesh.directions], default=0.0))
        angle = (144 * max(np.min(self.alpha) / 10, NUMERICAL_DAMPING)) ** (1 / 5)
        return min(self.stability_limit(t), float(angle / rate) if rate > 0 else np.inf)

    def _rate(self, terms, t, driven):
        """A bound in rad/s on the precession by the anisotropies, by `terms`, and by the drive if `driven`."""
        return self.turning(2 * np.max(self._anisotropy)) + sum(
            term.rate(self, t) for term in (*terms, *(self.drive if driven else ())))

    # -------------------------------------------------------------- energy of a state

    def energies(self, m, t=0.0):
        """Energy of each kind of term in J at time t in s, and their sum under "total"; m as `Mesh.magnetization` takes
        it."""
        return self._energies(self.mesh.magnetization(m), t)

    def _energies(self, m, t):
        out = {}
        for term in self.terms:
            name = type(term).__name__
            out[name] = out.get(name, 0.0) + float(term.still(t).energy(self, m))
        out["total"] = float(sum(out.values()))
        return out
