"""How NumPy's functions that make arrays are spelled with the rows: ``like=x``, ``zeros_like`` and their kin."""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np

from wengert.core.apply import Box, apply
from wengert.core.array import Array
from wengert.core.op import TABLE
from wengert.core.protocols import SPELLINGS, astype, spell
from wengert.core.view import in_order
from wengert.ops.arrange import broadcast_arrays, broadcast_to, moveaxis, reshape
from wengert.ops.spelling import lift

__all__: list[str] = []


@spell(np.copy)
def copy(a: Any, order: str = "K", subok: bool = False) -> Any:
    """A copy that gradients flow through and writes do not."""
    return in_order(apply(TABLE["copy"], (lift(a),)), order)


def _constant_of(make: Any) -> Any:
    """`make` with ``like=x``: an array that tracked values can be written into."""
    return lambda *args, **kwargs: Array.constant(make(*args, **kwargs))


for _make in (
    np.zeros, np.ones, np.empty, np.arange, np.eye, np.identity, np.tri, np.fromiter, np.frombuffer, np.fromfile,
    np.fromstring, np.fromfunction, np.loadtxt, np.genfromtxt,
):  # fmt: skip
    SPELLINGS[_make] = _constant_of(_make)


def _like(make: Any) -> Any:
    def function(a: Any, dtype: Any = None, shape: Any = None, **kwargs: Any) -> Any:
        a = lift(a)
        return Array.constant(make(a.shape if shape is None else shape, dtype=dtype or a.dtype))

    return function


SPELLINGS[np.zeros_like], SPELLINGS[np.ones_like] = _like(np.zeros), _like(np.ones)
SPELLINGS[np.empty_like] = _like(np.empty)


@spell(np.full)
def full(shape: Any, fill_value: Any, dtype: Any = None, order: str = "C", **kwargs: Any) -> Any:
    """An array of one value, or of values that broadcast to it."""
    value = lift(fill_value) if dtype is None else astype(lift(fill_value), dtype)
    if isinstance(value, Box):
        return np.copy(broadcast_to(value, shape))
    return Array.constant(np.full(shape, value))


@spell(np.full_like)
def full_like(a: Any, fill_value: Any, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None,
              **kwargs: Any) -> Any:  # fmt: skip
    """An array of one value, shaped and typed like another."""
    a = lift(a)
    return full(a.shape if shape is None else shape, fill_value, dtype or a.dtype)


@spell(np.asarray, np.asanyarray, np.ascontiguousarray, np.asfortranarray, np.require)
def asarray(a: Any, dtype: Any = None, *args: Any, copy: Any = None, **kwargs: Any) -> Any:
    """``np.asarray(..., like=x)``: nested lists of numbers and boxes as one box."""
    box = isinstance(a, Box)
    a = lift(a)
    if dtype is not None:
        a = astype(a, dtype)
    if not isinstance(a, Box):
        return Array.constant(np.array(a))
    # NumPy's ways to say "only if needed" are None and a member of an enumeration that has no truth.
    return np.copy(a) if box and copy in (True, np._CopyMode.ALWAYS) else a


@spell(np.array)
def array(object: Any, dtype: Any = None, *, copy: Any = True, ndmin: int = 0, **kwargs: Any) -> Any:
    """``np.array(..., like=x)``: a copy of a box, or nested lists of numbers and boxes as one."""
    a = asarray(object, dtype, copy=copy)
    return reshape(a, (1,) * (ndmin - a.ndim) + a.shape) if a.ndim < ndmin else a


@spell(np.linspace)
def linspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, retstep: bool = False, dtype: Any = None,
    axis: int = 0, **kwargs: Any,
) -> Any:  # fmt: skip
    """Evenly spaced numbers, differentiable in both ends."""
    start, stop = broadcast_arrays(lift(start) * 1.0, lift(stop) * 1.0)
    parts = builtins.max(num - 1 if endpoint else num, 1)
    weights = (
        (np.arange(num) / parts).reshape((num,) + (1,) * start.ndim).astype(np.result_type(start.dtype, stop.dtype))
    )
    out = start * (1 - weights) + stop * weights
    out = moveaxis(out, 0, axis) if axis else out
    out = out if dtype is None else astype(out, dtype)
    return (out, (stop - start) / parts) if retstep else out
