"""The students' edition: stubs fail until solved, checks find what is wrong, the book's solutions pass them."""

import importlib.util
import os
import re
from pathlib import Path

import copies
import nbformat
import pytest
import students
from execution import execute

BOOK = Path(__file__).resolve().parents[2] / "book"
CHAPTERS = sorted(BOOK.glob("[0-9][0-9]_*.ipynb"))
EXECUTED = CHAPTERS if os.environ.get("ALL_CHAPTERS") else CHAPTERS[:1]  # make test-students executes all
SOLUTIONS = {exercise["label"]: exercise for path in CHAPTERS
             for exercise in students.exercises(nbformat.read(path, as_version=4))}


def name(path):
    return path.stem


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("handout") / "students"
    students.write(folder)
    return folder


@pytest.fixture(scope="session")
def selfcheck(folder):
    """The module that the students have, beside its own list of exercises."""
    spec = importlib.util.spec_from_file_location("handed_out", folder / "selfcheck.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def answers(cells):
    return [students.value(text)[0] for text in students.form(cells)[1]]


@pytest.mark.parametrize("path", CHAPTERS, ids=name)
def test_each_exercise_has_a_stub_and_a_check_and_no_solution_is_left(path, folder):
    book, handed = (nbformat.read(file, as_version=4) for file in (path, folder / path.name))
    labels = [exercise["label"] for exercise in students.exercises(book)]
    assert [cell.id for cell in handed.cells if cell.id in labels] == labels and len(labels) >= 4
    code = "\n".join(cell.source for cell in handed.cells if cell.cell_type == "code")
    prose = "\n".join(cell.source for cell in handed.cells if cell.cell_type == "markdown")
    assert not re.search(r"\{solution-(start|end)\}", prose) and "## Take along" in prose
    for exercise in students.exercises(book):
        for cell in exercise["code"]:
            assert cell.source not in code
        begin = copies.ROLE.split(exercise["prose"].strip())[0][:200]  # what stays as it is
        assert len(begin) < 30 or begin not in prose
    assert not copies.ROLE.search(prose)  # JupyterLab shows a mark of warning in its place
    for page in re.findall(r"\]\(([\w.]+\.(?:md|ipynb))\)", prose):
        assert (folder / page).exists(), page
    for cell in handed.cells:
        if cell.id in labels:
            assert cell.metadata.nbgrader.solution and cell.source.endswith("answers = []")


@pytest.mark.parametrize("label", SOLUTIONS)
def test_a_stub_fails_and_the_solution_passes(label, selfcheck, capsys):
    """The stored outputs are those of the executed solutions: nbval compares them."""
    with pytest.raises(NotImplementedError, match=r"Exercise \d+\.\d+ is not solved yet: it asks for \d+ answers"):
        selfcheck.check(label, [])
    selfcheck.check(label, answers(SOLUTIONS[label]["code"]))
    assert capsys.readouterr().out.endswith("are right.\n")
    first = [selfcheck.hint(label) for _ in range(5)]
    hints = capsys.readouterr().out.splitlines()
    assert len(first) == 5 and hints[0].startswith("Hint 1 of ") and hints[-1] == hints[-2]
    assert not any(re.search(r"\}`|\]\(", hint) for hint in hints)  # printed: no markup


@pytest.mark.parametrize("label", SOLUTIONS)
def test_a_wrong_answer_is_found_and_the_right_one_is_not_told(label, selfcheck):
    right = answers(SOLUTIONS[label]["code"])
    texts = students.form(SOLUTIONS[label]["code"])[1]
    for blank, answer in enumerate(right):
        wrongs = [("is not it|belongs", "nothing")]
        if isinstance(answer, float) and answer:
            wrongs = [("wrong sign|belongs", -answer), ("power of ten|belongs", 1e3 * answer),
                      ("factor of two|power of ten|wrong sign|belongs|is not it", 2 * answer)]
        for words, wrong in wrongs:
            given = [*right[:blank], wrong, *right[blank + 1:]]
            with pytest.raises(AssertionError, match=rf"\[{blank + 1}\].*({words})") as raised:
                selfcheck.check(label, given)
            told = re.sub(r"Exercise \S+ \d+ of \d+:|\[\d+\]|blank \d+", "", str(raised.value))
            assert not re.search(rf"(?<!\d){re.escape(texts[blank])}(?!\d)", told) or len(texts[blank]) < 2


def test_a_list_of_the_wrong_length_and_an_unknown_exercise_are_refused(selfcheck):
    with pytest.raises(AssertionError, match="asks for 2 answers, one for each blank; got 3"):
        selfcheck.check("ex-lean", [1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="label must be that of an exercise.*got 'ex-none'"):
        selfcheck.check("ex-none", [1.0])


@pytest.mark.parametrize("path", EXECUTED, ids=name)
def test_executed_as_handed_out_only_the_checks_fail_and_solved_they_pass(path, folder, selfcheck):
    solutions = {exercise["label"]: exercise["code"]
                 for exercise in students.exercises(nbformat.read(path, as_version=4))}
    notebook = nbformat.read(folder / path.name, as_version=4)
    cells = []
    for cell in notebook.cells:
        cells.append(cell)
        if cell.id.removesuffix("-check") in solutions and cell.id.endswith("-check"):
            cell.metadata["tags"] = ["raises-exception"]
            cells += solutions[cell.id.removesuffix("-check")]
    notebook.cells = cells
    execute(notebook, folder)
    for label, code in solutions.items():
        check = next(cell for cell in cells if cell.id == f"{label}-check")
        assert [output.get("ename") for output in check.outputs] == ["NotImplementedError"]
        selfcheck.check(label, answers(code))
