"""One domain wall in a chain, driven by a current: the problem of chapter 10 in a form that sweeps can use."""

from dataclasses import dataclass

import numpy as np

from .. import _validate as check
from .collective import WallModel
from .drives import SpinCurrent
from .material import Material
from .mesh import Mesh
from .observers import wall_position, wall_tilt
from .problem import Problem
from .simulation import Simulation
from .terms import Exchange, UniaxialAnisotropy


def wall(problem, position=0.0, tilt=0.0, width=None):
    """m of a wall at x = position in m, m_z = +1 on its left, its middle tilted by φ from x to y;
    shape of the mesh plus (3,).

    width: Δ in m; None for √(A/K) from the problem's exchange and its largest anisotropy difference along x and z.
    """
    mesh = problem.mesh
    check.number("position", position, unit="m")
    check.number("tilt", tilt, unit="rad")
    if width is None:
        matrix = problem.anisotropy_matrix
        K, A = np.mean(matrix[2][2]) - np.mean(matrix[0][0]), np.mean(problem.exchange_constant)
        if not (K > 0 and A > 0):
            raise ValueError("width must be given: the problem has no exchange or no easy axis z from which to "
                             "compute it")
        width = np.sqrt(A / K)
    s = (mesh.x - position) / check.positive("width", width, "m")
    with np.errstate(over="ignore"):
        across = 1 / np.cosh(s)
    m = np.stack([across * np.cos(tilt), across * np.sin(tilt), -np.tanh(s)], -1)
    return m if len(mesh.shape) == 1 else np.broadcast_to(m, mesh.shape + (3,)).copy()


@dataclass(frozen=True)
class WallChain:
    """A chain with one wall: easy axis z (K), hard axis y (K_hard), damping alpha, in SI units.

    The default is a soft film with Δ = 10 nm; `cell` is the cell size in m. The current's central difference makes
    velocities too small by a share (cell/Δ)²/6, 0.7 % for the default.
    Raises ValueError for what is not above zero or not finite.
    """

    A: float = 1.3e-11
    K: float = 1.3e5
    K_hard: float = 1.3e4
    Ms: float = 8e5
    alpha: float = 0.05
    cell: float = 2e-9

    def __post_init__(self):
        self.model(0.0)
        check.positive("cell", self.cell, "m")

    def model(self, beta):
        """The collective-coordinate model with total non-adiabaticity beta."""
        return WallModel(self.A, self.K, self.K_hard, self.Ms, self.alpha, beta)

    def problem(self, length, drive=()):
        """A chain of `length` in m with `drive`."""
        cells = max(8, round(check.positive("length", length, "m") / self.cell))
        terms = [Exchange(self.A), UniaxialAnisotropy(self.K, "z"), UniaxialAnisotropy(-self.K_hard, "y")]
        return Problem(Mesh(cells, self.cell), Material(self.Ms, self.alpha), terms, drive)

    def run(self, u, beta, duration, *, beta_int=0.0, samples=200, tolerance=1e-5, observe=None):
        """Drive the resting wall at drift velocity u in m/s for `duration` in s; a Record with t, position in m from
        the start, tilt in rad (unwrapped), and what further observers return. The chain is as long as the way of the
        wall asks for. Raises ValueError or TypeError for arguments that are not finite numbers and a duration that is
        not above zero."""
        check.number("u", u, unit="m/s")
        check.positive("duration", duration, "s")
        model = self.model(check.number("beta", beta) + check.number("beta_int", beta_int))
        way = max(abs(u), abs(model.initial_velocity(u)), abs(model.mean_velocity(u))) * duration
        problem = self.problem(way + 30 * model.width, [SpinCurrent.from_drift_velocity(u, self.Ms, beta, beta_int)])
        start = -np.copysign(way / 2, model.mean_velocity(u) or u)
        simulation = Simulation(problem, wall(problem, start))
        record = simulation.run(duration, tolerance=tolerance,
                                times=np.linspace(0, duration, check.integer("samples", samples, minimum=3)),
                                observe={"position": wall_position, "tilt": wall_tilt, **(observe or {})},
                                progress=False)
        record["position"] = record.position - record.position[0]
        record["tilt"] = np.unwrap(record.tilt)
        return record


def mean_velocity(record):
    """Mean velocity in m/s of a wall's Record in its second half; if the wall turns over there,
    over whole half turns of its tilt.

    Without whole half turns the mean would depend on where in its to and fro the wall is caught.

    The run must be long enough, or the velocity is that of a transient. Above breakdown a half turn takes
    π(1 + α²)/√[((β − α)u/Δ)² − (αω)²], without bound towards breakdown (ω = γK_hard/M_s, see `WallModel`), and the
    second half of the run must hold several. Below, far from breakdown, the tilt settles within a few (1 + α²)/(2αω).

    record: at least 3 times, with `position` in m and `tilt` in rad, (n,) each, as `WallChain.run` returns it.
    Raises ValueError for a shorter record or entries that are not finite.
    """
    if len(record.t) < 3:
        raise ValueError(f"record must hold at least 3 times; got {len(record.t)}")
    t, x, tilt = (check.finite(f"record.{name}", record[name], shape=(len(record.t),))
                  for name in ("t", "position", "tilt"))
    begin, end = len(t) // 2, len(t) - 1
    turns = abs(tilt[end] - tilt[begin]) / np.pi
    if turns < 1:
        return float((x[end] - x[begin]) / (t[end] - t[begin]))
    sign = np.sign(tilt[end] - tilt[begin])
    rising = np.maximum.accumulate(sign * (tilt[begin:] - tilt[begin]))
    moment = np.interp(np.floor(turns) * np.pi, rising, t[begin:])
    return float((np.interp(moment, t, x) - x[begin]) / (moment - t[begin]))


def wall_velocity(chain, u, beta, duration, tolerance=1e-4):
    """Mean velocity in m/s and number of half turns of the tilt of a driven wall: one point of a phase diagram.

    chain (`WallChain`); u in m/s; beta, the total; duration in s: several half turns above breakdown, see
    `mean_velocity`, else the velocity is that of a transient; tolerance as in `Simulation.run`."""
    record = chain.run(u, beta, duration, tolerance=tolerance)
    return mean_velocity(record), float(abs(record.tilt[-1] - record.tilt[0]) / np.pi)


def phase_diagram(chain, u, beta, duration, *, n_jobs=-1):
    """(velocity in m/s, half turns), each (len(beta), len(u)),
    of a wall driven at every u in m/s and total beta; a parallel sweep.

    duration in s is the same for all points and must be as long as `mean_velocity` says; near breakdown no duration is,
    and a point that has turned over but once or twice shows the velocity of a transient.

    The points go through joblib: by default to the cores of this machine, inside
    `joblib.parallel_config(backend="dask")` to a Dask cluster, unchanged. Raises ValueError for arguments that are not
    finite and a duration that is not above zero.
    """
    joblib = check.optional("joblib", "sweeps", "phase_diagram")
    check.positive("duration", duration, "s")
    u, beta = check.finite("u", u, shape=(None,)), check.finite("beta", beta, shape=(None,))
    points = joblib.Parallel(n_jobs=n_jobs)(joblib.delayed(wall_velocity)(chain, one_u, one_beta, duration)
                                            for one_beta in beta for one_u in u)
    velocity, turns = np.array(points).T.reshape(2, len(beta), len(u))
    return velocity, turns
