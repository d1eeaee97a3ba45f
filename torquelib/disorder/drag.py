"""What a texture that is not coplanar takes from a current: the drag of its emergent field.

Electron side: eV, nm, fs. The spin of a band's electrons follows m, and its Berry phase acts on them like a magnetic
field along z, ħ dk/dt ∋ −s (ħ/2) Ω v × ẑ with

    Ω = m·(∂_x m × ∂_y m),

the curl (2.8) of A^m. It bends a current along x to either side. The sideways current feels the field in its turn, and
the force on it points against the current; on the texture acts the opposite force. In two textures Ω alternates with
the pitch p: in `textures.RashbaTexture` along x, the current's direction, and in `textures.DresselhausTexture` along y.
To first order in the electric field E e^{ηt} along x and second in Ω, with one lifetime τ for all directions,
Boltzmann's equation for f = f_1 + f_2, f_1 = −eE v_x (−f')/γ, γ = 1/τ + η, is

    (γ + v·∇) f_2 = ⟨f_2⟩/τ − (s/2) Ω (ħ/γ) (M_xx⁻¹ v_y − M_xy⁻¹ v_x) eE (−f'),

⟨f_2⟩ the mean over the Fermi line, since impurities keep the number of electrons, and the force on the texture
J ∫ s·∂_x m = Σ_ks s (ħ/2) ∫ Ω f_2 v_y, s the spin density. Along x ⟨f_2⟩ = 0; along y electrons pile up where the
sideways current ends, until they hold it back. For free electrons slow against pvτ the force is
−(ħ²/4) eE n/(mγ)² ∫ Ω² along x, and 0 along y. No spin is lost anywhere: impurities need only take up momentum.
"""

import numpy as np
from numpy.typing import ArrayLike

from .. import _validate as check
from ..bands import BandLike
from ..response.fermi_sea import FermiDirac, _coarsest_step, _warn_if_coarse
from ..units import e, hbar
from .bloch_spiral import _on_lattice, _zone


def emergent_drag(band: BandLike, p: float, *, J: float, E_F: float, kT: float, tau: ArrayLike, eta: float = 0.0,
                  axis: str = "x", points: int = 512) -> float:
    """∫ s·∂_x m / ∫|∂_x m|² per field along x, in (1/nm)/(V/nm): the part of `TexturedTorus.along_slope` that comes
    with the emergent field of the texture with the pitch ``p`` in 1/nm. (3) has `intrinsic_response`/p.

    ``band`` a two-dimensional lattice, even in k_x and in k_y; ``J``, ``E_F``, ``kT`` in eV; ``tau`` in fs, above zero,
    one for both bands or two, majority first, inf without impurities; ``eta`` in 1/fs, not negative, above zero if tau
    is inf; ``axis`` "x" for `RashbaTexture`, whose Ω varies along the current, "y" for `DresselhausTexture`. The sum
    runs over ``points``² k-points. Holds where electrons follow m, ħvp ≪ 2J, and where the emergent field bends them
    little between collisions, ħp²/2m ≪ γ. Warns (`response.CoarseGridWarning`) if the Fermi function falls too fast for
    the points. Raises ValueError outside what is said.
    """
    band, p = _on_lattice(band), check.number("p", p, unit="1/nm")
    axis = check.choice("axis", axis, ("x", "y"))
    J, kT = check.positive("J", J, "eV"), check.positive("kT", kT, "eV")
    E_F, eta = check.number("E_F", E_F, unit="eV"), check.nonnegative("eta", eta, "1/fs")
    if np.shape(tau) not in ((), (2,)):
        raise ValueError(f"tau must be one number or two, majority first; got shape {np.shape(tau)}")
    rates = eta + np.array([0.0 if t == np.inf else 1 / check.positive("tau", t, "fs") for t in np.ravel(tau)])
    if np.any(rates == 0):
        raise ValueError("eta must be above zero where tau is inf; got 0")
    if p == 0:                                                                    # no texture: (0/0)·0 below
        return 0.0
    k, vectors = _zone(band, points, None)
    energy, v, mass = band._energy(k), band._velocity(k), band._inverse_mass(k)
    if not all(np.allclose(band._energy(k * flip), energy, rtol=1e-9, atol=1e-12) for flip in ([-1, 1], [1, -1])):
        raise ValueError(f"band must be even in k_x and in k_y; {type(band).__name__} is not")
    distribution = FermiDirac(E_F, kT)
    _warn_if_coarse(_coarsest_step(energy, v, vectors / points, J, distribution), distribution)
    cell = abs(np.linalg.det(vectors)) / (2*np.pi * points)**2                    # d²k/(2π)²
    turned = mass[..., 0, 0] * v[..., 1] - mass[..., 0, 1] * v[..., 0]            # what the field makes of v_x
    sideways = 0.0
    for s, rate in zip((-1, 1), np.broadcast_to(rates, 2)):
        x = np.exp(-np.abs(energy + s*J - E_F) / kT)
        slope = x / (1 + x)**2 / kT                                               # −f'
        if not np.any(slope):                                                     # an empty band
            continue
        mean = lambda f, weight=slope: np.sum(weight * f) / np.sum(weight)
        along = 1j * p * v[..., "xy".index(axis)]
        path = rate + along
        piled = mean(turned / path) / mean((eta + along) / path)                  # 1 − ⟨1/path⟩/τ would cancel
        sideways += cell * np.sum(slope * v[..., 1] * (turned + (rate - eta) * piled) / path).real / rate
    share = {"x": p**2 / 2, "y": p**2}[axis]                                      # ∫Ω² / ∫|∂_x m|²
    return float(-hbar**2 / (4*J) * share * e * sideways)
