"""Linear filters: convolution over chosen axes, recursive filters, polyphase resampling, spline coefficients.

All are (multi)linear in the signal, and their adjoints are filters of the same kind that run backwards in time. SciPy
computes them, and is imported at first use.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from wengert.core.apply import apply
from wengert.core.op import Op, linear, multilinear, primitive
from wengert.ops.lazy import scipy_function
from wengert.ops.linalg import conj

__all__ = ["reversed_along"]

_fftconvolve = scipy_function("scipy.signal", "fftconvolve")
_convolve = scipy_function("scipy.signal", "convolve")
_correlate1d = scipy_function("scipy.ndimage", "correlate1d")
_lfilter = scipy_function("scipy.signal", "lfilter")
_upfirdn = scipy_function("scipy.signal", "upfirdn")
_spline_filter1d = scipy_function("scipy.ndimage", "spline_filter1d")


def reversed_along(x: Any, axes: tuple[int, ...]) -> Any:
    """conj(x) with some axes in reverse order: the filter that is the adjoint of x."""
    return conj(np.flip(x, axes))


def _along(ndim: int, axis: int, part: slice) -> tuple[slice, ...]:
    return (*[slice(None)] * axis, part, *[slice(None)] * (ndim - 1 - axis))


# --- convolution ------------------------------------------------------------------------------------------------
# full:   z_k = Σ_j x_j y_(k-j)            for all k where a term is         n + m - 1 of them
# valid:  z_k = Σ_j x_(k+m-1-j) y_j        for all k where all terms are     n - m + 1 of them, n ≥ m
#
# With x' = conj(x) in reverse order, the adjoints are  full: valid(g, y'), valid(g, x')  and  valid: full(g, y'),
# valid(x', g), so that the two kinds of one row are closed under differentiation. Other axes broadcast.


def _convolution(x: Any, y: Any, axes: tuple[int, ...], full: bool, fft: bool) -> Any:
    mode = "full" if full else "valid"
    shape = list(np.broadcast_shapes(*[[1 if a in axes else n for a, n in enumerate(z.shape)] for z in (x, y)]))
    for a in axes:
        shape[a] = x.shape[a] + y.shape[a] - 1 if full else x.shape[a] - y.shape[a] + 1
    dtype = np.result_type(x, y)
    if 0 in (x.size, y.size, math.prod(shape)):
        return np.zeros(shape, dtype)
    if fft:
        return _fftconvolve(x, y, mode, axes=axes).astype(dtype, copy=False)
    if len(axes) == 1:
        return _along_one(x, y, axes[0], full, shape, dtype)
    loop = [1 if a in axes else n for a, n in enumerate(shape)]
    x, y = [np.broadcast_to(z, [n if a in axes else m for a, (n, m) in enumerate(zip(z.shape, loop, strict=True))])
            for z in (x, y)]  # fmt: skip
    out = np.empty(shape, dtype)
    for place in itertools.product(*[range(n) for n in loop]):
        key = tuple([slice(None) if a in axes else i for a, i in enumerate(place)])
        out[key] = _convolve(x[key], y[key], mode, "direct")
    return out


def _along_one(x: Any, y: Any, axis: int, full: bool, shape: list[int], dtype: Any) -> Any:
    if full and y.shape[axis] > x.shape[axis]:
        x, y = y, x
    n, m = x.shape[axis], y.shape[axis]
    if x.ndim == 1:
        return np.convolve(x, y, "full" if full else "valid").astype(dtype, copy=False)
    if y.size == m and dtype.char in "fdFD":
        return _by_one_kernel(x, y, axis, full, dtype)
    out, rows = np.zeros(shape, dtype), math.prod(shape) // shape[axis]
    if rows < min(m, shape[axis]):
        return _row_by_row(x, y, axis, full, out)
    for k in range(m if full or m <= shape[axis] else 0):  # tap by tap
        tap = y[_along(y.ndim, axis, slice(k, k + 1))]
        if full:
            out[_along(out.ndim, axis, slice(k, k + n))] += tap * x
        else:
            out += tap * x[_along(x.ndim, axis, slice(m - 1 - k, n - k))]
    if not full and m > shape[axis]:  # result by result
        y = np.flip(y, axis)
        for k in range(shape[axis]):
            part = x[_along(x.ndim, axis, slice(k, k + m))]
            out[_along(out.ndim, axis, slice(k, k + 1))] = np.sum(part * y, axis=axis, keepdims=True)
    return out


def _by_one_kernel(x: Any, y: Any, axis: int, full: bool, dtype: Any) -> Any:
    """All rows of x with the same y, by SciPy's loop over rows, which conjugates the weights."""
    m = y.shape[axis]
    if full:
        x = np.pad(x, [(m - 1, m - 1) if a == axis else (0, 0) for a in range(x.ndim)])
    length = x.shape[axis] - m + 1
    out = _correlate1d(x.astype(dtype, copy=False), conj(np.flip(y.ravel())), axis, None, "constant")
    return out[_along(x.ndim, axis, slice(m // 2, m // 2 + length))]


def _row_by_row(x: Any, y: Any, axis: int, full: bool, out: Any) -> Any:
    rows = np.moveaxis(out, axis, -1)
    x, y = [np.moveaxis(z, axis, -1) for z in (x, y)]
    x, y = [np.broadcast_to(z, (*rows.shape[:-1], z.shape[-1])) for z in (x, y)]
    for place in np.ndindex(*rows.shape[:-1]):
        rows[place] = np.convolve(x[place], y[place], "full" if full else "valid")
    return out


def _convolution_batched(n: int, operands: Any, batched: Any, params: Any) -> Any:
    x, y = [v if b else np.expand_dims(v, 0) for v, b in zip(operands, batched, strict=True)]
    return apply(linear_convolution, (x, y), {**params, "axes": tuple([a + 1 for a in params["axes"]])})


def _convolution_x(g: Any, y: Any, axes: Any, full: bool, fft: bool) -> Any:
    return linear_convolution(g, reversed_along(y, axes), axes=axes, full=not full, fft=fft)


def _convolution_y(g: Any, x: Any, axes: Any, full: bool, fft: bool) -> Any:
    x = reversed_along(x, axes)
    return linear_convolution(*((g, x) if full else (x, g)), axes=axes, full=False, fft=fft)


linear_convolution: Op = multilinear(
    _convolution, "x y", name="linear_convolution", x=_convolution_x, y=_convolution_y, vmap=_convolution_batched
)


def _one_filter(op: Any) -> Any:
    """Batches of signals go through a filter together; batches of filters one after the other."""

    def batched_filter(n: int, operands: Any, batched: Any, params: Any) -> Any:
        if not batched[0]:
            return apply(op(), operands, {**params, "along": params["along"] + 1})
        rows = [
            apply(op(), [v[i] if b else v for v, b in zip(operands, batched, strict=True)], params) for i in range(n)
        ]
        return np.stack(rows)

    return batched_filter


# --- recursive filters ------------------------------------------------------------------------------------------
# Σ_k a_k y_(n-k) = v_n, from rest. A y = v with A the lower triangular Toeplitz matrix of a, so that
#
#     dy = A⁻¹ (dv - dA y),     the adjoint in v is A⁻ᴴ g = h:  the filter conj(a) run backwards,
#
# and in a:  ⟨h, -dA y⟩ = -Σ_k da_k Σ_n conj(h_n) y_(n-k), a correlation of h and y. Its axis is called `along`, because
# a has no such axis.


def _recursion(a: Any, v: Any, along: int) -> Any:
    if not v.size:
        return np.zeros(v.shape, np.result_type(a, v))
    return _lfilter(np.ones(1, a.dtype), a, v, along)


def _recursion_back(g: Any, a: Any, along: int) -> Any:
    return np.flip(recursion(conj(a), np.flip(g, along), along=along), along)


def _recursion_moved(t: Any, a: Any, out: Any, along: int) -> Any:
    t = np.reshape(t, _column(out.ndim, along))
    moved = linear_convolution(out, t, axes=(along,), full=True, fft=False)
    return -recursion(a, moved[_along(out.ndim, along, slice(out.shape[along]))], along=along)


def _recursion_filter(g: Any, a: Any, out: Any, along: int) -> Any:
    h = _recursion_back(g, a, along)
    h = np.pad(h, [(0, a.shape[0] - 1) if k == along else (0, 0) for k in range(h.ndim)])
    products = linear_convolution(h, reversed_along(out, (along,)), axes=(along,), full=False, fft=False)
    return -np.sum(products, axis=tuple([k for k in range(out.ndim) if k != along]))


def _column(ndim: int, axis: int) -> tuple[int, ...]:
    return (*[1] * axis, -1, *[1] * (ndim - 1 - axis))


recursion: Op = primitive(
    _recursion,
    "a v",
    name="recursion",
    jvp={"a": _recursion_moved, "v": lambda t, a, along: recursion(a, t, along=along)},
    vjp={"a": _recursion_filter, "v": _recursion_back},
    vmap=_one_filter(lambda: recursion),
)


# --- polyphase resampling -----------------------------------------------------------------------------------------
# y_n = Σ_m h_(n down - m up) x_m for the n with 0 ≤ n < count. Let h' be conj(h) in reverse order, of length L. Then
#
#     x_m = Σ_n conj(h_(n down - m up)) g_n = Σ_n h'_(m up + L - 1 - n down) g_n
#
# is entry m + (L - 1) / up of the same with `up` and `down` exchanged, h continued by zeros until up divides L - 1.
# In h it is the correlation of the stretched g and x at the shifts 0 to L - 1.


def _resampling(h: Any, x: Any, up: int, down: int, along: int, count: int) -> Any:
    shape = (*x.shape[:along], count, *x.shape[along + 1 :])
    out = np.zeros(shape, np.result_type(h, x))
    if out.size and x.size:
        found = _upfirdn(h, x, up, down, along)
        n = min(found.shape[along], count)
        out[_along(x.ndim, along, slice(n))] = found[_along(x.ndim, along, slice(n))]
    return out


def _resampling_x(g: Any, h: Any, like_shape: Any, up: int, down: int, along: int) -> Any:
    h = np.pad(h, (0, -(h.shape[0] - 1) % up))
    first, n = (h.shape[0] - 1) // up, like_shape[along]
    out = resampling(reversed_along(h, (0,)), g, up=down, down=up, along=along, count=first + n)
    return out[_along(out.ndim, along, slice(first, None))]


def _resampling_h(g: Any, x: Any, like_shape: Any, up: int, down: int, along: int) -> Any:
    x, g = _stretched(x, up, along), _stretched(g, down, along)
    length = x.shape[along] + like_shape[0] - 1
    g = g[_along(g.ndim, along, slice(length))]
    g = np.pad(g, [(0, length - g.shape[along]) if k == along else (0, 0) for k in range(g.ndim)])
    products = linear_convolution(g, reversed_along(x, (along,)), axes=(along,), full=False, fft=False)
    return np.sum(products, axis=tuple([k for k in range(x.ndim) if k != along]))


def _stretched(x: Any, by: int, axis: int) -> Any:
    """`by` - 1 zeros between entries."""
    wide = np.pad(np.expand_dims(x, axis + 1), [(0, by - 1) if k == axis + 1 else (0, 0) for k in range(x.ndim + 1)])
    wide = np.reshape(wide, (*x.shape[:axis], x.shape[axis] * by, *x.shape[axis + 1 :]))
    return wide[_along(x.ndim, axis, slice(max((x.shape[axis] - 1) * by + 1, 0)))]


resampling: Op = multilinear(
    _resampling, "h x", name="resampling", h=_resampling_h, x=_resampling_x, vmap=_one_filter(lambda: resampling)
)

# --- spline coefficients --------------------------------------------------------------------------------------------
# c with Σ_k b_k c_(i+k) = x_i for the samples b of a B-spline, x continued by `mode`: c = B⁻¹ x. B is symmetric if
# x is continued around its ends or periodically. Continued around its end entries ("mirror"), B = C⁻¹ Λ C with Λ
# diagonal and C = S D the cosine transform of type 1, where S is symmetric and D = diag(1, 2, …, 2, 1). As C² is a
# multiple of 1, so is S D S D: S⁻¹ ~ D S D, and  B = S Λ S⁻¹,  Bᵀ = D S Λ S⁻¹ D⁻¹ = D B D⁻¹.
#
# SciPy starts "reflect" from an approximation, good to |z|^2n with |z| < 0.44: short lines take the transposed matrix.


def _coefficients(x: Any, axis: int, order: int, mode: str, transposed: bool) -> Any:
    n, dtype = x.shape[axis], np.result_type(x, np.float64)
    if not x.size:
        return x.astype(dtype)
    if not transposed:
        return _spline_filter1d(x, order, axis, dtype, mode)
    if n < 32:
        matrix = _spline_filter1d(np.eye(n), order, 0, np.float64, mode)
        return np.moveaxis(np.tensordot(x, matrix, (axis, 0)), -1, axis)
    if mode != "mirror":
        return _spline_filter1d(x, order, axis, dtype, mode)
    d = np.full(n, 2.0)
    d[[0, -1]] = 1
    d = d.reshape(_column(x.ndim, axis))
    return d * _spline_filter1d(x / d, order, axis, dtype, mode)


spline_coefficients: Op = linear(
    _coefficients,
    "x",
    name="spline_coefficients",
    x=lambda g, axis, order, mode, transposed: spline_coefficients(
        g, axis=axis, order=order, mode=mode, transposed=not transposed
    ),
    batch=lambda axis, **rest: {"axis": axis + 1, **rest},
)
