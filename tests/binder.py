"""What Binder does, done here: an environment of runtime.txt's Python from requirements.txt, postBuild, then JupyterLab
in a browser with the cover's cells run and its slider moved, and each notebook alone on one core.

    python tests/binder.py                      # all of it, some ten minutes; `make test-binder`

It prints seconds and megabytes beside what Binder gives (two minutes a notebook are a reader's patience, 1 GB its
memory), and fails where a step fails. What it cannot show: Binder's own image, network and queue.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "book" / "tools"))

from chromium import chromium  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[1]
PYTHON = (ROOT / "runtime.txt").read_text().strip().removeprefix("python-")


def seconds(what, command, **options):
    begin = time.perf_counter()
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    print(f"{what:44}{time.perf_counter() - begin:6.0f} s", flush=True)
    if result.returncode:
        sys.exit(result.stdout[-4000:])


def megabytes(root):
    """Resident memory of a process and of all below it."""
    parents, held = {}, {}
    for status in pathlib.Path("/proc").glob("[0-9]*/status"):
        try:
            text = status.read_text()
        except OSError:                                                    # it has ended
            continue
        pid = int(status.parent.name)
        parents[pid] = int(re.search(r"PPid:\s+(\d+)", text)[1])
        held[pid] = int((re.search(r"VmRSS:\s+(\d+)", text) or [0, 0])[1]) / 1024

    def below(pid):
        return pid == root or (pid in parents and below(parents[pid]))
    return sum(size for pid, size in held.items() if below(pid))


def in_the_browser(copy, environment):
    """Open the cover in JupyterLab, run all its cells, move the slider; the largest memory of server and kernels."""
    port = 8765
    server = subprocess.Popen(["jupyter", "lab", "--no-browser", f"--port={port}", "--ServerApp.token=", "--allow-root",
                               "--ServerApp.port_retries=0"], cwd=copy, env=environment,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(120):
            try:
                urllib.request.urlopen(f"http://localhost:{port}/api/status", timeout=5)
                break
            except OSError:
                time.sleep(1)
        with chromium() as browser:
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.goto(f"http://localhost:{port}/lab/tree/book/index.ipynb", timeout=120_000)
            page.locator(".jp-Notebook .jp-CodeCell").first.wait_for(timeout=120_000)
            page.get_by_text("| Idle").first.wait_for(timeout=120_000)       # the kernel has started
            page.get_by_role("menuitem", name="Run", exact=True).click()
            page.get_by_text("Run All Cells", exact=True).click()
            slider = page.locator(".jp-OutputArea input[type=range], .jp-OutputArea .noUi-handle, "
                                  ".jp-OutputArea .slider-handle").first
            slider.wait_for(state="visible", timeout=180_000)
            before = page.locator(".jp-OutputArea").all_inner_texts()
            slider.focus()
            for _ in range(3):
                page.keyboard.press("ArrowLeft")
            page.wait_for_timeout(3000)
            after = page.locator(".jp-OutputArea").all_inner_texts()
            errors = page.locator(".jp-OutputArea [data-mime-type='application/vnd.jupyter.error']").count()
        print(f"{'the cover in JupyterLab, run and moved':44}{megabytes(server.pid):6.0f} MB (of 1000)", flush=True)
        if errors or before == after:
            sys.exit(f"{errors} cells failed; the slider {'stands still' if before == after else 'moves'}")
    finally:
        server.terminate()
        server.wait(20)


def main():
    with tempfile.TemporaryDirectory() as folder:
        copy, venv = pathlib.Path(folder) / "home", pathlib.Path(folder) / "environment"
        tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
        for name in filter(None, tracked.split("\0")):
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
        uv = [sys.executable, "-m", "uv"]
        seconds(f"an environment of Python {PYTHON}", [*uv, "venv", "-q", "--seed", "--python", PYTHON, venv])
        seconds("requirements.txt", [*uv, "pip", "install", "-q", "--python", venv / "bin/python", "-r",
                                     copy / "requirements.txt"])
        environment = {**os.environ, "PATH": f"{venv / 'bin'}:{os.environ['PATH']}", "HOME": str(copy),
                       "VIRTUAL_ENV": str(venv)}
        environment.pop("PYTHONPATH", None)
        seconds("postBuild", ["bash", "postBuild"], cwd=copy, env=environment)
        in_the_browser(copy, environment)
        one_core = ["taskset", "-c", "0"] if shutil.which("taskset") else []
        for notebook in sorted((copy / "book").glob("*.ipynb")):
            seconds(f"{notebook.name} on one core", [*one_core, "jupyter", "execute", notebook], cwd=copy / "book",
                    env=environment)


if __name__ == "__main__":
    main()
