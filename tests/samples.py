"""What every op is tried on: a line per row of the rule book and per NumPy function that is spelled with the rows.

    S("multiply", np.multiply, [R(3), R(3)], [R(2, 1), R(3)], [R(), R(0, 3)], [C(3), C(3)])
       name       function     the sets of operands to try it on; a dict at the end of a set gives it params

The name is that of the row, or of the NumPy function below ``np.`` or ``scipy.special.``. The laws (`tests.laws`) hold
for every set. A set made for a tie, a kink or a degenerate value is marked with `at_kink`, because a difference
quotient means nothing there.
"""

from __future__ import annotations

import operator
import os
from typing import Any

import numpy as np
from scipy import special

from tests.draws import (
    SAMPLES,
    B,
    C,
    Case,
    F,
    G,
    I,
    P,
    R,
    S,
    Sample,
    U,
    V,
    at_kink,
    cases,
    near_eye,
    order,
    positive_definite,
)
from wengert.core.op import TABLE

__all__ = ["SAMPLES", "Case", "Sample", "cases"]

A: dict[str, Any] = {"analytic": True}
nan, inf = np.nan, np.inf


def row(name: str) -> Any:
    """A row that no NumPy function stands for, called directly."""
    return TABLE[name]


def getitem(x: Any, key: Any) -> Any:
    """Reading a part."""
    return x[key]


def setitem(x: Any, value: Any, key: Any) -> Any:
    """Writing a part."""
    y = np.copy(x)
    y[key] = value
    return y


def written(f: Any) -> Any:
    """A function that writes into its first argument, as one that returns a copy written to."""

    def function(x: Any, *values: Any, **params: Any) -> Any:
        y = np.copy(x)
        f(y, *values, **params)
        return y

    return function


def hermitian(f: Any) -> Any:
    """`f` of the Hermitian part, so that every direction is one in which the argument may move."""
    return lambda a, **params: f((a + np.conj(np.swapaxes(a, -1, -2))) / 2, **params)


def invariants(u: Any, s: Any, vh: Any) -> Any:
    """Of complex singular vectors only what does not depend on their free phases."""
    return u * np.conj(u[0]), s, vh * np.conj(vh[:, :1]), np.transpose(u[:2]) * vh[:, :2]


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
S("divide", np.divide, [R(3), R(3)], [R(3), R(2, 1)], [R(), R()], [C(3), C(3)], [R(3), C(3)], [F(3), F(3)], **A)
S("negative", np.negative, [R(3)], [R()], [C(2, 2)], [F(3)], [R(0)], **A)
S("positive", np.positive, [R(3)], [C(3)], **A)
S("reciprocal", np.reciprocal, [R(3)], [C(3)], [F(3)], **A)
S("square", np.square, [R(3)], [R()], [C(3)], [F(3)], at_kink(V(0.0, 1.0)), **A)
S("power", np.power, [P(3), R(3)], [P(2, 1), R(2)], [C(3), C(3)], [F(3), F(3)], [R(3), I(3)],
  at_kink(V(0.0, 2.0, 0.0), V(2.0, 0.0, 0.0)))
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

# --- special functions ------------------------------------------------------------------------------------------

for _name in ("erf", "erfc", "ndtr", "expit", "log_expit"):
    S(_name, getattr(special, _name), [R(3)], [R()], [F(3)])
S("erfinv", special.erfinv, [U(3)], [U(2, 2)])
S("logit", special.logit, [U(3)], [U(2, 2)])
S("softplus", row("softplus"), [R(3)], [F(3)], value=lambda x: np.logaddexp(x, np.zeros_like(x)))
S("gamma", special.gamma, [P(3)])
S("gammaln", special.gammaln, [P(3)], [F(3)])
S("psi", special.psi, [P(3)], [F(3)])
S("polygamma", row("polygamma"), [V(1), P(3)], [I(2, 1), P(3)], value=special.polygamma)
S("xlogy", special.xlogy, [R(3), P(3)], [R(2, 1), P(3)], [F(3), F(3)], [V(0.0, 1.0), P(2)])
S("xlog1py", special.xlog1py, [R(3), P(3)], [F(3), F(3)])
S("entr", special.entr, [P(3)], [F(3)])

# --- reductions and scans ---------------------------------------------------------------------------------------

for _name in ("sum", "mean", "prod", "var", "std"):
    S(_name, getattr(np, _name), [R(3)], [R(2, 3), {"axis": 0}], [R(2, 3, 2), {"axis": (0, -1), "keepdims": True}],
      [R()],
      [C(2, 3), {"axis": 1}], [F(3)], [R(2, 3), {"axis": 1, "where": np.array([True, False, True])}],
      [F(2, 2), {"axis": 0}])
S("sum", np.sum, [R(0, 3), {"axis": 0}], [R(0)], [R(3), {"initial": 2.0}], [F(3), {"dtype": float}],
  [R(2, 3), {"axis": ()}])
S("mean", np.mean, [F(3), {"dtype": float}], [R(2, 0), {"axis": 0}])
S("prod", np.prod, at_kink(V(0.0, 2.0, 3.0)), at_kink(V([[0.0, 2.0, 0.0], [1.0, 2.0, 3.0]]), {"axis": 1}), [R(0)],
  [R(3), {"initial": 2.0}], [V(0.0, 2.0, 3.0)])
S("var", np.var, [R(4), {"ddof": 1}], [R(3), {"correction": 1}], [V(1.0, 1.0)], [R(3), {"mean": 0.5}])
S("std", np.std, [R(4), {"ddof": 1}], at_kink(V(1.0, 1.0)))
for _name in ("max", "min"):
    S(_name, getattr(np, _name), [R(3)], [R(2, 3), {"axis": 0}], [R(2, 3), {"axis": (0, 1), "keepdims": True}], [R()],
      [F(3)],
      [R(3), {"initial": 0.0}], [R(3), {"where": np.array([True, False, True]), "initial": 0.1}],
      at_kink(V(1.0, 2.0, 2.0, 1.0)), at_kink(V(1.0, nan)))
S("amax", np.amax, [R(2, 3), {"axis": 1}])
S("amin", np.amin, [R(2, 3), {"axis": 1}])
S("ptp", np.ptp, [R(4)], [R(2, 3), {"axis": 1, "keepdims": True}], [F(3)])
S("average", np.average, [R(3)], [R(2, 3), {"axis": 0}], [R(3), {"weights": np.array([1.0, 2.0, 3.0])}],
  [R(2, 3), {"axis": 1, "weights": np.array([1.0, 2.0, 3.0]), "returned": True}])
S("average", lambda a, w: np.average(a, weights=w), [R(3), P(3)], [R(2, 2), P(2, 2)])
S("logsumexp", np.logaddexp.reduce, [R(3)], [R(2, 3), {"axis": 1}], [R(2, 3), {"axis": (0, 1), "keepdims": True}],
  [F(3)],
  at_kink(V(-inf, 1.0)), at_kink(V(1e3, 1e3)))
S("length", np.linalg.norm, [R(3)], [R(2, 3), {"axis": 1}], [C(3)], [F(3)], at_kink(V(0.0, 0.0)))
S("cumsum", np.cumsum, [R(3)], [R(2, 3), {"axis": 0}], [R(2, 2)], [C(2, 3), {"axis": -1}], [F(3)], [R(0)])
S("cumprod", np.cumprod, [R(3)], [R(2, 3), {"axis": 0}], [C(2, 3), {"axis": -1}], [F(3)], [V(2.0, 0.0, 3.0)], [R(0)])
S("add.accumulate", np.add.accumulate, [R(2, 3), {"axis": 1}])
S("maximum.accumulate", np.maximum.accumulate, [R(4)])
S("subtract.outer", np.subtract.outer, [R(2), R(3)])
S("multiply.reduceat", lambda x: np.multiply.reduceat(x, [0, 2, 1]), [R(4)])
S("all", np.all, [R(3)], [R(2, 3), {"axis": 1}], at_kink(V(0.0, 1.0), {"keepdims": True}))
S("any", np.any, [R(3)], [R(2, 3), {"axis": 1}], at_kink(V(0.0, 0.0)))
S("argmax", np.argmax, [R(3)], [R(2, 3), {"axis": 1}], [R(2, 3), {"axis": 0, "keepdims": True}], at_kink(V(2.0, 2.0)))
S("argmin", np.argmin, [R(3)], [R(2, 3), {"axis": 1}], [R(2, 3), {"keepdims": True}], at_kink(V(2.0, 2.0)))
S("argsort", np.argsort, [R(4)], [R(2, 3), {"axis": 0}], [R(2, 3), {"axis": None}],
  at_kink(V(2.0, 1.0, 2.0), {"stable": True}))
S("sort", np.sort, [R(4)], [R(2, 3), {"axis": 0}], [R(2, 3), {"axis": None}], [F(3)], at_kink(V(2.0, 1.0, 2.0)))
S("count_nonzero", np.count_nonzero, [R(3)], at_kink(V([[0.0, 1.0], [0.0, 0.0]]), {"axis": 1}))
S("nonzero", np.nonzero, at_kink(V(0.0, 1.0)), concrete=True)
S("flatnonzero", np.flatnonzero, at_kink(V(0.0, 1.0)), concrete=True)
S("argwhere", np.argwhere, at_kink(V(0.0, 1.0)), concrete=True)
S("searchsorted", np.searchsorted, [V(1.0, 2.0, 3.0), U(2)], concrete=True)
S("diff", np.diff, [R(4)], [R(3, 2), {"axis": 0, "n": 2}], [R(3), {"prepend": 1.0}], [F(3)], [C(3)])
S("trapezoid", np.trapezoid, [R(4)], [R(2, 3), {"axis": 0, "dx": 0.5}], [R(2, 3), R(3)], [R(2, 3), R(2, 3)])

# --- moving entries ---------------------------------------------------------------------------------------------

S("reshape", lambda x, shape, **kw: np.reshape(x, shape, **kw), [R(2, 3), {"shape": (3, -1)}],
  [R(4), {"shape": (2, 2)}], [R(2, 3), {"shape": 6, "order": "F"}],
  [R(0, 3), {"shape": (3, 0)}], [C(2), {"shape": (2, 1)}], [F(2), {"shape": -1}])
S("ravel", np.ravel, [R(2, 2)], [R(2, 3), {"order": "F"}], [R()], [R(0, 2)])
S("transpose", np.transpose, [R(2, 3)], [R(2, 3, 2), {"axes": (1, -1, 0)}], [C(2, 2)], [F(2, 1)], [R(0, 2)])
S("matrix_transpose", np.matrix_transpose, [R(2, 3, 2)])
S("linalg.matrix_transpose", np.linalg.matrix_transpose, [R(2, 3)])
S("swapaxes", np.swapaxes, [R(2, 3, 2), {"axis1": 0, "axis2": -1}])
S("moveaxis", np.moveaxis, [R(2, 3, 2), {"source": 0, "destination": -1}],
  [R(2, 3, 2), {"source": (0, 1), "destination": (2, 0)}])
S("rollaxis", np.rollaxis, [R(2, 3, 2), {"axis": 2}], [R(2, 3, 2), {"axis": 0, "start": 2}])
S("expand_dims", np.expand_dims, [R(3), {"axis": 0}], [R(2, 3), {"axis": (0, -1)}], [R(), {"axis": 0}])
S("squeeze", np.squeeze, [R(1, 3, 1)], [R(1, 3, 1), {"axis": -1}])
S("broadcast_to", np.broadcast_to, [R(3), {"shape": (2, 3)}], [R(2, 1), {"shape": (2, 2)}], [R(), {"shape": (2,)}],
  [R(3), {"shape": (0, 3)}], [R(3), {"shape": (3,)}], [F(1), {"shape": 2}])
S("broadcast_arrays", np.broadcast_arrays, [R(3), R(2, 1)])
for _name in ("atleast_1d", "atleast_2d", "atleast_3d"):
    S(_name, getattr(np, _name), [R()], [R(3)], [R(2, 3)], [R(2), R()])
S("concatenate", lambda *xs, **kw: np.concatenate(xs, **kw), [R(2), R(3)], [R(2, 1), R(2, 2), {"axis": -1}],
  [R(2, 1), R(2), {"axis": None}], [C(2), R(2)], [F(2), F(1)], [R(0), R(2)], [F(2), F(1), {"dtype": float}])
S("stack", lambda *xs, **kw: np.stack(xs, **kw), [R(2), R(2)], [R(2, 3), R(2, 3), {"axis": -1}], [R(), R()])
S("vstack", lambda *xs: np.vstack(xs), [R(2), R(2)], [R(1, 2), R(2, 2)])
S("hstack", lambda *xs: np.hstack(xs), [R(2), R(3)], [R(2, 1), R(2, 2)])
S("dstack", lambda *xs: np.dstack(xs), [R(2), R(2)], [R(2, 1), R(2, 1)])
S("column_stack", lambda *xs: np.column_stack(xs), [R(2), R(2)], [R(2), R(2, 2)])
S("block", lambda a, b, c: np.block([[a, b], [c]]), [R(2, 1), R(2, 2), R(1, 3)])
S("append", np.append, [R(2), R(2, 2)], [R(1, 2), R(2, 2), {"axis": 0}])
S("split", np.split, [R(4), {"indices_or_sections": 2}], [R(2, 3), {"indices_or_sections": [1], "axis": 1}])
S("array_split", np.array_split, [R(5), {"indices_or_sections": 2}])
S("hsplit", lambda x: np.hsplit(x, 2), [R(2, 2)], [R(4)])
S("vsplit", lambda x: np.vsplit(x, 2), [R(2, 2)])
S("dsplit", lambda x: np.dsplit(x, 2), [R(1, 2, 2)])
if hasattr(np, "unstack"):  # NumPy 2.1
    S("unstack", np.unstack, [R(2, 2)], [R(2, 2), {"axis": 1}])
S("tile", np.tile, [R(2), {"reps": 2}], [R(2, 1), {"reps": (2, 1, 2)}], [R(), {"reps": 3}])
S("repeat", np.repeat, [R(2, 2), {"repeats": 2}], [R(2, 3), {"repeats": [1, 0, 2], "axis": 1}])
S("pad", np.pad, [R(3), {"pad_width": 1}], [R(2, 2), {"pad_width": ((0, 1), (2, 0))}],
  [R(2), {"pad_width": 1, "constant_values": 3.0}],
  [R(2, 3), {"pad_width": 1, "mode": "edge"}], [R(3), {"pad_width": 2, "mode": "reflect"}], [F(3), {"pad_width": 1}],
  [R(3), {"pad_width": 2, "mode": "wrap"}], [R(3), {"pad_width": (1, 2), "mode": "symmetric"}],
  [C(2), {"pad_width": ((1, 0),)}])
S("flip", np.flip, [R(3)], [R(2, 3), {"axis": 1}], [C(2, 2)])
S("fliplr", np.fliplr, [R(2, 2)])
S("flipud", np.flipud, [R(2, 2)])
for _k in range(4):
    S("rot90", np.rot90, [R(2, 3), {"k": _k}])
S("roll", np.roll, [R(4), {"shift": 1}], [R(2, 3), {"shift": (1, -1), "axis": (0, 1)}], [R(2, 3), {"shift": 2}])
S("diagonal", np.diagonal, [R(3, 3)], [R(2, 3), {"offset": 1}], [R(2, 2, 3), {"offset": -1, "axis1": 1, "axis2": 2}])
S("undiagonal", row("undiagonal"), [R(2), {"shape": (2, 3), "offset": 1}],
  [R(2, 2), {"shape": (2, 3, 3), "offset": -1}])
S("linalg.diagonal", np.linalg.diagonal, [R(2, 2, 2)], [R(2, 3), {"offset": 1}])
S("diag", np.diag, [R(3)], [R(2), {"k": 1}], [R(3, 3), {"k": -1}])
S("diagflat", np.diagflat, [R(2, 1)])
S("tril", np.tril, [R(3, 3)], [R(2, 3), {"k": -1}], [C(2, 2)])
S("triu", np.triu, [R(3, 3)], [R(2, 2, 3), {"k": 1}], [F(2, 2)])
S("trace", np.trace, [R(3, 3)], [R(2, 3, 2), {"offset": 1}])
S("meshgrid", np.meshgrid, [R(2), R(3)], [R(2), R(3), {"indexing": "ij", "sparse": True}])
S("astype", lambda x, dtype: x.astype(dtype), at_kink(R(3), {"dtype": np.float32}), [F(3), {"dtype": float}],
  [R(3), {"dtype": int}],
  [R(3), {"dtype": complex}])
S("copy", np.copy, [R(3)], [R()], [C(2)])
S("stop_gradient", row("stop_gradient"), at_kink(R(3)))

# --- making arrays ----------------------------------------------------------------------------------------------

for _name in ("zeros_like", "ones_like"):
    S(_name, getattr(np, _name), [R(3)], [F(2), {"shape": (2, 2)}], [R(2), {"dtype": int}])
S("empty_like", lambda x: np.empty_like(x).shape, [R(2, 3)])
S("full_like", np.full_like, [R(3), R()], [F(2), {"fill_value": 3}], by_first=True)
S("full_like", lambda x: np.full_like(x, x[0]), [R(3)])
S("zeros", lambda x: np.zeros(3, like=x) + x, [R(1)])
S("ones", lambda x: np.ones((2, 2), like=x) * x, [R(1)])
S("empty", lambda x: np.empty(3, like=x).shape, [R(2)])
S("full", lambda x: np.full(3, 2.0, like=x) * x, [R(1)], [F(1)])
S("full", lambda x: np.full(3, x, like=x), [R(1)], [R(3)])
S("arange", lambda x: np.arange(3.0, like=x) * x, [R(1)])
S("eye", lambda x: np.eye(2, like=x) @ x, [R(2)])
S("identity", lambda x: np.identity(2, like=x) @ x, [R(2)])
S("tri", lambda x: np.tri(2, like=x) @ x, [R(2)])
S("fromiter", lambda x: np.fromiter(range(2), float, like=x) * x, [R(2)])
for _make in (np.array, np.asarray, np.asanyarray, np.ascontiguousarray, np.asfortranarray):
    S(_make.__name__, lambda x, y, _f=_make: _f([x[0], 2.0, y], like=x), [R(2), R()])
S("frombuffer", lambda x: np.frombuffer(np.ones(2).tobytes(), like=x) * x, [R(2)])
S("fromstring", lambda x: np.fromstring("1 2", sep=" ", like=x) * x, [R(2)])
S("fromfunction", lambda x: np.fromfunction(np.add, (2, 2), like=x) @ x, [R(2)])
S("fromfile", lambda x: np.fromfile(os.devnull, like=x) * x, [R(1)])
for _read in (np.loadtxt, np.genfromtxt):
    S(_read.__name__, lambda x, _f=_read: _f(["1 2"], like=x) * x, [R(2)])
S("require", lambda x, y: np.require([x[0], y], like=x), [R(2), R()])
S("linspace", np.linspace, [R(), R(), {"num": 4}], [R(2), R(), {"num": 3, "endpoint": False, "axis": -1}],
  [R(), R(), {"num": 3, "retstep": True}], [R(), R(), {"num": 1}])

# --- indexing ---------------------------------------------------------------------------------------------------

MASK = np.array([True, False, True])
for _key in (1, slice(None, None, -1), (0, ..., None), slice(0, 0), [2, 0, 2], (slice(None), [1, 0, 1]),
             ([1, 0], [0, 1]), ([0, 1], slice(None), 1), (0, slice(None), [1, 0, 1]), MASK, (MASK, 0),
             ([[0, 1], [2, 0]],), (1, [0, 1]),
             ([], 0), True, (None, [0]), (..., [0, 1]), (slice(None), [[True, False], [False, True]])):
    S("getitem", getitem, [R(3, 2, 2), {"key": _key}])
    S("setitem", setitem, [R(3, 2, 2), R(), {"key": _key}], by_first=True)
S("getitem", operator.getitem, [R(3, 2), I(2)], [R(3, 2, 2), I(2, 1, below=2)], [F(3), I()], [C(3), I(2)],
  by_first=True)
S("getitem", lambda x, i, j: x[i, :, j], [R(3, 2, 2), I(2), I(2, below=2)], [R(3, 2, 2), I(2, 1), I(2, below=2)],
  by_first=True)
S("setitem", setitem, [R(3, 2), R(2), {"key": 1}], [R(3, 2), R(3), {"key": (slice(None), 1)}], [C(3), R(), {"key": 0}],
  [R(3, 2), R(2, 2), {"key": [0, 2]}], [F(3), F(2), {"key": slice(1, None)}], at_kink(R(3), R(2), {"key": [1, 1]}),
  by_first=True)
S("setitem", setitem, [R(4), R(2), order(4, 2)], [R(3, 2), R(), order(3, 2)], by_first=True)
S("take", np.take, [R(4), I(2)], [R(2, 3), I(2, 2), {"axis": 1}], [R(3), V(-1, 4), {"mode": "wrap"}],
  [R(2, 3), V(-1, 4), {"mode": "clip", "axis": 1}], [R(2, 3), I(2)], by_first=True)
S("take_along_axis", np.take_along_axis, [R(2, 3), I(2, 1), {"axis": 1}], [R(3, 2), I(2, 2), {"axis": 0}],
  [R(3), I(2), {"axis": -1}],
  [R(2, 2), I(2), {"axis": None}], [R(2, 3), I(1, 2), {"axis": 1}])
S("put_along_axis", written(lambda x, v, i, axis: np.put_along_axis(x, i, v, axis)),
  [R(2, 3), R(2, 1), {"i": np.array([[2], [0]]), "axis": 1}], [R(2, 2), R(2), {"i": np.array([3, 0]), "axis": None}],
  by_first=True)
S("put", written(lambda x, v, i: np.put(x, i, v)), [R(4), R(2), {"i": [2, 0]}], [R(2, 2), R(), {"i": [1, 3]}],
  [R(4), R(2), {"i": [2, 0, 1]}], by_first=True)
S("copyto", written(np.copyto), [R(2, 2), R(2)], [R(3), R(), {"where": MASK}], by_first=True)
S("putmask", written(lambda x, v: np.putmask(x, [True, False, True, False], v)), [R(4), R(4)], [R(4), R(3)],
  by_first=True)
S("place", written(lambda x, v: np.place(x, [True, False, True, False], v)), [R(4), R(2)], [R(4), R()], by_first=True)
S("fill_diagonal", written(np.fill_diagonal), [R(2, 2), R()], [R(3, 2), R(2)], [R(5, 2), R(), {"wrap": True}],
  by_first=True)
S("resize", np.resize, [R(2, 2), {"new_shape": (3, 2)}], [R(3), {"new_shape": 2}])
S("add.at", written(lambda x, v: np.add.at(x, [0, 1, 1], v)), [R(3), R(3)], [R(2, 2), R()], by_first=True)
S("subtract.at", written(lambda x, v: np.subtract.at(x, ([0, 0], [1, 1]), v)), [R(2, 2), R(2)], by_first=True)
S("multiply.at", written(lambda x, v: np.multiply.at(x, [0, 1, 1], v)), [R(3), R(3)], by_first=True)
S("choose", lambda i, *xs, **kw: np.choose(i, xs, **kw), [I(3, below=2), R(3), R(3)],
  [V(-1, 2, 1), R(3), R(), {"mode": "clip"}])
S("compress", lambda x, **kw: np.compress([True, False, True], x, **kw), [R(3)], [R(2, 3), {"axis": 1}])
S("argpartition", np.argpartition, [R(2, 3), {"kth": 1}], [R(4), {"kth": 2, "axis": None}])
S("partition", np.partition, [R(2, 3), {"kth": 1}], [R(4), {"kth": 2, "axis": None}])
S("exponent", row("exponent"), [R(3)])
S("slice", row("slice"), [R(3, 2), {"key": (slice(1, None), 0)}])
S("unslice", row("unslice"), [R(2), {"shape": (3, 2), "key": (slice(1, None), 0)}],
  [C(1), {"shape": (2,), "key": (slice(1),)}])
S("overwrite", row("overwrite"), [R(3, 2), R(2), {"key": (slice(1, None), 0), "donate": False}])
S("gather", row("gather"), [R(3, 2), I(2)], [R(3, 2), I(2, 1), I(2, below=2)], [R(3), I()])
S("scatter", row("scatter"), [R(3), R(2), order(3, 2)], [R(3, 2), R(2), order(3, 2), I(below=2)],
  at_kink(R(3), R(2), V(1, 1)))
S("survivors", row("survivors"), [V(1, 0, 1), {"shape": (2,)}], [I(3), I(3), {"shape": (3, 3)}])
S("scatter_add", row("scatter_add"), [R(3), R(2), I(2)], [R(3, 2), R(2, 2), I(2)], [C(3), C(2), V(1, 1)])

# --- products ---------------------------------------------------------------------------------------------------

S("matmul", np.matmul, [R(2, 3), R(3, 2)], [R(2, 1, 2, 3), R(3, 3, 1)], [C(2, 2), C(2, 2)], [F(2, 2), F(2, 1)],
  [R(2, 0), R(0, 2)],
  [R(2, 2), C(2, 2)])
S("matvec", np.matmul, [R(2, 3), R(3)], [R(2, 2, 3), R(3)], [C(2, 2), C(2)], [F(2, 2), F(2)])
S("vecmat", np.matmul, [R(3), R(3, 2)], [R(3), R(2, 3, 2)], [C(2), C(2, 2)])
S("vecdot", np.matmul, [R(3), R(3)], [C(3), C(3)], [R(0), R(0)])
if hasattr(np, "matvec"):  # NumPy 2.2
    S("matvec", np.matvec, [R(2, 2, 3), R(2, 3)], [C(2, 2), C(2)])
if hasattr(np, "vecmat"):  # NumPy 2.2
    S("vecmat", np.vecmat, [R(2, 3), R(3, 2)], [C(2), C(2, 2)])
S("vecdot", np.vecdot, [R(2, 3), R(3)], [C(3), C(3)])
S("linalg.vecdot", np.linalg.vecdot, [R(3, 2), R(3, 2), {"axis": 0}], [C(3), C(3)])
S("linalg.matmul", np.linalg.matmul, [R(2, 2), R(2, 3)])
S("dot", np.dot, [R(3), R(3)], [R(2, 3), R(3)], [R(2, 3), R(2, 3, 2)], [R(), R(3)], [C(2, 2), C(2)], [F(3), F(3)])
S("vdot", np.vdot, [R(2, 2), R(4)], [C(3), C(3)])
S("inner", np.inner, [R(3), R(2, 3)], [R(2, 3), R(2, 3)], [C(3), C(3)], [R(), R(2)])
S("outer", np.outer, [R(2), R(3)], [R(2, 2), R(2)], [C(2), C(2)])
S("linalg.outer", np.linalg.outer, [R(2), R(3)])
S("tensordot", np.tensordot, [R(2, 3, 2), R(3, 2, 2)], [R(2, 3), R(3, 2), {"axes": ([0, 1], [1, 0])}],
  [R(2), R(3), {"axes": 0}])
S("linalg.tensordot", np.linalg.tensordot, [R(2, 3), R(3, 2), {"axes": 1}])
S("kron", np.kron, [R(2), R(2, 2)], [C(2), R(2)])
S("cross", np.cross, [R(3), R(3)], [R(2, 3), R(3)], [R(3, 2), R(3, 2), {"axis": 0}])
S("linalg.cross", np.linalg.cross, [R(3), R(2, 3)])
S("linalg.trace", np.linalg.trace, [R(2, 3, 3)], [R(2, 3), {"offset": 1}])
S("einsum", lambda *xs, s: np.einsum(s, *xs), [R(2, 3), R(3, 2), {"s": "ij,jk->ik"}], [R(3, 3), {"s": "ii->i"}],
  [R(2, 3), {"s": "ij->"}],
  [R(2, 3), R(3), R(2), {"s": "ij,j,i"}], [R(2, 2, 3), R(3), {"s": "...i,i->..."}], [C(2, 2), C(2), {"s": "ij,j->i"}],
  [R(2, 2), {"s": "ii"}],
  [R(2, 3), R(2, 3), {"s": "ij,ij->j"}], [F(2, 2), F(2), {"s": "ij,i"}], [R(2, 1), R(2, 3), {"s": "ij,ij->i"}],
  [R(2, 3), {"s": "ji"}])
S("einsum", lambda x, y: np.einsum(x, [0, 1], y, [1, 2], [0, 2]), [R(2, 3), R(3, 2)])

# --- matrices ---------------------------------------------------------------------------------------------------

M, SPD = near_eye, positive_definite
S("solve", np.linalg.solve, [M(2, 2), R(2)], [M(2, 2), R(2, 3)], [M(3, 2, 2), R(3, 2, 1)], [M(2, 2), R(3, 2, 1)],
  [M(2, 2, dtype=complex), C(2)], [M(2, 2, dtype=np.float32), F(2)])
S("svd", lambda a: np.linalg.svd(a, full_matrices=False), [R(2, 2)], [R(3, 2)], [R(2, 3)], [M(2, 2, 2)])
S("linalg.svd", lambda a: invariants(*np.linalg.svd(a, full_matrices=False)), [C(2, 2)], [C(3, 2)])
S("linalg.svdvals", np.linalg.svdvals, [R(2, 3)], [C(2, 2)], at_kink(V(np.eye(2))), [M(2, 2, dtype=np.float32)])
S("cofactors", row("cofactors"), [M(2, 2)], [M(2, 3, 3)], [M(2, 2, dtype=complex)])
S("inv", np.linalg.inv, [M(2, 2)], [M(2, 3, 3)], [M(2, 2, dtype=complex)], [M(2, 2, dtype=np.float32)])
S("det", np.linalg.det, [M(2, 2)], [M(2, 3, 3)], [M(2, 2, dtype=complex)], [M(2, 2, dtype=np.float32)])
S("det", np.linalg.det, [V([[1.0, 2.0], [2.0, 4.0]])], [V([[1.0, 2, 3], [2, 4, 6], [1, 0, 1]])],
  [V(np.arange(9.0).reshape(3, 3))],
  [V([[1j, 2.0], [2j, 4.0]])], order=2)
S("slogdet", np.linalg.slogdet, [M(2, 2)], [M(2, 3, 3)], [M(2, 2, dtype=complex)], [M(2, 2, dtype=np.float32)])
S("cholesky", hermitian(np.linalg.cholesky), [SPD(2, 2)], [SPD(2, 3, 3)], [SPD(2, 2, dtype=complex)],
  [SPD(2, 2, dtype=np.float32)],
  [SPD(2, 2), {"upper": True}])
S("linalg.solve", np.linalg.solve, [M(3, 3), R(3)])
for _name in ("inv", "det", "slogdet", "cholesky"):
    S(f"linalg.{_name}", hermitian(getattr(np.linalg, _name)), [SPD(3, 3)],
      [F(2, 2, 2)] if _name == "det" else [SPD(2, 2, 2)])
S("linalg.norm", np.linalg.norm, *[[R(2, 3), {"ord": _o}] for _o in ("fro", 1, -1, np.inf, -np.inf, 2, -2, "nuc")],
  *[[R(3), {"ord": _o}] for _o in (None, 1, 2, 3, 0.5, 0, np.inf, -np.inf)], [R(2, 3), {"axis": 1, "keepdims": True}],
  [C(3), {"ord": 3}], [R(2, 3, 2), {"axis": (0, 2), "ord": 1}], [F(3), {"ord": 1}], [R()],
  [R(2, 3), {"keepdims": True}], [C(2, 2)])
S("linalg.vector_norm", np.linalg.vector_norm, [R(3)], [R(2, 3), {"axis": 1, "ord": 3}], [R(2, 2)],
  [R(2, 3), {"ord": 1, "keepdims": True}])
S("linalg.matrix_norm", np.linalg.matrix_norm, [R(2, 2)], [R(2, 2, 3), {"ord": 1}], [R(2, 3), {"ord": "nuc"}])

# --- neural networks --------------------------------------------------------------------------------------------

S("leaky_relu", row("leaky_relu"), [R(3), {"slope": 0.1}], [F(3), {"slope": 0.1}], at_kink(V(0.0, 1.0), {"slope": 0.1}))
S("gelu", row("gelu"), [R(3)], [F(3)], value=lambda x: x * special.ndtr(x))
for _name in ("softmax", "log_softmax"):
    S(_name, row(_name), [R(3), {"axis": 0}], [R(2, 3), {"axis": 1}], [F(2, 2), {"axis": 0}],
      at_kink(V(1e3, -1e3), {"axis": 0}),
      value=getattr(special, _name))
S("mse_loss", row("mse_loss"), [R(3), R(3), {"axis": (0,), "mean": True}],
  [R(2, 3), R(3), {"axis": (0, 1), "mean": False}],
  [F(2), F(2), {"axis": (), "mean": False}])
S("binary_cross_entropy", row("binary_cross_entropy"), [U(3), U(3), P(3), {"axis": (0,), "mean": True}],
  [U(2, 3), U(3), P(), {"axis": (), "mean": False}],
  at_kink(V(0.0, 1.0), V(0.0, 1.0), P(2), {"axis": (0,), "mean": False}))
S("binary_cross_entropy_with_logits", row("binary_cross_entropy_with_logits"),
  [R(3), U(3), P(3), P(3), {"axis": (0,), "mean": True}],
  [R(2, 3), U(3), P(), P(3), {"axis": (1,), "mean": False}], [F(2), F(2), F(), F(), {"axis": (), "mean": False}])
S("nll_loss", row("nll_loss"), [R(2, 3), P(2), I(2), {"axis": 1, "over": (0,)}],
  [R(3), P(), I(), {"axis": 0, "over": ()}],
  [R(2, 3, 2), P(2, 2), I(2, 2), {"axis": 1, "over": (0, 1)}], [F(2, 3), F(2), I(2), {"axis": 1, "over": ()}])

# --- questions about arrays: their answers are no arrays ----------------------------------------------------------

for _name in ("shape", "ndim", "size", "iscomplexobj", "isrealobj"):
    S(_name, getattr(np, _name), [R(2, 3)], [C()])
S("min_scalar_type", lambda x: np.min_scalar_type(x).itemsize, [R(2, 3)])
S("size", np.size, [R(2, 3), {"axis": 1}])
for _share in (np.may_share_memory, np.shares_memory):
    S(_share.__name__, _share, [R(2), R(2)])
    S(_share.__name__, lambda x, _f=_share: [_f(x, x[1:]), _f(x[0], x[1]), _f(x, x + 0), _f(x[::2], x[1])], [R(3, 2)])
S("result_type", lambda x, y: np.result_type(x, y).itemsize, [F(2), R(2)], [R(2), C(2)])
S("can_cast", lambda x: np.can_cast(x, np.float32), [R(2)], [F(2)])
S("common_type", lambda x, y: np.dtype(np.common_type(x, y)).itemsize, [F(2), R(2)])
for _name in ("allclose", "array_equal", "array_equiv", "isclose"):
    S(_name, getattr(np, _name), at_kink(V(1.0, 2.0), V(1.0, 2.0 + 1e-12)), at_kink(V(1.0, 2.0), V(1.0, 2.0)),
      concrete=True)
for _show in (np.array2string, np.array_repr, np.array_str):
    # A batch shows all its entries.
    S(_show.__name__, lambda x, _f=_show: len(_f(x)), at_kink(V(1.0, 2.0)), batched=False)
