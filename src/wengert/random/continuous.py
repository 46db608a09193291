"""Real numbers, drawn as differentiable functions of their parameters.

Each draw is x = f(u, θ), where the random u does not depend on the parameters θ: so ∂x/∂θ exists, and the mean of
∂g(x)/∂θ is the derivative of the mean of g(x) (D. Kingma and M. Welling, "Auto-encoding variational Bayes", 2014). Most
f here are inverse distribution functions.

Signatures are JAX's, with location and scale besides. shape: of the result; by default that of the parameters,
broadcast. dtype: by default that of the parameters, else float64.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from wengert.errors import refuse
from wengert.ops.special.error import log_ndtr, ndtri, ndtri_exp
from wengert.ops.special.everyday import ndtr
from wengert.random.arguments import cast, floating, known, result_shape
from wengert.random.threefry import bits

__all__ = [
    "cauchy",
    "exponential",
    "gumbel",
    "laplace",
    "logistic",
    "lognormal",
    "maxwell",
    "multivariate_normal",
    "normal",
    "pareto",
    "rayleigh",
    "truncated_normal",
    "uniform",
    "unit",
    "weibull_min",
]


def unit(key: Any, shape: tuple[int, ...], dtype: Any, *, inner: bool = False) -> Any:
    """Numbers of [0, 1), all that are multiples of 2⁻⁵³ (2⁻²⁴); inner: of (0, 1), the middles of 2⁵² (2²³) parts.

    In half precision 2⁻¹¹: what is drawn has the digits of its dtype, so that rounding does not lead to 0 or 1.
    """
    single = dtype.itemsize < 8
    width, most = (32, 24) if single else (64, 53)
    word, real = (np.uint32, np.float32) if single else (np.uint64, np.float64)
    digits = min(np.finfo(dtype).nmant + 1, most) - inner  # the halves need a digit
    top = (bits(key, shape, word) >> word(width - digits)).astype(real)
    return cast((top + real(0.5 * inner)) * real(0.5**digits), dtype)


def _drawn(shape: Any, dtype: Any, *parameters: Any) -> tuple[tuple[int, ...], Any, list[Any]]:
    """The shape and dtype of the result, and the parameters in that dtype."""
    found = floating(dtype, *parameters)
    return result_shape(shape, *[np.shape(p) for p in parameters]), found, [cast(p, found) for p in parameters]


def uniform(key: Any, shape: Any = None, dtype: Any = None, minval: Any = 0.0, maxval: Any = 1.0) -> Any:
    """Uniformly distributed numbers of [minval, maxval).

    >>> import wengert as wg
    >>> wg.random.uniform(wg.random.key(0), (2,)).round(4)
    array([0.4185, 0.2163])
    """
    shape, dtype, (low, high) = _drawn(shape, dtype, minval, maxval)
    return low + (high - low) * unit(key, shape, dtype)


def normal(key: Any, shape: Any = None, dtype: Any = None, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """Normally distributed numbers; scale: the standard deviation.

    >>> import numpy as np, wengert as wg
    >>> f = lambda loc: wg.random.normal(wg.random.key(0), loc=loc) ** 2
    >>> bool(wg.grad(f)(3.0) == 2 * wg.random.normal(wg.random.key(0), loc=3.0))
    True
    """
    if dtype is not None and np.dtype(dtype).kind == "c":
        parts = normal(key, (*result_shape(shape, np.shape(loc), np.shape(scale)), 2), np.empty(0, dtype).real.dtype)
        return loc + scale * math.sqrt(0.5) * cast(parts[..., 0] + 1j * parts[..., 1], np.dtype(dtype))
    shape, dtype, (loc, scale) = _drawn(shape, dtype, loc, scale)
    return loc + scale * _standard(key, shape, dtype)


def _standard(key: Any, shape: tuple[int, ...], dtype: Any) -> Any:
    """Two at a time: in polar coordinates the radius of a normal point is √(-2 log u), and its angle is any.

    G. Box and M. Muller, "A note on the generation of random normal deviates", 1958.
    """
    n = math.prod(shape)
    half = (n + 1) // 2
    u = unit(key, (2 * half,), dtype, inner=True)
    radius, angle = np.sqrt(-2 * np.log(u[:half])), 2 * math.pi * u[half:]
    return np.reshape(np.concatenate([radius * np.cos(angle), radius * np.sin(angle)])[:n], shape)


def lognormal(key: Any, sigma: Any = 1.0, shape: Any = None, dtype: Any = None, mu: Any = 0.0) -> Any:
    """Numbers whose logarithms are normal, of mean mu and standard deviation sigma."""
    return np.exp(normal(key, shape, dtype, mu, sigma))


def truncated_normal(key: Any, lower: Any, upper: Any, shape: Any = None, dtype: Any = None) -> Any:
    """Standard normal numbers, given that they lie between lower and upper. Needs SciPy.

    Between the probabilities p, q of the lower tails at the bounds; where both bounds are positive, the distribution
    is turned round, because upper tails of small probability have no digits left. Far out these are too small to be
    represented, and their logarithms are taken: p + (q - p) u = q (u + (1 - u) p / q). Raises `InvalidArgument` for
    bounds in the wrong order.
    """
    shape, dtype, (lower, upper) = _drawn(shape, dtype, lower, upper)
    _ordered(lower, upper)
    u = cast(unit(key, shape, dtype, inner=True), np.float64)
    lower, upper = cast(lower, np.float64), cast(upper, np.float64)
    turned = lower > 0
    low, high = np.where(turned, -upper, lower), np.where(turned, -lower, upper)
    p, q = ndtr(low), ndtr(high)
    far = high < _FAR
    start, end = np.clip(low, -_FARTHEST, _FAR), np.where(far, np.maximum(high, -_FARTHEST), _FAR)
    a, b = log_ndtr(start), log_ndtr(end)
    tail = ndtri_exp(b + np.log(u + (1 - u) * np.exp(a - b)))
    x = np.clip(np.where(far, tail, ndtri(np.where(far, 0.5, p + (q - p) * u))), low, high)
    return cast(np.where(turned, -x, x), dtype)


_FAR = -5.0  # where the probability of the lower tail has all of its digits yet
_FARTHEST = 1e100  # whose square is a number, unlike that of infinity


def _ordered(lower: Any, upper: Any) -> None:
    least, most = known(lower), known(upper)
    if least is not None and most is not None and not np.all(least <= most):
        raise refuse(
            f"truncated_normal got lower={lower}, upper={upper}", "There is no number between.", "Give lower < upper."
        )


def exponential(key: Any, shape: Any = None, dtype: Any = None, scale: Any = 1.0) -> Any:
    """Times until something happens that happens every `scale` on average."""
    shape, dtype, (scale,) = _drawn(shape, dtype, scale)
    return -scale * np.log(unit(key, shape, dtype, inner=True))


def laplace(key: Any, shape: Any = None, dtype: Any = None, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """An exponential of either sign: density exp(-|x - loc| / scale) / (2 scale)."""
    shape, dtype, (loc, scale) = _drawn(shape, dtype, loc, scale)
    v = 2 * unit(key, shape, dtype, inner=True) - 1
    return loc - scale * (np.sign(v) * np.log1p(-np.abs(v)))


def logistic(key: Any, shape: Any = None, dtype: Any = None, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """Numbers of the distribution function 1 / (1 + exp(-(x - loc) / scale))."""
    shape, dtype, (loc, scale) = _drawn(shape, dtype, loc, scale)
    u = unit(key, shape, dtype, inner=True)
    return loc + scale * (np.log(u) - np.log1p(-u))


def gumbel(key: Any, shape: Any = None, dtype: Any = None, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """Largest values: the distribution function exp(-exp(-(x - loc) / scale))."""
    shape, dtype, (loc, scale) = _drawn(shape, dtype, loc, scale)
    return loc - scale * np.log(-np.log(unit(key, shape, dtype, inner=True)))


def cauchy(key: Any, shape: Any = None, dtype: Any = None, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """Where a line through a point at distance `scale`, of any angle, meets the axis; it has no mean."""
    shape, dtype, (loc, scale) = _drawn(shape, dtype, loc, scale)
    return loc + scale * np.tan(math.pi * (unit(key, shape, dtype, inner=True) - 0.5))


def pareto(key: Any, b: Any, shape: Any = None, dtype: Any = None, scale: Any = 1.0) -> Any:
    """Numbers that exceed x with probability (scale / x)ᵇ."""
    shape, dtype, (b, scale) = _drawn(shape, dtype, b, scale)
    return scale * np.exp(exponential(key, shape, dtype) / b)


def rayleigh(key: Any, scale: Any = 1.0, shape: Any = None, dtype: Any = None) -> Any:
    """Lengths of normal vectors in the plane."""
    shape, dtype, (scale,) = _drawn(shape, dtype, scale)
    return scale * np.sqrt(2 * exponential(key, shape, dtype))


def weibull_min(key: Any, scale: Any, concentration: Any, shape: Any = None, dtype: Any = None) -> Any:
    """Numbers that exceed x with probability exp(-(x / scale)ᶜ), c being the concentration."""
    shape, dtype, (scale, concentration) = _drawn(shape, dtype, scale, concentration)
    return scale * exponential(key, shape, dtype) ** (1 / concentration)


def maxwell(key: Any, shape: Any = None, dtype: Any = None, scale: Any = 1.0) -> Any:
    """Lengths of normal vectors in space."""
    shape, dtype, (scale,) = _drawn(shape, dtype, scale)
    return scale * np.sqrt(np.sum(normal(key, (*shape, 3), dtype) ** 2, axis=-1))


def multivariate_normal(
    key: Any, mean: Any, cov: Any, shape: Any = None, dtype: Any = None, method: str = "cholesky"
) -> Any:  # fmt: skip
    """Normal vectors: mean + A z with A Aᵀ = cov and z standard normal; shape: without the axis of the vectors.

    mean: (…, n). cov: (…, n, n), symmetric and positive (for "cholesky") or not negative definite. method: how A is
    found: "cholesky", "eigh", or "svd". Raises `InvalidArgument` for shapes that do not fit.
    """
    dtype = floating(dtype, mean, cov)
    mean, cov = cast(mean, dtype), cast(cov, dtype)
    if mean.ndim < 1 or cov.ndim < 2 or cov.shape[-2:] != (mean.shape[-1],) * 2:
        raise refuse(
            f"multivariate_normal got a mean of shape {mean.shape} and a cov of shape {cov.shape}",
            "There is a mean per entry of the vector, and a covariance per pair of entries.",
            "Give mean of shape (…, n) and cov of shape (…, n, n).",
        )
    batch = result_shape(shape, mean.shape[:-1], cov.shape[:-2])
    z = normal(key, (*batch, mean.shape[-1]), dtype)
    return mean + np.matmul(_root(cov, method), z[..., None])[..., 0]


def _root(cov: Any, method: str) -> Any:
    if method == "cholesky":
        return np.linalg.cholesky(cov)
    if method == "eigh":
        values, vectors = np.linalg.eigh(cov)
        return vectors * np.sqrt(np.maximum(values, 0))[..., None, :]
    if method == "svd":
        vectors, values, _ = np.linalg.svd(cov)
        return vectors * np.sqrt(values)[..., None, :]
    raise refuse(f"method={method!r} was asked for", "It is not known.", "Give 'cholesky', 'eigh' or 'svd'.")
