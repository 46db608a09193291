"""ln Σ eˣ and its kin, with all arguments of SciPy's functions."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.core.op import TABLE, strong_multiply
from wengert.ops import activation, spelling
from wengert.spec import normal_axis

__all__ = ["log_softmax", "logsumexp", "softmax", "softplus"]


def _floating(x: Any) -> Any:
    return spelling.inexact(spelling.lift(x))


def logsumexp(a: Any, axis: Any = None, b: Any = None, keepdims: bool = False, return_sign: bool = False, *,
              dim: Any = None, keepdim: bool = False) -> Any:  # fmt: skip
    """ln Σ b eᵃ without overflow.

    Args:
        a: exponents, of any shape, real or complex.
        axis: the axis or axes to sum along; None sums everything.
        b: weights that broadcast against `a`, of any sign.
        keepdims: keep the summed axes with length 1.
        return_sign: return the logarithm of the absolute value, and the sign (the phase if complex) of the sum.
            Without it a negative sum is not a number.
        dim: PyTorch's name of `axis`.
        keepdim: PyTorch's name of `keepdims`.

    Example:
        >>> from wengert.special import logsumexp
        >>> logsumexp([1.0, 2.0], b=[1.0, -1.0], return_sign=True)
        (np.float64(1.5413248546129181), np.float64(-1.0))
    """
    axis, keepdims = axis if dim is None else dim, keepdims or keepdim
    a = _floating(a)
    if b is None and not return_sign and a.dtype.kind == "f":
        return spelling.logsumexp(a, axis, keepdims=keepdims)
    b = np.ones((), np.real(a).dtype) if b is None else _floating(b)
    top = _top(a, b, axis)
    terms = strong_multiply(b, np.exp(a - top))
    total = np.sum(terms, axis=axis, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        if return_sign:
            size = np.abs(total)
            sign = np.sign(total) if total.dtype.kind == "f" else total / np.where(size == 0, 1, size)
            return _squeezed(np.log(size) + top, axis, keepdims), _squeezed(sign, axis, keepdims)
        if total.dtype.kind == "f":
            total = np.where(total < 0, np.nan, total)
        return _squeezed(np.log(total) + top, axis, keepdims)


def _top(a: Any, b: Any, axis: Any) -> Any:
    """The largest exponent that counts. The result does not depend on it, so no derivative flows through it."""
    counting = np.where(b == 0, -np.inf, np.real(a))
    top = TABLE["stop_gradient"](np.max(counting, axis=axis, keepdims=True, initial=-np.inf))
    return np.where(np.isfinite(top), top, np.zeros((), top.dtype))


def _squeezed(x: Any, axis: Any, keepdims: bool) -> Any:
    return x if keepdims else np.squeeze(x, axis=axis)[()]


def softmax(x: Any, axis: Any = None, *, dim: Any = None) -> Any:
    """eˣ / Σ eˣ along an axis or axes; of all entries for None. dim: PyTorch's name of `axis`.

    Example:
        >>> from wengert.special import softmax
        >>> softmax([0.0, 0.0])
        array([0.5, 0.5])
    """
    return _along(activation.softmax, x, axis if dim is None else dim)


def log_softmax(x: Any, axis: Any = None, *, dim: Any = None) -> Any:
    """X − ln Σ eˣ along an axis or axes; of all entries for None. dim: PyTorch's name of `axis`.

    Example:
        >>> from wengert.special import log_softmax
        >>> log_softmax([0.0, 0.0])
        array([-0.69314718, -0.69314718])
    """
    return _along(activation.log_softmax, x, axis if dim is None else dim)


def _along(row: Any, x: Any, axis: Any) -> Any:
    """The row along several axes: they are put last and made one."""
    x = _floating(x)
    given = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    axes = [normal_axis(n, x.ndim) for n in given]
    if len(axes) == 1:
        return row(x, axis=axes[0])
    last = list(range(x.ndim - len(axes), x.ndim))
    moved = np.moveaxis(x, axes, last)
    flat = np.reshape(moved, (*moved.shape[: last[0] if last else 0], -1))
    return np.moveaxis(np.reshape(row(flat, axis=flat.ndim - 1), moved.shape), last, axes)


def softplus(x: Any, **kwargs: Any) -> Any:
    """ln(1 + eˣ) without overflow.

    Example:
        >>> from wengert.special import softplus
        >>> softplus(0.0)
        np.float64(0.6931471805599453)
    """
    return np.logaddexp(0, x, **kwargs)
