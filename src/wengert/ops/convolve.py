"""Convolution: the trilinear form of images x, kernels w and results y, read in its three directions.

    T(x, w, y) = Σ  x[n, g, c, s p + d k - low] · w[g, o, c, k] · y[n, g, o, p]

Leaving one of the three out gives three rows, each of which has the two others as its transposes, so that the family is
closed under differentiation of every order:

    convolution         x w -> y       correlation of images with kernels, as in neural networks
    convolution_input   y w -> x       "transposed convolution"
    convolution_weight  x y -> w       correlation of images with results

Shapes: x is (N, G C, *n), w (G O, C, *k), y (N, G O, *p), with the G groups of channels of `groups`. Other params are
those of `windows`: stride s, dilation d, low, and `size`, the spatial shape of the result.

Values are products of matrices: the windows are copied side by side as columns of a matrix (K. Chellapilla, S. Puri and
P. Simard, "High performance convolutional neural networks for document processing", 2006), for some images at a time,
so that it is in the cache when it is multiplied by the matrix of kernels. Numbers are copied in runs as long as a row
of results. Where rows are short, the images become one more axis, the last, along which nothing is convolved.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from wengert.core.apply import apply
from wengert.core.op import Op, multilinear
from wengert.ops.linalg import conj
from wengert.ops.windows import Sizes, area, entries, reach, stretch, windows

__all__: list[str] = []

_BLOCK = 512 << 10  # bytes of columns that are made at a time
_SHORT, _SEVERAL = 16, 8  # rows of results that are, and how many images it takes to make up for it
_TURNED = 2 << 20  # bytes of columns at a time, of images that are the last axis


# --- values -----------------------------------------------------------------------------------------------------


def _columns(
    x: Any, kernel: Sizes, count: Sizes, stride: Sizes, dilation: Sizes, low: Sizes, groups: int
) -> Iterator[tuple[slice, Any]]:
    """Some images at a time, and of these the windows as matrices: (images, groups, channels · kernel, windows)."""
    whole = stretch(x, low, reach(kernel, count, stride, dilation))
    view = windows(whole, kernel, count, stride, dilation)
    shape = (groups, x.shape[1] // groups * area(kernel), area(count))
    lie_so = view.flags.c_contiguous  # as those of 1 × 1 kernels do
    room: Any = None
    for rows in _in_blocks(len(x), math.prod(shape) * x.itemsize):
        part = view[rows]
        if not lie_so:
            room = np.empty_like(part, order="C") if room is None else room[: len(part)]
            np.copyto(room, part)
            part = room
        yield rows, part.reshape(len(part), *shape)


def _in_blocks(images: int, each: int, room: int = _BLOCK, least: int = 1) -> Iterator[slice]:
    step = max(room // max(each, 1), least)
    for first in range(0, images, step):
        yield slice(first, first + step)


def _kernels(w: Any, groups: int) -> Any:
    """Kernels as matrices: (groups, outputs, channels · kernel)."""
    return w.reshape(groups, w.shape[0] // groups, w.shape[1] * area(w.shape[2:]))


def _flat(y: Any, groups: int) -> Any:
    """Results as matrices: (images, groups, outputs, windows)."""
    return y.reshape(len(y), groups, y.shape[1] // groups, area(y.shape[2:]))


def _turning(images: int, w: Sizes, count: Sizes, itemsize: int) -> Iterator[slice] | None:
    """Some images at a time, where they are to become the last axis."""
    if count[-1] >= _SHORT or images < _SEVERAL or area(w[2:]) == 1:
        return None
    return _in_blocks(images, math.prod(w[1:]) * area(count) * itemsize, _TURNED, _SEVERAL)


def _turned(x: Any) -> Any:
    """(images, channels, …) as (1, channels, …, images)."""
    return np.ascontiguousarray(np.moveaxis(x, 0, -1)[None])


def _turned_back(x: Any) -> Any:
    return np.moveaxis(x[0], -1, 0)


def _convolution(x: Any, w: Any, stride: Sizes, dilation: Sizes, low: Sizes, groups: int, size: Sizes) -> Any:
    y = np.empty((len(x), len(w), *size), np.result_type(x, w))
    turning = _turning(len(x), w.shape, size, y.itemsize)
    if turning is not None:
        for rows in turning:
            part, more = _turned(x[rows]), ((*stride, 1), (*dilation, 1), (*low, 0), groups)
            y[rows] = _turned_back(_convolution(part, w[..., None], *more, (*size, part.shape[-1])))
        return y
    left, out = _kernels(w, groups), _flat(y, groups)
    for rows, columns in _columns(x, w.shape[2:], size, stride, dilation, low, groups):
        np.matmul(left, columns, out=out[rows])
    return y


def _convolution_weight(x: Any, y: Any, stride: Sizes, dilation: Sizes, low: Sizes, groups: int, size: Sizes) -> Any:
    w = np.zeros((y.shape[1], x.shape[1] // groups, *size), np.result_type(x, y))
    turning = _turning(len(x), w.shape, y.shape[2:], w.itemsize)
    if turning is not None:
        more = ((*stride, 1), (*dilation, 1), (*low, 0), groups, (*size, 1))
        for rows in turning:
            w += _convolution_weight(_turned(x[rows]), _turned(y[rows]), *more)[..., 0]
        return w
    left, out = _flat(y, groups), _kernels(w, groups)
    for rows, columns in _columns(x, size, y.shape[2:], stride, dilation, low, groups):
        out += np.sum(np.matmul(left[rows], np.swapaxes(columns, -1, -2)), axis=0)
    return w


def _convolution_input(y: Any, w: Any, stride: Sizes, dilation: Sizes, low: Sizes, groups: int, size: Sizes) -> Any:
    results, channels = w.shape[0] // groups, w.shape[1]
    if set(stride) == {1} and results <= 2 * channels:
        return _by_reflection(y, w, dilation, low, groups, size)
    kernel, count, images = w.shape[2:], y.shape[2:], len(y)
    turning = _turning(images, w.shape, count, np.result_type(y, w).itemsize)
    if turning is not None:
        x = np.empty((images, groups * channels, *size), np.result_type(y, w))
        for rows in turning:
            part, more = _turned(y[rows]), ((*stride, 1), (*dilation, 1), (*low, 0), groups)
            x[rows] = _turned_back(_convolution_input(part, w[..., None], *more, (*size, part.shape[-1])))
        return x
    left, right = np.swapaxes(_kernels(w, groups), -1, -2), _flat(y, groups)
    whole = np.zeros((images, groups * channels, *reach(kernel, count, stride, dilation)), np.result_type(y, w))
    room: Any = None
    for rows in _in_blocks(images, groups * channels * area(kernel) * area(count) * whole.itemsize):
        room = np.matmul(left, right[rows], out=None if room is None else room[: len(right[rows])])
        parts = room.reshape(len(room), groups * channels, *kernel, *count)
        for offset, key in entries(kernel, count, stride, dilation):
            whole[rows][key] += parts[(slice(None), slice(None), *offset)]
    return np.ascontiguousarray(stretch(whole, tuple([-a for a in low]), size))


def _by_reflection(y: Any, w: Any, dilation: Sizes, low: Sizes, groups: int, size: Sizes) -> Any:
    """Without a stride, x[i] = Σ w[k] y[i + low - d k] is the convolution of y with reflected kernels."""
    kernel = w.shape[2:]
    four = w.reshape(groups, w.shape[0] // groups, w.shape[1], *kernel)
    turned = np.swapaxes(np.flip(four, tuple(range(3, four.ndim))), 1, 2)
    turned = turned.reshape(groups * w.shape[1], w.shape[0] // groups, *kernel)
    behind = tuple([d * (k - 1) - a for d, k, a in zip(dilation, kernel, low, strict=True)])
    return _convolution(y, turned, (1,) * len(kernel), dilation, behind, groups, size)


# --- batches ----------------------------------------------------------------------------------------------------
# The axes of the form are N, G, O, C (and the spatial ones). One more axis that two of x, w, y have is another part of
# the axis that just these two have: images, results or channels. One that all three have is another part of the groups.

_AXES = {"x": "NGC", "w": "GOC", "y": "NGO"}


def _apart(x: Any, kind: str, groups: int, batch: int) -> Any:
    """The three axes of an array for themselves; `batch` axes stand before them."""
    first, second = x.shape[batch : batch + 2]
    three = (groups, first // groups, second) if kind == "w" else (first, groups, second // groups)
    return np.reshape(x, (*x.shape[:batch], *three, *x.shape[batch + 2 :]))


def _together(x: Any, kind: str, batch: int) -> Any:
    """The inverse of `_apart`."""
    a, b, c = x.shape[batch : batch + 3]
    return np.reshape(x, (*x.shape[:batch], *((a * b, c) if kind == "w" else (a, b * c)), *x.shape[batch + 3 :]))


def _absorbed(x: Any, kind: str, label: str, groups: int) -> Any:
    """The batch axis in front made the outer part of another one."""
    place = _AXES[kind].index(label)
    x = np.moveaxis(_apart(x, kind, groups, 1), 0, place)
    merged = x.shape[place] * x.shape[place + 1]
    return _together(np.reshape(x, (*x.shape[:place], merged, *x.shape[place + 2 :])), kind, 0)


def _released(x: Any, kind: str, label: str, groups: int, n: int) -> Any:
    """The inverse of `_absorbed`."""
    place = _AXES[kind].index(label)
    x = _apart(x, kind, groups, 0)
    x = np.reshape(x, (*x.shape[:place], n, x.shape[place] // n, *x.shape[place + 1 :]))
    return _together(np.moveaxis(x, place, 0), kind, 1)


def _batched(op: Any, kinds: str) -> Any:
    """The `vmap` column of a row with operands and a result of these kinds."""
    operand_kinds, result = kinds[:2], kinds[2]

    def batched(n: int, operands: Sequence[Any], mapped: Sequence[bool], params: Mapping[str, Any]) -> Any:
        if not n:
            single = [np.zeros(np.shape(x)[b:], x.dtype) for x, b in zip(operands, mapped, strict=True)]
            return np.stack([apply(op(), single, params)])[:0]
        have = [*[k for k, b in zip(operand_kinds, mapped, strict=True) if b], result]
        label = "G" if len(have) == 3 else next(a for a in "NOC" if all([a in _AXES[k] for k in have]))
        given = [
            _absorbed(x, k, label, params["groups"]) if b else x
            for x, k, b in zip(operands, operand_kinds, mapped, strict=True)
        ]
        groups = params["groups"] * (n if label == "G" else 1)
        return _released(apply(op(), given, {**params, "groups": groups}), result, label, groups, n)

    return batched


# --- the rows ---------------------------------------------------------------------------------------------------

convolution: Op = multilinear(
    _convolution,
    "x w",
    name="convolution",
    x=lambda g, w, like_shape, stride, dilation, low, groups: convolution_input(
        g, conj(w), stride=stride, dilation=dilation, low=low, groups=groups, size=like_shape[2:]
    ),
    w=lambda g, x, like_shape, stride, dilation, low, groups: convolution_weight(
        conj(x), g, stride=stride, dilation=dilation, low=low, groups=groups, size=like_shape[2:]
    ),
    vmap=_batched(lambda: convolution, "xwy"),
    torch="Convolution",
)
convolution_input: Op = multilinear(
    _convolution_input,
    "y w",
    name="convolution_input",
    y=lambda g, w, like_shape, stride, dilation, low, groups: convolution(
        g, conj(w), stride=stride, dilation=dilation, low=low, groups=groups, size=like_shape[2:]
    ),
    w=lambda g, y, like_shape, stride, dilation, low, groups: convolution_weight(
        g, conj(y), stride=stride, dilation=dilation, low=low, groups=groups, size=like_shape[2:]
    ),
    vmap=_batched(lambda: convolution_input, "ywx"),
    torch="Convolution",
)
convolution_weight: Op = multilinear(
    _convolution_weight,
    "x y",
    name="convolution_weight",
    x=lambda g, y, like_shape, stride, dilation, low, groups: convolution_input(
        conj(y), g, stride=stride, dilation=dilation, low=low, groups=groups, size=like_shape[2:]
    ),
    y=lambda g, x, like_shape, stride, dilation, low, groups: convolution(
        conj(x), g, stride=stride, dilation=dilation, low=low, groups=groups, size=like_shape[2:]
    ),
    vmap=_batched(lambda: convolution_weight, "xyw"),
)
