"""What the programs on digits share: the data in two parts, scores, and a panel of digits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from wengert import data
from wengert.cli.training.picture import GREY, ORANGE
from wengert.nn import functional as F

__all__ = ["panel", "parts", "scores"]

ROWS, COLUMNS = 5, 8


def parts(seed: int, *, images: bool = False) -> tuple[data.Samples, data.Samples]:
    """The digits to train with, and a fifth of all to validate; the seed decides which."""
    every = data.load_digits(np.float32, images=images)
    order = np.random.default_rng(seed).permutation(len(every))
    held, rest = np.split(order, [len(every) // 5])
    training, validation = (data.Samples(every.x[of], every.y[of], classes=every.classes) for of in (rest, held))
    return training, validation


def scores(samples: data.Samples, predict: Callable[[Any], Any]) -> dict[str, float]:
    """Mean cross-entropy and accuracy of predicted classes."""
    logits = predict(samples.x)
    right = np.argmax(logits, axis=1) == samples.y
    return {"validation_loss": float(F.cross_entropy(logits, samples.y)), "accuracy": float(np.mean(right))}


def panel(figure: Any, samples: data.Samples, predict: Callable[[Any], Any]) -> None:
    """Draw digits with what they were taken for: the doubtful ones, least probability of their class first."""
    chances = np.asarray(F.softmax(predict(samples.x), -1))
    found = np.argmax(chances, axis=1)
    doubtful = np.argsort(chances[np.arange(len(found)), samples.y], kind="stable")[: ROWS * COLUMNS]
    wrong = np.count_nonzero(found != samples.y)
    figure.suptitle(f"{wrong} of {len(found)} read wrongly (orange); the most doubtful ones", fontsize="medium")
    for axes, n in zip(np.ravel(figure.subplots(ROWS, COLUMNS)), doubtful, strict=True):
        axes.imshow(samples.x[n].reshape(8, 8), cmap="gray_r", vmin=0, vmax=1)
        axes.set_axis_off()
        is_wrong = found[n] != samples.y[n]
        text = f"{found[n]}, is {samples.y[n]}" if is_wrong else f"{found[n]} {chances[n, found[n]]:.0%}"
        axes.set_title(text, fontsize="small", color=ORANGE if is_wrong else GREY, pad=2)
