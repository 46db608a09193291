"""Interpolation of scattered samples: radial functions, triangles and neighbours.

Radial functions φ of the distance, with polynomials p_j of low degree, interpolate by the weights a, b of

    (φ(|x_i - x_j|) - λ_i δ_ij) a + P b = d,   Pᵀ a = 0

(G. E. Fasshauer, "Meshfree approximation methods with Matlab", 2007, chapter 6.) A triangulation of points, and who is
next to whom, are constant in places; within a simplex the barycentric coordinates are smooth in its corners.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from scipy.spatial import Delaunay, cKDTree

from wengert.errors import InvalidArgument, explain, user_line
from wengert.scipy.closures import plain
from wengert.scipy.piecewise import floats, points_of, rows
from wengert.scipy.zeros import require_numbers

__all__ = ["LinearNDInterpolator", "NearestNDInterpolator", "RBFInterpolator", "Rbf", "griddata"]


def _positive(r: Any) -> tuple[Any, Any]:
    """Where distances are not 0, and distances that can be divided by."""
    away = r > 0
    return away, np.where(away, r, 1.0)


def _thin_plate(r: Any) -> Any:
    away, s = _positive(r)
    return np.where(away, s * s * np.log(s), 0.0)


# φ(r), and the degree of the polynomials that it needs.
_KERNELS: dict[str, tuple[Any, int]] = {
    "linear": (lambda r: -r, 0),
    "thin_plate_spline": (_thin_plate, 1),
    "cubic": (lambda r: r**3, 1),
    "quintic": (lambda r: -(r**5), 2),
    "multiquadric": (lambda r: -np.sqrt(r * r + 1), 0),
    "inverse_multiquadric": (lambda r: 1 / np.sqrt(r * r + 1), -1),
    "inverse_quadratic": (lambda r: 1 / (r * r + 1), -1),
    "gaussian": (lambda r: np.exp(-r * r), -1),
}
_SCALE_FREE = ("linear", "thin_plate_spline", "cubic", "quintic")


def _distances(x: Any, y: Any) -> Any:
    """|x_i - y_j|, with the derivative 0 where they coincide."""
    squares = np.sum((x[..., :, None, :] - y[..., None, :, :]) ** 2, axis=-1)
    away, s = _positive(squares)
    return np.where(away, np.sqrt(s), 0.0)


def _unknown(name: str, what: Any, choices: Any) -> InvalidArgument:
    return InvalidArgument(
        explain(f"{name} at {user_line()} got {what!r}.", f"It knows {', '.join(choices)}.", "Choose one of these.")
    )


class RBFInterpolator:
    """`scipy.interpolate.RBFInterpolator`: differentiable in points, data, smoothing, epsilon and the argument.

    y: points (n, dims). d: data (n, ...). neighbors: how many samples count at a point, None for all; which these are
    is constant. kernel: "linear", "thin_plate_spline", "cubic", "quintic", "multiquadric", "inverse_multiquadric",
    "inverse_quadratic", "gaussian". degree: of polynomials, -1 for none. Raises `InvalidArgument` for other kernels,
    and for a missing epsilon where the scale matters.

    >>> import numpy as np, wengert as wg
    >>> corners = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    >>> at = lambda d: wg.scipy.interpolate.RBFInterpolator(corners, d)(np.full((1, 2), 1 / 3))[0]
    >>> wg.grad(at)(np.zeros(3)).round(4)
    array([0.3333, 0.3333, 0.3333])
    """

    def __init__(
        self, y: Any, d: Any, neighbors: Any = None, smoothing: Any = 0.0, kernel: str = "thin_plate_spline",
        epsilon: Any = None, degree: Any = None,
    ) -> None:  # fmt: skip
        if kernel not in _KERNELS:
            raise _unknown("RBFInterpolator", kernel, _KERNELS)
        if epsilon is None and kernel not in _SCALE_FREE:
            raise InvalidArgument(
                explain(
                    f"RBFInterpolator at {user_line()} got kernel={kernel!r} and no epsilon.",
                    "This kernel depends on the scale of the distances.",
                    "Give epsilon=1.0, or one over the distance of neighbours.",
                )
            )
        self.y, self.d = floats(y), floats(d)
        self.kernel, least = _KERNELS[kernel]
        self.degree = max(least, 0) if degree is None else int(degree)
        self.epsilon = 1.0 if epsilon is None else epsilon
        self.smoothing = np.zeros(len(self.y)) + floats(smoothing)
        self.neighbors = None if neighbors is None else min(int(neighbors), len(self.y))
        dims = np.shape(self.y)[1]
        self.powers = [
            power
            for total in range(self.degree + 1)
            for power in itertools.product(range(total + 1), repeat=dims)
            if sum(power) == total
        ]

    def __call__(self, x: Any) -> Any:
        """The values at points (m, dims)."""
        x = floats(x)
        data = np.reshape(self.d, (len(self.y), -1))
        if self.neighbors is None:
            out = self._through(self.y, data, self.smoothing, x)
        else:
            require_numbers("the choice of neighbors", x, self.y)
            _, near = cKDTree(plain(self.y)).query(plain(x), self.neighbors)
            near = np.reshape(near, (len(x), self.neighbors))
            y, d, s = [rows(a, near) for a in (self.y, data, self.smoothing)]
            out = self._through(y, d, s, x[:, None, :])[:, 0]
        return np.reshape(out, (x.shape[0], *self.d.shape[1:]))

    def _through(self, y: Any, d: Any, smoothing: Any, x: Any) -> Any:
        """The values at x (..., m, dims) of the interpolants of d (..., n, k) at y (..., n, dims)."""
        # Polynomials of points moved to the middle of all and scaled, as the matrix would be singular in effect.
        low, high = np.min(y, axis=-2, keepdims=True), np.max(y, axis=-2, keepdims=True)
        middle, width = (low + high) / 2, (high - low) / 2
        width = np.where(width == 0, 1.0, width)
        eps = self.epsilon
        n, m = np.shape(y)[-2], len(self.powers)
        p, px = self._polynomials((y - middle) / width), self._polynomials((x - middle) / width)
        phi = self.kernel(_distances(y * eps, y * eps)) + smoothing[..., :, None] * np.eye(n)
        lead = np.shape(y)[:-2]
        bottom = np.concatenate([np.swapaxes(p, -1, -2), np.zeros((*lead, m, m))], axis=-1)
        matrix = np.concatenate([np.concatenate([phi, p], axis=-1), bottom], axis=-2)
        right = np.concatenate([d, np.zeros((*lead, m, np.shape(d)[-1]))], axis=-2)
        weights = np.linalg.solve(matrix, right)
        return np.concatenate([self.kernel(_distances(x * eps, y * eps)), px], axis=-1) @ weights

    def _polynomials(self, x: Any) -> Any:
        """All monomials up to the degree, one column each."""
        if not self.powers:
            return np.zeros((*np.shape(x)[:-1], 0))
        ones = np.ones(np.shape(x)[:-1])
        columns = []
        for power in self.powers:
            column = ones
            for axis, k in enumerate(power):
                column = column * x[..., axis] ** k if k else column
            columns.append(column)
        return np.stack(columns, axis=-1)


# φ(r, ε) of the older class.
_OLDER: dict[str, Any] = {
    "multiquadric": lambda r, e: np.sqrt((r / e) ** 2 + 1),
    "inverse_multiquadric": lambda r, e: 1.0 / np.sqrt((r / e) ** 2 + 1),
    "inverse": lambda r, e: 1.0 / np.sqrt((r / e) ** 2 + 1),
    "gaussian": lambda r, e: np.exp(-((r / e) ** 2)),
    "linear": lambda r, e: r,
    "cubic": lambda r, e: r**3,
    "quintic": lambda r, e: r**5,
    "thin_plate": lambda r, e: _thin_plate(r),
    "thin-plate": lambda r, e: _thin_plate(r),
}


class Rbf:
    """`scipy.interpolate.Rbf`, ``Rbf(x, y, ..., d, function=..., epsilon=..., smooth=..., norm=..., mode=...)``.

    x, y, ...: coordinates; d: data, (n,), or (n, m) with mode="N-D"; function: "multiquadric" and others, or a function
    of the distance; norm: "euclidean", or a function of two arrays of points, (dims, n, 1) and (dims, 1, m).
    Raises `InvalidArgument` for others.

    >>> import numpy as np, wengert as wg
    >>> x = np.arange(3.0)
    >>> wg.grad(lambda d: wg.scipy.interpolate.Rbf(x, d, function="linear")(0.5))(np.zeros(3)).round(4)
    array([0.5, 0.5, 0. ])
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.xi = np.stack([np.reshape(floats(a), (-1,)) for a in args[:-1]])
        self.mode = kwargs.pop("mode", "1-D")
        data = floats(args[-1])
        self.di = np.reshape(data, (-1,)) if self.mode == "1-D" else data
        self.norm = kwargs.pop("norm", "euclidean")
        self.smooth = kwargs.pop("smooth", 0.0)
        function = kwargs.pop("function", "multiquadric")
        if not callable(function) and function not in _OLDER:
            raise _unknown("Rbf", function, _OLDER)
        if not callable(self.norm) and self.norm != "euclidean":
            raise _unknown("Rbf", self.norm, ("euclidean",))
        self.function = (lambda r, e: function(r)) if callable(function) else _OLDER[function]
        self.epsilon = kwargs.pop("epsilon", None)
        if self.epsilon is None:
            # The mean distance of the samples, were they even in their box.
            sides = np.max(self.xi, axis=1) - np.min(self.xi, axis=1)
            sides = sides[np.flatnonzero(plain(sides))]
            self.epsilon = (np.prod(sides) / np.shape(self.xi)[1]) ** (1.0 / max(np.shape(sides)[0], 1))
        self.nodes = np.linalg.solve(self.A, self.di)

    @property
    def A(self) -> Any:
        """The matrix of the system that the weights of the nodes solve."""
        return self._between(self.xi, self.xi) - self.smooth * np.eye(np.shape(self.xi)[1])

    def _between(self, x: Any, y: Any) -> Any:
        """φ of the distances of points x from points y, (dims, n) and (dims, m)."""
        if callable(self.norm):
            r = self.norm(x[:, :, None], y[:, None, :])
        else:
            r = _distances(np.swapaxes(x, 0, 1), np.swapaxes(y, 0, 1))
        return self.function(r, self.epsilon)

    def __call__(self, *args: Any) -> Any:
        """The values at points, one array per coordinate."""
        places = np.broadcast_arrays(*[floats(a) for a in args])
        shape = np.shape(places[0]) + np.shape(self.di)[1:]
        flat = np.stack([np.reshape(a, (-1,)) for a in places])
        return np.reshape(self._between(flat, self.xi) @ self.nodes, shape)


# --- triangles and neighbours -----------------------------------------------------------------------------------


class _Scattered:
    """Points (n, dims) and their values; what is asked of a triangulation or a tree is of the bare, rescaled points."""

    def __init__(self, points: Any, values: Any, fill_value: Any, rescale: bool) -> None:
        self.points, self.values, self.fill_value = points_of(points), floats(values), fill_value
        if self.points.ndim == 1:
            self.points = self.points[:, None]
        bare = plain(self.points)
        self._offset = bare.mean(axis=0) if rescale else 0.0
        self._scale = np.ptp(bare, axis=0) if rescale else 1.0

    def _asked(self, args: tuple[Any, ...]) -> tuple[Any, tuple[int, ...]]:
        """Points (m, dims), and the shape of the points that were asked for."""
        x = points_of(args[0] if len(args) == 1 else tuple(args))
        if self.points.shape[1] == 1 and (not x.ndim or x.shape[-1] != 1):
            x = x[..., None]
        return np.reshape(x, (-1, self.points.shape[1])), x.shape[:-1]

    def _bare(self, x: Any) -> Any:
        """The numbers of points, rescaled."""
        return (plain(x) - self._offset) / self._scale


class LinearNDInterpolator(_Scattered):
    """`scipy.interpolate.LinearNDInterpolator`: linear within the simplices of a Delaunay triangulation.

    points: (n, dims). values: (n, ...). fill_value: beyond the convex hull. rescale: to a box with sides of 1 before
    triangles are made. Differentiable in points, values and the argument; which triangle is hit is constant.

    >>> import numpy as np, wengert as wg
    >>> corners = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    >>> wg.grad(lambda v: wg.scipy.interpolate.LinearNDInterpolator(corners, v)(0.25, 0.25))(np.zeros(3))
    array([0.5 , 0.25, 0.25])
    """

    def __init__(self, points: Any, values: Any, fill_value: Any = np.nan, rescale: bool = False) -> None:
        triangles = points if isinstance(points, Delaunay) else None
        super().__init__(triangles.points if triangles is not None else points, values, fill_value, rescale)
        require_numbers("a triangulation", self.points)
        self.tri = Delaunay(self._bare(self.points)) if triangles is None else triangles

    def __call__(self, *args: Any) -> Any:
        """The values at points (..., dims), or of coordinates one by one."""
        x, shape = self._asked(args)
        require_numbers("the choice of a triangle", x)
        hit = self.tri.find_simplex(self._bare(x))
        corners = self.tri.simplices[hit]
        at = rows(self.points, corners)
        # x = Σ b_j corner_j with Σ b_j = 1: relative to the last corner.
        last = at[:, -1]
        sides = np.swapaxes(at[:, :-1] - last[:, None], 1, 2)
        shares = np.linalg.solve(sides, (x - last)[..., None])[..., 0]
        shares = np.concatenate([shares, 1 - np.sum(shares, axis=-1, keepdims=True)], axis=-1)
        values = np.reshape(self.values, (len(self.points), -1))
        out = np.sum(shares[..., None] * rows(values, corners), axis=1)
        out = np.where((hit >= 0)[:, None], out, self.fill_value)
        return np.reshape(out, shape + self.values.shape[1:])


class NearestNDInterpolator(_Scattered):
    """`scipy.interpolate.NearestNDInterpolator`: the value of the nearest point; differentiable in the values.

    x: points (n, dims). y: values (n, ...). rescale: as of `LinearNDInterpolator`. tree_options: of the search.

    >>> import numpy as np, wengert as wg
    >>> wg.grad(lambda v: wg.scipy.interpolate.NearestNDInterpolator(np.eye(2), v)(0.9, 0.2))(np.zeros(2))
    array([1., 0.])
    """

    def __init__(self, x: Any, y: Any, rescale: bool = False, tree_options: Any = None) -> None:
        super().__init__(x, y, np.nan, rescale)
        require_numbers("the choice of neighbours", self.points)
        self.tree = cKDTree(self._bare(self.points), **(tree_options or {}))

    def __call__(self, *args: Any, **query_options: Any) -> Any:
        """The values at points (..., dims), or of coordinates one by one; query_options: of `cKDTree.query`."""
        x, shape = self._asked(args)
        require_numbers("the choice of a neighbour", x)
        distances, near = self.tree.query(self._bare(x), **query_options)
        found = np.isfinite(distances)
        out = rows(self.values, np.where(found, near, 0))
        out = np.where(np.reshape(found, (-1,) + (1,) * (out.ndim - 1)), out, np.nan)
        return np.reshape(out, shape + self.values.shape[1:])


def griddata(
    points: Any, values: Any, xi: Any, method: str = "linear", fill_value: Any = np.nan, rescale: bool = False
) -> Any:
    """`scipy.interpolate.griddata`: `LinearNDInterpolator` or `NearestNDInterpolator` called at once.

    method: "linear" or "nearest"; raises `InvalidArgument` for others.

    >>> import numpy as np, wengert as wg
    >>> wg.grad(lambda v: wg.scipy.interpolate.griddata(np.eye(2), v, [[0.9, 0.2]], "nearest")[0])(np.zeros(2))
    array([1., 0.])
    """
    if method not in ("linear", "nearest"):
        raise _unknown("griddata", method, ("linear", "nearest"))
    xi = points_of(xi)
    if method == "nearest":
        return NearestNDInterpolator(points, values, rescale)(xi)
    return LinearNDInterpolator(points, values, fill_value, rescale)(xi)
