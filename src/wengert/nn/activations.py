"""Smooth activations, and those along an axis, as layers; their formulas stand in `nn.functional`."""

from __future__ import annotations

from typing import Any

from wengert.errors import refuse
from wengert.nn import functional
from wengert.nn.describe import named
from wengert.nn.module import Module
from wengert.nn.rectifiers import InPlace
from wengert.ops.spelling import lift

__all__ = [
    "GELU",
    "GLU",
    "LogSigmoid",
    "LogSoftmax",
    "Mish",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softmax2d",
    "Softmin",
    "Softplus",
    "Softsign",
    "Swish",
    "Tanh",
    "Tanhshrink",
]


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


class SiLU(InPlace):
    """x σ(x), also called swish.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.SiLU()(np.array([-1.0, 0.0, 1.0])).round(4)
    array([-0.2689,  0.    ,  0.7311])
    """

    def forward(self, input: Any) -> Any:
        """`nn.functional.silu`."""
        return functional.silu(input, self.inplace)


Swish = SiLU


class Mish(InPlace):
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
