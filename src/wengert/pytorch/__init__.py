"""PyTorch's names where they differ from NumPy's, a line or two over NumPy: functions of wg, methods of tensors.

Where NumPy has a function or method of the same name, its meaning stays; PyTorch's is taken when the call is
one that only PyTorch has: ``dim=`` in max, min, median, sort, std and var, two axes in transpose, integers in
flatten and view. `split` is PyTorch's (sizes of the parts); ``np.split`` works on tensors too.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.core.protocols import deliver
from wengert.names import adapted
from wengert.pytorch import algebra, arithmetic, kinds, order, parts, pick, products, random, reduce, shape, windows
from wengert.pytorch.spelled import ValuesIndices as ValuesIndices, spelled

__all__ = ["ALIASES", "HOMES", "NAMES"]

HOMES = (algebra, arithmetic, kinds, order, parts, pick, products, random, reduce, shape, windows)
"""The modules of the functions."""

# Another name for one of NumPy's functions, or of ours.
ALIASES: dict[str, Any] = {
    "det": np.linalg.det, "slogdet": np.linalg.slogdet, "cholesky": np.linalg.cholesky, "inverse": np.linalg.inv,
    "eq": np.equal, "ge": np.greater_equal, "ger": np.outer, "gt": np.greater, "le": np.less_equal, "lt": np.less,
    "ne": np.not_equal, "neg": np.negative, "pow": np.power,
}  # fmt: skip

_FUNCTIONS = {name: getattr(home, name) for home in HOMES for name in home.__all__}

# Views that PyTorch also offers as copies: `narrow_copy` is a copy of `narrow`.
COPIES = """
detach diagonal expand narrow permute select split split_with_sizes squeeze t transpose unbind unfold unsqueeze view
view_as_complex view_as_real
"""

# Methods in place that PyTorch also offers as functions.
IN_PLACE = """
abs_ acos_ acosh_ addmv_ arccos_ arccosh_ arcsin_ arcsinh_ arctan_ arctanh_ asin_ asinh_ atan_ atanh_ ceil_ clamp_
clamp_max_ clamp_min_ clip_ conj_physical_ cos_ cosh_ deg2rad_ detach_ erf_ erfc_ exp2_ exp_ expm1_ fill_ fix_ floor_
frac_ gcd_ i0_ index_put_ lcm_ ldexp_ log10_ log1p_ log2_ log_ logit_ nan_to_num_ neg_ negative_ rad2deg_ reciprocal_
relu_ round_ rsqrt_ sigmoid_ sin_ sinc_ sinh_ sqrt_ square_ tan_ tanh_ trunc_ xlogy_ zero_
"""

_CALLED = {name: name for name in f"{IN_PLACE} detach clone".split()}
_CALLED |= {f"{name}_copy": name for name in COPIES.split()}


# What stands for a method that only tensors have, of values under a transform.
_NUMPY = {"clone": "copy", "diagonal": "diagonal"}


def _called(name: str, method: str) -> Any:
    """The method of a tensor as a function; its views as copies if the name says so."""

    def function(input: Any, *args: Any, **kwargs: Any) -> Any:
        call = _FUNCTIONS.get(method) or getattr(type(input), method, None) or getattr(np, _NUMPY[method])
        out = kwargs.pop("out", None)
        result = call(input, *args, **kwargs)
        if out is not None:
            return deliver(result, out, name)
        if name == method:
            return result
        return tuple(part.copy() for part in result) if isinstance(result, tuple) else result.copy()

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"``input.{method}(...)``{'' if name == method else ', copied'}."
    return function


NAMES = sorted({*_FUNCTIONS, *ALIASES, *_CALLED, "ValuesIndices"})


def __getattr__(name: str) -> Any:
    if name in ALIASES:
        found = ALIASES[name]
        found = found if isinstance(found, np.ufunc) else adapted(found)
    elif name in _FUNCTIONS:
        found = spelled(_FUNCTIONS[name])
    elif name in _CALLED:
        found = _called(name, _CALLED[name])
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = found
    return found
