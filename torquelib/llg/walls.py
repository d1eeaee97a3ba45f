"""One domain wall in a chain, driven by a current: the problem of chapter 10 in a form that sweeps can use."""

import warnings
from dataclasses import dataclass

import numpy as np

from .. import _validate as check
from .collective import WallModel
from .drives import SpinCurrent
from .material import Material
from .mesh import Mesh
from .observers import wall_position, wall_tilt
from .problem import Problem
from .record import Record
from .simulation import Simulation
from .terms import Exchange, UniaxialAnisotropy

AT_REST = 1e-9
"""Change in m/s of a wall's velocity up to which it is that of rounding: what a wall at rest shows is some 1e-12."""


def wall(problem, position=0.0, tilt=0.0, width=None):
    """m of a wall at x = position in m, between domains along the problem's easy axis, + on its left; its middle is
    tilted by φ in rad from the first to the second of the other two axes in the order x → y → z → x (for an easy axis
    z from x to y, as `wall_tilt` counts it). Shape of the mesh plus (3,).

    width: Δ in m; None for √(A/K) from the problem's exchange and the difference of its two largest anisotropies.
    Without any anisotropy z takes the place of the easy axis. Raises ValueError for an easy axis that is none of x, y,
    z, for a problem with a hard axis alone or two equal easy ones, and for a width that is neither given nor known.
    """
    mesh = check.instance("problem", problem, Problem).mesh
    check.number("position", position, unit="m")
    check.number("tilt", tilt, unit="rad")
    matrix = problem.anisotropy_matrix.mean(axis=(2, 3))
    levels, axes = np.linalg.eigh(matrix)
    if levels[2] - levels[1] > 1e-12 * np.max(np.abs(levels)):
        easy = int(np.argmax(np.abs(axes[:, 2])))
        if abs(axes[easy, 2]) < 1 - 1e-6:
            raise ValueError(f"problem must have its easy axis along x, y or z; it is {axes[:, 2].round(4)}")
    elif levels[2] - levels[0] > 1e-12 * np.max(np.abs(levels)):
        raise ValueError("problem must have a single easy axis, between whose two directions the wall lies; got the "
                         f"same anisotropy, {levels[2]:g} J/m³, along every direction of a plane")
    else:
        easy = 2
    if width is None:
        K, A = levels[2] - levels[1], np.mean(problem.exchange_constant)
        if not (K > 0 and A > 0):
            raise ValueError("width must be given: the problem has no exchange or no easy axis from which to compute "
                             "it")
        width = np.sqrt(A / K)
    s = (mesh.x - position) / check.positive("width", width, "m")
    with np.errstate(over="ignore"):
        across = 1 / np.cosh(s)
    m = np.roll(np.stack([across * np.cos(tilt), across * np.sin(tilt), -np.tanh(s)], -1), easy - 2, axis=-1)
    return m if len(mesh.shape) == 1 else np.broadcast_to(m, mesh.shape + (3,)).copy()


@dataclass(frozen=True)
class WallChain:
    """A chain with one wall: easy axis z (K), hard axis y (K_hard), damping alpha, in SI units.

    The default is a soft film with Δ = 10 nm; `cell` is the cell size in m. The current's central difference makes
    velocities too small by a share (cell/Δ)²/6, 0.17 % for the default; the time of a run goes as 1/cell³.
    Raises ValueError for what is not above zero or not finite.
    """

    A: float = 1.3e-11
    K: float = 1.3e5
    K_hard: float = 1.3e4
    Ms: float = 8e5
    alpha: float = 0.05
    cell: float = 1e-9

    def __post_init__(self):
        model = self.model(0.0)
        for name in ("A", "K", "K_hard", "Ms", "alpha"):
            object.__setattr__(self, name, getattr(model, name))
        object.__setattr__(self, "cell", check.positive("cell", self.cell, "m"))

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
        share = min(1.0, (self.cell / model.width)**2 / 6)                 # near breakdown it decides on turning over
        way = [model.trajectory(np.linspace(0, duration, 2001), drift)[0] for drift in (u, (1 - share) * u)]
        problem = self.problem(np.ptp(way) + 30 * model.width,
                               [SpinCurrent.from_drift_velocity(u, self.Ms, beta, beta_int)])
        simulation = Simulation(problem, wall(problem, -(np.min(way) + np.max(way)) / 2))

        def counted(record):
            """From the start, and without jumps of 2π."""
            record["position"] = record.position - record.position[:1]
            record["tilt"] = np.unwrap(record.tilt)
            return record
        times = np.linspace(0, duration, check.integer("samples", samples, minimum=3))
        observe = {"position": wall_position, "tilt": wall_tilt, **(observe or {})}
        try:
            return counted(simulation.run(duration, tolerance=tolerance, times=times, observe=observe, progress=False))
        except Exception as error:
            if hasattr(error, "record"):
                counted(error.record)
            raise


def mean_velocity(record):
    """Mean velocity in m/s of a wall's Record in its second half; if the wall turns over there,
    over whole half turns of its tilt.

    Without whole half turns the mean would depend on where in its to and fro the wall is caught.

    The run must be long enough, or the velocity is that of a transient. Above breakdown a half turn takes
    π(1 + α²)/√[((β − α)u/Δ)² − (αω)²], without bound towards breakdown (ω = γK_hard/M_s, see `WallModel`), and the
    second half of the run must hold several. Below, far from breakdown, the tilt settles within a few (1 + α²)/(2αω).
    Warns if the wall does not turn over and its velocity changes between the last two quarters, by more than 2 % of the
    largest of it and the mean velocity of the run, and not just by rounding.

    record: at least 3 times, with `position` in m and `tilt` in rad, (n,) each, as `WallChain.run` returns it.
    Raises ValueError for a shorter record, one without these, times that do not rise or entries that are not finite,
    TypeError for what is no `Record`.
    """
    velocity, late, turns = _mean_velocity(check.instance("record", record, Record))
    whole = (record.position[-1] - record.position[0]) / (record.t[-1] - record.t[0])
    change = abs(late - velocity)
    if turns < 1 and change > 0.01 * max(abs(late), abs(velocity), abs(whole)) and change > AT_REST:
        warnings.warn(f"the wall is still on its way to a steady motion: {velocity:.4g} m/s in the second half of the "
                      f"run, {late:.4g} m/s in the last quarter; a longer run is needed", stacklevel=2)
    return velocity


def _mean_velocity(record):
    """The velocity, that in the last quarter, and the half turns in the second half."""
    if missing := [name for name in ("t", "position", "tilt") if name not in record]:
        raise ValueError(f"record must hold t, position and tilt; it lacks {', '.join(missing)}")
    if len(record["t"]) < 3:
        raise ValueError(f"record must hold at least 3 times; got {len(record['t'])}")
    t, x, tilt = (check.finite(f"record.{name}", record[name], shape=(len(record["t"]),))
                  for name in ("t", "position", "tilt"))
    if np.any(np.diff(t) <= 0):
        at = int(np.argmax(np.diff(t) <= 0))
        raise ValueError(f"record.t must rise; got {t[at]:g} s, then {t[at + 1]:g} s")
    begin, end = len(t) // 2, len(t) - 1
    quarter = min((begin + end + 1) // 2, end - 1)
    late = float((x[end] - x[quarter]) / (t[end] - t[quarter]))
    turns = abs(tilt[end] - tilt[begin]) / np.pi
    if turns < 1:
        return float((x[end] - x[begin]) / (t[end] - t[begin])), late, turns
    sign = np.sign(tilt[end] - tilt[begin])
    rising = np.maximum.accumulate(sign * (tilt[begin:] - tilt[begin]))
    moment = np.interp(np.floor(turns) * np.pi, rising, t[begin:])
    return float((np.interp(moment, t, x) - x[begin]) / (moment - t[begin])), late, turns


def wall_velocity(chain, u, beta, duration, tolerance=1e-4):
    """Mean velocity in m/s and number of half turns of the tilt of a driven wall: one point of a phase diagram.

    chain (`WallChain`); u in m/s; beta, the total; duration in s: several half turns above breakdown, see
    `mean_velocity`, else the velocity is that of a transient, here without a warning; tolerance as in
    `Simulation.run`."""
    record = check.instance("chain", chain, WallChain).run(u, beta, duration, tolerance=tolerance)
    return _mean_velocity(record)[0], _half_turns(record)


def _half_turns(record):
    return float(abs(record.tilt[-1] - record.tilt[0]) / np.pi)


def _point(chain, u, beta, duration):
    """Velocity, half turns, and what ended the run early, if anything did: of the record so far then."""
    try:
        record, problem = chain.run(u, beta, duration, tolerance=1e-4), None
    except Exception as error:
        record, problem = getattr(error, "record", None), f"u = {u:g} m/s, beta = {beta:g}: {error}"
        if record is None or len(record.t) < 3:
            return np.nan, np.nan, problem
    return _mean_velocity(record)[0], _half_turns(record), problem


def phase_diagram(chain, u, beta, duration, *, n_jobs=-1):
    """(velocity in m/s, half turns), each (len(beta), len(u)),
    of a wall driven at every u in m/s and total beta; a parallel sweep.

    duration in s is the same for all points and must be as long as `mean_velocity` says; near breakdown no duration is,
    and a point that has turned over but once or twice shows the velocity of a transient.

    The points go through joblib: by default to the cores of this machine, inside
    `joblib.parallel_config(backend="dask")` to a Dask cluster, unchanged. A run that fails, since its wall leaves or
    breaks up, costs that point alone, and a warning names it. Raises ValueError for arguments that are not finite or
    empty and a duration that is not above zero.
    """
    check.instance("chain", chain, WallChain)
    joblib = check.optional("joblib", "sweeps", "phase_diagram")
    check.positive("duration", duration, "s")
    u, beta = check.finite("u", u, shape=(None,)), check.finite("beta", beta, shape=(None,))
    for name, values in (("u", u), ("beta", beta)):
        if not len(values):
            raise ValueError(f"{name} must hold at least one value; got none")
    points = joblib.Parallel(n_jobs=n_jobs)(joblib.delayed(_point)(chain, one_u, one_beta, duration)
                                            for one_beta in beta for one_u in u)
    velocity, turns, problems = zip(*points)
    if problems := list(filter(None, problems)):
        warnings.warn(f"{len(problems)} of {len(points)} runs ended early; their velocity is that of the record so "
                      "far, nan without one. " + "; ".join(problems), stacklevel=2)
    shape = len(beta), len(u)
    return np.reshape(velocity, shape), np.reshape(turns, shape)
