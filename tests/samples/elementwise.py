"""Arithmetic, exponentials, trigonometry, kinks, truth values, complex numbers."""

from __future__ import annotations

import operator

import numpy as np

from tests.draws import A, B, C, F, G, I, P, R, S, U, V, at_kink, row

nan, inf = np.nan, np.inf

# fmt: off
# --- arithmetic -------------------------------------------------------------------------------------------------

S("add", np.add, [R(3), R(3)], [R(2, 1), R(3)], [R(), R(0, 3)], [C(3), R(3)], [F(2), F(2, 2)], [R(3), I(3)], **A)
S("subtract", np.subtract, [R(3), R(3)], [R(2, 1), R(3)], [R(0), R()], [R(3), C(3)], [F(3), F()], **A)
S("multiply", np.multiply, [R(3), R(3)], [R(2, 1), R(3)], [R(), R(0, 3)], [C(3), C(3)], [F(3), F(3)], [I(3), R(3)], **A)
S("strong_multiply", row("strong_multiply"), [R(3), R(2, 1)], [C(3), R(3)], [V(0.0, 1.0), R(2)])
for _f in (operator.add, operator.sub, operator.mul, operator.truediv, operator.pow, np.add, np.multiply):
    S("add", lambda x, _f=_f: np.stack([_f(1j, x), _f(x, 1j), _f(2, x), _f(x, 2.0)]), [P()], [P(2)], [F()], [C()])
S("multiply", lambda x: np.multiply([2, 3], x) * (1, 2) + [1.0, x[0]], [R(2)], [F(2)])
S("where", lambda x, y: np.where([True, False], x, [y[1], 2.0]), [R(2), R(2)])
S("where", lambda x, y: np.where(np.array([True, None, False]), x, np.where(["", "a", ""], y, 2 * y)), [R(3), R(3)])
S("where", lambda x, y: np.where(None, x, y) + np.sum(x * y, axis=0, where=None), [R(3), R(3)])
S("divide", np.divide, [R(3), R(3)], [R(3), R(2, 1)], [R(), R()], [C(3), C(3)], [R(3), C(3)], [F(3), F(3)], **A)
S("negative", np.negative, [R(3)], [R()], [C(2, 2)], [F(3)], [R(0)], **A)
S("positive", np.positive, [R(3)], [C(3)], **A)
S("reciprocal", np.reciprocal, [R(3)], [C(3)], [F(3)], **A)
S("square", np.square, [R(3)], [R()], [C(3)], [F(3)], at_kink(V(0.0, 1.0)), **A)
S("power", np.power, [P(3), R(3)], [P(4), V([0.0, 1.0, 2.0, -1.0])], [P(2, 1), R(2)], [C(3), C(3)], [F(3), F(3)],
  [R(3), I(3)], at_kink(V(0.0, 2.0, 0.0), V(2.0, 0.0, 0.0)))
S("power_by", lambda x, n: x**n, [R(3), {"n": 3}], [P(3), {"n": 0.5}], [C(3), {"n": -2}], [F(3), {"n": 1.5}],
  [R(2), {"n": 0}], [R(), {"n": 3}], at_kink(V(0.0, 1.0), {"n": 2}), at_kink(V(0.0, 1.0), {"n": 0}))
S("float_power", np.float_power, [P(3), R(3)], [F(2), R(2)])
S("floor_divide", np.floor_divide, [R(3), R(3)], [F(3), F()])
S("remainder", np.remainder, [R(3), R(3)], [R(2, 1), P(3)], [F(3), F(3)])
S("fmod", np.fmod, [R(3), R(3)], [F(3), F(3)])
S("divmod", np.divmod, [R(3), R(3)])
S("modf", np.modf, [R(3)], [F(3)])
S("frexp", np.frexp, [R(3)])
S("ldexp", np.ldexp, [R(3), I(3)], [F(3), I()])
S("heaviside", np.heaviside, [R(3), R(3)], at_kink(V(0.0, 1.0), R(2)))
S("copysign", np.copysign, [R(3), R(3)], [P(3), R()], [F(3), F(3)])
S("nextafter", np.nextafter, at_kink(R(3), R(3)))
S("spacing", np.spacing, at_kink(R(3)))

# --- exponentials, logarithms, roots ----------------------------------------------------------------------------

S("exp", np.exp, [R(3)], [R()], [R(0)], [C(2, 2)], [F(3)], **A)
S("exp2", np.exp2, [R(3)], [C(3)], [F(3)], **A)
S("expm1", np.expm1, [R(3)], [C(3)], [F(3)], [V(1e-9, -1e-9)], **A)
S("log", np.log, [P(3)], [P()], [C(3)], [F(3)], **A)
S("log2", np.log2, [P(3)], [C(3)], [F(3)], **A)
S("log10", np.log10, [P(3)], [C(3)], [F(3)], **A)
S("log1p", np.log1p, [U(3)], [C(3)], [F(3)], **A)
S("sqrt", np.sqrt, [P(3)], [C(3)], [F(3)], **A)
S("cbrt", np.cbrt, [R(3)], [F(3)])
S("logaddexp", np.logaddexp, [R(3), R(3)], [R(2, 1), R(3)], [F(3), F()], at_kink(V(1.0, -inf), V(1.0, -inf)))
S("logaddexp2", np.logaddexp2, [R(3), R(3)], [F(3), F(3)], at_kink(V(1.0, -inf), V(1.0, -inf)))

# --- trigonometry -----------------------------------------------------------------------------------------------

S("sin", np.sin, [R(3)], [R()], [C(3)], [F(3)], **A)
S("cos", np.cos, [R(3)], [C(3)], [F(3)], **A)
S("tan", np.tan, [U(3)], [C(3)], [F(3)], **A)
S("arcsin", np.arcsin, [U(3)], [C(3)], **A)
S("arccos", np.arccos, [U(3)], [C(3)], **A)
S("arctan", np.arctan, [R(3)], [C(3)], [F(3)], **A)
S("sinh", np.sinh, [R(3)], [C(3)], [F(3)], **A)
S("cosh", np.cosh, [R(3)], [C(3)], [F(3)], **A)
S("tanh", np.tanh, [R(3)], [C(3)], [F(3)], **A)
S("arcsinh", np.arcsinh, [R(3)], [C(3)], [F(3)], **A)
S("arccosh", np.arccosh, [G(3)], [C(3)], **A)
S("arctanh", np.arctanh, [U(3)], [C(3)], **A)
S("arctan2", np.arctan2, [R(3), R(3)], [R(2, 1), R(3)], [F(3), F()])
S("hypot", np.hypot, [R(3), R(3)], [R(2, 1), R(3)], [F(3), F(3)], at_kink(V(0.0, 0.0), V(0.0, 1.0)))
S("degrees", np.degrees, [R(3)], [F(3)])
S("radians", np.radians, [R(3)], [F(3)])
S("rad2deg", np.rad2deg, [R(3)])
S("deg2rad", np.deg2rad, [R(3)])
S("sinc", np.sinc, [R(3)], [V(1e-3, -0.02, 0.0)], [F(3)], **A)

# --- kinks and steps --------------------------------------------------------------------------------------------

S("absolute", np.absolute, [R(3)], [R()], [C(3)], [F(3)], at_kink(V(0.0, -1.0)), at_kink(V(0j, 1j)))
S("fabs", np.fabs, [R(3)], [F(3)], at_kink(V(0.0, 1.0)))
S("sign", np.sign, [R(3)], [C(3)], [F(3)], at_kink(V(0.0, 1.0)))
S("maximum", np.maximum, [R(3), R(3)], [R(2, 1), R(3)], [R(), R(0)], [F(3), F(3)], at_kink(V(1.0, 2.0), V(1.0, 3.0)))
S("minimum", np.minimum, [R(3), R(3)], [R(2, 1), R(3)], [F(3), F(3)], at_kink(V(1.0, 2.0), V(1.0, 3.0)))
S("fmax", np.fmax, [R(3), R(3)], [F(3), F(3)], at_kink(V(nan, 1.0, 2.0, nan), V(1.0, nan, 2.0, nan)))
S("fmin", np.fmin, [R(3), R(3)], [F(3), F(3)], at_kink(V(nan, 1.0, 2.0, nan), V(1.0, nan, 2.0, nan)))
S("select", lambda x, y, d: np.select([x > 0.5, x > 0], [x, y * 2], d), [R(4), R(4), R(4)], [R(2, 3), R(3), V(0.5)])
S("clip", np.clip, [R(4), V(-1.0), V(1.0)], [R(2, 3), U(3), G(2, 1)], [R(3), {"a_min": -0.5, "a_max": 0.9}],
  [F(3), {"a_min": np.float32(0.5), "a_max": None}], [R(3), {"a_min": None, "a_max": 0.1}],
  at_kink(V(0.0, 1.0, 2.0), V(0.0), V(1.0)))
S("where", np.where, [B(3), R(3), R(3)], [B(2, 1), R(3), R()], [B(3), C(3), R(3)], [B(2), F(2), F(2)],
  [R(3), R(3), R(3)])
S("relu", row("relu"), [R(3)], [F(3)], at_kink(V(0.0, 1.0)), value=lambda x: np.maximum(x, 0))
for _name in ("floor", "ceil", "trunc", "rint", "fix"):
    S(_name, getattr(np, _name), [R(3)], [R()], [F(3)], at_kink(V(0.0, 1.0)))
S("round", np.round, [R(3)], [R(3), {"decimals": 1}], [F(3)])
S("around", np.around, [R(3), {"decimals": 1}])
S("nan_to_num", np.nan_to_num, [R(3)], [F(2)], at_kink(V(nan, inf, -inf, 1.0), {"posinf": 3.0}), at_kink(V(nan, -inf)))

# --- truth values and integers ----------------------------------------------------------------------------------

for _name in ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal",
              "logical_and", "logical_or", "logical_xor"):
    S(_name, getattr(np, _name), [R(3), R(3)], [I(2, 1), R(3)], at_kink(V(1.0, 0.0), V(1.0, 2.0)))
for _name in ("bitwise_and", "bitwise_or", "bitwise_xor", "left_shift", "right_shift", "gcd", "lcm"):
    S(_name, getattr(np, _name), [I(3), I(3)], [I(2, 1), I(3)])
for _name in ("isfinite", "isinf", "isnan", "signbit", "logical_not"):
    S(_name, getattr(np, _name), [R(3)], at_kink(V(nan, inf, -0.0)))
S("invert", np.invert, [I(3)], [B(3)])

# --- complex numbers --------------------------------------------------------------------------------------------

S("real", np.real, [C(3)], [C()], [R(3)])
S("imag", np.imag, [C(3)], [C()], [R(3)])
S("conjugate", np.conjugate, [C(2, 2)], [C()], [R(3)])
S("angle", np.angle, [C(3)], [C(3), {"deg": True}], [R(3)])
S("real_if_close", np.real_if_close, [R(3)])
