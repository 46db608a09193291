"""Poolings as layers; `nn.functional.max_pool2d` and its like explain the arguments."""

from __future__ import annotations

from typing import Any, ClassVar

from wengert.errors import refuse
from wengert.nn import functional
from wengert.nn.describe import named
from wengert.nn.functional.geometry import per_axis
from wengert.nn.module import Module

__all__ = [
    "AdaptiveAvgPool1d",
    "AdaptiveAvgPool2d",
    "AdaptiveAvgPool3d",
    "AdaptiveMaxPool1d",
    "AdaptiveMaxPool2d",
    "AdaptiveMaxPool3d",
    "AvgPool1d",
    "AvgPool2d",
    "AvgPool3d",
    "FractionalMaxPool2d",
    "FractionalMaxPool3d",
    "LPPool1d",
    "LPPool2d",
    "LPPool3d",
    "MaxPool1d",
    "MaxPool2d",
    "MaxPool3d",
    "MaxUnpool1d",
    "MaxUnpool2d",
    "MaxUnpool3d",
]


class _Pool(Module):
    """A function of `nn.functional`, called `_name`, of windows over d axes."""

    d: ClassVar[int]
    _name: ClassVar[str]

    def _function(self) -> Any:
        return getattr(functional, f"{self._name}{self.d}d")


# --- maxima -----------------------------------------------------------------------------------------------------


class _MaxPool(_Pool):
    _name = "max_pool"

    def __init__(
        self, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        self.kernel_size, self.stride = kernel_size, kernel_size if stride is None else stride
        self.padding, self.dilation = padding, dilation
        self.return_indices, self.ceil_mode = return_indices, ceil_mode

    def forward(self, input: Any) -> Any:
        """The maxima; with `return_indices` also where they were."""
        return self._function()(
            input, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode, self.return_indices
        )

    def extra_repr(self) -> str:
        """The arguments."""
        return named(self, "kernel_size stride padding dilation ceil_mode")


class MaxPool1d(_MaxPool):
    """The greatest entry of each window of signals.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.MaxPool1d(2)(np.array([[1.0, 3.0, 2.0, 0.0]]))
    array([[3., 2.]])
    """

    d = 1


class MaxPool2d(_MaxPool):
    """The greatest entry of each window of images.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.MaxPool2d(2)(np.arange(16.0).reshape(1, 4, 4))
    array([[[ 5.,  7.],
            [13., 15.]]])
    """

    d = 2


class MaxPool3d(_MaxPool):
    """The greatest entry of each window of volumes.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.MaxPool3d(2)(np.arange(8.0).reshape(1, 2, 2, 2))
    array([[[[7.]]]])
    """

    d = 3


class _MaxUnpool(_Pool):
    _name = "max_unpool"

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0) -> None:
        super().__init__()
        self.kernel_size = per_axis(kernel_size, self.d, "kernel_size", 1)
        self.stride = self.kernel_size if stride is None else per_axis(stride, self.d, "stride", 1)
        self.padding = per_axis(padding, self.d, "padding")

    def forward(self, input: Any, indices: Any, output_size: Any = None) -> Any:
        """Zeros with the entries where they came from; output_size: the shape of what was pooled."""
        return self._function()(input, indices, self.kernel_size, self.stride, self.padding, output_size)

    def extra_repr(self) -> str:
        """The arguments."""
        return named(self, "kernel_size stride padding")


class MaxUnpool1d(_MaxUnpool):
    """The inverse of `MaxPool1d`: zeros with the maxima where they came from.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.MaxUnpool1d(2)(np.array([[3.0, 2.0]]), np.array([[1, 2]]))
    array([[0., 3., 2., 0.]])
    """

    d = 1


class MaxUnpool2d(_MaxUnpool):
    """The inverse of `MaxPool2d`: zeros with the maxima where they came from.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.MaxUnpool2d(2)(np.array([[[7.0]]]), np.array([[[2]]]))
    array([[[0., 0.],
            [7., 0.]]])
    """

    d = 2


class MaxUnpool3d(_MaxUnpool):
    """The inverse of `MaxPool3d`: zeros with the maxima where they came from.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.MaxUnpool3d(2)(np.array([[[[7.0]]]]), np.array([[[[2]]]])).sum()
    np.float64(7.0)
    """

    d = 3


class _FractionalMaxPool(_Pool):
    _name = "fractional_max_pool"

    def __init__(
        self, kernel_size: Any, output_size: Any = None, output_ratio: Any = None, return_indices: bool = False,
        _random_samples: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        if (output_size is None) == (output_ratio is None):
            raise refuse(
                f"{type(self).__name__} got output_size={output_size} and output_ratio={output_ratio}",
                "The one says what the other would have to.",
                "Give one of them.",
            )
        self.kernel_size, self.return_indices = kernel_size, return_indices
        self.output_size, self.output_ratio = output_size, output_ratio
        self.register_buffer("_random_samples", _random_samples)

    def forward(self, input: Any) -> Any:
        """The maxima; with `return_indices` also where they were."""
        return self._function()(
            input, self.kernel_size, self.output_size, self.output_ratio, self.return_indices, self._random_samples
        )


class FractionalMaxPool2d(_FractionalMaxPool):
    """The greatest entry of windows of images that lie at random distances.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.FractionalMaxPool2d(2, output_ratio=0.5)(np.arange(36.0).reshape(1, 6, 6)).shape
    (1, 3, 3)
    """

    d = 2


class FractionalMaxPool3d(_FractionalMaxPool):
    """The greatest entry of windows of volumes that lie at random distances.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.FractionalMaxPool3d(2, output_size=2)(np.ones((1, 4, 4, 4))).shape
    (1, 2, 2, 2)
    """

    d = 3


# --- means ------------------------------------------------------------------------------------------------------


class _AvgPool(_Pool):
    _name = "avg_pool"

    def __init__(
        self, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
        count_include_pad: bool = True, divisor_override: int | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.kernel_size, self.stride = kernel_size, kernel_size if stride is None else stride
        self.padding, self.ceil_mode, self.count_include_pad = padding, ceil_mode, count_include_pad
        self.divisor_override = divisor_override

    def forward(self, input: Any) -> Any:
        """The means."""
        override = {} if self.divisor_override is None else {"divisor_override": self.divisor_override}
        return self._function()(
            input, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad, **override
        )

    def extra_repr(self) -> str:
        """The arguments."""
        return named(self, "kernel_size stride padding")


class AvgPool1d(_AvgPool):
    """The mean of each window of signals.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.AvgPool1d(2)(np.array([[1.0, 3.0, 2.0, 0.0]]))
    array([[2., 1.]])
    """

    d = 1

    def __init__(
        self, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:  # fmt: skip
        sizes = per_axis(kernel_size, 1, "kernel_size", 1)
        steps = sizes if stride is None else per_axis(stride, 1, "stride", 1)
        super().__init__(sizes, steps, per_axis(padding, 1, "padding"), ceil_mode, count_include_pad)


class AvgPool2d(_AvgPool):
    """The mean of each window of images.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.AvgPool2d(2)(np.arange(4.0).reshape(1, 2, 2))
    array([[[1.5]]])
    """

    d = 2


class AvgPool3d(_AvgPool):
    """The mean of each window of volumes.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.AvgPool3d(2)(np.arange(8.0).reshape(1, 2, 2, 2))
    array([[[[3.5]]]])
    """

    d = 3


class _LPPool(_Pool):
    _name = "lp_pool"

    def __init__(self, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> None:
        super().__init__()
        self.norm_type, self.kernel_size, self.stride, self.ceil_mode = norm_type, kernel_size, stride, ceil_mode

    def forward(self, input: Any) -> Any:
        """The norms."""
        return self._function()(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)

    def extra_repr(self) -> str:
        """The arguments."""
        return named(self, "norm_type kernel_size stride ceil_mode")


class LPPool1d(_LPPool):
    """The p-norm of each window of signals.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.LPPool1d(2, 2)(np.array([[3.0, 4.0]]))
    array([[5.]])
    """

    d = 1


class LPPool2d(_LPPool):
    """The p-norm of each window of images.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.LPPool2d(2, (2, 1))(np.array([[[3.0], [4.0]]]))
    array([[[5.]]])
    """

    d = 2


class LPPool3d(_LPPool):
    """The p-norm of each window of volumes.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.LPPool3d(1, 2)(np.ones((1, 2, 2, 2)))
    array([[[[8.]]]])
    """

    d = 3


# --- of a given number of windows -------------------------------------------------------------------------------


class _Adaptive(_Pool):
    def __init__(self, output_size: Any) -> None:
        super().__init__()
        self.output_size = output_size

    def forward(self, input: Any) -> Any:
        """As many numbers per axis as asked for."""
        return self._function()(input, self.output_size)

    def extra_repr(self) -> str:
        """The argument."""
        return named(self, "output_size")


class _AdaptiveAvg(_Adaptive):
    _name = "adaptive_avg_pool"


class AdaptiveAvgPool1d(_AdaptiveAvg):
    """The means of as many windows as asked for.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.AdaptiveAvgPool1d(2)(np.array([[1.0, 2.0, 6.0]]))
    array([[1.5, 4. ]])
    """

    d = 1


class AdaptiveAvgPool2d(_AdaptiveAvg):
    """The means of windows of images, so that the result has a given spatial shape.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.AdaptiveAvgPool2d(1)(np.arange(9.0).reshape(1, 3, 3))
    array([[[4.]]])
    """

    d = 2


class AdaptiveAvgPool3d(_AdaptiveAvg):
    """The means of windows of volumes, so that the result has a given spatial shape.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.AdaptiveAvgPool3d((None, 1, 1))(np.ones((2, 3, 3, 3))).shape
    (2, 3, 1, 1)
    """

    d = 3


class _AdaptiveMax(_Adaptive):
    _name = "adaptive_max_pool"

    def __init__(self, output_size: Any, return_indices: bool = False) -> None:
        super().__init__(output_size)
        self.return_indices = return_indices

    def forward(self, input: Any) -> Any:
        """As many numbers per axis as asked for; with `return_indices` also where they were."""
        return self._function()(input, self.output_size, self.return_indices)


class AdaptiveMaxPool1d(_AdaptiveMax):
    """The maxima of as many windows as asked for.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.AdaptiveMaxPool1d(2)(np.array([[1.0, 2.0, 6.0]]))
    array([[2., 6.]])
    """

    d = 1


class AdaptiveMaxPool2d(_AdaptiveMax):
    """The maxima of windows of images, so that the result has a given spatial shape.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.AdaptiveMaxPool2d(1)(np.arange(9.0).reshape(1, 3, 3))
    array([[[8.]]])
    """

    d = 2


class AdaptiveMaxPool3d(_AdaptiveMax):
    """The maxima of windows of volumes, so that the result has a given spatial shape.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.AdaptiveMaxPool3d(1)(np.arange(8.0).reshape(1, 2, 2, 2))
    array([[[[7.]]]])
    """

    d = 3
