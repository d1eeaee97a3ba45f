"""Bad input to the LLG engine: a clear error before the run, the last good state after a failure."""

import numpy as np
import pytest

from torquelib import llg

MESH = llg.Mesh((11, 7), (2e-9, 3e-9, 1e-9))
TERMS = [llg.Exchange(1.3e-11), llg.UniaxialAnisotropy(8e4, "z")]
UP = (0.0, 0.0, 1.0)


def problem(**changes):
    return llg.Problem(**{"mesh": MESH, "material": llg.Material(8e5, 0.1), "terms": TERMS, **changes})


@pytest.mark.parametrize("make, message", [
    (lambda: llg.Mesh(0, 1e-9), "cells must be at least 1; got 0"),
    (lambda: llg.Mesh((4, 4, 4), 1e-9), "cells must be nx or"),
    (lambda: llg.Mesh(4, -1e-9), "cell_size must lie in"),
    (lambda: llg.Mesh(4, (1e-9, 1e-9)), "cell_size must be one length"),
    (lambda: llg.Mesh(4, 1e-9, periodic=1), "periodic|iterable"),
    (lambda: llg.Material(-8e5, 0.1), "Ms must be above zero everywhere; got -800000"),
    (lambda: llg.Material(8e5, -0.1), "alpha must not be negative; got -0.1"),
    (lambda: llg.Material(np.nan, 0.1), "Ms must be finite"),
    (lambda: llg.Material(8e5, 0.1, gamma=-1.0), "gamma must lie in"),
    (lambda: llg.Exchange(-1e-11), "A must not be negative"),
    (lambda: llg.UniaxialAnisotropy(np.inf), "K must be finite"),
    (lambda: llg.UniaxialAnisotropy(1e5, "w"), "axis must be one of"),
    (lambda: llg.UniaxialAnisotropy(1e5, (0, 0, 0)), "axis must not be the zero vector"),
    (lambda: llg.Zeeman((0.0, 1.0)), "B must have shape"),
    (lambda: llg.InterfacialDMI(np.nan), "D must be finite"),
    (lambda: llg.SpinCurrent((1.0, 2.0, 3.0)), "j_s must be a number"),
    (lambda: llg.SpinCurrent(lambda t: np.nan), "j_s must be finite"),
    (lambda: llg.SpinCurrent.from_drift_velocity(1.0, 0.0), "Ms must lie in"),
    (lambda: llg.IntrinsicTorque(1.0, 1e28, J=0.0), "J must lie in"),
    (lambda: llg.IntrinsicTorque(1.0, 1e28, 1.0, mass_ratio=-1.0), "mass_ratio must lie in"),
    (lambda: problem(terms=[llg.Exchange(np.ones(5))]), r"A must be one number or have the mesh's shape \(7, 11\); got \(5,\)"),
    (lambda: problem(material=llg.Material(np.ones((3, 3)), 0.1)), "Ms must be one number or have the mesh's shape"),
    (lambda: problem(drive=[llg.SpinCurrent(1e12, beta=np.ones(4))]), "beta must be one number"),
    (lambda: problem(mesh=5), "mesh must be a Mesh"),
    (lambda: problem(material=5), "material must be a Material"),
    (lambda: problem(terms=[5]), "terms must hold energy terms"),
    (lambda: problem(drive=[5]), "drive must hold"),
    (lambda: problem(drive=[llg.SpinCurrent(1.0), llg.SpinCurrent(2.0)]), "at most one SpinCurrent"),
    (lambda: llg.WallModel(1e-11, 0.0, 1e4, 8e5, 0.1, 0.0), "K must lie in"),
    (lambda: llg.WallModel(1e-11, 1e5, 1e4, 8e5, 0.1, 0.0).trajectory([0.0], 1.0), "at least two increasing"),
    (lambda: llg.wall(problem(terms=[])), "width must be given"),
    (lambda: llg.WallChain().run(np.nan, 0.1, 1e-9), "u must be finite"),
])
def test_what_makes_no_sense_is_refused(make, message):
    with pytest.raises((ValueError, TypeError), match=message):
        make()


@pytest.mark.parametrize("m, message", [
    ((0.0, 0.0, 2.0), "m must hold unit vectors"),
    (np.full((7, 11, 3), np.nan), "m must be finite"),
    (np.ones((11, 7, 3)) / np.sqrt(3), r"m must be one vector \(3,\) or have the shape \(7, 11, 3\); got \(11, 7, 3\)"),
])
def test_bad_states_are_refused(m, message):
    with pytest.raises(ValueError, match=message):
        llg.Simulation(problem(), m)
    with pytest.raises(ValueError, match=message):
        problem().energies(m)


@pytest.mark.parametrize("arguments, message", [
    ({"dt": 1e-11}, "dt must not exceed the stability limit .* got 1e-11 s"),
    ({"dt": -1e-15}, "dt must lie in"),
    ({"tolerance": 0.0}, "tolerance must lie in"),
    ({"times": [2e-12, 1e-12]}, "times must hold increasing times"),
    ({"times": [0.0, 1e-9]}, "times must lie within"),
    ({"observe": {"m": 3}}, "observe must map names to functions"),
    ({"observe": {"t": llg.average}}, "must not use the name 't'"),
    ({"until": -1.0}, "until must lie in"),
])
def test_bad_runs_are_refused_before_a_step(arguments, message):
    simulation = llg.Simulation(problem(), UP)
    with pytest.raises((ValueError, TypeError), match=message):
        simulation.run(**{"until": 1e-11, **arguments})
    assert simulation.steps == 0


def test_the_stability_limit_is_sharp_enough(monkeypatch):
    """At the limit a small disturbance dies out; at 1.3 times the limit, past the check, it grows."""
    rng = np.random.default_rng(2)
    rough = np.array(UP) + 1e-4 * rng.normal(size=(7, 11, 3))
    rough /= np.linalg.norm(rough, axis=-1, keepdims=True)
    driven = problem(drive=[llg.SpinCurrent(1e12, 0.05)])
    limit = driven.stability_limit()
    stable = llg.Simulation(driven, rough)
    stable.run(300 * limit, dt=limit)
    assert np.max(np.abs(stable.m[..., :2])) < 1e-4 and stable.steps == 300
    monkeypatch.setattr(driven, "stability_limit", lambda t=0.0: np.inf)
    unstable = llg.Simulation(driven, rough)
    with pytest.raises(llg.StepFailed):
        unstable.run(300 * limit, dt=1.3 * limit)


def test_a_failing_run_keeps_the_last_good_state(monkeypatch):
    rng = np.random.default_rng(2)
    rough = rng.normal(size=(7, 11, 3))
    rough /= np.linalg.norm(rough, axis=-1, keepdims=True)
    driven = problem(drive=[llg.SpinCurrent(1e12, 0.05)])
    limit = driven.stability_limit()
    monkeypatch.setattr(driven, "stability_limit", lambda t=0.0: np.inf)
    simulation = llg.Simulation(driven, rough)
    with pytest.raises(llg.StepFailed, match=r"the step from t = .* s failed: .* The state at that time is kept"):
        simulation.run(100 * limit, dt=3 * limit)
    assert np.allclose(np.linalg.norm(simulation.m, axis=-1), 1, atol=1e-12)
    assert simulation.t == pytest.approx(simulation.steps * 100 / 34 * limit)
    simulation.run(simulation.t + limit, dt=limit / 2)                    # and it can go on with a shorter step
    with pytest.raises(ValueError, match="no unfinished run"):
        simulation.resume()


def test_a_relaxation_that_does_not_arrive_says_so():
    tilted = (0.6, 0.0, 0.8)
    simulation = llg.Simulation(problem(drive=[llg.SpinCurrent(1e12, 0.05)]), tilted)
    with pytest.raises(llg.StepFailed, match="still"):
        simulation.relax(1e-9, max_time=1e-12)
    with pytest.raises(ValueError, match="torque must lie in"):
        simulation.relax(-1.0)
    with pytest.raises(ValueError, match="max_time must lie in"):
        simulation.relax(max_time=0.0)


def test_coarse_cells_draw_a_warning_that_names_both_lengths():
    with pytest.warns(UserWarning, match=r"cells of 6 nm are too coarse for walls of width √\(A/K\) = 5.1 nm"):
        llg.Problem(llg.Mesh(50, 6e-9), llg.Material(8e5, 0.1), [llg.Exchange(1.3e-11), llg.UniaxialAnisotropy(5e5)])


def test_resume_and_load_check_what_they_are_given(tmp_path):
    driven = problem(drive=[llg.SpinCurrent(1e12, 0.05)])
    simulation = llg.Simulation(driven, UP)

    def stop(simulation):
        raise KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt):
        simulation.run(1e-13, observe={"m": stop})
    with pytest.raises(ValueError, match="observe must have the names of the interrupted run"):
        simulation.resume()
    simulation.save(tmp_path / "state.npz")
    with pytest.raises(ValueError, match="holds a state of shape"):
        llg.Simulation.load(tmp_path / "state.npz", llg.Problem(llg.Mesh(4, 1e-9), llg.Material(8e5, 0.1)))
    with pytest.raises(ValueError, match="component must be one of"):
        llg.wall_position(simulation, component=3)
    with pytest.raises(TypeError, match="problem must be a Problem"):
        llg.Simulation(5, UP)


def test_everything_prints_readably():
    text = repr(problem(drive=[llg.SpinCurrent((1e12, 0.0), 0.05), llg.IntrinsicTorque(lambda t: 1e5, 1e28, 1.0)]))
    for part in ("Mesh of 11 × 7 cells of 2 × 3 × 1 nm³, edges open in x, open in y", "Material(Ms=8e+05, alpha=0.1", "Exchange(A=1.3e-11)",
                 "UniaxialAnisotropy(K=8e+04, axis=(0.0, 0.0, 1.0))", "j_s=(1000000000000.0, 0.0), beta=0.05", "electric_field=a function of t"):
        assert part in text
    record = llg.Simulation(problem(drive=[llg.SpinCurrent(1e12, 0.05)]), UP).run(1e-13, observe={"m": llg.average, "E": llg.energies})
    assert repr(record) == "Record of 1 times: t (1,), m (1, 3), E {Exchange, UniaxialAnisotropy, total}"
    with pytest.raises(AttributeError, match="the record holds t, m, E; not 'x'"):
        record.x


def test_importing_the_library_compiles_and_loads_nothing():
    import subprocess
    import sys
    code = "import torquelib, torquelib.llg, sys; print([n for n in ('matplotlib', 'joblib', 'tqdm', 'qutip') if n in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
