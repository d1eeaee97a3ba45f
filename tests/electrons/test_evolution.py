"""Time evolution: against the Schrödinger equation in the lab frame (QuTiP), against exact rotations, and bad input."""

import sys

import numpy as np
import pytest

from torquelib.bands import CosineLinear, FreeElectron, Quartic, TightBinding
from torquelib.spirals import misalignment_energy, spiral_field
from torquelib.spirals.evolution import SwitchedField, accelerated, evolve, evolve_schroedinger, precess
from torquelib.textures import BlochWall, CustomTexture, DriftingSpiral, RotatingSpiral, Uniform
from torquelib.units import e, hbar, m_e

J, p, E = 0.53, 0.1, 1e-4
TIMES = np.linspace(0, 200, 401)
SPIRAL = DriftingSpiral(p)
SIDE = CustomTexture(theta=lambda x, y, z, t: 0*x + np.pi/2, phi=lambda x, y, z, t: 0.1*x - 0.06*y + 0.03*t)
EQUATION_3 = hbar**2 * e * E * p / (4 * m_e * J**2)


def test_switched_field_is_the_derivative_of_its_integral():
    field = SwitchedField((0.3, -0.2), ramp=7.0, start=2.0)
    t = np.linspace(-1, 15, 400)
    t = t[(np.abs(t - 2) > 0.1) & (np.abs(t - 9) > 0.1)]
    h = 1e-4
    np.testing.assert_allclose((field.integral(t + h) - field.integral(t - h)) / (2*h), field(t), rtol=0, atol=1e-9)
    np.testing.assert_allclose(field(100.0), (0.3, -0.2))
    assert SwitchedField(0.3, start=1.0)(0.99) == 0 and SwitchedField(0.3, start=1.0)(1.01) == 0.3
    assert SwitchedField(0.3, start=1.0).integral(3.0) == pytest.approx(0.6)


def test_carriers_are_negative():
    band = FreeElectron(dimension=2)
    k = accelerated(band, SwitchedField(0.01), np.array([1.0, 2.0]), np.array([0.0, 10.0]))
    np.testing.assert_allclose(k, [[1, 2], [1 - e*0.01*10/hbar, 2]])


@pytest.mark.parametrize("s", (-1, 1))
@pytest.mark.parametrize("k", (-5.0, 0.0, 3.0))
def test_a_slow_ramp_gives_equation_3(s, k):
    """Sign and size: +(3) for the minority, −(3) for the majority. The corrections are 3Q²/2J² and the ramp's."""
    run = evolve(FreeElectron(dimension=1), SPIRAL, SwitchedField(E, ramp=100.0), [k], TIMES, J=J, s=s)
    assert run.deviation[-1, 0] == pytest.approx(s * EQUATION_3, rel=3e-3)
    np.testing.assert_allclose(np.linalg.norm(run.spin, axis=-1), 1, rtol=0, atol=1e-12)


def test_a_run_may_begin_late():
    """Only the length of a run is bounded, and a spiral that does not move knows no instant."""
    early = evolve(FreeElectron(dimension=1), SPIRAL, SwitchedField(E, ramp=100.0), [2.0], TIMES, J=J, s=-1)
    late = evolve(FreeElectron(dimension=1), SPIRAL, SwitchedField(E, ramp=100.0, start=2.0**26), [2.0],
                  TIMES + 2.0**26, J=J, s=-1)
    np.testing.assert_allclose(late.spin, early.spin, rtol=0, atol=1e-12)


def test_a_ramp_may_end_with_the_run():
    run = evolve(FreeElectron(dimension=1), SPIRAL, SwitchedField(E, ramp=TIMES[-1]), [2.0], TIMES, J=J, s=1)
    assert run.deviation[-1, 0] == pytest.approx(EQUATION_3, rel=3e-3)


def test_many_spins_precess_in_batches_without_a_seam():
    """More than a million steps are done in several batches; each spin turns about its own field by 2bt/ħ."""
    rng = np.random.default_rng(0)
    axis, start = rng.normal(size=(2, 4000, 3))
    axis /= np.linalg.norm(axis, axis=1, keepdims=True)
    start /= np.linalg.norm(start, axis=1, keepdims=True)
    times, b = np.linspace(0, 40, 31), 0.5
    found = precess(lambda t: np.broadcast_to(b * axis[:, None], (4000, len(t), 3)), times, start)  # 4, …, 4, 2 of 30
    np.testing.assert_allclose(precess(lambda t: np.broadcast_to(b * axis[:, None], (4000, len(t), 3)), times[:26],
                                       start), found[:, :26], rtol=0, atol=1e-12)                   # 4, …, 4, 1
    angle = (2*b*times/hbar)[:, None]
    along = np.sum(axis * start, axis=1)[:, None, None] * axis[:, None]
    expected = along + np.cos(angle) * (start[:, None] - along) + np.sin(angle) * np.cross(axis, start)[:, None]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)


def test_a_sudden_field_rings_with_full_amplitude():
    run = evolve(FreeElectron(dimension=1), SPIRAL, SwitchedField(E), [2.0], TIMES, J=J, s=-1)
    along = run.deviation[:, 0] / -EQUATION_3
    assert along.min() == pytest.approx(0, abs=0.02) and along.max() == pytest.approx(2, abs=0.02)


BANDS = [(FreeElectron(dimension=1), [3.0], SPIRAL),
         (TightBinding(0.5, 0.4, dimension=2), [2.0, -1.0], DriftingSpiral(0.3, omega=0.2)),
         (Quartic(quartic=-0.01, dimension=2), [2.0, 1.0], SIDE),
         (CosineLinear(1.0, 0.3, dimension=3), [2.0, 1.0, -1.0], DriftingSpiral(0.5, omega=-0.1))]


@pytest.mark.parametrize("band, k, texture", BANDS)
@pytest.mark.parametrize("ramp, amplitude", ((0.0, 0.02), (20.0, 0.05)))
def test_evolve_agrees_with_the_schroedinger_equation_in_the_lab(band, k, texture, ramp, amplitude):
    field = SwitchedField(amplitude * np.array([1, 0.5, -0.3])[:band.dimension], ramp=ramp)
    times = np.linspace(0, 30, 61)
    run = evolve(band, texture, field, k, times, J=J, s=1)
    lab = evolve_schroedinger(band, texture, field, k, times, J=J, s=1)
    np.testing.assert_allclose(run.lab(run.spin), lab, rtol=0, atol=2e-7)
    assert np.abs(run.deviation).max() > 1e-4                 # the field does something


def test_precess_in_a_constant_field_is_a_rotation():
    axis = np.array([1.0, 2.0, -2.0]) / 3
    times = np.linspace(0, 10, 21)
    spin = precess(lambda t: np.broadcast_to(0.3 * axis, t.shape + (3,)), times, (0, 0, 1.0))
    from scipy.spatial.transform import Rotation
    expected = Rotation.from_rotvec(2*0.3/hbar * times[:, None] * axis).apply((0, 0, 1.0))
    np.testing.assert_allclose(spin, expected, rtol=0, atol=1e-12)


def test_precess_is_of_fourth_order():
    """A field that turns about z at rate w: exact in the turning frame."""
    w, B = 2.0, 0.4
    times = np.linspace(0, 8, 9)

    def b(t):
        return np.stack([B*np.cos(w*t), B*np.sin(w*t), 0.1 + 0*t], axis=-1)

    from scipy.spatial.transform import Rotation
    seen = Rotation.from_rotvec(times[:, None] * (2/hbar*np.array([B, 0, 0.1]) - [0, 0, w])).apply((0, 0, 1.0))
    exact = Rotation.from_rotvec(times[:, None] * np.array([0, 0, w])).apply(seen)
    errors = [np.abs(precess(b, times, (0, 0, 1.0), largest_angle=a) - exact).max() for a in (0.42, 0.21)]
    assert errors[0] / errors[1] == pytest.approx(16, rel=0.15)
    assert errors[1] < 1e-4


def test_precess_sees_the_field_between_the_times():
    """b = 2 sin(πt/10) eV about z vanishes at each of the times; the angle up to 10 fs is (2/ħ)(40/π) eV fs."""
    spin = precess(lambda t: np.stack([0*t, 0*t, 2*np.sin(np.pi*t/10)], -1), np.arange(0, 30.0, 10), [1.0, 0, 0])
    angle = 2/hbar * 40/np.pi
    np.testing.assert_allclose(spin, [[1, 0, 0], [np.cos(angle), np.sin(angle), 0], [1, 0, 0]], rtol=0, atol=1e-6)


def test_largest_angle_holds_in_a_field_that_grows():
    """The steps that were used, from the instants asked for: none turns the spin by more than the angle."""
    steps = []

    def b(t):
        field = np.stack([0*t, 0*t, 0.1 + 3*np.exp(-(t - 15.5)**2)], -1)
        steps.append((t[2] - t[0], field[:, 2].max()))                       # two instants to the step
        return field

    precess(b, np.arange(0, 31.0), [1.0, 0, 0], largest_angle=0.1)
    assert 2/hbar * steps[-1][0] * steps[-1][1] <= 0.1 + 1e-9


def test_many_electrons_at_once():
    band, field = FreeElectron(dimension=2), SwitchedField((0.01, 0.02), ramp=5.0)
    k = np.random.default_rng(1).normal(size=(3, 4, 2))
    times = np.linspace(0, 10, 11)
    run = evolve(band, SPIRAL, field, k, times, J=J, s=-1)
    assert run.spin.shape == (3, 4, 11, 3) and run.k.shape == (3, 4, 11, 2)
    one = evolve(band, SPIRAL, field, k[2, 1], times, J=J, s=-1)
    np.testing.assert_allclose(run.spin[2, 1], one.spin, rtol=0, atol=1e-8)


def test_where_m_is_uniform_the_spin_stays_along_it():
    run = run_with(texture=Uniform(1.0, 2.0))
    np.testing.assert_allclose(run.spin, run.eigenspin, rtol=0, atol=1e-12)
    np.testing.assert_allclose(run.spin, [[0, 0, -1]] * len(TIMES), rtol=0, atol=1e-12)


def run_with(**change):
    arguments = {"band": FreeElectron(dimension=1), "texture": SPIRAL, "k": [1.0], "s": -1, "J": J,
                 "field": SwitchedField(E), "times": TIMES} | change
    return evolve(**arguments)


@pytest.mark.parametrize("change, message", [
    ({"J": 0.0}, "J must lie in"), ({"J": -1.0}, "J must lie in"), ({"s": 0}, "s must be"),
    ({"times": TIMES[::-1]}, "times must rise"), ({"times": TIMES**2}, "times must have equal steps"),
    ({"times": [0.0]}, "at least 2"), ({"field": SwitchedField(E, ramp=300.0)}, "end of the ramp at 300 fs"),
    ({"k": np.empty((0, 1))}, "k must hold at least one"), ({"k": [np.nan]}, "k must be finite"),
    ({"k": [1.0, 2.0]}, "k must have shape"),
    ({"texture": BlochWall(5.0)}, "planar spiral"),
    ({"texture": RotatingSpiral(0.1, 0.1)}, "planar spiral"), ({"spin": (0, 0, np.inf)}, "spin must be finite"),
    ({"spin": (0, 0, 7.0)}, "spin must be an expectation value of σ, of length 1 at most; got length 7"),
    ({"k": np.ones((4, 1)), "spin": np.zeros((3, 3))}, r"k .*, spin .* must broadcast .*\(4,\), \(3,\)"),
    ({"field": SwitchedField((E, E))}, "field must have 1 component"),
    ({"largest_angle": 0.0}, "largest_angle must lie"),
    ({"J": 900.0, "times": 1e5*TIMES}, "J and times must let the spin turn at most"),
    ({"band": Quartic(quartic=-0.01, dimension=1), "k": [7.06]}, r"^k\(t\) ± p/2, .* the domain of Quartic")])
def test_bad_input(change, message):
    with pytest.raises(ValueError, match=message):
        run_with(**change)


def test_turns_of_the_spin_are_counted():
    """|b|/πħ of them in a time, b = J for an electron at rest."""
    with pytest.raises(ValueError, match="got .* turns") as refused:
        run_with(J=900.0, times=1.9e5*TIMES, k=[0.0], field=SwitchedField(0.0))
    assert 900.0 * 1.9e5 * 200 / (np.pi * hbar) == pytest.approx(float(
        str(refused.value).split("got ")[1].split(" turns")[0]), rel=1e-2)


def test_bad_input_elsewhere():
    with pytest.raises(ValueError, match="ramp must lie"):
        SwitchedField(1.0, ramp=-1.0)
    with pytest.raises(ValueError, match="amplitude must be"):
        SwitchedField(np.ones((2, 2)))
    run = run_with()
    with pytest.raises(ValueError, match="vectors must be finite"):
        run.lab(run.spin * np.nan)
    with pytest.raises(ValueError, match=rf"vectors must have shape \(\.\.\., {len(TIMES)}, 3\); got \(3,\)"):
        run.lab([0.0, 0.0, 1.0])
    with pytest.raises(ValueError, match="x must be a single number"):
        run.lab(run.spin, x=TIMES)
    with pytest.raises(ValueError, match="times must be finite"):
        accelerated(FreeElectron(dimension=1), SwitchedField(E), [1.0], [np.nan])
    with pytest.raises(TypeError, match="field must be a SwitchedField"):
        accelerated(FreeElectron(dimension=1), 1e-3, [1.0], TIMES)
    for tolerance in (-1, 0, np.nan, np.inf):
        with pytest.raises(ValueError, match="tolerance must"):
            evolve_schroedinger(FreeElectron(dimension=1), SPIRAL, SwitchedField(E), [1.0], TIMES, s=-1, J=J,
                                tolerance=tolerance)
    with pytest.raises(ValueError, match=r"b\(t\) without .*, spin without .* must broadcast .*\(4,\), \(3,\)"):
        precess(lambda t: np.zeros((4, len(t), 3)), TIMES, np.zeros((3, 3)))
    with pytest.raises(ValueError, match=r"b\(t\) must be finite"):
        precess(lambda t: np.where(t % 1 == 0, 0, np.nan)[:, None] * np.ones(3), np.arange(9.0), (0, 0, 1))
    with pytest.raises(TypeError, match="b must be a function"):
        precess(np.zeros(3), TIMES, (0, 0, 1))
    with pytest.raises(ValueError, match="t must be finite"):
        SwitchedField(1.0)(np.nan)
    with pytest.raises(ValueError, match="times must rise"):
        precess(lambda t: np.zeros((len(t), 3)), [0, 1, 1], (0, 0, 1))
    with pytest.raises(ValueError, match="p must lie in the 1 dimension"):
        misalignment_energy(FreeElectron(dimension=1), [1.0], (0.1, 0.2))
    with pytest.raises(ValueError, match="J must lie"):
        spiral_field(FreeElectron(dimension=1), [1.0], 0.1, J=-1.0)
    with pytest.raises(ValueError, match="normal must hold unit"):
        spiral_field(FreeElectron(dimension=1), [1.0], 0.1, J=1.0, normal=(0, 2, 0))


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "qutip", None)
    with pytest.raises(ImportError, match="evolve_schroedinger needs qutip, of the extra open-systems: pip install "
                                          "qutip"):
        evolve_schroedinger(FreeElectron(dimension=1), SPIRAL, SwitchedField(E), [1.0], TIMES, J=J, s=-1)
