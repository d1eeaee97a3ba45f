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
    assert [width for width in re.findall(r"Overfull \\hbox \(([\d.]+)pt", log) if float(width) > WIDEST] == []
    assert re.findall(r"Missing character: There is no (\S+)", log) == []


def test_links_lead_to_a_page(log):
    assert re.findall(r"Reference `([^']*)' on page", log) == []
    assert re.findall(r"Citation `([^']*)' on page", log) == []


@pytest.mark.skipif(not shutil.which("pdffonts"), reason="needs poppler-utils")
def test_fonts_are_embedded_and_all_chapters_are_there(log):
    fonts = subprocess.run(["pdffonts", PDF], capture_output=True, text=True, check=True).stdout.splitlines()[2:]
    assert len(fonts) > 5 and {line.split()[-5] for line in fonts} == {"yes"}
    text = subprocess.run(["pdftotext", PDF, "-"], capture_output=True, text=True, check=True).stdout
    assert [n for n in range(1, 15) if f"Chapter {n}\n" not in text] == [] and "Solution to Exercise 14." in text
    assert "page ??" not in text
