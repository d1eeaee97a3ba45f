"""The response to an electric field, against time evolution, numpy.linalg.eigh,
exact helices and brute force on a ring."""

import pickle
import re
import tracemalloc
import warnings

import numpy as np
import pytest
from routes import PAULI as SIGMA
from routes import slope
from scipy.integrate import solve_ivp

from torquelib import bands, gauge, response, spins, textures
from torquelib._validate import ImplausibleValueWarning
from torquelib.units import e, hbar, m_e

J = 0.53


# --- a two-band model with everything in it, and its gradient --------------------------------------------------------

LATTICE = 0.4


def zone(points, dimension):
    return response.brillouin_zone(bands.TightBinding(0.97, LATTICE, dimension=dimension), points)


def pauli_vector(k):
    x, y = LATTICE * k[..., 0], LATTICE * k[..., -1]
    return np.stack([0.3*np.sin(x) + 0.1*np.cos(y), 0.2*np.sin(x + y), 0.6 + 0.2*np.cos(x)], axis=-1)


def model(k):
    common = 0.8*np.sum(1 - np.cos(LATTICE * k), axis=-1)
    return common[..., None, None] * np.eye(2) + np.einsum("...c,cab->...ab", pauli_vector(k), SIGMA)


def model_gradient(k, step=1e-5):
    shifts = step * np.eye(k.shape[-1])
    return np.stack([(model(k + q) - model(k - q)) / (2*step) for q in shifts], axis=-3)


def kubo_by_diagonalisation(H, dH, weights, f):
    """(10) as printed: eigh, all matrix elements, sum over s ≠ s'."""
    E, V = np.linalg.eigh(H)
    F = f(E) if callable(f) else np.broadcast_to(f, E.shape)
    S = np.einsum("nas,cab,nbt->ncst", V.conj(), SIGMA, V)
    D = np.einsum("nas,niab,nbt->nist", V.conj(), dH, V)
    total = 0
    for s, t in ((0, 1), (1, 0)):
        total = total + np.einsum("n,nc,ni->ci", weights * (F[:, s] - F[:, t]) / (E[:, s] - E[:, t])**2,
                                  S[:, :, s, t], D[:, :, t, s])
    return -e * total.imag


def spin_after_ramp(hamiltonian, k, E, ramp, *, s, charge=-1.0, hold=0.0):
    """⟨σ⟩ minus the eigenstate's at the final k: Schrödinger equation while E is switched on as sin² in ``ramp`` fs."""
    E = np.atleast_1d(E)

    def path(t):
        rising = min(t, ramp)
        area = rising/2 - ramp/(2*np.pi) * np.sin(np.pi * rising/ramp) + max(t - ramp, 0)
        return k + charge * E * area / hbar

    def schroedinger(t, psi):
        H = hamiltonian(path(t))
        return -1j/hbar * (H - np.trace(H)/2 * np.eye(2)) @ psi                      # without the phase of both bands

    start = np.linalg.eigh(hamiltonian(k))[1][:, (s + 1)//2]
    end = ramp + hold
    solution = solve_ivp(schroedinger, (0, end), start.astype(complex),
                         method="DOP853", rtol=1e-11, atol=1e-13, t_eval=[end])
    psi, eigenstate = solution.y[:, -1], np.linalg.eigh(hamiltonian(path(end)))[1][:, (s + 1)//2]
    return spin_of(psi) - spin_of(eigenstate)


def spin_of(psi):
    return np.einsum("a,cab,b->c", psi.conj(), SIGMA, psi).real / np.vdot(psi, psi).real


# --- the Kubo formula (10) -------------------------------------------------------------------------------------------

@pytest.mark.parametrize("dimension", [1, 2, 3])
@pytest.mark.parametrize("occupation", [response.FermiDirac(1.0, 0.05), response.FermiDirac(0.4, 1e-3),
                                        np.array([1.0, 0.0]), np.array([0.7, 0.2])])
def test_kubo_agrees_with_diagonalisation_in_every_direction(dimension, occupation):
    grid = zone({1: 501, 2: 40, 3: 12}[dimension], dimension)
    H, dH = model(grid.points), model_gradient(grid.points)
    expected = kubo_by_diagonalisation(H, dH, grid.weights, occupation)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", response.CoarseGridWarning)
        of_arrays = response.kubo_spin(H, dH, grid, occupation)
        of_functions = response.kubo_spin(model, model_gradient, grid, occupation)
    assert expected.shape == (3, dimension) and np.abs(expected).max() > 1e-6
    assert np.allclose(of_arrays, expected, rtol=0, atol=1e-11 * np.abs(expected).max())
    assert np.allclose(of_functions, of_arrays, rtol=0, atol=1e-13 * np.abs(expected).max())


@pytest.mark.parametrize("s", [-1, 1])
def test_kubo_of_one_state_is_what_time_evolution_gives(s):
    """No formula of the response enters the evolution; ħ dk/dt = −eE fixes the sign, direction by direction."""
    k, field, ramp = np.array([2.3, -1.1]), 1e-4, 60.0
    for i in range(2):
        E = field * np.eye(2)[i]
        evolved = spin_after_ramp(model, k, E, ramp, s=s)
        at = response.KGrid((k - E*ramp/2/hbar)[None], [1.0])
        predicted = response.kubo_spin(model, model_gradient, at, np.array([s == -1, s == 1], float)) @ E
        assert np.linalg.norm(predicted) > 1e-6
        assert np.allclose(evolved, predicted, rtol=0, atol=2e-3 * np.linalg.norm(predicted))


def test_positive_carriers_would_reverse_kubo():
    k, E = np.array([2.3, -1.1]), np.array([1e-4, 0.0])
    evolved = spin_after_ramp(model, k, E, 60.0, s=-1, charge=+1.0)
    at = response.KGrid((k + E*30.0/hbar)[None], [1.0])
    predicted = response.kubo_spin(model, model_gradient, at, np.array([1.0, 0.0])) @ E
    assert np.allclose(evolved, -predicted, rtol=0, atol=2e-3 * np.linalg.norm(predicted))


def test_kubo_turns_with_the_spin_axes_and_with_the_crystal():
    grid = zone(40, 2)
    f = response.FermiDirac(1.0, 0.2)
    chi = response.kubo_spin(model, model_gradient, grid, f)
    U = np.linalg.qr(np.array([[1 + 0.3j, 0.4], [-0.2j, 0.9 - 0.5j]]))[0]
    R = np.einsum("iab,bc,jcd,ad->ij", SIGMA, U, SIGMA, U.conj()).real / 2          # U σ_j U† = Σ_i R_ij σ_i
    turned = response.kubo_spin(lambda k: U @ model(k) @ U.conj().T, lambda k: U @ model_gradient(k) @ U.conj().T, grid,
                                f)
    assert np.allclose(turned, R @ chi, rtol=0, atol=1e-12)
    swapped = response.kubo_spin(lambda k: model(k[:, ::-1]), lambda k: model_gradient(k[:, ::-1])[:, ::-1], grid, f)
    assert np.allclose(swapped, chi[:, ::-1], rtol=0, atol=1e-12)
    assert np.abs(chi[:, 0] - chi[:, 1]).max() > 1e-3


def test_kubo_in_a_texture_tends_to_eqs_11_and_12():
    """Relative difference O(p²): slope two."""
    band, f = bands.TightBinding(hopping=0.4, lattice_constant=LATTICE, dimension=2), response.FermiDirac(0.6, 0.1)
    grid = zone(80, 2)
    occupied = response.occupations(band, grid, f, J=J)
    E, rates, errors = np.array([0.3, -0.2]), np.array([0.02, 0.04, 0.08]), []
    for p in rates:
        texture = textures.CustomTexture(lambda x, y, z, t: 0.9 + p*x - 0.4*p*y, lambda x, y, z, t: 0.3 + 0.7*p*y)
        H = response.local_hamiltonian(band, gauge.gauge_potential(texture, 0.0), J=J)
        chi = response.kubo_spin(*H, grid, f)
        lab = texture.axes(0.0).T @ chi @ E
        expected = response.field_spin_density(band, texture, grid, occupied, 0.0, J=J, E=E)
        errors.append(np.linalg.norm(lab - expected) / np.linalg.norm(expected))
    assert errors[0] < 1e-3
    assert slope(rates, errors) == pytest.approx(2, abs=0.15)


def test_full_bands_give_zero_and_half_filled_ones_do_not():
    band = bands.TightBinding(hopping=0.4, lattice_constant=LATTICE, dimension=2)
    texture = textures.DriftingSpiral(0.2)
    H = response.local_hamiltonian(band, gauge.gauge_potential(texture, 0.0), J=J)
    grid = zone(64, 2)
    half = response.kubo_spin(*H, grid, response.FermiDirac(0.8, 0.1))
    assert abs(half[0, 0]) > 1e-3
    for filled in ([1.0, 0.0], [0.0, 1.0], [1.0, 1.0]):
        assert np.abs(response.kubo_spin(*H, grid, np.array(filled))).max() < 1e-15
        total = response.field_spin_density(band, texture, grid, np.array(filled), 0.0, J=J, E=[1.0, 0.0])
        assert np.abs(total).max() < 1e-15
    everything = response.kubo_spin(*H, grid, response.FermiDirac(50.0, 0.1))
    assert np.abs(everything).max() < 1e-15


@pytest.mark.filterwarnings("error::torquelib.response.CoarseGridWarning")
def test_kubo_at_any_temperature():
    """Free electrons: the clean torque is n_s times a constant, so kT enters through n_s alone."""
    band, p, mu = bands.FreeElectron(dimension=2), 1e-3, 2.0
    H = response.local_hamiltonian(band, gauge.gauge_potential(textures.DriftingSpiral(p), 0.0), J=J)
    k_max = np.sqrt(2*m_e*(mu + J + 40*0.3)) / hbar
    k_F = np.sqrt(2*m_e*(mu + J*np.array([1.0, -1.0]))) / hbar
    for kT, grid in ((0.0, response.fermi_sphere(k_F, 2)), (0.1, response.k_box(k_max, 400, 2)),
                     (0.3, response.k_box(k_max, 400, 2))):
        chi = response.kubo_spin(*H, grid, response.FermiDirac(mu, kT))
        energy = np.linspace(-J, mu + 60*max(kT, 1e-4), 400_001)                     # D = m/2πħ² per spin
        f = response.FermiDirac(mu, kT)
        step = energy[1] - energy[0]
        shifted = energy + 2*J
        n_s = m_e/(2*np.pi*hbar**2) * step * (np.sum(f(energy) - f(shifted)) - 0.5*(f(energy[0]) - f(shifted[0])))
        assert chi[0, 0] == pytest.approx(-n_s * hbar**2 * e * p/(4*m_e*J**2), rel=1e-4)


# --- Eqs. (2), (9): the spin without a field -------------------------------------------------------------------------

@pytest.mark.parametrize("band", [bands.FreeElectron(dimension=1), bands.TightBinding(0.5, LATTICE, dimension=1),
                                  bands.Quartic(quartic=0.02, dimension=1)],
                         ids=["free, Eq. (2)", "tight binding, Eq. (9)", "quartic, Eq. (9)"])
@pytest.mark.parametrize("s", [-1, 1])
def test_first_order_spin_errs_by_p_squared(band, s):
    """Against the exact helix (generalised Bloch theorem, lab frame, no gauge transformation)."""
    k, x, rates = np.array([[1.9]]), 0.37, np.array([0.01, 0.02, 0.04, 0.08])
    errors = []
    for p in rates:
        exact = exact_helix_spin(band, k[0], p, x, s)
        first = spins.local_spin(band, textures.DriftingSpiral(p), k, x, s=s, J=J)[0]
        Q = hbar * band.velocity(k)[0, 0] * p/2
        errors.append(np.linalg.norm(first - exact))
        assert errors[-1] == pytest.approx(Q**2/(2*J**2), rel=0.15)
    assert slope(rates, errors) == pytest.approx(2, abs=0.05)


def exact_helix_spin(band, k, p, x, s):
    """m = (sin px, 0, cos px): |k − p/2, +y⟩ and |k + p/2, −y⟩ form a closed pair; the spin at x, in the lab frame."""
    up, down = np.array([1, 1j])/np.sqrt(2), np.array([1, -1j])/np.sqrt(2)           # σ_y = ±1
    overlap = up.conj() @ (1j*SIGMA[0] + SIGMA[2]) @ down / 2                        # coefficient of e^{−ipx} in σ·m
    low, high = (float(band.energy(k + q)) for q in (-p/2, p/2))
    other = up.conj() @ (-1j*SIGMA[0] + SIGMA[2]) @ down / 2                         # coefficient of e^{+ipx}
    if abs(other) > abs(overlap):
        pair = ((k[0] + p/2, up, high), (k[0] - p/2, down, low), other)
    else:
        pair = ((k[0] - p/2, up, low), (k[0] + p/2, down, high), overlap)
    (q1, chi1, e1), (q2, chi2, e2), c = pair
    vector = np.linalg.eigh([[e1, J*c], [J*np.conj(c), e2]])[1][:, (s + 1)//2]
    return spin_of(vector[0]*np.exp(1j*q1*x)*chi1 + vector[1]*np.exp(1j*q2*x)*chi2)


def test_deviations_cancel_in_equilibrium_and_a_shifted_sea_gives_the_adiabatic_torque():
    """J m × Σ σ f = (ħ/2e)(j_s·∇)m: the coefficient of (6), from the spins of exact helix states."""
    band, kT, field, tau, p, x = bands.FreeElectron(dimension=1), 0.1, 0.02, 5.0, 1e-3, 0.6
    grid, f0 = response.k_box(14.0, 600, 1), response.FermiDirac(1.4, kT)
    texture = textures.DriftingSpiral(p)
    m, gradient = texture.m(x), texture.gradient(x)[0]
    exact = np.array([[exact_helix_spin(band, k, p, x, s) for s in (-1, 1)] for k in grid.points])
    still = response.occupations(band, grid, f0, J=J)
    moving = response.occupations(band, grid, f0, J=J, shift=response.drift(E=field, tau=tau))
    torque = [J * np.cross(m, np.einsum("n,ns,nsc->c", grid.weights, f, exact)) for f in (still, moving)]
    j_s = response.spin_current(band, grid, moving)
    expected = hbar/(2*e) * j_s[0] * gradient
    assert j_s[0] > 0                                                                 # along E, though carriers are −e
    assert np.abs(torque[0]).max() < 1e-9 * np.linalg.norm(expected)
    assert np.allclose(torque[1], expected, rtol=0, atol=1e-4 * np.linalg.norm(expected))


# --- Eqs. (3), (12): the spin that the field adds --------------------------------------------------------------------

@pytest.mark.parametrize("band", [bands.FreeElectron(dimension=1), bands.TightBinding(0.5, LATTICE, dimension=1)],
                         ids=["free, Eq. (3)", "tight binding, Eq. (12)"])
@pytest.mark.parametrize("s", [-1, 1])
def test_field_spin_against_evolution_in_an_exact_helix(band, s):
    """Lab frame at x = 0: H = ε(k − p/2)P₊ + ε(k + p/2)P₋ + Jσ_z, with P± on σ_y; relative error 3Q²/2J², slope two."""
    ramp = 20.5 * np.pi*hbar/J                          # half a period more than full ones: the ramp leaves no ringing
    k, E, rates, errors = np.array([1.9]), 1e-4, np.array([0.2, 0.4, 0.8]), []
    for p in rates:
        def helix(q):
            a, b = band.energy(q - p/2), band.energy(q + p/2)
            return (a + b)/2*np.eye(2) + (a - b)/2*SIGMA[1] + J*SIGMA[2]
        final = k - E*ramp/2/hbar
        expected = response.field_spin(band, textures.DriftingSpiral(p), final, 0.0, s=s, J=J, E=E)
        evolved = spin_after_ramp(helix, k, E, ramp, s=s)
        errors.append(np.linalg.norm(evolved - expected) / np.linalg.norm(expected))
        assert evolved @ expected > 0
        Q = hbar * band.velocity(final)[0] * p/2
        assert errors[-1] == pytest.approx(3*Q**2/(2*J**2), rel=0.1, abs=1e-4)
    assert slope(rates, errors) == pytest.approx(2, abs=0.1)


def test_field_spin_by_brute_force_in_a_texture_that_is_no_spiral():
    """Plane waves on a ring, lab frame, no gauge transformation; slower textures (longer rings) come closer."""
    lengths, errors = np.array([8.0, 16.0, 32.0]), []
    for length in lengths:
        evolved, expected = ring_evolution(length)
        errors.append(np.abs(evolved - expected).max() / np.abs(expected).max())
    assert errors[-1] < 0.02
    assert slope(lengths, errors) < -0.9


def ring_evolution(length, k0=1.6, E=2e-4, ramp=40.0):
    """Tangential Δσ(x) on a ring with θ = 2πx/L + 0.4 sin 2πx/L: after a sin² ramp, and by Eq. (3)."""
    cutoff = 14
    n = np.arange(-cutoff, cutoff + 1)
    x = length * np.arange(64) / 64
    wave = 2*np.pi/length
    theta = wave*x + 0.4*np.sin(wave*x)
    m = np.stack([np.sin(theta), 0*theta, np.cos(theta)], axis=-1)
    fourier = np.fft.fft(m, axis=0) / 64
    exchange = J * np.einsum("mnc,cab->manb", fourier[(n[:, None] - n[None, :]) % 64], SIGMA).reshape(2*len(n), -1)
    shift = k0 - wave*round(k0/wave)
    centre = wave*round(k0/wave)

    def energies(k):                       # wave vectors k + wave·n, measured from the state's own energy
        return np.repeat(hbar**2*((k + wave*n)**2 - k**2)/(2*m_e), 2)

    def eigenstate(k):
        E_n, V = np.linalg.eigh(np.diag(energies(k)) + exchange)
        uniform = V.reshape(len(n), 2, -1)
        near = np.argmin(np.abs(E_n + J) + 10*(np.sum(np.abs(uniform[cutoff - 1:cutoff + 2])**2, axis=(0, 1)) < 0.9))
        return V[:, near]

    def local(psi):
        spinor = np.einsum("xn,na->xa", np.exp(1j*wave*np.outer(x, n)), psi.reshape(len(n), 2))
        return np.einsum("xa,cab,xb->xc", spinor.conj(), SIGMA, spinor).real / np.sum(np.abs(spinor)**2,
                                                                                      axis=1)[:, None]

    k = shift + centre

    def path(t):
        return k - E/hbar * (t/2 - ramp/(2*np.pi)*np.sin(np.pi*t/ramp))

    def rhs(t, c):                          # interaction picture: the kinetic phases are taken out exactly
        phase = np.exp(1j*phases(t))
        return -1j/hbar * phase * (exchange @ (c/phase))

    def phases(t):                          # ∫(ε(k(t) + wave n) − ε(k(t)))dt/ħ, with ∫path dt in closed form
        area = k*t - E/hbar * (t**2/4 - (ramp/(2*np.pi))**2*2*(1 - np.cos(np.pi*t/ramp)))
        return np.repeat(hbar/(2*m_e) * (2*wave*n*area + (wave*n)**2*t), 2)

    start = eigenstate(k).astype(complex)
    c = solve_ivp(rhs, (0, ramp), start, method="DOP853", rtol=1e-9, atol=1e-11).y[:, -1]
    psi = c * np.exp(-1j*phases(ramp))
    evolved = local(psi) - local(eigenstate(path(ramp)))
    slope_of_theta = wave*(1 + 0.4*np.cos(wave*x))
    tangent = np.stack([np.cos(theta), 0*theta, -np.sin(theta)], axis=-1)
    texture = textures.CustomTexture(lambda x, y, z, t: wave*x + 0.4*np.sin(wave*x), lambda x, y, z, t: 0*x)
    expected = response.field_spin(bands.FreeElectron(dimension=1), texture, np.full((64, 1), path(ramp)), x,
                                   s=-1, J=J, E=E)
    assert np.allclose(np.sum(expected*tangent, axis=-1), -hbar**2*e*E/(4*m_e*J**2)*slope_of_theta, rtol=1e-6)
    return np.sum(evolved*tangent, axis=-1), np.sum(expected*tangent, axis=-1)


@pytest.mark.parametrize("s", [-1, 1])
@pytest.mark.parametrize("E", [-0.02, 0.02])
def test_evolved_spin_is_the_spin_without_field_of_the_displaced_texture(s, E):
    """Eq. (4): the angle by which the evolved spin has turned in the plane, over p,
    is the length Δr, for both bands."""
    k, p, ramp, band = np.array([1.2]), 0.05, 60.0, bands.FreeElectron(dimension=1)

    def helix(q):
        a, b = band.energy(q - p/2), band.energy(q + p/2)
        return (a + b)/2*np.eye(2) + (a - b)/2*SIGMA[1] + J*SIGMA[2]

    final = k - E*ramp/2/hbar
    evolved = spin_of(np.linalg.eigh(helix(final))[1][:, (s + 1)//2]) + spin_after_ramp(helix, k, E, ramp, s=s)
    expected = response.shifted_spin(band, textures.DriftingSpiral(p), final, 0.0, s=s, J=J, E=E,
                                     order="local")
    added = response.field_spin(band, textures.DriftingSpiral(p), final, 0.0, s=s, J=J, E=E)
    assert np.linalg.norm(evolved - expected) < 0.02 * np.linalg.norm(added)
    turned = np.arctan2(s*evolved[0], s*evolved[2]) / p
    assert turned == pytest.approx(hbar**2*e*E/(4*m_e*J**2), rel=0.01)
    assert response.spin_shift(band, final, J=J, E=E)[0] == pytest.approx(turned, rel=0.01)


def test_spin_of_a_fermi_sea_against_the_evolution_of_all_its_electrons():
    """Eq. (11): every electron of a lattice band precesses while E rises; their spins, weighted with f, are summed."""
    band, p, E, ramp = bands.TightBinding(0.5, LATTICE, dimension=1), 0.05, 1e-5, 60.0
    grid = zone(48, 1)

    def b_field(t):                                     # on (e_θ, e_φ, m): J m − [ε(k + p/2) − ε(k − p/2)]/2 e_φ
        k = grid.points - E/hbar * (t/2 - ramp/(2*np.pi)*np.sin(np.pi*t/ramp))
        Q = (band.energy(k + p/2) - band.energy(k - p/2)) / 2
        return np.stack([0*Q, -Q, 0*Q + J], axis=-1)

    def eigenspins(t):
        n = b_field(t) / np.linalg.norm(b_field(t), axis=-1, keepdims=True)
        return np.stack([-n, n], axis=1)

    def rate(t, spin):
        return (2/hbar * np.cross(b_field(t)[:, None], spin.reshape(-1, 2, 3))).ravel()

    end = solve_ivp(rate, (0, ramp), eigenspins(0).ravel(), method="DOP853", rtol=1e-11, atol=1e-14).y[:, -1]
    added = end.reshape(-1, 2, 3) - eigenspins(ramp)
    for mu in (0.4, 0.8, 1.7):
        f = response.occupations(band, grid, response.FermiDirac(mu, 0.1), J=J)
        summed = np.einsum("k,ks,ksc->c", grid.weights, f, added)
        expected = response.field_spin_density(band, textures.DriftingSpiral(p), grid, f, 0.0, J=J, E=E)
        assert np.allclose(summed, expected, rtol=0, atol=0.01*np.linalg.norm(expected))
    scale = grid.sum(np.abs(added[:, 0, 0]))
    assert abs(grid.sum(added[:, 0, 0])) < 1e-3 * scale                               # the full majority band


def test_spin_shift_is_the_papers_length_and_a_tensor_for_other_bands():
    E = np.array([0.01, -0.02, 0.005])
    free = response.spin_shift(bands.FreeElectron(dimension=3), np.zeros((4, 3)), J=1.0, E=E)
    assert np.allclose(free, hbar**2*e*E/(4*m_e))
    quartic = bands.Quartic(quartic=0.05, dimension=2)
    k = np.array([2.0, 1.0])
    shift = response.spin_shift(quartic, k, J=1.0, E=E[:2])
    energy_step = 1e-4
    hessian = np.array([[second_difference(quartic.energy, k, i, j, energy_step) for j in range(2)] for i in range(2)])
    assert np.allclose(shift, e*E[:2] @ hessian/4, rtol=1e-5)


def second_difference(function, k, i, j, h):
    a, b = h*np.eye(2)[i], h*np.eye(2)[j]
    return (function(k + a + b) - function(k + a - b) - function(k - a + b) + function(k - a - b)) / (4*h*h)


@pytest.mark.parametrize("order", ["first", "local"])
def test_shifted_spin_agrees_with_eq_3_to_first_order_in_the_field(order):
    """Eq. (4) against (2) + (3): the difference falls as E², for a wall too (where ∂²m adds Δr·∇ of (2))."""
    band, texture, x = bands.FreeElectron(dimension=1), textures.DriftingSpiral(0.02), 0.8
    k, fields, errors = np.array([1.0]), np.array([20.0, 40.0, 80.0]), []
    for E in fields:
        shifted = response.shifted_spin(band, texture, k, x, s=1, J=J, E=E, order=order)
        still = spins.local_spin(band, texture, k, x, s=1, J=J, order=order)
        added = response.field_spin(band, texture, k, x, s=1, J=J, E=E)
        errors.append(np.linalg.norm(shifted - still - added))
    if order == "first":
        assert slope(fields, errors) == pytest.approx(2, abs=0.05)
    assert errors[0] < 2e-2 * np.linalg.norm(added)


# --- grids, occupations, densities -----------------------------------------------------------------------------------

@pytest.mark.parametrize("dimension, ball",
                         [(1, lambda k: 2*k), (2, lambda k: np.pi*k**2), (3, lambda k: 4*np.pi/3*k**3)])
def test_fermi_sphere_integrates_sharp_seas(dimension, ball):
    k_F = np.array([5.0, 3.0])
    grid = response.fermi_sphere(k_F, dimension)
    length = np.linalg.norm(grid.points, axis=1)
    for k in k_F:
        assert grid.sum(length < k) == pytest.approx(ball(k)/(2*np.pi)**dimension, rel=1e-12)
        quadrupole = grid.sum((length < k) * grid.points[:, 0]**4)
        moment = {1: 2*k**5/5, 2: np.pi*k**6/8, 3: 4*np.pi*k**7/35}[dimension]
        assert quadrupole == pytest.approx(moment/(2*np.pi)**dimension, rel=1e-12)
    assert np.allclose(grid.sum(grid.points), 0, rtol=0, atol=1e-13)


def test_grids_come_in_blocks_that_join():
    for grid in (zone(7, 3), response.fermi_sphere([2.0], 3, radial=3, angular=5)):
        parts = [grid.block(a, a + 50) for a in range(0, grid.size, 50)]
        assert np.array_equal(np.concatenate([k for k, _ in parts]), grid.points)
        assert np.array_equal(np.concatenate([w for _, w in parts]), grid.weights)
    whole = zone(7, 3)
    assert whole.weights.sum() == pytest.approx(LATTICE**-3) and whole.points.shape == (343, 3)
    assert np.abs(whole.points).max() < np.pi/LATTICE
    box = response.k_box(3.0, 10, 1)
    assert box.weights.sum() == pytest.approx(6/(2*np.pi)) and np.allclose(box.steps, 0.6)


def test_sum_over_many_blocks_needs_no_more_memory(monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    band = bands.FreeElectron(dimension=2)
    H = response.local_hamiltonian(band, gauge.gauge_potential(textures.DriftingSpiral(0.1), 0.0), J=J)
    peaks = []
    for points in (200, 800):
        grid = response.k_box(10.0, points, 2)
        response.kubo_spin(*H, grid, response.FermiDirac(1.0, 0.3))
        tracemalloc.start()
        response.kubo_spin(*H, grid, response.FermiDirac(1.0, 0.3))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 4 * peaks[0]                      # 16 times the points; how two threads overlap is chance


def test_a_temperature_in_kelvin_is_noticed():
    with pytest.warns(UserWarning, match="kT is taken in eV"):
        response.FermiDirac(1.0, kT=300.0)


def test_fermi_function():
    f = response.FermiDirac(0.7, 0.1)
    assert f(0.7) == 0.5 and f(np.array([-1e4, 1e4])).tolist() == [1.0, 0.0]
    assert f(0.8) == pytest.approx(1/(np.e + 1))
    assert response.FermiDirac(0.7, 0.0)([0.6, 0.7, 0.8]).tolist() == [1.0, 0.5, 0.0]
    x = np.array([36.0, 38.0, 300.0])
    np.testing.assert_allclose(response.FermiDirac(0.0, 0.025)(0.025 * x), np.exp(-x), rtol=1e-12)


def test_densities_of_free_electrons():
    mu, band = 2.0, bands.FreeElectron(dimension=3)
    k_F = np.sqrt(2*m_e*(mu + J*np.array([1.0, -1.0])))/hbar
    grid = response.fermi_sphere(k_F, 3)
    f = response.occupations(band, grid, response.FermiDirac(mu, 0.0), J=J)
    n = k_F**3/(6*np.pi**2)
    assert response.spin_density(grid, f) == pytest.approx(n[0] - n[1], rel=1e-12)
    assert np.allclose(response.spin_current(band, grid, f), 0, rtol=0, atol=1e-14)


def test_shifted_sea_carries_drude_currents_along_the_field():
    band, f0, tau, E = bands.FreeElectron(dimension=2), response.FermiDirac(1.0, 0.2), 4.0, np.array([0.02, -0.01])
    grid = response.k_box(12.0, 240, 2)
    f = response.occupations(band, grid, f0, J=J, shift=response.drift(E=E, tau=tau))
    n = grid.sum(f)
    assert np.allclose(response.spin_current(band, grid, f), (n[0] - n[1])*e**2*tau*E/m_e, rtol=1e-6)
    assert np.allclose(response.charge_current(band, grid, f), n.sum()*e**2*tau*E/m_e, rtol=1e-6)
    assert np.allclose(response.drift(E=E, tau=tau), -e*E*tau/hbar)


# --- bad input -------------------------------------------------------------------------------------------------------

def small():
    grid = zone(12, 2)
    return grid, model(grid.points), model_gradient(grid.points)


def test_kubo_refuses_matrices_that_are_not_hermitian():
    grid, H, dH = small()
    for which in (0, 1):
        bad = [H.copy(), dH.copy()]
        bad[which][-1, ..., 0, 1] += 1e-3
        with pytest.raises(ValueError, match="must be hermitian; .* is 0.001"):
            response.kubo_spin(*bad, grid, response.FermiDirac(1.0, 0.3))


def test_kubo_refuses_degenerate_bands_and_says_where():
    grid = zone(30_000, 1)                                # more than one block
    H, dH = model(grid.points), model_gradient(grid.points)
    H[20_000] = 0.3*np.eye(2)
    k = str(grid.points[20_000]).replace("[", r"\[").replace("]", r"\]")
    with pytest.raises(ValueError, match=f"bands apart .* at k = {k}"):
        response.kubo_spin(H, dH, grid, response.FermiDirac(1.0, 0.3))
    H[20_000] = np.diag([0.3 + 2e-12, 0.3 - 2e-12])
    with pytest.raises(ValueError, match="the gap is 4e-12 eV"):
        response.kubo_spin(H, dH, grid, response.FermiDirac(1.0, 0.3))


@pytest.mark.parametrize("value", [np.nan, np.inf, complex(0, np.nan)])
@pytest.mark.parametrize("which", [0, 1])
def test_kubo_never_returns_a_silent_nan(value, which):
    grid, H, dH = small()
    for entry in ((0, 0), (0, 1), (1, 0), (1, 1)):
        bad = [H.copy(), dH.copy()]
        bad[which][(3, ..., *entry)] = value
        with pytest.raises(ValueError, match="must be finite"):
            response.kubo_spin(*bad, grid, response.FermiDirac(1.0, 0.3))


def test_kubo_refuses_wrong_shapes_and_occupations():
    grid, H, dH = small()
    f = response.FermiDirac(1.0, 0.3)
    for args, message in (((H[:-1], dH, grid, f), r"hamiltonian must have shape \(144, 2, 2\)"),
                          ((H, dH[:, :1], grid, f), r"gradient must have shape \(144, 2, 2, 2\)"),
                          ((lambda k: model(k)[0], dH, grid, f), "hamiltonian must return shape"),
                          ((H, dH, grid, np.array([1.5, 0.0])), r"occupation, if no FermiDirac, must lie in \[0, 1\]"),
                          ((H, dH, grid, np.array([np.nan, 0.0])), "occupation, if no FermiDirac, must be finite"),
                          ((H, dH, grid, np.ones(3)), r"occupation, if no FermiDirac, must have shape \(144, 2\)")):
        with pytest.raises(ValueError, match=message):
            response.kubo_spin(*args)


def test_the_zone_of_a_given_lattice_constant():
    grid = response.brillouin_zone(FREE_1, 10, lattice_constant=0.4)
    assert np.max(np.abs(grid.points)) == pytest.approx(0.9 * np.pi / 0.4)
    assert grid.sum(np.ones(10)) == pytest.approx(1 / 0.4)  # states a length


def test_both_sums_tell_the_same_step_between_points():
    band = bands.TightBinding(0.4, LATTICE, dimension=2)
    H, grid = response.local_hamiltonian(band, np.zeros((4, 3)), J=J), zone(20, 2)
    told = []
    for level in np.linspace(-2.1, 2.1, 43):
        cold = response.FermiDirac(level, 0.005)
        for call in (lambda c=cold: response.occupations(band, grid, c, J=J),
                     lambda c=cold: response.kubo_spin(*H, grid, c)):
            with warnings.catch_warnings(record=True) as seen:
                warnings.simplefilter("always")
                call()
            told.append([str(warning.message) for warning in seen])
    assert told[::2] == told[1::2] and [] in told and sum(told, []) != []


def test_the_bands_of_a_strong_coupling_are_as_steep_as_their_energies_say():
    """ε is flat, ±|b(k)| is not: all of the slope is that of the splitting, however small the energies."""
    steps = []
    for scale in (1e-3, 1.0, 1e3):
        b = lambda k, scale=scale: scale * (1 + 0.5*np.cos(k[..., 0]))
        H = lambda k: b(k)[..., None, None] * SIGMA[2]
        dH = lambda k: (-scale*0.5*np.sin(k[..., 0]))[..., None, None, None] * SIGMA[2]  # noqa: B023
        k = np.linspace(-np.pi, np.pi, 40, endpoint=False)[:, None]
        grid = response.KGrid(k, np.full(40, 1/40), spacing=2*np.pi/40)
        with pytest.warns(response.CoarseGridWarning) as seen:
            response.kubo_spin(H, dH, grid, response.FermiDirac(-scale, 1e-4*scale))
        steps.append(float(re.search(r"changes by ([\d.e+-]+) eV", str(seen[0].message)).group(1)) / scale)
    assert steps == pytest.approx([0.5 * 2*np.pi/40] * 3, rel=0.02)
    # ε as steep as b: one band is flat, the other twice as steep
    k = np.linspace(-np.pi, np.pi, 40, endpoint=False)[:, None]
    grid, of = response.KGrid(k, np.full(40, 1/40), spacing=2*np.pi/40), np.eye(2) + SIGMA[2]
    H = lambda k: (1 + 0.5*np.cos(k[..., 0]))[..., None, None] * of
    dH = lambda k: (-0.5*np.sin(k[..., 0]))[..., None, None, None] * of
    with pytest.warns(response.CoarseGridWarning, match=f"changes by {2*np.pi/40:.2g} eV"):
        response.kubo_spin(H, dH, grid, response.FermiDirac(2.0, 1e-4))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        response.kubo_spin(H, dH, grid, response.FermiDirac(0.0, 1e-4))


def test_steps_of_an_own_grid_are_its_spacing():
    points = np.arange(6.0).reshape(3, 2)
    np.testing.assert_array_equal(response.KGrid(points, np.ones(3), spacing=0.25).steps, 0.25*np.eye(2))
    np.testing.assert_array_equal(response.KGrid(points, np.ones(3), spacing=[0.5, 2.0]).steps, np.diag([0.5, 2.0]))
    assert response.KGrid(points, np.ones(3)).steps is None


def test_a_grid_too_coarse_for_the_temperature_is_said():
    band = bands.TightBinding(0.4, LATTICE, dimension=2)
    H = response.local_hamiltonian(band, np.zeros((4, 3)), J=J)
    coarse, fine = (zone(n, 2) for n in (20, 400))
    cold = response.FermiDirac(0.6, 0.01)
    for call in (lambda grid: response.occupations(band, grid, cold, J=J),
                 lambda grid: response.kubo_spin(*H, grid, cold)):
        with pytest.warns(response.CoarseGridWarning, match="too coarse for kT = 0.01 eV: .* take more points"):
            call(coarse)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            call(fine)
    with warnings.catch_warnings():
        warnings.simplefilter("error")                                                # full bands have no Fermi level
        response.occupations(band, coarse, response.FermiDirac(30.0, 0.0), J=J)


def test_the_warning_comes_where_the_sum_goes_wrong():
    """Where no warning is given, the density is right to 1 %."""
    band, f0 = bands.FreeElectron(dimension=1), response.FermiDirac(1.0, 0.05)
    exact = response.spin_density(fine := response.k_box(10.0, 40_000, 1), response.occupations(band, fine, f0, J=J))
    outcome = []
    for points in (10, 20, 40, 80, 160, 320):
        grid = response.k_box(10.0, points, 1)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            n_s = response.spin_density(grid, response.occupations(band, grid, f0, J=J))
        outcome.append((bool(caught), abs(n_s/exact - 1)))
    assert any(warned and error > 0.05 for warned, error in outcome)
    assert all(error < 0.01 for warned, error in outcome if not warned) and not outcome[-1][0]


FREE_1, FREE_3 = (bands.FreeElectron(dimension=d) for d in (1, 3))
SEA = response.FermiDirac(1.0, 1.0)


@pytest.mark.parametrize("call, message", [
    (lambda: response.KGrid([[1.0]], [1.0, 2.0]), "weights must have shape"),
    (lambda: response.KGrid([1.0, 2.0], [1.0, 2.0]), "points must have shape"),
    (lambda: response.KGrid([[np.nan]], [1.0]), "points must be finite"),
    (lambda: response.KGrid(np.zeros((0, 2)), []), "points must hold at least one k"),
    (lambda: response.KGrid([[1.0]], [1.0], spacing=-1.0), "spacing must lie above 0 1/nm"),
    (lambda: response.KGrid(np.ones((3, 2)), np.ones(3), spacing=[1.0, 2.0, 3.0]),
     r"spacing must be a number or have shape \(2,\); got \(3,\)"),
    (lambda: response.KGrid([[1.0]], [1.0]).sum([1.0, 2.0]), "values must have 1 entries"),
    (lambda: response.brillouin_zone(FREE_1, 8), "lattice_constant must be given for FreeElectron"),
    (lambda: response.fermi_sphere([], 2), "radii must hold at least one"),
    (lambda: response.field_spin(bands.FreeElectron(dimension=1), textures.DriftingSpiral(0.1), np.ones((2, 1)),
                                 np.ones(3), s=1, J=J, E=0.1),
     r"k without its last axis, x, y, z, t must broadcast"),
    (lambda: response.shifted_spin(bands.FreeElectron(dimension=1), textures.DriftingSpiral(0.1), np.ones((2, 1)),
                                   np.ones(3), s=1, J=J, E=0.1),
     r"k without its last axis, x, y, z, t must broadcast"),
    (lambda: response.brillouin_zone(bands.FreeElectron(dimension=2), 10, lattice_constant=-1.0),
     "lattice_constant must lie in"),
    (lambda: response.brillouin_zone(bands.TightBinding(1.0, 0.3, dimension=2), 10, lattice_constant=0.4),
     "lattice_constant must be left out"),
    (lambda: response.k_box(1.0, 1, 2), "points must be at least 2"),
    (lambda: response.fermi_sphere([1.0, 1.0], 2), "radii must be positive and distinct"),
    (lambda: response.fermi_sphere([-1.0], 2), "radii must be positive"),
    (lambda: response.FermiDirac(np.nan, 0.1), "chemical_potential must be finite"),
    (lambda: response.FermiDirac(1.0, -0.1), "kT must lie in"),
    (lambda: response.FermiDirac(1.0, 0.1)(np.nan), "energy must be finite"),
    (lambda: response.drift(E=0.1, tau=-1.0), "tau must lie in"),
    (lambda: response.occupations(FREE_3, response.k_box(1.0, 4, 2), SEA, J=J),
     "grid must have the band's dimension"),
    (lambda: response.occupations(FREE_1, response.k_box(1.0, 4, 1), SEA, J=0.0), "J must lie in"),
    (lambda: response.occupations(FREE_1, response.k_box(1.0, 4, 1), SEA, J=J, shift=[1, 2]), "shift must lie in"),
    (lambda: response.spin_density(response.k_box(1.0, 4, 1), np.ones((3, 2))), "f must have shape"),
    (lambda: response.spin_current(bands.FreeElectron(dimension=3), response.k_box(1.0, 4, 1), np.ones(2)),
     "grid must have the band's dimension"),
    (lambda: response.charge_current(bands.FreeElectron(dimension=1), response.k_box(1.0, 4, 1), [2.0, 0.0]),
     r"f must lie in \[0, 1\]"),
    (lambda: response.spin_shift(bands.FreeElectron(dimension=2), [0.0, 0.0], J=J, E=[0.1, 0.0, 0.1]),
     r"E must lie in the 2 dimension\(s\) of the band"),
    (lambda: response.spin_shift(bands.FreeElectron(dimension=1), [0.0], J=-1.0, E=0.1), "J must lie in"),
    (lambda: response.field_spin(bands.FreeElectron(dimension=1), textures.DriftingSpiral(0.1), [0.0], 0.0, s=0, J=J,
                                 E=0.1), r"s must be \+1 \(minority\) or -1 \(majority\)"),
    (lambda: response.local_hamiltonian(bands.FreeElectron(dimension=3), np.zeros((3, 3)), J=J), "A must have shape"),
    (lambda: response.local_hamiltonian(bands.FreeElectron(dimension=3), np.zeros((4, 3)), J=0.0), "J must lie in"),
])
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_kubo_wants_a_grid():
    grid, H, dH = small()
    with pytest.raises(TypeError, match="grid must be a KGrid; got array"):
        response.kubo_spin(H, dH, grid.points, response.FermiDirac(1.0, 0.3))


def test_occupations_want_a_fermi_function():
    with pytest.raises(TypeError, match="distribution must be a FermiDirac"):
        response.occupations(bands.FreeElectron(dimension=1), response.k_box(1.0, 4, 1), lambda energy: 1.0, J=J)


def test_the_gradient_of_the_local_hamiltonian_is_its_derivative():
    band = bands.Quartic(quartic=0.03, dimension=3)
    A = gauge.gauge_potential(textures.Skyrmion(10.0, 3.0, helicity=0.4), 4.0, 3.0)
    A[3] = [0.01, -0.02, 0.03]                                                        # as if it moved
    H, dH = response.local_hamiltonian(band, A, J=J)
    k, step = np.array([[1.0, -0.7, 0.4], [0.2, 2.0, -1.0]]), 1e-5
    numerical = np.stack([(H(k + q) - H(k - q))/(2*step) for q in step*np.eye(3)], axis=1)
    assert np.allclose(dH(k), numerical, rtol=0, atol=1e-8)
    assert np.allclose(H(k), gauge.transformed_hamiltonian(band, k, A, J=J), rtol=0, atol=1e-14)


@pytest.mark.parametrize("call, message", [
    (lambda: response.kubo_spin(*small()[1:], small()[0], None),
     "occupation, if no FermiDirac, must be numeric; got None"),
    (lambda: response.fermi_sphere([[1.0, 2.0], [1.0]], 2), "radii must be numeric"),
    (lambda: response.kubo_spin(np.full((1, 2, 2), "1"), np.zeros((1, 1, 2, 2)), response.KGrid([[0.0]], [1.0]),
                                (1.0, 0.0)), "hamiltonian must be numeric; got <U1"),
    (lambda: response.kubo_spin(np.diag([1.0, -1.0])[None], lambda k: np.full((1, 1, 2, 2), None),
                                response.KGrid([[0.0]], [1.0]), (1.0, 0.0)), "gradient must be numeric; got object"),
    (lambda: response.shifted_spin(bands.FreeElectron(dimension=1), textures.DriftingSpiral(0.1), [[1.0]], "abc", s=1,
                                   J=J, E=0.1), "x must be numeric; got 'abc'"),
    (lambda: response.shifted_spin(bands.FreeElectron(dimension=1), textures.DriftingSpiral(0.1), [[1.0]], 1j, s=1, J=J,
                                   E=0.1), "x must be real"),
])
def test_arguments_of_the_wrong_kind_are_named(call, message):
    with pytest.raises(TypeError, match=message):
        call()


def test_a_grid_keeps_its_own_points_and_weights():
    points, weights = np.array([[0.1], [0.2]]), np.array([1.0, 2.0])
    grid = response.KGrid(points, weights)
    points[:], weights[:] = 5.0, 7.0
    assert grid.points.tolist() == [[0.1], [0.2]] and grid.weights.tolist() == [1.0, 2.0]


def test_a_function_of_k_that_writes_to_its_argument_does_not_move_the_grid():
    def moving(k):
        k -= 0.1
        return np.broadcast_to(np.diag([1.0, -1.0]), (len(k), 2, 2))

    grid = response.KGrid([[0.1], [0.2]], [1.0, 2.0])
    with pytest.raises(ValueError, match="read-only"):
        response.kubo_spin(moving, np.zeros((2, 1, 2, 2)), grid, [1, 0])
    for array in (grid.points, grid.weights):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 5.0
    assert grid.points.tolist() == [[0.1], [0.2]]


@pytest.mark.parametrize("grid", [
    response.KGrid([[0.1], [0.2]], [1.0, 2.0]), response.k_box(1.0, 4, 2), response.fermi_sphere([1.0], 3),
    response.brillouin_zone(bands.TightBinding(1.0, 0.3, dimension=2), 4)], ids=repr)
def test_a_grid_can_be_sent_to_another_process_and_says_what_it_is(grid):
    sent = pickle.loads(pickle.dumps(grid))
    assert np.array_equal(sent.points, grid.points) and np.array_equal(sent.weights, grid.weights)
    assert repr(grid) == f"<KGrid of {grid.size} points in {grid.dimension} dimension(s)>"


@pytest.mark.parametrize("call, words", [(lambda: response.fermi_sphere(1e10, 2), "radii is taken in 1/nm"),
                                         (lambda: response.KGrid([[1e10]], [1.0]), "points is taken in 1/nm")])
def test_wave_vectors_in_1_m_are_noticed(call, words):
    with pytest.warns(ImplausibleValueWarning, match=words):
        call()
