"""Transformers: layers of attention and of two dense layers, each beside a shortcut and with a normalisation.

norm_first=False   x ← norm(x + part(x))           A. Vaswani et al., "Attention is all you need", 2017
norm_first=True    x ← x + part(norm(x))           R. Xiong et al., "On layer normalization in the transformer", 2020
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from wengert.errors import refuse
from wengert.nn import functional, init
from wengert.nn.attention import MultiheadAttention
from wengert.nn.containers import ModuleList
from wengert.nn.dropout import Dropout
from wengert.nn.functional.arguments import floats, unknown
from wengert.nn.functional.attending import causal_mask
from wengert.nn.linear import Linear
from wengert.nn.module import Module
from wengert.nn.normalisation import LayerNorm

__all__ = [
    "Transformer",
    "TransformerDecoder",
    "TransformerDecoderLayer",
    "TransformerEncoder",
    "TransformerEncoderLayer",
]

Activation = str | Callable[[Any], Any]


def _activation(given: Activation) -> Callable[[Any], Any]:
    if not isinstance(given, str):
        return given
    if given not in ("relu", "gelu"):
        raise unknown("activation", given, ("relu", "gelu", "a function"))
    return getattr(functional, given)  # type: ignore[no-any-return]


class _Layer(Module):
    """What layers of encoders and decoders have in common."""

    norm_first: bool
    activation: Callable[[Any], Any]

    def _make_dense(self, d_model: int, width: int, dropout: float, bias: bool, dtype: Any) -> None:
        self.linear1 = Linear(d_model, width, bias, dtype=dtype)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(width, d_model, bias, dtype=dtype)

    def _beside(self, x: Any, norm: Module, part: Callable[[Any], Any]) -> Any:
        """A part beside a shortcut, with its normalisation."""
        return x + part(norm(x)) if self.norm_first else norm(x + part(x))

    def _dense(self, x: Any) -> Any:
        return self.linear2(self.dropout(self.activation(self.linear1(x))))


class TransformerEncoderLayer(_Layer):
    """Attention of a sequence to itself, then two dense layers.

    d_model: the features. nhead: the heads of attention. dim_feedforward: the width between the dense layers. dropout:
    of weights and results, in training. activation: "relu", "gelu" or a function. layer_norm_eps: of the
    normalisations. batch_first: inputs are (N, L, E), not (L, N, E). norm_first: normalise before each part, and not
    after it. bias: of all layers within.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.TransformerEncoderLayer(8, 2, 16)(np.ones((5, 3, 8))).shape
    (5, 3, 8)
    """

    def __init__(
        self, d_model: int, nhead: int, dim_feedforward: int = 2048, dropout: float = 0.1,
        activation: Activation = functional.relu, layer_norm_eps: float = 1e-5, batch_first: bool = False,
        norm_first: bool = False, bias: bool = True, device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.self_attn = MultiheadAttention(
            d_model, nhead, dropout=dropout, bias=bias, batch_first=batch_first, dtype=dtype
        )
        self._make_dense(d_model, dim_feedforward, dropout, bias, dtype)
        self.norm_first = norm_first
        self.norm1 = LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)
        self.norm2 = LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)
        self.dropout1, self.dropout2 = Dropout(dropout), Dropout(dropout)
        self.activation = _activation(activation)

    def forward(
        self, src: Any, src_mask: Any = None, src_key_padding_mask: Any = None, is_causal: bool = False
    ) -> Any:  # fmt: skip
        """The layer; src_mask and src_key_padding_mask are True where not to look, as in `MultiheadAttention`."""

        def attend(x: Any) -> Any:
            out, _ = self.self_attn(x, x, x, src_key_padding_mask, False, src_mask, is_causal=is_causal)
            return self.dropout1(out)

        x = self._beside(floats(src), self.norm1, attend)
        return self._beside(x, self.norm2, lambda x: self.dropout2(self._dense(x)))


class TransformerDecoderLayer(_Layer):
    """Attention of a sequence to itself, then to a memory, then two dense layers.

    `TransformerEncoderLayer` explains the arguments.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.TransformerDecoderLayer(8, 2, 16)(np.ones((5, 3, 8)), np.ones((7, 3, 8))).shape
    (5, 3, 8)
    """

    def __init__(
        self, d_model: int, nhead: int, dim_feedforward: int = 2048, dropout: float = 0.1,
        activation: Activation = functional.relu, layer_norm_eps: float = 1e-5, batch_first: bool = False,
        norm_first: bool = False, bias: bool = True, device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        options: dict[str, Any] = {"dropout": dropout, "bias": bias, "batch_first": batch_first, "dtype": dtype}
        self.self_attn = MultiheadAttention(d_model, nhead, **options)
        self.multihead_attn = MultiheadAttention(d_model, nhead, **options)
        self._make_dense(d_model, dim_feedforward, dropout, bias, dtype)
        self.norm_first = norm_first
        self.norm1 = LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)
        self.norm2 = LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)
        self.norm3 = LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)
        self.dropout1, self.dropout2, self.dropout3 = Dropout(dropout), Dropout(dropout), Dropout(dropout)
        self.activation = _activation(activation)

    def forward(
        self, tgt: Any, memory: Any, tgt_mask: Any = None, memory_mask: Any = None, tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None, tgt_is_causal: bool = False, memory_is_causal: bool = False,
    ) -> Any:  # fmt: skip
        """The layer; masks are True where not to look, as in `MultiheadAttention`."""

        def attend(x: Any) -> Any:
            out, _ = self.self_attn(x, x, x, tgt_key_padding_mask, False, tgt_mask, is_causal=tgt_is_causal)
            return self.dropout1(out)

        def look(x: Any) -> Any:
            out, _ = self.multihead_attn(
                x, memory, memory, memory_key_padding_mask, False, memory_mask, is_causal=memory_is_causal
            )
            return self.dropout2(out)

        x = self._beside(floats(tgt), self.norm1, attend)
        x = self._beside(x, self.norm2, look)
        return self._beside(x, self.norm3, lambda x: self.dropout3(self._dense(x)))


class TransformerEncoder(Module):
    """Copies of an encoder layer in a row, and a normalisation if one is given.

    >>> import numpy as np, wengert as wg
    >>> layer = wg.nn.TransformerEncoderLayer(8, 2, 16)
    >>> wg.nn.TransformerEncoder(layer, 3)(np.ones((5, 3, 8))).shape
    (5, 3, 8)
    """

    def __init__(
        self, encoder_layer: Module, num_layers: int, norm: Module | None = None, enable_nested_tensor: bool = True,
        mask_check: bool = True,
    ) -> None:  # fmt: skip
        super().__init__()
        self.layers = ModuleList([copy.deepcopy(encoder_layer) for _ in range(num_layers)])
        self.num_layers = num_layers
        self.norm = norm

    def forward(
        self, src: Any, mask: Any = None, src_key_padding_mask: Any = None, is_causal: bool | None = None
    ) -> Any:  # fmt: skip
        """The layers, one after the other."""
        for layer in self.layers:
            src = layer(src, mask, src_key_padding_mask, is_causal=bool(is_causal))
        return src if self.norm is None else self.norm(src)


class TransformerDecoder(Module):
    """Copies of a decoder layer in a row, and a normalisation if one is given.

    >>> import numpy as np, wengert as wg
    >>> layer = wg.nn.TransformerDecoderLayer(8, 2, 16)
    >>> wg.nn.TransformerDecoder(layer, 2)(np.ones((5, 3, 8)), np.ones((7, 3, 8))).shape
    (5, 3, 8)
    """

    def __init__(self, decoder_layer: Module, num_layers: int, norm: Module | None = None) -> None:
        super().__init__()
        self.layers = ModuleList([copy.deepcopy(decoder_layer) for _ in range(num_layers)])
        self.num_layers = num_layers
        self.norm = norm

    def forward(
        self, tgt: Any, memory: Any, tgt_mask: Any = None, memory_mask: Any = None, tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None, tgt_is_causal: bool | None = None, memory_is_causal: bool = False,
    ) -> Any:  # fmt: skip
        """The layers, one after the other, each looking at the memory."""
        for layer in self.layers:
            tgt = layer(
                tgt, memory, tgt_mask, memory_mask, tgt_key_padding_mask, memory_key_padding_mask,
                bool(tgt_is_causal), memory_is_causal,
            )  # fmt: skip
        return tgt if self.norm is None else self.norm(tgt)


class Transformer(Module):
    """An encoder, and a decoder that looks at what it made.

    The arguments are those of `TransformerEncoderLayer`, and how many layers there are; or the encoder and decoder
    themselves.

    >>> import numpy as np, wengert as wg
    >>> model = wg.nn.Transformer(8, 2, 1, 1, 16)
    >>> model(np.ones((7, 3, 8)), np.ones((5, 3, 8))).shape
    (5, 3, 8)
    """

    def __init__(
        self, d_model: int = 512, nhead: int = 8, num_encoder_layers: int = 6, num_decoder_layers: int = 6,
        dim_feedforward: int = 2048, dropout: float = 0.1, activation: Activation = functional.relu,
        custom_encoder: Any = None, custom_decoder: Any = None, layer_norm_eps: float = 1e-5,
        batch_first: bool = False, norm_first: bool = False, bias: bool = True, device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        options = (
            d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias, device,
            dtype,
        )  # fmt: skip
        if custom_encoder is None:
            norm = LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)
            custom_encoder = TransformerEncoder(TransformerEncoderLayer(*options), num_encoder_layers, norm)
        if custom_decoder is None:
            norm = LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)
            custom_decoder = TransformerDecoder(TransformerDecoderLayer(*options), num_decoder_layers, norm)
        self.encoder, self.decoder = custom_encoder, custom_decoder
        self.d_model, self.nhead, self.batch_first = d_model, nhead, batch_first
        for p in self.parameters():
            if p.ndim > 1:
                init.xavier_uniform_(p)

    def forward(
        self, src: Any, tgt: Any, src_mask: Any = None, tgt_mask: Any = None, memory_mask: Any = None,
        src_key_padding_mask: Any = None, tgt_key_padding_mask: Any = None, memory_key_padding_mask: Any = None,
        src_is_causal: bool | None = None, tgt_is_causal: bool | None = None, memory_is_causal: bool = False,
    ) -> Any:  # fmt: skip
        """The decoder at `tgt`, given what the encoder makes of `src`; masks are True where not to look."""
        if np.shape(src)[-1] != self.d_model or np.shape(tgt)[-1] != self.d_model:
            raise refuse(
                f"Transformer got inputs of shapes {tuple(np.shape(src))} and {tuple(np.shape(tgt))}",
                f"Their last axes are the {self.d_model} features.",
                f"Give arrays of {self.d_model} features.",
            )
        memory = self.encoder(src, src_mask, src_key_padding_mask, src_is_causal)
        return self.decoder(
            tgt, memory, tgt_mask, memory_mask, tgt_key_padding_mask, memory_key_padding_mask, tgt_is_causal,
            memory_is_causal,
        )  # fmt: skip

    @staticmethod
    def generate_square_subsequent_mask(sz: int, device: Any = None, dtype: Any = None) -> Any:
        """-∞ above the diagonal and 0 elsewhere: to be added to scores, so that no query looks at a later key.

        >>> import wengert as wg
        >>> wg.nn.Transformer.generate_square_subsequent_mask(2)
        array([[  0., -inf],
               [  0.,   0.]])
        """
        return np.where(causal_mask(sz), -np.inf, 0.0).astype(np.float64 if dtype is None else dtype)
