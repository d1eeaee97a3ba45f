"""torquelib stands alone, imports lightly, and the lists of dependencies agree."""

import json
import os
import pkgutil
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

import torquelib

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
MODULES = [module.name for module in pkgutil.walk_packages(torquelib.__path__, "torquelib.")]
NAME = re.compile(r"^[A-Za-z0-9_.-]+")


def names(requirements):
    return {NAME.match(line).group().lower() for line in requirements if NAME.match(line)}


def run(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)


def test_pure_layers_import_with_numpy_scipy_and_numba_alone():
    optional = sorted(names(sum(PROJECT["optional-dependencies"].values(), [])))
    pure = [name for name in MODULES if not name.startswith("torquelib.drawing")]
    result = run(
        f"import sys\nfor name in {optional}: sys.modules[name] = None  # an import of it fails\n"
        f"import importlib, torquelib\nfor name in {pure}: importlib.import_module(name)"
    )
    assert result.returncode == 0, result.stderr


def test_import_is_light():
    heavy = ["numpy", "numba", "scipy", "matplotlib", "qutip", "IPython"]
    result = run(f"import sys, torquelib\nprint([name for name in {heavy} if name in sys.modules])")
    assert result.stdout.strip() == "[]", result.stdout + result.stderr


def test_no_module_loads_pyplot_or_qutip():
    modules = [*MODULES, *(f"figures.{path.stem}" for path in (ROOT / "book/figures").glob("[a-z]*.py"))]
    result = run(f"import sys\nsys.path.append('book')\nfrom importlib import import_module\n"
                 f"for name in {modules}: import_module(name)\n"
                 "print([name for name in ('matplotlib.pyplot', 'qutip') if name in sys.modules])")
    assert result.stdout.strip() == "[]", result.stdout + result.stderr


def test_direct_dependencies_of_the_library_are_the_books():
    extras = dict(PROJECT["optional-dependencies"])
    for theirs in ("ubermag", "tables"):  # exports to what a reader has already: a solver with VTK and more, pandas
        extras.pop(theirs)
    library = names(PROJECT["dependencies"] + sum(extras.values(), []))
    lines = (ROOT / "requirements.in").read_text(encoding="utf-8").split("# --- the book")[0].splitlines()
    assert names(lines) == library


def test_who_installs_by_pip_is_told_all_extras_that_the_chapters_use():
    used = set(PROJECT["optional-dependencies"]) - {"ubermag", "tables"}
    for page in ("README.md", "book/teaching_guide.md"):
        told = re.search(r"pip install '[^'\[]*\[([\w,-]+)\]'", (ROOT / page).read_text(encoding="utf-8"))[1]
        assert set(told.split(",")) == used, page


def test_every_direct_dependency_is_pinned():
    pins = {}
    for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines():
        if NAME.match(line):
            pin = re.fullmatch(r"([A-Za-z0-9_.-]+)==([^ ;]+)( ;.*)?", line)
            assert pin, line
            assert pin[1].lower() not in pins, f"{pin[1]} has two versions"
            pins[pin[1].lower()] = pin[2]
    direct = names((ROOT / "requirements.in").read_text(encoding="utf-8").splitlines())
    assert direct <= set(pins)


def test_reference_page_lists_every_module():
    listed = set(re.findall(r"automodule:: torquelib\.(\S+)", "".join(
        page.read_text(encoding="utf-8") for page in (ROOT / "book/reference").glob("*.md"))))
    modules = {module.name.removeprefix("torquelib.")
               for module in pkgutil.walk_packages(torquelib.__path__, "torquelib.")
               if not module.ispkg and "._" not in module.name}
    assert {name for name in modules - listed if not name.startswith("llg.")} <= {"drawing.arrows"}


def test_the_example_of_the_readme_runs():
    example = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.S)[1]
    result = run(example)
    position = [float(number) for number in re.findall(r"[-\d.]+", result.stdout)]
    assert len(position) == 11 and position == sorted(position) and 5 < position[-1] < 20, result.stdout + result.stderr


def test_version_is_that_of_the_package():
    assert torquelib.__version__ == PROJECT["version"]
    result = run("import sys, torquelib\nprint('importlib.metadata' in sys.modules, torquelib.__version__)")
    assert result.stdout.split() == ["False", PROJECT["version"]], result.stderr


@pytest.mark.thorough
def test_kernels_give_the_same_torque_without_the_compiler():
    """The quick first answer of CONTRIBUTING.md."""
    tests = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/llg/test_engine.py", "-k", "torque"]
    result = subprocess.run(tests, capture_output=True, text=True, cwd=ROOT,
                            env={**os.environ, "NUMBA_DISABLE_JIT": "1"})
    assert result.returncode == 0, result.stdout


def test_every_place_names_the_same_versions_of_python():
    first, beyond = map(int, re.findall(r"3\.(\d+)", PROJECT["requires-python"]))
    versions = [f"3.{minor}" for minor in range(first, beyond)]
    script = ROOT / "book/tools/find_python.sh"
    assert f"(3, {first}) <= sys.version_info < (3, {beyond})" in script.read_text(encoding="utf-8")
    none = subprocess.run(["sh", script], capture_output=True, text=True, env={**os.environ, "PYTHON": "/no/python"})
    assert none.returncode == 1 and none.stdout == ""
    for words in (none.stderr, (ROOT / "README.md").read_text(encoding="utf-8")):
        assert f"{', '.join(versions[:-1])} or {versions[-1]}" in words
    tests = yaml.safe_load((ROOT / ".github/workflows/tests.yml").read_text(encoding="utf-8"))
    assert tests["jobs"]["book"]["strategy"]["matrix"]["python"] == versions
    assert (ROOT / "runtime.txt").read_text(encoding="utf-8").strip().removeprefix("python-") in versions


def test_citation_files_agree():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    zenodo = json.loads((ROOT / ".zenodo.json").read_text(encoding="utf-8"))
    assert (citation["title"], citation["keywords"]) == (zenodo["title"], zenodo["keywords"])
    assert [author["name"] for author in citation["authors"]] == [creator["name"] for creator in zenodo["creators"]]
    assert zenodo["license"] == citation["license"] == PROJECT["license"]
    assert citation["version"] == PROJECT["version"]
    paper = citation["references"][0]
    assert [related["identifier"] for related in zenodo["related_identifiers"]] == [
        paper["doi"], paper["identifiers"][0]["value"]]
    cited = (ROOT / "book/references.bib").read_text(encoding="utf-8").split("@")[1]
    assert "{kim_intrinsic," in cited
    for field in ("title", "journal", "volume", "year", "doi"):
        assert re.search(rf"^  {field} += {{(.*)}}", cited, re.MULTILINE)[1] == str(paper[field]), field


def test_workflows_run_make_targets_that_exist():
    """What the workflows do can be done, and is tested, on a laptop: every step of ours is a make target."""
    targets = set(re.findall(r"^([a-z-]+(?: [a-z-]+)*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    targets = {name for names in targets for name in names.split()}
    ran = []
    for path in (ROOT / ".github/workflows").glob("*.yml"):
        for job in yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"].values():
            versions = [row["versions"] for row in job.get("strategy", {}).get("matrix", {}).get("include", [])
                        if "versions" in row]
            for command in (step["run"] for step in job["steps"] if "run" in step):
                if command.startswith("sudo apt-get"):  # not Chromium: Ubuntu has it as a snap, the runners bring one
                    packages = command.split("--no-install-recommends ")[1]
                    assert packages == "$(sed -n 's/^LATEX := //p' Makefile)", packages
                elif command.startswith("test "):  # the tag
                    for tag, code in ((f"v{PROJECT['version']}", 0), ("v0", 1)):
                        environment = {**os.environ, "GITHUB_REF_NAME": tag}
                        assert subprocess.run(["sh", "-c", command], cwd=ROOT, env=environment).returncode == code
                elif not command.startswith("gh release"):
                    ran += [command.replace("${{ matrix.versions }}", version) for version in versions or [""]]
    assert {"make test PYTHON=python", "make test-newest PYTHON=python"} <= set(ran)
    for command in ran:
        words = command.split()
        assert words[0] == "make" and words[-1] == "PYTHON=python" and set(words[1:-1]) <= targets, command


def test_the_examples_of_contributing_run(tmp_path):
    """Those of the book as it is; that of a new LLG term with its lines of the kernel, in a copy of the library, where
    torque and energy agree."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    examples = re.findall(r"```(diff)?(?(1)(.*?)```.*?```)python\n(.*?)```", text, re.S)
    assert [kind for kind, *_ in examples].count("diff") == 1 and len(examples) > 4
    for kind, diff, example in examples:
        if not kind:
            result = run(example)
        else:
            shutil.copytree(ROOT / "torquelib", tmp_path / "torquelib", ignore=shutil.ignore_patterns("__pycache__"))
            subprocess.run(["git", "apply", "--recount", "-"], input=diff.lstrip("\n"), text=True, cwd=tmp_path,
                           check=True)
            result = subprocess.run([sys.executable, "-c", example], capture_output=True, text=True, cwd=tmp_path,
                                    env={**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(tmp_path)})
            assert float(result.stdout) < 1e-7, result.stderr
            assert "lacks cubic" in run(example).stderr
        assert result.returncode == 0, example + result.stderr


def test_contributing_and_readme_name_what_exists():
    for page in ("CONTRIBUTING.md", "README.md"):
        text = (ROOT / page).read_text(encoding="utf-8")
        for name in re.findall(r"`((?:torquelib|book|tests|benchmarks)/[\w./]*)", text):
            name = re.sub(r"/(ch)?NN_?(\.(py|md))?$", "", name)
            assert (ROOT / name).exists(), f"{page} names {name}"
        for target in re.findall(r"(?:`|^ {4})make ([a-z]+(?:-[a-z]+)*)", text, re.M):
            assert re.search(rf"^(.* )?{target}(:| .*:)", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M), target
