"""Parallel loops inside compiled code, on a pool of native threads that knows nothing of Python.

    address() -> int      of  void parallel(ptr part, ptr buffers, i64 n, i64 chunk)
    workers() -> int      how many threads were started so far

`part` is ``void part(ptr buffers, i64 lo, i64 hi)`` and is called for [0, chunk), [chunk, 2·chunk), ..., the last cut
at n: in any order, on any thread, each exactly once. `lo // chunk` numbers the parts, so that each may leave a partial
result of its own and the sum does not depend on the number of threads. All are done when `parallel` returns. Threads
are started when they are first needed, sleep when idle, and are started anew in a forked child. A loop that begins
while another runs, in another Python thread or inside a part, runs on its caller's thread alone.
"""

from __future__ import annotations

import ctypes
import functools
import os
import re

from wengert.compiler import cache
from wengert.compiler.config import config
from wengert.compiler.library import Library
from wengert.compiler.target import target

__all__ = ["address", "workers"]

_PAUSE = {
    "x86_64": ("call void @llvm.x86.sse2.pause()", "declare void @llvm.x86.sse2.pause()"),
    "aarch64": ("call void @llvm.aarch64.hint(i32 1)", "declare void @llvm.aarch64.hint(i32)"),
    "arm64": ("call void @llvm.aarch64.hint(i32 1)", "declare void @llvm.aarch64.hint(i32)"),
}


def address() -> int:
    """The address of the function that runs a parallel loop; without POSIX threads it runs on the caller's thread."""
    return _library().address("parallel" if os.name == "posix" else "serial")


def workers() -> int:
    """The number of threads in the pool, the callers' own not counted."""
    return int(_library().function("count", ctypes.c_int64)()) if os.name == "posix" else 0


@functools.cache
def _library() -> Library:
    if os.name != "posix":
        return cache.native(cache.source("serial.ll"), ["serial"])
    pause, declaration = _PAUSE.get(target().triple.partition("-")[0], ("", ""))
    pool = re.sub(r"^  pause$", f"  {pause}", cache.source("pool.ll"), flags=re.MULTILINE)
    text = cache.source("serial.ll") + pool + declaration
    library = cache.native(text, ["parallel", "serial", "reset", "count", "limit"])
    ctypes.c_void_p.from_address(library.address("limit")).value = config.threads_address
    os.register_at_fork(after_in_child=library.function("reset", None))
    return library
