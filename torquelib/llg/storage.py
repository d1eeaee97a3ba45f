"""A simulation to disk and back, with an unfinished run and its record: .npz files."""

import hashlib
import json
import os
from dataclasses import fields

import numpy as np

from .record import stacked, unstacked

_OWN = {"fields", "slopes", "clock", "counts", "plan", "problem"}


def _npz(path):
    """The path as np.savez would complete it."""
    path = os.fspath(path)
    return path if path.endswith(".npz") else path + ".npz"


def _digests(problem):
    """A digest of each part of a problem, from the bytes of its numbers; functions of t are left out."""
    def digest(*things):
        found = hashlib.sha256()
        for thing in things:
            found.update(type(thing).__name__.encode())
            for f in fields(thing):
                value = getattr(thing, f.name)
                try:
                    array = np.asarray(np.nan if callable(value) else value, dtype=float)
                except (TypeError, ValueError):            # a word, a mixture: by how it prints
                    array = np.asarray(repr(value))
                found.update(f"{f.name}{array.shape}".encode() + array.tobytes())
        return found.hexdigest()
    return {"mesh": digest(problem.mesh), "material": digest(problem.material),
            "terms": digest(*problem.terms), "drive": digest(*problem.drive)}


def save(path, problem, *, plan, entries, past, **arrays):
    """Write `arrays`, the plan of an unfinished run (or None) with its record's entries, and a history's past. Raises
    ValueError, before anything is written, for entries that fit no array of numbers and keys that are no words or
    whole numbers."""
    record = {}
    for name, values in entries.items() if plan else ():
        values = stacked(values)
        if isinstance(values, dict):
            if odd := [key for key in values if not isinstance(key, str | int)]:
                raise ValueError(f"observer {name!r} must return dicts whose keys are str or int to be saved; got "
                                 f"{odd[0]!r}")
            record.update({f"record/{name}/{json.dumps(key)}": value for key, value in values.items()})
        else:
            record[f"record/{name}"] = values
    for name, values in record.items():
        if values.dtype == object:
            raise ValueError(f"observer {name.split('/')[1]!r} must return numbers, or arrays that differ in length at "
                             f"most, to be saved; got {values[0]!r}, …")
    path = os.path.realpath(_npz(path))                    # a link stays one
    part = path[:-4] + ".part.npz"                         # Ctrl-C while writing leaves the file that was there
    np.savez(part, **arrays, plan=json.dumps(plan), problem=json.dumps(_digests(problem)), **record,
             **{f"past/{name}": value for name, value in past.items()})
    os.replace(part, path)


def load(path, problem):
    """What `save` wrote, by the names of its arguments. Raises ValueError for another problem, a foreign or a damaged
    file."""
    path = _npz(path)
    with open(path, "rb") as file:                         # FileNotFoundError
        try:
            with np.load(file, allow_pickle=False) as arrays:
                stored = {name: arrays[name] for name in arrays.files}
                saved, plan = json.loads(str(stored["problem"])), json.loads(str(stored["plan"]))
                found = {name: stored[name] for name in _OWN - {"plan", "problem"}}
        except Exception as error:                         # zipfile, zlib, numpy and json have one each for damage
            raise ValueError(f"{path} is not a file that Simulation.save wrote, or is damaged ({error})") from None
    other = [part for part, digest in _digests(problem).items() if digest != saved.get(part)]
    if other:
        raise ValueError(f"{path} was saved with another {' and '.join(other)}; problem must be the one it was")
    found.update(plan=plan, entries={}, past={})
    for name, values in stored.items():
        kind, _, rest = name.partition("/")
        if kind == "past":
            found["past"][rest] = values
        elif kind == "record":
            observer, _, key = rest.partition("/")
            if key:
                found["entries"].setdefault(observer, {})[json.loads(key)] = values
            else:
                found["entries"][observer] = values
    found["entries"] = {name: unstacked(values) for name, values in found["entries"].items()}
    return found
