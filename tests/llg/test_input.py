"""Bad input to the LLG engine: a clear error before the run, the last good state after a failure."""

import copy
import io
import pickle
import sys
import warnings
from dataclasses import dataclass
from functools import partial

import numpy as np
import pytest

from torquelib import llg
from torquelib._validate import ImplausibleValueWarning
from torquelib.materials import MATERIALS
from torquelib.textures import Skyrmion

MESH = llg.Mesh((11, 7), (2e-9, 3e-9, 1e-9))
TERMS = [llg.Exchange(1.3e-11), llg.UniaxialAnisotropy(8e4, "z")]
UP = (0.0, 0.0, 1.0)
MODEL = llg.WallModel(1.3e-11, 1.3e5, 1.3e4, 8e5, 0.1, 0.3)


def problem(**changes):
    return llg.Problem(**{"mesh": MESH, "material": llg.Material(8e5, 0.1), "terms": TERMS, **changes})


@pytest.mark.parametrize("make, message", [
    (lambda: llg.Mesh(0, 1e-9), "cells must be at least 1; got 0"),
    (lambda: llg.Mesh((4, 4, 4), 1e-9), "cells must be nx or"),
    (lambda: llg.Mesh(4, -1e-9), "cell_size must lie in"),
    (lambda: llg.Mesh(4, (1e-9, 1e-9)), "cell_size must be one length"),
    (lambda: llg.Mesh(4, 1e-9, periodic=1), r"periodic must be a bool or a pair of bools \(in x, in y\); got 1"),
    (lambda: llg.Mesh(4, 1e-9, periodic="xy"), "periodic must be a bool or a pair of bools"),
    (lambda: llg.Material(-8e5, 0.1), "Ms must lie above 0 A/m; got -800000"),
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
    (lambda: llg.SpinCurrent(lambda t: 0.0 if t <= 0 else (0.0, -1e13)).at(1e-12),
     r"j_s must have the same shape at all times; got \(\) at t = 0 and \(2,\) at t = 1e-12 s"),
    (lambda: llg.IntrinsicTorque(lambda t: (0.0, 1.0) if t <= 0 else 0.0, 1e28, 1.0).at(1e-12),
     "E must have the same shape"),
    (lambda: llg.SpinCurrent.from_drift_velocity(1.0, 0.0), "Ms must lie in"),
    (lambda: llg.SpinCurrent.from_drift_velocity(lambda t: np.nan, 8e5), "u must be finite"),
    (lambda: llg.IntrinsicTorque(1.0, 1e28, J=0.0), "J must lie in"),
    (lambda: llg.IntrinsicTorque(1.0, 1e28, 1.0, mass_ratio=-1.0), "mass_ratio must lie in"),
    (lambda: problem(terms=[llg.Exchange(np.full(5, 1e-11))]),
     r"A must be one number or have the mesh's shape \(7, 11\); got \(5,\)"),
    (lambda: problem(material=llg.Material(np.full((3, 3), 8e5), 0.1)), "Ms must be one number or have"),
    (lambda: problem(drive=[llg.SpinCurrent(1e12, beta=np.ones(4))]), "beta must be one number"),
    (lambda: problem(terms=[llg.Zeeman(np.ones((11, 7, 3)))]),
     r"B must have shape \(3,\) or \(7, 11, 3\); got \(11, 7, 3\)"),
    (lambda: problem(mesh=5), "mesh must be a Mesh; got 5"),
    (lambda: problem(material=MATERIALS[0]), r"material must be a Material; got Metal\(name="),
    (lambda: problem(terms=[5]), "terms must hold energy terms"),
    (lambda: problem(drive=[5]), "drive must hold"),
    (lambda: problem(drive=[llg.SpinCurrent(1.0), llg.SpinCurrent(2.0)]), "at most one SpinCurrent"),
    (lambda: llg.WallModel(1e-11, 0.0, 1e4, 8e5, 0.1, 0.0), "K must lie in"),
    (lambda: llg.WallModel(1e-11, 1e5, 1e4, 8e5, 0.1, 0.0).trajectory([0.0], 1.0), "at least two increasing"),
    (lambda: MODEL.trajectory([0.0, 1e-9, 1e-9], 1.0), "at least two increasing"),
    (lambda: MODEL.trajectory([0.0, 1e-9], 1.0, position=np.nan), "position must be finite"),
    (lambda: MODEL.trajectory([0.0, 1e-9], 1.0, tilt=np.nan), "tilt must be finite"),
    (lambda: MODEL.trajectory([0.0, 1e-9], lambda t: np.nan if t > 1e-10 else 1.0), "u must be finite"),
    (lambda: MODEL.trajectory([0.0, 1e-9], lambda t: (1.0, 0.0)), "u must be a single number"),
    (lambda: MODEL.mean_velocity([1.0, np.nan]), "u must be finite"),
    (lambda: MODEL.steady_velocity(np.nan), "u must be finite"),
    (lambda: MODEL.initial_velocity(np.nan), "u must be finite"),
    (lambda: MODEL.velocities(np.nan, 1.0), "tilt must be finite"),
    (lambda: MODEL.velocities(0.0, np.inf), "u must be finite"),
    (lambda: llg.mean_velocity(llg.Record(t=np.zeros(1), position=np.zeros(1), tilt=np.zeros(1))),
     "record must hold at least 3 times; got 1"),
    (lambda: llg.mean_velocity(llg.Record(t=np.arange(3.0), position=np.full(3, np.nan), tilt=np.zeros(3))),
     "record.position must be finite"),
    *[(lambda terms=terms: llg.wall(problem(terms=terms)), "width must be given") for terms in (
        [], [llg.Exchange(1e-11)], [llg.UniaxialAnisotropy(1e5)])],
    (lambda: llg.wall(problem(terms=[llg.Exchange(1e-11), llg.UniaxialAnisotropy(1e5, (1, 0, 1))])),
     "problem must have its easy axis along x, y or z; it is"),
    (lambda: llg.Material(lambda x, y: 8e5, 0.1), "Ms must be numeric; got a function$"),
    (lambda: llg.Exchange(lambda x, y: 1e-11), "A must be numeric; got a function$"),
    (lambda: llg.UniaxialAnisotropy(lambda x, y: 1e5), "K must be numeric; got a function$"),
    (lambda: llg.Zeeman(lambda x, y: (0.0, 0.0, 1.0)), "B must be numbers or a function of t alone"),
    (lambda: llg.SpinCurrent(lambda x, y: 1e12), "j_s must be numbers or a function of t alone"),
    (lambda: llg.Mesh(9, 1e-9, inside=partial(lambda a, b, c: a > 0)),
     r"must take \(x, y\), or x alone; got partial\(a, b, c\)"),
    (lambda: llg.Simulation(problem(), lambda x: x), r"function of the place must take \(x, y\); got <lambda>\(x\)"),
    (lambda: llg.Simulation(problem(), UP).relax(watch=3), "watch must be a function of the simulation; got 3"),
    (lambda: llg.WallChain().run(np.nan, 0.1, 1e-9), "u must be finite"),
    (lambda: llg.WallChain().run(1.0, 0.1, np.nan), "duration must be finite"),
    (lambda: llg.WallChain().run(1.0, 0.1, 0.0), "duration must lie in"),
    (lambda: llg.WallChain().run(1.0, 0.1, None), "duration must be (finite|numeric); got None"),
    (lambda: llg.WallChain().run(1.0, "x", 1e-9), "beta must be numeric; got 'x'"),
    (lambda: llg.WallChain().run(1.0, 0.1, 1e-9, beta_int=np.inf), "beta_int must be finite"),
    (lambda: llg.WallChain(cell=0.0), "cell must lie in"),
    (lambda: llg.WallChain(Ms=np.nan), "Ms must be finite"),
    (lambda: llg.phase_diagram(llg.WallChain(), [1.0], [0.1], -1e-9, n_jobs=1), "duration must lie in"),
    (lambda: llg.phase_diagram(llg.WallChain(), [], [0.1], 1e-10, n_jobs=1), "u must hold at least one value"),
    (lambda: llg.phase_diagram(llg.WallChain(), [1.0], [], 1e-10, n_jobs=1), "beta must hold at least one value"),
    (lambda: llg.Material([], 0.05), "Ms must be one number or have one value a cell; got an empty array"),
    (lambda: llg.Material(8e5, []), "alpha must be one number or have"),
    (lambda: llg.Exchange([]), "A must be one number or have"),
    (lambda: llg.UniaxialAnisotropy([]), "K must be one number or have"),
    (lambda: llg.InterfacialDMI([]), "D must be one number or have"),
    (lambda: llg.BulkDMI([]), "D must be one number or have"),
    (lambda: llg.mean_velocity(llg.Record(t=np.zeros(3), position=np.zeros(3), tilt=np.zeros(3))),
     "record.t must rise; got 0 s, then 0 s"),
    (lambda: llg.mean_velocity(llg.Record(t=np.array([0.0, 2e-12, 1e-12]), position=np.zeros(3), tilt=np.zeros(3))),
     "record.t must rise; got 2e-12 s, then 1e-12 s"),
    (lambda: llg.mean_velocity(llg.Record(t=np.array([0.0, 1.0, 1.0]), position=np.zeros(3), tilt=np.zeros(3))),
     "record.t must rise; got 1 s, then 1 s"),
    (lambda: llg.mean_velocity(llg.Record(t=np.arange(3.0), position=np.zeros(3))),
     "record must hold t, position and tilt; it lacks tilt"),
    (lambda: llg.wall(problem(terms=[llg.UniaxialAnisotropy(-1e5, "z")]), width=5e-9), "a single easy axis"),
    (lambda: llg.wall(problem(terms=[llg.UniaxialAnisotropy(1e5, "z"), llg.UniaxialAnisotropy(1e5, "x")]), width=5e-9),
     "a single easy axis"),
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
    ({"tolerance": 0.0}, "tolerance must lie in"), ({"tolerance": 0.15}, "tolerance must lie in"),
    ({"times": [2e-12, 1e-12]}, "times must hold increasing times"),
    ({"times": [0.0, 1e-9]}, "times must lie within"),
    ({"observe": {"m": 3}}, "observe must map names to functions"),
    ({"observe": {"t": llg.average}}, "must not use the name 't'"),
    ({"observe": llg.average}, "observe must be a dict {name: function of the simulation}; got <function average"),
    ({"observe": [llg.average]}, "observe must be a dict"),
    ({"observe": {"a/b": llg.average}},
     "observe must use names that are identifiers and no methods of dict; got 'a/b'"),
    ({"observe": {"values": llg.average}}, "observe must use names .* got 'values'"),
    ({"observe": {1: llg.average}}, "observe must use names .* got 1"),
    ({"longest_step": 0.0}, "longest_step must lie in"),
    ({"longest_step": np.nan}, "longest_step must be finite"),
    ({"longest_step": 1e-13, "dt": 1e-14}, "longest_step is for adaptive steps, not beside dt"),
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
    assert np.allclose(np.linalg.norm(simulation.m, axis=-1), 1, rtol=0, atol=1e-12)
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
    with pytest.warns(UserWarning, match=r"cells of 6 nm are too coarse for walls as narrow as 5.1 nm; this is "
                                         r"√\(A/K\)"):
        llg.Problem(llg.Mesh(50, 6e-9), llg.Material(8e5, 0.1), [llg.Exchange(1.3e-11), llg.UniaxialAnisotropy(5e5)])
    with pytest.warns(UserWarning, match=r"cells of 5 nm are too coarse for the DMI's spiral of 25.1 nm a turn; .* D "
                                         r"dx/2A = 1.25 rad a cell"):
        llg.Problem(llg.Mesh(64, 5e-9), llg.Material(8e5, 0.1), [llg.Exchange(1e-11), llg.InterfacialDMI(5e-3)])


def test_spins_are_given_unit_length():
    """Also by a state that errs by less than it may: 1e-6."""
    mesh = llg.Mesh(5, 1e-9)
    m = np.tile([0.6, 0.0, 0.8], (5, 1)) * (1 + 9e-7 * np.array([[1], [-1], [0], [0.5], [-0.5]]))
    assert np.abs(np.linalg.norm(mesh.magnetization(m), axis=-1) - 1).max() < 1e-15
    with pytest.raises(ValueError, match="m must hold unit vectors"):
        mesh.magnetization(m * (1 + 2e-7))


def test_fine_cells_draw_no_warning():
    turning = lambda angle: [llg.Exchange(1e-11), llg.InterfacialDMI(angle * 2e-11 / 2e-9)]
    with pytest.warns(UserWarning, match="D dx/2A = 0.36 rad a cell; 0.35 rad or less is advised"):
        llg.Problem(llg.Mesh(64, 2e-9), llg.Material(8e5, 0.1), turning(0.36))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        llg.Problem(llg.Mesh(64, 2e-9), llg.Material(8e5, 0.1), turning(0.34))
        llg.Problem(llg.Mesh(64, 1.2e-9), llg.Material(8e5, 0.1),
                    [llg.Exchange(1e-11), llg.InterfacialDMI(5e-3), llg.UniaxialAnisotropy(5e5)])
        llg.Problem(llg.Mesh((64, 1), (1.2e-9, 1e-8, 1e-9)), llg.Material(8e5, 0.1),
                    [llg.Exchange(1e-11), llg.InterfacialDMI(-5e-3)])


def test_resume_and_load_check_what_they_are_given(tmp_path):
    driven = problem(drive=[llg.SpinCurrent(1e12, 0.05)])
    simulation = llg.Simulation(driven, UP)

    def stop(simulation):
        raise KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt):
        simulation.run(1e-13, observe={"m": stop})
    with pytest.raises(ValueError, match="observe must have the names of the interrupted run"):
        simulation.resume()
    with pytest.raises(TypeError, match="problem must be a Problem"):
        llg.Simulation(5, UP)
    path = tmp_path / "state.npz"
    simulation.save(path)
    with pytest.raises(TypeError, match="problem must be a Problem; got None"):
        llg.Simulation.load(path, None)
    (tmp_path / "junk.npz").write_text("not an archive")
    with pytest.raises(ValueError, match="junk.npz is not a file that Simulation.save wrote"):
        llg.Simulation.load(tmp_path / "junk.npz", driven)
    np.savez(tmp_path / "other.npz", x=1)
    with pytest.raises(ValueError, match="other.npz is not a file that Simulation.save wrote"):
        llg.Simulation.load(tmp_path / "other.npz", driven)
    with pytest.raises(FileNotFoundError, match="absent.npz"):
        llg.Simulation.load(tmp_path / "absent", driven)
    with np.load(path) as arrays:
        whole = dict(arrays)
    for name, changed in (("fields", whole["fields"][..., 1:]), ("clock", whole["clock"].astype(np.float32)),
                          ("counts", whole["counts"][:2])):
        np.savez(tmp_path / "changed.npz", **whole | {name: changed})
        with pytest.raises(ValueError, match=f"changed.npz is damaged: {name} must have shape"):
            llg.Simulation.load(tmp_path / "changed.npz", driven)


@pytest.mark.parametrize("changes, part", [
    ({"mesh": llg.Mesh((11, 7), 2e-9)}, "mesh"),
    ({"mesh": llg.Mesh((11, 7), (2e-9, 3e-9, 1e-9), True)}, "mesh"),
    ({"mesh": llg.Mesh(4, 1e-9)}, "mesh"),
    ({"material": llg.Material(8e5, 0.2)}, "material"),
    ({"terms": [llg.Exchange(1.3e-11)]}, "terms"),
    ({"terms": [llg.Exchange(1.3e-11), llg.UniaxialAnisotropy(np.full((7, 11), 8.1e4), "z")]}, "terms"),
    ({"drive": [llg.SpinCurrent(2e12, 0.05)]}, "drive"),
    ({"drive": []}, "drive"),
    ({"material": llg.Material(8e5, 0.2), "drive": []}, "material and drive"),
])
def test_another_problem_is_not_loaded(changes, part, tmp_path):
    def make(**changes):
        return problem(**{"drive": [llg.SpinCurrent(1e12, 0.05)], **changes})
    simulation = llg.Simulation(make(), UP)
    simulation.save(tmp_path / "state")                              # the same rule for the path on both ways
    assert np.array_equal(llg.Simulation.load(tmp_path / "state", make()).m, simulation.m)
    assert np.array_equal(llg.Simulation.load(tmp_path / "state.npz", make()).m, simulation.m)
    with pytest.raises(ValueError, match=f"state.npz was saved with another {part}; problem must be the one it was"):
        llg.Simulation.load(tmp_path / "state", make(**changes))


@dataclass(frozen=True, repr=False)
class Along(llg.EnergyTerm):
    """A term of one's own with words among its parameters."""

    axis: str
    others: tuple = ("x", (1, 2))


def test_a_file_tells_words_apart_and_is_replaced_at_once(tmp_path, monkeypatch):
    def interrupted(path, **arrays):
        open(path, "wb").close()
        raise KeyboardInterrupt
    simulation = llg.Simulation(problem(terms=[Along("z")]), UP)
    simulation.save(tmp_path / "state")
    with pytest.raises(ValueError, match="saved with another terms"):
        llg.Simulation.load(tmp_path / "state", problem(terms=[Along("x")]))
    monkeypatch.setattr(np, "savez", interrupted)
    with pytest.raises(KeyboardInterrupt):
        simulation.save(tmp_path / "state")
    assert np.array_equal(llg.Simulation.load(tmp_path / "state", problem(terms=[Along("z")])).m, simulation.m)


def test_a_link_is_saved_through(tmp_path):
    """As to a disk with more room: what stands there is replaced, not the link."""
    simulation = llg.Simulation(problem(), (0.6, 0.0, 0.8))
    (tmp_path / "room").mkdir()
    (tmp_path / "state.npz").symlink_to(tmp_path / "room" / "state.npz")
    for _ in range(2):
        simulation.save(tmp_path / "state")
    assert (tmp_path / "state.npz").is_symlink() and [p.name for p in (tmp_path / "room").iterdir()] == ["state.npz"]
    assert np.array_equal(llg.Simulation.load(tmp_path / "state", problem()).m, simulation.m)


def test_a_function_of_time_keeps_its_shape_during_a_run():
    """A second component that appears later would be left out of the torque: an error, before the first step if it
    stays for long, else from the step that meets it, with the state before it kept."""
    for end, earliest, latest in ((2e-12, 0.0, 0.0), (1.095e-12, 1.0e-12, 1.095e-12)):
        film = problem(drive=[llg.SpinCurrent(lambda t: (0.0, -1e13) if 1.085e-12 <= t < end else 0.0, 0.05)])
        simulation = llg.Simulation(film, (0.6, 0.0, 0.8))
        with pytest.raises(ValueError,
                           match=r"j_s must have the same shape at all times; got \(\) at t = 0 and \(2,\)"):
            simulation.run(2e-12, longest_step=0.005e-12)
        assert earliest <= simulation.t <= latest


def test_an_observer_that_fails_leaves_the_run_to_be_resumed():
    """The state is kept, a note on the error says which observer and when, and the entries before it are not lost."""
    simulation = llg.Simulation(problem(), (0.6, 0.0, 0.8))

    def fails(simulation):
        if simulation.t > 1.5e-12:
            raise ZeroDivisionError("no")
        return simulation.m[0, 0]
    with pytest.raises(ZeroDivisionError) as caught:
        simulation.run(3e-12, times=[1e-12, 2e-12, 3e-12], observe={"edge": fails})
    assert simulation.t == 2e-12
    assert caught.value.__notes__ == ["observer 'edge' failed at t = 2e-12 s; the record before it is the error's "
                                      "attribute record, and simulation.resume goes on from the state at that time"]
    assert np.array_equal(caught.value.record.t, [1e-12]) and caught.value.record.edge.shape == (1, 3)
    record = simulation.resume(observe={"edge": llg.average})
    assert np.array_equal(record.t, [1e-12, 2e-12, 3e-12]) and record.edge.shape == (3, 3)


@pytest.mark.parametrize("make, message", [
    (lambda: llg.Material(800.0, 0.1), "Ms is taken in A/m: 800 A/m is far"),                        # kA/m, emu/cm³
    (lambda: llg.Material(1.0, 0.1), "Ms is taken in A/m"),                                          # T
    (lambda: llg.Material(8e5, 0.1, gamma=2.211e5), "gamma is taken in rad"),                        # m/(A s)
    (lambda: llg.Material(8e5, 0.1, gamma=28e9), "gamma is taken in rad"),                           # Hz/T
    (lambda: llg.Zeeman((0.0, 0.0, 8e4)), "B is taken in T: 80000 T is far"),                        # A/m
    (lambda: llg.Zeeman(lambda t: (0.0, 0.0, 8e4)), "B is taken in T"),
    (lambda: llg.Exchange(13.0), "A is taken in J/m"),                                               # pJ/m
    (lambda: llg.InterfacialDMI(1.5), "D is taken in J/m²"),                                         # mJ/m²
    (lambda: llg.UniaxialAnisotropy(0.8), "K is taken in J/m³"),                                     # MJ/m³
    (lambda: llg.Mesh(10, 2.0), "cell_size is taken in m"),                                          # nm
    (lambda: llg.IntrinsicTorque(1e6, 28.0, 0.8), "n_s is taken in 1/m³"),                           # nm⁻³
    (lambda: llg.Simulation(problem(terms=[], drive=[]), UP).run(1.0), "until is taken in s"),       # ns
    (lambda: llg.Simulation(problem(), lambda x, y: Skyrmion(15.0, 5.0).m(x, y)), "x is taken in nm"),
])
def test_another_unit_is_told(make, message):
    """The mistake of units of each quantity: a warning that names it and its unit, on the caller's line."""
    with pytest.warns(ImplausibleValueWarning, match=message) as told:
        make()
    assert {one.filename for one in told} == {__file__}


def test_wall_observers_want_a_wall():
    """A uniform state, a wall at the very edge, a wall along another component:
    numbers that mean nothing are not given."""
    chain = problem(mesh=llg.Mesh(64, 2e-9))
    inside = llg.Simulation(chain, llg.wall(chain, 20e-9))
    for observer in (llg.wall_position, llg.wall_tilt, llg.wall_width):
        for component in ("z", 2):
            assert observer(inside, component) == observer(inside)
        with pytest.raises(ValueError, match="component must be one of 'x', 'y', 'z', 0, 1, 2; got 'w'"):
            observer(inside, "w")
        for component in (3, -1, 2.0):
            with pytest.raises(ValueError, match="component must be one of"):
                observer(inside, component)
        for m, left, right in ((UP, "1", "1"), (llg.wall(chain, 200e-9), "1", "1"),
                               (llg.wall(chain, 64e-9), "1", r"0\.\d+"),
                               (llg.wall(chain, -62e-9), r"0\.\d+", "-1")):
            with pytest.raises(ValueError, match=f"{observer.__name__} needs a wall: component 2 of m is {left} at "
                                                 f"the left and {right} at the right end"):
                observer(llg.Simulation(chain, m))
        with pytest.raises(ValueError, match="needs a wall: component 0"):
            observer(inside, "x")


def test_arrays_are_copied_and_cannot_be_changed():
    """Ms, alpha, every term and drive: writing to the caller's array afterwards changes nothing in the problem."""
    shape = MESH.shape
    given = {name: np.full(shape, value) for name, value in
             (("Ms", 8e5), ("alpha", 0.1), ("A", 1.3e-11), ("K", 8e4), ("D", 1e-3), ("beta", 0.05), ("beta_int", 0.02))}
    given["B"], given["j_s"], given["E"] = np.full(shape + (3,), 0.01), np.array([1e12, 1e12]), np.array([1e5, 1e5])
    given["J"], given["axis"] = np.array(1.0), np.array([0.0, 0.0, 1.0])
    driven = llg.Problem(MESH, llg.Material(given["Ms"], given["alpha"]),
                         [llg.Exchange(given["A"]), llg.UniaxialAnisotropy(given["K"], given["axis"]),
                          llg.Zeeman(given["B"]),
                          llg.InterfacialDMI(given["D"])],
                         [llg.SpinCurrent(given["j_s"], given["beta"], given["beta_int"]),
                          llg.IntrinsicTorque(given["E"], 1e28, given["J"])])
    m = np.array((0.6, 0.0, 0.8))
    energies, torque, limit = driven.energies(m), llg.torque(driven, m), driven.stability_limit()
    for array in given.values():
        array *= 0.5
    again = driven.replaced(drive=driven.drive)
    assert driven.energies(m) == energies and again.stability_limit() == driven.stability_limit() == limit
    assert np.array_equal(llg.torque(driven, m), torque) and np.array_equal(llg.torque(again, m), torque)
    with pytest.raises(ValueError, match="read-only"):
        driven.material.Ms[0] = 1.0


def test_everything_prints_readably():
    text = repr(problem(drive=[llg.SpinCurrent((1e12, 0.0), 0.05), llg.IntrinsicTorque(lambda t: 1e5, 1e28, 1.0)]))
    for part in ("Mesh of 11 × 7 cells of 2 × 3 × 1 nm³, edges open in x, open in y", "Material(Ms=8e+05, alpha=0.1",
                 "Exchange(A=1.3e-11)",
                 "UniaxialAnisotropy(K=8e+04, axis=(0.0, 0.0, 1.0))", "j_s=(1000000000000.0, 0.0), beta=0.05",
                 "E=a function of t"):
        assert part in text
    record = llg.Simulation(problem(drive=[llg.SpinCurrent(1e12, 0.05)]),
                            UP).run(1e-13, observe={"m": llg.average, "E": llg.energies})
    assert repr(record) == "Record of 1 times: t (1,), m (1, 3), E {Exchange, UniaxialAnisotropy, total}"
    with pytest.raises(AttributeError, match="the record holds t, m, E; not 'x'"):
        record.x


def test_importing_the_library_compiles_and_loads_nothing():
    import subprocess
    import sys
    code = ("import torquelib, torquelib.llg, sys\n"
            "print([name for name in ('matplotlib', 'joblib', 'tqdm', 'qutip') if name in sys.modules])")
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_on_a_chain_a_parameter_with_a_default_keeps_it():
    """The second of two is y if it has no default; on a film it always is."""
    assert llg.Mesh(100, 3e-9, inside=lambda x, x0=20e-9: x > x0).filled == 43        # 21, 24, … would be 148.5 nm
    assert llg.Mesh(100, 3e-9, inside=lambda x, y: y == 0).filled == 100
    assert llg.Mesh(100, 3e-9, inside=lambda *place: place[1] == 0).filled == 100
    assert llg.Mesh((100, 2), 3e-9, inside=lambda x, y=5.0: y > 0).filled == 100
    mesh = llg.Mesh(50, 1e-9)
    state = lambda x, w=10e-9: np.stack([1 / np.cosh(x/w), 0*x, np.tanh(x/w)], -1)
    assert np.array_equal(mesh.magnetization(state)[0, 0], mesh.magnetization(state(mesh.x))[0, 0])


# ------------------------------------------------------------------ records of every kind, and what interrupts them

def stopping(at):
    def stop(simulation):
        if simulation.t > at:
            raise KeyboardInterrupt
        return 1.0
    return stop


CHANGING = {
    "lists": (lambda s: [1.0] * (1 + (s.t > 1e-12)), (4, 2)),
    "none": (lambda s: None if s.t > 1e-12 else 2.0, (4,)),
    "vectors": (lambda s: np.ones((1 + (s.t > 1e-12), 3)), (4, 2, 3)),
    "late": (lambda s: np.ones(3) if s.t > 2.5e-12 else None, (4, 3)),     # None at all times that are saved
    "waves": (lambda s: np.full(1 + (s.t > 1e-12), 1j), (4, 2)),
    "keys": (lambda s: {1: 2.0, "b": s.t} if s.t > 1e-12 else {1: 2.0}, (4,)),
}


@pytest.mark.parametrize("kind", CHANGING)
def test_entries_that_change_are_filled_up_and_saved(kind, tmp_path):
    """Also the natural checkpoint, an observer that saves and returns nothing; resumed it is the uninterrupted run."""
    observer, shape = CHANGING[kind]
    times = [0.5e-12, 1e-12, 2e-12, 3e-12]
    file = tmp_path / "auto"
    whole = llg.Simulation(problem(), (0.6, 0.0, 0.8)).run(3e-12, times=times, observe={"x": observer})
    simulation = llg.Simulation(problem(), (0.6, 0.0, 0.8))
    with pytest.raises(KeyboardInterrupt) as caught:
        simulation.run(3e-12, times=times, observe={
            "x": observer, "saved": lambda s: s.save(file), "stop": stopping(2.5e-12)})
    assert len(caught.value.record.t) == 3
    loaded = llg.Simulation.load(file, problem())
    record = loaded.resume({"x": observer, "saved": lambda s: None, "stop": lambda s: 1.0})
    assert np.all(np.isnan(record.saved)) and record.saved.shape == (4,)
    if isinstance(whole.x, dict):
        assert set(whole.x) == set(record.x) == {1, "b"}
        for key, values in whole.x.items():
            np.testing.assert_array_equal(record.x[key], values)
        assert np.array_equal(np.isnan(whole.x["b"]), [True, True, False, False])
    else:
        assert whole.x.shape == shape
        np.testing.assert_array_equal(record.x, whole.x)


def test_entries_that_fit_no_array_stay_as_they_are(tmp_path):
    simulation = llg.Simulation(problem(), (0.6, 0.0, 0.8))
    mixed = lambda s: (s.t, s.m)

    def fails(simulation):
        if simulation.t > 1.5e-12:
            raise ZeroDivisionError("no")
    with pytest.raises(ZeroDivisionError) as caught:
        simulation.run(3e-12, times=[1e-12, 2e-12], observe={"pair": mixed, "fails": fails})
    assert caught.value.record.pair[0][0] == 1e-12
    with pytest.raises(ValueError, match="observer 'pair' must return numbers"):
        simulation.save(tmp_path / "state")
    assert not list(tmp_path.iterdir())
    record = simulation.resume({"pair": mixed, "fails": llg.average})
    assert len(record.pair) == 2 and record.pair.dtype == object
    record = simulation.run(4e-12, observe={"nested": lambda s: {"x": {"y": 1}}, "itself": lambda s: s})
    assert record.nested["x"].tolist() == [{"y": 1}] and record.itself[0] is simulation


def test_an_observer_may_move_the_state():
    """As a window that follows a wall does: the run can still be resumed."""
    def turn(simulation):
        simulation.m = np.roll(simulation.m, 1, axis=0)
        return simulation.m[0, 2]
    simulation = llg.Simulation(problem(), (0.6, 0.0, 0.8))
    with pytest.raises(KeyboardInterrupt):
        simulation.run(3e-12, times=[1e-12, 2e-12, 3e-12], observe={"turn": turn, "stop": stopping(1.5e-12)})
    assert simulation.resume({"turn": turn, "stop": llg.average}).turn.shape == (3, 3)
    simulation.m = (0.0, 0.0, 1.0)
    with pytest.raises(ValueError, match="no unfinished run"):
        simulation.resume({"turn": turn, "stop": llg.average})


@pytest.mark.parametrize("way", [{"dt": 2e-14}, {"tolerance": 1e-6}])
def test_a_drive_is_not_read_beyond_the_end(way):
    read = []

    def current(t):
        read.append(t)
        return 1e11 * t / 1e-12
    for end in (1.5754e-12, 2.6714e-12, 1e-12):            # n steps of end/n are more than the end, by rounding
        read.clear()
        llg.Simulation(problem(drive=[llg.SpinCurrent(current, 0.1)]), (0.6, 0.0, 0.8)).run(end, **way)
        assert read and max(read) <= end


@pytest.mark.parametrize("way", [{"dt": 2e-14}, {"tolerance": 1e-6}])
def test_an_observer_may_relax_the_state(way):
    simulation = llg.Simulation(problem(), (0.6, 0.0, 0.8))
    with pytest.raises(KeyboardInterrupt):
        simulation.run(3e-12, times=[1e-12, 2e-12, 3e-12], **way, observe={
            "mz": lambda s: s.relax().m[0, 0, 2], "stop": stopping(1.5e-12)})
    record = simulation.resume({"mz": lambda s: s.m[0, 0, 2], "stop": llg.average})
    assert record.mz.shape == (3,) and simulation.t == 3e-12 and simulation.steps < 200


def test_energies_during_a_relaxation_are_those_in_the_field_of_the_moment():
    field = lambda t: (np.cos(1e10*t), np.sin(1e10*t), 0.0)
    found = []
    single = problem(mesh=llg.Mesh(1, 5e-9), terms=[llg.Zeeman(field)], drive=[])
    simulation = llg.Simulation(single, (0.6, 0.0, 0.8), t=1e-10)
    simulation.relax(1e-7, watch=lambda s: found.append((s.energies()["total"], s.m[0], s.torque())))
    energy, m, torque = found[-1]
    assert np.linalg.norm(torque) < 1e-7 * single.material.gamma
    volume = 5e-9**3
    assert energy / (-single.Ms * volume * np.dot(m, field(1e-10))) == pytest.approx(1.0, rel=1e-9)


def test_a_simulation_with_its_own_field_can_be_copied():
    single = llg.Problem(llg.Mesh((8, 4), 2e-9), llg.Material(8e5, 0.1), [llg.Exchange(1.3e-11), llg.Demagnetization()])
    simulation = llg.Simulation(single, (0.6, 0.0, 0.8))
    again, back = copy.deepcopy(simulation), pickle.loads(pickle.dumps(simulation))
    for one in (simulation, again, back):
        one.run(1e-12)
    assert np.array_equal(again.m, simulation.m) and np.array_equal(back.m, simulation.m)


def test_columns_of_a_table_keep_apart():
    pytest.importorskip("pandas")
    record = llg.Simulation(problem(), (0.6, 0.0, 0.8)).run(1e-12, observe={"m": llg.average, "m_x": lambda s: 1.0})
    with pytest.raises(ValueError, match="m_x stands twice"):
        record.to_pandas()


def test_a_bar_is_shown_where_it_is_asked_for(monkeypatch):
    """On a terminal by itself, and with progress=False not even there."""
    shown = io.StringIO()
    shown.isatty = lambda: True
    monkeypatch.setattr(sys, "stderr", shown)
    monkeypatch.setattr(sys, "__stderr__", shown)
    llg.Simulation(problem(), (0.6, 0.0, 0.8)).run(1e-12, progress=False)
    assert shown.getvalue() == ""
    llg.Simulation(problem(), (0.6, 0.0, 0.8)).run(1e-12, progress=True)
    assert "ns" in shown.getvalue()


def test_a_bar_counts_the_nanoseconds_of_its_run(monkeypatch):
    from torquelib.llg import simulation as module
    auto, bars = pytest.importorskip("tqdm.auto"), []

    class Bar(auto.tqdm):
        def __init__(self, **given):
            super().__init__(**given, file=io.StringIO())
            self.seen = []
            bars.append(self)

        def update(self, amount):
            self.seen.append(amount)
            super().update(amount)
    monkeypatch.setattr(auto, "tqdm", Bar)
    monkeypatch.setattr(module, "WORK", 4 * 77 * 50)       # looks at the clock every 50 steps
    simulation = llg.Simulation(problem(), (0.6, 0.0, 0.8), t=3e-12)
    for way in ({"dt": 1e-14}, {"longest_step": 1e-14}):
        end = simulation.t + 2e-12
        simulation.run(end, times=[end - 1e-12, end], progress=True, **way)
        bar = bars.pop()
        assert bar.total == pytest.approx(2e-3) and bar.n == pytest.approx(2e-3)
        assert len(bar.seen) >= 4 and min(bar.seen) >= 0 and np.median(bar.seen) == pytest.approx(0.5e-3, rel=0.1)
    moments = []
    simulation.relax(max_time=5e-9, progress=True, watch=lambda s: moments.append(s.t))
    bar = bars.pop()
    assert bar.total == 5 and 0 < bar.n < 5 and min(bar.seen) > 0
    assert np.cumsum(bar.seen) == pytest.approx(np.array(moments) * 1e9, rel=1e-3)
