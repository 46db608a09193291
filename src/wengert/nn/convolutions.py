"""Convolutions as layers, transposed ones, and their windows; `nn.functional.conv2d` explains the arguments."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

from wengert.errors import refuse
from wengert.nn import functional, init
from wengert.nn.describe import named
from wengert.nn.functional.arguments import unknown
from wengert.nn.functional.geometry import images, per_axis, same_size
from wengert.nn.linear import made
from wengert.nn.module import Module
from wengert.ops.spelling import lift

__all__ = [
    "Conv1d",
    "Conv2d",
    "Conv3d",
    "ConvTranspose1d",
    "ConvTranspose2d",
    "ConvTranspose3d",
    "Fold",
    "Unfold",
]

_MODES = ("zeros", "reflect", "replicate", "circular")


class _Kernels(Module):
    """What convolutions and transposed ones have in common: a weight, a bias, and how the windows lie."""

    d: ClassVar[int]
    transposed: ClassVar[bool] = False
    padding: str | tuple[int, ...]

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any, padding: Any, output_padding: Any,
        dilation: Any, groups: int, bias: bool, padding_mode: str, dtype: Any,
    ) -> None:  # fmt: skip
        super().__init__()
        if groups < 1 or in_channels % groups or out_channels % groups:
            raise refuse(
                f"{type(self).__name__} got {in_channels} and {out_channels} channels with groups={groups}",
                "The groups are equal parts of both.",
                "Give numbers of channels that are multiples of groups.",
            )
        if padding_mode not in (_MODES[:1] if self.transposed else _MODES):
            raise unknown("padding_mode", padding_mode, _MODES[:1] if self.transposed else _MODES)
        self.in_channels, self.out_channels, self.groups, self.padding_mode = (
            in_channels, out_channels, groups, padding_mode,
        )  # fmt: skip
        self.kernel_size = per_axis(kernel_size, self.d, "kernel_size", 1)
        self.stride = per_axis(stride, self.d, "stride", 1)
        self.dilation = per_axis(dilation, self.d, "dilation", 1)
        self.padding = padding if isinstance(padding, str) else per_axis(padding, self.d, "padding")
        self.output_padding = per_axis(output_padding, self.d, "output_padding")
        outer, inner = (in_channels, out_channels) if self.transposed else (out_channels, in_channels)
        self.weight = made(outer, inner // groups, *self.kernel_size, dtype=dtype)
        self.register_parameter("bias", made(out_channels, dtype=dtype) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the initial numbers again: uniform on ±1/√(entries of a kernel)."""
        fan = self.weight.shape[1] * math.prod(self.kernel_size)
        bound = 1 / math.sqrt(fan) if fan else 0.0
        init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound)

    def extra_repr(self) -> str:
        """The arguments that are not the default."""
        said = [f"{self.in_channels}, {self.out_channels}", named(self, "kernel_size stride")]
        zeros, ones = (0,) * self.d, (1,) * self.d
        for name, usual in [("padding", zeros), ("dilation", ones), ("output_padding", zeros), ("groups", 1)]:
            if getattr(self, name) != usual:
                said.append(f"{name}={getattr(self, name)}")
        if self.bias is None:
            said.append("bias=False")
        if self.padding_mode != "zeros":
            said.append(f"padding_mode={self.padding_mode}")
        return ", ".join(said)


class _Conv(_Kernels):
    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1, padding: Any = 0,
        dilation: Any = 1, groups: int = 1, bias: bool = True, padding_mode: str = "zeros", device: Any = None,
        dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, 0, dilation, groups, bias, padding_mode, dtype
        )
        if isinstance(self.padding, str) and (
            self.padding not in ("same", "valid") or (self.padding == "same" and set(self.stride) != {1})
        ):
            raise refuse(
                f"{type(self).__name__} got padding={padding!r} with stride={stride}",
                'The words are "valid" and "same"; "same" is for a stride of 1.',
                "Give the number of entries on both sides.",
            )

    def forward(self, input: Any) -> Any:
        """The layer at an input of shape (N, in, …) or (in, …); the result is (N, out, …) or (out, …)."""
        x = lift(input)
        padded = self.padding_mode != "zeros"
        if padded:
            x = functional.pad(x, self._around(), mode=self.padding_mode)
        function = getattr(functional, f"conv{self.d}d")
        return function(
            x, self.weight, self.bias, self.stride, 0 if padded else self.padding, self.dilation, self.groups
        )

    def _around(self) -> list[int]:
        """How many entries the windows need before and behind each axis, the last axis first."""
        if not isinstance(self.padding, str):
            pairs = [(a, a) for a in self.padding]
        elif self.padding == "valid":
            pairs = [(0, 0)] * self.d
        else:
            whole = [e * (k - 1) for k, e in zip(self.kernel_size, self.dilation, strict=True)]
            pairs = [(a, n - a) for n, a in zip(whole, same_size(self.kernel_size, self.dilation), strict=True)]
        return [n for pair in reversed(pairs) for n in pair]


class Conv1d(_Conv):
    """Windows of signals times trained kernels, over channels; `Conv2d` explains the arguments.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.Conv1d(2, 4, 3)(np.ones((1, 2, 9))).shape
    (1, 4, 7)
    """

    d = 1


class Conv2d(_Conv):
    """Windows of images times trained kernels, over channels.

    in_channels, out_channels: their numbers before and after. kernel_size, stride, padding, dilation, groups: as in
    `nn.functional.conv2d`. bias: whether there is one. padding_mode: what lies beyond the edges, "zeros", "reflect",
    "replicate" or "circular". dtype: of the weight (out, in / groups, h, w) and the bias (out), which start uniform on
    ±1/√(in / groups · h · w).

    >>> import numpy as np, wengert as wg
    >>> wg.nn.Conv2d(1, 8, 3, padding="same", padding_mode="circular")(np.ones((5, 1, 6, 6))).shape
    (5, 8, 6, 6)
    """

    d = 2


class Conv3d(_Conv):
    """Windows of volumes times trained kernels, over channels; `Conv2d` explains the arguments.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.Conv3d(1, 2, 2, stride=2)(np.ones((1, 1, 4, 4, 4))).shape
    (1, 2, 2, 2, 2)
    """

    d = 3


class _ConvTranspose(_Kernels):
    transposed = True

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1, padding: Any = 0,
        output_padding: Any = 0, groups: int = 1, bias: bool = True, dilation: Any = 1, padding_mode: str = "zeros",
        device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(
            in_channels, out_channels, kernel_size, stride, per_axis(padding, self.d, "padding"), output_padding,
            dilation, groups, bias, padding_mode, dtype,
        )  # fmt: skip

    def forward(self, input: Any, output_size: Sequence[int] | None = None) -> Any:
        """The layer; output_size: the wanted spatial shape, instead of an output_padding."""
        x = lift(input)
        more = self.output_padding if output_size is None else self._padding_for(x, tuple(output_size))
        function = getattr(functional, f"conv_transpose{self.d}d")
        return function(x, self.weight, self.bias, self.stride, self.padding, more, self.groups, self.dilation)

    def _padding_for(self, x: Any, size: tuple[int, ...]) -> tuple[int, ...]:
        length = images(x, self.d, type(self).__name__)[0].shape[2:]
        low = per_axis(self.padding, self.d, "padding")
        least = [
            (n - 1) * s - 2 * a + e * (k - 1) + 1
            for n, s, a, e, k in zip(length, self.stride, low, self.dilation, self.kernel_size, strict=True)
        ]
        wanted = size[-self.d :]
        more = tuple([w - n for w, n in zip(wanted, least, strict=True)])
        if any(not 0 <= m < s for m, s in zip(more, self.stride, strict=True)):
            raise refuse(
                f"{type(self).__name__} got output_size={size}",
                f"The shapes that a convolution makes {tuple(length)} of begin at {tuple(least)}, and end before one "
                f"more stride {self.stride}.",
                "Ask for a shape between.",
            )
        return more


class ConvTranspose1d(_ConvTranspose):
    """The transpose of `Conv1d`; `ConvTranspose2d` explains the arguments.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.ConvTranspose1d(4, 2, 3, stride=2)(np.ones((1, 4, 5))).shape
    (1, 2, 11)
    """

    d = 1


class ConvTranspose2d(_ConvTranspose):
    """The transpose of `Conv2d`: every entry of the input times a trained kernel, added up where these overlap.

    The arguments are those of `nn.functional.conv_transpose2d`. The weight is (in, out / groups, h, w); it and the bias
    (out) start uniform on ±1/√(out / groups · h · w).

    >>> import numpy as np, wengert as wg
    >>> up = wg.nn.ConvTranspose2d(4, 2, 3, stride=2, padding=1)
    >>> up(np.ones((1, 4, 5, 5)), output_size=(10, 10)).shape
    (1, 2, 10, 10)
    """

    d = 2


class ConvTranspose3d(_ConvTranspose):
    """The transpose of `Conv3d`; `ConvTranspose2d` explains the arguments.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.ConvTranspose3d(1, 2, 2)(np.ones((1, 1, 1, 1, 1))).shape
    (1, 2, 2, 2, 2)
    """

    d = 3


class Unfold(Module):
    """The windows of images as columns: (N, C, H, W) becomes (N, C · entries of a window, windows).

    >>> import numpy as np, wengert as wg
    >>> wg.nn.Unfold(2)(np.ones((1, 3, 4, 4))).shape
    (1, 12, 9)
    """

    def __init__(self, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> None:
        super().__init__()
        self.kernel_size, self.dilation, self.padding, self.stride = kernel_size, dilation, padding, stride

    def forward(self, input: Any) -> Any:
        """`nn.functional.unfold`."""
        return functional.unfold(input, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        """The arguments."""
        return named(self, "kernel_size dilation padding stride")


class Fold(Module):
    """The transpose of `Unfold`: windows put back to their places, and added up where they overlap.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.Fold((4, 4), 2)(np.ones((1, 12, 9))).shape
    (1, 3, 4, 4)
    """

    def __init__(
        self, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
    ) -> None:  # fmt: skip
        super().__init__()
        self.output_size, self.kernel_size = output_size, kernel_size
        self.dilation, self.padding, self.stride = dilation, padding, stride

    def forward(self, input: Any) -> Any:
        """`nn.functional.fold`."""
        return functional.fold(input, self.output_size, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        """The arguments."""
        return named(self, "output_size kernel_size dilation padding stride")
