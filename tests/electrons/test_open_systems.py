"""Open systems: QuTiP's solvers against the Bloch equations, the steady state,
and the conservation of angular momentum."""

import sys
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from torquelib.bands import FreeElectron, TightBinding
from torquelib.spirals import spiral_field
from torquelib.spirals.evolution import SwitchedField, evolve
from torquelib.spirals.open_systems import (
    AngularMomentumFlow,
    angular_momentum_flow,
    collision_average,
    collision_flow,
    dephase,
    thermalise,
)
from torquelib.textures import BlochWall, CustomTexture, DriftingSpiral
from torquelib.units import e, hbar, m_e

pytest.importorskip("qutip")

J, p, E = 0.53, 0.1, 1e-3
GAP = 2*J / hbar                                                   # 1/fs
FREE, SPIRAL = FreeElectron(dimension=1), DriftingSpiral(p)
EQUATION_3 = hbar**2 * e * E * p / (4 * m_e * J**2)
TIMES = np.linspace(0, 30, 301)


def steady_deviation(run, s, rate=0.0):
    """The solution of dσ/dt = (2/ħ) b × σ − Γ[σ − n(n·σ)] that follows n = b/|b| along the run; b·m = J."""
    n, n_dot = s * run.eigenspin[-1], s * np.gradient(run.eigenspin, run.times, axis=0, edge_order=2)[-1]
    w = GAP / n[2]
    return -s * (w * np.cross(n, n_dot) + rate * n_dot) / (w**2 + rate**2)


@pytest.mark.parametrize("rate", (0.03, 2.0))
def test_dephase_solves_the_bloch_equation(rate):
    """dσ/dt = (2/ħ) b × σ − Γ[σ − n(n·σ)], integrated by SciPy from another start than an eigenstate's field."""
    band, texture, field = TightBinding(0.5, 0.4, dimension=1), DriftingSpiral(0.5, omega=0.3), SwitchedField(0.02)
    run = dephase(band, texture, field, [2.0], TIMES, J=J, rate=rate, s=1)

    def bloch(t, spin):
        b = spiral_field(band, np.array([2.0 - e*0.02*t/hbar]), 0.5, J=J, omega=0.3)
        n = b / np.linalg.norm(b)
        return 2/hbar * np.cross(b, spin) - rate * (spin - n * (n @ spin))

    expected = solve_ivp(bloch, (0, 30), run.spin[0], t_eval=TIMES, rtol=1e-10, atol=1e-12).y.T
    np.testing.assert_allclose(run.spin, expected, rtol=0, atol=1e-6)
    assert np.abs(run.deviation).max() > 1e-4


def test_no_rate_is_the_schroedinger_equation():
    run = dephase(FREE, SPIRAL, SwitchedField(E), [2.0], TIMES, J=J, rate=0.0, s=-1)
    free = evolve(FREE, SPIRAL, SwitchedField(E), [2.0], TIMES, J=J, s=-1)
    np.testing.assert_allclose(run.spin, free.spin, rtol=0, atol=1e-7)


@pytest.mark.parametrize("s", (-1, 1))
@pytest.mark.parametrize("ratio", (0.1, 1.0, 10.0))
def test_the_steady_state_under_dephasing(s, ratio):
    """Δσ = (3)/(1 + x²) along ∂m and −x/(1 + x²) times (3) along the misalignment, x = ħΓ/2J."""
    rate = ratio * GAP
    times = np.linspace(0, max(30, 8/rate), 201)
    run = dephase(FREE, SPIRAL, SwitchedField(E, ramp=20.0), [2.0], times, J=J, rate=rate, s=s)
    found = run.deviation[-1] / (s * EQUATION_3)
    assert found[0] == pytest.approx(1 / (1 + ratio**2), rel=0.01)
    assert found[1] == pytest.approx(-ratio / (1 + ratio**2), rel=0.01)
    np.testing.assert_allclose(found, steady_deviation(run, s, rate) / (s * EQUATION_3), rtol=0, atol=2e-3)


def test_a_cold_bath_gives_the_same_steady_state():
    rate = 0.3 * GAP
    run = thermalise(FREE, SPIRAL, SwitchedField(E), [2.0], TIMES, J=J, rate=rate, kT=0.025, s=-1)
    np.testing.assert_allclose(run.deviation[-1], steady_deviation(run, -1, rate), rtol=0, atol=2e-3*EQUATION_3)


def test_the_bath_relaxes_at_its_rate_to_its_temperature():
    rate, kT = 0.05, 0.3
    b = spiral_field(FREE, np.array([2.0]), p, J=J)
    n = b / np.linalg.norm(b)
    rest = -np.tanh(np.linalg.norm(b) / kT)
    tilted = thermalise(FREE, SPIRAL, SwitchedField(0.0), [2.0], TIMES, J=J, rate=rate, kT=kT, s=1)
    np.testing.assert_allclose(tilted.spin @ n, rest + (1 - rest) * np.exp(-rate * TIMES), rtol=0, atol=1e-6)


def test_the_evolution_follows_any_planar_spiral():
    """Here a spiral in the x-y plane that runs along an oblique direction."""
    texture = CustomTexture(theta=lambda x, y, z, t: 0*x + np.pi/2, phi=lambda x, y, z, t: 0.2*x - 0.1*y + 0.1*t)
    band, field = FreeElectron(dimension=2), np.array([2e-5, 1e-5])
    run = evolve(band, texture, SwitchedField(field, ramp=100.0), [2.0, -1.0], np.linspace(0, 150, 301), J=J, s=1)
    steady = steady_deviation(run, s=1)
    np.testing.assert_allclose(run.deviation[-1], steady, rtol=0, atol=1e-3 * np.abs(steady).max())
    assert np.abs(steady).max() > 1e-8


@pytest.mark.parametrize("s", (-1, 1))
@pytest.mark.parametrize("rate", (0.0, 0.5))
def test_angular_momentum_is_conserved(s, rate):
    times = np.linspace(0, 20, 801)
    run = dephase(FREE, SPIRAL, SwitchedField(E), [2.0], times, J=J, rate=rate, s=s)
    flow = angular_momentum_flow(run, J=J, rate=rate)
    assert np.abs(flow.sum[2:-2]).max() < 1e-4 * J*EQUATION_3
    assert np.abs(flow.magnetization).max() > 0.5 * J*EQUATION_3
    assert (np.abs(flow.lattice).max() > 0.05 * J*EQUATION_3) == (rate > 0)
    if rate:
        wrong = angular_momentum_flow(run, J=J, rate=2*rate)
        assert np.abs(wrong.sum[2:-2]).max() > 0.05 * J*EQUATION_3


@pytest.mark.parametrize("tau", (1.0, 5.0))
def test_collisions_hand_the_angular_momentum_to_the_lattice(tau):
    run = evolve(FREE, SPIRAL, SwitchedField(E), [2.0], np.linspace(0, 80, 8001), J=J, s=-1)
    ratio = 1 / (GAP * tau)
    assert collision_average(run, tau=tau)[0] == pytest.approx(-EQUATION_3 / (1 + ratio**2), rel=5e-3)
    flow = collision_flow(run, J=J, tau=tau)
    unit = J * EQUATION_3
    assert flow.electrons / unit == pytest.approx(0, abs=1e-4) and flow.sum / unit == pytest.approx(0, abs=1e-4)
    assert flow.magnetization / unit == pytest.approx(1 / (1 + ratio**2), rel=5e-3)


def test_five_instants_are_enough_for_a_flow():
    run = evolve(FREE, SPIRAL, SwitchedField(E), [2.0], TIMES[:5], J=J, s=-1)
    flow = angular_momentum_flow(run, J=J)
    assert flow.sum.shape == (5,) and abs(flow.sum[2]) < 1e-3 * abs(flow.electrons[2])


@pytest.mark.parametrize("begin", (0.0, 2.0**20))
def test_the_time_since_the_last_collision_is_distributed_exponentially(begin):
    times, tau = begin + np.linspace(0, 80, 801), 2.0
    run = evolve(FREE, SPIRAL, SwitchedField(E, start=begin), [2.0], times, J=J, s=-1)
    since, step = times - begin, 0.1
    bump = np.clip(1 - np.abs(since[:, None] - [0.0, 2.0]) / step, 0, 1)        # a spin that is there at one instant
    mean = collision_average(replace(run, spin=np.column_stack([since, bump])), tau=tau)
    age = (np.arange(-1, 1, 1e-4) + 5e-5) * step                                # midpoints of both sides of a bump
    density = np.exp(-(2.0 + age) / tau) / tau
    late = np.sum(density * (1 - np.abs(age) / step)) * 1e-4 * step
    first = np.sum((np.exp(-age / tau) / tau * (1 - np.abs(age) / step))[age > 0]) * 1e-4 * step
    np.testing.assert_allclose(mean, [tau, first, late], rtol=1e-7)
    along_normal = bump[:, :1] * [0.0, 1.0, 0.0]                                # there, after a collision only
    flow = collision_flow(replace(run, spin=along_normal), J=J, tau=tau)
    assert flow.lattice == pytest.approx(-hbar/2 * (1 - first) / tau, rel=1e-7)


@pytest.mark.parametrize("solve", (dephase, partial(thermalise, kT=0.1)))
def test_a_run_may_begin_late(solve):
    early, late = (solve(FREE, SPIRAL, SwitchedField(E, start=begin, ramp=5.0), [2.0], begin + TIMES, J=J, s=-1,
                         rate=0.1) for begin in (0.0, 2.0**20))
    np.testing.assert_allclose(late.spin, early.spin, rtol=0, atol=1e-6)
    for then, now in zip(angular_momentum_flow(early, J=J, rate=0.1), angular_momentum_flow(late, J=J, rate=0.1)):
        np.testing.assert_allclose(now, then, rtol=0, atol=0.01 * np.abs(then).max())
    runs = [evolve(FREE, SPIRAL, SwitchedField(E, start=begin), [2.0], begin + np.linspace(0, 80, 801), J=J, s=-1)
            for begin in (0.0, 2.0**20)]
    early, late = (collision_flow(run, J=J, tau=5.0) for run in runs)
    np.testing.assert_allclose(late, early, rtol=0, atol=1e-6 * early.magnetization)


@pytest.mark.parametrize("change, message", [
    ({"rate": -0.1}, "rate must lie in"), ({"rate": np.nan}, "rate must be finite"), ({"J": 0.0}, "J must lie in"),
    ({"J": 1e200}, "J and times must let the spin turn at most"),
    ({"J": 1e4}, "J and times must let the spin turn at most 10000 times"),
    ({"s": 3}, "s must be"), ({"times": TIMES[::-1]}, "times must rise"), ({"times": TIMES**1.5}, "equal steps"),
    ({"field": SwitchedField(E, ramp=50.0)}, "end of the ramp at 50 fs"), ({"k": [[1.0]]}, "k must have shape"),
    ({"texture": BlochWall(3.0)}, "planar spiral"), ({"tolerance": 0.0}, "tolerance must lie")])
@pytest.mark.parametrize("solver", (dephase, thermalise))
def test_bad_input(solver, change, message):
    arguments = {"band": FREE, "texture": SPIRAL, "k": [1.0], "J": J, "field": SwitchedField(E), "times": TIMES,
                 "s": -1, "rate": 0.1}
    arguments |= change | ({"kT": 0.1} if solver is thermalise else {})
    with pytest.raises(ValueError, match=message):
        solver(**arguments)


def test_bad_input_elsewhere():
    run = evolve(FREE, SPIRAL, SwitchedField(E), [2.0], TIMES, J=J, s=-1)
    with pytest.raises(ValueError, match="kT must lie in"):
        thermalise(FREE, SPIRAL, SwitchedField(E), [1.0], TIMES, J=J, rate=0.1, kT=0.0, s=-1)
    with pytest.raises(ValueError, match="rate must lie in"):
        thermalise(FREE, SPIRAL, SwitchedField(E), [1.0], TIMES, J=J, rate=0.0, kT=0.1, s=-1)
    with pytest.raises(ValueError, match="rate must lie in"):
        angular_momentum_flow(run, J=J, rate=-1.0)
    with pytest.raises(ValueError, match="J must lie in"):
        angular_momentum_flow(run, J=0.0)
    short = evolve(FREE, SPIRAL, SwitchedField(E), [2.0], TIMES[:3], J=J, s=-1)
    with pytest.raises(ValueError, match="at least 5 instants"):
        angular_momentum_flow(short, J=J)
    for function in (lambda tau: collision_average(run, tau=tau), lambda tau: collision_flow(run, J=J, tau=tau)):
        for tau in (0.5, 10.0):
            with pytest.raises(ValueError, match="tau must be at most"):
                function(tau)
    with pytest.raises(ValueError, match="tau must lie in"):
        collision_average(run, tau=-1.0)
    assert AngularMomentumFlow(1.0, -2.0, 1.0).sum == 0


def test_a_missing_package_is_named(monkeypatch):
    run = evolve(FREE, SPIRAL, SwitchedField(E), [2.0], TIMES, J=J, s=-1)
    monkeypatch.setitem(sys.modules, "qutip", None)
    arguments, more = (FREE, SPIRAL, SwitchedField(E), [1.0], TIMES), dict(s=-1, J=J, rate=0.1)
    for name, call in (("dephase", lambda: dephase(*arguments, **more)),
                       ("thermalise", lambda: thermalise(*arguments, kT=0.1, **more)),
                       ("angular_momentum_flow", lambda: angular_momentum_flow(run, J=J, rate=0.1))):
        with pytest.raises(ImportError, match=f"{name} needs qutip, of the extra open-systems: pip install qutip"):
            call()
    assert angular_momentum_flow(run, J=J).lattice[0] == 0  # needs no package
