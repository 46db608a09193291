"""The training step, as its user writes it, whatever the library."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["OPTIMIZERS", "training"]

# By name, the class in `optim` and its options. A small step size: results stay comparable over many steps.
OPTIMIZERS: dict[str, tuple[str, dict[str, float]]] = {
    "SGD": ("SGD", {"lr": 1e-2, "momentum": 0.9}),
    "Adam": ("Adam", {"lr": 1e-4}),
}


def training(model: Any, optimizer: Any, loss: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """The step, as its user writes it, whatever the library."""

    def step(x: Any, target: Any) -> Any:
        optimizer.zero_grad()
        value = loss(model(x), target)
        value.backward()
        optimizer.step()
        return value

    return step
