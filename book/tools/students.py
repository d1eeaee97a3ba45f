"""The students' edition of the notebooks: ``python book/tools/students.py`` writes it into `_build/students/`.

Each solution gives way to a cell for the student's code, with the form of the result as the book's solution prints it
and blanks for its numbers, and to a cell that checks them (`selfcheck.py`). Everything is derived from the notebook:
a blank is a number that the solution prints and that does not stand in its code. Cells carry nbgrader's metadata. What
JupyterLab cannot resolve is written out, as in the copies of `make lab`.
"""

import ast
import builtins
import json
import re
import shutil
from pathlib import Path

import nbformat
from copies import written_out
from selfcheck import digest

ROOT = Path(__file__).resolve().parents[2]
START = re.compile(r"^(:{3,}|`{3,})\{solution-start\} (\S+)\n(?:.*\n)*?\1[^\S\n]*\n?", re.MULTILINE)
END = re.compile(r"^(:{3,}|`{3,})\{solution-end\}\n\1[^\S\n]*\n?", re.MULTILINE)
NUMBER = re.compile(r"(?<![\w.^])[-+−]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?(?![\w]*\()")
LITERAL = re.compile(r"\d+\.?\d*(?:[eE][-+]?\d+)?")
# lines of the library's messages, not of a result
MESSAGE = re.compile(r" must |^got |^SpinCurrent\(|^ValueError|too coarse|^half of")
MOST = 12  # blanks of one exercise
MARKUP = re.compile(r"\s*\{[\w:]+\}`[^`]*`|\[([^\]]*)\]\([^)]*\)")  # a role; a link, of which the words stay
EQUATION = re.compile(r"\((\d+\.\d+|[AC]?\d+)\)")


def exercises(notebook):
    """Return of each exercise: label, its question, the prose and the code cells of its solution, in order."""
    found, current, question = [], None, {}
    for cell in notebook.cells:
        text = cell.source
        if cell.cell_type == "code":
            if current:
                current["code"].append(cell)
            continue
        for asked in re.finditer(r"\{exercise\}(.*?)\n:label: (\S+)\n(.*?)(?=^:{3,}\s*$|^`{3,}\s*$)", text,
                                 re.DOTALL | re.MULTILINE):
            question[asked[2]] = asked[1].strip() + " " + asked[3]
        if end := END.search(text):
            if current:
                current["prose"] += "\n" + text[:end.start()]
                current = None
        elif current:
            current["prose"] += "\n" + text
        if start := START.search(text):
            label = start[2]
            current = {"label": label, "question": question[label], "prose": text[start.end():], "code": []}
            found.append(current)
    return found


def printed(cells):
    """Return what the cells of a solution print and show, without figures."""
    texts = []
    for cell in cells:
        for output in cell.outputs:
            text = output.get("text") or output.get("data", {}).get("text/plain", "")
            if not text.startswith(("Figure", "Explorable", "Live")):
                texts.append(text.strip("\n"))
    return "\n".join(texts)


def form(cells):
    """Return the form of a result, its numbers numbered as blanks, and [(text of the number), ...]."""
    text, code = printed(cells), "\n".join(cell.source for cell in cells)
    given = {float(number) for number in LITERAL.findall(code)}

    def is_result(match):
        return abs(float(match[0].replace("−", "-"))) not in given

    for pattern, counts in ((NUMBER, is_result), (re.compile(r"True|False|✓"), None), (NUMBER, None),
                            (re.compile(r"^\w+(?= must )", re.MULTILINE), None)):
        places = [match for match in pattern.finditer(text) if (counts is None or counts(match)) and (
            "must" in pattern.pattern or not MESSAGE.search(line_around(text, match.start())))]
        if places:
            break
    asked = places if len(places) <= MOST else places[:MOST//2] + places[-MOST//2:]
    parts, end = [], 0
    for match in places:
        parts += [text[end:match.start()], f"[{asked.index(match) + 1}]" if match in asked else "…"]
        end = match.end()
    return "".join(parts) + text[end:], [match[0] for match in asked]


def line_around(text, place):
    return text[text.rfind("\n", 0, place) + 1:].split("\n", 1)[0]


def value(text):
    """Return the value of a blank's text, and the unit of its last digit: None for a word."""
    text = text.replace("−", "-")
    if not re.fullmatch(NUMBER, text):
        return "True" if text == "✓" else text, None
    mantissa, _, power = text.lower().partition("e")
    return float(text), 10.0 ** (int(power or 0) - len(mantissa.partition(".")[2]))


def hints(exercise):
    """Return steps of help: equations, functions, the first sentence of the solution."""
    text = exercise["question"] + exercise["prose"]
    steps = []
    if numbers := list(dict.fromkeys(EQUATION.findall(re.sub(r"\$.*?\$", "", text, flags=re.DOTALL)))):
        steps.append("read again " + ", ".join(f"({number})" for number in numbers[:4]) + ".")
    tree = ast.parse("\n".join(cell.source for cell in exercise["code"]))
    own = {"np", "check"} | {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    own |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    called = [ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]
    names = [name for name in dict.fromkeys(called) if name.split(".")[0] not in own | set(dir(builtins))
             and re.fullmatch(r"[\w.]+", name)]
    if names:
        steps.append("the book's solution calls " + ", ".join(names[:6]) + ".")
    first = re.match(r"\s*(.{30,}?[.:])(?=\s|$)", exercise["prose"], re.DOTALL)
    if first and ":::" not in first[1]:
        words = MARKUP.sub(lambda match: match[1] or "", first[1])
        steps.append("the book's solution begins: “" + " ".join(words.split()) + "”")
    return steps or ["read the section again in which this chapter computes something of the kind."]


def student(notebook, number):
    """Return the students' notebook of chapter `number`, and what the checks of its exercises need."""
    cells, checks, inside = [], {}, False
    known = {exercise["label"]: (count, exercise) for count, exercise in enumerate(exercises(notebook), 1)}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cells += [] if inside else [cell]
            continue
        kept = cell.source
        if inside:
            end = END.search(kept)
            kept, inside = (kept[end.end():], False) if end else ("", True)
        start = START.search(kept)
        before = kept[:start.start()] if start else kept
        if before.strip():
            cells.append(nbformat.v4.new_markdown_cell(before.strip("\n"), id=cell.id))
        if start:
            inside = True
            count, exercise = known[start[2]]
            name = f"Exercise {number}.{count}"
            stub, checks[start[2]] = asked(exercise, name)
            cells += stub
    cells.insert(2, nbformat.v4.new_code_cell("import selfcheck  # checks and hints of the exercises", id="selfcheck"))
    return nbformat.v4.new_notebook(cells=cells, metadata=notebook.metadata), checks


def asked(exercise, name):
    """Return the two cells that stand for a solution, and what their check needs."""
    label = exercise["label"]
    shape, texts = form(exercise["code"])
    values = [value(text) for text in texts]
    lines = [f"# {name}. Compute the blanks, and put them into the list in their order.",
             *("#     " + line for line in shape.split("\n")), "", "answers = []"]
    grading = {"locked": False, "schema_version": 3, "task": False}
    code = nbformat.v4.new_code_cell("\n".join(lines), id=label, metadata={"nbgrader": {
        **grading, "grade": False, "grade_id": label, "solution": True}})
    test = nbformat.v4.new_code_cell(f'selfcheck.check("{label}", answers)', id=f"{label}-check", metadata={
        "nbgrader": {**grading, "grade": True, "grade_id": f"{label}-check", "locked": True, "points": 1,
                     "solution": False}})
    blanks = [{"unit": unit, "digest": digest(label, i, what, unit)} for i, (what, unit) in enumerate(values)]
    return [code, test], {"name": name, "blanks": blanks, "hints": hints(exercise)}


def write(folder):
    """Write the students' edition into `folder`."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    checks = {}
    for path in sorted((ROOT / "book").glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        if path.name[:2].isdigit():
            notebook, own = student(notebook, int(path.name[:2]))
            checks |= own
        (folder / path.name).write_text(written_out(nbformat.writes(notebook), path.parent), encoding="utf-8")
    for page in (ROOT / "book").glob("*.md"):  # what the notebooks link to
        shutil.copy(page, folder)
    (folder / "exercises.json").write_text(json.dumps(checks, indent=1), encoding="utf-8")
    shutil.copy(Path(__file__).with_name("selfcheck.py"), folder)
    shutil.copytree(ROOT / "book/figures", folder / "figures", ignore=shutil.ignore_patterns("__pycache__"))


if __name__ == "__main__":
    write(ROOT / "_build" / "students")
    print(ROOT / "_build" / "students")
