"""What is written for other solvers is read back here and evaluated by the formulas of their sources, with their
constants; the torque must be the engine's. Where OOMMF or ubermag are installed they run what was written for them."""

import re
import shutil
import subprocess
from functools import partial

import numpy as np
import pytest
from scipy.constants import mu_0

from torquelib import llg
from torquelib.torques import adiabatic_velocity

ONE = adiabatic_velocity(j_s=1.0, Ms=8e5)                  # b in m/s for 1 A/m²


def problem(*, periodic=True, layers=1, current=(-60.0, 20.0), dmi=1e-3, demagnetised=False, **drive):
    mesh = llg.Mesh((9, 7), (2e-9, 3e-9, 1.5e-9), periodic, layers=layers)
    terms = [llg.Exchange(1.3e-11), llg.UniaxialAnisotropy(2e5, (1, 2, 3)), llg.UniaxialAnisotropy(-5e4, "y"),
             llg.Zeeman((0.1, -0.2, 0.3)), llg.InterfacialDMI(dmi)] + [llg.Demagnetization()] * demagnetised
    drives = [llg.SpinCurrent.from_drift_velocity(current, 8e5, **(drive or {"beta": 0.3, "beta_int": 0.2}))]
    return llg.Problem(mesh, llg.Material(8e5, 0.2, 1.7e11), terms, drives if any(current) else ())


def state(mesh, seed=0):
    m = np.random.default_rng(seed).normal(size=mesh.m_shape)
    return m / np.linalg.norm(m, axis=-1, keepdims=True)


# ------------------------------------------------------------------ mumax³, from its .cu files

def gilbert(m, B, alpha, gamma):
    mB = np.cross(m, B)
    return -gamma / (1 + alpha**2) * (mB + alpha*np.cross(m, mB))


def neighbours(m, axis, periodic):
    """Behind and ahead along an axis of m (layers, ny, nx, 3); at an open edge the cell itself (lclamp, hclamp)."""
    n = m.shape[axis]
    behind, ahead = np.arange(n) - 1, np.arange(n) + 1
    if periodic:
        return m.take(behind % n, axis), m.take(ahead % n, axis)
    return m.take(behind.clip(0), axis), m.take(ahead.clip(None, n - 1), axis)


def numbers(text):
    return [float(x) for x in re.findall(r"[-+]?[\d.]+(?:e[-+]?\d+)?", text)]


def mumax_torque(script, folder):
    """∂t m of a script, in the order of its cells, by exchange.cu, dmi.cu, uniaxialanisotropy2.cu, customfield.go,
    zhangli2.cu and lltorque2.cu."""
    values, fields, constants = {"SetPBC": "0, 0, 0"}, [], {}
    for line in script.splitlines():
        if line.startswith("//") or not line:
            continue
        if call := re.fullmatch(r"(\w[\w.]*)\((.*)\)", line):
            values[call[1]] = call[2]
        elif make := re.fullmatch(r"(\w+) := ConstVector\((.*)\)", line):
            constants[make[1]] = np.array(numbers(make[2]))
        elif make := re.fullmatch(r"\w+ := Mul\(Const\((.*)\), Mul\(Dot\((\w+), m\), (\w+)\)\)", line):
            assert make[2] == make[3]
            fields.append((float(make[1]), constants[make[2]]))
        else:
            name, value = line.split(" = ")
            values[name] = value.removeprefix("vector(").rstrip(")")
    number = lambda name, missing=0.0: float(values.get(name, missing))
    vector = lambda name: np.array(numbers(values.get(name, "0, 0, 0")))
    mesh, m = llg.read_ovf(folder / values["m.LoadFile"].strip('"'))
    m = m.reshape(mesh.layers, mesh.ny, mesh.nx, 3)
    sizes, wrap = vector("SetCellSize"), vector("SetPBC")
    assert [mesh.nx, mesh.ny, mesh.layers] == numbers(values["SetGridSize"])
    Ms, A, D, alpha, xi = (number(name) for name in ("Msat", "Aex", "Dind", "alpha", "xi"))
    B = np.zeros_like(m) + vector("B_ext")
    for axis, size, periodic in ((2, sizes[0], wrap[0]), (1, sizes[1], wrap[1]), (0, sizes[2], wrap[2])):
        behind, ahead = neighbours(m, axis, periodic)
        B += 2*A/Ms/size**2 * (behind + ahead - 2*m)
        if axis and D:
            a = 2 - axis
            B[..., a] += D/Ms/size * (ahead - behind)[..., 2]
            B[..., 2] -= D/Ms/size * (ahead - behind)[..., a]
    u = vector("AnisU") / np.linalg.norm(vector("AnisU"))
    B += 2*number("Ku1")/Ms * (m @ u)[..., None] * u
    for factor, axis in fields:
        B += factor * (m @ axis)[..., None] * axis
    torque = gilbert(m, B, alpha, 1.0)
    MUB, QE, GAMMA0 = 9.2740091523e-24, 1.60217646e-19, 1.7595e11            # constants.h
    b = MUB / (2*QE*GAMMA0) / Ms / (1 + xi*xi)
    h = 0
    for axis, size, periodic, J in ((2, sizes[0], wrap[0], vector("J")[0]), (1, sizes[1], wrap[1], vector("J")[1])):
        behind, ahead = neighbours(m, axis, periodic)
        h = h + b/size * J * number("Pol", 1.0) * (ahead - behind)
    torque += -1/(1 + alpha**2) * ((1 + xi*alpha) * np.cross(m, np.cross(m, h)) + (xi - alpha) * np.cross(m, h))
    return number("GammaLL") * torque


@pytest.mark.parametrize("case", [{}, {"layers": 3}, {"periodic": False, "dmi": 0.0}, {"current": (0.0, 0.0)}])
def test_mumax3_script(tmp_path, case):
    """With DMI in a periodic film: at an open edge mumax³ turns the missing neighbour to first order in the cell, and
    the engine by an angle."""
    p = problem(**case)
    m = state(p.mesh)
    llg.write_mumax3(tmp_path / "film.mx3", p, m, until=1e-9)
    found = mumax_torque((tmp_path / "film.mx3").read_text(encoding="utf-8"), tmp_path)
    expected = llg.torque(p, m)
    np.testing.assert_allclose(found.reshape(m.shape), expected, rtol=0, atol=1e-12 * np.abs(expected).max())
    assert f"TableAutoSave({1e-9 / 100!r})\n" in (tmp_path / "film.mx3").read_text(encoding="utf-8")


def test_mumax3_divides_by_one_plus_beta_squared(tmp_path):
    p = problem(current=(-50.0, 0.0), beta=0.3, beta_int=0.7)
    llg.write_mumax3(tmp_path / "a.mx3", p, (0, 0, 1), until=2e-9, samples=4)
    script = (tmp_path / "a.mx3").read_text(encoding="utf-8")
    J = numbers(re.search(r"J = vector\((.*)\)", script)[1])
    assert "Ku1 = 200000.0\n" in script                     # the first is mumax³'s own
    assert "xi = 1.0\n" in script and "EnableDemag = false\n" in script
    assert "TableAutoSave(5e-10)\nRun(2e-09)\n" in script
    assert J[0] == pytest.approx(2 * 50/ONE * 1.7595e11/1.7e11, rel=1e-6) and J[1:] == [0, 0]


def test_demagnetising_field_is_named(tmp_path):
    p = problem(demagnetised=True, periodic=False, current=(-50.0, 0.0))
    llg.write_mumax3(tmp_path / "a.mx3", p, (0, 0, 1), until=1e-9)
    llg.write_oommf(tmp_path / "a.mif", p, (0, 0, 1), until=1e-9)
    assert "EnableDemag = true\n" in (tmp_path / "a.mx3").read_text(encoding="utf-8")
    assert "Specify Oxs_Demag:demag" in (tmp_path / "a.mif").read_text(encoding="utf-8")


# ------------------------------------------------------------------ OOMMF, from spintevolve.cc and its terms

def oommf_torque(mif, folder):
    """∂t m of a problem. Exchange, anisotropy and Zeeman field as in OOMMF's manual; DMI_Cnv_z.cc; the current as
    spintevolve.cc takes it, at an open edge by the difference to one side."""
    blocks = dict(re.findall(r"Specify (\w+(?::\w+)?) \{(.*?)\n?\}(?=\nSpecify|\nDestination)", mif, re.S))
    read = lambda block, name: numbers(re.search(rf"\b{name} \{{?([^}}\n]*?)[}}\n]", blocks[block] + "\n")[1])
    mesh, m = llg.read_ovf(folder / re.search(r"file \{(.*?)\}", blocks["Oxs_TimeDriver"])[1])
    m = m.reshape(mesh.layers, mesh.ny, mesh.nx, 3)
    kind = next(name for name in blocks if name.endswith("Rectangular" "Mesh:mesh"))
    sizes, periodic = read(kind, "cellsize"), re.search(r"periodic (\w+)", blocks[kind] + "")
    wrap = ["x" in periodic[1], "y" in periodic[1]] if periodic else [False, False]
    Ms, mu0 = read("Oxs_TimeDriver", "Ms")[0], 4e-7*np.pi
    H = np.zeros_like(m) + (read("Oxs_FixedZeeman:field", "vector") if "Oxs_FixedZeeman:field" in blocks else 0)
    for axis, size, periodic in ((2, sizes[0], wrap[0]), (1, sizes[1], wrap[1]), (0, sizes[2], False)):
        behind, ahead = neighbours(m, axis, periodic)
        H += 2*read("Oxs_UniformExchange:exchange", "A")[0]/mu0/Ms/size**2 * (behind + ahead - 2*m)
        if axis and "Oxs_DMI_Cnv_z:dmi" in blocks:          # ½ D wgt (ẑ × r_ij) × m_j for each neighbour, E = sum · m
            normal = np.cross((0, 0, 1), np.eye(3)[2 - axis])
            D = read("Oxs_DMI_Cnv_z:dmi", "default_D")[0]
            H += -D/(mu0*Ms*size) * np.cross(normal, ahead - behind)
    for name in blocks:
        if "Anisotropy" in name:
            axis = np.array(read(name, "axis"))
            axis /= np.linalg.norm(axis)
            H += 2*read(name, "K1")[0]/mu0/Ms * (m @ axis)[..., None] * axis
    evolver = next(name for name in blocks if name.endswith(":evolver"))
    gamma_G, alpha = read(evolver, "gamma_G")[0], read(evolver, "alpha")[0]
    torque = gilbert(m, H, alpha, gamma_G)
    if evolver.startswith("Anv"):
        u, beta = read(evolver, "u"), read(evolver, "beta")[0]
        assert evolver == {1: "Anv_SpinTEvolve:evolver", 3: "Anv_SpinTEvolve_3d:evolver"}[len(u)]
        u = (u + [0.0])[:2]
        scratch = 0
        for axis, size, velocity in ((2, sizes[0], u[0]), (1, sizes[1], u[1])):
            scratch = scratch + velocity * np.gradient(m, size, axis=axis)
        across = np.cross(m, scratch)
        torque += (1 + alpha*beta) / (1 + alpha**2) * np.cross(m, across) + (beta - alpha) / (1 + alpha**2) * across
    return torque


@pytest.mark.parametrize("case", [{"periodic": False, "current": (-60.0, 0.0)},
                                  {"layers": 3, "periodic": False}, {"current": (0.0, 0.0)},
                                  {"current": (0.0, 0.0), "periodic": (True, False)}])
def test_oommf_problem(tmp_path, case):
    """Compared where neither a one-sided difference nor a turned ghost spin of the DMI matters: off the open edges."""
    p = problem(**case)
    m = state(p.mesh)
    llg.write_oommf(tmp_path / "film.mif", p, m, until=1e-9)
    found = oommf_torque((tmp_path / "film.mif").read_text(encoding="utf-8"), tmp_path)
    expected = llg.torque(p, m).reshape(found.shape)
    inside = tuple(slice(None) if periodic else slice(1, -1) for periodic in reversed(p.mesh.periodic))
    np.testing.assert_allclose(found[:, *inside], expected[:, *inside], rtol=0, atol=1e-8 * np.abs(expected).max())
    box = re.findall(r"range \{(.*?)\}", (tmp_path / "film.mif").read_text(encoding="utf-8"))
    sides = np.diff([numbers(ends) for ends in box]).ravel()
    assert sides == pytest.approx([9 * 2e-9, 7 * 3e-9, p.mesh.layers * 1.5e-9], rel=1e-12, abs=0)


# ------------------------------------------------------------------ β of the field, and what is refused

def test_intrinsic_torque_beside_a_current_is_a_part_of_beta():
    """The field's torque written as β_int of the current, Eq. (20) in a Drude metal: the same torque in the engine."""
    b, n_s, J = 60.0, 2e28, 0.8
    own = llg.IntrinsicTorque((2e5, 1e5), n_s, J)
    p = problem().with_drive(llg.SpinCurrent((b/ONE, b/2/ONE), beta=0.05), own)
    u, beta = llg.zhang_li(p)
    np.testing.assert_allclose(u, (-b, -b/2), rtol=1e-12)
    assert beta == pytest.approx(0.05 + own.coefficient(8e5) * 2e5 / b, rel=1e-12)
    same = p.with_drive(llg.SpinCurrent.from_drift_velocity(tuple(u), 8e5, beta=beta))
    m = state(p.mesh)
    expected = llg.torque(p, m)
    np.testing.assert_allclose(llg.torque(same, m), expected, rtol=0, atol=1e-12 * np.abs(expected).max())


def test_no_drive_is_zero():
    u, beta = llg.zhang_li(problem(current=(0.0, 0.0)))
    assert u.tolist() == [0, 0] and beta == 0


VARYING = np.linspace(1, 2, 63).reshape(7, 9)
MESH = llg.Mesh((9, 7), 2e-9)
CURRENT = llg.SpinCurrent(1e12, 0.1)
WRITERS = (llg.write_mumax3, "a.mx3"), (llg.write_oommf, "a.mif")
REFUSED = [
    (lambda: llg.zhang_li(llg.Problem(MESH, llg.Material(8e5*VARYING, 0.1), [], [CURRENT])), "Ms must be the same"),
    (lambda: llg.zhang_li(llg.Problem(MESH, llg.Material(8e5, 0.1), [], [llg.SpinCurrent(1e12, VARYING)])),
     "beta must be the same"),
    (lambda: llg.zhang_li(llg.Problem(MESH, llg.Material(8e5, 0.1), [], [llg.SpinCurrent(lambda t: 1e12*t, 0.1)])),
     "drive must be constant"),
    (lambda: llg.zhang_li(llg.Problem(MESH, llg.Material(8e5, 0.1), [], [llg.IntrinsicTorque(1e5, 1e28, 0.8)])),
     "along a SpinCurrent"),
    (lambda: llg.zhang_li(llg.Problem(MESH, llg.Material(8e5, 0.1), [],
                                      [CURRENT, llg.IntrinsicTorque((0.0, 1e5), 1e28, 0.8)])), "along a SpinCurrent"),
    (lambda: llg.solver_inputs(llg.Problem(MESH, llg.Material(8e5, VARYING), [], [CURRENT])), "alpha must be the same"),
    (lambda: llg.write_mumax3("a.mx3", llg.Problem(MESH, llg.Material(8e5, 0.1), [llg.Exchange(VARYING)]), (0, 0, 1),
                              until=1e-9), "A must be the same"),
    (lambda: llg.write_mumax3("a.txt", problem(), (0, 0, 1), until=1e-9), "path must end in .mx3"),
    (lambda: llg.write_mumax3("a.mx3", problem(), (0, 0, 1), until=0.0), "until must"),
    (lambda: llg.write_oommf("a.mif", problem(), (0, 0, 2), until=1e-9), "m must"),
    *((partial(llg.write_oommf, "a.mif", problem(periodic=periodic, current=u), (0, 0, 1), until=1e-9),
       "periodic must be False in both directions beside a current")
      for periodic, u in ((True, (9.0, 0.0)), ((False, True), (9.0, 0.0)), ((True, False), (0.0, 9.0)))),
    (lambda: llg.write_oommf("a.mif", problem(current=(0.0, 0.0), demagnetised=True), (0, 0, 1), until=1e-9),
     "periodic must be False in one direction"),
    (lambda: llg.write_oommf("a{1}.mif", problem(periodic=False), (0, 0, 1), until=1e-9), "path must hold no braces"),
    (lambda: llg.write_mumax3('a".mx3', problem(), (0, 0, 1), until=1e-9), "path must hold no braces"),
    *((partial(write, name, llg.Problem(MESH, llg.Material(8e5, 0.1), [llg.Zeeman(lambda t: (0, 0, t))]), (0, 0, 1),
               until=1e-9), "B must be constant in time") for write, name in WRITERS),
    (lambda: llg.write_mumax3("a.mx3", llg.Problem(MESH, llg.Material(8e5, 0.1), [llg.InterfacialDMI(1e-3)]), (0, 0, 1),
                              until=1e-9), "terms must hold an Exchange beside the DMI"),
    (lambda: llg.write_mumax3("a.mx3", llg.Problem(llg.Mesh((9, 7), 2e-9, (True, False)), llg.Material(8e5, 0.1),
                                                   [llg.Demagnetization(repeats=0)]), (0, 0, 1), until=1e-9),
     "repeats must be 1 or more"),
]


@pytest.mark.parametrize("call, message", REFUSED, ids=lambda x: x if isinstance(x, str) else "")
def test_refused(tmp_path, monkeypatch, call, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=message):
        call()
    assert not list(tmp_path.iterdir())                    # nothing half written


# ------------------------------------------------------------------ the solvers themselves, where they are installed

def strip(u, *terms, periodic=False):
    """A wall in a film driven by a current, or at rest in the film's own field. (Both at once tell OOMMF's edges from
    the engine's: the field tilts the spins there, and the current's one-sided difference acts on it.)"""
    mesh = llg.Mesh((48, 4), (2e-9, 2e-9, 2e-9), periodic)
    terms = [llg.Exchange(1.3e-11), llg.UniaxialAnisotropy(2e5, "z"), llg.UniaxialAnisotropy(-5e4, "y"),
             llg.Zeeman((0, 0, 0.02)), *terms]
    drive = [llg.SpinCurrent.from_drift_velocity(u, 8e5, beta=0.2, beta_int=0.1)] if any(u) else []
    p = llg.Problem(mesh, llg.Material(8e5, 0.1), terms, drive)
    return p, llg.wall(p, tilt=0.3)


DRIVEN, ALONE = ((80.0, 0.0),), ((0.0, 0.0), llg.Demagnetization())


@pytest.mark.skipif(not shutil.which("oommf"), reason="OOMMF is not installed")
@pytest.mark.parametrize("case, periodic", [
    (DRIVEN, False), (((80.0, 30.0),), False), (ALONE, False), (((0.0, 0.0), llg.Demagnetization(1000)), (False, True)),
], ids=["along x", "along x and y", "no current", "no current, repeated"])
def test_oommf_runs_what_is_written(tmp_path, case, periodic):
    p, m = strip(*case, periodic=periodic)
    until = 0.1e-9
    llg.write_oommf(tmp_path / "a strip.mif", p, m, until=until, samples=4)
    done = subprocess.run(["oommf", "boxsi", "+fg", "a strip.mif", "-exitondone", "1"], cwd=tmp_path,
                          capture_output=True, text=True, timeout=300)
    ends = sorted(tmp_path.glob("a strip-Oxs_TimeDriver-Magnetization-*.omf"))
    assert ends, done.stdout + done.stderr
    _, M = llg.read_ovf(ends[-1])
    simulation = llg.Simulation(p, m)
    simulation.run(until, tolerance=1e-7)
    assert np.abs(M / 8e5 - simulation.m).max() < 3e-4
    assert np.abs(simulation.m - m).max() > 0.1


def test_ubermag_system():
    """Its cells, Hamiltonian and dynamics hold the numbers; oommfc, where it and OOMMF are there, gives the engine's
    end."""
    pytest.importorskip("micromagneticmodel")
    by_kind = lambda terms: {type(term).__name__: term for term in terms}
    p, m = strip((80.0, 0.0), llg.Demagnetization())
    system = llg.ubermag_system(p, m)
    dynamics = by_kind(system.dynamics)
    assert dynamics["ZhangLi"].u == pytest.approx(80.0) and dynamics["ZhangLi"].beta == pytest.approx(0.3)
    assert dynamics["Precession"].gamma0 == pytest.approx(p.material.gamma * mu_0)
    assert dynamics["Damping"].alpha == 0.1
    assert by_kind(system.energy).keys() == {"Exchange", "UniaxialAnisotropy", "Zeeman", "Demag"}
    with pytest.raises(ValueError, match="periodic must be False in both directions beside a current"):
        llg.ubermag_system(*strip((80.0, 0.0), periodic=(False, True)))
    with pytest.raises(ValueError, match="periodic must be False in one direction"):
        llg.ubermag_system(*strip(*ALONE, periodic=True))

    p = problem(layers=2, periodic=False)                  # a current aslant, DMI, three sizes of cells
    m = state(p.mesh)
    system = llg.ubermag_system(p, m)
    energy, mesh = by_kind(system.energy), system.m.mesh
    assert by_kind(system.dynamics)["ZhangLi"].u == pytest.approx((-60.0, 20.0, 0.0))
    assert energy["Zeeman"].H == pytest.approx(np.array([0.1, -0.2, 0.3]) / mu_0) and energy["Exchange"].A == 1.3e-11
    assert energy["DMI"].D == -1e-3 and energy["DMI"].crystalclass == "Cnv_z"      # w = D (m·∇m_z − m_z ∇·m)
    assert [(one.K, tuple(one.u)) for one in system.energy if type(one).__name__ == "UniaxialAnisotropy"] == [
        (K, pytest.approx(axis)) for K, axis in ((2e5, np.array([1, 2, 3]) / 14**0.5), (-5e4, (0, 1, 0)))]
    assert tuple(mesh.n) == (9, 7, 2) and mesh.cell == pytest.approx((2e-9, 3e-9, 1.5e-9))
    assert mesh.region.pmin == pytest.approx((-9e-9, -10.5e-9, 0.0)) and mesh.bc == ""
    np.testing.assert_allclose(system.m.array / 8e5, m.transpose(2, 1, 0, 3), rtol=0, atol=1e-12)
    system = llg.ubermag_system(problem(current=(0.0, 0.0), periodic=(False, True)), (0, 0, 1))
    assert system.m.mesh.bc == "y" and by_kind(system.dynamics).keys() == {"Precession", "Damping"}


@pytest.mark.skipif(not shutil.which("oommf"), reason="OOMMF is not installed")
def test_ubermag_runs_it(tmp_path, monkeypatch):
    oommfc = pytest.importorskip("oommfc")
    monkeypatch.chdir(tmp_path)
    p, m = strip(*DRIVEN)
    system = llg.ubermag_system(p, m)
    oommfc.TimeDriver().drive(system, t=0.1e-9, n=4, runner=oommfc.oommf.ExeOOMMFRunner("oommf"))
    simulation = llg.Simulation(p, m)
    simulation.run(0.1e-9, tolerance=1e-7)
    np.testing.assert_allclose(system.m.array[:, :, 0].transpose(1, 0, 2) / 8e5, simulation.m, rtol=0, atol=1e-3)
