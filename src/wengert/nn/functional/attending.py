"""Attention: each query takes a mean of values, weighted by how well the keys fit it.

    attention(Q, K, V) = softmax(Q Kᵀ / √d + mask) V

A. Vaswani et al., "Attention is all you need", 2017.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from wengert.errors import refuse
from wengert.nn.functional.arguments import floats
from wengert.nn.functional.noise import dropout
from wengert.ops import activation
from wengert.ops.spelling import lift

__all__ = ["attend", "causal_mask", "scaled_dot_product_attention"]


def causal_mask(size: int, source: int | None = None) -> Any:
    """True where a query must not look: at keys behind it. Shape (size, source).

    >>> import wengert as wg
    >>> wg.nn.causal_mask(3)
    array([[False,  True,  True],
           [False, False,  True],
           [False, False, False]])
    """
    return np.triu(np.ones((size, size if source is None else source), bool), 1)


def scaled_dot_product_attention(
    query: Any, key: Any, value: Any, attn_mask: Any = None, dropout_p: float = 0.0, is_causal: bool = False,
    scale: float | None = None, enable_gqa: bool = False,
) -> Any:  # fmt: skip
    """softmax(Q Kᵀ · scale + mask) V, with any axes in front.

    query: (…, L, d). key: (…, S, d). value: (…, S, v). attn_mask: (…, L, S), numbers to be added, or booleans, True
    where a query may look. dropout_p: the probability that a weight is dropped. is_causal: no query looks at a later
    key. scale: by default 1/√d. enable_gqa: keys and values have fewer heads (axis -3), each for several heads of the
    queries. A query that may look at nothing gets 0.

    >>> import numpy as np, wengert as wg
    >>> q, v = np.zeros((2, 1)), np.array([[1.0], [3.0]])
    >>> wg.nn.functional.scaled_dot_product_attention(q, q, v, is_causal=True)
    array([[1.],
           [2.]])
    """
    if attn_mask is not None and is_causal:
        raise refuse(
            "scaled_dot_product_attention got an attn_mask and is_causal=True",
            "The one says what the other would have to.",
            "Give one of them; wg.nn.causal_mask(n) makes a mask, True where not to look.",
        )
    q, k, v = floats(query), floats(key), floats(value)
    if enable_gqa:
        k, v = (np.repeat(x, q.shape[-3] // x.shape[-3], axis=-3) for x in (k, v))
    mask = lift(attn_mask) if attn_mask is not None else None
    if is_causal:
        mask = ~causal_mask(q.shape[-2], k.shape[-2])
    bias = mask if mask is None or mask.dtype.kind != "b" else np.where(mask, q.dtype.type(0), q.dtype.type(-np.inf))
    out, _ = attend(q, k, v, bias, dropout_p, scale)
    return out


def attend(q: Any, k: Any, v: Any, bias: Any, p: float, scale: float | None) -> tuple[Any, Any]:
    """The means, and the weights, which for a query whose scores are all -∞ are 0."""
    scores = np.matmul(q * (1 / math.sqrt(q.shape[-1]) if scale is None else scale), np.swapaxes(k, -1, -2))
    if bias is None:
        weights = activation.softmax(scores, axis=scores.ndim - 1)
    else:
        scores = scores + (bias if bias.dtype == scores.dtype else bias.astype(scores.dtype))
        blind = np.all(np.isneginf(scores), axis=-1, keepdims=True)
        weights = activation.softmax(np.where(blind, 0, scores), axis=scores.ndim - 1)
        weights = np.where(blind, 0, weights)
    if p:
        weights = dropout(weights, p)
    return np.matmul(weights, v), weights
