"""Samples: features and targets with their names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wengert.data.dataset import TensorDataset

__all__ = ["Samples"]


class Samples(TensorDataset):
    """A dataset of pairs (x, y) that knows what they are called.

    x: array of shape (samples, …). y: array of shape (samples, …); class numbers if there are `classes`.
    features: names of the columns of x. classes: names of the classes by number; empty in a regression.

    >>> import numpy as np
    >>> flowers = Samples(np.zeros((2, 1)), np.array([0, 1]), ["length"], ["rose", "tulip"])
    >>> flowers.classes[flowers[1][1]], flowers
    ('tulip', Samples(2 × (1,) float64, 2 classes))
    """

    def __init__(self, x: Any, y: Any, features: Sequence[str] = (), classes: Sequence[str] = ()) -> None:
        super().__init__(x, y)
        self.features, self.classes = tuple(map(str, features)), tuple(map(str, classes))

    @property
    def x(self) -> Any:
        """The features of all samples."""
        return self.tensors[0]

    @property
    def y(self) -> Any:
        """The targets of all samples."""
        return self.tensors[1]

    def __repr__(self) -> str:
        of = f", {len(self.classes)} classes" if self.classes else ""
        return f"Samples({len(self)} × {self.x.shape[1:]} {self.x.dtype}{of})"
