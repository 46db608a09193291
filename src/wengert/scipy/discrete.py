"""Distributions of whole numbers: logarithm of the probability, probabilities of at most and of more."""

from __future__ import annotations

import numpy as np
import scipy.special as sp

from wengert.scipy.masses import Discrete

__all__ = ["bernoulli", "binom", "poisson"]

poisson = Discrete(
    "poisson",
    "stats",
    logpmf=lambda k, mu: sp.xlogy(k, mu) - sp.gammaln(k + 1) - mu,
    cdf=lambda k, mu: sp.gammaincc(k + 1, mu),
    sf=lambda k, mu: sp.gammainc(k + 1, mu),
    support=(0.0, np.inf),
    argcheck=lambda mu: mu >= 0,
)

binom = Discrete(
    "binom",
    "entropy",
    logpmf=lambda k, n, p: (
        sp.gammaln(n + 1) - sp.gammaln(k + 1) - sp.gammaln(n - k + 1) + sp.xlogy(k, p) + sp.xlog1py(n - k, -p)
    ),
    cdf=lambda k, n, p: sp.betainc(n - k, k + 1, 1 - p),
    sf=lambda k, n, p: sp.betainc(k + 1, n - k, p),
    support=lambda n, p: (0.0, n),
    argcheck=lambda n, p: (n >= 0) & (n == np.floor(n)) & (p >= 0) & (p <= 1),
)

bernoulli = Discrete(
    "bernoulli",
    logpmf=lambda k, p: sp.xlogy(k, p) + sp.xlog1py(1 - k, -p),
    cdf=lambda k, p: 1 - p,
    sf=lambda k, p: p,
    support=(0.0, 1.0),
    argcheck=lambda p: (p >= 0) & (p <= 1),
)
