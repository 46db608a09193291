"""The models, each written once: `nn` is `wengert.nn` or `torch.nn`, whose names are the same."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["MODELS", "Model"]


@dataclass(frozen=True)
class Model:
    """A model and what it is trained on.

    make: the model, of an `nn`. loss: the name of a function of `nn.functional`. shape: of the inputs, the batch
    first. target: the shape of the targets, or the number of classes. eager, compiled: the bars, as shares of
    PyTorch's time; None for no bar.
    """

    name: str
    make: Callable[[Any], Any]
    shape: tuple[int, ...]
    target: tuple[int, ...] | int
    eager: float | None
    compiled: float

    @property
    def loss(self) -> str:
        """The name of the loss in `nn.functional`."""
        return "cross_entropy" if isinstance(self.target, int) else "mse_loss"

    def data(self) -> tuple[Any, Any]:
        """A batch: inputs and targets, as arrays."""
        rng = np.random.default_rng(0)
        x = rng.standard_normal(self.shape).astype(np.float32)
        if isinstance(self.target, int):
            return x, rng.integers(0, self.target, self.shape[0])
        return x, rng.standard_normal(self.target).astype(np.float32)


def perceptron(*sizes: int) -> Callable[[Any], Any]:
    """Dense layers with rectifiers between."""

    def make(nn: Any) -> Any:
        layers = []
        for before, after in itertools.pairwise(sizes):
            layers += [nn.Linear(before, after), nn.ReLU()]
        return nn.Sequential(*layers[:-1])

    return make


def reader(inputs: int, hidden: int, classes: int) -> Callable[[Any], Any]:
    """A long short-term memory, and a dense layer at its last output."""

    def make(nn: Any) -> Any:
        class Reader(nn.Module):  # type: ignore[misc]
            def __init__(self) -> None:
                super().__init__()
                self.lstm = nn.LSTM(inputs, hidden, batch_first=True)
                self.head = nn.Linear(hidden, classes)

            def forward(self, x: Any) -> Any:
                out, _ = self.lstm(x)
                return self.head(out[:, -1])

        return Reader()

    return make


def convolutional(side: int) -> Callable[[Any], Any]:
    """Two convolutions, each with a rectifier and max pooling, and a dense layer; images are (1, side, side)."""

    def make(nn: Any) -> Any:
        return nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(32 * (side // 4) ** 2, 10),
        )  # fmt: skip

    return make


def block(width: int, heads: int) -> Callable[[Any], Any]:
    """Attention and two dense layers, four times as wide within, each beside a shortcut and with a normalisation."""

    def make(nn: Any) -> Any:
        return nn.TransformerEncoderLayer(width, heads, 4 * width, dropout=0.0, batch_first=True)

    return make


MODELS = [
    Model("digits MLP 64-64-10, batch 32", perceptron(64, 64, 10), (32, 64), 10, 0.6, 0.35),
    Model("MLP 784-256-10, batch 128", perceptron(784, 256, 10), (128, 784), 10, None, 0.8),
    Model("LSTM hidden 64, 50 steps, batch 32", reader(32, 64, 10), (32, 50, 32), 10, None, 0.5),
    Model("CNN of 8x8 images, batch 32", convolutional(8), (32, 1, 8, 8), 10, None, 1.0),
    Model("CNN of 28x28 images, batch 32", convolutional(28), (32, 1, 28, 28), 10, None, 1.0),
    Model("transformer block, batch 8, 64 of 128", block(128, 4), (8, 64, 128), (8, 64, 128), None, 0.8),
]
