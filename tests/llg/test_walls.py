"""Domain walls against closed forms: each value the analytic theory gives, measured from the full solver."""

import warnings

import numpy as np
import pytest

from torquelib import llg
from torquelib.units import SI_E, SI_GAMMA, SI_HBAR, SI_M_E, SI_MU_B


@pytest.mark.parametrize("alpha, beta", [(0.1, 0.3), (0.1, 0.0), (0.3, 0.6)])
def test_a_wall_starts_with_the_short_time_drift(alpha, beta):
    """(1 + αβ)/(1 + α²) u before the tilt has built up;
    the central difference of ∂_x m makes it smaller by (dx/Δ)²/6."""
    u, duration = 50.0, 2e-13
    errors = []
    for cell in (4e-9, 2e-9, 1e-9):
        chain = llg.WallChain(alpha=alpha, cell=cell)
        model = chain.model(beta)
        record = chain.run(u, beta, duration, samples=3, tolerance=1e-9)
        velocity = (record.position[-1] - record.position[0]) / duration
        errors.append(1 - velocity / model.initial_velocity(u))
    assert np.allclose(errors, [(cell / model.width)**2 / 6 for cell in (4e-9, 2e-9, 1e-9)], rtol=0.15,
                       atol=3e-4), errors


@pytest.mark.parametrize("beta, share", [(0.3, 0.6), (0.05, 0.6), (0.0, 0.6), (0.1, 1.0)])
def test_steady_velocity_below_breakdown(beta, share):
    """v = (β/α) u, to 1 %, of which 0.7 % is (dx/Δ)²/6; β = α never breaks down."""
    chain = llg.WallChain(alpha=0.1, K_hard=2.6e4, cell=2e-9)
    model = chain.model(beta)
    u = share * min(model.walker_drift(), 50.0)
    record = chain.run(u, beta, 12e-9, samples=121)
    late = record.t > 9e-9
    velocity = np.polyfit(record.t[late], record.position[late], 1)[0]
    assert velocity == pytest.approx(model.steady_velocity(u), rel=1e-2, abs=1e-2 * u)


@pytest.mark.parametrize("beta", [0.0, 0.3])
def test_walker_breakdown(beta):
    """Four per cent below u_W the tilt settles, four per cent above it turns over; 1.5 % of this is (dx/Δ)²/6."""
    chain = llg.WallChain(alpha=0.1, K_hard=2.6e4, cell=3e-9)
    limit = chain.model(beta).walker_drift()
    below = chain.run(0.96 * limit, beta, 30e-9, tolerance=1e-4).tilt
    above = chain.run(1.04 * limit, beta, 30e-9, tolerance=1e-4).tilt
    assert abs(below[-1]) < np.pi / 2
    assert abs(below[-1] - below[-2]) < 2e-3
    assert abs(above[-1]) > np.pi


@pytest.mark.parametrize("beta, share", [(0.0, 2.0), (0.0, 5.0), (0.9, 4.0)])
def test_mean_velocity_above_breakdown(beta, share):
    """[βu − Δ⟨dφ/dt⟩]/α to 1.5 %, of which 0.7 % is (dx/Δ)²/6;
    the hard axis is so weak that the width hardly breathes."""
    chain = llg.WallChain(alpha=0.3, K_hard=4e3, cell=2e-9)
    model = chain.model(beta)
    u = share * model.walker_drift()
    record = chain.run(u, beta, 20e-9, samples=401)
    assert llg.mean_velocity(record) == pytest.approx(model.mean_velocity(u), rel=0.015)


def test_collective_model_follows_the_full_solver():
    chain = llg.WallChain(alpha=0.1, K_hard=4e3)
    for beta, u in ((0.3, 4.0), (0.0, 40.0)):
        model = chain.model(beta)
        record = chain.run(u, beta, 20e-9)
        X, tilt = model.trajectory(record.t, u)
        assert np.max(np.abs(tilt - record.tilt)) < 0.1
        assert np.max(np.abs(X - record.position)) < 0.03 * np.ptp(record.position) + 0.1e-9


def test_collective_model_against_its_closed_forms():
    model = llg.WallModel(A=1.3e-11, K=1.3e5, K_hard=1.3e4, Ms=8e5, alpha=0.1, beta=0.0)
    for breathing in (False, True):
        limit = model.walker_drift(breathing)
        times = np.linspace(0, 200e-9, 2001)
        assert np.ptp(model.trajectory(times, 0.99 * limit, breathing=breathing)[1][-100:]) < 1e-3
        assert abs(model.trajectory(times, 1.01 * limit, breathing=breathing)[1][-1]) > np.pi
    # the width breathes much
    strong = llg.WallModel(A=1.3e-11, K=1.3e5, K_hard=1.3e5, Ms=8e5, alpha=0.1, beta=0.0)
    tilts = np.linspace(0, np.pi / 2, 200_001)
    width = np.sqrt(1.3e-11 / (1.3e5 + 1.3e5 * np.sin(tilts)**2))
    torque = strong.alpha * strong.hard_rate * width * np.sin(2 * tilts) / abs(strong.beta - strong.alpha)
    assert strong.walker_drift() == pytest.approx(torque.max(), rel=1e-8)
    u = 2 * model.walker_drift()
    X, tilt = model.trajectory(times, u, breathing=False)
    record = llg.Record(t=times, position=X, tilt=tilt)
    assert llg.mean_velocity(record) == pytest.approx(model.mean_velocity(u), rel=1e-3)
    assert model.velocities(0.0, u)[0] == pytest.approx(model.initial_velocity(u))
    assert llg.WallModel(1e-11, 1e5, 1e4, 8e5, 0.1, 0.1).walker_drift() == np.inf


def test_collective_model_solves_the_two_equations_of_a_rigid_wall():
    """Before they are solved for the rates: dX/dt/Δ − α dφ/dt = u/Δ + ω sin 2φ, dφ/dt + α dX/dt/Δ = βu/Δ."""
    model, tilt, u = llg.WallModel(1.3e-11, 1.3e5, 4e4, 8e5, 0.7, 0.3), np.linspace(0, 3, 7), 150.0
    for breathing, width in ((False, model.width), (True, np.sqrt(1.3e-11 / (1.3e5 + 4e4 * np.sin(tilt)**2)))):
        dX, dtilt = model.velocities(tilt, u, breathing)
        omega = SI_GAMMA * 4e4 / 8e5
        np.testing.assert_allclose(dX/width - 0.7*dtilt, u/width + omega * np.sin(2*tilt), rtol=1e-12)
        np.testing.assert_allclose(dtilt + 0.7*dX/width, 0.3 * u / width, rtol=1e-12)
    assert model.initial_velocity(u) == pytest.approx(float(model.velocities(0.0, u)[0]), rel=1e-12)


def test_collective_model_takes_arrays():
    """Lists, arrays below and above breakdown: entry by entry what single numbers give."""
    model = llg.WallModel(A=1.3e-11, K=1.3e5, K_hard=1.3e4, Ms=8e5, alpha=0.1, beta=0.3)
    u = [0.0, -5.0, 12.0, 300.0, -300.0]
    limit = model.walker_drift(breathing=False)
    assert 12.0 < limit < 300.0
    for method in (model.mean_velocity, model.steady_velocity, model.initial_velocity):
        assert np.array_equal(method(u), [method(one) for one in u]) and np.ndim(method(1.0)) == 0
    assert np.array_equal(model.mean_velocity(u[:3]), model.steady_velocity(u[:3]))
    assert np.array_equal(model.velocities([0.1, 0.2], [3.0, 4.0]),
                          np.transpose([model.velocities(0.1, 3.0), model.velocities(0.2, 4.0)]))


def test_the_model_starts_where_and_as_tilted_as_it_is_told():
    model = llg.WallModel(A=1.3e-11, K=1.3e5, K_hard=1.3e4, Ms=8e5, alpha=0.1, beta=0.3)
    times = np.linspace(0, 5e-9, 51)
    X, tilt = model.trajectory(times, 4.0)
    far, same = model.trajectory(times, 4.0, position=70e-9)
    assert np.allclose(far - X, 70e-9, rtol=1e-9) and np.allclose(same, tilt, rtol=0, atol=1e-9)
    later = model.trajectory(times[20:], 4.0, position=X[20], tilt=tilt[20])   # a run that goes on is the same run
    assert np.allclose(later[0], X[20:], rtol=1e-6) and np.allclose(later[1], tilt[20:], rtol=0, atol=1e-7)


def test_the_model_does_not_step_over_a_pulse():
    """A pulse after a long rest carries the wall (β/α) ∫u dt, as below breakdown it must."""
    model = llg.WallModel(A=1.3e-11, K=1.3e5, K_hard=1.3e4, Ms=8e5, alpha=0.1, beta=0.3)
    times = np.linspace(0, 100e-9, 1001)
    X, _ = model.trajectory(times, lambda t: 3.0 * (50e-9 < t < 50.5e-9))
    assert X[-1] == pytest.approx(0.3 / 0.1 * 3.0 * 0.5e-9, rel=1e-3, abs=0)


def test_walls_move_with_the_electrons():
    """j_s along +x: electrons drift along −x, and so does the wall."""
    chain = llg.WallChain()
    problem = chain.problem(400e-9, [llg.SpinCurrent(1e11, beta=0.1)])
    record = llg.Simulation(problem, llg.wall(problem)).run(1e-9, observe={"position": llg.wall_position})
    assert record.position[-1] < -1e-9
    assert llg.SpinCurrent.from_drift_velocity(7.0, 8e5).j_s[0] == pytest.approx(-7.0 * SI_E * 8e5 / SI_MU_B)


def test_the_field_term_is_beta_int_in_another_form():
    """E of Drude's relation j_s = n_s e²τE/m_e with β_int = ħ/2Jτ drives the same motion as E in the intrinsic term
    (20)."""
    chain, tau, J, n_s = llg.WallChain(), 3e-15, 0.8, 2e28
    u = 15.0
    j_s = llg.SpinCurrent.from_drift_velocity(u, chain.Ms).j_s[0]
    E = j_s * SI_M_E / (n_s * SI_E**2 * tau)
    beta_int = SI_HBAR / (2 * J * SI_E * tau)
    motions = []
    for drive in ([llg.SpinCurrent(j_s, 0.02, beta_int)], [llg.SpinCurrent(j_s, 0.02), llg.IntrinsicTorque(E, n_s, J)]):
        problem = chain.problem(600e-9, drive)
        motions.append(llg.Simulation(problem, llg.wall(problem)).run(2e-9, tolerance=1e-8,
                                                                      observe={"x": llg.wall_position}).x[-1])
    without = chain.problem(600e-9, [llg.SpinCurrent(j_s, 0.02)])
    plain = llg.Simulation(without, llg.wall(without)).run(2e-9, tolerance=1e-8, observe={"x": llg.wall_position}).x[-1]
    assert motions[0] == pytest.approx(motions[1], rel=1e-6)
    assert abs(motions[0] - plain) > 1e-9


def test_the_intrinsic_coefficient_in_numbers():
    """η E in m/s from rounded constants, by hand: n_s μ_B ħ e E/(2 m_e J M_s)."""
    eta = llg.IntrinsicTorque(1.0, n_s=1e28, J=1.0).coefficient(8e5)
    assert eta == pytest.approx(1e28 * 9.274e-24 * 1.0546e-34 * 1.6022e-19 / (2 * 9.1094e-31 * 1.6022e-19 * 8e5),
                                rel=1e-4)


def test_a_wall_lies_between_the_domains_of_the_easy_axis():
    """For each easy axis the same wall: at rest, where it was asked for, as the observers read it."""
    for component, axis in enumerate("xyz"):
        problem = llg.Problem(llg.Mesh(200, 1e-9), llg.Material(8e5, 0.1),
                              [llg.Exchange(1.3e-11), llg.UniaxialAnisotropy(1.3e5, axis)])
        start = llg.Simulation(problem, llg.wall(problem, 13.3e-9, tilt=0.4))
        assert np.max(np.abs(start.torque())) < 2e8                # a cell is 0.1 Δ; a wall of another kind has 3e10
        for name in (axis, component):
            assert llg.wall_position(start, name) == pytest.approx(13.3e-9, rel=1e-6, abs=0)
            assert llg.wall_tilt(start, name) == pytest.approx(0.4)
        assert start.m[0, component] == pytest.approx(1, abs=1e-6)


def test_a_second_easy_axis_makes_a_wall_wider():
    """What its middle costs is the difference of both anisotropies: Δ = √(A/(K − K₂)), at rest."""
    problem = llg.Problem(llg.Mesh(200, 1e-9), llg.Material(8e5, 0.1), [
        llg.Exchange(1.3e-11), llg.UniaxialAnisotropy(2.3e5, "z"), llg.UniaxialAnisotropy(1e5, "x")])
    start = llg.Simulation(problem, llg.wall(problem))
    assert llg.wall_width(start) == pytest.approx(10e-9, rel=1e-6, abs=0)
    assert np.max(np.abs(start.torque())) < 2e8


def test_without_anisotropy_the_domains_lie_along_z():
    problem = llg.Problem(llg.Mesh(200, 1e-9), llg.Material(8e5, 0.1), [llg.Exchange(1.3e-11)])
    assert llg.wall(problem, width=5e-9)[[0, -1], 2] == pytest.approx([1, -1])


def test_positions_of_several_walls():
    """Three walls at known places, one after they have met, none: to a hundredth of a cell; a Record fills up."""
    mesh = llg.Mesh((300, 3), 2e-9)
    problem = llg.Problem(mesh, llg.Material(8e5, 0.1), [llg.Exchange(1.3e-11), llg.UniaxialAnisotropy(1.3e5)])
    places = np.array([-150.3e-9, 21.1e-9, 180.7e-9])
    theta = sum(2 * np.arctan(np.exp((mesh.x - X) / 10e-9)) for X in places)
    m = np.broadcast_to(np.stack([np.sin(theta), 0 * theta, np.cos(theta)], -1), (3, 300, 3))
    simulation = llg.Simulation(problem, m)
    assert np.allclose(llg.wall_positions(simulation), places, rtol=0, atol=0.02e-9)
    assert len(llg.wall_positions(llg.Simulation(problem, (0.0, 0.0, 1.0)))) == 0
    states = iter([m, llg.wall(problem, 5e-9)])

    def jumping(simulation):
        simulation.m = next(states)
        return llg.wall_positions(simulation)
    record = simulation.run(1e-12, dt=1e-13, times=[0.5e-12, 1e-12], observe={"x": jumping})
    assert np.allclose(record.x, [places, [5e-9, np.nan, np.nan]], rtol=0, atol=0.02e-9, equal_nan=True)


def test_a_velocity_that_still_changes_is_told():
    """Below breakdown the wall of the default chain needs 3.5 ns to settle: 6 ns end 15 % off, 30 ns do not."""
    chain, u, beta = llg.WallChain(cell=2e-9), 15.0, 0.1
    model = chain.model(beta)
    with pytest.warns(UserWarning, match="still on its way to a steady motion.*a longer run is needed"):
        short = llg.mean_velocity(chain.run(u, beta, 6e-9, tolerance=1e-4))
    assert abs(short / model.steady_velocity(u) - 1) > 0.1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert llg.mean_velocity(chain.run(u, beta, 40e-9, tolerance=1e-4)) == pytest.approx(2 * u, rel=0.01)
        llg.mean_velocity(chain.run(u, 0.0, 60e-9, tolerance=1e-4))            # one that comes to rest


def test_a_record_of_three_times_has_a_velocity():
    t = np.array([0.0, 1e-9, 2e-9])
    record = llg.Record({"t": t, "position": 50.0 * t, "tilt": 0 * t})
    assert llg.mean_velocity(record) == pytest.approx(50.0, rel=1e-12)


@pytest.mark.parametrize("begin", [0.0, 1e-6])
def test_a_wall_that_has_almost_stopped_has_arrived(begin, recwarn):
    """Against its way, whenever the record begins: what changes at the end is small against the mean of all."""
    t = np.linspace(0, 1e-9, 101)
    place = np.where(t < 0.5e-9, 50.0 * t, 25e-9 + 1e8 * (t - 0.5e-9)**2)
    record = llg.Record({"t": t + begin, "position": place, "tilt": 0*t})
    assert llg.mean_velocity(record) == pytest.approx(0.05, rel=0.05) and not recwarn.list


def test_one_point_of_a_phase_diagram_is_the_mean_velocity_of_its_run():
    """While the wall still speeds up, the second half and the last quarter differ."""
    chain, u, beta, duration = llg.WallChain(cell=2e-9), 30.0, 0.02, 1e-9
    with pytest.warns(UserWarning, match="still on its way"):
        record = chain.run(u, beta, duration, tolerance=1e-4)
        expected = llg.mean_velocity(record)
    velocity, half_turns = llg.wall_velocity(chain, u, beta, duration)
    assert velocity == pytest.approx(expected, rel=1e-9)
    assert half_turns * np.pi == pytest.approx(abs(record.tilt[-1]), rel=1e-9) != 0


def test_a_velocity_over_one_half_turn_is_a_mean():
    """What turns over once in the second half of a run may go faster at its end; what turns less is on its way."""
    t = np.linspace(0, 1e-9, 101)
    for turns, warned in ((0.9, 1), (1.1, 0), (1.9, 0)):
        record = llg.Record(t=t, position=1e12 * t**2, tilt=2 * np.pi * turns * t / 1e-9)
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            llg.mean_velocity(record)
        assert len(seen) == warned


def test_where_a_turning_wall_started_does_not_matter():
    """Neither in place, nor in time, nor in tilt, nor the way it turns."""
    t = np.linspace(0, 1e-9, 401)
    x, tilt = 40*t + 3e-9*np.sin(7e9*t), 8e9*t - 0.3*np.sin(7e9*t)
    expected = llg.mean_velocity(llg.Record(t=t, position=x, tilt=tilt))
    for offset, way in ((0.0, -1), (9.0, 1), (-9.0, 1), (6.0, -1)):
        moved = llg.Record(t=t + 2e-9, position=x - 5e-9, tilt=way*tilt + offset)
        assert llg.mean_velocity(moved) == pytest.approx(expected, rel=1e-9)


def test_a_wall_that_leaves_leaves_its_record(monkeypatch):
    """The error of a run has the record so far; a sweep goes on, warns, and shows that record's velocity."""
    from torquelib.llg import walls
    chain, position = llg.WallChain(cell=4e-9), llg.wall_position

    def leaving(simulation, component=2):
        if abs(simulation.problem.drive[0].at(0.0)[0]) > 1e12 and simulation.t > 1e-9:
            raise ValueError("the wall has left")
        return position(simulation, component)
    monkeypatch.setattr(walls, "wall_position", leaving)
    with pytest.raises(ValueError, match="the wall has left") as caught:
        chain.run(100.0, 0.1, 2e-9, samples=21)
    record = caught.value.record
    assert len(record.t) == 11 == len(record.tilt) and record.position[0] == 0 and record.position[-1] > 50e-9
    with pytest.warns(UserWarning, match="1 of 2 runs ended early.*u = 100 m/s, beta = 0.1: the wall has left"):
        velocity, turns = llg.phase_diagram(chain, [10.0, 100.0], [0.1], 2e-9, n_jobs=1)
    whole = chain.run(10.0, 0.1, 2e-9, tolerance=1e-4)
    assert velocity[0, 0] == walls._mean_velocity(whole)[0] and 50 < velocity[0, 1] < 150 and np.isfinite(turns).all()


def test_a_run_that_ends_before_it_has_moved_has_no_velocity(monkeypatch):
    """Without a record, or with too short a one, a sweep shows nan, says so, and goes on."""
    run = llg.WallChain.run

    def failing(chain, u, *arguments, **keywords):
        if u == 1.0:
            raise ValueError("no record")
        if u in (2.0, 3.0):
            error, times = ValueError(f"{u:g} times"), np.arange(u) * 1e-10
            error.record = llg.Record(t=times, position=7*times, tilt=np.zeros(len(times)))
            raise error
        return run(chain, u, *arguments, **keywords)
    monkeypatch.setattr(llg.WallChain, "run", failing)
    with pytest.warns(UserWarning, match="3 of 4 runs ended early.*no record.*2 times.*3 times"):
        velocity, turns = llg.phase_diagram(llg.WallChain(cell=4e-9), [1.0, 2.0, 3.0, 4.0], [0.1], 1e-10, n_jobs=1)
    assert np.isnan([velocity[0, :2], turns[0, :2]]).all() and np.isfinite([velocity[0, 2:], turns[0, 2:]]).all()
    assert velocity[0, 2] == pytest.approx(7)                      # three times are enough


def test_a_record_becomes_a_table():
    pandas = pytest.importorskip("pandas")
    chain = llg.WallChain(cell=4e-9)
    record = chain.run(20.0, 0.1, 1e-10, samples=5, observe={
        "mean": llg.average, "energy": llg.energies, "m": llg.snapshot, "walls": llg.wall_positions})
    table = record.to_pandas()
    assert isinstance(table, pandas.DataFrame) and table.index.name == "t" and np.array_equal(table.index, record.t)
    assert list(table) == ["position", "tilt", "mean_x", "mean_y", "mean_z", "energy.Exchange",
                           "energy.UniaxialAnisotropy", "energy.total", "walls_0"]
    assert np.array_equal(table["mean_z"], record["mean"][:, 2])
    assert np.array_equal(table["energy.total"], record.energy["total"])
    with pytest.raises(ValueError, match="a column each; m_x stands twice"):
        llg.Record(t=np.arange(2.0), m=np.zeros((2, 3)), m_x=np.zeros(2)).to_pandas()


def test_phase_diagram_is_the_same_on_a_dask_cluster():
    joblib = pytest.importorskip("joblib")
    distributed = pytest.importorskip("distributed")
    chain = llg.WallChain(K_hard=2.6e4)
    u, beta = np.array([10.0, 120.0]), np.array([0.0, 0.1])
    here = llg.phase_diagram(chain, u, beta, 2e-9, n_jobs=1)
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True,
                                  dashboard_address=None) as cluster, \
            distributed.Client(cluster), joblib.parallel_config(backend="dask"):
        there = llg.phase_diagram(chain, u, beta, 2e-9)
    assert np.array_equal(here[0], there[0]) and np.array_equal(here[1], there[1])
    assert here[0].shape == (2, 2)


NOTCH = lambda x, y: ~((abs(y) > 12e-9) & (abs(x - 30e-9) < 20e-9))


@pytest.mark.parametrize("inside, place", [
    (NOTCH, -60e-9), (NOTCH, 30e-9),                       # outside the notch and in it
    (lambda x, y: (y < 0) | (x > 0), 30e-9),               # half as wide on the left
    (lambda x, y: abs(x) < 180e-9, 30e-9),                 # empty at both ends
    (lambda x, y: (abs(x) < 198e-9) | (abs(y - 1e-9) < 1e-9), 30e-9),   # one cell at both ends
])
def test_a_wall_in_a_wire_that_does_not_fill_its_mesh(inside, place):
    problem = llg.Problem(llg.Mesh((200, 20), 2e-9, inside=inside), llg.Material(8e5, 0.1),
                          [llg.Exchange(1.3e-11), llg.UniaxialAnisotropy(1.3e5)])
    simulation = llg.Simulation(problem, llg.wall(problem, place, tilt=0.3))
    assert llg.wall_position(simulation) == pytest.approx(place, abs=1e-12)
    assert llg.wall_positions(simulation) == pytest.approx([place], abs=1e-12)
    assert llg.wall_width(simulation) == pytest.approx(10e-9, rel=1e-6, abs=0)
    assert llg.wall_tilt(simulation) == pytest.approx(0.3)


def test_walls_need_a_film_without_a_gap():
    mesh = llg.Mesh((200, 20), 2e-9, inside=lambda x, y: abs(x) > 20e-9)
    problem = llg.Problem(mesh, llg.Material(8e5, 0.1), [llg.Exchange(1.3e-11), llg.UniaxialAnisotropy(1.3e5)])
    simulation = llg.Simulation(problem, llg.wall(problem, 50e-9))
    for observer in (llg.wall_position, llg.wall_positions, llg.wall_width, llg.wall_tilt):
        with pytest.raises(ValueError, match=f"{observer.__name__} needs a film without a gap; no cell is inside at x"):
            observer(simulation)


def test_the_default_chain_is_what_it_says():
    chain = llg.WallChain()
    assert chain.model(0.0).width == pytest.approx(10e-9, rel=1e-9, abs=0)
    assert (chain.cell / chain.model(0.0).width)**2 / 6 == pytest.approx(0.0017, rel=0.03)


def test_a_wall_may_stand_in_a_tip_of_one_cell():
    mesh = llg.Mesh((100, 5), 2e-9, inside=lambda x, y: (abs(x) < 20e-9) | (abs(y) < 1e-9))
    problem = llg.Problem(mesh, llg.Material(8e5, 0.1), [llg.Exchange(1.3e-11), llg.UniaxialAnisotropy(1.3e5)])
    for position in (-50e-9, 50e-9):
        simulation = llg.Simulation(problem, llg.wall(problem, position, tilt=0.3))
        assert llg.wall_position(simulation) == pytest.approx(position, abs=1e-12)
        assert llg.wall_positions(simulation) == pytest.approx([position], abs=1e-12)
        assert llg.wall_tilt(simulation) == pytest.approx(0.3)


def test_a_wall_at_the_seam_of_a_periodic_film_is_found():
    problem = llg.Problem(llg.Mesh((100, 2), 2e-9, (True, False)), llg.Material(8e5, 0.1), [llg.Exchange(1.3e-11)])
    for middle in (0.0, 99.7e-9, 50.3e-9, -50.4e-9):       # the last two put a wall between last cell and first
        def m(x, y, middle=middle):
            s = (np.abs((x - middle + 1e-7) % 2e-7 - 1e-7) - 5e-8) / 1e-8
            return np.stack([1/np.cosh(s), 0*s, np.tanh(s)], -1)
        expected = np.sort((np.array([middle - 5e-8, middle + 5e-8]) + 1e-7) % 2e-7 - 1e-7)
        assert llg.wall_positions(llg.Simulation(problem, m)) == pytest.approx(expected, abs=1e-12)
    seam = lambda x, y: np.stack([np.full_like(x, 0.6), 0*x, np.where(x > 0, 0.8, -0.8)], -1)
    assert llg.wall_positions(llg.Simulation(problem, seam)) == pytest.approx([0.0, 1e-7], abs=1e-12)


def test_a_chain_is_long_enough_for_the_swing_above_breakdown():
    """At low damping the wall runs far ahead of its mean within half a turn."""
    record = llg.WallChain(alpha=0.01, K_hard=1e5, cell=2.5e-9).run(113.22, 0.06, 2.28e-9, samples=60)
    model = llg.WallChain(alpha=0.01, K_hard=1e5).model(0.06)
    expected, _ = model.trajectory(record.t, 113.22)
    assert np.ptp(expected) > 1.5 * abs(model.mean_velocity(113.22)) * 2.28e-9
    assert np.abs(record.position - expected).max() < 0.05 * np.ptp(expected)


def test_a_chain_is_long_enough_where_the_cells_decide_on_turning_over():
    """Half a per cent above breakdown of the model the wall on cells of 3 nm does not turn over, and gets further."""
    chain = llg.WallChain(alpha=0.1, K_hard=2.6e4, cell=3e-9)
    u = 1.005 * chain.model(0.3).walker_drift()
    record = chain.run(u, 0.3, 100e-9, samples=21, tolerance=1e-4)
    assert llg.mean_velocity(record) == pytest.approx(3 * u, rel=0.05)


def test_a_chain_is_long_enough_for_what_beta_int_alone_drives():
    chain = llg.WallChain(alpha=0.1, K_hard=1.3e5, cell=2.5e-9)
    record = chain.run(50.0, 0.0, 1.6e-9, beta_int=0.5, samples=5)
    expected, _ = chain.model(0.5).trajectory(record.t, 50.0)
    assert expected[-1] > 30 * chain.model(0.5).width
    np.testing.assert_allclose(record.position, expected, rtol=0.03)


def test_a_wall_at_rest_is_at_rest():
    """What is left of its velocity is rounding, and no motion to wait for."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert llg.mean_velocity(llg.WallChain(cell=2e-9).run(0.0, 0.1, 1e-10)) == pytest.approx(0, abs=1e-9)


def test_what_is_said_of_empty_cells_does_not_matter():
    """Ms, alpha, K, A of cells that are not inside: no step, no width, no warning."""
    mesh = llg.Mesh((40, 20), 2e-9, inside=lambda x, y: x < 0)
    odd = lambda inside, outside: np.where(mesh.inside, inside, outside)

    def problem(Ms, alpha, A, K, B):
        drive = [llg.SpinCurrent(1e11, 0.1)]
        return llg.Problem(mesh, llg.Material(Ms, alpha), [llg.Exchange(A), llg.UniaxialAnisotropy(K), llg.Zeeman(B)],
                           drive)
    plain = problem(8e5, 0.1, 1.3e-11, 1.3e5, (0, 0, 0.1))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        other = problem(odd(8e5, 5e3), odd(0.1, 0.0), odd(1.3e-11, 1e-10), odd(1.3e5, 1e7),
                        np.array([0, 0, 1.0]) * odd(0.1, 50.0)[..., None])
    assert other.stability_limit() == pytest.approx(plain.stability_limit(), rel=1e-12, abs=0)
    assert other.adaptive_limit() == pytest.approx(plain.adaptive_limit(), rel=1e-12, abs=0)
    assert other.wall_width == pytest.approx(10e-9)
    np.testing.assert_allclose(llg.wall(other, -2e-8), llg.wall(plain, -2e-8), rtol=0, atol=1e-12)
    m = llg.wall(plain, -2e-8, tilt=0.3)
    np.testing.assert_allclose(llg.torque(other, m), llg.torque(plain, m), rtol=1e-9, atol=1e-3)
