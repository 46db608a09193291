"""The trampoline's machine code in this process, acquainted with the C API of Python and NumPy.

native() -> bool                 can the trampoline work here?
library() -> Library             its code; exports "vectorcall", "kept", ...
keeps_blocks() -> bool           may large results use memory that we keep (blocks.ll)?
"""

from __future__ import annotations

import ctypes
import functools
import sys
from typing import Any

import numpy as np
from numpy._core import _multiarray_umath

from wengert.compiler import cache, layout, llvm
from wengert.compiler.config import config
from wengert.compiler.library import Library

__all__ = ["keeps_blocks", "library", "native"]

_TEXTS = ("trampoline.ll", "results.ll", "blocks.ll")
_EXPORTS = ("vectorcall", "api", "handler", "capsule", "keep", "kept")
_GET_HANDLER = 305  # PyDataMem_GetHandler's place in NumPy's table
_object, _address = ctypes.py_object, ctypes.c_void_p


@functools.cache
def native() -> bool:
    """Whether the trampoline works here: llvmlite, CPython with a GIL, 64 bits, and arrays laid out as expected."""
    if sys.implementation.name != "cpython" or "t" in sys.abiflags or not llvm.available():
        return False
    if ctypes.sizeof(ctypes.c_void_p) != 8 or object.__basicsize__ != 16 or sys.byteorder != "little":
        return False
    probe = np.zeros((2, 3), np.float32)
    descr = _field(id(probe), "Array", "descr", ctypes.c_int64)
    return bool(
        _field(id(probe), "Array", "data", ctypes.c_int64) == probe.ctypes.data
        and _field(id(probe), "Array", "nd", ctypes.c_int32) == 2
        and ctypes.c_int64.from_address(_field(id(probe), "Array", "dims", ctypes.c_int64) + 8).value == 3
        and descr == id(probe.dtype)
        and _field(id(probe), "Array", "flags", ctypes.c_int32) & 0x505 == 0x505
        and _field(descr, "Descr", "type_num", ctypes.c_int32) == probe.dtype.num
        and _field(descr, "Descr", "byteorder", ctypes.c_char) == b"="
    )


def _field(address: int, structure: str, name: str, kind: Any) -> Any:
    return kind.from_address(address + layout.offset(structure, name)).value


@functools.cache
def library() -> Library:
    """The trampoline, compiled or from the cache, with its table of C functions filled in."""
    text = layout.expand("\n".join(cache.source(name) for name in _TEXTS))
    made = cache.native(text, _EXPORTS)
    numpy = _numpy_table()
    known = {"PyDict_Type": id(dict), "PyArray_Type": id(np.ndarray), "Py_True": id(True)}
    if sys.platform == "linux":
        known["madvise"] = _address_of(ctypes.CDLL(None).madvise)
    table = (_address * len(layout.API)).from_address(made.address("api"))
    for name, place in layout.API.items():
        if name in known:
            table[place] = known[name]
        elif name in layout.NUMPY:
            table[place] = numpy[layout.NUMPY[name]]
        elif hasattr(ctypes.pythonapi, name):
            table[place] = _address_of(getattr(ctypes.pythonapi, name))
    capsule = ctypes.PYFUNCTYPE(_object, _address, ctypes.c_char_p, _address)(("PyCapsule_New", ctypes.pythonapi))
    handler = capsule(made.address("handler"), _CAPSULE_NAME, None)
    ctypes.pythonapi.Py_IncRef(_object(handler))  # arrays may outlive everything
    ctypes.pythonapi.Py_IncRef(_object(made))
    _address.from_address(made.address("capsule")).value = id(handler)
    _address.from_address(made.address("keep")).value = config.kept_memory_address
    return made


_CAPSULE_NAME = b"mem_handler"  # a capsule does not copy its name


def _address_of(function: Any) -> int:
    return ctypes.cast(function, _address).value or 0


def _numpy_table() -> Any:
    pointer = ctypes.PYFUNCTYPE(_address, _object, ctypes.c_char_p)(("PyCapsule_GetPointer", ctypes.pythonapi))
    return ctypes.cast(pointer(_multiarray_umath._ARRAY_API, None), ctypes.POINTER(_address))


@functools.cache
def keeps_blocks() -> bool:
    """Whether arrays remember their allocator where we expect it: the field holds what NumPy says is the default."""
    if not native() or np.ndarray.__basicsize__ < layout.offset("Array", "handler") + 8:
        return False
    default = ctypes.PYFUNCTYPE(_object)(_numpy_table()[_GET_HANDLER])()
    probe = np.empty(3)
    return bool(_field(id(probe), "Array", "handler", ctypes.c_int64) == id(default))
