"""Step sizes that are the initial one times a factor: steps, ramps, exponentials, cosines, functions of one's own.

A factor c(t) is applied as lr ← lr c(t) / c(t - 1), so that several schedulers of one optimiser multiply.
"""

from __future__ import annotations

import math
import types
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from wengert.errors import InvalidArgument, explain, user_line
from wengert.optim.lr_scheduler.scheduler import LRScheduler, checked, per_group, rates
from wengert.optim.optimizer import Optimizer

__all__ = [
    "ConstantLR",
    "CosineAnnealingLR",
    "ExponentialLR",
    "LambdaLR",
    "LinearLR",
    "MultiStepLR",
    "MultiplicativeLR",
    "PolynomialLR",
    "StepLR",
]


class Factored(LRScheduler):
    """A schedule lr = eta_min + c(t) (initial lr - eta_min); a subclass gives the factor c."""

    eta_min = 0.0

    def scale(self, step: int) -> float:
        """The factor c at a step."""
        raise NotImplementedError

    def get_lr(self) -> list[float]:
        """The step sizes of the groups at step `last_epoch`, from those at the step before."""
        before, now = self.scale(self.last_epoch - 1), self.scale(self.last_epoch)
        if before == 0:  # nothing is left to be multiplied
            return self.closed_lr()
        if before == now:
            return rates(self.optimizer)
        return [self.eta_min + (lr - self.eta_min) * (now / before) for lr in rates(self.optimizer)]

    def closed_lr(self) -> list[float]:
        """The same from the initial step sizes alone."""
        factor = self.scale(self.last_epoch)
        return [self.eta_min + (lr - self.eta_min) * factor for lr in self.base_lrs]

    def first_lr(self) -> list[float]:
        """The first factor; if the schedule goes on, what was there already."""
        factor = self.scale(0) if self.last_epoch == 0 else 1
        return [lr if factor == 1 else self.eta_min + (lr - self.eta_min) * factor for lr in rates(self.optimizer)]


class StepLR(Factored):
    """Multiply the step size by `gamma` every `step_size` steps.

    optimizer, last_epoch: as of `LRScheduler`. Raises `InvalidArgument` for a step_size below 1.

    >>> import wengert as wg
    >>> optimizer = wg.optim.SGD([wg.ones(3, requires_grad=True)], lr=1.0)
    >>> scheduler = wg.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5)
    >>> rates = []
    >>> for _ in range(5):
    ...     rates += scheduler.get_last_lr()
    ...     scheduler.step()
    >>> rates
    [1.0, 1.0, 0.5, 0.5, 0.25]
    """

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1) -> None:
        self.step_size, self.gamma = _at_least(1, "StepLR", step_size=step_size), gamma
        super().__init__(optimizer, last_epoch)

    def scale(self, step: int) -> float:
        """gamma to the power of how often it was multiplied."""
        return float(self.gamma ** (step // self.step_size))


class MultiStepLR(Factored):
    """Multiply the step size by `gamma` at each of the `milestones`, which are numbers of steps.

    A milestone that is given twice multiplies twice. optimizer, last_epoch: as of `LRScheduler`.

    >>> import wengert as wg
    >>> optimizer = wg.optim.SGD([wg.ones(3, requires_grad=True)], lr=1.0)
    >>> scheduler = wg.optim.lr_scheduler.MultiStepLR(optimizer, milestones=[1, 3], gamma=0.5)
    >>> rates = []
    >>> for _ in range(4):
    ...     rates += scheduler.get_last_lr()
    ...     scheduler.step()
    >>> rates
    [1.0, 0.5, 0.5, 0.25]
    """

    def __init__(
        self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.milestones, self.gamma = sorted(milestones), gamma
        super().__init__(optimizer, last_epoch)

    def scale(self, step: int) -> float:
        """gamma to the power of how many milestones were passed."""
        return float(self.gamma ** bisect_right(self.milestones, step))


class ConstantLR(Factored):
    """Multiply the step size by `factor` during the first `total_iters` steps.

    optimizer, last_epoch: as of `LRScheduler`. Raises `InvalidArgument` for a factor outside of [0, 1].

    >>> import wengert as wg
    >>> optimizer = wg.optim.SGD([wg.ones(3, requires_grad=True)], lr=1.0)
    >>> scheduler = wg.optim.lr_scheduler.ConstantLR(optimizer, factor=0.5, total_iters=1)
    >>> before = scheduler.get_last_lr()
    >>> scheduler.step()
    >>> before, scheduler.get_last_lr()
    ([0.5], [1.0])
    """

    def __init__(self, optimizer: Optimizer, factor: float = 1 / 3, total_iters: int = 5, last_epoch: int = -1) -> None:
        self.factor, self.total_iters = _share("ConstantLR", factor=factor), total_iters
        super().__init__(optimizer, last_epoch)

    def scale(self, step: int) -> float:
        """The factor while it lasts."""
        return self.factor if step < self.total_iters else 1.0


class LinearLR(Factored):
    """Let a factor of the step size go from `start_factor` to `end_factor` in a straight line of `total_iters` steps.

    optimizer, last_epoch: as of `LRScheduler`. Raises `InvalidArgument` for factors outside of [0, 1], a start_factor
    of 0, and total_iters below 1.

    >>> import wengert as wg
    >>> optimizer = wg.optim.SGD([wg.ones(3, requires_grad=True)], lr=1.0)
    >>> scheduler = wg.optim.lr_scheduler.LinearLR(optimizer, start_factor=0.5, total_iters=2)
    >>> rates = []
    >>> for _ in range(4):
    ...     rates += scheduler.get_last_lr()
    ...     scheduler.step()
    >>> rates
    [0.5, 0.75, 1.0, 1.0]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if start_factor == 0:
            raise _unusable("LinearLR", "start_factor", start_factor, "Give a small one instead, such as 1e-3.")
        self.start_factor = _share("LinearLR", start_factor=start_factor)
        self.end_factor = _share("LinearLR", end_factor=end_factor)
        self.total_iters = _at_least(1, "LinearLR", total_iters=total_iters)
        super().__init__(optimizer, last_epoch)

    def scale(self, step: int) -> float:
        """A point of the line, or its end."""
        return (
            self.start_factor + (self.end_factor - self.start_factor) * min(step, self.total_iters) / self.total_iters
        )


class ExponentialLR(Factored):
    """Multiply the step size by `gamma` at every step.

    optimizer, last_epoch: as of `LRScheduler`.

    >>> import wengert as wg
    >>> optimizer = wg.optim.SGD([wg.ones(3, requires_grad=True)], lr=1.0)
    >>> scheduler = wg.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
    >>> scheduler.step(), scheduler.step()
    (None, None)
    >>> scheduler.get_last_lr()
    [0.25]
    """

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """The step sizes of the groups at step `last_epoch`, from those at the step before."""
        return [lr * self.gamma for lr in rates(self.optimizer)]  # the quotient of powers that may be subnormal

    def scale(self, step: int) -> float:
        """A power of gamma."""
        return float(self.gamma**step)


class PolynomialLR(Factored):
    """Let the step size go to 0 in `total_iters` steps, as (1 - t / total_iters) to the given `power`.

    optimizer, last_epoch: as of `LRScheduler`. Raises `InvalidArgument` for total_iters below 1.

    >>> import wengert as wg
    >>> optimizer = wg.optim.SGD([wg.ones(3, requires_grad=True)], lr=1.0)
    >>> scheduler = wg.optim.lr_scheduler.PolynomialLR(optimizer, total_iters=4, power=2.0)
    >>> rates = []
    >>> for _ in range(5):
    ...     rates += scheduler.get_last_lr()
    ...     scheduler.step()
    >>> rates
    [1.0, 0.5625, 0.25, 0.0625, 0.0]
    """

    def __init__(self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1) -> None:
        self.total_iters, self.power = _at_least(1, "PolynomialLR", total_iters=total_iters), power
        super().__init__(optimizer, last_epoch)

    def scale(self, step: int) -> float:
        """A power of the share of the steps that is left."""
        return float((1 - min(step, self.total_iters) / self.total_iters) ** self.power)


class CosineAnnealingLR(Factored):
    """Let the step size go from the initial one to `eta_min` in `T_max` steps, along half a cosine, and back again.

    From I. Loshchilov and F. Hutter, "SGDR: stochastic gradient descent with warm restarts" (2017). optimizer,
    last_epoch: as of `LRScheduler`. Raises `InvalidArgument` for T_max below 1.

    >>> import wengert as wg
    >>> optimizer = wg.optim.SGD([wg.ones(3, requires_grad=True)], lr=1.0)
    >>> scheduler = wg.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=3)
    >>> rates = []
    >>> for _ in range(4):
    ...     rates += scheduler.get_last_lr()
    ...     scheduler.step()
    >>> [round(rate, 3) for rate in rates]
    [1.0, 0.75, 0.25, 0.0]
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1) -> None:
        self.T_max, self.eta_min = _at_least(1, "CosineAnnealingLR", T_max=T_max), eta_min
        super().__init__(optimizer, last_epoch)

    def scale(self, step: int) -> float:
        """Half a cosine, from 1 to 0."""
        return (1 + math.cos(math.pi * step / self.T_max)) / 2


class LambdaLR(LRScheduler):
    """Multiply the initial step size by a function of the number of the step.

    lr_lambda: the function, or a list with one for each group; those of `wengert.optim.schedules` will do. optimizer,
    last_epoch: as of `LRScheduler`. `state_dict` holds the attributes of functions that are objects, and no others.
    Raises `InvalidArgument` for a list of another length than there are groups.

    >>> import wengert as wg
    >>> optimizer = wg.optim.SGD([wg.ones(3, requires_grad=True)], lr=1.0)
    >>> scheduler = wg.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 / (1 + step))
    >>> scheduler.step()
    >>> scheduler.get_last_lr()
    [0.5]
    """

    def __init__(self, optimizer: Optimizer, lr_lambda: Any, last_epoch: int = -1) -> None:
        checked(optimizer, type(self).__name__)
        self.lr_lambdas: list[Callable[[int], Any]] = per_group(optimizer, "lr_lambda", lr_lambda)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """The step sizes of the groups at step `last_epoch`."""
        return [base * float(f(self.last_epoch)) for f, base in zip(self.lr_lambdas, self.base_lrs, strict=True)]

    def state_dict(self) -> dict[str, Any]:
        """What the scheduler knows, with the attributes of callable objects and without functions."""
        functions = self.__dict__.pop("lr_lambdas")
        try:
            state = super().state_dict()
        finally:
            self.lr_lambdas = functions
        plain = (types.FunctionType, types.MethodType, types.BuiltinFunctionType)
        return state | {"lr_lambdas": [None if isinstance(f, plain) else dict(vars(f)) for f in functions]}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over what `state_dict` returned."""
        super().load_state_dict({key: value for key, value in state_dict.items() if key != "lr_lambdas"})
        for f, attributes in zip(self.lr_lambdas, state_dict["lr_lambdas"], strict=True):
            if attributes is not None:
                vars(f).update(attributes)


class MultiplicativeLR(LambdaLR):
    """Multiply the step size by a function of the number of the step, at every step but the first.

    The arguments are those of `LambdaLR`.

    >>> import wengert as wg
    >>> optimizer = wg.optim.SGD([wg.ones(3, requires_grad=True)], lr=1.0)
    >>> scheduler = wg.optim.lr_scheduler.MultiplicativeLR(optimizer, lambda step: 0.5)
    >>> scheduler.step(), scheduler.step()
    (None, None)
    >>> scheduler.get_last_lr()
    [0.25]
    """

    def get_lr(self) -> list[float]:
        """The step sizes of the groups at step `last_epoch`, from those at the step before."""
        return [lr * float(f(self.last_epoch)) for f, lr in zip(self.lr_lambdas, rates(self.optimizer), strict=True)]

    def first_lr(self) -> list[float]:
        """What was there already."""
        return rates(self.optimizer)


def _share(scheduler: str, **option: float) -> float:
    [(name, value)] = option.items()
    if 0 <= value <= 1:
        return value
    raise _unusable(scheduler, name, value, "Give a number from 0 to 1.")


def _at_least(least: int, scheduler: str, **option: int) -> int:
    [(name, value)] = option.items()
    if value >= least:
        return value
    raise _unusable(scheduler, name, value, f"Give {name} ≥ {least}.")


def _unusable(scheduler: str, name: str, value: float, instead: str) -> InvalidArgument:
    return InvalidArgument(
        explain(f"{scheduler} at {user_line()} got {name}={value}.", "The step size would not be defined.", instead)
    )
