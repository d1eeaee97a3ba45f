"""A `Problem` in other solvers' words: what each calls its current and its β, a mumax³ script, an OOMMF problem, an
ubermag system.

All solvers integrate the same equation and differ in the names. With the drift velocity u = −b of Eq. (6), and every
part of the non-adiabatic torque, the intrinsic one included, in one β:

    ∂t m = −γ m × B + α m × ∂t m − (u·∇)m + β m × (u·∇)m.

Of each solver these functions rest on its source: OOMMF's Anv_SpinTEvolve (spintevolve.cc), mumax³ (zhangli2.cu),
mumax⁺ (stt.cu), magnum.np (spintorque.py), fidimag (llg_stt.py, stt.c), MicroMagnetic.jl (add_field.jl, kernels.jl),
neuralmag (llg.py, which has no such torque), ubermag's calculator oommfc. What differs beyond names is said in
chapter 12.
"""

import os
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.constants import mu_0

from .. import _validate as check
from ..torques import adiabatic_velocity
from ..units import SI_E, SI_MU_B
from .drives import IntrinsicTorque, SpinCurrent
from .ovf import write_ovf
from .problem import Problem
from .terms import Demagnetization, Exchange, InterfacialDMI, UniaxialAnisotropy, Zeeman

MUMAX_GAMMA0, MUMAX_MU_B, MUMAX_E = 1.7595e11, 9.2740091523e-24, 1.60217646e-19
"""GAMMA0, MUB and QE of mumax³'s constants.h: its torque is GammaLL/GAMMA0 times what Pol and J say."""


class ZhangLi(NamedTuple):
    """u (2,), drift velocity of the electrons along x and y in m/s; beta, all of the non-adiabatic torque over the
    adiabatic one."""

    u: np.ndarray
    beta: float


def zhang_li(problem):
    """(u, beta) of a problem, the two numbers that a Zhang–Li torque takes in any solver.

    β is the sum of `SpinCurrent`'s beta and beta_int and of what an `IntrinsicTorque` adds beside the current, ηE/b.
    Without a drive both are zero. Raises TypeError for what is no Problem, ValueError for a drive or Ms or β that
    varies in time or space, for an intrinsic torque without a current, or across it: a solver's β multiplies its u.
    """
    check.instance("problem", problem, Problem)
    for name, things in (("terms", problem.terms), ("drive", problem.drive)):
        for d in things:
            if not d.constant:
                raise ValueError(f"{name} must be constant to be written for another solver; {d!r} is a function of t")
    for d in problem.drive:
        if not isinstance(d, (SpinCurrent, IntrinsicTorque)):
            raise ValueError(f"drive must hold a SpinCurrent or an IntrinsicTorque to be written for another solver; "
                             f"got {d!r}")
    current = next((d for d in problem.drive if isinstance(d, SpinCurrent)), None)
    own = next((d for d in problem.drive if isinstance(d, IntrinsicTorque)), None)
    if current is None and own is None:
        return ZhangLi(np.zeros(2), 0.0)
    Ms = _number("Ms", problem.material.Ms)
    b = adiabatic_velocity(j_s=current.at(0.0), Ms=Ms) if current else np.zeros(2)
    beta = _number("beta", current.beta) + _number("beta_int", current.beta_int) if current else 0.0
    if own and any(own.at(0.0)):
        extra = own.coefficient(Ms) * np.array(own.at(0.0))
        square = b @ b
        if not abs(b[0]*extra[1] - b[1]*extra[0]) <= 1e-9 * np.linalg.norm(extra) * np.sqrt(square) or not square:
            raise ValueError("IntrinsicTorque must lie along a SpinCurrent to be written for another solver, whose β "
                             f"multiplies its u; got E = {own.at(0.0)} V/m beside b = {tuple(b.tolist())} m/s")
        beta += float(extra @ b / square)
    return ZhangLi(-b, beta)


def solver_inputs(problem):
    """{solver: {name: value}}: what each solver's Zhang–Li torque and equation are to be given, in the solver's names
    and units, for the problem's material and drive.

    Vectors are (x, y, z). magnum.np's and neuralmag's γ is a constant of their source and not among the names.
    neuralmag has no torque of a current: its "field" is the factor b/γ in A of the field h = (b/γ)[m × ∂m + β ∂m],
    ∂ along the current, that a term of one's own adds. Raises as `zhang_li`, and ValueError for γ or α that varies.
    """
    u, beta = zhang_li(problem)
    material = problem.material
    Ms, alpha, gamma = _number("Ms", material.Ms), _number("alpha", material.alpha), float(material.gamma)
    along = lambda velocity: (float(velocity[0]), float(velocity[1]), 0.0)     # no −0.0 among the numbers
    b = 0.0 - u
    unit = SI_MU_B / (SI_E * Ms)                                              # b per A/m²
    j = along(b / unit)
    raised = along(b / unit * (1 + beta**2))
    mumax = b * (1 + beta**2) * MUMAX_E * Ms / MUMAX_MU_B * MUMAX_GAMMA0 / gamma
    oommf = {"gamma_G": gamma * mu_0, "alpha": alpha, "u": along(0.0 - b), "beta": beta}
    return {
        "OOMMF": oommf,
        "mumax³": {"GammaLL": gamma, "alpha": alpha, "xi": beta, "Pol": 1.0, "J": along(mumax)},
        "mumax⁺": {"gamma": gamma, "alpha": alpha, "xi": beta, "pol": 1.0, "jcur": raised},
        "ubermag": {"gamma0": gamma * mu_0, "alpha": alpha, "u": oommf["u"], "beta": beta},
        "magnum.np": {"alpha": alpha, "xi": beta, "b": unit, "j": j},
        "fidimag": {"gamma": gamma * mu_0, "alpha": alpha, "beta": beta, "p": 1.0, "j": j},
        "neuralmag": {"alpha": alpha, "xi": beta, "field": along(b / (gamma * mu_0))},
        "MicroMagnetic.jl": {"gamma": gamma * mu_0, "alpha": alpha, "xi": beta, "P": 1.0, "J": raised},
    }


# ------------------------------------------------------------------ what can be written

def _number(name, value):
    """A parameter that is the same in all cells, as a float."""
    array = np.asarray(value, dtype=float)
    if np.ptp(array) > 0:
        raise ValueError(f"{name} must be the same in all cells to be written for another solver; "
                         f"got {array.min():.4g} … {array.max():.4g}")
    return float(array.flat[0])


class _Plain(NamedTuple):
    """A problem of uniform parameters: A, axes [(K, axis)], B (3,) in T, D, demagnetised, periods."""

    A: float
    axes: list
    B: np.ndarray
    D: float
    demagnetised: bool
    periods: int


def _plain(problem):
    A, D, axes, B, demagnetised, periods = 0.0, 0.0, [], np.zeros(3), False, 1
    if problem.mesh.inside is not None:
        raise ValueError("inside must be None to be written for another solver: all cells hold the magnet")
    for term in problem.terms:
        match term:
            case Exchange():
                A += _number("A", term.A)
            case UniaxialAnisotropy():
                axes.append((_number("K", term.K), term.axis))
            case InterfacialDMI():
                D += _number("D", term.D)
            case Zeeman():
                if not term.constant:
                    raise ValueError("B must be constant in time to be written for another solver; it is a function")
                B += [_number("B", part) for part in np.moveaxis(np.asarray(term.B, dtype=float), -1, 0)]
            case Demagnetization():
                demagnetised, periods = True, term.repeats
            case _:
                raise ValueError(f"terms must hold what the other solver has; {term!r} cannot be written")
    return _Plain(A, axes, B, D, demagnetised, periods)


def _begin(path, suffix, problem, m, until, samples):
    """(path of the script, path of the starting state beside it, the state), checked."""
    check.instance("problem", problem, Problem)
    check.positive("until", until, "s")
    check.integer("samples", samples, minimum=1)
    path = Path(os.fspath(path))
    if path.suffix != suffix:
        raise ValueError(f"path must end in {suffix}; got {str(path)!r}")
    if set(path.name) & set('{}[]$\\"\n\r'):                # the script names the state's file
        raise ValueError(f"path must hold no braces, brackets, $, quotes or backslashes in its name; got {path.name!r}")
    return path, path.with_name(path.stem + "_start.ovf"), problem.mesh.magnetization(m).reshape(problem.mesh.m_shape)


def _vector(values):
    return ", ".join(repr(float(v)) for v in values)


def _braces(values):
    return "{" + " ".join(repr(float(v)) for v in values) + "}"


def write_mumax3(path, problem, m, *, until, samples=100):
    """Write a mumax³ script that runs a problem from the state m, and that state as an OVF file beside it.

    path ends in ".mx3"; the state goes to the same name with "_start.ovf", which mumax³ looks for in the folder it is
    started in. m as `Mesh.magnetization` takes it; until, how long it runs, in s; samples, lines of its table. The
    script holds β_total = β + β_int and J = j_s (1 + β_total²), which mumax³ divides out again. Its demagnetising field
    along a periodic direction reaches `repeats` periods to either side, torquelib's half a period more.
    Raises ValueError for another suffix or a name with quotes or braces, for parameters that vary in space or time, for
    a DMI without exchange, for `Demagnetization(repeats=0)` on a periodic film, and as `zhang_li`; TypeError for what
    is no Problem.
    """
    path, start, m = _begin(path, ".mx3", problem, m, until, samples)
    plain, mesh = _plain(problem), problem.mesh
    if plain.D and not plain.A:
        raise ValueError("terms must hold an Exchange beside the DMI for mumax³, which divides by A at open edges")
    if any(mesh.periodic) and plain.periods == 0:
        raise ValueError("repeats must be 1 or more for mumax³, whose SetPBC has no period without its field; got 0")
    inputs = solver_inputs(problem)["mumax³"]
    Ms = _number("Ms", problem.material.Ms)
    lines = ["// Written by torquelib. Textures move along −J, with the electrons.",
             f"SetGridSize({mesh.nx}, {mesh.ny}, {mesh.layers})",
             f"SetCellSize({_vector(mesh.cell_size)})"]
    if any(mesh.periodic):
        lines += [f"SetPBC({', '.join(str(plain.periods * p) for p in mesh.periodic)}, 0)"]
    lines += [f"Msat = {Ms!r}", f"Aex = {plain.A!r}", f"alpha = {inputs['alpha']!r}",
              f"GammaLL = {inputs['GammaLL']!r}", f"EnableDemag = {str(plain.demagnetised).lower()}"]
    if plain.D:
        lines += [f"Dind = {plain.D!r}"]
    if np.any(plain.B):
        lines += [f"B_ext = vector({_vector(plain.B)})"]
    for n, (K, axis) in enumerate(plain.axes):
        if n == 0:
            lines += [f"Ku1 = {K!r}", f"AnisU = vector({_vector(axis)})"]
        else:                                              # mumax³ has one axis: the others are fields of their own
            lines += [f"axis{n} := ConstVector({_vector(axis)})",
                      f"field{n} := Mul(Const({2*K/Ms!r}), Mul(Dot(axis{n}, m), axis{n}))",
                      f"AddFieldTerm(field{n})", f"AddEdensTerm(Mul(Const(-0.5), Dot(field{n}, M_full)))"]
    lines += [f'm.LoadFile("{start.name}")']
    if np.any(inputs["J"]):
        lines += [f"xi = {inputs['xi']!r}", f"Pol = {inputs['Pol']!r}", f"J = vector({_vector(inputs['J'])})"]
    lines += [f"TableAutoSave({until / samples!r})", f"Run({float(until)!r})", 'SaveAs(m, "end")', ""]
    write_ovf(start, mesh, m)
    path.write_text("\n".join(lines), encoding="utf-8")


def write_oommf(path, problem, m, *, until, samples=100):
    """Write an OOMMF problem (MIF 2.1, for boxsi or oxsii) that runs a problem from the state m, and that state as an
    OVF file beside it.

    path ends in ".mif"; the rest as for `write_mumax3`. A current needs the extension Anv_SpinTEvolve, which comes with
    OOMMF, or Anv_SpinTEvolve_3d if it has a component along y; the DMI needs DMI_Cnv_z. (ubermag's OOMMF has all.)
    A demagnetising field along a periodic direction is OOMMF's, of all periods: `repeats` is not written. Raises as
    `write_mumax3` for name, parameters and type; and ValueError for what OOMMF refuses: a current on a periodic
    film, and a demagnetising field on one that is periodic in both directions.
    """
    path, start, m = _begin(path, ".mif", problem, m, until, samples)
    plain, mesh = _plain(problem), problem.mesh
    inputs = solver_inputs(problem)["OOMMF"]
    _accepted_by_oommf(problem, plain, inputs["u"])
    low = [-n*size/2 for n, size in zip(mesh.cells, mesh.cell_size)] + [0.0]
    high = [n*size/2 for n, size in zip(mesh.cells, mesh.cell_size)] + [mesh.layers * mesh.dz]
    periodic = "".join(a for a, p in zip("xy", mesh.periodic) if p)
    lines = ["# MIF 2.1", "# Written by torquelib. Textures move along u, with the electrons.",
             "Specify Oxs_BoxAtlas:atlas {", "  name main",
             *(f"  {a}range {_braces((lo, hi))}" for a, lo, hi in zip("xyz", low, high)), "}",
             f"Specify Oxs_{'PeriodicRectangularMesh' if periodic else 'RectangularMesh'}:mesh {{",
             f"  cellsize {_braces(mesh.cell_size)}", "  atlas :atlas", *([f"  periodic {periodic}"] * bool(periodic)),
             "}"]
    if plain.A:
        lines += [f"Specify Oxs_UniformExchange:exchange {{ A {plain.A!r} }}"]
    lines += [f"Specify Oxs_UniaxialAnisotropy:anisotropy{n} {{ K1 {K!r} axis {_braces(axis)} }}"
              for n, (K, axis) in enumerate(plain.axes)]
    if np.any(plain.B):
        lines += ["Specify Oxs_FixedZeeman:field {",
                  f"  field {{ Oxs_UniformVectorField {{ vector {_braces(plain.B / mu_0)} }} }}", "}"]
    if plain.D:                                            # energy density of Oxs_DMI_Cnv_z: D [m·∇m_z − m_z ∇·m]
        lines += [f"Specify Oxs_DMI_Cnv_z:dmi {{ default_D {-plain.D!r} atlas :atlas D {{ main main {-plain.D!r} }} }}"]
    if plain.demagnetised:
        lines += ["Specify Oxs_Demag:demag {}"]
    kind, drive = "Oxs_RungeKuttaEvolve", []
    if np.any(inputs["u"]):
        kind = "Anv_SpinTEvolve_3d" if inputs["u"][1] else "Anv_SpinTEvolve"
        u = _braces(inputs["u"]) if inputs["u"][1] else repr(inputs["u"][0])
        drive = [f"  u {u}", f"  beta {inputs['beta']!r}"]
    lines += [f"Specify {kind}:evolver {{", f"  gamma_G {inputs['gamma_G']!r}", f"  alpha {inputs['alpha']!r}", *drive,
              "  absolute_step_error 1e-4", "  relative_step_error 1e-4", "}",
              "Specify Oxs_TimeDriver {", f"  basename {{{path.stem}}}", "  evolver :evolver", "  mesh :mesh",
              f"  Ms {_number('Ms', problem.material.Ms)!r}",
              f"  m0 {{ Oxs_FileVectorField {{ atlas :atlas norm 1 file {{{start.name}}} }} }}",
              f"  stopping_time {until / samples!r}", f"  stage_count {samples}",
              "  vector_field_output_format {binary 8}", "  scalar_output_format %.15g", "}",
              "Destination archive mmArchive", "Schedule DataTable archive Stage 1",
              "Schedule Oxs_TimeDriver::Magnetization archive Done", ""]
    write_ovf(start, mesh, m)
    path.write_text("\n".join(lines), encoding="utf-8")


def _accepted_by_oommf(problem, plain, u):
    periodic = problem.mesh.periodic
    if any(periodic) and np.any(u):
        raise ValueError("periodic must be False in both directions beside a current for OOMMF, whose Anv_SpinTEvolve "
                         f"takes no periodic mesh; got {periodic} and u = ({_vector(u)}) m/s")
    if all(periodic) and plain.demagnetised:
        raise ValueError("periodic must be False in one direction for OOMMF's demagnetising field, which knows no film "
                         f"that is periodic in both; got {periodic}")


def ubermag_system(problem, m):
    """A problem and its state m as a `micromagneticmodel.System`, for `oommfc.TimeDriver().drive(system, t=…, n=…)`.

    u of its ZhangLi is the drift velocity, as oommfc and mumax3c take it. (The formula in micromagneticmodel's
    documentation has the opposite sign; see chapter 12.) Raises as `write_oommf` for the problem; ImportError without
    micromagneticmodel and discretisedfield.
    """
    check.instance("problem", problem, Problem)
    check.optional("micromagneticmodel", "ubermag", "llg.ubermag_system")
    import discretisedfield as df
    import micromagneticmodel as mm
    plain, mesh = _plain(problem), problem.mesh
    inputs = solver_inputs(problem)["ubermag"]
    _accepted_by_oommf(problem, plain, inputs["u"])
    half = np.array([mesh.nx * mesh.dx, mesh.ny * mesh.dy]) / 2
    region = df.Region(p1=(*(-half).tolist(), 0.0), p2=(*half.tolist(), mesh.layers * mesh.dz))
    grid = df.Mesh(region=region, n=(mesh.nx, mesh.ny, mesh.layers),
                   bc="".join(a for a, p in zip("xy", mesh.periodic) if p))
    system = mm.System(name="torquelib")
    terms = [mm.UniaxialAnisotropy(K=K, u=axis, name=f"anisotropy{n}") for n, (K, axis) in enumerate(plain.axes)]
    if plain.A:
        terms += [mm.Exchange(A=plain.A)]
    if np.any(plain.B):
        terms += [mm.Zeeman(H=tuple((plain.B / mu_0).tolist()))]
    if plain.D:
        terms += [mm.DMI(D=-plain.D, crystalclass="Cnv_z")]
    if plain.demagnetised:
        terms += [mm.Demag()]
    for term in terms:
        system.energy += term
    system.dynamics += mm.Precession(gamma0=inputs["gamma0"])
    system.dynamics += mm.Damping(alpha=inputs["alpha"])
    if np.any(inputs["u"]):
        u = inputs["u"] if inputs["u"][1] else inputs["u"][0]
        system.dynamics += mm.ZhangLi(u=u, beta=inputs["beta"])
    array = mesh.magnetization(m).transpose(2, 1, 0, 3)                       # (nx, ny, layers, 3)
    system.m = df.Field(grid, nvdim=3, value=array, norm=_number("Ms", problem.material.Ms))
    return system
