"""book/equations.yml is complete, and what it says exists."""

import ast
import json
import re
from pathlib import Path
from pkgutil import resolve_name

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
BOOK = ROOT / "book"
EQUATIONS = yaml.safe_load((BOOK / "equations.yml").read_text(encoding="utf-8"))
KEYS = ["number", "title", "chapter", "anchor", "callable", "check", "route", "status"]
EVIDENCE = ("callable", "check", "route")
NUMBERS = [*map(str, range(1, 27)), *(f"A{n}" for n in range(1, 11)), *(f"C{n}" for n in range(1, 7))]
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
    assert [entry["number"] for entry in EQUATIONS] == NUMBERS


@pytest.mark.parametrize("entry", EQUATIONS, ids=name)
def test_entry_is_well_formed(entry):
    assert list(entry) == KEYS
    assert entry["title"] and entry["chapter"] and entry["anchor"] == f"eq-{entry['number'].lower()}"
    assert entry["status"] in ("as printed", "corrected", "to come")
    filled = [key for key in EVIDENCE if entry[key]]
    assert filled == ([] if entry["status"] == "to come" else list(EVIDENCE)), "evidence and status disagree"


@pytest.mark.parametrize("entry", EQUATIONS, ids=name)
def test_anchor_stands_once_in_its_chapter_or_is_to_come(entry):
    target = f"({entry['anchor']})="
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
