"""The rules that hold between modules, as pyproject.toml states them: arrows one way, one style, hints that agree."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import grimp
import pytest

import torquelib

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
CHECKS = {
    "layers": ["lint-imports", "--no-cache", "--no-logo"],
    "style": ["ruff", "check", "--no-cache", "."],
    "types": ["mypy"],
}


@pytest.mark.parametrize("command", CHECKS.values(), ids=CHECKS)
def test_the_rules_hold(command):
    result = subprocess.run([BIN / command[0], *command[1:]], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_contract_is_the_order_that_the_library_states():
    stated = torquelib.__doc__.split("holds this):")[1].split("Submodules")[0].split("→")
    rules = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    layers = rules["contracts"][0]["layers"]
    contract = [set(re.findall(r"\w+", layer)) - {"_validate", "_compiler"} for layer in reversed(layers)]
    assert contract == [set(re.findall(r"\w+", layer)) for layer in stated]


def test_the_drawings_of_chapters_know_no_physics():
    """Arrays in, a figure out."""
    graph = grimp.build_graph("figures", "torquelib", cache_dir=None)
    modules = graph.find_descendants("figures")
    allowed = re.compile(r"(torquelib\.(drawing|units)|figures)\b")
    found = {module: imported for module in modules
             if (imported := [name for name in graph.find_modules_directly_imported_by(module)
                              if not allowed.match(name)])}
    assert modules and found == {}
