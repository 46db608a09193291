"""Elementwise rows, entry by entry."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from wengert.compiler.builder import Builder
from wengert.compiler.loops import Value, code_of
from wengert.compiler.lower.nodes import Access, Node, Place, as_map, entry
from wengert.compiler.lower.table import lowering

__all__: list[str] = []

Scalar = Callable[..., Value]  # (builder, operands, params) -> result

# What an operation costs next to an addition; everything else costs 1.
_COSTS = dict.fromkeys(
    "exp exp2 expm1 log log2 log10 log1p sin cos tan tanh sinh cosh sigmoid softplus asin acos atan asinh acosh atanh"
    " erf erfc erfinv ndtr pow atan2 cbrt hypot lgamma digamma gamma logaddexp fmod remainder".split(), 15.0
) | {"div": 4.0, "sqrt": 4.0}  # fmt: skip


def _elementwise(name: str, function: Scalar, cost: float = 1.0, common: bool = True, integers: bool = True) -> None:
    """Lower a row by a function of scalars, which are cast to the type of the result first.

    common=False: to the common type of the operands, because the result is a truth value. integers=False: integers are
    left to NumPy.
    """

    @lowering(name)
    def lower(args: list[Node], params: Any, specs: Any, dtypes: Any) -> Node | None:
        (spec,) = specs
        code = code_of(spec.dtype)
        compute = code if common else code_of(np.result_type(*dtypes))
        if code is None or compute is None or not (integers or compute[0] == "f"):
            return None

        def rule(b: Builder, place: Place) -> Access:
            found = []
            for x in args:
                v = yield entry(x, place, spec.shape)
                found.append(b.cast(v, compute))
            return b.cast(function(b, *found, **params), code)

        return as_map(spec.shape, code, args, rule, cost)


def _named(op: str) -> Scalar:
    return lambda b, *args: b(op, *args)


# Operations that integers have, too. What else NumPy has for integers (reciprocals, powers) is special there.
_OF_INTEGERS = frozenset(
    "add sub mul neg abs sign maximum minimum fmax fmin floordiv mod fmod and or xor shl shr not".split()
)

for _row, _op in {
    "add": "add", "subtract": "sub", "multiply": "mul", "divide": "div", "negative": "neg", "exp": "exp",
    "exp2": "exp2", "expm1": "expm1", "log": "log", "log2": "log2", "log10": "log10", "log1p": "log1p", "sqrt": "sqrt",
    "cbrt": "cbrt", "sin": "sin", "cos": "cos", "tan": "tan", "arcsin": "asin", "arccos": "acos", "arctan": "atan",
    "sinh": "sinh", "cosh": "cosh", "tanh": "tanh", "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh",
    "arctan2": "atan2", "hypot": "hypot", "absolute": "abs", "maximum": "maximum", "minimum": "minimum",
    "fmax": "fmax", "fmin": "fmin", "copysign": "copysign", "rint": "rint", "sign": "sign", "power": "pow",
    "logaddexp": "logaddexp", "expit": "sigmoid",
    "softplus": "softplus", "erf": "erf", "erfc": "erfc", "erfinv": "erfinv", "ndtr": "ndtr", "gammaln": "lgamma",
    "psi": "digamma", "gamma": "gamma", "fmod": "fmod", "remainder": "mod", "floor_divide": "floordiv",
    "bitwise_and": "and", "bitwise_or": "or", "bitwise_xor": "xor", "left_shift": "shl", "right_shift": "shr",
    "invert": "not",
}.items():  # fmt: skip
    _elementwise(_row, _named(_op), _COSTS.get(_op, 1.0), integers=_op in _OF_INTEGERS)

for _row, _op in {
    "equal": "eq", "not_equal": "ne", "less": "lt", "less_equal": "le", "greater": "gt", "greater_equal": "ge",
    "isfinite": "isfinite", "isinf": "isinf", "isnan": "isnan", "signbit": "signbit",
}.items():  # fmt: skip
    _elementwise(_row, _named(_op), common=False)


def _logical(op: str) -> Scalar:
    return lambda b, *args: b(op, *[b.cast(a, "b1") for a in args])


for _row, _op in {"logical_and": "and", "logical_or": "or", "logical_xor": "xor", "logical_not": "not"}.items():
    _elementwise(_row, _logical(_op), common=False)


def _rounded(op: str) -> Scalar:
    return lambda b, x: b(op, x) if x.code[0] == "f" else x


for _row, _op in {"floor": "floor", "ceil": "ceil", "trunc": "trunc", "fix": "trunc"}.items():
    _elementwise(_row, _rounded(_op))


def _scaled(factor: float) -> Scalar:
    return lambda b, x: b("mul", x, b.const(factor, x.code))


_elementwise("positive", lambda b, x: x, 0.0)
_elementwise("square", lambda b, x: b("mul", x, x))
_elementwise("reciprocal", lambda b, x: b("div", b.const(1, x.code), x), 4.0, integers=False)
_elementwise("degrees", _scaled(180 / math.pi))
_elementwise("radians", _scaled(math.pi / 180))
_elementwise("log_expit", lambda b, x: b("neg", b("softplus", b("neg", x))), 15.0)
_elementwise("logit", lambda b, x: b("log", b("div", x, b("sub", b.const(1, x.code), x))), 20.0)


def _strong(b: Builder, x: Value, y: Value) -> Value:
    """x · y, where a zero wins over an infinite or undefined factor."""
    zero = b.const(0, x.code)
    product = b("mul", x, y)
    for factor in (x, y):
        if not (factor.op == "const" and factor.attr != 0):
            product = b.select(b("eq", factor, zero), zero, product)
    return product


_elementwise("strong_multiply", _strong, 2.0)


@lowering("certain")
def certain(args: list[Node], params: Any, specs: Any, dtypes: Any) -> Node:
    """x, in a program that declines where x is NaN."""
    (x,) = args

    def rule(b: Builder, place: Place) -> Access:
        v = yield x, place
        yield None, b("not", b("isnan", v))
        return v

    return as_map(x.shape, x.code, args, rule, 1.0)


def _power_by(b: Builder, x: Value, exponent: Any) -> Value:
    """A power with a plain number: products for small integers, as NumPy does for squares."""
    if exponent == 2:
        return b("mul", x, x)
    if exponent == 1:
        return x
    if exponent == 0.5 and x.code[0] == "f":
        return b("sqrt", x)
    if exponent == -1 and x.code[0] == "f":
        return b("div", b.const(1, x.code), x)
    if exponent in (3, 4) and x.code[0] == "f":
        square = b("mul", x, x)
        return b("mul", square, x if exponent == 3 else square)
    if x.code[0] != "f":
        return _repeated(b, x, int(exponent))
    return b("pow", x, b.const(exponent, x.code))


def _repeated(b: Builder, x: Value, exponent: int) -> Value:
    """A power of an integer, wrapping around as products do: squares for the binary digits of the exponent."""
    out = b.const(1, x.code)
    while exponent:
        if exponent & 1:
            out = b("mul", out, x)
        x, exponent = b("mul", x, x), exponent >> 1
    return out


_elementwise("power_by", _power_by, 8.0)
_elementwise("heaviside", lambda b, x, h: b.select(
    b("isnan", x), x, b.select(b("eq", x, b.const(0, x.code)), h, b.cast(b("gt", x, b.const(0, x.code)), x.code))),
    3.0)  # fmt: skip
_elementwise("relu", lambda b, x: b("maximum", x, b.const(0, x.code)))


_elementwise("xlogy", lambda b, x, y: _xlog_of(b, x, y, "log"), 17.0)
_elementwise("xlog1py", lambda b, x, y: _xlog_of(b, x, y, "log1p"), 17.0)


def _xlog_of(b: Builder, x: Value, y: Value, op: str) -> Value:
    """x log y with 0 log y = 0 unless y is NaN."""
    zero = b.const(0, x.code)
    return b.select(b("and", b("eq", x, zero), b("not", b("isnan", y))), zero, b("mul", x, b(op, y)))


@lowering("where")
def where(args: list[Node], params: Any, specs: Any, dtypes: Any) -> Node | None:
    """A switch; the side that is not taken is not asked for where that is known."""
    (spec,) = specs
    code = code_of(spec.dtype)
    if code is None:
        return None
    holds, x, y = args

    def rule(b: Builder, place: Place) -> Access:
        test = yield entry(holds, place, spec.shape)
        test = b.cast(test, "b1")
        if test.op == "const":
            v = yield entry(x if test.attr else y, place, spec.shape)
            return b.cast(v, code)
        left = yield entry(x, place, spec.shape)
        right = yield entry(y, place, spec.shape)
        return b.select(test, b.cast(left, code), b.cast(right, code))

    return as_map(spec.shape, code, args, rule, 1.0)
