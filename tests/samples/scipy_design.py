"""Filter design, in what a designer gives."""

from __future__ import annotations

import numpy as np

from tests.draws import S, V
from wengert.scipy import signal

W, V2, V3 = V(0.3), V(0.4, 1.1), V(1.0, 2.7, 0.6)
AT = np.array([0.1, 0.5])
A2, B2 = np.array([[-0.5, 1.0], [-1.0, -0.4]]), np.array([[1.0], [0.3]])

NIL = np.zeros((1, 1))

# fmt: off
for _form in ("ba", "zpk", "sos"):
    S("scipy.signal.butter", lambda w, o=_form: signal.butter(3, w, output=o), [W], order=1)
S("scipy.signal.butter", lambda w: signal.butter(2, w, "band"), [V(0.3, 0.5)], order=1)
S("scipy.signal.butter", lambda w: signal.butter(2, w, "high", analog=True, fs=None), [W], order=1)
S("scipy.signal.cheby1", lambda r, w: signal.cheby1(3, r, w), [V(1.0), W], order=1)
S("scipy.signal.cheby2", lambda r, w: signal.cheby2(3, r, w), [V(20.0), W], order=1)
S("scipy.signal.ellip", lambda w: signal.ellip(3, 1.0, 20.0, w), [W], order=1)
S("scipy.signal.bessel", lambda w: signal.bessel(3, w, norm="mag"), [W], order=1)
S("scipy.signal.iirfilter", lambda w: signal.iirfilter(3, w, btype="low", fs=2.5), [W], order=1)
S("scipy.signal.iirnotch", signal.iirnotch, [W, V(30.0)], order=1)
S("scipy.signal.iirpeak", signal.iirpeak, [W, V(30.0)], order=1)
S("scipy.signal.bilinear", signal.bilinear, [V2, V3], order=2)
S("scipy.signal.bilinear_zpk", lambda z, p, k: signal.bilinear_zpk(z, p, k, 2.0), [V(0.4), V2, V(1.5)], order=1)
S("scipy.signal.firwin", lambda w: signal.firwin(5, w), [W], order=1)
S("scipy.signal.firwin", lambda w: signal.firwin(7, w, pass_zero=False, window=("kaiser", 8.0)), [V(0.3, 0.6)], order=1)
S("scipy.signal.firls", lambda d: signal.firls(7, [0, 0.3, 0.5, 1.0], d), [V(1.0, 0.9, 0.1, 0.05)], order=1)
S("scipy.signal.freqs", lambda b, a: signal.freqs(b, a, AT)[1], [V2, V3], order=1)
S("scipy.signal.freqs_zpk", lambda z, p, k: signal.freqs_zpk(z, p, k, AT)[1], [V(0.4), V2, V(1.5)], order=1)
S("scipy.signal.freqz_zpk", lambda z, p, k: signal.freqz_zpk(z, p, k, AT)[1], [V(0.4), V2, V(1.5)], order=1)
S("scipy.signal.group_delay", lambda b, a: signal.group_delay((b, a), AT)[1], [V2, V(1.0, 0.3)], order=1)
S("scipy.signal.kaiser_beta", signal.kaiser_beta, [V(30.0)], order=1)
S("scipy.signal.kaiser_atten", lambda w: signal.kaiser_atten(9, w), [W], order=1)
S("scipy.signal.lp2lp", signal.lp2lp, [V2, V3, W], order=1)
S("scipy.signal.lp2hp", signal.lp2hp, [V2, V3, W], order=1)
S("scipy.signal.lp2bp", lambda b, a, w: signal.lp2bp(b, a, w, 0.3), [V2, V3, W], order=1)
S("scipy.signal.lp2bs", lambda b, a, w: signal.lp2bs(b, a, w, 0.3), [V2, V3, W], order=1)
S("scipy.signal.lp2lp_zpk", signal.lp2lp_zpk, [V(0.4), V2, V(1.5), W], order=1)
S("scipy.signal.zpk2tf", signal.zpk2tf, [V(0.4), V2, V(1.5)], order=1)
S("scipy.signal.tf2zpk", signal.tf2zpk, [V2, V3], order=1)
S("scipy.signal.zpk2sos", signal.zpk2sos, [V(0.4, 0.7), V(0.3, 0.9), V(1.5)], order=1)
S("scipy.signal.tf2sos", signal.tf2sos, [V2, V3], order=1)
S("scipy.signal.sos2tf", signal.sos2tf, [V([[0.4, 0.8, 0.1, 1.0, 0.5, 0.2]])], order=1)
S("scipy.signal.sos2zpk", signal.sos2zpk, [V([[0.4, 2.8, 0.1, 1.0, 2.5, 0.2]])], order=1)
S("scipy.signal.ss2tf", lambda a: signal.ss2tf(a, B2, B2.T, np.zeros((1, 1))), [V(A2)], order=1)
S("scipy.signal.cont2discrete", lambda a: signal.cont2discrete((a, B2, B2.T, NIL), 0.1)[0], [V(A2)], order=1)
S("scipy.signal.sawtooth", signal.sawtooth, [V(0.3, 2.0, 4.0)], order=1)
S("scipy.signal.chirp", lambda t, f: signal.chirp(t, f, 2.0, 3.0), [V(0.1, 0.5), V(1.0)], order=1)
S("scipy.signal.gausspulse", lambda t, f: signal.gausspulse(t, f), [V(0.1, 0.5), V(5.0)], order=1)
