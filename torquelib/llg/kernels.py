"""The numba kernels of the Landau–Lifshitz–Gilbert equation.

They take bare arrays and floats and know nothing of meshes or materials; `problem.py` builds their input. They stay in
one file: numba's cache does not see an edit in a function of another file, and would go on with the old code.

**The torque.** With |m| = 1, Eqs. (5), (6) solved for ∂t m read

    ∂t m = −m × (P + m × Q),
    P = [γB + (c·∇)m −  α(b·∇)m] / (1 + α²),
    Q = [αγB + (b·∇)m + α(c·∇)m] / (1 + α²),

b = μ_B j_s/(e M_s) and c = βb + ηE. Whatever is parallel to m drops out, so the kernel leaves out the
−m of the exchange stencil, and the length of m is conserved for any P and Q.

**One pass over memory a step.** The plane is cut into tiles. In a tile the stages of a Runge–Kutta step
follow each other row by row: when row r of the old state has been read, stage 1 can be done on row r − 1,
stage 2 on row r − 2, …; only a few rows of each stage exist at a time, and they stay in the cache. A tile
computes a rim of up to five cells twice, so tiles are independent and may run on any thread; the result
does not depend on how they are shared out. The state is `(ny, 3 nz, pitch)`: the three components of a row of
the lowest layer, then of the next, side by side, each filled up from nx to a multiple of `CHUNK` cells.

**Why this pair.** Exchange between cells sets the step, so what counts is how far a method is stable for what it
costs. In `bench_llg.py pairs`, a film that switches, the classical method with one slope more takes 1549 right-hand
sides to an error of 1e-2, where stability sets the step, Dormand and Prince's fifth order 2515; to 1e-3 1949 and 2623,
to 1e-4 5021 and 2623, to 1e-6 15849 and 3775. From 1e-4 on theirs would be had for seven rows of slopes kept and rims
of seven cells. A step with the error estimate costs a third more than one without: a fixed step found by hand is some
1.1 times as fast to 1e-2, adaptive ones are ahead from 1e-3 on (`accuracy`).

**Absent terms.** A coefficient is None (the term is compiled away), a float, or an array with one value a
cell; numba compiles one variant for each combination in use.

**Edges.** A row of a tile has one ghost cell at either end, and open edges in y a ghost row: the edge spin,
turned as the boundary condition of the Dzyaloshinskii–Moriya interaction asks for.

**Vacuum.** Where nothing is, m = 0: it adds to no neighbour's field and stays zero. In a difference of m, the 0 is as
good as the edge spin itself, which drops out; `turn_x`, `turn_y` add what turning it would.
"""

from collections import namedtuple
from types import FunctionType

import numpy as np
from numba import njit, prange, types
from numba.extending import overload

U = np.uint64
ZERO, ONE = U(0), U(1)
"""Indices of the inner loops are unsigned: for a signed one numba looks whether it is negative,
and LLVM does not vectorise."""

PAD = 8
"""Columns in front of a tile's first own cell: the rim, a ghost, and alignment."""

CHUNK = 8
"""Loops over a row run in multiples of this many cells, so that no scalar remainder is left,
which would round differently."""

ROWS = 6
"""Rows of a ring; row j is kept in slot j % ROWS. Few, so that the rings of a wide tile stay in the cache."""

THIRD = 1 / 3

Coefficients = namedtuple("Coefficients", [
    "scale", "alpha",                                                   # γ/(M_s (1 + α²)) or None if folded in; α
    "exchange", "dmi",                                                  # the same to all four neighbours, or else
    "exchange_e", "exchange_w", "exchange_n", "exchange_s",             # to the east, west, north, south neighbour
    "dmi_e", "dmi_w", "dmi_n", "dmi_s",
    "bulk", "bulk_e", "bulk_w", "bulk_n", "bulk_s",                     # the same for the DMI of the bulk
    "k_xx", "k_yy", "k_zz", "k_xy", "k_xz", "k_yz",                     # anisotropies, F = K m
    "b_x", "b_y", "b_z", "b",                                           # Zeeman: constant; times B(t)
    "p_current_x", "q_current_x", "p_current_y", "q_current_y",         # times j_x or j_y and a difference of m
    "p_field_x", "q_field_x", "p_field_y", "q_field_y",                 # times E_x or E_y and a difference of m
    "turn_x", "turn_y",                                                 # to differences of m, at inner edges
    "p_spin", "q_spin",                                                 # times a uniform polarisation s(t)
    "exchange_z",                                                       # to the layers above and below
    "far",                                                              # F that is a polynomial in time
])
"""Coefficients of the torque; each None, a float, or an array (ny, nx + 2 PAD + 2 CHUNK) that starts PAD columns
early, the same for all layers; `turn_x`, `turn_y` None or (3, 3, ny, nx + 2 PAD + 2 CHUNK). `far`, the demagnetising
field of the other cells, is None or (ny, 3, 3 nz, nx + 2 PAD + 2 CHUNK): F = far[:, 0] + s (far[:, 1] + s far[:, 2]), s
the time since `clock[ORIGIN]`."""

Signals = namedtuple("Signals", ["j_x", "j_y", "E_x", "E_y", "B_x", "B_y", "B_z", "s_x", "s_y", "s_z", "since"])
"""What drives may change in time, and the time since `clock[ORIGIN]`. An array `drive` has all but the last along its
last axis."""

Edges = namedtuple("Edges", ["west", "east", "south", "north"])
"""Matrices that make the ghost spin of the edge spin: west, east (3, 3, ny); south, north (3, 3, n)
with n the padded width of `Coefficients`."""

Rings = namedtuple("Rings", ["states", "scratch"])
"""A worker's rows: states (6, ROWS + 2, 3 nz, width), the states 0 … 5 of `_tile`, the last two rows of each being
ghosts; scratch (nz, width). One axis more in front for all workers."""

T, T_END, H, H_MAX, LAST_ERROR, ORIGIN = range(6)
"""Places in `clock`: time, the time to reach, the step, its upper bound, the error of the last accepted step, the time
from which the polynomial of `far` counts."""

PARITY, HAS_SLOPE, ACCEPTED, REJECTED = range(4)
"""Places in `counts`: which of the two fields is the state, whether its slope is known, steps taken and repeated."""

DRIFT_LIMIT = 1e-4
"""Sum over the cells of (|m|² − 1)² before a step's result is normalised, above which the step has failed."""

_FAST = {"nogil": True, "cache": True, "error_model": "numpy", "fastmath": {"nsz", "arcp", "contract", "afn"}}
"""No nnan, ninf: a NaN must be seen. No reassoc: a vector loop and the scalar loop beside it must round alike."""

_INNER = {**_FAST, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
"""For functions that only kernels call: without the wrappers for Python they compile faster."""


# ------------------------------------------------------------------ coefficients that may be absent
# A body for Python, where NUMBA_DISABLE_JIT=1 leaves the compiler out, and for the compiler one for each type of c.

def _plus(rest, c, x, j, i):
    """rest + c x, with c None (absent), a float or an array."""
    return rest if c is None else rest + (c[j, i] if np.ndim(c) else c) * x


@overload(_plus)
def _plus_overload(rest, c, x, j, i):
    if isinstance(c, types.NoneType):
        return lambda rest, c, x, j, i: rest
    if isinstance(c, types.Array):
        return lambda rest, c, x, j, i: rest + c[j, i] * x
    return lambda rest, c, x, j, i: rest + c * x


def _times(c, x, j, i):
    """c x, or x where c is None."""
    return x if c is None else (c[j, i] if np.ndim(c) else c) * x


@overload(_times)
def _times_overload(c, x, j, i):
    if isinstance(c, types.NoneType):
        return lambda c, x, j, i: x
    if isinstance(c, types.Array):
        return lambda c, x, j, i: c[j, i] * x
    return lambda c, x, j, i: c * x


def _drive(c, current, d, field, j, i):
    """c · current + d · field, or None where both are absent."""
    return None if c is None and d is None else _plus(_plus(0.0, c, current, j, i), d, field, j, i)


@overload(_drive)
def _drive_overload(c, current, d, field, j, i):
    if isinstance(c, types.NoneType) and isinstance(d, types.NoneType):
        return lambda c, current, d, field, j, i: None
    return lambda c, current, d, field, j, i: _plus(_plus(0.0, c, current, j, i), d, field, j, i)


def _plus_far(rest, far, s, j, axis, i):
    """rest + a polynomial of second degree in s, with far None (absent) or an array."""
    return rest if far is None else rest + (
        far[j, ZERO, axis, i] + s * (far[j, ONE, axis, i] + s * far[j, U(2), axis, i]))


@overload(_plus_far)
def _plus_far_overload(rest, far, s, j, axis, i):
    if isinstance(far, types.NoneType):
        return lambda rest, far, s, j, axis, i: rest
    return lambda rest, far, s, j, axis, i: (
        rest + (far[j, ZERO, axis, i] + s * (far[j, ONE, axis, i] + s * far[j, U(2), axis, i])))


def _plus_turned(rest, turn, row, x, y, z, j, i):
    """rest + a row of a matrix times (x, y, z), with the matrix None (absent) or an array."""
    return rest if turn is None else rest + (turn[row, 0, j, i] * x + turn[row, 1, j, i] * y + turn[row, 2, j, i] * z)


@overload(_plus_turned)
def _plus_turned_overload(rest, turn, row, x, y, z, j, i):
    if isinstance(turn, types.NoneType):
        return lambda rest, turn, row, x, y, z, j, i: rest
    return lambda rest, turn, row, x, y, z, j, i: (
        rest + (turn[row, ZERO, j, i] * x + turn[row, ONE, j, i] * y + turn[row, U(2), j, i] * z))


# ------------------------------------------------------------------ the physics, one cell

@njit(forceinline=True, **_INNER)
def _signals(drive, k, since):
    """Row k of an array of drives."""
    return Signals(drive[k, 0], drive[k, 1], drive[k, 2], drive[k, 3], drive[k, 4], drive[k, 5], drive[k, 6],
                   drive[k, 7], drive[k, 8], drive[k, 9], since)


@njit(forceinline=True, **_INNER)
def _torque(m, n, south, centre, north, layer, i, j, column, c, signals):
    """∂t m of cell i in row `centre` of a layer of state n; (j, column) is its place in the coefficient arrays."""
    ax, ay, az = U(3) * layer, U(3) * layer + ONE, U(3) * layer + U(2)
    x, y, z = m[n, centre, ax, i], m[n, centre, ay, i], m[n, centre, az, i]
    xe, ye, ze = m[n, centre, ax, i + ONE], m[n, centre, ay, i + ONE], m[n, centre, az, i + ONE]
    xw, yw, zw = m[n, centre, ax, i - ONE], m[n, centre, ay, i - ONE], m[n, centre, az, i - ONE]
    xn, yn, zn = m[n, north, ax, i], m[n, north, ay, i], m[n, north, az, i]
    xs, ys, zs = m[n, south, ax, i], m[n, south, ay, i], m[n, south, az, i]

    # F = −δ(energy density)/δm, without what is parallel to m
    fx = _plus(0.0, c.exchange, (xe + xw) + (xn + xs), j, column)
    fy = _plus(0.0, c.exchange, (ye + yw) + (yn + ys), j, column)
    fz = _plus(0.0, c.exchange, (ze + zw) + (zn + zs), j, column)
    fx = _plus(_plus(fx, c.exchange_e, xe, j, column), c.exchange_w, xw, j, column)
    fy = _plus(_plus(fy, c.exchange_e, ye, j, column), c.exchange_w, yw, j, column)
    fz = _plus(_plus(fz, c.exchange_e, ze, j, column), c.exchange_w, zw, j, column)
    fx = _plus(_plus(fx, c.exchange_n, xn, j, column), c.exchange_s, xs, j, column)
    fy = _plus(_plus(fy, c.exchange_n, yn, j, column), c.exchange_s, ys, j, column)
    fz = _plus(_plus(fz, c.exchange_n, zn, j, column), c.exchange_s, zs, j, column)
    fx = _plus(fx, c.dmi, ze - zw, j, column)
    fy = _plus(fy, c.dmi, zn - zs, j, column)
    fz = _plus(fz, c.dmi, (xw - xe) + (ys - yn), j, column)
    fx = _plus(_plus(fx, c.dmi_e, ze, j, column), c.dmi_w, -zw, j, column)
    fz = _plus(_plus(fz, c.dmi_e, -xe, j, column), c.dmi_w, xw, j, column)
    fy = _plus(_plus(fy, c.dmi_n, zn, j, column), c.dmi_s, -zs, j, column)
    fz = _plus(_plus(fz, c.dmi_n, -yn, j, column), c.dmi_s, ys, j, column)
    fx = _plus(_plus(_plus(fx, c.bulk, zs - zn, j, column), c.bulk_n, -zn, j, column), c.bulk_s, zs, j, column)
    fy = _plus(_plus(_plus(fy, c.bulk, ze - zw, j, column), c.bulk_e, ze, j, column), c.bulk_w, -zw, j, column)
    fz = _plus(_plus(_plus(fz, c.bulk, yw - ye, j, column), c.bulk_e, -ye, j, column), c.bulk_w, yw, j, column)
    fz = _plus(_plus(_plus(fz, c.bulk, xn - xs, j, column), c.bulk_n, xn, j, column), c.bulk_s, -xs, j, column)
    fx = _plus(_plus(_plus(fx, c.k_xx, x, j, column), c.k_xy, y, j, column), c.k_xz, z, j, column)
    fy = _plus(_plus(_plus(fy, c.k_xy, x, j, column), c.k_yy, y, j, column), c.k_yz, z, j, column)
    fz = _plus(_plus(_plus(fz, c.k_xz, x, j, column), c.k_yz, y, j, column), c.k_zz, z, j, column)
    fx = _plus(_plus(fx, c.b_x, 1.0, j, column), c.b, signals.B_x, j, column)
    fy = _plus(_plus(fy, c.b_y, 1.0, j, column), c.b, signals.B_y, j, column)
    fz = _plus(_plus(fz, c.b_z, 1.0, j, column), c.b, signals.B_z, j, column)
    if c.exchange_z is not None:
        below = U(3) * layer - U(3) if layer > ZERO else ax
        above = ax + U(3) if ax + U(3) < U(m.shape[2]) else ax      # a film's surface: the spin itself, which drops out
        fx = _plus(fx, c.exchange_z, m[n, centre, below, i] + m[n, centre, above, i], j, column)
        fy = _plus(fy, c.exchange_z, m[n, centre, below + ONE, i] + m[n, centre, above + ONE, i], j, column)
        fz = _plus(fz, c.exchange_z, m[n, centre, below + U(2), i] + m[n, centre, above + U(2), i], j, column)
    fx = _plus_far(fx, c.far, signals.since, j, ax, column)
    fy = _plus_far(fy, c.far, signals.since, j, ay, column)
    fz = _plus_far(fz, c.far, signals.since, j, az, column)
    fx, fy, fz = _times(c.scale, fx, j, column), _times(c.scale, fy, j, column), _times(c.scale, fz, j, column)

    # P and Q
    p_x = _drive(c.p_current_x, signals.j_x, c.p_field_x, signals.E_x, j, column)
    q_x = _drive(c.q_current_x, signals.j_x, c.q_field_x, signals.E_x, j, column)
    p_y = _drive(c.p_current_y, signals.j_y, c.p_field_y, signals.E_y, j, column)
    q_y = _drive(c.q_current_y, signals.j_y, c.q_field_y, signals.E_y, j, column)
    x_x, x_y = (_plus_turned(xe - xw, c.turn_x, ZERO, x, y, z, j, column),             # differences of m along x and y
                _plus_turned(xn - xs, c.turn_y, ZERO, x, y, z, j, column))
    y_x, y_y = (_plus_turned(ye - yw, c.turn_x, ONE, x, y, z, j, column),
                _plus_turned(yn - ys, c.turn_y, ONE, x, y, z, j, column))
    z_x, z_y = (_plus_turned(ze - zw, c.turn_x, U(2), x, y, z, j, column),
                _plus_turned(zn - zs, c.turn_y, U(2), x, y, z, j, column))
    qx = _plus(_plus(_times(c.alpha, fx, j, column), q_x, x_x, j, column), q_y, x_y, j, column)
    qy = _plus(_plus(_times(c.alpha, fy, j, column), q_x, y_x, j, column), q_y, y_y, j, column)
    qz = _plus(_plus(_times(c.alpha, fz, j, column), q_x, z_x, j, column), q_y, z_y, j, column)
    px = _plus(_plus(fx, p_x, x_x, j, column), p_y, x_y, j, column)
    py = _plus(_plus(fy, p_x, y_x, j, column), p_y, y_y, j, column)
    pz = _plus(_plus(fz, p_x, z_x, j, column), p_y, z_y, j, column)
    px, qx = _plus(px, c.p_spin, signals.s_x, j, column), _plus(qx, c.q_spin, signals.s_x, j, column)
    py, qy = _plus(py, c.p_spin, signals.s_y, j, column), _plus(qy, c.q_spin, signals.s_y, j, column)
    pz, qz = _plus(pz, c.p_spin, signals.s_z, j, column), _plus(qz, c.q_spin, signals.s_z, j, column)

    # −m × (P + m × Q)
    ux, uy, uz = px + (y * qz - z * qy), py + (z * qx - x * qz), pz + (x * qy - y * qx)
    return z * uy - y * uz, x * uz - z * ux, y * ux - x * uy


# ------------------------------------------------------------------ the stages, one row each

@njit(**_INNER)
def _stage_row(m, n, south, centre, north, lo, hi, j, shift, c, signals, a):
    """State n + 1 = state 0 + a f(state n)."""
    n, south, centre, north, j, shift = U(n), U(south), U(centre), U(north), U(j), U(shift)
    for layer in range(U(m.shape[2]) // U(3)):
        ax, ay, az = U(3) * layer, U(3) * layer + ONE, U(3) * layer + U(2)
        for i in range(U(lo), U(hi)):
            kx, ky, kz = _torque(m, n, south, centre, north, layer, i, j, i + shift, c, signals)
            m[n + ONE, centre, ax, i] = m[ZERO, centre, ax, i] + a * kx
            m[n + ONE, centre, ay, i] = m[ZERO, centre, ay, i] + a * ky
            m[n + ONE, centre, az, i] = m[ZERO, centre, az, i] + a * kz


@njit(forceinline=True, **_INNER)
def _sum_of_stages(m, centre, axis, i):
    stages = (m[U(1), centre, axis, i] + 2 * m[U(2), centre, axis, i] + m[U(3), centre, axis, i]
              - 4 * m[ZERO, centre, axis, i])
    return stages * THIRD + m[U(4), centre, axis, i]


@njit(**_INNER)
def _last_row(m, centre, lo, hi, out, row, start, drift):
    """out[row], from column start on, = s/|s|, s = (state 1 + 2 state 2 + state 3 − 4 state 0)/3 + state 4; drift =
    (|s|² − 1)², one row a layer; both zero where s is.

    This s is state 0 + h/6 (k₁ + 2k₂ + 2k₃ + k₄), written with the stages, so that no sum of slopes need be kept.
    |s|² = 1 + e with e of the order of the step's error; DRIFT_LIMIT keeps |e| below 0.01, where the series for
    1/√(1 + e) is good to 1e-12 (1e-16 for 1e-3).
    """
    centre, row, offset = U(centre), U(row), U(start) - U(lo)
    for layer in range(U(m.shape[2]) // U(3)):
        ax, ay, az = U(3) * layer, U(3) * layer + ONE, U(3) * layer + U(2)
        for i in range(U(lo), U(hi)):
            x, y = _sum_of_stages(m, centre, ax, i), _sum_of_stages(m, centre, ay, i)
            z = _sum_of_stages(m, centre, az, i)
            e = x * x + y * y + z * z - 1.0
            norm = 1 + e * (-1 / 2 + e * (3 / 8 + e * (-5 / 16 + e * (35 / 128 - e * (63 / 256)))))     # 1/√(1 + e)
            out[row, ax, i + offset], out[row, ay, i + offset], out[row, az, i + offset] = norm * x, norm * y, norm * z
            drift[layer, i] = 0.0 if e == -1.0 else e * e              # −1: vacuum


@njit(**_INNER)
def _slope_row(m, n, south, centre, north, lo, hi, j, shift, c, signals, b, error, out, row, start):
    """out[row], from column start on, = f(state n); error = |state 0 + b f(state n) − state 4|², one row a layer."""
    n, south, centre, north, j, shift, row = U(n), U(south), U(centre), U(north), U(j), U(shift), U(row)
    offset = U(start) - U(lo)
    for layer in range(U(m.shape[2]) // U(3)):
        ax, ay, az = U(3) * layer, U(3) * layer + ONE, U(3) * layer + U(2)
        for i in range(U(lo), U(hi)):
            kx, ky, kz = _torque(m, n, south, centre, north, layer, i, j, i + shift, c, signals)
            dx = m[ZERO, centre, ax, i] + b * kx - m[U(4), centre, ax, i]
            dy = m[ZERO, centre, ay, i] + b * ky - m[U(4), centre, ay, i]
            dz = m[ZERO, centre, az, i] + b * kz - m[U(4), centre, az, i]
            error[layer, i] = dx * dx + dy * dy + dz * dz
            out[row, ax, i + offset], out[row, ay, i + offset], out[row, az, i + offset] = kx, ky, kz


@njit(nogil=True, cache=True, fastmath={"reassoc", "nsz"})
def _sum(x, lo, hi):
    total = 0.0
    for i in range(U(lo), U(hi)):
        total += x[i]
    return total


@njit(nogil=True, cache=True, fastmath=True)
def _largest(x, lo, hi):
    """The largest of x[lo:hi] ≥ 0, none of them NaN: a state that holds one has been seen by its drift."""
    largest = 0.0
    for i in range(U(lo), U(hi)):
        largest = max(largest, x[i])
    return largest


# ------------------------------------------------------------------ edges

@njit(forceinline=True, **_INNER)
def _place(field, slope, row, a, source, m, slot, target, b):
    m[ZERO, slot, a, target] = field[row, a, source]
    if slope is not None:
        m[ONE, slot, a, target] = field[row, a, source] + b * slope[row, a, source]


@njit(**_INNER)
def _load(field, slope, row, m, slot, start, stop, nx, x0, b):
    """State 0 = cells start … stop − 1 of a row of the field, round the edge where they pass it.

    State 1 = state 0 + b slope, unless slope is None."""
    shift = PAD - x0
    inner = max(0, start)
    count, first, target = U(min(nx, stop) - inner), U(inner), U(inner + shift)
    slot, row = U(slot), U(row)
    for a in range(U(m.shape[2])):
        for i in range(start, 0):
            _place(field, slope, row, a, U(i % nx), m, slot, U(i + shift), b)
        for i in range(count):
            _place(field, slope, row, a, i + first, m, slot, i + target, b)
        for i in range(nx, stop):
            _place(field, slope, row, a, U(i % nx), m, slot, U(i + shift), b)


@njit(**_INNER)
def _store(m, slot, field, row, x0, x1):
    """Cells x0 … x1 − 1 of a row of the field = state 5."""
    slot, row, shift = U(slot), U(row), U(PAD)
    for a in range(U(m.shape[2])):
        for i in range(U(x1 - x0)):
            field[row, a, i + U(x0)] = m[U(5), slot, a, i + shift]


@njit(forceinline=True, **_INNER)
def _turned(m, n, slot, i, ghost, to, turns, t):
    """The spin at (slot, i), turned by a matrix, as a ghost at (ghost, to)."""
    for ax in range(0, m.shape[2], 3):
        x, y, z = m[n, slot, ax, i], m[n, slot, ax + 1, i], m[n, slot, ax + 2, i]
        m[n, ghost, ax, to] = turns[0, 0, t] * x + turns[0, 1, t] * y + turns[0, 2, t] * z
        m[n, ghost, ax + 1, to] = turns[1, 0, t] * x + turns[1, 1, t] * y + turns[1, 2, t] * z
        m[n, ghost, ax + 2, to] = turns[2, 0, t] * x + turns[2, 1, t] * y + turns[2, 2, t] * z


@njit(**_INNER)
def _ghosts(m, n, j, lo, hi, x0, nx, ny, open_x, open_y, edges):
    """Ghost cells of row j of state n, which holds cells lo … hi − 1, and the ghost row if it lies at an open edge."""
    slot, shift, row = j % ROWS, PAD - x0, j % ny
    if open_x and lo == 0:
        _turned(m, n, slot, shift, slot, shift - 1, edges.west, row)
    if open_x and hi == nx:
        _turned(m, n, slot, nx - 1 + shift, slot, nx + shift, edges.east, row)
    if open_y and ny > 1 and j == 0:                       # of a single row nobody asks for neighbours in y
        for i in range(lo + shift, hi + shift):
            _turned(m, n, slot, i, ROWS, i, edges.south, i + x0)
    if open_y and ny > 1 and j == ny - 1:
        for i in range(lo + shift, hi + shift):
            _turned(m, n, slot, i, ROWS + 1, i, edges.north, i + x0)


@njit(**_INNER)
def _neighbours(j, ny, open_y):
    """Slots of the rows south and north of row j."""
    south = ROWS if open_y and j == 0 else (j - 1) % ROWS
    north = ROWS + 1 if open_y and j == ny - 1 else (j + 1) % ROWS
    return south, north


@njit(**_INNER)
def _reach(start, stop, rim, n, is_open):
    """[start − rim, stop + rim), cut at an open edge."""
    return (max(0, start - rim), min(n, stop + rim)) if is_open else (start - rim, stop + rim)


# ------------------------------------------------------------------ a step on one tile

@njit(**_INNER)
def _tile(tile, old, old_slope, new, new_slope, use_slope, pair, h, since, drive, c, edges, rings, shape, is_open,
          drift, error):
    """One Runge–Kutta step of the classical fourth order on a tile.

    old, new (ny, 3 nz, pitch); with `pair` the slope at the new state is stored too, and h/6 |k₄ − k₅| per row and tile
    goes to `error`; with `use_slope` the first slope is taken from `old_slope`. drive (3, 10) holds `Signals`
    at the start, middle and end of the step; since is the time at its start from the origin of `far`.

    State 0 is the old one; states 1 … 4 are state 0 + h/2 k₁, + h/2 k₂, + h k₃, + h/6 k₄; state 5 is the new one, with
    the slope k₅.
    """
    x0, x1, y0, y1, number = tile[0], tile[1], tile[2], tile[3], tile[4]
    ny, nx = shape
    open_x, open_y = is_open
    extra = 1 if pair else 0
    shift = PAD - x0
    at_end = _signals(drive, 2, since + h)
    total_drift = 0.0
    worst_error = 0.0
    states = rings.states
    first, last = _reach(y0, y1, 4 + extra, ny, open_y)
    for r in range(first, y1 + 5 + extra):
        for stage in range(5 + extra):
            j = r - stage                              # stage 0 reads row r, stages 1 … 4 follow, 5 compares slopes
            rim = 4 - stage + extra
            bottom, top = _reach(y0, y1, rim, ny, open_y)
            if j < bottom or j >= top:
                continue
            lo, hi = _reach(x0, x1, rim, nx, open_x)
            begin = lo + shift
            end = begin + (hi - lo + CHUNK - 1) // CHUNK * CHUNK
            south, north = _neighbours(j, ny, open_y)
            centre, row = j % ROWS, j % ny
            if stage == 0:
                if use_slope:
                    _load(old, old_slope, row, states, centre, lo, hi, nx, x0, h / 2)
                else:
                    _load(old, None, row, states, centre, lo, hi, nx, x0, h / 2)
            elif stage == 1 and use_slope:
                pass                                            # done with stage 0
            elif stage <= 4:
                k = stage // 2
                now = _signals(drive, k, since + k * h / 2)
                a = h / 6 if stage == 4 else h if stage == 3 else h / 2
                _stage_row(states, stage - 1, south, centre, north, begin, end, row, x0, c, now, a)
                if stage == 4:
                    if pair:                                    # stage 5 wants its neighbours
                        _last_row(states, centre, begin, end, states[5], centre, begin, rings.scratch)
                    else:
                        _last_row(states, centre, begin, end, new, j, x0, rings.scratch)
                    if y0 <= j < y1:
                        for layer in range(len(rings.scratch)):
                            total_drift += _sum(rings.scratch[layer], PAD, x1 + shift)
                        if pair:
                            _store(states, centre, new, j, x0, x1)
            else:
                _slope_row(states, 5, south, centre, north, begin, end, row, x0, c, at_end, h / 6, rings.scratch,
                           new_slope, j, x0)
                for layer in range(len(rings.scratch)):
                    worst_error = max(worst_error, _largest(rings.scratch[layer], PAD, x1 + shift))
            if stage < 4 + extra:
                _ghosts(states, stage if stage < 4 else 5, j, lo, hi, x0, nx, ny, open_x, open_y, edges)
    drift[number] = total_drift
    error[number] = np.sqrt(worst_error)


# ------------------------------------------------------------------ many steps

@njit(**_FAST)
def _next_step(clock, pair):
    """Length of the next step: H, or less so that the last step ends on T_END; 0 when T_END is reached."""
    if not pair:
        return clock[H]
    left = clock[T_END] - clock[T]
    if left <= 0:
        return 0.0
    if left <= clock[H] * (1 + 1e-9):
        return left
    return left / 2 if left < 2 * clock[H] else clock[H]


@njit(**_INNER)
def _accept(clock, counts, tolerance, step, drift, error):
    """Whether the run goes on after a step; accepts the step or, in adaptive stepping, shortens it."""
    sound = _sum(drift, 0, len(drift)) < DRIFT_LIMIT           # false for NaN
    if tolerance == 0:
        if sound:
            clock[T] += step
            counts[PARITY] = 1 - counts[PARITY]
            counts[HAS_SLOPE] = 0
            counts[ACCEPTED] += 1
        return sound
    worst = max(_largest(error, 0, len(error)), 1e-4 * tolerance)
    if sound and worst <= tolerance:
        left = clock[T_END] - clock[T]
        clock[T] = clock[T_END] if step >= left else clock[T] + step
        counts[PARITY] = 1 - counts[PARITY]
        counts[HAS_SLOPE] = 1
        counts[ACCEPTED] += 1
        factor = 0.9 * (tolerance / worst) ** 0.175 * (clock[LAST_ERROR] / tolerance) ** 0.1
        proposal = min(clock[H_MAX], step * min(4.0, max(0.5, factor)))
        clock[H] = max(clock[H], proposal) if step < clock[H] else proposal
        clock[LAST_ERROR] = worst
        return True
    counts[REJECTED] += 1
    clock[H] = step * (max(0.2, 0.9 * (tolerance / worst) ** 0.25) if sound else 0.2)
    return clock[H] > 1e-9 * clock[H_MAX]


def _advance(fields, slopes, clock, counts, tolerance, attempts, drive, c, edges, rings, tiles, shape, is_open, drift,
             error):
    """At most `attempts` steps; False if one failed, and then `fields` still holds the last good state.

    fields, slopes (2, ny, 3 nz, pitch) (slopes may be smaller for tolerance 0, fixed steps); drive (n, 3, 10), n = 1
    for a constant drive, else one entry an attempt; drift, error (tiles,). Compiled for one thread and for several,
    among which the tiles are shared out; the result is the same to the last bit.
    """
    pair = tolerance > 0
    workers = len(rings.states)
    for attempt in range(attempts):
        h = _next_step(clock, pair)
        if h == 0:
            break
        old, share = counts[PARITY], counts[PARITY] if pair else 0
        for worker in prange(workers):
            mine = Rings(rings.states[worker], rings.scratch[worker])
            for tile in tiles[worker * len(tiles) // workers:(worker + 1) * len(tiles) // workers]:
                _tile(tile, fields[old], slopes[share], fields[1 - old], slopes[1 - share],
                      pair and counts[HAS_SLOPE] == 1, pair, h, clock[T] - clock[ORIGIN], drive[attempt % len(drive)],
                      c, edges, mine, shape, is_open, drift, error)
        if not _accept(clock, counts, tolerance, h, drift, error):
            return False
    return True


def _named(name):
    """`_advance` under a name of its own, by which numba's cache knows it."""
    function = FunctionType(_advance.__code__, globals(), name)
    function.__qualname__ = name
    return function


_advance_serial = njit(**_FAST)(_named("_advance_serial"))
_advance_parallel = njit(parallel=True, **_FAST)(_named("_advance_parallel"))


@njit(**_FAST)
def _slope(field, out, drive, c, edges, rings, tiles, shape, is_open):
    """out = ∂t m for `field`, both (ny, 3 nz, pitch), under drive (1, `Signals`), with `far` at its origin."""
    ny, nx = shape
    open_x, open_y = is_open
    states = rings.states[0]
    now = _signals(drive, 0, 0.0)
    for number in range(len(tiles)):
        x0, x1, y0, y1 = tiles[number, 0], tiles[number, 1], tiles[number, 2], tiles[number, 3]
        first, last = _reach(y0, y1, 1, ny, open_y)
        lo, hi = _reach(x0, x1, 1, nx, open_x)
        end = PAD + (x1 - x0 + CHUNK - 1) // CHUNK * CHUNK
        for r in range(first, y1 + 1):
            if r < last:
                _load(field, None, r % ny, states, r % ROWS, lo, hi, nx, x0, 0.0)
                _ghosts(states, 0, r, lo, hi, x0, nx, ny, open_x, open_y, edges)
            j = r - 1
            if y0 <= j < y1:
                south, north = _neighbours(j, ny, open_y)
                _slope_row(states, 0, south, j % ROWS, north, PAD, end, j, x0, c, now, 0.0, rings.scratch[0], out, j,
                           x0)
