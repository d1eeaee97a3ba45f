"""A decimal number in the prose of a notebook stands on a cell: it is printed by one, or it is an input of one."""

import json
import re
from pathlib import Path

import pytest

BOOK = Path(__file__).resolve().parents[2] / "book"
NOTEBOOKS = sorted(BOOK.glob("*.ipynb"))
NUMBER = re.compile(r"(?<![\w.])(\d+\.\d+)(?:\s*\\(?:times|cdot)\s*10\^\{?(-?\d+)\}?)?(?![\w.]*\d)")
NO_QUANTITY = (
    r"```.*?```", r"\{cite[^`]*`[^`]*`", r"\]\([^)]*\)", r"https?://\S+", r"\\tag\{[^}]*\}",
    r"\(\d+\.\d+\)", r"\{(?:ref|eq|doc)\}`[^`]*`", r"(?:[Ee]xercises?|[Cc]hapters?|[Ss]ections?)[ ~]\d+\.\d+",
)


def text_of(cell):
    outputs = cell.get("outputs", [])
    shown = ["".join(out.get("text", out.get("data", {}).get("text/plain", ""))) for out in outputs]
    return "\n".join(["".join(cell["source"]), *shown])


def stray_numbers(cells):
    """Decimals in markdown ``cells`` that no code cell states and no output rounds to (as they are, or in per cent)."""
    code = "\n".join(text_of(cell) for cell in cells if cell["cell_type"] == "code")
    known = [abs(float(n)) for n in re.findall(r"\d+\.?\d*(?:[eE][-+]?\d+)?", code.replace("_", ""))]
    for cell in cells:
        prose = text_of(cell) if cell["cell_type"] == "markdown" else ""
        for pattern in NO_QUANTITY:
            prose = re.sub(pattern, " ", prose, flags=re.DOTALL)
        for number, power in NUMBER.findall(prose):
            of_ten = 10.0 ** int(power or 0)
            unit = 0.5000001 * 10.0 ** -len(number.split(".")[1]) * of_ten
            if not any(abs(value * scale - float(number) * of_ten) <= unit for value in known
                       for scale in (1, 100, 0.01)):
                yield f"{number}e{power}" if power else number


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_numbers_in_prose_are_printed_or_put_in(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    assert sorted(set(stray_numbers(cells))) == []


def test_a_stray_number_is_found():
    code = {"cell_type": "code", "source": ["x = 0.25"], "outputs": [{"text": ["y = 1.2345\n"]}]}
    prose = {"cell_type": "markdown", "source": [
        r"A wall of 0.287 nm, 0.25 eV, (7.16), about 1.23 or 25.0 %, $2.5\times10^{-1}$ but $2.5\times10^{-5}$."]}
    assert list(stray_numbers([code, prose])) == ["0.287", "2.5e-5"]
