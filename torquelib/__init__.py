"""Spin torques in magnetic textures.

The layers, lowest first; each imports only from those before it (a test holds this):

units, algebra, quadrature → textures, bands → gauge → spins, bruteforce → response → spirals → disorder
→ torques → materials, motive_force, chiral, hall → llg → drawing

Submodules load on first use, so that ``import torquelib`` stays light.
"""

from importlib import import_module

_SUBMODULES = (
    "units", "algebra", "quadrature",
    "textures", "bands", "gauge", "spins", "bruteforce",
    "response", "spirals", "disorder",
    "torques", "materials", "motive_force", "hall", "chiral",
    "llg", "drawing",
)

__all__ = list(_SUBMODULES)


def __getattr__(name):
    if name in _SUBMODULES:
        return import_module(f"{__name__}.{name}")
    if name == "__version__":
        from importlib.metadata import version

        return version(__name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted([*globals(), *_SUBMODULES, "__version__"])
