"""B-splines by the recursion of Cox and de Boor: smooth in the argument, the coefficients and the knots.

    N_i⁰(x) = 1 on [t_i, t_{i+1})
    N_i^p = (x - t_i)/(t_{i+p} - t_i) N_i^{p-1} + (t_{i+p+1} - x)/(t_{i+p+1} - t_{i+1}) N_{i+1}^{p-1}

(C. de Boor, "A practical guide to splines", 1978, chapters IX and X.)
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.errors import InvalidArgument, explain, user_line
from wengert.scipy.piecewise import floats

__all__ = ["BSpline", "basis_of", "clamped", "interpolating_knots", "make_interp_spline", "splev", "splint"]


def _share(a: Any, b: Any) -> Any:
    """a / b, and 0 where knots coincide."""
    return np.where(b == 0, 0.0, a / np.where(b == 0, 1.0, b))


def basis_of(x: Any, t: Any, k: int) -> Any:
    """The B-splines of degree k at x, one column each; beyond the base interval the polynomials at its ends go on."""
    n = len(t) - k - 1
    edges = t[k + 1 : n]
    piece = k + np.sum(x[:, None] >= edges, axis=-1)  # the interval that x belongs to
    basis = np.where(np.arange(len(t) - 1) == piece[:, None], 1.0, 0.0)
    for p in range(1, k + 1):
        m = len(t) - 1 - p
        rise = _share(x[:, None] - t[:m], t[p : p + m] - t[:m])
        fall = _share(t[p + 1 : p + 1 + m] - x[:, None], t[p + 1 : p + 1 + m] - t[1 : m + 1])
        basis = rise * basis[:, :m] + fall * basis[:, 1 : m + 1]
    return basis


def _differences(c: Any, t: Any, k: int) -> Any:
    """The coefficients of the derivative, a spline of degree k - 1 on the knots without the first and last."""
    n = len(t) - k - 1
    gaps = np.reshape(t[k + 1 : k + n] - t[1:n], (n - 1,) + (1,) * (c.ndim - 1))
    return _share(k * (c[1:n] - c[: n - 1]), gaps)


class BSpline:
    """`scipy.interpolate.BSpline`: a linear combination of B-splines of degree k on the knots t.

    Differentiable in the argument of a call, in `c` and in `t`.

    >>> import numpy as np, wengert as wg
    >>> t = np.array([0.0, 0.0, 0.0, 1.0, 2.0, 2.0, 2.0])
    >>> wg.grad(lambda c: wg.scipy.interpolate.BSpline(t, c, 2)(0.5))(np.zeros(4))
    array([0.25 , 0.625, 0.125, 0.   ])
    """

    def __init__(self, t: Any, c: Any, k: int, extrapolate: Any = True, axis: int = 0) -> None:
        self.t, self.k, self.extrapolate = floats(t), int(k), extrapolate
        c = floats(c)
        self.axis = axis % c.ndim
        self.c = np.moveaxis(c, axis, 0)

    @classmethod
    def basis_element(cls, t: Any, extrapolate: Any = True) -> BSpline:
        """The one B-spline on the knots t, whose degree is their number less 2.

        extrapolate: as of the constructor.
        """
        t = floats(t)
        k = len(t) - 2
        low, high = (t[0] - 1) * np.ones(k), (t[-1] + 1) * np.ones(k)
        return cls(np.concatenate([low, t, high]), np.where(np.arange(2 * k + 1) == k, 1.0, 0.0), k, extrapolate)

    @classmethod
    def construct_fast(cls, t: Any, c: Any, k: int, extrapolate: Any = True, axis: int = 0) -> BSpline:
        """The spline of these knots and coefficients, whose samples have the axis 0."""
        made = cls(t, c, k, extrapolate)
        made.axis = axis
        return made

    @property
    def tck(self) -> tuple[Any, Any, int]:
        """Knots, coefficients and degree."""
        return self.t, self.c, self.k

    def _made(self, t: Any, c: Any, k: int) -> BSpline:
        made = BSpline(t, c, k, self.extrapolate)
        made.axis = self.axis
        return made

    def __call__(self, x: Any, nu: int = 0, extrapolate: Any = None) -> Any:
        """The values at x, or those of the nu-th derivative."""
        if nu > self.k:
            return self(x, 0, extrapolate) * 0.0
        if nu:
            return self.derivative(nu)(x, 0, extrapolate)
        extrapolate = self.extrapolate if extrapolate is None else extrapolate
        x = floats(x)
        t, n = self.t, len(self.t) - self.k - 1
        flat = np.reshape(x, (-1,))
        if extrapolate == "periodic":
            flat = t[self.k] + np.mod(flat - t[self.k], t[n] - t[self.k])
        basis = basis_of(flat, t, self.k)
        out = basis @ np.reshape(self.c[:n], (n, -1))
        if extrapolate is False:
            inside = (flat >= t[self.k]) & (flat <= t[n])
            out = np.where(inside[:, None], out, np.nan)
        out = np.reshape(out, x.shape + self.c.shape[1:])
        return np.moveaxis(out, np.arange(x.ndim), np.arange(x.ndim) + self.axis) if self.axis else out

    def derivative(self, nu: int = 1) -> BSpline:
        """The B-spline of the nu-th derivative."""
        t, c, k = self.t, self.c, self.k
        for _ in range(nu):
            t, c, k = t[1:-1], _differences(c, t, k), k - 1
        return self._made(t, c, k)

    def antiderivative(self, nu: int = 1) -> BSpline:
        """The B-spline of the nu-th antiderivative, 0 at the first knot."""
        t, c, k = self.t, self.c, self.k
        for _ in range(nu):
            n = len(t) - k - 1
            gaps = np.reshape((t[k + 1 : k + 1 + n] - t[:n]) / (k + 1), (n,) + (1,) * (c.ndim - 1))
            sums = np.cumsum(c[:n] * gaps, axis=0)
            c = np.concatenate([np.zeros_like(sums[:1]), sums])
            t, k = np.concatenate([t[:1], t, t[-1:]]), k + 1
        return self._made(t, c, k)

    def integrate(self, a: Any, b: Any, extrapolate: Any = None) -> Any:
        """The integral from a to b."""
        extrapolate = self.extrapolate if extrapolate is None else extrapolate
        whole = self.antiderivative()
        if extrapolate is False:  # outside of the base interval there is nothing
            n = len(self.t) - self.k - 1
            a, b = (np.clip(floats(end), self.t[self.k], self.t[n]) for end in (a, b))
        if extrapolate == "periodic":
            first, last = self.t[self.k], self.t[len(self.t) - self.k - 1]

            def up_to(x: Any) -> Any:
                turns = np.floor((floats(x) - first) / (last - first))
                rest = whole(x - turns * (last - first), 0, True) - whole(first, 0, True)
                return turns * (whole(last, 0, True) - whole(first, 0, True)) + rest

            return up_to(b) - up_to(a)
        return whole(b, 0, True) - whole(a, 0, True)


def interpolating_knots(x: Any, k: int) -> Any:
    """Knots for as many B-splines as samples: at the samples, or between them, but for those next to the ends."""
    if k % 2:
        inner = x[(k + 1) // 2 : len(x) - (k + 1) // 2]
    else:
        middle = (x[1:] + x[:-1]) / 2
        inner = middle[k // 2 : len(middle) - k // 2]
    return clamped(x[0], inner, x[-1], k)


def clamped(low: Any, inner: Any, high: Any, k: int) -> Any:
    """Knots of degree k with these ends, k + 1 of them at either.

    >>> clamped(0.0, [0.5], 1.0, 1)
    array([0. , 0. , 0.5, 1. , 1. ])
    """
    ones = np.ones(k + 1)
    return np.concatenate([low * ones, inner, high * ones])


def make_interp_spline(
    x: Any, y: Any, k: int = 3, t: Any = None, bc_type: Any = None, axis: int = 0, check_finite: bool = True
) -> BSpline:
    """`scipy.interpolate.make_interp_spline`: the B-spline through samples, differentiable in x and y.

    bc_type: None or "not-a-knot", "natural", "clamped", or a pair of lists of ``(order, value)``, one per end. Raises
    `InvalidArgument` for "periodic".

    >>> import numpy as np, wengert as wg
    >>> x = np.arange(4.0)
    >>> wg.grad(lambda y: wg.scipy.interpolate.make_interp_spline(x, y)(1.5))(np.zeros(4)).round(6)
    array([-0.0625,  0.5625,  0.5625, -0.0625])
    """
    x, y = floats(x), np.moveaxis(floats(y), axis, 0)
    ends = _conditions(bc_type, y)
    if k == 0:
        spline = BSpline(np.concatenate([x, x[-1:]]), y, 0)
    else:
        extra = [len(end) for end in ends]
        if t is None:
            t = interpolating_knots(x, k) if not any(extra) else clamped(x[0], x[1:-1], x[-1], k)
        t = floats(t)
        size = len(t) - k - 1
        if size != len(x) + sum(extra):
            raise InvalidArgument(
                explain(
                    f"make_interp_spline at {user_line()} has {len(x)} samples and {sum(extra)} end conditions.",
                    f"On {len(t)} knots there are {size} B-splines of degree {k}, and each needs one equation.",
                    "Give k - 1 conditions in all (or none and no knots), or other knots.",
                )
            )
        rows, right = [basis_of(x, t, k)], [y]
        for place, end in zip((x[:1], x[-1:]), ends, strict=True):
            for order, value in end:
                rows.append(_slope_row(place, t, k, order))
                right.append((value + np.zeros(y.shape[1:]))[None])
        stacked = np.concatenate(right)
        c = np.linalg.solve(np.concatenate(rows), np.reshape(stacked, (size, -1)))
        spline = BSpline(t, np.reshape(c, stacked.shape), k)
    spline.axis = axis % y.ndim
    return spline


def _slope_row(x: Any, t: Any, k: int, order: int) -> Any:
    """The derivatives of all B-splines at one place."""
    return np.reshape(BSpline(t, np.eye(len(t) - k - 1), k)(x, order), (1, -1))


def _conditions(bc_type: Any, y: Any) -> Any:
    """The conditions (order, value) at the first and at the last sample."""
    if bc_type is None or bc_type == "not-a-knot":
        return [[], []]
    if isinstance(bc_type, str) and bc_type == "periodic":
        raise InvalidArgument(
            explain(
                f"make_interp_spline at {user_line()} got bc_type='periodic'.",
                "wengert's B-splines have conditions at their ends, and a period has none.",
                "Use wengert.scipy.interpolate.CubicSpline(x, y, bc_type='periodic').",
            )
        )
    names = {"clamped": [(1, 0.0)], "natural": [(2, 0.0)]}
    both = [bc_type, bc_type] if isinstance(bc_type, str) else list(bc_type)
    return [names[end] if isinstance(end, str) else list(end or []) for end in both]


def splev(x: Any, tck: Any, der: int = 0, ext: int = 0) -> Any:
    """`scipy.interpolate.splev`: a B-spline, or its derivative, at x; differentiable in x and the coefficients.

    tck: knots, coefficients and degree, of a curve a list of coefficients; or a `BSpline`. ext: beyond the knots 0
    extrapolates, 1 gives zeros, 2 raises ValueError, 3 gives the value at the end.

    >>> import numpy as np, wengert as wg
    >>> tck = (np.array([0.0, 0.0, 1.0, 1.0]), np.array([1.0, 3.0]), 1)
    >>> float(wg.grad(lambda x: wg.scipy.interpolate.splev(x, tck))(0.25))
    2.0
    """
    if isinstance(tck, BSpline):
        return tck(x, der)
    t, c, k = tck
    if isinstance(c, list | tuple) and np.ndim(c[0]):
        return [splev(x, (t, row, k), der, ext) for row in c]
    t, c, x = floats(t), floats(c), floats(x)
    n = len(t) - k - 1
    low, high = t[k], t[n]
    outside = (x < low) | (x > high)
    if ext == 2 and np.any(outside):
        raise ValueError("Invalid input data: x lies beyond the knots, and ext=2.")
    if ext == 3:
        x = np.clip(x, low, high)
    out = BSpline(t, c[:n], k)(x, der)
    return np.where(outside, 0.0, out) if ext == 1 else out


def splint(a: Any, b: Any, tck: Any, full_output: Any = 0) -> Any:
    """`scipy.interpolate.splint`: the integral of a B-spline from a to b; nothing is added beyond its knots.

    >>> import numpy as np, wengert as wg
    >>> tck = (np.array([0.0, 0.0, 1.0, 1.0]), np.array([1.0, 3.0]), 1)
    >>> wg.grad(lambda b: wg.scipy.interpolate.splint(0.0, b, tck))(0.5)
    np.float64(2.0)
    """
    if isinstance(tck, BSpline):
        return tck.integrate(a, b, False)
    t, c, k = tck
    if isinstance(c, list | tuple) and np.ndim(c[0]):
        return [splint(a, b, (t, row, k), full_output) for row in c]
    t, c = floats(t), floats(c)
    spline = BSpline(t, c[: len(t) - k - 1], k)
    value = spline.integrate(a, b, False)
    if not full_output:
        return value
    ends = np.stack([floats(end) for end in (a, b)])
    whole = BSpline(t, np.eye(len(t) - k - 1), k).antiderivative()(np.clip(ends, t[k], t[len(t) - k - 1]))
    weights = whole[1] - whole[0]
    return value, np.concatenate([weights, np.zeros(k + 1)])
