"""Attention with several heads, as a layer; `nn.functional.scaled_dot_product_attention` has the formula."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.errors import refuse, user_line
from wengert.nn import init
from wengert.nn.functional.arguments import floats, out_of
from wengert.nn.functional.heads import multi_head_attention_forward
from wengert.nn.linear import Linear, made
from wengert.nn.module import Module

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
        first = self.batch_first and q.ndim == 3
        if first:
            same, same_kv = query is key, key is value
            q = np.swapaxes(q, 0, 1)
            k = q if same else np.swapaxes(k, 0, 1)
            v = k if same_kv else np.swapaxes(v, 0, 1)
        elif key is value:
            k, v = (q, q) if query is key else (k, k)
        out, weights = multi_head_attention_forward(
            q, k, v, self.embed_dim, self.num_heads, self.in_proj_weight, self.in_proj_bias, self.bias_k, self.bias_v,
            self.add_zero_attn, self.dropout, self.out_proj.weight, self.out_proj.bias, self.training,
            key_padding_mask, need_weights, attn_mask, self.in_proj_weight is None, self.q_proj_weight,
            self.k_proj_weight, self.v_proj_weight, average_attn_weights=average_attn_weights, is_causal=is_causal,
        )  # fmt: skip
        return (np.swapaxes(out, 0, 1) if first else out), weights
