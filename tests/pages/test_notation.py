"""The table of symbols in Conventions holds each letter of each numbered equation, for its chapter, and no other."""

import json
import re
from pathlib import Path

import pytest

BOOK = Path(__file__).resolve().parents[2] / "book"
CHAPTERS = sorted(BOOK.glob("[0-9][0-9]_*.ipynb"))
DISPLAYED = re.compile(r"\$\$.*?\$\$|\\begin\{align\*\}.*?\\end\{align\*\}", re.DOTALL)
WORDS = (r"\\(?:text|mathrm|operatorname|tag|label)\s*\{[^{}]*\}|\\(?:begin|end)\{[^{}]*\}|\\(?:mathrm|rm)\s*[A-Za-z]+"
         r"|\{\\rm[^{}]*\}")
INDEX = r"[_^]\s*(?:\\[A-Za-z]+|.)"
LETTER = re.compile(r"\\(mathbf|boldsymbol|mathcal)\s*\{?\s*(\\?[A-Za-z]+?)(?![a-z])|\\([A-Za-z]+)|([A-Za-z])")
NO_LETTERS = set("""
    left right big bigl bigr Big Bigl Bigr Bigg quad qquad cr frac tfrac dfrac sqrt int oint sum prod cdot times partial
    nabla to approx equiv propto pm mp dots cdots ldots ll gg le ge leq geq ne neq simeq infty langle rangle in parallel
    perp cos sin tan arctan ln log exp sinh cosh tanh min max lim hat bar tilde dot ddot overline underbrace dagger
    longrightarrow rightarrow boxed displaystyle pi hbar mathbf boldsymbol mathcal lvert rvert""".split())


def letters(tex):
    """Return the letters of a formula, bold and script ones with their style, without indices, accents and words."""
    tex = re.sub(WORDS, " ", tex)
    bare = None
    while bare != tex:  # groups within groups
        bare, tex = tex, re.sub(r"_\s*\{[^{}]*\}", " ", tex)
    found = LETTER.findall(re.sub(INDEX, " ", tex))
    names = {f"{style} {styled}" if style else command or letter for style, styled, command, letter in found}
    return names - NO_LETTERS


def markdown(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")


def rows():
    """Return the rows of the table: letters, their chapters (None: all of them), and the row's words."""
    text = markdown(BOOK / "conventions.ipynb").split("\n## Symbols\n")[1]
    symbol = ""
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.startswith("| ") or cells[0] == "symbol":
            continue
        symbol, chapters = cells[0] or symbol, cells[-1]
        numbers = None
        if chapters != "all":
            spans = [[int(n) for n in part.split("–")] for part in chapters.split(",")]
            numbers = {n for span in spans for n in range(span[0], span[-1] + 1)}
        yield {name for tex in re.findall(r"\$([^$]+)\$", symbol) for name in letters(tex)}, numbers, line


TABLE = list(rows())


def chapter(path):
    return int(path.name[:2])


def test_the_table_is_read():
    assert len(TABLE) > 80 and all(names for names, _, _ in TABLE)
    assert ({r"boldsymbol \sigma", "theta", "E", "mathcal D"}
            == letters(r"\hat{\boldsymbol\sigma}_{\mathbf k_{x}}\cos\theta^2+E_\text{int}\,\mathcal D"))


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_each_letter_of_a_numbered_equation_is_in_the_table(path):
    known = {name for names, chapters, _ in TABLE if chapters is None or chapter(path) in chapters for name in names}
    numbered = [tex for tex in DISPLAYED.findall(markdown(path)) if r"\tag{" in tex and r"\tag{printed}" not in tex]
    assert numbered
    unknown = {re.search(r"\\tag\{(.*?)\}", tex)[1]: letters(tex) - known for tex in numbered}
    assert {number: names for number, names in unknown.items() if names} == {}


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_a_letter_is_in_each_chapter_that_the_table_names(path):
    formulas = re.findall(rf"{DISPLAYED.pattern}|\$[^$]+\$", markdown(path), re.DOTALL)
    used = letters(" ".join(formulas))
    named = [row for row in TABLE if row[1] and chapter(path) in row[1]]
    assert [line for names, _, line in named if not names & used] == []
