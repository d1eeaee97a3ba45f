"""The demagnetising field of a film of one or several layers, in SI units.

Inside a uniformly magnetised cell the field is not uniform; its average over another cell at the offset r is −N(r)·M
with the tensor of A. J. Newell, W. Williams and D. J. Dunlop, J. Geophys. Res. 98, 9551 (1993):

    N_ij(r) = −1/(4πV) ∫ d³a ∫ d³b ∂_i ∂_j (1/|r + a − b|),     a, b in a cell of volume V,      Σ_i N_ii(0) = 1.

The field of a film is a convolution, B = −μ0 N∗M, carried out by fast Fourier transforms in the plane and by sums
over the few layers.

**The field is soft.** It turns the spins by γμ0 M_s ≈ 0.2 rad/ps at most, while exchange between cells of some nm
asks for steps of 0.2 ps. `History` keeps the fields of the last three evaluations; between evaluations the kernel
extrapolates them by a parabola in time. How far the next field lies from the parabola measures the error, and sets
the next interval.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache, lru_cache
from math import pi

import numpy as np
from numba import njit
from scipy.constants import mu_0

from .. import _validate as check
from . import kernels

NEAR = 6
"""Distance, in the largest of the three cell sizes, up to which Newell's closed form is taken. As a sixth difference
of a function that grows as r³ it loses (r³/V)² of its digits; Gauss's rule for a dipole's field gains them."""

DIGITS = 12
"""Decimal digits of N(0) ~ 1 that Gauss's rule keeps; n points a direction err by r^−(3 + 2n), r in cell sizes."""

LONGEST = 0.5
"""Angle γμ0 M_s t in rad by which the field may turn a spin between two evaluations, at most. Extrapolation by a
parabola is the third-order method of Adams and Bashforth, stable up to 0.72 for precession and 0.55 for damping."""

COMPONENTS = ((0, 0), (0, 1), (1, 1), (2, 2), (0, 2), (1, 2))
"""The order in which the tensor is kept; a single layer needs the first four, the last two vanish in its plane."""


# ------------------------------------------------------------------ the tensor

def _newell_f(x, y, z):
    """Newell's f: ∂_x² ∂_y² ∂_z² of it gives the potential of N_xx."""
    r = np.sqrt(x*x + y*y + z*z)
    with np.errstate(divide="ignore", invalid="ignore"):
        first = np.nan_to_num(y/2 * (z*z - x*x) * np.arcsinh(y / np.hypot(x, z)))
        second = np.nan_to_num(z/2 * (y*y - x*x) * np.arcsinh(z / np.hypot(x, y)))
        third = np.nan_to_num(x*y*z * np.arctan(y*z / (x*r)))
    return first + second - third + (2*x*x - y*y - z*z) * r/6


def _newell_g(x, y, z):
    """Newell's g, for N_xy."""
    r = np.sqrt(x*x + y*y + z*z)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = [x*y*z * np.arcsinh(z / np.hypot(x, y)), y/6 * (3*z*z - y*y) * np.arcsinh(x / np.hypot(y, z)),
                 x/6 * (3*z*z - x*x) * np.arcsinh(y / np.hypot(x, z)), -z**3/6 * np.arctan(x*y / (z*r)),
                 -z*y*y/2 * np.arctan(x*z / (y*r)), -z*x*x/2 * np.arctan(y*z / (x*r))]
    return sum(map(np.nan_to_num, terms)) - x*y*r/3


def newell(cell_size, counts):
    """N at the offsets (i dx, j dy, k dz), 0 ≤ i < nx, 0 ≤ j < ny, 0 ≤ k < nz, from Newell's closed form.

    cell_size (dx, dy, dz) in any unit; counts (nx, ny, nz). Returns (6, nz, ny, nx), xx, xy, yy, zz, xz, yz; no
    unit."""
    unit = np.asarray(cell_size, dtype=float) / np.max(cell_size)
    x, y, z = (np.arange(-1, n + 1) * d for n, d in zip(counts, unit))
    z, y, x = z[:, None, None], y[:, None], x

    def difference(values):
        for axis in range(3):
            values = np.diff(values, 2, axis=axis)
        return values / (4*pi * np.prod(unit))
    return np.stack([-difference(_newell_f(x, y, z)), -difference(_newell_g(x, y, z)), -difference(_newell_f(y, x, z)),
                     -difference(_newell_f(z, y, x)), -difference(_newell_g(x, z, y)), -difference(_newell_g(y, z, x))])


def tent_rule(n):
    """Nodes and weights of Gauss's rule on (−1, 1) for the weight 1 − |s|, by which the offset of two points of two
    cells is distributed: exact for polynomials of degree 2n − 1."""
    s, w = np.polynomial.legendre.leggauss(2 * n)
    s, w = np.concatenate([(s - 1)/2, (s + 1)/2]), np.concatenate([w, w])/2
    w = w * (1 - np.abs(s))
    off_diagonal, previous, current = [], np.zeros_like(s), np.ones_like(s)
    for _ in range(n - 1):                                 # the three-term recurrence of the even weight's polynomials
        following = s*current - (off_diagonal[-1] if off_diagonal else 0.0)*previous
        off_diagonal.append(np.sum(w*following**2) / np.sum(w*current**2))
        previous, current = current, following
    nodes, vectors = np.linalg.eigh(np.diag(np.sqrt(off_diagonal), 1) + np.diag(np.sqrt(off_diagonal), -1))
    return nodes, vectors[0]**2


@njit(cache=True, nogil=True, error_model="numpy")
def _dipole(x, y, z, dx, dy, dz, rules, reach, near, out):
    """out[:, i] = N at (x[i], y, z), by Gauss's rule; left alone where |r| < near. A rule serves from its reach on."""
    for i in range(len(x)):
        r = np.sqrt(x[i]**2 + y**2 + z**2)
        if r < near:
            continue
        k = 0
        while k + 1 < len(reach) and r >= reach[k + 1]:
            k += 1
        n = int(rules[k, 0, 0])
        xx = xy = yy = zz = xz = yz = 0.0
        for a in range(1, n + 1):
            for b in range(1, n + 1):
                for c in range(1, n + 1):
                    X, Y, Z = x[i] + dx*rules[k, 0, a], y + dy*rules[k, 0, b], z + dz*rules[k, 0, c]
                    square = X*X + Y*Y + Z*Z
                    w = rules[k, 1, a]*rules[k, 1, b]*rules[k, 1, c] / (square*square*np.sqrt(square))
                    xx += w*(square - 3*X*X)
                    yy += w*(square - 3*Y*Y)
                    zz += w*(square - 3*Z*Z)
                    xy -= 3*w*X*Y
                    xz -= 3*w*X*Z
                    yz -= 3*w*Y*Z
        out[0, i], out[1, i], out[2, i], out[3, i], out[4, i], out[5, i] = xx, xy, yy, zz, xz, yz


def _rules():
    """Gauss's rules of 6, 5, … 2 points and the distances, in cell sizes, from which each keeps `DIGITS` digits."""
    rules, reach = np.zeros((5, 2, 7)), np.zeros(5)
    for k, n in enumerate((6, 5, 4, 3, 2)):
        rules[k, 0, 0] = n
        rules[k, 0, 1:n + 1], rules[k, 1, 1:n + 1] = tent_rule(n)
        reach[k] = 10 ** (DIGITS / (3 + 2*n))
    return rules, reach


def tensor(cell_size, counts, first_row=0, rows=None):
    """N at the offsets (i dx, j dy, k dz) as `newell`, from the form that keeps most digits at each; the rows
    first_row ≤ j < first_row + rows only, if given. Shape (6, nz, rows, nx)."""
    unit = np.asarray(cell_size, dtype=float) / np.max(cell_size)
    nx, ny, nz = counts
    rows = ny - first_row if rows is None else rows
    out = np.full((6, nz, rows, nx), np.nan)               # what Gauss's rule leaves alone, Newell's form fills
    rules, reach = _rules()
    x = np.arange(nx) * unit[0]
    for k in range(nz):
        for j in range(rows):
            _dipole(x, (first_row + j)*unit[1], k*unit[2], *unit, rules, reach, float(NEAR), out[:, k, j])
    out *= np.prod(unit) / (4*pi)
    box = [min(n, int(NEAR/d) + 1) for n, d in zip((nx, first_row + rows, nz), unit)]
    if box[1] > first_row:
        near = out[:, :box[2], :box[1] - first_row, :box[0]]
        np.copyto(near, newell(unit, box)[:, :, first_row:], where=np.isnan(near))
    return out


def in_itself(cell_size):
    """N_xx, N_yy, N_zz of a cell in itself; their sum is 1."""
    return tensor(cell_size, (1, 1, 1))[[0, 2, 3], 0, 0, 0]


# ------------------------------------------------------------------ the convolution

def _fft():
    return check.optional("ducc0.fft", "demag", "the demagnetising field")


class Convolution:
    """B = −μ0 N∗M on a film, by transforms along x and y.

    cells (nx, ny, nz); cell_size in m; repeats (in x, in y): None for an open direction, else how many periods the
    field reaches to either side: a cell sees all that lies within repeats + ½ periods of it.

    Open directions are padded with zeros to at least 2n − 1 cells, and only rows that hold something are transformed
    along x. N is even or odd in each direction, so its transform is real (or imaginary: xz, yz) and a quarter of it
    is kept.
    """

    def __init__(self, cells, cell_size, repeats):
        nx, ny, nz = self.cells = cells
        # of what pip brings on Linux and macOS (256², one thread): ducc0 3.9 ms; pyfftw 3.6 ms after 0.4 s of planning;
        # scipy.fft 8.7 ms; mkl_fft has no wheels for Apple's processors
        fft = _fft()
        self.padded = [n if r is not None else fft.good_size(2*n - 1, along_x)
                       for n, r, along_x in zip(cells, repeats, (True, False))]
        self.spectrum = _spectrum(tuple(cells), tuple(cell_size), tuple(repeats), tuple(self.padded))
        self.self_demagnetisation = in_itself(cell_size)
        self._real = np.zeros((3*nz, ny, self.padded[0]))
        self._wave = np.zeros((3*nz, self.padded[1], self.padded[0]//2 + 1), dtype=complex)
        self._rows, self._columns = (self._parts(n) for n in (ny, self._wave.shape[2]))

    @staticmethod
    def _parts(n):
        """Slices of some 64 of n lines. They do not depend on the number of threads, nor do then the numbers."""
        cuts = np.linspace(0, n, max(1, n//64) + 1).astype(int)
        return [slice(*pair) for pair in zip(cuts[:-1], cuts[1:])]

    def field(self, m, Ms, threads=1):
        """B in T of the magnetisation Ms m in A/m; m (3 nz, ny, nx), the components of the lowest layer first, Ms a
        number or (ny, nx). The array returned, in the shape of m, is overwritten by the next call."""
        share = map if threads == 1 else _pool(threads).map
        for work, parts in ((lambda rows: self._along_x(rows, m, Ms), self._rows), (self._along_y, self._columns),
                            (self._back_along_x, self._rows)):
            for _ in share(work, parts):                   # map is lazy
                pass
        return self._real[:, :, :self.cells[0]]

    def _along_x(self, rows, m, Ms):
        nx, real = self.cells[0], self._real[:, rows]
        np.multiply(m[:, rows], Ms if np.ndim(Ms) == 0 else Ms[rows], out=real[:, :, :nx])
        real[:, :, nx:] = 0.0
        _fft().r2c(real, axes=(2,), out=self._wave[:, rows])

    def _along_y(self, columns):
        wave = self._wave[:, :, columns]
        wave[:, self.cells[1]:] = 0.0
        _fft().c2c(wave, axes=(1,), out=wave)
        _multiply(wave, self.spectrum[..., columns])
        _fft().c2c(wave, axes=(1,), forward=False, out=wave)

    def _back_along_x(self, rows):
        _fft().c2r(self._wave[:, rows], axes=(2,), lastsize=self.padded[0], forward=False,
                      out=self._real[:, rows])


@lru_cache(maxsize=4)
def _spectrum(cells, cell_size, repeats, padded):
    """Transform of −μ0 N over the number of points, (nz, 4 or 6, padded ny/2 + 1, padded nx/2 + 1), real: the
    components odd in z, xz and yz, times i."""
    nz, offsets = cells[2], [n if r is None else r*n + n//2 + 1 for n, r in zip(cells, repeats)]
    waves_x, waves_y = (_waves(n, count, points, r is not None)
                        for n, count, points, r in zip(cells, offsets, padded, repeats))
    components = 4 if nz == 1 else 6
    spectrum = np.zeros((nz, components, len(waves_y[0]), len(waves_x[0])))
    block = max(1, 2**21 // offsets[0])
    for first in range(0, offsets[1], block):              # block by block, for the memory
        rows = min(block, offsets[1] - first)
        part = tensor(cell_size, (offsets[0], offsets[1], nz), first, rows)
        for c, (a, b) in enumerate(COMPONENTS[:components]):
            odd_x, odd_y = (a == 0) != (b == 0), (a == 1) != (b == 1)
            for k in range(nz):
                spectrum[k, c] += waves_y[odd_y][:, first:first + rows] @ (part[c, k] @ waves_x[odd_x].T)
    spectrum[:, 1] *= -1                                   # (−i)², odd in both directions
    return spectrum * (-mu_0 / (padded[0]*padded[1]))


def _waves(n, count, points, periodic):
    """Matrices (points//2 + 1, count) by which a function of the offset, given for 0 ≤ offset < count, even or odd, is
    transformed; periodic with n cells or not."""
    offset = np.arange(count)
    weight = np.where(offset == 0, 1.0, 2.0)
    if periodic and n % 2 == 0:
        weight[-1] = 1.0                                   # half a period away: half to either side
    angle = 2*pi/points * (np.outer(np.arange(points//2 + 1), offset) % points)
    return weight*np.cos(angle), weight*np.sin(angle)


@cache
def _pool(threads):
    return ThreadPoolExecutor(threads)


if hasattr(os, "register_at_fork"):                        # a forked process has none of its parent's threads
    os.register_at_fork(after_in_child=_pool.cache_clear)


@njit(cache=True, nogil=True)
def _multiply(wave, spectrum):
    """wave (3 nz, ny, waves) = N·wave, by the quarter of N's transform that is kept."""
    nz, components, kept, width = spectrum.shape
    rows = wave.shape[1]
    out = np.empty((3*nz, width), dtype=wave.dtype)
    for j in range(rows):
        mirrored = j >= kept
        row = rows - j if mirrored else j
        odd = -1.0 if mirrored else 1.0
        out[:] = 0
        for a in range(nz):
            for b in range(nz):
                N = spectrum[abs(a - b)]
                up = 1.0 if a > b else -1.0
                for i in range(width):
                    x, y, z = wave[3*b, j, i], wave[3*b + 1, j, i], wave[3*b + 2, j, i]
                    xy = odd * N[1, row, i]
                    out[3*a, i] += N[0, row, i]*x + xy*y
                    out[3*a + 1, i] += xy*x + N[2, row, i]*y
                    out[3*a + 2, i] += N[3, row, i]*z
                    if components == 6 and a != b:
                        xz, yz = -1j*up*N[4, row, i], -1j*up*odd*N[5, row, i]
                        out[3*a, i] += xz*z
                        out[3*a + 1, i] += yz*z
                        out[3*a + 2, i] += xz*x + yz*y
        for a in range(3*nz):
            for i in range(width):
                wave[a, j, i] = out[a, i]


# ------------------------------------------------------------------ evaluated less often than stepped

def longest(gamma, Ms):
    """Longest time between two evaluations in s."""
    return LONGEST / (gamma * mu_0 * Ms)


class History:
    """The field of the other cells at the last evaluations, the parabola through them, and when the next is due.

    The field of a cell in itself, −μ0 N(0)·M, is left out: it is local, and the kernel takes it in each stage as an
    anisotropy. `far` is the kernel's coefficient of that name, counted from the time `origin`.
    """

    def __init__(self, convolution, state, *, Ms, gamma, force, periodic, threads):
        """state: the fields of a `Simulation`, (2, ny, 3 nz, pitch). force: what the field in T is multiplied with to
        be the kernel's F; a number or (ny, nx), as Ms."""
        nx, ny, nz = convolution.cells
        self._convolution, self._Ms, self._gamma, self._threads = convolution, Ms, gamma, threads
        self._force = np.array(np.broadcast_to(force, (ny, nx)), dtype=float)
        width = nx + 2*kernels.PAD + 2*kernels.CHUNK
        column = np.arange(width) - kernels.PAD
        self._column = column % nx if periodic else np.clip(column, 0, nx - 1)
        self.far = np.zeros((ny, 3, 3*nz, width))
        self._start = np.empty_like(state[0])
        self._longest = longest(gamma, np.max(Ms))
        self.evaluations = 0
        self.clear()

    def clear(self):
        """Forget the past: the state has been set by hand."""
        self.points, self.interval, self.due, self._kept = [], 1, 0, None

    def pack(self):
        """All that is needed to go on, as arrays by name; nothing before the first step."""
        if not self.points:
            return {}
        times, fields = zip(*self.points)
        return {"times": np.array(times), "fields": np.array(fields), "plan": np.array([self.interval, self.due]),
                "clock": self._kept[0], "counts": self._kept[1], "start": self._start}

    def unpack(self, packed):
        """Go on where `pack` was called."""
        if not packed:
            return
        self.points = list(zip(packed["times"].tolist(), packed["fields"]))
        self.interval, self.due = packed["plan"].tolist()
        self._kept, self._start[:] = (packed["clock"], packed["counts"]), packed["start"]
        self._draw()

    @property
    def origin(self):
        """Time in s from which the parabola counts: that of the newest field."""
        return self.points[0][0]

    def field(self, state):
        """B of the other cells in T, (3 nz, ny, nx), for a state (ny, 3 nz, pitch)."""
        m = np.swapaxes(state, 0, 1)[:, :, :self._convolution.cells[0]]
        local = mu_0 * self._convolution.self_demagnetisation
        out = np.array([m[a] * (local[a % 3] * self._Ms) for a in range(len(m))])
        out += self._convolution.field(m, self._Ms, self._threads)
        self.evaluations += 1
        return out

    def at(self, state):
        """The kernel's coefficient for a state (ny, 3 nz, pitch), constant in time; the past is left alone."""
        field, far = self.field(state), np.zeros_like(self.far)
        _combine(far, field, field, field, np.diag([1.0, 0.0, 0.0]), self._force, self._column)
        return far

    def begin(self, clock, counts, state):
        """A first field, at the state that an interval starts from."""
        self._keep(clock[kernels.T], self.field(state))
        self._go_on(clock, counts, state)

    def settle(self, clock, counts, fields, tolerance, fixed):
        """Evaluate the field where an interval ends, and see how far the parabola went astray; True if its steps stand.

        The angle by which the spins were turned wrongly must stay below `tolerance` for each step of the interval. If
        it does not, state, clock and counts are those at the interval's start again, and the next try is shorter. The
        first interval is always repeated, on the straight line through the two fields that are known by then."""
        t, state = clock[kernels.T], fields[counts[kernels.PARITY]]
        steps, span = counts[kernels.ACCEPTED] - self._kept[1][kernels.ACCEPTED], t - self._kept[0][kernels.T]
        if steps == 0:
            return True
        field = self.field(state)
        times = [point[0] for point in self.points]
        if len(times) == 1:
            self._keep(t, field)
            self._restore(clock, counts, fields)
            return False
        weights = _polynomials(times).T @ (t - times[0]) ** np.arange(3)
        miss = _largest_miss(field, *(self.points[min(k, len(times) - 1)][1] for k in range(3)), weights)
        if times[0] == t:                                  # the repeated first interval
            share, order = 0.5, 2
        else:
            halfway, end = np.prod(np.subtract.outer([t - span/2, t], times), axis=1)
            # the mean of the error over the interval, by Simpson's rule, which is exact for a cubic
            share, order = abs(4*halfway/end + 1)/6, len(times)
        angle = self._gamma * miss * span * share
        factor = 0.9 * (tolerance*steps / max(angle, 1e-300)) ** (1/order)
        self.interval = int(max(1, min(steps * min(2.0, max(0.2, factor)), self._longest * steps/span)))
        if factor < 0.9 and not (fixed and steps == 1):
            self._restore(clock, counts, fields)
            if steps == 1:
                clock[kernels.H] = span * max(0.2, factor)
            return False
        self._keep(t, field)
        self._go_on(clock, counts, state)
        return True

    def _go_on(self, clock, counts, state):
        self._start[:] = state
        self._kept = clock.copy(), counts.copy()
        self.due = int(counts[kernels.ACCEPTED]) + self.interval
        counts[kernels.HAS_SLOPE] = 0                      # the slope belongs to the parabola that has ended

    def _restore(self, clock, counts, fields):
        rejected = counts[kernels.REJECTED] + counts[kernels.ACCEPTED] - self._kept[1][kernels.ACCEPTED]
        end, longest = clock[kernels.T_END], clock[kernels.H_MAX]
        clock[:], counts[:] = self._kept
        clock[kernels.T_END], clock[kernels.H_MAX] = end, longest
        counts[kernels.REJECTED], counts[kernels.HAS_SLOPE] = rejected, 0
        fields[counts[kernels.PARITY]] = self._start
        self.due = int(counts[kernels.ACCEPTED]) + self.interval

    def _keep(self, t, field):
        """`field` is the newest, and the polynomial goes through it."""
        self.points = [(t, field), *(point for point in self.points if point[0] < t)][:3]
        self._draw()

    def _draw(self):
        _combine(self.far, *(self.points[min(k, len(self.points) - 1)][1] for k in range(3)),
                 _polynomials([point[0] for point in self.points]), self._force, self._column)


def _polynomials(times):
    """(3, 3): column q holds the coefficients of s⁰, s¹, s², s = t − times[0], in Lagrange's polynomial for the q-th
    of the one to three times."""
    s = [t - times[0] for t in times]
    out = np.zeros((3, 3))
    for q, own in enumerate(s):
        others = s[:q] + s[q + 1:]
        out[:len(s), q] = np.atleast_1d(np.poly(others))[::-1] / np.prod([own - other for other in others])
    return out


@njit(cache=True, nogil=True)
def _combine(far, first, second, third, polynomials, force, column):
    """far = the polynomial in time through three fields (3 nz, ny, nx), those that are not there having no weight."""
    for j in range(far.shape[0]):
        for power in range(3):
            p, q, r = polynomials[power]
            for a in range(far.shape[2]):
                for i in range(far.shape[3]):
                    k = column[i]
                    far[j, power, a, i] = force[j, k] * (p*first[a, j, k] + q*second[a, j, k] + r*third[a, j, k])


@njit(cache=True, nogil=True)
def _largest_miss(field, first, second, third, weights):
    """Largest length of a difference between field and a weighted sum of three, all (3 nz, ny, nx)."""
    worst = 0.0
    p, q, r = weights
    for layer in range(field.shape[0] // 3):
        for j in range(field.shape[1]):
            for i in range(field.shape[2]):
                square = 0.0
                for a in range(3*layer, 3*layer + 3):
                    square += (field[a, j, i] - p*first[a, j, i] - q*second[a, j, i] - r*third[a, j, i])**2
                worst = max(worst, square)
    return np.sqrt(worst)
