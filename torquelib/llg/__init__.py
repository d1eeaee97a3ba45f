"""Magnetization dynamics: the Landau–Lifshitz–Gilbert equation with the torques of Eq. (6), on a chain or a film.

    mesh = llg.Mesh(400, 3e-9)
    problem = llg.Problem(mesh, llg.Material(Ms=8e5, alpha=0.05),
                          [llg.Exchange(1.3e-11), llg.UniaxialAnisotropy(1.3e5, "z"), llg.UniaxialAnisotropy(-1.3e4,
                          "y")], [llg.SpinCurrent(-1e11, beta=0.1)])
    simulation = llg.Simulation(problem, llg.wall(problem))
    record = simulation.run(1e-9, times=np.linspace(0, 1e-9, 101), observe={"position": llg.wall_position})

The magnetostatic field of the film is `llg.Demagnetization()`. Its local part, a thin film's shape anisotropy, costs
nothing: `llg.UniaxialAnisotropy(-mu_0 * Ms**2 / 2, "z")`, a hard axis with the energy density ½ μ0 Ms² m_z²; `mu_0`
is in `scipy.constants`. What the engine leaves out: temperature, and the Oersted field of the current.
"""

try:
    import numba  # noqa: F401
except ImportError:
    raise ImportError("torquelib.llg compiles its kernels with numba, which is not installed: "
                      "pip install numba") from None

from .checks import check_term
from .collective import WallModel
from .drives import Drive, IntrinsicTorque, SpinCurrent, SpinTorque
from .export import solver_inputs, ubermag_system, write_mumax3, write_oommf, zhang_li
from .material import Material
from .mesh import Mesh
from .observers import average, energies, snapshot, wall_position, wall_positions, wall_tilt, wall_width
from .ovf import read_ovf, write_ovf
from .problem import Problem
from .record import Record
from .simulation import Simulation, StepFailed, torque
from .skyrmions import SkyrmionModel, thiele_velocity
from .terms import (BulkDMI, Demagnetization, EnergyTerm, Exchange, InterfacialDMI, UniaxialAnisotropy, Zeeman)
from .topology import (dissipation_tensor, skyrmion_helicity, skyrmion_position, skyrmion_radius, topological_charge,
                       vortex_position)
from .walls import WallChain, mean_velocity, phase_diagram, wall, wall_velocity

__all__ = ["BulkDMI", "Demagnetization", "Drive", "EnergyTerm", "Exchange", "InterfacialDMI", "IntrinsicTorque",
           "Material", "Mesh", "Problem", "Record", "Simulation", "SkyrmionModel", "SpinCurrent", "SpinTorque",
           "StepFailed", "UniaxialAnisotropy", "WallChain", "WallModel", "Zeeman", "average", "check_term",
           "dissipation_tensor", "energies", "mean_velocity", "phase_diagram", "read_ovf", "skyrmion_helicity",
           "skyrmion_position", "skyrmion_radius", "snapshot", "solver_inputs", "thiele_velocity",
           "topological_charge", "torque", "ubermag_system", "vortex_position", "wall", "wall_position",
           "wall_positions", "wall_tilt", "wall_velocity", "wall_width", "write_mumax3",
           "write_oommf", "write_ovf", "zhang_li"]
