"""Numerical ground: the Fermi function and the five-point difference, written once."""

import numpy as np
from scipy.special import expit


def fermi_function(x, kT):
    """1/(exp(x/kT) + 1) for energies x from the chemical potential, any shape, its tail to full relative accuracy;
    kT = 0 is the step, ½ at x = 0."""
    if kT == 0:
        return 0.5 * (1 - np.sign(x))
    return expit(-np.asarray(x) / kT)


def central_difference(moved, step, wrap=None):
    """df/dx by fourth-order central differences; ``moved(n)`` is f(x + n step).

    ``wrap`` is applied to the two differences first, for an f that is known up to a period.
    """
    near, far = moved(1) - moved(-1), moved(2) - moved(-2)
    if wrap is not None:
        near, far = wrap(near), wrap(far)
    return (8*near - far) / (12*step)
