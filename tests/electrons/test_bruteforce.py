"""Brute force: the Schrödinger equation itself, known limits, convergence,
the two solvers against each other, bad input."""

import numpy as np
import pytest

from torquelib.algebra import sigma
from torquelib.bands import CosineLinear, FreeElectron, Quartic, TightBinding
from torquelib.bruteforce import helix_eigenstates, ring_eigenstates
from torquelib.spins import local_spin
from torquelib.textures import CustomTexture, DriftingSpiral, NeelWall, Uniform
from torquelib.units import hbar, m_e

J = 1.07
BANDS = [FreeElectron(dimension=1), TightBinding(1.5, 0.25, dimension=1), Quartic(m_e, 0.01, dimension=1),
         CosineLinear(2.0, 0.3, dimension=1)]


def wavy(length):
    """A ring lies at y = z = 0."""
    return CustomTexture(lambda x, y, z, t: 0.8 + 0.5*np.sin(2*np.pi*x/length) + 0.3*y + 0.2*z,
                         lambda x, y, z, t: 0.7*np.cos(2*np.pi*x/length) - 0.4*y + 0.3*z)


def test_ring_states_solve_the_schroedinger_equation():
    # (1) in real space: −(ħ²/2m)ψ'' + J σ·m ψ = Eψ, the second derivative by finite differences of ψ
    length, band = 7.0, FreeElectron(dimension=1)
    texture = wavy(length)
    states = ring_eigenstates(band, texture, length, J=J, twist=0.1, n_waves=24)[:20]
    x, h = np.linspace(0, length, 11), 2e-3
    psi = states.spinor(x)
    curvature = (-(states.spinor(x + 2*h) + states.spinor(x - 2*h)) + 16*(states.spinor(x + h) + states.spinor(x - h))
                 - 30*psi) / (12*h**2)
    exchange = J * np.einsum("xa,aij,nxj->nxi", texture.m(x), sigma, psi)
    assert np.allclose(-hbar**2/(2*m_e) * curvature + exchange, states.energies[:, None, None] * psi, rtol=0, atol=1e-7)
    assert np.allclose(states.spinor(x + length), np.exp(0.1j*length) * psi, rtol=0, atol=1e-12)


@pytest.mark.parametrize("band", BANDS, ids=repr)
def test_helix_states_solve_the_schroedinger_equation(band):
    # for any band ε(−i∂_x) by its action on many plane waves: Fourier transform on a long commensurate ring
    p, turns = 2*np.pi/10, 2
    length, n = 10.0 * turns * 2, 512          # the spinor closes after two turns
    x = np.arange(n) * length / n
    q = 2*np.pi * np.fft.fftfreq(n, length/n)
    k = 2*np.pi/length * np.array([[3], [-5]])
    k = k + p/2                                # so that k ± p/2 are wave numbers of the ring
    states = helix_eigenstates(band, k, p, J=J)
    psi = states.spinor(x)
    kinetic = np.fft.ifft(band.energy(q[:, None])[:, None] * np.fft.fft(psi, axis=-2), axis=-2)
    exchange = J * np.einsum("xa,aij,...xj->...xi", DriftingSpiral(p).m(x), sigma, psi)
    assert np.allclose(kinetic + exchange, states.energies[..., None, None] * psi, rtol=0, atol=1e-10)


def test_uniform_texture_gives_the_two_parabolas():
    length, band = 10.0, FreeElectron(dimension=1)
    states = ring_eigenstates(band, Uniform(0.7, 2.0), length, J=J, twist=0.05, n_waves=20)
    q = 0.05 + 2*np.pi/length * np.arange(-20, 21)
    expected = np.sort(np.concatenate([band.energy(q[:, None]) + J, band.energy(q[:, None]) - J]))
    assert np.allclose(states.energies, expected, rtol=0, atol=1e-12)
    spins = states.spin(np.array([0.0, 3.3]))
    assert np.allclose(np.abs(spins @ Uniform(0.7, 2.0).m(0.0)), 1)
    assert np.allclose(np.abs(states.alignment), 1)


@pytest.mark.parametrize("band", BANDS, ids=repr)
def test_ring_agrees_with_the_generalised_bloch_theorem(band):
    p, J_small = 2*np.pi/10, 0.3
    ring = ring_eigenstates(band, DriftingSpiral(p), 10.0, J=J_small, twist=0.13, n_waves=19)
    # the k the ring allows, within the zone of the tight binding
    k = (0.13 + p * np.arange(-18, 19) + p/2)[:, None]
    helix = helix_eigenstates(band, k, p, J=J_small)
    assert np.allclose(ring.energies[:30], np.sort(helix.energies.ravel())[:30], rtol=0, atol=1e-10)
    x = np.linspace(0, 10, 7)
    for n in range(0, 30, 3):                                # and the same spins, state by state
        i = np.argmin(np.abs(helix.energies.ravel() - ring.energies[n]))
        assert np.allclose(ring[n].spin(x), helix.spin(x).reshape(-1, 7, 3)[i], rtol=0, atol=1e-7)


def test_states_are_orthonormal_and_alignment_is_the_mean_of_sigma_m():
    length = 9.0
    states = ring_eigenstates(FreeElectron(dimension=1), wavy(length), length, J=J, twist=0.07, n_waves=16)
    x = np.arange(256) * length / 256
    psi = states.spinor(x)[:12]
    overlap = np.einsum("axi,bxi->ab", psi.conj(), psi) / len(x)
    assert np.allclose(overlap, np.eye(12), rtol=0, atol=1e-12)
    exchange = np.einsum("xa,aij->xij", wavy(length).m(x), sigma)
    assert np.allclose(np.einsum("axi,xij,axj->a", psi.conj(), exchange, psi).real / len(x), states.alignment[:12],
                       rtol=0, atol=1e-9)
    helix = helix_eigenstates(TightBinding(1.5, 0.25, dimension=1), np.array([[1.0], [3.0]]), 0.4, J=J)
    along = np.sum(helix.spin(x) * DriftingSpiral(0.4).m(x), axis=-1)
    assert np.allclose(along, helix.alignment[..., None], rtol=0, atol=1e-12)


@pytest.mark.parametrize("s", [1, -1])
def test_local_spin_errs_by_one_over_length_squared(s):
    # physics.md, experiment 6: a texture with neither uniform pitch nor a plane, stretched
    band, scaled = FreeElectron(dimension=1), []
    for length in (40.0, 80.0):
        texture = wavy(length)
        state = ring_eigenstates(band, texture, length, J=J, twist=4.0, n_waves=20).nearest(4.0, s=s)
        x = np.linspace(0, length, 41)
        first = local_spin(band, texture, np.array([state.mean_wave_number]), x, s=s, J=J)
        scaled.append(np.abs(state.spin(x) - first).max() * length**2)
    assert scaled[0] == pytest.approx(scaled[1], rel=0.1)


def test_reversing_pitch_and_wave_number_gives_the_same_spins():
    band, x = FreeElectron(dimension=1), np.linspace(0, 8, 9)
    k = np.array([[1.5], [-2.5]])
    forward, backward = helix_eigenstates(band, k, 0.5, J=J), helix_eigenstates(band, -k, -0.5, J=J)
    assert np.allclose(forward.energies, backward.energies, rtol=0, atol=1e-14)
    assert np.allclose(forward.spin(x), backward.spin(-x), rtol=0, atol=1e-13)


def test_ring_spins_turn_with_a_global_rotation():
    length, turn = 11.0, 0.9
    plain = wavy(length)
    turned = CustomTexture(plain.theta, lambda x, y, z, t: plain.phi(x, y, z, t) + turn)
    a, b = (ring_eigenstates(FreeElectron(dimension=1), m, length, J=J, twist=0.11, n_waves=16)[:10]
            for m in (plain, turned))
    rotation = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    x = np.linspace(0, length, 8)
    assert np.allclose(a.energies, b.energies, rtol=0, atol=1e-12)
    assert np.allclose(a.spin(x) @ rotation.T, b.spin(x), rtol=0, atol=1e-8)


def test_bad_input():
    band, ok = FreeElectron(dimension=1), DriftingSpiral(2*np.pi/10)
    with pytest.raises(ValueError, match=r"length must lie in \(0, inf\) nm"):
        ring_eigenstates(band, ok, -1.0, J=J)
    with pytest.raises(ValueError, match="J must lie"):
        ring_eigenstates(band, ok, 10.0, J=0.0)
    with pytest.raises(ValueError, match="twist must be finite"):
        ring_eigenstates(band, ok, 10.0, J=J, twist=np.nan)
    with pytest.raises(TypeError, match="n_waves must be an integer"):
        ring_eigenstates(band, ok, 10.0, J=J, n_waves=3.5)
    with pytest.raises(ValueError, match="n_waves must be at least 1"):
        ring_eigenstates(band, ok, 10.0, J=J, n_waves=0)
    with pytest.raises(ValueError, match="band must have dimension 1 on a ring; got 3"):
        ring_eigenstates(FreeElectron(dimension=3), ok, 10.0, J=J)
    with pytest.raises(ValueError, match="texture must close on the ring"):
        ring_eigenstates(band, NeelWall(2.0), 30.0, J=J)
    with pytest.raises(ValueError, match="n_waves must resolve the texture"):
        ring_eigenstates(band, wavy(10.0), 10.0, J=J, n_waves=2)
    with pytest.raises(ValueError, match="t must be finite"):
        ring_eigenstates(band, ok, 10.0, J=J, t=np.inf)
    untwisted = ring_eigenstates(band, Uniform(), 10.0, J=J, n_waves=8)
    assert np.min(np.abs(untwisted.wave_numbers)) < 1e-12
    ring = ring_eigenstates(band, Uniform(), 10.0, J=J, twist=0.1, n_waves=8)
    highest, half = 0.1 + 8 * 2*np.pi/10, np.pi/10
    assert ring.nearest(highest + 0.9*half, s=1).mean_wave_number == pytest.approx(highest)
    for k in (highest + 1.1*half, 100.0):
        with pytest.raises(ValueError, match=f"k must be near a state .* allowed {half:.2g}"):
            ring.nearest(k, s=1)
    with pytest.raises(ValueError, match=r"s must be \+1"):
        ring.nearest(0.1, s=2)
    with pytest.raises(ValueError, match=r"nearest must be asked of a list of states, .* got states of shape \(3, 2\)"):
        helix_eigenstates(band, np.ones((3, 1)), 0.1, J=J).nearest(1.0, s=1)
    for method in (ring.spin, ring.spinor):
        with pytest.raises(ValueError, match="x must be finite"):
            method(np.nan)
    with pytest.raises(ValueError, match="p must be finite"):
        helix_eigenstates(band, np.zeros(1), np.inf, J=J)
    with pytest.raises(ValueError, match="J must lie"):
        helix_eigenstates(band, np.zeros(1), 0.1, J=-1.0)
    with pytest.raises(ValueError, match=r"k must have shape \(\.\.\., 1\)"):
        helix_eigenstates(band, np.zeros(3), 0.1, J=J)
