"""Indexing: reading and writing parts of an array, and the transposes of both.

NumPy's indexing is two things. *Basic* keys (integers, slices, None, Ellipsis) give a view: the row `slice`.
*Advanced* keys (arrays of integers) copy: the row `gather`, which indexes the leading axes only. A key that
mixes them is a basic one, a transpose that brings the advanced axes to the front, and a gather:

    x[:, i, 0, j]  =  moveaxis(gather(transpose(x[:, :, 0, :], (1, 2, 0)), i, j), 0, -1)      (i, j of one axis)

Integer arrays are operands, so that a batched or traced index works. A boolean mask is its nonzero().
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from wengert.core.apply import Box, apply, unbridge
from wengert.core.op import Op, linear, primitive
from wengert.core.protocols import fitted, spell
from wengert.core.view import Root, write
from wengert.errors import explain, user_line

__all__ = ["batched_scatter"]


# A basic key is a tuple, or one integer: an integer in the params of a node is nothing that Python's garbage
# collector has to look at, which matters when an array is read and written entry by entry.
Key = int | tuple[Any, ...]


def _in_batch(key: Key) -> Key:
    return (slice(None), key) if isinstance(key, int) else (slice(None), *key)


# --- the rows ---------------------------------------------------------------------------------------------


def _overwrite(base: Any, value: Any, key: Key, donate: bool) -> Any:
    if not (donate and base.flags.writeable):
        base = np.array(base)
    base[key] = value
    return base


def _reuse_written(g: Any, position: int, key: Any, *rest: Any) -> Any:
    if position == 1:
        return np.array(g[key])[()]
    g[key] = 0
    return g


# base with base[key] = value. The cotangent of the value is that of the part; of the base, all the rest.
overwrite: Op = linear(
    _overwrite,
    "base value",
    name="overwrite",
    masks=True,
    base=lambda g, key: overwrite(g, np.zeros_like(g[key]), key=key, donate=False),
    value=lambda g, key: g[key],
    batch=lambda key, donate: {"key": _in_batch(key), "donate": donate},
    reuse=_reuse_written,
    torch="CopySlices",
)


def _slice(x: Any, key: Key, copy: bool = False) -> Any:
    part = x[key]
    return part.copy() if copy else part


def _add_to_slice(acc: Any, g: Any, shape: Any, key: Any) -> None:
    acc[key] += g


slice_ = linear(
    _slice,
    "x",
    name="slice",
    x=lambda g, like_shape, key: unslice(g, shape=like_shape, key=key),
    batch=lambda key, **rest: {"key": _in_batch(key), **rest},
    put=lambda base, value, donate, key, **rest: overwrite(base, value, key=key, donate=donate),
    fresh_put=True,
    into=_add_to_slice,
    torch=lambda x: "Slice" if isinstance(x, np.ndarray) and x.ndim > 1 else "Select",
)


def _unslice(part: Any, shape: tuple[int, ...], key: Any) -> Any:
    out = np.zeros(shape, part.dtype)
    out[key] = part
    return out


# The transpose of slice: zeros with g in the place of the part.
unslice: Op = linear(
    _unslice,
    "part",
    name="unslice",
    part=lambda g, key: g[key],
    batch=lambda n, shape, key: {"shape": (n, *shape), "key": _in_batch(key)},
)


# --- gather and scatter -------------------------------------------------------------------------------------


def _add_at(acc: Any, g: Any, like: Any, indices: Any) -> None:
    np.add.at(acc, indices, g)


def _aligned(indices: Any, batched: Any) -> list[Any]:
    """Index arrays of one rank, so that a batch axis in front of some lines up."""
    rank = max(np.ndim(i) - b for i, b in zip(indices, batched, strict=True))
    return [
        np.reshape(i, np.shape(i)[:1] + (1,) * (rank + 1 - np.ndim(i)) + np.shape(i)[1:]) if b else i
        for i, b in zip(indices, batched, strict=True)
    ]


def _rows_of(n: int, indices: list[Any]) -> Any:
    """0, 1, ... n - 1 along the batch axis, to index it along with the others."""
    rank = max(np.ndim(i) for i in indices)
    return np.arange(n).reshape((n,) + (1,) * (rank - 1))


def _gather_batched(n: int, operands: Any, batched: Any, params: Any) -> Any:
    indices = _aligned(operands[1:], batched[1:])
    if not any(batched[1:]):
        out = apply(gather, (np.moveaxis(operands[0], 0, -1), *indices))
        return np.moveaxis(out, -1, 0)
    return apply(gather, (operands[0], _rows_of(n, indices), *indices) if batched[0] else (operands[0], *indices))


def batched_scatter(op: Any) -> Any:
    """The batch rule of a row of (base, value, *indices); op: a function that gives the row."""

    def rule(n: int, operands: Any, batched: Any, params: Any) -> Any:
        base, value = [
            x if b else np.broadcast_to(x, (n, *np.shape(x))) for x, b in zip(operands[:2], batched[:2], strict=True)
        ]
        indices = _aligned(operands[2:], batched[2:])
        if not any(batched[2:]):
            indices = [np.expand_dims(i, 0) for i in indices]
        return apply(op(), (base, value, _rows_of(n, indices), *indices))

    return rule


# x[i, j, ...] on the leading axes; result: the axes of the indices, then the remaining axes of x.
gather: Op = linear(
    lambda x, *indices: x[indices],
    "x *indices",
    name="gather",
    masks=True,
    x=lambda g, like, others: scatter_add(np.zeros(like.shape, g.dtype), g, *others),
    indices=0,
    into=_add_at,
    vmap=_gather_batched,
    torch="Index",
)


def _scatter_add(base: Any, value: Any, *indices: Any) -> Any:
    out = np.array(base)
    np.add.at(out, indices, value)
    return out


# base with value added at the indices; where an index repeats, all its values are.
scatter_add: Op = linear(
    _scatter_add,
    "base value *indices",
    name="scatter_add",
    base=lambda g: g,
    value=lambda g, others: gather(g, *others[1:]),
    indices=0,
    vmap=batched_scatter(lambda: scatter_add),
    torch="IndexAdd",
)


def _scatter(base: Any, value: Any, *indices: Any) -> Any:
    out = np.array(base)
    out[indices] = value
    return out


def _survivors(*indices: Any, shape: tuple[int, ...]) -> Any:
    count = np.broadcast_shapes(*[np.shape(i) for i in indices])
    serial = np.arange(1, 1 + int(np.prod(count, dtype=np.intp))).reshape(count)
    last = np.zeros(shape[: len(indices)], int)
    last[indices] = serial
    return last[indices] == serial


# Which values of a scatter remain: where an index repeats, NumPy lets the last one win.
survivors = primitive(_survivors, "*indices", name="survivors", vjp={"indices": 0}, jvp={"indices": 0})


def _scatter_value(g: Any, likes: Any, others: Any) -> Any:
    indices = others[1:]
    mask = apply(survivors, indices, {"shape": likes[0].shape})
    part = gather(g, *indices)
    if isinstance(mask, np.ndarray | np.generic) and np.all(mask):
        return part
    return np.where(np.reshape(mask, mask.shape + (1,) * (part.ndim - mask.ndim)), part, 0)


# base with base[i, j, ...] = value.
scatter: Op = linear(
    _scatter,
    "base value *indices",
    name="scatter",
    masks=True,
    base=lambda g, others: scatter(g, np.zeros_like(gather(g, *others[1:])), *others[1:]),
    value=_scatter_value,
    indices=0,
    vmap=batched_scatter(lambda: scatter),
    torch="IndexPut",
)


# --- spelling: x[key] and x[key] = value ----------------------------------------------------------------------

_BASIC = (int, slice, type(None), type(...), np.integer)


@spell(operator.getitem)
def getitem(x: Any, key: Any) -> Any:
    """``x[key]`` for every key that NumPy takes."""
    if type(key) is not int and not isinstance(key, tuple):
        key = (key,)
    if type(key) is int or all([isinstance(k, _BASIC) and k is not True and k is not False for k in key]):
        # A part of a buffer that the array owns is copied, so that the array goes on owning it.
        owned = isinstance(x, Box) and isinstance(x.alias, Root) and x.alias.owned
        return apply(slice_, (x,), {"key": key, "copy": True} if owned else {"key": key})
    return _advanced(x, key)[0]


@spell(operator.setitem)
def setitem(x: Any, key: Any, value: Any) -> None:
    """``x[key] = value`` for every key that NumPy takes."""
    if type(key) is not int and not isinstance(key, tuple):
        key = (key,)
    if type(key) is int or all([isinstance(k, _BASIC) and k is not True and k is not False for k in key]):
        part = _region(x.shape, key)
        write(x, fitted(value, part, x.dtype, "unsafe"), (slice_, {"key": key}))
        return
    if len(key) == 1 and _is_mask(key[0], x.shape) and np.ndim(value) == 0:
        # One value wherever the mask holds: a choice, which needs no count of the places.
        mask = np.reshape(key[0], np.shape(key[0]) + (1,) * (x.ndim - np.ndim(key[0])))
        x.assign(np.where(mask, fitted(value, (), x.dtype, "unsafe"), x))
        return
    # Through the views that bring the indexed axes to the front; the last of them is written to by scatter.
    part, front, indices, place = _advanced(x, key)
    value = fitted(value, part.shape, x.dtype, "unsafe")
    if indices is None:
        front[...] = value
        return
    count = np.broadcast_shapes(*[i.shape for i in indices])
    if place:
        value = np.moveaxis(value, tuple(range(place, place + len(count))), tuple(range(len(count))))
    write(front, apply(scatter, (front, value, *indices)))


def _is_mask(k: Any, shape: tuple[int, ...]) -> bool:
    return isinstance(k, Box | np.ndarray) and k.dtype.kind == "b" and k.shape == shape[: k.ndim]


def _region(shape: tuple[int, ...], key: Key) -> tuple[int, ...]:
    """The shape of the part that a basic key shows."""
    if isinstance(key, int):
        return shape[1:] if shape and -shape[0] <= key < shape[0] else _empty(shape)[key].shape
    if len(key) == len(shape) and all([type(k) is int for k in key]):
        return () if all([-n <= k < n for k, n in zip(key, shape, strict=True)]) else _empty(shape)[key].shape
    return _empty(shape)[key].shape  # type: ignore[no-any-return]


def _empty(shape: tuple[int, ...]) -> Any:
    return np.broadcast_to(np.zeros((), bool), shape)


def _advanced(x: Any, key: tuple[Any, ...]) -> tuple[Any, Any, Any, int]:
    """``x[key]`` for a key with arrays: the part, the view whose leading axes are gathered, indices, place.

    place: before how many basic axes of the result NumPy puts the axes of the indices.
    """
    parts: list[Any] = []
    for k in key:
        k = unbridge(k)
        if isinstance(k, Box):
            k = k if k.dtype.kind != "b" else k.concrete("a boolean mask")
        elif isinstance(k, list | np.ndarray | bool | np.bool_ | range):
            k = np.asarray(k) if not (isinstance(k, list) and not k) else np.zeros(0, int)
        elif not isinstance(k, _BASIC):
            k = _index_like(k)
        if not isinstance(k, Box) and isinstance(k, np.ndarray | np.bool_) and k.dtype.kind == "b":
            parts.extend(_from_mask(np.asarray(k), x, parts) if np.ndim(k) else [NewAxis(k)])
        else:
            parts.append(k)
    used = _axes_used(parts)
    if ... not in [p for p in parts if p is ...]:
        parts.append(...)
    where = next(n for n, p in enumerate(parts) if p is ...)
    parts[where : where + 1] = [slice(None)] * (x.ndim - used)
    is_array = [not isinstance(p, slice | type(None)) for p in parts]
    arrays = [n for n, flag in enumerate(is_array) if flag]
    indices = [p.index if isinstance(p, NewAxis) else p for p in parts if not isinstance(p, slice | type(None))]
    basic = tuple(
        None if isinstance(p, NewAxis) else slice(None) if flag else p for p, flag in zip(parts, is_array, strict=True)
    )
    if any(b != slice(None) for b in basic):
        x = getitem(x, basic)
    adjacent = arrays == list(range(arrays[0], arrays[-1] + 1))
    if arrays != list(range(len(arrays))):
        x = np.transpose(x, (*arrays, *[n for n in range(len(parts)) if not is_array[n]]))
    indices = [i if isinstance(i, Box) else np.asarray(i, np.intp if np.size(i) == 0 else None) for i in indices]
    _check(indices, x.shape)
    part = apply(gather, (x, *indices))
    place = arrays[0] if adjacent else 0
    if place:
        count = len(np.broadcast_shapes(*[i.shape for i in indices]))
        part = np.moveaxis(part, tuple(range(count)), tuple(range(place, place + count)))
    return part, x, indices, place


class NewAxis:
    """A bare True or False as an index: a new axis of length 1, of which one or no entry is taken."""

    def __init__(self, flag: Any) -> None:
        self.index = np.zeros(int(flag), np.intp)


def _axes_used(parts: list[Any]) -> int:
    """How many axes of the array these parts of a key index."""
    return sum(1 for p in parts if p is not None and p is not ... and not isinstance(p, NewAxis))


def _index_like(k: Any) -> Any:
    """An index of a type of the user's: anything with __index__, or that NumPy makes an array of."""
    return operator.index(k) if hasattr(k, "__index__") else np.asarray(k)


def _from_mask(mask: Any, x: Any, before: list[Any]) -> list[Any]:
    """A boolean array as the integer arrays of its true places."""
    start = _axes_used(before) if ... not in [p for p in before if p is ...] else None
    if start is not None and mask.shape != x.shape[start : start + mask.ndim]:
        raise IndexError(
            explain(
                f"boolean index of shape {mask.shape} at {user_line()} did not match indexed array of shape {x.shape}.",
                f"A mask covers whole axes, here those from axis {start} on.",
                "Give a mask of the same shape as the axes that it selects from.",
            )
        )
    return list(np.nonzero(mask))


def _check(indices: list[Any], shape: tuple[int, ...]) -> None:
    for i in indices:
        if i.dtype.kind not in "iu":
            raise IndexError(
                explain(
                    f"an index of dtype {i.dtype} at {user_line()}.",
                    "Arrays are indexed by integers or booleans.",
                    "Write x[i.astype(int)].",
                )
            )


@spell(np.take)
def take(a: Any, indices: Any, axis: Any = None, mode: str = "raise") -> Any:
    """Entries along an axis, or of the flattened array."""
    a, indices = unbridge(a), indices if isinstance(indices, Box) else np.asarray(indices)
    if axis is None:
        a, axis = np.ravel(a), 0
    return _at_axis(a, axis, _in_range(indices, np.shape(a)[axis], mode))


def _in_range(indices: Any, n: int, mode: str) -> Any:
    """Indices made to lie below n as `mode` says."""
    if mode == "wrap":
        return indices % n
    return np.clip(indices, 0, n - 1) if mode == "clip" else indices


def _at_axis(a: Any, axis: int, indices: Any) -> Any:
    axis = axis % np.ndim(a)
    return getitem(a, (slice(None),) * axis + (indices,)) if isinstance(a, Box) else _gather_axis(a, indices, axis)


def _gather_axis(a: Any, indices: Any, axis: int) -> Any:
    out = apply(gather, (np.moveaxis(np.asarray(a), axis, 0), indices))
    count = np.ndim(indices)
    return np.moveaxis(out, tuple(range(count)), tuple(range(axis, axis + count))) if axis else out


@spell(np.take_along_axis)
def take_along_axis(arr: Any, indices: Any, axis: Any = -1) -> Any:
    """Entries by an index array of the same rank, matched along every other axis."""
    if axis is None:
        arr, axis = np.ravel(arr), 0
    return apply(gather, (unbridge(arr), *along(np.shape(arr), indices, axis)))


def along(shape: tuple[int, ...], indices: Any, axis: int) -> tuple[Any, ...]:
    """The index arrays of every axis that `take_along_axis` and `put_along_axis` stand for."""
    axis = axis % len(shape)
    rank = len(shape)
    grid = [np.arange(n).reshape((1,) * a + (n,) + (1,) * (rank - 1 - a)) for a, n in enumerate(shape)]
    return (*grid[:axis], indices, *grid[axis + 1 :])


@spell(np.put_along_axis)
def put_along_axis(arr: Any, indices: Any, values: Any, axis: Any) -> None:
    """Write entries by an index array of the same rank."""
    if not isinstance(arr, Box):
        np.put_along_axis(arr, _bare(indices, "np.put_along_axis"), _bare(values, "np.put_along_axis"), axis)
    elif axis is None:
        _write_flat(arr, indices, values)
    else:
        setitem(arr, along(arr.shape, indices, axis), values)


def _bare(x: Any, what: str) -> Any:
    return x.plain(what) if isinstance(x, Box) else x


def _write_flat(arr: Any, indices: Any, values: Any) -> None:
    flat = np.copy(np.ravel(arr))
    setitem(flat, indices, values)
    arr.assign(flat.reshape(arr.shape))


@spell(np.choose)
def choose(a: Any, choices: Any, mode: str = "raise") -> Any:
    """Per entry the one of the choices that `a` names."""
    a = _in_range(a if isinstance(a, Box) else np.asarray(a), len(choices), mode)
    shape = np.broadcast_shapes(np.shape(a), *[np.shape(c) for c in choices])
    stacked = np.stack([np.broadcast_to(c, shape) for c in choices])
    return take_along_axis(stacked, np.broadcast_to(a, shape)[None], 0)[0]


@spell(np.compress)
def compress(condition: Any, a: Any, axis: Any = None) -> Any:
    """The slices along an axis where a condition holds."""
    bare = condition.concrete("np.compress") if isinstance(condition, Box) else condition
    return take(a, np.flatnonzero(bare), axis)
