"""Bands: values known by hand, derivatives, symmetry, and bad input."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from torquelib._validate import ImplausibleValueWarning
from torquelib.bands import CosineLinear, CustomBand, FreeElectron, IsotropicBand, Quartic, TightBinding, check_band
from torquelib.response import brillouin_zone, local_hamiltonian
from torquelib.units import hbar, m_e

BANDS = [FreeElectron(dimension=d) for d in (1, 2, 3)] + [
    TightBinding(0.8, 0.4, dimension=1), TightBinding(0.8, 0.4, dimension=2), TightBinding(0.8, 0.4, dimension=3),
    Quartic(2*m_e, 0.03, dimension=2), Quartic(m_e, -0.01, dimension=3), Quartic(m_e, -0.01, dimension=1),
    CosineLinear(1.2, 0.5, dimension=2), CosineLinear(1.2, 0.5, dimension=3),
]


def points(band, n=200):
    k = np.random.default_rng(0).uniform(-1, 1, (n, band.dimension)) * 4.0
    if isinstance(band, CosineLinear):  # the third derivative jumps there: finite differences lose an order
        length = np.linalg.norm(k, axis=-1)
        k = k[np.abs(length - np.pi/2/band.chi) > 0.01]
    return k


@pytest.mark.parametrize("band", BANDS, ids=repr)
def test_velocity_and_mass_are_derivatives(band):
    assert max(check_band(band, points(band))) < 1e-8


@pytest.mark.parametrize("band", BANDS, ids=repr)
def test_even_in_k_with_bottom_at_zero(band):
    k = points(band)
    assert np.allclose(band.energy(-k), band.energy(k), rtol=1e-14)
    assert np.allclose(band.velocity(-k), -band.velocity(k), rtol=1e-14)
    assert band.energy(np.zeros(band.dimension)) == 0 and not np.any(band.velocity(np.zeros(band.dimension)))
    mass = band.inverse_mass(k)
    assert np.allclose(mass, np.swapaxes(mass, -1, -2), rtol=1e-13)


def test_free_electron_known_numbers():
    # 1 eV of free electron: k = 5.1232 1/nm, v = 0.59310 nm/fs (from CODATA, by hand)
    band = FreeElectron(dimension=3)
    k = np.array([5.12317, 0, 0])
    assert band.energy(k) == pytest.approx(1.0, rel=1e-5)
    assert band.velocity(k)[0] == pytest.approx(0.593097, rel=1e-5)
    assert np.allclose(band.inverse_mass(k), np.eye(3) / m_e)


def test_tight_binding_bottom_and_top():
    band = TightBinding(0.8, 0.4, dimension=2)
    assert np.allclose(band.inverse_mass(np.zeros(2)), np.eye(2) * 2 * 0.8 * 0.4**2 / hbar**2)
    assert band.energy(np.full(2, np.pi/0.4)) == pytest.approx(8 * 0.8)
    k = points(band)
    assert np.allclose(band.energy(k + 2*np.pi/0.4), band.energy(k))


def test_cosine_linear_is_twice_differentiable_at_the_joint():
    band = CosineLinear(1.2, 0.5, dimension=2)
    joint = np.pi/2/0.5
    below, above = (np.array(band.radial(joint * (1 + sign*1e-9))) for sign in (-1, 1))
    assert np.allclose(below, above, rtol=0, atol=1e-8)
    # beyond the joint the velocity is constant: the ratio of (17) then has no vertex correction
    assert np.allclose(band.radial(np.array([4.0, 9.0, 40.0]))[1], 1.2*0.5/hbar)


@pytest.mark.parametrize("band", [b for b in BANDS if b.isotropic], ids=repr)
def test_radial_agrees_with_the_vector_form(band):
    k = np.linspace(0, 6, 13)
    along_x = np.zeros((13, band.dimension))
    along_x[:, 0] = k
    energy, velocity, inverse_mass = band.radial(k)
    assert np.allclose(energy, band.energy(along_x))
    assert np.allclose(velocity, band.velocity(along_x)[:, 0])
    assert np.allclose(inverse_mass, band.inverse_mass(along_x)[:, 0, 0])


@pytest.mark.parametrize("band", [b for b in BANDS if b.isotropic and b.dimension == 3], ids=repr)
def test_isotropic_bands_do_not_change_under_rotation(band):
    rotation, _ = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))
    k = points(band)
    assert np.allclose(band.energy(k @ rotation.T), band.energy(k))
    assert np.allclose(band.velocity(k @ rotation.T), band.velocity(k) @ rotation.T)
    assert np.allclose(band.inverse_mass(k @ rotation.T), rotation @ band.inverse_mass(k) @ rotation.T)


def warped(sign=1.0):
    """ε = a k_x² + b k_x k_y + c k_y⁴ with its true derivatives; sign = −1 spoils the velocity."""
    a, b, c = 0.4, 0.1, 0.02
    return CustomBand(
        lambda k: a*k[..., 0]**2 + b*k[..., 0]*k[..., 1] + c*k[..., 1]**4,
        lambda k: sign*np.stack([2*a*k[..., 0] + b*k[..., 1], b*k[..., 0] + 4*c*k[..., 1]**3], axis=-1) / hbar,
        lambda k: np.stack([np.stack([2*a + 0*k[..., 0], b + 0*k[..., 0]], -1),
                            np.stack([b + 0*k[..., 0], 12*c*k[..., 1]**2], -1)], -1) / hbar**2,
        dimension=2)


POINTS = np.random.default_rng(2).normal(size=(5, 7, 2))


def test_custom_band_and_its_check():
    k = POINTS
    assert max(check_band(warped(), k)) < 1e-9
    with pytest.raises(ValueError, match="velocity must be the derivative of energy"):
        check_band(warped(-1), k)
    wrong_mass = CustomBand(warped().energy_function, warped().velocity_function,
                            lambda k: 2*warped().inverse_mass_function(k), dimension=2)
    with pytest.raises(ValueError, match="inverse_mass must be the derivative of velocity"):
        check_band(wrong_mass, k)


def test_deviations_of_a_band_come_in_the_order_velocity_then_mass():
    own = warped()
    for scale in (1.0, 1e-6):  # a band of a millionth of an eV is held to the same
        fast = CustomBand(lambda k: scale*own.energy(k), lambda k: 1.001*scale*own.velocity(k),
                          lambda k: scale*own.inverse_mass(k), dimension=2)
        of_velocity, of_mass = check_band(fast, POINTS, tolerance=0.01)
        assert of_velocity == pytest.approx(0.001, rel=0.01) and of_mass == pytest.approx(0.001, rel=0.01)
        heavy = CustomBand(lambda k: scale*own.energy(k), lambda k: scale*own.velocity(k),
                           lambda k: 1.001*scale*own.inverse_mass(k), dimension=2)
        of_velocity, of_mass = check_band(heavy, POINTS, tolerance=0.01)
        assert of_velocity < 1e-8 and of_mass == pytest.approx(0.001, rel=0.01)
        with pytest.raises(ValueError, match="inverse_mass must be the derivative of velocity"):
            check_band(heavy, POINTS)


def test_a_quartic_band_without_its_quartic_term_has_every_k():
    band = Quartic(quartic=0.0, dimension=2)
    assert band.k_max == np.inf and band.domain == "all k"
    k = np.array([[3.0, -400.0]])
    np.testing.assert_allclose(band.energy(k), FreeElectron(dimension=2).energy(k), rtol=1e-15)


def test_an_own_lattice_is_compared_and_found_in_a_set():
    band, other = (CustomBand(np.sum, np.sum, np.sum, dimension=2, reciprocal_vectors=np.eye(2)) for _ in "ab")
    assert band == band and band != other and len({band, other, band}) == 2
    with pytest.raises(ValueError, match="read-only"):
        band.reciprocal_vectors[0] = 5.0


@pytest.mark.parametrize("scale", [1e-4, 1.0, 1e4])
def test_an_own_lattice_of_any_size_may_be_oblique_but_not_flat(scale):
    vectors = scale * np.array([[1.0, 0.0], [1.0, 1e-3]])
    band = CustomBand(np.sum, np.sum, np.sum, dimension=2, reciprocal_vectors=vectors)
    np.testing.assert_array_equal(band.reciprocal_vectors, vectors)
    with pytest.raises(ValueError, match="reciprocal_vectors must span 2"):
        CustomBand(np.sum, np.sum, np.sum, dimension=2, reciprocal_vectors=scale * np.array([[1, 0], [1, 1e-10]]))


def test_bad_input():
    with pytest.raises(ValueError, match=r"mass must lie in \(0, inf\)"):
        FreeElectron(mass=-1, dimension=3)
    with pytest.raises(ValueError, match="dimension must be one of 1, 2, 3; got 4"):
        FreeElectron(dimension=4)
    with pytest.raises(ValueError, match=r"k must have shape \(\.\.\., 2\); got \(5,\)"):
        TightBinding(1, 1, dimension=2).energy(np.zeros(5))
    with pytest.raises(ValueError, match="k must be finite"):
        FreeElectron(dimension=1).energy([[np.nan]])
    with pytest.raises(ValueError, match="hopping"):
        TightBinding(0, 1, dimension=2)
    with pytest.raises(ValueError, match="lattice_constant"):
        TightBinding(1, np.inf, dimension=2)
    with pytest.raises(ValueError, match=r"domain of Quartic, .*got \[0. 6.\]"):
        Quartic(m_e, -0.02, dimension=2).velocity([[0, 0], [0, 6.0]])
    with pytest.raises(ValueError, match=r"k must lie in \[0, inf\] 1/nm; got -1"):
        FreeElectron(dimension=3).radial([-1.0])
    with pytest.raises(ValueError, match=r"k must lie in \[0, 5\] 1/nm; got 6"):
        Quartic(m_e, -0.02, dimension=3).radial(6.0)
    with pytest.raises(ValueError, match="epsilon0"):
        CosineLinear(-1, 1, dimension=2)
    with pytest.raises(ValueError, match="chi"):
        CosineLinear(1, 0, dimension=2)
    with pytest.raises(TypeError, match="velocity_function must be a function"):
        CustomBand(lambda k: k[..., 0], 3, 4, dimension=1)
    with pytest.raises(TypeError, match="contains must be a function"):
        CustomBand(np.sum, np.sum, np.sum, contains=5, dimension=1)
    shapeless = CustomBand(lambda k: 1.0, np.zeros_like, np.zeros_like, dimension=1)
    with pytest.raises(ValueError, match="energy_function must return shape"):
        shapeless.energy([[1.0]])
    infinite = CustomBand(lambda k: k[..., 0] / 0.0 + np.inf, np.zeros_like, np.zeros_like, dimension=1)
    with np.errstate(all="ignore"), pytest.raises(ValueError, match=r"energy_function\(k\) for all k must be finite"):
        infinite.energy([[1.0]])
    half = CustomBand(lambda k: k[..., 0]**2, lambda k: 2*k/hbar, lambda k: 2/hbar**2 + 0*k[..., None],
                      domain="k > 0", contains=lambda k: k[..., 0] > 0, dimension=1)
    with pytest.raises(ValueError, match="domain of CustomBand, k > 0"):
        half.energy([[1.0], [-1.0]])
    with pytest.raises(ValueError, match="step"):
        check_band(FreeElectron(dimension=3), np.zeros((2, 3)), step=0)
    with pytest.raises(ValueError, match="tolerance"):
        check_band(FreeElectron(dimension=3), np.zeros((2, 3)), tolerance=-1)


@pytest.mark.parametrize("call, error, message", [
    (lambda: FreeElectron("5.6", dimension=1), TypeError, "mass must be numeric; got '5.6'"),
    (lambda: FreeElectron(dimension=np.array([1, 2])), ValueError, "dimension must be one of 1, 2, 3; got array"),
    (lambda: FreeElectron(dimension=2.0), ValueError, "dimension must be one of 1, 2, 3; got 2.0"),
    (lambda: FreeElectron(dimension=2).energy([[1.0, 1j]]), TypeError, "k must be real"),
    (lambda: CustomBand(lambda k: 1j*k[..., 0], np.zeros_like, np.zeros_like, dimension=1).energy([[1.0]]), TypeError,
     r"energy_function\(k\) for all k must be real"),
    (lambda: CustomBand(lambda k: k[..., 0], lambda k: k + 0j, np.zeros_like, dimension=1).velocity([[1.0]]), TypeError,
     r"velocity_function\(k\) for all k must be real"),
    (lambda: CustomBand(lambda k: None, np.zeros_like, np.zeros_like, dimension=1).energy([[1.0]]), TypeError,
     r"energy_function\(k\) for all k must be numeric; got None"),
    (lambda: CustomBand(lambda k: k[..., 0], np.zeros_like, np.zeros_like,
                        contains=lambda k: k[..., 0], dimension=1).energy([[1.0]]),
     TypeError, "contains must return booleans; got float64"),
    (lambda: CustomBand(lambda k: k[..., 0], np.zeros_like, np.zeros_like,
                        contains=lambda k: k > 0, dimension=1).energy([[1.0], [2.0]]),
     ValueError, r"contains must return shape \(2,\) for k of shape \(2, 1\); got \(2, 1\)"),
    (lambda: CustomBand(np.sum, np.sum, np.sum, dimension=2, reciprocal_vectors=[[1, 0], [1, 0]]), ValueError,
     r"reciprocal_vectors must span 2 dimension\(s\)"),
])
def test_bad_input_of_the_wrong_kind(call, error, message):
    with pytest.raises(error, match=message):
        call()


class Kane(IsotropicBand):
    """ε(1 + ε) = γ with γ = ħ²k²/2m, as the docstring of IsotropicBand tells to write it."""

    dimension = 2

    def _radial(self, k):
        root = np.sqrt(1 + 4*(hbar * k)**2 / (2*m_e))
        return (root - 1)/2, hbar * k / m_e / root, 1 / m_e / root**3


def test_an_own_isotropic_band():
    assert max(check_band(Kane(), np.random.default_rng(0).normal(size=(9, 2)))) < 1e-8


@pytest.mark.parametrize("band, values", [
    (TightBinding(np.float32(0.5), np.float32(0.3), dimension=np.int64(2)), (float(np.float32(0.5)), np.float32(0.3))),
    (TightBinding(np.uint8(200), 0.3, dimension=1), (200.0, 0.3)),
    (TightBinding(Fraction(1, 2), Decimal("0.3"), dimension=3), (0.5, 0.3)),
    (FreeElectron(np.float32(5.6), dimension=2), (np.float32(5.6),)),
    (Quartic(Fraction(11, 2), np.float32(0.01), dimension=2), (5.5, np.float32(0.01))),
    (CosineLinear(np.uint8(200), np.float16(0.5), dimension=2), (200.0, 0.5))])
def test_parameters_of_any_type_become_double_precision(band, values):
    names = [name for name in type(band).__dataclass_fields__ if name != "dimension"]
    assert [type(getattr(band, name)) for name in names] == [float] * len(names) and type(band.dimension) is int
    same = type(band)(*map(float, values), dimension=int(band.dimension))
    k = np.linspace(-5.0, 5.0, 7)[:, None] + np.zeros(band.dimension)
    assert band == same and np.array_equal(band.energy(k), same.energy(k))
    if isinstance(band, TightBinding):
        assert brillouin_zone(band, 4).size == 4**band.dimension


def test_an_unsigned_hopping_does_not_run_over():
    assert TightBinding(np.uint8(200), 0.3, dimension=1).energy([[5.0]])[0] == pytest.approx(400 * (1 - np.cos(1.5)))


@pytest.mark.parametrize("call", [lambda: FreeElectron(dimension=2).energy([1e10, 0.0]),
                                  lambda: FreeElectron(dimension=2).radial(1e10)])
def test_a_wave_vector_in_1_m_is_noticed(call):
    with pytest.warns(ImplausibleValueWarning, match="k is taken in 1/nm"):
        call()


class Tilted(FreeElectron):
    """Its inverse mass is one matrix (d, d), not one for each k."""

    def _inverse_mass(self, k):
        return np.eye(self.dimension) / self.mass


class Heavy(Kane):
    """Its inverse mass is a number, not an array as k."""

    def _radial(self, k):
        return *super()._radial(k)[:2], 1 / m_e


@pytest.mark.parametrize("call, message", [
    (lambda: Tilted(dimension=2).inverse_mass(np.ones((4, 2))),
     r"Tilted._inverse_mass\(k\) must return shape \(4, 2, 2\) for k of shape \(4, 2\); got \(2, 2\)"),
    (lambda: check_band(Tilted(dimension=2), np.ones((4, 2))), r"Tilted._inverse_mass\(k\) must return shape"),
    (lambda: Heavy().radial(np.ones(4)),
     r"Heavy._radial\(k\), its inverse mass, must return shape \(4,\) for k of shape \(4,\); got \(\)"),
    (lambda: check_band(Heavy(), np.ones((4, 2))), r"Heavy._radial\(k\), its inverse mass, must return")])
def test_an_own_band_of_another_shape_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_one_mass_matrix_for_all_k_is_not_read_beyond_its_end():
    k, A = np.linspace(0.1, 3.0, 4000).reshape(-1, 2), np.arange(12.0).reshape(4, 3)
    gradients = [local_hamiltonian(band, A, J=0.5)[1](k) for band in (Tilted(dimension=2), FreeElectron(dimension=2))]
    assert np.allclose(*gradients, rtol=1e-12)
