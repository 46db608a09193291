"""How NumPy's functions are spelled with the rows: argument normalisation, and composites.

A composite is ordinary NumPy code over other functions and needs no row. Functions here are called with at
least one box among their arguments (or an array of boxes), through NumPy's own dispatch.
"""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any

import numpy as np

from wengert.core.apply import Box, apply, unbridge
from wengert.core.op import TABLE
from wengert.core.protocols import METHODS, SPELLINGS, astype, spell
from wengert.errors import InvalidArgument, explain, user_line
from wengert.ops import elementwise, index, linalg, reduce, shape
from wengert.spec import normal_axes, normal_axis

__all__ = ["lift"]


def lift(x: Any) -> Any:
    """An array or box of anything array-like, nested lists with boxes inside included."""
    if isinstance(x, Box):
        return x
    if isinstance(x, list | tuple):
        if builtins.any(isinstance(item, Box | list | tuple) for item in x) and _has_box(x):
            return np.stack([lift(item) for item in x])
        x = np.asarray(x)
    return unbridge(np.asarray(x))


def _has_box(x: Any) -> bool:
    return isinstance(x, Box) or (isinstance(x, list | tuple) and builtins.any(_has_box(item) for item in x))


def inexact(x: Any) -> Any:
    """Integers and booleans as floats, like the functions do whose results are floats."""
    return x if x.dtype.kind in "fc" else astype(x, np.float64)


# --- ufuncs -----------------------------------------------------------------------------------------------

for _op in list(TABLE.values()):
    _ufunc = getattr(np, _op.name, None)
    if isinstance(_ufunc, np.ufunc) and _op.kind in ("elementwise", "linear"):
        SPELLINGS[_ufunc] = _op
for _alias, _name in [(np.abs, "absolute"), (np.true_divide, "divide"), (np.mod, "remainder"), (np.conj, "conjugate")]:
    SPELLINGS[_alias] = TABLE[_name]
for _alias, _name in [(np.deg2rad, "radians"), (np.rad2deg, "degrees"), (np.fix, "fix"), (np.sinc, "sinc")]:
    SPELLINGS[_alias] = TABLE[_name]


@spell(np.absolute)
def absolute(x: Any) -> Any:
    """|x|; of a complex number the length of (re, im)."""
    return elementwise.absolute(x) if lift(x).dtype.kind != "c" else np.hypot(np.real(x), np.imag(x))


@spell(np.sign)
def sign(x: Any) -> Any:
    """The sign; of a complex number its direction z/|z|."""
    if lift(x).dtype.kind != "c":
        return elementwise.sign(x)
    size = np.abs(x)
    return x / np.where(size == 0, 1, size)


@spell(np.power)
def power(x: Any, y: Any) -> Any:
    """x to the power y; plain numbers as exponents are cheaper."""
    if type(y) in (int, float) and isinstance(x, Box):
        if y == 2:
            return elementwise.square(x)
        return apply(elementwise.power_by, (x,), {"exponent": y})
    return elementwise.power(x, y)


@spell(np.float_power)
def float_power(x: Any, y: Any) -> Any:
    """x to the power y, in at least float64."""
    return power(astype(x, np.result_type(lift(x).dtype, np.float64)), y)


@spell(np.fabs)
def fabs(x: Any) -> Any:
    """|x| as a float."""
    return elementwise.absolute(inexact(lift(x)))


@spell(np.divmod)
def divmod(x: Any, y: Any) -> Any:
    """Quotient and remainder."""
    return np.floor_divide(x, y), np.remainder(x, y)


@spell(np.modf)
def modf(x: Any) -> Any:
    """Fractional and integral part."""
    whole = np.trunc(x)
    return x - whole, whole


@spell(np.frexp)
def frexp(x: Any) -> Any:
    """Mantissa and (locally constant) exponent."""
    exponent = elementwise.exponent(x)
    return np.ldexp(x, -exponent), exponent


@spell(np.angle)
def angle(z: Any, deg: bool = False) -> Any:
    """The angle of a complex number."""
    z = lift(z)
    out = np.arctan2(np.imag(z), np.real(z)) if z.dtype.kind == "c" else np.where(z < 0, np.pi, 0.0)
    return np.degrees(out) if deg else out


@spell(np.real)
def real(x: Any) -> Any:
    """The real part; a real array itself."""
    return shape.real(x) if lift(x).dtype.kind == "c" else x


@spell(np.imag)
def imag(x: Any) -> Any:
    """The imaginary part; zeros for a real array."""
    return shape.imag(x) if lift(x).dtype.kind == "c" else np.zeros_like(x)


@spell(np.conjugate)
def conjugate(x: Any) -> Any:
    """The complex conjugate; a real array itself."""
    return shape.conjugate(x) if lift(x).dtype.kind == "c" else x


@spell(np.real_if_close)
def real_if_close(x: Any, tol: float = 100) -> Any:
    """The real part if all imaginary parts are close to zero."""
    if lift(x).dtype.kind != "c" or np.iscomplexobj(np.real_if_close(x.concrete("np.real_if_close"), tol)):
        return x
    return np.real(x)


@spell(np.where)
def where(condition: Any, *xy: Any) -> Any:
    """x where the condition holds, else y; without them the places where it holds."""
    if not xy:
        return np.nonzero(condition)
    return elementwise.where(condition, *xy)


@spell(np.clip)
def clip(a: Any, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None) -> Any:
    """Values limited to an interval; the derivative is 1 inside, its ends included."""
    low, high = (a_min if a_min is not None else min), (a_max if a_max is not None else max)
    # The bound wins only where it is strictly beyond, so that the closed interval belongs to `a`.
    if low is not None:
        a = elementwise.where(np.less(a, low), low, a)
    if high is not None:
        a = elementwise.where(np.greater(a, high), high, a)
    return a


@spell(np.nan_to_num)
def nan_to_num(x: Any, copy: bool = True, nan: float = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    """NaN and infinities replaced by numbers, whose derivative is 0."""
    limits = np.finfo(x.dtype)
    x = np.where(np.isnan(x), nan, x)
    x = np.where(x == np.inf, limits.max if posinf is None else posinf, x)
    return np.where(x == -np.inf, limits.min if neginf is None else neginf, x)


@spell(np.round, np.around)
def round(a: Any, decimals: int = 0) -> Any:
    """Rounded values: locally constant."""
    return np.rint(a) if decimals == 0 else np.rint(a * 10.0**decimals) / 10.0**decimals


# --- reductions -------------------------------------------------------------------------------------------


def _reduction(name: str, float_result: bool = False) -> Any:
    row = getattr(reduce, name)

    def function(
        a: Any, axis: Any = None, dtype: Any = None, *, keepdims: Any = False, initial: Any = None, where: Any = True
    ) -> Any:
        a = lift(a)
        if dtype is not None:
            a = astype(a, dtype)
        if float_result:
            a = inexact(a)
        keepdims = bool(keepdims)
        if where is not True:
            a = np.where(where, a, _neutral(name, a, initial))
        if a.size == 0 and initial is not None:
            return np.full(getattr(np, name)(_stand_in(a), axis=axis, keepdims=keepdims, initial=0).shape, initial)
        if not a.shape:
            out = apply(row, (a.reshape(1),), {"axis": (0,), "keepdims": False}) if name not in _FREE else a
        else:
            out = apply(row, (a,), {"axis": normal_axes(axis, a.ndim), "keepdims": keepdims})
        return out if initial is None else _COMBINE[name](out, initial)

    function.__name__ = name
    function.__doc__ = f"np.{name}, with all its arguments."
    return function


def _stand_in(a: Any) -> Any:
    return np.empty(a.shape, a.dtype)


_FREE = {"max", "min", "prod", "sum", "mean"}  # of one number: the number
_COMBINE: dict[str, Any] = {"sum": np.add, "prod": np.multiply, "max": np.maximum, "min": np.minimum}
_COMBINE |= {"logsumexp": np.logaddexp, "all": np.logical_and, "any": np.logical_or}
_NEUTRAL: dict[str, Any] = {"sum": 0, "prod": 1, "logsumexp": -np.inf, "all": True, "any": False}


def _neutral(name: str, a: Any, initial: Any) -> Any:
    if name in _NEUTRAL:
        return _NEUTRAL[name]
    if initial is None:
        raise ValueError(f"reduction operation '{name}imum' does not have an identity, so to use a where mask one "
                         "has to specify 'initial'")  # fmt: skip
    return initial


sum = _reduction("sum")
prod = _reduction("prod")
max = _reduction("max")
min = _reduction("min")
all = _reduction("all")
any = _reduction("any")
logsumexp = _reduction("logsumexp", float_result=True)
for _function, _ours in [(np.sum, sum), (np.prod, prod), (np.max, max), (np.min, min), (np.all, all), (np.any, any)]:
    SPELLINGS[_function] = _ours
SPELLINGS[np.amax], SPELLINGS[np.amin] = max, min
METHODS.update({(np.add, "reduce"): sum, (np.multiply, "reduce"): prod, (np.logaddexp, "reduce"): logsumexp})
METHODS.update({(np.maximum, "reduce"): max, (np.minimum, "reduce"): min})
METHODS.update({(np.logical_and, "reduce"): all, (np.logical_or, "reduce"): any})


@spell(np.mean)
def mean(a: Any, axis: Any = None, dtype: Any = None, *, keepdims: Any = False, where: Any = True) -> Any:
    """The average over axes."""
    a = inexact(lift(a) if dtype is None else astype(lift(a), dtype))
    if where is not True:
        n = np.sum(np.broadcast_to(where, a.shape), axis=axis, keepdims=bool(keepdims))
        return sum(a, axis, keepdims=keepdims, where=where) / n
    if not a.shape:
        return a
    return apply(reduce.mean, (a,), {"axis": normal_axes(axis, a.ndim), "keepdims": bool(keepdims)})


def _centred(a: Any, axis: Any, ddof: float, where: Any, mean: Any) -> tuple[Any, Any]:
    """Deviations from the mean, and what their squares are divided by."""
    if mean is None:
        mean = np.mean(a, axis=axis, keepdims=True, where=where)
    if where is True:
        # A Python number, which leaves the dtype alone.
        return a - mean, builtins.max(reduce.count(a.shape, normal_axes(axis, a.ndim)) - ddof, 0)
    n = np.sum(np.broadcast_to(where, a.shape), axis=axis, keepdims=True)
    return a - mean, astype(np.maximum(n - ddof, 0), np.finfo(a.dtype).dtype)


@spell(np.var)
def var(
    a: Any, axis: Any = None, dtype: Any = None, *, ddof: float = 0, keepdims: Any = False, where: Any = True,
    mean: Any = None, correction: Any = None,
) -> Any:  # fmt: skip
    """The mean squared deviation from the mean."""
    a = inexact(lift(a) if dtype is None else astype(lift(a), dtype))
    d, n = _centred(a, axis, correction if correction is not None else ddof, where, mean)
    squares = np.real(d * np.conj(d)) if d.dtype.kind == "c" else d * d
    total = np.sum(squares, axis=axis, keepdims=True, where=where) / n
    return total if keepdims else np.squeeze(total, axis=normal_axes(axis, a.ndim))


@spell(np.std)
def std(
    a: Any, axis: Any = None, dtype: Any = None, *, ddof: float = 0, keepdims: Any = False, where: Any = True,
    mean: Any = None, correction: Any = None,
) -> Any:  # fmt: skip
    """The root of the variance; its derivative at equal values is 0, as that of a length is."""
    a = inexact(lift(a) if dtype is None else astype(lift(a), dtype))
    d, n = _centred(a, axis, correction if correction is not None else ddof, where, mean)
    if where is not True:
        d = np.where(where, d, 0)
    total = _length(d, normal_axes(axis, a.ndim), True) / n**0.5
    return total if keepdims else np.squeeze(total, axis=normal_axes(axis, a.ndim))


def _length(x: Any, axis: tuple[int, ...], keepdims: bool) -> Any:
    return apply(reduce.length, (x,), {"axis": axis, "keepdims": keepdims})


@spell(np.ptp)
def ptp(a: Any, axis: Any = None, *, keepdims: Any = False) -> Any:
    """Maximum minus minimum."""
    return np.max(a, axis=axis, keepdims=bool(keepdims)) - np.min(a, axis=axis, keepdims=bool(keepdims))


@spell(np.average)
def average(a: Any, axis: Any = None, weights: Any = None, returned: bool = False, *, keepdims: Any = False) -> Any:
    """The weighted average over axes."""
    a, keep = inexact(lift(a)), bool(keepdims)
    if weights is None:
        out: Any = np.mean(a, axis=axis, keepdims=keep)
        total: Any = np.full_like(out, a.size / builtins.max(out.size, 1))
    else:
        weights = lift(weights)
        if weights.shape != a.shape:
            one = normal_axis(axis, a.ndim)
            weights = np.reshape(weights, tuple(n if d == one else 1 for d, n in enumerate(a.shape)))
        total = np.sum(np.broadcast_to(weights, a.shape), axis=axis, keepdims=keep)
        out = np.sum(a * weights, axis=axis, keepdims=keep) / total
    return (out, total) if returned else out


def _scan(row: Any) -> Any:
    def function(a: Any, axis: Any = None, dtype: Any = None) -> Any:
        a = lift(a) if dtype is None else astype(lift(a), dtype)
        if axis is None:
            a, axis = np.ravel(a), 0
        return apply(row, (a,), {"axis": normal_axis(axis, a.ndim)})

    return function


cumsum, cumprod = _scan(reduce.cumsum), _scan(reduce.cumprod)
SPELLINGS[np.cumsum], SPELLINGS[np.cumprod] = cumsum, cumprod
METHODS.update({(np.add, "accumulate"): cumsum, (np.multiply, "accumulate"): cumprod})


def _arg_extremum(row: Any) -> Any:
    def function(a: Any, axis: Any = None, *, keepdims: Any = False) -> Any:
        a = lift(a)
        if axis is None:
            rank = a.ndim
            out = apply(row, (np.ravel(a),), {"axis": 0, "keepdims": False})
            return np.reshape(out, (1,) * rank) if keepdims else out
        return apply(row, (a,), {"axis": normal_axis(axis, a.ndim), "keepdims": bool(keepdims)})

    return function


SPELLINGS[np.argmax], SPELLINGS[np.argmin] = _arg_extremum(reduce.argmax), _arg_extremum(reduce.argmin)


@spell(np.count_nonzero)
def count_nonzero(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    """How many entries are not zero."""
    return np.sum(np.not_equal(a, 0), axis=axis, keepdims=keepdims)


# --- sorting ------------------------------------------------------------------------------------------------


@spell(np.argsort)
def argsort(a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> Any:
    """The order of the entries; stable, so that ties keep their order."""
    a = lift(a)
    if axis is None:
        a, axis = np.ravel(a), 0
    return apply(reduce.argsort, (a,), {"axis": normal_axis(axis, a.ndim)})


@spell(np.sort)
def sort(a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> Any:
    """The entries in order: a gather by argsort."""
    a = lift(a)
    if axis is None:
        a, axis = np.ravel(a), 0
    return index.take_along_axis(a, argsort(a, axis), axis)


@spell(np.argpartition)
def argpartition(a: Any, kth: Any, axis: Any = -1, kind: str = "introselect", order: Any = None) -> Any:
    """The order of the entries that puts the kth ones where sorting would put them."""
    a = lift(a)
    if axis is None:
        a, axis = np.ravel(a), 0
    return apply(reduce.argpartition, (a,), {"axis": normal_axis(axis, a.ndim), "kth": kth})


@spell(np.partition)
def partition(a: Any, kth: Any, axis: Any = -1, kind: str = "introselect", order: Any = None) -> Any:
    """The entries with the kth ones where sorting would put them: a gather by argpartition."""
    a = lift(a)
    if axis is None:
        a, axis = np.ravel(a), 0
    return index.take_along_axis(a, argpartition(a, kth, axis), axis)


@spell(np.nonzero)
def nonzero(a: Any) -> Any:
    """The places of the entries that are not zero: plain integers, as their number depends on the values."""
    return np.nonzero(a.concrete("np.nonzero"))


@spell(np.argwhere)
def argwhere(a: Any) -> Any:
    """The places of the entries that are not zero, one per row."""
    return np.argwhere(a.concrete("np.argwhere"))


@spell(np.flatnonzero)
def flatnonzero(a: Any) -> Any:
    """The flat places of the entries that are not zero."""
    return np.flatnonzero(a.concrete("np.flatnonzero"))


@spell(np.searchsorted)
def searchsorted(a: Any, v: Any, side: Any = "left", sorter: Any = None) -> Any:
    """Where values belong in a sorted array: plain integers."""
    bare = [x.concrete("np.searchsorted") if isinstance(x, Box) else x for x in (a, v)]
    return np.searchsorted(*bare, side=side, sorter=sorter)


# --- linear algebra -------------------------------------------------------------------------------------------


@spell(np.matmul)
def matmul(x: Any, y: Any) -> Any:
    """The matrix product; 1-d operands are vectors."""
    x, y = lift(x), lift(y)
    if not x.shape or not y.shape:
        raise InvalidArgument(
            explain(
                f"matmul at {user_line()} got shapes {x.shape} and {y.shape}.",
                "A matrix product needs at least one axis on each side.",
                "Write x * y for a product with a number.",
            )
        )
    row = _PRODUCTS[x.ndim > 1, y.ndim > 1]
    return apply(row, (x, y))


_PRODUCTS = {
    (True, True): linalg.matmul,
    (True, False): linalg.matvec,
    (False, True): linalg.vecmat,
    (False, False): linalg.vecdot,
}


@spell(np.dot)
def dot(a: Any, b: Any) -> Any:
    """The sum product over the last axis of a and the second-to-last of b."""
    a, b = lift(a), lift(b)
    if a.ndim == 0 or b.ndim == 0:
        return a * b
    if a.ndim <= 2 and b.ndim <= 2:
        return matmul(a, b)
    return np.tensordot(a, b, axes=((a.ndim - 1,), (builtins.max(b.ndim - 2, 0),)))


@spell(np.vdot)
def vdot(a: Any, b: Any) -> Any:
    """The scalar product of the flattened arrays, the first one conjugated."""
    return matmul(np.conj(np.ravel(lift(a))), np.ravel(lift(b)))


@spell(np.inner)
def inner(a: Any, b: Any) -> Any:
    """The sum product over the last axes."""
    a, b = lift(a), lift(b)
    return a * b if a.ndim == 0 or b.ndim == 0 else np.tensordot(a, b, axes=((-1,), (-1,)))


@spell(np.outer)
def outer(a: Any, b: Any) -> Any:
    """All products of an entry of a and one of b."""
    return np.ravel(lift(a))[:, None] * np.ravel(lift(b))[None, :]


@spell(np.tensordot)
def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    """The sum product over chosen axes: one matrix product of the reshaped arrays."""
    a, b = lift(a), lift(b)
    if isinstance(axes, int | np.integer):
        left, right = list(range(a.ndim - int(axes), a.ndim)), list(range(int(axes)))
    else:
        left, right = [[int(n) for n in np.atleast_1d(group)] for group in axes]
    left, right = [normal_axis(n, a.ndim) for n in left], [normal_axis(n, b.ndim) for n in right]
    if [a.shape[n] for n in left] != [b.shape[n] for n in right]:
        raise InvalidArgument(
            explain(
                f"tensordot at {user_line()} got shapes {a.shape} and {b.shape} with axes={axes!r}.",
                "The axes that are summed over must have the same lengths.",
                "Check the order of the axes in each group.",
            )
        )
    rest_a = [n for n in range(a.ndim) if n not in left]
    rest_b = [n for n in range(b.ndim) if n not in right]
    k = reduce.count(a.shape, tuple(left))
    rows, columns = reduce.count(a.shape, tuple(rest_a)), reduce.count(b.shape, tuple(rest_b))
    flat = matmul(
        np.reshape(np.transpose(a, (*rest_a, *left)), (rows, k)),
        np.reshape(np.transpose(b, (*right, *rest_b)), (k, columns)),
    )
    return np.reshape(flat, (*[a.shape[n] for n in rest_a], *[b.shape[n] for n in rest_b]))


@spell(np.kron)
def kron(a: Any, b: Any) -> Any:
    """The Kronecker product."""
    a, b = lift(a), lift(b)
    rank = builtins.max(a.ndim, b.ndim)
    a, b = (np.reshape(x, (1,) * (rank - x.ndim) + x.shape) for x in (a, b))
    pairs = np.expand_dims(a, tuple(range(1, 2 * rank, 2))) * np.expand_dims(b, tuple(range(0, 2 * rank, 2)))
    return np.reshape(pairs, tuple(m * n for m, n in zip(a.shape, b.shape, strict=True)))


@spell(np.trace)
def trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None) -> Any:
    """The sum along a diagonal."""
    return np.sum(np.diagonal(a, offset, axis1, axis2), axis=-1, dtype=dtype)


@spell(np.linalg.trace)
def linalg_trace(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Any:
    """The sums along the diagonals of the last two axes."""
    return trace(x, offset, -2, -1, dtype)


@spell(np.einsum)
def einsum(*operands: Any, optimize: Any = False, **kwargs: Any) -> Any:
    """Sums of products by labels of axes, in both of NumPy's notations."""
    subscripts, arrays = _einsum_arguments(operands)
    left, right = _explicit(subscripts, [lift(x) for x in arrays])
    labels, inputs = [], []
    for text, x in zip(left, [lift(x) for x in arrays], strict=True):
        while len(set(text)) < len(text):  # a repeated label is a diagonal
            label = next(c for c in text if text.count(c) > 1)
            first, second = (n for n, c in enumerate(text) if c == label and text[:n].count(label) < 2)
            x = np.diagonal(x, 0, first, second)
            text = "".join(c for n, c in enumerate(text) if n not in (first, second)) + label
        labels.append(text)
        inputs.append(x)
    return apply(linalg.einsum, inputs, {"subscripts": (*labels, right)})


def _einsum_arguments(operands: Sequence[Any]) -> tuple[str, list[Any]]:
    if isinstance(operands[0], str):
        return operands[0].replace(" ", ""), list(operands[1:])
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    spell_out = lambda group: "".join("..." if n is ... else letters[n] for n in group)  # noqa: E731
    arrays, groups = list(operands[0 : len(operands) // 2 * 2 : 2]), operands[1::2]
    text = ",".join(spell_out(group) for group in groups)
    return (f"{text}->{spell_out(operands[-1])}" if len(operands) % 2 else text), arrays


def _explicit(subscripts: str, arrays: list[Any]) -> tuple[list[str], str]:
    """Subscripts with ellipses as letters and the result written out."""
    left_text, arrow, right = subscripts.partition("->")
    left = left_text.split(",")
    if len(left) != len(arrays):
        raise InvalidArgument(
            explain(
                f"einsum({subscripts!r}) at {user_line()} got {len(arrays)} operands.",
                f"The subscripts name {len(left)}.",
                "Separate the labels of the operands by commas.",
            )
        )
    free = [c for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" if c not in subscripts]
    ranks = [
        x.ndim - len(text.replace("...", "")) if "..." in text else 0 for text, x in zip(left, arrays, strict=True)
    ]
    dots = "".join(free[: builtins.max(ranks, default=0)])
    left = [text.replace("...", dots[len(dots) - n :]) for text, n in zip(left, ranks, strict=True)]
    if not arrow:
        seen = "".join(left)
        right = dots + "".join(sorted(c for c in set(seen) if seen.count(c) == 1 and c not in dots))
    return left, right.replace("...", dots)


@spell(np.linalg.solve)
def solve(a: Any, b: Any) -> Any:
    """x with a x = b, for a vector or a matrix b."""
    a, b = inexact(lift(a)), inexact(lift(b))
    if b.ndim == 1:
        return linalg.solve(a, b[..., None])[..., 0]
    return linalg.solve(a, b)


@spell(np.linalg.inv)
def inv(a: Any) -> Any:
    """The inverse."""
    return linalg.inv(inexact(lift(a)))


@spell(np.linalg.det)
def det(a: Any) -> Any:
    """The determinant."""
    return linalg.det(inexact(lift(a)))


_SlogdetResult: Any = type(np.linalg.slogdet(np.eye(1)))


@spell(np.linalg.slogdet)
def slogdet(a: Any) -> Any:
    """Sign and logarithm of the absolute value of the determinant."""
    return _SlogdetResult(*linalg.slogdet(inexact(lift(a))))


@spell(np.linalg.cholesky)
def cholesky(a: Any, /, *, upper: bool = False) -> Any:
    """L with a = L Lᴴ, or its conjugate transpose."""
    lower = linalg.cholesky(inexact(lift(a)))
    return linalg.H(lower) if upper else lower


_SVDResult: Any = type(np.linalg.svd(np.eye(1)))


@spell(np.linalg.svd)
def svd(a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False) -> Any:
    """The singular value decomposition a = u s vh, with as many columns of u as there are singular values."""
    a = inexact(lift(a))
    if compute_uv and full_matrices and a.shape[-1] != a.shape[-2]:
        raise InvalidArgument(
            explain(
                f"svd at {user_line()} got a matrix of shape {a.shape} and full_matrices=True.",
                "The further columns are any basis of the orthogonal complement, which has no derivative.",
                "Write np.linalg.svd(a, full_matrices=False).",
            )
        )
    u, s, vh = linalg.svd(a)
    return _SVDResult(u, s, vh) if compute_uv else s


@spell(np.linalg.svdvals)
def svdvals(x: Any, /) -> Any:
    """The singular values, the largest first."""
    return svd(x, compute_uv=False)


@spell(np.linalg.norm)
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """Vector and matrix norms; lengths have derivative 0 at 0."""
    x = inexact(lift(x))
    if axis is None and (ord is None or (ord in ("f", "fro") and x.ndim == 2) or (ord == 2 and x.ndim == 1)):
        out = _length(x, normal_axes(None, x.ndim), False) if x.shape else np.abs(x)
        return np.reshape(out, (1,) * x.ndim) if keepdims else out
    axes = normal_axes(axis, x.ndim)
    if len(axes) == 1:
        return _vector_norm(x, 2 if ord is None else ord, axes, keepdims)
    if len(axes) != 2:
        raise ValueError("Improper number of dimensions to norm.")
    if ord is None or ord in ("f", "fro"):
        return _length(x, axes, keepdims)
    row, column = axes if axis is None else tuple(normal_axis(a, x.ndim) for a in axis)
    sums = {1: (row, np.max), -1: (row, np.min), np.inf: (column, np.max), -np.inf: (column, np.min)}
    if ord in sums:
        along, pick = sums[ord]
        out = pick(np.sum(np.abs(x), axis=along, keepdims=True), axis=axes, keepdims=True)
    elif ord in (2, -2, "nuc"):
        values = np.linalg.svd(np.moveaxis(x, (row, column), (-2, -1)), compute_uv=False)
        out = {2: np.max, -2: np.min, "nuc": np.sum}[ord](values, axis=-1)
        return np.expand_dims(out, axes) if keepdims else out
    else:
        raise ValueError("Invalid norm order for matrices.")
    return out if keepdims else np.squeeze(out, axis=axes)


def _vector_norm(x: Any, ord: Any, axes: tuple[int, ...], keepdims: bool) -> Any:
    if ord == 2:
        return _length(x, axes, keepdims)
    size = np.abs(x)
    if ord == np.inf:
        return np.max(size, axis=axes, keepdims=keepdims)
    if ord == -np.inf:
        return np.min(size, axis=axes, keepdims=keepdims)
    if ord == 0:
        return np.sum((x != 0).astype(size.dtype), axis=axes, keepdims=keepdims)
    if ord == 1:
        return np.sum(size, axis=axes, keepdims=keepdims)
    if isinstance(ord, str):
        raise ValueError(f"Invalid norm order {ord!r} for vectors")
    return np.sum(size**ord, axis=axes, keepdims=keepdims) ** (1.0 / ord)


@spell(np.linalg.vector_norm)
def vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Any:
    """A norm of vectors along axes."""
    x = inexact(lift(x))
    return _vector_norm(x, ord, normal_axes(axis, x.ndim), keepdims)


@spell(np.linalg.matrix_norm)
def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    """A norm of matrices in the last two axes."""
    return norm(x, ord=ord, axis=(-2, -1), keepdims=keepdims)


for _function, _base in [
    (np.linalg.matmul, np.matmul), (np.linalg.outer, np.outer), (np.linalg.tensordot, np.tensordot),
    (np.linalg.matrix_transpose, np.matrix_transpose),
]:  # fmt: skip
    SPELLINGS[_function] = _base


@spell(np.linalg.vecdot)
def vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    """The scalar product along an axis, the first operand conjugated."""
    return np.sum(np.conj(x1) * x2, axis=axis)


if hasattr(np, "vecdot"):
    SPELLINGS[np.vecdot] = lambda x1, x2: vecdot(x1, x2)
if hasattr(np, "matvec"):  # NumPy 2.2
    SPELLINGS[np.matvec] = lambda a, x: linalg.matvec(lift(a), lift(x))
    SPELLINGS[np.vecmat] = lambda x, a: linalg.vecmat(np.conj(lift(x)), lift(a))
