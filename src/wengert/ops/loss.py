"""Rows for losses: an elementwise function and the reduction over its entries, as one op with one node on the tape.

    loss = Σ ℓ(xᵢ, yᵢ) / n          ∂loss/∂xᵢ = ∂ℓ/∂x (xᵢ, yᵢ) / n

Params: `axis`, the axes that are summed over (none: every entry has its own loss), and `mean`, whether to divide.
Operands of any shapes that broadcast are understood.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from wengert.core.apply import apply
from wengert.core.op import Op, multilinear, primitive
from wengert.ops.special import expit, softplus
from wengert.spec import shift

__all__: list[str] = []

Rule = Callable[..., Any]


# --- an elementwise loss with its reduction ---------------------------------------------------------------------


def _reduced(entries: Any, axis: tuple[int, ...], mean: bool) -> Any:
    total = np.sum(entries, axis=axis) if axis else entries
    return total / _count(entries.shape, axis) if mean else total


def _count(shape: tuple[int, ...], axis: tuple[int, ...]) -> int:
    return int(np.prod([shape[a] for a in axis], dtype=np.intp))


def _forward(partial: Rule, names: str) -> Rule:
    """t ↦ the reduction of t · ∂ℓ."""

    def rule(t: Any, *args: Any) -> Any:
        *operands, axis, mean = args
        return _reduced(t * partial(*operands), axis, mean)

    return _named(rule, f"t {names} axis mean")


def _backward(partial: Rule, names: str) -> Rule:
    """g ↦ g · ∂ℓ, with g spread over the entries again."""

    def rule(g: Any, *args: Any) -> Any:
        *operands, axis, mean = args
        slope = partial(*operands)
        if axis:
            g = np.expand_dims(g, axis)
        return (g / _count(slope.shape, axis) if mean else g) * slope

    return _named(rule, f"g {names} axis mean")


def _named(rule: Rule, names: str) -> Rule:
    """Tell the row what the rule reads."""
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    rule.__signature__ = inspect.Signature([inspect.Parameter(n, kind) for n in names.split()])  # type: ignore[attr-defined]
    return rule


def _batched(op: Callable[[], Op]) -> Rule:
    """vmap: operands are lined up behind the batch axis, and the reduced axes are counted after it."""

    def batched(n: int, operands: Sequence[Any], batched: Sequence[bool], params: Mapping[str, Any]) -> Any:
        rank = max(np.ndim(x) - b for x, b in zip(operands, batched, strict=True))
        lined = [
            np.reshape(x, (n,) + (1,) * (rank + 1 - np.ndim(x)) + np.shape(x)[1:]) if b else x
            for x, b in zip(operands, batched, strict=True)
        ]
        return apply(op(), lined, {**params, "axis": shift(params["axis"])})

    return batched


def loss(name: str, entry: Rule, torch: str = "", **partials: Rule) -> Op:
    """A row of a loss from its entries ℓ and their partials dx, dy …; every partial reads all operands."""
    names = " ".join(inspect.signature(entry).parameters)

    def impl(*operands: Any, axis: tuple[int, ...], mean: bool) -> Any:
        return _reduced(entry(*operands), axis, mean)

    op = primitive(
        impl,
        names,
        name=name,
        jvp={n[1:]: _forward(partial, names) for n, partial in partials.items()},
        vjp={n[1:]: _backward(partial, names) for n, partial in partials.items()},
        vmap=_batched(lambda: op),
        **({"torch": torch} if torch else {}),
    )
    return op


mse_loss = loss("mse_loss", lambda x, y: np.square(x - y), dx=lambda x, y: 2 * (x - y), dy=lambda x, y: 2 * (y - x))


# --- binary cross-entropy ---------------------------------------------------------------------------------------
# ℓ = -w [y ln q + (1 - y) ln(1 - q)] of a probability q. As PyTorch does, logarithms are taken to be at least -100, and
# q (1 - q) in the derivative at least 1e-12, so that certainty (q = 0 or 1) costs much and not infinitely much.


def _floored_log(q: Any) -> Any:
    with np.errstate(divide="ignore"):
        return np.maximum(np.log(q), -100)


def _bce_unit(q: Any, y: Any) -> Any:
    return -(y * _floored_log(q) + (1 - y) * _floored_log(1 - q))


binary_cross_entropy = loss(
    "binary_cross_entropy",
    lambda q, y, weight: weight * _bce_unit(q, y),
    dq=lambda q, y, weight: weight * (q - y) / np.maximum(q * (1 - q), 1e-12),
    dy=lambda q, y, weight: weight * (_floored_log(1 - q) - _floored_log(q)),
    dweight=lambda q, y, weight: _bce_unit(q, y),
)

# With q = σ(x) the logarithms are -ln q = softplus(-x) and -ln(1 - q) = softplus(x), which neither overflow nor cancel.
# A positive example (y = 1) counts `pos` times:  ℓ = w [(1 - y) softplus(x) + pos y softplus(-x)].


def _times(a: Any, b: Any) -> Any:
    """a · b with 0 · ∞ = 0: a class of probability 0 costs nothing, however far away it is."""
    product = a * b
    if isinstance(product, np.ndarray | np.generic) and np.all(np.isfinite(product)):
        return product
    return np.where(a == 0, 0, product)


def _logits_unit(x: Any, y: Any, pos: Any) -> Any:
    with np.errstate(invalid="ignore"):
        return _times(1 - y, softplus(x)) + _times(pos * y, softplus(-x))


binary_cross_entropy_with_logits = loss(
    "binary_cross_entropy_with_logits",
    lambda x, y, weight, pos: weight * _logits_unit(x, y, pos),
    dx=lambda x, y, weight, pos: weight * ((1 - y) * expit(x) - pos * y * expit(-x)),
    dy=lambda x, y, weight, pos: weight * (pos * softplus(-x) - softplus(x)),
    dweight=lambda x, y, weight, pos: _logits_unit(x, y, pos),
    dpos=lambda x, y, weight, pos: weight * y * softplus(-x),
)


# --- negative log-likelihood ------------------------------------------------------------------------------------
# -Σ scaleᵢ x[i, targetᵢ]: linear in the log-likelihoods x and in the scale. `axis` is that of the classes, `over` are
# the axes of the target that are summed over.


def _nll(x: Any, scale: Any, target: Any, axis: int, over: tuple[int, ...]) -> Any:
    entries = -np.where(scale == 0, 0, _own_class(x, target, axis) * scale)
    return entries.sum(axis=over) if over else entries[()]


def _own_class(x: Any, target: Any, axis: int) -> Any:
    if axis == 1 and x.ndim == 2:
        return x[np.arange(x.shape[0]), target]
    return np.squeeze(np.take_along_axis(x, np.expand_dims(target, axis), axis), axis)


def _put_in_class(value: Any, target: Any, axis: int, count: int) -> Any:
    classes = np.arange(count).reshape((count,) + (1,) * (target.ndim - axis))
    at = (slice(None),) * axis + (None,)
    return np.where(target[at] == classes, value[at], 0)


def _spread(g: Any, over: tuple[int, ...]) -> Any:
    return np.expand_dims(g, over) if over and g.ndim else g  # one number broadcasts as it is


nll_loss = multilinear(
    _nll,
    "x scale target",
    name="nll_loss",
    x=lambda g, like, scale, target, axis, over: _put_in_class(
        -_spread(g, over) * scale, target, axis, like.shape[axis]
    ),
    scale=lambda g, x, target, axis, over: -_spread(g, over) * _own_class(x, target, axis),
    target=0,
    batch=lambda axis, over: {"axis": axis + 1, "over": shift(over)},
    torch=lambda x, *_: "NllLoss" if np.ndim(x) < 3 else "NllLoss2D",
)
