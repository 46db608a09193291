"""Attention with several heads as a function: four matrices, two masks, and `attend` between them."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.errors import refuse
from wengert.nn.functional.activation import linear
from wengert.nn.functional.arguments import floats
from wengert.nn.functional.attending import attend, causal_mask
from wengert.ops.spelling import lift

__all__ = ["multi_head_attention_forward"]


def multi_head_attention_forward(
    query: Any, key: Any, value: Any, embed_dim_to_check: int, num_heads: int, in_proj_weight: Any, in_proj_bias: Any,
    bias_k: Any, bias_v: Any, add_zero_attn: bool, dropout_p: float, out_proj_weight: Any, out_proj_bias: Any,
    training: bool = True, key_padding_mask: Any = None, need_weights: bool = True, attn_mask: Any = None,
    use_separate_proj_weight: bool = False, q_proj_weight: Any = None, k_proj_weight: Any = None,
    v_proj_weight: Any = None, static_k: Any = None, static_v: Any = None, average_attn_weights: bool = True,
    is_causal: bool = False,
) -> tuple[Any, Any]:  # fmt: skip
    """What `nn.MultiheadAttention` does, with its parameters: the means, and the weights or None.

    query: (L, N, E) or (L, E). key, value: likewise, with S for L. embed_dim_to_check: E, of which the `num_heads` are
    equal parts. in_proj_weight: (3 E, E), the matrices of queries, keys and values one above the other; or the three
    of them, (E, …), with use_separate_proj_weight. in_proj_bias: (3 E) or None. bias_k, bias_v: (1, 1, E) or None, a
    key and value more; add_zero_attn: one of zeros. dropout_p: of the weights, if `training`. out_proj_weight (E, E),
    out_proj_bias (E): of the results. key_padding_mask: (N, S) or (S), True for keys that nobody looks at. attn_mask:
    (L, S) or (N · heads, L, S), True where a query must not look. Both may be numbers instead, to be added to the
    scores. is_causal: says that attn_mask is a causal one, which may then be left out. static_k, static_v:
    (N · heads, S, E / heads), what the heads see instead of keys and values. average_attn_weights: weights are
    (N, L, S) and not (N, heads, L, S).

    >>> import numpy as np, wengert as wg
    >>> x, w = np.array([[0.0], [2.0]]), np.ones((3, 1))
    >>> f = wg.nn.functional.multi_head_attention_forward
    >>> f(x, x, x, 1, 1, w, None, None, None, False, 0.0, w[:1], None, need_weights=False)[0].round(4)
    array([[1.   ],
           [1.964]])
    """
    if query.shape[-1] != embed_dim_to_check or embed_dim_to_check % num_heads:
        raise refuse(
            f"multi_head_attention_forward got a query {query.shape}, E = {embed_dim_to_check} and {num_heads} heads",
            "The features are the last axis of the queries, and the heads are equal parts of them.",
            "Give a query of shape (L, N, E), and a number of heads that divides E.",
        )
    same = query is key and key is value
    q, k, v = (floats(x) for x in (query, key, value))
    single = q.ndim == 2
    if single:
        q, k, v = (x[None] for x in (q, k, v))
    else:
        same_kv = key is value
        q, k = np.swapaxes(q, 0, 1), np.swapaxes(k, 0, 1)
        v = k if same_kv else np.swapaxes(v, 0, 1)
    separate = (q_proj_weight, k_proj_weight, v_proj_weight) if use_separate_proj_weight else None
    q, k, v = _projected(q, k, v, same, in_proj_weight, separate, in_proj_bias)
    count, length = q.shape[:2]
    source = k.shape[1] if static_k is None else static_k.shape[1]
    bias = _bias(attn_mask, key_padding_mask, is_causal, (count, length, source), num_heads, q.dtype)
    if static_k is None and static_v is None:
        k, v, bias = _with_more(k, v, bias, bias_k, bias_v, add_zero_attn)
    q, k, v = (_heads(x, num_heads) for x in (q, k, v))
    k = k if static_k is None else np.reshape(static_k, (count, num_heads, *static_k.shape[1:]))
    v = v if static_v is None else np.reshape(static_v, (count, num_heads, *static_v.shape[1:]))
    out, weights = attend(q, k, v, bias, dropout_p if training else 0.0, None)
    out = np.reshape(np.swapaxes(out, 1, 2), (count, length, embed_dim_to_check))
    out = linear(out, out_proj_weight, out_proj_bias)
    out = out[0] if single else np.swapaxes(out, 0, 1)
    if not need_weights:
        return out, None
    weights = np.mean(weights, axis=1) if average_attn_weights else weights
    return out, (weights[0] if single else weights)


def _projected(q: Any, k: Any, v: Any, same: bool, joint: Any, separate: Any, bias: Any) -> list[Any]:
    """Queries, keys and values after their matrices; of one input by one product."""
    e = q.shape[-1]
    parts = [slice(n * e, (n + 1) * e) for n in range(3)]
    if separate is None and same:
        whole = linear(q, joint, bias)
        return [whole[..., part] for part in parts]
    weights = [joint[part] for part in parts] if separate is None else separate
    biases = [None if bias is None else bias[part] for part in parts]
    return [linear(x, weight, b) for x, weight, b in zip((q, k, v), weights, biases, strict=True)]


def _heads(x: Any, heads: int) -> Any:
    """(N, L, E) as (N, heads, L, E / heads)."""
    return np.swapaxes(np.reshape(x, (x.shape[0], x.shape[1], heads, x.shape[2] // heads)), 1, 2)


def _bias(mask: Any, padding: Any, causal: bool, shape: tuple[int, int, int], heads: int, dtype: Any) -> Any:
    """Both masks as numbers that are added to the scores (N, heads, L, S), or None."""
    count, length, source = shape
    if causal and mask is None:
        mask = causal_mask(length, source)
    found = None
    if mask is not None:
        found = _scores(mask, dtype)
        if found.ndim == 3:
            found = np.reshape(found, (count, heads, *found.shape[1:]))
        if found.shape[-2:] != (length, source):
            raise refuse(
                f"MultiheadAttention got an attn_mask of shape {found.shape}",
                f"There are {length} queries and {source} keys.",
                f"Give ({length}, {source}).",
            )
    if padding is not None:
        hidden = _scores(padding, dtype)
        if hidden.shape not in ((count, source), (source,)):
            raise refuse(
                f"MultiheadAttention got a key_padding_mask of shape {hidden.shape}",
                f"There are {count} sequences of {source} keys.",
                f"Give ({count}, {source}).",
            )
        hidden = np.reshape(hidden, (-1, 1, 1, source))
        found = hidden if found is None else found + hidden
    return found


def _with_more(k: Any, v: Any, bias: Any, bias_k: Any, bias_v: Any, add_zero: bool) -> tuple[Any, Any, Any]:
    """Keys and values, with a trained one and one of zeros behind, if so wanted, which no mask hides."""
    more = [] if bias_k is None else [(bias_k, bias_v)]
    if add_zero:
        more.append((np.zeros((1, 1, k.shape[-1]), k.dtype),) * 2)
    for key, value in more:
        shape = (k.shape[0], 1, k.shape[-1])
        k = np.concatenate([k, np.broadcast_to(key, shape)], axis=1)
        v = np.concatenate([v, np.broadcast_to(value, shape)], axis=1)
        if bias is not None:
            bias = np.concatenate([bias, np.zeros((*bias.shape[:-1], 1), bias.dtype)], axis=-1)
    return k, v, bias


def _scores(mask: Any, dtype: Any) -> Any:
    """A mask, True where not to look, as numbers; numbers as they are."""
    m = lift(mask)
    return np.where(m, dtype.type(-np.inf), dtype.type(0)) if m.dtype.kind == "b" else m.astype(dtype)
