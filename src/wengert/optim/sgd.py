"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Unpack

import numpy as np

from wengert.errors import InvalidArgument, explain, user_line
from wengert.optim.optimizer import Hints, Optimizer
from wengert.optim.rules import gradient_of, is_on

__all__ = ["SGD"]


class SGD(Optimizer):
    """Gradient descent, with momentum if wanted: v ← μ v + (1 - damping) g, then w ← w - lr v.

    params: leaf tensors, or dicts of them with their own options. lr: the step size. momentum: μ, from 0 on. dampening:
    how much less a new gradient counts. weight_decay: λ in g ← g + λ w. nesterov: w ← w - lr (g + μ v) instead, which
    looks ahead (I. Sutskever et al., "On the importance of initialization and momentum in deep learning", 2013).
    maximize: ascend. As in PyTorch, the first v is the first gradient itself. Raises `InvalidArgument` for negative
    options, and for nesterov without momentum or with dampening.

    >>> import wengert as wg
    >>> w = wg.tensor([1.0, 2.0], requires_grad=True)
    >>> optimizer = wg.optim.SGD([w], lr=0.1)
    >>> (w**2).sum().backward()
    >>> optimizer.step()
    >>> w.detach().numpy()
    array([0.8, 1.6])
    """

    nonnegative = ("momentum", "weight_decay")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        **hints: Unpack[Hints],
    ) -> None:
        options = dict(lr=lr, momentum=momentum, dampening=dampening, weight_decay=weight_decay)  # noqa: C408
        super().__init__(params, options | {"nesterov": nesterov, "maximize": maximize}, hints)

    def check(self, group: Mapping[str, Any]) -> None:
        """Refuse negative options, and Nesterov's step without plain momentum."""
        super().check(group)
        if group["nesterov"] and (group["momentum"] <= 0 or group["dampening"] != 0):
            raise InvalidArgument(
                explain(
                    f"SGD at {user_line()} got nesterov=True, momentum={group['momentum']}, "
                    f"dampening={group['dampening']}.",
                    "Nesterov's step looks ahead along the momentum, and is defined without dampening.",
                    "Give momentum > 0 and dampening=0.",
                )
            )

    @classmethod
    def start(cls, value: Any, group: Mapping[str, Any]) -> dict[str, Any]:
        """No speed, if there is momentum."""
        if not is_on(group["momentum"]):
            return {}
        counted = {"step": np.zeros(())} if is_on(group["dampening"]) else {}
        return {"momentum_buffer": np.zeros_like(value)} | counted

    @classmethod
    def updated(cls, value: Any, gradient: Any, state: dict[str, Any], group: Mapping[str, Any]) -> Any:
        """One step of the parameter."""
        g = gradient_of(value, gradient, group)
        if is_on(group["momentum"]):
            share: Any = 1.0
            if is_on(group["dampening"]):  # of every gradient but the first
                share = np.where(state["step"] > 0, 1 - group["dampening"], 1.0).astype(value.dtype)
                state["step"] = state["step"] + 1
            v = state["momentum_buffer"] = group["momentum"] * state["momentum_buffer"] + share * g
            g = g + group["momentum"] * v if group["nesterov"] else v
        return value - group["lr"] * g
