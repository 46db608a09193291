"""Piecewise polynomials in Bernstein's basis, and on grids of several variables.

On an interval of length h, with s = (x - x_i) / h and b_a(s) = binom(k, a) sᵃ (1 - s)^(k - a),

    p = Σ c_a b_a,      p′ = k/h Σ (c_(a+1) - c_a) b_a of degree k - 1,      ∫ p = h/(k + 1) Σ (c_0 + … + c_(a-1)) b_a

(G. Farin, "Curves and surfaces for CAGD", 2002, chapters 4 and 5.)
"""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from wengert.scipy.piecewise import PPoly, floats, piece_of, points_of, rows, spread

__all__ = ["BPoly", "NdPPoly"]


class BPoly(PPoly):
    """`scipy.interpolate.BPoly`: polynomials ``Σ c[a, i] b_a`` between the breakpoints.

    c: coefficients (k + 1, intervals, ...). x: breakpoints, increasing. Differentiable in all of them and in the
    argument of a call.

    >>> import numpy as np, wengert as wg
    >>> at = lambda c: wg.scipy.interpolate.BPoly(c, np.array([0.0, 1.0]))(0.5)
    >>> wg.grad(at)(np.array([[1.0], [2.0], [3.0]]))[:, 0]
    array([0.25, 0.5 , 0.25])
    """

    def _made(self, c: Any, x: Any) -> BPoly:
        made = BPoly(c, x, self.extrapolate)
        made.axis = self.axis
        return made

    @classmethod
    def construct_fast(cls, c: Any, x: Any, extrapolate: Any = None, axis: int = 0) -> BPoly:
        """The polynomials of these coefficients, whose intervals are on axis 1."""
        made = cls(c, x, extrapolate)
        made.axis = axis
        return made

    def _evaluated(self, x: Any, where: Any, rest: int) -> Any:
        """The values by de Casteljau's scheme."""
        s = spread((x - rows(self.x, where)) / rows(np.diff(self.x), where), rest)
        parts = [rows(c, where) + 0 * s for c in self.c]
        while len(parts) > 1:
            parts = [(1 - s) * a + s * b for a, b in itertools.pairwise(parts)]
        return parts[0]

    def derivative(self, nu: int = 1) -> PPoly:
        """The piecewise polynomial of the nu-th derivative."""
        if nu < 0:
            return self.antiderivative(-nu)
        c = self.c
        for _ in range(nu):
            k = c.shape[0] - 1
            c = k * np.diff(c, axis=0) / spread(np.diff(self.x), c.ndim - 2) if k else np.zeros_like(c)
        return self._made(c, self.x)

    def antiderivative(self, nu: int = 1) -> PPoly:
        """The piecewise polynomial of the nu-th antiderivative, continuous, 0 at the first breakpoint."""
        if nu <= 0:
            return self.derivative(-nu)
        c = self.c
        for _ in range(nu):
            steps = np.cumsum(c, axis=0) * spread(np.diff(self.x), c.ndim - 2) / c.shape[0]
            first = np.cumsum(steps[-1], axis=0)
            start = np.concatenate([np.zeros_like(first[:1]), first[:-1]], axis=0)
            c = np.concatenate([start[None], steps + start], axis=0)
        made = self._made(c, self.x)
        made.extrapolate = False if self.extrapolate == "periodic" else self.extrapolate
        return made

    def integrate(self, a: Any, b: Any, extrapolate: Any = None) -> Any:
        """The integral from a to b."""
        extrapolate = self.extrapolate if extrapolate is None else extrapolate
        return PPoly.from_bernstein_basis(self).integrate(a, b, extrapolate)

    def solve(self, y: Any = 0.0, discontinuity: bool = True, extrapolate: Any = None) -> Any:
        """The places where the value is y, as of `PPoly.solve`."""
        return PPoly.from_bernstein_basis(self).solve(y, discontinuity, extrapolate)

    @classmethod
    def from_power_basis(cls, pp: Any, extrapolate: Any = None) -> BPoly:
        """The same polynomials as those of a `PPoly`: uᵐ = hᵐ Σ_(a≥m) binom(a, m) / binom(k, m) b_a.

        Raises TypeError for what is no `PPoly`.
        """
        if not all([hasattr(pp, name) for name in ("c", "x", "extrapolate")]) or isinstance(pp, BPoly):
            raise TypeError(f".from_power_basis only accepts PPoly instances. Got {type(pp)} instead.")
        c, x = floats(pp.c), floats(pp.x)
        k, h = c.shape[0] - 1, spread(np.diff(x), c.ndim - 2)
        table = [[math.comb(a, m) / math.comb(k, m) for m in range(k, -1, -1)] for a in range(k + 1)]
        scaled = np.stack([c[k - m] * h**m for m in range(k, -1, -1)])
        found = np.tensordot(np.array(table), scaled, 1)
        return cls.construct_fast(found, x, pp.extrapolate if extrapolate is None else extrapolate, pp.axis)

    @classmethod
    def from_derivatives(cls, xi: Any, yi: Any, orders: Any = None, extrapolate: Any = None) -> BPoly:
        """Polynomials of given values and derivatives ``yi[i][j]`` at the breakpoints xi.

        orders: of the polynomial on each interval, or one for all; by default all derivatives count. Raises ValueError
        for lengths or orders that do not fit.
        """
        xi, yi = floats(xi), [floats(y) for y in yi]
        if len(xi) != len(yi):
            raise ValueError("xi and yi need to have the same length")
        if any([not y.ndim for y in yi]):
            raise ValueError("Using a 1-D array for y? Please .reshape(-1, 1).")
        spans = list(itertools.pairwise(yi))
        wanted = list(orders) if np.ndim(orders) else [orders] * len(spans)
        if any([o is not None and o <= 0 for o in wanted]):
            raise ValueError("Orders must be positive.")
        counts = [_counts(len(a), len(b), o) for (a, b), o in zip(spans, wanted, strict=True)]
        size = max([len(a) + len(b) for a, b in spans] + [o for o in wanted if o is not None])
        columns = [
            _raised(_between(xi[i + 1] - xi[i], a[:n], b[:m]), size)
            for i, ((a, b), (n, m)) in enumerate(zip(spans, counts, strict=True))
        ]
        return cls(np.stack(columns, axis=1), xi, extrapolate)


def _counts(left: int, right: int, order: Any) -> tuple[int, int]:
    """How many derivatives count at either end of an interval."""
    if order is None:
        return left, right
    size = order + 1
    n = min(size // 2, left)
    m = min(size - n, right)
    n = min(size - m, left)
    if n + m != size:
        raise ValueError(f"Points have {left} and {right} derivatives, but order {order} requested")
    return n, m


def _between(h: Any, left: Any, right: Any) -> Any:
    """The coefficients on an interval of length h with these derivatives at its ends.

    The q-th derivative at the left end is n!/(n - q)! h⁻q Σ_j (-1)^(q - j) binom(q, j) c_j, which gives one coefficient
    after the other; seen from the right end, derivatives of odd order change their sign.
    """
    n = len(left) + len(right) - 1
    ends = []
    for values, step in ((left, h), (right, -h)):
        c: list[Any] = []
        for q, value in enumerate(values):
            rest = [(-1) ** (q - j) * math.comb(q, j) * c[j] for j in range(q)]
            c.append(value * step**q / math.perm(n, q) - sum(rest[1:], rest[0]) if rest else value)
        ends.append(c)
    return np.stack([*ends[0], *reversed(ends[1])])


def _raised(c: Any, size: int) -> Any:
    """The coefficients of the same polynomial of degree size - 1."""
    k, d = len(c) - 1, size - len(c)
    table = np.zeros((size, k + 1))
    for a in range(k + 1):
        for j in range(d + 1):
            table[a + j, a] = math.comb(k, a) * math.comb(d, j) / math.comb(k + d, a + j)
    return np.tensordot(table, c, 1)


class NdPPoly:
    """`scipy.interpolate.NdPPoly`: polynomials of several variables on the boxes of a grid.

    c: coefficients, first of the powers of each variable from the highest down, then of its intervals, then of values.
    x: breakpoints of each variable. Differentiable in all of them and in the argument of a call.

    >>> import numpy as np, wengert as wg
    >>> p = wg.scipy.interpolate.NdPPoly(np.array([[1.0, 0.0], [0.0, 2.0]])[..., None, None], ([0.0, 1.0], [0.0, 1.0]))
    >>> wg.grad(lambda x: p(x)[0])(np.array([[0.5, 0.25]]))  # of x y + 2
    array([[0.25, 0.5 ]])
    """

    def __init__(self, c: Any, x: Any, extrapolate: Any = None) -> None:
        self.c, self.x = floats(c), tuple([floats(edges) for edges in x])
        self.extrapolate = True if extrapolate is None else bool(extrapolate)
        if self.c.ndim < 2 * len(self.x):
            raise ValueError("c must have at least 2*len(x) dimensions")

    @classmethod
    def construct_fast(cls, c: Any, x: Any, extrapolate: Any = None) -> NdPPoly:
        """The same as the constructor."""
        return cls(c, x, extrapolate)

    def _along(self, axis: int, f: Any) -> Any:
        """What f makes of the coefficients as those of one variable, which it gets as a `PPoly`."""
        n = len(self.x)
        c = np.moveaxis(self.c, (axis, n + axis), (0, 1))
        return f(PPoly(c, self.x[axis], self.extrapolate))

    def _mapped(self, axis: int, f: Any) -> NdPPoly:
        c = np.moveaxis(self._along(axis, f).c, (0, 1), (axis, len(self.x) + axis))
        return NdPPoly(c, self.x, self.extrapolate)

    def __call__(self, x: Any, nu: Any = None, extrapolate: Any = None) -> Any:
        """The values at points (..., variables), or those of derivatives of the orders nu, one for each variable.

        x: may be a tuple of an array per variable; a 1-d array has points of one variable. Raises ValueError for points
        of another number of variables.
        """
        if nu is not None and any(nu):
            return self.derivative(nu)(x, None, extrapolate)
        extrapolate = self.extrapolate if extrapolate is None else extrapolate
        x, n = points_of(x), len(self.x)
        x = x[:, None] if x.ndim == 1 else x
        if x.shape[-1] != n:
            raise ValueError(f"x has {x.shape[-1]} variables, but the polynomial has {n}")
        where = [piece_of(x[..., k], edges) for k, edges in enumerate(self.x)]
        out = self._cells(where)
        for k, edges in enumerate(self.x):
            u = spread(x[..., k] - rows(edges, where[k]), self.c.ndim - 2 * n)
            rest, out = out, out[0] + np.zeros(np.shape(u))
            # The powers of the variables that are left stand in front of the points.
            for c in rest[1:]:
                out = out * u + c
        if not extrapolate:
            inside = [(x[..., k] >= edges[0]) & (x[..., k] <= edges[-1]) for k, edges in enumerate(self.x)]
            out = np.where(spread(np.all(np.stack(inside), axis=0), self.c.ndim - 2 * n), out, np.nan)
        return out

    def _cells(self, where: list[Any]) -> Any:
        """The coefficients on the boxes of these numbers: of powers, of points, of values."""
        n, points = len(self.x), np.ndim(where[0])
        powers, boxes, values = self.c.shape[:n], self.c.shape[n : 2 * n], self.c.shape[2 * n :]
        flat: Any = 0
        for count, place in zip(boxes, where, strict=True):
            flat = flat * count + place
        table = np.moveaxis(np.reshape(self.c, (*powers, math.prod(boxes), *values)), n, 0)
        return np.moveaxis(rows(table, flat), range(points, points + n), range(n))

    def derivative(self, nu: Any) -> NdPPoly:
        """The polynomials of the derivatives of the orders nu, one for each variable (antiderivatives if negative)."""
        made = self
        for axis, order in enumerate(nu):
            made = made._mapped(axis, lambda p, order=order: p.derivative(order))
        return made

    def antiderivative(self, nu: Any) -> NdPPoly:
        """The polynomials of the antiderivatives of the orders nu, one for each variable, 0 at the first ends."""
        return self.derivative([-order for order in nu])

    def integrate_1d(self, a: Any, b: Any, axis: int, extrapolate: Any = None) -> Any:
        """The integral over one variable from a to b: polynomials of the others, or a value if there are none."""
        axis, n = int(axis) % len(self.x), len(self.x)
        extrapolate = self.extrapolate if extrapolate is None else bool(extrapolate)
        found = self._along(axis, lambda p: p.integrate(a, b, extrapolate))
        return found if n == 1 else NdPPoly(found, self.x[:axis] + self.x[axis + 1 :], extrapolate)

    def integrate(self, ranges: Any, extrapolate: Any = None) -> Any:
        """The integral over a box, of a pair of ends for each variable."""
        if len(ranges) != len(self.x):
            raise ValueError("Range not a sequence of correct length")
        made: Any = self
        for a, b in ranges:
            made = made.integrate_1d(a, b, 0, extrapolate)
        return made
