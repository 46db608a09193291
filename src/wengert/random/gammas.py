"""The gamma distribution and those that are made of it. They need SciPy.

A gamma number is the inverse of the regularised incomplete gamma function, x = P⁻¹(a, u). Its derivative by the shape a
is that of the implicit function P(a, x) = u, namely -P_a / P_x: the implicit reparameterisation of M. Figurnov,
S. Mohamed and A. Mnih, "Implicit reparameterization gradients", 2018.

For shapes below 1 most numbers would be too small for the floating point numbers, so that they are drawn as
x(a + 1) v^(1/a), with v uniform (G. Marsaglia and W. Tsang, "A simple method for generating gamma variables", 2000),
whose logarithm is fine. Parameters that are known and not positive raise `InvalidArgument`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.errors import refuse
from wengert.ops.special.everyday import expit
from wengert.ops.special.incomplete import gammaincinv
from wengert.random.arguments import cast, demand, floating, result_shape
from wengert.random.continuous import normal, unit
from wengert.random.threefry import split

__all__ = ["beta", "chisquare", "dirichlet", "f", "gamma", "loggamma", "t"]

_DOUBLE = np.dtype(np.float64)


def _parts(key: Any, a: Any, shape: tuple[int, ...], dtype: Any) -> tuple[Any, Any]:
    """A gamma number is the first part times exp of the second one.

    In double precision, of random numbers in that of the result: where a is large, a small part of it decides.
    """
    base, power = split(key)
    a = cast(a, _DOUBLE)
    small = a < 1
    x = gammaincinv(np.where(small, a + 1, a), cast(unit(base, shape, dtype, inner=True), _DOUBLE))
    shrunk = np.log(cast(unit(power, shape, dtype, inner=True), _DOUBLE)) / np.where(small, a, 1)
    return x, np.where(small, shrunk, 0)


def _log(key: Any, a: Any, shape: tuple[int, ...], dtype: Any) -> Any:
    """The logarithm of a gamma number."""
    x, shrunk = _parts(key, a, shape, dtype)
    return np.log(x) + shrunk


def _check(who: str, **parameters: Any) -> None:
    demand(who, lambda x: x > 0, "> 0", **parameters)


def gamma(key: Any, a: Any, shape: Any = None, dtype: Any = None, scale: Any = 1.0) -> Any:
    """Gamma-distributed numbers of shape parameter a > 0; differentiable by a as well.

    >>> import numpy as np, wengert as wg
    >>> mean = lambda a: np.mean(wg.random.gamma(wg.random.key(0), a, (4000,)))
    >>> bool(abs(wg.grad(mean)(2.5) - 1) < 0.05)  # the mean is a
    True
    """
    _check("gamma", a=a)
    dtype = floating(dtype, a, scale)
    x, shrunk = _parts(key, a, result_shape(shape, np.shape(a), np.shape(scale)), dtype)
    return cast(scale, dtype) * cast(x * np.exp(shrunk), dtype)


def loggamma(key: Any, a: Any, shape: Any = None, dtype: Any = None) -> Any:
    """The logarithms of gamma-distributed numbers, also where these are too small to be represented."""
    _check("loggamma", a=a)
    dtype = floating(dtype, a)
    return cast(_log(key, a, result_shape(shape, np.shape(a)), dtype), dtype)


def beta(key: Any, a: Any, b: Any, shape: Any = None, dtype: Any = None) -> Any:
    """Beta-distributed numbers: X / (X + Y) of gamma-distributed X, Y of shapes a and b."""
    _check("beta", a=a, b=b)
    dtype, shape = floating(dtype, a, b), result_shape(shape, np.shape(a), np.shape(b))
    x, y = split(key)
    return cast(expit(_log(x, a, shape, dtype) - _log(y, b, shape, dtype)), dtype)


def dirichlet(key: Any, alpha: Any, shape: Any = None, dtype: Any = None) -> Any:
    """Probabilities along the last axis: gamma-distributed numbers of shapes alpha, divided by their sum.

    alpha: (…, n). shape: of the result without its last axis. Raises `InvalidArgument` for a scalar alpha.
    """
    dtype = floating(dtype, alpha)
    alpha = cast(alpha, _DOUBLE)
    if alpha.ndim < 1:
        raise refuse("dirichlet got a scalar alpha", "It has an entry per probability.", "Give alpha of shape (…, n).")
    _check("dirichlet", alpha=alpha)
    batch = result_shape(shape, alpha.shape[:-1])
    x = _log(key, alpha, (*batch, alpha.shape[-1]), dtype)
    weights = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return cast(weights / np.sum(weights, axis=-1, keepdims=True), dtype)


def chisquare(key: Any, df: Any, shape: Any = None, dtype: Any = None) -> Any:
    """Sums of df squares of standard normal numbers; df need not be whole."""
    _check("chisquare", df=df)
    return 2 * gamma(key, cast(df, floating(dtype, df)) / 2, shape, dtype)


def t(key: Any, df: Any, shape: Any = None, dtype: Any = None, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """Student's t: a normal number over the root of a mean of df squares of others."""
    _check("t", df=df)
    dtype = floating(dtype, df, loc, scale)
    shape = result_shape(shape, np.shape(df), np.shape(loc), np.shape(scale))
    above, below = split(key)
    half = cast(df, _DOUBLE) / 2
    # Of few degrees of freedom the mean may be too small to be represented, and the quotient is not.
    over = np.exp((np.log(half) - _log(below, half, shape, dtype)) / 2)
    return cast(loc, dtype) + cast(scale, dtype) * cast(normal(above, shape, dtype) * over, dtype)


def f(key: Any, dfnum: Any, dfden: Any, shape: Any = None, dtype: Any = None) -> Any:
    """Fisher's F: the quotient of a mean of dfnum and one of dfden squares of standard normal numbers."""
    _check("f", dfnum=dfnum, dfden=dfden)
    dtype, shape = floating(dtype, dfnum, dfden), result_shape(shape, np.shape(dfnum), np.shape(dfden))
    above, below = split(key)
    m, n = cast(dfnum, _DOUBLE) / 2, cast(dfden, _DOUBLE) / 2
    return cast(n / m * np.exp(_log(above, m, shape, dtype) - _log(below, n, shape, dtype)), dtype)
