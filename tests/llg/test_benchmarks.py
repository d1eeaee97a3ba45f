"""The tables of `make bench`: a small run of each, with no time looked at."""

import importlib.util
import re
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.thorough
BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


def module(name):
    spec = importlib.util.spec_from_file_location(name, BENCHMARKS / f"{name}.py")
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def test_a_smaller_step_and_a_smaller_tolerance_err_less(capsys):
    module("bench_llg").accuracy(until=2e-12, repeats=1)
    lines = capsys.readouterr().out.splitlines()
    errors = {kind: [float(re.search(r"error +(\S+)", line)[1]) for line in lines if line.startswith(kind)]
              for kind in ("fixed", "adaptive")}
    assert len(errors["fixed"]) == 15 and len(errors["adaptive"]) == 12
    assert all(each[-1] < 1e-2 * each[0] for each in errors.values())


def test_each_pair_needs_more_for_a_smaller_error(capsys):
    """Intermediate stages are not of unit length, and the torque is asked for at them all the same."""
    module("bench_llg").pairs(until=1e-12, tolerances=4)
    rows = [re.findall(r" (\d+|–)(?= |$)", line) for line in capsys.readouterr().out.splitlines()[1:]]
    assert len(rows) == 3
    for row in rows:
        needed = [int(n) for n in row[-4:] if n != "–"]
        assert needed and needed == sorted(needed)


@pytest.mark.parametrize("file, table, small, lines", [
    ("bench_llg", "speed", {"films": (6, 8), "cell_steps": 128, "numbers": 1000, "repeats": 1}, 8),
    ("bench_llg", "terms", {"n": 6, "repeats": 1}, 6),
    ("bench_llg", "size", {"films": (4, 8), "cell_steps": 64, "repeats": 1}, 2),
    ("bench_kubo", "main", {"points": 40}, 5),
    ("bench_demag", "transforms", {"films": (8,)}, 1),
    ("bench_demag", "stages", {"n": 8, "until": 1e-12, "tolerances": (1e-4, 1e-6)}, 5),
    ("bench_demag", "memory", {"n": 16}, 1),
    ("bench_demag", "problem5", {"films": ((20, 1, (0.1,)), (20, 2, (0.0, 0.5))), "moments": (1e-12, 2e-12)}, 3)])
def test_a_table_is_printed_to_its_end(file, table, small, lines, capsys):
    getattr(module(file), table)(**small)
    printed = capsys.readouterr().out
    assert len([line for line in printed.splitlines() if re.search(r"\d", line)]) >= lines
    assert not re.search(r"\b(nan|inf)\b", printed)


def test_the_stray_field_beside_peers(monkeypatch, tmp_path, capsys):
    """The table beside a solver of our own, one that fails and one that cannot be installed: each is told, and times
    are those of the errors asked for."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    peers = module("bench_peers")
    code = """
for error, seconds in ((0.0, 0.0), (9e-4, 2.0), (9e-5, 8.0)):
    time.process_time = iter((0.0, seconds)).__next__
    report("some way", lambda: None, lambda: m0 + error * np.array([0, 0, 1]))
"""

    def create(home, **_):
        (home / "bin").mkdir(parents=True)
        (home / "bin/python").symlink_to(sys.executable)
    monkeypatch.setattr(peers, "PLACE", tmp_path)
    monkeypatch.setattr(peers, "PEERS", {"ours": ([], "", code), "broken": ([], "", "1 / 0"), "lost": (["/no/such"],)})
    monkeypatch.setattr(peers.venv, "create", create)
    for name in ("ours", "broken"):
        create(tmp_path / name)
        (tmp_path / name / "bin/python").unlink()
        (tmp_path / name / "bin/python").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
        (tmp_path / name / "bin/python").chmod(0o755)
        (tmp_path / name / ".ready").touch()
    peers.stray(n=8, until=1e-12, tolerances=(1e-4, 1e-6), peers=tuple(peers.PEERS))
    printed = capsys.readouterr().out
    assert re.search("broken .*failed: ZeroDivisionError", printed) and re.search("lost .*cannot be installed", printed)
    table = {line[:24].strip(): line[24:].split() for line in printed[printed.index("seconds to"):].splitlines()}
    assert [table["ours"][place] for place in (0, 3, 6)] == ["2.00", "2.00", "8.00"]
    assert table["broken"] == ["–"] * 3 and "nan" not in printed
