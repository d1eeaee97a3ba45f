"""Pauli matrices, written once. `bruteforce` and the tests' own routes write theirs again on purpose."""

import numpy as np

sigma = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
"""The Pauli matrices σ_x, σ_y, σ_z, shape (3, 2, 2). Row 0 is the spin along +z."""

SIGMA_0 = np.eye(2, dtype=complex)
"""The unit matrix of spin space."""

SIGMA_X, SIGMA_Y, SIGMA_Z = sigma
