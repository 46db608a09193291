"""Further activations, entry by entry but for `glu` and `softmin`: functions of `nn.functional`.

At a kink the derivative is that of the constant branch: 0 at both ends of `hardtanh`, as `relu` has it at 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert import creation
from wengert.core.apply import read
from wengert.errors import refuse
from wengert.nn.functional.activation import maybe_in_place, softmax
from wengert.nn.functional.arguments import axis_of, floats
from wengert.nn.functional.geometry import inexact
from wengert.ops import special
from wengert.ops.spelling import lift

__all__ = [
    "celu",
    "elu",
    "glu",
    "hardshrink",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "logsigmoid",
    "mish",
    "prelu",
    "relu6",
    "rrelu",
    "selu",
    "silu",
    "softmin",
    "softshrink",
    "softsign",
    "tanhshrink",
    "threshold",
]


# --- rectifiers -------------------------------------------------------------------------------------------------


def prelu(input: Any, weight: Any) -> Any:
    """x where x > 0, else x times a trained slope.

    weight: one slope, or one for each channel (axis 1). K. He et al., "Delving deep into rectifiers", 2015.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.prelu(np.array([[-1.0, -1.0]]), np.array([0.25, 0.5]))
    array([[-0.25, -0.5 ]])
    """
    x, slope = floats(input), lift(weight)
    count = int(np.prod(slope.shape))
    if count != 1 and (x.ndim < 2 or x.shape[1] != count):
        raise refuse(
            f"prelu got an input of shape {x.shape} and {count} slopes",
            "There is one slope, or one for each channel, which is axis 1.",
            "Give a weight of shape (1,) or (channels,).",
        )
    slope = np.reshape(slope, (-1,) + (1,) * (x.ndim - 2) if x.ndim > 1 else (-1,) * x.ndim)
    return np.where(x > 0, x, slope * x)


def rrelu(
    input: Any, lower: float = 1 / 8, upper: float = 1 / 3, training: bool = False, inplace: bool = False
) -> Any:  # fmt: skip
    """x where x > 0, else x times a slope drawn anew for each entry; without `training`, the mean slope.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.rrelu(np.array([-1.0, 2.0]), 0.25, 0.75)
    array([-0.5,  2. ])
    """
    if lower > upper:
        raise refuse(f"rrelu got lower={lower} > upper={upper}", "Slopes are drawn between them.", "Exchange them.")
    x = floats(input)
    slope: Any = (lower + upper) / 2
    if training:
        slope = (lower + (upper - lower) * read(creation.rand(x.shape))).astype(x.dtype)
    return maybe_in_place(input, np.where(x > 0, x, slope * x), inplace)


def _expm1_below(x: Any) -> Any:
    """e^x - 1 of negative numbers; positive ones, which are chosen otherwise, must not overflow."""
    return np.expm1(np.where(x > 0, 0, x))


def elu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Any:
    """x where x > 0, else alpha (e^x - 1).

    D.-A. Clevert et al., "Fast and accurate deep network learning by exponential linear units", 2016.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.elu(np.array([-np.inf, 2.0]))
    array([-1.,  2.])
    """
    x = floats(input)
    return maybe_in_place(input, np.where(x > 0, x, alpha * _expm1_below(x)), inplace)


def celu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Any:
    """x where x > 0, else alpha (e^(x / alpha) - 1), whose derivative is continuous.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.celu(np.array([-np.inf, 2.0]), alpha=2.0)
    array([-2.,  2.])
    """
    x = floats(input)
    return maybe_in_place(input, np.where(x > 0, x, alpha * _expm1_below(x / alpha)), inplace)


# G. Klambauer et al., "Self-normalizing neural networks", 2017: mean 0 and variance 1 are a fixed point of these.
SELU_ALPHA = 1.6732632423543772848170429916717
SELU_SCALE = 1.0507009873554804934193349852946


def selu(input: Any, inplace: bool = False) -> Any:
    """λ x where x > 0, else λ α (e^x - 1), with λ and α that keep mean 0 and variance 1.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.selu(np.array([-np.inf, 1.0])).round(4)
    array([-1.7581,  1.0507])
    """
    x = floats(input)
    return maybe_in_place(input, SELU_SCALE * np.where(x > 0, x, SELU_ALPHA * _expm1_below(x)), inplace)


def threshold(input: Any, threshold: float, value: float, inplace: bool = False) -> Any:
    """x where x exceeds the threshold, else `value`.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.threshold(np.array([0.1, 2.0]), 0.5, -1.0)
    array([-1.,  2.])
    """
    x = floats(input)
    return maybe_in_place(input, np.where(x <= threshold, value, x), inplace)


# --- piecewise linear -------------------------------------------------------------------------------------------


def _between(x: Any, low: float, high: float) -> Any:
    return np.where(x <= low, low, np.where(x >= high, high, x))


def hardtanh(input: Any, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Any:
    """x cut to an interval.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.hardtanh(np.array([-3.0, 0.5, 3.0]))
    array([-1. ,  0.5,  1. ])
    """
    if min_val > max_val:
        raise refuse(f"hardtanh got min_val={min_val} > max_val={max_val}", "It cuts to an interval.", "Exchange them.")
    return maybe_in_place(input, _between(floats(input), min_val, max_val), inplace)


def relu6(input: Any, inplace: bool = False) -> Any:
    """x cut to [0, 6].

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.relu6(np.array([-1.0, 3.0, 9.0]))
    array([0., 3., 6.])
    """
    return hardtanh(input, 0.0, 6.0, inplace)


def hardsigmoid(input: Any, inplace: bool = False) -> Any:
    """x / 6 + 1/2 cut to [0, 1].

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.hardsigmoid(np.array([-4.0, 0.0, 4.0]))
    array([0. , 0.5, 1. ])
    """
    return maybe_in_place(input, _between(floats(input) + 3, 0.0, 6.0) / 6, inplace)


def hardswish(input: Any, inplace: bool = False) -> Any:
    """x times `hardsigmoid` of x. A. Howard et al., "Searching for MobileNetV3", 2019.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.hardswish(np.array([-4.0, 1.0, 4.0])).round(4)
    array([-0.    ,  0.6667,  4.    ])
    """
    x = floats(input)
    return maybe_in_place(input, x * (_between(x + 3, 0.0, 6.0) / 6), inplace)


def hardshrink(input: Any, lambd: float = 0.5) -> Any:
    """x where |x| exceeds `lambd`, else 0.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.hardshrink(np.array([-2.0, 0.25]))
    array([-2.,  0.])
    """
    x = floats(input)
    return np.where(np.abs(x) <= lambd, 0, x)


def softshrink(input: Any, lambd: float = 0.5) -> Any:
    """x brought nearer to 0 by `lambd`; 0 where |x| is less than that.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.softshrink(np.array([-2.0, 0.25]))
    array([-1.5,  0. ])
    """
    x = floats(input)
    if lambd < 0:
        raise refuse(f"softshrink got lambd={lambd}", "It brings numbers nearer to 0.", "Give lambd of at least 0.")
    return np.where(np.abs(x) <= lambd, 0, x - lambd * np.sign(x))


# --- smooth -----------------------------------------------------------------------------------------------------


def silu(input: Any, inplace: bool = False) -> Any:
    """x σ(x), also called swish. S. Elfwing et al., "Sigmoid-weighted linear units", 2018.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.silu(np.array([-1.0, 0.0, 1.0])).round(4)
    array([-0.2689,  0.    ,  0.7311])
    """
    x = inexact(input)
    return maybe_in_place(input, x * special.expit(x), inplace)


def mish(input: Any, inplace: bool = False) -> Any:
    """x tanh(ln(1 + e^x)). D. Misra, "Mish: a self regularized non-monotonic activation function", 2020.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.mish(np.array([-1.0, 0.0, 1.0])).round(4)
    array([-0.3034,  0.    ,  0.8651])
    """
    x = floats(input)
    return maybe_in_place(input, x * np.tanh(special.softplus(x)), inplace)


def softsign(input: Any) -> Any:
    """x / (1 + |x|).

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.softsign(np.array([-1.0, 3.0]))
    array([-0.5 ,  0.75])
    """
    x = inexact(input)
    return x / (1 + np.abs(x))


def tanhshrink(input: Any) -> Any:
    """x - tanh x.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.tanhshrink(np.array([0.0, 1.0])).round(4)
    array([0.    , 0.2384])
    """
    x = inexact(input)
    return x - np.tanh(x)


def logsigmoid(input: Any) -> Any:
    """ln σ(x), accurate in both tails.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.logsigmoid(np.array([-1000.0, 1000.0]))
    array([-1000.,    -0.])
    """
    return special.log_expit(floats(input))


def glu(input: Any, dim: int = -1) -> Any:
    """a σ(b), where a and b are the halves of the input along an axis.

    Y. Dauphin et al., "Language modeling with gated convolutional networks", 2017.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.glu(np.array([2.0, 4.0, 0.0, 0.0]))
    array([1., 2.])
    """
    x = floats(input)
    axis = axis_of(dim, None, x.ndim)
    half, odd = divmod(x.shape[axis], 2)
    if odd:
        raise refuse(
            f"glu got an input of shape {x.shape} and dim={dim}",
            "The axis is cut into two halves.",
            "Give an axis of even length.",
        )
    before = (slice(None),) * axis
    return x[(*before, slice(None, half))] * special.expit(x[(*before, slice(half, None))])


def softmin(input: Any, dim: int | None = None, *, axis: int | None = None, dtype: Any = None) -> Any:
    """`softmax` of -x.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.softmin(np.array([0.0, 0.0, np.inf]))
    array([0.5, 0.5, 0. ])
    """
    return softmax(-floats(input, dtype), dim, axis=axis)
