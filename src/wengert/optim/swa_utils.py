"""Averages of weights over training, under PyTorch's names, and as functions of trees (`average`, `decayed`).

average = wg.optim.swa_utils.AveragedModel(model)                           # the mean of all weights so far
average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.999))    # one that forgets
...
average.update_parameters(model)                                            # after every step, or epoch
update_bn(loader, average)                                  # at the end, if there is batch normalisation
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from wengert import tree
from wengert.autograd import no_grad
from wengert.core.apply import read
from wengert.core.view import write
from wengert.errors import InvalidArgument, explain, user_line
from wengert.interpreters.tensor import Tensor, constant
from wengert.nn.module import Module
from wengert.optim.lr_scheduler.scheduler import LRScheduler, per_group, rates
from wengert.optim.optimizer import Optimizer

__all__ = [
    "SWALR",
    "AveragedModel",
    "average",
    "decayed",
    "get_ema_avg_fn",
    "get_ema_multi_avg_fn",
    "get_swa_avg_fn",
    "get_swa_multi_avg_fn",
    "update_bn",
]

Average = Callable[[Any, Any, Any], Any]


def average(mean: Any, new: Any, count: Any) -> Any:
    """The mean of count + 1 trees, from that of `count` trees and a new one.

    >>> import numpy as np, wengert as wg
    >>> wg.optim.swa_utils.average({"w": np.array([1.0, 2.0])}, {"w": np.array([3.0, 4.0])}, 1)
    {'w': array([2., 3.])}
    """
    return tree.map(lambda a, b: _typed(a + (b - a) / (count + 1), a), mean, new)


def decayed(mean: Any, new: Any, decay: float = 0.999) -> Any:
    """An exponential moving average of trees: decay times the old one, and the rest of the new one.

    >>> import numpy as np, wengert as wg
    >>> wg.optim.swa_utils.decayed([np.array([1.0, 2.0])], [np.array([3.0, 4.0])], decay=0.5)
    [array([2., 3.])]
    """
    return tree.map(lambda a, b: _typed(a + (b - a) * (1 - decay), a), mean, new)


def _typed(x: Any, like: Any) -> Any:
    return x.astype(like.dtype) if hasattr(like, "dtype") else x


def get_swa_avg_fn() -> Average:
    """The function (average, new, count) that gives the mean of all weights so far."""
    return average


def get_ema_avg_fn(decay: float = 0.999) -> Average:
    """The function (average, new, count) that gives an exponential moving average; `InvalidArgument` outside [0, 1]."""
    if not 0 <= decay <= 1:
        raise InvalidArgument(
            explain(
                f"get_ema_avg_fn at {user_line()} got decay={decay}.",
                "It is the weight of the past in an average.",
                "Give a number from 0 to 1.",
            )
        )
    return lambda mean, new, count: decayed(mean, new, decay)


def get_swa_multi_avg_fn() -> Callable[[list[Any], list[Any], Any], None]:
    """`get_swa_avg_fn` for lists of tensors, in place."""
    return _in_place(get_swa_avg_fn())


def get_ema_multi_avg_fn(decay: float = 0.999) -> Callable[[list[Any], list[Any], Any], None]:
    """`get_ema_avg_fn` for lists of tensors, in place."""
    return _in_place(get_ema_avg_fn(decay))


def _in_place(f: Average) -> Callable[[list[Any], list[Any], Any], None]:
    def update(means: list[Any], news: list[Any], count: Any) -> None:
        for mean, new in zip(means, news, strict=True):
            _set(mean, f(read(mean), read(new), count))

    return update


def _set(tensor: Tensor, value: Any) -> None:
    with no_grad():
        write(tensor, constant(np.copy(read(value))[()]))


class AveragedModel(Module):
    """A copy of a model whose weights are an average over training; called as the model is.

    P. Izmailov et al., "Averaging weights leads to wider optima and better generalization" (2018). model: a module,
    which is copied (`module`). device: for PyTorch's sake. avg_fn: gives the new average of (average, new, count), the
    mean by default. multi_avg_fn: the same for lists of tensors, in place. use_buffers: average the floating buffers,
    too; else they are copied. Raises `InvalidArgument` for both functions at once.

    >>> import wengert as wg
    >>> model = wg.nn.Linear(2, 1, bias=False)
    >>> average = wg.optim.swa_utils.AveragedModel(model)
    >>> for value in (1.0, 2.0, 6.0):
    ...     _ = wg.nn.init.constant_(model.weight, value)
    ...     average.update_parameters(model)
    >>> average.module.weight.detach().numpy(), average.n_averaged.item()
    (array([[3., 3.]]), 3)
    """

    def __init__(
        self,
        model: Module,
        device: Any = None,
        avg_fn: Average | None = None,
        multi_avg_fn: Callable[[list[Any], list[Any], Any], None] | None = None,
        use_buffers: bool = False,
    ) -> None:
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise InvalidArgument(
                explain(
                    f"AveragedModel at {user_line()} got avg_fn and multi_avg_fn.",
                    "Each says how to average.",
                    "Give one of them.",
                )
            )
        self.module = copy.deepcopy(model)
        if device is not None:
            self.module.to(device=device)
        self.register_buffer("n_averaged", constant(np.int64(0)))
        self.avg_fn, self.multi_avg_fn, self.use_buffers = avg_fn, multi_avg_fn, use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the averaged model computes."""
        return self.module(*args, **kwargs)

    def update_parameters(self, model: Module) -> None:
        """Take the weights of a model into the average; the first ones are the average."""
        means, news = list(self.module.parameters()), list(model.parameters())
        buffers = list(zip(self.module.buffers(), model.buffers(), strict=True))
        if self.use_buffers:
            floating = [(a, b) for a, b in buffers if a.dtype.kind in "fc"]
            means, news = means + [a for a, _ in floating], news + [b for _, b in floating]
        averaged = {id(mean) for mean in means}
        count = int(self.n_averaged.item())
        if count == 0:
            for mean, new in zip(means, news, strict=True):
                _set(mean, new.detach())
        else:
            multi = self.multi_avg_fn or _in_place(self.avg_fn or average)
            with no_grad():
                multi([mean.detach() for mean in means], [new.detach() for new in news], count)
        for a, b in buffers:
            if id(a) not in averaged:
                _set(a, b)
        _set(self.n_averaged, np.int64(count + 1))


def update_bn(loader: Iterable[Any], model: Module, device: Any = None) -> None:
    """Compute the running statistics of a model's batch normalisation anew, over the batches of a loader.

    loader: gives inputs, or tuples and lists that begin with them. device: for PyTorch's sake. The model is called in
    training mode, and is in its own mode again afterwards, also when a call fails.

    >>> import numpy as np, wengert as wg
    >>> model = wg.nn.BatchNorm1d(1)
    >>> wg.optim.swa_utils.update_bn([np.array([[1.0], [3.0]]), np.array([[5.0], [7.0]])], model)
    >>> model.running_mean
    tensor([4.])
    """
    found = [
        m for m in model.modules() if hasattr(m, "reset_running_stats") and getattr(m, "running_mean", None) is not None
    ]
    if not found:
        return
    momenta, was_training = [m.momentum for m in found], model.training
    try:
        for m in found:
            m.reset_running_stats()
            m.momentum = None  # the mean of all batches
        model.train()
        with no_grad():
            for batch in loader:
                model(batch[0] if isinstance(batch, tuple | list) else batch)
    finally:
        for m, momentum in zip(found, momenta, strict=True):
            m.momentum = momentum
        model.train(was_training)


class SWALR(LRScheduler):
    """Let the step sizes go to `swa_lr` in `anneal_epochs` steps, and stay there.

    optimizer, last_epoch: as of `LRScheduler`. swa_lr: a number, or a list with one for each group. anneal_strategy:
    "cos" or "linear". Raises `InvalidArgument` for another strategy and negative anneal_epochs.

    >>> import wengert as wg
    >>> optimizer = wg.optim.SGD([wg.ones(3, requires_grad=True)], lr=1.0)
    >>> scheduler = wg.optim.swa_utils.SWALR(optimizer, swa_lr=0.5, anneal_epochs=2, anneal_strategy="linear")
    >>> rates = []
    >>> for _ in range(4):
    ...     rates += scheduler.get_last_lr()
    ...     scheduler.step()
    >>> rates
    [1.0, 0.75, 0.5, 0.5]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        swa_lr: Any,
        anneal_epochs: int = 10,
        anneal_strategy: str = "cos",
        last_epoch: int = -1,
    ) -> None:
        if anneal_strategy not in ("cos", "linear") or anneal_epochs < 0:
            raise InvalidArgument(
                explain(
                    f"SWALR at {user_line()} got anneal_strategy={anneal_strategy!r}, anneal_epochs={anneal_epochs}.",
                    "The step size goes to its end along half a cosine or a line.",
                    'Give "cos" or "linear", and anneal_epochs ≥ 0.',
                )
            )
        for group, value in zip(optimizer.param_groups, per_group(optimizer, "swa_lr", swa_lr), strict=True):
            group["swa_lr"] = value
        self.anneal_epochs, self.anneal_strategy = anneal_epochs, anneal_strategy
        self.steps = -1
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Further along the way, from the step sizes of now: another scheduler may have set them before."""
        self.steps += 1
        before, now = self._share(self.steps - 1), self._share(self.steps)
        ends = [group["swa_lr"] for group in self.optimizer.param_groups]
        if before == 1:
            return ends
        return [
            end + (lr - end) * (1 - now) / (1 - before) for lr, end in zip(rates(self.optimizer), ends, strict=True)
        ]

    def _share(self, step: int) -> float:
        """How much of the way is done."""
        if self.anneal_epochs == 0:
            return float(step >= 0)
        share = min(max(step / self.anneal_epochs, 0.0), 1.0)
        return share if self.anneal_strategy == "linear" else (1 - math.cos(math.pi * share)) / 2
