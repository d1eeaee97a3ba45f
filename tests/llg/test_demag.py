"""The demagnetising field against routes of its own: surface charges integrated numerically, Aharoni's formula for a
block, the sum over all pairs of cells, the derivative of the energy, and runs that evaluate it in every stage."""

import signal
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.constants import mu_0
from scipy.integrate import dblquad

from torquelib import llg
from torquelib.llg import demag, kernels
from torquelib.torques import adiabatic_velocity


def between(cell_size, r, axis):
    """N_aa between two cells at the offset r, a = axis, by charges: the energy of two pairs of charged faces,
    ∫∫ dA dA' / |r − r'|, whose fourfold integral has become a double one over the faces' offset."""
    size = np.array(cell_size, dtype=float)
    u, v = [a for a in range(3) if a != axis]

    def pair(height):
        def integrand(s, t):
            weight = (size[u] - abs(s)) * (size[v] - abs(t))
            return weight / np.sqrt((r[u] + s)**2 + (r[v] + t)**2 + height**2)
        return sum(dblquad(integrand, *t, *s, epsabs=1e-12, epsrel=1e-9)[0]
                   for s in ((-size[u], 0), (0, size[u])) for t in ((-size[v], 0), (0, size[v])))
    near = 2*pair(r[axis]) - pair(r[axis] + size[axis]) - pair(r[axis] - size[axis])
    return near / (4*np.pi * np.prod(size))


@pytest.mark.parametrize("cell_size, offset", [((1, 1, 1), (0, 0, 2)), ((2, 3, 1), (2, -1, 3)),
                                               ((2, 2, 0.5), (1, 2, 0))])
def test_tensor_against_charges_on_faces(cell_size, offset):
    """The diagonal of N from Coulomb's law between charged faces, with neither Newell's functions nor a dipole."""
    r = np.multiply(offset, cell_size)
    N = demag.tensor(cell_size, np.abs(offset) + 1)[:, -1, -1, -1]
    expected = [between(cell_size, r, axis) for axis in range(3)]
    np.testing.assert_allclose(N[[0, 2, 3]], expected, rtol=1e-6, atol=1e-9)


def aharoni(a, b, c):
    """N_zz of a block of semi-axes a, b, c: A. Aharoni, J. Appl. Phys. 83, 3432 (1998), Eq. (1)."""
    r, ab, bc, ac = np.sqrt(a*a + b*b + c*c), np.hypot(a, b), np.hypot(b, c), np.hypot(a, c)
    log = np.log
    return ((b*b - c*c)/(2*b*c) * log((r - a)/(r + a)) + (a*a - c*c)/(2*a*c) * log((r - b)/(r + b))
            + b/(2*c) * log((ab + a)/(ab - a)) + a/(2*c) * log((ab + b)/(ab - b))
            + c/(2*a) * log((bc - b)/(bc + b)) + c/(2*b) * log((ac - a)/(ac + a))
            + 2*np.arctan(a*b/(c*r)) + (a**3 + b**3 - 2*c**3)/(3*a*b*c)
            + (a*a + b*b - 2*c*c)/(3*a*b*c) * r + c/(a*b) * (ac + bc) - (ab**3 + bc**3 + ac**3)/(3*a*b*c)) / np.pi


def test_known_values():
    """A cube 1/3; a block against Aharoni; a flat film N_zz → 1; the trace 1 in the cell itself and 0 outside."""
    assert demag.tensor((1, 1, 1), (1, 1, 1))[[0, 2, 3], 0, 0, 0] == pytest.approx(1/3, abs=1e-14)
    assert demag.tensor((3, 2, 1), (1, 1, 1))[3, 0, 0, 0] == pytest.approx(aharoni(1.5, 1, 0.5), abs=1e-13)
    assert demag.tensor((3, 2, 1), (1, 1, 1))[0, 0, 0, 0] == pytest.approx(aharoni(0.5, 1, 1.5), abs=1e-13)
    flat = demag.tensor((1000, 1000, 1), (1, 1, 1))[3, 0, 0, 0]
    assert 1 - flat == pytest.approx(1 - aharoni(500, 500, 0.5), rel=1e-6)
    assert 1 - flat < 0.01
    N = demag.tensor((2, 2, 1), (30, 20, 2))
    trace = N[0] + N[2] + N[3]
    assert trace[0, 0, 0] == pytest.approx(1, abs=1e-13)
    trace[0, 0, 0] = 0
    assert np.abs(trace).max() < 1e-12


def test_the_two_forms_agree_where_they_meet():
    """Newell's form and Gauss's rule at 6 … 9 cells; beyond, Newell's form loses (r³/V)² of its digits and Gauss's
    rule none: 1000 cells away one is a dipole's field up to (cell/r)⁴, and nothing is left of the other."""
    sizes, counts = (2, 3, 1.5), (10, 8, 11)
    z, y, x = np.meshgrid(*(np.arange(n) * size for n, size in zip(counts[::-1], sizes[::-1])), indexing="ij")
    there = np.sqrt(x**2 + y**2 + z**2) >= 6 * 3
    far, near = demag.tensor(sizes, counts)[:, there], demag.newell(sizes, counts)[:, there]
    np.testing.assert_allclose(far, near, rtol=0, atol=1e-12)
    assert np.all(np.ptp(near, axis=1) > 1e-4)             # each of the six components
    distance, volume = 1000, 1.0
    dipole = volume / (4*np.pi * distance**3)
    exact = demag.tensor((1, 1, 1), (distance + 1, 1, 1))[:, 0, 0, distance]
    assert exact[3] == pytest.approx(dipole, rel=1e-9, abs=0)
    assert exact[0] == pytest.approx(-2*dipole, rel=1e-9, abs=0)
    lost = demag.newell((1, 1, 1), (distance + 1, 1, 1))[3, 0, 0, distance]
    assert abs(lost/dipole - 1) > 1


def test_no_cell_is_left_out_where_the_forms_meet(monkeypatch):
    """Whatever lay in the memory before: each cell gets one form or the other, also where it is 6 cells away but for a
    rounding, and the trace stays 0 outside the cell."""
    poison = np.frombuffer(np.full(1, 0x7FF4000000000000, dtype=np.int64).tobytes())[0]    # a signalling NaN

    def dirty(shape, *args, **kwargs):
        return np.full(shape, poison)
    monkeypatch.setattr(demag.np, "empty", dirty)
    for numerator, denominator in ((1, 49), (1, 3), (3, 7), (3, 10), (1, 1)):
        N = demag.tensor((1.0, numerator / denominator, 0.3), (9, 6*denominator // numerator + 3, 2))
        trace = N[0] + N[2] + N[3]
        trace[0, 0, 0] -= 1
        assert np.abs(trace).max() < 1e-10


@pytest.mark.parametrize("counts", [(9, 12, 1), (4, 12, 2), (1, 12, 9)])
def test_rows_of_the_tensor_may_be_asked_for_one_by_one(counts):
    whole = demag.tensor((2.0, 1.0, 3.0), counts)
    for first in range(12):
        rows = demag.tensor((2.0, 1.0, 3.0), counts, first, 1)
        np.testing.assert_allclose(rows[:, :, 0], whole[:, :, first], rtol=1e-9, atol=1e-13)


def pairs(cells, cell_size, repeats, M):
    """B = −μ0 Σ N·M, cell by cell and image by image."""
    nx, ny, nz = cells
    reach = [n if r is None else r*n + n//2 + 1 for n, r in zip(cells, repeats)]
    N = demag.tensor(cell_size, (*reach, nz))
    B = np.zeros_like(M)
    for to in np.ndindex(nz, ny, nx):
        for dz in range(to[0] - nz + 1, to[0] + 1):
            for dy in range(1 - reach[1], reach[1]):
                for dx in range(1 - reach[0], reach[0]):
                    source, weight = [to[0] - dz, to[1] - dy, to[2] - dx], 1.0
                    inside = True
                    for axis, d, n, r, count in ((2, dx, nx, repeats[0], reach[0]), (1, dy, ny, repeats[1], reach[1])):
                        if r is None:
                            inside &= 0 <= source[axis] < n
                        else:
                            weight *= 0.5 if n % 2 == 0 and abs(d) == count - 1 else 1.0
                            source[axis] %= n
                    if not inside:
                        continue
                    n = N[:, abs(dz), abs(dy), abs(dx)]
                    sign = [np.sign(d) or 1 for d in (dx, dy, dz)]
                    xy, xz, yz = n[1]*sign[0]*sign[1], n[4]*sign[0]*sign[2], n[5]*sign[1]*sign[2]
                    tensor = np.array([[n[0], xy, xz], [xy, n[2], yz], [xz, yz, n[3]]])
                    B[to] -= mu_0 * weight * tensor @ M[tuple(source)]
    return B


@pytest.mark.parametrize("cells, repeats", [((7, 5, 1), (None, None)), ((6, 5, 3), (None, None)),
                                            ((6, 3, 2), (1, None)), ((5, 4, 1), (2, 1))])
def test_convolution_against_all_pairs(cells, repeats):
    """Open, layered and repeated films; the number of threads changes no bit."""
    nx, ny, nz = cells
    rng = np.random.default_rng(5)
    m, Ms = rng.normal(size=(3*nz, ny, nx)), rng.uniform(1e5, 1e6, (ny, nx))
    convolution = demag.Convolution(cells, (2e-9, 3e-9, 1e-9), repeats)
    B = convolution.field(m, Ms).copy()
    M = np.moveaxis((m*Ms).reshape(nz, 3, ny, nx), 1, -1)
    expected = np.moveaxis(pairs(cells, (2, 3, 1), repeats, M), -1, 1).reshape(m.shape)
    np.testing.assert_allclose(B, expected, rtol=0, atol=1e-13 * np.abs(expected).max() * nx*ny)


def test_threads_change_no_bit():
    m = np.random.default_rng(1).normal(size=(3, 150, 140))
    convolution = demag.Convolution((140, 150, 1), (2e-9, 2e-9, 1e-9), (None, None))
    assert np.array_equal(convolution.field(m, 1.0).copy(), convolution.field(m, 1.0, threads=2))


# ------------------------------------------------------------------ in a simulation

def film(*, cells=(20, 16), vary=False, alpha=0.05, terms=(), drive=(), periodic=False):
    mesh = llg.Mesh(cells, (3e-9, 4e-9, 5e-9), periodic)
    rng = np.random.default_rng(2)
    Ms = 8e5 * (1 + 0.2*rng.uniform(-1, 1, mesh.shape)) if vary else 8e5
    return llg.Problem(mesh, llg.Material(Ms, alpha), [llg.Demagnetization(), *terms], drive)


def texture(problem, seed=0):
    """Smooth, with all three components."""
    rng = np.random.default_rng(seed)
    x, y = np.meshgrid(*(np.linspace(0, 1, n) for n in problem.mesh.cells))
    a = rng.normal(size=(3, 4))
    m = np.stack([c[0] + c[1]*x + c[2]*y + c[3]*np.sin(3*x - 2*y) for c in a], -1)
    return m / np.linalg.norm(m, axis=-1, keepdims=True)


def test_energy_of_a_uniform_block():
    """Aharoni's N along each axis, from a film cut into cells; with a stray field outside the trace is 1."""
    problem = film(cells=(30, 20))
    mesh = problem.mesh
    a, b, c = (n*size/2 for n, size in zip((*mesh.cells, 1), mesh.cell_size))
    unit = mu_0/2 * 8e5**2 * 8*a*b*c
    for m, expected in (((1, 0, 0), aharoni(b, c, a)), ((0, 1, 0), aharoni(a, c, b)), ((0, 0, 1), aharoni(a, b, c))):
        assert problem.energies(m)["Demagnetization"] / unit == pytest.approx(expected, abs=1e-11)


@pytest.mark.parametrize("periodic", [False, (True, False)])
@pytest.mark.parametrize("vary", [False, True])
def test_torque_is_the_derivative_of_the_energy(vary, periodic):
    """∂t m = −γ m × B without damping, B = −δE/δm / (M_s V), differentiated numerically in a few cells: what the
    kernel takes as local and what it takes from the convolution add up."""
    problem = film(vary=vary, alpha=0.0, periodic=periodic)
    m, step = texture(problem), 1e-4
    torque = llg.torque(problem, m)
    Ms = np.broadcast_to(problem.material.Ms, problem.mesh.shape)

    def energy(m):
        return problem.terms[0].energy(problem, m)
    for cell in ((0, 0), (7, 11), (15, 19)):
        B = np.zeros(3)
        for a in range(3):
            up, down = m.copy(), m.copy()
            up[cell][a] += step
            down[cell][a] -= step
            B[a] = -(energy(up) - energy(down)) / (2*step) / (Ms[cell] * problem.mesh.cell_volume)
        expected = -problem.material.gamma * np.cross(m[cell], B)
        np.testing.assert_allclose(torque[cell], expected, rtol=0, atol=1e-7 * problem.material.gamma)


def test_a_repeated_film_is_an_endless_one():
    """Of a uniform m_z: N_zz → 1, and what the repeats leave out halves where they double, as 1/distance."""
    missing = []
    for repeats in (5, 10, 20):
        problem = llg.Problem(llg.Mesh((16, 12), (3e-9, 4e-9, 5e-9), True), llg.Material(8e5, 0.1),
                              [llg.Demagnetization(repeats)])
        density = problem.energies((0, 0, 1))["total"] / (16 * 12 * problem.mesh.cell_volume)
        missing.append(1 - density / (mu_0/2 * 8e5**2))
    assert 0 < missing[2] < 0.01
    np.testing.assert_allclose(np.divide(missing[1:], missing[:-1]), [5.5/10.5, 10.5/20.5], rtol=0.01)


@pytest.mark.parametrize("axis, periodic", [(2, (True, False)), (1, (False, True))])
def test_where_a_period_begins_does_not_matter(axis, periodic):
    """A run of a film that is periodic in one direction, and of the same film counted from another cell."""
    problem = film(cells=(20, 17), periodic=periodic, terms=[llg.Exchange(1.3e-11)])
    m = texture(problem)

    def ended(shift):
        run = llg.Simulation(problem, np.roll(m, shift, axis - 1))
        run.run(20e-12, dt=problem.stability_limit() / 4)
        return np.roll(run.m, -shift, axis - 1)
    np.testing.assert_allclose(ended(9), ended(0), rtol=0, atol=1e-11)


def moving(alpha=0.05):
    return film(terms=[llg.Exchange(1.3e-11)], drive=[llg.SpinCurrent(3e12, beta=0.1)], alpha=alpha)


def reference(problem, m, until):
    """SciPy's integrator on the torque with the field of each state."""
    from scipy.integrate import solve_ivp
    simulation = llg.Simulation(problem, m)

    def slope(t, y):
        y = y.reshape(m.shape)
        simulation.m = y / np.linalg.norm(y, axis=-1, keepdims=True)
        return simulation.torque().ravel()
    end = solve_ivp(slope, (0, until), m.ravel(), method="DOP853", rtol=1e-9, atol=1e-9).y[:, -1].reshape(m.shape)
    return end / np.linalg.norm(end, axis=-1, keepdims=True)


def test_history_keeps_the_tolerance():
    """A state at rest, from which a current starts; against SciPy, which evaluates the field for every slope: the
    error stays below the steps' tolerances added up, falls with them, and one field serves several steps where the
    tolerance allows it."""
    problem = moving()
    m, until = llg.Simulation(problem, texture(problem)).relax(1e-5).m, 10e-12
    exact = reference(problem, m, until)
    errors = []
    for tolerance in (1e-4, 1e-6, 1e-8):
        simulation = llg.Simulation(problem, m)
        simulation.run(until, tolerance=tolerance)
        errors.append(np.linalg.norm(simulation.m - exact, axis=-1).max())
        assert errors[-1] < tolerance * simulation.steps
        if tolerance == 1e-4:
            assert simulation._history.evaluations < simulation.steps / 2
    assert errors[2] < 1e-2 * errors[0]


class Watched:
    """A history whose field at the end of each interval is given by hand."""

    def __init__(self, gamma=2.0, step=1e-3):
        self.now, self.cells, self.self_demagnetisation = np.zeros((3, 1, 1)), (1, 1, 1), np.zeros(3)
        self.clock, self.counts, self.step = np.zeros(6), np.zeros(4, dtype=np.int64), step
        self.fields = np.zeros((2, 1, 3, 8))
        self.history = demag.History(self, self.fields[0], Ms=1.0, gamma=gamma, force=1.0, periodic=False, threads=1)
        self.history.begin(self.clock, self.counts, self.fields[0])

    def field(self, m, Ms, threads):
        return self.now.copy()

    def settles(self, error, tolerance, fixed=False):
        """The steps up to where the field is due, and whether they stand; without an error it rises linearly."""
        steps = self.history.due - self.counts[kernels.ACCEPTED]
        self.counts[kernels.ACCEPTED] += steps
        self.clock[kernels.T] += steps * self.step
        now = np.array([0.6, 0.0, -0.8]) * error + np.array([1.0, 2.0, 3.0]) * self.clock[kernels.T]
        self.now = now[:, None, None]
        return self.history.settle(self.clock, self.counts, self.fields, tolerance, fixed)


def test_the_kernel_is_given_the_parabola_through_the_last_three_fields():
    watched = Watched()
    watched.settles(0.0, 1e-5)
    for error in (0.0, 1e-5, -2e-5, 3e-5):
        watched.settles(error, 1.0)
        points, far = watched.history.points, watched.history.far[0, :, :, kernels.PAD]
        for t, field in points:
            s = t - watched.history.origin
            assert far[0] + s * far[1] + s**2 * far[2] == pytest.approx(field[:, 0, 0], rel=1e-9, abs=1e-12)
    assert len(points) == 3 and watched.history.origin == points[0][0] == watched.clock[kernels.T]
    assert np.all(watched.history.far == watched.history.far[..., :1])                 # the one column's, everywhere


@pytest.mark.parametrize("factor", [0.1, 0.501, 0.95, 1.501, 3.0])
def test_the_next_interval_follows_from_how_far_the_parabola_missed(factor):
    """The field would have been c(t − t₀)(t − t₁)(t − t₂); what it turned wrongly is the integral of this."""
    watched, tolerance = Watched(gamma=2.0), 1e-5
    assert not watched.settles(0.0, tolerance)             # the first interval is repeated
    assert all([watched.settles(0.0, tolerance) for _ in range(7)]) and watched.history.interval == 128
    times = [t for t, _ in watched.history.points]
    begin, taken, span = watched.clock[kernels.T], watched.counts[kernels.ACCEPTED], 128 * watched.step
    cubic = np.polynomial.Polynomial.fromroots(times)
    turned = 2.0 * abs(cubic.integ()(begin + span) - cubic.integ()(begin))
    c = 128 * tolerance / turned / (factor / 0.9)**3
    stands = factor >= 0.9
    assert watched.settles(c * cubic(begin + span), tolerance) == stands
    assert watched.history.interval == int(128 * min(2.0, max(0.2, factor)))
    assert watched.clock[kernels.T] == pytest.approx(begin + span if stands else begin, rel=1e-12)
    assert watched.counts[kernels.ACCEPTED] == taken + (128 if stands else 0)
    assert watched.counts[kernels.REJECTED] == 1 + (0 if stands else 128)
    assert watched.history.due == watched.counts[kernels.ACCEPTED] + watched.history.interval
    assert watched.history.origin == watched.clock[kernels.T]


def test_a_single_step_is_shortened_where_the_field_misses():
    """The repeated first step goes along the straight line through its ends; the other end of the line was wrong by
    `miss`, half of it in the mean. Fixed steps cannot be shortened and stand."""
    for factor in (0.1, 0.5):
        watched, tolerance = Watched(gamma=2.0), 1e-5
        assert not watched.settles(0.0, tolerance)
        miss = tolerance / (2.0 * watched.step / 2) / (factor / 0.9)**2
        assert not watched.settles(miss, tolerance)
        assert watched.clock[kernels.H] == pytest.approx(max(0.2, factor) * watched.step, rel=1e-12)
        assert watched.clock[kernels.T] == 0 and watched.history.due == 1
    watched = Watched()
    assert not watched.settles(0.0, 1e-5, fixed=True) and watched.settles(1.0, 1e-5, fixed=True)


def test_no_state_turns_faster_than_the_bound():
    """The field of any film is at most μ0 M_s in the mean over it; a wide film that points out of its plane is near."""
    problem = film(cells=(40, 40))
    term = problem.terms[-1]
    assert isinstance(term, llg.Demagnetization)
    convolution = term.convolution(problem.mesh)
    m = np.zeros((3, 40, 40))
    m[2] = 1.0
    strongest = np.abs(convolution.field(m, 8e5)[2, 20, 20])
    assert strongest > 0.8 * mu_0 * 8e5
    assert 1 <= term.rate(problem, 0.0) / (problem.material.gamma * strongest) < 1.25


def test_an_interval_ends_before_the_field_could_turn_a_spin_by_half_a_radian():
    watched = Watched(gamma=2.0, step=demag.longest(2.0, 1.0) / 300.5)
    assert demag.longest(2.0, 1.0) * 2.0 * mu_0 * 1.0 == pytest.approx(0.5, rel=1e-12)
    watched.settles(0.0, 1e-5)
    seen = []
    for _ in range(12):
        assert watched.settles(0.0, 1e-5)
        seen.append(watched.history.interval)
    assert seen == [2, 4, 8, 16, 32, 64, 128, 256, *4 * [300]]


def test_fixed_steps_settle_too():
    problem = moving()
    m, until = texture(problem), 5e-12
    simulation = llg.Simulation(problem, m)
    simulation.run(until, dt=0.1e-12, tolerance=1e-7)
    assert simulation.steps == 50
    assert np.linalg.norm(simulation.m - reference(problem, m, until), axis=-1).max() < 1e-5


def test_energy_is_conserved_without_damping():
    problem = film(terms=[llg.Exchange(1.3e-11)], alpha=0.0)
    simulation = llg.Simulation(problem, texture(problem))
    before = simulation.energies()["total"]
    simulation.run(50e-12, tolerance=1e-7)
    assert simulation.energies()["total"] == pytest.approx(before, rel=1e-5, abs=0)


def test_relaxed_state_has_no_torque():
    """Relaxation ends on the field of the state itself, not on an extrapolated one."""
    problem = film(terms=[llg.Exchange(1.3e-11)])
    simulation = llg.Simulation(problem, texture(problem)).relax(1e-6)
    assert np.linalg.norm(simulation.torque(), axis=-1).max() < 1e-6 * problem.material.gamma


def test_interrupted_and_loaded_runs_end_on_the_same_bits(tmp_path):
    """The history belongs to the state: an observer that fails in mid-run, saved, loaded and resumed."""
    problem = moving()
    times = np.linspace(1e-12, 10e-12, 4)
    whole = llg.Simulation(problem, texture(problem))
    whole.run(10e-12, times=times, observe={"m": llg.snapshot})
    part = llg.Simulation(problem, texture(problem))

    def fails(simulation):
        if simulation.t > 5e-12:
            raise ZeroDivisionError
        return simulation.m
    with pytest.raises(ZeroDivisionError):
        part.run(10e-12, times=times, observe={"m": fails})
    part.save(tmp_path / "part")
    loaded = llg.Simulation.load(tmp_path / "part", problem)
    loaded.resume(observe={"m": llg.snapshot})
    assert np.array_equal(loaded.m, whole.m)


@pytest.mark.parametrize("way", [{}, {"dt": 0.7e-13}])
def test_looks_at_the_clock_change_no_bit(way, monkeypatch):
    """Nor does the number of steps between them, which the machine's haste decides."""
    from torquelib.llg import simulation as module
    drive = [llg.SpinCurrent(lambda t: 3e12 * np.sin(1e12 * t), beta=0.1)]
    for problem in (moving(), film(terms=[llg.Exchange(1.3e-11)], drive=drive, alpha=0.05)):
        found = []
        for steps in (1, 3, 7, 10**4):
            monkeypatch.setattr(module, "WORK", steps * 4 * problem.mesh.filled)
            simulation = llg.Simulation(problem, texture(problem))
            simulation.run(10e-12, **way)
            found.append(simulation.m)
        assert all(np.array_equal(m, found[0]) for m in found)


def with_ctrl_c(line, call):
    """Whether Ctrl-C, pressed when so many lines of the engine have run, ended the call."""
    left, before = [line], sys.gettrace()

    def trace(frame, event, _):
        if Path(frame.f_code.co_filename).parent.name != "llg" or "tests" in frame.f_code.co_filename:
            return None
        left[0] -= event == "line"
        if left[0] == 0:
            left[0] = -1
            signal.raise_signal(signal.SIGINT)
        return trace
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)       # in the background a shell ignores it
    sys.settrace(trace)
    try:
        call()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
        signal.signal(signal.SIGINT, handler)
    return False


@pytest.mark.parametrize("way", [{}, {"dt": 2e-14}])
@pytest.mark.parametrize("crew", [False, True])
def test_ctrl_c_wherever_it_comes_changes_no_bit(way, crew, monkeypatch):
    """Also in the middle of an evaluation of the field, or with the steps that lead up to one just taken."""
    from torquelib.llg import simulation as module
    problem, times = moving(), [1e-13, 3e-13, 4e-13]
    observe = {"m": llg.snapshot}
    if crew:
        monkeypatch.setattr(module, "SERIAL_BELOW", 1)
        monkeypatch.setattr(module.numba, "get_num_threads", lambda: 2)
        monkeypatch.setattr(module.numba, "set_num_threads", lambda n: None)
    whole = llg.Simulation(problem, texture(problem))
    expected, stopped = whole.run(4e-13, times=times, observe=observe, **way), 0
    for line in range(40, 1500, 73):
        part = llg.Simulation(problem, texture(problem))
        if not with_ctrl_c(line, lambda: part.run(4e-13, times=times, observe=observe, **way)):
            continue
        if part._plan is None:                             # before it began
            assert part.t == 0
            continue
        stopped += 1
        advance, calls = part._advance, []
        monkeypatch.setattr(part, "_advance", lambda *a: calls.append(1) or len(calls) < 1000 and advance(*a))
        assert np.array_equal(part.resume(observe).m, expected.m) and np.array_equal(part.m, whole.m), line
    assert stopped > 10


def test_a_relaxation_that_does_not_begin_or_is_stopped_leaves_the_clock(monkeypatch):
    from torquelib.llg import simulation as module
    simulation = llg.Simulation(moving(), (0.6, 0.0, 0.8), t=1e-12)
    history = simulation._history
    for line in range(1, 200, 9):
        assert with_ctrl_c(line, simulation.relax)
        assert simulation.t == 1e-12 and simulation._history is history

    def missing(progress, total):
        raise ImportError("no tqdm")
    monkeypatch.setattr(module, "_bar", missing)
    with pytest.raises(ImportError, match="no tqdm"):
        simulation.relax(progress=True)
    assert simulation.t == 1e-12 and simulation._history is history


def test_input_is_checked():
    with pytest.raises(ValueError, match="repeats"):
        llg.Demagnetization(repeats=-1)
    with pytest.raises(ValueError, match="at most one Demagnetization"):
        film(terms=[llg.Demagnetization()])


def test_films_without_it_have_no_history():
    problem = llg.Problem(llg.Mesh(10, 1e-9), llg.Material(8e5, 0.1), [llg.Exchange(1.3e-11)])
    assert problem.coefficients.far is None and llg.Simulation(problem, (0, 0, 1))._history is None


# ------------------------------------------------------------------ several layers

@pytest.mark.parametrize("demagnetised", [False, True])
def test_torque_of_layers_is_the_derivative_of_the_energy(demagnetised):
    """Exchange between layers, one term of each other kind in every layer, and the field of all on all."""
    mesh = llg.Mesh((9, 7), (3e-9, 4e-9, 2e-9), (True, False), layers=3)
    A = 1.3e-11 * (1 + 0.2*np.random.default_rng(1).uniform(-1, 1, mesh.shape))
    terms = [llg.Exchange(A), llg.UniaxialAnisotropy(1e5, (1, 2, 3)), llg.InterfacialDMI(1e-3),
             llg.Zeeman((0.1, 0.2, 0.3))]
    problem = llg.Problem(mesh, llg.Material(8e5, 0.0), terms + [llg.Demagnetization(2)] * demagnetised)
    m, step = np.random.default_rng(0).normal(size=mesh.m_shape), 1e-6
    m /= np.linalg.norm(m, axis=-1, keepdims=True)
    torque = llg.torque(problem, m)

    def along(cell, e):
        """Energy of m with one spin turned towards e ⊥ m."""
        turned = m.copy()
        turned[cell] = np.cos(step)*m[cell] + np.sin(step)*e
        return problem.energies(turned)["total"]
    for cell in ((0, 0, 0), (1, 3, 8), (2, 6, 4)):
        first = np.cross(m[cell], (1.0, 0, 0))
        first /= np.linalg.norm(first)
        B = -sum((along(cell, e) - along(cell, -e)) / (2*step) * e for e in (first, np.cross(m[cell], first)))
        expected = -problem.material.gamma * np.cross(m[cell], B / (8e5 * mesh.cell_volume))
        np.testing.assert_allclose(torque[cell], expected, rtol=0, atol=1e-6 * np.abs(expected).max())


def test_layers_alike_move_as_one():
    """Without the demagnetising field a film of three equal layers is three times a film, to rounding."""
    results = []
    for layers in (1, 3):
        mesh = llg.Mesh((16, 12), 3e-9, layers=layers)
        problem = llg.Problem(mesh, llg.Material(8e5, 0.1), [llg.Exchange(1.3e-11), llg.UniaxialAnisotropy(1e5, "z")],
                              [llg.SpinCurrent(1e12, beta=0.1)])
        simulation = llg.Simulation(problem, texture(problem))
        simulation.run(10e-12, dt=0.1e-12)
        results.append(np.broadcast_to(simulation.m, (3, 12, 16, 3)))
    np.testing.assert_allclose(results[1], results[0], rtol=0, atol=1e-12)


def test_standard_problem_5():
    """The means at 1 ns for ξ = 0.05 on 32 × 32 × 4 cells that a widely used solver keeps as its own test."""
    mesh = llg.Mesh((32, 32), (3.125e-9, 3.125e-9, 2.5e-9), layers=4)
    j_s = 72.35 / (1 + 0.05**2) / adiabatic_velocity(j_s=1.0, Ms=8e5)          # b = −u
    problem = llg.Problem(mesh, llg.Material(8e5, 0.1, 2.211e5 / mu_0), [llg.Exchange(1.3e-11), llg.Demagnetization()],
                          [llg.SpinCurrent(j_s, beta=0.05)])

    def vortex(x, y):
        m = np.stack([-y, x, np.full_like(x, 10e-9)], -1)
        return m / np.linalg.norm(m, axis=-1, keepdims=True)
    simulation = llg.Simulation(problem, vortex).relax(1e-4)
    simulation.run(1e-9)
    np.testing.assert_allclose(llg.average(simulation), (-0.23479773, -0.09453578, 0.02296375), rtol=0, atol=1e-3)


def test_memory_is_some_twenty_times_that_of_m():
    """What a run with the field holds, counted; what it passes on the way, a field and its rows, comes on top."""
    mesh = llg.Mesh((192, 192), 2e-9)
    problem = llg.Problem(mesh, llg.Material(8e5, 0.1), [llg.Exchange(1.3e-11), llg.Demagnetization()])
    simulation = llg.Simulation(problem, (0.6, 0.0, 0.8), threads=1)
    simulation.run(3e-12, tolerance=1e-3)
    history, convolution = simulation._history, simulation._history._convolution
    arrays = [simulation._fields, simulation._slopes, *simulation._rings, history.far, history._start, history._force,
              *(field for _, field in history.points), convolution.spectrum, convolution._real, convolution._wave]
    assert len(history.points) == 3
    assert 18 < sum(array.nbytes for array in arrays) / (192**2 * 3 * 8) < 21
