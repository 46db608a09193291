"""Twins of `scipy.signal`: convolution, filters, resampling and spectra that differentiate."""

from __future__ import annotations

from wengert.scipy.convolving import convolve, convolve2d, correlate, correlate2d, fftconvolve, oaconvolve
from wengert.scipy.fallthrough import fall_through
from wengert.scipy.filtering import filtfilt, lfilter, lfilter_zi, lfiltic, sosfilt, sosfilt_zi, sosfiltfilt

__all__ = [
    "convolve",
    "convolve2d",
    "correlate",
    "correlate2d",
    "fftconvolve",
    "filtfilt",
    "lfilter",
    "lfilter_zi",
    "lfiltic",
    "oaconvolve",
    "sosfilt",
    "sosfilt_zi",
    "sosfiltfilt",
]

__getattr__ = fall_through("scipy.signal")
