"""Design of filters, their forms and responses, and test signals: SciPy's own formulas, read again (`rereading`).

They are differentiable in critical frequencies, ripples, attenuations, coefficients, zeros and poles. Roots of
polynomials have the derivatives of eigenvalues, which exist where roots are distinct.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.signal as theirs

from wengert.scipy.choice import twin_of
from wengert.scipy.piecewise import floats
from wengert.scipy.rereading import reread_twin

__all__ = ["REREAD", "bilinear"]

REREAD: dict[str, Callable[..., Any]] = {
    name: reread_twin(getattr(theirs, name))
    for name in """
    bessel bilinear_zpk butter buttord cheb1ap cheb1ord cheb2ap cheb2ord cheby1 cheby2 chirp cont2discrete
    cspline1d cspline1d_eval czt deconvolve ellip ellipap ellipord envelope firls firwin firwin2 freqs freqs_zpk
    freqz_zpk gammatone gauss_spline gausspulse get_window group_delay iircomb iirdesign iirfilter iirnotch iirpeak
    invres invresz kaiser_atten kaiser_beta kaiserord lombscargle lp2bp lp2bp_zpk lp2bs lp2bs_zpk lp2hp lp2hp_zpk
    lp2lp lp2lp_zpk minimum_phase normalize qspline1d qspline1d_eval residue residuez sawtooth sos2tf sos2zpk
    square ss2tf ss2zpk sweep_poly tf2sos tf2ss tf2zpk unique_roots vectorstrength zoom_fft zpk2sos zpk2ss
    zpk2tf
    """.split()
}


@twin_of(theirs.bilinear)
def bilinear(b: Any, a: Any, fs: float = 1.0) -> tuple[Any, Any]:
    """`scipy.signal.bilinear`: an analog filter as a digital one, by s = 2 fs (z - 1)/(z + 1).

    b, a: coefficients from the highest power on. fs: samples per unit of time.

    >>> import numpy as np, wengert as wg
    >>> wg.jacobian(lambda w: wg.scipy.signal.bilinear(w * np.ones(1), np.stack([1.0, w]))[0])(2.0)  # of w/(2 + w)
    array([0.125, 0.125])
    """
    b, a = [np.reshape(floats(c), (-1,)) for c in (b, a)]
    degree = max(np.shape(b)[0], np.shape(a)[0]) - 1
    # Of sᵏ, times (z + 1)ⁿ, in powers of z.
    powers = np.stack([np.poly([1.0] * k + [-1.0] * (degree - k)) for k in range(degree + 1)])
    top, bottom = [_moved(c, powers, 2.0 * fs) for c in (b, a)]
    return top / bottom[0], bottom / bottom[0]


def _moved(c: Any, powers: Any, rate: Any) -> Any:
    k = np.arange(np.shape(c)[0])[::-1]
    return (c * rate**k) @ powers[k]
