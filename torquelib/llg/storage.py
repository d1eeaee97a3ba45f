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
                array = np.asarray(np.nan if callable(value) else value, dtype=float)
                found.update(f"{f.name}{array.shape}".encode() + array.tobytes())
        return found.hexdigest()
    return {"mesh": digest(problem.mesh), "material": digest(problem.material),
            "terms": digest(*problem.terms), "drive": digest(*problem.drive)}


def save(path, problem, *, plan, entries, past, **arrays):
    """Write `arrays`, the plan of an unfinished run (or None) with its record's entries, and a history's past."""
    record = {}
    for name, values in entries.items() if plan else ():
        values = stacked(values)
        record.update({f"record/{name}/{key}": value for key, value in values.items()} if isinstance(values, dict)
                      else {f"record/{name}": values})
    np.savez(_npz(path), **arrays, plan=json.dumps(plan), problem=json.dumps(_digests(problem)), **record,
             **{f"past/{name}": value for name, value in past.items()})


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
                found["entries"].setdefault(observer, {})[key] = values
            else:
                found["entries"][observer] = values
    found["entries"] = {name: unstacked(values) for name, values in found["entries"].items()}
    return found
