"""The LLG engine beside magnum.np, neuralmag and spirit: each through pip,
in an environment of its own (`make bench-peers`).

    python benchmarks/bench_peers.py [speed] [stray]

A film of 256 × 256 cells, float64. A peer that cannot be installed is named and left out.
"""

import json
import subprocess
import sys
import venv
from pathlib import Path

import numpy as np

from torquelib import llg

PLACE = Path(__file__).resolve().parent.parent / "_build" / "peers"
N = 256

START = f"""
import sys, time
import numpy as np
threads, n = int(sys.argv[1]), {N}
x = np.linspace(0, 6, n)
theta = x[None, :] + 0.3 * np.sin(x)[:, None]
m0 = np.stack([np.sin(theta), 0 * theta, np.cos(theta)], -1)

def report(call, evaluations, repeats=6):
    call()
    least = np.inf
    for _ in range(repeats):
        start = time.perf_counter(); call(); least = min(least, time.perf_counter() - start)
    print("speed", evaluations() * n**2 / least / 1e6)
"""

STRAY = """
import json, sys, time
import numpy as np
m0, given, until = np.load("start.npy"), json.loads(sys.argv[1]), float(sys.argv[2])
n, own = len(m0), None

def report(way, call, m):
    global own
    start = time.process_time(); call(); seconds = time.process_time() - start
    if own is None:                                                       # the first is the most accurate
        own = m().copy()
        np.save("own.npy", own)
    else:
        print("took", seconds, np.max(np.linalg.norm(m() - own, axis=-1)), way, flush=True)
"""

PEERS = {                                       # name: packages, the code of `speed`, that of `stray`
    "magnum.np": (["torch", "magnumnp"], """
import torch
torch.set_num_threads(threads); torch.set_default_dtype(torch.float64)
import magnumnp
from magnumnp import *
set_log_level(100)
state = State(Mesh((n, n, 1), (2e-9, 2e-9, 1e-9)))
state.material = {"Ms": 8e5, "A": 1.3e-11, "Ku": 1e5, "Ku_axis": [0, 0, 1], "alpha": 0.02, "xi": 0.04, "b": 72.17e-12}
state.m = torch.tensor(m0[:, :, None, :].transpose(1, 0, 2, 3).copy())
state.j = torch.tensor([1e12, 0.0, 0.0]).expand(n, n, 1, 3)
llg = LLGSolver([ExchangeField(), UniaxialAnisotropyField(), SpinTorqueZhangLi()])
plain, count = llg.dm, [0]
def counted(*a, **k):
    count[0] += 1
    return plain(*a, **k)
llg._solver._f = counted
def call():
    count[0] = 0
    llg.step(state, 2e-13)
report(call, lambda: count[0])
""", """
import torch
torch.set_num_threads(1); torch.set_default_dtype(torch.float64)
from magnumnp import *
set_log_level(100)
def run(tolerance):
    state = State(Mesh((n, n, 1), (2e-9, 2e-9, 5e-9)))
    state.material = {"Ms": 8e5, "A": 1.3e-11, "alpha": 0.02, "xi": given["magnum.np"]["xi"],
                      "b": given["magnum.np"]["b"]}
    state.m = torch.tensor(m0[:, :, None, :].transpose(1, 0, 2, 3).copy())
    state.j = torch.tensor(given["magnum.np"]["j"]).expand(n, n, 1, 3)
    llg = LLGSolver([ExchangeField(), DemagField(), SpinTorqueZhangLi()], atol=tolerance, rtol=tolerance)
    llg.dm(state.t, state.m, state)                                      # the tensor of the field
    return lambda: llg.step(state, until), lambda: state.m[:, :, 0].numpy().transpose(1, 0, 2)
for tolerance in (1e-6, 1e-4, 1e-2):
    report(f"tolerance {tolerance:.0e}", *run(tolerance))
"""),
    "neuralmag": (["neuralmag[jax]"], """
import os
os.environ.update(NM_BACKEND="jax", NM_DTYPE="float64", NM_DEVICE="cpu")
import jax, jax.numpy as jnp
jax.config.update("jax_enable_x64", True)
import neuralmag as nm
state = nm.State(nm.Mesh([n - 1, n - 1], [2e-9, 2e-9, 1e-9]))          # nodal: n nodes a side
state.material.Ms, state.material.A, state.material.alpha = 8e5, 1.3e-11, 0.02
state.material.Ku, state.material.Ku_axis = 1e5, [0.0, 0.0, 1.0]
state.m = nm.VectorFunction(state, tensor=jnp.asarray(m0.transpose(1, 0, 2)))
nm.ExchangeField().register(state, "exchange")
nm.UniaxialAnisotropyField().register(state, "aniso")
nm.TotalField("exchange", "aniso").register(state)
solver = nm.LLGSolver(state, rtol=1e-5, atol=1e-5)
count = [0]
def call():
    count[0] = 6 * int(solver.step(2e-12).stats["num_steps"])           # Dormand–Prince, last slope reused
report(call, lambda: count[0])
""", """
import os
os.environ.update(NM_BACKEND="jax", NM_DTYPE="float64", NM_DEVICE="cpu")
import jax, jax.numpy as jnp
jax.config.update("jax_enable_x64", True)
import neuralmag as nm
start = jnp.asarray(m0.transpose(1, 0, 2))
state = nm.State(nm.Mesh([n - 1, n - 1], [2e-9, 2e-9, 5e-9]))
state.material.Ms, state.material.A, state.material.alpha = 8e5, 1.3e-11, 0.02
state.m = nm.VectorFunction(state, tensor=start)
factor, xi = given["neuralmag"]["field"][0], given["neuralmag"]["xi"]
def current(m):                                                          # it has no such torque: as a field
    wide = jnp.pad(m, ((1, 1), (0, 0), (0, 0)), mode="edge")
    slope = factor * (wide[2:] - wide[:-2]) / 4e-9
    return jnp.cross(m, slope) + xi * slope
nm.ExchangeField().register(state, "exchange")
nm.DemagField().register(state, "demag")
state.h_local = nm.VectorFunction(state, tensor=lambda m, h_exchange: h_exchange + current(m))
state.h = nm.VectorFunction(state, tensor=lambda h_local, h_demag: h_local + h_demag)
def run(make, **options):
    solver = make(state, max_steps=10**6, **options)
    def go(t):
        state.t, state.m.tensor, solver._ts = 0.0, start, None           # chunks begin without a past
        solver.step(t)
    go(5e-14)                                                            # compiles
    return lambda: go(until), lambda: np.asarray(state.m.tensor).transpose(1, 0, 2)
for tolerance in (1e-7, 1e-6, 1e-5, 1e-4):
    report(f"tolerance {tolerance:.0e}", *run(nm.LLGSolver, rtol=tolerance, atol=tolerance))
for tolerance in (1e-6, 1e-5, 1e-4):
    report(f"field once a step, tolerance {tolerance:.0e}",
           *run(nm.ExtrapolatedDemagLLGSolver, rtol=tolerance, atol=tolerance))
for chunk in (0.25, 0.5, 1.0):
    report(f"field once in {chunk} ps", *run(nm.ExtrapolatedDemagLLGSolver, mode="chunk", dt_demag=1e-12*chunk))
"""),
    "spirit": (["spirit", "numpy"], """
from spirit import state, simulation, hamiltonian, geometry, system
from spirit.parameters import llg
with state.State("", quiet=True) as p:
    geometry.set_n_cells(p, [n, n, 1])
    hamiltonian.set_boundary_conditions(p, [0, 0, 0])
    hamiltonian.set_exchange(p, 1, [10.0]); hamiltonian.set_dmi(p, 0, []); hamiltonian.set_field(p, 0.0, [0, 0, 1])
    hamiltonian.set_anisotropy(p, 0.5, [0, 0, 1]); hamiltonian.set_ddi(p, 0)
    llg.set_damping(p, 0.02); llg.set_non_adiabatic_damping(p, 0.04)
    llg.set_stt(p, True, 0.1, [1, 0, 0]); llg.set_timestep(p, 1e-4)
    llg.set_output_general(p, False, False, False)
    system.get_spin_directions(p)[:] = m0.reshape(-1, 3)
    simulation.start(p, simulation.METHOD_LLG, simulation.SOLVER_RK4, n_iterations=10**9, single_shot=True)
    report(lambda: simulation.n_shot(p, 2), lambda: 8)                   # two steps of four
    simulation.stop(p)
""", """
from spirit import state, simulation, hamiltonian, geometry, system
from spirit.parameters import llg
for dt in (0.0625, 0.125, 0.25):                                         # ps
    with state.State("", quiet=True) as p:
        geometry.set_lattice_constant(p, 20.0)
        geometry.set_n_cells(p, [n, n, 1])
        geometry.set_mu_s(p, 8e5 * 20e-27 / 9.2740100783e-24)
        hamiltonian.set_boundary_conditions(p, [0, 0, 0])
        hamiltonian.set_exchange(p, 1, [2 * 1.3e-11 * 5e-9 / 1.602176634e-22])
        hamiltonian.set_dmi(p, 0, []); hamiltonian.set_field(p, 0.0, [0, 0, 1])
        hamiltonian.set_anisotropy(p, 0.0, [0, 0, 1])
        hamiltonian.set_ddi(p, hamiltonian.DDI_METHOD_FFT, [0, 0, 0])
        llg.set_damping(p, 0.02); llg.set_non_adiabatic_damping(p, 0.04)
        llg.set_stt(p, True, 0.24, [1, 0, 0]); llg.set_timestep(p, dt)   # some 72 m/s
        llg.set_output_general(p, False, False, False)
        system.get_spin_directions(p)[:] = m0.reshape(-1, 3)
        simulation.start(p, simulation.METHOD_LLG, simulation.SOLVER_RK4, n_iterations=10**9, single_shot=True)
        report(f"steps of {dt} ps", lambda: simulation.n_shot(p, round(until * 1e12 / dt)),
               lambda: np.array(system.get_spin_directions(p)).reshape(n, n, 3))
        simulation.stop(p)
"""),
}


def installed(name):
    """The peer's Python; None, and a line that says why, if it cannot be installed."""
    home = PLACE / name
    if not (home / ".ready").exists():
        venv.create(home, with_pip=True, clear=True)
        done = subprocess.run([home / "bin/python", "-m", "pip", "install", "-q", "--disable-pip-version-check",
                               *PEERS[name][0]], capture_output=True, text=True)
        if done.returncode:
            print(f"{name:12} cannot be installed: {done.stderr.strip().splitlines()[-1][:90]}")
            return None
        (home / ".ready").touch()
    return home / "bin/python"


def answers(name, python, code, threads, word, *arguments):
    """The lines that begin with `word` of the code's output in the peer's environment, split; if there is none, why."""
    environment = {"OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads), "PATH": "/usr/bin:/bin",
                   "XLA_FLAGS": f"--xla_cpu_multi_thread_eigen={'true' if threads > 1 else 'false'} "
                                f"intra_op_parallelism_threads={threads}"}
    done = subprocess.run([python, "-c", code, *arguments], env=environment, capture_output=True, text=True,
                          cwd=PLACE / name)
    found = [line.split() for line in done.stdout.splitlines() if line.startswith(word + " ")]
    if not found or done.returncode:
        print(f"{name:12}{threads:>8}   failed: {(done.stderr.strip().splitlines() or ['no output'])[-1][:90]}")
    return found


def speed(peers=tuple(PEERS)):
    """Exchange and uniaxial anisotropy, Zhang–Li torque where the peer has it (neuralmag has not): each right-hand side
    as the peer's own integrator calls it, in millions of cell right-hand sides per second"""
    import bench_llg
    pace = bench_llg.speed()
    print(f"\n{'':12}{'threads':>8}{'Mcell·RHS/s':>13}{'torquelib is':>14}")
    for name in peers:
        if python := installed(name):
            for threads in (1, 2):
                for _, found in answers(name, python, START + PEERS[name][1], threads, "speed", str(threads)):
                    own = pace["RK4", N, threads]
                    print(f"{name:12}{threads:>8}{float(found):>13.1f}{own / float(found):>11.0f} ×")


def stray(n=N, until=20e-12, tolerances=(1e-3, 1e-4, 1e-5, 1e-6, 1e-7), peers=tuple(PEERS)):
    """The vortex of `bench_demag.film`, with its demagnetising field, as a current sets in: time to an accuracy, one
    thread, processor time

    An error is the largest angle of a spin in the end from a converged run on the same cells: for torquelib the one
    with the field in each stage and steps of 0.1 ps, for each peer its own most accurate. (neuralmag has its spins at
    nodes, and spirit's are point dipoles; what lies between the converged runs, 50 nm and more from the edges, where
    each solver takes the current's derivative in its own way, is printed.)
    """
    import bench_demag
    start, reference, rows = bench_demag.stages(n, until, tolerances)
    given = json.dumps({name: words for name, words in llg.solver_inputs(bench_demag.film(n)).items() if name in PEERS})
    for name in peers:
        if not (python := installed(name)):
            continue
        np.save(PLACE / name / "start.npy", start)
        rows[name] = []
        for _, seconds, error, *way in answers(name, python, STRAY + PEERS[name][2], 1, "took", given, str(until)):
            rows[name].append((float(error), float(seconds)))
            print(f"{name}: {' '.join(way)}: error {float(error):.1e} rad, {float(seconds):.2f} s")
        if rows[name]:
            apart = np.linalg.norm(np.load(PLACE / name / "own.npy") - reference, axis=-1)[25:-25, 25:-25]
            print(f"{name}: its most accurate run ends {apart.max(initial=0):.1e} rad from torquelib's")
    print(f"\n{'seconds to an error of':24}" + "".join(f"{goal:>18.0e}" for goal in GOALS))
    best = [min((seconds for error, seconds in rows["torquelib"] if error <= goal), default=np.inf) for goal in GOALS]
    for name, found in rows.items():
        line = [min((seconds for error, seconds in found if error <= goal), default=np.inf) for goal in GOALS]
        print(f"{name:24}" + "".join(f"{s:>10.2f} {s / own:>5.1f} ×" if s < np.inf else f"{'–':>18}"
                                     for s, own in zip(line, best)))


GOALS = (1e-2, 1e-3, 1e-4)
TABLES = {"speed": speed, "stray": stray}

if __name__ == "__main__":
    for name in sys.argv[1:] or TABLES:
        print(f"--- {name}: {TABLES[name].__doc__}")
        TABLES[name]()
        print()
