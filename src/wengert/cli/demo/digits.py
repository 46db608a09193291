"""A network of two layers that learns to read handwritten digits, by the tape and gradient descent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from rich.console import Console
from sklearn.datasets import load_digits
from threadpoolctl import threadpool_limits

from wengert import autograd, creation
from wengert.cli import report
from wengert.nn import functional as F
from wengert.optim import SGD

__all__ = ["Epoch", "show", "train"]

EPOCHS = 40
BATCH = 32
HIDDEN = 128
RATE = 0.1


class Epoch(NamedTuple):
    """What an epoch achieved: the mean loss of its batches, and accuracies from 0 to 1 after it."""

    number: int
    loss: float
    train: float
    test: float


def show(out: Console, seed: int) -> None:
    """Train and print the progress."""
    report.title(out, "2. Train a network: 1,797 handwritten digits of 8 × 8 pixels (scikit-learn)")
    report.say(
        out, f"64 pixels → {HIDDEN} relu → 10 classes, float32, cross-entropy. A fifth of the digits is held out.\n"
    )
    out.print("epoch     loss   train accuracy   test accuracy")
    with report.progress(out) as bar:
        task = bar.add_task("training", total=EPOCHS)
        for epoch in train(seed, EPOCHS):
            bar.advance(task)
            if epoch.number in (1, 2) or epoch.number % 5 == 0:
                out.print(f"{epoch.number:5}   {epoch.loss:6.4f}   {epoch.train:14.2%}   {epoch.test:13.2%}")


def train(seed: int, epochs: int) -> Iterator[Epoch]:
    """Train a new network; yields after every epoch. The seed decides the split, the weights and the batches."""
    rng = np.random.default_rng(seed)
    pixels, digits = load_digits(return_X_y=True)
    pixels = (pixels / 16).astype(np.float32)
    test, rest = np.split(rng.permutation(len(pixels)), [len(pixels) // 5])
    weights = [_weights(rng, 64, HIDDEN), _zeros(HIDDEN), _weights(rng, HIDDEN, 10), _zeros(10)]
    optimizer = SGD(weights, lr=RATE, momentum=0.9, weight_decay=1e-4, nesterov=True)
    with threadpool_limits(1):  # matrices this small gain nothing from more threads
        for number in range(1, epochs + 1):
            # The step shrinks along a cosine (I. Loshchilov and F. Hutter, "SGDR", 2017).
            optimizer.param_groups[0]["lr"] = RATE * 0.5 * (1 + np.cos(np.pi * (number - 1) / epochs))
            losses = []
            for batch in np.array_split(rng.permutation(rest), len(rest) // BATCH):
                optimizer.zero_grad()
                loss = F.cross_entropy(logits(weights, _moved(rng, pixels[batch])), digits[batch])
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
            accuracies = [_accuracy(weights, pixels[part], digits[part]) for part in (rest, test)]
            yield Epoch(number, float(np.mean(losses)), *accuracies)


def logits(weights: Any, x: Any) -> Any:
    """The network: scores of the ten digits."""
    w1, b1, w2, b2 = weights
    return F.relu(x @ w1 + b1) @ w2 + b2


def _weights(rng: np.random.Generator, fan_in: int, fan_out: int) -> Any:
    """Normal weights that keep the variance of relu layers (K. He et al., 2015)."""
    values = rng.normal(size=(fan_in, fan_out)) * np.sqrt(2 / fan_in)
    return creation.tensor(values, dtype=np.float32, requires_grad=True)


def _zeros(n: int) -> Any:
    return creation.zeros(n, dtype=np.float32, requires_grad=True)


def _moved(rng: np.random.Generator, pixels: Any) -> Any:
    """Every second batch moved by up to one pixel: the same digits, written elsewhere."""
    if rng.uniform() < 0.5:
        return pixels
    framed = np.pad(pixels.reshape(-1, 8, 8), ((0, 0), (1, 1), (1, 1)))
    down, right = rng.integers(0, 3, 2)
    return framed[:, down : down + 8, right : right + 8].reshape(-1, 64)


def _accuracy(weights: Any, pixels: Any, digits: Any) -> float:
    with autograd.no_grad():
        found = np.argmax(logits(weights, pixels).numpy(), axis=1)
    return float(np.mean(found == digits))
