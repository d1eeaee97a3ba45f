"""Whether a state at rest is a minimum: the lowest curvature of the energy about it."""

import numpy as np
from scipy.fft import dctn, idctn

STEPS = 30
"""Steps of the search; preconditioned, it needs few, however fine the mesh."""


def softest(problem, field, m, enough):
    """The direction v (layers, ny, nx, 3), across m and of largest length 1, in which the energy about a state at rest
    curves down by more than `enough` in T, the smallest −v·δB/v²; None if there is none, and m is a minimum.

    field(m) is B in T without its part along m. A preconditioned conjugate gradient of the Rayleigh quotient (A. V.
    Knyazev, SIAM J. Sci. Comput. 23, 517 (2001)), from a seeded start; any quotient below −enough is a proof.
    """
    mesh = problem.mesh
    weight = np.sqrt(np.broadcast_to(problem.Ms / np.mean(problem.Ms), (mesh.ny, mesh.nx)))[..., None]
    waves = sum(((2 - 2*np.cos(np.pi*np.arange(n)/n)) / d**2).reshape((-1,) + (1,)*place)
                for place, (n, d) in enumerate(zip((mesh.nx, mesh.ny, mesh.layers), mesh.cell_size), start=1))
    exchange = 2 * np.mean(problem.exchange_constant) / np.mean(problem.Ms) * waves
    spectrum = exchange + np.min(exchange, initial=np.inf, where=waves > 0) if exchange.any() else exchange + 1.0

    def across(v):
        return v - np.sum(v*m, -1, keepdims=True) * m

    def curved(u):
        v = u / weight
        size = 1e-4 / np.max(np.abs(v))
        up, down = ((m + sign*size*v) / np.sqrt(1 + size**2*np.sum(v**2, -1, keepdims=True)) for sign in (1, -1))
        return weight * across(field(down) - field(up)) / (2*size)

    def smoothed(u):
        return across(idctn(dctn(u, axes=(0, 1, 2)) / spectrum, axes=(0, 1, 2)) * np.any(m, -1, keepdims=True))

    noise = smoothed(np.random.default_rng(1).normal(size=m.shape))
    x = weight * across(np.array([0.48, 0.6, 0.64]) * np.any(m, -1, keepdims=True))
    x = x / np.linalg.norm(x) + 1e-3 * noise / np.linalg.norm(noise)       # so that a straight wall turns straight
    x /= np.linalg.norm(x)
    basis, images = np.array([x]), np.array([curved(x)])
    for _ in range(STEPS):
        lowest = np.vdot(basis[0], images[0])
        residual = images[0] - lowest*basis[0]
        if lowest < -enough or np.linalg.norm(residual) < max(enough, lowest) / 10:    # an eigenvalue lies that near
            break
        new = smoothed(residual)
        new -= np.tensordot([np.vdot(one, new) for one in basis], basis, 1)
        new /= np.linalg.norm(new)
        basis, images = np.concatenate([basis, [new]]), np.concatenate([images, [curved(new)]])
        small = np.array([[np.vdot(one, image) for image in images] for one in basis])
        best = np.linalg.eigh((small + small.T) / 2)[1][:, 0]
        way = np.where(np.arange(len(best)) > 0, best, 0.0)
        way = way - best * (best @ way)
        onward = [best, way / np.linalg.norm(way)] if np.any(way) else [best]
        basis, images = np.tensordot(onward, basis, 1), np.tensordot(onward, images, 1)
    v = basis[0] / weight
    return v / np.max(np.linalg.norm(v, axis=-1)) if lowest < -enough else None
