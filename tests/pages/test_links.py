"""Prose leads on: a cited equation to where it stands, the first use of a term to the glossary."""

import json
import re
from functools import lru_cache
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from glossary_links import WITHOUT_TERMS, pattern, terms

BOOK = Path(__file__).resolve().parents[2] / "book"
GLOSSARY = terms(BOOK / "glossary.md")
SILENT = ("a, pre, code, script, h1, h2, h3, h4, h5, h6, mjx-container, .cell, .admonition-title, .admonition.tip,"
          " .admonition.question")


def cells(path):
    """Return the text of a page's Markdown, and of its code."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        return text, ""
    found = json.loads(text)["cells"]
    return ["\n\n".join("".join(cell["source"]) for cell in found if cell["cell_type"] == kind)
            for kind in ("markdown", "code")]


PAGES = {path.stem: cells(path) for path in sorted(BOOK.glob("*")) if path.suffix in (".ipynb", ".md")}
TAGS = [(number, page) for page, (prose, _) in PAGES.items()
        for number in re.findall(r"\\tag\{(\d+\.\d+)\}", prose)]


@lru_cache
def words(path):
    """Return the prose of a built page, without what stands in links, code, formulas, titles and questions."""
    text = re.sub(r"<(mjx-container|svg)\b.*?</\1>", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    article = BeautifulSoup(text, "html.parser").find("article")
    for node in article.select(SILENT):
        node.decompose()
    return article.get_text()


def test_each_number_is_given_once_and_in_its_chapter():
    numbers = [number for number, _ in TAGS]
    assert len(numbers) == len(set(numbers)) > 100
    assert [tag for tag in TAGS if tag[1][:2].isdigit() and int(tag[1][:2]) != int(tag[0].split(".")[0])] == []


@pytest.mark.parametrize("page", PAGES)
def test_a_cited_equation_of_the_book_exists(page):
    prose, code = PAGES[page]
    prose = re.sub(r"\$\$.*?\$\$|\$[^$]*\$|`[^`]*`|\\tag\{.*?\}", " ", prose, flags=re.DOTALL)
    cited = re.findall(r"\((\d{1,2}\.\d{1,2})\)", prose) + re.findall(r"# .*?\((\d{1,2}\.\d{1,2})\)", code)
    assert set(cited) <= {number for number, _ in TAGS}


def test_every_number_in_prose_leads_to_its_equation(html):
    chapters = sorted((html / "book").glob("[0-9]*.html"))
    assert len(chapters) >= 10
    assert {path.name: found for path in chapters if (found := re.findall(r"\(\d{1,2}\.\d{1,2}\)", words(path)))} == {}
    assert sum(len(re.findall(r'href="[^"]*#eq-\d+-\d+"', path.read_text(encoding="utf-8"))) for path in chapters) > 200


def test_every_entry_of_the_glossary_is_linked_where_it_first_occurs(html):
    """A page on which a term occurs links it, and some page links each."""
    unlinked, unused = [], {entry[0] for entry in GLOSSARY}
    for path in sorted((html / "book").glob("*.html")):
        if path.stem in WITHOUT_TERMS:
            continue
        text = path.read_text(encoding="utf-8")
        for entry in GLOSSARY:
            target = re.sub(r"[^\w.]+", "-", entry[0].encode("ascii", "ignore").decode())
            if f'glossary.html#term-{target}"' in text:
                unused.discard(entry[0])
            elif pattern([entry]).search(words(path)):
                unlinked.append((path.stem, entry[0]))
    assert unlinked == []
    assert unused == set()
