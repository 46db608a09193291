"""Initialisers: fill a tensor in place and return it, under PyTorch's names.

The layers' spread keeps the variance of signals and gradients from layer to layer: X. Glorot and Y. Bengio,
"Understanding the difficulty of training deep feedforward neural networks" (2010), for functions that are linear near
0; K. He et al., "Delving deep into rectifiers" (2015), for rectifiers; A. Saxe et al., "Exact solutions to the
nonlinear dynamics of learning in deep linear neural networks" (2014), for orthogonal matrices.

Random numbers come from `wg.manual_seed`'s generator, or from `generator`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from wengert import creation
from wengert.autograd import no_grad
from wengert.errors import InvalidArgument, explain, user_line

__all__ = [
    "calculate_gain",
    "constant_",
    "dirac_",
    "eye_",
    "kaiming_normal_",
    "kaiming_uniform_",
    "normal_",
    "ones_",
    "orthogonal_",
    "sparse_",
    "trunc_normal_",
    "uniform_",
    "xavier_normal_",
    "xavier_uniform_",
    "zeros_",
]


def _filled(tensor: Any, values: Any) -> Any:
    with no_grad():
        tensor[...] = values
    return tensor


def _normal(tensor: Any, generator: Any) -> Any:
    return creation.randn(*tensor.shape, dtype=_real(tensor), generator=generator)


def _real(tensor: Any) -> Any:
    """The dtype to draw in: random numbers are float32 or float64."""
    return np.float32 if tensor.dtype == np.float32 else np.float64


def uniform_(tensor: Any, a: float = 0.0, b: float = 1.0, generator: Any = None) -> Any:
    """Numbers from [a, b), all equally likely.

    >>> import wengert as wg
    >>> w = wg.nn.init.uniform_(wg.empty(100), -1.0, 1.0)
    >>> bool(abs(w).max() <= 1)
    True
    """
    return _filled(tensor, a + (b - a) * creation.rand(*tensor.shape, dtype=_real(tensor), generator=generator))


def normal_(tensor: Any, mean: float = 0.0, std: float = 1.0, generator: Any = None) -> Any:
    """Numbers from the normal distribution."""
    return _filled(tensor, mean + std * _normal(tensor, generator))


def trunc_normal_(
    tensor: Any, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0, generator: Any = None
) -> Any:
    """Numbers from the normal distribution, those outside of [a, b] drawn again."""
    if not a < b:
        raise InvalidArgument(
            explain(
                f"trunc_normal_ at {user_line()} got a={a} and b={b}.",
                "No number lies between them.",
                "Give a < b.",
            )
        )
    found = mean + std * _normal(tensor, generator).numpy()
    while np.any(outside := (found < a) | (found > b)):
        again = creation.randn(int(np.sum(outside)), dtype=found.dtype, generator=generator)
        found[outside] = mean + std * again.numpy()
    return _filled(tensor, found)


def constant_(tensor: Any, val: float) -> Any:
    """One number everywhere."""
    return _filled(tensor, val)


def zeros_(tensor: Any) -> Any:
    """Zeros."""
    return _filled(tensor, 0.0)


def ones_(tensor: Any) -> Any:
    """Ones."""
    return _filled(tensor, 1.0)


def eye_(tensor: Any) -> Any:
    """The identity matrix, cut or padded to the shape."""
    _matrix(tensor, "eye_")
    return _filled(tensor, np.eye(*tensor.shape))


def dirac_(tensor: Any, groups: int = 1) -> Any:
    """The kernel of a convolution, (out, in, …), that passes its channels through as far as there are as many.

    Raises `InvalidArgument` for a tensor without spatial axes, and for groups that do not divide the outputs.
    """
    if tensor.ndim < 3 or tensor.shape[0] % groups:
        raise InvalidArgument(
            explain(
                f"dirac_ at {user_line()} got a tensor of shape {tensor.shape} and groups={groups}.",
                "It fills the kernel of a convolution, whose outputs are divided into the groups.",
                "Give a tensor (out, in, …) with spatial axes, and a number that divides out.",
            )
        )
    out, inner = tensor.shape[0] // groups, tensor.shape[1]
    values = np.zeros(tensor.shape)
    middle = tuple(n // 2 for n in tensor.shape[2:])
    for group in range(groups):
        for n in range(min(out, inner)):
            values[(group * out + n, n, *middle)] = 1
    return _filled(tensor, values)


def _fans(tensor: Any) -> tuple[int, int]:
    """How many inputs an output has, and how many outputs an input; kernels count with their size."""
    if tensor.ndim < 2:
        raise InvalidArgument(
            explain(
                f"an initialiser at {user_line()} got a tensor of shape {tensor.shape}.",
                "It needs the numbers of inputs and outputs, which a weight of two axes or more has.",
                "Use it for weights (out, in, …), and zeros_ or uniform_ for biases.",
            )
        )
    size = math.prod(tensor.shape[2:])
    return tensor.shape[1] * size, tensor.shape[0] * size


_GAINS = {"sigmoid": 1.0, "tanh": 5 / 3, "relu": math.sqrt(2), "selu": 0.75}


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """By how much a layer has to enlarge its weights for what follows it.

    It is √2 for a rectifier, which halves the variance. param: the slope on the negative side of "leaky_relu", 0.01 by
    default.

    >>> import wengert as wg
    >>> round(wg.nn.init.calculate_gain("relu"), 3)
    1.414
    """
    if nonlinearity == "leaky_relu":
        return math.sqrt(2 / (1 + (0.01 if param is None else param) ** 2))
    if nonlinearity.startswith(("linear", "conv")):
        return 1.0
    if nonlinearity not in _GAINS:
        raise InvalidArgument(
            explain(
                f"calculate_gain at {user_line()} got {nonlinearity!r}.",
                "Its gain is not known.",
                f"Write one of linear, conv1d, leaky_relu, {', '.join(_GAINS)}.",
            )
        )
    return _GAINS[nonlinearity]


def xavier_uniform_(tensor: Any, gain: float = 1.0, generator: Any = None) -> Any:
    """Uniform numbers of variance 2 gain² / (inputs + outputs)."""
    bound = gain * math.sqrt(6 / sum(_fans(tensor)))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Any, gain: float = 1.0, generator: Any = None) -> Any:
    """Normal numbers of variance 2 gain² / (inputs + outputs)."""
    return normal_(tensor, 0.0, gain * math.sqrt(2 / sum(_fans(tensor))), generator)


def _kaiming(tensor: Any, a: float, mode: str, nonlinearity: str) -> float:
    if mode not in ("fan_in", "fan_out"):
        raise InvalidArgument(
            explain(
                f"a kaiming initialiser at {user_line()} got mode={mode!r}.",
                "The variance of the signals is kept forwards, or that of the gradients backwards.",
                'Write mode="fan_in" or mode="fan_out".',
            )
        )
    return calculate_gain(nonlinearity, a) / math.sqrt(_fans(tensor)[mode == "fan_out"])


def kaiming_uniform_(
    tensor: Any, a: float = 0.0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", generator: Any = None
) -> Any:
    """Uniform numbers of variance gain² / inputs (or outputs); a: the slope of leaky_relu on the negative side."""
    bound = math.sqrt(3) * _kaiming(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Any, a: float = 0.0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", generator: Any = None
) -> Any:
    """Normal numbers of variance gain² / inputs (or outputs); a: the slope of leaky_relu on the negative side."""
    return normal_(tensor, 0.0, _kaiming(tensor, a, mode, nonlinearity), generator)


def orthogonal_(tensor: Any, gain: float = 1.0, generator: Any = None) -> Any:
    """A matrix (all axes but the first taken as one) with orthonormal rows or columns, times `gain`.

    It is the Q of a matrix of normal numbers; with the signs of R's diagonal every Q is equally likely (F. Mezzadri,
    "How to generate random matrices from the classical compact groups", 2007).
    """
    _fans(tensor)
    rows, columns = tensor.shape[0], math.prod(tensor.shape[1:])
    normal = creation.randn(max(rows, columns), min(rows, columns), generator=generator).numpy()
    q, r = np.linalg.qr(normal)
    q = q * np.sign(np.diagonal(r))
    return _filled(tensor, gain * (q if rows >= columns else q.T).reshape(tensor.shape))


def sparse_(tensor: Any, sparsity: float, std: float = 0.01, generator: Any = None) -> Any:
    """Normal numbers, and zeros in a fraction `sparsity` of every column.

    The source is J. Martens, "Deep learning via Hessian-free optimization", 2010.
    """
    _matrix(tensor, "sparse_")
    rows, columns = tensor.shape
    values = std * _normal(tensor, generator).numpy()
    none = math.ceil(sparsity * rows)
    for column in range(columns):
        values[creation.randperm(rows, generator=generator).numpy()[:none], column] = 0
    return _filled(tensor, values)


def _matrix(tensor: Any, name: str) -> None:
    if tensor.ndim != 2:
        raise InvalidArgument(
            explain(
                f"{name} at {user_line()} got a tensor of shape {tensor.shape}.",
                "It fills a matrix.",
                "Give a tensor of two axes.",
            )
        )
