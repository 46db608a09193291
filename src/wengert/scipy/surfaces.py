"""Splines of several variables: sums over products of B-splines, one for every axis."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import interpolate as theirs

from wengert.errors import InvalidArgument, explain, user_line
from wengert.ops.spelling import lift
from wengert.scipy.bsplines import BSpline, basis_of, clamped, interpolating_knots
from wengert.scipy.choice import twin_of
from wengert.scipy.closures import plain
from wengert.scipy.piecewise import floats

__all__ = ["NdBSpline", "RectBivariateSpline", "bisplev"]


def _basis(x: Any, t: Any, k: int, order: int = 0) -> Any:
    """A derivative of all B-splines of degree k on the knots t at x, one column each."""
    if not order:
        return basis_of(x, t, k)
    return BSpline(t, np.eye(np.shape(t)[0] - k - 1), k)(x, order)


def _integrals(a: Any, b: Any, t: Any, k: int) -> Any:
    """The integrals of all B-splines from a to b, which count as 0 beyond the knots."""
    return BSpline(t, np.eye(np.shape(t)[0] - k - 1), k).integrate(a, b, False)


class RectBivariateSpline:
    """`scipy.interpolate.RectBivariateSpline`: the spline surface through samples on a grid.

    x, y: places (n,), (m,), increasing. z: samples (n, m). bbox: the ends of both axes. kx, ky: degrees. s: only 0.
    Differentiable in all of them and in the argument. Raises `InvalidArgument` for a smoothing factor.

    >>> import numpy as np, wengert as wg
    >>> x = np.arange(4.0)
    >>> at = lambda p: wg.scipy.interpolate.RectBivariateSpline(x, x, np.outer(x, x)).ev(p[0], p[1])
    >>> wg.grad(at)(np.array([1.5, 2.0])).round(6)
    array([2. , 1.5])
    """

    def __init__(
        self, x: Any, y: Any, z: Any, bbox: Any = (None, None, None, None), kx: int = 3, ky: int = 3, s: Any = 0,
        maxit: int = 20,
    ) -> None:  # fmt: skip
        if np.any(plain(lift(s)) != 0):
            raise InvalidArgument(
                explain(
                    f"RectBivariateSpline at {user_line()} got s={s}.",
                    "wengert's surfaces go through all samples.",
                    "Write s=0, or fit with scipy.interpolate and evaluate with wengert.scipy.interpolate.bisplev.",
                )
            )
        c = floats(z)
        knots = []
        for places, k, ends in ((floats(x), kx, bbox[:2]), (floats(y), ky, bbox[2:])):
            low, high = (places[0] if ends[0] is None else ends[0], places[-1] if ends[1] is None else ends[1])
            inner = interpolating_knots(places, k)[k + 1 : np.shape(places)[0]]
            t = clamped(low, inner, high, k)
            c = np.swapaxes(np.linalg.solve(basis_of(places, t, k), c), 0, 1)
            knots.append(t)
        self._hold(knots[0], knots[1], c, kx, ky)

    def _hold(self, tx: Any, ty: Any, c: Any, kx: int, ky: int) -> None:
        self.tck, self.degrees = (tx, ty, np.reshape(c, (-1,))), (kx, ky)

    def get_knots(self) -> tuple[Any, Any]:
        """The knots of both axes."""
        return self.tck[0], self.tck[1]

    def get_coeffs(self) -> Any:
        """The coefficients, those of the second axis side by side."""
        return self.tck[2]

    def get_residual(self) -> float:
        """0: the surface goes through all samples."""
        return 0.0

    def __call__(self, x: Any, y: Any, dx: int = 0, dy: int = 0, grid: bool = True) -> Any:
        """The values at x and y, or of a derivative: on the grid of them, or at pairs."""
        if grid:
            bases, c, _ = self._at(x, y, dx, dy)
            return bases[0] @ c @ bases[1].T
        x, y = np.broadcast_arrays(floats(x), floats(y))
        bases, c, shapes = self._at(x, y, dx, dy)
        return np.reshape(np.sum((bases[0] @ c) * bases[1], axis=-1), shapes[0])

    def _at(self, x: Any, y: Any, dx: int, dy: int) -> tuple[list[Any], Any, list[tuple[int, ...]]]:
        """The B-splines of both axes at x and y, the coefficients as a matrix, and the shapes of x and y."""
        tx, ty, c = self.tck
        bases, shapes = [], []
        for places, t, k, order in zip((x, y), (tx, ty), self.degrees, (dx, dy), strict=True):
            places = floats(places)
            shapes.append(places.shape)
            inside = np.clip(np.reshape(places, (-1,)), t[k], t[np.shape(t)[0] - k - 1])
            bases.append(_basis(inside, t, k, order))
        return bases, np.reshape(c, [np.shape(b)[1] for b in bases]), shapes

    def ev(self, xi: Any, yi: Any, dx: int = 0, dy: int = 0) -> Any:
        """The values at pairs of coordinates, or those of a derivative."""
        return self(xi, yi, dx, dy, False)

    def integral(self, xa: Any, xb: Any, ya: Any, yb: Any) -> Any:
        """The integral over a rectangle."""
        (tx, ty, c), (kx, ky) = self.tck, self.degrees
        first, second = _integrals(xa, xb, tx, kx), _integrals(ya, yb, ty, ky)
        return first @ np.reshape(c, (np.shape(first)[0], np.shape(second)[0])) @ second

    def partial_derivative(self, dx: int, dy: int) -> RectBivariateSpline:
        """The surface of a derivative."""
        (tx, ty, c), (kx, ky) = self.tck, self.degrees
        c = np.reshape(c, (np.shape(tx)[0] - kx - 1, np.shape(ty)[0] - ky - 1))
        first = BSpline(tx, c, kx).derivative(dx)
        second = BSpline(ty, np.swapaxes(first.c, 0, 1), ky).derivative(dy)
        made: RectBivariateSpline = object.__new__(RectBivariateSpline)
        made._hold(first.t, second.t, np.swapaxes(second.c, 0, 1), first.k, second.k)
        return made


@twin_of(theirs.bisplev)
def bisplev(x: Any, y: Any, tck: Any, dx: int = 0, dy: int = 0) -> Any:
    """A spline surface, or a derivative of it, on the grid of x and y; differentiable in these and the coefficients.

    tck: knots of both axes, coefficients and degrees, as of `scipy.interpolate.bisplrep`.

    >>> import wengert as wg
    >>> t = np.array([0.0, 0.0, 1.0, 1.0])
    >>> wg.grad(lambda c: wg.scipy.interpolate.bisplev(0.5, 0.25, (t, t, c, 1, 1)))(np.zeros(4))
    array([0.375, 0.125, 0.375, 0.125])
    """
    tx, ty, c, kx, ky = tck
    made: RectBivariateSpline = object.__new__(RectBivariateSpline)
    made._hold(floats(tx), floats(ty), floats(c), kx, ky)
    z = made(np.atleast_1d(floats(x)), np.atleast_1d(floats(y)), dx, dy)
    if z.shape[0] > 1:
        return z if z.shape[1] > 1 else z[:, 0]
    return z[0] if z.shape[1] > 1 else z[0, 0]


class NdBSpline:
    """`scipy.interpolate.NdBSpline`: a tensor product of B-splines of several variables.

    t: knots of every axis. c: coefficients (n_1, ..., n_d, ...). k: a degree, or one of every axis. Differentiable in
    all of them and in the argument.

    >>> import numpy as np, wengert as wg
    >>> t = np.array([0.0, 0.0, 1.0, 1.0])
    >>> wg.grad(lambda c: wg.scipy.interpolate.NdBSpline((t, t), c, 1)([0.5, 0.25]))(np.zeros((2, 2)))
    array([[0.375, 0.125],
           [0.375, 0.125]])
    """

    def __init__(self, t: Any, c: Any, k: Any, *, extrapolate: Any = None) -> None:
        self.t, self.c = tuple([floats(row) for row in t]), floats(c)
        self.k = tuple([int(n) for n in np.broadcast_to(k, (len(self.t),))])
        self.extrapolate = True if extrapolate is None else bool(extrapolate)

    def __call__(self, xi: Any, *, nu: Any = None, extrapolate: Any = None) -> Any:
        """The values at points (..., d), or those of a derivative of the orders nu."""
        extrapolate = self.extrapolate if extrapolate is None else extrapolate
        x = floats(xi)
        flat = np.reshape(x, (-1, len(self.t)))
        orders = np.zeros(len(self.t), int) if nu is None else nu
        out: Any = None
        outside: Any = False
        for axis, (t, k) in enumerate(zip(self.t, self.k, strict=True)):
            places = flat[:, axis]
            outside = outside | (places < t[k]) | (places > t[np.shape(t)[0] - k - 1])
            basis = _basis(places, t, k, int(orders[axis]))
            out = np.tensordot(basis, self.c, 1) if out is None else np.einsum("mi,mi...->m...", basis, out)
        if not extrapolate:
            out = np.where(np.reshape(outside, (-1,) + (1,) * (out.ndim - 1)), np.nan, out)
        return np.reshape(out, x.shape[:-1] + out.shape[1:])
