"""Step sizes that go up and down: warm restarts, cycles, one cycle."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable
from typing import Any

from wengert.errors import InvalidArgument, explain, user_line
from wengert.optim.lr_scheduler.scheduler import LRScheduler, checked, momentum_name, per_group, set_momentum, set_rate
from wengert.optim.optimizer import Optimizer

__all__ = ["CosineAnnealingWarmRestarts", "CyclicLR", "OneCycleLR"]


class CosineAnnealingWarmRestarts(LRScheduler):
    """Half a cosine from the initial step size to `eta_min` during `T_0` steps, then again during `T_0 T_mult`, ...

    From I. Loshchilov and F. Hutter, "SGDR: stochastic gradient descent with warm restarts" (2017). optimizer,
    last_epoch: as of `LRScheduler`. ``step(epoch)`` takes fractions of epochs, too. Raises `InvalidArgument` for T_0 or
    T_mult that are no integers from 1 on.

    >>> import wengert as wg
    >>> optimizer = wg.optim.SGD([wg.ones(3, requires_grad=True)], lr=1.0)
    >>> scheduler = wg.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, T_0=2)
    >>> rates = []
    >>> for _ in range(4):
    ...     rates += scheduler.get_last_lr()
    ...     scheduler.step()
    >>> rates
    [1.0, 0.5, 1.0, 0.5]
    """

    def __init__(
        self, optimizer: Optimizer, T_0: int, T_mult: int = 1, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        for name, value in (("T_0", T_0), ("T_mult", T_mult)):
            if value < 1 or int(value) != value:
                raise InvalidArgument(
                    explain(
                        f"CosineAnnealingWarmRestarts at {user_line()} got {name}={value}.",
                        "Cycles last whole steps, and do not become shorter.",
                        f"Give an integer {name} ≥ 1.",
                    )
                )
        self.T_0, self.T_i, self.T_mult, self.eta_min = T_0, T_0, T_mult, eta_min
        self.T_cur: float = last_epoch
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """The step sizes of the groups at `T_cur` of the `T_i` steps of this cycle."""
        share = (1 + math.cos(math.pi * self.T_cur / self.T_i)) / 2
        return [self.eta_min + (base - self.eta_min) * share for base in self.base_lrs]

    def step(self, epoch: float | None = None) -> None:
        """Go on by one step, or to `epoch`, which may be a fraction."""
        epoch = self.last_epoch + 1 if epoch is None else epoch
        if epoch < 0:
            raise InvalidArgument(
                explain(f"step at {user_line()} got epoch={epoch}.", "Schedules begin at 0.", "Give epoch ≥ 0.")
            )
        self.T_cur, self.T_i = self._cycle(epoch)
        self.last_epoch = math.floor(epoch)
        self._set(self.get_lr())

    def _begin(self) -> None:
        self.last_epoch += 1
        self.T_cur, self.T_i = self._cycle(self.last_epoch)
        self._set(self.get_lr())

    def _cycle(self, epoch: float) -> tuple[float, int]:
        """How far the cycle is that an epoch lies in, and how long it lasts."""
        if self.T_mult == 1:
            return epoch % self.T_0, self.T_0
        length = self.T_0
        while epoch >= length:
            epoch, length = epoch - length, length * self.T_mult
        return epoch, length


class CyclicLR(LRScheduler):
    """Let the step size go from `base_lr` up to `max_lr` and down again, over and over.

    From L. Smith, "Cyclical learning rates for training neural networks" (2017). optimizer, last_epoch: as of
    `LRScheduler`. base_lr, max_lr: numbers, or lists with one for each group. step_size_up, step_size_down: how many
    steps each way takes; they are equal by default. mode: "triangular" for cycles of one height, "triangular2" for half
    the height each time, "exp_range" for a height of gamma to the power of the step. scale_fn: the height instead, as a
    function of the cycle from 1 on (scale_mode "cycle") or of the step ("iterations"). cycle_momentum: let the
    momentum, or the first of the betas, go from max_momentum down to base_momentum meanwhile. Raises `InvalidArgument`
    for an unknown mode, and for cycle_momentum with an optimiser that has no momentum.

    >>> import wengert as wg
    >>> optimizer = wg.optim.SGD([wg.ones(3, requires_grad=True)], lr=1.0)
    >>> scheduler = wg.optim.lr_scheduler.CyclicLR(optimizer, 0.5, 1.0, step_size_up=2)
    >>> rates = []
    >>> for _ in range(6):
    ...     rates += scheduler.get_last_lr()
    ...     scheduler.step()
    >>> rates
    [0.5, 0.75, 1.0, 0.75, 0.5, 0.75]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: Any,
        max_lr: Any,
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: str = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: str = "cycle",
        cycle_momentum: bool = True,
        base_momentum: Any = 0.8,
        max_momentum: Any = 0.9,
        last_epoch: int = -1,
    ) -> None:
        checked(optimizer, "CyclicLR")
        if scale_fn is None and mode not in ("triangular", "triangular2", "exp_range"):
            raise InvalidArgument(
                explain(
                    f"CyclicLR at {user_line()} got mode={mode!r}.",
                    "The heights of the cycles are not known.",
                    'Give "triangular", "triangular2" or "exp_range", or a scale_fn.',
                )
            )
        bases = per_group(optimizer, "base_lr", base_lr)
        self.max_lrs = per_group(optimizer, "max_lr", max_lr)
        down = step_size_up if step_size_down is None else step_size_down
        self.total_size = step_size_up + down
        self.step_ratio = step_size_up / self.total_size
        self.mode, self.gamma, self.scale_fn = mode, gamma, scale_fn
        self.scale_mode = scale_mode if scale_fn else "iterations" if mode == "exp_range" else "cycle"
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            momentum_name(optimizer, "CyclicLR")
            self.base_momentums = per_group(optimizer, "base_momentum", base_momentum)
            self.max_momentums = per_group(optimizer, "max_momentum", max_momentum)
        if last_epoch == -1:
            for group, base in zip(optimizer.param_groups, bases, strict=True):
                set_rate(group, base)
                group["initial_lr"] = base
        super().__init__(optimizer, last_epoch)
        self.base_lrs = bases

    def get_lr(self) -> list[float]:
        """The step sizes of the groups at step `last_epoch`; sets their momenta, too."""
        height = self._height()
        if self.cycle_momentum:
            momenta = zip(self.optimizer.param_groups, self.base_momentums, self.max_momentums, strict=True)
            for group, low, high in momenta:
                set_momentum(group, high - (high - low) * height)
        return [base + (high - base) * height for base, high in zip(self.base_lrs, self.max_lrs, strict=True)]

    def _height(self) -> float:
        """How far up the step size is, from 0 to 1 if nothing scales it."""
        cycle = math.floor(1 + self.last_epoch / self.total_size)
        share = 1 + self.last_epoch / self.total_size - cycle
        up = share / self.step_ratio if share <= self.step_ratio else (share - 1) / (self.step_ratio - 1)
        return up * self._scale(cycle if self.scale_mode == "cycle" else self.last_epoch)

    def _scale(self, x: int) -> float:
        if self.scale_fn is not None:
            return self.scale_fn(x)
        if self.mode == "exp_range":
            return float(self.gamma**x)
        return 1.0 if self.mode == "triangular" else 0.5 ** (x - 1)


class OneCycleLR(LRScheduler):
    """Let the step size go up to `max_lr` and then down to nearly nothing, once.

    From L. Smith and N. Topin, "Super-convergence: very fast training of neural networks using large learning rates"
    (2019). optimizer, last_epoch: as of `LRScheduler`. max_lr: a number, or a list with one for each group.
    total_steps: of the cycle, or epochs times steps_per_epoch. pct_start: the share of it on the way up.
    anneal_strategy: "cos" or "linear". cycle_momentum: let the momentum, or the first of the betas, go down from
    max_momentum to base_momentum meanwhile and up again. div_factor: max_lr over the first step size; final_div_factor:
    that over the last. three_phase: go down to the first step size as steeply as up, and from there to the last. Raises
    `InvalidArgument` for a cycle of no length, a share outside of [0, 1], an unknown strategy, cycle_momentum with an
    optimiser that has no momentum, and steps beyond the end.

    >>> import wengert as wg
    >>> optimizer = wg.optim.SGD([wg.ones(3, requires_grad=True)], momentum=0.9)
    >>> scheduler = wg.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1.0, total_steps=5, pct_start=0.4)
    >>> rates = []
    >>> for _ in range(5):
    ...     rates += scheduler.get_last_lr()
    ...     scheduler.step()
    >>> [round(rate, 3) for rate in rates]
    [0.04, 1.0, 0.75, 0.25, 0.0]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: Any,
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: Any = 0.85,
        max_momentum: Any = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        checked(optimizer, "OneCycleLR")
        self.total_steps = _length(total_steps, epochs, steps_per_epoch)
        if not 0 <= pct_start <= 1 or anneal_strategy not in ("cos", "linear"):
            raise InvalidArgument(
                explain(
                    f"OneCycleLR at {user_line()} got pct_start={pct_start}, anneal_strategy={anneal_strategy!r}.",
                    "The way up is a share of the cycle, along half a cosine or a line.",
                    'Give pct_start from 0 to 1, and "cos" or "linear".',
                )
            )
        self.anneal_strategy, self.cycle_momentum = anneal_strategy, cycle_momentum
        up = pct_start * self.total_steps - 1
        # Each phase: its last step, and between which numbers of a group the step size and the momentum go.
        self.phases = [
            (up, ("initial_lr", "max_lr"), ("max_momentum", "base_momentum")),
            *([(2 * up, ("max_lr", "initial_lr"), ("base_momentum", "max_momentum"))] if three_phase else []),
            (
                self.total_steps - 1,
                ("initial_lr" if three_phase else "max_lr", "min_lr"),
                ("max_momentum" if three_phase else "base_momentum", "max_momentum"),
            ),
        ]
        numbers = {"max_lr": per_group(optimizer, "max_lr", max_lr)}
        if cycle_momentum:
            momentum_name(optimizer, "OneCycleLR")
            numbers["base_momentum"] = per_group(optimizer, "base_momentum", base_momentum)
            numbers["max_momentum"] = per_group(optimizer, "max_momentum", max_momentum)
        if last_epoch == -1:
            for n, group in enumerate(optimizer.param_groups):
                group.update({name: values[n] for name, values in numbers.items()})
                group["initial_lr"] = group["max_lr"] / div_factor
                group["min_lr"] = group["initial_lr"] / final_div_factor
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """The step sizes of the groups at step `last_epoch`; sets their momenta, too."""
        if self.last_epoch > self.total_steps:
            raise InvalidArgument(
                explain(
                    f"step at {user_line()} goes to step {self.last_epoch} of a cycle of {self.total_steps}.",
                    "One cycle ends with its last step.",
                    "Give more total_steps.",
                )
            )
        ends = [end for end, _, _ in self.phases[:-1]]
        place = bisect_left(ends, self.last_epoch)
        start, (end, rate, momentum) = [0.0, *ends][place], self.phases[place]
        share = (self.last_epoch - start) / (end - start) if end != start else 1.0
        if self.cycle_momentum:
            for group in self.optimizer.param_groups:
                set_momentum(group, self._between(group, momentum, share))
        return [self._between(group, rate, share) for group in self.optimizer.param_groups]

    def _between(self, group: dict[str, Any], names: tuple[str, str], share: float) -> float:
        start, end = group[names[0]], group[names[1]]
        if self.anneal_strategy == "linear":
            return float(start + (end - start) * share)
        return float(end + (start - end) * (1 + math.cos(math.pi * share)) / 2)


def _length(total_steps: int | None, epochs: int | None, steps_per_epoch: int | None) -> int:
    if total_steps is None and epochs is not None and steps_per_epoch is not None:
        total_steps = epochs * steps_per_epoch
    if total_steps is None or total_steps <= 0:
        raise InvalidArgument(
            explain(
                f"OneCycleLR at {user_line()} got total_steps={total_steps}, epochs={epochs}, "
                f"steps_per_epoch={steps_per_epoch}.",
                "The length of the cycle is not known.",
                "Give total_steps, or epochs and steps_per_epoch.",
            )
        )
    return total_steps
