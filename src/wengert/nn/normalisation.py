"""Normalisation as layers; `nn.functional.batch_norm` and its like explain what they compute."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from wengert import creation
from wengert.autograd import no_grad
from wengert.errors import refuse
from wengert.nn import functional, init
from wengert.nn.describe import named
from wengert.nn.linear import made
from wengert.nn.module import Module
from wengert.ops.spelling import lift

__all__ = [
    "BatchNorm1d",
    "BatchNorm2d",
    "BatchNorm3d",
    "GroupNorm",
    "InstanceNorm1d",
    "InstanceNorm2d",
    "InstanceNorm3d",
    "LayerNorm",
    "LocalResponseNorm",
    "RMSNorm",
]


class _Scaled(Module):
    """A weight of ones and a bias of zeros, or None."""

    def _make(self, shape: tuple[int, ...], weight: bool, bias: bool, dtype: Any) -> None:
        self.register_parameter("weight", made(*shape, dtype=dtype) if weight else None)
        self.register_parameter("bias", made(*shape, dtype=dtype) if bias else None)

    def reset_parameters(self) -> None:
        """Ones and zeros again."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)


# --- with running statistics ------------------------------------------------------------------------------------


class _Running(_Scaled):
    """Channels normalised by statistics of the batch, of which running means are kept in buffers."""

    ranks: ClassVar[tuple[int, ...]]

    def __init__(
        self, num_features: int, eps: float, momentum: float | None, affine: bool, track_running_stats: bool,
        dtype: Any, bias: bool,
    ) -> None:  # fmt: skip
        super().__init__()
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats
        self._make((num_features,), affine, affine and bias, dtype)
        kept = track_running_stats
        self.register_buffer("running_mean", creation.zeros(num_features, dtype=dtype) if kept else None)
        self.register_buffer("running_var", creation.ones(num_features, dtype=dtype) if kept else None)
        self.register_buffer("num_batches_tracked", creation.zeros((), dtype=np.int64) if kept else None)
        self.reset_parameters()

    def reset_running_stats(self) -> None:
        """Forget the statistics."""
        if self.track_running_stats:
            init.zeros_(self.running_mean)
            init.ones_(self.running_var)
            with no_grad():
                self.num_batches_tracked[...] = 0

    def reset_parameters(self) -> None:
        """Ones and zeros again, and no statistics."""
        self.reset_running_stats()
        super().reset_parameters()

    def _checked(self, input: Any) -> Any:
        x = lift(input)
        if x.ndim not in self.ranks:
            raise refuse(
                f"{type(self).__name__} got an input of shape {x.shape}",
                f"It takes arrays of {' or '.join(map(str, self.ranks))} axes, the channels behind the first or first.",
                "Reshape it, or use the layer of another dimension.",
            )
        return x

    def _share(self) -> Any:
        """By how much the running statistics move: the momentum, or with None such that they are the mean of all."""
        if self.num_batches_tracked is None:
            return 0.0 if self.momentum is None else self.momentum
        with no_grad():
            self.num_batches_tracked[...] = self.num_batches_tracked + 1
            if self.momentum is not None:
                return self.momentum
            return 1 / self.num_batches_tracked.astype(self.running_mean.dtype)

    def extra_repr(self) -> str:
        """The arguments."""
        said = [named(self, "eps momentum affine"), f"bias={self.bias is not None}", named(self, "track_running_stats")]
        return ", ".join([f"{self.num_features}", *said])


class _BatchNorm(_Running):
    def __init__(
        self, num_features: int, eps: float = 1e-5, momentum: float | None = 0.1, affine: bool = True,
        track_running_stats: bool = True, device: Any = None, dtype: Any = None, *, bias: bool = True,
    ) -> None:  # fmt: skip
        super().__init__(num_features, eps, momentum, affine, track_running_stats, dtype, bias)

    def forward(self, input: Any) -> Any:
        """The layer; in training the running statistics move, also under transforms and in compiled functions."""
        x = self._checked(input)
        of_batch = self.training or self.running_mean is None
        share = self._share() if self.training else 0.0
        return functional.batch_norm(
            x, self.running_mean, self.running_var, self.weight, self.bias, of_batch, share, self.eps
        )


class BatchNorm1d(_BatchNorm):
    """Channels of (N, C) or (N, C, L) brought to mean 0 and variance 1; `BatchNorm2d` explains the arguments.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.BatchNorm1d(1, eps=0.0)(np.array([[1.0], [3.0]])).detach().ravel()
    tensor([-1.,  1.])
    """

    ranks = (2, 3)


class BatchNorm2d(_BatchNorm):
    """Channels of images, (N, C, H, W), brought to mean 0 and variance 1, then scaled and shifted.

    num_features: the number of channels. eps: added to the variance. momentum: by what share the running statistics
    move towards those of a batch; None makes them the mean of all batches. affine, bias: whether there are a weight and
    a bias. track_running_stats: whether there are running statistics, which `eval` mode uses.

    >>> import numpy as np, wengert as wg
    >>> layer = wg.nn.BatchNorm2d(2)
    >>> layer(np.arange(16.0).reshape(2, 2, 2, 2)).shape, layer.running_mean
    ((2, 2, 2, 2), tensor([0.55, 0.95]))
    """

    ranks = (4,)


class BatchNorm3d(_BatchNorm):
    """Channels of volumes, (N, C, D, H, W), brought to mean 0 and variance 1; `BatchNorm2d` explains the arguments.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.BatchNorm3d(1)(np.ones((2, 1, 1, 1, 1))).shape
    (2, 1, 1, 1, 1)
    """

    ranks = (5,)


class _InstanceNorm(_Running):
    def __init__(
        self, num_features: int, eps: float = 1e-5, momentum: float | None = 0.1, affine: bool = False,
        track_running_stats: bool = False, device: Any = None, dtype: Any = None, *, bias: bool = True,
    ) -> None:  # fmt: skip
        super().__init__(num_features, eps, momentum, affine, track_running_stats, dtype, bias)

    def forward(self, input: Any) -> Any:
        """The layer."""
        x = self._checked(input)
        single = x.ndim == self.ranks[0]
        own = self.training or not self.track_running_stats
        out = functional.instance_norm(
            x[None] if single else x, self.running_mean, self.running_var, self.weight, self.bias, own,
            0.0 if self.momentum is None else self.momentum, self.eps,
        )  # fmt: skip
        return out[0] if single else out


class InstanceNorm1d(_InstanceNorm):
    """Channels of each signal, (N, C, L) or (C, L), brought to mean 0 and variance 1.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.InstanceNorm1d(1, eps=0.0)(np.array([[1.0, 3.0]]))
    array([[-1.,  1.]])
    """

    ranks = (2, 3)


class InstanceNorm2d(_InstanceNorm):
    """Channels of each image, (N, C, H, W) or (C, H, W), brought to mean 0 and variance 1.

    The arguments are those of `BatchNorm2d`, with other defaults.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.InstanceNorm2d(1, eps=0.0)(np.array([[[1.0, 3.0]]]))
    array([[[-1.,  1.]]])
    """

    ranks = (3, 4)


class InstanceNorm3d(_InstanceNorm):
    """Channels of each volume, (N, C, D, H, W) or (C, D, H, W), brought to mean 0 and variance 1.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.InstanceNorm3d(1, eps=0.0)(np.array([[[[1.0, 3.0]]]]))
    array([[[[-1.,  1.]]]])
    """

    ranks = (4, 5)


# --- of each example --------------------------------------------------------------------------------------------


class LayerNorm(_Scaled):
    """The last axes brought to mean 0 and variance 1, then scaled and shifted.

    normalized_shape: their lengths, or the length of the last one. elementwise_affine, bias: whether there are a weight
    (of ones at first) and a bias (of zeros), of that shape.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.LayerNorm(2, eps=0.0)(np.array([[1.0, 3.0], [0.0, 8.0]])).detach()
    tensor([[-1.,  1.],
            [-1.,  1.]])
    """

    def __init__(
        self, normalized_shape: int | Sequence[int], eps: float = 1e-5, elementwise_affine: bool = True,
        bias: bool = True, device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.normalized_shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
        self.eps, self.elementwise_affine = eps, elementwise_affine
        self._make(self.normalized_shape, elementwise_affine, elementwise_affine and bias, dtype)
        self.reset_parameters()

    def forward(self, input: Any) -> Any:
        """`nn.functional.layer_norm`."""
        return functional.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """The arguments."""
        return f"{self.normalized_shape}, {named(self, 'eps elementwise_affine')}, bias={self.bias is not None}"


class RMSNorm(_Scaled):
    """The last axes brought to mean square 1, then scaled; eps: by default the dtype's.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.RMSNorm(2)(np.array([1.0, 7.0])).detach()
    tensor([0.2, 1.4])
    """

    def __init__(
        self, normalized_shape: int | Sequence[int], eps: float | None = None, elementwise_affine: bool = True,
        device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.normalized_shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
        self.eps, self.elementwise_affine = eps, elementwise_affine
        self.bias = None
        self.register_parameter("weight", made(*self.normalized_shape, dtype=dtype) if elementwise_affine else None)
        self.reset_parameters()

    def forward(self, input: Any) -> Any:
        """`nn.functional.rms_norm`."""
        return functional.rms_norm(input, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        """The arguments."""
        return f"{self.normalized_shape}, {named(self, 'eps elementwise_affine')}"


class GroupNorm(_Scaled):
    """Groups of channels brought to mean 0 and variance 1 in each example, then scaled and shifted by channel.

    num_groups, num_channels: how many equal parts of how many channels. affine, bias: whether there are a weight and a
    bias.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.GroupNorm(2, 4, eps=0.0)(np.array([[1.0, 3.0, 0.0, 8.0]])).detach()
    tensor([[-1.,  1., -1.,  1.]])
    """

    def __init__(
        self, num_groups: int, num_channels: int, eps: float = 1e-5, affine: bool = True, device: Any = None,
        dtype: Any = None, *, bias: bool = True,
    ) -> None:  # fmt: skip
        super().__init__()
        if num_groups < 1 or num_channels % num_groups:
            raise refuse(
                f"GroupNorm got {num_channels} channels and num_groups={num_groups}",
                "The groups are equal parts of the channels.",
                "Give a number of groups that divides them.",
            )
        self.num_groups, self.num_channels, self.eps, self.affine = num_groups, num_channels, eps, affine
        self._make((num_channels,), affine, affine and bias, dtype)
        self.reset_parameters()

    def forward(self, input: Any) -> Any:
        """`nn.functional.group_norm`."""
        return functional.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """The arguments."""
        return f"{self.num_groups}, {self.num_channels}, {named(self, 'eps affine')}, bias={self.bias is not None}"


class LocalResponseNorm(Module):
    """x / (k + alpha m)^beta, with m the mean square of `size` neighbouring channels.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.LocalResponseNorm(2, alpha=2.0, beta=1.0)(np.array([[[3.0], [0.0]]])).ravel()
    array([0.3, 0. ])
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        super().__init__()
        self.size, self.alpha, self.beta, self.k = size, alpha, beta, k

    def forward(self, input: Any) -> Any:
        """`nn.functional.local_response_norm`."""
        return functional.local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        """The arguments."""
        return f"{self.size}, {named(self, 'alpha beta k')}"
