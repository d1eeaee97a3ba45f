"""The demagnetising field: its transforms, its tensor's digits,
and what evaluating it less often saves (one thread, processor time).

    python benchmarks/bench_demag.py [transforms] [digits] [stages] [memory] [problem5]
"""

import sys
import time

import numpy as np
from scipy.constants import mu_0

from torquelib import llg
from torquelib.llg import demag
from torquelib.torques import adiabatic_velocity


def least(call, repeats=8):
    """Least processor time of a call in ms."""
    call()
    times = []
    for _ in range(repeats):
        start = time.thread_time()
        call()
        times.append(time.thread_time() - start)
    return 1e3 * min(times)


def transforms(films=(128, 256, 512)):
    """One field of a film, padded, rows of zeros left out: ducc0 as the engine uses it, scipy.fft,
    pyfftw where installed"""
    import scipy.fft
    for n in films:
        convolution = demag.Convolution((n, n, 1), (2e-9, 2e-9, 1e-9), (None, None))
        m = np.random.default_rng(0).normal(size=(3, n, n))
        height, length = convolution.padded[1], convolution.padded[0]

        def by_scipy(m=m, n=n, length=length, height=height, spectrum=convolution.spectrum):
            wave = np.zeros((3, height, length//2 + 1), dtype=complex)
            wave[:, :n] = scipy.fft.rfft(m, length, axis=2)
            wave = scipy.fft.fft(wave, axis=1, overwrite_x=True)
            demag._multiply(wave, spectrum)
            wave = scipy.fft.ifft(wave, axis=1, overwrite_x=True, norm="forward")
            return scipy.fft.irfft(wave[:, :n], length, axis=2, norm="forward")[:, :, :n]
        assert np.allclose(by_scipy(), convolution.field(m, 1.0), rtol=0, atol=1e-18)
        line = f"{n}²: ducc0 {least(lambda: convolution.field(m, 1.0)):.2f} ms, scipy.fft {least(by_scipy):.2f} ms"
        try:
            import pyfftw
        except ImportError:
            print(line + "; pyfftw is not installed")
            continue
        real = pyfftw.zeros_aligned((3, n, length))
        wave = pyfftw.zeros_aligned((3, height, length//2 + 1), dtype=complex)
        start = time.perf_counter()
        plans = [pyfftw.FFTW(real, wave[:, :n], axes=(2,)), pyfftw.FFTW(wave, wave, axes=(1,)),
                 pyfftw.FFTW(wave, wave, axes=(1,), direction="FFTW_BACKWARD"),
                 pyfftw.FFTW(wave[:, :n], real, axes=(2,), direction="FFTW_BACKWARD")]
        planning = time.perf_counter() - start

        def by_fftw(m=m, n=n, real=real, wave=wave, plans=plans, spectrum=convolution.spectrum):
            real[:, :, :n], real[:, :, n:] = m, 0
            wave[:, n:] = 0
            plans[0].execute()
            plans[1].execute()
            demag._multiply(wave, spectrum)
            plans[2].execute()
            plans[3].execute()
        print(f"{line}, pyfftw {least(by_fftw):.2f} ms after {planning:.1f} s of planning")


def digits():
    """N_zz of cells 2 × 2 × 1 at (r, 0, 0): relative error of Newell's form in float64 and of the form taken,
    against 60 digits (mpmath)"""
    from mpmath import mp
    mp.dps = 60

    def f(x, y, z):
        r = mp.sqrt(x*x + y*y + z*z)
        first = y/2 * (z*z - x*x) * mp.asinh(y/mp.sqrt(x*x + z*z)) if y and (x or z) else 0
        second = z/2 * (y*y - x*x) * mp.asinh(z/mp.sqrt(x*x + y*y)) if z and (x or y) else 0
        third = x*y*z * mp.atan(y*z/(x*r)) if x else 0
        return first + second - third + (2*x*x - y*y - z*z)*r/6
    size, c = (mp.mpf(2), mp.mpf(2), mp.mpf(1)), {-1: 1, 0: -2, 1: 1}
    for r in (1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 50, 100, 200, 400):
        exact = -sum(c[i]*c[j]*c[k] * f(k*size[2], j*size[1], (r + i)*size[0]) for i in c for j in c for k in c)
        exact /= 4*mp.pi * mp.mpf(4)
        ours, plain = (form((2, 2, 1), (r + 1, 1, 1))[3, 0, 0, r] for form in (demag.tensor, demag.newell))
        print(f"r = {r:3d} cells: N_zz = {float(exact):.3e}, Newell {float(abs(plain/exact - 1)):.1e}, taken "
              f"{float(abs(ours/exact - 1)):.1e}")


def film(n=256, field=True):
    """A vortex in a square film (cells of 2 × 2 × 5 nm³) at rest; a current of 10¹² A/m² starts at t = 0."""
    mesh = llg.Mesh((n, n), (2e-9, 2e-9, 5e-9))
    terms = [llg.Exchange(1.3e-11), *([llg.Demagnetization()] if field else [])]
    return llg.Problem(mesh, llg.Material(8e5, 0.02), terms, [llg.SpinCurrent(-1e12, beta=0.04)])


def vortex(x, y):
    m = np.stack([-y, x, np.full_like(x, 10e-9)], -1)
    return m / np.linalg.norm(m, axis=-1, keepdims=True)


def in_each_stage(problem, m, until, dt):
    """The classical Runge–Kutta method with the engine's torque, the field evaluated in every stage: m and steps."""
    simulation = llg.Simulation(problem, m, threads=1)
    steps = int(np.ceil(until/dt))
    h = until/steps

    def slope(m):
        simulation.m = m / np.linalg.norm(m, axis=-1, keepdims=True)
        return simulation.torque()
    m = simulation.m
    for _ in range(steps):
        a = slope(m)
        b = slope(m + h/2*a)
        c = slope(m + h/2*b)
        d = slope(m + h*c)
        m = m + h/6*(a + 2*b + 2*c + d)
        m /= np.linalg.norm(m, axis=-1, keepdims=True)
    return m, steps


def stages(n=256, until=30e-12, tolerances=(1e-4, 1e-5, 1e-6, 1e-7, 1e-8)):
    """Time to a given error of the trajectory: the field in each stage of a step, or once for several steps

    Returns the state at the start, that in the end, and {way: [(error in rad, seconds)]}."""
    problem = film(n)
    start = llg.Simulation(problem, vortex, threads=1).relax(1e-5).m
    reference, _ = in_each_stage(problem, start, until, 0.1e-12)
    bare, simulation = llg.Simulation(film(n, field=False), start, threads=1), llg.Simulation(problem, start, threads=1)
    step = least(lambda: bare.run(bare.t + 2e-12, dt=1e-13), 4) / 20
    field = least(lambda: simulation._history.field(simulation._fields[0]))
    each = step + 4*field
    print(f"{n}², {until*1e12:.0f} ps; a step without the field {step:.2f} ms, a field {field:.2f} ms, "
          f"so that a step with a field in each stage takes {each:.1f} ms")

    rows = {"torquelib": [], "field in each stage": []}

    def show(row, name, m, fields, steps, seconds):
        error = np.linalg.norm(m - reference, axis=-1)
        rows[row].append((error.max(), seconds))
        print(f"{name}: {fields} fields, {steps} steps, error {error.max():.1e} rad at most, "
              f"{np.sqrt(np.mean(error**2)):.1e} rms, {seconds:.2f} s")
    for share in (0.98, 0.6):
        m, steps = in_each_stage(problem, start, until, share * problem.stability_limit())
        show("field in each stage", f"each stage, {share} of the stability limit", m, 4*steps, steps, steps*each/1e3)
    for tolerance in tolerances:
        simulation = llg.Simulation(problem, start, threads=1)
        begin = time.thread_time()
        simulation.run(until, tolerance=tolerance)
        seconds = time.thread_time() - begin
        show("torquelib", f"once for several, tolerance {tolerance:.0e}", simulation.m,
             simulation._history.evaluations, simulation.steps, seconds)
    return start, reference, rows


def memory(n=1024):
    """Bytes of what a film of n² holds, by name"""
    simulation = llg.Simulation(film(n), vortex, threads=1)
    simulation.run(0.5e-12)
    history = simulation._history
    convolution = history._convolution
    sizes = {"two states": simulation._fields, "two slopes": simulation._slopes,
             "three fields": [field for _, field in history.points],
             "the state to go back to": history._start, "the parabola's coefficients": history.far,
             "the tensor's transform": convolution.spectrum, "the padded rows": convolution._real,
             "their transform": convolution._wave}
    sizes = {name: np.asarray(held).nbytes / 1e6 for name, held in sizes.items()}
    sizes["together"] = sum(sizes.values())
    print(", ".join(f"{name} {size:.0f} MB" for name, size in sizes.items()))


def problem5(films=((32, 1, (0.05,)), (50, 1, (0.05,)), (32, 4, (0.0, 0.05, 0.1, 0.5))), moments=(1e-9, 14e-9)):
    """Standard problem 5: means at 1 ns, core at rest; published for ξ = 0.05: -0.23480, -0.09454, 0.02296, and -1.2,
    -14.7"""
    for n, layers, xis in films:
        mesh, start = llg.Mesh((n, n), (100e-9/n, 100e-9/n, 10e-9/layers), layers=layers), vortex
        for xi in xis:
            j_s = 72.35 / (1 + xi**2) / adiabatic_velocity(j_s=1.0, Ms=8e5)
            terms, drive = [llg.Exchange(1.3e-11), llg.Demagnetization()], [llg.SpinCurrent(j_s, beta=xi)]
            problem = llg.Problem(mesh, llg.Material(8e5, 0.1, 2.211e5 / mu_0), terms, drive)
            start = llg.Simulation(problem, start, threads=1).relax(1e-5).m
            record = llg.Simulation(problem, start, threads=1).run(
                moments[-1], times=moments, observe={"m": llg.average, "core": llg.vortex_position})
            (x, y, z), (X, Y) = record.m[0], 1e9*record.core[-1]
            print(f"{n} × {n} × {layers}, ξ = {xi}: ⟨m⟩ = ({x:.5f}, {y:.5f}, {z:.5f}), core ({X:.2f}, {Y:.2f}) nm")


TABLES = {"transforms": transforms, "digits": digits, "stages": stages, "memory": memory, "problem5": problem5}

if __name__ == "__main__":
    for name in sys.argv[1:] or TABLES:
        print(f"--- {name}: {TABLES[name].__doc__}")
        TABLES[name]()
        print()
