"""Argument checks: what is allowed passes unchanged, the rest is refused with argument, value and what is allowed."""

import numpy as np
import pytest

from torquelib import _validate as check


def test_allowed_values_pass():
    assert check.finite("k", [1, 2], shape=(2,)).dtype == float
    assert check.finite("k", np.ones((4, 3, 2)), shape=(..., 2)).shape == (4, 3, 2)
    assert check.finite("k", np.ones((4, 2)), shape=(None, 2)).shape == (4, 2)
    assert check.number("x", np.float64(2), minimum=0, maximum=2) == 2.0
    assert check.positive("x", 1e-300) > 0 and check.nonnegative("x", 0) == 0
    assert check.integer("n", np.int64(3)) == 3
    assert check.choice("order", "first", ("first", "exact")) == "first"
    assert check.band_index("s", 1.0) == 1 and check.band_index("s", -1) == -1
    assert check.unit_vectors("m", [[0, 0.6, 0.8]]).shape == (1, 3)
    assert check.hermitian("H", [[1, 2j], [-2j, 3]]).dtype == complex


@pytest.mark.parametrize("call, error, message", [
    (lambda: check.finite("k", "a"), TypeError, "k must be numeric; got 'a'"),
    (lambda: check.finite("k", [1, np.nan]), ValueError, r"k must be finite; got \[ 1. nan\]"),
    (lambda: check.finite("k", np.ones(3), shape=(..., 2)), ValueError, r"k must have shape \(\.\.\., 2\); got \(3,\)"),
    (lambda: check.finite("k", np.ones(3), shape=(None, 3)), ValueError, r"k must have shape \(n, 3\); got \(3,\)"),
    (lambda: check.number("x", [1, 2]), ValueError, r"x must be a single number; got shape \(2,\)"),
    (lambda: check.number("x", 3, unit="nm", minimum=0, maximum=2), ValueError, r"x must lie in \[0, 2\] nm; got 3 nm"),
    (lambda: check.positive("x", 0.0, "eV"), ValueError, r"x must lie in \(0, inf\) eV; got 0 eV"),
    (lambda: check.nonnegative("x", -1), ValueError, r"x must lie in \[0, inf\]; got -1"),
    (lambda: check.integer("n", 2.0), TypeError, "n must be an integer; got 2.0"),
    (lambda: check.integer("n", True), TypeError, "n must be an integer; got True"),
    (lambda: check.integer("n", 0, minimum=1), ValueError, "n must be at least 1; got 0"),
    (lambda: check.choice("a", 3, (1, 2)), ValueError, "a must be one of 1, 2; got 3"),
    (lambda: check.band_index("s", [1, -1]), ValueError, r"s must be \+1 \(minority\) or -1 \(majority\)"),
    (lambda: check.band_index("s", 0), ValueError, r"got 0"),
    (lambda: check.unit_vectors("m", [0, 0, 2]), ValueError, "m must hold unit vectors"),
    (lambda: check.hermitian("H", [[1, 1j], [1j, 1]]), ValueError, "H must be hermitian"),
])
def test_refused_values(call, error, message):
    with pytest.raises(error, match=message):
        call()
