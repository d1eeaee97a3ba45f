"""Textures: unit length, derivatives against finite differences, topology, poles, and bad input."""

import importlib
import inspect
import pkgutil
import warnings

import numpy as np
import pytest
from routes import TEXTURES

import torquelib
from torquelib import gauge
from torquelib.textures import (
    BlochWall,
    CustomTexture,
    DresselhausTexture,
    DriftingSpiral,
    NeelWall,
    RashbaTexture,
    RotatingSpiral,
    Skyrmion,
    Texture,
    Uniform,
    check_texture,
)


@pytest.fixture
def points():
    return np.random.default_rng(0).uniform(-10, 10, (4, 6, 50))


@pytest.mark.parametrize("texture", TEXTURES, ids=repr)
def test_m_is_a_unit_vector_and_derivatives_are_its_own(texture, points):
    m = texture.m(*points)
    assert m.shape == (6, 50, 3)
    assert np.allclose(np.linalg.norm(m, axis=-1), 1, rtol=0, atol=1e-14)
    gradient, rate = texture.gradient(*points), texture.time_derivative(*points)
    assert gradient.shape == (6, 50, 3, 3) and rate.shape == (6, 50, 3)
    assert np.max(np.abs(np.einsum("...ic,...c", gradient, m))) < 1e-10  # ∂m is normal to m
    step = 1e-3
    for i in range(3):
        shift = np.zeros((4, 1, 1))
        shift[i] = step
        numerical = (texture.m(*(points + shift)) - texture.m(*(points - shift))) / (2*step)
        assert np.allclose(gradient[..., i, :], numerical, rtol=0, atol=3e-6)
    shift = np.array([0, 0, 0, step]).reshape(4, 1, 1)
    difference = texture.m(*(points + shift)) - texture.m(*(points - shift))
    assert np.allclose(rate, difference / (2*step), rtol=0, atol=3e-6)


@pytest.mark.parametrize("texture", TEXTURES, ids=repr)
def test_axes_are_a_right_handed_frame_and_angles_agree(texture, points):
    axes = texture.axes(*points)
    assert np.allclose(axes @ np.swapaxes(axes, -1, -2), np.eye(3), rtol=0, atol=1e-14)
    assert np.allclose(np.linalg.det(axes), 1)
    assert np.allclose(axes[..., 2, :], texture.m(*points))
    d_theta, d_phi = texture.angle_derivatives(*points)
    along_theta, along_phi = texture.transverse_derivatives(*points)
    theta, _ = texture.angles(*points)
    assert d_theta.shape == d_phi.shape == (4, 6, 50)
    assert np.allclose(along_theta, d_theta, rtol=0, atol=1e-9)
    assert np.allclose(along_phi, np.sin(theta) * d_phi, rtol=0, atol=1e-9)
    assert check_texture(texture, *points) < 1e-7


def test_walls_and_spirals_point_where_they_say():
    assert np.allclose(BlochWall(2.0).m([-50, 0, 50]), [[0, 0, 1], [0, 1, 0], [0, 0, -1]], rtol=0, atol=1e-10)
    assert np.allclose(NeelWall(2.0).m([-50, 0, 50]), [[0, 0, 1], [1, 0, 0], [0, 0, -1]], rtol=0, atol=1e-10)
    x = np.linspace(-5, 5, 11)
    assert np.allclose(NeelWall(2.0).m(x)[:, 2], -np.tanh(x/2))
    assert np.allclose(BlochWall(1e-3).m(np.array([-1e4, 1e4]))[:, 2], [1, -1])  # no overflow
    assert np.allclose(DriftingSpiral(np.pi/8).m(4.0), [1, 0, 0]) and np.allclose(DriftingSpiral(np.pi/8).m(0.0),
                                                                                  [0, 0, 1])
    assert np.allclose(DriftingSpiral(0.1, 0.2).m(1.0, t=3.0), DriftingSpiral(0.1).m(7.0))
    assert np.allclose(RotatingSpiral(np.pi/8, np.pi/2).m(4.0, t=1.0), [0, 1, 0])


@pytest.mark.parametrize("vorticity", [1, -1, 2])
def test_skyrmion_number(vorticity):
    # (1/4π)∫ m·(∂_x m × ∂_y m) counts how often m wraps the sphere; m is down at the centre, up outside
    x = np.linspace(-40, 40, 401) + 0.01
    X, Y = np.meshgrid(x, x, indexing="ij")
    skyrmion = Skyrmion(8.0, 2.5, helicity=0.3, vorticity=vorticity)
    g = skyrmion.gradient(X, Y)
    density = np.sum(skyrmion.m(X, Y) * np.cross(g[..., 0, :], g[..., 1, :]), axis=-1)
    assert density.sum() * (x[1] - x[0])**2 / (4*np.pi) == pytest.approx(-vorticity, abs=2e-3)


def test_what_is_not_said_of_a_texture():
    """Without angles m points up, a wave stands still, a skyrmion is Néel's and turns once, outwards along +x."""
    x = np.array([8.0])
    assert Uniform().m(x) == pytest.approx(np.array([[0, 0, 1]]))
    assert np.array_equal(DriftingSpiral(0.3).m(x, t=9.0), DriftingSpiral(0.3).m(x))
    assert Skyrmion(8.0, 2.0).m(x, 0 * x) == pytest.approx(np.array([[1, 0, 0]]), abs=1e-12)
    assert Skyrmion(8.0, 2.0).m(0 * x, x) == pytest.approx(np.array([[0, 1, 0]]), abs=1e-12)



@pytest.mark.parametrize("wall", [BlochWall(1.0), NeelWall(1.0)], ids=repr)
def test_far_from_a_wall_nothing_overflows(wall):
    x = np.array([-1e4, 1e4])
    assert wall.m(x)[..., 2] == pytest.approx([1, -1], abs=1e-15) and np.all(np.abs(wall.gradient(x)) < 1e-300)


def test_skyrmion_radius_centre_and_far_field():
    skyrmion = Skyrmion(8.0, 2.0, helicity=0.4)
    assert np.allclose(skyrmion.m(0.0), [0, 0, -1])
    assert skyrmion.m(0.0, 8.0)[2] == pytest.approx(0, abs=1e-14)
    assert np.allclose(skyrmion.m(1e5, -1e5), [0, 0, 1])
    assert np.all(np.isfinite(Skyrmion(1e4, 1.0).gradient(np.array([0.0, 1.0, 1e4, 1e6]))))


@pytest.mark.parametrize("vorticity", [1, -1])
def test_gradient_is_exact_at_the_pole_and_phi_raises(vorticity):
    skyrmion = Skyrmion(2.0, 1.5, helicity=0.4, vorticity=vorticity)
    h = 1e-4
    numerical = [(skyrmion.m(*(h * e)) - skyrmion.m(*(-h * e))) / (2*h) for e in np.eye(3)]
    assert np.allclose(skyrmion.gradient(0.0), numerical, rtol=0, atol=1e-7)
    assert np.linalg.norm(skyrmion.gradient(0.0)) > 0.1
    with pytest.raises(ValueError, match="skyrmion's centre"):
        skyrmion.angle_derivatives([1.0, 0.0])


def test_custom_texture_with_and_without_derivatives(points):
    theta = lambda x, y, z, t: np.pi/2 + 0.3*np.sin(x/5)   # noqa: E731
    phi = lambda x, y, z, t: np.arctan2(y, x)              # noqa: E731  jumps by 2π
    numerical = CustomTexture(theta, phi)
    given = CustomTexture(theta, phi,
                          lambda x, y, z, t: (0.06*np.cos(x/5), 0, 0, 0),
                          lambda x, y, z, t: (-y/(x**2 + y**2), x/(x**2 + y**2), 0, 0))
    x, y = np.array([-3.0, -3.0, 2.0]), np.array([1e-4, -1e-4, 1.0])  # on both sides of the jump
    for name in ("gradient", "time_derivative"):
        assert np.allclose(getattr(numerical, name)(x, y), getattr(given, name)(x, y), rtol=0, atol=1e-10)
    for a, b in zip(numerical.angle_derivatives(x, y), given.angle_derivatives(x, y)):
        assert np.allclose(a, b, rtol=0, atol=1e-9)
    wrong = CustomTexture(theta, phi, lambda x, y, z, t: (0.06*np.sin(x/5), 0, 0, 0), given.phi_derivatives)
    with pytest.raises(ValueError, match="the derivatives of CustomTexture must be those of its angles"):
        check_texture(wrong, x, y)


@pytest.mark.parametrize("rho", (1e-2, 0.1, 0.5, 0.99, 3.0))
def test_derivatives_near_the_centre_of_a_skyrmion_are_those_of_its_angles(rho):
    assert check_texture(Skyrmion(2.0, 1.2, helicity=0.4), 0.6*rho, 0.8*rho, step=1e-3*rho, tolerance=1e-4) < 1e-5


@pytest.mark.parametrize("vorticity", (1, -1, 2))
def test_helicity_and_vorticity_say_where_a_skyrmion_points_in_the_plane(vorticity):
    radius, helicity, angle = 3.0, 0.7, np.array([0.0, 0.4, 2.0, -1.1])
    m = Skyrmion(radius, 1.5, helicity=helicity, vorticity=vorticity).m(radius*np.cos(angle), radius*np.sin(angle))
    phi = vorticity*angle + helicity
    np.testing.assert_allclose(m, np.stack([np.cos(phi), np.sin(phi), 0*phi], axis=-1), rtol=0, atol=1e-12)


def test_a_texture_of_ones_own_may_know_its_transverse_derivatives():
    """As it must where φ is singular: here the angles of a skyrmion, at its centre."""
    class Own:
        angles = staticmethod(lambda x, y, z, t: Skyrmion(2.0, 5.0).angles(x, y, z, t))
        angle_derivatives = staticmethod(lambda x, y, z, t: Skyrmion(2.0, 5.0).angle_derivatives(x, y, z, t))
        transverse_derivatives = staticmethod(lambda x, y, z, t: Skyrmion(2.0, 5.0).transverse_derivatives(x, y, z, t))

    for x, y in ((0.0, 0.0), (np.array([0.0, 1.0]), np.array([0.0, -0.4]))):
        found = gauge.transverse_gauge_potential(Own(), x, y)
        np.testing.assert_array_equal(found, gauge.transverse_gauge_potential(Skyrmion(2.0, 5.0), x, y))


@pytest.mark.parametrize("slope", [1e-5, 1.0])
def test_slow_textures_are_held_to_the_same_relative_deviation(slope):
    texture = CustomTexture(lambda x, y, z, t: slope*x, lambda x, y, z, t: 0*x,
                            lambda x, y, z, t: (1.001*slope + 0*x, 0*x, 0*x, 0*x),
                            lambda x, y, z, t: (0*x, 0*x, 0*x, 0*x))
    assert check_texture(texture, 0.3, tolerance=0.01) == pytest.approx(0.001, rel=0.01)
    with pytest.raises(ValueError, match="the largest relative deviation is 0.001"):
        check_texture(texture, 0.3)


def test_custom_texture_through_a_pole():
    # a Gaussian bump with vorticity 1: θ ∝ ρ at the centre, φ = arctan2(y, x)
    bump = CustomTexture(lambda x, y, z, t: np.hypot(x, y) * np.exp(-(x**2 + y**2)/8),
                         lambda x, y, z, t: np.arctan2(y, x))
    assert np.allclose(bump.gradient(0.0), [[1, 0, 0], [0, 1, 0], [0, 0, 0]], rtol=0, atol=1e-9)


def test_broadcasting():
    m = Skyrmion(8.0, 2.0).m(np.zeros((4, 1)) + 1, np.ones(5))
    assert m.shape == (4, 5, 3)
    assert Uniform().gradient(0.0).shape == (3, 3) and Uniform().m(0.0).shape == (3,)


def test_bad_input():
    with pytest.raises(ValueError, match="p must be finite"):
        DriftingSpiral(np.nan)
    with pytest.raises(ValueError, match="omega"):
        RotatingSpiral(0.1, np.inf)
    with pytest.raises(ValueError, match=r"width must lie in \(0, inf\) nm; got -1 nm"):
        BlochWall(-1.0)
    with pytest.raises(ValueError, match="width"):
        NeelWall(0.0)
    with pytest.raises(ValueError, match="radius"):
        Skyrmion(0.0, 1.0)
    with pytest.raises(ValueError, match="wall_width"):
        Skyrmion(1.0, 0.0)
    with pytest.raises(ValueError, match="vorticity must be a non-zero integer"):
        Skyrmion(1.0, 1.0, vorticity=0)
    with pytest.raises(TypeError, match="vorticity must be an integer"):
        Skyrmion(1.0, 1.0, vorticity=0.5)
    with pytest.raises(TypeError, match="helicity must be numeric"):
        Skyrmion(1.0, 1.0, helicity="Bloch")
    with pytest.raises(ValueError, match="p must"):
        RashbaTexture([1, 2])
    with pytest.raises(ValueError, match="p must"):
        DresselhausTexture(np.nan)
    with pytest.raises(ValueError, match="theta"):
        Uniform(np.nan)
    with pytest.raises(ValueError, match="y must be finite"):
        Uniform().m(0.0, np.inf)
    with pytest.raises(ValueError, match="x, y, z, t must broadcast"):
        Uniform().m(np.ones(3), np.ones(2))
    with pytest.raises(TypeError, match="x must be numeric"):
        Uniform().angles("left")
    for method in ("angles", "angle_derivatives", "transverse_derivatives", "axes", "m", "gradient", "time_derivative"):
        with pytest.raises(ValueError, match="t must be finite"):
            getattr(Uniform(), method)(0.0, t=np.nan)
    with pytest.raises(TypeError, match="theta must be a function"):
        CustomTexture(0.3, lambda x, y, z, t: x)
    with pytest.raises(TypeError, match="phi_derivatives must be a function"):
        CustomTexture(np.hypot, np.hypot, np.hypot, 3)
    with pytest.raises(TypeError, match="both or neither"):
        CustomTexture(np.hypot, np.hypot, np.hypot)
    with pytest.raises(ValueError, match="step"):
        CustomTexture(np.hypot, np.hypot, step=0)
    with pytest.raises(ValueError, match="theta must be finite"):
        CustomTexture(lambda x, y, z, t: np.full(x.shape, np.nan), lambda x, y, z, t: x).m(np.ones(3))
    with pytest.raises(ValueError, match=r"phi must return shape \(3,\)"):
        CustomTexture(lambda x, y, z, t: x, lambda x, y, z, t: np.ones(2)).m(np.ones(3))
    with pytest.raises(TypeError, match="p must be numeric; got '0.1'"):
        DriftingSpiral("0.1")
    with pytest.raises(TypeError, match="theta must be real"):
        CustomTexture(lambda x, y, z, t: 1j*x, lambda x, y, z, t: x).m(np.ones(3))
    for given in ((1.0, 0.0), 1.0, (0.0,)*5, np.zeros((3, 4))):
        two = CustomTexture(lambda x, y, z, t: x, lambda x, y, z, t: x, lambda *at: given, lambda *at: (0.0,)*4)
        with pytest.raises(ValueError, match=r"theta_derivatives must return 4 entries, \(∂_x, ∂_y, ∂_z, ∂_t\); got"):
            two.gradient(np.ones(7))
    with pytest.raises(ValueError, match="tolerance"):
        check_texture(Uniform(), 0.0, tolerance=0)
    with pytest.raises(ValueError, match="step"):
        check_texture(Uniform(), 0.0, step=-1)


def test_one_point_may_lie_near_the_origin():
    """A solver of differential equations begins with steps as small as it likes; metres come as whole arrays."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        DriftingSpiral(0.3).m(1e-9)
    with pytest.warns(UserWarning, match="x is taken in nm"):
        DriftingSpiral(0.3).m(np.linspace(0, 50e-9, 5))


def test_a_place_or_time_left_out_is_the_origin():
    """In every public function and method of the electrons' side."""
    left_out = []
    for info in pkgutil.walk_packages(torquelib.__path__, "torquelib."):
        if info.name.startswith(("torquelib.llg", "torquelib.drawing")):
            continue
        module = importlib.import_module(info.name)
        own = [thing for thing in vars(module).values() if getattr(thing, "__module__", None) == info.name]
        methods = [method for thing in own if inspect.isclass(thing) for method in vars(thing).values()]
        for function in filter(inspect.isfunction, own + methods):
            left_out += [(function.__qualname__, name, parameter.default)
                         for name, parameter in inspect.signature(function).parameters.items()
                         if name in ("x", "y", "z", "t") and parameter.default is not parameter.empty]
    assert len(left_out) > 50 and [entry for entry in left_out if entry[2] != 0.0] == []


class Cone(Texture):
    """θ is a number, not an array as x."""

    def _angles(self, x, y, z, t):
        return 0.7, 0.3*x

    def _angle_derivatives(self, x, y, z, t):
        return np.zeros(4), np.array([0.3, 0.0, 0.0, 0.0])


@pytest.mark.parametrize("call, message", [
    (lambda x: Cone().angles(x),
     r"Cone._angles\(x, y, z, t\) must return two arrays of shape \(5,\); got \(\), \(5,\)"),
    (lambda x: check_texture(Cone(), x), r"Cone._angles\(x, y, z, t\) must return two arrays"),
    (lambda x: Cone().angle_derivatives(x), r"_angle_derivatives\(.*\) must return two arrays of shape \(4, 5\)"),
    (lambda x: Cone().transverse_derivatives(x), r"Cone._transverse_derivatives\(x, y, z, t\) must return two arrays")])
def test_an_own_texture_of_another_shape_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call(np.linspace(0, 3, 5))
