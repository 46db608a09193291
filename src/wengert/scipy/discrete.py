"""Distributions of whole numbers: logarithm of the probability, probabilities of at most and of more."""

from __future__ import annotations

import numpy as np
import scipy.special as sp

from wengert.scipy.distribution import Discrete

__all__ = ["bernoulli", "binom", "poisson"]

poisson = Discrete(
    "poisson",
    lambda k, mu: sp.xlogy(k, mu) - sp.gammaln(k + 1) - mu,
    lambda k, mu: sp.gammaincc(k + 1, mu),
    lambda k, mu: sp.gammainc(k + 1, mu),
    last=lambda mu: np.inf,
    valid=lambda mu: mu >= 0,
)

binom = Discrete(
    "binom",
    lambda k, n, p: (
        sp.gammaln(n + 1) - sp.gammaln(k + 1) - sp.gammaln(n - k + 1) + sp.xlogy(k, p) + sp.xlog1py(n - k, -p)
    ),
    lambda k, n, p: sp.betainc(n - k, k + 1, 1 - p),
    lambda k, n, p: sp.betainc(k + 1, n - k, p),
    last=lambda n, p: n,
    valid=lambda n, p: (n >= 0) & (n == np.floor(n)) & (p >= 0) & (p <= 1),
)

bernoulli = Discrete(
    "bernoulli",
    lambda k, p: sp.xlogy(k, p) + sp.xlog1py(1 - k, -p),
    lambda k, p: 1 - p,
    lambda k, p: p,
    last=lambda p: 1.0,
    valid=lambda p: (p >= 0) & (p <= 1),
)
