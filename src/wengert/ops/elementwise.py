"""Elementwise rows: the partial derivatives of NumPy's ufuncs.

Ties and kinks: a tie of maximum or minimum shares the derivative equally; abs and sign have derivative 0 at 0.
"""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from wengert.core.op import TABLE, elementwise

__all__ = ["power_dx"]

LN2 = math.log(2.0)
LN10 = math.log(10.0)

# Arithmetic. Python's operators are faster than the ufuncs on NumPy scalars, and the same on arrays.
add = elementwise(operator.add, name="add", dx=1, dy=1, torch="Add", scalar="fadd")
subtract = elementwise(operator.sub, name="subtract", dx=1, dy=-1, torch="Sub", scalar="fsub")
multiply = elementwise(operator.mul, name="multiply", dx=lambda y: y, dy=lambda x: x, torch="Mul", scalar="fmul")
divide = elementwise(operator.truediv, name="divide", dx=lambda y: 1 / y, dy=lambda y, out: -out / y,
                     torch="Div", scalar="fdiv", singular=True)  # fmt: skip
negative = elementwise(operator.neg, "x", name="negative", dx=-1, torch="Neg", scalar="fneg")
positive = elementwise(np.positive, dx=1)
reciprocal = elementwise(np.reciprocal, dx=lambda out: -(out * out), singular=True)
square = elementwise(np.square, dx=lambda x: 2 * x, torch="Pow")


# x^y. dy = x^y ln x, which is 0 where x^y is 0 for y > 0; dx = y x^(y-1), which is 0 at y = 0 whatever x is. That zero
# has a slope along y, 1/x, so that it is put in where there is no x^-1 only.
def power_dx(x: Any, y: Any) -> Any:
    """The partial of x^y by x."""
    constant = (y == 0) & ((x == 0) | (x != x))
    return np.where(constant, 0, y * x ** np.where(constant, 1, y - 1))


def _power_dy(x: Any, y: Any, out: Any) -> Any:
    return np.where((x == 0) & (np.real(y) >= 0), 0, out * np.log(np.where(x == 0, 1, x)))


power = elementwise(operator.pow, name="power", dx=power_dx, dy=_power_dy, torch="Pow", singular=True)
# A power with a plain number as exponent.
power_by = elementwise(
    lambda x, exponent: x**exponent,
    "x",
    name="power_by",
    dx=lambda x, exponent: exponent * x ** (exponent - 1) if exponent else 0 * x,
    torch="Pow",
    singular=True,
)

# Exponentials and logarithms.
exp = elementwise(np.exp, dx=lambda out: out, scalar="exp")
exp2 = elementwise(np.exp2, dx=lambda out: out * LN2, scalar="exp2")
expm1 = elementwise(np.expm1, dx=lambda out: out + 1, scalar="expm1")
log = elementwise(np.log, dx=lambda x: 1 / x, scalar="log", singular=True)
log2 = elementwise(np.log2, dx=lambda x: 1 / (x * LN2), scalar="log2", singular=True)
log10 = elementwise(np.log10, dx=lambda x: 1 / (x * LN10), scalar="log10", singular=True)
log1p = elementwise(np.log1p, dx=lambda x: 1 / (1 + x), scalar="log1p", singular=True)
sqrt = elementwise(np.sqrt, dx=lambda out: 0.5 / out, scalar="sqrt", singular=True)
cbrt = elementwise(np.cbrt, dx=lambda out: 1 / (3 * out * out), scalar="cbrt", singular=True)


# ln(eˣ + eʸ): the partials are softmax weights. x - out is inf - inf where both are infinite: weight 1/2.
def _weight_e(a: Any, out: Any) -> Any:
    return np.exp(np.where(a == out, np.where(np.isfinite(a), 0.0, -LN2), a - out))


def _weight_2(a: Any, out: Any) -> Any:
    return np.exp2(np.where(a == out, np.where(np.isfinite(a), 0.0, -1.0), a - out))


logaddexp = elementwise(np.logaddexp, dx=lambda x, out: _weight_e(x, out), dy=lambda y, out: _weight_e(y, out))
logaddexp2 = elementwise(np.logaddexp2, dx=lambda x, out: _weight_2(x, out), dy=lambda y, out: _weight_2(y, out))

# Trigonometry.
sin = elementwise(np.sin, dx=lambda x: np.cos(x), scalar="sin")
cos = elementwise(np.cos, dx=lambda x: -np.sin(x), scalar="cos")
tan = elementwise(np.tan, dx=lambda out: 1 + out * out, scalar="tan")
# √(1 - x²) as a product whose factors have the cuts of the functions: -(x - 1) keeps the sign of a zero imaginary part.
arcsin = elementwise(np.arcsin, dx=lambda x: 1 / (np.sqrt(-(x - 1)) * np.sqrt(x + 1)), singular=True, torch="Asin",
                     scalar="asin")  # fmt: skip
arccos = elementwise(np.arccos, dx=lambda x: -1 / (np.sqrt(-(x - 1)) * np.sqrt(x + 1)), singular=True, torch="Acos",
                     scalar="acos")  # fmt: skip
arctan = elementwise(np.arctan, dx=lambda x: 1 / (1 + x * x), torch="Atan", scalar="atan")
sinh = elementwise(np.sinh, dx=lambda x: np.cosh(x), scalar="sinh")
cosh = elementwise(np.cosh, dx=lambda x: np.sinh(x), scalar="cosh")
tanh = elementwise(np.tanh, dx=lambda out: 1 - out * out, scalar="tanh")
arcsinh = elementwise(np.arcsinh, dx=lambda x: 1 / np.sqrt(x * x + 1), torch="Asinh", scalar="asinh")
arccosh = elementwise(np.arccosh, dx=lambda x: 1 / (np.sqrt(x - 1) * np.sqrt(x + 1)), singular=True,
                      torch="Acosh", scalar="acosh")  # fmt: skip
arctanh = elementwise(np.arctanh, dx=lambda x: 1 / (1 - x * x), singular=True, torch="Atanh", scalar="atanh")
degrees = elementwise(np.degrees, dx=180 / math.pi, torch="Rad2Deg")
radians = elementwise(np.radians, dx=math.pi / 180, torch="Deg2Rad")
# sin(πx)/(πx); near 0 the quotient cancels, there cos(πx)·π - sinc(x) over x tends to -π²x/3.
sinc = elementwise(np.sinc, dx=lambda x, out: _sinc_dx(x, out))


def _sinc_dx(x: Any, out: Any) -> Any:
    # Taylor of the derivative, -π²x/3 + π⁴x³/30 - π⁶x⁵/840, where the closed form loses more digits than it.
    z = math.pi * x
    near = np.abs(z) < 0.03
    safe = np.where(near, 1.0, x)
    taylor = math.pi * z * (-1 / 3 + z * z * (1 / 30 - z * z / 840))
    return np.where(near, taylor, (np.cos(math.pi * safe) - np.sinc(safe)) / safe)


# The angle of the point with ordinate x and abscissa y (NumPy's order): d = (y dx - x dy) / (x² + y²).
arctan2 = elementwise(
    np.arctan2, dx=lambda x, y: y / (x * x + y * y), dy=lambda x, y: -x / (x * x + y * y), singular=True, torch="Atan2"
)
hypot = elementwise(
    np.hypot,
    dx=lambda x, out: x / np.where(out == 0, 1, out),
    dy=lambda y, out: y / np.where(out == 0, 1, out),
    torch="Hypot",
)

# Absolute value (of real numbers; `spelling` writes complex ones with hypot), signs and ties.
absolute = elementwise(np.absolute, dx=lambda x: np.sign(x), torch="Abs", scalar="fabs")
maximum = elementwise(np.maximum, dx=lambda x, y: (x > y) + 0.5 * (x == y), dy=lambda x, y: (y > x) + 0.5 * (x == y),
                      singular=True, masks=True, scalar="maximum")  # fmt: skip
minimum = elementwise(np.minimum, dx=lambda x, y: (x < y) + 0.5 * (x == y), dy=lambda x, y: (y < x) + 0.5 * (x == y),
                      singular=True, masks=True, scalar="minimum")  # fmt: skip


# fmax and fmin ignore NaNs: the operand that is not NaN is taken, whatever the comparison says.
def _taken(beats: Any, x: Any, y: Any) -> Any:
    tie = np.where(np.isnan(x), 0.0, np.where(np.isnan(y), 1.0, 0.5))
    return np.where(beats, 1.0, np.where((x == y) | np.isnan(x) | np.isnan(y), tie, 0.0))


fmax = elementwise(np.fmax, dx=lambda x, y: _taken(x > y, x, y), dy=lambda x, y: _taken(y > x, y, x), singular=True)
fmin = elementwise(np.fmin, dx=lambda x, y: _taken(x < y, x, y), dy=lambda x, y: _taken(y < x, y, x), singular=True)

# Remainders are x - q y with a locally constant quotient q.
remainder = elementwise(np.remainder, dx=1, dy=lambda x, y: -np.floor(x / y))
fmod = elementwise(np.fmod, dx=1, dy=lambda x, y: -np.trunc(x / y))
copysign = elementwise(np.copysign, dx=lambda x, out: np.where(np.signbit(x) == np.signbit(out), 1.0, -1.0), dy=0)
heaviside = elementwise(np.heaviside, "x h", dx=0, dh=lambda x: x == 0)
ldexp = elementwise(np.ldexp, "x n", dx=lambda x, n: np.ldexp(1.0, n) + 0 * x, dn=0)
nextafter = elementwise(np.nextafter, dx=1, dy=0)
spacing = elementwise(np.spacing, dx=0)

# A switch: where the condition holds x gets the cotangent, elsewhere y does; a partial of 0 wins over NaN.
where = elementwise(
    np.where,
    "cond x y",
    name="where",
    dcond=0,
    dx=lambda cond: cond != 0,
    dy=lambda cond: cond == 0,
    singular=True,
    masks=True,
)

# Locally constant: no derivative flows, except that NumPy's float results stay floats.
_ufunc: Any
for _ufunc in (np.floor, np.ceil, np.trunc, np.rint, np.sign, np.fix):
    elementwise(_ufunc, "x", dx=0)
sign = TABLE["sign"]
# The e of x = m 2ᵉ with 1/2 ≤ |m| < 1.
exponent = elementwise(lambda x: np.frexp(x)[1], "x", name="exponent", dx=0)
floor_divide = elementwise(operator.floordiv, "x y", name="floor_divide", dx=0, dy=0)

for _ufunc in (
    np.isfinite, np.isinf, np.isnan, np.signbit, np.logical_not, np.invert, np.bitwise_count,
):  # fmt: skip
    elementwise(_ufunc, "x", dx=0)
for _ufunc in (
    np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal, np.logical_and, np.logical_or,
    np.logical_xor, np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.left_shift, np.right_shift, np.gcd, np.lcm,
):  # fmt: skip
    elementwise(_ufunc, "x y", dx=0, dy=0)
