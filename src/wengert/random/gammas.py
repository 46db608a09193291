"""The gamma distribution and those that are made of it. They need SciPy.

A gamma number is the inverse of the regularised incomplete gamma function, x = P⁻¹(a, u). Its derivative by the shape a
is that of the implicit function P(a, x) = u, namely -P_a / P_x: the implicit reparameterisation of M. Figurnov,
S. Mohamed and A. Mnih, "Implicit reparameterization gradients", 2018.

For shapes below 1 most numbers would be too small for the floating point numbers, so that they are drawn as
x(a + 1) v^(1/a), with v uniform (G. Marsaglia and W. Tsang, "A simple method for generating gamma variables", 2000),
whose logarithm is fine.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.ops.special.incomplete import gammaincinv
from wengert.random.arguments import cast, floating, refuse, result_shape
from wengert.random.continuous import normal, unit
from wengert.random.threefry import split

__all__ = ["beta", "chisquare", "dirichlet", "f", "gamma", "loggamma", "t"]


def _parts(key: Any, a: Any, shape: tuple[int, ...], dtype: Any) -> tuple[Any, Any]:
    """A gamma number is the first part times exp of the second one."""
    base, power = split(key)
    small = a < 1
    x = gammaincinv(np.where(small, a + 1, a), unit(base, shape, dtype, inner=True))
    shrunk = np.log(unit(power, shape, dtype, inner=True)) / np.where(small, a, 1)
    return x, np.where(small, shrunk, 0)


def gamma(key: Any, a: Any, shape: Any = None, dtype: Any = None, scale: Any = 1.0) -> Any:
    """Gamma-distributed numbers of shape parameter a > 0; differentiable by a as well.

    >>> import numpy as np, wengert as wg
    >>> mean = lambda a: np.mean(wg.random.gamma(wg.random.key(0), a, (4000,)))
    >>> bool(abs(wg.grad(mean)(2.5) - 1) < 0.05)  # the mean is a
    True
    """
    dtype = floating(dtype, a, scale)
    x, shrunk = _parts(key, cast(a, dtype), result_shape(shape, np.shape(a), np.shape(scale)), dtype)
    return cast(scale, dtype) * x * np.exp(shrunk)


def loggamma(key: Any, a: Any, shape: Any = None, dtype: Any = None) -> Any:
    """The logarithms of gamma-distributed numbers, also where these are too small to be represented."""
    dtype = floating(dtype, a)
    x, shrunk = _parts(key, cast(a, dtype), result_shape(shape, np.shape(a)), dtype)
    return np.log(x) + shrunk


def beta(key: Any, a: Any, b: Any, shape: Any = None, dtype: Any = None) -> Any:
    """Beta-distributed numbers: X / (X + Y) of gamma-distributed X, Y of shapes a and b."""
    dtype, shape = floating(dtype, a, b), result_shape(shape, np.shape(a), np.shape(b))
    x, y = split(key)
    return 1 / (1 + np.exp(loggamma(y, b, shape, dtype) - loggamma(x, a, shape, dtype)))


def dirichlet(key: Any, alpha: Any, shape: Any = None, dtype: Any = None) -> Any:
    """Probabilities along the last axis: gamma-distributed numbers of shapes alpha, divided by their sum.

    alpha: (…, n). shape: of the result without its last axis. Raises `InvalidArgument` for a scalar alpha.
    """
    dtype = floating(dtype, alpha)
    alpha = cast(alpha, dtype)
    if alpha.ndim < 1:
        raise refuse("dirichlet got a scalar alpha", "It has an entry per probability.", "Give alpha of shape (…, n).")
    batch = result_shape(shape, alpha.shape[:-1])
    x = loggamma(key, alpha, (*batch, alpha.shape[-1]), dtype)
    weights = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return weights / np.sum(weights, axis=-1, keepdims=True)


def chisquare(key: Any, df: Any, shape: Any = None, dtype: Any = None) -> Any:
    """Sums of df squares of standard normal numbers; df need not be whole."""
    return 2 * gamma(key, cast(df, floating(dtype, df)) / 2, shape, dtype)


def t(key: Any, df: Any, shape: Any = None, dtype: Any = None, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """Student's t: a normal number over the root of a mean of df squares of others."""
    dtype = floating(dtype, df, loc, scale)
    shape = result_shape(shape, np.shape(df), np.shape(loc), np.shape(scale))
    above, below = split(key)
    half = cast(df, dtype) / 2
    quotient = normal(above, shape, dtype) * np.sqrt(half / gamma(below, half, shape, dtype))
    return cast(loc, dtype) + cast(scale, dtype) * quotient


def f(key: Any, dfnum: Any, dfden: Any, shape: Any = None, dtype: Any = None) -> Any:
    """Fisher's F: the quotient of a mean of dfnum and one of dfden squares of standard normal numbers."""
    dtype, shape = floating(dtype, dfnum, dfden), result_shape(shape, np.shape(dfnum), np.shape(dfden))
    above, below = split(key)
    m, n = cast(dfnum, dtype), cast(dfden, dtype)
    return (chisquare(above, m, shape, dtype) / m) / (chisquare(below, n, shape, dtype) / n)
