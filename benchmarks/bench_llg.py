"""Speed of the LLG engine against a stream triad measured in the same run, a student's NumPy,
and hand-picked fixed steps.

    python benchmarks/bench_llg.py            all tables
    python benchmarks/bench_llg.py speed      one of: speed terms size compile accuracy pairs

Speeds are in millions of cell right-hand sides per second (Mcell·RHS/s), best of repeats that take turns, so that a
busy machine hurts every row alike. A fused Runge–Kutta stage that passes over memory moves 126 B a cell; `bound` is the
speed at which that would use the bandwidth the triad shows. The engine passes over memory once a step, not once a
stage, so it can be faster than the bound.

Adaptive steps: on one thread 0.71, 0.62, 0.68 of the bound at 256², 512², 1024², where fixed ones reach 0.91, 0.89,
0.91. Beyond the cache memory has little share in that, of which a step passes 144 B a cell beside 72, for slopes kept
from step to step: the rest is one row function more a step, and copies. Slope and error in one loop brought 4 to 6 %.
"""

import os
import subprocess
import sys
import tempfile
import time

import numba
import numpy as np
from scipy.integrate import solve_ivp

from torquelib import llg
from torquelib.llg import kernels
from torquelib.torques import adiabatic_velocity
from torquelib.units import SI_GAMMA

STAGE_BYTES = 126
TRIAD_BYTES = 32                  # two reads, a write, and the read that a write costs


def film(n, drive=True, terms=2):
    """LLG + Zhang–Li on an n × n film, exchange and uniaxial anisotropy:
    the problem of every row unless said otherwise."""
    energy = [llg.Exchange(1.3e-11), llg.UniaxialAnisotropy(1e5), llg.Zeeman((0.01, 0.0, 0.02)),
              llg.InterfacialDMI(1e-3),
              llg.UniaxialAnisotropy(-2e4, (1.0, 1.0, 1.0))][:terms]
    return llg.Problem(llg.Mesh((n, n), 2e-9), llg.Material(8e5, 0.02), energy,
                       [llg.SpinCurrent(-1e12, 0.04)] if drive else [])


def texture(n):
    """A smooth state."""
    x = np.linspace(0, 6, n)
    theta = x[None, :] + 0.3 * np.sin(x)[:, None]
    return np.stack([np.sin(theta), 0 * theta, np.cos(theta)], -1)


def stepper(problem, m, threads, steps, tolerance=0.0):
    """A function that takes `steps` steps far below the stability limit, without any other work."""
    simulation = llg.Simulation(problem, m, threads=threads)
    drive = np.tile(problem.signals(0.0), (1, 3, 1))

    def run():
        simulation._clock[[kernels.H, kernels.H_MAX, kernels.LAST_ERROR, kernels.T_END]] = 1e-15, 1e-15, 1.0, np.inf
        if not simulation._advance(tolerance, steps, drive):
            raise SystemExit("a step failed")
    return run


def best(rows, repeats=25):
    """Least seconds of each function, the functions taking turns."""
    for function in rows.values():
        function()
    least = dict.fromkeys(rows, np.inf)
    for _ in range(repeats):
        for name, function in rows.items():
            start = time.perf_counter()
            function()
            least[name] = min(least[name], time.perf_counter() - start)
    return least


@numba.njit(nogil=True)
def _triad(a, b, c):
    for i in range(a.size):
        a[i] = b[i] + 3.0 * c[i]


@numba.njit(nogil=True, parallel=True)
def _triad_parallel(a, b, c):
    for i in numba.prange(a.size):
        a[i] = b[i] + 3.0 * c[i]


def student(problem, m):
    """The right-hand side as a student writes it: np.cross and np.roll (edges aside)."""
    mesh, Ms, alpha = problem.mesh, problem.material.Ms, problem.material.alpha
    A, K, beta = 1.3e-11, 1e5, 0.04
    b = adiabatic_velocity(j_s=problem.drive[0].j_s, Ms=Ms)

    def slope(t, y):
        m = y.reshape(mesh.ny, mesh.nx, 3)
        laplacian = sum(np.roll(m, s, a) for s in (1, -1) for a in (0, 1)) - 4 * m
        B = 2 * A / Ms * laplacian / mesh.dx**2
        B[..., 2] += 2 * K / Ms * m[..., 2]
        d = b * (np.roll(m, -1, 1) - np.roll(m, 1, 1)) / (2 * mesh.dx)
        right = -SI_GAMMA * np.cross(m, B) + d - beta * np.cross(m, d)
        return ((right + alpha * np.cross(m, right)) / (1 + alpha**2)).ravel()
    evaluations = solve_ivp(slope, (0, 4e-15), m.ravel(), method="RK45", max_step=1e-15).nfev
    return lambda: solve_ivp(slope, (0, 4e-15), m.ravel(), method="RK45", max_step=1e-15), evaluations


def speed(films=(250, 256, 1000, 1024), cell_steps=2_000_000, numbers=8_000_000, repeats=25):
    """The main table."""
    cores = numba.config.NUMBA_NUM_THREADS
    a, b, c = (np.zeros(numbers) for _ in range(3))
    threads = sorted({1, cores})
    rows, cells = {}, {}
    for t in threads:
        rows["triad", 0, t] = (lambda: _triad(a, b, c)) if t == 1 else (lambda: _triad_parallel(a, b, c))
        for n in films:
            steps = cell_steps // n**2                   # enough that a film that fits into the cache is in it
            for name, tolerance in (("RK4", 0.0), ("adaptive", 1.0)):
                rows[name, n, t] = stepper(film(n), texture(n), t, steps, tolerance)
                cells[name, n, t] = steps * 4 * n**2
    n = films[0]
    rows["student", n, 1], evaluations = student(film(n), texture(n))
    cells["student", n, 1] = evaluations * n**2
    least = best(rows, repeats)
    bound = {t: a.size * TRIAD_BYTES / least["triad", 0, t] / STAGE_BYTES / 1e6 for t in threads}
    for t in threads:
        print(f"triad, {t} thread{'s' * (t > 1)}: {a.size * 24 / least['triad', 0, t] / 1e9:.1f} GB/s; "
              f"bound of a stage that passes over memory: {bound[t]:.0f} Mcell·RHS/s")
    print(f"\n{'':10}{'film':>7}{'threads':>9}{'Mcell·RHS/s':>13}{'/ bound':>9}{'/ student':>11}")
    pace = {key: cells[key] / least[key] / 1e6 for key in cells}
    for name, n, t in sorted(pace, key=lambda k: (k[0], k[1], k[2])):
        p = pace[name, n, t]
        print(f"{name:10}{n:>6}²{t:>9}{p:>13.0f}{p / bound[t]:>9.2f}{p / pace['student', films[0], 1]:>11.0f}")
    return pace


def terms(n=256, repeats=25):
    """What each term costs, on one thread."""
    names = ["exchange", "+ anisotropy", "+ Zeeman", "+ DMI", "+ oblique axis"]
    rows = {name: stepper(film(n, False, i + 1), texture(n), 1, 6) for i, name in enumerate(names)}
    rows["all, + current"] = stepper(film(n, True, 5), texture(n), 1, 6)
    for name, seconds in best(rows, repeats).items():
        print(f"{name:18}{6 * 4 * n**2 / seconds / 1e6:>8.0f} Mcell·RHS/s")


def size(films=(16, 64, 256, 1024, 2048), cell_steps=400_000, repeats=10):
    """Cost a cell from small to 4 million cells, with the choice of threads the engine makes."""
    rows, cells = {}, {}
    for n in films:
        steps = max(1, cell_steps // n**2)
        rows[n] = stepper(film(n), texture(n), None, steps)
        cells[n] = 4 * n**2 * steps
    for n, seconds in best(rows, repeats).items():
        print(f"{n:>5}² cells: {seconds / cells[n] * 1e9:6.2f} ns a cell and right-hand side")


def compile_time():
    """Cold compilation into an empty cache, and the first call from a warm one,
    in processes of their own (seconds, and CPU seconds)."""
    code = ("import time, torquelib.llg as llg, numpy as np; p = llg.Problem(llg.Mesh((64, 64), 2e-9), "
            "llg.Material(8e5, .02), [llg.Exchange(1.3e-11), llg.UniaxialAnisotropy(1e5)], [llg.SpinCurrent(-1e12, "
            ".04)]); s = llg.Simulation(p, (0., 0., 1.), threads={}); "
            "t, c = time.perf_counter(), time.process_time(); s.run(1e-15, dt=1e-15); print(time.perf_counter() - t, "
            "time.process_time() - c)")
    for threads in (1, 2):
        with tempfile.TemporaryDirectory() as cache:
            environment = {**os.environ, "NUMBA_CACHE_DIR": cache, "NUMBA_NUM_THREADS": "2"}
            (cold, cold_cpu), (warm, warm_cpu) = (map(float, subprocess.run([sys.executable, "-c",
                                                                             code.format(threads)], check=True,
                                                  env=environment, capture_output=True, text=True).stdout.split())
                                                  for _ in range(2))
        print(f"{'serial' if threads == 1 else 'parallel'}: cold {cold:.1f} s (CPU {cold_cpu:.1f} s), "
              f"warm first call {warm:.2f} s (CPU {warm_cpu:.2f} s)")


def switching(until=2e-10):
    """A small magnet that a current sets in motion: fast at times, slow at others.
    The problem of the two accuracy tables."""
    mesh = llg.Mesh((40, 20), 3e-9)
    terms = [llg.Exchange(1.3e-11), llg.UniaxialAnisotropy(1e5, "x"), llg.UniaxialAnisotropy(-2e5, "z"),
             llg.Zeeman((-0.4, 0.02, 0.01))]
    problem = llg.Problem(mesh, llg.Material(8e5, 0.05), terms, [llg.SpinCurrent(2e12, 0.1)])
    x, y = np.meshgrid(mesh.x, mesh.y)
    theta, phi = 0.3 * np.cos(x / 2e-8), 0.2 * np.sin(y / 1e-8)
    m = np.stack([np.cos(theta), np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi)], -1)
    return problem, m / np.linalg.norm(m, axis=-1, keepdims=True), until


def accuracy(until=2e-10, repeats=8):
    """Adaptive stepping against the best fixed step found by hand: seconds to reach an accuracy."""
    problem, m, until = switching(until)
    limit = problem.stability_limit()
    reference = llg.Simulation(problem, m)
    reference.run(until, dt=limit / 60)

    def measured(**way):
        simulation = llg.Simulation(problem, m)
        simulation.run(until, **way)
        error = np.max(np.abs(simulation.m - reference.m))
        return error, lambda: llg.Simulation(problem, m).run(until, **way)
    rows, found = {}, {}
    for k in (1.0, 1.1, 1.2, 1.4, 1.7, 2.0, 2.4, 2.8, 3.4, 4.0, 4.8, 5.6, 6.7, 8.0, 16.0):
        found["fixed", k], rows["fixed", k] = measured(dt=limit / k)
    for tolerance in (1e-2, 3e-3, 1e-3, 3e-4, 1e-4, 3e-5, 1e-5, 3e-6, 1e-6, 3e-7, 1e-7, 1e-8):
        found["adaptive", tolerance], rows["adaptive", tolerance] = measured(tolerance=tolerance)
    least = best(rows, repeats)
    for (name, parameter), seconds in least.items():
        what = f"limit/{parameter:g}" if name == "fixed" else f"tolerance {parameter:g}"
        print(f"{name:9} {what:16} error {found[name, parameter]:8.1e}   {seconds * 1e3:7.2f} ms")
    for goal in (1e-2, 1e-3, 1e-4, 1e-5):
        times = {name: min((least[k] for k in least if k[0] == name and found[k] <= goal), default=np.inf)
                 for name in ("fixed", "adaptive")}
        print(f"to reach {goal:.0e}: fixed {times['fixed'] * 1e3:.2f} ms, adaptive {times['adaptive'] * 1e3:.2f} ms")


PAIRS = {  # nodes A, weights b, error weights e, order of the error estimate, first slope same as last
    "RK4 with k4 − k5": ([[1 / 2], [0, 1 / 2], [0, 0, 1], [1 / 6, 1 / 3, 1 / 3, 1 / 6]], [0, 0, 0, 1 / 6, -1 / 6], 4),
    "Bogacki–Shampine 3(2)": ([[1 / 2], [0, 3 / 4], [2 / 9, 1 / 3, 4 / 9]], [-5 / 72, 1 / 12, 1 / 9, -1 / 8], 3),
    "Dormand–Prince 5(4)": ([[1 / 5], [3 / 40, 9 / 40], [44 / 45, -56 / 15, 32 / 9],
                             [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729],
                             [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656],
                             [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84]],
                            [71 / 57600, 0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40], 5),
}


def pairs(until=2e-10, tolerances=13):
    """Right-hand sides that each embedded pair needs to reach an accuracy, same controller,
    last slope reused by all."""
    problem, start, until = switching(until)
    reference = llg.Simulation(problem, start)
    reference.run(until, dt=problem.stability_limit() / 60)
    simulation = llg.Simulation(problem, start)

    def slope(m):
        simulation._put(m[None])                           # an intermediate stage is not of unit length
        return simulation.torque()
    print(f"{'':24}" + "".join(f"{f'error {goal:.0e}':>16}" for goal in (1e-2, 1e-3, 1e-4, 1e-6)))
    for name, (A, e, order) in PAIRS.items():
        results = []
        for tolerance in np.geomspace(1e-2, 1e-8, tolerances):
            m, t, h, last, evaluations, k0 = start, 0.0, 1e-13, tolerance, 1, slope(start)
            while t < until * (1 - 1e-12) and evaluations < 60_000:
                h = min(h, until - t)
                k = [k0]
                for row in A:
                    new = m + h * sum(a * ki for a, ki in zip(row, k))
                    if row is A[-1]:
                        new /= np.linalg.norm(new, axis=-1, keepdims=True)
                    k.append(slope(new))
                evaluations += len(A)
                worst = max(np.sqrt(np.max(np.sum((h * sum(w * ki for w, ki in zip(e, k)))**2, -1))), 1e-4 * tolerance)
                if worst <= tolerance:
                    m, t, k0 = new, t + h, k[-1]
                    h *= min(4, max(0.5, 0.9 * (tolerance / worst)**(0.7 / order) * (last / tolerance)**(0.4 / order)))
                    last = worst
                else:
                    h *= max(0.2, 0.9 * (tolerance / worst)**(1 / order))
            results.append((np.max(np.abs(m - reference.m)), evaluations))
        needed = [min((n for error, n in results if error <= goal), default=None) for goal in (1e-2, 1e-3, 1e-4, 1e-6)]
        print(f"{name:24}" + "".join(f"{n or '–':>16}" for n in needed))


TABLES = {"speed": speed, "terms": terms, "size": size, "compile": compile_time, "accuracy": accuracy, "pairs": pairs}

if __name__ == "__main__":
    for name in sys.argv[1:] or TABLES:
        print(f"--- {name}: {TABLES[name].__doc__}")
        TABLES[name]()
        print()
