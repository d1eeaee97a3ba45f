"""The bibliography and the pages fit: what is cited is listed, and what is listed is cited."""

import re
from pathlib import Path

BOOK = Path(__file__).resolve().parents[2] / "book"
ENTRIES = dict(re.findall(r"@\w+\{([^,]+),(.*?)\n\}", (BOOK / "references.bib").read_text(encoding="utf-8"), re.DOTALL))
TEXT = "".join(path.read_text(encoding="utf-8") for path in BOOK.glob("*") if path.suffix in (".ipynb", ".md"))
CITED = {key.strip() for keys in re.findall(r"\{cite[^`]*`([^`]*)`", TEXT) for key in keys.split(",")}


def test_each_entry_is_cited_and_each_citation_has_an_entry():
    assert len(ENTRIES) > 80
    assert CITED - set(ENTRIES) == set()
    assert set(ENTRIES) - CITED == set()


def test_each_entry_has_author_title_and_year():
    lacking = {(key, field) for key, entry in ENTRIES.items() for field in ("author", "title", "year")
               if not re.search(rf"^\s*{field}\s*=\s*\{{[^}}]", entry, re.MULTILINE)}
    assert lacking == set()


def test_each_entry_can_be_found():
    """By its doi or arXiv number; of three old papers no identifier could be verified, volume and page lead there."""
    nameless = {key for key, entry in ENTRIES.items() if not re.search(r"\bdoi\s*=|arXiv:", entry)}
    assert nameless == {"Berger1984", "Petrovykh1998", "Sandratskii1991"}
    assert all(re.search(r"volume.*pages", ENTRIES[key], re.DOTALL) for key in nameless)
