"""Numbers for metals: ranges in order, τ and β_int at their corners, and what measured β says of them."""

import numpy as np
import pytest

from torquelib._validate import ImplausibleValueWarning
from torquelib.materials import MATERIALS, MEASURED_BETA, Metal
from torquelib.units import SI_E, SI_HBAR, SI_M_E, SI_MU_B


def metal(**change):
    return Metal(**{**dict(name="X", Ms=8e5, splitting=(1.0, 2.0), resistivity=(1e-7, 3e-7),
                           density=(8e28, 1.6e29), alpha=(0.002, 0.003)), **change})


def test_ranges_are_the_corners():
    """ħ/2Jτ with τ = m/ne²ρ is ħ n e²ρ/2Jm, largest for a dirty film with many carriers and little splitting."""
    def beta(splitting, resistivity, density):
        return SI_HBAR * density * SI_E**2 * resistivity / (splitting * SI_E * SI_M_E)

    assert metal().beta_int() == pytest.approx((beta(2.0, 1e-7, 8e28), beta(1.0, 3e-7, 1.6e29)))
    shortest, longest = metal().tau()
    assert shortest == pytest.approx(SI_M_E / (1.6e29 * SI_E**2 * 3e-7) * 1e15)
    assert longest == pytest.approx(6 * shortest)


@pytest.mark.parametrize("name, lattice, moment, conductivity", [  # atoms in a volume in nm³, μ_B an atom at 0 K, S/m
    ("Fe", 2 / 0.28665**3, 2.22, 1.04e7), ("Co", 2 / (np.sqrt(3)/2 * 0.2507**2 * 0.4069), 1.72, 1.60e7),
    ("Ni", 4 / 0.3524**3, 0.616, 1.44e7), ("Permalloy", 4 / 0.355**3, 1.0, 6.7e6)])
def test_the_table_against_lattice_moment_and_conductivity(name, lattice, moment, conductivity):
    """Half to two carriers an atom; the magnetization of its moments, a little less when it is warm; the bulk's
    resistivity."""
    metal, atoms = next(m for m in MATERIALS if m.name == name), lattice * 1e27
    assert metal.density == pytest.approx((atoms / 2, 2 * atoms), rel=0.02)
    assert 0.92 < metal.Ms / (moment * SI_MU_B * atoms) < 1.01
    assert metal.resistivity[0] == pytest.approx(1 / conductivity, rel=0.03)


def test_single_numbers():
    one = metal(splitting=1.0, resistivity=1e-7, density=8 * 10**28, alpha=0.01)
    assert one.splitting == (1.0, 1.0) and one.density == (8e28, 8e28) and hash(one)
    assert one.beta_int()[0] == one.beta_int()[1]
    assert metal(splitting=np.array([1.0, 2.0])) == metal()
    with pytest.raises(TypeError, match="alpha must be numeric; got 'small'"):
        metal(alpha="small")


def test_measured_beta_names_a_metal_and_a_paper():
    for entry in MEASURED_BETA:
        assert entry.metal in [known.name for known in MATERIALS]
        assert 0 < entry.error < entry.value and entry.source[-5:-1].isdigit()


@pytest.mark.parametrize("change, words", [
    ({"Ms": np.nan}, "Ms must be finite"), ({"Ms": 0.0}, r"Ms must lie in \(0, inf\) A/m"),
    ({"splitting": (2.2, 1.5)}, r"splitting must be a number or \(lowest, highest\); got \(2.2, 1.5\)"),
    ({"resistivity": (1e-7, 2e-7, 3e-7)}, "resistivity must be a number or"),
    ({"density": (0.0, 1e28)}, "density must lie above 0 1/m³; got 0"),
    ({"splitting": np.nan}, "splitting must be finite"),
    ({"alpha": (-0.1, 0.1)}, "alpha must lie above 0")])
def test_bad_input(change, words):
    with pytest.raises(ValueError, match=words):
        metal(**change)


@pytest.mark.parametrize("change, words", [
    ({"resistivity": (10.0, 30.0)}, "resistivity is taken in Ω m: 10 Ω m"),
    ({"density": 80.0}, "density is taken in 1/m³"),
    ({"Ms": 1.0}, "Ms is taken in A/m"), ({"splitting": 1.6e-19}, "splitting is taken in eV")])
def test_numbers_in_another_unit_are_noticed(change, words):
    with pytest.warns(ImplausibleValueWarning, match=words):
        metal(**change)
