"""How NumPy's functions that move, join and split arrays are spelled with the rows."""

from __future__ import annotations

import builtins
import itertools
from typing import Any

import numpy as np

from wengert.core.apply import Box, apply
from wengert.core.op import TABLE
from wengert.core.protocols import SPELLINGS, astype, spell
from wengert.core.view import is_contiguous
from wengert.errors import InvalidArgument, explain, user_line
from wengert.ops import index
from wengert.ops.spelling import lift
from wengert.spec import normal_axes, normal_axis

__all__: list[str] = []


# --- shape ------------------------------------------------------------------------------------------------


@spell(np.reshape)
def reshape(a: Any, /, shape: Any = None, order: str = "C", *, newshape: Any = None, copy: Any = None) -> Any:
    """The entries in another shape; one length may be -1."""
    a = lift(a)
    want = newshape if shape is None else shape
    want = tuple([int(n) for n in want]) if isinstance(want, tuple | list) else (int(want),)
    if order in ("F", "A"):
        return np.transpose(reshape(np.transpose(a), want[::-1])) if order == "F" else reshape(a, want)
    if -1 in want:
        known = 1
        for n in want:
            known *= n if n != -1 else 1
        if want.count(-1) > 1 or (known and a.size % known):
            raise _bad_shape(a, want)
        want = tuple([a.size // known if n == -1 else n for n in want]) if known else want
    if want == a.shape and not copy:
        return apply(TABLE["reshape"], (a,), {"shape": want})
    total = 1
    for n in want:
        total *= n
    if total != a.size:
        raise _bad_shape(a, want)
    return apply(TABLE["reshape"], (a,), {"shape": want})


def _bad_shape(a: Any, want: tuple[int, ...]) -> InvalidArgument:
    return InvalidArgument(
        explain(
            f"cannot reshape array of size {a.size} into shape {want} at {user_line()}.",
            f"Its shape is {a.shape}; the number of entries must stay the same.",
            "Give lengths whose product is the size; one may be -1.",
        )
    )


@spell(np.ravel)
def ravel(a: Any, order: str = "C") -> Any:
    """The entries along one axis; a view if they lie so in memory."""
    a = lift(a)
    flat = reshape(a, (-1,) if a.size else (0,), order)
    return flat if not isinstance(a, Box) or is_contiguous(a) else np.copy(flat)


@spell(np.transpose, np.permute_dims)
def transpose(a: Any, axes: Any = None) -> Any:
    """The axes in another order; reversed by default."""
    a = lift(a)
    order = tuple(range(a.ndim))[::-1] if axes is None else tuple([normal_axis(n, a.ndim) for n in axes])
    if sorted(order) != list(range(a.ndim)):
        raise InvalidArgument(
            explain(
                f"transpose at {user_line()} got axes={axes!r} for an array of dimension {a.ndim}.",
                "Every axis must be named once.",
                f"Give a permutation of {tuple(range(a.ndim))}.",
            )
        )
    return apply(TABLE["transpose"], (a,), {"axes": order})


@spell(np.matrix_transpose)
def matrix_transpose(x: Any, /) -> Any:
    """The last two axes exchanged."""
    return swapaxes(x, -1, -2)


@spell(np.swapaxes)
def swapaxes(a: Any, axis1: int, axis2: int) -> Any:
    """Two axes exchanged."""
    a = lift(a)
    order = list(range(a.ndim))
    i, j = normal_axis(axis1, a.ndim), normal_axis(axis2, a.ndim)
    order[i], order[j] = j, i
    return apply(TABLE["transpose"], (a,), {"axes": tuple(order)})


@spell(np.moveaxis)
def moveaxis(a: Any, source: Any, destination: Any) -> Any:
    """Axes moved to new places, the others in their order."""
    a = lift(a)
    old = [normal_axis(n, a.ndim) for n in np.atleast_1d(source)]
    new = [normal_axis(n, a.ndim) for n in np.atleast_1d(destination)]
    if len({*old}) < len(old) or len({*new}) < len(new):
        normal_axes(source if len({*old}) < len(old) else destination, a.ndim)  # says which axis is named twice
    order = [n for n in range(a.ndim) if n not in old]
    for place, axis in sorted(zip(new, old, strict=True)):
        order.insert(place, axis)
    return apply(TABLE["transpose"], (a,), {"axes": tuple(order)})


@spell(np.rollaxis)
def rollaxis(a: Any, axis: int, start: int = 0) -> Any:
    """An axis rolled backwards until it lies at `start`."""
    axis = normal_axis(axis, lift(a).ndim)
    start = start + lift(a).ndim if start < 0 else start
    return moveaxis(a, axis, start - 1 if axis < start else start)


@spell(np.expand_dims)
def expand_dims(a: Any, axis: Any) -> Any:
    """Axes of length 1 put in."""
    a = lift(a)
    count = len(axis) if isinstance(axis, tuple | list) else 1
    places = normal_axes(axis, a.ndim + count)
    rest = iter(a.shape)
    return reshape(a, tuple(1 if n in places else next(rest) for n in range(a.ndim + count)))


@spell(np.squeeze)
def squeeze(a: Any, axis: Any = None) -> Any:
    """Axes of length 1 taken out."""
    a = lift(a)
    axes = tuple(n for n, m in enumerate(a.shape) if m == 1) if axis is None else normal_axes(axis, a.ndim)
    if builtins.any(a.shape[n] != 1 for n in axes):
        raise ValueError("cannot select an axis to squeeze out which has size not equal to one")
    return reshape(a, tuple(m for n, m in enumerate(a.shape) if n not in axes))


@spell(np.broadcast_to)
def broadcast_to(array: Any, shape: Any, subok: bool = False) -> Any:
    """Repeated along new axes and axes of length 1, without a copy."""
    a = lift(array)
    want = (int(shape),) if isinstance(shape, int | np.integer) else tuple([int(n) for n in shape])
    if want == a.shape:
        return a
    np.broadcast_to(np.empty(a.shape, bool), want)  # raises NumPy's own error
    if len(want) > a.ndim:
        a = reshape(a, (1,) * (len(want) - a.ndim) + a.shape)
    return apply(TABLE["broadcast_to"], (a,), {"shape": want})


@spell(np.broadcast_arrays)
def broadcast_arrays(*args: Any, subok: bool = False) -> Any:
    """All arrays broadcast to one shape."""
    arrays = [lift(a) for a in args]
    want = np.broadcast_shapes(*[a.shape for a in arrays])
    return tuple(broadcast_to(a, want) for a in arrays)


def _at_least(rank: int) -> Any:
    def function(*arrays: Any) -> Any:
        out = [_raise_rank(lift(a), rank) for a in arrays]
        return out[0] if len(out) == 1 else tuple(out)

    return function


def _raise_rank(a: Any, rank: int) -> Any:
    if a.ndim >= rank:
        return a
    if rank == 3:
        return reshape(a, (1, *a.shape, 1) if a.ndim == 1 else (*a.shape, 1) if a.ndim == 2 else (1, 1, 1))
    return reshape(a, (1,) * (rank - a.ndim) + a.shape)


SPELLINGS[np.atleast_1d], SPELLINGS[np.atleast_2d], SPELLINGS[np.atleast_3d] = map(_at_least, (1, 2, 3))


# --- joining and splitting --------------------------------------------------------------------------------


@spell(np.concatenate)
def concatenate(arrays: Any, /, axis: Any = 0, *, dtype: Any = None, casting: str = "same_kind") -> Any:
    """Arrays joined along an axis they have."""
    parts = [lift(a) for a in arrays]
    if axis is None:
        parts, axis = [np.ravel(a) for a in parts], 0
    if dtype is not None:
        parts = [astype(a, dtype, casting=casting) for a in parts]
    return apply(TABLE["concatenate"], parts, {"axis": normal_axis(axis, parts[0].ndim)})


@spell(np.stack)
def stack(arrays: Any, axis: int = 0, **kwargs: Any) -> Any:
    """Arrays joined along a new axis."""
    parts = [lift(a) for a in arrays]
    if len({a.shape for a in parts}) > 1:
        raise InvalidArgument(
            explain(
                f"stack at {user_line()} got shapes {', '.join(str(a.shape) for a in parts[:4])}.",
                "A new axis can only join arrays of one shape.",
                "Use np.concatenate for arrays that differ along an axis.",
            )
        )
    axis = normal_axis(axis, parts[0].ndim + 1)
    return concatenate([np.expand_dims(a, axis) for a in parts], axis, **kwargs)


@spell(np.vstack)
def vstack(tup: Any, **kwargs: Any) -> Any:
    """Arrays on top of each other."""
    return concatenate([_raise_rank(lift(a), 2) for a in tup], 0, **kwargs)


@spell(np.hstack)
def hstack(tup: Any, **kwargs: Any) -> Any:
    """Arrays side by side."""
    parts = [_raise_rank(lift(a), 1) for a in tup]
    return concatenate(parts, 0 if parts and parts[0].ndim == 1 else 1, **kwargs)


@spell(np.dstack)
def dstack(tup: Any) -> Any:
    """Arrays behind each other."""
    return concatenate([_raise_rank(lift(a), 3) for a in tup], 2)


@spell(np.column_stack)
def column_stack(tup: Any) -> Any:
    """Vectors as the columns of a matrix."""
    parts = [lift(a) for a in tup]
    return concatenate([reshape(a, (-1, 1)) if a.ndim < 2 else a for a in parts], 1)


@spell(np.block)
def block(arrays: Any) -> Any:
    """A block matrix out of nested lists."""

    def depth(x: Any) -> int:
        return 1 + builtins.max([depth(item) for item in x], default=0) if isinstance(x, list) else 0

    levels = depth(arrays)

    def rank(x: Any) -> int:
        return builtins.max([rank(item) for item in x]) if isinstance(x, list) else lift(x).ndim

    ndim = builtins.max(rank(arrays), levels)

    def build(x: Any, level: int) -> Any:
        if not isinstance(x, list):
            return _pad_rank(lift(x), ndim)
        return concatenate([build(item, level + 1) for item in x], axis=ndim - levels + level)

    return build(arrays, 0)


def _pad_rank(a: Any, rank: int) -> Any:
    return reshape(a, (1,) * (rank - a.ndim) + a.shape) if a.ndim < rank else a


@spell(np.append)
def append(arr: Any, values: Any, axis: Any = None) -> Any:
    """Values after the end."""
    if axis is None:
        return concatenate([np.ravel(lift(arr)), np.ravel(lift(values))])
    return concatenate([arr, values], axis)


@spell(np.array_split)
def array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    """Views of nearly equal parts, or of the parts between given places."""
    a = lift(ary)
    axis = normal_axis(axis, a.ndim)
    bounds = _bounds(a.shape[axis], indices_or_sections)
    lead = (slice(None),) * axis
    return [a[(*lead, slice(i, j))] for i, j in itertools.pairwise(bounds)]


def _bounds(n: int, sections: Any) -> list[Any]:
    if isinstance(sections, int | np.integer):
        each, extra = builtins.divmod(n, int(sections))
        sizes = [each + 1] * extra + [each] * (int(sections) - extra)
        return [0, *np.cumsum(sizes).tolist()]
    return [0, *[int(k) for k in sections], n]


@spell(np.split)
def split(ary: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    """Views of equal parts, or of the parts between given places."""
    if isinstance(indices_or_sections, int | np.integer) and lift(ary).shape[axis] % indices_or_sections:
        raise ValueError("array split does not result in an equal division")
    return array_split(ary, indices_or_sections, axis)


def _split_along(axis: int) -> Any:
    def function(ary: Any, indices_or_sections: Any) -> Any:
        return split(ary, indices_or_sections, axis if lift(ary).ndim > 1 else 0)

    return function


SPELLINGS[np.hsplit], SPELLINGS[np.vsplit], SPELLINGS[np.dsplit] = map(_split_along, (1, 0, 2))
if hasattr(np, "unstack"):
    SPELLINGS[np.unstack] = lambda x, /, *, axis=0: tuple(moveaxis(x, axis, 0))


@spell(np.tile)
def tile(A: Any, reps: Any) -> Any:
    """The array repeated as a whole."""
    a = lift(A)
    counts = tuple(int(n) for n in np.atleast_1d(reps))
    rank = builtins.max(a.ndim, len(counts))
    counts = (1,) * (rank - len(counts)) + counts
    lengths = (1,) * (rank - a.ndim) + a.shape
    pairs = tuple(n for pair in zip(counts, lengths, strict=True) for n in pair)
    spread = broadcast_to(reshape(a, tuple(n for m in lengths for n in (1, m))), pairs)
    return reshape(spread, tuple(m * n for m, n in zip(counts, lengths, strict=True)))


@spell(np.repeat)
def repeat(a: Any, repeats: Any, axis: Any = None) -> Any:
    """Every entry repeated."""
    a = lift(a)
    if axis is None:
        a, axis = ravel(a), 0
    axis = normal_axis(axis, a.ndim)
    places = np.repeat(np.arange(a.shape[axis]), repeats)
    return a[(slice(None),) * axis + (places,)]


@spell(np.flip)
def flip(m: Any, axis: Any = None) -> Any:
    """The entries in reverse order along axes."""
    m = lift(m)
    return apply(TABLE["flip"], (m,), {"axis": normal_axes(axis, m.ndim)})


SPELLINGS[np.fliplr] = lambda m: flip(m, 1)
SPELLINGS[np.flipud] = lambda m: flip(m, 0)


@spell(np.rot90)
def rot90(m: Any, k: int = 1, axes: Any = (0, 1)) -> Any:
    """Turned by k quarters in the plane of two axes."""
    k %= 4
    if len(normal_axes(tuple(axes), np.ndim(m))) != 2:
        raise ValueError("len(axes) must be 2.")
    if k == 0:
        return m[...]
    if k == 2:
        return flip(m, tuple(axes))
    return flip(swapaxes(m, *axes), axes[0]) if k == 1 else swapaxes(flip(m, axes[0]), *axes)


@spell(np.roll)
def roll(a: Any, shift: Any, axis: Any = None) -> Any:
    """Entries moved along axes, those that leave coming back at the other end."""
    a = lift(a)
    if axis is None:
        return reshape(roll(ravel(a), shift, 0), a.shape)
    shifts, axes = np.broadcast_arrays(np.atleast_1d(shift), np.atleast_1d(axis))
    params = {"shift": tuple(shifts.tolist()), "axis": tuple(normal_axis(n, a.ndim) for n in axes)}
    return apply(TABLE["roll"], (a,), params)


# --- diagonals and triangles --------------------------------------------------------------------------------


@spell(np.diagonal)
def diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """The entries on a diagonal, along a new last axis."""
    return apply(TABLE["diagonal"], (moveaxis(a, (axis1, axis2), (-2, -1)),), {"offset": int(offset)})


SPELLINGS[np.linalg.diagonal] = lambda x, /, *, offset=0: diagonal(x, offset, -2, -1)


@spell(np.diag)
def diag(v: Any, k: int = 0) -> Any:
    """The diagonal of a matrix, or the matrix with that diagonal."""
    v = lift(v)
    if v.ndim == 2:
        return diagonal(v, k)
    n = v.shape[0] + builtins.abs(k)
    i = np.arange(v.shape[0])
    return index.scatter_add(np.zeros((n, n), v.dtype), v, i - builtins.min(k, 0), i + builtins.max(k, 0))


SPELLINGS[np.diagflat] = lambda v, k=0: diag(ravel(v), k)


@spell(np.tril)
def tril(m: Any, k: int = 0) -> Any:
    """The entries on and below a diagonal, zeros above; a vector is repeated as the rows of a square."""
    m = lift(m)
    return np.where(_lower(m.shape, k), m, np.zeros((), m.dtype))


@spell(np.triu)
def triu(m: Any, k: int = 0) -> Any:
    """The entries on and above a diagonal, zeros below; a vector is repeated as the rows of a square."""
    m = lift(m)
    return np.where(_lower(m.shape, k - 1), np.zeros((), m.dtype), m)


def _lower(shape: tuple[int, ...], k: int) -> Any:
    rows, columns = shape[-2:] if len(shape) > 1 else shape * 2
    return np.tri(rows, columns, k, bool)


# --- differences, products ------------------------------------------------------------------------------------


@spell(np.diff)
def diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Any:
    """Differences of neighbours, n times."""
    if n < 0:
        raise ValueError(f"order must be non-negative but got {n!r}")
    if n == 0:
        return a
    a = lift(a)
    axis = normal_axis(axis, a.ndim)
    edges = [_edge(e, a, axis) for e in (prepend, append)]
    a = concatenate([e for e in (edges[0], a, edges[1]) if e is not None], axis) if edges != [None, None] else a
    lead = (slice(None),) * axis
    for _ in range(n):
        later, earlier = a[(*lead, slice(1, None))], a[(*lead, slice(None, -1))]
        a = np.not_equal(later, earlier) if a.dtype.kind == "b" else later - earlier
    return a


def _edge(value: Any, a: Any, axis: int) -> Any:
    if value is None:
        return None
    value = lift(value)
    return value if value.ndim else broadcast_to(value, (*a.shape[:axis], 1, *a.shape[axis + 1 :]))


@spell(np.trapezoid)
def trapezoid(y: Any, x: Any = None, dx: float = 1.0, axis: int = -1) -> Any:
    """The integral by the trapezoidal rule."""
    y = lift(y)
    axis = normal_axis(axis, y.ndim)
    lead = (slice(None),) * axis
    if x is None:
        d = dx
    else:
        x = lift(x)
        d = diff(x, axis=axis if x.ndim > 1 else 0)
        if x.ndim == 1:
            d = reshape(d, (1,) * axis + (-1,) + (1,) * (y.ndim - axis - 1))
    return np.sum(d * (y[(*lead, slice(1, None))] + y[(*lead, slice(None, -1))]) / 2.0, axis=axis)


@spell(np.cross)
def cross(a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: Any = None) -> Any:
    """The vector product in three dimensions, of plane vectors its third component."""
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = moveaxis(a, axisa, -1), moveaxis(b, axisb, -1)
    if not {a.shape[-1], b.shape[-1]} <= {2, 3}:
        raise ValueError("incompatible dimensions for cross product\n(dimension must be 2 or 3)")
    if a.shape[-1] == b.shape[-1] == 2:
        return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
    a, b = (x if x.shape[-1] == 3 else concatenate([x, np.zeros((*x.shape[:-1], 1), x.dtype)], -1) for x in (a, b))
    i, j = np.array([1, 2, 0]), np.array([2, 0, 1])
    return moveaxis(a[..., i] * b[..., j] - a[..., j] * b[..., i], -1, axisc)


@spell(np.linalg.cross)
def linalg_cross(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    """The vector product in three dimensions, along one axis."""
    return cross(x1, x2, axis=axis)


@spell(np.meshgrid)
def meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> Any:
    """Coordinate arrays of a grid."""
    rank = len(xi)
    out = [reshape(x, (1,) * n + (-1,) + (1,) * (rank - 1 - n)) for n, x in enumerate(xi)]
    if indexing == "xy" and rank > 1:
        out = [swapaxes(x, 0, 1) for x in out]
    return tuple(out if sparse else [np.copy(x) for x in broadcast_arrays(*out)])
