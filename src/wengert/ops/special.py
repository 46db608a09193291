"""Rows for the ufuncs of `scipy.special`. SciPy is imported at their first use, never before."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from wengert.core.op import Op, elementwise, strong_multiply
from wengert.core.protocols import BY_NAME
from wengert.errors import MissingDependency, explain

__all__: list[str] = []


def scipy_special(name: str) -> Callable[..., Any]:
    """The function of that name in `scipy.special`, imported when first called."""

    def function(*args: Any) -> Any:
        try:
            special = importlib.import_module("scipy.special")
        except ImportError as error:
            raise MissingDependency(
                explain(
                    f"{name} needs SciPy, which is not installed.",
                    "wengert itself needs NumPy only; special functions are SciPy's.",
                    "Run: pip install 'wengert[scipy]'",
                )
            ) from error
        return getattr(special, name)(*args)

    function.__name__ = name
    return function


def _special(name: str, **columns: Any) -> Any:
    op = elementwise(columns.pop("impl", None) or scipy_special(name), name=name, **columns)
    BY_NAME[name] = op
    return op


SQRT_PI = math.sqrt(math.pi)


# 1/(1 + e⁻ˣ) without overflow, and exact in both tails.
def _expit(x: Any) -> Any:
    x = np.asarray(x)
    e = np.exp(-np.abs(x))
    return (np.where(x >= 0, 1, e) / (1 + e))[()]


# ln(1 + eˣ) = max(x, 0) + log1p(e^-|x|)
def _softplus(x: Any) -> Any:
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


expit: Op = _special("expit", impl=_expit, dx=lambda out: out * (1 - out), torch="Sigmoid", scalar="sigmoid")
softplus = elementwise(_softplus, "x", name="softplus", dx=lambda x: expit(x), scalar="softplus")
log_expit = _special("log_expit", impl=lambda x: -_softplus(-x), dx=lambda x: expit(-x), torch="LogSigmoid")
logit = _special("logit", dx=lambda x: 1 / (x * (1 - x)), singular=True)
relu = elementwise(lambda x: np.maximum(x, 0), "x", name="relu", dx=lambda x: x > 0, scalar="relu")
erf = _special("erf", dx=lambda x: 2 / SQRT_PI * np.exp(-x * x), scalar="erf")
erfc = _special("erfc", dx=lambda x: -2 / SQRT_PI * np.exp(-x * x), scalar="erfc")
erfinv = _special("erfinv", dx=lambda out: SQRT_PI / 2 * np.exp(out * out), singular=True)
ndtr = _special("ndtr", dx=lambda x: np.exp(-0.5 * x * x) / math.sqrt(2 * math.pi))
gammaln = _special("gammaln", dx=lambda x: psi(x), torch="Lgamma")
gamma = _special("gamma", dx=lambda x, out: out * psi(x))
psi: Op = _special("psi", dx=lambda x: polygamma(1, x), torch="Digamma")

# polygamma(n, x) = (-1)ⁿ⁺¹ n! ζ(n + 1, x), the n-th derivative of psi.
polygamma: Op = elementwise(
    scipy_special("polygamma"), "n x", name="polygamma", dn=0, dx=lambda n, x: polygamma(n + 1, x)
)

# x ln y with 0 ln y = 0, also at y = 0.
xlogy = _special("xlogy", dx=lambda y: np.log(y), dy=lambda x, y: strong_multiply(x, 1 / y), singular=True)
xlog1py = _special("xlog1py", dx=lambda y: np.log1p(y), dy=lambda x, y: strong_multiply(x, 1 / (1 + y)), singular=True)
entr = _special("entr", dx=lambda x: -np.log(x) - 1, singular=True)
