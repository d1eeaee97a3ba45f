"""Break the library on purpose, one change at a time, and count the changes that no test notices.

    python tests/mutants.py --number 40                        # 40 random places of the whole library
    python tests/mutants.py torquelib/spins.py --number 0      # every place of one file

A change is a sign, a factor, a power, a comparison, a limit, or two arguments in the wrong order. The tests that enter
the changed function run first, the quick ones before the slow, then the rest of that side of the library, up to the
first that fails. Notebooks do not run. The tree itself stays as it is: all happens in copies. Many changes change
nothing: a tolerance, a number of nodes, < for <= among real numbers, a factor e = 1. The list of survivors is to be
read. (A tool of our own, since it must change one place of a numba kernel in a file whose cache stays valid, and know
which tests meet it.)
"""

import argparse
import ast
import importlib
import multiprocessing
import os
import pathlib
import pickle
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[1]
SLOW_TO_IMPORT = ["numpy", "numba", "scipy.integrate", "scipy.interpolate", "scipy.linalg", "scipy.optimize",
                  "scipy.sparse.linalg", "scipy.special", "hypothesis", "yaml", "nbval.kernel", "matplotlib"]
OTHER = {"+": "-", "-": "+", "*": "/", "/": "*", "**": "*", "@": "+", "<": "<=", "<=": "<", ">": ">=", ">=": ">",
         "==": "!=", "!=": "==", "and": "or", "or": "and"}
OPERATORS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**", ast.MatMult: "@",
             ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
             ast.And: "and", ast.Or: "or"}
SYMMETRIC = {"min", "max", "minimum", "maximum", "hypot"}  # functions whose arguments have no order


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
        name = getattr(node.func, "attr", getattr(node.func, "id", None))
        variables = [a for a in node.args[:2] if not isinstance(a, ast.Starred | ast.Constant)]
        if len(variables) == 2 and name not in SYMMETRIC:
            a, b = variables
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
    """The test files of a module's side of the library."""
    side = ["llg"] if module.parts[1] == "llg" else ["electrons", "disorder"]
    files = [f for part in side for f in sorted((ROOT / "tests" / part).glob("test_*.py"))]
    return [str(f.relative_to(ROOT)) for f in files] + ["tests/test_properties.py", "tests/test_validate.py"]


class Recorder:
    """A plugin of pytest: which functions of the copy each test enters, and how long it takes."""

    def __init__(self, copy):
        self.prefix, self.entered, self.seconds = str(copy / "torquelib"), {}, {}

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item):
        found, begin = set(), time.perf_counter()

        def enter(frame, event, value):
            if frame.f_code.co_filename.startswith(self.prefix):
                found.add((frame.f_code.co_filename, frame.f_code.co_firstlineno))

        sys.settrace(enter)
        yield
        sys.settrace(None)
        self.entered[item.nodeid], self.seconds[item.nodeid] = found, time.perf_counter() - begin

    def pytest_sessionfinish(self):
        (pathlib.Path(self.prefix).parent / "entered.pickle").write_bytes(pickle.dumps((self.entered, self.seconds)))


class Chosen:
    """A plugin of pytest: only these tests, in this order."""

    def __init__(self, tests):
        self.place = {test: i for i, test in enumerate(tests)}

    def pytest_collection_modifyitems(self, items):
        items[:] = sorted((i for i in items if i.nodeid in self.place), key=lambda i: self.place[i.nodeid])


def passes(copy, files, plugin, limit=None):
    """Whether the tests of these files pass within ``limit`` seconds in the copy.

    pytest runs in a fork of this process, which has imported what is slow to import, but nothing of the copy.
    """
    child = os.fork()
    if not child:
        os.setsid()
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        os.chdir(copy)
        sys.path[:0] = [str(copy)]
        sys.dont_write_bytecode = limit is not None  # a change within a second of the last would meet its bytecode
        os._exit(pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-p", "no:nbval", *files], [plugin]))
    end = time.monotonic() + (limit or float("inf"))
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status) in (0, pytest.ExitCode.NO_TESTS_COLLECTED)
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


def prepare(folder, modules):
    """Make a process of the pool ready: a copy of the tree, its kernels compiled, its passing tests recorded."""
    global copy, entered, seconds
    copy, entered, seconds = pathlib.Path(folder) / str(os.getpid()), {}, {}
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    for name in filter(None, tracked.split("\0")):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, copy / name)
    for module in modules:
        if not passes(copy, covering(module), Recorder(copy)):
            raise RuntimeError(f"the tests of {module} fail before anything is changed")
        for known, new in zip((entered, seconds), pickle.loads((copy / "entered.pickle").read_bytes())):
            known |= new


def meeting(module, line):
    """The tests that enter the function around a line, or any of its file if there is none; the quick ones first."""
    around = lambda node: (min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))]),
                           node.end_lineno)
    first, last, nodes = 1, float("inf"), ast.parse((ROOT / module).read_text()).body
    while nodes:
        node = next((n for n in nodes if around(n)[0] <= line <= around(n)[1]), None)
        nodes = node.body if isinstance(node, ast.ClassDef) else []
        if isinstance(node, ast.FunctionDef):
            first, last = around(node)
    file = str(copy / module)
    inside = [test for test, found in entered.items() if any(f == file and first <= n <= last for f, n in found)]
    return sorted(inside or [test for test, found in entered.items() if any(f == file for f, _ in found)],
                  key=seconds.get)


def judge(place, limit):
    """Make one change in this process's copy, ask the tests, take it back; (the change in words, noticed?)."""
    module, start, end, other = place
    original = (ROOT / module).read_bytes()
    line = original[:start].count(b"\n") + 1
    (copy / module).write_bytes(original[:start] + other.encode() + original[end:])
    likely, files = meeting(module, line), covering(module)
    rest = [test for test in entered if test not in set(likely) and test.split("::")[0] in files]
    noticed = False
    for tests in filter(None, (likely, rest)):  # the rest too: a value that is kept is computed in one test only
        chosen = list(dict.fromkeys(test.split("::")[0] for test in tests))
        noticed = noticed or not passes(copy, chosen, Chosen(tests), limit)
    shutil.copy2(ROOT / module, copy / module)
    return f"{module}:{line}: {original[start:end].decode()!r} -> {other!r}", noticed


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("files", nargs="*", type=pathlib.Path, help="files; without them all but the drawing")
    parser.add_argument("--number", type=int, default=40, help="how many random places; 0 for every one")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--limit", type=float, default=900, help="seconds that tests of a changed copy may take")
    parser.add_argument("--jobs", type=int, default=1, help="how many changes at a time")
    given = parser.parse_args()
    files = [f.resolve().relative_to(ROOT) for f in given.files] or [
        f.relative_to(ROOT) for f in sorted((ROOT / "torquelib").rglob("*.py"))
        if "drawing" not in f.parts and f.name != "__init__.py"]
    places = [(f, *place) for f in files for place in Places((ROOT / f).read_text()).found]
    random.Random(given.seed).shuffle(places)
    places = places[:given.number or None]
    modules = list({tuple(covering(f)): f for f, *_ in places}.values())  # one for each side of the library
    for name in SLOW_TO_IMPORT:
        importlib.import_module(name)
    survivors, begin = [], time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, ProcessPoolExecutor(
            given.jobs, multiprocessing.get_context("fork"), prepare, (folder, modules)) as pool:
        for i, (change, noticed) in enumerate(pool.map(judge, places, [given.limit]*len(places)), 1):
            survivors += [] if noticed else [change]
            print(f"{i}/{len(places)} {'noticed ' if noticed else 'SURVIVED'} {change}", flush=True)
    noticed = len(places) - len(survivors)
    print(f"\n{noticed} of {len(places)} changes noticed ({noticed/len(places):.1%}), "
          f"{time.perf_counter() - begin:.0f} s")
    for change in survivors:
        print("  survived:", change)


if __name__ == "__main__":
    main()
