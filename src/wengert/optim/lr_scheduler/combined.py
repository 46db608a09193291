"""Schedules made of schedules: one after the other, and all at once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any

from wengert.errors import InvalidArgument, explain, user_line
from wengert.optim.lr_scheduler.plateau import ReduceLROnPlateau
from wengert.optim.lr_scheduler.scheduler import LRScheduler, rates, set_rate
from wengert.optim.optimizer import Optimizer

__all__ = ["ChainedScheduler", "SequentialLR"]


class _Combined(LRScheduler):
    """Several schedulers of one optimiser."""

    _schedulers: list[LRScheduler]

    def state_dict(self) -> dict[str, Any]:
        """What the scheduler and those that it is made of know."""
        parts = self.__dict__.pop("_schedulers")
        try:
            state = super().state_dict()
        finally:
            self._schedulers = parts
        return state | {"_schedulers": [part.state_dict() for part in parts]}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over what `state_dict` returned."""
        super().load_state_dict({key: value for key, value in state_dict.items() if key != "_schedulers"})
        for part, state in zip(self._schedulers, state_dict["_schedulers"], strict=True):
            part.load_state_dict(state)

    def _undo(self) -> None:
        for part in self._schedulers:
            part._undo()


class SequentialLR(_Combined):
    """Follow one scheduler after the other: the next one begins, with its step 0, at each of the `milestones`.

    optimizer: that of all `schedulers`. milestones: numbers of steps, one fewer than schedulers. Raises
    `InvalidArgument` for schedulers of other optimisers or such as need a measure, and for too few or many milestones.

    >>> import wengert as wg
    >>> from wengert.optim.lr_scheduler import ConstantLR, ExponentialLR, SequentialLR
    >>> optimizer = wg.optim.SGD([wg.ones(3, requires_grad=True)], lr=1.0)
    >>> parts = [ConstantLR(optimizer, factor=0.1, total_iters=9), ExponentialLR(optimizer, gamma=0.5)]
    >>> scheduler = SequentialLR(optimizer, parts, milestones=[2])
    >>> rates = []
    >>> for _ in range(4):
    ...     rates += scheduler.get_last_lr()
    ...     scheduler.step()
    >>> rates
    [0.1, 0.1, 1.0, 0.5]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        schedulers: Sequence[LRScheduler],
        milestones: Sequence[int],
        last_epoch: int = -1,
    ) -> None:
        self.optimizer = optimizer
        self._schedulers = _checked("SequentialLR", schedulers, optimizer)
        self._milestones = list(milestones)
        if len(self._milestones) != len(self._schedulers) - 1:
            raise InvalidArgument(
                explain(
                    f"SequentialLR at {user_line()} got {len(self._milestones)} milestones for "
                    f"{len(self._schedulers)} schedulers.",
                    "There is a milestone between every two schedulers.",
                    "Give one fewer than there are schedulers.",
                )
            )
        self.last_epoch = last_epoch + 1
        # The schedulers took their first step when they were made; only one of them is to begin now.
        for group in optimizer.param_groups:
            set_rate(group, group["initial_lr"])
        self._undo()
        first = self._schedulers[bisect_right(self._milestones, 0)]
        first._begin()
        self._last_lr = first.get_last_lr()

    def _begin(self) -> None:
        self.last_epoch = 0
        first = self._schedulers[bisect_right(self._milestones, 0)]
        first._begin()
        self._last_lr = first.get_last_lr()

    def step(self, epoch: int | None = None) -> None:
        """Go on by one step."""
        _no_epoch("SequentialLR", epoch)
        self.last_epoch += 1
        place = bisect_right(self._milestones, self.last_epoch)
        scheduler = self._schedulers[place]
        if place > 0 and self._milestones[place - 1] == self.last_epoch:
            scheduler.step(0)
        else:
            scheduler.step()
        self._last_lr = scheduler.get_last_lr()


class ChainedScheduler(_Combined):
    """Follow several schedulers at once: each takes a step, from what those before it have set.

    schedulers: of one optimiser, which `optimizer` may name. Raises `InvalidArgument` for none, for schedulers of
    several optimisers and for such as need a measure.

    >>> import wengert as wg
    >>> from wengert.optim.lr_scheduler import ChainedScheduler, ConstantLR, ExponentialLR
    >>> optimizer = wg.optim.SGD([wg.ones(3, requires_grad=True)], lr=1.0)
    >>> parts = [ConstantLR(optimizer, factor=0.5, total_iters=2), ExponentialLR(optimizer, gamma=0.5)]
    >>> scheduler = ChainedScheduler(parts)
    >>> rates = []
    >>> for _ in range(4):
    ...     rates += scheduler.get_last_lr()
    ...     scheduler.step()
    >>> rates
    [0.5, 0.25, 0.25, 0.125]
    """

    def __init__(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None) -> None:
        first = next(iter(schedulers)).optimizer if optimizer is None and schedulers else optimizer
        self._schedulers = _checked("ChainedScheduler", schedulers, first)
        self.optimizer = self._schedulers[-1].optimizer
        self._last_lr = rates(self.optimizer)

    def _begin(self) -> None:
        for scheduler in self._schedulers:
            scheduler._begin()
        self._last_lr = rates(self.optimizer)

    def step(self, epoch: int | None = None) -> None:
        """Go on by one step."""
        for scheduler in self._schedulers:
            scheduler.step(epoch)
        self._last_lr = rates(self.optimizer)


def _checked(name: str, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None) -> list[LRScheduler]:
    found = list(schedulers)
    if not found or any(isinstance(s, ReduceLROnPlateau) or s.optimizer is not optimizer for s in found):
        raise InvalidArgument(
            explain(
                f"{name} at {user_line()} got {[type(s).__name__ for s in found]}.",
                "It needs schedulers of one optimiser, that depend on the number of the step alone.",
                "Make them with the same optimiser, and call the step of ReduceLROnPlateau on its own.",
            )
        )
    return found


def _no_epoch(name: str, epoch: int | None) -> None:
    if epoch is not None:
        raise InvalidArgument(
            explain(
                f"the step of {name} at {user_line()} got epoch={epoch}.",
                "Its schedulers count their own steps.",
                "Call step() as often as there are steps.",
            )
        )
