"""Copy the notebooks into work/, where a reader runs, changes and saves them: ``python book/tools/copies.py``.

Tests compare the book's own notebooks with what they store, so a reader must not save into them. A copy that the
reader has saved is kept; one left alone follows the book. JupyterLab knows one notebook at a time: what refers to other
pages, to figures, exercises and papers is written out in the copies. On Binder, where nothing is compared, the book's
own notebooks are written so: ``python book/tools/copies.py book``.
"""

import json
import re
import sys
from functools import cache
from pathlib import Path

from pybtex.database import parse_file

ROOT = Path(__file__).resolve().parents[2]
ROLE = re.compile(r"\{(ref|doc|term|cite|cite:t)\}`(?:([^`<]*?)\s*<([^`>]*)>|([^`]*))`")


def cells(path):
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        return [{"cell_type": "markdown", "metadata": {}, "source": text}]
    try:
        return json.loads(text)["cells"]
    except ValueError:
        return []


@cache
def targets(book):
    """What a label leads to: (words, file)."""
    found = {}
    for path in sorted([*book.glob("*.md"), *book.glob("*.ipynb")]):
        chapter, figures, exercises = re.match(r"(\d\d)_", path.name), 0, 0
        for cell in cells(path):
            text = "".join(cell["source"])
            names = [name for name in [*cell["metadata"].get("tags", ()), cell.get("id", "")]
                     if name.startswith("fig-")]
            for name in names:
                figures += 1
                found[name] = (f"Figure {int(chapter[1])}.{figures}" if chapter else f"Figure {figures}", path.name)
            if cell["cell_type"] != "markdown":
                continue
            found.update({label: (title, path.name) for label, title in
                          re.findall(r"^\(([\w-]+)\)=\n+#+ (.+)$", text, re.MULTILINE)})
            if title := re.search(r"^# (.+)$", text, re.MULTILINE):
                found.setdefault(path.stem, (title[1], path.name))
            for label in re.findall(r"\{exercise\}[^\n]*\n:label: ([\w-]+)", text):
                exercises += 1
                found[label] = (f"Exercise {int(chapter[1])}.{exercises}", path.name)
    return found


@cache
def papers(book):
    """Key of a paper → (its authors as the text names them, year)."""
    found = {}
    for key, entry in parse_file(book / "references.bib").entries.items():
        names = [" ".join(person.prelast_names + person.last_names) for person in entry.persons.get("author", ())]
        more = " et al." if len(names) > 2 else f" and {names[1]}" if len(names) == 2 else ""
        who = names[0] + more if names else key
        found[key] = (re.sub(r"[{}]", "", who), entry.fields.get("year", ""))
    return found


def written_out(text, book):
    """A notebook's text, with what JupyterLab cannot resolve written out."""
    def role(match):
        kind, words, target = match[1], match[2], match[3] or match[4]
        if kind == "term":
            return words or target
        if kind.startswith("cite"):
            form = "{} ({})" if kind == "cite:t" else "{}, {}"
            listed = ("; " if kind == "cite" else ", ").join(form.format(*papers(book)[key.strip()])
                                                             for key in target.split(","))
            return listed if kind == "cite:t" else f"[{listed}](bibliography.md)"
        title, file = targets(book).get(target, (words or target, f"{target}.md"))
        return f"[{words or title}]({file})"
    notebook = json.loads(text)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            text = re.sub(r'<a href="\.\./talks/[^"]*">(.*?)</a>', r"[\1](talks.md)", "".join(cell["source"]))
            cell["source"] = ROLE.sub(role, text).splitlines(keepends=True)
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def copy(book, work):
    """Copy the notebooks of the folder `book` into `work`, and make its `figures` importable there."""
    copied = work / ".copied"  # what was copied last: a copy that differs from it is the reader's
    copied.mkdir(parents=True, exist_ok=True)
    figures = work / "figures"
    if not figures.is_symlink():
        figures.symlink_to(book / "figures", target_is_directory=True)
    for original in sorted(book.glob("*.ipynb")):
        mine, last = work / original.name, copied / original.name
        text = written_out(original.read_text(encoding="utf-8"), book)
        before = last.read_text(encoding="utf-8") if last.exists() else None
        if mine.exists() and mine.read_text(encoding="utf-8") != before:
            if text != before:
                print(f"{original.name} of the book has changed; yours is kept. Delete {mine} for the new one.")
            continue
        mine.write_text(text, encoding="utf-8")
        last.write_text(text, encoding="utf-8")
    for page in book.glob("*.md"):                          # what the copies link to
        (work / page.name).write_text(page.read_text(encoding="utf-8"), encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:] == ["book"]:
        texts = {path: written_out(path.read_text(encoding="utf-8"), ROOT / "book")
                 for path in (ROOT / "book").glob("*.ipynb")}
        for path, text in texts.items():
            path.write_text(text, encoding="utf-8")
    else:
        copy(ROOT / "book", ROOT / "work")
