"""Transforms: functions of samples, with what they need to know as attributes, so that worker processes can have them.

What is random draws from ``data.generator()``, so that a batch is the same whichever process makes it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from wengert.data.randomness import generator
from wengert.errors import InvalidArgument, explain, user_line

__all__ = ["Compose", "Lambda", "Normalize", "OnEntry", "RandomFlip", "RandomNoise", "RandomShift", "ToFloat"]


class Compose:
    """Transforms one after another.

    >>> import numpy as np
    >>> Compose([ToFloat(scale=1 / 255), Normalize(0.5, 0.5)])(np.array([0, 255], np.uint8))
    array([-1.,  1.], dtype=float32)
    """

    def __init__(self, transforms: Sequence[Callable[[Any], Any]]) -> None:
        self.transforms = list(transforms)

    def __call__(self, sample: Any) -> Any:
        """The sample after all of them."""
        for transform in self.transforms:
            sample = transform(sample)
        return sample

    def __repr__(self) -> str:
        return f"Compose({self.transforms})"


class Lambda:
    """Any function as a transform. For spawned workers it has to be importable: a ``def`` of a module, no lambda."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self.function = function

    def __call__(self, sample: Any) -> Any:
        """The function of the sample."""
        return self.function(sample)

    def __repr__(self) -> str:
        return f"Lambda({getattr(self.function, '__qualname__', self.function)})"


class OnEntry:
    """Transform one entry of samples that are tuples, lists or dicts, and leave the others.

    >>> OnEntry(0, lambda x: 10 * x)((1, "label"))
    (10, 'label')
    """

    def __init__(self, key: Any, transform: Callable[[Any], Any]) -> None:
        self.key, self.transform = key, transform

    def __call__(self, sample: Any) -> Any:
        """The sample with a new entry."""
        new = self.transform(sample[self.key])
        if isinstance(sample, dict):
            return sample | {self.key: new}
        entries = list(sample)
        entries[self.key] = new
        if hasattr(sample, "_fields"):
            return type(sample)(*entries)
        return type(sample)(entries)

    def __repr__(self) -> str:
        return f"OnEntry({self.key!r}, {self.transform!r})"


class ToFloat:
    """Values as floats of a dtype, times `scale` (1 / 255 makes bytes numbers from 0 to 1)."""

    def __init__(self, dtype: Any = np.float32, scale: float = 1.0) -> None:
        self.dtype, self.scale = np.dtype(dtype), scale

    def __call__(self, x: Any) -> Any:
        """x in that dtype."""
        x = x.astype(self.dtype) if hasattr(x, "astype") else np.asarray(x, self.dtype)
        return x if self.scale == 1 else x * self.dtype.type(self.scale)

    def __repr__(self) -> str:
        return f"ToFloat({self.dtype}, scale={self.scale:g})"


class Normalize:
    """(x - mean) / std, in the dtype of x.

    mean, std: numbers or arrays that broadcast against x; with `axis` they have one entry for each index of that axis
    of x. Raises `InvalidArgument` if a std is zero.

    >>> import numpy as np
    >>> Normalize([0.0, 1.0], [1.0, 2.0], axis=0)(np.ones((2, 1)))
    array([[1.],
           [0.]])
    """

    def __init__(self, mean: Any, std: Any, axis: int | None = None) -> None:
        self.mean, self.std, self.axis = np.asarray(mean, np.float64), np.asarray(std, np.float64), axis
        if not np.all(self.std):
            raise InvalidArgument(
                explain(
                    f"Normalize at {user_line()} got a standard deviation of zero.",
                    "It would divide by zero: the feature is the same in all samples.",
                    "Use 1 there, np.where(std == 0, 1, std).",
                )
            )

    def __call__(self, x: Any) -> Any:
        """x with mean 0 and standard deviation 1, if those were its own."""
        mean, std = (self._along(value, x.ndim).astype(x.dtype) for value in (self.mean, self.std))
        return (x - mean) / std

    def _along(self, value: Any, ndim: int) -> Any:
        if self.axis is None or value.ndim == 0:
            return value
        shape = [1] * ndim
        shape[self.axis] = -1
        return value.reshape(shape)

    def __repr__(self) -> str:
        return f"Normalize({self.mean.tolist()}, {self.std.tolist()}, axis={self.axis})"


class RandomFlip:
    """Reverse an axis (by default the last: left and right of an image) with probability p."""

    def __init__(self, p: float = 0.5, axis: int = -1) -> None:
        self.p, self.axis = p, axis

    def __call__(self, x: Any) -> Any:
        """x, or x reversed."""
        return np.flip(x, self.axis) if generator().random() < self.p else x

    def __repr__(self) -> str:
        return f"RandomFlip({self.p:g}, axis={self.axis})"


class RandomShift:
    """Move an image along its last axes by up to `most` pixels each way; what comes in is `fill`.

    most: a number for the last two axes, or one for each of the last axes.

    >>> import numpy as np
    >>> RandomShift(1)(np.ones((3, 3))).shape
    (3, 3)
    """

    def __init__(self, most: int | Sequence[int], fill: float = 0.0) -> None:
        self.most = (most, most) if isinstance(most, int) else tuple(most)
        self.fill = fill

    def __call__(self, x: Any) -> Any:
        """x, moved."""
        apart = x.ndim - len(self.most)
        framed: Any = np.pad(x, [(0, 0)] * apart + [(m, m) for m in self.most], constant_values=self.fill)
        starts = [int(generator().integers(2 * m + 1)) for m in self.most]
        window: tuple[Any, ...] = tuple([slice(s, s + n) for s, n in zip(starts, x.shape[apart:], strict=True)])
        return framed[(..., *window)]

    def __repr__(self) -> str:
        return f"RandomShift({self.most}, fill={self.fill:g})"


class RandomNoise:
    """Add normal noise of standard deviation `scale`, in the dtype of x."""

    def __init__(self, scale: float) -> None:
        self.scale = scale

    def __call__(self, x: Any) -> Any:
        """x with noise."""
        return x + (self.scale * generator().standard_normal(x.shape)).astype(x.dtype)

    def __repr__(self) -> str:
        return f"RandomNoise({self.scale:g})"
