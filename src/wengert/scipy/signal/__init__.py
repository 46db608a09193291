"""Twins of `scipy.signal`: convolution, filters, resampling and spectra that differentiate."""

from __future__ import annotations

from wengert.scipy.convolving import convolve, convolve2d, correlate, correlate2d, fftconvolve, oaconvolve
from wengert.scipy.design import REREAD as _REREAD, bilinear
from wengert.scipy.fallthrough import fall_through
from wengert.scipy.filtering import filtfilt, lfilter, lfilter_zi, lfiltic, sosfilt, sosfilt_zi, sosfiltfilt
from wengert.scipy.ltisystems import RESPONSES as _RESPONSES
from wengert.scipy.resampling import decimate, resample, resample_poly, upfirdn
from wengert.scipy.signal import windows as windows
from wengert.scipy.smoothing import (
    detrend,
    freqz,
    freqz_sos,
    hilbert,
    hilbert2,
    medfilt,
    medfilt2d,
    order_filter,
    savgol_coeffs,
    savgol_filter,
    sepfir2d,
    wiener,
)
from wengert.scipy.spectral import coherence, csd, istft, periodogram, spectrogram, stft, welch

__all__ = [
    "bilinear",
    "coherence",
    "convolve",
    "convolve2d",
    "correlate",
    "correlate2d",
    "csd",
    "decimate",
    "detrend",
    "fftconvolve",
    "filtfilt",
    "freqz",
    "freqz_sos",
    "hilbert",
    "hilbert2",
    "istft",
    "lfilter",
    "lfilter_zi",
    "lfiltic",
    "medfilt",
    "medfilt2d",
    "oaconvolve",
    "order_filter",
    "periodogram",
    "resample",
    "resample_poly",
    "savgol_coeffs",
    "savgol_filter",
    "sepfir2d",
    "sosfilt",
    "sosfilt_zi",
    "sosfiltfilt",
    "spectrogram",
    "stft",
    "upfirdn",
    "welch",
    "wiener",
]

__all__.extend([*_REREAD, *_RESPONSES])
globals().update(_REREAD | _RESPONSES)

__getattr__ = fall_through("scipy.signal")
