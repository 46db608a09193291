"""Optimisers that divide by the size of past gradients: RMSprop, Adagrad, Adadelta."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Unpack

import numpy as np

from wengert.optim.optimizer import Hints, Optimizer
from wengert.optim.rules import averaged, counted, gradient_of, is_on

__all__ = ["Adadelta", "Adagrad", "RMSprop"]


class RMSprop(Optimizer):
    """Steps along the gradient, divided by the root of the average square v ← α v + (1 - α) g² of its entries.

    From T. Tieleman and G. Hinton's lecture 6.5, "RMSprop" (2012). params: leaf tensors, or dicts of them with their
    own options. lr: the step size. alpha: α. eps: ε in √v + ε. weight_decay: λ in g ← g + λ w. momentum: μ in
    b ← μ b + g / (√v + ε), along which the step then goes. centered: subtract the square of the average gradient from v
    (A. Graves, "Generating sequences with recurrent neural networks", 2013). maximize: ascend. Raises `InvalidArgument`
    for negative options.

    >>> import wengert as wg
    >>> w = wg.tensor([1.0, 2.0], requires_grad=True)
    >>> optimizer = wg.optim.RMSprop([w], lr=0.01)
    >>> (w**2).sum().backward()
    >>> optimizer.step()
    >>> w.detach().numpy().round(3)
    array([0.9, 1.9])
    """

    nonnegative = ("alpha", "eps", "weight_decay", "momentum")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
        *,
        maximize: bool = False,
        **hints: Unpack[Hints],
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "alpha": alpha,
                "eps": eps,
                "weight_decay": weight_decay,
                "momentum": momentum,
                "centered": centered,
                "maximize": maximize,
            },
            hints,
        )

    @classmethod
    def start(cls, value: Any, group: Mapping[str, Any]) -> dict[str, Any]:
        """Averages of nothing."""
        names = ["square_avg"] + ["grad_avg"] * group["centered"] + ["momentum_buffer"] * (group["momentum"] > 0)
        return {"step": np.zeros(())} | {name: np.zeros_like(value) for name in names}

    @classmethod
    def updated(cls, value: Any, gradient: Any, state: dict[str, Any], group: Mapping[str, Any]) -> Any:
        """One step of the parameter."""
        counted(state)
        alpha, g = group["alpha"], gradient_of(value, gradient, group)
        v = averaged(state, "square_avg", alpha, g * g)
        if group["centered"]:
            m = averaged(state, "grad_avg", alpha, g)
            v = v - m * m
        g = g / (np.sqrt(v) + group["eps"])
        if is_on(group["momentum"]):
            g = state["momentum_buffer"] = group["momentum"] * state["momentum_buffer"] + g
        return value - group["lr"] * g


class Adagrad(Optimizer):
    """Steps along the gradient, divided by the root of the sum of its squares so far.

    From J. Duchi, E. Hazan and Y. Singer, "Adaptive subgradient methods for online learning and stochastic
    optimization" (2011). params: leaf tensors, or dicts of them with their own options. lr: the step size at first; at
    step t it is lr / (1 + (t - 1) lr_decay). weight_decay: λ in g ← g + λ w. initial_accumulator_value: where the sums
    start. eps: added to the root. maximize: ascend. Raises `InvalidArgument` for negative options.

    >>> import wengert as wg
    >>> w = wg.tensor([1.0, 2.0], requires_grad=True)
    >>> optimizer = wg.optim.Adagrad([w], lr=0.1)
    >>> (w**2).sum().backward()
    >>> optimizer.step()
    >>> w.detach().numpy()
    array([0.9, 1.9])
    """

    nonnegative = ("lr_decay", "weight_decay", "initial_accumulator_value", "eps")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
        *,
        maximize: bool = False,
        **hints: Unpack[Hints],
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "lr_decay": lr_decay,
                "weight_decay": weight_decay,
                "initial_accumulator_value": initial_accumulator_value,
                "eps": eps,
                "maximize": maximize,
            },
            hints,
        )

    @classmethod
    def start(cls, value: Any, group: Mapping[str, Any]) -> dict[str, Any]:
        """The sums of squares at their initial value."""
        return {"step": np.zeros(()), "sum": np.full_like(value, group["initial_accumulator_value"])}

    @classmethod
    def updated(cls, value: Any, gradient: Any, state: dict[str, Any], group: Mapping[str, Any]) -> Any:
        """One step of the parameter."""
        g = gradient_of(value, gradient, group)
        v = state["sum"] = state["sum"] + g * g
        slowed = (1 / (1 + (counted(state) - 1) * group["lr_decay"])).astype(value.dtype)
        return value - group["lr"] * slowed * g / (np.sqrt(v) + group["eps"])


class Adadelta(Optimizer):
    """Steps along the gradient, scaled by the average size of past steps over that of past gradients.

        v ← ρ v + (1 - ρ) g²,   d = g √(u + ε) / √(v + ε),   u ← ρ u + (1 - ρ) d²,   w ← w - lr d

    From M. Zeiler, "ADADELTA: an adaptive learning rate method" (2012). params: leaf tensors, or dicts of them with
    their own options. lr: scales the steps. rho: ρ. eps: ε. weight_decay: λ in g ← g + λ w. maximize: ascend. Raises
    `InvalidArgument` for negative options.

    >>> import wengert as wg
    >>> w = wg.tensor([1.0, 2.0], requires_grad=True)
    >>> optimizer = wg.optim.Adadelta([w])
    >>> (w**2).sum().backward()
    >>> optimizer.step()
    >>> w.detach().numpy().round(3)
    array([0.997, 1.997])
    """

    nonnegative = ("rho", "eps", "weight_decay")
    moments = ("square_avg", "acc_delta")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
        **hints: Unpack[Hints],
    ) -> None:
        super().__init__(
            params, {"lr": lr, "rho": rho, "eps": eps, "weight_decay": weight_decay, "maximize": maximize}, hints
        )

    @classmethod
    def updated(cls, value: Any, gradient: Any, state: dict[str, Any], group: Mapping[str, Any]) -> Any:
        """One step of the parameter."""
        counted(state)
        rho, eps, g = group["rho"], group["eps"], gradient_of(value, gradient, group)
        v = averaged(state, "square_avg", rho, g * g)
        d = g * np.sqrt(state["acc_delta"] + eps) / np.sqrt(v + eps)
        averaged(state, "acc_delta", rho, d * d)
        return value - group["lr"] * d
