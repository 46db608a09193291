"""Losses: functions of `nn.functional`."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.errors import InvalidArgument, explain, user_line
from wengert.nn.functional.activation import linear
from wengert.nn.functional.arguments import (
    class_axis,
    classified,
    entry_weight,
    floats,
    out_of,
    pair,
    reduction_of,
    same_shape,
    unknown,
)
from wengert.ops import activation, loss, special
from wengert.ops.spelling import lift

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "l1_loss",
    "linear_cross_entropy",
    "mse_loss",
    "multi_margin_loss",
    "nll_loss",
    "reduced",
]


def mse_loss(input: Any, target: Any, *, reduction: str = "mean", weight: Any = None) -> Any:
    """(x - y)², averaged. Shapes broadcast, with a warning if they differ.

    weight: per entry; the mean then divides by the sum of the weights.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.mse_loss(np.array([1.0, 2.0]), np.array([1.0, 4.0]))
    np.float64(2.0)
    """
    x, y = pair(input, target, "mse_loss")
    if weight is not None:
        return _weighted(np.square(x - y), weight, reduction)
    return loss.mse_loss(x, y, **reduction_of(reduction, max(x.ndim, y.ndim)))


def l1_loss(input: Any, target: Any, *, reduction: str = "mean", weight: Any = None) -> Any:
    """|x - y|, averaged; the derivative at x = y is 0. Shapes broadcast, with a warning if they differ.

    Also of complex numbers.

    weight: per entry; the mean then divides by the sum of the weights.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.l1_loss(np.array([1.0, 2.0]), np.array([1.0, 4.0]))
    np.float64(1.0)
    """
    x, y = pair(input, target, "l1_loss", complex_too=True)
    each = np.abs(x - y)
    return reduced(each, reduction) if weight is None else _weighted(each, weight, reduction)


def binary_cross_entropy(input: Any, target: Any, weight: Any = None, *, reduction: str = "mean") -> Any:
    """-w [y ln q + (1 - y) ln(1 - q)] for probabilities q, averaged; logarithms below -100 count as -100.

    target: of the same shape, from 0 to 1. weight: per entry, broadcast to that shape.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.binary_cross_entropy(np.array([0.5, 0.0]), np.array([1.0, 0.0]), reduction="sum").round(4)
    np.float64(0.6931)
    """
    q, y = same_shape(input, target, "binary_cross_entropy")
    return loss.binary_cross_entropy(q, y, entry_weight(weight, y, "weight"), **reduction_of(reduction, q.ndim))


def binary_cross_entropy_with_logits(
    input: Any, target: Any, weight: Any = None, *, reduction: str = "mean", pos_weight: Any = None
) -> Any:
    """The binary cross-entropy of σ(x), averaged, from the logits x themselves.

    target: of the same shape, from 0 to 1. weight: per entry; pos_weight: what a positive example counts; both are
    broadcast.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.binary_cross_entropy_with_logits(np.array([1e4, -1e4]), np.array([1.0, 1.0]))
    np.float64(5000.0)
    """
    x, y = same_shape(input, target, "binary_cross_entropy_with_logits")
    weights = entry_weight(weight, y, "weight"), entry_weight(pos_weight, y, "pos_weight")
    return loss.binary_cross_entropy_with_logits(x, y, *weights, **reduction_of(reduction, x.ndim))


def nll_loss(input: Any, target: Any, weight: Any = None, *, ignore_index: int = -100, reduction: str = "mean") -> Any:
    """-w x of the target's class, from log-likelihoods x, averaged.

    input: shape (N, C, …) or (C). target: class numbers of shape (N, …) or (). weight: per class, shape (C); the mean
    divides by the weights of the targets. ignore_index: class numbers that count nothing.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.nll_loss(np.log(np.array([[0.5, 0.5], [0.1, 0.9]])), np.array([0, 1])).round(4)
    np.float64(0.3993)
    """
    x, classes, axis, all_count = classified(input, target, ignore_index, "nll_loss")
    if all_count and weight is None:
        return _nll_of_all(x, classes, axis, reduction)
    valid = classes != ignore_index
    return _nll(x, classes, _scale(x, classes, valid, weight), axis, reduction)


def cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Any:
    """-Σ p ln softmax(x) over the classes, averaged: of class numbers, or of class probabilities, given logits.

    input: logits of shape (N, C, …) or (C). target: class numbers of shape (N, …) or (), or probabilities of the
    input's shape. weight: per class, shape (C); with class numbers the mean divides by the weights of the targets.
    ignore_index: class numbers that count nothing. label_smoothing: how much of the target is spread evenly over the
    classes, from 0 to 1.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.cross_entropy(np.array([[1000.0, 0.0], [0.0, 0.0]]), np.array([0, 1])).round(4)
    np.float64(0.3466)
    """
    if not 0 <= label_smoothing <= 1:
        raise out_of(f"cross_entropy at {user_line()} got label_smoothing={label_smoothing}.", "from 0.0 to 1.0")
    if lift(target).dtype.kind == "f":
        return _cross_entropy_of_probabilities(input, target, weight, reduction, label_smoothing)
    x, classes, axis, all_count = classified(input, target, ignore_index, "cross_entropy")
    x = activation.log_softmax(x, axis=axis)
    if all_count and weight is None and not label_smoothing:
        return _nll_of_all(x, classes, axis, reduction)
    valid = classes != ignore_index
    scale = _scale(x, classes, valid, weight)
    out = _nll(x, classes, scale, axis, reduction)
    if not label_smoothing:
        return out
    even = np.where(valid, -np.sum(x * _along(weight, axis, x), axis=axis), 0)
    if reduction == "mean":
        even = np.sum(even) / np.sum(scale)
    elif reduction == "sum":
        even = np.sum(even)
    return (1 - label_smoothing) * out + label_smoothing / x.shape[axis] * even


def _cross_entropy_of_probabilities(input: Any, target: Any, weight: Any, reduction: str, smoothing: float) -> Any:
    x, p = same_shape(input, target, "cross_entropy")
    axis = class_axis(x, "cross_entropy")
    count = x.shape[axis]
    if smoothing:
        p = p * (1 - smoothing) + smoothing / count
    each = -np.sum(activation.log_softmax(x, axis=axis) * p * _along(weight, axis, x), axis=axis)
    return reduced(each, reduction)


def multi_margin_loss(
    input: Any, target: Any, p: int = 1, margin: float = 1.0, weight: Any = None, *, reduction: str = "mean"
) -> Any:
    """The hinge loss of several classes: Σ max(0, margin - x_target + xⱼ)^p / C over the other classes j, averaged.

    input: scores of shape (N, C) or (C). target: class numbers of shape (N) or (). p: 1 or 2. weight: per class, shape
    (C).

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.multi_margin_loss(np.array([[0.0, 0.0, 0.5, 1.0]]), np.array([3]))
    np.float64(0.125)
    """
    if p not in (1, 2):
        raise unknown("p", p, (1, 2))
    if not np.ndim(input):  # one score
        input = np.reshape(input, (1,))
    if np.ndim(input) == 1 and np.shape(target) == (1,):
        target = np.reshape(target, ())
    x, classes, axis, _ = classified(input, target, None, "multi_margin_loss")
    own = np.take_along_axis(x, np.expand_dims(classes, axis), axis)
    short = special.relu(margin - own + x)
    others = np.expand_dims(classes, axis) != np.arange(x.shape[axis])
    each = np.sum(np.where(others, short if p == 1 else short * short, 0), axis=axis) / x.shape[axis]
    if weight is not None:
        each = each * np.take(lift(weight).astype(x.dtype), classes)
    return reduced(each, reduction)


def linear_cross_entropy(
    input: Any, linear_weight: Any, target: Any, *, linear_bias: Any = None, weight: Any = None,
    reduction: str = "mean", ignore_index: int | None = None, label_smoothing: float = 0.0, options: Any = None,
) -> Any:  # fmt: skip
    """`cross_entropy` of the scores that `linear` makes of the input (N, in).

    linear_weight: (C, in), or (C, …, in) where each of several places (…) has its class. options: without effect.

    >>> import numpy as np, wengert as wg
    >>> x, w = np.array([[1.0, 0.0]]), np.zeros((4, 2))
    >>> wg.nn.functional.linear_cross_entropy(x, w, np.array([3])).round(4)
    np.float64(1.3863)
    """
    if np.ndim(linear_weight) == 2:
        scores = linear(input, linear_weight, linear_bias)
    else:
        scores = np.tensordot(floats(input), lift(linear_weight), ((-1,), (-1,)))
        scores = scores if linear_bias is None else scores + lift(linear_bias)
    return cross_entropy(
        scores, target, weight,
        ignore_index=-100 if ignore_index is None else ignore_index, reduction=reduction,
        label_smoothing=label_smoothing,
    )  # fmt: skip


# --- what they share --------------------------------------------------------------------------------------------


def _nll_of_all(x: Any, classes: Any, axis: int, reduction: str) -> Any:
    """The loss when every target counts the same."""
    options = reduction_of(reduction, classes.ndim)
    share = 1 / max(classes.size, 1) if options["mean"] else 1.0
    scale = np.full(classes.shape, share, x.dtype)[()]
    return loss.nll_loss(x, scale, classes, axis=axis, over=options["axis"])


def _nll(x: Any, classes: Any, scale: Any, axis: int, reduction: str) -> Any:
    classes, over = np.where(classes < 0, 0, classes), reduction_of(reduction, classes.ndim)["axis"]
    if reduction != "mean":
        return loss.nll_loss(x, scale, classes, axis=axis, over=over)
    total = np.sum(scale)
    # The mean of nothing is no number; scores that do not count have no gradient even so.
    nothing = np.where(total == 0, np.nan, 0).astype(x.dtype)
    return loss.nll_loss(x, scale / np.where(total == 0, 1, total), classes, axis=axis, over=over) + nothing


def _scale(x: Any, classes: Any, valid: Any, weight: Any) -> Any:
    """What every target counts: the weight of its class, 0 for those to be ignored."""
    if weight is None:
        return valid.astype(x.dtype)
    weight = _class_weight(weight, x)
    inside = np.where(valid, classes, 0)
    return np.where(valid, np.take(weight, inside), 0).astype(x.dtype)


def _class_weight(weight: Any, x: Any) -> Any:
    weight = floats(weight)
    axis = 1 if x.ndim > 1 else 0
    if weight.shape != (x.shape[axis],):
        raise InvalidArgument(
            explain(
                f"weight of shape {weight.shape} was given at {user_line()} for {x.shape[axis]} classes.",
                "A class weight has one entry per class.",
                f"Give an array of shape ({x.shape[axis]},).",
            )
        )
    return weight.astype(x.dtype)


def _along(weight: Any, axis: int, x: Any) -> Any:
    """A class weight in a shape that broadcasts along the class axis of x."""
    if weight is None:
        return 1.0
    return np.reshape(_class_weight(weight, x), (-1,) + (1,) * (x.ndim - axis - 1))


def _weighted(each: Any, weight: Any, reduction: str) -> Any:
    w = np.broadcast_to(entry_weight(weight, each, "weight"), each.shape)
    total = reduced(each * w, "sum" if reduction == "mean" else reduction)
    return total / np.sum(w) if reduction == "mean" else total


def reduced(each: Any, reduction: str) -> Any:
    """The mean or the sum of the entries' losses, or these as they are."""
    if not reduction_of(reduction, 0)["mean"]:
        return np.sum(each) if reduction == "sum" else each
    return np.mean(each)
