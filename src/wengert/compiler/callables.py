"""The object that users call: a type made at run time whose calls go straight to the trampoline's vectorcall.

    make(fallback, name, doc, base=Dispatcher) -> dispatcher     calls fallback until entries are added
    dispatcher.add(entry)                                        calls that fit the entry run native code from now on
    dispatcher.entries                                           what was added

`base` is a plain Python class with ``__slots__ = ()``, derived from `Dispatcher`, which brings methods (`lower`,
`explain`, ...); instances have a ``__dict__`` and can be weakly referenced. A Python class with ``__call__`` would do
the same, 400 ns slower. It is what is used where the trampoline cannot be: without llvmlite, or off CPython.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from wengert.compiler import capi
from wengert.compiler.heaptype import vectorcall_type
from wengert.compiler.locks import lock

if TYPE_CHECKING:
    from wengert.compiler.trampoline import Entry

__all__ = ["Dispatcher", "make"]

_lock = lock()
MOST = 256  # entries of one dispatcher: a call that fits none of them asks them all, for a few ns each


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
        """Let calls that fit `entry` run its kernel; a new entry is tried first, and the oldest of many is dropped."""
        with _lock:
            _set_entries(self, (entry, *self.entries[: MOST - 1]))

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
        fallback: called with the very arguments whenever no entry fits.
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


_makers: dict[type[Dispatcher], Callable[[], Any]] = {}


def _maker(base: type[Dispatcher]) -> Callable[[], Any]:
    """A function that makes an object with this base, whose calls are yet to be given a fallback."""
    if base not in _makers:
        if base.__basicsize__ != object.__basicsize__:
            raise TypeError(f"{base.__name__} needs __slots__ = (): its instances get their fields from the trampoline")
        _makers[base] = _native_maker(base) if capi.native() else _plain_type(base)
    return _makers[base]


def _native_maker(base: type[Dispatcher]) -> Callable[[], Any]:
    made = vectorcall_type(base)
    entrance = capi.library().address("vectorcall")

    def new() -> Any:
        instance = made()
        instance._vectorcall = entrance
        return instance

    return new


def _plain_type(base: type[Dispatcher]) -> Callable[[], Any]:
    """The type in Python, for where there is no trampoline."""

    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        for entry in self.entries:
            answer = entry.attempt(args, kwargs)
            if answer is not NotImplemented:
                return answer
        return self._fallback(*args, **kwargs)

    slots = ("_fallback", "_entries", "__dict__", "__weakref__")
    made = type(base.__name__, (base,), {"__slots__": slots, "__call__": call, "__module__": base.__module__})
    return made
