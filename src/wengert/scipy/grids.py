"""Interpolation of samples on a line or a grid, by products of B-splines, or constant in places."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.errors import InvalidArgument, explain, user_line
from wengert.ops.spelling import lift
from wengert.scipy.bsplines import basis_of, make_interp_spline
from wengert.scipy.closures import plain
from wengert.scipy.piecewise import floats, rows

__all__ = ["RegularGridInterpolator", "interp1d", "interpn"]

DEGREES = {"linear": 1, "slinear": 1, "zero": 0, "quadratic": 2, "cubic": 3, "quintic": 5}
STEPS = ("nearest", "nearest-up", "previous", "next")


def _place(x: Any, points: Any, kind: str) -> Any:
    """Which sample stands for x."""
    if kind == "previous":
        return np.clip(np.sum(x[..., None] >= points, axis=-1) - 1, 0, len(points) - 1)
    if kind == "next":
        return np.clip(np.sum(x[..., None] > points, axis=-1), 0, len(points) - 1)
    middle = (points[1:] + points[:-1]) / 2
    return np.sum(x[..., None] >= middle if kind == "nearest-up" else x[..., None] > middle, axis=-1)


def _unknown(name: str, kind: Any, known: Any) -> InvalidArgument:
    """The error for a way to interpolate that is not here."""
    return InvalidArgument(
        explain(
            f"{name} at {user_line()} got {kind!r}.",
            f"The ways to interpolate that differentiate are {', '.join(known)}.",
            "Choose one of these, or use PchipInterpolator along one axis.",
        )
    )


class interp1d:  # noqa: N801 (SciPy's name)
    """`scipy.interpolate.interp1d`, differentiable in x, y and in the argument of a call.

    kind: "linear", "nearest", "nearest-up", "previous", "next", "zero", "slinear", "quadratic", "cubic" or a degree.

    >>> import numpy as np, wengert as wg
    >>> wg.grad(lambda y: wg.scipy.interpolate.interp1d([0.0, 1.0, 2.0], y)(1.25))(np.zeros(3))
    array([0.  , 0.75, 0.25])
    """

    def __init__(
        self,
        x: Any,
        y: Any,
        kind: Any = "linear",
        axis: int = -1,
        copy: bool = True,
        bounds_error: Any = None,
        fill_value: Any = np.nan,
        assume_sorted: bool = False,
    ) -> None:
        if kind not in DEGREES and kind not in STEPS and not isinstance(kind, int):
            raise _unknown("interp1d", kind, (*DEGREES, *STEPS))
        self.x, y = floats(x), floats(y)
        self.axis, self.kind = axis % y.ndim, kind
        self.y = np.moveaxis(y, axis, 0)
        if not assume_sorted:
            order = np.argsort(plain(self.x), kind="mergesort")
            self.x, self.y = self.x[order], self.y[order]
        self.extrapolate = isinstance(fill_value, str) and fill_value == "extrapolate"
        given = self.extrapolate or isinstance(fill_value, tuple) or not np.all(np.isnan(plain(lift(fill_value))))
        self.bounds_error = not given if bounds_error is None else bounds_error
        self.fill = fill_value if isinstance(fill_value, tuple) else (fill_value, fill_value)
        degree = kind if isinstance(kind, int) else DEGREES.get(kind)
        self.spline = None if degree in (None, 0) else make_interp_spline(self.x, self.y, degree)

    def __call__(self, x: Any) -> Any:
        """The values at x, of any shape; raises ValueError beyond the samples unless told otherwise."""
        x = floats(x)
        low, high = x < self.x[0], x > self.x[-1]
        if self.bounds_error and bool(np.any(low | high)):
            raise ValueError("A value in x_new is outside of the interpolation range.")
        if self.spline is not None:
            out = self.spline(x)
        else:
            kind = "previous" if self.kind in ("zero", 0) else self.kind
            out = rows(self.y, _place(x, self.x, kind))
        if not self.extrapolate:
            rest = (1,) * (out.ndim - x.ndim)
            for beyond, value in zip((low, high), self.fill, strict=True):
                out = np.where(np.reshape(beyond, x.shape + rest), value, out)
        return np.moveaxis(out, np.arange(x.ndim), np.arange(x.ndim) + self.axis) if self.axis else out


class RegularGridInterpolator:
    """`scipy.interpolate.RegularGridInterpolator`, differentiable in the values and in the argument of a call.

    method: "linear", "slinear", "cubic", "quintic" or "nearest". Raises `InvalidArgument` for "pchip".

    >>> import numpy as np, wengert as wg
    >>> grid = (np.arange(3.0), np.arange(2.0))
    >>> f = wg.scipy.interpolate.RegularGridInterpolator(grid, np.arange(6.0).reshape(3, 2))
    >>> wg.grad(lambda x: f(x)[0])(np.array([0.5, 0.5]))
    array([2., 1.])
    """

    def __init__(
        self,
        points: Any,
        values: Any,
        method: str = "linear",
        bounds_error: bool = True,
        fill_value: Any = np.nan,
        *,
        solver: Any = None,
        solver_args: Any = None,
    ) -> None:
        self.grid = tuple([floats(p) for p in points])
        self.values, self.bounds_error, self.fill_value = floats(values), bounds_error, fill_value
        for axis, p in enumerate(self.grid):  # decreasing places are turned round
            if len(p) > 1 and plain(p[0]) > plain(p[1]):
                self.grid = (*self.grid[:axis], p[::-1], *self.grid[axis + 1 :])
                self.values = np.flip(self.values, axis)
        self.method = method

    def __call__(self, xi: Any, method: Any = None, *, nu: Any = None) -> Any:
        """The values at points, whose last axis holds the coordinates; nu: orders of derivatives, of splines."""
        method = self.method if method is None else method
        d = len(self.grid)
        x = floats(np.stack(np.broadcast_arrays(*xi), axis=-1) if isinstance(xi, tuple) else xi)
        shape = (x.shape[:-1] if x.ndim > 1 else (1,)) + self.values.shape[d:]
        flat = np.reshape(x, (-1, d))
        outside = [(flat[:, n] < p[0]) | (flat[:, n] > p[-1]) for n, p in enumerate(self.grid)]
        beyond = np.any(np.stack(outside), axis=0)
        if self.bounds_error and bool(np.any(beyond)):
            raise ValueError("One of the requested xi is out of bounds.")
        if method == "nearest":
            places = [_place(flat[:, n], p, "nearest") for n, p in enumerate(self.grid)]
            sizes = [len(p) for p in self.grid]
            number = sum([place * int(np.prod(sizes[n + 1 :])) for n, place in enumerate(places)])
            out = rows(np.reshape(self.values, (-1, *self.values.shape[d:])), number)
        elif method in ("linear", "slinear", "cubic", "quintic"):
            out = self._spline(flat, DEGREES[method], (0,) * d if nu is None else tuple(nu))
        else:
            raise _unknown("RegularGridInterpolator", method, ("linear", "slinear", "cubic", "quintic", "nearest"))
        if not self.bounds_error and self.fill_value is not None:
            out = np.where(np.reshape(beyond, (-1,) + (1,) * (out.ndim - 1)), self.fill_value, out)
        return np.reshape(out, shape)

    def _spline(self, x: Any, k: int, nu: tuple[int, ...]) -> Any:
        """A sum over products of B-splines, one per axis."""
        out = self.values
        for axis, (points, order) in enumerate(zip(self.grid, nu, strict=True)):
            spline = make_interp_spline(points, np.moveaxis(out, axis if axis == 0 else 1, 0), k)
            t, c = spline.t, spline.c
            if order:
                slope = spline.derivative(order)
                t, c = slope.t, slope.c
            basis = basis_of(x[:, axis], t, k - order)
            # c: this axis, then the points so far (none on the first axis), then the other axes.
            if axis == 0:
                out = np.reshape(basis @ np.reshape(c, (len(c), -1)), (len(x), *c.shape[1:]))
            else:
                out = np.einsum("mi,im...->m...", basis, c)
        return out


def interpn(
    points: Any, values: Any, xi: Any, method: str = "linear", bounds_error: bool = True, fill_value: Any = np.nan
) -> Any:
    """`scipy.interpolate.interpn`: `RegularGridInterpolator` called at once ("linear" and "nearest" as there).

    >>> import numpy as np, wengert as wg
    >>> wg.grad(lambda v: wg.scipy.interpolate.interpn((np.arange(3.0),), v, [[1.25]])[0])(np.zeros(3))
    array([0.  , 0.75, 0.25])
    """
    if method == "splinef2d":
        method = "cubic"
    made = RegularGridInterpolator(points, values, method, bounds_error, fill_value)
    return made(xi)
