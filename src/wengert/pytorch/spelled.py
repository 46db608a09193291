"""How PyTorch's functions are called: any argument by name, NumPy's names for it too, results into ``out=``."""

from __future__ import annotations

import functools
import importlib
import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from wengert.core.apply import Box
from wengert.core.array import Array
from wengert.core.protocols import deliver
from wengert.spec import normal_axis

__all__ = ["ValuesIndices", "as_method", "numbers_too", "reduced_axes", "special", "spelled", "writable"]

# An argument's other names: NumPy's, and PyTorch's of functions that NumPy has too.
_OTHERS = {"axis": "dim", "axes": "dim", "keepdims": "keepdim", "a": "input", "x": "input", "A": "a", "B": "b"}


class ValuesIndices(NamedTuple):
    """What PyTorch returns where the places of the values are of interest too."""

    values: Any
    indices: Any


def spelled(f: Any) -> Callable[..., Any]:
    """The function, which understands NumPy's names of its arguments too, and ``out=`` (of several results a tuple)."""
    code = inspect.unwrap(f).__code__
    names = frozenset(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])

    @functools.wraps(f)
    def function(*args: Any, **kwargs: Any) -> Any:
        if not kwargs:
            return f(*args)
        out = kwargs.pop("out", None)
        for theirs, name in _OTHERS.items():
            if theirs in kwargs and theirs not in names and name in names:
                kwargs[name] = kwargs.pop(theirs)
        result = f(*args, **kwargs)
        return result if out is None else deliver(result, out, f.__name__)

    return function


def numbers_too(f: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator: of a number, whose axis PyTorch calls 0 or -1, the function is that of a vector of one entry.

    Operands that are numbers become such vectors, and results of one entry numbers again.
    """

    @functools.wraps(f)
    def function(input: Any, *args: Any, **kwargs: Any) -> Any:
        if np.ndim(input):
            return f(input, *args, **kwargs)
        found = f(_vector(input), *[_vector(x) for x in args], **{name: _vector(x) for name, x in kwargs.items()})
        if isinstance(found, tuple):
            return type(found)(*[_number(x) for x in found])
        return _number(found)

    return function


def reduced_axes(x: Any, dim: Any, keepdim: bool) -> tuple[Any, bool]:
    """The axes to reduce; none of a number, whose axis PyTorch calls 0 or -1, and nothing to keep."""
    if dim is None or np.ndim(x):
        return dim, keepdim
    for d in dim if isinstance(dim, tuple | list) else (dim,):
        normal_axis(d, 1)
    return None, False


def _vector(x: Any) -> Any:
    return np.reshape(x, (1,)) if isinstance(x, Box | np.ndarray | np.generic) and not np.ndim(x) else x


def _number(x: Any) -> Any:
    return np.reshape(x, ()) if np.shape(x) == (1,) else x


def as_method(name: str, f: Callable[..., Any]) -> Callable[..., Any]:
    """The function as a method of tensors: ufuncs and callables of other kinds do not bind by themselves."""

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return f(self, *args, **kwargs)

    method.__name__ = method.__qualname__ = name
    ours = getattr(f, "__module__", "").startswith("wengert.pytorch")  # ufuncs of NumPy 2.0 have no module
    method.__doc__ = f.__doc__ if ours else f"``np.{f.__name__}`` of this tensor."
    return method


def writable(x: Any) -> Any:
    """A copy to write into, also values that are tracked."""
    return np.copy(x) if isinstance(x, Box) else Array.constant(np.array(x))


def special(name: str, *args: Any) -> Any:
    """A function of `wengert.special`, which is loaded when it is first needed."""
    return getattr(importlib.import_module("wengert.special"), name)(*args)
