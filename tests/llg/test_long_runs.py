"""A hundred million steps of a cell: spins keep their length, energy drifts as the method says, memory does not grow;
and several threads, processes and states of haste around them."""

import os
import subprocess
import sys
import textwrap
import tracemalloc

import numpy as np
import pytest

from torquelib import llg

FILM = llg.Problem(llg.Mesh((128, 128), 2e-9, True), llg.Material(8e5, 0.0),
                   [llg.Exchange(1.3e-11), llg.UniaxialAnisotropy(1e5), llg.Zeeman((0.01, 0.0, 0.02))])


def wave(mesh):
    x, y = np.meshgrid(mesh.x, mesh.y)
    k = 2*np.pi / (6.4 * mesh.dx)
    m = np.stack([0.3*np.cos(k*x), 0.3*np.sin(k*y), np.ones_like(x)], -1)
    return m / np.linalg.norm(m, axis=-1, keepdims=True)


@pytest.mark.thorough
def test_a_hundred_million_steps_of_a_cell():
    """A film without damping whose spins tilt to and fro each 13 nm. Runge–Kutta's fourth order loses energy as dt⁵ a
    unit of time, some hundred-thousandth of it here; with twice the step 2⁵ times as much, less what its higher orders
    take away."""
    cells, dt = FILM.mesh.nx * FILM.mesh.ny, 5e-14
    steps = int(np.ceil(1e8 / cells / 2)) * 2
    start, uniform = wave(FILM.mesh), FILM.energies((0.0, 0.0, 1.0))["total"]
    stored, held = FILM.energies(start)["total"] - uniform, []
    simulation, coarse = (llg.Simulation(FILM, start, threads=1) for _ in range(2))
    tracemalloc.start()
    for half in (0.5, 1.0):
        simulation.run(half * steps * dt, dt=dt)
        held.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    coarse.run(steps * dt, dt=2*dt)
    lost, lost_coarse = (1 - (s.energies()["total"] - uniform)/stored for s in (simulation, coarse))
    assert simulation.steps == 2*coarse.steps == steps
    assert np.abs(np.linalg.norm(simulation.m, axis=-1) - 1).max() < 1e-12
    assert 0 < lost < 2e-5 and 20 < lost_coarse/lost < 33
    assert held[1] - held[0] < 1e4                                         # bytes; the state has 400 kB


SCRIPT = """
    import multiprocessing, sys, threading
    import numba
    from torquelib import llg

    terms = [llg.Exchange(1.3e-11)] + [llg.Demagnetization()] * ("field" in sys.argv[1])
    problem = llg.Problem(llg.Mesh((64, 64), 2e-9), llg.Material(8e5, 0.02), terms,
                          [llg.SpinCurrent(-1e12, beta=0.04)])

    def run(threads=2):
        simulation = llg.Simulation(problem, (0.0, 0.6, 0.8), threads=threads)
        simulation.run(1e-13)
        return round(simulation.m.sum(), 9)

    def in_child(queue):
        try:
            run()
        except RuntimeError as error:
            queue.put(str(error))
        queue.put(run(None))

    run(1 if "one thread" in sys.argv[1] else 2)
    if sys.argv[1] == "threads":
        found = []
        workers = [threading.Thread(target=lambda: found.append(run())) for _ in range(4)]
        [worker.start() for worker in workers], [worker.join() for worker in workers]
        print(set(found) == {run()} and len(found) == 4)
    else:
        context = multiprocessing.get_context("fork")
        queue = context.Queue()
        child = context.Process(target=in_child, args=(queue,), daemon=True)
        child.start()
        print(queue.get(timeout=40) if numba.threading_layer() == "omp" else "forked from one")
        print(queue.get(timeout=40) == run(1))
"""


@pytest.mark.parametrize("layer", ["omp", "workqueue"])
def test_threads_of_python_may_step_at_once(layer):
    """numba's workqueue ends the process where two enter it."""
    result = script(layer, "threads")
    assert result.stdout.split() == ["True"], result.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere processes are not forked by default")
@pytest.mark.parametrize("what", ["fork", "fork from one thread", "fork with a field"])
def test_a_forked_process_steps_on_one_thread_or_says_why_not(what):
    """Also where the parent has only asked how many threads there are, or its threads have made fields."""
    if "field" in what:
        pytest.importorskip("ducc0")
    result = script("omp", what)
    assert "forked from one" in result.stdout and result.stdout.split()[-1] == "True", result.stderr


def script(layer, what):
    result = subprocess.run([sys.executable, "-c", textwrap.dedent(SCRIPT), what], capture_output=True, text=True,
                            timeout=300, env={**os.environ, "NUMBA_THREADING_LAYER": layer})
    if "threading layer" in result.stderr.lower() and "could not" in result.stderr.lower():
        pytest.skip(f"numba has no {layer} here")
    return result
