"""How each row of the rule book is written in SymPy; the only file that imports it.

Rows that move entries around are NumPy's on arrays of expressions. A row that is not here is replaced by the NumPy code
that it consists of, if that can be traced.
"""

from __future__ import annotations

import functools
import importlib
import math
import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from wengert.core.op import TABLE
from wengert.errors import MissingDependency, explain

__all__ = ["RULES", "exact", "sympy"]

Rule = Callable[..., Any]


@functools.cache
def sympy() -> Any:
    """The module, imported when first needed."""
    try:
        return importlib.import_module("sympy")
    except ImportError as error:
        raise MissingDependency(
            explain(
                "expressions need SymPy, which is not installed.",
                "wengert itself needs NumPy only; simplification and LaTeX are SymPy's.",
                "Run: pip install 'wengert[symbolic]'",
            )
        ) from error


# --- numbers --------------------------------------------------------------------------------------------------

_MULTIPLES = {"pi": math.pi, "E": math.e}


def exact(x: Any) -> Any:
    """An array of numbers as SymPy's: fractions of small integers, multiples of π and e, else decimals."""
    array = np.asarray(x)
    out = np.empty(array.shape, object)
    for place in np.ndindex(array.shape):
        out[place] = _number(array[place].item())
    return out


def _number(x: Any) -> Any:
    s = sympy()
    if isinstance(x, bool):
        return s.true if x else s.false
    if isinstance(x, int):
        return s.Integer(x)
    if not math.isfinite(x):
        return s.nan if x != x else s.oo if x > 0 else -s.oo
    for factor, value in ((s.Integer(1), 1.0), *[(getattr(s, name), v) for name, v in _MULTIPLES.items()]):
        near = Fraction(x / value).limit_denominator(360)
        if near and float(near) * value == x:
            return s.Rational(near.numerator, near.denominator) * factor
    return s.Float(x) if x else s.Integer(0)


# --- rules ----------------------------------------------------------------------------------------------------


def _entries(function: Rule) -> Rule:
    """A function of expressions, entry by entry of arrays that broadcast."""

    def rule(*operands: Any, **params: Any) -> Any:
        return np.vectorize(lambda *xs: function(*xs, **params), otypes=[object])(*operands)

    return rule


def _named(name: str) -> Rule:
    return _entries(lambda *xs: getattr(sympy(), name)(*xs))


def _where(holds: Any, x: Any, y: Any) -> Any:
    s = sympy()
    test = s.sympify(holds)
    if test in (s.true, s.false):
        return x if test == s.true else y
    if not (test.is_Relational or test.is_Boolean):
        test = s.Ne(test, 0)
    return s.Piecewise((x, test), (y, True))


def _reduced(function: Rule) -> Rule:
    """A reduction over axes by a function of all entries."""

    def rule(x: Any, axis: Any, keepdims: bool) -> Any:
        axes = tuple(range(x.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
        rest = [k for k in range(x.ndim) if k not in axes]
        flat = np.transpose(x, (*rest, *axes)).reshape((*[x.shape[k] for k in rest], -1))
        out = np.empty(flat.shape[:-1], object)
        for place in np.ndindex(out.shape):
            out[place] = function(*flat[place])
        return np.expand_dims(out, axes) if keepdims else out

    return rule


def _matrices(function: Rule) -> Rule:
    """A function of SymPy matrices, over leading axes."""

    def rule(*operands: Any) -> Any:
        lead = np.broadcast_shapes(*[x.shape[:-2] for x in operands])
        spread = [np.broadcast_to(x, (*lead, *x.shape[-2:])) for x in operands]
        found = [function(*[sympy().Matrix(x[place]) for x in spread]) for place in np.ndindex(lead)]
        arrays = [np.array(m.tolist(), object) if hasattr(m, "tolist") else np.array(m, object) for m in found]
        return np.stack(arrays).reshape((*lead, *arrays[0].shape))

    return rule


RULES: dict[str, Rule] = {
    name: _named(function)
    for name, function in {
        "exp": "exp", "log": "log", "sqrt": "sqrt", "sin": "sin", "cos": "cos", "tan": "tan", "arcsin": "asin",
        "arccos": "acos", "arctan": "atan", "sinh": "sinh", "cosh": "cosh", "tanh": "tanh", "arcsinh": "asinh",
        "arccosh": "acosh", "arctanh": "atanh", "arctan2": "atan2", "absolute": "Abs", "sign": "sign", "floor": "floor",
        "ceil": "ceiling", "maximum": "Max", "minimum": "Min", "fmax": "Max", "fmin": "Min", "erf": "erf",
        "erfc": "erfc", "erfinv": "erfinv", "gammaln": "loggamma", "gamma": "gamma", "psi": "digamma",
        "polygamma": "polygamma", "remainder": "Mod", "equal": "Eq", "not_equal": "Ne", "less": "Lt",
        "less_equal": "Le", "greater": "Gt", "greater_equal": "Ge", "logical_and": "And", "logical_or": "Or",
        "logical_not": "Not", "bitwise_and": "And", "bitwise_or": "Or", "cbrt": "cbrt",
    }.items()
}  # fmt: skip
_FORMULAS: dict[str, Rule] = {
        "add": operator.add, "subtract": operator.sub, "multiply": operator.mul, "strong_multiply": operator.mul,
        "divide": operator.truediv, "negative": operator.neg, "positive": operator.pos, "power": operator.pow,
        "power_by": lambda x, exponent: x ** _number(exponent), "square": lambda x: x**2,
        "reciprocal": lambda x: 1 / x, "exp2": lambda x: 2**x, "expm1": lambda x: sympy().exp(x) - 1,
        "log1p": lambda x: sympy().log(1 + x), "log2": lambda x: sympy().log(x) / sympy().log(2),
        "log10": lambda x: sympy().log(x) / sympy().log(10), "expit": lambda x: 1 / (1 + sympy().exp(-x)),
        "softplus": lambda x: sympy().log(1 + sympy().exp(x)), "relu": lambda x: sympy().Max(0, x),
        "logaddexp": lambda x, y: sympy().log(sympy().exp(x) + sympy().exp(y)),
        "hypot": lambda x, y: sympy().sqrt(x**2 + y**2), "degrees": lambda x: x * 180 / sympy().pi,
        "radians": lambda x: x * sympy().pi / 180, "where": _where, "isfinite": lambda x: sympy().true,
        "heaviside": lambda x, h: sympy().Heaviside(x, h), "xlogy": lambda x, y: x * sympy().log(y),
}  # fmt: skip
RULES |= {name: _entries(formula) for name, formula in _FORMULAS.items()}
RULES |= {
    "max": _reduced(lambda *xs: sympy().Max(*xs)),
    "min": _reduced(lambda *xs: sympy().Min(*xs)),
    "any": _reduced(lambda *xs: sympy().Or(*xs)),
    "all": _reduced(lambda *xs: sympy().And(*xs)),
    "length": _reduced(lambda *xs: sympy().sqrt(sum(x**2 for x in xs))),
    "logsumexp": _reduced(lambda *xs: sympy().log(sum(sympy().exp(x) for x in xs))),
    "solve": _matrices(lambda a, b: a.LUsolve(b)),
    "inv": _matrices(lambda a: a.inv()),
    "det": _matrices(lambda a: a.det()),
    "astype": lambda x, dtype: x,
    "stop_gradient": lambda x: x,
    "real": lambda x: x,
    "conjugate": lambda x: x,
    "gather": lambda x, *indices: x[tuple(np.asarray(i, int) for i in indices)],
    "scatter_add": lambda base, value, *indices: _added(base, value, [np.asarray(i, int) for i in indices]),
}
# What moves entries around is NumPy's own.
RULES |= {
    name: TABLE[name].impl
    for name in (
        "reshape", "transpose", "broadcast_to", "slice", "unslice", "overwrite", "concatenate", "pad", "flip", "roll",
        "diagonal", "undiagonal", "copy", "sum", "mean", "prod", "cumsum", "cumprod", "matmul", "matvec", "vecmat",
        "vecdot",
    )
}  # fmt: skip
RULES["einsum"] = lambda *xs, subscripts: np.einsum(f"{','.join(subscripts[:-1])}->{subscripts[-1]}", *xs)


def _added(base: Any, value: Any, indices: list[Any]) -> Any:
    out = np.array(base)
    np.add.at(out, tuple(indices), value)
    return out
