"""What any energy term must obey: it turns the spins as the derivative of its energy says."""

import warnings

import numpy as np

from .. import _validate as check
from .material import Material
from .mesh import Mesh
from .problem import Problem
from .simulation import torque
from .terms import EnergyTerm, Exchange


def check_term(term):
    """Largest difference between the torque of a term and −γ m × B, B = −∂E/∂m / (M_s V) by central differences of its
    energy, over the largest torque: 1e-7 or less if the term's energy and coefficients agree.

    Looked at beside exchange, without damping, in films of 6 × 5 cells: open, periodic, and with a hole. Raises
    TypeError for what is no `EnergyTerm`."""
    check.instance("term", term, EnergyTerm)
    rng = np.random.default_rng(1)
    worst, step = 0.0, 1e-5
    for periodic, inside in ((False, None), (True, None), ((True, False), lambda x, y: np.hypot(x, y) > 2.5e-9)):
        mesh = Mesh((6, 5), (2e-9, 3e-9, 1e-9), periodic, inside=inside)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")                # of coarse cells
            problem = Problem(mesh, Material(8e5, 0.0), [Exchange(1.3e-11), term])
        m = rng.normal(size=(1, 5, 6, 3))
        m = mesh.magnetization(m[0] / np.linalg.norm(m[0], axis=-1, keepdims=True))
        B = np.zeros_like(m)
        for place in np.ndindex(m.shape):
            if np.any(m[place[:3]]):
                up, down = m.copy(), m.copy()
                up[place] += step
                down[place] -= step
                B[place] = problem._energies(down, 0.0)["total"] - problem._energies(up, 0.0)["total"]
        expected = -problem.material.gamma * np.cross(m, B / (2 * step * 8e5 * mesh.cell_volume))[0]
        worst = max(worst, np.max(np.abs(torque(problem, m[0]) - expected)) / np.max(np.abs(expected)))
    return float(worst)
