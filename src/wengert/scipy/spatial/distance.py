"""Twins of `scipy.spatial.distance`: distances of two points, of all pairs of one set, and of two sets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.spatial import distance as theirs

from wengert.core.protocols import deliver
from wengert.errors import InvalidArgument, explain, user_line
from wengert.ops.spelling import inexact, lift
from wengert.scipy.choice import known, twin_of
from wengert.scipy.closures import plain
from wengert.scipy.fallthrough import fall_through
from wengert.scipy.solving import double
from wengert.scipy.spatial import metrics
from wengert.scipy.spatial.metrics import ALIASES, METRICS

__all__ = [
    "braycurtis", "canberra", "cdist", "chebyshev", "cityblock", "correlation", "cosine", "dice", "directed_hausdorff",
    "euclidean", "hamming", "is_valid_dm", "jaccard", "jensenshannon", "mahalanobis", "minkowski", "pdist",
    "rogerstanimoto", "russellrao", "seuclidean", "sokalsneath", "sqeuclidean", "squareform", "yule",
]  # fmt: skip


def _floats(x: Any) -> Any:
    return None if x is None else inexact(lift(x))


def _points(*points: Any, precise: bool = True) -> tuple[Any, Any]:
    """Two points, of which the distances take one axis each; precise: whether SciPy computes in double precision."""
    vectors = [double(_floats(p)) if precise else _floats(p) for p in points]
    if any([v.ndim != 1 for v in vectors]):
        raise InvalidArgument(
            explain(
                f"a distance at {user_line()} got points of shapes {' and '.join(str(v.shape) for v in vectors)}.",
                "A point is a vector.",
                "Use wengert.scipy.spatial.distance.cdist for two sets of points.",
            )
        )
    return vectors[0], vectors[1]


def _weights(w: Any) -> Any:
    """Weights, which SciPy takes in double precision."""
    return None if w is None else double(_floats(w))


_PRECISE = frozenset({"braycurtis", "canberra", "euclidean"})


def _weighted(name: str) -> Callable[..., Any]:
    """A twin of a distance of two points with weights."""
    formula = METRICS[name]

    def distance(u: Any, v: Any, w: Any = None) -> Any:
        return formula(*_points(u, v, precise=name in _PRECISE), _weights(w))

    distance.__name__ = distance.__qualname__ = name
    distance.__doc__ = f"The distance of two points: {formula.__doc__}"
    return twin_of(getattr(theirs, name))(distance)


braycurtis, canberra, chebyshev, cityblock, cosine, dice, euclidean, hamming, jaccard = map(
    _weighted, "braycurtis canberra chebyshev cityblock cosine dice euclidean hamming jaccard".split()
)
rogerstanimoto, russellrao, sokalsneath, sqeuclidean, yule = map(
    _weighted, "rogerstanimoto russellrao sokalsneath sqeuclidean yule".split()
)


@twin_of(theirs.correlation)
def correlation(u: Any, v: Any, w: Any = None, centered: bool = True) -> Any:
    """1 - the correlation of the coordinates of two points, or the cosine if not `centered`.

    >>> import wengert as wg
    >>> v = np.array([1.0, 2.0, 4.0])
    >>> wg.grad(lambda u: wg.scipy.spatial.distance.correlation(u, v))(np.array([2.0, 1.0, 0.0])).round(3)
    array([-0.055,  0.109, -0.055])
    """
    return metrics.correlation(*_points(u, v, precise=False), _weights(w), centered)


@twin_of(theirs.minkowski)
def minkowski(u: Any, v: Any, p: Any = 2, w: Any = None) -> Any:
    """(Σ w |u - v|^p)^(1/p); p > 0, or np.inf for the greatest difference.

    >>> import wengert as wg
    >>> wg.grad(lambda u: wg.scipy.spatial.distance.minkowski(u, np.zeros(2), 1))(np.array([3.0, -4.0]))
    array([ 1., -1.])
    """
    return metrics.minkowski(*_points(u, v, precise=bool(p == 2)), _weights(w), p)


@twin_of(theirs.mahalanobis)
def mahalanobis(u: Any, v: Any, VI: Any) -> Any:
    """√((u - v) VI (u - v)); VI: the inverse of the covariance matrix.

    >>> import wengert as wg
    >>> wg.grad(lambda u: wg.scipy.spatial.distance.mahalanobis(u, np.zeros(2), 4 * np.eye(2)))(np.array([3.0, 4.0]))
    array([1.2, 1.6])
    """
    return metrics.mahalanobis(*_points(u, v, precise=False), _floats(VI))


@twin_of(theirs.seuclidean)
def seuclidean(u: Any, v: Any, V: Any) -> Any:
    """√Σ (u - v)² / V; V: the variances of the coordinates.

    >>> import wengert as wg
    >>> wg.grad(lambda u: wg.scipy.spatial.distance.seuclidean(u, np.zeros(2), np.ones(2)))(np.array([3.0, 4.0]))
    array([0.6, 0.8])
    """
    return metrics.seuclidean(*_points(u, v), _floats(V))


@twin_of(theirs.jensenshannon)
def jensenshannon(p: Any, q: Any, base: Any = None, *, axis: int = 0, keepdims: bool = False) -> Any:
    """The Jensen-Shannon distance of distributions along an axis; base: of the logarithm.

    >>> import wengert as wg
    >>> q = np.array([0.5, 0.5])
    >>> wg.grad(lambda p: wg.scipy.spatial.distance.jensenshannon(p, q))(np.array([0.9, 0.1])).round(3)
    array([ 0.106, -0.952])
    """
    p, q = (np.moveaxis(x, axis, -1) for x in np.broadcast_arrays(_floats(p), _floats(q)))
    found = metrics.jensenshannon(p, q, base)
    return np.expand_dims(found, axis) if keepdims else found


# --- sets of points ---------------------------------------------------------------------------------------------------


@twin_of(theirs.cdist)
def cdist(XA: Any, XB: Any, metric: Any = "euclidean", *, out: Any = None, **kwargs: Any) -> Any:
    """The distance of every point (row) of XA from every point of XB.

    metric: any of SciPy's names, or a function of two points. kwargs: its parameters, p, w, V, VI or base; V and VI are
    by default the variances and the inverse covariance of all points.

    >>> import wengert as wg
    >>> wg.grad(lambda a: wg.scipy.spatial.distance.cdist(a, np.zeros((1, 2)))[0, 0])(np.array([[3.0, 4.0]]))
    array([[0.6, 0.8]])
    """
    a, b = double(_floats(XA)), double(_floats(XB))  # as in SciPy
    if callable(metric):
        rows = [np.stack([lift(metric(u, v, **kwargs)) for v in b]) for u in a]
        return _given(np.stack(rows), out, "cdist")
    formula, kwargs = _named(metric, kwargs, lambda: np.concatenate([a, b]))
    return _given(formula(a[:, None, :], b[None, :, :], **kwargs), out, "cdist")


@twin_of(theirs.pdist)
def pdist(X: Any, metric: Any = "euclidean", *, out: Any = None, **kwargs: Any) -> Any:
    """The distance of every pair of the points (rows) of X, as a vector: (0, 1), (0, 2), …, (1, 2), ….

    metric, kwargs: see `cdist`.

    >>> import wengert as wg
    >>> wg.grad(lambda x: np.sum(wg.scipy.spatial.distance.pdist(x)))(np.array([[0.0], [1.0], [3.0]]))
    array([[-2.],
           [ 0.],
           [ 2.]])
    """
    x = double(_floats(X))  # as in SciPy
    first, second = np.triu_indices(x.shape[0], 1)
    if callable(metric):
        pairs = [lift(metric(x[i], x[j], **kwargs)) for i, j in zip(first, second, strict=True)]
        return _given(np.stack(pairs) if pairs else np.zeros(0, x.dtype), out, "pdist")
    formula, kwargs = _named(metric, kwargs, lambda: x)
    return _given(formula(x[first], x[second], **kwargs), out, "pdist")


def _named(metric: Any, kwargs: dict[str, Any], points: Callable[[], Any]) -> tuple[Callable[..., Any], dict[str, Any]]:
    """The formula of that name, and all its parameters."""
    name = ALIASES.get(metric.lower()) if isinstance(metric, str) else None
    if name is None:
        raise InvalidArgument(
            explain(
                f"a distance at {user_line()} got metric={metric!r}.",
                "That is neither the name of a metric nor a function of two points.",
                f"Use one of {', '.join(sorted(METRICS))}.",
            )
        )
    given = {key: _floats(x) if key in ("w", "V", "VI") else x for key, x in kwargs.items()}
    if name == "seuclidean" and given.get("V") is None:
        given["V"] = np.var(points(), axis=0, ddof=1)
    if name == "mahalanobis" and given.get("VI") is None:
        given["VI"] = np.transpose(np.linalg.inv(np.atleast_2d(np.cov(np.transpose(points())))))
    return METRICS[name], given


def _given(found: Any, out: Any, name: str) -> Any:
    return found if out is None else deliver(found, out, f"scipy.spatial.distance.{name}")


@twin_of(theirs.squareform)
def squareform(X: Any, force: str = "no", checks: bool = True) -> Any:
    """A vector of the distances of all pairs as a symmetric matrix, or the matrix as a vector.

    force: "tovector" or "tomatrix", to refuse the other direction. checks: whether the matrix must be symmetric with
    a zero diagonal; of a batch the first is looked at.

    >>> import wengert as wg
    >>> wg.grad(lambda d: wg.scipy.spatial.distance.squareform(d)[2, 0])(np.ones(3))
    array([0., 1., 0.])
    """
    x = lift(X)
    if force.lower() == ("tomatrix" if x.ndim == 2 else "tovector") or x.ndim not in (1, 2):
        raise InvalidArgument(
            explain(
                f"squareform(force={force!r}) at {user_line()} got an array of shape {x.shape}.",
                "A vector becomes a matrix, and a matrix becomes a vector.",
                "Leave force out, or give the other form.",
            )
        )
    if x.ndim == 2:
        if checks:
            theirs.is_valid_dm(plain(x), throw=True, name="X")
        return x[np.triu_indices(x.shape[0], 1)]
    n = int(np.ceil(np.sqrt(2 * x.shape[0]))) if x.shape[0] else 1
    if n * (n - 1) != 2 * x.shape[0]:
        raise InvalidArgument(
            explain(
                f"squareform at {user_line()} got a vector of {x.shape[0]} entries.",
                "n points have n (n - 1) / 2 pairs.",
                "Give the result of pdist.",
            )
        )
    if n == 1:
        return np.zeros((1, 1), x.dtype)
    place = np.zeros((n, n), int)
    place[np.triu_indices(n, 1)] = np.arange(x.shape[0])
    return np.where(np.eye(n, dtype=bool), np.zeros((), x.dtype), x[place + place.T])


@twin_of(theirs.directed_hausdorff)
def directed_hausdorff(u: Any, v: Any, rng: Any = 0, *, seed: Any = None) -> Any:
    """How far a point of u can be from the nearest of v, and the indices of the two.

    All distances are computed, so that no order of the points is drawn.

    >>> import wengert as wg
    >>> origin, points = np.zeros((1, 2)), np.array([[3.0, 4.0], [0.0, 1.0]])
    >>> wg.grad(lambda u: wg.scipy.spatial.distance.directed_hausdorff(u, origin)[0])(points)
    array([[0.6, 0.8],
           [0. , 0. ]])
    """
    every = cdist(u, v)
    nearest = np.min(every, axis=1)
    i = np.argmax(nearest)
    return np.max(nearest), i, np.argmin(every[i])


@twin_of(theirs.is_valid_dm)
def is_valid_dm(D: Any, tol: float = 0.0, throw: bool = False, name: str = "D", warning: bool = False) -> Any:
    """Whether a matrix is symmetric with a zero diagonal, up to `tol`.

    >>> import wengert as wg
    >>> wg.scipy.spatial.distance.is_valid_dm(wg.tensor(np.zeros((2, 2))))
    True
    """
    return theirs.is_valid_dm(known(D, "scipy.spatial.distance.is_valid_dm"), tol, throw, name, warning)


__getattr__ = fall_through("scipy.spatial.distance")
