"""Linear filters of images: twins of `scipy.ndimage`, over the row `linear_convolution`.

A filter is the border that its mode says, and a correlation where the weights overlap the whole. Results have the dtype
of the input, or of `output`, as SciPy's have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from scipy import ndimage as theirs

from wengert.core.apply import Box
from wengert.core.protocols import astype, deliver
from wengert.ops.linalg import conj
from wengert.ops.spelling import inexact, lift
from wengert.scipy.borders import continued, on_axis
from wengert.scipy.choice import twin_of
from wengert.scipy.convolving import convolved
from wengert.spec import normal_axis

__all__ = [
    "convolve",
    "convolve1d",
    "correlate",
    "correlate1d",
    "gaussian_filter",
    "gaussian_filter1d",
    "gaussian_gradient_magnitude",
    "gaussian_laplace",
    "generic_gradient_magnitude",
    "generic_laplace",
    "laplace",
    "prewitt",
    "sobel",
    "uniform_filter",
    "uniform_filter1d",
]

# --- what the filters share -------------------------------------------------------------------------------------


def finished(out: Any, output: Any, dtype: Any) -> Any:
    """A result in the dtype of `output`, or written into it; by default in that of the input."""
    if output is None:
        return astype(out, np.result_type(dtype, np.complex64) if out.dtype.kind == "c" else dtype)
    if isinstance(output, np.ndarray | Box):
        return deliver(astype(out, output.dtype), output, "the filter")
    return astype(out, np.dtype(output))


def per_axis(value: Any, count: int) -> list[Any]:
    """A number for every axis, or one for each."""
    if isinstance(value, str) or not isinstance(value, Iterable) or (isinstance(value, Box) and not value.ndim):
        return [value] * count
    values = list(value)
    if len(values) != count:
        raise RuntimeError("sequence argument must have length equal to input rank")
    return values


def _signal(x: Any) -> Any:
    return inexact(lift(x))


def _check_origin(origin: int, size: int) -> None:
    if not -(size // 2) <= origin <= (size - 1) // 2:
        raise ValueError("Invalid origin; origin must satisfy -(len(weights) // 2) <= origin <= (len(weights)-1) // 2")


def _correlated(x: Any, weights: Any, axes: tuple[int, ...], mode: Any, cval: Any, origins: Any) -> Any:
    """Σ_k w_k x_(i + k - m//2 - origin) over axes, for weights with an axis for each of x."""
    if not x.size:
        return x
    for axis, border, origin in zip(
        axes, per_axis(mode, len(axes)), per_axis(origin_list(origins), len(axes)), strict=True
    ):
        m = weights.shape[axis]
        _check_origin(origin, m)
        before = m // 2 + origin
        x = continued(x, axis, before, m - 1 - before, border, cval)
    return convolved(x, np.flip(conj(weights), axes), axes, full=False)


def origin_list(origins: Any) -> Any:
    """Origins as integers."""
    return int(origins) if not isinstance(origins, Iterable) else [int(o) for o in origins]


def _turned(origin: Any, size: int) -> int:
    """The origin of a correlation with the weights in reverse order."""
    return -int(origin) - (1 - size % 2)


# --- one axis ---------------------------------------------------------------------------------------------------


@twin_of(theirs.correlate1d)
def correlate1d(
    input: Any, weights: Any, axis: int = -1, output: Any = None, mode: str = "reflect", cval: float = 0.0,
    origin: int = 0,
) -> Any:  # fmt: skip
    """The correlation with 1-d weights along an axis.

    mode: what lies beyond the ends (`wengert.scipy.borders`), with cval for "constant"; origin: shifts the weights.
    Raises ValueError for an origin outside of the weights and RuntimeError for weights that are not 1-d.

    >>> import wengert as wg
    >>> wg.grad(lambda w: np.sum(wg.scipy.ndimage.correlate1d([1.0, 2.0, 3.0], w)))(np.ones(3))
    array([4., 6., 8.])
    """
    x, w = _signal(input), inexact(lift(weights))
    if w.ndim != 1 or not w.size:
        raise RuntimeError("no filter weights given")
    axis = normal_axis(axis, x.ndim)
    w = on_axis(w, axis, x.ndim)
    return finished(_correlated(x, w, (axis,), mode, cval, origin), output, x.dtype)


@twin_of(theirs.convolve1d)
def convolve1d(
    input: Any, weights: Any, axis: int = -1, output: Any = None, mode: str = "reflect", cval: float = 0.0,
    origin: int = 0,
) -> Any:  # fmt: skip
    """The convolution with 1-d weights along an axis.

    Arguments and errors are those of `correlate1d`.

    >>> import wengert as wg
    >>> wg.grad(lambda x: wg.scipy.ndimage.convolve1d(x, [1.0, 2.0, 3.0])[1])(np.ones(3))
    array([3., 2., 1.])
    """
    w = lift(weights)
    return correlate1d(input, conj(np.flip(w)), axis, output, mode, cval, _turned(origin, w.size))


@twin_of(theirs.uniform_filter1d)
def uniform_filter1d(
    input: Any, size: int, axis: int = -1, output: Any = None, mode: str = "reflect", cval: float = 0.0,
    origin: int = 0,
) -> Any:  # fmt: skip
    """The mean of `size` entries along an axis.

    The other arguments are those of `correlate1d`. Raises RuntimeError for a size below 1.

    >>> import wengert as wg
    >>> wg.grad(lambda x: wg.scipy.ndimage.uniform_filter1d(x, 2)[1])(np.ones(3))
    array([0.5, 0.5, 0. ])
    """
    if size < 1:
        raise RuntimeError("incorrect filter size")
    return correlate1d(input, np.full(size, 1 / size), axis, output, mode, cval, origin)


def _gaussian(sigma: Any, order: int, radius: int) -> Any:
    """Gauss's bell g(k) = e^(-k²/2σ²) / Σ g, or a derivative.

    g' = -k/σ² g, and d(q g) = (q' - q k/σ²) g for a polynomial q.
    """
    k = np.arange(-radius, radius + 1)
    square = sigma * sigma
    bell = np.exp(-0.5 / square * k**2)
    bell = bell / np.sum(bell)
    q: list[Any] = [1.0]
    for _ in range(order):
        slope = [n * c for n, c in enumerate(q)][1:]
        moved = [0.0, *[-c / square for c in q]]
        q = [a + b for a, b in zip([*slope, *[0.0] * (len(moved) - len(slope))], moved, strict=True)]
    polynomial: Any = sum([c * k.astype(float) ** n for n, c in enumerate(q)], start=0.0)
    return polynomial * bell


def _radius(sigma: Any, truncate: float, radius: Any) -> int:
    if radius is not None:
        if not isinstance(radius, int | np.integer) or radius < 0:
            raise ValueError("Radius must be a nonnegative integer.")
        return int(radius)
    width = sigma.concrete("the width of a Gaussian filter (give radius=)") if isinstance(sigma, Box) else sigma
    return int(truncate * float(width) + 0.5)


@twin_of(theirs.gaussian_filter1d)
def gaussian_filter1d(
    input: Any, sigma: Any, axis: int = -1, order: int = 0, output: Any = None, mode: str = "reflect",
    cval: float = 0.0, truncate: float = 4.0, *, radius: int | None = None,
) -> Any:  # fmt: skip
    """The correlation with Gauss's bell, or a derivative of it, along an axis.

    sigma: standard deviation, may be a tensor; order: of the derivative; truncate: radius of the weights in sigmas;
    radius: the same in entries. Raises ValueError for a negative order or radius.

    >>> import wengert as wg
    >>> x = np.array([0.0, 0.0, 1.0, 0.0, 0.0])
    >>> wg.grad(lambda s: wg.scipy.ndimage.gaussian_filter1d(x, s)[2])(1.0).round(4)
    np.float64(-0.3989)
    """
    if order < 0:
        raise ValueError("order must be non-negative")
    sigma = lift(sigma)
    weights = _gaussian(sigma, order, _radius(sigma, truncate, radius))
    return correlate1d(input, np.flip(weights), axis, output, mode, cval, 0)


# --- several axes -----------------------------------------------------------------------------------------------


def _axes(axes: Any, ndim: int) -> tuple[int, ...]:
    if axes is None:
        return tuple(range(ndim))
    places = [normal_axis(a, ndim) for a in (axes if isinstance(axes, Iterable) else [axes])]
    if len(set(places)) < len(places):
        raise ValueError("axes must be unique")
    return tuple(places)


def _spread(weights: Any, axes: tuple[int, ...], ndim: int) -> Any:
    """Weights with axes of length 1 for those that are not filtered; the others are in order, whatever `axes` is."""
    if weights.ndim != len(axes):
        raise RuntimeError(f"weights.ndim ({weights.ndim}) must match len(axes) ({len(axes)})")
    return np.expand_dims(weights, tuple([a for a in range(ndim) if a not in axes]))


@twin_of(theirs.correlate)
def correlate(
    input: Any, weights: Any, output: Any = None, mode: Any = "reflect", cval: float = 0.0, origin: Any = 0, *,
    axes: Any = None,
) -> Any:  # fmt: skip
    """The correlation with weights of as many axes as the input has (or `axes` names).

    Other arguments and errors are those of `correlate1d`.

    >>> import wengert as wg
    >>> wg.grad(lambda x: wg.scipy.ndimage.correlate(x, np.array([[1.0, 2.0]]))[0, 1])(np.ones((1, 3)))
    array([[1., 2., 0.]])
    """
    x, w = _signal(input), inexact(lift(weights))
    places = _axes(axes, x.ndim)
    out = _correlated(x, _spread(w, places, x.ndim), places, mode, cval, origin) if places else x
    return finished(out, output, x.dtype)


@twin_of(theirs.convolve)
def convolve(
    input: Any, weights: Any, output: Any = None, mode: Any = "reflect", cval: float = 0.0, origin: Any = 0, *,
    axes: Any = None,
) -> Any:  # fmt: skip
    """The convolution with weights of as many axes as the input has (or `axes` names).

    Other arguments and errors are those of `correlate1d`.

    >>> import wengert as wg
    >>> wg.grad(lambda x: wg.scipy.ndimage.convolve(x, np.array([[1.0, 2.0, 3.0]]))[0, 1])(np.ones((1, 3)))
    array([[3., 2., 1.]])
    """
    w, places = lift(weights), _axes(axes, lift(input).ndim)
    if w.ndim != len(places):
        raise RuntimeError(f"weights.ndim ({w.ndim}) must match len(axes) ({len(places)})")
    sizes = [w.shape[sorted(places).index(a)] for a in places]
    origins = [_turned(o, n) for o, n in zip(per_axis(origin_list(origin), w.ndim), sizes, strict=True)]
    return correlate(input, conj(np.flip(w)), output, mode, cval, origins, axes=axes)


def _one_by_one(x: Any, axes: tuple[int, ...], filters: Callable[[Any, int, int], Any]) -> Any:
    for n, axis in enumerate(axes):
        x = filters(x, n, axis)
    return x


@twin_of(theirs.uniform_filter)
def uniform_filter(
    input: Any, size: Any = 3, output: Any = None, mode: Any = "reflect", cval: float = 0.0, origin: Any = 0, *,
    axes: Any = None,
) -> Any:  # fmt: skip
    """The mean over a box of entries; size, mode and origin may be given for each axis.

    Raises RuntimeError for sizes below 1 and for lists that do not fit the axes.

    >>> import wengert as wg
    >>> wg.grad(lambda x: wg.scipy.ndimage.uniform_filter(x, 2)[1, 1])(np.ones((2, 2)))
    array([[0.25, 0.25],
           [0.25, 0.25]])
    """
    x = _signal(input)
    places = _axes(axes, x.ndim)
    sizes, modes, origins = [per_axis(v, len(places)) for v in (size, mode, origin)]
    out = _one_by_one(x, places, lambda y, n, axis: (
        uniform_filter1d(y, sizes[n], axis, None, modes[n], cval, origins[n]) if sizes[n] != 1 else y
    ))  # fmt: skip
    return finished(out, output, x.dtype)


@twin_of(theirs.gaussian_filter)
def gaussian_filter(
    input: Any, sigma: Any, order: Any = 0, output: Any = None, mode: Any = "reflect", cval: float = 0.0,
    truncate: float = 4.0, *, radius: Any = None, axes: Any = None,
) -> Any:  # fmt: skip
    """Gauss's bell over several axes; sigma, order, mode and radius may be given for each of them.

    Other arguments and errors are those of `gaussian_filter1d`.

    >>> import wengert as wg
    >>> wg.grad(lambda x: np.sum(wg.scipy.ndimage.gaussian_filter(x, 1.0)))(np.ones((2, 2))).round(12)
    array([[1., 1.],
           [1., 1.]])
    """
    x = _signal(input)
    places = _axes(axes, x.ndim)
    sigmas, orders, modes, radii = [per_axis(v, len(places)) for v in (sigma, order, mode, radius)]
    out = _one_by_one(x, places, lambda y, n, axis: (
        gaussian_filter1d(y, sigmas[n], axis, orders[n], None, modes[n], cval, truncate, radius=radii[n])
        if isinstance(sigmas[n], Box) or sigmas[n] > 1e-15 else y
    ))  # fmt: skip
    return finished(out, output, x.dtype)


# --- derivatives ------------------------------------------------------------------------------------------------


def _edges(weights: tuple[float, ...]) -> Any:
    """A filter of differences along an axis, smoothed by the weights along the others."""

    def function(input: Any, axis: int = -1, output: Any = None, mode: Any = "reflect", cval: float = 0.0) -> Any:
        x = _signal(input)
        axis = normal_axis(axis, x.ndim)
        modes = per_axis(mode, x.ndim)
        out = correlate1d(x, np.array([-1.0, 0.0, 1.0]), axis, None, modes[axis], cval)
        for other in range(x.ndim):
            if other != axis:
                out = correlate1d(out, np.array(weights), other, None, modes[other], cval)
        return finished(out, output, x.dtype)

    return function


def _named(function: Any, name: str, text: str) -> Any:
    """A twin with its name, its docstring and an example."""
    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"""{text}

    Arguments are those of `scipy.ndimage.{name}`; modes are those of `wengert.scipy.borders`.

    >>> import wengert as wg
    >>> wg.grad(lambda x: wg.scipy.ndimage.{name}(x, 0)[1, 1])(np.eye(3)).shape
    (3, 3)
    """
    return twin_of(getattr(theirs, name))(function)


prewitt = _named(_edges((1.0, 1.0, 1.0)), "prewitt", "Differences along an axis, summed over the neighbours on others.")
sobel = _named(_edges((1.0, 2.0, 1.0)), "sobel", "Differences along an axis, smoothed by (1, 2, 1) along the others.")


def _along_axes(
    derivative: Callable[..., Any], x: Any, mode: Any, cval: float, more: tuple[Any, ...], named: Any, axes: Any
) -> list[Any]:
    """The derivative along each axis, with further arguments."""
    places = _axes(axes, x.ndim)
    return [
        derivative(x, axis, None, border, cval, *more, **(named or {}))
        for axis, border in zip(places, per_axis(mode, len(places)), strict=True)
    ]


@twin_of(theirs.generic_laplace)
def generic_laplace(
    input: Any, derivative2: Callable[..., Any], output: Any = None, mode: Any = "reflect", cval: float = 0.0,
    extra_arguments: tuple[Any, ...] = (), extra_keywords: Any = None, *, axes: Any = None,
) -> Any:  # fmt: skip
    """The sum over axes of ``derivative2(input, axis, output, mode, cval, ...)``.

    Raises ValueError for axes that are named twice.

    >>> import wengert as wg
    >>> second = lambda x, axis, *rest: wg.scipy.ndimage.correlate1d(x, [1.0, -2.0, 1.0], axis, *rest)
    >>> wg.grad(lambda x: wg.scipy.ndimage.generic_laplace(x, second)[1])(np.ones(3))
    array([ 1., -2.,  1.])
    """
    x = _signal(input)
    terms = _along_axes(derivative2, x, mode, cval, extra_arguments, extra_keywords, axes)
    return finished(sum(terms[1:], start=terms[0]) if terms else x, output, x.dtype)


@twin_of(theirs.generic_gradient_magnitude)
def generic_gradient_magnitude(
    input: Any, derivative: Callable[..., Any], output: Any = None, mode: Any = "reflect", cval: float = 0.0,
    extra_arguments: tuple[Any, ...] = (), extra_keywords: Any = None, *, axes: Any = None,
) -> Any:  # fmt: skip
    """The root of the sum over axes of squares of ``derivative(input, axis, output, mode, cval, ...)``.

    Its derivative where the sum is 0 is taken to be 0. Raises ValueError for axes that are named twice.

    >>> import wengert as wg
    >>> first = lambda x, axis, *rest: wg.scipy.ndimage.correlate1d(x, [-1.0, 1.0], axis, *rest)
    >>> wg.grad(lambda x: wg.scipy.ndimage.generic_gradient_magnitude(x, first)[1])(np.array([1.0, 3.0]))
    array([-1.,  1.])
    """
    x = _signal(input)
    terms = _along_axes(derivative, x, mode, cval, extra_arguments, extra_keywords, axes)
    return finished(np.linalg.norm(np.stack(terms), axis=0) if terms else x, output, x.dtype)


@twin_of(theirs.laplace)
def laplace(input: Any, output: Any = None, mode: Any = "reflect", cval: float = 0.0, *, axes: Any = None) -> Any:
    """The sum of second differences over axes.

    Arguments and errors are those of `generic_laplace`.

    >>> import wengert as wg
    >>> wg.grad(lambda x: wg.scipy.ndimage.laplace(x)[1])(np.ones(3))
    array([ 1., -2.,  1.])
    """

    def second(x: Any, axis: int, *rest: Any) -> Any:
        return correlate1d(x, np.array([1.0, -2.0, 1.0]), axis, *rest)

    return generic_laplace(lift(input), second, output, mode, cval, axes=axes)


def _derivative_of_bell(order: int, sigma: Any, axes: Any, ndim: int, keywords: dict[str, Any]) -> Callable[..., Any]:
    """The filter by a derivative of Gauss's bell along an axis, as `generic_laplace` calls it."""
    places = _axes(axes, ndim)
    sigmas = per_axis(sigma, len(places))
    truncate, radii = keywords.get("truncate", 4.0), per_axis(keywords.get("radius"), len(places))

    def derivative(x: Any, along: int, output: Any, mode: str, cval: float) -> Any:
        return _one_by_one(x, places, lambda y, n, axis: gaussian_filter1d(
            y, sigmas[n], axis, order if axis == along else 0, None, mode, cval, truncate, radius=radii[n]
        ))  # fmt: skip

    return derivative


@twin_of(theirs.gaussian_laplace)
def gaussian_laplace(
    input: Any, sigma: Any, output: Any = None, mode: Any = "reflect", cval: float = 0.0, *, axes: Any = None,
    **kwargs: Any,
) -> Any:  # fmt: skip
    """The sum of second derivatives over axes, of Gauss's bell.

    kwargs: truncate and radius of `gaussian_filter`. Errors are those of `gaussian_filter1d`.

    >>> import wengert as wg
    >>> wg.grad(lambda x: np.sum(wg.scipy.ndimage.gaussian_laplace(x, 1.0)))(np.ones((3, 3))).shape
    (3, 3)
    """
    x = _signal(input)
    return generic_laplace(x, _derivative_of_bell(2, sigma, axes, x.ndim, kwargs), output, mode, cval, axes=axes)


@twin_of(theirs.gaussian_gradient_magnitude)
def gaussian_gradient_magnitude(
    input: Any, sigma: Any, output: Any = None, mode: Any = "reflect", cval: float = 0.0, *, axes: Any = None,
    **kwargs: Any,
) -> Any:  # fmt: skip
    """The length of the gradient, by derivatives of Gauss's bell.

    kwargs: truncate and radius of `gaussian_filter`. Errors are those of `gaussian_filter1d`.

    >>> import wengert as wg
    >>> wg.grad(lambda x: np.sum(wg.scipy.ndimage.gaussian_gradient_magnitude(x, 1.0)))(np.eye(3)).shape
    (3, 3)
    """
    x = _signal(input)
    bell = _derivative_of_bell(1, sigma, None, x.ndim, kwargs)  # SciPy smooths along all axes, whatever `axes` is
    return generic_gradient_magnitude(x, bell, output, mode, cval, axes=axes)
