import numpy as np
import pytest

from torquelib.algebra import SIGMA_X, SIGMA_Y
from torquelib.bands import CosineLinear, FreeElectron, TightBinding
from torquelib.disorder.bloch_spiral import intrinsic_response, spiral_hamiltonian, spiral_velocity, square_zone
from torquelib.response import FermiDirac, brillouin_zone, field_spin_density, occupations
from torquelib.textures import DriftingSpiral
from torquelib.units import hbar

BAND, P, J = TightBinding(1.0, 0.3, 2), 0.7, 0.6
K = np.random.default_rng(1).uniform(-9, 9, (50, 2))


def test_hamiltonian_by_diagonalising_sigma_y():
    # U turns σ_y into diag(1, −1): there H' − Jσ_z is ε at the two shifted wave vectors, an exact shift of the lab
    # frame
    y, U = np.linalg.eigh(SIGMA_Y)
    kinetic = U.conj().T @ (spiral_hamiltonian(BAND, K, P, J) - J*np.diag([1, -1])) @ U
    shifted = np.stack([BAND.energy(K - [s * P / 2, 0]) for s in y], axis=-1)
    assert np.allclose(kinetic, shifted[..., None] * np.eye(2), atol=1e-13)


def test_velocity_is_the_derivative_of_the_hamiltonian():
    h = np.array([1e-4, 0])
    slope = (spiral_hamiltonian(BAND, K + h, P, J) - spiral_hamiltonian(BAND, K - h, P, J)) / (2e-4 * hbar)
    assert np.allclose(slope, spiral_velocity(BAND, K, P), atol=1e-6)


def test_only_exchange_turns_sigma_y():
    H, v = spiral_hamiltonian(BAND, K, P, J), spiral_velocity(BAND, K, P)
    assert np.allclose(H @ SIGMA_Y - SIGMA_Y @ H, -2j * J * SIGMA_X, atol=1e-13)  # (i/ħ)[H', σ_y] = 2Jσ_x/ħ
    assert np.allclose(v @ SIGMA_Y, SIGMA_Y @ v, atol=1e-13)


def test_intrinsic_response_is_the_sum_over_states_of_12():
    E, kT, E_F, p = 2e-3, 0.05, 2.0, 0.02
    grid = brillouin_zone(0.3, 400, 2)
    f = occupations(BAND, grid, J, FermiDirac(E_F, kT))
    spin = field_spin_density(BAND, DriftingSpiral(p), grid, f, 0.0, J=J, electric_field=[E, 0.0])
    gradient = DriftingSpiral(p).gradient(0.0)[0] / p  # unit vector along ∂_x m
    assert np.isclose(spin @ gradient / E, intrinsic_response(BAND, p, J, E_F, kT, points=400), rtol=1e-6)


def test_filled_zone_has_no_intrinsic_response():
    assert abs(intrinsic_response(BAND, 0.02, J, 40.0, 0.05, points=64)) < 1e-15


def test_bad_input():
    with pytest.raises(ValueError, match="two-dimensional; got dimension 3"):
        spiral_hamiltonian(FreeElectron(), np.zeros((1, 3)), P, J)
    with pytest.raises(ValueError, match="J must lie in"):
        spiral_hamiltonian(BAND, K, P, -J)
    with pytest.raises(ValueError, match=r"k must have shape \(..., 2\)"):
        spiral_velocity(BAND, K[:, :1], P)
    with pytest.raises(ValueError, match="lattice_constant must be given for CosineLinear"):
        square_zone(CosineLinear(1.0, 0.5), 8)
    with pytest.raises(ValueError, match="lattice_constant must be that of the band, 0.3 nm, or left out; got 0.2 nm"):
        square_zone(BAND, 8, 0.2)
    assert square_zone(BAND, 8, 0.3)[1] == 0.3
    with pytest.raises(ValueError, match="kT must lie in"):
        intrinsic_response(BAND, P, J, 1.0, 0.0)
