"""Where numba does not exist, as in a Python that runs in a browser, the electrons' side works and gives the same
numbers. (`make test-without-numba` runs all of its tests so; they take long.)"""

import subprocess
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
NUMBERS = """
import numpy as np
from torquelib.bands import TightBinding
from torquelib.disorder.impurities import SpinIndependent
from torquelib.disorder.scba import LatticeDisorder
from torquelib.gauge import gauge_potential
from torquelib.response import FermiDirac, brillouin_zone, kubo_spin, local_hamiltonian
from torquelib.spirals.evolution import SwitchedField, evolve
from torquelib.textures import DriftingSpiral

band, spiral = TightBinding(0.5, 0.3, dimension=2), DriftingSpiral(0.2)
kubo = kubo_spin(*local_hamiltonian(band, gauge_potential(spiral, 0.0), J=0.4), brillouin_zone(band, 12),
                 FermiDirac(0.5, 0.3))
spin = evolve(TightBinding(0.5, 0.3, dimension=1), spiral, SwitchedField(1e-3, 5.0), [0.7], np.linspace(0, 20, 5),
              s=-1, J=0.4).spin
broad = LatticeDisorder(band, SpinIndependent(2.0, 1.0), 0.2, J=0.4, E_F=1.0, points=32,
                        nodes=4).response()
numbers = [*np.ravel(kubo), *np.ravel(spin), *(part.total for part in broad)]
"""


def without_numba(code):
    return subprocess.run([sys.executable, "-c", f"import sys; sys.modules['numba'] = None\n{code}"],
                          capture_output=True, text=True, cwd=ROOT)


def test_the_magnets_side_says_what_it_needs():
    result = without_numba("import torquelib.llg")
    assert "ImportError: torquelib.llg compiles its kernels with numba, which is not installed" in result.stderr


def test_the_same_numbers():
    here = {}
    exec(NUMBERS, here)
    there = without_numba(NUMBERS + "print(*map(repr, map(float, numbers)))")
    assert there.returncode == 0, there.stderr
    found = [float(number) for number in there.stdout.split()]
    np.testing.assert_allclose(found, here["numbers"], rtol=1e-9, atol=1e-15)
    assert len(here["numbers"]) > 10 and np.all(np.isfinite(here["numbers"]))
