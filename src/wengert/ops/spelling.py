"""How NumPy's functions are spelled with the rows: argument normalisation, and composites.

A composite is ordinary NumPy code over other functions and needs no row. Functions here are called with at
least one box among their arguments (or an array of boxes), through NumPy's own dispatch.
"""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np

from wengert.core.apply import Box, apply, unbridge
from wengert.core.op import TABLE
from wengert.core.protocols import METHODS, SPELLINGS, astype, spell
from wengert.ops import elementwise, index, reduce, shape
from wengert.spec import normal_axes, normal_axis

__all__ = ["inexact", "length", "lift"]


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

_ufunc: Any
_alias: Any
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
    return np.copysign(np.where(np.isinf(x), 0.0, x - whole), x), whole


@spell(np.frexp)
def frexp(x: Any) -> Any:
    """Mantissa and (locally constant) exponent."""
    exponent = elementwise.exponent(x)
    return np.ldexp(x, -exponent), exponent


@spell(np.angle)
def angle(z: Any, deg: bool = False) -> Any:
    """The angle of a complex number."""
    z = lift(z)
    if z.dtype.kind == "c":
        out = np.arctan2(np.imag(z), np.real(z))
    else:
        out = np.arctan2(np.zeros((), inexact(z).dtype), z)
    return np.degrees(out) if deg else out


@spell(np.real)
def real(val: Any) -> Any:
    """The real part; a real array itself."""
    return shape.real(val) if lift(val).dtype.kind == "c" else val


@spell(np.imag)
def imag(val: Any) -> Any:
    """The imaginary part; zeros for a real array."""
    if lift(val).dtype.kind == "c":
        return shape.imag(val)
    return np.broadcast_to(np.zeros((), val.dtype, like=val), val.shape)  # not to be written to, as in NumPy


@spell(np.conjugate)
def conjugate(x: Any) -> Any:
    """The complex conjugate; a real array itself."""
    return shape.conjugate(x) if lift(x).dtype.kind == "c" else x


@spell(np.real_if_close)
def real_if_close(a: Any, tol: float = 100) -> Any:
    """The real part if all imaginary parts are close to zero."""
    if lift(a).dtype.kind != "c" or np.iscomplexobj(np.real_if_close(a.concrete("np.real_if_close"), tol)):
        return a
    return np.real(a)


@spell(np.where)
def where(condition: Any, *xy: Any) -> Any:
    """x where the condition holds, else y; without them the places where it holds."""
    if not xy:
        return np.nonzero(condition)
    return elementwise.where(_by_truth(condition), *xy)


def _by_truth(condition: Any) -> Any:
    """A condition of Python objects or of text as booleans. NumPy asks for their truth; None is false and yet not 0."""
    if _has_box(condition):
        return condition
    condition = np.asarray(condition)
    if condition.dtype.kind in "biufc" or builtins.any(isinstance(item, Box) for item in condition.flat):
        return condition
    return np.where(condition, True, False)


@spell(np.select)
def select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    """Entries of the first choice whose condition holds."""
    out = default
    for cond, choice in zip(reversed(condlist), reversed(choicelist), strict=True):
        out = np.where(cond, choice, out)
    return out


@spell(np.clip)
def clip(a: Any, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None) -> Any:
    """Values limited to an interval; the derivative is 1 inside, its ends included."""
    low, high = (a_min if a_min is not None else min), (a_max if a_max is not None else max)
    # The bound wins only where it is strictly beyond, so that the closed interval belongs to `a`; and where it is NaN.
    if low is not None:
        a = elementwise.where(_or_nan(np.less(a, low), low), low, a)
    if high is not None:
        a = elementwise.where(_or_nan(np.greater(a, high), high), high, a)
    return a


def _or_nan(beyond: Any, bound: Any) -> Any:
    """Where `beyond` holds or the bound is NaN."""
    if isinstance(bound, Box):
        return np.logical_or(beyond, np.isnan(bound)) if bound.dtype.kind == "f" else beyond
    return np.logical_or(beyond, np.isnan(bound)) if np.any(np.isnan(bound)) else beyond


@spell(np.nan_to_num)
def nan_to_num(x: Any, copy: bool = True, nan: float = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    """NaN and infinities replaced by numbers, whose derivative is 0."""
    if x.dtype.kind not in "fc":
        return np.copy(x) if copy else x
    limits = np.finfo(x.dtype)
    x = np.where(np.isnan(x), nan, x)
    x = np.where(x == np.inf, limits.max if posinf is None else posinf, x)
    return np.where(x == -np.inf, limits.min if neginf is None else neginf, x)


@spell(np.round, np.around)
def round(a: Any, decimals: int = 0) -> Any:
    """Rounded values: locally constant."""
    scale, dtype = 10.0 ** abs(decimals), lift(a).dtype
    if decimals < 0:
        return astype(np.rint(a / scale) * scale, dtype)
    if dtype.kind in "iu":
        return np.copy(a)
    return np.rint(a) if decimals == 0 else np.rint(a * scale) / scale


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
            free = name in _FREE and (a.dtype.kind in "fc" or name in ("max", "min"))
            out = a if free else apply(row, (a.reshape(1),), {"axis": (0,), "keepdims": False})
        else:
            out = apply(row, (a,), {"axis": normal_axes(axis, a.ndim), "keepdims": keepdims})
        return out if initial is None else _COMBINE[name](out, initial)

    function.__name__ = name
    function.__doc__ = f"np.{name}, with all its arguments."
    return function


def _stand_in(a: Any) -> Any:
    return np.empty(a.shape, a.dtype)


_FREE = {"max", "min", "prod", "sum"}  # of one number: the number; sums of small integers are larger integers
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
        return sum(a, axis, keepdims=keepdims, where=where) / astype(n, np.finfo(a.dtype).dtype)
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
    total = length(d, normal_axes(axis, a.ndim), True) / n**0.5
    return total if keepdims else np.squeeze(total, axis=normal_axes(axis, a.ndim))


def length(x: Any, axis: tuple[int, ...], keepdims: bool) -> Any:
    """The Euclidean length along axes."""
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
            named = [normal_axis(n, a.ndim) for n in (axis if isinstance(axis, tuple | list) else [axis])]
            if axis is None or weights.shape != tuple([a.shape[n] for n in named]):
                raise ValueError("Shape of weights must be consistent with shape of a along specified axis.")
            weights = np.transpose(weights, np.argsort(named).tolist())
            weights = np.reshape(weights, tuple(n if d in named else 1 for d, n in enumerate(a.shape)))
        total = np.sum(np.broadcast_to(weights, a.shape), axis=axis, keepdims=keep)
        out = np.sum(a * weights, axis=axis, keepdims=keep) / total
    return (out, total) if returned else out


def _scan(row: Any) -> Any:
    def function(a: Any, axis: Any = None, dtype: Any = None) -> Any:
        a = lift(a) if dtype is None else astype(lift(a), dtype)
        if axis is None or not a.ndim:  # as in NumPy, a number is a vector of one entry
            a, axis = np.ravel(a), 0 if axis is None else axis
        return apply(row, (a,), {"axis": normal_axis(axis, a.ndim)})

    return function


cumsum, cumprod = _scan(reduce.cumsum), _scan(reduce.cumprod)
SPELLINGS[np.cumsum], SPELLINGS[np.cumprod] = cumsum, cumprod
METHODS.update({(np.add, "accumulate"): cumsum, (np.multiply, "accumulate"): cumprod})


def _arg_extremum(row: Any) -> Any:
    def function(a: Any, axis: Any = None, *, keepdims: Any = False) -> Any:
        a = lift(a)
        if axis is None or not a.ndim:
            rank = a.ndim
            out = apply(row, (np.ravel(a),), {"axis": normal_axis(axis or 0, 1) if not rank else 0, "keepdims": False})
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
