"""How NumPy's reductions that skip NaNs are spelled with the others: NaNs give way to what changes nothing."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.core.op import primitive
from wengert.core.protocols import astype, spell
from wengert.ops.spelling import inexact, length, lift
from wengert.spec import normal_axes, normal_axis

__all__: list[str] = []


def _without(a: Any, neutral: Any) -> Any:
    """`a` with `neutral` in the place of NaNs: no derivative flows to these."""
    return np.where(np.isnan(a), np.asarray(neutral, a.dtype), a) if a.dtype.kind in "fc" else a


def _typed(a: Any, dtype: Any) -> Any:
    return lift(a) if dtype is None else astype(lift(a), dtype)


@spell(np.nansum)
def nansum(
    a: Any, axis: Any = None, dtype: Any = None, keepdims: Any = False, initial: Any = 0, where: Any = True
) -> Any:
    """The sum of the entries that are not NaN."""
    a = _without(_typed(a, dtype), 0)
    out = np.sum(a, axis=axis, keepdims=bool(keepdims), where=where)
    return out if type(initial) is int and initial == 0 else out + initial


@spell(np.nanprod)
def nanprod(
    a: Any, axis: Any = None, dtype: Any = None, keepdims: Any = False, initial: Any = 1, where: Any = True
) -> Any:
    """The product of the entries that are not NaN."""
    a = _without(_typed(a, dtype), 1)
    out = np.prod(a, axis=axis, keepdims=bool(keepdims), where=where)
    return out if type(initial) is int and initial == 1 else out * initial


@spell(np.nancumsum)
def nancumsum(a: Any, axis: Any = None, dtype: Any = None) -> Any:
    """Sums up to each entry, NaNs counting as 0."""
    return np.cumsum(_without(_typed(a, dtype), 0), axis=axis)


@spell(np.nancumprod)
def nancumprod(a: Any, axis: Any = None, dtype: Any = None) -> Any:
    """Products up to each entry, NaNs counting as 1."""
    return np.cumprod(_without(_typed(a, dtype), 1), axis=axis)


def _extremum(pick: Any, neutral: float) -> Any:
    def function(a: Any, axis: Any = None, keepdims: Any = False, initial: Any = None, where: Any = True) -> Any:
        a, keep = lift(a), bool(keepdims)
        extra = {} if where is True else {"where": where}
        if initial is not None:
            extra["initial"] = initial
        if a.dtype.kind != "f":
            return pick(a, axis=axis, keepdims=keep, **extra)
        missing = np.isnan(a)
        if "initial" in extra:
            return pick(_without(a, neutral), axis=axis, keepdims=keep, **extra)
        out = pick(_without(a, neutral), axis=axis, keepdims=keep)
        return np.where(np.all(missing, axis=axis, keepdims=keep), np.asarray(np.nan, a.dtype), out)

    return function


nanmax = spell(np.nanmax)(_extremum(np.max, -np.inf))
nanmin = spell(np.nanmin)(_extremum(np.min, np.inf))


def _counted(a: Any, axis: Any, where: Any) -> tuple[Any, Any]:
    """Which entries count, and how many along the axes: as floats, with the axes kept."""
    present = ~np.isnan(a) & where
    size = astype(np.sum(present, axis=axis, keepdims=True), np.finfo(a.dtype).dtype)
    return present, size


def _laid(out: Any, axis: Any, keepdims: Any) -> Any:
    """A result whose reduced axes were kept, as asked for; a number has none, though NumPy lets one name 0 or -1."""
    return out if bool(keepdims) or not out.ndim else np.squeeze(out, axis=normal_axes(axis, out.ndim))


@spell(np.nanmean)
def nanmean(a: Any, axis: Any = None, dtype: Any = None, keepdims: Any = False, *, where: Any = True) -> Any:
    """The average of the entries that are not NaN."""
    a = inexact(_typed(a, dtype))
    present, size = _counted(a, axis, where)
    out = np.sum(np.where(present, a, np.zeros((), a.dtype)), axis=axis, keepdims=True) / size
    return _laid(out, axis, keepdims)


def _deviations(a: Any, axis: Any, ddof: float, where: Any, mean: Any) -> tuple[Any, Any]:
    present, size = _counted(a, axis, where)
    zero = np.zeros((), a.dtype)
    if mean is None:
        mean = np.sum(np.where(present, a, zero), axis=axis, keepdims=True) / size
    free = size - ddof
    # No entry more than degrees of freedom are taken away: undefined.
    return np.where(present, a - mean, zero), np.where(free <= 0, np.asarray(np.nan, free.dtype), free)


@spell(np.nanvar)
def nanvar(
    a: Any, axis: Any = None, dtype: Any = None, ddof: float = 0, keepdims: Any = False, *, where: Any = True,
    mean: Any = None, correction: Any = None,
) -> Any:  # fmt: skip
    """The mean squared deviation from the mean, of the entries that are not NaN."""
    a = inexact(_typed(a, dtype))
    d, free = _deviations(a, axis, ddof if correction is None else correction, where, mean)
    out = np.sum(np.real(d * np.conj(d)) if d.dtype.kind == "c" else d * d, axis=axis, keepdims=True) / free
    return _laid(out, axis, keepdims)


@spell(np.nanstd)
def nanstd(
    a: Any, axis: Any = None, dtype: Any = None, ddof: float = 0, keepdims: Any = False, *, where: Any = True,
    mean: Any = None, correction: Any = None,
) -> Any:  # fmt: skip
    """The root of the variance of the entries that are not NaN; its derivative at equal values is 0."""
    a = inexact(_typed(a, dtype))
    d, free = _deviations(a, axis, ddof if correction is None else correction, where, mean)
    out = length(d, normal_axes(axis, a.ndim), True) / np.sqrt(free)
    return _laid(out, axis, keepdims)


# The places of extrema. A slice of nothing but NaNs raises, when the numbers are there.
def _row(name: str) -> Any:
    f = getattr(np, name)
    row = primitive(
        lambda x, axis, keepdims: f(x, axis=axis, keepdims=keepdims), "x", name=name, vjp={"x": 0}, jvp={"x": 0},
        batch=lambda axis, keepdims: {"axis": axis + 1, "keepdims": keepdims},
    )  # fmt: skip

    def function(a: Any, axis: Any = None, *, keepdims: Any = False) -> Any:
        a = lift(a)
        if axis is None:
            out = row(np.ravel(a), axis=0, keepdims=False)
            return np.reshape(out, (1,) * a.ndim) if bool(keepdims) else out
        return row(a, axis=normal_axis(axis, a.ndim), keepdims=bool(keepdims))

    return function


spell(np.nanargmax)(_row("nanargmax"))
spell(np.nanargmin)(_row("nanargmin"))
