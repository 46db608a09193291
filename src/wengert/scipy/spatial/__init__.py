"""Twins of `scipy.spatial`: its distances, in `distance`, and distances of Minkowski's."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import spatial as theirs

from wengert.ops.spelling import lift
from wengert.scipy.choice import twin_of
from wengert.scipy.fallthrough import fall_through
from wengert.scipy.solving import double
from wengert.scipy.spatial import distance as distance, metrics
from wengert.scipy.spectra import orthogonal_procrustes

__all__ = ["distance_matrix", "minkowski_distance", "minkowski_distance_p", "procrustes"]


@twin_of(theirs.minkowski_distance_p)
def minkowski_distance_p(x: Any, y: Any, p: Any = 2.0) -> Any:
    """Σ |x - y|^p over the last axis, and the greatest |x - y| for p = ∞.

    >>> import wengert as wg
    >>> wg.grad(lambda x: wg.scipy.spatial.minkowski_distance_p(x, np.zeros(2)))(np.array([3.0, 4.0]))
    array([6., 8.])
    """
    size = np.abs(double(lift(x)) - double(lift(y)))
    if p == np.inf:
        return np.max(size, axis=-1)
    return np.sum(size if p == 1 else size**p, axis=-1)


@twin_of(theirs.minkowski_distance)
def minkowski_distance(x: Any, y: Any, p: Any = 2.0) -> Any:
    """(Σ |x - y|^p)^(1/p) over the last axis, which broadcast.

    >>> import wengert as wg
    >>> wg.grad(lambda x: wg.scipy.spatial.minkowski_distance(x, np.zeros(2)))(np.array([3.0, 4.0]))
    array([0.6, 0.8])
    """
    return metrics.minkowski(double(lift(x)), double(lift(y)), None, p)


@twin_of(theirs.distance_matrix)
def distance_matrix(x: Any, y: Any, p: Any = 2.0, threshold: int = 1000000) -> Any:
    """The distance of every row of x from every row of y; threshold: of SciPy's algorithm.

    >>> import wengert as wg
    >>> wg.grad(lambda x: wg.scipy.spatial.distance_matrix(x, np.zeros((1, 2)))[0, 0])(np.array([[3.0, 4.0]]))
    array([[0.6, 0.8]])
    """
    return minkowski_distance(lift(x)[:, None, :], lift(y)[None, :, :], p)


@twin_of(theirs.procrustes)
def procrustes(data1: Any, data2: Any) -> tuple[Any, Any, Any]:
    """Two sets of points, centred and of size 1, the second turned and scaled to fit the first, and what is left.

    >>> import wengert as wg
    >>> square = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    >>> wg.grad(lambda x: wg.scipy.spatial.procrustes(x, 2 * square)[2])(square).round(9) + 0.0  # the same form
    array([[0., 0.],
           [0., 0.],
           [0., 0.],
           [0., 0.]])
    """
    first, second = (_standard(double(lift(x))) for x in (data1, data2))
    turn, scale = orthogonal_procrustes(first, second)
    second = second @ turn.T * scale
    return first, second, np.sum((first - second) ** 2)


def _standard(points: Any) -> Any:
    centred = points - np.mean(points, axis=0)
    return centred / np.linalg.norm(centred)


__getattr__ = fall_through("scipy.spatial")
