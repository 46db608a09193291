"""Linear systems, filter forms, spectra of uneven samples and windows, as functions of what makes them."""

from __future__ import annotations

import numpy as np

from tests.draws import S, V
from wengert.scipy import signal

A2, B2, C2, NIL = (
    np.array([[-0.5, 1.0], [-1.0, -0.4]]),
    np.array([[1.0], [0.3]]),
    np.array([[0.6, -0.2]]),
    np.zeros((1, 1)),
)
TIMES = np.linspace(0, 3, 7)
AT = np.array([0.1, 0.5])
Z, P2, K = V(0.4), V(-0.5, -1.2), V(1.5)
NUM, DEN = V(1.0, 0.4), V(1.0, 1.5, 0.6)
INPUT = V(np.sin(TIMES))
SIGNAL = V(np.sin(TIMES) + np.cos(5 * TIMES))


def _uneven(**params):
    return lambda t, y, w: signal.lombscargle(t, y, w, **params)


S("scipy.signal.tf2ss", signal.tf2ss, [NUM, DEN], order=1)
S("scipy.signal.zpk2ss", signal.zpk2ss, [Z, P2, K], order=1)
S("scipy.signal.ss2zpk", lambda a: signal.ss2zpk(a, B2, C2, NIL + 0.5), [V([[-0.5, 0.1], [0.2, -1.0]])], order=1)
S("scipy.signal.normalize", signal.normalize, [NUM, V(2.0, 1.5, 0.6)], order=1)
S("scipy.signal.lp2bp_zpk", lambda z, p, k, w: signal.lp2bp_zpk(z, p, k, w, 0.3), [Z, P2, K, V(1.1)], order=1)
S("scipy.signal.lp2bs_zpk", lambda z, p, k, w: signal.lp2bs_zpk(z, p, k, w, 0.3), [Z, P2, K, V(1.1)], order=1)
S("scipy.signal.lp2hp_zpk", signal.lp2hp_zpk, [Z, P2, K, V(1.1)], order=1)
S("scipy.signal.cheb1ap", lambda r: signal.cheb1ap(3, r), [V(1.0)], order=1)
S("scipy.signal.cheb2ap", lambda r: signal.cheb2ap(3, r), [V(20.0)], order=1)
S("scipy.signal.ellipap", lambda r: signal.ellipap(3, r, 30.0), [V(1.0)], order=1)
S("scipy.signal.iirdesign", lambda r: signal.iirdesign(0.2, 0.4, r, 30.0), [V(1.0)], order=1)
for _name in ("buttord", "cheb1ord", "cheb2ord", "ellipord"):
    S(f"scipy.signal.{_name}", lambda r, n=_name: getattr(signal, n)(0.2, 0.4, r, 30.0)[1], [V(1.0)], order=1)
S("scipy.signal.iircomb", lambda q: signal.iircomb(0.125, q, fs=1.0), [V(30.0)], order=1)
S("scipy.signal.gammatone", lambda f: signal.gammatone(f, "iir", fs=16.0), [V(2.0)], order=1)
S("scipy.signal.gammatone", lambda f: signal.gammatone(f, "fir", numtaps=6, fs=16.0), [V(2.0)], order=1)
S("scipy.signal.firwin2", lambda g: signal.firwin2(9, [0, 0.4, 0.6, 1.0], g), [V(1.0, 0.9, 0.2, 0.1)], order=1)
S("scipy.signal.residue", signal.residue, [NUM, DEN], order=1)
S("scipy.signal.residuez", signal.residuez, [NUM, V(1.0, -0.7, 0.1)], order=1)
S("scipy.signal.invres", lambda r, p: signal.invres(r, p, []), [V(1.0, 2.0), P2], order=1)
S("scipy.signal.invresz", lambda r, p: signal.invresz(r, p, []), [V(1.0, 2.0), P2], order=1)
S("scipy.signal.unique_roots", lambda p: signal.unique_roots(p)[0], [V(0.4, 0.7, 0.9)], order=1)
S("scipy.signal.deconvolve", signal.deconvolve, [V(1.0, 0.5, 0.3, 0.7), V(1.0, 0.2)], order=1)
S("scipy.signal.vectorstrength", signal.vectorstrength, [V(0.4, 0.7, 0.9), V(1.3)], order=1)
S("scipy.signal.minimum_phase", signal.minimum_phase, [V(0.1, 0.5, 1.0, 0.5, 0.1)], order=1)
S("scipy.signal.envelope", signal.envelope, [SIGNAL], order=1)
S("scipy.signal.czt", signal.czt, [INPUT], order=1)
S("scipy.signal.zoom_fft", lambda x: signal.zoom_fft(x, [0.1, 0.5]), [INPUT], order=1)
for _normal in ("power", "normalize", "amplitude"):
    S("scipy.signal.lombscargle", _uneven(normalize=_normal), [V(TIMES + 0.1), SIGNAL, V(0.7, 1.9)], order=1)
S("scipy.signal.lombscargle", _uneven(floating_mean=True), [V(TIMES + 0.1), SIGNAL, V(0.7, 1.9)], order=1)
S("scipy.signal.savgol_coeffs", lambda d: signal.savgol_coeffs(5, 2, 1, d), [V(0.3)], order=2)
S("scipy.signal.cspline1d", signal.cspline1d, [INPUT], order=1)
S("scipy.signal.cspline1d", lambda x: signal.cspline1d(x, 0.3), [INPUT], order=1)
S("scipy.signal.qspline1d", signal.qspline1d, [INPUT], order=1)
S("scipy.signal.cspline1d_eval", signal.cspline1d_eval, [INPUT, V(0.3, 2.2)], order=1)
S("scipy.signal.qspline1d_eval", signal.qspline1d_eval, [INPUT, V(0.3, 2.2)], order=1)
S("scipy.signal.gauss_spline", lambda x: signal.gauss_spline(x, 2), [INPUT], order=1)
S("scipy.signal.sweep_poly", signal.sweep_poly, [V(TIMES), DEN], order=1)
S("scipy.signal.square", signal.square, [V(TIMES + 0.1)], order=1)
S("scipy.signal.kaiserord", lambda w: signal.kaiserord(65.0, w)[1], [V(0.2)], order=1)

# --- responses ------------------------------------------------------------------------------------------------------

S("scipy.signal.lsim", lambda a, u: signal.lsim((a, B2, C2, NIL), u, TIMES)[1:], [V(A2), INPUT], order=1)
S("scipy.signal.lsim", lambda b, a, u: signal.lsim((b, a), u, TIMES, interp=False)[1], [NUM, DEN, INPUT], order=1)
S("scipy.signal.lsim", lambda u: signal.lsim(signal.lti([1.0], [1.0, 2.0]), u, TIMES)[1], [INPUT], order=1)
S("scipy.signal.step", lambda b, a: signal.step((b, a), T=TIMES)[1], [NUM, DEN], order=1)
S("scipy.signal.step", lambda b, x0: signal.step((b, [1.0, 1.5, 0.6]), x0, T=TIMES)[1], [NUM, V(0.3, -0.4)], order=1)
S("scipy.signal.impulse", lambda z, p, k: signal.impulse((z, p, k), T=TIMES)[1], [Z, P2, K], order=1)
S("scipy.signal.bode", lambda b, a: signal.bode((b, a), AT)[1:], [NUM, DEN], order=1)
S("scipy.signal.freqresp", lambda b, a: signal.freqresp((b, a), AT)[1], [NUM, DEN], order=1)
S("scipy.signal.dlsim", lambda a, u: signal.dlsim((a, B2, C2, NIL, 0.1), u)[1:], [V(A2), INPUT], order=1)
S("scipy.signal.dstep", lambda a: signal.dstep((a, B2, C2, NIL, 0.1), n=4)[1], [V(A2)], order=1)
S("scipy.signal.dimpulse", lambda a: signal.dimpulse((a, B2, C2, NIL, 0.1), n=4)[1], [V(A2)], order=1)
S("scipy.signal.dbode", lambda b, a: signal.dbode((b, a, 0.1), AT)[1:], [NUM, DEN], order=1)
S("scipy.signal.dfreqresp", lambda b, a: signal.dfreqresp((b, a, 0.1), AT)[1], [NUM, DEN], order=1)

# --- windows --------------------------------------------------------------------------------------------------------

S("scipy.signal.windows.chebwin", lambda a: signal.windows.chebwin(6, a), [V(60.0)], order=1)
S("scipy.signal.windows.dpss", lambda w: signal.windows.dpss(6, w), [V(1.2)], order=1)
S("scipy.signal.windows.exponential", lambda t: signal.windows.exponential(6, tau=t), [V(2.0)], order=1)
S("scipy.signal.windows.gaussian", lambda s: signal.windows.gaussian(6, s, False), [V(1.4)], order=1)
S("scipy.signal.windows.general_cosine", lambda a: signal.windows.general_cosine(6, a), [V(0.5, 0.3, 0.2)], order=1)
S(
    "scipy.signal.windows.general_gaussian",
    lambda p, s: signal.windows.general_gaussian(6, p, s),
    [V(1.5), V(1.4)],
    order=1,
)
S("scipy.signal.windows.general_hamming", lambda a: signal.windows.general_hamming(6, a), [V(0.6)], order=1)
S("scipy.signal.windows.kaiser", lambda b: signal.windows.kaiser(6, b), [V(3.0)], order=1)
S("scipy.signal.windows.kaiser_bessel_derived", lambda b: signal.windows.kaiser_bessel_derived(6, b), [V(3.0)], order=1)
S("scipy.signal.windows.taylor", lambda s: signal.windows.taylor(6, 4, s), [V(25.0)], order=1)
S("scipy.signal.windows.tukey", lambda a: signal.windows.tukey(6, a), [V(0.7)], order=1)
S("scipy.signal.windows.get_window", lambda b: signal.windows.get_window(("kaiser", b), 6), [V(3.0)], order=1)
S("scipy.signal.get_window", lambda s: signal.get_window(("gaussian", s), 6), [V(1.4)], order=1)
