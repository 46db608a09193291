"""Machine code in this process, and shared libraries made from bytes.

Library.address("k")                              the address of an exported function or constant
Library.function("k", restype, *argtypes)         the same as a ctypes function
shared(path or bytes, exports) -> Library         through the dynamic loader; needs no llvmlite
"""

from __future__ import annotations

import _ctypes
import ctypes
import itertools
import os
import sys
from collections.abc import Callable, Iterable
from typing import Any

__all__ = ["Library", "shared"]


class Library:
    """Machine code in this process. It stays loaded as long as this object, or anything that holds it, lives.

    At the end of the interpreter nothing is unloaded, because other destructors may still call it.
    """

    __slots__ = ("_addresses", "_close", "_finalizing", "_owner")

    def __init__(self, addresses: dict[str, int], owner: object, close: Callable[[], object] | None = None) -> None:
        self._addresses, self._owner, self._close = addresses, owner, close
        self._finalizing = sys.is_finalizing

    def address(self, name: str) -> int:
        """The address of the exported function or constant `name`; KeyError if it was not asked for when loading."""
        return self._addresses[name]

    def function(self, name: str, restype: Any, *argtypes: Any) -> Callable[..., Any]:
        """`name` as a ctypes function, with the GIL released during the call; it keeps this library loaded."""
        call = ctypes.CFUNCTYPE(restype, *argtypes)(self._addresses[name])
        call._library = self  # type: ignore[attr-defined]
        return call

    def __del__(self) -> None:
        if self._close is not None and not self._finalizing():
            self._close()


def shared(source: str | bytes, exports: Iterable[str]) -> Library:
    """Load a shared library from a file, or from bytes that never touch a disk (Linux).

    Raises:
        OSError: the dynamic loader refuses it, or one of `exports` is not in it.
    """
    if isinstance(source, bytes):
        return _from_memory(source, exports)
    loaded = ctypes.CDLL(source)
    handle = loaded._handle
    try:
        addresses = {name: _address(loaded, name) for name in exports}
    except OSError:
        _ctypes.dlclose(handle)
        raise
    close = _ctypes.dlclose
    return Library(addresses, loaded, lambda: close(handle))


def _address(loaded: ctypes.CDLL, name: str) -> int:
    try:
        return ctypes.addressof(ctypes.c_char.in_dll(loaded, name))
    except ValueError as error:
        raise OSError(str(error)) from None


_numbers = itertools.count(1)


def _new_name(descriptor: int) -> str:
    """A path to an open file that was never used before.

    The loader takes a library of the same name for the same library, and numbers of descriptors come again. So we write
    a number of our own into the path, in binary: a redundant "/." for 1 and a redundant "/" for 0.
    """
    digits = "".join("/." if digit == "1" else "/" for digit in f"{next(_numbers):b}")
    return f"/proc/self/fd{digits}/{descriptor}"


def _from_memory(image: bytes, exports: Iterable[str]) -> Library:
    """Through a file that has no name; the descriptor can go as soon as the loader has mapped it."""
    if not hasattr(os, "memfd_create"):
        raise OSError("this system has no files in memory")
    descriptor = os.memfd_create("wengert", os.MFD_CLOEXEC)
    try:
        with os.fdopen(descriptor, "wb", closefd=False) as file:
            file.write(image)
        return shared(_new_name(descriptor), exports)
    finally:
        os.close(descriptor)
