"""Write the model answers, `teaching/answers.ipynb`, as one page for the lecturer: ``python book/tools/answers.py``.

The page, `_build/answers.html`, lies outside the built book and needs no other file: formulas are MathML.
"""

import html
import re
from pathlib import Path

import nbformat
from markdown_it import MarkdownIt
from mathematics import Typesetter

ROOT = Path(__file__).resolve().parents[2]
FORMULA = re.compile(r"\$\$(.+?)\$\$|\$(.+?)\$", re.DOTALL)
BOLD = re.compile(r'<mi mathvariant="bold[^"]*">(.)</mi>')
PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Model answers</title>
<style>
:root {{ color-scheme: light dark }}
body {{ font: 1.05rem/1.5 serif; max-width: 42em; margin: 2em auto; padding: 0 1em }}
pre {{ font-size: .8rem; overflow-x: auto; border-left: 3px solid; padding-left: 1em }}
h2 {{ break-after: avoid }} pre {{ break-inside: avoid }}
</style>
{body}
</html>
"""


def bold(letter):
    """Return `<mi mathvariant="bold…">` as a bold sign of its own: browsers take no other notice of the attribute."""
    sign = letter[1]
    first, plain = next((first, plain) for first, plain in ((0x1D41A, "a"), (0x1D400, "A"), (0x1D6C2, "α"))
                        if 0 <= ord(sign) - ord(plain) < 26)
    return f"<mi>{chr(first + ord(sign) - ord(plain))}</mi>"


def page(notebook):
    """Return the answers as HTML: prose, and what each cell prints with the code folded above it."""
    typesetter, markdown, parts = Typesetter(), MarkdownIt("commonmark", {"html": True}), []

    def mathml(formula):
        display = formula[1] is not None
        found = typesetter.typeset(formula[1] or formula[2], display)
        return BOLD.sub(bold, re.search(r"<math.*?</math>", found, re.DOTALL)[0])

    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            parts.append(markdown.render(FORMULA.sub(mathml, cell.source)))
        elif cell.outputs:
            printed = "".join(output.text for output in cell.outputs)
            parts.append(f"<details><summary>Code</summary><pre>{html.escape(cell.source)}</pre></details>\n"
                         f"<pre>{html.escape(printed)}</pre>\n")
    typesetter.close()
    return PAGE.format(body="".join(parts))


if __name__ == "__main__":
    target = ROOT / "_build" / "answers.html"
    target.parent.mkdir(exist_ok=True)
    target.write_text(page(nbformat.read(ROOT / "teaching" / "answers.ipynb", as_version=4)), encoding="utf-8")
    print(target)
