"""A step size that shrinks when nothing gets better any more."""

from __future__ import annotations

import math
from typing import Any

from wengert.errors import InvalidArgument, explain, user_line
from wengert.optim.lr_scheduler.scheduler import LRScheduler, checked, per_group, rates, set_rate
from wengert.optim.optimizer import Optimizer

__all__ = ["ReduceLROnPlateau"]


class ReduceLROnPlateau(LRScheduler):
    """Multiply the step size by `factor` when a measure was no better for more than `patience` steps.

    optimizer: whose groups' ``lr`` is set. mode: "min" if small measures are good, "max" if large ones are. threshold:
    how much better counts: by that share (threshold_mode "rel") or difference ("abs"). cooldown: how many steps are not
    looked at after a reduction. min_lr: the smallest step size, or a list with one for each group. eps: smaller changes
    of the step size are left out. Raises `InvalidArgument` for a factor from 1 on, and for unknown modes.

    >>> import wengert as wg
    >>> optimizer = wg.optim.SGD([wg.ones(3, requires_grad=True)], lr=1.0)
    >>> scheduler = wg.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=1)
    >>> for loss in (3.0, 2.0, 2.0, 2.0):
    ...     scheduler.step(loss)
    >>> scheduler.get_last_lr()
    [0.5]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: Any = 0.0,
        eps: float = 1e-8,
    ) -> None:
        self.optimizer = checked(optimizer, "ReduceLROnPlateau")
        if factor >= 1 or mode not in ("min", "max") or threshold_mode not in ("rel", "abs"):
            raise InvalidArgument(
                explain(
                    f"ReduceLROnPlateau at {user_line()} got factor={factor}, mode={mode!r}, "
                    f"threshold_mode={threshold_mode!r}.",
                    "The step size has to shrink when a measure is no smaller, or no larger.",
                    'Give factor < 1, mode "min" or "max", and threshold_mode "rel" or "abs".',
                )
            )
        self.mode, self.factor, self.patience, self.cooldown, self.eps = mode, factor, patience, cooldown, eps
        self.threshold, self.threshold_mode, self.min_lr = threshold, threshold_mode, min_lr
        per_group(optimizer, "min_lr", min_lr)
        self.last_epoch = self.cooldown_counter = self.num_bad_epochs = 0
        self.best = math.inf if mode == "min" else -math.inf
        self._last_lr = rates(optimizer)

    def step(self, metrics: Any, epoch: int | None = None) -> None:  # type: ignore[override]
        """Look at a measure, and reduce the step sizes if it is time to."""
        measure = float(metrics.item() if hasattr(metrics, "item") else metrics)
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        if self._is_better(measure):
            self.best, self.num_bad_epochs = measure, 0
        else:
            self.num_bad_epochs += 1
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self._reduce()
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0
        self._last_lr = rates(self.optimizer)

    def _is_better(self, measure: float) -> bool:
        sign = 1 if self.mode == "min" else -1
        if self.threshold_mode == "abs":
            return sign * measure < sign * self.best - self.threshold
        # A share of the best: of a negative one it is more, as in PyTorch.
        return sign * measure < sign * self.best * (1 - sign * self.threshold)

    def _reduce(self) -> None:
        least = per_group(self.optimizer, "min_lr", self.min_lr)
        for group, before, floor in zip(self.optimizer.param_groups, rates(self.optimizer), least, strict=True):
            after = max(before * self.factor, floor)
            if before - after > self.eps:
                set_rate(group, after)
