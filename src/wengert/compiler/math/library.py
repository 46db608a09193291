"""The functions by name, and their text."""

from __future__ import annotations

import functools
import re
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
    """How a function is written."""

    write: Callable[..., Value]
    arity: int


_TABLE = {
    "exp": Entry(exponential.exp, 1),
    "exp2": Entry(exponential.exp2, 1),
    "expm1": Entry(exponential.expm1, 1),
    "sigmoid": Entry(logistic.sigmoid, 1),
    "softplus": Entry(logistic.softplus, 1),
    "logaddexp": Entry(logistic.logaddexp, 2),
    "log": Entry(logarithm.log, 1),
    "log2": Entry(logarithm.log2, 1),
    "log10": Entry(logarithm.log10, 1),
    "log1p": Entry(logarithm.log1p, 1),
    "sin": Entry(trigonometric.sin, 1),
    "cos": Entry(trigonometric.cos, 1),
    "tan": Entry(trigonometric.tan, 1),
    "asin": Entry(inverse.asin, 1),
    "acos": Entry(inverse.acos, 1),
    "atan": Entry(inverse.atan, 1),
    "atan2": Entry(inverse.atan2, 2),
    "sinh": Entry(hyperbolic.sinh, 1),
    "cosh": Entry(hyperbolic.cosh, 1),
    "tanh": Entry(hyperbolic.tanh, 1),
    "asinh": Entry(hyperbolic.asinh, 1),
    "acosh": Entry(hyperbolic.acosh, 1),
    "atanh": Entry(hyperbolic.atanh, 1),
    "erf": Entry(error.erf, 1),
    "erfc": Entry(error.erfc, 1),
    "erfinv": Entry(error.erfinv, 1),
    "ndtr": Entry(error.ndtr, 1),
    "gamma": Entry(gamma.gamma, 1),
    "lgamma": Entry(gamma.lgamma, 1),
    "digamma": Entry(gamma.digamma, 1),
    "pow": Entry(power.power, 2),
    "sqrt": Entry(power.sqrt, 1),
    "cbrt": Entry(power.cbrt, 1),
    "hypot": Entry(power.hypot, 2),
    "fmod": Entry(remainder.fmod, 2),
    "remainder": Entry(remainder.remainder, 2),
}

NAMES = {name: entry.arity for name, entry in _TABLE.items()}
"""The names of all functions, with the number of their arguments."""


# A quotient or a root takes as long as several products.
_FLOPS = {"fadd": 1, "fsub": 1, "fmul": 1, "fneg": 0, "llvm.fma": 1, "fdiv": 6, "llvm.sqrt": 6}


@functools.cache
def cost(name: str) -> int:
    """Roughly how many flops one element costs, a·b + c as one and a quotient as six; counted in the function's text.

    Example:
        >>> cost("sqrt") < cost("exp") < cost("pow")
        True
    """
    text = function(name, "f64", 1).text
    usual = re.sub(r"\n(rare\d+):.*?\n\1\.end:", "", text, flags=re.DOTALL)
    return sum(_FLOPS.get(word, 0) for words in re.findall(r"= (f\w+)|@(llvm\.\w+)", usual) for word in words)


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
