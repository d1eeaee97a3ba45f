"""Impurities: the Born averages against explicit matrices and against drawn random potentials."""

import numpy as np
import pytest
from routes import PAULI

from torquelib.disorder.impurities import Impurities, Magnetic, Mixture, SpinIndependent, checked_correlations

SIGMA = np.stack([np.eye(2), *PAULI])
MIXED = SpinIndependent(0.02, 0.7) + Magnetic(0.05, 0.4, anisotropy=0.6, spin=2.5)


def random_matrix(seed):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(2, 2)) + 1j * rng.normal(size=(2, 2))


def test_average_is_the_sum_over_pauli_matrices():
    w_0, w_perp, w_z = MIXED.correlations()
    X = random_matrix(1)
    expected = sum(w * s @ X @ s for w, s in zip((w_0, w_perp, w_perp, w_z), SIGMA))
    np.testing.assert_allclose(MIXED.average(X), expected, rtol=1e-14)


def test_magnetic_average_against_drawn_spins():
    """⟨V X V⟩ from explicit random directions of S: no use of ⟨S_i S_j⟩ = S²/3 δ_ij."""
    rng = np.random.default_rng(7)
    n, u, gamma, S = 0.05, 0.4, 0.6, 2.5
    directions = rng.normal(size=(200_000, 3))
    spins = S * directions / np.linalg.norm(directions, axis=1, keepdims=True)
    V = u * np.einsum("na,aij->nij", spins * [1, 1, gamma], SIGMA[1:])
    X = random_matrix(2)
    sampled = n * np.mean(V @ X @ V, axis=0)
    average = Magnetic(n, u, anisotropy=gamma, spin=S).average(X)
    assert np.max(np.abs(sampled - average)) < 0.01 * np.max(np.abs(average))


def test_potential_on_a_lattice_has_the_stated_correlation():
    """Impurities dropped on a lattice of cells a × a: ⟨V V′⟩ → n_i u² δ(r − r′), δ(0) = 1/a²."""
    rng = np.random.default_rng(3)
    n, u, a, cells = 0.02, 0.7, 0.5, 400_000
    V = u / a**2 * rng.poisson(n * a**2, size=cells)
    V = V - V.mean()
    expected = SpinIndependent(n, u).correlations()[0] / a**2
    assert np.mean(V * V) == pytest.approx(expected, rel=0.05)
    assert abs(np.mean(V[1:] * V[:-1])) < 0.05 * expected


def test_broadening_is_the_imaginary_part_of_the_self_energy():
    N = np.array([0.9, 0.4])
    sigma = MIXED.average(np.diag(-1j * np.pi * N[::-1]))       # local Green's function; row 0 is the minority
    np.testing.assert_allclose(MIXED.broadening(N), -np.diag(sigma).imag[::-1], rtol=1e-14)
    np.testing.assert_allclose(SpinIndependent(0.02, 0.7).broadening(N), np.pi * 0.02 * 0.49 * N, rtol=1e-14)


def test_mixing_and_dilution_are_linear():
    parts = SpinIndependent(0.02, 0.7), Magnetic(0.05, 0.4, 0.6), Magnetic(0.01, 1.0, 0.0)
    w = np.sum([p.correlations() for p in parts], axis=0)
    np.testing.assert_allclose(Mixture(parts).correlations(), w)
    np.testing.assert_allclose((parts[0] + parts[1] + parts[2]).correlations(), w)
    np.testing.assert_allclose(Mixture(parts).diluted(0.25).correlations(), 0.25 * w)


def test_a_reader_adds_a_kind_of_impurity():
    class Ising(Impurities):
        def correlations(self):
            return 0.0, 0.0, 0.3

    assert Ising().transverse == pytest.approx(-0.3)
    assert (Ising() + SpinIndependent(1.0, 0.1)).correlations() == pytest.approx((0.01, 0.0, 0.3))


@pytest.mark.parametrize("make, message", [
    (lambda: SpinIndependent(-0.1, 1.0), "concentration"),
    (lambda: Magnetic(-0.1, 1.0), "concentration"),
    (lambda: Magnetic(0.1, 1.0, anisotropy=-0.2), "anisotropy"),
    (lambda: Magnetic(0.1, 1.0, spin=0.0), "spin"),
    (lambda: SpinIndependent(0.1, np.nan), "strength"),
    (lambda: Mixture([]), "at least one"),
    (lambda: checked_correlations(SpinIndependent(0.0, 1.0)), "must scatter"),
    (lambda: (SpinIndependent(0.0, 1.0) + Magnetic(1.0, 0.0)).broadening([1, 1]), "must scatter"),
    (lambda: SpinIndependent(0.1, 1.0).diluted(0.0), "factor"),
    (lambda: SpinIndependent(0.1, 1.0).broadening([1.0, -1.0]), "density_of_states"),
    (lambda: SpinIndependent(0.1, 1.0).average(np.eye(3)), "matrix"),
])
def test_bad_values(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_bad_kinds():
    with pytest.raises(TypeError, match="parts"):
        Mixture([1.0])
    with pytest.raises(TypeError, match="impurities"):
        checked_correlations(0.3)
    with pytest.raises(TypeError):
        SpinIndependent(0.1, 1.0) + 2
    with pytest.raises(TypeError, match="abstract method '?correlations"):
        Impurities()

    class Negative(Impurities):
        def correlations(self):
            return -1.0, 0.0, 0.0

    with pytest.raises(ValueError, match="correlations"):
        checked_correlations(Negative())
