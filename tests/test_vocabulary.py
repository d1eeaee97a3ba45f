"""One vocabulary: the signatures of all public functions follow the convention of CONTRIBUTING, each names bad input,
and an argument is checked once."""

import dataclasses
import inspect
import pkgutil
import re
import sys
from collections import Counter
from importlib import import_module

import numpy as np
import pytest

import torquelib
from torquelib import _validate, llg
from torquelib.bands import FreeElectron, TightBinding
from torquelib.disorder.impurities import Impurities, Magnetic
from torquelib.disorder.vertex import full_ladder_ratio
from torquelib.response import brillouin_zone, field_spin_density
from torquelib.spirals.evolution import SwitchedField, evolve
from torquelib.textures import DriftingSpiral

BY_KEYWORD = {"J", "s", "E", "E_F", "kT", "tau", "omega", "eta", "order", "alpha_R"}
NO_DEFAULT = {"J", "s", "E_F", "kT", "alpha_R", "dimension"}
OTHER_NAMES = {"electric_field", "E_field", "fermi_energy", "mu", "temperature", "T", "exchange", "spin_index",
               "lifetime", "frequency", "alpha_r", "field_strength"}
RANK = {"band": 0, "impurities": 1, "texture": 1, "field": 2, "state": 2, "grid": 2, "torus": 2, "run": 2, "f": 3,
        "distribution": 3, "k": 4, "p": 5, "x": 6, "y": 7, "z": 8, "t": 9, "times": 9}
GROUND = ("_validate", "quadrature", "algebra", "units")
MODULES = [import_module(module.name) for module in pkgutil.walk_packages(torquelib.__path__, "torquelib.")
           if not module.name.startswith(("torquelib.drawing", "torquelib.llg"))
           and module.name.rpartition(".")[2] not in GROUND]

def is_record(thing):
    return inspect.isclass(thing) and (dataclasses.is_dataclass(thing) or issubclass(thing, tuple))


def names():
    """(path, object) of everything public: what the modules define, and the face of `torquelib.llg`."""
    for module in MODULES:
        for name, thing in vars(module).items():
            if not name.startswith("_") and getattr(thing, "__module__", "") == module.__name__:
                yield f"{module.__name__.removeprefix('torquelib.')}.{name}", thing
    for name in torquelib.llg.__all__:
        yield f"llg.{name}", getattr(torquelib.llg, name)


def public():
    """(path, callable) of all public functions and classes, and of their methods."""
    top, methods = [], []
    for path, thing in names():
        if not callable(thing) or getattr(thing, "_is_protocol", False) or not hasattr(thing, "__name__"):
            continue
        if inspect.isclass(thing):
            if issubclass(thing, (Exception, dict)):
                continue
            own = ((n, getattr(m, "__func__", m)) for n, m in vars(thing).items() if not n.startswith("_"))
            methods += [(f"{path}.{n}", method) for n, method in own if inspect.isfunction(method)]
        top.append((path, thing))
    return top, top + methods


TOP, PUBLIC = public()


@pytest.mark.parametrize("name, thing", PUBLIC, ids=[name for name, _ in PUBLIC])
def test_a_signature_speaks_the_vocabulary(name, thing):
    parameters = [p for p in inspect.signature(thing).parameters.values() if p.name not in ("self", "cls")]
    named = {p.name: p for p in parameters}
    assert not OTHER_NAMES & set(named)
    if not is_record(thing):
        assert {p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD} & BY_KEYWORD == set()
        defaults = {n for n in NO_DEFAULT & set(named) if named[n].default not in (inspect.Parameter.empty, None)}
        assert defaults == set()
        ranks = [RANK[p.name] for p in parameters if p.name in RANK and p.kind is p.POSITIONAL_OR_KEYWORD]
        assert ranks == sorted(ranks)
    if "order" in named:
        assert named["order"].default == "first"


@pytest.mark.parametrize("name, thing", PUBLIC, ids=[name for name, _ in PUBLIC])
def test_a_signature_has_hints_and_a_docstring(name, thing):
    signature = inspect.signature(thing)
    hints = [p.annotation for p in signature.parameters.values() if p.name not in ("self", "cls")]
    hints += [] if inspect.isclass(thing) else [signature.return_annotation]
    assert name.startswith("llg.") or signature.empty not in hints
    assert inspect.getdoc(thing) or inspect.getdoc(getattr(Impurities, thing.__name__, None))


def test_the_vocabulary_is_met_everywhere():
    """The rules above bind: each name occurs, and a signature that breaks one is seen."""
    used = Counter(p for _, thing in PUBLIC for p in inspect.signature(thing).parameters)
    assert len(PUBLIC) > 200 and all(used[name] for name in BY_KEYWORD | NO_DEFAULT)

    def positional(band, J):
        """As before the vocabulary."""

    def shuffled(k, band):
        """Where before objects."""

    for wrong in (positional, shuffled):
        with pytest.raises(AssertionError):
            test_a_signature_speaks_the_vocabulary("", wrong)


# a record that only holds results has nothing to refuse
REFUSING = [(name, thing) for name, thing in TOP if not (is_record(thing) and not hasattr(thing, "__post_init__"))]


@pytest.mark.parametrize("name, thing", REFUSING, ids=[name for name, _ in REFUSING])
def test_each_public_function_refuses_and_names_what_it_refuses(name, thing):
    needed = [p.name for p in inspect.signature(thing).parameters.values() if p.default is p.empty]
    if not needed:
        assert inspect.isclass(thing)                # a base class, or all fields have defaults
        return
    with pytest.raises((TypeError, ValueError)) as refused:
        thing(**dict.fromkeys(needed))
    assert re.match(rf"({'|'.join(map(re.escape, needed))})\b.* must ", str(refused.value)), str(refused.value)


def checks_in(monkeypatch, call):
    """How often each argument was checked while ``call`` ran: calls of `_validate` from outside it, by name."""
    counted = Counter()
    for name, function in list(vars(_validate).items()):
        if inspect.isfunction(function) and function.__module__ == _validate.__name__ and name != "keep":
            def wrapper(*args, _function=function, _name=name, **kwargs):
                if sys._getframe(1).f_globals["__name__"] != _validate.__name__:
                    counted[args[0] if args and isinstance(args[0], str) else _name] += 1
                return _function(*args, **kwargs)
            monkeypatch.setattr(_validate, name, wrapper)
    call()
    return counted


def one_density():
    band = TightBinding(0.5, 0.3, dimension=2)
    grid = brillouin_zone(band, 8)
    field_spin_density(band, DriftingSpiral(0.1), grid, np.ones((64, 2)), 0.0, J=0.5, E=1e-3)


PROBLEM = llg.Problem(llg.Mesh((4, 3), 2e-9), llg.Material(np.full((3, 4), 8e5), 0.1),
                      [llg.Exchange(1e-11), llg.Zeeman((0.0, 0.0, 0.1))], [llg.SpinCurrent(1e11, beta=0.1)])


def one_run():
    simulation = llg.Simulation(PROBLEM, (0.6, 0.0, 0.8))
    simulation.run(3e-13, dt=1e-13, times=[1e-13, 2e-13], observe={"m": lambda now: now.m})


@pytest.mark.parametrize("call", [
    one_density, one_run,
    lambda: full_ladder_ratio(FreeElectron(dimension=2), Magnetic(0.01, 0.3), J=0.5, E_F=1.5),
    lambda: evolve(FreeElectron(dimension=1), DriftingSpiral(0.1), SwitchedField(1e-3, 5.0), [1.0],
                   np.linspace(0, 20, 41), s=-1, J=0.5)],
    ids=["field_spin_density", "run", "full_ladder_ratio", "evolve"])
def test_an_argument_is_checked_once(monkeypatch, call):
    counted = checks_in(monkeypatch, call)
    assert counted and {name: n for name, n in counted.items() if n > 1} == {}
