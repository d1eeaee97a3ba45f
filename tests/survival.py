"""Build the book where it is hard: killed at any moment, on a full disk, without network, in a folder that cannot be
written, on one core, without a browser; and compare what comes out, byte for byte, with a build of another time and
place.

    python tests/survival.py                    # some ten minutes; `make test-survival`

It prints a line for each trial and fails at the first that goes wrong. Disks, networks and mounts of its own come from
Linux's `unshare`; elsewhere those trials are named as not tried.
"""

import filecmp
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
BUILD = [str(pathlib.Path(sys.executable).with_name("jupyter-book")), "build", ".", "-n", "-W", "--keep-going", "-q"]
DIFFERS = {
    ".buildinfo": "Sphinx's hash of the settings, which hold the folder",
    "book/status.html": "tells how long each chapter ran",
    "_static/search-text.js": "holds the text of that page",
}
READ_ONLY = """mount --bind . .
mount -o remount,ro,bind "$PWD"
cd "$PWD"
"""
FULL = """ip link set lo up
mount -t tmpfs -o size=60m none .
cd "$PWD"
cp -a ../source/. .
if "$@"; then exit 1; fi
mount -o remount,size=1g "$PWD"
"""


def build(folder, before="", **environment):
    """Start a build of ``folder``; after lines of shell, if there are any, in a network and with mounts of its own."""
    command = ["unshare", "-rmn", "sh", "-ec", f'{before}\nexec "$@"', "sh", *BUILD] if before else BUILD
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            start_new_session=True, env={**os.environ, "PYTHONPATH": str(folder), **environment})


def killed(running, seconds):
    time.sleep(seconds)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    running.stdout.close()  # kernels hold its other end until their cell has ended, which nobody need wait for


def ended(what, running, *words, fails=False):
    """Wait for a build that succeeds, or fails, and prints ``words``."""
    begin = time.perf_counter()
    output = running.communicate()[0]
    if fails != bool(running.returncode) or not all(word in output for word in words):
        sys.exit(f"{what}: exit status {running.returncode}\n{output[-4000:]}")
    print(f"{what:60}{time.perf_counter() - begin:5.0f} s{', refused' if fails else ''} {words or ''}", flush=True)


def copy_of_the_project(folder):
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    for name in filter(None, tracked.split("\0")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)
    return folder


def executed(folder, source):
    """A copy of the project that has the executed notebooks of another, and no page."""
    copy_of_the_project(folder)
    shutil.copytree(source / "_build/.jupyter_cache", folder / "_build/.jupyter_cache")
    return folder


def same_pages(what, one, other):
    """Fail unless two builds consist of the same bytes, but for `DIFFERS`."""
    trees = [{str(path.relative_to(root)): path for path in sorted(root.rglob("*")) if path.is_file()}
             for root in (one / "_build/html", other / "_build/html")]
    names = set(trees[0]) | set(trees[1])
    differ = {name for name in names if not (name in trees[0] and name in trees[1]
                                             and filecmp.cmp(trees[0][name], trees[1][name], shallow=False))}
    print(f"{what:59}{len(names) - len(differ):5d} of {len(names)} files same, not {sorted(differ)[:9]}", flush=True)
    if differ - set(DIFFERS):
        sys.exit(1)


def main():
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        anew, later = copy_of_the_project(folder / "anew"), folder / "a folder with spaces"

        killed(build(anew), 60)
        ended("killed while notebooks run, then built", build(anew))
        same_pages("this and the book of the project", anew, ROOT)

        executed(later, anew)
        for seconds in (3, 8, 15, 25):
            killed(build(later), seconds)
        everywhere = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
        if everywhere:
            os.sched_setaffinity(0, {min(everywhere)})
        ended("killed after 3, 8, 15, 25 seconds, then built on one core", build(later))
        if everywhere:
            os.sched_setaffinity(0, everywhere)
        same_pages("this and the first", later, anew)

        no_browser = folder / "bin"
        no_browser.mkdir()
        for name in ("env", "git", "sh"):
            (no_browser / name).symlink_to(shutil.which(name))
        test = subprocess.run([sys.executable, "-m", "pytest", "-q", "-x", "tests/pages/test_pages.py", "-k", "index"],
                              cwd=ROOT, capture_output=True, text=True, env={**os.environ, "PATH": str(no_browser),
                                                                             "PLAYWRIGHT_BROWSERS_PATH": str(folder)})
        if "needs Chromium" not in test.stdout:
            sys.exit(f"tests without a browser say\n{test.stdout[-4000:]}")
        print("tests without a browser say what to install", flush=True)

        if not shutil.which("unshare"):
            print("not tried, since it needs Linux: no network, a full disk, a folder that cannot be written")
            return
        shutil.rmtree(later / "_build/html")
        shutil.rmtree(later / "_build/.doctrees")
        ended("no network", build(later, "ip link set lo up"))
        same_pages("this and the first", later, anew)
        ended("a folder that cannot be written", build(later, READ_ONLY), "Build a copy of the project", fails=True)
        executed(folder / "source", anew)
        (folder / "disk").mkdir()
        ended("a full disk, then a larger one", build(folder / "disk", FULL), "No space left on device")


if __name__ == "__main__":
    main()
