"""The LLG engine beside magnum.np, neuralmag and spirit: each through pip,
in an environment of its own (`make bench-peers`).

Film of 256 × 256 cells, exchange and uniaxial anisotropy, float64; with Zhang–Li torque where the peer has it
(neuralmag has not). Each right-hand side of each peer is timed as the peer's own integrator calls it, in millions of
cell right-hand sides per second. A peer that cannot be installed is named and left out.
"""

import subprocess
import sys
import venv
from pathlib import Path

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

PEERS = {
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
"""),
}


def main():
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    import bench_llg
    pace = bench_llg.speed()
    print(f"\n{'':12}{'threads':>8}{'Mcell·RHS/s':>13}{'torquelib is':>14}")
    for name, (packages, code) in PEERS.items():
        home = PLACE / name
        python = home / "bin" / "python"
        if not (home / ".ready").exists():
            venv.create(home, with_pip=True, clear=True)
            done = subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *packages],
                                  capture_output=True, text=True)
            if done.returncode:
                print(f"{name:12} cannot be installed: {done.stderr.strip().splitlines()[-1][:90]}")
                continue
            (home / ".ready").touch()
        for threads in (1, 2):
            environment = {"OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads), "PATH": "/usr/bin:/bin",
                           "XLA_FLAGS": f"--xla_cpu_multi_thread_eigen={'true' if threads > 1 else 'false'} "
                                        f"intra_op_parallelism_threads={threads}"}
            done = subprocess.run([python, "-c", START + code, str(threads)], env=environment, capture_output=True,
                                  text=True, cwd=home)
            found = [line.split()[1] for line in done.stdout.splitlines() if line.startswith("speed ")]
            if not found:
                print(f"{name:12}{threads:>8}   failed: {(done.stderr.strip().splitlines() or ['no output'])[-1][:90]}")
                continue
            speed = float(found[0])
            own = pace["RK4", N, threads]
            print(f"{name:12}{threads:>8}{speed:>13.1f}{own / speed:>11.0f} ×")


if __name__ == "__main__":
    main()
