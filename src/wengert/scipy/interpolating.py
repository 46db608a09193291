"""Interpolation of images: twins of `scipy.ndimage`, differentiable in the image, the coordinates and the map.

An image is the spline Σ_j c_j B(x - j) of an order from 0 to 5 with the coefficients of the row `spline_coefficients`.
At a coordinate x the order + 1 coefficients around it count, with weights that are polynomials of x's distance to the
first of them; which these are is locally constant.
"""

from __future__ import annotations

import itertools
import math
import operator
from typing import Any

import numpy as np
from scipy import ndimage as theirs

from wengert.core.apply import Box, apply
from wengert.core.op import TABLE
from wengert.core.protocols import astype, call
from wengert.ops.spelling import inexact, lift
from wengert.scipy.borders import continued
from wengert.scipy.choice import twin_of
from wengert.scipy.ndfilters import finished, per_axis
from wengert.spec import normal_axis

__all__ = [
    "affine_transform",
    "geometric_transform",
    "map_coordinates",
    "rotate",
    "shift",
    "spline_filter",
    "spline_filter1d",
    "zoom",
]

_MODES = ("reflect", "grid-mirror", "constant", "grid-constant", "nearest", "mirror", "grid-wrap", "wrap")
# How an image is continued for its coefficients; where SciPy has no such filter, it pads the image first.
_FILTER_MODE = {"reflect": "reflect", "grid-mirror": "reflect", "grid-wrap": "grid-wrap"}
_PADDING = 12


# --- splines ----------------------------------------------------------------------------------------------------


def _coefficients(x: Any, order: int, axis: int, mode: str) -> Any:
    if order < 2 or x.shape[axis] < 2:
        return x
    params = {"axis": axis, "order": order, "mode": _FILTER_MODE.get(mode, "mirror"), "transposed": False}
    return apply(TABLE["spline_coefficients"], (x,), params)


@twin_of(theirs.spline_filter1d)
def spline_filter1d(input: Any, order: int = 3, axis: int = -1, output: Any = np.float64, mode: str = "mirror") -> Any:
    """The coefficients of the spline through the entries along an axis.

    order: 0 to 5; mode: "mirror", "reflect", "grid-wrap" and the like. Raises RuntimeError for another order.

    >>> import wengert as wg
    >>> wg.grad(lambda x: np.sum(wg.scipy.ndimage.spline_filter1d(x)))(np.ones(3)).round(3)
    array([1.5, 0. , 1.5])
    """
    _check_order(order)
    x = inexact(lift(input))
    return finished(_coefficients(x, order, normal_axis(axis, x.ndim), mode), _output(output, x), x.dtype)


@twin_of(theirs.spline_filter)
def spline_filter(input: Any, order: int = 3, output: Any = np.float64, mode: str = "mirror") -> Any:
    """The coefficients of the spline through the entries along all axes.

    Arguments and errors are those of `spline_filter1d`.

    >>> import wengert as wg
    >>> wg.grad(lambda x: np.sum(wg.scipy.ndimage.spline_filter(x)))(np.ones((1, 3))).round(3)
    array([[1.5, 0. , 1.5]])
    """
    _check_order(order)
    x = inexact(lift(input))
    return finished(_all_coefficients(x, x.ndim, order, mode), _output(output, x), x.dtype)


def _output(output: Any, x: Any) -> Any:
    if x.dtype.kind == "c" and not isinstance(output, np.ndarray | Box):
        return np.result_type(output, np.complex64)
    return output


def _all_coefficients(x: Any, axes: int, order: int, mode: str) -> Any:
    for axis in range(axes):
        x = _coefficients(x, order, axis, mode)
    return x


def _check_order(order: int) -> None:
    if not 0 <= order <= 5:
        raise RuntimeError("spline order not supported")


# B(x) = 1/n! Σ_k (-1)^k C(n+1, k) (x + (n+1)/2 - k)₊ⁿ.  At x = first + t + k the piece k of it is a polynomial of t.
# (M. Unser, "Splines: a perfect fit for signal and image processing", 1999, equation 3.)
def _weights(t: Any, order: int) -> list[Any]:
    """B at the distances t, t - 1, …, t - order; t is between (order - 1)/2 and (order + 1)/2."""
    found = []
    for k in range(order + 1):
        u = t - k + (order + 1) / 2  # from the left end of the support, between order - k and order - k + 1
        terms = [
            (-1) ** j * math.comb(order + 1, j) / math.factorial(order) * (u - j) ** order for j in range(order - k + 1)
        ]
        found.append(sum(terms[1:], start=terms[0]))
    return found


# --- coordinates beyond the ends --------------------------------------------------------------------------------


def _inside(x: Any, n: int, mode: str) -> tuple[Any, Any]:
    """Coordinates moved into an image of n entries as the mode says, and where they were (None: everywhere)."""
    if mode == "constant":
        return np.clip(x, 0, n - 1), (x >= 0) & (x <= n - 1)
    if mode == "nearest":
        return np.clip(x, 0, n - 1), None
    if n == 1:
        return x * 0, None
    if mode == "mirror":
        period = 2 * (n - 1)
        x = np.abs(x - period * np.rint(x / period))
        return x, None
    if mode in ("reflect", "grid-mirror"):
        period = 2 * n
        x = x + 0.5
        return np.abs(x - period * np.rint(x / period)) - 0.5, None
    if mode == "grid-wrap":
        return x - n * np.floor(x / n), None
    # "wrap" has the period n - 1; coordinates inside stay, those at the end included.
    period = n - 1
    wrapped = x - period * np.floor(x / period)
    return np.where((x < 0) | (x > n - 1), wrapped, x), None


def _place(index: Any, n: int, mode: str) -> Any:
    """Indices beyond the ends as those of the entries that stand there."""
    if n == 1:
        return index * 0
    if mode == "grid-wrap":
        return index % n
    if mode in ("reflect", "grid-mirror"):
        index = index % (2 * n)
        return np.where(index >= n, 2 * n - 1 - index, index)
    period = 2 * n - 2
    index = index % period
    return np.where(index >= n, period - index, index)


def _evaluated(c: Any, coordinates: list[Any], order: int, mode: str, cval: Any) -> Any:
    """The spline of the coefficients c at coordinates, one array per leading axis, all of one shape."""
    tail = (1,) * (c.ndim - len(coordinates))
    outside: Any = None
    axes = []
    for x, n in zip(coordinates, c.shape, strict=False):
        if mode == "grid-constant":
            where = None
        else:
            x, where = _inside(x, n, mode)
        if where is not None:
            outside = ~where if outside is None else outside | ~where
        first = np.floor(x + 0.5) - order // 2 if order % 2 == 0 else np.floor(x) - order // 2
        index = astype(first, np.intp)
        axes.append([(w, index + k) for k, w in enumerate(_weights(x - first, order))])
    total: Any = 0.0
    for terms in itertools.product(*axes):
        places = tuple([_place(i, n, mode) for (_, i), n in zip(terms, c.shape, strict=False)])
        value = call(operator.getitem, c, places)  # c may be an array, the places boxes
        if mode == "grid-constant":
            missing: Any = False
            for (_, i), n in zip(terms, c.shape, strict=False):
                missing = missing | (i < 0) | (i >= n)
            value = np.where(_with(missing, tail), cval, value)
        for w, _ in terms:
            value = value * _with(w, tail)
        total = total + value
    return total if outside is None else np.where(_with(outside, tail), cval, total)


def _with(x: Any, tail: tuple[int, ...]) -> Any:
    return np.reshape(x, x.shape + tail) if tail else x


def _interpolated(x: Any, coordinates: list[Any], order: int, mode: str, cval: Any, prefilter: bool) -> Any:
    """The values of the spline of that order through the samples, at coordinates one array per axis."""
    _check_order(order)
    if mode not in _MODES:
        raise RuntimeError(f"boundary mode not supported: {mode!r}")
    if prefilter and order > 1:
        if mode in ("nearest", "grid-constant"):
            for axis in range(len(coordinates)):
                x = continued(x, axis, _PADDING, _PADDING, "constant" if mode == "grid-constant" else mode, cval)
            coordinates = [c + _PADDING for c in coordinates]
        x = _all_coefficients(astype(x, np.result_type(x.dtype, np.float64)), len(coordinates), order, mode)
    return _evaluated(x, coordinates, order, mode, cval)


@twin_of(theirs.map_coordinates)
def map_coordinates(
    input: Any, coordinates: Any, output: Any = None, order: int = 3, mode: str = "constant", cval: float = 0.0,
    prefilter: bool = True,
) -> Any:  # fmt: skip
    """The image at coordinates: result[i] = input(coordinates[:, i]), by splines.

    coordinates: (input.ndim, …); order: of the spline, 0 to 5; mode, cval: what lies beyond the ends; prefilter: False
    if the input holds coefficients already. Raises RuntimeError for other orders, modes and numbers of coordinates.

    >>> import wengert as wg
    >>> image = np.arange(6.0).reshape(2, 3)
    >>> wg.grad(lambda p: np.sum(wg.scipy.ndimage.map_coordinates(image, p, order=1)))(np.array([[0.5], [0.5]]))
    array([[3.],
           [1.]])
    """
    x, places = inexact(lift(input)), inexact(lift(coordinates))
    if x.ndim < 1 or places.shape[0] != x.ndim:
        raise RuntimeError("invalid shape for coordinate array")
    out = _interpolated(x, [places[k] for k in range(x.ndim)], order, mode, cval, prefilter)
    return finished(out, output, x.dtype)


# --- maps ---------------------------------------------------------------------------------------------------------


def _grid(shape: Any) -> list[Any]:
    return [np.asarray(g, float) for g in np.meshgrid(*[np.arange(n) for n in shape], indexing="ij")]


def _shape_of(output_shape: Any, output: Any, x: Any) -> tuple[int, ...]:
    if output_shape is not None:
        return tuple(output_shape) if np.ndim(output_shape) else (int(output_shape),)
    return tuple(output.shape) if isinstance(output, np.ndarray | Box) else tuple(x.shape)


@twin_of(theirs.affine_transform)
def affine_transform(
    input: Any, matrix: Any, offset: Any = 0.0, output_shape: Any = None, output: Any = None, order: int = 3,
    mode: str = "constant", cval: float = 0.0, prefilter: bool = True,
) -> Any:  # fmt: skip
    """The image at matrix @ i + offset for every place i of the result.

    matrix: (n, n), its diagonal (n,), or homogeneous (n, n + 1) or (n + 1, n + 1); others as of `map_coordinates`.
    Raises RuntimeError for matrices of other shapes.

    >>> import wengert as wg
    >>> ramp = np.arange(4.0)
    >>> wg.grad(lambda d: wg.scipy.ndimage.affine_transform(ramp, np.ones(1), d, order=1)[1])(np.array([0.5]))
    array([1.])
    """
    x, m, d = inexact(lift(input)), inexact(lift(matrix)), inexact(lift(offset))
    n = x.ndim
    if m.ndim == 2 and m.shape[1] == n + 1 and m.shape[0] in (n, n + 1):
        m, d = m[:n, :n], m[:n, n]
    if m.ndim not in (1, 2) or m.shape != (n,) * m.ndim:
        raise RuntimeError("affine matrix has wrong number of rows or columns")
    grid = _grid(_shape_of(output_shape, output, x))
    d = np.broadcast_to(d, (n,))
    if m.ndim == 1:
        coordinates = [m[k] * grid[k] + d[k] for k in range(n)]
    else:
        coordinates = [sum([m[k, j] * grid[j] for j in range(n)], start=d[k]) for k in range(n)]
    return finished(_interpolated(x, coordinates, order, mode, cval, prefilter), output, x.dtype)


@twin_of(theirs.shift)
def shift(
    input: Any, shift: Any, output: Any = None, order: int = 3, mode: str = "constant", cval: float = 0.0,
    prefilter: bool = True,
) -> Any:  # fmt: skip
    """The image moved by `shift` along its axes.

    shift: one number, or one per axis; others as of `map_coordinates`. Raises RuntimeError for another number of them.

    >>> import wengert as wg
    >>> wg.grad(lambda s: wg.scipy.ndimage.shift(np.arange(4.0), s, order=1)[2])(0.5)
    np.float64(-1.0)
    """
    x = inexact(lift(input))
    moves = per_axis(shift, x.ndim)
    coordinates = [g - s for g, s in zip(_grid(x.shape), moves, strict=True)]
    return finished(_interpolated(x, coordinates, order, mode, cval, prefilter), output, x.dtype)


@twin_of(theirs.zoom)
def zoom(
    input: Any, zoom: Any, output: Any = None, order: int = 3, mode: str = "constant", cval: float = 0.0,
    prefilter: bool = True, *, grid_mode: bool = False,
) -> Any:  # fmt: skip
    """The image with `zoom` times as many entries along its axes.

    zoom: one plain number, or one per axis; grid_mode: count from the edges of entries rather than from their centres;
    others as of `map_coordinates`. Raises RuntimeError for another number of zooms.

    >>> import wengert as wg
    >>> wg.grad(lambda x: np.sum(wg.scipy.ndimage.zoom(x, 2, order=1)))(np.ones(3))
    array([1.8, 2.4, 1.8])
    """
    x = inexact(lift(input))
    factors = [z.concrete("the factor of zoom") if isinstance(z, Box) else z for z in per_axis(zoom, x.ndim)]
    shape = tuple([round(n * float(z)) for n, z in zip(x.shape, factors, strict=True)])
    coordinates = []
    for g, n, m in zip(_grid(shape), x.shape, shape, strict=True):
        if grid_mode:
            coordinates.append((g + 0.5) * (n / m) - 0.5 if m > 0 else g)
        else:
            coordinates.append(g * ((n - 1) / (m - 1) if m > 1 else 1.0))
    return finished(_interpolated(x, coordinates, order, mode, cval, prefilter), output, x.dtype)


@twin_of(theirs.rotate)
def rotate(
    input: Any, angle: Any, axes: Any = (1, 0), reshape: bool = True, output: Any = None, order: int = 3,
    mode: str = "constant", cval: float = 0.0, prefilter: bool = True,
) -> Any:  # fmt: skip
    """The image turned by an angle, in degrees, in the plane of two axes.

    angle: may be a tensor; reshape: whether the result is as large as the turned image; others as of `map_coordinates`.
    Raises ValueError for axes that are not two.

    >>> import wengert as wg
    >>> image = np.arange(9.0).reshape(3, 3)
    >>> wg.grad(lambda a: wg.scipy.ndimage.rotate(image, a, reshape=False, order=1)[1, 2])(10.0).round(4)
    np.float64(0.0485)
    """
    x = inexact(lift(input))
    if len(axes) != 2:
        raise ValueError("axes should contain exactly two values")
    plane = sorted([normal_axis(a, x.ndim) for a in axes])
    if x.ndim < 2 or plane[0] == plane[1]:
        raise ValueError("invalid rotation plane specified")
    radians = np.radians(lift(angle))
    c, s = np.cos(radians), np.sin(radians)
    size = [x.shape[a] for a in plane]
    after = size
    if reshape:
        plain = angle.concrete("the angle of rotate (give reshape=False)") if isinstance(angle, Box) else angle
        after = _extent(size, float(plain))
    u, v = [g - (n - 1) / 2 for g, n in zip(_grid(after), after, strict=True)]
    coordinates = [c * u + s * v + (size[0] - 1) / 2, c * v - s * u + (size[1] - 1) / 2]
    out = _interpolated(np.moveaxis(x, plane, (0, 1)), coordinates, order, mode, cval, prefilter)
    return finished(np.moveaxis(out, (0, 1), plane), output, x.dtype)


def _extent(size: list[int], angle: float) -> list[int]:
    """The lengths of a rectangle's axes after a turn."""
    turn = theirs.rotate(np.broadcast_to(np.float32(0), size), angle, reshape=True, order=0)
    return list(turn.shape)


@twin_of(theirs.geometric_transform)
def geometric_transform(
    input: Any, mapping: Any, output_shape: Any = None, output: Any = None, order: int = 3, mode: str = "constant",
    cval: float = 0.0, prefilter: bool = True, extra_arguments: tuple[Any, ...] = (), extra_keywords: Any = None,
) -> Any:  # fmt: skip
    """The image at ``mapping(place)`` for every place of the result.

    mapping: takes a tuple of indices and gives as many coordinates as the input has axes; others as of
    `map_coordinates`. Raises RuntimeError for another number of coordinates.

    >>> import wengert as wg
    >>> half = lambda place: (place[0] / 2,)
    >>> wg.grad(lambda x: wg.scipy.ndimage.geometric_transform(x, half, order=1)[1])(np.ones(3))
    array([0.5, 0.5, 0. ])
    """
    x = inexact(lift(input))
    shape = _shape_of(output_shape, output, x)
    found = [lift(list(mapping(place, *extra_arguments, **(extra_keywords or {})))) for place in np.ndindex(*shape)]
    places = np.reshape(np.stack(found), (*shape, x.ndim))
    coordinates = [places[..., k] for k in range(x.ndim)]
    return finished(_interpolated(x, coordinates, order, mode, cval, prefilter), output, x.dtype)
