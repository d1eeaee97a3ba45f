"""Break the library on purpose, one change at a time, and count the changes that no test notices.

    python tests/mutants.py --number 40                        # 40 random places of the whole library
    python tests/mutants.py torquelib/spins.py --number 0      # every place of one file

A change is a sign, a factor, a power, a comparison, a limit, or two arguments in the wrong order. Tests of the same
part of the library run, those of the same name first, and stop at the first that fails. The tree itself stays as it is:
all happens in a copy. (A tool of our own, since it must change one place of a numba kernel in a file whose cache stays
valid, run the tests of that part, and stop at the first failure.)
"""

import argparse
import ast
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
OTHER = {"+": "-", "-": "+", "*": "/", "/": "*", "**": "*", "@": "+", "<": "<=", "<=": "<", ">": ">=", ">=": ">",
         "==": "!=", "!=": "==", "and": "or", "or": "and"}
OPERATORS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**", ast.MatMult: "@",
             ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
             ast.And: "and", ast.Or: "or"}


class Places(ast.NodeVisitor):
    """Where a file can be changed: ``found`` holds (first byte, last byte, other text)."""

    def __init__(self, source):
        self.bytes = source.encode()
        self.lines = [0]
        for line in self.bytes.splitlines(keepends=True):
            self.lines.append(self.lines[-1] + len(line))
        self.found = []
        self.visit(ast.parse(source))

    def span(self, node):
        return (self.lines[node.lineno - 1] + node.col_offset, self.lines[node.end_lineno - 1] + node.end_col_offset)

    def text(self, node):
        start, end = self.span(node)
        return self.bytes[start:end].decode()

    def between(self, left, right, operator):
        """The operator that stands between two nodes, around which only brackets and comments may be."""
        symbol = OPERATORS.get(type(operator))
        start, end = self.span(left)[1], self.span(right)[0]
        gap = self.bytes[start:end]
        if symbol and b"#" not in gap and gap.count(symbol.encode()) == 1:
            at = start + gap.index(symbol.encode())
            self.found.append((at, at + len(symbol), OTHER[symbol]))

    def visit_BinOp(self, node):
        if not isinstance(node.left, ast.Constant) or not isinstance(node.left.value, str):
            self.between(node.left, node.right, node.op)
        self.generic_visit(node)

    def visit_Compare(self, node):
        for left, operator, right in zip([node.left, *node.comparators], node.ops, node.comparators):
            self.between(left, right, operator)
        self.generic_visit(node)

    def visit_BoolOp(self, node):
        for left, right in zip(node.values, node.values[1:]):
            self.between(left, right, node.op)
        self.generic_visit(node)

    def visit_UnaryOp(self, node):
        if isinstance(node.op, ast.USub | ast.Not):
            start, end = self.span(node)
            self.found.append((start, end, f"({self.text(node.operand)})"))
        self.generic_visit(node)

    def visit_Constant(self, node):
        if type(node.value) in (int, float, complex):
            start, end = self.span(node)
            self.found.append((start, end, "1" if node.value == 0 else f"(2*{self.text(node)})"))

    def visit_Call(self, node):
        if len(node.args) >= 2 and not any(isinstance(a, ast.Starred | ast.Constant) for a in node.args[:2]):
            a, b = node.args[:2]
            start, end = self.span(a)[0], self.span(b)[1]
            if self.text(a) != self.text(b):
                self.found.append((start, end, f"{self.text(b)}, {self.text(a)}"))
        self.generic_visit(node)

    # What a message says, how a value prints, hints and defaults of documentation: not physics.
    def skip(self, node):
        pass

    visit_Raise = visit_JoinedStr = visit_arg = skip

    def visit_AnnAssign(self, node):
        if node.value:
            self.visit(node.value)

    def visit_FunctionDef(self, node):
        if node.name != "__repr__":
            for child in [*node.args.defaults, *filter(None, node.args.kw_defaults), *node.body]:
                self.visit(child)


def covering(module):
    """The test files of a module's part of the library, those named after it first."""
    part = module.parts[1] if module.parts[1] in ("disorder", "llg") else "electrons"
    files = sorted((ROOT / "tests" / part).glob("test_*.py")) + [ROOT / "tests" / "test_validate.py"]
    near = lambda f: (module.stem.strip("_") not in f.stem and module.parts[1].removesuffix(".py") not in f.stem, f)
    return [str(f.relative_to(ROOT)) for f in sorted(files, key=near)]


def notices(copy, module, limit=None):
    """Whether a test fails, runs longer than ``limit`` or cannot start in the copy."""
    environment = os.environ | {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *covering(module)]
    try:
        return subprocess.run(command, cwd=copy, env=environment, capture_output=True, timeout=limit).returncode != 0
    except subprocess.TimeoutExpired:
        return True


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("files", nargs="*", type=pathlib.Path, help="files; without them all but the drawing")
    parser.add_argument("--number", type=int, default=40, help="how many random places; 0 for every one")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--limit", type=float, default=900, help="seconds that tests of a changed copy may take")
    given = parser.parse_args()
    files = [f.resolve().relative_to(ROOT) for f in given.files] or [
        f.relative_to(ROOT) for f in sorted((ROOT / "torquelib").rglob("*.py"))
        if "drawing" not in f.parts and f.name != "__init__.py"]
    places = [(f, *place) for f in files for place in Places((ROOT / f).read_text()).found]
    random.Random(given.seed).shuffle(places)
    places = places[:given.number or None]
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder) / "copy"
        tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
        for name in filter(None, tracked.split("\0")):
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
        for module in {frozenset(covering(f)): f for f, *_ in places}.values():  # one for each part of the library
            if notices(copy, module):  # compiles all kernels, however long that takes
                sys.exit(f"The tests of {module} fail before anything is changed.")
        survivors, begin = [], time.perf_counter()
        for i, (module, start, end, other) in enumerate(places, 1):
            original = (ROOT / module).read_bytes()
            (copy / module).write_bytes(original[:start] + other.encode() + original[end:])
            killed = notices(copy, module, given.limit)
            shutil.copy2(ROOT / module, copy / module)
            line = original[:start].count(b"\n") + 1
            change = f"{module}:{line}: {original[start:end].decode()!r} -> {other!r}"
            survivors += [] if killed else [change]
            print(f"{i}/{len(places)} {'noticed ' if killed else 'SURVIVED'} {change}", flush=True)
    noticed = len(places) - len(survivors)
    print(f"\n{noticed} of {len(places)} changes noticed ({noticed/len(places):.1%}), "
          f"{time.perf_counter() - begin:.0f} s")
    for change in survivors:
        print("  survived:", change)


if __name__ == "__main__":
    main()
