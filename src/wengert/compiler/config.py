"""Settings of compiled code: `wengert.config`.

config.threads          how many threads a parallel loop may use, the caller's own included
config.threads_address  where native code reads that number, an int64
"""

from __future__ import annotations

import ctypes
import operator
import os
from typing import Any

from wengert.errors import InvalidArgument, explain

__all__ = ["Config", "config"]


class Config:
    """The settings of one process.

    Example:
        >>> config.threads >= 1
        True
    """

    __slots__ = ("_kept_memory", "_threads")

    def __init__(self) -> None:
        self._threads = ctypes.c_int64(0)  # not asked for yet
        self._kept_memory = ctypes.c_int64(256 << 20)

    @property
    def threads(self) -> int:
        """How many threads a parallel loop may use: the processors that this process may run on, or WENGERT_THREADS.

        Raises:
            InvalidArgument: set to something else than a positive integer.
        """
        if self._threads.value == 0:
            wish = os.environ.get("WENGERT_THREADS", "").strip()
            self._threads.value = _count(wish, "WENGERT_THREADS") if wish else _processors()
        return self._threads.value

    @threads.setter
    def threads(self, number: int) -> None:
        self._threads.value = _count(number, "wg.config.threads")

    @property
    def threads_address(self) -> int:
        """The address of the number as an int64; it stays the same."""
        operator.index(self.threads)
        return ctypes.addressof(self._threads)

    @property
    def kept_memory(self) -> int:
        """How many bytes of large results that are no longer used are kept for later results; 0 for none.

        Fresh memory comes from the system page by page, which can take as long as the computation that fills it.

        Raises:
            InvalidArgument: set to something else than a non-negative integer.
        """
        return self._kept_memory.value

    @kept_memory.setter
    def kept_memory(self, size: int) -> None:
        try:
            size = operator.index(size)
        except TypeError:
            size = -1
        if not 0 <= size < 1 << 62:
            raise InvalidArgument(
                explain(
                    "wg.config.kept_memory is a number of bytes.",
                    "Memory of large results that died is kept up to this size and used for the next ones.",
                    "Give an integer, 0 for none; the default is 256 MiB.",
                )
            )
        self._kept_memory.value = size

    @property
    def kept_memory_address(self) -> int:
        """The address of the number as an int64; it stays the same."""
        return ctypes.addressof(self._kept_memory)

    def __repr__(self) -> str:
        return f"Config(threads={self.threads}, kept_memory={self.kept_memory})"


def _count(number: Any, name: str) -> int:
    try:
        count = int(number) if isinstance(number, str) else operator.index(number)
    except (TypeError, ValueError):
        count = 0
    if not 1 <= count <= 1024:
        raise InvalidArgument(
            explain(
                f"{name} = {number!r} is not a number of threads.",
                "Parallel loops run on the caller's thread and on threads that wait for them.",
                "Give an integer from 1 (no other threads) to 1024.",
            )
        )
    return count


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


config = Config()
