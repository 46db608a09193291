"""A training step of a model, by each contestant, from the same parameters and on the same batch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

import wengert as wg
from benchmarks.nnbench.models import Model
from benchmarks.nnbench.training import OPTIMIZERS, training

__all__ = ["Contestant", "agree", "contestants"]

STEPS = 3  # steps whose results are compared


@dataclass(frozen=True)
class Contestant:
    """A model that is being trained: `step` makes a step and returns the loss; `clear` drops the gradients."""

    model: Any
    step: Callable[[], Any]
    clear: Callable[[], None]
    program: Any = None  # of a compiled step, what the compiler made

    @property
    def parameters(self) -> list[Any]:
        """The parameters, as arrays."""
        return [p.detach().numpy() for p in self.model.parameters()]


def contestants(model: Model, optimizer: str) -> dict[str, Contestant]:
    """PyTorch, and wengert eager and compiled."""
    torch.manual_seed(0)
    rule, options = OPTIMIZERS[optimizer]
    x, target = model.data()
    theirs = model.make(torch.nn)
    start = {name: p.detach().numpy().copy() for name, p in theirs.state_dict().items()}
    made = getattr(torch.optim, rule)(theirs.parameters(), **options)
    step = training(theirs, made, getattr(torch.nn.functional, model.loss))
    tensors = torch.tensor(x), torch.tensor(target)
    found = {"PyTorch": Contestant(theirs, lambda: step(*tensors), made.zero_grad)}
    for name in ("eager", "jit"):
        found[name] = _ours(model, start, rule, options, x, target, compiled=name == "jit")
    return found


def _ours(
    model: Model, start: Any, rule: str, options: dict[str, float], x: Any, target: Any, compiled: bool
) -> Contestant:
    mine = model.make(wg.nn).float()
    mine.load_state_dict(start)
    optimizer = getattr(wg.optim, rule)(mine.parameters(), **options)
    step = training(mine, optimizer, getattr(wg.nn.functional, model.loss))
    if not compiled:
        return Contestant(mine, lambda: step(x, target), optimizer.zero_grad)
    fast = wg.jit(step)
    return Contestant(mine, lambda: fast(x, target), optimizer.zero_grad, lambda: fast.lower(x, target))


def agree(found: dict[str, Contestant], optimizer: str) -> None:
    """Make some steps, and raise `AssertionError` unless all contestants come to the same.

    Adam divides each slope by its size: where the slope is 0 but for rounding, as that of a bias of the keys of
    attention, any step of that length is right. There the losses are compared, and with SGD also the parameters.
    """
    for n in range(STEPS):
        losses = {name: float(each.step().detach()) for name, each in found.items()}
        for name, loss in losses.items():
            gap = abs(loss - losses["PyTorch"]) / abs(losses["PyTorch"])
            if not gap < 1e-4:
                raise AssertionError(f"{name}: loss {loss} after {n} steps, PyTorch's is {losses['PyTorch']}")
    if optimizer != "SGD":
        return
    for name, each in found.items():
        for a, b in zip(each.parameters, found["PyTorch"].parameters, strict=True):
            if a.shape != b.shape or not np.abs(a - b).max() <= 1e-4 * max(np.abs(b).max(), 1e-2):
                raise AssertionError(f"{name}: a parameter of shape {a.shape} is not PyTorch's {b.shape}")
