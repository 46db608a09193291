"""Activations and losses, with PyTorch's names, arguments and values.

Arguments are arrays, or boxes of any interpreter: tensors of the tape, values under `grad`, `jvp`, `vmap`, `trace`.
Floats keep their dtype, integers count as float64. ``axis=`` may be written for ``dim=``. Losses take
``reduction="mean"``, ``"sum"`` or ``"none"``; no finite logit, however large, makes them NaN.
"""

from wengert.nn.activation import (
    bilinear,
    dropout,
    embedding,
    gelu,
    leaky_relu,
    linear,
    log_softmax,
    one_hot,
    relu,
    sigmoid,
    softmax,
    softplus,
    tanh,
)
from wengert.nn.loss import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    l1_loss,
    mse_loss,
    multi_margin_loss,
    nll_loss,
)

__all__ = [
    "bilinear",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "dropout",
    "embedding",
    "gelu",
    "l1_loss",
    "leaky_relu",
    "linear",
    "log_softmax",
    "mse_loss",
    "multi_margin_loss",
    "nll_loss",
    "one_hot",
    "relu",
    "sigmoid",
    "softmax",
    "softplus",
    "tanh",
]
