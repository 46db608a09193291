"""NumPy's polynomials under wg: the functions of `numpy.polynomial`, which NumPy lets nobody intercept, on tensors.

The six families are modules here as they are there: ``wg.polynomial.chebyshev.chebfit``. Each function is NumPy's own
code, run with other meanings of what it converts its arguments with and of what it makes arrays with:

    np.array(c, ndmin=1)        the tensor itself
    isinstance(x, np.ndarray)   holds for tensors
    np.empty(n)                 an array that tensors may be written into

So it differentiates as far as NumPy's code does. With plain numbers the functions are NumPy's.

NumPy's own functions run on tensors too, entry by entry, or name those here. But where points are a tensor and plain
coefficients those of several polynomials, NumPy takes the tensor for a number, which nobody can tell: write these then.

>>> import numpy as np, wengert as wg
>>> wg.grad(lambda x: np.sum(wg.polynomial.chebyshev.chebval(x, [0.0, 0.0, 1.0])))(np.array([0.5, 1.0]))
array([2., 4.])
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import FunctionType, ModuleType, SimpleNamespace
from typing import Any

import numpy as np
from numpy.polynomial import chebyshev, hermite, hermite_e, laguerre, legendre, polynomial, polyutils

from wengert.core.apply import Box
from wengert.core.array import Array
from wengert.ops.spelling import lift

__all__ = ["chebyshev", "hermite", "hermite_e", "laguerre", "legendre", "polynomial"]

_MAKERS = ("empty", "zeros", "ones", "eye")

# Keeps an entry while it divides the array by it, which on the eager tape is a view; and runs on arrays of objects.
_THEIRS = ("chebdiv",)


class _Numpy:
    """NumPy with converters that keep tensors, and makers of arrays that tensors may be written into."""

    ndarray = (np.ndarray, Box)

    def __getattr__(self, name: str) -> Any:
        found = getattr(np, name)
        if name in _MAKERS:
            return lambda *args, **kwargs: Array.constant(found(*args, **kwargs))
        return found

    @staticmethod
    def array(x: Any, dtype: Any = None, *, copy: Any = True, ndmin: int = 0, **_: Any) -> Any:
        """np.array."""
        if not _boxed(x):
            return np.array(x, dtype, copy=copy, ndmin=ndmin)
        x = lift(x)
        x = x if dtype is None else x.astype(dtype)
        x = np.reshape(x, (1,) * (ndmin - x.ndim) + x.shape) if x.ndim < ndmin else x
        return np.copy(x) if copy else x

    @staticmethod
    def asarray(x: Any, dtype: Any = None) -> Any:
        """np.asarray."""
        return _Numpy.array(x, dtype, copy=None)

    asanyarray = asarray


def _boxed(x: Any) -> bool:
    """Whether there is a tensor in x, or in a list that is x."""
    if isinstance(x, list | tuple):
        return any([_boxed(item) for item in x])
    return isinstance(x, Box) or (type(x) is np.ndarray and x.dtype == object)


def _family(theirs: ModuleType, helpers: Any) -> SimpleNamespace:
    """The functions of a module of NumPy's with these meanings, which call each other; and all else as it is."""
    meanings = {**vars(theirs), "np": _Numpy(), "pu": helpers}
    inside = {}
    for name, f in vars(theirs).items():
        if (
            name not in _THEIRS
            and isinstance(f, FunctionType)
            and f.__module__ == theirs.__name__
            and f.__globals__ is vars(theirs)
        ):
            ours = FunctionType(f.__code__, meanings, name, f.__defaults__, f.__closure__)
            ours.__kwdefaults__ = f.__kwdefaults__
            inside[name] = ours
    meanings |= inside
    public = {name: _either(getattr(theirs, name), f) for name, f in inside.items()}
    return SimpleNamespace(**{**vars(theirs), **public, "inside": inside})


def _either(theirs: Callable[..., Any], ours: Callable[..., Any]) -> Callable[..., Any]:
    """NumPy's function for plain numbers, ours for tensors."""

    @functools.wraps(theirs)
    def function(*args: Any, **kwargs: Any) -> Any:
        return (ours if _boxed([*args, *kwargs.values()]) else theirs)(*args, **kwargs)

    return function


_helpers = SimpleNamespace(**_family(polyutils, None).inside)
chebyshev, hermite, hermite_e, laguerre, legendre, polynomial = [  # type: ignore[assignment]
    _family(theirs, _helpers) for theirs in (chebyshev, hermite, hermite_e, laguerre, legendre, polynomial)
]
