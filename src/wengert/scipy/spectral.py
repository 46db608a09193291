"""Spectra of pieces of a signal: twins of `scipy.signal`, over the rows `patches` and `unpatches`.

A signal is cut into overlapping segments; each is freed from its trend, multiplied by a window, and transformed.
"""

from __future__ import annotations

import inspect
import warnings
from typing import Any

import numpy as np
from scipy import signal as theirs

from wengert.core.apply import apply
from wengert.core.op import TABLE
from wengert.errors import user_stacklevel
from wengert.ops.fft import complex_transform, from_half, to_half
from wengert.ops.spelling import inexact, lift
from wengert.scipy.borders import part_along
from wengert.scipy.choice import twin_of
from wengert.scipy.filtering import extended_by
from wengert.scipy.smoothing import detrend as without_trend
from wengert.spec import normal_axis

__all__ = ["coherence", "csd", "istft", "periodogram", "spectrogram", "stft", "welch"]

# SciPy's own default, whose name depends on its version.
_HANN: Any = inspect.signature(theirs.stft).parameters["window"].default
_TUKEY: Any = inspect.signature(theirs.spectrogram).parameters["window"].default


# --- segments ---------------------------------------------------------------------------------------------------


class _Cut:
    """How a signal of n entries is cut: window, hop, length of the transforms."""

    def __init__(self, n: int, window: Any, nperseg: int | None, noverlap: int | None, nfft: int | None) -> None:
        if isinstance(window, str | tuple):
            length = 256 if nperseg is None else int(nperseg)
            if length < 1:
                raise ValueError("nperseg must be a positive integer")
            if length > n:
                warnings.warn(
                    f"nperseg = {length} is greater than input length = {n}, using nperseg = {n}",
                    stacklevel=user_stacklevel(),
                )
                length = n
            self.window: Any = theirs.get_window(window, length)
        else:
            self.window = lift(window)
            if self.window.ndim != 1:
                raise ValueError("window must be 1-D")
            length = self.window.shape[0]
            if nperseg is not None and int(nperseg) != length:
                raise ValueError("value specified for nperseg is different from length of window")
            if length > n:
                raise ValueError("window is longer than input signal")
        self.length = length
        self.nfft = length if nfft is None else int(nfft)
        if self.nfft < length:
            raise ValueError("nfft must be greater than or equal to nperseg.")
        self.overlap = length // 2 if noverlap is None else int(noverlap)
        if self.overlap >= length:
            raise ValueError("noverlap must be less than nperseg.")
        self.hop = length - self.overlap

    def spectra(self, x: Any, detrend: Any, onesided: bool, axis: int = -1) -> Any:
        """The transforms of the segments along the last axis: (…, frequency, segment)."""
        count = (x.shape[-1] - self.overlap) // self.hop
        params = {"kernel": (self.length,), "stride": (self.hop,), "dilation": (1,), "low": (0,), "size": (count,)}
        segments = np.swapaxes(apply(TABLE["patches"], (x,), params), -1, -2)
        if callable(detrend):
            segments = np.moveaxis(detrend(np.moveaxis(segments, -1, axis)), axis, -1)
        elif detrend:
            segments = without_trend(segments, type=detrend)
        segments = segments * self.cast(x)
        if onesided:
            found = to_half(segments, self.nfft, -1, None)
        else:
            found = complex_transform(segments, self.nfft, -1, None, inverse=False)
        return np.swapaxes(found, -1, -2)

    def cast(self, x: Any) -> Any:
        """The window in the precision of the signal."""
        return self.window.astype(np.finfo(x.dtype).dtype)

    def power(self, x: Any, fs: float, scaling: str) -> Any:
        """What squares of magnitudes are divided by, in the precision of x."""
        window = self.cast(x)
        if scaling == "density":
            return np.sum(window * window) * float(fs)
        if scaling == "spectrum":
            return np.sum(window) ** 2
        raise ValueError(f"Unknown scaling: {scaling!r}")

    def frequencies(self, fs: float, onesided: bool) -> Any:
        """Of the transforms, in cycles per unit of time."""
        return (np.fft.rfftfreq if onesided else np.fft.fftfreq)(self.nfft, 1 / fs)

    def times(self, n: int, fs: float) -> Any:
        """Of the middles of the segments of n samples."""
        half = self.length / 2
        return np.arange(half, n - half + 1, self.hop) / float(fs)

    def doubled(self, power: Any) -> Any:
        """Powers of one side, with those of the other side added."""
        k = np.arange(power.shape[-2])
        single = (k == 0) | ((k == self.nfft // 2) & (self.nfft % 2 == 0))
        return power * np.where(single, 1, 2).astype(power.dtype)[:, None]


def _with_frequencies_at(spectra: Any, axis: int) -> Any:
    """(…, frequency, segment) with the frequencies where the axis of the signal was."""
    return np.moveaxis(spectra, -2, axis - 1 if axis < 0 else axis)


def _real(x: Any) -> bool:
    return bool(x.dtype.kind != "c")


# --- spectra over time ------------------------------------------------------------------------------------------


def _over_time(
    x: Any, fs: float, window: Any, nperseg: Any, noverlap: Any, nfft: Any, detrend: Any, onesided: bool, scaling: str,
    axis: int, power: bool, boundary: str | None = None, padded: bool = False,
) -> Any:  # fmt: skip
    """Frequencies, times, and the transforms of segments, or the powers of these."""
    if x.size == 0:
        return np.empty(x.shape), np.empty(x.shape), np.empty(x.shape)
    x = np.moveaxis(x, axis, -1)
    cut = _Cut(x.shape[-1], window, nperseg, noverlap, nfft)
    onesided = onesided and _real(x)
    if boundary is not None:
        x = _continued(x, cut.length // 2, boundary)
    if padded:
        more = (-(x.shape[-1] - cut.length) % cut.hop) % cut.length
        x = np.pad(x, [*[(0, 0)] * (x.ndim - 1), (0, more)])
    found = cut.spectra(x, detrend, onesided, axis)
    scale = cut.power(x, fs, scaling)
    if power:
        found = np.real(found * np.conj(found)) / scale
        found = cut.doubled(found) if onesided else found
    else:
        found = found / np.sqrt(scale)
    times = cut.times(x.shape[-1], fs) - (0 if boundary is None else cut.length / 2 / fs)
    return cut.frequencies(fs, onesided), times, _with_frequencies_at(found, axis)


def _continued(x: Any, more: int, boundary: str) -> Any:
    """A signal with `more` entries before and after it, along its last axis."""
    if boundary == "zeros":
        return np.pad(x, [*[(0, 0)] * (x.ndim - 1), (more, more)])
    if boundary not in ("even", "odd", "constant"):
        raise ValueError(f"Unknown boundary option '{boundary}', must be one of: even, odd, constant, zeros, None")
    return extended_by(x, x.ndim - 1, boundary, more)


@twin_of(theirs.stft)
def stft(
    x: Any, fs: float = 1.0, window: Any = _HANN, nperseg: Any = 256, noverlap: Any = None, nfft: Any = None,
    detrend: Any = False, return_onesided: bool = True, boundary: str | None = "zeros", padded: bool = True,
    axis: int = -1, scaling: str = "spectrum",
) -> Any:  # fmt: skip
    """Frequencies, times, and the Fourier transforms of overlapping segments of a signal.

    Arguments are those of `scipy.signal.stft`. Raises ValueError for lengths that do not fit and unknown options.

    >>> import wengert as wg
    >>> wg.grad(lambda x: np.sum(np.abs(wg.scipy.signal.stft(x, nperseg=4)[2]) ** 2))(np.ones(8)).shape
    (8,)
    """
    if scaling not in ("psd", "spectrum"):
        raise ValueError(f"Parameter {scaling=} not in ['spectrum', 'psd']!")
    scaling = "density" if scaling == "psd" else scaling
    return _over_time(inexact(lift(x)), fs, window, nperseg, noverlap, nfft, detrend, return_onesided, scaling, axis,
                      False, boundary, padded)  # fmt: skip


@twin_of(theirs.spectrogram)
def spectrogram(
    x: Any, fs: float = 1.0, window: Any = _TUKEY, nperseg: Any = None, noverlap: Any = None, nfft: Any = None,
    detrend: Any = "constant", return_onesided: bool = True, scaling: str = "density", axis: int = -1,
    mode: str = "psd",
) -> Any:  # fmt: skip
    """Frequencies, times, and the spectra of overlapping segments of a signal.

    mode: "psd" (powers), "complex", "magnitude", "angle" or "phase" (unwrapped); others are those of
    `scipy.signal.spectrogram`. Raises ValueError for other modes.

    >>> import wengert as wg
    >>> wg.grad(lambda x: np.sum(wg.scipy.signal.spectrogram(x, nperseg=4)[2]))(np.arange(8.0)).shape
    (8,)
    """
    if mode not in ("psd", "complex", "magnitude", "angle", "phase"):
        raise ValueError(f"unknown value for mode {mode}")
    x = inexact(lift(x))
    if noverlap is None:  # less than elsewhere, so that segments are more independent
        noverlap = _Cut(x.shape[axis], window, nperseg, 0, nfft).length // 8
    f, t, found = _over_time(x, fs, window, nperseg, noverlap, nfft, detrend, return_onesided, scaling, axis,
                             mode == "psd")  # fmt: skip
    if mode == "magnitude":
        found = np.abs(found)
    elif mode in ("angle", "phase"):
        found = np.angle(found)
        if mode == "phase":
            found = np.unwrap(found, axis=axis - 1 if axis < 0 else axis)
    return f, t, found


@twin_of(theirs.istft)
def istft(
    Zxx: Any, fs: float = 1.0, window: Any = _HANN, nperseg: Any = None, noverlap: Any = None, nfft: Any = None,
    input_onesided: bool = True, boundary: bool = True, time_axis: int = -1, freq_axis: int = -2,
    scaling: str = "spectrum",
) -> Any:  # fmt: skip
    """Times, and the signal of which `Zxx` are the Fourier transforms of overlapping segments.

    Arguments are those of `scipy.signal.istft`. Raises ValueError for axes and lengths that do not fit.

    >>> import wengert as wg
    >>> z = np.ones((3, 3))
    >>> wg.grad(lambda z: np.sum(wg.scipy.signal.istft(z)[1]))(z).shape
    (3, 3)
    """
    z = inexact(lift(Zxx)) + 0j
    if z.ndim < 2:
        raise ValueError("Input stft must be at least 2d!")
    f, t = normal_axis(freq_axis, z.ndim), normal_axis(time_axis, z.ndim)
    if f == t:
        raise ValueError("Must specify differing time and frequency axes!")
    if scaling not in ("psd", "spectrum"):
        raise ValueError(f"Parameter {scaling=} not in ['spectrum', 'psd']!")
    z = np.moveaxis(z, (f, t), (-2, -1))
    usual = 2 * (z.shape[-2] - 1) if input_onesided else z.shape[-2]
    length = usual if nperseg is None else int(nperseg)
    if nfft is None:
        nfft = length if input_onesided and length == usual + 1 else usual
    cut = _Cut(length, window, length, noverlap, nfft)
    if input_onesided:
        parts = from_half(z, cut.nfft, -2, None)
    else:
        parts = complex_transform(z, cut.nfft, -2, None, inverse=True)
    w, segments = cut.cast(parts), z.shape[-1]
    scale = np.sqrt(cut.power(parts, fs, "density" if scaling == "psd" else scaling))
    parts = parts[..., :length, :] * (w * scale)[:, None]
    size = length + (segments - 1) * cut.hop
    params = {"kernel": (length,), "stride": (cut.hop,), "dilation": (1,), "low": (0,), "size": (size,)}
    x = apply(TABLE["unpatches"], (parts,), params)
    norm = apply(TABLE["unpatches"], (np.broadcast_to((w * w)[:, None], (length, segments)),), params)
    if boundary:
        x, norm = [part_along(v, v.ndim - 1, length // 2, size - length // 2) for v in (x, norm)]
    x = x / np.where(norm > 1e-10, norm, 1.0)
    x = np.moveaxis(x, -1, t - 1 if f < t else t)
    return np.arange(x.shape[0]) / float(fs), x


# --- averages ---------------------------------------------------------------------------------------------------


@twin_of(theirs.csd)
def csd(
    x: Any, y: Any, fs: float = 1.0, window: Any = _HANN, nperseg: Any = None, noverlap: Any = None, nfft: Any = None,
    detrend: Any = "constant", return_onesided: bool = True, scaling: str = "density", axis: int = -1,
    average: str = "mean",
) -> Any:  # fmt: skip
    """Frequencies, and the cross spectrum of two signals by averages over segments (P. D. Welch, 1967).

    average: "mean" or "median"; others are those of `scipy.signal.csd`. Raises ValueError for other averages.

    >>> import wengert as wg
    >>> x = np.arange(8.0)
    >>> wg.grad(lambda y: np.sum(np.abs(wg.scipy.signal.csd(x, y, nperseg=4)[1])))(x**2).shape
    (8,)
    """
    if average not in ("mean", "median"):
        raise ValueError(f"Parameter {average=} must be 'median' or 'mean'!")
    a, b = inexact(lift(x)), inexact(lift(y))
    if not a.size or not b.size:
        return np.empty(a.shape), np.empty(a.shape)
    a, b = np.moveaxis(a, axis, -1), np.moveaxis(b, axis, -1)
    n = max(a.shape[-1], b.shape[-1])
    a, b = [np.pad(v, [*[(0, 0)] * (v.ndim - 1), (0, n - v.shape[-1])]) for v in (a, b)]
    cut = _Cut(n, window, nperseg, noverlap, nfft)
    onesided = return_onesided and _real(a) and _real(b)
    first = cut.spectra(a, detrend, onesided, axis)
    other = first if x is y else cut.spectra(b, detrend, onesided, axis)
    found = np.conj(first) * other / cut.power(first, fs, scaling)
    found = cut.doubled(found) if onesided else found
    if average == "mean":
        found = np.mean(found, axis=-1)
    else:  # the median of powers is smaller than their mean (B. Allen et al., "FINDCHIRP", 2012, appendix B)
        k = 2 * np.arange(1.0, (found.shape[-1] - 1) // 2 + 1)
        middle = np.median(np.real(found), axis=-1) + 1j * np.median(np.imag(found), axis=-1)
        found = middle / float(1 + np.sum(1 / (k + 1) - 1 / k))
    return cut.frequencies(fs, onesided), np.moveaxis(found, -1, axis)


@twin_of(theirs.welch)
def welch(
    x: Any, fs: float = 1.0, window: Any = _HANN, nperseg: Any = None, noverlap: Any = None, nfft: Any = None,
    detrend: Any = "constant", return_onesided: bool = True, scaling: str = "density", axis: int = -1,
    average: str = "mean",
) -> Any:  # fmt: skip
    """Frequencies, and the power spectrum of a signal by averages over segments.

    Arguments and errors are those of `csd`.

    >>> import wengert as wg
    >>> wg.grad(lambda x: np.sum(wg.scipy.signal.welch(x, nperseg=4)[1]))(np.arange(8.0)).shape
    (8,)
    """
    x = lift(x)
    f, found = csd(x, x, fs, window, nperseg, noverlap, nfft, detrend, return_onesided, scaling, axis, average)
    return f, np.real(found)


@twin_of(theirs.periodogram)
def periodogram(
    x: Any, fs: float = 1.0, window: Any = "boxcar", nfft: Any = None, detrend: Any = "constant",
    return_onesided: bool = True, scaling: str = "density", axis: int = -1,
) -> Any:  # fmt: skip
    """Frequencies, and the power spectrum of a signal as one segment.

    Arguments are those of `scipy.signal.periodogram`. Raises ValueError for a window of another length.

    >>> import wengert as wg
    >>> wg.grad(lambda x: np.sum(wg.scipy.signal.periodogram(x)[1]))(np.arange(4.0)).round(3)
    array([-3., -1.,  1.,  3.])
    """
    x = lift(x)
    n = x.shape[axis]
    if nfft is not None and nfft < n:
        x, n, nfft = part_along(x, normal_axis(axis, x.ndim), 0, nfft), nfft, None
    if hasattr(window, "size") and window.size != n:
        raise ValueError("the size of the window must be the same size of the input on the specified axis")
    window = "boxcar" if window is None else window
    return welch(x, fs, window, n, 0, nfft, detrend, return_onesided, scaling, axis)


@twin_of(theirs.coherence)
def coherence(
    x: Any, y: Any, fs: float = 1.0, window: Any = _HANN, nperseg: Any = None, noverlap: Any = None, nfft: Any = None,
    detrend: Any = "constant", axis: int = -1,
) -> Any:  # fmt: skip
    """Frequencies, and |cross spectrum|² over the power spectra of two signals.

    Arguments and errors are those of `csd`.

    >>> import wengert as wg
    >>> x = np.arange(8.0)
    >>> wg.grad(lambda y: np.sum(wg.scipy.signal.coherence(x, y, nperseg=4)[1]))(x**2).shape
    (8,)
    """
    rest = (fs, window, nperseg, noverlap, nfft, detrend)
    f, xx = welch(x, *rest, axis=axis)
    _, yy = welch(y, *rest, axis=axis)
    _, xy = csd(x, y, *rest, axis=axis)
    return f, np.real(xy * np.conj(xy)) / xx / yy
