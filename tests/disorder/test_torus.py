import sys

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.linalg import expm
from scipy.special import expit

from torquelib.algebra import SIGMA_0, SIGMA_X, SIGMA_Y, SIGMA_Z
from torquelib.bands import CosineLinear, TightBinding
from torquelib.disorder.bloch_spiral import intrinsic_response
from torquelib.disorder.impurities import Magnetic, SpinIndependent
from torquelib.disorder.torus import DisorderedTorus, average_torus, mean_and_error
from torquelib.units import e, hbar

T, A, J, P, E_F, KT = 0.97, 0.3, 0.6, 0.5, 2.2, 0.05
BAND = TightBinding(T, A, dimension=2)
SCALAR = SpinIndependent(0.5 / A**2, 0.8 * A**2)
SPINS = Magnetic(0.5 / A**2, 0.9 * A**2, anisotropy=0.5)
ETA = np.array([0.02, 0.1, 0.4]) / hbar


def by_hand(n, potential, shift=0.0):
    """H with hops written one by one; ``shift`` = eA/ħ in 1/nm as a Peierls phase."""
    hop_x = -T * expm(-0.5j * P * A * SIGMA_Y) * np.exp(1j * shift * A)
    H = np.zeros((n, n, 2, n, n, 2), complex)
    for x in range(n):
        for y in range(n):
            H[x, y, :, x, y, :] += 4*T*SIGMA_0 + J*SIGMA_Z + potential[x*n + y]
            H[x, y, :, (x + 1) % n, y, :] += hop_x
            H[(x + 1) % n, y, :, x, y, :] += hop_x.conj().T
            H[x, y, :, x, (y + 1) % n, :] -= T * SIGMA_0
            H[x, (y + 1) % n, :, x, y, :] -= T * SIGMA_0
    return H.reshape(2*n*n, 2*n*n)


@pytest.mark.parametrize("impurities", [None, SCALAR, SPINS, SCALAR + SPINS])
def test_hamiltonian_against_hops_written_by_hand(impurities):
    torus = DisorderedTorus(BAND, impurities, P, J=J, sites=5, seed=3)
    assert np.allclose(torus.hamiltonian, by_hand(5, torus.potential), rtol=0, atol=1e-13)
    assert np.allclose(torus.hamiltonian @ torus.states, torus.states * torus.energies, rtol=0, atol=1e-11)


def test_antiperiodic_boundary_changes_the_sign_of_the_hops_across_it():
    plain = DisorderedTorus(BAND, None, P, J=J, sites=5).hamiltonian.reshape(5, 5, 2, 5, 5, 2)
    turned = DisorderedTorus(BAND, None, P, J=J, sites=5, antiperiodic=(True, False))
    turned = turned.hamiltonian.reshape(5, 5, 2, 5, 5, 2)
    assert np.allclose(turned[0, :, :, 4], -plain[0, :, :, 4], rtol=0, atol=1e-13)
    assert np.allclose(turned[1, :, :, 2], plain[1, :, :, 2], rtol=0, atol=1e-13)


@pytest.mark.parametrize("impurities", [SCALAR, SPINS])
def test_response_against_time_evolution(impurities):
    # the same sample followed in time: density matrix under H(A(t)), field ±E, switched on from e^{-14}
    n, eta, E = 4, 0.3 / hbar, 1e-3
    torus = DisorderedTorus(BAND, impurities, P, J=J, sites=n, seed=7)
    f = expit((E_F - torus.energies) / KT)
    start = ((torus.states * f) @ torus.states.conj().T).astype(complex)
    dim = len(f)
    # hops along x carry cos and sin of the Peierls phase: three Hamiltonians give all
    zero, quarter, half = (by_hand(n, torus.potential, angle / A) for angle in (0, np.pi/2, np.pi))
    mean, cosine = (zero + half) / 2, (zero - half) / 2

    def hamiltonian(shift):
        return mean + np.cos(shift * A) * cosine + np.sin(shift * A) * (quarter - mean)

    def final(field):
        def flow(t, rho):
            rho = rho.reshape(dim, dim)
            H = hamiltonian(-e * field / eta * np.exp(eta * t) / hbar)
            return (-1j / hbar * (H @ rho - rho @ H)).ravel()
        return solve_ivp(flow, (-12 / eta, 0), start.ravel(), rtol=1e-8, atol=1e-10).y[:, -1].reshape(dim, dim)

    change = (final(E) - final(-E)) / (2 * E) / torus.area
    spins = [np.trace(np.kron(np.eye(n*n), s) @ change).real for s in (SIGMA_X, SIGMA_Y)]
    response = torus.response(E_F=E_F, kT=KT, eta=[eta])
    assert np.allclose(spins, [response.x[0], response.y[0]], rtol=1e-4)


@pytest.mark.parametrize("seed", range(4))
def test_identity_in_each_sample(seed):
    r = DisorderedTorus(BAND, SCALAR, P, J=J, sites=8, seed=seed).response(E_F=E_F, kT=KT, eta=ETA)
    assert np.allclose(r.x, hbar * ETA * r.y / (2*J), rtol=1e-9, atol=1e-11 * np.abs(r.x).max())
    # with the eigenstates' own motion left out of χ_y, as in (10), a constant remains
    rest = r.x - hbar * ETA * r.y_dynamic / (2*J)
    assert np.ptp(rest) < 1e-10 * np.abs(rest).max()
    assert np.abs(rest[0]) > 1e-3 * np.abs(r.x).max()


@pytest.mark.parametrize("impurities", [SCALAR, SPINS])
def test_static_part_against_the_motion_of_the_eigenstates(impurities):
    n, h = 5, 1e-4  # change of eA/ħ in 1/nm
    torus = DisorderedTorus(BAND, impurities, P, J=J, sites=n, seed=3)
    f, spin = expit((E_F - torus.energies) / KT), np.kron(np.eye(n*n), SIGMA_Y)

    def normal_spin(shift):
        states = np.linalg.eigh(by_hand(n, torus.potential, shift))[1]
        return np.sum(f * np.sum(states.conj() * (spin @ states), axis=0).real) / torus.area

    moving = (normal_spin(h) - normal_spin(-h)) / (2*h) / hbar
    assert np.allclose(torus.response(E_F=E_F, kT=KT, eta=ETA).y_static, -e / ETA * moving, rtol=1e-4)


def test_magnetic_impurities_take_up_the_difference():
    r = DisorderedTorus(BAND, SPINS, P, J=J, sites=8, seed=5).response(E_F=E_F, kT=KT, eta=ETA)
    assert np.allclose(r.imbalance, 0, rtol=0, atol=1e-10 * np.abs(r.x).max())
    assert np.all(np.abs(r.x - hbar * ETA * r.y / (2*J)) > 1e-2 * np.abs(r.x))


def test_clean_torus_gives_12():
    p = 0.05
    clean = average_torus(BAND, None, p, J=J, E_F=E_F, kT=0.15, sites=14, samples=4, eta=ETA[:1])
    expected = intrinsic_response(BAND, p, J=J, E_F=E_F, kT=0.15)
    assert np.isclose(clean.x.mean(), expected, rtol=5e-3)
    # what (10) leaves out of χ_y makes up for all of it
    assert np.isclose((clean.x - hbar * clean.eta * clean.y_dynamic / (2*J)).mean(), expected, rtol=5e-3)


def test_potential_has_the_variance_of_the_impurities():
    torus = DisorderedTorus(BAND, SCALAR + SPINS, P, J=J, sites=20, seed=2)
    found = [np.mean(np.einsum("nab,ba->n", torus.potential, s).real**2) / 4 for s in (SIGMA_0, SIGMA_X, SIGMA_Z)]
    assert np.allclose(found, np.array((SCALAR + SPINS).correlations()) / A**2, rtol=0.15)


def test_samples_are_reproducible_and_differ():
    run = lambda seed: average_torus(BAND, SCALAR, P, J=J, E_F=E_F, kT=KT, sites=4, samples=3, eta=ETA, seed=seed).x
    assert np.array_equal(run(1), run(1))
    assert not np.allclose(run(1), run(2))
    assert run(1).shape == (3, 3)
    two = average_torus(BAND, SCALAR, P, J=J, E_F=E_F, kT=KT, sites=4, samples=3, eta=ETA, seed=1, workers=2)
    assert np.allclose(two.x, run(1), rtol=1e-9)


def test_mean_and_error():
    draws = np.random.default_rng(0).normal(2.0, 3.0, (400, 50))
    mean, error = mean_and_error(draws)
    assert np.allclose(error.mean(), 3 / 20, rtol=0.02)
    assert np.isclose(np.sqrt(np.mean(((mean - 2) / error)**2)), 1, rtol=0.3)
    with pytest.raises(ValueError, match="at least two"):
        mean_and_error(np.zeros((1, 3)))


def test_bad_input():
    make = lambda **change: DisorderedTorus(**{**dict(band=BAND, p=P, J=J, sites=4, impurities=SCALAR), **change})
    for change, message in (({"sites": 2}, "sites must be at least 4"), ({"J": 0.0}, "J must lie in"),
                            ({"p": np.nan}, "p must be finite"),
                            ({"band": TightBinding(1.0, 0.3, dimension=3)}, "two-dimensional"),
                            ({"impurities": SpinIndependent(0.0, 1.0)}, "impurities must scatter"),
                            ({"seed": -1}, "seed must be integers, zero or above, a SeedSequence or .*; got -1"),
                            ({"antiperiodic": (True,)}, "antiperiodic must have shape")):
        with pytest.raises(ValueError, match=message):
            make(**change)
    with pytest.raises(TypeError, match="impurities must be an Impurities object"):
        make(impurities=0.3)
    with pytest.raises(ValueError, match="concentration must lie in"):
        SpinIndependent(-1.0, 1.0)
    torus = make()
    for change, message in (({"E_F": 99.0}, "E_F must lie in"), ({"eta": [0.0]}, "eta must be a list of rates"),
                            ({"eta": [[1.0]]}, "eta must be a list"), ({"kT": 0.0}, "kT must lie in")):
        with pytest.raises(ValueError, match=message):
            torus.response(**{**dict(E_F=E_F, kT=KT, eta=ETA), **change})
    with pytest.raises(ValueError, match="seed must be integers, zero or above; got -1"):
        average_torus(BAND, SCALAR, P, J=J, E_F=E_F, kT=KT, sites=4, samples=4, eta=ETA, seed=-1)
    with pytest.raises(TypeError, match="seed must be integers, .*; got 'a'"):
        make(seed="a")
    with pytest.raises(ValueError, match="samples must be at least 1"):
        average_torus(BAND, SCALAR, P, J=J, E_F=E_F, kT=KT, sites=4, samples=0, eta=ETA)


def test_a_lattice_constant_besides_the_bands():
    with pytest.raises(ValueError, match="lattice_constant must be left out, or that of the band"):
        DisorderedTorus(BAND, None, P, J=J, sites=4, lattice_constant=2*A)
    # a band without period, cut at the zone
    cut = DisorderedTorus(CosineLinear(1.0, 0.1, dimension=2), None, P, J=J, sites=4, lattice_constant=A)
    assert np.all(np.isfinite(cut.response(E_F=cut.energies[10], kT=KT, eta=ETA).x))


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "joblib", None)
    with pytest.raises(ImportError, match="average_torus with workers above 1 needs joblib, of the extra sweeps"):
        average_torus(BAND, SCALAR, P, J=J, E_F=E_F, kT=KT, sites=4, samples=2, eta=ETA, workers=2)
    assert average_torus(BAND, SCALAR, P, J=J, E_F=E_F, kT=KT, sites=4, samples=1, eta=ETA).x.shape == (1, 3)
