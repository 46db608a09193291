"""The object that users call: a type made at run time whose calls go straight to the trampoline's vectorcall.

    make(fallback, name, doc, base=Dispatcher) -> dispatcher     calls fallback until entries are added
    dispatcher.add(entry)                                        calls that fit the entry run native code from now on
    dispatcher.entries                                           what was added

`base` is a plain Python class with ``__slots__ = ()``, derived from `Dispatcher`, which brings methods (`lower`,
`explain`, ...); instances have a ``__dict__`` and can be weakly referenced. A Python class with ``__call__`` would do
the same, 400 ns slower. It is what is used where the trampoline cannot be: without llvmlite, or off CPython.
"""

from __future__ import annotations

import ctypes
import functools
import sys
import threading
import types
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy._core import _multiarray_umath

from wengert.compiler import cache, layout, llvm
from wengert.compiler.heaptype import vectorcall_type
from wengert.compiler.library import Library

if TYPE_CHECKING:
    from wengert.compiler.trampoline import Entry

__all__ = ["Dispatcher", "make", "native"]

_lock = threading.Lock()


class Dispatcher:
    """What users call: native code where an entry fits the arguments, and a Python function otherwise."""

    __slots__ = ()

    if TYPE_CHECKING:

        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            """Run."""

        @property
        def _entries(self) -> tuple[Any, ...]:
            """The table of the entries' addresses, then the entries."""

    def add(self, entry: Entry) -> None:
        """Let calls that fit `entry` run its kernel; a new entry is tried first."""
        with _lock:
            _set_entries(self, (entry, *self.entries))

    def clear(self) -> None:
        """Forget all entries."""
        with _lock:
            _set_entries(self, ())

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The entries, the newest first."""
        return self._entries[1:]

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        """Bind as a method, as functions do."""
        return self if instance is None else types.MethodType(self, instance)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {getattr(self, '__qualname__', '')}>"


def _set_entries(dispatcher: Any, entries: tuple[Entry, ...]) -> None:
    """In one assignment, so that another thread sees the old table or the new one."""
    dispatcher._entries = (np.array([len(entries), 0, *(e.address for e in entries), 0], np.int64), *entries)


def make(
    fallback: Callable[..., Any], name: str = "compiled", doc: str | None = None, base: type[Dispatcher] = Dispatcher
) -> Dispatcher:
    """A callable object that calls `fallback` until entries are added to it.

    Args:
        fallback: called with the very arguments whenever no entry fits, or there are keyword arguments.
        name: its ``__name__``.
        doc: its ``__doc__``.
        base: a subclass of `Dispatcher` with ``__slots__ = ()`` whose methods the object gets.

    Example:
        >>> double = make(lambda x: 2 * x, "double")
        >>> double(4), double.__name__
        (8, 'double')
    """
    made: Any = _maker(base)()
    made._fallback = fallback
    _set_entries(made, ())
    made.__name__ = made.__qualname__ = name
    made.__doc__ = doc
    return cast("Dispatcher", made)


@functools.cache
def native() -> bool:
    """Whether the trampoline works here: llvmlite, CPython with a GIL, 64 bits, and arrays laid out as expected."""
    if sys.implementation.name != "cpython" or "t" in sys.abiflags or not llvm.available():
        return False
    if ctypes.sizeof(ctypes.c_void_p) != 8 or object.__basicsize__ != 16 or sys.byteorder != "little":
        return False
    probe = np.zeros((2, 3), np.float32)

    def field(address: int, structure: str, name: str, kind: Any) -> Any:
        return kind.from_address(address + layout.offset(structure, name)).value

    descr = field(id(probe), "Array", "descr", ctypes.c_int64)
    return bool(
        field(id(probe), "Array", "data", ctypes.c_int64) == probe.ctypes.data
        and field(id(probe), "Array", "nd", ctypes.c_int32) == 2
        and ctypes.c_int64.from_address(field(id(probe), "Array", "dims", ctypes.c_int64) + 8).value == 3
        and descr == id(probe.dtype)
        and field(id(probe), "Array", "flags", ctypes.c_int32) & 0x501 == 0x501
        and field(descr, "Descr", "type_num", ctypes.c_int32) == probe.dtype.num
        and field(descr, "Descr", "byteorder", ctypes.c_char) == b"="
    )


@functools.cache
def _library() -> Library:
    """The trampoline, compiled or from the cache, with its table of C functions filled in."""
    texts = [cache.source(name) for name in ("trampoline.ll", "results.ll")]
    library = cache.native(layout.expand("\n".join(texts)), ["vectorcall", "api"])
    get_pointer = ctypes.pythonapi.PyCapsule_GetPointer
    get_pointer.restype, get_pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    numpy = ctypes.cast(get_pointer(_multiarray_umath._ARRAY_API, None), ctypes.POINTER(ctypes.c_void_p))
    known = {"PyTuple_Type": id(tuple), "PyList_Type": id(list), "PyArray_Type": id(np.ndarray), "Py_True": id(True)}
    table = (ctypes.c_void_p * len(layout.API)).from_address(library.address("api"))
    for name, place in layout.API.items():
        if name in known:
            table[place] = known[name]
        elif name in layout.NUMPY:
            table[place] = numpy[layout.NUMPY[name]]
        else:
            table[place] = ctypes.cast(getattr(ctypes.pythonapi, name), ctypes.c_void_p).value
    return library


_makers: dict[type[Dispatcher], Callable[[], Any]] = {}


def _maker(base: type[Dispatcher]) -> Callable[[], Any]:
    """A function that makes an object with this base, whose calls are yet to be given a fallback."""
    if base not in _makers:
        if base.__basicsize__ != object.__basicsize__:
            raise TypeError(f"{base.__name__} needs __slots__ = (): its instances get their fields from the trampoline")
        _makers[base] = _native_maker(base) if native() else _plain_type(base)
    return _makers[base]


def _native_maker(base: type[Dispatcher]) -> Callable[[], Any]:
    made = vectorcall_type(base)
    entrance = _library().address("vectorcall")

    def new() -> Any:
        instance = made()
        instance._vectorcall = entrance
        return instance

    return new


def _plain_type(base: type[Dispatcher]) -> Callable[[], Any]:
    """The type in Python, for where there is no trampoline."""

    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not kwargs:
            for entry in self.entries:
                answer = entry.attempt(args)
                if answer is not NotImplemented:
                    return answer
        return self._fallback(*args, **kwargs)

    slots = ("_fallback", "_entries", "__dict__", "__weakref__")
    made = type(base.__name__, (base,), {"__slots__": slots, "__call__": call, "__module__": base.__module__})
    return made
