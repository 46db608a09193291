"""Losses of classes and labels that want a margin, or a sign: functions of `nn.functional`."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.errors import refuse
from wengert.nn.functional.arguments import class_numbers, floats, pair, same_shape, targets
from wengert.nn.functional.loss import reduced
from wengert.ops import special

__all__ = [
    "hinge_embedding_loss",
    "margin_ranking_loss",
    "multilabel_margin_loss",
    "multilabel_soft_margin_loss",
    "soft_margin_loss",
]


def hinge_embedding_loss(input: Any, target: Any, margin: float = 1.0, *, reduction: str = "mean") -> Any:
    """x where the target is 1, and max(0, margin - x) where it is -1, averaged; x is a distance.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.hinge_embedding_loss(np.array([0.3, 0.3]), np.array([1, -1]), reduction="none")
    array([0.3, 0.7])
    """
    x, y = pair(input, target, "hinge_embedding_loss")
    # Written by what the target is not, as in PyTorch: another number asks for both.
    return reduced(np.where(y != -1, x, 0) + np.where(y != 1, special.relu(margin - x), 0), reduction)


def margin_ranking_loss(
    input1: Any, input2: Any, target: Any, margin: float = 0.0, *, reduction: str = "mean"
) -> Any:  # fmt: skip
    """max(0, -y (x₁ - x₂) + margin), averaged: x₁ is to be the greater where y is 1, the less where it is -1.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.margin_ranking_loss(np.array([2.0]), np.array([3.0]), np.array([1.0]))
    np.float64(1.0)
    """
    a, b = floats(input1), floats(input2)
    y = targets(target, a)
    if not a.ndim == b.ndim == y.ndim:
        raise refuse(
            f"margin_ranking_loss got shapes {a.shape}, {b.shape} and a target of {y.shape}",
            "Every pair has its own target.",
            "Give three arrays of one shape.",
        )
    return reduced(special.relu(-y * (a - b) + margin), reduction)


def soft_margin_loss(input: Any, target: Any, *, reduction: str = "mean") -> Any:
    """ln(1 + e^(-y x)), averaged, for targets y of 1 and -1.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.soft_margin_loss(np.array([0.0, 1000.0]), np.array([1.0, -1.0]), reduction="sum").round(4)
    np.float64(1000.6931)
    """
    x, y = pair(input, target, "soft_margin_loss")
    return reduced(special.softplus(-y * x), reduction)


def multilabel_soft_margin_loss(input: Any, target: Any, weight: Any = None, *, reduction: str = "mean") -> Any:
    """The mean over the labels (the last axis) of the binary cross-entropy of σ(x), averaged.

    target: of the same shape, 0 or 1. weight: per label.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.multilabel_soft_margin_loss(np.zeros((1, 2)), np.array([[1.0, 0.0]])).round(4)
    np.float64(0.6931)
    """
    x, y = same_shape(input, target, "multilabel_soft_margin_loss")
    each = y * special.softplus(-x) + (1 - y) * special.softplus(x)
    if weight is not None:
        each = each * floats(weight).astype(x.dtype)
    return reduced(np.mean(each, axis=-1), reduction)


def multilabel_margin_loss(input: Any, target: Any, *, reduction: str = "mean") -> Any:
    """The hinge loss of several labels: Σ max(0, 1 - x_t + x_j) / C over targets t and other labels j, averaged.

    input: scores of shape (N, C) or (C). target: of the same shape, the numbers of the labels and -1 behind the last
    one.

    >>> import numpy as np, wengert as wg
    >>> x, y = np.array([[0.1, 0.2, 0.4, 0.8]]), np.array([[3, 0, -1, 1]])
    >>> wg.nn.functional.multilabel_margin_loss(x, y).round(4)
    np.float64(0.85)
    """
    x, labels = floats(input), class_numbers(target, "multilabel_margin_loss")
    if not x.ndim and not labels.ndim:  # one score
        x, labels = np.reshape(x, (1,)), np.reshape(labels, (1,))
    if x.ndim not in (1, 2) or labels.shape != x.shape:
        raise refuse(
            f"multilabel_margin_loss got an input of shape {x.shape} and a target of shape {labels.shape}",
            "As many numbers as there are labels, the unused ones -1, stand for each example.",
            "Give two arrays of shape (N, C) or (C).",
        )
    count = x.shape[-1]
    named = np.cumprod((labels >= 0).astype(np.int64), axis=-1) == 1
    at = np.where(named, labels, 0)
    hits = np.expand_dims(named, -1) & (np.expand_dims(at, -1) == np.arange(count))
    other = ~np.any(hits, axis=-2)
    short = special.relu(1 - np.expand_dims(np.take_along_axis(x, at, -1), -1) + np.expand_dims(x, -2))
    counted = np.expand_dims(named, -1) & np.expand_dims(other, -2)
    return reduced(np.sum(np.where(counted, short, 0), axis=(-2, -1)) / count, reduction)
