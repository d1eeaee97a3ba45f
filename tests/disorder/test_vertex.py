"""Vertex corrections: (13)–(18) and the three ratios against brute-force sums over k and over energy."""

import numpy as np
import pytest
from routes import PAULI
from scipy.integrate import quad

from torquelib.bands import Band, CosineLinear, CustomBand, FreeElectron, IsotropicBand, Quartic, TightBinding
from torquelib.disorder import vertex
from torquelib.disorder.fermi import _half_zone, fermi_averages, fermi_wave_vectors
from torquelib.disorder.impurities import Impurities, Magnetic, SpinIndependent
from torquelib.response import FermiDirac, fermi_sphere, kubo_spin, occupations
from torquelib.units import hbar, m_e

J = 0.5
FREE = FreeElectron(dimension=2)
QUARTIC = Quartic(quartic=0.05, dimension=2)
LINEAR = CosineLinear(1.0, 0.5, dimension=2)
LATTICE = TightBinding(1.0, 0.5, dimension=2)
PLAIN = SpinIndependent(1.0, 1.0)
MAGNETIC = Magnetic(1.0, 1.0, anisotropy=0.6)
MIXED = SpinIndependent(0.4, 1.0) + Magnetic(1.0, 0.8, anisotropy=0.6)


def traced(band):
    """The same band without its isotropy, so that the general route is taken."""
    return CustomBand(band.energy, band.velocity, band.inverse_mass, dimension=2)


def stretched(ratio):
    """An elliptic parabola: masses m and ratio·m along x and y."""
    inverse = np.diag([1.0, 1/ratio]) / FREE.mass
    return CustomBand(lambda k: hbar**2 * np.einsum("...i,ij,...j->...", k, inverse, k) / 2,
                      lambda k: hbar * k @ inverse,
                      lambda k: np.broadcast_to(inverse, k.shape[:-1] + (2, 2)), dimension=2)


def even_grid(band, points):
    """Midpoints of the Brillouin zone and the weight d²k/(2π)² of each: converges exponentially."""
    a = band.lattice_constant
    axis = (np.arange(points) + 0.5) / points * 2*np.pi/a - np.pi/a
    k = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2)
    return k, 1 / (points * a)**2


# ---------------------------------------------------------------- (13)

def test_hamiltonian_is_that_of_the_rashba_texture():
    from torquelib.gauge import gauge_potential, transformed_hamiltonian
    from torquelib.textures import RashbaTexture
    p = 0.02
    k = np.random.default_rng(1).normal(size=(20, 2)) * 3
    A = gauge_potential(RashbaTexture(p), 0.0, 0.0)
    expected = transformed_hamiltonian(QUARTIC, k, A, J=J)
    np.testing.assert_allclose(vertex.hamiltonian(QUARTIC, k, J=J, alpha_R=hbar*p/2), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("angle", [0.0, 0.7, 2.0])
def test_current_vertex_is_the_derivative_of_the_hamiltonian(angle):
    k, step, alpha_R = np.random.default_rng(2).normal(size=(20, 2)) * 2, 1e-4, 0.03
    n = np.array([np.cos(angle), np.sin(angle)])
    up, down = (vertex.hamiltonian(LATTICE, k + x*step*n, J=J, alpha_R=alpha_R) for x in (1, -1))
    found = vertex.current_vertex(LATTICE, k, alpha_R=alpha_R, angle=angle)
    np.testing.assert_allclose(found, (up - down) / (2*step*hbar), rtol=0, atol=1e-7)


# ---------------------------------------------------------------- Fermi lines

@pytest.mark.parametrize("E_F", [2.1, 0.3])
def test_traced_lines_agree_with_wave_vectors(E_F):
    a, b = fermi_averages(QUARTIC, J=J, E_F=E_F), fermi_averages(traced(QUARTIC), J=J, E_F=E_F, cutoff=12.0)
    for name in ("density", "density_of_states", "velocity_squared"):
        np.testing.assert_allclose(getattr(a, name), getattr(b, name), rtol=1e-9, atol=1e-12)


def test_averages_on_a_lattice_by_counting():
    """n by counting states, N from its difference in energy, F as the sea sum of the inverse mass."""
    k, weight = even_grid(LATTICE, 1000)
    energy, mass = LATTICE.energy(k), LATTICE.inverse_mass(k)[:, 0, 0]
    for E_F in (2.2, 5.1):
        found = fermi_averages(LATTICE, J=J, E_F=E_F)
        for i, s in enumerate((-1, 1)):
            below = energy < E_F - s*J
            window = 0.1
            N = weight * (np.sum(energy < E_F - s*J + window) - np.sum(energy < E_F - s*J - window)) / (2*window)
            assert found.density[i] == pytest.approx(weight * below.sum(), rel=2e-3)
            assert found.density_of_states[i] == pytest.approx(N, rel=6e-3)
            assert found.velocity_squared[i, 0, 0] == pytest.approx(weight * mass[below].sum(), rel=2e-3)


# ---------------------------------------------------------------- (15)

def broadening_by_summing(band, E_F, alpha_R, impurities):
    """−Im of ⟨V G V⟩ with G = [E_F − H′ + iη]⁻¹ summed over a grid; η, 2η, 4η combined so that η² drops out."""
    k, weight = even_grid(band, 600)
    H = vertex.hamiltonian(band, k, J=J, alpha_R=alpha_R)

    def minus_imaginary(eta):
        local = weight * np.linalg.inv((E_F + 1j*eta)*np.eye(2) - H).sum(axis=0)
        return -np.diag(impurities.average(local)).imag[::-1]

    a, b, c = (minus_imaginary(x) for x in (0.03, 0.06, 0.12))
    return (8*a - 6*b + c) / 3


def test_broadening_against_the_self_energy_summed_over_k():
    """No density of states on one side, no sum over the zone on the other."""
    found = MIXED.broadening(fermi_averages(LATTICE, J=J, E_F=2.2).density_of_states)
    np.testing.assert_allclose(found, broadening_by_summing(LATTICE, 2.2, 1e-4, MIXED), rtol=1e-3)


def test_broadening_of_the_exact_bands():
    """At large α_R the bands mix both spins; plain impurities tell the two local densities of states apart."""
    _, N = vertex._SplitBands(LATTICE, J, 0.5).density_of_states(2.2, _half_zone(LATTICE, None))
    found = PLAIN.broadening(N)
    np.testing.assert_allclose(found, broadening_by_summing(LATTICE, 2.2, 0.5, PLAIN), rtol=1e-3)
    mixed = abs(found / PLAIN.broadening(fermi_averages(LATTICE, J=J, E_F=2.2).density_of_states) - 1)
    assert mixed.max() > 0.02


# ---------------------------------------------------------------- (14)

def ladder_by_summing(band, E_F, alpha_R, impurities, gamma, points=160, rungs=40):
    """(14) as it stands: 2×2 matrices on an even grid of k, rung after rung until the sum settles."""
    k, weight = even_grid(band, points)
    H, nu = vertex.hamiltonian(band, k, J=J, alpha_R=alpha_R), vertex.current_vertex(band, k, alpha_R=alpha_R)
    retarded = np.linalg.inv(E_F*np.eye(2) - H + 1j*np.diag(gamma[::-1]))
    advanced = np.conj(np.swapaxes(retarded, 1, 2))
    term = impurities.average(weight * (advanced @ nu @ retarded).sum(axis=0))
    total = np.zeros((2, 2), dtype=complex)
    for _ in range(rungs):
        total = total + term
        term = impurities.average(weight * (advanced @ term @ retarded).sum(axis=0))
    return total


@pytest.mark.parametrize("impurities", [SpinIndependent(0.25, 1.0), MIXED.diluted(0.3)])
def test_ladder_to_all_orders_against_summed_rungs(impurities):
    E_F, alpha_R = 2.3, 0.25
    k, _ = even_grid(LATTICE, 4)
    split = vertex._SplitBands(LATTICE, J, alpha_R)
    gamma = impurities.broadening(split.density_of_states(E_F, _half_zone(LATTICE, None))[1])
    total = ladder_by_summing(LATTICE, E_F, alpha_R, impurities, gamma)
    expected = [0.5*np.trace(s @ total).real for s in PAULI[:2]]
    found = vertex.vertex_correction(LATTICE, impurities, J=J, E_F=E_F, alpha_R=alpha_R, order="exact")
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-9)


def test_first_order_is_the_limit_of_all_orders():
    impurities = MIXED.diluted(0.01)
    first = vertex.vertex_correction(QUARTIC, impurities, J=J, E_F=2.5, alpha_R=1.0)
    exact = [vertex.vertex_correction(QUARTIC, impurities, J=J, E_F=2.5, alpha_R=a, order="exact") / a
             for a in (0.04, 0.02)]
    errors = np.abs(np.array(exact) - first).max(axis=1)
    assert errors[0] / errors[1] == pytest.approx(4, rel=0.03)


@pytest.mark.parametrize("order", ["first", "exact"])
def test_radial_and_cell_routes_agree(order):
    impurities = MIXED.diluted(0.05)
    args = dict(J=J, E_F=2.0, alpha_R=0.1, order=order, cutoff=25.0)
    radial = vertex.vertex_correction(QUARTIC, impurities, **args)
    cells = vertex.vertex_correction(traced(QUARTIC), impurities, **args)
    np.testing.assert_allclose(cells, radial, rtol=2e-5, atol=1e-7)


def test_vertex_turns_with_the_field():
    """On an isotropic band ṽ turns with E: for E at an angle, the components of a rotated vector."""
    x = vertex.vertex_correction(QUARTIC, MIXED.diluted(0.05), J=J, E_F=2.0, alpha_R=0.1)
    angle = 0.7
    turned = vertex.vertex_correction(QUARTIC, MIXED.diluted(0.05), J=J, E_F=2.0, alpha_R=0.1, angle=angle)
    c, s = np.cos(angle), np.sin(angle)
    np.testing.assert_allclose(turned, [c*x[0] - s*x[1], s*x[0] + c*x[1]], rtol=0, atol=1e-14)


# ---------------------------------------------------------------- (16), (17)

@pytest.mark.parametrize("band, E_F, cutoff", [(FREE, 2.0, None), (FREE, 0.2, None), (QUARTIC, 2.5, None),
                                               (LINEAR, 1.2, 40.0)])
@pytest.mark.parametrize("impurities", [PLAIN, MIXED])
def test_ladder_tends_linearly_to_the_clean_limit(band, E_F, cutoff, impurities):
    """Full 2×2 Green's functions at falling concentration tend to (16), error ∝ n_i."""
    clean = vertex.clean_vertex(band, impurities, J=J, E_F=E_F, alpha_R=1.0)
    found = [vertex.vertex_correction(band, impurities.diluted(x), J=J, E_F=E_F, alpha_R=1.0, cutoff=cutoff)
             for x in (2e-4, 1e-4)]
    errors = np.abs(np.array(found) - clean).max(axis=1)
    assert errors[0] < 3e-2 * abs(clean[1])
    assert errors[0] / errors[1] == pytest.approx(2, rel=0.03)


def test_clean_limit_for_a_field_in_any_direction():
    """On an elliptic band, E at an angle: both components of (16) against the full equation, at no impurities."""
    band, angle, impurities = stretched(1.5), 0.7, SpinIndependent(1.0, 1.0)
    clean = vertex.clean_vertex(band, impurities, J=J, E_F=1.0, alpha_R=1.0, angle=angle, cutoff=12.0)
    at = dict(J=J, E_F=1.0, alpha_R=1.0, angle=angle, cutoff=12.0)
    few, fewer = (vertex.vertex_correction(band, impurities.diluted(x), **at) for x in (0.01, 0.005))
    assert clean[0] < -0.05 and clean[1] > 0.05
    np.testing.assert_allclose(2*fewer - few, clean, rtol=0.01)


def test_clean_limit_does_not_know_the_strength_of_plain_impurities():
    for i in (SpinIndependent(1e-3, 2.0), SpinIndependent(5.0, 0.1)):
        found, expected = (vertex.clean_vertex(QUARTIC, kind, J=J, E_F=2.5, alpha_R=0.1) for kind in (i, None))
        np.testing.assert_allclose(found, expected)


@pytest.mark.parametrize("E_F", [2.5, 0.3])
def test_circular_form_against_traced_lines(E_F):
    """(17), from the velocities at two Fermi wave vectors, against (16) integrated along traced Fermi lines."""
    found = vertex.circular_vertex(QUARTIC, J=J, E_F=E_F, alpha_R=0.1)
    lines = vertex.clean_vertex(traced(QUARTIC), J=J, E_F=E_F, alpha_R=0.1, cutoff=14.0)
    np.testing.assert_allclose(found, lines, rtol=1e-8, atol=1e-12)


def test_free_electrons_cancel():
    """The spin–orbit part of ν is −σ_y α_R/m (the paper has m = 1): ṽ removes it when both bands are occupied."""
    np.testing.assert_allclose(vertex.circular_vertex(FREE, J=J, E_F=2.0, alpha_R=0.1), [0, 0.1/FREE.mass], rtol=1e-12)
    k_F = fermi_wave_vectors(FREE, J=J, E_F=2.0)
    v = FREE.radial(k_F)[1]
    assert v[0]**2 - v[1]**2 == pytest.approx(4*J/FREE.mass)


def test_direction_of_the_field_matters_in_an_elliptic_band():
    band = stretched(3.0)
    C = [np.abs(vertex.clean_vertex(band, J=J, E_F=2.0, alpha_R=1.0, angle=a, cutoff=20.0)).max() for a in (0, np.pi/2)]
    assert C[0] == pytest.approx(1/FREE.mass, rel=1e-6)
    assert C[1] == pytest.approx(1/(3*FREE.mass), rel=1e-6)


# ---------------------------------------------------------------- the three ratios

@pytest.mark.parametrize("E_F, expected", [(2.0, 0.0), (0.51, 0.0), (0.2, 0.3), (-0.4, 0.9)])
def test_paper_ratio_of_free_electrons(E_F, expected):
    """0 with both bands occupied, (J − E_F)/2J for a half metal."""
    assert vertex.paper_ratio(FREE, J=J, E_F=E_F) == pytest.approx(expected, abs=1e-9)


def test_paper_ratio_of_18():
    assert vertex.paper_ratio(LINEAR, J=J, E_F=J + 1.0 + 0.01) == pytest.approx(1, abs=1e-9)
    np.testing.assert_allclose(vertex.clean_vertex(LINEAR, J=J, E_F=2.0, alpha_R=0.1), 0, rtol=0, atol=1e-12)


def test_18_has_a_jump_in_its_third_derivative_only():
    k_c, h = np.pi / (2*LINEAR.chi), 1e-5
    left, right = (np.array(LINEAR.radial(np.array(k_c + s*h))) for s in (-1, 1))
    assert np.max(np.abs(right - left)) < 20*h
    slope = [(LINEAR.radial(np.array(k_c + s*2*h))[2] - LINEAR.radial(np.array(k_c + s*h))[2]) / (s*h) for s in (-1, 1)]
    assert slope[0] == pytest.approx(-LINEAR.epsilon0 * LINEAR.chi**3 / hbar**2, rel=1e-3)
    assert slope[1] == pytest.approx(0, abs=1e-6)


def test_cutoff_of_18_is_logarithmic():
    """The rung ∫ d²k G^R_+ G^A_− grows by the same amount per doubling: (1/2π)(ln 2)/(ε_0χ)²."""
    gamma = PLAIN.diluted(0.01).broadening(fermi_averages(LINEAR, J=J, E_F=2.0).density_of_states)
    pair = [vertex._first_order_sums(LINEAR, J, 2.0, gamma, None, c, 100)[2].real for c in (400.0, 800.0, 1600.0)]
    expected = np.log(2) / (2*np.pi * (LINEAR.epsilon0 * LINEAR.chi)**2)
    np.testing.assert_allclose(np.diff(pair), expected, rtol=0.02)


@pytest.mark.parametrize("gamma", [0.0, 0.6, 1.0])
def test_magnetic_impurities_enhance(gamma):
    """This ladder gives 1 + γ²/(2 + γ²) for free electrons with both bands occupied, by both formulas."""
    impurities = Magnetic(1.0, 1.0, anisotropy=gamma)
    expected = 1 + gamma**2 / (2 + gamma**2)
    assert vertex.paper_ratio(FREE, impurities, J=J, E_F=2.0) == pytest.approx(expected, rel=1e-9)
    assert vertex.full_ladder_ratio(FREE, impurities, J=J, E_F=2.0) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("band, cutoff", [(FREE, None), (QUARTIC, None), (LINEAR, None), (LATTICE, None),
                                          (stretched(2.0), 20.0)])
@pytest.mark.parametrize("E_F", [2.1, 0.2])
def test_full_ladder_vanishes_for_plain_impurities(band, cutoff, E_F):
    assert abs(vertex.full_ladder_ratio(band, PLAIN, J=J, E_F=E_F, cutoff=cutoff)) < 1e-9


def test_equal_lifetimes_leave_the_bare_bubble_alone():
    assert vertex.bare_bubble_ratio(FREE, MIXED, J=J, E_F=2.0) == pytest.approx(1, rel=1e-9)
    assert abs(vertex.bare_bubble_ratio(QUARTIC, MIXED, J=J, E_F=2.0) - 1) > 0.01


@pytest.mark.parametrize("band, E_F, cutoff", [(FREE, 2.0, None), (QUARTIC, 2.5, None), (QUARTIC, 0.2, None),
                                               (LINEAR, 2.5, 60.0)])
@pytest.mark.parametrize("ladder", [True, False])
def test_finite_concentration_tends_to_the_closed_forms(band, E_F, cutoff, ladder):
    closed = (vertex.full_ladder_ratio if ladder else vertex.bare_bubble_ratio)(band, MIXED, J=J, E_F=E_F)
    errors = [abs(vertex.finite_ratio(band, MIXED.diluted(x), J=J, E_F=E_F, ladder=ladder, cutoff=cutoff) - closed)
              for x in (4e-3, 1e-3)]
    assert errors[1] < 2e-2
    assert errors[0] > 2.5 * errors[1]


def bastin_by_brute_force(band, k, weight, E_F, alpha_R, gamma, ladder, impurities):
    """Spin along x′ (without the prefactor −eEħα_R/2π) by Kubo–Středa, 2×2 matrices on a grid, energies by quadrature.

    Fermi surface and sea as they stand: Tr σ_x [G^R ν̃ G^A − Re G^R ν G^R] + Re ∫ dE Tr σ_x [G^R ν ∂G^R − ∂G^R ν G^R],
    the energy integral along E_F + iy. Antisymmetrised in α_R to keep odd orders.
    """
    x, w = np.polynomial.legendre.leggauss(24)
    y, w_y = (1 + x) / (1 - x), w * 2 / (1 - x)**2                    # 0 … ∞
    total, summed = 0.0, lambda X: np.einsum("k,kij->ij", np.broadcast_to(weight, len(k)), X)
    for sign in (1, -1):
        H = vertex.hamiltonian(band, k, J=J, alpha_R=sign*alpha_R)
        nu = vertex.current_vertex(band, k, alpha_R=sign*alpha_R)
        green = lambda E, H=H: np.linalg.inv(E*np.eye(2) - H + 1j*np.diag(gamma[::-1]))
        R = green(E_F)
        A = np.conj(np.swapaxes(R, 1, 2))
        dressed = nu
        if ladder:
            term = impurities.average(summed(R @ nu @ A))
            for _ in range(80):
                dressed = dressed + term
                term = impurities.average(summed(R @ term @ A))
        surface = summed(R @ dressed @ A - R @ nu @ R)
        sea = 0.0
        for yi, wi in zip(y, w_y):
            G = green(E_F + 1j*yi)
            commutator = summed(-G @ nu @ G @ G + G @ G @ nu @ G)
            sea += -1j * wi * np.trace(PAULI[0] @ commutator)          # dE = i dy, from i∞ down to E_F
        total += sign * (np.trace(PAULI[0] @ surface).real + sea.real) / 2
    return total / alpha_R


@pytest.mark.parametrize("ladder", [True, False])
def test_finite_ratio_against_brute_force_over_k_and_energy(ladder):
    E_F, impurities = 2.3, MIXED.diluted(0.3)
    averages = fermi_averages(LATTICE, J=J, E_F=E_F)
    gamma = impurities.broadening(averages.density_of_states)
    F = averages.velocity_squared[:, 0, 0]
    spin = bastin_by_brute_force(LATTICE, *even_grid(LATTICE, 100), E_F, 1e-3, gamma, ladder, impurities)
    expected = spin * J**2 / (np.pi * (F[0] - F[1]))
    assert vertex.finite_ratio(LATTICE, impurities, J=J, E_F=E_F, ladder=ladder) == pytest.approx(expected, rel=1e-4)


def test_finite_ratio_on_a_lattice_tends_to_the_closed_form():
    closed = vertex.full_ladder_ratio(LATTICE, MIXED, J=J, E_F=2.5)
    errors = [abs(vertex.finite_ratio(LATTICE, MIXED.diluted(x), J=J, E_F=2.5) - closed) for x in (0.1, 0.02)]
    assert errors[1] < 2e-3 and errors[0] > 5 * errors[1]


# ---------------------------------------------------------------- one, two and three dimensions

def whole_space(dimension, scale=4.0, radial=160):
    """k (n, d) and weights dᵈk/(2π)ᵈ (n,) of all of space: |k| = scale (1 + x)/(1 − x), directions by Gauss's rule."""
    x, w = np.polynomial.legendre.leggauss(radial)
    length, measure = scale * (1 + x) / (1 - x), 2*scale * w / (1 - x)**2
    turn = np.arange(8) * np.pi/4
    circle = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    if dimension == 1:
        unit, share = np.array([[1.0], [-1.0]]), np.ones(2)
    elif dimension == 2:
        unit, share = circle, np.full(8, 2*np.pi/8)
    else:
        z, w_z = np.polynomial.legendre.leggauss(6)
        unit = np.concatenate([np.concatenate([np.sqrt(1 - c**2) * circle, np.full((8, 1), c)], axis=1) for c in z])
        share = np.repeat(w_z, 8) * 2*np.pi/8
    k = length[:, None, None] * unit
    return k.reshape(-1, dimension), np.outer(measure * length**(dimension - 1), share).ravel() / (2*np.pi)**dimension


@pytest.mark.filterwarnings("ignore:k is taken in 1/nm")                  # the sums run to infinity
@pytest.mark.parametrize("ladder", [True, False])
@pytest.mark.parametrize("dimension", [1, 2, 3])
def test_finite_ratio_in_each_dimension_against_brute_force(dimension, ladder):
    band, E_F, impurities = FreeElectron(dimension=dimension), 1.2, MIXED.diluted(0.1)
    averages = fermi_averages(band, J=J, E_F=E_F)
    gamma, F = impurities.broadening(averages.density_of_states), averages.velocity_squared[:, 0, 0]
    k, weight = whole_space(dimension)
    spin = bastin_by_brute_force(band, k, weight, E_F, 1e-3, gamma, ladder, impurities)
    expected = spin * J**2 / (np.pi * (F[0] - F[1]))
    assert vertex.finite_ratio(band, impurities, J=J, E_F=E_F, ladder=ladder) == pytest.approx(expected, rel=2e-4)


@pytest.mark.parametrize("dimension", [1, 2, 3])
def test_averages_of_free_electrons_in_each_dimension(dimension):
    """n of a line, a disc, a ball of radius k_F in k; N = dn/dE_F; F = n/m."""
    band, E_F, h = FreeElectron(dimension=dimension), 1.2, 1e-4
    found = fermi_averages(band, J=J, E_F=E_F)
    volume = (lambda k: 2*k, lambda k: np.pi*k**2, lambda k: 4*np.pi/3*k**3)[dimension - 1]
    n = lambda E: np.array([volume(np.sqrt(2*m_e*(E - s*J)) / hbar) for s in (-1, 1)]) / (2*np.pi)**dimension
    np.testing.assert_allclose(found.density, n(E_F), rtol=1e-12)
    np.testing.assert_allclose(found.density_of_states, (n(E_F + h) - n(E_F - h)) / (2*h), rtol=1e-6)
    np.testing.assert_allclose(found.velocity_squared, n(E_F)[:, None, None] / m_e * np.eye(dimension), rtol=1e-12)


@pytest.mark.parametrize("dimension, expected", [(1, -1.0), (2, 0.0), (3, 1/3)])
def test_paper_ratio_of_a_parabola_is_one_minus_two_over_d(dimension, expected):
    """By the closed form, and by (10) summed over the sea with the vertex that solves (14) at few impurities."""
    band, E_F = FreeElectron(dimension=dimension), 1.2
    assert vertex.paper_ratio(band, J=J, E_F=E_F) == pytest.approx(expected, abs=1e-9)
    few = vertex.vertex_correction(band, PLAIN.diluted(1e-5), J=J, E_F=E_F, alpha_R=1.0)[1]
    assert few == pytest.approx(vertex.circular_vertex(band, J=J, E_F=E_F, alpha_R=1.0)[1], rel=1e-3)
    grid, alpha_R = fermi_sphere(fermi_wave_vectors(band, J=J, E_F=E_F), dimension), 1e-6
    f = occupations(band, grid, FermiDirac(E_F, 0.0), J=J)
    H = vertex.hamiltonian(band, grid.points, alpha_R=alpha_R, J=J)

    def spin(dressing):
        nu = vertex.current_vertex(band, grid.points, alpha_R=alpha_R) + alpha_R * dressing * PAULI[1]
        along_x = np.zeros(H.shape[:1] + (dimension, 2, 2), dtype=complex)
        along_x[:, 0] = hbar * nu
        return kubo_spin(H, along_x, grid, f)[0, 0]

    assert spin(few) / spin(0.0) == pytest.approx(expected, abs=2e-3)


@pytest.mark.parametrize("dimension", [1, 2, 3])
@pytest.mark.parametrize("E_F", [1.2, 0.2])
def test_full_ladder_vanishes_in_each_dimension(dimension, E_F):
    for band in (FreeElectron(dimension=dimension), Quartic(quartic=0.05, dimension=dimension)):
        assert abs(vertex.full_ladder_ratio(band, J=J, E_F=E_F)) < 1e-9
        # (finite_ratio's Γ does not depend on energy: exact to leading order in the concentration)
        few, fewer = (vertex.finite_ratio(band, PLAIN.diluted(x), J=J, E_F=E_F) for x in (1e-3, 1e-4))
        assert abs(fewer) < max(0.15 * abs(few), 1e-6) and abs(few) < 0.05


@pytest.mark.parametrize("dimension", [1, 2, 3])
@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0])
def test_magnetic_impurities_for_small_exchange(dimension, gamma):
    """J ≪ E_F: N_∓ = N(1 ± x(d−2)/2), F_∓ = F(1 ± xd/2) with x = J/E_F, put into (7.13) and (7.16) by hand."""
    g, d = gamma**2, dimension
    lean = 1 + (2 - g)/(2 + g) * (d - 2)/d
    impurities, band = Magnetic(1.0, 1.0, gamma), FreeElectron(dimension=d)
    for J in (1e-3, 1e-5):
        paper = vertex.paper_ratio(band, impurities, J=J, E_F=1.0)
        ladder = vertex.full_ladder_ratio(band, impurities, J=J, E_F=1.0)
        assert paper == pytest.approx(1 + g/(2 + g) * lean, abs=1e-5)
        assert ladder == pytest.approx(2*(1 + g)/(2 + g) * lean, abs=1e-5)


@pytest.mark.parametrize("gamma, low, high", [(1.0, 1.48, 1.51), (0.5, 1.40, 1.48), (0.0, 4/3, 1.45)])
def test_magnetic_impurities_in_three_dimensions(gamma, low, high):
    """Between small J and J = 0.4 E_F; in two dimensions 1 + γ²/(2 + γ²), here more. Finite concentrations agree."""
    band, impurities = FreeElectron(dimension=3), Magnetic(1.0, 1.0, gamma)
    ladder = [vertex.full_ladder_ratio(band, impurities, J=J, E_F=E_F) for E_F in (1.25, 2.0, 4.0)]
    assert all(low <= R <= high for R in ladder) and np.all(np.diff(ladder) < 0)
    assert vertex.finite_ratio(band, impurities.diluted(1e-3), J=J, E_F=2.0) == pytest.approx(ladder[1], rel=2e-3)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0])
def test_ladder_without_exchange(gamma):
    """J ≪ α_R v ≫ Γ in two dimensions: −γ²/(4 + 3γ²) of the bare vertex, from the two helicities by hand."""
    at = dict(J=1e-4, E_F=1.2, alpha_R=0.5, order="exact")
    magnetic = vertex.vertex_correction(FREE, Magnetic(1e-3, 1.0, gamma), **at)[1]
    assert FREE.mass * magnetic / 0.5 == pytest.approx(-gamma**2 / (4 + 3*gamma**2), abs=3e-5)
    plain = vertex.vertex_correction(FREE, PLAIN.diluted(1e-4), **at)[1]
    assert FREE.mass * plain / 0.5 == pytest.approx(1, abs=1e-3)


# ---------------------------------------------------------------- differences that cancel

class Correlated(Impurities):
    def __init__(self, *w):
        self.w = w

    def correlations(self):
        return self.w


@pytest.mark.filterwarnings("ignore:k is taken in 1/nm")
@pytest.mark.parametrize("w_0", [0.05, 0.05 * (1 + 1e-12), 0.05 * (1 + 1e-6)])
def test_equal_lifetimes_on_a_band_that_is_no_parabola(w_0):
    """w_0 = 2w_⊥ gives both bands one Γ: x_− − x_+ = 2J is lost in ε at large k. Expected: brute force over k and E."""
    impurities = Correlated(w_0, 0.025, 0.0)
    found = vertex.finite_ratio(QUARTIC, impurities, J=J, E_F=1.2)
    averages = fermi_averages(QUARTIC, J=J, E_F=1.2)
    gamma, F = impurities.broadening(averages.density_of_states), averages.velocity_squared[:, 0, 0]
    spin = bastin_by_brute_force(QUARTIC, *whole_space(2, radial=500), 1.2, 1e-3, gamma, True, impurities)
    assert found == pytest.approx(spin * J**2 / (np.pi * (F[0] - F[1])), rel=1e-4) == pytest.approx(0.4703, abs=1e-4)


@pytest.mark.parametrize("x", [0.0, -0.7, 3.0, -1e3, -1e6, -1e12])
def test_sea_integral_near_and_far(x):
    """∫ dE R_+R_−(R_+ − R_−) = D ∫ dE (R_+R_−)² up to E_F, along E_F + iy by quadrature, at and far above E_F."""
    x_p, x_m = x - J + 0.02j, x + J + 0.03j
    integrand = lambda y: -1j * (2*J + 0.01j) / ((x_p + 1j*y) * (x_m + 1j*y))**2
    scale = abs(x) + 1
    part = lambda f: sum(quad(lambda t: f(integrand(scale * t)) * scale, a, b, epsabs=0, epsrel=1e-11, limit=200)[0]
                         for a, b in ((0, 1), (1, np.inf)))
    expected = part(np.real) + 1j*part(np.imag)
    found = vertex._sea(np.array([x_p]), np.array([x_m]), 2*J + 0.01j)[0]
    assert found == pytest.approx(expected, rel=1e-7, abs=0)


def test_equal_seas_have_no_ratio():
    """In one dimension F = v/πħ is the same on both branches of a straight line, and (12) has no torque to compare
    with."""
    line = CosineLinear(1.0, 0.5, dimension=1)
    averages = fermi_averages(line, J=J, E_F=2.5)
    assert averages.velocity_squared[0, 0, 0] == pytest.approx(averages.velocity_squared[1, 0, 0], rel=1e-12)
    with pytest.raises(ValueError, match="vanishes"):
        vertex.full_ladder_ratio(line, MAGNETIC, J=J, E_F=2.5)


# ---------------------------------------------------------------- bad input

class Wavy(IsotropicBand):
    dimension = 2

    def _radial(self, k):
        return (k**2 - 1.5*np.sin(2*k)**2 + k**4/40, (2*k - 3*np.sin(4*k) + k**3/10) / hbar,
                (2 - 12*np.cos(4*k) + 0.3*k**2) / hbar**2)


class InPlane(Impurities):
    def correlations(self):
        return 0.0, 1.0, 0.0


@pytest.mark.parametrize("dimension", (1, 2, 3))
def test_few_electrons_have_the_density_of_states_of_free_ones(dimension):
    """Fermi wave vectors far below 1/nm count as those above."""
    k = 1e-3
    E_F = (hbar*k)**2 / (2*m_e) - J
    averages = fermi_averages(FreeElectron(dimension=dimension), J=J, E_F=E_F)
    shell = {1: 1/np.pi, 2: k/(2*np.pi), 3: k**2/(2*np.pi**2)}[dimension]
    assert averages.density_of_states == pytest.approx([shell * m_e / (hbar**2*k), 0.0], rel=1e-6)


SKEW = CustomBand(lambda k: (k**2).sum(-1) + 0.3*k[..., 0], lambda k: (2*k + [0.3, 0]) / hbar,
                  lambda k: np.broadcast_to(2*np.eye(2)/hbar**2, k.shape + (2,)), dimension=2)


@pytest.mark.parametrize("make, message", [
    (lambda: vertex.paper_ratio(FREE, J=J, E_F=-0.6), "bottom of the majority band"),
    (lambda: vertex.full_ladder_ratio(LATTICE, PLAIN, J=J, E_F=-0.6), "bottom of the majority band"),
    (lambda: vertex.vertex_correction(FREE, PLAIN, J=J, E_F=-0.6, alpha_R=0.1, order="exact"),
     "bottom of the lower band"),
    (lambda: vertex.circular_vertex(Wavy(), J=J, E_F=1.0, alpha_R=0.1), "rise steadily"),
    (lambda: vertex.circular_vertex(LATTICE, J=J, E_F=1.0, alpha_R=0.1), "isotropic"),
    (lambda: vertex.clean_vertex(Quartic(quartic=-0.5, dimension=2), J=J, E_F=5.0, alpha_R=0.1), "top of the band"),
    (lambda: vertex.clean_vertex(TightBinding(1.0, 0.5, dimension=3), J=J, E_F=1.0, alpha_R=0.1),
     "dimension 2, or depend on"),
    (lambda: vertex.vertex_correction(FreeElectron(dimension=3), PLAIN, J=J, E_F=1.0, alpha_R=0.1, order="exact"),
     "dimension 2 for order 'exact'"),
    (lambda: vertex.vertex_correction(CosineLinear(1.0, 0.5, dimension=3), PLAIN, J=J, E_F=2.0, alpha_R=0.1),
     "too slowly"),
    (lambda: vertex.paper_ratio(FreeElectron(dimension=1), J=J, E_F=1.0, angle=0.3), "angle must be 0"),
    (lambda: vertex.paper_ratio(CosineLinear(1.0, 0.5, dimension=1), J=J, E_F=2.5), "vanishes"),
    (lambda: vertex.clean_vertex(traced(FREE), J=J, E_F=1.0, alpha_R=0.1), "cutoff"),
    (lambda: vertex.clean_vertex(traced(FREE), J=J, E_F=1.0, alpha_R=0.1, cutoff=2.0), "whole Fermi line"),
    (lambda: fermi_averages(LATTICE, J=J, E_F=1.0, cutoff=2*np.pi/0.5), "cutoff must be left out for a band with"),
    (lambda: vertex.finite_ratio(LATTICE, PLAIN, J=J, E_F=2.0, cutoff=20.0), "cutoff must be left out"),
    (lambda: fermi_averages(FREE, J=J, E_F=1.0, cutoff=-5.0), r"cutoff must lie in \(0, inf\) 1/nm; got -5"),
    (lambda: vertex.paper_ratio(LINEAR, J=J, E_F=1.0, cutoff=np.nan), "cutoff must be finite"),
    (lambda: vertex.finite_ratio(FREE, SpinIndependent(0.01, 1.0), J=0.3, E_F=0.3), "E_F must not lie at the bottom"),
    (lambda: vertex.clean_vertex(SKEW, J=J, E_F=1.0, alpha_R=0.1, cutoff=5.0), "even in k"),
    (lambda: vertex.clean_vertex(LATTICE, J=J, E_F=4.5, alpha_R=0.1), "saddle"),
    (lambda: vertex.vertex_correction(LINEAR, PLAIN, J=J, E_F=2.0, alpha_R=0.1), "logarithmically"),
    (lambda: vertex.vertex_correction(LINEAR, PLAIN, J=J, E_F=2.0, alpha_R=0.1, cutoff=1.0), "cutoff"),
    (lambda: vertex.finite_ratio(LATTICE, PLAIN.diluted(1e-5), J=J, E_F=2.0), "cannot resolve the broadening"),
    (lambda: vertex.finite_ratio(FREE, SpinIndependent(0.0, 1.0), J=J, E_F=2.0), "must scatter"),
    (lambda: vertex.full_ladder_ratio(FREE, InPlane(), J=J, E_F=0.2), "majority"),
    (lambda: vertex.vertex_correction(FREE, InPlane(), J=J, E_F=0.2, alpha_R=0.0, order="exact"), "broaden both spins"),
    (lambda: vertex.paper_ratio(LATTICE, J=J, E_F=4.0), "vanishes"),
    (lambda: vertex.vertex_correction(FREE, PLAIN, J=J, E_F=2.0, alpha_R=0.1, order="second"), "order"),
    (lambda: vertex.vertex_correction(FREE, PLAIN, J=J, E_F=2.0, alpha_R=np.nan), "alpha_R"),
    (lambda: vertex.vertex_correction(FREE, PLAIN, J=-J, E_F=2.0, alpha_R=0.1), "J"),
    (lambda: vertex.clean_vertex(FREE, J=J, E_F=2.0, alpha_R=0.1, angle=np.inf), "angle"),
    (lambda: fermi_wave_vectors(LATTICE, J=J, E_F=2.0), "isotropic"),
])
def test_bad_values(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_bad_kind():
    with pytest.raises(TypeError, match="impurities"):
        vertex.bare_bubble_ratio(FREE, 0.3, J=J, E_F=2.0)


@pytest.mark.parametrize("wrong", ["nonmagnetic", 0.3, SpinIndependent])
@pytest.mark.parametrize("call", [
    lambda impurities: vertex.clean_vertex(FREE, impurities, J=J, E_F=2.0, alpha_R=0.1),
    lambda impurities: vertex.paper_ratio(FREE, impurities, J=J, E_F=2.0),
    lambda impurities: vertex.bare_bubble_ratio(FREE, impurities, J=J, E_F=2.0),
    lambda impurities: vertex.full_ladder_ratio(FREE, impurities, J=J, E_F=2.0),
    lambda impurities: vertex.vertex_correction(FREE, impurities, J=J, E_F=2.0, alpha_R=0.1),
    lambda impurities: vertex.vertex_correction(FREE, impurities, J=J, E_F=2.0, alpha_R=0.1, order="exact"),
    lambda impurities: vertex.finite_ratio(FREE, impurities, J=J, E_F=2.0),
])
def test_impurities_of_the_wrong_kind(call, wrong):
    with pytest.raises(TypeError, match="impurities must be an Impurities object such as SpinIndependent"):
        call(wrong)


@pytest.mark.parametrize("function", [vertex.paper_ratio, vertex.bare_bubble_ratio, vertex.full_ladder_ratio])
def test_the_strength_of_plain_impurities_drops_out_and_need_not_be_given(function):
    assert function(QUARTIC, J=J, E_F=2.0) == pytest.approx(function(QUARTIC, SpinIndependent(0.3, 0.7), J=J, E_F=2.0))


def test_a_finite_concentration_has_to_be_given():
    with pytest.raises(TypeError, match="impurities must be an Impurities object .*; got None"):
        vertex.finite_ratio(FREE, None, J=J, E_F=2.0)


class Cone(IsotropicBand):
    """ε = ħv|k|, v = 1 nm/fs: both bands equally fast, so that (17) and with it Im of the bubble vanish at every k."""

    dimension = 2

    def _radial(self, k):
        return hbar*k, np.ones_like(k), np.zeros_like(k)


def test_what_vanishes_at_every_k_does_not_keep_an_integral_from_settling():
    at = dict(J=0.3, E_F=1.0, cutoff=50.0)
    assert vertex.paper_ratio(Cone(), J=0.3, E_F=1.0) == pytest.approx(1.0, abs=1e-12)
    dilute, ten_times = (vertex.finite_ratio(Cone(), SpinIndependent(c, 0.3), **at) for c in (0.005, 0.05))
    assert abs(dilute) < 2e-5 and ten_times == pytest.approx(10*dilute, rel=0.02)   # 0 in the clean limit
    weak, strong = (vertex.vertex_correction(Cone(), SpinIndependent(0.005, 0.3), alpha_R=a, order="exact", **at)
                    for a in (0.02, 0.04))
    assert strong[1] == pytest.approx(8*weak[1], rel=0.02)                          # no first order
    first = vertex.vertex_correction(Cone(), SpinIndependent(0.005, 0.3), alpha_R=0.02, **at)
    assert abs(first[1]) < 1e-2 * abs(weak[1])


class Valleys(Band):
    """ε = Σ_i (cos k_i a − c_i)²: four minima at no point of symmetry, with ``bottom_density`` states per energy."""

    dimension, a, c = 2, 0.4, np.array([0.3, -0.45])
    reciprocal_vectors = 2*np.pi/a * np.eye(2)
    bottom_density = 1 / (np.pi * a**2 * np.sqrt(np.prod(1 - c**2)))

    def _energy(self, k):
        return np.sum((np.cos(k*self.a) - self.c)**2, axis=-1)

    def _velocity(self, k):
        return -2*self.a/hbar * (np.cos(k*self.a) - self.c) * np.sin(k*self.a)

    def _inverse_mass(self, k):
        x = k*self.a
        return (2*(self.a/hbar)**2 * (np.sin(x)**2 - (np.cos(x) - self.c)*np.cos(x)))[..., None] * np.eye(2)


class Honeycomb(Band):
    """ε = t|1 + exp(ik·a_1) + exp(ik·a_2)|, graphene: cones of velocity √3at/2ħ at the corners K, K′ of the zone."""

    dimension, t, a = 2, 2.7, 0.246
    steps = a * np.array([[0, 0], [1, 0], [0.5, np.sqrt(0.75)]])
    reciprocal_vectors = 2*np.pi * np.linalg.inv(steps[1:]).T

    def _energy(self, k):
        return self.t * np.abs(np.exp(1j * (k @ self.steps.T)).sum(axis=-1))

    def _velocity(self, k):
        hop = np.exp(1j * (k @ self.steps.T))
        f = hop.sum(axis=-1)
        return self.t/hbar * (np.conj(f)[..., None] * (1j*hop @ self.steps)).real / np.abs(f)[..., None]


@pytest.mark.parametrize("level", [0.1, 0.03, 1e-3, 1e-6])
def test_pockets_at_the_corners_of_a_zone_are_found(level):
    cones = 2 * level / (2*np.pi * (np.sqrt(3)/2 * 0.246*2.7)**2)
    electrons = fermi_averages(Honeycomb(), J=J, E_F=level + J).density_of_states[1]
    assert electrons == pytest.approx(cones, rel=0.3*level + 1e-7)
    flipped = CustomBand(lambda k: -Honeycomb().energy(k), lambda k: -Honeycomb().velocity(k), np.zeros_like,
                         dimension=2, reciprocal_vectors=Honeycomb.reciprocal_vectors)
    assert fermi_averages(flipped, J=J, E_F=-level - J).density_of_states[0] == pytest.approx(electrons, rel=1e-7)


@pytest.mark.parametrize("level, rel", [(0.01, 0.02), (1e-3, 2e-3), (3e-4, 6e-4)])
def test_pockets_between_the_corners_of_triangles_are_found(level, rel):
    found = fermi_averages(Valleys(), J=J, E_F=level + J).density_of_states[1]
    assert found == pytest.approx(Valleys.bottom_density, rel=rel)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_pocket_too_small_to_follow_is_named(sign):
    """Of electrons or of holes: the minority band is not taken for empty, nor the majority band for filled."""
    own = Valleys()
    band = CustomBand(lambda k: sign*own.energy(k), lambda k: sign*own.velocity(k), lambda k: sign*own.inverse_mass(k),
                      dimension=2, reciprocal_vectors=own.reciprocal_vectors)
    with pytest.raises(ValueError, match="could not be followed: it has too small a pocket around k = "):
        fermi_averages(band, J=J, E_F=sign*(1e-6 + J))


def test_an_electron_at_rest_in_a_wire():
    """v = 0, and no v_y: only ε and J are left of (13)."""
    found = vertex.hamiltonian(FreeElectron(dimension=1), [[0.0], [2.0]], J=0.53, alpha_R=0.1)
    np.testing.assert_allclose(found[0], np.diag([0.53, -0.53]), rtol=0, atol=1e-15)
    assert found[1, 0, 1] == pytest.approx(0.1j * hbar*2.0/m_e, rel=1e-12)          # −α_R v_x σ_y


def test_the_field_lies_in_the_plane_of_the_film():
    """In three dimensions the current along it knows no v_z."""
    band, k, angle = FreeElectron(dimension=3), np.array([1.0, -2.0, 3.0]), 0.4
    nu = vertex.current_vertex(band, k, alpha_R=0.1, angle=angle)
    along = hbar/m_e * (np.cos(angle) * k[0] + np.sin(angle) * k[1])
    assert np.trace(nu).real / 2 == pytest.approx(along, rel=1e-12)
