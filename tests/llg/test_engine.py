"""The LLG engine against routes of its own: a NumPy right-hand side with SciPy's solver, energies differentiated by
hand, measured orders, conserved quantities."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from torquelib import llg
from torquelib.llg import kernels
from torquelib.textures import Skyrmion
from torquelib.units import SI_E, SI_GAMMA, SI_HBAR, SI_M_E, SI_MU_B

MU_B_OVER_E = SI_MU_B / SI_E


def smooth_state(mesh, seed=1):
    """A smooth texture that is far from any symmetry."""
    rng = np.random.default_rng(seed)
    x, y = np.meshgrid(np.linspace(0, 2 * np.pi, mesh.nx, endpoint=False),
                       np.linspace(0, 2 * np.pi, mesh.ny, endpoint=False))
    a = rng.normal(size=(2, 3)) / 2
    theta = 1.2 + a[0, 0] * np.sin(x) + a[0, 1] * np.cos(y) + a[0, 2] * np.sin(x + y)
    phi = 0.4 + a[1, 0] * np.cos(x) + a[1, 1] * np.sin(y) + a[1, 2] * np.cos(x - y)
    m = np.stack([np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)], -1)
    return m.reshape(mesh.shape + (3,))


def everything(mesh, vary=False, drive=True, alpha=0.1):
    """A problem with every term and every drive."""
    shape = mesh.shape
    rng = np.random.default_rng(3)

    def field(value):
        return value * (1 + 0.3 * rng.uniform(-1, 1, shape)) if vary else value
    B = np.array([0.02, -0.03, 0.05])
    terms = [llg.Exchange(field(1.3e-11)), llg.UniaxialAnisotropy(field(8e4), "z"),
             llg.UniaxialAnisotropy(-3e4, (1.0, 2.0, 0.5)),
             llg.Zeeman(B * (1 + 0.3 * rng.uniform(-1, 1, shape + (3,))) if vary else B),
             llg.InterfacialDMI(field(1.8e-3))]
    drives = [llg.SpinCurrent((3e12, -2e12), beta=field(0.03), beta_int=0.04),
              llg.IntrinsicTorque((1e6, 2e6), n_s=5e28, J=0.7)]
    return llg.Problem(mesh, llg.Material(field(8e5), field(alpha)), terms, drives if drive else [])


def neighbours(m, axis, mesh, problem):
    """m of the two neighbours along an axis (0 for x),
    ghosts at open edges as Rohart and Thiaville's condition asks."""
    array_axis = 1 - axis
    ahead, behind = np.roll(m, -1, array_axis), np.roll(m, 1, array_axis)
    if not mesh.periodic[axis]:
        D = sum(np.broadcast_to(t.D, (mesh.ny, mesh.nx)) for t in problem.terms if isinstance(t, llg.InterfacialDMI))
        A = sum(np.broadcast_to(t.A, (mesh.ny, mesh.nx)) for t in problem.terms if isinstance(t, llg.Exchange))
        D = np.broadcast_to(D, (mesh.ny, mesh.nx))
        for sign, index, array in ((1, -1, ahead), (-1, 0, behind)):
            place = (slice(None), index) if axis == 0 else (index, slice(None))
            angle = sign * np.arctan(D[place] * mesh.cell_size[axis] / (2 * A[place]))
            spin = m[place]
            turned = spin.copy()
            turned[..., axis] = np.cos(angle) * spin[..., axis] - np.sin(angle) * spin[..., 2]
            turned[..., 2] = np.cos(angle) * spin[..., 2] + np.sin(angle) * spin[..., axis]
            array[place] = turned
    return ahead, behind


def numpy_torque(problem, m, field=None):
    """∂t m of Eq. (6), as one writes it with np.cross: the implicit Gilbert term solved for, the field from differences
    of energies in closed form for uniform parameters, or given."""
    mesh, material = problem.mesh, problem.material
    m = m.reshape(mesh.ny, mesh.nx, 3)
    per_cell = [np.broadcast_to(v, mesh.shape).reshape(mesh.ny, mesh.nx, 1) for v in (material.Ms, material.alpha)]
    Ms, alpha = per_cell
    B = np.zeros_like(m)
    current, intrinsic = ([d for d in problem.drive if isinstance(d, kind)]
                          for kind in (llg.SpinCurrent, llg.IntrinsicTorque))
    adiabatic, other = np.zeros_like(m), np.zeros_like(m)
    for axis in (0, 1):
        if mesh.cells[axis] == 1:
            continue
        ahead, behind = neighbours(m, axis, mesh, problem)
        size = mesh.cell_size[axis]
        slope = (ahead - behind) / (2 * size)
        for term in problem.terms if field is None else ():
            if isinstance(term, llg.Exchange):
                B += 2 * term.A / Ms * (ahead - 2 * m + behind) / size**2
            if isinstance(term, llg.InterfacialDMI):
                B[..., axis] += 2 * term.D / Ms[..., 0] * slope[..., 2]
                B[..., 2] -= 2 * term.D / Ms[..., 0] * slope[..., axis]
        for d in current:
            b = MU_B_OVER_E / Ms * d.j_s[axis]
            beta = np.broadcast_to(d.beta, mesh.shape).reshape(mesh.ny, mesh.nx, 1) + d.beta_int
            adiabatic += b * slope
            other += beta * b * slope
        for d in intrinsic:
            eta = d.n_s * SI_MU_B * SI_HBAR * SI_E / (2 * SI_M_E * d.J * SI_E * Ms)
            other += eta * d.E[axis] * slope
    for term in problem.terms if field is None else ():
        if isinstance(term, llg.UniaxialAnisotropy):
            B += 2 * term.K / Ms * (m @ np.array(term.axis))[..., None] * np.array(term.axis)
        if isinstance(term, llg.Zeeman):
            B += np.asarray(term.B)
    if field is not None:
        B = field
    adiabatic -= m * np.sum(m * adiabatic, -1, keepdims=True)          # what is along m cannot turn m
    right = -material.gamma * np.cross(m, B) + adiabatic - np.cross(m, other)
    return ((right + alpha * np.cross(m, right)) / (1 + alpha**2)).reshape(mesh.shape + (3,))


def field_from_energy(problem, m, step=1e-6):
    """B = −(1/M_s V) ∂E/∂m by central differences of the total energy, cell by cell; (ny, nx, 3) in T."""
    mesh = problem.mesh
    m = m.reshape(mesh.ny, mesh.nx, 3)
    Ms = np.broadcast_to(problem.material.Ms, mesh.shape).reshape(mesh.ny, mesh.nx)
    B = np.zeros_like(m)
    for index in np.ndindex(m.shape):
        plus, minus = m.copy(), m.copy()
        plus[index] += step
        minus[index] -= step
        difference = sum(t.energy(problem, plus) - t.energy(problem, minus) for t in problem.terms)
        B[index] = -difference / (2 * step) / (Ms[index[:2]] * mesh.cell_volume)
    return B


def relative(a, b):
    return np.max(np.abs(a - b)) / np.max(np.abs(b))


@pytest.mark.parametrize("periodic", [False, True, (True, False)])
@pytest.mark.parametrize("dy", [3e-9, 2e-9])            # square cells have coefficients of their own
def test_torque_is_that_of_plain_numpy(periodic, dy):
    mesh = llg.Mesh((11, 7), (2e-9, dy, 1e-9), periodic)
    problem, m = everything(mesh), smooth_state(mesh)
    assert relative(llg.torque(problem, m), numpy_torque(problem, m)) < 1e-12


@pytest.mark.parametrize("periodic", [False, True, (False, True)])
@pytest.mark.parametrize("vary", [False, True])
def test_torque_comes_from_the_energy(periodic, vary):
    """Fields against finite differences of the energy, parameters varying in space too."""
    mesh = llg.Mesh((6, 5), (2e-9, 3e-9, 1e-9), periodic)
    problem, m = everything(mesh, vary), smooth_state(mesh)
    assert relative(llg.torque(problem, m), numpy_torque(problem, m, field_from_energy(problem, m))) < 1e-7


def test_chain_and_film_agree_along_either_axis():
    chain = llg.Mesh(24, 2e-9)
    m = smooth_state(chain)
    along_x = llg.torque(everything(chain), m)
    film = llg.Mesh((24, 3), 2e-9, (False, True))
    many = llg.torque(everything(film), np.broadcast_to(m, (3, 24, 3)))
    assert relative(many[1], along_x) < 1e-12
    # the same physics with x and y exchanged is the mirror image x ↔ y of m (an axial vector: a sign on all components)
    terms = [llg.Exchange(1e-11), llg.UniaxialAnisotropy(1e5, "z"), llg.InterfacialDMI(2e-3)]
    x = llg.Problem(llg.Mesh((24, 1), 2e-9), llg.Material(8e5, 0.1), terms, [llg.SpinCurrent((1e12, 0.0), 0.05)])
    y = llg.Problem(llg.Mesh((1, 24), 2e-9), llg.Material(8e5, 0.1), terms, [llg.SpinCurrent((0.0, 1e12), 0.05)])

    def turned(v):                                                       # 90° about z
        return np.stack([-v[..., 1], v[..., 0], v[..., 2]], -1)
    assert relative(llg.torque(y, turned(m)[:, None]), turned(llg.torque(x, m[None]))[0][:, None]) < 1e-12


@pytest.mark.parametrize("way", [{"dt": 1e-14}, {"tolerance": 1e-9}])
def test_trajectory_is_that_of_scipy(way):
    mesh = llg.Mesh((11, 7), (2e-9, 3e-9, 1e-9))
    problem, m = everything(mesh), smooth_state(mesh)
    until = 2e-11

    def slope(t, y):
        return numpy_torque(problem, y.reshape(mesh.shape + (3,))).ravel() * 1e-12
    reference = solve_ivp(slope, (0, until * 1e12), m.ravel(), method="DOP853", rtol=1e-12,
                          atol=1e-12).y[:, -1].reshape(m.shape)
    simulation = llg.Simulation(problem, m)
    simulation.run(until, **way)
    assert np.max(np.abs(reference - m)) > 0.5                           # it has moved
    assert np.max(np.abs(simulation.m - reference)) < 1e-7
    assert np.max(np.abs(np.linalg.norm(simulation.m, axis=-1) - 1)) < 1e-15


def test_time_dependent_current_is_that_of_scipy():
    mesh = llg.Mesh((11, 7), (2e-9, 3e-9, 1e-9))
    base, m = everything(mesh), smooth_state(mesh)

    def current(t):
        return 5e12 * np.sin(2e11 * t), -3e12 * np.cos(3e11 * t)

    def slope(t, y):
        problem = everything_driven(base, current(t * 1e-12))
        return numpy_torque(problem, y.reshape(mesh.shape + (3,))).ravel() * 1e-12

    def everything_driven(problem, j_s):
        static = object.__new__(llg.Problem)                             # no kernel input needed for the NumPy route
        static.__dict__.update(problem.__dict__, drive=(llg.SpinCurrent(j_s, 0.03, 0.04), problem.drive[1]))
        return static
    reference = solve_ivp(slope, (0, 10), m.ravel(), method="DOP853", rtol=1e-11, atol=1e-11).y[:, -1].reshape(m.shape)
    driven = base.replaced(drive=[llg.SpinCurrent(current, 0.03, 0.04), base.drive[1]])
    for way in ({"dt": 1e-14}, {"tolerance": 1e-9}):
        simulation = llg.Simulation(driven, m)
        simulation.run(1e-11, **way)
        assert np.max(np.abs(simulation.m - reference)) < 1e-7


def test_longest_step_sees_a_pulse_that_the_tolerance_steps_over():
    """A pulse of 3 ps amid steps of 10 ps: with longest_step the wall moves as with short fixed steps,
    in both its directions."""
    mesh = llg.Mesh((48, 3), (10e-9, 10e-9, 1e-9))
    terms = [llg.Exchange(1.3e-11), llg.UniaxialAnisotropy(1.3e4, "z")]
    pulse = llg.SpinCurrent(lambda t: -1e13 if 50e-12 <= t < 53e-12 else 0.0, 0.3)
    problem = llg.Problem(mesh, llg.Material(8e5, 0.05), terms, [pulse])
    start = llg.Simulation(problem, llg.wall(problem)).relax().m

    def way(**arguments):
        simulation = llg.Simulation(problem, start)
        return simulation.run(100e-12, observe={"x": llg.wall_position}, **arguments).x[0], simulation.steps
    short, _ = way(dt=0.1e-12)
    capped, steps = way(longest_step=0.5e-12)
    # an edge of the pulse may lie anywhere in a step
    assert short > 1e-9 and capped == pytest.approx(short, rel=0.1, abs=0)
    assert 200 <= steps < 220
    # without it the steps are longer than the pulse
    assert way()[1] < 30


@pytest.mark.parametrize("turn", (0.3, 0.85))
def test_spins_have_unit_length_after_the_longest_steps_too(turn):
    """A Runge–Kutta step that turns a spin by x alters |m|² by x⁶/72, half a percent for the longest accepted."""
    problem = llg.Problem(llg.Mesh((4, 1), 1e-9), llg.Material(8e5, 0.0), [llg.Zeeman((0.0, 0.0, 1.0))])
    simulation = llg.Simulation(problem, (1.0, 0.0, 0.0), threads=1)
    simulation.run(turn / SI_GAMMA, dt=turn / SI_GAMMA)
    assert np.sqrt(simulation._drift.sum() / 4) == pytest.approx(turn**6 / 72, rel=0.1) and simulation.steps == 1
    np.testing.assert_allclose(np.linalg.norm(simulation.m, axis=-1), 1, rtol=0, atol=1e-14)


def test_drift_velocity_may_be_a_function_of_time():
    mesh = llg.Mesh((11, 7), (2e-9, 3e-9, 1e-9))
    base, m = everything(mesh), smooth_state(mesh)
    for u in (7.0, (7.0, -3.0)):
        grown = llg.SpinCurrent.from_drift_velocity(lambda t: np.multiply(u, 1 + t * 1e12), 8e5, 0.03, 0.04)
        for t, factor in ((0.0, 1), (1e-12, 2)):
            constant = llg.SpinCurrent.from_drift_velocity(np.multiply(u, factor), 8e5, 0.03, 0.04)
            assert grown.at(t) == pytest.approx(constant.at(t), rel=1e-15)
            then, now = base.replaced(drive=grown), base.replaced(drive=constant)
            assert relative(llg.torque(then, m, t), llg.torque(now, m)) < 1e-14


def test_thin_film_shape_anisotropy_is_the_demagnetising_field():
    """UniaxialAnisotropy(−μ0 Ms²/2, "z") has the field −μ0 Ms m_z ẑ of a thin film; μ0 = 4π × 10⁻⁷ T m/A."""
    Ms, mesh = 8e5, llg.Mesh((5, 4), 2e-9)
    film = llg.Problem(mesh, llg.Material(Ms, 0.0), [llg.UniaxialAnisotropy(-4e-7 * np.pi * Ms**2 / 2, "z")])
    m = np.array((0.6, 0.0, 0.8))
    field = np.array((0.0, 0.0, -4e-7 * np.pi * Ms * m[2]))
    assert relative(llg.torque(film, m), np.broadcast_to(-SI_GAMMA * np.cross(m, field), (4, 5, 3))) < 1e-9


def test_time_is_zero_unless_it_is_told():
    field = lambda t: (0.0, 0.0, 0.1 if t == 0 else 500.0)
    problem = llg.Problem(llg.Mesh((8, 4), 2e-9), llg.Material(8e5, 0.1), [llg.Exchange(1.3e-11), llg.Zeeman(field)])
    m = (0.6, 0.0, 0.8)
    assert problem.stability_limit() == problem.stability_limit(0.0) > 2 * problem.stability_limit(1.0)
    assert problem.adaptive_limit() == problem.adaptive_limit(0.0) > 2 * problem.adaptive_limit(1.0)
    assert problem.energies(m) == problem.energies(m, 0.0) != problem.energies(m, 1.0)
    assert np.array_equal(llg.torque(problem, m), llg.torque(problem, m, 0.0))
    assert np.abs(llg.torque(problem, m, 1.0)).max() > 1000 * np.abs(llg.torque(problem, m)).max() > 0
    assert llg.Simulation(problem, m).t == 0


def test_a_texture_in_nm_starts_a_simulation_in_m():
    """The example of `Simulation`: m points down in the middle, lies in the plane at the radius, points up far away."""
    skyrmion = Skyrmion(radius=15.0, wall_width=5.0)
    mesh = llg.Mesh((101, 101), 1e-9)
    problem = llg.Problem(mesh, llg.Material(8e5, 0.1), [llg.Exchange(1.3e-11)])
    m = llg.Simulation(problem, lambda x, y: skyrmion.m(x * 1e9, y * 1e9)).m
    assert m[50, 50, 2] == pytest.approx(-1) and m[0, 0, 2] > 0.99
    assert m[50, 65] == pytest.approx((1, 0, 0), abs=1e-9) and m[65, 50] == pytest.approx((0, 1, 0), abs=1e-9)


def test_a_run_after_a_relaxation_knows_nothing_of_it():
    """It begins as one from the same state does, with a slope under its own drive, not with the last one at rest."""
    mesh = llg.Mesh((11, 7), (2e-9, 3e-9, 1e-9))
    problem, start = everything(mesh), smooth_state(mesh)
    relaxed = llg.Simulation(problem, start).relax()
    fresh = llg.Simulation(problem, relaxed.m)
    for run in (relaxed, fresh):
        run.run(run.t + 2e-13, tolerance=1e-3)
    np.testing.assert_allclose(relaxed.m, fresh.m, rtol=0, atol=1e-12)


def test_meshes_are_compared_by_all_that_they_are():
    made = dict(cells=(4, 3), cell_size=(2e-9, 3e-9, 1e-9), periodic=(True, False), layers=2, inside=np.eye(3, 4) == 1)
    one = llg.Mesh(**made)
    assert one == llg.Mesh(**made) and hash(one) == hash(llg.Mesh(**made)) and one != "a mesh" and one != one.cells
    for name, other in (("cells", (4, 4)), ("cell_size", (2e-9, 3e-9, 2e-9)), ("periodic", True), ("layers", 1),
                        ("inside", None)):
        changed = {**made, name: other}
        assert one != llg.Mesh(**changed if name != "cells" else {**changed, "inside": np.eye(4) == 1})
    assert llg.Mesh(4, 2e-9) != llg.Mesh((4, 1), 2e-9)       # their arrays have other shapes


def test_a_chain_has_one_direction():
    for periodic in (False, True):
        assert llg.Mesh(20, 2e-9, (periodic, not periodic)) == llg.Mesh(20, 2e-9, periodic)


@pytest.mark.parametrize("cells", [2, (2, 1), (1, 2)])
def test_two_spins_pull_at_each_other(cells):
    """Exchange of two cells at the angle θ: ∂t m = ∓ γ (2A/M_s d²) m × m' of either, and no more."""
    problem = llg.Problem(llg.Mesh(cells, 2e-9), llg.Material(8e5, 0.0), [llg.Exchange(1.3e-11)])
    m = np.array([[1.0, 0, 0], [np.cos(0.6), np.sin(0.6), 0]])
    pull = problem.material.gamma * 2 * 1.3e-11 / (8e5 * (2e-9)**2) * np.sin(0.6)
    torque = llg.torque(problem, m.reshape(problem.mesh.m_shape)).reshape(2, 3)
    np.testing.assert_allclose(torque, [[0, 0, -pull], [0, 0, pull]], rtol=1e-12, atol=1e-9 * pull)
    energy = problem.energies(m.reshape(problem.mesh.m_shape))["total"]
    assert energy == pytest.approx(2 * 1.3e-11 * (1 - np.cos(0.6)) * 2e-9, rel=1e-12, abs=0)


def test_a_chain_takes_functions_of_x_alone():
    """A state and a shape as functions of x, and of (x, y): the same arrays."""
    mesh = llg.Mesh(20, 2e-9, inside=lambda x: x > -10e-9)
    assert mesh == llg.Mesh(20, 2e-9, inside=lambda x, y: x > -10e-9) and mesh.filled == 15
    problem = llg.Problem(mesh, llg.Material(8e5, 0.1), [llg.Exchange(1.3e-11)])
    k = 2 * np.pi / 40e-9
    m = llg.Simulation(problem, lambda x: np.stack([np.cos(k * x), np.sin(k * x), 0 * x], -1)).m
    assert np.allclose(m[5:], np.stack([np.cos(k * mesh.x), np.sin(k * mesh.x), 0 * mesh.x], -1)[5:])
    assert not m[:5].any()


def test_measured_order_of_the_fixed_step_is_four():
    mesh = llg.Mesh((11, 7), (2e-9, 3e-9, 1e-9))
    problem, m = everything(mesh), smooth_state(mesh)
    states = []
    for steps in (120, 240, 480, 3840):
        simulation = llg.Simulation(problem, m)
        simulation.run(6e-12, dt=6e-12 / steps)
        states.append(simulation.m)
    errors = [np.max(np.abs(s - states[-1])) for s in states[:-1]]
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    assert np.all(np.abs(orders - 4) < 0.15), orders


def test_adaptive_error_follows_the_tolerance():
    """Error per step ∝ h⁴ is held, so the error of the run, an order higher per step, falls at least in proportion."""
    mesh = llg.Mesh((11, 7), (2e-9, 3e-9, 1e-9))
    problem, m = everything(mesh), smooth_state(mesh)
    reference = llg.Simulation(problem, m)
    reference.run(6e-12, dt=2e-15)
    errors = []
    for tolerance in (1e-5, 1e-7, 1e-9):
        simulation = llg.Simulation(problem, m)
        simulation.run(6e-12, tolerance=tolerance)
        errors.append(np.max(np.abs(simulation.m - reference.m)))
    assert errors[0] < 1e-3 and errors[1] < errors[0] / 30 and errors[2] < errors[1] / 30, errors


def test_an_adaptive_run_takes_as_many_steps_as_its_longest_allows():
    mesh = llg.Mesh((11, 7), (2e-9, 3e-9, 1e-9))
    simulation = llg.Simulation(everything(mesh), smooth_state(mesh))
    for end in (20e-14, 40e-14):                           # begins with a quarter of the longest, four times that next
        before = simulation.steps
        simulation.run(end, tolerance=1e-3, longest_step=1e-14)
        assert simulation.steps - before == 21 and simulation.rejected == 0
        assert simulation.t == end


@pytest.mark.parametrize("way, steps", [(0.3, [0.3]), (1.0, [1.0]), (1 + 5e-10, [1 + 5e-10]), (1.5, [0.75, 0.75]),
                                        (2.0, [1.0, 1.0]), (3.7, [1.0, 1.0, 0.85, 0.85]), (0.0, []), (-1.0, [])])
def test_the_last_two_steps_share_what_is_left(way, steps):
    clock, taken = np.zeros(6), []
    clock[kernels.T], clock[kernels.H] = 4.0, 0.8          # steps and what is left in units of it
    clock[kernels.T_END] = 4.0 + 0.8 * way
    assert kernels._next_step(clock, False) == 0.8         # a fixed step is what it is
    while len(taken) < 9 and (h := kernels._next_step(clock, True)):
        taken.append(h)
        clock[kernels.T] += h
    assert taken == pytest.approx(0.8 * np.array(steps), rel=1e-12)


def accepted(error, tolerance=1e-3, drift=0.0, step=0.5, parity=0, **places):
    """What becomes of clock and counts after a step with H = 0.5, H_MAX = 10, LAST_ERROR = tolerance/2."""
    clock, counts = np.zeros(6), np.array([parity, 1, 7, 3])
    clock[[kernels.T, kernels.T_END, kernels.H, kernels.H_MAX]] = 2.0, 9.0, 0.5, 10.0
    clock[kernels.LAST_ERROR] = tolerance / 2
    for name, value in places.items():
        clock[getattr(kernels, name)] = value
    accept = getattr(kernels._accept, "py_func", kernels._accept)
    sound = accept(clock, counts, tolerance, step, np.array([drift / 2, drift / 2]), np.array([error, error / 3]))
    return sound, clock, counts.tolist()


def test_a_fixed_step_stands_unless_the_length_of_m_is_lost():
    sound, clock, counts = accepted(1.0, tolerance=0.0, drift=0.9e-4)
    assert sound and clock[kernels.T] == 2.5 and clock[kernels.H] == 0.5 and counts == [1, 0, 8, 3]
    assert accepted(0.0, parity=1)[2] == [0, 1, 8, 3] and accepted(0.0, tolerance=0.0, parity=1)[2] == [0, 0, 8, 3]
    for drift in (1.1e-4, np.nan):
        sound, clock, counts = accepted(1.0, tolerance=0.0, drift=drift)
        assert not sound and clock[kernels.T] == 2.0 and counts == [0, 1, 7, 3]


def test_the_next_step_follows_from_the_errors_of_the_last_two():
    """Gustafsson's proportional and integral control, with the exponents 0.7/k and 0.4/k of Hairer and Wanner
    (Solving Ordinary Differential Equations II, IV.2) for an error that grows as step^k, k = 4."""
    worst = 1e-3 / 3
    sound, clock, counts = accepted(worst)
    assert sound and clock[kernels.T] == 2.5 and counts == [1, 1, 8, 3] and clock[kernels.LAST_ERROR] == worst
    assert clock[kernels.H] == pytest.approx(0.5 * 0.9 * 3**(0.7 / 4) * (1 / 2)**(0.4 / 4), rel=1e-12)
    assert accepted(1e-3, LAST_ERROR=1e-9)[1][kernels.H] == 0.25                       # at most halved …
    calm = accepted(0.0, LAST_ERROR=1e-3)[1]
    assert calm[kernels.H] == 2.0 and calm[kernels.LAST_ERROR] == pytest.approx(1e-7)  # … and four times as long
    assert accepted(0.0, H_MAX=1.7, LAST_ERROR=1e-3)[1][kernels.H] == 1.7
    short = accepted(worst, step=0.2, T_END=2.2)[1]        # a last, short step does not shorten those after it
    assert short[kernels.T] == 2.2 and short[kernels.H] == 0.5
    assert accepted(0.0, step=0.2, LAST_ERROR=1e-3)[1][kernels.H] == pytest.approx(0.8)
    assert accepted(worst, T_END=2.4)[1][kernels.T] == 2.4


def test_a_step_that_errs_is_repeated_with_a_shorter_one():
    sound, clock, counts = accepted(1e-3 * 3)
    assert sound and clock[kernels.T] == 2.0 and counts == [0, 1, 7, 4] and clock[kernels.LAST_ERROR] == 5e-4
    assert clock[kernels.H] == pytest.approx(0.5 * 0.9 / 3**(1 / 4), rel=1e-12)
    for error, drift in ((1e9, 0.0), (1e-9, 1.1e-4), (1e-9, np.nan)):
        sound, clock, counts = accepted(error, drift=drift)
        assert sound and clock[kernels.H] == pytest.approx(0.1) and clock[kernels.T] == 2.0 and counts == [0, 1, 7, 4]
    assert not accepted(1.0, step=4e-8)[0] and accepted(1.0, step=6e-8)[0]             # shorter than 1e-9 H_MAX


def test_energy_is_conserved_without_damping_and_falls_with_it():
    mesh = llg.Mesh((11, 7), (2e-9, 3e-9, 1e-9))
    m = smooth_state(mesh)
    times = np.linspace(0, 2e-11, 21)
    energy = {}
    for alpha in (0.0, 0.1):
        problem = everything(mesh, drive=False, alpha=alpha)
        record = llg.Simulation(problem, m).run(2e-11, dt=5e-15, times=times, observe={"energy": llg.energies})
        energy[alpha] = record.energy["total"]
    span = energy[0.1][0] - energy[0.1][-1]
    assert span > 0 and np.all(np.diff(energy[0.1]) < 0)
    assert np.max(np.abs(energy[0.0] - energy[0.0][0])) < 1e-6 * span


def test_tiles_and_threads_do_not_change_a_bit(monkeypatch):
    from torquelib.llg import simulation as module
    for periodic in (False, True):
        mesh = llg.Mesh((41, 33), (2e-9, 3e-9, 1e-9), periodic)
        problem, m = everything(mesh), smooth_state(mesh)
        states = []
        for tile, threads in ((256, 1), (16, 1), (256, 2), (11, 2)):
            monkeypatch.setattr(module, "TILE", tile)
            for way in ({"dt": 5e-14}, {"tolerance": 1e-6}):
                simulation = llg.Simulation(problem, m, threads=threads)
                simulation.run(2e-12, **way)
                states.append(simulation.m)
        for n in range(2, len(states)):
            assert np.array_equal(states[n], states[n % 2]), n


@pytest.mark.parametrize("cells, threads", [((5000, 3), 1), ((5000, 40), 2), ((300, 200), 4), ((100, 1), 3),
                                            ((7, 5), 2), ((512, 20), 4), ((130, 64), 8), ((200, 2), 3)])
def test_tiles_share_a_mesh_among_the_threads(cells, threads):
    """Each cell once; whole chunks; none wider than TILE by more than a chunk; as many for each thread, as large."""
    from torquelib.llg import simulation as module
    nx, ny = cells
    material = llg.Material(Ms=8e5, alpha=0.1)
    tiles = llg.Simulation(llg.Problem(llg.Mesh(cells, 2e-9), material), (0, 0, 1), threads=threads)._tiles
    covered = np.zeros((ny, nx), dtype=int)
    for x0, x1, y0, y1, _ in tiles:
        covered[y0:y1, x0:x1] += 1
    assert np.all(covered == 1)
    assert np.all(tiles[:, 0] % kernels.CHUNK == 0) and np.array_equal(tiles[:, 4], range(len(tiles)))
    widths, heights = tiles[:, 1] - tiles[:, 0], tiles[:, 3] - tiles[:, 2]
    assert np.max(widths) < module.TILE + kernels.CHUNK and np.ptp(widths) <= 2 * kernels.CHUNK and np.ptp(heights) <= 1
    assert np.min(heights) >= min(ny, 16)
    assert len(tiles) >= (threads if nx >= 64 * threads else min(threads, max(1, ny // 16)))
    assert len(tiles) <= max(threads, threads * -(-nx // module.TILE))
    assert np.array_equal(np.lexsort((tiles[:, 0], tiles[:, 2])), range(len(tiles)))   # neighbours along a row


def test_a_run_does_not_depend_on_the_steps_of_the_run_before():
    mesh = llg.Mesh((11, 7), (2e-9, 3e-9, 1e-9))
    problem = everything(mesh)
    for before, after in (({"tolerance": 1e-6}, {"dt": 2e-14}), ({"dt": 2e-14}, {"tolerance": 1e-6})):
        simulation = llg.Simulation(problem, smooth_state(mesh))
        simulation.run(1e-12, **before)
        fresh = llg.Simulation(problem, simulation.m, t=simulation.t)
        simulation.run(2e-12, **after)
        fresh.run(2e-12, **after)
        assert np.max(np.abs(simulation.m - fresh.m)) < 1e-13


def test_a_state_that_is_put_in_starts_afresh():
    mesh = llg.Mesh((11, 7), (2e-9, 3e-9, 1e-9))
    problem = everything(mesh)
    used = llg.Simulation(problem, smooth_state(mesh))
    used.run(1e-12)
    used.m = other = smooth_state(mesh, seed=2)
    fresh = llg.Simulation(problem, other, t=used.t)
    used.run(2e-12)
    fresh.run(2e-12)
    assert np.array_equal(used.m, fresh.m)


def test_spatial_convergence_is_of_second_order():
    """A spiral of period L in a periodic chain of cone angle θ precesses at γ (2A/M_s) q² cos θ."""
    length, A, Ms = 64e-9, 1.3e-11, 8e5
    errors = []
    q, theta = 2 * np.pi / length, 1.0
    for cells in (16, 32, 64):
        mesh = llg.Mesh((cells, 5), (length / cells, 3e-9, 1e-9), True)
        x = mesh.x
        m = np.stack([np.sin(theta) * np.cos(q * x), np.sin(theta) * np.sin(q * x), np.cos(theta) + 0 * x], -1)
        problem = llg.Problem(mesh, llg.Material(Ms, 0.0), [llg.Exchange(A)])
        torque = llg.torque(problem, np.broadcast_to(m, (5, cells, 3)))
        rate = np.mean(torque[0, :, 1] * m[:, 0] - torque[0, :, 0] * m[:, 1]) / np.sin(theta)**2
        exact = SI_GAMMA * 2 * A / Ms * q**2 * np.cos(theta)
        errors.append(abs(rate / exact - 1))
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    assert errors[-1] < 1e-2 and np.all(np.abs(orders - 2) < 0.05), orders


def test_edge_canting_by_dmi_converges_to_the_boundary_condition():
    """In a long strip with easy axis z the edge spin cants by sin θ = DΔ/2A = D/2√(AK)
    (Rohart and Thiaville, Eq. 13)."""
    A, K, D = 1.3e-11, 4e5, 1.5e-3
    width = np.sqrt(A / K)
    exact = D / (2 * np.sqrt(A * K))
    errors = []
    for per_width in (2, 4, 8):
        mesh = llg.Mesh(int(16 * per_width), width / per_width)
        problem = llg.Problem(mesh, llg.Material(8e5, 0.1),
                              [llg.Exchange(A), llg.UniaxialAnisotropy(K), llg.InterfacialDMI(D)])
        simulation = llg.Simulation(problem, (0.0, 0.0, 1.0)).relax(1e-7)
        theta = np.arctan2(simulation.m[:3, 0], simulation.m[:3, 2])
        edge = theta[0] + (theta[0] - theta[1]) / 2 + (theta[0] - 2 * theta[1] + theta[2]) * 3 / 8
        errors.append(abs(abs(np.sin(edge)) - exact))
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    assert errors[-1] < 2e-3 * exact and np.all(orders > 1.7), (errors, orders)


def test_relaxed_wall_has_the_analytic_profile_and_energy():
    chain = llg.WallChain()
    problem = chain.problem(300e-9)
    start = llg.wall(problem, width=1.7 * chain.model(0.0).width, tilt=0.4)
    simulation = llg.Simulation(problem, start, t=2e-9).relax(1e-7)
    assert simulation.t == 2e-9
    width = chain.model(0.0).width
    assert llg.wall_width(simulation) == pytest.approx(width, rel=0.02, abs=0)        # a cell is 0.1 Δ
    assert llg.wall_tilt(simulation) == pytest.approx(0, abs=1e-4)
    energy = simulation.energies()
    area = problem.mesh.dy * problem.mesh.dz
    assert energy["total"] == pytest.approx(4 * np.sqrt(chain.A * chain.K) * area, rel=0.01, abs=0)
    assert energy["Exchange"] == pytest.approx(energy["UniaxialAnisotropy"], rel=0.02, abs=0)
    B = field_from_energy(problem, simulation.m)[0]
    assert np.max(np.linalg.norm(np.cross(simulation.m, B), axis=-1)) < 2e-7      # the criterion, by another route


def chiral_wall(tilt):
    problem = llg.Problem(llg.Mesh(200, 1e-9), llg.Material(5.8e5, 0.1),
                          [llg.Exchange(1.5e-11), llg.UniaxialAnisotropy(0.8e6), llg.InterfacialDMI(1e-3)])
    return problem, llg.wall(problem, tilt=tilt)


def test_relax_leaves_a_saddle():
    """Starts at rest that are no minima: a wall of the wrong handedness, one across its hard axis, spins against a
    field. Right: the energy 4√(AK) − πD of a wall, with what the cells and the ghosts of two edges add; the angle
    across the hard axis; the field's direction. So does a film in whose second half there is no field at all."""
    energies = []
    for tilt in (0.0, np.pi):
        simulation = llg.Simulation(*chiral_wall(tilt)).relax()
        energies.append(simulation.energies()["total"] / 1e-18)
        assert abs(llg.wall_tilt(simulation)) == pytest.approx(np.pi, abs=1e-4)
    edges = 2 * 1e-3**2 * 1e-9 / (8 * 1.5e-11)
    assert energies[0] == pytest.approx(energies[1], rel=1e-8, abs=0)
    assert energies[0] == pytest.approx(4 * np.sqrt(1.5e-11 * 0.8e6) - np.pi * 1e-3 - edges, rel=0.02, abs=0)

    hard = llg.Problem(llg.Mesh(200, 1e-9), llg.Material(5.8e5, 0.1),
                       [llg.Exchange(1.5e-11), llg.UniaxialAnisotropy(0.8e6), llg.UniaxialAnisotropy(-1.3e4, "x")])
    simulation = llg.Simulation(hard, llg.wall(hard, tilt=0.0)).relax()
    assert abs(llg.wall_tilt(simulation)) == pytest.approx(np.pi / 2, abs=1e-3)

    against = np.array([1e-6, 0.0, 1.0])
    for Ms in (8e5, np.full((4, 5), 8e5)):
        film = llg.Problem(llg.Mesh((5, 4), 2e-9, inside=lambda x, y: x < 3e-9), llg.Material(Ms, 0.1),
                           [llg.Exchange(1.3e-11), llg.Zeeman((0.0, 0.0, -0.12))])
        found = llg.Simulation(film, against / np.linalg.norm(against)).relax().m
        assert np.allclose(found[film.mesh.inside], (0, 0, -1), rtol=0, atol=2e-5)
        assert not found[~film.mesh.inside].any()


def test_curvature_is_that_of_the_energy():
    """A saddle along y of the energy −K m_y², K = 1e5: from +z it curves down by 2K/M_s = 0.25 T; a minimum along z
    has no such direction, nor has a state without any energy."""
    from torquelib.llg.curvature import softest
    m = np.broadcast_to((0.0, 0.0, 1.0), (1, 3, 4, 3))
    for axis, K, enough, saddle in (("y", 1e5, 0.2, True), ("y", 1e5, 0.3, False), ("z", 1e5, 1e-3, False),
                                    ("y", 0.0, 1e-3, False)):
        film = llg.Problem(llg.Mesh((4, 3), 2e-9), llg.Material(8e5, 1.0),
                           [llg.Exchange(1.3e-11), llg.UniaxialAnisotropy(K, axis)])
        field = lambda m: np.cross(np.cross(m, field_from_energy(film, m[0])), m)
        way = softest(film, field, m, enough)
        assert (way is not None) == saddle
        if saddle:
            assert np.abs(way[..., 1]) == pytest.approx(np.ones((1, 3, 4)), abs=0.05)


def test_relax_shows_its_way():
    """`watch` sees the energy fall, at times that grow; the simulation's own time stays."""
    simulation, seen = llg.Simulation(*chiral_wall(1.0), t=1e-9), []
    simulation.relax(watch=lambda now: seen.append((now.t, now.energies()["total"])))
    times, energies = np.transpose(seen)
    assert len(seen) > 3 and np.all(np.diff(times) > 0) and np.all(np.diff(energies) < 1e-9 * abs(energies[0]))
    assert energies[0] - energies[-1] > 1e-3 * energies[0] and simulation.t == 1e-9


def test_a_low_wave_keeps_its_energy():
    """A wave of 1e-4 rad, far below what the tolerance looks at, five cells long and without damping: of its energy
    less than 1 % goes to the method in 0.2 ns, 95 % at the stability limit; and (ωh)⁵/144 says how much."""
    mesh, k = llg.Mesh(20, 2e-9, True), 2 * np.pi / 10e-9
    m = np.stack([1e-4 * np.cos(k * mesh.x), 1e-4 * np.sin(k * mesh.x), 1 + 0 * mesh.x], -1)
    m /= np.linalg.norm(m, axis=-1, keepdims=True)
    omega = SI_GAMMA * (0.1 + 2 * 1.3e-11 / 8e5 * (2 - 2 * np.cos(2 * np.pi / 5)) / 4e-18)

    def left(alpha, **way):
        problem = llg.Problem(mesh, llg.Material(8e5, alpha), [llg.Exchange(1.3e-11), llg.Zeeman((0.0, 0.0, 0.1))])
        simulation = llg.Simulation(problem, m)
        simulation.run(0.2e-9, **way)
        h = 0.2e-9 / simulation.steps
        return np.sum(simulation.m[:, :2]**2) / np.sum(m[:, :2]**2), np.exp(-2 * omega * 0.2e-9 * (omega * h)**5 / 144)
    kept, expected = left(0.0)
    assert kept > 0.99 and kept == pytest.approx(expected, abs=1e-3)
    kept, expected = left(0.0, longest_step=1e-12)
    assert kept < 0.1 and kept == pytest.approx(expected, abs=0.03)
    for alpha in (1e-3, 1e-2):                             # a tenth of the damping is the method's, at most
        rate = -np.log(left(alpha)[0]) / (2 * omega * 0.2e-9)
        assert alpha * 0.99 < rate < alpha * 1.11


def test_threads_are_chosen_by_the_time_of_a_step(monkeypatch):
    """With a clock that makes either number of threads slow, nearly all steps go to the other; the state is that of
    any fixed number, and what is measured changes sides when the machine does."""
    from torquelib.llg import simulation as module
    mesh = llg.Mesh((60, 50), 2e-9)
    problem, m = everything(mesh), smooth_state(mesh)
    fixed = llg.Simulation(problem, m, threads=1)
    fixed.run(5e-12, dt=1e-14)
    monkeypatch.setattr(module, "WORK", 128 * 4 * 3000)
    monkeypatch.setattr(module.numba, "get_num_threads", lambda: 2)
    for slow in (1, 2):
        taken, clock = {1: 0, 2: 0, "now": 1}, [0.0]
        monkeypatch.setattr(module.numba, "set_num_threads", lambda n: taken.update(now=n))
        monkeypatch.setattr(module, "perf_counter", lambda: clock[0])
        simulation = llg.Simulation(problem, m)
        work = simulation._crew.work

        def counted(advance, attempts, counts):
            def slowly(attempts):
                before = counts[2]
                try:
                    return advance(attempts)
                finally:
                    steps = int(counts[2] - before)
                    taken[taken["now"]] += steps
                    clock[0] += steps * (20.0 if taken["now"] == slow else 1.0)
            return work(slowly, attempts, counts)
        monkeypatch.setattr(simulation._crew, "work", counted)
        simulation.run(5e-12, dt=1e-14)
        assert 0 < taken[slow] < 0.02 * sum(taken[n] for n in (1, 2))
        assert np.array_equal(simulation.m, fixed.m)


def test_the_slower_number_of_threads_gets_little_time(monkeypatch):
    """Who is slower gets some 5 % of the time, in short turns; who takes over begins with few steps and doubles them;
    a machine that changes sides is followed; steps that fail count for nobody."""
    from torquelib.llg import simulation as module
    crew, counts, clock, now, calls = module._Crew(8), np.zeros(4, dtype=np.int64), [0.0], [8], []
    cost = {1: 30.0, 8: 1.0}
    monkeypatch.setattr(module, "perf_counter", lambda: clock[0])
    monkeypatch.setattr(module.numba, "get_num_threads", lambda: now[0])
    monkeypatch.setattr(module.numba, "set_num_threads", lambda n: now.__setitem__(0, n))

    def advance(attempts):
        calls.append((now[0], attempts))
        counts[2] += attempts
        clock[0] += attempts * cost[now[0]]
        return attempts > 0

    def share(threads):
        time = {n: sum(steps * cost[n] for who, steps in calls if who == n) for n in cost}
        return time[threads] / sum(time.values())

    for _ in range(400):
        assert crew.work(advance, 1280, counts) and now == [8]
    assert calls[:14] == [(8, 0), (1, 10), *((8, 10 * 2**k) for k in range(7)), *4 * [(8, 1280)], (1, 10)]
    assert {steps for who, steps in calls if who == 1} == {10} and max(calls) == (8, 1280)
    assert 0.04 < share(1) < 0.05
    cost.update({1: 1.0, 8: 30.0})
    for _ in range(100):
        crew.work(advance, 1280, counts)
    calls.clear()
    for _ in range(400):
        crew.work(advance, 1280, counts)
    assert 0.04 < share(8) < 0.05
    with np.errstate(all="raise"):
        assert module._Crew(8).work(lambda attempts: False, 1280, counts) is False and now == [8]


def test_times_may_miss_the_end_by_a_rounding_error():
    """np.arange(0, 0.75e-9, 0.1e-9) ends at 0.7000000000000001e-9."""
    problem = llg.Problem(llg.Mesh(4, 2e-9), llg.Material(8e5, 0.1), [llg.Exchange(1.3e-11)])
    simulation = llg.Simulation(problem, (0.0, 0.0, 1.0))
    times = np.arange(0, 0.75e-9, 0.1e-9)
    assert times[-1] > 0.7e-9
    assert np.array_equal(simulation.run(0.7e-9, times=times).t, [*times[:-1], 0.7e-9])
    with pytest.raises(ValueError, match=r"times must lie within \[7e-10, 1e-09\] s; got \[7e-10, 1.0001e-09\]"):
        simulation.run(1e-9, times=[0.7e-9, 1.0001e-9])


def test_memory_holds_few_vector_fields():
    mesh = llg.Mesh((512, 512), 2e-9)
    field = 512 * 512 * 3 * 8
    problem = llg.Problem(mesh, llg.Material(8e5, 0.1), [llg.Exchange(1.3e-11)])
    simulation = llg.Simulation(problem, (0.0, 0.0, 1.0), threads=2)

    def size():
        arrays = [simulation._fields, simulation._slopes, *simulation._rings]
        return sum(a.nbytes for a in arrays) / field
    assert size() < 5
    simulation.run(1e-15, tolerance=1e-5)
    assert size() < 9


def test_interrupted_run_resumes_to_the_same_bits(tmp_path, monkeypatch):
    from torquelib.llg import simulation as module
    mesh = llg.Mesh((11, 7), (2e-9, 3e-9, 1e-9))
    problem, m = everything(mesh), smooth_state(mesh)
    times = np.linspace(0, 2e-12, 6)
    monkeypatch.setattr(module, "WORK", 5 * 4 * 77)                       # look up every five steps
    for way in ({"dt": 1.3e-14}, {"tolerance": 1e-7}, {"tolerance": 1e-5, "longest_step": 3e-14}):
        observe = {"m": llg.average, "energy": llg.energies}
        straight = llg.Simulation(problem, m)
        expected = straight.run(2e-12, times=times, observe=observe, **way)

        calls = []

        def interrupted(simulation):
            calls.append(simulation.t)
            if len(calls) == 4:
                raise KeyboardInterrupt
            return llg.average(simulation)
        broken = llg.Simulation(problem, m)
        with pytest.raises(KeyboardInterrupt):
            broken.run(2e-12, times=times, observe={**observe, "m": interrupted}, **way)
        assert 0 < broken.t < 2e-12

        def one_look(*arguments):                                        # and once more in the middle of an interval
            assert type(broken)._advance(broken, *arguments)
            raise KeyboardInterrupt
        monkeypatch.setattr(broken, "_advance", one_look)
        before = broken.t
        with pytest.raises(KeyboardInterrupt):
            broken.resume(observe)
        assert broken.t in times or broken.t > before
        broken.save(tmp_path / "state.npz")
        again = llg.Simulation.load(tmp_path / "state.npz", problem)
        record = again.resume(observe)
        assert np.array_equal(again.m, straight.m) and again.t == straight.t and again.steps == straight.steps
        assert np.array_equal(record.t, expected.t) and np.array_equal(record.m, expected.m)
        assert np.array_equal(record.energy["total"], expected.energy["total"])
