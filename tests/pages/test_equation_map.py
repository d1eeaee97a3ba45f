"""book/equations.yml is complete, and what it says exists."""

import ast
import json
import re
from pathlib import Path
from pkgutil import resolve_name

import pytest
import yaml
from equation_map import formula
from numbers_of_equations import MENTION, TAG, anchor_of

ROOT = Path(__file__).resolve().parents[2]
BOOK = ROOT / "book"
EQUATIONS = yaml.safe_load((BOOK / "equations.yml").read_text(encoding="utf-8"))
KEYS = ["number", "title", "chapter", "anchor", "callable", "check", "route", "status"]
EVIDENCE = ("callable", "check", "route")
NUMBERS = [*map(str, range(1, 27)), *(f"A{n}" for n in range(1, 11)), *(f"C{n}" for n in range(1, 7))]
OWN = [entry for entry in EQUATIONS if "." in entry["number"]]
DONE = [entry for entry in EQUATIONS if entry["status"] != "to come"]


def name(entry):
    return f"({entry['number']})"


def chapter_source(stem):
    """Return the Markdown of a page, or None if the page does not exist yet."""
    if (BOOK / f"{stem}.md").exists():
        return (BOOK / f"{stem}.md").read_text(encoding="utf-8")
    if (BOOK / f"{stem}.ipynb").exists():
        cells = json.loads((BOOK / f"{stem}.ipynb").read_text(encoding="utf-8"))["cells"]
        return "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    return None


def test_every_numbered_equation_is_listed_once_in_order():
    assert [entry["number"] for entry in EQUATIONS if entry not in OWN] == NUMBERS
    own = [entry["number"] for entry in OWN]
    assert own == sorted(set(own), key=lambda number: [int(part) for part in number.split(".")])


@pytest.mark.parametrize("entry", EQUATIONS, ids=name)
def test_entry_is_well_formed(entry):
    assert list(entry) == KEYS
    assert entry["title"] and entry["chapter"] and entry["anchor"] == anchor_of(entry["number"])
    allowed = {"the book's own", "the standard problem's"} if entry in OWN else {"as printed", "corrected", "to come"}
    assert entry["status"] in allowed
    filled = [key for key in EVIDENCE if entry[key]]
    assert filled == ([] if entry["status"] == "to come" else list(EVIDENCE)), "evidence and status disagree"


@pytest.mark.parametrize("entry", EQUATIONS, ids=name)
def test_anchor_stands_once_in_its_chapter_or_is_to_come(entry):
    target = f"\\tag{{{entry['number']}}}" if entry in OWN else f"({entry['anchor']})="
    pages = {path.stem: (chapter_source(path.stem) or "").count(target) for path in BOOK.glob("[a-z0-9]*.*")}
    found = {stem: count for stem, count in pages.items() if count}
    assert found == ({} if entry["status"] == "to come" else {entry["chapter"]: 1})


@pytest.mark.parametrize("entry", DONE, ids=name)
def test_callable_exists(entry):
    assert entry["callable"].startswith("torquelib.")
    assert callable(resolve_name(entry["callable"]))


@pytest.mark.parametrize("entry", DONE, ids=name)
def test_check_exists(entry):
    file, *names = entry["check"].split("[")[0].split("::")
    assert re.match(r"tests/\w+/test_\w+\.py$", file) and names
    node = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    for wanted in names:
        node = next((n for n in node.body if getattr(n, "name", None) == wanted), None)
        assert node is not None, f"no {wanted} in {file}"
    assert names[-1].startswith("test_")


def test_the_books_own_numbers_stand_once_and_every_mention_has_its_equation():
    pages = {path.stem: chapter_source(path.stem) or "" for path in BOOK.glob("[a-z0-9]*.*")}
    own = [number for text in pages.values() for number in TAG.findall(text) if "." in number]
    assert len(own) > 80 and sorted({number for number in own if own.count(number) > 1}) == []
    for stem, text in pages.items():
        chapter = re.match(r"0*([1-9]\d*)_", stem)
        mentioned = MENTION.findall(re.sub(r"\$[^$]*\$", "", text)) if chapter else []
        here = {number for number in mentioned if number.split(".")[0] == chapter[1]}
        assert here - set(own) == set(), stem


def test_an_equation_of_several_lines_is_shown_whole():
    """The number may stand at any line; where several do, each has the lines up to its own."""
    lines = [r"\begin{align*} x={}&a\\", r"&+b\tag{6}\\", r"&-c . \end{align*}"]
    assert formula("".join(lines), "6") == r"\begin{aligned}x={}&a\\&+b\\&-c .\end{aligned}"
    pair = r"\begin{align*}x&=a\\&+b,\tag{1}\\y&=c.\tag{2}\end{align*}"
    assert formula(pair, "1") == r"\begin{aligned}x&=a\\&+b,\end{aligned}"
    assert formula(pair, "2") == r"\begin{aligned}y&=c.\end{aligned}"


def test_the_map_shows_every_equation_and_leads_to_the_line_of_its_code(html):
    page = (html / "book" / "equation_map.html").read_text(encoding="utf-8")
    rows = re.findall(r'<li[^>]*>\s*<p><a class="number.*?</li>', page, re.DOTALL)
    numbers = [re.search(r'<a class="number[^>]*>\((.*?)\)</a>', row)[1] for row in rows]
    assert numbers[:42] == NUMBERS and len(numbers) > 120 and len(set(numbers)) == len(numbers)
    entries = {entry["number"]: entry for entry in EQUATIONS}
    for number, row in zip(numbers, rows):
        assert '<div class="math' in row and "mjx-labels" not in row, number
        status = re.search(r'class="status">(.*?)<', row)[1].replace("’", "'")
        entry = entries.get(number)
        assert status == (entry["status"] if entry else "the book's own"), number
        if entry:
            address, anchor = re.search(r'<a class="code[^"]*" href="\.\./([^"#]*)#([^"]*)"', row).groups()
            code = (html / address).read_text(encoding="utf-8")
            start = code.index(f'id="{anchor}"')
            name = anchor.rpartition(".")[2]
            assert re.search(rf'<span class="n[cf]">{name}</span>', code[start:start + 600]), entry["callable"]
