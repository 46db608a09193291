"""NumPy's functions that write into their first argument, as assignments to parts of it."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.core.apply import Box, unbridge
from wengert.core.protocols import METHODS, astype, fitted, spell
from wengert.errors import LostGradient, explain, user_line
from wengert.ops.index import getitem, scatter_add, setitem

__all__: list[str] = []


def _target(x: Any, name: str) -> Any:
    """The array to be written to, which must be a box to hold tracked values."""
    if isinstance(x, Box):
        return x
    raise LostGradient(
        explain(
            f"np.{name} at {user_line()} would write tracked values into a plain {x.dtype} array.",
            "The array was made by plain NumPy, and would hold the numbers only.",
            "Make it with np.zeros(n, like=x) or wg.zeros(n).",
        )
    )


@spell(np.copyto)
def copyto(dst: Any, src: Any, casting: str = "same_kind", where: Any = True) -> None:
    """Write `src`, broadcast, into `dst` where the mask says."""
    dst = _target(dst, "copyto")
    value = fitted(src, dst.shape, dst.dtype, casting)
    dst[...] = value if where is True else np.where(where, value, dst)


@spell(np.putmask)
def putmask(a: Any, mask: Any, values: Any) -> None:
    """Write values at the true places of a mask, repeated to the size of the array."""
    a = _target(a, "putmask")
    copyto(a, np.resize(astype(values, a.dtype), a.shape), where=mask)


@spell(np.place)
def place(arr: Any, mask: Any, vals: Any) -> None:
    """Write the first values, one after the other, at the true places of a mask."""
    arr = _target(arr, "place")
    count = int(np.count_nonzero(_numbers(mask)))
    if count:
        arr[np.asarray(_numbers(mask), bool)] = np.resize(astype(vals, arr.dtype), count)


def _numbers(x: Any) -> Any:
    return x.concrete("a mask") if isinstance(x, Box) else x


@spell(np.put)
def put(a: Any, ind: Any, v: Any, mode: str = "raise") -> None:
    """Write values, repeated as needed, at places of the flattened array."""
    a = _target(a, "put")
    places = np.ravel(np.asarray(_numbers(ind)))
    if mode != "raise":
        places = places % a.size if mode == "wrap" else np.clip(places, 0, a.size - 1)
    if places.size:
        a.flat[places] = np.resize(astype(v, a.dtype), places.size)


@spell(np.fill_diagonal)
def fill_diagonal(a: Any, val: Any, wrap: bool = False) -> None:
    """Write values, repeated as needed, on the main diagonal; `wrap`: again below a tall matrix."""
    a = _target(a, "fill_diagonal")
    template = np.zeros(a.shape, bool)
    np.fill_diagonal(template, True, wrap)
    places = np.nonzero(template)
    setitem(a, places, np.resize(astype(val, a.dtype), len(places[0])))


@spell(np.resize)
def resize(a: Any, new_shape: Any) -> Any:
    """The entries, repeated or cut off, in a new shape."""
    a = unbridge(a if isinstance(a, Box) else np.asarray(a))
    places = np.resize(np.arange(a.size), new_shape)
    return getitem(np.ravel(a), (places,)) if isinstance(a, Box) and a.size else np.resize(a, new_shape)


def _add_at(x: Any, indices: Any, y: Any) -> None:
    """np.add.at: where an index repeats, all its values are added."""
    key = indices if isinstance(indices, tuple) else (indices,)
    if all([isinstance(k, Box | np.ndarray) and k.dtype.kind in "iu" for k in key]):
        count = np.broadcast_shapes(*[k.shape for k in key])
        x.assign(scatter_add(x, fitted(y, (*count, *x.shape[len(key) :]), x.dtype, "same_kind"), *key))
        return
    serial = np.arange(x.size).reshape(x.shape)
    places = getitem(serial, key) if any([isinstance(k, Box) for k in key]) else serial[indices]
    value = fitted(y, places.shape, x.dtype, "same_kind")
    flat = scatter_add(np.ravel(x), np.ravel(value), places.ravel())
    x.assign(np.reshape(flat, x.shape))


METHODS[np.add, "at"] = _add_at
METHODS[np.subtract, "at"] = lambda x, indices, y: _add_at(x, indices, np.negative(y))
