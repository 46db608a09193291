"""Activations as layers; their formulas stand at the functions of `nn.functional` that they call."""

from __future__ import annotations

from typing import Any

from wengert.nn import functional, init
from wengert.nn.describe import named
from wengert.nn.geometry import refuse
from wengert.nn.linear import made
from wengert.nn.module import Module
from wengert.ops.spelling import lift

__all__ = [
    "CELU",
    "ELU",
    "GELU",
    "GLU",
    "SELU",
    "Hardshrink",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "LeakyReLU",
    "LogSigmoid",
    "LogSoftmax",
    "Mish",
    "PReLU",
    "RReLU",
    "ReLU",
    "ReLU6",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softmax2d",
    "Softmin",
    "Softplus",
    "Softshrink",
    "Softsign",
    "Swish",
    "Tanh",
    "Tanhshrink",
    "Threshold",
]


class _InPlace(Module):
    """An activation whose only argument is whether to write into its input."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def extra_repr(self) -> str:
        """The arguments."""
        return "inplace=True" if self.inplace else ""


def _and_inplace(module: Any, names: str) -> str:
    return named(module, f"{names} inplace" if module.inplace else names)


# --- rectifiers -------------------------------------------------------------------------------------------------


class ReLU(_InPlace):
    """max(x, 0).

    >>> import numpy as np, wengert as wg
    >>> wg.nn.ReLU()(np.array([-1.0, 2.0]))
    array([0., 2.])
    """

    def forward(self, input: Any) -> Any:
        """`nn.functional.relu`."""
        return functional.relu(input, self.inplace)


class ReLU6(_InPlace):
    """x cut to [0, 6].

    >>> import numpy as np, wengert as wg
    >>> wg.nn.ReLU6()(np.array([-1.0, 3.0, 9.0]))
    array([0., 3., 6.])
    """

    def forward(self, input: Any) -> Any:
        """`nn.functional.relu6`."""
        return functional.relu6(input, self.inplace)


class LeakyReLU(Module):
    """x where x > 0, else x times a slope.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.LeakyReLU(0.5)(np.array([-1.0, 2.0]))
    array([-0.5,  2. ])
    """

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        super().__init__()
        self.negative_slope, self.inplace = negative_slope, inplace

    def forward(self, input: Any) -> Any:
        """`nn.functional.leaky_relu`."""
        return functional.leaky_relu(input, self.negative_slope, self.inplace)

    def extra_repr(self) -> str:
        """The arguments."""
        return _and_inplace(self, "negative_slope")


class PReLU(Module):
    """x where x > 0, else x times a trained slope.

    num_parameters: 1, or the number of channels (axis 1), each with its own slope. init: the first slopes.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.PReLU()(np.array([-1.0, 2.0])).detach()
    tensor([-0.25,  2.  ])
    """

    def __init__(self, num_parameters: int = 1, init: float = 0.25, device: Any = None, dtype: Any = None) -> None:
        super().__init__()
        self.num_parameters, self.init = num_parameters, init
        self.weight = made(num_parameters, dtype=dtype)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set the first slopes again."""
        init.constant_(self.weight, self.init)

    def forward(self, input: Any) -> Any:
        """`nn.functional.prelu`."""
        return functional.prelu(input, self.weight)

    def extra_repr(self) -> str:
        """The arguments."""
        return named(self, "num_parameters")


class RReLU(Module):
    """x where x > 0, else x times a slope drawn anew for each entry in training, and the mean slope in use.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.RReLU(0.25, 0.75).eval()(np.array([-1.0, 2.0]))
    array([-0.5,  2. ])
    """

    def __init__(self, lower: float = 1 / 8, upper: float = 1 / 3, inplace: bool = False) -> None:
        super().__init__()
        self.lower, self.upper, self.inplace = lower, upper, inplace

    def forward(self, input: Any) -> Any:
        """`nn.functional.rrelu`."""
        return functional.rrelu(input, self.lower, self.upper, self.training, self.inplace)

    def extra_repr(self) -> str:
        """The arguments."""
        return _and_inplace(self, "lower upper")


class ELU(Module):
    """x where x > 0, else alpha (e^x - 1).

    >>> import numpy as np, wengert as wg
    >>> wg.nn.ELU()(np.array([-np.inf, 2.0]))
    array([-1.,  2.])
    """

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha, self.inplace = alpha, inplace

    def forward(self, input: Any) -> Any:
        """`nn.functional.elu`."""
        return functional.elu(input, self.alpha, self.inplace)

    def extra_repr(self) -> str:
        """The arguments."""
        return _and_inplace(self, "alpha")


class CELU(Module):
    """x where x > 0, else alpha (e^(x / alpha) - 1).

    >>> import numpy as np, wengert as wg
    >>> wg.nn.CELU(2.0)(np.array([-np.inf, 2.0]))
    array([-2.,  2.])
    """

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha, self.inplace = alpha, inplace

    def forward(self, input: Any) -> Any:
        """`nn.functional.celu`."""
        return functional.celu(input, self.alpha, self.inplace)

    def extra_repr(self) -> str:
        """The arguments."""
        return _and_inplace(self, "alpha")


class SELU(_InPlace):
    """λ x where x > 0, else λ α (e^x - 1).

    >>> import numpy as np, wengert as wg
    >>> wg.nn.SELU()(np.array([-np.inf, 1.0])).round(4)
    array([-1.7581,  1.0507])
    """

    def forward(self, input: Any) -> Any:
        """`nn.functional.selu`."""
        return functional.selu(input, self.inplace)


class Threshold(Module):
    """x where x exceeds the threshold, else `value`.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.Threshold(0.5, -1.0)(np.array([0.1, 2.0]))
    array([-1.,  2.])
    """

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        super().__init__()
        self.threshold, self.value, self.inplace = threshold, value, inplace

    def forward(self, input: Any) -> Any:
        """`nn.functional.threshold`."""
        return functional.threshold(input, self.threshold, self.value, self.inplace)

    def extra_repr(self) -> str:
        """The arguments."""
        return _and_inplace(self, "threshold value")


# --- piecewise linear -------------------------------------------------------------------------------------------


class Hardtanh(Module):
    """x cut to an interval.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.Hardtanh()(np.array([-3.0, 0.5, 3.0]))
    array([-1. ,  0.5,  1. ])
    """

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        if not min_val < max_val:
            raise refuse(f"Hardtanh got min_val={min_val} and max_val={max_val}", "It is an interval.", "Swap them.")
        self.min_val, self.max_val, self.inplace = min_val, max_val, inplace

    def forward(self, input: Any) -> Any:
        """`nn.functional.hardtanh`."""
        return functional.hardtanh(input, self.min_val, self.max_val, self.inplace)

    def extra_repr(self) -> str:
        """The arguments."""
        return _and_inplace(self, "min_val max_val")


class Hardsigmoid(_InPlace):
    """x / 6 + 1/2 cut to [0, 1].

    >>> import numpy as np, wengert as wg
    >>> wg.nn.Hardsigmoid()(np.array([-4.0, 0.0, 4.0]))
    array([0. , 0.5, 1. ])
    """

    def forward(self, input: Any) -> Any:
        """`nn.functional.hardsigmoid`."""
        return functional.hardsigmoid(input, self.inplace)


class Hardswish(_InPlace):
    """x times `Hardsigmoid` of x.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.Hardswish()(np.array([1.0, 4.0])).round(4)
    array([0.6667, 4.    ])
    """

    def forward(self, input: Any) -> Any:
        """`nn.functional.hardswish`."""
        return functional.hardswish(input, self.inplace)


class Hardshrink(Module):
    """x where |x| exceeds `lambd`, else 0.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.Hardshrink()(np.array([-2.0, 0.25]))
    array([-2.,  0.])
    """

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def forward(self, input: Any) -> Any:
        """`nn.functional.hardshrink`."""
        return functional.hardshrink(input, self.lambd)

    def extra_repr(self) -> str:
        """The argument."""
        return f"{self.lambd}"


class Softshrink(Module):
    """x brought nearer to 0 by `lambd`.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.Softshrink()(np.array([-2.0, 0.25]))
    array([-1.5,  0. ])
    """

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def forward(self, input: Any) -> Any:
        """`nn.functional.softshrink`."""
        return functional.softshrink(input, self.lambd)

    def extra_repr(self) -> str:
        """The argument."""
        return f"{self.lambd}"


# --- smooth -----------------------------------------------------------------------------------------------------


class GELU(Module):
    """x Φ(x), with the normal distribution Φ; approximate: "none", or "tanh".

    >>> import numpy as np, wengert as wg
    >>> wg.nn.GELU()(np.array([-1.0, 0.0, 1.0])).round(4)
    array([-0.1587,  0.    ,  0.8413])
    """

    def __init__(self, approximate: str = "none") -> None:
        super().__init__()
        self.approximate = approximate

    def forward(self, input: Any) -> Any:
        """`nn.functional.gelu`."""
        return functional.gelu(input, self.approximate)

    def extra_repr(self) -> str:
        """The argument."""
        return named(self, "approximate")


class SiLU(_InPlace):
    """x σ(x), also called swish.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.SiLU()(np.array([-1.0, 0.0, 1.0])).round(4)
    array([-0.2689,  0.    ,  0.7311])
    """

    def forward(self, input: Any) -> Any:
        """`nn.functional.silu`."""
        return functional.silu(input, self.inplace)


Swish = SiLU


class Mish(_InPlace):
    """x tanh(ln(1 + e^x)).

    >>> import numpy as np, wengert as wg
    >>> wg.nn.Mish()(np.array([0.0, 1.0])).round(4)
    array([0.    , 0.8651])
    """

    def forward(self, input: Any) -> Any:
        """`nn.functional.mish`."""
        return functional.mish(input, self.inplace)


class Sigmoid(Module):
    """1 / (1 + e⁻ˣ).

    >>> import numpy as np, wengert as wg
    >>> wg.nn.Sigmoid()(np.array([-1000.0, 0.0]))
    array([0. , 0.5])
    """

    def forward(self, input: Any) -> Any:
        """`nn.functional.sigmoid`."""
        return functional.sigmoid(input)


class LogSigmoid(Module):
    """The logarithm of `Sigmoid`.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.LogSigmoid()(np.array([-1000.0]))
    array([-1000.])
    """

    def forward(self, input: Any) -> Any:
        """`nn.functional.logsigmoid`."""
        return functional.logsigmoid(input)


class Tanh(Module):
    """The hyperbolic tangent.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.Tanh()(np.array([0.0, 1.0])).round(4)
    array([0.    , 0.7616])
    """

    def forward(self, input: Any) -> Any:
        """`nn.functional.tanh`."""
        return functional.tanh(input)


class Tanhshrink(Module):
    """x - tanh x.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.Tanhshrink()(np.array([0.0, 1.0])).round(4)
    array([0.    , 0.2384])
    """

    def forward(self, input: Any) -> Any:
        """`nn.functional.tanhshrink`."""
        return functional.tanhshrink(input)


class Softplus(Module):
    """ln(1 + e^(beta x)) / beta, and x itself where beta x exceeds `threshold`.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.Softplus()(np.array([0.0, 50.0])).round(4)
    array([ 0.6931, 50.    ])
    """

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__()
        self.beta, self.threshold = beta, threshold

    def forward(self, input: Any) -> Any:
        """`nn.functional.softplus`."""
        return functional.softplus(input, self.beta, self.threshold)

    def extra_repr(self) -> str:
        """The arguments."""
        return named(self, "beta threshold")


class Softsign(Module):
    """x / (1 + |x|).

    >>> import numpy as np, wengert as wg
    >>> wg.nn.Softsign()(np.array([-1.0, 3.0]))
    array([-0.5 ,  0.75])
    """

    def forward(self, input: Any) -> Any:
        """`nn.functional.softsign`."""
        return functional.softsign(input)


# --- along an axis ----------------------------------------------------------------------------------------------


class GLU(Module):
    """a σ(b), where a and b are the halves of the input along an axis.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.GLU()(np.array([2.0, 4.0, 0.0, 0.0]))
    array([1., 2.])
    """

    def __init__(self, dim: int = -1) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Any) -> Any:
        """`nn.functional.glu`."""
        return functional.glu(input, self.dim)

    def extra_repr(self) -> str:
        """The argument."""
        return named(self, "dim")


class _AlongAxis(Module):
    """An activation of vectors along an axis, by default the last one."""

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim

    def extra_repr(self) -> str:
        """The argument."""
        return named(self, "dim")


class Softmax(_AlongAxis):
    """e^x over its sum along an axis.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.Softmax(dim=0)(np.array([1000.0, 1000.0]))
    array([0.5, 0.5])
    """

    def forward(self, input: Any) -> Any:
        """`nn.functional.softmax`."""
        return functional.softmax(input, self.dim)


class LogSoftmax(_AlongAxis):
    """The logarithm of `Softmax`.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.LogSoftmax(dim=0)(np.array([0.0, -1000.0]))
    array([    0., -1000.])
    """

    def forward(self, input: Any) -> Any:
        """`nn.functional.log_softmax`."""
        return functional.log_softmax(input, self.dim)


class Softmin(_AlongAxis):
    """`Softmax` of -x.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.Softmin(dim=0)(np.array([0.0, 1000.0]))
    array([1., 0.])
    """

    def forward(self, input: Any) -> Any:
        """`nn.functional.softmin`."""
        return functional.softmin(input, self.dim)


class Softmax2d(Module):
    """`Softmax` over the channels of images, (N, C, H, W) or (C, H, W).

    >>> import numpy as np, wengert as wg
    >>> wg.nn.Softmax2d()(np.zeros((2, 1, 1))).ravel()
    array([0.5, 0.5])
    """

    def forward(self, input: Any) -> Any:
        """`nn.functional.softmax` along the third axis from the end."""
        x = lift(input)
        if x.ndim not in (3, 4):
            raise refuse(f"Softmax2d got an input of shape {x.shape}", "It is of images.", "Give (N, C, H, W).")
        return functional.softmax(x, -3)
