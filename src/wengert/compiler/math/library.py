"""The functions by name, and their text."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import NamedTuple

from wengert.compiler.math import (
    error,
    exponential,
    gamma,
    hyperbolic,
    inverse,
    logarithm,
    logistic,
    power,
    remainder,
    trigonometric,
)
from wengert.compiler.math.text import Function, Text, Value

__all__ = ["NAMES", "cost", "function"]


class Entry(NamedTuple):
    """How a function is written, and its rough cost in flops per element (float64, with FMA as one)."""

    write: Callable[..., Value]
    arity: int
    flops: int


_TABLE = {
    "exp": Entry(exponential.exp, 1, 22),
    "exp2": Entry(exponential.exp2, 1, 24),
    "expm1": Entry(exponential.expm1, 1, 26),
    "sigmoid": Entry(logistic.sigmoid, 1, 28),
    "softplus": Entry(logistic.softplus, 1, 60),
    "logaddexp": Entry(logistic.logaddexp, 2, 62),
    "log": Entry(logarithm.log, 1, 26),
    "log2": Entry(logarithm.log2, 1, 40),
    "log10": Entry(logarithm.log10, 1, 42),
    "log1p": Entry(logarithm.log1p, 1, 36),
    "sin": Entry(trigonometric.sin, 1, 36),
    "cos": Entry(trigonometric.cos, 1, 36),
    "tan": Entry(trigonometric.tan, 1, 42),
    "asin": Entry(inverse.asin, 1, 30),
    "acos": Entry(inverse.acos, 1, 32),
    "atan": Entry(inverse.atan, 1, 28),
    "atan2": Entry(inverse.atan2, 2, 46),
    "sinh": Entry(hyperbolic.sinh, 1, 38),
    "cosh": Entry(hyperbolic.cosh, 1, 28),
    "tanh": Entry(hyperbolic.tanh, 1, 38),
    "asinh": Entry(hyperbolic.asinh, 1, 62),
    "acosh": Entry(hyperbolic.acosh, 1, 58),
    "atanh": Entry(hyperbolic.atanh, 1, 46),
    "erf": Entry(error.erf, 1, 60),
    "erfc": Entry(error.erfc, 1, 70),
    "erfinv": Entry(error.erfinv, 1, 60),
    "ndtr": Entry(error.ndtr, 1, 72),
    "gamma": Entry(gamma.gamma, 1, 110),
    "lgamma": Entry(gamma.lgamma, 1, 110),
    "digamma": Entry(gamma.digamma, 1, 100),
    "pow": Entry(power.power, 2, 100),
    "sqrt": Entry(power.sqrt, 1, 6),
    "cbrt": Entry(power.cbrt, 1, 40),
    "hypot": Entry(power.hypot, 2, 24),
    "fmod": Entry(remainder.fmod, 2, 40),
    "remainder": Entry(remainder.remainder, 2, 44),
}

NAMES = {name: entry.arity for name, entry in _TABLE.items()}
"""The names of all functions, with the number of their arguments."""


def cost(name: str) -> int:
    """Roughly how many flops one element costs.

    Example:
        >>> cost("sqrt") < cost("exp") < cost("pow")
        True
    """
    return _TABLE[name].flops


@functools.lru_cache(maxsize=512)
def function(name: str, dtype: str, lanes: int, fma: bool = True, inline: bool = True) -> Function:
    """The LLVM text of a function of vectors.

    Args:
        name: one of `NAMES`.
        dtype: "f64" or "f32".
        lanes: the number of elements of the vectors; 1 means scalars.
        fma: whether the target has an instruction for a·b + c. Without, nothing but +, -, ·, /, √ and bits is used.
        inline: whether callers take in its body (`alwaysinline`) or call it (`noinline`).

    Example:
        >>> f = function("exp", "f64", 8)
        >>> f.symbol
        '@wg_exp_v8f64'
        >>> f.text.split(" alwaysinline")[0]
        'define internal <8 x double> @wg_exp_v8f64(<8 x double> %x)'
    """
    entry = _TABLE[name]
    t = Text(dtype, lanes, fma)
    arguments = [t.argument(a) for a in "xyz"[: entry.arity]]
    return t.finish(f"@wg_{name}_{t.suffix(dtype)}{t.variant}", arguments, entry.write(*arguments), inline)
