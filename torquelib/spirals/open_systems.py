"""Electrons in a planar spiral that lose coherence: dephasing, a thermal bath, collisions (section III.D of the paper).

The spin of one electron in the field b(k(t)) (see `torquelib.spirals`) with its surroundings, solved by QuTiP. Rates
are those at which the coherence between the two eigenstates of H'(k(t)) decays, in 1/fs. All
results are `Evolution`s, their ``spin`` being Tr(ρσ) on the axes (e_θ, e_φ, m).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import _validate as check
from ..bands import BandLike
from ..quadrature import central_difference
from ..textures import TextureLike, as_texture
from ..units import hbar
from .evolution import _MOST_TURNS_OF_QUTIP, Evolution, FieldLike, _Motion
from .field import _spiral_rates

_POINTS_PER_TURN = 32


def dephase(band: BandLike, texture: TextureLike, field: FieldLike, k: ArrayLike, times: ArrayLike, *, s: int, J: float,
            rate: float, tolerance: float = 1e-9) -> Evolution:
    """Pure dephasing in the instantaneous eigenbasis of H'(k(t)), by QuTiP's ``mesolve``. Returns an `Evolution`.

    The collapse operator √(Γ/2) σ·n(t), n = b/|b|, makes the coherence decay at the ``rate`` Γ ≥ 0 (1/fs) and leaves
    the populations alone: dσ/dt = (2/ħ) b × σ − Γ[σ − n(n·σ)]. One electron, ``k`` (d,), from the eigenstate of band
    ``s``. Other arguments and errors as `torquelib.spirals.evolution.evolve`, with at most 10⁴ turns of the spin. Needs
    qutip.
    """
    qutip = check.optional("qutip", "open-systems", "dephase")
    system = _System(band, texture, field, k, times, s, J)
    rate, options = check.nonnegative("rate", rate, "1/fs"), _options(tolerance)
    collapse = [system.operator(np.sqrt(rate/2) * system.unit)] if rate > 0 else []
    result = qutip.mesolve(system.operator(system.on_nodes / hbar), system.density_matrix(), system.times,
                           c_ops=collapse, e_ops=system.pauli, options=options)
    return system.evolution(np.stack(result.expect, axis=-1))


def thermalise(band: BandLike, texture: TextureLike, field: FieldLike, k: ArrayLike, times: ArrayLike, *, s: int,
               J: float, rate: float, kT: float, tolerance: float = 1e-9) -> Evolution:
    """A bath at temperature ``kT`` (eV) coupled to all spin components, by QuTiP's ``brmesolve`` (Bloch–Redfield).

    Noise spectrum S(ω) = (Γ/2)/(1 + exp(−ħω/kT)), which obeys detailed balance: coherence and population difference
    both decay at the ``rate`` Γ > 0 (1/fs), the latter towards tanh(|b|/kT). Start, other
    arguments and errors as `dephase`.
    """
    from scipy.special import expit

    qutip = check.optional("qutip", "open-systems", "thermalise")
    system = _System(band, texture, field, k, times, s, J)
    rate, kT, options = check.positive("rate", rate, "1/fs"), check.positive("kT", kT, "eV"), _options(tolerance)

    def spectrum(w):
        return rate/2 * expit(hbar*w / kT)

    result = qutip.brmesolve(system.operator(system.on_nodes / hbar), system.density_matrix(), system.times,
                             a_ops=[[matrix, spectrum] for matrix in system.pauli], e_ops=system.pauli, sec_cutoff=-1,
                             options=options)
    return system.evolution(np.stack(result.expect, axis=-1))


class AngularMomentumFlow(NamedTuple):
    """Angular momentum along the normal of the spiral that each partner gains per electron and time, eV (= eV fs/fs).

    Arrays (n,) over the run's times, or numbers. The three are computed apart and add up to zero.
    """

    electrons: np.ndarray
    magnetization: np.ndarray
    lattice: np.ndarray

    @property
    def sum(self) -> NDArray:
        """Zero, if angular momentum is conserved."""
        return self.electrons + self.magnetization + self.lattice


def angular_momentum_flow(run: Evolution, *, J: float, rate: float = 0.0) -> AngularMomentumFlow:
    """Who gains the angular momentum along the spiral's normal N, at each instant of a run of `dephase` or `evolve`.

    - electrons: (ħ/2) d⟨σ·N⟩/dt, the run's spin differentiated in time (fourth-order differences);
    - magnetization: minus the change of the energy J⟨σ⟩·m when m is turned about N, by a finite rotation ±10⁻⁴;
    - lattice: minus (ħ/2) Tr(σ·N D[ρ]), the dissipator of QuTiP applied to the run's density matrix (``rate`` Γ in
      1/fs).

    One electron: ``run.spin`` of shape (n, 3), n ≥ 5. Returns `AngularMomentumFlow`. The moving electron carries no
    angular momentum along N from place to place: that component is the same everywhere in the spiral.
    """
    check.instance("run", run, Evolution)
    J, rate = check.positive("J", J, "eV"), check.nonnegative("rate", rate, "1/fs")
    spin = check.finite("run.spin", run.spin, shape=(None, 3))
    if len(spin) < 5:
        raise ValueError(f"run must hold at least 5 instants; got {len(spin)}")
    normal = _spiral_rates(as_texture(run.texture))[2]
    electrons = hbar/2 * _time_derivative(spin @ normal, run.times[1] - run.times[0])
    return AngularMomentumFlow(electrons, _torque_on_m(spin, normal, J), _gain_of_the_lattice(run, normal, rate))


def collision_average(run: Evolution, *, tau: float) -> NDArray:
    """Average spin (3,) of electrons that collide at the rate 1/τ, each collision putting them back to the run's start.

    ``run`` starts with the field on: an electron leaves a collision in the eigenstate |k, s⟩, the field accelerates it
    until the next one, and the average weighs each instant of the run with exp(−t/τ)/τ. The run must last at least 12 τ
    (``tau`` in fs) in steps of at most τ/10. Axes (e_θ, e_φ, m).
    """
    return _weights_since_collision(run, tau) @ run.spin


def collision_flow(run: Evolution, *, J: float, tau: float) -> AngularMomentumFlow:
    """The steady flow of angular momentum along N when collisions put electrons back into the eigenstate |k, s⟩.

    Averages as in `collision_average`. Electrons: (ħ/2) d⟨σ·N⟩/dt between collisions plus the jump at each, per time;
    magnetization: as in `angular_momentum_flow`, averaged; lattice: the opposite of the jumps, (ħ/2)(σ·N before the
    collision − after)/τ. Returns `AngularMomentumFlow` of numbers in eV.
    """
    check.instance("run", run, Evolution)
    J, tau = check.positive("J", J, "eV"), check.positive("tau", tau, "fs")
    weights = _weights_since_collision(run, tau)
    normal = _spiral_rates(as_texture(run.texture))[2]
    along = run.spin @ normal
    jump = hbar/2 * (along[0] - weights @ along) / tau
    between = hbar/2 * weights @ _time_derivative(along, run.times[1] - run.times[0])
    return AngularMomentumFlow(between + jump, weights @ _torque_on_m(run.spin, normal, J), -jump)


def _weights_since_collision(run, tau):
    check.instance("run", run, Evolution)
    tau = check.positive("tau", tau, "fs")
    check.finite("run.spin", run.spin, shape=(None, 3))
    since, step = run.times - run.times[0], run.times[1] - run.times[0]
    if since[-1] < 12*tau or step > tau/10:
        raise ValueError(f"tau must be at most a twelfth of the run of {since[-1]:g} fs, and at least ten of its "
                         f"steps of {step:g} fs; got {tau:g} fs")
    # the exact weights of a spin that is linear between two instants
    decay = np.exp(-step / tau)
    weights = np.exp(-since / tau) * (1 - decay) * tau / step * (1/decay - 1)
    weights[0] = 1 - (1 - decay) * tau / step
    return weights / weights.sum()


class _System(_Motion):
    """What the solvers share: a run of one electron, b(t) on a fine grid, operators that interpolate it."""

    def __init__(self, band, texture, field, k, times, s, J):
        import qutip

        super().__init__(band, texture, field, k, times, s, J)
        self.check_turns(_MOST_TURNS_OF_QUTIP)
        turns = 2*self.J / hbar * (self.times[-1] - self.times[0]) / (2*np.pi)
        self.nodes = np.linspace(self.times[0], self.times[-1], int(min(20_000, 200 + _POINTS_PER_TURN * turns)))
        self.on_nodes = self.b(self.nodes)
        self.unit = self.on_nodes / np.linalg.norm(self.on_nodes, axis=-1, keepdims=True)
        self.pauli = [qutip.sigmax(), qutip.sigmay(), qutip.sigmaz()]

    def operator(self, vectors):
        """σ·v(t) for vectors (nodes, 3), interpolated between the nodes by cubic splines."""
        import qutip

        parts = [[matrix, qutip.coefficient(np.ascontiguousarray(v), tlist=self.nodes)]
                 for matrix, v in zip(self.pauli, vectors.T) if np.any(v != 0)]
        return qutip.QobjEvo(parts)

    def density_matrix(self):
        import qutip

        return (qutip.qeye(2)
                + self.s * sum((n * matrix for n, matrix in zip(self.unit[0], self.pauli)), 0 * self.pauli[0])) / 2

    def evolution(self, spin):
        return Evolution(self.times, self.reached, spin, self.eigenspin(), self.texture)


def _options(tolerance):
    tolerance = check.positive("tolerance", tolerance)
    return {"method": "adams", "rtol": tolerance, "atol": tolerance * 1e-3, "nsteps": 10_000_000, "progress_bar": ""}


def _time_derivative(values, step):
    inner = central_difference(lambda n: values[2 + n : len(values) - 2 + n], step)
    edges = np.gradient(values, step, edge_order=2)
    return np.concatenate([edges[:2], inner, edges[-2:]])


def _torque_on_m(spin, normal, J):
    """−∂(J⟨σ⟩·m)/∂(angle about N) for spins (n, 3) on the axes on which m = (0, 0, 1); eV."""
    from scipy.spatial.transform import Rotation

    angle = 1e-4
    ahead, behind = (Rotation.from_rotvec(sign * angle * normal).apply((0.0, 0.0, 1.0)) for sign in (1, -1))
    return -J * spin @ (ahead - behind) / (2*angle)


def _gain_of_the_lattice(run, normal, rate):
    if rate == 0:
        return np.zeros(len(run.times))
    qutip = check.optional("qutip", "open-systems", "angular_momentum_flow")
    pauli = [qutip.sigmax(), qutip.sigmay(), qutip.sigmaz()]

    def along(v):
        return sum((c * matrix for c, matrix in zip(v, pauli)), 0 * pauli[0])

    gain = []
    for spin, n in zip(run.spin, run.eigenspin):
        rho = (qutip.qeye(2) + along(spin)) / 2
        change = qutip.lindblad_dissipator(np.sqrt(rate/2) * along(n)) @ qutip.operator_to_vector(rho)
        gain.append(-hbar/2 * (along(normal) * qutip.vector_to_operator(change)).tr().real)
    return np.array(gain)
