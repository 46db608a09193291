"""What schedulers share: groups whose step size they set, the number of the step, saving and loading."""

from __future__ import annotations

import copy
import types
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from wengert.core.view import write
from wengert.errors import InvalidArgument, explain, user_line
from wengert.interpreters.tensor import Tensor, constant
from wengert.optim.optimizer import Optimizer

__all__ = ["LRScheduler", "momentum_name", "per_group", "rates", "set_momentum", "set_rate"]


class LRScheduler:
    """The base of schedulers: a subclass says what the step sizes are at step `last_epoch` (`get_lr`).

    optimizer: whose groups' ``lr`` is set. last_epoch: the number of the last step before; from 0 on the groups are
    taken to have the step sizes that follow it, as after ``optimizer.load_state_dict``. A group's step size at the
    start is kept as its ``initial_lr``. A step compiled by `wg.jit` uses the step size of the moment. Raises
    `InvalidArgument` for something else than an optimiser, and for groups without ``initial_lr`` if last_epoch ≥ 0.

    >>> import wengert as wg
    >>> class Halved(wg.optim.lr_scheduler.LRScheduler):
    ...     def get_lr(self):
    ...         return [base / 2**self.last_epoch for base in self.base_lrs]
    >>> optimizer = wg.optim.SGD([wg.ones(3, requires_grad=True)], lr=1.0)
    >>> scheduler = Halved(optimizer)
    >>> scheduler.step()
    >>> scheduler.get_last_lr()
    [0.5]
    """

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        self.optimizer = checked(optimizer, type(self).__name__)
        for n, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", _number(group["lr"]))
            elif "initial_lr" not in group:
                raise InvalidArgument(
                    explain(
                        f"{type(self).__name__} at {user_line()} got last_epoch={last_epoch}, and group {n} of the "
                        "optimiser has no initial_lr.",
                        "A schedule that goes on needs to know where it began.",
                        "Load the optimiser's state first, or leave last_epoch away.",
                    )
                )
        self.base_lrs: list[float] = [group["initial_lr"] for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self._last_lr: list[float] = rates(optimizer)
        self._begin()

    def get_lr(self) -> list[float]:
        """The step sizes of the groups at step `last_epoch`, from those at the step before."""
        raise NotImplementedError

    def closed_lr(self) -> list[float]:
        """The same from the initial step sizes alone."""
        return self.get_lr()

    def get_last_lr(self) -> list[float]:
        """The step sizes that were set last, one per group."""
        return self._last_lr

    def step(self, epoch: int | None = None) -> None:
        """Go on by one step, or to the step with the number `epoch`, counted from 0."""
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        self._set(self.get_lr() if epoch is None else self.closed_lr())

    def _begin(self) -> None:
        """The step that comes with construction."""
        self.last_epoch += 1
        self._set(self.first_lr())

    def first_lr(self) -> list[float]:
        """The step sizes at the step that comes with construction."""
        return self.get_lr()

    def _undo(self) -> None:
        """Take back the step that came with construction, for a scheduler that others make begin."""
        self.last_epoch -= 1

    def _set(self, values: Sequence[float]) -> None:
        for group, value in zip(self.optimizer.param_groups, values, strict=True):
            set_rate(group, value)
        self._last_lr = rates(self.optimizer)

    def state_dict(self) -> dict[str, Any]:
        """What the scheduler knows, without the optimiser and functions."""
        return {
            key: copy.deepcopy(value)
            for key, value in self.__dict__.items()
            if not isinstance(value, Optimizer | types.FunctionType | types.MethodType)
        }

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over what `state_dict` returned; the step sizes themselves are in the optimiser's state."""
        self.__dict__.update(copy.deepcopy(dict(state_dict)))


class NoOptimizer(InvalidArgument, TypeError):
    """Something else stands where a scheduler takes its optimiser."""


def checked(optimizer: Any, name: str) -> Optimizer:
    """The optimiser; raises `NoOptimizer` if it is none."""
    if isinstance(optimizer, Optimizer):
        return optimizer
    raise NoOptimizer(
        explain(
            f"{name} at {user_line()} got a {type(optimizer).__name__} as its optimiser.",
            "A scheduler sets the step sizes of an optimiser's groups.",
            "Give the optimiser first; functions of the step's number are in wg.optim.schedules.",
        )
    )


def _number(lr: Any) -> float:
    return float(lr.item()) if isinstance(lr, Tensor | np.ndarray) else lr


def rates(optimizer: Optimizer) -> list[float]:
    """The step sizes of the groups."""
    return [_number(group["lr"]) for group in optimizer.param_groups]


def set_rate(group: dict[str, Any], value: float) -> None:
    """Set a group's step size: a tensor is written to, so that whoever holds it sees it."""
    lr = group["lr"]
    if isinstance(lr, Tensor):
        write(lr, constant(np.full(lr.shape, value, lr.dtype)[()]))
    else:
        group["lr"] = value


def per_group(optimizer: Optimizer, name: str, option: Any) -> list[Any]:
    """An option for each group: one for all, or a list; raises `InvalidArgument` for a list of another length."""
    count = len(optimizer.param_groups)
    if not isinstance(option, list | tuple):
        return [option] * count
    if len(option) != count:
        raise InvalidArgument(
            explain(
                f"a scheduler at {user_line()} got {len(option)} values of {name} for {count} groups of parameters.",
                "Each group has its own.",
                f"Give {count} of them, or one for all.",
            )
        )
    return list(option)


def momentum_name(optimizer: Optimizer, scheduler: str) -> str:
    """The option of an optimiser that is its momentum; raises `InvalidArgument` if it has none."""
    for name in ("betas", "momentum"):
        if name in optimizer.defaults:
            return name
    raise InvalidArgument(
        explain(
            f"{scheduler} at {user_line()} got cycle_momentum=True for {type(optimizer).__name__}.",
            "It has no momentum and no betas.",
            "Give cycle_momentum=False.",
        )
    )


def set_momentum(group: dict[str, Any], value: float) -> None:
    """Set a group's momentum, which is the first of its betas if it has such.

    They become a list, in which a compiled step finds a number that changes; another tuple would be another program.
    """
    if "betas" in group:
        if not isinstance(group["betas"], list):
            group["betas"] = list(group["betas"])
        group["betas"][0] = value
    else:
        group["momentum"] = value
