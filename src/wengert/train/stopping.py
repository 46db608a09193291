"""EarlyStopping: when a value has not become better for some time."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from wengert.errors import InvalidArgument, explain, user_line

__all__ = ["EarlyStopping"]


class EarlyStopping:
    """Says when to stop: after `patience` values in a row that were not better than the best by more than `min_delta`.

    mode: "min" if less is better, as of a loss, or "max". NaN is never better. Raises `InvalidArgument` for another
    mode.

    >>> stopping = EarlyStopping(patience=2)
    >>> [stopping.update(loss) for loss in [1.0, 0.5, 0.6, 0.7]], stopping.best, stopping.best_at
    ([False, False, False, True], 0.5, 1)
    """

    def __init__(self, patience: int = 10, min_delta: float = 0.0, mode: str = "min") -> None:
        if mode not in ("min", "max") or patience < 1:
            raise InvalidArgument(
                explain(
                    f"EarlyStopping at {user_line()} got mode={mode!r}, patience={patience}.",
                    "It needs to know whether less or more is better, and to wait for at least one value.",
                    'Write mode="min" for a loss, mode="max" for an accuracy, and a positive patience.',
                )
            )
        self.patience, self.min_delta, self.mode = patience, min_delta, mode
        self.best = math.inf if mode == "min" else -math.inf
        self.best_at = -1
        self.count = 0

    def update(self, value: Any) -> bool:
        """Take the next value; returns whether to stop."""
        number = float(value.item() if hasattr(value, "item") else value)
        gain = self.best - number if self.mode == "min" else number - self.best
        if gain > self.min_delta:
            self.best, self.best_at = number, self.count
        self.count += 1
        return self.stop

    @property
    def improved(self) -> bool:
        """Whether the last value was the best so far: the moment to keep the model."""
        return self.count > 0 and self.best_at == self.count - 1

    @property
    def stop(self) -> bool:
        """Whether to stop."""
        return self.count - 1 - self.best_at >= self.patience

    def state_dict(self) -> dict[str, Any]:
        """The best value, when it came, and how many there were."""
        return {"best": self.best, "best_at": self.best_at, "count": self.count}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from there."""
        self.best, self.best_at, self.count = state["best"], state["best_at"], state["count"]
