"""Layers that learn at their first call how many channels come in, and of which dtype; then they are the usual layers.

    LazyLinear(10)  ── called with (32, 784) ──▶  Linear(784, 10)      the same object

Until then they have no parameters, so call a model once before it is given to an optimiser.
"""

from __future__ import annotations

import inspect
import warnings
from typing import Any, ClassVar

from wengert.nn.convolutions import Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from wengert.nn.linear import Linear
from wengert.nn.module import Module
from wengert.nn.normalisation import (
    BatchNorm1d,
    BatchNorm2d,
    BatchNorm3d,
    InstanceNorm1d,
    InstanceNorm2d,
    InstanceNorm3d,
)
from wengert.ops.spelling import lift

__all__ = [
    "LazyBatchNorm1d",
    "LazyBatchNorm2d",
    "LazyBatchNorm3d",
    "LazyConv1d",
    "LazyConv2d",
    "LazyConv3d",
    "LazyConvTranspose1d",
    "LazyConvTranspose2d",
    "LazyConvTranspose3d",
    "LazyInstanceNorm1d",
    "LazyInstanceNorm2d",
    "LazyInstanceNorm3d",
    "LazyLinear",
]


_LEARNED = {"affine": True, "track_running_stats": True}  # PyTorch's, of lazy normalisations of any kind


class _Lazy(Module):
    """Keeps the arguments, all but the first one, of the class that it will be of."""

    complete: ClassVar[type[Module]]
    axis: ClassVar[int]  # of the input, on which there are the channels
    defaults: ClassVar[dict[str, Any]] = {}  # that differ from the class's own

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        _, _, *others = inspect.signature(cls.complete.__init__).parameters.values()
        others = [p.replace(default=cls.defaults.get(p.name, p.default)) for p in others]
        cls.__signature__ = inspect.Signature(others)  # type: ignore[attr-defined]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        Module.__init__(self)
        bound = type(self).__signature__.bind(*args, **kwargs)  # type: ignore[attr-defined]
        self._arguments = {**self.defaults, **bound.arguments}

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Become a layer for as many channels as the input has, and call that."""
        x = lift(args[0])
        self._become(x.shape[self.axis], {"dtype": x.dtype} if x.dtype.kind == "f" else {})
        return self(*args, **kwargs)

    def _become(self, channels: int, options: dict[str, Any]) -> None:
        """Be a layer for that many channels from now on."""
        named, kept = self._arguments, {key: self.__dict__[key] for key in ("training", "_hooks")}
        self.__class__ = self.complete  # type: ignore[assignment]
        self.__init__(channels, **{**options, **named})  # type: ignore[misc]
        del self._arguments
        self.__dict__.update(kept)

    def extra_repr(self) -> str:
        """That of the layer that this will be, for 0 channels as yet."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # there is nothing to initialise
            layer: Any = self.complete
            return str(layer(0, **self._arguments).extra_repr())


class LazyLinear(_Lazy, Linear):
    """`Linear` for as many features as the last axis of its first input has.

    >>> import numpy as np, wengert as wg
    >>> layer = wg.nn.LazyLinear(2, bias=False)
    >>> layer(np.ones((5, 3))).shape, layer
    ((5, 2), Linear(in_features=3, out_features=2, bias=False))
    """

    complete, axis = Linear, -1


class LazyConv1d(_Lazy, Conv1d):
    """`Conv1d` for as many channels as its first input has.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.LazyConv1d(4, kernel_size=3)(np.ones((2, 3, 8))).shape
    (2, 4, 6)
    """

    complete, axis = Conv1d, -2


class LazyConv2d(_Lazy, Conv2d):
    """`Conv2d` for as many channels as its first input has.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.LazyConv2d(4, 3)(np.ones((2, 3, 8, 8))).shape
    (2, 4, 6, 6)
    """

    complete, axis = Conv2d, -3


class LazyConv3d(_Lazy, Conv3d):
    """`Conv3d` for as many channels as its first input has."""

    complete, axis = Conv3d, -4


class LazyConvTranspose1d(_Lazy, ConvTranspose1d):
    """`ConvTranspose1d` for as many channels as its first input has."""

    complete, axis = ConvTranspose1d, -2


class LazyConvTranspose2d(_Lazy, ConvTranspose2d):
    """`ConvTranspose2d` for as many channels as its first input has."""

    complete, axis = ConvTranspose2d, -3


class LazyConvTranspose3d(_Lazy, ConvTranspose3d):
    """`ConvTranspose3d` for as many channels as its first input has."""

    complete, axis = ConvTranspose3d, -4


class LazyBatchNorm1d(_Lazy, BatchNorm1d):
    """`BatchNorm1d` for as many channels as its first input has.

    >>> import numpy as np, wengert as wg
    >>> layer = wg.nn.LazyBatchNorm1d()
    >>> layer(np.arange(6.0).reshape(2, 3)).shape, layer.num_features
    ((2, 3), 3)
    """

    complete, axis = BatchNorm1d, 1


class LazyBatchNorm2d(_Lazy, BatchNorm2d):
    """`BatchNorm2d` for as many channels as its first input has."""

    complete, axis = BatchNorm2d, 1


class LazyBatchNorm3d(_Lazy, BatchNorm3d):
    """`BatchNorm3d` for as many channels as its first input has."""

    complete, axis = BatchNorm3d, 1


class LazyInstanceNorm1d(_Lazy, InstanceNorm1d):
    """`InstanceNorm1d` for as many channels as its first input has, with parameters and statistics unless told."""

    complete, axis = InstanceNorm1d, -2
    defaults = _LEARNED


class LazyInstanceNorm2d(_Lazy, InstanceNorm2d):
    """`InstanceNorm2d` for as many channels as its first input has, with parameters and statistics unless told."""

    complete, axis = InstanceNorm2d, -3
    defaults = _LEARNED


class LazyInstanceNorm3d(_Lazy, InstanceNorm3d):
    """`InstanceNorm3d` for as many channels as its first input has, with parameters and statistics unless told."""

    complete, axis = InstanceNorm3d, -4
    defaults = _LEARNED
