"""Bessel functions and their kin, differentiated with respect to their argument.

For C any of J, Y, H¹, H² (DLMF 10.6.1) and for I and K (10.29.1), at every point and without a division:

    C' = (C_{v-1} - C_{v+1}) / 2        I' = (I_{v-1} + I_{v+1}) / 2        K' = -(K_{v-1} + K_{v+1}) / 2

The derivative with respect to the order has no closed form (10.15) and no rule.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from wengert.core.op import Op, Unknown, elementwise
from wengert.core.protocols import BY_NAME
from wengert.ops.special.source import scipy_special, several, special

__all__: list[str] = []

ORDER = Unknown("A derivative with respect to the order of a Bessel function has no closed form (DLMF 10.15).")

jv: Op = special("jv", "v z", dv=ORDER, dz=lambda v, z: (jv(v - 1, z) - jv(v + 1, z)) / 2)
yv: Op = special("yv", "v z", dv=ORDER, dz=lambda v, z: (yv(v - 1, z) - yv(v + 1, z)) / 2, singular=True)
iv: Op = special("iv", "v z", dv=ORDER, dz=lambda v, z: (iv(v - 1, z) + iv(v + 1, z)) / 2)
kv: Op = special("kv", "v z", dv=ORDER, dz=lambda v, z: -(kv(v - 1, z) + kv(v + 1, z)) / 2, singular=True)
hankel1: Op = special("hankel1", "v z", dv=ORDER, dz=lambda v, z: (hankel1(v - 1, z) - hankel1(v + 1, z)) / 2)
hankel2: Op = special("hankel2", "v z", dv=ORDER, dz=lambda v, z: (hankel2(v - 1, z) - hankel2(v + 1, z)) / 2)

# Scaled by e^z, e^{-iz}, e^{iz}, which are analytic.
kve: Op = special("kve", "v z", dv=ORDER, dz=lambda v, z, out: out - (kve(v - 1, z) + kve(v + 1, z)) / 2, singular=True)
hankel1e: Op = special(
    "hankel1e", "v z", dv=ORDER, dz=lambda v, z, out: (hankel1e(v - 1, z) - hankel1e(v + 1, z)) / 2 - 1j * out
)
hankel2e: Op = special(
    "hankel2e", "v z", dv=ORDER, dz=lambda v, z, out: (hankel2e(v - 1, z) - hankel2e(v + 1, z)) / 2 + 1j * out
)


# Scaled by e^{-s} with s = |Im z| or |Re z|, which is not analytic: a row of z and s, analytic in z, of which
# the function is the special case. Off that case (in difference quotients) it is e^{|Im z| - s} times SciPy's.
def _scaled(name: str, part: Any, sign: int) -> Any:
    theirs = scipy_special(name)

    def impl(v: Any, z: Any, s: Any) -> Any:
        off = np.where(np.isinf(s), 0, np.abs(part(z)) - s)
        return theirs(v, z) * np.exp(off, dtype=np.asarray(s).dtype)

    def slope(v: Any, z: Any, s: Any) -> Any:
        return (row(v - 1, z, s) + sign * row(v + 1, z, s)) / 2

    row: Op = elementwise(impl, "v z s", name=f"{name}_scaled", dv=ORDER, dz=slope, ds=lambda out: -out, singular=True)

    def function(v: Any, z: Any) -> Any:
        return row(v, z, np.abs(part(z)))

    function.__name__ = name
    BY_NAME[name] = function
    return function


jve = _scaled("jve", np.imag, -1)
yve = _scaled("yve", np.imag, -1)
ive = _scaled("ive", np.real, 1)

# Of integer order.
BY_NAME["jn"] = jv
yn: Op = special("yn", "n x", dn=0, dx=lambda n, x: (yv(n - 1, x) - yv(n + 1, x)) / 2, singular=True)
kn: Op = special("kn", "n x", dn=0, dx=lambda n, x: -(kv(n - 1, x) + kv(n + 1, x)) / 2, singular=True)

j0: Op = special("j0", dx=lambda x: -j1(x))
j1: Op = special("j1", dx=lambda x: (j0(x) - jv(2, x)) / 2)
y0: Op = special("y0", dx=lambda x: -y1(x), singular=True)
y1: Op = special("y1", dx=lambda x: (y0(x) - yv(2, x)) / 2, singular=True)
i0: Op = special("i0", dx=lambda x: i1(x))
i1: Op = special("i1", dx=lambda x: (i0(x) + iv(2, x)) / 2)
k0: Op = special("k0", dx=lambda x: -k1(x), singular=True)
k1: Op = special("k1", dx=lambda x: -(k0(x) + kv(2, x)) / 2, singular=True)
i0e: Op = special("i0e", dx=lambda x, out: i1e(x) - np.sign(x) * out)
i1e: Op = special("i1e", dx=lambda x, out: (i0e(x) + ive(2, x)) / 2 - np.sign(x) * out)
k0e: Op = special("k0e", dx=lambda x, out: out - k1e(x), singular=True)
k1e: Op = special("k1e", dx=lambda x, out: out - k0e(x) - out / x, singular=True)


# Integrals from 0 to x. (1 - J₀)/x and (I₀ - 1)/x are odd and regular at 0, where the quotient cancels: their series
# x/4 Σ (∓x²/4)ᵏ/((k+1)!)² is summed there instead (to 1e-17 for |x| < 1).
def _excess(x: Any, sign: int, bessel: Op) -> Any:
    near = np.abs(x) < 1
    small, large = np.where(near, x, 0.5), np.where(near, 1.0, x)
    q = sign * small * small / 4
    series: Any = 0.0
    for k in range(9, 0, -1):
        series = (1 / math.factorial(k) ** 2) + q * series
    return np.where(near, small / 4 * series, sign * (bessel(large) - 1) / large)


itj0y0 = several("itj0y0", "x", 2, dx=lambda x: (j0(x), y0(x)))
iti0k0 = several("iti0k0", "x", 2, dx=lambda x: (i0(x), k0(x)))
it2j0y0 = several("it2j0y0", "x", 2, dx=lambda x: (_excess(x, -1, j0), -y0(x) / x))
it2i0k0 = several("it2i0k0", "x", 2, dx=lambda x: (_excess(x, 1, i0), -k0(x) / x))

# ∫₀¹ tˡ J_v(2at) dt, where d/da brings 2t J_v' = t (J_{v-1} - J_{v+1}).
besselpoly: Op = special(
    "besselpoly",
    "a l v",
    da=lambda a, l, v: besselpoly(a, l + 1, v - 1) - besselpoly(a, l + 1, v + 1),
    dl=Unknown("The exponent brings a logarithm under the integral, which SciPy does not compute."),
    dv=ORDER,
)


# Struve's H and L (DLMF 11.4.27 and 11.4.31 halved): H' = (H_{v-1} - H_{v+1} + p) / 2, L' = (L_{v-1} + L_{v+1} + p) / 2
# with p = (x/2)ᵛ / (√π Γ(v + 3/2)).
def _power(v: Any, x: Any) -> Any:
    return (x / 2) ** v * BY_NAME["rgamma"](v + 1.5) / math.sqrt(math.pi)


struve: Op = special(
    "struve", "v x", dv=ORDER, dx=lambda v, x: (struve(v - 1, x) - struve(v + 1, x) + _power(v, x)) / 2
)
modstruve: Op = special(
    "modstruve", "v x", dv=ORDER, dx=lambda v, x: (modstruve(v - 1, x) + modstruve(v + 1, x) + _power(v, x)) / 2
)
itstruve0: Op = special("itstruve0", dx=lambda x: struve(0, x))
it2struve0: Op = special("it2struve0", dx=lambda x: -struve(0, x) / x, singular=True)
itmodstruve0: Op = special("itmodstruve0", dx=lambda x: modstruve(0, x))

# Kelvin's functions are Bessel's on a diagonal: ber + i bei = J₀(ωx) with ω = e^{3πi/4}, ker + i kei = K₀(ρx) with
# ρ = e^{πi/4}. Their second derivatives ω² J₀'' = ω² (J₂ - J₀) / 2 and ρ² K₀'' = ρ² (K₂ + K₀) / 2 are regular at 0
# where the functions are.
_OMEGA, _RHO = np.exp(0.75j * math.pi), np.exp(0.25j * math.pi)


def _be2(x: Any) -> Any:
    return _OMEGA**2 / 2 * (jv(2, _OMEGA * x) - jv(0, _OMEGA * x))


def _ke2(x: Any) -> Any:
    return _RHO**2 / 2 * (kv(2, _RHO * x) + kv(0, _RHO * x))


ber: Op = special("ber", dx=lambda x: berp(x))
bei: Op = special("bei", dx=lambda x: beip(x))
berp: Op = special("berp", dx=lambda x: np.real(_be2(x)))
beip: Op = special("beip", dx=lambda x: np.imag(_be2(x)))
ker: Op = special("ker", dx=lambda x: kerp(x), singular=True)
kei: Op = special("kei", dx=lambda x: keip(x), singular=True)
kerp: Op = special("kerp", dx=lambda x: np.real(_ke2(x)), singular=True)
keip: Op = special("keip", dx=lambda x: np.imag(_ke2(x)), singular=True)
kelvin = several("kelvin", "x", 4, dx=lambda x, out: (out[2], out[3], _be2(x), _ke2(x)))
