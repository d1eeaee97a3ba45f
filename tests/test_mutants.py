"""The tool behind ``make mutants``: what it changes, and that each change is still Python."""

import ast

import pytest
from mutants import ROOT, Places, covering

MODULES = sorted(f.relative_to(ROOT) for f in (ROOT / "torquelib").rglob("*.py") if f.name != "__init__.py")


def changed(source):
    return {(source.encode()[:start] + other.encode() + source.encode()[end:]).decode()
            for start, end, other in Places(source).found}


def test_signs_factors_powers_limits_and_arguments_change():
    assert changed("-a*b") == {"(a)*b", "-a/b"}
    assert changed("x**2 <= y") == {"x*2 <= y", "x**(2*2) <= y", "x**2 < y"}
    assert changed("f(é, k)") == {"f(k, é)"}
    assert changed("np.minimum(a, b)") == set()
    assert changed("def f(a: int = 3): return (a) + (\nb)") == {
        "def f(a: int = (2*3)): return (a) + (\nb)", "def f(a: int = 3): return (a) - (\nb)"}
    assert changed("raise ValueError(f'{1 + 1}')") == set()


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_changes_are_still_python_and_tests_exist(module):
    source = (ROOT / module).read_bytes()
    for start, end, other in Places(source.decode()).found[::25]:
        ast.parse(source[:start] + other.encode() + source[end:])
    if "drawing" not in module.parts:
        assert all((ROOT / name).exists() for name in covering(module))
