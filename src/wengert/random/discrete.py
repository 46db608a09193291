"""Whole numbers, choices and orders. They have no derivative by their parameters: they jump.

`poisson`, `binomial`, `geometric` and the others give integers or truth values, through which nothing flows. Where a
gradient is wanted there are `gumbel_softmax` and `relaxed_bernoulli`, which are near to a choice and smooth, and the
score function: the mean of g(x) has the gradient mean(g(x) ∂log p(x)/∂θ).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from wengert.core.apply import Box
from wengert.errors import refuse
from wengert.ops.index import take
from wengert.ops.special.counts import bdtrik, pdtrik
from wengert.ops.special.error import ndtri
from wengert.ops.special.everyday import expit
from wengert.ops.special.incomplete import betainc, gammaincc
from wengert.random.arguments import cast, demand, floating, lengths, result_shape
from wengert.random.continuous import gumbel, logistic, unit
from wengert.random.threefry import bits
from wengert.transforms.custom import stop_gradient

__all__ = [
    "bernoulli",
    "binomial",
    "categorical",
    "choice",
    "geometric",
    "gumbel_softmax",
    "permutation",
    "poisson",
    "rademacher",
    "randint",
    "relaxed_bernoulli",
]

_DOUBLE = np.dtype(np.float64)


def randint(key: Any, shape: Any, minval: Any, maxval: Any, dtype: Any = np.int64) -> Any:
    """Whole numbers from minval on, below maxval, equally probable but for a part (maxval - minval) / 2⁶⁴.

    Raises `InvalidArgument` for a range of known numbers with nothing in it.

    >>> import wengert as wg
    >>> wg.random.randint(wg.random.key(0), (5,), 0, 10)
    array([0, 7, 9, 6, 0])
    """
    shape = result_shape(shape, np.shape(minval), np.shape(maxval))
    low, high = cast(minval, np.int64), cast(maxval, np.int64)
    if not isinstance(low, Box) and not isinstance(high, Box) and np.any(low >= high):
        raise refuse(
            f"randint got minval={minval}, maxval={maxval}", "There is no number between.", "Give minval < maxval."
        )
    rest = bits(key, shape, np.uint64) % (high - low).astype(np.uint64)
    return (rest.astype(np.int64) + low).astype(dtype)


def bernoulli(key: Any, p: Any = 0.5, shape: Any = None) -> Any:
    """Truth values, True with probability p. No gradient flows to p.

    >>> import wengert as wg
    >>> bool(wg.random.bernoulli(wg.random.key(0), 1.0))
    True
    """
    dtype = floating(None, p)
    return unit(key, result_shape(shape, np.shape(p)), dtype) < cast(p, dtype)


def relaxed_bernoulli(key: Any, temperature: Any, logits: Any, shape: Any = None, dtype: Any = None) -> Any:
    """Numbers between 0 and 1, differentiable by the logits: truth values in the limit of temperature 0.

    C. Maddison, A. Mnih and Y. W. Teh, "The concrete distribution", 2017. logits: log(p / (1 - p)).
    """
    dtype = floating(dtype, logits, temperature)
    shape = result_shape(shape, np.shape(logits), np.shape(temperature))
    return expit((cast(logits, dtype) + logistic(key, shape, dtype)) / cast(temperature, dtype))


def rademacher(key: Any, shape: Any = (), dtype: Any = np.int64) -> Any:
    """-1 and 1, equally probable."""
    return (2 * (bits(key, lengths(shape)) >> np.uint32(31)).astype(np.int64) - 1).astype(dtype)


def categorical(key: Any, logits: Any, axis: int = -1, shape: Any = None) -> Any:
    """Numbers of categories, which are probable in proportion to exp(logits) along an axis. No gradient flows.

    The largest of logits + Gumbel numbers has that distribution (E. Gumbel, "Statistical theory of extreme values",
    1954). shape: of the result, by default that of the logits without the axis.

    >>> import numpy as np, wengert as wg
    >>> wg.random.categorical(wg.random.key(0), np.array([-np.inf, 0.0, -np.inf]), shape=(3,))
    array([1, 1, 1])
    """
    return np.argmax(_noisy(key, logits, axis, shape), axis=-1)


def _noisy(key: Any, logits: Any, axis: int, shape: Any) -> Any:
    """The logits with Gumbel numbers added, with the axis of the categories last."""
    dtype = floating(None, logits)
    if np.ndim(logits) == 0:
        raise refuse("the logits are a scalar", "There is a logit for each category.", "Give an array of them.")
    logits = np.moveaxis(cast(logits, dtype), axis, -1)
    batch = result_shape(shape, logits.shape[:-1])
    return logits + gumbel(key, (*batch, logits.shape[-1]), dtype)


def gumbel_softmax(key: Any, logits: Any, tau: Any = 1.0, hard: bool = False, axis: int = -1, shape: Any = None) -> Any:
    """Weights of the categories, differentiable by the logits: a choice in the limit of tau = 0.

    E. Jang, S. Gu and B. Poole, "Categorical reparameterization with Gumbel-softmax", 2017. hard: the values are those
    of the choice, 0 and 1, and the derivatives those of the weights (straight through). shape: without the axis of the
    categories.

    >>> import numpy as np, wengert as wg
    >>> wg.random.gumbel_softmax(wg.random.key(0), np.zeros(3), hard=True)
    array([0., 0., 1.])
    """
    noisy = _noisy(key, logits, axis, shape)
    scaled = noisy / cast(tau, noisy.dtype)
    e = np.exp(scaled - np.max(scaled, axis=-1, keepdims=True))
    weights = e / np.sum(e, axis=-1, keepdims=True)
    if hard:
        chosen = (np.argmax(noisy, axis=-1)[..., None] == np.arange(weights.shape[-1])).astype(weights.dtype)
        weights = chosen + (weights - stop_gradient(weights))
    return np.moveaxis(weights, -1, axis)


# --- counts -----------------------------------------------------------------------------------------------------

_MANY = 1e5  # things that happen on average, of which the number is as good as normal
_TOO_MANY = 2.0**63


def _many(rate: Any, u: Any) -> Any:
    """The quantile λ + √λ z + (z² - 1) / 6 - (z³ + 2z) / (72 √λ) - 1/2, rounded up.

    By the expansion of E. Cornish and R. Fisher ("Moments and cumulants in the specification of distributions", 1938):
    less than 2e-4 from the real k that SciPy takes long to find there, or does not find.
    """
    z = ndtri(u)
    width = np.sqrt(rate)
    return np.ceil(rate + width * z + (z * z - 1) / 6 - (z * z + 2) * z / (72 * width) - 0.5)


def _whole(x: Any, dtype: Any) -> Any:
    """Whole numbers in that dtype, its largest one in the place of larger ones."""
    kind = np.dtype(dtype)
    return (np.minimum(x, np.nextafter(float(np.iinfo(kind).max), 0)) if kind.kind in "iu" else x).astype(kind)


def _count(k: Any, reached: Any, u: Any) -> Any:
    """The smallest whole k whose distribution function F(k), `reached`, is at least u, from a real k with F(k) = u.

    Rounded up that may be one too large, which a look at F(k - 1) tells.
    """
    k = np.ceil(np.where(np.isnan(k), 0, k))
    less = np.maximum(k - 1, 0)
    return np.where(reached(less) >= u, less, k)


def poisson(key: Any, lam: Any, shape: Any = None, dtype: Any = np.int64) -> Any:
    """How many things happened that happen lam times on average. No gradient flows to lam. Needs SciPy.

    >>> import wengert as wg
    >>> wg.random.poisson(wg.random.key(0), 3.0, (4,))
    array([2, 2, 6, 3])
    """
    demand("poisson", lambda x: (x >= 0) & (x < _TOO_MANY), "from 0 on, and below 2⁶³", lam=lam)
    rate = stop_gradient(cast(lam, _DOUBLE))
    u = unit(key, result_shape(shape, np.shape(lam)), _DOUBLE, inner=True)
    few = np.minimum(rate, _MANY)
    # F(k) = Q(k + 1, lam)
    k = _count(pdtrik(u, few), lambda k: gammaincc(k + 1, few), u)
    return _whole(np.where(rate > _MANY, _many(np.maximum(rate, 1), u), k), dtype)


def binomial(key: Any, n: Any, p: Any, shape: Any = None, dtype: Any = np.int64) -> Any:
    """How many of n trials succeed, each with probability p. No gradient flows. Needs SciPy."""
    demand("binomial", lambda x: (x >= 0) & (x < _TOO_MANY), "from 0 on, and below 2⁶³", n=n)
    demand("binomial", lambda x: (x >= 0) & (x <= 1), "from 0 to 1", p=p)
    count, chance = stop_gradient(cast(n, _DOUBLE)), stop_gradient(cast(p, _DOUBLE))
    u = unit(key, result_shape(shape, np.shape(n), np.shape(p)), _DOUBLE, inner=True)
    # F(k) = I(n - k, k + 1; 1 - p) for k < n; the other cases have one possible result
    k = _count(bdtrik(u, count, chance), lambda k: betainc(np.maximum(count - k, 0.5), k + 1, 1 - chance), u)
    return np.where(chance <= 0, 0, np.where(chance >= 1, count, np.minimum(k, count))).astype(dtype)


def geometric(key: Any, p: Any, shape: Any = None, dtype: Any = np.int64) -> Any:
    """The number of the first trial that succeeds, each with probability p > 0. No gradient flows."""
    demand("geometric", lambda x: (x > 0) & (x <= 1), "above 0, up to 1", p=p)
    chance = stop_gradient(cast(p, _DOUBLE))
    u = unit(key, result_shape(shape, np.shape(p)), _DOUBLE, inner=True)
    certain = chance >= 1
    count = np.ceil(np.log(u) / np.log1p(-np.where(certain, 0.5, chance)))
    return _whole(np.where(certain, 1, np.maximum(count, 1)), dtype)


# --- orders ---------------------------------------------------------------------------------------------------


def permutation(key: Any, x: Any, axis: int = 0, independent: bool = False) -> Any:
    """The entries of x along an axis in random order; of a number n the numbers 0, …, n - 1. Gradients flow to x.

    independent: another order for every line along the axis.

    >>> import wengert as wg
    >>> wg.random.permutation(wg.random.key(0), 4)
    array([1, 0, 3, 2])
    """
    x = np.arange(x) if isinstance(x, int | np.integer) else x if isinstance(x, Box) else np.asarray(x)
    if not -x.ndim <= axis < x.ndim:
        raise refuse(
            f"axis={axis} of an array of shape {x.shape} was asked for", "There is none.", "Give another axis."
        )
    if independent:
        return np.take_along_axis(x, np.argsort(bits(key, x.shape, np.uint64), axis=axis), axis=axis)
    return _taken(x, np.argsort(bits(key, (x.shape[axis],), np.uint64)), axis)


def choice(key: Any, a: Any, shape: Any = (), replace: bool = True, p: Any = None, axis: int = 0) -> Any:
    """Random entries of a along an axis; of a number n, those of 0, …, n - 1. Gradients flow to a.

    p: the probabilities, or numbers in proportion to them; by default equal. replace: whether an entry may be chosen
    again. Raises `InvalidArgument` when more are wanted than there are, and for what cannot be probabilities.

    >>> import wengert as wg
    >>> wg.random.choice(wg.random.key(0), 3, (4,), p=[0.0, 1.0, 0.0])
    array([1, 1, 1, 1])
    """
    shape = lengths(shape)
    a = np.arange(a) if isinstance(a, int | np.integer) else a if isinstance(a, Box) else np.asarray(a)
    n, wanted = a.shape[axis], math.prod(shape)
    if (wanted > n and not replace) or (wanted and not n):
        raise refuse(f"choice got {n} entries and shape={shape}", "There are too few.", "Write replace=True.")
    if p is not None:
        _check_chances(p, n, 1 if replace else wanted)
    if not wanted:
        places: Any = np.zeros(shape, np.intp)
    elif replace:
        places = randint(key, shape, 0, n) if p is None else _chosen(key, cast(p, _DOUBLE), shape)
    else:
        # The order of logits + Gumbel numbers is that of drawing one after the other without putting back.
        places = np.reshape(np.argsort(-(_logits(p, n) + gumbel(key, (n,), _DOUBLE)))[:wanted], shape)
    return _taken(a, places, axis)


def _taken(a: Any, places: Any, axis: int) -> Any:
    """Entries along an axis. np.take does not ask its indices what they are."""
    return take(a, places, axis) if isinstance(places, Box) else np.take(a, places, axis=axis)


def _check_chances(p: Any, n: int, needed: int) -> None:
    if np.shape(p) != (n,):
        raise refuse(
            f"choice got p of shape {np.shape(p)} for {n} entries", "Each has its own.", f"Give {n} numbers in a row."
        )
    demand("choice", lambda x: (x >= 0) & (x < np.inf), "from 0 on", p=p)
    demand("choice", lambda x: np.sum(x > 0) >= needed, f"of which {needed} are not 0", p=p)


def _chosen(key: Any, p: Any, shape: tuple[int, ...]) -> Any:
    """The places where the sum of the probabilities first exceeds a uniform number."""
    total = np.cumsum(p)
    return np.searchsorted(total, unit(key, shape, _DOUBLE) * total[-1], side="right")


def _logits(p: Any, n: int) -> Any:
    if p is None:
        return np.zeros(n)
    p = cast(p, _DOUBLE)
    return np.where(p > 0, np.log(np.where(p > 0, p, 1)), -np.inf)
