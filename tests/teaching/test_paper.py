"""The printed book, where `make pdf` has made it: nothing juts out or is missing, fonts are embedded, links lead on."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PDF = ROOT / "_build/latex/book.pdf"
WIDEST = 5.0  # pt beyond the margin


@pytest.fixture(scope="module")
def log():
    if not PDF.exists():
        pytest.skip("make pdf has not run")
    return PDF.with_suffix(".log").read_text(encoding="utf-8", errors="replace").replace("\n", " ")


def test_nothing_juts_out_and_no_sign_is_missing(log):
    assert [size for size in re.findall(r"Overfull \\[hv]box \(([\d.]+)pt", log) if float(size) > WIDEST] == []
    assert re.findall(r"Missing character: There is no (\S+)", log) == []


def test_links_lead_to_a_page(log):
    assert re.findall(r"Reference `([^']*)' on page", log) == []
    assert re.findall(r"Citation `([^']*)' on page", log) == []
    assert re.findall(r"Label `([^']*)' multiply defined", log) == []


def test_figures_are_drawings(log):
    tex = PDF.with_suffix(".tex").read_text(encoding="utf-8")
    names = re.findall(r"\\sphinxincludegraphics(?:\[[^]]*\])?\{\{\w+\}(\.\w+)\}", tex)
    assert len(names) > 80 and set(names) == {".pdf"}


def test_it_keeps_its_own_store_of_what_was_read(log):
    """So that `make book` and `make pdf` do not read all pages again after each other."""
    assert (ROOT / "_build/.doctrees-latex/environment.pickle").exists()


@pytest.mark.skipif(not shutil.which("pdffonts"), reason="needs poppler-utils")
def test_fonts_are_embedded_and_all_chapters_are_there(log):
    fonts = subprocess.run(["pdffonts", PDF], capture_output=True, text=True, check=True).stdout.splitlines()[2:]
    assert len(fonts) > 5 and {line.split()[-5] for line in fonts} == {"yes"}
    text = subprocess.run(["pdftotext", PDF, "-"], capture_output=True, text=True, check=True).stdout
    assert [n for n in range(1, 15) if f"Chapter {n}\n" not in text] == [] and "page ??" not in text
    title = text.split("\f")[0]
    assert "Intrinsic spin torque" in title and "Kyung-Jin Lee" in title and "Version" in title
    main, solutions = re.split(r"\fBack matter\n", text)
    assert "Solution to Exercise" not in main and "Solution on page" in main
    assert [n for n in range(1, 15) if f"Solution to Exercise {n}.1" not in solutions] == []
    assert text.count("𝝈") > 100  # bold, as on the page
