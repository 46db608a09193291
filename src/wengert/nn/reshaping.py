"""Layers that move, repeat or interpolate entries: padding, shuffles of pixels and channels, other sizes."""

from __future__ import annotations

import operator
from typing import Any, ClassVar

from wengert.errors import refuse
from wengert.nn import functional
from wengert.nn.describe import named
from wengert.nn.module import Module
from wengert.ops.spelling import lift

__all__ = [
    "ChannelShuffle",
    "CircularPad1d",
    "CircularPad2d",
    "CircularPad3d",
    "ConstantPad1d",
    "ConstantPad2d",
    "ConstantPad3d",
    "PixelShuffle",
    "PixelUnshuffle",
    "ReflectionPad1d",
    "ReflectionPad2d",
    "ReflectionPad3d",
    "ReplicationPad1d",
    "ReplicationPad2d",
    "ReplicationPad3d",
    "Upsample",
    "UpsamplingBilinear2d",
    "UpsamplingNearest2d",
    "ZeroPad1d",
    "ZeroPad2d",
    "ZeroPad3d",
]


# --- padding ----------------------------------------------------------------------------------------------------


class _Pad(Module):
    """More entries around d axes; padding: one number for all sides, or two per axis, the last axis first."""

    d: ClassVar[int]
    _mode: ClassVar[str] = "constant"
    _value: ClassVar[float | None] = None

    def __init__(self, padding: Any) -> None:
        super().__init__()
        try:
            self.padding = (operator.index(padding),) * (2 * self.d)
        except TypeError:
            self.padding = tuple([operator.index(n) for n in padding])
        if len(self.padding) != 2 * self.d:
            raise refuse(
                f"{type(self).__name__} got padding={padding!r}",
                f"There are two numbers for each of {self.d} axes, or one for all.",
                f"Give {2 * self.d} numbers.",
            )

    def forward(self, input: Any) -> Any:
        """The input, (N, C, …) or (C, …), with more entries around its spatial axes."""
        x = lift(input)
        if self._mode != "constant" and x.ndim not in (self.d + 1, self.d + 2):
            raise refuse(
                f"{type(self).__name__} got an input of shape {x.shape}",
                f"It is (N, C, …) or (C, …) with {self.d} spatial axes.",
                f"Reshape it to {self.d + 2} axes.",
            )
        return functional.pad(x, self.padding, self._mode, self._value)

    def extra_repr(self) -> str:
        """The argument."""
        return f"{self.padding}"


class _ConstantPad(_Pad):
    def __init__(self, padding: Any, value: float) -> None:
        super().__init__(padding)
        self.value = value

    def forward(self, input: Any) -> Any:
        """The input with the value around its spatial axes."""
        return functional.pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        """The arguments."""
        return named(self, "padding value")


class ConstantPad1d(_ConstantPad):
    """A value around the last axis.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.ConstantPad1d((1, 0), 7.0)(np.array([[1.0]]))
    array([[7., 1.]])
    """

    d = 1


class ConstantPad2d(_ConstantPad):
    """A value around the last two axes.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.ConstantPad2d(1, 7.0)(np.ones((1, 1, 1))).shape
    (1, 3, 3)
    """

    d = 2


class ConstantPad3d(_ConstantPad):
    """A value around the last three axes.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.ConstantPad3d(1, 7.0)(np.ones((1, 1, 1, 1))).shape
    (1, 3, 3, 3)
    """

    d = 3


class ZeroPad1d(_Pad):
    """Zeros around the last axis.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.ZeroPad1d(1)(np.array([[1.0]]))
    array([[0., 1., 0.]])
    """

    d, _value = 1, 0.0


class ZeroPad2d(_Pad):
    """Zeros around the last two axes.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.ZeroPad2d((1, 0, 0, 0))(np.array([[[1.0]]]))
    array([[[0., 1.]]])
    """

    d, _value = 2, 0.0


class ZeroPad3d(_Pad):
    """Zeros around the last three axes.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.ZeroPad3d(1)(np.ones((1, 1, 1, 1))).sum()
    np.float64(1.0)
    """

    d, _value = 3, 0.0


class ReflectionPad1d(_Pad):
    """The entries mirrored at both ends of the last axis.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.ReflectionPad1d((2, 0))(np.array([[1.0, 2.0, 3.0]]))
    array([[3., 2., 1., 2., 3.]])
    """

    d, _mode = 1, "reflect"


class ReflectionPad2d(_Pad):
    """The entries mirrored at the ends of the last two axes.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.ReflectionPad2d((0, 0, 1, 0))(np.array([[[1.0], [2.0]]])).ravel()
    array([2., 1., 2.])
    """

    d, _mode = 2, "reflect"


class ReflectionPad3d(_Pad):
    """The entries mirrored at the ends of the last three axes.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.ReflectionPad3d(1)(np.ones((1, 2, 2, 2))).shape
    (1, 4, 4, 4)
    """

    d, _mode = 3, "reflect"


class ReplicationPad1d(_Pad):
    """The first and last entries repeated along the last axis.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.ReplicationPad1d((2, 0))(np.array([[1.0, 2.0]]))
    array([[1., 1., 1., 2.]])
    """

    d, _mode = 1, "replicate"


class ReplicationPad2d(_Pad):
    """The entries at the edges repeated around the last two axes.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.ReplicationPad2d(1)(np.array([[[5.0]]])).sum()
    np.float64(45.0)
    """

    d, _mode = 2, "replicate"


class ReplicationPad3d(_Pad):
    """The entries at the edges repeated around the last three axes.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.ReplicationPad3d(1)(np.ones((1, 1, 1, 1))).sum()
    np.float64(27.0)
    """

    d, _mode = 3, "replicate"


class CircularPad1d(_Pad):
    """The entries of the other end, along the last axis.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.CircularPad1d((2, 0))(np.array([[1.0, 2.0, 3.0]]))
    array([[2., 3., 1., 2., 3.]])
    """

    d, _mode = 1, "circular"


class CircularPad2d(_Pad):
    """The entries of the other end, along the last two axes.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.CircularPad2d((0, 0, 1, 0))(np.array([[[1.0], [2.0]]])).ravel()
    array([2., 1., 2.])
    """

    d, _mode = 2, "circular"


class CircularPad3d(_Pad):
    """The entries of the other end, along the last three axes.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.CircularPad3d(1)(np.ones((1, 2, 2, 2))).shape
    (1, 4, 4, 4)
    """

    d, _mode = 3, "circular"


# --- shuffles ---------------------------------------------------------------------------------------------------


class PixelShuffle(Module):
    """Channels made pixels: (…, C r², H, W) becomes (…, C, H r, W r), r being the factor.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.PixelShuffle(2)(np.arange(4.0).reshape(4, 1, 1))
    array([[[0., 1.],
            [2., 3.]]])
    """

    def __init__(self, upscale_factor: int) -> None:
        super().__init__()
        self.upscale_factor = upscale_factor

    def forward(self, input: Any) -> Any:
        """`nn.functional.pixel_shuffle`."""
        return functional.pixel_shuffle(input, self.upscale_factor)

    def extra_repr(self) -> str:
        """The argument."""
        return named(self, "upscale_factor")


class PixelUnshuffle(Module):
    """Pixels made channels, the inverse of `PixelShuffle`.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.PixelUnshuffle(2)(np.arange(4.0).reshape(1, 2, 2)).shape
    (4, 1, 1)
    """

    def __init__(self, downscale_factor: int) -> None:
        super().__init__()
        self.downscale_factor = downscale_factor

    def forward(self, input: Any) -> Any:
        """`nn.functional.pixel_unshuffle`."""
        return functional.pixel_unshuffle(input, self.downscale_factor)

    def extra_repr(self) -> str:
        """The argument."""
        return named(self, "downscale_factor")


class ChannelShuffle(Module):
    """Channels (axis 1) in another order: the first of every group, then the second of every group, and so on.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.ChannelShuffle(2)(np.arange(4.0).reshape(1, 4, 1)).ravel()
    array([0., 2., 1., 3.])
    """

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.groups = groups

    def forward(self, input: Any) -> Any:
        """`nn.functional.channel_shuffle`."""
        return functional.channel_shuffle(input, self.groups)

    def extra_repr(self) -> str:
        """The argument."""
        return named(self, "groups")


# --- other sizes ------------------------------------------------------------------------------------------------


class Upsample(Module):
    """Images, signals or volumes in another size; `nn.functional.interpolate` explains the arguments.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.Upsample(scale_factor=2, mode="linear")(np.array([[[0.0, 4.0]]]))
    array([[[0., 1., 3., 4.]]])
    """

    def __init__(
        self, size: Any = None, scale_factor: Any = None, mode: str = "nearest", align_corners: bool | None = None,
        recompute_scale_factor: bool | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.size, self.mode, self.align_corners = size, mode, align_corners
        several = isinstance(scale_factor, tuple | list)
        self.scale_factor = (
            tuple([float(n) for n in scale_factor])
            if several
            else float(scale_factor)
            if scale_factor is not None
            else None
        )
        self.recompute_scale_factor = recompute_scale_factor

    def forward(self, input: Any) -> Any:
        """`nn.functional.interpolate`."""
        return functional.interpolate(
            input, self.size, self.scale_factor, self.mode, self.align_corners, self.recompute_scale_factor
        )

    def extra_repr(self) -> str:
        """The arguments."""
        return named(self, "size mode" if self.scale_factor is None else "scale_factor mode")


class UpsamplingNearest2d(Upsample):
    """Images in another size, each entry the nearest one.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.UpsamplingNearest2d(scale_factor=2)(np.ones((1, 1, 1, 1))).shape
    (1, 1, 2, 2)
    """

    def __init__(self, size: Any = None, scale_factor: Any = None) -> None:
        super().__init__(size, scale_factor, "nearest")


class UpsamplingBilinear2d(Upsample):
    """Images in another size, interpolated linearly, with the same corners.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.UpsamplingBilinear2d((1, 3))(np.array([[[[0.0, 4.0]]]])).ravel()
    array([0., 2., 4.])
    """

    def __init__(self, size: Any = None, scale_factor: Any = None) -> None:
        super().__init__(size, scale_factor, "bilinear", True)
