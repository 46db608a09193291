"""Airy functions and parabolic cylinder functions: solutions of y'' = f(x) y, returned together with y'."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.core.protocols import BY_NAME
from wengert.ops.special.source import NO_SERIES, scipy_special, several

__all__: list[str] = []

# Ai'' = z Ai, Bi'' = z Bi.
airy = several("airy", "z", 4, dz=lambda z, out: (out[1], z * out[0], out[3], z * out[2]))
itairy = several("itairy", "x", 4, dx=lambda x: (airy(x)[0], airy(x)[2], airy(-x)[0], airy(-x)[2]))


# Scaled: Ai and Ai' by e^ζ with ζ = ⅔ z √z and dζ/dz = √z; Bi and Bi' by e^{-s} with s = |Re ζ|, which is not analytic
# and therefore an operand of its own.
def _airye(z: Any, s: Any) -> Any:
    z, s = np.broadcast_arrays(z, s)
    ai, aip, bi, bip = scipy_special("airye")(z)
    off = np.exp(np.where(np.isinf(s), 0, _growth(z) - s), dtype=np.asarray(s).dtype)
    return ai, aip, bi * off, bip * off


def _growth(z: Any) -> Any:
    """|Re ⅔ z √z|; 0 on the negative axis, where the functions oscillate."""
    if z.dtype.kind != "c":
        z = np.maximum(z, 0)
    return np.abs(np.real(2 / 3 * z**1.5))


_scaled = several(
    "airye_scaled",
    "z s",
    4,
    impl=_airye,
    spelled=False,
    dz=lambda z, out: (
        out[1] + np.sqrt(z) * out[0],
        z * out[0] + np.sqrt(z) * out[1],
        out[3],
        z * out[2],
    ),
    ds=lambda out: (0 * out[0], 0 * out[1], -out[2], -out[3]),
)


def airye(z: Any) -> Any:
    """Airy functions without their exponential growth or decay."""
    return _scaled(z, _growth(z))


BY_NAME["airye"] = airye

# Parabolic cylinder functions (DLMF 12.2): D'' = (x²/4 - v - ½) D, the same for V, and W'' = (a - x²/4) W.
pbdv = several("pbdv", "v x", 2, dv=NO_SERIES, dx=lambda v, x, out: (out[1], (x * x / 4 - v - 0.5) * out[0]))
pbvv = several("pbvv", "v x", 2, dv=NO_SERIES, dx=lambda v, x, out: (out[1], (x * x / 4 - v - 0.5) * out[0]))
pbwa = several("pbwa", "a x", 2, da=NO_SERIES, dx=lambda a, x, out: (out[1], (a - x * x / 4) * out[0]))
