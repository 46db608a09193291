"""Batch normalisation in use, taken into the layer before it: the same function in one layer."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from wengert.errors import InvalidArgument, explain, user_line
from wengert.nn.module import Module
from wengert.nn.parameter import Parameter

__all__ = ["fuse_conv_bn_eval", "fuse_linear_bn_eval"]


def fuse_conv_bn_eval(conv: Any, bn: Any, transpose: bool = False) -> Any:
    """A convolution that does what a convolution and a batch normalisation do one after the other, both in use.

    transpose: whether the convolution is a transposed one, whose weight has its outputs on axis 1. Raises
    `InvalidArgument` for modules in training, and for a normalisation without statistics.

    >>> import numpy as np, wengert as wg
    >>> conv, bn = wg.nn.Conv1d(2, 4, 3).eval(), wg.nn.BatchNorm1d(4, eps=3.0).eval()
    >>> x = np.arange(10.0).reshape(1, 2, 5)
    >>> bool(np.allclose(wg.nn.utils.fusion.fuse_conv_bn_eval(conv, bn)(x), bn(conv(x))))
    True
    """
    return _fused(conv, bn, 1 if transpose else 0)


def fuse_linear_bn_eval(linear: Any, bn: Any) -> Any:
    """A `Linear` that does what a `Linear` and a batch normalisation do one after the other, both in use."""
    return _fused(linear, bn, 0)


def _fused(layer: Any, bn: Any, axis: int) -> Any:
    """γ (W x + b - μ) / √(v + ε) + β = (s W) x + s (b - μ) + β, with s = γ / √(v + ε)."""
    if layer.training or bn.training or bn.running_mean is None:
        raise InvalidArgument(
            explain(
                f"two layers were to be fused at {user_line()}.",
                "A normalisation is a fixed map in use alone, and by the statistics it has kept.",
                "Call model.eval() first, and let BatchNorm track its statistics.",
            )
        )
    made: Module = copy.deepcopy(layer)
    weight = layer.weight.detach()
    scale = 1 / np.sqrt(bn.running_var + bn.eps)
    scale = scale if bn.weight is None else scale * bn.weight.detach()
    bias = -bn.running_mean if layer.bias is None else layer.bias.detach() - bn.running_mean
    shift = 0.0 if bn.bias is None else bn.bias.detach()
    if axis:
        # (in, out / groups, …): every group of inputs has outputs of its own
        grouped = np.reshape(weight, (layer.groups, -1, *weight.shape[1:]))
        new = np.reshape(grouped * _last(np.reshape(scale, (layer.groups, 1, -1)), weight.ndim + 1), weight.shape)
    else:
        new = weight * _last(scale, weight.ndim)
    made.weight = Parameter(new.astype(weight.dtype), layer.weight.requires_grad)
    made.register_parameter("bias", Parameter((bias * scale + shift).astype(weight.dtype), layer.weight.requires_grad))
    return made


def _last(x: Any, ndim: int) -> Any:
    """With as many axes as asked for, the new ones at the end."""
    return np.reshape(x, (*x.shape, *[1] * (ndim - x.ndim)))
