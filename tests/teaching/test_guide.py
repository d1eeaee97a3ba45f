"""The teaching guide is whole: each exercise has its level, each question its answer, and the answers stay away."""

import json
import re
from pathlib import Path

import nbformat
import pytest
import yaml
from answers import page
from outputs import clean

from conftest import toc_files

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = sorted((ROOT / "book").glob("[0-9][0-9]_*.ipynb"))
PLANS = (ROOT / "book/teaching_guide.md").read_text(encoding="utf-8")
ENTRIES = dict(re.findall(r"^## (\d+)\. (.*?)(?=^## |\Z)",
                          (ROOT / "book/teaching_chapters.md").read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE))
ANSWERS = ROOT / "teaching/answers.ipynb"


def prose(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_a_chapters_entry_is_whole_and_levels_its_exercises(path):
    entry, text = ENTRIES[str(int(path.name[:2]))], prose(path)
    title = re.search(r"^# (.*)$", text, re.MULTILINE)[1]
    assert entry.startswith(title + "\n") and re.search(r"\{ref\}`(ch-[a-z-]+)`", entry)[1] in text
    for element in ("**Minutes** ", "**On the board**", "**Misconceptions**", "**Show**", "**Discuss**"):
        assert element in entry
    assert 2 <= entry.split("**Misconceptions**")[1].split("**Show**")[0].count("\n- *") <= 5
    assert "`fig-" in entry.split("**Show**")[1]
    levels = entry.split("**Exercises**")[1]
    assert re.findall(r"(Warm-up|Standard|Project):", levels) == ["Warm-up", "Standard", "Project"]
    leveled = re.findall(r"\{ref\}`(ex-\S+?)`", levels)
    assert sorted(leveled) == sorted(re.findall(r"^:label: (\S+)", text, re.MULTILINE))


def test_a_sheets_exercises_have_the_levels_that_the_guide_says():
    levels = {label: level for entry in ENTRIES.values() for level, labels in re.findall(
        r"(Warm-up|Standard|Project): (.*)", re.sub(r"\. (?=Standard|Project)", "\n", entry.split("**Exercises**")[1]))
        for label in re.findall(r"`(ex-\S+?)`", labels)}
    sheets = dict(re.findall(r"^\*\*Sheet (\d)\*\* (.*)", PLANS, re.MULTILINE))
    found = {sheet: sorted(levels[label] for label in re.findall(r"`(ex-\S+?)`", text))
             for sheet, text in sheets.items()}
    assert found == {sheet: ["Standard", "Standard" if sheet == "3" else "Warm-up"] for sheet in "123456"}


def test_every_question_has_an_answer_whose_marks_add_up():
    asked = re.findall(r"\{admonition\} ([HE]\d)\. (.*?) \((\d+)\)", PLANS)
    answered = re.findall(r"^## ([HE]\d)\. (.*?)\n(.*?)(?=^## |\Z)", prose(ANSWERS), re.DOTALL | re.MULTILINE)
    assert [question[:2] for question in asked] == [answer[:2] for answer in answered] and len(asked) > 8
    for (name, _, points), (_, _, answer) in zip(asked, answered):
        marks = re.findall(r"\([a-e]\) (\d+)", answer.split("**Marks**")[1].split(".")[0])
        assert sum(map(int, marks)) == int(points), name
    exam = sum(int(points) for name, _, points in asked if name.startswith("E"))
    assert f"90 minutes, {exam} points" in PLANS
    oral = [re.findall(r"^\*\*(O\d)\.\*\*", text, re.MULTILINE) for text in (PLANS, prose(ANSWERS))]
    assert oral[0] == oral[1] and len(oral[0]) == 8


def test_answers_are_no_page_of_the_book_and_stored_clean():
    assert not [name for name in toc_files(yaml.safe_load((ROOT / "_toc.yml").read_text())) if "answers" in name]
    notebook = nbformat.read(ANSWERS, as_version=4)
    clean(notebook, ANSWERS.name, chapter=False)
    assert ANSWERS.read_text(encoding="utf-8") == nbformat.writes(notebook) + "\n"


def test_the_lecturers_page_holds_all_answers_without_raw_tex_or_another_file():
    written = page(nbformat.read(ANSWERS, as_version=4))
    assert written.count("<h2>") == prose(ANSWERS).count("\n## ") + prose(ANSWERS).startswith("## ")
    assert "$" not in written and "\\frac" not in written and written.count("<math") > 50
    assert not re.search(r'(?:src|href)="', written)
