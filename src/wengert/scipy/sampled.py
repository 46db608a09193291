"""Integrals of samples: Newton-Cotes rules, linear in the samples and smooth in where they were taken."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.core.apply import Box
from wengert.errors import InvalidArgument, explain, user_line
from wengert.ops.spelling import lift
from wengert.scipy.closures import plain

__all__ = ["cumulative_simpson", "cumulative_trapezoid", "romb", "simpson", "trapezoid"]


def _last(y: Any, axis: int) -> Any:
    """The samples with the axis of integration last; integers as floats."""
    y = lift(y)
    y = y if y.dtype.kind in "fc" else y.astype(float)
    return np.moveaxis(y, axis, -1)


def _places(x: Any, y: Any, axis: int) -> Any:
    """Where the samples were taken, its axis last."""
    x = lift(x)
    x = x if x.dtype.kind in "fc" else x.astype(float)
    if x.ndim == 1:
        if x.shape[0] != y.shape[-1]:
            raise _lengths(x.shape, y.shape)
        return x
    return np.moveaxis(x, axis, -1)


def _lengths(x: Any, y: Any) -> InvalidArgument:
    """The error for places that are not as many as the samples."""
    return InvalidArgument(
        explain(
            f"the integral at {user_line()} got x of shape {x} for samples of shape {y} (their axis last).",
            "Every sample is taken at one place.",
            "Give x of the length of the axis of integration, or leave it out and give dx.",
        )
    )


def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    """`scipy.integrate.trapezoid`: the integral of samples by the trapezoidal rule.

    >>> import numpy as np, wengert as wg
    >>> wg.grad(wg.scipy.integrate.trapezoid)(np.ones(4))
    array([0.5, 1. , 1. , 0.5])
    """
    y = _last(y, axis)
    steps = dx if x is None else np.diff(_places(x, y, axis), axis=-1)
    return np.sum(steps * (y[..., 1:] + y[..., :-1]) / 2.0, axis=-1)


def cumulative_trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1, initial: Any = None) -> Any:
    """`scipy.integrate.cumulative_trapezoid`: the integrals up to every sample by the trapezoidal rule.

    initial: 0 to begin with a zero, None to begin with the first interval.

    >>> import numpy as np, wengert as wg
    >>> wg.jacobian(lambda y: wg.scipy.integrate.cumulative_trapezoid(y, initial=0))(np.ones(3))
    array([[0. , 0. , 0. ],
           [0.5, 0.5, 0. ],
           [0.5, 1. , 0.5]])
    """
    y = _last(y, axis)
    if y.shape[-1] == 0:
        raise ValueError("At least one point is required along `axis`.")
    steps = dx if x is None else np.diff(_places(x, y, axis), axis=-1)
    total = np.cumsum(steps * (y[..., 1:] + y[..., :-1]) / 2.0, axis=-1)
    if initial is not None:
        if initial != 0:
            raise ValueError("`initial` must be `None` or `0`.")
        total = np.concatenate([np.zeros((*total.shape[:-1], 1), total.dtype), total], axis=-1)
    return np.moveaxis(total, -1, axis)


def simpson(y: Any, x: Any = None, *, dx: Any = 1.0, axis: int = -1) -> Any:
    """`scipy.integrate.simpson`: the integral of samples by Simpson's rule.

    An even number of samples has an interval left over, which gets the parabola through the last three (K. V.
    Cartwright, "Simpson's rule cumulative integration with MS Excel and irregularly-spaced data", 2017).

    >>> import numpy as np, wengert as wg
    >>> wg.grad(wg.scipy.integrate.simpson)(np.ones(5)) * 3
    array([1., 4., 2., 4., 1.])
    """
    y = _last(y, axis)
    n = y.shape[-1]
    steps = dx * _ones(y) if x is None else np.diff(_places(x, y, axis), axis=-1)
    if n == 2:
        return np.sum(steps * (y[..., 1:] + y[..., :-1]) / 2.0, axis=-1)
    odd = n if n % 2 else n - 1
    total = _parabolas(y[..., :odd], steps[..., : odd - 1])
    if odd == n:
        return total
    h, g = steps[..., -2], steps[..., -1]
    # The integral over the last interval g of the parabola through the last three samples.
    return (
        total
        + y[..., -1] * _ratio(2 * g**2 + 3 * h * g, 6 * (h + g))
        + y[..., -2] * _ratio(g**2 + 3 * h * g, 6 * h)
        - y[..., -3] * _ratio(g**3, 6 * h * (h + g))
    )


def _parabolas(y: Any, steps: Any) -> Any:
    """The integral by a parabola per pair of intervals (h, g)."""
    h, g = steps[..., 0::2], steps[..., 1::2]
    both = h + g
    terms = (
        y[..., 0:-2:2] * (2.0 - _ratio(g, h))
        + y[..., 1:-1:2] * both * _ratio(both, h * g)
        + y[..., 2::2] * (2.0 - _ratio(h, g))
    )
    return np.sum(both / 6.0 * terms, axis=-1)


def _ratio(a: Any, b: Any) -> Any:
    """a / b, and 0 where two samples were taken at the same place."""
    return np.where(b == 0, 0.0, a / np.where(b == 0, 1.0, b))


def cumulative_simpson(y: Any, *, x: Any = None, dx: Any = 1.0, axis: int = -1, initial: Any = None) -> Any:
    """`scipy.integrate.cumulative_simpson`: the integrals up to every sample by Simpson's rule.

    initial: added to every integral, and put in front.

    >>> import numpy as np, wengert as wg
    >>> wg.scipy.integrate.cumulative_simpson(np.arange(4.0) ** 2)
    array([0.33333333, 2.66666667, 9.        ])
    """
    y = _last(y, axis)
    n = y.shape[-1]
    if x is not None:
        steps = np.diff(_places(x, y, axis), axis=-1)
        if np.any(plain(steps) <= 0):
            raise ValueError("Input x must be strictly increasing.")
    else:
        steps = np.moveaxis(lift(dx), axis, -1) if np.ndim(dx) else dx
        steps = steps * _ones(y)
    if n < 3:
        total = np.cumsum(steps * (y[..., 1:] + y[..., :-1]) / 2.0, axis=-1)
    else:
        first = _first_interval(y, steps)
        second = np.flip(_first_interval(np.flip(y, -1), np.flip(steps, -1)), -1)
        # Intervals 0, 2, … begin a parabola and 1, 3, … end one; the last ends one in any case.
        ends = np.arange(n - 1) % 2 == 1
        ends[-1] = True
        where = np.where(ends, n - 2 + np.arange(n - 1) - 1, np.arange(n - 1))
        total = np.cumsum(np.concatenate([first, second], axis=-1)[..., where], axis=-1)
    if initial is not None:
        start = np.moveaxis(lift(initial), axis, -1) if np.ndim(initial) else initial
        start = np.broadcast_to(start, (*total.shape[:-1], 1))
        total = np.concatenate([start, total + start], axis=-1)
    return np.moveaxis(total, -1, axis)


def _ones(y: Any) -> Any:
    """One per interval, in the precision of the samples."""
    return np.ones(y.shape[-1] - 1, np.real(np.zeros((), y.dtype)).dtype)


def _first_interval(y: Any, steps: Any) -> Any:
    """Per three samples the integral over the first interval h of the parabola through them; g is the second."""
    h, g = steps[..., :-1], steps[..., 1:]
    skew, bend = h / (h + g), h**2 / (g * (h + g))
    return h / 6 * ((3 - skew) * y[..., :-2] + (3 + bend + skew) * y[..., 1:-1] - bend * y[..., 2:])


def romb(y: Any, dx: Any = 1.0, axis: int = -1, show: bool = False) -> Any:
    """`scipy.integrate.romb`: the integral of 2ᵏ + 1 equally spaced samples by Romberg's extrapolation.

    >>> import numpy as np, wengert as wg
    >>> wg.scipy.integrate.romb(np.arange(5.0) ** 4)
    np.float64(204.8)
    """
    y = _last(y, axis)
    n = y.shape[-1] - 1
    levels = n.bit_length() - 1
    if n < 1 or 1 << levels != n:
        raise ValueError("Number of samples must be one plus a non-negative power of 2.")
    h = n * dx
    row = [h * (y[..., 0] + y[..., -1]) / 2.0]
    table = [row]
    for level in range(1, levels + 1):
        stride = n >> level
        h = h / 2
        below, row = row, [row[0] / 2 + h * np.sum(y[..., stride :: 2 * stride], axis=-1)]
        for k in range(1, level + 1):
            row.append(row[k - 1] + (row[k - 1] - below[k - 1]) / (4**k - 1))
        table.append(row)
    if show and not isinstance(y, Box):
        width = max(len(f"{value:.6g}") for values in table for value in values)
        print("\n".join(" ".join(f"{value:{width}.6g}" for value in values) for values in table))
    return row[-1]
