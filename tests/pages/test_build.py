"""The build on other people's machines: folders that move, long paths, few processors, two builds at once."""

import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import copies
import execution
import nbformat
import pytest
import torque_book

ROOT = Path(__file__).resolve().parents[2]
BOOK = ROOT / "book"


def make(folder, *arguments):
    return subprocess.run(["make", *arguments], cwd=folder, capture_output=True, text=True)


@pytest.fixture
def installed(tmp_path):
    """A folder with the Makefile and an environment that counts as installed."""
    folder = tmp_path / "a book"
    (folder / ".venv/bin").mkdir(parents=True)
    for name in ("Makefile", "requirements.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    (folder / ".venv/bin/python").symlink_to(sys.executable)
    (folder / ".venv/.installed").write_text(f"{folder.resolve()}\n")
    (folder / ".venv/.ready").touch()
    assert make(folder, "-q", ".venv/.ready").returncode == 0
    return folder


def rebuilds(folder):
    return "-m venv .venv" in make(folder, "-n", ".venv/.ready").stdout


@pytest.mark.parametrize("transfer", [shutil.move, lambda old, new: shutil.copytree(old, new, symlinks=True)],
                         ids=["renamed", "copied"])
def test_an_environment_of_another_folder_is_made_anew(installed, transfer):
    assert not rebuilds(installed)
    other = installed.with_name("another book")
    transfer(installed, other)
    assert rebuilds(other)


def test_an_environment_whose_python_has_gone_is_made_anew(installed):
    (installed / ".venv/bin/python").unlink()
    (installed / ".venv/bin/python").symlink_to("/usr/bin/python-that-was-here")
    assert rebuilds(installed)


def test_a_script_belongs_to_the_module_that_bears_its_name():
    names = {module: {file.name for file in execution.files_of(f"torquelib.drawing{module}")}
             for module in ("", ".live", ".explorable", ".tables")}
    assert {"live.py", "live.js", "live_sea.js", "live_sea.html"} <= names[".live"]
    assert {"explorable.py", "explorable.js", "explorable.css"} == names[".explorable"]
    assert (names[""], names[".tables"]) == ({"__init__.py"}, {"tables.py"})


def test_kernels_start_where_the_folder_for_temporary_files_has_a_long_name(tmp_path, monkeypatch):
    long = tmp_path / ("t" * 129)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    monkeypatch.setenv("TMPDIR", str(long))
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("print(6 * 7)")])
    execution.execute(notebook, tmp_path)
    assert notebook.cells[0].outputs[0].text == "42\n"


def test_no_more_kernels_than_processors_that_the_build_may_use(monkeypatch):
    monkeypatch.setenv("JOBS", "3")
    assert execution.jobs() == 3
    if hasattr(os, "sched_setaffinity"):
        code = ("import os; os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])\n"
                "import execution; print(execution.jobs())")
        result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True,
                                env={**os.environ, "JOBS": "", "PYTHONPATH": os.pathsep.join(sys.path)})
        assert result.stdout == "1\n", result.stderr


@pytest.mark.parametrize("jobs", ["", "1000", "1"])
def test_what_runs_together_shares_the_processors(jobs):
    code = "import execution, os, joblib; print(os.environ['OPENBLAS_NUM_THREADS'], joblib.cpu_count())"
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    result = subprocess.run([sys.executable, "-c", code], cwd=BOOK / "tools", capture_output=True, text=True,
                            check=True, env={**environment, "JOBS": jobs})
    threads, cores = map(int, result.stdout.split())
    assert threads == (cores if jobs == "1" else 1)


def test_a_second_build_of_a_folder_waits_for_the_first(tmp_path):
    app = SimpleNamespace(outdir=str(tmp_path / "_build" / "html"))
    torque_book.lock_folder(app)
    with open(tmp_path / "_build" / "building", "a") as second:
        with pytest.raises(BlockingIOError):
            fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)
        app.torquelib_lock.close()
        fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)


def notebook(text):
    return json.dumps({"cells": [{"cell_type": "markdown", "id": "a", "metadata": {}, "source": text}]})


def test_lab_opens_copies_and_keeps_those_that_a_reader_saved(tmp_path, capsys):
    book, work = tmp_path / "book", tmp_path / "work"
    (book / "figures").mkdir(parents=True)
    for name in ("1.ipynb", "2.ipynb"):
        (book / name).write_text(notebook("old"))
    copies.copy(book, work)
    assert (work / "figures").resolve() == book / "figures"
    (work / "1.ipynb").write_text("a reader's")
    for name in ("1.ipynb", "2.ipynb"):
        (book / name).write_text(notebook("new"))
    copies.copy(book, work)
    assert (work / "1.ipynb").read_text() == "a reader's" and '"new"' in (work / "2.ipynb").read_text()
    assert "1.ipynb of the book has changed; yours is kept." in capsys.readouterr().out
    (work / "1.ipynb").unlink()
    copies.copy(book, work)
    assert '"new"' in (work / "1.ipynb").read_text() and "new" in (book / "1.ipynb").read_text()


def test_in_the_copies_what_refers_to_other_pages_is_written_out():
    """JupyterLab shows a mark of warning for each reference that it cannot resolve."""
    def written(text):
        return "".join(json.loads(copies.written_out(notebook(text), BOOK))["cells"][0]["source"])
    assert written("see {ref}`ch-domain-walls`") == "see [Domain walls](10_domain_walls.ipynb)"
    assert written("{ref}`ten <ch08-live>`; {doc}`errata`") == "[ten](08_what_survives.ipynb); [Errata](errata.md)"
    assert written("{ref}`fig-missed-turn`") == "[Figure 1.4](01_electrons_in_a_texture.ipynb)"
    assert written("{ref}`ex-lean`") == "[Exercise 1.1](01_electrons_in_a_texture.ipynb)"
    assert written("{cite}`Tatara1997,kim_intrinsic`") == (
        "[Tatara and Fukuyama, 1997; Kim et al., 2015](bibliography.md)")
    assert written("{cite:t}`kim_intrinsic`, {term}`spin`") == "Kim et al. (2015), spin"
    for path in sorted(BOOK.glob("*.ipynb")):
        text = path.read_text(encoding="utf-8")
        used = [match[3] or match[4] for match in copies.ROLE.finditer(text) if match[1] in ("ref", "doc")]
        assert set(used) <= set(copies.targets(BOOK))
        cells = json.loads(copies.written_out(text, BOOK))["cells"]
        assert not any(re.search(r"\{(ref|doc|term|cite)", "".join(cell["source"]))
                       for cell in cells if cell["cell_type"] == "markdown"), path.name


def test_values_in_docstrings_are_code_and_keep_their_quotes():
    lines = ['form "text" or `f("a", b)`, `record["m"]` ("binary 4"); "without corrections" in `Current`\'s m_x']
    torque_book.docstring_as_written(None, "", None, None, None, lines)
    assert lines == [r"form \ ``" '"text"' r"``\  or \ ``" 'f("a", b)' r"``\ , \ ``" 'record["m"]' r"``\  (\ ``"
                     '"binary 4"' r'``\ ); "without corrections" in \ ``Current``\ ’s m\_x', ""]
