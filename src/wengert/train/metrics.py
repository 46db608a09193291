"""Metrics: numbers that are accumulated over batches and computed at the end, as of all samples at once.

Predictions and targets are arrays or tensors; gradients are not followed.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import numpy as np

from wengert.core.apply import Box, read
from wengert.errors import InvalidArgument, explain, user_line

__all__ = ["AUROC", "R2", "Accuracy", "ConfusionMatrix", "Mean", "MeanSquaredError", "Metric", "TopK"]


def plain(x: Any) -> Any:
    """The numbers of an array or a tensor."""
    return np.asarray(read(x.detach()) if isinstance(x, Box) else x)


class Metric:
    """The base of metrics: a subclass says what is accumulated (`start`), from what (`update`), to what (`compute`)."""

    def __init__(self) -> None:
        self.state = self.start()

    def start(self) -> dict[str, Any]:
        """What is accumulated, before the first sample: numbers, arrays and lists by name."""
        raise NotImplementedError(f"{type(self).__name__} has no start")

    def update(self, prediction: Any, target: Any, /) -> None:
        """Take a batch."""
        raise NotImplementedError(f"{type(self).__name__} has no update")

    def compute(self) -> Any:
        """The metric of all samples so far; NaN of none."""
        raise NotImplementedError(f"{type(self).__name__} has no compute")

    def reset(self) -> None:
        """Forget all samples."""
        self.state = self.start()

    def state_dict(self) -> dict[str, Any]:
        """What was accumulated."""
        return copy.deepcopy(self.state)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from there."""
        self.state = copy.deepcopy(dict(state))

    def __float__(self) -> float:
        return float(self.compute())

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.compute()!r})"


class _Averaged(Metric):
    """The base of metrics that are weighted means."""

    def start(self) -> dict[str, Any]:
        """A sum and its weight."""
        return {"sum": 0.0, "weight": 0.0}

    def _add(self, values: Any, weight: Any = 1.0) -> None:
        x, w = np.broadcast_arrays(np.asarray(values, np.float64), np.asarray(weight, np.float64))
        self.state["sum"] += float(np.sum(x * w))
        self.state["weight"] += float(np.sum(w))

    def compute(self) -> float:
        """The mean; NaN of nothing."""
        return float(_ratio(self.state["sum"], self.state["weight"]))


class Mean(_Averaged):
    """The mean of numbers or of the entries of arrays, with weights; as of losses, weighted by the size of the batch.

    >>> mean = Mean()
    >>> mean.update(1.0, weight=3)
    >>> mean.update(5.0)
    >>> mean.compute()
    2.0
    """

    def update(self, value: Any, weight: Any = 1.0) -> None:
        """Take a value, or an array of them, with a weight, or one for each."""
        self._add(plain(value), plain(weight))


class Accuracy(_Averaged):
    """The part of the predictions that are right.

    Predictions are scores, with one more axis than the targets: the classes, on axis 1; the first of equal ones wins.
    Or they have the shape of the targets: classes, or, with a `threshold`, scores of class 1.

    >>> accuracy = Accuracy()
    >>> accuracy.update(np.array([[0.1, 0.9], [0.8, 0.2]]), np.array([1, 1]))
    >>> accuracy.compute()
    0.5
    """

    def __init__(self, threshold: float | None = None) -> None:
        super().__init__()
        self.threshold = threshold

    def update(self, prediction: Any, target: Any) -> None:
        """Take a batch."""
        found, true = plain(prediction), plain(target)
        if found.ndim == true.ndim + 1:
            found = np.argmax(found, axis=1)
        elif self.threshold is not None:
            found = found > self.threshold
        _same_shape(self, found, true)
        self._add(found == true)


class TopK(_Averaged):
    """The part of the samples whose class is among the k with the highest scores; of equal ones the first come first.

    >>> top = TopK(2)
    >>> top.update(np.array([[0.5, 0.3, 0.2]]), np.array([1]))
    >>> top.compute()
    1.0
    """

    def __init__(self, k: int = 5) -> None:
        super().__init__()
        self.k = k

    def update(self, prediction: Any, target: Any) -> None:
        """Take a batch of scores, with the classes on axis 1, and of classes."""
        scores, true = np.moveaxis(plain(prediction), 1, -1), plain(target)
        _same_shape(self, scores[..., 0], true)
        own = np.take_along_axis(scores, true[..., None], -1)
        earlier = np.arange(scores.shape[-1]) < true[..., None]
        rank = np.sum((scores > own) | ((scores == own) & earlier), -1)
        self._add(rank < self.k)


class ConfusionMatrix(Metric):
    """How often samples of a class (row) were taken for a class (column).

    Predictions are classes or scores, as of `Accuracy`. Raises `InvalidArgument` for a class that there is not.

    >>> confusion = ConfusionMatrix(2)
    >>> confusion.update(np.array([0, 1, 1]), np.array([0, 0, 1]))
    >>> confusion.compute(), confusion.recall()
    (array([[1, 1],
           [0, 1]]), array([0.5, 1. ]))
    """

    def __init__(self, classes: int) -> None:
        self.classes = classes
        super().__init__()

    def start(self) -> dict[str, Any]:
        """A matrix of zeros."""
        return {"matrix": np.zeros((self.classes, self.classes), np.int64)}

    def update(self, prediction: Any, target: Any) -> None:
        """Take a batch."""
        found, true = plain(prediction), plain(target)
        if found.ndim == true.ndim + 1:
            found = np.argmax(found, axis=1)
        _same_shape(self, found, true)
        for x in (found, true):
            if x.size and not (x.min() >= 0 and x.max() < self.classes):
                raise InvalidArgument(
                    explain(
                        f"ConfusionMatrix({self.classes}) at {user_line()} got classes from {x.min()} to {x.max()}.",
                        f"Classes are numbers from 0 to {self.classes - 1}.",
                        "Give the right number of classes.",
                    )
                )
        pairs = true.astype(np.int64).ravel() * self.classes + found.astype(np.int64).ravel()
        counts = np.bincount(pairs, minlength=self.classes**2)
        self.state["matrix"] = self.state["matrix"] + counts.reshape(self.classes, self.classes)

    def compute(self) -> Any:
        """The matrix."""
        return self.state["matrix"]

    def precision(self) -> Any:
        """Of what was taken for a class, the part that is; NaN of nothing."""
        return _ratio(np.diag(self.compute()), self.compute().sum(0))

    def recall(self) -> Any:
        """Of what is of a class, the part that was found; NaN of nothing."""
        return _ratio(np.diag(self.compute()), self.compute().sum(1))

    def f1(self) -> Any:
        """The harmonic mean of precision and recall, by class."""
        return _ratio(2 * np.diag(self.compute()), self.compute().sum(0) + self.compute().sum(1))


class MeanSquaredError(_Averaged):
    """The mean of the squared differences, or its root.

    >>> error = MeanSquaredError()
    >>> error.update(np.array([1.0, 2.0]), np.array([1.0, 4.0]))
    >>> error.compute()
    2.0
    """

    def __init__(self, root: bool = False) -> None:
        super().__init__()
        self.root = root

    def update(self, prediction: Any, target: Any) -> None:
        """Take a batch."""
        found, true = plain(prediction), plain(target)
        _same_shape(self, found, true)
        self._add(np.abs(found.astype(np.result_type(found, np.float64)) - true) ** 2)

    def compute(self) -> float:
        """The error."""
        return float(np.sqrt(super().compute())) if self.root else super().compute()


class R2(Metric):
    """The part of the variance of the targets that the predictions explain, 1 - Σ(y - ŷ)² / Σ(y - ȳ)².

    It is averaged over the columns of the targets. Where these do not vary it is 1 for right predictions, and 0 for
    others, as in scikit-learn.

    >>> score = R2()
    >>> score.update(np.array([1.0, 2.0, 2.0]), np.array([1.0, 2.0, 3.0]))
    >>> score.compute()
    0.5
    """

    def start(self) -> dict[str, Any]:
        """A count, a mean, and two sums of squares."""
        return {"count": 0, "mean": 0.0, "spread": 0.0, "residual": 0.0}

    def update(self, prediction: Any, target: Any) -> None:
        """Take a batch; samples are on axis 0."""
        found, true = (plain(x).astype(np.float64) for x in (prediction, target))
        _same_shape(self, found, true)
        if not len(true):
            return
        # Spreads of two parts of counts n, m and means a, b add up to that of all by (a - b)² n m / (n + m)
        # (T. Chan, G. Golub and R. LeVeque, 1979); sums of squares alone would cancel.
        s, m = self.state, len(true)
        n, mean = s["count"], true.mean(0)
        step = mean - s["mean"]
        s["spread"] = s["spread"] + np.sum((true - mean) ** 2, 0) + step**2 * (n * m / (n + m))
        s["mean"] = s["mean"] + step * (m / (n + m))
        s["residual"] = s["residual"] + np.sum((true - found) ** 2, 0)
        s["count"] = n + m

    def compute(self) -> float:
        """The score; NaN of nothing."""
        if not self.state["count"]:
            return float("nan")
        residual, spread = np.atleast_1d(self.state["residual"]), np.atleast_1d(self.state["spread"])
        flat = spread == 0
        return float(np.mean(np.where(flat, residual == 0, 1 - residual / np.where(flat, 1, spread))))


class AUROC(Metric):
    """The area under the receiver operating characteristic: how often a positive sample has the higher score.

    It equals (R - n₊(n₊+1)/2) / (n₊ n₋), R being the sum of the ranks of the positive samples, with mean ranks for
    equal scores (H. Mann and D. Whitney, 1947); so it is exact, and all scores are kept. Scores are of shape (samples,)
    for targets 0 and 1, or (samples, classes): then each class is held against the others, and their areas averaged.

    >>> area = AUROC()
    >>> area.update(np.array([0.1, 0.4, 0.35, 0.8]), np.array([0, 0, 1, 1]))
    >>> area.compute()
    0.75
    """

    def start(self) -> dict[str, Any]:
        """No scores, and no targets."""
        return {"scores": [], "targets": []}

    def update(self, prediction: Any, target: Any) -> None:
        """Take a batch."""
        scores, true = plain(prediction), plain(target)
        _same_shape(self, scores if scores.ndim == 1 else scores[:, 0], true)
        self.state["scores"].append(np.array(scores))
        self.state["targets"].append(np.array(true))

    def compute(self) -> float:
        """The area; NaN if a class has no samples, or all of them."""
        if not self.state["scores"]:
            return float("nan")
        scores, true = np.concatenate(self.state["scores"]), np.concatenate(self.state["targets"])
        if scores.ndim == 1:
            return _area(scores, true != 0)
        return float(np.mean([_area(scores[:, c], true == c) for c in range(scores.shape[1])]))


def _area(scores: Any, positive: Any) -> float:
    _, group, counts = np.unique(scores, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks = (last - (counts - 1) / 2)[group]
    n, m = int(np.sum(positive)), int(np.sum(~positive))
    return float(_ratio(np.sum(ranks[positive]) - n * (n + 1) / 2, n * m))


def _ratio(part: Any, whole: Any) -> Any:
    """part / whole, NaN where the whole is zero."""
    if np.ndim(whole) == 0:
        return part / whole if whole else float("nan")
    return np.divide(part, whole, out=np.full(np.shape(whole), np.nan), where=np.asarray(whole) != 0)


def _same_shape(metric: Metric, found: Any, true: Any) -> None:
    if found.shape != true.shape:
        raise InvalidArgument(
            explain(
                f"{type(metric).__name__} at {user_line()} got predictions of shape {found.shape} for targets of shape "
                f"{true.shape} (without an axis of classes).",
                "Each prediction is held against its target; to broadcast them would count wrong pairs.",
                "Bring them to one shape, for instance prediction[:, 0].",
            )
        )
