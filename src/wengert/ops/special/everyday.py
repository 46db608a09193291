"""Rows for the special functions that models use every day; the other chapters are read when they are needed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from wengert.core.op import Op, elementwise, strong_multiply
from wengert.ops.special.polygammas import polygamma_of
from wengert.ops.special.source import special

__all__ = ["SQRT_PI", "erf", "erfc", "expit", "gamma", "gammaln", "log_expit", "polygamma", "psi", "relu", "softplus"]

SQRT_PI = math.sqrt(math.pi)


# 1/(1 + e⁻ˣ) without overflow, and exact in both tails.
def _expit(x: Any) -> Any:
    x = np.asarray(x)
    right = x.real >= 0
    e = np.exp(np.where(right, -x, x) if x.dtype.kind == "c" else 0 - np.abs(x))
    return (np.where(right, 1, e) / (1 + e))[()]


# ln(1 + eˣ) = max(x, 0) + log1p(e^-|x|)
def _softplus(x: Any) -> Any:
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


expit: Op = special("expit", impl=_expit, dx=lambda out: out * (1 - out), torch="Sigmoid", scalar="sigmoid")
softplus = elementwise(_softplus, "x", name="softplus", dx=lambda x: expit(x), scalar="softplus")
log_expit = special("log_expit", impl=lambda x: -_softplus(-x), dx=lambda x: expit(-x), torch="LogSigmoid")
logit = special("logit", dx=lambda x: 1 / (x * (1 - x)), singular=True)
relu = elementwise(lambda x: np.maximum(x, 0), "x", name="relu", dx=lambda x: x > 0, scalar="relu")
erf = special("erf", dx=lambda x: 2 / SQRT_PI * np.exp(-x * x), scalar="erf")
erfc = special("erfc", dx=lambda x: -2 / SQRT_PI * np.exp(-x * x), scalar="erfc")
erfinv = special("erfinv", dx=lambda out: SQRT_PI / 2 * np.exp(out * out), singular=True)
ndtr = special("ndtr", dx=lambda x: np.exp(-0.5 * x * x) / math.sqrt(2 * math.pi))
gammaln = special("gammaln", dx=lambda x: psi(x), torch="Lgamma")
gamma = special("gamma", dx=lambda x, out: out * psi(x))
psi: Op = special("psi", dx=lambda x: polygamma(1, x), torch="Digamma")

# polygamma(n, x) = (-1)ⁿ⁺¹ n! ζ(n + 1, x), the n-th derivative of psi.
polygamma: Op = elementwise(polygamma_of, "n x", name="polygamma", dn=0, dx=lambda n, x: polygamma(n + 1, x))

# x ln y with 0 ln y = 0, also at y = 0.
xlogy = special("xlogy", dx=lambda y: np.log(y), dy=lambda x, y: strong_multiply(x, 1 / y), singular=True)
xlog1py = special("xlog1py", dx=lambda y: np.log1p(y), dy=lambda x, y: strong_multiply(x, 1 / (1 + y)), singular=True)
entr = special("entr", dx=lambda x: -np.log(x) - 1, singular=True)
