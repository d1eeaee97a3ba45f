"""numba's compiler for the electrons' kernels, and a door for the kernels that run on several threads. Where numba does
not exist, as in a Python that runs in a browser, the same kernels run as plain Python: the same numbers, slower. The
kernels of `llg` need numba itself."""

import os
import threading
from contextlib import suppress

try:
    from numba import njit, prange, threading_layer
except ImportError:
    prange = range  # type: ignore[misc]

    def njit(function=None, **options):  # type: ignore[no-redef]
        """The function itself."""
        return function or (lambda kernel: kernel)

    def threading_layer():  # type: ignore[misc]
        """No threads."""
        raise ValueError

__all__ = ["OneAtATime", "njit", "prange", "several_threads"]


class OneAtATime:
    """`with several_threads:` around a kernel that runs on several threads.

    One such kernel runs at a time: of the libraries below numba, one ends the process where two Python threads enter
    it at once. Another, OpenMP, ends a process that was forked after it had begun, as it has once numba was asked how
    many threads there are; there `lost` is True, and entering raises RuntimeError.
    """

    def __init__(self):
        self._lock, self.lost = threading.Lock(), False
        if hasattr(os, "register_at_fork"):                                # not on Windows, which cannot fork
            os.register_at_fork(after_in_child=self._forked)

    def _forked(self):
        self._lock = threading.Lock()
        with suppress(ValueError):                                         # no threads have begun
            self.lost = self.lost or threading_layer() == "omp"

    def __enter__(self):
        if self.lost:
            raise RuntimeError("this process was forked from one whose threads had begun, and cannot run kernels on "
                               "several itself: take threads=1 where that can be chosen, or start the process by "
                               "'spawn' instead of 'fork', as joblib does")
        self._lock.acquire()

    def __exit__(self, *_):
        self._lock.release()


several_threads = OneAtATime()
