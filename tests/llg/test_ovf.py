"""OVF 2.0: files written by hand from the format's description, what is written read back, and files that are not what
they say."""

import struct

import numpy as np
import pytest

from torquelib import llg

HEADER = """# OOMMF OVF 2.0
# Segment count: 1
# Begin: Segment
# Begin: Header
# Title: by hand
# Desc: any line, more: colons
# meshtype: rectangular
# meshunit: m
# valuedim: 3
# valuelabels: m_x m_y m_z
# valueunits: 1 1 1
# xmin: 0
# ymin: 0
# zmin: 0
# xmax: 4e-9
# ymax: 9e-9
# zmax: 2e-9
# xbase: 1e-9
# ybase: 1.5e-9
# zbase: 0.5e-9
# xnodes: 2
# ynodes: 3
# znodes: 2
# xstepsize: 2e-9
# ystepsize: 3e-9
# zstepsize: 1e-9
# End: Header
"""
VECTORS = np.arange(36.0).reshape(2, 3, 2, 3)


def by_hand(form, header=HEADER, vectors=VECTORS):
    """The file's bytes, from the description: x fastest, little-endian, the control number first."""
    name = {"text": "Text", "binary 4": "Binary 4", "binary 8": "Binary 8"}[form]
    flat = vectors.ravel().tolist()
    if form == "text":
        data = "".join(f"{x:.17g} {y:.17g} {z:.17g}\n" for x, y, z in vectors.reshape(-1, 3)).encode()
    elif form == "binary 4":
        data = struct.pack(f"<{len(flat) + 1}f", 1234567.0, *flat) + b"\n"
    else:
        data = struct.pack(f"<{len(flat) + 1}d", 123456789012345.0, *flat) + b"\n"
    begin, end = f"# Begin: Data {name}\n", f"# End: Data {name}\n# End: Segment\n"
    return header.encode() + begin.encode() + data + end.encode()


@pytest.mark.parametrize("form", ["text", "binary 4", "binary 8"])
def test_a_file_by_hand_is_read(form, tmp_path):
    (tmp_path / "m.ovf").write_bytes(by_hand(form))
    mesh, m = llg.read_ovf(tmp_path / "m.ovf")
    assert mesh.cells == (2, 3) and mesh.layers == 2
    np.testing.assert_allclose(mesh.cell_size, (2e-9, 3e-9, 1e-9), rtol=1e-12)
    assert np.array_equal(m, VECTORS)


@pytest.mark.parametrize("form, data", [("text", 0), ("binary 4", 4), ("binary 8", 8)])
def test_the_bytes_written_are_those_of_the_description(form, data, tmp_path):
    """The data part to the byte; the header line by line as keys and numbers."""
    mesh = llg.Mesh((2, 3), (2e-9, 3e-9, 1e-9), layers=2)
    llg.write_ovf(tmp_path / "m.ovf", mesh, VECTORS, form=form)
    written, expected = (tmp_path / "m.ovf").read_bytes(), by_hand(form)
    mark = b"# Begin: Data"
    assert written[written.index(mark):] == expected[expected.index(mark):]
    lines = written[:written.index(mark)].decode("ascii").splitlines()
    assert lines[:4] == HEADER.splitlines()[:4] and lines[-1] == "# End: Header"
    keys = dict(line[2:].split(": ", 1) for line in lines[4:-1])
    assert keys["meshtype"] == "rectangular" and keys["valuedim"] == "3" and keys["meshunit"] == "m"
    assert [int(keys[f"{a}nodes"]) for a in "xyz"] == [2, 3, 2]
    for axis, numbers in (("x", (-2e-9, 2e-9, -1e-9, 2e-9)), ("y", (-4.5e-9, 4.5e-9, -3e-9, 3e-9)),
                          ("z", (0, 2e-9, 0.5e-9, 1e-9))):
        found = [float(keys[axis + key]) for key in ("min", "max", "base", "stepsize")]
        np.testing.assert_allclose(found, numbers, rtol=1e-12, atol=1e-24)


@pytest.mark.parametrize("form, digits", [("text", 0), ("binary 4", 1e-7), ("binary 8", 0)])
def test_what_is_written_is_read_back(form, digits, tmp_path):
    mesh = llg.Mesh((5, 4), (2e-9, 1.7e-9, 0.3e-9))
    m = np.random.default_rng(0).normal(size=mesh.m_shape)
    llg.write_ovf(tmp_path / "m.ovf", mesh, m, form=form)
    back, found = llg.read_ovf(tmp_path / "m.ovf")
    assert back.m_shape == mesh.m_shape
    np.testing.assert_allclose(back.cell_size, mesh.cell_size, rtol=1e-12)
    np.testing.assert_allclose(found, m, rtol=digits)


def test_discretisedfield_reads_it(tmp_path):
    field = pytest.importorskip("discretisedfield")
    mesh = llg.Mesh((5, 4), (2e-9, 1.7e-9, 0.3e-9), layers=3)
    m = np.random.default_rng(0).normal(size=mesh.m_shape)
    for form in ("text", "binary 4", "binary 8"):
        llg.write_ovf(tmp_path / "m.ovf", mesh, m, form=form)
        found = field.Field.from_file(str(tmp_path / "m.ovf"))
        assert tuple(found.mesh.n) == (5, 4, 3)
        np.testing.assert_allclose(found.mesh.cell, mesh.cell_size, rtol=1e-9)
        np.testing.assert_allclose(found.array, m.transpose(2, 1, 0, 3), rtol=1e-6)


@pytest.mark.parametrize("form", ["text", "binary 4", "binary 8"])
def test_comments_and_spaces_in_a_header_say_nothing(form, tmp_path):
    """A comment runs from ## to the end of its line; spaces do not count in a key, nor do carriage returns."""
    header, data = by_hand(form).split(b"# End: Header\n")
    header = header.replace(b"xnodes: 2\n", b"x nodes : 2  ## two: along x\n## ynodes: 7\n#\n").replace(b"\n", b"\r\n")
    data = data.replace(b"# Begin: Data Binary", b"#Begin: data  binary ")
    (tmp_path / "m.ovf").write_bytes(header + b"# End: Header\n" + data)
    assert np.array_equal(llg.read_ovf(tmp_path / "m.ovf")[1], VECTORS)


def test_lengths_may_be_in_nanometres(tmp_path):
    content = by_hand("text").replace(b"e-9\n", b"\n").replace(b"meshunit: m\n", b"meshunit: nm\n")
    (tmp_path / "m.ovf").write_bytes(content)
    mesh, vectors = llg.read_ovf(tmp_path / "m.ovf")
    assert mesh.cell_size == pytest.approx((2e-9, 3e-9, 1e-9), rel=1e-12, abs=0) and np.array_equal(vectors, VECTORS)


def change(old, new):
    return lambda content: content.replace(old, new, 1)


FAULTS = {
    "another format": (change(b"OVF 2.0", b"OVF 1.0"), "first line"),
    "no segment": (lambda content: content[:200], "ends before its data"),
    "cut": (lambda content: content[:-120], "are left"),
    "too many cells": (change(b"xnodes: 2", b"xnodes: 2000000000"), "xmax"),
    "too many cells, consistently": (lambda content: content.replace(b"xnodes: 2", b"xnodes: 2000000000").replace(
        b"xmax: 4e-9", b"xmax: 4"), "are left"),
    "too few cells": (lambda content: content.replace(b"znodes: 2", b"znodes: 1").replace(b"zmax: 2e-9", b"zmax: 1e-9"),
                      "longer than the header announces"),
    "no cells": (change(b"xnodes: 2", b"xnodes: -2"), "xnodes must be at least 1"),
    "a length that is not its cells'": (change(b"ymax: 9e-9", b"ymax: 8e-9"), "ymax − ymin is 8e-09, but 3 cells"),
    "cells of no size": (lambda content: content.replace(b"xstepsize: 2e-9", b"xstepsize: 0").replace(
        b"xmax: 4e-9", b"xmax: 0"), "xstepsize above zero"),
    "cells of all size": (lambda content: content.replace(b"xstepsize: 2e-9", b"xstepsize: inf").replace(
        b"xmax: 4e-9", b"xmax: inf"), "xstepsize above zero; got 2 and inf"),
    "no number": (change(b"xnodes: 2", b"xnodes: two"), "no number"),
    "a key missing": (change(b"# ystepsize: 3e-9\n", b""), "lacks ystepsize"),
    "irregular": (change(b"rectangular", b"irregular"), "meshtype must be rectangular"),
    "scalars": (change(b"valuedim: 3", b"valuedim: 1"), "valuedim must be 3"),
    "another unit": (change(b"meshunit: m", b"meshunit: mile"), "meshunit"),
    "another form": (change(b"Data Binary 8", b"Data Binary 2"), "data must be one of"),
    "bytes turned round": (change(struct.pack("<d", 123456789012345.0), struct.pack(">d", 123456789012345.0)),
                           "order of bytes"),
    "NaN": (change(struct.pack("<d", 7.0), struct.pack("<d", np.nan)), "m.ovf: .*not finite"),
    "cells beyond all numbers": (change(b"xnodes: 2", b"xnodes: 1" + 400*b"0"), "no number"),
    "an endless header": (change(b"# End: Header\n", b"# Desc: more\n" * 2000), "first 1000 lines"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_files_that_are_not_what_they_say(fault, tmp_path):
    """Each is named, and nothing of the announced size is allocated."""
    spoil, message = FAULTS[fault]
    content = spoil(by_hand("binary 8"))
    assert content != by_hand("binary 8")
    (tmp_path / "m.ovf").write_bytes(content)
    with pytest.raises(ValueError, match=message):
        llg.read_ovf(tmp_path / "m.ovf")


@pytest.mark.parametrize("spoil, message", [(lambda c: c.replace(b"3 4 5\n", b"3 4\n"), "three numbers"),
                                            (lambda c: c.replace(b"3 4 5\n", b"3 4 five\n"), "three numbers"),
                                            (lambda c: c.replace(b"3 4 5\n", b""), "three numbers"),
                                            (lambda c: c.replace(b"3 4 5\n", b"3 4 5\n" * 2), "longer"),
                                            (FAULTS["too many cells, consistently"][0], "are left")])
def test_text_that_is_not_what_it_says(spoil, message, tmp_path):
    (tmp_path / "m.ovf").write_bytes(spoil(by_hand("text")))
    with pytest.raises(ValueError, match=message):
        llg.read_ovf(tmp_path / "m.ovf")


def test_arguments_are_checked(tmp_path):
    mesh = llg.Mesh((2, 3), 1e-9)
    with pytest.raises(ValueError, match="m must have the mesh's shape"):
        llg.write_ovf(tmp_path / "m.ovf", mesh, np.zeros((2, 3, 3)))
    with pytest.raises(ValueError, match="form must be one of"):
        llg.write_ovf(tmp_path / "m.ovf", mesh, np.zeros((3, 2, 3)), form="ascii")
    with pytest.raises(TypeError, match="mesh"):
        llg.write_ovf(tmp_path / "m.ovf", None, np.zeros((3, 2, 3)))
    with pytest.raises(TypeError, match="path must be a str or a Path; got None"):
        llg.write_ovf(None, mesh, np.zeros((3, 2, 3)))
