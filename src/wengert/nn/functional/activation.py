"""Activations and layers: functions of `nn.functional`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from wengert.autograd import no_grad
from wengert.core.apply import Box
from wengert.errors import InvalidArgument, explain, refuse, user_line
from wengert.nn.functional.arguments import axis_of, check_range, class_numbers, floats, on_tape, unknown
from wengert.nn.functional.geometry import inexact
from wengert.ops import activation, dense, shape, special
from wengert.ops.index import scatter_add
from wengert.ops.spelling import lift

__all__ = [
    "bilinear",
    "embedding",
    "gelu",
    "leaky_relu",
    "linear",
    "log_softmax",
    "maybe_in_place",
    "one_hot",
    "relu",
    "sigmoid",
    "softmax",
    "softplus",
    "tanh",
]


def relu(input: Any, inplace: bool = False) -> Any:
    """max(x, 0) for every entry; the derivative at 0 is 0.

    inplace: write the result into `input`, and return that.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.relu(np.array([-1.0, 2.0]))
    array([0., 2.])
    """
    return maybe_in_place(input, special.relu(lift(input)), inplace)


def leaky_relu(input: Any, negative_slope: float = 0.01, inplace: bool = False) -> Any:
    """x where x > 0, else x times `negative_slope`.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.leaky_relu(np.array([-1.0, 2.0]))
    array([-0.01,  2.  ])
    """
    return maybe_in_place(input, activation.leaky_relu(floats(input), slope=negative_slope), inplace)


def maybe_in_place(input: Any, out: Any, inplace: bool) -> Any:
    """The result; written into the input first, if asked for."""
    if not inplace:
        return out
    input[...] = out
    return input


def gelu(input: Any, approximate: str = "none") -> Any:
    """x Φ(x), with Φ the distribution function of the standard normal (needs SciPy).

    approximate: "tanh" for the approximation of D. Hendrycks and K. Gimpel, "Gaussian Error Linear Units", 2016.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.gelu(np.array([-1.0, 0.0, 1.0])).round(4)
    array([-0.1587,  0.    ,  0.8413])
    """
    x = floats(input)
    if approximate == "none":
        return activation.gelu(x)
    if approximate == "tanh":
        return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    raise unknown("approximate", approximate, ("none", "tanh"))


def sigmoid(input: Any) -> Any:
    """1 / (1 + e⁻ˣ), accurate in both tails.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.sigmoid(np.array([-1000.0, 0.0, 1000.0]))
    array([0. , 0.5, 1. ])
    """
    return special.expit(inexact(input))


def tanh(input: Any) -> Any:
    """The hyperbolic tangent.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.tanh(np.array([0.0, 1.0])).round(4)
    array([0.    , 0.7616])
    """
    return np.tanh(inexact(input))


def softplus(input: Any, beta: float = 1.0, threshold: float = 20.0) -> Any:
    """ln(1 + e^(beta x)) / beta, and x itself where beta x exceeds `threshold`.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.softplus(np.array([-1000.0, 0.0, 50.0])).round(4)
    array([ 0.    ,  0.6931, 50.    ])
    """
    x = floats(input)
    return np.where(x * beta > threshold, x, special.softplus(x * beta) / beta)


def softmax(input: Any, dim: int | None = None, *, axis: int | None = None, dtype: Any = None) -> Any:
    """e^x over its sum along an axis (by default the last one): positive weights that add up to 1.

    dtype: what to convert the input to first.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.softmax(np.array([1000.0, 1000.0]), dim=0)
    array([0.5, 0.5])
    """
    x = floats(input, dtype)
    return _along(activation.softmax, x, dim, axis)


def log_softmax(input: Any, dim: int | None = None, *, axis: int | None = None, dtype: Any = None) -> Any:
    """The logarithm of `softmax`, computed without its underflow.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.log_softmax(np.array([0.0, -1000.0]), dim=0)
    array([    0., -1000.])
    """
    x = floats(input, dtype)
    return _along(activation.log_softmax, x, dim, axis)


def _along(function: Any, x: Any, dim: int | None, axis: int | None) -> Any:
    """A function of vectors along an axis; one number counts as a vector of one, as it does in PyTorch."""
    if x.ndim:
        return function(x, axis=axis_of(dim, axis, x.ndim))
    return np.reshape(function(np.reshape(x, 1), axis=axis_of(dim, axis, 1)), ())


# --- layers -----------------------------------------------------------------------------------------------------


def linear(input: Any, weight: Any, bias: Any = None) -> Any:
    """x Aᵀ + b, for x of shape (…, in), weight of shape (out, in) or (in), bias of shape (out) or None.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.linear(np.array([1.0, 2.0]), np.array([[3.0, 4.0]]), np.array([0.5]))
    array([11.5])
    """
    x, weight = lift(input), lift(weight)
    if bias is not None and weight.ndim == 2 and on_tape(weight):
        return dense.affine(x, weight, lift(bias))
    out = np.matmul(x, weight.T)
    return out if bias is None else out + lift(bias)


def one_hot(tensor: Any, num_classes: int = -1) -> Any:
    """For every class number a row of integers with 1 at that place: shape (…) to (…, num_classes).

    num_classes: by default one more than the largest number. Raises `InvalidArgument` for numbers out of range.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.one_hot(np.array([0, 2]), 3)
    array([[1, 0, 0],
           [0, 0, 1]])
    """
    classes = class_numbers(tensor, "one_hot")
    if num_classes == -1:
        known = classes.concrete("one_hot without num_classes") if isinstance(classes, Box) else classes
        if not known.size:
            raise InvalidArgument(
                explain(
                    f"one_hot at {user_line()} got no class numbers and no num_classes.",
                    "The number of classes is otherwise one more than the largest number.",
                    "Give num_classes.",
                )
            )
        num_classes = int(known.max()) + 1
    check_range(classes, num_classes, "one_hot")
    return (np.expand_dims(classes, -1) == np.arange(num_classes)).astype(np.int64)


def bilinear(input1: Any, input2: Any, weight: Any, bias: Any = None) -> Any:
    """x₁ᵀ Wₖ x₂ + bₖ for x₁ of shape (…, in1), x₂ of (…, in2), W of (out, in1, in2), b of (out) or None.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.bilinear(np.array([1.0, 2.0]), np.array([3.0]), np.ones((1, 2, 1)))
    array([9.])
    """
    out = np.einsum("...i,kij,...j->...k", floats(input1), floats(weight), floats(input2))
    return out if bias is None else out + lift(bias)


def embedding(
    input: Any,
    weight: Any,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Any:
    """The rows of a table by their numbers: input of shape (…), weight (n, d), result (…, d).

    padding_idx: a row that gets no gradient. max_norm: rows that are looked up and longer than this, in the norm of
    order norm_type, are first shortened to it in the table itself. scale_grad_by_freq: the gradient of a row is divided
    by how often it is looked up. sparse: without effect. Raises `InvalidArgument` for numbers out of range.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.embedding(np.array([1, 0]), np.array([[1.0, 2.0], [3.0, 4.0]]))
    array([[3., 4.],
           [1., 2.]])
    """
    numbers, table = class_numbers(input, "embedding"), floats(weight)
    if table.ndim != 2:
        raise refuse(f"embedding got a table of shape {table.shape}", "It has a row for each number.", "Give (n, d).")
    check_range(numbers, table.shape[0], "embedding")
    if max_norm is not None:
        _shorten(weight, numbers, max_norm, norm_type)
    rows = np.take(table, numbers, axis=0)
    if scale_grad_by_freq:
        often = scatter_add(np.zeros(table.shape[0], rows.dtype), np.ones((), rows.dtype), numbers)
        still = _still(rows)
        rows = still + (rows - still) / np.take(often, np.expand_dims(numbers, -1))
    if padding_idx is None:
        return rows
    padding = np.expand_dims(numbers == padding_idx % table.shape[0], -1)
    return np.where(padding, _still(rows), rows)


def _still(x: Any) -> Any:
    return shape.stop_gradient(x) if isinstance(x, Box) else x


def _shorten(weight: Any, numbers: Any, max_norm: float, norm_type: float) -> None:
    with no_grad():
        used = np.unique(numbers)
        rows = np.take(weight, used, axis=0)
        length = np.linalg.norm(rows, norm_type, axis=-1, keepdims=True)
        weight[used] = rows * np.where(length > max_norm, max_norm / (length + 1e-7), 1.0)
