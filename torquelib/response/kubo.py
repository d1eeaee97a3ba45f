"""The Kubo formula (10): what an electric field does to the spins of any two-band H'(k),
without expansion in gradients."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from numbers import Number

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import _validate as check
from .._compiler import njit
from ..bands import BandLike, as_band
from ..units import e, hbar
from .fermi_sea import _STEPS_PER_KT, FermiDirac, _checked_occupations, _warn_if_coarse
from .grids import KGrid

_BLOCK = 1 << 14

MatrixOfK = Callable[[NDArray], NDArray]
"""A function of k (..., d) that returns matrices in spin space."""


def local_hamiltonian(band: BandLike, A: ArrayLike, *, J: float) -> tuple[MatrixOfK, MatrixOfK]:
    """H'(k) of Eq. (8) at one point of a texture and its gradient ∇_k H', as two functions of k (..., d).

    ``A`` (4, 3) is the gauge potential there (`gauge.gauge_potential`), ``J`` > 0 in eV. The functions return
    (..., 2, 2) in eV and (..., d, 2, 2) in eV nm: what `kubo_spin` takes. Raises ValueError for another shape of A or
    J ≤ 0; the functions raise for k outside the band's domain.
    """
    band = as_band(band)
    A = check.finite("A", A, shape=(4, 3))
    J = check.positive("J", J, "eV")
    A_space, still = A[:band.dimension], np.array([0.0, 0.0, J]) - A[3]

    def hamiltonian(k):
        k = band._checked(k)
        return _pauli_matrices(band._energy(k), still - band._velocity(k) @ A_space)

    def gradient(k):
        k = band._checked(k)
        inverse_mass = band._inverse_mass(k)
        h = -hbar * (inverse_mass.reshape(-1, band.dimension) @ A_space)      # one product, faster than one a point
        return _pauli_matrices(hbar * band._velocity(k), h.reshape(inverse_mass.shape[:-1] + (3,)))

    return hamiltonian, gradient


def _pauli_matrices(h0, h):
    """h₀ + h·σ, shape (..., 2, 2), for h₀ (...) and h (..., 3)."""
    if h.shape != h0.shape + (3,):
        h = np.broadcast_to(h, h0.shape + (3,))                            # the kernel would read beyond a shorter h
    out = np.empty((h0.size, 2, 2), dtype=complex)
    _pauli_kernel(np.ascontiguousarray(h0).ravel(), np.ascontiguousarray(h).reshape(-1, 3), out)
    return out.reshape(h0.shape + (2, 2))


@njit(cache=True, nogil=True)
def _pauli_kernel(h0, h, out):
    for n in range(h0.size):
        out[n, 0, 0], out[n, 1, 1] = h0[n] + h[n, 2], h0[n] - h[n, 2]
        out[n, 0, 1], out[n, 1, 0] = h[n, 0] - 1j*h[n, 1], h[n, 0] + 1j*h[n, 1]


def kubo_spin(hamiltonian: MatrixOfK | ArrayLike, gradient: MatrixOfK | ArrayLike, grid: KGrid,
              occupation: FermiDirac | ArrayLike) -> NDArray:
    """The Kubo formula (10) for a two-band H'(k), all directions of spin and field: χ with Δ⟨σ_a⟩ = Σ_i χ_ai E_i.

    Parameters
    ----------
    hamiltonian : function of k (m, d) returning H'(k) (m, 2, 2) in eV, or the array (n, 2, 2) on the grid.
    gradient : likewise ∇_k H', (m, d, 2, 2) or (n, d, 2, 2) in eV nm.
    grid : a `KGrid`; for one state k (d,) take ``KGrid([k], [1.0])`` and the occupation (1, 0) or (0, 1).
    occupation : a `FermiDirac`, or occupations (n, 2) or (2,) of the lower and upper band.

    Returns χ, shape (3, d), in nm⁻ᵈ per V/nm, on the axes of H' (in a texture: e_θ, e_φ, m). Multiply by E; turn to
    the lab frame with those axes. Memory goes with a block of k-points and the functions are called block by block,
    from several threads.

    With H' = h₀ + h·σ the sum over the two bands closes to e Σ_k (f₊ − f₋) h × (E·∇_k)h / 2|h|³.

    Raises ValueError for matrices that are not hermitian or not finite, degenerate bands (|h| = 0) and wrong shapes,
    TypeError for matrices that are not numeric and for a grid that is no KGrid.
    Warns (`CoarseGridWarning`) if the Fermi function falls too fast for a uniform grid.
    """
    check.instance("grid", grid, KGrid)
    distribution = occupation if isinstance(occupation, FermiDirac) else None
    f = np.empty((0, 2)) if distribution else _checked_occupations(occupation, grid, "occupation, if no FermiDirac,")
    mu, kT = (distribution.chemical_potential, distribution.kT) if distribution else (0.0, 0.0)
    steps = grid.steps if distribution and grid.steps is not None else np.zeros((0, grid.dimension))
    values = [_on_grid("hamiltonian", hamiltonian, grid, (2, 2)),
              _on_grid("gradient", gradient, grid, (grid.dimension, 2, 2))]

    def one_block(start):
        stop = min(start + _BLOCK, grid.size)
        k, w = grid.block(start, stop)
        H, dH = (value(k, start, stop) for value in values)
        total, report = np.zeros((3, grid.dimension)), np.zeros(6)
        with np.errstate(all="ignore"):                  # without the compiler NumPy would warn; the report tells
            _kubo_kernel(H, dH, np.require(w, requirements="CW"), np.ascontiguousarray(f[start:stop]), mu, kT, steps,
                         total, report)
        report[_GAP_AT] += start
        return total, report

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        blocks = list(pool.map(one_block, range(0, grid.size, _BLOCK)))
    reports = np.array([report for _, report in blocks])
    _raise_if_bad(reports, grid)
    if distribution:
        _warn_if_coarse(reports[:, _STEP].max(), distribution)
    return e * np.sum([total for total, _ in blocks], axis=0)


def _on_grid(name, value, grid, tail):
    """A function of (k, start, stop) that gives a block of ``value``, with its shape checked."""
    if callable(value):
        def of_block(k, start, stop):
            block = np.asarray(value(k))
            if block.shape != (len(k), *tail):
                raise ValueError(f"{name} must return shape {(len(k), *tail)} for k of shape {k.shape}; got "
                                 f"{block.shape}")
            return _complex(name, block)
        return of_block
    array = np.asarray(value)
    if array.shape != (grid.size, *tail):
        raise ValueError(f"{name} must have shape {(grid.size, *tail)}, one matrix per k-point; got {array.shape}")
    return lambda k, start, stop: _complex(name, array[start:stop])


def _complex(name, matrices):
    kind = matrices.dtype.kind
    if kind not in "biufcO" or (kind == "O" and not all(isinstance(x, Number) for x in matrices.flat)):
        raise TypeError(f"{name} must be numeric; got {matrices.dtype}")
    return np.ascontiguousarray(matrices, dtype=complex)


_ERROR, _SCALE, _GAP, _GAP_AT, _STEP, _NOT_FINITE = range(6)


def _raise_if_bad(reports, grid):
    if reports[:, _NOT_FINITE].any():
        raise ValueError("hamiltonian and gradient must be finite on the whole grid; got nan or inf")
    scale = max(reports[:, _SCALE].max(), 1e-300)
    error = reports[:, _ERROR].max()
    if error > 1e-10 * scale:
        raise ValueError(f"hamiltonian and gradient must be hermitian; the largest |H' - H'†| is {error:.2g} eV "
                         "(or eV nm for the gradient)")
    worst = reports[np.argmin(reports[:, _GAP])]
    if worst[_GAP] <= 1e-10 * scale:
        at = int(worst[_GAP_AT])
        raise ValueError("hamiltonian must have two bands apart at every k-point, for (10) divides by the gap squared; "
                         f"the gap is {worst[_GAP]:.2g} eV at k = {grid.block(at, at + 1)[0][0]} 1/nm")


@njit(cache=True, nogil=True)
def _kubo_kernel(H, dH, weights, f, mu, kT, steps, total, report):
    """Add Σ_k w (f₊ − f₋) h × ∂_i h / 2|h|³ to total[:, i]; what was met on the way goes to ``report``."""
    error, scale, least, least_at, worst_step, finite = 0.0, 0.0, np.inf, 0, 0.0, True
    d = dH.shape[1]
    common, split = np.empty(d), np.empty(d)                               # ∂_i h₀ and ∂_i |h|
    for n in range(H.shape[0]):
        H00, H01, H10, H11 = H[n, 0, 0], H[n, 0, 1], H[n, 1, 0], H[n, 1, 1]
        error = max(error, abs(H00.imag), abs(H11.imag), abs(H01.real - H10.real), abs(H01.imag + H10.imag))
        h0, hx, hy, hz = (H00.real + H11.real) / 2, H01.real, -H01.imag, (H00.real - H11.real) / 2
        h = np.sqrt(hx*hx + hy*hy + hz*hz)
        scale = max(scale, abs(h0) + h)
        if not np.isfinite(h0 + h + H10.real + H10.imag + H00.imag + H11.imag):
            finite = False
        if h < least:
            least, least_at = h, n
        if f.shape[0]:
            difference = f[n, 1] - f[n, 0]
        elif kT > 0:
            # f₊ − f₋ without cancellation: −sinh(h/kT)/(cosh(h/kT) + cosh((h0 − μ)/kT)), divided by exp(largest)
            a, b = h / kT, abs(h0 - mu) / kT
            top = max(a, b)
            difference = -(np.exp(a - top) - np.exp(-a - top)) / (
                np.exp(a - top) + np.exp(-a - top) + np.exp(b - top) + np.exp(-b - top))
        else:
            difference = 0.5 * (np.sign(h0 - h - mu) - np.sign(h0 + h - mu))
        factor = weights[n] * difference / (2*h*h*h) if h > 0 else 0.0
        for i in range(d):
            D00, D01, D10, D11 = dH[n, i, 0, 0], dH[n, i, 0, 1], dH[n, i, 1, 0], dH[n, i, 1, 1]
            error = max(error, abs(D00.imag), abs(D11.imag), abs(D01.real - D10.real), abs(D01.imag + D10.imag))
            dx, dy, dz = D01.real, -D01.imag, (D00.real - D11.real) / 2
            if not np.isfinite(dx + dy + dz + D00.real + D10.real + D10.imag + D00.imag + D11.imag):
                finite = False
            total[0, i] += factor * (hy*dz - hz*dy)
            total[1, i] += factor * (hz*dx - hx*dz)
            total[2, i] += factor * (hx*dy - hy*dx)
            common[i], split[i] = (D00.real + D11.real) / 2, (hx*dx + hy*dy + hz*dz) / h if h > 0 else 0.0
        for j in range(steps.shape[0]):
            for s in (-1, 1):
                step = 0.0
                for i in range(d):
                    step += (common[i] + s*split[i]) * steps[j, i]
                step = abs(step)
                if step > _STEPS_PER_KT * kT and abs(h0 + s*h - mu) < step and step > worst_step:
                    worst_step = step
    report[0], report[1], report[2] = error, scale, 2*least
    report[3], report[4], report[5] = least_at, worst_step, not finite
