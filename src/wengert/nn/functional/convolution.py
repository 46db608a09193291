"""Convolutions of one, two and three dimensions, transposed ones, and their windows: functions of `nn.functional`."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.errors import refuse
from wengert.nn.functional.geometry import check_positive, images, inexact, per_axis, same_size
from wengert.ops import convolve, windows
from wengert.ops.windows import Sizes

__all__ = [
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_tbc",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "fold",
    "unfold",
]


def conv1d(
    input: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Any:
    """Sums of windows of a signal times kernels, as `conv2d` with one spatial axis.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.conv1d(np.array([[[1.0, 2.0, 4.0]]]), np.array([[[-1.0, 1.0]]]))
    array([[[1., 2.]]])
    """
    return _conv(1, input, weight, bias, stride, padding, dilation, groups)


def conv2d(
    input: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Any:
    """Windows of images times kernels: out[n, o, p] = bias[o] + Σ weight[o, c, k] input[n, c, s p + d k - padding].

    input: (N, C, H, W), or (C, H, W) for one image. weight: (O, C / groups, h, w). bias: (O) or None. stride s and
    dilation d: an integer, or one per spatial axis. padding: the same, the zeros before and behind; or "valid" (none),
    or "same" (as many results as entries, for stride 1). groups: parts of the channels that are convolved apart.
    Raises `InvalidArgument` (a ValueError) where shapes do not fit.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.conv2d(np.ones((1, 1, 3, 3)), np.ones((1, 1, 2, 2)), padding="same")[0, 0]
    array([[4., 4., 2.],
           [4., 4., 2.],
           [2., 2., 1.]])
    """
    return _conv(2, input, weight, bias, stride, padding, dilation, groups)


def conv3d(
    input: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Any:
    """Sums of windows of volumes times kernels, as `conv2d` with three spatial axes.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.conv3d(np.ones((1, 2, 2, 2)), np.ones((1, 1, 2, 2, 2)), bias=[1.0])
    array([[[[9.]]]])
    """
    return _conv(3, input, weight, bias, stride, padding, dilation, groups)


def _conv(
    d: int, input: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any, groups: int
) -> Any:  # fmt: skip
    name = f"conv{d}d"
    x, single = images(inexact(input), d, name)
    w = _kernels(weight, d, groups, name)
    if x.shape[1] != w.shape[1] * groups:
        raise refuse(
            f"{name} got an input of {x.shape[1]} channels and a weight of shape {w.shape}",
            f"With groups={groups} such kernels are for {w.shape[1] * groups} channels.",
            "Give a weight of shape (out, channels / groups, …).",
        )
    kernel, s, dil = w.shape[2:], per_axis(stride, d, "stride", 1), per_axis(dilation, d, "dilation", 1)
    low, high = _padding(padding, kernel, s, dil, name)
    size = tuple([
        (n + a + b - e * (k - 1) - 1) // step + 1
        for n, a, b, k, e, step in zip(x.shape[2:], low, high, kernel, dil, s, strict=True)
    ])  # fmt: skip
    check_positive(size, name, x.shape)
    out = convolve.convolution(x, w, stride=s, dilation=dil, low=low, groups=groups, size=size)
    return _finished(out, bias, single, name)


def _kernels(weight: Any, d: int, groups: int, name: str) -> Any:
    w = inexact(weight)
    if w.ndim != d + 2 or groups < 1 or w.shape[0] % groups:
        raise refuse(
            f"{name} got a weight of shape {w.shape} with groups={groups}",
            f"It has {d + 2} axes, and the first is as long as a multiple of the groups.",
            "Give one kernel per result and channel.",
        )
    return w


def _padding(padding: Any, kernel: Sizes, stride: Sizes, dilation: Sizes, name: str) -> tuple[Sizes, Sizes]:
    """How many zeros there are before and behind."""
    if not isinstance(padding, str):
        both = per_axis(padding, len(kernel), "padding")
        return both, both
    if padding == "valid":
        return (0,) * len(kernel), (0,) * len(kernel)
    if padding != "same" or any(s != 1 for s in stride):
        raise refuse(
            f"{name} got padding={padding!r} with stride={stride}",
            'The words are "valid" and "same"; "same" is for a stride of 1.',
            "Give the number of zeros on both sides.",
        )
    low = same_size(kernel, dilation)
    return low, tuple([d * (k - 1) - a for k, d, a in zip(kernel, dilation, low, strict=True)])


def _finished(out: Any, bias: Any, single: bool, name: str) -> Any:
    if bias is not None:
        b = inexact(bias)
        if b.shape != (out.shape[1],):
            raise refuse(
                f"{name} got a bias of shape {b.shape}",
                f"There is one number for each of the {out.shape[1]} results.",
                f"Give a bias of shape ({out.shape[1]},).",
            )
        out = out + np.reshape(b, (-1,) + (1,) * (out.ndim - 2))
    return out[0] if single else out


# --- transposed -------------------------------------------------------------------------------------------------


def conv_transpose1d(
    input: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, output_padding: Any = 0,
    groups: int = 1, dilation: Any = 1,
) -> Any:  # fmt: skip
    """The transpose of `conv1d`: every entry of the input times a kernel, added up where the kernels overlap.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.conv_transpose1d(np.array([[[1.0, 2.0]]]), np.array([[[1.0, 10.0]]]))
    array([[[ 1., 12., 20.]]])
    """
    return _conv_transpose(1, input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose2d(
    input: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, output_padding: Any = 0,
    groups: int = 1, dilation: Any = 1,
) -> Any:  # fmt: skip
    """The transpose of `conv2d`: every entry of the input times a kernel, added up where the kernels overlap.

    input: (N, C, H, W) or (C, H, W). weight: (C, O / groups, h, w). bias: (O) or None. stride, padding, dilation,
    groups: of the convolution that this is the transpose of; its result had the shape of `input`. output_padding: by
    how much its input was longer than it had to be. The result has (n - 1) stride - 2 padding + dilation (k - 1) +
    output_padding + 1 entries per axis. Raises `InvalidArgument` (a ValueError) where shapes do not fit.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.conv_transpose2d(np.ones((1, 1, 2, 2)), np.ones((1, 1, 2, 2)))[0, 0]
    array([[1., 2., 1.],
           [2., 4., 2.],
           [1., 2., 1.]])
    """
    return _conv_transpose(2, input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose3d(
    input: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, output_padding: Any = 0,
    groups: int = 1, dilation: Any = 1,
) -> Any:  # fmt: skip
    """The transpose of `conv3d`, as `conv_transpose2d` with three spatial axes.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.conv_transpose3d(np.ones((1, 1, 1, 1, 1)), np.ones((1, 2, 1, 1, 3)), stride=2).shape
    (1, 2, 1, 1, 3)
    """
    return _conv_transpose(3, input, weight, bias, stride, padding, output_padding, groups, dilation)


def _conv_transpose(
    d: int, input: Any, weight: Any, bias: Any, stride: Any, padding: Any, output_padding: Any, groups: int,
    dilation: Any,
) -> Any:  # fmt: skip
    name = f"conv_transpose{d}d"
    y, single = images(inexact(input), d, name)
    w = _kernels(weight, d, groups, name)
    if y.shape[1] != w.shape[0]:
        raise refuse(
            f"{name} got an input of {y.shape[1]} channels and a weight of shape {w.shape}",
            f"Such kernels are for {w.shape[0]} channels.",
            "Give a weight of shape (channels, out / groups, …).",
        )
    s, dil = per_axis(stride, d, "stride", 1), per_axis(dilation, d, "dilation", 1)
    low, more = per_axis(padding, d, "padding"), per_axis(output_padding, d, "output_padding")
    if any(m >= max(step, e) for m, step, e in zip(more, s, dil, strict=True)):
        raise refuse(
            f"{name} got output_padding={more} with stride={s} and dilation={dil}",
            "A convolution leaves out less than its stride or dilation at the end of its input.",
            "Give an output_padding below the stride or the dilation.",
        )
    size = tuple([
        (n - 1) * step - 2 * a + e * (k - 1) + m + 1
        for n, step, a, e, k, m in zip(y.shape[2:], s, low, dil, w.shape[2:], more, strict=True)
    ])  # fmt: skip
    check_positive(size, name, y.shape)
    out = convolve.convolution_input(y, w, stride=s, dilation=dil, low=low, groups=groups, size=size)
    return _finished(out, bias, single, name)


# --- windows ----------------------------------------------------------------------------------------------------


def unfold(input: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Any:
    """The windows of images as columns: (N, C, H, W) becomes (N, C · entries of a window, windows).

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.unfold(np.arange(6.0).reshape(1, 1, 2, 3), (2, 2))[0]
    array([[0., 1.],
           [1., 2.],
           [3., 4.],
           [4., 5.]])
    """
    x, single = images(input, 2, "unfold")
    params = _windows(kernel_size, dilation, padding, stride)
    size = _count(x.shape[2:], **params)
    check_positive(size, "unfold", x.shape)
    columns = windows.patches(x, **params, size=size)
    columns = np.reshape(columns, (x.shape[0], x.shape[1] * windows.area(params["kernel"]), windows.area(size)))
    return columns[0] if single else columns


def fold(
    input: Any, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
) -> Any:  # fmt: skip
    """The transpose of `unfold`: windows put back to their places in an image, and added up where they overlap.

    input: (N, C · entries of a window, windows), or without N. output_size: (H, W).

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.fold(np.ones((1, 4, 2)), (2, 3), (2, 2))[0, 0]
    array([[1., 2., 1.],
           [1., 2., 1.]])
    """
    columns, single = images(input, 1, "fold")
    params, size = _windows(kernel_size, dilation, padding, stride), per_axis(output_size, 2, "output_size", 1)
    count = _count(size, **params)
    entries = windows.area(params["kernel"])
    if columns.shape[1] % entries or columns.shape[2] != windows.area(count):
        raise refuse(
            f"fold got columns of shape {columns.shape} for an image of shape {size}",
            f"It has {windows.area(count)} windows of {entries} entries.",
            f"Give an input of shape (N, C · {entries}, {windows.area(count)}).",
        )
    parts = np.reshape(columns, (columns.shape[0], columns.shape[1] // entries, *params["kernel"], *count))
    out = windows.unpatches(parts, **params, size=size)
    return out[0] if single else out


def _windows(kernel_size: Any, dilation: Any, padding: Any, stride: Any) -> dict[str, Sizes]:
    return {
        "kernel": per_axis(kernel_size, 2, "kernel_size", 1),
        "stride": per_axis(stride, 2, "stride", 1),
        "dilation": per_axis(dilation, 2, "dilation", 1),
        "low": per_axis(padding, 2, "padding"),
    }


def _count(length: Sizes, kernel: Sizes, stride: Sizes, dilation: Sizes, low: Sizes) -> Sizes:
    """How many windows there are."""
    return tuple([
        (n + 2 * a - d * (k - 1) - 1) // s + 1
        for n, k, s, d, a in zip(length, kernel, stride, dilation, low, strict=True)
    ])  # fmt: skip


def conv_tbc(input: Any, weight: Any, bias: Any, pad: int = 0) -> Any:
    """`conv1d` of an input (time, N, C) with a weight (size, C, out); the result is (time, N, out).

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.conv_tbc(np.array([[[1.0]], [[2.0]]]), np.ones((2, 1, 1)), np.zeros(1)).ravel()
    array([3.])
    """
    out = conv1d(np.transpose(input, (1, 2, 0)), np.transpose(weight, (2, 1, 0)), bias, padding=pad)
    return np.transpose(out, (2, 0, 1))
