"""Execute notebooks and store the text outputs that nbval compares: ``python book/tools/outputs.py [NOTEBOOK ...]``.

Without a name: every notebook of the book. With ``--clean`` nothing is executed. Pictures and widgets are left out, so
a stored notebook is small and a diff of it shows a change of physics, not of pixels. Execution counts are all 1:
without one nbval takes a cell for unrun.
"""

import os
import re
import sys
from pathlib import Path

import nbformat
from execution import execute

BOOK = Path(__file__).resolve().parents[1]
CELL_METADATA = ("tags", "mystnb", "slideshow")
SOLUTION = re.compile(r"\{solution-(start|end)\}")

# The second cell of each notebook, not shown on pages.
ALONE = '''\
# A chapter alone, outside the book's folder, says what it lacks.
from importlib.util import find_spec

missing = [name for name in ("torquelib", "figures") if not find_spec(name)]
if missing:
    raise ModuleNotFoundError(
        "This notebook belongs to the book “Intrinsic spin torque” and lacks "
        + " and ".join(missing) + ", which stand in the book's repository. "
        "Get the repository and run `make lab` there. Where you have only this "
        "notebook, as on Colab, run these lines first, with the address that "
        "it came from:\\n\\n!git clone https://github.com/… torque\\n"
        "%pip install './torque[drawing,open-systems,demag,sweeps]'\\n"
        "%cd torque/book")'''


def text_outputs(outputs, where):
    """Return `outputs` reduced to standard output and text/plain."""
    kept = []
    for output in outputs:
        if output.output_type == "stream":
            if output.name == "stderr":
                raise SystemExit(f"{where} writes to stderr, which a stored notebook must not hold:\n{output.text}")
            kept.append(nbformat.v4.new_output("stream", name=output.name, text=output.text))
        elif "text/plain" in output.get("data", {}):
            kept.append(nbformat.v4.new_output(output.output_type, data={"text/plain": output.data["text/plain"]}))
    return kept


def clean(notebook, name, chapter=True):
    """Reduce `notebook` to what is stored, in place; solutions are closed in JupyterLab as they are on the pages."""
    if chapter:
        if notebook.cells[1].get("id") != "alone":
            notebook.cells.insert(1, nbformat.v4.new_code_cell(id="alone", metadata={"tags": ["remove-cell"]}))
        notebook.cells[1].source = ALONE
    inside = False
    for index, cell in enumerate(notebook.cells):
        cell.metadata = {key: cell.metadata[key] for key in CELL_METADATA if key in cell.metadata}
        marks = SOLUTION.findall(cell.source) if cell.cell_type == "markdown" else []
        text = cell.cell_type == "code" or SOLUTION.sub("", cell.source).strip(" :\n")
        if inside and text or "remove-cell" in cell.metadata.get("tags", []):
            cell.metadata["jupyter"] = {"source_hidden": True}
        if cell.cell_type == "code":
            cell.outputs = text_outputs(cell.outputs, f"{name}, cell {index}")
            for numbered in (cell, *(output for output in cell.outputs if "execution_count" in output)):
                numbered.execution_count = 1  # the same everywhere, so that an inserted cell changes no other
            if inside and cell.outputs:
                cell.metadata["jupyter"]["outputs_hidden"] = True
        inside = marks[-1] == "start" if marks else inside
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
        **({"myst": notebook.metadata["myst"]} if "myst" in notebook.metadata else {}),  # the page's description
    }


def main(arguments):
    os.environ["TORQUELIB_MEDIUM"] = "text"
    run = "--clean" not in arguments
    names = [name for name in arguments if name != "--clean"]
    for path in map(Path, names or sorted(map(str, BOOK.glob("*.ipynb")))):
        notebook = nbformat.read(path, as_version=4)
        if run:
            print(path, flush=True)
            execute(notebook, path.resolve().parent)
        clean(notebook, path.name, chapter=path.resolve().parent == BOOK)
        nbformat.write(notebook, path)


if __name__ == "__main__":
    main(sys.argv[1:])
