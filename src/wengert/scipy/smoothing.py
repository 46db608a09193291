"""Smoothing, trends, analytic signals and frequency responses: twins of `scipy.signal`."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from scipy import signal as theirs

from wengert.core.protocols import astype
from wengert.ops.fft import complex_transform
from wengert.ops.spelling import inexact, lift
from wengert.scipy.borders import on_axis, part_along
from wengert.scipy.choice import twin_of
from wengert.scipy.convolving import correlate
from wengert.scipy.ndfilters import convolve1d, per_axis
from wengert.scipy.ranking import neighbours
from wengert.spec import normal_axis

__all__ = [
    "detrend",
    "freqz",
    "freqz_sos",
    "hilbert",
    "hilbert2",
    "medfilt",
    "medfilt2d",
    "order_filter",
    "savgol_coeffs",
    "savgol_filter",
    "sepfir2d",
    "wiener",
]


@twin_of(theirs.savgol_coeffs)
def savgol_coeffs(
    window_length: int, polyorder: int, deriv: int = 0, delta: Any = 1.0, pos: Any = None, use: str = "conv", *,
    xp: Any = None, device: Any = None,
) -> Any:  # fmt: skip
    """The weights of `savgol_filter`, which depend on the distance of samples, `delta`, in derivatives.

    Others as in SciPy.

    >>> import wengert as wg
    >>> wg.jacobian(lambda d: wg.scipy.signal.savgol_coeffs(3, 1, 1, d))(0.5).round(6)
    array([-2., -0.,  2.])
    """
    return theirs.savgol_coeffs(window_length, polyorder, deriv, 1.0, pos, use) / lift(delta) ** deriv


@twin_of(theirs.savgol_filter)
def savgol_filter(
    x: Any, window_length: int, polyorder: int, deriv: int = 0, delta: float = 1.0, axis: int = -1,
    mode: str = "interp", cval: float = 0.0,
) -> Any:  # fmt: skip
    """Local polynomials fitted to a signal, or their derivatives (A. Savitzky and M. Golay, 1964).

    mode: "interp" (polynomials at the ends), "mirror", "constant" (cval), "nearest" or "wrap". Raises ValueError for
    other modes and for windows longer than the signal.

    >>> import wengert as wg
    >>> wg.grad(lambda x: wg.scipy.signal.savgol_filter(x, 3, 1)[1])(np.ones(3)).round(6)
    array([0.333333, 0.333333, 0.333333])
    """
    if mode not in ("mirror", "constant", "nearest", "interp", "wrap"):
        raise ValueError("mode must be 'mirror', 'constant', 'nearest' 'wrap' or 'interp'.")
    x = inexact(lift(x))
    axis = normal_axis(axis, x.ndim)
    weights = theirs.savgol_coeffs(window_length, polyorder, deriv=deriv, delta=delta)
    if mode != "interp":
        return convolve1d(x, weights, axis, mode=mode, cval=cval)
    n = x.shape[axis]
    if window_length > n:
        raise ValueError("If mode is 'interp', window_length must be less than or equal to the size of x.")
    # What SciPy does to the unit vectors of one window says what becomes of the two ends.
    ends = theirs.savgol_filter(np.eye(window_length), window_length, polyorder, deriv, delta, 0).astype(x.dtype)
    half = window_length // 2
    middle = part_along(convolve1d(x, weights, axis, mode="constant"), axis, half, n - half)
    first, last = part_along(x, axis, 0, window_length), part_along(x, axis, n - window_length, n)
    left, right = [
        np.moveaxis(np.tensordot(matrix, part, axes=(1, axis)), 0, axis)
        for matrix, part in ((ends[:half], first), (ends[window_length - half :], last))
    ]
    return np.concatenate([left, middle, right], axis=axis)


@twin_of(theirs.detrend)
def detrend(data: Any, axis: int = -1, type: str = "linear", bp: Any = 0, overwrite_data: bool = False) -> Any:
    """A signal without its mean, or without straight lines fitted between break points.

    type: "linear" or "constant"; bp: where lines break. Raises ValueError for other types and break points beyond
    the end.

    >>> import wengert as wg
    >>> wg.grad(lambda x: wg.scipy.signal.detrend(x, type="constant")[0])(np.ones(4))
    array([ 0.75, -0.25, -0.25, -0.25])
    """
    if type not in ("linear", "l", "constant", "c"):
        raise ValueError("Trend type must be 'linear' or 'constant'.")
    x = inexact(lift(data))
    axis = normal_axis(axis, x.ndim)
    if type[0] == "c":
        return x - np.mean(x, axis=axis, keepdims=True)
    n = x.shape[axis]
    breaks = np.unique(np.concatenate([[0], np.atleast_1d(bp), [n]])).astype(int).tolist()
    if breaks[-1] > n:
        raise ValueError("Breakpoints must be less than length of data along given axis.")
    x = np.moveaxis(x, axis, -1)
    parts = []
    for start, stop in itertools.pairwise(breaks):
        line = np.stack([np.ones(stop - start), np.arange(1, stop - start + 1) / (stop - start)])
        line, part = line.astype(x.dtype), x[..., start:stop]
        parts.append(part - np.matmul(np.matmul(part, np.linalg.pinv(line)), line))
    return np.moveaxis(np.concatenate(parts, axis=-1), -1, axis)


def _one_sided(n: int) -> Any:
    """Weights of frequencies that leave the positive ones."""
    h = np.zeros(n)
    h[0], h[1 : (n + 1) // 2] = 1, 2
    if n % 2 == 0:
        h[n // 2] = 1
    return h


@twin_of(theirs.hilbert)
def hilbert(x: Any, N: int | None = None, axis: int = -1) -> Any:
    """The analytic signal x + i H(x), by Fourier transforms of length N.

    Raises ValueError for complex signals and lengths below 1.

    >>> import wengert as wg
    >>> wg.grad(lambda x: np.sum(np.imag(wg.scipy.signal.hilbert(x))[0]))(np.ones(4))
    array([ 0. , -0.5,  0. ,  0.5])
    """
    x = inexact(lift(x))
    if x.dtype.kind == "c":
        raise ValueError("x must be real.")
    axis = normal_axis(axis, x.ndim)
    n = x.shape[axis] if N is None else N
    if n <= 0:
        raise ValueError("N must be positive.")
    spectrum = complex_transform(x, n, axis, None, inverse=False)
    h = on_axis(_one_sided(n).astype(x.dtype), axis, x.ndim)
    return complex_transform(spectrum * h, None, axis, None, inverse=True)


@twin_of(theirs.hilbert2)
def hilbert2(x: Any, N: Any = None, axes: Any = (-2, -1)) -> Any:
    """The analytic signal of an image, by Fourier transforms of the lengths N along two axes.

    Raises ValueError for complex images, lengths below 1 and fewer than two axes.

    >>> import wengert as wg
    >>> wg.grad(lambda x: np.sum(np.abs(wg.scipy.signal.hilbert2(x)) ** 2))(np.eye(2)).shape
    (2, 2)
    """
    x = np.atleast_2d(inexact(lift(x)))
    if x.dtype.kind == "c":
        raise ValueError("x must be real.")
    places = [normal_axis(a, x.ndim) for a in axes]
    lengths = [x.shape[a] for a in places] if N is None else [N, N] if isinstance(N, int) else list(N)
    if len(lengths) != 2 or any([n <= 0 for n in lengths]):
        raise ValueError("When given as a tuple, N must hold exactly two positive integers")
    spectrum = x
    for n, axis in zip(lengths, places, strict=True):
        spectrum = complex_transform(spectrum, n, axis, None, inverse=False)
        h = np.where(np.arange(n) < (n + 1) // 2, _one_sided(n), 0)  # SciPy drops the highest frequency here
        spectrum = spectrum * on_axis(h.astype(x.dtype), axis, x.ndim)
    for axis in places:
        spectrum = complex_transform(spectrum, None, axis, None, inverse=True)
    return spectrum


# --- order and noise --------------------------------------------------------------------------------------------


def _order(x: Any, domain: Any, rank: int) -> Any:
    """The entry of a rank among those under a domain, an array of booleans, around every entry."""
    found = neighbours(x, domain, tuple(range(x.ndim)), "constant", 0, 0)
    return np.sort(found, axis=-1)[..., rank]


@twin_of(theirs.order_filter)
def order_filter(a: Any, domain: Any, rank: int) -> Any:
    """The entry of a rank among those under a domain around every entry; beyond the ends are zeros.

    Raises ValueError for domains of even lengths.

    >>> import wengert as wg
    >>> wg.grad(lambda x: wg.scipy.signal.order_filter(x, np.ones(3), 1)[1])(np.array([1.0, 3.0, 2.0]))
    array([0., 0., 1.])
    """
    domain = np.asarray(domain)
    if any([n % 2 == 0 for n in domain.shape]):
        raise ValueError("Each dimension of domain argument should have an odd number of elements.")
    return _order(inexact(lift(a)), domain != 0, rank)


@twin_of(theirs.medfilt)
def medfilt(volume: Any, kernel_size: Any = None) -> Any:
    """The median of the entries in a box around every entry; beyond the ends are zeros.

    kernel_size: odd, 3 by default, or one number per axis. Raises ValueError for even sizes.

    >>> import wengert as wg
    >>> wg.grad(lambda x: wg.scipy.signal.medfilt(x)[1])(np.array([1.0, 3.0, 2.0]))
    array([0., 0., 1.])
    """
    x = np.atleast_1d(inexact(lift(volume)))
    sizes = [3] * x.ndim if kernel_size is None else [int(k) for k in np.broadcast_to(kernel_size, (x.ndim,))]
    if any([k % 2 == 0 for k in sizes]):
        raise ValueError("Each element of kernel_size should be odd.")
    return _order(x, np.ones(sizes, bool), math.prod(sizes) // 2)


@twin_of(theirs.medfilt2d)
def medfilt2d(input: Any, kernel_size: Any = 3) -> Any:
    """The median of the entries in a rectangle around every entry of a matrix.

    Arguments and errors are those of `medfilt`.

    >>> import wengert as wg
    >>> wg.grad(lambda x: wg.scipy.signal.medfilt2d(x, 1)[0, 1])(np.eye(2))
    array([[0., 1.],
           [0., 0.]])
    """
    x = lift(input)
    if x.ndim != 2:
        raise ValueError("object of too small depth for desired array")
    return medfilt(x, kernel_size)


@twin_of(theirs.sepfir2d)
def sepfir2d(input: Any, hrow: Any, hcol: Any) -> Any:
    """A matrix convolved with `hrow` along its rows and `hcol` along its columns, reflected at its ends.

    hrow, hcol: 1-d, of odd lengths. Raises ValueError for others, and for what is no matrix.

    >>> import wengert as wg
    >>> wg.grad(lambda h: wg.scipy.signal.sepfir2d(np.eye(3), h, np.ones(1))[0, 0])(np.array([1.0, 2.0, 3.0]))
    array([0., 1., 1.])
    """
    x, row, column = [inexact(lift(z)) for z in (input, hrow, hcol)]
    if x.ndim != 2:
        raise ValueError("object of too small depth for desired array")
    if not (row.size % 2 and column.size % 2):
        raise ValueError("hrow and hcol must be odd length")
    return convolve1d(convolve1d(x, row, 1), column, 0)


@twin_of(theirs.wiener)
def wiener(im: Any, mysize: Any = None, noise: Any = None) -> Any:
    """An image freed from noise by its local mean and variance (N. Wiener).

    mysize: of the neighbourhood, odd, 3 by default, or one number per axis; noise: its power, by default the mean of
    the local variances.

    >>> import wengert as wg
    >>> wg.grad(lambda x: np.sum(wg.scipy.signal.wiener(x)))(np.arange(3.0)).shape
    (3,)
    """
    x = inexact(lift(im))
    sizes = per_axis(3 if mysize is None else mysize if isinstance(mysize, Iterable) else int(mysize), x.ndim)
    box, count = np.ones(sizes), math.prod(sizes)
    mean = correlate(x, box, "same") / count
    var = correlate(x * x, box, "same") / count - mean * mean
    if noise is None:
        noise = np.mean(np.ravel(var))
    weak = var < noise
    return np.where(weak, mean, mean + (x - mean) * (1 - noise / np.where(weak, 1, var)))


# --- frequency responses ----------------------------------------------------------------------------------------


def _frequencies(worN: Any, whole: bool, fs: float, include_nyquist: bool) -> Any:
    """The frequencies that `freqz` is asked for, in radians per sample."""
    if worN is None:
        worN = 512
    if isinstance(worN, int | np.integer):
        if worN < 0:
            raise ValueError(f"worN must be nonnegative, got {worN}")
        return np.linspace(0, 2 * np.pi if whole else np.pi, int(worN), endpoint=include_nyquist and not whole)
    return np.atleast_1d(lift(worN)) * (2 * np.pi / fs)


def _polynomial(c: Any, z: Any) -> Any:
    """Σ_k c_k z^k; axes of c after the first broadcast with z."""
    total = c[-1]
    for k in range(c.shape[0] - 2, -1, -1):
        total = total * z + c[k]
    return total + 0 * z


@twin_of(theirs.freqz)
def freqz(
    b: Any, a: Any = 1, worN: Any = 512, whole: bool = False, plot: Any = None, fs: float = 2 * np.pi,
    include_nyquist: bool = False,
) -> Any:  # fmt: skip
    """Frequencies, and the response of the filter b, a there.

    worN: how many frequencies (up to fs/2, to fs if `whole`), or these; plot: called with both; include_nyquist:
    whether fs/2 is one of them. Raises ValueError for negative numbers of frequencies.

    >>> import wengert as wg
    >>> wg.grad(lambda b: np.abs(wg.scipy.signal.freqz(b, worN=2)[1][0]))(np.array([1.0, 2.0]))
    array([1., 1.])
    """
    b, a = np.atleast_1d(lift(b)), np.atleast_1d(lift(a))
    real = np.finfo(np.result_type(b.dtype, a.dtype, np.float32)).dtype
    w = astype(_frequencies(worN, whole, fs, include_nyquist), real)
    z = np.exp(-1j * w)
    h = _polynomial(b, z) / _polynomial(a, z)
    w = w * (fs / (2 * np.pi))
    if plot is not None:
        plot(w, h)
    return w, h


@twin_of(theirs.freqz_sos)
def freqz_sos(sos: Any, worN: Any = 512, whole: bool = False, fs: float = 2 * np.pi) -> Any:
    """Frequencies, and the response of second-order sections there.

    sos: (sections, 6); others as of `freqz`. Raises ValueError for another shape.

    >>> import wengert as wg
    >>> sos = np.array([[1.0, 2.0, 0.0, 1.0, 0.0, 0.0]])
    >>> wg.jvp(lambda s: wg.scipy.signal.freqz_sos(s, worN=1)[1], (sos,), (sos,))[0]
    array([3.+0.j])
    """
    sos = np.atleast_2d(lift(sos))
    if sos.ndim != 2 or sos.shape[1] != 6 or not sos.shape[0]:
        raise ValueError("sos array must be shape (n_sections, 6)")
    h: Any = 1.0
    for section in sos:
        w, response = freqz(section[:3], section[3:], worN, whole, fs=fs)
        h = h * response
    return w, h
