"""Normalisation: functions of `nn.functional`.

Numbers along some axes are shifted and scaled to mean 0 and variance 1 (eps is added to the variance), then scaled by a
weight and shifted by a bias, if there are. The functions differ in the axes, of an input (N, C, …):

    batch_norm       all but C          statistics of the batch, or running ones
    instance_norm    all but N and C
    group_norm       the same, and the channels of a group
    layer_norm       the last ones
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from wengert.errors import refuse
from wengert.nn.functional.arguments import floats
from wengert.nn.functional.running import mix
from wengert.ops import normalise
from wengert.ops.spelling import lift

__all__ = ["batch_norm", "group_norm", "instance_norm", "layer_norm", "local_response_norm", "rms_norm"]


def _affine(z: Any, weight: Any, bias: Any, rank: int) -> Any:
    """z times weight plus bias; rank: how many axes of z follow the first one of these."""
    tail = (1,) * rank
    if weight is not None:
        w = lift(weight)
        z = z * (np.reshape(w, (*w.shape, *tail)) if rank else w)
    if bias is not None:
        b = lift(bias)
        z = z + (np.reshape(b, (*b.shape, *tail)) if rank else b)
    return z


def _shape(normalized_shape: int | Sequence[int], x: Any, weight: Any, name: str) -> tuple[int, ...]:
    shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
    if not shape or x.shape[x.ndim - len(shape) :] != shape or (weight is not None and weight.shape != shape):
        raise refuse(
            f"{name} got an input of shape {x.shape} and normalized_shape={shape}",
            "These are the last axes of the input, and the shape of the weight.",
            f"Give normalized_shape={x.shape[-1:]}, for example.",
        )
    return tuple(range(x.ndim - len(shape), x.ndim))


def layer_norm(
    input: Any, normalized_shape: int | Sequence[int], weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Any:  # fmt: skip
    """The last axes brought to mean 0 and variance 1, then scaled and shifted.

    normalized_shape: their lengths; weight and bias are of this shape. J. L. Ba et al., "Layer normalization", 2016.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.layer_norm(np.array([[1.0, 3.0], [0.0, 8.0]]), (2,), eps=0.0)
    array([[-1.,  1.],
           [-1.,  1.]])
    """
    x = floats(input)
    axis = _shape(normalized_shape, x, weight, "layer_norm")
    return _affine(normalise.standardize(x, axis=axis, eps=eps)[0], weight, bias, 0)


def rms_norm(
    input: Any, normalized_shape: int | Sequence[int], weight: Any = None, eps: float | None = None
) -> Any:  # fmt: skip
    """The last axes brought to mean square 1, then scaled.

    eps: added to the mean square; by default the dtype's. B. Zhang and R. Sennrich, "Root mean square layer
    normalization", 2019.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.rms_norm(np.array([1.0, 7.0]), 2)
    array([0.2, 1.4])
    """
    x = floats(input)
    axis = _shape(normalized_shape, x, weight, "rms_norm")
    eps = float(np.finfo(x.dtype).eps) if eps is None else eps
    return _affine(normalise.unit_square(x, axis=axis, eps=eps)[0], weight, None, 0)


def _channels(x: Any, name: str, least: int = 2) -> int:
    if x.ndim < least:
        raise refuse(
            f"{name} got an input of shape {x.shape}",
            "Axis 1 is that of the channels.",
            "Give an input of shape (N, C, …).",
        )
    return int(x.shape[1])


def _check(x: Any, count: int, name: str, **given: Any) -> None:
    for what, value in given.items():
        if value is not None and value.shape != (count,):
            raise refuse(
                f"{name} got an input of shape {x.shape} and {what} of shape {value.shape}",
                f"There is one number for each of the {count} channels.",
                f"Give {what} of shape ({count},).",
            )


def group_norm(input: Any, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    """Groups of channels brought to mean 0 and variance 1 in each example, then scaled and shifted by channel.

    num_groups: of how many equal parts the channels consist. Y. Wu and K. He, "Group normalization", 2018.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.group_norm(np.array([[1.0, 3.0, 0.0, 8.0]]), 2, eps=0.0)
    array([[-1.,  1., -1.,  1.]])
    """
    x = floats(input)
    count = _channels(x, "group_norm")
    if num_groups < 1 or count % num_groups:
        raise refuse(
            f"group_norm got {count} channels and num_groups={num_groups}",
            "The groups are equal parts of the channels.",
            "Give a number of groups that divides them.",
        )
    _check(x, count, "group_norm", weight=weight, bias=bias)
    size = count // num_groups * math.prod(x.shape[2:])
    parts = np.reshape(x, (x.shape[0], num_groups, size))
    z = normalise.standardize(parts, axis=(2,), eps=eps)[0]
    return _affine(np.reshape(z, x.shape), weight, bias, x.ndim - 2)


def batch_norm(
    input: Any, running_mean: Any, running_var: Any, weight: Any = None, bias: Any = None, training: bool = False,
    momentum: Any = 0.1, eps: float = 1e-5,
) -> Any:  # fmt: skip
    """Channels brought to mean 0 and variance 1, then scaled and shifted.

    input: (N, C, …). weight, bias: (C) or None. training: with the statistics of the batch, which the running ones are
    moved towards, in place, by the share `momentum` (the variance as an estimate, with N … - 1); otherwise with the
    running ones. running_mean, running_var: (C), or None to keep none. Raises `InvalidArgument` for a single number per
    channel, which has no variance, and `BatchedValue` where running statistics would be of a vmapped input. S. Ioffe
    and C. Szegedy, "Batch normalization", 2015.

    >>> import numpy as np, wengert as wg
    >>> mean, var = np.zeros(1), np.ones(1)
    >>> wg.nn.functional.batch_norm(np.array([[1.0], [3.0]]), mean, var, training=True, eps=0.0).ravel(), mean, var
    (array([-1.,  1.]), array([0.2]), array([1.1]))
    """
    x = floats(input)
    count = _channels(x, "batch_norm")
    _check(x, count, "batch_norm", running_mean=running_mean, running_var=running_var, weight=weight, bias=bias)
    rank = x.ndim - 2
    if not training:
        if running_mean is None or running_var is None:
            raise refuse(
                "batch_norm got no running statistics",
                "Without training=True it takes these and not those of the batch.",
                "Give running_mean and running_var, or training=True.",
            )
        return _by_known(x, running_mean, running_var, weight, bias, eps)
    each = x.shape[0] * math.prod(x.shape[2:])
    if not each:
        return _affine(x, weight, bias, rank)  # an empty batch has no statistics, and moves none
    if each == 1:
        raise refuse(
            f"batch_norm in training got an input of shape {x.shape}",
            "One number per channel has no variance.",
            "Give a larger batch, or call model.eval() first.",
        )
    z, mean, var = normalise.standardize(x, axis=(0, *range(2, x.ndim)), eps=eps)
    if running_mean is not None:
        mix(running_mean, mean, momentum)
    if running_var is not None:
        mix(running_var, var * (each / max(each - 1, 1)), momentum)
    return _affine(z, weight, bias, rank)


def _by_known(x: Any, mean: Any, var: Any, weight: Any, bias: Any, eps: float) -> Any:
    """(x - μ) w / √(v + eps) + b as one product and one sum over the entries."""
    scale = 1 / np.sqrt(lift(var) + eps)
    scale = scale if weight is None else scale * lift(weight)
    shift = -lift(mean) * scale
    shift = shift if bias is None else shift + lift(bias)
    return _affine(x, scale.astype(x.dtype, copy=False), shift.astype(x.dtype, copy=False), x.ndim - 2)


def instance_norm(
    input: Any, running_mean: Any = None, running_var: Any = None, weight: Any = None, bias: Any = None,
    use_input_stats: bool = True, momentum: Any = 0.1, eps: float = 1e-5,
) -> Any:  # fmt: skip
    """Each channel of each example brought to mean 0 and variance 1, then scaled and shifted by channel.

    input: (N, C, …) with at least one more axis. use_input_stats: with the statistics of the input, which the running
    ones, if given, are moved towards (their mean over the examples); otherwise with the running ones. D. Ulyanov et
    al., "Instance normalization", 2016.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.instance_norm(np.array([[[1.0, 3.0], [0.0, 8.0]]]), eps=0.0)
    array([[[-1.,  1.],
            [-1.,  1.]]])
    """
    x = floats(input)
    count = _channels(x, "instance_norm", 3)
    _check(x, count, "instance_norm", running_mean=running_mean, running_var=running_var, weight=weight, bias=bias)
    if not use_input_stats:
        return batch_norm(x, running_mean, running_var, weight, bias, False, momentum, eps)
    if not x.size:
        return _affine(x, weight, bias, x.ndim - 2)
    each = math.prod(x.shape[2:])
    if each == 1:
        raise refuse(
            f"instance_norm got an input of shape {x.shape}",
            "One number per channel has no variance.",
            "Give an input with more than one spatial entry.",
        )
    z, mean, var = normalise.standardize(x, axis=tuple(range(2, x.ndim)), eps=eps)
    if running_mean is not None:
        mix(running_mean, np.mean(mean, axis=0), momentum)
    if running_var is not None:
        mix(running_var, np.mean(var, axis=0) * (each / max(each - 1, 1)), momentum)
    return _affine(z, weight, bias, x.ndim - 2)


def local_response_norm(
    input: Any, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Any:  # fmt: skip
    """x / (k + alpha m)^beta, with m the mean square of `size` neighbouring channels (absent ones count as 0).

    A. Krizhevsky et al., "ImageNet classification with deep convolutional neural networks", 2012.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.local_response_norm(np.array([[[3.0], [0.0]]]), 2, alpha=2.0, beta=1.0).ravel()
    array([0.3, 0. ])
    """
    x = floats(input)
    count = _channels(x, "local_response_norm", 3)
    before = size // 2
    widths = [(0, 0), (before, size - 1 - before)] + [(0, 0)] * (x.ndim - 2)
    squares = np.pad(x * x, widths)
    total = squares[:, :count]
    for n in range(1, size):
        total = total + squares[:, n : n + count]
    return x / (k + alpha / size * total) ** beta
