"""The domain wall as a particle: position X and tilt φ, the one-dimensional model of Walker, Slonczewski and Thiaville.

The wall m_z = −tanh((x − X)/Δ), transverse part at the angle φ to x, in a chain with easy axis z (K) and hard axis y
(K_hard): with this profile Eq. (6) becomes two equations for X and φ,

    (1 + α²) dX/dt = (1 + αβ) u + Δ ω sin 2φ,           ω = γ K_hard/M_s,
    (1 + α²) dφ/dt = (β − α) u/Δ − α ω sin 2φ,

u the electrons' drift velocity, −μ_B j_s/(e M_s), and β the sum of all non-adiabatic parts.
"""

from dataclasses import dataclass

import numpy as np
from scipy.integrate import solve_ivp

from .. import _validate as check
from ..units import SI_GAMMA


@dataclass(frozen=True)
class WallModel:
    """A in J/m, K and K_hard in J/m³, Ms in A/m, alpha, beta (total), gamma in rad/(s T): numbers,
    all but beta above zero.

    Methods take numbers or arrays of tilts and drift velocities, and raise ValueError for what is not finite."""

    A: float
    K: float
    K_hard: float
    Ms: float
    alpha: float
    beta: float
    gamma: float = SI_GAMMA

    def __post_init__(self):
        for name, unit in (("A", "J/m"), ("K", "J/m³"), ("K_hard", "J/m³"), ("Ms", "A/m"), ("alpha", ""),
                           ("gamma", "rad/(s T)")):
            object.__setattr__(self, name, check.positive(name, getattr(self, name), unit))
        object.__setattr__(self, "beta", check.number("beta", self.beta))

    @property
    def width(self):
        """Δ = √(A/K) in m, the width at rest."""
        return float(np.sqrt(self.A / self.K))

    @property
    def hard_rate(self):
        """ω = γ K_hard/M_s in rad/s."""
        return self.gamma * self.K_hard / self.Ms

    def velocities(self, tilt, u, breathing=True):
        """(dX/dt in m/s, dφ/dt in rad/s) at tilt φ under drift velocity u; if `breathing`, a tilted wall is narrower,
        Δ(φ) = √(A/(K + K_hard sin²φ))."""
        return self._velocities(check.finite("tilt", tilt), check.finite("u", u), breathing)

    def _velocities(self, tilt, u, breathing):
        width = np.sqrt(self.A / (self.K + self.K_hard * np.sin(tilt)**2)) if breathing else self.width
        sine = self.hard_rate * np.sin(2 * tilt)
        a, b = self.alpha, self.beta
        return ((1 + a * b) * u + width * sine) / (1 + a**2), ((b - a) * u / width - a * sine) / (1 + a**2)

    def trajectory(self, times, u, *, position=0.0, tilt=0.0, breathing=True):
        """(X in m, φ in rad) at `times` in s, each (n,), from (position, tilt) at times[0]; u in m/s, a number or a
        function of t in s that returns one. For a function the solver's steps are no longer than the longest interval
        of `times`; make these shorter than the shortest pulse. Raises ValueError for times that do not increase,
        and for what is not finite."""
        times = check.finite("times", times, shape=(None,))
        if len(times) < 2 or np.any(np.diff(times) <= 0):
            raise ValueError("times must hold at least two increasing times")
        if not callable(u):
            check.number("u", u, unit="m/s")
        # times and lengths in ns and nm, so that tolerances mean something
        unit = 1e-9

        def slope(t, state):
            drift = check.number("u", u(t * unit), unit="m/s") if callable(u) else u
            dX, dtilt = self._velocities(state[1], drift, breathing)
            return dX, dtilt * unit

        start = [check.number("position", position, unit="m") / unit, check.number("tilt", tilt, unit="rad")]
        longest = np.max(np.diff(times)) / unit if callable(u) else np.inf
        solution = solve_ivp(slope, (times[0] / unit, times[-1] / unit), start, method="DOP853", t_eval=times / unit,
                             rtol=1e-9, atol=1e-9,
                             max_step=longest)
        return solution.y[0] * unit, solution.y[1]

    # -------------------------------------------------------------- closed forms

    def initial_velocity(self, u):
        """dX/dt at φ = 0, (1 + αβ)/(1 + α²) u in m/s."""
        return (1 + self.alpha * self.beta) / (1 + self.alpha**2) * check.finite("u", u)

    def steady_velocity(self, u):
        """(β/α) u in m/s, below Walker breakdown."""
        return self.beta / self.alpha * check.finite("u", u)

    def walker_drift(self, breathing=True):
        """Drift velocity |u| in m/s above which the wall turns over: the largest α ω Δ(φ)
        |sin 2φ|/|β − α|; inf for β = α."""
        if self.beta == self.alpha:
            return np.inf
        if breathing:                                  # d/dφ [sin 2φ Δ(φ)] = 0 solved for x = sin²φ: κx² + 2x − 1 = 0
            kappa = self.K_hard / self.K
            x = (np.sqrt(1 + kappa) - 1) / kappa
            largest = 2 * np.sqrt(x * (1 - x)) * self.width / np.sqrt(1 + kappa * x)
        else:
            largest = self.width
        return float(self.alpha * self.hard_rate * largest / abs(self.beta - self.alpha))

    def mean_velocity(self, u):
        """Mean of dX/dt in m/s: (β/α) u below breakdown, [βu − Δ⟨dφ/dt⟩]/α above it with
        ⟨dφ/dt⟩ = ±√[((β − α)u/Δ)² − (αω)²]/(1 + α²), for a wall of constant width."""
        u = check.finite("u", u)
        excess = ((self.beta - self.alpha) * u / self.width)**2 - (self.alpha * self.hard_rate)**2
        turning = np.sign((self.beta - self.alpha) * u) * np.sqrt(np.maximum(excess, 0)) / (1 + self.alpha**2)
        return np.where(excess > 0, (self.beta * u - self.width * turning) / self.alpha, self.steady_velocity(u))[()]
