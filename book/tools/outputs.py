"""Execute notebooks and store the text outputs that nbval compares: ``python book/tools/outputs.py [NOTEBOOK ...]``.

Without arguments: every notebook of the book. Pictures and widgets are left out, so a stored notebook is small and a
diff of it shows a change of physics, not of pixels. Execution counts are all 1: without one nbval takes a cell for unrun.
"""

import os
import sys
from pathlib import Path

import nbformat
from execution import execute

BOOK = Path(__file__).resolve().parents[1]
CELL_METADATA = ("tags", "mystnb", "slideshow")


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


def fill(path):
    """Execute the notebook at `path` in its own folder and write it back with clean text outputs."""
    notebook = nbformat.read(path, as_version=4)
    execute(notebook, path.parent)
    for index, cell in enumerate(notebook.cells):
        cell.metadata = {key: cell.metadata[key] for key in CELL_METADATA if key in cell.metadata}
        if cell.cell_type == "code":
            cell.outputs = text_outputs(cell.outputs, f"{path.name}, cell {index}")
            cell.execution_count = 1  # the same everywhere, so that an inserted cell changes no other
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
        **({"myst": notebook.metadata["myst"]} if "myst" in notebook.metadata else {}),  # the page's description
    }
    nbformat.write(notebook, path)


if __name__ == "__main__":
    os.environ["TORQUELIB_MEDIUM"] = "text"
    for notebook in map(Path, sys.argv[1:] or sorted(map(str, BOOK.glob("*.ipynb")))):
        print(notebook, flush=True)
        fill(notebook.resolve())
