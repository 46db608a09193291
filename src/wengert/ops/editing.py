"""How NumPy's functions that put entries in, take them out, or look at windows are spelled with the rows: gathers.

The places are plain integers: how many entries there are must not depend on values.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.core.apply import Box
from wengert.core.op import primitive
from wengert.core.protocols import BY_PATH, SPELLINGS, astype, spell
from wengert.ops.spelling import lift
from wengert.spec import normal_axes, normal_axis

__all__: list[str] = []


def _concrete(x: Any, what: str) -> Any:
    return x.concrete(what) if isinstance(x, Box) else x


def _on_axis(arr: Any, axis: Any) -> tuple[Any, int]:
    arr = lift(arr)
    return (np.ravel(arr), 0) if axis is None else (arr, normal_axis(axis, arr.ndim))


@spell(np.delete)
def delete(arr: Any, obj: Any, axis: Any = None) -> Any:
    """The array without the slices that `obj` names along an axis."""
    arr, axis = _on_axis(arr, axis)
    places = np.delete(np.arange(arr.shape[axis]), _concrete(obj, "np.delete"))
    return np.take(arr, places, axis=axis)


@spell(np.insert)
def insert(arr: Any, obj: Any, values: Any, axis: Any = None) -> Any:
    """The array with values put in before the slices that `obj` names along an axis."""
    arr, axis = _on_axis(arr, axis)
    n = arr.shape[axis]
    obj = _concrete(obj, "np.insert")
    places = np.arange(*obj.indices(n)) if isinstance(obj, slice) else np.asarray(obj)
    places = np.flatnonzero(places) if places.dtype == bool else places
    new = astype(lift(values), arr.dtype)
    new = np.reshape(new, (1,) * (arr.ndim - new.ndim) + new.shape)
    if places.size == 1:
        if places.ndim == 0:  # then the first axis of the values counts what is put in
            new = np.moveaxis(new, 0, axis)
        places = np.full(new.shape[axis], places.item())
    elif places.size == 0:
        return np.copy(arr)
    if np.any((places < -n) | (places > n)):
        raise IndexError(
            f"index {places[(places < -n) | (places > n)][0]} is out of bounds for axis {axis} with size {n}"
        )
    new = np.broadcast_to(new, (*arr.shape[:axis], places.size, *arr.shape[axis + 1 :]))
    places = np.where(places < 0, places + n, places)
    order = np.argsort(places, kind="stable")
    places[order] += np.arange(places.size)
    source = np.empty(n + places.size, np.intp)
    source[np.delete(np.arange(source.size), places)] = np.arange(n)
    source[places] = n + np.arange(places.size)
    return np.take(np.concatenate([arr, new], axis=axis), source, axis=axis)


@spell(np.extract)
def extract(condition: Any, arr: Any) -> Any:
    """The entries of the flattened array where a condition holds."""
    condition = np.ravel(np.asarray(_concrete(condition, "np.extract")))
    return np.take(np.ravel(lift(arr)), np.flatnonzero(condition))


@spell(np.trim_zeros)
def trim_zeros(filt: Any, trim: str = "fb", axis: Any = None) -> Any:
    """The array without the zeros before its first and after its last entry that is not zero, along axes."""
    filt = lift(filt)
    trim = trim.lower()
    if trim not in ("fb", "bf", "f", "b"):
        raise ValueError(f"unexpected character(s) in `trim`: {trim!r}")
    places = np.argwhere(np.asarray(_concrete(filt, "np.trim_zeros")))
    axes = normal_axes(axis, filt.ndim)
    key = []
    for n, length in enumerate(filt.shape):
        start, stop = (int(places[:, n].min()), int(places[:, n].max()) + 1) if len(places) else (0, 0)
        if len(places):
            start, stop = start if "f" in trim else 0, stop if "b" in trim else length
        key.append(slice(start, stop) if n in axes else slice(None))
    return filt[tuple(key)]


@spell(np.lib.stride_tricks.sliding_window_view)
def sliding_window_view(
    x: Any, window_shape: Any, axis: Any = None, *, subok: bool = False, writeable: bool = False
) -> Any:
    """All windows of a shape, along new axes at the end. A copy: it cannot be written through."""
    x = lift(x)
    lengths = tuple(int(n) for n in np.atleast_1d(window_shape))
    if axis is None:
        axes = tuple(range(x.ndim))
        if len(lengths) != len(axes):
            raise ValueError("Since axis is None, must provide window_shape for all dimensions of `x`")
    else:
        axes = tuple(normal_axis(a, x.ndim) for a in (axis if isinstance(axis, tuple | list) else (axis,)))
        if len(lengths) != len(axes):
            raise ValueError("Must provide matching length window_shape and axis")
    if min(lengths) < 0:
        raise ValueError("`window_shape` cannot contain negative values")
    for a, length in zip(axes, lengths, strict=True):
        starts = x.shape[a] - length + 1
        if starts < 1:
            raise ValueError("window shape cannot be larger than input array shape")
        places = np.arange(starts)[:, None] + np.arange(length)
        windows = np.take(x, places, axis=a)
        x = np.moveaxis(windows, a + 1, -1)
    return x


# --- questions and orders whose answers have no derivative ---------------------------------------------------------


@spell(np.iscomplex)
def iscomplex(x: Any) -> Any:
    """Whether the imaginary part is not zero."""
    return np.imag(lift(x)) != 0


@spell(np.isreal)
def isreal(x: Any) -> Any:
    """Whether the imaginary part is zero."""
    return np.imag(lift(x)) == 0


SPELLINGS[np.isposinf] = lambda x: np.equal(lift(x), np.inf)
SPELLINGS[np.isneginf] = lambda x: np.equal(lift(x), -np.inf)


# The order by the last key, ties by the one before it, and so on.
_lexsort = primitive(
    lambda *keys, axis: np.lexsort(keys, axis=axis), "*keys", name="lexsort", vjp={"keys": 0}, jvp={"keys": 0},
    batch=lambda axis: {"axis": axis + 1},
)  # fmt: skip


@spell(np.lexsort)
def lexsort(keys: Any, axis: int = -1) -> Any:
    """The order by several keys, of which the last one counts most."""
    parts = [lift(key) for key in keys]
    return _lexsort(*parts, axis=normal_axis(axis, parts[0].ndim))


@spell(np.sort_complex)
def sort_complex(a: Any) -> Any:
    """The entries in order, by real part first, as complex numbers."""
    out = np.sort(lift(a))
    if out.dtype.kind == "c":
        return out
    return astype(
        out, np.complex64 if out.dtype.kind in "iu" and out.dtype.itemsize <= 2 else np.result_type(out, complex)
    )


@spell(np.ix_)
def ix_(*args: Any) -> Any:
    """Index arrays that together name a grid."""
    parts = [np.asarray(_concrete(x, "a mask")) if lift(x).dtype == bool else lift(x) for x in args]
    parts = [np.flatnonzero(x) if x.dtype == bool else x for x in parts]
    return tuple([np.reshape(x, (1,) * n + (x.size,) + (1,) * (len(parts) - 1 - n)) for n, x in enumerate(parts)])


@spell(np.ravel_multi_index)
def ravel_multi_index(multi_index: Any, dims: Any, mode: Any = "raise", order: str = "C") -> Any:
    """The places in the flattened array that indices name."""
    modes = (mode,) * len(dims) if isinstance(mode, str) else tuple(mode)
    fix: dict[str, Any] = {
        "raise": lambda i, n: i,
        "wrap": np.remainder,
        "clip": lambda i, n: np.clip(i, 0, n - 1),
    }
    out: Any = 0
    steps = list(zip(multi_index, dims, modes, strict=True))
    for i, n, how in steps if order == "C" else reversed(steps):
        out = out * n + fix[how](lift(i), n)
    return out


@spell(np.unravel_index)
def unravel_index(indices: Any, shape: Any, order: str = "C") -> Any:
    """The index along each axis of places in the flattened array."""
    rest, out = lift(indices), []
    shape = (int(shape),) if isinstance(shape, int | np.integer) else tuple(shape)
    for n in reversed(shape) if order == "C" else shape:
        out.append(rest % n)
        rest = rest // n
    return tuple(reversed(out) if order == "C" else out)


def _from_shape(f: Any) -> Any:
    return lambda arr, *args, **kwargs: f(np.broadcast_to(np.zeros((), bool), lift(arr).shape), *args, **kwargs)


for _ask in (np.tril_indices_from, np.triu_indices_from, np.diag_indices_from):
    SPELLINGS[_ask] = _from_shape(_ask)


@spell(np.einsum_path)
def einsum_path(*operands: Any, **kwargs: Any) -> Any:
    """The order of contraction that NumPy would choose: it depends on shapes alone."""
    bare = [np.broadcast_to(np.zeros((), x.dtype), x.shape) if isinstance(x, Box) else x for x in operands]
    return np.einsum_path(*bare, **kwargs)


if hasattr(np, "astype"):  # NumPy 2.1

    @spell(np.astype)
    def astype_(x: Any, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Any:
        """The values in another dtype."""
        return astype(x, dtype, copy)


# --- files --------------------------------------------------------------------------------------------------------


def _plain(x: Any, what: str) -> Any:
    return x.plain(what) if isinstance(x, Box) else x


def _saving(f: Any) -> Any:
    name = f"np.{f.__name__}"
    return lambda file, *args, **kwargs: f(
        file, *[_plain(x, name) for x in args], **{key: _plain(x, name) for key, x in kwargs.items()}
    )


for _save in (np.save, np.savetxt, np.savez, np.savez_compressed):
    BY_PATH[f"numpy.{_save.__name__}"] = _saving(_save)
