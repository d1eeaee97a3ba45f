"""Execute notebooks, and know when one must be executed again.

A chapter's numbers and pictures depend on its own cells and on the modules of torquelib and of book/figures that they
reach. `fingerprint` hashes those modules, so that an edit in one re-executes the chapters that use it and no others.
"""

import ast
import atexit
import hashlib
import importlib.util
import os
import shutil
import tempfile
from functools import cache
from itertools import accumulate
from pathlib import Path
from time import perf_counter

import joblib
from nbclient import NotebookClient
from traitlets.config import Config

CELL_TIMEOUT = 900  # seconds for one cell, as in the Makefile: a guard for busy machines, not a budget
LONGEST_SOCKET_FOLDER = 80  # bytes; with the name of the socket the path must stay below the 104 of macOS (Linux: 108)
PACKAGES = {"torquelib": Path(importlib.util.find_spec("torquelib").origin).parent,
            "figures": Path(__file__).resolve().parents[1] / "figures"}


def jobs():
    """Return how many kernels or tests may run at once: $JOBS, else the CPUs that this process may use."""
    return int(os.environ.get("JOBS") or joblib.cpu_count())  # which knows affinity and a container's quota


# Kernels that run together share the cores: with a thread a core each, for linear algebra, they wait for one another,
# and a chapter of small matrices takes four times as long.
for _name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
    os.environ.setdefault(_name, str(max(1, joblib.cpu_count() // jobs())))


def own_sockets():
    """Return the configuration of a kernel that talks through socket files in a new folder of its own.

    By default Jupyter picks TCP ports, frees them, and the kernel takes them a second later: when several kernels start
    at once, another one may have been faster, and the kernel dies of "Address already in use".
    """
    if os.name != "posix":
        return Config()
    folder = tempfile.mkdtemp(prefix="kernel-")
    if len(os.fsencode(folder)) > LONGEST_SOCKET_FOLDER:
        os.rmdir(folder)
        folder = tempfile.mkdtemp(prefix="kernel-", dir="/tmp")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Config(KernelManager={"transport": "ipc", "ip": os.path.join(folder, "socket")})


def execute(notebook, folder):
    """Run all cells of `notebook` (nbformat node, changed in place) in `folder`, and return the seconds it took."""
    start = perf_counter()
    NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        extra_arguments=["--log-level=40"],  # the kernel's remarks on its own transport are not for the reader
        record_timing=False,  # times in a cell's metadata would change the key under which the cache finds a notebook
        coalesce_streams=True,  # one box for what one cell prints, however long it takes
        config=own_sockets(),
    ).execute()
    return perf_counter() - start


def fingerprint(notebook):
    """Return a hash of the modules of `PACKAGES` that `notebook` reaches, directly or through others."""
    reached, queue = set(), set()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            queue |= imported(cell.source, package="")
    while queue:
        module = queue.pop()
        if module not in reached:
            reached.add(module)
            queue |= imports_of(module)
    digest = hashlib.sha256()
    for module in sorted(reached):
        for file in files_of(module):
            digest.update(f"{module} {file.name}\n".encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()


def files_of(module):
    """Return the files that `module` consists of: its source and the data beside it that begin with its name; for a
    package, the data that belong to no module of it."""
    source = source_of(module)
    data = [f for f in sorted(source.parent.iterdir()) if f.is_file() and f.suffix not in (".py", ".pyc")]
    if source.name == "__init__.py":
        owners = {f.stem for f in source.parent.glob("*.py")}
        return [source, *(f for f in data if owner(f) not in owners)]
    return [source, *(f for f in data if owner(f) == source.stem)]


def owner(file):
    """Return the name of the module that a data file belongs to: `live` for live.js and live_sea.js."""
    return file.stem.split("_")[0]


def source_of(module):
    """Return the source file of the dotted `module`, or None if `PACKAGES` hold no such module."""
    package, *parts = module.split(".")
    if package not in PACKAGES:
        return None
    path = PACKAGES[package].joinpath(*parts)
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None


@cache
def imports_of(module):
    source = source_of(module)
    package = module if source.name == "__init__.py" else module.rpartition(".")[0]
    return imported(source.read_text(encoding="utf-8"), package)


def imported(code, package):
    """Return the modules of `PACKAGES` that `code`, standing in `package`, imports anywhere, with their parents."""
    names = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
            if "torquelib" in names:  # its submodules load when first used, so any of them may be meant
                names |= {f"torquelib.{path.stem}" for path in PACKAGES["torquelib"].iterdir()}
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*parents, *filter(None, [node.module])])
            names |= {base} | {f"{base}.{alias.name}" for alias in node.names}
    names |= {parent for name in names for parent in accumulate(name.split("."), "{}.{}".format)}
    return {name for name in names if source_of(name)}
