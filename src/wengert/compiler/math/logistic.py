"""sigmoid, softplus, logaddexp: exponentials of -|x| only, so that nothing overflows."""

from __future__ import annotations

import math

from wengert.compiler.math.exponential import exp
from wengert.compiler.math.logarithm import log1p_of_unit
from wengert.compiler.math.text import Value, maximum, select

__all__ = ["logaddexp", "sigmoid", "softplus"]


def sigmoid(x: Value) -> Value:
    """1/(1 + e⁻ˣ), with z = e^-|x| ≤ 1 as 1/(1 + z) or z/(1 + z), so that small results keep their digits."""
    z = exp(-x.abs())
    return select(x < 0.0, z, 1.0) / (1.0 + z)


def softplus(x: Value) -> Value:
    """log(1 + eˣ) = max(x, 0) + log(1 + e^-|x|)."""
    return maximum(x, 0.0) + log1p_of_unit(exp(-x.abs()))


def logaddexp(x: Value, y: Value) -> Value:
    """log(eˣ + eʸ) = max + log(1 + e^-|x - y|).

    Where the sum of the exponentials is near 1 the two terms cancel: the error is then below 3 ULP of the larger
    operand, not of the result.
    """
    result = maximum(x, y) + log1p_of_unit(exp(-(x - y).abs()))
    return select(x.equals(y), x + math.log(2.0), result)
