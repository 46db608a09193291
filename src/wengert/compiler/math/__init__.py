"""Vector mathematics as LLVM text: exp, sin, erf, lgamma, ... of vectors of float64 or float32, without libm.

    function(name, dtype, lanes, fma=True, inline=True) -> Function(symbol, text, needs)
    NAMES     the names, with the number of arguments
    cost      roughly the flops per element

Every function is within 3 ULP over its whole domain, unless its own docstring says where it is not, and exact at
special values (zeros with their signs, infinities, NaN). They are written in a small builder of LLVM text (`text`), on
polynomials that scripts/coefficients.py computes (`coefficients`), with pairs of floats where one is not enough
(`pairs`).
"""

from wengert.compiler.math.library import NAMES, cost, function
from wengert.compiler.math.text import Function

__all__ = ["NAMES", "Function", "cost", "function"]
