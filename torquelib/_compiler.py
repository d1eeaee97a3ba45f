"""numba's compiler for the electrons' kernels. Where numba does not exist, as in a Python that runs in a browser, the
same kernels run as plain Python: the same numbers, slower. The kernels of `llg` need numba itself."""

try:
    from numba import njit, prange
except ImportError:
    prange = range  # type: ignore[misc]

    def njit(function=None, **options):  # type: ignore[no-redef]
        """The function itself."""
        return function or (lambda kernel: kernel)

__all__ = ["njit", "prange"]
