"""Optimisers that need no well-chosen step size: resilient propagation, and averaged gradient descent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Unpack

import numpy as np

from wengert.errors import InvalidArgument, explain, user_line
from wengert.optim.optimizer import Hints, Optimizer
from wengert.optim.rules import counted, downhill, gradient_of

__all__ = ["ASGD", "Rprop"]


class Rprop(Optimizer):
    """Steps against the sign of the gradient, of a length per entry that grows while the sign stays the same.

    Where it changed, the length shrinks, and the entry rests for a step. From M. Riedmiller and H. Braun, "A direct
    adaptive method for faster backpropagation learning: the RPROP algorithm" (1993); for gradients of all the data, not
    of batches. params: leaf tensors, or dicts of them with their own options. lr: the lengths at first. etas: the
    factors by which they shrink and grow. step_sizes: the least and the largest length. maximize: ascend. Raises
    `InvalidArgument` for a negative lr, and for etas that are not below and above 1.

    >>> import wengert as wg
    >>> w = wg.tensor([1.0, 2.0], requires_grad=True)
    >>> optimizer = wg.optim.Rprop([w], lr=0.1)
    >>> (w**2).sum().backward()
    >>> optimizer.step()
    >>> w.detach().numpy()
    array([0.9, 1.9])
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50.0),
        *,
        maximize: bool = False,
        **hints: Unpack[Hints],
    ) -> None:
        options = {"lr": lr, "etas": etas, "step_sizes": step_sizes, "maximize": maximize}
        super().__init__(params, options, hints)

    def check(self, group: Mapping[str, Any]) -> None:
        """Refuse a negative length, and factors that do not shrink and grow."""
        super().check(group)
        shrink, grow = group["etas"]
        if not 0 < shrink < 1 < grow:
            raise InvalidArgument(
                explain(
                    f"Rprop at {user_line()} got etas={group['etas']}.",
                    "Lengths shrink by the first factor and grow by the second one.",
                    "Give a factor between 0 and 1, and one above 1.",
                )
            )

    @classmethod
    def start(cls, value: Any, group: Mapping[str, Any]) -> dict[str, Any]:
        """No gradient yet, and the lengths at first."""
        lengths = np.zeros_like(value) + np.asarray(group["lr"]).astype(value.dtype)
        return {"step": np.zeros(()), "prev": np.zeros_like(value), "step_size": lengths}

    @classmethod
    def updated(cls, value: Any, gradient: Any, state: dict[str, Any], group: Mapping[str, Any]) -> Any:
        """One step of the parameter."""
        counted(state)
        (shrink, grow), (least, most), g = group["etas"], group["step_sizes"], downhill(gradient, group)
        agreed = g * state["prev"]
        factor = np.where(agreed > 0, grow, np.where(agreed < 0, shrink, 1)).astype(value.dtype)
        length = state["step_size"] = np.clip(state["step_size"] * factor, least, most)
        g = state["prev"] = np.where(agreed < 0, 0, g)
        return value - np.sign(g) * length


class ASGD(Optimizer):
    """Gradient descent with steps η that shrink, and the average of the parameters on the way, in ``state[w]["ax"]``.

        w ← w - η (g + λ w),   η = lr / (1 + λ lr t)^α,   ax ← ax + (w - ax) / max(1, t - t₀)

    From B. Polyak and A. Juditsky, "Acceleration of stochastic approximation by averaging" (1992), with the steps of
    L. Bottou, "Stochastic gradient descent tricks" (2012). params: leaf tensors, or dicts of them with their own
    options. lr: the step size at first. lambd: λ. alpha: α. t0: t₀, the step at which averaging starts. weight_decay: a
    further λ, which does not shrink the steps. maximize: ascend. Raises `InvalidArgument` for a negative lr or
    weight_decay.

    >>> import wengert as wg
    >>> w = wg.tensor([1.0, 2.0], requires_grad=True)
    >>> optimizer = wg.optim.ASGD([w], lr=0.1, t0=0)
    >>> (w**2).sum().backward()
    >>> optimizer.step()
    >>> w.detach().numpy().round(3)
    array([0.8, 1.6])
    """

    nonnegative = ("weight_decay",)

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
        **hints: Unpack[Hints],
    ) -> None:
        options = {
            "lr": lr,
            "lambd": lambd,
            "alpha": alpha,
            "t0": t0,
            "weight_decay": weight_decay,
            "maximize": maximize,
        }
        super().__init__(params, options, hints)

    @classmethod
    def start(cls, value: Any, group: Mapping[str, Any]) -> dict[str, Any]:
        """The first step is one of lr, and the average is what it leads to."""
        numbers = {"step": np.zeros(()), "eta": np.zeros(()) + np.asarray(group["lr"]), "mu": np.ones(())}
        return numbers | {"ax": np.zeros_like(value)}

    @classmethod
    def updated(cls, value: Any, gradient: Any, state: dict[str, Any], group: Mapping[str, Any]) -> Any:
        """One step of the parameter."""
        g, step, lambd, lr = gradient_of(value, gradient, group), counted(state), group["lambd"], group["lr"]
        eta, mu = state["eta"].astype(value.dtype), state["mu"].astype(value.dtype)
        value = value * (1 - lambd * eta) - eta * g
        state["ax"] = state["ax"] + mu * (value - state["ax"])
        state["eta"] = (lr / (1 + lambd * lr * step) ** group["alpha"]).astype(state["eta"].dtype)
        state["mu"] = 1 / np.maximum(1, step - group["t0"])
        return value
