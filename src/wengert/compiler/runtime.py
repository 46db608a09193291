"""The table of runtime functions that every kernel gets as its last buffer.

    address() -> int             of the table, 64 pointers; it stays the same as long as the process lives
    SLOTS: dict[str, int]        which place is whose; a place that is 0 has no function here

    %runtime = load ptr, ...                                 ; buffers[-1]
    %slot = getelementptr ptr, ptr %runtime, i64 SLOTS["parallel_for"]
    %f = load ptr, ptr %slot
    call void %f(ptr @part, ptr %buffers, i64 %n, i64 %chunk)

parallel_for is threads.py's `parallel`, threads points to the number of threads (an int64 to read), the names of BLAS
and LAPACK are as in blas.py; malloc, realloc, free, memcpy, memmove and memset are those of C, and may be called
without the GIL and from any thread.
"""

from __future__ import annotations

import ctypes
import functools
import os

from wengert.compiler import threads
from wengert.compiler.blas import CBLAS, LAPACK, blas
from wengert.compiler.config import config

__all__ = ["SLOTS", "address"]

_C = ("malloc", "realloc", "free", "memcpy", "memmove", "memset")
SLOTS = {name: place for place, name in enumerate(("parallel_for", "threads", *_C, *CBLAS, *LAPACK))}


def address() -> int:
    """The address of the table, which is filled when it is first asked for."""
    return ctypes.addressof(_table())


@functools.cache
def _table() -> ctypes.Array[ctypes.c_void_p]:
    known: dict[str, int | None] = {"parallel_for": threads.address(), "threads": config.threads_address}
    c = ctypes.CDLL(None if os.name == "posix" else "msvcrt")
    known |= {name: ctypes.cast(getattr(c, name), ctypes.c_void_p).value for name in _C}
    known |= {name: routine.address for name, routine in blas().items()}
    table = (ctypes.c_void_p * 64)()
    for name, place in SLOTS.items():
        table[place] = known.get(name, 0)
    return table
