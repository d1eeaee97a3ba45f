"""Running a problem: stepping, observing, relaxing, interrupting and resuming."""

import signal
import sys
import threading
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from time import perf_counter
from types import SimpleNamespace

import numba
import numpy as np

from .. import _validate as check
from .._compiler import several_threads
from . import kernels, storage
from .curvature import softest
from .problem import Problem
from .record import Record, stacked

TILE = 2048
"""Widest tile in cells. Long runs of memory count for more than rows that stay in the second-level cache: measured."""

SERIAL_BELOW = 2_500
"""Cells below which one thread is used without a measurement."""

PROBE = 0.05
"""Share of the time in which the slower number of threads is tried again."""

WORK = 20_000_000
"""Right-hand sides of a cell between two looks at the clock, the progress bar and Ctrl-C: some 0.1 s."""


def _aligned(shape):
    """np.zeros(shape), starting on a cache line: vector loads and stores then stay within one."""
    raw = np.zeros(int(np.prod(shape)) + 8)
    start = -raw.ctypes.data // 8 % 8
    return raw[start:start + int(np.prod(shape))].reshape(shape)


@contextmanager
def _whole():
    """Ctrl-C waits for the end of the block: what belongs together changes together."""
    handler, held = signal.getsignal(signal.SIGINT), []
    if threading.current_thread() is not threading.main_thread() or not callable(handler):
        yield                                              # Ctrl-C comes to the main thread alone
        return
    signal.signal(signal.SIGINT, lambda *call: held.append(call))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
        if held:
            handler(*held[0])


class _Crew:
    """How many threads take the steps: all, or one where the others are kept waiting, as on a machine that is busy,
    where a step of a small film may take 20 times as long. The time of a step is measured as the run goes: who is
    slower gets few steps now and then, who takes over begins with few and doubles them."""

    def __init__(self, threads):
        self._seconds = {1: 0.0, threads: 0.0}
        self._last, self._steps, self._spent, self._probe = 0, 0, 0.0, 0.0

    def work(self, advance, attempts, counts):
        """advance(attempts), fewer of them while measuring, with the threads that seem the faster."""
        chosen, other = sorted(self._seconds, key=lambda threads: self._seconds[threads])
        if not self._last:
            advance(0)                                     # compiles
        elif self._seconds[chosen] and self._spent * PROBE >= self._probe:
            chosen, self._spent = other, 0.0
        self._steps = min(attempts, max(1, 2 * self._steps if chosen == self._last else attempts // 128))
        self._last, all_threads, before = chosen, numba.get_num_threads(), counts[kernels.ACCEPTED:].sum()
        numba.set_num_threads(chosen)
        start = perf_counter()
        try:
            return advance(self._steps)
        finally:
            seconds, steps = perf_counter() - start, counts[kernels.ACCEPTED:].sum() - before
            numba.set_num_threads(all_threads)
            if steps:
                self._seconds[chosen] = seconds / steps
                self._spent += seconds
                if seconds / steps > min(self._seconds.values()):
                    self._probe = seconds


class StepFailed(RuntimeError):
    """A step could not be taken; the simulation keeps the state before it."""


def torque(problem, m, t=0.0):
    """∂t m of a state in 1/s, in the shape of m, at time t in s; m as `Mesh.magnetization` takes it."""
    return Simulation(problem, m, t=t).torque()


class Simulation:
    """A problem and its state.

    Parameters: problem (`Problem`); m, the state, as `Mesh.magnetization` takes it; t, the time in s; threads, None for
    one below 2500 cells and from there on what is faster, one or all, measured as the run goes. The numbers do not
    depend on threads.
    Raises TypeError or ValueError for a state that does not fit the mesh or does not hold unit vectors.

    A texture of `torquelib.textures` takes nm, a mesh m; a skyrmion as the state to start from:

        skyrmion = textures.Skyrmion(radius=15.0, wall_width=5.0)
        simulation = Simulation(problem, lambda x, y: skyrmion.m(x * 1e9, y * 1e9))
    """

    _observing, _relaxing_at = False, None

    def __init__(self, problem, m, *, t=0.0, threads=None):
        self.problem = check.instance("problem", problem, Problem)
        mesh = problem.mesh
        cells = mesh.nx * mesh.ny * mesh.layers
        most = 1 if cells < SERIAL_BELOW or several_threads.lost else numba.get_num_threads()
        self.threads = most if threads is None else check.integer("threads", threads, minimum=1)
        self._crew = _Crew(most) if threads is None and most > 1 else None
        pitch = -(-mesh.nx // kernels.CHUNK) * kernels.CHUNK
        self._fields = _aligned((2, mesh.ny, 3 * mesh.layers, pitch))
        self._slopes = np.empty((2, 1, 3, 1))
        self._clock = np.zeros(6)
        self._counts = np.zeros(4, dtype=np.int64)
        self._tiles = self._cut(mesh)
        self._drift, self._error = np.zeros(len(self._tiles)), np.zeros(len(self._tiles))
        width = max(x1 - x0 for x0, x1, *_ in self._tiles) + 2 * kernels.PAD + kernels.CHUNK
        width += 8 * (width % 16 == 0)                     # not a power of two: rows must not share cache lines' places
        shapes = (6, kernels.ROWS + 2, 3 * mesh.layers, width), (mesh.layers, width)
        self._rings = kernels.Rings(*(_aligned((self.threads, *shape)) for shape in shapes))
        self._clock[kernels.T] = check.number("t", t)
        self._plan, self._entries = None, {}
        self._history = problem.history(self._fields, self.threads)
        self.m = m

    def _cut(self, mesh):
        """Tiles (x0, x1, y0, y1, number), those of a thread next to each other;
        whole chunks but for the last along x."""
        bands = min(self.threads, max(1, mesh.ny // 16))
        columns = max(-(-mesh.nx // TILE), 1 if bands == self.threads or mesh.nx < 64 * self.threads else self.threads)
        xs, ys = (np.linspace(0, n, k + 1).astype(np.int64) for n, k in ((mesh.nx, columns), (mesh.ny, bands)))
        xs[1:-1] = xs[1:-1] // kernels.CHUNK * kernels.CHUNK
        cut = [(xs[i], xs[i + 1], ys[j], ys[j + 1]) for j in range(bands) for i in range(columns)]
        return np.array([(*tile, number) for number, tile in enumerate(cut)], dtype=np.int64)

    # -------------------------------------------------------------- the state

    @property
    def t(self):
        """Time in s."""
        return float(self._clock[kernels.T])

    @property
    def m(self):
        """The state, (nx, 3) for a chain, (ny, nx, 3) or (layers, ny, nx, 3) for a film; a copy."""
        return self._shaped(self._fields[self._counts[kernels.PARITY]])

    @m.setter
    def m(self, m):
        plan = self._plan if self._observing else None     # an observer that moves the state does not end the run
        self._put(self.problem.mesh.magnetization(m))
        self._plan = plan

    def _put(self, m):
        """Make m (layers, ny, nx, 3) the state."""
        self._fill(self._fields[self._counts[kernels.PARITY]], m)
        self._counts[kernels.HAS_SLOPE] = 0
        self._plan = None
        if self._history:
            self._history.clear()

    def _fill(self, field, m):
        """Write m (layers, ny, nx, 3) into `field` (ny, 3 layers, pitch)."""
        mesh = self.problem.mesh
        field[:, :, :mesh.nx] = m.transpose(1, 0, 3, 2).reshape(mesh.ny, -1, mesh.nx)

    def _shaped(self, field):
        """A copy of `field` (ny, 3 layers, pitch) in the shape of m."""
        mesh = self.problem.mesh
        rows = field[:, :, :mesh.nx].reshape(mesh.ny, mesh.layers, 3, mesh.nx)
        return rows.transpose(1, 0, 3, 2).reshape(mesh.m_shape).copy()

    @property
    def steps(self):
        """Steps taken so far."""
        return int(self._counts[kernels.ACCEPTED])

    @property
    def rejected(self):
        """Steps of adaptive stepping that were repeated with a shorter length."""
        return int(self._counts[kernels.REJECTED])

    def __repr__(self):
        return f"Simulation at t = {self.t * 1e9:.6g} ns of\n{self.problem!r}"

    @property
    def _geometry(self):
        mesh = self.problem.mesh
        return (mesh.ny, mesh.nx), (not mesh.periodic[0], not mesh.periodic[1])

    @property
    def _now(self):
        """The time at which fields and drives are taken: in a relaxation that of its beginning."""
        return self.t if self._relaxing_at is None else self._relaxing_at

    def torque(self):
        """∂t m of the state in 1/s, in the shape of m."""
        return self._torque(self.problem, self.problem.signals(self._now))

    def _torque(self, problem, signals, state=None):
        state = self._fields[self._counts[kernels.PARITY]] if state is None else state
        out = np.empty_like(state)
        coefficients = problem.coefficients
        if self._history:
            coefficients = coefficients._replace(far=self._history.at(state))
        kernels._slope(state, out, signals[None], coefficients, problem.edges, self._rings, self._tiles,
                       *self._geometry)
        return self._shaped(out)

    def energies(self):
        """`Problem.energies` of the state."""
        mesh = self.problem.mesh
        return self.problem._energies(self.m.reshape(mesh.layers, mesh.ny, mesh.nx, 3), self._now)

    # -------------------------------------------------------------- stepping

    def _advance(self, tolerance, attempts, drive, problem=None):
        """At most `attempts` steps with `drive` (n, 3, 10); True if all went well."""
        problem = problem or self.problem
        if tolerance and self._slopes.shape != self._fields.shape:
            self._slopes = _aligned(self._fields.shape)
            self._counts[kernels.HAS_SLOPE] = 0
        coefficients = problem.coefficients
        if (history := self._history):
            if not history.points:
                history.begin(self._clock, self._counts, self._fields[self._counts[kernels.PARITY]])
            attempts = min(attempts, history.due - self.steps)
            self._clock[kernels.ORIGIN] = history.origin
            coefficients = coefficients._replace(far=history.far)

        def advance(attempts):
            kernel, alone = ((kernels._advance_serial, nullcontext()) if self.threads == 1 else
                             (kernels._advance_parallel, several_threads))
            with alone, np.errstate(all="ignore"):
                return kernel(self._fields, self._slopes, self._clock, self._counts, float(tolerance), attempts, drive,
                              coefficients, problem.edges, self._rings, self._tiles, *self._geometry, self._drift,
                              self._error)
        return self._crew.work(advance, attempts, self._counts) if self._crew else advance(attempts)

    def run(self, until, *, dt=None, tolerance=1e-5, longest_step=None, times=None, observe=None, progress=None):
        """Advance to the time `until` in s and return a `Record`.

        dt: length of a fixed step in s (the last step before each observation is fitted in by shortening all); None for
        adaptive steps, with `tolerance` the largest error of a step in any cell, in radians, and `longest_step` an
        upper bound on their length in s (None for `Problem.adaptive_limit`). times: when to observe, (n,) increasing,
        within [t, until]; None for the end only. observe: {name: function of the simulation}, names as for variables.
        progress: True or False to show a bar; None shows one on a terminal once a run takes longer than two seconds.

        Steps of length h damp a wave of the frequency ω as if α were larger by (ωh)⁵/144, without an error that the
        tolerance could see if the wave is low. `Problem.adaptive_limit` keeps this below α/10 or 1e-5 for waves of five
        cells or more, the frequency growing as the square of the wave number; ask for a shorter `longest_step` or `dt`
        where shorter waves or still less damping matter: half the step, 1/32 of it.

        The demagnetising field is evaluated once for several steps and extrapolated between; the angle by which this
        turns a spin wrongly stays below `tolerance` for each step, also with fixed steps, unless one evaluation a step
        is too few.

        A drive that is a function of t is read at the beginning, the middle and the end of each step. The tolerance
        does not see a jump or a pulse that is shorter than a step:
        give a `longest_step` or a `dt` shorter than the rise.

        Ctrl-C leaves the simulation at the last finished step, an observer that fails (a wall has left the film) at the
        time of the observation. Either way the error's attribute `record` holds the `Record` so far, and `resume` goes
        on, to the same bits as an uninterrupted run:

            try:
                record = simulation.run(20e-9, times=times, observe={"x": wall_position})
            except ValueError as error:
                record = error.record                              # until the wall left; or, with another observer,
                record = simulation.resume({"x": some_function})   # on to the end

        Raises ValueError or TypeError for arguments that do not fit, before the first step; StepFailed, which names the
        time, if a step fails; the state before it is kept.
        """
        until = check.number("until", until, unit="s", minimum=self.t)
        times = np.array([until]) if times is None else check.finite("times", times, shape=(None,))
        if len(times) == 0 or np.any(np.diff(times) <= 0):
            raise ValueError("times must hold increasing times")
        rounding = 1e-9 * (until - self.t)                 # np.arange(0, 0.75e-9, 0.1e-9) ends above 0.7e-9
        if times[0] < self.t - rounding or times[-1] > until + rounding:
            raise ValueError(f"times must lie within [{self.t:.10g}, {until:.10g}] s; "
                             f"got [{times[0]:.10g}, {times[-1]:.10g}]")
        times = np.clip(times, self.t, until)
        observe = self._observers(observe)
        moments = np.linspace(self.t, until, 1 if self.problem.constant else 101)
        limit = min(map(self.problem.stability_limit, moments))
        if longest_step is not None:
            check.positive("longest_step", longest_step, "s")
            if dt is not None:
                raise ValueError(f"longest_step is for adaptive steps, not beside dt; got {longest_step:.4g} s")
        if dt is not None:
            check.positive("dt", dt, "s")
            if dt > limit:
                raise ValueError(f"dt must not exceed the stability limit {limit:.4g} s of this problem; got {dt:.4g} "
                                 "s")
        else:
            check.number("tolerance", tolerance, minimum=0.0, maximum=0.1, exclusive=True)
            longest = min(limit, longest_step or min(map(self.problem.adaptive_limit, moments)))
            self._clock[kernels.H_MAX] = longest if np.isfinite(longest) else max(until - self.t, 1e-30)
            self._clock[kernels.H] = self._clock[kernels.H_MAX] / 4
            self._clock[kernels.LAST_ERROR] = tolerance
        plan = {"stops": np.unique([*times, until]).tolist(), "times": times.tolist(), "next": 0, "dt": dt,
                "tolerance": float(tolerance), "began": None, "first": self.steps}
        entries = {name: [] for name in ("t", *observe)}
        self._plan, self._entries = plan, entries
        return self._carry_out(observe, progress)

    def resume(self, observe=None, progress=None):
        """Go on with the run that was interrupted or failed, and return its whole `Record`; observe as in `run`, with
        the same names. Raises ValueError if there is no such run, or for other names."""
        if self._plan is None:
            raise ValueError("there is no unfinished run to resume")
        observe = self._observers(observe)
        if set(observe) != set(self._entries) - {"t"}:
            raise ValueError("observe must have the names of the interrupted run, "
                             f"{sorted(set(self._entries) - {'t'})}; got {sorted(observe)}")
        return self._carry_out(observe, progress)

    @staticmethod
    def _observers(observe):
        if not isinstance(observe, (dict, type(None))):
            raise TypeError(f"observe must be a dict {{name: function of the simulation}}; got {observe!r}")
        observe = dict(observe or {})
        for name, function in observe.items():
            if not callable(function):
                raise TypeError(f"observe must map names to functions of the simulation; {name!r} is {function!r}")
            if name == "t":
                raise ValueError("observe must not use the name 't', which holds the times")
            if not (isinstance(name, str) and name.isidentifier()) or hasattr(dict, name):
                raise ValueError(f"observe must use names that are identifiers and no methods of dict; got {name!r}")
        return observe

    def _carry_out(self, observe, progress):
        plan, start = self._plan, self.t
        end = plan["stops"][-1]
        bar = _bar(progress, (end - start) * 1e9)
        try:
            while plan["next"] < len(plan["stops"]):
                stop, found = plan["stops"][plan["next"]], {}
                self._reach(stop, plan, lambda: bar.update(round((self.t - start) * 1e9 - bar.n, 6)))
                if stop in plan["times"]:
                    self._observing = True
                    found = {"t": self.t}
                    found |= {name: self._observed(name, function) for name, function in observe.items()}
                    self._observing = False
                with _whole():
                    for name, value in found.items():
                        self._entries[name].append(value)
                    plan["next"] += 1
        except BaseException as error:
            error.record = self._record()
            raise
        finally:
            self._observing = False
            bar.close()
        record, self._plan = self._record(), None
        return record

    def _record(self):
        return Record({name: stacked(entries) for name, entries in self._entries.items()})

    def _observed(self, name, function):
        try:
            return function(self)
        except Exception as error:
            error.add_note(f"observer {name!r} failed at t = {self.t:.6g} s; the record before it is the error's "
                           "attribute record, and simulation.resume goes on from the state at that time")
            raise

    def _reach(self, stop, plan, tick):
        """Step until `stop`; what is needed to go on after an interruption is in the plan, the clock and the counts."""
        mesh = self.problem.mesh
        cells = mesh.nx * mesh.ny * mesh.layers
        many = max(1, WORK // (4 * cells))
        if plan["dt"] is None:
            self._clock[kernels.T_END] = stop
            while self.t < stop or not self._settled(plan["tolerance"], False, now=True):
                constant = self.problem.constant
                drive = self._drive_at(self.t, kernels._next_step(self._clock, True), 1, stop)
                with _whole():
                    if not self._advance(plan["tolerance"], many if constant else 1, drive):
                        self._fail("the error stays above the tolerance however short the step")
                    self._settled(plan["tolerance"], False)
                tick()
            return
        if plan["began"] is None:
            plan["first"], plan["began"] = self.steps, self.t
        span = stop - plan["began"]
        steps = int(np.ceil(span / plan["dt"] * (1 - 1e-12)))
        h = span / steps if steps else 0.0
        while (done := self.steps - plan["first"]) < steps or not self._settled(plan["tolerance"], True, now=True):
            count = min(many, steps - done)
            self._clock[kernels.H] = h
            drive = self._drive_at(plan["began"], h, count, stop, done)
            with _whole():
                if not self._advance(0.0, count, drive):
                    self._fail("the length of m is lost within a step; dt is too long")
                self._settled(plan["tolerance"], True)
            tick()
        self._clock[kernels.T] = stop
        plan["began"] = None

    def _settled(self, tolerance, fixed, now=False):
        """Evaluate the demagnetising field if it is due, or now;
        False if the steps since the last evaluation are taken back."""
        history = self._history
        if not history or not history.points or not (now or self.steps >= history.due):
            return True
        with _whole():
            return history.settle(self._clock, self._counts, self._fields, tolerance, fixed)

    def _drive_at(self, t, h, count, stop, done=0):
        """The drive at start, middle and end of `count` steps, (count, 3, 10), the first of them `done` steps after t
        and none beyond `stop` by a rounding error; (1, 3, 10) if it is constant."""
        if self.problem.constant:
            return np.tile(self.problem.signals(t), (1, 3, 1))
        nodes = np.array([self.problem.signals(min(t + (done + k / 2) * h, stop)) for k in range(2 * count + 1)])
        return np.stack([nodes[:-2:2], nodes[1::2], nodes[2::2]], 1)

    def _fail(self, why):
        raise StepFailed(f"the step from t = {self.t:.6g} s failed: {why}. The state at that time is kept.")

    def relax(self, torque=1e-6, *, max_time=100e-9, progress=None, watch=None):
        """Let the state fall into an energy minimum: damped motion with α = 1 and no drive,
        until |m × B| < torque everywhere. A field that varies in time stays as it is.

        A state that is at rest but no minimum, because in some direction the energy curves down by more than
        100 torque/rad, is pushed 0.1 rad along it and goes on. A saddle that is flatter than this stays.

        torque: in T. max_time: give up (StepFailed) after this time of damped motion, in s. watch: a function of the
        simulation, called after every 50 steps, with `t` the time of damped motion: for snapshots; `energies` and
        `torque` are those in the field that stays. The simulation's time stays.
        """
        check.positive("torque", torque, "T")
        check.positive("max_time", max_time, "s")
        if watch is not None and not callable(watch):
            raise TypeError(f"watch must be a function of the simulation; got {watch!r}")
        material = self.problem.material
        still = self.problem._at_rest(replace(material, alpha=np.ones(np.shape(material.alpha))[()]))
        t, clock, counts, history = self.t, self._clock.copy(), self._counts.copy(), self._history
        plan = self._plan if self._observing else None
        limit, bar = still.stability_limit(t, driven=False), _bar(progress, max_time * 1e9)
        try:
            self._history = still.history(self._fields, self.threads)
            self._clock[:] = 0
            self._counts[kernels.HAS_SLOPE] = 0
            self._clock[kernels.H_MAX] = 0.9 * limit if np.isfinite(limit) else max_time
            self._clock[kernels.H], self._clock[kernels.LAST_ERROR] = self._clock[kernels.H_MAX] / 4, 1e-3
            self._clock[kernels.T_END] = max_time
            self._relaxing_at = t
            while True:
                self._settle(still, still.signals(t, driven=False), torque, max_time, watch, bar)
                if not self._kick(still, still.signals(t, driven=False), 100 * torque):
                    break
        finally:
            bar.close()
            self._relaxing_at = None
            self._clock[:] = clock
            self._counts[kernels.ACCEPTED:] = counts[kernels.ACCEPTED:]
            self._counts[kernels.HAS_SLOPE] = 0
            self._plan = plan
            self._history = history
            if history:
                history.clear()
        return self

    def _settle(self, still, signals, torque, max_time, watch, bar):
        """Damped motion until |m × B| < torque."""
        worst = np.inf
        while worst > torque:
            if self.t >= max_time:
                raise StepFailed(f"|m × B| is still {worst:.3g} T, above {torque:.3g} T, after {max_time:.3g} s "
                                 "of damped motion")
            with _whole():
                if not self._advance(1e-3, 50, np.tile(signals, (1, 3, 1)), still):
                    self._fail("the error stays above the tolerance however short the step")
                settled = self._settled(1e-3, False)
            if not settled:
                continue
            speed = np.sqrt(np.max(np.sum(self._torque(still, signals)**2, axis=-1)))
            worst = speed * np.sqrt(2) / still.material.gamma    # |∂t m| = γ|m × B|/√(1 + α²)
            if watch:
                watch(self)
            bar.update(round(self.t * 1e9 - bar.n, 6))

    def _kick(self, still, signals, enough):
        """Push the state out of a saddle; whether it was one."""
        mesh, scratch = self.problem.mesh, np.zeros_like(self._fields[0])
        shape = mesh.layers, mesh.ny, mesh.nx, 3

        def field(m):
            self._fill(scratch, m)
            slope = self._torque(still, signals, scratch).reshape(shape)
            return (slope + np.cross(m, slope)) / still.material.gamma     # at α = 1
        m = self.m.reshape(shape)
        way = softest(still, field, m, enough)
        if way is not None:
            m = m + 0.1 * way
            self._put(m / np.maximum(np.linalg.norm(m, axis=-1, keepdims=True), 1e-300))
        return way is not None

    # -------------------------------------------------------------- to disk and back

    def save(self, path):
        """Write the state, the clock and an unfinished run with its record to an .npz file;
        ".npz" is added to a path without it. An observer may call it: `load` and `resume` go on from there, to the same
        bits. Raises ValueError, and writes nothing, for a record of other things than numbers, arrays and dicts of
        them."""
        nx = self.problem.mesh.nx
        storage.save(path, self.problem, fields=self._fields[..., :nx], slopes=self._slopes[..., :nx],
                     clock=self._clock, counts=self._counts, plan=self._plan, entries=self._entries,
                     past=self._history.pack() if self._history else {})

    @classmethod
    def load(cls, path, problem, *, threads=None):
        """The simulation that `save` wrote to `path`; `problem` must be the one it was.

        For another drive or material start anew from the state: `Simulation(other, loaded.m, t=loaded.t)`.
        Raises ValueError if the mesh, material, terms or drive are not those saved (functions of t cannot be compared)
        or the file is none that `save` wrote, TypeError if `problem` is no Problem,
        FileNotFoundError if there is no file.
        """
        check.instance("problem", problem, Problem)
        found = storage.load(path, problem)
        simulation = cls(problem, (0.0, 0.0, 1.0), threads=threads)
        nx = problem.mesh.nx
        own = {"fields": simulation._fields[..., :nx], "clock": simulation._clock, "counts": simulation._counts}
        for name, array in own.items():
            kept = found[name]
            if (kept.shape, kept.dtype) != (array.shape, array.dtype):
                raise ValueError(f"{path} is damaged: {name} must have shape {array.shape} and type {array.dtype}; got "
                                 f"{kept.shape} and {kept.dtype}")
        simulation._fields[..., :nx] = found["fields"]
        if found["slopes"].shape == found["fields"].shape:
            simulation._slopes = _aligned(simulation._fields.shape)
            simulation._slopes[..., :nx] = found["slopes"]
        simulation._clock, simulation._counts = found["clock"], found["counts"]
        simulation._plan, simulation._entries = found["plan"], found["entries"]
        if simulation._history:
            simulation._history.unpack(found["past"])
        return simulation


def _bar(progress, total):
    """A tqdm bar over `total` ns; without being asked for, only on a terminal."""
    if progress or (progress is None and sys.stderr is sys.__stderr__ and sys.stderr.isatty()):
        try:
            tqdm = check.optional("tqdm.auto", "sweeps", "progress=True").tqdm
            return tqdm(total=round(total, 6), unit="ns", delay=2 if progress is None else 0,
                        bar_format="{l_bar}{bar}| {n:.3g}/{total:.3g} ns [{elapsed}<{remaining}]")
        except ImportError:
            if progress:
                raise
    return SimpleNamespace(n=0, update=lambda amount: None, close=lambda: None)
