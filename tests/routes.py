"""What tests of several modules share: written again here, so that they do not use what they check."""

import numpy as np

PAULI = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
"""σ_x, σ_y, σ_z."""


def slope(scales, errors):
    """The power with which ``errors`` go."""
    return np.polyfit(np.log(scales), np.log(errors), 1)[0]
