"""PyTorch's names for reductions and running reductions; the package says whose meaning wins."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from wengert.core.protocols import astype, numpy_keywords
from wengert.ops import activation, spelling
from wengert.pytorch.spelled import numbers_too
from wengert.spec import normal_axis

__all__ = [
    "cumulative_trapezoid", "gradient", "histc", "log_softmax", "logcumsumexp", "logsumexp", "segment_reduce",
    "softmax", "std", "std_mean", "trapz", "var", "var_mean",
]  # fmt: skip


def _spread(name: str) -> Callable[..., Any]:
    numpy_function = getattr(np, name)

    def function(input: Any, *args: Any, **kwargs: Any) -> Any:
        if args and isinstance(args[0], bool):  # no axis
            kwargs["unbiased"], args = args[0], args[1:]
        if kwargs.keys() & {"dim", "unbiased", "correction"}:
            correction, unbiased = kwargs.pop("correction", None), kwargs.pop("unbiased", True)
            kwargs.setdefault("ddof", _ddof(correction, unbiased))
        return numpy_function(input, *args, **numpy_keywords(kwargs))

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"NumPy's {name} (divided by n); with ``dim=`` or ``unbiased=`` PyTorch's (by n - 1)."
    return function


def _ddof(correction: Any, unbiased: bool) -> Any:
    return int(unbiased) if correction is None else correction


std = _spread("std")
var = _spread("var")


def logsumexp(input: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """ln Σ eˣ without overflow."""
    return spelling.logsumexp(input, dim, keepdims=keepdim)


@numbers_too
def log_softmax(input: Any, dim: Any = -1, dtype: Any = None) -> Any:
    """X − ln Σ eˣ along an axis."""
    return _along(activation.log_softmax, input, dim, dtype)


@numbers_too
def softmax(input: Any, dim: Any = -1, dtype: Any = None) -> Any:
    """eˣ / Σ eˣ along an axis.

    >>> import wengert as wg
    >>> wg.softmax(wg.zeros(2), dim=0)
    tensor([0.5, 0.5])
    """
    return _along(activation.softmax, input, dim, dtype)


def _along(row: Any, x: Any, axis: Any, dtype: Any) -> Any:
    x = spelling.inexact(spelling.lift(x)) if dtype is None else astype(spelling.lift(x), dtype)
    return row(x, axis=normal_axis(-1 if axis is None else axis, x.ndim))


def std_mean(
    input: Any, dim: Any = None, unbiased: bool = True, keepdim: bool = False, *, correction: Any = None
) -> Any:  # fmt: skip
    """The standard deviation (by n - correction, which is 1 unless given) and the mean."""
    return _with_mean(np.std, input, dim, unbiased, keepdim, correction)


def var_mean(
    input: Any, dim: Any = None, unbiased: bool = True, keepdim: bool = False, *, correction: Any = None
) -> Any:  # fmt: skip
    """The variance (by n - correction, which is 1 unless given) and the mean."""
    return _with_mean(np.var, input, dim, unbiased, keepdim, correction)


def _with_mean(spread: Any, input: Any, dim: Any, unbiased: bool, keepdim: bool, correction: Any) -> Any:
    if isinstance(dim, bool):  # PyTorch's call without axes: (input, unbiased)
        dim, unbiased = None, dim
    ddof = _ddof(correction, unbiased)
    return spread(input, axis=dim, ddof=ddof, keepdims=keepdim), np.mean(input, axis=dim, keepdims=keepdim)


@numbers_too
def logcumsumexp(input: Any, dim: int) -> Any:
    """ln Σ eˣ over the entries up to each place of an axis, without overflow.

    >>> import wengert as wg
    >>> wg.logcumsumexp(wg.zeros(2), dim=0).exp()
    tensor([1., 2.])
    """
    rows, step = np.moveaxis(input, dim, 0), 1
    together = _log_sum if rows.dtype.kind == "c" else np.logaddexp
    # Each entry takes in the one `step` before it, which has taken in 2 step - 1 others in the end.
    while step < np.shape(rows)[0]:
        rows = np.concatenate([rows[:step], together(rows[step:], rows[:-step])])
        step *= 2
    return np.moveaxis(rows, 0, dim)


def _log_sum(x: Any, y: Any) -> Any:
    """ln (eˣ + eʸ) of complex numbers: the one of the greater real part comes out of the logarithm."""
    first = np.real(x) >= np.real(y)
    much, little = np.where(first, x, y), np.where(first, y, x)
    nothing = np.isneginf(np.real(little))
    gap = np.where(nothing, 0, little) - np.where(nothing, 0, much)
    return much + np.where(nothing, 0, np.log1p(np.exp(gap)))


def trapz(y: Any, x: Any = None, *, dx: Any = 1.0, dim: int = -1) -> Any:
    """The integral by the trapezoidal rule."""
    return np.trapezoid(y, x, dx, dim)


def cumulative_trapezoid(y: Any, x: Any = None, *, dx: Any = 1.0, dim: int = -1) -> Any:
    """The running integral by the trapezoidal rule."""
    y = np.moveaxis(y, dim, -1)
    if x is not None:
        dx = np.diff(x if np.ndim(x) == 1 else np.moveaxis(x, dim, -1), axis=-1)
    return np.moveaxis(np.cumsum(dx * (y[..., 1:] + y[..., :-1]) / 2, axis=-1), -1, dim)


def gradient(input: Any, *args: Any, **kwargs: Any) -> Any:
    """NumPy's, a list of differences along the axes; ``spacing=`` is one for all of them or one for each."""
    if "spacing" in kwargs:
        spacing = kwargs.pop("spacing")
        args = () if spacing is None else tuple(spacing) if isinstance(spacing, tuple | list) else (spacing,)
    return np.gradient(input, *args, **numpy_keywords(kwargs))


def histc(input: Any, bins: int = 100, min: Any = 0, max: Any = 0) -> Any:
    """How many entries are in each of equal intervals from min to max (of the entries, if both are 0)."""
    counts = np.histogram(input, bins, None if min == max == 0 else (min, max))[0]
    return counts.astype(input.dtype)


def segment_reduce(
    data: Any, reduce: str, *, lengths: Any = None, offsets: Any = None, axis: int = 0, initial: Any = None
) -> Any:
    """The sum, mean, max, min or prod of consecutive parts along an axis, given their lengths or bounds."""
    bounds = np.append(0, np.cumsum(lengths)) if offsets is None else offsets
    parts = [np.take(data, range(int(i), int(j)), axis) for i, j in itertools.pairwise(bounds)]
    if reduce == "mean":
        return np.stack([np.mean(part, axis) for part in parts], axis)
    function, neutral = _REDUCTIONS[reduce]
    return np.stack([function(part, axis, initial=neutral if initial is None else initial) for part in parts], axis)


_REDUCTIONS: dict[str, tuple[Any, Any]] = {
    "sum": (np.sum, 0), "prod": (np.prod, 1), "max": (np.max, -np.inf), "min": (np.min, np.inf),
}  # fmt: skip
