"""Losses and similarities made of distances: functions of `nn.functional`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from wengert.errors import refuse
from wengert.nn.functional.arguments import axis_of, floats, pair
from wengert.nn.functional.geometry import inexact
from wengert.nn.functional.loss import reduced
from wengert.ops import special

__all__ = [
    "cosine_embedding_loss",
    "cosine_similarity",
    "huber_loss",
    "normalize",
    "pairwise_distance",
    "pdist",
    "smooth_l1_loss",
    "triplet_margin_loss",
    "triplet_margin_with_distance_loss",
]


def huber_loss(input: Any, target: Any, *, reduction: str = "mean", delta: float = 1.0, weight: Any = None) -> Any:
    """d²/2 for distances |d| = |x - y| up to delta, and delta (|d| - delta/2) beyond, averaged.

    weight: per entry, broadcast. P. Huber, "Robust estimation of a location parameter", 1964.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.huber_loss(np.array([0.0, 0.0]), np.array([1.0, 3.0]), reduction="none")
    array([0.5, 2.5])
    """
    if delta <= 0:
        raise refuse(f"huber_loss got delta={delta}", "The loss is a parabola up to there.", "Give a positive delta.")
    x, y = pair(input, target, "huber_loss")
    d = x - y
    far = np.abs(d)
    each = np.where(far <= delta, 0.5 * d * d, delta * (far - 0.5 * delta))
    return reduced(each if weight is None else each * floats(weight).astype(x.dtype), reduction)


def smooth_l1_loss(input: Any, target: Any, *, reduction: str = "mean", beta: float = 1.0) -> Any:
    """d²/(2 beta) for distances |d| = |x - y| below beta, and |d| - beta/2 beyond, averaged; `l1_loss` for beta 0.

    R. Girshick, "Fast R-CNN", 2015.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.smooth_l1_loss(np.array([0.0, 0.0]), np.array([1.0, 3.0]), reduction="none", beta=2.0)
    array([0.25, 2.  ])
    """
    if beta < 0:
        raise refuse(f"smooth_l1_loss got beta={beta}", "The loss is a parabola up to there.", "Give beta ≥ 0.")
    x, y = pair(input, target, "smooth_l1_loss")
    d = x - y
    far = np.abs(d)
    return reduced(far if beta == 0 else np.where(far < beta, 0.5 / beta * d * d, far - 0.5 * beta), reduction)


# --- distances and directions -----------------------------------------------------------------------------------


def _norm(x: Any, p: float, axis: int, keepdims: bool = False) -> Any:
    """The p-norm; its derivative at 0 is 0."""
    if p == 2:
        squares = np.real(x * np.conj(x)) if x.dtype.kind == "c" else x * x
        total = np.sum(squares, axis=axis, keepdims=keepdims)
    elif p == 1:
        return np.sum(np.abs(x), axis=axis, keepdims=keepdims)
    elif np.isinf(p):
        return np.max(np.abs(x), axis=axis, keepdims=keepdims) if p > 0 else np.min(
            np.abs(x), axis=axis, keepdims=keepdims
        )  # fmt: skip
    elif p == 0:
        return np.sum((x != 0).astype(np.finfo(x.dtype).dtype), axis=axis, keepdims=keepdims)
    else:
        size = np.abs(x)
        total = np.sum(np.where(size == 0, 0, np.where(size == 0, 1, size) ** p), axis=axis, keepdims=keepdims)
    none = total == 0
    full = np.where(none, 1, total)
    return np.where(none, 0, np.sqrt(full) if p == 2 else full ** (1 / p))


def pairwise_distance(x1: Any, x2: Any, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Any:
    """The p-norm of x₁ - x₂ + eps along the last axis.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.pairwise_distance(np.array([[0.0, 0.0]]), np.array([[3.0, 4.0]]), eps=0.0)
    array([5.])
    """
    return _norm(inexact(x1) - inexact(x2) + eps, p, -1, keepdim)


def pdist(input: Any, p: float = 2.0) -> Any:
    """The p-norm distances of all pairs of rows, (0, 1), (0, 2) … (1, 2) ….

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.pdist(np.array([[0.0, 0.0], [3.0, 4.0], [0.0, 1.0]])).round(4)
    array([5.    , 1.    , 4.2426])
    """
    x = floats(input)
    if x.ndim != 2:
        raise refuse(f"pdist got an input of shape {x.shape}", "It compares the rows of a matrix.", "Reshape it.")
    i, j = np.triu_indices(x.shape[0], 1)
    return _norm(np.take(x, i, axis=0) - np.take(x, j, axis=0), p, -1)


def normalize(input: Any, p: float = 2.0, dim: int = 1, eps: float = 1e-12, *, axis: int | None = None) -> Any:
    """Vectors along an axis divided by their p-norm, or by eps if that is more.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.normalize(np.array([[3.0, 4.0], [0.0, 0.0]]))
    array([[0.6, 0.8],
           [0. , 0. ]])
    """
    x = inexact(input)
    length = _norm(x, p, axis_of(dim if axis is None else None, axis, x.ndim), keepdims=True)
    return x / np.where(length > eps, length, eps)


def cosine_similarity(x1: Any, x2: Any, dim: int = 1, eps: float = 1e-8, *, axis: int | None = None) -> Any:
    """x₁·x₂ / (|x₁| |x₂|) along an axis; lengths below eps count as eps. The shapes broadcast.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.cosine_similarity(np.array([1.0, 0.0]), np.array([3.0, 4.0]), dim=0)
    np.float64(0.6)
    """
    a, b = np.broadcast_arrays(floats(x1), floats(x2))
    at = axis_of(dim if axis is None else None, axis, a.ndim)
    size = [np.where(n > eps, n, eps) for n in (_norm(a, 2, at), _norm(b, 2, at))]
    return np.sum(a * b, axis=at) / (size[0] * size[1])


def cosine_embedding_loss(
    input1: Any, input2: Any, target: Any, margin: float = 0.0, *, reduction: str = "mean"
) -> Any:  # fmt: skip
    """1 - cos for pairs with the target 1, and max(0, cos - margin) for those with the target -1, averaged.

    input1, input2: (N, D) or (D). target: (N) or ().

    >>> import numpy as np, wengert as wg
    >>> x, y = np.array([[1.0, 0.0], [1.0, 0.0]]), np.array([[0.0, 1.0], [3.0, 4.0]])
    >>> wg.nn.functional.cosine_embedding_loss(x, y, np.array([1, -1]), margin=0.5, reduction="none")
    array([1. , 0.1])
    """
    a, b, y = floats(input1), floats(input2), floats(target)
    if a.ndim not in (1, 2) or a.shape != b.shape or y.shape != a.shape[:-1]:
        raise refuse(
            f"cosine_embedding_loss got shapes {a.shape}, {b.shape} and a target of {y.shape}",
            "Two vectors, or two lists of as many, have one target per pair.",
            "Give (N, D), (N, D) and (N).",
        )
    # As in PyTorch, eps is added to the squares here.
    cos = np.sum(a * b, -1) / np.sqrt((np.sum(a * a, -1) + 1e-12) * (np.sum(b * b, -1) + 1e-12))
    each = np.where(y == 1, 1 - cos, np.where(y == -1, special.relu(cos - margin), 0))
    return reduced(each, reduction)


def triplet_margin_loss(
    anchor: Any, positive: Any, negative: Any, margin: float = 1.0, p: float = 2.0, eps: float = 1e-6,
    swap: bool = False, *, reduction: str = "mean",
) -> Any:  # fmt: skip
    """max(0, d(anchor, positive) - d(anchor, negative) + margin), averaged, with `pairwise_distance` d.

    swap: take d(positive, negative) instead where that is less. V. Balntas et al., "Learning shallow convolutional
    feature descriptors with triplet losses", 2016.

    >>> import numpy as np, wengert as wg
    >>> a, p, n = np.array([[0.0]]), np.array([[1.0]]), np.array([[1.5]])
    >>> wg.nn.functional.triplet_margin_loss(a, p, n).round(4)
    np.float64(0.5)
    """
    return triplet_margin_with_distance_loss(
        anchor, positive, negative, distance_function=lambda a, b: pairwise_distance(a, b, p, eps), margin=margin,
        swap=swap, reduction=reduction,
    )  # fmt: skip


def triplet_margin_with_distance_loss(
    anchor: Any, positive: Any, negative: Any, *, distance_function: Callable[[Any, Any], Any] | None = None,
    margin: float = 1.0, swap: bool = False, reduction: str = "mean",
) -> Any:  # fmt: skip
    """`triplet_margin_loss` with any distance, by default `pairwise_distance`.

    >>> import numpy as np, wengert as wg
    >>> a, p, n = np.array([[0.0]]), np.array([[1.0]]), np.array([[1.5]])
    >>> square = lambda x, y: np.sum((x - y) ** 2, axis=-1)
    >>> wg.nn.functional.triplet_margin_with_distance_loss(a, p, n, distance_function=square, margin=2.0)
    np.float64(0.75)
    """
    if margin < 0:
        raise refuse(f"triplet_margin_loss got margin={margin}", "Negatives lie farther by it.", "Give margin ≥ 0.")
    distance = pairwise_distance if distance_function is None else distance_function
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = np.minimum(far, distance(positive, negative))
    return reduced(special.relu(near - far + margin), reduction)
