"""numba's compiler, or none. Where numba cannot be installed, as for Python in a browser, electrons run uncompiled.

`torquelib.llg` does not: a film takes millions of steps, and its kernels import numba themselves.
"""

try:
    from numba import njit, prange
except ImportError:
    prange = range  # type: ignore[misc]

    def njit(*function, **options):  # type: ignore[no-redef]
        """The function as it is, called as numba's decorator is: ``@njit`` or ``@njit(cache=True)``."""
        return function[0] if function else lambda function: function
