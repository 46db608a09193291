"""Activations of pieces as layers: rectifiers, and functions that are cut or shrunk."""

from __future__ import annotations

from typing import Any

from wengert.errors import refuse
from wengert.nn import functional, init
from wengert.nn.describe import named
from wengert.nn.linear import made
from wengert.nn.module import Module

__all__ = [
    "CELU",
    "ELU",
    "SELU",
    "Hardshrink",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "InPlace",
    "LeakyReLU",
    "PReLU",
    "RReLU",
    "ReLU",
    "ReLU6",
    "Softshrink",
    "Threshold",
]


class InPlace(Module):
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


class ReLU(InPlace):
    """max(x, 0).

    >>> import numpy as np, wengert as wg
    >>> wg.nn.ReLU()(np.array([-1.0, 2.0]))
    array([0., 2.])
    """

    def forward(self, input: Any) -> Any:
        """`nn.functional.relu`."""
        return functional.relu(input, self.inplace)


class ReLU6(InPlace):
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


class SELU(InPlace):
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


class Hardsigmoid(InPlace):
    """x / 6 + 1/2 cut to [0, 1].

    >>> import numpy as np, wengert as wg
    >>> wg.nn.Hardsigmoid()(np.array([-4.0, 0.0, 4.0]))
    array([0. , 0.5, 1. ])
    """

    def forward(self, input: Any) -> Any:
        """`nn.functional.hardsigmoid`."""
        return functional.hardsigmoid(input, self.inplace)

    def extra_repr(self) -> str:
        """Nothing, as in PyTorch."""
        return ""


class Hardswish(InPlace):
    """x times `Hardsigmoid` of x.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.Hardswish()(np.array([1.0, 4.0])).round(4)
    array([0.6667, 4.    ])
    """

    def forward(self, input: Any) -> Any:
        """`nn.functional.hardswish`."""
        return functional.hardswish(input, self.inplace)

    def extra_repr(self) -> str:
        """Nothing, as in PyTorch."""
        return ""


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
