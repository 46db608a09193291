"""How NumPy's interpolation, differences, convolutions and calls along axes are spelled with the rows."""

from __future__ import annotations

import builtins
import math
from typing import Any

import numpy as np

from wengert.core.apply import Box, apply
from wengert.core.op import Op, elementwise, multilinear, primitive
from wengert.core.protocols import astype, fitted, spell
from wengert.ops.index import take
from wengert.ops.linalg import conj
from wengert.ops.spelling import inexact, lift
from wengert.spec import normal_axes, normal_axis

__all__: list[str] = []

# --- interpolation ------------------------------------------------------------------------------------------


# Where values belong in a sorted array: locally constant.
_search = primitive(
    lambda a, v, side: np.searchsorted(a, v, side=side), "a v", name="searchsorted", vjp={"a": 0, "v": 0},
    jvp={"a": 0, "v": 0}, vmap=lambda n, operands, batched, params: _search_batched(n, operands, batched, params),
)  # fmt: skip


def _search_batched(n: int, operands: Any, batched: Any, params: Any) -> Any:
    (a, v), (many, varied) = operands, batched
    if not many:
        return apply(_search, (a, v), params)
    return np.stack([apply(_search, (a[i], v[i] if varied else v), params) for i in range(n)])


@spell(np.searchsorted)
def searchsorted(a: Any, v: Any, side: Any = "left", sorter: Any = None) -> Any:
    """Where values belong in a sorted array."""
    a, v = lift(a), lift(v)
    return _search(a if sorter is None else take(a, sorter), v, side="left" if side[0] in "lL" else "right")


@spell(np.digitize)
def digitize(x: Any, bins: Any, right: bool = False) -> Any:
    """The number of the bin that each value lies in; bins may rise or fall."""
    x, bins = lift(x), lift(bins)
    if bins.ndim != 1:
        raise ValueError("object of too small depth for desired array")
    side = "left" if right else "right"
    rising = _search(bins, x, side=side)
    if not bins.size:
        return rising
    return np.where(bins[0] <= bins[-1], rising, bins.size - _search(bins[::-1], x, side=side))


@spell(np.interp)
def interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None) -> Any:
    """The broken line through the points (xp, fp) at x; at a point it has the slope of the piece to the right of it.

    Beyond the points it is `left` and `right`; with a `period` it repeats itself. Differentiable in x, xp, fp, left
    and right.
    """
    x, xp, fp = astype(lift(x), np.float64), astype(lift(xp), np.float64), lift(fp)
    fp = astype(fp, np.complex128 if fp.dtype.kind == "c" else np.float64)
    if xp.ndim != 1 or xp.shape != fp.shape:
        raise ValueError("fp and xp are not of the same length.")
    if not xp.size:
        raise ValueError("array of sample points is empty")
    if period is not None:
        xp, fp, x = _periodic(xp, fp, x, period)
        left = right = None
    n = xp.shape[0]
    inside = x
    if n > 1:
        piece = np.clip(_search(xp, x, side="right") - 1, 0, n - 2)
        width = take(xp, piece + 1) - take(xp, piece)
        # At the last point its value is the line's, the piece that ends there gives the slope.
        start = np.where(x == xp[-1], n - 1, piece)
        rise = (take(fp, piece + 1) - take(fp, piece)) / np.where(width == 0, 1.0, width)
        inside = take(fp, start) + rise * (x - take(xp, start))
    else:
        inside = fp[0] + 0 * x
    out = np.where(x < xp[0], fp[0] if left is None else left, inside)
    return np.where(x > xp[-1], fp[-1] if right is None else right, out)[()]


def _periodic(xp: Any, fp: Any, x: Any, period: Any) -> tuple[Any, Any, Any]:
    """The points in order within one period, and one more on either side."""
    period = np.abs(period)
    x, xp = np.remainder(x, period), np.remainder(xp, period)
    order = np.argsort(xp)
    xp, fp = take(xp, order), take(fp, order)
    xp = np.concatenate([xp[-1:] - period, xp, xp[:1] + period])
    return xp, np.concatenate([fp[-1:], fp, fp[:1]]), x


# --- differences ----------------------------------------------------------------------------------------------


@spell(np.ediff1d)
def ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    """Differences of neighbours in the flattened array, with numbers before and after."""
    flat = np.ravel(lift(ary))
    parts = [flat[1:] - flat[:-1]]
    if to_begin is not None:
        parts.insert(0, astype(np.ravel(lift(to_begin)), flat.dtype))
    if to_end is not None:
        parts.append(astype(np.ravel(lift(to_end)), flat.dtype))
    return np.concatenate(parts)


@spell(np.gradient)
def gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """Central differences inside, one-sided ones of order 1 or 2 at the ends; per axis a spacing or coordinates.

    Differentiable in the values, the spacings and the coordinates.
    """
    f = inexact(lift(f))
    axes = (
        tuple(range(f.ndim))
        if axis is None
        else tuple([normal_axis(a, f.ndim) for a in (axis if isinstance(axis, tuple | list) else (axis,))])
    )
    if edge_order not in (1, 2):
        raise ValueError("'edge_order' greater than 2 not supported")
    if len(varargs) not in (0, 1, len(axes)) or (len(varargs) == 1 < len(axes) and np.ndim(varargs[0])):
        raise TypeError("invalid number of arguments")
    steps = varargs * len(axes) if len(varargs) == 1 else varargs or (1.0,) * len(axes)
    out = tuple([_slope(f, step, a, edge_order) for a, step in zip(axes, steps, strict=True)])
    return out[0] if len(axes) == 1 else out


def _slope(f: Any, step: Any, axis: int, edge_order: int) -> Any:
    y = np.moveaxis(f, axis, 0)
    n = y.shape[0]
    if n < edge_order + 1:
        raise ValueError(
            "Shape of array too small to calculate a numerical gradient, "
            "at least (edge_order + 1) elements are required."
        )
    if np.ndim(step):
        x = lift(step)
        if x.ndim != 1 or x.shape[0] != n:
            raise ValueError("when 1d, distances must match the length of the corresponding dimension")
        h = inexact(np.diff(x))
        h = np.reshape(h, (n - 1,) + (1,) * (y.ndim - 1))
    else:
        h = np.broadcast_to(inexact(lift(step)) if isinstance(step, Box) else np.asarray(step, f.dtype), (n - 1,))
        h = np.reshape(h, (n - 1,) + (1,) * (y.ndim - 1))
    slopes = (y[1:] - y[:-1]) / h
    # The parabola through three points: inside its slope is the mean of both sides, each weighted by the other's
    # width; at an end it is the side's slope plus what it changes by.
    before, after = h[:-1], h[1:]
    bend = (slopes[1:] - slopes[:-1]) / (before + after)
    first, last = slopes[:1], slopes[-1:]
    if edge_order == 2:
        first, last = first - bend[:1] * h[:1], last + bend[-1:] * h[-1:]
    out = np.concatenate([first, slopes[:-1] + bend * before, last])
    return astype(np.moveaxis(out, 0, axis), f.dtype)


@spell(np.unwrap)
def unwrap(p: Any, discont: Any = None, axis: int = -1, *, period: Any = 2 * math.pi) -> Any:
    """Phases without the jumps by whole periods: these are locally constant, so that the derivative is that of `p`."""
    p = lift(p)
    d = np.diff(p, axis=axis)
    half = period / 2
    whole = p.dtype.kind in "iu" and isinstance(period, int)
    jumps = d if whole else inexact(d)
    if whole:
        half, odd = builtins.divmod(period, 2)
        turned = np.remainder(d + half, period) - half
        turned = turned if odd else np.where((turned == -half) & (d > 0), half, turned)
    else:
        turned = np.remainder(jumps + half, period) - half
        turned = np.where((turned == -half) & (jumps > 0), half, turned)
    low = half if discont is None else discont
    correction = np.where(np.abs(d) < low, 0, turned - d)
    lead = (slice(None),) * normal_axis(axis, p.ndim)
    rest = p[(*lead, slice(1, None))] + np.cumsum(correction, axis=axis)
    return np.concatenate([astype(p[(*lead, slice(None, 1))], rest.dtype), rest], axis=axis)


# --- sums and products up to each entry -------------------------------------------------------------------------


def _cumulative(scan: Any, neutral: int) -> Any:
    def function(x: Any, /, *, axis: Any = None, dtype: Any = None, include_initial: bool = False) -> Any:
        x = lift(x)
        if axis is None and x.ndim > 1:
            raise ValueError("For arrays which have more than one dimension ``axis`` argument is required.")
        axis = normal_axis(0 if axis is None else axis, builtins.max(x.ndim, 1))
        out = scan(np.atleast_1d(x), axis=axis, dtype=dtype)
        if not include_initial:
            return out
        shape = (*out.shape[:axis], 1, *out.shape[axis + 1 :])
        return np.concatenate([np.full(shape, neutral, out.dtype), out], axis=axis)

    return function


if hasattr(np, "cumulative_sum"):  # NumPy 2.1
    spell(np.cumulative_sum)(_cumulative(np.cumsum, 0))
    spell(np.cumulative_prod)(_cumulative(np.cumprod, 1))


# --- convolutions -----------------------------------------------------------------------------------------------


def _convolve(x: Any, y: Any) -> Any:
    if x.ndim == y.ndim == 1:
        return np.convolve(x, y)
    if x.shape[-1] < y.shape[-1]:
        x, y = y, x
    n, m = x.shape[-1], y.shape[-1]
    out = np.zeros((*np.broadcast_shapes(x.shape[:-1], y.shape[:-1]), n + m - 1), np.result_type(x, y))
    for k in range(m):
        out[..., k : k + n] += x * y[..., k : k + 1]
    return out


# out_k = Σ x_i y_(k-i). The adjoint in x is Σ_k g_k conj(y_(k-i)), that part of another convolution.
def _correlated(g: Any, y: Any, n: int) -> Any:
    m = y.shape[-1]
    return convolve_full(g, np.flip(conj(y), -1))[..., m - 1 : m - 1 + n]


convolve_full: Op = multilinear(_convolve, "x y", name="convolve_full", core="(n),(m)->(k)",
    x=lambda g, like, y: _correlated(g, y, like.shape[-1]),
    y=lambda g, like, x: _correlated(g, x, like.shape[-1]),
    torch="Convolution")  # fmt: skip


def _modes(mode: Any) -> str:
    names = ("valid", "same", "full")
    name = names[mode] if isinstance(mode, int) and 0 <= mode < 3 else mode
    if name not in names:
        raise ValueError(f"mode must be one of 'valid', 'same', or 'full' (got {mode!r})")
    return str(name)


@spell(np.convolve)
def convolve(a: Any, v: Any, mode: Any = "full") -> Any:
    """The discrete convolution of two sequences: all of it, its middle, or where both overlap wholly."""
    a, v = np.atleast_1d(lift(a)), np.atleast_1d(lift(v))
    if not a.size or not v.size:
        raise ValueError(f"{'v' if a.size else 'a'} cannot be empty")
    longer, shorter = builtins.max(a.size, v.size), builtins.min(a.size, v.size)
    out = convolve_full(a, v)
    if _modes(mode) == "full":
        return out
    if _modes(mode) == "valid":
        return out[shorter - 1 : longer]
    return out[(shorter - 1) // 2 : (shorter - 1) // 2 + longer]


@spell(np.correlate)
def correlate(a: Any, v: Any, mode: Any = "valid") -> Any:
    """The correlation Σ a_(n+k) conj(v_n) of two sequences at all shifts, those in the middle, or of whole overlap."""
    a, v = np.atleast_1d(lift(a)), np.atleast_1d(lift(v))
    if a.size < v.size:  # as that of the sequences exchanged, read backwards
        return np.flip(np.conj(correlate(v, a, mode)))
    return convolve(a, np.flip(np.conj(v)), mode)


# --- calls along axes and on pieces -------------------------------------------------------------------------------


@spell(np.apply_along_axis)
def apply_along_axis(func1d: Any, axis: int, arr: Any, *args: Any, **kwargs: Any) -> Any:
    """The results of a function of one slice along an axis, in the place of that axis."""
    arr = lift(arr)
    axis = normal_axis(axis, arr.ndim)
    rows = np.moveaxis(arr, axis, -1)
    loop = rows.shape[:-1]
    if not math.prod(loop):
        raise ValueError("Cannot apply_along_axis when any iteration dimensions are 0")
    results = [lift(func1d(rows[index], *args, **kwargs)) for index in np.ndindex(loop)]
    out = np.reshape(np.stack(results), (*loop, *results[0].shape))
    rank = results[0].ndim
    return np.moveaxis(out, tuple(range(len(loop), len(loop) + rank)), tuple(range(axis, axis + rank)))


@spell(np.apply_over_axes)
def apply_over_axes(func: Any, a: Any, axes: Any) -> Any:
    """A function of an array and an axis, applied over several axes in turn."""
    out = lift(a)
    rank = out.ndim
    for axis in np.atleast_1d(axes).tolist():
        found = func(out, normal_axis(axis, rank))
        if np.ndim(found) != out.ndim:
            found = np.expand_dims(found, normal_axis(axis, rank))
            if np.ndim(found) != out.ndim:
                raise ValueError("function is not returning an array of the correct shape")
        out = found
    return out


@spell(np.piecewise)
def piecewise(x: Any, condlist: Any, funclist: Any, *args: Any, **kw: Any) -> Any:
    """The function, or the number, whose condition holds; one more of them serves where none does.

    Every function sees all of x, not only its piece: which entries belong to it may depend on values that are not
    known yet. What it gives elsewhere is dropped, and so are derivatives there.
    """
    x = lift(x)
    if (
        np.isscalar(condlist)
        or (not isinstance(condlist[0], list | np.ndarray | Box) and x.ndim)
        or (isinstance(condlist, np.ndarray | Box) and condlist.ndim == x.ndim and x.ndim)
    ):
        condlist = [condlist]
    conditions = [np.broadcast_to(astype(lift(c), bool), x.shape) for c in condlist]
    if len(funclist) not in (len(conditions), len(conditions) + 1):
        raise ValueError(
            f"with {len(conditions)} condition(s), either {len(conditions)} or {len(conditions) + 1} functions "
            "are expected"
        )
    out: Any = np.zeros(x.shape, x.dtype)
    if len(funclist) > len(conditions):
        out = _piece(funclist[-1], x, args, kw)
    for condition, f in zip(conditions, funclist, strict=False):
        out = np.where(condition, _piece(f, x, args, kw), out)
    return out


def _piece(f: Any, x: Any, args: Any, kw: Any) -> Any:
    with np.errstate(all="ignore"):
        return fitted(f(x, *args, **kw) if callable(f) else f, x.shape, x.dtype, "unsafe")


# --- I₀ -----------------------------------------------------------------------------------------------------------
# The modified Bessel functions of integer order, I_n' = (I_(n-1) + I_(n+1))/2 and I_(-1) = I_1 (Abramowitz & Stegun
# 9.6.26). Up to 20 by the power series Σ (x/2)^(2k+n) / (k! (k+n)!), whose terms are all positive; beyond by the
# trapezoidal rule for ∫ exp(x cos θ) cos(nθ) dθ / π, exact to working precision, for the integrand is periodic.
_TERMS, _NODES, _BORDER = 50, 256, 20.0


def _bessel_i(x: Any, order: int) -> Any:
    size = np.abs(np.asarray(x, np.float64))[..., None]
    k = np.arange(_TERMS)
    logs = np.array([math.lgamma(n + 1) + math.lgamma(n + order + 1) for n in range(_TERMS)])
    near = np.sum(np.minimum(size / 2, _BORDER) ** (2 * k + order) * np.exp(-logs), axis=-1)
    theta = (np.arange(_NODES) + 0.5) * (math.pi / _NODES)
    far = np.mean(np.exp(size * (np.cos(theta) - 1)) * np.cos(order * theta), axis=-1) * np.exp(size[..., 0])
    out = np.where(size[..., 0] <= _BORDER, near, far)
    return (np.where(np.signbit(x), -out, out) if order % 2 else out).astype(np.asarray(x).dtype)[()]


bessel_i: Op = elementwise(
    _bessel_i,
    "x",
    name="bessel_i",
    dx=lambda x, order: (
        bessel_i(x, order=1) if order == 0 else 0.5 * (bessel_i(x, order=order - 1) + bessel_i(x, order=order + 1))
    ),
)


@spell(np.i0)
def i0(x: Any) -> Any:
    """The modified Bessel function of the first kind and order 0."""
    x = lift(x)
    if x.dtype.kind == "c":
        raise TypeError("i0 not supported for complex values")
    return bessel_i(inexact(x), order=0)


@spell(np.vander)
def vander(x: Any, N: Any = None, increasing: bool = False) -> Any:
    """The powers of each entry along a row."""
    x = lift(x)
    if x.ndim != 1:
        raise ValueError("x must be a one-dimensional array or sequence.")
    exponents = np.arange(x.shape[0] if N is None else N)
    x = astype(x, np.promote_types(x.dtype, int))
    return np.power(x[:, None], exponents if increasing else exponents[::-1])


@spell(np.logspace)
def logspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, base: Any = 10.0, dtype: Any = None, axis: int = 0
) -> Any:
    """Numbers whose logarithms to the base are evenly spaced."""
    if np.ndim(base):
        start, stop, base = np.broadcast_arrays(lift(start), lift(stop), lift(base))
        base = np.expand_dims(base, normal_axes(axis, base.ndim + 1))
    exponents = np.linspace(start, stop, num, endpoint, axis=axis)
    out = np.power(base, exponents)
    return out if dtype is None else astype(out, dtype)


@spell(np.geomspace)
def geomspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0) -> Any:
    """Numbers with a constant quotient of neighbours; complex ones on a spiral."""
    start, stop = np.broadcast_arrays(inexact(lift(start)), inexact(lift(stop)))
    parts = builtins.max(num - 1 if endpoint else num, 1)
    kind = np.result_type(start.dtype, stop.dtype, np.float64)
    share = (np.arange(num) / parts).reshape((num,) + (1,) * start.ndim).astype(np.finfo(kind).dtype)
    out = start * np.exp(share * np.log(stop / start))
    out = np.moveaxis(out, 0, axis) if axis else out
    return astype(out, kind if dtype is None else dtype)
