"""Where numba cannot be installed (Python in a browser) the electrons' side runs all the same, and gives the same."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
HIDDEN = "import sys; sys.modules['numba'] = None"


def run(folder, *command):
    """Run Python where ``import numba`` fails."""
    (folder / "sitecustomize.py").write_text(HIDDEN)
    path = os.pathsep.join([str(folder), str(ROOT)])
    return subprocess.run([sys.executable, *command], cwd=ROOT, env=os.environ | {"PYTHONPATH": path},
                          capture_output=True, text=True)


def test_electrons_pass_the_same_tests(tmp_path):
    tests = ["tests/electrons/test_evolution.py", "tests/electrons/test_spins.py", "tests/electrons/test_gauge.py"]
    done = run(tmp_path, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests)
    assert done.returncode == 0, done.stdout[-2000:]


@pytest.mark.parametrize("statement", [
    "from torquelib import response, spirals, torques, materials, motive_force, hall, chiral",
    "from torquelib.disorder import vertex, boltzmann, torus, scba",
    "import numpy as np; from torquelib import bands, response; "
    "band = bands.FreeElectron(dimension=2); "
    "h, dh = response.local_hamiltonian(band, np.array([[.1, 0, 0]] + 3*[[0, 0, 0]]), J=0.5); "
    "print(h(np.ones((3, 2))).shape, dh(np.ones((3, 2))).shape)",
])
def test_every_module_of_the_electrons_side_imports_and_runs(tmp_path, statement):
    done = run(tmp_path, "-c", statement)
    assert done.returncode == 0, done.stderr[-2000:]


def test_the_dynamics_of_magnetization_says_what_it_needs(tmp_path):
    done = run(tmp_path, "-c", "import torquelib.llg")
    assert done.returncode != 0 and "numba" in done.stderr
