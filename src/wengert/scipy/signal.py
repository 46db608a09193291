"""Twins of `scipy.signal`: convolution, filters, resampling and spectra that differentiate."""

from __future__ import annotations

from wengert.scipy.convolving import convolve, convolve2d, correlate, correlate2d, fftconvolve, oaconvolve
from wengert.scipy.fallthrough import fall_through
from wengert.scipy.filtering import filtfilt, lfilter, lfilter_zi, lfiltic, sosfilt, sosfilt_zi, sosfiltfilt
from wengert.scipy.resampling import decimate, resample, resample_poly, upfirdn

__all__ = [
    "convolve",
    "convolve2d",
    "correlate",
    "correlate2d",
    "decimate",
    "fftconvolve",
    "filtfilt",
    "lfilter",
    "lfilter_zi",
    "lfiltic",
    "oaconvolve",
    "resample",
    "resample_poly",
    "sosfilt",
    "sosfilt_zi",
    "sosfiltfilt",
    "upfirdn",
]

__getattr__ = fall_through("scipy.signal")
