"""Numbers for real metals: what enters Eq. (20), with the range that the literature leaves open, and measured β.

The magnet's side: SI, with energies in eV and times in fs as in `torques`.

What the table can tell: the order of magnitude of β_int if Drude's formula described these metals. What it cannot:
``splitting`` is that of d (or sp) bands in photoemission, while ``density`` counts free-electron carriers, so J, τ
and n_s need not belong to the same electrons. And j_s = (n_s/n_e) j_e, on which (20) rests, is doubtful in transition
metals: the spin polarisation of the current and that of the density of states differ even in sign (Nadgorny et al.,
Phys. Rev. B 61, R3788 (2000)).
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from . import _validate as check
from .torques import beta_intrinsic, drude_time


@dataclass(frozen=True)
class Metal:
    """A metal, with a range for each number that is not sharp.

    ``Ms`` A/m; ``splitting`` 2J in eV; ``resistivity`` Ω m; ``density`` of carriers 1/m³; ``alpha`` Gilbert damping:
    the last four (lowest, highest), or a single number for a range without width. Raises ValueError unless all are
    above zero and the lowest comes first; warns of values that cannot be in these units.
    """

    name: str
    Ms: float
    splitting: tuple[float, float]
    resistivity: tuple[float, float]
    density: tuple[float, float]
    alpha: tuple[float, float]

    def __post_init__(self):
        check.keep(self, Ms=check.plausible("Ms", check.positive("Ms", self.Ms, "A/m"), 1e2, 1e8, "A/m"))
        for name, unit, *bounds in (("splitting", "eV", 1e-6, 1e3), ("resistivity", "Ω m", 1e-12, 1e-2),
                                    ("density", "1/m³", 1e22, 1e31), ("alpha", "", 1e-7, 1e2)):
            ends = np.atleast_1d(check.above_zero(name, getattr(self, name), unit)).tolist()
            if np.ndim(getattr(self, name)) > 1 or len(ends) not in (1, 2) or ends[0] > ends[-1]:
                raise ValueError(f"{name} must be a number or (lowest, highest); got {getattr(self, name)}")
            check.keep(self, **{name: check.plausible(name, (ends[0], ends[-1]), *bounds, unit or "1")})

    def tau(self) -> tuple[float, float]:
        """Drude's τ in fs, (shortest, longest) over the ranges, free-electron mass."""
        dirty, clean = (drude_time(resistivity=self.resistivity[n], density=self.density[n]) for n in (1, 0))
        return float(dirty), float(clean)

    def beta_int(self) -> tuple[float, float]:
        """β_int of Eq. (20), (smallest, largest) over the ranges."""
        low, high = (beta_intrinsic(J=self.splitting[n] / 2, tau=self.tau()[n]) for n in (1, 0))
        return float(low), float(high)


class MeasuredBeta(NamedTuple):
    """A measured β of Eq. (6): ``value`` ± ``error`` on a ``probe`` in the ``metal``, from the paper ``source``."""

    metal: str
    probe: str
    value: float
    error: float
    source: str


MATERIALS = (
    Metal("Fe", 1.71e6, (1.5, 2.2), (9.6e-8, 30e-8), (4.2e28, 17e28), (0.0013, 0.0024)),
    Metal("Co", 1.44e6, (1.1, 1.9), (6.2e-8, 20e-8), (4.5e28, 18e28), (0.0011, 0.011)),
    Metal("Ni", 4.9e5, (0.3, 0.6), (6.9e-8, 20e-8), (4.6e28, 18e28), (0.017, 0.064)),
    Metal("Permalloy", 8.0e5, (0.27, 0.6), (15e-8, 40e-8), (4.5e28, 18e28), (0.004, 0.013)),
)
"""Four metals, a tuple. To pick one by its name: ``next(metal for metal in MATERIALS if metal.name == "Ni")``.

``Ms`` at room temperature: Coey, Magnetism and Magnetic Materials (2010); permalloy's is the rounded value of the
micromagnetic standard problems. ``splitting``: photoemission, Eastman, Himpsel and Knapp, Phys. Rev. Lett. 44, 95
(1980), and Petrovykh et al., Appl. Phys. Lett. 73, 3459 (1998), up to what band theory gives. ``resistivity``: bulk
up to thin films. ``density``: half to two carriers an atom, an assumption. ``alpha``, lower ends of Fe, Co, Ni:
*calculated*, the minimum over the scattering rate, Gilmore, Idzerda and Stiles, Phys. Rev. Lett. 99, 027204 (2007).
Upper ends: measured on films, Fe 0.0024 by Wu et al., Phys. Rev. B 105, 174408 (2022), Co and Ni by Oogane et al.,
Jpn. J. Appl. Phys. 45, 3889 (2006). Permalloy: the measured values collected by Starikov et al., Phys. Rev. Lett.
105, 236601 (2010).
"""

MEASURED_BETA = (
    MeasuredBeta("Permalloy", "transverse wall", 0.010, 0.004, "Eltschka et al., Phys. Rev. Lett. 105, 056601 (2010)"),
    MeasuredBeta("Permalloy", "walls at a notch", 0.040, 0.005, "Lepadatu et al., Phys. Rev. B 79, 094402 (2009)"),
    MeasuredBeta("Permalloy", "vortex wall", 0.073, 0.026, "Eltschka et al., Phys. Rev. Lett. 105, 056601 (2010)"),
    MeasuredBeta("Permalloy", "vortex core", 0.15, 0.02, "Pollard et al., Nat. Commun. 3, 1028 (2012)"),
)
"""Measured β, smallest first: the sum of all torques of the form −m×(b·∇)m, whatever their origin."""
