"""PyTorch's window functions and the Fourier transform of short times."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.pytorch.spelled import writable

__all__ = [
    "bartlett_window", "blackman_window", "hamming_window", "hann_window", "istft", "kaiser_window", "range",
    "scalar_tensor", "stft",
]  # fmt: skip


def _window(values: Any, length: int, periodic: bool, dtype: Any) -> Any:
    """A window of `length`; a periodic one is the longer by one without its end."""
    if length == 1:
        return writable(np.ones(1, dtype or float))
    return writable(np.asarray(values(length + periodic), dtype or float)[:length])


def bartlett_window(window_length: int, periodic: bool = True, *, dtype: Any = None) -> Any:
    """A triangle."""
    return _window(np.bartlett, window_length, periodic, dtype)


def blackman_window(window_length: int, periodic: bool = True, *, dtype: Any = None) -> Any:
    """0.42 - 0.5 cos + 0.08 cos of twice the angle."""
    return _window(np.blackman, window_length, periodic, dtype)


def hann_window(window_length: int, periodic: bool = True, *, dtype: Any = None) -> Any:
    """0.5 - 0.5 cos."""
    return _window(np.hanning, window_length, periodic, dtype)


def hamming_window(
    window_length: int, periodic: bool = True, alpha: float = 0.54, beta: float = 0.46, *, dtype: Any = None
) -> Any:
    """Alpha - beta cos."""

    def values(n: int) -> Any:
        return alpha - beta * np.cos(2 * np.pi * np.arange(n) / (n - 1))

    return _window(values, window_length, periodic, dtype)


def kaiser_window(window_length: int, periodic: bool = True, beta: float = 12.0, *, dtype: Any = None) -> Any:
    """Kaiser's, of shape `beta`."""
    return _window(lambda n: np.kaiser(n, beta), window_length, periodic, dtype)


def range(start: Any, end: Any = None, step: Any = 1, *, dtype: Any = None) -> Any:
    """Numbers from start to end, which is among them."""
    start, end = (0, start) if end is None else (start, end)
    count = int(np.floor((end - start) / step)) + 1
    return writable(np.asarray(start + step * np.arange(count), dtype or float))


def scalar_tensor(s: Any, *, dtype: Any = None, requires_grad: bool = False) -> Any:
    """A 0-d tensor."""
    out = writable(np.asarray(s, dtype or float))
    return out.requires_grad_() if requires_grad else out


def stft(
    input: Any, n_fft: int, hop_length: int | None = None, win_length: int | None = None, window: Any = None,
    center: bool = True, pad_mode: Any = "reflect", normalized: bool = False, onesided: bool | None = None,
    return_complex: bool | None = None,
) -> Any:  # fmt: skip
    """The Fourier transforms of the pieces of a signal (…, time) that a window sees: (…, frequency, frame).

    n_fft: samples per piece, every `hop_length` (n_fft / 4); window: of `win_length` samples, ones by default; center:
    whether the signal is padded so that a piece is centred at its time; onesided: leave out the frequencies that a real
    signal's conjugates are; return_complex=False: real and imaginary parts along a last axis.

    >>> import wengert as wg
    >>> wg.stft(wg.ones(8), 4, center=False, return_complex=True).shape
    (3, 5)
    """
    hop_length = hop_length or n_fft // 4
    if center:
        input = np.pad(input, [(0, 0)] * (input.ndim - 1) + [(n_fft // 2, n_fft // 2)], mode=pad_mode)
    pieces = np.lib.stride_tricks.sliding_window_view(input, n_fft, axis=-1)[..., ::hop_length, :]
    pieces = pieces * _full_window(window, win_length or n_fft, n_fft, input.dtype)
    real = input.dtype.kind != "c" and (window is None or window.dtype.kind != "c")
    onesided = real if onesided is None else onesided
    transform = np.fft.rfft if onesided else np.fft.fft
    out = np.matrix_transpose(transform(pieces, axis=-1, norm="ortho" if normalized else None))
    return out if return_complex is not False else np.stack([np.real(out), np.imag(out)], axis=-1)


def _full_window(window: Any, length: int, n_fft: int, dtype: Any) -> Any:
    before = (n_fft - length) // 2
    window = np.ones(length, np.finfo(dtype).dtype) if window is None else window
    return np.pad(window, (before, n_fft - length - before))


def istft(
    input: Any, n_fft: int, hop_length: int | None = None, win_length: int | None = None, window: Any = None,
    center: bool = True, normalized: bool = False, onesided: bool | None = None, length: int | None = None,
    return_complex: bool = False,
) -> Any:  # fmt: skip
    """The signal of which `stft` gives `input` (with its arguments), by least squares; length: of the signal.

    Of a complex window the pieces are weighed by w², as in PyTorch, and not by its size.
    """
    hop_length = hop_length or n_fft // 4
    window = _full_window(window, win_length or n_fft, n_fft, input.dtype)
    onesided = input.shape[-2] != n_fft if onesided is None else onesided
    norm: Any = "ortho" if normalized else None
    columns = np.matrix_transpose(input)
    if not (onesided or return_complex):  # of a real signal the other frequencies are the conjugates
        columns, onesided = columns[..., : n_fft // 2 + 1], True
    pieces = np.fft.irfft(columns, n_fft, norm=norm) if onesided else np.fft.ifft(columns, norm=norm)
    frames = pieces.shape[-2]
    total = n_fft + hop_length * (frames - 1)
    places = np.arange(n_fft) + hop_length * np.arange(frames)[:, None]
    weight = writable(np.zeros(total, window.dtype))
    signal = writable(np.zeros((total, *pieces.shape[:-2]), pieces.dtype))
    np.add.at(weight, places, np.broadcast_to(window**2, places.shape))
    np.add.at(signal, places, np.moveaxis(pieces * window, (-2, -1), (0, 1)))
    start = n_fft // 2 if center else 0
    end = total - start if length is None else start + length
    kept = np.moveaxis(signal, 0, -1)[..., start:end] / weight[start:end]
    kept = kept if return_complex or not np.iscomplexobj(kept) else np.real(kept)
    short = 0 if length is None else length - kept.shape[-1]
    return np.pad(kept, [(0, 0)] * (kept.ndim - 1) + [(0, short)]) if short > 0 else kept
