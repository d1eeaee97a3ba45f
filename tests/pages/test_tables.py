"""Tables of computed beside expected: what they compare, and how they show it."""

import re

import numpy as np
import pytest

from torquelib.drawing.tables import check, table, written


def marks(shown):
    return [line[-1] for line in repr(shown).splitlines() if line[-1] in "✓✗"]


def test_text_is_aligned_and_says_what_was_expected():
    shown = check({"width (nm)": (9.94, 10.0), "velocity (m/s)": (-44.7, -45.0)}, ".1f", rtol=0.01)
    assert repr(shown) == (
        "                 computed   expected\n"
        "width (nm)            9.9       10.0   ✓\n"
        "velocity (m/s)      -44.7      -45.0   ✓"
    )


@pytest.mark.parametrize(
    "pair, tolerance, mark",
    [
        ((1.004, 1.0), {}, "✓"),  # written alike
        ((1.006, 1.0), {}, "✗"),
        ((-1e-9, 0.0), {}, "✓"),  # zero has no sign
        ((1.02, 1.0), {"rtol": 0.03}, "✓"),
        ((1.02, 1.0), {"rtol": 0.01}, "✗"),
        ((0.02, 0.0), {"rtol": 0.5}, "✗"),
        ((0.02, 0.0), {"atol": 0.03}, "✓"),
        ((np.nan, 1.0), {"rtol": 0.1}, "✗"),
        (([1.0, 2.0], [1.0, 2.0]), {}, "✓"),
        (([1.0, 2.0], [1.0, 2.2]), {"rtol": 0.05}, "✗"),
        ((np.array([1.0, -2.0]), np.array([1.0, -2.05])), {"rtol": 0.05}, "✓"),
    ],
)
def test_the_mark_compares_the_numbers(pair, tolerance, mark):
    assert marks(check({"x": pair}, ".2f", **tolerance)) == [mark]


@pytest.mark.parametrize("value, spec, text", [
    (1674.0, ".3g", "1670"), (1674.0, "+.2g", "+1700"), (-2e4, ".2g", "-20000"),
    (2e6, ".2g", "2e+06"), (1674.0, ".2e", "1.67e+03"), (-1e-9, ".2f", "0.00")])
def test_numbers_below_a_million_need_no_power_of_ten(value, spec, text):
    assert written(value, spec) == text


def test_a_truth_needs_no_number():
    shown = check({"U†U = 1": np.bool_(True), "U(L) = U(0)": False})
    assert repr(shown).splitlines() == ["U†U = 1       ✓", "U(L) = U(0)   ✗"]
    assert repr(check({"L = 20 nm": True}, label="equal")).splitlines() == ["equal", "L = 20 nm   ✓"]
    mixed = check({"holds": True, "size": (2.0, 2.0)})
    assert marks(mixed) == ["✓", "✓"] and 'colspan="3">holds' in mixed.html()


def test_columns_beyond_the_second_are_shown_only():
    shown = check({"γ = 1": (1.333, 1.333, 1.667)}, ".3f", columns=("computed", "expected", "quoted"))
    assert marks(shown) == ["✓"] and "1.667" in repr(shown)


def test_a_table_without_marks():
    shown = table({"Fe": (0.5, "a – b"), "Ni": (12.25, "c")}, ("τ (fs)", "range"), (".1f", "g"), label="metal")
    assert repr(shown).splitlines()[0].split() == ["metal", "τ", "(fs)", "range"]
    assert "12.2" in repr(shown) and "✓" not in repr(shown) and 'class="mark"' not in shown.html()


def test_html_names_rows_marks_and_escapes():
    html = check({"a < b": (-1.5, -1.5), "c": (1.0, 2.0)}, ".1f").html()
    assert '<th scope="row">a &lt; b</th><td>−1.5</td>' in html
    assert re.findall(r'aria-label="(\w+)">(.)<', html) == [("agrees", "✓"), ("differs", "✗")]


def test_what_each_medium_gets(monkeypatch):
    shown = check({"x": (1.0, 1.0)})
    monkeypatch.setenv("TORQUELIB_MEDIUM", "text")
    assert set(shown._repr_mimebundle_()) == {"text/plain"}
    monkeypatch.setenv("TORQUELIB_MEDIUM", "page")
    assert set(shown._repr_mimebundle_()) == {"text/plain", "text/html"}


def test_wrong_rows():
    with pytest.raises(ValueError, match="rows must hold at least one row; got none"):
        check({})
    with pytest.raises(ValueError, match="row 'x' must have 2 values, one a column; got 3"):
        check({"x": (1.0, 1.0, 1.0)})
    with pytest.raises(ValueError, match=r"a cell must hold a number, numbers in a row or a word; got shape \(2, 2\)"):
        table({"x": (np.eye(2),)}, ("a",))


def test_it_fits_a_phone(browser):
    page = browser.new_page(viewport={"width": 390, "height": 800})
    vector = np.array([-0.123, 0.456, -0.789])
    shown = check({"Dresselhaus, m = [0.48, 0.6, 0.64], E ∥ x": (vector, vector), "u = 15 m/s": (44.7, 44.7)}, ".3f")
    page.set_content(f"<!doctype html><main>{shown.html()}</main>")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate("document.querySelector('.torque-table').scrollWidth"
                         "<= document.querySelector('.torque-table').clientWidth")
    page.close()
