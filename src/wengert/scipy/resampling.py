"""Resampling: twins of `scipy.signal`, by Fourier transforms or over the row `resampling`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import signal as theirs

from wengert.core.apply import apply
from wengert.core.op import TABLE
from wengert.core.protocols import astype
from wengert.errors import InvalidArgument, explain, user_line
from wengert.ops.fft import complex_transform, from_half, to_half
from wengert.ops.spelling import inexact, lift
from wengert.scipy.borders import continued, on_axis, part_along
from wengert.scipy.choice import twin_of
from wengert.scipy.filtering import filtfilt, lfilter, sosfilt, sosfiltfilt
from wengert.spec import normal_axis

__all__ = ["decimate", "resample", "resample_poly", "upfirdn"]


@twin_of(theirs.resample)
def resample(x: Any, num: int, t: Any = None, axis: int = 0, window: Any = None, domain: str = "time") -> Any:
    """`num` samples of the periodic signal along an axis, by its Fourier transform.

    t: the times of the samples; with it the result is (y, new times); window: applied to the spectrum; domain: "time",
    or "freq" for a spectrum. Raises ValueError for other domains and windows of another length.

    >>> import wengert as wg
    >>> wg.grad(lambda x: wg.scipy.signal.resample(x, 2)[0])(np.ones(4))
    array([ 0.75,  0.25, -0.25,  0.25])
    """
    if domain not in ("time", "freq"):
        raise ValueError(f"Parameter {domain=} not in ('time', 'freq')!")
    x = np.moveaxis(inexact(lift(x)), axis, -1)
    n = x.shape[-1]
    weights = _spectral_window(window, n)
    if domain == "time" and x.dtype.kind != "c":
        y = _of_real_signal(x, num, weights)
    else:
        spectrum = complex_transform(x, None, -1, None, inverse=False) if domain == "time" else x
        y = _of_spectrum(spectrum if weights is None else spectrum * weights, num)
    y = np.moveaxis(y, -1, axis)
    return y if t is None else (y, t[0] + (t[1] - t[0]) * n / num * np.arange(num))


# Of m = min(n, num) frequencies that both signals have, the one at m/2 is its own conjugate if m is even: in the
# shorter signal it stands for the two of ±m/2 in the longer one.


def _scaled_at(k: int, factor: float, size: int, dtype: Any) -> Any:
    """`size` ones, but for the k-th: the factor."""
    return np.where(np.arange(size) == k, factor, 1).astype(dtype)


def _of_real_signal(x: Any, num: int, weights: Any) -> Any:
    """`num` samples of a real signal along its last axis, whose spectrum is multiplied by the weights."""
    n, m = x.shape[-1], min(num, x.shape[-1])
    spectrum = to_half(x, None, -1, None)
    if weights is not None:
        even = (weights + np.concatenate([weights[:1], np.flip(weights[1:])])) / 2
        spectrum = spectrum * astype(even[: n // 2 + 1], x.dtype)
    spectrum = spectrum[..., : m // 2 + 1]
    if m % 2 == 0 and num != n:
        spectrum = spectrum * _scaled_at(m // 2, 2.0 if num < n else 0.5, m // 2 + 1, x.dtype)
    return from_half(spectrum * (num / n), num, -1, None)


def _of_spectrum(spectrum: Any, num: int) -> Any:
    """`num` samples of the signal that has the spectrum along its last axis."""
    n, m = spectrum.shape[-1], min(num, spectrum.shape[-1])
    real = np.finfo(spectrum.dtype).dtype
    half = m // 2 + 1
    low, high = spectrum[..., :half], spectrum[..., n - (m - half) :]
    if m % 2 == 0 and num < n:
        low = low + (np.arange(half) == m // 2) * spectrum[..., n - m // 2, None]
    if m % 2 == 0 and num > n:
        low = low * _scaled_at(m // 2, 0.5, half, real)
        high = np.concatenate([low[..., half - 1 :], high], axis=-1)
    zeros = np.zeros((*low.shape[:-1], num - low.shape[-1] - high.shape[-1]), low.dtype)
    return complex_transform(np.concatenate([low, zeros, high], axis=-1) * (num / n), None, -1, None, inverse=True)


def _spectral_window(window: Any, n: int) -> Any:
    """What a spectrum of n frequencies is multiplied by, or None."""
    if window is None:
        return None
    if callable(window):
        return window(np.fft.fftfreq(n))
    if hasattr(window, "shape"):
        if window.shape != (n,):
            raise ValueError(
                f"{window.shape=} != ({n},), i.e., window length is not equal to number of frequency bins!"
            )
        return window
    return np.fft.fftshift(theirs.get_window(window, n))


_BORDERS = {"constant": "constant", "edge": "nearest", "wrap": "wrap", "periodic": "wrap", "symmetric": "reflect",
            "reflect": "mirror"}  # fmt: skip


def _too_short(x: Any, axis: int, mode: str) -> bool:
    """Whether SciPy's own function dies, with the whole process, or reads beyond the end.

    It divides by the length of the signal, or by that less one, to find what a border repeats.
    """
    return mode != "constant" and np.shape(x)[axis] < 2


def _upfirdn_too_short(
    h: Any, x: Any, up: int = 1, down: int = 1, axis: int = -1, mode: str = "constant", cval: float = 0
) -> bool:
    return _too_short(x, axis, mode)


@twin_of(theirs.upfirdn, unless=_upfirdn_too_short)
def upfirdn(h: Any, x: Any, up: int = 1, down: int = 1, axis: int = -1, mode: str = "constant", cval: float = 0) -> Any:
    """A signal stretched by `up`, filtered by h, and thinned out by `down`, along an axis.

    mode: how the signal is continued, "constant" (cval), "edge", "periodic", "symmetric", "reflect", "antisymmetric",
    "antireflect", "line" or "smooth". Raises ValueError for factors below 1, other modes, and a border that is
    to repeat an empty signal.

    >>> import wengert as wg
    >>> wg.grad(lambda x: np.sum(wg.scipy.signal.upfirdn([1.0, 2.0], x, down=2)))(np.ones(3))
    array([1., 2., 1.])
    """
    h, x = inexact(lift(h)), inexact(lift(x))
    if h.ndim != 1 or h.size == 0:
        raise ValueError("h must be 1-D with non-zero length")
    if up < 1 or down < 1:
        raise ValueError("Both up and down must be >= 1")
    axis = normal_axis(axis, x.ndim)
    length = h.shape[0]
    count = ((x.shape[axis] - 1) * up + length - 1) // down + 1
    params = {"up": int(up), "down": int(down), "along": axis}
    if mode == "constant" and type(cval) in (int, float) and cval == 0:
        return apply(TABLE["resampling"], (h, x), {**params, "count": count})
    # As many entries more as the filter reaches, a multiple of `down`, so that the first result is among the results.
    more = -(-length // up) + down
    more += -more % down
    skipped = more * up // down
    y = apply(TABLE["resampling"], (h, _border(x, axis, more, mode, cval)), {**params, "count": skipped + count})
    return part_along(y, axis, skipped, skipped + count)


def _border(x: Any, axis: int, more: int, mode: str, cval: Any) -> Any:
    """The signal with `more` entries before and after it."""
    n = x.shape[axis]
    if not n and mode != "constant":
        raise InvalidArgument(
            explain(
                f"upfirdn at {user_line()} got an empty signal, to be continued by mode={mode!r}.",
                "There is nothing at its ends that a border could repeat.",
                'Use mode="constant", or leave empty signals out.',
            )
        )
    if mode in _BORDERS:
        return continued(x, axis, more, more, _BORDERS[mode], cval)
    first, last = part_along(x, axis, 0, 1), part_along(x, axis, n - 1, n)
    real = np.finfo(x.dtype).dtype
    steps = on_axis(np.arange(1, more + 1, dtype=real), axis, x.ndim)
    if mode in ("line", "smooth"):
        slopes = [(last - first) / (n - 1)] * 2 if mode == "line" and n > 1 else [0 * first] * 2
        if mode == "smooth" and n > 1:
            slopes = [part_along(x, axis, 1, 2) - first, last - part_along(x, axis, n - 2, n - 1)]
        return np.concatenate([first - slopes[0] * np.flip(steps, axis), x, last + slopes[1] * steps], axis=axis)
    if mode == "antisymmetric":  # … c b a | a b c | c b a … with every other copy negative
        signs = np.where(np.floor_divide(np.arange(-more, n + more), n) % 2 == 0, 1, -1).astype(real)
        return continued(x, axis, more, more, "reflect") * on_axis(signs, axis, x.ndim)
    if mode == "antireflect":
        return _antireflected(x, axis, more)
    raise ValueError(f"mode {mode!r} is unknown")


def _antireflected(x: Any, axis: int, more: int) -> Any:
    """The signal with copies of itself, turned by half a turn about each end."""
    n = x.shape[axis]
    if n == 1:
        return continued(x, axis, more, more, "nearest")
    left, right = x, x
    while left.shape[axis] < n + more:
        part = np.flip(part_along(left, axis, 1, n), axis)
        left = np.concatenate([2 * part_along(left, axis, 0, 1) - part, left], axis=axis)
        k = right.shape[axis]
        part = np.flip(part_along(right, axis, k - n, k - 1), axis)
        right = np.concatenate([right, 2 * part_along(right, axis, k - 1, k) - part], axis=axis)
    k = left.shape[axis]
    left = part_along(left, axis, k - n - more, k - n)
    return np.concatenate([left, part_along(right, axis, 0, n + more)], axis=axis)


def _resample_poly_too_short(
    x: Any, up: int, down: int, axis: int = 0, window: Any = None, padtype: str = "constant", cval: Any = None
) -> bool:
    return padtype not in _CENTRES and _too_short(x, axis, padtype)


@twin_of(theirs.resample_poly, unless=_resample_poly_too_short)
def resample_poly(
    x: Any, up: int, down: int, axis: int = 0, window: Any = ("kaiser", 5.0), padtype: str = "constant",
    cval: Any = None,
) -> Any:  # fmt: skip
    """`up` samples in the place of `down`, by a filter of finite response with zero phase.

    window: of the low-pass filter, or its coefficients; padtype: how the signal is continued, a mode of `upfirdn`, or
    "mean", "median", "minimum", "maximum" of the signal. Raises ValueError for factors below 1 and other types.

    >>> import wengert as wg
    >>> wg.grad(lambda x: wg.scipy.signal.resample_poly(x, 2, 1)[0])(np.ones(3)).round(3)
    array([ 1.001,  0.   , -0.   ])
    """
    x = inexact(lift(x))
    up, down = int(up), int(down)
    if up < 1 or down < 1:
        raise ValueError("up and down must be >= 1")
    if cval is not None and padtype != "constant":
        raise ValueError("cval has no effect when padtype is " + padtype)
    if padtype not in ("constant", *_CENTRES, *_UPFIRDN_MODES):
        raise ValueError(f"padtype {padtype!r} is unknown")
    factor = math.gcd(up, down)
    up, down = up // factor, down // factor
    axis = normal_axis(axis, x.ndim)
    n = x.shape[axis]
    if up == down == 1 or n == 0:
        return np.copy(x)
    count = -(-n * up // down)
    h, half = _low_pass(window, max(up, down), x.dtype)
    before = down - half % down
    first = (half + before) // down
    after = max((count + first - 1) * down - ((n - 1) * up + h.shape[0] + before - 1), 0)  # for the last results
    h = np.pad(h * up, (before, after))
    if padtype in _CENTRES:
        centre = _CENTRES[padtype](x, axis=axis, keepdims=True)
        return part_along(upfirdn(h, x - centre, up, down, axis), axis, first, first + count) + centre
    y = upfirdn(h, x, up, down, axis, padtype, 0 if cval is None else cval)
    return part_along(y, axis, first, first + count)


def _low_pass(window: Any, longest: int, dtype: Any) -> tuple[Any, int]:
    """The coefficients of a filter that leaves frequencies below 1/longest, or those given; which one is the middle."""
    if hasattr(window, "shape") or isinstance(window, list):
        h = lift(window)
        if h.ndim > 1:
            raise ValueError("window must be 1-D")
        return h, (h.shape[0] - 1) // 2
    half = 10 * longest
    return np.asarray(theirs.firwin(2 * half + 1, 1.0 / longest, window=window), np.finfo(dtype).dtype), half


_CENTRES: dict[str, Any] = {"mean": np.mean, "median": np.median, "minimum": np.min, "maximum": np.max}
_UPFIRDN_MODES = ("line", "smooth", "wrap", "edge", "symmetric", "reflect", "antisymmetric", "antireflect", "periodic")


@twin_of(theirs.decimate)
def decimate(x: Any, q: int, n: int | None = None, ftype: Any = "iir", axis: int = -1, zero_phase: bool = True) -> Any:
    """Every q-th sample of the signal, after a low-pass filter.

    n: order of the filter; ftype: "iir" (Chebyshev), "fir", or a `scipy.signal.dlti`; zero_phase: whether the filter
    runs both ways. Raises ValueError for another ftype.

    >>> import wengert as wg
    >>> wg.grad(lambda x: wg.scipy.signal.decimate(x, 2, 2, "fir")[0])(np.ones(4)).round(3)
    array([0.908, 0.046, 0.   , 0.   ])
    """
    x = inexact(lift(x))
    axis = normal_axis(axis, x.ndim)
    real = np.finfo(x.dtype).dtype
    if ftype == "iir":
        sos = theirs.cheby1(8 if n is None else n, 0.05, 0.8 / q, output="sos").astype(real)
        y = sosfiltfilt(sos, x, axis) if zero_phase else sosfilt(sos, x, axis)
        return part_along(y, axis, None, None, q)
    if ftype == "fir":
        b = theirs.firwin((20 * q if n is None else n) + 1, 1.0 / q, window="hamming").astype(real)
        a = np.ones(1, real)
    elif isinstance(ftype, theirs.dlti):
        system = ftype._as_tf()
        b, a = system.num.astype(real), system.den.astype(real)
        if a.size > 1:
            y = filtfilt(b, a, x, axis) if zero_phase else lfilter(b, a, x, axis)
            return part_along(y, axis, None, None, q)
    else:
        raise ValueError("invalid ftype")
    b = b / a
    if zero_phase:
        return resample_poly(x, 1, q, axis, b)
    count = -(-x.shape[axis] // q)
    return part_along(upfirdn(b, x, 1, q, axis), axis, 0, count)
