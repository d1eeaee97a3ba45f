"""What holds for every input, tried on many: invariants that follow from symmetry or conservation, and readers of files
that are given anything. Each failing example is made small by hypothesis; the examples are the same in each run."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from routes import PAULI

from torquelib import gauge, llg, spins, torques
from torquelib.bands import FreeElectron, Quartic, TightBinding
from torquelib.disorder.impurities import Magnetic, SpinIndependent
from torquelib.disorder.vertex import full_ladder_ratio
from torquelib.spirals.evolution import SwitchedField, evolve
from torquelib.textures import CustomTexture, DriftingSpiral
from torquelib.units import SI_GAMMA

settings.register_profile("book", max_examples=25, deadline=None, derandomize=True, database=None)
settings.load_profile("book")


def between(low, high):
    return st.floats(low, high, allow_subnormal=False)


ANGLES = arrays(float, (5,), elements=between(-7, 7))
VECTORS = arrays(float, (4, 3), elements=between(-3, 3)).filter(lambda v: np.all(np.linalg.norm(v, axis=1) > 0.1))


def unit(v):
    return v / np.linalg.norm(v, axis=-1, keepdims=True)


@st.composite
def rotations(draw):
    """Proper rotations of space, by the QR decomposition of a random matrix."""
    seed = draw(st.integers(0, 2**31))
    q, r = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))
    q = q * np.sign(np.diag(r))
    return q * np.linalg.det(q)


@given(ANGLES, ANGLES)
def test_the_unitary_matrix_turns_z_to_m(theta, phi):
    """(7): U is unitary and U†(m·σ)U = σ_z, m written out in spherical coordinates here."""
    U = gauge.unitary(theta, phi)
    adjoint = np.conj(np.swapaxes(U, -1, -2))
    m = np.stack([np.sin(theta)*np.cos(phi), np.sin(theta)*np.sin(phi), np.cos(theta)], -1)
    np.testing.assert_allclose(adjoint @ U, np.broadcast_to(np.eye(2), U.shape), rtol=0, atol=1e-14)
    np.testing.assert_allclose(adjoint @ np.einsum("ni,iab->nab", m, PAULI) @ U,
                               np.broadcast_to(PAULI[2], U.shape), rtol=0, atol=1e-13)


@given(between(0.3, 2.8), between(-0.4, 0.4), between(-0.4, 0.4), between(-0.3, 0.3), between(-0.3, 0.3),
       between(-2, 2), between(-0.5, 0.5))
def test_a_further_turn_about_m_changes_no_observable(theta, a, b, c, d, chi, gained):
    """The curl of A^z and |A^⊥| stay, whatever the angle χ(x) about m; A^z itself does not."""
    texture = CustomTexture(lambda x, y, z, t: theta + a*x + b*y, lambda x, y, z, t: c*x + d*y)
    A = gauge.gauge_potential(texture, 0.2, 0.1)
    turned = gauge.gauge_freedom(A, chi, [gained, 0.0, 0.0, 0.0])
    across, turned_across = A[..., :2], turned[..., :2]
    before, after = np.linalg.norm(across, axis=-1), np.linalg.norm(turned_across, axis=-1)
    np.testing.assert_allclose(after, before, rtol=0, atol=1e-12)
    area = np.linalg.det(A[..., :2, :2])                                   # that of m: what the curl of A^z follows
    np.testing.assert_allclose(np.linalg.det(turned[..., :2, :2]), area, rtol=0, atol=1e-12)


@given(VECTORS, arrays(float, (4, 3), elements=st.integers(-10**12, 10**12).map(float)),
       between(0, 3))
def test_gilberts_equation_is_solved(m, torque, alpha):
    """∂_t m = T + α m×∂_t m, inserted; and m keeps its length."""
    m = unit(m)
    T = np.cross(m, torque)
    rate = torques.gilbert_rate(m, np.cross(m, np.cross(T, m)), alpha=alpha)
    scale = 1 + np.abs(T).max()
    np.testing.assert_allclose(rate / scale, (T + alpha*np.cross(m, rate)) / scale, rtol=0, atol=1e-12)
    np.testing.assert_allclose(np.sum(m * rate, -1) / scale, 0, rtol=0, atol=1e-12)


@given(between(0.05, 2), between(-0.8, 0.8), between(-1.0, 1.0), between(-5e-3, 5e-3), st.sampled_from([-1, 1]),
       st.sampled_from([FreeElectron(dimension=1), TightBinding(0.4, 0.3, dimension=1),
                        Quartic(quartic=0.02, dimension=1)]))
def test_a_spin_keeps_its_length(J, p, k, E, s, band):
    run = evolve(band, DriftingSpiral(p), SwitchedField(E, 5.0), [k], np.linspace(0, 30, 31), s=s, J=J)
    np.testing.assert_allclose(np.linalg.norm(run.spin, axis=-1), 1, rtol=0, atol=1e-12)


@given(between(0.2, 1.5), between(0.2, 0.8), st.sampled_from([1, 2, 3]), between(1e-3, 0.05))
def test_collisions_that_keep_the_spin_leave_no_torque(E_over_J, J, dimension, quartic):
    """For plain impurities the full ladder gives zero, in any dimension, band and filling; with magnetic ones it does
    not, so that the zero is not that of an empty function."""
    band = Quartic(quartic=quartic, dimension=dimension)
    E_F = J * (1.1 + E_over_J)
    assert full_ladder_ratio(band, SpinIndependent(0.01, 0.3), J=J, E_F=E_F) == pytest.approx(0, abs=1e-9)
    assert abs(full_ladder_ratio(band, Magnetic(0.01, 0.3), J=J, E_F=E_F)) > 0.1


FILM = llg.Mesh((4, 3), (2e-9, 2e-9, 1e-9), (True, True))
ISOTROPIC = llg.Problem(FILM, llg.Material(8e5, 0.1), [llg.Exchange(1.3e-11)], [llg.SpinCurrent(-1e12, beta=0.3)])
STATES = arrays(float, (3, 4, 3), elements=between(-3, 3)).filter(lambda v: np.all(np.linalg.norm(v, axis=-1) > 0.1))


@given(STATES, rotations())
def test_exchange_and_current_know_no_direction(m, R):
    """All spins turned alike, the torque turns with them; the energy stays."""
    m = unit(m)
    torque, scale = llg.torque(ISOTROPIC, m), 1e12                         # γ·2A/(M_s dx²), in 1/s
    np.testing.assert_allclose(llg.torque(ISOTROPIC, unit(m @ R.T)) / scale, torque @ R.T / scale, rtol=0, atol=1e-12)
    np.testing.assert_allclose(np.sum(m * torque, -1) / scale, 0, rtol=0, atol=1e-13)
    energy = ISOTROPIC.energies(m)["total"]
    assert ISOTROPIC.energies(unit(m @ R.T))["total"] == pytest.approx(energy, rel=1e-11, abs=1e-33)


@given(STATES, rotations())
def test_the_topological_charge_is_a_whole_number(m, R):
    """On a film without edges, of any texture that is not at the brink of a jump; and a rotation changes nothing."""
    charge = llg.topological_charge(llg.Simulation(ISOTROPIC, unit(m)))
    assert charge == pytest.approx(round(charge), abs=1e-9)
    assert llg.topological_charge(llg.Simulation(ISOTROPIC, unit(unit(m) @ R.T))) == pytest.approx(charge, abs=1e-9)


@given(STATES, between(0.01, 1.0))
def test_a_free_magnet_only_loses_energy(m, alpha):
    """dE/dt = −(α M_s/γ) Σ |∂_t m|² V: the energy of the engine against its own torque, by no formula of either."""
    problem = ISOTROPIC.replaced(drive=(), material=llg.Material(8e5, alpha))
    simulation = llg.Simulation(problem, unit(m))
    before, rate, dt = simulation.energies()["total"], llg.torque(problem, unit(m)), 1e-17
    simulation.run(dt, dt=dt)
    lost = alpha * 8e5/SI_GAMMA * np.sum(rate**2) * FILM.cell_volume * dt
    assert simulation.energies()["total"] - before == pytest.approx(-lost, rel=1e-2, abs=1e-30)


@given(ANGLES, st.sampled_from([-1, 1]))
def test_the_spin_of_a_local_state_has_length_one(angles, s):
    """`spins.local_spin`, exactly in the local problem: a pure state."""
    spiral = DriftingSpiral(float(angles[0]) / 20)
    spin = spins.local_spin(FreeElectron(dimension=1), spiral, np.array([[float(angles[1])]]), 0.0, s=s, J=0.4,
                            order="local")
    np.testing.assert_allclose(np.linalg.norm(spin, axis=-1), 1, rtol=0, atol=1e-12)


# ------------------------------------------------------------------ readers of files

@pytest.fixture(scope="module", params=["text", "binary 4", "binary 8", "state"])
def file(request, tmp_path_factory):
    """The bytes of a file, and what reads a file of its kind as (mesh, m)."""
    path, m = tmp_path_factory.mktemp("files") / "file", unit(np.random.default_rng(1).normal(size=FILM.m_shape))
    if request.param != "state":
        llg.write_ovf(path, FILM, m, form=request.param)
        return path.read_bytes(), llg.read_ovf
    path = path.with_suffix(".npz")
    simulation = llg.Simulation(ISOTROPIC, m)
    simulation.run(1e-13, times=[0, 1e-13], observe={"m": llg.average})
    simulation.save(path)
    return path.read_bytes(), loaded


def loaded(path):
    simulation = llg.Simulation.load(path, ISOTROPIC)
    np.testing.assert_allclose(np.linalg.norm(simulation.m, axis=-1), 1, rtol=0, atol=1e-6)
    return FILM, simulation.m


DAMAGE = st.lists(st.tuples(st.sampled_from(["set", "cut", "drop", "insert"]), st.floats(0, 1),
                            st.binary(min_size=1, max_size=9)), min_size=1, max_size=4)


def damaged(content, changes):
    for kind, place, junk in changes:
        at = int(place * len(content))
        content = {"set": content[:at] + junk + content[at + len(junk):], "cut": content[:at],
                   "drop": content[:at] + content[at + len(junk):], "insert": content[:at] + junk + content[at:]}[kind]
    return content


@settings(max_examples=300)
@given(changes=DAMAGE)
def test_a_damaged_file_is_read_or_refused(file, changes, tmp_path_factory):
    """A ValueError that names the file, or finite vectors on a mesh of theirs; no other error, whatever the bytes."""
    content, read = file
    path = tmp_path_factory.getbasetemp() / "damaged.npz"
    path.write_bytes(damaged(content, changes))
    try:
        mesh, m = read(path)
    except ValueError as refused:
        assert str(path) in str(refused)
    else:
        assert m.shape == mesh.m_shape and np.all(np.isfinite(m))
