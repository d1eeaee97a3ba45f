"""The anomalous Hall effect from the Fermi sea, from the Fermi line, and from the edges."""

import numpy as np
import pytest
from routes import PAULI

from torquelib.hall import QiWuZhang


@pytest.mark.parametrize("mass", [-1.5, -1.0, -0.5])
@pytest.mark.parametrize("E_F", [-2.2, -2.0, -1.8])
def test_sea_equals_surface_modulo_one(mass, E_F):
    """∫Ω over the occupied states against the Berry phase of the line that bounds them."""
    model = QiWuZhang(mass)
    difference = model.hall_sea(E_F=E_F, n=900) - model.hall_surface(E_F=E_F, n=900)
    assert abs(difference - round(difference)) < 1e-3
    assert abs(model.hall_surface(E_F=E_F, n=900)) > 0.02, "a test of zero against zero"


@pytest.mark.parametrize("mass", [pytest.param(-1.5, marks=pytest.mark.thorough), -1.0,
                                  pytest.param(-0.5, marks=pytest.mark.thorough)])
def test_filled_band_shows_at_the_edge(mass):
    """The sea's integer against the states that a strip's edge puts at the Fermi energy."""
    model = QiWuZhang(mass)
    assert model.hall_sea(E_F=-1e-3) == pytest.approx(-1, abs=1e-6)
    assert model.edge_channels(E_F=-0.1) == -1
    assert model.edge_channels(E_F=0.2) == -1


@pytest.mark.parametrize("mass", [-1.5, -1.0, -0.5])
@pytest.mark.parametrize("E_F", [0.0, 0.005, -0.005, 0.01, -0.01])
def test_edges_that_cross_between_two_wave_numbers(mass, E_F):
    """In mid-gap the states of both edges pass the Fermi energy within one interval of k_x, or at k_x = 0 itself."""
    model = QiWuZhang(mass)
    assert [model.edge_channels(E_F=E_F, n=n) for n in (37, 400, 401)] == [-1, -1, -1]


def test_no_channels_beyond_the_bands():
    assert QiWuZhang(-1.0).edge_channels(E_F=-3.5) == QiWuZhang(-1.0).edge_channels(E_F=4.0) == 0


def test_curvature_sum_against_kubo():
    """Ω summed over a partly filled band against Kubo's formula with numerical eigenvectors."""
    model, E_F, n = QiWuZhang(-1.0), -2.0, 200
    k = -np.pi + 2 * np.pi * (np.arange(n) + 0.5) / n
    kx, ky = map(np.ravel, np.meshgrid(k, k, indexing="ij"))
    H = np.einsum("ka,aij->kij", model.d(kx, ky), PAULI)
    step = 1e-5
    dHx = np.einsum("ka,aij->kij", (model.d(kx + step, ky) - model.d(kx - step, ky)) / (2 * step), PAULI)
    dHy = np.einsum("ka,aij->kij", (model.d(kx, ky + step) - model.d(kx, ky - step)) / (2 * step), PAULI)
    energy, u = np.linalg.eigh(H)
    vx, vy = u.conj().swapaxes(1, 2) @ dHx @ u, u.conj().swapaxes(1, 2) @ dHy @ u
    curvature = -2 * np.imag(vx[:, 0, 1] * vy[:, 1, 0]) / (energy[:, 1] - energy[:, 0]) ** 2
    kubo = -np.sum(curvature[energy[:, 0] <= E_F]) * (2 * np.pi / n) ** 2 / (2 * np.pi)
    assert model.hall_sea(E_F=E_F, n=n) == pytest.approx(kubo, rel=1e-6)


def test_bad_input():
    for mass in (0.5, 0.01, -2.01):
        with pytest.raises(ValueError, match=r"mass must lie in \(-2, 0\)"):
            QiWuZhang(mass)
    with pytest.raises(ValueError, match="mass"):
        QiWuZhang(np.nan)
    model = QiWuZhang(-1.0)
    with pytest.raises(ValueError, match="E_F.*-0.5"):
        model.fermi_line(E_F=-0.5)
    for mass, bottom, top in ((-0.7, -2.7, -1.3), (-1.6, -3.6, -1.6)):
        for E_F in (bottom - 0.01, top + 0.01):
            with pytest.raises(ValueError, match=rf"E_F must lie in \({bottom:g}, {top:g}\)"):
                QiWuZhang(mass).fermi_line(E_F=E_F)
        for E_F in (bottom + 0.01, (bottom + top) / 2, top - 0.01):
            k = QiWuZhang(mass).fermi_line(E_F=E_F)
            np.testing.assert_allclose(-np.linalg.norm(QiWuZhang(mass).d(*k.T), axis=-1), E_F, rtol=0, atol=1e-9)
    with pytest.raises(ValueError, match="E_F"):
        model.hall_sea(E_F=0.5)
    with pytest.raises(ValueError, match="n must be"):
        model.hall_sea(E_F=-2.0, n=2)
    with pytest.raises(ValueError, match="width"):
        model.edge_channels(E_F=0.1, width=1)
    with pytest.raises(ValueError, match="kx"):
        model.ribbon([np.nan], width=10)


@pytest.mark.parametrize("n", [0, -5, 2])
@pytest.mark.parametrize("method", ["hall_sea", "hall_surface", "fermi_line", "edge_channels"])
def test_too_few_points(method, n):
    with pytest.raises(ValueError, match=f"n must be at least 8; got {n}"):
        getattr(QiWuZhang(-1.0), method)(E_F=-1.5, n=n)
    with pytest.raises(TypeError, match="n must be an integer; got 2.5"):
        getattr(QiWuZhang(-1.0), method)(E_F=-1.5, n=2.5)


@pytest.mark.parametrize("at, error, message", [
    ((np.nan, 0.1), ValueError, "kx must be finite"), ((0.1, np.inf), ValueError, "ky must be finite"),
    ((0.1, 1j), TypeError, "ky must be real"), ((None, 0.1), TypeError, "kx must be numeric"),
    ((np.ones(2), np.ones(3)), ValueError, "kx, ky must broadcast")])
def test_bad_wave_vectors(at, error, message):
    with pytest.raises(error, match=message):
        QiWuZhang(-1.0).d(*at)
