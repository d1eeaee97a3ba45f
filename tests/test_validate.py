"""Argument checks: what is allowed passes unchanged, the rest is refused with argument, value and what is allowed."""

import inspect
import pkgutil
import warnings
from decimal import Decimal
from fractions import Fraction
from importlib import import_module

import numpy as np
import pytest

import torquelib
from torquelib import _validate as check
from torquelib.bands import FreeElectron, TightBinding, check_band
from torquelib.bruteforce import helix_eigenstates, ring_eigenstates
from torquelib.chiral import berry_curvature
from torquelib.disorder.bloch_spiral import intrinsic_response
from torquelib.disorder.boltzmann import Collisions, SpiralBoltzmann
from torquelib.disorder.fermi import fermi_averages
from torquelib.disorder.impurities import Magnetic, SpinIndependent
from torquelib.disorder.scba import LatticeDisorder
from torquelib.disorder.sea import ElectronSea
from torquelib.disorder.torus import DisorderedTorus, average_torus
from torquelib.disorder.vertex import finite_ratio, full_ladder_ratio
from torquelib.gauge import gauge_potential, gauge_potential_numerical
from torquelib.hall import QiWuZhang
from torquelib.materials import Metal
from torquelib.response import (
    FermiDirac,
    brillouin_zone,
    drift,
    fermi_sphere,
    field_spin,
    k_box,
    local_hamiltonian,
)
from torquelib.spins import local_spin
from torquelib.spirals import RotatingSpiralState
from torquelib.spirals.evolution import SwitchedField, evolve
from torquelib.textures import (
    BlochWall,
    CustomTexture,
    DriftingSpiral,
    NeelWall,
    RashbaTexture,
    RotatingSpiral,
    Skyrmion,
    Uniform,
    check_texture,
)
from torquelib.units import SI_GAMMA, m_e

MODULES = [module.name for module in pkgutil.walk_packages(torquelib.__path__, "torquelib.")
           if not module.name.startswith(("torquelib.llg", "torquelib.drawing"))]


@pytest.mark.parametrize("value, odd",
                         [(3.0, ""), ([0.5, 0.0], ""), (0.0, ""), (-3e-9, "-3e-09 fs"), ([1.0, 5e9], "5e+09 fs")])
def test_implausible_values_pass_with_a_warning_that_names_the_unit(value, odd):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert check.plausible("tau", value, 1e-3, 1e6, "fs") is value
    assert [w.category for w in caught] == [check.ImplausibleValueWarning] * bool(odd)
    assert all(f"tau is taken in fs: {odd} is far from" in str(w.message) for w in caught)


def test_the_warning_points_at_the_line_that_called_the_library():
    from torquelib.torques import beta_intrinsic
    with pytest.warns(check.ImplausibleValueWarning) as caught:
        beta_intrinsic(J=1.6e-19, tau=3.0)
    assert caught[0].filename == __file__


@pytest.mark.parametrize("record, same", [
    (DriftingSpiral(Fraction(1, 4), np.float32(0.5)), DriftingSpiral(0.25, 0.5)),
    (RotatingSpiral(np.array(0.25), np.int8(1)), RotatingSpiral(0.25, 1.0)),
    (BlochWall(Decimal("2.5")), BlochWall(2.5)), (NeelWall(Fraction(5, 2)), NeelWall(2.5)),
    (Uniform(Fraction(1, 2), np.float32(0.25)), Uniform(0.5, 0.25)),
    (RashbaTexture(Fraction(1, 4)), RashbaTexture(0.25)),
    (Skyrmion(np.uint8(5), Fraction(3, 2), np.uint8(1), np.int8(-1)), Skyrmion(5.0, 1.5, 1.0, -1)),
    (CustomTexture(np.add, np.multiply, step=Fraction(1, 8)), CustomTexture(np.add, np.multiply, step=0.125)),
    (FermiDirac(Fraction(1, 2), np.float32(0.25)), FermiDirac(0.5, 0.25)),
    (SpinIndependent(Fraction(1, 2), np.int8(100)), SpinIndependent(0.5, 100.0)),
    (Magnetic(np.array(0.5), np.int8(100), np.uint8(20), Decimal(2)), Magnetic(0.5, 100.0, 20.0, 2.0)),
    (SwitchedField(Fraction(1, 4), np.uint8(2), Decimal(3)), SwitchedField(0.25, 2.0, 3.0)),
    (SwitchedField(np.array([0.25, 0.5])), SwitchedField((0.25, 0.5))),
    (QiWuZhang(Fraction(-1)), QiWuZhang(-1.0)),
    (Metal("Fe", np.int64(1_710_000), 1.5, 1e-7, 1e29, 0.002), Metal("Fe", 1.71e6, 1.5, 1e-7, 1e29, 0.002)),
    (Collisions(Fraction(5), np.float32(0.5)), Collisions(5.0, 0.5))], ids=lambda record: type(record).__name__)
def test_parameters_of_any_type_become_double_precision(record, same):
    """What follows from them is the same to the last digit: no sum runs in uint8, none meets a Fraction."""
    names = [name for name in type(record).__dataclass_fields__ if not callable(getattr(record, name))]
    assert [type(getattr(record, name)) for name in names] == [type(getattr(same, name)) for name in names]
    assert record == same and hash(record) == hash(same) and repr(record) == repr(same)


def test_records_of_arrays_are_compared_as_wholes():
    free = FreeElectron(dimension=1)
    torus = DisorderedTorus(TightBinding(1.0, 0.3, dimension=2), None, 0.1, J=0.5, sites=4)
    for make in (lambda: evolve(free, DriftingSpiral(0.1), SwitchedField(1e-3), [1.0], [0.0, 1.0], s=1, J=0.5),
                 lambda: helix_eigenstates(free, [[1.0]], 0.1, J=0.5), lambda: fermi_averages(free, J=0.5, E_F=1.0),
                 lambda: torus.response(E_F=2.0, kT=0.1, eta=[0.1, 0.2])):
        run, other = make(), make()
        assert run in [other, run] and run != other and len({run, other}) == 2


def test_small_integers_do_not_run_over():
    assert SpinIndependent(0.01, np.int8(100)).correlations() == pytest.approx((100.0, 0.0, 0.0))
    assert DisorderedTorus(TightBinding(1.0, 0.3, dimension=2), None, 0.1, J=0.5,
                           sites=np.int8(12)).energies.size == 288
    assert np.array_equal(*(berry_curvature([0, 0, 1], [0.1, 0.2], J=J, alpha_R=0.3) for J in (Decimal("0.5"), 0.5)))


def test_allowed_values_pass():
    assert check.finite("k", [1, 2], shape=(2,)).dtype == float
    assert check.finite("k", np.ones((4, 3, 2)), shape=(..., 2)).shape == (4, 3, 2)
    assert check.finite("k", np.ones((4, 2)), shape=(None, 2)).shape == (4, 2)
    assert check.number("x", np.float64(2), minimum=0, maximum=2) == 2.0
    assert check.positive("x", 1e-300) > 0 and check.nonnegative("x", 0) == 0
    assert check.integer("n", np.int64(3)) == 3
    assert check.finite("n", 4 * 10**28) == 4e28 and check.finite("n", [Fraction(1, 4), 1]).tolist() == [0.25, 1]
    assert check.finite("f", [True, False]).tolist() == [1, 0] and check.finite("psi", 1j, dtype=complex) == 1j
    assert check.choice("order", "first", ("first", "exact")) == "first"
    assert check.choice("dimension", np.int64(2), (1, 2, 3)) == 2
    assert check.common_shape(k=np.ones((4, 1)), x=np.ones(3), t=0.0) == (4, 3)
    assert check.band_index("s", 1.0) == 1 and check.band_index("s", -1) == -1
    assert check.unit_vectors("m", [[0, 0.6, 0.8]]).shape == (1, 3)
    assert check.hermitian("H", [[1, 2j], [-2j, 3]]).dtype == complex


@pytest.mark.parametrize("call, error, message", [
    (lambda: check.finite("k", "a"), TypeError, "k must be numeric; got 'a'"),
    (lambda: check.finite("k", "0.1"), TypeError, "k must be numeric; got '0.1'"),
    (lambda: check.finite("k", ["1", "2"]), TypeError, r"k must be numeric; got \['1', '2'\]"),
    (lambda: check.finite("k", None), TypeError, "k must be numeric; got None"),
    (lambda: check.finite("k", [1.0, None]), TypeError, r"k must be numeric; got \[1.0, None\]"),
    (lambda: check.finite("k", [[1.0, 2.0], [1.0]]), TypeError, r"k must be numeric"),
    (lambda: check.finite("k", np.datetime64("2015-12-30")), TypeError, r"k must be numeric"),
    (lambda: check.finite("k", 1 + 1j), TypeError, r"k must be real; got 1.\+1.j"),
    (lambda: check.finite("k", np.ones(3, dtype=complex)), TypeError, r"k must be real; got \[1.\+0.j"),
    (lambda: check.finite("k", np.array([10**30, 1j])), TypeError, r"k must be real"),
    (lambda: check.finite("k", [1, np.nan]), ValueError, r"k must be finite; got \[ 1. nan\]"),
    (lambda: check.finite("k", np.ones(3), shape=(..., 2)), ValueError, r"k must have shape \(\.\.\., 2\); got \(3,\)"),
    (lambda: check.finite("k", np.ones(3), shape=(None, 3)), ValueError, r"k must have shape \(n, 3\); got \(3,\)"),
    (lambda: check.finite("k", np.ma.masked_array([1.0, 9e9], mask=[False, True])), ValueError,
     r"k must have no masked entries; got \[1.0 --\]"),
    (lambda: check.number("x", [1, 2]), ValueError, r"x must be a single number; got shape \(2,\)"),
    (lambda: check.number("x", 3, unit="nm", minimum=0, maximum=2), ValueError, r"x must lie in \[0, 2\] nm; got 3 nm"),
    (lambda: check.positive("x", 0.0, "eV"), ValueError, r"x must lie in \(0, inf\) eV; got 0 eV"),
    (lambda: check.nonnegative("x", -1), ValueError, r"x must lie in \[0, inf\]; got -1"),
    (lambda: check.integer("n", 2.0), TypeError, "n must be an integer; got 2.0"),
    (lambda: check.integer("n", True), TypeError, "n must be an integer; got True"),
    (lambda: check.integer("n", 0, minimum=1), ValueError, "n must be at least 1; got 0"),
    (lambda: check.choice("a", 3, (1, 2)), ValueError, "a must be one of 1, 2; got 3"),
    (lambda: check.choice("a", np.array([1, 2]), (1, 2)), ValueError, r"a must be one of 1, 2; got array\(\[1, 2\]\)"),
    (lambda: check.choice("a", np.array([]), ("x", "y")), ValueError, "a must be one of 'x', 'y'; got array"),
    (lambda: check.choice("a", 2.0, (1, 2)), ValueError, "a must be one of 1, 2; got 2.0"),
    (lambda: check.choice("a", True, (1, 2)), ValueError, "a must be one of 1, 2; got True"),
    (lambda: check.common_shape(J=np.ones(2), tau=np.ones(3)), ValueError,
     r"J, tau must broadcast against each other; got shapes \(2,\), \(3,\)"),
    (lambda: check.band_index("s", [1, -1]), ValueError, r"s must be \+1 \(minority\) or -1 \(majority\)"),
    (lambda: check.band_index("s", 0), ValueError, r"got 0"),
    (lambda: check.unit_vectors("m", [0, 0, 2]), ValueError, "m must hold unit vectors"),
    (lambda: check.hermitian("H", [[1, 1j], [1j, 1]]), ValueError, "H must be hermitian"),
])
def test_refused_values(call, error, message):
    with pytest.raises(error, match=message):
        call()


# --- objects ---------------------------------------------------------------------------------------------------------

NOT_CALLED = ("CoarseGridWarning", "ImplausibleValueWarning", "Evolution")


def public(parameter):
    """(name, function) of every function and class of the physics modules that takes ``parameter``."""
    found = []
    for module in map(import_module, MODULES):
        for name, thing in vars(module).items():
            own = callable(thing) and not name.startswith("_") and getattr(thing, "__module__", "") == module.__name__
            if own and name not in NOT_CALLED and parameter in inspect.signature(thing).parameters:
                found.append(pytest.param(thing, id=f"{module.__name__.removeprefix('torquelib.')}.{name}"))
    return found


def call_with(function, **given):
    """Call with None for every other argument: the one in question is to be named first."""
    needed = [p for p in inspect.signature(function).parameters.values() if p.default is p.empty]
    return function(**{**{p.name: None for p in needed}, **given})


@pytest.mark.parametrize("wrong", [None, "free", 1.0, np.ones(3), FreeElectron, BlochWall(5.0)], ids=str)
@pytest.mark.parametrize("function", public("band"))
def test_wrong_bands_are_named(function, wrong):
    with pytest.raises(TypeError, match=r"^band must be an object such as FreeElectron\(.*; got "):
        call_with(function, band=wrong)


@pytest.mark.parametrize("wrong", [None, [0, 0, 1.0], BlochWall, FreeElectron(dimension=3)], ids=str)
@pytest.mark.parametrize("function", public("texture"))
def test_wrong_textures_are_named(function, wrong):
    with pytest.raises(TypeError, match=r"^texture must be an object such as BlochWall\(5.0\).*; got "):
        call_with(function, texture=wrong,
                  **({"band": FreeElectron(dimension=3)} if "band" in inspect.signature(function).parameters else {}))


@pytest.mark.parametrize("parameter, good", [("grid", "KGrid"), ("run", "Evolution"), ("state", "RotatingSpiralState"),
                                             ("torus", "DisorderedTorus")])
def test_other_wrong_objects_are_named(parameter, good):
    others = {"band": FreeElectron(dimension=3), "texture": BlochWall(5.0)}
    functions = [param.values[0] for param in public(parameter)]
    assert functions
    for function in functions:
        given = {name: other for name, other in others.items() if name in inspect.signature(function).parameters}
        with pytest.raises(TypeError, match=f"^{parameter} must be an? {good}; got None"):
            call_with(function, **{parameter: None}, **given)


class OwnBand:
    """Only what README.md asks for, and no base class."""

    dimension = 2

    def energy(self, k):
        return FreeElectron(dimension=2).energy(k)

    def velocity(self, k):
        return FreeElectron(dimension=2).velocity(k)

    def inverse_mass(self, k):
        return FreeElectron(dimension=2).inverse_mass(k)


class OwnTexture:
    """Only what `TextureLike` asks for, and no base class."""

    def angles(self, x, y, z, t):
        return 0.2*x + 0.1*t, np.zeros(1)

    def angle_derivatives(self, x, y, z, t):
        return np.reshape([0.2, 0, 0, 0.1], (4,) + (1,)*np.ndim(x)), np.zeros((4,) + (1,)*np.ndim(x))


class OwnField:
    """Only what `FieldLike` asks for: 1 mV/nm, switched on at t = 0."""

    def integral(self, t):
        return 1e-3 * np.clip(t, 0, None)


def test_an_own_texture_and_field_without_base_class_are_enough():
    own, spiral, x, k = OwnTexture(), DriftingSpiral(0.2, 0.1), np.linspace(0, 9, 4), np.array([[1.0]])
    band, clock = FreeElectron(dimension=1), np.linspace(0, 20, 41)
    for function in (gauge_potential, gauge_potential_numerical):
        assert np.allclose(*(function(texture, x, t=2.0) for texture in (own, spiral)), atol=1e-10)
    assert check_texture(own, x) < 1e-9
    assert np.allclose(*(field_spin(band, texture, k, x, s=1, J=0.5, E=1e-3) for texture in (own, spiral)), atol=1e-16)
    assert np.allclose(*(evolve(band, texture, field, [1.0], clock, s=-1, J=0.5).spin
                         for texture, field in ((own, OwnField()), (spiral, SwitchedField(1e-3)))), atol=1e-12)


def test_what_an_own_object_returns_is_checked():
    class Crooked(OwnTexture):
        def angles(self, x, y, z, t):
            return np.zeros(3), np.zeros(3)

    class Late(OwnField):
        def integral(self, t):
            return np.full_like(t, np.nan)

    class Flat(OwnBand):
        def velocity(self, k):
            return k[..., 0]

    with pytest.raises(ValueError, match=r"texture.angles\(x, y, z, t\) must return two arrays of shape \(5,\)"):
        gauge_potential(Crooked(), np.zeros(5))
    with pytest.raises(ValueError, match=r"field.integral\(t\) must be finite"):
        evolve(FreeElectron(dimension=1), DriftingSpiral(0.2), Late(), [1.0], [0.0, 1.0], s=-1, J=0.5)
    with pytest.raises(ValueError, match="velocity_function must return shape"):
        local_spin(Flat(), BlochWall(5.0), np.ones((4, 2)), 0.0, s=1, J=0.5)


CHAIN = TightBinding(1.0, 0.3, dimension=1)


@pytest.mark.parametrize("call, name", [
    (lambda: BlochWall(5e-9), "width is taken in nm"), (lambda: TightBinding(1.0, 3e-10, dimension=1), "lattice_con"),
    (lambda: DriftingSpiral(1e8), "p is taken in rad/nm"), (lambda: SwitchedField(1e5), "amplitude is taken in V/nm"),
    (lambda: drift(E=1e-3, tau=1e-14), "tau is taken in fs"), (lambda: FermiDirac(1.6e-19, 0.0), "chemical_potential"),
    (lambda: FreeElectron(9.1e-31, dimension=1), "mass is taken in eV fs²/nm²"),
    (lambda: field_spin(CHAIN, BlochWall(5.0), [1.0], 0.0, s=1, J=1.6e-19, E=1e-3), "J is taken in eV"),
    (lambda: field_spin(CHAIN, BlochWall(5.0), [1.0], 0.0, s=1, J=0.5, E=1e6), "E is taken in V/nm"),
    (lambda: full_ladder_ratio(FreeElectron(dimension=2), J=0.5, E_F=2.4e-19), "E_F is taken in eV"),
    (lambda: evolve(CHAIN, DriftingSpiral(0.1), SwitchedField(1e-3), [1.0], [0.0, 2e-14], s=1, J=0.5),
     "times is taken in fs")])
def test_si_numbers_for_electrons_are_noticed(call, name):
    with pytest.warns(check.ImplausibleValueWarning, match=name):
        call()


def test_an_own_band_without_base_class_is_enough():
    own, free, k = OwnBand(), FreeElectron(dimension=2), np.array([[1.0, 2.0], [0.5, -3.0]])
    assert max(check_band(own, k)) < 1e-8
    assert np.array_equal(*(local_spin(band, BlochWall(5.0), k, 0.0, s=1, J=0.5) for band in (own, free)))
    assert np.array_equal(*(local_hamiltonian(band, np.ones((4, 3)), J=0.5)[1](k) for band in (own, free)))
    impurities = Magnetic(0.5, 0.3)
    for ratio, kind, near in ((full_ladder_ratio, impurities, 1e-6), (finite_ratio, impurities.diluted(4), 0.05)):
        expected = ratio(free, kind, J=0.5, E_F=1.5)
        assert ratio(own, kind, J=0.5, E_F=1.5, cutoff=12.0) == pytest.approx(expected, abs=near)


# what an argument is when a caller leaves it out: nothing, or the one that everybody means
LEFT_OUT = {**dict.fromkeys("x y z t E omega angle phi theta helicity twist tilt position start ramp shift rate eta "
                            "quartic dephasing beta beta_int damping_like field_like".split(), 0.0),
            "mass": m_e, "gamma": SI_GAMMA, "mass_ratio": 1.0, "anisotropy": 1.0, "spin": 1.0, "vorticity": 1,
            "layers": 1, "workers": 1, "order": "first", "normal": (0.0, 1.0, 0.0), "antiperiodic": (False, False),
            "periodic": False}


def test_what_is_left_out_is_nothing_or_what_everybody_means():
    met = set()
    for name in (module.name for module in pkgutil.walk_packages(torquelib.__path__, "torquelib.")
                 if not module.name.startswith("torquelib.drawing")):
        own = [x for x in vars(import_module(name)).values() if getattr(x, "__module__", "") == name]
        of_classes = [f for x in own if inspect.isclass(x) for f in vars(x).values()]
        for function in filter(inspect.isfunction, [*own, *of_classes]):
            for parameter in inspect.signature(function).parameters.values():
                if (parameter.name in LEFT_OUT and parameter.default not in (parameter.empty, None)
                        and (not function.__name__.startswith("_") or function.__name__ == "__init__")):
                    assert parameter.default == LEFT_OUT[parameter.name], (name, function, parameter)
                    met.add(parameter.name)
    assert met == set(LEFT_OUT)


SQUARE, PLAIN = TightBinding(0.4, 0.3, dimension=2), SpinIndependent(5.0, 0.05)
AT = dict(J=0.53, E_F=0.9)


@pytest.mark.parametrize("name, least, call", [
    ("number", 4, lambda n: ElectronSea(0.01, tau=6.0, number=n, **AT)),
    ("seed", 1, lambda n: ElectronSea(0.01, tau=6.0, number=4, seed=n, **AT)),
    ("shells", 8, lambda n: SpiralBoltzmann(FreeElectron(dimension=2), 0.01, kT=0.5, shells=n, **AT)),
    ("angles", 8, lambda n: SpiralBoltzmann(FreeElectron(dimension=2), 0.01, kT=0.5, angles=n, **AT)),
    ("points", 16, lambda n: LatticeDisorder(SQUARE, PLAIN, 0.1, points=n, **AT)),
    ("nodes", 4, lambda n: LatticeDisorder(SQUARE, PLAIN, 0.1, nodes=n, **AT)),
    ("points", 2, lambda n: intrinsic_response(SQUARE, 0.1, kT=5.0, points=n, **AT)),
    ("sites", 4, lambda n: DisorderedTorus(SQUARE, None, 0.1, J=0.53, sites=n)),
    ("samples", 1, lambda n: average_torus(SQUARE, None, 0.1, kT=0.1, eta=[0.1], sites=4, samples=n, **AT)),
    ("workers", 1, lambda n: average_torus(SQUARE, None, 0.1, kT=0.1, eta=[0.1], sites=4, samples=1, workers=n, **AT)),
    ("n_waves", 1, lambda n: ring_eigenstates(FreeElectron(dimension=1), Uniform(), 5.0, J=0.53, n_waves=n)),
    ("points", 2, lambda n: brillouin_zone(SQUARE, n)), ("points", 2, lambda n: k_box(1.0, n, 2)),
    ("radial", 2, lambda n: fermi_sphere([1.0], 2, radial=n)),
    ("angular", 4, lambda n: fermi_sphere([1.0], 2, angular=n)),
    ("n", 8, lambda n: QiWuZhang(-1.0).hall_sea(E_F=-1.5, n=n)),
    ("n", 8, lambda n: QiWuZhang(-1.0).fermi_line(E_F=-1.5, n=n)),
    ("n", 8, lambda n: QiWuZhang(-1.0).edge_channels(E_F=-0.1, n=n)),
    ("width", 2, lambda n: QiWuZhang(-1.0).ribbon([0.1], width=n)),
    ("waves", 2, lambda n: RotatingSpiralState(FreeElectron(dimension=1), [4.0], 0.1, J=1.0, s=1, omega=0.1, waves=n))])
def test_the_least_number_is_enough(name, least, call):
    """At least for this check: the fewest may still be too few for a result."""
    with pytest.raises(ValueError, match=f"^{name} must be at least {least}; got {least - 1}"):
        call(least - 1)
    try:
        call(least)
    except ValueError as error:
        assert not str(error).startswith(f"{name} must be at least {least};"), error
