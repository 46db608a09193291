"""Rules of arithmetic. Each one's docstring is the equation.

They hold bit for bit in floating point, also at ±0, infinities and NaN (whose payloads are not kept), except

* x + 0 = x             is used where the sign of a zero cannot be seen; (-0) + 0 is +0
* x · 0 = 0             for zero *arrays*, which derivatives are made of (0 · ∞ is NaN); a number 0 stays
* xⁿ as multiplications for n up to 8: within rounding of NumPy's pow
* x + scatter_add(0, y, i), sums in another order where an index repeats (`cells`)
* x · 1, -(-x) ...      of complex numbers: where a part is infinite, NumPy's product has NaNs
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from wengert.compiler.passes.build import Builder, rule, spec_of
from wengert.compiler.passes.constants import UNKNOWN, is_constant
from wengert.interpreters.record import Variable
from wengert.spec import Spec

__all__: list[str] = []

Operands = Sequence[Any]
Params = Mapping[str, Any]


def _is(x: Any, spec: Spec) -> bool:
    """Whether x is a variable that can stand for a result of this Spec."""
    return type(x) is Variable and x.spec == spec


def _plus_zero(build: Builder, zero: Any, spec: Spec) -> bool:
    """Whether x + zero is x: zero is -0, or an integer's, or the sign of a zero cannot be seen."""
    if not build.is_filled(zero, 0):
        return False
    return not build.signed or spec.dtype.kind not in "fc" or _is_negative(build.uniform(zero))


def _is_negative(zero: Any) -> bool:
    """Whether a zero has the sign bit, a complex one in both parts."""
    parts = (zero.real, zero.imag) if np.iscomplexobj(zero) else (zero,)
    return all([bool(np.signbit(x)) for x in parts])


@rule("add", reads="negative")
def add(build: Builder, xs: Operands, params: Params, spec: Spec) -> Any:
    """x + 0 = 0 + x = x,  x + (-y) = x - y,  (-x) + y = y - x."""
    x, y = xs
    if _is(x, spec) and _plus_zero(build, y, spec):
        return x
    if _is(y, spec) and _plus_zero(build, x, spec):
        return y
    if (minus := build.made_by(y, "negative")) is not None:
        return build.call("subtract", x, minus.operands[0], spec=spec)
    if (minus := build.made_by(x, "negative")) is not None:
        return build.call("subtract", y, minus.operands[0], spec=spec)
    return None


@rule("subtract", reads="negative")
def subtract(build: Builder, xs: Operands, params: Params, spec: Spec) -> Any:
    """x - 0 = x,  x - (-y) = x + y."""
    x, y = xs
    if _is(x, spec) and build.is_filled(y, 0) and (not build.signed or not np.signbit(build.uniform(y))):
        return x
    if (minus := build.made_by(y, "negative")) is not None:
        return build.call("add", x, minus.operands[0], spec=spec)
    return None


@rule("multiply", "strong_multiply", reads="")
def multiply(build: Builder, xs: Operands, params: Params, spec: Spec) -> Any:
    """x · 1 = x,  x · (-1) = -x,  x · 0 = 0 for zero arrays."""
    for x, y in (xs, xs[::-1]):
        value = build.uniform(y)
        if value is UNKNOWN:
            continue
        if value == 1 and _is(x, spec):
            return x
        if value == -1 and _is(x, spec) and spec.dtype.kind in "if":
            return build.call("negative", x, spec=spec)
        if value == 0 and type(y) is np.ndarray and spec.dtype.kind in "fc":
            return build.filled(0, spec)
    return None


@rule("strong_multiply")
def strong_multiply(build: Builder, xs: Operands, params: Params, spec: Spec) -> Any:
    """g ⊙ y = g · y where y is finite and nowhere 0;  g ⊙ m = (g where m, else 0) for a mask m of 0 and 1."""
    for x, y in (xs, xs[::-1]):
        if is_constant(y) and np.size(y) and bool(np.all(np.isfinite(y) & (np.asarray(y) != 0))):
            return build.call("multiply", x, y, spec=spec)
        if type(y) is Variable and y.spec.dtype.kind == "b" and spec_like(x, spec):
            return build.call("where", y, x, 0, spec=spec)
    return None


def spec_like(x: Any, spec: Spec) -> bool:
    """Whether x has this dtype of its own, so that choosing between it and 0 gives it too."""
    return type(x) is Variable and x.spec.dtype == spec.dtype


@rule("divide", reads="")
def divide(build: Builder, xs: Operands, params: Params, spec: Spec) -> Any:
    """x / 1 = x,  0 / y = 0 for zero arrays."""
    x, y = xs
    if _is(x, spec) and build.is_filled(y, 1):
        return x
    return None


@rule("negative", reads="negative unslice")
def negative(build: Builder, xs: Operands, params: Params, spec: Spec) -> Any:
    """-(-x) = x,  -unslice(x) = unslice(-x)."""
    if (inner := build.made_by(xs[0], "negative")) is not None:
        return inner.operands[0]
    if (inner := build.made_by(xs[0], "unslice")) is not None and not build.signed:
        part = inner.operands[0]
        return build.call("unslice", build.call("negative", part, spec=spec_of(part)), spec=spec, **inner.params)
    return None


@rule("positive", "astype")
def unchanged(build: Builder, xs: Operands, params: Params, spec: Spec) -> Any:
    """+x = x,  x as its own dtype = x."""
    return xs[0] if _is(xs[0], spec) else None


@rule("not_equal", reads="")
def not_zero(build: Builder, xs: Operands, params: Params, spec: Spec) -> Any:
    """(m ≠ 0) = m of booleans m."""
    return xs[0] if _is(xs[0], spec) and build.is_filled(xs[1], 0) else None


@rule("equal", reads="")
def is_zero(build: Builder, xs: Operands, params: Params, spec: Spec) -> Any:
    """(m = 0) = not m of booleans m."""
    return build.call("logical_not", xs[0], spec=spec) if _is(xs[0], spec) and build.is_filled(xs[1], 0) else None


@rule("where")
def where(build: Builder, xs: Operands, params: Params, spec: Spec) -> Any:
    """(x where true, else y) = x,  (x where c, else x) = x,  (x where not c, else y) = (y where c, else x)."""
    condition, x, y = xs
    value = build.uniform(condition)
    if value is not UNKNOWN:
        return _spread(build, x if value else y, spec)
    if x is y and _is(x, spec):
        return x
    if (turned := build.made_by(condition, "logical_not")) is not None:
        return build.call("where", turned.operands[0], y, x, spec=spec)
    return None


@rule("where")
def where_of_where(build: Builder, xs: Operands, params: Params, spec: Spec) -> Any:
    """((a where c, else b) where c, else y) = (a where c, else y), and in the other branch."""
    condition, x, y = xs
    for n, branch in ((1, x), (2, y)):
        inner = build.made_by(branch, "where")
        if inner is not None and inner.operands[0] is condition and _keeps_dtype(inner.operands[n], branch):
            new = [condition, x, y]
            new[n] = inner.operands[n]
            return build.call("where", *new, spec=spec) if _shape(new) == spec.shape else None
    return None


def _keeps_dtype(x: Any, whole: Any) -> bool:
    return type(x) is Variable and x.spec.dtype == whole.spec.dtype


def _shape(xs: Operands) -> tuple[int, ...]:
    return np.broadcast_shapes(*[spec_of(x).shape for x in xs])


def _spread(build: Builder, x: Any, spec: Spec) -> Any:
    """x at the shape of the result, if it has its dtype."""
    if type(x) is not Variable or x.spec.dtype != spec.dtype:
        return None
    return x if x.spec.shape == spec.shape else build.call("broadcast_to", x, spec=spec, shape=spec.shape)


# Up to here a product of factors is as good as pow: x⁸ is three squarings.
LARGEST_POWER = 8


@rule("power_by")
def power_by(build: Builder, xs: Operands, params: Params, spec: Spec) -> Any:
    """x¹ = x,  x² = square(x),  x²ⁿ = (x²)ⁿ,  x²ⁿ⁺¹ = x²ⁿ · x,  x⁻¹ = 1 / x."""
    (x,), n = xs, params["exponent"]
    if not _is(x, spec) or spec.dtype.kind not in "fiu" or (n != int(n) if np.isfinite(n) else True):
        return None
    if n == -1 and spec.dtype.kind == "f":
        return build.call("divide", 1, x, spec=spec)
    if not 1 <= n <= LARGEST_POWER:
        return None
    return _power(build, x, int(n), spec)


def _power(build: Builder, x: Any, n: int, spec: Spec) -> Any:
    if n == 1:
        return x
    if n % 2:
        return build.call("multiply", _power(build, x, n - 1, spec), x, spec=spec)
    return build.call("square", _power(build, x, n // 2, spec), spec=spec)
