"""Each notebook is complete, and what it stores is small, clean and compared. nbval itself executes them."""

import json
import os
import re
import tomllib
from pathlib import Path

import nbformat
import nbval.kernel
import pytest
from execution import execute
from nbclient.exceptions import CellExecutionError
from outputs import clean

BOOK = Path(__file__).resolve().parents[2] / "book"
NOTEBOOKS = sorted(BOOK.glob("*.ipynb"))
CHAPTERS = [path for path in NOTEBOOKS if path.name[:2].isdigit()]
UNCOMPARED = {"nbval-ignore-output", "nbval-skip"}
LONGEST_CELL = 30  # lines; drawing and solving live in torquelib
LONGEST_LINE = 78  # characters; a page 1280 px wide cuts off what is longer
HIDDEN = {"hide-cell", "hide-input", "remove-cell", "remove-input"}
MACHINE_PATH = re.compile(r"(/home/|/root/|/Users/|/tmp/|[A-Z]:\\\\|site-packages)")
NUMBERED = re.compile(r"^\((eq-[ac]?\d+)\)=", re.MULTILINE)


def name(path):
    return path.stem


def cells(path, kind):
    return [cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == kind]


def markdown(path):
    return "\n\n".join("".join(cell["source"]) for cell in cells(path, "markdown"))


def test_there_are_chapters():
    assert len(CHAPTERS) >= 3


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name)
def test_at_most_a_quarter_of_the_code_cells_goes_uncompared(path):
    code = cells(path, "code")
    uncompared = [cell for cell in code if UNCOMPARED & set(cell["metadata"].get("tags", []))]
    assert len(uncompared) <= len(code) / 4


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name)
def test_stored_outputs_are_text_without_errors_or_machine_paths(path):
    ids = [cell["id"] for kind in ("markdown", "code") for cell in cells(path, kind)]
    assert len(set(ids)) == len(ids)
    for cell in cells(path, "code"):
        assert cell["execution_count"] == 1, "nbval compares only cells with a count, and 1 in all keeps diffs small"
        for output in cell["outputs"]:
            assert output["output_type"] != "error"
            assert output.get("name") != "stderr"
            assert set(output.get("data", {})) <= {"text/plain"}
            text = "".join(output.get("text", [])) + "".join(output.get("data", {}).get("text/plain", []))
            assert not MACHINE_PATH.search(text), text
            assert "object at 0x" not in text and not text.startswith("<Figure size"), "an output that says nothing"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name)
def test_stored_notebook_is_clean_and_its_solutions_are_closed(path):
    notebook = nbformat.read(path, as_version=4)
    clean(notebook, path.name)
    stored = path.read_text(encoding="utf-8")
    assert stored == nbformat.writes(notebook) + "\n", f"run: book/tools/outputs.py --clean {path}"
    for label in re.findall(r"\{solution-start\} (\S+)", markdown(path)):
        closed = [cell["metadata"].get("jupyter", {}).get("source_hidden") for cell in solution_cells(path, label)]
        assert closed and all(closed), f"JupyterLab shows the solution of {label}"


def test_notebook_alone_says_where_the_rest_is(tmp_path):
    notebook = nbformat.read(NOTEBOOKS[0], as_version=4)
    notebook.cells = notebook.cells[:2]  # the second is the same in all, see the test above
    with pytest.raises(CellExecutionError, match="lacks figures(.|\n)*make lab") as told:
        execute(notebook, tmp_path)
    clone, install, change = re.findall(r"^[!%].*", str(told.value), re.M)[-3:]
    project = tomllib.loads((BOOK.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    used = set(project["optional-dependencies"]) - {"ubermag", "tables"}
    assert set(re.search(r"\[([\w,-]+)\]'", install)[1].split(",")) == used
    (tmp_path / clone.split()[-1]).symlink_to(BOOK.parent)
    notebook.cells[1:1] = [nbformat.v4.new_code_cell(change)]
    execute(notebook, tmp_path)  # the lines lead to where all is


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name)
def test_code_cells_are_short(path):
    lengths = ["".join(cell["source"]).count("\n") + 1 for cell in cells(path, "code")]
    assert max(lengths, default=0) <= LONGEST_CELL


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name)
def test_code_lines_fit_the_page(path):
    shown = [cell for cell in cells(path, "code") if not HIDDEN & set(cell["metadata"].get("tags", []))]
    lines = [line for cell in shown for line in "".join(cell["source"]).splitlines()]
    assert [line for line in lines if len(line) > LONGEST_LINE] == []


@pytest.mark.parametrize("path", CHAPTERS, ids=name)
def test_chapter_has_all_its_elements(path):
    text = markdown(path)
    for element in ("You will be able to", "You need", "minutes", "## Take along"):
        assert element in text, f"no {element!r}"
    assert re.search(r"^\(ch-[a-z-]+\)=\n# ", text, re.MULTILINE), "no target before the title"
    assert re.search(r"class: (tip|question)", text), "no question to commit to"
    code = ["".join(cell["source"]) for cell in cells(path, "code")]
    assert sum("explore(" in source for source in code) >= 1, "no explorable"
    printed = "".join(
        "".join(output.get("text", [])) for cell in cells(path, "code") for output in cell["outputs"]
    )
    assert "expected" in printed, "no check prints computed beside expected"


@pytest.mark.parametrize("path", CHAPTERS, ids=name)
def test_each_figure_has_a_name_by_which_the_text_refers_to_it(path):
    figures = [cell for cell in cells(path, "code") for output in cell["outputs"]
               if "".join(output.get("data", {}).get("text/plain", "")).startswith("Figure:")]
    names = [next((tag for tag in cell["metadata"].get("tags", []) if tag.startswith("fig-")), cell["id"])
             for cell in figures]
    assert names and [one for one in names if f"{{ref}}`{one}`" not in markdown(path)] == []


@pytest.mark.parametrize("path", CHAPTERS, ids=name)
def test_exercises_have_executed_solutions(path):
    text = markdown(path)
    assert not re.search(r"\{exercise\}[ \t]*\n", text), "an exercise without a title"
    exercises = re.findall(r"\{exercise\}.*?\n:label: (\S+)", text)
    assert len(exercises) >= 4 and len(set(exercises)) == len(exercises)
    solved = re.findall(r"\{solution-start\} (\S+)", text)
    assert solved == exercises, "each exercise has its solution, in order"
    assert text.count("{solution-end}") == len(solved)
    for label in solved:
        assert solution_cells(path, label), f"the solution of {label} executes nothing"


def solution_cells(path, label):
    """Return the code cells between the start and the end of a solution."""
    inside, found = False, []
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code":
            found += [cell] if inside else []
        else:
            for mark in re.findall(r"\{solution-start\} \S+|\{solution-end\}", source):
                inside = mark.endswith(" " + label)
    return found


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name)
def test_numbered_equations_carry_the_papers_number(path):
    text = markdown(path)
    for anchor in NUMBERED.findall(text):
        number = anchor.removeprefix("eq-").upper()
        following = text.split(f"({anchor})=", 1)[1].lstrip()
        assert following.startswith(("$$", "\\begin{")), f"({anchor})= does not stand before an equation"
        assert re.search(r"\\tag\{(.*?)\}", following)[1] == number, f"({anchor})= has another tag"


@pytest.mark.skipif(os.name != "posix", reason="needs Unix sockets")
def test_kernels_of_notebooks_share_no_ports(tmp_path):
    """Two kernels that start at once must not race for TCP ports, neither in the build nor under nbval."""
    managers = [nbval.kernel.KernelManager(kernel_name="python3") for _ in range(2)]
    assert [manager.transport for manager in managers] == ["ipc", "ipc"]
    assert managers[0].ip != managers[1].ip

    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(
        "import ipykernel; print(ipykernel.get_connection_info(unpack=True)['transport'])")])
    execute(notebook, tmp_path)
    assert notebook.cells[0].outputs[0].text == "ipc\n"
