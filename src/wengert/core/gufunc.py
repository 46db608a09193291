"""Keywords of generalised ufuncs (`axes`, `axis`, `keepdims`), and ufuncs that call a Python function per entry."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from wengert.core.apply import Box, unbridge

__all__ = ["calls_python", "on_axes", "on_entries", "per_entry"]


def on_axes(run: Callable[..., Any], inputs: Sequence[Any], axes: Any, axis: Any, keepdims: bool) -> Any:
    """Run a gufunc whose core axes are the last ones on operands whose core axes are others, and put them back.

    axes: per operand, and then per result, the tuple of its core axes (or one of them). axis: short for the same
    single axis of all operands.
    """
    given = [(axis,)] * len(inputs) if axes is None else [a if isinstance(a, tuple) else (a,) for a in axes]
    if axis is None and axes is None:
        given = [(-1,)] * len(inputs)
    operands, found = given[: len(inputs)], given[len(inputs) :]
    moved = [np.moveaxis(x, a, tuple(range(-len(a), 0))) if a else x for x, a in zip(inputs, operands, strict=True)]
    out = run(*moved)
    if keepdims:
        return np.expand_dims(out, found[0] if found else operands[0])
    place = found[0] if found else ()
    return np.moveaxis(out, tuple(range(-len(place), 0)), place) if place else out


def calls_python(f: Any) -> bool:
    """Whether a ufunc is made by `np.frompyfunc`: it has a loop for Python objects and no other."""
    return all(set(types) <= set("O->") for types in f.types) and bool(f.types)


def on_entries(f: Any, how: str, inputs: Sequence[Any], kwargs: Any) -> Any:
    """Let a ufunc made from a Python function, or a method of it, see the entries as boxes; stack what it gives."""
    out = getattr(f, how)(*[per_entry(x) for x in inputs], **kwargs)
    return tuple([_stacked(o) for o in out]) if isinstance(out, tuple) else _stacked(out)


def per_entry(x: Any) -> Any:
    """An array of Python objects, the entries of a box; anything else as it is."""
    if not isinstance(x, Box):
        return x
    box: Any = x
    out = np.empty(box.shape, object)
    for index in np.ndindex(box.shape):
        out[index] = box[index] if index else box
    return out


def _stacked(x: Any) -> Any:
    """The boxes among the entries as one box; without any, the array of objects that NumPy gives."""
    boxed = isinstance(x, np.ndarray) and x.dtype == object and any(isinstance(item, Box) for item in x.flat)
    return unbridge(x) if boxed else x
