"""The skyrmion as a particle: its size from two numbers, its velocity from Thiele's equation.

The profile is that of X. S. Wang, H. Y. Yuan and X. R. Wang, Commun. Phys. 1, 31 (2018), as in `textures.Skyrmion`:
θ = 2 arctan[sinh(R/Δ)/sinh(ρ/Δ)], radius R and wall width Δ. With exchange A, easy axis K along z and interfacial DMI D
its energy per thickness is

    E = 2π ∫ ρ dρ {A [θ'² + sin²θ/ρ²] + K sin²θ − |D| [−θ' − sinθ cosθ/ρ]},

at the helicity that the sign of D favours: 0 for D > 0, π for D < 0. Bulk DMI of the same size gives the same energy,
at the helicity ±π/2: turning all spins by 90° about z makes one of the other.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from .. import _validate as check
from ..textures import Skyrmion

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(200)


@dataclass(frozen=True)
class SkyrmionModel:
    """A in J/m, K in J/m³, D in J/m²: numbers above zero (D may be below), with π|D| < 4√(AK); beyond, no domain is
    stable. K is the easy axis that is left after the film's shape anisotropy. Raises ValueError otherwise."""

    A: float
    K: float
    D: float

    def __post_init__(self):
        for name, value in (("A", check.positive("A", self.A, "J/m")), ("K", check.positive("K", self.K, "J/m³")),
                            ("D", check.number("D", self.D, unit="J/m²"))):
            object.__setattr__(self, name, value)
        if not 0 < abs(self.D) < self.largest_D:
            raise ValueError(f"D must be between 0 and 4√(AK)/π = {self.largest_D:.4g} J/m² in size; got {self.D:.4g}")

    @property
    def largest_D(self):
        """4√(AK)/π in J/m²: here a wall's energy 4√(AK) − π|D| changes sign, and the uniform film breaks up."""
        return float(4 * np.sqrt(self.A * self.K) / np.pi)

    def energy(self, radius, width):
        """Energy per thickness in J/m of the profile with radius R and wall width Δ in m, above that of the uniform
        film."""
        exchange, easy, dmi = self._integrals(check.positive("radius", radius, "m"),
                                              check.positive("width", width, "m"))
        return self.A*exchange + self.K*easy - abs(self.D)*dmi

    @staticmethod
    def _integrals(radius, width):
        """∫|∇m|² (1), ∫sin²θ (m²) and the DMI's integral (m) over the plane."""
        R, delta = radius * 1e9, width * 1e9                                 # nm, as textures have it
        begin, end = np.arcsinh([max(0.0, R - 25*delta) / R, 1 + 25*delta/R])   # elsewhere sin θ is below e^{-24}
        turn = begin + (_NODES + 1) / 2 * (end - begin)
        rho, weight = R * np.sinh(turn), _WEIGHTS * (end - begin) / 2 * R * np.cosh(turn)   # fine where R ≪ Δ, too
        growth, slope, sine_over_rho = Skyrmion(R, delta)._profile(rho)
        cosine = (growth**2 - 1) / (growth**2 + 1)
        over = lambda f: float(2*np.pi * np.sum(weight * rho * f))
        return (over(slope**2 + sine_over_rho**2), over((sine_over_rho * rho)**2) * 1e-18,
                over(-slope - sine_over_rho * cosine) * 1e-9)

    def rest(self):
        """(R, Δ) in m of least energy, found numerically."""
        start = np.array(self.thin_wall())
        found = minimize(lambda scale: self._scaled(start * np.exp(scale)), [0.0, 0.0], method="Nelder-Mead",
                         options={"xatol": 1e-8, "fatol": 1e-12})
        radius, width = start * np.exp(found.x)
        return float(radius), float(width)

    def _scaled(self, size):
        exchange, easy, dmi = self._integrals(*size)
        return exchange + (self.K*easy - abs(self.D)*dmi) / self.A

    def thin_wall(self):
        """(R, Δ) in m where the wall is thin against the radius: Δ = π|D|/4K, R = Δ/√(1 − π²D²/16AK); energy there
        8πA Δ/R."""
        width = np.pi * abs(self.D) / (4*self.K)
        return float(width / np.sqrt(1 - (self.D / self.largest_D)**2)), float(width)

    def dissipation(self, radius, width):
        """∫ ∂_x m·∂_x m of the profile, without dimension: half its ∫|∇m|², 4π or more."""
        return self._integrals(check.positive("radius", radius, "m"), check.positive("width", width, "m"))[0] / 2


def thiele_velocity(u, *, charge, dissipation, alpha, beta):
    """Velocity (2,) in m/s of a rigid texture that drifting electrons drive: v of Thiele's equation

        G ẑ × (u − v) = 𝒟 (αv − βu),          G = 4πQ,  𝒟_ij = ∫ ∂_i m·∂_j m dx dy,

    which follows from Eq. (6) by projecting it on ∂_i m (A. A. Thiele, Phys. Rev. Lett. 30, 230, with the currents).

    u: drift velocity of the electrons in m/s, along x or (2,); charge: Q; dissipation: 𝒟, a number or (2, 2); alpha
    above zero; beta: the sum of all non-adiabatic parts. Raises ValueError for what is not finite or has another shape,
    and for a texture that nothing holds in some direction: neither a charge nor dissipation.
    """
    u = check.finite("u", u)
    if u.shape not in ((), (2,)):
        raise ValueError(f"u must be a number (along x) or have shape (2,); got shape {u.shape}")
    D = check.finite("dissipation", dissipation)
    if D.shape not in ((), (2, 2)):
        raise ValueError(f"dissipation must be a number or have shape (2, 2); got shape {D.shape}")
    alpha, beta = check.positive("alpha", alpha), check.number("beta", beta)
    D = D * np.eye(2) if D.ndim == 0 else D
    G = 4*np.pi * check.number("charge", charge) * np.array([[0.0, -1.0], [1.0, 0.0]])      # G ẑ ×
    if not abs(np.linalg.det(G + alpha*D)) > 1e-14 * np.sum((G + alpha*D)**2):
        raise ValueError("dissipation must be above zero along every direction where charge is 0, else nothing fixes "
                         f"the velocity there; got {dissipation!r}")
    return np.linalg.solve(G + alpha*D, (G + beta*D) @ (u if u.ndim else np.array([float(u), 0.0])))
