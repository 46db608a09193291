"""The formulas of the distances of `scipy.spatial.distance`, over the last axis of u and v; other axes broadcast.

w: weights of the coordinates, or None. Where a distance has a kink (two equal points, a zero denominator) the slope
is 0. Distances of truth values count, and have a slope in the weights only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.special as special

from wengert.ops.spelling import lift

__all__ = ["ALIASES", "METRICS", "correlation", "jensenshannon", "mahalanobis", "minkowski", "seuclidean"]


def _total(x: Any, w: Any) -> Any:
    return np.sum(x if w is None else w * x, axis=-1)


def _ratio(a: Any, b: Any) -> Any:
    """a / b, and 0 where b is."""
    some = b != 0
    return np.where(some, a / np.where(some, b, 1.0), 0.0)


def _root(x: Any) -> Any:
    """The square root of what is not negative, with slope 0 at 0."""
    some = x > 0
    return np.where(some, np.sqrt(np.where(some, x, 1.0)), 0.0)


# --- numbers ----------------------------------------------------------------------------------------------------------


def minkowski(u: Any, v: Any, w: Any = None, p: Any = 2.0) -> Any:
    """(Σ w |u - v|^p)^(1/p), and for p = ∞ the greatest |u - v| of a weight that is not 0."""
    difference = u - v
    if w is not None:
        difference = difference * ((w != 0) if p == np.inf else w ** (1 / p))
    if p < 1:  # no norm, for which np.linalg.norm has no slope at a zero coordinate
        size = np.abs(difference)
        some = size > 0
        powers = np.sum(np.where(some, np.where(some, size, 1.0) ** p, 0.0), axis=-1)
        return np.where(powers > 0, np.where(powers > 0, powers, 1.0) ** (1 / p), 0.0)
    return np.linalg.norm(difference, p, axis=-1)


def euclidean(u: Any, v: Any, w: Any = None) -> Any:
    """√Σ w (u - v)²."""
    return minkowski(u, v, w)


def sqeuclidean(u: Any, v: Any, w: Any = None) -> Any:
    """Σ w (u - v)²."""
    return _total((u - v) ** 2, w)


def cityblock(u: Any, v: Any, w: Any = None) -> Any:
    """Σ w |u - v|."""
    return _total(np.abs(u - v), w)


def chebyshev(u: Any, v: Any, w: Any = None) -> Any:
    """The greatest |u - v| of a positive weight."""
    size = np.abs(u - v)
    return np.max(size if w is None else (w > 0) * size, axis=-1)


def canberra(u: Any, v: Any, w: Any = None) -> Any:
    """Σ w |u - v| / (|u| + |v|)."""
    return _total(_ratio(np.abs(u - v), np.abs(u) + np.abs(v)), w)


def braycurtis(u: Any, v: Any, w: Any = None) -> Any:
    """Σ w |u - v| / Σ w |u + v|."""
    return _total(np.abs(u - v), w) / _total(np.abs(u + v), w)


def correlation(u: Any, v: Any, w: Any = None, centered: bool = True) -> Any:
    """1 - the correlation of the coordinates."""
    w = None if w is None else w / np.sum(w)
    if centered:
        u, v = (x - (np.mean(x, axis=-1) if w is None else np.sum(w * x, axis=-1))[..., None] for x in (u, v))
    return np.clip(1.0 - _total(u * v, w) / np.sqrt(_total(u * u, w) * _total(v * v, w)), 0.0, 2.0)


def cosine(u: Any, v: Any, w: Any = None) -> Any:
    """1 - the cosine of the angle."""
    return correlation(u, v, w, centered=False)


def jensenshannon(u: Any, v: Any, base: Any = None) -> Any:
    """The root of the mean divergence of two distributions, made to sum to 1, from their mean."""
    p, q = (x / np.sum(x, axis=-1, keepdims=True) for x in (u, v))
    m = 0.5 * (p + q)
    both = np.sum(special.rel_entr(p, m) + special.rel_entr(q, m), axis=-1)
    return _root(0.5 * both if base is None else 0.5 * both / np.log(base))


def seuclidean(u: Any, v: Any, V: Any) -> Any:
    """√Σ (u - v)² / V."""
    return minkowski(u, v, 1.0 / V)


def mahalanobis(u: Any, v: Any, VI: Any) -> Any:
    """√((u - v) VI (u - v))."""
    difference = u - v
    return _root(np.sum(np.matmul(difference, VI) * difference, axis=-1))


# --- truth values -----------------------------------------------------------------------------------------------------


def hamming(u: Any, v: Any, w: Any = None) -> Any:
    """The weight of the coordinates that differ."""
    differ = lift(u != v) * 1.0
    return np.mean(differ, axis=-1) if w is None else _total(differ, w / np.sum(w))


def _counts(u: Any, v: Any, w: Any) -> tuple[Any, Any, Any, Any]:
    """The weights of the coordinates that are true in both, in u only, in v only, and in none."""
    a, b = (u != 0) * 1.0, (v != 0) * 1.0
    return _total(a * b, w), _total(a * (1 - b), w), _total((1 - a) * b, w), _total((1 - a) * (1 - b), w)


def jaccard(u: Any, v: Any, w: Any = None) -> Any:
    """(c10 + c01) / (c11 + c10 + c01)."""
    both, first, second, _ = _counts(u, v, w)
    return _ratio(first + second, both + first + second)


def dice(u: Any, v: Any, w: Any = None) -> Any:
    """(c10 + c01) / (2 c11 + c10 + c01)."""
    both, first, second, _ = _counts(u, v, w)
    return (first + second) / (2 * both + first + second)


def rogerstanimoto(u: Any, v: Any, w: Any = None) -> Any:
    """2 (c10 + c01) / (c11 + c00 + 2 (c10 + c01))."""
    both, first, second, none = _counts(u, v, w)
    return 2 * (first + second) / (both + none + 2 * (first + second))


def russellrao(u: Any, v: Any, w: Any = None) -> Any:
    """1 - c11 / n."""
    both, first, second, none = _counts(u, v, w)
    return (first + second + none) / (both + first + second + none)


def sokalsneath(u: Any, v: Any, w: Any = None) -> Any:
    """2 (c10 + c01) / (c11 + 2 (c10 + c01))."""
    both, first, second, _ = _counts(u, v, w)
    return 2 * (first + second) / (both + 2 * (first + second))


def yule(u: Any, v: Any, w: Any = None) -> Any:
    """2 c10 c01 / (c11 c00 + c10 c01)."""
    both, first, second, none = _counts(u, v, w)
    half = first * second
    return _ratio(2 * half, np.where(half == 0, 0.0, both * none + half))


# fmt: off
METRICS: dict[str, Callable[..., Any]] = {f.__name__: f for f in (
    braycurtis, canberra, chebyshev, cityblock, correlation, cosine, dice, euclidean, hamming, jaccard, jensenshannon,
    mahalanobis, minkowski, rogerstanimoto, russellrao, seuclidean, sokalsneath, sqeuclidean, yule,
)}
_OTHER_NAMES = {
    "chebyshev": "ch cheb cheby chebychev", "cityblock": "c cb cblock", "correlation": "co", "cosine": "cos",
    "euclidean": "e eu euclid", "hamming": "h ha hamm matching", "jaccard": "j ja jacc", "jensenshannon": "js",
    "mahalanobis": "mah mahal", "minkowski": "m mi pnorm", "seuclidean": "s se", "sqeuclidean": "sqe sqeuclid",
}
# fmt: on
ALIASES = {alias: name for name in METRICS for alias in [name, *_OTHER_NAMES.get(name, "").split()]}
"""The formulas' names by all names that SciPy knows."""
