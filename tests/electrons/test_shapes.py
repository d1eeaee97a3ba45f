"""Arrays of any shape: each entry is what the numbers at its place give. And both ends of a spiral's k ± p/2 must lie
in a band's domain."""

import numpy as np
import pytest

from torquelib import chiral, gauge, spins, torques
from torquelib.algebra import sigma
from torquelib.bands import CosineLinear, FreeElectron, Quartic, TightBinding
from torquelib.bruteforce import helix_eigenstates
from torquelib.disorder.bloch_spiral import spiral_gradient, spiral_hamiltonian
from torquelib.response import field_spin, local_hamiltonian, shifted_spin, spin_shift
from torquelib.spirals import (
    adiabatic_expansion_spin,
    drifting_spin,
    drifting_spin_shifted,
    extra_tilt,
    misalignment_energy,
    printed_a10,
    rotating_spin,
    spiral_field,
    tilt_angle,
)
from torquelib.spirals.evolution import SwitchedField, accelerated, evolve
from torquelib.textures import DriftingSpiral, Skyrmion

BAND, J, E = TightBinding(0.7, 0.4, dimension=2), 0.6, (0.01, -0.02)
TEXTURE = Skyrmion(2.0, 5.0)
SHAPE = (2, 3)
RANDOM = np.random.default_rng(4)
K, A = RANDOM.normal(size=(*SHAPE, 2)), RANDOM.normal(size=(*SHAPE, 4, 3))
M = RANDOM.normal(size=(*SHAPE, 3))
M /= np.linalg.norm(M, axis=-1, keepdims=True)
X, Y, P, OMEGA, T = RANDOM.normal(size=(5, *SHAPE))
ALONG = dict(s=-1, J=J)

# each call with arrays whose shapes begin with SHAPE
CALLS = {
    **{type(band).__name__: (lambda k, band=band: (band.energy(k), band.velocity(k), band.inverse_mass(k)), [K])
       for band in (BAND, FreeElectron(dimension=2), Quartic(quartic=0.1, dimension=2),
                    CosineLinear(1.0, 0.5, dimension=2))},
    "angles": (lambda x, y: (*TEXTURE.angles(x, y), TEXTURE.m(x, y)), [X, Y]),
    "gradient": (lambda x, y: TEXTURE.gradient(x, y), [X, Y]),
    "unitary": (gauge.unitary, [X, Y]),
    "gauge_potential": (lambda x, y: gauge.gauge_potential(TEXTURE, x, y), [X, Y]),
    "transverse_gauge_potential": (lambda x, y: gauge.transverse_gauge_potential(TEXTURE, x, y), [X, Y]),
    "gauge_potential_numerical": (lambda x, y: gauge.gauge_potential_numerical(TEXTURE, x, y), [X, Y]),
    "gauge_freedom": (lambda A, chi, slope: gauge.gauge_freedom(A, chi, np.moveaxis(slope, -1, 0)), [A, X, A[..., 0]]),
    "transformed_hamiltonian": (lambda k, A: gauge.transformed_hamiltonian(BAND, k, A, J=J), [K, A]),
    "local_hamiltonian": (lambda k: tuple(f(k) for f in local_hamiltonian(BAND, A[0, 0], J=J)), [K]),
    "uniform_magnet": (lambda k: tuple(f(k) for f in chiral.uniform_magnet(BAND, M[0, 0], J=J, alpha_R=0.02)), [K]),
    "spin_expectation": (spins.spin_expectation, [K + 1j*M[..., :2]]),
    "local_eigenstates": (lambda m: spins.local_eigenstates(np.einsum("...a,aij->...ij", m, sigma))[0], [M]),
    "local_spin": (lambda k, x, y: spins.local_spin(BAND, TEXTURE, k, x, y, **ALONG), [K, X, Y]),
    "local_spin, local": (lambda k, x, y: spins.local_spin(BAND, TEXTURE, k, x, y, order="local", **ALONG), [K, X, Y]),
    "spin_shift": (lambda k: spin_shift(BAND, k, J=J, E=E), [K]),
    "field_spin": (lambda k, x, y: field_spin(BAND, TEXTURE, k, x, y, E=E, **ALONG), [K, X, Y]),
    "shifted_spin": (lambda k, x, y: shifted_spin(BAND, TEXTURE, k, x, y, E=E, **ALONG), [K, X, Y]),
    "tilt_angle": (lambda k: tilt_angle(BAND, k, 0.2, J=J), [K]),
    "extra_tilt": (lambda k, omega: extra_tilt(BAND, k, 0.2, J=J, omega=omega), [K, OMEGA]),
    "misalignment_energy": (lambda k: misalignment_energy(BAND, k, 0.2), [K]),
    "spiral_field": (lambda k: spiral_field(BAND, k, 0.2, J=J, omega=0.3), [K]),
    **{f"{function.__name__}, {rest}": (
        lambda k, p, x, t, omega, f=function, rest=rest: f(BAND, k, p, x, t, omega=omega, **rest, **ALONG),
        [K, P, X, T, OMEGA])
       for function, rest in (
           (drifting_spin, {}), (drifting_spin, {"order": "exact"}), (drifting_spin_shifted, {"E": E}),
           (rotating_spin, {"E": E}), (printed_a10, {}), (adiabatic_expansion_spin, {}))},
    "helix_eigenstates": (lambda k: helix_eigenstates(BAND, k, 0.2, J=J).energies, [K]),
    "spiral_hamiltonian": (lambda k: spiral_hamiltonian(BAND, k, 0.2, J=J), [K]),
    "spiral_gradient": (lambda k: spiral_gradient(BAND, k, 0.2), [K]),
    "accelerated": (lambda k: accelerated(BAND, SwitchedField(E), k, np.arange(4.0)), [K]),
    "evolve": (lambda k, m: evolve(BAND, DriftingSpiral(0.2), SwitchedField(E), k, np.arange(4.0), spin=m,
                                   **ALONG).spin, [K, M]),
    "chiral_derivative": (lambda m, A: chiral.chiral_derivative(m, A[..., :2, :], k_so=0.7), [M, A]),
    "spin_orbit_torque": (lambda m, E: chiral.spin_orbit_torque(m, E=E, alpha_R=0.02, n_s=1e28, J=J, Ms=8e5), [M, K]),
    "berry_curvature": (lambda k: chiral.berry_curvature(M[0, 0], k, J=J, alpha_R=0.02), [K]),
    "intrinsic_velocity": (lambda E: torques.intrinsic_velocity(E=E, n_s=1e28, J=J, Ms=8e5), [K]),
    "gilbert_rate": (lambda m, torque: torques.gilbert_rate(m, torque, alpha=0.1), [M, np.cross(M, A[..., 0, :])]),
}


@pytest.mark.parametrize("name", CALLS)
def test_each_entry_of_an_array_is_computed_as_a_number_is(name):
    function, arrays = CALLS[name]
    together = function(*arrays)
    for at in np.ndindex(SHAPE):
        alone = function(*(array[at] for array in arrays))
        pairs = zip(together, alone) if isinstance(together, tuple) else [(together, alone)]
        for whole, part in pairs:
            assert whole.shape == SHAPE + np.shape(part)
            np.testing.assert_allclose(whole[at], part, rtol=1e-10, atol=1e-12)


BOUNDED = {d: Quartic(quartic=-0.01, dimension=d) for d in (1, 2)}  # |k| ≤ 7.071 1/nm
PITCH = 0.2


@pytest.mark.parametrize("call", [
    lambda k: drifting_spin(BOUNDED[1], k[:1], PITCH, order="exact", **ALONG),
    lambda k: rotating_spin(BOUNDED[1], k[:1], PITCH, **ALONG),
    lambda k: misalignment_energy(BOUNDED[2], k, PITCH),
    lambda k: spiral_field(BOUNDED[2], k, PITCH, J=J),
    lambda k: helix_eigenstates(BOUNDED[1], k[:1], PITCH, J=J),
    lambda k: spiral_hamiltonian(BOUNDED[2], k, PITCH, J=J),
    lambda k: spiral_gradient(BOUNDED[2], k, PITCH),
    lambda k: evolve(BOUNDED[1], DriftingSpiral(PITCH), SwitchedField(1e-9), k[:1], np.arange(4.0), **ALONG)],
    ids="drifting_spin rotating_spin misalignment_energy spiral_field helix_eigenstates spiral_hamiltonian "
        "spiral_gradient evolve".split())
@pytest.mark.parametrize("side", (-1, 1))
def test_half_a_pitch_beyond_k_lies_in_the_domain_or_is_named(call, side):
    edge = BOUNDED[1].k_max - PITCH/2
    call(side * np.array([edge - 1e-3, 0.0]))
    with pytest.raises(ValueError, match="domain of Quartic"):
        call(side * np.array([edge + 1e-3, 0.0]))
