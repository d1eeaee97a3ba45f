"""The chiral connection: textures against spin–orbit coupling, (26) against sums over states that do not know it."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.linalg import expm

from torquelib.algebra import sigma
from torquelib.bands import FreeElectron, Quartic
from torquelib.chiral import (
    DRESSELHAUS,
    RASHBA,
    WEYL,
    berry_curvature,
    chiral_derivative,
    precession_wave_number,
    spin_orbit_torque,
    texture_coupling,
    uniform_magnet,
)
from torquelib.gauge import gauge_potential, gauge_potential_numerical, transformed_hamiltonian
from torquelib.response import (
    FermiDirac,
    KGrid,
    drift,
    fermi_sphere,
    k_box,
    kubo_spin,
    occupations,
    spin_current,
    spin_density,
)
from torquelib.textures import DresselhausTexture, RashbaTexture
from torquelib.torques import adiabatic_velocity, torque_from_states
from torquelib.units import SI_E, SI_HBAR, SI_M_E, SI_MU_B, e, hbar, m_e

J, MS, BAND = 0.53, 8e5, FreeElectron(dimension=2)
SEA = FermiDirac(2.0, 0.05)
OBLIQUE = np.array([0.48, 0.6, 0.64])
DIRECTIONS = [np.array(m) for m in ((0, 0, 1.0), (0, 0, -1.0), (1.0, 0, 0), (0, 1.0, 0), (0.6, 0, 0.8))] + [OBLIQUE]
COUPLINGS = [pytest.param(RASHBA, id="Rashba"), pytest.param(DRESSELHAUS, id="Dresselhaus")]
ALONG = np.eye(2)


def kubo_by_eigenvectors(hamiltonian, gradient, k, weights, distribution):
    """χ_ai of Eq. (10): numerical eigenvectors, a sum over pairs of bands, no closed form. (3, d)"""
    energies, states = np.linalg.eigh(hamiltonian(k))
    bra = np.conj(np.swapaxes(states, -1, -2))
    spin = np.einsum("nab,xbc,ncd->nxad", bra, sigma, states)
    push = np.einsum("nab,nibc,ncd->niad", bra, gradient(k), states)
    f, chi = distribution(energies), 0.0
    for n, other in ((0, 1), (1, 0)):
        gap = energies[:, n] - energies[:, other]
        pair = np.imag(spin[:, :, None, n, other] * push[:, None, :, other, n])
        chi = chi - 2*e * np.einsum("n,nxi->xi", weights * f[:, n] / gap**2, pair)
    return chi


def torque(m, spin_per_area, J=J):
    """Torque (1/s) of a spin density in 1/nm² spread over a film 1 nm thick."""
    return torque_from_states(m, spin_per_area, 1e27, J=J, Ms=MS)


def sum_of_states(m, alpha, coupling=RASHBA, band=BAND, points=160):
    """Torques for 1e5 V/m along x and y, shape (2, 3), and n_s (1/m³) of the film without coupling."""
    grid = k_box(11.0, points, 2)
    chi = kubo_by_eigenvectors(*uniform_magnet(band, m, coupling, J=J, alpha_R=alpha), grid.points, grid.weights, SEA)
    n_s = spin_density(grid, occupations(band, grid, SEA, J=J)) * 1e27
    return np.array([torque(m, chi[:, i] * 1e-4) for i in range(2)]), n_s


# --- textures: (C1)–(C6) ---------------------------------------------------------------------------------------------

@pytest.mark.parametrize("texture, expected_x, expected_y", [
    (RashbaTexture, (0, 1, 0), (-1, 0, 0)), (DresselhausTexture, (-1, 0, 0), (0, 1, 0))], ids=["C2", "C5"])
def test_gauge_potential_at_the_origin_to_first_order(texture, expected_x, expected_y):
    errors = []
    for p in (0.02, 0.01):
        A = gauge_potential_numerical(texture(p), 3.0, -2.0)           # finite differences of U; off the origin
        printed = hbar * p / 2 * np.array([expected_x, expected_y])
        assert np.allclose(gauge_potential_numerical(texture(p), 0.0, 0.0)[:2], printed, rtol=0, atol=1e-10)
        errors.append(np.max(np.abs(A[:2] - printed)))
    assert errors[0] / errors[1] == pytest.approx(4, rel=0.05)         # what is left out is O(p²)


@pytest.mark.parametrize("texture, theta_slope, phi_slope", [
    (RashbaTexture, (1, 0), (0, 1)), (DresselhausTexture, (0, 1), (1, 0))], ids=["C1", "C4"])
def test_textures_turn_as_printed(texture, theta_slope, phi_slope):
    p, (x, y) = 0.1, np.random.default_rng(3).uniform(-2, 2, (2, 20))
    theta = np.pi/2 + p * (theta_slope[0]*x + theta_slope[1]*y)
    phi = p * (phi_slope[0]*x + phi_slope[1]*y)
    by_hand = np.stack([np.sin(theta)*np.cos(phi), np.sin(theta)*np.sin(phi), np.cos(theta)], axis=-1)
    assert np.allclose(texture(p).m(x, y), by_hand, rtol=0, atol=1e-14)


@pytest.mark.parametrize("texture, coupling, printed", [
    (RashbaTexture, RASHBA, lambda kx, ky: (ky, -kx)), (DresselhausTexture, DRESSELHAUS, lambda kx, ky: (kx, -ky))],
    ids=["C3", "C6"])
def test_transformed_hamiltonian_of_the_texture_is_the_magnet_with_coupling(texture, coupling, printed):
    p = 0.03
    k = np.random.default_rng(1).uniform(-8, 8, (40, 2))
    from_texture = transformed_hamiltonian(BAND, k, gauge_potential(texture(p), 0.0), J=J)
    magnet = uniform_magnet(BAND, [0, 0, 1], coupling, J=J, alpha_R=texture_coupling(p))[0](k)
    assert np.allclose(from_texture, magnet, rtol=0, atol=1e-12)
    in_x, in_y = printed(*k.T)
    by_hand = (hbar**2 / (2*m_e) * (np.sum(k**2, axis=-1)[:, None, None] * np.eye(2)
                                    + p * (in_x[:, None, None]*sigma[0] + in_y[:, None, None]*sigma[1])) + J*sigma[2])
    assert np.allclose(magnet, by_hand, rtol=0, atol=1e-12)


@pytest.mark.parametrize("texture, coupling", [(RashbaTexture, RASHBA), (DresselhausTexture, DRESSELHAUS)])
def test_chiral_derivative_of_the_uniform_magnet_is_the_derivative_of_its_texture(texture, coupling):
    p = 0.03
    on_axes = texture(p).gradient(0.0)[:2] @ texture(p).axes(0.0).T
    turned = chiral_derivative([0, 0, 1], 0.0, coupling, k_so=precession_wave_number(alpha_R=texture_coupling(p)))
    assert np.allclose(turned, on_axes, rtol=0, atol=1e-15)


def test_gradient_of_the_magnet_is_the_derivative_of_its_hamiltonian():
    for coupling in (RASHBA, DRESSELHAUS):
        H, dH = uniform_magnet(Quartic(m_e, 0.002, dimension=2), OBLIQUE, coupling, J=J, alpha_R=0.03)
        k, step = np.random.default_rng(2).uniform(-5, 5, (10, 2)), 1e-4
        for i in range(2):
            numerical = (H(k + step*ALONG[i]) - H(k - step*ALONG[i])) / (2*step)
            assert np.allclose(dH(k)[:, i], numerical, rtol=0, atol=1e-7)


# --- the chiral derivative -------------------------------------------------------------------------------------------

@pytest.mark.parametrize("coupling", [*COUPLINGS, pytest.param(WEYL, id="Weyl")])
def test_wave_number_and_derivative_from_a_spin_that_walks(coupling):
    """A spin that moves by L along i precesses by R; in its frame the uniform m becomes R⁻¹m."""
    alpha, k, step = 0.04, 3.0, 1e-4
    k_so = precession_wave_number(alpha_R=alpha)
    for i, w in enumerate(coupling):
        def seen(L):
            time = L * m_e / (hbar * k)                                    # at the speed ħk/m
            U = expm(-1j * alpha * k * np.einsum("a,abc->bc", w, sigma) * time / hbar)
            return 0.5 * np.einsum("abc,cb->a", sigma, U.conj().T @ np.einsum("a,abc->bc", OBLIQUE, sigma) @ U).real
        numerical = (seen(step) - seen(-step)) / (2*step)
        assert np.allclose(chiral_derivative(OBLIQUE, 0.0, coupling, k_so=k_so)[i], numerical, rtol=0, atol=1e-7)


def test_chiral_derivative_for_rashba_as_printed_and_added_to_a_gradient():
    rng = np.random.default_rng(0)
    m = rng.normal(size=(7, 3))
    m /= np.linalg.norm(m, axis=-1, keepdims=True)
    gradient = rng.normal(size=(7, 2, 3))
    z = np.array([0, 0, 1.0])
    by_hand = np.stack([gradient[:, i] + 1.3 * np.cross(np.cross(z, np.eye(3)[i]), m) for i in range(2)], axis=1)
    assert np.allclose(chiral_derivative(m, gradient, k_so=1.3), by_hand, rtol=0, atol=1e-14)
    along_x = chiral_derivative(m, gradient[:, :1], coupling=RASHBA[:1], k_so=1.3)  # of a wire
    assert np.allclose(along_x, by_hand[:, :1], rtol=0, atol=1e-14)


def test_couplings_and_textures_are_inverse_and_carry_the_paper_s_units():
    assert np.allclose(precession_wave_number(alpha_R=texture_coupling([0.02, -0.3])), [0.02, -0.3], rtol=1e-14)
    momentum = gauge_potential_numerical(RashbaTexture(0.02), 0.0)[0, 1]       # α_R of (13), eV fs/nm
    assert texture_coupling(0.02) == pytest.approx(momentum * hbar / m_e, rel=1e-9)


# --- the torque (26) -------------------------------------------------------------------------------------------------

def test_26_as_printed():
    n_s, alpha, z = 3e28, 0.02, np.array([0, 0, 1.0])
    E = np.array([2e5, -1e5, 0])
    k_R = 2 * (alpha * SI_E * 1e-9) * SI_M_E / SI_HBAR**2                      # SI, 1/m
    printed = (k_R * n_s * SI_MU_B * SI_HBAR * SI_E / (2 * SI_M_E * J * SI_E * MS)
               * np.cross(OBLIQUE, np.cross(OBLIQUE, np.cross(z, E))))
    assert np.allclose(spin_orbit_torque(OBLIQUE, E=E[:2], alpha_R=alpha, n_s=n_s, J=J, Ms=MS), printed, rtol=1e-9)


@pytest.mark.parametrize("coupling", COUPLINGS)
@pytest.mark.parametrize("m", DIRECTIONS, ids=str)
def test_torque_against_the_kubo_sum_over_eigenvectors(m, coupling):
    alpha = 0.002
    summed, n_s = sum_of_states(m, alpha, coupling)
    m = np.broadcast_to(m, (2, 3))
    expected = spin_orbit_torque(m, coupling, E=1e5 * ALONG, alpha_R=alpha, n_s=n_s, J=J, Ms=MS)
    assert np.allclose(summed, expected, rtol=0, atol=2e-3 * np.abs(expected).max())


def test_deviation_is_of_second_order():
    relative = []
    for alpha in (0.004, 0.008):
        summed, n_s = sum_of_states(OBLIQUE, alpha)
        m = np.broadcast_to(OBLIQUE, (2, 3))
        expected = spin_orbit_torque(m, E=1e5 * ALONG, alpha_R=alpha, n_s=n_s, J=J, Ms=MS)
        relative.append(np.linalg.norm(summed - expected) / np.linalg.norm(expected))
    assert np.log2(relative[1] / relative[0]) == pytest.approx(2, abs=0.05)


@pytest.mark.parametrize("share, expected", [(0.5, 1), (0.9, 1), (1.15, 0), (2.0, 0)])
def test_in_the_film_26_is_exact_until_the_bands_touch_inside_the_fermi_lines(share, expected):
    """Two parabolic bands, m in the film: the point |k₀| = J/α against the wave vector √(2mμ)/ħ."""
    alpha = share * J * hbar / np.sqrt(2*m_e * SEA.chemical_potential)
    grid = k_box(14.0, 320, 2)
    chi = kubo_by_eigenvectors(*uniform_magnet(BAND, [0.8, 0.6, 0], J=J, alpha_R=alpha), grid.points, grid.weights,
                               FermiDirac(SEA.chemical_potential, 0.04))
    summed = torque(np.array([0.8, 0.6, 0]), chi[:, 0] * 1e-4)
    n_s = m_e * J / (np.pi * hbar**2) * 1e27
    full = spin_orbit_torque([0.8, 0.6, 0], E=[1e5, 0], alpha_R=alpha, n_s=n_s, J=J, Ms=MS)
    assert np.allclose(summed, expected * full, rtol=0, atol=2e-3 * np.abs(full).max())


def test_in_the_film_one_occupied_band_is_not_exact():
    """With the majority alone (26) errs in second order: that it is exact needs two occupied bands."""
    sea, grid, errors = FermiDirac(0.0, 0.01), k_box(9.0, 400, 2), []
    n_s = spin_density(grid, occupations(BAND, grid, sea, J=J)) * 1e27
    for ratio in (0.1, 0.2):
        alpha = ratio * J * hbar / np.sqrt(2*m_e * J)
        magnet = uniform_magnet(BAND, [0.8, 0.6, 0], J=J, alpha_R=alpha)
        chi = kubo_by_eigenvectors(*magnet, grid.points, grid.weights, sea)
        summed = torque(np.array([0.8, 0.6, 0]), chi[:, 0] * 1e-4)
        full = spin_orbit_torque([0.8, 0.6, 0], E=[1e5, 0], alpha_R=alpha, n_s=n_s, J=J, Ms=MS)
        errors.append(1 - summed @ full / (full @ full))
    assert 1e-3 < errors[0] < errors[1] and np.log2(errors[1] / errors[0]) == pytest.approx(2, abs=0.1)


def test_torque_holds_for_another_band_and_one_occupied_spin():
    for band, sea in ((Quartic(m_e, 0.002, dimension=2), SEA), (BAND, FermiDirac(0.0, 0.02))):
        grid = k_box(11.0, 260, 2)
        chi = kubo_by_eigenvectors(*uniform_magnet(band, OBLIQUE, J=J, alpha_R=1e-3), grid.points, grid.weights, sea)
        n_s = spin_density(grid, occupations(band, grid, sea, J=J)) * 1e27
        expected = spin_orbit_torque(OBLIQUE, E=[1e5, 0], alpha_R=1e-3, n_s=n_s, J=J, Ms=MS)
        assert np.allclose(torque(OBLIQUE, chi[:, 0] * 1e-4), expected, rtol=0, atol=2e-3 * np.abs(expected).max())


def test_weyl_coupling_in_three_dimensions():
    band, grid = FreeElectron(dimension=3), fermi_sphere([4.0, 6.0], 3, radial=8, angular=8)
    k = np.linalg.norm(grid.points, axis=-1)
    f = np.stack([k < 6.0, k < 4.0], axis=-1).astype(float)
    chi = kubo_spin(*uniform_magnet(band, OBLIQUE, WEYL, J=J, alpha_R=1e-3), grid, f)
    E = np.array([1e5, 2e5, -1e5])
    summed = torque(OBLIQUE, chi @ E * 1e-9)
    expected = spin_orbit_torque(OBLIQUE, WEYL, E=E, alpha_R=1e-3, n_s=spin_density(grid, f) * 1e27, J=J, Ms=MS)
    assert np.allclose(summed, expected, rtol=0, atol=1e-3 * np.abs(expected).max())


@pytest.mark.parametrize("coupling", COUPLINGS)
def test_berry_curvature_is_the_kubo_formula(coupling):
    k = np.random.default_rng(4).uniform(-6, 6, (12, 2))
    H, dH = uniform_magnet(BAND, OBLIQUE, coupling, J=J, alpha_R=0.03)
    curvature = berry_curvature(OBLIQUE, k, coupling, J=J, alpha_R=0.03)
    for band, f in enumerate(([1.0, 0.0], [0.0, 1.0])):
        one = [kubo_spin(H(q[None]), dH(q[None]), KGrid(q[None], [1.0]), np.array(f)) for q in k]
        assert np.allclose(e * curvature[:, band], one, rtol=0, atol=1e-5 * np.abs(one).max())


def test_torque_against_spins_that_evolve_under_a_smooth_ramp():
    """Schrödinger equation, no perturbation theory: spin after the ramp minus the eigenstate's there."""
    alpha, E, ramp = 2e-3, np.array([0.8e-4, -0.6e-4]), 60.0
    k = np.random.default_rng(5).uniform(-6, 6, (20, 2))
    k = np.concatenate([k, -k])                                            # odd orders in α cancel

    def field(q):
        return J*OBLIQUE + alpha * q @ RASHBA

    def moved(t):
        return k - e/hbar * E * (t**2/2 + (ramp/2/np.pi)**2 * (np.cos(2*np.pi*t/ramp) - 1)) / ramp

    for s in (-1, 1):
        def eigenspin(q):
            return s * field(q) / np.linalg.norm(field(q), axis=-1, keepdims=True)
        run = solve_ivp(lambda t, y: (2/hbar * np.cross(field(moved(t)), y.reshape(-1, 3))).ravel(), (0, ramp),
                        eigenspin(k).ravel(), method="DOP853", rtol=1e-11, atol=1e-13)
        lag = np.mean(run.y[:, -1].reshape(-1, 3) - eigenspin(moved(ramp)), axis=0)
        expected = spin_orbit_torque(OBLIQUE, E=E * 1e9, alpha_R=alpha, n_s=-s * 1e27, J=J, Ms=MS)
        assert np.allclose(torque(OBLIQUE, lag), expected, rtol=0, atol=5e-3 * np.abs(expected).max())


def test_current_induced_torque_is_the_adiabatic_one_with_the_chiral_derivative():
    """Shifted Fermi seas: m × (spin of the eigenstates) gives (μ_B/eM_s)(j_s·∂̃)m, the field-like torque."""
    alpha, tau, E = 1e-3, 10.0, np.array([2e-4, 1e-4])
    for coupling in (RASHBA, DRESSELHAUS):
        H, _ = uniform_magnet(BAND, OBLIQUE, coupling, J=J, alpha_R=alpha)
        grid = k_box(11.0, 160, 2)
        def spin(shift):
            energies, states = np.linalg.eigh(H(grid.points))
            f = SEA(np.linalg.eigvalsh(H(grid.points - shift)))            # the whole sea, moved rigidly
            spins = np.einsum("nab,xac,ncb->nbx", states.conj(), sigma, states).real
            return np.einsum("n,nb,nbx->x", grid.weights, f, spins)
        shift = drift(E=E, tau=tau)
        summed = torque(OBLIQUE, spin(shift) - spin(0.0))
        f = occupations(BAND, grid, SEA, J=J, shift=shift)
        j_s = spin_current(BAND, grid, f) * SI_E * 1e33                                        # e nm/fs/nm³ → A/m²
        turn = chiral_derivative(OBLIQUE, 0.0, coupling, k_so=precession_wave_number(alpha_R=alpha) * 1e9)
        expected = adiabatic_velocity(j_s=j_s, Ms=MS) @ turn
        assert np.allclose(summed, expected, rtol=0, atol=5e-3 * np.abs(expected).max())


# --- bad input -------------------------------------------------------------------------------------------------------

def of_26(**change):
    """(26) with valid arguments but for ``change``."""
    return spin_orbit_torque(**(dict(m=[0, 0, 1.0], E=[1.0, 0], alpha_R=0.1, n_s=1e28, J=J, Ms=MS) | change))


@pytest.mark.parametrize("call, message", [
    (lambda: precession_wave_number(alpha_R=np.nan), "alpha_R must be finite"),
    (lambda: precession_wave_number(alpha_R=0.1, mass=0.0), r"mass must lie in \(0, inf\) eV fs²/nm²; got 0"),
    (lambda: texture_coupling(np.inf), "p must be finite"),
    (lambda: texture_coupling(0.1, mass=-1.0), "mass must lie in"),
    (lambda: chiral_derivative([0, 0, 2.0], 0.0, k_so=1.0), "m must hold unit vectors"),
    (lambda: chiral_derivative([0, 0, 1.0], np.zeros((3, 3)), k_so=1.0), r"gradient must be .* shape \(..., 2, 3\)"),
    (lambda: chiral_derivative([0, 0, 1.0], np.zeros(3), k_so=1.0), r"gradient must be 0 or have shape"),
    (lambda: chiral_derivative([0, 0, 1.0], 0.5, k_so=1.0), r"gradient must be 0 or have shape"),
    (lambda: chiral_derivative([0, 0, 1.0], np.nan, k_so=1.0), "gradient must be finite"),
    (lambda: chiral_derivative([0, 0, 1.0], 0.0, k_so=np.nan), "k_so must be finite"),
    (lambda: chiral_derivative([0, 0, 1.0], 0.0, np.zeros((2, 2)), k_so=1.0), r"coupling must have shape \(n, 3\)"),
    (lambda: chiral_derivative([0, 0, 1.0], 0.0, np.zeros((4, 3)), k_so=1.0), "coupling must have 1, 2 or 3 rows"),
    (lambda: of_26(E=[1.0, 0, 0]), r"E must have shape \(..., 2\)"),
    (lambda: of_26(E=[np.nan, 0]), "E must be finite"),
    (lambda: of_26(alpha_R=np.nan), "alpha_R must be finite"),
    (lambda: of_26(n_s=np.nan), "n_s must be finite"),
    (lambda: of_26(J=0.0), r"J must lie in \(0, inf\) eV"),
    (lambda: of_26(Ms=-1.0), r"Ms must lie in \(0, inf\) A/m"),
    (lambda: of_26(m=[0, 1.0, 1.0]), "m must hold unit vectors"),
    (lambda: uniform_magnet(BAND, [0, 0, 1.0], WEYL, J=J, alpha_R=0.1), "one row per direction of the band, 2; got 3"),
    (lambda: uniform_magnet(BAND, [0, 0, 1.0], J=-J, alpha_R=0.1), "J must lie in"),
    (lambda: uniform_magnet(BAND, [0, 0, 1.0], J=J, alpha_R=np.inf), "alpha_R must be finite"),
    (lambda: uniform_magnet(BAND, [[0, 0, 1.0]], J=J, alpha_R=0.1), r"m must have shape \(3\)"),
    (lambda: uniform_magnet(BAND, [0, 0, 1.0], J=J, alpha_R=0.1)[0](np.ones(3)), r"k must have shape \(..., 2\)"),
    (lambda: berry_curvature([0, 0, 1.0], [0.0, 0, 0], J=J, alpha_R=0.1), r"k must have shape \(..., 2\)"),
    (lambda: berry_curvature([0, 0, 1.0], [np.nan, 0], J=J, alpha_R=0.1), "k must be finite"),
    (lambda: berry_curvature([0, 0, 1.0], [0.0, 0], J=0.0, alpha_R=0.1), "J must lie in"),
    (lambda: berry_curvature([0, 0, 1.0], [0.0, 0], J=J, alpha_R=0.1, step=0.0), "step must lie in"),
    (lambda: berry_curvature([0, 1.0, 0], [[0.0, 0], [1.0, 0]], J=0.5, alpha_R=0.5),
     r"k must keep the two bands apart, .* the gap is 0 eV at k = \[1. 0.\] 1/nm"),
    (lambda: berry_curvature([0, 1.0, 0], [1.0004, 0], J=0.5, alpha_R=0.5), "k must keep the two bands apart"),
    (lambda: chiral_derivative(np.tile([0, 0, 1.0], (4, 1)), np.zeros((5, 2, 3)), k_so=1.0), "m without its last axis, "
     r"gradient without its last two must broadcast against each other; got shapes \(4,\), \(5,\)"),
    (lambda: of_26(m=np.tile([0, 0, 1.0], (4, 1)), E=np.ones((5, 2))), r"m .*, E .* must broadcast .*\(4,\), \(5,\)"),
])
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
