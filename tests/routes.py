"""What tests of several modules share: written again here, so that they do not use what they check."""

import numpy as np

from torquelib import textures as m

PAULI = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
"""σ_x, σ_y, σ_z."""

TEXTURES = [
    m.Uniform(0.7, 2.0), m.DriftingSpiral(0.3, 0.02), m.RotatingSpiral(0.3, 0.05), m.BlochWall(2.0), m.NeelWall(3.0),
    m.Skyrmion(8.0, 2.0), m.Skyrmion(5.0, 3.0, helicity=np.pi/2), m.Skyrmion(6.0, 2.0, helicity=0.4, vorticity=-1),
    m.Skyrmion(6.0, 2.0, vorticity=2), m.RashbaTexture(0.1), m.DresselhausTexture(0.1),
    m.CustomTexture(lambda x, y, z, t: 0.3*np.sin(x/4) + 0.1*y*t, lambda x, y, z, t: 0.2*x + 0.1*z - t/50),
]
"""One or more of each kind."""


def slope(scales, errors):
    """The power with which ``errors`` go."""
    return np.polyfit(np.log(scales), np.log(errors), 1)[0]
