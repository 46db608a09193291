"""Piecewise polynomials, and the cubic ones that interpolate: smooth in the argument, the samples and their places.

On the interval from x[i] to x[i+1] of length h, with slope m = Δy/h and derivatives s, s′ at its ends, Hermite's cubic
in u = x - x[i] is

    y + s u + (3m - 2s - s′)/h u² + (s + s′ - 2m)/h² u³
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import interpolate as theirs

from wengert.core.apply import Box
from wengert.core.protocols import call
from wengert.errors import InvalidArgument, explain, user_line
from wengert.ops.spelling import lift
from wengert.scipy.closures import plain
from wengert.scipy.zeros import require_numbers, roots_of

__all__ = [
    "Akima1DInterpolator",
    "CubicHermiteSpline",
    "CubicSpline",
    "PPoly",
    "PchipInterpolator",
    "floats",
    "piece_of",
    "points_of",
    "rows",
    "spread",
]


def floats(x: Any) -> Any:
    """An array or box of floating numbers.

    >>> floats([1, 2])
    array([1., 2.])
    """
    x = lift(x)
    return x if x.dtype.kind in "fc" else x.astype(float)


def piece_of(x: Any, edges: Any) -> Any:
    """On which of the intervals between `edges` each x lies; beyond the ends on the first and last.

    >>> piece_of(np.array([-1.0, 0.5, 1.5, 9.0]), np.array([0.0, 1.0, 2.0]))
    array([0, 0, 1, 1])
    """
    return np.sum(x[..., None] >= edges[1:-1], axis=-1)


def rows(a: Any, where: Any) -> Any:
    """The rows of `a` with these numbers, which may be boxes though `a` is none."""
    return call(np.take, a, where, axis=0) if isinstance(where, Box) else np.take(a, where, axis=0)


def points_of(x: Any) -> Any:
    """Points (..., variables), from such an array or a tuple of one array per variable, which broadcast.

    >>> points_of((np.zeros(3), 1.0)).shape
    (3, 2)
    """
    if isinstance(x, tuple):
        return np.stack(np.broadcast_arrays(*[floats(part) for part in x]), axis=-1)
    return floats(x)


def spread(x: Any, ndim: int) -> Any:
    """x with so many axes of length 1 behind.

    >>> spread(np.zeros(3), 2).shape
    (3, 1, 1)
    """
    return np.reshape(x, np.shape(x) + (1,) * ndim)


class PPoly:
    """`scipy.interpolate.PPoly`: polynomials ``Σ c[m, i] (x - x[i])**(k - m)`` between the breakpoints.

    c: coefficients (k + 1, intervals, ...). x: breakpoints, increasing. Differentiable in all of them and in the
    argument of a call.

    >>> import numpy as np, wengert as wg
    >>> p = wg.scipy.interpolate.PPoly(np.array([[1.0], [2.0]]), np.array([0.0, 1.0]))  # x + 2
    >>> wg.grad(lambda x: p(x) ** 2)(0.5)
    np.float64(5.0)
    """

    def __init__(self, c: Any, x: Any, extrapolate: Any = None, axis: int = 0) -> None:
        self.axis = axis
        self.c, self.x = floats(c), floats(x)
        if axis:
            self.c = np.moveaxis(np.moveaxis(self.c, axis + 1, 0), axis + 1, 0)
        self.extrapolate = True if extrapolate is None else extrapolate

    def _made(self, c: Any, x: Any) -> PPoly:
        made = PPoly(c, x, self.extrapolate)
        made.axis = self.axis
        return made

    def __call__(self, x: Any, nu: int = 0, extrapolate: Any = None) -> Any:
        """The values at x, or those of the nu-th derivative (antiderivative if negative)."""
        if nu:
            return (self.derivative(nu) if nu > 0 else self.antiderivative(-nu))(x, 0, extrapolate)
        extrapolate = self.extrapolate if extrapolate is None else extrapolate
        x, rest = floats(x), self.c.ndim - 2
        if extrapolate == "periodic":
            x = self.x[0] + np.mod(x - self.x[0], self.x[-1] - self.x[0])
        out = self._evaluated(x, piece_of(x, self.x), rest)
        if extrapolate is False:
            inside = spread((x >= self.x[0]) & (x <= self.x[-1]), rest)
            out = np.where(inside, out, np.nan)
        return np.moveaxis(out, np.arange(x.ndim), np.arange(x.ndim) + self.axis) if self.axis else out

    @classmethod
    def construct_fast(cls, c: Any, x: Any, extrapolate: Any = None, axis: int = 0) -> PPoly:
        """The polynomials of these coefficients, whose intervals are on axis 1."""
        made = PPoly(c, x, extrapolate)
        made.axis = axis
        return made

    @classmethod
    def from_bernstein_basis(cls, bp: Any, extrapolate: Any = None) -> PPoly:
        """The same polynomials as those of a `BPoly`: c_m = binom(k, m) h⁻ᵐ Σ_(a≤m) (-1)^(m - a) binom(m, a) b_a."""
        c, x = floats(bp.c), floats(bp.x)
        k, h = c.shape[0] - 1, spread(np.diff(x), c.ndim - 2)
        parts = []
        for m in range(k, -1, -1):
            signs = np.array([(-1) ** (m - a) * math.comb(m, a) for a in range(m + 1)], float)
            parts.append(math.comb(k, m) * np.tensordot(signs, c[: m + 1], 1) / h**m)
        made = PPoly(np.stack(parts), x, bp.extrapolate if extrapolate is None else extrapolate)
        made.axis = bp.axis
        return made

    def _evaluated(self, x: Any, where: Any, rest: int) -> Any:
        """The values at x of the polynomials on the intervals of these numbers, by Horner's rule."""
        u = spread(x - rows(self.x, where), rest)
        out = rows(self.c[0], where) + 0 * u
        for c in self.c[1:]:
            out = out * u + rows(c, where)
        return out

    def derivative(self, nu: int = 1) -> PPoly:
        """The piecewise polynomial of the nu-th derivative."""
        if nu < 0:
            return self.antiderivative(-nu)
        degree = self.c.shape[0] - 1
        if nu > degree:
            return self._made(np.zeros_like(self.c[:1]), self.x)
        factors = np.array([math.perm(degree - m, nu) for m in range(degree - nu + 1)], float)
        return self._made(self.c[: degree - nu + 1] * spread(factors, self.c.ndim - 1), self.x)

    def antiderivative(self, nu: int = 1) -> PPoly:
        """The piecewise polynomial of the nu-th antiderivative, continuous, 0 at the first breakpoint."""
        made = self
        for _ in range(nu):
            k = made.c.shape[0]
            c = made.c / spread(np.arange(k, 0, -1.0), made.c.ndim - 1)
            h = spread(np.diff(made.x), made.c.ndim - 2)
            steps = sum([c[m] * h ** (k - m) for m in range(k)])
            first = np.cumsum(steps, axis=0)
            start = np.concatenate([np.zeros_like(first[:1]), first[:-1]], axis=0)
            made = made._made(np.concatenate([c, start[None]], axis=0), made.x)
        return made

    def integrate(self, a: Any, b: Any, extrapolate: Any = None) -> Any:
        """The integral from a to b."""
        extrapolate = self.extrapolate if extrapolate is None else extrapolate
        whole = self.antiderivative()
        if extrapolate != "periodic":
            return whole(b, 0, extrapolate) - whole(a, 0, extrapolate)
        period = self.x[-1] - self.x[0]

        def up_to(x: Any) -> Any:
            turns = np.floor((floats(x) - self.x[0]) / period)
            return turns * whole(self.x[-1], 0, True) + whole(x - turns * period, 0, True)

        return up_to(b) - up_to(a)

    def solve(self, y: Any = 0.0, discontinuity: bool = True, extrapolate: Any = None) -> Any:
        """The places where the value is y, each of which moves by the implicit-function rule.

        discontinuity: breakpoints where the value jumps over y count, too; they move as the breakpoint does. Raises
        `InvalidArgument` for polynomials with several values.
        """
        if self.c.ndim > 2:
            raise InvalidArgument(
                explain(
                    f"solve or roots at {user_line()} was called on polynomials of shape {self.c.shape[2:]}.",
                    "Each of them has its own number of roots.",
                    "Make one PPoly(c[:, :, i], x) for each.",
                )
            )
        extrapolate = self.extrapolate if extrapolate is None else extrapolate
        operands = floats(y), self.c, self.x
        require_numbers("the number of roots", *operands)
        level, _, edges = [plain(operand) for operand in operands]
        found = theirs.PPoly(*[plain(operand) for operand in operands[1:]]).solve(level, discontinuity, extrapolate)
        near = 1e-9 * np.max(np.abs(plain(self.c)), initial=0)
        at_edge = np.isin(found, edges) & ~np.isclose(PPoly(plain(self.c), edges)(found), level, rtol=0, atol=near)
        fixed = at_edge | np.isnan(found)  # NaN follows the start of an interval that is solved everywhere
        inside = roots_of(
            "roots", lambda *_: found[~fixed], lambda x, y, c, edges: self._made(c, edges)(x, 0, True) - y, *operands
        )
        if not np.any(fixed):
            return inside
        nearest = np.argmin(np.abs(np.where(fixed, found, 0)[:, None] - edges), axis=-1)
        order = np.argsort(np.concatenate([np.flatnonzero(~fixed), np.flatnonzero(fixed)]))
        held = np.where(np.isnan(found[fixed]), np.nan, rows(self.x, nearest[fixed]))
        return np.concatenate([inside, held])[order]

    def roots(self, discontinuity: bool = True, extrapolate: Any = None) -> Any:
        """The zeros: `solve` for 0."""
        return self.solve(0.0, discontinuity, extrapolate)


class CubicHermiteSpline(PPoly):
    """`scipy.interpolate.CubicHermiteSpline`: piecewise cubics of given values and derivatives.

    >>> import numpy as np, wengert as wg
    >>> at = lambda y: wg.scipy.interpolate.CubicHermiteSpline([0.0, 1.0], y, [0.0, 0.0])(0.5)
    >>> wg.grad(at)(np.zeros(2))
    array([0.5, 0.5])
    """

    def __init__(self, x: Any, y: Any, dydx: Any, axis: int = 0, extrapolate: Any = None) -> None:
        y = np.moveaxis(floats(y), axis, 0)
        self._fill(floats(x), y, np.moveaxis(floats(dydx), axis, 0), axis, extrapolate)

    def _fill(self, x: Any, y: Any, s: Any, axis: int, extrapolate: Any) -> None:
        """Become the cubics of values y and derivatives s, whose samples are on axis 0."""
        h = spread(np.diff(x), y.ndim - 1)
        m = np.diff(y, axis=0) / h
        parts = [(s[:-1] + s[1:] - 2 * m) / h**2, (3 * m - 2 * s[:-1] - s[1:]) / h, s[:-1], y[:-1]]
        super().__init__(np.stack(parts), x, extrapolate)
        self.axis = axis % y.ndim


class PchipInterpolator(CubicHermiteSpline):
    """`scipy.interpolate.PchipInterpolator`: monotone cubics (F. N. Fritsch and J. Butland, 1984).

    >>> import numpy as np, wengert as wg
    >>> x = np.arange(4.0)
    >>> wg.grad(lambda y: wg.scipy.interpolate.PchipInterpolator(x, y)(1.5))(x**2).round(3)
    array([-0.141,  0.723,  0.453, -0.035])
    """

    def __init__(self, x: Any, y: Any, axis: int = 0, extrapolate: Any = None) -> None:
        x, y = floats(x), np.moveaxis(floats(y), axis, 0)
        h = spread(np.diff(x), y.ndim - 1)
        m = np.diff(y, axis=0) / h
        if len(y) == 2:
            s = np.concatenate([m, m])
        else:
            # A weighted harmonic mean of the slopes beside a point, and 0 at a local extremum.
            a, b = 2 * h[1:] + h[:-1], h[1:] + 2 * h[:-1]
            rising = m[:-1] * m[1:] > 0
            left, right = np.where(rising, m[:-1], 1.0), np.where(rising, m[1:], 1.0)
            inner = np.where(rising, (a + b) / (a / left + b / right), 0.0)
            s = np.concatenate(
                [self._end(h[0], h[1], m[0], m[1])[None], inner, self._end(h[-1], h[-2], m[-1], m[-2])[None]]
            )
        self._fill(x, y, s, axis, extrapolate)

    @staticmethod
    def _end(h: Any, k: Any, m: Any, n: Any) -> Any:
        """The derivative of the parabola at an end, kept from overshooting; the first interval is (h, m)."""
        d = ((2 * h + k) * m - h * n) / (h + k)
        steep = (np.sign(m) != np.sign(n)) & (np.abs(d) > 3 * np.abs(m))
        return np.where(np.sign(d) != np.sign(m), 0.0, np.where(steep, 3 * m, d))


class Akima1DInterpolator(CubicHermiteSpline):
    """`scipy.interpolate.Akima1DInterpolator`: cubics that do not ring (H. Akima, 1970), also modified ("makima").

    >>> import numpy as np, wengert as wg
    >>> x = np.arange(5.0)
    >>> wg.grad(lambda t: wg.scipy.interpolate.Akima1DInterpolator(x, x**2)(t))(2.0)
    np.float64(4.0)
    """

    def __init__(
        self, x: Any, y: Any, axis: int = 0, *, method: str = "akima", extrapolate: bool | None = None
    ) -> None:
        x, y = floats(x), np.moveaxis(floats(y), axis, 0)
        m = np.diff(y, axis=0) / spread(np.diff(x), y.ndim - 1)
        if len(y) == 2:
            s = np.concatenate([m, m])
        else:
            before = 2 * m[0] - m[1]
            after = 2 * m[-1] - m[-2]
            m = np.concatenate([(2 * before - m[0])[None], before[None], m, after[None], (2 * after - m[-1])[None]])
            jumps = np.abs(np.diff(m, axis=0))
            if method == "makima":
                jumps = jumps + 0.5 * np.abs(m[1:] + m[:-1])
            total = jumps[2:] + jumps[:-2]
            clear = total > 1e-9 * np.max(total)
            share = jumps[:-2] / np.where(clear, total, 1.0)
            s = np.where(clear, m[1:-2] + share * (m[2:-1] - m[1:-2]), 0.5 * (m[3:] + m[:-3]))
        self._fill(x, y, s, axis, False if extrapolate is None else extrapolate)


class CubicSpline(CubicHermiteSpline):
    """`scipy.interpolate.CubicSpline`: the twice differentiable piecewise cubic through samples.

    bc_type: "not-a-knot", "periodic", "clamped", "natural", or a pair of these or of ``(order, value)``. The slopes
    at the samples solve a linear system, so that the spline is linear in y and smooth in x.

    >>> import numpy as np, wengert as wg
    >>> x = np.arange(4.0)
    >>> wg.grad(lambda y: wg.scipy.interpolate.CubicSpline(x, y)(1.5))(np.zeros(4))
    array([-0.0625,  0.5625,  0.5625, -0.0625])
    """

    def __init__(self, x: Any, y: Any, axis: int = 0, bc_type: Any = "not-a-knot", extrapolate: Any = None) -> None:
        x, y = floats(x), np.moveaxis(floats(y), axis, 0)
        periodic = isinstance(bc_type, str) and bc_type == "periodic"
        ends = [bc_type, bc_type] if isinstance(bc_type, str) else list(bc_type)
        names = {"clamped": (1, 0.0), "natural": (2, 0.0)}
        ends = [names.get(end, end) if isinstance(end, str) else end for end in ends]
        if periodic and not np.allclose(plain(y[0]), plain(y[-1]), rtol=1e-15, atol=1e-15):
            raise _open_period(plain(y[0]), plain(y[-1]))
        s = _periodic_slopes(x, y) if periodic else _slopes(x, y, *ends)
        if extrapolate is None:
            extrapolate = "periodic" if periodic else True
        self._fill(x, y, s, axis, extrapolate)


def _open_period(first: Any, last: Any) -> InvalidArgument:
    """The error for samples that do not end where they began."""
    return InvalidArgument(
        explain(
            f"CubicSpline at {user_line()} got bc_type='periodic' and samples from {first} to {last}.",
            "A periodic function has the same value at both ends of its period.",
            "Repeat the first sample as the last one.",
        )
    )


def _slopes(x: Any, y: Any, start: Any, end: Any) -> Any:
    """The derivatives at the samples: second ones agree at the inner samples, the ends have conditions."""
    n, rest = len(y), y.ndim - 1
    h = np.diff(x)
    wide = spread(h, rest)
    m = np.diff(y, axis=0) / wide
    if n == 2:
        start, end = [(1, m[0]) if kind == "not-a-knot" else kind for kind in (start, end)]
    if n == 3 and start == end == "not-a-knot":  # the parabola
        curve = (m[1] - m[0]) / spread(x[2] - x[0], rest)
        return np.stack([m[0] - curve * wide[0], m[0] + curve * wide[0], m[1] + curve * wide[1]])
    first, top = _end_row(h, m, wide, start, 1)
    last, bottom = _end_row(h[::-1], m[::-1], wide[::-1], end, -1)
    diagonal = np.concatenate([first[:1], 2 * (h[:-1] + h[1:]), last[:1]])
    upper = np.concatenate([first[1:], h[:-1]])
    lower = np.concatenate([h[1:], last[1:]])
    matrix = np.diag(diagonal) + np.diag(upper, 1) + np.diag(lower, -1)
    inner = 3 * (wide[1:] * m[:-1] + wide[:-1] * m[1:])
    right = np.concatenate([top[None], inner, bottom[None]])
    return np.reshape(np.linalg.solve(matrix, np.reshape(right, (n, -1))), right.shape)


def _end_row(h: Any, m: Any, wide: Any, kind: Any, sign: int) -> tuple[Any, Any]:
    """The equation of an end, seen from there: the factors of the derivatives at it and beside it, and the right side.

    sign: -1 at the last sample, where the second derivative's sign in it turns.
    """
    if isinstance(kind, str):  # the third derivative agrees at the sample beside
        d = h[0] + h[1]
        right = ((wide[0] + 2 * (wide[0] + wide[1])) * wide[1] * m[0] + wide[0] ** 2 * m[1]) / (wide[0] + wide[1])
        return np.stack([h[1], d]), right
    order, value = kind
    value = value + np.zeros(m.shape[1:])
    if order == 1:
        return np.array([1.0, 0.0]), value
    return np.stack([2 * h[0], h[0]]), 3 * m[0] * wide[0] - sign * 0.5 * value * wide[0] ** 2


def _periodic_slopes(x: Any, y: Any) -> Any:
    """The derivatives at the samples of a period, of which the last repeats the first."""
    n, rest = len(y), y.ndim - 1
    if n == 2:
        return np.zeros_like(y)
    h = np.diff(x)
    before = np.roll(h, 1)  # of the interval in front of each of the n - 1 different samples
    m = np.diff(y, axis=0) / spread(h, rest)
    eye = np.eye(n - 1)
    matrix = np.diag(2 * (h + before)) + before[:, None] * np.roll(eye, 1, 1) + h[:, None] * np.roll(eye, -1, 1)
    right = 3 * (spread(h, rest) * np.roll(m, 1, 0) + spread(before, rest) * m)
    s = np.reshape(np.linalg.solve(matrix, np.reshape(right, (n - 1, -1))), right.shape)
    return np.concatenate([s, s[:1]])
