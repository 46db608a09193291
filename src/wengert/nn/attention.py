"""Attention with several heads, as a layer; `nn.functional.scaled_dot_product_attention` has the formula."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.errors import user_line
from wengert.nn import init
from wengert.nn.activation import linear
from wengert.nn.arguments import floats, out_of
from wengert.nn.attending import attend, causal_mask
from wengert.nn.geometry import refuse
from wengert.nn.linear import Linear, made
from wengert.nn.module import Module
from wengert.ops.spelling import lift

__all__ = ["MultiheadAttention"]


class MultiheadAttention(Module):
    """Several attentions side by side, each over a part of the features, between four matrices.

    embed_dim, num_heads: the features of queries, and how many parts they are cut into. dropout: of the weights, in
    training. bias: of the matrices. add_bias_kv: a trained key and value more. add_zero_attn: a key and value of zeros
    more. kdim, vdim: the features of keys and values, by default embed_dim. batch_first: inputs are (N, L, E), not
    (L, N, E).

    >>> import numpy as np, wengert as wg
    >>> x = np.ones((5, 2, 8))
    >>> out, weights = wg.nn.MultiheadAttention(8, 4)(x, x, x)
    >>> out.shape, weights.shape
    ((5, 2, 8), (2, 5, 5))
    """

    def __init__(
        self, embed_dim: int, num_heads: int, dropout: float = 0.0, bias: bool = True, add_bias_kv: bool = False,
        add_zero_attn: bool = False, kdim: int | None = None, vdim: int | None = None, batch_first: bool = False,
        device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        if embed_dim < 1 or num_heads < 1 or embed_dim % num_heads:
            raise refuse(
                f"MultiheadAttention got embed_dim={embed_dim} and num_heads={num_heads}",
                "The heads are equal parts of the features.",
                "Give an embed_dim that is a multiple of num_heads.",
            )
        if not 0 <= dropout <= 1:
            raise out_of(f"MultiheadAttention at {user_line()} got dropout={dropout}.", "from 0.0 to 1.0")
        self.embed_dim, self.num_heads, self.head_dim = embed_dim, num_heads, embed_dim // num_heads
        self.kdim, self.vdim = kdim or embed_dim, vdim or embed_dim
        self.dropout, self.batch_first, self.add_zero_attn = dropout, batch_first, add_zero_attn
        joint = self.kdim == embed_dim == self.vdim
        for name, n in (("q", embed_dim), ("k", self.kdim), ("v", self.vdim)):
            self.register_parameter(f"{name}_proj_weight", None if joint else made(embed_dim, n, dtype=dtype))
        self.register_parameter("in_proj_weight", made(3 * embed_dim, embed_dim, dtype=dtype) if joint else None)
        self.register_parameter("in_proj_bias", made(3 * embed_dim, dtype=dtype) if bias else None)
        self.out_proj = Linear(embed_dim, embed_dim, bias, dtype=dtype)
        self.register_parameter("bias_k", made(1, 1, embed_dim, dtype=dtype) if add_bias_kv else None)
        self.register_parameter("bias_v", made(1, 1, embed_dim, dtype=dtype) if add_bias_kv else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the initial numbers again: matrices by Glorot, biases 0."""
        for name in ("in_proj_weight", "q_proj_weight", "k_proj_weight", "v_proj_weight"):
            if getattr(self, name) is not None:
                init.xavier_uniform_(getattr(self, name))
        if self.in_proj_bias is not None:
            init.zeros_(self.in_proj_bias)
            init.zeros_(self.out_proj.bias)
        for extra in (self.bias_k, self.bias_v):
            if extra is not None:
                init.xavier_normal_(extra)

    def forward(
        self, query: Any, key: Any, value: Any, key_padding_mask: Any = None, need_weights: bool = True,
        attn_mask: Any = None, average_attn_weights: bool = True, is_causal: bool = False,
    ) -> tuple[Any, Any]:  # fmt: skip
        """The means, and the weights of the values (None unless `need_weights`).

        query: (L, N, E), (N, L, E) with `batch_first`, or (L, E); key and value likewise, with S for L.
        key_padding_mask: (N, S) or (S), True for keys that nobody looks at. attn_mask: (L, S) or (N · heads, L, S),
        True where a query must not look. Both may be numbers instead, to be added to the scores. is_causal: says that
        attn_mask is a causal one, which may then be left out. average_attn_weights: weights are (N, L, S) and not
        (N, heads, L, S).
        """
        q, k, v = (floats(x) for x in (query, key, value))
        single = q.ndim == 2
        if single:
            q, k, v = (x[None] for x in (q, k, v))
        elif not self.batch_first:
            same_kv = key is value
            q, k = np.swapaxes(q, 0, 1), np.swapaxes(k, 0, 1)
            v = k if same_kv else np.swapaxes(v, 0, 1)
        q, k, v = self._projected(q, k, v, query is key and key is value)
        count, length = q.shape[:2]
        bias = self._bias(attn_mask, key_padding_mask, is_causal, (count, length, k.shape[1]), q.dtype)
        k, v, bias = self._with_more(k, v, bias)
        q, k, v = (self._heads(x) for x in (q, k, v))
        out, weights = attend(q, k, v, bias, self.dropout if self.training else 0.0, None)
        out = self.out_proj(np.reshape(np.swapaxes(out, 1, 2), (count, length, self.embed_dim)))
        out = out[0] if single else out if self.batch_first else np.swapaxes(out, 0, 1)
        if not need_weights:
            return out, None
        weights = np.mean(weights, axis=1) if average_attn_weights else weights
        return out, (weights[0] if single else weights)

    def _projected(self, q: Any, k: Any, v: Any, same: bool) -> list[Any]:
        """Queries, keys and values after their matrices; of one input by one product."""
        e = self.embed_dim
        if self.in_proj_weight is not None and same:
            whole = linear(q, self.in_proj_weight, self.in_proj_bias)
            return [whole[..., n * e : (n + 1) * e] for n in range(3)]
        out = []
        for n, (x, name) in enumerate([(q, "q"), (k, "k"), (v, "v")]):
            part = slice(n * e, (n + 1) * e)
            weight = getattr(self, f"{name}_proj_weight") if self.in_proj_weight is None else self.in_proj_weight[part]
            out.append(linear(x, weight, None if self.in_proj_bias is None else self.in_proj_bias[part]))
        return out

    def _heads(self, x: Any) -> Any:
        """(N, L, E) as (N, heads, L, E / heads)."""
        return np.swapaxes(np.reshape(x, (x.shape[0], x.shape[1], self.num_heads, self.head_dim)), 1, 2)

    def _bias(self, mask: Any, padding: Any, causal: bool, shape: tuple[int, int, int], dtype: Any) -> Any:
        """Both masks as numbers that are added to the scores (N, heads, L, S), or None."""
        count, length, source = shape
        if causal and mask is None:
            mask = causal_mask(length, source)
        found = None
        if mask is not None:
            found = _scores(mask, dtype)
            if found.ndim == 3:
                found = np.reshape(found, (count, self.num_heads, length, source))
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

    def _with_more(self, k: Any, v: Any, bias: Any) -> tuple[Any, Any, Any]:
        """Keys and values, with a trained one and one of zeros behind, if so wanted, which no mask hides."""
        more = []
        if self.bias_k is not None:
            more.append((self.bias_k, self.bias_v))
        if self.add_zero_attn:
            more.append((np.zeros((1, 1, self.embed_dim), k.dtype),) * 2)
        for key, value in more:
            shape = (k.shape[0], 1, self.embed_dim)
            k = np.concatenate([k, np.broadcast_to(key, shape)], axis=1)
            v = np.concatenate([v, np.broadcast_to(value, shape)], axis=1)
            if bias is not None:
                bias = np.concatenate([bias, np.zeros((*bias.shape[:-1], 1), bias.dtype)], axis=-1)
        return k, v, bias


def _scores(mask: Any, dtype: Any) -> Any:
    """A mask, True where not to look, as numbers; numbers as they are."""
    m = lift(mask)
    return np.where(m, dtype.type(-np.inf), dtype.type(0)) if m.dtype.kind == "b" else m.astype(dtype)
