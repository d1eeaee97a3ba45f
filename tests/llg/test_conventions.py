"""Everyone's conventions, a row a solver: its torque, written as its source has it, with what `llg.solver_inputs` says
it is to be given, is the engine's. magnum.np itself runs where `make bench-peers` has installed it."""

import subprocess
from pathlib import Path

import numpy as np
import pytest
from scipy.constants import mu_0

from torquelib import llg

PEERS = Path(__file__).resolve().parents[2] / "_build" / "peers"
DX, MS = 2e-9, 8e5
VECTORS = {"u", "J", "j", "jcur", "field"}


def problem(periodic=True):
    """A ring of cells in a field, with a current and an intrinsic part of β: all that the conventions touch."""
    mesh = llg.Mesh((12, 6), DX, periodic)
    drive = llg.SpinCurrent.from_drift_velocity((-70.0, 30.0), MS, beta=0.3, beta_int=0.4)
    return llg.Problem(mesh, llg.Material(MS, 0.25, 1.9e11), [llg.Zeeman((0.05, 0.1, -0.2))], [drive])


def state(p):
    m = np.random.default_rng(3).normal(size=p.mesh.m_shape)
    return m / np.linalg.norm(m, axis=-1, keepdims=True)


cross = np.cross
B = np.array([0.05, 0.1, -0.2])                            # T
H = B / mu_0                                               # A/m


def along(v, m, *, edge="periodic"):
    """(v·∇)m. At an open edge "clamped" repeats the cell, "one-sided" takes the difference to the only neighbour,
    "empty" counts the missing cell as zero."""
    total = 0
    for axis, velocity in ((1, v[0]), (0, v[1])):
        if edge == "one-sided":
            total = total + velocity * np.gradient(m, DX, axis=axis)
            continue
        mode = {"periodic": "wrap", "clamped": "edge", "empty": "constant"}[edge]
        wide = np.pad(m, [(1, 1) if a == axis else (0, 0) for a in range(3)], mode=mode)
        n = m.shape[axis]
        total = total + velocity * (wide.take(range(2, n + 2), axis) - wide.take(range(n), axis)) / (2*DX)
    return total


def gilbert(m, field, alpha, gamma):
    return -gamma / (1 + alpha**2) * (cross(m, field) + alpha * cross(m, cross(m, field)))


def oommf(m, given, edge):
    """spintevolve_3d.cc: −(1 + αβ)/(1 + α²) u ∂m + (β − α)/(1 + α²) m × u ∂m, the first part as −u ∂m = m × (m × u ∂m);
    gamma_G is divided by 1 + α²."""
    alpha, beta = given["alpha"], given["beta"]
    tau = along(given["u"], m, edge=edge)
    return gilbert(m, H, alpha, given["gamma_G"]) + ((1 + alpha*beta) * cross(m, cross(m, tau))
                                                     + (beta - alpha) * cross(m, tau)) / (1 + alpha**2)


def ubermag(m, given, edge):
    """oommfc's script of the driver hands gamma0 to gamma_G and u, beta to OOMMF's Anv_SpinTEvolve as they are."""
    return oommf(m, {"gamma_G": given["gamma0"], **given}, edge)


def zhang_li_kernel(m, h, alpha, xi):
    """The last lines of mumax³'s zhangli2.cu and of mumax⁺'s stt.cu."""
    return -1/(1 + alpha**2) * ((1 + xi*alpha) * cross(m, cross(m, h)) + (xi - alpha) * cross(m, h))


def mumax3(m, given, edge):
    """zhangli2.cu, constants.h; the sum of torques is multiplied by GammaLL, the current's torque too."""
    MUB, QE, GAMMA0 = 9.2740091523e-24, 1.60217646e-19, 1.7595e11
    b = MUB / (QE*GAMMA0) / MS / (1 + given["xi"]**2)
    h = along(np.multiply(b * given["Pol"], given["J"]), m, edge=edge)
    return given["GammaLL"] * (gilbert(m, B, given["alpha"], 1.0) + zhang_li_kernel(m, h, given["alpha"], given["xi"]))


def mumax_plus(m, given, edge):
    """stt.cu, in 1/s: no γ in the current's torque."""
    MUB, QE = 9.274009152e-24, 1.60217646e-19
    u = np.multiply(MUB * given["pol"] / (QE * MS * (1 + given["xi"]**2)), given["jcur"])
    return gilbert(m, B, given["alpha"], given["gamma"]) + zhang_li_kernel(m, along(u, m, edge=edge), given["alpha"],
                                                                           given["xi"])


MAGNUM_GAMMA, NEURALMAG_GAMMA = 2.21276157e5, 221276.14725379366             # m/(A s), constants of their sources


def magnum(m, given, edge):
    """spintorque.py: a field (b/γ)[m × (j·∇)m + ξ (j·∇)m], in the Landau–Lifshitz form of Gilbert's equation."""
    tau = along(given["j"], m, edge=edge)
    h = given["b"] / MAGNUM_GAMMA * (cross(m, tau) + given["xi"] * tau)
    return gilbert(m, H + h, given["alpha"], MAGNUM_GAMMA)


def neuralmag(m, given, edge):
    """llg.py with a field of one's own."""
    tau = along(given["field"], m, edge=edge)
    return gilbert(m, H + cross(m, tau) + given["xi"] * tau, given["alpha"], NEURALMAG_GAMMA)


def fidimag(m, given, edge):
    """llg_stt.py and stt.c, with τ⊥ the part of τ normal to m."""
    g_e, mu_B, c_e = 2.0023193043737, 9.27400949e-24, 1.602176565e-19
    tau = g_e*mu_B/(2*c_e) * given["p"] / MS * along(given["j"], m, edge=edge)
    alpha, beta = given["alpha"], given["beta"]
    across = tau - np.sum(m*tau, -1, keepdims=True) * m
    return gilbert(m, H, alpha, given["gamma"]) + ((1 + alpha*beta) * across
                                                   - (beta - alpha) * cross(m, across)) / (1 + alpha**2)


def micromagnetic_jl(m, given, edge):
    """add_field.jl: b = P μ_B/(e M_s (1 + ξ²)); kernels.jl: a field (b/γ)[m × (J·∇)m + ξ (J·∇)m]."""
    mu_B, c_e = 9.27400949e-24, 1.602176565e-19
    b = given["P"] * mu_B / (c_e * MS) / (1 + given["xi"]**2)
    tau = along(np.multiply(b, given["J"]), m, edge=edge)
    return gilbert(m, H + (cross(m, tau) + given["xi"]*tau) / given["gamma"], given["alpha"], given["gamma"])


ROWS = {"OOMMF": (oommf, "one-sided"), "mumax³": (mumax3, "clamped"), "mumax⁺": (mumax_plus, "empty"),
        "ubermag": (ubermag, "one-sided"), "magnum.np": (magnum, "one-sided"), "fidimag": (fidimag, "one-sided"),
        "neuralmag": (neuralmag, "clamped"), "MicroMagnetic.jl": (micromagnetic_jl, "one-sided")}
"""The torque of each solver and what it does at an open edge. (neuralmag has no such torque, and leaves it open.)"""


def test_the_ledger_has_a_row_a_solver():
    assert set(llg.solver_inputs(problem())) == set(ROWS)


def with_gamma_of(solver, problem):
    """The problem with the γ that a solver holds as a constant of its source, if it does."""
    own = {"magnum.np": MAGNUM_GAMMA, "neuralmag": NEURALMAG_GAMMA}.get(solver)
    return problem if own is None else problem.replaced(material=llg.Material(MS, 0.25, own / mu_0))


@pytest.mark.parametrize("solver", ROWS)
def test_row(solver):
    """Three solvers hold γ, or g and μ_B/e, as a constant of their source: equal to some 1e-3 then, else to 1e-6."""
    p = with_gamma_of(solver, problem())
    formula, _ = ROWS[solver]
    m = state(p)
    expected = llg.torque(p, m)
    found = formula(m, llg.solver_inputs(p)[solver], "periodic")
    error = np.abs(found - expected).max() / np.abs(expected).max()
    assert error < (2e-3 if solver == "fidimag" else 1e-5)


@pytest.mark.parametrize("solver", ROWS)
def test_open_edges(solver):
    """Clamped is the engine's choice, and a missing cell counted as zero gives the same torque: what differs lies along
    m. One-sided differences double the torque in the cells of the edge, and only there."""
    p = with_gamma_of(solver, problem(periodic=False))
    formula, edge = ROWS[solver]
    m = state(p)
    expected = llg.torque(p, m)
    apart = np.abs(formula(m, llg.solver_inputs(p)[solver], edge) - expected).max(-1) / np.abs(expected).max()
    small = 2e-3 if solver == "fidimag" else 1e-5
    assert apart[1:-1, 1:-1].max() < small
    edges = np.delete(apart[1:-1], range(1, 11), 1)
    if edge == "one-sided":
        assert edges.min() > 0.01
    else:
        assert apart.max() < small


def test_documented_formula_of_ubermag_is_not_what_runs():
    """micromagneticmodel writes −(1 + αβ) m × (m × (u·∇)m) − (β − α) m × (u·∇)m, the opposite of what its calculators
    do with the same u: mumax3c gives mumax³ J = −(1 + β²) e M_s u/μ_B, and oommfc hands u to OOMMF."""
    p = problem()
    m, given = state(p), llg.solver_inputs(p)
    u = given["ubermag"]["u"]
    tau, alpha, beta = along(u, m), given["ubermag"]["alpha"], given["ubermag"]["beta"]
    documented = -((1 + alpha*beta) * cross(m, cross(m, tau)) + (beta - alpha) * cross(m, tau)) / (1 + alpha**2)
    current = ubermag(m, given["ubermag"], "periodic") - gilbert(m, H, alpha, given["ubermag"]["gamma0"])
    np.testing.assert_allclose(current, -documented, rtol=0, atol=1e-12 * np.abs(current).max())
    e, mu_B = 1.602176634e-19, 9.2740100783e-24
    J = -np.multiply(u, (1 + beta**2) * e * MS / mu_B)
    np.testing.assert_allclose(J, given["mumax⁺"]["jcur"], rtol=1e-6)


def test_what_a_forgotten_factor_costs():
    """The slips that the ledger is there for, as parts of the current's torque: a sign, 1 + ξ², and γ of the
    Landau–Lifshitz form."""
    p = problem()
    m, given = state(p), llg.solver_inputs(p)["mumax³"]
    right = llg.torque(p, m)

    def change(**slip):
        return np.abs(mumax3(m, {**given, **slip}, "periodic") - right).max() / np.abs(right).max()
    assert change() < 1e-5
    beta, J = given["xi"], np.array(given["J"])
    assert change(J=-J) > 0.5
    assert change(J=J / (1 + beta**2)) > 0.1
    assert change(GammaLL=given["GammaLL"] / (1 + given["alpha"]**2)) > 0.05


# ------------------------------------------------------------------ a peer that runs

MAGNUM = """
import sys, numpy as np, torch
torch.set_default_dtype(torch.float64)
torch._dynamo.config.disable = True
from magnumnp import *
set_log_level(100)
m, given = np.load("m.npy"), dict(np.load("given.npz"))
ny, nx, _ = m.shape
state = State(Mesh((nx, ny, 1), (2e-9, 2e-9, 2e-9)))
state.material = {"Ms": 8e5, "alpha": float(given["alpha"]), "xi": float(given["xi"]), "b": float(given["b"])}
state.m = torch.tensor(m.transpose(1, 0, 2)[:, :, None, :].copy())
state.j = torch.tensor(given["j"]).expand(nx, ny, 1, 3)
field = ExternalField(torch.tensor(given["H"]).expand(nx, ny, 1, 3))
torque = LLGSolver([field, SpinTorqueZhangLi()]).dm(0.0, state.m, state)
np.save("torque.npy", torque[:, :, 0].numpy().transpose(1, 0, 2))
"""


@pytest.mark.skipif(not (PEERS / "magnum.np" / "bin" / "python").exists(), reason="make bench-peers installs magnum.np")
def test_magnum_np_runs(tmp_path):
    p = problem(periodic=False)
    p = llg.Problem(p.mesh, llg.Material(MS, 0.25, MAGNUM_GAMMA / mu_0), p.terms, p.drive)
    m = state(p)
    np.save(tmp_path / "m.npy", m)
    np.savez(tmp_path / "given.npz", H=H, **llg.solver_inputs(p)["magnum.np"])
    done = subprocess.run([PEERS / "magnum.np" / "bin" / "python", "-c", MAGNUM], cwd=tmp_path, capture_output=True,
                          text=True)
    assert done.returncode == 0, done.stderr
    found, expected = np.load(tmp_path / "torque.npy"), llg.torque(p, m)
    np.testing.assert_allclose(found[1:-1, 1:-1], expected[1:-1, 1:-1], rtol=0, atol=1e-5 * np.abs(expected).max())
    assert np.abs(found - expected)[:, 0].max() > 0.01 * np.abs(expected).max()          # one-sided at the edge
