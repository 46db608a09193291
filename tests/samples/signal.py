"""Twins of scipy.signal."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.signal

import wengert as wg
from tests.draws import C, F, P, R, S, U, V


def twin(name: str, *sets: Any, **flags: Any) -> None:
    """A sample of a twin; the value is SciPy's."""
    S(f"scipy.signal.{name}", getattr(wg.scipy.signal, name), *sets, value=getattr(scipy.signal, name), **flags)


def partly(name: str, *fixed: Any, after: Any = (), **flags: Any) -> None:
    """A sample of a twin whose first (and last) arguments are constants."""
    theirs = getattr(scipy.signal, name)
    sets = flags.pop("sets")
    ours = lambda *xs, **params: getattr(wg.scipy.signal, name)(*fixed, *xs, *after, **params)
    S(f"scipy.signal.{name}", ours, *sets, value=lambda *xs, **params: theirs(*fixed, *xs, *after, **params), **flags)


def sections(sos: Any) -> Any:
    """Second-order sections of five free coefficients each."""
    return np.concatenate([sos[:, :3], np.ones((sos.shape[0], 1), sos.dtype), sos[:, 3:]], axis=1)


# fmt: off
# --- convolution ------------------------------------------------------------------------------------------------

for _name in ("convolve", "correlate"):
    twin(_name, [R(5), R(3)], [R(2), R(4), {"mode": "same"}], [R(2), R(4), {"mode": "valid"}],
         [C(3, 4), C(2, 2), {"mode": "valid", "method": "direct"}], [C(4), C(3), {"method": "fft"}], [F(4), F(2)],
         [R(), R()], [R(3, 2), R(2, 2), {"mode": "same"}])
for _name in ("fftconvolve", "oaconvolve"):
    twin(_name, [R(5), R(3)], [R(2, 4), R(1, 2), {"mode": "same", "axes": 1}], [C(4), R(2), {"mode": "valid"}],
         [R(1, 4), R(3, 2)], [F(3), F(2)])
for _name in ("convolve2d", "correlate2d"):
    twin(_name, [R(3, 4), R(2, 2)], [R(3, 3), R(2, 2), {"mode": "same", "boundary": "wrap"}],
         [R(3, 4), R(2, 3), {"mode": "same", "boundary": "symm"}], [R(2, 2), R(1, 2), {"fillvalue": 2.0}],
         [C(2, 2), C(3, 4), {"mode": "valid"}], [F(2, 3), F(2, 2)])

# --- recursive filters --------------------------------------------------------------------------------------------

twin("lfilter", [R(2), P(3), R(5)], [P(3), P(2), R(2, 4), {"axis": 0}], [P(1), P(2), R(4)], [P(2), P(1), R(4)],
     [C(2), C(2), C(3)], [F(2), F(2), F(4)])
S("scipy.signal.lfilter", lambda b, a, x, z, axis=-1: wg.scipy.signal.lfilter(b, a, x, axis, z),
  [R(2), P(3), R(4), R(2)], [P(3), P(2), R(2, 4), R(1, 2)], [P(3), P(2), R(1, 3), R(2, 3), {"axis": 0}],
  value=lambda b, a, x, z, axis=-1: scipy.signal.lfilter(b, a, x, axis, z))
twin("lfilter_zi", [R(3), V(1.5, 0.2, 0.3)], [R(2), V(2.0, 0.3, 0.1)])
twin("lfiltic", [R(3), P(2), R(2), R(2)], [R(2), P(3), R(1)])
_SOS = np.array([[1.0, 0.4, 0.2, 1.0, 0.3, 0.1], [0.5, 0.4, 0.3, 1.0, -0.2, 0.1]])
S("scipy.signal.sosfilt", lambda x, z: wg.scipy.signal.sosfilt(_SOS, x, zi=z), [R(2, 4), R(2, 2, 2)],
  value=lambda x, z: scipy.signal.sosfilt(_SOS, x, zi=z))
S("scipy.signal.sosfilt", lambda s, x: wg.scipy.signal.sosfilt(sections(s), x), [U(2, 5), R(4)],
  value=lambda s, x: scipy.signal.sosfilt(sections(s), x))
partly("sosfilt", _SOS, sets=[[R(4, 2), {"axis": 0}], [C(3)]])
twin("sosfilt_zi", [V(_SOS)])
partly("sosfiltfilt", _SOS, sets=[[R(20)], [R(8, 2), {"axis": 0, "padlen": 3, "padtype": "even"}]])
_B, _A = np.array([0.5, 0.3]), np.array([1.0, -0.4])
partly("filtfilt", _B, _A, sets=[[R(10)], [R(4, 2), {"axis": 0, "padtype": "even", "padlen": 2}],
       [R(4), {"padtype": "constant", "padlen": 2}], [R(6), {"padtype": None}], [R(5), {"method": "gust"}],
       [R(2, 9), {"method": "gust", "irlen": 3}]])
twin("filtfilt", [P(2), V(1.5, 0.4), R(5), {"padlen": 2}])

# --- resampling ---------------------------------------------------------------------------------------------------

twin("resample", [R(5), {"num": 4}], [R(4), {"num": 7}], [R(2, 6), {"num": 4, "axis": 1, "window": "hann"}],
     [C(4), {"num": 6}], [C(6), {"num": 4, "window": "hann"}], [F(4), {"num": 3}],
     [C(4), {"num": 3, "domain": "freq"}], [R(4), {"num": 2, "t": np.arange(4.0)}])
twin("upfirdn", [R(3), R(4), {"up": 2, "down": 3}], [R(2), R(2, 4), {"down": 2, "mode": "edge"}],
     [R(3), R(3, 2), {"up": 2, "axis": 0, "mode": "antireflect"}], [R(2), R(4), {"mode": "antisymmetric"}],
     [R(2), R(4), {"mode": "smooth"}], [R(2), R(4), {"mode": "line", "up": 2}], [R(2), R(3), {"cval": 2.0}],
     [C(2), C(3)], [F(2), F(3), {"up": 2}])
twin("resample_poly", [R(4), {"up": 2, "down": 1}], [R(2, 6), {"up": 2, "down": 3, "axis": 1, "padtype": "mean"}],
     [R(6), {"up": 1, "down": 2, "padtype": "line"}], [R(3), {"up": 2, "down": 2}],
     [R(4), {"up": 3, "down": 2, "cval": 1.0}])
twin("decimate", [R(30), {"q": 2, "n": 2}], [R(6), {"q": 2, "ftype": "fir", "n": 4}],
     [R(2, 6), {"q": 3, "n": 2, "ftype": "fir", "zero_phase": False}],
     [R(6, 2), {"q": 2, "n": 3, "zero_phase": False, "axis": 0}])

# --- smoothing, trends, responses ---------------------------------------------------------------------------------

twin("savgol_filter", [R(6), {"window_length": 5, "polyorder": 2}],
     [R(2, 5), {"window_length": 3, "polyorder": 2, "deriv": 1, "delta": 0.5, "mode": "wrap"}],
     [R(5, 2), {"window_length": 4, "polyorder": 1, "axis": 0}])
twin("detrend", [R(5)], [R(2, 4), {"type": "constant", "axis": 0}], [R(6), {"bp": [3]}], [C(4)])
twin("hilbert", [R(5)], [R(4)], [R(2, 3), {"N": 4, "axis": 0}], [F(4)])
twin("hilbert2", [R(3, 4)], [R(3, 3), {"N": 4}])
twin("medfilt", [R(5)], [R(3, 4), {"kernel_size": (1, 3)}])
twin("medfilt2d", [R(3, 3)], [R(3, 4), {"kernel_size": 1}])
partly("order_filter", after=(np.ones(3), 1), sets=[[R(5)]])
twin("wiener", [P(5)], [R(3, 4), {"mysize": 3, "noise": 0.01}])
twin("freqz", [R(3), P(2), {"worN": 3}], [R(2), P(1), {"worN": np.array([0.1, 0.3]), "fs": 2.0}],
     [R(2), P(2), {"worN": 4, "whole": True}])
S("scipy.signal.freqz_sos", lambda s, **kw: wg.scipy.signal.freqz_sos(sections(s), **kw), [U(2, 5), {"worN": 3}],
  value=lambda s, **kw: scipy.signal.freqz_sos(sections(s), **kw))

# --- spectra ------------------------------------------------------------------------------------------------------

_CUT = {"nperseg": 4}
twin("stft", [R(9), _CUT], [C(8), {"nperseg": 4, "noverlap": 1, "boundary": "even"}],
     [R(8, 2), {"nperseg": 3, "axis": 0, "nfft": 5, "boundary": None, "scaling": "psd", "detrend": "linear"}],
     [F(8), _CUT])
twin("istft", [C(3, 4), {"nperseg": 4}], [C(4, 3), {"input_onesided": False, "boundary": False, "scaling": "psd",
     "window": "boxcar"}], [C(4, 2, 3), {"time_axis": 0, "freq_axis": -1}])
twin("spectrogram", [R(9), {"nperseg": 4}], [R(8), {"nperseg": 4, "mode": "magnitude", "detrend": False}],
     [R(2, 8), {"nperseg": 4, "mode": "complex", "return_onesided": False}])
twin("welch", [R(9), _CUT], [R(8, 2), {"nperseg": 3, "axis": 0, "scaling": "spectrum"}],
     [R(12), {"nperseg": 4, "average": "median"}], [C(8), _CUT])
twin("csd", [R(9), R(7), _CUT], [C(8), C(8), {"nperseg": 4, "average": "median"}])
twin("coherence", [R(9), R(9), {"nperseg": 4}], order=2)
twin("periodogram", [R(6)], [R(5), {"nfft": 8}], [R(2, 6), {"nfft": 4, "detrend": "linear"}])
