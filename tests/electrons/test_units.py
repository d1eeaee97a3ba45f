"""Units: the electrons' constants from CODATA, by hand, and relations between the two systems."""

import pytest

from torquelib import units


def test_constants_in_ev_nm_fs():
    assert units.hbar == pytest.approx(0.6582119569, rel=1e-9)        # eV fs
    assert units.m_e == pytest.approx(5.6856301, rel=1e-7)            # eV fs²/nm² = 510.99895 keV/(299.792458 nm/fs)²
    assert units.m_e == pytest.approx(510998.95 / 299.792458**2, rel=1e-8)
    assert units.e == 1


def test_ev_nm_fs_and_si_describe_the_same_electron():
    # ħ²/m_e in eV nm² and in J m²
    ratio = units.SI_HBAR**2 / units.SI_M_E
    assert units.hbar**2 / units.m_e * units.SI_E * 1e-18 == pytest.approx(ratio, rel=1e-12, abs=0)


def test_magnet_constants():
    assert units.SI_MU_B == pytest.approx(units.SI_E * units.SI_HBAR / (2 * units.SI_M_E), rel=1e-8, abs=0)
    assert units.SI_GAMMA == pytest.approx(1.7588e11, rel=1e-4)       # g = 2, rad/(s T)
    assert units.SI_MU_B == pytest.approx(units.SI_GAMMA * units.SI_HBAR / 2, rel=1e-12, abs=0)
    assert units.SI_MU_0 == pytest.approx(1.25663706e-6, rel=1e-8)
