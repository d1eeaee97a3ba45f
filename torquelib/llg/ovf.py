"""Files of the OVF 2.0 format, which OOMMF, mumax³ and ubermag read and write.

The format: a header of "# key: value" lines, then the vectors, x running fastest, then y, then z; text, or
little-endian numbers of 4 or 8 bytes behind one that tells their kind (OOMMF User's Guide, "Vector field file
formats").
"""

import os

import numpy as np

from .. import _validate as check
from .mesh import Mesh

FORMS = {"text": ("Text", None, None), "binary 4": ("Binary 4", "<f4", 1234567.0),
         "binary 8": ("Binary 8", "<f8", 123456789012345.0)}
"""Name, type of number, and the number that stands in front of the data."""

LINE, LINES = 4096, 1000
"""Bytes of a line and lines of a header, at most."""


def write_ovf(path, mesh, m, *, form="binary 8"):
    """Write vectors, one a cell, to an OVF 2.0 file.

    mesh (`Mesh`); m in its `m_shape`, any vectors in any unit; form "text", "binary 4" or "binary 8": numbers of 17
    digits, of 4 or of 8 bytes. The mesh's middle is at x = y = 0, its lower face at z = 0. Raises ValueError for
    another shape or form, TypeError for a path that is no str or Path.
    """
    _check_path(path)
    check.instance("mesh", mesh, Mesh)
    m = check.finite("m", m)
    if m.shape != mesh.m_shape:
        raise ValueError(f"m must have the mesh's shape {mesh.m_shape}; got {m.shape}")
    name, number, control = FORMS[check.choice("form", form, tuple(FORMS))]
    counts = (*mesh.cells, mesh.layers)
    lines = ["# OOMMF OVF 2.0", "# Segment count: 1", "# Begin: Segment", "# Begin: Header", "# Title: m",
             "# meshtype: rectangular", "# meshunit: m",
             "# valuedim: 3", "# valuelabels: m_x m_y m_z", "# valueunits: 1 1 1"]
    for axis, n, size, below in zip("xyz", counts, mesh.cell_size, (0.5, 0.5, 0.0)):
        low = -below * n * size
        lines += [f"# {axis}min: {low!r}", f"# {axis}max: {low + n*size!r}", f"# {axis}base: {low + size/2!r}",
                  f"# {axis}nodes: {n}", f"# {axis}stepsize: {size!r}"]
    lines += ["# End: Header", f"# Begin: Data {name}", ""]
    rows = m.reshape(-1, 3)
    with open(path, "wb") as file:
        file.write("\n".join(lines).encode("ascii"))
        if number is None:
            np.savetxt(file, rows, fmt="%.17g")
        else:
            file.write(np.array([control], number).tobytes() + rows.astype(number).tobytes() + b"\n")
        file.write(f"# End: Data {name}\n# End: Segment\n".encode("ascii"))


def read_ovf(path):
    """(mesh, m) of an OVF 2.0 file with vectors of three components on a rectangular mesh, in any of the three forms.

    m has the mesh's `m_shape`, as stored; the mesh's edges are open, since the format does not say, and a chain comes
    back as a film of one row. What follows the first segment is left unread. Raises ValueError, before more is read
    than the file holds or the header announces, for a file of another format, a header that lacks a key or contradicts
    itself, data cut short or longer than announced.
    """
    _check_path(path)

    def refuse(why):
        raise ValueError(f"{os.fspath(path)}: {why}")
    with open(path, "rb") as file:
        if file.readline(LINE).split() != [b"#", b"OOMMF", b"OVF", b"2.0"]:
            refuse("the first line is not '# OOMMF OVF 2.0'")
        header = {}
        for _ in range(LINES):
            line = file.readline(LINE)
            if not line:
                refuse("the file ends before its data")
            key, _, value = line.decode("latin-1").partition("##")[0].partition(":")         # a comment follows ##
            key, value = "".join(key.lstrip("#").split()).lower(), " ".join(value.split())
            if key == "begin" and value.lower().startswith("data"):
                break
            header[key] = value
        else:
            refuse(f"no 'Begin: Data' in the first {LINES} lines")
        form = value[4:].strip().lower()
        if form not in FORMS:
            refuse(f"data must be one of {', '.join(FORMS)}; got {form!r}")
        mesh = _mesh(header, refuse)
        count = 3 * mesh.nx * mesh.ny * mesh.layers
        left = os.fstat(file.fileno()).st_size - file.tell()
        name, number, control = FORMS[form]
        size = 2*count if number is None else (count + 1) * np.dtype(number).itemsize
        if left < size:
            refuse(f"the header announces {count // 3} vectors, at least {size} bytes; {left} are left")
        if number is None:
            rows = [file.readline(LINE).split() for _ in range(count // 3)]
            if any(len(row) != 3 for row in rows):
                refuse("a line of the data does not hold three numbers; is it cut?")
            try:
                values = np.array(rows, dtype=float)
            except ValueError:
                refuse("a line of the data does not hold three numbers")
        else:
            values = np.frombuffer(file.read(size), number).astype(float)
            if values[0] != control:
                refuse(f"the data begin with {values[0]!r}, not with {control!r}: another order of bytes, or no data")
            values = values[1:]
        line = file.readline(LINE)
        if not (line if line.strip() else file.readline(LINE)).lower().startswith(b"# end: data"):
            refuse("the data are longer than the header announces, or their end is missing")
        if not np.all(np.isfinite(values)):
            refuse("the data hold a number that is not finite")
    return mesh, values.reshape(mesh.m_shape)


def _check_path(path):
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"path must be a str or a Path; got {path!r}")


def _mesh(header, refuse):
    if header.get("meshtype", "").lower() != "rectangular":
        refuse(f"meshtype must be rectangular; got {header.get('meshtype')!r}")
    if header.get("valuedim") != "3":
        refuse(f"valuedim must be 3; got {header.get('valuedim')!r}")
    counts, sizes = [], []
    for axis in "xyz":
        try:
            n, size = int(header[f"{axis}nodes"]), float(header[f"{axis}stepsize"])
            length, cells = float(header[f"{axis}max"]) - float(header[f"{axis}min"]), n*size
        except KeyError as error:
            refuse(f"the header lacks {error.args[0]}")
        except (ValueError, OverflowError) as error:
            refuse(f"the header holds what is no number: {error}")
        if n < 1 or not 0 < size < np.inf:
            refuse(f"{axis}nodes must be at least 1 and {axis}stepsize above zero; got {n} and {size:g}")
        if not abs(length - cells) <= 1e-3*cells:
            refuse(f"{axis}max − {axis}min is {length:g}, but {n} cells of {size:g} make {cells:g}")
        counts.append(n)
        sizes.append(size)
    unit = {"m": 1.0, "nm": 1e-9}.get(header.get("meshunit", "m"))
    if unit is None:
        refuse(f"meshunit must be m or nm; got {header['meshunit']!r}")
    return Mesh(counts[:2], [size*unit for size in sizes], layers=counts[2])
