"""What every energy term and every drive must pass, without being named here: found among the subclasses, made as the
example in its docstring makes it."""

import inspect
import re
from dataclasses import fields, replace
from fractions import Fraction

import numpy as np
import pytest
from scipy.constants import mu_0

from torquelib import llg
from torquelib.units import SI_GAMMA


def example(kind):
    """The term that its docstring shows between backticks."""
    found = re.search(rf"`({kind.__name__}\(.*?\))`[ .]", kind.__doc__.replace("\n", " ") + " ")
    assert found, f"the docstring of {kind.__name__} has no example `{kind.__name__}(...)`"
    return eval(found[1], {"mu_0": mu_0, "Ms": 8e5, kind.__name__: kind})


def public(base):
    return [kind for name in llg.__all__ if inspect.isclass(kind := getattr(llg, name))
            and issubclass(kind, base) and kind is not base]


TERMS, DRIVES = public(llg.EnergyTerm), public(llg.Drive)
FILM = llg.Mesh((4, 3), (2e-9, 3e-9, 1e-9), (True, False))
SPIRAL = [llg.Exchange(1.3e-11)]


def state(mesh, seed=3):
    m = np.random.default_rng(seed).normal(size=mesh.m_shape)
    return m / np.linalg.norm(m, axis=-1, keepdims=True)


def problem(kind, **changes):
    thing = example(kind)
    place = {"terms": [thing]} if issubclass(kind, llg.EnergyTerm) else {"terms": SPIRAL, "drive": [thing]}
    return llg.Problem(**{"mesh": FILM, "material": llg.Material(8e5, 0.0), **place, **changes})


def test_every_class_is_found():
    """Subclasses in the library are all public, but for those with a leading underscore that share what others have."""
    def below(kind):
        return {kind}.union(*map(below, kind.__subclasses__()))
    for base, kinds in ((llg.EnergyTerm, TERMS), (llg.Drive, DRIVES)):
        assert {k for k in below(base) - {base} if k.__module__.startswith("torquelib.")
                and not k.__name__.startswith("_")} == set(kinds) and len(kinds) >= 3


@pytest.mark.parametrize("kind", TERMS)
def test_the_torque_is_the_derivative_of_the_energy(kind):
    assert llg.check_term(example(kind)) < 1e-7


@pytest.mark.parametrize("kind", TERMS + DRIVES)
def test_an_array_of_equal_values_is_the_number(kind):
    """Also between cells, where means of the two stand."""
    m, one = state(FILM), problem(kind)
    for name in kind._per_cell:
        many = replace(example(kind), **{name: np.full(FILM.shape, getattr(example(kind), name))})
        many = problem(kind, **({"terms": [many]} if kind in TERMS else {"drive": [many]}))
        assert many.energies(m)["total"] == pytest.approx(one.energies(m)["total"], rel=1e-12, abs=0)
        thing, other = ((p.terms if kind in TERMS else p.drive)[0].coefficients(p) for p in (one, many))
        assert thing.keys() == other.keys()
        for key in thing:
            np.testing.assert_allclose(other[key], np.broadcast_to(thing[key], FILM.shape), rtol=1e-12)


@pytest.mark.parametrize("kind", TERMS)
def test_the_check_sees_a_wrong_energy(kind, monkeypatch):
    """A term whose energy is doubled, its coefficients not."""
    energy = kind.energy
    monkeypatch.setattr(kind, "energy", lambda self, problem, m: 2 * energy(self, problem, m))
    assert llg.check_term(example(kind)) > 1e-3


def jacobian(problem, m):
    """d(∂t m)/dm in the planes across m, by central differences: (2n, 2n)."""
    spins = m.reshape(-1, 3)
    first = np.cross(spins, np.eye(3)[np.argmin(np.abs(spins), axis=1)])
    first /= np.linalg.norm(first, axis=-1, keepdims=True)
    frame = np.stack([first, np.cross(spins, first)], 1)                                    # (n, 2, 3)
    columns, step = [], 1e-5
    for n, a in np.ndindex(len(spins), 2):
        ends = []
        for sign in (1, -1):
            turned = spins.copy()
            turned[n] = np.cos(step) * spins[n] + sign * np.sin(step) * frame[n, a]
            ends.append(llg.torque(problem, turned.reshape(m.shape)).reshape(-1, 3))
        columns.append(np.einsum("nai,ni->na", frame, (ends[0] - ends[1]) / (2 * step)).ravel())
    return np.array(columns).T


@pytest.mark.parametrize("kind", TERMS + DRIVES)
def test_the_bound_on_the_rate_is_one(kind):
    """The largest eigenvalue of the torque, linearised about a rough and about a checkered state, is below what the
    stability limit assumes, and not by orders: a bound that leaves the term out is seen."""
    found = problem(kind)
    without = found.replaced(terms=()) if kind in TERMS else found.replaced(drive=())
    rough = state(FILM)
    checkered = np.where((np.indices((3, 4)).sum(0) % 2 == 0)[..., None], rough[0, 0], -rough[0, 0])
    worst = max(np.abs(np.linalg.eigvals(jacobian(found, m))).max() for m in (rough, checkered))
    rate = llg.problem.RK4_RADIUS / np.array([found.stability_limit(), without.stability_limit()])
    other = max(np.abs(np.linalg.eigvals(jacobian(without, m))).max() for m in (rough, checkered))
    assert 0 < worst <= 1.001 * rate[0]
    assert rate[0] - rate[1] >= 0.999 * (worst - other) and rate[0] > rate[1]


@pytest.mark.parametrize("alpha", [0.0, 0.3, 2.0])
def test_damping_slows_what_sets_the_step(alpha):
    """A spin in a field turns at γB/√(1 + α²), spiralling in: the limit grows by the root."""
    problem = llg.Problem(llg.Mesh((1, 1), 2e-9), llg.Material(8e5, alpha), [llg.Zeeman((0.0, 0.0, 0.7))])
    tilted = np.array([1e-7, 0.0, 1.0])
    fastest = np.linalg.norm(llg.torque(problem, tilted)[..., :2]) / 1e-7
    assert fastest * problem.stability_limit() == pytest.approx(llg.problem.RK4_RADIUS, rel=1e-6)


@pytest.mark.filterwarnings("ignore:cells of 3 nm are too coarse")
@pytest.mark.parametrize("alpha, share", [(0.01, 1e-3), (0.0, llg.problem.NUMERICAL_DAMPING)])
def test_the_default_step_damps_waves_by_a_tenth_of_alpha_at_most(alpha, share):
    """A wave of five cells along the finer direction, by fixed steps of the limit of adaptive ones. Beside its
    frequency it falls by α, and by a tenth of it through the method, of the fourth order; so it does without damping,
    but by less."""
    K = 4e6                                                # as strong as exchange, so that neither can be left out
    problem = llg.Problem(llg.Mesh((5, 2), (2e-9, 3e-9, 1e-9), True), llg.Material(8e5, alpha),
                          [llg.Exchange(1.3e-11), llg.UniaxialAnisotropy(K)])
    place = 2*np.pi/5 * np.arange(5)
    wave = 1e-4 * np.stack([np.cos(place), np.sin(place)], -1)     # runs: all spins at one angle
    m = np.broadcast_to(np.concatenate([wave, np.sqrt(1 - 1e-8) * np.ones((5, 1))], -1), (2, 5, 3))
    frequency = np.linalg.norm(llg.torque(problem, m)[0, 0, :2]) / 1e-4 * np.sqrt(1 + alpha**2)
    run, steps, step = llg.Simulation(problem, m), 300, problem.adaptive_limit()
    run.run(steps * step, dt=step)
    fall = -np.log(np.linalg.norm(run.m[0, 0, :2]) / 1e-4) / (frequency * steps * step)
    assert 0.85 * share < fall - alpha / (1 + alpha**2) < 1.02 * share


def test_the_bound_of_layers_is_met_by_their_fastest_wave():
    """Neighbours against each other in the plane, almost so across an open stack of six: cos²(π/12) of the most."""
    mesh = llg.Mesh((4, 4), (4e-9, 5e-9, 1e-9), True, layers=6)
    stack, (z, y, x) = llg.Problem(mesh, llg.Material(8e5, 0.0), SPIRAL), np.indices((6, 4, 4))
    wave = 1e-6 * (-1.0)**(x + y) * np.cos(5*np.pi/6 * (z + 0.5))
    m = np.stack([wave, 0*wave, np.sqrt(1 - wave**2)], -1)
    fastest = np.abs(llg.torque(stack, m)[..., 1] / wave).max()
    assert 0.93 < fastest * stack.stability_limit() / llg.problem.RK4_RADIUS < 1


@pytest.mark.parametrize("kind, east, north", [(llg.InterfacialDMI, "x", "y"), (llg.BulkDMI, "y", "x")])
def test_the_bound_of_a_dmi_is_met(kind, east, north):
    """By a spin in the plane whose neighbours, opposite ones against each other, all pull along z."""
    mesh, axes = llg.Mesh((3, 3), (2e-9, 3e-9, 1e-9), True), dict(zip("xyz", np.eye(3)))
    film, found = problem(kind, mesh=mesh, terms=[example(kind)]), []
    for sign in (1, -1):
        m = np.tile(axes["x"], (3, 3, 1))
        m[1, 2], m[1, 0], m[2, 1], m[0, 1] = axes[east], -axes[east], sign * axes[north], -sign * axes[north]
        found.append(np.linalg.norm(llg.torque(film, m)[1, 1]))
    assert max(found) == pytest.approx(film.terms[0].rate(film, 0.0), rel=1e-12)


@pytest.mark.parametrize("kind", [kind for kind in TERMS if kind is not llg.Demagnetization])
def test_the_width_of_a_wall_knows_the_term(kind):
    """√(A/K), K from the energies of uniform states by the term itself: the even part, since an odd one moves walls and
    does not make them. (The demagnetising field is not local: its anisotropy depends on the film.)"""
    found = problem(kind, mesh=llg.Mesh((3, 3), 2e-9, True))
    directions = state(llg.Mesh(400, 1e-9))
    volume = 9 * 8e-27
    energy = np.array([found.energies(m)["total"] + found.energies(-m)["total"] for m in directions]) / (2 * volume)
    K, A = np.ptp(energy), found.exchange_constant
    if A or K > 1e-9:
        with_exchange = found if A else found.replaced(terms=[*SPIRAL, *found.terms])
        width = np.sqrt(with_exchange.exchange_constant / K) if K > 1e-9 else np.inf
        assert with_exchange.wall_width == pytest.approx(width, rel=0.03, abs=0)


@pytest.mark.parametrize("kind", TERMS + DRIVES)
def test_it_prints_its_parameters(kind):
    thing = example(kind)
    assert repr(thing).startswith(f"{kind.__name__}({fields(kind)[0].name}=") and repr(thing) in repr(problem(kind))


@pytest.mark.parametrize("thing", [
    *map(example, TERMS + DRIVES), llg.Material(8e5, 0.1), llg.WallModel(1.3e-11, 1.3e5, 1.3e4, 8e5, 0.1, 0.3),
    llg.WallChain(), llg.SkyrmionModel(1.5e-11, 8e5, 3e-3),
], ids=lambda thing: type(thing).__name__)
def test_numbers_are_kept_in_double_precision(thing):
    """Fractions and what numpy knows besides: the same numbers make the same thing."""
    for f in fields(thing):
        value = getattr(thing, f.name)
        numbers = value if isinstance(value, tuple) else (value,)
        given = [Fraction(number) if isinstance(number, float) else np.int64(number) for number in numbers]
        again = replace(thing, **{f.name: tuple(given) if isinstance(value, tuple) else given[0]})
        assert again == thing and hash(again) == hash(thing)
        kept = getattr(again, f.name)
        assert [type(number) for number in (kept if isinstance(value, tuple) else (kept,))] == [*map(type, numbers)]


@pytest.mark.parametrize("thing, name", [
    (thing, name) for thing in (*map(example, TERMS + DRIVES), llg.Material(8e5, 0.1)) for name in thing._per_cell])
def test_terms_of_arrays_are_compared_by_their_numbers(thing, name):
    value = np.full((3, 4), getattr(thing, name))
    other = value.copy()
    other[0, 0] += value[0, 0] or 0.1
    one, same, other = (replace(thing, **{name: array}) for array in (value, value.copy(), other))
    assert one == same and hash(one) == hash(same) and one != other and one != thing
    if name not in ("Ms", "alpha", "A"):                   # which cannot be below zero, nor minus it
        zero, minus = (replace(thing, **{name: sign * np.zeros((3, 4))}) for sign in (1, -1))
        assert zero == minus and hash(zero) == hash(minus)


@pytest.mark.parametrize("kind, name", [(kind, f.name) for kind in TERMS + DRIVES for f in fields(kind)])
def test_bad_parameters_are_refused_by_name(kind, name):
    for bad in (np.nan, None, "nonsense", [[1.0], [2.0, 3.0]], object()):
        with pytest.raises((ValueError, TypeError), match=name):
            replace(example(kind), **{name: bad})


@pytest.mark.parametrize("kind", TERMS + DRIVES)
def test_arrays_must_have_the_shape_of_the_mesh(kind):
    for name in kind._per_cell:
        thing = replace(example(kind), **{name: np.full((2, 2), getattr(example(kind), name))})
        with pytest.raises(ValueError, match=rf"{name} must be one number or have the mesh's shape \(3, 4\)"):
            (problem(kind, terms=[thing]) if kind in TERMS else problem(kind, drive=[thing]))


@pytest.mark.parametrize("kind", DRIVES)
def test_a_drive_without_a_strength_does_nothing(kind):
    thing = example(kind)
    nothing = replace(thing, **{kind._varying: 0 * np.asarray(getattr(thing, kind._varying))})
    m = state(FILM)
    still = llg.torque(problem(kind, drive=()), m)
    assert np.array_equal(llg.torque(problem(kind, drive=[nothing]), m), still)
    assert np.max(np.abs(llg.torque(problem(kind), m) - still)) > 0


@pytest.mark.parametrize("kind", [kind for kind in TERMS + DRIVES if kind._varying])
def test_a_function_of_time_is_read_at_its_time(kind):
    """At each time the torque and the energy are those of the constant term."""
    thing, name = example(kind), kind._varying
    value = np.asarray(getattr(thing, name))
    varying = replace(thing, **{name: lambda t: value * (1 + t * 1e12)})
    m = state(FILM)

    def made(one):
        return problem(kind, terms=[one]) if kind in TERMS else problem(kind, drive=[one])
    for t in (0.0, 2e-12):
        now = made(replace(thing, **{name: value * (1 + t * 1e12)}))
        np.testing.assert_allclose(llg.torque(made(varying), m, t), llg.torque(now, m), rtol=1e-12)
        assert made(varying).energies(m, t) == pytest.approx(now.energies(m), rel=1e-12, abs=0)
    assert not varying.constant and "a function of t" in repr(varying)
    with pytest.raises(ValueError, match=f"at most one {kind.__name__}"):
        llg.Problem(FILM, llg.Material(8e5, 0.1), *(([varying] * 2,) if kind in TERMS else ([], [varying] * 2)))


# ------------------------------------------------------------------ values of single terms

def test_spin_torque_is_that_of_its_equation():
    """∂t m = −γ m × B_F p − γ m × (m × B_D p) + α m × ∂t m, solved for ∂t m by the 3 × 3 matrix 1 − α m ×."""
    alpha, B_D, B_F, p = 0.3, 0.02, -0.05, np.array((0.3, 1.2, -0.4))
    m = state(FILM)
    found = llg.torque(llg.Problem(FILM, llg.Material(8e5, alpha), [], [llg.SpinTorque(p, B_D, B_F)]), m)
    right = -SI_GAMMA * (np.cross(m, B_F * p) + np.cross(m, np.cross(m, B_D * p)))
    cross = np.cross(m[..., None, :], np.eye(3)).swapaxes(-1, -2)                           # cross @ v = m × v
    expected = np.linalg.solve(np.eye(3) - alpha * cross, right[..., None])[..., 0]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12 * np.abs(expected).max())
    undamped = llg.Problem(FILM, llg.Material(8e5, 0.0), [], [llg.SpinTorque(p, B_D, B_F)])
    across = np.cross(p, (0.0, 0.0, 1.0)) / np.hypot(*p[:2])                                # here it turns fastest
    fastest = np.linalg.norm(llg.torque(undamped, across), axis=-1)
    np.testing.assert_allclose(fastest, undamped.drive[0].rate(undamped, 0.0), rtol=1e-12)


def test_walls_of_each_dmi():
    """A half turn from +z to −z stores −πD of the one handedness and +πD of the other: Néel's kind for the interfacial
    one, Bloch's for that of the bulk; the ghosts of both edges store the rest."""
    A, K, D = 1.3e-11, 1.3e5, 1e-4
    for kind, tilt in ((llg.InterfacialDMI, np.pi), (llg.BulkDMI, -np.pi / 2)):
        energies = []
        for angle in (tilt, tilt + np.pi, tilt + np.pi / 2):
            mesh = llg.Mesh(400, 1e-9)
            film = llg.Problem(mesh, llg.Material(8e5, 0.1), [llg.Exchange(A), llg.UniaxialAnisotropy(K), kind(D)])
            energies.append(film.energies(llg.wall(film, tilt=angle))[kind.__name__] / (mesh.dy * mesh.dz))
        edges = 2 * (np.hypot(2 * A / 1e-18, D / 1e-9) - 2 * A / 1e-18) / 2 * 1e-9
        assert energies == pytest.approx([-np.pi * D - edges, np.pi * D - edges, -edges], rel=2e-3, abs=1e-3 * D)


def test_a_helix_of_bulk_dmi_has_the_pitch_4_pi_A_over_D():
    """Bloch's helix with q = D/2A is the minimum of A q² − D q, −D²/4A, and the mirror image is not."""
    A, D = 1e-11, 1e-3
    period = 4 * np.pi * A / D
    mesh = llg.Mesh((128, 1), (period / 128, 1e-9, 1e-9), True)
    film = llg.Problem(mesh, llg.Material(4e5, 0.1), [llg.Exchange(A), llg.BulkDMI(D)])
    phase = 2 * np.pi * mesh.x / period
    for sign, expected in ((1, -1.0), (-1, 3.0)):
        m = np.stack([0 * phase, np.cos(phase), sign * np.sin(phase)], -1)[None]
        density = film.energies(m)["total"] / (128 * mesh.cell_volume)
        assert density / (D**2 / (4 * A)) == pytest.approx(expected, rel=1e-3)
    assert np.max(np.abs(llg.torque(film, np.stack([0 * phase, np.cos(phase), np.sin(phase)], -1)[None]))) < 1e3


# ------------------------------------------------------------------ films of a shape

def test_a_rectangle_cut_out_of_a_film_is_that_film():
    """Exchange, both kinds of DMI, anisotropy, field and current: cells that are not inside change nothing, not even
    the current's derivative where DMI turns the ghost of an edge."""
    small = llg.Mesh((9, 7), (2e-9, 3e-9, 1e-9))
    inside = np.zeros((11, 14), dtype=bool)
    inside[2:9, 3:12] = True
    large = llg.Mesh((14, 11), (2e-9, 3e-9, 1e-9), inside=inside)
    m = state(small)
    wide = np.full((11, 14, 3), 7.0)
    wide[2:9, 3:12] = m
    current = [llg.SpinCurrent((1e12, -2e12), 0.1)]
    chiral = [llg.InterfacialDMI(1e-3), llg.BulkDMI(-2e-3)]
    simple = [*SPIRAL, llg.UniaxialAnisotropy(1e5, (1, 2, 3)), llg.Zeeman((0.1, 0.2, 0.3))]
    for terms, drive in ((simple, current), (simple + chiral, current)):
        material = llg.Material(8e5, 0.1)
        alone, cut = llg.Problem(small, material, terms, drive), llg.Problem(large, material, terms, drive)
        simulation = llg.Simulation(cut, wide)
        torque = simulation.torque()
        np.testing.assert_allclose(torque[inside].reshape(7, 9, 3), llg.torque(alone, m), rtol=0,
                                   atol=1e-12 * np.abs(torque).max())
        assert not np.any(torque[~inside]) and not np.any(simulation.m[~inside])
        assert cut.energies(wide) == pytest.approx(alone.energies(m), rel=1e-12, abs=0)
        ends = []
        for made, start in ((alone, m), (cut, wide)):
            run = llg.Simulation(made, start)
            run.run(1e-12, dt=1e-14)
            run.run(2e-12, tolerance=1e-8)
            ends.append((run.m, llg.average(run)))
        np.testing.assert_allclose(ends[1][0][inside].reshape(7, 9, 3), ends[0][0], rtol=0, atol=1e-9)
        np.testing.assert_allclose(ends[1][1], ends[0][1], rtol=0, atol=1e-9)
        assert not np.any(ends[1][0][~inside])


@pytest.mark.parametrize("K", [5.0, -5.0, 2e5, -2e5])
def test_the_best_direction_of_an_anisotropy_costs_nothing(K):
    """And the worst |K| V, also in a film that is almost without."""
    problem = llg.Problem(FILM, llg.Material(8e5, 0.1), [llg.UniaxialAnisotropy(K, "z")])
    along, across = (problem.energies(m)["total"] for m in ((0.0, 0.0, 1.0), (1.0, 0.0, 0.0)))
    best, worst = (along, across) if K > 0 else (across, along)
    volume = FILM.filled * FILM.cell_volume
    assert abs(best) <= 1e-12 * worst and worst == pytest.approx(abs(K) * volume, rel=1e-12, abs=0)


@pytest.mark.parametrize("kind", [llg.InterfacialDMI, llg.BulkDMI])
def test_no_dmi_is_the_limit_of_little(kind):
    """In half a film, up to its edges, and in a disk's."""
    for inside in (None, lambda x, y: np.hypot(x, y) < 9e-9):
        mesh = llg.Mesh((9, 7), (2e-9, 3e-9, 1e-9), inside=inside)
        m, half = state(mesh), mesh.x > 1e-9

        def made(little):
            D = np.tile(np.where(half, 1e-3, little), (mesh.ny, 1))
            return llg.Problem(mesh, llg.Material(8e5, 0.1), [llg.Exchange(1.3e-11), kind(D)])
        none, little = made(0.0), made(2e-9)
        assert none.energies(m)["total"] == pytest.approx(little.energies(m)["total"], rel=1e-5, abs=0)
        if inside and kind is llg.BulkDMI:                 # one will do: each compiles
            torque = llg.torque(none, m)
            np.testing.assert_allclose(torque, llg.torque(little, m), rtol=0, atol=1e-5 * np.abs(torque).max())


def test_no_exchange_is_the_limit_of_little():
    """In half a film, whose cells there do not feel each other."""
    mesh = llg.Mesh((9, 7), (2e-9, 3e-9, 1e-9))
    m, made = state(mesh), lambda little: llg.Problem(mesh, llg.Material(8e5, 0.1), [
        llg.Exchange(np.tile(np.where(mesh.x > 1e-9, 1.3e-11, little), (mesh.ny, 1)))])
    none, little = made(0.0), made(1e-17)
    assert none.energies(m)["total"] == pytest.approx(little.energies(m)["total"], rel=1e-5, abs=0)


def test_a_disk_has_the_demagnetising_field_of_its_cells():
    """Vacuum has no charges: the energy of a disk is that of the same cells with their M_s among others that have next
    to none."""
    mesh = llg.Mesh((12, 12), 3e-9)
    disk = llg.Mesh((12, 12), 3e-9, inside=lambda x, y: np.hypot(x, y) < 16e-9)
    m = state(mesh)
    weak = llg.Material(np.where(disk.inside, 8e5, 1e-9), 0.1)
    energies = [llg.Problem(*made, [llg.Demagnetization()]).energies(m)["total"]
                for made in ((disk, llg.Material(8e5, 0.1)), (mesh, weak))]
    assert energies[0] == pytest.approx(energies[1], rel=1e-9, abs=0)


@pytest.mark.parametrize("inside, message", [
    (np.zeros((3, 4), dtype=bool), "not all False"), (np.ones((4, 3), dtype=bool), r"got bool in the shape \(4, 3\)"),
    (np.ones((3, 4)), "inside must give bools in the mesh's shape"), (lambda x, y: x, "got float64 in the shape"),
])
def test_a_shape_must_be_one(inside, message):
    with pytest.raises(ValueError, match=message):
        llg.Mesh((4, 3), 1e-9, inside=inside)
